"""What the stress check adds to the live picture and to the lists of what waits: one year, played once and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from azukari import programmes
from azukari.dossier.reader import read_dossier
from azukari.keying.models import PaperSheet
from azukari.oversight.todo import Todo
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Employee
from azukari.programmes.stress_check import demo_begun, live, places
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Interview, PaperForm, PersonnelAuthority, Result
from azukari.programmes.stress_check.steps import analysis, delivery, paper, results, rounds
from tests.fixtures.web import surface
from tests.integration.web.stress_stage import SEED, STAFF, YEAR

OF_WARD = ("W001", "W002", "W101", "W901")
ALL = (*OF_WARD, "K001", "K002", "K101", "K102", "K103", "K901", "X001")
MOST_OF_WARD, MOST_OF_CONTRACTOR, MOST_OF_STEPS, MOST_OF_PLACES = 3, 11, 2, 1


def queries(make: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        make()
    return len(seen)


@dataclass
class Look:
    """What everybody is told at one moment, how the steps stand, and what it cost."""

    todos: dict[str, list[Todo]]
    states: dict[str, str]
    of_company: dict[str, str]
    of_stranger: dict[str, str]
    step_places: dict[str, str]
    queries: dict[str, int]

    def kinds(self, key: str, *, able: bool | None = None) -> list[str]:
        return sorted(todo.kind for todo in self.todos[key] if able is None or todo.able is able)

    def one(self, key: str, kind: str) -> Todo:
        (found,) = (todo for todo in self.todos[key] if todo.kind == kind)
        return found


@dataclass
class Story:
    """The year, look by look. ``days``: days that came out of the play."""

    check: StressCheck
    looks: dict[str, Look] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    steps: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Look:
        return self.looks[name]

    def look(self, name: str, on: date) -> None:
        people = {key: self.check.who(key) for key in ALL if Handler.objects.filter(key=key).exists()}
        company, stranger = (people[key].organisation if key in people else None for key in ("K001", "X001"))
        cost = {key: queries(lambda who=who: live.todos(who, on)) for key, who in people.items()}  # type: ignore[misc]
        cost["steps"] = queries(lambda: live.step_states(YEAR, on))
        cost["places"] = queries(lambda: live.step_places(YEAR))
        self.looks[name] = Look(
            {key: live.todos(who, on) for key, who in people.items()}, _states(on), _states(on, company),
            _states(on, stranger), live.step_places(YEAR), cost,
        )  # fmt: skip


def _states(on: date, organisation: Organisation | None = None) -> dict[str, str]:
    return {number: one.kind.value for number, one in live.step_states(YEAR, on, organisation).items()}


@contextmanager
def _supposing() -> Iterator[None]:
    """What is done inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("year")
    kept = {"AZUKARI_KEYS": folder / "keys", "AZUKARI_OUTBOX": folder / "outbox"}
    urls = "azukari.surfaces.ward.urls"
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        for module, name in ((demo_begun, "slips_pdf"), (demo_begun, "forms_pdf"), (delivery, "group_pdf")):
            patch.setattr(module, name, lambda *_a, **_k: b"%PDF-1.7")
        patch.setattr(demo_begun, "THE_WHOLE_WAY", 1)
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own: durable transactions inside are let through
        with override_settings(**kept, AZUKARI_VAULT=str(folder / "keys" / "vault"), ROOT_URLCONF=urls), around:
            told = Story(StressCheck(STAFF, YEAR, SEED, folder))
            for stage in told.check.stages():
                stage.do(lambda done, total: None)
                if stage.name in MOMENTS:
                    MOMENTS[stage.name](told)
                if stage.name == "専用サイトの終了":
                    break
            yield told
            transaction.set_rollback(True)


# --- the moments at which is looked


def _registered(story: Story) -> None:
    others = Organisation.objects.create(key="other", name="別の会社", type="company")
    ward = story.check.who("W001").organisation
    for key, organisation, role in (("X001", others, "handler"), ("W901", ward, "auditor")):
        Handler.objects.create(
            key=key, name="別の 人", organisation=organisation, role=role, reported_on=date(YEAR, 3, 1)
        )


def _handed(story: Story) -> None:
    check = story.check
    story.look("handed", date(YEAR, 5, 12))
    staff = check.handed("②")
    assert staff is not None
    with _supposing():
        rounds.prepare_round(
            staff=staff, opens_on=date(YEAR, 6, 2), closes_on=date(YEAR, 6, 30), contact="窓口",
            by=check.who("K001"), now=check.at(5, 12),
        )  # fmt: skip
        story.look("set up, nobody appointed", date(YEAR, 5, 12))


def _taken_in(story: Story) -> None:
    story.look("taken in", date(YEAR, 6, 2))
    story.look("late to open", date(YEAR, 6, 3))


