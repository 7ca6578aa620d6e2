"""Who gets nothing by the printer: counted, listed, and not in the file that leaves. Opened with the real 7z."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from azukari.custody import handovers
from azukari.custody.gate import password_of
from azukari.parties.acting import NotPermitted
from azukari.people.models import Resident
from azukari.programmes.screening.demo_run import OFFICE, Demo
from azukari.programmes.screening.models import AddressHold, Run, Sheet, Stop, Voucher
from azukari.programmes.screening.refusals import NewlyStopped, NotNow, NoVolumeNotice
from azukari.programmes.screening.steps import assess, individual, mailing, recheck
from azukari.programmes.screening.steps.state import living
from azukari.vocabulary.addresses import address_key
from azukari.witness.models import Entry, Subject

from .ward import Press, until

SEVEN_ZIP = shutil.which("7z") or shutil.which("7zz") or ""


def opened(ward: Demo, into: Path) -> list[dict[str, str]]:
    """The rows of the package that left, as the printer's 7-Zip unpacks them."""
    handover = ward.handover("①")
    assert SEVEN_ZIP, "7z がありません。script/packages の一覧のとおりに入れてください。"
    package = ward.exchange_folder / handover.package_name
    subprocess.run(
        [SEVEN_ZIP, "x", "-y", f"-p{password_of(handover)}", f"-o{into}", str(package)], check=True, capture_output=True
    )
    return list(csv.DictReader(io.StringIO((into / "data.csv").read_text("utf-8-sig"))))


def someone(ward: Demo, **wanted: object) -> Resident:
    """A resident who is written to when nothing stops it; a different one each time."""
    taken = getattr(ward, "_taken", 0)
    ward._taken = taken + 1  # type: ignore[attr-defined]
    living = Resident.objects.filter(
        protected=False, died_on=None, moved_out_on=None, insurance_kind="national", birth_date__lte=date(1980, 1, 1)
    )
    return living.order_by("pk")[taken]


@pytest.fixture
def stopped(ward: Demo) -> dict[str, Resident]:
    """One person for each reason that stops a voucher, before anybody is judged."""
    people = {str(reason): someone(ward) for reason in Stop.Reason if reason != Stop.Reason.GLYPH}
    Resident.objects.filter(pk=people["dead"].pk).update(died_on=date(2025, 2, 20))
    Resident.objects.filter(pk=people["moved_out"].pk).update(moved_out_on=date(2025, 2, 20))
    Resident.objects.filter(pk=people["no_address"].pk).update(address="")
    Resident.objects.filter(pk=people["protected"].pk).update(protected=True)
    held = people["returned_mail"]
    AddressHold.objects.create(
        person=held, address_key=address_key(held.address), since=date(2024, 6, 1), cause="宛所に尋ねあたらず"
    )
    individual.opt_out(person=people["opted_out"], since=date(2025, 1, 5), by=ward.who("W001"), now=ward.at(4, 1))
    return people


def test_each_is_listed_with_its_reason_and_none_is_in_the_printers_file(
    ward: Demo, stopped: dict[str, Resident], tmp_path: Path
) -> None:
    run = until(ward, "パスワードの通知（別の機会）")
    listed = dict(Stop.objects.filter(run=run).values_list("person_id", "reason"))
    for reason, person in stopped.items():
        assert listed[person.pk] == reason
    rows = opened(ward, tmp_path / "opened")
    sent = {row["受診番号"] for row in rows}
    written_to = set(Voucher.objects.filter(run=run, channel="printer").values_list("examinee_number", flat=True))
    assert sent == written_to
    assert not Voucher.objects.filter(run=run, channel="printer", person_id__in=listed).exists()
    told = Resident.objects.filter(pk__in=listed).exclude(phone="").values_list("phone", flat=True)
    assert not set(told) & {row["電話番号"] for row in rows}
    counted = assess.counts_of(run)
    on_the_wards_list = Stop.objects.filter(run=run, reason__in=["protected", "glyph"]).count()
    assert counted["vouchers"] == len(rows) + on_the_wards_list
    assert counted["eligible"] == counted["vouchers"] + counted["stopped"]


def test_a_stop_that_is_gone_stops_nobody(ward: Demo, stopped: dict[str, Resident]) -> None:
    hold = AddressHold.objects.get(person=stopped["returned_mail"])
    with pytest.raises(NotPermitted, match="理由"):
        individual.lift_hold(hold=hold, by=ward.who("W001"), now=ward.at(4, 1), reason=" ")
    individual.lift_hold(hold=hold, by=ward.who("W001"), now=ward.at(4, 1), reason="本人が住所を確かめた")
    run = until(ward, "受診番号・整理番号の付番")
    assert Voucher.objects.filter(run=run, person=stopped["returned_mail"], channel="printer").exists()
    assert not Voucher.objects.filter(run=run, person=stopped["opted_out"]).exists()


