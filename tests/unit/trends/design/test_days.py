"""Days for a mean: the closed form against brute force over simulated years and every design."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wbe.errors import UsageError
from wbe.trends.design import DayVariation, days_for_mean, mean_error, textbook_days
from wbe.trends.design.variation import CONSECUTIVE, DESIGNS, WEEKS, real_error

YEAR = 364


def correlation(period: int, rho: float) -> np.ndarray:
    at = np.arange(period)
    return rho ** np.abs(at[:, None] - at[None, :])


def variance_of(chosen: np.ndarray, of: np.ndarray) -> float:
    """Variance of mean over the chosen days less mean over all, for unit variances."""
    w = np.full(len(of), -1 / len(of))
    w[chosen] += 1 / len(chosen)
    return float(w @ of @ w)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_random_days_of_an_autocorrelated_year_are_the_average_over_all_choices(rho: float) -> None:
    period, n = 8, 3
    from itertools import combinations

    of = correlation(period, rho)
    every = [variance_of(np.array(c), of) for c in combinations(range(period), n)]
    v = DayVariation(cv=1.0, autocorrelation=rho)
    got = real_error(np.array([n]), v, "random", period)[0]
    assert got == pytest.approx(np.mean(every), rel=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_random_weeks_are_the_average_over_all_choices_of_weeks(rho: float) -> None:
    from itertools import combinations

    weeks, n = 6, 2
    of = correlation(7 * weeks, rho)
    days = [np.concatenate([np.arange(7 * k, 7 * k + 7) for k in c])
            for c in combinations(range(weeks), n)]  # fmt: skip
    v = DayVariation(cv=1.0, season=0.0, autocorrelation=rho)
    got = real_error(np.array([7 * n]), v, "weeks", 7 * weeks)[0]
    assert got == pytest.approx(np.mean([variance_of(d, of) for d in days]), rel=1e-12)


def test_a_run_of_days_is_the_average_over_blocks_of_the_year() -> None:
    of = correlation(YEAR, 0.6)
    blocks = [np.arange(k, k + 28) for k in range(0, YEAR, 28)]
    v = DayVariation(cv=1.0, season=0.0, autocorrelation=0.6)
    got = real_error(np.array([28]), v, "consecutive", YEAR)[0]
    assert got == pytest.approx(np.mean([variance_of(b, of) for b in blocks]), rel=1e-12)


@pytest.mark.parametrize("m", [7, 28, 91])
def test_a_run_of_days_in_a_season_is_the_average_over_its_starts(m: int) -> None:
    wave = np.sqrt(2) * np.cos(2 * np.pi * np.arange(YEAR) / YEAR)
    starts = [np.take(wave, np.arange(s, s + m), mode="wrap").mean() for s in range(YEAR)]
    v = DayVariation(cv=1.0, season=1.0, autocorrelation=0.0)
    got = real_error(np.array([m]), v, "consecutive", YEAR)[0]
    assert got == pytest.approx(np.mean(np.square(starts)), rel=1e-9)


def test_designs_that_balance_weekdays_lose_the_weekly_pattern_and_others_do_not() -> None:
    v = DayVariation(cv=1.0, weekday=1.0, season=0.0, autocorrelation=0.0)
    n = np.array([28])
    assert real_error(n, v, "weeks", YEAR)[0] == 0
    assert real_error(n, v, "stratified", YEAR)[0] == 0
    assert real_error(n, v, "consecutive", YEAR)[0] == 0
    single = real_error(n, v, "random", YEAR)[0]
    assert single == pytest.approx((1 / 28 - 1 / YEAR) * YEAR / (YEAR - 1))
    # one day alone misses the pattern as a whole, on whatever weekday the run begins
    assert real_error(np.array([1]), v, "consecutive", YEAR)[0] == pytest.approx(1.0)


def test_days_in_a_row_tend_to_the_textbooks_inflation_and_random_days_have_none() -> None:
    rho, n, long = 0.5, np.array([200]), 10**7
    v = DayVariation(cv=0.5, season=0.0, autocorrelation=rho)
    row = real_error(n, v, "consecutive", long)[0] / (0.25 / 200)
    assert row == pytest.approx((1 + rho) / (1 - rho), rel=0.01)
    assert real_error(n, v, "random", long)[0] == pytest.approx(0.25 / 200, rel=1e-4)


def test_the_interval_is_that_of_students_t_on_the_log_scale() -> None:
    got = mean_error([12], DayVariation(cv=0.6), period=10**6)
    scale = np.sqrt(np.log1p(0.36 / 12))
    assert np.log1p(got.upper[0]) == pytest.approx(stats.t.ppf(0.975, 11) * scale, rel=1e-3)
    assert (1 + got.upper) * (1 + got.lower) == pytest.approx(1.0)
    apart = DayVariation(cv=0.6, season=0.0, autocorrelation=0.0)
    run = mean_error([14], apart, design="consecutive", period=10**6)
    expected = stats.norm.ppf(0.975) * np.sqrt(np.log1p(0.36 / 14))
    assert np.log1p(run.upper[0]) == pytest.approx(expected, rel=1e-4)
    assert got.own_interval and not run.own_interval


def test_every_day_sampled_leaves_measurement_and_shared_errors_only() -> None:
    assert mean_error([365], DayVariation(cv=0.5)).upper[0] == 0
    both = mean_error([365], DayVariation(cv=0.5, measurement_cv=0.2)).sampling_cv[0]
    real = (0.25 - 0.04) / 1.04
    assert both == pytest.approx(0.2 * np.sqrt((1 + real) / 365))
    shared = mean_error([365], DayVariation(cv=0.5), shared_cv=0.1)
    expected = np.expm1(stats.norm.ppf(0.975) * np.sqrt(np.log1p(0.01)))
    assert shared.floor == pytest.approx(expected)
    assert shared.upper[0] == pytest.approx(expected, rel=1e-3)


def test_the_answer_is_the_fewest_days_and_more_never_harm() -> None:
    for design in DESIGNS:
        v = DayVariation(0.6, measurement_cv=0.1, weekday=0.2, season=0.0, autocorrelation=0.3)
        plan = days_for_mean(0.25, v, design=design, shared_cv=0.05)
        assert plan.days is not None and plan.reachable
        at = plan.table.days.tolist().index(plan.days)
        assert (plan.table.upper[at:] <= 0.25).all() and plan.table.upper[at - 1] > 0.25


def test_the_floor_is_said_and_not_crossed() -> None:
    plan = days_for_mean(0.2, DayVariation(cv=0.5), shared_cv=0.15)
    assert plan.days is None and not plan.reachable
    assert "no number of days" in plan.reason and "34%" in plan.reason
    few = days_for_mean(0.01, DayVariation(cv=0.5, measurement_cv=0.4))
    assert few.days is None and "with 365 days" in few.reason


def test_the_textbook_formula_gives_the_published_example() -> None:
    # CV 0.5, 20 %: (1.96 x 0.5 / 0.2)^2 = 24.01
    assert textbook_days(0.2, 0.5, period=None) == 25
    assert textbook_days(0.2, 0.5) == 23
    assert days_for_mean(0.2, DayVariation(cv=0.5)).days > 23


def test_a_week_in_a_small_village_is_off_by_more_than_half() -> None:
    """10.1111/add.12405, abstract: CV 498/652, one week a year, relative error about 60 %."""
    village = DayVariation(cv=498 / 652, season=0.0, autocorrelation=0.0)
    week = mean_error([7], village, design="consecutive")
    assert 1.96 * week.sampling_cv[0] == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize("design", [WEEKS, CONSECUTIVE])
def test_days_in_a_row_have_no_answer_until_what_decides_it_is_stated(design: str) -> None:
    for given, missing in (
        ({}, "state autocorrelation and season"),
        ({"season": 0.0}, "state autocorrelation, on"),
        ({"autocorrelation": 0.0}, "state season, on"),
    ):
        with pytest.raises(UsageError, match=f"{missing}.*0 is a statement too"):
            mean_error([14], DayVariation(0.5, **given), design=design)
        with pytest.raises(UsageError, match=missing):
            days_for_mean(0.2, DayVariation(0.5, **given), design=design)
    zeros = DayVariation(0.5, season=0.0, autocorrelation=0.0)
    assert days_for_mean(0.2, zeros, design=design).days is not None


@pytest.mark.parametrize(
    ("season", "rho", "days"), [(0.0, 0.0, 14), (0.0, 0.5, 36), (0.0, 0.8, 89), (0.2, 0.0, 195)]
)
def test_what_is_stated_decides_how_long_a_run_must_be(
    season: float, rho: float, days: int
) -> None:
    v = DayVariation(0.5, season=season, autocorrelation=rho)
    assert days_for_mean(0.3, v, design="consecutive").days == days  # as docs/planning.md says


@pytest.mark.parametrize("design", ["random", "stratified"])
def test_days_drawn_one_by_one_need_no_statement_and_none_is_the_careful_one(design: str) -> None:
    silent, stated = (
        mean_error([28], v, design=design).upper
        for v in (DayVariation(0.5), DayVariation(0.5, season=0.0, autocorrelation=0.0))
    )
    assert silent == stated
    helped = DayVariation(0.5, season=0.3, autocorrelation=0.8)
    assert mean_error([28], helped, design=design).upper <= silent


def test_a_cv_of_one_or_more_makes_a_plan_rough() -> None:
    plans = [days_for_mean(0.4, DayVariation(cv)) for cv in (0.99, 1.0, 3.0)]
    assert [plan.rough for plan in plans] == [False, True, True]
    assert [plan.summary()["rough"] for plan in plans] == [False, True, True]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: DayVariation(cv=5), "cv = 5 is 500 %: write 0.05 for 5 %"),
        (lambda: DayVariation(cv=3.001), "cv = 3.001 is 300.1 %"),
        (lambda: mean_error([7], DayVariation(0.5), shared_cv=5), "shared_cv = 5 is 500 %"),
        (lambda: days_for_mean(20, DayVariation(0.5)), "error = 20 is 2000 %: write 0.2"),
        (lambda: textbook_days(0.2, 50), "cv = 50 is 5000 %: write 0.5 for 50 %"),
        (lambda: DayVariation(cv=0), "cv = 0"),
        (lambda: DayVariation(cv=float("nan")), "cv = nan"),
        (lambda: DayVariation(cv=0.2, measurement_cv=0.3), "hold it already"),
        (lambda: DayVariation(cv=0.5, weekday=0.6, season=0.5), "together at most 1"),
        (lambda: DayVariation(cv=0.5, autocorrelation=1), "autocorrelation = 1"),
        (lambda: mean_error([1], DayVariation(0.5)), "1 days: random needs from 2 to 365"),
        (lambda: mean_error([20], DayVariation(0.5), design="weeks"), "multiples of 7"),
        (lambda: mean_error([366], DayVariation(0.5)), "366 days"),
        (lambda: mean_error([7.5], DayVariation(0.5)), "days = 7.5"),
        (lambda: mean_error([7], DayVariation(0.5), design="daily"), "none of random"),
        (lambda: mean_error([7], DayVariation(0.5), level=1), "level = 1"),
        (lambda: mean_error([7], DayVariation(0.5), shared_cv=-1), "shared_cv = -1"),
        (lambda: days_for_mean(0, DayVariation(0.5)), "error = 0"),
        (lambda: days_for_mean(0.2, DayVariation(0.5), design="weeks", period=10), "period = 10"),
    ],
)
def test_meaningless_input_is_refused_by_name(call, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()
