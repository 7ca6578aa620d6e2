"""A table as a file: CSV (UTF-8 with BOM, formulas made harmless) or Excel. Logged before it is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import polars as pl
import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from azukari.custody.csvfile import write_csv
from azukari.parties.acting import acting

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def response(
    request: Any,
    kind: str,
    *,
    name: str,
    title: str,
    act: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    programme: str = "",
) -> HttpResponse:
    """The file as an attachment. ``name``: neutral, becomes the file's name with the day."""
    with acting(by=request.handler, act=act, now=request.now, programme=programme) as record:
        record(purpose=f"{title}の書き出し", rows=len(rows), format=kind)
    content = _csv(heads, rows) if kind == "csv" else _xlsx(title, heads, rows)
    answer = HttpResponse(content, content_type=KINDS[kind])
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}-{request.today:%Y%m%d}.{kind}")
    return answer


def download(content: bytes, name: str, *, content_type: str = "") -> HttpResponse:
    """A file that was logged already, and that no browser keeps. ``name``: neutral; its ending says what it is."""
    answer = HttpResponse(content, content_type=content_type or KINDS[name.rpartition(".")[2]])
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["Cache-Control"] = "no-store"
    return answer


def _csv(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    columns = {f"c{n}": [_text(row[n]) for row in rows] for n in range(len(heads))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return write_csv(frame, dict(zip(columns, heads, strict=True)), "utf-8-sig").data


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)


def _xlsx(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    file = BytesIO()
    # Nothing typed is taken for a formula, a number or a link.
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, plain)
    sheet = book.add_worksheet(title.translate({ord(c): " " for c in "[]:*?/\\"})[:31])
    bold, day = book.add_format({"bold": True, "bg_color": "#e6e6e6"}), book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, timezone.localtime(value).replace(tzinfo=None), moment)
            elif isinstance(value, date):
                sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, "" if value is None else str(value))
    sheet.autofit()
    book.close()
    return file.getvalue()
