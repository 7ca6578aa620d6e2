"""④ Questionnaires on paper, for who cannot answer on the web: counted out, counted in, keyed twice, accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from azukari.custody import book, collection
from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.keying import steps as keying
from azukari.keying.models import PaperSheet
from azukari.keying.passes import PassFormat
from azukari.keying.steps import Field
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed

from ..instrument import instrument
from ..models import AnswerSheet, Draft, Invitation, PaperForm, Respondent, Round
from ..walls import Thing
from .answering import fix
from .state import (
    PAPER,
    PROCESSOR,
    PROGRAMME,
    WORKERS,
    require_duty,
    require_ruled,
    require_sight,
    require_state,
)

ITEMS = ("stress_answers",)
ANSWERS = ("1", "2", "3", "4")


class FormMoved(Changed, NotPermitted):
    """The form is not (any more) in the state that this act needs."""


@dataclass(frozen=True)
class Account:
    """issued = voided + out + in; in = keyed + unreadable + being keyed."""

    issued: int
    voided: int
    out: int
    returned: int
    keyed: int
    unreadable: int
    waiting: int


def account(round_: Round) -> Account:
    forms = PaperForm.objects.filter(round=round_)
    standing = forms.filter(voided_at=None)
    batches = forms.exclude(batch=None).values("batch")
    states = dict(
        PaperSheet.objects.filter(handover__in=batches).values_list("state").annotate(n=Count("pk")).order_by()
    )
    keyed, unreadable = (states.get(s, 0) for s in (PaperSheet.State.KEYED, PaperSheet.State.UNREADABLE))
    returned = sum(states.values())
    return Account(
        issued=forms.count(),
        voided=forms.exclude(voided_at=None).filter(batch=None).count(),
        out=standing.filter(batch=None).count(),
        returned=returned,
        keyed=keyed,
        unreadable=unreadable,
        waiting=returned - keyed - unreadable,
    )


def fields(round_: Round) -> list[Field]:
    """One per item of the questionnaire, in order: answer 1..4, or empty where nothing is marked."""
    items = instrument(round_.instrument).items
    return [Field(item.key, f"問{n}", ITEMS[0]) for n, item in enumerate(items, 1)]


def pass_format(round_: Round) -> PassFormat:
    """One person's whole pass over a batch, as the entry machine writes it."""
    return PassFormat("調査票番号", fields(round_))


def ask_on_paper(*, round_: Round, respondents: Sequence[Respondent], reason: str, by: Handler, now: datetime) -> int:
    """These people cannot answer on the web (やむを得ない事情): their open codes are void, and they get a form."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.PREPARING, Round.State.OPEN)
        if not reason.strip():
            raise NotPermitted("ウェブで回答できない事情を書いてください（例: 業務用の端末を持たない職場）。")
        chosen = [one for one in respondents if one.round_id == round_.pk and one.answered_at is None]
        people = [one.pk for one in chosen]
        Invitation.objects.filter(respondent__in=people, used_at=None, voided_at=None).update(voided_at=now)
        changed = Respondent.objects.filter(pk__in=people, answered_at=None).update(by_paper=True)
        record(
            purpose=f"紙の調査票による回答（{reason.strip()[:100]}）", items=["stress_result"], persons=changed,
            subjects=[bytes.fromhex(one.reference) for one in chosen],
        )  # fmt: skip
        return changed


def issue_forms(*, round_: Round, by: Handler, now: datetime) -> list[PaperForm]:
    """Count a form out to everybody who answers on paper, has not answered and has none standing."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.OPEN)
        require_ruled(ITEMS, now)
        having = PaperForm.objects.filter(round=round_, voided_at=None).values("respondent")
        asked = list(
            Respondent.objects.filter(round=round_, by_paper=True, answered_at=None, left_on=None)
            .exclude(pk__in=having)
            .order_by("section", "employee_number")
        )
        if not asked:
            raise NotPermitted("調査票を渡す人がいません。紙で回答する人を先に決めてください。")
        first = book.next_numbers(f"stress-form-{round_.fiscal_year}", len(asked))
        made = PaperForm.objects.bulk_create(
            PaperForm(
                round=round_, number=f"{round_.fiscal_year}-{first + n:05d}", respondent=one, issued_by=by.key,
                issued_at=now,
            )
            for n, one in enumerate(asked)
        )  # fmt: skip
        record(
            purpose="調査票の払出し", items=["name", "affiliation"], sheets=len(made),
            subjects=[bytes.fromhex(one.reference) for one in asked],
        )  # fmt: skip
        return made


