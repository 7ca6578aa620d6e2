"""The values of a health checkup: JLAC10 codes, units, code lists, plausible and reference ranges, from ``items.toml``.

Source: 厚生労働省 特定健診の電子的なデータ標準様式 (schema V08, from fiscal 2024). The codes of one item differ by
method only (``codes``: code -> method), so an item is found by any of them and the delivered code stays with the value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from azukari.engine.parameters import Mark, Parameters, load_parameters
from azukari.vocabulary.headers import header_key

_SOURCE = Path(__file__).with_name("items.toml")
OID = "1.2.392.200119.6."
ITEM_SYSTEM = f"{OID}1005"
CHECKUP_SECTION = "01010"
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")


@dataclass(frozen=True)
class Item:
    """One value of a checkup.

    ``kind``: PQ (number with unit), CD, CO (code of ``options``), ST (text). ``unit`` is the one of the XML, ``shown``
    the one for people, ``units`` every accepted spelling, lower case. ``lowest`` and ``highest`` (inclusive) are what a
    living adult can have. ``old_of`` names the item that replaced this one. ``mark`` says how sure the codes are.
    """

    key: str
    name: str
    header: str
    kind: str
    codes: Mapping[str, str]
    unit: str = ""
    shown: str = ""
    units: frozenset[str] = frozenset()
    decimals: int = 0
    lowest: Decimal | None = None
    highest: Decimal | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    code_system: str = ""
    section: str = CHECKUP_SECTION
    sex: str = ""
    old_of: str = ""
    aliases: tuple[str, ...] = ()
    mark: Mark = "verified"


@dataclass(frozen=True)
class Value:
    """One delivered value, from any source. Nothing is changed: ``text`` is what was written.

    ``item`` is None for a code that ``items.toml`` does not know. ``number`` (PQ only) is None when nothing was
    measured, when the result lies beyond what the method can measure (``beyond`` H or L, with the ``limit`` in
    ``unit``) and when the text is not a plain decimal. ``low`` and ``high`` are the laboratory's reference range,
    ``flag`` its H, L or N. ``old_unit`` marks a value in a unit that is no longer used: a person decides. ``under`` is
    the code of the observation that contains this one, with ``relation`` (COMP, RSON).
    """

    item: str | None
    code: str
    kind: str = ""
    text: str = ""
    number: Decimal | None = None
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    flag: str = ""
    not_done: bool = False
    not_measurable: bool = False
    beyond: str = ""
    limit: Decimal | None = None
    old_unit: bool = False
    method: str = ""
    name: str = ""
    code_system: str = ITEM_SYSTEM
    section: str = CHECKUP_SECTION
    under: str = ""
    relation: str = ""


@dataclass(frozen=True)
class ReferenceRange:
    """The range (inclusive, in the item's unit) that most healthy people are in, its source and how sure that is."""

    low: Decimal | None
    high: Decimal | None
    citations: tuple[str, ...]
    mark: Mark


@cache
def items() -> Mapping[str, Item]:
    """Every item by its key, in the order of the table (body, pressure, blood, urine, questions, cancer, hepatitis)."""
    document = tomllib.loads(_SOURCE.read_text(encoding="utf-8"))
    lists = document["lists"]
    return MappingProxyType({key: _item(key, entry, lists) for key, entry in document["items"].items()})


def by_code(jlac10: str) -> Item | None:
    """The item of a 17-character JLAC10 code, or None for a code that the table does not know."""
    return _by_code().get(jlac10)


def by_header(header: str) -> Item | None:
    """The item of a CSV column: name with unit, name or alias; widths and blanks do not matter. None if unknown."""
    return _by_header().get(header_key(header))


def reference_range(key: str, *, sex: str, on: date) -> ReferenceRange | None:
    """The reference range of an item for ``sex`` ("male", "female") on a day, or None where none is known.

    Bounds that differ by sex are left out for an unknown sex.
    """
    in_force = _references().at(on)
    found = {}
    for bound in ("low", "high"):
        for name in (f"reference.{key}.{sex}_{bound}", f"reference.{key}.{bound}"):
            if in_force.has(name):
                found[bound] = in_force.entry(name)
                break
    if not found:
        return None
    marks: set[Mark] = {entry.mark for entry in found.values()}
    bounds = {bound: Decimal(str(entry.value)) for bound, entry in found.items()}
    citations = tuple(dict.fromkeys(entry.citation for entry in found.values()))
    return ReferenceRange(bounds.get("low"), bounds.get("high"), citations, _least_sure(marks))


def value_of(key: str, text: str) -> Value:
    """A value of a known item as a file without codes delivers it: first code of the item, its unit, nothing else."""
    item = items()[key]
    return Value(
        item=key,
        code=next(iter(item.codes)),
        kind=item.kind,
        text=text,
        number=plain_number(text) if item.kind == "PQ" else None,
        unit=item.unit,
        old_unit=bool(item.old_of),
        section=item.section,
    )


def plain_number(text: str) -> Decimal | None:
    """The number of a plain decimal such as 120 or 5.6, else None: INF, NaN and 1E999999 are not measurements."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def ngsp_from_jds(jds: Decimal) -> Decimal:
    """HbA1c in NGSP % of a value in JDS %, to one decimal: 1.02 x JDS + 0.25.

    Formula from memory (日本糖尿病学会, 2012), not read in its source: offered to a person, never applied unasked.
    """
    return (Decimal("1.02") * jds + Decimal("0.25")).quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")


def _item(key: str, entry: Mapping[str, Any], lists: Mapping[str, Any]) -> Item:
    plain = {name: entry[name] for name in ("name", "header", "kind") if name in entry}
    plain |= {name: entry[name] for name in ("decimals", "section", "sex", "old_of", "mark") if name in entry}
    unit = entry.get("unit", "")
    shown = entry.get("shown", unit)
    lowest, highest = (Decimal(str(bound)) for bound in entry["plausible"]) if "plausible" in entry else (None, None)
    listed = lists[entry["options"]] if "options" in entry else {}
    return Item(
        key=key,
        codes=MappingProxyType({code: method for code, _, method in (text.partition(" ") for text in entry["codes"])}),
        unit=unit,
        shown=shown,
        units=frozenset(spelling.lower() for spelling in (unit, shown, *entry.get("also", ())) if spelling),
        lowest=lowest,
        highest=highest,
        options=MappingProxyType(dict(listed.get("options", {}))),
        code_system=f"{OID}{listed['system']}" if listed else "",
        aliases=tuple(entry.get("aliases", ())),
        **plain,
    )


@cache
def _by_code() -> dict[str, Item]:
    return {code: item for item in items().values() for code in item.codes}


@cache
def _by_header() -> dict[str, Item]:
    return {header_key(name): item for item in items().values() for name in (item.header, item.name, *item.aliases)}


@cache
def _references() -> Parameters:
    return load_parameters(_SOURCE)


def _least_sure(marks: set[Mark]) -> Mark:
    order: tuple[Mark, ...] = ("doubtful", "memory", "verified")
    return next(mark for mark in order if mark in marks)
