"""Pages of signing in that differ from allauth's, and of opening accounts."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from azukari.parties import accounts
from azukari.parties.models import Handler, Organisation
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen

from .accounts import forget_factors


class SignIn(LoginView):  # type: ignore[misc]
    def get_context_data(self, **more: Any) -> dict[str, Any]:
        kept = "kept" in self.request.session
        return {**super().get_context_data(**more), "title": _("サインイン"), "session_ended": kept}


sign_in = SignIn.as_view()


class Code(AuthenticateView):  # type: ignore[misc]
    def get_context_data(self, **more: Any) -> dict[str, Any]:
        shown = {**super().get_context_data(**more), "title": _("二つ目の確認")}
        shown["kinds"] = kinds(self.stage.login.user)
        if settings.AZUKARI_DEMO:
            shown["demo_code"] = demo_code(self.stage.login.user)
        return shown


code = Code.as_view()


def kinds(account: Any) -> set[str]:
    """Which second factors the account has: ``totp``, ``webauthn``, ``recovery_codes``."""
    return set(Authenticator.objects.filter(user=account).values_list("type", flat=True))


class CodeAgain(ReauthenticateView):  # type: ignore[misc]
    """The proof before an act; who has a passkey and no app is asked for that."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return {**super().get_context_data(**more), "kinds": kinds(self.request.user)}


code_again = CodeAgain.as_view()


def demo_code(account: Any) -> str:
    """The code of this moment; asked for in the demo alone."""
    found = Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).first()
    if found is None:
        return ""
    secret = found.wrap()._get_secret() if hasattr(found.wrap(), "_get_secret") else found.data["secret"]
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


class NewPassword(PasswordChangeView):  # type: ignore[misc]
    success_url = reverse_lazy("home")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return {**super().get_context_data(**more), "title": _("パスワードの変更")}

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        self.request.user.first_password_until = None
        self.request.user.save(update_fields=["first_password_until"])
        self.request.session.pop("ready", None)
        return answer


change_password = NewPassword.as_view()


@require_GET
@screen("home.read")
def extend(request: Any) -> HttpResponse:
    """The session goes on."""
    request.session["touched"] = int(time.time())
    return HttpResponse(status=204)


def no_removal(request: Any) -> HttpResponse:
    """The second factor stays; who lost it has the account opened anew by somebody else."""
    return HttpResponseRedirect(reverse("mfa_index"))


@screen("party.report_handler", fresh=True)
def account_open(request: Any, key: str) -> HttpResponse:
    return _account(request, key, _("サインインを開く"))


@screen("party.report_handler", fresh=True)
def account_reset(request: Any, key: str) -> HttpResponse:
    return _account(request, key, _("サインインをやり直す"))


def _account(request: Any, key: str, title: str) -> HttpResponse:
    """The first password is on the page that answers the POST, and nowhere else."""
    handler = Handler.objects.select_related("organisation", "account").filter(key=key).first()
    ward = request.handler.organisation.type == Organisation.Type.WARD
    if handler is None or not (ward or handler.organisation_id == request.handler.organisation_id):
        raise Http404
    told: dict[str, str] = {}

    def do(form: Any) -> None:
        told["password"] = accounts.open_account(handler=handler, by=request.handler, now=request.now)
        forget_factors(handler)

    home = reverse("handlers") if request.surface.key == "partner" else reverse("parties")
    answer = act_page(request, Act(
        title=title, do=do, then=home,
        facts=[
            (_("取扱者番号"), handler.key), (_("組織"), handler.organisation.name),
            (_("役割"), handler.get_role_display()),
        ],
        warnings=[_("初回のパスワードが一度だけ表示されます。本人に直接渡してください。7日で使えなくなります。")],
    ))  # fmt: skip
    if "password" not in told:
        return answer
    return render(request, "account/first_password.html", {
        "title": title, "password": told["password"], "opened": handler, "back": home,
    })  # fmt: skip
