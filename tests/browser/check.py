"""A stress check at everybody's browser: slips, answers, paper, results, consent, interview, groups, report, the end."""

from __future__ import annotations

import re
from collections.abc import Callable

from .person import Person, World
from .story import at, newest

ROUND = "/stress/2025/"
WORDS = "さくら さく なみき"
WHO = {
    "clerk": "K001", "second": "K002", "third": "K003", "doctor": "K101", "nurse": "K102", "interviewer": "K103",
    "head": "K901", "officer": "W001", "other": "W002", "privacy": "W101", "first": "EMPLOYEE1", "colleague": "EMPLOYEE2",
}  # fmt: skip
STRESSED = {"a": "1", "b": "4", "c": "4", "d": "4"}
"""What somebody under high stress chooses in each part; the reversed questions of the first do not change the verdict."""


class Check:
    """Who takes part. ``codes``: what stands on the slips of two of the staff."""

    def __init__(self, world: World, meet: Callable[[str], Person]) -> None:
        self.world, self.meet = world, meet
        self.codes: list[dict[str, str]] = []
        self.number: dict[str, str] = {}

    def day(self, *when: int, **more: int) -> None:
        self.world.set_clock(at(*when, **more))

    def __getattr__(self, key: str) -> Person:
        return self.meet(WHO[key])


# --- the site is set up


def the_clerk_sees_the_round_and_invites(story: Check) -> None:
    clerk = story.clerk
    story.day(5, 14)
    for path in ("/", "/stress/"):
        clerk.open(path)
        clerk.looks_right()
    clerk.open(ROUND)
    clerk.looks_right("stress-round")
    clerk.open(f"{ROUND}staff/")
    clerk.looks_right("stress-staff")
    clerk.page.locator("main tbody a").first.click()
    clerk.page.wait_for_load_state()
    clerk.looks_right()
    for act in ("staff/find/", "staff/glyphs/", "paper/", "paper/choose/", "invitations/", "reminders/"):
        clerk.open(f"{ROUND}{act}")
        clerk.looks_right()
    clerk.act(f"{ROUND}invitations/issue/", site="https://check.example.jp", picture="stress-invitations")
    assert clerk.page.locator("main").inner_text()
    story.head.open(f"{ROUND}duties/appoint/")
    story.head.looks_right("stress-appoint")


def some_answer_on_paper(story: Check) -> None:
    clerk = story.clerk
    clerk.open(f"{ROUND}paper/choose/")
    clerk.page.locator("[name=sections]").first.check()
    clerk.send(reason="業務用の端末がない職場")
    story.day(6, 2)
    story.doctor.act(f"{ROUND}open/", told="始めました")
    clerk.act(f"{ROUND}paper/issue/", return_by="2025-06-20")
    clerk.open(f"{ROUND}paper/")
    clerk.looks_right("stress-paper")


# --- the staff answer


def somebody_comes_in_by_the_code_and_answers_on_the_way(story: Check) -> None:
    story.codes = story.world.ask("codes")
    story.day(6, 3)
    me, mine = story.first, story.codes[0]
    me.open("/")
    me.looks_right("employee-home")
    me.open("/enter/")
    me.looks_right("employee-enter")
    me.send(code=mine["code"], birth=mine["birth"], passphrase=WORDS, again=WORDS, told="入りました")
    me.looks_right()
    me.page.locator("main a[href^='/answers/']").first.click()
    for _ in range(20):
        me.page.wait_for_load_state()
        if "/review/" in me.page.url:
            break
        part = me.page.url.rstrip("/").rsplit("/", 1)[-1]
        me.looks_right("employee-part" if part == "a1" else "")
        value = STRESSED[part[0]]
        for question in me.page.locator("fieldset.question").all():
            question.locator(f"input[value='{value}']").check()
        me.page.locator("button[value=next]").click()
    me.looks_right("employee-review")


def it_goes_on_at_another_device_and_is_sent_once(story: Check) -> None:
    """The colleague's browser stands in for the telephone; the page that was open in the first is no longer good."""
    me, phone, mine = story.first, story.colleague, story.codes[0]
    phone.open("/return/")
    phone.looks_right()
    phone.send(employee_number=mine["number"], passphrase=WORDS)
    phone.open("/review/")
    phone.press("この内容で送信する")
    phone.looks_right("employee-done")
    phone.page.go_back()
    phone.page.wait_for_load_state()
    assert "/done/" in phone.page.url or not phone.page.locator("fieldset").count()
    me.page.goto("/answers/a1/")
    assert "/done/" in me.page.url
    phone.page.locator("form[action='/leave/'] button").first.click()
    phone.page.wait_for_load_state()
    phone.looks_right()


