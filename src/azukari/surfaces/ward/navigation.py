"""The ward's side menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from azukari.web.navigation import Group, Link

MENU = [
    Group(_("今日"), (Link(_("ホーム"), "home", "home.read"), Link(_("処理の一覧"), "jobs", "home.read"))),
    Group(
        _("業務"),
        (
            Link(_("受診券の年次処理"), "screening_runs", "run.read"),
            Link(_("検診結果の納品"), "screening_results", "result.read"),
            Link(_("精密検査の追跡"), "screening_follow_up", "follow_up.record"),
            Link(_("がん検診の指標"), "screening_rates_years", "rates.read"),
            Link(_("委託料の支払"), "screening_billing", "billing.read"),
            Link(_("職員のストレスチェック"), "stress_ward", "stress.read"),
            Link(_("住民の照会"), "people_lookup", "people.look_up"),
            Link(_("名簿の取込み"), "rosters", "roster.read"),
            Link(_("支援措置の例外"), "protected_releases", "people.release_protected"),
        ),
    ),
    Group(
        _("預かり"),
        (
            Link(_("受渡し"), "handovers", "custody.read"),
            Link(_("管理簿"), "register", "custody.read"),
            Link(_("残高"), "balances", "custody.read"),
            Link(_("期限を過ぎたもの"), "overdue", "custody.read"),
            Link(_("不一致"), "discrepancies", "custody.read"),
            Link(_("消去証明書"), "certificates", "custody.read"),
            Link(_("年度の締め"), "closings", "custody.read"),
        ),
    ),
    Group(
        _("承認と記録"),
        (
            Link(_("付議書"), "dossiers", "dossier.read"),
            Link(_("組織と取扱者"), "parties", "party.read"),
            Link(_("拒否の記録"), "refusals", "custody.read"),
            Link(_("アクセスログ"), "log", "log.read"),
        ),
    ),
]
