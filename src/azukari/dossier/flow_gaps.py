"""Arrows of the flow (個人情報の流れ) held against the sheets: what travels that no clause covers.

A clause covers an arrow *into* a party if it lists the item as provided or collected (or to be recorded or looked at,
for an arrow into a system); an arrow *out of* a party, if it lists the item at all (results, returned data). People's
boxes are no party: an arrow between people and a party is covered by any clause of that party.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from azukari.dossier.schema import Clause, Direction, Dossier, GapEntry, Node, Party, Role, Step
from azukari.dossier.words import all_items, clause_items, clause_label, item_list


@dataclass(frozen=True)
class ArrowFinding:
    key: str
    title: str
    text: str
    places: tuple[str, ...]
    gap: tuple[GapEntry, ...]


@dataclass(frozen=True)
class _Ends:
    """The party an arrow has to be covered for, and whether data comes in to it or goes out from it."""

    far: Party
    incoming: bool
    from_people: bool
    other: Party | None

    @property
    def direction(self) -> Direction:
        if not self.incoming:
            return Direction.HANDLED
        return Direction.COLLECTED if self.from_people else Direction.PROVIDED


def _ends(dossier: Dossier, step: Step) -> _Ends | None:
    nodes: dict[str, Node] = {node.key: node for node in dossier.nodes}
    parties: dict[str, Party] = {party.key: party for party in dossier.parties}
    if step.source not in nodes or step.target not in nodes:
        return None
    source = parties.get(nodes[step.source].within)
    target = parties.get(nodes[step.target].within)
    outside = [party for party in (target, source) if party is not None and party.role is not Role.CONTROLLER]
    if not outside or source == target:
        return None
    subs = [party for party in outside if party.role is Role.SUB_PROCESSOR]
    far = subs[0] if len(subs) == 1 else outside[0]
    incoming = far is target
    return _Ends(far, incoming, source is None, source if incoming else target)


def _covered(clause: Clause, ends: _Ends) -> set[str]:
    if not ends.incoming:
        return set(all_items(clause))
    directions = [d for d in Direction if d is not Direction.HANDLED]
    return {item for direction in directions for item in clause_items(clause, direction)}


def arrows(dossier: Dossier) -> Iterator[ArrowFinding]:
    """One finding for each arrow that no clause covers, or whose items its clause does not list."""
    clauses = {clause.key: clause for clause in dossier.clauses}
    seen: dict[str, int] = {}
    for step in dossier.steps:
        ends = _ends(dossier, step) if step.personal else None
        if ends is None:
            continue
        clause = clauses.get(step.clause)
        mine = [c for c in dossier.clauses if ends.far.key in c.parties]
        if clause is not None and ends.far.key in clause.parties:
            finding = _unlisted(step, ends, [clause], _peers(dossier, ends.far, clause))
        elif ends.other is None:
            finding = _unlisted(step, ends, mine, [ends.far.key])
        else:
            finding = _uncovered(step, ends, clause)
        if finding is not None:
            seen[finding.key] = seen.get(finding.key, 0) + 1
            count = seen[finding.key]
            key = finding.key if count == 1 else f"{finding.key}:{count}"
            yield ArrowFinding(key, finding.title, finding.text, finding.places, finding.gap)


def _peers(dossier: Dossier, far: Party, clause: Clause) -> list[str]:
    """One box may stand for several parties of a sheet (医療機関): those of its role without a box of their own."""
    placed = {node.within for node in dossier.nodes} - {far.key}
    roles = {party.key: party.role for party in dossier.parties}
    return [key for key in clause.parties if roles.get(key) is far.role and key not in placed]


def _unlisted(step: Step, ends: _Ends, clauses: list[Clause], parties: list[str]) -> ArrowFinding | None:
    listed = {item for clause in clauses for item in _covered(clause, ends)}
    missing = tuple(item for item in step.items if item not in listed)
    if not missing:
        return None
    looked = "、".join(clause_label(clause) for clause in clauses) or "どの別紙"
    return ArrowFinding(
        f"arrow-not-listed:{step.number}",
        f"流れの{step.number}「{step.what}」の項目が、根拠の別紙に挙がっていない",
        f"流れの{step.number}「{step.what}」で動く「{item_list(missing)}」は、{looked}に"
        f"{ends.far.name}の項目として挙がっていません。",
        (step.number, *(clause.key for clause in clauses)),
        _gap(ends, missing, parties),
    )


def _uncovered(step: Step, ends: _Ends, clause: Clause | None) -> ArrowFinding:
    why = (
        f"{clause_label(clause)}を根拠としていますが、その別紙の相手方に{ends.far.name}がいません"
        if clause
        else "根拠となる別紙がありません"
    )
    items = f"（項目: {item_list(step.items)}）" if step.items else "（項目の記載もありません）"
    return ArrowFinding(
        f"arrow-without-clause:{step.number}",
        f"流れの{step.number}「{step.what}」を認める別紙がない",
        f"流れの{step.number}「{step.what}」は{ends.far.name}との間で個人情報が動く矢印{items}ですが、{why}。",
        (step.number,),
        _gap(ends, step.items, [ends.far.key]) if step.items else (),
    )


def _gap(ends: _Ends, items: tuple[str, ...], parties: list[str]) -> tuple[GapEntry, ...]:
    return tuple(GapEntry(party=party, items=items, directions=(ends.direction,)) for party in parties)
