"""The picture of the flow: well-formed, complete, without overlaps, the same every time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from azukari.dossier.findings import find
from azukari.dossier.flow import TOP, flow, number_text
from azukari.dossier.flow_layout import lay_out
from azukari.dossier.flow_state import SYMBOLS, TONES
from azukari.dossier.schema import Dossier, Node, Step
from azukari.dossier.step_mark import StepKind, StepMark, StrangeLink
from azukari.dossier.svg import NEVER_FIRST, NEVER_LAST, balanced, width, wrap
from tests.unit.dossier.small import STEPS, ruling, small

SVG = "{http://www.w3.org/2000/svg}"


def drawing(dossier: Dossier, **more: object) -> ET.Element:
    return parsed(flow(dossier, find(dossier), **more))  # type: ignore[arg-type]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def words(root: ET.Element) -> str:
    return "\n".join(t.text or "" for t in root.iter(f"{SVG}tspan"))


def crowded(nodes: int = 12, steps: int = 25) -> Dossier:
    """As many boxes and arrows as the largest paper has, with long names."""
    dossier = small()
    sides = ["", "ward", "printer", "encloser", "center"]
    boxes = tuple(
        Node(
            key=f"n{n}",
            name=f"とても長い名前のついた第{n}システム（情報システム課が管理するサーバ）",
            kind=["people", "system", "office"][n % 3],
            within=sides[n % 5],
        )
        for n in range(nodes)
    )
    arrows = tuple(
        Step(
            number=f"({n})",
            source=f"n{n * 7 % nodes}",
            target=f"n{n * 5 % nodes}",
            what="申請のあった対象者の情報の確認と支給予定データの作成、送付、及びその控えの保管" if n % 3 else "送付",
            items=("name", "address", "phone", "birth_date", "sex") if n % 2 else (),
            as_needed=n % 4 == 0,
            personal=n % 6 != 5,
            safeguards=("register", "鍵付きかばん等による運搬", "通信内容の暗号化と外部からの攻撃防御") * (n % 4),
        )
        for n in range(steps)
    )
    return dossier.model_copy(update={"nodes": boxes, "steps": arrows})


def test_the_picture_has_a_title_and_tells_every_step_in_words() -> None:
    root = drawing(small(steps=STEPS))
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "小さな事業" in title.text
    assert "①健康課から印刷所へ、対象者データの送付。".replace("①", "① ") in description.text
    assert description.text.count("。") == 4


def test_every_box_lane_and_arrow_is_drawn() -> None:
    dossier = small(steps=STEPS)
    text = words(drawing(dossier))
    for word in [
        *(n.name for n in dossier.nodes),
        *(s.what for s in dossier.steps),
        "試験区",
        "印刷株式会社",
        "再委託先",
    ]:
        assert word in text
    assert "受渡し時の管理簿への記載／鍵付きかばん" in text
    assert "CD-R・DVD-R｜2項目（氏名、住所）" in text
    assert "※④" not in text
    assert "※4 は元の図になく" in text


def test_a_gap_is_marked_by_shape_and_word_and_a_ruling_by_a_seal() -> None:
    dossier = small(steps=STEPS)
    open_gap = words(drawing(dossier))
    assert "指摘1 裁定待ち" in open_gap
    assert "指摘1 裁定あり" not in open_gap
    ruled = words(drawing(dossier, rulings=[ruling()]))
    assert "指摘1 裁定あり" in ruled
    assert "裁定待ち" not in ruled.replace("指摘（裁定待ち）", "")
    assert "裁定「R1」: 本文による" in ruled.replace("\n", "")


def test_as_needed_arrows_are_dashed_and_others_are_not() -> None:
    dashed = [e for e in drawing(small(steps=STEPS)).iter(f"{SVG}line") if e.get("stroke-dasharray") == "7 5"]
    assert len(dashed) == 2  # the legend and step ④


MARKS = {
    "①": StepMark(StepKind.ACKNOWLEDGED, "受領確認済 1,000人", "/handovers/AZ-1"),
    "②": StepMark(StepKind.OVERDUE, "期限 6月30日"),
}


def test_states_of_a_live_picture_stand_beside_their_steps_in_words_and_symbols() -> None:
    root = drawing(small(steps=STEPS), marks=MARKS)
    text = words(root)
    assert "今日の状況" in text
    assert "受領確認済\n1,000人" in text
    assert "期限超過\n期限 6月30日" in text
    told = root.find(f"{SVG}desc").text
    assert "［受領確認済 1,000人］" in told
    shown = {group.get("class"): group for group in root if group.get("class")}
    assert set(shown) == {"flow-mark flow-mark-acknowledged", "flow-mark flow-mark-overdue"}
    for group in shown.values():
        assert group.find(f"{SVG}g/{SVG}path").get("d")


def test_a_mark_with_an_address_is_one_link_over_number_and_state_with_a_name() -> None:
    root = drawing(small(steps=STEPS), marks=MARKS)
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "/handovers/AZ-1"
    assert link.find(f"{SVG}title").text == "① 対象者データの送付：受領確認済 1,000人"
    assert "1\n受領確認済" in words(link)


def test_links_stay_in_reach_of_a_reader_and_the_rest_is_told_by_the_description() -> None:
    root = drawing(small(steps=STEPS), marks=MARKS)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "group"
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == (title.get("id"), description.get("id"))
    hidden = [group for group in root.iter(f"{SVG}g") if group.get("aria-hidden") == "true"]
    assert hidden
    assert not [link for group in hidden for link in group.iter(f"{SVG}a")]


def test_without_links_a_live_picture_is_still_one_image() -> None:
    root = drawing(small(steps=STEPS), marks={"①": StepMark(StepKind.PLANNED)})
    assert root.get("role") == "img"
    assert not list(root.iter(f"{SVG}a"))


def test_every_kind_of_state_has_a_word_a_symbol_and_a_look_of_its_own() -> None:
    assert set(SYMBOLS) == set(TONES) == set(StepKind)
    assert len(set(TONES.values())) == len(StepKind)
    assert len({kind.label for kind in StepKind}) == len(StepKind)
    filled = {kind: SYMBOLS[kind] for kind in StepKind if kind is not StepKind.CLOSED}  # closed: white on a full circle
    assert len(set(filled.values())) == len(filled)


def test_two_pictures_of_one_paper_on_one_page_share_no_id() -> None:
    dossier = small(steps=STEPS)
    one, other = drawing(dossier, marks=MARKS, ids="home"), drawing(dossier, ids="paper")
    ids = [element.get("id") for root in (one, other) for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    text = flow(dossier, find(dossier), marks=MARKS, ids="home")
    assert "url(#home-arrow)" in text
    assert "url(#flow-" not in text


@pytest.mark.parametrize("href", ["javascript:alert(1)", "//elsewhere.example/", "https://elsewhere.example", "/\\x"])
def test_a_mark_leads_only_to_this_site(href: str) -> None:
    with pytest.raises(StrangeLink):
        StepMark(StepKind.PLANNED, href=href)


def test_a_live_picture_passes_a_strict_content_security_policy() -> None:
    dossier = small(steps=STEPS)
    picture = flow(dossier, find(dossier), [ruling()], MARKS)
    assert not [a for e in parsed(picture).iter() for a in e.keys() if a == "style" or a.startswith("on")]  # noqa: SIM118
    assert "<style" not in picture


def test_the_same_dossier_gives_the_same_bytes_without_style_or_script() -> None:
    dossier = small(steps=STEPS)
    picture = flow(dossier, find(dossier))
    assert picture == flow(small(steps=STEPS), find(dossier))
    assert " style=" not in picture
    assert "<script" not in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_names_with_markup_are_escaped() -> None:
    dossier = small(('name = "印刷所"', 'name = "<b>印刷&所</b>"'), steps=STEPS)
    assert "<b>印刷&所</b>" in words(drawing(dossier)).replace("\n", "")


@pytest.mark.parametrize(("nodes", "steps"), [(1, 1), (4, 4), (12, 25), (20, 40)])
def test_nothing_overlaps_however_crowded_the_paper_is(nodes: int, steps: int) -> None:
    dossier = crowded(nodes, steps)
    marks = {
        step.number: StepMark(StepKind.RELEASED, "1,000人のうち2件\n期限 6月30日\n" + "長い名の組織" * 9)
        for step in dossier.steps
    }
    layout = lay_out(dossier, find(dossier), [], marks, TOP)
    assert len(layout.boxes) == nodes
    assert len(layout.rows) == steps
    column = (layout.right - layout.left) / nodes
    centres = sorted(box.centre for box in layout.boxes)
    assert all(b - a >= column - 0.01 for a, b in pairwise(centres))
    lanes = sorted((lane.left, lane.right) for lane in layout.lanes)
    assert all(a[1] <= b[0] + 0.01 for a, b in pairwise(lanes))
    assert all(a.top + a.height <= b.top + 0.01 for a, b in pairwise(layout.rows))
    for row in layout.rows:
        assert row.top < row.line < row.top + row.height
        assert layout.left - 0.01 <= row.label_x
        assert row.label_x + row.label_width <= layout.right + 0.01
        assert len(row.notes) * 11 * 1.35 <= row.height
        assert (13 + len(row.state) * 11) * 1.35 + 12 <= row.height
    parsed(flow(dossier, find(dossier)))


def test_a_dossier_without_steps_still_gives_a_picture() -> None:
    assert "区民" in words(drawing(small()))


@pytest.mark.parametrize(
    ("number", "text"), [("①", "1"), ("②'", "2'"), ("⑫", "12"), ("随時-1", "随時1"), ("㉑", "21"), ("(3)", "(3)")]
)
def test_numbers_are_shown_in_plain_digits(number: str, text: str) -> None:
    assert number_text(number) == text


def test_lines_are_no_wider_than_asked_and_never_begin_with_punctuation() -> None:
    text = "郵便番号、住所、氏名（漢字）、LGWAN-ASPサービス、受診番号。「印字」する。" * 3
    for room in range(4, 30):
        lines = wrap(text, room)
        assert "".join(lines).replace(" ", "") == text
        assert all(width(line) <= room + 2 for line in lines)
        assert all(line[0] not in NEVER_FIRST for line in lines)
        assert all(line[-1] not in NEVER_LAST for line in lines)


def test_a_text_cut_short_says_so() -> None:
    assert wrap("あいうえおかきくけこ", 4, 2) == ["あいうえ", "おかき…"]


def test_lines_are_balanced_rather_than_left_with_one_character() -> None:
    assert wrap("あいうえおかきくけこさ", 10) == ["あいうえおかきくけこ", "さ"]
    assert balanced("あいうえおかきくけこさ", 10, 3) == ["あいうえおか", "きくけこさ"]
    assert balanced("あいうえおかきくけこさ", 4, 2) == ["あいうえ", "おかき…"]
    assert balanced("あいう", 4, 2) == ["あいう"]
