"""Dossiers, parties, refusals, access log."""
