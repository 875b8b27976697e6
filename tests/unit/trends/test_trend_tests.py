"""Tests of trend by a second path: enumeration, textbook sums, SciPy, dense matrices."""

from __future__ import annotations

import itertools
import math
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest
from scipy import stats

from wbe.errors import UsageError
from wbe.qc.censoring import akritas_theil_sen, censored, kendall_tau
from wbe.qc.rank_correlation import ranks
from wbe.qc.ranking import variance_of_s
from wbe.trends.ar1 import CANDIDATE_RHO, candidates, known, normal_scores, prior
from wbe.trends.bootstrap import ar1_bootstrap, ranked, simulated
from wbe.trends.hamed_rao import autocorrelations, hamed_rao
from wbe.trends.mann_kendall import mann_kendall
from wbe.trends.seasonal import covariance_of_seasons, seasonal_kendall
from wbe.trends.sen import sen_slope
from wbe.trends.slopes import inverted, middle, slope_ends
from wbe.trends.timed import in_time_unit

RNG = np.random.default_rng(20190407)


def s_by_loops(t, y) -> float:
    return float(
        sum(
            np.sign(t[j] - t[i]) * np.sign(y[j] - y[i])
            for i, j in itertools.combinations(range(len(y)), 2)
        )
    )


# Mann-Kendall


@pytest.mark.parametrize(
    ("times", "values"),
    [
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([1, 2, 3, 4, 5, 6], [1, 1, 2, 2, 2, 3]),
        ([1, 1, 2, 3, 3, 3], [5, 1, 1, 2, 2, 2]),
        ([1, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2]),
    ],
)
def test_variance_is_that_over_all_orders(times, values) -> None:
    every = [s_by_loops(times, order) for order in itertools.permutations(values)]
    assert np.mean(every) == pytest.approx(0, abs=1e-12)
    assert variance_of_s(times, values) == pytest.approx(np.var(every), rel=1e-12)


def test_against_scipy() -> None:
    t, y = RNG.integers(0, 30, 25) / 4, RNG.integers(0, 9, 25) / 2
    test = mann_kendall(t, y, continuity=False)
    want = stats.kendalltau(t, y, method="asymptotic")
    assert (test.tau_b, test.p) == pytest.approx((want.statistic, want.pvalue), rel=1e-10)


def test_missing_values_leave_the_dates_of_the_others() -> None:
    t = np.array([0.0, 1, 2, 3, 10, 11, 12, 13])
    y = 2 * t
    y[3] = np.nan
    assert sen_slope(t, y).slope == 2.0
    assert sen_slope(t, y).n_missing == 1
    positions = sen_slope(np.arange(8), y)
    assert positions.slope != 2.0


def test_times_must_be_times() -> None:
    with pytest.raises(UsageError, match="positions are no times"):
        mann_kendall(["2020", "2021"], [1.0, 2.0])
    with pytest.raises(UsageError, match="all known"):
        mann_kendall(np.array(["2020", "NaT"], "datetime64[D]"), [1.0, 2.0])
    with pytest.raises(UsageError, match="one time a value"):
        mann_kendall([1, 2, 3], [1.0, 2.0])
    with pytest.raises(UsageError, match="infinite"):
        mann_kendall([1, 2], [1.0, np.inf])


# Sen


def test_slope_and_residual_intercept_against_scipy() -> None:
    t, y = np.sort(RNG.uniform(0, 5, 30)), RNG.normal(size=30)
    got = sen_slope(t, y)
    want = stats.theilslopes(y, t)
    assert (got.slope, got.intercept) == pytest.approx((want.slope, want.intercept), rel=1e-12)
    other = sen_slope(t, y, intercept="residuals").intercept
    assert other == pytest.approx(np.median(y - want.slope * t), rel=1e-12)
    # SciPy rounds to whole order statistics, Gilbert goes between them.
    slopes = np.sort(
        [(y[j] - y[i]) / (t[j] - t[i]) for i, j in itertools.combinations(range(30), 2)]
    )
    near = np.searchsorted(slopes, [got.lower, got.upper])
    at = np.searchsorted(slopes, [want.low_slope, want.high_slope])
    assert np.abs(near - at).max() <= 1


def test_an_interval_beyond_the_sample_is_open() -> None:
    got = sen_slope([0, 1, 2], [1.0, 2.0, 4.0])
    assert got.slope == 1.5
    assert (got.lower, got.upper) == (None, None)
    assert sen_slope([1, 1], [1.0, 2.0]).slope is None
    with pytest.raises(UsageError, match="level"):
        sen_slope([0, 1], [1.0, 2.0], level=95)


# Hamed and Rao


