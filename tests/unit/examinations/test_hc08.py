"""The ministry's document: what is written is read back, and what cannot be read says why without naming anyone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from azukari.examinations.hc08 import MOST_BYTES, NoSchemas, Schemas, UnreadableCheckup, read
from azukari.examinations.items import value_of
from azukari.examinations.write_hc08 import write

from .documents import checkup, full_values, odd_values


def refused(data: bytes, schemas: Schemas) -> UnreadableCheckup:
    with pytest.raises(UnreadableCheckup) as caught:
        read(data, schemas)
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    for secret in ("ケンサ", "タロウ", "0001234", "26000012345", "160-0000", "19650401", "架空"):
        assert secret not in str(error)
    return error


def changed(old: str, new: str, **changes: object) -> bytes:
    text = write(checkup(**changes)).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize("values", [full_values(), odd_values()], ids=["full", "odd"])
def test_what_is_written_satisfies_the_ministrys_schema_and_is_read_back(values, real_schemas):
    written = checkup(*values)
    assert read(write(written), real_schemas) == written


@pytest.mark.parametrize("values", [full_values(), odd_values()], ids=["full", "odd"])
def test_what_is_written_is_read_back_without_the_schema_too(values, schemas):
    assert read(write(checkup(*values)), schemas).values == values


@pytest.mark.parametrize(
    "change",
    [
        {"voucher_number": None},
        {"sex": "female"},
        {"sex": "", "birth": None, "name": "", "postal_code": "", "branch": "", "symbol": ""},
        {"document_code": "42", "programme_code": "060", "institution_name": "", "institution_number": ""},
        {"legacy": True},
    ],
    ids=str,
)
def test_what_a_document_leaves_out_is_read_as_left_out(change, schemas):
    written = checkup(**change)
    assert read(write(written), schemas) == written


def test_an_unknown_code_is_kept(schemas):
    unknown = read(write(checkup(*odd_values())), schemas).values[0]
    assert (unknown.item, unknown.code, unknown.text, unknown.unit) == (None, "9Z999000000000001", "12.30", "mg/L")


def test_not_done_not_measurable_and_beyond_the_limit_have_no_number(schemas):
    _, not_done, no_value, no_observation, below, above, *_ = read(write(checkup(*odd_values())), schemas).values
    assert (not_done.not_done, not_done.number, not_done.text) == (True, None, "")
    assert (no_value.not_measurable, no_value.number) == (True, None)
    assert no_observation.not_measurable
    assert (below.number, below.beyond, below.limit, below.unit) == (None, "L", Decimal("0.008"), "ng/mL")
    assert (above.number, above.beyond, above.limit) == (None, "H", None)


def test_old_hba1c_is_kept_as_delivered_and_flagged(schemas):
    old = read(write(checkup(value_of("hba1c_jds", "5.2"))), schemas).values[0]
    assert (old.item, old.text, old.number, old.old_unit) == ("hba1c_jds", "5.2", Decimal("5.2"), True)


def test_a_value_below_another_says_which(schemas):
    values = read(write(checkup(*odd_values())), schemas).values
    text = next(value for value in values if value.item == "ecg_text")
    assert (text.under, text.relation) == ("9A110160700000011", "COMP")


def test_a_number_that_python_could_choke_on_stays_text(schemas):
    for text in ("1E999999", "NaN", "INF"):
        value = read(changed('value="165.2"', f'value="{text}"'), schemas).values[0]
        assert (value.text, value.number) == (text, None)


def test_the_card_for_guidance_is_not_taken_for_a_voucher(schemas):
    data = changed(".6.209.1", ".6.210.1")
    assert read(data, schemas).voucher_number is None


def test_a_byte_order_mark_and_a_schema_location_change_nothing(schemas):
    located = changed("<typeId", "<typeId")
    located = located.replace(
        b"<ClinicalDocument ", b'<ClinicalDocument xsi:schemaLocation="urn:hl7-org:v3 http://192.0.2.1/hc08_V08.xsd" '
    )
    assert read(b"\xef\xbb\xbf" + located, schemas) == checkup()


def test_comments_and_instructions_between_the_lines_are_passed_over(schemas):
    data = changed("<patient>", "<!-- 氏名 --><?x y?><patient><!-- ケンサ -->")
    assert read(data, schemas) == checkup()


def test_values_of_any_prefix_are_read(schemas):
    data = write(checkup()).replace(b"<ClinicalDocument ", b'<ClinicalDocument xmlns:h="urn:hl7-org:v3" ')
    assert read(data.replace(b'xsi:type="PQ"', b'xsi:type="h:PQ"'), schemas) == checkup()


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">'


@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE, REMOTE, "<!DOCTYPE ClinicalDocument>"])
def test_a_document_type_declaration_is_refused_before_parsing(declaration, schemas):
    data = changed("<ClinicalDocument", declaration + "<ClinicalDocument")
    assert refused(data, schemas).code == "doctype"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_declaration_hidden_in_another_encoding_is_refused_too(encoding, schemas):
    data = changed("<ClinicalDocument", BOMB + "<ClinicalDocument").decode().replace("UTF-8", "UTF-16").encode(encoding)
    assert refused(data, schemas).code == "encoding"


def test_an_undeclared_entity_is_not_expanded(schemas):
    assert refused(changed("<patient>", "<patient>&a;"), schemas).code == "not_xml"


def test_great_depth_is_refused(schemas):
    data = changed("<patient>", "<a>" * 5000 + "</a>" * 5000 + "<patient>")
    assert refused(data, schemas).code == "too_deep"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<" + b"a" * MOST_BYTES, "too_large"),
        ("受診券番号,氏名\n1,ケンサ\n".encode(), "not_xml"),
        ("受診券番号,氏名\n".encode("cp932"), "encoding"),
        (b"PK\x03\x04\x00\x00", "encoding"),
        (b'<?xml version="1.0" encoding="Shift_JIS"?><ClinicalDocument/>', "encoding"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v4"/>', "namespace"),
        (b"<ClinicalDocument/>", "namespace"),
        (b'<index xmlns="http://tokuteikenshin.jp/checkup/2007"></index>', "truncated_not"),
        (b"<html><body></body></html>", "other_file"),
    ],
)
def test_what_is_no_checkup_is_named(data, code, schemas):
    assert refused(data, schemas).code == code.replace("truncated_not", "other_file")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_document_is_called_so(share, schemas):
    data = write(checkup()).rstrip()
    cut = data[: int(len(data) * share)].decode(errors="ignore").encode()
    assert refused(cut, schemas).code == "truncated"


def test_a_document_that_contradicts_itself_is_not_xml(schemas):
    error = refused(changed("</patient>", "</patent>"), schemas)
    assert error.code == "not_xml"
    assert re.search(r"\d+行目", str(error))


def test_a_missing_element_is_named_with_its_line(real_schemas):
    data = changed('<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>', "")
    error = refused(data, real_schemas)
    assert error.code == "schema"
    assert (
        "5行目の受診者（recordTarget）: ここには書けません。ここに必要なのは 守秘区分（confidentialityCode） です。"
        in error.lines
    )


def test_a_wrong_date_is_named_without_its_value(real_schemas):
    error = refused(changed('birthTime value="19650401"', 'birthTime value="昭和40年4月1日"'), real_schemas)
    assert error.code == "schema"
    assert any("生年月日（birthTime）の属性 value: 値の書き方が仕様に合いません。" in line for line in error.lines)
    assert "昭和" not in str(error)


@pytest.mark.parametrize("wrong", ["20260230", "2026", "20261301", "00000101"])
def test_a_day_that_does_not_exist_is_refused(wrong, schemas):
    error = refused(changed('effectiveTime value="20260610"', f'effectiveTime value="{wrong}"'), schemas)
    assert error.code == "wrong_date"
    assert wrong not in str(error)


def test_leap_day_and_the_turn_of_the_fiscal_year_are_days(schemas):
    for day in (date(2028, 2, 29), date(2026, 3, 31), date(2026, 4, 1)):
        assert read(write(checkup(examined_on=day)), schemas).examined_on == day


def test_a_document_without_the_day_of_the_checkup_is_refused(schemas):
    assert refused(changed('<effectiveTime value="20260610"/>', ""), schemas).code == "no_date"


def test_an_element_and_an_attribute_of_the_senders_own_are_not_repeated(real_schemas):
    for old, new in (("<patient>", "<patient><ケンサ/>"), ("<patient>", '<patient タロウ="ケンサ">')):
        error = refused(changed(old, new), real_schemas)
        assert error.code == "schema"
    many = write(checkup()).replace(b"<entry>", b"<entry><Tarou/>")
    error = refused(many, real_schemas)
    assert "Tarou" not in str(error)
    assert len(error.lines) == 13
    assert error.lines[-2].startswith("ほかに ")


def test_two_people_in_one_file_and_a_file_of_guidance_are_refused(schemas):
    text = write(checkup()).decode()
    target = text[text.index("<recordTarget>") : text.index("<author>")]
    assert refused(text.replace(target, target * 2, 1).encode(), schemas).code == "two_persons"
    assert refused(write(checkup(document_code="22")), schemas).code == "guidance"


def test_a_folder_without_the_schema_is_a_matter_of_the_setup(tmp_path):
    with pytest.raises(NoSchemas, match="hc08_V08"):
        Schemas.load(tmp_path)
    (tmp_path / "hc08_V08.xsd").write_text("<not-a-schema/>", encoding="utf-8")
    with pytest.raises(NoSchemas):
        Schemas.load(Path(tmp_path))


def test_a_value_whose_holder_is_missing_stands_on_its_own(schemas):
    orphan = replace(value_of("ecg_text", "所見"), under="9A110160700000011", relation="COMP")
    assert read(write(checkup(orphan)), schemas).values == (replace(orphan, under="", relation=""),)


def test_a_text_in_two_parts_is_kept_whole(schemas):
    value = '<value xsi:type="ST">一</value>'
    data = write(checkup(value_of("judgement", "一"))).replace(
        value.encode(), (value + value.replace("一", "二")).encode()
    )
    assert read(data, schemas).values == (replace(value_of("judgement", "一"), text="一、二"),)


def test_of_two_numbers_in_one_result_neither_is_lost_and_neither_is_taken(schemas):
    value = b'<value xsi:type="PQ" value="94" unit="mg/dL"/>'
    data = write(checkup(value_of("glucose", "94"))).replace(value, value + value.replace(b"94", b"180"))
    (both,) = read(data, schemas).values
    assert (both.text, both.number) == ("94、180", None)


def test_a_range_instead_of_a_value_is_kept_as_text(schemas):
    value = '<value xsi:type="IVL_PQ"><low value="1" unit="mg/dL"/><high value="5" unit="mg/dL"/></value>'
    data = write(checkup(value_of("judgement", "x"))).replace(b'<value xsi:type="ST">x</value>', value.encode())
    (only,) = read(data, schemas).values
    assert (only.text, only.number) == ("1〜5", None)


def test_a_checkup_without_values_is_read_as_such(schemas):
    assert read(write(replace(checkup(), values=())), schemas).values == ()
