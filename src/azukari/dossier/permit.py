"""Law 1 and law 10: who may see, receive or enter which item, on which day, and why not.

Default deny. A decision rests on a clause in force that lists exactly this item for this party in this direction, or
on a ruling recorded for a gap of the paper. Every refusal says what was looked at and what to do next.

The controller (区) holds what it provides and what is collected for it, so it is allowed every item that some clause of
the dossier lists in some direction, on any day. One limit: where an interconnection lets the ward write into the other
side's system (``recorded``) or only look (``view``), the ward records nothing but what those clauses list as recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from azukari.dossier.findings import Finding, find
from azukari.dossier.force import Cause, Force, RenewalAct, Ruling, Triple, force, triples
from azukari.dossier.schema import Clause, Condition, Direction, Dossier, Kind, Party, Role
from azukari.dossier.words import (
    DIRECTION_NAMES,
    clause_items,
    clause_label,
    day,
    fiscal_year_name,
    item_name,
    party_names,
)
from azukari.vocabulary.items import UnknownItem, find_item

__all__ = [
    "Cause",
    "Decision",
    "Force",
    "RenewalAct",
    "Ruling",
    "find_direction",
    "find_party",
    "force",
    "permit",
    "permit_table",
    "ruling_for",
    "ruling_problems",
    "triples",
]


@dataclass(frozen=True)
class Decision:
    """``party``, ``item`` and ``direction`` are keys where they were understood, else the text as asked."""

    allowed: bool
    party: str
    item: str
    direction: str
    on: date
    cause: Cause
    reason: str
    remedy: str = ""
    clause: str | None = None
    clause_title: str | None = None
    ruling: str | None = None
    finding: str | None = None
    condition: Condition | None = None  # allowed only for persons with an open inquiry or case (law 3)


@dataclass
class _Index:
    """What every decision of one dossier looks up, computed once."""

    dossier: Dossier
    parties: dict[str, Party] = field(default_factory=dict)  # by key, name and alias
    by_party: dict[str, list[Clause]] = field(default_factory=lambda: defaultdict(list))
    listed: dict[Triple, list[Clause]] = field(default_factory=lambda: defaultdict(list))
    anywhere: dict[str, list[tuple[Clause, Direction]]] = field(default_factory=lambda: defaultdict(list))
    excluded: dict[tuple[str, str], Clause] = field(default_factory=dict)
    gaps: dict[Triple, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[str, Finding] = field(default_factory=dict)
    terminal: list[Clause] = field(default_factory=list)  # interconnections that say what the ward records or views


def _build(dossier: Dossier) -> _Index:
    index = _Index(dossier)
    for party in reversed(dossier.parties):
        index.parties.update(dict.fromkeys((*party.aliases, party.name), party))
    index.parties.update({party.key: party for party in dossier.parties})
    for clause in dossier.clauses:
        for direction in Direction:
            for item in dict.fromkeys(clause_items(clause, direction)):
                index.anywhere[item].append((clause, direction))
                for party_key in clause.parties:
                    index.listed[party_key, item, direction].append(clause)
        for party_key in clause.parties:
            index.by_party[party_key].append(clause)
            index.excluded.update({(party_key, item): clause for item in clause.excluded})
        if clause.kind is Kind.INTERCONNECTION and (clause.recorded or clause.view):
            index.terminal.append(clause)
    for finding in find(dossier):
        index.findings[finding.key] = finding
        for triple in triples(finding.gap):
            index.gaps[triple].append(finding)
    return index


_recent: dict[int, _Index] = {}


def _index(dossier: Dossier) -> _Index:
    """The index of this very object; the entry holds the dossier, so its id cannot be taken by another one."""
    found = _recent.get(id(dossier))
    if found is None or found.dossier is not dossier:
        found = _build(dossier)
        if len(_recent) >= 16:
            _recent.clear()
        _recent[id(dossier)] = found
    return found


def find_party(dossier: Dossier, text: str) -> Party | None:
    """A party of the dossier by key, name or alias; None if the dossier knows nobody of that name."""
    return _index(dossier).parties.get(text.strip())


def find_direction(text: str) -> Direction | None:
    """A direction by value or Japanese word: provided, 提供 …; None if it is neither."""
    word = text.strip()
    by_name = {name: direction for direction, name in DIRECTION_NAMES.items()}
    if word in by_name:
        return by_name[word]
    return next((direction for direction in Direction if direction.value == word.lower()), None)


def ruling_problems(dossier: Dossier, ruling: Ruling) -> list[str]:
    """What is wrong with a ruling before it is recorded, in Japanese; an empty list if it can stand."""
    finding = _index(dossier).findings.get(ruling.finding)
    if finding is None:
        return [
            f"裁定「{ruling.key}」が指す指摘「{ruling.finding}」は、この付議書にありません。"
            "dossier check の一覧にある指摘の記号を指定してください。"
        ]
    problems = []
    beyond = [triple for triple in triples(ruling.grants) if triple not in set(triples(finding.gap))]
    for party, item, direction in beyond:
        problems.append(
            f"裁定「{ruling.key}」は、指摘「{ruling.finding}」の範囲にない「{item_name(item)}」の"
            f"{DIRECTION_NAMES[direction]}（{party_names(dossier, [party])}）を認めようとしています。"
            "指摘に挙がった項目だけを指定するか、付議書を変更して審議を受けてください。"
        )
    if ruling.until < ruling.on:
        problems.append(f"裁定「{ruling.key}」の期限が裁定日より前です。期限を裁定日以後の日にしてください。")
    for name, value in (("どの記載によるか", ruling.governs), ("理由", ruling.why), ("裁定者", ruling.by)):
        if not value.strip():
            problems.append(f"裁定「{ruling.key}」に「{name}」がありません。記入してください。")
    return problems


def ruling_for(
    dossier: Dossier, party: str, item: str, direction: Direction, on: date, rulings: Iterable[Ruling]
) -> Ruling | None:
    """The ruling that opens this triple that day: only what its finding's gap holds, from the day it was made."""
    index = _index(dossier)
    wanted = (party, item, direction)
    gap_keys = {finding.key for finding in index.gaps.get(wanted, ())}
    for ruling in rulings:
        if ruling.finding in gap_keys and ruling.on <= on <= ruling.until and wanted in set(triples(ruling.grants)):
            return ruling
    return None


