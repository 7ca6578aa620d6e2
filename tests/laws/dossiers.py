"""Hypothesis strategies for dossiers that nobody wrote by hand.

``dossiers()`` builds valid :class:`Dossier` objects: a ward, processors, sub-processors, sheets with random lists and
periods, arrows and noted gaps. Items are taken from a few real keys and a few that no vocabulary knows.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from azukari.dossier.permit import RenewalAct, Ruling
from azukari.dossier.schema import (
    Clause,
    Direction,
    Dossier,
    GapEntry,
    Kind,
    Node,
    Note,
    Party,
    PartyStatus,
    Period,
    Renewal,
    Role,
    Step,
    Work,
)
from azukari.vocabulary.items import ITEMS

SOME_ITEMS = (*list(ITEMS)[:5], "made_up_one", "made_up_two", "made_up_three")
WARD = Party(key="ward", name="区", role=Role.CONTROLLER)

items = st.sampled_from(SOME_ITEMS)
item_tuples = st.lists(items, unique=True, max_size=5).map(tuple)
directions = st.sampled_from(list(Direction))
days = st.dates(min_value=date(2023, 1, 1), max_value=date(2029, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(days)
    length = draw(st.none() | st.integers(min_value=0, max_value=800))
    return Period(
        start=start,
        end=None if length is None else start + timedelta(days=length),
        renewal=draw(st.sampled_from(list(Renewal))),
        waits_for=draw(st.sampled_from(["", "", "審議会の了承"])),
    )


@st.composite
def party_lists(draw: st.DrawFn) -> tuple[Party, ...]:
    processors = [
        Party(
            key=f"processor_{n}",
            name=f"委託{n}号株式会社",
            role=Role.PROCESSOR,
            status=draw(st.sampled_from(list(PartyStatus))),
        )
        for n in range(draw(st.integers(min_value=1, max_value=3)))
    ]
    subs = [
        Party(
            key=f"sub_{n}",
            name=f"再委託{n}号株式会社",
            role=Role.SUB_PROCESSOR,
            aliases=(f"再{n}",),
            of=(draw(st.sampled_from(processors)).key,),
        )
        for n in range(draw(st.integers(min_value=0, max_value=2)))
    ]
    return (WARD, *processors, *subs)


@st.composite
def clauses(draw: st.DrawFn, parties: tuple[Party, ...], key: str) -> Clause:
    """One sheet for one or two of these parties."""
    others = [party for party in parties if party.role is not Role.CONTROLLER]
    subs = [party for party in others if party.role is Role.SUB_PROCESSOR]
    kind = draw(st.sampled_from(list(Kind) if subs else [kind for kind in Kind if kind is not Kind.RE_ENTRUSTMENT]))
    if kind is Kind.RE_ENTRUSTMENT:
        sub = draw(st.sampled_from(subs))
        named, given_by = (sub.key,), sub.of
    else:
        named = tuple(p.key for p in draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True)))
        given_by = ()
    return Clause(
        key=key,
        kind=kind,
        title=f"別紙{key}",
        parties=named,
        entrusted_by=given_by,
        period=draw(periods()),
        provided=draw(item_tuples),
        collected=draw(item_tuples),
        handled=draw(item_tuples),
        recorded=draw(item_tuples),
        view=draw(item_tuples),
        excluded=draw(st.lists(items, unique=True, max_size=2).map(tuple)),
        undivided=draw(st.booleans()),
        works=tuple(
            Work(number=str(n + 1), text="作業", items=draw(st.none() | item_tuples))
            for n in range(draw(st.integers(min_value=0, max_value=2)))
        ),
    )


@st.composite
def gap_entries(draw: st.DrawFn, parties: tuple[Party, ...]) -> GapEntry:
    return GapEntry(
        party=draw(st.sampled_from(parties)).key,
        items=tuple(draw(st.lists(items, unique=True, min_size=1, max_size=3))),
        directions=tuple(draw(st.lists(directions, unique=True, min_size=1, max_size=2))),
    )


@st.composite
def steps(draw: st.DrawFn, nodes: tuple[Node, ...], clause_keys: list[str], number: int) -> Step:
    return Step(
        number=f"({number})",
        source=draw(st.sampled_from(nodes)).key,
        target=draw(st.sampled_from(nodes)).key,
        what="データの受渡し",
        items=draw(item_tuples),
        clause=draw(st.sampled_from(["", *clause_keys])),
        as_needed=draw(st.booleans()),
        personal=draw(st.booleans()),
    )


@st.composite
def dossiers(draw: st.DrawFn, min_clauses: int = 0) -> Dossier:
    """A whole valid dossier with at least ``min_clauses`` sheets."""
    parties = draw(party_lists())
    count = draw(st.integers(min_value=min_clauses, max_value=4))
    sheets = tuple(draw(clauses(parties, f"c{n}")) for n in range(count))
    nodes = (
        Node(key="people", name="区民", kind="people"),
        *(Node(key=f"at_{p.key}", name=f"{p.name}の窓口", kind="office", within=p.key) for p in parties),
    )
    arrows = draw(st.integers(min_value=0, max_value=3))
    return Dossier(
        schema_version=1,
        programme="random",
        version="1",
        title="無作為の付議書",
        paper="資料0",
        board="会議",
        basis="要綱",
        department="部",
        programme_name="事業",
        section="課",
        purpose="試験",
        fiscal_year=draw(st.integers(min_value=2023, max_value=2028)),
        subjects=(),
        expected=(),
        parties=parties,
        nodes=nodes,
        clauses=sheets,
        steps=tuple(draw(steps(nodes, [c.key for c in sheets], n)) for n in range(arrows)),
        notes=tuple(
            Note(
                key=f"note-{n}",
                text="記載が食い違う。",
                places=("本文",),
                gap=tuple(draw(st.lists(gap_entries(parties), max_size=2))),
            )
            for n in range(draw(st.integers(min_value=0, max_value=2)))
        ),
    )


@st.composite
def rulings_for(draw: st.DrawFn, dossier: Dossier, finding_keys: list[str]) -> Ruling:
    """A ruling on one of these findings, or on one that does not exist, granting anything at all."""
    made = draw(days)
    return Ruling(
        key="ruling",
        finding=draw(st.sampled_from([*finding_keys, "no-such-finding"])),
        governs="本文",
        why="理由",
        by="情報保護担当",
        on=made,
        until=made + timedelta(days=draw(st.integers(min_value=-2, max_value=700))),
        grants=tuple(draw(st.lists(gap_entries(dossier.parties), max_size=3))),
    )


@st.composite
def renewal_acts(draw: st.DrawFn, dossier: Dossier) -> list[RenewalAct]:
    keys = ["*", *(clause.key for clause in dossier.clauses)]
    return draw(
        st.lists(
            st.builds(
                RenewalAct,
                clause=st.sampled_from(keys),
                fiscal_year=st.integers(min_value=2022, max_value=2030),
                recorded_on=days,
                by=st.just("情報保護担当"),
            ),
            max_size=6,
        )
    )
