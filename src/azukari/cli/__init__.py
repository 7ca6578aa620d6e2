"""The command line ``azukari``: everything that a screen does, for people at a terminal. Japanese; the clock is read here."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
