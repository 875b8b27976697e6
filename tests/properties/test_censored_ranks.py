"""What no rank method may depend on: order of rows, units, rising transforms, names of groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe.qc.censoring import (
    Censored,
    akritas_theil_sen,
    censored,
    compare_groups,
    kendall_tau,
    superiority,
)

results = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 2), st.integers(0, 20)),
    min_size=6,
    max_size=16,
)


def parts(rows: list[tuple[int, bool, int, int]]) -> tuple[Censored, np.ndarray, np.ndarray]:
    value, below, group, x = (np.array(v) for v in zip(*rows, strict=True))
    group[:2] = 0, 1  # at least two groups
    return censored(value.astype(float), below), group.astype(str), x.astype(float)


def same(a: float, b: float) -> bool:
    return a == pytest.approx(b, rel=1e-9, abs=1e-9, nan_ok=True)


@given(rows=results, seed=st.integers(0, 99), test=st.sampled_from(["peto_peto", "gehan"]))
@settings(max_examples=60, deadline=None)
def test_comparison_does_not_depend_on_row_order_or_a_rising_transform(rows, seed, test) -> None:
    x, group, _ = parts(rows)
    order = np.random.default_rng(seed).permutation(x.n)
    got = compare_groups(x, group, test=test)
    moved = compare_groups(x.take(order), group[order], test=test)
    bent = compare_groups(Censored(x.low**3, x.high**3), group, test=test)
    for other in (moved, bent):
        assert same(got.statistic, other.statistic)
        assert [p.p_adjusted for p in got.pairs] == pytest.approx(
            [p.p_adjusted for p in other.pairs], nan_ok=True
        )
        assert got.testable == other.testable


@given(rows=results)
@settings(max_examples=60, deadline=None)
def test_swapped_groups_turn_signs_and_effects_round(rows) -> None:
    x, group, _ = parts(rows)
    name = {"0": "z", "1": "y", "2": "x"}
    got = compare_groups(x, group)
    turned = compare_groups(x, [name[g] for g in group])
    assert same(got.statistic, turned.statistic)
    by_pair = {frozenset((p.first, p.second)): p for p in turned.pairs}
    for pair in got.pairs:
        other = by_pair[frozenset((name[pair.first], name[pair.second]))]
        assert same(pair.z, -other.z)
        assert same(pair.p, other.p)
        assert same(pair.effect.probability, 1 - other.effect.probability)
        assert same(pair.effect.lower, 1 - other.effect.upper)


@given(rows=results)
@settings(max_examples=60, deadline=None)
def test_effect_lies_between_its_bounds_and_a_lost_detect_only_widens_them(rows) -> None:
    x, group, _ = parts(rows)
    a, b = (x.take(group == g) for g in "01")
    got = superiority(a, b)
    assert got.least - 1e-12 <= got.probability <= got.most + 1e-12
    hidden = Censored(np.where(np.arange(a.n) == 0, 0.0, a.low), a.high)  # "<" in front of one
    less = superiority(hidden, b)
    assert less.least <= got.least + 1e-12
    assert less.undecided >= got.undecided - 1e-12


@given(rows=results, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_tau_is_symmetric_and_keeps_under_permutation_and_rising_transforms(rows, seed) -> None:
    y, _, x = parts(rows)
    order = np.random.default_rng(seed).permutation(y.n)
    got = kendall_tau(x, y)
    for other in (
        kendall_tau(y, x),
        kendall_tau(x[order], y.take(order)),
        kendall_tau(np.exp(x / 10), Censored(y.low**2, y.high**2)),
    ):
        assert same(got.tau, other.tau)
        assert same(got.p, other.p)
    turned = kendall_tau(-x, y)
    assert same(got.s, -turned.s)
    assert same(got.p, turned.p)


@given(rows=results, factor=st.sampled_from([0.001, 3.0, 1000.0]), shift=st.integers(-5, 5))
@settings(max_examples=60, deadline=None)
def test_slope_scales_with_y_and_against_x_and_keeps_under_a_shift_of_time(
    rows, factor, shift
) -> None:
    y, _, x = parts(rows)
    natural, log = (akritas_theil_sen(x, y, scale=s) for s in ("natural", "log"))
    larger = Censored(y.low * factor, y.high * factor)
    scaled = akritas_theil_sen(x + shift, larger, scale="natural")
    logs = akritas_theil_sen(x + shift, larger, scale="log")
    slower = akritas_theil_sen(x * 4, y, scale="log")
    back = akritas_theil_sen(-x, y, scale="log")
    assert natural.testable == scaled.testable
    assert log.testable == logs.testable == slower.testable == back.testable
    if natural.testable:
        assert scaled.slope == pytest.approx(factor * natural.slope, rel=1e-9, abs=1e-9 * factor)
    if log.testable:
        assert same(log.slope, logs.slope)
        assert same(log.slope, 4 * slower.slope)
        assert same(log.slope, -back.slope)
        assert same(log.lower, -back.upper)
