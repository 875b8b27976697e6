"""Smooth trend: against dense matrices, its bands, and when it says that something changed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.interpolate import BSpline

from wbe.errors import UsageError
from wbe.qc.censoring import censored
from wbe.trends import smooth, smooth_trend

RANDOM = np.random.default_rng(21)
DAYS = np.sort(RANDOM.choice(700, 26, replace=False)).astype(float)
LOGS = np.sin(DAYS / 150) + 0.3 * RANDOM.standard_normal(26)


def test_weights_are_the_restricted_likelihood_of_the_mixed_model() -> None:
    """Dense path: y ~ N(X b, R + Z Z'/lambda) with the spline's straight lines as X."""
    p = smooth._posterior(DAYS, LOGS)
    basis = p.spline(DAYS)
    k = basis.shape[1]
    penalty = np.diff(np.eye(k), 2, axis=0)
    values, vectors = np.linalg.eigh(penalty.T @ penalty)
    z = basis @ vectors[:, 2:] / np.sqrt(values[2:])
    contrasts = np.linalg.svd(basis @ vectors[:, :2])[0][:, 2:]
    gap = smooth.typical_gap(DAYS)
    information = basis.T @ basis
    scale = np.trace(information) / np.trace(penalty.T @ penalty)
    found = []
    for rho in smooth._RHO:
        r = np.where(np.eye(26) > 0, 1.0, float(rho) ** (np.abs(DAYS[:, None] - DAYS) / gap))
        for lam in scale * 10.0**smooth._SMOOTHNESS:
            v = contrasts.T @ (r + z @ z.T / lam) @ contrasts
            y = contrasts.T @ LOGS
            found.append(
                np.log1p(-rho) - np.linalg.slogdet(v)[1] / 2
                - len(v) / 2 * np.log(y @ np.linalg.solve(v, y))
            )  # fmt: skip
    weight = np.exp(np.array(found) - max(found))
    assert p.weight == pytest.approx(weight / weight.sum(), abs=1e-7)


def test_the_stiffest_spline_is_the_straight_line() -> None:
    p = smooth._posterior(DAYS, LOGS)
    at = np.flatnonzero(p.rho == 0)[-1]  # rho 0, largest penalty
    line = stats.linregress(DAYS, LOGS)
    assert p.spline(DAYS) @ p.coefficients[at] == pytest.approx(
        line.intercept + line.slope * DAYS, abs=0.01
    )
    assert p.effective_df[at] == pytest.approx(2, abs=0.01)


def test_a_change_is_found_where_it_is() -> None:
    random = np.random.default_rng(1)
    dates = np.datetime64("2022-01-05") + 7 * np.arange(104)
    rise = np.clip((np.arange(104) - 52) / 30, 0, 1)
    found = smooth_trend(dates, 40 * np.exp(rise + 0.15 * random.standard_normal(104)))
    (name, first, last), *more = found.periods
    start = float((dates[0] - np.datetime64(0, "D")) / np.timedelta64(1, "D"))
    assert name == "rising" and not more
    assert start + 7 * 40 < first < last < start + 7 * 92
    truth = 40 * np.exp(np.interp(found.days, start + 7 * np.arange(104), rise))
    assert ((found.band_lower <= truth) & (truth <= found.band_upper)).all()


def test_a_simultaneous_band_is_wider_and_bands_nest() -> None:
    wide = smooth_trend(DAYS, np.exp(LOGS), unit="day")
    narrow = smooth_trend(DAYS, np.exp(LOGS), level=0.5, unit="day")
    assert (wide.band_lower < wide.lower).all() and (wide.upper < wide.band_upper).all()
    assert (wide.lower < narrow.lower).all() and (narrow.upper < wide.upper).all()
    assert (wide.lower < wide.value).all() and (wide.value < wide.upper).all()


def test_it_repeats_and_does_not_mind_order_unit_or_dates() -> None:
    one = smooth_trend(DAYS, np.exp(LOGS), seed=3, unit="day")
    order = np.random.default_rng(0).permutation(26)
    two = smooth_trend(DAYS[order] + 35, 1000 * np.exp(LOGS[order]), seed=3, unit="day")
    assert two.value == pytest.approx(1000 * one.value, rel=1e-6)
    assert two.days == pytest.approx(one.days + 35)
    assert two.rate_upper == pytest.approx(one.rate_upper, rel=1e-4)


def test_what_cannot_be_smoothed_says_so() -> None:
    found = smooth_trend(30.0 * np.arange(11), np.ones(11) + np.arange(11) % 2, unit="day")
    assert not found.testable and "11 rounds" in found.reason and found.periods == ()
    with pytest.raises(UsageError, match="lie below a limit"):
        smooth_trend(DAYS, censored(np.exp(LOGS), LOGS < 0), unit="day")
    with pytest.raises(UsageError, match="all values are equal"):
        smooth_trend(DAYS, np.full(26, 3.0), unit="day")


def test_the_basis_sums_to_one() -> None:
    knots = smooth._knots(0.0, 100.0, 30)
    basis = BSpline(knots, np.eye(len(knots) - 4), 3)(np.linspace(0, 100, 50))
    assert basis.sum(axis=1) == pytest.approx(np.ones(50))
