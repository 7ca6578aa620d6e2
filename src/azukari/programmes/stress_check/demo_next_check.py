"""What the demo's screens have to do in the year after: a check that is open, half answered, with some told already.

Every stage knows whether it was done, as in ``demo_run``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import get_default_timezone

from azukari.custody.models import Handover
from azukari.dossier import models as dossier_models
from azukari.parties import approvals
from azukari.parties.models import Handler
from azukari.programmes.demo_stage import Stage, Tell, pass_on
from azukari.vocabulary.fiscal import fiscal_year_end

from . import demo
from .demo_begun import CONTACT, DUTIES, PAPER_REASON, PASSPHRASE, RULED, gap_of
from .demo_run import StressCheck
from .instrument import instrument
from .models import Duty, Invitation, Respondent, Result, Round
from .steps import answering, invitations, paper, results, rounds, staff
from .steps.state import PROGRAMME, STAFF

ANSWERED, TOLD = 200, 40


@dataclass
class NextCheck:
    """The check of the fiscal year after the demo's, as far as 14 April."""

    before: StressCheck

    @property
    def year(self) -> int:
        return self.before.year + 1

    def at(self, month: int, day: int, hour: int = 10) -> datetime:
        return datetime(self.year, month, day, hour, tzinfo=get_default_timezone())

    def who(self, key: str) -> Handler:
        return self.before.who(key)

    @property
    def round(self) -> Round:
        return Round.objects.select_related("staff").get(fiscal_year=self.year)

    def stages(self) -> Iterator[Stage]:
        people = Respondent.objects.filter(round__fiscal_year=self.year)
        yield Stage("次年度の職員: 更新と裁定", lambda: not self.to_rule(), self.renew)
        yield Stage("次年度の職員: 対象者情報の受渡し", lambda: self.handed is not None, self.hand_over)
        yield Stage("次年度の職員: 専用サイトの設定", people.exists, self.prepare)
        yield Stage("次年度の職員: 案内と受付の開始", lambda: self.round.state == Round.State.OPEN, self.invite)
        yield Stage("次年度の職員: 一部の回答", lambda: self.told or not self.to_answer(), self.answer)
        yield Stage("次年度の職員: 先に回答した人への通知", lambda: self.told, self.tell_first)
        yield Stage("次年度の職員: その後の回答", lambda: not self.to_answer(), self.answer)

    # --- the paper

    def to_rule(self) -> list[str]:
        key = f"S{self.year}"
        known = dossier_models.Ruling.objects.filter(programme=PROGRAMME, key__startswith=key)
        done = set(known.values_list("finding", flat=True))
        return [finding for finding, *_ in RULED if finding not in done]

    def renew(self, tell: Tell) -> None:
        by, now = self.who("W101"), self.at(4, 1, 9)
        renewed = dossier_models.Renewal.objects.filter(programme=PROGRAMME, fiscal_year=self.year)
        if not renewed.exists():
            approvals.record_renewal(programme=PROGRAMME, clause="*", fiscal_year=self.year, by=by, now=now)
        for n, (finding, governs, why) in enumerate(RULED, 1):
            if finding in self.to_rule():
                approvals.record_ruling(
                    programme=PROGRAMME, key=f"S{self.year}-{n:02d}", finding=finding, governs=governs, why=why,
                    grants=gap_of(finding), until=fiscal_year_end(self.year), by=by, now=now,
                )  # fmt: skip

    # --- ① ② ③

    def _found(self) -> Handover | None:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.year, step=STAFF)
        return found.exclude(state="withdrawn").select_related("sender", "receiver").first()

    @property
    def handed(self) -> Handover | None:
        found = self._found()
        return found if found is not None and found.state == "acknowledged" else None

    def hand_over(self, tell: Tell) -> None:
        one = self._found() or staff.hand_over(processor=self.before.company, by=self.who("W001"), now=self.at(4, 2))
        pass_on(one, sealer=self.who("W001"), releaser=self.who("W002"), taker=self.who("K001"), on=self.at(4, 2))

    def prepare(self, tell: Tell) -> None:
        handover = self.handed
        assert handover is not None  # noqa: S101 - the stage before
        if not Round.objects.filter(fiscal_year=self.year).exists():
            rounds.prepare_round(
                staff=handover, opens_on=date(self.year, 4, 7), closes_on=date(self.year, 5, 15), contact=CONTACT,
                by=self.who("K001"), now=self.at(4, 3, 11),
            )  # fmt: skip
        for key, kind, qualification in DUTIES:
            if not Duty.objects.filter(round=self.round, handler__key=key).exists():
                rounds.appoint(
                    round_=self.round, handler=self.who(key), kind=Duty.Kind(kind),
                    qualification=Duty.Qualification(qualification), no_personnel_authority=True, by=self.who("K901"),
                    now=self.at(4, 3, 13),
                )  # fmt: skip
        staff.take_into_site(round_=self.round, by=self.who("K001"), now=self.at(4, 3, 14))

    # --- answers

    def invite(self, tell: Tell) -> None:
        round_ = self.round
        people = Respondent.objects.filter(round=round_)
        without = [one for one in people if demo.without_terminal(one.section)]
        if without and not people.filter(by_paper=True).exists():
            paper.ask_on_paper(
                round_=round_, respondents=without[: self.before.count // 20], reason=PAPER_REASON,
                by=self.who("K001"), now=self.at(4, 4),
            )  # fmt: skip
        asked = list(Respondent.objects.filter(round=round_, by_paper=False))
        invitations.issue(
            round_=round_, respondents=asked, kind=Invitation.Kind.SLIP, by=self.who("K001"), now=self.at(4, 4, 11)
        )
        rounds.open_round(round_=round_, by=self.who("K101"), now=self.at(4, 7, 9))

    @property
    def on_the_web(self) -> list[Respondent]:
        people = Respondent.objects.filter(round=self.round, by_paper=False, birth_date__isnull=False)
        return list(people.select_related("round", "login").order_by("employee_number"))

    @property
    def told(self) -> bool:
        return Result.objects.filter(respondent__round__fiscal_year=self.year, notified_at__isnull=False).exists()

    def to_answer(self) -> list[Respondent]:
        """Those of the chosen who have not answered yet. Who did so first is told while others still answer."""
        chosen = self.on_the_web[2 : ANSWERED + 2]
        first = chosen[: min(TOLD, len(chosen) // 2)]
        return [one for one in (chosen if self.told else first) if one.answered_at is None]

    def answer(self, tell: Tell) -> None:
        form, now = instrument(self.round.instrument), self.at(4, 10)
        waiting = self.to_answer()
        for n, person in enumerate(waiting):
            if n == 0 and not self.told:
                self._come_in(person, now)
            kept, revision = answering.draft_of(person)
            if not kept:
                answers = demo.answers_of(person.employee_number, form)
                revision = answering.save(person=person, answers=answers, revision=revision, now=now)
            answering.send(person=person, revision=revision, now=now)
            tell(n, len(waiting))

    def tell_first(self, tell: Tell) -> None:
        by, now = self.who("K101"), self.at(4, 11)
        mine = Result.objects.filter(respondent__round=self.round)
        if not mine.exists():
            results.score_all(round_=self.round, by=self.who("K001"), now=now)
        if not mine.filter(decided_at__isnull=False).exists():
            results.decide_rest(round_=self.round, by=by, now=now)
        for result in mine.filter(decided_at=None).select_related("respondent"):
            results.decide(result=result, interview=True, note="", by=by, now=now)
        results.notify_on_site(round_=self.round, by=self.who("K102"), now=self.at(4, 11, 13))

    # --- two who can be tried at the employees' surface

    def _come_in(self, person: Respondent, now: datetime) -> None:
        if person.birth_date is not None and not hasattr(person, "login"):
            invitations.enter(
                code=self._fresh_code(person, now), birth=person.birth_date, passphrase=PASSPHRASE, now=now
            )

    def _fresh_code(self, person: Respondent, now: datetime) -> str:
        issued = invitations.issue(
            round_=self.round, respondents=[person], kind=Invitation.Kind.SLIP, by=self.who("K001"), now=now
        )
        return issued[0].code

    def ways_in(self, now: datetime) -> list[tuple[str, str]]:
        """(code, birth date) of who has not answered; (number, passphrase) of somebody who was told a result."""
        fresh = next(one for one in self.on_the_web if one.answered_at is None)
        told = next(one for one in self.on_the_web[2:] if hasattr(one, "login"))
        birth = fresh.birth_date.isoformat() if fresh.birth_date else ""
        return [(self._fresh_code(fresh, now), birth), (told.employee_number, PASSPHRASE)]
