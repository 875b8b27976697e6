"""Means that leave the smooth road: bounded days, exact rows, tiny spreads, correlated errors."""

import numpy as np
import pytest
from error_models import draws
from scipy.special import ndtri

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty import (
    Arcsine,
    Beta,
    CensoredInterval,
    Correlation,
    Empirical,
    Mean,
    Product,
    Term,
    Triangular,
    Uniform,
    fft,
    propagate,
)

AT = (0.025, 0.5, 0.975)
N = 200_000


def days(n, *terms, central=None):
    names = np.array([f"d{k}" for k in range(n)])
    made = tuple(
        Term(f"f{k}", "sample", names, size, shape) for k, (size, shape) in enumerate(terms)
    )
    return Mean(Product(np.zeros(n) if central is None else central, made), np.full(n, "g"))


BOUNDED = [
    (Uniform(0.5, 1.5), Uniform(0.01, 1.0)),
    (Empirical((1.0, 2.0, 2.0, 5.0, 9.0)), CensoredInterval(1.0, 0.6, 0.0, 0.5)),
    (Uniform(0.5, 1.5), Triangular(0.2, 0.3, 2.0)),
    (Triangular(0.5, 1, 2), Beta(2.0, 3.0), Uniform(0.9, 1.1)),
]


@pytest.mark.parametrize("shapes", BOUNDED, ids=lambda s: "-".join(x.kind for x in s))
@pytest.mark.parametrize("n", [2, 3, 7])
def test_days_without_a_lognormal_part(shapes, n):
    m = days(n, *((np.ones(n), shape) for shape in shapes))
    got, x = fft.solve(m, AT), draws(m_with_weights(m), N, [5, n])
    for p, q in zip(AT, got.quantiles[0], strict=True):
        assert (x <= q).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / N))
    assert got.mean[0] == pytest.approx(x.mean(), abs=4 * x.std() / np.sqrt(N))


def m_with_weights(m):
    return Mean(m.of, m.groups, np.ones(len(m.of)))


def test_bounded_errors_of_visits_and_samples():
    visit, sample = np.array(["v", "v", "w", "w"]), np.array(list("1234"))
    terms = (
        Term("visit", "area_visit", visit, np.ones(4), Uniform(0.2, 2.0)),
        Term("sample", "sample", sample, np.ones(4), Arcsine(0.3, 2.0)),
    )
    m = Mean(Product(np.zeros(4), terms), np.full(4, "g"), np.ones(4))
    by_draws = propagate(m, method="monte_carlo", draws=N)
    assert propagate(m).quantiles == pytest.approx(by_draws.quantiles, rel=0.02)


def test_a_row_without_error_stands_still_beside_the_others():
    m = days(2, (np.array([0.3, 0.0]), None), central=np.log([2.0, 5.0]))
    assert fft.solve(m, AT).quantiles[0] == pytest.approx(
        (2 * np.exp(0.3 * ndtri(AT)) + 5) / 2, rel=2e-5
    )


@pytest.mark.parametrize("other", [0.0, 1e-5, 1e-3])
@pytest.mark.parametrize("sd", [0.05, 0.3, 0.8])
def test_a_row_with_hardly_an_error_beside_one_that_shares_another(sd, other):
    """Rounding leaves plateaus in the tails of such a sum: no quantile may be read from them."""
    own = Term("day", "sample", np.array(["1", "2"]), np.array([sd, other]))
    both = Term("flow", "site", np.full(2, "s"), np.full(2, 0.2))
    m = Mean(Product(np.log([2.0, 5.0]), (own, both)), np.full(2, "g"))
    x, got = draws(m_with_weights(m), N, 7), fft.solve(m, AT)
    for p, q in zip(AT, got.quantiles[0], strict=True):
        assert (x <= q).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / N))


