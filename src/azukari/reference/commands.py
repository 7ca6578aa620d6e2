"""``commands.md``: every command of ``azukari`` with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click

from .tables import page, table


def root() -> click.Group:
    """The command line with all its groups."""
    module = import_module("azukari.cli.main")  # azukari.cli.main is also the name of its function
    module._mount()
    group: click.Group = module.azukari
    return group


def walk(
    command: click.Command, path: tuple[str, ...] = ("azukari",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below ``command``, the group first, then in the order of their names."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from walk(command.commands[name], (*path, name))


def _option(option: click.Option) -> tuple[str, str, str]:
    names = "、".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if not option.is_flag:
        value = option.metavar or (
            "\\|".join(str(c) for c in option.type.choices) if isinstance(option.type, click.Choice) else ""
        )
        names += f" {value}" if value else ""
    told = [option.help or ""]
    if option.required:
        told.append("必須")
    if option.multiple:
        told.append("何度でも")
    if option.show_default and isinstance(option.default, str | int):
        told.append(f"省くと `{option.default}`")
    return names.replace("\\|", "|"), "。".join(t.rstrip("。") for t in told if t), ""


def _section(path: tuple[str, ...], command: click.Command) -> str:
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    shown = []
    for argument in arguments:
        name = argument.metavar or (argument.name or "").upper()
        shown.append(name if argument.required or name.startswith("[") else f"[{name}]")
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    usage = " ".join([*path, *shown, *(["[オプション]"] if options else [])])
    parts = [f"{'#' * min(len(path), 4)} `{' '.join(path)}`", (command.help or "").strip()]
    if not isinstance(command, click.Group):
        parts.append(f"```\n{usage}\n```")
    if options:
        parts.append(table(["オプション", "意味"], [_option(o)[:2] for o in options]))
    return "\n\n".join(p for p in parts if p)


def commands_page() -> str:
    told = [_section(path, command) for path, command in walk(root()) if len(path) > 1]
    return page(
        "コマンド",
        "終了コードは、0 が成功、1 が誤りや異常、2 が使い方の誤り、3 が理由を示した拒否。\n"
        "どのコマンドも `--help` で同じ説明を出す。"
        "`--by` は操作する取扱者の番号。役割と期間を確かめ、アクセスログに残す。",
        *told,
        source="`src/azukari/cli` ほか",
    )
