"""The demo's stress check up to the answers: paper, staff list, site, invitations, web and paper.

The acts are the functions that screens and commands call; only the people, their answers and the days are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.utils.timezone import get_default_timezone

from azukari.custody.models import Handover
from azukari.dossier import models as dossier_models
from azukari.dossier.findings import find
from azukari.dossier.reader import read_dossier
from azukari.dossier.schema import GapEntry
from azukari.parties import approvals
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.people import acts
from azukari.people.guard import DeliveryNote
from azukari.people.models import Changeset, ChangesetState
from azukari.programmes.demo_stage import Paper, Tell, pass_on, write_whole
from azukari.vocabulary.fiscal import fiscal_year_end

from . import demo
from .instrument import instrument
from .letters.paper_form import PaperForm as PaperFormPage
from .letters.paper_form import forms_pdf
from .letters.slip import Slip, slips_pdf
from .models import (
    AnswerSheet,
    Duty,
    Invitation,
    PaperForm,
    Respondent,
    Round,
)
from .steps import (
    answering,
    invitations,
    paper,
    rounds,
    staff,
)
from .steps.state import PAPER, PROCESSOR, PROGRAMME, STAFF

COMPANY = "kokoro-plaza"
ORGANISATIONS = (("ward", "新宿区", "ward"), (COMPANY, "医療法人社団 架空こころのプラザ", "company"))
HANDLERS = (
    ("W001", "区職員 甲野", "ward", "officer"),
    ("W002", "区職員 乙川", "ward", "officer"),
    ("W101", "情報保護担当 丙山", "ward", "privacy_officer"),
    ("K001", "実施事務従事者 栗田", COMPANY, "handler"),
    ("K002", "実施事務従事者 桑野", COMPANY, "handler"),
    ("K003", "実施事務従事者 椎名", COMPANY, "handler"),
    ("K101", "実施代表者 医師 楠", COMPANY, "handler"),
    ("K102", "共同実施者 保健師 桂", COMPANY, "handler"),
    ("K103", "面接指導医 樫村", COMPANY, "handler"),
    ("K901", "取扱責任者 柊", COMPANY, "responsible"),
)
DUTIES = (
    ("K101", "representative", "doctor"),
    ("K102", "implementer", "public_health_nurse"),
    ("K001", "clerk", "none"),
    ("K002", "clerk", "none"),
    ("K003", "clerk", "none"),
    ("K103", "interviewer", "doctor"),
)
RULED = (
    ("answers_not_listed", "流れの図（委託先が回答を受け取り、分析と報告書に使う）による。",
     "回答を受け取らなければストレス診断結果は出ない。列記の書き漏れと認められる。"),
    ("site_login", "専用サイトの設定という手順に、ログインに要る項目が含まれる。",
     "本人だけが開ける入口がなければ、ウェブの回答も結果の通知もできない。"),
    ("individual_results_to_ward", "本人の同意がある者の結果に限り区へ渡す。",
     "労働安全衛生法第66条の10第2項。同意は結果の通知の後に本人ごとに取る。"),
    ("consent_not_listed", "委託先が専用サイトで同意の有無を集め、区に渡す。",
     "同意の記録がなければ、だれの結果を渡してよいか分からない。"),
    ("interview_not_listed", "申出は専用サイトで受け、区に伝える。医師の意見と措置は区が記録する。",
     "労働安全衛生法第66条の10第3項から第6項まで。"),
)  # fmt: skip
CONTACT = "こころの相談窓口 03-0000-0001（平日9時～17時）"
OFFICE = "総務部 人材育成等担当課"
SITE = "https://check.example.jp"
THE_WHOLE_WAY = 20
"""So many come in by their code and choose a passphrase; the others' answers are saved and sent as theirs are."""
PASSPHRASE = "demo-azukari-2026"  # noqa: S105 - one that everybody may know
PAPER_REASON = "職場に業務用の端末がない"
S = Round.State


