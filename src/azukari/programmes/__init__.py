"""The ward's programmes. One with no code of its own is a programme too: its dossier is all the core needs."""

from __future__ import annotations

PROGRAMMES = ("screening", "stress_check", "maternity_benefit", "checkup", "health_points")
WITH_CODE = ("screening",)
"""Programmes that have rules, records and steps of their own."""
