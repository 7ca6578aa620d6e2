"""A synthetic ward for the screening programme: a roster as a residents' system exports it, and earlier years' tests.

Nobody in it exists: names are common ones combined at random, towns and telephone numbers are not in use. Everything is
a pure function of size, fiscal year and seed, so a demo, a test and a bench speak of the same people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Literal

import polars as pl

from azukari.programmes.screening.demo_history import make_history
from azukari.programmes.screening.demo_names import Weighted, foreign_name, japanese_name, surname_of, word_lists
from azukari.vocabulary.characters import Replacement, encode_cp932
from azukari.vocabulary.fiscal import birthday_age, fiscal_year_start
from azukari.vocabulary.wareki import PartialDate, parse_date, to_wareki

Row = dict[str, str]
RosterEncoding = Literal["cp932", "utf-8", "utf-8-sig"]

HEADERS = (
    "宛名番号", "世帯番号", "氏名", "氏名カナ", "氏名ローマ字", "通称", "生年月日", "性別", "郵便番号", "住所", "方書",
    "電話番号", "外国人区分", "保険区分", "被保険者証等記号番号", "生活保護等受給", "住民となった日", "転出日",
    "死亡日", "支援措置", "旧氏名",
)  # fmt: skip
NATIONAL, LATE_ELDERLY, OTHER_INSURANCE, NO_INSURANCE = "1", "2", "3", "9"

MOVED_OUT_SHARE, DEAD_SHARE, PROTECTED_SHARE, WELFARE_SHARE = 0.008, 0.003, 0.0005, 0.021
MOVED_OUT_LEAST, DEAD_LEAST, PROTECTED_LEAST = 2, 2, 3

# Ages of heads of households in a ward where young people live alone: first year of each band of five, weight.
_ALONE = {18: 9, 23: 19, 28: 15, 33: 9.5, 38: 6.5, 43: 6, 48: 7, 53: 7.5, 58: 7, 63: 5.5, 68: 5.5, 73: 6.5, 78: 5.5,
          83: 3.8, 88: 1.9, 93: 0.6, 98: 0.06}  # fmt: skip
_PAIR = {23: 5, 28: 13, 33: 10, 38: 7, 43: 6, 48: 8, 53: 10, 58: 11, 63: 11, 68: 11, 73: 11, 78: 8, 83: 4, 88: 1.2}
_PARENTS = {28: 4, 33: 14, 38: 20, 43: 22, 48: 20, 53: 14, 58: 6}
_KIND_OF_HOUSEHOLD = Weighted.of({"alone": 66, "pair": 16, "family": 10.5, "one_parent": 3, "three_generations": 1.5})
_AGE_OF_HEAD: Mapping[str, Weighted] = {
    "alone": Weighted.of(_ALONE),
    "pair": Weighted.of(_PAIR),
    **dict.fromkeys(("family", "one_parent", "three_generations"), Weighted.of(_PARENTS)),
}


@dataclass(frozen=True)
class Ward:
    """roster: text columns HEADERS, one row per person. history: number, fiscal_year, test, result, workup.

    dirty: row index and what was spoilt ("impossible_date", "duplicate_number", "missing_name").
    """

    roster: pl.DataFrame
    history: pl.DataFrame
    roster_date: date
    fiscal_year: int
    dirty: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class WardFiles:
    """The files written, and what CP932 could not carry of the roster."""

    roster: Path
    note: Path
    history: Path
    history_note: Path
    replacements: tuple[Replacement, ...]


def make_ward(residents: int, fiscal_year: int, seed: int, *, dirty_rows: int = 0) -> Ward:
    """A ward of `residents` rows, with the roster of 1 March before `fiscal_year` and the tests of earlier years.

    A few rows are people who lately died or moved out, as such exports hold them. `dirty_rows` rows are spoilt in turn
    by an impossible birth date, a number that another row has, and a missing name.
    """
    if residents < 1:
        raise ValueError("住民の数は1以上にしてください。")
    rng = Random(f"ward/{residents}/{fiscal_year}/{seed}")  # noqa: S311 - invented people, not secrets
    on = fiscal_year_start(fiscal_year).replace(month=3)
    rows: list[Row] = []
    births: list[date] = []
    number = 1_000_000
    for household, members in enumerate(_households(rng, on), 1):
        for row, birth in members:
            number += rng.randint(1, 9)
            row["宛名番号"], row["世帯番号"] = f"{number:015d}", f"{household * 7 + 100_000:010d}"
            rows.append(row)
            births.append(birth)
        if len(rows) >= residents:
            break
    del rows[residents:], births[residents:]
    _let_leave(rng, rows, births, on)
    _protect(rng, rows, births, on)
    history = make_history(rng, rows, births, fiscal_year)
    dirty = _spoil(rows, dirty_rows)
    roster = pl.DataFrame({header: [row[header] for row in rows] for header in HEADERS})
    return Ward(roster, history, on, fiscal_year, dirty)


def _households(rng: Random, on: date) -> Iterator[list[tuple[Row, date]]]:
    lists = word_lists()
    while True:
        kind = _KIND_OF_HOUSEHOLD.draw(rng)
        head_age = _AGE_OF_HEAD[kind].draw(rng) + rng.randrange(5)
        foreign = rng.random() < (0.19 if head_age < 40 else 0.12 if head_age < 60 else 0.03)
        welfare = rng.random() < WELFARE_SHARE * (0.3 if head_age < 40 else 1.2 if head_age < 60 else 3.2)
        home = _home(rng, kind)
        nation = lists.nations.draw(rng) if foreign else None
        surname = surname_of(rng) if nation is None else rng.choice(nation.family)
        came = on - timedelta(days=int(rng.expovariate(1 / (900 if head_age < 40 else 5200))) + 1)
        symbol = f"04-{rng.randrange(10**7):07d}"
        national = rng.random() < _national_share(head_age, foreign)
        members: list[tuple[Row, date]] = []
        for sex, age in _members(rng, kind, head_age):
            birth = _birth(rng, age, on)
            own = surname if nation is None or age < 20 else rng.choice(nation.family)
            row = dict(home)
            row |= japanese_name(rng, own, sex, birth) if nation is None else foreign_name(rng, nation, own, sex)
            row |= {"性別": sex, "生年月日": _birth_text(rng, birth, age), "外国人区分": "1" if foreign else "0"}
            row |= _insurance(rng, age, f"{symbol}-{len(members) + 1:02d}" if national else "", welfare)
            row |= {"生活保護等受給": "1" if welfare else "0", "支援措置": "0", "転出日": "", "死亡日": ""}
            row |= {"住民となった日": to_wareki(max(came, birth), "code")}
            row["電話番号"] = _phone(rng) if age >= 16 else ""
            members.append((row, birth))
        yield members


def _members(rng: Random, kind: str, head_age: int) -> list[tuple[str, int]]:
    """Sex ("1" male, "2" female) and age of each member."""
    # Women outlive men: among old people who live alone most are women.
    woman = rng.random() < (0.47 if head_age < 65 else 0.55 if head_age < 75 else 0.72)
    head = "2" if woman and kind in ("alone", "one_parent") else "1"
    if kind == "one_parent" and rng.random() < 0.8:
        head = "2"
    members = [(head, head_age)]
    if kind in ("pair", "family", "three_generations"):
        members.append(("2", max(18, head_age - rng.randint(-3, 6))))
    if kind not in ("alone", "pair"):
        eldest = max(0, min(24, head_age - rng.randint(25, 37)))
        count = rng.choices((1, 2, 3), (55, 37, 8))[0]
        members += [(rng.choice("12"), max(0, eldest - gap * rng.randint(2, 3))) for gap in range(count)]
    if kind == "three_generations":
        members.append(("2", min(99, head_age + rng.randint(24, 36))))
    return members


def _birth(rng: Random, age: int, on: date) -> date:
    """A day on which somebody was born who is `age` by the birthday on `on`."""
    latest = date(on.year - age, on.month, on.day)
    birth = latest - timedelta(days=rng.randrange(365))
    return birth if birthday_age(birth, on) == age else latest


def _birth_text(rng: Random, birth: date, age: int) -> str:
    """Of a few very old people the register does not know the day."""
    if age >= 85 and rng.random() < 0.002:
        return to_wareki(PartialDate(birth.year, birth.month), "code")
    return to_wareki(birth, "code")


_FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
_CHOME = "〇一二三四五六七八九"


def _home(rng: Random, kind: str) -> Row:
    """An address as the register writes it: chome in kanji, numbers in full width, building and room apart."""
    lists = word_lists()
    town, chome, code = lists.towns.draw(rng)
    place = f"{_CHOME[rng.randint(1, chome)]}丁目{rng.randint(1, 32)}番{rng.randint(1, 24)}号" if chome else ""
    place = place or f"{rng.randint(1, 140)}番地" + (f"{rng.randint(1, 12)}" if rng.random() < 0.5 else "")
    extra = ""
    if rng.random() < (0.88 if kind == "alone" else 0.7):
        first, last = lists.buildings
        stem = town.removesuffix("町") if rng.random() < 0.6 else ""
        room = f"{rng.randint(1, 14)}{rng.randint(1, 12):02d}号室"
        extra = f"{rng.choice(first)}{stem}{rng.choice(last)}{room}"
    elif rng.random() < 0.02:
        extra = f"{lists.surnames.draw(rng)[0]}様方"
    address = f"東京都新宿区{town}{place}".translate(_FULL_WIDTH)
    return {"郵便番号": f"{code[:3]}-{code[3:]}", "住所": address, "方書": extra.translate(_FULL_WIDTH)}


def _phone(rng: Random) -> str:
    """A number that is not in use (an exchange of zeros); a third of the people have none in the register."""
    if rng.random() < 0.33:
        return ""
    area = "03" if rng.random() < 0.3 else rng.choice(("070", "080", "090"))
    return f"{area}-0000-{rng.randrange(10_000):04d}"


def _national_share(head_age: int, foreign: bool) -> float:
    if foreign and head_age < 40:
        return 0.5
    return 0.27 if head_age < 60 else 0.45 if head_age < 65 else 0.74


def _insurance(rng: Random, age: int, national_symbol: str, welfare: bool) -> Row:
    """75 and over are in the scheme for the old, some from 65 with a disability; those on welfare are in none."""
    if welfare:
        kind, symbol = NO_INSURANCE, ""
    elif age >= 75 or (age >= 65 and rng.random() < 0.02):
        kind, symbol = LATE_ELDERLY, f"{rng.randrange(10**8):08d}"
    else:
        # The ward does not know the symbol of an employees' insurance.
        kind, symbol = NATIONAL if national_symbol else OTHER_INSURANCE, national_symbol
    return {"保険区分": kind, "被保険者証等記号番号": symbol}


def _let_leave(rng: Random, rows: list[Row], births: list[date], on: date) -> None:
    """Some rows are people who lately died or moved out; old people die, young ones move."""
    shares = [MOVED_OUT_SHARE * (1.6 if birth.year > on.year - 40 else 0.4) for birth in births]
    left = {n for n, share in enumerate(shares) if rng.random() < share}
    while len(left) < min(MOVED_OUT_LEAST, len(rows) // 20):
        left.add(rng.randrange(len(rows)))
    for n in sorted(left):
        _leave(rng, rows[n], births[n], "転出日", on, 14)
    old = [n for n, birth in enumerate(births) if birth.year <= on.year - 65 and n not in left]
    dead = max(min(DEAD_LEAST, len(rows) // 20), round(len(rows) * DEAD_SHARE))
    for n in rng.sample(old, min(len(old), dead)):
        _leave(rng, rows[n], births[n], "死亡日", on, 300)


def _leave(rng: Random, row: Row, birth: date, how: str, on: date, days: int) -> None:
    """Write the day on which somebody left, never before they came or were born."""
    came = parse_date(row["住民となった日"]).latest()
    row[how] = to_wareki(max(on - timedelta(days=rng.randrange(days)), came, birth), "code")


def _protect(rng: Random, rows: list[Row], births: list[date], on: date) -> None:
    """Protect whole households of women with whoever lives with them, until enough people are protected."""
    wanted = max(PROTECTED_LEAST, round(len(rows) * PROTECTED_SHARE))
    may = [
        n
        for n, row in enumerate(rows)
        if row["性別"] == "2" and births[n].year < on.year - 18 and not row["転出日"] and not row["死亡日"]
    ]
    protected = 0
    for n in rng.sample(may, min(len(may), wanted)):
        home = rows[n]["世帯番号"]
        for row in rows[max(0, n - 8) : n + 8]:
            if row["世帯番号"] == home and row["支援措置"] == "0":
                row["支援措置"] = "1"
                protected += 1
        if protected >= wanted:
            return


def _spoil(rows: list[Row], count: int) -> tuple[tuple[int, str], ...]:
    dirty = []
    step = max(1, len(rows) // (count + 1))
    for k in range(min(count, len(rows) - 1)):
        n = min((k + 1) * step, len(rows) - 1)
        kind = ("impossible_date", "duplicate_number", "missing_name")[k % 3]
        if kind == "impossible_date":
            rows[n]["生年月日"] = "3400230"
        elif kind == "duplicate_number":
            rows[n]["宛名番号"] = rows[n - 1]["宛名番号"]
        else:
            rows[n] |= {"氏名": "", "氏名カナ": "", "氏名ローマ字": "", "通称": ""}
        dirty.append((n, kind))
    return tuple(dirty)


def write_roster(ward: Ward, folder: Path, encoding: RosterEncoding = "cp932") -> WardFiles:
    """Write roster and history as CSV (CRLF) and a delivery note of rows and SHA-256 for each.

    Names whose characters CP932 lacks are reduced, as a sending system would; UTF-8 carries them as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    roster = folder / f"jumin_{ward.roster_date:%Y%m%d}.csv"
    history = folder / f"jushinreki_{ward.fiscal_year - 1}.csv"
    named = ward.history.rename(
        {"number": "宛名番号", "fiscal_year": "年度", "test": "検診", "result": "判定", "workup": "要精検"}
    )
    replacements = _write_csv(ward.roster, roster, encoding)
    _write_csv(named, history, encoding)
    return WardFiles(
        roster, _write_note(roster, ward.roster.height), history, _write_note(history, named.height), replacements
    )


def _write_csv(frame: pl.DataFrame, path: Path, encoding: RosterEncoding) -> tuple[Replacement, ...]:
    # A null is written as nothing, an empty text as a pair of quotes that no residents' system writes.
    filled = pl.col(pl.String)
    frame = frame.with_columns(pl.when(filled != "").then(filled), pl.col(pl.Boolean).cast(pl.Int8))
    text = frame.write_csv(line_terminator="\r\n")
    if encoding == "cp932":
        encoded = encode_cp932(text)
        path.write_bytes(encoded.data)
        return encoded.replacements
    path.write_bytes(text.encode(encoding))
    return ()


def _write_note(path: Path, rows: int) -> Path:
    note = path.with_suffix(".toml")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    note.write_text(f'file = "{path.name}"\nrows = {rows}\nsha256 = "{digest}"\n', encoding="utf-8")
    return note
