"""A small made-up paper: a ward, a printer, its encloser, a laboratory chosen by tender, a call centre for inquiries."""

from __future__ import annotations

from datetime import date

from azukari.dossier.permit import RenewalAct, Ruling
from azukari.dossier.reader import read_dossier_text
from azukari.dossier.schema import Direction, Dossier, GapEntry

TEXT = """
schema_version = 1
programme = "small"
version = "1"
title = "はがきの印字の委託について"
paper = "資料1"
board = "会議"
basis = "要綱第3条"
department = "健康部"
programme_name = "小さな事業"
section = "健康課"
purpose = "試験のため"
fiscal_year = 2025
expected = []
steps = []

[[subjects]]
text = "区民"
expected = 1000

[[parties]]
key = "ward"
name = "試験区"
role = "controller"

[[parties]]
key = "printer"
name = "印刷株式会社"
role = "processor"
aliases = ["印刷会社"]

[[parties]]
key = "encloser"
name = "封入株式会社"
role = "sub_processor"
of = ["printer"]

[[parties]]
key = "center"
name = "受電株式会社"
role = "processor"
status = "by_tender"

[[nodes]]
key = "people"
name = "区民"
kind = "people"

[[nodes]]
key = "office"
name = "健康課"
kind = "office"
within = "ward"

[[nodes]]
key = "press"
name = "印刷所"
kind = "office"
within = "printer"

[[nodes]]
key = "table"
name = "封入所"
kind = "office"
within = "encloser"

[[clauses]]
key = "printing"
kind = "entrustment"
title = "はがきの印字"
parties = ["printer"]
provided = ["氏名", "住所", "生年月日", "電話番号"]
handled = ["氏名", "漢字住所"]
excluded = ["個人番号"]
[clauses.period]
start = 2025-04-01
end = 2026-03-31
renewal = "yearly"
[[clauses.works]]
number = "①"
text = "はがきへの印字"
items = ["氏名", "住所"]

[[clauses]]
key = "enclosing"
kind = "re_entrustment"
title = "はがきの封入"
parties = ["encloser"]
entrusted_by = ["printer"]
undivided = true
handled = [
    "氏名",
    "住所",
]
period = { start = 2025-04-01, end = 2026-03-31, renewal = "on_selection" }

[[clauses]]
key = "calls"
kind = "entrustment"
title = "問合せの受電"
parties = ["center"]
collected = ["氏名", "電話番号"]
handled = ["氏名", "電話番号"]
condition = "open_inquiry"
period = { start = 2025-07-01, end = 2026-03-31, waits_for = "審議会の了承" }

[[notes]]
key = "birth-date"
text = "生年月日を印字するのか、一覧と本文で食い違う。"
places = ["printing"]
texts = ["一覧", "本文"]
[[notes.gap]]
party = "印刷"
items = ["生年月日"]
directions = ["提供", "handled"]
""".replace('party = "印刷"', 'party = "printer"')

STEPS = """
[[steps]]
number = "①"
source = "office"
target = "press"
what = "対象者データの送付"
items = ["氏名", "住所"]
medium = "disc"
clause = "printing"
safeguards = ["register", "鍵付きかばん"]

[[steps]]
number = "②"
source = "press"
target = "press"
what = "印字"
items = ["氏名", "生年月日"]
clause = "printing"

[[steps]]
number = "③"
source = "press"
target = "table"
what = "印字したはがきの引渡し"
items = ["氏名", "住所"]
clause = "enclosing"

[[steps]]
number = "④"
source = "table"
target = "people"
what = "発送"
items = ["氏名"]
as_needed = true
clause = "enclosing"
drawn = false
"""


def text_with(*pairs: tuple[str, str], steps: str = "") -> str:
    """The paper's text with each first string, which must occur in it, replaced by the second."""
    text = TEXT.replace("steps = []\n", "") + steps if steps else TEXT
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def small(*pairs: tuple[str, str], steps: str = "") -> Dossier:
    return read_dossier_text(text_with(*pairs, steps=steps))


def ruling(**changes: object) -> Ruling:
    """The ruling that lets the printer print birth dates from 10 April 2025 to 31 March 2026."""
    values: dict[str, object] = {
        "key": "R1",
        "finding": "birth-date",
        "governs": "本文",
        "why": "窓口での本人確認に要る",
        "by": "情報保護担当",
        "on": date(2025, 4, 10),
        "until": date(2026, 3, 31),
        "grants": (GapEntry(party="printer", items=("birth_date",), directions=(Direction.HANDLED,)),),
    }
    return Ruling(**{**values, **changes})  # type: ignore[arg-type]


def renewed(clause: str, year: int, on: date | None = None) -> RenewalAct:
    return RenewalAct(clause, year, on or date(year, 4, 1), "情報保護担当")
