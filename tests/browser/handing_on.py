"""From the printer's inbox to the post office: what leaves the ward, and how it comes back."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from .story import RUN, SENDER, Story, newest


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
    printer.open("/")
    printer.follow(number, exact=False)
    assert printer.page.url.endswith(f"/inbox/{number}/")
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