def a_shared_link_is_a_spent_link(story: Check) -> None:
    other, mine = story.colleague, story.codes[0]
    answer = other.page.goto(f"/enter/{mine['code']}/")
    assert answer is not None
    other.looks_right()
    other.refused(
        f"/enter/{mine['code']}/",
        told="入れません",
        birth=mine["birth"],
        passphrase="somebody else",
        again="somebody else",
    )
    assert mine["code"] not in other.page.title()


def forms_come_back_and_are_keyed_twice(story: Check) -> None:
    story.day(6, 20)
    clerk, second = story.clerk, story.second
    clerk.open(f"{ROUND}paper/forms/")
    clerk.looks_right()
    numbers = sorted(set(re.findall(r"2025-\d{5}", clerk.page.content())))
    assert numbers, clerk.said()
    clerk.act(f"{ROUND}paper/count-in/", numbers=numbers[0], counted="1")
    link = clerk.page.url.removeprefix(clerk.origin)
    assert "/paper/batches/" in link
    for who in (clerk, second):
        who.open(f"{link}next/")
        who.looks_right("stress-key" if who is clerk else "")
        fields = who.page.locator("form.act input[name^=q]")
        for n in range(fields.count()):
            fields.nth(n).fill(str(1 + n % 4))
        who.send()
    clerk.open(link)
    clerk.looks_right()
    clerk.act(f"{link}settle/")


def the_round_is_closed_and_scored(story: Check) -> None:
    story.world.ask("answers")
    story.day(6, 30, hour=18)
    clerk, doctor = story.clerk, story.doctor
    clerk.open(f"{ROUND}reminders/")
    clerk.looks_right("stress-reminders")
    doctor.act(f"{ROUND}close/", told="締め切りました")
    story.day(7, 1)
    clerk.open(f"{ROUND}results/")
    clerk.looks_right()
    clerk.act(f"{ROUND}results/score/")
    clerk.looks_right("stress-results")


# --- the implementers


def the_implementer_decides_one_by_one(story: Check) -> None:
    doctor = story.doctor
    doctor.act(f"{ROUND}results/rest/", told="不要")
    for n in range(60):
        doctor.open(f"{ROUND}results/review/")
        if n == 0:
            doctor.looks_right("stress-review")
        waiting = doctor.page.locator("main tbody a[href*='/results/']")
        if not waiting.count() or "未判断" not in doctor.said():
            break
        waiting.first.click()
        doctor.page.wait_for_load_state()
        doctor.looks_right("stress-decide" if n == 0 else "")
        doctor.send(interview="yes", note="一度、医師と話してみませんか。")
    story.day(7, 2)
    story.nurse.act(f"{ROUND}results/notify/", told="知らせました")


def letters_are_checked_by_another(story: Check) -> None:
    clerk, second = story.clerk, story.second
    clerk.act(f"{ROUND}letters/prepare/", told="準備しました")
    clerk.open(f"{ROUND}letters/")
    clerk.looks_right()
    second.open(f"{ROUND}letters/check/")
    second.looks_right("stress-letters")
    for one in second.page.locator("[name=letters]").all():
        one.check()
    second.send(compared=True, told="照合しました")
    clerk.open(f"{ROUND}letters/send/")
    clerk.looks_right()
    for one in clerk.page.locator("[name=letters]").all():
        one.check()
    clerk.send(told="渡した")


# --- the person again


def the_person_reads_consents_and_applies(story: Check) -> None:
    me, mine = story.first, story.codes[0]
    story.day(7, 3)
    me.open("/return/")
    me.send(employee_number=mine["number"], passphrase=WORDS)
    me.open("/result/")
    assert "面接指導" in me.said()
    me.looks_right("employee-result")
    assert me.file("/result/own.pdf").startswith(b"%PDF")
    assert mine["number"] in me.file("/result/own.csv").decode("utf-8-sig")
    me.act("/result/consent/", agreed=True, picture="employee-consent")
    me.act("/result/withdraw/")
    me.act("/result/consent/", agreed=True)
    me.act("/result/apply/")
    me.looks_right()


