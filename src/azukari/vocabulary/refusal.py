"""The one thing that every refusal of the program is, whichever floor it comes from."""

from __future__ import annotations


class Refusal(Exception):
    """Raised on purpose. ``str()`` is Japanese and says what happened, to what, and what to do; nothing was changed."""


class Changed(Refusal):
    """The thing is no longer in the state that the act needs: as a rule, somebody else was faster."""
