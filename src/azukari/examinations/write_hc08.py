"""Write a :class:`Checkup` as a document that the ministry's schema accepts: made-up people for demo, tests and bench.

What :func:`read` does not read (addresses, telephone numbers) is not written. Text is escaped; nothing else is changed,
so a checkup with values that the schema forbids becomes a document that :func:`read` refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from azukari.examinations.hc08 import (
    BRANCH,
    INSTITUTION,
    INSURER,
    INTERPRETATION,
    LEGACY_NAMESPACE,
    NAMESPACE,
    NUMBER,
    SEXES,
    SYMBOL,
    VOUCHER,
    XSI,
    Checkup,
)
from azukari.examinations.items import OID, Value, items

_SEX_CODES = {word: code for code, word in SEXES.items()}
_SECTIONS = {"01010": "検査・問診結果セクション", "01060": "がん検診結果セクション", "01090": "肝炎検診結果セクション"}


@dataclass
class _Node:
    value: Value
    below: list[_Node] = field(default_factory=list)


def write(checkup: Checkup) -> bytes:
    """The document in UTF-8; reading it gives the same checkup, provided that nested values follow their holder."""
    namespace = LEGACY_NAMESPACE if checkup.legacy else NAMESPACE
    written = checkup.created_on or checkup.examined_on
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<ClinicalDocument xmlns="{namespace}" xmlns:xsi="{XSI}">\n',
        '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>\n<id nullFlavor="NI"/>\n',
        _empty("code", code=checkup.document_code, codeSystem=f"{OID}1001"),
        _empty("effectiveTime", value=f"{written:%Y%m%d}"),
        _empty("confidentialityCode", code="N", codeSystem="2.16.840.1.113883.5.25"),
        _record_target(checkup),
        f'<author><time value="{written:%Y%m%d}"/><assignedAuthor><id nullFlavor="NI"/>{_institution(checkup)}'
        "</assignedAuthor></author>\n",
        '<custodian><assignedCustodian><representedCustodianOrganization><id nullFlavor="NI"/>'
        "</representedCustodianOrganization></assignedCustodian></custodian>\n",
        _voucher(checkup),
        _service_event(checkup),
        "<component><structuredBody>\n",
        *(_section(code, list(values)) for code, values in groupby(checkup.values, key=lambda value: value.section)),
        "" if checkup.values else _section("01010", []),
        "</structuredBody></component>\n</ClinicalDocument>\n",
    ]
    return "".join(parts).encode()


def _record_target(checkup: Checkup) -> str:
    numbers = (
        (INSURER, checkup.insurer_number),
        (SYMBOL, checkup.symbol),
        (NUMBER, checkup.number),
        (BRANCH, checkup.branch),
    )
    identifiers = "".join(_empty("id", root=root, extension=number) for root, number in numbers if number)
    address = f"<addr><postalCode>{escape(checkup.postal_code)}</postalCode></addr>\n" if checkup.postal_code else ""
    sex = _SEX_CODES.get(checkup.sex)
    return (
        f"<recordTarget><patientRole>\n{identifiers or _empty('id', nullFlavor='NI')}{address}<patient>"
        + (f"<name>{escape(checkup.name)}</name>" if checkup.name else "")
        + (_empty("administrativeGenderCode", code=sex, codeSystem=f"{OID}1104") if sex else "")
        + (_empty("birthTime", value=f"{checkup.birth:%Y%m%d}") if checkup.birth else "")
        + "</patient></patientRole></recordTarget>\n"
    )


def _institution(checkup: Checkup) -> str:
    number = _empty("id", root=INSTITUTION, extension=checkup.institution_number) if checkup.institution_number else ""
    name = f"<name>{escape(checkup.institution_name)}</name>" if checkup.institution_name else ""
    return f"<representedOrganization>{number}{name}</representedOrganization>"


def _voucher(checkup: Checkup) -> str:
    if not checkup.voucher_number:
        return ""
    insurer = checkup.insurer_number.zfill(8)
    return (
        '<participant typeCode="HLD">'
        + _empty("functionCode", code="1", codeSystem=f"{OID}208")
        + '<associatedEntity classCode="IDENT">'
        + _empty("id", root=f"{VOUCHER}.1{insurer}", extension=checkup.voucher_number)
        + f"<scopingOrganization>{_empty('id', root=INSURER, extension=insurer)}</scopingOrganization>"
        + "</associatedEntity></participant>\n"
    )


def _service_event(checkup: Checkup) -> str:
    code = _empty("code", code=checkup.programme_code, codeSystem=f"{OID}1002") if checkup.programme_code else ""
    return (
        f'<documentationOf><serviceEvent>{code}<effectiveTime value="{checkup.examined_on:%Y%m%d}"/>\n'
        f'<performer typeCode="PRF"><assignedEntity><id nullFlavor="NI"/>{_institution(checkup)}</assignedEntity>'
        "</performer></serviceEvent></documentationOf>\n"
    )


def _section(code: str, values: list[Value]) -> str:
    title = _SECTIONS.get(code, "検査結果セクション")
    entries = "".join(f"<entry>{_observation(node)}</entry>\n" for node in _nested(values))
    return (
        f"<component><section>{_empty('code', code=code, codeSystem=f'{OID}1010')}<title>{title}</title><text/>\n"
        f"{entries}</section></component>\n"
    )


def _nested(values: Iterable[Value]) -> list[_Node]:
    """Values as a tree: one with ``under`` goes below the latest one of that code, else beside the others."""
    top: list[_Node] = []
    latest: dict[str, _Node] = {}
    for value in values:
        node = _Node(value)
        (latest[value.under].below if value.under in latest else top).append(node)
        latest[value.code] = node
    return top


def _observation(node: _Node) -> str:
    value = node.value
    negated = ' negationInd="true"' if value.not_done else ""
    unknown = ' nullFlavor="NI"' if value.not_measurable and not value.kind else ""
    below = "".join(
        f"<entryRelationship typeCode={quoteattr(child.value.relation or 'COMP')}>{_observation(child)}"
        "</entryRelationship>"
        for child in node.below
    )
    return (
        f'<observation classCode="OBS" moodCode="EVN"{negated}{unknown}>'
        + _empty("code", code=value.code, codeSystem=value.code_system, displayName=value.name)
        + _value(value)
        + (_empty("interpretationCode", code=value.flag, codeSystem=INTERPRETATION) if value.flag else "")
        + (_empty("methodCode", code=value.method, codeSystem=f"{OID}1007") if value.method else "")
        + below
        + _reference_range(value)
        + "</observation>"
    )


def _value(value: Value) -> str:
    if not value.kind:
        return ""
    if value.not_measurable:
        return f'<value xsi:type="{value.kind}" nullFlavor="NI"/>'
    if value.beyond:
        direction = f'<value xsi:type="CD" code="{value.beyond}" codeSystem="{INTERPRETATION}"/>'
        return direction + (_typed("PQ", value=value.text, unit=value.unit) if value.kind == "PQ" else "")
    if value.kind == "PQ":
        return _typed("PQ", value=value.text, unit=value.unit)
    if value.kind == "ST":
        return f'<value xsi:type="ST">{escape(value.text)}</value>'
    system = items()[value.item].code_system if value.item else ""
    return _typed(value.kind, code=value.text, codeSystem=system)


def _reference_range(value: Value) -> str:
    bounds = "".join(
        _empty(tag, value=str(bound), unit=value.unit)
        for tag, bound in (("low", value.low), ("high", value.high))
        if bound is not None
    )
    if not bounds:
        return ""
    return (
        '<referenceRange typeCode="REFV"><observationRange classCode="OBS" moodCode="EVN.CRT">'
        f'<value xsi:type="IVL_PQ">{bounds}</value></observationRange></referenceRange>'
    )


def _typed(kind: str, **attributes: str) -> str:
    return f'<value xsi:type="{kind}"{_attributes(attributes)}/>'


def _empty(tag: str, **attributes: str) -> str:
    return f"<{tag}{_attributes(attributes)}/>"


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items() if text)