def test_a_new_address_ends_a_hold_by_itself(ward: Demo, stopped: dict[str, Resident]) -> None:
    Resident.objects.filter(pk=stopped["returned_mail"].pk).update(address="見本町9丁目8番7号")
    run = until(ward, "受診番号・整理番号の付番")
    assert Voucher.objects.filter(run=run, person=stopped["returned_mail"], channel="printer").exists()


def test_dying_or_moving_after_the_rosters_date_does_not_count_yet(ward: Demo) -> None:
    on_the_day, after = someone(ward), someone(ward)
    Resident.objects.filter(pk=on_the_day.pk).update(moved_out_on=date(2025, 3, 1))
    Resident.objects.filter(pk=after.pk).update(moved_out_on=date(2025, 3, 2))
    run = until(ward, "対象者の判定")
    assert Stop.objects.filter(run=run, person=on_the_day, reason="moved_out").exists()
    assert not Stop.objects.filter(run=run, person=after).exists()


def test_somebody_protected_after_numbering_keeps_the_data_from_leaving(ward: Demo) -> None:
    run = until(ward, "件数予告")
    person = Voucher.objects.filter(run=run, channel="printer").first().person
    Resident.objects.filter(pk=person.pk).update(protected=True)
    with pytest.raises(NewlyStopped, match="支援措置"):
        ward.prepare(lambda done, total: None)
    assert ward.run.state == Run.State.PROOFED
    Resident.objects.filter(pk=person.pk).update(protected=False)
    until(ward, "封")
    Resident.objects.filter(pk=person.pk).update(protected=True)
    with pytest.raises(NotPermitted, match="支援措置"):
        ward.release(lambda done, total: None)
    assert ward.handover("①").state == "sealed"


@pytest.mark.parametrize("noticed", ["件数予告", "封"])
def test_somebody_protected_after_numbering_goes_on_the_wards_list_and_the_rest_to_the_printer(
    ward: Demo, press: Press, noticed: str
) -> None:
    run = until(ward, noticed)
    person = Voucher.objects.filter(run=run, channel="printer").order_by("pk")[4].person
    Resident.objects.filter(pk=person.pk).update(protected=True)
    by, now = ward.who("W002"), ward.at(4, 3, 10)
    if noticed == "封":
        with pytest.raises(NotNow):
            recheck.take_out_newly_stopped(run=run, by=by, now=now)
        handovers.withdraw(handover=ward.handover("①"), by=ward.who("W001"), now=now, reason="支援措置の開始")
    with pytest.raises(NewlyStopped):
        mailing.hand_over(run=run, printer=ward.organisation("toppan-edge"), by=by, now=now)
    assert recheck.take_out_newly_stopped(run=run, by=by, now=now) == 1
    assert recheck.take_out_newly_stopped(run=run, by=by, now=now) == 0
    with pytest.raises(NoVolumeNotice):
        ward.prepare(lambda done, total: None)
    mailing.give_volume_notice(run=run, planned_on=date(2025, 4, 3), by=by, now=now)
    ward.prepare(lambda done, total: None)
    run = until(ward, "発送")
    number = Voucher.objects.get(run=run, person=person)
    assert (number.channel, number.sheets.get().state) == ("ward", "issued")
    until(ward, "区の直接送付分")
    assert number.sheets.get().state == "posted"
    counted = assess.counts_of(run)
    assert counted["eligible"] == counted["vouchers"] + counted["stopped"]


@pytest.mark.parametrize(("field", "reason"), [("died_on", Stop.Reason.DEAD), ("moved_out_on", Stop.Reason.MOVED_OUT)])
def test_who_died_or_moved_after_numbering_is_not_handed_over(ward: Demo, field: str, reason: str) -> None:
    run = until(ward, "件数予告")
    number = Voucher.objects.filter(run=run, channel="printer").order_by("pk")[4]
    Resident.objects.filter(pk=number.person_id).update(**{field: date(2025, 4, 2)})
    by, now = ward.who("W002"), ward.at(4, 3, 10)
    before = assess.counts_of(run)
    with pytest.raises(NewlyStopped, match="1人"):
        mailing.hand_over(run=run, printer=ward.organisation("toppan-edge"), by=by, now=now)
    assert recheck.take_out_newly_stopped(run=run, by=by, now=now) == 1
    assert Stop.objects.get(run=run, person=number.person).reason == reason
    assert number.sheets.get().state == "voided"
    mailing.give_volume_notice(run=run, planned_on=date(2025, 4, 3), by=by, now=now)
    ward.prepare(lambda done, total: None)
    run = ward.run
    assert run.handover.rows == living(run).count()
    assert not run.handover.people.filter(reference=number.reference).exists()
    after = assess.counts_of(run)
    assert (after["eligible"], after["vouchers"]) == (before["eligible"], before["vouchers"] - 1)


