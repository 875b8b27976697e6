"""Change points: the dynamic programme against brute force, recovery, refusals."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import change_points, find_change_points

RANDOM = np.random.default_rng(13)
DAYS = np.cumsum(RANDOM.integers(15, 45, 14)).astype(float)
Y = RANDOM.standard_normal(14)
GAPS = np.diff(DAYS) / 30.0


def dense_cost(a: int, b: int, rho: float) -> float:
    """Least (y - m)' R^-1 (y - m) over a constant m."""
    days = DAYS[a:b] / 30.0
    r = np.where(np.eye(b - a) > 0, 1.0, rho ** np.abs(days[:, None] - days))
    i, one = np.linalg.inv(r), np.ones(b - a)
    mean = (one @ i @ Y[a:b]) / (one @ i @ one)
    return float((Y[a:b] - mean) @ i @ (Y[a:b] - mean))


@pytest.mark.parametrize("rho", [0.0, 0.45])
def test_the_programme_finds_what_brute_force_finds(rho: float) -> None:
    cost, _ = change_points._costs(Y[None], GAPS, rho)
    sums, last = change_points._programme(cost)
    for k in range(4):
        best = min(
            (
                (sum(dense_cost(a, b, rho) for a, b in zip((0, *c), (*c, 14), strict=True)), c)
                for c in combinations(range(14), k)
                if all(b - a >= 3 for a, b in zip((0, *c), (*c, 14), strict=True))
            ),
            key=lambda found: found[0],
        )
        assert sums[k, 0] == pytest.approx(best[0], rel=1e-9)
        assert tuple(change_points._traced(last, k, 14, 1)[0]) == best[1]


def test_the_criterion_is_the_likelihood_of_segments_that_begin_anew() -> None:
    criterion, ends, rho = change_points._segmentations(Y[None], GAPS)
    for k in range(3):
        r, edges = float(rho[0, k]), (0, *ends[0][k], 14)
        log_det, total = 0.0, 0.0
        for a, b in pairwise(edges):
            days = DAYS[a:b] / 30.0
            dense = np.where(np.eye(b - a) > 0, 1.0, r ** np.abs(days[:, None] - days))
            log_det += np.linalg.slogdet(dense)[1]
            total += dense_cost(a, b, r)
        assert criterion[0, k] == pytest.approx(14 * np.log(total / 14) + log_det, rel=1e-9)


def shifted(n: int, at: int, by: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    dates = np.datetime64("2020-01-15") + 30 * np.arange(n)
    logs = 3 + by * (np.arange(n) >= at) + 0.25 * random.standard_normal(n)
    return dates, np.exp(logs)


def test_a_shift_is_found_where_it_is() -> None:
    dates, loads = shifted(30, 17, np.log(0.4), 3)
    found = find_change_points(dates, loads)
    (point,) = found.points
    at = float((dates[17] - np.datetime64(0, "D")) / np.timedelta64(1, "D"))
    assert point.earliest < at <= point.latest
    assert point.lower < 0.4 < point.upper
    assert found.levels[1] / found.levels[0] == pytest.approx(point.ratio, rel=1e-9)
    assert found.starts[1] == point.before and found.p_value <= 0.01


def test_two_shifts_are_found() -> None:
    dates, loads = shifted(36, 12, 1.3, 1)
    loads = loads * np.where(np.arange(36) >= 24, 0.2, 1.0)
    found = find_change_points(dates, loads)
    assert len(found.points) == 2
    assert found.points[0].ratio > 1 > found.points[1].ratio


def test_no_shift_in_noise() -> None:
    dates, loads = shifted(30, 17, 0.0, 4)
    found = find_change_points(dates, loads)
    assert found.points == () and found.p_value > 0.05 and len(found.levels) == 1


def test_one_outlier_is_no_level() -> None:
    dates, loads = shifted(20, 17, 0.0, 5)
    loads[9] *= 50
    assert find_change_points(dates, loads).points == ()


def test_unit_order_and_dates_do_not_matter_and_it_repeats() -> None:
    dates, loads = shifted(24, 12, 1.0, 6)
    one = find_change_points(dates, loads)
    order = np.random.default_rng(0).permutation(24)
    two = find_change_points((dates + 70)[order], 1e3 * loads[order])
    assert len(one.points) == len(two.points) == 1
    assert two.points[0].before == one.points[0].before + 70
    assert two.points[0].ratio == pytest.approx(one.points[0].ratio, rel=1e-9)
    assert two.penalty == one.penalty
    assert find_change_points(dates, loads, seed=2).penalty == pytest.approx(one.penalty, rel=0.2)


def test_fewer_false_alarms_cost_a_higher_penalty() -> None:
    dates, loads = shifted(24, 12, 1.0, 6)
    strict = find_change_points(dates, loads, false_alarms=0.01)
    assert strict.penalty > find_change_points(dates, loads).penalty


def test_too_few_rounds_are_not_searched() -> None:
    found = find_change_points(*shifted(11, 5, 3.0, 1))
    assert not found.testable and "11 rounds" in found.reason
    week = (np.arange(7.0) + 91 * np.arange(8)[:, None]).ravel()
    assert find_change_points(week, np.arange(56.0) + 1, unit="day").n_rounds == 8


def test_wrong_input_is_refused() -> None:
    dates, loads = shifted(20, 10, 1.0, 1)
    with pytest.raises(UsageError, match="lie below a limit"):
        find_change_points(dates, censored(loads, loads < 20))
    with pytest.raises(UsageError, match="all values are equal"):
        find_change_points(dates, np.ones(20))
    with pytest.raises(UsageError, match="a rate lies"):
        find_change_points(dates, loads, false_alarms=0)


def test_numbers_are_years_unless_days_are_stated() -> None:
    dates, loads = shifted(24, 12, 3.0, 1)
    days = (dates - dates[0]) / np.timedelta64(1, "D")
    one = find_change_points(days / 365.25, loads)
    two = find_change_points(days, loads, unit="day")
    assert [p.ratio for p in one.points] == pytest.approx([p.ratio for p in two.points], rel=1e-9)
    assert one.starts == pytest.approx(two.starts) and one.gap == pytest.approx(two.gap)
