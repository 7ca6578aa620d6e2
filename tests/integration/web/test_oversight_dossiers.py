"""Dossiers on the ward's screens: read by all, drafted by officers, approved by a second person, ruled, renewed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from azukari.dossier.models import Renewal, Ruling, Version
from azukari.parties import approvals
from azukari.programmes import PROGRAMMES
from tests.factories import at
from tests.integration.web.oversight_stage import SOURCE, Ward, paper, put_paper, text, ward

__all__ = ["paper", "ward"]

GAP = "voucher_contents"
TABS = ("paper", "flow", "matrix", "findings", "changes", "history")
KILOBYTE = 1024


def upload(content: str, name: str = "dossier.toml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode("utf-8"), "application/toml")


def next_year() -> str:
    return SOURCE.read_text(encoding="utf-8").replace('version = "令和7年度-1"', 'version = "令和7年度-2"', 1)


def of(version: Version, name: str) -> str:
    return reverse(name, args=[version.programme, version.pk])


def test_the_list_has_a_row_for_every_programme_and_links_to_what_is_in_force(
    ward: Ward, paper: Version, django_assert_max_num_queries: Any
) -> None:
    ward.sit("W901")
    with django_assert_max_num_queries(14):
        page = ward.open("dossiers")
    assert text(page).count("<tr>") == len(PROGRAMMES) + 1
    assert of(paper, "dossier_paper") in text(page)
    assert "令和7年度-1" in text(page)
    assert "未登録" in text(page)
    assert ward.open("dossier", "screening").url == of(paper, "dossier_paper")
    assert ward.open("dossier_renewal", "screening").url == of(paper, "dossier_renew")
    assert ward.open("dossier", "checkup").status_code == 404


@pytest.mark.parametrize("programme", PROGRAMMES)
@pytest.mark.parametrize("tab", TABS)
def test_every_page_of_every_paper_is_small_and_asks_few_questions(
    ward: Ward, programme: str, tab: str, django_assert_max_num_queries: Any
) -> None:
    version = put_paper(ward.people, Path("src/azukari/programmes") / programme / "dossier.toml")
    ward.sit("W101")
    with django_assert_max_num_queries(14):
        page = ward.client.get(of(version, f"dossier_{tab}"))
    assert page.status_code == 200
    assert len(page.content) < 100 * KILOBYTE


def test_the_paper_shows_its_sheets_and_the_picture_is_a_file_of_its_own(ward: Ward, paper: Version) -> None:
    ward.sit("W901")
    page = text(ward.client.get(of(paper, "dossier_paper")))
    assert 'id="sheet-printing"' in page
    assert "TOPPANエッジ株式会社" in page
    picture = ward.client.get(of(paper, "dossier_flow_picture"))
    assert picture["Content-Type"].startswith("image/svg+xml")
    assert picture.content.startswith(b"<svg")
    assert "style=" not in text(picture)


def test_a_version_of_another_programme_is_not_there(ward: Ward, paper: Version) -> None:
    ward.sit("W101")
    assert ward.client.get(reverse("dossier_paper", args=["checkup", paper.pk])).status_code == 404
    assert ward.client.get(reverse("dossier_paper", args=["screening", paper.pk + 1])).status_code == 404


def test_a_file_that_differs_from_the_approved_version_is_told_on_every_page(
    ward: Ward, paper: Version, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "programmes" / "screening"
    folder.mkdir(parents=True)
    (folder / "dossier.toml").write_text(next_year(), encoding="utf-8")
    settings.AZUKARI_PROGRAMMES = tmp_path / "programmes"
    ward.sit("W901")
    assert "承認された版（令和7年度-1）と内容が異なるため" in text(ward.open("dossiers"))
    assert "承認された版（令和7年度-1）と内容が異なるため" in text(ward.client.get(of(paper, "dossier_history")))
    (folder / "dossier.toml").write_text("これは付議書ではない", encoding="utf-8")
    assert "読み込めません" in text(ward.client.get(of(paper, "dossier_paper")))


# --- the matrix


def test_the_matrix_marks_what_is_allowed_ruled_and_open_and_narrows_by_party_direction_and_day(
    ward: Ward, paper: Version
) -> None:
    ward.sit("W101")
    url = of(paper, "dossier_matrix")
    page = text(ward.client.get(url))
    assert '<span class="mark-gap">処理（疑義）</span>' in page
    assert "共同印刷" not in page
    one = text(ward.client.get(url, {"party": "hibiya", "direction": "provided"}))
    assert "TOPPANエッジ株式会社</th>" not in one
    assert "株式会社日比谷情報サービス</th>" in one
    before = text(ward.client.get(url, {"on": "2020-04-01", "party": "hibiya"}))
    assert "（期間外）" in before
    assert ward.client.get(url, {"on": "きのう"}).status_code == 422
    assert ward.client.get(url, {"party": "nobody"}).status_code == 422


def test_an_item_tells_why_for_each_party(ward: Ward, paper: Version) -> None:
    ward.sit("W901")
    page = text(ward.client.get(reverse("dossier_reasons", args=["screening", paper.pk, "birth_date"])))
    assert "取り扱えない" in page
    assert "生年月日" in page
    assert ward.client.get(reverse("dossier_reasons", args=["screening", paper.pk, "nothing"])).status_code == 404


def test_the_question_is_answered_with_reason_clause_and_remedy(ward: Ward, paper: Version) -> None:
    ward.sit("W901")
    asked = {"party": "toppan_edge", "item": "name", "direction": "provided", "on": "2025-06-02"}
    page = ward.open("dossier_ask", "screening", **asked)
    assert "取り扱える" in text(page)
    assert "提供の項目に挙げています" in text(page)
    never = ward.open("dossier_ask", "screening", **{**asked, "on": "2024-06-02"})
    assert "有効な承認済みの付議書がありません" in text(never)
    assert ward.open("dossier_ask", "screening", **{**asked, "party": "nobody"}).status_code == 422
    assert ward.open("dossier_ask", "screening").status_code == 200


# --- drafts


def test_an_officer_takes_a_file_in_and_submits_it(ward: Ward, paper: Version) -> None:
    ward.sit("W001")
    sent = ward.send("dossier_draft", file=upload(next_year()))
    version = Version.objects.get(version="令和7年度-2")
    assert (sent.status_code, sent.url) == (303, of(version, "dossier_paper"))
    sent = ward.send("dossier_submit", "screening", version.pk)
    assert sent.status_code == 303
    version.refresh_from_db()
    assert version.submitted_by == "W001"
    assert "別の情報保護担当が記録します" in text(ward.client.get(sent.url))


def test_a_file_with_faults_is_told_by_line_field_problem_and_remedy(ward: Ward) -> None:
    ward.sit("W001")
    broken = SOURCE.read_text(encoding="utf-8").replace("schema_version = 1", "schema_version = 1\nsurplus = 3", 1)
    broken = broken.replace('within = "toppan_edge"', 'within = "toppan_edg"', 1)
    page = ward.send("dossier_draft", file=upload(broken))
    assert page.status_code == 422
    assert "付議書を読み込めません（2件）" in text(page)
    assert "surplus" in text(page)
    assert "toppan_edg" in text(page)
    assert Version.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [("付議書".encode("cp932"), "UTF-8 として読めません"), (b"= 3", "TOML として読めません"), (b"", "空"), (b"a" * 2_000_001, "大きすぎます")],
)  # fmt: skip
def test_what_is_no_dossier_is_refused_with_the_remedy(ward: Ward, content: bytes, told: str) -> None:
    ward.sit("W101")
    page = ward.send("dossier_draft", file=SimpleUploadedFile("x.toml", content))
    assert page.status_code == 422
    assert told in text(page)


def test_a_submitted_version_cannot_be_replaced_by_a_file_of_the_same_version(ward: Ward, paper: Version) -> None:
    ward.sit("W001")
    changed = SOURCE.read_text(encoding="utf-8").replace("会議", "会", 1)
    page = ward.send("dossier_draft", file=upload(changed))
    assert page.status_code == 422
    assert "版番号（version）を上げて" in text(page)


# --- approval by a second person


@pytest.fixture
def submitted(ward: Ward, paper: Version, tmp_path: Path) -> Version:
    path = tmp_path / "dossier.toml"
    path.write_text(next_year(), encoding="utf-8")
    version = approvals.draft_dossier(path=path, by=ward.people["W001"], now=at(5, 1))
    approvals.submit_dossier(version=version, by=ward.people["W102"], now=at(5, 2))
    return version


def test_a_second_person_records_the_approval_after_proving_who_they_are(ward: Ward, submitted: Version) -> None:
    ward.sit("W101")
    sent = ward.send("dossier_approve", "screening", submitted.pk, in_force_from="2025-07-01")
    assert sent.status_code == 303
    submitted.refresh_from_db()
    assert (submitted.approved_by, submitted.in_force_from) == ("W101", date(2025, 7, 1))
    assert text(ward.client.get(of(submitted, "dossier_paper"))).count("承認済（効力発生前）") == 1


def test_who_submitted_or_drafted_does_not_approve(ward: Ward, submitted: Version) -> None:
    ward.sit("W102")
    assert of(submitted, "dossier_approve") not in text(ward.client.get(of(submitted, "dossier_paper")))
    page = ward.send("dossier_approve", "screening", submitted.pk, in_force_from="2025-07-01")
    assert page.status_code == 422
    assert "作成者・付議者とは別の人が承認を記録してください" in text(page)
    submitted.refresh_from_db()
    assert submitted.approved_at is None


def test_without_proving_anew_nothing_is_approved(ward: Ward, submitted: Version) -> None:
    ward.sit("W101")
    mark = ward.mark(ward.open("dossier_approve", "screening", submitted.pk))
    session = ward.client.session
    session["account_authentication_methods"] = []
    session.save()
    for sent in (
        ward.open("dossier_approve", "screening", submitted.pk),
        ward.send("dossier_approve", "screening", submitted.pk, seen=mark, in_force_from="2025-07-01"),
    ):
        assert sent.status_code == 302
        assert sent.url.startswith(reverse("mfa_reauthenticate"))
    submitted.refresh_from_db()
    assert submitted.approved_at is None


def test_a_page_opened_before_somebody_else_approved_says_who_did(ward: Ward, submitted: Version) -> None:
    ward.sit("W101")
    old = ward.mark(ward.open("dossier_approve", "screening", submitted.pk))
    third = ward.people["W101"]
    approvals.approve_dossier(version=submitted, in_force_from=date(2025, 7, 1), by=third, now=at(6, 1))
    page = ward.send("dossier_approve", "screening", submitted.pk, seen=old, in_force_from="2025-08-01")
    assert page.status_code == 409
    assert "見本 W101" in text(page)
    assert "運営会議の承認の記録" in text(page)
    submitted.refresh_from_db()
    assert submitted.in_force_from == date(2025, 7, 1)


def test_what_changed_is_shown_against_the_version_before(ward: Ward, submitted: Version, paper: Version) -> None:
    ward.sit("W901")
    page = text(ward.client.get(of(submitted, "dossier_changes")))
    assert "令和7年度-1 から1件の違いがあります。" in page
    assert "令和7年度-2" in page
    first = text(ward.client.get(of(paper, "dossier_changes")))
    assert "この版より前に承認された版はありません。" in first
    other = text(ward.client.get(of(paper, "dossier_changes"), {"with": submitted.pk}))
    assert "令和7年度-2 から1件の違いがあります。" in other


def test_a_version_is_ended_with_a_reason_and_not_in_the_past(ward: Ward, paper: Version) -> None:
    ward.sit("W102")
    page = ward.send("dossier_expire", "screening", paper.pk, last_day="2025-06-01", why="事業の終了")
    assert page.status_code == 422
    assert "さかのぼって" in text(page)
    sent = ward.send("dossier_expire", "screening", paper.pk, last_day="2025-06-30", why="事業の終了")
    assert sent.status_code == 303
    paper.refresh_from_db()
    assert paper.in_force_until == date(2025, 6, 30)


# --- renewals and rulings


def test_a_renewal_is_recorded_once(ward: Ward, paper: Version) -> None:
    ward.sit("W101", at(3, 2, year=2026))
    fields = {"fiscal_year": "2026", "clause": "*", "remark": "資料3"}
    assert ward.send("dossier_renew", "screening", paper.pk, **fields).status_code == 303
    assert Renewal.objects.get().fiscal_year == 2026
    again = ward.send("dossier_renew", "screening", paper.pk, **fields)
    assert again.status_code == 422
    assert "すでに記録されています" in text(again)
    assert "令和8年度" in text(ward.client.get(of(paper, "dossier_history")))


def rule_fields(ward: Ward, finding: str = GAP, **changes: Any) -> dict[str, Any]:
    form = ward.open("dossier_rule", "screening", finding).context["form"]
    grants = [value for value, _label in form.fields["grants"].choices]
    fields = {
        "key": form["key"].value(), "governs": "other", "other": "委託の内容の記載", "why": "業務に欠かせないため",
        "until": "2026-03-31", "grants": grants,
    }  # fmt: skip
    return {**fields, **changes}


def test_a_ruling_opens_what_it_grants_and_no_more_until_it_is_withdrawn(ward: Ward, paper: Version) -> None:
    ward.sit("W101")
    fields = rule_fields(ward)
    first = fields["grants"][0]
    sent = ward.send("dossier_rule", "screening", GAP, **{**fields, "grants": [first]})
    assert (sent.status_code, sent.url) == (303, of(paper, "dossier_findings"))
    ruling = Ruling.objects.get()
    assert (ruling.ruled_by, ruling.governs, ruling.until) == ("W101", "委託の内容の記載", date(2026, 3, 31))
    party, item, direction = first.split("|")
    assert ruling.grants == [{"party": party, "items": [item], "directions": [direction]}]
    page = text(ward.client.get(sent.url))
    assert "裁定済" in page
    assert f"裁定 {ruling.key}" in page
    assert "（裁定）</span>" in text(ward.client.get(of(paper, "dossier_matrix")))
    assert ward.send("ruling_withdraw", "screening", ruling.key, why="付議書が改められた").status_code == 303
    ruling.refresh_from_db()
    assert ruling.withdrawn_by == "W101"
    assert ward.send("ruling_withdraw", "screening", ruling.key, why="もう一度").status_code == 422


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"until": "2025-06-01"}, "期限が過ぎた日です"),
        ({"other": " "}, "どの記載によるかを書いてください"),
        ({"why": ""}, "理由: "),
        ({"grants": ["toppan_edge|name|handled"]}, "正しく選択してください"),
    ],
)
def test_a_ruling_that_says_too_little_or_grants_too_much_is_refused(
    ward: Ward, paper: Version, changes: dict[str, Any], told: str
) -> None:
    ward.sit("W101")
    page = ward.send("dossier_rule", "screening", GAP, **rule_fields(ward, **changes))
    assert page.status_code == 422
    assert told in text(page)
    assert Ruling.objects.count() == 0


def test_a_ruling_number_is_used_once_and_a_remark_cannot_be_ruled(ward: Ward, paper: Version) -> None:
    ward.sit("W101")
    ward.send("dossier_rule", "screening", GAP, **rule_fields(ward, key="R1"))
    page = ward.send("dossier_rule", "screening", GAP, **rule_fields(ward, key="R1"))
    assert "すでに使われています" in text(page)
    assert ward.open("dossier_rule", "screening", "figure_missing").status_code == 404
    assert ward.open("dossier_rule", "screening", "nothing").status_code == 404


def test_two_rulings_at_once_are_told_apart(ward: Ward, paper: Version) -> None:
    ward.sit("W101")
    fields = rule_fields(ward)
    old = ward.mark(ward.open("dossier_rule", "screening", GAP))
    ward.sit("W102").send("dossier_rule", "screening", GAP, **rule_fields(ward, key="R2"))
    page = ward.sit("W101").send("dossier_rule", "screening", GAP, seen=old, **fields)
    assert page.status_code == 409
    assert "見本 W102" in text(page)


# --- who may


ACTS = {
    "dossier_draft": (),
    "dossier_submit": ("screening", "version"),
    "dossier_approve": ("screening", "version"),
    "dossier_expire": ("screening", "version"),
    "dossier_renew": ("screening", "version"),
    "dossier_rule": ("screening", GAP),
    "ruling_withdraw": ("screening", "R9"),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("key", ["W901", "W001"])
def test_who_may_not_do_an_act_gets_no_form_and_changes_nothing(
    ward: Ward, paper: Version, name: str, key: str
) -> None:
    if key == "W001" and name in ("dossier_draft", "dossier_submit"):
        return
    ward.sit(key)
    url = reverse(name, args=[paper.pk if part == "version" else part for part in ACTS[name]])
    assert ward.client.get(url).status_code == 403
    assert ward.client.post(url, {}).status_code == 403
    assert Ruling.objects.count() + Renewal.objects.count() == 0


def test_an_auditor_reads_every_page_and_is_offered_no_act(ward: Ward, paper: Version) -> None:
    ward.sit("W901")
    for tab in TABS:
        page = text(ward.client.get(of(paper, f"dossier_{tab}")))
        main = page[page.index("<main") : page.index("</main>")]
        assert 'method="post"' not in main
        for name in ("submit", "approve", "expire", "renew"):
            assert of(paper, f"dossier_{name}") not in main
        assert "/rule/" not in main
