"""Measures of analytical quality against arithmetic done by hand and by another path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe import qc
from wbe.errors import UsageError

positive = st.floats(1e-3, 1e6)
scale = st.floats(1e-3, 1e3)


def test_relative_percent_difference_by_hand() -> None:
    # |90 - 110| / 100; |1 - 3| / 2; nothing of nothing
    found = qc.relative_percent_difference([90, 1, 0], [110, 3, 0])
    assert found[:2] == pytest.approx([0.2, 1.0])
    assert np.isnan(found[2])
    assert qc.relative_percent_difference(0.0, 5.0) == pytest.approx(2.0)
    with pytest.raises(UsageError, match="not negative"):
        qc.relative_percent_difference(-1.0, 1.0)


@given(positive, positive, scale)
def test_a_difference_is_symmetric_and_knows_no_unit(a: float, b: float, k: float) -> None:
    rpd = qc.relative_percent_difference(a, b)
    assert rpd == pytest.approx(qc.relative_percent_difference(b, a))
    assert rpd == pytest.approx(qc.relative_percent_difference(k * a, k * b), rel=1e-9, abs=1e-12)
    assert 0 <= rpd <= 2


def test_pooled_rsd_by_hand() -> None:
    # sqrt((0.04 + 0.01 + 0.09) / 6)
    assert qc.pooled_rsd([0.2, -0.1, 0.3]) == pytest.approx(np.sqrt(0.14 / 6))
    assert qc.pooled_rsd([0.2, np.nan]) == pytest.approx(0.2 / np.sqrt(2))
    assert np.isnan(qc.pooled_rsd([]))


def test_pooled_rsd_recovers_the_repeatability_that_made_the_duplicates() -> None:
    rng = np.random.default_rng(1)
    level = np.exp(rng.normal(4, 1, 20_000))
    a, b = (level * (1 + 0.08 * rng.standard_normal(20_000)) for _ in "ab")
    # its standard error is 0.08 / sqrt(2 n)
    assert qc.pooled_rsd(qc.relative_percent_difference(a, b)) == pytest.approx(0.08, rel=0.02)


def test_calibration_r2_by_hand() -> None:
    # S_xx 2, S_yy 14/3, S_xy 3: 9 / (28/3)
    assert qc.calibration_r2([1, 2, 3], [1, 2, 4], [1, 1, 1]) == pytest.approx(27 / 28)
    assert qc.calibration_r2([1, 10, 100], [2, 20, 200]) == pytest.approx(1.0)
    assert np.isnan(qc.calibration_r2([1, 2], [1, 2]))
    assert np.isnan(qc.calibration_r2([1, 2, 3], [5, 5, 5]))


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.5, 2)), min_size=4, max_size=9,
             unique_by=lambda pair: round(pair[0], 2)),
    scale,
)  # fmt: skip
def test_unweighted_r2_is_that_of_a_fitted_line(pairs: list[tuple[float, float]], k: float) -> None:
    x = np.array([p[0] for p in pairs])
    y = x * np.array([p[1] for p in pairs])
    slope, offset = np.polyfit(x, y, 1)
    total = ((y - y.mean()) ** 2).sum()
    if total < 1e-6 * y.mean() ** 2:
        return
    by_residuals = 1 - ((y - slope * x - offset) ** 2).sum() / total
    ones = np.ones(len(x))
    assert qc.calibration_r2(x, y, ones) == pytest.approx(by_residuals, abs=1e-6)
    assert qc.calibration_r2(k * x, k * y) == pytest.approx(qc.calibration_r2(x, y), abs=1e-6)


def test_weights_count_as_repeats() -> None:
    x, y = np.array([1.0, 2.0, 5.0]), np.array([1.1, 1.9, 5.2])
    repeated = qc.calibration_r2(np.repeat(x, [3, 2, 1]), np.repeat(y, [3, 2, 1]), np.ones(6))
    assert qc.calibration_r2(x, y, [3, 2, 1]) == pytest.approx(repeated)


def test_areas_blanks_and_charts_by_hand() -> None:
    assert qc.relative_to_median([50, 100, 160, np.nan])[:3] == pytest.approx([0.5, 1, 1.6])
    assert np.isnan(qc.relative_to_median([50, 100])).all()
    assert np.isnan(qc.relative_to_median([0, 0, 0])).all()
    assert qc.loq_to_blank([1.0, 0.0], 3.0).tolist() == [3.0, np.inf]
    # mean 1, s = 0.1
    assert qc.control_chart([0.9, 1.0, 1.1]) == pytest.approx([-1, 0, 1])
    assert np.isnan(qc.control_chart([1.0, 1.0])).all()
    assert qc.relative_deviation([9, 1], [10, 0])[0] == pytest.approx(-0.1)
    assert np.isnan(qc.relative_deviation([1], [0])[0])


@given(st.lists(positive, min_size=3, max_size=8), scale)
def test_areas_relative_to_their_median_know_no_unit(areas: list[float], k: float) -> None:
    x = np.array(areas)
    assert qc.relative_to_median(k * x) == pytest.approx(qc.relative_to_median(x), rel=1e-9)


def test_spike_recovery_by_hand() -> None:
    # (145 - 50) / 100; u^2 = 0.01 (145^2 + 50^2) / 100^2 + (0.95 * 0.02)^2
    assert qc.spike_recovery(145, 50, 100) == pytest.approx(0.95)
    u = qc.spike_recovery_uncertainty(145, 50, 100, rsd=0.1, added_rsd=0.02)
    assert u == pytest.approx(np.sqrt(0.01 * (145**2 + 50**2) / 1e4 + 0.019**2))
    assert np.isnan(qc.spike_recovery(1, 0, 0))


@given(positive, st.floats(0, 1e4), st.floats(0.3, 1.4), scale)
def test_a_recovery_finds_the_share_that_was_recovered(
    added: float, before: float, share: float, k: float
) -> None:
    spiked = before + share * added
    found = qc.spike_recovery(spiked, before, added)
    assert found == pytest.approx(share, abs=1e-9 * max(1, before / added) * 100)
    same = qc.spike_recovery(k * spiked, k * before, k * added)
    assert same == pytest.approx(float(found), abs=1e-6)


def test_the_uncertainty_of_a_recovery_is_that_of_many_repeats() -> None:
    rng = np.random.default_rng(2)
    n = 200_000
    spiked = 145 * (1 + 0.05 * rng.standard_normal(n))
    before = 50 * (1 + 0.05 * rng.standard_normal(n))
    added = 100 * (1 + 0.02 * rng.standard_normal(n))
    u = qc.spike_recovery_uncertainty(145, 50, 100, rsd=0.05, added_rsd=0.02)
    assert qc.spike_recovery(spiked, before, added).std() == pytest.approx(float(u), rel=0.01)
