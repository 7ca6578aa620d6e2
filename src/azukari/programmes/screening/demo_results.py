"""The second half of the demo's year: visits, results on paper and by hand, follow-up, rates, billing, all gone again.

Synthetic like everything in the demo. Every stage knows whether it was done, as in ``demo_run``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from azukari.custody import erasure, handovers
from azukari.custody.models import Certificate, Handover
from azukari.dossier import models as dossier_models
from azukari.dossier.schema import Direction, GapEntry, Medium
from azukari.keying import steps as keying
from azukari.keying.models import PaperSheet
from azukari.parties import approvals
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.programmes.demo_stage import Stage, Tell, pass_on, write_whole

from .demo_history import HABITS
from .follow_up import Act, Report
from .models import (
    Assessment,
    FollowUpLetter,
    ResultBatch,
    ResultRow,
    Sheet,
    Statement,
    TestResult,
    Visit,
    VisitTest,
    Voucher,
    WorkUp,
)
from .outcomes import code_lists
from .reasons import CHECKUPS, FIRST_REFUSAL, TESTS, Reason
from .steps import (
    follow_up,
    follow_up_letters,
    laboratory,
    paper,
    payment,
    rates_kept,
    results_in,
    typing_in,
    visits,
)
from .steps.result_rows import problem_counts
from .steps.state import PROGRAMME
from .vouchers import voucher_frame

if TYPE_CHECKING:
    from .demo_run import Demo

ASSOCIATION, CLINIC, LABORATORY, COMPANY = "shinjuku-doctors", "clinic", "laboratory", "hibiya"
ORGANISATIONS = (
    (ASSOCIATION, "新宿区医師会", "institution", "shinjuku_doctors", "1310000019"),
    (CLINIC, "架空診療所", "institution", "other_institutions", "1310000027"),
    (LABORATORY, "架空臨床検査センター", "company", "laboratory", ""),
    (COMPANY, "株式会社日比谷情報サービス", "company", "hibiya", ""),
)
HANDLERS = (
    ("S001", "取扱者 壬生", ASSOCIATION, "handler"),
    ("S901", "取扱責任者 癸田", ASSOCIATION, "responsible"),
    ("M001", "取扱者 子安", CLINIC, "handler"),
    ("M901", "取扱責任者 丑山", CLINIC, "responsible"),
    ("L001", "取扱者 寅井", LABORATORY, "handler"),
    ("L901", "取扱責任者 卯月", LABORATORY, "responsible"),
    ("D001", "取扱者 辰野", COMPANY, "handler"),
    ("D002", "取扱者 巳波", COMPANY, "handler"),
    ("D003", "取扱者 午来", COMPANY, "handler"),
    ("D901", "取扱責任者 未松", COMPANY, "responsible"),
)
RESPONSIBLE = {ASSOCIATION: "S901", CLINIC: "M901", LABORATORY: "L901", COMPANY: "D901"}
WORKING = {ASSOCIATION: "S001", CLINIC: "M001", LABORATORY: "L001", COMPANY: "D001"}

GROUNDS = "令和7年度 健康診査・がん検診業務等委託契約（デモ）"

SHARES = {test: habit.share for test, habit in HABITS.items()} | {
    "checkup_16_39": 0.08,
    "checkup_40_74": 0.42,
    "checkup_75": 0.5,
    "prostate": 0.15,
    "hepatitis": 0.12,
}
"""Share of those offered a test who take it; of the even-age tests as in the earlier years."""
WORK_UP = {test: habit.workup for test, habit in HABITS.items()} | {"prostate": 0.08, "hepatitis": 0.008}
AT_THE_WINDOW = 6
MONTHS = range(6, 11)
"""Months whose tests are paid for in November."""
FOUND = (("no_finding", 55), ("other_disease", 37), ("cancer", 8))
METHODS = {
    "stomach_xray": "endoscopy",
    "stomach_endoscopy": "biopsy",
    "colorectal": "endoscopy",
    "lung": "ct",
    "cervical": "colposcopy",
    "breast": "ultrasound",
    "prostate": "biopsy",
    "hepatitis": "blood",
}


@dataclass
class Results:
    """What the demo's people do after the vouchers were posted."""

    play: Demo

    def stages(self) -> Iterator[Stage]:
        yield Stage("医療機関等の登録と選定", lambda: self.appointed, self.register)
        yield Stage("医療機関・検査機関の窓口", lambda: self.windows_open, self.open_windows)
        yield Stage("窓口での受診と検体検査", lambda: self.came, self.visit)
        yield Stage("受診者名簿の提供", lambda: self.done("⑧", Medium.ELECTRONIC), self.hand_list)
        yield Stage("結果票の引渡し", lambda: self.done("⑫"), self.send_sheets)
        yield Stage("結果票の二重入力", lambda: self.keyed, self.key)
        yield Stage("電子データの納品", lambda: self.taken, self.deliver)
        yield Stage("結果の確認と採用", lambda: self.settled, self.settle)
        yield Stage("精密検査の追跡", lambda: self.followed, self.follow)
        yield Stage("支払明細", lambda: not any(map(self.to_pay, MONTHS)), self.pay)
        yield Stage("精度管理指標", lambda: (self.play.folder / "rates" / "rates.pdf").exists(), self.rate)
        yield Stage("医療機関等の消去と証明書", lambda: self.gone, self.erase)

    # --- who

    def who(self, key: str) -> Handler:
        return self.play.who(key)

    def organisation(self, key: str) -> Organisation:
        return self.play.organisation(key)

    @property
    def appointed(self) -> bool:
        parties = [party for _, _, _, party, _ in ORGANISATIONS]
        findings = [finding for finding, *_ in self.rulings()]
        ruled = dossier_models.Ruling.objects.filter(finding__in=findings).count()
        return Appointment.objects.filter(party__in=parties).count() == len(parties) and ruled == len(findings)

    def register(self, tell: Tell) -> None:
        reported, start = date(self.play.year, 3, 1), date(self.play.year, 4, 1)
        for key, name, kind, party, number in ORGANISATIONS:
            organisation, _ = Organisation.objects.get_or_create(
                key=key, defaults={"name": name, "type": kind, "institution_number": number}
            )
            if not Appointment.objects.filter(party=party, organisation=organisation).exists():
                approvals.appoint(
                    programme=PROGRAMME, party=party, organisation=organisation, valid_from=start, grounds=GROUNDS,
                    by=self.who("W101"), now=self.play.at(5, 7, 9),
                )  # fmt: skip
        for key, name, organisation_key, role in HANDLERS:
            Handler.objects.get_or_create(
                key=key,
                defaults={"name": name, "organisation": self.organisation(organisation_key), "role": role,
                          "reported_on": reported},
            )  # fmt: skip
        ruled = set(dossier_models.Ruling.objects.values_list("finding", flat=True))
        for n, (finding, governs, why, grants) in enumerate(self.rulings(), 11):
            if finding not in ruled:
                approvals.record_ruling(
                    programme=PROGRAMME, key=f"R{self.play.year}-{n:02d}", finding=finding, governs=governs, why=why,
                    grants=grants, until=date(self.play.year + 1, 3, 31), by=self.who("W101"),
                    now=self.play.at(5, 7, 10),
                )  # fmt: skip

    def rulings(self) -> list[tuple[str, str, str, tuple[GapEntry, ...]]]:
        institutions = visits.INSTITUTIONS
        both = (Direction.PROVIDED, Direction.HANDLED)
        return [
            (
                "laboratory_results",
                "再委託の内容（検査結果の報告を行う）を優先する。",
                "結果を報告しない検査は用をなさない。検査機関が受け取る項目は氏名・生年月日・性別に限る。",
                (
                    GapEntry(
                        party="laboratory",
                        items=("specimen_result",),
                        directions=(Direction.COLLECTED, Direction.HANDLED),
                    ),
                    *(GapEntry(party=p, items=("specimen_result",), directions=both) for p in institutions),
                ),
            ),
        ]

    # --- handovers

    def handed(self, step: str, medium: Medium | None = None) -> Handover | None:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.play.year, step=step)
        found = found.filter(medium=medium.value) if medium else found
        return found.exclude(state="withdrawn").select_related("sender", "receiver").first()

    def done(self, step: str, medium: Medium | None = None) -> bool:
        handover = self.handed(step, medium)
        return handover is not None and handover.state in ("acknowledged", "returned", "erased", "certified")

    def _pass(self, handover: Handover, *, sealer: str, releaser: str, taker: str, month: int, day: int) -> None:
        """From prepared to acknowledged by the people of these keys, on one day."""
        pass_on(
            handover, sealer=self.who(sealer), releaser=self.who(releaser), taker=self.who(taker),
            on=self.play.at(month, day), due=date(self.play.year + 1, 3, 20),
        )  # fmt: skip

    @property
    def windows_open(self) -> bool:
        there = Handover.objects.filter(medium=Medium.SYSTEM.value, step__in=[visits.STEP, laboratory.STEP])
        return there.exclude(state__in=["prepared", "sealed", "released"]).count() == 2

    def open_windows(self, tell: Tell) -> None:
        at = self.play.at
        clinic = self.handed(visits.STEP, Medium.SYSTEM) or visits.open_institution(
            institution=self.organisation(CLINIC), party="other_institutions", run=self.play.run, by=self.who("W001"),
            now=at(5, 8),
        )  # fmt: skip
        self._pass(clinic, sealer="W001", releaser="W002", taker="M001", month=5, day=8)
        specimens = self.handed(laboratory.STEP, Medium.SYSTEM) or laboratory.open_laboratory(
            laboratory=self.organisation(LABORATORY), by=self.who("M001"), now=at(5, 9)
        )
        self._pass(specimens, sealer="M001", releaser="M901", taker="L001", month=5, day=9)

    # --- visits at the window

    @cached_property
    def visitors(self) -> list[Voucher]:
        """Some who are offered a checkup, met at the clinic's window with their sheet in hand."""
        offered = Assessment.objects.filter(
            run=self.play.run, test__in=[TESTS.index(t) for t in CHECKUPS], reason__lt=FIRST_REFUSAL
        ).values("person_id")
        posted = Voucher.objects.filter(run=self.play.run, person_id__in=offered, sheets__state=Sheet.State.POSTED)
        posted = posted.filter(person__protected=False, person__died_on=None, person__moved_out_on=None)
        return list(posted.select_related("person", "run").order_by("-voucher_number")[:AT_THE_WINDOW])

    @property
    def came(self) -> bool:
        return Visit.objects.count() >= len(self.visitors) and not VisitTest.objects.filter(state="taken").exists()

    def visit(self, tell: Tell) -> None:
        by, now = self.who("M001"), self.play.at(6, 10)
        for n, voucher in enumerate(self.visitors):
            tell(n, len(self.visitors))
            visit = Visit.objects.filter(voucher=voucher).first()
            if visit is None:
                sheet = voucher.sheets.exclude(state=Sheet.State.VOIDED).get()
                shown = visits.present(code=sheet.code, by=by, now=now)
                checkup = next(one.test for one in shown.tests if one.test in CHECKUPS)
                visit = visits.record_visit(
                    voucher=voucher, visited_on=now.date(), tests=[checkup], consent=True, by=by, now=now
                )
            self._examined(visit, n)

    def _examined(self, visit: Visit, n: int) -> None:
        """Blood to the laboratory, its result back, and the checkup's result typed in with measured values."""
        company, at = self.organisation(LABORATORY), self.play.at
        order = visit.orders.first() or laboratory.order(
            visit=visit, laboratory=company, specimen="blood", by=self.who("M001"), now=at(6, 10, 11)
        )
        if order.state == "ordered":
            laboratory.read_orders(numbers=[order.number], by=self.who("L001"), now=at(6, 12))
            laboratory.report(
                number=order.number, result=f"HbA1c {5.2 + n / 10:.1f} %", by=self.who("L001"), now=at(6, 13)
            )
        for taken in visit.tests.filter(state="taken"):
            typing_in.enter_result(
                taken=taken,
                raw="1" if n % 3 else "2",
                values={"身長(cm)": f"{150 + 4 * n}.0", "体重(kg)": f"{48 + 3 * n}.5"},
                by=self.who("M001"),
                now=at(6, 20),
            )  # fmt: skip

    # --- everybody else's results, on paper

    @cached_property
    def sheets(self) -> pl.DataFrame:
        """A result sheet per test taken: reference, number and what stands on it (``paper.FIELDS``), by chance."""
        run = self.play.run
        offered = Assessment.objects.filter(run=run, reason__lt=FIRST_REFUSAL).exclude(reason=Reason.AT_SITE)
        living = Voucher.objects.filter(
            run=run, sheets__state=Sheet.State.POSTED, person__protected=False, person__died_on=None,
            person__moved_out_on=None,
        ).exclude(pk__in=[v.pk for v in self.visitors])  # fmt: skip
        people = {
            person: (pk, reference, number, alias or name or latin, birth)
            for pk, person, reference, number, name, alias, latin, birth in living.values_list(
                "pk", "person_id", "reference", "voucher_number", "person__name", "person__alias_name",
                "person__latin_name", "person__birth",
            ).iterator(20_000)
        }  # fmt: skip
        rng = Random(f"results/{self.play.residents}/{self.play.year}/{self.play.seed}")  # noqa: S311 - invented people
        names = {test: code_lists()[test] for test in SHARES}
        rows = []
        for person, test_number in (
            offered.order_by("person_id", "test").values_list("person_id", "test").iterator(20_000)
        ):
            test = TESTS[test_number]
            if person not in people or rng.random() >= SHARES[test]:
                continue
            _, reference, number, name, birth = people[person]
            codes = names[test].codes
            wanted = "work_up" if rng.random() < WORK_UP.get(test, 0) else rng.choice(("normal", "normal", "observed"))
            code = next((c for c, outcome in codes.items() if outcome == wanted), next(iter(codes)))
            day = date(self.play.year, 6, 2) + timedelta(days=rng.randrange(120))
            rows.append((reference, number, name, birth, test, day.isoformat(), ORGANISATIONS[0][4], code))
        columns = ("reference", *(field.key for field in paper.FIELDS))
        frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        return frame.with_columns(number=pl.format("K{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7)))

    def hand_list(self, tell: Tell) -> None:
        """⑧ Who took part, to the association: of each the items that its clause lists."""
        now, by = self.play.at(10, 6), self.who("W001")
        handover = self.handed("⑧", Medium.ELECTRONIC)
        if handover is None:
            takers = self.sheets["reference"].unique()
            frame = voucher_frame(self.play.run).filter(pl.col("reference").is_in(takers.implode()))
            columns = visits.listed_columns(self.play.year, "shinjuku_doctors", now.date())
            handover = handovers.prepare(
                programme=PROGRAMME, step="⑧", receiver=self.organisation(ASSOCIATION), party="shinjuku_doctors",
                columns=columns, frame=frame.select("reference", *(c.key for c in columns)),
                purpose="受診者に係る項目の提供", medium=Medium.ELECTRONIC, extra_reason=visits.SHOWN_BECAUSE,
                accept_replacements="区の名簿の字形による", by=by, now=now,
            )  # fmt: skip
        self._pass(handover, sealer="W001", releaser="W002", taker="S001", month=10, day=6)

    def send_sheets(self, tell: Tell) -> None:
        """⑫ The association sends the sheets of the half year to the data-entry company, counted."""
        now, handover = self.play.at(10, 8), self.handed("⑫")
        if handover is None:
            handover = paper.send_sheets(
                company=self.organisation(COMPANY), sheets=self.sheets, parent=self.handed("⑧", Medium.ELECTRONIC),
                by=self.who("S001"), now=now,
            )  # fmt: skip
        self._pass(handover, sealer="S001", releaser="S901", taker="D001", month=10, day=8)

    @property
    def batch(self) -> Handover:
        handover = self.handed("⑫")
        assert handover is not None  # noqa: S101 - the stages come in order
        return handover

    @property
    def keyed(self) -> bool:
        handover = self.handed("⑫")
        return handover is not None and keying.balance(handover).closed

    def key(self, tell: Tell) -> None:
        """Two people key every sheet; a few slips of the second are settled by a third; one sheet can't be read."""
        batch, at = self.batch, self.play.at
        cells = {
            row["number"]: {field.key: row[field.key] for field in paper.FIELDS}
            for row in self.sheets.iter_rows(named=True)
        }
        last = max(cells)
        if batch.paper_sheets.filter(number=last).exclude(state=PaperSheet.State.UNREADABLE).exists():
            keying.unreadable(
                sheet=batch.paper_sheets.get(number=last), reason="受診日がにじんで読めない", by=self.who("D001"),
                now=at(10, 9),
            )  # fmt: skip
        del cells[last]
        slips = {number: {**row, "raw": f"{row['raw']}?"} for number, row in list(cells.items())[::400]}
        for n, (by, stated) in enumerate((("D001", cells), ("D002", cells | slips))):
            tell(n, 3)
            if not batch.paper_sheets.filter(keyings__by__key=by).exists():
                keying.key_pass(handover=batch, cells=stated, fields=paper.FIELDS, by=self.who(by), now=at(10, 14 + n))
        for sheet in batch.paper_sheets.filter(state=PaperSheet.State.DIFFERS).select_related("handover"):
            keying.key(sheet=sheet, cells=cells[sheet.number], fields=paper.FIELDS, by=self.who("D003"), now=at(10, 17))

    @property
    def taken(self) -> bool:
        return ResultBatch.objects.filter(handover__step="⑬").exists()

    def deliver(self, tell: Tell) -> None:
        handover = self.handed("⑬") or paper.deliver(
            batch=self.batch, ward=self.organisation("ward"), by=self.who("D001"), now=self.play.at(10, 20)
        )
        self._pass(handover, sealer="D001", releaser="D901", taker="W001", month=10, day=20)
        if not self.taken:
            paper.take_delivery(
                handover=handover, fiscal_year=self.play.year, by=self.who("W001"), now=self.play.at(10, 21)
            )

    # --- results

    @property
    def settled(self) -> bool:
        return not ResultRow.objects.filter(state="outstanding").exists()

    def settle(self, tell: Tell) -> None:
        now = self.play.at(10, 23)
        for batch in ResultBatch.objects.order_by("pk"):
            if dict(problem_counts(batch)).get(""):
                results_in.accept_clean(batch=batch, by=self.who("W001"), now=now)
        waiting = ResultRow.objects.filter(state="outstanding").select_related("batch")
        for row in waiting:
            how = "accept" if row.problems and results_in.may_accept(row) else "reject"
            reason = "医療機関に確かめた" if how == "accept" else "医療機関に返した（内容を確かめられない）"
            results_in.settle(row=row, how=how, reason=reason, by=self.who("W002"), now=now)

    # --- follow-up

    @property
    def followed(self) -> bool:
        still_open = WorkUp.objects.filter(closed_at=None)
        to_write = still_open.filter(next_act__in=[Act.LETTER.value, Act.REMINDER.value])
        return not to_write.exists() and not still_open.exclude(outcome="unknown").exists()

    def follow(self, tell: Tell) -> None:
        """Letters, reports of hospitals and of people, reminders; who stays unknown stays open."""
        at, year = self.play.at, self.play.year
        self._write_to(Act.LETTER, self.play.at(11, 12))
        rng = Random(f"follow-up/{self.play.residents}/{year}/{self.play.seed}")  # noqa: S311 - invented people
        cases = list(WorkUp.objects.select_related("result", "person").order_by("pk"))
        for n, case in enumerate(cases):
            tell(n, len(cases))
            luck = rng.random()
            outcome = rng.choices([key for key, _ in FOUND], [weight for _, weight in FOUND])[0]
            if case.closed_at is not None or case.outcome != "unknown" or luck > 0.87:
                pass
            elif luck > 0.8:
                follow_up.record_not_attended(
                    work_up=case, note="電話で本人に確認。受診しない意向", by=self.who("W001"), now=at(12, 10)
                )
            else:
                report = Report(
                    by_facility=luck < 0.7, examined_on=date(year, 11, 20), facility="架空総合病院",
                    method=METHODS[case.result.test], outcome=outcome,
                )  # fmt: skip
                detail = "early" if outcome == "cancer" else ""
                follow_up.record_report(work_up=case, report=report, detail=detail, by=self.who("W001"), now=at(12, 12))
            if case.outcome != "unknown" and case.closed_at is None:
                follow_up.close(work_up=case, reason="結果を把握した", by=self.who("W002"), now=at(12, 15))
        if not FollowUpLetter.objects.filter(kind="reminder", released_by__isnull=False).exists():
            self._write_to(Act.REMINDER, at(2, 3))

    def _write_to(self, act: Act, now: datetime) -> None:
        from .demo_run import OFFICE

        if not follow_up.due_cases(act=act, on=now.date()).exists():
            return
        waiting = FollowUpLetter.objects.filter(kind=act.value, released_by=None).first()
        batch = waiting or follow_up.prepare_letters(act=act, by=self.who("W001"), now=now)
        folder = self.play.folder / "follow-up" / act.value
        follow_up_letters.draw_letters(batch=batch, folder=folder, office=OFFICE, by=self.who("W001"), now=now)
        follow_up.release_letters(batch=batch, pieces=batch.letters, by=self.who("W002"), now=now + timedelta(hours=3))

    # --- money and figures

    def to_pay(self, month: int) -> bool:
        """Whether statements of the month wait for approval, or there are none though something is owed."""
        first = date(self.play.year, month, 1)
        of_month = Statement.objects.filter(month=first)
        if of_month.exists():
            return of_month.filter(approved_by=None).exists()
        return payment.preview(first).statements > 0

    def pay(self, tell: Tell) -> None:
        for month in filter(self.to_pay, MONTHS):
            first, day = date(self.play.year, month, 1), month - 5
            if not Statement.objects.filter(month=first).exists():
                payment.prepare_statements(month=first, by=self.who("W001"), now=self.play.at(11, day))
            for statement in Statement.objects.filter(month=first, approved_by=None):
                payment.approve(statement=statement, by=self.who("W002"), now=self.play.at(11, day, 14))

    def rate(self, tell: Tell) -> None:
        from .demo_run import OFFICE

        by, now, year = self.who("W001"), self.play.at(3, 10), self.play.year
        if not rates_kept.released(year):
            kept = rates_kept.keep(fiscal_year=year, by=by, now=now)
            rates_kept.release(fiscal_year=year, office=OFFICE.name, worked_out=kept.at.isoformat(), by=by, now=now)
        for kind in rates_kept.KINDS:
            content = rates_kept.take_out(fiscal_year=year, number=1, kind=kind, by=by, now=now)
            write_whole(self.play.folder / "rates" / f"rates.{kind}", content)

    # --- gone

    def held(self) -> list[Handover]:
        """What others than the ward were handed in this half of the year, the last to receive first."""
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.play.year, step__in=["⑧", "⑩", "⑫"])
        return list(found.exclude(state="withdrawn").select_related("receiver", "sender").order_by("-pk"))

    @property
    def gone(self) -> bool:
        held = self.held()
        return bool(held) and all(handover.state == "certified" for handover in held)

    def erase(self, tell: Tell) -> None:
        at = self.play.at
        for handover in sorted(self.held(), key=lambda each: "⑫⑩⑧".index(each.step)):
            key = handover.receiver.key
            if handover.state == "acknowledged":
                act = erasure.give_back if handover.medium == Medium.PAPER else erasure.erase
                act(handover=handover, by=self.who(WORKING[key]), now=at(3, 12))
            issued = Certificate.objects.filter(handover=handover).first() or erasure.certify(
                handover=handover, by=self.who(RESPONSIBLE[key]), now=at(3, 12, 13)
            )
            if issued.confirmed_at is None:
                erasure.confirm(certificate=issued, by=self.who("W101"), now=at(3, 13))

    # --- what came of it

    def summary(self) -> dict[str, int]:
        standing = TestResult.objects.filter(fiscal_year=self.play.year, replaced_by=None, withdrawn_at=None)
        cases = WorkUp.objects.filter(result__fiscal_year=self.play.year)
        return {
            "results": standing.count(),
            "work_ups": cases.count(),
            "closed": cases.filter(closed_at__isnull=False).count(),
            "unknown": cases.filter(outcome="unknown").count(),
        }
