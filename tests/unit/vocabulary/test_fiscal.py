from __future__ import annotations

from datetime import date

import pytest

from azukari.vocabulary.fiscal import (
    age_at_fiscal_year_end,
    birthday_age,
    fiscal_year,
    fiscal_year_end,
    fiscal_year_start,
    legal_age,
)


@pytest.mark.parametrize(
    ("day", "fy"),
    [(date(2025, 3, 31), 2024), (date(2025, 4, 1), 2025), (date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026)],
)
def test_the_fiscal_year_turns_on_1_april(day: date, fy: int) -> None:
    assert fiscal_year(day) == fy


def test_a_fiscal_year_contains_its_own_first_and_last_day() -> None:
    assert fiscal_year(fiscal_year_start(2025)) == fiscal_year(fiscal_year_end(2025)) == 2025
    assert (fiscal_year_end(2025) - fiscal_year_start(2025)).days == 364


@pytest.mark.parametrize(
    ("birth", "on", "legal", "birthday"),
    [
        (date(1985, 4, 1), date(2025, 3, 30), 39, 39),
        (date(1985, 4, 1), date(2025, 3, 31), 40, 39),
        (date(1985, 4, 1), date(2025, 4, 1), 40, 40),
        (date(1985, 4, 2), date(2025, 3, 31), 39, 39),
        (date(1985, 4, 2), date(2025, 4, 1), 40, 39),
        (date(2000, 2, 29), date(2025, 2, 27), 24, 24),
        (date(2000, 2, 29), date(2025, 2, 28), 25, 24),
        (date(2000, 2, 29), date(2025, 3, 1), 25, 25),
        (date(2000, 2, 29), date(2024, 2, 27), 23, 23),
        (date(2000, 2, 29), date(2024, 2, 28), 24, 23),
        (date(2000, 2, 29), date(2024, 2, 29), 24, 24),
        (date(1950, 1, 1), date(2024, 12, 31), 75, 74),
    ],
)
def test_legal_age_rises_on_the_eve_and_birthday_age_on_the_day(
    birth: date, on: date, legal: int, birthday: int
) -> None:
    assert (legal_age(birth, on), birthday_age(birth, on)) == (legal, birthday)


@pytest.mark.parametrize(
    ("birth", "age"), [(date(1985, 4, 1), 41), (date(1985, 4, 2), 40), (date(1986, 4, 1), 40), (date(1986, 4, 2), 39)]
)
def test_a_cohort_runs_from_2_april_to_the_next_1_april(birth: date, age: int) -> None:
    assert age_at_fiscal_year_end(birth, 2025) == age
