"""The core's papers as PDF, from its records: certificate, register, balances, password notice, slip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from azukari.custody import book
from azukari.custody.models import Certificate, Handover, RegisterEntry
from azukari.dossier.approval import in_force
from azukari.dossier.schema import Medium
from azukari.letters import documents
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.items import item_names
from azukari.vocabulary.wareki import to_wareki

MEDIA = {
    Medium.LGWAN: "LGWAN回線",
    Medium.NETWORK: "通信回線（暗号化）",
    Medium.DISC: "CD-R・DVD-R",
    Medium.PAPER: "紙",
    Medium.SYSTEM: "システム上の閲覧",
    Medium.ELECTRONIC: "電磁的媒体",
}
ACTS = {
    "release": "引渡し",
    "acknowledge": "受領確認",
    "refuse": "受領拒否",
    "receive": "受領",
    "return": "返却",
    "erase": "消去",
    "print": "印字",
    "admit": "窓口での受付",
    "collect": "本人からの収集",
    "spoil": "廃棄",
    "post": "発送",
    "forms": "残部帳票の納品",
    "correct": "訂正",
}


def when(moment: datetime | None) -> str:
    return f"{to_wareki(localtime(moment).date(), 'long')} {localtime(moment):%H:%M}" if moment else ""


def year_name(fiscal_year: int) -> str:
    return to_wareki(date(fiscal_year, 4, 1), "long").split("年")[0] + "年度"


def programme_name(handover: Handover) -> str:
    return in_force(handover.programme, localtime(handover.prepared_at).date()).dossier.programme_name


def clause_titles(handover: Handover) -> str:
    """The sheets of the paper that a handover rests on, by their titles; its rulings after them."""
    paper = in_force(handover.programme, localtime(handover.prepared_at).date()).dossier
    titles = {c.key: c.title for c in paper.clauses}
    said = [titles.get(key, key) for key in handover.clause.split("、")]
    return "、".join([*said, *(f"裁定 {ruling}" for ruling in handover.rulings)])


def checkpoint_lines(text: str) -> list[tuple[str, str]]:
    """origin, size and root of a signed checkpoint, for print."""
    lines = text.split("\n")
    return [("ログの名称", lines[0]), ("記録の件数", lines[1]), ("ルートハッシュ", lines[2])] if len(lines) > 2 else []


def certificate(issued: Certificate) -> bytes:
    """消去証明書 of one handover."""
    handover = issued.handover
    confirmed = issued.confirmed_by
    return documents.certificate(
        {
            "number": issued.number,
            "date": to_wareki(localtime(issued.issued_at).date(), "long"),
            "to": handover.sender.name,
            "issuer": handover.receiver.name,
            "programme": programme_name(handover),
            "fiscal_year": year_name(handover.fiscal_year),
            "handover": handover.number,
            "clause": clause_titles(handover),
            "received_at": when(handover.acknowledged_at),
            "medium": MEDIA[Medium(handover.medium)],
            "persons": issued.persons,
            "rows": issued.rows,
            "sheets": issued.sheets or None,
            "items": item_names(handover.items),
            "hashes": [
                ("データ", issued.digest),
                *([("ファイル", issued.package_sha256)] if issued.package_sha256 else []),
            ],
            "method": issued.method,
            "erased_at": when(issued.erased_at),
            "key_destroyed_at": when(issued.erased_at),
            "unreachable": [issued.beyond_reach],
            "by": issued.issued_by.name,
            "responsible": issued.issued_by.name,
            "confirmed_by": confirmed.name if confirmed else "",
            "confirmed_at": when(issued.confirmed_at),
            "checkpoint": checkpoint_lines(issued.checkpoint),
        },
        settings.AZUKARI_FONTS,
    )


def register_rows(entries: Iterable[RegisterEntry]) -> list[dict[str, Any]]:
    """The register as rows of words: for PDF, CSV and the screen alike."""
    people = dict(Handler.objects.values_list("key", "name"))
    organisations = {**book.CONTRA, **dict(Organisation.objects.values_list("key", "name"))}
    return [
        {
            "number": str(entry.pk),
            "at": when(entry.at),
            "act": ACTS.get(entry.act, entry.act),
            "handover": entry.handover.number if entry.handover else "",
            "giver": organisations.get(entry.giver, entry.giver),
            "giver_person": people.get(entry.giver_handler, entry.giver_handler),
            "taker": organisations.get(entry.taker, entry.taker),
            "taker_person": people.get(entry.taker_handler, entry.taker_handler),
            "items": entry.what,
            "medium": MEDIA.get(Medium(entry.medium), entry.medium),
            "quantity": f"{entry.persons:,}人" + (f"・{entry.sheets:,}枚" if entry.sheets else ""),
            "corrects": str(entry.corrects_id or ""),
        }
        for entry in entries
    ]


def register(entries: Iterable[RegisterEntry], *, title: str, scope: str, printed: str) -> bytes:
    rows = register_rows(entries)
    data = {"title": title, "scope": scope, "printed": printed, "rows": rows}
    return documents.register(data, settings.AZUKARI_FONTS)


def balance_rows(balances: Sequence[book.Balance], programmes: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    names = {**book.CONTRA, **dict(Organisation.objects.values_list("key", "name"))}
    return [
        {
            "party": names.get(b.account, b.account),
            "programme": (programmes or {}).get(b.programme, b.programme),
            "items": b.item_group,
            "medium": MEDIA.get(Medium(b.medium), b.medium),
            "handed": 0,
            "returned": 0,
            "erased": 0,
            "balance": b.sheets if b.medium == Medium.PAPER else b.persons,
            "unit": "枚" if b.medium == Medium.PAPER else "人",
            "due": "",
            "overdue": False,
        }
        for b in balances
    ]


def password_notice(
    handover: Handover, *, password: str, to: Handler, by: Handler, now: datetime, contact: str
) -> bytes:
    """パスワード通知書, to be handed over on an occasion of its own."""
    return documents.password_notice(
        {
            "number": f"{handover.number}-P",
            "date": to_wareki(localtime(now).date(), "long"),
            "to": handover.receiver.name,
            "to_person": to.name,
            "issuer": handover.sender.name,
            "issuer_person": by.name,
            "package": handover.number,
            "password": password,
            "opens_with": "7-Zip など、AES-256 の ZIP を開けるソフトウェア",
            "contact": contact,
        },
        settings.AZUKARI_FONTS,
    )
