"""One azukari with a database, keys and home of its own, driven by JSON lines: what the two-instances tests talk to.

Run as ``python -m tests.integration.custody.instance`` with AZUKARI_VAR, AZUKARI_HOME and AZUKARI_PREFIX set.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.settings"
    django.setup()
    from tests.integration.custody import instance

    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(instance, "do_" + request.pop("do"))(**request)}
        except Exception as error:
            answer = {"refused": type(error).__name__, "text": str(error)}
        print(json.dumps(answer, ensure_ascii=False), flush=True)  # noqa: T201 - the answer


def do_set_up() -> dict[str, str]:
    from django.conf import settings

    from azukari.custody import gate
    from tests import factories

    factories.world()
    own = gate.key_store().organisation(settings.AZUKARI_HOME)
    return {
        "key": settings.AZUKARI_HOME,
        "recipient": own.recipient,
        "verify": base64.b64encode(own.verify_key.public_bytes_raw()).decode(),
    }


def do_know(key: str, recipient: str, verify: str) -> None:
    from azukari.parties.models import Organisation

    Organisation.objects.filter(key=key).update(age_recipient=recipient, signing_key=verify)


def _who(key: str) -> Any:
    from azukari.parties.models import Handler

    return Handler.objects.select_related("organisation").get(key=key)


def _one(number: str) -> Any:
    from azukari.custody.models import Handover

    return Handover.objects.get(number=number)


def do_send(receiver: str, folder: str, sealing: str = "age", numbers: tuple[int, ...] = (1, 2, 3)) -> dict[str, str]:
    from azukari.custody import handovers
    from azukari.custody.transport import DirectoryTransport
    from azukari.parties.models import Organisation
    from tests import factories

    columns = [factories.gate.Column("row", "連番", None), *factories.columns("name", "address")]
    rows = factories.frame(numbers, "name", "address").with_row_index("row", 1)
    handover = handovers.prepare(
        programme=factories.PROGRAMME, step="①", receiver=Organisation.objects.get(key=receiver), party=receiver,
        columns=columns, frame=rows.with_columns(rows["row"].cast(factories.pl.String)), purpose="はがきの印字",
        medium=factories.Medium.LGWAN, by=_who("W1"), now=factories.NOW,
    )  # fmt: skip
    handovers.seal(handover=handover, by=_who("W1"), now=factories.NOW, sealing=sealing)
    handovers.release(handover=handover, by=_who("W2"), now=factories.NOW)
    handovers.deliver(
        handover=handover, transport=DirectoryTransport(Path(folder)), by=_who("W2"), now=factories.NOW, occasion="便"
    )
    return {"number": handover.number, "path": str(Path(folder) / handover.package_name)}


def do_receive(path: str, by: str = "P1", password: str = "") -> dict[str, Any]:
    from azukari.custody import exchange, gate
    from azukari.parties.acting import acting
    from tests import factories

    handover = exchange.receive(path=Path(path), password=password, by=_who(by), now=factories.NOW)
    with acting(by=_who(by), act="data.read", now=factories.NOW, programme=factories.PROGRAMME) as record:
        shown = gate.read_held(record=record, by=_who(by), handover=handover, items=["name"], purpose="印字")
    return {"number": handover.number, "names": shown[:, -1].to_list()}


def do_reply(number: str, kind: str, folder: str, by: str = "P1") -> str:
    from azukari.custody import exchange
    from azukari.custody.manifest import Kind
    from tests import factories

    path = exchange.write_reply(
        handover=_one(number), kind=Kind(kind), folder=Path(folder), by=_who(by), now=factories.NOW
    )
    return str(path)


def do_take(path: str, by: str = "W1") -> str:
    from azukari.custody import exchange
    from tests import factories

    return exchange.take_reply(path=Path(path), by=_who(by), now=factories.NOW).handover.state


def do_act(number: str, act: str, by: str) -> str:
    from azukari.custody import erasure
    from tests import factories

    getattr(erasure, act)(handover=_one(number), by=_who(by), now=factories.NOW)
    return str(_one(number).state)


def do_confirm(number: str, by: str = "W1") -> str:
    from azukari.custody import erasure
    from tests import factories

    erasure.confirm(certificate=_one(number).certificate, by=_who(by), now=factories.NOW)
    return str(_one(number).state)


def do_statement(other: str) -> str:
    from azukari.custody import statement

    return statement.statement(other=other).to_json()


def do_compare(other: str, theirs: str) -> list[str]:
    from azukari.custody import statement

    return statement.compare(statement.statement(other=other), statement.read_statement(theirs))


def do_held(account: str) -> int:
    from azukari.custody import book

    return sum(balance.persons for balance in book.balances(account=account))


def do_counts() -> dict[str, int]:
    from azukari.custody import models

    tables = (models.Handover, models.HandedPerson, models.Holding, models.RegisterEntry, models.Posting, models.Reply)
    return {table.__name__: table.objects.count() for table in tables}


def do_key_is_gone(number: str) -> bool:
    from tests.laws import books

    return books.key_is_gone(_one(number))


def do_close(fiscal_year: int = 2025) -> int:
    from azukari.custody import erasure
    from tests import factories

    return erasure.close_year(
        programme=factories.PROGRAMME, fiscal_year=fiscal_year, by=_who("W3"), now=factories.NOW
    ).certificates


def do_verify_log() -> bool:
    from azukari.witness import audit, keys

    return not audit.verify(keys.verifier()).problems


if __name__ == "__main__":
    main()
