"""One officer's process: takes a JSON command per line, acts at the told moment, answers with a JSON line."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(var: Path) -> None:
    os.environ["AZUKARI_VAR"] = str(var / "state")
    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.settings"
    import django

    django.setup()
    from azukari.programmes.screening.demo_run import Demo

    ward = Demo(residents=90, year=2025, seed=3, folder=var)
    for line in sys.stdin:
        wish = json.loads(line)
        act = ACTS[wish["act"]]
        while time.monotonic() < wish.get("at", 0):
            pass
        try:
            told = act(ward, **wish.get("with", {}))
            answer = {"done": True, "told": told}
        except Exception as refusal:
            answer = {"done": False, "refusal": type(refusal).__name__, "told": str(refusal)}
        print(json.dumps(answer, ensure_ascii=False, default=str), flush=True)  # noqa: T201 - this is its answer


def make_ready(ward: Any) -> None:
    from azukari.parties.models import Handler

    play(ward, "受診歴の取込み")
    second = Handler.objects.get(key="W002")
    Handler.objects.create(
        key="W003",
        name="区職員 寅野",
        organisation=second.organisation,
        role=second.role,
        reported_on=second.reported_on,
    )


def play(ward: Any, name: str) -> None:
    for stage in ward.stages():
        if not stage.done():
            stage.do(lambda done, total: None)
        if stage.name == name:
            return


def open_run(ward: Any, by: str) -> None:
    from azukari.programmes.screening.steps import assess

    assess.open_run(fiscal_year=2025, by=ward.who(by), now=ward.at(4, 2))


def confirm(ward: Any, by: str) -> None:
    from azukari.programmes.screening.steps import assess

    assess.confirm_difference(run=ward.run, by=ward.who(by), now=ward.at(4, 2, 11))


def number(ward: Any, by: str) -> None:
    from azukari.programmes.screening.steps import assess

    assess.assign_numbers(run=ward.run, by=ward.who(by), now=ward.at(4, 2, 13))


def prepare(ward: Any, by: str) -> None:
    from azukari.programmes.screening.steps import mailing

    mailing.hand_over(run=ward.run, printer=ward.organisation("toppan-edge"), by=ward.who(by), now=ward.at(4, 3, 9))


def release(ward: Any, by: str) -> None:
    from azukari.custody import handovers

    handovers.release(handover=ward.handover("①"), by=ward.who(by), now=ward.at(4, 3, 11))


def holdings(ward: Any) -> dict[str, Any]:
    """What the database holds after all of it."""
    from azukari.custody.models import Handover, Obligation, RegisterEntry
    from azukari.programmes.screening.models import Assessment, Run, Sheet, Voucher
    from azukari.witness import checkpoint, keys
    from azukari.witness.audit import verify
    from azukari.witness.models import Entry

    checkpoint.checkpoint()
    return {
        "runs": list(Run.objects.values_list("started_by__key", "confirmed_by__key", "state")),
        "assessments": Assessment.objects.count(),
        "numbers": list(Voucher.objects.order_by("voucher_number").values_list("voucher_number", flat=True)),
        "sequences": list(Sheet.objects.order_by("sequence").values_list("sequence", flat=True)),
        "handovers": list(Handover.objects.values_list("number", "state", "released_by__key")),
        "register": list(RegisterEntry.objects.values_list("act", flat=True)),
        "owed": Obligation.objects.count(),
        "acts": list(Entry.objects.order_by("seq").values_list("act", "purpose", "actor")),
        "problems": [str(problem) for problem in verify(keys.verifier()).problems],
    }


ACTS: dict[str, Callable[..., Any]] = {
    "make ready": make_ready, "play": play, "open": open_run, "confirm": confirm, "number": number,
    "prepare": prepare, "release": release, "holdings": holdings,
}  # fmt: skip

if __name__ == "__main__":
    main(Path(sys.argv[1]))
