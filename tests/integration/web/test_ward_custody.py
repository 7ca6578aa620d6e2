"""The ward's custody screens: handovers from seal to certificate, the books, and who may do what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from azukari.custody.models import Certificate, Closing, Delivery, Discrepancy, Handover
from azukari.parties.models import Handler
from azukari.programmes.screening.demo_run import Demo
from azukari.web import clock
from azukari.witness.models import Entry
from tests.fixtures.web import prove_again, sign_in, surface

pytestmark = pytest.mark.django_db


@pytest.fixture
def play(tmp_path: Path, settings: Any) -> Demo:
    surface(settings, "ward")
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    return Demo(residents=60, year=2025, seed=3, folder=tmp_path)


def up_to(play: Demo, name: str) -> None:
    for stage in play.stages():
        if not stage.done():
            stage.do(lambda done, total: None)
        if stage.name == name:
            return
    raise AssertionError(name)


def at(monkeypatch: pytest.MonkeyPatch, play: Demo, month: int, day: int, hour: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: play.at(month, day, hour))


def person(key: str) -> Client:
    client = Client()
    sign_in(client, key)
    return client


def mark(client: Client, url: str) -> dict[str, str]:
    """The hidden mark of what the page was drawn for."""
    page = client.get(url).content.decode()
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found, page[:3000]
    return {"seen": found[1]}


def act(client: Client, key: str, url: str, **given: str) -> Any:
    prove_again(client, Handler.objects.get(key=key))
    return client.post(url, {**mark(client, url), **given})


def test_a_handover_goes_from_prepared_to_its_password_by_forms_alone(
    play: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    up_to(play, "委託先データの準備")
    handover = Handover.objects.get()
    url = lambda name: reverse(f"handover_{name}", args=[handover.number])  # noqa: E731
    first, second = person("W001"), person("W002")
    at(monkeypatch, play, 4, 3, 10)
    answer = act(first, "W001", url("seal"), sealing="zip")
    assert answer.status_code == 303
    handover.refresh_from_db()
    assert handover.state == "sealed", first.get(answer["Location"]).content.decode()
    own = act(first, "W001", url("release"), due="2025-06-30")
    assert own.status_code == 422
    assert "別の人" in own.content.decode()
    handover.refresh_from_db()
    assert handover.state == "sealed"
    assert act(second, "W002", url("release"), due="2025-06-30").status_code == 303
    assert act(second, "W002", url("deliver"), way="inbox").status_code == 303
    assert Delivery.objects.get(what="package").occasion.startswith("受信箱")
    told = {"to": str(Handler.objects.get(key="E901").pk), "occasion": "手渡し 4月3日", "contact": "内線1"}
    too_soon = act(second, "W002", url("password"), **told)
    assert too_soon.status_code == 422
    assert "別の機会" in too_soon.content.decode()
    at(monkeypatch, play, 4, 3, 15)
    notice = act(second, "W002", url("password"), **told)
    assert notice["Content-Type"] == "application/pdf"
    assert notice.content.startswith(b"%PDF")
    assert notice["Cache-Control"] == "no-store"
    assert Delivery.objects.get(what="password").to.key == "E901"


def test_a_page_that_is_stale_says_who_was_faster(play: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    up_to(play, "封")
    handover = Handover.objects.get()
    url = reverse("handover_release", args=[handover.number])
    at(monkeypatch, play, 4, 3, 11)
    second = person("W002")
    old = mark(second, url)
    withdrawn = person("W001")
    assert (
        act(withdrawn, "W001", reverse("handover_withdraw", args=[handover.number]), reason="作り直し").status_code
        == 303
    )
    prove_again(second, Handler.objects.get(key="W002"))
    late = second.post(url, {**old, "due": "2025-06-30"})
    assert late.status_code == 409
    assert "W001" in late.content.decode()
    assert "作り直し" in late.content.decode()


def test_a_release_asks_again_who_it_is(play: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    up_to(play, "封")
    at(monkeypatch, play, 4, 3, 11)
    client = person("W002")
    url = reverse("handover_release", args=[Handover.objects.get().number])
    given = {**mark(client, url), "due": "2025-06-30"}
    assert client.post(url, given).status_code == 303
    assert client.get(url)["Location"].startswith(reverse("mfa_reauthenticate"))


def test_a_discrepancy_is_settled_with_words(play: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    up_to(play, "パスワードの通知（別の機会）")
    at(monkeypatch, play, 4, 4, 10)
    handover = Handover.objects.get()
    from azukari.custody.handovers import acknowledge

    acknowledge(handover=handover, rows=1, digest="0" * 64, by=play.who("E001"), now=play.at(4, 4))
    client = person("W001")
    found = Discrepancy.objects.get()
    assert "未解決" in client.get(reverse("discrepancies")).content.decode()
    url = reverse("discrepancy_settle", args=[found.pk])
    assert act(client, "W001", url, settlement="").status_code == 422
    assert act(client, "W001", url, settlement="数え間違い", accept="on").status_code == 303
    handover.refresh_from_db()
    assert handover.state == "acknowledged"


def test_a_certificate_is_confirmed_and_the_year_closed(play: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    up_to(play, "返戻と年度途中の発行")
    from azukari.custody import erasure

    at(monkeypatch, play, 6, 11, 10)
    client = person("W001")
    for step, handler, responsible in (("④", "C001", "C901"), ("①", "E001", "E901")):
        handover = play.handover(step)
        if handover.state == "acknowledged":
            erasure.erase(handover=handover, by=play.who(handler), now=play.at(6, 10))
        erasure.certify(handover=handover, by=play.who(responsible), now=play.at(6, 10, 11))
        url = reverse("certificate_confirm", args=[handover.number])
        assert act(client, "W001", url).status_code == 303
        assert client.get(reverse("handover_paper", args=[handover.number, "certificate"])).content.startswith(b"%PDF")
    assert Certificate.objects.filter(confirmed_at=None).count() == 0
    at(monkeypatch, play, 3, 31, 15)
    privacy = person("W101")
    assert "年度を締める" in privacy.get(reverse("closings")).content.decode()
    url = reverse("closing", args=["screening", 2025])
    prove_again(privacy, Handler.objects.get(key="W101"))
    assert privacy.post(url, {}).status_code == 303
    assert Closing.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["handovers", "register", "balances", "overdue", "discrepancies", "certificates", "closings"]
)
def test_every_book_can_be_read_exported_and_costs_a_fixed_number_of_queries(
    name: str, play: Demo, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    up_to(play, "郵便物の納品")
    at(monkeypatch, play, 7, 20, 10)
    client = person("W901")
    client.get(reverse(name))
    with django_assert_max_num_queries(25):
        page = client.get(reverse(name))
    assert page.status_code == 200
    assert len(page.content) < 100_000
    if name in {"handovers", "register"}:
        before = Entry.objects.count()
        assert client.get(reverse(name), {"format": "csv"}).content.startswith(b"\xef\xbb\xbf")
        assert client.get(reverse(name), {"format": "xlsx"}).content.startswith(b"PK")
        assert Entry.objects.count() == before + 2


def test_an_auditor_reads_the_story_of_a_handover_and_can_do_nothing(
    play: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    up_to(play, "封")
    at(monkeypatch, play, 4, 3, 11)
    number = Handover.objects.get().number
    auditor = person("W901")
    page = auditor.get(reverse("handover", args=[number])).content.decode()
    assert reverse("handover_release", args=[number]) not in page
    assert "区職員" in page
    for name in ("seal", "release", "deliver", "password", "withdraw"):
        assert auditor.post(reverse(f"handover_{name}", args=[number]), {}).status_code == 403
    assert auditor.get(reverse("handover", args=["AZ-2025-999999"])).status_code == 404


def test_a_saved_filter_is_ones_own(play: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    up_to(play, "封")
    at(monkeypatch, play, 4, 3, 11)
    client, other = person("W001"), person("W002")
    save = {"name": "封済のもの", "query": "?state=sealed", "back": reverse("handovers")}
    assert client.post(reverse("saved_filter", args=["handovers"]), save)["Location"] == reverse("handovers")
    assert "封済のもの" in client.get(reverse("handovers")).content.decode()
    assert "封済のもの" not in other.get(reverse("handovers")).content.decode()
    client.post(reverse("saved_filter", args=["handovers"]), {"delete": "封済のもの", "back": "//evil.example/"})
    assert "封済のもの" not in client.get(reverse("handovers")).content.decode()
