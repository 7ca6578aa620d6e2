"""Delivered results in a browser without JavaScript: taken in, looked through, settled; nothing lost, every look logged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.examinations.hc08 import Schemas
from azukari.programmes.screening import result_documents
from azukari.programmes.screening.checkup_xml import ReadDocuments
from azukari.programmes.screening.demo_results import ASSOCIATION
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import ResultBatch, ResultRow, TestResult
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.integration.run.test_results import HEADER, line, taken, takers

from .screening_stage import YEAR, Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関等の登録と選定"

MOST_BYTES = 100_000


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def officer(ward: Demo, press: Any, desk: Desk) -> Desk:
    """An officer in November; vouchers are posted and institutions are registered."""
    until(ward, STAGE)
    return desk.sit("W001", at=ward.at(11, 4))


def file_of(*lines: str) -> SimpleUploadedFile:
    data = ("\r\n".join([HEADER, *lines]) + "\r\n").encode("cp932")
    return SimpleUploadedFile("results.csv", data, "text/csv")


def fields(ward: Demo, file: Any, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(file.read()).hexdigest()
    file.seek(0)
    return {"organisation": ward.organisation(ASSOCIATION).pk, "year": YEAR, "file": file, "sha256": digest} | changes


def newest() -> ResultBatch:
    return ResultBatch.objects.order_by("-pk")[0]


# --- taking in


def test_no_delivery_yet_says_what_to_do_first(officer: Desk) -> None:
    assert "結果を受け入れる" in text(officer.open("screening_results"))


def test_a_csv_is_taken_in_by_a_job_and_no_row_of_it_counts_yet(ward: Demo, officer: Desk) -> None:
    answer = officer.send("screening_take_results", fields=fields(ward, file_of(line(takers(ward)[0]), "壊れた行")))
    assert answer.status_code == 303
    assert officer.job().state == Job.State.DONE
    batch = newest()
    assert f"No.{batch.pk}" in officer.job().message
    assert (batch.rows, batch.lines.filter(state="outstanding").count(), TestResult.objects.count()) == (2, 2, 0)
    listed = text(officer.open("screening_results"))
    assert f"No.{batch.pk}" in listed
    assert "0 / 2" in listed


def test_the_delivery_note_may_be_a_file_and_one_of_both_is_needed(ward: Demo, officer: Desk) -> None:
    file = file_of(line(takers(ward)[0]))
    given = fields(ward, file)
    note = SimpleUploadedFile("note.toml", f'sha256 = "{given["sha256"]}"'.encode())
    assert officer.send("screening_take_results", fields=given | {"sha256": ""}).status_code == 422
    file.seek(0)
    assert officer.send("screening_take_results", fields=given | {"sha256": "", "note": note}).status_code == 303
    assert officer.job().state == Job.State.DONE


def test_a_file_that_is_not_what_its_note_says_is_refused_in_the_job_and_leaves_no_file(
    ward: Demo, officer: Desk, settings: Any
) -> None:
    officer.send("screening_take_results", fields=fields(ward, file_of(line(takers(ward)[0])), sha256="0" * 64))
    assert officer.job().state == Job.State.REFUSED
    assert "ハッシュ値" in officer.job().message
    assert ResultBatch.objects.count() == 0
    left = officer.job().arguments["file"]
    assert not (settings.AZUKARI_VAR / "uploads" / "screening" / left).exists()


@pytest.mark.parametrize("key", ["W101", "W901"])
def test_only_officers_see_results(officer: Desk, key: str) -> None:
    for name in ("screening_results", "screening_take_results", "screening_follow_up"):
        assert officer.sit(key).open(name).status_code == 403


def test_an_acknowledged_delivery_is_offered_and_taken_once(ward: Demo, desk: Desk, press: Any) -> None:
    from azukari.programmes.screening.demo_results import Results

    until(ward, "結果票の二重入力")
    play = Results(ward)
    play.deliver(lambda done, total: None)
    batch = newest()
    handover = batch.handover
    assert handover is not None
    ResultRow.objects.filter(batch=batch).delete()
    batch.delete()
    officer = desk.sit("W001", at=ward.at(10, 22))
    assert handover.number in text(officer.open("screening_take_results"))
    assert officer.send("screening_take_delivery", handover.number, fields={"year": YEAR}).status_code == 303
    assert officer.job().state == Job.State.DONE
    assert newest().handover == handover
    assert officer.open("screening_take_delivery", handover.number).status_code == 404


# --- checkup XML


@pytest.fixture
def schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ministry's files are not with the project; what a document says is tested with its reader."""
    from azukari.programmes.screening import result_work

    def read(documents: Any, _schemas: Any) -> ReadDocuments:
        return ReadDocuments([], [(n, {"ファイル": name}) for n, (name, _data) in enumerate(documents, 1)])

    monkeypatch.setattr(Schemas, "load", classmethod(lambda cls, folder: object()))
    monkeypatch.setattr(result_work, "read_documents", read)


