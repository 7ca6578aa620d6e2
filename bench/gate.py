"""Bench `gate`: disclosing 10,000 residents through the gate with its log entry, against the bare query for the rows.

Both read the same eight columns of the same rows of a SQLite file and keep them in memory. The gate decides each
item by the approved dossier, reads, and writes a log entry with 10,000 subject references, in one transaction.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

PERSONS = 10_000
TURNS = 15
FIELDS = ("name", "postal_code", "address", "birth", "sex", "phone", "insurance_symbol_number", "welfare")


def run() -> dict[str, Any]:
    """Measured in a process of its own, with its own state folder."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "AZUKARI_VAR": folder, "AZUKARI_DATABASE_URL": f"sqlite://{folder}/bench.sqlite3"}
        done = subprocess.run(
            [sys.executable, "-m", "bench.gate"], env=environment, capture_output=True, text=True, check=True
        )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measure() -> dict[str, Any]:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.settings"
    django.setup()
    from pathlib import Path

    from django.core.management import call_command

    from azukari.dossier.schema import Direction
    from azukari.parties.acting import acting
    from azukari.people import acts
    from azukari.people.guard import DeliveryNote
    from azukari.people.models import Resident
    from azukari.programmes.screening.demo import make_ward, write_roster
    from azukari.programmes.screening.demo_run import Demo

    call_command("migrate", verbosity=0)
    folder = Path(os.environ["AZUKARI_VAR"])
    demo = Demo(residents=PERSONS, year=2025, seed=1, folder=folder)
    for stage in (demo.register_people, demo.dossier.approve, demo.rule, demo.appoint):
        stage(lambda _done, _total: None)
    files = write_roster(make_ward(PERSONS, 2025, 1), folder / "input")
    officer, now = demo.who("W001"), demo.at(4, 1)
    staged = acts.read_roster(
        path=files.roster, kind="residents", stated_on=now.date().replace(month=3),
        delivery_note=DeliveryNote.from_file(files.note), by=officer, now=now,
    )  # fmt: skip
    acts.review_roster(changeset=staged, by=officer, now=now)
    acts.commit_roster(changeset=staged, by=officer, now=now)

    from azukari.custody import gate

    def bare() -> int:
        return len(list(Resident.objects.order_by("pk").values_list(*FIELDS)))

    def disclosed() -> int:
        with acting(by=officer, act="data.read", now=now, programme="screening") as record:
            rows = gate.read(
                record=record, by=officer, records=Resident.objects.order_by("pk"), fields=FIELDS, purpose="計測",
                direction=Direction.PROVIDED,
            )  # fmt: skip
        return len(rows)

    times: dict[str, list[float]] = {"bare": [], "gate": []}
    for turn in range(TURNS + 2):  # two turns to warm up
        for name, act in (("bare", bare), ("gate", disclosed)):
            began = time.perf_counter()
            assert act() == PERSONS
            if turn >= 2:
                times[name].append(time.perf_counter() - began)
    bare_s, gate_s = statistics.median(times["bare"]), statistics.median(times["gate"])
    return {
        "figures": {"persons": PERSONS, "bare_ms": bare_s * 1000, "gate_ms": gate_s * 1000},
        "ratios": {"vs_bare_query": gate_s / bare_s},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure()) + "\n")
