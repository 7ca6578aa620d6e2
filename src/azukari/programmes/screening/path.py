"""The order of a run, from the roster to the closing, with who did what and whose turn it is: the run's navigation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody.models import Certificate, Delivery, Handover, RegisterEntry
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Changeset, ChangesetState
from azukari.witness.models import Entry
from azukari.witness.reading import day_begins

from .models import AddressHold, ControlTotal, GlyphQuestion, History, Run, Sheet, Stop, VolumeNotice
from .steps.mailing import ENCLOSER
from .steps.state import GONE, PROGRAMME

H = Handover.State
S = Run.State
RELEASED = (H.RELEASED, H.ACKNOWLEDGED, H.REFUSED, H.RETURNED, H.ERASED, H.CERTIFIED)
TAKEN = (H.ACKNOWLEDGED, H.RETURNED, H.ERASED, H.CERTIFIED)
ORDER = list(Run.State)
OWN = (Stop.Reason.PROTECTED, Stop.Reason.GLYPH)
"""Whom the ward itself writes to; such a stop is settled when that piece was posted."""


class PathState(StrEnum):
    DONE = "done"
    CURRENT = "current"
    WAITING = "waiting"
    HALTED = "halted"

    @property
    def label(self) -> str:
        return str(_PATH_LABELS[self])


_PATH_LABELS = {
    PathState.DONE: gettext_lazy("済"),
    PathState.CURRENT: gettext_lazy("いまここ"),
    PathState.WAITING: gettext_lazy("これから"),
    PathState.HALTED: gettext_lazy("停止中"),
}


@dataclass(frozen=True)
class PathStep:
    """One step: ``act`` (a key of ``parties.roles.ACTS``) is what does it, ``turn`` whose turn that is, in Japanese.

    ``who`` and ``at`` where it was recorded. ``as_needed``: the run goes on without it. ``handover``: its number.
    """

    key: str
    name: str
    state: PathState
    act: str
    turn: str
    who: str = ""
    at: datetime | None = None
    words: str = ""
    handover: str = ""
    as_needed: bool = False


@dataclass
class Done:
    """What is known of one step before it is put in its place."""

    done: bool
    who: str = ""
    at: datetime | None = None
    words: str = ""
    handover: str = ""


OFFICER, ANOTHER = gettext_lazy("区職員"), gettext_lazy("区職員（前の操作をした人とは別の人）")
PRINTER, ENCLOSING = gettext_lazy("印字の委託先"), gettext_lazy("封入封かんの再委託先")
STEPS = (
    ("roster", gettext_lazy("住民名簿の確定"), "people.commit", OFFICER),
    ("history", gettext_lazy("受診歴の取込み"), "people.import", OFFICER),
    ("judge", gettext_lazy("対象者の判定"), "run.prepare", OFFICER),
    ("confirm", gettext_lazy("前年度との差の確認"), "run.confirm", ANOTHER),
    ("numbers", gettext_lazy("番号の付番"), "run.prepare", OFFICER),
    ("proof", gettext_lazy("字形の確認"), "run.confirm", OFFICER),
    ("notice", gettext_lazy("件数予告"), "run.prepare", OFFICER),
    ("hand_over", gettext_lazy("委託先データの準備"), "run.prepare", OFFICER),
    ("seal", gettext_lazy("封"), "handover.seal", OFFICER),
    ("release", gettext_lazy("放出"), "handover.release", ANOTHER),
    ("deliver", gettext_lazy("データの送達"), "handover.release", OFFICER),
    ("password", gettext_lazy("パスワードの通知"), "handover.password", OFFICER),
    ("acknowledged", gettext_lazy("委託先の受領確認"), "handover.acknowledge", PRINTER),
    ("printed", gettext_lazy("受診券の印字"), "run.work", PRINTER),
    ("reprints", gettext_lazy("汚損等の再発行"), "run.confirm", gettext_lazy("区職員（申請は印字の委託先）")),
    ("passed_on", gettext_lazy("再委託先への帳票の引渡し"), "handover.release", PRINTER),
    ("enclosed", gettext_lazy("封入封かんと照合"), "run.work", ENCLOSING),
    ("delivered", gettext_lazy("郵便物の納品"), "handover.acknowledge", gettext_lazy("印字の委託先、受領は区職員")),
    ("posted", gettext_lazy("発送"), "run.confirm", OFFICER),
    ("own_list", gettext_lazy("区の直接送付分"), "run.confirm", ANOTHER),
    ("returned_mail", gettext_lazy("返戻の記録"), "run.prepare", OFFICER),
    ("erased", gettext_lazy("消去と消去証明書"), "handover.certify", gettext_lazy("取扱責任者、確認は区職員")),
    ("closed", gettext_lazy("年次処理の完了"), "run.confirm", OFFICER),
)
WITH_PEOPLE = (
    "roster",
    "started_by",
    "confirmed_by",
    "handover__prepared_by",
    "handover__sealed_by",
    "handover__released_by",
    "handover__acknowledged_by",
)
AS_NEEDED = {"history", "reprints", "returned_mail"}
STAGE_OF_HALT = {S.HANDED: "printed", S.PRINTED: "enclosed", S.ENCLOSED: "posted"}
"""Where a run stands that a control total has halted: the step that did not balance."""
LOGGED = {
    "受診歴の取込み": "history",
    "番号の付番": "numbers",
    "字形の確認の完了": "proof",
    "区の直接送付分の発送": "own_list",
    "年次処理の完了": "closed",
}
"""Acts that leave no name in the run's own records: the log knows who did them."""