@dataclass
class Begun:
    """The first half of a check of ``count`` staff: the paper, the staff list, the site, the answers."""

    count: int
    year: int
    seed: int
    folder: Path

    # --- people and days

    def at(self, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
        year = self.year if month >= 4 else self.year + 1
        return datetime(year, month, day, hour, minute, tzinfo=get_default_timezone())

    def before(self, month: int, day: int) -> datetime:
        return datetime(self.year, month, day, 10, tzinfo=get_default_timezone())

    def who(self, key: str) -> Handler:
        return Handler.objects.select_related("organisation").get(key=key)

    @property
    def company(self) -> Organisation:
        return Organisation.objects.get(key=COMPANY)

    @property
    def round(self) -> Round:
        return Round.objects.select_related("staff").get(fiscal_year=self.year)

    @property
    def begun(self) -> Round | None:
        return Round.objects.filter(fiscal_year=self.year).first()

    def past(self, state: S) -> bool:
        order = list(S)
        return self.begun is not None and order.index(S(self.round.state)) >= order.index(state)

    # --- the paper

    def register(self, tell: Tell) -> None:
        for key, name, kind in ORGANISATIONS:
            Organisation.objects.get_or_create(key=key, defaults={"name": name, "type": kind})
        for key, name, organisation, role in HANDLERS:
            Handler.objects.get_or_create(
                key=key,
                defaults={
                    "name": name,
                    "organisation": Organisation.objects.get(key=organisation),
                    "role": role,
                    "reported_on": date(self.year, 3, 1),
                },
            )

    @cached_property
    def dossier(self) -> Paper:
        return Paper(PROGRAMME, self.year, date(self.year, 5, 1), self.before, self.who)

    @property
    def ruled(self) -> bool:
        there = dossier_models.Ruling.objects.filter(programme=PROGRAMME).count()
        return there >= len(RULED) and Appointment.objects.filter(programme=PROGRAMME).exists()

    def rule(self, tell: Tell) -> None:
        known = set(dossier_models.Ruling.objects.filter(programme=PROGRAMME).values_list("finding", flat=True))
        for n, (finding, governs, why) in enumerate(RULED, 1):
            if finding not in known:
                approvals.record_ruling(
                    programme=PROGRAMME, key=f"S{self.year}-{n:02d}", finding=finding, governs=governs, why=why,
                    grants=gap_of(finding), until=fiscal_year_end(self.year), by=self.who("W101"), now=self.at(5, 1, 9),
                )  # fmt: skip
        if not Appointment.objects.filter(programme=PROGRAMME).exists():
            approvals.appoint(
                programme=PROGRAMME, party=PROCESSOR, organisation=self.company, valid_from=date(self.year, 5, 1),
                grounds="令和7年度 職員ストレスチェック業務委託契約（デモ、競争入札）", by=self.who("W101"),
                now=self.at(5, 1, 10),
            )  # fmt: skip

    # --- ① ② ③

    @property
    def committed(self) -> Changeset | None:
        return Changeset.objects.filter(kind="employees", state=ChangesetState.COMMITTED).first()

    def import_roster(self, tell: Tell) -> None:
        made = demo.make_staff(self.count, self.year, self.seed)
        path = self.folder / "input" / "staff.csv"
        write_whole(path, made.roster)
        now = self.at(5, 7, 9)
        staged = Changeset.objects.filter(kind="employees", sha256=made.sha256).exclude(state="discarded").first()
        if staged is None:
            staged = acts.read_roster(
                path=path, kind="employees", stated_on=date(self.year, 5, 1),
                delivery_note=DeliveryNote(rows=made.rows, sha256=made.sha256), by=self.who("W001"), now=now,
                progress=tell,
            )  # fmt: skip
        if staged.state == ChangesetState.READ:
            acts.review_roster(changeset=staged, by=self.who("W001"), now=now)
        acts.commit_roster(changeset=staged, by=self.who("W002"), now=now, progress=tell)

    def handed(self, step: str) -> Handover | None:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.year, step=step)
        standing = found.exclude(state__in=["withdrawn", "prepared", "sealed", "released"])
        return standing.select_related("sender", "receiver").first()

    def _under_way(self, step: str) -> Handover | None:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.year, step=step)
        return found.exclude(state="withdrawn").select_related("sender", "receiver").first()

    def hand_over(self, tell: Tell) -> None:
        handover = self._under_way(STAFF) or staff.hand_over(
            processor=self.company, by=self.who("W001"), now=self.at(5, 8)
        )
        pass_on(handover, sealer=self.who("W001"), releaser=self.who("W002"), taker=self.who("K001"), on=self.at(5, 8))

    @property
    def set_up(self) -> bool:
        return self.begun is not None and Duty.objects.filter(round=self.round).count() >= len(DUTIES)

    def prepare(self, tell: Tell) -> None:
        handover = self.handed(STAFF)
        assert handover is not None  # noqa: S101 - the stage before
        if self.begun is None:
            rounds.prepare_round(
                staff=handover, opens_on=date(self.year, 6, 2), closes_on=date(self.year, 6, 30), contact=CONTACT,
                by=self.who("K001"), now=self.at(5, 12),
            )  # fmt: skip
        for key, kind, qualification in DUTIES:
            if not Duty.objects.filter(round=self.round, handler__key=key).exists():
                rounds.appoint(
                    round_=self.round, handler=self.who(key), kind=Duty.Kind(kind),
                    qualification=Duty.Qualification(qualification), no_personnel_authority=True, by=self.who("K901"),
                    now=self.at(5, 12, 11),
                )  # fmt: skip

    def take_in(self, tell: Tell) -> None:
        staff.take_into_site(round_=self.round, by=self.who("K001"), now=self.at(5, 13))

    # --- invitations and answers

    def choose_paper(self, tell: Tell) -> None:
        """One in twenty, of those who have no screen at work."""
        people = Respondent.objects.filter(round=self.round).order_by("employee_number")
        without = [one for one in people if demo.without_terminal(one.section)] or list(people)
        paper.ask_on_paper(
            round_=self.round, respondents=without[: max(self.count // 20, 1)], reason=PAPER_REASON,
            by=self.who("K001"), now=self.at(5, 14),
        )  # fmt: skip

    @property
    def slips(self) -> Path:
        return self.folder / "stress-check" / "slips.pdf"

    def invite(self, tell: Tell) -> None:
        """Codes for everybody on the web. Of the first few the slips are typeset, and some of these come in by them."""
        people = Respondent.objects.filter(round=self.round, by_paper=False)
        asked = list(people.order_by("section", "employee_number").select_related("round", "login"))
        issued = invitations.issue(
            round_=self.round, respondents=asked, kind=Invitation.Kind.SLIP, by=self.who("K001"), now=self.at(5, 15)
        )
        if self.round.state == S.PREPARING:
            rounds.open_round(round_=self.round, by=self.who("K101"), now=self.at(6, 2, 9))
        self._come_in(issued[:THE_WHOLE_WAY])
        slips = [
            Slip(one.respondent.name, one.respondent.employee_number, one.respondent.section, one.code, SITE)
            for one in issued[: 4 * THE_WHOLE_WAY]
        ]
        content = slips_pdf(
            slips, fiscal_year=self.year, opens_on=self.round.opens_on, closes_on=self.round.closes_on,
            contact=CONTACT, sender=self.company.name,
        )  # fmt: skip
        write_whole(self.slips, content)

    def _come_in(self, issued: list[invitations.Issued]) -> None:
        for one in issued:
            birth = one.respondent.birth_date
            if birth is not None and not hasattr(one.respondent, "login"):
                invitations.enter(code=one.code, birth=birth, passphrase=PASSPHRASE, now=self.at(6, 3, 9))

    @property
    def forms(self) -> Path:
        return self.folder / "stress-check" / "forms.pdf"

    def hand_out_forms(self, tell: Tell) -> None:
        if not PaperForm.objects.filter(round=self.round).exists():
            paper.issue_forms(round_=self.round, by=self.who("K001"), now=self.at(6, 2, 10))
        given = PaperForm.objects.filter(round=self.round).select_related("respondent").order_by("number")
        pages = [
            PaperFormPage(f.number, f.respondent.name, f.respondent.section, f.respondent.employee_number)
            for f in given[:THE_WHOLE_WAY]
        ]
        content = forms_pdf(
            pages, instrument=instrument(self.round.instrument), fiscal_year=self.year,
            return_by=date(self.year, 6, 20), contact=CONTACT, sender=self.company.name,
        )  # fmt: skip
        write_whole(self.forms, content)

    def to_answer(self) -> list[Respondent]:
        """Nine in ten of those who answer on the web, who have not yet."""
        people = Respondent.objects.filter(round__fiscal_year=self.year, by_paper=False, answered_at=None)
        found = people.select_related("round").order_by("employee_number")
        return [one for one in found if int(one.employee_number) % 10]

    def answer(self, tell: Tell) -> None:
        waiting = self.to_answer()
        form = instrument(self.round.instrument)
        for n, person in enumerate(waiting):
            now = self.at(6, 3 + n % 25, 9 + n % 8, n % 60)
            kept, revision = answering.draft_of(person)
            if not kept:
                answers = demo.answers_of(person.employee_number, form)
                revision = answering.save(person=person, answers=answers, revision=revision, now=now)
            answering.send(person=person, revision=revision, now=now)
            if n % 100 == 0:
                tell(n, len(waiting))

    @property
    def keyed(self) -> bool:
        return AnswerSheet.objects.filter(way=AnswerSheet.Way.PAPER).exists()

    def key(self, tell: Tell) -> None:
        """All but one form come back; two people key them, and a third looks where they differ."""
        round_ = self.round
        batch = self._under_way(PAPER)
        if batch is None:
            numbers = list(PaperForm.objects.filter(round=round_, voided_at=None).values_list("number", flat=True))
            batch = paper.take_in_forms(
                round_=round_, numbers=sorted(numbers)[: max(len(numbers) - 1, 1)], by=self.who("K001"),
                now=self.at(6, 24),
            )  # fmt: skip
        form = instrument(round_.instrument)
        held = PaperForm.objects.filter(batch=batch).select_related("respondent").order_by("number")
        cells: dict[str, dict[str, str]] = {}
        for n, one in enumerate(held):
            given = demo.answers_of(one.respondent.employee_number, form, blank=n == 0)
            cells[one.number] = {key: str(answer) for key, answer in given.items()}
        slip = dict(cells)
        last = max(cells)
        slip[last] = {**cells[last], "q1": str(5 - int(cells[last]["q1"]))}
        if batch.paper_sheets.filter(state="waiting").exists():
            paper.key_forms(round_=round_, batch=batch, cells=cells, by=self.who("K001"), now=self.at(6, 25))
        if batch.paper_sheets.filter(state="once").exists():
            paper.key_forms(round_=round_, batch=batch, cells=slip, by=self.who("K002"), now=self.at(6, 25, 13))
        for sheet in batch.paper_sheets.filter(state="differs"):
            paper.key_form(
                round_=round_, sheet=sheet, cells=cells[sheet.number], by=self.who("K003"), now=self.at(6, 26)
            )
        paper.settle_batch(round_=round_, batch=batch, by=self.who("K001"), now=self.at(6, 26, 11))


def gap_of(finding: str) -> tuple[GapEntry, ...]:
    """Everything that a finding of the paper holds back."""
    paper_ = read_dossier(Path(settings.AZUKARI_PROGRAMMES) / PROGRAMME / "dossier.toml")
    return next(found.gap for found in find(paper_) if found.key == finding)
