"""Covariances of log errors against draws."""

import numpy as np
import pytest

from wbe.uncertainty import (
    Correlation,
    Lognormal,
    Product,
    Term,
    Triangular,
    Uniform,
    covariance,
    draw,
    mean_shift,
)
from wbe.uncertainty.moments import SHIFT_DRAWS, related, unit_covariance

TRIANGLE, FLAT = Triangular(0.7, 1.0, 1.6), Uniform(0.5, 1.5)
PAIR = (Correlation("flow", "people", 0.6),)


@pytest.mark.parametrize("rho", [1.0, 0.6, -0.9, 0.0])
@pytest.mark.parametrize(
    ("a", "b"), [(None, None), (TRIANGLE, None), (TRIANGLE, FLAT), (Lognormal(2.0, 0.3), None)]
)
def test_covariance_of_two_log_errors_is_that_of_their_scores_draws(a, b, rho):
    rng = np.random.default_rng(1)
    z, w = rng.standard_normal((2, 400_000))
    w = rho * z + np.sqrt(1 - rho**2) * w
    one, two = (x if s is None else s.log_error(x) for s, x in ((a, z), (b, w)))
    error = 4 * one.std() * two.std() / np.sqrt(len(z)) * np.sqrt(1 + rho**2)
    assert unit_covariance(a, b, rho) == pytest.approx(np.cov(one, two)[0, 1], abs=error)


def test_lognormals_have_the_correlation_itself():
    assert unit_covariance(None, None, 0.37) == 0.37
    assert unit_covariance(Lognormal(2.0, 0.3), None, 0.5) == pytest.approx(0.15, rel=1e-9)


def test_one_variable_in_two_shapes_is_one_variable():
    assert unit_covariance(TRIANGLE, TRIANGLE) == pytest.approx(TRIANGLE.log_moments()[1], rel=1e-5)
    assert related("flow", "flow", ()) == 1.0
    assert related("people", "flow", PAIR) == 0.6 and related("flow", "dose", PAIR) == 0.0


def terms(shape):
    site = np.array(["p", "p", "q"])
    return (
        Term("flow", "site", site, np.full(3, 0.3)),
        Term("people", "site", site, np.array([-1.0, -1.0, 0.0]), shape),
        Term("people", "site", site, np.array([0.0, 0.0, -0.2])),
        Term("analysis", "sample", np.array(["1", "2", "3"]), np.full(3, 0.1)),
    )


@pytest.mark.parametrize("shape", [TRIANGLE, Lognormal(1.0, 0.25)])
def test_covariance_between_rows_is_that_of_the_draws(shape):
    n = 40_000
    made = Product(np.zeros(3), terms(shape), correlations=PAIR)
    x = np.log(draw(made, n, 3))
    told = covariance(made.terms, PAIR)
    scale = np.sqrt(np.outer(np.diag(told), np.diag(told)) + told**2)
    assert (np.abs(np.cov(x) - told) < 5 * scale / np.sqrt(n)).all()
    assert told[0, 2] == 0.0 < told[0, 1]


def test_a_shift_by_draws_agrees_with_that_by_moments_where_both_hold():
    """A lognormal stated as a shape is drawn; stated by its size it has a formula."""
    label = np.array([f"s{k}" for k in range(6)])
    by_size = (Term("flow", "site", label, np.full(6, 0.3)),)
    by_draws = (Term("flow", "site", label, np.ones(6), Lognormal(1.0, 0.3)),)
    weights = np.arange(1.0, 7.0)
    error = 4 * 1.2533 * 0.3 / np.sqrt(6 * SHIFT_DRAWS)
    assert mean_shift(weights, by_draws) == pytest.approx(mean_shift(weights, by_size), abs=error)


def test_the_shift_of_correlated_errors_is_that_of_the_draws():
    made = Product(np.log([1.0, 2.0, 3.0]), terms(Lognormal(1.0, 0.25)), correlations=PAIR)
    want = np.log(np.median(draw(made, 60_000, 5).mean(axis=0)) / 2.0)
    plain = tuple(
        Term(t.name, t.level, t.labels, t.size * 0.25) if t.shape is not None else t
        for t in made.terms
    )
    got = [mean_shift(np.array([1.0, 2.0, 3.0]), some, PAIR) for some in (made.terms, plain)]
    assert got == pytest.approx([want, want], abs=0.006)
