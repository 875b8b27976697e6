"""Numbers, names and classes in words."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.plot import words


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.0, "0.00"), (1.0, "1.00"), (9.999, "10.0"), (99.95, "100"), (1234567.0, "1230000"),
        (1e-7, "0.000000100"), (-2.5, "-2.50"), (math.nan, ""), (None, ""), (math.inf, "∞"),
        (20, "20.0"),
    ],
)  # fmt: skip
def test_numbers_have_three_figures_and_no_exponent(value: Any, printed: str) -> None:
    assert words.number(value) == printed


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_printed_number_is_the_value_at_three_figures(value: float) -> None:
    assert float(words.number(value)) == pytest.approx(float(f"{value:.2e}"), rel=1e-12)


@given(st.text(max_size=80), st.integers(min_value=2, max_value=30))
def test_wrapping_loses_nothing_but_blanks_and_keeps_the_width(text: str, columns: int) -> None:
    text = words.clean(text)
    lines = words.wrap(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(words.width(line) <= columns for line in lines)


def test_clean_takes_out_what_turns_or_breaks_a_line() -> None:
    assert words.clean("a\u202eb\r\nc\x00d") == "ab c d"


@pytest.mark.parametrize(
    ("tier", "flags", "expected"),
    [
        ("severe", "", "severe"),
        ("severe", "suppressed", "suppressed"),
        ("", "insufficient_data;wet_left_out", "insufficient_data"),
        ("", "bounds_cross_break;nondetects_imputed", "unclassified"),
        ("", "bounds_cross_break;bounds_only", "below_limit"),
        ("", "bounds_only;limit_unknown", "insufficient_data"),
        ("", "bounds_only;insufficient_data", "insufficient_data"),
        ("", "no_data", "no_data"),
        ("", "insufficient_data;no_data", "insufficient_data"),
        ("general", "bounds_only", "general"),
        ("", "not_distinguishable", "not_distinguishable"),
        ("", "", "unclassified"),
        (math.nan, math.nan, "unclassified"),
    ],
)
def test_class_of_an_area(tier: Any, flags: Any, expected: str) -> None:
    assert words.class_of(tier, flags) == expected


def test_classes_list_every_tier_with_its_range_and_only_the_reasons_that_occur() -> None:
    attrs = {"labels": ["general", "severe"], "breaks": [33.333], "floor": 5}
    found = words.classes(attrs, ["severe", "suppressed"], "en")
    assert [(c.id, c.span) for c in found] == [
        ("not_elevated", "≤ 5"), ("general", "5 – 33.3"), ("severe", "> 33.3"), ("suppressed", ""),
    ]  # fmt: skip
    assert [c.id for c in words.from_highest(found)] == [
        "severe", "general", "not_elevated", "suppressed",
    ]  # fmt: skip


def test_breaks_that_do_not_fit_the_labels_are_not_printed() -> None:
    found = words.classes({"labels": ["a", "b", "c"], "breaks": [1]}, [], "en")
    assert [c.span for c in found] == ["", "", ""]


@pytest.mark.parametrize(
    ("breaks", "drug", "expected"),
    [
        ([20, 60], "a", ([20.0, 60.0], 5)),
        ([20, 60], "b", ([], None)),
        ({"a": [5, 20, 60], "b": [1]}, "a", ([20.0, 60.0], 5)),
        ({"a": [5, 20, 60], "b": [7]}, "b", ([7.0], 5)),
        ({"a": [20]}, "b", ([], None)),
        (None, "a", ([], None)),
    ],
)
def test_breaks_are_those_of_the_drug_without_the_floor(
    breaks: Any, drug: str, expected: tuple[list[float], float | None]
) -> None:
    attrs = {"drug": "a", "breaks": breaks, "floor": 5}
    found = words.for_drug(attrs, drug)
    assert (found["breaks"], found["floor"]) == expected
    assert attrs["breaks"] is breaks


def test_selection_takes_the_map_round_and_refuses_two_rows_of_an_area(made_up: Any) -> None:
    tiers = made_up.county(rounds=("2018Q1", "2018Q2"))
    assert set(words.selected(tiers, None, None)["round"]) == {"2018Q2"}
    assert set(words.selected(tiers, None, "2018Q1")["round"]) == {"2018Q1"}
    tiers["round"] = "2018Q2"
    with pytest.raises(UsageError, match="several tiers"):
        words.selected(tiers, None, None)


def test_selection_names_what_is_not_there(made_up: Any) -> None:
    with pytest.raises(UsageError, match="heroin"):
        words.selected(made_up.county(), "heroin", None)
    tiers = made_up.county(drugs=("methamphetamine", "cocaine"))
    del tiers.attrs["drug"]
    with pytest.raises(UsageError, match="cocaine, methamphetamine"):
        words.selected(tiers, None, None)


@given(st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_printed_chance_is_on_the_side_of_the_threshold_that_it_is_on(
    p: float, threshold: float
) -> None:
    printed = words.chance(p, threshold)
    assert (float(printed) >= threshold) == (p >= threshold)
    assert float(printed) == pytest.approx(p, abs=0.0051)


def test_chance_below_the_threshold_is_not_printed_as_the_threshold() -> None:
    assert [words.chance(p, 0.95) for p in (0.948, 0.9499999, 0.95, 0.9512, math.nan)] == [
        "0.948", "0.949", "0.95", "0.95", "",
    ]  # fmt: skip


def test_bounds_are_an_upper_limit_only_where_nothing_holds_them_from_below() -> None:
    row = {"lower": 2.0, "upper": 12.345, "n_samples": 4, "n_censored": 4}
    assert words.bound(row) == "< 12.3"
    assert words.bound({**row, "n_censored": 3}) == "2.00 – 12.3"
    assert words.bound({**row, "n_censored": 3, "lower": 0.0}) == "< 12.3"
    assert words.bound({**row, "upper": math.nan}) == ""
