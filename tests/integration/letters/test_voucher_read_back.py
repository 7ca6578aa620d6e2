"""What the enclosing machine sees: the code of every printed page, read from a picture of the page."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import zxingcpp

from azukari.letters.typst import render_pdf
from azukari.programmes.screening.letters.voucher import TEMPLATE, Voucher, voucher_json
from tests.unit.letters.vouchers import EDITION, voucher, vouchers

DPI = 200
MM = DPI / 25.4


def pictures(people: list[Voucher], folder: Path) -> list[np.ndarray]:
    """Grey pages, height × width, from poppler's portable graymaps."""
    pdf = folder / "v.pdf"
    pdf.write_bytes(render_pdf(TEMPLATE, voucher_json(EDITION, people)))
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", str(pdf), str(folder / "p")], check=True)
    return [graymap(path.read_bytes()) for path in sorted(folder.glob("p*.pgm"))]


def graymap(content: bytes) -> np.ndarray:
    kind, width, height, _ = content.split(maxsplit=4)[:4]
    assert kind == b"P5"
    return np.frombuffer(content[-int(width) * int(height) :], np.uint8).reshape(int(height), int(width))


def test_the_code_of_every_page_reads_back_and_stands_where_the_reader_looks(tmp_path: Path) -> None:
    people = vouchers(12)
    for person, page in zip(people, pictures(people, tmp_path), strict=True):
        found = zxingcpp.read_barcodes(page)
        assert [barcode.text for barcode in found] == [person.code]
        corner = found[0].position.top_left
        assert abs(corner.x - 176 * MM) < MM
        assert abs(corner.y - 12 * MM) < MM
        box = page[int(10 * MM) : int(32 * MM), int(174 * MM) : int(196 * MM)]
        assert [barcode.text for barcode in zxingcpp.read_barcodes(np.ascontiguousarray(box))] == [person.code]


def test_through_the_window_nothing_but_the_address_block_is_seen(tmp_path: Path) -> None:
    long = replace(
        voucher(1),
        name="MARIA FERNANDA DE LOS ANGELES RODRIGUEZ-VILLANUEVA Y SANTIAGO DE COMPOSTELA",
        address="見本県見本区西見本二丁目8番1号ザ・パークタワー・ロイヤルレジデンス見本セントラルガーデン イーストウイング2408号室",
    )
    for page in pictures([voucher(1), long], tmp_path):
        # All that can come before the window wherever the sheet has slid: 110 × 58 mm.
        reachable = page[: int(58 * MM), : int(110 * MM)] < 128
        always = np.zeros_like(reachable)
        always[int(13 * MM) : int(38.5 * MM), int(20 * MM) : int(86 * MM)] = True
        assert reachable[always].sum() > 100
        assert not reachable[~always].any()
