"""Vouchers a second, from a list of people to PDFs on disk, against the typesetter alone and two other ways.

Run with ``script/bench vouchers`` (or ``python bench/vouchers.py``). Ratios are throughputs, ours / theirs, on the same
machine in the same minute:

* ``vs_bare_typst``: ``typst.compile`` of the very same pages from ready-made input, in two processes, nothing else
done;
* ``vs_weasyprint``: an equivalent HTML page, in two processes;
* ``vs_reportlab``: hand-placed text and the same code image, in two processes.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for _folder in (ROOT, ROOT / "src"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from azukari.letters.batches import BATCH_SIZE, render_batches  # noqa: E402
from azukari.letters.codes import grouped, qr_png  # noqa: E402
from azukari.letters.typst import SHIPPED_FONTS, count_pages, font_set  # noqa: E402
from azukari.programmes.screening.letters.voucher import TEMPLATE, Voucher, builder, voucher_json  # noqa: E402
from azukari.vocabulary.wareki import to_wareki  # noqa: E402
from tests.unit.letters.vouchers import EDITION, voucher  # noqa: E402

WORKERS = 2
FLOORS = {"vs_bare_typst": 0.8, "vs_weasyprint": 40.0, "vs_reportlab": 0.5}


def run(pages: int = 4000, html_pages: int = 30, rounds: int = 2) -> dict[str, Any]:
    """Measure; the best of ``rounds`` counts for each way, taken in turn so that a busy minute hits all alike."""
    people = [voucher(number) for number in range(1, pages + 1)]
    inputs = [voucher_json(EDITION, people[start : start + BATCH_SIZE]) for start in range(0, pages, BATCH_SIZE)]
    best = {"ours": 0.0, "bare_typst": 0.0, "weasyprint": 0.0, "reportlab": 0.0}
    for _ in range(rounds):
        for way, seconds, count in (
            ("bare_typst", _bare_typst(inputs, pages), pages),
            ("ours", _ours(people), pages),
            ("reportlab", _others(_reportlab, people, BATCH_SIZE), pages),
            ("weasyprint", _others(_weasyprint, people[:html_pages], -(-html_pages // WORKERS)), html_pages),
        ):
            best[way] = max(best[way], count / seconds)
    return {
        "figures": {
            "pages": pages,
            "workers": WORKERS,
            **{f"pages_per_second_{way}": round(speed, 1) for way, speed in best.items()},
        },
        "ratios": {f"vs_{way}": round(best["ours"] / speed, 3) for way, speed in best.items() if way != "ours"},
        "floors": FLOORS,
    }


def _others(draw: Callable[[Sequence[Voucher]], bytes], people: Sequence[Voucher], size: int) -> float:
    batches = [people[start : start + size] for start in range(0, len(people), size)]
    start = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        drawn = list(pool.map(draw, batches))
    seconds = time.perf_counter() - start
    assert all(pdf.startswith(b"%PDF") for pdf in drawn)
    return seconds


def _ours(people: Sequence[Voucher]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = render_batches(people, Path(folder), template=TEMPLATE, build=builder(EDITION), workers=WORKERS)
        seconds = time.perf_counter() - start
        assert sum(batch.pages for batch in done) == len(people)
    return seconds


def _bare_typst(inputs: Sequence[bytes], pages: int) -> float:
    families = json.dumps(list(font_set().families))
    start = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        drawn = list(pool.map(_compile, inputs, [families] * len(inputs)))
    seconds = time.perf_counter() - start
    assert sum(drawn) == pages
    return seconds


def _compile(data: bytes, families: str) -> int:
    import typst

    pdf = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parents[3]),
        font_paths=[str(SHIPPED_FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": data.decode(), "fonts": families},
    )
    assert isinstance(pdf, bytes)
    return count_pages(pdf)


def _person(person: Voucher) -> list[tuple[str, str]]:
    day = to_wareki(person.birth_date, "long")
    return [
        ("氏名", person.name), ("性別", person.sex), ("生年月日", day), ("受診番号", person.visit_number),
        ("受診券整理番号", person.ticket_number), ("電話番号", person.telephone),
        ("被保険者証等記号番号", person.insurance_number), ("生活保護等受給の有無", person.welfare),
        ("肝炎受診歴", person.hepatitis_history),
    ]  # fmt: skip


def _tests(person: Voucher) -> list[tuple[str, str, str]]:
    rows = []
    for (name, remark), fee in zip(EDITION.tests, person.fees, strict=True):
        if fee is None:
            rows.append((f"{name} {remark}", "―", "対象外"))
        else:
            period = f"{to_wareki(fee.first, 'long')}から{to_wareki(fee.last, 'long')}まで"
            rows.append((f"{name} {remark}", f"{fee.yen:,}円" if fee.yen else "無料", period))
    return rows


def _weasyprint(people: Sequence[Voucher]) -> bytes:
    from base64 import b64encode

    from weasyprint import HTML

    style = (
        f"@font-face{{font-family:ipaex;src:url(file://{next(SHIPPED_FONTS.glob('*.ttf'))})}}"
        "@page{size:A4;margin:12mm}body{font:11pt ipaex}section{page-break-after:always}"
        "table{border-collapse:collapse;width:100%}td,th{border:.5pt solid #888;padding:2mm}img{width:18mm;float:right}"
        ".address{height:80mm;padding-left:10mm}"
    )
    sheets = []
    for person in people:
        image = b64encode(qr_png(person.code)).decode()
        facts = "".join(f"<td><small>{label}</small><br>{escape(value)}</td>" for label, value in _person(person))
        tests = "".join(f"<tr><td>{a}</td><td>{b}</td><td>{c}</td></tr>" for a, b, c in _tests(person))
        notes = "".join(f"<li>{note}</li>" for note in EDITION.notes)
        sheets.append(
            f"<section><div class=address><img src='data:image/png;base64,{image}'>〒{person.postal_code}<br>"
            f"{escape(person.address)}<br>{escape(person.name)} 様<h1>受診券</h1>{grouped(person.code)}</div>"
            f"<table><tr>{facts}</tr></table><ul>{notes}</ul><table>{tests}</table></section>"
        )
    page = f"<html lang=ja><style>{style}</style>{''.join(sheets)}</html>"
    pdf = HTML(string=page).write_pdf()
    assert isinstance(pdf, bytes)
    return pdf


def _reportlab(people: Sequence[Voucher]) -> bytes:
    from reportlab.lib.units import mm
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("ipaex", str(next(SHIPPED_FONTS.glob("*.ttf")))))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(210 * mm, 297 * mm))

    def put(x: float, y: float, size: float, text: str) -> None:
        canvas.setFont("ipaex", size)
        canvas.drawString(x * mm, (297 - y) * mm, text)

    for person in people:
        put(21, 17, 11, f"〒{person.postal_code}")
        put(21, 22, 11, person.address)
        put(21, 28, 15, f"{person.name} 様")
        put(112, 20, 17, "令和7年度")
        put(112, 28, 14.5, EDITION.title)
        put(112, 38, 26, "受 診 券")
        canvas.drawImage(ImageReader(BytesIO(qr_png(person.code))), 176 * mm, 267 * mm, 18 * mm, 18 * mm)
        put(165, 36, 8, grouped(person.code))
        for place, line in enumerate(
            ("この受診券1枚で、下の表の検査を受けられます。", EDITION.office, EDITION.telephone)
        ):
            put(17, 75 + 6 * place, 12, line)
        for place, (label, value) in enumerate(_person(person)):
            x, y = 14 + 62 * (place % 3), 114 + 15 * (place // 3)
            canvas.rect((x - 2) * mm, (297 - y - 11) * mm, 62 * mm, 15 * mm)
            put(x, y, 9, label)
            put(x, y + 7, 15, value)
        for place, note in enumerate(EDITION.notes):
            put(12, 172 + 6 * place, 11, f"・{note}")
        for place, (name, fee, period) in enumerate(_tests(person)):
            y = 215 + 7.9 * place
            canvas.line(12 * mm, (297 - y - 2) * mm, 198 * mm, (297 - y - 2) * mm)
            put(15, y, 13, name)
            put(79, y, 13, fee)
            put(109, y, 11.5, period)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=2))
