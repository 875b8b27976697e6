"""Maximum of the lognormal likelihood of results with limits, by Newton's method."""

from __future__ import annotations

import math

import numpy as np

from wbe.errors import TooFewDetectsError
from wbe.qc.censoring.data import Floats
from wbe.qc.censoring.families import LOGNORMAL, Reduced, log_between

_MAX_STEPS = 100
_SETTLED = 1e-9  # the step after it would be its square
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


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
    """Return gradient (2,) and Hessian (2, 2) of `Lognormal.loss` in (mu, ln sigma).

    For a range with ends a, b in units of sigma about mu and D = Phi(b) - Phi(a), with p = phi(b)/D
    and q = phi(a)/D: d ln D / db = p, d2/db2 = -p (b + p), d2/da db = p q, d2/da2 = q (a - q).
    """
    sd = math.exp(log_sd)
    n, off = data.n_detected, data.mean_log - mu
    squares = (data.square_log + n * off**2) / sd**2
    b, p = (np.log(data.high) - mu) / sd, np.zeros_like(data.high)
    with np.errstate(divide="ignore"):
        a = (np.log(data.low) - mu) / sd
    log_d = log_between(a, b)
    p = np.exp(-(b**2) / 2 - _LOG_SQRT_2PI - log_d)
    q = np.exp(-(a**2) / 2 - _LOG_SQRT_2PI - log_d)
    a = np.where(np.isinf(a), 0.0, a)  # its density is zero there, and so is every term
    bb, ab, aa, w = -p * (b + p), p * q, q * (a - q), data.count
    gradient = [
        -n * off / sd**2 + ((p - q) * w).sum() / sd,
        n - squares + ((b * p - a * q) * w).sum(),
    ]
    h_mm = (n - ((bb + 2 * ab + aa) * w).sum()) / sd**2
    h_ms = 2 * n * off / sd**2 - ((b * bb + (a + b) * ab + a * aa + p - q) * w).sum() / sd
    h_ss = 2 * squares - ((b**2 * bb + 2 * a * b * ab + a**2 * aa + b * p - a * q) * w).sum()
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