def permit(
    dossier: Dossier,
    party: str,
    item: str,
    direction: str | Direction,
    on: date,
    *,
    rulings: Sequence[Ruling] = (),
    renewals: Sequence[RenewalAct] = (),
) -> Decision:
    """May ``party`` have ``item`` (keys, names or aliases) in ``direction`` (value or Japanese) that day?"""
    known_direction = direction if isinstance(direction, Direction) else find_direction(direction)
    if known_direction is None:
        return Decision(
            False, party, item, str(direction), on, Cause.UNKNOWN_DIRECTION,
            f"取扱いの区分「{direction}」は使えません。",
            f"区分は {'・'.join(DIRECTION_NAMES.values())} のどれかで指定してください。",
        )  # fmt: skip
    known_party = find_party(dossier, party)
    if known_party is None:
        return _unknown_party(dossier, party, item, known_direction, on)
    key = _item_key(dossier, item)
    if isinstance(key, UnknownItem):
        return _unknown_item(dossier, known_party, item, known_direction, on, key)
    return _decide(_index(dossier), known_party, key, known_direction, on, rulings, renewals)


def permit_table(
    dossier: Dossier, on: date, rulings: Sequence[Ruling] = (), renewals: Sequence[RenewalAct] = ()
) -> list[Decision]:
    """A decision for every party × item of the dossier × direction, in the paper's order, for the matrix."""
    index = _index(dossier)
    items = dict.fromkeys((*index.anywhere, *(item for _, item, _ in index.gaps)))
    return [
        _decide(index, party, item, direction, on, rulings, renewals)
        for party in dossier.parties
        for item in items
        for direction in Direction
    ]


