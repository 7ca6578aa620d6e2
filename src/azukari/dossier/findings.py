"""What a machine can see in an approved paper: contradictions, silences and periods that do not fit.

A *gap* names the triples (party, items, direction) that ``permit`` refuses until the privacy officer records a ruling.
A *remark* blocks nothing. Findings noted by hand (``notes`` of the dossier) are passed through under their own keys;
the mechanical ones have keys of the form ``what:where``, stable as long as the clause or step keeps its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from azukari.dossier.finding import GAP, REMARK, Finding
from azukari.dossier.finding_periods import entrustments_above, misfit_periods
from azukari.dossier.flow_gaps import arrows
from azukari.dossier.schema import Clause, Direction, Dossier, GapEntry, Kind, Note, PartyStatus
from azukari.dossier.words import (
    KIND_NAMES,
    STATUS_NAMES,
    all_items,
    clause_items,
    clause_label,
    item_list,
    party_name,
    party_names,
)
from azukari.vocabulary.items import ITEMS

__all__ = ["GAP", "REMARK", "Finding", "find"]


def find(dossier: Dossier) -> list[Finding]:
    """Every finding: first those noted by hand, then the mechanical ones in the paper's order. Keys are unique."""
    found = [_noted(note) for note in dossier.notes]
    for check in CHECKS:
        found.extend(check(dossier))
    unique: dict[str, Finding] = {}
    for finding in found:
        unique.setdefault(finding.key, finding)
    return list(unique.values())


def _noted(note: Note) -> Finding:
    first = note.text.split("。")[0]
    title = first if len(first) <= 60 else first[:59] + "…"
    return Finding(note.key, GAP if note.gap else REMARK, title, note.text, note.places, note.texts, note.gap)


def _divided(clause: Clause) -> bool:
    return not clause.undivided


def _work_not_handled(dossier: Dossier) -> Iterator[Finding]:
    """(a) A line of the content works on items that the same sheet does not let the party handle."""
    for clause in filter(_divided, dossier.clauses):
        listed = clause.handled or all_items(clause)
        missing: list[str] = []
        numbers: list[str] = []
        for work in clause.works:
            extra = [item for item in work.items or () if item not in listed]
            missing.extend(item for item in extra if item not in missing)
            if extra:
                numbers.append(work.number)
        if missing and listed:
            where = "、".join(numbers)
            texts = [f"内容{work.number}: {work.text}" for work in clause.works if work.number in numbers]
            kind = "処理させる項目" if clause.handled else "取扱いの項目"
            yield Finding(
                f"work-not-handled:{clause.key}",
                GAP,
                f"{clause_label(clause)}の内容{where}が、{kind}にない項目を扱っている",
                f"{clause_label(clause)}の内容{where}は「{item_list(missing)}」を扱うとしていますが、"
                f"同じ別紙の{kind}（{item_list(listed)}）に挙がっていません。どちらの記載によるかの裁定が必要です。",
                (clause.key,),
                (f"{kind}: {item_list(listed)}", *texts),
                tuple(GapEntry(party=p, items=tuple(missing), directions=(Direction.HANDLED,)) for p in clause.parties),
            )


def _listed_and_excluded(dossier: Dossier) -> Iterator[Finding]:
    """A sheet lists an item and says in words that it is never held there."""
    for clause in dossier.clauses:
        both = tuple(item for item in all_items(clause) if item in clause.excluded)
        if both:
            entries = tuple(
                GapEntry(party=party, items=items, directions=(direction,))
                for party in clause.parties
                for direction in Direction
                if (items := tuple(item for item in clause_items(clause, direction) if item in both))
            )
            yield Finding(
                f"listed-and-excluded:{clause.key}",
                GAP,
                f"{clause_label(clause)}が、取り扱わせないとした項目を一覧にも挙げている",
                f"{clause_label(clause)}は「{item_list(both)}」を一覧に挙げながら、文中では取り扱わせないとしています。",
                (clause.key,),
                gap=entries,
            )


def _handled_from_nowhere(dossier: Dossier) -> Iterator[Finding]:
    """(b) A party handles what it is neither provided nor collects."""
    for clause in filter(_divided, dossier.clauses):
        missing = {
            party: tuple(item for item in clause.handled if item not in _obtained(dossier, party))
            for party in clause.parties
        }
        for items in dict.fromkeys(items for items in missing.values() if items):
            parties = [party for party, its in missing.items() if its == items]
            same = len(parties) == sum(1 for its in missing.values() if its)
            yield Finding(
                f"handled-from-nowhere:{clause.key}" + ("" if same else ":" + "+".join(parties)),
                REMARK,
                f"{clause_label(clause)}で処理する項目の入手元が書かれていない",
                f"{clause_label(clause)}で{party_names(dossier, parties)}に処理させる「{item_list(items)}」は、"
                "提供する項目にも収集させる項目にも挙がっていません。どこから得るのかを確かめてください。",
                (clause.key,),
            )


