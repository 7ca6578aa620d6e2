"""What leaves for the printer: the columns that the step declares, by the paper in force and its rulings, no more."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from azukari.custody import handovers
from azukari.custody.gate import password_of
from azukari.custody.models import Handover
from azukari.dossier.models import Ruling
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Organisation
from azukari.people.models import Resident
from azukari.programmes.screening.demo_run import OFFICE, Demo
from azukari.programmes.screening.models import Run, Voucher
from azukari.programmes.screening.refusals import NotNow, NoVolumeNotice
from azukari.programmes.screening.steps import mailing
from azukari.programmes.screening.vouchers import columns, line_names
from azukari.witness.models import Entry

from .ward import Press, before, until

SEVEN_ZIP = shutil.which("7z") or shutil.which("7zz") or ""
HEADERS = ["帳票番号", "郵便番号", "住所", "氏名", "受診番号", "受診券整理番号", "被保険者証等記号番号", "生年月日",
           "性別", "生活保護等受給の有無", "電話番号", "肝炎受診歴"]  # fmt: skip
LEFT_OUT = ("受診歴及び受診結果", "カナ", "保険区分", "宛名番号", "世帯", "国籍", "支援措置", "仮名参照")


def unpacked(ward: Demo, into: Path) -> Path:
    handover = ward.handover("①")
    assert SEVEN_ZIP, "7z がありません。script/packages の一覧のとおりに入れてください。"
    package = Path(ward.exchange_folder / handover.package_name)
    subprocess.run(
        [SEVEN_ZIP, "x", "-y", f"-p{password_of(handover)}", f"-o{into}", str(package)], check=True, capture_output=True
    )
    return into


def hand_over(ward: Demo, run: Run, **options: str) -> Handover:
    return mailing.hand_over(
        run=run, printer=ward.organisation("toppan-edge"), by=ward.who("W001"), now=ward.at(4, 3, 9), **options
    )


def rename(run: Run, name: str) -> Resident:
    person = Voucher.objects.filter(run=run, channel="printer", person__alias_name="").first().person
    Resident.objects.filter(pk=person.pk).update(name=name)
    return person


def test_the_file_has_the_declared_columns_and_no_others(ward: Demo, tmp_path: Path) -> None:
    run = until(ward, "パスワードの通知（別の機会）")
    folder = unpacked(ward, tmp_path / "opened")
    rows = list(csv.reader(io.StringIO((folder / "data.csv").read_text("utf-8-sig"))))
    fees = [f"自己負担金額（{name}）" for name in line_names(run.fiscal_year).values()]
    assert rows[0] == [*HEADERS, *fees, "受診できる検診", "受診できる期間"]
    assert not [header for header in rows[0] if any(word in header for word in LEFT_OUT)]
    assert {len(row) for row in rows} == {len(rows[0])}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [column["name"] for column in manifest["columns"]] == rows[0]
    assert set(manifest["items"]) == {column.item for column in columns(run.fiscal_year)} - {None}
    assert "screening_history" not in manifest["items"]
    assert manifest["rows"] == len(rows) - 1


def test_nobodys_kana_insurance_kind_or_register_number_is_anywhere_in_the_file(ward: Demo, tmp_path: Path) -> None:
    run = until(ward, "パスワードの通知（別の機会）")
    text = (unpacked(ward, tmp_path / "opened") / "data.csv").read_text("utf-8-sig")
    sent = Resident.objects.filter(pk__in=Voucher.objects.filter(run=run, channel="printer").values("person_id"))
    assert sent.exists()
    for kana, number, household, reference in sent.values_list("kana", "number", "household", "reference"):
        assert not kana or kana not in text
        assert number not in text
        assert household not in text
        assert reference not in text
    for word in ("national", "late_elderly", "国民健康保険", "後期高齢"):
        assert word not in text


def test_without_the_ruling_on_the_vouchers_contents_nothing_leaves_and_the_finding_is_named(ward: Demo) -> None:
    run = before(ward, "委託先データの準備")
    Ruling.objects.filter(finding="voucher_contents").delete()
    with pytest.raises(NotPermitted, match="voucher_contents"):
        hand_over(ward, run)
    assert ward.run.state == Run.State.PROOFED
    assert not Handover.objects.exists()
    refused = Entry.objects.order_by("-seq").first()
    assert (refused.act, refused.purpose) == ("refused", "run.prepare")
    assert {"eligible_tests", "test_period"} <= set(json.loads(refused.items))


def test_without_the_ruling_on_printing_the_sheets_are_not_printed(ward: Demo, press: Press) -> None:
    run = before(ward, "受診券の印字")
    Ruling.objects.filter(finding="work-not-handled:printing").delete()
    with pytest.raises(NotPermitted, match="work-not-handled:printing"):
        mailing.print_sheets(run=run, folder=ward.folder, office=OFFICE, by=ward.who("E001"), now=ward.at(4, 7))
    assert not press.printed
    assert ward.run.state == Run.State.HANDED


@pytest.mark.parametrize(("day", "allowed"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_the_last_day_of_the_clause_is_the_last(ward: Demo, day: date, allowed: bool) -> None:
    run = before(ward, "委託先データの準備")
    now = ward.at(4, 3).replace(year=day.year, month=day.month, day=day.day)
    attempt = {"run": run, "printer": ward.organisation("toppan-edge"), "by": ward.who("W001"), "now": now}
    if allowed:
        assert mailing.hand_over(**attempt).state == "prepared"
    else:
        with pytest.raises(NotPermitted, match="令和8年3月31日）を過ぎ"):
            mailing.hand_over(**attempt)
        assert not Handover.objects.exists()


def test_data_is_not_handed_over_before_the_volume_notice_or_after_it_changed(ward: Demo) -> None:
    run = before(ward, "件数予告")
    with pytest.raises(NoVolumeNotice):
        hand_over(ward, run)
    until(ward, "件数予告")
    Voucher.objects.filter(run=run, channel="printer").order_by("pk").first().sheets.update(state="voided")
    with pytest.raises(NoVolumeNotice):
        hand_over(ward, run)
    assert not Handover.objects.exists()


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "＋山田", "-1+1", "@SUM(A1)", "'引用", '山田,"太郎"', "改\n行"])
def test_a_name_like_a_formula_reaches_the_sheet_as_it_was(ward: Demo, press: Press, tmp_path: Path, name: str) -> None:
    run = before(ward, "委託先データの準備")
    person = rename(run, name)
    until(ward, "受診券の印字")
    number = Voucher.objects.get(run=run, person=person).examinee_number
    assert [sheet.name for sheet in press.printed if sheet.visit_number == number] == [name]
    rows = csv.DictReader(io.StringIO((unpacked(ward, tmp_path / "o") / "data.csv").read_text("utf-8-sig"), newline=""))
    raw = next(row["氏名"] for row in rows if row["受診番号"] == number)
    assert raw == (name if name[0] in "山改" else f"'{name}")


def test_a_name_that_cp932_has_not_stops_unless_an_officer_says_why(ward: Demo) -> None:
    run = before(ward, "委託先データの準備")
    Organisation.objects.filter(key="toppan-edge").update(encoding="cp932")
    Resident.objects.filter(name__regex="[^ -~ぁ-んァ-ヶ一-龠　]").update(name="山田　太郎")
    rename(run, "𠮷田　太郎")
    with pytest.raises(NotPermitted, match="文字コード"):
        hand_over(ward, run)
    assert ward.run.state == Run.State.PROOFED
    handed = hand_over(ward, run, accept_replacements="外字は手書きで補う")
    assert (handed.encoding, handed.state, ward.run.state) == ("cp932", "prepared", Run.State.HANDED)
    entry = Entry.objects.filter(act="handover.prepare").order_by("-seq").first()
    details = json.loads(entry.details)
    assert details["accepted"] == "外字は手書きで補う"
    assert details["replacements"] >= 1


def test_after_a_withdrawal_the_data_is_prepared_again(ward: Demo) -> None:
    run = until(ward, "封")
    first = ward.handover("①")
    with pytest.raises(NotNow):
        hand_over(ward, run)
    handovers.withdraw(handover=first, by=ward.who("W001"), now=ward.at(4, 3, 10), reason="件名の誤り")
    second = hand_over(ward, run)
    assert second.number != first.number
    assert ward.run.handover_id == second.pk
    until(ward, "委託先の受領確認")
    assert ward.reached("①", "acknowledged")


def test_only_the_appointed_printer_is_given_the_data(ward: Demo) -> None:
    run = before(ward, "委託先データの準備")
    with pytest.raises(NotPermitted, match="選定されていません"):
        mailing.hand_over(run=run, printer=ward.organisation("toppan-cp"), by=ward.who("W001"), now=ward.at(4, 3))
    assert ward.run.state == Run.State.PROOFED


def test_the_encloser_is_shown_what_stands_on_the_paper_and_keeps_no_copy(ward: Demo, press: Press) -> None:
    until(ward, "再委託先への帳票の引渡し")
    passed = ward.handover("④")
    assert passed.medium == "paper"
    assert passed.holdings.count() == 0
    assert passed.people.count() == passed.sheets == passed.rows
    assert "screening_history" not in passed.items


def test_the_history_goes_only_with_a_reason_and_is_not_read_for_printing(ward: Demo, press: Press) -> None:
    run = before(ward, "委託先データの準備")
    handed = hand_over(ward, run, history_because="受診勧奨の文面を分けるため")
    assert "screening_history" in handed.items
    entry = Entry.objects.filter(act="handover.prepare").order_by("-seq").first()
    assert json.loads(entry.details)["extra_reason"] == "受診勧奨の文面を分けるため"
    until(ward, "再委託先への帳票の引渡し")
    assert len(press.printed) == 1, "the reprint is drawn last"
    read = [json.loads(e.items) for e in Entry.objects.filter(act="data.read")]
    assert read
    assert not [items for items in read if "screening_history" in items]
    assert "screening_history" not in ward.handover("④").items


def test_after_the_clause_has_ended_nothing_is_printed(ward: Demo, press: Press) -> None:
    run = before(ward, "受診券の印字")
    late = ward.at(4, 7).replace(year=2026)
    with pytest.raises(NotPermitted, match="令和8年3月31日）を過ぎ"):
        mailing.print_sheets(run=run, folder=ward.folder, office=OFFICE, by=ward.who("E001"), now=late)
    assert not press.printed
    assert ward.run.state == Run.State.HANDED
