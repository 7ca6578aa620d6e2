"""A ward that has begun: people reported, paper approved, contractors appointed, roster committed. By commands alone."""

from __future__ import annotations

import re

from azukari.programmes.screening import demo

from .conftest import Terminal

PRINTER, ENCLOSER = "toppan_edge", "toppan_cp"


def people(azukari: Terminal) -> None:
    azukari.at(3, 1)(
        "party", "bootstrap", "--name", "新宿区", "--privacy-officer", "W101:丙山 一", "--officer", "W001:甲野 二"
    )
    for key, name in (
        ("toppan-edge", "TOPPANエッジ株式会社"),
        ("toppan-cp", "株式会社トッパンコミュニケーションプロダクツ"),
    ):
        azukari("party", "add-organisation", key, "--name", name, "--by", "W101")
    for key, organisation, role in (
        ("W002", "ward", "officer"), ("W901", "ward", "auditor"), ("W102", "ward", "privacy_officer"),
        ("E001", "toppan-edge", "handler"), ("E901", "toppan-edge", "responsible"),
        ("C001", "toppan-cp", "handler"), ("C901", "toppan-cp", "responsible"),
    ):  # fmt: skip
        azukari("party", "report-handler", key, "--name", f"見本 {key}", "--organisation", organisation,
                "--role", role, "--by", "W101")  # fmt: skip


def paper(azukari: Terminal) -> None:
    azukari.at(3, 3)("dossier", "draft", "screening", "--by", "W001")
    azukari("dossier", "submit", "screening", "--by", "W001")
    azukari.at(3, 25)("dossier", "approve", "screening", "--from", "2025-04-01", "--by", "W101")
    azukari.at(4, 1, 9)
    azukari("dossier", "rule", "screening", "--finding", "work-not-handled:printing", "--key", "R2025-01",
            "--governs", "印字する12項目を優先する。", "--why", "印字する項目を処理しないまま受診券は作れない。",
            "--until", "2026-03-31", "--by", "W101")  # fmt: skip
    both = [
        f"{PRINTER}:{item}:{direction}"
        for item in ("eligible_tests", "test_period")
        for direction in ("provided", "handled")
    ]
    paper = [f"{ENCLOSER}:{item}:provided" for item in ("eligible_tests", "test_period")]
    azukari("dossier", "rule", "screening", "--finding", "voucher_contents", "--key", "R2025-02",
            "--governs", "受診券には受診できる検診と期間が含まれる。", "--why", "どの検診をいつまで受けられるかを示すため。",
            "--until", "2026-03-31", *(word for only in (*both, *paper) for word in ("--only", only)),
            "--by", "W101")  # fmt: skip
    for party, organisation in ((PRINTER, "toppan-edge"), (ENCLOSER, "toppan-cp")):
        azukari("party", "appoint", "screening", party, organisation, "--from", "2025-04-01", "--by", "W101")


def roster(azukari: Terminal, residents: int = 90) -> demo.WardFiles:
    files = demo.write_roster(demo.make_ward(residents, 2025, 1), azukari.folder / "input")
    azukari.at(4, 1, 11)
    told = azukari("people", "import", files.roster, "--note", files.note, "--stated-on", "2025-03-01", "--by", "W001")
    number = re.search(r"No\.(\d+)", told)[1]
    azukari("people", "review", number, "--by", "W001")
    azukari("people", "commit", number, "--by", "W002")
    azukari("screening", "history", files.history, "--note", files.history_note, "--by", "W001")
    return files
