"""Coverage of the intervals of annual and quarterly means over synthetic years with known truth."""

from __future__ import annotations

from itertools import pairwise

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
SEASON_EDGES = (0, 59, 151, 243, 334)  # January and February, and three whole seasons
QUARTER = (0, 90)


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
    assert (table["covers"] == "errors and days").mean() > 0.995  # chance alone makes a few runs
    assert table["upper"].notna().all()
    mean = truth.mean(axis=1)
    return ((table["lower"] <= mean) & (mean <= table["upper"])).mean()


@pytest.mark.parametrize(("log_sd", "a_stratum"), [(0.3, 2), (0.3, 7), (0.6, 3), (0.6, 7)])
def test_intervals_of_synthetic_annual_means_hold_the_truth(log_sd, a_stratum):
    assert 0.93 <= _covered(log_sd, a_stratum, seed=1) <= 0.98


def test_so_do_those_of_many_days():
    assert 0.90 <= _covered(0.6, 20, seed=1, sites=150) <= 0.99


def _persistent_years(rng, rho, sites):
    """Return synthetic years whose log loads are AR(1) of log-sd 0.4."""
    log = rng.standard_normal((sites, 365))
    for day in range(1, 365):
        log[:, day] = rho * log[:, day - 1] + np.sqrt(1 - rho**2) * log[:, day]
    return np.exp(2.0 + 0.4 * log)


def _weeks(rng, pieces, edges):
    """Return the days of one whole week drawn at random in each piece between some edges."""
    at = np.linspace(0, len(edges) - 1, pieces + 1)
    edges = np.interp(at, np.arange(len(edges)), edges).astype(int)
    first = [rng.integers(a, b - 6) for a, b in pairwise(edges)]
    return (np.array(first)[:, None] + np.arange(7)).ravel()


def _table_of_weeks(recipe, pieces, rho, *, edges=SEASON_EDGES, sites=600, **options):
    rng = np.random.default_rng(7)
    truth = _persistent_years(rng, rho, sites)
    if edges is not SEASON_EDGES:
        truth = truth[:, : edges[-1]]
    at = np.stack([_weeks(rng, pieces, edges) for _ in range(sites)])
    site = np.repeat([f"{k:04d}" for k in range(sites)], at.shape[1])
    seen = np.take_along_axis(truth, at, axis=1).ravel()
    table = recipe(protocols.day_values(YEAR[at.ravel()], seen, site=site, draws=200), **options)
    mean = truth.mean(axis=1)
    return table, ((table["lower"] <= mean) & (mean <= table["upper"])).mean()


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize("strata", ["season_week", "none"])
@pytest.mark.parametrize("weeks", [4, 12])
def test_whole_weeks_of_persistent_days_hold_the_year_as_often_as_they_say(weeks, strata, rho):
    table, covered = _table_of_weeks(protocols.annual_mean, weeks, rho, strata=strata)
    assert set(table["covers"]) == {"runs"}
    assert 0.92 <= covered <= 0.99


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_so_do_four_weeks_of_a_quarter_and_two_have_no_interval(rho):
    table, covered = _table_of_weeks(protocols.quarterly_plants, 4, rho, edges=QUARTER)
    assert set(table["covers"]) == {"runs"}
    assert 0.92 <= covered <= 0.99
    table, _ = _table_of_weeks(protocols.quarterly_plants, 2, rho, edges=QUARTER)
    assert table["upper"].isna().all()


def test_days_drawn_one_by_one_are_not_taken_for_runs():
    rng = np.random.default_rng(3)
    days = np.concatenate([rng.choice(365, 90, replace=False) for _ in range(SITES)])
    site = np.repeat([f"{k:04d}" for k in range(SITES)], 90)
    loads = rng.lognormal(2.0, 0.4, len(days))
    table = protocols.annual_mean(
        protocols.day_values(YEAR[days], loads, site=site, draws=200), strata="none"
    )
    assert table["flags"].str.contains("days_in_a_row").mean() < 0.005


def test_an_error_of_the_flow_meter_taken_for_one_of_single_days_loses_the_truth():
    assert _covered(0.3, 7, seed=1, shared=False) < 0.8
