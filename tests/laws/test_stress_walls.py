"""Who sees what of a stress check, against a truth table written out by hand from the act, the rule and the guideline."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from azukari.programmes.stress_check.walls import WALLS, Thing, Viewer, When, may_see

# One line per thing: self, representative, implementer, clerk, interviewer, ward, authority, other.
# "." never · "A" always · "N" once the person was told · "C" while the consent stands · "I" once an interview was
# applied for · "R" once the figures were released.
TABLE = """
answers      A A A A . . . .
result       N A A A I C . .
decision     N A A A I C . .
consent      N A A A . C . .
answered     A A A A . . . .
application  A A A A I I . .
interview    I . . . I . . .
opinion      I . . . I I . .
groups       . A A A . R R .
"""
WORDS = {"A": When.ALWAYS, "N": When.NOTIFIED, "C": When.CONSENTED, "I": When.APPLIED, "R": When.RELEASED}
VIEWERS = (
    Viewer.SELF, Viewer.REPRESENTATIVE, Viewer.IMPLEMENTER, Viewer.CLERK, Viewer.INTERVIEWER, Viewer.WARD,
    Viewer.AUTHORITY, Viewer.OTHER,
)  # fmt: skip
LINES = [line.split() for line in TABLE.strip().splitlines()]
CASES = [(Thing(line[0]), viewer, mark) for line in LINES for viewer, mark in zip(VIEWERS, line[1:], strict=True)]
STANDINGS = [
    frozenset(some) for some in chain.from_iterable(combinations([w for w in When if w is not When.ALWAYS], n) for n in range(5))
]  # fmt: skip


def test_the_table_speaks_of_every_thing_and_every_viewer() -> None:
    assert {thing for thing, _viewer, _mark in CASES} == set(Thing) == set(WALLS)
    assert set(VIEWERS) == set(Viewer)


@pytest.mark.parametrize(("thing", "viewer", "mark"), CASES, ids=lambda part: str(part))
def test_each_viewer_sees_each_thing_just_when_the_table_says(thing: Thing, viewer: Viewer, mark: str) -> None:
    for standing in STANDINGS:
        expected = mark != "." and (mark == "A" or WORDS[mark] in standing)
        assert may_see(thing, viewer, standing) is expected, (thing, viewer, standing)


@pytest.mark.parametrize("thing", [thing for thing in Thing if thing is not Thing.GROUPS])
def test_nothing_of_one_person_is_ever_seen_with_authority_over_personnel(thing: Thing) -> None:
    assert not any(may_see(thing, Viewer.AUTHORITY, standing) for standing in STANDINGS)


@pytest.mark.parametrize("thing", [Thing.ANSWERS, Thing.ANSWERED, Thing.INTERVIEW])
def test_no_consent_opens_answers_who_answered_or_the_interview_to_the_employer(thing: Thing) -> None:
    assert not any(may_see(thing, Viewer.WARD, standing) for standing in STANDINGS)
