"""Rank correlation and lines of censored results: classical limits, brute force, coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from wbe.errors import UsageError
from wbe.qc.censoring import akritas_theil_sen, censored, kendall_tau
from wbe.qc.censoring.turnbull import npmle, npmle_median
from wbe.qc.rank_correlation import kendall

NOTHING = np.zeros(25, bool)


def series(seed: int = 1, n: int = 25):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.integers(0, 15, n)).astype(float)
    return x, np.round(np.exp(0.05 * x + 0.5 * rng.standard_normal(n)), 1) + 0.1


def test_without_limits_tau_is_kendalls() -> None:
    x, y = series()
    got = kendall_tau(x, censored(y, NOTHING), continuity="none")
    classical = scipy.stats.kendalltau(x, y, method="asymptotic")
    assert got.tau == pytest.approx(classical.statistic, rel=1e-12)
    assert got.p == pytest.approx(classical.pvalue, rel=1e-9)


def sign(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Order of two results told in words: which one is surely larger."""
    if a[0] == a[1] and b[0] == b[1]:
        return int(np.sign(a[0] - b[0]))
    return 1 if a[0] >= b[1] else -1 if b[0] >= a[1] else 0


def test_s_and_its_variance_are_those_over_all_orders() -> None:
    y = censored(
        [3, 1, 4, 2, 2, 5], [False, True, False, True, False, True], lod=[0, 0, 0, 1, 0, 3]
    )
    x = censored([1, 2, 2, 3, 5, 4], [False, False, True, False, False, True])

    def s(order: tuple[int, ...]) -> int:
        p, q = (list(zip(v.low.tolist(), v.high.tolist(), strict=True)) for v in (x, y))
        return sum(
            sign(p[i], p[j]) * sign(q[order[i]], q[order[j]])
            for i, j in itertools.combinations(range(6), 2)
        )

    every = [s(order) for order in itertools.permutations(range(6))]
    got = kendall_tau(x, y)
    assert got.s == s(tuple(range(6)))
    assert got.variance == pytest.approx(np.var(every), rel=1e-12)
    assert (got.n_below_x, got.n_below_y) == (2, 3)


