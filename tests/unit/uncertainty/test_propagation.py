"""One call, two engines: which of them a row gets depends on the row alone."""

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.uncertainty import BelowLimit, Joint, Mean, Product, Term, Uniform, propagate


def wide_and_plain():
    """Three groups of three days; the middle one is too wide for any grid of a sum."""
    days = np.array([f"day{k}" for k in range(9)])
    sd = np.repeat([0.2, 4.0, 0.3], 3)
    terms = (Term("sampling", "sample", days, sd), Term("flow", "site", days, np.full(9, 0.1)))
    return Mean(Product(np.linspace(0, 1, 9), terms), np.repeat(["a", "b", "c"], 3))


def censored_row():
    name = np.array(["s"])
    fits = {"s": (0.0, 0.0, np.eye(2) * 0.1)}
    low = BelowLimit(np.array([1]), name, np.zeros(1), name, fits, np.zeros(1))
    flow = Term("flow", "site", np.array(["a", "b", "c"]), np.full(3, 0.1))
    return Product(np.array([0.0, np.nan, 1.0]), (flow,), low)


@pytest.mark.parametrize("make", [wide_and_plain, censored_row])
def test_a_row_that_needs_draws_moves_no_other_row_to_them(make):
    got = propagate(make(), draws=2_500)
    assert got.method == "both" and (got.draws, got.seed, got.engine) == (2_500, 1, "numpy")
    assert got.drawn.tolist() == [False, True, False]
    assert {"edge_mass", "effective_draws"} <= set(got.checks)


def test_the_rows_are_those_of_either_engine_alone():
    m = wide_and_plain()
    both, drawn = propagate(m, draws=2_500), propagate(m, method="monte_carlo", draws=2_500)
    keep = np.flatnonzero(m.groups != "b")
    p = m.of.take(keep)
    exact = propagate(Mean(p, m.groups[keep]), method="fft")
    assert (both.quantiles[[0, 2]] == exact.quantiles).all() and (both.mean[0] == exact.mean[0])
    assert (both.quantiles[1] == drawn.quantiles[1]).all()
    assert both.labels == ("a", "b", "c")


def test_many_rows_below_a_limit_are_found_without_trying_each(monkeypatch):
    from wbe.uncertainty import fft

    seen = []
    obstacle = fft.obstacle
    monkeypatch.setattr(fft, "obstacle", lambda model: seen.append(1) or obstacle(model))
    n = 2_000
    names = np.array([f"s{k}" for k in range(n)])
    fits = {"g": (0.0, 0.0, np.eye(2) * 0.1)}
    low = BelowLimit(
        np.arange(0, n, 2), names[::2], np.zeros(n // 2), np.full(n // 2, "g"), fits,
        np.zeros(n // 2),
    )  # fmt: skip
    p = Product(np.zeros(n), (Term("flow", "site", names, np.full(n, 0.1)),), low)
    got = propagate(p, draws=500)
    assert got.drawn.sum() == n // 2 and len(seen) < 5


def test_a_joint_statement_is_refused_by_the_forced_method():
    p = Product(np.zeros(1), (Term("a", "site", np.array(["x"]), np.ones(1), Uniform(1, 2)),))
    with pytest.raises(UsageError, match="joint"):
        propagate(Joint(p, lambda x: x), method="fft")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "exact"}, "exact"),
        ({"engine": "cuda"}, "cuda"),
        ({"draws": 0}, "draws"),
        ({"threads": 0}, "threads"),
        ({"at": (0.5, 0.1)}, "rise"),
        ({"at": ()}, "rise"),
        ({"at": (0.0, 0.5)}, "between 0 and 1"),
    ],
)
def test_options_that_mean_nothing_are_refused_by_name(options, named):
    with pytest.raises(UsageError, match=named):
        propagate(Product(np.zeros(1)), **options)


def test_a_quantile_that_was_not_asked_for_is_refused():
    got = propagate(Product(np.zeros(1)), at=(0.5,))
    assert got.median[0] == pytest.approx(1)
    with pytest.raises(UsageError, match=r"0\.025"):
        _ = got.lower
