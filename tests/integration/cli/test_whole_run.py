"""The yearly run from the first handler to the closed year, by the command line alone, with the refusals on its way."""

from __future__ import annotations

import re

import pytest

from azukari.custody.models import Handover, RegisterEntry
from azukari.people.models import Resident
from azukari.programmes.screening.models import Exemption, GlyphQuestion, Sheet, Stop, Voucher
from azukari.programmes.screening.steps.state import living

from . import begun
from .conftest import Terminal

OFFICE = ("--office", "健康づくり課", "--telephone", "03-0000-0000")


def number_in(text: str) -> str:
    return re.search(r"AZ-\d{4}-\d{6}", text)[0]


def judged(azukari: Terminal) -> None:
    azukari.at(4, 2)
    assert "判定しました" in azukari("screening", "open", "--by", "W001")
    assert "すでに始めています" in azukari.refused("screening", "open", "--by", "W002")
    assert "検診" in azukari("screening", "difference")
    assert "別の人" in azukari.refused("screening", "confirm", "--by", "W001")
    assert "できません" in azukari.refused("screening", "number", "--by", "W001")
    azukari("screening", "confirm", "--by", "W002")
    azukari("screening", "number", "--by", "W001")
    azukari("screening", "proof", "--by", "W001")
    azukari("screening", "glyphs", "--by", "W002")
    for question in GlyphQuestion.objects.filter(decision="").values_list("pk", flat=True):
        azukari("screening", "decide", question, "individual", "--by", "W002")
    azukari("screening", "finish-proof", "--by", "W002")


def handed_over(azukari: Terminal) -> str:
    folder = azukari.folder
    azukari.at(4, 3, 9)
    assert "件数予告" in azukari.refused("screening", "hand-over", "--by", "W001")
    azukari(
        "screening", "notice", "--planned-on", "2025-04-03", "--pdf", folder / "notice.pdf", *OFFICE, "--by", "W001"
    )
    assert (folder / "notice.pdf").read_bytes().startswith(b"%PDF")
    number = number_in(azukari("screening", "hand-over", "--by", "W001"))
    azukari("custody", "seal", number, "--by", "W001")
    assert "別の人" in azukari.refused("custody", "release", number, "--by", "W001")
    azukari.at(4, 3, 11)
    azukari("custody", "release", number, "--due", "2025-06-30", "--by", "W002")
    (folder / "lgwan").mkdir()
    azukari("custody", "deliver", number, "--to", folder / "lgwan", "--occasion", "LGWAN 午前", "--by", "W002")
    password(azukari, number)
    azukari.at(4, 4)
    package = folder / "lgwan" / f"{number}.zip"
    wrong = azukari.run("custody", "open", package, "--by", "E001", stdin="wrong\n")
    assert (wrong.exit_code, "wrong" in wrong.output) == (3, False)
    azukari("custody", "open", package, "--password-file", folder / "password.txt", "--by", "E001")
    assert "受領確認済" in azukari.refused("custody", "open", package, "--password-file", folder / "password.txt",
                                          "--by", "E001")  # fmt: skip
    return number


def password(azukari: Terminal, number: str) -> None:
    """Another occasion than the package's; the password is shown where it is asked for, and nowhere else."""
    notice = azukari.folder / "password.pdf"
    words = ("custody", "password", number, "--to", "E901", "--out", notice, "--by", "W002")
    assert "別の機会" in azukari.at(4, 3, 15).refused(*words, "--occasion", "LGWAN 午前")
    assert "別の機会" in azukari.at(4, 3, 11).refused(*words, "--occasion", "手渡し 午後")
    assert not notice.exists()
    told = azukari.at(4, 3, 15)(*words, "--occasion", "手渡し 午後", "--show")
    secret = re.search("パスワード: (.+)", told)[1].strip()
    (azukari.folder / "password.txt").write_text(secret + "\n")
    assert "すでに通知" in azukari.refused(*words[:-4], "--out", azukari.folder / "again.pdf", "--by", "W002",
                                        "--occasion", "手渡し 夕方")  # fmt: skip
    assert secret not in azukari("custody", "show", number)


