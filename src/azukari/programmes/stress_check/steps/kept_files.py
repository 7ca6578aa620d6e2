"""What was printed or written with fresh codes in it: kept sealed for the one who made it, for a day, and then gone.

The codes are nowhere else. So the file lies in the working folder of the staff list, sealed with that handover's key
(erasing the handover takes both), only who had it made can take it, each taking is logged, and what nobody took within
``KEPT_FOR`` is removed the next time that anybody of the round looks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from azukari.custody import gate
from azukari.custody.working import working_folder
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import Round
from .state import PROGRAMME, WORKERS, require_duty

KEPT_FOR = timedelta(hours=24)
SLIPS, LINKS, FORMS = "slips", "links", "forms"
TYPES = {SLIPS: "pdf", LINKS: "csv", FORMS: "pdf"}
"""What can be kept → what kind of file it is."""
_MOMENT = "%Y%m%dT%H%M%S"
_GONE = "このファイルはもうありません（作成した本人だけが、24時間以内に受け取れます）。もう一度作成してください。"


@dataclass(frozen=True)
class Kept:
    """One file that waits: ``token`` names it in addresses, ``people`` is how many it is about."""

    path: Path
    made_at: datetime
    kind: str
    people: int
    maker: int
    token: str

    @property
    def until(self) -> datetime:
        return self.made_at + KEPT_FOR

    @property
    def part(self) -> int:
        return int(self.token, 16)


def keep(*, round_: Round, kind: str, content: bytes, people: int, by: Handler, now: datetime) -> Kept:
    """Put a file away, inside the act that made it."""
    made_at = now.astimezone(UTC).replace(microsecond=0)
    token = secrets.token_hex(8)
    folder = _folder(round_)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{made_at.strftime(_MOMENT)}-{kind}-{people}-{by.pk}-{token}.sealed"
    made = Kept(path, made_at, kind, people, by.pk, token)
    draft = path.with_suffix(".part")
    draft.write_bytes(gate.seal_work(round_.staff, {made.part: content})[made.part])
    draft.replace(path)
    return made


def waiting(*, round_: Round, by: Handler, now: datetime) -> list[Kept]:
    """What this person can take now, the newest first. What is too old, of whomever, is removed."""
    found = []
    for one in _all(round_):
        if now >= one.until:
            one.path.unlink(missing_ok=True)
        elif one.maker == by.pk:
            found.append(one)
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def take(*, round_: Round, token: str, by: Handler, now: datetime) -> tuple[Kept, bytes]:
    """The file, for who had it made. Logged each time. Raises NotPermitted where there is none (any more)."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        one = _of(round_, token, by, now)
        record(
            purpose="案内・調査票のファイルの取出し", items=["name", "affiliation"], kind=one.kind, people=one.people
        )
        content = gate.open_work(round_.staff, {one.part: one.path.read_bytes()})
        return one, content[one.part]


def discard(*, round_: Round, token: str, by: Handler, now: datetime) -> None:
    """Remove the file before its time: it was printed, or is not needed."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        one = _of(round_, token, by, now)
        one.path.unlink(missing_ok=True)
        record(purpose="案内・調査票のファイルの消去", kind=one.kind, people=one.people)


def _of(round_: Round, token: str, by: Handler, now: datetime) -> Kept:
    require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
    found = next((one for one in waiting(round_=round_, by=by, now=now) if one.token == token), None)
    if found is None:
        raise NotPermitted(_GONE)
    return found


def _folder(round_: Round) -> Path:
    return working_folder(round_.staff) / "codes"


def _all(round_: Round) -> Iterator[Kept]:
    for path in _folder(round_).glob("*.sealed"):
        with suppress(ValueError):  # a file that somebody else put there
            moment, kind, people, maker, token = path.stem.split("-")
            made_at = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
            yield Kept(path, made_at, kind, int(people), int(maker), token)
