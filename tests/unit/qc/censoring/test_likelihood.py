"""Likelihood fits against scipy's densities, other optimisers and brute-force profiles."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring import MEAN, MEDIAN, SD, Quantity, censored, fit_likelihood
from wbe.qc.censoring.families import GAMMA, LOGNORMAL, reduced
from wbe.qc.censoring.lognormal_newton import derivatives, lognormal_maximum

ASKED = [MEAN, SD, MEDIAN, Quantity("percentile", 0.9), Quantity("exceedance", 2.5)]


def sample(seed=0, n=40):
    """Detects, non-detects of three limits, and results between LOD and LOQ."""
    rng = np.random.default_rng(seed)
    truth, loq = rng.lognormal(0.3, 0.9, n), rng.choice([0.6, 1.0, 1.8], n)
    lod = loq / 3
    limit = np.where(truth < lod, lod, loq)
    return censored(np.where(truth < loq, limit, truth), truth < loq, lod=lod)


def frozen(family, location, shape):
    if family == "lognormal":
        return stats.lognorm(np.exp(shape), scale=np.exp(location))
    k = np.exp(shape)
    return stats.gamma(k, scale=np.exp(location) / k)


def log_likelihood(x, family, location, shape):
    f = frozen(family, location, shape)
    inside = np.log(f.cdf(x.high[x.below]) - f.cdf(x.low[x.below])).sum()
    return f.logpdf(x.values).sum() + inside


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_loss_is_scipys_log_likelihood_but_for_a_constant(family):
    x = sample()
    ours = LOGNORMAL if family == "lognormal" else GAMMA
    at = np.array([[0.1, -0.2], [0.5, 0.3], [1.0, 0.0], [-0.5, 0.8]])
    loss = ours.loss(reduced(x), at[:, 0], at[:, 1])
    total = loss + [log_likelihood(x, family, *p) for p in at]
    np.testing.assert_allclose(total, total[0], rtol=1e-10)


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_the_maximum_is_that_of_another_optimiser(family):
    x = sample()
    fit = fit_likelihood(x, family)
    start = [np.log(x.values.mean()), 0.0]
    other = minimize(lambda p: -log_likelihood(x, family, *p), start, tol=1e-12, method="Powell")
    assert [fit.location, fit.shape] == pytest.approx(other.x, abs=2e-6)


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_quantities_are_those_of_scipys_distribution(family):
    fit = fit_likelihood(sample(), family)
    f = frozen(family, fit.location, fit.shape)
    assert fit.mean == pytest.approx(f.mean(), rel=1e-9)
    assert fit.sd == pytest.approx(f.std(), rel=1e-9)
    assert fit.quantile([0.1, 0.5, 0.9]) == pytest.approx(f.ppf([0.1, 0.5, 0.9]), rel=1e-9)
    assert fit.exceedance(2.5) == pytest.approx(f.sf(2.5), rel=1e-9)


@pytest.mark.parametrize("ours", [LOGNORMAL, GAMMA], ids=lambda f: f.name)
@pytest.mark.parametrize("quantity", ASKED, ids=lambda q: q.name)
def test_locate_is_the_inverse_of_value(ours, quantity):
    location, shape = np.array([-1.0, 0.2, 2.0]), np.array([-0.7, 0.1, 0.6])
    value = ours.value(quantity, location, shape)
    np.testing.assert_allclose(ours.locate(quantity, value, shape), location, atol=1e-9)


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
@pytest.mark.parametrize("quantity", ASKED, ids=lambda q: q.name)
def test_profile_interval_is_the_range_of_the_quantity_over_the_likely_parameters(family, quantity):
    fit = fit_likelihood(sample(), family)
    lower, upper = fit.interval(quantity, 0.9)
    drop = stats.chi2(1).ppf(0.9) / 2
    location, shape = np.meshgrid(
        fit.location + np.linspace(-1.2, 1.2, 241), fit.shape + np.linspace(-1.2, 1.2, 241)
    )
    likely = fit.family.loss(fit.data, location, shape) - fit.loss <= drop
    value = fit.family.value(quantity, location, shape)[likely]
    natural = 1 / (1 + np.exp(-value)) if quantity.kind == "exceedance" else np.exp(value)
    # a grid finds the range from inside, a little short of it
    assert (lower, upper) == pytest.approx((natural.min(), natural.max()), rel=0.02)
    assert lower <= natural.min() and natural.max() <= upper


def test_derivatives_are_those_of_the_loss():
    data = reduced(sample())
    at, h = np.array([0.2, -0.3]), 1e-5
    gradient, hessian = derivatives(data, *at)
    loss = [[LOGNORMAL.loss(data, *(at + s * h * e)) for s in (1, -1)] for e in np.eye(2)]
    numeric = [(up - down) / (2 * h) for up, down in loss]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-7)
    sides = [[derivatives(data, *(at + s * h * e))[0] for s in (1, -1)] for e in np.eye(2)]
    columns = [(up - down) / (2 * h) for up, down in sides]
    np.testing.assert_allclose(hessian, columns, rtol=1e-6)


def test_covariance_is_the_inverse_information():
    data = reduced(sample())
    at, covariance = lognormal_maximum(data)
    gradient, information = derivatives(data, *at)
    assert np.abs(gradient).max() < 1e-8
    np.testing.assert_allclose(covariance @ information, np.eye(2), atol=1e-10)


def test_lod_and_loq_tell_more_than_the_loq_alone():
    x = sample()
    blunt = censored(x.high, x.below)
    wide, narrow = (fit_likelihood(s).interval(MEDIAN) for s in (blunt, x))
    assert wide[1] / wide[0] > narrow[1] / narrow[0]


@pytest.mark.parametrize("seed", range(60))
def test_every_sample_with_two_different_detects_is_fitted(seed):
    rng = np.random.default_rng(seed)
    truth = rng.lognormal(0, rng.uniform(0.05, 3), 8)
    limit = np.quantile(truth, rng.uniform(0.1, 0.7)) * rng.uniform(0.5, 2, 8)
    below = truth < limit
    below[np.argsort(truth)[-2:]] = False
    x = censored(np.where(below, limit, truth), below)
    with np.errstate(over="raise", invalid="raise"):
        fit = fit_likelihood(x)
    assert np.isfinite([fit.location, fit.shape]).all()


def test_refusals():
    with pytest.raises(TooFewDetectsError, match="1 different"):
        fit_likelihood(censored([1.0, 3.0, 3.0], [True, False, False]))
    with pytest.raises(UsageError, match="lognormal, gamma"):
        fit_likelihood(sample(), "weibull")
    with pytest.raises(UsageError, match="between 0 and 1"):
        fit_likelihood(sample()).interval(MEAN, 1.0)
    with pytest.raises(UsageError, match="share between 0 and 1"):
        fit_likelihood(sample()).quantile(90)
