"""④' A person answers on the site: saved as one goes, looked through, sent once. Only an implementer reopens it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.parties.own import own_act
from azukari.vocabulary.refusal import Changed

from .. import vault
from ..instrument import instrument
from ..models import AnswerSheet, Draft, Respondent, Round
from .state import IMPLEMENTERS, PROGRAMME, require_duty, require_ruled

ITEMS = ("stress_answers",)


class SavedElsewhere(Changed, NotPermitted):
    """Another tab or device saved meanwhile: what it holds is shown, nothing is written over."""


class SentAlready(Changed, NotPermitted):
    """The answers were sent; they stand."""


def require_open(person: Respondent, now: datetime) -> Round:
    round_ = person.round
    if round_.state != Round.State.OPEN or not round_.opens_on <= localdate(now) <= round_.closes_on:
        raise NotPermitted(f"回答を受け付けている期間ではありません（{round_.opens_on}から{round_.closes_on}まで）。")
    if AnswerSheet.objects.filter(respondent=person, reopened_at=None).exists():
        raise SentAlready("回答はすでに送信されています。直す必要があるときは、実施者に申し出てください。")
    return round_


def draft_of(person: Respondent) -> tuple[dict[str, int], int]:
    """(item → answer, revision) as last saved; nothing yet: ({}, 0)."""
    kept = Draft.objects.filter(respondent=person).first()
    if kept is None:
        return {}, 0
    return vault.open_one(person.round.fiscal_year, person.pk, vault.DRAFT, kept.sealed), kept.revision


def save(*, person: Respondent, answers: Mapping[str, int], revision: int, now: datetime) -> int:
    """Add these answers to the draft and give its new revision. ``revision``: the one that the page was made of.

    Raises SavedElsewhere where another page saved meanwhile, NotPermitted for an answer that the form does not have.
    """
    with own_act(reference=person.reference, act="person.answer", now=now, programme=PROGRAMME) as record:
        round_ = require_open(person, now)
        require_ruled(ITEMS, now)
        _require_known(round_, answers)
        Respondent.objects.select_for_update().get(pk=person.pk)
        before, standing = draft_of(person)
        if standing != revision:
            raise SavedElsewhere("別の画面で保存されています。最新の回答を読み込みました。続きから答えてください。")
        sealed = vault.seal(round_.fiscal_year, person.pk, vault.DRAFT, {**before, **answers})
        Draft.objects.update_or_create(
            respondent=person, defaults={"sealed": sealed, "revision": standing + 1, "saved_at": now}
        )
        record(purpose="回答の保存", items=ITEMS, revision=standing + 1)
        return standing + 1


def missing(person: Respondent) -> list[str]:
    """Keys of the items that are not answered yet, in the order of the form."""
    answers, _revision = draft_of(person)
    return [item.key for item in instrument(person.round.instrument).items if item.key not in answers]


def send(*, person: Respondent, revision: int, now: datetime) -> AnswerSheet:
    """The saved answers are the answers. Every item has to be there; the database refuses a second sheet."""
    with own_act(reference=person.reference, act="person.answer", now=now, programme=PROGRAMME) as record:
        Respondent.objects.select_for_update().get(pk=person.pk)
        round_ = require_open(person, now)
        require_ruled(ITEMS, now)
        answers, standing = draft_of(person)
        if standing != revision:
            raise SavedElsewhere("確認した後に、別の画面で回答が変わりました。もう一度確かめてから送信してください。")
        left = [item.key for item in instrument(round_.instrument).items if item.key not in answers]
        if left:
            raise NotPermitted(f"まだ答えていない質問が{len(left)}問あります。答えてから送信してください。")
        sheet = fix(person, answers, AnswerSheet.Way.WEB, now)
        Draft.objects.filter(respondent=person).delete()
        record(purpose="回答の送信", items=ITEMS, revision=sheet.revision)
        return sheet


def fix(person: Respondent, answers: Mapping[str, int], way: AnswerSheet.Way, now: datetime) -> AnswerSheet:
    """Inside the act that sends: the one sheet of this person, or its next revision where an implementer allowed it."""
    round_ = person.round
    sealed = vault.seal(round_.fiscal_year, person.pk, vault.ANSWERS, dict(answers))
    fresh = {"sealed": sealed, "way": way, "instrument": round_.instrument, "sent_at": now}
    reopened = AnswerSheet.objects.filter(respondent=person, reopened_at__isnull=False).first()
    if reopened is not None:
        AnswerSheet.objects.filter(pk=reopened.pk).update(**fresh, revision=reopened.revision + 1, reopened_at=None)
        reopened.refresh_from_db()
        sheet = reopened
    else:
        try:
            with transaction.atomic():
                sheet = AnswerSheet.objects.create(respondent=person, **fresh)
        except IntegrityError as error:
            raise SentAlready("回答はすでに送信されています。") from error
    Respondent.objects.filter(pk=person.pk).update(answered_at=now)
    return sheet


def reopen(*, sheet: AnswerSheet, reason: str, by: Handler, now: datetime) -> None:
    """At the person's own wish an implementer lets the answers be corrected; the old ones become the draft."""
    person = sheet.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=IMPLEMENTERS, now=now)
        if not reason.strip():
            raise NotPermitted("本人がどう申し出たかを書いてください。")
        if hasattr(person, "result"):
            raise NotPermitted("採点が済んでいるため、回答は直せません。")
        opened = vault.open_one(person.round.fiscal_year, person.pk, vault.ANSWERS, sheet.sealed)
        changed = AnswerSheet.objects.filter(pk=sheet.pk, reopened_at=None)
        if not changed.update(reopened_at=now, reopened_by=by.key, reopened_why=reason.strip()[:200]):
            raise SentAlready("この回答の訂正は、すでに認められています。")
        sealed = vault.seal(person.round.fiscal_year, person.pk, vault.DRAFT, opened)
        Draft.objects.update_or_create(respondent=person, defaults={"sealed": sealed, "revision": 1, "saved_at": now})
        Respondent.objects.filter(pk=person.pk).update(answered_at=None)
        record(purpose="回答の訂正の承認", items=ITEMS, subjects=[bytes.fromhex(person.reference)])


def _require_known(round_: Round, answers: Mapping[str, int]) -> None:
    keys = {item.key for item in instrument(round_.instrument).items}
    if set(answers) - keys or not all(answer in (1, 2, 3, 4) for answer in answers.values()):
        raise NotPermitted("この調査票にない質問か、選択肢にない答えが含まれています。画面を開き直してください。")