def _item_key(dossier: Dossier, text: str) -> str | UnknownItem:
    index = _index(dossier)
    if text in index.anywhere or any(text == item for _, item, _ in index.gaps):
        return text
    try:
        return find_item(text).key
    except UnknownItem as unknown:
        return unknown


def _decide(
    index: _Index,
    party: Party,
    item: str,
    direction: Direction,
    on: date,
    rulings: Sequence[Ruling],
    renewals: Sequence[RenewalAct],
) -> Decision:
    gaps = index.gaps.get((party.key, item, direction))
    if gaps:
        ruling = ruling_for(index.dossier, party.key, item, direction, on, rulings)
        if ruling is not None and (party.role is Role.CONTROLLER or _has_clause_in_force(index, party, on, renewals)):
            return _ruled(index, party, item, direction, on, ruling)
        if ruling is not None:  # a ruling says which text governs, it does not prolong the paper
            states = [(clause, force(clause, on, renewals)) for clause in index.by_party[party.key]]
            return _not_in_force(party, item, direction, on, states)
        return _gap(index, party, item, direction, on, rulings)
    if party.role is Role.CONTROLLER:
        return _controller(index, party, item, direction, on, rulings)
    clauses = index.listed.get((party.key, item, direction), [])
    states = [(clause, force(clause, on, renewals)) for clause in clauses]
    for clause, state in states:
        if state.in_force:
            return _allowed_by(clause, party, item, direction, on)
    if states:
        return _not_in_force(party, item, direction, on, states)
    if (party.key, item) in index.excluded:
        return _excluded(index.excluded[party.key, item], party, item, direction, on)
    return _not_listed(index, party, item, direction, on)


def _has_clause_in_force(index: _Index, party: Party, on: date, renewals: Sequence[RenewalAct]) -> bool:
    clauses = index.by_party[party.key]
    return not clauses or any(force(clause, on, renewals).in_force for clause in clauses)


def _allowed_by(clause: Clause, party: Party, item: str, direction: Direction, on: date) -> Decision:
    return Decision(
        True, party.key, item, direction, on, Cause.CLAUSE,
        f"{clause_label(clause)}が、{party.name}について「{item_name(item)}」を"
        f"{DIRECTION_NAMES[direction]}の項目に挙げています。",
        clause=clause.key, clause_title=clause.title, condition=clause.condition,
    )  # fmt: skip


def _ruled(index: _Index, party: Party, item: str, direction: Direction, on: date, ruling: Ruling) -> Decision:
    clause = _looked_at(index, party, item, direction)
    return Decision(
        True, party.key, item, direction, on, Cause.RULING,
        f"指摘「{ruling.finding}」について、{ruling.by}の裁定「{ruling.key}」（{day(ruling.on)}、{day(ruling.until)}まで）が"
        f"「{ruling.governs}」によることとし、{party.name}の「{item_name(item)}」の{DIRECTION_NAMES[direction]}を認めています。",
        clause=clause.key if clause else None, clause_title=clause.title if clause else None,
        ruling=ruling.key, finding=ruling.finding, condition=clause.condition if clause else None,
    )  # fmt: skip


def _looked_at(index: _Index, party: Party, item: str, direction: Direction) -> Clause | None:
    """The sheet a decision without a listing clause in force speaks of: the nearest one that names the party."""
    mine = index.by_party.get(party.key, [])
    listing = [clause for clause, _ in index.anywhere.get(item, []) if clause in mine]
    return next(iter((*index.listed.get((party.key, item, direction), []), *listing, *mine)), None)


