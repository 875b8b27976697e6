"""Breaks and classes."""

import itertools

import mapclassify
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.spatial.schemes import breaks_of, classify, fisher_jenks_breaks

positive = st.lists(st.floats(1e-3, 1e6), min_size=4, max_size=40, unique_by=lambda v: round(v, 6))


def within(values, classes):
    logs = np.log(values)
    return sum(((logs[classes == k] - logs[classes == k].mean()) ** 2).sum() for k in set(classes))


@pytest.mark.parametrize("n", [5, 13, 60, 300])
@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.filterwarnings("ignore:Numba not installed")
def test_fisher_jenks_reaches_the_optimum_of_an_independent_implementation(n, k):
    x = np.exp(np.random.default_rng(n * 10 + k).normal(size=n))
    ours = classify(x, fisher_jenks_breaks(x, k))
    theirs = mapclassify.FisherJenks(np.log(x), k=k).yb
    assert within(x, ours) == pytest.approx(within(x, theirs), rel=1e-9)


@settings(max_examples=200)
@given(st.lists(st.integers(1, 15), min_size=2, max_size=25), st.integers(2, 5))
def test_fisher_jenks_has_the_least_squares_of_all_partitions(values, k):
    x = np.array(values, dtype=float)
    distinct = np.unique(x)
    if len(distinct) >= k:
        cuts = itertools.combinations(distinct[:-1], k - 1)
        least = min(within(x, classify(x, cut)) for cut in cuts)
        ours = within(x, classify(x, fisher_jenks_breaks(x, k)))
        assert ours == pytest.approx(least, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("centres", [(0.0,), (0.0, 4.0), (-9.0, 0.0, 1.0, 9.0)])
def test_left_out_positions_do_not_hold_the_optimum(k, centres):
    """Against all positions of the last break, each with the best of what lies before it."""
    rng = np.random.default_rng(k)
    x = np.sort(np.exp(rng.choice(centres, 400) + 0.3 * rng.normal(size=400)))
    ours = within(x, classify(x, fisher_jenks_breaks(x, k)))
    for last in range(k - 1, len(x) - 1):
        before = classify(x[:last], fisher_jenks_breaks(x[:last], k - 1))
        classes = np.concatenate([before, np.full(len(x) - last, k - 1)])
        assert within(x, classes) >= ours * (1 - 1e-9)


def test_ties_stay_together():
    x = np.array([1, 1, 1, 1, 5, 5, 5, 60])
    assert classify(x, fisher_jenks_breaks(x, 3)).tolist() == [0, 0, 0, 0, 1, 1, 1, 2]


@settings(max_examples=60)
@given(positive, st.floats(1e-3, 1e3))
def test_breaks_scale_with_the_unit(values, k):
    x = np.array(values)
    for scheme in ("fisher_jenks", "quantile", "relative"):
        one = classify(x, breaks_of(x, scheme, 3))
        two = classify(x * k, breaks_of(x * k, scheme, 3))
        assert (two == one).mean() > 0.9  # a value on a break may fall either way by rounding


@settings(max_examples=60)
@given(positive)
def test_order_of_areas_does_not_matter(values):
    x = np.array(values)
    for scheme in ("fisher_jenks", "quantile", "relative"):
        assert (breaks_of(x, scheme, 3) == breaks_of(x[::-1], scheme, 3)).all()


def test_a_break_belongs_to_the_tier_below():
    assert classify([20, 20.0001, 60, 61, np.nan], [20, 60]).tolist() == [0, 1, 1, 2, -1]


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [1.0, 2.0], [], [np.nan] * 5])
@pytest.mark.parametrize("scheme", ["fisher_jenks", "quantile", "relative"])
def test_too_few_different_values_give_no_breaks(values, scheme):
    assert len(breaks_of(values, scheme, 3)) == 0


@pytest.mark.parametrize("given_breaks", [[60, 20], [20, 20], [20], [-1, 5], [0, 5], [5, np.inf]])
def test_unusable_breaks_are_refused(given_breaks):
    with pytest.raises(UsageError):
        breaks_of([1, 2, 3], "fixed", 3, given_breaks)


def test_fixed_without_breaks_is_refused_because_none_is_official():
    with pytest.raises(UsageError, match="official"):
        breaks_of([1, 2, 3], "fixed", 3)


def test_relative_breaks_are_multiples_of_the_median():
    assert breaks_of([1, 2, 9], "relative", 3).tolist() == [3, 6]


def test_missing_areas_do_not_move_the_breaks():
    x = [1, 2, 3, 50, 60, 900, np.nan]
    for scheme in ("fisher_jenks", "quantile", "relative"):
        assert (breaks_of(x, scheme, 3) == breaks_of(x[:-1], scheme, 3)).all()
