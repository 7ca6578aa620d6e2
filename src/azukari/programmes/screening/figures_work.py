"""The long acts on figures and money as jobs: rates worked out, an edition drawn, a month's statements prepared."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from azukari.parties.models import Handler
from azukari.web.jobs import Tell, Work

from .steps import payment, rates_kept


def work_out(*, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    kept = rates_kept.keep(fiscal_year=year, by=by, now=now)
    return _("%(year)s年度の指標を集計しました（%(count)s行）。") % {"year": year, "count": f"{kept.rows:,}"}


def release(*, year: int, office: str, worked_out: str, by: Handler, now: datetime, tell: Tell) -> str:
    made = rates_kept.release(fiscal_year=year, office=office, worked_out=worked_out, by=by, now=now)
    told = _("%(year)s年度の公表用資料の第%(number)s版を作りました。ExcelとPDFを取り出せます。")
    return told % {"year": year, "number": made.number}


def statements(*, month: str, by: Handler, now: datetime, tell: Tell) -> str:
    _billing, made = payment.prepare_statements(month=date.fromisoformat(month), by=by, now=now)
    if not made:
        return _("請求する検査がないため、明細は作りませんでした。")
    return _("支払明細を%(count)s件作りました。次は、別の人が件数と金額を確かめて承認します。") % {
        "count": f"{len(made):,}"
    }


WORKS = {
    "screening.rates": Work(work_out),
    "screening.rates_release": Work(release),
    "screening.statements": Work(statements),
}
