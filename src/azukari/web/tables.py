"""Tables of neutral things (counts, numbers, states, days): sorted, paged, filtered by GET, exported.

    table = Table(
        request, name="register", caption=_("管理簿"), rows=RegisterEntry.objects.select_related("handover"),
        columns=[Column("at", _("日時"), lambda e: moment(e.at), sort="at"), …],
        filters=RegisterFilter, act="custody.read", empty=_("まだ受渡しはありません。…"),
    )
    return table.response("layout/table.html", {"title": …})

The address carries filters, order and page; so no filter may take a name, a number of a person or other personal data.
A list of persons is shown by the functions that log it, and exported by them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from . import exports
from .models import SavedFilter

PER_PAGE = 50


@dataclass(frozen=True)
class Cell:
    """``href``: link; ``chip``: colour of the status chip that shows the text; ``order``: what an export writes."""

    text: str
    href: str = ""
    chip: str = ""
    numeric: bool = False
    header: bool = False
    order: Any = None

    @property
    def whole(self) -> bool:
        """A day or a moment is not broken into two lines."""
        return isinstance(self.order, date)


@dataclass(frozen=True)
class Column:
    """``value``: row → text, number or Cell. ``sort``: field to order by, none where links make no sense."""

    key: str
    label: str
    value: Callable[[Any], Any]
    sort: str = ""
    numeric: bool = False
    header: bool = False


@dataclass(frozen=True)
class Head:
    key: str
    label: str
    sort_url: str
    sorted: str
    numeric: bool


@dataclass(frozen=True)
class Pages:
    number: int
    count: int
    previous_url: str
    next_url: str


@dataclass
class Table:
    """``rows``: a query set or a list. ``filters``: a form class with ``narrow(rows) -> rows``."""

    request: Any
    name: str
    caption: str
    rows: QuerySet[Any] | Sequence[Any]
    columns: Sequence[Column]
    act: str
    empty: str
    filters: type[forms.Form] | None = None
    order: str = ""
    per_page: int = PER_PAGE
    programme: str = ""
    form_kwargs: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def form(self) -> Any:
        if self.filters is None:
            return None
        return self.filters(self.request.GET or None, **self.form_kwargs)

    @cached_property
    def chosen(self) -> Any:
        """The rows that the filters leave, in the order asked for."""
        rows: Any = self.rows
        if self.form is not None and self.form.is_bound and self.form.is_valid():
            rows = self.form.narrow(rows)
        column = next((c for c in self.columns if c.sort and c.key == self._asked_order.lstrip("-")), None)
        if column is not None:
            falling = self._asked_order.startswith("-")
            if isinstance(rows, QuerySet):
                return rows.order_by(("-" if falling else "") + column.sort, "-pk" if falling else "pk")
            return sorted(rows, key=lambda row: _order_of(column.value(row)), reverse=falling)
        return rows

    @property
    def _asked_order(self) -> str:
        return str(self.request.GET.get("order", self.order))

    @cached_property
    def page(self) -> Any:
        return Paginator(self.chosen, self.per_page).get_page(self.request.GET.get("page"))

    @property
    def total(self) -> int:
        return int(self.page.paginator.count)

    @property
    def heads(self) -> list[Head]:
        return [
            Head(
                column.key,
                column.label,
                self._url(order=f"-{column.key}" if self._asked_order == column.key else column.key, page=None)
                if column.sort
                else "",
                {column.key: "ascending", f"-{column.key}": "descending"}.get(self._asked_order, ""),
                column.numeric,
            )
            for column in self.columns
        ]

    @cached_property
    def lines(self) -> list[list[Cell]]:
        return [[_cell(column, row) for column in self.columns] for row in self.page.object_list]

    @property
    def pages(self) -> Pages | None:
        page = self.page
        if page.paginator.num_pages == 1:
            return None
        return Pages(
            page.number,
            page.paginator.num_pages,
            self._url(page=page.previous_page_number()) if page.has_previous() else "",
            self._url(page=page.next_page_number()) if page.has_next() else "",
        )

    @property
    def exports(self) -> list[tuple[str, str]]:
        return [("CSV", self._url(format="csv", page=None)), ("Excel", self._url(format="xlsx", page=None))]

    @cached_property
    def saved(self) -> list[SavedFilter]:
        if self.filters is None:
            return []
        return saved_filters(self.request, self.name)

    def _url(self, **changes: Any) -> str:
        query: QueryDict = self.request.GET.copy()
        query.pop("format", None)
        for key, value in changes.items():
            if value is None:
                query.pop(key, None)
            else:
                query[key] = str(value)
        return f"?{query.urlencode()}"

    def response(self, template: str = "layout/table.html", context: Mapping[str, Any] | None = None) -> HttpResponse:
        """The page, or the file where an export was asked for (written to the log before it is given)."""
        kind = self.request.GET.get("format", "")
        if kind in exports.KINDS:
            rows = [[_export(_cell(column, row)) for column in self.columns] for row in self.chosen]
            return exports.response(
                self.request, kind, name=self.name, title=self.caption, act=self.act, programme=self.programme,
                heads=[column.label for column in self.columns], rows=rows,
            )  # fmt: skip
        invalid = self.form is not None and self.form.is_bound and not self.form.is_valid()
        shown = {
            "title": self.caption,
            "table": self,
            "has_errors": invalid,
            "save_url": reverse("saved_filter", args=[self.name]) if self.filters else "",
            "query": self._url(page=None),
            **(context or {}),
        }
        return render(self.request, template, shown, status=422 if invalid else 200)


def saved_filters(request: Any, page: str) -> list[SavedFilter]:
    """What the person kept for a page; one query."""
    return list(SavedFilter.objects.filter(handler=request.handler, page=page))


def _cell(column: Column, row: Any) -> Cell:
    value = column.value(row)
    if isinstance(value, Cell):
        return Cell(value.text, value.href, value.chip, column.numeric or value.numeric, column.header, value.order)
    if isinstance(value, bool):
        return Cell(_("はい") if value else _("いいえ"), header=column.header, order=value)
    if isinstance(value, int):
        return Cell(f"{value:,}", numeric=True, header=column.header, order=value)
    return Cell("" if value is None else str(value), numeric=column.numeric, header=column.header)


def _order_of(value: Any) -> Any:
    if isinstance(value, Cell):
        return value.text if value.order is None else value.order
    return value


def _export(cell: Cell) -> Any:
    return cell.text if cell.order is None else cell.order
