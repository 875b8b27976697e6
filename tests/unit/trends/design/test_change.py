"""Detectable change: against the noncentral t, and against simulated pairs of rounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wbe.errors import UsageError
from wbe.trends.design import (
    RoundSpread,
    detectable_change,
    points_for_change,
    power_of_change,
    textbook_change,
)
from wbe.uncertainty import student_quantiles

SPREAD = RoundSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)


@pytest.mark.parametrize("n", [3, 5, 12, 40])
@pytest.mark.parametrize("paired", [True, False])
def test_without_visits_the_power_is_that_of_the_noncentral_t(n: int, paired: bool) -> None:
    spread = RoundSpread(place_sd=0.5, sample_sd=0.6, visit_sd=0.0)
    sd = np.sqrt(2 / n) * (0.6 if paired else np.hypot(0.6, 0.5))
    df = (n - 1) * (1 if paired else 2)
    limit, at = stats.t.ppf(0.975, df), np.log(2.5) / sd
    expected = stats.nct.sf(limit, df, at) + stats.nct.cdf(-limit, df, at)
    assert power_of_change(2.5, n, spread, paired=paired) == pytest.approx(expected, abs=1e-3)


def test_the_detectable_change_has_the_power_asked_for() -> None:
    plan = detectable_change([3, 5, 20], SPREAD, power=0.9, areas=13)
    for n, ratio in zip(plan.points, plan.ratio, strict=True):
        for change in (ratio, 1 / ratio):
            power = power_of_change(float(change), int(n), SPREAD, areas=13)
            assert power == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize("visit", [0.0, 0.4])
@pytest.mark.parametrize("n", [3, 5, 30])
def test_no_change_is_called_at_most_as_often_as_stated(visit: float, n: int) -> None:
    alarm = power_of_change(1.0, n, RoundSpread(0.8, 0.6, visit))
    assert alarm <= 0.0502
    if not visit:
        assert alarm == pytest.approx(0.05, abs=1e-3)


def test_power_is_that_of_simulated_pairs_of_rounds() -> None:
    n, rounds, ratio = 5, 4_000, 6.0
    rng = np.random.default_rng(8)
    place = rng.normal(0, 0.8, (rounds, n, 1))
    visit = rng.normal(0, 0.4, (rounds, 1, 2))
    y = place + visit + rng.normal(0, 0.6, (rounds, n, 2)) + np.log([1, ratio])
    d = y[..., 1] - y[..., 0]
    scale = d.std(axis=1, ddof=1) / np.sqrt(n)
    limit = student_quantiles(
        scale, np.full(rounds, n - 1.0), np.full(rounds, 0.4 * np.sqrt(2)), None, (0.975,)
    )[:, 0]
    found = (np.abs(d.mean(axis=1)) > limit).mean()
    error = 4 * np.sqrt(0.25 / rounds)
    assert power_of_change(ratio, n, SPREAD) == pytest.approx(found, abs=error)


def test_pairs_lose_the_places_and_what_both_rounds_share() -> None:
    few, many = (RoundSpread(place, 0.6, 0.4) for place in (0.1, 2.0))
    assert detectable_change([5], few).ratio == detectable_change([5], many).ratio
    assert detectable_change([5], few, paired=False).ratio < detectable_change([5], many, paired=False).ratio  # noqa: E501  # fmt: skip
    other_lab = RoundSpread(0.8, 0.6, 0.4, uncancelled_sd=0.3)
    assert detectable_change([5], other_lab).ratio > detectable_change([5], SPREAD).ratio


def test_more_points_end_at_what_visits_leave_and_more_visits_go_on() -> None:
    plan = detectable_change([5, 50, 5_000], SPREAD)
    assert (np.diff(plan.ratio) < 0).all()
    assert plan.ratio[-1] == pytest.approx(plan.ratio_at_best, rel=1e-2)
    z = stats.norm.ppf([0.975, 0.8]).sum()
    assert plan.ratio_at_best == pytest.approx(np.exp(z * 0.4 * np.sqrt(2)))
    assert detectable_change([5], SPREAD, visits=4).ratio < plan.ratio[0]


def test_textbook_is_six_fold_for_five_unpaired_points_of_log_sd_one() -> None:
    assert textbook_change(1.0, 5) == pytest.approx(5.9, abs=0.05)
    spread = RoundSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.0)  # together 1
    plan = detectable_change([5], spread, paired=False)
    assert plan.textbook[0] == pytest.approx(5.9, abs=0.05)
    assert plan.ratio[0] > plan.textbook[0]


def test_the_family_of_areas_is_held_together() -> None:
    # Sidak: each area at 1 - 0.95^(1/13)
    alone = power_of_change(1.0, 30, RoundSpread(0, 0.6, 0.0), areas=13)
    assert 1 - (1 - alone) ** 13 == pytest.approx(0.05, abs=2e-3)


def test_the_answer_is_the_fewest_points_and_a_fall_is_as_easy_as_a_rise() -> None:
    spread = RoundSpread(0.8, 0.4, 0.0)
    plan = points_for_change(0.5, spread)
    assert plan.points == points_for_change(2.0, spread).points and plan.points is not None
    assert power_of_change(0.5, plan.points, spread) >= 0.8
    assert power_of_change(0.5, plan.points - 1, spread) < 0.8


def test_what_no_number_of_points_finds_has_a_reason() -> None:
    visits = points_for_change(0.5, SPREAD)
    assert visits.points is None and "4.9 at best" in visits.reason
    many = points_for_change(1.01, RoundSpread(0.8, 0.4, 0.0))
    assert many.points is None and "30 points" in many.reason


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: RoundSpread(0.8, 0, 0.4), "every change would be seen"),
        (lambda: RoundSpread(0.8, 0.6, -0.1), "visit_sd = -0.1"),
        (lambda: detectable_change([2], SPREAD), "points = 2"),
        (lambda: detectable_change([5], SPREAD, power=0.04), "not above alpha"),
        (lambda: detectable_change([5], SPREAD, alpha=0), "alpha = 0"),
        (lambda: detectable_change([5], SPREAD, areas=0), "areas = 0"),
        (lambda: points_for_change(1, SPREAD), "no change"),
        (lambda: power_of_change(0, 5, SPREAD), "ratio = 0"),
        (lambda: power_of_change(2, 2, SPREAD), "points = 2"),
    ],
)
def test_meaningless_input_is_refused_by_name(call, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()
