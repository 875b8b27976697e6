"""Non-detects: their bounds, named substitutions, and the censored lognormal that draws use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    from wbe.qc.censoring.data import Censored

Floats = NDArray[np.float64]

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
    "soil_hjt166": ("limit", 0.5),
    "surface_2020_82": ("limit", 0.5),
    # HJ 91 rules how a non-detect is stored, as its limit with the flag L, and nothing on means: a
    # mean over stored numbers takes the limit.
    "hj91_L": ("limit", 1.0),
}

TOTALS = {"sl219": "zero", "hj91_L": "excluded"}
"""Rules that treat non-detects in sums over results (total loads) otherwise than in means."""

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


def fit_lognormal(values: Floats, limits: Floats, least: Floats | None = None) -> LognormalFit:
    """Fit a lognormal to values and limits by maximum likelihood.

    Parameters
    ----------
    values : ndarray (n,) [any one unit]
        Quantified values; NaN where censored.
    limits : ndarray (n,) [same unit]
        Limits of the censored values; ignored where there is a value.
    least : ndarray (n,), optional [same unit]
        What censored values are known to exceed, such as the LOD of a result below the LOQ; 0 where
        nothing is known. A limit that depends on the value is wrong without it.

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
    data = _checked(values, limits, np.zeros(len(values)) if least is None else least)
    # here, because the censored methods name the substitutions of this module
    from wbe.qc.censoring.families import reduced
    from wbe.qc.censoring.lognormal_newton import lognormal_maximum

    (mu, log_sd), covariance = lognormal_maximum(reduced(data))
    return LognormalFit(float(mu), float(log_sd), covariance, data.n, data.n_below)


def _checked(values: Floats, limits: Floats, least: Floats) -> Censored:
    from wbe.qc.censoring.data import Censored

    detected = ~np.isnan(values)
    n_detected, n_below = int(detected.sum()), int((~detected).sum())
    if n_detected < MIN_DETECTS:
        raise UsageError(f"{n_detected} quantified values; a fit needs at least {MIN_DETECTS}")
    if n_below > MAX_CENSORED_SHARE * len(values):
        raise UsageError(f"{n_below} of {len(values)} values lie below a limit: too many to fit")
    high = np.where(detected, values, limits)
    if not (high > 0).all():
        raise UsageError("values and limits of a lognormal must be positive and known")
    if np.ptp(values[detected]) == 0:
        raise UsageError("all quantified values are equal: no spread can be fitted")
    return Censored(np.where(detected, high, least), high)
