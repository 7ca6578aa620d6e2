"""Which pages there are. Import it after Django is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from azukari.programmes import PROGRAMMES

from . import commands, environment, papers, states

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "reference/settings.md": environment.settings_page,
        "reference/commands.md": commands.commands_page,
        "reference/items.md": papers.items_page,
        "reference/findings.md": papers.findings_page,
        "reference/dossier-schema.md": papers.schema_page,
        "reference/states.md": states.states_page,
        "reference/roles.md": states.roles_page,
        **{f"pictures/flow-{name}.svg": papers.picture_of(name) for name in PROGRAMMES},
    }
)
"""Path below ``docs`` -> what makes the page."""
