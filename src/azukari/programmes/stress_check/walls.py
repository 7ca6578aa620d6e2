"""Who sees what of a stress check: one table, and the one function that asks it (安衛法66条の10, 安衛則52条の10・13).

Nothing here looks at roles of the program (officer, handler): only at the duty that somebody has in this very round,
and at what the person said after being told the result. Whoever has authority over personnel has no duty, ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

K_REPRESENTATIVE, K_IMPLEMENTER, K_CLERK, K_INTERVIEWER = "representative", "implementer", "clerk", "interviewer"


class Thing(StrEnum):
    """What can be seen of one person, and of groups."""

    ANSWERS = "answers"
    RESULT = "result"
    DECISION = "decision"
    CONSENT = "consent"
    ANSWERED = "answered"
    APPLICATION = "application"
    INTERVIEW = "interview"
    OPINION = "opinion"
    GROUPS = "groups"


class Viewer(StrEnum):
    """Somebody's relation to the person in question. ``WARD``: the employer's own people, whatever their role there."""

    SELF = "self"
    REPRESENTATIVE = K_REPRESENTATIVE
    IMPLEMENTER = K_IMPLEMENTER
    CLERK = K_CLERK
    INTERVIEWER = K_INTERVIEWER
    WARD = "ward"
    AUTHORITY = "authority"
    """Who decides on dismissal, promotion or transfer: whatever else they are, they are only this."""
    OTHER = "other"
    """Colleagues, managers, people of the contractor without a duty, other companies."""


class When(StrEnum):
    ALWAYS = "always"
    NOTIFIED = "notified"
    """Once the person was told the result."""
    CONSENTED = "consented"
    """While the person's consent, given after being told, stands."""
    APPLIED = "applied"
    """Once the person applied for the interview (which is itself known to the employer)."""
    RELEASED = "released"
    """Group figures that a second implementer released."""


IMPLEMENTERS = (Viewer.REPRESENTATIVE, Viewer.IMPLEMENTER)

WALLS: Mapping[Thing, Mapping[Viewer, When]] = {
    Thing.ANSWERS: {Viewer.SELF: When.ALWAYS, **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS)},
    Thing.RESULT: {
        Viewer.SELF: When.NOTIFIED,
        **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS),
        Viewer.INTERVIEWER: When.APPLIED,
        Viewer.WARD: When.CONSENTED,
    },
    Thing.DECISION: {
        Viewer.SELF: When.NOTIFIED,
        **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS),
        Viewer.INTERVIEWER: When.APPLIED,
        Viewer.WARD: When.CONSENTED,
    },
    Thing.CONSENT: {
        Viewer.SELF: When.NOTIFIED,
        **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS),
        Viewer.WARD: When.CONSENTED,
    },
    Thing.ANSWERED: {Viewer.SELF: When.ALWAYS, **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS)},
    Thing.APPLICATION: {
        Viewer.SELF: When.ALWAYS,
        **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS),
        Viewer.INTERVIEWER: When.APPLIED,
        Viewer.WARD: When.APPLIED,
    },
    Thing.INTERVIEW: {Viewer.SELF: When.APPLIED, Viewer.INTERVIEWER: When.APPLIED},
    Thing.OPINION: {
        Viewer.SELF: When.APPLIED,
        Viewer.INTERVIEWER: When.APPLIED,
        Viewer.WARD: When.APPLIED,
    },
    Thing.GROUPS: {
        **dict.fromkeys((*IMPLEMENTERS, Viewer.CLERK), When.ALWAYS),
        Viewer.WARD: When.RELEASED,
        Viewer.AUTHORITY: When.RELEASED,
    },
}
"""Thing → who may see it, and from when on. Who does not stand in a line never may."""


def may_see(thing: Thing, viewer: Viewer, standing: frozenset[When]) -> bool:
    """``standing``: what holds of this person (or of the group figures) now; ``When.ALWAYS`` always does."""
    needed = WALLS[thing].get(viewer)
    return needed is not None and (needed is When.ALWAYS or needed in standing)
