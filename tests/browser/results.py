"""From a voucher shown at a clinic to the statement approved: results, follow-up, rates, money, each by its people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .person import Person, World
from .story import SENDER, at, newest

CLINIC, KEYING = "/screening/window/clinic/", "/screening/window/keying/"
INSTITUTION = "1310000027"
SHEET = "K900001"
RATES = "/screening/figures/rates/"
BILLING = "/screening/figures/billing/"


class Results:
    """Who takes part. ``told``: what stands on the papers in people's hands, see ``ward_of_results``."""

    def __init__(self, world: World, meet: Callable[[str], Person]) -> None:
        self.world, self.meet = world, meet
        self.told: dict[str, Any] = world.ask("told")
        self.number: dict[str, str] = {}

    def day(self, *when: int, **more: int) -> None:
        self.world.set_clock(at(*when, **more))

    def __getattr__(self, key: str) -> Person:
        return self.meet(WHO[key])


WHO = {
    "officer": "W001", "other": "W002", "clinic": "M001", "clinics_head": "M901", "laboratory": "L001",
    "first": "D001", "second": "D002", "third": "D003", "keyings_head": "D901",
}  # fmt: skip


# --- the clinic and the laboratory


def a_voucher_is_found_by_its_number_and_a_visit_recorded(story: Results) -> None:
    clinic, comes = story.clinic, story.told["vouchers"][0]
    story.day(10, 22)
    clinic.open("/")
    clinic.looks_right()
    clinic.open(CLINIC)
    clinic.looks_right()
    clinic.refused(f"{CLINIC}voucher/", told="生年月日も", number=comes["number"])
    clinic.open(f"{CLINIC}voucher/")
    clinic.looks_right("clinic-voucher")
    clinic.send(number=comes["number"], birth=comes["birth"], told="受診の記録")
    assert comes["number"] not in clinic.page.url
    clinic.looks_right("clinic-presented")
    clinic.send(tests=["checkup_75"], consent=True, told="を記録しました")
    clinic.looks_right("clinic-visit")
    story.number["visit"] = newest(clinic, "/visits/")
    clinic.open(CLINIC)
    assert comes["name"] not in clinic.said()
    clinic.looks_right("clinic-visits")


def a_specimen_goes_to_the_laboratory_which_sees_no_address(story: Results) -> None:
    clinic, laboratory, comes = story.clinic, story.laboratory, story.told["vouchers"][0]
    visit = f"{CLINIC}visits/{story.number['visit']}/"
    clinic.act(f"{visit}order/", specimen="blood", told="で依頼しました")
    clinic.looks_right()
    story.day(10, 23)
    laboratory.open("/")
    laboratory.looks_right()
    laboratory.open("/screening/window/laboratory/")
    laboratory.looks_right("laboratory-orders")
    assert comes["name"] in laboratory.said()
    assert comes["address"] not in laboratory.page.content()
    laboratory.page.locator("main tbody a").first.click()
    laboratory.page.wait_for_load_state()
    laboratory.looks_right("laboratory-report")
    laboratory.send(result="HbA1c 5.6 %", told="結果を報告しました")
    laboratory.looks_right()
    for stranger in (visit, CLINIC, KEYING, f"{CLINIC}voucher/"):
        answer = laboratory.page.goto(stranger)
        assert answer is not None
        assert answer.status in (403, 404), stranger
    clinic.open(f"{visit}specimens/")
    assert "HbA1c 5.6 %" in clinic.said()
    clinic.looks_right("clinic-specimens")
    clinic.open(f"{visit}results/checkup_75/")
    clinic.looks_right("clinic-result")
    clinic.send(raw="2", height="60", weight="152", hba1c="5.6", told="入れ違い")
    clinic.looks_right("clinic-doubt")
    clinic.press("直す")
    clinic.send(height="152", weight="60", told="報告する内容")
    clinic.looks_right()
    clinic.send(told="結果を報告しました")
    clinic.looks_right()


def a_result_sheet_is_sent_to_be_keyed(story: Results) -> None:
    clinic, comes = story.clinic, story.told["vouchers"][1]
    clinic.act(f"{CLINIC}voucher/", number=comes["number"], birth=comes["birth"])
    clinic.send(tests=["checkup_75"], sheet_number=SHEET, consent=True, told="を記録しました")
    clinic.looks_right()
    clinic.open(f"{CLINIC}sheets/")
    clinic.looks_right()
    clinic.open(f"{CLINIC}sheets/send/")
    clinic.looks_right("clinic-sheets")
    sheets = clinic.page.locator("[name=sheets]").evaluate_all("all => all.map(one => one.value)")
    assert len(sheets) == 1, sheets
    story.number["sheet"] = sheets[0]
    clinic.send(sheets=sheets, counted="1", told="準備しました")
    story.number["⑫"] = batch = newest(clinic, "/sent/")
    clinic.looks_right()
    clinic.act(f"/sent/{batch}/seal/", told="封をしました")
    story.clinics_head.act(f"/sent/{batch}/release/", due="2026-03-31", told="放出しました")
    clinic.open(f"{CLINIC}sheets/")
    clinic.looks_right()


