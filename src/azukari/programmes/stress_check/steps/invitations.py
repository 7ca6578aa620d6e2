"""Single-use codes: issued for everybody who has none open, printed on slips or mailed, spent at the first visit.

A code opens nothing by itself: the birth date has to come with it, five wrong ones void it, and once used it is spent.
Whoever comes back brings the number of the staff and the words that were chosen then. A shared link is therefore a
spent link.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db.models import F

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.parties.own import own_act, own_refused

from ..models import Invitation, Login, Respondent, Round
from .state import PROGRAMME, WORKERS, require_duty, require_ruled, require_state

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16  # 80 bits
MOST_TRIES = 5
LOCKED_FOR = timedelta(minutes=30)
SHORTEST_PASSPHRASE = 10
NO_ENTRY = "入れません。招待コードと生年月日を確かめてください。使い終えた招待コードは使えません。"
NO_RETURN = "入れません。職員番号と合言葉を確かめてください。続けて間違えると、しばらく入れなくなります。"


@dataclass(frozen=True)
class Issued:
    """A fresh code with whom it is for. The code is nowhere else: what is not printed or mailed now is lost."""

    respondent: Respondent
    code: str


def plain(code: str) -> str:
    return "".join(c for c in code.upper() if c in ALPHABET)


def hash_of(code: str) -> str:
    return hashlib.sha256(f"azukari invitation {plain(code)}".encode()).hexdigest()


def issue(
    *, round_: Round, respondents: Sequence[Respondent], kind: Invitation.Kind, by: Handler, now: datetime
) -> list[Issued]:
    """A new code for each of these; an open one of theirs is void from now on. Who answered gets none."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.PREPARING, Round.State.OPEN)
        require_ruled(["login_credentials"], now)
        asked = [
            one for one in respondents if one.round_id == round_.pk and one.answered_at is None and not one.by_paper
        ]
        people = [one.pk for one in asked]
        Invitation.objects.filter(respondent__in=people, used_at=None, voided_at=None).update(voided_at=now)
        issued = [Issued(one, "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))) for one in asked]
        Invitation.objects.bulk_create(
            Invitation(
                respondent=one.respondent, kind=kind, code_hash=hash_of(one.code), issued_by=by.key, issued_at=now
            )
            for one in issued
        )
        record(
            purpose="回答の案内の発行", items=["login_credentials", "name"], kind=str(kind), issued=len(issued),
            subjects=[bytes.fromhex(one.reference) for one in asked],
        )  # fmt: skip
        return issued


def enter(*, code: str, birth: date, passphrase: str, now: datetime) -> Login:
    """First visit: the code with the birth date opens the door once, and the person chooses words to come back with."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise NotPermitted(f"合言葉は{SHORTEST_PASSPHRASE}文字以上にしてください。")
    if _easily_guessed(passphrase):
        raise NotPermitted("この合言葉は、よく使われているため破られやすいものです。別の言葉にしてください。")
    found = (
        Invitation.objects.select_related("respondent__round")
        .filter(code_hash=hash_of(code), used_at=None, voided_at=None, tries__lt=MOST_TRIES)
        .first()
    )
    if found is None or found.respondent.round.state != Round.State.OPEN:
        raise _not_let_in(NO_ENTRY, None, now)
    person = found.respondent
    if person.birth_date != birth:
        Invitation.objects.filter(pk=found.pk).update(tries=F("tries") + 1)
        raise _not_let_in(NO_ENTRY, person, now)
    if person.employee_number in passphrase:
        raise NotPermitted("合言葉に職員番号を入れないでください。別の言葉にしてください。")
    with own_act(reference=person.reference, act="person.enter", now=now, programme=PROGRAMME) as record:
        if not Invitation.objects.filter(pk=found.pk, used_at=None, voided_at=None).update(used_at=now):
            raise NotPermitted(NO_ENTRY)
        login, made = Login.objects.update_or_create(
            respondent=person,
            defaults={
                "passphrase": make_password(passphrase, hasher=Words()),
                "made_at": now,
                "tries": 0,
                "locked_until": None,
            },
        )
        if not made:
            Login.objects.filter(pk=login.pk).update(generation=F("generation") + 1)
        record(purpose="専用サイトへの最初の入場", items=["login_credentials"])
        login.refresh_from_db()
        return login


def come_back(*, round_: Round, employee_number: str, passphrase: str, now: datetime) -> Login:
    """On any device: the number of the staff and the words. The same answer whether or not there is such a person."""
    login = Login.objects.select_related("respondent").filter(
        respondent__round=round_, respondent__employee_number=employee_number.strip()
    ).first()  # fmt: skip
    if login is None:
        make_password(passphrase, hasher=Words())  # as slow as a real check
        raise _not_let_in(NO_RETURN, None, now)
    locked = login.locked_until is not None and now < login.locked_until
    if locked or not check_password(passphrase, login.passphrase):
        tries = login.tries + 1
        until = now + LOCKED_FOR if tries >= MOST_TRIES and not locked else login.locked_until
        Login.objects.filter(pk=login.pk).update(tries=0 if tries >= MOST_TRIES else tries, locked_until=until)
        raise _not_let_in(NO_RETURN, login.respondent, now)
    with own_act(reference=login.respondent.reference, act="person.enter", now=now, programme=PROGRAMME) as record:
        Login.objects.filter(pk=login.pk).update(tries=0, locked_until=None)
        record(purpose="専用サイトへの入場", items=["login_credentials"])
        return login


class Words(Argon2PasswordHasher):
    """Argon2id as OWASP sets it for a server (19 MiB, two passes): a whole ward comes in within the same minutes."""

    time_cost, memory_cost, parallelism = 2, 19_456, 1


@cache
def _common() -> CommonPasswordValidator:
    """Its list is read once."""
    return CommonPasswordValidator()


def _easily_guessed(passphrase: str) -> bool:
    """Among the passwords that everybody tries first, or one character all along."""
    try:
        _common().validate(passphrase)
    except ValidationError:
        return True
    return len(set(passphrase)) < 4


def _not_let_in(words: str, person: Respondent | None, now: datetime) -> NotPermitted:
    """The refusal, written to the access log: who guesses is seen, and whose door it was where that is known."""
    refusal = NotPermitted(words)
    own_refused(
        reference=person.reference if person else "", act="person.enter", now=now, programme=PROGRAMME, refusal=refusal
    )
    return refusal
