"""Residents on the ward's screens: looked up for a purpose, shown after it was logged, under addresses that tell nothing."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta

import pytest
from django.http import HttpResponse
from django.urls import reverse

from azukari.people.models import ProtectedRelease, Resident
from azukari.programmes.screening.models import AddressHold, Exemption, History, OptOut, Run, Sheet, Voucher
from azukari.vocabulary.addresses import address_key
from azukari.web import clock
from azukari.witness.models import Entry, Subject
from tests import factories

from .people_world import NOW, PEOPLE, WORDS, browser, confirm, take

pytestmark = [pytest.mark.django_db, pytest.mark.urls("azukari.surfaces.ward.urls")]
PURPOSE = {"purpose": "本人からの問合せ", "detail": ""}


@pytest.fixture(autouse=True)
def world(db, monkeypatch, tmp_path):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = factories.world()
    take(*PEOPLE, folder=tmp_path)
    return made


@pytest.fixture
def officer(world):
    return browser("W1")


@pytest.fixture
def run(world):
    changeset = Resident.objects.first().roster
    return Run.objects.create(
        fiscal_year=2025, roster=changeset, as_of=date(2025, 4, 1), state="posted", started_by=world.who("W1"),
        started_at=NOW,
    )  # fmt: skip


def text(response) -> str:
    return response.content.decode()


def look_up(client, name: str, **changes: str):
    return client.post(reverse("people_lookup"), {"text": name, "birth": "", **PURPOSE, **changes})


def opened(client, name: str = "渡邉", number: int = 1, **changes: str) -> str:
    """The address of a person's page."""
    return f"{look_up(client, name, **changes).url}{number}/"


def shown_to(seq: int) -> set[str]:
    refs = {bytes(ref).hex() for ref in Subject.objects.filter(seq=seq).values_list("ref", flat=True)}
    return set(Resident.objects.filter(reference__in=refs).values_list("number", flat=True))


# --- looking up


@pytest.mark.parametrize("name", ["髙橋", "高橋", "たかはし", "ﾀｶﾊｼ", "1", "１"])
def test_a_resident_is_found_however_the_name_is_typed_and_the_look_is_logged_first(officer, name):
    size = Entry.objects.count()
    sent = look_up(officer, name)
    assert sent.status_code == 303
    entry = Entry.objects.get(seq=size)
    assert (entry.act, entry.purpose, shown_to(entry.seq)) == ("people.look_up", "本人からの問合せ", {"1"})
    assert "address" in entry.item_keys
    page = officer.get(sent.url)
    assert page["Cache-Control"] == "no-store"
    assert all(word in text(page) for word in ("髙橋", "タカハシ", "昭和35年4月1日", "見本町一丁目1番"))


def test_without_a_purpose_nobody_is_looked_up(officer):
    size = Entry.objects.count()
    assert look_up(officer, "髙橋", purpose="").status_code == 422
    other = look_up(officer, "髙橋", purpose="その他")
    assert (other.status_code, "補足を書いてください" in text(other)) == (422, True)
    assert Entry.objects.count() == size
    look_up(officer, "髙橋", purpose="その他", detail="監査の準備")
    assert Entry.objects.latest("seq").purpose == "その他：監査の準備"


@pytest.mark.parametrize(
    ("birth", "found"), [("", 1), ("S35.4.1", 1), ("昭和３５年４月１日", 1), ("1960-04-01", 1), ("1960-04-02", 0)]
)
def test_a_birth_date_narrows_the_search(officer, birth, found):
    page = officer.get(look_up(officer, "髙橋", birth=birth).url)
    assert len(page.context["people"]) == found
    assert ("見つかりませんでした" in text(page)) is (found == 0)


def test_a_birth_date_that_can_not_be_read_is_told(officer):
    answer = look_up(officer, "髙橋", birth="きのう")
    assert (answer.status_code, "生年月日を読めません" in text(answer)) == (422, True)


def test_a_result_belongs_to_its_session_and_handler_and_ends(officer, monkeypatch):
    found = look_up(officer, "髙橋").url
    person = f"{found}1/"
    assert officer.get(person).status_code == 200
    for stranger in (browser("W1"), browser("W2")):
        assert stranger.get(found).status_code == stranger.get(person).status_code == 404
        assert stranger.get(f"{person}records/").status_code == 404
    assert officer.get(f"{found}2/").status_code == officer.get(f"{found}0/").status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=15))
    for address in (found, person, f"{person}records/", f"{person}screening/late/"):
        over = officer.get(address)
        assert (over.status_code, over.url) == (303, reverse("people_lookup"))
    assert "照会から15分" in text(officer.get(reverse("people_lookup")))