# --- the data-entry company


def on_the_paper(story: Results, **changes: str) -> dict[str, str]:
    comes = story.told["vouchers"][1]
    return {
        "voucher_number": comes["number"], "name": comes["name"], "birth": comes["birth"], "test": "健康診査",
        "examined_on": "令和7年10月23日", "institution": INSTITUTION, "raw": "2", **changes,
    }  # fmt: skip


def two_people_key_it_and_a_third_looks(story: Results) -> None:
    first, second, third, batch = story.first, story.second, story.third, story.number["⑫"]
    story.day(10, 24)
    first.act(f"/inbox/{batch}/acknowledge/", sheets="1")
    first.open(KEYING)
    first.looks_right()
    first.open(f"{KEYING}{batch}/")
    first.looks_right("keying-batch")
    first.follow("次の票を入力する")
    first.looks_right("keying-sheet")
    first.send(**on_the_paper(story), told="1回目を入力しました")
    first.looks_right()
    second.open(f"{KEYING}{batch}/next/")
    assert story.told["vouchers"][1]["number"] not in second.page.content()
    second.send(**on_the_paper(story, raw="3"), told="三人目が確かめます")
    third.open(f"{KEYING}{batch}/sheets/?state=differs")
    third.looks_right("keying-differs")
    third.follow("見比べる")
    third.looks_right("keying-third")
    third.send(raw="2", told="入力が済みました")
    third.looks_right()
    first.open(f"{KEYING}{batch}/")
    first.looks_right("keying-done")
    first.act(f"{KEYING}{batch}/deliver/", told="準備しました")
    story.number["⑬"] = made = newest(first, "/sent/")
    first.act(f"/sent/{made}/seal/", told="封をしました")
    story.keyings_head.act(f"/sent/{made}/release/", due="2026-03-31", told="放出しました")
    story.keyings_head.looks_right()


# --- the ward