def reached(run: Run, state: Run.State) -> bool:
    return ORDER.index(S(run.state)) >= ORDER.index(state)


def path(run: Run | None, on: date) -> list[PathStep]:
    """Every step in order; the first that is not done is where the run stands. For the ward: it names everybody.

    A fixed number of queries, none of them over the persons or the sheets of the run.
    """
    if run is None:
        found = {"roster": _of_roster(_latest_roster())}
    else:
        run = Run.objects.select_related(*WITH_PEOPLE).get(pk=run.pk)
        found = {"roster": _of_roster(run.roster), **_before_leaving(run), **_printers_data(run), **_after(run)}
    found["history"] = Done(History.objects.exists())
    for key, (who, at) in _logged(run, on).items():
        if found[key].done and not found[key].who:
            found[key].who, found[key].at = who, at
    names = dict(Handler.objects.filter(key__in={d.who for d in found.values() if d.who}).values_list("key", "name"))
    return _placed(run, found, names)


def _placed(run: Run | None, found: Mapping[str, Done], names: Mapping[str, str]) -> list[PathStep]:
    halted = STAGE_OF_HALT.get(S(run.state)) if run and run.halted else None
    steps, stands = [], halted is None
    for key, name, act, turn in STEPS:
        known = found.get(key, Done(False))
        state = PathState.DONE if known.done else PathState.WAITING
        words = known.words
        if run is not None and key == halted:
            state, words, act, turn = PathState.HALTED, run.halted, "custody.settle", OFFICER
        elif stands and not known.done and key not in AS_NEEDED:
            state, stands = PathState.CURRENT, False
        who = names.get(known.who, known.who)
        steps.append(
            PathStep(
                key, str(name), state, act, str(turn), who, known.at, words, known.handover, key in AS_NEEDED
            )
        )  # fmt: skip
    return steps


def _latest_roster() -> Changeset | None:
    committed = Changeset.objects.filter(kind="residents", state=ChangesetState.COMMITTED)
    return committed.order_by("-stated_on", "-pk").first()


def _of_roster(roster: Changeset | None) -> Done:
    if roster is None:
        return Done(False)
    words = _("基準日 %(day)s") % {"day": roster.stated_on.isoformat()}
    return Done(True, roster.committed_by, roster.committed_at, words)


def _before_leaving(run: Run) -> dict[str, Done]:
    left = 0
    if run.state == S.NUMBERED:
        left = GlyphQuestion.objects.filter(run=run, decision="").count()
    proof = Done(reached(run, S.PROOFED), words=_("未判断 %(count)s件") % {"count": left} if left else "")
    notice = VolumeNotice.objects.filter(run=run).select_related("sent_by").first()
    told = Done(False)
    if notice is not None:
        words = _("%(count)s件") % {"count": f"{notice.rows:,}"}
        told = Done(True, notice.sent_by.key, notice.sent_at, words)
    return {
        "judge": Done(True, run.started_by.key, run.started_at),
        "confirm": _by(run.confirmed_by, run.confirmed_at, reached(run, S.CONFIRMED)),
        "numbers": Done(reached(run, S.NUMBERED)),
        "proof": proof,
        "notice": told,
    }


def _by(who: Handler | None, at: datetime | None, done: bool = True, words: str = "", handover: str = "") -> Done:
    if not done:
        return Done(False, words=words, handover=handover)
    return Done(True, who.key if who else "", at, words, handover)


def _printers_data(run: Run) -> dict[str, Done]:
    """From the preparation to the printer's acknowledgement; what was withdrawn or given back has to be done again."""
    handover = run.handover
    if handover is None or (run.state == S.HANDED and handover.state in GONE):
        return {key: Done(False) for key in ("hand_over", "seal", "release", "deliver", "password", "acknowledged")}
    state, number = handover.state, handover.number
    deliveries = {d.what: d for d in Delivery.objects.filter(handover=handover).select_related("by")}
    carried, told = deliveries.get(Delivery.What.PACKAGE), deliveries.get(Delivery.What.PASSWORD)
    taken = state in TAKEN
    refused = H.REFUSED.label if state == H.REFUSED else ""
    return {
        "hand_over": _by(handover.prepared_by, handover.prepared_at, handover=number),
        "seal": _by(handover.sealed_by, handover.sealed_at, state != H.PREPARED, handover=number),
        "release": _by(handover.released_by, handover.released_at, state in RELEASED, handover=number),
        "deliver": _by(carried.by if carried else None, handover.delivered_at, bool(carried) or taken, "", number),
        "password": _by(told.by if told else None, told.at if told else None, bool(told) or taken, "", number),
        "acknowledged": _by(handover.acknowledged_by, handover.acknowledged_at, taken, str(refused), number),
    }


