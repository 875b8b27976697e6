"""Maximum of the lognormal likelihood of results with limits, by Newton's method."""

from __future__ import annotations

import math

import numpy as np

from wbe.errors import TooFewDetectsError
from wbe.qc.censoring.data import Floats
from wbe.qc.censoring.edge_terms import edge_terms
from wbe.qc.censoring.families import LOGNORMAL, Reduced

_MAX_STEPS = 100
_SETTLED = 1e-9  # the step after it would be its square


def lognormal_maximum(data: Reduced) -> tuple[Floats, Floats]:
    """Return (mu, ln sigma) at the maximum, and the inverse observed information there.

    Parameters
    ----------
    data : Reduced
        With at least two different detects: these alone make a maximum exist.

    Returns
    -------
    parameters : ndarray (2,)
    covariance : ndarray (2, 2)

    Raises
    ------
    TooFewDetectsError
        If the steps do not converge or the information is not positive definite there.
    """
    sd = math.sqrt(data.square_log / max(data.n_detected - 1, 1))
    at = np.array([data.mean_log, math.log(sd)])
    value = float(LOGNORMAL.loss(data, at[0], at[1]))
    for _ in range(_MAX_STEPS):
        gradient, information = derivatives(data, *at)
        step = _step(gradient, information)
        at, value = _shortened(data, at, step, value)
        if np.abs(step).max() < _SETTLED:
            break
    else:
        raise TooFewDetectsError("the censored lognormal does not converge on these values")
    information = derivatives(data, *at)[1]
    if not (np.linalg.eigvalsh(information) > 0).all():
        raise TooFewDetectsError("the censored lognormal has no maximum on these values")
    return at, np.asarray(np.linalg.inv(information), dtype=float)


def derivatives(data: Reduced, mu: float, log_sd: float) -> tuple[Floats, Floats]:
    """Return gradient (2,) and Hessian (2, 2) of `Lognormal.loss` in (mu, ln sigma)."""
    sd = math.exp(log_sd)
    n, off = data.n_detected, data.mean_log - mu
    squares = (data.square_log + n * off**2) / sd**2
    with np.errstate(divide="ignore"):
        e = edge_terms((np.log(data.low) - mu) / sd, (np.log(data.high) - mu) / sd)
    a, b, p, q, w = e.a, e.b, e.p, e.q, data.count
    gradient = [
        -n * off / sd**2 - (e.slope * w).sum() / sd,
        n - squares + ((b * p - a * q) * w).sum(),
    ]
    h_mm = (n + (e.bend * w).sum()) / sd**2
    h_ms = 2 * n * off / sd**2 - ((b * e.bb + (a + b) * e.ab + a * e.aa - e.slope) * w).sum() / sd
    h_ss = 2 * squares - ((b**2 * e.bb + 2 * a * b * e.ab + a**2 * e.aa + b * p - a * q) * w).sum()
    return np.array(gradient), np.array([[h_mm, h_ms], [h_ms, h_ss]])


def _step(gradient: Floats, hessian: Floats) -> Floats:
    """Return the Newton step; far from the optimum the Hessian is made positive definite."""
    values, vectors = np.linalg.eigh(hessian)
    step = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-6))
    # a longer step on the log of the sd runs out of the floating-point range
    return np.asarray(step / max(1.0, float(np.abs(step).max())))


def _shortened(data: Reduced, at: Floats, step: Floats, value: float) -> tuple[Floats, float]:
    """Return the point along the step that does not raise the value, and the value there."""
    for _ in range(40):
        new = float(LOGNORMAL.loss(data, *(at + step)))
        if new <= value + 1e-12 * abs(value):
            break
        step = step / 2
    return at + step, new
