"""The toilet-pulse model: its closed form against pulses that are simulated one by one."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.trends.design import (
    Catchment,
    DayPattern,
    Sampler,
    phase_variance,
    plan_sampler,
    sampling_error,
)

DAY = 1440.0
TOWN = Catchment(population=20_000, users=2, pulses_per_user=4)
UNEVEN = DayPattern(flow=0.5, pulses=0.2, lag_h=3)


def seen(t: np.ndarray, delta: float, s: Sampler, rng: np.random.Generator) -> np.ndarray:
    """Share of its true mass with which each pulse enters a composite whose phase is random."""
    flow = s.pattern.flow
    passed = t + flow * DAY / (2 * np.pi) * np.sin(2 * np.pi * t / DAY)  # water, in mean minutes
    clock = passed if s.mode == "volume" else t
    start = rng.random(len(t)) * delta
    nearest = np.round((clock - start) / delta)
    marks = start[:, None] + (nearest[:, None] + np.arange(-6, 7)) * delta
    if s.mode == "volume":  # the times when equal volumes have passed
        grid = np.linspace(-DAY, 2 * DAY, 60_001)
        water = grid + flow * DAY / (2 * np.pi) * np.sin(2 * np.pi * grid / DAY)
        marks = np.interp(marks, water, grid)
    away = np.abs(marks - t[:, None])
    if s.shape == "gaussian":
        sd = s.duration / 4
        density = np.exp(-((away / sd) ** 2) / 2) / sd / np.sqrt(2 * np.pi)
    else:
        density = np.where(away <= s.duration / 2, 1 / s.duration, 0.0)
    diluted = 1 + flow * np.cos(2 * np.pi * marks / DAY)
    weight = np.ones_like(marks) if s.mode == "flow" else 1 / diluted
    return (density * weight).sum(axis=1) * delta


def composites(delta: float, n: float, s: Sampler, days: int, seed: int) -> np.ndarray:
    """Composite over true load of simulated days."""
    rng = np.random.default_rng(seed)
    t = rng.random(int(3 * n * days)) * DAY
    share = 1 + s.pattern.pulses * np.cos(2 * np.pi * (t / DAY - s.pattern.lag_h / 24))
    t = t[rng.random(len(t)) * 2 < share]
    count = rng.poisson(n, days)
    t = t[: count.sum()]
    assert len(t) == count.sum()
    sd = np.sqrt(np.log1p(s.mass_cv**2))
    mass = rng.lognormal(-(sd**2) / 2, sd, len(t))
    day = np.repeat(np.arange(days), count)
    # pulses at random times have random phases against one sampler: independent of each other
    found = seen(t, delta, s, rng)
    return np.bincount(day, mass * found) / np.bincount(day, mass)


@pytest.mark.parametrize("delta", [5, 20])
@pytest.mark.parametrize(
    "sampler",
    [
        Sampler(4),
        Sampler(3, mass_cv=0.5, shape="rectangle"),
        Sampler(4, mode="time", pattern=UNEVEN),
        Sampler(4, mode="volume", pattern=UNEVEN),
        Sampler(4, mode="flow", pattern=UNEVEN),
    ],
    ids=lambda s: f"{s.shape}-{s.mode}-{s.pattern.flow}" if isinstance(s, Sampler) else str(s),
)
def test_the_closed_form_is_that_of_simulated_pulses(sampler: Sampler, delta: int) -> None:
    days = 1_500
    ratio = composites(delta, 160, sampler, days, seed=delta)
    got = sampling_error([delta], 160, sampler)
    cv, bias = float(got.cv[0]), float(got.bias[0])
    assert ratio.mean() - 1 == pytest.approx(bias, abs=4 * cv / np.sqrt(days) + 0.01)
    assert ratio.std() == pytest.approx(cv, rel=4 / np.sqrt(2 * days) + 0.03)


@pytest.mark.parametrize("shape", ["gaussian", "rectangle"])
@pytest.mark.parametrize("delta", [1.3, 3.9, 4.2, 10.0, 47.0])
def test_one_pulse_is_seen_as_by_a_sampler_of_every_phase(shape: str, delta: float) -> None:
    duration, u = 4.0, (np.arange(20_000) + 0.5) / 20_000
    at = (u[:, None] + np.arange(-40, 41)[None, :]) * delta
    sd = duration / 4
    density = (
        np.exp(-((at / sd) ** 2) / 2) / sd / np.sqrt(2 * np.pi)
        if shape == "gaussian"
        else (np.abs(at) < duration / 2) / duration
    )
    found = delta * density.sum(axis=1)
    assert found.mean() == pytest.approx(1, abs=1e-3)
    assert phase_variance(delta, duration, shape) == pytest.approx(found.var(), abs=2e-3)


def test_both_sums_of_a_gaussian_agree_where_one_takes_over_from_the_other() -> None:
    near = 4 * np.array([0.2799999, 0.2800001])
    low, high = (float(phase_variance(1.0, d)) for d in near)
    assert low == pytest.approx(high, rel=1e-5)


def test_equal_aliquots_at_equal_times_are_unbiased_only_where_pulses_follow_the_flow() -> None:
    together = Sampler(4, mode="time", pattern=DayPattern(flow=0.5, pulses=0.5))
    even = Sampler(4, mode="time", pattern=DayPattern(flow=0.5))
    assert sampling_error([5], 160, together).bias[0] == pytest.approx(0, abs=1e-12)
    assert sampling_error([5], 160, even).bias[0] == pytest.approx(1 / np.sqrt(0.75) - 1)
    assert sampling_error([5], 160, Sampler(4, mode="flow", pattern=UNEVEN)).bias[0] == 0


def test_the_interval_and_every_shorter_one_keep_the_error() -> None:
    for shape in ("gaussian", "rectangle"):
        plan = plan_sampler(0.1, TOWN, Sampler(4, shape=shape))
        assert plan.interval is not None
        assert (plan.table.error[: plan.interval] <= 0.1).all()
        assert plan.table.error[plan.interval] > 0.1


def test_more_pulses_and_longer_ones_allow_longer_intervals() -> None:
    few, many, long = (
        plan_sampler(0.1, Catchment(n, 10, 4), Sampler(d)).interval
        for n, d in ((5_000, 2), (50_000, 2), (5_000, 8))
    )
    assert few is not None and many is not None and long is not None
    assert few < many and few < long


def test_the_smallest_catchment_has_just_the_error() -> None:
    plan = plan_sampler(0.1, TOWN, Sampler(4))
    people = float(plan.population_needed[10 - 1])
    same = Catchment(people, TOWN.users, TOWN.pulses_per_user)
    assert sampling_error([10], same.pulses, plan.sampler).error[0] == pytest.approx(0.1)
    assert (np.diff(plan.population_needed) >= 0).all()


def test_no_plan_rests_on_a_resonance_of_pulses_and_aliquots() -> None:
    town = Catchment(population=20_000, users=2, pulses_per_user=4)
    needed = plan_sampler(0.1, town, Sampler(4, shape="rectangle")).population_needed
    assert phase_variance(4.0, 4.0, "rectangle") == 0
    assert needed[4 - 1] == needed[3 - 1] > 0
    assert (np.diff(needed) >= 0).all()


def test_no_interval_mends_a_bias_or_too_few_pulses() -> None:
    city = Catchment(1e7, 20, 5)
    biased = plan_sampler(0.05, city, Sampler(4, mode="time", pattern=DayPattern(flow=0.5)))
    assert biased.interval is None and "+15%" in biased.reason
    assert np.isinf(biased.population_needed).all()
    few = plan_sampler(0.05, Catchment(1_000, 5, 4), Sampler(0.5))
    assert few.interval is None and "every minute" in few.reason


def test_few_pulses_are_a_variation_of_the_day_and_no_error_of_the_sampler() -> None:
    got = sampling_error([1], 100, Sampler(10, mass_cv=1.0))
    assert got.cv[0] < 1e-6
    assert got.load_cv == pytest.approx(np.sqrt(2 / 100))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Sampler(0), "duration = 0"),
        (lambda: Sampler(4, mass_cv=-1), "mass_cv = -1"),
        (lambda: Sampler(4, mass_cv=5), "mass_cv = 5 is 500 %"),
        (lambda: plan_sampler(10, Catchment(20_000, 2, 4), Sampler(4)), "error = 10 is 1000 %"),
        (lambda: Sampler(4, shape="spike"), "none of gaussian"),
        (lambda: Sampler(4, mode="continuous"), "none of time"),
        (lambda: DayPattern(flow=1), "flow = 1"),
        (lambda: sampling_error([5], 0, Sampler(4)), "pulses = 0"),
        (lambda: sampling_error([0], 10, Sampler(4)), "interval = 0"),
        (lambda: plan_sampler(0, TOWN, Sampler(4)), "error = 0"),
        (lambda: Catchment(1000, 0, 4), "users = 0"),
        (lambda: Catchment(1000, 1001, 4), "users = 1001"),
    ],
)
def test_meaningless_input_is_refused_by_name(call, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()