def the_doctor_interviews_and_gives_an_opinion(story: Check) -> None:
    doctor = story.interviewer
    story.day(7, 15)
    story.nurse.open(f"{ROUND}interviews/")
    story.nurse.looks_right("stress-interviews")
    doctor.open(f"{ROUND}interviews/")
    doctor.looks_right()
    doctor.page.locator("main a[href*='/interviews/']").first.click()
    doctor.page.wait_for_load_state()
    doctor.looks_right("stress-interview")
    story.number["interview"] = re.findall(r"/interviews/(\d+)/", doctor.page.url)[0]
    one = f"{ROUND}interviews/{story.number['interview']}/"
    doctor.act(f"{one}held/", held_on="2025-07-15", words="睡眠が浅い。業務量について話した。")
    doctor.act(f"{one}opinion/", opinion="時間外勤務を3か月制限することが望ましい。")
    for closed in ("results/", "letters/", "groups/", "staff/"):
        answer = doctor.page.goto(f"{ROUND}{closed}")
        assert answer is not None
        assert answer.status == 403, closed
    doctor.looks_right()


# --- groups, and the ward


def groups_are_let_out_by_another_and_delivered(story: Check) -> None:
    clerk, doctor, head = story.clerk, story.doctor, story.head
    story.day(8, 20)
    clerk.act(f"{ROUND}groups/prepare/")
    clerk.open(f"{ROUND}groups/")
    clerk.looks_right("stress-groups")
    doctor.act(f"{ROUND}groups/1/let-out/")
    clerk.open(f"{ROUND}delivery/")
    clerk.looks_right()
    clerk.act(f"{ROUND}delivery/prepare/", office="総務部 人材育成等担当課", told="準備しました")
    story.number["⑦"] = number = newest(clerk, "/sent/")
    clerk.act(f"/sent/{number}/seal/", told="封をしました")
    head.act(f"/sent/{number}/release/", told="放出しました")
    head.act(f"{ROUND}delivery/password/")
    head.looks_right()


def the_ward_receives_the_report_and_sees_no_more(story: Check) -> None:
    officer, number = story.officer, story.number["⑦"]
    story.day(8, 22)
    officer.open("/")
    officer.looks_right()
    officer.open(f"/handovers/{number}/acknowledge/")
    officer.looks_right()
    slip = story.world.ask("delivered")
    officer.send(rows=slip["rows"], digest=slip["digest"])
    for path, picture in (
        ("/stress/", ""), ("/stress/2025/", "stress-ward-year"), ("/stress/2025/report/", "stress-ward-report"),
        ("/stress/2025/groups/", "stress-ward-groups"), ("/stress/2025/interviews/", "stress-ward-interviews"),
        ("/stress/establishments/", ""), ("/stress/authority/", "stress-ward-authority"),
        ("/stress/2025/labour/", ""), ("/stress/hand-over/", "stress-ward-hand-over"),
    ):  # fmt: skip
        officer.open(path)
        officer.looks_right(picture)
    assert story.codes[0]["name"] not in officer.page.content()
    officer.act("/stress/2025/consents/")
    assert story.codes[0]["name"] in officer.said()
    officer.looks_right("stress-ward-consents")
    officer.page.locator("main tbody a").first.click()
    officer.page.wait_for_load_state()
    officer.looks_right("stress-ward-given")
    assert "睡眠が浅い" not in officer.page.content()
    officer.act(
        f"/stress/2025/interviews/{story.number['interview']}/", measures="時間外勤務を月10時間までとする。",
    )  # fmt: skip
    officer.act("/stress/2025/confirm/")


def who_has_authority_over_personnel_is_shown_no_person(story: Check) -> None:
    other = story.other
    story.privacy.act("/stress/authority/new/", handler=str(story.world.ask("handler")), since="2025-08-01")
    for path in ("/stress/2025/consents/", "/stress/2025/interviews/"):
        answer = other.page.goto(path)
        assert answer is not None
        if answer.status < 400 and other.page.locator("form.act").count():
            other.page.locator("form.act button[type=submit]").first.click()
            other.page.wait_for_load_state()
        assert story.codes[0]["name"] not in other.page.content(), path
        other.looks_right()


def the_year_ends_and_names_go_behind_the_seal(story: Check) -> None:
    doctor = story.doctor
    story.day(3, 10, year=2026)
    doctor.open(f"{ROUND}end/")
    doctor.looks_right()
    doctor.act(f"{ROUND}end/finish/", told="終了しました")
    doctor.open(ROUND)
    doctor.looks_right()
    story.first.page.goto("/result/")
    story.first.looks_right()
