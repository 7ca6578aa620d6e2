"""Run as a program: makes an open site in a folder (``make``), or tells what is saved for each person (``saved``)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

PEOPLE = 4


def make(folder: Path) -> dict[str, Any]:
    from django.utils import timezone

    from azukari.programmes.stress_check.demo_run import StressCheck

    check = StressCheck(count=30, year=2025, seed=3, folder=folder)
    issued = check.opened_with_codes(PEOPLE)
    return {
        "people": [[one.respondent.pk, one.code, str(one.respondent.birth_date)] for one in issued],
        "clock": int((check.at(6, 5) - timezone.now()).total_seconds()),
    }


def saved(_folder: Path) -> dict[str, Any]:
    from azukari.programmes.stress_check.models import Respondent
    from azukari.programmes.stress_check.steps import answering

    people = Respondent.objects.select_related("round").filter(login__isnull=False)
    return {str(person.pk): answering.draft_of(person)[0] for person in people}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    import django

    django.setup()
    sys.stdout.write(json.dumps({"make": make, "saved": saved}[sys.argv[1]](Path(sys.argv[2]))) + "\n")
