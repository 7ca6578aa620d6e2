"""Organisations and their handlers: who is appointed as what, certified until when, trained, holding how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from azukari.dossier.schema import Dossier
from azukari.dossier.words import party_name
from azukari.oversight import journal, keeping
from azukari.parties.models import Appointment, Certification, Handler, Organisation, SignInLock, Training
from azukari.web.screens import screen
from azukari.web.tables import PER_PAGE, Cell, Column, Table
from azukari.witness import reading

from . import papers
from .dossiers import may
from .forms import CERTIFICATION_NAMES

WARD = Organisation.Type.WARD
SHOWN = 20
"""Newest refusals on an organisation's page; all of them are on the page of refusals."""


def organisation_of(key: str) -> Organisation:
    found = Organisation.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def party_url(key: str) -> str:
    return reverse("party", args=[key])


@require_safe
@screen("party.read")
def parties(request: Any) -> HttpResponse:
    today = request.today
    held: dict[str, int] = {}
    for holding in keeping.holdings():
        held[holding.organisation] = held.get(holding.organisation, 0) + holding.persons
    dossiers = papers.current(today)
    table = Table(
        request, name="parties", caption=_("組織と取扱者"), rows=_organisations(today), act="party.read", order="name",
        columns=[
            Column("name", _("名称"), lambda o: Cell(o.name, href=party_url(o.key)), sort="name", header=True),
            Column("key", _("組織コード"), lambda o: o.key, sort="key"),
            Column("type", _("種別"), lambda o: o.get_type_display(), sort="type"),
            Column("appointed", _("付議書上の立場"), lambda o: _appointed(o, today, dossiers)),
            Column("certified", _("認証"), lambda o: _certified(o, today)),
            Column("handlers", _("取扱者"), lambda o: o.acting_handlers, sort="acting_handlers", numeric=True),
            Column("held", _("いま預けている人数"), lambda o: _held(o, held), numeric=True),
        ],
        empty=_("組織が登録されていません。付議書に挙がった相手方を登録してください。"),
    )  # fmt: skip
    links = [(_("組織を登録する"), reverse("party_add"))] if may(request, "party.appoint") else []
    return table.response(context={"links": links})


def _held(organisation: Organisation, held: Mapping[str, int]) -> Any:
    """What is with the ward itself is not in anybody's keeping."""
    return "" if organisation.type == WARD else held.get(organisation.key, 0)


def _organisations(today: date) -> QuerySet[Organisation]:
    working = Q(handlers__reported_on__lte=today) & (
        Q(handlers__removed_on__isnull=True) | Q(handlers__removed_on__gt=today)
    )
    return Organisation.objects.annotate(
        acting_handlers=Count("handlers", filter=working, distinct=True)
    ).prefetch_related(
        Prefetch("certifications", Certification.objects.order_by("kind", "-valid_until", "-pk")),
        Prefetch("appointments", Appointment.objects.order_by("programme", "party")),
    )  # fmt: skip


def _appointed(organisation: Organisation, on: date, dossiers: Mapping[str, Dossier]) -> str:
    standing = [
        _stands_for(one, dossiers)
        for one in organisation.appointments.all()
        if appointment_state(one, on)[1] == "green"
    ]
    return "、".join(standing)


def _stands_for(appointment: Appointment, dossiers: Mapping[str, Dossier]) -> str:
    dossier = dossiers.get(appointment.programme)
    if dossier is None:
        return f"{appointment.programme}：{appointment.party}"
    return f"{dossier.programme_name}：{party_name(dossier, appointment.party)}"


def appointment_state(appointment: Appointment, on: date) -> tuple[str, str]:
    """Word and colour of how an appointment stands that day."""
    if on < appointment.valid_from:
        return _("開始前"), "blue"
    if appointment.valid_until and on > appointment.valid_until:
        return _("終了"), "gray"
    return _("有効"), "green"


def _certified(organisation: Organisation, on: date) -> Cell:
    told, expired = [], False
    for one in organisation.certifications.all():
        name, over = certification_name(one.kind), bool(one.valid_until and one.valid_until < on)
        until = f"（{one.valid_until.isoformat()}{_('に期限切れ') if over else _('まで')}）" if one.valid_until else ""
        told.append(f"{name}{until}")
        expired = expired or over
    return Cell("、".join(told), chip="red" if expired else "")


def certification_name(kind: str) -> str:
    return str(CERTIFICATION_NAMES.get(kind, kind))