def archive(**members: bytes) -> SimpleUploadedFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return SimpleUploadedFile("checkups.zip", file.getvalue(), "application/zip")


def test_without_the_ministrys_schemas_the_page_says_what_is_missing(
    officer: Desk, settings: Any, tmp_path: Any
) -> None:
    settings.AZUKARI_XSD = tmp_path / "none"
    shown = officer.open("screening_take_xml")
    assert "AZUKARI_XSD" in text(shown)
    assert '<form method="post" enctype' not in text(shown)


def test_every_document_of_an_archive_counts_and_what_is_not_about_persons_is_told(
    ward: Demo, officer: Desk, schemas: None
) -> None:
    members = {"x/DATA/h1.xml": b"<a/>", "x/DATA/h2.xml": b"<b/>", "x/ix08_V08.xml": b"<i/>", "x/XSD/a.xsd": b"<x/>"}
    given = {"organisation": ward.organisation(ASSOCIATION).pk, "year": YEAR, "documents": archive(**members)}
    assert officer.send("screening_take_xml", fields=given).status_code == 303
    assert officer.job().state == Job.State.DONE
    assert "2件は読んでいません" in officer.job().message
    assert [json.loads(row.stated)["ファイル"] for row in newest().lines.order_by("line")] == ["h1.xml", "h2.xml"]


def test_single_documents_are_taken_together(ward: Demo, officer: Desk, schemas: None) -> None:
    files = [SimpleUploadedFile(f"h{n}.xml", b"<a/>%d" % n) for n in range(3)]
    given = {"organisation": ward.organisation(ASSOCIATION).pk, "year": YEAR, "documents": files}
    assert officer.send("screening_take_xml", fields=given).status_code == 303
    assert newest().rows == 3


@pytest.mark.parametrize("name", ["../h.xml", "/etc/h.xml", "a\\..\\h.xml", "C:h.xml"])
def test_an_archive_whose_names_lead_elsewhere_is_refused_at_once(
    ward: Demo, officer: Desk, schemas: None, name: str
) -> None:
    given = {"organisation": ward.organisation(ASSOCIATION).pk, "year": YEAR, "documents": archive(**{name: b"<a/>"})}
    answer = officer.send("screening_take_xml", fields=given)
    assert answer.status_code == 422
    assert "外の場所" in text(answer)
    assert Job.objects.count() == 0


def test_other_files_than_xml_are_refused_beside_the_field(ward: Demo, officer: Desk, schemas: None) -> None:
    given = {"organisation": ward.organisation(ASSOCIATION).pk, "year": YEAR}
    for files in ([SimpleUploadedFile("a.exe", b"x")], [archive(a=b"x"), archive(b=b"y")]):
        assert officer.send("screening_take_xml", fields={**given, "documents": files}).status_code == 422
    assert officer.send("screening_take_xml", fields=given).status_code == 422


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (result_documents.Bounds(members=1), "多すぎます"),
        (result_documents.Bounds(one=10), "大きすぎます"),
        (result_documents.Bounds(total=150), "大きすぎます"),
    ],
)
def test_an_archive_has_bounds_in_number_and_size(tmp_path: Any, bounds: result_documents.Bounds, told: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive(**{"h1.xml": b"x" * 100, "h2.xml": b"y" * 100}).read())
    with pytest.raises(result_documents.ArchiveRefused, match=told):
        result_documents.look_into(path, bounds)


def test_an_archive_that_holds_more_than_it_says_is_stopped_while_it_is_read(tmp_path: Any) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive(**{"h1.xml": b"x" * 100}).read())
    found = result_documents.look_into(path)
    with pytest.raises(result_documents.ArchiveRefused, match="大きくなりました"):
        list(result_documents.documents(path, found, result_documents.Bounds(one=50)))


def test_what_is_no_archive_or_has_no_document_is_refused(tmp_path: Any) -> None:
    for content, told in ((b"not a zip", "開けません"), (archive(**{"a.txt": b"x"}).read(), "XML")):
        path = tmp_path / "a.zip"
        path.write_bytes(content)
        with pytest.raises(result_documents.ArchiveRefused, match=told):
            result_documents.look_into(path)


# --- one delivery


def test_problems_are_counted_and_lead_to_their_rows(ward: Demo, officer: Desk) -> None:
    people = takers(ward)
    batch = taken(ward, line(people[0]), line(people[1], birth="1900-01-01"), line(people[2], raw="Z"), "壊れた行")
    shown = officer.open("screening_delivery", batch.pk)
    assert {key: n for key, _problem, n in shown.context["problems"]} == {
        "none": 1, "wrong_person": 1, "unknown_code": 1, "unreadable": 1,
    }  # fmt: skip
    one = officer.open("screening_delivery", batch.pk, problem="wrong_person")
    assert [row.line for row in one.context["table"].page.object_list] == [3]


