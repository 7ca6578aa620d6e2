"""Bench `results`: take in and check 150,000 results (CSV) and 10,000 hc08 documents, on SQLite.

The documents are held against the least that anybody does with them: lxml parses them, the ministry's schema validates
them. Ours reads every value, finds whose it is, checks it against the ward's records and stores it for review.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

ROWS, DOCUMENTS, RESIDENTS = 150_000, 10_000, 60_000
INSTITUTION = "1310000019"
XSD = Path(os.environ.get("AZUKARI_XSD", Path(__file__).resolve().parents[2] / "shared" / "xsd"))
HEADER = "受診券整理番号,氏名,生年月日,検診,受診日,健診等機関番号,判定,身長(cm),体重(kg),HbA1c(NGSP)(%)"
MEASURED = {
    "height": "165.2", "weight": "61.4", "bmi": "22.5", "waist": "82.0", "systolic": "126", "diastolic": "79",
    "triglyceride": "98", "hdl": "61", "ldl": "118", "ast": "22", "alt": "19", "gamma_gt": "30", "glucose": "94",
    "hba1c": "5.5", "creatinine": "0.81", "egfr": "70.2", "uric_acid": "5.6", "hemoglobin": "14.6",
}  # fmt: skip


def run(options: list[str] | None = None) -> dict[str, Any]:
    """Figures rows/s and documents/s; ratios vs_lxml_xsd: our time per document / bare parse and validation, at most 3.

    ``--rows N --documents N --residents N``: a trial.
    """
    given = dict(zip((o.removeprefix("--") for o in (options or [])[::2]), (options or [])[1::2], strict=True))
    sizes = {"rows": ROWS, "documents": DOCUMENTS, "residents": RESIDENTS} | {k: int(v) for k, v in given.items()}
    if not (XSD / "hc08_V08.xsd").is_file():
        raise SystemExit(f"健診XMLのスキーマが {XSD} にありません。AZUKARI_XSD でフォルダを指定してください。")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "AZUKARI_VAR": folder, "AZUKARI_DATABASE_URL": f"sqlite://{folder}/bench.sqlite3"}
        command = [sys.executable, "-m", "bench.results", json.dumps(sizes)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _ward(residents: int) -> Any:
    """A ward whose people are judged and have their vouchers."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.settings"
    django.setup()
    from django.core.management import call_command

    from azukari.programmes.screening.demo_run import Demo

    call_command("migrate", verbosity=0)
    ward = Demo(residents=residents, year=2025, seed=1, folder=Path(os.environ["AZUKARI_VAR"]))
    for stage in ward.stages():
        stage.do(lambda _done, _total: None)
        if stage.name == "受診番号・整理番号の付番":
            break
    ward.results.register(lambda _done, _total: None)
    return ward


def _people(ward: Any) -> list[tuple[str, str, str, str, date, str]]:
    """(voucher number, name, kana, birth as stated, birth, test) for every test that somebody is offered."""
    from azukari.programmes.screening.models import Assessment, Voucher
    from azukari.programmes.screening.reasons import FIRST_REFUSAL, TESTS, Reason

    people = {
        row[0]: row[1:]
        for row in Voucher.objects.filter(person__birth_date__isnull=False).values_list(
            "person_id", "voucher_number", "person__name", "person__kana", "person__birth", "person__birth_date"
        )
    }
    offered = Assessment.objects.filter(run=ward.run, reason__lt=FIRST_REFUSAL).exclude(reason=Reason.AT_SITE)
    pairs = offered.order_by("person_id", "test").values_list("person_id", "test")
    return [(*people[person], TESTS[test]) for person, test in pairs if person in people]


def _csv(people: list[Any], rows: int) -> bytes:
    from azukari.programmes.screening.outcomes import code_lists

    chance, lines = Random(1), [HEADER]
    codes = {test: list(known.codes) for test, known in code_lists().items()}
    for number, name, _, birth, _, test in people[:rows]:
        day = date(2025, 6, 2) + timedelta(days=chance.randrange(200))
        measured = f"{chance.uniform(150, 185):.1f},{chance.uniform(45, 90):.1f},{chance.uniform(4.8, 7.5):.1f}"
        values = measured if test.startswith("checkup") else ",,"
        lines.append(f"{number},{name},{birth},{test},{day:%Y%m%d},{INSTITUTION},{chance.choice(codes[test])},{values}")
    return ("\r\n".join(lines) + "\r\n").encode("cp932", errors="replace")