def the_ward_takes_it_in_and_settles_every_row(story: Results) -> None:
    officer = story.officer
    story.day(10, 27)
    slips = story.world.ask("told")["deliveries"]
    assert slips[-1]["number"] == story.number["⑬"]
    officer.open("/")
    officer.looks_right()
    officer.act(f"/handovers/{slips[-1]['number']}/acknowledge/", rows=str(slips[-1]["rows"]),
                digest=slips[-1]["digest"], told="受領を確認しました")  # fmt: skip
    officer.open("/screening/results/")
    officer.looks_right()
    officer.open("/screening/results/take/")
    officer.looks_right("results-take")
    for slip in slips:
        officer.act(f"/screening/results/take/{slip['number']}/")
    officer.open("/screening/results/")
    officer.looks_right("results-deliveries")
    officer.open("/screening/results/take/xml/")
    officer.looks_right()
    officer.open("/screening/results/?waiting=on")
    links = officer.page.locator("main tbody th a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert len(links) >= 2, links
    links.sort(key=lambda one: _clean(story, one), reverse=True)
    for link in links:
        _settle(story, link, shown=link == links[0])
    officer.open("/")
    officer.looks_right()


def _clean(story: Results, link: str) -> int:
    story.officer.open(link)
    found = re.search(r"問題のない(\d+)件", story.officer.said())
    return int(found[1]) if found else 0


def _settle(story: Results, link: str, *, shown: bool) -> None:
    """The clean rows at once; the wrong person is looked up on the paper and put right, or rejected."""
    officer = story.officer
    officer.open(link)
    officer.looks_right("results-delivery" if shown else "")
    if officer.page.get_by_role("link", name="件を採用する").count():
        officer.follow("件を採用する", exact=False)
        officer.looks_right("results-accept" if shown else "")
        officer.send()
    officer.open(link)
    while (row := officer.page.locator("main table tbody th a[href*='/results/']")).count():
        row.first.click()
        officer.page.wait_for_load_state()
        wrong = "別人の結果のおそれ" in officer.said()
        officer.looks_right("results-row" if wrong else "")
        if wrong:
            officer.follow("直して採用する")
            officer.looks_right()
            officer.page.go_back()
            officer.follow("不採用にする")
        elif officer.page.get_by_role("link", name="このまま採用する").count():
            officer.follow("このまま採用する")
        else:
            officer.follow("不採用にする")
        officer.looks_right("results-reject" if wrong else "")
        officer.send(reason="納めた組織に電話で確かめた")
        officer.open(link)
    officer.looks_right()


def a_case_is_written_to_reported_and_closed(story: Results) -> None:
    officer, other = story.officer, story.other
    story.day(11, 12)
    officer.open("/screening/follow-up/")
    officer.looks_right("follow-up-cases")
    officer.follow("案内を準備する")
    officer.looks_right()
    officer.send(told="準備しました")
    officer.looks_right()
    batch = f"/screening/follow-up/letters/{newest(officer, '/letters/')}/"
    officer.act(f"{batch}draw/", **SENDER)
    officer.looks_right("follow-up-letters")
    letters = re.search(r"通数\s*(\d+)", officer.said())
    assert letters, officer.said()
    assert officer.file(f"{batch}1.pdf").startswith(b"%PDF-")
    officer.open("/screening/follow-up/letters/")
    officer.looks_right()
    other.act(f"{batch}release/", picture="follow-up-release", pieces=letters[1], told="発送を記録")
    other.looks_right()
    story.day(12, 10)
    officer.open("/screening/follow-up/")
    officer.looks_right()
    officer.page.locator("main tbody th a[href^='/screening/follow-up/']").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right()
    case = officer.page.url.removeprefix(officer.origin)
    officer.act(f"{case}call/", note="本人。今月、精密検査を受けるとのこと", told="記録しました")
    officer.act(f"{case}enquiry/", hospital="架空総合病院", postal_code="160-0000",
                address="東京都新宿区御苑台一丁目1番1号", reply_to="東京都新宿区御苑台二丁目2番2号", **SENDER,
                told="照会を記録")  # fmt: skip
    officer.act(f"{case}facility-report/", picture="follow-up-report", examined_on="2025-12-01",
                facility="架空総合病院", method="endoscopy", outcome="no_finding", told="把握として数えます")  # fmt: skip
    officer.looks_right("follow-up-case")
    officer.act(f"{case}close/", reason="医療機関の報告で結果を把握した", told="終了を記録しました")
    officer.looks_right()
    for act in ("self-report", "not-attended"):
        officer.open(f"{case}{act}/")
        officer.looks_right()
    officer.open("/screening/follow-up/?state=all")
    officer.looks_right()


def a_persons_page_shows_the_timeline(story: Results) -> None:
    officer = story.officer
    officer.act("/people/look-up/", text=story.told["vouchers"][0]["resident"], purpose="本人からの問合せ")
    officer.page.locator("main tbody a").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right()
    assert "所見あり" in officer.said()
    officer.page.get_by_role("heading", name="これまでの経過").evaluate("one => one.scrollIntoView()")
    officer.looks_right("person-timeline")


# --- figures and money


def the_rates_are_worked_out_and_released(story: Results) -> None:
    officer = story.officer
    story.day(3, 10, year=2026)
    officer.open(RATES)
    officer.looks_right()
    officer.open(f"{RATES}2025/")
    officer.looks_right()
    officer.act(f"{RATES}2025/work-out/")
    officer.open(f"{RATES}2025/?cancer=colorectal")
    officer.looks_right("rates")
    officer.open(f"{RATES}2025/inside/?cancer=colorectal")
    officer.looks_right("rates-inside")
    officer.act(f"{RATES}2025/release/", picture="rates-release", office=SENDER["office"])
    officer.open(f"{RATES}2025/")
    officer.looks_right()
    assert officer.file(f"{RATES}2025/editions/1.xlsx").startswith(b"PK")
    assert officer.file(f"{RATES}2025/editions/1.pdf").startswith(b"%PDF-")


def a_statement_is_prepared_by_one_and_approved_by_another(story: Results) -> None:
    officer, other = story.officer, story.other
    officer.open(BILLING)
    officer.looks_right("billing")
    officer.act(f"{BILLING}2025-10/prepare/", picture="billing-prepare")
    officer.looks_right("billing-statements")
    officer.page.locator("main tbody th a").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right()
    statement = officer.page.url.removeprefix(officer.origin)
    assert "作成した人とは別の人が" in officer.said()
    officer.refused(f"{statement}approve/", told="承認")
    other.open(statement)
    other.looks_right()
    other.follow("承認に進む")
    other.looks_right("billing-approve")
    other.send(told="支払明細を承認しました")
    other.looks_right("billing-statement")
    for kind, begins in (("pdf", b"%PDF-"), ("csv", b"")):
        assert other.file(f"{statement.rstrip('/')}.{kind}").startswith(begins)