def _open(story: Story) -> None:
    for name, day in (("before", date(YEAR, 6, 29)), ("on", date(YEAR, 6, 30)), ("after", date(YEAR, 7, 1))):
        story.look(f"{name} the last day", day)
    dossier = read_dossier(Path(live.__file__).with_name("dossier.toml"))
    story.steps = programmes.step_states({"stress_check": dossier}, YEAR, date(YEAR, 6, 10))["stress_check"]


def _answered(story: Story) -> None:
    check = story.check
    with _supposing():
        numbers = list(PaperForm.objects.values_list("number", flat=True))
        paper.take_in_forms(round_=check.round, numbers=numbers, by=check.who("K001"), now=check.at(6, 24))
        story.look("forms came in", date(YEAR, 6, 24))
        PaperSheet.objects.update(state=PaperSheet.State.KEYED)
        story.look("forms are keyed", date(YEAR, 6, 24))


def _keyed(story: Story) -> None:
    with _supposing():
        rounds.close_round(round_=story.check.round, by=story.check.who("K101"), now=story.check.at(6, 30, 18))
        story.look("closed", date(YEAR, 7, 1))


def _decided(story: Story) -> None:
    check = story.check
    story.look("decided", date(YEAR, 7, 7))
    with _supposing():
        waiting = Result.objects.filter(respondent__by_paper=True, notified_at=None).select_related("respondent__round")
        made = results.prepare_letters(results=list(waiting), by=check.who("K001"), now=check.at(7, 7))
        story.look("letters made", date(YEAR, 7, 8))
        for letter in made:
            results.check_letter(letter=letter, by=check.who("K002"), now=check.at(7, 8))
        story.look("letters checked", date(YEAR, 7, 8))


def _another_applied(story: Story, **how_far: Any) -> Interview:
    """Somebody who was told and has not applied, does; what the play's own people do depends on their keys."""
    told = Result.objects.filter(notified_at__isnull=False, interview=None).order_by("pk")[0]
    applied = {"applied_at": story.check.at(7, 12), "hold_by": date(YEAR, 8, 11)}
    return Interview.objects.create(result=told, **{**applied, **how_far})


def _applied(story: Story) -> None:
    with _supposing():
        Interview.objects.all().delete()
        story.days["hold"] = _another_applied(story).hold_by
        story.look("applied, on the day", story.days["hold"])
        story.look("applied, the day after", story.days["hold"] + timedelta(days=1))


def _interviewed(story: Story) -> None:
    check = story.check
    held = {"held_on": date(YEAR, 7, 28), "opinion_by": date(YEAR, 8, 27)}
    with _supposing():
        _another_applied(story)
        _another_applied(story, **held)
        story.look("interviewed", date(YEAR, 12, 1))
    story.names = [words for one in Employee.objects.all() for words in (one.name, one.number)]
    with _supposing():
        analysis.prepare_release(round_=check.round, by=check.who("K102"), now=check.at(8, 20))
        story.look("figures wait", date(YEAR, 8, 21))
    with _supposing():
        story.days["decide"] = due = date(YEAR, 9, 3)
        _another_applied(story, **held, opinion="通常勤務", opinion_at=check.at(8, 4), decide_by=due)
        story.look("measures due", due)
        PersonnelAuthority.objects.create(
            handler=check.who("W001"), since=date(YEAR, 4, 1), recorded_by=check.who("W101"), recorded_at=check.at(4, 1)
        )
        story.look("measures late, with authority", due + timedelta(days=1))


def _finished(story: Story) -> None:
    kept = Result.objects.order_by("keep_until").values_list("keep_until", flat=True)
    story.look("finished", date(YEAR + 1, 3, 10))
    story.look("on the last day of keeping", kept[0])
    story.look("kept long enough", max(kept) + timedelta(days=1))


def _simply(name: str, month: int, day: int) -> Callable[[Story], None]:
    return lambda story: story.look(name, date(YEAR, month, day))


MOMENTS: dict[str, Callable[[Story], None]] = {
    "職員: 委託先と取扱者の登録": _registered,
    "職員: 疑義の裁定と選定": _simply("nothing begun", 5, 6),
    "職員名簿の取込み": _simply("roster", 5, 8),
    "① ② 対象者情報の受渡し": _handed,
    "③ 専用サイトの設定と指名": _simply("appointed", 5, 12),
    "③ 対象者データの取込み": _taken_in,
    "回答の案内と紙の調査票": _open,
    "④' ウェブの回答": _answered,
    "④ 調査票の受領と二重入力": _keyed,
    "締切と採点": _simply("scored", 7, 2),
    "実施者の判断": _decided,
    "⑤ ⑤' 結果の通知": _simply("told", 7, 8),
    "結果の閲覧・同意・申出": _applied,
    "面接指導・意見・措置": _interviewed,
    "⑥ 集団分析": _simply("figures out", 8, 21),
    "⑦ 報告書と結果の納品": _simply("delivered", 9, 3),
    "⑧ 報告書等の確認": _simply("confirmed", 9, 3),
    "専用サイトの終了": _finished,
}


