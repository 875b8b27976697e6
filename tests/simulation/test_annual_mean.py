"""Coverage of the intervals of annual and quarterly means over synthetic years with known truth."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.recipes import protocols
from wbe.recipes.protocols.years import stratum_of
from wbe.trends.weekdays import iso_days, rule
from wbe.uncertainty import Term

pytestmark = pytest.mark.slow

YEAR = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
SCORE = rule("score")
SITES = 1_000
FLOW, SAMPLING = 0.15, 0.12


def _true_years(rng, log_sd):
    """Return the load of every day of SITES synthetic years: season, weekend, day to day."""
    wave = 0.3 * np.cos(2 * np.pi * (np.arange(365) - 200) / 365)
    weekend = np.where(SCORE.is_weekend(iso_days(YEAR)), 0.5, 0.0)
    return np.exp(2.0 + wave + weekend + log_sd * rng.standard_normal((SITES, 365)))


def _drawn(rng, a_stratum):
    """Return the days of a year drawn at random in its eight strata."""
    names = stratum_of(YEAR, "season_week", SCORE)
    strata = [np.flatnonzero(names == name) for name in np.unique(names)]
    return np.sort(np.concatenate([rng.choice(s, a_stratum, replace=False) for s in strata]))


def _covered(log_sd, a_stratum, seed, *, shared=True, sites=SITES):
    rng = np.random.default_rng(seed)
    truth = _true_years(rng, log_sd)[:sites]
    days = np.stack([_drawn(rng, a_stratum) for _ in range(sites)])
    n = days.shape[1]
    flow = FLOW * rng.standard_normal((sites, 1))  # one flow meter for the whole year
    seen = np.take_along_axis(truth, days, axis=1)
    seen = seen * np.exp(flow + SAMPLING * rng.standard_normal((sites, n)))
    site = np.repeat([f"{k:04d}" for k in range(sites)], n)
    sample = np.array([f"s{k}" for k in range(sites * n)])
    errors = (
        Term("flow", "site", site if shared else sample, np.full(sites * n, FLOW)),
        Term("sampling", "sample", sample, np.full(sites * n, SAMPLING)),
    )
    table = protocols.annual_mean(
        protocols.day_values(YEAR[days.ravel()], seen.ravel(), site=site, errors=errors)
    )
    assert (table["covers"] == "errors and days").all()
    mean = truth.mean(axis=1)
    return ((table["lower"] <= mean) & (mean <= table["upper"])).mean()


@pytest.mark.parametrize(("log_sd", "a_stratum"), [(0.3, 2), (0.3, 7), (0.6, 3), (0.6, 7)])
def test_intervals_of_synthetic_annual_means_hold_the_truth(log_sd, a_stratum):
    assert 0.93 <= _covered(log_sd, a_stratum, seed=1) <= 0.98


def test_so_do_those_of_many_days():
    assert 0.90 <= _covered(0.6, 20, seed=1, sites=150) <= 0.99


def test_an_error_of_the_flow_meter_taken_for_one_of_single_days_loses_the_truth():
    assert _covered(0.3, 7, seed=1, shared=False) < 0.8
