"""Points a town: chances of tiers against quadrature and simulated rounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from wbe.errors import UsageError
from wbe.spatial import levels, tier_rules
from wbe.trends.design import TownSpread, default_visit_sd, points_for_tier, tier_chances
from wbe.trends.design.answers import MIN_POINTS, chance_below, distribution, spread_nodes
from wbe.trends.design.points import RESOLVED

SPREAD = TownSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)
BREAKS = [20.0, 60.0]


def exact_below(x: float, scale: float, df: int, sd: float) -> float:
    """Distribution function of scale t + sd z by adaptive quadrature."""
    return integrate.quad(
        lambda z: stats.norm.pdf(z) * stats.t.cdf((x - sd * z) / scale, df), -9, 9, epsabs=1e-10
    )[0]


def test_thresholds_are_those_of_the_maps() -> None:
    assert (MIN_POINTS, RESOLVED) == (levels.MIN_SITES, tier_rules.RESOLVED)
    assert default_visit_sd() == 0.4


@pytest.mark.parametrize("x", [-2.0, -0.5, 0.3, 1.5, 4.0])
def test_t_and_normal_agree_with_adaptive_quadrature(x: float) -> None:
    got = chance_below(np.array([x]), distribution(0.45, 4, 0.4))[0]
    assert got == pytest.approx(exact_below(x, 0.45, 4, 0.4), abs=3e-4)


@pytest.mark.parametrize("df", [2, 4, 15])
def test_nodes_of_the_spread_have_the_moments_of_chi_squared(df: int) -> None:
    ratio, weight = spread_nodes(df)
    assert weight.sum() == pytest.approx(1)
    assert weight @ ratio**2 == pytest.approx(1, abs=5e-3)
    assert weight @ ratio == pytest.approx(stats.chi(df).mean() / np.sqrt(df), abs=2e-3)


@pytest.mark.parametrize("truth", [10.0, 30.0, 45.0, 120.0])
def test_the_chance_of_the_right_tier_is_normal(truth: float) -> None:
    got = tier_chances([3, 5, 12], truth, BREAKS, SPREAD)
    sd = np.sqrt((0.8**2 + 0.6**2) / np.array([3, 5, 12]) + 0.4**2)
    edges = [0, *BREAKS, np.inf]
    k = int(np.searchsorted(BREAKS, truth))
    with np.errstate(divide="ignore"):
        low, high = np.log(edges[k] / truth), np.log(edges[k + 1] / truth)
    expected = stats.norm.cdf(high / sd) - stats.norm.cdf(low / sd)
    assert got.right == pytest.approx(expected, abs=1e-12)
    assert got.tier == k


@pytest.mark.parametrize(
    ("truth", "spread"),
    [(120.0, SPREAD), (30.0, TownSpread(0.2, 0.1, 0.1, 0.05)), (50.0, TownSpread(0.2, 0.2, 0.1))],
)
def test_certain_tiers_are_as_often_as_in_simulated_rounds(truth: float, spread) -> None:
    n, rounds = 5, 1_500
    rng = np.random.default_rng(4)
    y = rng.normal(np.log(truth), np.hypot(spread.place_sd, spread.sample_sd), (rounds, n))
    m = y.mean(axis=1) + rng.normal(0, spread.common(1), rounds)
    scale = y.std(axis=1, ddof=1) / np.sqrt(n)
    # the distribution that is printed, by its own quadrature over the normal part
    z, w = np.polynomial.hermite_e.hermegauss(60)
    w = w / w.sum()
    edges = np.log(BREAKS)
    below = [
        stats.t.cdf((b - m[:, None] - spread.common(1) * z) / scale[:, None], n - 1) @ w
        for b in edges
    ]
    p = np.diff(np.stack([np.zeros(rounds), *below, np.ones(rounds)]), axis=0)
    right = int(np.searchsorted(BREAKS, truth))
    certain = p >= RESOLVED
    got = tier_chances([n], truth, BREAKS, spread)
    error = 4 * np.sqrt(0.25 / rounds)
    assert got.resolved[0] == pytest.approx(certain[right].mean(), abs=error)
    assert got.misled[0] == pytest.approx(np.delete(certain, right, 0).any(axis=0).mean(), abs=0.02)


def test_points_cannot_buy_what_a_visit_takes_and_visits_can() -> None:
    plan = points_for_tier(0.9, 30.0, BREAKS, SPREAD)
    assert plan.points is None and plan.ceiling < 0.9
    assert "do not shrink" in plan.reason
    many = tier_chances([10_000], 30.0, BREAKS, TownSpread(0.8, 0.6, 0.4), valid=1.0)
    assert many.right[0] == pytest.approx(plan.ceiling, abs=1e-3)
    again = points_for_tier(0.9, 30.0, BREAKS, SPREAD, visits=4, most=60)
    assert again.ceiling > 0.95 and again.points is not None


def test_an_own_error_without_a_visit_vanishes() -> None:
    plan = points_for_tier(0.99, 30.0, BREAKS, TownSpread(0.5, 0.5, 0.0))
    assert plan.ceiling == 1.0 and plan.table.resolved_at_most == 1.0


def test_lost_points_are_binomial() -> None:
    whole = tier_chances([3, 4, 5], 120.0, BREAKS, SPREAD)
    got = tier_chances([5], 120.0, BREAKS, SPREAD, valid=0.8)
    p = stats.binom.pmf([3, 4, 5], 5, 0.8)
    assert got.right[0] == pytest.approx(p @ whole.right)
    assert got.none[0] == pytest.approx(1 - p.sum())


def test_resolved_needs_more_points_than_the_tier_alone() -> None:
    spread = TownSpread(0.5, 0.3, 0.2)
    tier = points_for_tier(0.8, 120.0, BREAKS, spread)
    certain = points_for_tier(0.8, 120.0, BREAKS, spread, goal="resolved")
    assert tier.points is not None and certain.points is not None
    assert tier.points <= certain.points
    at = certain.points - MIN_POINTS
    assert certain.table.resolved[at] >= 0.8 > certain.table.resolved[at - 1]


def test_units_of_the_breaks_do_not_matter() -> None:
    one = tier_chances([5], 30.0, BREAKS, SPREAD)
    other = tier_chances([5], 30_000.0, [20_000.0, 60_000.0], SPREAD)
    assert other.right == pytest.approx(one.right, rel=1e-12)
    assert other.misled == pytest.approx(one.misled, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: TownSpread(0, 0, 0.4), "never differ"),
        (lambda: TownSpread(-1, 0, 0.4), "place_sd = -1"),
        (lambda: tier_chances([2], 30, BREAKS, SPREAD), "points = 2"),
        (lambda: tier_chances([5], 30, [60, 20], SPREAD), "that rise"),
        (lambda: tier_chances([5], 30, [0, 20], SPREAD), "positive numbers"),
        (lambda: tier_chances([5], 30, [], SPREAD), "breaks = "),
        (lambda: tier_chances([5], 30, [20, np.inf], SPREAD), "positive numbers"),
        (lambda: tier_chances([5], 20, BREAKS, SPREAD), "lies on a break"),
        (lambda: tier_chances([5], -3, BREAKS, SPREAD), "truth = -3"),
        (lambda: tier_chances([5], 30, BREAKS, SPREAD, valid=0), "valid = 0"),
        (lambda: tier_chances([5], 30, BREAKS, SPREAD, visits=0), "visits = 0"),
        (lambda: points_for_tier(1, 30, BREAKS, SPREAD), "chance = 1"),
        (lambda: points_for_tier(0.9, 30, BREAKS, SPREAD, goal="rank"), "none of tier"),
    ],
)
def test_meaningless_input_is_refused_by_name(call, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()
