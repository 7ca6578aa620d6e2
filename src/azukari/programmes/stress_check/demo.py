"""A synthetic ward's staff, as a personnel system exports it, and how they answer. Nobody in it exists.

Everything is a pure function of size, fiscal year and seed, so a demo, a test and a bench speak of the same people.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from .instrument import Instrument

HEADERS = (
    "職員番号", "氏名", "氏名カナ", "性別", "生年月日", "所属名", "相当職名", "職務名", "任用区分", "採用日", "退職日",
)  # fmt: skip
SURNAMES = (
    ("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"), ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ"),
    ("吉田", "ヨシダ"), ("山田", "ヤマダ"), ("松本", "マツモト"), ("井上", "イノウエ"), ("木村", "キムラ"),
    ("斎藤", "サイトウ"), ("清水", "シミズ"), ("山崎", "ヤマザキ"), ("阿部", "アベ"), ("森", "モリ"),
)  # fmt: skip
GIVEN: Mapping[str, Sequence[tuple[str, str]]] = {
    "男": (
        ("健", "ケン"), ("大輔", "ダイスケ"), ("誠", "マコト"), ("翔", "ショウ"), ("隆", "タカシ"), ("浩", "ヒロシ"),
    ),
    "女": (
        ("陽子", "ヨウコ"), ("恵", "メグミ"), ("美咲", "ミサキ"), ("由美", "ユミ"), ("葵", "アオイ"),
    ),
}  # fmt: skip
TREE: Mapping[str, Mapping[str, int]] = {
    "総合政策部": {"企画政策課": 22, "財政課": 18, "広報課": 16, "デジタル推進課": 30},
    "総務部": {"総務課": 28, "人材育成等担当課": 26, "契約管財課": 24, "税務課": 88},
    "地域振興部": {"地域コミュニティ課": 20, "戸籍住民課": 95, "特別出張所": 120, "生涯学習スポーツ課": 24},
    "文化観光産業部": {"文化観光課": 18, "産業振興課": 22, "消費生活就労支援課": 12},
    "福祉部": {"地域福祉課": 40, "障害者福祉課": 60, "生活福祉課": 110, "保護担当課": 75, "介護保険課": 62},
    "子ども家庭部": {"子ども家庭課": 44, "保育課": 70, "保育園": 420, "児童館": 160, "子ども総合センター": 90},
    "健康部": {"健康政策課": 26, "健康づくり課": 30, "衛生課": 48, "保健センター": 130, "医療保険年金課": 92},
    "みどり土木部": {"土木管理課": 32, "道路課": 44, "みどり公園課": 40, "交通対策課": 26},
    "環境清掃部": {"環境対策課": 24, "ごみ減量リサイクル課": 20, "清掃事務所": 190},
    "都市計画部": {"都市計画課": 24, "景観まちづくり課": 8, "建築指導課": 40, "住宅課": 18},
    "会計室": {"": 14},
    "教育委員会事務局": {"教育調整課": 22, "教育指導課": 26, "学校運営課": 150, "図書館": 110, "給食調理": 140},
    "選挙管理委員会事務局": {"": 9},
    "監査事務局": {"": 8},
    "区議会事務局": {"": 20},
}
"""Department → division → weight. Some are smaller than ten on purpose."""
JOBS: Mapping[str, str] = {
    "保育園": "保育士", "児童館": "児童指導", "保健センター": "保健師", "清掃事務所": "技能", "給食調理": "調理",
    "道路課": "土木", "みどり公園課": "土木", "建築指導課": "建築", "生活福祉課": "福祉", "保護担当課": "福祉",
}  # fmt: skip
GRADES = ("主事", "主任", "係長級", "課長補佐級", "課長級", "部長級")
WITHOUT_A_TERMINAL = ("清掃事務所", "給食調理")
"""Where people have no screen at work: they answer on paper."""


@dataclass(frozen=True)
class Staff:
    """The roster as bytes (CSV, UTF-8 with BOM) with its delivery note's digest and rows."""

    roster: bytes
    rows: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.roster).hexdigest()


def make_staff(count: int, fiscal_year: int, seed: int) -> Staff:
    """``count`` people in office on 1 May of the year, in the sections of :data:`TREE`, and a few who left before."""
    rng = Random(f"staff/{count}/{fiscal_year}/{seed}")  # noqa: S311 - invented people, not secrets
    places = [(top, part, weight) for top, parts in TREE.items() for part, weight in parts.items()]
    weights = [weight for *_words, weight in places]
    numbers = sorted(rng.sample(range(100_000, 999_999), count + count // 100))
    leaving = set(rng.sample(range(len(numbers)), count // 100))
    rows = [
        _person(rng, number, rng.choices(places, weights)[0][:2], fiscal_year, gone=place in leaving)
        for place, number in enumerate(numbers)
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return Staff(b"\xef\xbb\xbf" + out.getvalue().encode(), len(rows))


def _person(rng: Random, number: int, place: tuple[str, str], year: int, *, gone: bool) -> list[str]:
    top, part = place
    sex = "女" if rng.random() < (0.85 if part in {"保育園", "保健センター", "児童館"} else 0.48) else "男"
    surname, given = rng.choice(SURNAMES), rng.choice(GIVEN[sex])
    birth = date(year, 4, 1) - timedelta(days=rng.randrange(22 * 365, 64 * 365))
    grade = rng.choices(GRADES, (52, 25, 14, 5, 3, 1))[0]
    regular = rng.random() < 0.78
    joined = max(birth + timedelta(days=22 * 365), date(year, 4, 1) - timedelta(days=rng.randrange(0, 30 * 365)))
    return [
        str(number), f"{surname[0]}　{given[0]}", f"{surname[1]}　{given[1]}", sex, birth.isoformat(),
        f"{top}／{part}" if part else top, grade if regular else "会計年度任用", JOBS.get(part, "事務"),
        "常勤" if regular else "会計年度任用", joined.isoformat(), date(year, 3, 31).isoformat() if gone else "",
    ]  # fmt: skip


def without_terminal(section: str) -> bool:
    return section.endswith(WITHOUT_A_TERMINAL)


def answers_of(number: str, form: Instrument, *, blank: bool = False) -> dict[str, int]:
    """How the person of this number answers: one hidden strain each, so that about one in ten is under high stress.

    ``blank``: leaves one item of B out, as happens on paper.
    """
    rng = Random(f"answers/{number}")  # noqa: S311
    strain = min(max(rng.gauss(0.36, 0.17), 0.02), 0.98)
    found: dict[str, int] = {}
    for section in form.sections:
        towards = strain * 0.6 + 0.25 if section.area == "a" else strain
        for item in section.items:
            stressed = 1 + sum(rng.random() < towards for _ in range(3))
            found[item.key] = 5 - stressed if item.reversed_in_sum else stressed
    if blank:
        del found["q30"]
    return found
