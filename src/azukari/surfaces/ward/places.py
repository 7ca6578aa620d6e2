"""Where on the ward's surface the core's todos are done: one table."""

from __future__ import annotations

from azukari.surfaces.waiting import Places

PLACES: Places = {
    "seal": ("handover_seal", "handover"),
    "release": ("handover_release", "handover"),
    "deliver": ("handover_deliver", "handover"),
    "password": ("handover_password", "handover"),
    "acknowledge": ("handover_acknowledge", "handover"),
    "overdue": ("handover", "handover"),
    "confirm_certificate": ("certificate_confirm", "handover"),
    "settle": ("discrepancy_settle", "reference"),
    "review": ("roster", "reference"),
    "commit": ("roster", "reference"),
    "approve_protected": ("protected_release", "reference"),
    "approve_dossier": ("dossier", "programme"),
    "rule": ("dossier_rule", "programme", "reference"),
    "rule_again": ("dossier_rule", "programme", "reference"),
    "renew": ("dossier", "programme"),
    "close_year": ("closing", "programme", "reference"),
}
