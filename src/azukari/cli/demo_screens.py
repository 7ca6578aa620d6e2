"""The demo's last part: a year that is under way, an account for each role, all screens served on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from . import base
from .serve import PORTS, run

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.programmes.demo_stage import Stage
    from azukari.programmes.screening.demo_run import Demo
    from azukari.programmes.stress_check.demo_run import StressCheck

HOST = "127.0.0.1"
ACCOUNTS = "accounts.json"
"""Who can sign in to the demo's screens; written when they have something to do."""
PEOPLE = (
    "W001",
    "W002",
    "W101",
    "W901",
    "E001",
    "E901",
    "C001",
    "C901",
    "K001",
    "K002",
    "K101",
    "K102",
    "K103",
    "K901",
)


def show_screens(play: Demo, check: StressCheck, *, port: int, play_all: Callable[[Sequence[Stage]], None]) -> int:
    """Prepare what is not prepared yet, open the accounts, serve until Ctrl-C. Returns the exit code."""
    from django.utils import timezone

    from azukari.programmes.demo_stage import write_whole
    from azukari.programmes.screening.demo_next_year import NextYear
    from azukari.programmes.stress_check.demo_next_check import NextCheck

    after, checking = NextYear(play), NextCheck(check)
    file = play.folder / ACCOUNTS
    if not file.exists():
        play_all([*after.stages(), *checking.stages()])
        for key in PEOPLE:
            _open_account(play.who(key), by=play.who("W002" if key == "W101" else "W101"), now=after.at(4, 14, 8))
    employees = checking.ways_in(now=after.morning())
    accounts = [_told(play.who(key), port) for key in PEOPLE] + _employees(employees, port)
    write_whole(file, (json.dumps(accounts, ensure_ascii=False, indent=2) + "\n").encode())
    ahead = int((after.morning() - timezone.now()).total_seconds())
    environment = {
        "AZUKARI_VAR": os.environ["AZUKARI_VAR"], "AZUKARI_DEMO": "1", "AZUKARI_INSECURE": "1",
        "AZUKARI_CLOCK_OFFSET": str(ahead),
    }  # fmt: skip
    click.echo(f"画面を起動しています。画面の中の今日は {after.today:%Y年%-m月%-d日} です。")
    return run(doors(port), host=HOST, environment=environment, when_ready=lambda: _tell(accounts, play))


def doors(port: int) -> dict[str, int]:
    """Which surface is served at which port, from the first one on."""
    return {surface: port + n for n, surface in enumerate(PORTS)}


def _password(handler: Handler) -> str:
    """One that everybody may know."""
    return f"demo-{handler.key.lower()}-azukari"


def _open_account(handler: Handler, *, by: Handler, now: datetime) -> None:
    """As an officer opens it, and then as its owner left it: a password of their own, a second factor enrolled."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from azukari.parties.accounts import open_account

    open_account(handler=handler, by=by, now=now)
    handler.refresh_from_db()
    account = handler.account
    assert account is not None  # noqa: S101 - just opened
    account.set_password(_password(handler))
    account.first_password_until = None
    account.save()
    if not Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(account, generate_totp_secret())


def _told(handler: Handler, port: int) -> dict[str, str]:
    surface = "ward" if handler.organisation.type == "ward" else "partner"
    return {
        "surface": surface,
        "url": f"http://{HOST}:{doors(port)[surface]}/",
        "user": handler.key,
        "password": _password(handler),
        "role": handler.get_role_display(),
        "name": handler.name,
        "organisation": handler.organisation.name,
    }


def _employees(ways: Sequence[tuple[str, str]], port: int) -> list[dict[str, str]]:
    """Two of the staff: one with a code that was not used, one who comes back to a result."""
    words = (("職員（初めて）", "招待コード、生年月日"), ("職員（回答済）", "職員番号、合言葉"))
    return [
        {
            "surface": "employee", "url": f"http://{HOST}:{doors(port)['employee']}/", "user": user,
            "password": password, "role": how, "name": "", "organisation": who,
        }
        for (user, password), (who, how) in zip(ways, words, strict=True)
    ]  # fmt: skip


def _tell(accounts: Sequence[dict[str, str]], play: Demo) -> None:
    rows: list[list[object]] = [
        [one["organisation"], one["role"], one["url"], one["user"], one["password"]] for one in accounts
    ]
    click.echo()
    click.echo(base.table(rows, ["組織", "役割", "画面", "利用者名", "パスワード"]))
    click.echo()
    click.echo("確認コード: サインインの二つ目の画面に表示されます（デモだけ）。")
    click.echo(f"届いたファイル（LGWAN）: {play.exchange_folder}")
    click.echo(f"パスワード通知書: {play.folder / 'notices'}")
    click.echo("止めるには Ctrl-C。もう一度同じ状態で見るには script/demo --keep")
