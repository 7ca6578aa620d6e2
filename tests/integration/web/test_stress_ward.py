"""The ward's screens of the stress check: counts, the staff list, the report, published groups, 様式第6号の3."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody.models import Handover
from azukari.people.models import Employee
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import (
    Duty,
    Establishment,
    GroupRelease,
    PersonnelAuthority,
    Respondent,
)
from azukari.programmes.stress_check.views import ward_labour
from azukari.witness.models import Entry

from .stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "⑦ 報告書と結果の納品"
MOST_BYTES = 100_000
STAR = "＊"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def officer(check_desk: CheckDesk, check: StressCheck) -> CheckDesk:
    return check_desk.sit("W001", check.at(9, 3, 14))


def names_in(page: str) -> list[str]:
    """Whose name of the register is on a page."""
    return [one.name for one in Employee.objects.all() if one.name in page]


# --- the years and one year


@pytest.mark.parametrize("key", ["W001", "W101"])
def test_the_years_and_one_year_show_counts_and_what_comes_next(
    check_desk: CheckDesk, check: StressCheck, key: str
) -> None:
    person = check_desk.sit(key, check.at(9, 3))
    years, year = person.open("stress_ward"), person.open("stress_ward_year", YEAR)
    assert "納品された報告書等を確認してください" in text(years)
    assert "報告書を見る" in text(year)
    asked = Respondent.objects.count()
    assert f'<td class="numeric">{asked}</td>' in text(year)
    assert names_in(text(year)) == []
    assert len(year.content) < MOST_BYTES


def test_every_step_of_the_paper_stands_in_the_years_list(officer: CheckDesk) -> None:
    shown = officer.open("stress_ward_year", YEAR)
    assert [line.number for line in shown.context["lines"]] == ["①", "②", "③", "④", "④'", "⑤", "⑤'", "⑥", "⑦", "⑧"]
    said = {line.number: line.state.kind.value for line in shown.context["lines"]}
    assert said["④'"] == "closed"
    assert said["⑦"] == "acknowledged"
    assert said["⑧"] == "prepared"


def test_a_year_that_is_not_there_gives_404(officer: CheckDesk) -> None:
    for name in ("stress_ward_year", "stress_ward_report", "stress_ward_groups", "stress_ward_labour"):
        assert officer.open(name, 1999).status_code == 404


def test_one_year_takes_as_many_queries_with_ten_times_the_people(officer: CheckDesk) -> None:
    with CaptureQueriesContext(connection) as few:
        officer.open("stress_ward_year", YEAR)
    round_ = Respondent.objects.all()[0].round
    Respondent.objects.bulk_create(
        Respondent(round=round_, reference=f"{n:032x}", employee_number=f"n{n}", name="試し", section="総務部／総務課")
        for n in range(600)
    )
    with CaptureQueriesContext(connection) as many:
        shown = officer.open("stress_ward_year", YEAR)
    assert len(many) <= len(few)
    assert len(shown.content) < MOST_BYTES


def test_a_small_section_is_not_shown_on_its_own(officer: CheckDesk) -> None:
    shown = officer.open("stress_ward_year", YEAR)
    assert all(section.asked >= 10 for section in shown.context["counts"].sections)


# --- ① ②


def test_the_staff_list_is_prepared_from_counts_and_leads_to_the_handover(
    officer: CheckDesk, check: StressCheck
) -> None:
    shown = officer.open("stress_ward_hand_over")
    assert "すでに準備されています" in text(shown)
    assert names_in(text(shown)) == []
    answer = withdrawn(officer, check).send("stress_ward_hand_over", fields={"processor": str(check.company.pk)})
    made = Handover.objects.order_by("-pk")[0]
    assert answer.status_code == 303
    assert answer.url.endswith(f"/handovers/{made.number}/")
    assert made.step == "②"
    assert made.persons == len(Employee.objects.filter(left_on=None))


def withdrawn(officer: CheckDesk, check: StressCheck) -> CheckDesk:
    """The day after: this year's list was taken back."""
    Handover.objects.filter(step="②").update(state=Handover.State.WITHDRAWN)
    return officer.sit("W001", check.at(9, 4))


