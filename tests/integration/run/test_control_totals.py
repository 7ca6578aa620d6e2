"""Rows = pages = sheets = enclosed = posted, each sheet once and in order, or the run halts until the ward settled it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from azukari.custody import book
from azukari.parties.acting import NotPermitted
from azukari.programmes.screening import numbers
from azukari.programmes.screening.demo_run import OFFICE, Demo
from azukari.programmes.screening.models import ControlTotal, Run, Sheet
from azukari.programmes.screening.refusals import DoesNotBalance, Halted, NotNow
from azukari.programmes.screening.steps import mailing
from azukari.programmes.screening.steps.state import living

from .ward import Press, before, codes, until

FOREIGN = numbers.make_sheet_code(bytes(10))


def read(ward: Demo, run: Run, found: list[str]) -> None:
    mailing.read_back(run=run, codes=found, by=ward.who("C001"), now=ward.at(4, 14))


def print_again(ward: Demo, run: Run) -> int:
    return mailing.print_sheets(
        run=run, folder=ward.folder / "vouchers", office=OFFICE, by=ward.who("E001"), now=ward.at(4, 7)
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: found[:-1], "不足"),
        (lambda found: [*found, FOREIGN], "過剰"),
        (lambda found: [*found[:-1], FOREIGN], "過剰"),
        (lambda found: [*found, found[0]], "重複"),
        (lambda found: [*found[:-1], found[0]], "重複"),
        (lambda found: [found[1], found[0], *found[2:]], "順序"),
        (lambda found: [], "不足"),
    ],
    ids=["shortage", "surplus", "foreign", "read twice", "twice for another", "two swapped", "nothing read"],
)
def test_codes_that_differ_halt_the_run_and_say_which(
    ward: Demo, press: Press, change: Callable[[list[str]], list[str]], told: str
) -> None:
    run = before(ward, "封入封かんと照合")
    good = codes(run)
    with pytest.raises(DoesNotBalance, match=told):
        read(ward, run, change(good))
    halted = ward.run
    assert halted.state == Run.State.PRINTED
    assert "封入" in halted.halted
    assert set(living(run).values_list("state", flat=True)) == {"printed"}

    with pytest.raises(Halted):  # the right codes alone do not lift it
        read(ward, run, good)
    with pytest.raises(NotPermitted, match="理由"):
        mailing.settle_halt(run=run, reason="  ", by=ward.who("W002"), now=ward.at(4, 14))
    with pytest.raises(PermissionError):  # nor does the contractor
        mailing.settle_halt(run=run, reason="読み直した", by=ward.who("C901"), now=ward.at(4, 14))
    assert ward.run.halted

    mailing.settle_halt(run=run, reason="読取り機の空送り", by=ward.who("W002"), now=ward.at(4, 14))
    read(ward, run, good)
    assert ward.run.state == Run.State.ENCLOSED
    assert ControlTotal.objects.filter(run=run, stage="封入").count() == 2


def test_the_problem_names_each_code_and_a_halt_is_recorded_with_its_counts(ward: Demo, press: Press) -> None:
    run = before(ward, "封入封かんと照合")
    good = codes(run)
    with pytest.raises(DoesNotBalance) as refusal:
        read(ward, run, [*good[2:], FOREIGN])
    for code in (good[0], good[1], FOREIGN):
        assert code in str(refusal.value)
    total = ControlTotal.objects.get(run=run, stage="封入")
    assert (total.expected, total.counted) == (len(good), len(good) - 1)


def test_no_paper_moves_while_the_run_is_halted(ward: Demo, press: Press) -> None:
    run = until(ward, "汚損1枚の再発行")
    with pytest.raises(DoesNotBalance):
        read(ward, run, [])
    with pytest.raises(Halted):
        ward.pass_on(lambda done, total: None)
    assert ward.handed("④") is None


@pytest.mark.parametrize("surplus", [-1, 1])
def test_another_number_of_pages_halts_before_a_sheet_counts_as_printed(ward: Demo, press: Press, surplus: int) -> None:
    run = before(ward, "受診券の印字")
    press.surplus = surplus
    with pytest.raises(DoesNotBalance, match="印字"):
        print_again(ward, run)
    assert ward.run.state == Run.State.HANDED
    assert set(living(run).values_list("state", flat=True)) == {"issued"}
    press.surplus = 0
    with pytest.raises(Halted):
        print_again(ward, run)
    mailing.settle_halt(run=run, reason="様式を直した", by=ward.who("W001"), now=ward.at(4, 7))
    assert print_again(ward, run) == living(run).count()
    assert ward.run.state == Run.State.PRINTED


def test_it_is_printed_once(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    with pytest.raises(NotNow):
        print_again(ward, run)
    assert ward.handover("①").register.filter(act="print").count() == 1


@pytest.mark.parametrize("off", [-1, 1])
def test_another_number_of_pieces_at_the_post_office_halts(ward: Demo, press: Press, off: int) -> None:
    run = before(ward, "発送")
    expected = living(run).count()
    with pytest.raises(DoesNotBalance, match="発送"):
        mailing.post(run=run, pieces=expected + off, by=ward.who("W002"), now=ward.at(4, 25))
    assert not living(run).filter(state="posted").exists()
    assert ward.handover("①").register.filter(act="post").count() == 0
    with pytest.raises(Halted):
        mailing.post(run=run, pieces=expected, by=ward.who("W002"), now=ward.at(4, 25))
    mailing.settle_halt(run=run, reason="数え直した", by=ward.who("W001"), now=ward.at(4, 25))
    mailing.post(run=run, pieces=expected, by=ward.who("W002"), now=ward.at(4, 25))
    assert living(run).filter(state="posted").count() == expected


def test_what_was_not_delivered_is_not_posted(ward: Demo, press: Press) -> None:
    run = until(ward, "封入封かんと照合")
    with pytest.raises(NotPermitted, match="受領確認"):
        mailing.post(run=run, pieces=len(codes(run)), by=ward.who("W002"), now=ward.at(4, 25))
    assert ward.run.state == Run.State.ENCLOSED


def test_enclosing_comes_before_delivery_and_paper_goes_once(ward: Demo, press: Press) -> None:
    run = until(ward, "再委託先への帳票の引渡し")
    with pytest.raises(NotNow):
        mailing.pass_sheets(
            run=run, receiver=ward.organisation("ward"), party="ward", step="⑥", by=ward.who("E001"),
            now=ward.at(4, 10),
        )  # fmt: skip
    with pytest.raises(NotPermitted, match=ward.handover("④").number):
        mailing.pass_sheets(
            run=run, receiver=ward.organisation("toppan-cp"), party=mailing.ENCLOSER, step="④",
            by=ward.who("E001"), now=ward.at(4, 10),
        )  # fmt: skip


# --- reprints


def reprint(ward: Demo, run: Run, code: str, reason: str = "汚損", by: str = "W002", asked: str = "E001") -> Sheet:
    return mailing.reprint(
        run=run, code=code, reason=reason, requested_by=ward.who(asked), by=ward.who(by), now=ward.at(4, 8)
    )


def test_a_reprint_needs_a_reason_and_a_second_person(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    code = codes(run)[0]
    with pytest.raises(NotPermitted, match="理由"):
        reprint(ward, run, code, reason=" ")
    with pytest.raises(NotPermitted, match="別の人"):
        reprint(ward, run, code, by="W001", asked="W001")
    assert codes(run)[0] == code
    assert not Sheet.objects.filter(state="voided").exists()


def test_a_reprint_voids_the_old_code_once_and_keeps_number_and_place(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    before_it = codes(run)
    new = reprint(ward, run, before_it[3])
    assert codes(run) == [*before_it[:3], new.code, *before_it[4:]]
    old = Sheet.objects.get(code=before_it[3])
    assert (old.state, old.voucher_id, old.sequence) == ("voided", new.voucher_id, new.sequence)
    with pytest.raises(NotPermitted, match="有効な帳票ではありません"):
        reprint(ward, run, before_it[3])
    again = reprint(ward, run, new.code)  # spoiled once more: a third sheet
    assert codes(run)[3] == again.code
    acts = list(ward.handover("①").register.order_by("pk").values_list("act", flat=True))
    assert (acts.count("spoil"), acts.count("print")) == (2, 3)
    printed = [b for b in book.balances(account="toppan-edge") if b.medium == "paper"]
    assert [b.sheets for b in printed] == [len(before_it)]


def test_a_foreign_code_is_not_reprinted(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    with pytest.raises(NotPermitted):
        reprint(ward, run, FOREIGN)


def test_a_voided_code_that_is_read_back_is_a_surplus(ward: Demo, press: Press) -> None:
    run = until(ward, "汚損1枚の再発行")
    voided = Sheet.objects.get(state="voided").code
    good = codes(run)
    with pytest.raises(DoesNotBalance, match="過剰") as refusal:
        read(ward, run, [voided, *good[1:]])
    assert voided in str(refusal.value)
    assert good[0] in str(refusal.value)


def test_nothing_is_reprinted_after_enclosing(ward: Demo, press: Press) -> None:
    run = until(ward, "封入封かんと照合")
    with pytest.raises(NotNow):
        reprint(ward, run, codes(run)[0])


def test_all_totals_of_a_finished_run_close(ward: Demo, press: Press) -> None:
    run = until(ward, "年度の締め")
    sheets = Sheet.objects.filter(voucher__run=run, voucher__channel="printer", reprint_of=None).count()
    own = Sheet.objects.filter(voucher__run=run, voucher__channel="ward").count()
    totals = {t.stage: (t.expected, t.counted) for t in run.totals.all()}
    assert totals == {
        "印字": (sheets, sheets), "封入": (sheets, sheets), "発送": (sheets, sheets), "直接送付": (own, own),
    }  # fmt: skip
    assert book.open_balances(home="ward") == []
    assert run.halted == ""