def _documents(people: list[Any], count: int) -> list[tuple[str, bytes]]:
    from azukari.examinations.hc08 import Checkup
    from azukari.examinations.items import items, value_of
    from azukari.examinations.write_hc08 import write

    asked = [
        value_of(key, "1") for key, item in items().items() if item.kind in ("CD", "CO") and item.section == "01010"
    ]
    made, chance = [], Random(2)
    taken = [one for one in people if one[5].startswith("checkup") and one[2]]
    for n in range(count):
        number, _, kana, _, birth, _ = taken[n % len(taken)]
        weight = Decimal(f"{chance.uniform(55, 75):.1f}")
        texts = MEASURED | {"weight": str(weight), "bmi": f"{weight / (Decimal('1.652') ** 2):.1f}"}
        measured = tuple(value_of(key, text) for key, text in texts.items())
        made.append((f"h{INSTITUTION}2025100101{n:06d}.xml", write(Checkup(
            document_code="10", programme_code="010", insurer_number="00138040", symbol="新", number=f"{n:07d}",
            branch="01", voucher_number=number, name=kana, sex="male", birth=birth, postal_code="160-0000",
            examined_on=date(2025, 9, 1), institution_number=INSTITUTION, institution_name="架空医療機関",
            values=(*measured, *asked), created_on=date(2025, 10, 1),
        ))))  # fmt: skip
    return made


def _measure(sizes: dict[str, int]) -> dict[str, Any]:
    ward = _ward(sizes["residents"])
    people = _people(ward)
    csv_file = _csv(people, sizes["rows"])
    documents = _documents(people, sizes["documents"])

    from lxml import etree

    from azukari.examinations.hc08 import Schemas
    from azukari.programmes.screening.checkup_xml import read_documents
    from azukari.programmes.screening.models import ResultBatch, ResultRow
    from azukari.programmes.screening.steps import results_in

    by, now, sender = ward.who("W001"), ward.at(1, 15), ward.organisation("shinjuku-doctors")
    told = {"organisation": sender, "fiscal_year": 2025, "by": by, "now": now}

    started = time.perf_counter()
    batch = results_in.take_csv(data=csv_file, sha256=hashlib.sha256(csv_file).hexdigest(), **told)
    seconds_csv = time.perf_counter() - started
    started = time.perf_counter()
    accepted = results_in.accept_clean(batch=batch, by=by, now=now)
    seconds_accept = time.perf_counter() - started

    schemas = Schemas.load(XSD)
    schema = etree.XMLSchema(etree.parse(str(XSD / "hc08_V08.xsd")))
    started = time.perf_counter()
    valid = sum(schema.validate(etree.fromstring(data)) for _, data in documents)
    bare = time.perf_counter() - started
    started = time.perf_counter()
    read = read_documents(documents, schemas)
    xml = results_in.take_stated(kind=ResultBatch.Kind.XML, stated=read.rows, wrong=read.wrong, sha256="0" * 64, **told)
    ours = time.perf_counter() - started
    if valid != len(documents) or read.wrong or ResultRow.objects.filter(batch=xml).count() != xml.rows:
        raise RuntimeError("健診XMLの件数が合いません。")
    return {
        "figures": {
            "rows": batch.rows, "csv_seconds": seconds_csv, "rows_per_second": batch.rows / seconds_csv,
            "accepted": accepted, "accept_seconds": seconds_accept, "documents": len(documents),
            "document_bytes": sum(len(data) for _, data in documents) // len(documents), "xml_seconds": ours,
            "documents_per_second": len(documents) / ours, "lxml_xsd_seconds": bare,
        },
        "ratios": {"vs_lxml_xsd": ours / bare},
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
