"""What changed between two dossiers, in words for the board and for a 新旧対照表 (before | after)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from azukari.dossier.schema import Clause, Direction, Dossier, Measures, Party, Step, Work
from azukari.dossier.words import (
    CONDITION_NAMES,
    DIRECTION_NAMES,
    KIND_NAMES,
    MEDIUM_NAMES,
    ROLE_NAMES,
    STATUS_NAMES,
    clause_label,
    item_list,
    measure_text,
    party_names,
    period_text,
)

T = TypeVar("T")

FACTS = {
    "title": "件名",
    "version": "版",
    "paper": "資料番号",
    "board": "付議先",
    "basis": "根拠",
    "department": "担当部課",
    "programme_name": "事業名",
    "section": "担当課",
    "purpose": "目的",
    "fiscal_year": "年度",
}


@dataclass(frozen=True)
class Difference:
    """One change. ``area``: fact, party, clause, item, period, work, step, measure, terms or note."""

    area: str
    place: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.place}: {self.what}を追加「{self.after}」"
        if not self.after:
            return f"{self.place}: {self.what}を削除「{self.before}」"
        return f"{self.place}: {self.what}を「{self.before}」から「{self.after}」に変更"


def diff(before: Dossier, after: Dossier) -> list[Difference]:
    """Every change from ``before`` to ``after``; an empty list exactly if the two say the same to this comparison.

    Parties, clauses, steps and terms are matched by their keys, so a changed key reads as removed and added.
    """
    changes: list[Difference] = []
    for field, name in FACTS.items():
        changes += _changed("fact", "事業の概要", name, str(getattr(before, field)), str(getattr(after, field)))
    subjects = [[each.text for each in dossier.subjects] for dossier in (before, after)]
    changes += _words("fact", "事業の概要", "対象者", *subjects)
    changes += _words("fact", "事業の概要", "概要", before.summary, after.summary)
    changes += _words("fact", "事業の概要", "見込み数", _figures(before), _figures(after))
    changes += _by_key(before.parties, after.parties, "party", lambda party: party.key, _party_name, _party)
    changes += _by_key(
        before.clauses, after.clauses, "clause", lambda clause: clause.key, clause_label,
        lambda a, b: _clause(a, b, before, after),
    )  # fmt: skip
    changes += _nodes(before, after)
    changes += _by_key(
        before.steps, after.steps, "step", lambda step: step.number, _step_name, lambda a, b: _step(a, b, before, after)
    )
    changes += _measures(before, after)
    for area, word, old, new in (
        ("terms", "特記事項", before.terms, after.terms),
        ("note", "指摘", before.notes, after.notes),
    ):
        changes += _by_key(old, new, area, _key, partial(_titled, word), partial(_whole, area, word))
    return changes


def _changed(area: str, place: str, what: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(area, place, what, before or "（記載なし）", after or "（記載なし）")


def _words(area: str, place: str, what: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """Lines taken out and put in; a mere change of order as one change."""
    gone = [word for word in before if word not in after]
    new = [word for word in after if word not in before]
    for word in gone:
        yield Difference(area, place, what, word, "")
    for word in new:
        yield Difference(area, place, what, "", word)
    if not gone and not new and list(before) != list(after):
        yield Difference(area, place, f"{what}の順", "、".join(before), "、".join(after))


def _by_key(
    before: Sequence[T],
    after: Sequence[T],
    area: str,
    key: Callable[[T], str],
    name: Callable[[T], str],
    compare: Callable[[T, T], Iterator[Difference]],
) -> Iterator[Difference]:
    old, new = {key(each): each for each in before}, {key(each): each for each in after}
    what = {"party": "相手方", "clause": "別紙", "step": "流れ", "terms": "特記事項", "note": "手書きの指摘"}[area]
    for each in old:
        if each not in new:
            yield Difference(area, name(old[each]), what, name(old[each]), "")
    for each in new:
        if each not in old:
            yield Difference(area, name(new[each]), what, "", name(new[each]))
        else:
            yield from compare(old[each], new[each])


def _key(each: Any) -> str:
    return str(each.key)


def _titled(word: str, each: Any) -> str:
    return f"{word} {each.key}"


def _whole(area: str, word: str, before: Any, after: Any) -> Iterator[Difference]:
    """Texts compared as a whole: what two columns cannot hold is only said to have changed."""
    if before != after:
        old, new = getattr(before, "text", "旧本文"), getattr(after, "text", "新本文")
        yield Difference(area, f"{word} {after.key}", "本文", old, new)


def _party_name(party: Party) -> str:
    return party.name


def _party(before: Party, after: Party) -> Iterator[Difference]:
    place = after.name
    yield from _changed("party", place, "名称", before.name, after.name)
    yield from _changed("party", place, "立場", ROLE_NAMES[before.role], ROLE_NAMES[after.role])
    yield from _changed("party", place, "選定", STATUS_NAMES[before.status], STATUS_NAMES[after.status])
    yield from _changed("party", place, "再委託元", "、".join(before.of), "、".join(after.of))
    yield from _words("party", place, "認証", before.certifications, after.certifications)
    yield from _words("party", place, "別称", before.aliases, after.aliases)
    yield from _changed("party", place, "備考", before.note, after.note)


def _clause(before: Clause, after: Clause, old: Dossier, new: Dossier) -> Iterator[Difference]:
    place = clause_label(after)
    yield from _changed("clause", place, "種類", KIND_NAMES[before.kind], KIND_NAMES[after.kind])
    yield from _changed("party", place, "相手方", party_names(old, before.parties), party_names(new, after.parties))
    yield from _changed(
        "party", place, "再委託元", party_names(old, before.entrusted_by), party_names(new, after.entrusted_by)
    )
    for direction in Direction:
        lists = (getattr(clause, direction.value) for clause in (before, after))
        yield from _items(place, f"{DIRECTION_NAMES[direction]}の項目", *lists)
    yield from _items(place, "取り扱わせない項目", before.excluded, after.excluded)
    if before.period != after.period:
        yield Difference("period", place, "期間", period_text(before.period), period_text(after.period))
    media = tuple("、".join(MEDIUM_NAMES[m] for m in c.media) for c in (before, after))
    conditions = tuple(CONDITION_NAMES[c.condition] if c.condition else "" for c in (before, after))
    yield from _changed("clause", place, "記録媒体", *media)
    yield from _changed("clause", place, "条件", *conditions)
    divided = ("なし" if clause.undivided else "あり" for clause in (before, after))
    yield from _changed("clause", place, "提供と処理の区別", *divided)
    yield from _changed("clause", place, "特記事項", "、".join(before.terms), "、".join(after.terms))
    words = {
        "title": "件名", "number": "番号", "registered_work": "登録業務の名称", "subjects": "個人の範囲",
        "system": "記録するコンピュータ", "media_text": "記録媒体の記載", "reason": "理由", "form": "結合の形態",
    }  # fmt: skip
    for field, name in words.items():
        yield from _changed("clause", place, name, getattr(before, field), getattr(after, field))
    yield from _words("work", place, "内容", [_work(w) for w in before.works], [_work(w) for w in after.works])


def _items(place: str, what: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Difference]:
    gone = [item for item in before if item not in after]
    new = [item for item in after if item not in before]
    if gone:
        yield Difference("item", place, what, item_list(gone), "")
    if new:
        yield Difference("item", place, what, "", item_list(new))
    if not gone and not new and before != after:
        yield Difference("item", place, f"{what}の順", item_list(before), item_list(after))


def _work(work: Work) -> str:
    items = f"（{item_list(work.items)}）" if work.items else ""
    expected = f"、見込み{work.expected:,}" if work.expected is not None else ""
    period = f"、{period_text(work.period)}" if work.period else ""
    subjects = f"、{work.subjects}" if work.subjects else ""
    return f"{work.number} {work.text}{items}{subjects}{expected}{period}".strip()


def _nodes(before: Dossier, after: Dossier) -> Iterator[Difference]:
    def lines(dossier: Dossier) -> list[str]:
        return [f"{n.name}（{party_names(dossier, [n.within]) if n.within else '所属なし'}）" for n in dossier.nodes]

    yield from _words("step", "個人情報の流れ", "人・システム", lines(before), lines(after))


def _step_name(step: Step) -> str:
    return f"流れの{step.number} {step.what}"


def _step(before: Step, after: Step, old: Dossier, new: Dossier) -> Iterator[Difference]:
    place = f"流れの{after.number}"
    route = tuple(
        "→".join({n.key: n.name for n in d.nodes}.get(k, k) for k in (s.source, s.target))
        for s, d in ((before, old), (after, new))
    )
    yield from _changed("step", place, "経路", *route)
    yield from _changed("step", place, "内容", before.what, after.what)
    yield from _items(place, "項目", before.items, after.items)
    yield from _changed("step", place, "媒体", *(MEDIUM_NAMES[s.medium] if s.medium else "" for s in (before, after)))
    yield from _changed("step", place, "根拠の別紙", before.clause, after.clause)
    yield from _changed("step", place, "時期", *("随時" if s.as_needed else "定例" for s in (before, after)))
    yield from _changed("step", place, "個人情報", *("あり" if s.personal else "なし" for s in (before, after)))
    yield from _changed("step", place, "図の記載", *("あり" if s.drawn else "なし" for s in (before, after)))
    yield from _words(
        "step", place, "情報保護対策", *([measure_text(k) for k in s.safeguards] for s in (before, after))
    )  # fmt: skip


def _figures(dossier: Dossier) -> list[str]:
    return [f"{f.name} {f.number:,}{f.unit}{f.when}" for f in dossier.expected]


def _measures(before: Dossier, after: Dossier) -> Iterator[Difference]:
    def lines(dossier: Dossier) -> list[str]:
        return [f"{place}: {word}" for each in dossier.measures for place, word in _measure_lines(each)]

    yield from _words("measure", "情報保護対策", "対策", lines(before), lines(after))


def _measure_lines(measures: Measures) -> Iterator[tuple[str, str]]:
    who = "区が行う" if measures.carried_out_by == "ward" else "相手方に行わせる"
    nature = "運用上" if measures.nature == "operational" else "システム上"
    place = f"{who}{nature}の対策（{'、'.join(measures.clauses)}）"
    for key in measures.applied:
        yield place, f"○ {measure_text(key)}"
    for key in measures.not_needed:
        yield place, f"− {measure_text(key)}"
    for text in measures.texts:
        yield place, text
