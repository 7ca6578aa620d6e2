"""The pages ``docs/reference/stress-check-*.md``, written from the questionnaires, the tables and the parameters.

Write them anew with ``python -m azukari.programmes.stress_check.reference docs/reference``. They are for the
implementer and the occupational physician, who can compare every wording and figure with the published sheet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np

from azukari.engine.parameters import DatedValue, Parameters

from .group_cells import FEMALE, MALE, SEXES
from .groups import MEAN_SETS, chart_set, group_parameters, means_80, scales_80
from .instrument import INSTRUMENTS, SCALES, Area, Instrument, Item, Section, instrument
from .parameters import LEVELS, ScaleTable, conversion_table, scoring_set, stress_check_parameters
from .reference_words import (
    ANSWERS_AND_VERDICT,
    FIELDS,
    GROUPS_PROTECTED,
    GROUPS_SHOWN,
    METHODS,
    VECTOR_FILES,
    VECTORS,
)
from .rules import SCALES_OF_AREA, WITHHELD

_MARKS = {"verified": "確認済み", "memory": "未確認", "doubtful": "要確認"}
_SEX_WORDS = {MALE: "男", FEMALE: "女"}
_LEVEL_WORDS = ("1 低い・少い", "2 やや低い・少い", "3 普通", "4 やや高い・多い", "5 高い・多い")
_GENERATED = "この文書は {} から作られます。直接書き換えないでください。"
_ABOUT_MARKS = (
    "「確認済み」は公開資料で読んだ値、「未確認」は資料で確かめていない値、"
    "「要確認」は一つの書写しだけ、または資料により異なる値です。"
)
_EXAMPLES = ((9.0, 7.0, 7.0, 8.0), (10.0, 6.0, 6.0, 7.0))
_AREAS: tuple[Area, ...] = ("a", "b", "c")
_WHOLE = "bjsq80"
_NEWEST = date.max


# Questionnaires -----------------------------------------------------------------------------------------------------


def questionnaires_page() -> str:
    """Every item of the three forms: number, wording in each language, answers, scale, direction, mark."""
    parts = [
        "# ストレスチェックの調査票",
        _GENERATED.format("`instruments/*.toml`"),
        "番号は三つの様式を通じて同じです（A 1〜17、B 18〜46、C 47〜55、D 56・57、E〜H 58〜80）。"
        "回答はどの設問も左から 1、2、3、4 です。「合計」は単純合計判定法で、「素点」は尺度の素点で、"
        "5 から回答を引く（逆転する）設問を示します。",
        "日本語は公表された文言そのままです。英語は公表された英語版に倣った訳で、公表の版面では確かめていません。"
        + _ABOUT_MARKS,
    ]
    return "\n\n".join([*parts, *(_form(instrument(key)) for key in INSTRUMENTS)]) + "\n"


def _form(form: Instrument) -> str:
    about = [
        ["様式の名", f"`{form.key}`（版 {form.version}）"],
        ["設問の数", f"{len(form.items)}"],
        ["言語", "、".join(form.languages)],
        ["英語の題", form.title["en"]],
        ["根拠", f"{form.citation}（{_MARKS[form.mark]}）"],
        ["判定に用いる値", f"`{form.decides_as}`"],
    ]
    parts = [f"## {form.title['ja']}", _table(["項目", "内容"], about)]
    for section in form.sections:
        if form.key == _WHOLE and section in instrument("bjsq57").sections:
            continue
        parts.append(_section(section))
    if form.key == _WHOLE:
        parts.insert(2, "A から D までは57項目と同じです。高ストレス者の判定には57項目の部分だけを使います。")
    return "\n\n".join(parts)


def _section(section: Section) -> str:
    counts = f"（合計 {section.area.upper()} に入る）" if section.area else "（判定に入らない）"
    spoken = [
        "／".join(
            [f"- {language}: {heading}", f"紙 {section.on_paper[language]}", f"画面 {section.on_screen[language]}"]
        )
        + "／"
        + "、".join(f"{option.value} {option.words[language]}" for option in section.options)
        for language, heading in section.heading.items()
    ]
    rows = [
        [
            item.number,
            _printed(item),
            _wording(item, "ja"),
            _wording(item, "en"),
            _scale_name(item.scale),
            "逆転" if item.reversed_in_sum else "",
            "逆転" if item.reversed_in_scale else "",
            _MARKS[item.mark],
        ]
        for item in section.items
    ]
    heads = ["番号", "紙の番号", "設問", "英語", "尺度", "合計", "素点", "確かさ"]
    return f"### {section.key} {section.heading['ja']}{counts}\n\n" + "\n".join(spoken) + "\n\n" + _table(heads, rows)


def _wording(item: Item, language: str) -> str:
    return item.words[language] if item.stem is None else f"{item.stem[language]} {item.words[language]}"


def _printed(item: Item) -> str:
    """A1 …, D2 as on the printed form of 57 items; the added items have their number only."""
    for section in instrument("bjsq57").sections:
        if item.number in (numbers := [other.number for other in section.items]):
            return f"{section.key}{numbers.index(item.number) + 1}"
    return f"問{item.number}"


def _scale_name(scale: str) -> str:
    return instrument(_WHOLE).scale_names[scale]["ja"]


# Scoring ------------------------------------------------------------------------------------------------------------


def scoring_page() -> str:
    """Both methods, the dated thresholds, the formulae, the conversion table, missing answers, and the set's key."""
    parameters = stress_check_parameters()
    parts = [
        "# ストレスチェックの採点と高ストレス者の判定",
        _GENERATED.format("`parameters.toml`、`conversion.toml`、`instruments/*.toml`"),
        _ABOUT_MARKS,
        "## 二つの方法\n\n"
        + METHODS.format(
            reversed=_listed(i for i in _decided() if i.reversed_in_sum), a=_scales("a"), b=_scales("b"), c=_scales("c")
        ),
        "## 合計の範囲\n\n" + _ranges(),
        "## 高ストレス者とする値\n\n" + _dated(parameters, ("simple_sum.", "conversion.", "charts.", "default.")),
        "## 尺度の素点\n\n" + _formulae(),
        "## 素点換算表\n\n" + _conversion(),
        "## 80項目の尺度\n\n"
        "加えた設問の尺度は1〜4点で、高いほど望ましい値です。2問の尺度は平均します。高ストレス者の判定には使いません。\n\n"
        + _table(
            ["尺度", "式"],
            [[_scale_name(s), _formula(instrument(_WHOLE).items_of_scale(s), mean=True)] for s in scales_80()],
        ),
        "## 答えていない設問と性別\n\n"
        + ANSWERS_AND_VERDICT
        + "\n\n"
        + _table(["コード", "判定しない理由"], [[f"`{c}`", _withheld(c)] for c in WITHHELD]),
        "## 採点の組の名前\n\n" + _keys(),
    ]
    return "\n\n".join(parts) + "\n"


