"""``azukari account``: sign-ins of handlers: opened, listed, unlocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import base

if TYPE_CHECKING:
    from azukari.parties.models import Handler

HANDLER = click.argument("handler", metavar="取扱者番号", callback=lambda _ctx, _param, value: base.handler(value))


@click.group(cls=base.Group, help="取扱者のサインイン: 開設とやり直し、一覧、ロックの解除。")
def account() -> None:
    pass


@account.command(
    "open",
    help="取扱者のサインインを開きます（やり直しも同じ）。初回のパスワードは一度だけ表示され、7日で使えなくなります。",
)
@HANDLER
@base.by
def open_(handler: Handler, by: Handler) -> None:
    from azukari.parties.accounts import open_account
    from azukari.web.signin.accounts import forget_factors

    password = open_account(handler=handler, by=by, now=base.now())
    forget_factors(handler)
    click.echo(f"取扱者 {handler.key} の初回のパスワード: {password}")
    click.echo("本人に直接渡してください。初めてのサインインで、変更と認証アプリの登録をします。")


@account.command("list", help="サインインの状態の一覧。")
def list_() -> None:
    from azukari.parties.accounts import state
    from azukari.parties.models import Handler

    found = Handler.objects.select_related("organisation", "account").order_by("key")
    rows: list[list[object]] = [[h.key, h.organisation.name, h.get_role_display(), state(h, base.now())] for h in found]
    headers = ["取扱者番号", "組織", "役割", "サインイン"]
    click.echo(base.table(rows, headers) if rows else "取扱者がいません。azukari init から始めてください。")


@account.command(help="失敗が続いて止められたサインインを、今すぐ使えるようにします。")
@HANDLER
@base.by
def unlock(handler: Handler, by: Handler) -> None:
    from azukari.parties.accounts import unlock as act

    act(handler=handler, by=by, now=base.now())
    click.echo(f"取扱者 {handler.key} のロックを解除しました。")
