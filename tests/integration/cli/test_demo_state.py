"""Whether a demo goes on with what lies there or starts anew."""

from __future__ import annotations

import json
import socket

import click
import pytest

from azukari.cli import demo, demo_screens
from azukari.cli.serve import refuse_taken_port

WISH = {"residents": 600, "year": 2025, "seed": 1}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUKARI_VAR", str(tmp_path))
    (tmp_path / "demo").mkdir()
    return tmp_path / "demo"


def lies_there(folder, *names):
    (folder / demo.MARKER).write_text(json.dumps(WISH))
    for name in names:
        (folder / name).write_text("{}")


@pytest.mark.parametrize(
    ("names", "no_serve", "keep", "anew"),
    [
        ((), True, False, False),
        (("summary.json",), True, False, True),
        (("summary.json",), True, True, False),
        (("summary.json",), False, False, False),  # stopped before the screens were ready: goes on
        (("summary.json", "accounts.json"), False, False, True),
        (("summary.json", "accounts.json"), False, True, False),
    ],
)
def test_an_unfinished_demo_goes_on_and_a_finished_one_only_where_it_is_kept(folder, names, no_serve, keep, anew):
    lies_there(folder, *names)
    assert demo._state(WISH, keep, no_serve) == (folder, anew)
    assert (folder / demo.MARKER).exists() is not anew


def test_another_wish_starts_anew_even_where_the_old_one_is_kept(folder):
    lies_there(folder, "summary.json", "accounts.json")
    assert demo._state({**WISH, "residents": 601}, keep=True, no_serve=False) == (folder, True)


def test_each_surface_has_a_port_of_its_own_from_the_first_on():
    assert demo_screens.doors(9000) == {"ward": 9000, "partner": 9001, "resident": 9002, "employee": 9003}


def test_a_taken_port_is_told_before_the_work_begins():
    with socket.socket() as taken:
        taken.bind((demo_screens.HOST, 0))
        taken.listen()
        with pytest.raises(click.ClickException, match="待ち受けられません"):
            refuse_taken_port("ward", demo_screens.HOST, taken.getsockname()[1])
