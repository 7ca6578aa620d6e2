"""Whose name or section would not be printed as it is meant, told before slips, forms and letters go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings

from azukari.letters.glyphs import GlyphException, GlyphProof
from azukari.parties.acting import acting
from azukari.parties.models import Handler

from ..letters.envelope import printed_names
from ..models import Respondent, Round
from .state import PROGRAMME, WORKERS, require_duty


@dataclass(frozen=True)
class NotAsMeant:
    """``exceptions``: the characters of one person's name and section, each with where it stands and what is wrong."""

    person: Respondent
    exceptions: Sequence[GlyphException]


def not_as_meant(*, round_: Round, by: Handler, now: datetime) -> list[NotAsMeant]:
    """By section and number, whoever is found in the fonts of this instance. Logged for those who are listed."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        proof = _proof(tuple(settings.AZUKARI_FONTS))
        people = Respondent.objects.filter(round=round_, left_on=None).order_by("section", "employee_number")
        found = [NotAsMeant(one, proof.check(printed_names([one]))) for one in people]
        listed = [one for one in found if one.exceptions]
        record(
            purpose="氏名と所属の字形の確認", items=["name", "employee_number", "affiliation"], persons=len(listed),
            subjects=[bytes.fromhex(one.person.reference) for one in listed],
        )  # fmt: skip
        return listed


@cache
def _proof(fonts: tuple[Path, ...]) -> GlyphProof:
    return GlyphProof(fonts)
