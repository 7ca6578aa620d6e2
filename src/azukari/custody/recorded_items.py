"""Law 2: every personal field of every model names its item, and a programme records no item its dossier does not list.

A model declares ``items`` (field -> item, or items it is worked out from) and ``neutral`` (fields that say nothing
about a person, or "*" for a model that has no personal field). Only the floors in :data:`CORE` need not: they keep
papers, parties and books, persons in them are pseudonymous references, and what is keyed from paper lies sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db.models import Model

from azukari.dossier.reader import DossierErrors, read_dossier
from azukari.dossier.schema import Direction, Dossier, Kind
from azukari.vocabulary.items import ITEMS

PROGRAMMES = "azukari.programmes."
CORE = ("azukari.dossier", "azukari.witness", "azukari.parties", "azukari.custody", "azukari.keying")


def recordable_items(dossier: Dossier) -> frozenset[str]:
    """Items that the programme's system may keep.

    Where the paper has automated-processing sheets, exactly what these (and the interconnections) record. Where it has
    none, the ward keeps what it provides and what is collected or worked on for it. What a reader noted as a gap to be
    recorded has its field as well: nothing is written to it before the gate finds a ruling (law 10).
    """
    noted = frozenset(
        item for note in dossier.notes for gap in note.gap if Direction.RECORDED in gap.directions for item in gap.items
    )
    return noted | _listed(dossier)


def _listed(dossier: Dossier) -> frozenset[str]:
    recording = [c for c in dossier.clauses if c.kind == Kind.AUTOMATED_PROCESSING]
    if recording:
        return frozenset(item for c in dossier.clauses for item in c.recorded)
    return frozenset(
        item for c in dossier.clauses for part in (c.provided, c.collected, c.handled, c.recorded) for item in part
    )


def declared(model: type[Model]) -> Mapping[str, tuple[str, ...]] | None:
    """Field -> items as the model declares them; None where it declares nothing."""
    if not hasattr(model, "neutral") and not hasattr(model, "items"):
        return None
    stated = getattr(model, "items", {})
    return {field: (items,) if isinstance(items, str) else tuple(items) for field, items in stated.items()}


def problems_of(model: type[Model], recordable: frozenset[str] | None) -> Iterator[str]:
    """What is wrong with one model; ``recordable`` None: the model belongs to no programme."""
    label = f"{model._meta.label}"
    stated = declared(model)
    if stated is None:
        yield f"{label} に items も neutral もありません。個人情報の項目を欄ごとに書いてください。"
        return
    neutral: frozenset[str] | str = getattr(model, "neutral", frozenset())
    names = {field.name for field in model._meta.concrete_fields}
    if neutral == "*":
        if stated:
            yield f"{label} は neutral が「*」ですが、items もあります。どちらか一方にしてください。"
        return
    for name in sorted(names - set(neutral) - set(stated)):
        yield f"{label}.{name} に情報項目の指定がありません。items か neutral に書いてください。"
    for name in sorted((set(neutral) | set(stated)) - names):
        yield f"{label} に {name} という欄はありません。items と neutral を直してください。"
    for name in sorted(set(neutral) & set(stated)):
        yield f"{label}.{name} が items と neutral の両方にあります。"
    yield from _problems_of_items(label, stated, recordable)


def _problems_of_items(
    label: str, stated: Mapping[str, tuple[str, ...]], recordable: frozenset[str] | None
) -> Iterator[str]:
    for name, items in sorted(stated.items()):
        for item in items:
            if item not in ITEMS:
                yield f"{label}.{name} の項目「{item}」は項目一覧（items.toml）にありません。"
            elif recordable is not None and item not in recordable:
                yield f"{label}.{name} の項目「{ITEMS[item].name}」は、付議書が記録を認めていません。"


def _told(errors: Exception, path: Path) -> str:
    missing = f"事業の付議書 {path} がありません。AZUKARI_PROGRAMMES の場所を確かめてください。"
    return missing if isinstance(errors, FileNotFoundError) else str(errors)


@register("azukari")
def check_recorded_items(**_: object) -> list[CheckMessage]:
    """The program does not start with a field that no paper covers."""
    found: list[CheckMessage] = []
    for config in apps.get_app_configs():
        if not config.name.startswith("azukari.") or config.name in CORE:
            continue
        recordable = None
        if config.name.startswith(PROGRAMMES):
            path = Path(settings.AZUKARI_PROGRAMMES) / config.label / "dossier.toml"
            try:
                recordable = recordable_items(read_dossier(path))
            except (DossierErrors, FileNotFoundError) as errors:
                found.append(Error(_told(errors, path), id="azukari.E001"))
                continue
        for model in config.get_models():
            found += [Error(problem, id="azukari.E002") for problem in problems_of(model, recordable)]
    return found
