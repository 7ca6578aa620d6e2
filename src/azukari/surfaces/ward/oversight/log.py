"""The access log and the refusals in it: newest first, a page by number, never counted; one entry with its proof."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from azukari.oversight import journal
from azukari.parties.models import Handler, Organisation
from azukari.parties.roles import ACT_NAMES
from azukari.web import exports, tables
from azukari.web.screens import screen
from azukari.witness import checkpoint, proof, reading
from azukari.witness.models import Entry

from . import papers
from .forms import day_field

PER_PAGE = 50
MOST_WRITTEN = 20_000
"""Entries in one file; more is asked for day by day, or exported whole for keeping elsewhere."""
MOST_ITEMS = 6


class LogFilter(forms.Form):
    """Neutral values only: days, programme, organisation, act, a handler's opaque number."""

    since = day_field(gettext_lazy("この日から"), required=False)
    until = day_field(gettext_lazy("この日まで"), required=False)
    programme = forms.ChoiceField(label=gettext_lazy("事業"), required=False)
    party = forms.ChoiceField(label=gettext_lazy("組織"), required=False)
    act = forms.ChoiceField(label=gettext_lazy("行為"), required=False)
    actor = forms.SlugField(label=gettext_lazy("取扱者番号"), required=False, max_length=20)

    def __init__(self, *args: Any, programmes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", _("すべて"))]
        houses = Organisation.objects.order_by("name").values_list("key", "name")
        acts = [(journal.REFUSED, _("拒否")), *ACT_NAMES.items()]
        self.fields["programme"].choices = [*everything, *programmes]  # type: ignore[attr-defined]
        self.fields["party"].choices = [*everything, *houses]  # type: ignore[attr-defined]
        self.fields["act"].choices = [*everything, *acts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("終わりの日が、始まりの日より前です。"))
        return cleaned


class RefusalFilter(LogFilter):
    """The same without the act: it is always a refusal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["act"]


@require_safe
@screen("log.read")
def log(request: Any) -> HttpResponse:
    found = Reading(request, LogFilter, name="log", title=_("アクセスログ"), act="log.read")
    return found.response(
        "ward/oversight/log.html",
        {"state_url": reverse("log_state"), "empty": _("条件に合う記録はありません。条件を広げてください。")},
    )


@require_safe
@screen("custody.read")
def refusals(request: Any) -> HttpResponse:
    """Today's, until other days are asked for."""
    given = request.GET if any(key in request.GET for key in RefusalFilter.base_fields) else None
    found = Reading(
        request, RefusalFilter, name="refusals", title=_("拒否の記録"), act="custody.read", only=journal.REFUSED,
        initial={"since": request.today, "until": request.today}, given=given,
    )  # fmt: skip
    return found.response(
        "ward/oversight/refusals.html",
        {"links_to_entries": request.handler.role in ("privacy_officer", "auditor"),
         "empty": _("この期間に拒否はありません。ほかの日を見るときは、期間を変えてください。")},
    )  # fmt: skip


class Reading:
    """A filtered page of the log: two queries for its entries, a few for their names."""

    def __init__(
        self,
        request: Any,
        form: type[LogFilter],
        *,
        name: str,
        title: str,
        act: str,
        only: str = "",
        initial: dict[str, Any] | None = None,
        given: Any = None,
    ) -> None:
        self.request, self.name, self.title, self.act, self.only = request, name, title, act, only
        self.dossiers = papers.current(request.today)
        programmes = [(key, dossier.programme_name) for key, dossier in self.dossiers.items()]
        asked = given if initial is not None else request.GET or None
        self.form = form(initial if asked is None and initial else asked, programmes=programmes)
        self.valid = not self.form.is_bound or self.form.is_valid()

    @property
    def wanted(self) -> reading.Filter:
        stated = self.form.cleaned_data if self.form.is_bound and self.valid else {}
        fields = {key: value for key, value in stated.items() if value}
        return reading.Filter(**{**fields, **({"act": self.only} if self.only else {})})

    def response(self, template: str, context: dict[str, Any]) -> HttpResponse:
        if self.request.GET.get("format", "") in exports.KINDS and self.valid:
            return self._file(self.request.GET["format"])
        page = reading.LogPage((), None, None)
        if self.valid:
            page = reading.log_page(
                self.wanted, before=_number(self.request, "before"), after=_number(self.request, "after"), size=PER_PAGE
            )
        shown = {
            "title": self.title,
            "form": self.form,
            "has_errors": not self.valid,
            "lines": [_short(line, self.dossiers) for line in journal.lines(page.entries, self.dossiers)],
            "newer_url": self._url(after=page.newer) if page.newer is not None else "",
            "older_url": self._url(before=page.older) if page.older is not None else "",
            "newest_url": self._url() if page.newer is not None else "",
            **self._conditions_kept(),
            "exports": [("CSV", self._url(format="csv")), ("Excel", self._url(format="xlsx"))],
            **context,
        }
        return render(self.request, template, shown, status=200 if self.valid else 422)

    def _conditions_kept(self) -> dict[str, Any]:
        """Nothing is kept for an auditor, whose pages of the log offer no act at all."""
        if self.request.handler.role == Handler.Role.AUDITOR:
            return {}
        return {
            "saved": tables.saved_filters(self.request, self.name),
            "save_url": reverse("saved_filter", args=[self.name]),
            "query": self._url(),
        }

    def _url(self, **more: Any) -> str:
        data = self.form.data if self.form.is_bound else {}
        kept = {key: data.get(key) for key in self.form.fields if data.get(key)}
        return "?" + urlencode({**kept, **more})

    def _file(self, kind: str) -> HttpResponse:
        entries = list(reading.matching(self.wanted).order_by("-seq")[: MOST_WRITTEN + 1])
        lines = journal.lines(entries[:MOST_WRITTEN], self.dossiers)
        rows: list[list[Any]] = [
            [line.seq, line.at, line.what, _("拒否") if line.refused else "", line.who_key, line.who,
             line.organisation, self._programme(line.programme), line.clause, line.ruling, "、".join(line.items),
             line.persons, line.purpose]
            for line in lines
        ]  # fmt: skip
        if len(entries) > MOST_WRITTEN:
            cut = _("ここまでで%(n)s件です。続きは期間を分けて書き出してください。") % {"n": MOST_WRITTEN}
            rows.append([None, None, cut, *[None] * 10])
        heads = [
            _("受付番号"), _("日時"), _("行為"), _("拒否"), _("取扱者番号"), _("取扱者"), _("組織"), _("事業"),
            _("別紙"), _("裁定"), _("情報項目"), _("人数"), _("目的"),
        ]  # fmt: skip
        return exports.response(
            self.request, kind, name=self.name, title=self.title, act=self.act, heads=heads, rows=rows
        )  # fmt: skip

    def _programme(self, key: str) -> str:
        return self.dossiers[key].programme_name if key in self.dossiers else key


def _short(line: journal.Line, dossiers: Any) -> dict[str, Any]:
    more = len(line.items) - MOST_ITEMS
    items = "、".join(line.items[:MOST_ITEMS]) + (_(" ほか%(n)s項目") % {"n": more} if more > 0 else "")
    programme = dossiers[line.programme].programme_name if line.programme in dossiers else line.programme
    return {"line": line, "items": items, "programme": programme, "url": reverse("log_entry", args=[line.seq])}


def _number(request: Any, key: str) -> int | None:
    text = request.GET.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _entry(seq: int) -> Entry:
    found = Entry.objects.filter(seq=seq).first()
    if found is None:
        raise Http404
    return found


@require_safe
@screen("log.read")
def entry(request: Any, seq: int) -> HttpResponse:
    """One entry: every field, what was hashed, and the proof that the latest checkpoint contains it."""
    found = _entry(seq)
    dossiers = papers.current(request.today)
    line = journal.lines([found], dossiers)[0]
    last = checkpoint.latest()
    covered = last is not None and seq < last.size
    try:
        proved = proof.inclusion(seq, last.size if last is not None and covered else None)
    except (KeyError, ValueError):  # a node of the tree is gone or is none: that is a finding, not a crash
        proved = None
    context = {
        "title": _("アクセスログ 受付番号 %(seq)s") % {"seq": seq},
        "line": line,
        "fields": _fields(
            found, line, dossiers[found.programme].programme_name if found.programme in dossiers else found.programme
        ),
        "details": [(key, _told(value)) for key, value in sorted(found.details_read.items())],
        "leaf": found.leaf().decode("utf-8"),
        "leaf_hash": bytes(found.leaf_hash).hex(),
        "covered": covered,
        "proof": proved,
        "root_hex": base64.b64decode(proved["root"]).hex() if proved else "",
        "older": reverse("log_entry", args=[seq - 1]) if seq else "",
        "newer": reverse("log_entry", args=[seq + 1]) if Entry.objects.filter(seq=seq + 1).exists() else "",
    }
    return render(request, "ward/oversight/entry.html", context)


def _told(value: Any) -> str:
    """A detail as text: a list joined, anything else as it is written in the log."""
    if isinstance(value, list):
        return "、".join(str(each) for each in value) or _("なし")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(found: Entry, line: journal.Line, programme: str) -> list[tuple[str, Any]]:
    act = found.purpose if line.refused else found.act
    return [
        (_("日時"), _time(found.recorded_at)),
        (_("行為"), f"{_('拒否')}：{line.what}" if line.refused else line.what),
        (_("行為の記号"), act),
        (_("取扱者"), f"{line.who}（{line.who_key}）"),
        (_("組織"), f"{line.organisation}（{found.party}）"),
        (_("事業"), programme or _("なし")),
        (_("別紙"), line.clause or _("なし")),
        (_("裁定"), found.ruling or _("なし")),
        (_("情報項目"), "、".join(line.items) or _("なし")),
        (_("人数"), f"{found.persons:,}"),
        (_("対象者の要約値"), found.subjects_digest),
        (_("目的"), line.purpose),
    ]


def _time(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}"


@require_safe
@screen("log.read")
def entry_proof(request: Any, seq: int) -> HttpResponse:
    """The proof as a file, against the latest checkpoint, or the log as it stands where none covers the entry yet."""
    _entry(seq)
    last = checkpoint.latest()
    size = last.size if last is not None and seq < last.size else None
    text = json.dumps(proof.inclusion(seq, size), ensure_ascii=False, indent=2)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"proof-{seq}.json")
    return answer
