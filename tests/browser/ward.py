"""Makes the ward that the browser tests play in: the database, people with accounts, a roster on disk.

``python -m tests.browser.ward FOLDER`` prints the accounts as JSON on its last line: who has never signed in has the
first password that was handed to them; the others' second factor is enrolled already. ``… FOLDER codes`` prints what the
encloser's machine reads from the enclosed sheets, ``… FOLDER people`` the numbers of people who got one.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

RESIDENTS, YEAR, SEED = 120, 2025, 7
NEVER_SIGNED_IN = "W003"
WARDS_OWN = "\ue000".encode("cp932")


def main(folder: Path) -> dict[str, dict[str, str]]:
    import django

    django.setup()
    from azukari.cli.demo_screens import _open_account, _password
    from azukari.parties.accounts import open_account
    from azukari.parties.models import Handler
    from azukari.programmes.screening.demo_run import HANDLERS, Demo

    play = Demo(residents=RESIDENTS, year=YEAR, seed=SEED, folder=folder)
    play.register_people(lambda done, total: None)
    write_by_the_residents_system(play.ward_files.roster)
    Handler.objects.create(
        key=NEVER_SIGNED_IN, name="区職員 新田", organisation=play.organisation("ward"), role=Handler.Role.OFFICER,
        reported_on=date(YEAR, 3, 1),
    )  # fmt: skip
    now = datetime(YEAR, 3, 3, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    accounts = {}
    for key in [*(key for key, *_ in HANDLERS), NEVER_SIGNED_IN]:
        by = play.who("W002" if key == "W101" else "W101")
        if key == NEVER_SIGNED_IN:
            password = open_account(handler=play.who(key), by=by, now=now)
        else:
            _open_account(play.who(key), by=by, now=now)
            password = _password(play.who(key))
        accounts[key] = {"password": password, "surface": "ward" if key.startswith("W") else "partner"}
    return accounts


def write_by_the_residents_system(roster: Path) -> None:
    """One person's name begins with a character of the ward's own, which no font here has; the note says so anew."""
    lines = roster.read_bytes().split(b"\r\n")
    chosen = next(n for n, line in enumerate(lines) if "佐藤　".encode("cp932") in line)
    lines[chosen] = lines[chosen].replace("佐".encode("cp932"), WARDS_OWN, 1)
    old, new = roster.read_bytes(), b"\r\n".join(lines)
    roster.write_bytes(new)
    note = roster.with_suffix(".toml")
    told = note.read_text(encoding="utf-8")
    note.write_text(told.replace(sha256(old).hexdigest(), sha256(new).hexdigest()), encoding="utf-8")


def codes() -> list[str]:
    """The codes of the living sheets in the order in which they lie."""
    from azukari.programmes.screening.models import Run
    from azukari.programmes.screening.steps.state import living

    return list(living(Run.objects.get(fiscal_year=YEAR)).order_by("sequence").values_list("code", flat=True))


def people() -> list[str]:
    """Resident numbers of people whose voucher the printer printed."""
    from azukari.programmes.screening.models import Voucher

    printed = Voucher.objects.filter(run__fiscal_year=YEAR, channel=Voucher.Channel.PRINTER)
    return list(printed.order_by("-person__number").values_list("person__number", flat=True)[:5])


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    if len(sys.argv) == 2:
        told: object = main(Path(sys.argv[1]))
    else:
        import django

        django.setup()
        told = {"codes": codes, "people": people}[sys.argv[2]]()
    sys.stdout.write(json.dumps(told) + "\n")
