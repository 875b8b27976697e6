"""Generalised least squares on real dates against the textbook's dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wbe.errors import UsageError
from wbe.trends import continuous_ar1 as ar1
from wbe.trends.mixtures import Mixture

RANDOM = np.random.default_rng(11)
DAYS = np.sort(RANDOM.choice(400, 17, replace=False)).astype(float)
X = np.column_stack([np.ones(17), DAYS / 100, np.cos(DAYS)])
Y = RANDOM.standard_normal(17)
GAP = 20.0


def dense(rho: float) -> np.ndarray:
    if rho == 0:
        return np.eye(len(DAYS))
    return rho ** (np.abs(DAYS[:, None] - DAYS) / GAP)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9])
def test_whitened_fit_is_the_dense_one(rho: float) -> None:
    fits = ar1.fit(Y, X, DAYS, GAP, np.array([rho]))
    r = dense(rho)
    inverse = np.linalg.inv(r)
    scatter = np.linalg.inv(X.T @ inverse @ X)
    b = scatter @ X.T @ inverse @ Y
    rss = (Y - X @ b) @ inverse @ (Y - X @ b)
    assert fits.coefficients[0] == pytest.approx(b, rel=1e-9)
    assert fits.scatter[0] == pytest.approx(scatter, rel=1e-8)
    assert fits.rss[0] == pytest.approx(rss, rel=1e-10)
    assert fits.log_det[0] == pytest.approx(np.linalg.slogdet(r)[1], abs=1e-10)


def test_restricted_likelihood_is_that_of_error_contrasts() -> None:
    """REML is the likelihood of K'y where K'X = 0, whatever K, up to a constant."""
    rho = np.array([0.0, 0.25, 0.5, 0.9])
    fits = ar1.fit(Y, X, DAYS, GAP, rho)
    k = np.linalg.svd(X)[0][:, X.shape[1] :]
    found = []
    for r in rho:
        v = k.T @ dense(r) @ k
        quadratic = (k.T @ Y) @ np.linalg.solve(v, k.T @ Y)
        found.append(-np.linalg.slogdet(v)[1] / 2 - len(v) / 2 * np.log(quadratic))
    assert np.diff(fits.reml) == pytest.approx(np.diff(found), abs=1e-9)


def test_likelihood_is_that_of_the_multivariate_normal() -> None:
    rho = np.array([0.1, 0.7])
    fits = ar1.fit(Y, X, DAYS, GAP, rho)
    found = [
        stats.multivariate_normal(X @ fits.coefficients[i], dense(r) * fits.rss[i] / len(Y)).logpdf(
            Y
        )
        for i, r in enumerate(rho)
    ]
    assert np.diff(fits.ml) == pytest.approx(np.diff(found), abs=1e-9)


def test_without_autocorrelation_it_is_ordinary_least_squares() -> None:
    fits = ar1.fit(Y, X[:, :2], DAYS, GAP, np.array([0.0]))
    theirs = stats.linregress(X[:, 1], Y)
    value, error = fits.scales(np.array([0.0, 1.0]))
    assert value[0] == pytest.approx(theirs.slope, rel=1e-10)
    assert error[0] == pytest.approx(theirs.stderr, rel=1e-10)


@pytest.mark.parametrize("criterion", ["reml", "ml"])
def test_best_is_no_worse_than_any_point_of_a_fine_grid(criterion: str) -> None:
    found = ar1.best(Y, X, DAYS, GAP, criterion)
    fine = ar1.fit(Y, X, DAYS, GAP, np.linspace(0, ar1.LARGEST, 2_000))
    assert getattr(found, criterion)[0] >= getattr(fine, criterion).max() - 1e-9


def test_terms_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(UsageError, match="cannot tell"):
        ar1.fit(Y, np.column_stack([X, X[:, 1]]), DAYS, GAP)
    with pytest.raises(UsageError, match="no scatter"):
        ar1.fit(X @ np.ones(3), X, DAYS, GAP)


def test_a_mixture_of_one_is_student_t() -> None:
    one = Mixture(np.ones(1), np.array([2.0]), np.array([0.5]), 7)
    assert one.interval(0.9) == pytest.approx(stats.t(7, 2.0, 0.5).interval(0.9), rel=1e-9)


def test_quantiles_of_a_mixture_have_their_probability() -> None:
    w, at, s = np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.3, 4.0]), np.array([0.1, 2.0, 1.0])
    mixture = Mixture(w, at, s, 3)
    for p in (0.001, 0.2, 0.5, 0.99):
        q = mixture.quantile(p)
        assert (w * stats.t.cdf((q - at) / s, 3)).sum() == pytest.approx(p, abs=1e-9)
    assert mixture.p_value == pytest.approx(2 * min(mixture.cdf(0), 1 - mixture.cdf(0)))
