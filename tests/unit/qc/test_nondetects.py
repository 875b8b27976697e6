"""Limits, substitutions and the censored fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from wbe.errors import UsageError
from wbe.qc import RULES, fit_lognormal, reporting_limit, substitute


def censored(n=60, limit=2.0, seed=0, mu=1.0, sd=0.8):
    x = np.exp(np.random.default_rng(seed).normal(mu, sd, n))
    return np.where(x < limit, np.nan, x), np.full(n, limit)


def test_reporting_limit_is_that_of_the_status():
    status = np.array(["below_lod", "below_loq", "below_lod", "quantified", "below_loq"])
    lod = np.array([1, 1, np.nan, 1, np.nan])
    loq = np.array([3, 3, 3, 3, np.nan])
    assert reporting_limit(status, lod, loq).tolist()[:3] == [1, 3, 3]
    assert np.isnan(reporting_limit(status, lod, loq)[3:]).all()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("zero", 0),
        ("limit", 3),
        ("limit/2", 1.5),
        ("lod/2", 0.5),
        ("loq/2", 1.5),
        ("lod/sqrt2", 1 / np.sqrt(2)),
        ("sl219", 1.5),
        ("censored", 1.5),
    ],
)
def test_substitutions(rule, expected):
    one = np.array([1.0])
    assert substitute(rule, one * 3, one, one * 3)[0] == pytest.approx(expected)


def test_a_rule_whose_limit_is_not_stated_gives_nothing():
    one, none = np.array([3.0]), np.array([np.nan])
    assert np.isnan(substitute("lod/2", one, none, one)[0])


def test_unknown_rule_lists_the_known():
    with pytest.raises(UsageError, match="lod/sqrt2"):
        substitute("half", *[np.ones(1)] * 3)
    assert "censored" in RULES


def test_fit_agrees_with_an_independent_optimiser():
    values, limits = censored()
    fit = fit_lognormal(values, limits)

    def negative(p):
        y, low = np.log(values[~np.isnan(values)]), np.log(limits[np.isnan(values)])
        mu, sd = p[0], np.exp(p[1])
        return -(norm.logpdf(y, mu, sd).sum() + norm.logcdf(low, mu, sd).sum())

    tight = {"xatol": 1e-9, "fatol": 1e-12}
    other = minimize(negative, [0, 0], method="Nelder-Mead", options=tight)
    assert [fit.mu, fit.log_sd] == pytest.approx(other.x, abs=1e-5)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("limit", [0.5, 3.0, 6.0])
def test_every_sample_that_may_be_fitted_is_fitted_without_leaving_the_number_range(seed, limit):
    values, limits = censored(n=25, limit=limit, seed=seed)
    detected = (~np.isnan(values)).sum()
    if detected >= 5 and detected >= 0.2 * 25:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            fit = fit_lognormal(values, limits)
        assert np.isfinite([fit.mu, fit.log_sd]).all()


def test_covariance_is_the_inverse_of_the_numerical_information():
    values, limits = censored()
    fit = fit_lognormal(values, limits)
    y, low = np.log(values[~np.isnan(values)]), np.log(limits[np.isnan(values)])

    def negative(p):
        mu, sd = p[0], np.exp(p[1])
        return -(norm.logpdf(y, mu, sd).sum() + norm.logcdf(low, mu, sd).sum())

    at, h = np.array([fit.mu, fit.log_sd]), 1e-3 * np.eye(2)
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    second = [
        [sum(u * v * negative(at + u * a + v * b) for u, v in signs) / 4e-6 for b in h] for a in h
    ]
    assert np.allclose(np.linalg.inv(np.array(second)), fit.covariance, rtol=1e-4)


def test_results_between_lod_and_loq_enter_as_that():
    rng = np.random.default_rng(2)
    x = rng.lognormal(0.0, 0.5, 4000)  # 0.5 = LOD, 1.0 = LOQ
    limits = np.where(x < 0.5, 0.5, np.where(x < 1.0, 1.0, np.nan))
    values, least = np.where(x < 1.0, np.nan, x), np.where(x < 0.5, 0.0, 0.5)
    fit = fit_lognormal(values, limits, least)
    assert fit.mu == pytest.approx(0.0, abs=0.04)
    assert fit.sd == pytest.approx(0.5, abs=0.03)
    assert fit_lognormal(values, limits).mu < -0.1  # the limit tells of the value


def test_covariance_covers_the_truth():
    inside = 0
    for seed in range(300):
        fit = fit_lognormal(*censored(seed=seed))
        inside += abs(fit.mu - 1.0) < 1.96 * np.sqrt(fit.covariance[0, 0])
    assert 0.90 <= inside / 300 <= 0.99


def test_without_non_detects_the_fit_is_mean_and_sd_of_the_logs():
    x = np.exp(np.random.default_rng(3).normal(size=50))
    fit = fit_lognormal(x, np.full(50, np.nan))
    assert fit.mu == pytest.approx(np.log(x).mean(), abs=1e-6)
    assert fit.sd == pytest.approx(np.log(x).std(), rel=1e-6)


@settings(max_examples=25)
@given(st.floats(1e-3, 1e3))
def test_fit_is_equivariant_under_a_change_of_unit(k):
    values, limits = censored()
    one, two = fit_lognormal(values, limits), fit_lognormal(values * k, limits * k)
    assert two.mu == pytest.approx(one.mu + np.log(k), abs=1e-5)
    assert two.log_sd == pytest.approx(one.log_sd, abs=1e-5)


@pytest.mark.parametrize(
    ("values", "limits", "why"),
    [
        ([1, 2, 3, 4], [np.nan] * 4, "4 quantified"),
        ([1, 2, 3, 4, 5] + [np.nan] * 21, [9] * 26, "21 of 26"),
        ([2.0] * 6, [np.nan] * 6, "equal"),
        ([1, 2, 3, 4, -5], [np.nan] * 5, "positive"),
        ([1, 2, 3, 4, 5, np.nan], [np.nan] * 6, "positive"),
    ],
)
def test_too_little_to_fit_is_refused_with_the_reason(values, limits, why):
    with pytest.raises(UsageError, match=why):
        fit_lognormal(np.array(values, dtype=float), np.array(limits, dtype=float))
