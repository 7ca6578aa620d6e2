"""Rosters: upload, review, commit."""