def paper(azukari: Terminal, day: int, to: str, party: str, step: str, taker: str) -> str:
    azukari.at(4, day)
    number = number_in(
        azukari("screening", "pass-sheets", "--to", to, "--party", party, "--step", step, "--by", "E001")
    )
    azukari("custody", "seal", number, "--by", "E001")
    azukari.at(4, day, 13)("custody", "release", number, "--due", "2025-06-30", "--by", "E901")
    handover = Handover.objects.get(number=number)
    azukari.at(4, day, 15)("custody", "acknowledge", number, "--rows", handover.rows, "--digest", handover.digest,
                           "--sheets", handover.sheets, "--by", taker)  # fmt: skip
    return number


def printed_and_enclosed(azukari: Terminal) -> str:
    folder = azukari.folder
    azukari.at(4, 7)("screening", "print", "--out", folder / "sheets", *OFFICE, "--workers", 0, "--by", "E001")
    spoiled = Sheet.objects.filter(state="printed", voucher__channel="printer").order_by("sequence")[0].code
    words = ("screening", "reprint", spoiled, "--reason", "汚損", "--requested-by", "E001")
    azukari.refused(*words, "--by", "E001")
    new = re.search(r"無効にし、(\S+) を", azukari.at(4, 8)(*words, "--by", "W002"))[1]
    azukari("screening", "draw-reprint", new, "--out", folder / "reprints", *OFFICE, "--by", "E001")
    enclosed = paper(azukari, 9, "toppan-cp", begun.ENCLOSER, "④", "C001")
    codes = list(living(Voucher.objects.first().run).order_by("sequence").values_list("code", flat=True))
    (folder / "short.txt").write_text("\n".join(codes[:-1]))
    (folder / "codes.txt").write_text("\n".join(codes) + "\n")
    azukari.at(4, 14)
    assert "不足" in azukari.refused("screening", "read-back", folder / "short.txt", "--by", "C001")
    assert "停止中" in azukari("screening", "status")
    azukari.refused("screening", "read-back", folder / "codes.txt", "--by", "C001")
    azukari("screening", "settle-halt", "--reason", "1枚の読み落とし。読み直す。", "--by", "W001")
    azukari("screening", "read-back", folder / "codes.txt", "--by", "C001")
    azukari.at(4, 15)("custody", "return", enclosed, "--by", "C001")
    return enclosed


def posted(azukari: Terminal) -> None:
    folder = azukari.folder
    paper(azukari, 16, "ward", "ward", "⑥", "W001")
    pieces = living(Voucher.objects.first().run).count()
    azukari.at(4, 25)("screening", "post", "--pieces", pieces, "--by", "W002")
    azukari("screening", "own-list", "--out", folder / "own", *OFFICE, "--by", "W001")
    own = Voucher.objects.filter(channel="ward").count()
    azukari.refused("screening", "post-own-list", "--pieces", own + 1, "--by", "W002")
    azukari("screening", "post-own-list", "--pieces", own, "--by", "W002")


