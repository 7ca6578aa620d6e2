"""The one thing that every refusal of the program is, whichever floor it comes from."""

from __future__ import annotations


class Refusal(Exception):
    """Raised on purpose. ``str()`` is Japanese and says what happened, to what, and what to do; nothing was changed."""
