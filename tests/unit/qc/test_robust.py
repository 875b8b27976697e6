"""Robust means and sds: against R's programs, brute force, and what must not change them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interlab_sets import published
from scipy.optimize import brentq
from scipy.special import ndtri

from wbe import qc
from wbe.errors import UsageError

SETS = ("abbey", "amc_brief6")
seeds = st.integers(0, 2**31 - 1)
few = settings(max_examples=60, deadline=None)


def known(name: str) -> tuple[np.ndarray, dict[str, Any]]:
    return np.array(published(name)["values"]), published(name)["expected"]


def sample(seed: int, wild: bool = True) -> np.ndarray:
    """Results of 6 to 30 laboratories, up to a fifth of them wild, some stated to one decimal."""
    r = np.random.default_rng(seed)
    n = int(r.integers(6, 31))
    x = r.normal(r.uniform(5, 100), r.uniform(0.3, 5), n)
    if wild:
        x[: n // 5] += r.normal(0, 30, n // 5)
    return np.round(x, 1) if r.random() < 0.5 else x


@pytest.mark.parametrize("name", SETS)
def test_the_published_sets_to_nine_digits_each_under_its_convention(name: str) -> None:
    x, said = known(name)
    assert len(x) == said["n"]
    assert np.mean(x) == pytest.approx(said["mean"], rel=1e-9)
    assert np.std(x, ddof=1) == pytest.approx(said["sd"], rel=1e-9)
    assert qc.median_mad(x).mean == said["median"]
    assert qc.mad(x) == pytest.approx(said["MADe"], rel=1e-9)
    assert qc.niqr(x) == pytest.approx(said["nIQR"], rel=1e-9)
    assert qc.qn(x, convention="robustbase") == pytest.approx(said["Qn"], rel=1e-9)
    assert qc.sn(x) == pytest.approx(said["Sn"], rel=1e-9)
    for convention, key in (("metrology", "algA"), ("mass", "hubers")):
        found = qc.algorithm_a(x, convention=convention)
        assert (found.mean, found.sd) == pytest.approx((said[key]["mu"], said[key]["s"]), rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_algorithm_a_of_the_standard_to_nine_digits_and_near_the_programs(name: str) -> None:
    x, said = known(name)
    own = said["algA_iso13528_from_definition"]
    found = qc.algorithm_a(x)
    expected = (own["x_star"], own["s_star"], own["u_xpt"])
    assert (found.mean, found.sd, found.u) == pytest.approx(expected, rel=1e-9)
    # the published count stops at a change of 1e-12 in the unit of the values
    counted = qc.algorithm_a(x, tolerance=1e-12 / own["s_star"])
    assert counted.iterations == own["iterations"]
    for key in ("algA", "hubers"):
        near = (said[key]["mu"], said[key]["s"])
        assert (found.mean, found.sd) == pytest.approx(near, rel=0.003)


def test_the_conventions_of_qn_differ_in_the_fourth_digit_only() -> None:
    x = sample(3)
    exact, base, iso = (qc.qn(x, convention=c) for c in ("exact", "robustbase", "iso13528"))
    assert base == pytest.approx(exact, rel=3e-6)
    assert iso == pytest.approx(exact, rel=2e-3)
    assert iso != exact


@pytest.mark.parametrize("estimate", [qc.qn, qc.sn, qc.mad, qc.niqr, qc.q_method])
def test_every_sd_is_the_sd_of_a_normal_distribution(estimate: Any) -> None:
    r = np.random.default_rng(5)
    found = np.array([estimate(r.normal(7, 2, 60)) for _ in range(400)])
    error = found.std() / np.sqrt(len(found))
    # Sn, MAD and nIQR carry a bias of order 1 / n
    assert abs(found.mean() - 2.0) < 4 * error + 0.03


def test_algorithm_a_is_a_fixed_point_found_by_another_road() -> None:
    """A root search over the sd, with the mean that belongs to it, ends at the same place."""

    def mean_of(x: np.ndarray, sd: float) -> float:
        held = lambda m: np.clip(x, m - 1.5 * sd, m + 1.5 * sd).mean() - m  # noqa: E731
        return float(brentq(held, x.min() - 1, x.max() + 1, xtol=1e-14))

    def off(sd: float, x: np.ndarray) -> float:
        m = mean_of(x, sd)
        return float(1.134 * np.clip(x, m - 1.5 * sd, m + 1.5 * sd).std(ddof=1) - sd)

    for name in SETS:
        x, _ = known(name)
        found = qc.algorithm_a(x)
        sd = brentq(off, 0.5 * found.sd, 2 * found.sd, args=(x,), xtol=1e-13)
        assert found.sd == pytest.approx(sd, rel=1e-9)
        assert found.mean == pytest.approx(mean_of(x, sd), rel=1e-9)


@pytest.mark.slow
@few
@given(seeds)
def test_hampel_is_the_root_nearest_the_median(seed: int) -> None:
    x = sample(seed)
    sd = qc.q_method(x)

    def slope(m: float) -> float:
        q = np.abs(x - m) / sd
        psi = np.where(q <= 3, np.minimum(q, 1.5), np.maximum(4.5 - q, 0))
        return float((np.sign(x - m) * psi).sum())

    at = np.linspace(x.min() - sd, x.max() + sd, 4_001)
    value = np.array([slope(m) for m in at])
    turns = np.flatnonzero(value[:-1] * value[1:] < 0)
    roots = np.array([brentq(slope, at[i], at[i + 1], xtol=1e-13) for i in turns])
    roots = np.append(roots, at[value == 0])
    nearest = roots[np.argmin(np.abs(roots - np.median(x)))]
    found = qc.hampel(x, sd)
    assert abs(slope(found)) < 1e-9
    assert abs(found - np.median(x)) <= abs(nearest - np.median(x)) + 1e-9 * sd


@few
@given(seeds)
def test_the_q_method_counts_pairs_as_its_definition_does(seed: int) -> None:
    """In whole numbers, where ties are exact: shares of pairs within a difference, by sorting."""
    r = np.random.default_rng(seed)
    k = np.round(r.normal(300, 10 ** r.uniform(0, 1.7), int(r.integers(4, 25)))).astype(int)
    apart = sorted(abs(a - b) for i, a in enumerate(k.tolist()) for b in k.tolist()[:i])
    steps = sorted(set(apart))
    share = [sum(d <= s for d in apart) / len(apart) for s in steps]
    zero = share[0] if steps[0] == 0 else 0.0
    middles = [(h + b) / 2 for h, b in zip(share, [0.0, *share], strict=False)]
    points = [(0.0, 0.0), *((m, s) for m, s in zip(middles, steps, strict=True) if s > 0)]
    g, d = np.array(points).T
    expected = np.interp(0.25 + 0.75 * zero, g, d) / np.sqrt(2) / ndtri(0.625 + 0.375 * zero)
    for unit in (1.0, 0.1, 1e-9):
        assert qc.q_method(k * unit) == pytest.approx(expected * unit, rel=1e-9)


def test_replicates_of_a_laboratory_are_not_compared_with_each_other() -> None:
    # a: 1, 3; b: 2, 6. Pairs across: 1, 5, 1, 3, each a quarter. G1 at 1 is 1/4.
    s = qc.q_method([1, 3, 2, 6], ["a", "a", "b", "b"])
    assert s == pytest.approx(1.0 / (np.sqrt(2) * ndtri(0.625)))
    # a: 0; b: 1, 5; c: 9. A pair of laboratories counts once: 1 and 5 a sixth each, 9 a third,
    # 8 and 4 a sixth each. G1 is 1/4 at 4, the middle of its step from 1/6 to 1/3.
    s = qc.q_method([0, 1, 5, 9], ["a", "b", "b", "c"])
    assert s == pytest.approx(4.0 / (np.sqrt(2) * ndtri(0.625)))
    found = qc.q_hampel([1, 3, 2, 6, 2, 4], ["a", "a", "b", "b", "c", "c"])
    assert found.n == 3
    assert 2 <= found.mean <= 4


def test_more_than_half_identical_values_are_no_division_by_zero() -> None:
    mostly = [5.0] * 6 + [1.0, 2.0, 3.0, 9.0, 4.0]
    found = qc.algorithm_a(mostly)
    assert found.start == "niqr"
    assert found.sd > 0
    collapsed = qc.algorithm_a([5.0] * 10 + [1.0, 2.0, 3.0, 9.0])
    assert (collapsed.mean, collapsed.sd, collapsed.start) == (5.0, 0.0, "sd")
    assert qc.algorithm_a([3.0, 3.0, 3.0]).sd == 0
    assert qc.q_hampel([5.0] * 10 + [1.0, 2.0, 3.0, 9.0]).sd > 0  # the Q method holds out
    same = qc.q_hampel([4.0, 4.0, 4.0])
    assert (same.mean, same.sd) == (4.0, 0.0)


def test_values_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 3"):
        qc.algorithm_a([1.0, 2.0])
    with pytest.raises(UsageError, match="not finite"):
        qc.qn([1.0, np.nan])
    with pytest.raises(UsageError, match="none of iso13528, metrology, mass"):
        qc.algorithm_a([1.0, 2.0, 3.0], convention="R")
    with pytest.raises(UsageError, match="at least two"):
        qc.q_method([1.0, 2.0], ["a", "a"])
    with pytest.raises(UsageError, match="above 0"):
        qc.hampel([1.0, 2.0], 0.0)