def _decided() -> list[Item]:
    return [item for area in _AREAS for item in instrument().items_of_area(area)]


def _scales(area: str) -> str:
    return "、".join(f"{SCALES.index(scale) + 1} {_scale_name(scale)}" for scale in SCALES_OF_AREA[area])


def _listed(items: Iterable[Item]) -> str:
    """A1〜A7、A11 …: runs of the printed numbers."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and item.number == runs[-1][-1].number + 1 and _printed(item)[0] == _printed(runs[-1][-1])[0]:
            runs[-1].append(item)
        else:
            runs.append([item])
    return "、".join(_printed(run[0]) + (f"〜{_printed(run[-1])}" if len(run) > 1 else "") for run in runs)


def _ranges() -> str:
    rows = []
    for key in ("bjsq57", "bjsq23"):
        counts = [len(instrument(key).items_of_area(area)) for area in _AREAS]
        rows.append([instrument(key).title["ja"], "単純合計", *(f"{n}〜{4 * n}" for n in counts)])
    counts = [len(scales) for scales in SCALES_OF_AREA.values()]
    rows.append([instrument().title["ja"], "素点換算表", *(f"{n}〜{LEVELS * n}" for n in counts)])
    return _table(["調査票", "方法", "A", "B", "C"], rows)


def _formulae() -> str:
    rows = []
    for number, scale in enumerate(SCALES, start=1):
        bad = conversion_table().scales[scale].high_is_bad
        formula = _formula(instrument().items_of_scale(scale))
        rows.append([number, _scale_name(scale), formula, "6 − 段階" if bad else "段階", f"`{scale}`"])
    return _table(["番号", "尺度", "素点", "評価点（1 悪い〜5 良い）", "列の名"], rows)


def _formula(items: Sequence[Item], *, mean: bool = False) -> str:
    turned = [_printed(item) for item in items if item.reversed_in_scale]
    plain = [_printed(item) for item in items if not item.reversed_in_scale]
    inner = "＋".join(turned)
    parts = [f"{5 * len(turned)} − " + (f"（{inner}）" if len(turned) > 1 else inner)] if turned else []
    parts += ["＋".join(plain) if len(plain) <= 6 else f"{plain[0]}＋…＋{plain[-1]}"] if plain else []
    total = "＋".join(parts)
    return f"｛{total}｝÷ {len(items)}" if mean and len(items) > 1 else total


def _conversion() -> str:
    table = conversion_table()
    rows = [
        [number, _scale_name(scale), *line]
        for number, scale in enumerate(SCALES, start=1)
        for line in _levels(table.scales[scale])
    ]
    about = f"版 `{table.version}`、{table.valid_from.isoformat()} から。{table.citation}（{_MARKS[table.mark]}）。"
    about += "「－」はその段階がないことを示します。"
    return about + "\n\n" + _table(["番号", "尺度", "性別", *_LEVEL_WORDS], rows)


def _levels(table: ScaleTable) -> list[list[str]]:
    """One line for both sexes, or one each."""
    by_sex = {
        _SEX_WORDS[sex]: [_raws([raw for raw, at in levels.items() if at == level]) for level in range(1, LEVELS + 1)]
        for sex, levels in table.levels.items()
    }
    (men, row), (women, other) = by_sex.items()
    return [[f"{men}・{women}", *row]] if row == other else [[men, *row], [women, *other]]


def _raws(raws: Sequence[int]) -> str:
    if any(after != here + 1 for here, after in pairwise(raws)):
        return "、".join(map(str, raws))
    return "－" if not raws else str(raws[0]) if len(raws) == 1 else f"{raws[0]}〜{raws[-1]}"


def _withheld(code: str) -> str:
    if code == "sex_unknown":
        return "性別が分からないため、素点を換算できません"
    areas = "・".join(code.removeprefix("missing_").upper())
    return f"{areas} に答えていない設問があります"


def _keys() -> str:
    sets = [scoring_set(_NEWEST)] + [scoring_set(_NEWEST, "simple_sum", key) for key in INSTRUMENTS]
    words = (
        "結果には、どの組で採点したかを次の名前で残します。名前が同じなら、同じ回答から必ず同じ結果になります。"
        "順に、調査票@版、方法、値（b B だけの値、ac A＋C の値、b そのときの B の値）、"
        "換算表の版、判定図の全国平均の組、適用開始日です。"
    )
    return words + "\n\n" + "\n".join(f"- `{one.key}`" for one in sets)


# Groups -------------------------------------------------------------------------------------------------------------


def groups_page() -> str:
    """The two charts with their figures, what is published of groups, and what keeps small groups from following."""
    parameters = group_parameters()
    risks = "risk.", "means.", "attention", "urgent", "smallest_group"
    parts = [
        "# ストレスチェックの集団分析",
        _GENERATED.format("`group_parameters.toml` と `groups.py`"),
        _ABOUT_MARKS,
        GROUPS_SHOWN,
        "## 値と根拠\n\n" + _dated(parameters, risks),
        "## 検算\n\n平均点 Q、K、S、P から求めた健康リスクです。\n\n" + _checks(),
        "## 80項目の全国平均\n\n" + _national_80(),
        GROUPS_PROTECTED,
    ]
    return "\n\n".join(parts) + "\n"


def _checks() -> str:
    rows = []
    for key in MEAN_SETS:
        chart = chart_set(_NEWEST, key)
        for sex in SEXES:
            for scores in _EXAMPLES:
                risks = chart.risks(sex, np.array([scores]))[0]
                rows.append([chart.name, _SEX_WORDS[sex], *scores, *(f"{risk:.2f}" for risk in risks)])
    return _table(["全国平均の組", "性別", "Q", "K", "S", "P", "リスクA", "リスクB", "総合"], rows)


def _national_80() -> str:
    rows = [
        [_scale_name(scale), f"{means_80(MALE)[scale]:.2f}", f"{means_80(FEMALE)[scale]:.2f}"] for scale in scales_80()
    ]
    entries = group_parameters().at(_NEWEST).entry("means_80.men")
    about = f"{entries.citation}（{_MARKS[entries.mark]}）。{entries.note}。1〜4点で、高いほど望ましい値です。"
    return about + "\n\n" + _table(["尺度", "男", "女"], rows)


# Conformance vectors ------------------------------------------------------------------------------------------------


def vectors_page() -> str:
    """How to read the CSV files of ``tests/spec/stress_check``, with one example computed from the table."""
    table = conversion_table().scales["quantitative_load"]
    level = table.levels["male"][9]
    example = (
        f"例: A1〜A3 がすべて 2 の男性は、{_scale_name(table.scale)} の素点が 15 − 6 = 9、段階が {level}、"
        f"評価点が 6 − {level} = {table.points(level)} です。"
    )
    files = [
        f"## {title}\n\n`tests/spec/stress_check/{name}`\n\n{words}" for name, (title, words) in VECTOR_FILES.items()
    ]
    parts = [
        "# 採点の適合性の表（産業医が読むために）",
        _GENERATED.format("`reference.py`"),
        VECTORS,
        *files,
        "## 手で確かめる例\n\n" + example + "換算表と素点の式は [採点の文書](stress-check-scoring.md) にあります。",
    ]
    return "\n\n".join(parts) + "\n"


# Tables -------------------------------------------------------------------------------------------------------------


def _dated(parameters: Parameters, prefixes: Sequence[str]) -> str:
    rows = [
        [_field(key), _shown(entry), entry.valid_from.isoformat(), _MARKS[entry.mark], _source(entry)]
        for prefix in prefixes
        for key, entries in parameters.history.items()
        if key.startswith(prefix)
        for entry in entries
    ]
    return _table(["項目", "値", "適用開始", "確かさ", "根拠"], rows)


def _field(key: str) -> str:
    return FIELDS.get(key) or f"`{key}`"


def _shown(entry: DatedValue) -> str:
    return "、".join(map(str, entry.value)) if isinstance(entry.value, list) else str(entry.value)


def _source(entry: DatedValue) -> str:
    return entry.citation + (f"。{entry.note}" if entry.note else "")


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '｜') for cell in line)} |" for line in lines)


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "stress-check-questionnaires.md": questionnaires_page,
        "stress-check-scoring.md": scoring_page,
        "stress-check-groups.md": groups_page,
        "stress-check-vectors.md": vectors_page,
    }
)
"""File name below ``docs/reference`` → what makes it."""


def write(folder: Path) -> None:
    """Write every page into ``folder``."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
