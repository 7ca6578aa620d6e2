"""事業場, and what 様式第6号の3 asks of each: counts alone, to be copied into the authority's own form."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.screens import screen

from ..letters.labour_report import ANALYSED, CONDUCTORS, INTERVIEWERS, LabourReport, labour_pdf, problems
from ..models import Establishment
from ..steps import labour as labour_steps
from ..steps.labour import Figures
from .ward import PER_PAGE, heading, may, round_of
from .ward_forms import EstablishmentForm, Signature


@require_GET
@screen("stress.read")
def establishments(request: Any) -> HttpResponse:
    page = Paginator(Establishment.objects.order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stress_check/ward/establishments.html", {
        "title": _("事業場"),
        "page": page,
        "may_change": may(request, "stress.hand_over"),
    })  # fmt: skip


def _save(request: Any, title: str, found: Establishment | None) -> HttpResponse:
    return act_page(request, Act(
        title=title,
        form=EstablishmentForm,
        initial=EstablishmentForm.initial_of(found) if found else {},
        do=lambda form: labour_steps.save_establishment(
            establishment=found, by=request.handler, now=request.now, **form.cleaned_data
        ),
        then=reverse("stress_ward_establishments"),
        done=_("事業場を登録しました。"),
        submit=_("登録する"),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.hand_over")
def new_establishment(request: Any) -> HttpResponse:
    return _save(request, _("事業場を加える"), None)


@require_http_methods(["GET", "POST"])
@screen("stress.hand_over")
def establishment(request: Any, number: int) -> HttpResponse:
    return _save(request, _("事業場を直す"), _known(number))


def _known(number: int) -> Establishment:
    found = Establishment.objects.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


# --- 様式第6号の3


@require_GET
@screen("stress.read")
def labour(request: Any, year: int) -> HttpResponse:
    """Which establishments report, each with its own page of figures."""
    round_ = round_of(year)
    page = Paginator(Establishment.objects.order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stress_check/ward/labour.html", {
        "title": heading(round_, _("様式第6号の3")),
        "round": round_,
        "page": page,
        "may_change": may(request, "stress.hand_over"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.read")
def labour_of(request: Any, year: int, number: int) -> HttpResponse:
    """GET: the figures and what is missing. POST: the sheet as PDF, with the names that were typed and are not kept."""
    round_ = round_of(year)
    found = labour_steps.figures(round_=round_, establishment=_known(number), by=request.handler, now=request.now)
    form = Signature(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        content = labour_pdf(report_of(found, form.cleaned_data, request.today), fonts=settings.AZUKARI_FONTS)
        return download(content, f"stress-labour-{year}-{number}.pdf")
    report = report_of(found, {}, request.today)
    typed = {field.label for field in form}
    missing = [told for told in problems(report) if not any(f"「{label}」" in told for label in typed)]
    return render(request, "stress_check/ward/labour_of.html", {
        "title": heading(round_, _("様式第6号の3の数")),
        "round": round_,
        "establishment": found.establishment,
        "facts": _facts(found),
        "missing": missing,
        "form": form,
        "has_errors": form.is_bound and not form.is_valid(),
        "may_change": may(request, "stress.hand_over"),
    }, status=422 if form.is_bound else 200)  # fmt: skip


def report_of(found: Figures, typed: dict[str, str], today: Any) -> LabourReport:
    """The form's fields: counted, on record of the establishment, and typed just now."""
    place = found.establishment
    return LabourReport(
        insurance_number=place.insurance_number,
        target_year=found.year,
        conducted=found.month,
        business=place.industry,
        establishment=place.name,
        postal_code=typed.get("postal_code", ""),
        address=place.address,
        telephone=place.telephone,
        workers=found.workers,
        conductor=int(found.examiner) if found.examiner else None,
        examined=found.examined,
        interviewer=int(found.interviewer) if found.interviewer else None,
        interviewed=found.interviewed,
        analysed=1 if found.grouped else 2,
        physician=typed.get("physician", ""),
        physician_affiliation=typed.get("physician_affiliation", ""),
        employer_title=typed.get("employer_title", ""),
        employer_name=typed.get("employer_name", ""),
        reported_on=today,
        submit_to=place.recipient,
    )


def _facts(found: Figures) -> list[tuple[str, str]]:
    unknown = _("指名の記録がありません")
    people = _("%(count)s人")
    return [
        (_("対象年"), _("%(year)s年") % {"year": found.year}),
        (_("検査実施年月"), _("%(year)s年%(month)s月") % {"year": found.month.year, "month": found.month.month}),
        (_("在籍労働者数"), people % {"count": f"{found.workers:,}"}),
        (_("検査を実施した者"), CONDUCTORS[int(found.examiner)] if found.examiner else unknown),
        (_("検査を受けた労働者数"), people % {"count": f"{found.examined:,}"}),
        (_("面接指導を実施した医師"), INTERVIEWERS[int(found.interviewer)] if found.interviewer else unknown),
        (_("面接指導を受けた労働者数"), people % {"count": f"{found.interviewed:,}"}),
        (_("集団ごとの分析"), ANALYSED[1 if found.grouped else 2]),
    ]
