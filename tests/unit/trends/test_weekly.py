"""Weekly pattern: weeks are the units, rules by name, tests against full enumeration."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import weekday_profile, weekend_ratio, weekend_ratios
from wbe.trends.exchange import sign_flip_p
from wbe.trends.weekly import week_blocks

WEDNESDAY = np.datetime64("2024-03-06")
RANDOM = np.random.default_rng(4)
DATES = (WEDNESDAY + 91 * np.arange(8)[:, None] + np.arange(7)).ravel()  # a week a quarter
ISO = np.tile([3, 4, 5, 6, 7, 1, 2], 8)
LOADS = np.exp(
    np.repeat(RANDOM.standard_normal(8), 7)
    + 0.25 * np.isin(ISO, [5, 6, 7, 1])
    + 0.1 * RANDOM.standard_normal(56)
)


@pytest.mark.parametrize(
    ("rule", "weekend"),
    [("score", [5, 6, 7, 1]), ("euda_2021", [6, 7, 1]), ("saturday_sunday", [6, 7])],
)
def test_ratio_and_interval_are_the_paired_t_of_weeks(rule: str, weekend: list[int]) -> None:
    found = weekend_ratio(DATES, LOADS, days=rule)
    y, inside = np.log(LOADS).reshape(8, 7), np.isin(ISO.reshape(8, 7), weekend)
    d = np.array([row[m].mean() - row[~m].mean() for row, m in zip(y, inside, strict=True)])
    assert np.log(found.ratio) == pytest.approx(d.mean(), rel=1e-12)
    expected = stats.t(7, d.mean(), stats.sem(d)).interval(0.95)
    assert np.log([found.lower, found.upper]) == pytest.approx(expected, rel=1e-9)


def test_the_p_value_counts_all_arrangements_of_signs() -> None:
    d = np.array([0.3, -0.1, 0.25, 0.4, 0.05, 0.2, -0.02])
    arrangements = [abs(np.dot(s, d)) for s in product([1, -1], repeat=7)]
    expected = np.mean([a >= abs(d.sum()) - 1e-12 for a in arrangements])
    assert sign_flip_p(d, seed=1) == pytest.approx(expected)


def test_with_many_weeks_signs_are_drawn_and_agree_with_the_normal() -> None:
    d = np.random.default_rng(1).standard_normal(40) + 0.3
    expected = 2 * stats.norm.sf(abs(d.sum()) / np.sqrt((d**2).sum()))
    assert sign_flip_p(d, seed=2) == pytest.approx(expected, abs=0.01)
    assert sign_flip_p(d, seed=2) == sign_flip_p(d, seed=2)


def test_levels_of_weeks_do_not_matter() -> None:
    """The difference between weeks is far larger than that within; only the latter counts."""
    other = LOADS * np.repeat(10.0 ** np.arange(8), 7)
    one, two = weekend_ratio(DATES, LOADS), weekend_ratio(DATES, other)
    assert two.ratio == pytest.approx(one.ratio, rel=1e-9)
    assert two.p_value == one.p_value
    assert one.conclusion == "weekend_higher"


def test_one_week_has_a_ratio_and_no_claim() -> None:
    found = weekend_ratio(DATES[:7], LOADS[:7])
    assert found.conclusion == "not_testable" and "needs 6" in found.reason
    assert found.ratio > 0 and np.isnan(found.lower) and np.isnan(found.p_value)


def test_weeks_without_a_weekend_are_left_out_and_counted() -> None:
    keep = ~((np.arange(56) < 7) & np.isin(ISO, [5, 6, 7, 1]))
    found = weekend_ratio(DATES[keep], LOADS[keep])
    assert (found.n_weeks, found.n_left_out, found.n) == (7, 1, 49)
    none = weekend_ratio(DATES[np.isin(ISO, [2, 3])], LOADS[np.isin(ISO, [2, 3])])
    assert none.n_weeks == 0 and np.isnan(none.ratio) and none.conclusion == "not_testable"


@settings(max_examples=20, deadline=None)
@given(weeks=st.integers(-500, 500), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_shift_by_weeks_unit_and_order_do_not_matter(weeks: int, scale: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(56)
    one = weekend_ratio(DATES, LOADS)
    two = weekend_ratio((DATES + 7 * weeks)[order], scale * LOADS[order])
    assert two.ratio == pytest.approx(one.ratio, rel=1e-9)
    assert two.upper == pytest.approx(one.upper, rel=1e-9)
    assert two.p_value == one.p_value


def test_a_shift_by_one_day_matters() -> None:
    assert weekend_ratio(DATES + 1, LOADS).ratio != pytest.approx(weekend_ratio(DATES, LOADS).ratio)


def test_sites_are_judged_together() -> None:
    sites = np.repeat(["north", "south"], 56)
    flat = np.exp(0.1 * np.random.default_rng(3).standard_normal(56))
    found = weekend_ratios(sites, np.tile(DATES, 2), np.concatenate([LOADS, flat]))
    alone = weekend_ratio(DATES, LOADS)
    assert [f.site for f in found] == ["north", "south"]
    assert found[0].ratio == pytest.approx(alone.ratio)
    assert found[0].p_adjusted == pytest.approx(min(2 * alone.p_value, 1))
    assert found[1].conclusion == "no_difference_shown"


def test_profile_is_the_mean_of_relative_days() -> None:
    found = weekday_profile(DATES, LOADS)
    relative = np.log(LOADS).reshape(8, 7)
    relative = relative - relative.mean(axis=1, keepdims=True)
    by_day = relative.mean(axis=0)[[5, 6, 0, 1, 2, 3, 4]]  # Monday first
    assert np.log(found.ratio) == pytest.approx(by_day, rel=1e-10)
    assert found.p_value < 0.01 and (found.n_weeks, found.n_left_out) == (8, 0)
    half = stats.t(7).ppf(0.975) * stats.sem(relative[:, 0])
    assert np.log(found.upper[2]) == pytest.approx(by_day[2] + half, rel=1e-9)


def test_only_complete_weeks_make_a_profile() -> None:
    found = weekday_profile(DATES[1:], LOADS[1:])
    assert (found.n_weeks, found.n_left_out) == (7, 1)
    one = weekday_profile(DATES[:7], LOADS[:7])
    assert not one.testable and np.isnan(one.lower).all()
    assert one.p_value != one.p_value and "from 3" in one.reason
    with pytest.raises(UsageError, match="no week has all"):
        weekday_profile(DATES[:6], LOADS[:6])


@pytest.mark.parametrize(("level", "needed"), [(0.5, 3), (0.95, 3), (0.99, 4)])
def test_a_profile_is_tested_from_the_weeks_that_can_show_it(level: float, needed: int) -> None:
    loads = np.tile([9.0, 10, 10, 10, 11, 14, 13], needed) * np.resize([1.0, 1.01], 7 * needed)
    dates = DATES[: 7 * needed]
    enough = weekday_profile(dates, loads, level=level)
    assert enough.testable and enough.p_value <= 1 - level
    few = weekday_profile(dates[:-7], loads[:-7], level=level)
    assert not few.testable and np.isnan(few.p_value) and np.isfinite(few.lower).all()
    assert f"weeks: {needed - 1}" in few.reason and f"from {needed}" in few.reason


def test_false_alarms_of_the_profile_with_days_alike_to_their_neighbours() -> None:
    random, hits = np.random.default_rng(9), 0
    for _ in range(60):
        e = random.standard_normal((6, 7))
        for j in range(1, 7):
            e[:, j] = 0.5 * e[:, j - 1] + np.sqrt(0.75) * e[:, j]
        hits += weekday_profile(DATES[:42], np.exp(e.ravel())).p_value < 0.05
    assert hits <= 9  # 15 % of 60; 5 % expected


def test_blocks_start_with_their_first_sample() -> None:
    assert week_blocks(np.array([0.0, 6, 7, 13.5, 15])).tolist() == [0, 0, 1, 1, 2]


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="lie below a limit"):
        weekend_ratio(DATES, censored(LOADS, LOADS < 1))
    with pytest.raises(UsageError, match="need dates"):
        weekend_ratio(np.arange(56), LOADS)
    with pytest.raises(UsageError, match="no rule"):
        weekend_ratio(DATES, LOADS, days="weekend")
    with pytest.raises(UsageError, match="one length"):
        weekend_ratios(["a"], DATES, LOADS)


def test_dates_of_the_standard_library_are_dates() -> None:
    named = [d.item() for d in DATES.astype("datetime64[D]")]
    assert weekend_ratio(named, LOADS) == weekend_ratio(DATES, LOADS)
    east = timezone(timedelta(hours=8))
    with pytest.raises(UsageError, match="time zone"):  # in UTC midnight there is the day before
        weekend_ratio([datetime(d.year, d.month, d.day, tzinfo=east) for d in named], LOADS)
