"""The censored lognormal that draws of results below limits are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from wbe.errors import UsageError
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.families import reduced
from wbe.qc.censoring.lognormal_newton import lognormal_maximum

MIN_DETECTS: Final = 5
MAX_CENSORED_SHARE: Final = 0.8


@dataclass(frozen=True)
class LognormalFit:
    """Censored lognormal fit.

    Attributes
    ----------
    mu, log_sd : float
        Mean of the natural log, and natural log of its sd [1].
    covariance : ndarray (2, 2) [1]
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

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import qc
    >>> found = np.array([12.0, 30.0, 18.0, 45.0, 22.0, np.nan, np.nan])
    >>> limits = np.array([np.nan] * 5 + [10.0, 10.0])
    >>> fit = qc.fit_lognormal(found, limits)
    >>> round(float(np.exp(fit.mu)), 1), round(fit.sd, 2)
    (16.1, 0.71)
    """
    data = _checked(values, limits, np.zeros(len(values)) if least is None else least)
    (mu, log_sd), covariance = lognormal_maximum(reduced(data))
    return LognormalFit(float(mu), float(log_sd), covariance, data.n, data.n_below)


def _checked(values: Floats, limits: Floats, least: Floats) -> Censored:
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