def _controller(
    index: _Index, party: Party, item: str, direction: Direction, on: date, rulings: Sequence[Ruling]
) -> Decision:
    if direction is Direction.RECORDED and index.terminal:
        writable = next((clause for clause in index.terminal if item in clause.recorded), None)
        if writable is None:
            clause = next((c for c in index.terminal if item in c.view), index.terminal[0])
            listed = "、".join(dict.fromkeys(item_name(i) for c in index.terminal for i in c.recorded)) or "なし"
            return Decision(
                False, party.key, item, direction, on, Cause.VIEW_ONLY_TERMINAL,
                f"{party.name}の端末から「{item_name(item)}」を記録することはできません。{clause_label(clause)}で"
                f"区が記録できる項目は次のとおりです: {listed}。",
                "記録が必要であれば、外部結合の変更として付議し、承認を受けてください。",
                clause=clause.key, clause_title=clause.title,
            )  # fmt: skip
    found = index.anywhere.get(item)
    if found:
        clause = found[0][0]
        return Decision(
            True, party.key, item, direction, on, Cause.CONTROLLER,
            f"{party.name}は、{clause_label(clause)}に挙がる「{item_name(item)}」を保有する立場です。",
            clause=clause.key, clause_title=clause.title,
        )  # fmt: skip
    for ruling in rulings:  # what a ruling lets it provide or collect, it holds
        granted = next((t for t in triples(ruling.grants) if t[1] == item), None)
        if granted and ruling_for(index.dossier, *granted, on, [ruling]):
            return _ruled(index, party, item, direction, on, ruling)
    return _not_listed(index, party, item, direction, on)


def _gap(index: _Index, party: Party, item: str, direction: Direction, on: date, rulings: Sequence[Ruling]) -> Decision:
    gaps = index.gaps[party.key, item, direction]
    clause = _looked_at(index, party, item, direction)
    keys = "、".join(f"「{finding.key}」" for finding in gaps)
    expired = [r for r in rulings if r.finding in {f.key for f in gaps} and not r.on <= on <= r.until]
    beside = f"裁定「{expired[0].key}」は、この日には効力がありません。" if expired else ""
    return Decision(
        False, party.key, item, direction, on, Cause.GAP,
        f"{party.name}の「{item_name(item)}」の{DIRECTION_NAMES[direction]}は、付議書の記載が食い違うか欠けている箇所に"
        f"当たります（指摘{keys}: {gaps[0].title}）。{beside}",
        f"情報保護担当が指摘{keys}について、どの記載によるか・理由・期限を裁定として記録するまで、取り扱えません。",
        finding=gaps[0].key, clause=clause.key if clause else None, clause_title=clause.title if clause else None,
    )  # fmt: skip


def _not_in_force(
    party: Party, item: str, direction: Direction, on: date, states: list[tuple[Clause, Force]]
) -> Decision:
    hopeful = {Cause.RENEWAL_NOT_RECORDED: 0, Cause.SELECTION_NOT_RECORDED: 1, Cause.WAITS_FOR_EVENT: 2}
    clause, state = min(states, key=lambda pair: hopeful.get(pair[1].cause, 3))
    looked = "".join(clause_label(each) for each, _ in states)
    year = fiscal_year_name(state.fiscal_year) if state.fiscal_year is not None else ""
    end = day(clause.period.end) if clause.period.end else ""
    reasons = {
        Cause.NOT_STARTED: (
            f"開始日（{day(clause.period.start)}）より前です。",
            "開始日まで待つか、開始時期の変更を付議してください。",
        ),
        Cause.ENDED: (
            f"期限（{end}）を過ぎています。",
            "引き続き取り扱うには、新しい期間の付議書の承認を受けてください。手元のデータは返却・消去してください。",
        ),
        Cause.RENEWAL_NOT_RECORDED: (
            f"期限（{end}）を過ぎ、{year}の更新が記録されていません。",
            f"次年度以降も同様に行う場合は、{year}の更新を記録してください。",
        ),
        Cause.SELECTION_NOT_RECORDED: (
            f"期限（{end}）を過ぎ、{year}に再び選定されたことが記録されていません。",
            f"選定（プロポーザル等）の結果、{party.name}が選ばれたら、{year}の更新として記録してください。",
        ),
        Cause.WAITS_FOR_EVENT: (
            f"前提となる「{clause.period.waits_for}」が済んだことが記録されていません。",
            f"「{clause.period.waits_for}」の後に、その事実を{clause_label(clause)}の{year}の記録として残してください。",
        ),
    }
    why, remedy = reasons[state.cause]
    return Decision(
        False, party.key, item, direction, on, state.cause,
        f"{party.name}の「{item_name(item)}」の{DIRECTION_NAMES[direction]}は{looked}に挙がっていますが、"
        f"{day(on)}は{why}",
        remedy, clause=clause.key, clause_title=clause.title,
    )  # fmt: skip