@require_safe
@screen("party.read")
def party(request: Any, key: str) -> HttpResponse:
    """All about one organisation. A fixed number of queries, however many handlers and handovers it has."""
    today = request.today
    organisation = organisation_of(key)
    dossiers = papers.current(today)
    certifications = organisation.certifications.order_by("kind", "-valid_until", "-pk")
    appointments = organisation.appointments.order_by("programme", "party")
    refused = reading.log_page(reading.Filter(act=journal.REFUSED, party=organisation.key), size=SHOWN)
    page = _handler_page(request, organisation)
    context = {
        "title": organisation.name,
        "organisation": organisation,
        "certifications": [
            (certification_name(c.kind), c, bool(c.valid_until and c.valid_until < today)) for c in certifications
        ],
        "appointments": [_appointment_line(request, one, dossiers) for one in appointments],
        "handlers": _handler_lines(request, list(page.object_list)),
        "page": page,
        "holdings": [
            (_programme(holding.programme, dossiers), holding)
            for holding in keeping.holdings(organisation=organisation)
        ],
        "overdue": [(_programme(late.programme, dossiers), late) for late in keeping.overdue(today, organisation)],
        "refusals": journal.lines(refused.entries, dossiers),
        "more_refusals": refused.older is not None,
        "may_appoint": may(request, "party.appoint"),
        "may_report": may(request, "party.report_handler"),
        "may_see_log": may(request, "log.read"),
    }
    return render(request, "ward/oversight/party.html", context)


def _programme(key: str, dossiers: Mapping[str, Dossier]) -> str:
    return dossiers[key].programme_name if key in dossiers else key


def _appointment_line(request: Any, one: Appointment, dossiers: Mapping[str, Dossier]) -> dict[str, Any]:
    state, colour = appointment_state(one, request.today)
    ends = may(request, "party.appoint") and colour != "gray"
    return {
        "appointment": one,
        "stands_for": _stands_for(one, dossiers),
        "state": state,
        "chip": colour,
        "end": reverse("appointment_end", args=[one.pk]) if ends else "",
    }


def _handler_page(request: Any, organisation: Organisation) -> Any:
    """A page of handlers: who works first, then who was removed, the last ones first."""
    trainings = Prefetch("trainings", Training.objects.order_by("-taken_on", "-pk"))
    rows = organisation.handlers.select_related("account").prefetch_related(trainings)
    ordered = rows.order_by(F("removed_on").desc(nulls_first=True), "key")
    return Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))


def _handler_lines(request: Any, people: list[Handler]) -> list[dict[str, Any]]:
    names = [one.account.username for one in people if one.account]
    locked = set(
        SignInLock.objects.filter(username__in=names, until__gt=request.now).values_list("username", flat=True)
    )
    return [_handler_line(request, one, locked) for one in people]


def _handler_line(request: Any, one: Handler, locked: set[str]) -> dict[str, Any]:
    removed = one.removed_on is not None and one.removed_on <= request.today
    own = one.pk == request.handler.pk
    state, colour = account_words(one, removed, locked, request.now)
    acts = []
    if may(request, "party.report_handler") and not removed:
        acts.append((_("%(key)s の研修を記録する"), reverse("handler_training", args=[one.key])))
    if may(request, "party.report_handler") and not removed and not own:
        label = _("%(key)s のサインインをやり直す") if one.account_id else _("%(key)s のサインインを開く")
        acts.append((label, reverse("account_reset" if one.account_id else "account_open", args=[one.key])))
    if may(request, "party.remove_handler") and one.removed_on is None and not own:
        acts.append((_("%(key)s を解除する"), reverse("handler_remove", args=[one.key])))
    return {
        "handler": one,
        "trainings": list(one.trainings.all())[:3],
        "state": state,
        "chip": colour,
        "acts": [(label % {"key": one.key}, url) for label, url in acts],
    }


def account_words(handler: Handler, removed: bool, locked: set[str], now: datetime) -> tuple[str, str]:
    """Word and colour of whether somebody can sign in."""
    account = handler.account
    if removed:
        return _("解除済"), "gray"
    if account is None:
        return _("未開設"), "yellow"
    if account.username in locked:
        return _("失敗が続き停止中"), "red"
    if account.first_password_until is None:
        return _("使用中"), "green"
    if account.first_password_until < now:
        return _("初回パスワードの期限切れ"), "red"
    return _("初回のサインイン待ち"), "blue"
