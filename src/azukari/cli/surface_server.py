"""One surface behind Granian: a process of its own, started by ``azukari serve`` and ending with it.

    python -m azukari.cli.surface_server SURFACE HOST PORT WORKERS THREADS CERTIFICATE KEY PARENT

Granian starts one or more worker processes that load Django; this one only watches them, and ends when one dies.
No access log is written: an address and its query say who looked for whom.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server import Server

_LET_FINISH = 20
"""Seconds that a request under way has when the server is told to stop."""

WITHOUT_VAULT = ("ward", "resident")
"""Surfaces whose processes can open no record that the employer may not read (``AZUKARI_VAULT``)."""

_TURN = 0.001
"""Seconds after which a thread lets another one run that waits. Python's 5 ms are long for one that holds the
database's write lock: it waits so after each of its statements, and all who want to write wait with it."""

_LOG = {
    "formatters": {"without_values": {"()": "azukari.web.faults.WithoutValues"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "without_values"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}


def end_with(parent: int) -> None:
    """Be told to stop when the process that started this one is gone, even if it was killed (Linux)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)


class BrokenOff(RuntimeError):
    """In place of what was raised while an answer was being sent: Granian writes an exception out with its message."""


class Guarded:
    """An answer on its way out. What breaks it off is written down without values."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.answer
        except Exception as exception:
            from azukari.web import faults

            reference = faults.reference_number()
            faults.write_down(reference, 500, exception)
            raise BrokenOff(reference) from None

    def close(self) -> None:
        self.answer.close()


def load(parent: int) -> Any:
    """The WSGI application, loaded in the worker process."""
    end_with(parent)
    from azukari.web.faults import speak_without_values
    from azukari.web.wsgi import application

    speak_without_values()
    _settle()

    def guarded(environ: dict[str, Any], start_response: Any) -> Guarded:
        return Guarded(application(environ, start_response))

    return guarded


def _settle() -> None:
    """Load every page now, and leave what is loaded out of each later search for garbage, which stops all threads."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 - reading it loads the views
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_TURN)


def main(
    surface: str, host: str, port: str, workers: str, threads: str, certificate: str, key: str, parent: str
) -> None:
    end_with(int(parent))
    os.environ["AZUKARI_SURFACE"] = surface
    if surface in WITHOUT_VAULT:
        os.environ["AZUKARI_VAULT"] = "off"
    server = Server(
        "azukari.web.wsgi:application",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=int(threads),
        http=HTTPModes.http1 if not certificate else HTTPModes.auto,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_LOG,
        log_access=False,
        ssl_cert=Path(certificate) if certificate else None,
        ssl_key=Path(key) if key else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=False,
        workers_kill_timeout=_LET_FINISH,
    )
    server.serve(target_loader=partial(load, os.getpid()), wrap_loader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
