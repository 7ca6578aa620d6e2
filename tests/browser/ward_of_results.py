"""Makes the ward of the story of results: vouchers posted, windows open, a keyed delivery waiting to be taken in.

``python -m tests.browser.ward_of_results FOLDER`` prints the accounts as JSON on its last line; ``… FOLDER told`` what
stands on the papers that people have in their hands: vouchers and residents' numbers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

RESIDENTS, YEAR, SEED = 100, 2025, 7
KEYED = "結果票の二重入力"
"""The last stage of the demo that is played beforehand; its delivery is acknowledged and not taken in."""
AT_THE_CLINIC = 2
"""Visitors whom the story itself meets at the clinic's window."""


@contextmanager
def _no_printing() -> Iterator[None]:
    """The vouchers are not the matter here: sheets are counted, not drawn."""
    from azukari.programmes.screening.steps import individual, mailing
    from tests.integration.run.ward import Press

    with patch.object(mailing, "render_batches", Press()), patch.object(individual, "render_batches", Press()):
        yield


def _silent(done: int, total: int) -> None:
    """Nobody waits for a bar."""


def _play(folder: Path) -> Any:
    from azukari.programmes.screening.demo_run import Demo

    play = Demo(residents=RESIDENTS, year=YEAR, seed=SEED, folder=folder)
    results = play.results
    with _no_printing():
        for stage in play.stages():
            if stage.name == "窓口での受診と検体検査":
                everybody = results.visitors
                results.visitors = everybody[AT_THE_CLINIC:]
                stage.do(_silent)
                results.visitors = everybody
                continue
            if stage.name == "受診者名簿の提供":
                results.sheets = _with_some_that_need_an_officer(results.sheets)
            stage.do(_silent)
            if stage.name == KEYED:
                break
    return play


def _with_some_that_need_an_officer(sheets: Any) -> Any:
    """One sheet bears another person's birth date, two say that further tests are needed; tests by name, as on paper."""
    import polars as pl

    from azukari.programmes.screening.reasons import TESTS
    from azukari.programmes.screening.steps.result_rows import test_name

    stool = sheets.filter(pl.col("test") == "colorectal")["number"]
    other = sheets.filter(pl.col("test") != "colorectal")["number"]
    return sheets.with_columns(
        birth=pl.when(pl.col("number") == other[0]).then(pl.lit("昭和31年2月3日")).otherwise("birth"),
        raw=pl.when(pl.col("number").is_in(stool[:2].implode())).then(pl.lit("+")).otherwise("raw"),
        test=pl.col("test").replace_strict({test: test_name(test, YEAR) for test in TESTS}, default=pl.col("test")),
    )


def _deliver(play: Any) -> None:
    """⑬ The association's sheets, keyed, arrive at the ward; what is in them nobody has looked at."""
    from azukari.programmes.screening.steps import paper

    results = play.results
    handover = paper.deliver(
        batch=results.batch, ward=play.organisation("ward"), by=play.who("D001"), now=play.at(10, 20)
    )
    results._pass(handover, sealer="D001", releaser="D901", taker="W001", month=10, day=20)


def main(folder: Path) -> dict[str, dict[str, str]]:
    import django

    django.setup()
    from azukari.cli.demo_screens import _open_account, _password
    from azukari.parties.models import Handler

    play = _play(folder)
    _deliver(play)
    accounts = {}
    for handler in Handler.objects.order_by("key"):
        by = play.who("W002" if handler.key == "W101" else "W101")
        _open_account(handler, by=by, now=play.at(10, 21, 8))
        surface = "ward" if handler.key.startswith("W") else "partner"
        accounts[handler.key] = {"password": _password(handler), "surface": surface}
    return accounts


def told(folder: Path) -> dict[str, Any]:
    """``vouchers``: who comes to the clinic; ``deliveries``: what is on the slip of each, newest last."""
    from azukari.custody.models import Handover
    from azukari.programmes.screening.demo_run import Demo

    play = Demo(residents=RESIDENTS, year=YEAR, seed=SEED, folder=folder)
    coming = play.results.visitors[:AT_THE_CLINIC]
    return {
        "vouchers": [
            {
                "number": voucher.voucher_number,
                "birth": voucher.person.birth,
                "name": voucher.person.name or voucher.person.alias_name or voucher.person.latin_name,
                "address": voucher.person.address,
                "resident": voucher.person.number,
            }
            for voucher in coming
        ],
        "deliveries": list(Handover.objects.filter(step="⑬").order_by("pk").values("number", "rows", "digest")),
    }


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    if len(sys.argv) == 2:
        said: object = main(Path(sys.argv[1]))
    else:
        import django

        django.setup()
        said = told(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