def _obtained(dossier: Dossier, party: str) -> set[str]:
    """What a party is provided or collects under any sheet."""
    return {
        item
        for clause in dossier.clauses
        if party in clause.parties
        for direction in (Direction.PROVIDED, Direction.COLLECTED)
        for item in clause_items(clause, direction)
    }


def _provided_for_nothing(dossier: Dossier) -> Iterator[Finding]:
    """(i) A party is provided what it neither handles nor works on (data minimisation)."""
    for clause in filter(_divided, dossier.clauses):
        worked = {item for work in clause.works for item in work.items or ()}
        spare = tuple(item for item in clause.provided if item not in clause.handled and item not in worked)
        if clause.handled and spare:
            yield Finding(
                f"provided-for-nothing:{clause.key}",
                REMARK,
                f"{clause_label(clause)}に、提供するが使い道の書かれていない項目がある",
                f"{clause_label(clause)}で提供する「{item_list(spare)}」は、処理させる項目にも委託の内容にも現れません。"
                "必要のない項目は渡さないでください（必要最小限の提供）。",
                (clause.key,),
            )


def _arrows(dossier: Dossier) -> Iterator[Finding]:
    """(c) and (d): see ``flow_gaps``."""
    for arrow in arrows(dossier):
        severity = GAP if arrow.gap else REMARK
        yield Finding(arrow.key, severity, arrow.title, arrow.text, arrow.places, gap=arrow.gap)


def _disagreeing_lists(dossier: Dossier) -> Iterator[Finding]:
    """(f) The same data listed differently on two sheets."""
    for joint in dossier.clauses:
        if joint.kind is not Kind.INTERCONNECTION:
            continue
        yield from _interconnection_against_entrustment(dossier, joint)
        processing = [c for c in dossier.clauses if c.kind is Kind.AUTOMATED_PROCESSING and c.recorded]
        kept = {item for clause in processing for item in clause.recorded}
        missing = tuple(item for item in joint.recorded if item not in kept)
        if processing and missing:
            yield Finding(
                f"recorded-not-kept:{joint.key}",
                REMARK,
                f"{clause_label(joint)}で記録する項目が、電算処理の記録項目にない",
                f"{clause_label(joint)}で記録するとした「{item_list(missing)}」が、"
                f"{'、'.join(clause_label(c) for c in processing)}の記録項目に挙がっていません。",
                (joint.key, *(c.key for c in processing)),
            )
    yield from _more_than_the_processor(dossier)


def _interconnection_against_entrustment(dossier: Dossier, joint: Clause) -> Iterator[Finding]:
    if not joint.provided:
        return
    for party in joint.parties:
        for work in dossier.clauses:
            if work.kind is not Kind.ENTRUSTMENT or party not in work.parties or not work.provided:
                continue
            only_joint = tuple(item for item in joint.provided if item not in work.provided)
            only_work = tuple(item for item in work.provided if item not in joint.provided)
            if only_joint or only_work:
                words = [
                    f"{clause_label(clause)}だけにある項目: {item_list(items)}"
                    for clause, items in ((joint, only_joint), (work, only_work))
                    if items
                ]
                yield Finding(
                    f"lists-disagree:{joint.key}:{work.key}:{party}",
                    REMARK,
                    f"{party_name(dossier, party)}に提供する項目が、外部結合と業務委託で異なる",
                    f"{party_name(dossier, party)}に提供する項目が二つの別紙で異なります。{'。'.join(words)}。",
                    (joint.key, work.key),
                )


def _more_than_the_processor(dossier: Dossier) -> Iterator[Finding]:
    for clause in dossier.clauses:
        more: dict[str, list[str]] = {}  # item -> the processors that do not have it
        for giver in clause.entrusted_by:
            holds = {item for each in dossier.clauses if giver in each.parties for item in all_items(each)}
            for item in clause_items(clause, Direction.PROVIDED):
                if holds and item not in holds:
                    more.setdefault(item, []).append(giver)
        if more:
            givers = dict.fromkeys(giver for each in more.values() for giver in each)
            yield Finding(
                f"more-than-processor:{clause.key}",
                REMARK,
                f"{clause_label(clause)}で、委託先が持たない項目を再委託先に渡すことになっている",
                f"{clause_label(clause)}が再委託先に提供する「{item_list(more)}」は、"
                f"{party_names(dossier, givers)}のどの別紙にも挙がっていません。",
                (clause.key,),
            )


def _nothing_listed(dossier: Dossier) -> Iterator[Finding]:
    """(g) A sheet that speaks of work but lists no item at all: nothing can be permitted under it."""
    for clause in dossier.clauses:
        if not all_items(clause) and all(work.items is None for work in clause.works):
            yield Finding(
                f"no-items:{clause.key}",
                REMARK,
                f"{clause_label(clause)}に情報項目の記載がない",
                f"{clause_label(clause)}には{KIND_NAMES[clause.kind]}の内容がありますが、情報項目が一つもありません。"
                "この別紙では何も取り扱えません。",
                (clause.key,),
            )


