"""案内票: one sheet a person with the code for the first sign-in, for staff without mail; sorted for handing out.

Prints no birth date: the code alone opens nothing, the person adds the birth date on the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from azukari.letters.codes import grouped
from azukari.letters.fitting import Advances
from azukari.letters.typst import render_pdf
from azukari.vocabulary.wareki import to_wareki

from .envelope import Fonts, addressed
from .years import year_words

TEMPLATE = Path(__file__).resolve().parent / "slip.typ"

#: What the outside says. Nothing about health.
OUTSIDE = ("大切なお知らせです", "親展（ご本人が開けてお読みください）")

STEPS = (
    "スマートフォンかパソコンで、上の「入口」のアドレスを開きます。",
    "上の「コード」を入力します。ハイフンは入れても入れなくてもかまいません。",
    "生年月日を入力し、自分だけの「合言葉」を決めます。次からは、合言葉で続きを開けます。",
    "質問に答えます（10分ほど）。途中でやめても、答えたところまで残ります。",
    "内容を見直して送信します。送信した後は、書き直せません。",
)
NOTES = (
    "コードは1回だけ使えます。ほかの人に渡したり、写真を送ったりしないでください。",
    "上司、人事の権限をもつ人、職場の人は、あなたの回答を見ることができません。見るのは、守秘義務のある実施者（医師・保健師等）と実施事務従事者だけです。",
    "受けるかどうかは任意です。受けないことや結果を理由に、不利益な扱いを受けることはありません。",
)
TROUBLE = (
    "コードが使えない、なくした、ほかの人あての紙が入っていた、画面が開かないときは、下の問い合わせ先に連絡してください。新しいコードを発行します。",
    "画面での回答が難しい方には、紙の調査票をお渡しします。下の問い合わせ先に申し出てください。",
)
ENGLISH = (
    "This is your personal code for the annual stress check. Open the address above, choose English, enter the code "
    "and your date of birth, set a passphrase with which you can come back, and answer the questions (about 10 "
    "minutes). The code works once. Nobody at your workplace can see your answers. If it does not work, contact the "
    "office below."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One person's sheet. ``code``: as issued, printed in groups of four; ``link``: the entrance, the same for all."""

    name: str
    employee_number: str
    section: str
    code: str
    link: str


def slips_pdf(
    slips: Sequence[Slip],
    *,
    fiscal_year: int,
    opens_on: date,
    closes_on: date,
    contact: str,
    sender: str,
    fonts: Fonts = (),
) -> bytes:
    """One A4 sheet a person, sorted by section, then employee number.

    :raises SheetsDoNotFit: a section or name fits no window (rows are counted in the order of printing).
    :raises ValueError: no slip at all.
    """
    if not slips:
        raise ValueError("案内票を作る人がいません。対象者を選んでから、もう一度実行してください。")
    ordered = sorted(slips, key=lambda slip: (slip.section, slip.employee_number))
    data = {
        "title": f"{year_words(fiscal_year)}　ストレスチェックのご案内",
        "sender": sender,
        "outside": list(OUTSIDE),
        "contact": contact,
        "period": f"{to_wareki(opens_on)}から{to_wareki(closes_on)}まで",
        "closes": f"{to_wareki(closes_on)}まで",
        "steps": list(STEPS),
        "notes": list(NOTES),
        "trouble": list(TROUBLE),
        "english": ENGLISH,
        "english_period": f"Please answer between {opens_on.isoformat()} and {closes_on.isoformat()}.",
        "sheets": addressed(ordered, _inside, fonts),
    }
    return render_pdf(TEMPLATE, data, fonts)


def _inside(slip: Slip, _em: Advances) -> dict[str, Any]:
    return {"code": grouped(slip.code.replace("-", "").replace(" ", "")), "link": slip.link}