def test_only_who_is_appointed_can_be_chosen_and_two_pages_do_not_prepare_it_twice(
    officer: CheckDesk, check: StressCheck
) -> None:
    ward = check.who("W001").organisation
    assert officer.send("stress_ward_hand_over", fields={"processor": str(ward.pk)}).status_code == 422
    late = withdrawn(officer, check)
    late.page = late.open("stress_ward_hand_over")
    fields = {"processor": str(check.company.pk)}
    assert officer.sit("W002", late.at).send("stress_ward_hand_over", fields=fields).status_code == 303
    assert late.send("stress_ward_hand_over", fields=fields, first=False).status_code == 409
    assert Handover.objects.filter(step="②").exclude(state=Handover.State.WITHDRAWN).count() == 1


@pytest.mark.parametrize(
    ("name", "args"),
    [("stress_ward_hand_over", ()), ("stress_ward_interviews", (YEAR,)), ("stress_ward_consents", (YEAR,))],
)
def test_a_privacy_officer_reads_counts_and_does_nothing_with_people(
    check_desk: CheckDesk, name: str, args: tuple[int, ...]
) -> None:
    assert check_desk.sit("W101").open(name, *args).status_code == 403


# --- 人事権


def test_who_has_authority_is_recorded_and_loses_the_duty_and_the_end_is_recorded(
    officer: CheckDesk, check: StressCheck
) -> None:
    clerk = check.who("K002")
    fields = {"handler": str(clerk.pk), "since": "2025-09-01"}
    assert officer.send("stress_ward_authority_new", fields=fields).status_code == 303
    assert not Duty.objects.filter(handler=clerk, ended_at=None).exists()
    shown = text(officer.open("stress_ward_authority"))
    assert "K002" in shown
    one = PersonnelAuthority.objects.get(handler=clerk)
    refused = officer.send("stress_ward_authority_end", one.pk, fields={"until": "2025-08-01"})
    assert refused.status_code == 422
    assert "始まりの日から今日まで" in text(refused)
    assert officer.send("stress_ward_authority_end", one.pk, fields={"until": "2025-09-03"}).status_code == 303
    assert officer.open("stress_ward_authority_end", 99999).status_code == 404


# --- ⑧


def test_the_documents_are_taken_out_with_a_log_entry_and_the_report_is_confirmed_once(
    officer: CheckDesk, check: StressCheck
) -> None:
    shown = officer.open("stress_ward_report", YEAR)
    documents = shown.context["documents"]
    assert len(documents) == 2
    before = Entry.objects.count()
    pdf = officer.open("stress_ward_document", YEAR, documents[0].pk)
    assert pdf.content == b"%PDF-1.7 groups"
    assert pdf["Cache-Control"] == "no-store"
    assert Entry.objects.count() == before + 1
    book = officer.open("stress_ward_document", YEAR, documents[1].pk)
    assert book["Content-Type"].endswith("sheet")
    assert officer.send("stress_ward_confirm", YEAR).status_code == 303
    assert check.round.confirmed_by == check.who("W001")
    assert officer.send("stress_ward_confirm", YEAR).status_code == 409
    assert "確認済みです" in text(officer.open("stress_ward_report", YEAR))


def test_a_document_of_another_number_or_another_handover_gives_404(officer: CheckDesk, check_desk: CheckDesk) -> None:
    assert officer.open("stress_ward_document", YEAR, 99999).status_code == 404
    number = officer.open("stress_ward_report", YEAR).context["documents"][0].pk
    Handover.objects.filter(step="⑦").update(state=Handover.State.RELEASED)
    assert officer.open("stress_ward_document", YEAR, number).status_code == 404
    assert "受領を確認していません" in text(officer.open("stress_ward_report", YEAR))
    assert check_desk.sit("W101").open("stress_ward_document", YEAR, number).status_code == 403


# --- groups


def test_the_groups_are_the_published_rows_with_charts_and_readings(officer: CheckDesk) -> None:
    shown = officer.open("stress_ward_groups", YEAR)
    page = text(shown)
    assert shown.context["table"].total == len(GroupRelease.objects.get().tables)
    assert "全体の総合健康リスクは" in page
    assert page.count("<svg") >= 2
    assert len(shown.content) < MOST_BYTES
    assert names_in(page) == []