def _after(run: Run) -> dict[str, Done]:
    totals: dict[str, ControlTotal] = {}
    for total in run.totals.select_related("by").order_by("pk"):
        totals[total.stage] = total
    papers = passed_on(run)
    on_paper = next((h for h in papers if h.receiver_party == ENCLOSER), None)
    back = next((h for h in papers if h.receiver.type == Organisation.Type.WARD), None)
    return {
        "printed": _counted(totals.get("印字"), reached(run, S.PRINTED)),
        "reprints": _spoiled(run),
        "passed_on": _taken(on_paper, reached(run, S.ENCLOSED)),
        "enclosed": _counted(totals.get("封入"), reached(run, S.ENCLOSED)),
        "delivered": _taken(back, reached(run, S.POSTED)),
        "posted": _counted(totals.get("発送"), reached(run, S.POSTED)),
        "own_list": _own_list(run, totals.get("直接送付")),
        "returned_mail": _returned(run),
        "erased": _erased(run, papers),
        "closed": Done(run.state == S.CLOSED),
    }


def passed_on(run: Run) -> list[Handover]:
    """The paper that went on from the printer, newest first; what was withdrawn left out."""
    if run.handover_id is None:
        return []
    papers = Handover.objects.filter(parent=run.handover_id).exclude(state=H.WITHDRAWN)
    return list(papers.select_related("receiver", "acknowledged_by").defer("items", "columns").order_by("-pk"))


def _counted(total: ControlTotal | None, done: bool) -> Done:
    if total is None or not done:
        return Done(done)
    return Done(True, total.by.key, total.at, _("%(count)s枚") % {"count": f"{total.counted:,}"})


def _taken(handover: Handover | None, done: bool) -> Done:
    if handover is None:
        return Done(done)
    taken = done or handover.state in TAKEN
    words = "" if taken else str(H(handover.state).label)
    return _by(handover.acknowledged_by, handover.acknowledged_at, taken, words, handover.number)


def _spoiled(run: Run) -> Done:
    """Sheets that were spoiled and printed again: the register counts them."""
    if run.handover_id is None:
        return Done(False)
    spoiled = list(RegisterEntry.objects.filter(handover=run.handover_id, act="spoil").order_by("pk"))
    if not spoiled:
        return Done(False)
    words = _("%(count)s枚") % {"count": len(spoiled)}
    return Done(True, spoiled[-1].giver_handler, spoiled[-1].at, words)


def _returned(run: Run) -> Done:
    """Pieces that came back. The holds are few and are read first: a join would begin with the run's sheets."""
    back = AddressHold.objects.filter(sheet__isnull=False, since__gte=localdate(run.started_at))
    count = Sheet.objects.filter(pk__in=list(back.values_list("sheet", flat=True)), voucher__run=run).count()
    return Done(count > 0, words=_("%(count)s通") % {"count": count} if count else "")


def _own_list(run: Run, total: ControlTotal | None) -> Done:
    stops = Stop.objects.filter(run=run, reason__in=OWN)
    counted = stops.aggregate(all=Count("pk"), left=Count("pk", filter=Q(settled_at__isnull=True)))
    if not reached(run, S.PROOFED) or counted["left"]:
        return Done(False, words=_("%(count)s通") % {"count": counted["left"]} if counted["left"] else "")
    if total is None:
        return Done(True, words=_("対象なし"))
    return Done(True, total.by.key, total.at, _("%(count)s通") % {"count": total.counted})


def _erased(run: Run, papers: Iterable[Handover]) -> Done:
    """Done when everything that companies were given is certified and confirmed."""
    if run.handover is None:
        return Done(False)
    given = [run.handover, *(h for h in papers if h.receiver.type != Organisation.Type.WARD)]
    certified = [h for h in given if h.state == H.CERTIFIED]
    words = _("証明書 %(some)s／%(all)s件") % {"some": len(certified), "all": len(given)}
    if len(certified) < len(given):
        return Done(False, words=words if certified else "")
    last = Certificate.objects.filter(handover__in=given).select_related("confirmed_by").order_by("-confirmed_at")[0]
    return _by(last.confirmed_by, last.confirmed_at, words=words)


def _logged(run: Run | None, on: date) -> dict[str, tuple[str, datetime]]:
    """Who did, of the acts of this run, what only the log remembers."""
    around = run.started_at.date() if run else on
    since, until = day_begins(around - timedelta(days=90)), day_begins(around + timedelta(days=400))
    entries = Entry.objects.filter(
        act__in=["people.import", "run.prepare", "run.confirm"],
        programme=PROGRAMME,
        purpose__in=LOGGED,
        recorded_at__range=(since, until),
    )
    found = {}
    for entry in entries.only("purpose", "actor", "recorded_at", "details").order_by("seq"):
        of = entry.details_read.get("fiscal_year")
        if of is None or (run is not None and of == run.fiscal_year):
            found[LOGGED[entry.purpose]] = (entry.actor, entry.recorded_at)
    return {key: who for key, who in found.items() if run is not None or key == "history"}
