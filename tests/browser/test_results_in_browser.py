"""Results, follow-up, rates and billing at the browsers of the clinic, the laboratory, the data entry and the ward.

One story, told in order: every page that is passed is looked at (axe, 320 px, no outside request).
"""

from __future__ import annotations

from typing import Any

import pytest

from . import results
from .person import World
from .pictures import pictures_named_in


@pytest.fixture(scope="module")
def world(world_of_results: World) -> World:
    """In this module everybody's browser is at the ward of October."""
    return world_of_results


def test_from_a_visit_to_the_rates_and_the_statement(world: World, person: Any) -> None:
    story = results.Results(world, person)
    results.a_voucher_is_found_by_its_number_and_a_visit_recorded(story)
    results.a_specimen_goes_to_the_laboratory_which_sees_no_address(story)
    results.a_result_sheet_is_sent_to_be_keyed(story)
    results.two_people_key_it_and_a_third_looks(story)
    results.the_ward_takes_it_in_and_settles_every_row(story)
    results.a_case_is_written_to_reported_and_closed(story)
    results.a_persons_page_shows_the_timeline(story)
    results.the_rates_are_worked_out_and_released(story)
    results.a_statement_is_prepared_by_one_and_approved_by_another(story)
    assert pictures_named_in(results) <= world.pictures
