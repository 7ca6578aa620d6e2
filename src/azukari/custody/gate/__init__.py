"""The gate: the only way to read for a party, to send to it, or to accept from it. Laws 1, 3, 4, 6 and 8 live here.

Only the gate may use ``custody.package`` and ``custody.keys`` (import-linter keeps it so). Every function decides by
the approved dossier in force that day, refuses whole (nothing half done), and leaves its log entry in the caller's
transaction before anything is shown.
"""

from __future__ import annotations

from .contents import (
    CONTROL_COLUMNS,
    Column,
    Content,
    content_for,
    destroy,
    erased_numbers,
    forget_people,
    keep,
    keep_bytes,
    kept_bytes,
    key_store,
    open_work,
    seal_work,
)
from .packages import (
    checkpoint,
    manifest_of,
    open_package,
    password_of,
    put,
    write_package,
    write_reply,
)
from .permission import (
    Grant,
    controller,
    decide,
    held_references,
    is_controller,
    needed_items,
    open_cases_of,
    parties_of,
    protected_references,
    require_chain,
    require_items,
    require_party,
    require_people,
    still_listed,
)
from .reading import (
    One,
    accept,
    read,
    read_held,
    show,
)

__all__ = [
    "CONTROL_COLUMNS",
    "Column",
    "Content",
    "Grant",
    "One",
    "accept",
    "checkpoint",
    "content_for",
    "controller",
    "decide",
    "destroy",
    "erased_numbers",
    "forget_people",
    "held_references",
    "is_controller",
    "keep",
    "keep_bytes",
    "kept_bytes",
    "key_store",
    "manifest_of",
    "needed_items",
    "open_cases_of",
    "open_package",
    "open_work",
    "parties_of",
    "password_of",
    "protected_references",
    "put",
    "read",
    "read_held",
    "require_chain",
    "require_items",
    "require_party",
    "require_people",
    "seal_work",
    "show",
    "still_listed",
    "write_package",
    "write_reply",
]