# --- the ward's own list


def test_the_protected_are_printed_and_posted_by_two_people_of_the_ward(
    ward: Demo, stopped: dict[str, Resident], press: Press
) -> None:
    run = until(ward, "発送")
    pages = individual.print_own_list(
        run=run, folder=ward.folder / "own", office=OFFICE, by=ward.who("W001"), now=ward.at(4, 25)
    )
    assert pages == Stop.objects.filter(run=run, reason__in=["protected", "glyph"]).count() > 0
    voucher = Voucher.objects.get(run=run, person=stopped["protected"])
    assert voucher.examinee_number in {sheet.visit_number for sheet in press.printed}
    with pytest.raises(NotPermitted, match="別の人"):
        individual.post_own_list(run=run, pieces=pages, by=ward.who("W001"), now=ward.at(4, 25))
    with pytest.raises(NotPermitted, match="数え直して"):
        individual.post_own_list(run=run, pieces=pages - 1, by=ward.who("W002"), now=ward.at(4, 25))
    with pytest.raises(NotPermitted, match="数え直して"):
        individual.post_own_list(run=run, pieces=pages + 1, by=ward.who("W002"), now=ward.at(4, 25))
    individual.post_own_list(run=run, pieces=pages, by=ward.who("W002"), now=ward.at(4, 25))
    assert voucher.sheets.get().state == "posted"
    assert Stop.objects.get(run=run, person=stopped["protected"]).settled_by == "W002"


