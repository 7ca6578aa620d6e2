"""Makes the ward that the browser tests play in: the database, people with accounts, a roster on disk.

``python -m tests.browser.ward FOLDER`` prints the accounts as JSON on its last line.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

RESIDENTS, YEAR, SEED = 120, 2025, 7


def main(folder: Path) -> dict[str, dict[str, str]]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from azukari.programmes.screening.demo_run import HANDLERS, Demo

    play = Demo(residents=RESIDENTS, year=YEAR, seed=SEED, folder=folder)
    play.register_people(lambda done, total: None)
    assert play.ward_files.roster.exists()
    now = datetime(YEAR, 3, 3, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    return {key: {**open_for(key, now), "surface": "ward" if key.startswith("W") else "partner"} for key, *_ in HANDLERS}


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
