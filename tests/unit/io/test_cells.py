"""Single cells: what is a number, what is a non-detect, what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.cells import read_quantity, read_result


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 12.5), (" 5 ", 5), ("1e3", 1000), ("1.5E-2", 0.015), ("0", 0), (".5", 0.5)],
)
def test_plain_numbers_have_no_flag(text: str, value: float) -> None:
    reading = read_result(text)
    assert (reading.kind, reading.value, reading.flags) == ("number", value, ())


@pytest.mark.parametrize(
    ("text", "value", "flag"),
    [
        ("2 350", 2350, "blank_digit_groups"),
        ("2\u2009350", 2350, "blank_digit_groups"),
        ("2\u202f350.5", 2350.5, "blank_digit_groups"),
        ("６.２", 6.2, "full_width_digits"),
        ("１２", 12, "full_width_digits"),
        ("212 ng/L", 212, "unit_in_cell"),
    ],
)
def test_what_can_be_checked_is_read_with_a_flag(text: str, value: float, flag: str) -> None:
    reading = read_result(text)
    assert (reading.kind, reading.value, reading.flags) == ("number", value, (flag,))


@pytest.mark.parametrize(
    ("text", "limit", "value"),
    [
        ("0.5L", "lod", 0.5), ("1L", "lod", 1), ("3(L)", "lod", 3), ("3（L）", "lod", 3),
        ("＜0.5", "loq", 0.5), ("<3", "loq", 3), ("< 3", "loq", 3), ("≤3", "loq", 3),
        ("ND(0.5)", "lod", 0.5), ("<LOD (0.5)", "lod", 0.5), ("<LOQ=3", "loq", 3),
    ],
)  # fmt: skip
def test_a_non_detect_with_its_limit(text: str, limit: str, value: float) -> None:
    reading = read_result(text)
    assert (reading.kind, reading.limit, reading.value) == ("nondetect", limit, value)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("ND", "lod"), ("n.d.", "lod"), ("未检出", "lod"), ("低于检出限", "lod"), ("<LOD", "lod"),
        ("< LOD", "lod"), ("<DL", "lod"), ("＜检出限", "lod"), ("<LOQ", "loq"), ("BLQ", "loq"),
        ("低于定量限", "loq"),
    ],
)  # fmt: skip
def test_a_non_detect_in_words(text: str, limit: str) -> None:
    reading = read_result(text)
    assert (reading.kind, reading.limit) == ("nondetect", limit)
    assert math.isnan(reading.value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "blank"), ("\u3000 ", "blank"), ("/", "dash"), ("—", "dash"), ("-", "dash"),
        ("NA", "missing"), ("N/A", "missing"), ("岐石断流未采", "not_taken"), ("缺样", "not_taken"),
        (">1000", "above"), ("≥ 1000", "above"),
    ],
)  # fmt: skip
def test_why_there_is_no_value(text: str, kind: str) -> None:
    assert read_result(text).kind == kind


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1,250", "comma_in_number"), ("12,5", "comma_in_number"), ("<1,250", "comma_in_number"),
        ("12-15", "value_range"), ("12~15", "value_range"), ("12.5±0.8", "value_with_uncertainty"),
        ("~12", "approximate_value"), ("约12", "approximate_value"), ("12.5*", "value_marked"),
        ("12.5J", "value_marked"), ("0.5U", "value_marked"), ("nan", "not_finite"),
        ("-inf", "not_finite"), ("1e400", "not_finite"), ("1_000", "underscore_in_number"),
        ("#DIV/0!", "excel_error_value"), ("#N/A", "excel_error_value"),
        ("#####", "excel_error_value"), ("-5", "negative_value"), ("<0", "limit_not_positive"),
        ("均值1495", "not_a_number"), ("1 2 3", "not_a_number"), ("٣", "not_a_number"),
        ("½", "not_a_number"), ("12½", "not_a_number"), ("1'250", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_single_number_is_refused_by_name(text: str, rule: str) -> None:
    reading = read_result(text)
    assert (reading.kind, reading.rule) == ("bad", rule)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("9800m3/d", 9800, "m3/d"), ("85%", 85, "%"), ("85％", 85, "%"), ("21.5万", 21.5, "万人"),
        ("1.95万m³/d", 1.95, "万m³/d"), ("5 L/s", 5, "L/s"), ("0.92", 0.92, ""), ("-3", -3, ""),
    ],
)  # fmt: skip
def test_quantities_with_their_unit(text: str, value: float, unit: str) -> None:
    reading = read_quantity(text)
    assert (reading.kind, reading.value, reading.unit) == ("number", value, unit)


@given(st.floats(min_value=0, max_value=1e12, allow_nan=False))
def test_a_number_reads_as_itself(value: float) -> None:
    assert read_result(repr(value)).value == value


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader(text: str) -> None:
    for reading in (read_result(text), read_quantity(text)):
        assert reading.kind != "bad" or reading.rule
        assert reading.kind != "number" or math.isfinite(reading.value)
