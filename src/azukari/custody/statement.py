"""Both books side by side: what one instance says about the handovers with another, and where the two disagree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.conf import settings

from azukari.parties.acting import NotPermitted

from .handovers import State
from .models import Handover


@dataclass(frozen=True)
class Statement:
    """One side's book on what passed between two organisations."""

    of: str
    about: tuple[str, str]
    balances: tuple[Mapping[str, object], ...]
    handovers: tuple[Mapping[str, object], ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1)


def statement(*, other: str, home: str | None = None) -> Statement:
    """What these books say about the handovers between this instance's organisation and ``other``."""
    home = home or settings.AZUKARI_HOME
    between = Handover.objects.filter(sender__key__in=[home, other], receiver__key__in=[home, other])
    rows = between.exclude(state__in=[State.PREPARED, State.SEALED, State.WITHDRAWN]).order_by("number")
    held: dict[tuple[object, ...], list[int]] = {}
    for handover in rows:
        if handover.state in {State.RELEASED, State.ACKNOWLEDGED, State.REFUSED}:
            key = (handover.receiver.key, handover.programme, handover.item_group, handover.medium)
            persons, sheets = held.get(key, [0, 0])
            held[key] = [persons + handover.persons, sheets + handover.sheets]
    names = ("holder", "programme", "item_group", "medium")
    balances = tuple(
        {**dict(zip(names, key, strict=True)), "persons": p, "sheets": s}
        for key, (p, s) in sorted(held.items(), key=lambda pair: tuple(map(str, pair[0])))
    )
    handovers = tuple(
        {
            "number": h.number,
            "sender": h.sender.key,
            "receiver": h.receiver.key,
            "programme": h.programme,
            "persons": h.persons,
            "rows": h.rows,
            "sheets": h.sheets,
            "digest": h.digest,
            "held": h.state in {State.RELEASED, State.ACKNOWLEDGED, State.REFUSED},
        }
        for h in rows
    )
    pair = tuple(sorted((home, other)))
    return Statement(of=home, about=(pair[0], pair[1]), balances=balances, handovers=handovers)


def read_statement(text: str) -> Statement:
    """Raises NotPermitted with a Japanese message where the file is no statement."""
    try:
        plain = json.loads(text)
        return Statement(
            of=str(plain["of"]),
            about=(str(plain["about"][0]), str(plain["about"][1])),
            balances=tuple(plain["balances"]),
            handovers=tuple(plain["handovers"]),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise NotPermitted(
            "残高証明のファイルとして読めません。custody statement で作ったファイルか確かめてください。"
        ) from error


def compare(ours: Statement, theirs: Statement) -> list[str]:
    """What the two books disagree on, one Japanese sentence each; empty: they agree."""
    if ours.about != theirs.about or ours.of == theirs.of:
        return [f"比べる相手が違います（こちら {ours.about}、相手方 {theirs.about}・{theirs.of} の帳簿）。"]
    differences = []
    mine = {str(h["number"]): h for h in ours.handovers}
    others = {str(h["number"]): h for h in theirs.handovers}
    for number in sorted(mine.keys() - others.keys()):
        differences.append(f"受渡し {number} が相手方の帳簿にありません。")
    for number in sorted(others.keys() - mine.keys()):
        differences.append(f"受渡し {number} がこちらの帳簿にありません。")
    labels = {"persons": "人数", "rows": "件数", "sheets": "枚数", "digest": "ハッシュ値", "held": "保有の有無"}
    for number in sorted(mine.keys() & others.keys()):
        differences += [
            f"受渡し {number} の{label}が一致しません"
            f"（こちら {mine[number].get(key)}、相手方 {others[number].get(key)}）。"
            for key, label in labels.items()
            if mine[number].get(key) != others[number].get(key)
        ]
    if [dict(b) for b in ours.balances] != [dict(b) for b in theirs.balances]:
        differences.append("残高の一覧が一致しません。")
    return differences
