from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from azukari.programmes.screening.demo import HEADERS, Ward, make_ward, write_roster
from azukari.vocabulary.addresses import postal_code
from azukari.vocabulary.characters import decode_text
from azukari.vocabulary.fiscal import age_at_fiscal_year_end, birthday_age
from azukari.vocabulary.kana import is_kana
from azukari.vocabulary.wareki import PartialDate, UnreadableDate, parse_dates

RESIDENTS = 4000


@pytest.fixture(scope="module")
def ward() -> Ward:
    return make_ward(RESIDENTS, 2025, 7)


@pytest.fixture(scope="module")
def people(ward: Ward) -> pl.DataFrame:
    """The roster with `birth` and `age` on the roster's date."""
    births = [born.earliest() for born in read(ward.roster["生年月日"])]
    ages = [birthday_age(birth, ward.roster_date) for birth in births]
    return ward.roster.with_columns(pl.Series("birth", births), pl.Series("age", ages))


def read(column: pl.Series) -> list[PartialDate]:
    dates = parse_dates(column)
    assert not [found for found in dates if isinstance(found, UnreadableDate)]
    return [found for found in dates if isinstance(found, PartialDate)]


def share(people: pl.DataFrame, condition: pl.Expr) -> float:
    return people.filter(condition).height / people.height


def test_the_same_seed_makes_the_same_ward_and_another_seed_another(ward: Ward) -> None:
    again = make_ward(RESIDENTS, 2025, 7)
    assert again.roster.equals(ward.roster)
    assert again.history.equals(ward.history)
    assert not make_ward(RESIDENTS, 2025, 8).roster.equals(ward.roster)
    assert not make_ward(RESIDENTS, 2026, 7).roster.equals(ward.roster)


def test_the_roster_is_of_1_march_before_the_fiscal_year(ward: Ward) -> None:
    assert ward.roster_date == date(2025, 3, 1)
    assert tuple(ward.roster.columns) == HEADERS
    assert ward.roster.height == RESIDENTS
    assert ward.dirty == ()


@pytest.mark.parametrize("residents", [1, 2, 50])
def test_a_small_ward_has_exactly_the_residents_asked_for(residents: int) -> None:
    assert make_ward(residents, 2025, 1).roster.height == residents


def test_a_ward_without_residents_is_refused() -> None:
    with pytest.raises(ValueError, match="1以上"):
        make_ward(0, 2025, 1)


def test_numbers_are_unique_and_of_15_digits(ward: Ward) -> None:
    assert ward.roster["宛名番号"].is_unique().all()
    assert ward.roster["宛名番号"].str.contains(r"^[0-9]{15}$").all()


def test_a_household_shares_its_address(ward: Ward) -> None:
    homes = ward.roster.group_by("世帯番号").agg(
        pl.struct("郵便番号", "住所", "方書").n_unique().alias("homes"), pl.len()
    )
    assert homes["homes"].max() == 1
    assert 1.3 < homes["len"].mean() < 1.9  # type: ignore[operator]


@pytest.mark.parametrize(
    ("first", "last", "low", "high"),
    [
        (0, 14, 0.05, 0.13),
        (15, 19, 0.02, 0.07),
        (20, 44, 0.36, 0.5),
        (45, 64, 0.2, 0.32),
        (65, 74, 0.06, 0.13),
        (75, 110, 0.07, 0.14),
    ],
)
def test_the_age_pyramid_is_that_of_a_ward_where_young_people_live(
    people: pl.DataFrame, first: int, last: int, low: float, high: float
) -> None:
    assert low < share(people, pl.col("age").is_between(first, last)) < high


@pytest.mark.parametrize(
    ("first", "last", "low", "high"), [(20, 44, 0.45, 0.56), (45, 64, 0.44, 0.57), (75, 110, 0.55, 0.75)]
)
def test_there_are_as_many_women_as_men_until_women_outlive_them(
    people: pl.DataFrame, first: int, last: int, low: float, high: float
) -> None:
    cohort = people.filter(pl.col("age").is_between(first, last))
    assert low < share(cohort, pl.col("性別") == "2") < high
    assert set(cohort["性別"]) == {"1", "2"}


