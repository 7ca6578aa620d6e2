"""The questionnaire in parts of a page each, and how far somebody is: from the instrument alone, no query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from ...instrument import Item, Section, instrument

MOST = 15
"""Questions on one page."""


@dataclass(frozen=True)
class Part:
    """One page of questions: part ``place`` of ``of`` of its section. ``key`` stands in the address: a1, a2, c1."""

    key: str
    section: Section
    items: tuple[Item, ...]
    place: int
    of: int

    def heading(self, language: str) -> str:
        words = self.section.heading[language]
        return words if self.of == 1 else f"{words}（{self.place}/{self.of}）"


@dataclass(frozen=True)
class Progress:
    """How many of a part's questions are answered."""

    key: str
    heading: str
    done: int
    total: int

    @property
    def whole(self) -> bool:
        return self.done == self.total


@dataclass(frozen=True)
class Choice:
    """One answer: ``saved`` (or to be), and ``typed`` where it was chosen on this page but is not saved."""

    value: int
    words: str
    checked: bool
    typed: bool = False


@dataclass(frozen=True)
class Question:
    """One question as shown. ``stem``: the question that several share; ``first``: the first below it."""

    key: str
    number: int
    words: str
    stem: str
    first: bool
    choices: tuple[Choice, ...]

    @property
    def answer(self) -> str:
        return next((choice.words for choice in self.choices if choice.checked), "")


@cache
def parts(form: str) -> tuple[Part, ...]:
    """The pages of a questionnaire: each section cut into equal parts of at most :data:`MOST` questions."""
    found = []
    for section in instrument(form).sections:
        of = -(-len(section.items) // MOST)
        size = -(-len(section.items) // of)
        for n in range(of):
            items = section.items[n * size : (n + 1) * size]
            found.append(Part(f"{section.key.lower()}{n + 1}", section, items, n + 1, of))
    return tuple(found)


def part_of(form: str, key: str) -> Part | None:
    return next((part for part in parts(form) if part.key == key), None)


def neighbours(form: str, key: str) -> tuple[str, str]:
    """Keys of the pages before and after; "" at either end."""
    keys = ["", *(part.key for part in parts(form)), ""]
    place = keys.index(key)
    return keys[place - 1], keys[place + 1]


def part_with(form: str, item: str) -> str:
    """Key of the page on which a question stands."""
    return next(part.key for part in parts(form) if any(one.key == item for one in part.items))


def language_of(form: str, asked: str) -> str:
    """The person's language where the questionnaire has it, else Japanese."""
    return asked if asked in instrument(form).languages else "ja"


def progress(form: str, answers: Collection[str], language: str) -> list[Progress]:
    return [
        Progress(
            part.key, part.heading(language), sum(item.key in answers for item in part.items), len(part.items)
        )
        for part in parts(form)
    ]  # fmt: skip


def questions(
    part: Part, language: str, saved: Mapping[str, int], typed: Mapping[str, int] | None = None
) -> list[Question]:
    """The questions of a page. ``typed``: what was chosen on a page that could not be saved; it is marked.

    Where another page saved an answer, that one is chosen here; a typed answer to an open question stays chosen.
    """
    typed = typed or {}
    found = []
    before = None
    for item in part.items:
        stem = item.stem[language] if item.stem else ""
        chosen = saved.get(item.key, typed.get(item.key))
        unsaved = typed.get(item.key) if typed.get(item.key) != saved.get(item.key) else None
        choices = tuple(
            Choice(option.value, option.words[language], option.value == chosen, option.value == unsaved)
            for option in part.section.options
        )
        found.append(Question(item.key, item.number, item.words[language], stem, stem != before, choices))
        before = stem
    return found
