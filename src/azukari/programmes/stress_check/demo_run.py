"""The yearly stress check played by all its people, from the staff list to the erasure certificate.

Every stage knows whether it was done, so a demo that was killed goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from azukari.custody import erasure
from azukari.custody.models import Certificate, Closing, Handover
from azukari.parties.models import Handler
from azukari.programmes.demo_stage import Stage, Tell, pass_on, write_whole

from . import vault
from .demo_begun import Begun, S
from .models import (
    AnswerSheet,
    ConsentRecord,
    GroupRelease,
    Interview,
    Invitation,
    Respondent,
    Result,
    ResultLetter,
)
from .steps import analysis, delivery, interviews, invitations, own_result, results, retention, rounds
from .steps.state import DELIVERY, PROGRAMME, STAFF

OFFICE = "総務部 人材育成等担当課"


@dataclass
class StressCheck(Begun):
    """The check of ``count`` staff in a fiscal year. The ward and its officers may be there already."""

    # --- the stages

    def stages(self) -> Iterator[Stage]:
        yield Stage("職員: 委託先と取扱者の登録", lambda: Handler.objects.filter(key="K901").exists(), self.register)
        yield Stage("職員: 付議書の承認", lambda: self.dossier.ready, self.dossier.approve)
        yield Stage("職員: 疑義の裁定と選定", lambda: self.ruled, self.rule)
        yield Stage("職員名簿の取込み", lambda: self.committed is not None, self.import_roster)
        yield Stage("① ② 対象者情報の受渡し", lambda: self.handed(STAFF) is not None, self.hand_over)
        yield Stage("③ 専用サイトの設定と指名", lambda: self.past(S.OPEN) or self.set_up, self.prepare)
        yield Stage("③ 対象者データの取込み", lambda: Respondent.objects.exists(), self.take_in)
        yield Stage("紙で回答する人", lambda: Respondent.objects.filter(by_paper=True).exists(), self.choose_paper)
        yield Stage("回答の案内", self.slips.exists, self.invite)
        yield Stage("回答の案内と紙の調査票", self.forms.exists, self.hand_out_forms)
        yield Stage("④' ウェブの回答", lambda: self.past(S.CLOSED) or not self.to_answer(), self.answer)
        yield Stage("④ 調査票の受領と二重入力", lambda: self.past(S.CLOSED) or self.keyed, self.key)
        yield Stage("締切と採点", lambda: self.past(S.CLOSED) and Result.objects.exists(), self.score)
        yield Stage("実施者の判断", lambda: not Result.objects.filter(decided_at=None).exists(), self.decide)
        yield Stage("⑤ ⑤' 結果の通知", lambda: not Result.objects.filter(notified_at=None).exists(), self.notify)
        yield Stage("結果の閲覧・同意・申出", lambda: self.past(S.FINISHED) or not self.to_hear(), self.consent)
        yield Stage("面接指導・意見・措置", lambda: self.past(S.FINISHED) or not self.to_interview(), self.interview)
        yield Stage("⑥ 集団分析", lambda: GroupRelease.objects.filter(released_at__isnull=False).exists(), self.analyse)
        yield Stage("⑦ 報告書と結果の納品", lambda: self.report.exists(), self.deliver)
        yield Stage("⑧ 報告書等の確認", lambda: self.round.confirmed_at is not None, self.confirm)
        yield Stage("専用サイトの終了", lambda: self.past(S.FINISHED), self.finish)
        yield Stage("職員: 消去と消去証明書", lambda: self.gone, self.erase)
        yield Stage("職員: 年度の締め", lambda: Closing.objects.filter(programme=PROGRAMME).exists(), self.close)

    # --- results

    def score(self, tell: Tell) -> None:
        if self.round.state == S.OPEN:
            rounds.close_round(round_=self.round, by=self.who("K101"), now=self.at(6, 30, 18))
        results.score_all(round_=self.round, by=self.who("K001"), now=self.at(7, 1))

    def decide(self, tell: Tell) -> None:
        by = self.who("K101")
        if not Result.objects.filter(respondent__round=self.round, decided_at__isnull=False).exists():
            results.decide_rest(round_=self.round, by=by, now=self.at(7, 2))
        waiting = list(
            Result.objects.filter(respondent__round=self.round, decided_at=None).select_related("respondent")
        )
        for n, result in enumerate(waiting):
            scores = results.read_result(result=result, by=by, now=self.at(7, 3))
            results.decide(
                result=result, interview=scores["verdict"] == "high" and result.pk % 8 != 0, note="", by=by,
                now=self.at(7, 3, 11),
            )  # fmt: skip
            tell(n, len(waiting))

    def notify(self, tell: Tell) -> None:
        if not Result.objects.filter(respondent__round=self.round, notified_how=Result.How.WEB).exists():
            results.notify_on_site(round_=self.round, by=self.who("K102"), now=self.at(7, 7))
        without = Result.objects.filter(respondent__round=self.round, notified_at=None, letter=None)
        waiting = list(without.select_related("respondent__round"))
        if waiting:
            results.prepare_letters(results=waiting, by=self.who("K001"), now=self.at(7, 7, 11))
        letters = ResultLetter.objects.filter(sent_at=None).select_related("result__respondent__round")
        for letter in letters:
            if letter.checked_at is None:
                results.check_letter(letter=letter, by=self.who("K002"), now=self.at(7, 8))
            results.send_letter(letter=letter, by=self.who("K002"), now=self.at(7, 8, 13))

    def opened_with_codes(self, people: int) -> list[invitations.Issued]:
        """For benches and tests of the running site: open, with a fresh code for each of the first so many people."""
        for stage in self.stages():
            if stage.name == "紙で回答する人":
                break
            stage.do(lambda _done, _total: None)
        asked = list(Respondent.objects.filter(birth_date__isnull=False).order_by("pk")[:people])
        issued = invitations.issue(
            round_=self.round, respondents=asked, kind=Invitation.Kind.SLIP, by=self.who("K001"), now=self.at(5, 15)
        )
        rounds.open_round(round_=self.round, by=self.who("K101"), now=self.at(6, 2, 9))
        return issued

    def to_hear(self) -> list[tuple[Result, str]]:
        """What some people still do with their result, in order.

        Every third of the readers consents, one takes it back, one in four of those who need an interview applies.
        """
        told = Result.objects.filter(respondent__round=self.round, notified_how=Result.How.WEB).order_by("pk")
        everybody = list(told.select_related("respondent__round", "interview"))
        needing = self.needing(everybody)
        readers = dict.fromkeys([*needing[:40], *everybody[: max(self.count // 10, 30)]])
        said = Counter(ConsentRecord.objects.values_list("result", "given"))
        left = []
        for n, result in enumerate(readers):
            left += [(result, "read")] if result.seen_at is None else []
            left += [(result, "consent")] if n % 3 == 0 and not said[result.pk, True] else []
            left += [(result, "withdraw")] if n % 30 == 3 and not said[result.pk, False] else []
            left += [(result, "apply")] if result in needing and n % 4 == 0 and not hasattr(result, "interview") else []
        return left

    def consent(self, tell: Tell) -> None:
        acts = {
            "read": (own_result.read_own, self.at(7, 10)),
            "consent": (own_result.consent, self.at(7, 10, 11)),
            "withdraw": (own_result.withdraw, self.at(7, 11)),
            "apply": (own_result.apply, self.at(7, 12)),
        }
        for result, what in self.to_hear():
            act, now = acts[what]
            act(person=result.respondent, now=now)

    def needing(self, told: list[Result]) -> list[Result]:
        opened = vault.open_many(
            self.year, vault.DECISION, {r.respondent_id: bytes(r.sealed_decision or b"") for r in told}
        )
        return [result for result in told if opened[result.respondent_id]["interview"]]

    def to_interview(self) -> list[tuple[Interview, str]]:
        """What is left of the interviews, where several applied all but two: one waits for it, one for the opinion."""
        applied = list(interviews.of_round(self.round).order_by("pk"))
        waiting = [one.pk for one in applied[:2]] if len(applied) > 2 else []
        left = []
        for one in applied:
            if one.dropped_at or one.pk in waiting[:1]:
                continue
            left += [(one, "hold")] if one.held_on is None else []
            if one.pk not in waiting:
                left += [(one, "opinion")] if one.opinion_at is None else []
                left += [(one, "measures")] if one.measures_at is None else []
        return left

    def interview(self, tell: Tell) -> None:
        doctor, by = self.who("K103"), self.who("W001")
        for one, what in self.to_interview():
            if what == "hold":
                interviews.hold(
                    interview=one, held_on=date(self.year, 7, 28), words="睡眠と業務量について（デモ）", by=doctor,
                    now=self.at(7, 28, 15),
                )  # fmt: skip
            elif what == "opinion":
                interviews.give_opinion(
                    interview=one, opinion="時間外勤務の制限を3か月。その後に再度面接。", by=doctor, now=self.at(8, 4)
                )
            else:
                interviews.decide_measures(
                    interview=one, measures="時間外勤務を月10時間までとする（3か月）。", by=by, now=self.at(8, 18)
                )

    # --- ⑥ ⑦ ⑧ and the end

    def analyse(self, tell: Tell) -> None:
        waiting = GroupRelease.objects.filter(round=self.round, released_at=None).first()
        made = waiting or analysis.prepare_release(round_=self.round, by=self.who("K001"), now=self.at(8, 20))
        analysis.let_out(release=made, by=self.who("K101"), now=self.at(8, 21))

    def deliver(self, tell: Tell) -> None:
        release = GroupRelease.objects.get(round=self.round, number=1)
        handover = self._under_way(DELIVERY) or delivery.prepare_delivery(
            round_=self.round, release=release, office=OFFICE, by=self.who("K001"), now=self.at(9, 1)
        )
        pass_on(handover, sealer=self.who("K001"), releaser=self.who("K901"), taker=self.who("W001"), on=self.at(9, 1))
        by, now = self.who("W001"), self.at(9, 2)
        for one in handover.attachments.order_by("-name"):
            content = delivery.read_report(handover=handover, name=one.name, by=by, now=now)
            write_whole(self.report.with_suffix(f".{one.name.rpartition('.')[2]}"), content)

    @property
    def report(self) -> Path:
        """The report as the ward took it out; the workbook beside it is written before."""
        return self.folder / "stress-check" / "report.pdf"

    def confirm(self, tell: Tell) -> None:
        by = self.who("W001")
        given = delivery.who_consents(round_=self.round, by=by, now=self.at(9, 3))
        for one in given[:3]:
            delivery.read_given(round_=self.round, reference=one.reference, by=by, now=self.at(9, 3, 11))
        delivery.confirm(round_=self.round, by=by, now=self.at(9, 3, 13))

    def finish(self, tell: Tell) -> None:
        """Who waited longest took the application back; the other opinion came."""
        doctor = self.who("K103")
        for one in interviews.of_round(self.round).filter(opinion_at=None, dropped_at=None):
            if one.held_on is None:
                interviews.drop(interview=one, reason="本人から電話で取下げ", by=doctor, now=self.at(10, 1))
            else:
                interviews.give_opinion(interview=one, opinion="通常勤務", by=doctor, now=self.at(10, 1))
        retention.finish(round_=self.round, by=self.who("K101"), now=self.at(3, 10))

    def held(self) -> list[Handover]:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.year, receiver=self.company)
        return list(found.exclude(state="withdrawn").select_related("receiver", "sender").order_by("-pk"))

    @property
    def gone(self) -> bool:
        held = self.held()
        return bool(held) and all(handover.state == "certified" for handover in held)

    def erase(self, tell: Tell) -> None:
        for handover in self.held():
            if handover.state == "acknowledged":
                erasure.erase(handover=handover, by=self.who("K001"), now=self.at(3, 12))
            issued = Certificate.objects.filter(handover=handover).first() or erasure.certify(
                handover=handover, by=self.who("K901"), now=self.at(3, 12, 13), beyond_reach=retention.BEYOND_REACH
            )
            if issued.confirmed_at is None:
                erasure.confirm(certificate=issued, by=self.who("W101"), now=self.at(3, 13))

    def close(self, tell: Tell) -> None:
        erasure.close_year(programme=PROGRAMME, fiscal_year=self.year, by=self.who("W101"), now=self.at(3, 31, 15))

    # --- what came of it

    @cached_property
    def high_stress(self) -> int:
        """How many are under high stress by the scoring: counted from the sealed results, shown to nobody by name."""
        sealed = Result.objects.filter(respondent__round=self.round).values_list("respondent_id", "sealed")
        opened = vault.open_many(self.year, vault.RESULT, {person: bytes(data) for person, data in sealed})
        return sum(row["verdict"] == "high" for row in opened.values())

    def summary(self) -> dict[str, int]:
        round_ = self.round
        release = GroupRelease.objects.filter(round=round_, released_at__isnull=False).latest("number")
        sheets = AnswerSheet.objects.filter(respondent__round=round_)
        applied = Interview.objects.filter(result__respondent__round=round_)
        return {
            "asked": Respondent.objects.filter(round=round_).count(),
            "invited": Respondent.objects.filter(round=round_).count(),
            "answered": sheets.count(),
            "on_paper": sheets.filter(way=AnswerSheet.Way.PAPER).count(),
            "high_stress": self.high_stress,
            "consented": len(delivery.consented(round_)),
            "interviews_applied": applied.count(),
            "interviews_held": applied.filter(held_on__isnull=False).count(),
            "groups_published": release.groups,
            "groups_withheld": release.withheld,
        }
