"""Before and after with comparison areas: closed forms, permutations, checks of the time before."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import before_after_ratio

TOWNS, TIMES = 7, 9
AREAS = np.repeat([f"town {k}" for k in range(TOWNS)], TIMES)
WHEN = np.tile(91.0 * np.arange(TIMES), TOWNS)
START = 5 * 91.0
RANDOM = np.random.default_rng(3)
LOGS = np.repeat(RANDOM.standard_normal(TOWNS), TIMES) + 0.2 * RANDOM.standard_normal(63)
TREATED = ["town 1", "town 4"]


def changes(logs: np.ndarray) -> np.ndarray:
    table = logs.reshape(TOWNS, TIMES)
    return table[:, 5:].mean(axis=1) - table[:, :5].mean(axis=1)


def test_effect_and_interval_are_the_two_sample_t_of_areas() -> None:
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    d = changes(LOGS)
    a, b = d[[1, 4]], d[[0, 2, 3, 5, 6]]
    theirs = stats.ttest_ind(a, b)
    assert np.log(found.effect.ratio) == pytest.approx(a.mean() - b.mean(), rel=1e-10)
    assert found.effect.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    interval = theirs.confidence_interval(0.95)
    assert np.log([found.effect.lower, found.effect.upper]) == pytest.approx(
        [interval.low, interval.high], rel=1e-9
    )
    assert found.treated_ratio / found.comparison_ratio == pytest.approx(found.effect.ratio)


def test_permutations_are_counted_in_full() -> None:
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    d = changes(LOGS)

    def effect(chosen: tuple[int, ...]) -> float:
        rest = [k for k in range(TOWNS) if k not in chosen]
        return abs(d[list(chosen)].mean() - d[rest].mean())

    every = [effect(c) for c in combinations(range(TOWNS), 2)]
    expected = np.mean([e >= effect((1, 4)) - 1e-12 for e in every])
    assert found.effect.p_permutation == pytest.approx(expected)
    assert found.effect.smallest_p == pytest.approx(1 / 21)


def test_one_treated_area_is_judged_by_the_spread_of_the_others() -> None:
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS), ["town 1"], START, unit="day")
    d = changes(LOGS)
    others = np.delete(d, 1)
    half = stats.t(5).ppf(0.975) * others.std(ddof=1) * np.sqrt(1 + 1 / 6)
    assert np.log(found.effect.upper) == pytest.approx(d[1] - others.mean() + half, rel=1e-9)
    assert found.effect.smallest_p == pytest.approx(1 / 7)


def test_a_shock_that_all_areas_share_cancels() -> None:
    shock = np.tile(RANDOM.standard_normal(TIMES), TOWNS)
    one = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    two = before_after_ratio(AREAS, WHEN, np.exp(LOGS + shock), TREATED, START, unit="day")
    assert two.effect.ratio == pytest.approx(one.effect.ratio, rel=1e-9)
    assert two.effect.lower == pytest.approx(one.effect.lower, rel=1e-9)
    assert two.comparison_ratio != pytest.approx(one.comparison_ratio)


def test_a_real_effect_is_recovered() -> None:
    measure = np.log(0.5) * (np.isin(AREAS, TREATED) & (WHEN >= START))
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS + measure), TREATED, START, unit="day")
    assert found.effect.lower < 0.5 < found.effect.upper < 1
    assert found.conclusion == "lower_than_expected" and found.concern == ""


def test_groups_that_already_drifted_apart_put_an_effect_in_doubt() -> None:
    drift = -1.5 * WHEN / 365.25 * np.isin(AREAS, TREATED)
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS + drift), TREATED, START, unit="day")
    assert found.effect.p_value < 0.05 and found.conclusion == "in_doubt"
    assert "placebo date" in found.concern and "different rates" in found.concern
    assert found.parallel is not None
    assert found.parallel.lower < np.exp(-1.5) < found.parallel.upper


def test_parallel_trends_compare_least_squares_slopes() -> None:
    found = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    years = 91.0 * np.arange(5) / 365.25
    slopes = np.array([np.polyfit(years, row[:5], 1)[0] for row in LOGS.reshape(TOWNS, TIMES)])
    expected = slopes[[1, 4]].mean() - np.delete(slopes, [1, 4]).mean()
    assert found.parallel is not None
    assert np.log(found.parallel.ratio) == pytest.approx(expected, rel=1e-8)


def test_two_rounds_are_compared_and_their_checks_named_impossible() -> None:
    two = np.isin(WHEN, [4 * 91.0, 5 * 91.0])
    found = before_after_ratio(AREAS[two], WHEN[two], np.exp(LOGS[two]), TREATED, START, unit="day")
    assert found.placebo is None and found.parallel is None
    assert "no placebo check" in found.concern and "cannot prove" in found.assumption


def test_an_effect_that_no_check_can_speak_against_is_unchecked() -> None:
    two = np.isin(WHEN, [4 * 91.0, 5 * 91.0])
    fell = LOGS - 3 * (np.isin(AREAS, TREATED) & (WHEN >= START))
    found = before_after_ratio(AREAS[two], WHEN[two], np.exp(fell[two]), TREATED, START, unit="day")
    assert found.effect.p_value < 0.05 and found.effect.upper < 1
    assert found.conclusion == "unchecked"
    three = np.isin(WHEN, [3 * 91.0, 4 * 91.0, 5 * 91.0])
    found = before_after_ratio(
        AREAS[three], WHEN[three], np.exp(fell[three]), TREATED, START, unit="day"
    )
    assert found.placebo is not None and found.conclusion != "unchecked"


def test_rounds_that_some_areas_missed_make_no_effect_of_a_fall_all_share() -> None:
    """Ten areas fall by 6 % a round; four treated ones are not sampled for three rounds after."""
    random, claims, biased = np.random.default_rng(4), 0, 0.0
    area, step = np.repeat([f"a{k}" for k in range(10)], 16), np.tile(np.arange(16.0), 10)
    four = ["a0", "a1", "a2", "a3"]
    keep = ~(np.isin(area, four) & (step >= 8) & (step < 11))
    for _ in range(60):
        logs = np.log(0.94) * step + 0.15 * random.standard_normal(160)
        found = before_after_ratio(
            area[keep], 91 * step[keep], np.exp(logs[keep]), four, 8 * 91.0, unit="day"
        )
        claims += found.effect.p_value < 0.05
        biased += np.log(found.effect.ratio) / 60
    assert (found.rounds_before, found.rounds_after, found.rounds_left_out) == (8, 5, 3)
    assert found.n == 130
    assert claims <= 9  # 15 % of 60; 5 % expected
    assert abs(biased) < 0.03  # the fall of three rounds apart would be 0.09


def test_areas_without_shared_rounds_are_refused() -> None:
    late = WHEN + 7.0 * (np.isin(AREAS, TREATED) & (WHEN >= START))
    with pytest.raises(UsageError, match="share 5 times before and 0 after"):
        before_after_ratio(AREAS, late, np.exp(LOGS), TREATED, START, unit="day")
    few = ~((AREAS == "town 6") & (WHEN != 0) & (WHEN != START))
    moved = np.where((AREAS == "town 6") & (WHEN == 0), 1.0, WHEN)
    with pytest.raises(UsageError, match="such as town 6 with 2 results"):
        before_after_ratio(AREAS[few], moved[few], np.exp(LOGS[few]), TREATED, START, unit="day")


def test_a_placebo_date_after_the_last_round_before_checks_nothing() -> None:
    found = before_after_ratio(
        AREAS, WHEN, np.exp(LOGS), TREATED, START, placebo_since=4 * 91.0 + 1, unit="day"
    )
    assert found.placebo is None and np.isnan(found.placebo_date)
    assert "no shared time" in found.concern


def test_areas_seen_in_one_period_only_are_named() -> None:
    keep = ~((AREAS == "town 6") & (WHEN >= START))
    found = before_after_ratio(
        AREAS[keep], WHEN[keep], np.exp(LOGS[keep]), TREATED, START, unit="day"
    )
    assert found.left_out == ("town 6",) and len(found.areas) == 6


def test_order_of_rows_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(63)
    one = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    two = before_after_ratio(
        AREAS[order], WHEN[order], np.exp(LOGS[order]), TREATED, START, unit="day"
    )
    assert two.effect.ratio == pytest.approx(one.effect.ratio, rel=1e-10)
    assert two.effect.p_permutation == one.effect.p_permutation


def test_numbers_are_years_unless_days_are_stated() -> None:
    years = WHEN / 365.25
    at = (START - 0.5) / 365.25, 91.5 / 365.25
    one = before_after_ratio(AREAS, years, np.exp(LOGS), TREATED, at[0], placebo_since=at[1])
    two = before_after_ratio(
        AREAS, WHEN, np.exp(LOGS), TREATED, START - 0.5, placebo_since=91.5, unit="day"
    )
    assert one.parallel is not None and two.parallel is not None
    assert one.parallel.ratio == pytest.approx(two.parallel.ratio, rel=1e-9)
    assert one.effect == two.effect and one.placebo == two.placebo
    assert one.placebo_date == pytest.approx(91.5)


def test_dates_are_taken_too() -> None:
    dates = np.datetime64("2022-01-01") + WHEN.astype(int)
    one = before_after_ratio(AREAS, WHEN, np.exp(LOGS), TREATED, START, unit="day")
    two = before_after_ratio(AREAS, dates, np.exp(LOGS), TREATED, dates[0] + int(START), unit="day")
    assert two.effect.ratio == pytest.approx(one.effect.ratio, rel=1e-12)


@pytest.mark.parametrize(
    ("treated", "said"),
    [(["nowhere"], "no results"), ([], "no treated"), ([f"town {k}" for k in range(6)], "1 comp")],
)
def test_what_cannot_be_compared_is_refused(treated: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        before_after_ratio(AREAS, WHEN, np.exp(LOGS), treated, START, unit="day")


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="lie below a limit"):
        before_after_ratio(
            AREAS, WHEN, censored(np.exp(LOGS), LOGS < 0), TREATED, START, unit="day"
        )
    with pytest.raises(UsageError, match="occurs twice"):
        before_after_ratio(AREAS, 0 * WHEN, np.exp(LOGS), TREATED, START, unit="day")
    with pytest.raises(UsageError, match="placebo_since"):
        before_after_ratio(
            AREAS, WHEN, np.exp(LOGS), TREATED, START, placebo_since=START + 1, unit="day"
        )