def test_nothing_of_the_groups_needs_the_vault(officer: CheckDesk, settings: Any) -> None:
    assert settings.AZUKARI_VAULT == "off"
    assert officer.open("stress_ward_groups", YEAR, sex="female").status_code == 200


@pytest.mark.parametrize("state", ["released", "sealed"])
def test_groups_that_the_ward_did_not_acknowledge_are_not_shown(officer: CheckDesk, state: str) -> None:
    Handover.objects.filter(step="⑦").update(state=state)
    shown = text(officer.open("stress_ward_groups", YEAR))
    assert "まだありません" in shown
    assert "<table" not in shown


def test_groups_that_no_second_implementer_let_out_are_not_shown(officer: CheckDesk) -> None:
    GroupRelease.objects.update(released_at=None, released_by=None)
    assert "まだありません" in text(officer.open("stress_ward_groups", YEAR))


def test_a_filter_leaves_rows_out_and_every_row_that_is_left_is_a_published_one(officer: CheckDesk) -> None:
    everything = officer.open("stress_ward_groups", YEAR).context["table"].chosen
    published = [one.figures for one in everything]
    for top in sorted({one.top for one in everything if one.top}):
        chosen = officer.open("stress_ward_groups", YEAR, top=top).context["table"].chosen
        assert chosen
        assert all(one.figures in published and one.top == top for one in chosen)


