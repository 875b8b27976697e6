"""Do planned days keep their promise in simulated years of lognormal loads?

Synthetic years: log loads with a weekly pattern and an AR(1) remainder, measured with error. Drawn
days are compared with the mean of the same year.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from wbe.trends.design import DayVariation, days_for_mean, mean_error
from wbe.trends.design.variation import RANDOM, STRATIFIED, WEEKS

pytestmark = pytest.mark.slow

YEAR, YEARS = 364, 3_000


def years(cv: float, rho: float, weekday: float, seed: int) -> np.ndarray:
    """Synthetic years of daily loads of mean 1, shape (YEARS, YEAR); shares are of the log."""
    rng = np.random.default_rng(seed)
    variance = np.log1p(cv**2)
    e = rng.normal(size=(YEARS, YEAR + 50)) * np.sqrt(1 - rho**2)
    rest = signal.lfilter([1], [1, -rho], e, axis=1)[:, 50:]
    pattern = np.tile([-1.0, -1, -1, -1, 0.5, 2, 1.5], YEAR // 7)
    pattern = (pattern - pattern.mean()) / pattern.std()
    log = np.sqrt(variance) * (np.sqrt(1 - weekday) * rest + np.sqrt(weekday) * pattern)
    loads = np.exp(log)
    return loads / loads.mean()


def chosen(design: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of n drawn days of every year, shape (YEARS, n)."""
    if design == RANDOM:
        return rng.random((YEARS, YEAR)).argsort(axis=1)[:, :n]
    weeks = YEAR // 7
    if design == WEEKS:
        first = rng.random((YEARS, weeks)).argsort(axis=1)[:, : n // 7] * 7
        return (first[:, :, None] + np.arange(7)).reshape(YEARS, n)
    each = rng.random((YEARS, 7, weeks)).argsort(axis=2)[:, :, : n // 7]
    return (each * 7 + np.arange(7)[None, :, None]).reshape(YEARS, n)


@pytest.mark.parametrize("design", [RANDOM, STRATIFIED, WEEKS])
@pytest.mark.parametrize("cv", [0.3, 0.5, 0.8])
def test_the_stated_error_is_the_spread_of_means_of_drawn_days(design: str, cv: float) -> None:
    rho, weekday, noise = 0.4, 0.2, 0.1
    truth = years(cv, rho, weekday, seed=1)
    rng = np.random.default_rng(2)
    sd = np.sqrt(np.log1p(noise**2))
    measured = truth * rng.lognormal(-(sd**2) / 2, sd, truth.shape)
    observed = float((measured.std(axis=1) / measured.mean(axis=1)).mean())
    # what a planner would know: the autocorrelation of loads beside their weekly pattern
    flat = truth / truth.mean(axis=0)
    flat = flat - flat.mean()
    lag = float((flat[:, 1:] * flat[:, :-1]).mean() / (flat**2).mean())
    share = float(truth.mean(axis=0).var() / truth.var())
    v = DayVariation(observed, noise, weekday=share, season=0.0, autocorrelation=lag)
    for n in (14, 28, 56, 119):
        at = chosen(design, n, rng)
        ratio = np.take_along_axis(measured, at, 1).mean(axis=1) / truth.mean(axis=1)
        got = mean_error([n], v, design=design, period=YEAR)
        scale = np.sqrt(np.log1p(got.sampling_cv[0] ** 2))
        assert np.log(ratio).std() == pytest.approx(scale, rel=0.08), (design, cv, n)
        inside = (np.abs(np.log(ratio)) < 1.96 * scale).mean()
        assert 0.93 < inside < 0.97, (design, cv, n)


@pytest.mark.parametrize("cv", [0.3, 0.5, 0.76])
def test_planned_random_days_keep_the_error_in_at_least_19_of_20_years(cv: float) -> None:
    truth = years(cv, 0.3, 0.1, seed=3)
    rng = np.random.default_rng(4)
    observed = float((truth.std(axis=1) / truth.mean(axis=1)).mean())
    plan = days_for_mean(0.2, DayVariation(observed, autocorrelation=0.3), period=YEAR)
    assert plan.days is not None
    at = chosen(RANDOM, plan.days, rng)
    ratio = np.take_along_axis(truth, at, 1).mean(axis=1) / truth.mean(axis=1)
    kept = (np.abs(np.log(ratio)) <= np.log(1.2)).mean()
    assert kept > 0.95
    textbook = np.take_along_axis(truth, at[:, : plan.textbook], 1).mean(axis=1)
    fewer = (np.abs(np.log(textbook / truth.mean(axis=1))) <= np.log(1.2)).mean()
    assert fewer < kept


@pytest.mark.parametrize(
    ("cv", "n", "least"), [(0.3, 12, 0.935), (0.5, 24, 0.93), (0.76, 12, 0.90), (0.76, 56, 0.93)]
)
def test_intervals_from_the_days_own_spread_cover_as_documented(
    cv: float, n: int, least: float
) -> None:
    rng = np.random.default_rng(5)
    sd = np.sqrt(np.log1p(cv**2))
    x = rng.lognormal(-(sd**2) / 2, sd, (20_000, n))
    own = np.sqrt(np.log1p(x.var(axis=1, ddof=1) / x.mean(axis=1) ** 2 / n))
    covered = (np.abs(np.log(x.mean(axis=1))) <= stats.t.ppf(0.975, n - 1) * own).mean()
    assert least < covered < 0.955
    known = np.sqrt(np.log1p(cv**2 / n))
    assert (np.abs(np.log(x.mean(axis=1))) <= 1.96 * known).mean() == pytest.approx(0.95, abs=0.006)
