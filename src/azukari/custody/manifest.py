"""The manifest (送付票) of a package: what it is, on which paper it rests, what is in it, from whom to whom.

It names no person and carries no data; its canonical JSON is what digests and signatures are taken of. Other tools may
write one too: any JSON with these fields is accepted, nothing with other fields is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from azukari.custody.package_errors import ManifestUnreadable
from azukari.dossier.schema import Medium
from azukari.vocabulary.items import ITEMS

FORMAT: Final = "azukari-package/1"
DATA_FILE = "data.csv"
MAX_MANIFEST_BYTES = 1 << 20

NUMBER_PATTERN = r"^[A-Z]{2,4}-[0-9]{4}-[0-9]{6}$"
PackageNumber = Annotated[str, StringConstraints(pattern=NUMBER_PATTERN)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,60}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=100_000_000, strict=True)]
DocumentName = Annotated[str, StringConstraints(pattern=r"^document-[0-9]{2}\.(pdf|xlsx)$")]


class Kind(StrEnum):
    HANDOVER = "handover"  # 受渡し
    ACKNOWLEDGEMENT = "acknowledgement"  # 受領確認
    RETURN = "return"  # 返却
    CERTIFICATE = "certificate"  # 消去証明
    NOTICE = "notice"  # 連絡 (data volume and the like; never a password)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Frozen):
    """One column of the data file: the header as written, and the item (情報項目) that it shows; None: a control column
    (running number, opaque sheet code) that says nothing about a person."""

    name: Label
    item: Key | None = None


class Organisation(_Frozen):
    key: Key
    name: Label


class PaperRef(_Frozen):
    """The approved dossier: its version and the SHA-256 of its canonical text."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    hash: Sha256


class Document(_Frozen):
    """A further file in the package (a certificate as PDF, a report). Names are neutral: document-01.pdf."""

    name: DocumentName
    sha256: Sha256
    size: Count


class Manifest(_Frozen):
    """One package. ``rows`` and ``data_size`` (bytes) are of the data file, ``persons`` and ``sheets`` what is counted.

    ``facts`` carries what a reply states (accepted, counted_rows, erased_on …) as short texts and numbers.
    """

    format: Literal["azukari-package/1"] = FORMAT
    kind: Kind
    number: PackageNumber
    in_reply_to: PackageNumber | None = None
    programme: Key
    dossier: PaperRef
    step: Label
    clause: Label
    direction: Key | None = None
    rulings: tuple[Key, ...] = ()
    items: tuple[Key, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: Count = 0
    persons: Count = 0
    sheets: Count = 0
    medium: Medium
    purpose: Label
    encoding: Literal["cp932", "utf-8-sig"] | None = None
    escape: Literal["", "'"] = ""
    data_file: Literal["data.csv"] | None = None
    data_sha256: Sha256 | None = None
    data_size: Count = 0
    documents: Annotated[tuple[Document, ...], Field(max_length=8)] = ()
    sender: Organisation
    receiver: Organisation
    created_at: AwareDatetime
    checkpoint: Annotated[str, StringConstraints(max_length=10_000)] = ""
    facts: dict[Key, Annotated[str, StringConstraints(max_length=500)] | bool | int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Manifest:
        problems = [*self._problems_of_items(), *self._problems_of_data()]
        if problems:
            raise ValueError("；".join(problems))
        return self

    def _problems_of_items(self) -> list[str]:
        problems = []
        unknown = [key for key in self.items if key not in ITEMS]
        if unknown:
            problems.append(f"items: 項目一覧にない情報項目が{len(unknown)}個あります")
        if len(set(self.items)) != len(self.items):
            problems.append("items: 同じ情報項目が二度書かれています")
        shown = {column.item for column in self.columns if column.item is not None}
        if extra := shown - set(self.items):
            problems.append(f"columns: items にない情報項目の列が{len(extra)}個あります")
        if self.columns and (absent := set(self.items) - shown):
            problems.append(f"columns: 列のない情報項目があります（{'、'.join(sorted(absent & set(ITEMS)))}）")
        if len({column.name for column in self.columns}) != len(self.columns):
            problems.append("columns: 同じ見出しの列が二つあります")
        return problems

    def _problems_of_data(self) -> list[str]:
        problems = []
        stated = (self.data_sha256, self.encoding, self.columns)
        if self.data_file and not all(stated):
            problems.append("data_file: データがあるときは data_sha256、encoding、columns も必要です")
        if not self.data_file and (any(stated) or self.data_size):
            problems.append("data_file: データがないのに、データの記載があります")
        if self.sender.key == self.receiver.key:
            problems.append("receiver: 送付元と受取人が同じです")
        if self.kind in (Kind.ACKNOWLEDGEMENT, Kind.CERTIFICATE, Kind.RETURN) and not self.in_reply_to:
            problems.append("in_reply_to: どの受渡し番号に対するものか書かれていません")
        if len({document.name for document in self.documents}) != len(self.documents):
            problems.append("documents: 同じ名前のファイルが二つあります")
        return problems

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def canonical(self) -> bytes:
        """Canonical JSON: sorted keys, UTF-8, no white space."""
        plain = self.model_dump(mode="json")
        plain["created_at"] = _timestamp(self.created_at)
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def digest(self) -> str:
        """SHA-256 (hex) of :meth:`canonical`."""
        return hashlib.sha256(self.canonical()).hexdigest()


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def make_manifest(**fields: Any) -> Manifest:
    """A manifest from fields, as ``Manifest(...)``, but every problem at once and in Japanese (ManifestUnreadable)."""
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        raise ManifestUnreadable(_in_japanese(error)) from error


def parse_manifest(data: bytes, *, known_items: Collection[str] | None = None) -> Manifest:
    """Read a manifest strictly. ``known_items`` narrows the items that may occur (the receiver's own dossier).

    Raises ManifestUnreadable with one line per wrong field: unknown field, unknown item, duplicate key, bad value.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise ManifestUnreadable([f"大きすぎます（上限 {MAX_MANIFEST_BYTES:,}バイト）"])
    try:
        plain = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except _RepeatedKey as error:
        raise ManifestUnreadable(["同じ欄が二度書かれています"]) from error
    except (ValueError, RecursionError) as error:
        raise ManifestUnreadable(["JSON（UTF-8）として読めません"]) from error
    if not isinstance(plain, dict):
        raise ManifestUnreadable(["JSON の最上位が { } ではありません"])
    manifest = make_manifest(**plain) if all(isinstance(key, str) for key in plain) else None
    if manifest is None:
        raise ManifestUnreadable(["欄の名前が文字列ではありません"])
    if known_items is not None and (extra := [key for key in manifest.items if key not in known_items]):
        names = "、".join(ITEMS[key].name for key in extra)
        raise ManifestUnreadable([f"items: 承認された別紙にない情報項目があります（{names}）"])
    return manifest


class _RepeatedKey(ValueError):
    pass


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise _RepeatedKey
    return plain


def _no_constant(name: str) -> None:
    raise ValueError(name)


_MESSAGES = {
    "missing": "書かれていません",
    "extra_forbidden": "この書式にない欄です",
    "string_pattern_mismatch": "形式が違います",
    "string_type": "文字列ではありません",
    "string_too_long": "長すぎます",
    "string_too_short": "空です",
    "too_long": "個数が多すぎます",
    "int_type": "整数ではありません",
    "int_parsing": "整数ではありません",
    "greater_than_equal": "0以上の整数ではありません",
    "less_than_equal": "大きすぎます",
    "enum": "使えない値です",
    "literal_error": "使えない値です",
    "timezone_aware": "時差（+09:00 など）が書かれていません",
    "tuple_type": "一覧（[ ]）ではありません",
    "model_type": "{ } ではありません",
    "dict_type": "{ } ではありません",
}
_FIELDS = frozenset(
    name for model in (Manifest, Column, Organisation, PaperRef, Document) for name in model.model_fields
)


def _in_japanese(error: ValidationError) -> list[str]:
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        if item["type"] == "value_error" and not item["loc"]:
            lines.append(str(item["ctx"]["error"]))
            continue
        known = [str(part) for part in item["loc"] if isinstance(part, int) or part in _FIELDS]
        place = ".".join(known) or "（書式にない欄）"
        lines.append(f"{place}: {_MESSAGES.get(item['type'], '正しくない値です')}")
    return lines