def test_every_single_year_of_age_that_starts_a_test_has_people(people: pl.DataFrame, ward: Ward) -> None:
    ages = {age_at_fiscal_year_end(birth, ward.fiscal_year) for birth in people["birth"]}
    assert {16, 20, 39, 40, 41, 49, 50, 51, 74, 75, 76} <= ages


def test_insurance_follows_age_and_welfare(people: pl.DataFrame) -> None:
    on_welfare = pl.col("生活保護等受給") == "1"
    assert set(people.filter(on_welfare)["保険区分"]) == {"9"}
    assert set(people.filter(~on_welfare, pl.col("age") >= 75)["保険区分"]) == {"2"}
    assert set(people.filter(~on_welfare, pl.col("age") < 65)["保険区分"]) == {"1", "3"}
    assert 0.01 < share(people, on_welfare) < 0.045
    middle = people.filter(pl.col("age").is_between(40, 74))
    assert 0.25 < share(middle, pl.col("保険区分") == "1") < 0.55


def test_a_family_in_the_national_insurance_has_one_symbol_and_a_branch_each(people: pl.DataFrame) -> None:
    insured = people.filter(pl.col("保険区分") == "1")
    assert insured["被保険者証等記号番号"].str.contains(r"^04-[0-9]{7}-[0-9]{2}$").all()
    symbols = insured.group_by("世帯番号").agg(pl.col("被保険者証等記号番号").str.head(10).n_unique())
    assert symbols["被保険者証等記号番号"].max() == 1


def test_foreign_residents_have_latin_names_some_an_alias_and_often_no_kana(people: pl.DataFrame) -> None:
    foreign = people.filter(pl.col("外国人区分") == "1")
    assert 0.09 < foreign.height / people.height < 0.15
    assert foreign["氏名ローマ字"].str.contains(r"^[A-Z ]+$").all()
    assert 0.02 < share(foreign, pl.col("通称") != "") < 0.25
    assert 0.25 < share(foreign, pl.col("氏名カナ") == "") < 0.55
    japanese = people.filter(pl.col("外国人区分") == "0")
    assert all(map(is_kana, japanese["氏名カナ"]))


def test_variant_kanji_and_variation_sequences_occur(ward: Ward) -> None:
    names = "".join(ward.roster["氏名"])
    assert all(character in names for character in ("髙", "﨑", "邉", "𠮷"))
    assert any("\U000e0100" <= character <= "\U000e01ef" for character in names)


def test_addresses_are_complete_and_telephone_numbers_not_in_use(people: pl.DataFrame) -> None:
    assert all(postal_code(code).startswith("160") for code in people["郵便番号"])
    assert people["住所"].str.starts_with("東京都新宿区").all()
    phones = people.filter(pl.col("電話番号") != "")["電話番号"]
    assert phones.str.contains(r"^0[0-9]{1,2}-0000-[0-9]{4}$").all()
    assert 0.4 < len(phones) / people.height < 0.75


def test_some_have_died_some_moved_out_and_nobody_left_before_coming(people: pl.DataFrame, ward: Ward) -> None:
    for how, low, high in (("転出日", 0.003, 0.016), ("死亡日", 0.001, 0.006)):
        left = people.filter(pl.col(how) != "")
        assert low < left.height / people.height < high
        pairs = zip(read(left["住民となった日"]), read(left[how]), strict=True)
        assert all(came.latest() <= gone.earliest() <= ward.roster_date for came, gone in pairs)
    assert people.filter(pl.col("転出日") != "", pl.col("死亡日") != "").is_empty()


def test_nobody_was_a_resident_before_birth(people: pl.DataFrame) -> None:
    births = read(people["生年月日"])
    assert all(
        birth.earliest() <= came.latest() for birth, came in zip(births, read(people["住民となった日"]), strict=True)
    )


@pytest.mark.parametrize(("residents", "least", "most"), [(300, 3, 9), (4000, 3, 9), (12000, 6, 12)])
def test_a_few_living_residents_are_protected(residents: int, least: int, most: int) -> None:
    roster = make_ward(residents, 2025, 3).roster
    protected = roster.filter(pl.col("支援措置") == "1")
    assert least <= protected.height <= most
    assert protected.filter(pl.col("転出日") != "").is_empty()


