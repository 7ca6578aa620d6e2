"""The command line ``azukari``: everything that a screen does, in Japanese; the clock is read here."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
