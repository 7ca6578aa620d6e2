"""The questionnaires (職業性ストレス簡易調査票) as data: wording, answers, scales, and reversed items.

One TOML file in ``instruments/`` per questionnaire; a file that is ``based_on`` another keeps some of its items or adds
sections of its own, so that a wording stands in one place only. Every language of a file has every key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from azukari.engine.parameters import Mark

Language: TypeAlias = str
Area: TypeAlias = Literal["a", "b", "c", ""]

INSTRUMENTS = ("bjsq57", "bjsq23", "bjsq80")
DEFAULT_INSTRUMENT = "bjsq57"
ANSWERS = (1, 2, 3, 4)
"""What can be answered, from left to right."""

SCALES = (
    "quantitative_load",
    "qualitative_load",
    "physical_load",
    "interpersonal_stress",
    "environment_stress",
    "control",
    "skill_use",
    "suitability",
    "meaningfulness",
    "vigour",
    "irritability",
    "fatigue",
    "anxiety",
    "depression",
    "physical_complaints",
    "supervisor_support",
    "colleague_support",
    "family_support",
    "satisfaction",
)
"""The 19 scales of the 57 items, in the order of the conversion table (1 to 19)."""

_FOLDER = Path(__file__).with_name("instruments")
_FIELDS = {"key", "version", "citation", "mark", "decides_as", "based_on", "keeps", "sections", "words"}
_ITEM_FIELDS = {"key", "scale", "stem", "reversed_in_sum", "reversed_in_scale", "required", "mark"}
_SECTION_WORDS = ("heading", "on_paper", "on_screen", "options")


class InstrumentUnreadable(ValueError):
    """The file of a questionnaire holds mistakes; ``problems`` lists all of them in Japanese."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(source, problems)

    def __str__(self) -> str:
        lines = "\n".join(f"・{problem}" for problem in self.problems)
        return f"調査票のファイル {self.source} に誤りがあります。直してから、もう一度読み込んでください。\n{lines}"


class UnknownInstrument(LookupError):
    """There is no questionnaire of that key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)

    def __str__(self) -> str:
        return f"調査票「{self.key}」はありません。{'、'.join(INSTRUMENTS)} のいずれかを指定してください。"


@dataclass(frozen=True)
class Option:
    """One of the four answers: its ``value`` (1 to 4, left to right) and its words by language."""

    value: int
    words: Mapping[Language, str]


@dataclass(frozen=True)
class Item:
    """One question. ``number`` is the same in all questionnaires; ``stem`` is the question that several items share."""

    key: str
    number: int
    scale: str
    reversed_in_sum: bool
    reversed_in_scale: bool
    required: bool
    mark: Mark
    words: Mapping[Language, str]
    stem: Mapping[Language, str] | None = None


@dataclass(frozen=True)
class Section:
    """Items under one heading with the same answers. ``area``: a, b, c in the high-stress rules; "" counts in none."""

    key: str
    area: Area
    heading: Mapping[Language, str]
    on_paper: Mapping[Language, str]
    on_screen: Mapping[Language, str]
    options: tuple[Option, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire of one version. ``decides_as``: whose thresholds of the simple sum it takes."""

    key: str
    version: str
    citation: str
    mark: Mark
    decides_as: str
    languages: tuple[Language, ...]
    title: Mapping[Language, str]
    sections: tuple[Section, ...]
    scale_names: Mapping[str, Mapping[Language, str]]

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in the order in which they are asked."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def item_keys(self) -> tuple[str, ...]:
        """``q1`` …, the columns of the answers."""
        return tuple(item.key for item in self.items)

    def item(self, key: str) -> Item:
        """The item of that key; ``KeyError`` where the questionnaire does not ask it."""
        return {item.key: item for item in self.items}[key]

    def items_of_area(self, area: Area) -> tuple[Item, ...]:
        """The items that the totals A, B or C count."""
        return tuple(item for section in self.sections if section.area == area for item in section.items)

    def items_of_scale(self, scale: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scale == scale)

    @property
    def scales(self) -> tuple[str, ...]:
        """The scales whose items are asked in full, in the order of the items of the whole form."""
        whole = {
            scale: sum(1 for item in _whole().items if item.scale == scale) for scale in _scales_of(_whole().items)
        }
        return tuple(
            scale for scale in _scales_of(self.items) if len(self.items_of_scale(scale)) == whole.get(scale, 0)
        )


