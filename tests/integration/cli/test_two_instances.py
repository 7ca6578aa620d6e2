"""The ward's azukari and a laboratory's: a list goes over, replies come back as files, and both books agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from azukari.programmes.screening import demo

from .instance import Instance

LAB = ("lab", "--name", "見本検査センター")


@pytest.fixture
def ward(tmp_path, migrated):
    migrated.copy_to(tmp_path / "ward")
    instance = Instance(tmp_path / "ward", "ward", "AZ")
    yield instance
    instance.close()


@pytest.fixture
def lab(tmp_path, migrated):
    migrated.copy_to(tmp_path / "lab")
    instance = Instance(tmp_path / "lab", "lab", "LB")
    yield instance
    instance.close()


def known(azukari: Instance) -> None:
    """People, the same approved paper, and the laboratory's appointment: recorded on each side for itself."""
    azukari.at(3, 1)(
        "party", "bootstrap", "--name", "新宿区", "--privacy-officer", "W101:丙山", "--officer", "W001:甲野"
    )
    azukari("party", "report-handler", "W002", "--name", "乙川", "--organisation", "ward", "--role", "officer",
            "--by", "W101")  # fmt: skip
    azukari("party", "add-organisation", *LAB, "--by", "W101")
    for key, role in (("L001", "handler"), ("L901", "responsible")):
        azukari("party", "report-handler", key, "--name", key, "--organisation", "lab", "--role", role, "--by", "W101")
    azukari("dossier", "draft", "screening", "--by", "W001")
    azukari("dossier", "submit", "screening", "--by", "W001")
    azukari("dossier", "approve", "screening", "--from", "2025-04-01", "--by", "W101")
    words = ("party", "appoint", "screening", "laboratory", "lab", "--from", "2025-04-01", "--by", "W101")
    assert "根拠" in azukari.at(4, 1).refused(*words)
    azukari(*words, "--grounds", "再委託の承認 令和7年3月")


def keys_of(azukari: Instance) -> tuple[str, str]:
    told = azukari("party", "show-keys")
    return re.search(r"age1\S+", told)[0], re.search("署名検証鍵: (.+)", told)[1].strip()


def exchange_keys(ward: Instance, lab: Instance) -> None:
    for of, at in ((lab, ward), (ward, lab)):
        age, signing = keys_of(of)
        key = "lab" if of is lab else "ward"
        at("party", "register-keys", key, "--age", age, "--signing-key", signing, "--by", "W101")
    assert "32バイト" in ward.refused("party", "register-keys", "lab", "--signing-key", "c2hvcnQ=", "--by", "W101")
    assert "age1" in ward.refused("party", "register-keys", "lab", "--age", "age1short", "--by", "W101")


def a_list(ward: Instance, persons: int = 5) -> Path:
    made = demo.make_ward(60, 2025, 2)
    files = demo.write_roster(made, ward.folder / "input")
    ward.at(4, 1, 11)(
        "people", "import", files.roster, "--note", files.note, "--stated-on", "2025-03-01", "--by", "W001"
    )
    ward("people", "review", 1, "--by", "W001")
    ward("people", "commit", 1, "--by", "W002")
    free = made.roster.filter((made.roster["支援措置"] != "1") & (made.roster["死亡日"] == ""))["宛名番号"].head(
        persons
    )
    path = ward.folder / "list.csv"
    path.write_text("宛名番号\n" + "\n".join(free) + "\n")
    return path


def file_in(told: str) -> Path:
    return Path(re.search(r"返信 (\S+) を", told)[1])


def test_a_list_goes_to_the_laboratory_and_is_accounted_for_on_both_sides(ward: Instance, lab: Instance, tmp_path):
    known(ward)
    known(lab)
    exchange_keys(ward, lab)
    people = a_list(ward)
    words = ("custody", "prepare", "screening", "--receiver", "lab", "--party", "laboratory", "--step", "③",
             "--list", people, "--medium", "lgwan", "--purpose", "検体検査", "--by", "W001")  # fmt: skip
    ward.at(4, 10)
    assert "住所" in ward.refused(*words, "--items", "氏名,生年月日,性別,住所")
    number = re.search(r"AZ-2025-\d{6}", ward(*words, "--items", "氏名,生年月日,性別"))[0]
    ward("custody", "seal", number, "--sealing", "age", "--by", "W001")
    ward("custody", "release", number, "--by", "W002")
    folder = tmp_path / "lgwan"
    folder.mkdir()
    ward("custody", "deliver", number, "--to", folder, "--by", "W002")
    ward("custody", "deliver", number, "--to", folder, "--by", "W002")

    [package] = folder.iterdir()
    lab.at(4, 11)("custody", "receive", package, "--by", "L001")
    assert "すでに受け取っています" in lab.refused("custody", "receive", package, "--by", "L001")
    reply = file_in(lab("custody", "reply", number, "--kind", "acknowledgement", "--out", folder, "--by", "L001"))
    ward.at(4, 12)
    assert "受領確認済" in ward("custody", "take-reply", reply, "--by", "W001")
    assert "二重には記録しません" in ward.refused("custody", "take-reply", reply, "--by", "W001")

    lab("custody", "statement", "--with", "ward", "--out", tmp_path / "lab.json")
    assert "一致しました" in ward("custody", "compare", tmp_path / "lab.json")
    stated = json.loads((tmp_path / "lab.json").read_text())
    stated["handovers"][0]["persons"] += 1
    (tmp_path / "wrong.json").write_text(json.dumps(stated))
    differs = ward.run("custody", "compare", tmp_path / "wrong.json")
    assert (differs["code"], "人数が一致しません" in str(differs["out"])) == (1, True)

    lab.at(6, 1)("custody", "erase", number, "--by", "L001")
    lab("custody", "certify", number, "--by", "L901")
    reply = file_in(lab("custody", "reply", number, "--kind", "certificate", "--out", folder, "--by", "L901"))
    ward.at(6, 2)("custody", "take-reply", reply, "--by", "W001")
    ward("custody", "confirm", number, "--by", "W001")
    assert "すべて0" in ward("custody", "balance")
    assert "異常なし" in ward("witness", "verify")
    assert "異常なし" in lab("witness", "verify")
