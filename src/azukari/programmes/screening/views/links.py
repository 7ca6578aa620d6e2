"""Which screen each step of the path is done on."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ..models import Run


def step_links(run: Run) -> dict[str, tuple[str, str]]:
    """Step → (address, what one does there). A step that a contractor does leads to its handover."""
    year, number = run.fiscal_year, run.handover.number if run.handover else ""
    own = {
        "history": (reverse("screening_history"), _("受診歴を取り込む")),
        "confirm": (reverse("screening_difference", args=[year]), _("差を見て確認する")),
        "numbers": (reverse("screening_numbers", args=[year]), _("番号を付ける")),
        "proof": (reverse("screening_proof", args=[year]), _("字形を確かめる")),
        "notice": (reverse("screening_notice", args=[year]), _("件数を予告する")),
        "hand_over": (reverse("screening_hand_over", args=[year]), _("データを準備する")),
        "reprints": (reverse("screening_reprints", args=[year]), _("申請を見る")),
        "posted": (reverse("screening_post", args=[year]), _("発送を記録する")),
        "own_list": (reverse("screening_own_list", args=[year]), _("印字して発送する")),
        "returned_mail": (reverse("screening_returned_mail"), _("返戻を記録する")),
        "closed": (reverse("screening_close", args=[year]), _("処理を完了する")),
    }
    of_custody = {
        "roster": ("rosters", (), _("名簿を見る")),
        "seal": ("handover_seal", (number,), _("封をする")),
        "release": ("handover_release", (number,), _("放出する")),
        "deliver": ("handover_deliver", (number,), _("送達する")),
        "password": ("handover_password", (number,), _("パスワードを通知する")),
        "acknowledged": ("handover", (number,), _("受渡しを見る")),
        "printed": ("handover", (number,), _("受渡しを見る")),
        "passed_on": ("handover", (number,), _("受渡しを見る")),
        "enclosed": ("handover", (number,), _("受渡しを見る")),
        "delivered": ("handovers", (), _("受渡しの一覧")),
        "erased": ("certificates", (), _("消去証明書を見る")),
    }
    return own | {
        key: (url, label)
        for key, (name, args, label) in of_custody.items()
        if (not args or number) and (url := _reverse(name, args))
    }


def _reverse(name: str, args: tuple[str, ...]) -> str:
    """A screen of the core; empty on a surface that does not have it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
