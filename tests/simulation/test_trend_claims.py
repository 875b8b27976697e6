"""False claims of a trend in synthetic series without one, and how often a real one is found.

Limits are the promised shares; simulated shares may exceed them by chance, and by no more than
two standard errors. docs/trends.md has more conditions, and other tests beside.
"""

from __future__ import annotations

import math

import pytest
from null_series import Shares, false_claims, found
from scipy.special import nctdtr, stdtrit

SERIES = 800

pytestmark = pytest.mark.slow


def within(share: float, promised: float) -> bool:
    return share <= promised + 2 * math.sqrt(promised * (1 - promised) / SERIES)


@pytest.mark.parametrize("kind", ["regular", "irregular"])
@pytest.mark.parametrize(("n", "rho"), [(12, 0.3), (20, 0.3)])
def test_weak_autocorrelation_makes_few_false_claims(n: int, rho: float, kind: str) -> None:
    got = false_claims(n, rho, kind, SERIES, seed=11, draws=1_000)
    assert within(got.claimed, 0.075), got


@pytest.mark.parametrize("kind", ["regular", "irregular"])
def test_strong_autocorrelation_makes_few_false_claims_from_forty_rounds(kind: str) -> None:
    got = false_claims(40, 0.6, kind, SERIES, seed=12, draws=1_000)
    assert within(got.claimed, 0.08), got


def test_hamed_rao_is_not_for_short_series() -> None:
    for n in (12, 20):
        got = false_claims(n, 0.3, "regular", 500, seed=13, draws=200, others=True)
        assert got.hamed_rao > 0.10
        assert got.claimed + 0.03 < min(got.plain, got.hamed_rao)


def test_strong_autocorrelation_in_short_records_is_often_not_testable() -> None:
    short = false_claims(20, 0.75, "regular", 400, seed=14, draws=200)
    weak = false_claims(20, 0.0, "regular", 400, seed=14, draws=200)
    assert short.untestable > 0.5 > 0.15 > weak.untestable


def halving(rounds: int, days: int) -> Shares:
    return found(rounds, days, 11.0, 600, seed=15, draws=1_000)


def test_a_halving_in_twelve_rounds_of_a_week_is_found() -> None:
    assert halving(12, 7).claimed > 0.75


def test_a_halving_in_twelve_rounds_of_ten_days_is_found_in_four_of_five() -> None:
    assert halving(12, 10).claimed > 0.80


def best_possible(days: int, size: float) -> float:
    """Power of the t test of a straight line through 12 independent normal rounds.

    No unbiased test that does not know the scatter finds more (Lehmann and Romano, section 5.8).
    """
    shift = math.log(2) / 11 * math.sqrt(12 * (12**2 - 1) / 12) / (0.5 / math.sqrt(days))
    critical = stdtrit(10, 1 - size / 2)
    return float(1 - nctdtr(10, shift, critical) + nctdtr(10, shift, -critical))


def test_a_halving_in_twelve_single_samples_is_seldom_found_by_any_test() -> None:
    assert best_possible(1, 0.05) < 0.28
    assert best_possible(1, 0.075) < 0.36
    assert 0.08 < halving(12, 1).claimed < best_possible(1, 0.05)
