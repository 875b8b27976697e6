"""What `trend` answers, and when it refuses to."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import ar1_bootstrap, trend
from wbe.trends.record import record_of
from wbe.trends.series import FEWEST_ROUNDS
from wbe.trends.verdict import CARRIED, HARDEST, carried

QUARTERS = np.arange("2018-01", "2023-01", 3, dtype="datetime64[M]")
NOISE = np.random.default_rng(42).normal(size=20)
FALLING = np.exp(4 - 0.12 * np.arange(20) + 0.2 * NOISE)


def test_a_halving_is_an_improvement_or_not_as_one_wants() -> None:
    got = trend(QUARTERS, FALLING, seed=1)
    assert (got.verdict, got.testable) == ("improved", True)
    assert got.lower < got.slope < got.upper < 0 < got.autocorrelation
    assert -100 < got.change_lower < got.change < got.change_upper < 0
    assert got.change == pytest.approx(100 * np.expm1(got.slope * got.span))
    assert trend(QUARTERS, FALLING, seed=1, falling="worse").verdict == "worse"
    assert trend(QUARTERS, 1 / FALLING, seed=1).verdict == "worse"


def test_no_change_says_what_is_not_excluded() -> None:
    got = trend(QUARTERS, np.exp(NOISE), seed=1)
    assert got.verdict == "no change"
    assert got.lower < 0 < got.upper
    assert f"{got.change_lower:+.0f} %" in got.reason and f"{got.change_upper:+.0f} %" in got.reason


def test_the_interval_of_the_slope_agrees_with_the_verdict() -> None:
    rng = np.random.default_rng(7)
    seen = set()
    for k in range(40):
        y = np.exp(0.4 * rng.normal(size=14) - 0.01 * k * np.arange(14) / 2)
        got = trend(QUARTERS[:14], y, seed=1, draws=500)
        if not got.testable:
            continue
        excluded = not (got.lower or -np.inf) <= 0 <= (got.upper or np.inf)
        assert (got.verdict != "no change") == excluded
        seen.add(got.verdict)
    assert {"improved", "no change"} <= seen


@pytest.mark.parametrize("n", [1, 2, 3, FEWEST_ROUNDS - 1])
def test_no_trend_is_claimed_from_few_rounds(n: int) -> None:
    got = trend(QUARTERS[:n], np.exp(-3.0 * np.arange(n)), seed=1)
    assert (got.verdict, got.testable, got.p, got.lower) == ("not testable", False, None, None)
    assert got.reason.startswith(f"{n} rounds")
    assert (got.slope is None) == (n < 3)


def test_two_weeks_are_two_rounds_however_many_days_they_have() -> None:
    week = np.arange(7)
    days = np.datetime64("2023-03-06") + np.concatenate([week, week + 364])
    loads = np.concatenate([np.full(7, 100.0), np.full(7, 40.0)]) * np.exp(0.05 * NOISE[:14])
    got = trend(days, loads, seed=1)
    assert (got.verdict, got.n, got.n_rounds) == ("not testable", 14, 2)
    assert "2 rounds" in got.reason


def test_days_of_a_round_are_averaged_on_the_scale_of_the_slope() -> None:
    t = np.array([0.0, 1, 2, 100, 101, 102, 200, 201, 202]) / 365.25
    y = np.array([1.0, 2, 4, 3, 3, 3, 9, 1, 3])
    logs = record_of(t, y, "auto", None, "log", "year")
    assert logs.times == pytest.approx(np.array([1, 101, 201]) / 365.25)
    assert np.exp(logs.high) == pytest.approx([2, 3, 3])
    plain = record_of(t, y, ["a"] * 3 + ["b"] * 3 + ["c"] * 3, None, "linear", "year")
    assert plain.high == pytest.approx([7 / 3, 3, 13 / 3])
    assert len(record_of(t, y, None, None, "log", "year").times) == 9


def test_missing_values_are_counted_and_dates_stay() -> None:
    y = FALLING.copy()
    y[[3, 8]] = np.nan
    got = trend(QUARTERS, y, seed=1)
    keep = ~np.isnan(y)
    other = trend(QUARTERS[keep], y[keep], seed=1)
    assert (got.n, got.n_missing, got.p, got.slope) == (18, 2, other.p, other.slope)


def test_equal_or_untold_values_are_not_testable() -> None:
    assert "told apart" in trend(QUARTERS, np.ones(20), seed=1).reason
    below = censored(np.full(20, 5.0), np.ones(20, dtype=bool))
    got = trend(QUARTERS, below, seed=1)
    assert (got.verdict, got.n_below) == ("not testable", 20)


def test_strong_autocorrelation_in_a_short_record_is_not_testable() -> None:
    wave = np.exp(np.sin(np.arange(16) / 2.6))
    got = trend(QUARTERS[:16], wave, seed=1)
    assert got.verdict == "not testable"
    assert got.autocorrelation > got.autocorrelation_carried == carried(16)
    assert "autocorrelation" in got.reason
    known = trend(QUARTERS[:16], wave, seed=1, autocorrelation=0.8)
    assert (known.testable, known.autocorrelation) == (True, pytest.approx(0.8))


def test_longer_records_carry_more_from_thirty_rounds_on() -> None:
    assert sorted(CARRIED)[0] == FEWEST_ROUNDS
    assert carried(40) < carried(60) < carried(100) == carried(500)


def test_nothing_believed_finds_less_in_a_short_record() -> None:
    y = FALLING[:12]
    p = [trend(QUARTERS[:12], y, seed=1, belief=b).p for b in ("weak", "none")]
    assert p[0] < p[1]


def test_limits_are_used_as_limits() -> None:
    limit = 12.0
    data = censored(np.maximum(FALLING, limit), limit > FALLING)
    got = trend(QUARTERS, data, seed=1)
    assert (got.verdict, got.n_below) == ("improved", data.n_below)
    assert data.n_below > 3
    substituted = np.where(limit > FALLING, limit / 2, FALLING)
    assert got.slope != trend(QUARTERS, substituted, seed=1).slope
    with pytest.raises(UsageError, match="summarise each round"):
        trend(QUARTERS, data, seed=1, rounds=np.arange(20) // 2)


def test_a_season_is_no_trend_and_hides_none() -> None:
    quarter = np.tile(["Q1", "Q2", "Q3", "Q4"], 5)
    season = np.tile([0.0, 1.5, 3.0, 1.0], 5)
    got = trend(QUARTERS, FALLING * np.exp(season), seed=1, seasons=quarter)
    assert got.verdict == "improved"
    assert got.method.startswith("seasonal")
    plain = trend(QUARTERS, FALLING * np.exp(season), seed=1)
    assert plain.p > got.p
    same = ar1_bootstrap(QUARTERS, np.log(FALLING), seed=1, seasons=quarter)
    assert (same.s, same.p) == (got.s, pytest.approx(got.p))


def test_answers_are_repeated_bit_by_bit() -> None:
    assert trend(QUARTERS, FALLING, seed=3) == trend(QUARTERS, FALLING, seed=3)


def test_what_cannot_be_meant_is_refused() -> None:
    y = FALLING
    for wrong, message in [
        ({"scale": "sqrt"}, "scale"),
        ({"rounds": "weeks"}, "rounds"),
        ({"rounds": [1, 2]}, "one each"),
        ({"seasons": ["a"]}, "one each"),
        ({"rounds": np.arange(20) // 2, "seasons": np.arange(20) % 2}, "two seasons"),
        ({"level": 5}, "level"),
    ]:
        with pytest.raises(UsageError, match=message):
            trend(QUARTERS, y, seed=1, **wrong)
    with pytest.raises(UsageError, match="not positive"):
        trend(QUARTERS, y - 30, seed=1)
    assert trend(QUARTERS, y - 30, seed=1, scale="linear").verdict == "improved"
    with pytest.raises(UsageError, match="occurs twice"):
        trend(np.r_[QUARTERS[:1], QUARTERS[:-1]], y, seed=1)
    with pytest.raises(UsageError, match="one time a value"):
        trend(QUARTERS[:5], y, seed=1)


@pytest.mark.parametrize("n", [12, 20])
def test_the_clearest_trends_are_not_taken_for_autocorrelation(n: int) -> None:
    """Hardly any scatter about a trend looks like autocorrelation, and yet leaves no doubt."""
    got = trend(QUARTERS[:n], np.exp(4 - 0.1 * np.arange(n)), seed=1)
    assert got.autocorrelation > carried(n)
    assert (got.verdict, got.testable) == ("improved", True)
    assert got.lower < got.slope < got.upper < 0
    known = trend(QUARTERS[:n], np.exp(4 - 0.1 * np.arange(n)), seed=1, autocorrelation=HARDEST)
    assert (got.p, got.lower, got.upper) == (known.p, known.lower, known.upper)
    assert str(HARDEST) in got.method


@pytest.mark.parametrize("option", [{"falling": "better"}, {"belief": "strong"}, {"unit": "month"}])
def test_a_misspelt_option_does_not_mean_another(option: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is none of"):
        trend(QUARTERS, FALLING, seed=1, **option)
    with pytest.raises(UsageError, match="level = 95"):
        trend(QUARTERS[:3], FALLING[:3], seed=1, level=95)
