"""A roster from file to register."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from azukari.people import changeset as acts
from azukari.people.changeset import TRANSITIONS
from azukari.people.models import (
    Changeset,
    ChangesetState,
    Employee,
    NameHistory,
    Resident,
    RowStatus,
    StagedPack,
    StagedRow,
)
from azukari.people.refusals import (
    ActorMissing,
    AlreadyRead,
    DoesNotMatchDeliveryNote,
    NotInThisState,
    RegisterMoved,
    RosterRefused,
    StaleRoster,
)
from azukari.people.staging import staged_rows
from azukari.witness.leaf import subject_reference
from tests.unit.people.rosters import STATED_ON, csv_text, employee, note_of, resident, written

from .conftest import KEY, NOW

pytestmark = pytest.mark.django_db


def counts(staged: Changeset) -> dict[str, int]:
    return {status: n for status, n in acts.summary(staged).counts.items() if n}


def number(n: int) -> str:
    return f"{n:015d}"


def test_reading_changes_nothing_in_the_register(read):
    staged = read(resident(1), resident(2))
    assert staged.state == ChangesetState.READ
    assert counts(staged) == {"new": 2}
    assert not Resident.objects.exists()


def test_committing_takes_every_field_and_adds_keys_and_a_reference(take):
    staged = take(
        resident(
            1, 氏名="髙橋　ハナ", 氏名カナ="タカハシ　ハナ", 生年月日="昭和40年4月1日", 転出日="20250331", 生活保護="有"
        ),
        resident(2, 生年月日="19650400", 支援措置="1"),
    )
    first, second = Resident.objects.order_by("number")
    assert (first.name, first.birth, first.birth_date) == ("髙橋　ハナ", "1965-04-01", date(1965, 4, 1))
    assert (first.name_key, first.kana_key) == ("高橋ハナ", "タカハシハナ")
    assert (first.moved_out_on, first.died_on, first.welfare, first.protected) == (date(2025, 3, 31), None, True, False)
    assert first.reference == subject_reference(KEY, number(1)).hex()
    assert first.roster == staged
    assert (second.birth, second.birth_date, second.protected) == ("1965-04-00", None, True)


def test_each_row_says_what_it_is_against_the_register(take, read, later):
    take(*(resident(n) for n in range(1, 8)), resident(8, 支援措置="1"), resident(9, 転出日="20240101"), resident(10))
    staged = read(
        resident(1),
        resident(2, 電話番号="03-0000-0000", 方書="2階"),
        resident(3, 転出日="20250401"),
        resident(4, 死亡日="20250401"),
        resident(5, 支援措置="1"),
        resident(6, 性別="X"),
        resident(7),
        resident(7, 方書="別"),
        resident(8),
        resident(9),
        resident(11),
        resident(12, 住民となった日="20250402"),
        stated_on=later,
        now=NOW + timedelta(days=1),
    )
    assert counts(staged) == {
        "unchanged": 1, "changed": 1, "moved_out": 1, "dead": 1, "newly_protected": 1, "rejected": 1, "duplicate": 2,
        "protection_lifted": 1, "moved_in": 2, "new": 1, "absent": 1,
    }  # fmt: skip
    rows = {(row.line, row.status): row for row in StagedRow.objects.filter(changeset=staged)}
    assert staged_rows(staged).height == 13
    assert sorted(rows[3, "changed"].changed_fields) == ["address_extra", "phone"]
    assert rows[7, "rejected"].field == "sex"
    assert "8行目、9行目" in rows[8, "duplicate"].reason
    assert "8行目、9行目" in rows[9, "duplicate"].reason
    assert rows[0, "absent"].number == number(10)
    assert rows[3, "changed"].original.startswith(number(2))


@pytest.mark.parametrize(("came", "status"), [("20250331", "new"), ("20250401", "new"), ("20250402", "moved_in")])
def test_who_became_a_resident_since_the_last_roster_has_moved_in(take, read, later, came, status):
    take(resident(1))
    staged = read(resident(1), resident(2, 住民となった日=came), stated_on=later)
    assert counts(staged) == {"unchanged": 1, status: 1}


def test_a_second_roster_updates_the_changed_and_leaves_the_absent_with_their_old_roster(take, later):
    first = take(resident(1), resident(2), resident(3))
    second = take(resident(1), resident(2, 住所="別町1", 生年月日="19660400"), stated_on=later)
    one, two, three = Resident.objects.order_by("number")
    assert (one.roster, two.roster, three.roster) == (second, second, first)
    assert (two.address, two.birth, two.birth_date) == ("別町1", "1966-04-00", None)
    assert two.reference == subject_reference(KEY, number(2)).hex()


def test_a_column_that_a_roster_does_not_have_leaves_the_register_alone(take, later):
    take(resident(1, 電話番号="03-0000-0000", 死亡日="20250301"))
    take(resident(1, 住所="別町1"), stated_on=later, without=("電話番号", "死亡日"))
    found = Resident.objects.get()
    assert (found.phone, found.died_on, found.address) == ("03-0000-0000", date(2025, 3, 1), "別町1")


def test_a_changed_name_goes_to_the_name_history_with_the_date_of_the_roster(take, later):
    take(resident(1, 氏名="髙橋　ハナ", 氏名カナ="タカハシ　ハナ"), resident(2))
    second = take(resident(1, 氏名="渡邉　ハナ", 氏名カナ="ワタナベ　ハナ"), resident(2, 住所="別町1"), stated_on=later)
    old = NameHistory.objects.get()
    assert (old.kind, old.number, old.name, old.name_key, old.until, old.roster) == (
        "residents", number(1), "髙橋　ハナ", "高橋ハナ", later, second,
    )  # fmt: skip


def test_original_lines_are_kept_until_commit_and_no_longer(read):
    staged = read(resident(1), resident(2, 性別="X"))
    assert [line.split(",")[0] for line in staged_rows(staged)["original"]] == [number(2), number(1)]
    acts.review(changeset=staged, by="a", now=NOW)
    acts.commit(changeset=staged, by="a", now=NOW, reference_key=KEY)
    (left,) = StagedRow.objects.all()
    assert (left.status, left.line, left.original, left.stated) == ("rejected", 3, "", "")
    assert staged_rows(staged)["original"].to_list() == [""]


def test_discarding_deletes_the_rows_and_leaves_the_register(read):
    staged = read(resident(1))
    acts.discard(changeset=staged, by="a", now=NOW)
    assert (staged.state, staged.discarded_by) == ("discarded", "a")
    assert not StagedRow.objects.exists()
    assert not StagedPack.objects.exists()
    assert not Resident.objects.exists()


def test_committing_again_does_nothing_and_says_so(read):
    staged = read(resident(1))
    acts.review(changeset=staged, by="a", now=NOW)
    first = acts.commit(changeset=staged, by="a", now=NOW, reference_key=KEY)
    Resident.objects.update(address="後の変更")
    again = acts.commit(changeset=staged, by="b", now=NOW + timedelta(days=1), reference_key=KEY)
    assert (first.added, first.repeated) == (1, False)
    assert again.repeated
    assert "既に確定" in str(again)
    staged.refresh_from_db()
    assert staged.committed_by == "a"
    assert Resident.objects.get().address == "後の変更"


def test_a_commit_that_fails_leaves_everything_as_it_was(read, monkeypatch):
    staged = read(resident(1), resident(2))
    acts.review(changeset=staged, by="a", now=NOW)
    Resident.objects.create(number=number(2), birth="1965-04-01", reference="x", roster=staged)  # behind our back
    with pytest.raises(IntegrityError):
        acts.commit(changeset=staged, by="a", now=NOW, reference_key=KEY)
    staged.refresh_from_db()
    assert staged.state == ChangesetState.REVIEWED
    assert Resident.objects.count() == 1
    assert staged_rows(staged).filter(original="").is_empty()
    assert staged_rows(staged).height == 2


@pytest.mark.parametrize("state", ChangesetState)
@pytest.mark.parametrize("act", ["review", "commit", "discard"])
def test_an_act_is_possible_exactly_in_the_states_of_the_table(read, state, act):
    staged = read(resident(1))
    Changeset.objects.update(state=state)
    staged.refresh_from_db()
    arguments = {"changeset": staged, "by": "a", "now": NOW, **({"reference_key": KEY} if act == "commit" else {})}
    if (state, act) in TRANSITIONS:
        getattr(acts, act)(**arguments)
        staged.refresh_from_db()
        assert staged.state == TRANSITIONS[state, act]
    elif (state, act) == (ChangesetState.COMMITTED, "commit"):
        assert acts.commit(**arguments).repeated
    else:
        with pytest.raises(NotInThisState, match="できません"):
            getattr(acts, act)(**arguments)
        staged.refresh_from_db()
        assert staged.state == state


@pytest.mark.parametrize("act", ["review", "commit", "discard"])
def test_every_act_is_a_persons(read, act):
    staged = read(resident(1))
    with pytest.raises(ActorMissing):
        getattr(acts, act)(changeset=staged, by=" ", now=NOW)


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (1, False)])
def test_a_roster_older_than_the_last_committed_is_refused(take, read, days, refused):
    take(resident(1), stated_on=date(2025, 3, 1))
    stated_on = date(2025, 3, 1) + timedelta(days=days)
    if refused:
        with pytest.raises(StaleRoster, match="2025-03-01"):
            read(resident(2), stated_on=stated_on)
    else:
        assert read(resident(2), stated_on=stated_on).base is not None


@pytest.mark.parametrize(("days", "refused"), [(-1, False), (0, False), (1, True)])
def test_a_roster_of_the_future_is_refused(read, days, refused):
    stated_on = date(2025, 4, 2) + timedelta(days=days)
    if refused:
        with pytest.raises(RosterRefused, match="未来"):
            read(resident(1), stated_on=stated_on)
    else:
        assert read(resident(1), stated_on=stated_on).stated_on == stated_on


def test_the_same_file_twice_is_told_whether_it_waits_or_is_committed_and_may_be_read_after_discarding(read):
    staged = read(resident(1))
    with pytest.raises(AlreadyRead, match="読み込まれて") as refused:
        read(resident(1))
    assert refused.value.changeset == staged.pk
    acts.discard(changeset=staged, by="a", now=NOW)
    again = read(resident(1))
    acts.review(changeset=again, by="a", now=NOW)
    acts.commit(changeset=again, by="a", now=NOW, reference_key=KEY)
    with pytest.raises(AlreadyRead, match="既に確定"):
        read(resident(1))


def test_a_changeset_compared_with_an_older_register_is_not_committed(read, take, later):
    waiting = read(resident(1))
    acts.review(changeset=waiting, by="a", now=NOW)
    take(resident(2), stated_on=later)
    with pytest.raises(RegisterMoved, match="もう一度"):
        acts.commit(changeset=waiting, by="a", now=NOW, reference_key=KEY)
    waiting.refresh_from_db()
    assert waiting.state == ChangesetState.REVIEWED
    assert Resident.objects.count() == 1


@pytest.mark.parametrize("spoil", ["rows", "sha256"])
def test_a_file_that_differs_from_its_delivery_note_leaves_no_trace(tmp_path, spoil):
    path, note = written(tmp_path, csv_text(resident(1)))
    note = note_of(b"other", 1) if spoil == "sha256" else note_of(path.read_bytes(), 2)
    with pytest.raises(DoesNotMatchDeliveryNote):
        acts.read(path=path, kind="residents", stated_on=STATED_ON, delivery_note=note, by="a", now=NOW)
    assert not Changeset.objects.exists()
    assert not StagedRow.objects.exists()
    assert not StagedPack.objects.exists()


@pytest.mark.parametrize("flag", ["1", "読めない値"])
@pytest.mark.parametrize("how", ["rejected", "duplicate"])
def test_a_row_that_cannot_be_taken_still_protects_the_person(take, later, flag, how):
    take(resident(1), resident(2), resident(3))
    bad = [resident(1, 支援措置=flag, 性別="X")] if how == "rejected" else [resident(1, 支援措置="1"), resident(1)]
    staged = take(*bad, resident(2), resident(3), stated_on=later)
    assert Resident.objects.get(number=number(1)).protected
    assert Resident.objects.filter(protected=True).count() == 1
    assert any("支援措置だけは反映" in row.reason for row in StagedRow.objects.filter(changeset=staged))


def test_a_row_that_cannot_be_taken_never_lifts_protection(take, later):
    take(resident(1, 支援措置="1"))
    take(resident(1, 性別="X"), stated_on=later)
    assert Resident.objects.get().protected


@pytest.mark.parametrize(("moved", "warned"), [(19, False), (20, False), (21, True)])
def test_many_changed_addresses_warn_that_rows_may_have_slipped(take, read, later, moved, warned):
    take(*(resident(n) for n in range(100)))
    staged = read(
        *(resident(n, 住所="別町1" if n < moved else "見本町1丁目2番3号") for n in range(100)), stated_on=later
    )
    assert any("ずれて" in warning for warning in acts.summary(staged).warnings) is warned


@pytest.mark.parametrize(("absent", "warned"), [(4, False), (5, False), (6, True)])
def test_many_absent_people_warn_that_the_roster_may_be_the_wrong_one(take, read, later, absent, warned):
    take(*(resident(n) for n in range(100)))
    staged = read(*(resident(n) for n in range(absent, 100)), stated_on=later)
    assert any("この名簿にありません" in warning for warning in acts.summary(staged).warnings) is warned


def test_employees_come_by_the_same_way_and_never_share_a_residents_reference(take, later):
    take(resident("100001"))
    take(employee("100001", 氏名="佐藤　花子"), employee("A2"), kind="employees")
    found = Employee.objects.get(number="100001")
    assert (found.section, found.employment, found.birth_date) == ("見本課", "regular", date(1985, 4, 1))
    assert found.reference != Resident.objects.get().reference
    take(employee("100001", 氏名="鈴木　花子"), employee("A2"), kind="employees", stated_on=later)
    assert NameHistory.objects.get(kind="employees").name == "佐藤　花子"


def test_an_employee_who_left_is_told(take, read, later):
    take(employee("1", 退職日=""), employee("2", 退職日=""), kind="employees")
    staged = read(employee("1", 退職日="20250331"), employee("2", 退職日=""), kind="employees", stated_on=later)
    assert counts(staged) == {"moved_out": 1, "unchanged": 1}


def test_progress_counts_up_to_all_rows(read):
    told = []
    staged = read(resident(1), resident(2), progress=lambda done, total: told.append((done, total)))
    acts.review(changeset=staged, by="a", now=NOW)
    acts.commit(
        changeset=staged, by="a", now=NOW, reference_key=KEY, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(2, 2), (2, 2)]


@pytest.mark.parametrize("model", [Changeset, StagedRow, StagedPack, Resident, Employee, NameHistory])
def test_every_field_is_either_an_item_or_neutral(model):
    fields = {field.name for field in model._meta.concrete_fields}
    assert set(model.items) | model.neutral == fields
    assert not set(model.items) & model.neutral


def test_every_status_has_a_label():
    assert all(status.label for status in RowStatus)
