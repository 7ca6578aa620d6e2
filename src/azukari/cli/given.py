"""What people give on the command line, found in the records: a handover, a handler, a resident, a year, a secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import base

if TYPE_CHECKING:
    from azukari.custody.models import Handover
    from azukari.people.models import Resident
    from azukari.programmes.screening.models import Run

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
OPEN_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def day(given: datetime | None) -> date | None:
    return given.date() if given else None


def handover(number: str) -> Handover:
    from azukari.custody.models import Handover

    found = Handover.objects.select_related("sender", "receiver").filter(number=number).first()
    if found is None:
        raise click.BadParameter(f"受渡し「{number}」はありません。azukari custody list で確かめてください。")
    return found


HANDOVER = click.argument("handover", metavar="受渡番号", callback=lambda _ctx, _param, value: handover(value))


def handler_option(name: str, told: str, variable: str) -> Callable[[Command], Command]:
    """An option that names another handler than the one who acts."""
    return click.option(
        name, variable, required=True, metavar="取扱者番号", help=told,
        callback=lambda _ctx, _param, value: base.handler(value),
    )  # fmt: skip


def organisation_option(name: str, told: str, variable: str, *, required: bool = True) -> Callable[[Command], Command]:
    return click.option(
        name, variable, required=required, metavar="組織コード", help=told,
        callback=lambda _c, _p, value: base.organisation(value) if value else None,
    )  # fmt: skip


def resident(number: str) -> Resident:
    """A resident by 宛名番号. What was typed is not repeated in the message: it may be somebody's number."""
    from azukari.people.models import Resident

    found = Resident.objects.filter(number=number.strip()).first()
    if found is None:
        raise click.BadParameter("この宛名番号の人は名簿にいません。番号と、名簿の取込みを確かめてください。")
    return found


RESIDENT = click.argument("person", metavar="宛名番号", callback=lambda _ctx, _param, value: resident(value))


def run(year: int | None) -> Run:
    from azukari.programmes.screening.models import Run
    from azukari.vocabulary.fiscal import fiscal_year

    year = year or fiscal_year(base.today())
    found = Run.objects.select_related("handover").filter(fiscal_year=year).first()
    if found is None:
        raise click.BadParameter(f"{year}年度の処理はまだ始まっていません。azukari screening open で始めてください。")
    return found


RUN = click.option(
    "--year", "run", type=int, metavar="年度", help="西暦。省くと今年度",
    callback=lambda _ctx, _param, value: run(value),
)  # fmt: skip


def password_for(path: Path, password_file: Path | None) -> str:
    """The password of a ZIP package: from a file or asked for without echo, never an argument. None for age files."""
    if password_file is not None:
        return password_file.read_text("utf-8-sig").strip()
    if path.suffix == ".age":
        return ""
    return str(click.prompt("パスワード通知書のパスワード", hide_input=True, err=True))


PASSWORD_FILE = click.option(
    "--password-file", type=FILE, metavar="ファイル",
    help="パスワードだけを書いたファイル（省くと尋ねる）。age のファイルでは不要",
)  # fmt: skip


def write_new(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Write a file that was not there before; ``secret``: readable by its owner alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666)
    except FileExistsError:
        raise click.BadParameter(f"{path} はすでにあります。別の名前を指定してください。") from None
    except OSError as error:
        raise click.ClickException(f"{path} に書けません（{error.strerror}）。フォルダを確かめてください。") from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def not_yet_there(path: Path) -> Path:
    """Refuse before the act what could not be written after it."""
    if path.exists():
        raise click.BadParameter(f"{path} はすでにあります。別の名前を指定してください。")
    if not path.resolve().parent.is_dir():
        raise click.BadParameter(f"フォルダ {path.parent} がありません。")
    return path
