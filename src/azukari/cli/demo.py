"""``azukari demo``: the main job on a synthetic ward, with progress, ending in var/demo/summary.json."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from . import base


@click.command(help="架空の区で、名簿の取込みから消去証明書まで、受診券の年次処理を通しで行います。途中で止めても続きから進みます。")
@click.option("--residents", type=click.IntRange(min=1), default=20_000, show_default=True, help="住民の数")
@click.option("--year", type=click.IntRange(2025, 2100), default=2025, show_default=True, help="年度（西暦）")
@click.option("--seed", type=int, default=1, show_default=True, help="乱数の種")
@click.option("--no-serve", is_flag=True, help="終わっても画面を起動しない")
@click.option("--keep", is_flag=True, help="前のデモの続きから（省くと、新しく始める）")
def demo(residents: int, year: int, seed: int, no_serve: bool, keep: bool) -> None:
    started = time.monotonic()
    folder = _fresh_state(residents, year, seed, keep)
    base.ready()
    from django.core.management import call_command

    from azukari.programmes.screening.demo_run import Demo, Stage

    call_command("migrate", verbosity=0, interactive=False)
    play = Demo(residents=residents, year=year, seed=seed, folder=folder)
    stages = list(play.stages())
    for n, stage in enumerate(stages, 1):
        if stage.done():
            click.echo(f"[{n:2}/{len(stages)}] {stage.name}（済）")
            continue
        _play(n, len(stages), stage)
    summary = {**play.summary(), "seconds": round(time.monotonic() - started, 1)}
    target = folder / "summary.json"
    target.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    click.echo(f"PDF と要約: {folder}")


def _play(n: int, count: int, stage: object) -> None:
    label = f"[{n:2}/{count}] {stage.name}"  # type: ignore[attr-defined]
    began = time.monotonic()
    with click.progressbar(length=1, label=label, show_eta=False) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        stage.do(tell)  # type: ignore[attr-defined]
        bar.update(bar.length - bar.pos)
    if not stage.done():  # type: ignore[attr-defined]
        raise click.ClickException(f"「{stage.name}」が終わっていません。")  # type: ignore[attr-defined]
    click.echo(f"         {time.monotonic() - began:.1f}秒")


def _fresh_state(residents: int, year: int, seed: int, keep: bool) -> Path:
    """The demo's own folder and database, apart from any real state; what an interrupted demo left is gone on with.

    Another size, year or seed, or a finished demo, starts anew.
    """
    import os
    import shutil

    var = Path(os.environ.get("AZUKARI_VAR", "var")).resolve()
    folder = var / "demo"
    wish = {"residents": residents, "year": year, "seed": seed}
    marker = folder / "wish.json"
    same = marker.exists() and json.loads(marker.read_text()) == wish
    if not (same and (keep or not (folder / "summary.json").exists())) and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(wish))
    os.environ["AZUKARI_VAR"] = str(folder / "state")
    return folder


