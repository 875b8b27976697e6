"""Log-linear trend: closed forms, limits, refusals, and what must not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from wbe.errors import UsageError
from wbe.qc.censoring import Censored, censored
from wbe.trends import (
    augmented,
    continuous_ar1,
    find_change_points,
    loglinear_trend,
    sen_slope,
    smooth_trend,
    weekend_ratio,
)
from wbe.trends import trend as verdict
from wbe.trends.series import FEWEST_ROUNDS, log_series
from wbe.trends.tobit import fit_tobit

RANDOM = np.random.default_rng(5)
DATES = np.datetime64("2021-03-03") + np.sort(RANDOM.choice(900, 30, replace=False))
YEARS = (DATES - DATES[0]) / np.timedelta64(1, "D") / 365.25
LOADS = 70 * 0.8**YEARS * np.exp(0.3 * RANDOM.standard_normal(30))


def test_independent_errors_give_the_regression_of_logs() -> None:
    """Tobit without non-detects is maximum likelihood: the slope of least squares, sd with n."""
    found = loglinear_trend(DATES, LOADS, method="tobit")
    theirs = stats.linregress(YEARS, np.log(LOADS))
    assert found.slope == pytest.approx(theirs.slope, rel=1e-6)
    assert found.percent_per_year == pytest.approx(100 * (np.exp(theirs.slope) - 1), rel=1e-6)
    se = theirs.stderr * np.sqrt(28 / 30)
    half = stats.t(28).ppf(0.975) * se
    assert found.slope_upper - found.slope == pytest.approx(half, rel=1e-5)


def test_integrated_interval_by_quadrature_over_the_autocorrelation() -> None:
    """An independent path: dense matrices, fine grid, bisection by scipy.stats."""
    found = loglinear_trend(DATES, LOADS)
    days = (DATES - DATES[0]) / np.timedelta64(1, "D")
    x, y = np.column_stack([np.ones(30), YEARS]), np.log(LOADS)
    gap, weight, parts = found.gap, [], []
    for rho in continuous_ar1.GRID:
        r = np.where(np.eye(30) > 0, 1.0, float(rho) ** (np.abs(days[:, None] - days) / gap))
        i = np.linalg.inv(r)
        scatter = np.linalg.inv(x.T @ i @ x)
        b = scatter @ x.T @ i @ y
        rss = (y - x @ b) @ i @ (y - x @ b)
        weight.append(
            (1 - rho) * np.exp(-(np.linalg.slogdet(r)[1] - np.linalg.slogdet(scatter)[1]) / 2)
            * rss**-14.0
        )  # fmt: skip
        parts.append(stats.t(28, b[1], np.sqrt(rss / 28 * scatter[1, 1])))
    weight = np.array(weight) / np.sum(weight)
    for q, p in ((found.slope_lower, 0.025), (found.slope, 0.5), (found.slope_upper, 0.975)):
        assert sum(w * t.cdf(q) for w, t in zip(weight, parts, strict=True)) == pytest.approx(
            p, abs=1e-8
        )


def test_drawn_logs_agree_with_integration_over_one_non_detect() -> None:
    """With one non-detect, what is known of the slope is a one-dimensional integral."""
    loads = LOADS[:9].copy()
    limit = 75.0
    below = np.zeros(9, dtype=bool)
    below[4] = True
    loads[4] = limit
    series = log_series(DATES[:9], censored(loads, below))
    x = np.column_stack([np.ones(9), YEARS[:9]])
    gap = 30.0
    s = augmented.sweep(series, x, gap, seed=3)
    mean = float(s.weight @ s.coefficients[:, 1])

    def at(v: float) -> tuple[float, float]:
        y = np.log(loads)
        y[4] = v
        fits = continuous_ar1.fit(y, x, series.days, gap, augmented.COARSE)
        log = fits.reml + np.log1p(-fits.rho)
        w = np.exp(log - 8.0)
        return float(w.sum()), float(w @ fits.coefficients[:, 1])

    low, high = np.log(limit) - 12, np.log(limit)
    total = integrate.quad(lambda v: at(v)[0], low, high, limit=200)[0]
    exact = integrate.quad(lambda v: at(v)[1], low, high, limit=200)[0] / total
    spread = float(np.sqrt(s.weight @ (s.coefficients[:, 1] - mean) ** 2))
    assert mean == pytest.approx(exact, abs=4 * spread / np.sqrt(300))


def test_tobit_is_the_highest_point_of_its_likelihood() -> None:
    limit = np.log(55.0)
    low = np.where(np.log(LOADS) < limit, -np.inf, np.log(LOADS))
    high = np.maximum(np.log(LOADS), limit)
    low[0] = high[0] - 0.4 if np.isinf(low[0]) else low[0]
    x = np.column_stack([np.ones(30), YEARS])
    found = fit_tobit(low, high, x)

    def log_likelihood(b: np.ndarray, sd: float) -> float:
        d = stats.norm(x @ b, sd)
        p = np.where(low == high, d.pdf(high), d.cdf(high) - d.cdf(low))
        return float(np.log(p).sum())

    top = log_likelihood(found.coefficients, found.sd)
    assert found.log_likelihood == pytest.approx(top, abs=1e-8)
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        assert log_likelihood(found.coefficients + step[:2], found.sd + step[2]) < top


def test_weekday_and_season_are_recovered() -> None:
    random = np.random.default_rng(8)
    dates = np.datetime64("2021-01-04") + np.arange(0, 1000, 3)
    years = np.arange(0, 1000, 3) / 365.25
    weekend = np.isin((np.arange(0, 1000, 3)) % 7, [4, 5, 6, 0])  # Friday to Monday
    logs = 3 + 0.1 * years + 0.3 * weekend + 0.4 * np.cos(2 * np.pi * years)
    loads = np.exp(logs + 0.1 * random.standard_normal(len(years)))
    found = loglinear_trend(dates, loads, weekend="score", season=1)
    assert [t.name for t in found.terms] == ["weekend", "season_cos_1", "season_sin_1"]
    assert found.terms[0].lower < np.exp(0.3) < found.terms[0].upper
    assert found.slope == pytest.approx(0.1, abs=0.03)
    every = loglinear_trend(dates, loads, weekend="each", season=1)
    assert len(every.terms) == 8
    assert every.terms[0].ratio == pytest.approx(np.exp(-0.3), rel=0.06)  # Tuesday over Monday


def test_one_week_a_quarter_counts_its_weeks() -> None:
    random = np.random.default_rng(2)
    days = (np.arange(7.0) + 91.0 * np.arange(8)[:, None]).ravel()
    loads = np.exp(np.repeat(random.standard_normal(8), 7) + 0.1 * random.standard_normal(56))
    whole = loglinear_trend(days, loads, unit="day")
    means = loglinear_trend(
        days.reshape(8, 7).mean(axis=1),
        np.exp(np.log(loads).reshape(8, 7).mean(axis=1)),
        unit="day",
    )
    assert (whole.n, whole.n_rounds) == (56, 8)
    assert whole.slope_upper == pytest.approx(means.slope_upper, rel=1e-9)


@pytest.mark.parametrize(("n", "said"), [(1, "one round"), (2, "difference"), (4, "fitted from 5")])
def test_too_few_rounds_are_not_tested(n: int, said: str) -> None:
    found = loglinear_trend(91.0 * np.arange(n), np.linspace(90, 20, n), unit="day")
    assert found.conclusion == "not_testable" and said in found.reason
    assert np.isnan(found.percent_per_year)
    with pytest.raises(UsageError, match="no line"):
        found.line([0.0])


def test_two_weeks_of_days_are_two_rounds() -> None:
    days = np.concatenate([np.arange(7.0), 90 + np.arange(7.0)])
    found = loglinear_trend(days, np.linspace(90, 20, 14), unit="day")
    assert found.n_rounds == 2 and "difference" in found.reason
    assert loglinear_trend(days, np.linspace(90, 20, 14), rounds=np.arange(14), unit="day").testable


@pytest.mark.parametrize("n", [5, FEWEST_ROUNDS - 1, FEWEST_ROUNDS])
def test_a_trend_is_claimed_from_as_many_rounds_as_the_verdict_claims_one(n: int) -> None:
    dates = np.datetime64("2020-01-15") + 91 * np.arange(n)
    loads = 80 * 0.8 ** np.arange(n) * np.resize([1.1, 0.95, 1.0, 0.9, 1.06], n)
    found, answer = loglinear_trend(dates, loads), verdict(dates, loads, seed=1)
    assert found.testable == answer.testable == (n >= FEWEST_ROUNDS)
    assert found.reason == ("" if found.testable else answer.reason)
    assert found.conclusion == ("falling" if found.testable else "not_testable")
    assert np.isnan(found.p_value) == (not found.testable)
    assert found.slope_lower < found.slope < found.slope_upper < 0
    assert len(found.line(dates)[0]) == n


def test_too_many_non_detects_are_not_tested() -> None:
    below = np.arange(30) % 10 != 0
    found = loglinear_trend(DATES, censored(LOADS, below))
    assert not found.testable and "above their limit" in found.reason
    days = (np.arange(7.0) + 91.0 * np.arange(8)[:, None]).ravel()
    mixed = loglinear_trend(days, censored(np.full(56, 3.0), np.arange(56) % 2 == 0), unit="day")
    assert not mixed.testable and "summarise each round" in mixed.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "ols"}, "is none of"),
        ({"season": -1}, "harmonics"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"weekend": "weekdays"}, "no rule"),
        ({"rounds": [1, 2]}, "labels of rounds"),
    ],
)
def test_wrong_options_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        loglinear_trend(DATES, LOADS, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("fitted", [loglinear_trend, smooth_trend, find_change_points, verdict])
def test_a_missing_value_is_left_out_and_counted(fitted: Callable[..., Any]) -> None:
    there = np.arange(len(LOADS)) % 5 != 2
    rounds = np.arange(len(LOADS)) // 2
    got = fitted(DATES, np.where(there, LOADS, np.nan), rounds=rounds, seed=1)
    want = fitted(DATES[there], LOADS[there], rounds=rounds[there], seed=1)
    assert (got.n_missing, want.n_missing) == (int((~there).sum()), 0)
    assert (got.n, got.reason) == (want.n, want.reason)
    assert repr(replace(got, n_missing=0)) == repr(want)


def test_a_comparison_that_needs_each_value_names_where_one_is_missing() -> None:
    with pytest.raises(UsageError, match=r"at positions 3, 7 \(from 0\)"):
        weekend_ratio(DATES, np.where(np.isin(np.arange(len(LOADS)), (3, 7)), np.nan, LOADS))


def test_iso_texts_are_dates_like_others() -> None:
    texts = np.datetime_as_string(DATES.astype("datetime64[D]"))
    for fitted in (verdict, loglinear_trend):
        assert repr(fitted(texts, LOADS, seed=1)) == repr(fitted(DATES, LOADS, seed=1))
        assert repr(fitted(texts.tolist(), LOADS, seed=1)) == repr(fitted(DATES, LOADS, seed=1))
    for wrong in ("2024-02-30", "04/03/2024", "2024", "2024-03-04T08:00Z", ""):
        with pytest.raises(UsageError, match="no date"):
            verdict([wrong, *texts[1:]], LOADS, seed=1)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="occurs twice"):
        loglinear_trend(np.repeat(DATES[:15], 2), LOADS)
    with pytest.raises(UsageError, match="positive"):
        loglinear_trend(DATES, LOADS - 50)
    with pytest.raises(UsageError, match="no place for them"):
        loglinear_trend(DATES, censored(LOADS, LOADS < 40), method="reml")
    with pytest.raises(UsageError, match="season from a trend"):
        loglinear_trend(DATES[:8], LOADS[:8], season=1)
    with pytest.raises(UsageError, match="need dates"):
        loglinear_trend(np.arange(30.0), LOADS, weekend="score")


@settings(max_examples=15, deadline=None)
@given(shift=st.integers(-300, 300), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_shift_of_dates_unit_and_order_do_not_matter(shift: int, scale: float, seed: int) -> None:
    before = loglinear_trend(DATES, LOADS, weekend="score")
    order = np.random.default_rng(seed).permutation(30)
    after = loglinear_trend((DATES + 7 * shift)[order], scale * LOADS[order], weekend="score")
    assert after.slope == pytest.approx(before.slope, rel=1e-6, abs=1e-9)
    assert after.slope_lower == pytest.approx(before.slope_lower, rel=1e-6)
    assert after.terms[0].ratio == pytest.approx(before.terms[0].ratio, rel=1e-8)


def test_intervals_nest_and_time_reversal_negates() -> None:
    wide, narrow = (loglinear_trend(DATES, LOADS, level=p) for p in (0.95, 0.5))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    days = (DATES - DATES[0]) / np.timedelta64(1, "D")
    turned = loglinear_trend(-days, LOADS, unit="day")
    assert turned.slope == pytest.approx(-wide.slope, rel=1e-6)
    assert turned.slope_lower == pytest.approx(-wide.slope_upper, rel=1e-6)


def test_non_detects_widen_and_repeat() -> None:
    mixed = censored(np.maximum(LOADS, 50), LOADS < 50)
    one, two = (loglinear_trend(DATES, mixed, seed=4) for _ in range(2))
    assert one == two and one.seed == 4
    full = loglinear_trend(DATES, LOADS)
    assert one.slope_upper - one.slope_lower > 0.9 * (full.slope_upper - full.slope_lower)
    scaled = loglinear_trend(DATES, Censored(1000 * mixed.low, 1000 * mixed.high), seed=4)
    assert scaled.slope == pytest.approx(one.slope, abs=0.02)


def test_one_array_of_numbers_gives_one_slope_in_tests_and_models() -> None:
    falls = 80 * 0.8**YEARS * np.exp(1e-6 * np.sin(np.arange(30) ** 2.0))  # by 20 % a year
    in_days = YEARS * 365.25
    found, test = loglinear_trend(YEARS, falls), sen_slope(YEARS, np.log(falls))
    assert found.slope == pytest.approx(np.log(0.8), rel=1e-4)
    assert test.slope == pytest.approx(found.slope, rel=1e-4)
    by_year = loglinear_trend(YEARS, LOADS)
    by_day = loglinear_trend(in_days, LOADS, unit="day")
    assert by_year.slope_upper == pytest.approx(by_day.slope_upper, rel=1e-9)
    assert by_year.gap == pytest.approx(by_day.gap, rel=1e-9)
    assert by_year.line(YEARS)[0] == pytest.approx(by_day.line(in_days)[0], rel=1e-9)
    smooth = [smooth_trend(YEARS, LOADS), smooth_trend(in_days, LOADS, unit="day")]
    assert smooth[0].days == pytest.approx(smooth[1].days)
    assert smooth[0].rate == pytest.approx(smooth[1].rate, rel=1e-6)
    with pytest.raises(UsageError, match="unit = 'week'"):
        loglinear_trend(DATES, LOADS, unit="week")  # type: ignore[arg-type]


def test_the_line_runs_through_the_middle() -> None:
    found = loglinear_trend(DATES, LOADS)
    value, lower, upper = found.line(DATES[[0, -1]])
    assert (lower < value).all() and (value < upper).all()
    rate = np.log(value[1] / value[0]) / (YEARS[-1] - YEARS[0])
    assert rate == pytest.approx(found.slope, abs=0.01)
