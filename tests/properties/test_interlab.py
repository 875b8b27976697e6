"""Robust estimators and measures of agreement: what must not change them (properties 31, 32)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe import qc

seeds = st.integers(0, 2**31 - 1)
few = settings(max_examples=60, deadline=None)


def sample(seed: int) -> np.ndarray:
    """Results of 6 to 30 laboratories, up to a fifth of them wild, some stated to one decimal."""
    r = np.random.default_rng(seed)
    n = int(r.integers(6, 31))
    x = r.normal(r.uniform(5, 100), r.uniform(0.3, 5), n)
    x[: n // 5] += r.normal(0, 30, n // 5)
    return np.round(x, 1) if r.random() < 0.5 else x


def ratings(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Two raters of 5 to 40 towns in 2 to 5 categories, not all of which need occur."""
    r = np.random.default_rng(seed)
    categories, n = int(r.integers(2, 6)), int(r.integers(5, 41))
    a = r.integers(0, categories, n)
    b = np.where(r.random(n) < 0.5, a, r.integers(0, categories, n))
    return a, b, categories


def same(one: qc.Agreement, other: qc.Agreement) -> None:
    numbers = [(f.value, f.lower, f.upper, f.p) for f in (one, other)]
    assert numbers[1] == pytest.approx(numbers[0], rel=1e-9, abs=1e-9, nan_ok=True)
    assert (one.n, one.testable, one.reason) == (other.n, other.testable, other.reason)


@few
@given(seeds, st.sampled_from(["unweighted", "linear", "quadratic"]))
def test_kappa_does_not_care_who_is_first_nor_from_which_end_categories_count(
    seed: int, weights: str
) -> None:
    a, b, c = ratings(seed)
    found = qc.kappa(a, b, range(c), weights=weights)
    same(found, qc.kappa(b, a, range(c), weights=weights))
    same(found, qc.kappa(a, b, range(c)[::-1], weights=weights))
    same(found, qc.kappa(c - 1 - a, c - 1 - b, range(c), weights=weights))


@few
@given(seeds, st.integers(1, 4))
def test_a_category_that_nobody_used_keeps_its_place(seed: int, extra: int) -> None:
    """Beyond the ends it changes no quadratic kappa; between two it changes their distance."""
    a, b, c = ratings(seed)
    found = qc.kappa(a, b, range(c), weights="quadratic")
    same(found, qc.kappa(a, b, range(c + extra), weights="quadratic"))


@few
@given(seeds)
def test_rank_correlations_are_symmetric_and_know_only_the_order(seed: int) -> None:
    r = np.random.default_rng(seed)
    n = int(r.integers(5, 30))
    x = np.round(r.normal(0, 2, n), 1)
    y = np.round(0.5 * x + r.normal(0, 2, n), int(r.integers(0, 2)))
    for measure in (qc.spearman, qc.kendall):
        found = measure(x, y)
        same(found, measure(y, x))
        same(found, measure(np.exp(x), 3 * y**3 + y))
        turned = measure(x, -y)
        if found.testable:
            assert turned.value == pytest.approx(-found.value, abs=1e-12)
            assert turned.p == pytest.approx(found.p, rel=1e-9)


@few
@given(seeds, st.floats(1e-3, 1e3), st.floats(-50, 50), st.sampled_from([1, -1]))
def test_means_and_sds_move_with_the_unit_and_the_zero(
    seed: int, a: float, b: float, sign: int
) -> None:
    x = sample(seed)
    a *= sign
    methods = (qc.algorithm_a, qc.q_hampel, qc.median_mad)
    for estimate in methods:
        one, other = estimate(x), estimate(a * x + b)
        assert other.mean == pytest.approx(a * one.mean + b, rel=1e-8, abs=1e-8 * abs(a) * one.sd)
        assert other.sd == pytest.approx(abs(a) * one.sd, rel=1e-7)
    for spread in (qc.qn, qc.sn, qc.mad, qc.niqr):
        assert spread(a * x + b) == pytest.approx(abs(a) * spread(x), rel=1e-7, abs=1e-9 * abs(a))


@few
@given(seeds)
def test_one_wild_value_pulls_by_one_and_a_half_sd_over_n_and_no_further(seed: int) -> None:
    r = np.random.default_rng(seed)
    n = int(r.integers(8, 40))
    x = r.normal(50, 4, n)
    before = qc.algorithm_a(x)
    at = int(np.argmin(np.abs(x - before.mean)))  # from the middle, where it pulled nowhere
    x[at] = 1e9
    after = qc.algorithm_a(x)
    held = np.clip(x, after.mean - 1.5 * after.sd, after.mean + 1.5 * after.sd)
    assert held.mean() == pytest.approx(after.mean, rel=1e-9)
    assert (held[at] - after.mean) / n == pytest.approx(1.5 * after.sd / n, rel=1e-9)
    # its own pull, and tol: twice as much, by which the others' clipping follows
    assert abs(after.mean - before.mean) < 1.5 * after.sd / n + 3.0 * after.sd / n
    x[at] = 1e6
    assert qc.algorithm_a(x).mean == pytest.approx(after.mean, rel=1e-9)


@few
@given(seeds, st.floats(1e-3, 1e3), st.floats(-50, 50))
def test_z_scores_know_neither_unit_nor_zero(seed: int, a: float, b: float) -> None:
    x = sample(seed)
    one, other = qc.algorithm_a(x), qc.algorithm_a(a * x + b)
    z = qc.z_score(x, one.mean, one.sd)
    assert qc.z_score(a * x + b, other.mean, other.sd) == pytest.approx(z, rel=1e-6, abs=1e-6)


@few
@given(seeds, st.permutations(range(6)))
def test_the_order_of_laboratories_changes_nothing(seed: int, order: list[int]) -> None:
    x = np.random.default_rng(seed).normal(10, 1, 6)
    for estimate in (qc.algorithm_a, qc.q_hampel):
        one, other = estimate(x), estimate(x[order])
        assert (other.mean, other.sd) == pytest.approx((one.mean, one.sd), rel=1e-9)
