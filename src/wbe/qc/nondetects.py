"""Non-detects: their bounds, named substitutions, and the censored lognormal that draws use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from wbe.errors import UsageError

Floats = NDArray[np.float64]

_MAX_STEPS = 100
MIN_DETECTS = 5
MAX_CENSORED_SHARE = 0.8
WITHOUT_DRAWS = "limit/2"
"""Substitution used for means when there are no draws and `nondetects` is ``censored``."""

_SUBSTITUTIONS: dict[str, tuple[str, float]] = {
    "limit/2": ("limit", 0.5),
    "limit": ("limit", 1.0),
    "lod": ("lod", 1.0),
    "loq": ("loq", 1.0),
    "lod/2": ("lod", 0.5),
    "loq/2": ("loq", 0.5),
    "lod/sqrt2": ("lod", 1 / math.sqrt(2)),
    "loq/sqrt2": ("loq", 1 / math.sqrt(2)),
    "zero": ("limit", 0.0),
    # Half the limit enters means (SL 219-2013, 12.2.5); its other half, zero in total loads, does
    # not arise here, because a non-detect's own total is given by its bounds.
    "sl219": ("limit", 0.5),
}

RULES = ("censored", *_SUBSTITUTIONS)
"""Accepted values of `nondetects`."""


@dataclass(frozen=True)
class LognormalFit:
    """Censored lognormal fit.

    Attributes
    ----------
    mu, log_sd : float
        Mean of the natural log, and natural log of its sd [1].
    covariance : ndarray (2, 2)
        Asymptotic covariance of (mu, log_sd).
    n, n_censored : int
        Values used, and how many of them lay below a limit.
    """

    mu: float
    log_sd: float
    covariance: Floats
    n: int
    n_censored: int

    @property
    def sd(self) -> float:
        """Standard deviation of the natural log [1]."""
        return math.exp(self.log_sd)

    @property
    def factor(self) -> Floats:
        """Cholesky factor of the covariance, shape (2, 2)."""
        return np.asarray(np.linalg.cholesky(self.covariance), dtype=float)


def require_rule(name: str) -> str:
    """Return `name` if it is a known rule for non-detects.

    Raises
    ------
    UsageError
        If it is not; the message lists the rules.
    """
    if name not in RULES:
        raise UsageError(f"nondetects = {name!r} is not known; use one of {', '.join(RULES)}")
    return name


def reporting_limit(status: NDArray[np.str_], lod: Floats, loq: Floats) -> Floats:
    """Return the limit that a non-detect lies below, NaN where it is unknown or not censored.

    Parameters
    ----------
    status : ndarray, any shape, of str
    lod, loq : ndarray, same shape [any one unit]

    Returns
    -------
    ndarray, same shape [same unit]
        The LOD below the LOD, the LOQ below the LOQ; where only the other one is stated, that one.
    """
    below_lod = np.where(np.isnan(lod), loq, lod)
    below_loq = np.where(np.isnan(loq), lod, loq)
    limit = np.where(status == "below_lod", below_lod, np.nan)
    return np.where(status == "below_loq", below_loq, limit)


def substitute(rule: str, limit: Floats, lod: Floats, loq: Floats) -> Floats:
    """Return the values that a named substitution puts in the place of non-detects.

    Parameters
    ----------
    rule : str
        One of `RULES`; ``censored`` is `WITHOUT_DRAWS` here.
    limit, lod, loq : ndarray, any shape [any one unit]

    Returns
    -------
    ndarray, same shape [same unit]
        NaN where the limit that the rule names is not stated.

    Raises
    ------
    UsageError
        If the rule is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.qc import substitute
    >>> one = np.array([3.0])
    >>> float(substitute("loq/2", one, np.array([1.0]), one)[0])
    1.5
    """
    rule = WITHOUT_DRAWS if require_rule(rule) == "censored" else rule
    which, by = _SUBSTITUTIONS[rule]
    return {"limit": limit, "lod": lod, "loq": loq}[which] * by


def fit_lognormal(values: Floats, limits: Floats) -> LognormalFit:
    """Fit a lognormal to values and limits by maximum likelihood.

    Parameters
    ----------
    values : ndarray (n,) [any one unit]
        Quantified values; NaN where censored.
    limits : ndarray (n,) [same unit]
        Limits of the censored values; ignored where there is a value.

    Returns
    -------
    LognormalFit

    Raises
    ------
    UsageError
        With fewer than `MIN_DETECTS` quantified values, more than `MAX_CENSORED_SHARE` censored, a
        value or limit that is not positive, or values that are all equal: no distribution can be
        told from these.

    Notes
    -----
    log L = sum over detects of ln phi((y - mu)/sd) - ln sd + sum over non-detects of
    ln Phi((l - mu)/sd), y and l natural logs. The covariance is the inverse observed information.

    References
    ----------
    Antweiler 2008, 10.1021/es071301c
    """
    y, low = _checked_logs(values, limits)
    n_censored = len(low)

    at = np.array([y.mean(), math.log(y.std(ddof=1))])
    value, gradient, information = _negative_log_likelihood(at, y, low)
    for _ in range(_MAX_STEPS):
        step = _newton_step(gradient, information)
        at, new = _shortened(at, step, value, y, low)
        done = abs(new[0] - value) <= 1e-14 * abs(value) and np.abs(new[1]).max() < 1e-8
        value, gradient, information = new
        if done:
            break
    else:
        raise UsageError("the censored lognormal does not converge on these values")
    covariance = np.asarray(np.linalg.inv(information), dtype=float)
    if not (np.linalg.eigvalsh(information) > 0).all():
        raise UsageError("the censored lognormal has no maximum on these values")
    return LognormalFit(float(at[0]), float(at[1]), covariance, len(values), n_censored)


def _checked_logs(values: Floats, limits: Floats) -> tuple[Floats, Floats]:
    detected = ~np.isnan(values)
    y_raw, l_raw = values[detected], limits[~detected]
    if len(y_raw) < MIN_DETECTS:
        raise UsageError(f"{len(y_raw)} quantified values; a fit needs at least {MIN_DETECTS}")
    if len(l_raw) > MAX_CENSORED_SHARE * len(values):
        raise UsageError(f"{len(l_raw)} of {len(values)} values lie below a limit: too many to fit")
    if not ((y_raw > 0).all() and (l_raw > 0).all()):
        raise UsageError("values and limits of a lognormal must be positive and known")
    if np.ptp(y_raw) == 0:
        raise UsageError("all quantified values are equal: no spread can be fitted")
    return np.log(y_raw), np.log(l_raw)


def _negative_log_likelihood(p: Floats, y: Floats, low: Floats) -> tuple[float, Floats, Floats]:
    """Return the negative log likelihood with its gradient and Hessian in (mu, ln sd)."""
    mu, log_sd = p
    sd = math.exp(log_sd)
    a, b = (y - mu) / sd, (low - mu) / sd
    tail = log_ndtr(b)
    hazard = np.exp(-(b**2) / 2 - tail) / math.sqrt(2 * math.pi)  # phi / Phi
    bend = hazard * (hazard + b)  # minus its derivative
    value = (a**2).sum() / 2 + len(y) * log_sd - tail.sum()
    gradient = [(-a.sum() + hazard.sum()) / sd, len(y) - (a**2).sum() + (b * hazard).sum()]
    mixed = (2 * a.sum() - hazard.sum() + (b * bend).sum()) / sd
    second = 2 * (a**2).sum() - (b * hazard).sum() + (b**2 * bend).sum()
    hessian = [[(len(y) + bend.sum()) / sd**2, mixed], [mixed, second]]
    return float(value), np.array(gradient), np.array(hessian)


def _newton_step(gradient: Floats, hessian: Floats) -> Floats:
    """Return the Newton step; far from the optimum the Hessian is made positive definite."""
    values, vectors = np.linalg.eigh(hessian)
    step = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-6))
    # a longer step on the log of the sd runs out of the floating-point range
    return np.asarray(step / max(1.0, float(np.abs(step).max())))


def _shortened(
    at: Floats, step: Floats, value: float, y: Floats, low: Floats
) -> tuple[Floats, tuple[float, Floats, Floats]]:
    """Return the point along the step that does not raise the value."""
    for _ in range(40):
        new = _negative_log_likelihood(at + step, y, low)
        if new[0] <= value + 1e-12 * abs(value):
            break
        step = step / 2
    return at + step, new
