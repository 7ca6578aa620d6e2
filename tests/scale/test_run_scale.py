"""The yearly run's work grows with the ward, its questions to the database do not (but for blocks of 10,000 rows)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.people.bulk import CHUNK_ROWS
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import Assessment, Sheet, Voucher
from azukari.programmes.screening.refusals import DoesNotBalance
from azukari.programmes.screening.steps import individual, mailing
from tests.integration.run.ward import Press

COUNTED = (
    "対象者の判定", "前年度との差の確認", "受診番号・整理番号の付番", "件数予告", "委託先データの準備", "封", "放出",
    "委託先の受領確認", "受診券の印字", "汚損1枚の再発行", "再委託先への帳票の引渡し", "封入封かんと照合", "郵便物の納品",
    "発送", "受診者名簿の提供", "年度の締め",
)  # fmt: skip


@pytest.fixture
def play(db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], Any]:
    """Play a ward of a size up to a stage, without drawing; returns the ward and the queries of each counted stage."""
    press = Press()
    monkeypatch.setattr(mailing, "render_batches", press)
    monkeypatch.setattr(individual, "render_batches", press)

    def to(residents: int, last: str) -> tuple[Demo, dict[str, int]]:
        folder = tmp_path / str(residents)
        settings.AZUKARI_KEYS, settings.AZUKARI_OUTBOX = folder / "keys", folder / "outbox"
        ward, queries = Demo(residents, 2025, 1, folder), {}
        for stage in ward.stages():
            if stage.name not in COUNTED:
                stage.do(lambda done, total: None)
                continue
            with CaptureQueriesContext(connection) as asked:
                stage.do(lambda done, total: None)
            queries[stage.name] = len(asked)
            if stage.name == last:
                break
        return ward, queries

    return to


@pytest.fixture
def small(play: Callable[[int, str], Any]) -> dict[str, int]:
    """The queries of a ward of 200; nothing of it is left in the database."""
    from django.db import transaction

    around = transaction.atomic()
    around._from_testcase = True
    with around:
        _, queries = play(200, "年度の締め")
        transaction.set_rollback(True)
    return queries  # type: ignore[no-any-return]


def test_ten_times_the_residents_ask_the_database_no_more(
    small: dict[str, int], play: Callable[[int, str], Any]
) -> None:
    _, large = play(2_000, "年度の締め")
    assert set(small) == set(COUNTED)
    assert large == small


def test_a_ward_of_20000_is_judged_numbered_and_handed_over(
    small: dict[str, int], play: Callable[[int, str], Any]
) -> None:
    residents = 20_000
    ward, queries = play(residents, "委託先データの準備")
    tests, blocks = 11, residents // CHUNK_ROWS
    assert Assessment.objects.count() % residents == 0
    for stage, asked in queries.items():
        assert asked <= small[stage] + 4 * tests * blocks, stage
    count = Voucher.objects.count()
    assert count > 0.5 * residents
    assert Voucher.objects.order_by("-voucher_number").first().voucher_number == f"251{count:08d}"
    assert list(Sheet.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, count + 1))
    printed = Voucher.objects.filter(channel="printer")
    assert ward.handover("①").rows == ward.handover("①").people.count() == printed.count()
    places = list(
        Sheet.objects.filter(voucher__channel="printer").order_by("sequence").values_list(
            "voucher__person__postal_code", flat=True
        )
    )  # fmt: skip
    assert places == sorted(places)


def test_reading_150000_codes_back_is_linear() -> None:
    expected = [f"{n:016d}" for n in range(150_000)]
    assert mailing.check_codes(expected, expected) == []
    assert len(mailing.check_codes(expected[:-1], expected)) == 1
    assert len(mailing.check_codes([*expected[1:], expected[0]], expected)) == 1
    problems = mailing.check_codes([], expected)
    assert len(problems) == len(expected)
    assert len(str(DoesNotBalance("封入", len(expected), 0, problems))) < 1_000
