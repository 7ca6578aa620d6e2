"""Bench `roster`: read, review and commit 150,000 residents, against csv.reader and executemany of the same columns.

Both write to a database file of the same kind (SQLite, as installed). The measuring runs in a process of its own, so
that no warm cache or open connection of the caller helps or hinders. All people are synthetic.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROWS = 150_000
TURNS = 3
HEADER = [
    "宛名番号",
    "世帯番号",
    "氏名",
    "氏名カナ",
    "ローマ字氏名",
    "通称",
    "旧氏",
    "生年月日",
    "性別",
    "郵便番号",
    "住所",
    "方書",
    "電話番号",
    "外国人区分",
    "保険区分",
    "被保険者証等記号番号",
    "生活保護",
    "住民となった日",
    "転出日",
    "死亡日",
    "支援措置",
]
FAMILY = [("山田", "ヤマダ"), ("髙橋", "タカハシ"), ("渡邉", "ワタナベ"), ("山﨑", "ヤマサキ"), ("齋藤", "サイトウ")]
FAMILY += [(f"{a}{b}", f"{x}{y}") for a, x in zip("小大中西東北南上下高", "コオナニヒキミウシタ", strict=True)
           for b, y in zip("川田村野原山島林沢木", "カタムノハヤシリサキ", strict=True)]  # fmt: skip
GIVEN = [(f"{a}{b}", f"{x}{y}") for a, x in zip("太一美陽健直由真智和", "タイミヨケナユマチカ", strict=True)
         for b, y in zip("郎子介香人樹菜穂也恵", "ロコスカトキナホヤエ", strict=True)]  # fmt: skip
TOWNS = ["北新町", "見本町", "架空台", "例示坂", "試作園"]


def synthetic_roster(rows: int, seed: int = 1) -> str:
    """CSV text of a believable ward: one foreign resident in eight, some protected, some dead or gone."""
    chance = random.Random(seed)
    first = date(1925, 1, 1)
    lines = [",".join(HEADER)]
    for i in range(rows):
        family, given = chance.choice(FAMILY), chance.choice(GIVEN)
        foreign = chance.random() < 0.12
        name = "" if foreign else f"{family[0]}　{given[0]}"
        latin = f"SAMPLE{chance.randrange(5000)} {chr(65 + i % 26)}ENA" if foreign else ""
        lines.append(
            ",".join(
                (
                    f"{20_000_000_000 + i * 7:015d}",
                    f"{i // 2:010d}",
                    name,
                    "" if foreign else f"{family[1]}　{given[1]}",
                    latin,
                    f"{family[0]}　{given[0]}" if foreign and i % 3 == 0 else "",
                    "",
                    (first + timedelta(days=chance.randrange(35_000))).strftime("%Y%m%d"),
                    str(1 + i % 2),
                    f"160{chance.randrange(10_000):04d}",
                    f"{chance.choice(TOWNS)}{1 + i % 5}丁目{1 + i % 40}番{1 + i % 17}号",
                    f"見本ハイツ{1 + i % 900}号室" if i % 3 else "",
                    f"03-0000-{i % 10_000:04d}" if i % 2 else "",
                    "1" if foreign else "0",
                    str(1 + i % 3),
                    f"{i % 100:02d}・{i:07d}",
                    "1" if i % 50 == 0 else "0",
                    "20210401",
                    "20250310" if i % 211 == 0 else "",
                    "20250220" if i % 307 == 0 else "",
                    "1" if i % 500 == 0 else "0",
                )
            )
        )
    return "\n".join(lines) + "\n"


def _theirs(roster: Path, database: Path) -> float:
    """Seconds of the least that any import does: parse the lines, put them into a table."""
    started = time.perf_counter()
    connection = sqlite3.connect(database)
    connection.execute(f"CREATE TABLE plain ({', '.join(f'c{i} TEXT' for i in range(len(HEADER)))})")
    with roster.open(encoding="cp932", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        connection.executemany(f"INSERT INTO plain VALUES ({', '.join('?' * len(HEADER))})", reader)
    connection.commit()
    connection.close()
    return time.perf_counter() - started


def _ours(roster: Path, note: Any) -> dict[str, float]:
    """Seconds of each act on the database that Django is set up for."""
    from azukari.people import changeset

    now = datetime(2025, 4, 2, 9, tzinfo=UTC)
    seconds = {}
    started = time.perf_counter()
    staged = changeset.read(
        path=roster, kind="residents", stated_on=date(2025, 4, 1), delivery_note=note, by="officer", now=now
    )
    seconds["read"] = time.perf_counter() - started
    started = time.perf_counter()
    changeset.review(changeset=staged, by="officer", now=now)
    seconds["review"] = time.perf_counter() - started
    started = time.perf_counter()
    done = changeset.commit(changeset=staged, by="officer", now=now, reference_key=b"bench" * 8)
    seconds["commit"] = time.perf_counter() - started
    if done.added != ROWS:
        raise RuntimeError(f"{ROWS:,} 件のうち {done.added:,} 件しか取り込まれませんでした。")
    return seconds


def _measure() -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder:
        ours = Path(folder) / "ours.sqlite3"
        settings.configure(
            INSTALLED_APPS=["azukari.people"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(ours)}},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
            TIME_ZONE="Asia/Tokyo",
        )
        django.setup()
        from azukari.people.guard import DeliveryNote

        roster = Path(folder) / "roster.csv"
        data = synthetic_roster(ROWS).encode("cp932")
        roster.write_bytes(data)
        note = DeliveryNote(ROWS, hashlib.sha256(data).hexdigest())
        # In turns, and the best of each, so that a busy moment of the machine does not decide.
        theirs, acts = [], []
        for turn in range(TURNS):
            theirs.append(_theirs(roster, Path(folder) / f"plain{turn}.sqlite3"))
            connection.close()
            ours.unlink(missing_ok=True)
            call_command("migrate", verbosity=0)
            acts.append(_ours(roster, note))
    best = min(acts, key=lambda seconds: sum(seconds.values()))
    total = sum(best.values())
    figures = {"rows": ROWS, "bytes": len(data), "seconds": total, "csv_executemany_seconds": min(theirs)}
    return {
        "figures": {**figures, **{f"{act}_seconds": seconds for act, seconds in best.items()}},
        "ratios": {"vs_csv_executemany": total / min(theirs)},
    }


def run() -> dict[str, Any]:
    """Figures in seconds and bytes; ratios vs_csv_executemany: our time / theirs, at most 6."""
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, __file__, "--measure"], check=True, capture_output=True, text=True, env=environment
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    print(json.dumps(_measure() if "--measure" in sys.argv else run(), indent=2))