@pytest.mark.parametrize("n", [5, 6, 9])
def test_without_limits_and_ties_p_is_the_exact_one_of_kendall(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = np.arange(float(n)), rng.permutation(np.arange(1.0, n + 1))
    got = kendall_tau(x, censored(y, np.zeros(n, bool)))
    assert got.p == kendall(x, y).p
    assert got.p == pytest.approx(scipy.stats.kendalltau(x, y, method="exact").pvalue, rel=1e-12)
    assert "exact p" in got.convention
    assert kendall_tau(np.arange(5.0), np.arange(5.0)).p == pytest.approx(2 / 120)


def test_a_limit_that_hides_no_order_leaves_p_exact_and_one_that_does_not() -> None:
    x = np.arange(6.0)
    told = kendall_tau(x, censored([1, 2, 4, 3, 5, 6], [True] + [False] * 5))
    s = told.s
    orders = itertools.permutations(range(6))
    every = [
        sum(np.sign(p[j] - p[i]) for i, j in itertools.combinations(range(6), 2)) for p in orders
    ]
    assert told.p == pytest.approx(np.mean(np.abs(every) >= abs(s)), rel=1e-12)
    hidden = kendall_tau(x, censored([1, 2, 4, 3, 5, 6], [True, True] + [False] * 4))
    tied = kendall_tau(x, censored([1, 1, 4, 3, 5, 6], [False] * 6))
    for got in (hidden, tied):
        assert "exact" not in got.convention
        assert got.p == pytest.approx(2 * scipy.stats.norm.sf(got.z), rel=1e-9)


def test_with_few_results_the_slope_covers_what_is_stated_and_its_test_keeps_its_level() -> None:
    rng, hits, alarms, told = np.random.default_rng(9), 0, 0, 0
    for _ in range(600):
        value = np.exp(rng.standard_normal(8))
        got = akritas_theil_sen(np.arange(8.0), censored(np.maximum(value, 1), value < 1))
        told += got.testable
        hits += got.lower <= 0 <= got.upper
        alarms += got.correlation.p < 0.05
    assert told > 580
    assert 0.85 <= hits / told <= 0.92  # stated: 88 %
    assert alarms / told <= 0.06


def test_tau_of_a_perfect_order_is_one_for_detects_and_less_for_all_pairs() -> None:
    y = censored([1, 1, 2, 3, 4], [True, True, False, False, False])
    got = kendall_tau(np.arange(5.0), y)
    assert got.s == 9
    assert got.tau == pytest.approx(9 / math.sqrt(9 * 10))
    assert got.tau_a == pytest.approx(0.9)


def test_false_alarms_of_tau_with_limits_in_both_series() -> None:
    rng, alarms = np.random.default_rng(4), 0
    for _ in range(400):
        pair = [rng.lognormal(size=20) for _ in range(2)]
        x, y = (censored(np.maximum(v, 0.8), v < 0.8) for v in pair)
        alarms += kendall_tau(x, y).p < 0.05
    assert 0.015 <= alarms / 400 <= 0.075


def test_without_limits_the_slope_is_theil_sens() -> None:
    x, y = series()
    got = akritas_theil_sen(x, censored(y, NOTHING), scale="natural")
    classical = scipy.stats.theilslopes(y, x, method="joint")
    assert got.slope == pytest.approx(classical.slope, rel=1e-12)
    assert got.intercept == pytest.approx(classical.intercept, rel=1e-12)
    logs = akritas_theil_sen(x, censored(y, NOTHING), scale="log")
    assert logs.slope == pytest.approx(scipy.stats.theilslopes(np.log(y), x).slope, rel=1e-12)
    assert logs.at(x) == pytest.approx(np.exp(logs.intercept + logs.slope * x))


@pytest.mark.parametrize("scale", ["natural", "log"])
def test_slope_is_the_zero_of_s_and_the_interval_that_of_the_test(scale) -> None:
    rng = np.random.default_rng(8)
    x = np.sort(rng.uniform(0, 4, 30))
    value = np.exp(0.5 * x + 0.5 * rng.standard_normal(30))
    limit = rng.choice([1.0, 2.0, 3.0], 30)
    y = censored(np.maximum(value, limit), value < limit)
    got = akritas_theil_sen(x, y, scale=scale, continuity="none")
    with np.errstate(divide="ignore"):
        low, high = (np.log(y.low), np.log(y.high)) if scale == "log" else (y.low, y.high)

    def s(b: float) -> int:
        ends = list(zip(low - b * x, high - b * x, strict=True))
        return sum(sign(ends[j], ends[i]) for i, j in itertools.combinations(range(30), 2))

    step = 1e-7
    assert s(got.slope - step) >= 0 >= s(got.slope + step)
    assert abs(s(got.lower + step)) < abs(s(got.lower - step))
    assert abs(s(got.upper - step)) < abs(s(got.upper + step))
    assert got.lower < got.slope < got.upper


@pytest.mark.parametrize(("seed", "level"), [(0, 0.7), (1, 0.5), (4, 0.5), (6, 0.8)])
def test_interval_of_the_slope_takes_the_variance_at_the_slope(seed: int, level: float) -> None:
    # what limits hide changes with the slope that is taken out, and with it the variance of S
    generator, x = np.random.default_rng(seed), np.arange(7)
    truth = np.exp(0.4 * x + generator.normal(0, 0.5, 7))
    limit = generator.choice([1.0, 3.0, 6.0], 7)
    y = censored(np.maximum(truth, limit), truth < limit)
    line = akritas_theil_sen(x, y, level=level, continuity="none")

    def order(slope: float):
        with np.errstate(divide="ignore"):
            low, high = np.log(y.low) - slope * x, np.log(y.high) - slope * x
        surely = (low[:, None] >= high).astype(float) - (high[:, None] <= low)
        return surely * (1 - np.eye(7))

    pairs = list(itertools.combinations(range(7), 2))

    def score(told, place) -> float:
        return float(sum(told[place[j], place[i]] for i, j in pairs))

    at = order(line.slope)
    sd = np.std([score(at, p) for p in itertools.permutations(range(7))])
    most = float(scipy.stats.norm.ppf(0.5 + level / 2) * sd)
    for end, outward in ((line.lower, -1e-6), (line.upper, 1e-6)):
        assert abs(score(order(end - outward), range(7))) <= most
        assert abs(score(order(end + outward), range(7))) > most


def test_interval_of_the_slope_covers_at_its_level() -> None:
    rng, hits, slopes = np.random.default_rng(2), 0, []
    for _ in range(300):
        x = np.sort(rng.uniform(0, 3, 25))
        value = np.exp(0.7 * x + 0.7 * rng.standard_normal(25))
        limit = rng.choice([0.7, 1.4, 2.8], 25)  # about 40 % below
        got = akritas_theil_sen(x, censored(np.maximum(value, limit), value < limit))
        hits += got.lower <= 0.7 <= got.upper
        slopes.append(got.slope)
    assert 0.92 <= hits / 300 <= 0.98
    assert np.mean(slopes) == pytest.approx(0.7, abs=0.06)


def test_a_line_below_every_limit_has_no_intercept_but_an_upper_end() -> None:
    x = np.arange(9.0)
    y = censored([1, 5, 1, 5.1, 1, 4.9, 1, 5, 1], [True, False] * 4 + [True])
    got = akritas_theil_sen(x, y, scale="log")
    assert got.testable
    assert math.isnan(got.intercept)
    assert got.intercept_low == -math.inf
    assert math.isfinite(got.intercept_high)
    assert math.isfinite(akritas_theil_sen(x, y, scale="natural").intercept)
    nothing_told = akritas_theil_sen(x, censored([2.0] * 9, [True] * 8 + [False]))
    assert not nothing_told.testable
    assert nothing_told.reason
    assert math.isnan(nothing_told.slope)


def test_turnbull_is_kaplan_meier_for_single_limits() -> None:
    # down from the largest: beneath 4 are 5 of 6; beneath 3 (of 5 at or below it) 4 of 5;
    # beneath 2 (of 3: itself, 1 and "< 1") 2 of 3; beneath 1 (of 2) 1 of 2
    values, below = [4, 3, 3, 2, 1, 1], [False, False, True, False, False, True]
    x = censored(values, below)
    low = np.where(x.below, -np.inf, x.low)
    _, upper, mass = npmle(low, x.high)
    total = dict(zip(upper.tolist(), np.cumsum(mass).tolist(), strict=True))  # last of a value
    assert total[3.0] == pytest.approx(5 / 6, abs=1e-7)
    assert total[2.0] == pytest.approx(5 / 6 * 4 / 5, abs=1e-7)
    assert total[1.0] == pytest.approx(5 / 6 * 4 / 5 * 2 / 3, abs=1e-7)
    assert mass[0] == pytest.approx(5 / 6 * 4 / 5 * 2 / 3 / 2, abs=1e-7)


def test_turnbull_maximises_the_likelihood_of_intervals() -> None:
    rng = np.random.default_rng(6)
    low = rng.integers(0, 6, 12).astype(float)
    high = low + rng.integers(1, 4, 12)
    a, b, mass = npmle(low, high)
    holds = (low[:, None] <= a) & (high[:, None] >= b)

    def loglik(p: np.ndarray) -> float:
        return float(np.log(holds @ p).sum())

    best = loglik(mass)
    for _ in range(300):
        other = rng.dirichlet(np.ones(len(mass)))
        assert loglik(0.99 * mass + 0.01 * other) <= best + 1e-9


def test_turnbull_median_of_known_values_is_the_median() -> None:
    for values in ([5.0, 1.0, 3.0], [5.0, 1.0, 3.0, 4.0], [2.0, 2.0, 7.0, 7.0]):
        v = np.array(values)
        assert npmle_median(*npmle(v, v)) == pytest.approx((np.median(v),) * 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda y: kendall_tau([1.0, 2.0], y), "pairs"),
        (lambda y: kendall_tau([1.0, np.nan, 2.0, 3.0], y), "finite"),
        (lambda y: kendall_tau([1.0, 2.0, 3.0, 4.0], y, continuity="half"), "kendall"),
        (lambda y: akritas_theil_sen([1.0, 2.0, 3.0, 4.0], y, scale="sqrt"), "log"),
        (lambda y: akritas_theil_sen([1.0, 2.0, 3.0, 4.0], y, level=0), "level"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, said) -> None:
    with pytest.raises(UsageError, match=said):
        call(censored([1.0, 2.0, 3.0, 4.0], [True, False, False, False]))


def test_too_little_is_told_not_guessed() -> None:
    few = kendall_tau([1.0, 2.0, 3.0], censored([1, 2, 3], [False] * 3))
    assert not few.testable
    assert "at least" in few.reason
    assert math.isnan(few.p)
    same = kendall_tau(np.arange(5.0), censored([1] * 5, [True] * 5))
    assert "told apart" in same.reason
    flat = akritas_theil_sen(np.ones(5), censored([1, 2, 3, 4, 5], [False] * 5))
    assert not flat.testable