def _parties_to_appoint(dossier: Dossier) -> Iterator[Finding]:
    """(h) A party that the paper does not name."""
    for party in dossier.parties:
        if party.status is not PartyStatus.NAMED:
            yield Finding(
                f"party-to-appoint:{party.key}",
                REMARK,
                f"{party.name}は、付議書で事業者が特定されていない",
                f"「{party.name}」は{STATUS_NAMES[party.status]}とされています。"
                "実際の事業者が決まったら、選定の記録を残してから受渡しを始めてください。",
                (party.key,),
            )


def _re_entrustment_terms(dossier: Dossier) -> Iterator[Finding]:
    """(j) Re-entrustment against measures and special terms."""
    yield from _re_entrustment_measures(dossier)
    terms = {each.key: each for each in dossier.terms}
    for clause in dossier.clauses:
        forms = {terms[key].form for key in clause.terms if key in terms}
        if clause.kind is not Kind.RE_ENTRUSTMENT:
            if forms == {"three_party"}:
                yield _terms_finding(clause, "三者用（甲乙丙）の特記事項だけが付され、二者用（甲乙）がありません")
            continue
        if forms == {"two_party"}:
            yield _terms_finding(clause, "二者用（甲乙）の特記事項だけが付され、三者用（甲乙丙）がありません")
        for parent in entrustments_above(dossier, clause):
            two_party = [terms[key] for key in parent.terms if key in terms and terms[key].form == "two_party"]
            forbidding = [each.key for each in two_party if each.re_entrustment == "forbidden"]
            if forbidding:
                yield Finding(
                    f"re-entrustment-forbidden:{clause.key}:{parent.key}",
                    REMARK,
                    f"{clause_label(parent)}の特記事項は再委託を禁じている",
                    f"{clause_label(clause)}がありますが、{clause_label(parent)}に付された特記事項（{'、'.join(forbidding)}）は、"
                    "承諾による例外なしに再委託を禁じています。",
                    (clause.key, parent.key),
                )


def _re_entrustment_measures(dossier: Dossier) -> Iterator[Finding]:
    for parent in dossier.clauses if dossier.measures else ():
        subs = [
            c for c in dossier.clauses if c.kind is Kind.RE_ENTRUSTMENT and parent in entrustments_above(dossier, c)
        ]
        if subs and not _has_re_entrustment_measure(dossier, parent, *subs):
            yield Finding(
                f"no-re-entrustment-measure:{parent.key}",
                REMARK,
                f"{clause_label(parent)}について、再委託先への立入り調査等の対策が選ばれていない",
                f"{clause_label(parent)}から{'、'.join(clause_label(sub) for sub in subs)}への再委託がありますが、"
                "情報保護対策の一覧に「再委託先がある場合の立入り調査等」が含まれていません。",
                (parent.key, *(sub.key for sub in subs)),
            )


def _terms_finding(clause: Clause, text: str) -> Finding:
    title = f"{clause_label(clause)}の特記事項の形が合わない"
    return Finding(f"terms-form:{clause.key}", REMARK, title, f"{clause_label(clause)}には{text}。", (clause.key,))


def _has_re_entrustment_measure(dossier: Dossier, *clauses: Clause) -> bool:
    keys = {clause.key for clause in clauses}
    return any(
        any("re_entrust" in key or "sub_processor" in key for key in measures.applied)
        or any("再委託" in text for text in measures.texts)
        for measures in dossier.measures
        if keys & set(measures.clauses)
    )


def _sensitive_without_system_measures(dossier: Dossier) -> Iterator[Finding]:
    """(k) 要配慮個人情報 or 特定個人情報 on a sheet for which no system measure is chosen."""
    guarded = {
        key
        for measures in dossier.measures
        if measures.nature == "system" and (measures.applied or measures.texts)
        for key in measures.clauses
    }
    for clause in dossier.clauses:
        sensitive = tuple(i for i in all_items(clause) if i in ITEMS and ITEMS[i].sensitivity != "ordinary")
        if sensitive and clause.key not in guarded:
            yield Finding(
                f"sensitive-unguarded:{clause.key}",
                REMARK,
                f"{clause_label(clause)}は要配慮個人情報等を扱うが、システム上の対策が選ばれていない",
                f"{clause_label(clause)}は「{item_list(sensitive)}」を扱いますが、"
                "この別紙に係るシステム上の情報保護対策が一つも選ばれていません。",
                (clause.key,),
            )


Check = Callable[[Dossier], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    _work_not_handled,
    _listed_and_excluded,
    _handled_from_nowhere,
    _provided_for_nothing,
    _arrows,
    misfit_periods,
    _disagreeing_lists,
    _nothing_listed,
    _parties_to_appoint,
    _re_entrustment_terms,
    _sensitive_without_system_measures,
)
