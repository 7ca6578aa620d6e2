"""Words about one's own result that have to be exact: what consent is given to, and what is kept how long.

The step keeps ``own_result.WORDING`` with every consent, so the sentence of a version never changes: a new sentence is
a new version, beside the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...steps.own_result import WORDING


@dataclass(frozen=True)
class Consent:
    """``sentence``: what is agreed to. ``given``, ``not_given``, ``receiver``: what goes to whom, and what does not."""

    sentence: Any
    given: Any
    not_given: Any
    receiver: Any


CONSENTS: Mapping[str, Consent] = {
    "令和7年度-1": Consent(
        sentence=_(
            "私は、このストレスチェックの自分の結果を読みました。そのうえで、この結果を区に提供することに同意します。"
        ),
        given=_("この実施の個人の結果（尺度ごとの点、合計点、高ストレスに当たるかどうか、面接指導が必要かどうか）"),
        not_given=_("一つ一つの質問への回答と、面接指導で話したこと"),
        receiver=_("区の健康管理の担当者。解雇・昇進・異動に直接の権限を持つ人には見せません。"),
    ),
}
CONSENT = CONSENTS[WORDING]


def kept(until: Any) -> list[tuple[Any, Any]]:
    """(what, how long) of everything that is kept of a person. ``until``: the day of the result, written out."""
    return [
        (_("回答と結果"), until),
        (_("同意とその取消しの記録"), _("結果と同じ")),
        (_("面接指導の申出と、医師の意見"), _("結果と同じ")),
        (_("合言葉（読み取れない形にしたもの）"), _("この実施が終わるまで")),
        (_("だれがいつ開いたかの記録（回答も結果も含みません）"), _("区の記録の保存期間")),
    ]
