"""The yearly voucher run from the board's paper to the closed year, by all its people, each at a browser of their own.

One story, told in order: every page that is passed is looked at (axe, 320 px, no outside request), the acts are done
as their people do them, and what may not be done is tried on the way.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from .person import Person, World

TOKYO = ZoneInfo("Asia/Tokyo")
PAPER = Path(__file__).resolve().parents[2] / "src" / "azukari" / "programmes" / "screening" / "dossier.toml"
SENDER = {"office": "健康部 健康づくり課", "telephone": "03-0000-0000"}
RUN = "/screening/2025/"
PRINTER, ENCLOSER = "toppan_edge", "toppan_cp"
ENCLOSING_ONLY = "概要（再委託するのは封入封かん業務のみ）を優先する。"
RULINGS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("work-not-handled:printing", "委託の内容②（印字する12項目）を優先する。", lambda value: True),
    (
        "voucher_contents",
        "受診券を作るという委託の内容に、受診できる検診の種類と期間が含まれる。",
        lambda value: value.startswith(PRINTER) or (value.startswith(ENCLOSER) and value.endswith("provided")),
    ),
    ("re_enclosing_scope", ENCLOSING_ONLY, lambda value: False),
    ("work-not-handled:re_enclosing", ENCLOSING_ONLY, lambda value: False),
)


def at(month: int, day: int, hour: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=TOKYO)


class Story:
    """Who takes part, and the handovers by their step."""

    def __init__(self, world: World, meet: Callable[[str], Person]) -> None:
        self.world, self.meet = world, meet
        self.number: dict[str, str] = {}
        self.officer, self.other = meet("W001"), meet("W002")
        self.privacy, self.auditor = meet("W101"), meet("W901")
        self.printer, self.printers_head = meet("E001"), meet("E901")
        self.encloser, self.enclosers_head = meet("C001"), meet("C901")

    def day(self, *when: int, **more: int) -> None:
        self.world.set_clock(at(*when, **more))


def test_the_whole_run(world: World, person: Any) -> None:
    world.set_clock(at(3, 3))
    story = Story(world, person)
    the_paper_is_drafted_submitted_and_approved(story)
    its_gaps_are_ruled_on_and_its_parties_appointed(story)
    the_roster_is_staged_reviewed_and_committed(story)
    everybody_is_judged_numbered_and_proofed(story)
    the_data_is_prepared_sealed_and_released_by_another(story)
    it_arrives_with_the_password_apart(story)
    the_printer_prints_and_passes_on(story)
    the_encloser_reads_back_and_returns(story)
    the_letters_are_delivered_and_posted(story)
    a_resident_asks_and_gets_another_voucher(story)
    everything_is_erased_certified_and_closed(story)
    the_auditor_sees_it_all_and_changes_nothing(story)


def newest(person: Person, beginning: str) -> str:
    found = re.search(re.escape(beginning) + r"([^/]+)/", person.page.url)
    assert found, person.page.url
    return found[1]


def the_paper_is_drafted_submitted_and_approved(story: Story) -> None:
    officer, privacy = story.officer, story.privacy
    officer.open("/")
    officer.looks_right("ward-first-day")
    officer.act("/dossiers/draft/", file=PAPER, told="登録しました")
    pages = f"/dossiers/screening/{newest(officer, '/dossiers/screening/')}/"
    officer.act(f"{pages}submit/", told="付議しました")
    # when the privacy officer reads it as the board does
    story.day(3, 25)
    pictures = {"": "dossier", "matrix/": "dossier-matrix", "findings/": "dossier-findings"}
    for part in ("", "flow/", "matrix/", "findings/", "changes/", "history/"):
        privacy.open(pages + part)
        privacy.looks_right(pictures.get(part, ""))
    # then somebody else than who drafted it records the approval
    privacy.act(f"{pages}approve/", in_force_from="2025-04-01", picture="dossier-approve", told="承認を記録しました")
    story.day(3, 26)
    for year in ("2024", "2025"):
        privacy.open(f"{pages}renew/")
        if privacy.page.locator(f"[name=fiscal_year] option[value='{year}']").count():
            privacy.looks_right()
            privacy.send(fiscal_year=year, clause="*")


def its_gaps_are_ruled_on_and_its_parties_appointed(story: Story) -> None:
    privacy = story.privacy
    story.day(4, 1, 9)
    for finding, governs, granted in RULINGS:
        privacy.open(f"/dossiers/screening/findings/{finding}/rule/")
        privacy.looks_right("ruling" if finding == "voucher_contents" else "")
        privacy.page.get_by_label("上のどれでもない（下に書く）").check()
        offered = privacy.page.locator("[name=grants]").evaluate_all("all => all.map(one => one.value)")
        privacy.send(
            other=governs, why="付議書の趣旨による。", until="2026-03-31", grants=[v for v in offered if granted(v)],
            told="裁定を記録しました",
        )  # fmt: skip
    for organisation, party in (("toppan-edge", PRINTER), ("toppan-cp", ENCLOSER)):
        privacy.act(
            f"/parties/of/{organisation}/appoint/", stands_for=f"screening|{party}", valid_from="2025-04-01",
            told="選定を記録しました",
        )  # fmt: skip
    for page in ("/parties/", "/parties/of/toppan-edge/", "/dossiers/", "/dossiers/screening/ask/"):
        privacy.open(page)
        privacy.looks_right("party" if page.endswith("edge/") else "")


def the_roster_is_staged_reviewed_and_committed(story: Story) -> None:
    officer, other, files = story.officer, story.other, story.world.folder / "input"
    story.day(4, 1, 11)
    # given a file that is not what the delivery note says
    roster, note = sorted(files.glob("jumin_*"))
    torn = story.world.folder / "torn.csv"
    torn.write_bytes(roster.read_bytes()[:-40])
    officer.open("/rosters/new/")
    officer.looks_right("roster-upload")
    officer.fill(kind="residents", stated_on="2025-03-01", file=torn, note=note)
    officer.press("ファイルを確かめて読み込む")
    officer.page.wait_for_selector(".error-summary, [data-job-state=refused]", timeout=60_000)
    officer.looks_right()
    # when the right one is read
    officer.act("/rosters/new/", kind="residents", stated_on="2025-03-01", file=roster, note=note)
    number = newest(officer, "/rosters/")
    officer.looks_right("roster-review")
    officer.act(f"/rosters/{number}/rows/", purpose="名簿の内訳の確認")
    officer.looks_right()
    officer.act(f"/rosters/{number}/review/", told="確認を記録しました")
    # then it is committed by another person, and by nobody else
    officer.refused(f"/rosters/{number}/commit/", told="別の")
    other.act(f"/rosters/{number}/commit/", picture="roster-commit")
    history, note = sorted(files.glob("jushinreki_*"))
    officer.act("/screening/history/", file=history, note=note)


def everybody_is_judged_numbered_and_proofed(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(4, 2)
    officer.act(f"{RUN}judge/")
    officer.open(RUN)
    officer.looks_right("run")
    other.open(f"{RUN}difference/")
    other.looks_right("difference")
    officer.refused(f"{RUN}confirm/", told="別の")
    other.act(f"{RUN}confirm/")
    officer.act(f"{RUN}numbers/")
    officer.act(f"{RUN}proof/")
    if "一覧" in officer.said():
        other.act(f"{RUN}glyphs/", purpose="字形の判断")
        other.looks_right()
        for choice in other.page.locator("[type=radio][value=individual]").all():
            choice.check()
        if other.page.locator("[type=radio]").count():
            other.press("選んだ判断を記録する")
    other.act(f"{RUN}proof/finish/")
    officer.act(f"{RUN}notice/", planned_on="2025-04-03", **SENDER)
    officer.open(f"{RUN}stops/")
    officer.looks_right()
    officer.act(f"{RUN}stops/list/", purpose="送らない人の確認", reason="protected")
    officer.looks_right()


def the_data_is_prepared_sealed_and_released_by_another(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(4, 3, 9)
    officer.act(f"{RUN}hand-over/")
    officer.open("/handovers/")
    officer.looks_right()
    officer.page.locator("main tbody a").first.click()
    story.number["①"] = number = newest(officer, "/handovers/")
    page = f"/handovers/{number}/"
    officer.act(f"{page}seal/", sealing="zip")
    # who prepared it may not release it, in whatever tab
    officer.open(page)
    officer.looks_right()
    officer.refused(f"{page}release/", told="別の", due="2025-06-30")
    # another may, after proving again that it is them; doing it twice does no harm
    other.open(f"{page}release/")
    tab = other.context.new_page()
    tab.goto(f"{page}release/")
    other.looks_right("release")
    other.send(due="2025-06-30", told="放出しました")
    other.page.go_back()
    other.open(page)
    other.looks_right("handover")
    first, other.page = other.page, tab
    other._let_in()
    tab.locator("form.act button[type=submit]").first.click()
    tab.wait_for_load_state()
    other._let_in()
    assert "放出しました" not in other.said()
    tab.close()
    other.page = first
    other.act(f"{page}deliver/", way="inbox", told="届けました")


def it_arrives_with_the_password_apart(story: Story) -> None:
    other, printer, number = story.other, story.printer, story.number["①"]
    story.day(4, 3, 15)
    other.open(f"/handovers/{number}/password/")
    other.looks_right()
    to = other.page.locator("[name=to] option", has_text="己井").get_attribute("value")
    notice = other.answer_of(to=to, occasion="手渡し 4月3日午後", contact="03-0000-0000")
    words = re.sub(r"[\s\u200b]+", "", PdfReader(io.BytesIO(notice)).pages[0].extract_text())
    password = re.search(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){4}", words)
    assert password, words
    # the printer sees what is its own and nothing else
    story.day(4, 4)
    printer.open("/")
    printer.looks_right("partner-home")
    printer.open("/inbox/")
    printer.looks_right()
    for stranger in ("/rosters/", "/people/look-up/", "/log/", "/handovers/", "/inbox/AZ-2025-999999/"):
        answer = printer.page.goto(stranger)
        assert answer is not None
        assert answer.status == 404, stranger
    printer.looks_right()
    printer.open(f"/inbox/{number}/")
    printer.looks_right("partner-received")
    with printer.page.expect_download() as waiting:
        printer.press("届いたファイルを受け取る（ZIP）")
    package = story.world.folder / "arrived.zip"
    waiting.value.save_as(package)
    printer.refused(f"/inbox/{number}/open/", told="パスワード", file=package, password="chigau-chigau")
    printer.act(f"/inbox/{number}/open/", picture="partner-open", file=package, password=password[0],
                told="件数とハッシュ値が一致しました")  # fmt: skip


def the_printer_prints_and_passes_on(story: Story) -> None:
    printer, head, encloser, number = story.printer, story.printers_head, story.encloser, story.number["①"]
    work = f"/screening/{number}/"
    story.day(4, 7)
    printer.act(f"{work}print/", **SENDER)
    printer.open(work)
    printer.looks_right("partner-work")
    # one sheet is spoiled
    story.day(4, 8)
    assert printer.file(f"{work}files/1.pdf").startswith(b"%PDF-")
    spoiled = story.world.ask("codes")[0]
    printer.act(f"{work}reprints/ask/", code=spoiled, reason="断裁機での汚損", told="申請しました")
    story.other.open(f"{RUN}reprints/")
    story.other.looks_right()
    story.other.page.get_by_role("link", name="承認する").first.click()
    story.other.looks_right()
    story.other.send(told="無効にし")
    printer.open(work)
    printer.follow("印字する")
    printer.looks_right()
    printer.send(**SENDER)
    # the sheets go to the sub-processor, released by the responsible handler
    story.day(4, 9)
    printer.act(f"{work}pass-on/", told="準備しました")
    story.number["④"] = passed = newest(printer, "/sent/")
    printer.looks_right()
    printer.act(f"/sent/{passed}/seal/", told="封をしました")
    head.act(f"/sent/{passed}/release/", picture="partner-release", due="2025-06-30", told="放出しました")
    head.open(f"/sent/{passed}/")
    head.looks_right()
    encloser.open("/")
    encloser.looks_right("sub-home")
    encloser.open(f"/inbox/{passed}/")
    sheets = re.search(r"([\d,]+)枚", encloser.said())
    assert sheets, encloser.said()
    encloser.act(f"/inbox/{passed}/acknowledge/", picture="sub-count", sheets=sheets[1].replace(",", ""))


def the_encloser_reads_back_and_returns(story: Story) -> None:
    encloser, printer = story.encloser, story.printer
    passed = story.number["④"]
    work = f"/screening/{passed}/"
    story.day(4, 14)
    encloser.open(work)
    encloser.looks_right("sub-work")
    # given a file that is not one of codes
    file = story.world.folder / "codes.txt"
    file.write_text("封入の記録\n")
    encloser.open(f"{work}read-back/")
    encloser.looks_right("sub-read-back")
    encloser.fill(file=file)
    encloser.press("照合する")
    encloser.page.wait_for_selector(".error-summary")
    encloser.looks_right()
    # when the machine's file is given, the totals are told at once
    file.write_text("\n".join(story.world.ask("codes")) + "\n")
    encloser.open(f"{work}read-back/")
    encloser.fill(file=file)
    encloser.press("照合する")
    assert "すべて順番どおりに一致しました" in encloser.said(), encloser.said()
    story.day(4, 15)
    encloser.act(f"/inbox/{passed}/return/", told="返却を記録しました")
    # then the letters go to the ward
    story.day(4, 16)
    work = f"/screening/{story.number['①']}/"
    printer.act(f"{work}bring-back/", told="準備しました")
    story.number["⑥"] = brought = newest(printer, "/sent/")
    printer.act(f"/sent/{brought}/seal/")
    story.printers_head.act(f"/sent/{brought}/release/", due="2025-06-30")
    printer.act(f"{work}blank-forms/", forms="200", told="管理簿に記録しました")


def the_letters_are_delivered_and_posted(story: Story) -> None:
    officer, other = story.officer, story.other
    count = len(story.world.ask("codes"))
    brought = story.number["⑥"]
    officer.act(f"/handovers/{brought}/acknowledge/", sheets=str(count), told="受領を確認しました")
    story.day(4, 25)
    other.act(f"{RUN}post/", picture="post", pieces=str(count), told="数は一致しています")
    # the ward's own letters leave by another person than who printed them
    officer.act(f"{RUN}own-list/", **SENDER)
    printed = re.search(r"印字して発送を待つ\s*([\d,]+)枚", officer.said())
    assert printed, officer.said()
    other.act(f"{RUN}own-list/post/", pieces=printed[1].replace(",", ""), told="発送を記録しました")
    officer.open(RUN)
    officer.looks_right("run-posted")
    officer.open("/")
    officer.looks_right("ward-home")


def a_resident_asks_and_gets_another_voucher(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(5, 12)
    resident = story.world.ask("people")[0]
    officer.act("/people/look-up/", picture="look-up", text=resident, purpose="本人からの問合せ")
    officer.looks_right()
    officer.page.locator("main tbody a").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right("person")
    person = officer.page.url.removeprefix(officer.origin)
    assert resident not in person
    officer.open(f"{person}records/")
    officer.looks_right()
    # late issue: three clicks from the person's page, released by another
    officer.act(f"{person}screening/late/", picture="late-issue", cause="紛失・汚損")
    other.open("/screening/late/")
    other.looks_right("late-release")
    other.follow("確かめて放出する", exact=False)
    other.looks_right()
    other.send(told="放出しました", **SENDER)
    # mail comes back: the address is on hold until somebody lifts it
    story.day(5, 20)
    officer.act(
        "/screening/returned-mail/", code=story.world.ask("codes")[-1], cause="宛所に尋ねあたらず",
        told="保留しました",
    )  # fmt: skip
    officer.open("/screening/holds/")
    officer.looks_right()


def everything_is_erased_certified_and_closed(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(6, 10)
    data, paper = story.number["①"], story.number["④"]
    story.printer.act(f"/inbox/{data}/erase/", picture="partner-erase", told="消去しました")
    for head, number in ((story.enclosers_head, paper), (story.printers_head, data)):
        head.act(f"/inbox/{number}/certify/", picture="certify" if number == data else "",
                 told="消去証明書を発行しました")  # fmt: skip
        assert head.file(f"/inbox/{number}/certificate.pdf").startswith(b"%PDF-")
        officer.act(f"/handovers/{number}/certificate/confirm/", told="消去証明書を確認しました")
    # the clock passes the end of the fiscal year with the run still open
    story.day(4, 1, year=2026)
    other.open(RUN)
    assert "年度が替わりました" in other.said()
    story.day(3, 31, 14, year=2026)
    other.act(f"{RUN}close/", told="年次処理を完了しました")
    story.privacy.act("/closings/screening/2025/", picture="closing", told="締めました")
    story.printer.open("/register/")
    story.printer.looks_right()
    story.printers_head.open("/handlers/")
    story.printers_head.looks_right()


def the_auditor_sees_it_all_and_changes_nothing(story: Story) -> None:
    auditor = story.auditor
    auditor.open("/")
    for link in auditor.page.locator("nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))"):
        if link.startswith("/") and not link.startswith("/sign-out"):
            auditor.open(link)
            auditor.looks_right({"/": "auditor-home", "/log/": "log", "/register/": "register"}.get(link, ""))
            assert not auditor.page.locator("main form.act").count(), link
    auditor.open("/log/state/")
    auditor.looks_right("log-state")
    auditor.open("/refusals/")
    auditor.looks_right("refusals")
    story.privacy.act("/log/state/verify/", told="異常なし")
    story.privacy.act("/log/state/sign/", told="署名しました")
    story.privacy.act("/log/state/export/", told="書き出したもの")
    answer = auditor.page.goto("/people/look-up/")
    assert answer is not None
    assert answer.status == 403
    auditor.looks_right()
