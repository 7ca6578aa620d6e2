"""Faults in the server's log: what kind and where in the program, never a value.

A traceback's last line, an exception's message and a log call's arguments carry names and numbers of people. So what is
written is the exception's type, the places it passed, and a short reference number that the error page shows too.
"""

from __future__ import annotations

import logging
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another one, on paper or on the telephone
_MOST_CHAINED = 5
_MOST_PLACES = 40
_SPEAK_FREELY = ("azukari", "_granian", "django_tasks", "django_tasks_db", "whitenoise")
"""Loggers whose messages hold no personal data: ours, process numbers, task numbers, paths of static files."""

logger = logging.getLogger("azukari.web")


def reference_number() -> str:
    """Eight characters to tell on the telephone, e.g. ``7KQM-2XHD``."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def write_down(reference: str, status: int, exception: BaseException | None) -> None:
    """One entry: the page's reference number, its status, and what was raised where (all places only for faults)."""
    lines = [] if exception is None else list(told(exception))
    if status < 500:  # foreseen: what it was and where it came from will do
        lines = [*lines[:1], *lines[1:][-1:]]
    logger.log(logging.ERROR if status >= 500 else logging.INFO, "%s", "\n".join([f"{reference} {status}", *lines]))


def told(exception: BaseException) -> Iterator[str]:
    """Type and places of an exception and of those that led to it; no message, no argument, no line of data."""
    seen: set[int] = set()
    current: BaseException | None = exception
    while current is not None and id(current) not in seen and len(seen) < _MOST_CHAINED:
        seen.add(id(current))
        kind = type(current)
        yield f"{'because of ' if len(seen) > 1 else ''}{kind.__module__}.{kind.__qualname__}"
        yield from _places(current.__traceback__)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in list(traceback.walk_tb(trace))[-_MOST_PLACES:]:
        yield f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"


class WithoutValues(logging.Formatter):
    """Writes what our own loggers say, and of others' entries the fixed part alone."""

    def format(self, record: logging.LogRecord) -> str:
        free = record.name.split(".")[0] in _SPEAK_FREELY
        message = record.getMessage() if free else str(record.msg) if record.args else f"({record.name})"
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {message}"
        raised = record.exc_info[1] if record.exc_info else None
        return "\n".join([line, *told(raised)]) if raised is not None else line


def speak_without_values() -> None:
    """What nobody catches (an answer that breaks off half-way, a thread) is written the same way in this process."""

    def write(_kind: type[BaseException], raised: BaseException, _trace: TracebackType | None) -> None:
        logger.error("%s", "\n".join(told(raised)))

    def write_of_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            logger.error("%s", "\n".join(told(arguments.exc_value)))

    def write_of_object(arguments: sys.UnraisableHookArgs) -> None:
        if arguments.exc_value is not None:
            logger.error("%s", "\n".join(told(arguments.exc_value)))

    sys.excepthook = write
    threading.excepthook = write_of_thread
    sys.unraisablehook = write_of_object