def test_a_filter_that_leaves_a_group_of_nine_is_written_out_with_stars(officer: CheckDesk) -> None:
    everything = officer.open("stress_ward_groups", YEAR).context["table"].chosen
    small = [one for one in everything if one.figures["withheld"] and one.is_node and one.depth == 1]
    assert small
    for kind in ("csv", "xlsx"):
        before = Entry.objects.count()
        answer = officer.open("stress_ward_groups", YEAR, top=small[0].top, format=kind)
        assert Entry.objects.count() == before + 1
        assert answer.status_code == 200
    answer = officer.open("stress_ward_groups", YEAR, top=small[0].top, format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    row = next(row for row in rows if row["集団"] == small[0].name)
    assert {row[head] for head in ("回答者", "リスクA", "リスクB", "総合健康リスク", "高ストレス者")} == {STAR}


def test_a_filter_of_an_unknown_value_shows_an_error_and_no_other_rows(officer: CheckDesk) -> None:
    assert officer.open("stress_ward_groups", YEAR, top="<b>").status_code == 422


def test_year_on_year_shows_what_was_published_in_both_years(officer: CheckDesk) -> None:
    release = GroupRelease.objects.select_related("round", "handover").get()
    assert officer.open("stress_ward_groups", YEAR).context["years"] is None
    assert release.handover is not None
    round_ = release.round
    round_.pk, round_.fiscal_year = None, YEAR - 1
    round_.save()
    handover = release.handover
    handover.pk, handover.number, handover.fiscal_year = None, "EARLIER", YEAR - 1
    handover.save()
    release.pk, release.round, release.handover = None, round_, handover
    release.save()
    years = officer.open("stress_ward_groups", YEAR).context["years"]
    assert years.names == [f"{YEAR - 1}年度", f"{YEAR}年度"]
    assert all(before == after for _name, (before, after) in years.rows)


# --- 様式第6号の3


def _fields(**changes: str) -> dict[str, str]:
    return {
        "name": "本庁舎", "sections": "総務部", "insurance_number": "13101234567000", "industry": "98 地方公務",
        "address": "東京都新宿区架空町1-1", "telephone": "03-0000-0000", "recipient": "特別区人事委員会", **changes,
    }  # fmt: skip


def test_an_establishment_is_entered_changed_and_its_figures_are_counted(
    officer: CheckDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "まだ事業場がありません" in text(officer.open("stress_ward_establishments"))
    assert officer.send("stress_ward_establishment_new", fields=_fields()).status_code == 303
    place = Establishment.objects.get()
    assert officer.send("stress_ward_establishment", place.pk, fields=_fields(sections="")).status_code == 303
    assert place.name in text(officer.open("stress_ward_labour", YEAR))
    shown = officer.open("stress_ward_labour_of", YEAR, place.pk)
    facts = dict(shown.context["facts"])
    assert facts["検査を受けた労働者数"] == f"{Respondent.objects.filter(answered_at__isnull=False).count()}人"
    assert shown.context["missing"] == []
    given: list[Any] = []

    def drawn(report: Any, **_fonts: Any) -> bytes:
        given.append(report)
        return b"%PDF-1.7 form"

    monkeypatch.setattr(ward_labour, "labour_pdf", drawn)
    answer = officer.send("stress_ward_labour_of", YEAR, place.pk, fields={"employer_name": "新宿 花子"})
    assert answer.content == b"%PDF-1.7 form"
    assert given[0].employer_name == "新宿 花子"
    assert given[0].analysed == 1
    assert "新宿" not in answer["Content-Disposition"]


def test_two_establishments_have_no_name_and_no_section_in_common_and_the_number_has_14_digits(
    officer: CheckDesk,
) -> None:
    officer.send("stress_ward_establishment_new", fields=_fields())
    assert "すでに登録" in text(officer.send("stress_ward_establishment_new", fields=_fields()))
    twice = officer.send("stress_ward_establishment_new", fields=_fields(name="清掃事務所"))
    assert twice.status_code == 422
    assert "ほかの事業場に含まれている所属" in text(twice)
    short = officer.send("stress_ward_establishment_new", fields=_fields(name="x", sections="", insurance_number="1"))
    assert "14桁の数字で書いてください" in text(short)
    assert Establishment.objects.count() == 1


def test_a_privacy_officer_reads_the_figures_and_does_not_change_establishments(
    officer: CheckDesk, check_desk: CheckDesk
) -> None:
    officer.send("stress_ward_establishment_new", fields=_fields(sections=""))
    place = Establishment.objects.get()
    reader = check_desk.sit("W101")
    assert reader.open("stress_ward_labour_of", YEAR, place.pk).status_code == 200
    assert reader.open("stress_ward_establishment", place.pk).status_code == 403
    assert officer.open("stress_ward_labour_of", YEAR, 99999).status_code == 404


def test_an_establishment_cut_out_around_a_few_people_shows_no_counts(officer: CheckDesk) -> None:
    section = Employee.objects.filter(left_on=None).order_by("section")[0].section
    officer.send("stress_ward_establishment_new", fields=_fields(sections=section))
    place = Establishment.objects.get()
    few = Employee.objects.filter(section=section).order_by("pk")
    Employee.objects.filter(section=section).exclude(pk__in=few[:9]).update(section="別の部")
    for answer in (
        officer.open("stress_ward_labour_of", YEAR, place.pk),
        officer.send("stress_ward_labour_of", YEAR, place.pk, fields={}),
    ):
        assert answer.status_code == 403
        assert "10人に満たない" in text(answer)
        assert "検査を受けた労働者数" not in text(answer)


@pytest.mark.parametrize(("people", "status"), [(9, 403), (10, 200), (11, 200)])
def test_the_counts_of_an_establishment_begin_at_ten_people(officer: CheckDesk, people: int, status: int) -> None:
    asked = Respondent.objects.order_by("pk").values_list("reference", flat=True)
    Employee.objects.filter(reference__in=list(asked[:people])).update(section="出張所")
    officer.send("stress_ward_establishment_new", fields=_fields(sections="出張所"))
    assert officer.open("stress_ward_labour_of", YEAR, Establishment.objects.get().pk).status_code == status


def test_who_has_authority_over_personnel_neither_counts_an_establishment_nor_cuts_one_out(
    officer: CheckDesk, check: StressCheck
) -> None:
    officer.send("stress_ward_establishment_new", fields=_fields(sections=""))
    place = Establishment.objects.get()
    officer.send("stress_ward_authority_new", fields={"handler": str(check.who("W002").pk), "since": "2025-04-01"})
    other = officer.sit("W002", officer.at)
    assert other.open("stress_ward_labour_of", YEAR, place.pk).status_code == 403
    assert other.send("stress_ward_establishment", place.pk, fields=_fields(sections="総務部")).status_code == 422
    place.refresh_from_db()
    assert place.sections == []
