"""Where on the contractors' surface the core's todos are done: one table."""

from __future__ import annotations

from azukari.surfaces.waiting import Places

PLACES: Places = {
    "seal": ("sent_seal", "handover"),
    "release": ("sent_release", "handover"),
    "deliver": ("sent_deliver", "handover"),
    "password": ("sent_password", "handover"),
    "acknowledge": ("received", "handover"),
    "clear": ("received", "handover"),
    "certify": ("received_certify", "handover"),
}
