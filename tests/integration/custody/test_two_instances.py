"""The ward's azukari and the printer's, in two processes with two databases: files go back and forth, the books agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.migrated import Migrated

PROJECT = Path(__file__).resolve().parents[3]


class Refused(Exception):
    pass


class Instance:
    def __init__(self, folder: Path, home: str, prefix: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
        environment |= {"AZUKARI_VAR": str(folder), "AZUKARI_HOME": home, "AZUKARI_PREFIX": prefix}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.custody.instance"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment,
        )  # fmt: skip
        self.own = self.do("set_up")

    def do(self, name: str, **arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "refused" in answer:
            raise Refused(f"{answer['refused']}: {answer['text']}")
        return answer["ok"]

    def end(self) -> None:
        self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, migrated: Migrated) -> Iterator[tuple[Instance, Instance]]:
    folders = [tmp_path_factory.mktemp(home) for home in ("ward", "printer")]
    for folder in folders:
        migrated.copy_to(folder)
    ward, printer = Instance(folders[0], "ward", "AZ"), Instance(folders[1], "printer", "PR")
    ward.do("know", **printer.own)
    printer.do("know", **ward.own)
    yield ward, printer
    ward.end()
    printer.end()


def agree(ward: Instance, printer: Instance) -> None:
    """Each side holds the other's statement against its own books, and finds nothing."""
    assert ward.do("compare", other="printer", theirs=printer.do("statement", other="ward")) == []
    assert printer.do("compare", other="ward", theirs=ward.do("statement", other="printer")) == []


def doctored(statement: str) -> list[str]:
    """The same statement with one fact changed, each time another one."""
    versions = []
    for field, value in (("persons", 2), ("sheets", 9), ("digest", "0" * 64), ("held", False)):
        plain = json.loads(statement)
        plain["handovers"][-1][field] = value
        versions.append(json.dumps(plain))
    plain = json.loads(statement)
    plain["handovers"].pop()
    versions.append(json.dumps(plain))
    plain = json.loads(statement)
    plain["balances"][0]["persons"] += 1
    versions.append(json.dumps(plain))
    return versions


def test_a_package_goes_there_and_a_certificate_comes_back(both: tuple[Instance, Instance], tmp_path: Path) -> None:
    ward, printer = both
    sent = ward.do("send", receiver="printer", folder=str(tmp_path))
    number, differences = (
        sent["number"],
        ward.do("compare", other="printer", theirs=printer.do("statement", other="ward")),
    )
    assert differences[0] == f"受渡し {number} が相手方の帳簿にありません。"

    received = printer.do("receive", path=sent["path"])
    assert received == {"number": number, "names": ["name 1", "name 2", "name 3"]}
    assert printer.do("held", account="printer") == ward.do("held", account="printer") == 3
    agree(ward, printer)
    for lie in doctored(printer.do("statement", other="ward")):
        assert ward.do("compare", other="printer", theirs=lie)

    counts = printer.do("counts")
    with pytest.raises(Refused, match=r"AlreadyReceived: .*二重には記録しません"):
        printer.do("receive", path=sent["path"])
    assert printer.do("counts") == counts

    acknowledgement = printer.do("reply", number=number, kind="acknowledgement", folder=str(tmp_path / "back"))
    assert ward.do("take", path=acknowledgement) == "acknowledged"
    counts = ward.do("counts")
    with pytest.raises(Refused, match="AlreadyReceived"):
        ward.do("take", path=acknowledgement)
    again = printer.do("reply", number=number, kind="acknowledgement", folder=str(tmp_path / "back"))
    with pytest.raises(Refused, match="AlreadyAcknowledged"):
        ward.do("take", path=again)
    assert ward.do("counts") == counts
    agree(ward, printer)

    assert printer.do("act", number=number, act="erase", by="P1") == "erased"
    assert printer.do("held", account="printer") == 0
    assert printer.do("key_is_gone", number=number)
    assert "保有の有無" in "".join(ward.do("compare", other="printer", theirs=printer.do("statement", other="ward")))
    printer.do("act", number=number, act="certify", by="P2")
    certificate = printer.do("reply", number=number, kind="certificate", folder=str(tmp_path / "back"))
    assert ward.do("take", path=certificate) == "erased"
    assert ward.do("held", account="printer") == 0
    assert ward.do("key_is_gone", number=number)
    agree(ward, printer)
    with pytest.raises(Refused, match="AlreadyReceived"):
        ward.do("take", path=certificate)
    assert ward.do("confirm", number=number) == "certified"
    agree(ward, printer)


def test_what_is_returned_is_off_both_books(both: tuple[Instance, Instance], tmp_path: Path) -> None:
    ward, printer = both
    sent = ward.do("send", receiver="printer", folder=str(tmp_path))
    number = printer.do("receive", path=sent["path"])["number"]
    early = printer.do("reply", number=number, kind="return", folder=str(tmp_path / "back"))
    with pytest.raises(Refused, match="WrongState"):  # not before it was acknowledged
        ward.do("take", path=early)
    acknowledgement = printer.do("reply", number=number, kind="acknowledgement", folder=str(tmp_path / "back"))
    ward.do("take", path=acknowledgement)
    printer.do("act", number=number, act="give_back", by="P1")
    back = printer.do("reply", number=number, kind="return", folder=str(tmp_path / "back"))
    assert ward.do("take", path=back) == "returned"
    agree(ward, printer)
    assert ward.do("held", account="printer") == printer.do("held", account="printer") == 0


def test_what_is_not_for_us_or_not_from_them_is_not_taken(both: tuple[Instance, Instance], tmp_path: Path) -> None:
    ward, printer = both
    sent = ward.do("send", receiver="printer", folder=str(tmp_path))
    counts = printer.do("counts")
    with pytest.raises(Refused, match=r"WrongKey|NotForUs"):
        printer.do("receive", path=sent["path"], by="L1")
    printer.do("know", **{**ward.own, "verify": printer.own["verify"]})
    with pytest.raises(Refused, match=r"WrongSignature: .*電子署名"):
        printer.do("receive", path=sent["path"])
    printer.do("know", **{**ward.own, "verify": ""})
    with pytest.raises(Refused, match=r"NotKnown: .*登録されていません"):
        printer.do("receive", path=sent["path"])
    printer.do("know", **ward.own)
    content = bytearray(Path(sent["path"]).read_bytes())
    content[-1] ^= 1
    damaged = tmp_path / "damaged.zip.age"
    damaged.write_bytes(content)
    with pytest.raises(Refused, match=r"TamperedPackage|TruncatedPackage|WrongKey"):
        printer.do("receive", path=str(damaged))
    assert printer.do("counts") == counts
    number = printer.do("receive", path=sent["path"])["number"]
    reply = printer.do("reply", number=number, kind="acknowledgement", folder=str(tmp_path / "back"))
    with pytest.raises(Refused, match=r"これは受渡しのファイルではありません"):
        ward.do("receive", path=reply, by="W1")


def test_both_logs_verify(both: tuple[Instance, Instance], tmp_path: Path) -> None:
    """Whatever ran before, on this worker or another: there is something to verify on either side."""
    ward, printer = both
    sent = ward.do("send", receiver="printer", folder=str(tmp_path))
    printer.do("receive", path=sent["path"])
    printer.do("reply", number=sent["number"], kind="acknowledgement", folder=str(tmp_path / "back"))
    assert all(instance.do("verify_log") for instance in both)
