"""Control charts: by hand, by plain loops, and by the run lengths that books print."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe import qc
from wbe.errors import UsageError
from wbe.qc.control_charts import cusum_paths, ewma_path, ewma_sd

UNIT = qc.Baseline(0.0, 1.0)


def loops(name: str, z: list[float]) -> list[bool]:
    """Each rule as a person reads a chart: look at the last points, again at every point."""

    def last(i: int, n: int) -> list[float]:
        return z[max(0, i - n + 1) : i + 1]

    def one_side(i: int, limit: float, needed: int, of: int) -> bool:
        return any(
            side * z[i] > limit and sum(side * v > limit for v in last(i, of)) >= needed
            for side in (1, -1)
        )

    def rising(i: int) -> bool:
        own = last(i, 6)
        up = [b - a for a, b in pairwise(own)]
        return len(own) == 6 and (all(d > 0 for d in up) or all(d < 0 for d in up))

    def alternating(i: int) -> bool:
        own = last(i, 14)
        up = [b - a for a, b in pairwise(own)]
        return len(own) == 14 and all(a * b < 0 for a, b in pairwise(up))

    read: dict[str, Callable[[int], bool]] = {
        "one_beyond_2s": lambda i: abs(z[i]) > 2,
        "one_beyond_3s": lambda i: abs(z[i]) > 3,
        "two_of_three_beyond_2s": lambda i: one_side(i, 2, 2, 3),
        "four_of_five_beyond_1s": lambda i: one_side(i, 1, 4, 5),
        "eight_on_one_side": lambda i: one_side(i, 0, 8, 8),
        "nine_on_one_side": lambda i: one_side(i, 0, 9, 9),
        "ten_on_one_side": lambda i: one_side(i, 0, 10, 10),
        "six_rising_or_falling": rising,
        "fourteen_alternating": alternating,
        "fifteen_within_1s": lambda i: i >= 14 and all(abs(v) < 1 for v in last(i, 15)),
        "eight_beyond_1s": lambda i: i >= 7 and all(abs(v) > 1 for v in last(i, 8)),
        "two_beyond_2s": lambda i: one_side(i, 2, 2, 2),
        "four_beyond_1s": lambda i: one_side(i, 1, 4, 4),
        "two_apart_beyond_4s": lambda i: (
            i > 0 and min(abs(z[i]), abs(z[i - 1])) > 2 and z[i] * z[i - 1] < 0
        ),
    }
    return [read[name](i) for i in range(len(z))]


@pytest.mark.parametrize("name", list(qc.RUN_RULES))
def test_a_rule_signals_where_a_person_would(name: str) -> None:
    r = np.random.default_rng(11)
    found = 0
    kinds = [
        r.normal(0.4, 1.3, 400), r.normal(0, 0.5, 100), r.choice([-1.6, 1.7], 60),
        np.cumsum(r.normal(0.3, 0.4, 40)), np.resize([0.2, -0.3], 40) * np.linspace(1, 2, 40),
        r.choice([-2.5, 2.5, 0.0], 40),
    ]  # fmt: skip
    for z in kinds:
        signal = qc.RUN_RULES[name](z)
        assert signal.tolist() == loops(name, z.tolist())
        found += int(signal.sum())
    assert found > 0
    both = np.stack([kinds[0], -kinds[0]])  # many series at once, and upside down
    assert (qc.RUN_RULES[name](both) == qc.RUN_RULES[name](kinds[0])).all()


def test_the_sets_of_rules_by_their_books() -> None:
    assert {name: len(rules) for name, rules in qc.RUN_RULE_SETS.items()} == {
        "western_electric": 4, "nelson": 8, "westgard": 5,
    }  # fmt: skip
    with pytest.raises(UsageError, match="no rule 'westgard2'"):
        qc.shewhart([1.0], UNIT, rules="westgard2")
    with pytest.raises(UsageError, match="at least one"):
        qc.shewhart([1.0], UNIT, rules=[])


def test_the_score_of_a_chart_is_what_batches_are_judged_by() -> None:
    x = np.array([0.9, 1.0, np.nan, 1.1])
    assert qc.control_chart(x) == pytest.approx([-1, 0, np.nan, 1], nan_ok=True)
    own = qc.baseline(x)
    assert (own.centre, own.sd, own.n) == pytest.approx((1.0, 0.1, 3))
    assert qc.shewhart(x, own).score == pytest.approx(qc.control_chart(x), nan_ok=True)
    assert np.isnan(qc.control_chart([1.0, 1.0])).all()
    assert np.isnan(qc.control_chart([1.0])).all()


def test_baselines_by_hand() -> None:
    x = [10.0, 12.0, 11.0, 13.0]
    assert qc.baseline(x, "moving_range").sd == pytest.approx((2 + 1 + 2) / 3 / 1.128379167)
    assert qc.baseline(x).sd == pytest.approx(np.std(x, ddof=1))
    wild = [*[10.0, 11, 9, 10.5, 9.5] * 4, 90.0]
    assert qc.baseline(wild, "algorithm_a").sd < 1.5 < 10 < qc.baseline(wild).sd
    drift = np.arange(40.0) + np.resize([0.5, -0.5], 40)  # not widened by the drift
    assert qc.baseline(drift, "moving_range").sd < 0.3 * qc.baseline(drift).sd
    with pytest.raises(UsageError, match="at least 2"):
        qc.baseline([1.0, np.nan])
    with pytest.raises(UsageError, match="none of sd"):
        qc.baseline(x, "range")
    with pytest.raises(UsageError, match="sd above 0"):
        qc.shewhart(x, qc.baseline([5.0, 5.0]))


def test_cusum_by_a_plain_loop_and_its_head_start() -> None:
    z = np.random.default_rng(2).normal(0.3, 1, 200)
    high = low = 2.0
    chart = qc.cusum(z * 3 + 50, qc.Baseline(50, 3), allowance=0.4, decision=4, head_start=2)
    for i, value in enumerate(z):
        high, low = max(0.0, high + value - 0.4), max(0.0, low - value - 0.4)
        assert chart.path[i] == pytest.approx(high, abs=1e-9)
        assert chart.path_low[i] == pytest.approx(-low, abs=1e-9)
        assert chart.signals["cusum_high"][i] == (high > 4)
    assert (chart.alarms == (chart.signals["cusum_high"] | chart.signals["cusum_low"])).all()
    with pytest.raises(UsageError, match="head_start"):
        qc.cusum(z, UNIT, head_start=5)


def test_ewma_limits_are_the_sd_of_the_ewma_itself() -> None:
    """As a weighted sum of independent values, written out."""
    weight, n = 0.3, 12
    for i in range(1, n + 1):
        weights = weight * (1 - weight) ** np.arange(i)
        assert ewma_sd(n, weight)[i - 1] == pytest.approx(np.sqrt((weights**2).sum()))
    x = np.random.default_rng(1).normal(20, 2, n)
    chart = qc.ewma(x, qc.Baseline(20, 2), weight=weight, width=3)
    past = (1 - weight) ** n * 20
    assert chart.path[-1] == pytest.approx(
        (weight * (1 - weight) ** np.arange(n) * x[::-1]).sum() + past
    )
    assert chart.upper[0] == pytest.approx(20 + 3 * 2 * weight)
    one = qc.ewma(x, qc.Baseline(20, 2), weight=1.0, width=3)
    assert one.path == pytest.approx(x)
    assert (one.alarms == qc.shewhart(x, qc.Baseline(20, 2)).alarms).all()
    with pytest.raises(UsageError, match="weight above 0"):
        qc.ewma(x, UNIT, weight=0)


def test_a_week_without_a_measurement_is_passed_over() -> None:
    x = np.array([1.0, 2.5, np.nan, 2.5, 0.0])
    known = ~np.isnan(x)
    for make in (
        lambda v: qc.shewhart(v, UNIT, rules="western_electric"),
        lambda v: qc.cusum(v, UNIT),
        lambda v: qc.ewma(v, UNIT),
    ):
        with_gap, without = make(x), make(x[known])
        assert with_gap.path[known] == pytest.approx(without.path)
        assert np.isnan(with_gap.path[2]) and not with_gap.alarms[2]
        assert (with_gap.alarms[known] == without.alarms).all()
        assert np.isfinite(with_gap.upper).all()
    assert qc.shewhart(x, UNIT, rules="two_of_three_beyond_2s").alarms.tolist()[3]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_charts_know_neither_unit_nor_zero(seed: int, a: float, b: float) -> None:
    z = np.random.default_rng(seed).normal(0.3, 1.2, 30)
    base = qc.Baseline(b, a)
    for make in (
        lambda v, c: qc.shewhart(v, c, rules="nelson"), lambda v, c: qc.cusum(v, c),
        lambda v, c: qc.ewma(v, c),
    ):  # fmt: skip
        one, other = make(z, UNIT), make(a * z + b, base)
        near = np.abs(np.abs(one.score) % 1) < 1e-6  # a value on a limit may fall either way
        if not near.any():
            assert (one.alarms == other.alarms).all()


# -- average run lengths ----------------------------------------------------------------------


def test_run_lengths_of_the_books_by_integral_equation() -> None:
    # Shewhart; CUSUM k 0.5 (Hawkins); EWMA (Lucas and Saccucci, table 3)
    assert qc.shewhart_arl() == pytest.approx(370.4, abs=0.05)
    assert qc.shewhart_arl(1.0) == pytest.approx(43.9, abs=0.05)
    assert qc.cusum_arl(decision=4) == pytest.approx(168, abs=0.5)
    assert qc.cusum_arl(1.0, decision=4) == pytest.approx(8.38, abs=0.005)
    assert qc.cusum_arl() == pytest.approx(465, abs=0.6)
    assert qc.cusum_arl(1.0) == pytest.approx(10.4, abs=0.05)
    for weight, width, shifted in ((0.4, 3.054, 14.3), (0.25, 2.998, 11.1), (0.1, 2.814, 10.3)):
        assert qc.ewma_arl(0.0, weight, width) == pytest.approx(500, abs=1)
        assert qc.ewma_arl(1.0, weight, width) == pytest.approx(shifted, abs=0.06)


def test_run_lengths_by_simulation_agree_with_the_integral_equations() -> None:
    def over(z: np.ndarray) -> np.ndarray:
        return np.asarray((cusum_paths(z, 0.5) > 4).any(axis=0))

    def long_run(z: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(ewma_path(z, 0.2)) > 2.86 * np.sqrt(0.2 / 1.8))

    cases = (
        (qc.RUN_RULES["one_beyond_3s"], 1.0, 600, qc.shewhart_arl(1.0)),
        (over, 0.0, 2_500, qc.cusum_arl(decision=4)),
        (over, 1.0, 200, qc.cusum_arl(1.0, decision=4)),
        (long_run, 1.0, 300, qc.ewma_arl(1.0)),
    )
    for alarms, shift, longest, expected in cases:
        found = qc.simulated_run_length(alarms, shift=shift, longest=longest, seed=4)
        assert found.cut == 0
        assert abs(found.mean - expected) < 4 * found.se


def test_a_simulated_run_length_repeats_and_counts_what_it_cut() -> None:
    rule = qc.RUN_RULES["one_beyond_3s"]
    one = qc.simulated_run_length(rule, runs=300, longest=50, seed=9)
    assert one == qc.simulated_run_length(rule, runs=300, longest=50, seed=9)
    assert one != qc.simulated_run_length(rule, runs=300, longest=50, seed=10)
    assert one.cut > 200
    with pytest.raises(UsageError, match="at least one run"):
        qc.simulated_run_length(rule, runs=0, seed=1)


@pytest.mark.parametrize("decision", [50.0, 200.0])
def test_a_high_cusum_limit_takes_as_long_as_its_drift(decision: float) -> None:
    """Shifted by d, the sum rises by d - k a value: Wald's h / (d - k), and a little."""
    drift = decision / 0.5
    assert drift < qc.cusum_arl(1.0, 0.5, decision) < drift + 10


def test_a_slow_ewma_is_no_sooner_than_its_mean_reaches_the_limit() -> None:
    """Its mean is d (1 - (1 - lambda)^i), and its scatter is small beside the limit."""
    weight, width = 0.001, 2.86
    half = width * np.sqrt(weight / (2 - weight))
    reached = np.log1p(-half) / np.log1p(-weight)
    assert qc.ewma_arl(1.0, weight, width) == pytest.approx(reached, rel=0.05)


def test_run_lengths_of_impossible_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="CUSUM"):
        qc.cusum_arl(0.0, 0.5, -5.0)
    with pytest.raises(UsageError, match="EWMA"):
        qc.ewma_arl(0.0, -0.1)
