"""By its paper and the core's commands alone: a list is imported, handed over, returned, erased and accounted for.

The paper is that of the stress check, whose own steps are not used; a programme without code is run just so.
"""

from __future__ import annotations

import re

from tests.unit.people.rosters import csv_text, employee, written

from . import begun
from .conftest import Terminal

ITEMS = "氏名,性別,生年月日,職員番号,所属名,相当職名,職務名"


def approved(azukari: Terminal) -> None:
    azukari.at(4, 1)("dossier", "draft", "stress_check", "--by", "W001")
    azukari("dossier", "submit", "stress_check", "--by", "W001")
    azukari("dossier", "approve", "stress_check", "--from", "2025-05-01", "--by", "W101")
    azukari(
        "party", "add-organisation", "health", "--name", "見本ヘルス株式会社", "--encoding", "cp932", "--by", "W101"
    )
    for key, role in (("H001", "handler"), ("H901", "responsible")):
        azukari(
            "party", "report-handler", key, "--name", key, "--organisation", "health", "--role", role, "--by", "W101"
        )
    azukari.at(5, 1)("party", "appoint", "stress_check", "processor", "health", "--from", "2025-05-01",
                     "--grounds", "令和7年4月の入札", "--by", "W101")  # fmt: skip


def employees(azukari: Terminal) -> None:
    rows = [employee(f"10000{n}", 氏名=f"見本　{n}郎") for n in range(1, 5)]
    path, note = written(azukari.folder, csv_text(*rows), "cp932")
    told = azukari("people", "import", path, "--kind", "employees", "--rows", note.rows, "--sha256", note.sha256,
                   "--stated-on", "2025-05-01", "--by", "W001")  # fmt: skip
    number = re.search(r"No\.(\d+)", told)[1]
    azukari("people", "review", number, "--by", "W001")
    azukari("people", "commit", number, "--by", "W002")
    (azukari.folder / "list.csv").write_text("職員番号\n100001\n100003\n")


def test_employees_are_handed_over_returned_erased_and_accounted_for(terminal: Terminal):
    azukari, folder = terminal, terminal.folder
    begun.people(azukari)
    approved(azukari)
    employees(azukari)
    words = ("custody", "prepare", "stress_check", "--receiver", "health", "--party", "processor", "--step", "②",
             "--kind", "employees", "--list", folder / "list.csv", "--medium", "disc", "--purpose", "ストレスチェックの実施",
             "--by", "W001")  # fmt: skip
    azukari.at(5, 2)
    assert "職員区分" in azukari.refused(*words, "--items", f"{ITEMS},任用区分")
    assert "名簿に欄がありません" in azukari.refused(*words, "--items", "氏名,年齢")
    number = re.search(r"AZ-2025-\d{6}", azukari(*words, "--items", ITEMS))[0]
    azukari("custody", "seal", number, "--by", "W001")
    azukari("custody", "release", number, "--by", "W002")
    azukari("custody", "deliver", number, "--disc", folder / "disc", "--by", "W002")
    told = azukari.at(5, 2, 14)("custody", "password", number, "--to", "H901", "--occasion", "対面", "--show",
                                "--out", folder / "notice.pdf", "--by", "W002")  # fmt: skip
    secret = folder / "secret"
    secret.write_text(re.search("パスワード: (.+)", told)[1])
    azukari("custody", "open", folder / "disc" / f"{number}.zip", "--password-file", secret, "--by", "H001")
    held = azukari("custody", "balance", "--programme", "stress_check")
    assert ("見本ヘルス株式会社" in held, "2人" in held) == (True, True)
    assert number in azukari("custody", "overdue", "--on", "2026-04-01")
    azukari.at(6, 1)("custody", "return", number, "--remark", "CD-R 1枚", "--by", "H001")
    azukari("custody", "erase", number, "--by", "H001")
    azukari("custody", "certify", number, "--by", "H901")
    azukari("custody", "confirm", number, "--by", "W001")
    assert "すべて0" in azukari("custody", "balance")
    azukari("custody", "close", "stress_check", 2025, "--by", "W101")
    assert "異常なし" in azukari("witness", "verify")
