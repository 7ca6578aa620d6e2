"""Handovers: the list, and the whole story of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody.models import Handover
from azukari.oversight.documents import when
from azukari.parties.models import Handler, Organisation
from azukari.parties.roles import ACTS
from azukari.surfaces import handover_words as words
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table
from azukari.witness.models import Entry

from ... import papers
from . import reading

State = Handover.State
MOST_ENTRIES = 30


def programme_choices() -> list[tuple[str, Any]]:
    return [("", gettext_lazy("すべて")), *papers.names().items()]


class HandoverFilter(forms.Form):
    programme = forms.ChoiceField(label=gettext_lazy("事業"), required=False, choices=programme_choices)
    fiscal_year = forms.IntegerField(label=gettext_lazy("年度（西暦）"), required=False, min_value=2000, max_value=2200)
    state = forms.ChoiceField(
        label=gettext_lazy("状態"), required=False, choices=[("", gettext_lazy("すべて")), *State.choices])  # fmt: skip
    receiver = forms.ModelChoiceField(
        label=gettext_lazy("受け手"), required=False, queryset=Organisation.objects.order_by("key"),
        to_field_name="key", empty_label=gettext_lazy("すべて"),
    )  # fmt: skip

    def narrow(self, rows: Any) -> Any:
        given = {key: value for key, value in self.cleaned_data.items() if value not in (None, "")}
        return rows.filter(**given)


@screen("custody.read")
def handovers(request: Any) -> HttpResponse:
    table = Table(
        request, name="handovers", caption=_("受渡し"), rows=reading.all_handovers().order_by("-pk"),
        columns=[
            Column("number", _("受渡番号"), lambda h: Cell(h.number, href=reverse("handover", args=[h.number])),
                   sort="number", header=True),
            Column("step", _("流れ"), lambda h: h.step, sort="step"),
            Column("purpose", _("目的"), lambda h: h.purpose),
            Column("sender", _("渡す側"), lambda h: h.sender.name, sort="sender__name"),
            Column("receiver", _("受け手"), lambda h: h.receiver.name, sort="receiver__name"),
            Column("persons", _("人数"), lambda h: h.persons, sort="persons", numeric=True),
            Column("sheets", _("枚数"), lambda h: h.sheets, sort="sheets", numeric=True),
            Column("released_at", _("放出"), lambda h: when(h.released_at), sort="released_at"),
            Column("state", _("状態"), words.state_cell, sort="state"),
        ],
        filters=HandoverFilter, act="custody.read",
        empty=_("まだ受渡しはありません。年次処理の画面で委託先のデータを準備すると、ここに並びます。"),
    )  # fmt: skip
    return table.response()


@screen("custody.read")
def handover(request: Any, number: str) -> HttpResponse:
    found = reading.one(number)
    deliveries = {d.what: d for d in found.deliveries.select_related("by", "to")}
    to_me = found.receiver_id == request.handler.organisation_id
    possible = words.possible(found, deliveries, mine=_mine(request, found), to_me=to_me)
    role = request.handler.role
    return render(request, "ward/custody/handover.html", {
        "title": _("受渡し %(number)s") % {"number": number},
        "handover": found,
        "state": words.state_cell(found),
        "facts": words.facts(found),
        "steps": [{**step, "word": words.STEP_WORDS[step["state"]]} for step in words.path(found)],
        "acts": [(label, reverse(name, args=[number])) for label, name, act in possible if role in ACTS[act]],
        "others": [(label, _turn(act)) for label, _name, act in possible if role not in ACTS[act]],
        "deliveries": deliveries.values(),
        "obligations": [
            (o, o.met_at is None and o.due_on < request.today) for o in found.obligations.order_by("due_on")
        ],
        "discrepancies": found.discrepancies.order_by("pk"),
        "certificate": getattr(found, "certificate", None),
        "passed_on": found.passed_on.select_related("receiver").order_by("number"),
        "replies": found.replies.select_related("sender").order_by("pk"),
        "lines": found.register.order_by("pk"),
        "entries": _entries(found),
        "may_settle": role in ACTS["custody.settle"],
    })  # fmt: skip


def _mine(request: Any, found: Handover) -> bool:
    """The ward acts for itself; it confirms a sub-processor's certificate too."""
    return reading.ours(request, found) or found.state in (State.ERASED, State.RETURNED)


def _turn(act: str) -> str:
    return "・".join(str(Handler.Role(role).label) for role in Handler.Role if role in ACTS[act])


def _entries(found: Handover) -> list[Entry]:
    """Log entries that name the handover: those from its preparation on, read by programme."""
    named = Entry.objects.filter(
        programme=found.programme, recorded_at__gte=found.prepared_at, details__contains=f'"handover":"{found.number}"'
    )
    return list(named.order_by("seq")[:MOST_ENTRIES])
