"""Findings (e): periods of sheets that hang on each other and do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from azukari.dossier.finding import REMARK, Finding
from azukari.dossier.schema import Clause, Dossier, Kind, Renewal, Role
from azukari.dossier.words import clause_label, day, fiscal_year_name, party_name, party_of
from azukari.vocabulary.fiscal import fiscal_year


def misfit_periods(dossier: Dossier) -> Iterator[Finding]:
    """(e) Periods of sheets that hang on each other."""
    for clause in dossier.clauses:
        yield from _work_periods(clause)
        if clause.kind is Kind.RE_ENTRUSTMENT:
            yield from _re_entrustment_period(dossier, clause)
        elif clause.kind is Kind.AUTOMATED_PROCESSING:
            yield from _processing_period(dossier, clause)
        period = clause.period
        if period.end and period.renewal is Renewal.NONE and fiscal_year(period.end) < dossier.fiscal_year:
            yield _period_finding(
                f"period-misses-year:{clause.key}",
                clause,
                f"の期限（{day(period.end)}）は{fiscal_year_name(dossier.fiscal_year)}に届かず、更新の定めもありません",
            )


def _period_finding(key: str, clause: Clause, text: str, *others: Clause) -> Finding:
    places = (clause.key, *(other.key for other in others))
    return Finding(
        key,
        REMARK,
        f"{clause_label(clause)}の期間が合わない",
        f"{clause_label(clause)}{text}。期間外の取扱いは認められないので、正しい期間を確かめてください。",
        places,
    )


def _work_periods(clause: Clause) -> Iterator[Finding]:
    for work in clause.works:
        period = work.period
        if period is None:
            continue
        late = clause.period.end and (period.end is None or period.end > clause.period.end)
        if period.start < clause.period.start or late:
            yield _period_finding(
                f"work-outside-period:{clause.key}:{work.number}",
                clause,
                f"の内容{work.number}の期間（{period.text or day(period.start) + 'から'}）が、"
                "別紙の期間の外に及んでいます",
            )


def entrustments_above(dossier: Dossier, clause: Clause) -> list[Clause]:
    return [
        other
        for other in dossier.clauses
        if other.kind is Kind.ENTRUSTMENT and set(other.parties) & set(clause.entrusted_by)
    ]


def _re_entrustment_period(dossier: Dossier, clause: Clause) -> Iterator[Finding]:
    for party in clause.entrusted_by:
        parents = [parent for parent in entrustments_above(dossier, clause) if party in parent.parties]
        if not parents:
            yield Finding(
                f"no-entrustment:{clause.key}:{party}",
                REMARK,
                f"{clause_label(clause)}の元になる業務委託がない",
                f"{clause_label(clause)}は{party_name(dossier, party)}からの再委託ですが、"
                f"{party_name(dossier, party)}への業務委託の別紙がありません。",
                (clause.key,),
            )
            continue
        first = min(parents, key=lambda parent: parent.period.start)
        if clause.period.start < first.period.start:
            text = f"は{day(clause.period.start)}に始まりますが、元の委託が始まるのは{day(first.period.start)}です"
            yield _period_finding(f"re-entrustment-before:{clause.key}:{party}", clause, text, first)
        ends = [parent.period.end for parent in parents]
        last = None if None in ends else max(end for end in ends if end is not None)
        if last and (clause.period.end is None or clause.period.end > last):
            end = day(clause.period.end) + "に終わりますが" if clause.period.end else "期限がありませんが"
            text = f"は{end}、元の委託は{day(last)}に終わります"
            yield _period_finding(f"re-entrustment-after:{clause.key}:{party}", clause, text, parents[-1])


def _processing_period(dossier: Dossier, clause: Clause) -> Iterator[Finding]:
    """Building or processing that begins before anything is entrusted to that party."""
    for party in clause.parties:
        known = party_of(dossier, party)
        given = [c for c in dossier.clauses if c.kind is Kind.ENTRUSTMENT and party in c.parties]
        if known is None or known.role is Role.CONTROLLER or not given:
            continue
        start = min(c.period.start for c in given)
        if clause.period.start < start:
            text = (
                f"は{day(clause.period.start)}に始まりますが、{known.name}への業務委託が始まるのは{day(start)}です。"
                "それまでの間、根拠となる委託がありません"
            )
            yield _period_finding(f"processing-before-entrustment:{clause.key}:{party}", clause, text, *given[:1])
