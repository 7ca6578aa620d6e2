"""Every word of the screens has its English, with the same places to fill; what is compiled is what stands in the source."""

from __future__ import annotations

import re

from . import translations

PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
EXAMPLES = {"昭和40年4月1日", "異常なし"}
"""Japanese that stays in an English sentence, since it is typed, or printed by a program, as it stands."""
REMEDY = "python -m tests.repository.translations, then the English in locale/en/LC_MESSAGES/django.po"


def first(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


def test_every_word_has_its_english_and_no_english_is_left_over() -> None:
    wanted = {first(word) for word, _ in translations.words()}
    told = {first(message.id) for message in translations.catalogue() if message.id and message.string}
    assert (sorted(wanted - told), sorted(told - wanted)) == ([], []), REMEDY


def test_the_english_has_the_places_to_fill_of_the_japanese() -> None:
    wrong = []
    for message in translations.catalogue():
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.id:
            wrong += [form for form in forms if set(PLACE.findall(form)) != set(PLACE.findall(first(message.id)))]
    assert wrong == []


def test_the_english_is_english() -> None:
    left = []
    for message in translations.catalogue():
        for form in [message.string] if isinstance(message.string, str) else message.string:
            for example in EXAMPLES:
                form = form.replace(example, "")
            left += [form] if message.id and JAPANESE.search(form) else []
    assert left == []


def test_what_is_compiled_is_what_stands_in_the_source() -> None:
    assert (translations.FOLDER / "django.mo").read_bytes() == translations.compiled(translations.catalogue()), REMEDY