def test_ranks_and_autocorrelations_by_their_definitions() -> None:
    y = RNG.integers(0, 6, 20).astype(float)
    assert ranks(y) == pytest.approx(stats.rankdata(y))
    c = y - y.mean()
    want = [(c[k:] * c[: 20 - k]).sum() / (c**2).sum() for k in range(20)]
    assert autocorrelations(y) == pytest.approx(want)
    assert autocorrelations(np.ones(3)).tolist() == [1, 0, 0]


def test_hamed_rao_is_the_plain_test_where_no_lag_counts() -> None:
    y = [1.0, 3.0, 2.0, 4.0, 6.0, 5.0, 7.0, 8.0]
    got, plain = hamed_rao(range(8), y), mann_kendall(range(8), y)
    assert got.lags == ()
    assert (got.s, got.variance, got.p) == (plain.s, plain.variance, plain.p)
    assert hamed_rao([1, 2], [1.0, 2.0]).testable is False


# Seasonal


def test_covariance_of_a_season_with_itself_is_its_variance() -> None:
    table = RNG.permuted(np.tile(np.arange(9.0)[:, None], (1, 3)), axis=0)
    got = covariance_of_seasons(table)
    assert np.diag(got) == pytest.approx(variance_of_s(range(9), range(9)))
    assert covariance_of_seasons(table[:, [0, 0]])[0, 1] == pytest.approx(got[0, 0])


def test_covariance_by_simulation_of_whole_years() -> None:
    # Seasons of one year are correlated, years are not: order the years at random.
    shared = RNG.normal(size=(12, 1))
    table = shared + 0.7 * RNG.normal(size=(12, 3))
    s = np.array(
        [
            [s_by_loops(range(12), column[order]) for column in table.T]
            for order in (RNG.permutation(12) for _ in range(2000))
        ]
    )
    want = np.cov(s.T)
    got = covariance_of_seasons(table)
    error = np.sqrt(2 / 2000) * want[0, 0]
    assert np.abs(got - want).max() < 4 * error


def test_seasonal_test_of_one_season_is_the_plain_one() -> None:
    t, y = np.arange(15.0), RNG.integers(0, 9, 15).astype(float)
    one, plain = seasonal_kendall(t, y, ["all"] * 15), mann_kendall(t, y)
    assert (one.s, one.variance, one.p) == (plain.s, plain.variance, plain.p)
    assert one.tau == pytest.approx(plain.tau, rel=1e-12)
    assert (one.heterogeneity, one.heterogeneity_p) == (None, None)


def test_opposite_seasons_cancel_and_are_told() -> None:
    years = np.repeat(np.arange(10.0), 2)
    y = np.where(np.arange(20) % 2, years, -years)
    got = seasonal_kendall(years, y, np.arange(20) % 2)
    assert (got.s, got.p) == (0, 1.0)
    assert got.heterogeneity_p < 1e-6
    with pytest.raises(UsageError, match="two values in one year"):
        seasonal_kendall(np.zeros(4), [1.0, 2, 3, 4], ["a", "a", "b", "b"], between="covariance")


def test_calendar_years_tell_what_belongs_together() -> None:
    dates = np.arange("2015-01", "2021-01", 3, dtype="datetime64[M]")
    y = RNG.normal(size=len(dates))
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    quarter = np.tile(["Q1", "Q2", "Q3", "Q4"], 6)
    of_dates = seasonal_kendall(dates, y, quarter, between="covariance")
    of_years = seasonal_kendall(years, y, quarter, between="covariance")
    assert (of_dates.s, of_dates.variance) == (of_years.s, of_years.variance)


# AR(1) bootstrap


def test_without_autocorrelation_p_is_that_over_all_orders() -> None:
    y = np.array([3.0, 1.0, 2.0, 5.0, 7.0, 6.0, 8.0])
    every = [abs(s_by_loops(range(7), order)) for order in itertools.permutations(range(7))]
    got = ar1_bootstrap(range(7), y, seed=1, autocorrelation=0.0, draws=20_000)
    want = np.mean(np.array(every) >= abs(got.s))
    assert got.p == pytest.approx(want, abs=4 * math.sqrt(want * (1 - want) / 20_000))


def test_without_autocorrelation_ties_stay_as_they_are() -> None:
    y = np.array([3.0, 1.0, 1.0, 1.0, 5.0, 5.0, 8.0])
    every = [abs(s_by_loops(range(7), order)) for order in itertools.permutations(y)]
    got = ar1_bootstrap(range(7), y, seed=1, autocorrelation=0.0, draws=20_000)
    want = np.mean(np.array(every) >= abs(got.s))
    assert got.p == pytest.approx(want, abs=4 * math.sqrt(want * (1 - want) / 20_000))


