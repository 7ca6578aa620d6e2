"""``azukari demo``: the main job on a synthetic ward, ending in var/demo/summary.json and in the screens."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, demo_screens
from .demo_screens import ACCOUNTS
from .serve import refuse_taken_port

if TYPE_CHECKING:
    from azukari.programmes.demo_stage import Stage


STAFF, LEAST_STAFF = 3_500, 20
MARKER = "wish.json"
"""Which demo this folder holds; written when its database is ready."""


@click.command(
    help="架空の区で、受診券の年次処理と職員のストレスチェックを、名簿の取込みから消去証明書まで通しで行います。"
    "途中で止めても続きから進みます。"
)
@click.option("--residents", type=click.IntRange(min=1), default=20_000, show_default=True, help="住民の数")
@click.option("--staff", type=click.IntRange(min=20), help="職員の数（省くと 3500。住民がそれより少なければ住民の数）")
@click.option("--year", type=click.IntRange(2025, 2100), default=2025, show_default=True, help="年度（西暦）")
@click.option("--seed", type=int, default=1, show_default=True, help="乱数の種")
@click.option("--no-serve", is_flag=True, help="終わっても画面を起動しない")
@click.option("--keep", is_flag=True, help="前のデモの続きから（省くと、新しく始める）")
@click.option("--port", type=click.IntRange(1, 65_000), default=8000, show_default=True, metavar="番号",
              help="最初の画面（区）の番号。ほかの画面は続きの番号")  # fmt: skip
def demo(residents: int, staff: int | None, year: int, seed: int, no_serve: bool, keep: bool, port: int) -> None:
    started = time.monotonic()
    if not no_serve:  # now, not after all the work
        for surface, number in demo_screens.doors(port).items():
            refuse_taken_port(surface, demo_screens.HOST, number)
    asked = staff or max(min(STAFF, residents), LEAST_STAFF)
    wish = {"residents": residents, "staff": asked, "year": year, "seed": seed}
    folder, anew = _state(wish, keep, no_serve)
    base.ready()
    base.refuse_to_start()
    from django.core.management import call_command

    from azukari.parties.models import Handler
    from azukari.programmes.demo_stage import write_whole
    from azukari.programmes.screening.demo_run import Demo
    from azukari.programmes.stress_check.demo_run import StressCheck

    call_command("migrate", verbosity=0, interactive=False)
    if anew and Handler.objects.exists():
        raise click.ClickException("このデータベースには記録があります。デモには空のデータベースを指定してください。")
    if anew:  # only now: a database that is half made is not gone on with
        write_whole(folder / MARKER, json.dumps(wish).encode())
    play = Demo(residents=residents, year=year, seed=seed, folder=folder)
    check = StressCheck(count=asked, year=year, seed=seed, folder=folder)
    if no_serve or not (folder / "summary.json").exists():  # the screens go on from a year that is over
        _play_all(list(play.stages(beside=check.stages())))
        summary = play.summary(beside={"stress_check": check.summary()})
        summary["seconds"] = round(time.monotonic() - started, 1)
        write_whole(folder / "summary.json", (json.dumps(summary, ensure_ascii=False, indent=2) + "\n").encode())
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    click.echo(f"PDF と要約: {folder}")
    if not no_serve:
        raise SystemExit(demo_screens.show_screens(play, check, port=port, play_all=_play_all))


def _play_all(stages: Sequence[Stage]) -> None:
    for n, stage in enumerate(stages, 1):
        if stage.done():
            click.echo(f"[{n:2}/{len(stages)}] {stage.name}（済）")
            continue
        _play(n, len(stages), stage)


def _play(n: int, count: int, stage: Stage) -> None:
    label = f"[{n:2}/{count}] {stage.name}"
    began = time.monotonic()
    with click.progressbar(length=1, label=label, show_eta=False) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        stage.do(tell)
        bar.update((bar.length or 1) - bar.pos)
    if not stage.done():
        raise click.ClickException(f"「{stage.name}」が終わっていません。")
    click.echo(f"         {time.monotonic() - began:.1f}秒")


def _state(wish: Mapping[str, int], keep: bool, no_serve: bool) -> tuple[Path, bool]:
    """The demo's own folder, apart from any real state, and whether it starts anew.

    What an interrupted demo left is gone on with; another size, year or seed, or a finished demo, starts anew.
    """
    folder = Path(os.environ.get("AZUKARI_VAR", "var")).resolve() / "demo"
    finished = (folder / "summary.json").exists() and (no_serve or (folder / ACCOUNTS).exists())
    anew = not (_wished(folder) == wish and (keep or not finished))
    if anew and folder.exists():
        (folder / MARKER).unlink(missing_ok=True)  # first: what is half cleared away is not gone on with either
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["AZUKARI_VAR"] = str(folder / "state")
    return folder, anew


def _wished(folder: Path) -> object:
    try:
        return json.loads((folder / MARKER).read_text())
    except (OSError, ValueError):
        return None
