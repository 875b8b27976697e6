"""Dates, spans and rounds as laboratories write them."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.dates import is_yearless_quarter, read_round, read_when, years_in

DAY = dt.datetime(2024, 3, 12)
NINE = dt.datetime(2024, 3, 12, 9)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2024-03-12", DAY), ("2024/3/12", DAY), ("2024.3.12", DAY), ("20240312", DAY),
        ("2024年3月12日", DAY), ("２０２４年３月１２日", DAY), ("45363", DAY),
        ("2024-03-12 09:00", NINE), ("2024-03-12T09:00:00", NINE), ("2024/3/12 9:00", NINE),
        ("2024年3月12日 9时", NINE), ("2024年3月12日9点", NINE), ("45363.375", NINE),
        ("2024-03-12 24:00", dt.datetime(2024, 3, 13)),
    ],
)  # fmt: skip
def test_a_day_or_a_time(text: str, start: dt.datetime) -> None:
    when = read_when(text)
    assert (when.start, when.rule) == (start, "")
    assert math.isnan(when.hours)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2024年3月12日 9:00-次日9:00", 24), ("2024-03-12 09:00 - 2024-03-13 09:00", 24),
        ("2024/3/12 09:00-2024/3/13 09:00", 24), ("2024-03-12 9:00-15:30", 6.5),
        ("2024-03-12 09:00-12:00", 3), ("2024年3月12日9:00至3月13日9:00", 24),
    ],
)  # fmt: skip
def test_a_span(text: str, hours: float) -> None:
    when = read_when(text)
    assert (when.start, when.hours, when.rule) == (NINE, hours, "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("03/04/2024", "date_ambiguous"), ("12.03.2024", "date_ambiguous"),
        ("18.3.12", "date_ambiguous"), ("3月12日", "date_without_year"),
        ("2024-02-30", "date_unreadable"), ("2024-13-01", "date_unreadable"),
        ("last week", "date_unreadable"), ("12", "date_unreadable"),
        ("2024-03-12 9:00-9:00", "end_before_start"),
        ("2024-03-12 - 2024-03-13", "date_unreadable"),
    ],
)  # fmt: skip
def test_what_has_two_meanings_or_none_is_refused(text: str, rule: str) -> None:
    assert read_when(text).rule == rule


def test_a_year_from_elsewhere_and_an_order_from_the_value_are_flagged() -> None:
    assert read_when("3月12日", 2024).flags == ("year_from_elsewhere",)
    assert read_when("3月12日", 2024).start == DAY
    assert read_when("13/04/2024").start == dt.datetime(2024, 4, 13)
    assert read_when("13/04/2024").flags == ("date_order_from_value",)
    refused = read_when("31.02.2024")
    assert (refused.rule, refused.flags) == ("date_unreadable", ())


def test_zones_are_named_and_not_applied() -> None:
    for text in ("2024-03-12T09:00:00Z", "2024-03-12T09:00:00+08:00", "2024-03-12T09:00-05:00"):
        assert read_when(text).start == NINE
        assert read_when(text).flags == ("time_zone_not_applied",)


def test_serials_of_the_1904_epoch() -> None:
    assert read_when("43901", None, True).start == DAY


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2018年第二季度", "2018Q2"), ("2018年二季度", "2018Q2"), ("2018Q2", "2018Q2"),
        ("2018-q2", "2018Q2"), ("Q2 2018", "2018Q2"), ("2018年5月", "2018-05"),
        ("2018-05", "2018-05"), ("2018年上半年", "2018H1"), ("2018", "2018"), ("2018年", "2018"),
        ("round 7", ""), ("2018-1", ""), ("1", ""),
    ],
)  # fmt: skip
def test_rounds(text: str, canonical: str) -> None:
    assert read_round(text) == canonical


def test_a_quarter_without_a_year() -> None:
    assert is_yearless_quarter("第一季度")
    assert not is_yearless_quarter("2018年第一季度")
    assert read_round("第一季度") == ""
    assert read_round("第一季度", 2018) == "2018Q1"
    assert years_in(["惠来县2018年监测结果", "第一季度"]) == {2018}


@pytest.mark.parametrize(
    "text",
    ["2204-03-12", "2124/3/12", "3024年3月12日", "1824-03-12", "2089-03-12", "1954-10-03",
     "20990101", "79999", "2050-01-01 09:00-2050-01-02 09:00"],
)  # fmt: skip
def test_years_of_no_programme_are_named(text: str) -> None:
    assert read_when(text).rule == "date_out_of_range"


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2049, 12, 31)))
def test_iso_reads_as_itself(time: dt.datetime) -> None:
    time = time.replace(microsecond=0)
    assert read_when(time.isoformat()).start == time
    assert read_when(f"{time.year}年{time.month}月{time.day}日").start == time.replace(
        hour=0, minute=0, second=0
    )


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    when = read_when(text)
    assert when.rule or when.start is not None or when.round
