"""⑧ ⑨ A resident comes to an institution with a voucher: found, seen as far as the clause goes, and the visit recorded.

An institution works through a window (``custody.window``): it sees nobody until a voucher is shown to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from azukari.custody import gate, window
from azukari.custody.models import Handover
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.fiscal import fiscal_year

from .. import numbers
from ..models import Assessment, Run, Sheet, Visit, VisitTest, Voucher
from ..outcomes import history_key
from ..periods import periods
from ..reasons import FIRST_REFUSAL, TESTS, Reason
from ..rules import screening_parameters
from ..vouchers import columns, senior_born_by, voucher_frame
from .state import PROGRAMME

INSTITUTIONS = ("shinjuku_doctors", "nakano_doctors", "other_institutions")
"""The parties of the paper that carry out checkups and screenings."""
STEP = "⑧"
SHOWN_BECAUSE = "受診者の確認と受診券の照合のため（⑧）"
NOT_USABLE = "この受診券は使えません。番号と生年月日を確かめ、合っているときは区の担当に電話で確かめてください。"
"""One sentence for all that is wrong with a voucher: who guesses numbers learns nothing from it."""


@dataclass(frozen=True)
class Presented:
    """A voucher shown at an institution: what the clause lets it see, and which tests the person may still take."""

    voucher: Voucher
    window: Handover
    shown: pl.DataFrame
    tests: Sequence[OfferedTest]


@dataclass(frozen=True)
class OfferedTest:
    """``taken``: used already, here or elsewhere."""

    test: str
    name: str
    fee: int
    first: date
    last: date
    taken: bool


def open_institution(*, institution: Organisation, party: str, run: Run, by: Handler, now: datetime) -> Handover:
    """⑧ The ward opens a window to one institution for the year; another officer releases it."""
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        if party not in INSTITUTIONS:
            raise NotPermitted(
                "健（検）診を行う委託先（医師会・医療機関）だけに窓口を開けます。立場を確かめてください。"
            )
        if window.windows_of(institution, PROGRAMME, STEP):
            raise NotPermitted(f"{institution.name}の窓口は、すでに開いています。")
        opened = window.open_window(
            programme=PROGRAMME, step=STEP, receiver=institution, party=party,
            columns=listed_columns(run.fiscal_year, party, localdate(now)),
            purpose="受診者に係る項目の提供（窓口）", extra_reason=SHOWN_BECAUSE, by=by, now=now,
        )  # fmt: skip
        record(purpose="医療機関の窓口の準備", party=party, handover=opened.number)
        return opened


def listed_columns(fiscal_year: int, party: str, on: date) -> list[gate.Column]:
    """Of the voucher's columns those that the paper lets this party be provided that day."""
    return [
        column
        for column in columns(fiscal_year)
        if column.item is not None
        and gate.decide(programme=PROGRAMME, party=party, item=column.item, direction=Direction.PROVIDED, on=on).allowed
    ]


def present(*, code: str = "", number: str = "", birth: date | None = None, by: Handler, now: datetime) -> Presented:
    """Find a voucher by the code printed on it, or by a number and the birth date, and see what the clause lists.

    The code can't be guessed; numbers follow one another, so a number alone finds nobody.
    """
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        own = _window(by.organisation)
        voucher = _found(code, number, birth)
        if voucher is None or voucher.run.fiscal_year != fiscal_year(localdate(now)):
            record(purpose="受診券の照会（該当なし）", handover=own.number, found=False)
            found = None
        else:
            window.admit(window=own, reference=voucher.reference, evidence="受診券の提示", by=by, now=now)
            shown = gate.show(
                record=record,
                by=by,
                window=own,
                references=[voucher.reference],
                items=list(own.items),
                purpose="受診券の照会",
                table=lambda: voucher_frame(voucher.run, [voucher.pk], voucher.channel),
            )
            found = Presented(voucher, own, shown, offered_tests(voucher))
    if found is None:  # the try is in the log
        raise NotPermitted(NOT_USABLE)
    return found


def _window(institution: Organisation) -> Handover:
    found = window.windows_of(institution, PROGRAMME, STEP)
    if not found:
        raise NotPermitted(
            f"{institution.name}の窓口が開いていません。区の担当に、窓口の放出と、取扱責任者による受領の確認を確かめてください。"
        )
    return found[0]


def _found(code: str, number: str, birth: date | None) -> Voucher | None:
    if code.strip():
        read = numbers.read_sheet_code(code)
        sheet = Sheet.objects.filter(code=read).exclude(state=Sheet.State.VOIDED).first() if read else None
        return None if sheet is None else _with_run().get(pk=sheet.voucher_id)
    digits = "".join(c for c in number if c.isdigit())
    field = {10: "examinee_number", 11: "voucher_number"}.get(len(digits))
    if field is None or birth is None:
        return None
    return _with_run().filter(**{field: digits}, person__birth_date=birth).first()


