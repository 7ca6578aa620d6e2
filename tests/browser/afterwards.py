"""After the post: residents who ask, erasure and certificates, the closed year, the auditor."""

from __future__ import annotations

from .story import RUN, SENDER, Story


def a_resident_asks_and_gets_another_voucher(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(5, 12)
    resident = story.world.ask("people")[0]
    officer.open("/")
    officer.follow("住民の照会")
    officer.looks_right("look-up")
    # without a purpose that says something nobody is looked up
    officer.refused("/people/look-up/", told="補足を書いてください", text=resident, purpose="その他")
    officer.act("/people/look-up/", text=resident, purpose="本人からの問合せ")
    officer.looks_right()
    officer.page.locator("main tbody a").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right("person")
    person = officer.page.url.removeprefix(officer.origin)
    assert resident not in person
    officer.follow("データの扱いの記録")
    officer.looks_right()
    # late issue: one link, one choice, one button; then another person releases it
    officer.open(person)
    officer.follow("受診券を再発行する")
    officer.looks_right("late-issue")
    officer.send(cause="紛失・汚損", told="準備しました")
    officer.open("/screening/late/")
    assert "別の人が放出" in officer.said()
    other.open("/screening/late/")
    other.looks_right("late-release")
    other.follow("確かめて放出する", exact=False)
    other.looks_right()
    other.send(told="放出しました", **SENDER)
    other.looks_right()


def somebody_wants_no_letters_and_mail_comes_back(story: Story) -> None:
    officer, other = story.officer, story.other
    story.day(5, 19)
    officer.act("/people/look-up/", text=story.world.ask("people")[1], purpose="本人からの問合せ")
    officer.page.locator("main tbody a").first.click()
    officer.page.wait_for_load_state()
    officer.follow("案内の停止を記録する")
    officer.looks_right()
    officer.send(day="2025-05-19", told="停止を記録しました")
    officer.looks_right()
    assert "案内を停止しています" in officer.said()
    # mail comes back: the address is on hold until somebody lifts it
    story.day(5, 20)
    officer.act(
        "/screening/returned-mail/", code=story.world.ask("codes")[-1], cause="宛所に尋ねあたらず",
        told="保留しました",
    )  # fmt: skip
    officer.open("/screening/holds/")
    officer.looks_right()
    other.open("/screening/holds/")
    other.page.locator("main tbody a").first.click()
    other.page.wait_for_load_state()
    other.looks_right()
    other.send(reason="本人が窓口で住所を確認", told="保留を解除しました")


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
    auditor, number = story.auditor, story.number["①"]
    story.privacy.act("/log/state/verify/", told="異常なし")
    story.privacy.act("/log/state/sign/", told="署名しました")
    story.privacy.act("/log/state/export/", told="書き出したもの")
    auditor.open("/")
    pictures = {"/": "auditor-home", "/log/": "log", "/register/": "register"}
    menu = auditor.page.locator("nav.side a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    deeper = [
        RUN, f"{RUN}difference/", f"/handovers/{number}/", "/rosters/1/", "/dossiers/screening/", "/log/1/",
        "/parties/of/toppan-edge/",
    ]  # fmt: skip
    for link in [*menu, *deeper]:
        auditor.open(link)
        auditor.looks_right(pictures.get(link, ""))
        sends = "main form[method=post]:not(.save-filter, [action='/balances/compare/'])"
        assert not auditor.page.locator(sends).count(), link
    auditor.open("/log/state/")
    auditor.looks_right("log-state")
    auditor.open("/refusals/?since=2025-04-01&until=2026-03-31")
    auditor.looks_right("refusals")
    # what others may do is refused, and that is told without saying more
    for act in ("/people/look-up/", f"{RUN}judge/", f"/handovers/{number}/release/", "/rosters/1/commit/"):
        answer = auditor.page.goto(act)
        assert answer is not None
        assert answer.status == 403, act
        auditor.looks_right()
