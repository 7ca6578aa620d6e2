"""What allauth keeps of an account, and goes when the account is opened anew."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from azukari.parties.models import Handler


def forget_factors(handler: Handler) -> None:
    """Second factors and open sessions of an account whose sign-in begins anew."""
    Authenticator.objects.filter(user=handler.account).delete()
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(handler.account_id):
            session.delete()
