"""Agreement of raters and rankings: published values, scipy, jackknife and brute force."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from interlab_sets import published
from scipy import stats

from wbe import qc
from wbe.errors import UsageError


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_kappa_of_the_reference_table_from_counts_and_from_pairs(weights: str) -> None:
    said = published("table3x3")["expected"]
    found = qc.kappa_of_table(said["table"], weights=weights)
    assert found.value == pytest.approx(said[weights], rel=1e-9)
    assert found.value == pytest.approx(said["sklearn"][weights], rel=1e-9)
    cells = [(i, j) for i in range(3) for j in range(3) for _ in range(said["table"][i][j])]
    one, other = zip(*cells, strict=True)
    assert qc.contingency(one, other, [0, 1, 2]).tolist() == said["table"]
    assert qc.kappa(one, other, [0, 1, 2], weights=weights) == found


def test_kappa_uses_the_declared_categories() -> None:
    said = published("absent_category")["expected"]
    a, b, declared = said["a"], said["b"], said["declared_categories"]
    for weights in ("linear", "quadratic"):
        found = qc.kappa(a, b, declared, weights=weights)
        assert found.value == pytest.approx(said[f"{weights}_with_declared"], rel=1e-9)
    assert qc.kappa(a, b, [0, 2]).value == pytest.approx(said["linear_without"], rel=1e-9)
    # where the middle is used once, leaving a declared category out moves linear kappa
    a, b = [0, 1, 3, 3, 0, 3], [0, 3, 3, 3, 0, 0]
    assert qc.kappa(a, b, range(4)).value != pytest.approx(qc.kappa(a, b, [0, 1, 3]).value)
    with pytest.raises(UsageError, match="not among the declared"):
        qc.kappa([0, 1], [0, 2], [0, 1])


def test_kappa_of_one_category_throughout_is_not_a_number_and_says_why() -> None:
    found = qc.kappa([1, 1, 1], [1, 1, 1], [0, 1, 2])
    assert np.isnan(found.value) and not found.testable
    assert found.reason == "both raters gave one category throughout"
    assert qc.kappa([], [], [0, 1]).reason == "there is no pair"


def test_spearman_of_the_reference_set() -> None:
    given = published("spearman_iq_tv")
    said, found = given["expected"], qc.spearman(given["iq"], given["tv"])
    assert found.value == pytest.approx(said["rho"], rel=1e-9)
    assert found.value == pytest.approx(-29 / 165, rel=1e-12)
    assert found.p == pytest.approx(said["p_t_approx"], rel=1e-9)
    assert found.convention == "bonett_wright, t p"


@pytest.mark.parametrize("seed", range(8))
def test_rank_correlations_agree_with_scipy(seed: int) -> None:
    r = np.random.default_rng(seed)
    n = int(r.integers(9, 60))
    x = np.round(r.normal(0, 1, n), 1) if seed % 2 else r.normal(0, 1, n)
    y = x + np.round(r.normal(0, 1, n), 1) if seed % 2 else x + r.normal(0, 1, n)
    tied = len(set(x)) < n or len(set(y)) < n
    other: Any = stats.spearmanr(x, y)
    found = qc.spearman(x, y)
    assert (found.value, found.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-9)
    other = stats.kendalltau(x, y, method="asymptotic" if tied else "exact")
    found = qc.kendall(x, y)
    assert (found.value, found.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-7)


def test_intervals_of_rank_correlations_by_their_formulae() -> None:
    r = np.random.default_rng(3)
    x = r.normal(size=24)
    y = x + 0.7 * r.normal(size=24)
    rho, tau = qc.spearman(x, y), qc.kendall(x, y, level=0.9)
    half = 1.959964 * np.sqrt((1 + rho.value**2 / 2) / 21)
    ends = np.tanh(np.arctanh(rho.value) + np.array([-half, half]))
    assert (rho.lower, rho.upper) == pytest.approx(tuple(ends), rel=1e-6)
    half = 1.644854 * np.sqrt(0.437 / 20)
    ends = np.tanh(np.arctanh(tau.value) + np.array([-half, half]))
    assert (tau.lower, tau.upper) == pytest.approx(tuple(ends), rel=1e-6)


def test_small_samples_are_tested_by_all_orders() -> None:
    x, y = np.array([1.0, 2, 2, 4, 7]), np.array([3.0, 1, 4, 5, 9])
    for measure, score in ((qc.spearman, stats.spearmanr), (qc.kendall, stats.kendalltau)):
        found = measure(x if measure is qc.spearman else np.arange(5.0), y)
        own: Any = score(x if measure is qc.spearman else np.arange(5.0), y).statistic
        every = [score(x if measure is qc.spearman else np.arange(5.0), y[list(o)]).statistic
                 for o in permutations(range(5))]  # fmt: skip
        assert found.p == pytest.approx(np.mean(np.abs(every) >= abs(own) - 1e-9), rel=1e-9)
    # four pairs in one order are one of 24, and 24 the other way
    assert qc.spearman([1, 2, 3, 4], [2, 4, 6, 8]).p == pytest.approx(2 / 24)


def test_pairs_that_say_nothing_are_told_so() -> None:
    assert "at least 4" in qc.spearman([1, 2, 3], [1, 2, 3]).reason
    assert "at least 5" in qc.kendall([1, 2, 3, np.nan, 5], [1, 2, 3, 4, 5]).reason
    assert qc.kendall([1] * 6, range(6)).reason == "all values of one side are equal"
    perfect = qc.spearman(range(12), range(12))
    assert perfect.value == 1 and np.isnan(perfect.lower)
    with pytest.raises(UsageError, match="give pairs"):
        qc.spearman([1, 2], [1])
    with pytest.raises(UsageError, match="between 0 and 1"):
        qc.kendall(range(6), range(6), level=95)


def test_the_standard_error_of_kappa_is_that_of_a_jackknife() -> None:
    table = np.array([[440, 70, 140], [50, 200, 50], [10, 30, 60]])
    n = table.sum()
    for weights in ("unweighted", "linear", "quadratic"):
        found = qc.kappa_of_table(table, weights=weights)
        without = []
        for i, j in np.argwhere(table):
            less = table.copy()
            less[i, j] -= 1
            without += [(qc.kappa_of_table(less, weights=weights).value, table[i, j])]
        value, count = np.array(without).T
        mean = np.average(value, weights=count)
        error = np.sqrt((n - 1) / n * (count * (value - mean) ** 2).sum())
        assert (found.upper - found.lower) / 2 / 1.959964 == pytest.approx(error, rel=0.01)


def test_the_p_value_of_kappa_is_that_of_shuffled_ratings() -> None:
    r = np.random.default_rng(6)
    a = r.choice(3, 120, p=[0.5, 0.3, 0.2])
    b = np.where(r.random(120) < 0.12, a, r.choice(3, 120, p=[0.4, 0.3, 0.3]))
    for weights in ("unweighted", "linear", "quadratic"):
        found = qc.kappa(a, b, range(3), weights=weights)
        shuffled = [qc.kappa(a, r.permutation(b), range(3), weights=weights).value
                    for _ in range(2_000)]  # fmt: skip
        beyond = np.mean(np.abs(shuffled) >= abs(found.value))
        assert found.p == pytest.approx(beyond, abs=4 * np.sqrt(0.25 / 2_000))
        assert 0.001 < found.p < 0.9


@pytest.mark.parametrize("measure", ["kappa", "spearman", "kendall"])
def test_intervals_hold_the_truth_as_often_as_they_say(measure: str) -> None:
    """Synthetic pairs of a normal with correlation 0.6; truth from one very large sample."""
    r = np.random.default_rng(7)

    def pairs(n: int, times: int) -> tuple[np.ndarray, np.ndarray]:
        x = r.normal(size=(times, n))
        return x, 0.6 * x + 0.8 * r.normal(size=(times, n))

    def found(x: np.ndarray, y: np.ndarray) -> qc.Agreement:
        if measure == "kappa":
            cut = [np.digitize(v, [-0.4, 0.4]) for v in (x, y)]
            return qc.kappa(*cut, [0, 1, 2], weights="linear")
        return getattr(qc, measure)(x, y)

    x, y = pairs(400_000 if measure == "kappa" else 3_000, 1)
    truth = {"spearman": 6 / np.pi * np.arcsin(0.3), "kendall": 2 / np.pi * np.arcsin(0.6)}
    value = truth[measure] if measure in truth else found(x[0], y[0]).value
    times = 600
    inside = sum(f.lower <= value <= f.upper for f in map(found, *pairs(50, times)))
    assert 0.925 <= inside / times <= 0.975


def test_kappa_of_few_pairs_is_tested_by_all_orders() -> None:
    found = qc.kappa(list("ggmmss"), list("ggmmsm"), categories=list("gms"))
    w = 1 - np.abs(np.subtract.outer(range(3), range(3))) / 2
    a, b = [0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 1]
    agreed = [w[a, list(order)].mean() for order in permutations(b)]
    expected = np.mean(w[np.ix_(a, b)])
    share = np.mean(np.abs(np.array(agreed) - expected) >= w[a, b].mean() - expected - 1e-12)
    assert found.p == pytest.approx(share)
    assert found.testable


@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_kappa_of_too_few_pairs_claims_nothing(pairs: int) -> None:
    found = qc.kappa(list("gms")[:pairs], list("gms")[:pairs], categories=list("gms"))
    assert not found.testable
    assert "chance" in found.reason or "one category" in found.reason
    assert np.isnan(found.lower)
