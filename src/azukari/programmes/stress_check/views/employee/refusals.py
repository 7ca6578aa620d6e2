"""What the steps refuse with, in the language of the person: a step's own words are Japanese.

Sentences that hold a number or a day are not here: the pages say those themselves before a step is asked.
"""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SAID_BY_STEPS = (
    _("入れません。招待コードと生年月日を確かめてください。使い終えた招待コードは使えません。"),
    _("入れません。職員番号と合言葉を確かめてください。続けて間違えると、しばらく入れなくなります。"),
    _("別の画面で保存されています。最新の回答を読み込みました。続きから答えてください。"),
    _("確認した後に、別の画面で回答が変わりました。もう一度確かめてから送信してください。"),
    _("この調査票にない質問か、選択肢にない答えが含まれています。画面を開き直してください。"),
    _("結果を読んでから、同意するかどうかを決めてください。"),
    _("すでに同意しています。"),
    _("同意していません。"),
    _("面接指導の対象と判断された人だけが申し出られます。相談窓口は、だれでも使えます。"),
    _("すでに申し出ています。"),
    _("結果が通知される前には、同意も申出もできません。"),
)


def told(refusal: Exception) -> list[str]:
    """The sentences of a refusal, translated where the catalogue has them."""
    return [gettext(sentence) for sentence in str(refusal).splitlines()]