@cache
def _whole() -> Instrument:
    """The form with every item (80); what is missing from it is missing from a scale."""
    return instrument("bjsq80")


def _scales_of(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.scale for item in items))


@cache
def instrument(key: str = DEFAULT_INSTRUMENT) -> Instrument:
    """The questionnaire of that key; raises :class:`UnknownInstrument` and :class:`InstrumentUnreadable`."""
    if key not in INSTRUMENTS:
        raise UnknownInstrument(key)
    path = _FOLDER / f"{key}.toml"
    return parse_instrument(path.read_text(encoding="utf-8"), source=path.name)


def parse_instrument(text: str, source: str = "instrument.toml") -> Instrument:
    """Read one questionnaire; raises :class:`InstrumentUnreadable` with every mistake at once."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstrumentUnreadable(source, [f"TOML として読めません: {error}"]) from error
    problems = _problems(document)
    if problems:
        raise InstrumentUnreadable(source, problems)
    based_on = document.get("based_on")
    base = instrument(based_on) if based_on else None
    words = document["words"]
    return Instrument(
        key=document["key"],
        version=document["version"],
        citation=document["citation"],
        mark=document["mark"],
        decides_as=document["decides_as"],
        languages=tuple(words),
        title={language: spoken["title"] for language, spoken in words.items()},
        sections=_kept(base, document.get("keeps"))
        + tuple(_section(stated, document) for stated in _sections(document)),
        scale_names=({} if base is None else dict(base.scale_names)) | _by_key(words, "scales"),
    )


def _sections(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(document.get("sections", []))


def _kept(base: Instrument | None, keeps: list[str] | None) -> tuple[Section, ...]:
    if base is None:
        return ()
    if keeps is None:
        return base.sections
    shortened = (
        replace(section, items=tuple(item for item in section.items if item.key in keeps)) for section in base.sections
    )
    return tuple(section for section in shortened if section.items)


def _by_key(words: Mapping[str, Any], table: str) -> dict[str, dict[Language, str]]:
    """``words.LANGUAGE.TABLE.KEY`` turned to key → language → text."""
    keys = dict.fromkeys(key for spoken in words.values() for key in spoken.get(table, {}))
    return {key: {language: spoken[table][key] for language, spoken in words.items()} for key in keys}


def _section(stated: Mapping[str, Any], document: Mapping[str, Any]) -> Section:
    words = document["words"]
    said = {language: spoken["sections"][stated["key"]] for language, spoken in words.items()}
    texts, stems = _by_key(words, "items"), _by_key(words, "stems")
    return Section(
        key=stated["key"],
        area=stated.get("area", ""),
        heading={language: spoken["heading"] for language, spoken in said.items()},
        on_paper={language: spoken["on_paper"] for language, spoken in said.items()},
        on_screen={language: spoken["on_screen"] for language, spoken in said.items()},
        options=tuple(
            Option(value, {language: spoken["options"][place] for language, spoken in said.items()})
            for place, value in enumerate(ANSWERS)
        ),
        items=tuple(
            Item(
                key=entry["key"],
                number=int(entry["key"][1:]),
                scale=entry["scale"],
                reversed_in_sum=entry.get("reversed_in_sum", False),
                reversed_in_scale=entry.get("reversed_in_scale", False),
                required=entry.get("required", True),
                mark=entry.get("mark", document["mark"]),
                words=texts[entry["key"]],
                stem=stems[entry["stem"]] if "stem" in entry else None,
            )
            for entry in stated["items"]
        ),
    )


def _problems(document: Mapping[str, Any]) -> list[str]:
    """Every mistake of the file, in Japanese; the keys of each language are compared with what the sections ask for."""
    found = [
        f"「{name}」がありません。"
        for name in ("key", "version", "citation", "mark", "decides_as", "words")
        if name not in document
    ]
    found += [f"「{name}」という項目は使えません。" for name in document if name not in _FIELDS]
    if document.get("based_on", DEFAULT_INSTRUMENT) not in INSTRUMENTS:
        found.append(f"もとにする調査票「{document['based_on']}」がありません。")
    if not document.get("sections") and "based_on" not in document:
        found.append("設問（sections）がありません。")
    if "keeps" in document and "based_on" not in document:
        found.append("「keeps」は「based_on」と一緒に書いてください。")
    if found:
        return found
    if document["mark"] not in get_args(Mark):
        found.append(f"「mark」は {' / '.join(get_args(Mark))} のいずれかにしてください。")
    base = instrument(document["based_on"]) if "based_on" in document else None
    known = base.item_keys if base else ()
    found += [f"もとの調査票に設問 {key} がありません。" for key in document.get("keeps", []) if key not in known]
    sections = _sections(document)
    items = [entry for section in sections for entry in section.get("items", [])]
    for section in sections:
        found += _section_problems(section)
    keys = [*(() if "keeps" in document else known), *(entry.get("key") for entry in items)]
    found += [f"設問 {key} が2回あります。" for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if base is not None:
        missing = set(base.languages) ^ set(document["words"])
        found += [f"言語「{language}」は、もとの調査票と片方にしかありません。" for language in sorted(missing)]
    if not found:
        for language, spoken in document["words"].items():
            found += _language_problems(language, spoken, sections, items)
    return found


def _section_problems(section: Mapping[str, Any]) -> list[str]:
    name = f"区分 {section.get('key', '？')}"
    found = [f"{name}: 「{field}」がありません。" for field in ("key", "items") if field not in section]
    if section.get("area", "") not in get_args(Area):
        found.append(f"{name}: 「area」は a、b、c のいずれかにしてください。")
    for entry in section.get("items", []):
        key = str(entry.get("key", "？"))
        if not (key.startswith("q") and key[1:].isdigit()):
            found.append(f"{name}: 設問の「key」{key} は q1 のように書いてください。")
        if not entry.get("scale"):
            found.append(f"設問 {key}: 「scale」がありません。")
        found += [f"設問 {key}: 「{field}」という項目は使えません。" for field in entry if field not in _ITEM_FIELDS]
        if entry.get("mark", "verified") not in get_args(Mark):
            found.append(f"設問 {key}: 「mark」は {' / '.join(get_args(Mark))} のいずれかにしてください。")
    return found


def _language_problems(
    language: str, spoken: Mapping[str, Any], sections: list[dict[str, Any]], items: list[dict[str, Any]]
) -> list[str]:
    wanted = {
        "sections": [section["key"] for section in sections],
        "items": [entry["key"] for entry in items],
        "stems": [entry["stem"] for entry in items if "stem" in entry],
        "scales": [entry["scale"] for entry in items],
    }
    found = [] if str(spoken.get("title", "")).strip() else [f"言語「{language}」: 「title」がありません。"]
    for table, keys in wanted.items():
        said = spoken.get(table, {})
        missing = [key for key in dict.fromkeys(keys) if not said.get(key)]
        found += [f"言語「{language}」: {table} の「{key}」に文言がありません。" for key in missing]
        found += [f"言語「{language}」: {table} の「{key}」は使われていません。" for key in said if key not in keys]
    for key, said in spoken.get("sections", {}).items():
        found += [
            f"言語「{language}」: 区分 {key} に「{word}」がありません。"
            for word in _SECTION_WORDS
            if not said.get(word)
        ]
        if len(said.get("options", ANSWERS)) != len(ANSWERS):
            found.append(f"言語「{language}」: 区分 {key} の選択肢は {len(ANSWERS)} つにしてください。")
    return found
