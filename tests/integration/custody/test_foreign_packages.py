"""What a contractor's instance takes in: only signed packages of its own approved paper, with listed items only."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azukari.custody import age, exchange, gate
from azukari.custody.csvfile import write_csv
from azukari.custody.manifest import make_manifest
from azukari.custody.models import Handover
from azukari.custody.package import AgeSealing, build
from azukari.custody.package_errors import PackageRefused
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Appointment, Organisation
from azukari.parties.roles import MayNotAct
from azukari.witness import log
from tests import factories
from tests.laws import books

Send = Callable[..., Path]


@pytest.fixture
def printers(db: None, settings: Any) -> factories.World:
    """The world as the printer's own instance knows it."""
    settings.AZUKARI_HOME = "printer"
    made = factories.world()
    for key in ("ward", "laboratory"):
        public = gate.key_store().organisation(key).verify_key.public_bytes_raw()
        Organisation.objects.filter(key=key).update(signing_key=base64.b64encode(public).decode())
    return made


@pytest.fixture
def send(printers: factories.World, tmp_path: Path) -> Send:
    """A package of the ward's for the printer, agreeing with everything unless the changes say otherwise."""

    def made(
        items: tuple[str, ...] = ("name", "address"),
        columns: list[dict[str, Any]] | None = None,
        sender: str = "ward",
        recipient: str = "",
        **changes: Any,
    ) -> Path:
        shown = columns or [{"name": factories.HEADERS[item], "item": item} for item in items]
        headers = {f"c{n}": column["name"] for n, column in enumerate(shown)}
        frame = factories.pl.DataFrame({key: ["見本"] * 2 for key in headers})
        data = write_csv(frame, headers, "utf-8-sig").data
        fields: dict[str, Any] = {
            "kind": "handover",
            "number": "AZ-2025-000077",
            "programme": factories.PROGRAMME,
            "dossier": {"version": "1", "hash": printers.version.canonical_hash},
            "step": "①",
            "clause": "printing",
            "direction": "provided",
            "items": items,
            "columns": shown,
            "rows": 2,
            "persons": 2,
            "medium": "lgwan",
            "purpose": "印字",
            "encoding": "utf-8-sig",
            "escape": "'",
            "data_file": "data.csv",
            "data_sha256": hashlib.sha256(data).hexdigest(),
            "data_size": len(data),
            "sender": {"key": sender, "name": "送り手"},
            "receiver": {"key": "printer", "name": "見本印刷"},
            "created_at": factories.NOW,
        }
        store = gate.key_store()
        return build(
            tmp_path,
            make_manifest(**{**fields, **changes}),
            data,
            AgeSealing(recipient or store.organisation("printer").recipient),
            signing_key=store.organisation(sender).signing_key,
        ).path

    return made


def receive(printers: factories.World, path: Path, by: str = "P1", **changes: Any) -> Handover:
    return exchange.receive(path=path, by=printers.who(by), **{"now": factories.NOW, **changes})


def test_an_honest_package_is_taken_in(printers: factories.World, send: Send) -> None:
    handover = receive(printers, send())
    assert handover.clause == "printing"
    assert handover.people.count() == 2
    assert {(b.account, b.persons) for b in gate_balances()} == {("printer", 2), ("ward", -2)}


def gate_balances() -> list[Any]:
    from azukari.custody import book

    return book.balances()


HIDDEN = [{"name": "氏名", "item": "name"}, {"name": "電話番号", "item": None}]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"items": ("name", "phone")}, "見本印刷の.*「電話番号」|「電話番号」を挙げていません"),
        ({"items": ("name",), "columns": HIDDEN}, "情報項目の指定がない列が1列"),
        ({"direction": "collected"}, "「氏名」を挙げていません"),
        ({"direction": "anything"}, "取扱いの区分が"),
        ({"dossier": {"version": "1", "hash": "0" * 64}}, "付議書が異なります"),
        ({"programme": "nothing"}, "有効な承認済みの付議書がありません"),
        ({"sender": "laboratory"}, "認められていません"),
        ({"kind": "notice"}, "受渡しのファイルではありません"),
    ],
)
def test_what_the_paper_does_not_list_is_refused(
    printers: factories.World, send: Send, changes: dict[str, Any], match: str
) -> None:
    path = send(**changes)
    with books.refusal_changes_nothing(), pytest.raises(Exception, match=match):
        receive(printers, path)


def test_a_control_column_is_no_item(printers: factories.World, send: Send) -> None:
    columns = [{"name": "連番", "item": None}, {"name": "氏名", "item": "name"}]
    assert receive(printers, send(items=("name",), columns=columns)).items == ["name"]


def test_a_sender_nobody_registered(printers: factories.World, send: Send) -> None:
    for sender in ("stranger", "nobody"):
        path = send(sender=sender, number=f"AZ-2025-00010{len(sender)}")
        with books.refusal_changes_nothing(), pytest.raises(exchange.NotKnown, match="登録されていません"):
            receive(printers, path)


def test_a_package_sealed_to_another_key(printers: factories.World, send: Send) -> None:
    path = send(recipient=age.new_identity()[1])
    with books.refusal_changes_nothing(logged=False), pytest.raises(PackageRefused, match="鍵では開けません"):
        receive(printers, path)


def test_a_number_that_is_ours_already(printers: factories.World, send: Send) -> None:
    other = factories.prepared(printers, printers.printer)
    path = send(number=other.number)
    receive(printers, send())
    with books.refusal_changes_nothing(logged=False), pytest.raises(exchange.AlreadyReceived):
        receive(printers, path)
    Handover.objects.filter(pk=other.pk).update(receiver=printers.laboratory)
    with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="AZUKARI_PREFIX"):
        receive(printers, path)


@pytest.mark.parametrize(
    ("on", "match"), [((2025, 3, 31), "付議書|記録されていません"), ((2026, 4, 1), "を過ぎています")]
)
def test_outside_the_clauses_period(
    printers: factories.World, send: Send, on: tuple[int, int, int], match: str
) -> None:
    path = send()
    printers.printer.handlers.update(reported_on=factories.date(2025, 1, 1))
    with books.refusal_changes_nothing(), pytest.raises(Exception, match=match):
        receive(printers, path, now=factories.NOW.replace(year=on[0], month=on[1], day=on[2]))


def test_by_whom(printers: factories.World, send: Send) -> None:
    path = send()
    with books.refusal_changes_nothing(), pytest.raises(MayNotAct, match="解除されている"):
        receive(printers, path, by="P9")
    Appointment.objects.filter(party="printer").delete()
    with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="相手として記録されていません"):
        receive(printers, path)


def test_what_cannot_be_logged_is_not_taken_in(
    printers: factories.World, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = send(), books.stored()

    def full(**_: object) -> int:
        raise RuntimeError("full")

    monkeypatch.setattr(log, "append", full)
    with pytest.raises(RuntimeError, match="full"):
        receive(printers, path)
    assert books.changed(before, books.stored()) in ([], ["packages"])
    assert not Handover.objects.exists()
