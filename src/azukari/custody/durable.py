"""Files that are there whole and on disk, or not at all: after a crash nothing has to be guessed."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from azukari.custody.package_errors import AlreadyWritten, DiskFull


def write_once(path: Path, content: bytes) -> None:
    """Write a new file (mode 0600) so that it is there whole, on disk, or not at all.

    Raises AlreadyWritten when the name is taken, DiskFull when there is no room (nothing is left behind then).
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError as error:
        raise AlreadyWritten(path.name) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull() from error
        raise
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
