"""Sites with results below limits: levels of their own, one spread."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring import Censored, censored, fit_site_levels
from wbe.qc.censoring.site_levels import BETWEEN, BETWEEN_LOG_SD

LOD, LOQ = 0.5, 1.0


def told_apart(x: np.ndarray, lod: float | np.ndarray = LOD, loq: float | np.ndarray = LOQ):
    """Results as a laboratory writes them that tells < LOD from < LOQ."""
    high = np.where(x < lod, lod, np.where(x < loq, loq, x))
    return Censored(np.where(x < lod, 0.0, np.where(x < loq, lod, x)), high)


def simulated(seed: int, mu: np.ndarray, days: int, sd: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.exp(mu[:, None] + sd * rng.standard_normal((len(mu), days))).ravel()
    return x, np.repeat([f"site {k:02d}" for k in range(len(mu))], days)


def test_estimates_maximise_the_likelihood_with_levels_integrated_out() -> None:
    x, sites = simulated(1, np.array([-0.8, -0.1, 0.4, 0.9]), 6, 0.4)
    data = told_apart(x)
    fit = fit_site_levels(data, sites)

    def marginal(p: np.ndarray) -> float:
        centre, tau, sd = p[0], math.exp(p[1]), math.exp(p[2])
        total = -(((p[1] - math.log(BETWEEN)) / BETWEEN_LOG_SD) ** 2) / 2
        for name in sorted(set(sites)):
            some = data.take(sites == name)
            found = some.detected
            y = np.log(some.high)
            with np.errstate(divide="ignore"):
                low = np.log(some.low)

            mu = np.linspace(-4, 4, 4001)[:, None]
            inside = norm.cdf(y[~found], mu, sd) - norm.cdf(low[~found], mu, sd)
            density = norm.pdf(y[found], mu, sd).prod(axis=1) * inside.prod(axis=1)
            density = density * norm.pdf(mu[:, 0], centre, tau)
            total += math.log(density.sum() * 8 / 4000)
        return -total

    tight = {"xatol": 1e-4, "fatol": 1e-7}
    start = [fit.centre, math.log(fit.between), fit.log_sd]
    best = minimize(marginal, start, method="Nelder-Mead", options=tight).x
    assert [fit.centre, math.log(fit.between), fit.log_sd] == pytest.approx(best, abs=0.03)


def test_without_limits_levels_are_drawn_to_their_middle_as_theory_says() -> None:
    x, sites = simulated(2, np.linspace(-1, 1, 6), 5, 0.5)
    fit = fit_site_levels(censored(x, np.zeros(len(x), bool)), sites)
    means = np.log(x).reshape(6, 5).mean(axis=1)
    own = fit.between**2 / (fit.between**2 + math.exp(2 * fit.log_sd) / 5)
    assert fit.mu == pytest.approx(fit.centre + own * (means - fit.centre), rel=1e-6)
    # what is left open: the own results and the middle, and then the three parameters
    assert (fit.covariance[:, 0, 0] > own * math.exp(2 * fit.log_sd) / 5).all()


@pytest.mark.slow
def test_levels_and_spread_are_found_below_limits_and_intervals_cover() -> None:
    inside, levels = 0, []
    for seed in range(40):
        mu = np.random.default_rng(1000 + seed).normal(-0.3, 0.6, 8)
        x, sites = simulated(seed, mu, 20, 0.3)
        fit = fit_site_levels(told_apart(x), sites)
        levels.append(fit.mu - mu)
        inside += (np.abs(fit.mu - mu) < 1.96 * np.sqrt(fit.covariance[:, 0, 0])).sum()
    assert 0.92 <= inside / 320 <= 0.98
    assert abs(np.mean(levels)) < 0.03


def test_a_site_below_all_limits_lies_below_the_others_and_knows_less() -> None:
    x, sites = simulated(4, np.array([-3.0, 0.3, 0.5, 0.1, 0.4, 0.2]), 15, 0.3)
    fit = fit_site_levels(told_apart(x), sites)
    assert fit.mu[0] < fit.mu[1:].min() - 0.4
    assert fit.covariance[0, 0, 0] > 3 * fit.covariance[1:, 0, 0].max()
    assert np.linalg.eigvalsh(fit.covariance).min() > 0


def test_each_result_may_have_a_limit_of_its_own() -> None:
    rng = np.random.default_rng(77)
    x, sites = simulated(5, np.array([0.0, 1.0]), 300, 0.4)
    lod = 0.5 * np.exp(0.5 * rng.standard_normal(len(x)))
    fit = fit_site_levels(told_apart(x, lod, 2 * lod), sites)
    assert fit.mu == pytest.approx([0.0, 1.0], abs=0.08)
    assert math.exp(fit.log_sd) == pytest.approx(0.4, abs=0.04)


def test_order_of_rows_and_unit_do_not_matter() -> None:
    x, sites = simulated(6, np.array([-0.5, 0.5, 0.0]), 12, 0.4)
    data, order = told_apart(x), np.random.default_rng(0).permutation(36)
    fit = fit_site_levels(data, sites)
    moved = fit_site_levels(data.take(order), sites[order])
    scaled = fit_site_levels(Censored(1000 * data.low, 1000 * data.high), sites)
    assert moved.mu == pytest.approx(fit.mu, abs=1e-4)
    assert scaled.mu - math.log(1000) == pytest.approx(fit.mu, abs=1e-4)
    assert scaled.log_sd == pytest.approx(fit.log_sd, abs=1e-4)


def test_what_tells_no_spread_is_refused() -> None:
    single = censored([1.0, 2.0, 3.0], [False, False, True])
    with pytest.raises(TooFewDetectsError, match="two different detects"):
        fit_site_levels(single, np.array(["a", "b", "c"]))
    with pytest.raises(UsageError, match="one a result"):
        fit_site_levels(single, np.array(["a"]))