def _excluded(clause: Clause, party: Party, item: str, direction: Direction, on: date) -> Decision:
    return Decision(
        False, party.key, item, direction, on, Cause.EXCLUDED,
        f"{clause_label(clause)}は、{party.name}に「{item_name(item)}」を取り扱わせないと明記しています"
        f"（求められた区分: {DIRECTION_NAMES[direction]}）。",
        "この項目を外して作業してください。必要な場合は、付議書を変更して承認を受けてください。",
        clause=clause.key, clause_title=clause.title,
    )  # fmt: skip


def _not_listed(index: _Index, party: Party, item: str, direction: Direction, on: date) -> Decision:
    name, found = item_name(item), index.anywhere.get(item, [])
    here = [(c, d) for c, d in found if party.key in c.parties]
    elsewhere = [(c, d) for c, d in found if party.key not in c.parties and d is direction]
    looked = "".join(clause_label(clause) for clause in index.by_party.get(party.key, []))
    head = f"{looked}は、" if looked else f"{party.name}を相手とする別紙がなく、"
    what = f"{head}{party.name}の{DIRECTION_NAMES[direction]}の項目に「{name}」を挙げていません。"
    if here:
        words = "、".join(dict.fromkeys(f"{DIRECTION_NAMES[d]}（{clause_label(c)}）" for c, d in here))
        hint = f"{party.name}に認められているのは{words}です。"
    elif elsewhere:
        who = party_names(index.dossier, dict.fromkeys(key for c, _ in elsewhere for key in c.parties))
        hint = f"{DIRECTION_NAMES[direction]}が認められているのは{who}です。"
    elif found:
        hint = "この項目は、ほかの相手または区分にだけ挙がっています。"
    else:
        hint = "この項目は、付議書のどの別紙にも挙がっていません。"
    clause = _looked_at(index, party, item, direction)
    return Decision(
        False, party.key, item, direction, on, Cause.NOT_LISTED, what + hint,
        f"「{name}」を外して作業してください。必要な場合は、項目の追加を付議し、承認を受けてください。",
        clause=clause.key if clause else None, clause_title=clause.title if clause else None,
    )  # fmt: skip


def _unknown_party(dossier: Dossier, party: str, item: str, direction: Direction, on: date) -> Decision:
    names = [p.name for p in dossier.parties if p.role is not Role.CONTROLLER]
    near = get_close_matches(party, [*names, *(a for p in dossier.parties for a in p.aliases)], n=2, cutoff=0.5)
    hint = f"「{'」「'.join(near)}」のことであれば、その名称で指定してください。" if near else ""
    return Decision(
        False, party, item, direction, on, Cause.UNKNOWN_PARTY,
        f"「{party}」は、付議書「{dossier.title}」に載っている相手方ではありません。承認を受けていない者について、"
        f"「{item_name(item)}」の{DIRECTION_NAMES[direction]}を認めることはできません。"
        f"別紙 {len(dossier.clauses)} 件の相手方は次のとおりです: {'、'.join(names)}。",
        f"{hint}新しい委託先・再委託先であれば、付議書に加えて承認を受けるまで、何も渡さないでください。",
    )  # fmt: skip


def _unknown_item(
    dossier: Dossier, party: Party, item: str, direction: Direction, on: date, unknown: UnknownItem
) -> Decision:
    looked = "".join(clause_label(c) for c in _index(dossier).by_party.get(party.key, [])) or "どの別紙"
    return Decision(
        False, party.key, item, direction, on, Cause.UNKNOWN_ITEM,
        f"「{item}」という情報項目は項目一覧にありません。{looked}にも、{party.name}の"
        f"{DIRECTION_NAMES[direction]}の項目として挙がっていません。",
        f"項目の名称を確かめてください。{unknown}",
    )  # fmt: skip
