"""Ranks, the top k, and pairs of areas that can be told apart."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from wbe.errors import MissingFactorError, UsageError
from wbe.spatial import (
    distinguishable_pairs,
    pair_table,
    rank,
    rank_probabilities,
    rank_table,
    top_probabilities,
)


def drawn(means, sd=1.0, n=20_000, seed=1):
    return np.random.default_rng(seed).normal(means, sd, (n, len(means)))


def test_probabilities_of_ranks_are_those_of_counting():
    x = np.random.default_rng(2).normal(size=(300, 4))
    expected = np.zeros((4, 4))
    for row in x:
        for place, area in enumerate(np.argsort(-row)):
            expected[area, place] += 1 / 300
    assert rank_probabilities(x) == pytest.approx(expected)


@settings(max_examples=50)
@given(st.integers(2, 8), st.integers(0, 1000))
def test_every_rank_and_every_area_is_taken_once(n, seed):
    p = rank_probabilities(np.random.default_rng(seed).normal(size=(50, n)))
    assert np.allclose(p.sum(axis=0), 1) and np.allclose(p.sum(axis=1), 1)


def test_the_top_has_as_many_as_it_says_and_holds_the_smaller_one():
    x = drawn([0, 0.5, 1, 2])
    one, three = top_probabilities(x, 1), top_probabilities(x, 3)
    assert one.sum() == pytest.approx(1) and three.sum() == pytest.approx(3)
    assert (three >= one).all()


def test_a_pair_of_normals_has_the_closed_form():
    found = distinguishable_pairs(drawn([0, 1.2]), multiplicity="none")
    assert found.higher[1, 0] == pytest.approx(ndtr(1.2 / np.sqrt(2)), abs=0.01)
    assert found.higher[0, 1] == pytest.approx(1 - found.higher[1, 0])


@pytest.mark.parametrize("mean", [2.6, 3.0])
def test_one_pair_needs_no_allowance_and_many_do(mean):
    """2.6 / sqrt(2) lies below 1.96, 3 / sqrt(2) above; among 20 areas neither is enough."""
    two = distinguishable_pairs(drawn([0, mean]))
    assert two.distinguishable.any() == (mean > 1.96 * np.sqrt(2))
    many = distinguishable_pairs(drawn([0, mean, *[1.5] * 18]))
    assert not many.distinguishable[1, 0]


def test_errors_that_all_share_do_not_blur_the_order():
    x = drawn([0, 1], sd=0.1)
    shared = x + np.random.default_rng(3).normal(0, 50, (len(x), 1))
    assert distinguishable_pairs(shared).distinguishable[1, 0]


def test_intervals_of_all_pairs_hold_together():
    """With 10 areas and known sds: in 95 % of repeated experiments every statement is right."""
    rng, wrong = np.random.default_rng(4), 0
    truth = np.zeros(10)
    for _ in range(200):
        observed = truth + rng.normal(size=10)
        x = observed + rng.normal(size=(800, 10))
        wrong += distinguishable_pairs(x).distinguishable.any()
    assert wrong / 200 <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 200)
    assert wrong > 0


def test_ranks_left_open_agree_with_the_pairs():
    found = distinguishable_pairs(drawn([0, 0.1, 5, 10]))
    assert found.rank_lower.tolist() == [3, 3, 2, 1] and found.rank_upper.tolist() == [4, 4, 2, 1]
    for a, b in itertools.permutations(range(4), 2):
        assert not (found.distinguishable[a, b] and found.distinguishable[b, a])


@pytest.mark.parametrize(
    ("draws", "options"),
    [
        (np.zeros(3), {}),
        (np.array([[1.0, np.nan]]), {}),
        (np.zeros((5, 2)), {"level": 1}),
        (np.zeros((5, 2)), {"multiplicity": "holm"}),
        (np.zeros((2, 401)), {}),
    ],
)
def test_what_does_not_fit_is_refused(draws, options):
    with pytest.raises(UsageError):
        distinguishable_pairs(draws, **options)
    with pytest.raises(UsageError):
        top_probabilities(np.zeros((5, 2)), 3)


def test_tables_of_a_county_agree_with_its_tiers(county_values):
    tiers = rank(county_values, "methamphetamine").set_index("area")
    table = rank_table(county_values, "methamphetamine", "2018Q1").set_index("area")
    assert table.index.tolist() == tiers.index[tiers["rank"].notna()].tolist()
    assert table["p_top_1"].sum() == pytest.approx(1)
    # ranks of one area by itself are never wider than what all statements together leave open
    assert (table["rank_lower"] <= tiers["rank_lower"]).all()
    assert (table["rank_upper"] >= tiers["rank_upper"]).all()
    pairs = pair_table(county_values, "methamphetamine", "2018Q1")
    assert len(pairs) == 6 and pairs["p_higher"].min() >= 0.5
    first = pairs.iloc[0]
    assert tiers["rank"][first["area"]] < tiers["rank"][first["other"]]


def test_an_unknown_drug_round_or_values_without_draws_are_refused(county_values):
    with pytest.raises(MissingFactorError):
        rank_table(county_values, "cocaine", "2018Q1")
    with pytest.raises(UsageError, match="round"):
        rank_table(county_values, "methamphetamine", "2019Q1")
    with pytest.raises(UsageError, match="no draws"):
        rank_table(county_values.assign_attrs(draws=0), "methamphetamine", "2018Q1")