def test_only_the_rows_of_the_page_are_read_and_the_look_is_logged_with_whom_it_was_about(
    ward: Demo, officer: Desk
) -> None:
    people = takers(ward)
    batch = taken(ward, line(people[0]), line(people[1], raw="Z"))
    entries = Entry.objects.filter(act="result.read").count()
    shown = text(officer.open("screening_delivery", batch.pk, problem="unknown_code"))
    assert people[1].voucher_number in shown
    assert people[0].voucher_number not in shown
    assert Entry.objects.filter(act="result.read").count() == entries + 1


def test_an_export_of_the_rows_holds_nothing_that_was_delivered(ward: Demo, officer: Desk) -> None:
    people = takers(ward)
    batch = taken(ward, line(people[0], raw="Z"))
    written = officer.open("screening_delivery", batch.pk, format="csv").content.decode("utf-8-sig")
    assert "判定の記号が検診のものでない" in written
    assert people[0].voucher_number not in written


def test_all_clean_rows_are_accepted_on_one_confirmation(ward: Demo, officer: Desk) -> None:
    people = takers(ward)
    batch = taken(ward, line(people[0]), line(people[1]), line(people[2], raw="Z"))
    assert officer.send("screening_accept_results", batch.pk).status_code == 303
    assert TestResult.objects.count() == 2
    shown = officer.open("screening_delivery", batch.pk)
    assert (shown.context["counts"].accepted, shown.context["counts"].outstanding) == (2, 1)
    assert "2件を採用しました" in text(shown)


