"""How allauth does things here: no sign-up, no mail, names locked after wrong tries, refusals in Japanese."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.utils.translation import gettext_lazy as _

from azukari.parties import accounts
from azukari.web import clock


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012 - allauth's own form
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("利用者名又はパスワードが違います。"),
        "too_many_login_attempts": _("失敗が続いたため、15分間サインインできません。時間をおいてください。"),
        "incorrect_password": _("パスワードが違います。"),
        "enter_current_password": _("今のパスワードが違います。"),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def pre_authenticate(self, request: Any, **credentials: Any) -> None:
        if accounts.locked(credentials.get("username", ""), clock.now()):
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: Any, **credentials: Any) -> None:
        accounts.wrong(credentials.get("username", ""), clock.now())

    def reauthenticate(self, user: Any, password: str) -> bool:
        if accounts.locked(user.username, clock.now()):
            raise self.validation_error("too_many_login_attempts")
        if user.check_password(password):
            return True
        accounts.wrong(user.username, clock.now())
        return False

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """The first factor is enrolled right after the password; later ones only by who proves it again."""
        return app != "allauth.mfa" or is_mfa_enabled(context.request.user)

    def add_message(self, *_: Any, **__: Any) -> None:
        """Pages say themselves what happened."""

    def send_notification_mail(self, *_: Any, **__: Any) -> None:
        """There is no mail."""


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012 - allauth's own form
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("確認コードが違います。時計の合った認証アプリの、今のコードを入れてください。"),
        "cannot_delete_authenticator": _("二つ目の確認は外せません。"),
    }

    def get_totp_issuer(self) -> str:
        return "azukari"

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return False

    def send_notification_mail(self, *_: Any, **__: Any) -> None:
        """There is no mail."""