def test_where_nothing_was_begun_nothing_waits_and_one_query_is_asked(story: Story) -> None:
    look = story["nothing begun"]
    assert not any(look.todos.values())
    assert look.states == {}
    assert {look.queries[key] for key in ("W001", "K001", "K901", "steps")} == {1}
    assert {look.queries[key] for key in ("W101", "W901")} == {0}


def test_a_committed_staff_roster_asks_the_officers_alone_to_hand_it_over(story: Story) -> None:
    assert story["roster"].kinds("W001") == ["hand_staff_over"]
    assert story["roster"].kinds("W101") == []
    assert story["handed"].kinds("W001") == []
    assert story["handed"].states == {"①": "closed", "③": "prepared"}


# --- the contractor's way through a year


def test_the_responsible_appoints_the_clerk_takes_in_and_another_opens(story: Story) -> None:
    assert story["handed"].kinds("K001") == ["prepare_round"]
    assert story["set up, nobody appointed"].kinds("K901") == ["appoint_duties"]
    assert story["set up, nobody appointed"].kinds("K001") == []
    assert story["appointed"].kinds("K901") == []
    assert story["appointed"].kinds("K001") == story["appointed"].kinds("K101") == ["take_staff_in"]
    assert story["appointed"].kinds("K103") == []
    assert story["taken in"].kinds("K101", able=True) == ["open_round"]
    assert story["taken in"].kinds("K001", able=False) == ["open_round"]
    assert not story["taken in"].one("K101", "open_round").overdue
    assert story["late to open"].one("K101", "open_round").overdue


@pytest.mark.parametrize(
    ("moment", "asked", "late", "state"),
    [("before", False, False, "prepared"), ("on", True, False, "prepared"), ("after", True, True, "overdue")],
)
def test_a_round_is_to_be_closed_on_its_last_day_and_overdue_after(
    story: Story, moment: str, asked: bool, late: bool, state: str
) -> None:
    look = story[f"{moment} the last day"]
    assert look.kinds("K101") == look.kinds("K102") == (["close_round"] if asked else [])
    assert [todo.overdue for todo in look.todos["K101"]] == ([late] if asked else [])
    assert look.kinds("K001") == []
    assert (look.states["④"], look.states["④'"]) == ("prepared", state)


def test_forms_are_keyed_and_then_taken_in_as_answers(story: Story) -> None:
    assert story["forms came in"].kinds("K001") == ["key_forms"]
    assert "④" not in story["forms came in"].states  # from here on the core reads the batch
    assert story["forms are keyed"].kinds("K002") == ["settle_forms"]
    assert story["forms are keyed"].kinds("K103") == []


def test_after_closing_the_queue_follows_the_duties(story: Story) -> None:
    assert story["closed"].kinds("K001") == ["score_answers"]
    assert "decide_results" in story["scored"].kinds("K101")
    assert "decide_results" not in story["scored"].kinds("K001")
    assert {"notify_on_site", "prepare_letters", "prepare_groups"} == set(story["decided"].kinds("K001"))
    assert (story["decided"].states["⑤"], story["decided"].states["⑤'"]) == ("prepared", "prepared")
    told = story["told"]
    assert (told.states["⑤"], told.states["⑤'"], told.states["⑥"]) == ("closed", "closed", "prepared")
    assert told.kinds("K001") == ["prepare_groups"]


def test_a_letter_is_checked_by_another_than_who_made_it_and_then_sent(story: Story) -> None:
    assert story["letters made"].kinds("K001", able=False) == ["check_letters"]
    assert "check_letters" in story["letters made"].kinds("K002", able=True)
    assert "send_letters" in story["letters checked"].kinds("K001")
    assert "prepare_letters" not in story["letters checked"].kinds("K001")


def test_interviews_wait_for_the_doctor_alone_and_are_overdue_after_their_day(story: Story) -> None:
    todo = story["applied, on the day"].one("K103", "hold_interviews")
    assert (todo.due_on, todo.overdue) == (story.days["hold"], False)
    assert story["applied, the day after"].one("K103", "hold_interviews").overdue
    assert "hold_interviews" not in story["applied, the day after"].kinds("K101")
    assert story["interviewed"].kinds("K103") == ["give_opinions", "hold_interviews"]


