"""Laws 1, 8 and 10, against dossiers that nobody wrote by hand."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from azukari.dossier.canonical import canonical_hash, canonical_text, from_canonical
from azukari.dossier.findings import find
from azukari.dossier.permit import Cause, RenewalAct, Ruling, force, permit, permit_table
from azukari.dossier.schema import Clause, Direction, Dossier, Kind, Party, Period, Renewal, Role
from tests.laws.dossiers import SOME_ITEMS, days, dossiers, renewal_acts, rulings_for

law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BOTH_WAYS = (Direction.PROVIDED, Direction.HANDLED)


def lists(clause: Clause, party: str, item: str, direction: Direction) -> bool:
    """The slow, obvious reading of one sheet."""
    if party not in clause.parties:
        return False
    if clause.undivided and direction in BOTH_WAYS:
        return item in clause.provided or item in clause.handled
    return item in getattr(clause, direction.value)


def year_of(day: date) -> int:
    return day.year - (day.month < 4)


def runs(clause: Clause, on: date, acts: list[RenewalAct]) -> bool:
    """The slow, obvious reading of one period."""
    period, known = clause.period, [act for act in acts if act.recorded_on <= on]
    if on < period.start:
        return False
    if period.waits_for and not [a for a in known if a.clause == clause.key and a.fiscal_year == year_of(period.start)]:
        return False
    if period.end is None or on <= period.end:
        return True
    if period.renewal is Renewal.NONE or year_of(on) == year_of(period.end):
        return False
    years = {a.fiscal_year for a in known if a.clause in ("*", clause.key)}
    return all(year in years for year in range(year_of(period.end) + 1, year_of(on) + 1))


def in_some_gap(dossier: Dossier, finding: str | None, party: str, item: str, direction: Direction) -> bool:
    return any(
        entry.party == party and item in entry.items and direction in entry.directions
        for each in find(dossier)
        if finding is None or each.key == finding
        for entry in each.gap
    )


def opens(ruling: Ruling, dossier: Dossier, party: str, item: str, direction: Direction, on: date) -> bool:
    return (
        ruling.on <= on <= ruling.until
        and any(g.party == party and item in g.items and direction in g.directions for g in ruling.grants)
        and in_some_gap(dossier, ruling.finding, party, item, direction)
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Dossier, str, str, Direction, date, list[Ruling], list[RenewalAct]]:
    dossier = draw(dossiers())
    keys = [finding.key for finding in find(dossier)]
    return (
        dossier,
        draw(st.sampled_from([*(party.key for party in dossier.parties), "nobody_approved"])),
        draw(st.sampled_from([*SOME_ITEMS, "聞いたことのない項目"])),
        draw(st.sampled_from(list(Direction))),
        draw(days),
        draw(st.lists(rulings_for(dossier, keys), max_size=3)),
        draw(renewal_acts(dossier)),
    )


@law
@given(questions())
def test_a_permit_is_given_exactly_when_a_clause_in_force_lists_the_triple_or_a_ruling_opens_its_gap(asked) -> None:
    dossier, party, item, direction, on, rulings, renewals = asked
    assume(party != "ward")  # the ward has its own law below
    decision = permit(dossier, party, item, direction, on, rulings=rulings, renewals=renewals)
    listed = any(lists(c, party, item, direction) and runs(c, on, renewals) for c in dossier.clauses)
    ruled = any(opens(ruling, dossier, party, item, direction, on) for ruling in rulings)
    gap = in_some_gap(dossier, None, party, item, direction)
    assert decision.allowed == (ruled if gap else listed)
    assert (decision.ruling is not None) == (decision.allowed and gap)


@law
@given(questions())
def test_the_ward_holds_only_what_some_clause_or_ruling_names(asked) -> None:
    dossier, _, item, direction, on, rulings, renewals = asked
    decision = permit(dossier, "ward", item, direction, on, rulings=rulings, renewals=renewals)
    if decision.allowed and decision.ruling is None:
        assert any(item in getattr(c, each.value) for c in dossier.clauses for each in Direction)


@law
@given(questions())
def test_a_refusal_always_says_why_and_what_to_do_and_a_permit_what_it_rests_on(asked) -> None:
    dossier, party, item, direction, on, rulings, renewals = asked
    decision = permit(dossier, party, item, direction, on, rulings=rulings, renewals=renewals)
    assert decision.reason.endswith("。")
    if decision.allowed:
        assert decision.clause is not None or decision.ruling is not None
    else:
        assert decision.remedy.endswith("。")
        assert decision.clause is None or any(c.key == decision.clause for c in dossier.clauses)
        name = next((p.name for p in dossier.parties if p.key == party), party)
        assert name in decision.reason


@law
@given(dossiers(min_clauses=1), days, st.data())
def test_an_unrelated_clause_never_takes_a_permit_away(dossier: Dossier, on: date, data: st.DataObject) -> None:
    stranger = Party(key="stranger", name="別件株式会社", role=Role.PROCESSOR)
    some = st.lists(st.sampled_from(SOME_ITEMS), unique=True, max_size=4).map(tuple)
    unrelated = Clause(
        key="unrelated",
        kind=data.draw(st.sampled_from([Kind.ENTRUSTMENT, Kind.INTERCONNECTION, Kind.AUTOMATED_PROCESSING])),
        title="無関係の別紙",
        parties=("stranger",),
        period=Period(start=date(2024, 4, 1)),
        provided=data.draw(some),
        handled=data.draw(some),
        recorded=data.draw(some),
        excluded=data.draw(some),
    )
    wider = dossier.model_copy(
        update={"parties": (*dossier.parties, stranger), "clauses": (*dossier.clauses, unrelated)}
    )
    before = {(d.party, d.item, d.direction) for d in permit_table(dossier, on) if d.allowed and d.party != "ward"}
    after = {(d.party, d.item, d.direction) for d in permit_table(wider, on) if d.allowed}
    assert before <= after


@law
@given(dossiers(min_clauses=1))
def test_before_its_start_and_after_its_end_without_renewal_nothing_is_permitted(dossier: Dossier) -> None:
    before = permit_table(dossier, min(clause.period.start for clause in dossier.clauses) - timedelta(days=1))
    assert not [d for d in before if d.allowed and d.party != "ward"]
    limited = [
        c.model_copy(update={"period": c.period.model_copy(update={"end": c.period.end or c.period.start})})
        for c in dossier.clauses
    ]
    last = max(clause.period.end for clause in limited)
    after = permit_table(dossier.model_copy(update={"clauses": tuple(limited)}), last + timedelta(days=1))
    assert not [d for d in after if d.allowed and d.party != "ward"]


@law
@given(dossiers(), days)
def test_the_table_agrees_with_single_questions(dossier: Dossier, on: date) -> None:
    for decision in permit_table(dossier, on)[::7]:
        assert decision == permit(dossier, decision.party, decision.item, decision.direction, on)


@law
@given(dossiers(min_clauses=1), st.data())
def test_more_recorded_renewals_never_end_a_clause(dossier: Dossier, data: st.DataObject) -> None:
    clause, on = data.draw(st.sampled_from(dossier.clauses)), data.draw(days)
    few, more = data.draw(renewal_acts(dossier)), data.draw(renewal_acts(dossier))
    if force(clause, on, few).in_force:
        assert force(clause, on, [*few, *more]).in_force


@law
@given(dossiers())
def test_the_canonical_text_keeps_everything(dossier: Dossier) -> None:
    text = canonical_text(dossier)
    again = from_canonical(text)
    assert again == dossier
    assert canonical_text(again) == text
    assert len(canonical_hash(dossier)) == 64


@law
@given(dossiers())
def test_findings_have_keys_that_name_them_and_stay_the_same(dossier: Dossier) -> None:
    found = find(dossier)
    assert len({finding.key for finding in found}) == len(found)
    assert found == find(from_canonical(canonical_text(dossier)))
    assert all(finding.severity == ("gap" if finding.gap else "remark") for finding in found)
    assert all(finding.text for finding in found)


def test_a_stranger_with_a_name_like_a_sub_processors_is_still_nobody() -> None:
    dossier = Dossier(
        schema_version=1, programme="p", version="1", title="付議書", paper="", board="", basis="", department="",
        programme_name="", section="", purpose="", fiscal_year=2025, subjects=(), expected=(),
        parties=(Party(key="printer", name="印刷株式会社", role=Role.PROCESSOR),),
        nodes=(), clauses=(), steps=(),
    )  # fmt: skip
    decision = permit(dossier, "印刷株式会社 第二工場", "氏名", "提供", date(2025, 5, 1))
    assert (decision.allowed, decision.cause) == (False, Cause.UNKNOWN_PARTY)
    assert "印刷株式会社 第二工場" in decision.reason
    assert "「印刷株式会社」" in decision.remedy
