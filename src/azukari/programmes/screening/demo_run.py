"""The yearly voucher run played by all its people, from the residents' roster to the printer's erasure certificate.

Every stage knows whether it was done, so a demo that was killed goes on where it stopped. The acts are the functions
that screens and commands call; only the people, and the days on which they act, are made up.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import get_default_timezone

from azukari.custody import book, erasure, handovers
from azukari.custody.gate import password_of
from azukari.custody.models import Certificate, Closing, Delivery, Handover, RegisterEntry
from azukari.custody.transport import DirectoryTransport
from azukari.dossier import models as dossier_models
from azukari.dossier.approval import in_force
from azukari.dossier.findings import find
from azukari.dossier.flow import flow
from azukari.dossier.reader import read_dossier
from azukari.dossier.schema import Direction, GapEntry
from azukari.letters.batches import Batch
from azukari.oversight import documents, slips
from azukari.parties import approvals
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.people import acts
from azukari.people.guard import DeliveryNote
from azukari.people.models import Changeset, ChangesetState, Resident
from azukari.programmes.demo_stage import Paper, Stage, Tell, write_whole
from azukari.vocabulary.fiscal import fiscal_year_end
from azukari.witness import keys, log
from azukari.witness.audit import verify as verify_log
from azukari.witness.export import export

from . import demo, papers
from .demo_results import Results
from .models import GlyphQuestion, History, Run, Sheet, Voucher
from .steps import assess, history, individual, mailing
from .steps.state import PROGRAMME, living
from .vouchers import Office

OFFICE = Office(ward="新宿区", name="健康部 健康づくり課", telephone="03-0000-0000")
State = Run.State

ORGANISATIONS = (
    ("ward", "新宿区", "ward"),
    ("toppan-edge", "TOPPANエッジ株式会社", "company"),
    ("toppan-cp", "株式会社トッパンコミュニケーションプロダクツ", "company"),
)
HANDLERS = (
    ("W001", "区職員 甲野", "ward", "officer"),
    ("W002", "区職員 乙川", "ward", "officer"),
    ("W101", "情報保護担当 丙山", "ward", "privacy_officer"),
    ("W901", "監査 丁田", "ward", "auditor"),
    ("E001", "取扱者 戊木", "toppan-edge", "handler"),
    ("E901", "取扱責任者 己井", "toppan-edge", "responsible"),
    ("C001", "取扱者 庚沢", "toppan-cp", "handler"),
    ("C901", "取扱責任者 辛島", "toppan-cp", "responsible"),
)


@dataclass
class Demo:
    """A synthetic ward of ``residents`` people in a fiscal year."""

    residents: int
    year: int
    seed: int
    folder: Path

    # --- people and days

    def at(self, month: int, day: int, hour: int = 10) -> datetime:
        year = self.year if month >= 4 else self.year + 1
        return datetime(year, month, day, hour, tzinfo=get_default_timezone())

    def before(self, month: int, day: int) -> datetime:
        return datetime(self.year, month, day, 10, tzinfo=get_default_timezone())

    def who(self, key: str) -> Handler:
        return Handler.objects.select_related("organisation").get(key=key)

    def organisation(self, key: str) -> Organisation:
        return Organisation.objects.get(key=key)

    @property
    def begun(self) -> Run | None:
        return Run.objects.filter(fiscal_year=self.year).select_related("handover").first()

    @property
    def run(self) -> Run:
        return Run.objects.select_related("handover").get(fiscal_year=self.year)

    def past(self, state: State) -> bool:
        order = list(State)
        return self.begun is not None and order.index(State(self.run.state)) >= order.index(state)

    @cached_property
    def ward_files(self) -> demo.WardFiles:
        ward = demo.make_ward(self.residents, self.year, self.seed)
        return demo.write_roster(ward, self.folder / "input")

    # --- the stages

    def stages(self, beside: Iterable[Stage] = ()) -> Iterator[Stage]:
        """``beside``: what another programme's people do before the year's papers and the log are written out."""
        yield Stage("組織と取扱者の登録", lambda: Handler.objects.count() >= len(HANDLERS), self.register_people)
        yield Stage("付議書の付議と承認", lambda: self.dossier.ready, self.dossier.approve)
        yield Stage("疑義の裁定", lambda: self.ruled >= len(self.rulings()), self.rule)
        yield Stage("事業者の記録", lambda: Appointment.objects.filter(programme=PROGRAMME).count() >= 2, self.appoint)
        yield Stage("住民名簿の取込み", lambda: self.committed is not None, self.import_roster)
        yield Stage("受診歴の取込み", lambda: History.objects.exists(), self.import_history)
        yield Stage("対象者の判定", lambda: self.begun is not None, self.judge)
        yield Stage("前年度との差の確認", lambda: self.past(State.CONFIRMED), self.confirm)
        yield Stage("受診番号・整理番号の付番", lambda: self.past(State.NUMBERED), self.number)
        yield Stage("字形の確認", lambda: self.past(State.PROOFED), self.prove)
        yield Stage("件数予告", lambda: self.past(State.HANDED) or self.noticed, self.notice)
        yield Stage("委託先データの準備", lambda: self.past(State.HANDED), self.prepare)
        yield Stage("封", lambda: self.reached("①", "sealed"), self.seal)
        yield Stage("放出", lambda: self.reached("①", "released"), self.release)
        yield Stage("LGWANでの送達", lambda: self.delivered(Delivery.What.PACKAGE), self.deliver)
        yield Stage("パスワードの通知（別の機会）", lambda: self.past(State.PRINTED) or self.told, self.tell_password)
        yield Stage("委託先の受領確認", lambda: self.reached("①", "acknowledged"), self.receive)
        yield Stage("受診券の印字", lambda: self.past(State.PRINTED), self.print_sheets)
        yield Stage("汚損1枚の再発行", lambda: self.past(State.ENCLOSED) or self.reprinted, self.reprint)
        yield Stage("再委託先への帳票の引渡し", lambda: self.reached("④", "acknowledged"), self.pass_on)
        yield Stage("封入封かんと照合", lambda: self.past(State.ENCLOSED), self.enclose)
        yield Stage("郵便物の納品", lambda: self.brought_back, self.bring_back)
        yield Stage("発送", lambda: self.past(State.POSTED), self.post)
        yield Stage("区の直接送付分", lambda: not self.own_list_open, self.own_list)
        yield Stage("返戻と年度途中の発行", lambda: Sheet.objects.filter(state="returned").exists(), self.after_posting)
        yield Stage("消去と消去証明書", self.erased, self.erase)
        yield from self.results.stages()
        yield Stage("年度の締め", lambda: Closing.objects.filter(programme=PROGRAMME).exists(), self.close)
        yield from beside
        yield Stage("書類とログの書き出し", lambda: (self.folder / "witness").exists(), self.write_papers)

    @cached_property
    def results(self) -> Results:
        return Results(self)

    def play(self, tell: Callable[[Stage], Tell]) -> None:
        """Play every stage that is not done yet; ``tell`` is asked for a progress callback per stage."""
        for stage in self.stages():
            if not stage.done():
                stage.do(tell(stage))

    # --- the paper

    def register_people(self, tell: Tell) -> None:
        for key, name, kind in ORGANISATIONS:
            Organisation.objects.get_or_create(key=key, defaults={"name": name, "type": kind})
        for key, name, organisation, role in HANDLERS:
            Handler.objects.get_or_create(
                key=key,
                defaults={
                    "name": name,
                    "organisation": self.organisation(organisation),
                    "role": role,
                    "reported_on": date(self.year, 3, 1),
                },
            )

    @cached_property
    def dossier(self) -> Paper:
        return Paper(PROGRAMME, self.year, date(self.year, 4, 1), self.before, self.who)

    @property
    def ruled(self) -> int:
        return dossier_models.Ruling.objects.filter(programme=PROGRAMME).count()

    def rulings(self) -> list[tuple[str, str, str, tuple[GapEntry, ...]]]:
        """The demo's rulings, openly: finding, which text governs, why, and what of the gap it opens."""
        both = (Direction.PROVIDED, Direction.HANDLED)
        what_and_when = ("eligible_tests", "test_period")
        return [
            (
                "work-not-handled:printing",
                "委託の内容②（印字する12項目）を優先する。",
                "印字する項目を処理しないまま受診券は作れない。処理させる項目の欄の7項目は書き漏れと認められる。",
                _gap_of("work-not-handled:printing"),
            ),
            (
                "voucher_contents",
                "受診券を作るという委託の内容に、受診できる検診の種類と期間が含まれる。",
                "本人がどの検診をいつまで受けられるかを示さない受診券は用をなさない。医療機関への提供は認めない。",
                (
                    GapEntry(party=mailing.PRINTER, items=what_and_when, directions=both),
                    GapEntry(party=mailing.ENCLOSER, items=what_and_when, directions=(Direction.PROVIDED,)),
                ),
            ),
            (
                "re_enclosing_scope",
                "概要（再委託するのは封入封かん業務のみ）を優先する。",
                "再委託先は印字済みの帳票を封入するだけで足りる。作成・印字のためのデータの処理は認めない。",
                (),
            ),
            (
                "work-not-handled:re_enclosing",
                "概要（再委託するのは封入封かん業務のみ）を優先する。",
                "印字は委託先が行うので、再委託先に印字のための項目の処理を認める必要がない。",
                (),
            ),
        ]

    def rule(self, tell: Tell) -> None:
        known = set(dossier_models.Ruling.objects.values_list("finding", flat=True))
        for n, (finding, governs, why, grants) in enumerate(self.rulings(), 1):
            if finding not in known:
                approvals.record_ruling(
                    programme=PROGRAMME,
                    key=f"R{self.year}-{n:02d}",
                    finding=finding,
                    governs=governs,
                    why=why,
                    grants=grants,
                    until=fiscal_year_end(self.year),
                    by=self.who("W101"),
                    now=self.at(4, 1, 9),
                )

    def appoint(self, tell: Tell) -> None:
        for party, key in ((mailing.PRINTER, "toppan-edge"), (mailing.ENCLOSER, "toppan-cp")):
            if Appointment.objects.filter(party=party, organisation__key=key).exists():
                continue
            approvals.appoint(
                programme=PROGRAMME,
                party=party,
                organisation=self.organisation(key),
                valid_from=date(self.year, 4, 1),
                by=self.who("W101"),
                now=self.at(4, 1, 9),
            )

    # --- the people

    @property
    def committed(self) -> Changeset | None:
        return Changeset.objects.filter(kind="residents", state=ChangesetState.COMMITTED).first()

    def import_roster(self, tell: Tell) -> None:
        files = self.ward_files
        note = DeliveryNote.from_file(files.note)
        now = self.at(4, 1, 11)
        staged = Changeset.objects.filter(kind="residents", sha256=note.sha256).exclude(state="discarded").first()
        if staged is None:
            staged = acts.read_roster(
                path=files.roster, kind="residents", stated_on=date(self.year, 3, 1), delivery_note=note,
                by=self.who("W001"), now=now, progress=tell,
            )  # fmt: skip
        if staged.state == ChangesetState.READ:
            acts.review_roster(changeset=staged, by=self.who("W001"), now=now)
        acts.commit_roster(changeset=staged, by=self.who("W002"), now=now, progress=tell)

    def import_history(self, tell: Tell) -> None:
        files = self.ward_files
        note = DeliveryNote.from_file(files.history_note)
        history.import_history(path=files.history, sha256=note.sha256, by=self.who("W001"), now=self.at(4, 1, 13))

    # --- the run

    def judge(self, tell: Tell) -> None:
        assess.open_run(fiscal_year=self.year, by=self.who("W001"), now=self.at(4, 2))

    def confirm(self, tell: Tell) -> None:
        assess.confirm_difference(run=self.run, by=self.who("W002"), now=self.at(4, 2, 11))

    def number(self, tell: Tell) -> None:
        assess.assign_numbers(run=self.run, by=self.who("W001"), now=self.at(4, 2, 13))

    def prove(self, tell: Tell) -> None:
        assess.prove_glyphs(run=self.run, by=self.who("W001"), now=self.at(4, 2, 14))
        for question in GlyphQuestion.objects.filter(run=self.run, decision=""):
            assess.decide_glyph(
                question=question,
                decision=GlyphQuestion.Decision.INDIVIDUAL,
                by=self.who("W002"),
                now=self.at(4, 2, 15),
            )
        assess.finish_proof(run=self.run, by=self.who("W002"), now=self.at(4, 2, 15))

    @property
    def noticed(self) -> bool:
        return self.begun is not None and hasattr(self.run, "volume_notice")

    def notice(self, tell: Tell) -> None:
        mailing.give_volume_notice(
            run=self.run, planned_on=date(self.year, 4, 3), by=self.who("W001"), now=self.at(4, 2, 16)
        )

    def prepare(self, tell: Tell) -> None:
        mailing.hand_over(
            run=self.run, printer=self.organisation("toppan-edge"), by=self.who("W001"), now=self.at(4, 3, 9)
        )

    # --- handing over

    def handed(self, step: str) -> Handover | None:
        found = Handover.objects.filter(programme=PROGRAMME, fiscal_year=self.year, step=step)
        return found.exclude(state="withdrawn").select_related("receiver", "sender").first()

    def handover(self, step: str) -> Handover:
        handover = self.handed(step)
        assert handover is not None, step  # noqa: S101 - the stages come in order
        return handover

    ORDER = ("prepared", "sealed", "released", "acknowledged", "returned", "erased", "certified")

    def reached(self, step: str, state: str) -> bool:
        handover = self.handed(step)
        return handover is not None and self.ORDER.index(handover.state) >= self.ORDER.index(state)

    def delivered(self, what: str) -> bool:
        handover = self.handed("①")
        return handover is not None and handover.deliveries.filter(what=what).exists()

    def seal(self, tell: Tell) -> None:
        handovers.seal(handover=self.handover("①"), by=self.who("W001"), now=self.at(4, 3, 10))

    def release(self, tell: Tell) -> None:
        handovers.release(
            handover=self.handover("①"), by=self.who("W002"), now=self.at(4, 3, 11), due=date(self.year, 6, 30)
        )

    @property
    def exchange_folder(self) -> Path:
        folder = self.folder / "lgwan"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def deliver(self, tell: Tell) -> None:
        handovers.deliver(
            handover=self.handover("①"),
            transport=DirectoryTransport(self.exchange_folder),
            by=self.who("W002"),
            now=self.at(4, 3, 11),
            occasion=f"LGWAN {self.year}-04-03",
        )

    def tell_password(self, tell: Tell) -> None:
        handover, to = self.handover("①"), self.who("E901")
        now = self.at(4, 3, 15)
        if self.delivered(Delivery.What.PASSWORD):  # stopped before the notice was on paper: the same notice again
            password = password_of(handover)
        else:
            password = handovers.notify_password(
                handover=handover, to=to, occasion=f"手渡し {self.year}-04-03 午後", by=self.who("W002"), now=now
            )
        pdf = documents.password_notice(
            handover, password=password, to=to, by=self.who("W002"), now=now, contact=OFFICE.telephone
        )
        write_whole(self.notice_file, pdf)

    @property
    def notice_file(self) -> Path:
        return self.folder / "notices" / f"{self.handover('①').number}-password.pdf"

    @property
    def told(self) -> bool:
        return self.delivered(Delivery.What.PASSWORD) and self.notice_file.exists()

    def receive(self, tell: Tell) -> None:
        """The printer opens the file that arrived, with the password of the notice, and counts."""
        handover = self.handover("①")
        handovers.receive(
            path=self.exchange_folder / handover.package_name,
            password=password_of(handover),
            by=self.who("E001"),
            now=self.at(4, 4),
        )

    def print_sheets(self, tell: Tell) -> None:
        total, done = self.handover("①").rows, 0

        def on_done(batch: Batch) -> None:
            nonlocal done
            done += batch.pages
            tell(done, total)

        mailing.print_sheets(
            run=self.run,
            folder=self.folder / "vouchers",
            office=OFFICE,
            by=self.who("E001"),
            now=self.at(4, 7),
            on_done=on_done,
        )

    @property
    def second_sheet(self) -> Sheet | None:
        return Sheet.objects.filter(voucher__run=self.run, reprint_of__isnull=False).first()

    @property
    def reprinted(self) -> bool:
        return self.second_sheet is not None and drawn(self.folder / "reprints" / self.second_sheet.code)

    def reprint(self, tell: Tell) -> None:
        spoiled = living(self.run).order_by("sequence")[0]
        sheet = self.second_sheet or mailing.reprint(
            run=self.run, code=spoiled.code, reason="断裁機での汚損", requested_by=self.who("E001"),
            by=self.who("W002"), now=self.at(4, 8),
        )  # fmt: skip
        mailing.draw_reprint(
            sheet=sheet, folder=self.folder / "reprints", office=OFFICE, by=self.who("E001"), now=self.at(4, 8, 11)
        )

    def _paper(self, step: str, key: str, party: str, day: int) -> None:
        """One handover of paper by the printer: prepared, sealed, released by the responsible handler, counted."""
        handover = self.handed(step)
        if handover is None:
            handover = mailing.pass_sheets(
                run=self.run, receiver=self.organisation(key), party=party, step=step, by=self.who("E001"),
                now=self.at(4, day),
            )  # fmt: skip
        if handover.state == "prepared":
            handovers.seal(handover=handover, by=self.who("E001"), now=self.at(4, day, 11))
        if handover.state == "sealed":
            handovers.release(
                handover=handover, by=self.who("E901"), now=self.at(4, day, 13), due=date(self.year, 6, 30)
            )
        if handover.state == "released":
            taker = self.who("C001" if key == "toppan-cp" else "W001")
            handovers.acknowledge(
                handover=handover,
                rows=handover.rows,
                digest=handover.digest,
                sheets=living(self.run).count(),
                by=taker,
                now=self.at(4, day, 15),
            )

    def pass_on(self, tell: Tell) -> None:
        self._paper("④", "toppan-cp", mailing.ENCLOSER, 9)

    def enclose(self, tell: Tell) -> None:
        """The encloser's machine reads the codes in printing order and writes them to a file."""
        codes = list(living(self.run).order_by("sequence").values_list("code", flat=True))
        write_whole(self.folder / "codes.txt", ("\n".join(codes) + "\n").encode())
        read = (self.folder / "codes.txt").read_text().split()
        mailing.read_back(run=self.run, codes=read, by=self.who("C001"), now=self.at(4, 14))

    @property
    def brought_back(self) -> bool:
        return RegisterEntry.objects.filter(programme=PROGRAMME, act="forms").exists()

    def bring_back(self, tell: Tell) -> None:
        enclosed = self.handover("④")
        if enclosed.state == "acknowledged":
            erasure.give_back(
                handover=enclosed, by=self.who("C001"), now=self.at(4, 15), remark="封入封かん後の郵便物と残部帳票"
            )
        controller = next(p.key for p in in_force(PROGRAMME, date(self.year, 4, 15)).dossier.parties
                          if p.role == "controller")  # fmt: skip
        self._paper("⑥", "ward", controller, 16)
        if not self.brought_back:
            mailing.return_blank_forms(run=self.run, forms=200, by=self.who("E001"), now=self.at(4, 16, 16))

    def post(self, tell: Tell) -> None:
        pieces = living(self.run).count()
        mailing.post(run=self.run, pieces=pieces, by=self.who("W002"), now=self.at(4, 25))

    # --- the ward's own

    @property
    def own_list_open(self) -> bool:
        return self.own_sheets.filter(state__in=["issued", "printed"]).exists()

    @property
    def own_sheets(self) -> QuerySet[Sheet]:
        return Sheet.objects.filter(voucher__run=self.run, voucher__channel=Voucher.Channel.WARD)

    def own_list(self, tell: Tell) -> None:
        if self.own_sheets.filter(state="issued").exists():
            individual.print_own_list(
                run=self.run, folder=self.folder / "own-list", office=OFFICE, by=self.who("W001"),
                now=self.at(4, 25, 13),
            )  # fmt: skip
        pieces = self.own_sheets.filter(state="printed").count()
        individual.post_own_list(run=self.run, pieces=pieces, by=self.who("W002"), now=self.at(4, 25, 15))

    def after_posting(self, tell: Tell) -> None:
        written_to = Voucher.objects.filter(run=self.run, channel=Voucher.Channel.PRINTER).order_by("-person__number")
        voucher, now = written_to.select_related("person")[0], self.at(5, 12)
        again = voucher.sheets.filter(reprint_of__isnull=False, voided_at=None).first()
        if again is None:
            individual.look_up(
                person=voucher.person, fiscal_year=self.year, reason="本人からの電話（受診券の紛失）",
                by=self.who("W001"), now=now,
            )  # fmt: skip
            individual.issue_late(run=self.run, person=voucher.person, reason="紛失", by=self.who("W001"), now=now)
        if again is None or again.state == Sheet.State.ISSUED:
            individual.release_late(
                voucher=voucher, folder=self.folder / "late", office=OFFICE, by=self.who("W002"),
                now=self.at(5, 12, 14),
            )  # fmt: skip
        posted = living(self.run).filter(state="posted").order_by("sequence")[0]
        individual.record_returned_mail(
            code=posted.code, cause="宛所に尋ねあたらず", by=self.who("W001"), now=self.at(5, 20)
        )

    # --- gone

    def certificate_file(self, issued: Certificate) -> Path:
        return self.folder / "certificates" / f"{issued.number}.pdf"

    def erased(self) -> bool:
        issued = Certificate.objects.filter(
            confirmed_at__isnull=False, handover__programme=PROGRAMME, handover__step__in=["①", "④"]
        )
        return issued.count() == 2 and all(self.certificate_file(one).exists() for one in issued)

    def erase(self, tell: Tell) -> None:
        for step, by, responsible in (("④", "C001", "C901"), ("①", "E001", "E901")):
            handover = self.handover(step)
            if handover.state == "acknowledged":
                (self.exchange_folder / handover.package_name).unlink(missing_ok=True)
                erasure.erase(handover=handover, by=self.who(by), now=self.at(6, 10))
            issued = Certificate.objects.filter(handover=handover).first() or erasure.certify(
                handover=handover, by=self.who(responsible), now=self.at(6, 11)
            )
            if issued.confirmed_at is None:
                erasure.confirm(certificate=issued, by=self.who("W001"), now=self.at(6, 13))
            issued.refresh_from_db()
            write_whole(self.certificate_file(issued), documents.certificate(issued))

    def close(self, tell: Tell) -> None:
        if self.run.state == State.POSTED:
            mailing.close_run(run=self.run, by=self.who("W002"), now=self.at(3, 31, 9))
        erasure.close_year(programme=PROGRAMME, fiscal_year=self.year, by=self.who("W101"), now=self.at(3, 31, 15))

    def write_papers(self, tell: Tell) -> None:
        """What a ward files: register, totals, notice, slips, the flow as approved and ruled, the auditor's log."""
        folder = self.folder / "papers"
        folder.mkdir(exist_ok=True)
        now, officer = self.at(3, 31, 16), self.who("W001")
        entries = RegisterEntry.objects.select_related("handover").order_by("pk")
        printed, scope = f"{documents.when(now)} {officer.name}", f"{self.year}年度"
        pdfs = {
            "register": documents.register(entries, title="個人情報管理簿", scope=scope, printed=printed),
            "run-summary": papers.run_summary(run=self.run, by=officer, now=now),
            "volume-notice": papers.volume_notice(
                notice=self.run.volume_notice, receiver=self.organisation("toppan-edge").name, office=OFFICE
            ),
        }
        for handover in Handover.objects.exclude(state="withdrawn").select_related("sender", "receiver"):
            pdfs[f"slip-{handover.number}"] = slips.handover_slip(handover, now=now)
        for name, pdf in pdfs.items():
            (folder / f"{name}.pdf").write_bytes(pdf)
        approved = in_force(PROGRAMME, date(self.year, 6, 1))
        picture = flow(approved.dossier, find(approved.dossier), approved.rulings)
        (folder / "flow.svg").write_text(picture, encoding="utf-8")
        draft = self.folder / "witness.part"
        shutil.rmtree(draft, ignore_errors=True)  # of a demo that was killed while it wrote
        export(draft)
        draft.rename(self.folder / "witness")

    # --- what came of it

    def summary(self, beside: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
        """``beside``: programme → its figures, as of the stages that were played beside these."""
        counted = assess.counts_of(self.run)
        sheets = Sheet.objects.filter(voucher__run=self.run).exclude(voucher__channel=Voucher.Channel.LATE)
        first = sheets.filter(reprint_of=None)
        posted = (
            first.filter(state__in=["posted", "returned"]).count()
            + first.filter(state="voided", reprint__state__in=["posted", "returned"]).count()
        )
        entries = log.size()
        return {
            "residents": Resident.objects.count(),
            "programmes": {
                PROGRAMME: {
                    **counted,
                    "pages": first.exclude(state="issued").count(),
                    "posted": posted,
                    **self.results.summary(),
                },
                **beside,
            },
            "custody": {
                "open_balances": len(book.open_balances(home=settings.AZUKARI_HOME)),
                "certificates": Certificate.objects.filter(confirmed_at__isnull=False).count(),
                "handovers": Handover.objects.exclude(state="withdrawn").count(),
            },
            "witness": {"entries": entries, "verified": not verify_log(keys.verifier()).problems},
        }


def drawn(folder: Path) -> bool:
    """Whether a single sheet's batch is complete: its note is written last."""
    return (folder / "00001.json").exists()


def _gap_of(finding_key: str) -> tuple[GapEntry, ...]:
    """Everything that a finding of the paper holds back."""
    paper = read_dossier(Path(settings.AZUKARI_PROGRAMMES) / PROGRAMME / "dossier.toml")
    return next(f.gap for f in find(paper) if f.key == finding_key)
