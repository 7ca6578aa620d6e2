"""The yearly voucher run from the board's paper to the closed year, by all its people, each at a browser of their own.

One story, told in order: every page that is passed is looked at (axe, 320 px, no outside request), the acts are done
as their people do them, and what may not be done is tried on the way.
"""

from __future__ import annotations

from typing import Any

from . import afterwards, handing_on, preparing
from .person import World
from .pictures import pictures_named_in
from .story import Story, at


def test_the_whole_run(world: World, person: Any) -> None:
    world.set_clock(at(3, 3))
    story = Story(world, person)
    preparing.the_paper_is_drafted_submitted_and_approved(story)
    preparing.its_gaps_are_ruled_on_and_its_parties_appointed(story)
    preparing.the_roster_is_staged_reviewed_and_committed(story)
    preparing.everybody_is_judged_numbered_and_proofed(story)
    preparing.the_data_is_prepared_sealed_and_released_by_another(story)
    handing_on.it_arrives_with_the_password_apart(story)
    handing_on.the_printer_prints_and_passes_on(story)
    handing_on.the_encloser_reads_back_and_returns(story)
    handing_on.the_letters_are_delivered_and_posted(story)
    afterwards.a_resident_asks_and_gets_another_voucher(story)
    afterwards.somebody_wants_no_letters_and_mail_comes_back(story)
    afterwards.everything_is_erased_certified_and_closed(story)
    afterwards.the_auditor_sees_it_all_and_changes_nothing(story)
    assert pictures_named_in(preparing, handing_on, afterwards) <= world.pictures