def test_the_figures_wait_for_another_implementer_then_for_the_delivery(story: Story) -> None:
    assert "release_groups" in story["figures wait"].kinds("K101", able=True)
    assert "release_groups" in story["figures wait"].kinds("K102", able=False)
    assert "release_groups" not in story["figures wait"].kinds("K001")
    assert story["figures out"].kinds("K001") == ["deliver_report"]
    assert story["figures out"].states["⑥"] == "closed"


def test_the_ward_confirms_and_then_the_implementer_finishes(story: Story) -> None:
    assert story["delivered"].kinds("W001") == ["confirm_report"]
    assert story["delivered"].states["⑧"] == "prepared"
    assert "finish_round" not in story["delivered"].kinds("K101")
    assert story["confirmed"].kinds("W001") == []
    assert story["confirmed"].states["⑧"] == "closed"
    assert story["confirmed"].kinds("K101") == ["finish_round"]
    assert "finish_round" not in story["confirmed"].kinds("K001")
    assert story["finished"].kinds("K101") == []


def test_measures_wait_for_an_officer_without_authority_over_personnel(story: Story) -> None:
    todo = story["measures due"].one("W001", "decide_measures")
    assert (todo.due_on, todo.overdue, todo.able) == (story.days["decide"], False, True)
    late = story["measures late, with authority"]
    assert (late.one("W001", "decide_measures").overdue, late.one("W001", "decide_measures").able) == (True, False)
    assert late.one("W002", "decide_measures").able


def test_records_past_their_five_years_wait_for_erasure_by_who_worked_on_them(story: Story) -> None:
    assert "erase_records" not in story["on the last day of keeping"].kinds("K001")
    assert "erase_records" in story["kept long enough"].kinds("K001")
    assert "erase_records" not in story["kept long enough"].kinds("K103")


def test_an_auditor_and_another_company_have_nothing_and_see_no_step_of_it(story: Story) -> None:
    for name, look in story.looks.items():
        assert look.todos["W901"] == look.todos["X001"] == [], name
        assert look.of_stranger == {}, name
        assert set(look.of_company) <= {"③", "④", "④'", "⑤", "⑤'", "⑥"}, name


def test_nothing_that_waits_names_anybody_of_the_staff(story: Story) -> None:
    words = " ".join(todo.what for look in story.looks.values() for of in look.todos.values() for todo in of)
    assert words
    assert story.names
    assert not [name for name in story.names if name in words]


def test_every_kind_is_seen_in_the_year_and_has_words(story: Story) -> None:
    seen = {todo.kind for look in story.looks.values() for of in look.todos.values() for todo in of}
    assert seen == set(places.PLACES)


def test_the_queries_are_bounded_at_every_moment_of_the_year(story: Story) -> None:
    for name, look in story.looks.items():
        for key in ALL:
            most = MOST_OF_WARD if key in OF_WARD else MOST_OF_CONTRACTOR
            assert look.queries[key] <= most, (name, key)
        assert look.queries["steps"] <= MOST_OF_STEPS, name
        assert look.queries["places"] <= MOST_OF_PLACES, name


# --- places


@pytest.mark.parametrize(("side", "there"), [("ward", places.OF_WARD), ("partner", places.OF_PROCESSOR)])
def test_every_kind_has_a_place_on_the_surface_of_who_does_it_and_nowhere_else(
    settings: Any, side: str, there: dict[str, Any]
) -> None:
    surface(settings, side)
    todos = [Todo(kind, "", "stress_check", reference=str(YEAR)) for kind in places.PLACES]
    assert {todo.kind for todo in todos if live.todo_place(todo)} == set(there)
    assert live.todo_place(Todo("unknown", "", "stress_check")) == ""


def test_the_steps_lead_to_the_years_page_once_there_is_one(story: Story) -> None:
    assert set(story["handed"].step_places) == {"①", "②", "③"}
    assert story["appointed"].step_places["④'"] == f"/stress/{YEAR}/"
    assert story["appointed"].step_places["⑧"] == f"/stress/{YEAR}/report/"


@pytest.mark.django_db
@pytest.mark.parametrize(("side", "links"), [("ward", []), ("partner", ["/stress/"])])
def test_a_staff_list_leads_the_contractor_to_its_rounds(
    story: Story, settings: Any, side: str, links: list[str]
) -> None:
    surface(settings, side)
    handover = story.check.handed("②")
    assert handover is not None
    assert [url for _label, url in live.work_links(handover)] == links


def test_the_programmes_own_steps_stand_over_the_cores_reading(story: Story) -> None:
    said = {number: (state.kind.value, state.said) for number, state in story.steps.items()}
    assert said["②"][0] == "acknowledged"
    assert said["④'"] == ("prepared", "回答受付中")
    assert said["⑦"][0] == "planned"