def test_variance_of_simulated_s_is_that_of_the_arcsine_law() -> None:
    t = np.array([0.0, 1, 1.5, 4, 6, 6.5, 9])
    rate = -math.log(0.6)
    r = np.exp(-rate * np.abs(t[:, None] - t))
    pairs = list(itertools.combinations(range(7), 2))
    total = 0.0
    for (i, j), (k, m) in itertools.product(pairs, pairs):
        top = r[j, m] - r[j, k] - r[i, m] + r[i, k]
        total += 2 / math.pi * math.asin(top / (2 * math.sqrt((1 - r[i, j]) * (1 - r[k, m]))))
    y = simulated(t, rate, 40_000, seed=2)
    s = sum(np.sign(y[j] - y[i]) for i, j in pairs)
    assert np.corrcoef(y)[0, 2] == pytest.approx(r[0, 2], abs=0.02)
    assert np.var(s) == pytest.approx(total, rel=4 * math.sqrt(2 / 40_000) * 1.5)


@pytest.mark.parametrize("n_seasons", [1, 3])
def test_weights_are_restricted_likelihood_times_prior(n_seasons: int) -> None:
    t = np.cumsum(RNG.exponential(size=15))
    y, seasons = RNG.normal(size=15), np.arange(15) % n_seasons
    scores = normal_scores(y)
    x = np.column_stack([*(seasons == g for g in range(n_seasons)), t]).astype(float)
    log = []
    for gap in (np.diff(t).mean(), np.median(np.diff(t))):
        for rho, mass in zip(CANDIDATE_RHO, prior(15), strict=True):
            distance = np.abs(t[:, None] - t) / gap
            r = np.where(distance == 0, 1.0, float(rho) ** distance)
            inverse = np.linalg.inv(r)
            information = x.T @ inverse @ x
            residual = scores - x @ np.linalg.solve(information, x.T @ inverse @ scores)
            rss = residual @ inverse @ residual
            dets = np.linalg.slogdet(r)[1] + np.linalg.slogdet(information)[1]
            log.append(math.log(mass) - (dets + (15 - x.shape[1]) * math.log(rss)) / 2)
    want = np.exp(np.array(log) - max(log))
    got = candidates(t, y, seasons.astype(np.intp))
    assert got.weights == pytest.approx(want / want.sum(), rel=1e-6, abs=1e-12)


def test_prior_gives_way_to_a_uniform_one() -> None:
    width = np.diff(np.r_[0, (CANDIDATE_RHO[1:] + CANDIDATE_RHO[:-1]) / 2, 1])
    assert prior(24) == pytest.approx(width)
    assert prior(12, "none") == pytest.approx(width)
    assert prior(12) @ CANDIDATE_RHO == pytest.approx(2 / 11, abs=0.01)
    assert prior(18) == pytest.approx((prior(12) + prior(24)) / 2)


def test_a_record_tells_its_autocorrelation() -> None:
    t = np.arange(200.0)
    for rho in (0.0, 0.7):
        y = simulated(t, -math.log(rho) if rho else math.inf, 1, seed=9)[:, 0]
        got = ar1_bootstrap(t, y + 0.01 * t, seed=1, draws=100)
        assert got.autocorrelation == pytest.approx(rho, abs=0.15)
        assert got.autocorrelation <= got.autocorrelation_upper


def test_stronger_autocorrelation_makes_a_trend_less_certain() -> None:
    y = np.arange(12.0) + RNG.normal(size=12)
    p = [ar1_bootstrap(range(12), y, seed=1, autocorrelation=rho).p for rho in (0.0, 0.3, 0.6, 0.9)]
    assert p == sorted(p)
    assert p[0] < p[-1]
    assert ar1_bootstrap(
        range(12), y, seed=1, autocorrelation=0.3
    ).autocorrelation == pytest.approx(0.3)


def test_the_critical_value_is_that_of_the_p_value() -> None:
    t = np.arange(12.0)
    results = [ar1_bootstrap(t, RNG.normal(size=12) + k * t / 20, seed=1) for k in range(12)]
    for got in results:
        assert (got.p < 0.05) == (abs(got.s) > got.critical)
    assert len({got.p < 0.05 for got in results}) == 2


def test_results_are_repeated_bit_by_bit() -> None:
    y = RNG.normal(size=13)
    first, second = (ar1_bootstrap(range(13), y, seed=4) for _ in range(2))
    assert first == second
    assert ar1_bootstrap(range(13), y, seed=5).p != first.p


