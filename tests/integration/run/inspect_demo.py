"""Run as a program on a finished demo's folder: says, as JSON, what its books, log, sheets and files hold."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any


def main(var: Path) -> dict[str, Any]:
    folder = var / "demo"
    os.environ["AZUKARI_VAR"] = str(folder / "state")
    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.settings"
    import django

    django.setup()
    from pypdf import PdfReader

    from azukari.custody import book
    from azukari.custody.models import Handover, Obligation, Posting, RegisterEntry
    from azukari.programmes.screening.models import Assessment, History, Run, Sheet, TestResult, Voucher, WorkUp
    from azukari.witness import keys
    from azukari.witness.audit import verify
    from azukari.witness.models import Entry

    run = Run.objects.get()
    sheets = Sheet.objects.select_related("voucher", "reprint_of")
    totals = run.totals.order_by("pk").values_list("stage", "expected", "counted")
    persons: Counter[int] = Counter()
    pieces: Counter[int] = Counter()
    for entry, of_persons, of_pieces in Posting.objects.values_list("entry_id", "persons", "sheets"):
        persons[entry] += of_persons
        pieces[entry] += of_pieces
    return {
        "register": [
            list(line)
            for line in RegisterEntry.objects.order_by("pk").values_list(
                "act", "handover__step", "giver", "taker", "persons", "sheets", "medium"
            )
        ],
        "log": [list(line) for line in Entry.objects.order_by("seq").values_list("act", "purpose", "persons")],
        "log_problems": [str(problem) for problem in verify(keys.verifier()).problems],
        "handovers": [
            list(h) for h in Handover.objects.filter(programme="screening").order_by("pk").values_list(
                "step", "state", "rows", "sheets")
        ],
        "owed": Obligation.objects.filter(met_at=None).count(),
        "balances": [b.account for b in book.open_balances(home="ward")],
        "unbalanced": [entry for entry in persons if persons[entry] or pieces[entry]],
        "run": [run.state, run.halted],
        "totals": [list(total) for total in totals],
        "vouchers": [list(v) for v in Voucher.objects.order_by("pk").values_list(
            "person__number", "voucher_number", "examinee_number", "channel")],
        "sheets": [
            [s.code, s.sequence, s.state, s.voucher.channel, s.reprint_of.code if s.reprint_of else None,
             s.voucher.voucher_number] for s in sheets.order_by("pk")
        ],
        "assessments": Assessment.objects.count(),
        "history": History.objects.count(),
        "results": [list(r) for r in TestResult.objects.order_by("voucher", "test").values_list(
            "voucher__voucher_number", "test", "raw", "outcome", "first")],
        "cases": [list(c) for c in WorkUp.objects.order_by("result__voucher", "result__test").values_list(
            "result__test", "outcome", "closed_why", "events__kind")],
        "pages": {
            name: sum(len(PdfReader(path).pages) for path in (folder / name).rglob("*.pdf"))
            for name in ("vouchers", "reprints", "own-list", "late", "notices", "certificates")
        },
        "parts": [str(path.relative_to(folder)) for path in folder.rglob("*.part")],
        "files": sorted(path.name for path in (folder / "lgwan").iterdir()),
        "summary": json.loads((folder / "summary.json").read_text()),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False))  # noqa: T201 - this is its answer
