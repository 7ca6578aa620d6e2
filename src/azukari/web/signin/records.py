"""Signing in and out, written to the access log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

from azukari.parties import accounts
from azukari.web import clock


@receiver(user_logged_in)
def began(user: Any, **_: Any) -> None:
    accounts.right(user.username, clock.now())


@receiver(user_logged_out)
def ended(user: Any, **_: Any) -> None:
    if user is not None:
        accounts.note(username=user.username, act="session.end", now=clock.now(), purpose="サインアウト")
