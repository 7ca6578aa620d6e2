"""What waits once vouchers are out: results, follow-up and payment for the ward; windows and sheets for its parties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody.gate import parties_of
from azukari.custody.models import Handover
from azukari.keying.models import PaperSheet
from azukari.oversight.todo import MOST, Todo, may
from azukari.parties.models import Handler

from .follow_up import Act
from .models import FollowUpLetter, LaboratoryOrder, ResultRow, Statement, VisitTest
from .steps import follow_up_cases, laboratory, own_visits, paper, result_rows
from .steps.state import PROGRAMME
from .steps.visits import INSTITUTIONS

H = Handover.State
Paper = PaperSheet.State
BY_ACT = {
    Act.LETTER.value: gettext_lazy("精密検査の案内%(count)s件を作成する"),
    Act.REMINDER.value: gettext_lazy("精密検査の再勧奨%(count)s件を作成する"),
    Act.PHONE.value: gettext_lazy("精密検査：電話で確かめる時期が来た%(count)s件を進める"),
    Act.DECIDE.value: gettext_lazy("精密検査：終了するかを決める時期が来た%(count)s件を決める"),
    follow_up_cases.READY: gettext_lazy("精密検査の結果を把握した%(count)s件を終了する"),
}
RELEASE = gettext_lazy("精密検査の案内%(count)s通を数えて発送する")
RELEASE_OTHER = gettext_lazy("精密検査の案内%(count)s通の発送（作成した人とは別の人が必要）")
APPROVE = gettext_lazy("%(month)sの委託料の明細%(count)s件を承認する")
APPROVE_OTHER = gettext_lazy("%(month)sの委託料の明細%(count)s件の承認（作成した人とは別の人が必要）")
OF_BATCH = {
    "key_sheets": gettext_lazy("結果票%(count)s枚を入力する"),
    "third_look": gettext_lazy("二回の入力が違う%(count)s枚を決める"),
    "deliver_batch": gettext_lazy("入力した%(count)s枚を区へ納品する"),
}
WRITTEN = (Act.LETTER.value, Act.REMINDER.value)


def of_ward(handler: Handler, on: date) -> Iterator[Todo]:
    """Five queries at most, none over persons."""
    if may(handler, "result.take"):
        yield from _deliveries()
    if may(handler, "follow_up.record"):
        yield from _follow_up(handler, on)
    if may(handler, "billing.approve"):
        yield from _statements(handler)


def _deliveries() -> Iterator[Todo]:
    if count := result_rows.to_take().order_by().count():
        yield Todo("take_results", _("届いた結果の納品%(count)s件を取り込む") % {"count": count}, programme=PROGRAMME)
    open_rows = ResultRow.objects.filter(state=ResultRow.State.OUTSTANDING).order_by("batch")
    for batch, count in open_rows.values_list("batch").annotate(n=Count("pk"))[:MOST]:
        text = _("取り込んだ結果のうち、決まっていない%(count)s行を見る") % {"count": f"{count:,}"}
        yield Todo("settle_results", text, programme=PROGRAMME, reference=str(batch))


def _follow_up(handler: Handler, on: date) -> Iterator[Todo]:
    """By act; letters that wait in a batch for their release are not counted again, their release is."""
    due_in_batch = Count("cases", filter=Q(cases__closed_at=None, cases__next_act=F("kind"), cases__next_due__lte=on))
    batches = list(FollowUpLetter.objects.filter(released_at=None).annotate(due=due_in_batch).order_by("pk")[:MOST])
    prepared: Counter[str] = Counter()
    for batch in batches:
        prepared[batch.kind] += batch.due
    for one in follow_up_cases.due_counts(on=on):
        count = one.cases if one.act == follow_up_cases.READY else one.due - prepared[one.act]
        if count > 0:
            text = BY_ACT[one.act] % {"count": f"{count:,}"}
            yield Todo(_kind(one.act), text, programme=PROGRAMME, reference=one.act, overdue=one.overdue > 0)
    for batch in batches:
        yield _release(handler, batch)


def _kind(act: str) -> str:
    if act in WRITTEN:
        return "prepare_letters"
    return "follow_up" if act else "close_cases"


def _release(handler: Handler, batch: FollowUpLetter) -> Todo:
    able = batch.prepared_by_id != handler.pk and may(handler, "follow_up.release")
    words = (RELEASE if able else RELEASE_OTHER) % {"count": f"{batch.letters:,}"}
    return Todo("release_letters", words, programme=PROGRAMME, reference=str(batch.pk), able=able)


def _statements(handler: Handler) -> Iterator[Todo]:
    """By month: those that this person can approve, and those that only another can."""
    waiting = Statement.objects.filter(approved_at=None).order_by("month").values_list("month")
    own = Q(prepared_by=handler)
    counted = waiting.annotate(others=Count("pk", filter=~own), mine=Count("pk", filter=own))
    for month, others, mine in counted[:MOST]:
        named = _("%(year)s年%(month)s月") % {"year": month.year, "month": month.month}
        for count, text in ((others, APPROVE), (mine, APPROVE_OTHER)):
            if count:
                words = text % {"month": named, "count": count}
                able = text is APPROVE
                yield Todo("approve_statements", words, programme=PROGRAMME, reference=f"{month:%Y-%m}", able=able)


def of_company(handler: Handler, on: date) -> Iterator[Todo]:
    """What its windows, orders and batches of sheets ask of it, by the parties that it is that day."""
    parties = set(parties_of(handler.organisation, PROGRAMME, on))
    if parties & set(INSTITUTIONS) and may(handler, "visit.record"):
        yield from _of_institution(handler)
    if laboratory.PARTY in parties and may(handler, "data.enter"):
        orders = LaboratoryOrder.objects.filter(handover__receiver=handler.organisation, handover__state=H.ACKNOWLEDGED)
        if count := orders.filter(state=LaboratoryOrder.State.ORDERED).count():
            yield Todo("report_specimens", _("検体%(count)s件の結果を報告する") % {"count": count}, programme=PROGRAMME)
    if paper.DATA_ENTRY in parties:
        yield from _of_data_entry(handler)


def _of_institution(handler: Handler) -> Iterator[Todo]:
    waiting = VisitTest.objects.filter(visit__organisation=handler.organisation, visit__cancelled_at=None)
    if count := waiting.filter(state=VisitTest.State.TAKEN).count():
        text = _("結果の報告を待つ検診%(count)s件を報告する") % {"count": f"{count:,}"}
        yield Todo("report_results", text, programme=PROGRAMME)
    if returned := len(own_visits.returned_sheets(handler.organisation)):
        text = _("読めないため戻った結果票%(count)s枚を受け取り直す") % {"count": returned}
        yield Todo("returned_sheets", text, programme=PROGRAMME)


def _of_data_entry(handler: Handler) -> Iterator[Todo]:
    """Each batch that is held and not delivered: what is left to key, what differs, or the delivery. One query."""
    delivered = Handover.objects.filter(parent=OuterRef("pk"), step=paper.TO_WARD).exclude(state=H.WITHDRAWN)
    held = Handover.objects.filter(receiver=handler.organisation, programme=PROGRAMME, state=H.ACKNOWLEDGED)
    held = held.filter(~Exists(delivered), step=paper.TO_DATA_ENTRY).order_by("pk")
    counted = held.annotate(
        keyed=Count("paper_sheets", filter=Q(paper_sheets__state=Paper.KEYED)),
        left=Count("paper_sheets", filter=Q(paper_sheets__state__in=[Paper.WAITING, Paper.ONCE])),
        differing=Count("paper_sheets", filter=Q(paper_sheets__state=Paper.DIFFERS)),
    ).values_list("number", "keyed", "left", "differing")
    for number, keyed, left, differing in counted[:MOST]:
        for kind, count, act in (
            ("key_sheets", left, "data.enter"),
            ("third_look", differing, "data.enter"),
            ("deliver_batch", 0 if left or differing else keyed, "handover.prepare"),
        ):
            if count and may(handler, act):
                words = OF_BATCH[kind] % {"count": f"{count:,}"}
                yield Todo(kind, words, programme=PROGRAMME, handover=number)
