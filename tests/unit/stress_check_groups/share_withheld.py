"""What the protection of groups costs: the shares that a made-up ward of 3,500 staff has withheld.

``python -m tests.unit.stress_check_groups.share_withheld`` prints the figures of ADR 24 (about a minute). Nobody here exists.
"""

from __future__ import annotations

import sys

import numpy as np
import polars as pl

from azukari.programmes.stress_check.groups import Analysis
from tests.unit.stress_check_groups.organisations import analysed, people

STAFF, DEPARTMENTS, ANSWERED, STAYED = 3_500, 25, 0.85, 0.92


def ward(seed: int = 3) -> list[tuple[tuple[str, ...], int]]:
    """25 departments of unequal size with three to six sections each; four people stand directly under a department."""
    random = np.random.default_rng(seed)
    wanted = random.dirichlet(np.full(DEPARTMENTS, 3.0)) * (STAFF - 4 * DEPARTMENTS)
    found: list[tuple[tuple[str, ...], int]] = []
    for department, size in enumerate(wanted):
        many = int(random.integers(3, 7))
        shares = random.dirichlet(np.full(many, 4.0)) * size
        found += [((f"d{department:02}", f"s{place}"), max(2, round(share))) for place, share in enumerate(shares)]
        found.append(((f"d{department:02}",), 4))
    return found


def answers(seed: int, first: pl.DataFrame | None = None) -> pl.DataFrame:
    """Those who answered in one year; the second year some staff have left or moved to a neighbour, and new ones came."""
    staff = people(ward(), seed=1)
    random = np.random.default_rng(seed)
    if first is not None:
        stays, moves = (pl.Series(random.random(len(staff)) < share) for share in (STAYED, 0.2))
        elsewhere = staff["path"].gather(random.permutation(len(staff)))
        staff = staff.with_columns(
            respondent=pl.when(stays).then(pl.col("respondent")).otherwise(pl.col("respondent") + 10_000),
            path=pl.when(moves).then(elsewhere).otherwise(pl.col("path")),
        )
    return staff.filter(pl.Series(random.random(len(staff)) < ANSWERED))


def told(words: str, analysis: Analysis) -> list[str]:
    """One line per kind of group: how many there are, how many are withheld, why, and of how many people figures stand."""
    kind = pl.concat_str(
        pl.col("attribute").fill_null("node"),
        pl.when(pl.col("sex").is_null()).then(pl.lit("")).otherwise(pl.lit(" by sex")),
        pl.lit(", depth "),
        pl.col("depth"),
    )
    counts = (
        analysis.groups.group_by(kind=kind, maintain_order=True)
        .agg(
            groups=pl.len(),
            shown=pl.col("answered").sum(),
            small=(pl.col("withheld") == "small").sum(),
            complement=(pl.col("withheld") == "complement").sum(),
            alike=((pl.col("high_withheld") == "alike") & pl.col("withheld").is_null()).sum(),
        )
        .rows(named=True)
    )
    return [
        f"{words}: {c['kind']}: {c['groups']} groups, {c['small']} small, {c['complement']} complement, "
        f"{c['alike']} without the count of high stress only; the others have {c['shown']} respondents"
        for c in counts
    ]


def main() -> None:
    first = answers(11)
    year = analysed(first)
    lines = told("one year", year)
    second = answers(12, first)
    for words, strict in (("second year", False), ("second year, one unknown a person", True)):
        found = analysed(second, name="second", period="2027", earlier=[year.release], same_person_over_years=strict)
        lines += told(words, found)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
