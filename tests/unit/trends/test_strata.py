"""The stratified mean against the samples that could have been drawn."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.trends.strata import stratified_mean

STRATA = [np.array([3.0, 8.0, 4.0, 9.0]), np.array([20.0, 1.0, 7.0]), np.array([5.0, 6.0])]
SIZES = np.array([4.0, 3.0, 2.0])


def _all_samples(drawn):
    """Return the stratified mean of every sample that could be drawn, and of the population."""
    choices = [combinations(values, n) for values, n in zip(STRATA, drawn, strict=True)]
    stratum = np.repeat(np.arange(3), drawn)
    found = [stratified_mean(np.concatenate(one), stratum, SIZES) for one in product(*choices)]
    return found, np.concatenate(STRATA).mean()


@pytest.mark.parametrize("drawn", [(2, 2, 2), (3, 2, 2), (4, 3, 2)])
def test_over_all_samples_the_mean_is_unbiased_and_so_is_its_variance(drawn):
    found, truth = _all_samples(drawn)
    means = np.array([m.mean for m in found])
    assert means.mean() == pytest.approx(truth, rel=1e-12)
    estimated = np.mean([m.standard_error**2 for m in found])
    assert estimated == pytest.approx(means.var(), rel=1e-9, abs=1e-18)


def test_a_population_sampled_whole_has_no_error_and_its_own_mean():
    found, truth = _all_samples((4, 3, 2))
    (whole,) = found
    assert whole.mean == pytest.approx(truth, rel=1e-15)
    assert (whole.standard_error, whole.df) == (0.0, np.inf)


def test_one_endless_stratum_is_the_mean_with_its_usual_standard_error():
    y = np.array([3.0, 5.0, 10.0, 2.0])
    got = stratified_mean(y, np.zeros(4, dtype=int), np.array([np.inf]))
    assert got.mean == y.mean()
    assert got.standard_error == pytest.approx(y.std(ddof=1) / 2)
    assert got.df == pytest.approx(3)


def test_degrees_of_freedom_are_welchs_for_two_strata_of_one_size():
    a, b = np.array([1.0, 2.0, 4.0]), np.array([10.0, 30.0, 20.0, 5.0])
    sizes = np.array([1e9, 1e9])  # so large that the correction is gone
    got = stratified_mean(np.concatenate([a, b]), np.repeat([0, 1], [3, 4]), sizes)
    va, vb = a.var(ddof=1) / 3, b.var(ddof=1) / 4
    welch = (va + vb) ** 2 / (va**2 / 2 + vb**2 / 3)
    assert got.df == pytest.approx(welch, rel=1e-6)


def test_a_stratum_of_one_unit_of_several_has_no_error_to_tell():
    got = stratified_mean(np.array([1.0, 2.0, 9.0]), np.array([0, 0, 1]), np.array([3.0, 4.0]))
    assert got.mean == pytest.approx(3 / 7 * 1.5 + 4 / 7 * 9)
    assert np.isnan(got.standard_error)
    assert np.isnan(got.df)


def test_equal_values_of_a_part_of_the_units_do_not_make_a_census():
    got = stratified_mean(np.full(3, 5.0), np.zeros(3, dtype=int), np.array([90.0]))
    assert got.mean == 5.0
    assert np.isnan([got.standard_error, got.df]).all()
    whole = stratified_mean(np.full(3, 5.0), np.zeros(3, dtype=int), np.array([3.0]))
    assert (whole.standard_error, whole.df) == (0.0, np.inf)


def test_an_empty_stratum_leaves_no_mean():
    got = stratified_mean(np.array([1.0, 2.0]), np.array([0, 0]), np.array([3.0, 4.0]))
    assert np.isnan(got.mean)


@given(st.floats(1e-3, 1e3))
def test_the_mean_and_its_error_scale_with_the_unit(k):
    y, stratum = np.array([1.0, 3.0, 2.0, 8.0]), np.array([0, 0, 1, 1])
    one = stratified_mean(y, stratum, np.array([5.0, 9.0]))
    other = stratified_mean(k * y, stratum, np.array([5.0, 9.0]))
    assert other.mean == pytest.approx(k * one.mean, rel=1e-12)
    assert other.standard_error == pytest.approx(k * one.standard_error, rel=1e-12)
    assert other.df == pytest.approx(one.df, rel=1e-9)


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ([1.0, 4.0], "2 values for 1 units"),
        ([0.0, 4.0], "holds a unit at least"),
        ([np.inf, 4.0], "either all strata are without end"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, why):
    with pytest.raises(UsageError, match=why):
        stratified_mean(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), np.array(sizes))


def test_clusters_within_groups_of_strata_are_compared_with_their_own_group():
    y = np.array([1.0, 2.0, 2.0, 4.0, 11.0, 12.0, 15.0, 13.0])
    stratum, cluster = np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2)
    got = stratified_mean(y, stratum, np.array([40.0, 40.0]), cluster)
    z = (y - np.repeat([y[:4].mean(), y[4:].mean()], 4)).reshape(4, 2).sum(axis=1) / 8
    parts = 0.9 * 2 * np.array([(z[:2] ** 2).sum(), (z[2:] ** 2).sum()])
    assert got.standard_error == pytest.approx(np.sqrt(parts.sum()))
    assert got.df == pytest.approx(parts.sum() ** 2 / (parts**2).sum())


def test_strata_of_one_cluster_each_are_compared_with_each_other():
    y = np.array([1.0, 2.0, 4.0, 5.0, 8.0, 9.0])
    groups = np.repeat([0, 1, 2], 2)
    got = stratified_mean(y, groups, np.full(3, 20.0), groups)
    means = y.reshape(3, 2).mean(axis=1)
    assert got.standard_error == pytest.approx(np.sqrt(0.9 * means.var(ddof=1) / 3))
    assert got.df == pytest.approx(2)


def test_clusters_of_one_unit_are_units():
    y = np.random.default_rng(1).lognormal(size=12)
    stratum, sizes = np.repeat([0, 1], 6), np.array([10.0, 30.0])
    plain = stratified_mean(y, stratum, sizes)
    got = stratified_mean(y, stratum, sizes, np.arange(12))
    assert got.standard_error == pytest.approx(plain.standard_error)
    assert got.df == pytest.approx(plain.df)


def test_a_census_has_no_error_of_units_in_clusters_either():
    y = np.array([1.0, 2.0, 4.0, 5.0])
    got = stratified_mean(y, np.array([0, 0, 1, 1]), np.array([2.0, 2.0]), np.array([0, 0, 1, 1]))
    assert (got.mean, got.standard_error) == (3.0, 0.0)


def test_two_clusters_tell_no_error():
    y = np.array([1.0, 2.0, 4.0, 5.0])
    got = stratified_mean(y, np.zeros(4, dtype=int), np.array([40.0]), np.array([0, 0, 1, 1]))
    assert got.mean == 3.0
    assert np.isnan(got.standard_error)
