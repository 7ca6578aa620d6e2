"""The run's own papers as PDF: the notice of volume that goes ahead, and the sheet of control totals."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db.models import Count
from django.utils.timezone import localdate

from azukari.dossier.approval import in_force
from azukari.letters import documents
from azukari.oversight.documents import when, year_name
from azukari.parties.models import Handler
from azukari.vocabulary.wareki import to_wareki

from .models import Assessment, Run, Sheet, Stop, VolumeNotice, Voucher
from .reasons import TESTS
from .steps.assess import OFFERED
from .steps.state import PROGRAMME
from .vouchers import ROWS, Office, line_names


def volume_notice(*, notice: VolumeNotice, receiver: str, office: Office, post_on: date | None = None) -> bytes:
    """件数予告 to the printer: ``receiver`` is its name."""
    run = notice.run
    paper = in_force(PROGRAMME, localdate(notice.sent_at)).dossier
    return documents.volume_notice(
        {
            "number": f"{PROGRAMME}-{run.fiscal_year}-V",
            "date": to_wareki(localdate(notice.sent_at), "long"),
            "to": receiver,
            "issuer": f"{office.ward} {office.name}",
            "issuer_person": notice.sent_by.name,
            "programme": paper.programme_name,
            "fiscal_year": year_name(run.fiscal_year),
            "handover_on": to_wareki(notice.planned_on, "long"),
            "post_on": to_wareki(post_on, "long") if post_on else "別途連絡",
            "sheets": notice.sheets,
            "forms": notice.sheets,
            "lines": [("受診券", notice.rows)],
            "remarks": ["データは受渡しの手続により別に渡します。件数が異なるときは、作業を始めずに連絡してください。"],
            "contact": office.telephone,
        },
        settings.AZUKARI_FONTS,
    )


def run_summary(*, run: Run, by: Handler, now: datetime) -> bytes:
    """発送結果表: the control totals, the stops by reason, the reprints."""
    totals = list(run.totals.order_by("pk"))
    stops = Stop.objects.filter(run=run)
    reprints = Sheet.objects.filter(voucher__run=run, reprint_of__isnull=False).order_by("pk")
    written = Voucher.objects.filter(run=run).exclude(channel=Voucher.Channel.LATE).count()
    return documents.run_summary(
        {
            "title": f"{year_name(run.fiscal_year)} 受診券の発送結果",
            "programme": in_force(PROGRAMME, localdate(now)).dossier.programme_name,
            "fiscal_year": year_name(run.fiscal_year),
            "roster": f"住民名簿（基準日 {to_wareki(run.roster.stated_on, 'long')}）",
            "printed": f"{when(now)} {by.name}",
            "closed": bool(totals) and not run.halted and all(t.expected == t.counted for t in totals),
            "totals": [(t.stage, t.counted, t.counted - t.expected) for t in totals],
            "stops": [(label, stops.filter(reason=key).count()) for key, label in Stop.Reason.choices],
            "tests": [("受診券", written), *_offered(run)],
            "reprints": [(s.code, s.reason, s.requested_by, s.approved_by) for s in reprints],
            "remarks": [run.halted] if run.halted else [],
        },
        settings.AZUKARI_FONTS,
    )


def _offered(run: Run) -> list[tuple[str, int]]:
    """Persons offered each line of the voucher, by the run's own record."""
    counted = dict(
        Assessment.objects.filter(run=run, reason__in=OFFERED).values_list("test").annotate(n=Count("pk")).order_by()
    )
    names = line_names(run.fiscal_year)
    return [(names[line], sum(counted.get(TESTS.index(test), 0) for test in tests)) for line, tests in ROWS]
