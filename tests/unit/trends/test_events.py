"""Effects of holidays and events: matched days, placebo dates, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import event_effect

DATES = np.datetime64("2024-01-01") + np.arange(366)
HOLIDAY = np.datetime64("2024-02-10") + np.arange(8)
RANDOM = np.random.default_rng(6)
NOISE = 0.2 * RANDOM.standard_normal(366)
WEEKLY = 0.3 * np.isin(np.arange(366) % 7, [4, 5])


def test_the_effect_is_that_of_days_matched_by_hand() -> None:
    y = NOISE + WEEKLY
    found = event_effect(DATES, np.exp(y), HOLIDAY)
    each = []
    for day in np.arange(40, 48):
        near = [day + 7 * k for k in (-4, -3, -2, -1, 1, 2, 3, 4)]
        kept = [d for d in near if d >= 0 and not 40 <= d < 48]
        each.append(y[day] - np.mean(y[kept]))
    assert np.log(found.ratio) == pytest.approx(np.mean(each), rel=1e-10)
    assert (found.n_days, found.events) == (8, ("2024-02-10 (8)",))


def test_a_weekly_pattern_is_no_effect() -> None:
    """Without scatter a pure weekly pattern matches itself exactly."""
    found = event_effect(DATES, np.exp(WEEKLY), np.datetime64("2024-05-03") + np.arange(2))
    assert found.ratio == pytest.approx(1, rel=1e-12)


def test_a_steady_trend_is_no_effect_in_the_middle_of_the_record() -> None:
    found = event_effect(DATES, np.exp(np.arange(366) / 200), DATES[[180]])
    assert found.ratio == pytest.approx(1, rel=1e-9)


def test_p_and_interval_from_all_other_places() -> None:
    loads = np.exp(NOISE) * np.where(np.isin(DATES, HOLIDAY), 1.8, 1.0)
    found = event_effect(DATES, loads, HOLIDAY)
    assert found.p_value == pytest.approx(1 / (found.n_places + 1))
    assert found.lower < 1.8 < found.upper
    assert found.lower > 1


def test_the_event_scales_the_ratio_and_shifts_the_interval() -> None:
    one = event_effect(DATES, np.exp(NOISE), HOLIDAY)
    loads = np.exp(NOISE) * np.where(np.isin(DATES, HOLIDAY), 3.0, 1.0)
    two = event_effect(DATES, loads, HOLIDAY)
    assert two.ratio / one.ratio == pytest.approx(3)
    assert two.lower / one.lower == pytest.approx(3)


def test_several_events_count_once_each() -> None:
    days = np.concatenate([HOLIDAY, DATES[[120, 200]]])
    found = event_effect(DATES, np.exp(NOISE), days)
    assert len(found.ratios) == 3
    assert np.log(found.ratio) == pytest.approx(np.mean(np.log(found.ratios)))
    again = event_effect(DATES, np.exp(NOISE), days[::-1])
    assert again == found


def test_excluded_days_are_neither_event_nor_matched() -> None:
    spoilt = NOISE.copy()
    spoilt[54] += 100.0  # two weeks after the first holiday
    one = event_effect(DATES, np.exp(spoilt), HOLIDAY, exclude=DATES[[54]])
    two = event_effect(DATES, np.exp(NOISE), HOLIDAY, exclude=DATES[[54]])
    assert one.ratio == two.ratio and one.n_matched == two.n_matched
    assert event_effect(DATES, np.exp(spoilt), HOLIDAY).ratio < 1e-1 * one.ratio


def test_days_without_samples_are_named() -> None:
    keep = ~np.isin(DATES, HOLIDAY[:2])
    found = event_effect(DATES[keep], np.exp(NOISE[keep]), HOLIDAY)
    assert found.left_out == ("2024-02-10", "2024-02-11") and found.n_days == 6


def test_a_short_record_gives_the_ratio_and_no_claim() -> None:
    found = event_effect(DATES[:90], np.exp(NOISE[:90]), HOLIDAY)
    assert not found.testable and "39" in found.reason and found.ratio > 0
    assert np.isnan(found.p_value) and np.isnan(found.lower)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="no event day"):
        event_effect(DATES, np.exp(NOISE), np.array(["2030-01-01"], "datetime64[D]"))
    with pytest.raises(UsageError, match="lie below a limit"):
        event_effect(DATES, censored(np.exp(NOISE), NOISE < 0), HOLIDAY)
    with pytest.raises(UsageError, match="at least one week"):
        event_effect(DATES, np.exp(NOISE), HOLIDAY, reach=0)
    with pytest.raises(UsageError, match="need dates"):
        event_effect(np.arange(366), np.exp(NOISE), HOLIDAY)


def test_few_ways_to_place_several_events_are_each_counted_once() -> None:
    """Drawn many times over, few ways would give a p value that they cannot."""
    days = np.concatenate([HOLIDAY, DATES[[70, 71, 72]]])
    loads = np.exp(NOISE) * np.where(np.isin(DATES, days), 3.0, 1.0)
    kept = slice(0, 115)
    ways = 1
    for event in (HOLIDAY, DATES[[70, 71, 72]]):
        others = np.setdiff1d(np.arange(115), np.flatnonzero(np.isin(DATES, days)))
        first = int((event[0] - DATES[0]).astype(int))
        starts = range(first % 7, 115 - len(event) + 1, 7)
        ways *= sum(set(range(s, s + len(event))) <= set(others.tolist()) for s in starts)
    found = event_effect(DATES[kept], loads[kept], days)
    assert 39 <= ways < 300
    assert found.p_value == pytest.approx(1 / (1 + ways))
