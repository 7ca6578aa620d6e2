"""The forms of signing in, with our words; a wrong code counts like a wrong password."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from azukari.parties import accounts
from azukari.web import clock


def _plain(form: forms.Form, **labels: Any) -> None:
    for name, label in labels.items():
        if name in form.fields:
            form.fields[name].label = label
            form.fields[name].help_text = ""
            form.fields[name].widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self, login=_("利用者名（取扱者番号）"), password=_("パスワード"))


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self, password=_("パスワード"))


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(
            self,
            oldpassword=_("今のパスワード"),
            password1=_("新しいパスワード"),
            password2=_("新しいパスワード（もう一度）"),
        )
        self.fields["password1"].help_text = _("12文字以上。ほかで使っていないもの。")


class _Code:
    user: Any
    fields: Any

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self, code=_("確認コード（6桁）"))  # type: ignore[arg-type]
        self.fields["code"].widget.attrs.update({"inputmode": "numeric", "autocomplete": "one-time-code"})

    def clean_code(self) -> str:
        if accounts.locked(self.user.username, clock.now()):
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except forms.ValidationError:
            accounts.wrong(self.user.username, clock.now())
            raise


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgainForm(_Code, MfaReauthenticateForm):  # type: ignore[misc]
    pass


class ActivateForm(_Code, ActivateTOTPForm):  # type: ignore[misc]
    pass


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        _plain(self, name=_("パスキーの名前"))
        self.fields["name"].initial = self.initial["name"] = _("この端末")
        self.fields["name"].help_text = _("どの端末のものか、後で自分に分かる名前。")
