"""Bench `package`: sealing 150,000 rows (13 items, CP932 CSV) as an AES-256 ZIP, against ``7z a -tzip -mem=AES256``.

Both start from the CSV file on disk and end with the sealed file on disk; ours also takes digests, makes the manifest
and syncs. Three pairs, each with its sizes: 7z's default against ours; 7z -mx1 against ours (which packs a little
tighter than -mx1, so the comparison is not in our favour); and both without compression. ``vs_7z`` is the worst of
the three. All people are synthetic.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from azukari.custody.csvfile import read_csv, write_csv
from azukari.custody.manifest import Manifest, make_manifest
from azukari.custody.package import Password, ZipSealing, build, open_package
from azukari.custody.zipfile_aes import write_zip

ROWS = 150_000
ROUNDS = 3
NUMBER, PASSWORD = "AZ-2025-000001", "k7mw-2bcd-9xyz-hjkm-p3qr"
COLUMNS = {
    "sheet": "受診券整理番号", "reference": "受診番号", "name": "氏名", "kana": "カナ氏名", "birth": "生年月日",
    "sex": "性別", "postal": "郵便番号", "address": "住所", "supplement": "住所方書", "tests": "受診できる健診",
    "period": "受診期間", "fee": "自己負担額", "code": "照合番号",
}  # fmt: skip


def people(rows: int, seed: int = 1) -> pl.DataFrame:
    """Rows as a printer gets them: names, addresses and numbers that differ, tests and periods that repeat."""
    draw = random.Random(seed)
    family = [
        "佐藤",
        "鈴木",
        "髙橋",
        "田中",
        "伊藤",
        "渡邉",
        "山本",
        "中村",
        "小林",
        "加藤",
        "吉田",
        "山田",
        "髙野",
        "山﨑",
        "齋藤",
        "松本",
        "井上",
        "木村",
        "林",
        "清水",
    ]
    given = [
        "太",
        "一",
        "美",
        "健",
        "翔",
        "陽",
        "恵",
        "直",
        "由",
        "和",
        "明",
        "幸",
        "子",
        "郎",
        "介",
        "香",
        "菜",
        "大",
        "樹",
        "真",
    ]
    kana = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
    tests = ["健康診査", "胃がん検診", "肺がん検診", "大腸がん検診", "子宮頸がん検診", "乳がん検診", "肝炎ウイルス検診"]
    first = date(1930, 1, 1)

    def row(n: int) -> tuple[Any, ...]:
        return (
            f"{25_000_000_000 + n:011d}", f"{draw.randrange(10**10):010d}",
            f"{draw.choice(family)}　{draw.choice(given)}{draw.choice(given)}",
            "".join(draw.choices(kana, k=4)) + "　" + "".join(draw.choices(kana, k=3)),
            first + timedelta(days=draw.randrange(30_000)), draw.choice("男女"), f"160{draw.randrange(100):04d}",
            f"東京都見本区中央{draw.randint(1, 8)}丁目{draw.randint(1, 40)}番{draw.randint(1, 30)}号",
            f"{draw.choice(family)}マンション{draw.randint(101, 1505)}号室" if draw.random() < 0.6 else None,
            "・".join(sorted(draw.sample(tests, draw.randint(1, 6)))), "2025年6月1日から2026年1月31日まで",
            draw.choice([0, 500, 800, 1000]), f"{draw.getrandbits(64):016x}",
        )  # fmt: skip

    return pl.DataFrame([row(n) for n in range(rows)], schema=list(COLUMNS), orient="row")


def manifest_of(data: bytes, rows: int) -> Manifest:
    return make_manifest(
        kind="handover", number=NUMBER, programme="screening", dossier={"version": "1", "hash": "0" * 64},
        step="①", clause="別紙1", items=["name"], columns=[{"name": h, "item": "name"} for h in COLUMNS.values()],
        rows=rows, persons=rows, medium="lgwan", purpose="受診券の印刷", encoding="cp932", escape="'",
        data_file="data.csv", data_sha256=hashlib.sha256(data).hexdigest(), data_size=len(data),
        sender={"key": "ward", "name": "見本区"}, receiver={"key": "printer", "name": "見本印刷"},
        created_at=datetime(2025, 4, 1, tzinfo=UTC),
    )  # fmt: skip


def seconds(act: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    before()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def run(rows: int = ROWS) -> dict[str, Any]:
    """Figures in seconds, bytes and MB/s of CSV; ratios as throughput ours / theirs."""
    frame = people(rows)
    figures: dict[str, Any] = {"rows": rows}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        source, sealed, theirs = folder / "data.csv", folder / f"{NUMBER}.zip", folder / "theirs.zip"
        figures["csv_write_seconds"] = seconds(lambda: source.write_bytes(write_csv(frame, COLUMNS).data))
        size = figures["csv_bytes"] = source.stat().st_size

        def ours() -> None:
            data = source.read_bytes()
            build(folder, manifest_of(data, rows), data, ZipSealing(PASSWORD))

        def ours_stored() -> None:
            sealed.write_bytes(write_zip({"data.csv": source.read_bytes()}, PASSWORD.encode(), level=0))

        def seven(level: str) -> Callable[[], None]:
            command = ["7z", "a", "-tzip", "-mem=AES256", level, f"-p{PASSWORD}", str(theirs), str(source)]
            return lambda: subprocess.run(command, check=True, capture_output=True) and None

        acts = {
            "ours": (ours, sealed), "ours_stored": (ours_stored, sealed), "7z_default": (seven("-mx5"), theirs),
            "7z_mx1": (seven("-mx1"), theirs), "7z_stored": (seven("-mx0"), theirs),
        }  # fmt: skip
        best = dict.fromkeys(acts, float("inf"))
        for _ in range(ROUNDS):  # in turn, so that a busy machine hinders all alike
            for name, (act, path) in acts.items():
                best[name] = min(best[name], seconds(act, lambda path=path: path.unlink(missing_ok=True)))  # type: ignore[misc]
                figures[f"{name}_bytes"] = path.stat().st_size
        sealed.unlink()
        ours()
        figures["open_seconds"] = seconds(lambda: open_package(sealed, Password(PASSWORD), expect_receiver="printer"))
        data = source.read_bytes()
        figures["csv_read_seconds"] = seconds(lambda: read_csv(data, list(COLUMNS.values()), rows, encoding="cp932"))
    figures |= {f"{name}_mb_per_second": size / 1e6 / took for name, took in best.items()}
    ratios = {
        "vs_7z_default": best["7z_default"] / best["ours"],
        "vs_7z_mx1": best["7z_mx1"] / best["ours"],
        "vs_7z_stored": best["7z_stored"] / best["ours_stored"],
    }
    return {"figures": figures, "ratios": {"vs_7z": min(ratios.values()), **ratios}}
