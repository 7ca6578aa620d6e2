"""Small rosters for tests. Everyone in them is invented."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from azukari.people.guard import DeliveryNote

STATED_ON = date(2025, 4, 1)

RESIDENT = {
    "宛名番号": "000000000000001",
    "世帯番号": "0000000001",
    "氏名": "山田　太郎",
    "氏名カナ": "ヤマダ　タロウ",
    "ローマ字氏名": "",
    "通称": "",
    "生年月日": "19650401",
    "性別": "1",
    "郵便番号": "1600022",
    "住所": "見本町1丁目2番3号",
    "方書": "",
    "電話番号": "",
    "外国人区分": "0",
    "保険区分": "1",
    "生活保護": "0",
    "住民となった日": "",
    "転出日": "",
    "死亡日": "",
    "支援措置": "0",
}
EMPLOYEE = {
    "職員番号": "100001",
    "氏名": "佐藤　花子",
    "氏名カナ": "サトウ　ハナコ",
    "生年月日": "S60.4.1",
    "性別": "2",
    "所属名": "見本課",
    "相当職名": "主任",
    "職務名": "事務",
    "任用区分": "常勤",
}


def resident(number: int | str = 1, **cells: str) -> dict[str, str]:
    return {**RESIDENT, "宛名番号": f"{number:015d}" if isinstance(number, int) else number, **cells}


def employee(number: str = "100001", **cells: str) -> dict[str, str]:
    return {**EMPLOYEE, "職員番号": number, **cells}


def csv_text(*rows: dict[str, str], without: tuple[str, ...] = (), newline: str = "\n") -> str:
    header = [name for name in rows[0] if name not in without]
    lines = [",".join(header), *(",".join(row[name] for name in header) for row in rows)]
    return newline.join(lines) + newline


def note_of(data: bytes, rows: int) -> DeliveryNote:
    return DeliveryNote(rows, hashlib.sha256(data).hexdigest())


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "roster.csv") -> tuple[Path, DeliveryNote]:
    """The file, and a delivery note that fits it when no row holds a line break."""
    data = text.encode(encoding)
    path = folder / name
    path.write_bytes(data)
    return path, note_of(data, sum(bool(line.strip()) for line in text.splitlines()) - 1)
