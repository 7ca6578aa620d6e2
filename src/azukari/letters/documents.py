"""The papers of custody, each one function: a mapping with documented keys goes in, a PDF comes out.

All values are text as it shall be printed (dates, times and people included: the clock and the accounts are the
caller's), except counts, which are int and get thousands separators. A missing key is an error here, not an empty line
on a certificate. Papers carry numbers and hashes; the only personal names on them are those of the staff who act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from azukari.letters.codes import qr_png
from azukari.letters.typst import render_pdf

Fonts = Sequence[Path | str]


class KeysMissing(KeyError):
    """A document was given too little. ``document``: its Japanese name; ``keys``: what is missing."""

    def __init__(self, document: str, keys: Sequence[str]) -> None:
        super().__init__(document, tuple(keys))
        self.document = document
        self.keys = tuple(keys)

    def __str__(self) -> str:
        return f"「{self.document}」に必要な項目（{'、'.join(self.keys)}）が渡されていないため、作成できません。"


def certificate(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """消去証明書: what was erased, how, and what that does not reach.

    Keys: ``number``, ``date``, ``to`` (whom it is for), ``issuer`` (party), ``programme``, ``fiscal_year``,
    ``handover`` (number), ``clause``, ``received_at``, ``medium``, ``persons`` (int), ``rows`` (int),
    ``sheets`` (int or None), ``items`` (Japanese list), ``hashes`` (list of (what, SHA-256)), ``method``,
    ``erased_at``, ``key_destroyed_at`` ("" when there was no key), ``unreachable`` (list of sentences), ``by``,
    ``responsible``, ``confirmed_by`` and ``confirmed_at`` ("" until confirmed), ``checkpoint`` (origin, size, root:
    list of (what, value)).
    """
    return _document("certificate", "消去証明書", data, _CERTIFICATE, fonts)


def register(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """管理簿: landscape, many rows, header repeated on every page.

    Keys: ``title``, ``scope`` (which programme, period), ``printed`` (who printed it when), ``rows``: list of
    mappings with ``number``, ``at``, ``act``, ``handover``, ``giver``, ``giver_person``, ``taker``,
    ``taker_person``, ``items``, ``medium``, ``quantity``; ``corrects`` ("" or the number of the entry that it
    corrects).
    """
    _check("管理簿の行", data.get("rows", ()), _REGISTER_ROW)
    return _document("register", "管理簿", data, ("title", "scope", "printed", "rows"), fonts)


def password_notice(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """パスワード通知書: goes on another occasion than the medium, so it names the package by number alone.

    Keys: ``number``, ``date``, ``to``, ``to_person``, ``issuer``, ``issuer_person``, ``package`` (number),
    ``password``, ``opens_with`` (how to open it), ``contact``.
    """
    keys = (
        "number",
        "date",
        "to",
        "to_person",
        "issuer",
        "issuer_person",
        "package",
        "password",
        "opens_with",
        "contact",
    )
    return _document("password_notice", "パスワード通知書", data, keys, fonts)


def disc_label(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """ラベル for a CD-R / DVD-R and its case: no programme's contents, only what a finder may read.

    Keys: ``package`` (number), ``medium``, ``serial`` ("1 / 2"), ``from``, ``to``, ``date``, ``return_by``,
    ``contact``, ``code`` (a sheet code for the 2-D code, or "").
    """
    keys = ("package", "medium", "serial", "from", "to", "date", "return_by", "contact", "code")
    if data.get("code"):
        data = {**data, "image": list(qr_png(str(data["code"])))}
    return _document("disc_label", "媒体ラベル", data, keys, fonts)


def volume_notice(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """件数予告: tells the printer how much is coming, before it comes.

    Keys: ``number``, ``date``, ``to``, ``issuer``, ``issuer_person``, ``programme``, ``fiscal_year``, ``handover_on``,
    ``post_on``, ``sheets`` (int: vouchers), ``forms`` (int: blank forms sent along), ``lines``: list of (what, int),
    ``remarks`` (list of sentences), ``contact``.
    """
    keys = (
        "number", "date", "to", "issuer", "issuer_person", "programme", "fiscal_year", "handover_on", "post_on",
        "sheets", "forms", "lines", "remarks", "contact",
    )  # fmt: skip
    return _document("volume_notice", "件数予告", data, keys, fonts)


def handover_slip(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """受渡票: lies with what is handed over; both sides sign it.

    Keys: ``number``, ``date``, ``programme``, ``fiscal_year``, ``clause``, ``step``, ``giver``, ``giver_person``,
    ``released_by``, ``taker``, ``taker_person``, ``medium``, ``persons`` (int), ``rows`` (int), ``sheets`` (int or
    None), ``items``, ``hashes`` (list of (what, SHA-256)), ``return_by``, ``checkpoint`` (list of (what, value)).
    """
    keys = (
        "number", "date", "programme", "fiscal_year", "clause", "step", "giver", "giver_person", "released_by", "taker",
        "taker_person", "medium", "persons", "rows", "sheets", "items", "hashes", "return_by", "checkpoint",
    )  # fmt: skip
    return _document("handover_slip", "受渡票", data, keys, fonts)


def run_summary(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """発送結果表: the control totals of a mailing, which have to be equal at every stage.

    Keys: ``title``, ``programme``, ``fiscal_year``, ``roster`` (which, of what date), ``printed``, ``closed`` (bool:
    all totals agree), ``totals``: list of (stage, int, difference int), ``stops``: list of (reason, int),
    ``tests``: list of (test, int), ``reprints``: list of (number, reason, by, released by), ``remarks`` (list of
    sentences).
    """
    keys = (
        "title", "programme", "fiscal_year", "roster", "printed", "closed", "totals", "stops", "tests", "reprints",
        "remarks",
    )  # fmt: skip
    return _document("run_summary", "発送結果表", data, keys, fonts)


def balances(data: Mapping[str, Any], fonts: Fonts = ()) -> bytes:
    """残高表: who holds what on a day.

    Keys: ``title``, ``as_of``, ``printed``, ``zero`` (bool: nothing is out), ``rows``: list of mappings with ``party``,
    ``programme``, ``items``, ``medium``, ``handed`` (int), ``returned`` (int), ``erased`` (int), ``balance`` (int),
    ``unit`` (人 / 枚), ``due`` ("" or a date), ``overdue`` (bool).
    """
    _check("残高表の行", data.get("rows", ()), _BALANCE_ROW)
    return _document("balances", "残高表", data, ("title", "as_of", "printed", "zero", "rows"), fonts)


_CERTIFICATE = (
    "number", "date", "to", "issuer", "programme", "fiscal_year", "handover", "clause", "received_at", "medium",
    "persons", "rows", "sheets", "items", "hashes", "method", "erased_at", "key_destroyed_at", "unreachable", "by",
    "responsible", "confirmed_by", "confirmed_at", "checkpoint",
)  # fmt: skip
_REGISTER_ROW = (
    "number", "at", "act", "handover", "giver", "giver_person", "taker", "taker_person", "items", "medium", "quantity",
    "corrects",
)  # fmt: skip
_BALANCE_ROW = (
    "party", "programme", "items", "medium", "handed", "returned", "erased", "balance", "unit", "due", "overdue",
)  # fmt: skip


def _document(template: str, name: str, data: Mapping[str, Any], keys: Sequence[str], fonts: Fonts) -> bytes:
    _check(name, (data,), keys)
    return render_pdf(template, data, fonts)


def _check(name: str, rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> None:
    for row in rows:
        missing = [key for key in keys if key not in row]
        if missing:
            raise KeysMissing(name, missing)