def test_history_tells_only_of_people_in_the_roster_and_of_years_before(ward: Ward, people: pl.DataFrame) -> None:
    history = ward.history
    assert set(history["number"]) <= set(people["宛名番号"])
    assert history["fiscal_year"].max() == 2024
    assert history.filter(pl.col("test") != "hepatitis")["fiscal_year"].min() == 2022
    assert history.select("number", "fiscal_year", "test").is_unique().all()
    assert history.filter(pl.col("test") == "hepatitis")["number"].is_unique().all()
    assert set(history["test"]) == {
        "checkup", "stomach_xray", "stomach_endoscopy", "colorectal", "lung", "cervical", "breast", "prostate", "hepatitis",
    }  # fmt: skip


def test_history_keeps_to_sex_even_age_and_the_second_year(ward: Ward, people: pl.DataFrame) -> None:
    known = ward.history.join(people.select(number="宛名番号", sex="性別", birth="birth"), on="number")
    ages = [age_at_fiscal_year_end(birth, fy) for birth, fy in known.select("birth", "fiscal_year").iter_rows()]
    known = known.with_columns(pl.Series("age", ages))
    women = known.filter(pl.col("test").is_in(["cervical", "breast"]))
    assert set(women["sex"]) == {"2"}
    assert women.filter(pl.col("age") % 2 == 1).is_empty()
    assert set(known.filter(pl.col("test") == "prostate")["sex"]) == {"1"}
    assert known.filter(pl.col("test") == "lung")["age"].min() == 40
    scopes = known.filter(pl.col("test") == "stomach_endoscopy").sort("number", "fiscal_year")
    gaps = scopes.select(pl.col("fiscal_year").diff().over("number"))["fiscal_year"].drop_nulls()
    assert gaps.min() == 2


def test_dirty_rows_are_spoilt_and_named() -> None:
    ward = make_ward(200, 2025, 1, dirty_rows=3)
    (bad_date, first), (double, second), (nameless, third) = ward.dirty
    assert (first, second, third) == ("impossible_date", "duplicate_number", "missing_name")
    assert isinstance(parse_dates([ward.roster["生年月日"][bad_date]])[0], UnreadableDate)
    assert ward.roster["宛名番号"][double] == ward.roster["宛名番号"][double - 1]
    assert ward.roster["氏名"][nameless] == ward.roster["氏名ローマ字"][nameless] == ""
    assert ward.roster["宛名番号"].n_unique() == 199


def test_the_files_agree_with_their_delivery_notes(ward: Ward, tmp_path: Path) -> None:
    files = write_roster(ward, tmp_path)
    for data, note, rows in (
        (files.roster, files.note, RESIDENTS),
        (files.history, files.history_note, ward.history.height),
    ):
        told = tomllib.loads(note.read_text("utf-8"))
        assert told["rows"] == rows == data.read_bytes().count(b"\r\n") - 1
        assert told["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()


def test_cp932_reduces_what_it_lacks_and_utf8_carries_it(ward: Ward, tmp_path: Path) -> None:
    reduced = write_roster(ward, tmp_path / "a", encoding="cp932")
    whole = write_roster(ward, tmp_path / "b", encoding="utf-8-sig")
    assert whole.replacements == ()
    assert "𠮷" in {replacement.character for replacement in reduced.replacements}
    decoded = decode_text(reduced.roster.read_bytes())
    assert (decoded.encoding, decoded.undecodable, decoded.private_use) == ("cp932", (), ())
    text = decode_text(whole.roster.read_bytes())
    assert text.encoding == "utf-8-sig"
    assert "𠮷" in text.text
    assert decoded.text.count("\r\n") == text.text.count("\r\n")
    assert '""' not in text.text


def test_no_file_name_tells_of_a_person(ward: Ward, tmp_path: Path) -> None:
    write_roster(ward, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "jumin_20250301.csv", "jumin_20250301.toml", "jushinreki_2024.csv", "jushinreki_2024.toml",
    ]  # fmt: skip