def test_another_handler_of_the_same_browser_does_not_find_the_result(officer, world):
    found = look_up(officer, "髙橋").url
    session = officer.session
    kept = session["ward_purposes"]
    session["ward_purposes"] = {token: {**told, "by": "W2"} for token, told in kept.items()}
    session.save()
    assert officer.get(found).status_code == 404


def test_at_most_ten_results_are_kept(officer):
    first = look_up(officer, "髙橋").url
    for _ in range(10):
        last = look_up(officer, "渡邉").url
    assert officer.get(first).status_code == 404
    assert officer.get(last).status_code == 200


def test_no_name_is_in_any_address_header_cookie_or_log(officer, run, caplog):
    caplog.set_level(logging.DEBUG)
    answers = [look_up(officer, "見本"), look_up(officer, "みほん かくれ")]
    found = answers[-1].url
    answers += [officer.get(found), officer.get(f"{found}1/"), officer.get(f"{found}1/records/")]
    answers += [confirm(officer, f"{found}1/address/", reason="本人が窓口に来た"), officer.get(f"{found}1/")]
    answers += [officer.get(f"{found}1/screening/late/"), officer.get(f"{found}9/")]
    for answer in answers:
        told = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        told += " ".join(morsel.OutputString() for morsel in answer.cookies.values())
        assert not any(word in told for word in WORDS)
        title = re.search(r"<title>(.*?)</title>", text(answer), re.DOTALL)
        assert title is None or not any(word in title[1] for word in WORDS)
        assert not any(
            word in link for link in re.findall(r'(?:href|action)="([^"]*)"', text(answer)) for word in WORDS
        )
    lines = " ".join(
        f"{record.getMessage()} {record.args}" for record in caplog.records if record.name != "django.db.backends"
    )
    assert not any(word in lines for word in WORDS)
    assert not any(word in str(dict(officer.session)) for word in WORDS)
    for entry in Entry.objects.all():
        assert not any(word in f"{entry.purpose}{entry.details}" for word in WORDS)


# --- the person's page


def test_a_persons_page_shows_the_register_and_every_test_with_its_reason(officer, run):
    History.objects.create(
        person=Resident.objects.get(number="2"), test="colorectal", fiscal_year=2023, outcome="異常なし"
    )
    size = Entry.objects.count()
    address = opened(officer)
    page = officer.get(address)
    shown = text(page)
    for word in (
        "渡邉　次郎",
        "昭和40年4月1日",
        "宛名番号",
        "検診ごとの判定と理由",
        "根拠",
        "異常なし",
        "受診券を発行する",
    ):
        assert word in shown
    entries = list(Entry.objects.filter(seq__gt=size).order_by("seq"))  # after the look-up's own
    assert [entry.act for entry in entries] == ["people.look_up"] * 3
    assert all(shown_to(entry.seq) == {"2"} and entry.purpose == "本人からの問合せ" for entry in entries)
    assert {"name", "address", "name_history"} <= set(entries[0].item_keys)
    assert len(page.content) < 100_000
    assert "style=" not in shown


def test_the_page_costs_a_bounded_number_of_queries(officer, run, django_assert_max_num_queries):
    address = opened(officer)
    with django_assert_max_num_queries(52):
        officer.get(address)
    with django_assert_max_num_queries(8):
        officer.get(reverse("people_lookup"))
    with django_assert_max_num_queries(26):
        officer.get(f"{address}records/")


def test_nothing_is_shown_where_the_log_can_not_be_written(officer, monkeypatch):
    address = opened(officer)

    def full(**_):
        raise OSError("no space")

    monkeypatch.setattr("azukari.witness.log.append", full)
    officer.raise_request_exception = False
    for place in (address, f"{address}records/"):
        answer = officer.get(place)
        assert answer.status_code == 500
        assert not any(word in text(answer) for word in WORDS)


def test_former_names_are_shown(officer, tmp_path):
    renamed = [{**PEOPLE[0], "氏名": "高木　ハナ", "氏名カナ": "タカギ　ハナ"}, *PEOPLE[1:]]
    take(*renamed, folder=tmp_path, stated_on=date(2025, 5, 1))
    assert "髙橋" in text(officer.get(opened(officer, "高橋")))


def test_a_protected_address_is_opened_for_a_reason_only(officer):
    found = look_up(officer, "見本").url
    page = text(officer.get(found))
    assert ("この中に、支援措置の対象者がいます" in page, "秘密町" in page) == (True, False)
    person = f"{found}1/"
    before = officer.get(person)
    assert not any(word in text(before) for word in ("秘密町", "1111-2222"))
    assert "address" not in Entry.objects.filter(details__contains="protected_address").values_list("items", flat=True)
    entry = Entry.objects.filter(programme="", act="people.look_up").latest("seq")
    assert "address" not in entry.item_keys
    assert confirm(officer, f"{person}address/", reason="").status_code == 422
    assert confirm(officer, f"{person}address/", reason="本人が窓口に来た").status_code == 303
    size = Entry.objects.count()
    after = text(officer.get(person))
    assert all(word in after for word in ("秘密町", "1111-2222", "本人が窓口に来た"))
    entry = Entry.objects.get(seq=size)
    assert ("address" in entry.item_keys, entry.details_read["protected_address"]) == (True, "本人が窓口に来た")
    assert officer.get(f"{opened(officer, '髙橋')}address/").status_code == 404


