"""What tests of trend must not depend on, and what they must follow (property 29, and 16)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wbe.trends import (
    ar1_bootstrap,
    hamed_rao,
    mann_kendall,
    seasonal_kendall,
    seasonal_sen_slope,
    sen_slope,
    trend,
)

QUICK = settings(max_examples=60, deadline=None)
# No shrinking where each example simulates.
FEW = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])

# Halves, so that differences, products with small whole numbers and shifts are exact.
whole = st.integers(-40, 40).map(lambda k: k / 2)


@st.composite
def series(draw, least: int = 4, most: int = 14) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(least, most))
    days = draw(st.lists(st.integers(0, 900), min_size=n, max_size=n, unique=True))
    values = draw(hnp.arrays(float, n, elements=whole))
    return np.sort(np.array(days, dtype=float)), values


def rising(y: np.ndarray) -> np.ndarray:
    return np.exp(y / 8) + y**3


@QUICK
@given(series())
def test_s_and_every_p_follow_the_order_alone(data) -> None:
    t, y = data
    plain, bent = mann_kendall(t, y), mann_kendall(t, rising(y))
    assert (plain.s, plain.p, plain.tau_b) == (bent.s, bent.p, bent.tau_b)
    assert mann_kendall(np.sqrt(t + 1), y).s == plain.s


@QUICK
@given(series())
def test_time_reversal_negates_s_and_leaves_p(data) -> None:
    t, y = data
    forth, back = mann_kendall(t, y), mann_kendall(-t, y)
    assert (back.s, back.variance, back.p) == (-forth.s, forth.variance, forth.p)
    assert sen_slope(-t, y).slope == -sen_slope(t, y).slope


@QUICK
@given(series(), st.sampled_from([-4.0, -0.5, 2.0, 8.0]), whole)
def test_the_slope_of_sen_follows_scale_and_not_shift(data, k: float, c: float) -> None:
    t, y = data
    plain, moved = sen_slope(t, y), sen_slope(t, k * y + c)
    assert moved.slope == pytest.approx(k * plain.slope, rel=1e-12, abs=1e-12)
    ends = (plain.lower, plain.upper) if k > 0 else (plain.upper, plain.lower)
    for got, end in zip((moved.lower, moved.upper), ends, strict=True):
        assert got == (None if end is None else pytest.approx(k * end, rel=1e-12, abs=1e-12))


@QUICK
@given(series(), st.integers(-3000, 3000))
def test_shifted_dates_change_nothing(data, days: int) -> None:
    t, y = data
    dates = np.datetime64("2020-01-01") + t.astype("timedelta64[D]")
    later = dates + np.timedelta64(days, "D")
    assert mann_kendall(dates, y) == mann_kendall(later, y)
    assert sen_slope(later, y, unit="day").slope == sen_slope(dates, y, unit="day").slope
    assert hamed_rao(later, y).s == hamed_rao(dates, y).s


@QUICK
@given(series(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(data, random) -> None:
    t, y = data
    rows = list(range(len(t)))
    random.shuffle(rows)
    assert mann_kendall(t[rows], y[rows]) == mann_kendall(t, y)
    assert sen_slope(t[rows], y[rows]) == sen_slope(t, y)


@QUICK
@given(
    hnp.arrays(float, (5, 4), elements=whole),
    hnp.arrays(float, 4, elements=whole),
    st.sampled_from(["independent", "covariance"]),
)
def test_an_offset_of_each_season_leaves_the_seasonal_test(table, offsets, between) -> None:
    years, seasons = np.repeat(np.arange(2018.0, 2023.0), 4), np.tile(np.arange(4), 5)
    plain = seasonal_kendall(years, table.ravel(), seasons, between=between)
    moved = seasonal_kendall(years, (table + offsets).ravel(), seasons, between=between)
    assert (plain.s, plain.variance, plain.p) == (moved.s, moved.variance, moved.p)
    assert plain.heterogeneity == moved.heterogeneity
    slopes = [seasonal_sen_slope(years, y.ravel(), seasons) for y in (table, table + offsets)]
    assert slopes[0].slope == slopes[1].slope


@FEW
@given(series(least=6), st.integers(-2000, 2000))
def test_the_bootstrap_follows_order_and_gaps_alone(data, days: int) -> None:
    t, y = data
    y = y + np.arange(len(y)) / 1000  # not all equal
    test = ar1_bootstrap(t, y, seed=3, draws=200)
    assert ar1_bootstrap(t, rising(y), seed=3, draws=200) == test
    assert ar1_bootstrap(t + days, y, seed=3, draws=200) == test
    back = ar1_bootstrap(-t, y, seed=3, draws=200)
    assert back.s == -test.s
    assert back.autocorrelation == pytest.approx(test.autocorrelation, rel=1e-9)
    # Other draws of the same distribution.
    assert back.p == pytest.approx(test.p, abs=4 * np.sqrt(2) * 0.5 / np.sqrt(200))


@FEW
@given(hnp.arrays(float, (5, 4), elements=whole), hnp.arrays(float, 4, elements=whole))
def test_an_offset_of_each_season_leaves_the_seasonal_bootstrap(table, offsets) -> None:
    table = table + np.arange(20).reshape(5, 4) / 1024  # exact in binary
    t, seasons = np.arange(20.0), np.tile(np.arange(4), 5)
    got = [
        ar1_bootstrap(t, y.ravel(), seasons=seasons, seed=3, draws=200)
        for y in (table, table + offsets)
    ]
    assert got[0] == got[1]


@FEW
@given(
    hnp.arrays(float, 14, elements=st.integers(1, 4000).map(float)), st.sampled_from([0.25, 8.0])
)
def test_units_and_direction_change_the_answer_as_they_must(y, k: float) -> None:
    y = y + np.arange(14) / 4
    t = np.arange(14) / 4
    plain, scaled, turned = (trend(t, x, seed=5, draws=200) for x in (y, k * y, 1 / y))
    assert (scaled.verdict, scaled.p) == (plain.verdict, plain.p)
    if plain.slope is not None:
        assert scaled.slope == pytest.approx(plain.slope, abs=1e-9)
        assert turned.slope == pytest.approx(-plain.slope, abs=1e-9)
    opposite = {"improved": "worse", "worse": "improved"}
    assert turned.verdict == opposite.get(plain.verdict, plain.verdict)
    called = trend(t, y, seed=5, draws=200, falling="worse")
    assert called.verdict == opposite.get(plain.verdict, plain.verdict)
