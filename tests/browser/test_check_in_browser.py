"""The stress check at the browsers of the staff, the clerks, the implementers, the interviewing doctor and the ward.

One story, told in order: every page that is passed is looked at (axe, 320 px, no outside request).
"""

from __future__ import annotations

from typing import Any

import pytest

from . import check
from .person import World
from .pictures import pictures_named_in


@pytest.fixture(scope="module")
def world(world_of_check: World) -> World:
    """In this module everybody's browser is at the ward of May and its contractor."""
    return world_of_check


def test_from_the_slip_to_the_sealed_record(world: World, person: Any) -> None:
    story = check.Check(world, person)
    check.the_clerk_sees_the_round_and_invites(story)
    check.some_answer_on_paper(story)
    check.somebody_comes_in_by_the_code_and_answers_on_the_way(story)
    check.it_goes_on_at_another_device_and_is_sent_once(story)
    check.a_shared_link_is_a_spent_link(story)
    check.forms_come_back_and_are_keyed_twice(story)
    check.the_round_is_closed_and_scored(story)
    check.the_implementer_decides_one_by_one(story)
    check.letters_are_checked_by_another(story)
    check.the_person_reads_consents_and_applies(story)
    check.the_doctor_interviews_and_gives_an_opinion(story)
    check.groups_are_let_out_by_another_and_delivered(story)
    check.the_ward_receives_the_report_and_sees_no_more(story)
    check.who_has_authority_over_personnel_is_shown_no_person(story)
    check.the_year_ends_and_names_go_behind_the_seal(story)
    assert pictures_named_in(check) <= world.pictures
