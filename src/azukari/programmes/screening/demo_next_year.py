"""What the demo's screens have to do: the year after the one that was played to its end, on a morning in April.

    officers         glyph questions, a roster to review, a package to be released by the second person, a certificate
    printer          a package not yet opened and late, another to be erased by its day
    privacy officer  a changed paper to approve, an overdue obligation, refusals of this morning
    auditor          all of it

Every stage knows whether it was done, as in ``demo_run``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from random import Random

import polars as pl
from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import get_default_timezone, localtime

from azukari.custody import erasure, handovers, lists
from azukari.custody.gate import password_of
from azukari.custody.models import Certificate, Delivery, Handover
from azukari.custody.transport import DirectoryTransport
from azukari.dossier import models as dossier_models
from azukari.dossier.approval import in_force
from azukari.dossier.schema import Medium
from azukari.oversight import documents
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler
from azukari.people import acts
from azukari.people.guard import DeliveryNote
from azukari.people.models import Changeset, ChangesetState, Resident
from azukari.programmes.demo_stage import Stage, Tell, write_whole
from azukari.vocabulary.fiscal import fiscal_year_end
from azukari.vocabulary.wareki import to_wareki
from azukari.witness.models import Entry

from . import demo
from .demo_run import OFFICE, Demo
from .models import GlyphQuestion, Run
from .steps import assess, mailing
from .steps.state import PROGRAMME

PURPOSES = {
    "certified": "転入者への案内状の印字（4月1日分）",
    "held": "転入者への案内状の印字（4月3日分）",
    "late": "転入者への案内状の印字（4月7日分）",
    "sealed": "転入者への案内状の印字（4月13日分）",
}
ITEMS = ("name", "postal_code", "address")
MOVED_OUT, DIED, MOVED_HOUSE, BORN = 30, 6, 60, 25
"""What changes on the new roster, in thousandths of the residents, each at least one person."""

VARIANTS = {
    "吉田": "\U00020bb7田",
    "渡辺": "渡\u9089\U000e0104",
    "渡邉": "渡\u9089\U000e0104",
    "辻": "\u8fbb\U000e0102",
}
MOST_OF_A_NAME = 6
"""So many people of each of these names are written with the variant."""


@dataclass
class NextYear:
    """The fiscal year after the demo's, as far as 14 April."""

    play: Demo

    @property
    def year(self) -> int:
        return self.play.year + 1

    def at(self, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
        return datetime(self.year, month, day, hour, minute, tzinfo=get_default_timezone())

    @property
    def today(self) -> date:
        return date(self.year, 4, 14)

    def morning(self) -> datetime:
        """When the screens' clock starts: this morning, or after the last act of an earlier visit."""
        last = Entry.objects.order_by("-seq").first()
        start = datetime.combine(self.today, time(10), tzinfo=get_default_timezone())
        return start if last is None else max(start, localtime(last.recorded_at) + timedelta(minutes=1))

    def who(self, key: str) -> Handler:
        return self.play.who(key)

    # --- the stages

    def stages(self) -> Iterator[Stage]:
        states = Run.State
        yield Stage("次年度の更新と裁定", lambda: not self.rulings_to_record(), self.renew)
        yield Stage("次年度の名簿の取込み", lambda: self.committed(self.new_year_file), self.import_roster)
        yield Stage("次年度の判定", lambda: self.run is not None, self.judge)
        yield Stage("次年度の差の確認と付番", lambda: self.reached(states.NUMBERED), self.number)
        yield Stage("次年度の字形の確認", self.proved, self.prove)
        yield Stage("委託先に渡す一覧", lambda: all(self.ready(kind) for kind in PURPOSES), self.hand_over_lists)
        yield Stage("付議書の変更の付議", lambda: self.proposed is not None, self.propose)
        yield Stage("今朝の名簿と、拒否された操作", lambda: self.staged_today and self.refused_today, self.this_morning)

    def play_out(self, tell: Callable[[Stage], Tell]) -> None:
        for stage in self.stages():
            if not stage.done():
                stage.do(tell(stage))

    # --- the paper

    def rulings_to_record(self) -> list[int]:
        """Numbers of this year's rulings that are not recorded. The last one of the old year is left to be decided."""
        known = set(dossier_models.Ruling.objects.values_list("key", flat=True))
        count = len(self.play.rulings()) - 1
        return [n for n in range(1, count + 1) if f"R{self.year}-{n:02d}" not in known]

    def renew(self, tell: Tell) -> None:
        officer = self.who("W101")
        if not dossier_models.Renewal.objects.filter(programme=PROGRAMME, fiscal_year=self.year).exists():
            approvals.record_renewal(
                programme=PROGRAMME, clause="*", fiscal_year=self.year, by=officer, now=self.at(3, 26)
            )
        for n in self.rulings_to_record():
            finding, governs, why, grants = self.play.rulings()[n - 1]
            approvals.record_ruling(
                programme=PROGRAMME, key=f"R{self.year}-{n:02d}", finding=finding, governs=governs, why=why,
                grants=grants, until=fiscal_year_end(self.year), by=officer, now=self.at(4, 1, 9),
            )  # fmt: skip

    @property
    def proposed(self) -> dossier_models.Version | None:
        wanted = {"programme": PROGRAMME, "version": self.proposed_version, "submitted_at__isnull": False}
        return dossier_models.Version.objects.filter(**wanted).first()

    @property
    def proposed_version(self) -> str:
        return f"令和{self.year - 2018}年度-1"

    def propose(self, tell: Tell) -> None:
        """A change that waits for the board: the ward wants e-mail no more, and says so on the paper."""
        officer = self.who("W002")
        found = dossier_models.Version.objects.filter(programme=PROGRAMME, version=self.proposed_version).first()
        if found is None:
            original = Path(settings.AZUKARI_PROGRAMMES) / PROGRAMME / "dossier.toml"
            text = original.read_text(encoding="utf-8")
            current = in_force(PROGRAMME, self.today).dossier
            text = text.replace(f'version = "{current.version}"', f'version = "{self.proposed_version}"', 1)
            text = text.replace("number = 150000", "number = 152000", 1)
            text = text.replace(
                "受診券の印字封入封かん業務のうち封入封かんを再委託先が行い", "受診券の封入封かんを再委託先が行い", 1
            )
            path = self.play.folder / "input" / f"dossier-{self.year}.toml"
            path.write_text(text, encoding="utf-8")
            found = approvals.draft_dossier(path=path, by=officer, now=self.at(4, 9))
        approvals.submit_dossier(version=found, by=officer, now=self.at(4, 10))

    # --- the people

    @cached_property
    def rosters(self) -> tuple[Path, Path]:
        """The roster of the year's start and this morning's, each with its delivery note: last year's with changes."""
        folder = self.play.folder / "input"
        before = demo.make_ward(self.play.residents, self.play.year, self.play.seed)
        rng = Random(f"next/{self.play.residents}/{self.year}/{self.play.seed}")  # noqa: S311 - invented people
        new_year = with_variants(changed(before.roster, date(self.year, 3, 1), rng))
        this_morning = changed(new_year, self.today, rng)
        paths = []
        for roster, on in ((new_year, date(self.year, 3, 1)), (this_morning, self.today)):
            ward = demo.Ward(roster, before.history, on, self.year)
            paths.append(demo.write_roster(ward, folder / f"{on:%m%d}", "utf-8-sig").roster)  # with every character
        return paths[0], paths[1]

    @property
    def new_year_file(self) -> Path:
        return self.rosters[0]

    def staged(self, file: Path) -> Changeset | None:
        note = DeliveryNote.from_file(file.with_suffix(".toml"))
        return Changeset.objects.filter(kind="residents", sha256=note.sha256).exclude(state="discarded").first()

    def committed(self, file: Path) -> bool:
        staged = self.staged(file)
        return staged is not None and staged.state == ChangesetState.COMMITTED

    def read(self, file: Path, stated_on: date, by: str, now: datetime, tell: Tell) -> Changeset:
        note = DeliveryNote.from_file(file.with_suffix(".toml"))
        return self.staged(file) or acts.read_roster(
            path=file,
            kind="residents",
            stated_on=stated_on,
            delivery_note=note,
            by=self.who(by),
            now=now,
            progress=tell,
        )

    def import_roster(self, tell: Tell) -> None:
        staged = self.read(self.new_year_file, date(self.year, 3, 1), "W001", self.at(4, 1, 11), tell)
        if staged.state == ChangesetState.READ:
            acts.review_roster(changeset=staged, by=self.who("W001"), now=self.at(4, 1, 13))
        acts.commit_roster(changeset=staged, by=self.who("W002"), now=self.at(4, 1, 14), progress=tell)

    @property
    def staged_today(self) -> bool:
        return self.staged(self.rosters[1]) is not None

    @property
    def refused_today(self) -> bool:
        begin = datetime.combine(self.today, time(0), tzinfo=get_default_timezone())
        return Entry.objects.filter(recorded_at__gte=begin, act="refused").exists()

    def this_morning(self, tell: Tell) -> None:
        if not self.staged_today:
            self.read(self.rosters[1], self.today, "W002", self.at(4, 14, 8, 40), tell)
        if not self.refused_today:
            sealed = self.given("sealed")
            for key, minute in (("W001", 10), ("W901", 25)):  # who sealed it, and who only reads
                with suppress(NotPermitted, PermissionError):
                    handovers.release(handover=sealed, by=self.who(key), now=self.at(4, 14, 9, minute), due=self.due)

    # --- the run

    @property
    def run(self) -> Run | None:
        return Run.objects.filter(fiscal_year=self.year).first()

    @property
    def opened(self) -> Run:
        return Run.objects.get(fiscal_year=self.year)

    def reached(self, state: Run.State) -> bool:
        order = list(Run.State)
        return self.run is not None and order.index(Run.State(self.opened.state)) >= order.index(state)

    def judge(self, tell: Tell) -> None:
        assess.open_run(fiscal_year=self.year, by=self.who("W001"), now=self.at(4, 8))

    def number(self, tell: Tell) -> None:
        if not self.reached(Run.State.CONFIRMED):
            assess.confirm_difference(run=self.opened, by=self.who("W002"), now=self.at(4, 8, 14))
        assess.assign_numbers(run=self.opened, by=self.who("W001"), now=self.at(4, 9))

    def proved(self) -> bool:
        return Entry.objects.filter(recorded_at__gte=self.at(4, 13, 8), act="run.prepare").exists()

    def prove(self, tell: Tell) -> None:
        """The questions are listed; half of them are decided, the rest is this morning's work."""
        assess.prove_glyphs(run=self.opened, by=self.who("W001"), now=self.at(4, 13, 9))
        questions = list(GlyphQuestion.objects.filter(run=self.opened, decision="").order_by("pk"))
        for question in questions[: len(questions) // 2]:
            assess.decide_glyph(
                question=question, decision=GlyphQuestion.Decision.INDIVIDUAL, by=self.who("W002"),
                now=self.at(4, 13, 15),
            )  # fmt: skip

    # --- what the printer has

    @property
    def due(self) -> date:
        return date(self.year, 4, 24)

    def given(self, kind: str) -> Handover:
        return Handover.objects.select_related("receiver", "sender").get(purpose=PURPOSES[kind])

    def ready(self, kind: str) -> bool:
        last = {"certified": "erased", "held": "acknowledged", "late": "released", "sealed": "sealed"}[kind]
        found = Handover.objects.filter(purpose=PURPOSES[kind]).first()
        if found is None or Demo.ORDER.index(found.state) < Demo.ORDER.index(last):
            return False
        if kind == "certified":
            return Certificate.objects.filter(handover=found).exists()
        return kind != "late" or found.deliveries.filter(what=Delivery.What.PASSWORD).exists()

    def hand_over_lists(self, tell: Tell) -> None:
        numbers = list(_sendable().values_list("number", flat=True)[:40])
        share = max(len(numbers) // 4, 1)
        for n, (kind, day) in enumerate(zip(PURPOSES, (1, 3, 7, 13), strict=True)):
            if not self.ready(kind):
                self.hand_over(kind, day, numbers[n * share : (n + 1) * share] or numbers[:1])
            tell(n + 1, len(PURPOSES))

    def hand_over(self, kind: str, day: int, numbers: Sequence[str]) -> None:
        officer, second, month = self.who("W001"), self.who("W002"), 4
        handover = Handover.objects.filter(purpose=PURPOSES[kind]).first() or lists.prepare_list(
            programme=PROGRAMME, step="①", receiver=self.play.organisation("toppan-edge"), party=mailing.PRINTER,
            kind="residents", items=ITEMS, numbers=numbers, purpose=PURPOSES[kind], medium=Medium.LGWAN,
            accept_replacements="案内状は字形の確認を済ませた", by=officer, now=self.at(month, day, 13),
        )  # fmt: skip
        if handover.state == "prepared":
            handovers.seal(handover=handover, by=officer, now=self.at(month, day, 13, 30))
        if kind == "sealed":
            return
        if handover.state == "sealed":
            handovers.release(handover=handover, by=second, now=self.at(month, day, 14), due=self.due)
        if not handover.deliveries.filter(what=Delivery.What.PACKAGE).exists():
            handovers.deliver(
                handover=handover, transport=DirectoryTransport(self.play.exchange_folder), by=second,
                now=self.at(month, day, 14, 30), occasion=f"LGWAN {self.year}-{month:02d}-{day:02d}",
            )  # fmt: skip
        self.tell_password(handover, second, self.at(month, day, 17))
        if kind != "late":
            self.work(kind, handover, day)

    def tell_password(self, handover: Handover, by: Handler, now: datetime) -> None:
        """Told to the printer's responsible handler by hand; the notice lies with the demo's papers."""
        to, notice = self.who("E901"), self.play.folder / "notices" / f"{handover.number}-password.pdf"
        if not handover.deliveries.filter(what=Delivery.What.PASSWORD).exists():
            occasion = f"手渡し {now:%Y-%m-%d} 夕方"
            handovers.notify_password(handover=handover, to=to, occasion=occasion, by=by, now=now)
        if not notice.exists():
            secret = password_of(handover)
            contact = OFFICE.telephone
            write_whole(
                notice, documents.password_notice(handover, password=secret, to=to, by=by, now=now, contact=contact)
            )

    def work(self, kind: str, handover: Handover, day: int) -> None:
        """The printer opens and counts it; one of the lists it has erased and certified already."""
        worker = self.who("E001")
        arrived = self.play.exchange_folder / handover.package_name
        if handover.state == "released":
            handovers.receive(path=arrived, password=password_of(handover), by=worker, now=self.at(4, day, 17, 30))
            handover.refresh_from_db()
        if kind == "held":
            return
        if handover.state == "acknowledged":
            arrived.unlink(missing_ok=True)
            erasure.erase(handover=handover, by=worker, now=self.at(4, 10, 11))
        if not Certificate.objects.filter(handover=handover).exists():
            erasure.certify(handover=handover, by=self.who("E901"), now=self.at(4, 10, 16))


def _sendable() -> QuerySet[Resident]:
    """Residents who live here and may be written to, lowest number first."""
    here = Resident.objects.filter(moved_out_on=None, died_on=None, protected=False)
    return here.exclude(address="").order_by("number")


def changed(roster: pl.DataFrame, on: date, rng: Random) -> pl.DataFrame:
    """The roster some time later: people moved out, died, moved house, were born; everybody else is as before."""
    rows = roster.to_dicts()
    here = [row for row in rows if not row["転出日"] and not row["死亡日"] and row["支援措置"] == "0"]
    counts = [max(1, len(rows) * share // 1000) for share in (MOVED_OUT, DIED, MOVED_HOUSE, BORN)]
    chosen = iter(rng.sample(here, min(sum(counts), len(here))))
    today = to_wareki(on, "code")
    out, died, moved, born = ([row for _, row in zip(range(count), chosen, strict=False)] for count in counts)
    for row in out:
        row["転出日"] = today
    for row in died:
        row["死亡日"] = today
    for row, other in zip(moved, rng.sample(here, len(moved)), strict=True):
        row |= {name: other[name] for name in ("郵便番号", "住所", "方書")}
    number = max(int(row["宛名番号"]) for row in rows)
    for parent in born:
        number += rng.randint(1, 9)
        rows.append(_child(parent, f"{number:015d}", today, rng))
    return pl.DataFrame({header: [row[header] for row in rows] for header in demo.HEADERS})


def with_variants(roster: pl.DataFrame) -> pl.DataFrame:
    """Some families' names as the register now writes them: characters and variants that ordinary fonts lack."""
    rows = roster.to_dicts()
    for plain, variant in VARIANTS.items():
        named = [r for r in rows if r["氏名"].startswith(plain) and not r["転出日"] and not r["死亡日"]]
        for row in named[:MOST_OF_A_NAME]:
            row["氏名"] = variant + row["氏名"].removeprefix(plain)
    return pl.DataFrame({header: [row[header] for row in rows] for header in demo.HEADERS})


def _child(parent: dict[str, str], number: str, born: str, rng: Random) -> dict[str, str]:
    sex = rng.choice("12")
    own = {"宛名番号": number, "生年月日": born, "住民となった日": born, "性別": sex, "電話番号": "", "旧氏名": ""}
    return {**parent, **own, **_child_name(parent, sex, rng)}


def _child_name(parent: dict[str, str], sex: str, rng: Random) -> dict[str, str]:
    if not parent["氏名"] or not parent["氏名カナ"]:
        return {}
    given, kana = rng.choice(
        (("陽葵", "ヒマリ"), ("結菜", "ユイナ")) if sex == "2" else (("陽翔", "ハルト"), ("蓮", "レン"))
    )
    family, family_kana = parent["氏名"].split("\u3000")[0], parent["氏名カナ"].split("\u3000")[0].split(" ")[0]
    return {"氏名": f"{family}\u3000{given}", "氏名カナ": f"{family_kana}\u3000{kana}"}
