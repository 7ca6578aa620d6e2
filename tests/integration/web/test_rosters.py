"""Rosters on the ward's screens: a file in, its columns told, its rows looked at, committed by another officer."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from azukari.people.models import Changeset, Resident, StagedRow
from azukari.web import clock
from azukari.web.models import Job
from azukari.witness.models import Entry, Subject
from tests import factories
from tests.unit.people.rosters import csv_text, employee, resident

from .people_world import NOW, PEOPLE, WORDS, browser, confirm, take, upload_form, work_off

pytestmark = [pytest.mark.django_db, pytest.mark.urls("azukari.surfaces.ward.urls")]


@pytest.fixture(autouse=True)
def world(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return factories.world()


@pytest.fixture
def officer(world):
    return browser("W1")


@pytest.fixture
def second(world):
    return browser("W2")


def kept(settings) -> list[Path]:
    return sorted((Path(settings.AZUKARI_VAR) / "rosters").glob("*"))


def text(response) -> str:
    return response.content.decode()


def test_a_roster_goes_from_the_file_into_the_register(officer, second, settings):
    sent = officer.post(reverse("roster_upload"), upload_form(*PEOPLE))
    assert sent.status_code == 303
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept(settings)} == {0o600}
    assert stat.S_IMODE(kept(settings)[0].parent.stat().st_mode) == 0o700
    assert all("住民" not in path.name for path in kept(settings))
    job = work_off()
    assert job.state == Job.State.DONE, job.message
    assert not list((Path(settings.AZUKARI_VAR) / "rosters").glob("*.csv"))
    found = officer.get(job.then)
    staged = Changeset.objects.get()
    assert found.url == reverse("roster", args=[staged.pk])
    page = officer.get(found.url)
    assert "内訳を確認した" in text(page)
    assert not any(word in text(page) for word in WORDS)
    assert confirm(officer, reverse("roster_review", args=[staged.pk])).status_code == 303
    own = officer.get(found.url)
    assert reverse("roster_commit", args=[staged.pk]) not in text(own)
    begun = confirm(second, reverse("roster_commit", args=[staged.pk]))
    assert begun.status_code == 303
    assert work_off().state == Job.State.DONE
    assert Resident.objects.count() == 3
    assert kept(settings) == []


def test_who_reviewed_a_roster_can_not_commit_it(officer, tmp_path):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    confirm(officer, reverse("roster_review", args=[staged.pk]))
    assert "別の人がします" in text(officer.get(reverse("roster_commit", args=[staged.pk])))
    confirm(officer, reverse("roster_commit", args=[staged.pk]))
    job = work_off()
    assert (job.state, "別の人" in job.message) == (Job.State.REFUSED, True)
    assert not Resident.objects.exists()
    assert Entry.objects.filter(act="refused", purpose="people.commit").exists()


@pytest.mark.parametrize(
    ("data", "changes", "told"),
    [
        (b"", {}, "ファイルが空です"),
        (None, {"rows": "4"}, "件数が送付票と一致しません"),
        (None, {"sha256": "0" * 64}, "ハッシュ値が送付票と一致しません"),
        (None, {"stated_on": "2025-06-03"}, "基準日が未来です"),
        (csv_text(*PEOPLE).encode("utf-16"), {}, "読み込みませんでした|取り込みませんでした"),
        ("氏名,住所,性別\n見本,見本町,1\n".encode(), {"rows": "1"}, "必要な見出しがありません"),
        (b"PK\x03\x04 an Excel file", {}, "CSV で受け取ります"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", {}, "取り込みませんでした"),
        ("これは名簿ではありません。\nただの文です。\n".encode(), {"rows": "1"}, "見出しの行が見つかりません"),
    ],
    ids=["empty", "count", "digest", "future", "encoding", "three columns", "Excel", "picture", "prose"],
)
def test_a_bad_file_comes_back_on_the_form_and_leaves_nothing(officer, settings, data, changes, told):
    answer = officer.post(reverse("roster_upload"), upload_form(*PEOPLE, data=data, **changes))
    assert answer.status_code == 422
    assert any(one in text(answer) for one in told.split("|"))
    assert not any(word in text(answer) for word in WORDS)
    assert 'value="2025-06-0' in text(answer)  # what was typed is still there
    assert kept(settings) == []
    assert not Changeset.objects.exists()
    assert not Job.objects.exists()


def test_a_row_of_data_in_place_of_headers_is_not_repeated(officer, settings):
    data = "\n".join(csv_text(*PEOPLE).splitlines()[1:]).encode()
    answer = officer.post(reverse("roster_upload"), upload_form(data=data, rows="2"))
    assert answer.status_code == 422
    assert "見出しの行が見つかりません" in text(answer)
    assert not any(word in text(answer) for word in WORDS)
    assert kept(settings) == []


def test_a_delivery_note_is_a_file_or_is_typed_but_not_both_and_not_half(officer):
    form = upload_form(*PEOPLE)
    note = f'rows = 3\nsha256 = "{form["sha256"]}"\n'.encode()

    def noted(data: bytes):
        from django.core.files.uploadedfile import SimpleUploadedFile

        return SimpleUploadedFile("note.toml", data)

    half = {**upload_form(*PEOPLE), "sha256": ""}
    assert "両方を入れてください" in text(officer.post(reverse("roster_upload"), half))
    both = {**upload_form(*PEOPLE), "note": noted(note)}
    assert "どちらか一方" in text(officer.post(reverse("roster_upload"), both))
    broken = {**upload_form(*PEOPLE, rows="", sha256=""), "note": noted(b"rows = three")}
    assert "送付票を読めません" in text(officer.post(reverse("roster_upload"), broken))
    right = {**upload_form(*PEOPLE, rows="", sha256=""), "note": noted(note)}
    assert officer.post(reverse("roster_upload"), right).status_code == 303


def test_unknown_headers_are_asked_for_without_showing_the_data(officer, settings):
    rows = [{("本人の名" if key == "氏名" else key): value for key, value in row.items()} for row in PEOPLE]
    sent = officer.post(reverse("roster_upload"), upload_form(*rows))
    assert sent.status_code == 303
    assert not Job.objects.exists()
    page = text(officer.get(sent.url))
    assert "本人の名" in page
    assert not any(word in page for word in WORDS)
    headers = list(rows[0])
    from azukari.people.columns import RESIDENTS, header_key

    chosen = {f"column_{n}": RESIDENTS.spellings.get(header_key(head), "-") for n, head in enumerate(headers)}
    wrong = officer.post(sent.url, chosen)
    assert (wrong.status_code, "必要な見出しがありません" in text(wrong)) == (422, True)
    missing = officer.post(sent.url, {**chosen, "column_0": ""})
    assert (missing.status_code, "「使わない」を選んでください" in text(missing)) == (422, True)
    right = officer.post(sent.url, {**chosen, f"column_{headers.index('本人の名')}": "name"})
    assert right.status_code == 303
    assert work_off().state == Job.State.DONE
    assert Changeset.objects.get().rows == 3


def test_the_columns_can_be_checked_though_all_are_known_and_the_file_given_up(officer, settings):
    sent = officer.post(reverse("roster_upload"), upload_form(*PEOPLE, check="on"))
    assert officer.get(sent.url).status_code == 200
    assert len(kept(settings)) == 2
    assert browser("W2").get(sent.url).status_code == 404
    assert officer.get(reverse("roster_columns", args=["nobody-knows-this"])).status_code == 404
    assert officer.get(reverse("roster_columns", args=["..%2f..%2fsecret"])).status_code == 404
    assert officer.post(sent.url + "give-up/").status_code == 303
    assert kept(settings) == []
    assert officer.get(sent.url).status_code == 404


def test_an_abandoned_upload_goes_by_itself(officer, settings, monkeypatch):
    officer.post(reverse("roster_upload"), upload_form(*PEOPLE, check="on"))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=5))
    officer.get(reverse("rosters"))
    assert len(kept(settings)) == 2
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=6, minutes=1))
    from azukari.surfaces.ward.rosters.work import drop_abandoned

    drop_abandoned.func()
    assert kept(settings) == []


def test_columns_that_are_shifted_are_told_and_can_be_told_anew(officer, settings):
    swapped = {"性別": "生年月日", "生年月日": "性別"}
    rows = [{swapped.get(key, key): value for key, value in resident(str(n)).items()} for n in range(1, 9)]
    sent = officer.post(reverse("roster_upload"), upload_form(*rows))
    assert sent.status_code == 303
    job = work_off()
    assert (job.state, "列がずれているようです" in job.message) == (Job.State.REFUSED, True)
    page = officer.get(job.then)
    assert "列がずれているようです" in text(page)
    form = page.context["form"]
    chosen = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    other = {"sex": "birth", "birth": "sex"}
    again = officer.post(job.then, {name: other.get(value, value) for name, value in chosen.items()})
    assert again.status_code == 303
    assert work_off().state == Job.State.DONE


def test_the_same_file_is_told_to_be_there_already(officer, tmp_path):
    officer.post(reverse("roster_upload"), upload_form(*PEOPLE))
    work_off()
    again = officer.post(reverse("roster_upload"), upload_form(*PEOPLE))
    assert (again.status_code, "として読み込まれています" in text(again)) == (422, True)


def test_a_roster_that_moved_meanwhile_is_told_to_be_read_again(officer, tmp_path):
    waiting = take(*PEOPLE, folder=tmp_path, commit=False)
    take(*PEOPLE, resident("4"), folder=tmp_path, stated_on=factories.APRIL + timedelta(days=1))
    assert "別の名簿が確定しています" in text(officer.get(reverse("roster", args=[waiting.pk])))


def test_the_review_compares_with_the_last_roster(officer, tmp_path):
    take(*PEOPLE, folder=tmp_path)
    moved = [{**PEOPLE[0], "住所": "別の町"}, PEOPLE[1], PEOPLE[2], resident("9", 性別="X")]
    staged = take(*moved, folder=tmp_path, stated_on=factories.APRIL + timedelta(days=9), commit=False)
    page = text(officer.get(reverse("roster", args=[staged.pk])))
    for told in ("前回の名簿との比較", "1 件は取り込めません", "<svg", "変わる項目ごとの人数"):
        assert told in page
    assert "style=" not in page


def test_rows_are_shown_for_a_purpose_after_they_were_logged(officer, tmp_path):
    take(*PEOPLE, folder=tmp_path)
    moved = [{**PEOPLE[0], "住所": "別の町"}, PEOPLE[1], {**PEOPLE[2], "住所": "秘密町九丁目"}, resident("9", 性別="X")]
    staged = take(*moved, folder=tmp_path, stated_on=factories.APRIL + timedelta(days=9), commit=False)
    ask = reverse("roster_row_purpose", args=[staged.pk])
    assert officer.post(ask, {"purpose": ""}).status_code == 422
    begun = officer.post(ask, {"purpose": "住所の変更の確認", "status": "changed", "remark": ""})
    assert begun.status_code == 303
    size = Entry.objects.count()
    page = officer.get(begun.url)
    assert page["Cache-Control"] == "no-store"
    shown = text(page)
    assert all(word in shown for word in ("別の町", "見本町一丁目1番", "髙橋"))
    assert ("かくれ" in shown, "秘密町" in shown) == (True, False)  # a protected person's address stays hidden
    entry = Entry.objects.latest("seq")
    assert (entry.seq, entry.act, entry.purpose) == (size, "people.import", "住所の変更の確認")
    assert entry.persons == 2
    assert set(entry.item_keys) == {"resident_number", "name", "address"}
    references = set(Resident.objects.filter(number__in=["1", "3"]).values_list("reference", flat=True))
    assert {
        bytes(ref).hex() for ref in Subject.objects.filter(seq=entry.seq).values_list("ref", flat=True)
    } == references
    everything = text(officer.get(begun.url.partition("?")[0]))
    assert "性別" in everything
    assert browser("W2").get(begun.url).status_code == 404


def test_nothing_is_shown_where_the_log_can_not_be_written(officer, tmp_path, monkeypatch):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    begun = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認"})

    def full(**_):
        raise OSError("no space")

    monkeypatch.setattr("azukari.witness.log.append", full)
    officer.raise_request_exception = False
    answer = officer.get(begun.url)
    assert answer.status_code == 500
    assert not any(word in text(answer) for word in WORDS)


def test_the_purpose_is_asked_for_again_after_a_while(officer, tmp_path, monkeypatch):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    begun = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認"})
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=16))
    assert officer.get(begun.url).url == reverse("roster_row_purpose", args=[staged.pk])


def test_pages_of_rows_cost_the_same_wherever_they_begin(officer, tmp_path, django_assert_max_num_queries):
    many = [resident(str(n), 性別="X" if n % 2 else "1") for n in range(1, 221)]
    staged = take(*many, folder=tmp_path, commit=False)
    assert StagedRow.objects.filter(changeset=staged).count() == 110
    begun = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認"})
    address, lines = begun.url, []
    for _page in range(5):
        with django_assert_max_num_queries(22):
            answer = officer.get(address)
        assert len(answer.content) < 100_000
        page = answer.context["page"]
        lines += [row.line for row in page.rows]
        address = answer.context["next_url"]
    assert address == ""
    assert sorted(lines) == list(range(2, 222))
    new = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認", "status": "new"})
    first = officer.get(new.url)
    assert [row.status for row in first.context["page"].rows] == ["new"] * 50
    third = officer.get(officer.get(first.context["next_url"]).context["next_url"])
    assert (len(third.context["page"].rows), third.context["next_url"]) == (10, "")


@pytest.mark.parametrize("after", ["r", "p", "x9", "r-1", "p1.2.3", "r99999999999999999999", "p0.0", "é"])
def test_a_place_that_nobody_gave_out_does_no_harm(officer, tmp_path, after):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    begun = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認"})
    assert officer.get(begun.url, {"after": after, "status": "'; --", "remark": "zzz"}).status_code == 200


def test_rejected_rows_are_a_file_without_values(officer, tmp_path):
    staged = take(PEOPLE[0], resident("9", 性別="X", 生年月日="4月"), folder=tmp_path, commit=False)
    assert officer.post(reverse("roster_rejected", args=[staged.pk]), {"purpose": ""}).status_code == 422
    size = Entry.objects.count()
    answer = officer.post(reverse("roster_rejected", args=[staged.pk]), {"purpose": "送付元に知らせる"})
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].replace('"', "") == "行,項目,問題,直し方"
    assert {line.split(",")[1].strip('"') for line in lines[1:]} == {"性別", "生年月日"}
    assert not any(word in answer.content.decode("utf-8-sig") for word in (*WORDS, "山田"))
    logged = Entry.objects.filter(seq__gte=size).order_by("seq")
    assert (logged[0].purpose, logged[0].persons) == ("送付元に知らせる", 1)


def test_a_roster_is_discarded_after_a_second_look(officer, tmp_path):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    assert "取り消せません" in text(officer.get(reverse("roster_discard", args=[staged.pk])))
    assert confirm(officer, reverse("roster_discard", args=[staged.pk])).status_code == 303
    staged.refresh_from_db()
    assert staged.state == "discarded"
    assert not StagedRow.objects.filter(changeset=staged).exists()


def test_whoever_is_late_is_told_who_was_faster(officer, second, tmp_path):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    page = officer.get(reverse("roster_discard", args=[staged.pk]))
    seen = page.context["hidden"]["seen"]
    confirm(second, reverse("roster_review", args=[staged.pk]))
    answer = officer.post(reverse("roster_discard", args=[staged.pk]), {"seen": seen})
    assert answer.status_code == 409
    assert "名簿の内訳の確認" in text(answer)


def test_employees_are_taken_in_alike(officer, tmp_path):
    data = csv_text(employee("1"), employee("2")).encode()
    sent = officer.post(reverse("roster_upload"), upload_form(data=data, rows="2", kind="employees"))
    assert sent.status_code == 303
    assert work_off().state == Job.State.DONE
    staged = Changeset.objects.get()
    begun = officer.post(reverse("roster_row_purpose", args=[staged.pk]), {"purpose": "確認"})
    assert "佐藤" in text(officer.get(begun.url))
    assert set(Entry.objects.latest("seq").item_keys) == {"employee_number", "name"}


def test_the_list_is_one_page_and_a_bounded_number_of_queries(officer, django_assert_max_num_queries):
    assert "まだ取り込まれていません" in text(officer.get(reverse("rosters")))
    for n in range(120):
        Changeset.objects.create(
            kind="residents", state="discarded", stated_on=factories.APRIL, file_name="x", sha256=f"{n:064x}", rows=n,
            encoding="utf-8", read_by="W1", read_at=NOW,
        )  # fmt: skip
    with django_assert_max_num_queries(10):
        page = officer.get(reverse("rosters"))
    assert len(page.content) < 100_000


@pytest.mark.parametrize(
    ("who", "may_read", "may_import"),
    [("W1", True, True), ("W3", True, False), ("W4", True, False), ("P1", None, None)],
)
def test_who_may_do_what_with_rosters(tmp_path, who, may_read, may_import):
    staged = take(*PEOPLE, folder=tmp_path, commit=False)
    client = browser(who)
    wanted = {True: 200, False: 403, None: 302}
    assert client.get(reverse("rosters")).status_code == wanted[may_read]
    assert client.get(reverse("roster", args=[staged.pk])).status_code == wanted[may_read]
    for name in ("roster_review", "roster_commit", "roster_discard", "roster_rejected", "roster_row_purpose"):
        assert client.get(reverse(name, args=[staged.pk])).status_code == wanted[may_import], name
        if not may_import:
            client.post(reverse(name, args=[staged.pk]), {"purpose": "見たい"})
    assert client.get(reverse("roster_upload")).status_code == wanted[may_import]
    staged.refresh_from_db()
    assert staged.state == "read"
    assert client.get(reverse("roster", args=[staged.pk + 1])).status_code == {True: 404, None: 302}[may_read]
