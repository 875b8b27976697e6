"""Plotting positions and lines of ROS, by hand and against many samples solved at once."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring import (
    MEAN,
    Quantity,
    censored,
    fit_likelihood,
    robust_ros,
)
from wbe.qc.censoring.families import LOGNORMAL
from wbe.qc.censoring.quantities import SD


def sample(seed=0, n=30, limits=(0.4, 0.8, 1.5)):
    rng = np.random.default_rng(seed)
    truth, limit = rng.lognormal(size=n), rng.choice(limits, n)
    return censored(np.maximum(truth, limit), truth < limit)


def test_positions_of_helsel_and_cohn_by_hand():
    # P(X >= 10) = 2/4; P(X >= 1) = 1/2 + (2/4)(1/2) ... as in their equations 1 to 4
    x = censored([1, 1, 3, 7, 10, 18], [True, True, False, False, False, False])
    exceed = 4 / 6
    position = np.array([1 - exceed + exceed * r / 5 for r in (1, 2, 3, 4)])
    slope, intercept = np.polyfit(ndtri(position), np.log([3, 7, 10, 18]), 1)
    fit = robust_ros(x, "helsel_cohn")
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-12)
    below = np.exp(intercept + slope * ndtri((1 - exceed) * np.array([1, 2]) / 3))
    assert fit.filled.tolist() == pytest.approx([*below, 3, 7, 10, 18], rel=1e-12)


def test_positions_of_two_limits_by_hand():
    x = censored([1, 2, 5, 5, 6, 9], [True, False, True, False, False, False])
    # at 5: 3 detects at or above, beneath it the detect 2 and both non-detects: P(X >= 5) = 3/6
    # at 1: one detect in [1, 5), one non-detect: P(X >= 1) = 3/6 + (3/6)(1/2) = 3/4
    position = np.array([0.25 + 0.25 / 2, 0.5 + 0.5 / 4, 0.5 + 0.5 * 2 / 4, 0.5 + 0.5 * 3 / 4])
    slope, intercept = np.polyfit(ndtri(position), np.log([2, 5, 6, 9]), 1)
    fit = robust_ros(x, "helsel_cohn")
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-12)
    of_1, of_5 = np.exp(intercept + slope * ndtri([0.25 / 2, 0.5 / 2]))
    assert fit.filled.tolist() == pytest.approx([of_1, 2, of_5, 5, 6, 9], rel=1e-12)


def test_a_value_from_the_line_is_kept_within_its_result():
    x = censored([1.0] * 8 + [3.0, 3.3, 3.6], [True] * 8 + [False] * 3)
    assert robust_ros(x, "helsel_cohn").filled[:8].max() > 1.0
    assert robust_ros(x).filled[:8].max() == 1.0
    between = censored([3.0, 3, 1, 5, 8, 9], [True, True, True, False, False, False], lod=1.0)
    assert robust_ros(between).filled[:2].min() >= 1.0


def test_the_interval_is_coxs_without_non_detects():
    x = sample(limits=(1e-9,))
    y, fit = np.log(x.values), robust_ros(x)
    n, s = x.n, fit.slope
    half = stats.t.ppf(0.975, n - 1) * np.sqrt(s**2 / n + s**4 / (2 * n))
    expected = fit.mean * np.exp([-half, half])
    assert fit.interval(MEAN) == pytest.approx(expected, rel=1e-9)
    assert s == pytest.approx(y.std(ddof=1), rel=0.15)


def test_the_interval_has_students_t_of_the_detects_and_not_of_all_results():
    x = sample(7, n=12)
    fit = robust_ros(x)
    assert 2 < x.n_detected < x.n - 2
    wide, narrow = (np.log(fit.interval(MEAN, p)[1] / fit.mean) for p in (0.95, 0.5))
    t = stats.t.ppf([0.975, 0.75], x.n_detected - 1)
    assert wide / narrow == pytest.approx(t[0] / t[1], rel=1e-9)


@pytest.mark.parametrize("quantity", [MEAN, SD, Quantity("percentile", 0.9)])
def test_the_gradient_of_a_quantity_is_the_slope_of_its_log(quantity):
    for log_sd in (-1.0, 0.0, 0.7):
        near = LOGNORMAL.value(quantity, np.zeros(2), log_sd + np.array([-1e-5, 1e-5]))
        got = LOGNORMAL.shape_slope(quantity, float(np.exp(log_sd)))
        assert got == pytest.approx((near[1] - near[0]) / 2e-5, rel=1e-6)


def test_the_interval_of_an_exceedance_holds_the_share_and_stays_a_share():
    x = sample(4)
    for threshold in (0.01, 0.5, 2.0, 50.0):
        quantity = Quantity("exceedance", threshold)
        lower, upper = robust_ros(x).interval(quantity)
        assert 0 <= lower <= robust_ros(x).value(quantity) <= upper <= 1
    inside = robust_ros(x).interval(Quantity("exceedance", 2.0))
    profile = fit_likelihood(x).interval(Quantity("exceedance", 2.0))
    assert inside == pytest.approx(profile, abs=0.06)


def test_equal_detects_without_non_detects_have_a_mean_and_no_interval():
    fit = robust_ros(censored([2.0, 2.0, 2.0], [False] * 3))
    assert fit.mean == 2.0
    assert np.isnan([fit.slope, *fit.interval(MEAN)]).all()


def test_refusals():
    with pytest.raises(TooFewDetectsError, match="1 different"):
        robust_ros(censored([1.0, 2.0, 2.0], [True, False, False]))
    with pytest.raises(UsageError, match="capped, helsel_cohn, nada"):
        robust_ros(sample(), "NADA")
