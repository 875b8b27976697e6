"""Linear models of logs with results below limits, by maximum likelihood; independent errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.qc.censoring.families import log_between

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TobitFit:
    """Maximum likelihood fit of y = X b + e, e independent N(0, sd^2), y in [low, high].

    Attributes
    ----------
    coefficients : ndarray (p,)
    covariance : ndarray (p, p)
        Of the coefficients: their part of the inverse observed information.
    sd : float
        Standard deviation of the errors [1].
    log_likelihood : float
    """

    coefficients: Floats
    covariance: Floats
    sd: float
    log_likelihood: float


def fit_tobit(low: Floats, high: Floats, x: Floats) -> TobitFit:
    """Fit a linear model to logs of which some are known only to lie in an interval.

    Parameters
    ----------
    low, high : ndarray (n,) [1]
        Ends of each log; equal for a detect, `low` may be -inf.
    x : ndarray (n, p)

    Returns
    -------
    TobitFit

    Raises
    ------
    UsageError
        If the likelihood has no maximum: the terms separate detects from non-detects, or the
        detects lie exactly on the model.

    Notes
    -----
    ln L = sum over detects of ln phi((y - x b)/sd) - ln sd
    + sum over non-detects of ln(Phi((high - x b)/sd) - Phi((low - x b)/sd)).

    References
    ----------
    Tobin 1958, 10.2307/1907382
    """
    from scipy.optimize import minimize

    start, spread = _start(low, high, x)
    found = minimize(
        _negative, np.append(start, np.log(spread)), args=(low, high, x), jac=True, method="BFGS",
        options={"gtol": 1e-9, "maxiter": 500},
    )  # fmt: skip
    information = _information(found.x, low, high, x)
    sound = np.abs(found.jac).max() < 1e-4 * len(low) and np.isfinite(information).all()
    if not sound or not (np.linalg.eigvalsh(information) > 1e-10).all():
        raise UsageError(
            "the censored likelihood has no maximum on these results: leave out terms, or use more "
            "detects"
        )
    covariance = np.linalg.inv(information)[:-1, :-1]
    return TobitFit(
        found.x[:-1],
        np.asarray(covariance, dtype=float),
        float(np.exp(found.x[-1])),
        -float(found.fun),
    )


def _start(low: Floats, high: Floats, x: Floats) -> tuple[Floats, float]:
    """Return least squares with non-detects at half their limit."""
    y = np.where(low < high, high - np.log(2), high)
    coefficients = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=float)
    return coefficients, max(float(np.std(y - x @ coefficients)), 1e-3)


def _negative(p: Floats, low: Floats, high: Floats, x: Floats) -> tuple[float, Floats]:
    """Return minus the log likelihood and its gradient in (b, ln sd)."""
    sd = np.exp(p[-1])
    mean, below = x @ p[:-1], low < high
    z = (high - mean)[~below] / sd
    a, b = (low - mean)[below] / sd, (high - mean)[below] / sd
    log_p = log_between(a, b)
    top, bottom = _density(b, log_p), _density(a, log_p)
    value = (z**2).sum() / 2 + len(z) * (p[-1] + np.log(2 * np.pi) / 2) - log_p.sum()
    slope = np.zeros(len(low))  # d(-ln L)/d mean
    slope[~below], slope[below] = -z / sd, (top - bottom) / sd
    at_a = np.where(np.isfinite(a), a, 0.0) * bottom
    scale = len(z) - (z**2).sum() + (b * top - at_a).sum()
    return float(value), np.append(x.T @ slope, scale)


def _density(z: Floats, log_p: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-(z**2) / 2 - log_p) / np.sqrt(2 * np.pi))


def _information(p: Floats, low: Floats, high: Floats, x: Floats) -> Floats:
    """Return the observed information by central differences of the gradient."""
    step = 1e-5
    rows = []
    for k in range(len(p)):
        d = np.zeros(len(p))
        d[k] = step
        difference = _negative(p + d, low, high, x)[1] - _negative(p - d, low, high, x)[1]
        rows.append(difference / (2 * step))
    information = np.array(rows)
    return np.asarray((information + information.T) / 2)
