"""Exact marginals against draws and adaptive quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from wbe.errors import UsageError
from wbe.uncertainty import Product, Term, exact_summary, student_quantiles, summarise
from wbe.uncertainty.engine import BelowLimit, logit_normal_log


def one(sd, centre=None, logit_sd=0.0):
    terms = [Term("r", "sample", np.array(["a"]), np.array([sd]))]
    if centre is not None:
        name, spread = np.array(["f"]), np.array([-logit_sd])
        terms.append(Term("excretion", "global", name, spread, np.array([centre])))
    return Product(np.zeros(1), tuple(terms))


SPREADS = [0.0, 1e-4, 0.005, 0.02, 0.05, 0.2, 0.6]
FACTORS = [(0.29, 0.37), (0.005, 0.7), (0.65, 0.2), (0.75, 0.5)]


@pytest.mark.parametrize("sd", SPREADS)
@pytest.mark.parametrize(("centre", "logit_sd"), FACTORS)
def test_quantiles_put_the_right_probability_below_them(sd, centre, logit_sd):
    got = exact_summary(one(sd, centre, logit_sd))
    for name, p in (("lower", 0.025), ("median", 0.5), ("upper", 0.975)):
        q = np.log(got[name][0])
        grid = np.linspace(-9, 9, 200_001)
        g = logit_normal_log(grid, centre, -logit_sd)
        inside = ndtr((q - g) / sd) if sd else (g <= q).astype(float)
        weight = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
        assert (inside * weight).sum() * (grid[1] - grid[0]) == pytest.approx(p, abs=2e-4)


@pytest.mark.parametrize(("centre", "logit_sd"), FACTORS)
def test_mean_agrees_with_adaptive_quadrature(centre, logit_sd):
    def density(z):
        factor = np.exp(logit_normal_log(np.array([z]), centre, -logit_sd)[0])
        return factor * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    expected = quad(density, -9, 9)[0] * np.exp(0.3**2 / 2)
    assert exact_summary(one(0.3, centre, logit_sd))["mean"][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("sd", [0.02, 0.3])
@pytest.mark.parametrize(("centre", "logit_sd"), FACTORS)
def test_draws_agree_within_their_own_error(sd, centre, logit_sd):
    p = one(sd, centre, logit_sd)
    exact, drawn = exact_summary(p), summarise(p, 100_000, 3)
    total = np.log(exact["upper"] / exact["lower"])[0] / 3.92
    for name, factor in (("lower", 2.67), ("median", 1.2533), ("upper", 2.67)):
        error = factor * 1.3 * total / np.sqrt(100_000)
        assert np.log(drawn[name] / exact[name])[0] == pytest.approx(0, abs=4 * error)


def test_one_variable_in_two_terms_adds_linearly():
    label = np.array(["lab|x"])
    terms = tuple(Term("bias", "lab", label, np.array([sd])) for sd in (0.3, -0.1))
    got = exact_summary(Product(np.zeros(1), terms))
    assert np.log(got["upper"][0]) == pytest.approx(1.959964 * 0.2, rel=1e-6)


def test_what_needs_draws_is_refused():
    name = np.array(["s"])
    fits = {"s": (0.0, 0.0, np.eye(2))}
    low = BelowLimit(np.arange(1), name, np.zeros(1), name, fits, np.zeros(1))
    with pytest.raises(UsageError, match="draws"):
        exact_summary(Product(np.full(1, np.nan), (), low))


@pytest.mark.parametrize("df", [1, 2, 3, 4, 12])
def test_student_quantiles_without_normal_part_are_those_of_t(df):
    from scipy.stats import t

    got = student_quantiles(np.array([0.3]), np.array([df]), np.zeros(1))[0]
    assert got == pytest.approx(0.3 * t.ppf([0.025, 0.5, 0.975], df), rel=2e-3, abs=1e-6)


@pytest.mark.parametrize("factor", [None, (0.29, -0.37), (0.005, -0.7)])
@pytest.mark.parametrize(("scale", "df", "sd"), [(0.3, 3, 0.45), (0.5, 2, 0.1), (0.05, 4, 0.4)])
def test_student_quantiles_agree_with_draws(scale, df, sd, factor):
    rng, n = np.random.default_rng(1), 400_000
    x = scale * rng.standard_t(df, n) + sd * rng.standard_normal(n)
    if factor:
        x += logit_normal_log(rng.standard_normal(n), *factor)
    got = student_quantiles(np.array([scale]), np.array([df]), np.array([sd]), factor)[0]
    share = [(x <= q).mean() for q in got]
    assert share == pytest.approx([0.025, 0.5, 0.975], abs=4 * 0.5 / np.sqrt(n))


def test_no_spread_at_all_gives_zero():
    got = student_quantiles(np.zeros(1), np.array([3]), np.zeros(1))
    assert np.abs(got).max() < 1e-9
