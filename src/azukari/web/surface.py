"""The surfaces: who enters by which door. One process serves one of them (settings.SURFACE)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from azukari.parties.models import Organisation

Type = Organisation.Type


@dataclass(frozen=True)
class Surface:
    """``organisations``: whose handlers sign in here. ``roomy``: used once a week, not all day."""

    key: str
    name: str
    organisations: frozenset[str]
    roomy: bool


SURFACES = {
    surface.key: surface
    for surface in (
        Surface("ward", "区", frozenset({Type.WARD}), roomy=False),
        Surface("partner", "委託先", frozenset({Type.COMPANY, Type.INSTITUTION}), roomy=True),
        Surface("resident", "住民", frozenset(), roomy=True),
        Surface("employee", "職員", frozenset(), roomy=True),
    )
}


def current() -> Surface:
    return SURFACES[settings.SURFACE]
