"""The ward's home: the flow alive, what waits and where it is done, who holds how much, refusals; cheap to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from azukari import programmes
from azukari.custody.models import Handover
from azukari.dossier.models import Version
from azukari.dossier.step_mark import StepKind
from azukari.oversight.standing import StepState
from azukari.oversight.todo import Todo
from azukari.parties import registration
from azukari.parties.models import Handler
from azukari.people import search
from azukari.programmes.screening import places as screening_places
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import Run
from azukari.surfaces import steps, waiting
from azukari.surfaces.partner.places import PLACES as PARTNER_PLACES
from azukari.surfaces.ward.places import PLACES
from azukari.web import unchanged
from azukari.witness.models import Entry
from tests.fixtures.web import sign_in, surface

from .screening_stage import YEAR, Desk, before, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

MOST_BYTES = 100_000
MOST_QUERIES_ANEW, MOST_QUERIES_AGAIN = 45, 6


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """The database goes back after each test: what was kept of it goes too."""
    unchanged.forget()
    yield
    unchanged.forget()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def row(page: str, number: str) -> str:
    found = re.search(rf'<th scope="row">{number}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, number
    return found.group(1)


# --- the flow


def test_each_step_of_the_paper_stands_in_the_picture_and_in_the_table(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    shown = text(desk.sit("W001", ward.at(4, 3, 12)).open("home"))
    number = ward.handover("①").number
    assert "<svg" in shown
    assert "flow-mark-released" in shown
    assert "放出済" in row(shown, "①")
    assert f"{ward.handover('①').persons:,}人" in row(shown, "①")
    assert "予定" in row(shown, "④")
    assert number in shown


def test_a_step_becomes_overdue_when_its_day_has_passed_and_closed_when_all_is_over(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    Handover.objects.update(state="released")
    late = text(desk.sit("W001", ward.at(6, 30)).open("home"))
    assert "期限超過" in row(late, "①")
    assert "flow-mark-overdue" in late


def test_a_step_leads_to_the_act_behind_it(desk: Desk, ward: Demo) -> None:
    until(ward, "対象者の判定")
    shown = text(desk.sit("W001", ward.at(4, 3)).open("home"))
    assert f'href="{reverse("screening_run", args=[YEAR])}"' in row(shown, "③")


def test_an_act_is_seen_on_the_next_look_and_a_look_up_in_between_is_not_in_the_way(desk: Desk, ward: Demo) -> None:
    before(ward, "放出")
    officer = desk.sit("W002", ward.at(4, 3, 12))
    assert "準備済" in row(text(officer.open("home")), "①")
    search.look_up(
        text="シンジュク", kind="residents", by=ward.who("W001"), purpose="窓口の問合せ", now=ward.at(4, 3, 12)
    )
    assert "準備済" in row(text(officer.open("home")), "①")
    until(ward, "放出")
    assert "放出済" in row(text(officer.open("home")), "①")


def test_last_years_flow_is_one_link_away(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    officer = desk.sit("W001", ward.at(4, 3))
    other = officer.open("home", year=str(YEAR - 1))
    assert "放出済" not in row(text(other), "①")
    assert f"year={YEAR}" in text(other)


@pytest.mark.parametrize(
    "query", [{"year": "x"}, {"year": "99999999999"}, {"programme": "nothing"}, {"programme": "<b>"}, {"picture": "?"}]
)
def test_an_address_that_asks_for_nonsense_shows_the_usual_page(desk: Desk, ward: Demo, query: dict[str, str]) -> None:
    answer = desk.sit("W001").open("home", **query)
    assert answer.status_code == 200
    assert "<b>" not in text(answer)


def test_the_picture_fits_the_page_on_request(desk: Desk, ward: Demo) -> None:
    officer = desk.sit("W001")
    assert 'width="100%"' in text(officer.open("home", picture="whole"))
    assert 'width="100%"' not in text(officer.open("home"))


def test_nothing_inline_that_the_content_security_policy_forbids(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    shown = text(desk.sit("W001", ward.at(4, 3)).open("home"))
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*src=)", shown)


# --- what waits


def test_todos_stand_by_day_with_the_overdue_first_and_lead_to_where_they_are_done(desk: Desk, ward: Demo) -> None:
    until(ward, "件数予告")
    shown = text(desk.sit("W001", ward.at(4, 10)).open("home"))
    assert "期限超過" in shown
    assert f'href="{reverse("screening_hand_over", args=[YEAR])}"' in shown


def test_what_another_person_has_to_do_says_so(desk: Desk, ward: Demo) -> None:
    until(ward, "対象者の判定")
    assert "別の人に頼んでください" in text(desk.sit("W001").open("home"))
    assert "別の人に頼んでください" not in text(desk.sit("W002").open("home"))


def test_an_auditor_reads_everything_and_has_nothing_to_do(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    shown = text(desk.sit("W901", ward.at(4, 3)).open("home"))
    assert "監査は閲覧だけです" in shown
    assert "<svg" in shown


KINDS = {
    "seal", "release", "deliver", "password", "acknowledge", "overdue", "confirm_certificate", "settle", "review",
    "commit", "approve_protected", "approve_dossier", "rule", "rule_again", "renew", "close_year",
}  # fmt: skip


def test_every_kind_of_todo_of_the_core_has_a_place_on_the_ward(settings: Any) -> None:
    surface(settings, "ward")
    assert set(PLACES) == KINDS
    for kind in KINDS:
        todo = Todo(kind, "", "screening", handover="AZ-1", reference="1")
        assert waiting.place_of(todo, PLACES), kind


def test_every_kind_of_todo_of_a_contractor_has_a_place(settings: Any) -> None:
    surface(settings, "partner")
    for kind in PARTNER_PLACES:
        assert waiting.place_of(Todo(kind, "", handover="AZ-1"), PARTNER_PLACES), kind


REFERENCES = {"prepare_letters": "letter", "follow_up": "phone", "approve_statements": "2025-10"}
OF_COMPANIES = {
    "print", "pass_on", "bring_back", "read_back", "report_results", "returned_sheets", "report_specimens",
    "key_sheets", "third_look", "deliver_batch",
}  # fmt: skip


@pytest.mark.parametrize("side", ["ward", "partner"])
def test_every_kind_of_todo_of_the_programme_has_a_place_on_the_surface_of_who_does_it(
    settings: Any, side: str
) -> None:
    surface(settings, side)
    own = programmes.live("screening")
    assert own is not None
    todos = [
        Todo(kind, "", "screening", handover="AZ-1", reference=REFERENCES.get(kind, "2025"))
        for kind in screening_places.PLACES
    ]
    assert {todo.kind for todo in todos if (own.todo_place(todo) != "") == (side == "partner")} == OF_COMPANIES
    assert own.todo_place(Todo("unknown", "", "screening")) == ""


def test_a_place_that_a_surface_does_not_have_is_no_link(settings: Any) -> None:
    surface(settings, "partner")
    with pytest.raises(NoReverseMatch):
        reverse("dossiers")
    assert waiting.place_of(Todo("rule", "", "screening"), PLACES) == ""


# --- who holds how much, refusals


def test_who_holds_how_many_persons_is_a_bar_and_a_line(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    shown = text(desk.sit("W901", ward.at(4, 3)).open("home"))
    part = shown.split('id="holdings"')[1]
    assert "TOPPANエッジ株式会社" in part
    assert f"{ward.handover('①').persons:,}" in part
    assert '<rect width="240"' in part


def test_nothing_out_is_said_in_words(desk: Desk, ward: Demo) -> None:
    assert "1人分のデータもありません" in text(desk.sit("W001").open("home"))


def test_a_refusal_of_today_is_counted_and_gone_tomorrow(desk: Desk, ward: Demo) -> None:
    officer = desk.sit("W001", ward.at(4, 3))
    assert "今日、拒否された操作はありません" in text(officer.open("home"))
    assert officer.open("log").status_code == 403
    shown = text(officer.open("home")).split('id="refused"')[1]
    assert "アクセスログの閲覧" in shown
    assert "1件" in shown
    assert "今日、拒否された操作はありません" in text(desk.sit("W001", ward.at(4, 4)).open("home"))


# --- where to begin, and what must not be overlooked


@pytest.fixture
def fresh(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, ward: Demo) -> Desk:
    """A ward in which nothing was approved yet."""
    Run.objects.all().delete()
    Version.objects.all().delete()
    return Desk(settings, monkeypatch, Client(), ward.at(4, 2))


@pytest.mark.parametrize(
    ("key", "first"),
    [("W101", "承認を記録する"), ("W001", "付議書を作成し、付議する"), ("W901", "付議書の作成と承認の状況を見る")],
)
def test_a_ward_that_approved_nothing_is_told_what_comes_first_by_role(fresh: Desk, key: str, first: str) -> None:
    shown = text(fresh.sit(key).open("home"))
    assert first in shown
    assert "付議書が承認されると、ここに流れの図" in shown


def test_a_paper_that_was_altered_is_an_emergency_on_every_home(desk: Desk, ward: Demo) -> None:
    version = Version.objects.get()
    Version.objects.filter(pk=version.pk).update(canonical_hash="0" * 64)
    assert "改変のおそれ" in text(desk.sit("W901").open("home"))


def test_a_server_without_encryption_says_so_unless_it_is_the_demo(desk: Desk, ward: Demo, settings: Any) -> None:
    settings.INSECURE, settings.AZUKARI_DEMO = True, False
    assert "AZUKARI_INSECURE" in text(desk.sit("W001").open("home"))
    unchanged.forget()
    settings.AZUKARI_DEMO = True
    assert "AZUKARI_INSECURE" not in text(desk.sit("W001").open("home"))


# --- what it costs


@pytest.mark.parametrize("key", ["W001", "W101", "W901"])
def test_home_takes_few_queries_anew_and_hardly_any_again(desk: Desk, ward: Demo, key: str) -> None:
    until(ward, "放出")
    officer = desk.sit(key, ward.at(4, 3, 12))
    with CaptureQueriesContext(connection) as anew:
        answer = officer.open("home")
    with CaptureQueriesContext(connection) as again:
        officer.open("home")
    assert len(answer.content) < MOST_BYTES
    assert len(anew) <= MOST_QUERIES_ANEW, [query["sql"][:90] for query in anew]
    assert len(again) <= MOST_QUERIES_AGAIN, [query["sql"][:90] for query in again]


def test_one_persons_page_is_never_shown_to_another(desk: Desk, ward: Demo) -> None:
    until(ward, "対象者の判定")
    one, other = desk.sit("W001"), desk.sit("W002")
    assert "別の人が必要" in text(one.open("home"))
    assert "別の人が必要" not in text(other.open("home"))
    assert "別の人が必要" in text(one.open("home"))


# --- what is kept until somebody acts


def test_the_position_moves_with_acts_and_not_with_looks(ward: Demo) -> None:
    first = unchanged.position()
    search.look_up(text="ヤマダ", kind="residents", by=ward.who("W001"), purpose="窓口", now=ward.at(4, 2))
    assert unchanged.position() == first
    registration.add_organisation(key="new", name="新しい会社", kind="company", by=ward.who("W101"), now=ward.at(4, 2))
    moved = unchanged.position()
    assert moved[0] > first[0]
    search.look_up(text="ヤマダ", kind="residents", by=ward.who("W001"), purpose="窓口", now=ward.at(4, 2))
    assert unchanged.position() == moved


def test_another_log_is_noticed_by_the_hash_of_its_entries(ward: Demo) -> None:
    unchanged.position()
    last = Entry.objects.order_by("-seq")[0]
    unchanged._newest[0] = ((last.seq, b"another log"), (last.seq, b"another log"))
    assert unchanged.position()[1] == bytes(last.leaf_hash)


def test_the_oldest_reading_goes_when_there_are_too_many() -> None:
    for n in range(unchanged.MOST_KEPT + 1):
        unchanged.kept(n, lambda n=n: n)  # type: ignore[misc]
    assert unchanged.kept(0, lambda: "made anew") == "made anew"
    assert unchanged.kept(unchanged.MOST_KEPT, lambda: "made anew") == unchanged.MOST_KEPT


# --- lines of the tables


def test_a_step_with_several_handovers_tells_how_many_of_them_and_the_newest_ones_state(ward: Demo) -> None:
    from azukari.surfaces import papers

    dossier = papers.in_force(date(YEAR, 4, 2)).papers["screening"].dossier
    state = StepState(StepKind.OVERDUE, 40, 3, 4, 1, "AZ-1", "封済", date(YEAR, 4, 10))
    (line,) = steps.step_lines(dossier, {"①": state}, lambda number, one: ("/x/", "一覧"))
    assert line.more == "4件のうち1件・最新は「封済」"
    assert line.counts == "40人・3枚"
    assert (line.chip, line.link) == ("red", "一覧")


# --- the surfaces that have no screens yet


@pytest.mark.parametrize("name", ["resident"])
def test_an_empty_surface_shows_its_frame_to_anybody_and_nothing_of_anybody(
    db: None, client: Client, settings: Any, name: str
) -> None:
    surface(settings, name)
    answer = client.get("/")
    assert answer.status_code == 200
    assert "この入口の画面は準備中です" in text(answer)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert client.get("/handovers/").status_code == 404


def test_a_contractor_is_shown_no_ward_page(desk: Desk, ward: Demo, settings: Any) -> None:
    surface(settings, "ward")
    client = Client()
    sign_in(client, "E001")
    assert client.get("/").status_code == 302
    assert Handler.objects.get(key="E001").organisation.type == "company"