def test_who_has_had_a_persons_data_is_shown_newest_first(officer, world):
    from azukari.custody.models import HandedPerson

    handover = factories.released(world, world.printer, numbers=(1,))
    person = Resident.objects.get(number="2")
    HandedPerson.objects.create(handover=handover, reference=person.reference)
    address = opened(officer)
    for _ in range(60):
        officer.get(f"{address}records/")
    page = officer.get(f"{address}records/")
    assert all(word in text(page) for word in (handover.number, "見本printer", "はがきの印字", "保有中", "住民の照会"))
    older = officer.get(f"{address}records/{page.context['older_url']}")
    assert "名簿の確定" not in text(page)
    assert older.context["told"].entries[0].seq < page.context["told"].entries[-1].seq
    assert len(page.content) < 100_000
    assert officer.get(f"{address}records/?before=zzz").status_code == 200


# --- acts for one person


def test_a_voucher_is_issued_late_in_three_clicks(officer, run):
    found = officer.get(look_up(officer, "渡邉").url)
    person = officer.get(found.context["people"][0].url)  # first click
    (address,) = [url for label, url, _kind in person.context["sections"][0].acts if label == "受診券を発行する"]
    page = officer.get(address)  # second
    assert "渡邉" in text(page)
    sent = officer.post(address, {**page.context["hidden"], "cause": "転入", "detail": ""})  # third
    assert (sent.status_code, sent.url) == (303, found.context["people"][0].url)
    voucher = Voucher.objects.get(run=run)
    assert (voucher.person.number, voucher.channel) == ("2", "late")
    again = text(officer.get(sent.url))
    assert "受診券を発行する" not in again
    assert voucher.examinee_number in again
    twice = officer.post(address, {**page.context["hidden"], "cause": "転入", "detail": ""})
    assert twice.status_code == 409


def test_a_lost_voucher_is_issued_again_and_the_old_code_told_to_be_void(officer, run):
    person = opened(officer)
    confirm(officer, f"{person}screening/late/", cause="転入", detail="")
    Sheet.objects.update(state="posted")
    page = officer.get(f"{person}screening/late/")
    assert "今の帳票番号は無効になります" in text(page)
    assert officer.post(f"{person}screening/late/", {"cause": "その他", "detail": ""}).status_code == 409
    confirm(officer, f"{person}screening/late/", cause="紛失", detail="電話で申出")
    assert sorted(Sheet.objects.values_list("state", "reason")) == [("issued", "紛失：電話で申出"), ("voided", "転入")]


def test_what_the_core_refuses_is_told_on_the_page(officer, run):
    Run.objects.update(state="assessed")
    answer = confirm(officer, f"{opened(officer)}screening/late/", cause="転入", detail="")
    assert answer.status_code == 409
    assert not Voucher.objects.exists()


def test_wishes_exemptions_and_holds_are_recorded_for_the_person(officer, run):
    person, resident = opened(officer), Resident.objects.get(number="2")
    hold = AddressHold.objects.create(
        person=resident, address_key=address_key(resident.address), since=date(2025, 5, 1), cause="転居先不明"
    )
    assert "発送を保留しています" in text(officer.get(person))
    assert confirm(officer, f"{person}screening/opt-out/", day="2025-06-02").status_code == 303
    assert OptOut.objects.get().since == date(2025, 6, 2)
    assert "案内の停止を終える" in text(officer.get(person))
    assert confirm(officer, f"{person}screening/end-opt-out/", day="2025-06-02").status_code == 303
    assert OptOut.objects.get().until == date(2025, 6, 2)
    assert confirm(officer, f"{person}screening/exempt/", year="2025", day="2025-06-02").status_code == 303
    assert Exemption.objects.get().person == resident
    other = f"{opened(officer, '髙橋')}screening/lift-hold/{hold.pk}/"
    assert officer.get(other).status_code == 404
    lift = f"{person}screening/lift-hold/{hold.pk}/"
    assert confirm(officer, lift, reason="").status_code == 422
    assert confirm(officer, lift, reason="本人に電話で確かめた").status_code == 303
    assert officer.get(lift).status_code == 404
    assert Entry.objects.filter(purpose="本人に電話で確かめた").exists()


