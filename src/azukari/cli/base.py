"""What all commands share: Django set up late, refusals told in Japanese with an exit code, who acts."""

from __future__ import annotations

import errno
import gettext
import os
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azukari.vocabulary.refusal import Refusal

if TYPE_CHECKING:
    from azukari.parties.models import Handler, Organisation

REFUSED = 3
"""Exit code of a refusal that explains itself; 1 is a failure, 2 a wrong use of the command."""

DAY = click.DateTime(["%Y-%m-%d"])


def speak_japanese() -> None:
    """Click's own words come from our catalogue; LANGUAGE=en gives them in English."""
    os.environ.setdefault("LANGUAGE", "ja")
    gettext.bindtextdomain("messages", str(Path(__file__).resolve().parent.parent / "locale"))
    gettext.textdomain("messages")


def say_usage_in_japanese(command: click.Command) -> None:
    """The parts of a usage line that click does not translate, for a command and all below it."""
    command.options_metavar = "[オプション]"
    if isinstance(command, click.Group):
        command.subcommand_metavar = "コマンド [引数]…"
        for below in command.commands.values():
            say_usage_in_japanese(below)


def ready() -> None:
    """Set Django up. Commands import models only after this."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    if not apps.ready:
        django.setup()


class Refused(click.ClickException):
    exit_code = REFUSED

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def refuse_to_start() -> None:
    """Law 2: with a field that no approved paper covers, no command runs (``check`` and ``dossier`` tell why)."""
    from azukari.custody.recorded_items import check_recorded_items

    problems = check_recorded_items()
    if problems:
        told = "\n".join(str(problem.msg) for problem in problems)
        raise click.ClickException(f"起動できません。付議書と記録する欄が合っていません。\n{told}")


class Group(click.Group):
    """A group of commands that needs Django and tells refusals without a traceback."""

    mends_papers = False
    """A group that must run even where a dossier is broken: it is there to mend it."""

    def invoke(self, ctx: click.Context) -> Any:
        ready()
        if not self.mends_papers:
            refuse_to_start()
        from django.db.utils import DatabaseError

        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise Refused(str(refusal)) from None
        except DatabaseError as error:
            told = database_trouble(error)
            if not told:
                raise
            raise click.ClickException(told) from error
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise click.ClickException(DISK_FULL) from error


DISK_FULL = (
    "空き容量が足りないため、書き込めませんでした。空きを作ってから、同じ操作をもう一度実行してください。"
    "途中まで書いたファイルがあれば、先に消してください。"
)


def database_trouble(error: Exception) -> str:
    """What staff can do about a database that is absent, of another version, busy or full; empty: a fault of ours."""
    told = str(error)
    if re.search(r"no such (table|column)|(relation|column) .* does not exist", told):
        return "データベースがまだないか、古い版のものです。azukari init を実行してください。"
    if "locked" in told:
        return "ほかの人の処理が続いているため、書き込めませんでした。少し待ってから、もう一度実行してください。"
    if "full" in told or "No space left" in told:
        return DISK_FULL
    if re.search(r"could not connect|connection .*(failed|refused)|unable to open", told):
        return "データベースに接続できません。AZUKARI_DATABASE_URL と AZUKARI_VAR を確かめてください。"
    return ""


def now() -> datetime:
    """The time of the act. Only the command line (and later the web) reads the clock."""
    from django.utils import timezone

    return timezone.now()


def today() -> date:
    from django.utils.timezone import localdate

    return localdate()


def handler(key: str) -> Handler:
    from azukari.parties.models import Handler

    found = Handler.objects.select_related("organisation").filter(key=key).first()
    if found is None:
        raise click.BadParameter(f"取扱者「{key}」は登録されていません。azukari party handlers で確かめてください。")
    return found


def organisation(key: str) -> Organisation:
    from azukari.parties.models import Organisation

    found = Organisation.objects.filter(key=key).first()
    if found is None:
        raise click.BadParameter(f"組織「{key}」は登録されていません。azukari party organisations で確かめてください。")
    return found


def by(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--by``: the handler who acts, found and given as ``by``."""
    return click.option(
        "--by",
        required=True,
        metavar="取扱者番号",
        help="この操作をする取扱者（役割・期間を確かめ、ログに残します）",
        callback=lambda _ctx, _param, value: handler(value),
    )(command)


def table(rows: list[list[object]], headers: list[str]) -> str:
    """Plain aligned columns, full-width characters counted as two."""
    from unicodedata import east_asian_width

    def width(text: str) -> int:
        return sum(2 if east_asian_width(c) in "WFA" else 1 for c in text)

    cells = [headers, *[["" if c is None else str(c) for c in row] for row in rows]]
    widths = [max(width(row[n]) for row in cells) for n in range(len(headers))]
    return "\n".join(
        "  ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )
