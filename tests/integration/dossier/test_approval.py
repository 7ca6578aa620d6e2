"""From draft to in force: a second person, the hash, the day, renewals and rulings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import IntegrityError

from azukari.custody import gate
from azukari.dossier import approval, models
from azukari.dossier.approval import ApprovalRefused, NotInForce, State, file_matches, in_force, state_on
from azukari.dossier.schema import Direction, GapEntry
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted
from azukari.parties.roles import MayNotAct
from azukari.witness.models import Entry
from tests.factories import at, handler, organisation

pytestmark = pytest.mark.django_db

SOURCE = Path("src/azukari/programmes/screening/dossier.toml")
PRINTED = "work-not-handled:printing"


@pytest.fixture
def people(db):
    ward = organisation("ward", "ward", "新宿区")
    return {
        "officer": handler("W001", ward, "officer", date(2025, 1, 1)),
        "privacy": handler("W101", ward, "privacy_officer", date(2025, 1, 1)),
        "other_privacy": handler("W102", ward, "privacy_officer", date(2025, 1, 1)),
        "auditor": handler("W901", ward, "auditor", date(2025, 1, 1)),
        "ward": ward,
    }


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "dossier.toml"
    path.write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture
def approved(people, paper):
    version = approvals.draft_dossier(path=paper, by=people["officer"], now=at(3, 3))
    approvals.submit_dossier(version=version, by=people["officer"], now=at(3, 4))
    approvals.approve_dossier(version=version, in_force_from=date(2025, 4, 1), by=people["privacy"], now=at(3, 25))
    return version


def changed(paper: Path, **replacements: str) -> Path:
    text = paper.read_text(encoding="utf-8")
    for before, after in replacements.values():
        assert before in text
        text = text.replace(before, after, 1)
    paper.write_text(text, encoding="utf-8")
    return paper


def test_states_follow_from_the_days(people, paper):
    version = approvals.draft_dossier(path=paper, by=people["officer"], now=at(3, 3))
    assert state_on(version, date(2025, 3, 3)) == State.DRAFT
    approvals.submit_dossier(version=version, by=people["officer"], now=at(3, 4))
    assert state_on(version, date(2025, 3, 4)) == State.SUBMITTED
    approvals.approve_dossier(version=version, in_force_from=date(2025, 4, 1), by=people["privacy"], now=at(3, 25))
    assert state_on(version, date(2025, 3, 31)) == State.APPROVED
    assert state_on(version, date(2025, 4, 1)) == State.IN_FORCE
    approval.expire(version=version, last_day=date(2025, 9, 30))
    assert state_on(version, date(2025, 9, 30)) == State.IN_FORCE
    assert state_on(version, date(2025, 10, 1)) == State.EXPIRED


def test_nothing_is_in_force_before_the_approval_and_before_its_day(people, paper, approved):
    assert in_force("screening", date(2025, 4, 1)).version == approved.version
    with pytest.raises(NotInForce, match="有効な承認済みの付議書がありません"):
        in_force("screening", date(2025, 3, 31))


def test_who_drafted_or_submitted_does_not_approve(people, paper):
    version = approvals.draft_dossier(path=paper, by=people["privacy"], now=at(3, 3))
    approvals.submit_dossier(version=version, by=people["officer"], now=at(3, 4))
    with pytest.raises(ApprovalRefused, match="別の人"):
        approvals.approve_dossier(version=version, in_force_from=date(2025, 4, 1), by=people["privacy"], now=at(3, 5))
    version.refresh_from_db()
    assert version.approved_at is None


def test_the_database_itself_refuses_an_approval_by_the_submitter(people, paper):
    version = approvals.draft_dossier(path=paper, by=people["officer"], now=at(3, 3))
    with pytest.raises(IntegrityError):
        models.Version.objects.filter(pk=version.pk).update(
            submitted_by="W101", submitted_at=at(3, 4), approved_by="W101", approved_at=at(3, 5)
        )


@pytest.mark.parametrize("who", ["officer", "auditor"])
def test_only_the_privacy_officer_records_an_approval(people, paper, who):
    version = approvals.draft_dossier(path=paper, by=people["privacy"], now=at(3, 3))
    approvals.submit_dossier(version=version, by=people["privacy"], now=at(3, 4))
    with pytest.raises(MayNotAct):
        approvals.approve_dossier(version=version, in_force_from=date(2025, 4, 1), by=people[who], now=at(3, 5))
    assert Entry.objects.filter(act="refused", purpose="dossier.approve").count() == 1


def test_what_was_not_submitted_cannot_be_approved(people, paper):
    version = approvals.draft_dossier(path=paper, by=people["officer"], now=at(3, 3))
    with pytest.raises(ApprovalRefused, match="付議されていない"):
        approvals.approve_dossier(version=version, in_force_from=date(2025, 4, 1), by=people["privacy"], now=at(3, 5))


def test_a_file_that_differs_is_not_in_force_and_says_so(approved, paper):
    assert file_matches(paper, date(2025, 4, 1))[0]
    changed(
        paper,
        laboratory=('provided = ["name", "birth_date", "sex"]', 'provided = ["name", "birth_date", "sex", "phone"]'),
    )
    matches, sentence = file_matches(paper, date(2025, 4, 1))
    assert not matches
    assert "効力がありません" in sentence
    refused = in_force("screening", date(2025, 6, 1)).decide(
        "laboratory", "phone", Direction.PROVIDED, date(2025, 6, 1)
    )
    assert not refused.allowed


def test_comments_and_layout_do_not_change_what_was_approved(approved, paper):
    paper.write_text("# a remark\n\n" + paper.read_text(encoding="utf-8"), encoding="utf-8")
    assert file_matches(paper, date(2025, 4, 1))[0]


def test_a_stored_text_altered_behind_the_back_is_not_in_force(approved):
    altered = approved.canonical.replace("laboratory", "laboratorx")
    models.Version.objects.filter(pk=approved.pk).update(canonical=altered)
    with pytest.raises(NotInForce, match="改変のおそれ"):
        in_force("screening", date(2025, 6, 1))


def test_a_submitted_version_is_never_replaced_by_another_file(approved, people, paper):
    changed(paper, section=('section = "健康づくり課"', 'section = "健康政策課"'))
    with pytest.raises(ApprovalRefused, match="版番号"):
        approvals.draft_dossier(path=paper, by=people["officer"], now=at(5, 1))


def test_a_newer_version_supersedes_the_older_on_its_day(approved, people, paper):
    changed(paper, version=(f'version = "{approved.version}"', 'version = "令和7年度-2"'))
    newer = approvals.draft_dossier(path=paper, by=people["officer"], now=at(6, 1))
    approvals.submit_dossier(version=newer, by=people["officer"], now=at(6, 2))
    approvals.approve_dossier(version=newer, in_force_from=date(2025, 7, 1), by=people["privacy"], now=at(6, 20))
    assert in_force("screening", date(2025, 6, 30)).version == approved.version
    assert in_force("screening", date(2025, 7, 1)).version == newer.version
    assert state_on(approved, date(2025, 7, 1)) == State.SUPERSEDED


def test_next_year_needs_its_recorded_renewal(approved, people):
    day = date(2026, 4, 1)
    before = in_force("screening", day).decide("laboratory", "name", Direction.PROVIDED, day)
    assert not before.allowed
    assert "更新" in before.remedy
    approvals.record_renewal(
        programme="screening", clause="re_laboratory", fiscal_year=2026, by=people["privacy"], now=at(3, 20, year=2026)
    )
    assert in_force("screening", day).decide("laboratory", "name", Direction.PROVIDED, day).allowed
    assert not in_force("screening", day).decide("hibiya", "name", Direction.PROVIDED, day).allowed


def test_an_approved_version_ends_on_a_day_that_is_not_past_and_for_a_reason(approved, people):
    by, now = people["privacy"], at(9, 1)
    with pytest.raises(NotPermitted, match="理由"):
        approvals.expire_dossier(version=approved, last_day=date(2025, 9, 30), why=" ", by=by, now=now)
    with pytest.raises(NotPermitted, match="さかのぼって"):
        approvals.expire_dossier(version=approved, last_day=date(2025, 8, 31), why="事業の終了", by=by, now=now)
    approvals.expire_dossier(version=approved, last_day=date(2025, 9, 30), why="事業の終了", by=by, now=now)
    assert in_force("screening", date(2025, 9, 30)).version == approved.version
    with pytest.raises(NotInForce):
        in_force("screening", date(2025, 10, 1))


def test_an_appointment_that_ended_is_no_longer_that_party(approved, people):
    printer = organisation("printer", name="TOPPANエッジ株式会社")
    appointment = approvals.appoint(
        programme="screening", party="toppan_edge", organisation=printer, valid_from=date(2025, 4, 1),
        by=people["privacy"], now=at(4, 1),
    )  # fmt: skip
    with pytest.raises(NotPermitted, match="開始日"):
        approvals.end_appointment(
            appointment=appointment, last_day=date(2025, 3, 31), why="契約の終了", by=people["privacy"], now=at(6, 1)
        )
    approvals.end_appointment(
        appointment=appointment, last_day=date(2025, 6, 30), why="契約の終了", by=people["privacy"], now=at(6, 1)
    )
    gate.require_party(printer, "screening", "toppan_edge", date(2025, 6, 30))
    with pytest.raises(NotPermitted):
        gate.require_party(printer, "screening", "toppan_edge", date(2025, 7, 1))


def ruled(people, **changes):
    given = {
        "programme": "screening",
        "key": "R1",
        "finding": PRINTED,
        "governs": "委託の内容②",
        "why": "印字しないと受診券が作れない",
        "grants": (GapEntry(party="toppan_edge", items=("phone",), directions=(Direction.HANDLED,)),),
        "until": date(2025, 9, 30),
        "by": people["privacy"],
        "now": at(4, 10),
    }
    return approvals.record_ruling(**{**given, **changes})


def phone_may_be_printed(day: date) -> bool:
    return in_force("screening", day).decide("toppan_edge", "phone", Direction.HANDLED, day).allowed


def test_a_ruling_opens_its_gap_from_its_day_to_its_last(approved, people):
    assert not phone_may_be_printed(date(2025, 4, 10))
    ruled(people)
    days = [date(2025, 4, 9), date(2025, 4, 10), date(2025, 9, 30), date(2025, 10, 1)]
    assert [phone_may_be_printed(day) for day in days] == [False, True, True, False]
    still = in_force("screening", date(2025, 5, 1)).decide(
        "toppan_edge", "welfare_receipt", "handled", date(2025, 5, 1)
    )
    assert not still.allowed


def test_a_withdrawn_ruling_opens_nothing(approved, people):
    stored = ruled(people)
    approvals.withdraw_ruling(ruling=stored, by=people["other_privacy"], now=at(5, 1), why="誤記")
    assert not phone_may_be_printed(date(2025, 5, 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"finding": "no-such-finding"},
        {"why": "  "},
        {"governs": ""},
        {"grants": (GapEntry(party="laboratory", items=("address",), directions=(Direction.PROVIDED,)),)},
    ],
)
def test_a_ruling_without_finding_reason_text_or_beyond_the_gap_is_refused(approved, people, changes):
    with pytest.raises(ApprovalRefused):
        ruled(people, **changes)
    assert not models.Ruling.objects.exists()


def test_an_officer_does_not_rule(approved, people):
    with pytest.raises(MayNotAct):
        ruled(people, by=people["officer"])


def test_a_party_of_the_paper_can_only_be_the_organisation_that_it_names(approved, people):
    stranger = organisation("stranger", name="見本印刷株式会社")
    with pytest.raises(NotPermitted, match="TOPPANエッジ株式会社"):
        approvals.appoint(
            programme="screening", party="toppan_edge", organisation=stranger, valid_from=date(2025, 4, 1),
            by=people["privacy"], now=at(4, 1),
        )  # fmt: skip
    with pytest.raises(NotPermitted, match="選定の根拠"):
        approvals.appoint(
            programme="screening", party="laboratory", organisation=stranger, valid_from=date(2025, 4, 1),
            by=people["privacy"], now=at(4, 1),
        )  # fmt: skip
    with pytest.raises(NotPermitted, match="という相手はありません"):
        approvals.appoint(
            programme="screening", party="somebody", organisation=stranger, valid_from=date(2025, 4, 1),
            by=people["privacy"], now=at(4, 1), grounds="紹介",
        )  # fmt: skip


class TestCommand:
    @pytest.fixture
    def azukari(self):
        from azukari.cli.dossier import dossier

        return lambda *arguments: CliRunner().invoke(dossier, list(arguments))

    def test_permit_prints_the_clause_and_exits_0_or_the_refusal_and_3(self, approved, azukari):
        granted = azukari("permit", "screening", "検査機関", "氏名", "提供", "--on", "2025-06-01")
        assert granted.exit_code == 0
        assert "re_laboratory" in granted.output
        refused = azukari("permit", "screening", "laboratory", "住所", "provided", "--on", "2025-06-01")
        assert refused.exit_code == 3
        assert "住所" in refused.output
        assert "次にすること" in refused.output

    def test_permit_says_that_a_changed_file_is_not_in_force(self, approved, azukari, settings, tmp_path):
        folder = tmp_path / "programmes" / "screening"
        folder.mkdir(parents=True)
        text = SOURCE.read_text(encoding="utf-8").replace(
            'provided = ["name", "birth_date", "sex"]', 'provided = ["name", "birth_date", "sex", "phone"]'
        )
        (folder / "dossier.toml").write_text(text, encoding="utf-8")
        settings.AZUKARI_PROGRAMMES = tmp_path / "programmes"
        refused = azukari("permit", "screening", "laboratory", "phone", "provided", "--on", "2025-06-01")
        assert refused.exit_code == 3
        assert "効力がありません" in refused.output

    @pytest.mark.parametrize(
        "programme", ["screening", "stress_check", "maternity_benefit", "checkup", "health_points"]
    )
    def test_every_dossier_is_checked_shown_and_drawn(self, azukari, programme, tmp_path):
        assert azukari("check", programme).exit_code == 0
        assert "個人" in azukari("show", programme, "--on", "2025-06-01").output
        picture = tmp_path / "flow.svg"
        assert azukari("flow", programme, "--out", str(picture), "--on", "2025-06-01").exit_code == 0
        assert picture.read_text(encoding="utf-8").startswith("<svg")

    def test_a_broken_dossier_names_file_line_field_and_remedy(self, azukari, tmp_path):
        broken = tmp_path / "dossier.toml"
        broken.write_text(SOURCE.read_text(encoding="utf-8").replace('kind = "re_entrustment"', 'kind = "resale"', 1))
        told = azukari("check", str(broken))
        assert told.exit_code == 1
        line = next(n for n, text in enumerate(broken.read_text().split("\n"), 1) if '"resale"' in text)
        assert f"{line}" in told.output
        assert "kind" in told.output

    def test_an_unknown_programme_lists_the_known_ones(self, azukari):
        told = azukari("permit", "screning", "laboratory", "name", "provided")
        assert told.exit_code == 2
        assert "screening" in told.output

    def test_diff_tells_what_changed(self, azukari, paper):
        changed(paper, party=('name = "検査機関"', 'name = "検査センター"'))
        told = azukari("diff", "screening", str(paper))
        assert told.exit_code == 0
        assert "検査センター" in told.output


class TestStart:
    """Law 2: the program does not start with a field that no approved paper covers."""

    @pytest.fixture
    def without_phone(self, settings, tmp_path):
        """A screening paper that lists no 自己負担金額, while the programme records it."""
        folder = tmp_path / "programmes" / "screening"
        folder.mkdir(parents=True)
        text = SOURCE.read_text(encoding="utf-8").replace('"copayment",', "").replace(', "copayment"', "")
        (folder / "dossier.toml").write_text(text, encoding="utf-8")
        settings.AZUKARI_PROGRAMMES = tmp_path / "programmes"

    def test_no_command_runs(self, without_phone):
        from azukari.cli.party import party

        told = CliRunner().invoke(party, ["organisations"])
        assert told.exit_code == 1
        assert "起動できません" in told.output
        assert "自己負担金額" in told.output

    def test_the_paper_can_still_be_checked(self, without_phone):
        from azukari.cli.dossier import dossier

        assert CliRunner().invoke(dossier, ["check", "screening"]).exit_code == 0