def after_posting(azukari: Terminal) -> None:
    folder = azukari.folder
    voucher = Voucher.objects.filter(channel="printer").order_by("-pk")[0]
    person = voucher.person.number
    azukari.at(5, 12)
    assert "■" in azukari("screening", "look-up", person, "--reason", "本人からの電話", "--by", "W001")
    azukari("screening", "late", person, "--reason", "紛失", "--by", "W001")
    late = ("screening", "release-late", person, "--out", folder / "late", *OFFICE)
    azukari.refused(*late, "--by", "W001")
    azukari(*late, "--by", "W002")
    returned = Sheet.objects.filter(state="posted").order_by("sequence")[0]
    azukari("screening", "returned-mail", returned.code, "--cause", "宛所に尋ねあたらず", "--by", "W001")
    azukari("screening", "lift-hold", returned.voucher.person.number, "--reason", "転居届で確認", "--by", "W001")
    azukari.refused("screening", "lift-hold", returned.voucher.person.number, "--reason", "もう一度", "--by", "W001")
    azukari("screening", "opt-out", person, "--by", "W001")
    azukari("screening", "end-opt-out", person, "--until", "2025-05-13", "--by", "W001")
    assert "記録されていません" in azukari.refused(
        "screening", "end-opt-out", person, "--until", "2025-05-14", "--by", "W001"
    )
    azukari("screening", "exempt", person, "--by", "W001")
    assert Exemption.objects.get().fiscal_year == 2025


def gone(azukari: Terminal, data: str, enclosed: str) -> None:
    folder = azukari.folder
    azukari.at(6, 10)("custody", "erase", enclosed, "--by", "C001")
    azukari("custody", "certify", enclosed, "--by", "C901")
    azukari("custody", "erase", data, "--by", "E001")
    azukari.refused("custody", "certify", data, "--by", "E001")
    assert "再委託先" in azukari.refused("custody", "certify", data, "--by", "E901")
    azukari.refused("custody", "close", "screening", 2025, "--by", "W101")
    azukari("custody", "confirm", enclosed, "--by", "W001")
    azukari("custody", "certify", data, "--pdf", folder / "certificate.pdf", "--by", "E901")
    assert (folder / "certificate.pdf").read_bytes().startswith(b"%PDF")
    azukari("custody", "confirm", data, "--by", "W001")


def test_the_whole_run_is_driven_by_commands_alone(terminal: Terminal):
    azukari = terminal
    begun.people(azukari)
    begun.paper(azukari)
    begun.roster(azukari)
    judged(azukari)
    data = handed_over(azukari)
    assert data in azukari("custody", "list")
    assert data in azukari("custody", "overdue", "--on", "2025-07-01")
    assert "期限を過ぎた義務はありません" in azukari("custody", "overdue", "--on", "2025-06-30")
    enclosed = printed_and_enclosed(azukari)
    posted(azukari)
    after_posting(azukari)
    gone(azukari, data, enclosed)
    assert "残高はすべて0です" in azukari("custody", "balance", "--pdf", azukari.folder / "balance.pdf")
    azukari("custody", "register", "--csv", azukari.folder / "register.csv", "--pdf", azukari.folder / "register.pdf")
    assert data in (azukari.folder / "register.csv").read_text("utf-8-sig")
    line = RegisterEntry.objects.order_by("pk")[0].pk
    azukari("custody", "correct", line, "--remark", "備考の誤り", "--by", "W001")
    assert "訂正" in azukari("custody", "register")
    azukari.refused("custody", "correct", 999999, "--remark", "x", "--by", "W001", code=2)
    azukari("screening", "status", "--pdf", azukari.folder / "summary.pdf", "--by", "W001")
    stops = azukari("screening", "stops")
    assert f"{Stop.objects.filter(reason='protected').count()}" in stops
    listed = azukari("screening", "stops", "--list", "--purpose", "発送の確認", "--reason", "protected", "--by", "W001")
    assert Resident.objects.filter(protected=True).first().name not in listed
    azukari.at(3, 31, 9, year=2026)("screening", "close", "--by", "W002")
    assert "締めました" in azukari("custody", "close", "screening", 2025, "--by", "W101")
    assert "異常なし" in azukari("witness", "verify")


@pytest.mark.parametrize("words", [
    ("people", "find", "山田", "--purpose", "照会"), ("screening", "open"), ("people", "rosters", "--by"),
    ("party", "training", "W001", "--title", "研修"),
])  # fmt: skip
def test_an_act_without_by_is_wrong_use(terminal: Terminal, words):
    begun.people(terminal)
    assert "--by" in terminal.refused(*words, code=2)