def test_the_contractor_cannot_print_the_wards_list(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    with pytest.raises(PermissionError):
        individual.print_own_list(
            run=run, folder=ward.folder / "own", office=OFFICE, by=ward.who("E001"), now=ward.at(4, 25)
        )
    assert not press.printed or all(
        Voucher.objects.get(examinee_number=sheet.visit_number).channel == "printer" for sheet in press.printed
    )


def test_a_run_is_not_finished_while_own_letters_lie_about(ward: Demo, press: Press) -> None:
    run = until(ward, "発送")
    with pytest.raises(NotPermitted, match="まだ発送していない"):
        mailing.close_run(run=run, by=ward.who("W002"), now=ward.at(4, 30))
    assert ward.run.state == Run.State.POSTED


# --- late issues


def lost(ward: Demo, run: Run, person: Resident) -> Voucher:
    return individual.issue_late(run=run, person=person, reason="紛失", by=ward.who("W001"), now=ward.at(5, 12))


def release(ward: Demo, voucher: Voucher, by: str = "W002") -> Path:
    return individual.release_late(
        voucher=voucher, folder=ward.folder / "late", office=OFFICE, by=ward.who(by), now=ward.at(5, 12, 14)
    )


def test_a_lost_voucher_keeps_its_numbers_and_gets_a_new_sheet(ward: Demo, press: Press) -> None:
    run = until(ward, "区の直接送付分")
    first = Voucher.objects.filter(run=run, channel="printer").order_by("pk")[5]
    old = first.sheets.exclude(state="voided").get()
    with pytest.raises(NotPermitted, match="理由"):
        individual.issue_late(run=run, person=first.person, reason="", by=ward.who("W001"), now=ward.at(5, 12))
    voucher = lost(ward, run, first.person)
    assert (voucher.pk, voucher.voucher_number) == (first.pk, first.voucher_number)
    assert Sheet.objects.get(pk=old.pk).state == "voided"
    with pytest.raises(NotNow):  # prepared, not yet released: it cannot be lost again
        lost(ward, run, first.person)
    with pytest.raises(NotPermitted, match="別の人"):
        release(ward, voucher, by="W001")
    release(ward, voucher)
    assert [sheet.code for sheet in press.printed] == [voucher.sheets.get(state="posted").code]
    with pytest.raises(NotNow):
        release(ward, voucher)


def test_a_sheet_still_with_the_printer_cannot_be_lost(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    person = Voucher.objects.filter(run=run, channel="printer").first().person
    with pytest.raises(NotNow):
        lost(ward, run, person)
    assert not Sheet.objects.filter(state="voided").exists()


def newcomer(ward: Demo, **changed: object) -> Resident:
    """Somebody who moved in during the year: a person like others, with a number of their own."""
    person = someone(ward)
    person.pk, person.number, person.reference = None, "000000099999999", "ab" * 16
    person.protected = False
    for name, value in changed.items():
        setattr(person, name, value)
    person.save(force_insert=True)
    return person


def test_a_newcomer_gets_the_next_number_by_the_same_rules(ward: Demo, press: Press) -> None:
    run = until(ward, "区の直接送付分")
    last = Voucher.objects.order_by("-voucher_number").first().voucher_number
    voucher = individual.issue_late(
        run=run, person=newcomer(ward), reason="転入", by=ward.who("W001"), now=ward.at(6, 2)
    )
    assert (int(voucher.voucher_number), voucher.channel) == (int(last) + 1, "late")
    release(ward, voucher)
    assert [sheet.ticket_number for sheet in press.printed] == [voucher.voucher_number]
    assert press.printed[0].fees.count(None) < len(press.printed[0].fees)


def test_who_is_offered_nothing_gets_nothing_late(ward: Demo, press: Press) -> None:
    run = until(ward, "区の直接送付分")
    child = newcomer(ward, birth_date=date(2015, 5, 5), birth="2015-05-05", sex="male")
    given = Voucher.objects.count()
    with pytest.raises(NotPermitted, match="照会"):
        individual.issue_late(run=run, person=child, reason="転入", by=ward.who("W001"), now=ward.at(6, 2))
    gone = newcomer(ward, number="000000099999998", reference="cd" * 16, moved_out_on=date(2025, 5, 1))
    with pytest.raises(NotPermitted):
        individual.issue_late(run=run, person=gone, reason="紛失", by=ward.who("W001"), now=ward.at(6, 2))
    assert Voucher.objects.count() == given


def test_mail_that_came_back_holds_the_address_until_lifted(ward: Demo, press: Press) -> None:
    run = until(ward, "区の直接送付分")
    sheet = living(run).filter(state="posted").order_by("sequence").first()
    returned = individual.record_returned_mail(
        code=sheet.code, cause="宛所に尋ねあたらず", by=ward.who("W001"), now=ward.at(5, 20)
    )
    with pytest.raises(NotNow):
        individual.record_returned_mail(code=sheet.code, cause="同", by=ward.who("W001"), now=ward.at(5, 20))
    with pytest.raises(NotPermitted, match="返戻"):
        lost(ward, run, sheet.voucher.person)
    individual.lift_hold(hold=returned, by=ward.who("W001"), now=ward.at(5, 21), reason="転居先を確かめた")
    assert lost(ward, run, sheet.voucher.person).pk == sheet.voucher_id


# --- looking one person up


def test_a_look_up_needs_a_reason_and_stands_in_the_log(ward: Demo) -> None:
    until(ward, "受診番号・整理番号の付番")
    person = someone(ward)
    now = ward.at(4, 3)
    seen = Entry.objects.count()
    with pytest.raises(NotPermitted, match="理由"):
        individual.look_up(person=person, fiscal_year=2025, reason=" ", by=ward.who("W001"), now=now)
    refused = Entry.objects.get(seq=seen)
    assert (refused.act, refused.persons) == ("refused", 0)
    lines = individual.look_up(person=person, fiscal_year=2025, reason="本人の電話", by=ward.who("W001"), now=now)
    assert {line.recorded for line in lines} != {None}
    entry = Entry.objects.get(seq=seen + 1)
    assert (entry.act, entry.purpose, entry.persons) == ("people.look_up", "本人の電話", 1)
    assert bytes(Subject.objects.get(seq=entry.seq).ref).hex() == person.reference


@pytest.mark.parametrize("who", ["E001", "E901", "W901", "W101"])
def test_only_an_officer_looks_people_up(ward: Demo, who: str) -> None:
    with pytest.raises(PermissionError):
        individual.look_up(
            person=someone(ward), fiscal_year=2025, reason="本人の電話", by=ward.who(who), now=ward.at(4, 3)
        )
    assert not Subject.objects.filter(seq=Entry.objects.order_by("-seq").first().seq).exists()


def test_numbers_are_never_used_again_even_when_their_sheet_is_void(ward: Demo, press: Press) -> None:
    run = until(ward, "返戻と年度途中の発行")
    numbers = list(Voucher.objects.values_list("voucher_number", flat=True))
    late = individual.issue_late(run=run, person=newcomer(ward), reason="転入", by=ward.who("W001"), now=ward.at(6, 2))
    assert late.voucher_number not in numbers
    assert int(late.voucher_number) == max(map(int, numbers)) + 1
    codes = list(Sheet.objects.values_list("code", flat=True))
    assert len(set(codes)) == len(codes)
