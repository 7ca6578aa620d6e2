"""From the board's paper to the release: what the ward does before anything leaves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .story import RUN, SENDER, Story, newest

PAPER = Path(__file__).resolve().parents[2] / "src" / "azukari" / "programmes" / "screening" / "dossier.toml"
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
    officer.act("/rosters/new/", kind="residents", stated_on="2025-03-01", file=roster, note=note, check=True)
    assert "見出しごとに" in officer.said()
    officer.looks_right("roster-columns")
    officer.send()
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
    # what can't be printed as it is written is decided one by one
    other.open(f"{RUN}proof/")
    other.follow("一覧で判断する", exact=False)
    other.looks_right()
    other.send(purpose="字形の判断")
    other.looks_right("glyphs")
    for choice in other.page.locator("[type=radio][value=individual]").all():
        choice.check()
    other.press("選んだ判断を記録する")
    other.looks_right()
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