def test_a_row_of_nothing_adds_nothing():
    m = days(3, (np.full(3, 0.2), None), central=np.array([-np.inf, 0.0, 0.0]))
    two = days(2, (np.full(2, 0.2), None))
    assert fft.solve(m, AT).quantiles == pytest.approx(fft.solve(two, AT).quantiles * 2 / 3)
    none = days(2, (np.full(2, 0.2), None), central=np.full(2, -np.inf))
    assert (fft.solve(none, AT).quantiles == 0).all()


@pytest.mark.parametrize("tiny", [1e-5, 1e-7, 1e-9, 1e-13])
def test_a_spread_beside_which_another_is_a_million_times_wider_changes_nothing(tiny):
    wide, exact = (days(2, (np.array([0.5, s]), None)) for s in (tiny, 0.0))
    assert fft.solve(wide, AT).quantiles == pytest.approx(fft.solve(exact, AT).quantiles, rel=2e-5)


@pytest.mark.parametrize("tiny", [1e-3, 1e-5, 1e-7, 1e-9, 1e-13])
@pytest.mark.parametrize("shape", [None, Uniform(0.5, 1.5)])
def test_a_sum_of_tiny_spreads_is_nearly_normal(tiny, shape):
    """Neither infinite nor missing: where no grid is fine enough, draws take over."""
    m = days(12, (np.full(12, tiny), shape))
    got = propagate(m, draws=40_000).quantiles[0]
    assert np.isfinite(got).all() and got[0] <= got[1] <= got[2]
    if shape is None:
        rounding = 1e-15 / tiny * 12
        scores = (got - 1) / (tiny / np.sqrt(12))
        assert scores == pytest.approx(ndtri(AT), abs=0.06 + rounding)


def test_correlated_errors_of_a_site_are_one_wider_or_narrower_error():
    site, day = np.full(5, "s"), np.array(list("12345"))
    own = Term("day", "sample", day, np.full(5, 0.3))
    pair = (
        Term("flow", "site", site, np.full(5, 0.2)),
        Term("pop", "site", site, np.full(5, -0.3)),
    )
    one = Term("both", "site", site, np.full(5, np.sqrt(0.2**2 + 0.3**2 - 2 * 0.6 * 0.2 * 0.3)))
    m = Mean(Product(np.zeros(5), (own, *pair), None, (Correlation("flow", "pop", 0.6),)), site)
    expected = fft.solve(Mean(Product(np.zeros(5), (own, one)), site), AT)
    assert fft.solve(m, AT).quantiles == pytest.approx(expected.quantiles, rel=1e-6)


def test_correlations_that_cannot_be_are_refused_by_every_engine():
    names = np.array(["s"])
    terms = tuple(Term(n, "site", names, np.array([0.2])) for n in "abc")
    rho = tuple(Correlation(a, b, -0.9) for a, b in ("ab", "ac", "bc"))
    p = Product(np.zeros(1), terms, None, rho)
    for method in ("auto", "fft", "monte_carlo"):
        with pytest.raises(UsageError, match="no joint distribution"):
            propagate(p, method=method)


def test_what_overflows_is_refused_by_every_engine():
    p = Product(np.array([700.0]), (Term("a", "site", np.array(["s"]), np.array([20.0])),))
    for method in ("auto", "fft", "monte_carlo"):
        with pytest.raises(PrecisionError, match="infinite"):
            propagate(p, method=method)


@pytest.mark.parametrize("size", [np.full(3, 0.1), np.array([0.1]), np.array([0.1, np.nan])])
def test_terms_that_do_not_fit_their_rows_are_refused(size):
    with pytest.raises(UsageError, match=r"rows|labels|finite"):
        Product(np.zeros(2), (Term("a", "site", np.full(len(size), "s"), size),))


@pytest.mark.parametrize("method", ["fft", "monte_carlo"])
def test_means_of_unequal_groups_weigh_their_own_rows_alike(method):
    groups = np.array(["a", "b", "b", "c", "c", "c"])
    p = Product(np.log(np.arange(1.0, 7.0)), ())
    got = propagate(Mean(p, groups), method=method, draws=1_000)
    assert got.median == pytest.approx([1.0, 2.5, 5.0], rel=1e-12)
