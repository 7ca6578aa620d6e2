"""The contractors' side menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from azukari.custody.gate import parties_of
from azukari.programmes.screening.steps import laboratory, paper, visits
from azukari.programmes.screening.steps.state import PROGRAMME as SCREENING
from azukari.programmes.stress_check.steps.state import PROCESSOR
from azukari.programmes.stress_check.steps.state import PROGRAMME as STRESS_CHECK
from azukari.web.navigation import Group, Link


def _is(*parties: str, programme: str = SCREENING) -> Callable[[Any], bool]:
    """For who is one of these parties of the programme today; asked once a page for each programme."""

    def shown(request: Any) -> bool:
        known: dict[str, tuple[str, ...]] = request.__dict__.setdefault("own_parties", {})
        if programme not in known:
            known[programme] = parties_of(request.handler.organisation, programme, request.today)
        return bool(set(known[programme]) & set(parties))

    return shown


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
    Group(
        _("健診・検診"),
        (
            Link(_("医療機関の窓口"), "screening_clinic", "visit.record", shown=_is(*visits.INSTITUTIONS)),
            Link(_("検体の結果の報告"), "screening_orders", "data.read", shown=_is(laboratory.PARTY)),
            Link(_("結果票の入力"), "screening_keying", "own.read", shown=_is(paper.DATA_ENTRY)),
        ),
    ),
    Group(
        _("職員のストレスチェック"),
        (
            Link(
                _("ストレスチェックの実施"),
                "stress_rounds",
                "stress.work",
                shown=_is(PROCESSOR, programme=STRESS_CHECK),
            ),
        ),
    ),
]
