"""Names, towns and buildings of the synthetic ward, drawn from the lists in demo_lists.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any

VARIANT_SHARE = 0.3  # of the families whose name has variants
Words = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Weighted:
    """Values drawn by weight; cumulated once because it is drawn from a million times."""

    values: tuple[Any, ...]
    cumulated: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[Any, float]) -> Weighted:
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def draw(self, rng: Random) -> Any:
        return rng.choices(self.values, cum_weights=self.cumulated)[0]


@dataclass(frozen=True, eq=False)
class Nation:
    """family, given: (as registered, Latin, reading); given by sex."""

    kanji: bool
    family: Words
    given: Mapping[str, Words]


@dataclass(frozen=True)
class Lists:
    surnames: Weighted
    variants: Mapping[str, list[str]]
    given: Mapping[str, Mapping[str, Words]]
    nations: Weighted
    towns: Weighted
    buildings: tuple[list[str], list[str]]


def _words(text: str) -> Words:
    return tuple(tuple(word.split(":")) for word in text.split())


def _latin_words(text: str) -> Words:
    """LATIN:reading pairs where the Latin part may hold blanks: a word without reading belongs to the next."""
    pairs, open_words = [], []
    for word in text.split():
        open_words.append(word)
        if ":" in word:
            latin, reading = " ".join(open_words).split(":")
            pairs.append((latin, latin, reading))
            open_words = []
    return tuple(pairs)


@cache
def word_lists() -> Lists:
    """demo_lists.toml, read once."""
    text = tomllib.loads(files(__package__).joinpath("demo_lists.toml").read_text("utf-8"))
    surnames = _words(text["surnames"])
    nations: dict[Nation, float] = {}
    for nation in text["nations"]:
        kanji = nation.get("kanji", False)
        read = _words if kanji else _latin_words
        given = {"1": read(nation["male"]), "2": read(nation["female"])}
        nations[Nation(kanji, read(nation["family"]), given)] = nation["weight"]
    towns = {(town, chome, f"160{810 + n:04d}"): max(chome, 1) for n, (town, chome) in enumerate(text["towns"].items())}
    given_names = {
        sex: {age: _words(words) for age, words in text["given"][name].items()}
        for sex, name in (("1", "male"), ("2", "female"))
    }
    return Lists(
        surnames=Weighted.of({pair: 1 / (rank + 12) for rank, pair in enumerate(surnames)}),
        variants=text["variants"],
        given=given_names,
        nations=Weighted.of(nations),
        towns=Weighted.of(towns),
        buildings=(text["buildings"]["first"], text["buildings"]["last"]),
    )


def surname_of(rng: Random) -> tuple[str, ...]:
    """A family name, in its own variant now and then, and its reading."""
    lists = word_lists()
    name, reading = lists.surnames.draw(rng)
    if name in lists.variants and rng.random() < VARIANT_SHARE:
        name = rng.choice(lists.variants[name])
    return name, reading


def japanese_name(rng: Random, surname: tuple[str, ...], sex: str, birth: date) -> dict[str, str]:
    """The roster's name fields of a Japanese resident; given names go by the years in which they were given."""
    era = "1" if birth.year < 1960 else "2" if birth.year < 1990 else "3"
    given = rng.choice(word_lists().given[sex][era])
    former = surname_of(rng)[0] if sex == "2" and birth.year < 2000 and rng.random() < 0.01 else ""
    return {
        "氏名": f"{surname[0]}　{given[0]}",
        "氏名カナ": f"{surname[1]}　{given[1]}",
        "氏名ローマ字": "",
        "通称": "",
        "旧氏名": former,
    }


def foreign_name(rng: Random, nation: Nation, family: tuple[str, ...], sex: str) -> dict[str, str]:
    """Latin name as in the passport, kanji where the register has them, an alias now and then, kana often not."""
    given = rng.choice(nation.given[sex])
    latin = f"{family[1]} {given[1]}"
    in_kanji = nation.kanji and rng.random() < 0.8
    alias = ""
    if rng.random() < (0.15 if nation.kanji else 0.03):
        alias = f"{word_lists().surnames.draw(rng)[0]}　{rng.choice(word_lists().given[sex]['2'])[0]}"
    return {
        "氏名": f"{family[0]}　{given[0]}" if in_kanji else latin,
        "氏名カナ": f"{family[2]}　{given[2]}" if rng.random() < 0.6 else "",
        "氏名ローマ字": latin,
        "通称": alias,
        "旧氏名": "",
    }
