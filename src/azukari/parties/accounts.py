"""Accounts of handlers: opened by somebody else with a first password, reset, locked after wrong tries.

An account belongs to one handler. Who opens it never learns a password that lasts: the first one is shown once, ends
after a week, and has to be changed at the first sign-in, where a second factor is enrolled as well.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from azukari.witness import log

from .acting import NotPermitted, acting
from .models import Account, Handler, Organisation, SignInLock

FIRST_PASSWORD_LASTS = timedelta(days=7)
WRONG_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def first_password() -> str:
    """Four groups of four that can be read out and typed: about 80 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def open_account(*, handler: Handler, by: Handler, now: datetime) -> str:
    """Give a handler an account, or begin anew with the one it has; returns the first password, to be shown once."""
    with acting(by=by, act="party.report_handler", now=now) as record:
        _may_open(handler, by)
        if handler.removed_on is not None and handler.removed_on <= now.date():
            raise NotPermitted(f"取扱者 {handler.key} は解除されているため、サインインを開けません。")
        password, new = first_password(), handler.account is None
        account = handler.account or Account(username=handler.key)
        account.set_password(password)
        account.first_password_until = now + FIRST_PASSWORD_LASTS
        account.save()
        if new:
            handler.account = account
            handler.save(update_fields=["account"])
        SignInLock.objects.filter(username=account.username).delete()
        record(purpose="サインインの開設" if new else "サインインのやり直し", handler=handler.key)
        return password


def _may_open(handler: Handler, by: Handler) -> None:
    if handler.pk == by.pk:
        raise NotPermitted("自分のサインインは、自分では開けません。取扱責任者又は区の職員に頼んでください。")
    if by.organisation_id != handler.organisation_id and by.organisation.type != Organisation.Type.WARD:
        raise NotPermitted("ほかの組織の取扱者のサインインは開けません。")


def state(handler: Handler, now: datetime) -> str:
    """How a handler's sign-in stands, in a word: 未開設, 開設済（初回待ち）, 使用中, ロック中."""
    account = handler.account
    if account is None:
        return "未開設"
    if locked(account.username, now):
        return "ロック中"
    return "開設済（初回待ち）" if account.first_password_until else "使用中"


def unlock(*, handler: Handler, by: Handler, now: datetime) -> None:
    """Let somebody sign in again before the quarter of an hour has passed."""
    with acting(by=by, act="party.report_handler", now=now) as record:
        _may_open(handler, by)
        SignInLock.objects.filter(username=handler.key).delete()
        record(purpose="サインインのロックの解除", handler=handler.key)


def locked(username: str, now: datetime) -> bool:
    """Whether this name is locked, whoever asks and whether it exists or not."""
    return SignInLock.objects.filter(username=username[:150], until__gt=now).exists()


def wrong(username: str, now: datetime) -> None:
    """Count a wrong password or code; the fifth within a quarter of an hour locks the name for as long."""
    name = username[:150]
    with transaction.atomic():
        lock, _ = SignInLock.objects.select_for_update().get_or_create(username=name, defaults={"since": now})
        if now - lock.since > LOCKED_FOR:
            lock.since, lock.tries, lock.until = now, 0, None
        lock.tries += 1
        if lock.tries >= WRONG_TRIES:
            lock.until = now + LOCKED_FOR
        lock.save()
        note(username=name, act="session.refused", now=now, purpose="サインインの失敗")


def right(username: str, now: datetime) -> None:
    SignInLock.objects.filter(username=username[:150]).delete()
    note(username=username, act="session.begin", now=now, purpose="サインイン")


def note(*, username: str, act: str, now: datetime, purpose: str) -> None:
    """An entry about signing in or out. A name that is nobody's may be a mistyped password: not kept."""
    handler = Handler.objects.select_related("organisation").filter(account__username=username).first()
    if handler is None:
        return
    with transaction.atomic():
        log.append(
            recorded_at=now,
            actor=handler.key,
            party=handler.organisation.key,
            programme="",
            act=act,
            purpose=purpose,
        )