def test_s_with_limits_is_that_of_the_censored_correlation() -> None:
    values = RNG.lognormal(size=20)
    limit = np.where(np.arange(20) < 10, 1.2, 0.6)
    data = censored(np.maximum(values, limit), values < limit)
    assert ranked(range(20), data).s == kendall_tau(range(20), data).s
    assert ar1_bootstrap(range(20), data, seed=1).n_below == data.n_below


def test_without_limits_a_censored_series_is_a_plain_one() -> None:
    values = RNG.lognormal(size=14)
    data = censored(values, np.zeros(14, dtype=bool))
    assert ar1_bootstrap(range(14), data, seed=1) == ar1_bootstrap(range(14), values, seed=1)


def test_bootstrap_refuses_what_it_cannot_use() -> None:
    y = np.arange(6.0)
    for wrong, message in [
        ({"level": 95}, "level"),
        ({"draws": 10}, "draws"),
        ({"autocorrelation": 1.0}, "autocorrelation"),
        ({"autocorrelation": -0.2}, "autocorrelation"),
    ]:
        with pytest.raises(UsageError, match=message):
            ar1_bootstrap(range(6), y, seed=1, **wrong)
    with pytest.raises(UsageError, match="occurs twice"):
        ar1_bootstrap([0, 1, 1, 2], y[:4], seed=1)
    with pytest.raises(UsageError, match="told apart"):
        ar1_bootstrap(range(6), np.ones(6), seed=1)
    with pytest.raises(UsageError, match="at least 4"):
        ar1_bootstrap(range(3), y[:3], seed=1)
    with pytest.raises(UsageError, match="one of each"):
        ar1_bootstrap(range(6), y, seasons=["a"], seed=1)


# Slopes


def test_inverted_interval_holds_what_s_does_not_reject() -> None:
    t, y = np.sort(RNG.uniform(0, 4, 12)), RNG.normal(size=12)
    ends = slope_ends(t, y, y, np.zeros(12, dtype=np.intp))
    assert middle(ends) == pytest.approx(stats.theilslopes(y, t).slope, rel=1e-12)
    lower, upper = inverted(ends, 24.0)
    for b, inside in [(lower + 1e-9, True), (upper - 1e-9, True), (lower - 1e-9, False),
                      (upper + 1e-9, False)]:  # fmt: skip
        assert (abs(s_by_loops(t, y - b * t)) <= 24) is inside
    assert inverted(ends, 66.0) == (None, None)


def test_slope_with_limits_is_that_of_akritas_theil_and_sen() -> None:
    t = np.arange(16.0)
    values = np.exp(-0.1 * t + 0.3 * RNG.normal(size=16))
    data = censored(np.maximum(values, 0.4), values < 0.4)
    with np.errstate(divide="ignore"):
        ends = slope_ends(t, np.log(data.low), np.log(data.high), np.zeros(16, dtype=np.intp))
    assert middle(ends) == pytest.approx(akritas_theil_sen(t, data).slope, rel=1e-12)


def test_a_misspelt_option_of_a_named_test_does_not_mean_another() -> None:
    t, y = np.arange(8.0), np.array([1.0, 3, 2, 4, 6, 5, 7, 8])
    for call in (
        lambda: sen_slope(t, y, intercept="median"),
        lambda: hamed_rao(t, y, detrend="position"),
        lambda: seasonal_kendall(t, y, ["a", "b"] * 4, between="covariances"),
        lambda: mann_kendall(t, y, unit="month"),
        lambda: ar1_bootstrap(t, y, seed=1, belief="strong"),
    ):
        with pytest.raises(UsageError, match="is none of"):
            call()
    with pytest.raises(UsageError, match="level = 95"):
        hamed_rao(t, y, level=95)  # no lag is beyond such a band: it would be the plain test


def test_a_time_zone_is_refused_and_dates_of_the_standard_library_are_taken() -> None:
    east = timezone(timedelta(hours=8))
    with pytest.raises(UsageError, match="time zone"):
        in_time_unit([datetime(2024, 1, 1, tzinfo=east)])
    assert in_time_unit([date(1970, 1, 3)], "day").tolist() == [2.0]


def test_no_number_of_draws_makes_p_zero() -> None:
    got = ar1_bootstrap(range(20), range(20), seed=1, autocorrelation=0.0, draws=200)
    assert got.p == pytest.approx(1 / 201)


def test_a_known_autocorrelation_is_that_over_the_mean_gap() -> None:
    times = np.array([0.0, 1, 2, 3, 14])  # mean 3.5, median 1
    assert known(times, 0.5).rho == pytest.approx([0.5])
    assert known(times, 0.5).rates == pytest.approx([np.log(2) / 3.5])
