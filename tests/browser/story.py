"""Who takes part in the yearly run, when it is, and the handovers by their number in the board's picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from .person import Person, World

TOKYO = ZoneInfo("Asia/Tokyo")
SENDER = {"office": "健康部 健康づくり課", "telephone": "03-0000-0000"}
RUN = "/screening/2025/"


def at(month: int, day: int, hour: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=TOKYO)


class Story:
    """Who takes part, and the handovers by their step."""

    def __init__(self, world: World, meet: Callable[[str], Person]) -> None:
        self.world, self.meet = world, meet
        self.number: dict[str, str] = {}
        self.officer, self.other = meet("W001"), meet("W002")
        self.privacy, self.auditor = meet("W101"), meet("W901")
        self.printer, self.printers_head = meet("E001"), meet("E901")
        self.encloser, self.enclosers_head = meet("C001"), meet("C901")

    def day(self, *when: int, **more: int) -> None:
        self.world.set_clock(at(*when, **more))


def newest(person: Person, beginning: str) -> str:
    found = re.search(re.escape(beginning) + r"([^/]+)/", person.page.url)
    assert found, person.page.url
    return found[1]
