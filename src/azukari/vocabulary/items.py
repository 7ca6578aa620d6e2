"""The items of personal data (情報項目) that dossiers, models and permits speak of, from ``items.toml``.

Facts are data: this module only reads the list, checks it and answers questions by key, name or alias.
"""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final


class ItemKind(StrEnum):
    IDENTITY = "identity"  # 本人を特定する項目
    CONTACT = "contact"  # 連絡先
    FAMILY = "family"  # 世帯・続柄
    ADMINISTRATIVE = "administrative"  # 番号・手続・経過
    INSURANCE = "insurance"  # 医療保険の資格
    WELFARE = "welfare"  # 福祉
    HEALTH = "health"  # 健康・医療
    FINANCIAL = "financial"  # 金銭・口座
    EMPLOYMENT = "employment"  # 職業・所属
    ACTIVITY = "activity"  # 歩数などの活動
    SURVEY = "survey"  # 調査への回答
    CREDENTIAL = "credential"  # 認証情報
    SAFETY = "safety"  # 安全確保のための記録


class Sensitivity(StrEnum):
    ORDINARY = "ordinary"
    SPECIAL_CARE = "special_care"  # 要配慮個人情報
    SPECIFIC_PERSONAL = "specific_personal"  # 特定個人情報

    @property
    def label(self) -> str:
        return _SENSITIVITY_LABELS[self]


_SENSITIVITY_LABELS: Final[Mapping[Sensitivity, str]] = {
    Sensitivity.ORDINARY: "通常",
    Sensitivity.SPECIAL_CARE: "要配慮個人情報",
    Sensitivity.SPECIFIC_PERSONAL: "特定個人情報",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One 情報項目. ``papers`` is False when no list of the five approved papers contains it."""

    key: str
    name: str
    aliases: tuple[str, ...]
    kind: ItemKind
    sensitivity: Sensitivity
    dpv: str
    papers: bool = True


class UnknownItem(LookupError):
    """No item has this key, name or alias; ``suggestions`` are the nearest ones."""

    def __init__(self, text: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.suggestions = suggestions

    def __str__(self) -> str:
        near = "、".join(f"{ITEMS[key].name}（{key}）" for key in self.suggestions)
        hint = f"近い項目: {near}。" if near else ""
        return (
            f"情報項目「{self.text}」は項目一覧にありません。{hint}"
            "正しいキーか日本語名に直すか、新しい項目なら vocabulary/items.toml に加えてください。"
        )


class AmbiguousItemName(ValueError):
    """Two items of ``items.toml`` share a name; an item list that does so cannot be used at all."""

    def __init__(self, name: str, keys: tuple[str, str]) -> None:
        super().__init__(name)
        self.name = name
        self.keys = keys

    def __str__(self) -> str:
        return (
            f"items.toml: 「{self.name}」という名前が {self.keys[0]} と {self.keys[1]} の両方にあります。"
            "どちらかの name か aliases から除いてください。"
        )


def _fold(text: str) -> str:
    """Width, case, spaces and dots do not make another item (ＩＤ・パスワード = ID・パスワード)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if not character.isspace())


def _item(key: str, entry: Mapping[str, Any]) -> Item:
    return Item(
        key=key,
        name=entry["name"],
        aliases=tuple(entry.get("aliases", ())),
        kind=ItemKind(entry["kind"]),
        sensitivity=Sensitivity(entry.get("sensitivity", "ordinary")),
        dpv=entry["dpv"],
        papers=entry.get("papers", True),
    )


def read_items(text: str) -> Mapping[str, Item]:
    """Items by key, in the file's order, from the text of an ``items.toml``."""
    entries = tomllib.loads(text)["items"]
    return MappingProxyType({key: _item(key, entry) for key, entry in entries.items()})


def index_names(items: Mapping[str, Item]) -> Mapping[str, str]:
    """Folded key, name or alias -> key. Raises AmbiguousItemName where one name means two items."""
    index: dict[str, str] = {}
    for item in items.values():
        for name in (item.key, item.name, *item.aliases):
            known = index.setdefault(_fold(name), item.key)
            if known != item.key:
                raise AmbiguousItemName(name, (known, item.key))
    return MappingProxyType(index)


ITEMS: Final[Mapping[str, Item]] = read_items(
    files("azukari.vocabulary").joinpath("items.toml").read_text(encoding="utf-8")
)
_INDEX: Final[Mapping[str, str]] = index_names(ITEMS)


def find_item(text: str) -> Item:
    """The item with this key, Japanese name or alias. Raises UnknownItem with the nearest suggestions."""
    wanted = _fold(text)
    key = _INDEX.get(wanted)
    if key is not None:
        return ITEMS[key]
    near = difflib.get_close_matches(wanted, list(_INDEX), n=5, cutoff=0.5)
    raise UnknownItem(text, tuple(dict.fromkeys(_INDEX[name] for name in near))[:3])


def item_names(keys: Iterable[str]) -> str:
    """The Japanese names of these items, as a paper lists them: 郵便番号、住所、氏名."""
    return "、".join(find_item(key).name for key in keys)