def _with_run() -> QuerySet[Voucher]:
    return Voucher.objects.select_related("run", "person")


def offered_tests(voucher: Voucher) -> list[OfferedTest]:
    """The tests of a voucher with fee and period; three queries."""
    year = voucher.run.fiscal_year
    fees = dict(
        Assessment.objects.filter(run_id=voucher.run_id, person_id=voucher.person_id, reason__lt=FIRST_REFUSAL)
        .exclude(reason=Reason.AT_SITE)
        .values_list("test", "fee")
    )
    taken = set(
        VisitTest.objects.filter(voucher=voucher)
        .exclude(state=VisitTest.State.CANCELLED)
        .values_list("test", flat=True)
    )
    parameters = screening_parameters()
    born = voucher.person.birth_date
    senior = born is not None and born <= senior_born_by(voucher.run)
    when, names = periods(parameters, year), parameters.for_fiscal_year(year)
    return [
        OfferedTest(
            test, names.text(f"tests.{test}.name"), fees[n] or 0, when[test].of(senior).first,
            when[test].of(senior).last, test in taken,
        )
        for n, test in enumerate(TESTS)
        if n in fees
    ]  # fmt: skip


def record_visit(
    *,
    voucher: Voucher,
    visited_on: date,
    tests: Sequence[str],
    consent: bool,
    sheet_number: str = "",
    by: Handler,
    now: datetime,
) -> Visit:
    """⑨ Which tests the person took on which day, with the person's consent to report the results to the ward.

    Raises NotPermitted: not shown here, not offered, outside the period, used already, no consent.
    """
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        own = _window(by.organisation)
        _require_consent(consent)
        items = ["screening_result"] if any(history_key(t) != "checkup" for t in tests) else ["checkup_result"]
        gate.accept(
            record=record,
            by=by,
            party=own.receiver_party,
            items=items,
            references=[voucher.reference],
            purpose="受診の記録",
        )
        fees = _takeable(voucher, tests, visited_on, localdate(now))
        try:
            with transaction.atomic():
                visit = Visit.objects.create(
                    voucher=voucher, reference=voucher.reference, organisation=by.organisation, handover=own,
                    visited_on=visited_on, consented_at=now, sheet_number=sheet_number, recorded_by=by, recorded_at=now,
                )  # fmt: skip
                VisitTest.objects.bulk_create(
                    VisitTest(visit=visit, voucher=voucher, test=test, fee=fees[test]) for test in tests
                )
        except IntegrityError:
            raise NotPermitted(_USED) from None
        return visit


_USED = (
    "選んだ検診のうち、この受診券で受診が記録されているものがあります。二重の受診でないか、区の担当に確かめてください。"
)


def _require_consent(consent: bool) -> None:
    if not consent:
        raise NotPermitted("結果を区に報告することへの本人の同意を確かめ、「同意あり」を選んでください。")


def _takeable(voucher: Voucher, tests: Sequence[str], visited_on: date, today: date) -> dict[str, int]:
    """The fee of each of these tests; refused where one can't be taken that day."""
    if not tests:
        raise NotPermitted("受けた検診を一つ以上選んでください。")
    if visited_on > today:
        raise NotPermitted("受診日が今日より後です。受診日を確かめてください。")
    offered = {one.test: one for one in offered_tests(voucher)}
    for test in tests:
        one = offered.get(test)
        if one is None:
            raise NotPermitted("この人が受けられない検診が選ばれています。受診券に印字された検診を確かめてください。")
        if one.taken:
            raise NotPermitted(_USED)
        if not one.first <= visited_on <= one.last:
            raise NotPermitted(
                f"「{one.name}」を受けられるのは {one.first} から {one.last} までです。受診日を確かめてください。"
            )
    return {test: offered[test].fee for test in tests}


def cancel_visit(*, visit: Visit, reason: str, by: Handler, now: datetime) -> None:
    """A visit recorded by mistake: taken back with a reason, before anything of it was reported."""
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        if visit.organisation_id != by.organisation_id:
            raise NotPermitted("この受診の記録は見つかりません。")
        if not reason.strip():
            raise NotPermitted("取消の理由を書いてください。")
        tests = VisitTest.objects.select_for_update().filter(visit=visit)
        if tests.filter(state=VisitTest.State.REPORTED).exists() or visit.sheet_number:
            raise NotPermitted("結果を報告した、又は結果票を付けた受診は取り消せません。区の担当に連絡してください。")
        if not Visit.objects.filter(pk=visit.pk, cancelled_at=None).update(cancelled_at=now, cancelled_why=reason):
            raise NotPermitted("この受診の記録は、すでに取り消されています。")
        tests.update(state=VisitTest.State.CANCELLED)
        record(purpose="受診の記録の取消", subjects=[bytes.fromhex(visit.reference)], reason=reason)
