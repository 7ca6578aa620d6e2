"""Makes the ward of the story of the stress check: the staff list handed over, the site set up, nobody invited yet.

``python -m tests.browser.ward_of_check FOLDER`` prints the accounts as JSON on its last line; ``… FOLDER codes`` what
stands on the slips of two of the staff; ``… answers`` lets most of the others answer on the web; ``… delivered`` and
``… handler``: what is on the slip of the delivery, and how a form names W002.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

STAFF, YEAR, SEED = 60, 2025, 7
SET_UP = "③ 対象者データの取込み"
"""The last stage of the demo that is played beforehand."""
OF_THE_STAFF = ("EMPLOYEE1", "EMPLOYEE2")


def _silent(done: int, total: int) -> None:
    """Nobody waits for a bar."""


def _check(folder: Path) -> Any:
    from azukari.programmes.stress_check.demo_run import StressCheck

    return StressCheck(count=STAFF, year=YEAR, seed=SEED, folder=folder)


def main(folder: Path) -> dict[str, dict[str, str]]:
    import django

    django.setup()
    from azukari.cli.demo_screens import _open_account, _password
    from azukari.parties.models import Handler

    check = _check(folder)
    for stage in check.stages():
        stage.do(_silent)
        if stage.name == SET_UP:
            break
    accounts = {key: {"surface": "employee"} for key in OF_THE_STAFF}
    for handler in Handler.objects.order_by("key"):
        by = check.who("W002" if handler.key == "W101" else "W101")
        _open_account(handler, by=by, now=check.at(5, 13, 8))
        surface = "ward" if handler.key.startswith("W") else "partner"
        accounts[handler.key] = {"password": _password(handler), "surface": surface}
    return accounts


def codes(folder: Path) -> list[dict[str, str]]:
    """A fresh code for each of two of the staff who answer on the web, with what they know of themselves."""
    from azukari.programmes.stress_check.models import Invitation, Respondent
    from azukari.programmes.stress_check.steps import invitations

    check = _check(folder)
    people = Respondent.objects.filter(by_paper=False, birth_date__isnull=False, answered_at=None).order_by("pk")[:2]
    issued = invitations.issue(
        round_=check.round, respondents=list(people), kind=Invitation.Kind.SLIP, by=check.who("K001"),
        now=check.at(6, 2, 10),
    )  # fmt: skip
    return [
        {
            "code": one.code, "birth": str(one.respondent.birth_date), "number": one.respondent.employee_number,
            "name": one.respondent.name,
        }
        for one in issued
    ]  # fmt: skip


def answers(folder: Path) -> dict[str, int]:
    """Everybody but a few sends answers on the web; the first of the two is under high stress."""
    from azukari.programmes.stress_check import demo
    from azukari.programmes.stress_check.instrument import instrument
    from azukari.programmes.stress_check.models import Respondent
    from azukari.programmes.stress_check.steps import answering

    check, form = _check(folder), instrument("bjsq57")
    people = Respondent.objects.filter(by_paper=False, answered_at=None, login=None).select_related("round")
    for person in list(people)[: STAFF - 10]:
        revision = answering.save(
            person=person, answers=demo.answers_of(person.employee_number, form), revision=0, now=check.at(6, 10)
        )
        answering.send(person=person, revision=revision, now=check.at(6, 10))
    return {"answered": Respondent.objects.exclude(answered_at=None).count()}


def delivered(folder: Path) -> dict[str, Any]:
    """What is on the slip of the delivery ⑦."""
    from azukari.custody.models import Handover

    return dict(Handover.objects.filter(step="⑦").values("number", "rows", "digest").latest("pk"))


def handler(folder: Path) -> int:
    """The key by which a form names W002."""
    from azukari.parties.models import Handler

    return int(Handler.objects.get(key="W002").pk)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    place = Path(sys.argv[1])
    if len(sys.argv) == 2:
        said: object = main(place)
    else:
        import django

        django.setup()
        said = {"codes": codes, "answers": answers, "delivered": delivered, "handler": handler}[sys.argv[2]](place)
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
