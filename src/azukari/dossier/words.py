"""Japanese words of the paper for the codes of the schema, and short ways to name items, parties and days."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files

from azukari.dossier.schema import (
    Clause,
    Condition,
    Direction,
    Dossier,
    Kind,
    Medium,
    Party,
    PartyStatus,
    Period,
    Renewal,
    Role,
)
from azukari.vocabulary.items import ITEMS

DIRECTION_NAMES = {
    Direction.PROVIDED: "提供",
    Direction.COLLECTED: "収集",
    Direction.HANDLED: "処理",
    Direction.RECORDED: "記録",
    Direction.VIEW: "閲覧",
}
ROLE_NAMES = {
    Role.CONTROLLER: "区",
    Role.PROCESSOR: "委託先",
    Role.SUB_PROCESSOR: "再委託先",
    Role.COUNTERPARTY: "結合の相手方",
}
KIND_NAMES = {
    Kind.AUTOMATED_PROCESSING: "電算処理",
    Kind.INTERCONNECTION: "外部結合",
    Kind.ENTRUSTMENT: "業務委託",
    Kind.RE_ENTRUSTMENT: "再委託",
}
MEDIUM_NAMES = {
    Medium.LGWAN: "LGWAN回線",
    Medium.NETWORK: "暗号化した回線",
    Medium.DISC: "CD-R・DVD-R",
    Medium.PAPER: "紙",
    Medium.SYSTEM: "システム画面",
    Medium.ELECTRONIC: "電磁的媒体",
}
STATUS_NAMES = {
    PartyStatus.NAMED: "",
    PartyStatus.CLASS: "機関の種類のみ記載",
    PartyStatus.BY_TENDER: "競争入札により決定",
}
RENEWAL_NAMES = {
    Renewal.YEARLY: "次年度以降も同様",
    Renewal.ON_SELECTION: "選定された場合に継続",
    Renewal.NONE: "",
}
CONDITION_NAMES = {
    Condition.OPEN_INQUIRY: "受付中の問合せに係る事項のみ",
    Condition.OPEN_CASE: "対応中の案件に係る事項のみ",
}


def item_name(key: str) -> str:
    """The paper's name of an item; the key itself for an item that the vocabulary does not know."""
    item = ITEMS.get(key)
    return item.name if item is not None else key


def item_list(keys: Iterable[str], limit: int | None = None) -> str:
    """Names joined by 、 ; with ``limit``, the rest as ほか n 項目."""
    names = [item_name(key) for key in keys]
    if limit is not None and len(names) > limit:
        return "、".join(names[:limit]) + f" ほか{len(names) - limit}項目"
    return "、".join(names)


def day(value: date) -> str:
    """A day as the paper writes it: 令和7年4月1日 (Gregorian before 1 May 2019 in Heisei)."""
    if value >= date(2019, 5, 1):
        era, year = "令和", value.year - 2018
    else:
        era, year = "平成", value.year - 1988
    return f"{era}{'元' if year == 1 else year}年{value.month}月{value.day}日"


def fiscal_year_name(year: int) -> str:
    """2025 → 令和7年度; 2019 → 令和元年度 (the name of the greater part of that year)."""
    if year >= 2019:
        return f"令和{'元' if year == 2019 else year - 2018}年度"
    return f"平成{year - 1988}年度"


def period_text(period: Period) -> str:
    """The period in numbers, with renewal and the event it waits for."""
    end = day(period.end) + "まで" if period.end else "期限なし"
    parts = [f"{day(period.start)}から{end}"]
    if period.renewal is not Renewal.NONE:
        parts.append(RENEWAL_NAMES[period.renewal])
    if period.waits_for:
        parts.append(f"{period.waits_for}の後")
    return "、".join(parts)


def party_of(dossier: Dossier, key: str) -> Party | None:
    """The party with that key, or None."""
    return next((party for party in dossier.parties if party.key == key), None)


def party_name(dossier: Dossier, key: str) -> str:
    """The party's name; the key itself where the dossier has no such party."""
    party = party_of(dossier, key)
    return party.name if party is not None else key


def party_names(dossier: Dossier, keys: Iterable[str]) -> str:
    return "、".join(party_name(dossier, key) for key in keys)


def clause_label(clause: Clause) -> str:
    """「業務委託 2 印字封入封かん業務」: kind and number, or kind and title where the number names nothing."""
    named = any(not character.isdigit() and not character.isspace() for character in clause.number)
    return f"「{KIND_NAMES[clause.kind]} {clause.number if named else clause.title}」"


def clause_items(clause: Clause, direction: Direction) -> tuple[str, ...]:
    """What a clause lists in one direction.

    An *undivided* clause gives one list without saying provided or handled (検体検査: 氏名、生年月日、性別): its list
    stands for both, and for nothing else.
    """
    if clause.undivided and direction in (Direction.PROVIDED, Direction.HANDLED):
        return tuple(dict.fromkeys((*clause.provided, *clause.handled)))
    listed: tuple[str, ...] = getattr(clause, direction.value)
    return listed


def all_items(clause: Clause) -> tuple[str, ...]:
    """Every item a clause lists in some direction, once, in the paper's order."""
    return tuple(dict.fromkeys(item for direction in Direction for item in getattr(clause, direction.value)))


@cache
def _measures() -> dict[str, dict[str, str]]:
    text = files("azukari.vocabulary").joinpath("measures.toml").read_text(encoding="utf-8")
    measures: dict[str, dict[str, str]] = tomllib.loads(text)["measures"]
    return measures


def measure_text(key: str, form: str = "short") -> str:
    """A measure in words: ``short`` (a note beside an arrow), ``ward`` or ``party``; text that is no key as it is."""
    measure = _measures().get(key)
    return str(measure[form]) if measure is not None else key
