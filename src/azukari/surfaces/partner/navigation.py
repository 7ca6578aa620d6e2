"""The contractors' side menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from azukari.web.navigation import Group, Link

MENU = [
    Group(
        _("預かり"),
        (
            Link(_("ホーム"), "home", "home.read"),
            Link(_("受信箱"), "inbox", "own.read"),
            Link(_("渡したもの"), "sent", "own.read"),
            Link(_("管理簿"), "register", "own.read"),
            Link(_("処理の一覧"), "jobs", "home.read"),
            Link(_("取扱者"), "handlers", "own.read"),
        ),
    ),
]
