"""What is recorded about organisations and their handlers."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.dossier.schema import PartyStatus, Role
from azukari.dossier.words import ROLE_NAMES, STATUS_NAMES
from azukari.parties import approvals, registration
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from . import papers
from .forms import (
    AppointForm,
    CertificationForm,
    EndAppointmentForm,
    KeysForm,
    OrganisationForm,
    RemoveForm,
    ReportForm,
    TrainingForm,
)
from .parties import organisation_of, party_url

WARD_ROLES = [Handler.Role.OFFICER, Handler.Role.PRIVACY_OFFICER, Handler.Role.AUDITOR]
COMPANY_ROLES = [Handler.Role.HANDLER, Handler.Role.RESPONSIBLE]


def _named(organisation: Organisation) -> list[tuple[str, Any]]:
    return [(_("組織"), organisation.name), (_("組織コード"), organisation.key)]


def handler_of(key: str) -> Handler:
    found = Handler.objects.select_related("organisation").filter(key=key).first()
    if found is None:
        raise Http404
    return found


@screen("party.appoint")
def add(request: Any) -> HttpResponse:
    return act_page(request, Act(
        title=_("組織を登録する"), form=OrganisationForm, back=reverse("parties"),
        do=lambda form: registration.add_organisation(by=request.handler, now=request.now, **form.cleaned_data),
        then=lambda organisation: party_url(organisation.key),
        done=_("組織を登録しました。選定を記録するまで、何も渡せません。"),
    ))  # fmt: skip


@screen("party.appoint")
def keys(request: Any, key: str) -> HttpResponse:
    organisation = organisation_of(key)
    return act_page(request, Act(
        title=_("公開鍵を登録する"), form=KeysForm, then=party_url(key), done=_("公開鍵を登録しました。"),
        facts=[*_named(organisation), (_("今の age 公開鍵"), organisation.age_recipient or _("なし")),
               (_("今の署名検証鍵"), organisation.signing_key or _("なし"))],
        warnings=[_("鍵は、データとは別の経路（対面、電話での読み合わせ等）で受け取り、確かめてください。")],
        seen=Seen(("party", key), f"{organisation.age_recipient}|{organisation.signing_key}"),
        do=lambda form: registration.register_keys(
            organisation=organisation, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("party.appoint")
def certification(request: Any, key: str) -> HttpResponse:
    organisation = organisation_of(key)
    return act_page(request, Act(
        title=_("認証を記録する"), form=CertificationForm, facts=_named(organisation), then=party_url(key),
        done=_("認証を記録しました。"),
        do=lambda form: registration.record_certification(
            organisation=organisation, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("party.appoint")
def appoint(request: Any, key: str) -> HttpResponse:
    """Which party of which dossier this organisation is."""
    organisation = organisation_of(key)
    groups = [
        (dossier.programme_name, [
            (f"{programme}|{party.key}", _party_words(party.name, party.role, party.status))
            for party in dossier.parties if party.role is not Role.CONTROLLER
        ])
        for programme, dossier in papers.current(request.today).items()
    ]  # fmt: skip

    def record(form: AppointForm) -> None:
        asked = dict(form.cleaned_data)
        programme, party = asked.pop("stands_for").split("|", 1)
        if organisation.appointments.filter(programme=programme, party=party).exists():
            raise NotPermitted(
                _(
                    "この組織のこの立場の選定は、すでに記録されています。終えた選定を続けるときは、管理者に相談してください。"
                )
            )
        approvals.appoint(
            programme=programme, party=party, organisation=organisation, by=request.handler, now=request.now, **asked
        )  # fmt: skip

    return act_page(request, Act(
        title=_("選定を記録する"), form=AppointForm, form_kwargs={"parties": groups}, facts=_named(organisation),
        initial={"valid_from": request.today}, then=party_url(key), do=record,
        done=_("選定を記録しました。付議書がこの立場に認める項目を、この組織が取り扱えるようになります。"),
    ))  # fmt: skip


def _party_words(name: str, role: Role, status: PartyStatus) -> str:
    chosen = f"・{STATUS_NAMES[status]}" if STATUS_NAMES[status] else ""
    return f"{name}（{ROLE_NAMES[role]}{chosen}）"


@screen("party.appoint")
def end_appointment(request: Any, pk: int) -> HttpResponse:
    appointment = Appointment.objects.select_related("organisation").filter(pk=pk).first()
    if appointment is None:
        raise Http404
    organisation = appointment.organisation
    return act_page(request, Act(
        title=_("選定を終える"), form=EndAppointmentForm, danger=True, then=party_url(organisation.key),
        facts=[*_named(organisation), (_("事業"), appointment.programme), (_("付議書上の立場"), appointment.party),
               (_("開始日"), appointment.valid_from.isoformat())],
        warnings=[_("最後の日の翌日から、この立場では何も渡せません。すでに渡したものの返却・消去・証明は残ります。")],
        initial={"last_day": request.today}, done=_("選定の終わりを記録しました。"),
        seen=Seen(("party", organisation.key), f"{appointment.valid_from}|{appointment.valid_until}"),
        do=lambda form: approvals.end_appointment(
            appointment=appointment, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("party.report_handler")
def report(request: Any, key: str) -> HttpResponse:
    organisation = organisation_of(key)
    ward = organisation.type == Organisation.Type.WARD
    return act_page(request, Act(
        title=_("取扱者を報告する"), form=ReportForm, facts=_named(organisation), then=party_url(key),
        form_kwargs={"roles": WARD_ROLES if ward else COMPANY_ROLES}, initial={"reported_on": request.today},
        done=_("取扱者を報告しました。サインインを開くと、使い始められます。"),
        do=lambda form: approvals.report_handler(
            organisation=organisation, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("party.remove_handler")
def remove(request: Any, key: str) -> HttpResponse:
    handler = handler_of(key)
    if handler.pk == request.handler.pk:
        raise Http404
    return act_page(request, Act(
        title=_("取扱者を解除する"), form=RemoveForm, danger=True, initial={"removed_on": request.today},
        facts=[(_("取扱者番号"), handler.key), (_("氏名"), handler.name), (_("役割"), handler.get_role_display()),
               *_named(handler.organisation)],
        warnings=[
            _("解除日から、この人はサインインできません。開いている画面も、次の操作から使えなくなります。"),
            _("この人が準備したもの・放出したものは、そのまま残ります。続きは、同じ組織のほかの人が行います。"),
        ],
        seen=Seen(("handler", key), str(handler.removed_on or "")),
        then=party_url(handler.organisation.key), done=_("取扱者を解除しました。"),
        do=lambda form: approvals.remove_handler(
            handler=handler, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("party.report_handler")
def training(request: Any, key: str) -> HttpResponse:
    handler = handler_of(key)
    return act_page(request, Act(
        title=_("研修を記録する"), form=TrainingForm, initial={"taken_on": request.today},
        facts=[(_("取扱者番号"), handler.key), (_("氏名"), handler.name), *_named(handler.organisation)],
        then=party_url(handler.organisation.key), done=_("研修を記録しました。"),
        do=lambda form: registration.record_training(
            handler=handler, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip
