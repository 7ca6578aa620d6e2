"""Read the ministry's checkup result document (hc08, HL7 CDA R2, schema V08) into a :class:`Checkup`.

Source: 厚生労働省 特定健診情報ファイル仕様説明書; the XSDs come with every archive and are given by the user
(:meth:`Schemas.load`). Nothing in a document is trusted: a document type declaration is refused before parsing, nothing
is fetched, nothing expanded, and no error repeats what the document says, because that is about a person. Only what the
import needs is read; the address is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

from azukari.examinations.items import CHECKUP_SECTION, ITEM_SYSTEM, OID, Value, by_code, plain_number

NAMESPACE = "urn:hl7-org:v3"
LEGACY_NAMESPACE = "http://tokuteikenshin.jp/checkup/2007"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
INTERPRETATION = "2.16.840.1.113883.5.83"
INSURER, INSTITUTION, SYMBOL, NUMBER, BRANCH = (f"{OID}{end}" for end in ("101", "102", "204", "205", "211"))
VOUCHER = f"{OID}209"
SEXES = {"1": "male", "2": "female"}
MOST_BYTES = 8 * 1024 * 1024
MOST_PROBLEMS = 10

_SCHEMA_FILE = "hc08_V08.xsd"
_Q = f"{{{NAMESPACE}}}"
_ROOT, _OBSERVATION, _CODE, _VALUE = (f"{_Q}{tag}" for tag in ("ClinicalDocument", "observation", "code", "value"))
_FLAG, _METHOD, _RANGE, _WITHIN = (
    f"{_Q}{tag}" for tag in ("interpretationCode", "methodCode", "referenceRange", "entryRelationship")
)
_CODED = {_FLAG: "flag", _METHOD: "method"}
_LOW, _HIGH, _ID = f"{_Q}low", f"{_Q}high", f"{_Q}id"
_TYPE = f"{{{XSI}}}type"
_bound_number = lru_cache(1024)(plain_number)  # a laboratory writes the same bounds into every document
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_LEGACY = re.compile(rb"(xmlns(?::[\w.-]+)?\s*=\s*[\"'])" + re.escape(LEGACY_NAMESPACE.encode()) + rb"([\"'])")
_OTHER_FILES = {
    "index": "交換用基本情報（ix08）",
    "summary": "集計情報（su08）",
    "checkupClaim": "特定健診の決済情報（cc08）",
    "healthGuidanceClaim": "特定保健指導の決済情報（gc08）",
}
_GUIDANCE = {"21", "22", "23", "24", "25"}
_ASK_AGAIN = "XML を作った機関に、直して送り直すよう依頼してください。このファイルは取り込んでいません。"
_FOUND_AT = "健診結果のファイル（DATA フォルダーの h で始まる XML）"


class UnreadableCheckup(ValueError):
    """The document is not taken in. ``code`` names why; str() says it in Japanese, without a word of the document.

    Codes: empty, too_large, encoding, doctype, truncated, not_xml, too_deep, namespace, other_file, guidance, schema,
    two_persons, wrong_date, no_date. ``lines`` are the sentences, one per problem, the last one the remedy.
    """

    def __init__(self, code: str, *lines: str, remedy: str = _ASK_AGAIN) -> None:
        self.code = code
        self.lines = (*lines, remedy)
        super().__init__(code, *self.lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)


class NoSchemas(LookupError):
    """The folder of XSDs is missing or broken: a matter of the setup, not of a document."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(str(folder))

    def __str__(self) -> str:
        return (
            f"健診 XML のスキーマを {self.folder} から読めません。{_SCHEMA_FILE} と coreschemas フォルダーが"
            "そのままの形で置かれているかを確かめてください。どの XML も調べていません。"
        )


@dataclass(frozen=True)
class Schemas:
    """The compiled schema. Compile once (about 0.1 s), then give it to every :func:`read`; threads may share it."""

    hc08: Any
    lock: Any

    @classmethod
    def load(cls, folder: Path | str) -> Schemas:
        """Compile ``hc08_V08.xsd`` of the archive's XSD folder; raises :class:`NoSchemas`."""
        path = Path(folder) / _SCHEMA_FILE
        try:
            return cls(etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True))), Lock())
        except (OSError, etree.LxmlError):
            raise NoSchemas(Path(folder)) from None


@dataclass(frozen=True)
class Checkup:
    """One person's checkup as delivered. Numbers of cards and vouchers stay text; what the document leaves out is "".

    ``document_code`` 報告区分 (10 特定健診, 19 deletion request, 42 自治体検診), ``programme_code`` (010, 060 cancer,
    090 hepatitis), ``name`` in kana, ``sex`` "male", "female" or "" for anything else. ``voucher_number`` is the 受診券
    (11 digits), None if the document names none. ``legacy`` marks a document in the namespace of 2007.
    """

    document_code: str
    programme_code: str
    insurer_number: str
    symbol: str
    number: str
    branch: str
    voucher_number: str | None
    name: str
    sex: str
    birth: date | None
    postal_code: str
    examined_on: date
    institution_number: str
    institution_name: str
    values: tuple[Value, ...]
    created_on: date | None = None
    legacy: bool = False


def read(data: bytes, schemas: Schemas) -> Checkup:
    """Check one document against the schema and read it; raises :class:`UnreadableCheckup`.

    Every observation becomes a :class:`Value`, known code or not, nested ones (``under``) after their holder.
    """
    plain, legacy = _checked_bytes(data)
    root = _parsed(plain)
    _check_root(root)
    _check_schema(root, schemas)
    return _checkup(root, legacy)


def _checked_bytes(data: bytes) -> tuple[bytes, bool]:
    """Bytes that are UTF-8 without declarations, in today's namespace; and whether they were in the old one."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise UnreadableCheckup("empty", "ファイルが空です。")
    if len(data) > MOST_BYTES:
        raise UnreadableCheckup("too_large", f"1人分の結果としては大きすぎます（上限 {MOST_BYTES // 1024**2} MB）。")
    declared = _ENCODING.match(data[:400])
    if b"\0" in data or (declared and declared[1].lower() not in (b"utf-8", b"utf8")):
        raise UnreadableCheckup("encoding", "文字コードが UTF-8 ではありません。健診結果の XML は UTF-8 で書きます。")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableCheckup("encoding", "UTF-8 として読めない文字があります。") from None
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableCheckup("doctype", "文書型宣言（DOCTYPE）があります。安全のため読みません。")
    if LEGACY_NAMESPACE.encode() not in data:
        return data, False
    return _LEGACY.subn(rb"\g<1>" + NAMESPACE.encode() + rb"\g<2>", data)[0], True


def _parsed(data: bytes) -> Any:
    # A parser per document: one shared by threads would let only one of them parse at a time.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        at = f"{error.lineno}行目" if error.lineno else "先頭"
        if "depth" in (error.msg or "").lower():
            raise UnreadableCheckup("too_deep", f"{at}: 要素の入れ子が深すぎます。") from None
        if data.lstrip().startswith(b"<") and not data.rstrip().endswith(b"ClinicalDocument>"):
            raise UnreadableCheckup("truncated", f"ファイルが {at} で途切れています。") from None
        raise UnreadableCheckup("not_xml", f"XML として読めません（{at}）。") from None


def _check_root(root: Any) -> None:
    if root.tag == _ROOT:
        return
    name = etree.QName(root).localname
    if name in _OTHER_FILES:
        raise UnreadableCheckup(
            "other_file", f"これは{_OTHER_FILES[name]}のファイルです。", remedy=f"{_FOUND_AT}を選んでください。"
        )
    if name == "ClinicalDocument":
        raise UnreadableCheckup("namespace", f"名前空間が {NAMESPACE} ではないため、健診結果の XML として読めません。")
    raise UnreadableCheckup("other_file", "健診結果の XML ではありません。", remedy=f"{_FOUND_AT}を選んでください。")


def _check_schema(root: Any, schemas: Schemas) -> None:
    with schemas.lock:  # the compiled schema keeps one list of errors
        if schemas.hc08.validate(root):
            return
        entries = [(entry.line, entry.type_name, entry.message) for entry in schemas.hc08.error_log]
    lines = tuple(dict.fromkeys(_sentence(*entry) for entry in entries))
    more = (f"ほかに {len(lines) - MOST_PROBLEMS} か所あります。",) if len(lines) > MOST_PROBLEMS else ()
    raise UnreadableCheckup("schema", "仕様（XSD）に合わないところがあります。", *lines[:MOST_PROBLEMS], *more)


_WORDS = {
    "ClinicalDocument": "文書全体", "typeId": "文書の型", "id": "番号", "code": "コード", "effectiveTime": "日付",
    "confidentialityCode": "守秘区分", "recordTarget": "受診者", "patientRole": "受診者", "patient": "受診者",
    "addr": "住所", "postalCode": "郵便番号", "telecom": "電話番号", "name": "名称・氏名", "birthTime": "生年月日",
    "administrativeGenderCode": "性別", "author": "作成機関", "assignedAuthor": "作成機関", "time": "日時",
    "representedOrganization": "機関", "custodian": "管理機関", "assignedCustodian": "管理機関",
    "representedCustodianOrganization": "管理機関", "participant": "受診券", "functionCode": "券の種別",
    "high": "上限・終わり", "low": "下限・始まり", "associatedEntity": "受診券", "scopingOrganization": "保険者",
    "documentationOf": "実施情報", "serviceEvent": "実施情報", "performer": "実施機関", "assignedEntity": "実施機関",
    "component": "本文", "structuredBody": "本文", "section": "セクション", "title": "見出し", "text": "説明",
    "entry": "検査項目", "observation": "検査結果", "value": "検査値", "interpretationCode": "判定",
    "methodCode": "検査方法", "referenceRange": "基準値", "observationRange": "基準値", "entryRelationship": "関連検査",
    "templateId": "様式の番号", "realmCode": "領域", "languageCode": "言語", "statusCode": "状態",
    "originalText": "元の文",
}  # fmt: skip
_ATTRIBUTES = {"value", "code", "codeSystem", "extension", "root", "unit", "nullFlavor", "type", "classCode",
               "moodCode", "typeCode", "negationInd", "displayName"}  # fmt: skip
_ELEMENT = re.compile(r"^Element '(?:\{[^}']*\})?([^']*)'(?:, attribute '(?:\{[^}']*\})?([^']*)')?")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^)]*) \)")
_FAULTS = {
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "ここに書けない属性があります。",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "必要な属性がありません。",
    "SCHEMAV_CVC_AU": "決められた値と違います。",
    "SCHEMAV_CVC_TYPE_2": "値の型（xsi:type）がありません。",
    "SCHEMAV_CVC_ELT_4_2": "値の型（xsi:type）が仕様にありません。",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "要素の間に文字は書けません。",
}


def _sentence(line: int, kind: str, message: str) -> str:
    """One schema error in plain Japanese: only the line, names that the schema defines, and what is wrong."""
    found = _ELEMENT.match(message)
    element, attribute = (found[1], found[2]) if found else ("", None)
    where = _named(element) if element in _WORDS else "仕様にない要素"
    detail = f"の属性 {attribute}" if attribute in _ATTRIBUTES else ""
    fault = _FAULTS.get(kind, "値の書き方が仕様に合いません。" if "VALID" in kind else "仕様に合いません。")
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        listed = _EXPECTED.search(message)
        names = [name.rpartition("}")[2] for name in listed[1].split(", ")] if listed else []
        wanted = "、".join(_named(name) for name in names if name in _WORDS)
        missing = "Missing child" in message
        fault = "中に必要な要素がありません。" if missing else "ここには書けません。"
        fault += f"ここに必要なのは {wanted} です。" if wanted else ""
    return f"{line}行目の{where}{detail}: {fault}"


def _named(element: str) -> str:
    return f"{_WORDS[element]}（{element}）"


def _checkup(root: Any, legacy: bool) -> Checkup:
    targets = root.findall(f"{_Q}recordTarget")
    if len(targets) > 1:
        raise UnreadableCheckup(
            "two_persons", f"{targets[1].sourceline}行目: 1つのファイルに2人の受診者が書かれています。"
        )
    role = targets[0].find(f"{_Q}patientRole")
    numbers = _numbers(role)
    patient = role.find(f"{_Q}patient")
    document_code = _attribute(root, "code", "code")
    if document_code in _GUIDANCE:
        raise UnreadableCheckup(
            "guidance", "これは特定保健指導のファイルです。", remedy=f"{_FOUND_AT}を選んでください。"
        )
    event = root.find(f"{_Q}documentationOf/{_Q}serviceEvent")
    organisation = _organisation(root, event)
    return Checkup(
        document_code=document_code,
        programme_code=_attribute(event, "code", "code"),
        insurer_number=numbers.get(INSURER, ""),
        symbol=numbers.get(SYMBOL, ""),
        number=numbers.get(NUMBER, ""),
        branch=numbers.get(BRANCH, ""),
        voucher_number=_voucher_number(root),
        name=_text(patient, "name"),
        sex=SEXES.get(_attribute(patient, "administrativeGenderCode", "code"), ""),
        birth=_day(patient, "birthTime", "生年月日"),
        postal_code=_text(role, f"addr/{_Q}postalCode"),
        examined_on=_examined_on(event),
        institution_number=_numbers(organisation).get(INSTITUTION, ""),
        institution_name=_text(organisation, "name"),
        values=_all_values(root),
        created_on=_day(root, "effectiveTime", "作成日"),
        legacy=legacy,
    )


def _numbers(element: Any) -> dict[str, str]:
    """Identifiers directly below an element: OID -> number. The first of each counts."""
    found: dict[str, str] = {}
    for identifier in element.iterchildren(_ID) if element is not None else ():
        found.setdefault(identifier.get("root", ""), identifier.get("extension", ""))
    return found


def _voucher_number(root: Any) -> str | None:
    """The 受診券 among the participants (OID 6.209, or 6.209.1 and the insurer's 8 digits); not the 利用券."""
    for identifier in root.iterfind(f"{_Q}participant/{_Q}associatedEntity/{_Q}id"):
        if identifier.get("root", "").startswith(VOUCHER):
            return identifier.get("extension") or None
    return None


def _organisation(root: Any, event: Any) -> Any:
    """Who examined: the performer of the service event, or else who wrote the document."""
    if event is not None:
        found = event.find(f"{_Q}performer/{_Q}assignedEntity/{_Q}representedOrganization")
        if found is not None:
            return found
    return root.find(f"{_Q}author/{_Q}assignedAuthor/{_Q}representedOrganization")


def _examined_on(event: Any) -> date:
    found = _day(event, "effectiveTime", "健診実施日") or _day(event, f"effectiveTime/{_Q}low", "健診実施日")
    if found is None:
        raise UnreadableCheckup("no_date", "健診実施日（serviceEvent の effectiveTime）がありません。")
    return found


def _day(parent: Any, path: str, word: str) -> date | None:
    element = parent.find(_Q + path) if parent is not None else None
    written = element.get("value") if element is not None else None
    if element is None or written is None:
        return None
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:8]))
    except ValueError:
        raise UnreadableCheckup(
            "wrong_date", f"{element.sourceline}行目: {word}が暦にない日付です。西暦8桁（YYYYMMDD）で書きます。"
        ) from None


def _attribute(parent: Any, tag: str, name: str) -> str:
    element = parent.find(_Q + tag) if parent is not None else None
    return element.get(name, "") if element is not None else ""


def _text(parent: Any, path: str) -> str:
    element = parent.find(_Q + path) if parent is not None else None
    return "".join(element.itertext()).strip() if element is not None else ""


def _all_values(root: Any) -> tuple[Value, ...]:
    found: list[Value] = []
    for section in root.iterfind(f"{_Q}component/{_Q}structuredBody/{_Q}component/{_Q}section"):
        code = _attribute(section, "code", "code") or CHECKUP_SECTION
        nested = next(section.iter(_WITHIN), None) is not None
        found += [_value(observation, code, nested) for observation in section.iter(_OBSERVATION)]
    return tuple(found)


def _value(observation: Any, section: str, nested: bool) -> Value:
    """One observation, in one pass over its children: this is what the time of :func:`read` goes into."""
    said: dict[str, Any] = {"section": section, "not_done": observation.get("negationInd") == "true"}
    if observation.get("nullFlavor") is not None:
        said["not_measurable"] = True
    for child in observation:
        tag = child.tag
        if tag == _VALUE:
            _read_value(child, said)
        elif tag == _CODE:
            said["code"], said["name"] = child.get("code", ""), child.get("displayName", "")
            said["code_system"] = child.get("codeSystem", ITEM_SYSTEM)
        elif tag in _CODED:
            said.setdefault(_CODED[tag], child.get("code", ""))
        elif tag == _RANGE and "low" not in said:
            said["low"], said["high"] = _bounds(child)
    if nested and (parent := observation.getparent()).tag == _WITHIN:
        said["under"], said["relation"] = _attribute(parent.getparent(), "code", "code"), parent.get("typeCode", "")
    if said.get("beyond"):
        said["limit"], said["number"] = said.get("number"), None
    item = by_code(said["code"])
    said["item"] = item.key if item else None
    if item and item.old_of:
        said["old_unit"] = True
    # What is left out is the default of the class; the __init__ of a frozen class would set all twenty fields again.
    value = object.__new__(Value)
    value.__dict__.update(said)
    return value


def _read_value(element: Any, said: dict[str, Any]) -> None:
    """Add one ``value`` element: PQ, CD, CO, ST, or the code that says that the number is only the method's limit.

    Of several values nothing is dropped: their texts are joined, and what is joined is no number.
    """
    kind = element.get(_TYPE, "").rpartition(":")[2]
    if kind == "PQ":
        written = element.get("value", "")
        said["unit"] = element.get("unit", "")
    elif kind in ("CD", "CO", "CE", "CV"):
        written = element.get("code", "")
        if element.get("codeSystem") == INTERPRETATION and written in ("H", "L"):
            said["beyond"] = written
            said.setdefault("kind", kind)
            return
    else:
        written = "".join(element.itertext()) or "〜".join(filter(None, (part.get("value") for part in element.iter())))
    if not written and element.get("nullFlavor") is not None:
        said["not_measurable"] = True
    said["text"] = f"{said['text']}、{written}" if said.get("text") else written
    said["kind"] = kind
    if kind == "PQ":
        said["number"] = plain_number(said["text"])


def _bounds(reference: Any) -> tuple[Decimal | None, Decimal | None]:
    found = {bound.tag: _bound_number(bound.get("value", "")) for bound in reference.iter(_LOW, _HIGH)}
    return found.get(_LOW), found.get(_HIGH)
