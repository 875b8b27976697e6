"""The quadrature against a plain grid, a closed posterior, and simulated truths from its prior."""

import numpy as np
import pytest
from scipy import stats

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring import (
    MEAN,
    MEDIAN,
    SD,
    Prior,
    Quantity,
    bayes_lognormal,
    censored,
    fit_likelihood,
)

ASKED = [MEAN, SD, MEDIAN, Quantity("percentile", 0.9), Quantity("exceedance", 2.0)]


def plain_grid(x, prior):
    """Posterior weights of mu and ln sigma on a wide plain grid."""
    mu, log_sd = np.linspace(-40, 25, 3251)[:, None], np.linspace(-3.2, 2.4, 401)[None, :]
    sd = np.exp(log_sd)
    log = stats.norm.logpdf(log_sd, np.log(prior.median), prior.log_sd) + 0 * mu
    for low, high in zip(x.low, x.high, strict=True):
        if low == high:
            log = log + stats.norm.logpdf(np.log(low), mu, sd)
        elif low == 0:
            log = log + stats.norm.logcdf(np.log(high), mu, sd)
        else:
            upper, lower = (stats.norm.cdf(np.log(v), mu, sd) for v in (high, low))
            log = log + np.log(np.maximum(upper - lower, 1e-300))
    weight = np.exp(log - log.max())
    return mu + 0 * sd, sd + 0 * mu, weight / weight.sum()


SAMPLES = {
    "two detects of six": censored([1, 1, 1, 1, 3, 7], [True] * 4 + [False] * 2),
    "between LOD and LOQ": censored([3, 3, 1, 4, 9], [True, True, True, False, False], lod=1.0),
    "no non-detect": censored([1.0, 2.0, 5.0, 3.0], [False] * 4),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_quantiles_are_those_of_a_plain_grid(name):
    x, prior = SAMPLES[name], Prior()
    fit = bayes_lognormal(x, prior)
    mu, sd, weight = plain_grid(x, prior)
    f = stats.lognorm(sd, scale=np.exp(mu))
    values = {
        MEAN: mu + sd**2 / 2,
        MEDIAN: mu,
        ASKED[3]: mu + stats.norm.ppf(0.9) * sd,
        ASKED[4]: f.logsf(2.0) - f.logcdf(2.0),
    }
    for quantity, value in values.items():
        order = np.argsort(value, axis=None)
        cumulated = np.cumsum(weight.ravel()[order])
        for p in (0.025, 0.5, 0.975):
            wanted = np.interp(p, cumulated, value.ravel()[order])
            ours = fit.quantile(quantity, p)
            on_scale = np.log(ours / (1 - ours)) if quantity.kind == "exceedance" else np.log(ours)
            assert on_scale == pytest.approx(wanted, abs=0.02), (quantity, p)


def test_with_the_spread_all_but_known_the_posterior_of_the_median_is_normal():
    y = np.log([1.0, 2.0, 5.0, 3.0])
    fit = bayes_lognormal(censored(np.exp(y), [False] * 4), Prior(0.6, 1e-4))
    closed = stats.norm(y.mean(), 0.6 / 2)
    for p in (0.025, 0.5, 0.9):
        assert np.log(fit.quantile(MEDIAN, p)) == pytest.approx(closed.ppf(p), abs=1e-5)


def test_finer_grids_change_nothing_that_is_printed(monkeypatch):
    x = SAMPLES["two detects of six"]
    one = [bayes_lognormal(x).interval(q) for q in ASKED]
    monkeypatch.setattr("wbe.qc.censoring.bayes._SHAPES", 401)
    monkeypatch.setattr("wbe.qc.censoring.bayes._LOCATIONS", 501)
    two = [bayes_lognormal(x).interval(q) for q in ASKED]
    np.testing.assert_allclose(one, two, rtol=2e-5)


def test_with_many_detects_it_agrees_with_the_likelihood():
    rng = np.random.default_rng(1)
    truth = rng.lognormal(0.5, 0.8, 400)
    x = censored(np.maximum(truth, 1.0), truth < 1.0)
    bayes, likelihood = bayes_lognormal(x), fit_likelihood(x)
    for quantity in ASKED:
        assert bayes.value(quantity) == pytest.approx(likelihood.value(quantity), rel=0.02)
        assert bayes.interval(quantity) == pytest.approx(likelihood.interval(quantity), rel=0.02)


def test_intervals_cover_truths_drawn_from_the_prior():
    rng, inside = np.random.default_rng(7), []
    for _ in range(120):
        sigma = 0.7 * np.exp(0.5 * rng.normal())
        truth = rng.lognormal(0, sigma, 6)
        limit = np.exp(rng.choice([-0.3, 0.3], 6) * sigma)
        x = censored(np.maximum(truth, limit), truth < limit)
        if x.n_detected:
            lower, upper = bayes_lognormal(x).interval(MEAN, 0.8)
            inside.append(lower <= np.exp(sigma**2 / 2) <= upper)
    # 4 standard errors of 120 at 0.8
    assert np.mean(inside) == pytest.approx(0.8, abs=0.146)


def test_refusals():
    with pytest.raises(TooFewDetectsError, match="no detect"):
        bayes_lognormal(censored([1.0, 2.0], [True, True]))
    with pytest.raises(UsageError, match="positive"):
        Prior(0.0, 1.0)
