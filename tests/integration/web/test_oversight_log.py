"""The access log on the ward's screens: read by page and filter, proved entry by entry, verified, written out."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from azukari.dossier.models import Version
from azukari.web.models import Job
from azukari.witness import append_only, audit, keys, log
from azukari.witness.models import Checkpoint, Entry
from tests.factories import at
from tests.integration.web.oversight_stage import Ward, paper, text, ward

__all__ = ["paper", "ward"]


def write(count: int, *, act: str = "data.read", party: str = "printer", day: int = 1, **more: Any) -> None:
    with transaction.atomic():
        for n in range(count):
            log.append(
                recorded_at=at(6, day, 9), actor="C001", party=party, programme="screening", act=act,
                **{"purpose": f"作業{n}", "items": ["name"], "clause": "printing", **more},
            )  # fmt: skip


def numbers(page: Any) -> list[int]:
    return [int(seq) for seq in re.findall(r'href="/log/(\d+)/"', text(page))]


def link(page: Any, rel: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', text(page))
    return found.group(1).replace("&amp;", "&") if found else ""


def test_pages_go_by_number_and_never_count_or_skip(
    ward: Ward, paper: Version, django_assert_max_num_queries: Any
) -> None:
    write(120)
    ward.sit("W901")
    with django_assert_max_num_queries(14) as asked:
        first = ward.open("log")
    last = Entry.objects.order_by("-seq").values_list("seq", flat=True)[0]
    assert numbers(first)[0] == last
    assert len(numbers(first)) == 50
    assert len(first.content) < 100 * 1024
    about_entries = [query["sql"] for query in asked.captured_queries if "witness_entry" in query["sql"]]
    assert not any("COUNT(" in sql or "OFFSET" in sql for sql in about_entries)
    second = ward.client.get(reverse("log") + link(first, "next"))
    assert numbers(second)[0] == numbers(first)[-1] - 1
    back = ward.client.get(reverse("log") + link(second, "prev"))
    assert numbers(back) == numbers(first)


def test_the_log_is_narrowed_by_day_organisation_act_programme_and_handler(ward: Ward, paper: Version) -> None:
    write(3, day=1)
    write(2, day=2, act="data.enter")
    ward.sit("W101")
    assert len(numbers(ward.open("log", since="2025-06-01", until="2025-06-01"))) == 3
    assert len(numbers(ward.open("log", act="data.enter", party="printer", programme="screening"))) == 2
    assert len(numbers(ward.open("log", actor="C001"))) == 5
    assert "条件に合う記録はありません" in text(ward.open("log", actor="C999"))
    assert ward.open("log", since="2025-06-02", until="2025-06-01").status_code == 422
    assert ward.open("log", actor="見本 太郎").status_code == 422
    assert ward.open("log", before="x").status_code == 200


def test_an_officer_does_not_read_the_log_and_the_refusal_is_an_entry(ward: Ward) -> None:
    ward.sit("W001")
    for name in ("log", "log_state"):
        assert ward.open(name).status_code == 403
    assert Entry.objects.order_by("-seq")[0].purpose == "log.read"


def test_an_entry_shows_all_its_fields_and_a_proof_that_others_can_check(ward: Ward, paper: Version) -> None:
    write(5)
    ward.sit("W901")
    seq = Entry.objects.filter(act="data.read").order_by("seq").values_list("seq", flat=True)[0]
    assert "まだ署名した時点に含まれていません" in text(ward.open("log_entry", seq))
    ward.sit("W101").send("log_sign")
    ward.sit("W901")
    page = text(ward.open("log_entry", seq))
    size = Checkpoint.objects.get().size
    assert f"署名した時点（{size}件）に含まれています" in page
    assert bytes(Entry.objects.get(seq=seq).leaf_hash).hex() in page
    assert "氏名" in page
    proved = ward.open("log_proof", seq)
    assert json.loads(proved.content)["size"] == size
    assert proved["Content-Disposition"] == f'attachment; filename="proof-{seq}.json"'
    assert ward.open("log_entry", 10_000).status_code == 404
    assert ward.open("log_proof", 10_000).status_code == 404


def test_an_export_is_an_entry_of_the_log_itself(ward: Ward, paper: Version) -> None:
    write(3)
    ward.sit("W901")
    file = ward.open("log", format="csv", act="data.read")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert Entry.objects.order_by("-seq")[0].purpose == "アクセスログの書き出し"


# --- refusals


def test_refusals_are_todays_until_other_days_are_asked_for(ward: Ward, paper: Version) -> None:
    write(2, act="refused", purpose="handover.release", day=1)
    write(1, act="refused", purpose="data.read", day=2)
    write(4, day=2)
    ward.sit("W901")
    today = text(ward.open("refusals"))
    assert "データの閲覧</td>" in today
    assert "放出（引渡し）</td>" not in today
    assert "氏名" in today
    assert "印字" in today
    both = ward.open("refusals", since="2025-06-01", until="2025-06-02")
    assert len(numbers(both)) == 3
    assert "拒否はありません" in text(ward.open("refusals", since="2025-05-01", until="2025-05-02"))
    assert len(ward.open("refusals", since="2025-06-01", format="csv").content.decode().splitlines()) == 4
    ward.sit("W001")
    officers = ward.open("refusals", since="2025-06-01")
    assert officers.status_code == 200
    assert numbers(officers) == []


# --- verification


def test_the_log_is_verified_by_a_job_and_the_result_stays_to_be_seen(ward: Ward, paper: Version) -> None:
    write(5)
    ward.sit("W101").send("log_sign")
    write(2)
    sent = ward.send("log_verify")
    job = Job.objects.get()
    assert (sent.status_code, sent.url) == (303, reverse("job", args=[job.key]))
    assert job.state == Job.State.DONE
    assert "異常なし" in job.message
    ward.sit("W901")
    state = text(ward.open("log_state"))
    assert "異常なし" in state
    assert "verifier.py" in state
    assert str(keys.verifier()) in state
    assert ward.open("log_checkpoint", Checkpoint.objects.get().size).content.decode() == Checkpoint.objects.get().text
    assert ward.open("log_checkpoint", 99).status_code == 404


def test_a_changed_entry_is_found_and_told_without_a_way_to_close_it(ward: Ward, paper: Version) -> None:
    write(5)
    ward.sit("W101").send("log_sign")
    append_only.remove(connection)
    Entry.objects.filter(act="data.read").update(purpose="別の目的")
    ward.send("log_verify")
    assert Job.objects.get().state == Job.State.REFUSED
    page = text(ward.open("log_state"))
    assert "前回の検証で問題がありました" in page
    assert "書き換えられています" in page
    append_only.install(connection)


def test_verification_tells_how_far_it_is(ward: Ward, paper: Version) -> None:
    write(5)
    ward.sit("W101").send("log_sign")
    told: list[tuple[int, int]] = []
    audit.verify(keys.verifier(), tell=lambda done, total: told.append((done, total)))
    assert told == [(0, log.size())]


def test_the_log_is_written_out_for_keeping_elsewhere_and_holds_no_names(
    ward: Ward, paper: Version, settings: Any
) -> None:
    write(5)
    ward.sit("W101")
    assert "まだ書き出していません" in text(ward.open("log_state"))
    ward.send("log_export")
    assert Job.objects.get().state == Job.State.DONE
    found = re.search(r'href="(/log/state/exports/[^"]*)"', text(ward.open("log_state")))
    assert found
    file = ward.client.get(found.group(1))
    content = b"".join(file.streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert {"entries.jsonl", "subjects.txt", "verifier-key.txt"} <= set(whole.namelist())
        assert "見本 W101" not in whole.read("entries.jsonl").decode()
    assert Entry.objects.order_by("-seq")[0].act == "log.export"
    assert ward.client.get("/log/state/exports/..%2f..%2fkeys/").status_code == 404
    assert ward.client.get("/log/state/exports/log-20250602-100000-9/").status_code == 404


def test_only_the_newest_files_stay(ward: Ward, paper: Version, settings: Any) -> None:
    for hour in (9, 10, 11, 12):
        ward.sit("W101", at(6, 2, hour)).send("log_export")
    names = sorted(path.name for path in (settings.AZUKARI_VAR / "log-exports").iterdir())
    assert [name[:19] for name in names] == ["log-20250602-100000", "log-20250602-110000", "log-20250602-120000"]


@pytest.mark.parametrize("name", ["log_verify", "log_sign", "log_export"])
@pytest.mark.parametrize("key", ["W901", "W001"])
def test_only_the_privacy_officer_verifies_signs_and_writes_out(
    ward: Ward, paper: Version, name: str, key: str
) -> None:
    ward.sit(key)
    assert ward.client.post(reverse(name), {}).status_code == 403
    assert Job.objects.count() + Checkpoint.objects.count() == 0


def test_the_auditor_is_offered_no_act_and_no_file_of_the_whole_log(ward: Ward, paper: Version) -> None:
    ward.sit("W901")
    for name in ("log", "log_state", "refusals"):
        page = text(ward.open(name))
        main = page[page.index("<main") : page.index("</main>")]
        assert 'method="post"' not in main
        assert reverse("log_export") not in main
    assert ward.client.get(reverse("log_export_file", args=["log-20250602-100000-9"])).status_code == 403


@pytest.mark.parametrize("page", ["log", "refusals"])
def test_a_condition_of_the_log_is_kept_under_a_name_and_is_ones_own(ward: Ward, paper: Version, page: str) -> None:
    ward.sit("W101")
    save = {"name": "印字の委託先", "query": "?party=printer", "back": reverse(page)}
    assert ward.client.post(reverse("saved_filter", args=[page]), save).status_code == 303
    assert 'href="?party=printer"' in text(ward.open(page))
    ward.sit("W901")
    assert "印字の委託先" not in text(ward.open(page))
