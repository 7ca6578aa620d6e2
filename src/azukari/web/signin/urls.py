"""Addresses of signing in. Only what is needed: no sign-up, no e-mail, no reset by mail."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from azukari.web.screens import public

from . import views

urlpatterns = [
    path("sign-in/", public(views.sign_in), name="account_login"),
    path("sign-out/", public(account.logout), name="account_logout"),
    path("sign-in/code/", public(views.code), name="mfa_authenticate"),
    path("sign-in/again/", public(account.reauthenticate), name="account_reauthenticate"),
    path("sign-in/again/code/", public(views.code_again), name="mfa_reauthenticate"),
    path("sign-in/password/", public(views.change_password), name="account_change_password"),
    path("sign-in/factors/", public(mfa.index), name="mfa_index"),
    path("sign-in/factors/app/", public(totp.activate_totp), name="mfa_activate_totp"),
    path("sign-in/factors/passkey/", public(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("sign-in/again/passkey/", public(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("sign-in/factors/app/remove/", public(views.no_removal), name="mfa_deactivate_totp"),
    path("sign-in/recovery/", public(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("sign-in/recovery/new/", public(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("sign-in/recovery/file/", public(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("session/extend/", views.extend, name="session_extend"),
    path("handlers/<str:key>/account/", views.account_open, name="account_open"),
    path("handlers/<str:key>/account/reset/", views.account_reset, name="account_reset"),
]