@pytest.mark.parametrize("place", ["screening/zzz/", "checkup/late/", "nothing/late/", "screening/lift-hold/1/"])
def test_an_act_that_nobody_offers_is_not_found(officer, run, place):
    assert officer.get(opened(officer) + place).status_code == 404


# --- protected releases


def ask(officer) -> ProtectedRelease:
    person = opened(officer, "見本")
    sent = confirm(
        officer,
        f"{person}release/",
        programme="postcards",
        purpose="はがき",
        reason="本人が希望",
        valid_until="2026-03-31",
    )
    assert sent.status_code == 303, sent.content.decode()
    return ProtectedRelease.objects.get()


@pytest.fixture
def postcards(monkeypatch):
    """A programme whose paper is in force."""
    monkeypatch.setattr("azukari.surfaces.ward.people.words.PROGRAMMES", ("postcards",))
    monkeypatch.setattr("azukari.web.screens.ask_again", lambda request: None)


def test_a_protected_person_is_released_by_two_officers_and_the_list_names_nobody(officer, postcards):
    release = ask(officer)
    own = officer.get(reverse("protected_releases"))
    assert ("取り下げる" in text(own), "確かめて承認する" in text(own)) == (True, False)
    assert not any(word in text(own) for word in WORDS)
    alone = confirm(officer, reverse("protected_release", args=[release.pk]))
    assert (alone.status_code, "別の職員" in text(alone)) == (422, True)
    second = browser("W2")
    listed = second.get(reverse("protected_releases"))
    assert ("確かめて承認する" in text(listed), "見本 W1" in text(listed)) == (True, False)
    assert not any(word in text(listed) for word in WORDS)
    size = Entry.objects.count()
    page = second.get(reverse("protected_release", args=[release.pk]))
    assert all(word in text(page) for word in ("かくれ", "本人が希望"))
    assert "秘密町" not in text(page)
    entry = Entry.objects.get(seq=size)
    assert (entry.act, shown_to(entry.seq)) == ("people.release_protected", {"3"})
    assert confirm(second, reverse("protected_release", args=[release.pk])).status_code == 303
    release.refresh_from_db()
    assert release.approved_by == "W2"
    assert confirm(second, reverse("protected_release_revoke", args=[release.pk])).status_code == 303
    release.refresh_from_db()
    assert release.revoked_by == "W2"


def test_only_a_protected_person_can_be_released(officer, postcards):
    assert officer.get(f"{opened(officer, '髙橋')}release/").status_code == 404


def test_approving_asks_to_sign_in_anew_and_shows_nobody_before(officer, postcards, monkeypatch):
    release = ask(officer)
    monkeypatch.setattr("azukari.web.screens.ask_again", lambda request: HttpResponse("again"))
    second, size = browser("W2"), Entry.objects.count()
    for answer in (second.get, second.post):
        assert text(answer(reverse("protected_release", args=[release.pk]))) == "again"
    assert Entry.objects.count() == size
    release.refresh_from_db()
    assert release.approved_by == ""


@pytest.mark.parametrize("state", ["", "asked", "in_force", "over", "revoked"])
def test_the_list_is_filtered_by_state_in_a_bounded_number_of_queries(officer, state, django_assert_max_num_queries):
    person = Resident.objects.get(number="3")
    rows = [("", None, 1), ("W2", None, 1), ("W2", None, -1), ("W2", NOW, 1)]
    for approved, revoked, days in rows * 20:
        ProtectedRelease.objects.create(
            resident=person, programme="screening", purpose="p", reason="秘密町の件", by="W1", requested_at=NOW,
            approved_by=approved, revoked_at=revoked, valid_until=NOW.date() + timedelta(days=days),
        )  # fmt: skip
    with django_assert_max_num_queries(20):
        page = officer.get(reverse("protected_releases"), {"state": state})
    assert page.context["table"].total == (80 if not state else 20)
    assert "秘密町" not in text(page)


@pytest.mark.parametrize(("who", "status"), [("W1", 200), ("W3", 403), ("W4", 403), ("P1", 302)])
def test_who_may_look_people_up(who, status, officer, postcards):
    release = ask(officer)
    client = browser(who)
    for name, args in (
        ("people_lookup", []),
        ("protected_releases", []),
        ("protected_release", [release.pk]),
        ("protected_release_revoke", [release.pk]),
    ):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == status, name
        assert status == 200 or not any(word in text(answer) for word in WORDS)
    token = look_up(officer, "髙橋").url
    wanted = 404 if status == 200 else status
    for place in ("", "1/", "1/records/", "1/address/", "1/release/", "1/screening/late/"):
        assert client.get(token + place).status_code == wanted, place
    if status == 403:
        size = Entry.objects.count()
        assert look_up(client, "髙橋").status_code == 403
        assert Entry.objects.get(seq=size).act == "refused"
