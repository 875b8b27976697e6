"""Known truth (synthetic): false claims, coverage and power of the models of change.

Run with ``-s`` to see the numbers that docs/trend-models.md shows.
"""

from __future__ import annotations

import numpy as np
import pytest

from wbe.qc.censoring import censored
from wbe.trends import (
    before_after_ratio,
    event_effect,
    find_change_points,
    loglinear_trend,
    smooth_trend,
    weekend_ratio,
)

pytestmark = pytest.mark.slow


def wander(random: np.random.Generator, days: np.ndarray, rho: float, gap: float) -> np.ndarray:
    """Errors of sd 1, correlated by rho over a gap."""
    e = random.standard_normal(len(days))
    phi = rho ** (np.diff(days) / gap)
    for i in range(1, len(e)):
        e[i] = phi[i - 1] * e[i - 1] + np.sqrt(1 - phi[i - 1] ** 2) * e[i]
    return e


def most(rate: float, n: int) -> float:
    """A rate with three standard errors of its simulation."""
    return rate + 3 * np.sqrt(rate * (1 - rate) / n)


@pytest.mark.parametrize("irregular", [False, True])
@pytest.mark.parametrize(("n", "rho", "rate"), [
    (12, 0.0, 0.05), (12, 0.3, 0.075), (20, 0.3, 0.075), (40, 0.3, 0.075), (40, 0.6, 0.08),
    (100, 0.6, 0.08),
])  # fmt: skip
def test_false_trends_are_rare(n: int, rho: float, rate: float, irregular: bool) -> None:
    random, runs = np.random.default_rng(n), 500
    claims = {"integrated": 0, "reml": 0}
    for _ in range(runs):
        days = 30.0 * np.arange(n)
        if irregular:
            days = np.sort(random.choice(30 * n, n, replace=False)).astype(float)
        gap = float(np.sort(np.diff(days))[(n - 2) // 2])
        loads = np.exp(0.5 * wander(random, days, rho, gap))
        for method in claims:
            found = loglinear_trend(days, loads, method=method, rounds=np.arange(n), unit="day")
            claims[method] += found.conclusion in ("rising", "falling")
    shares = {k: v / runs for k, v in claims.items()}
    print(f"false trends, n {n}, rho {rho}, irregular {irregular}: {shares}")
    assert shares["integrated"] <= most(rate, runs)


def test_weeks_of_days_do_not_count_as_days() -> None:
    """The share of weeks with their own level does not matter, since weeks are the units."""
    random, runs = np.random.default_rng(1), 600
    days = (np.arange(7.0) + 91 * np.arange(12)[:, None]).ravel()
    for own in (0.0, 0.5, 1.0):
        claims = 0
        for _ in range(runs):
            e = np.repeat(own * random.standard_normal(12), 7) + 0.5 * random.standard_normal(84)
            claims += loglinear_trend(days, np.exp(e), unit="day").conclusion in (
                "rising",
                "falling",
            )
        print(f"false trends, 12 weeks, sd of weeks {own}: {claims / runs}")
        assert claims / runs <= most(0.05, runs)


def test_intervals_of_the_trend_cover_it() -> None:
    random, runs = np.random.default_rng(7), 600
    for rho in (0.0, 0.3, 0.6):
        days, inside = 30.0 * np.arange(60), 0
        for _ in range(runs):
            e = 0.4 * wander(random, days, rho, 30.0)
            found = loglinear_trend(days, np.exp(-0.3 * days / 365.25 + e), unit="day")
            inside += found.slope_lower <= -0.3 <= found.slope_upper
        print(f"coverage of the slope, n 60, rho {rho}: {inside / runs}")
        assert inside / runs >= 0.92


def test_non_detects_cost_no_coverage() -> None:
    random, runs = np.random.default_rng(8), 60
    days, inside, ignored = 30.0 * np.arange(40), 0, 0
    for _ in range(runs):
        loads = np.exp(-0.3 * days / 365.25 + 0.7 * wander(random, days, 0.5, 30.0))
        limits = 0.7 * random.choice([0.7, 1.0, 1.4], 40)
        results = censored(np.maximum(loads, limits), loads < limits)
        found = loglinear_trend(days, results, unit="day")
        inside += found.slope_lower <= -0.3 <= found.slope_upper
        independent = loglinear_trend(days, results, method="tobit", unit="day")
        ignored += independent.slope_lower <= -0.3 <= independent.slope_upper
    print(f"coverage with non-detects, rho 0.5: {inside / runs}, tobit {ignored / runs}")
    assert inside / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)
    assert ignored < inside


@pytest.mark.parametrize(
    ("n", "rho", "rate"), [(12, 0.3, 0.075), (40, 0.3, 0.075), (40, 0.6, 0.08)]
)
def test_a_smooth_of_nothing_shows_nothing(n: int, rho: float, rate: float) -> None:
    random, runs = np.random.default_rng(3), 150
    days, claims, inside = 7.0 * np.arange(n), 0, 0.0
    for seed in range(runs):
        found = smooth_trend(
            days, np.exp(0.4 * wander(random, days, rho, 7.0)), seed=seed, unit="day"
        )
        claims += bool(found.periods)
        inside += float(((found.lower <= 1) & (found.upper >= 1)).mean())
    print(f"false changes of the smooth, n {n}, rho {rho}: {claims / runs}, cover {inside / runs}")
    assert claims / runs <= most(rate, runs)
    assert inside / runs >= 0.90


@pytest.mark.parametrize("n", [12, 24, 36])
def test_false_change_points_are_rare_and_real_ones_found(n: int) -> None:
    random, runs = np.random.default_rng(n), 120
    days = 30.0 * np.arange(n)
    for rho in (0.0, 0.3, 0.6):
        false, found, dated = 0, 0, 0
        for _ in range(runs):
            e = wander(random, days, rho, 30.0)
            false += bool(find_change_points(days, np.exp(e), unit="day").points)
            points = find_change_points(
                days, np.exp(3.0 * (np.arange(n) >= n // 2) + e), unit="day"
            ).points
            found += len(points) == 1
            dated += any(p.earliest < 30.0 * (n // 2) <= p.latest for p in points)
        print(f"change points, n {n}, rho {rho}: false {false / runs}, 3 sd {found / runs}, "
              f"dated {dated / runs}")  # fmt: skip
        assert false / runs <= most(0.05, runs)
    assert n < 24 or found / runs >= 0.6


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_effects_of_a_holiday_are_covered(rho: float) -> None:
    random, runs = np.random.default_rng(5), 300
    dates = np.datetime64("2024-01-01") + np.arange(366)
    holiday = np.datetime64("2024-02-10") + np.arange(8)
    days, on = np.arange(366.0), np.isin(dates, holiday)
    false, inside = 0, 0
    for seed in range(runs):
        logs = 0.3 * wander(random, days, rho, 1.0) + 0.2 * np.isin(np.arange(366) % 7, [4, 5])
        found = event_effect(dates, np.exp(logs + 0.4 * on), holiday, seed=seed)
        inside += found.lower <= np.exp(0.4) <= found.upper
        false += event_effect(dates, np.exp(logs), holiday, seed=seed).p_value <= 0.05
    print(f"holiday, rho {rho}: false {false / runs}, cover {inside / runs}")
    assert false / runs <= most(0.06, runs)
    assert inside / runs >= 0.91


def test_effects_of_a_measure_are_covered() -> None:
    random, runs = np.random.default_rng(6), 600
    areas, days = np.repeat(np.arange(9).astype(str), 8), np.tile(91.0 * np.arange(8), 9)
    for treated in (["0"], ["0", "1", "2"]):
        inside, false = 0, 0
        for _ in range(runs):
            shared = np.tile(0.3 * random.standard_normal(8), 9)
            own = np.concatenate([0.4 * wander(random, 91.0 * np.arange(8), 0.5, 91.0)
                                  for _ in range(9)])  # fmt: skip
            measure = -0.5 * (np.isin(areas, treated) & (days >= 400))
            found = before_after_ratio(
                areas, days, np.exp(shared + own + measure), treated, 400.0, unit="day"
            )
            inside += found.effect.lower <= np.exp(-0.5) <= found.effect.upper
            false += found.placebo is not None and found.placebo.p_value < 0.05
        print(f"measure, {len(treated)} treated: cover {inside / runs}, placebo {false / runs}")
        assert inside / runs >= 0.92
        assert false / runs <= most(0.05, runs)


def test_weekends_that_do_not_differ_are_rarely_claimed_to() -> None:
    random, runs = np.random.default_rng(9), 600
    dates = (np.datetime64("2023-03-01") + 91 * np.arange(8)[:, None] + np.arange(7)).ravel()
    days = (dates - dates[0]) / np.timedelta64(1, "D")
    claims, inside = 0, 0
    for _ in range(runs):
        e = wander(random, days, 0.6, 1.0)
        found = weekend_ratio(dates, np.exp(0.4 * e))
        claims += found.conclusion != "no_difference_shown"
        inside += found.lower <= 1 <= found.upper
    print(f"weekend, 8 weeks, rho 0.6 a day: false {claims / runs}, cover {inside / runs}")
    assert claims / runs <= most(0.05, runs)
    assert inside / runs >= 0.92