def void_form(*, form: PaperForm, reason: str, by: Handler, now: datetime) -> None:
    """A form that was lost or spoiled counts no more; its person can be given another one. One that came in stands."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=form.round, by=by, kinds=WORKERS, now=now)
        if not reason.strip():
            raise NotPermitted("調査票を無効にする理由（紛失、書き損じなど）を書いてください。")
        changed = PaperForm.objects.filter(pk=form.pk, batch=None, voided_at=None)
        if not changed.update(voided_at=now, void_reason=reason.strip()[:200]):
            raise FormMoved(f"調査票 {form.number} は、受領したか、すでに無効です。")
        record(purpose="調査票の無効", form=form.number)


def take_in_forms(*, round_: Round, numbers: Sequence[str], by: Handler, now: datetime) -> Handover:
    """④ Count in a batch of filled-in forms by the numbers on them: entered in the books, ready to be keyed.

    Refused whole where a number is not standing out, is there twice, or its person answered meanwhile.
    """
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.OPEN, Round.State.CLOSED)
        given = [number.strip() for number in numbers if number.strip()]
        twice = sorted({number for number in given if given.count(number) > 1})
        if twice:
            raise NotPermitted(f"同じ番号が二度書かれています（{'、'.join(twice[:5])}）。数え直してください。")
        standing = PaperForm.objects.select_for_update().filter(round=round_, number__in=given)
        forms = {form.number: form for form in standing.select_related("respondent")}
        _all_standing(given, forms)
        handover = collection.take_in(
            programme=PROGRAMME, step=PAPER, party=PROCESSOR, items=list(ITEMS), sheets=len(given),
            references=[forms[number].respondent.reference for number in given], purpose="調査票の受領",
            medium=Medium.PAPER, by=by, now=now,
        )  # fmt: skip
        keying.count_out(handover=handover, sheets=[(n, forms[n].respondent.reference) for n in given])
        PaperForm.objects.filter(pk__in=[form.pk for form in forms.values()]).update(batch=handover)
        record(purpose="調査票の受領", handover=handover.number, sheets=len(given))
        return handover


def _all_standing(given: Sequence[str], forms: Mapping[str, PaperForm]) -> None:
    strange = [number for number in given if number not in forms]
    if strange:
        raise NotPermitted(f"この実施で渡していない番号が{len(strange)}件あります（{'、'.join(strange[:5])}）。")
    moved = [n for n in given if forms[n].batch_id is not None or forms[n].voided_at is not None]
    if moved:
        raise FormMoved(f"すでに受領したか無効にした番号が{len(moved)}件あります（{'、'.join(moved[:5])}）。")
    answered = [number for number in given if forms[number].respondent.answered_at is not None]
    if answered:
        raise FormMoved(
            f"ウェブですでに回答した人の調査票が{len(answered)}件あります（{'、'.join(answered[:5])}）。無効にしてください。"
        )


def batches(round_: Round) -> list[Handover]:
    numbers = PaperForm.objects.filter(round=round_).exclude(batch=None).values("batch")
    return list(Handover.objects.filter(pk__in=numbers).order_by("pk"))


def key_form(
    *, round_: Round, sheet: PaperSheet, cells: Mapping[str, str], by: Handler, now: datetime
) -> PaperSheet.State:
    """Key one form; whose turn it is stands with ``keying``. Raises NotPermitted for a cell that is no answer."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        _require_answers({sheet.number: cells})
        record(purpose="調査票の入力", sheet=sheet.number)
        return keying.key(sheet=sheet, cells=cells, fields=fields(round_), by=by, now=now)


def key_forms(
    *, round_: Round, batch: Handover, cells: Mapping[str, Mapping[str, str]], by: Handler, now: datetime
) -> keying.Balance:
    """One person's whole pass over a batch: form number → item → answer."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        _require_answers(cells)
        record(purpose="調査票の一括入力", handover=batch.number, sheets=len(cells))
        return keying.key_pass(handover=batch, cells=cells, fields=fields(round_), by=by, now=now)


def both_keyings(*, round_: Round, sheet: PaperSheet, by: Handler, now: datetime) -> list[dict[str, str]]:
    """What two people keyed of a form, side by side: answers, so only for who may see them."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.ANSWERS, round_=round_, by=by, now=now)
        record(purpose="不一致の調査票の確認", items=list(ITEMS), sheet=sheet.number)
        return keying.both_rounds(sheet=sheet, by=by, now=now)


def give_up(*, round_: Round, sheet: PaperSheet, reason: str, by: Handler, now: datetime) -> None:
    """A form that nobody can read: void once its batch is settled, so that its person gets another."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        record(purpose="読めない調査票の記録", sheet=sheet.number)
        keying.unreadable(sheet=sheet, reason=reason, by=by, now=now)


def _require_answers(cells: Mapping[str, Mapping[str, str]]) -> None:
    for number, given in cells.items():
        wrong = [key for key, cell in given.items() if cell and cell not in ANSWERS]
        if wrong:
            raise NotPermitted(
                f"調査票 {number} の{len(wrong)}か所（{'、'.join(wrong[:5])}）が1から4ではありません。"
                "1から4の数字にするか、印がないときは空にしてください。"
            )


def settle_batch(*, round_: Round, batch: Handover, by: Handler, now: datetime) -> int:
    """Keyed forms become answers; unreadable ones are void, so that their people can be given another. How many.

    Refused while a form of the batch is open. What somebody left blank stays blank: no verdict is guessed from it.
    """
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.OPEN, Round.State.CLOSED)
        standing = keying.balance(batch)
        if not standing.closed:
            raise NotPermitted(f"入力の済まない調査票が{standing.open}枚あります（全{standing.sheets}枚）。")
        held = PaperForm.objects.filter(batch=batch).select_related("respondent__round")
        forms = {form.number: form for form in held}
        done = 0
        for sheet, cells in keying.keyed_rows(batch):
            person = forms[sheet.number].respondent
            if AnswerSheet.objects.filter(Q(respondent=person)).exists():
                continue
            answers = {key: int(cell) for key, cell in cells.items() if cell}
            fix(person, answers, AnswerSheet.Way.PAPER, now)
            Draft.objects.filter(respondent=person).delete()
            done += 1
        unreadable = batch.paper_sheets.filter(state=PaperSheet.State.UNREADABLE).values_list("number", flat=True)
        PaperForm.objects.filter(batch=batch, number__in=unreadable, voided_at=None).update(
            voided_at=now, void_reason="読めないため"
        )
        record(purpose="調査票の回答の取込み", items=list(ITEMS), handover=batch.number, taken=done)
        return done