def test_many_rows_are_accepted_and_looked_at_again_in_jobs(
    ward: Demo, officer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.programmes.screening.views import results

    monkeypatch.setattr(results, "AT_ONCE", 0)
    people = takers(ward)
    batch = taken(ward, line(people[0]), line(people[1], raw="Z"))
    assert "/jobs/" in officer.send("screening_recheck_results", batch.pk).url
    assert officer.job().state == Job.State.DONE
    assert "/jobs/" in officer.send("screening_accept_results", batch.pk).url
    assert officer.job().message == "1件を採用しました。"


def test_a_page_from_before_a_colleague_settled_the_row_answers_409(ward: Demo, officer: Desk) -> None:
    batch = taken(ward, line(takers(ward)[0], raw="Z"))
    late = officer.sit("W002")
    late.page = late.open("screening_reject_row", batch.pk, 2)
    officer.send("screening_reject_row", batch.pk, 2, fields={"reason": "医療機関に返した"})
    answer = late.send("screening_reject_row", batch.pk, 2, fields={"reason": "同じ"}, first=False)
    assert answer.status_code == 409
    assert "W001" in text(answer)


# --- one row


def test_a_row_stands_beside_what_the_ward_has_with_every_remedy(ward: Demo, officer: Desk) -> None:
    voucher = takers(ward)[0]
    batch = taken(ward, line(voucher, name="架空 別名", raw="Z"))
    shown = text(officer.open("screening_result_row", batch.pk, 2))
    assert "架空 別名" in shown
    assert (voucher.person.name or voucher.person.alias_name or voucher.person.latin_name) in shown
    assert "判定を納めた組織に確かめ" in shown
    assert "本人であれば理由を書いて採用" in shown
    last = Entry.objects.order_by("-seq")[0]
    assert (last.act, last.details_read["line"]) == ("result.read", 2)


def test_no_name_and_no_number_of_a_person_is_in_addresses_or_titles(ward: Demo, officer: Desk) -> None:
    voucher = takers(ward)[0]
    batch = taken(ward, line(voucher, raw="Z"))
    shown = officer.open("screening_result_row", batch.pk, 2)
    title = text(shown).split("<title>")[1].split("</title>")[0]
    assert voucher.voucher_number not in title + shown.request["PATH_INFO"]


@pytest.mark.parametrize(
    ("changes", "ways"),
    [
        ({"name": "架空 別名"}, ["accept", "correct", "reject"]),
        ({"raw": "Z"}, ["correct", "reject"]),
        ({}, ["accept", "correct", "reject"]),
    ],
)
def test_only_the_ways_that_its_problems_allow_are_offered(
    ward: Demo, officer: Desk, changes: dict[str, str], ways: list[str]
) -> None:
    batch = taken(ward, line(takers(ward)[0], **changes))
    shown = officer.open("screening_result_row", batch.pk, 2)
    assert [way.how for way, _url in shown.context["ways"]] == ways


def test_an_unreadable_row_can_only_be_rejected(ward: Demo, officer: Desk) -> None:
    batch = taken(ward, "壊れた行")
    shown = officer.open("screening_result_row", batch.pk, 2)
    assert [way.how for way, _url in shown.context["ways"]] == ["reject"]
    assert officer.send("screening_accept_row", batch.pk, 2, fields={"reason": "見た"}).status_code == 422


def test_every_way_needs_a_reason_and_the_error_stands_at_the_field(ward: Demo, officer: Desk) -> None:
    batch = taken(ward, line(takers(ward)[0], name="架空 別名"))
    answer = officer.send("screening_accept_row", batch.pk, 2, fields={"reason": ""})
    assert answer.status_code == 422
    assert 'id="id_reason_error"' in text(answer)
    assert officer.send("screening_accept_row", batch.pk, 2, fields={"reason": "改姓を確かめた"}).status_code == 303
    assert batch.lines.get().state == "accepted"


def test_a_correction_starts_from_what_was_delivered_and_keeps_it(ward: Demo, officer: Desk) -> None:
    batch = taken(ward, line(takers(ward)[0], raw="Z"))
    page = officer.open("screening_correct_row", batch.pk, 2)
    assert "問題とすること" in text(page)
    assert "error-summary-heading" not in text(page)  # what the row raises is no mistake of the officer
    cells = {name: field.initial for name, field in page.context["form"].fields.items() if name != "reason"}
    changed = next(name for name, value in cells.items() if value == "Z")
    given = {**cells, "reason": "電話で確かめた"}
    unchanged = officer.send("screening_correct_row", batch.pk, 2, fields=given)
    assert unchanged.status_code == 422
    assert officer.send("screening_correct_row", batch.pk, 2, fields={**given, changed: "B"}).status_code == 303
    row = batch.lines.get()
    assert (row.state, json.loads(row.corrected), json.loads(row.stated)["判定"]) == ("accepted", {"raw": "B"}, "Z")
    assert "直した内容" in text(officer.open("screening_result_row", batch.pk, 2))


def test_a_replacement_shows_the_result_that_stands_and_takes_its_place(ward: Demo, officer: Desk) -> None:
    voucher = takers(ward)[0]
    first = taken(ward, line(voucher))
    officer.send("screening_accept_results", first.pk)
    batch = taken(ward, line(voucher, raw="E1"))
    page = text(officer.open("screening_replace_row", batch.pk, 2))
    assert "採用済みの結果" in page
    assert f"No.{first.pk} の 2行目" in page
    assert officer.send("screening_replace_row", batch.pk, 2, fields={"reason": "訂正の届け"}).status_code == 303
    assert TestResult.objects.get(replaced_by=None, withdrawn_at=None).raw == "E1"


def test_rows_and_deliveries_that_do_not_exist_are_404(ward: Demo, officer: Desk) -> None:
    batch = taken(ward, line(takers(ward)[0]))
    assert officer.open("screening_delivery", batch.pk + 1).status_code == 404
    assert officer.open("screening_result_row", batch.pk, 99).status_code == 404


# --- bounds


def asked(queries: Any) -> int:
    """How many queries the page costs; what an entry costs the log's tree depends on how the tree happens to stand."""
    return sum("witness_treenode" not in query["sql"] for query in queries)


def grown(ward: Demo, rows: int) -> ResultBatch:
    """A delivery whose rows all wait, with problems."""
    batch = taken(ward, line(takers(ward)[0], raw="Z"))
    first = batch.lines.get()
    ResultRow.objects.bulk_create(
        ResultRow(batch=batch, line=n, voucher=first.voucher, stated=first.stated, problems=first.problems)
        for n in range(3, rows + 2)
    )
    ResultBatch.objects.filter(pk=batch.pk).update(rows=rows)
    return batch


@pytest.mark.parametrize("name", ["screening_results", "screening_delivery", "screening_result_row"])
def test_ten_times_the_rows_cost_no_more_queries_and_pages_stay_small(ward: Demo, officer: Desk, name: str) -> None:
    batch = grown(ward, 30)
    args = {"screening_results": (), "screening_delivery": (batch.pk,), "screening_result_row": (batch.pk, 2)}[name]
    officer.open(name, *args)
    with CaptureQueriesContext(connection) as few:
        officer.open(name, *args)
    stated = batch.lines.get(line=2)
    ResultRow.objects.bulk_create(
        ResultRow(batch=batch, line=n, voucher=stated.voucher, stated=stated.stated, problems=stated.problems)
        for n in range(100, 400)
    )
    for n in range(40):
        ResultBatch.objects.create(
            kind="csv", fiscal_year=YEAR, organisation=batch.organisation, sha256=f"{n:064}", rows=0,
            received_by=batch.received_by, received_at=batch.received_at,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        answer = officer.open(name, *args)
    assert asked(many) <= asked(few)
    assert len(answer.content) < MOST_BYTES
