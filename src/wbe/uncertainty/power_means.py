"""Means of powers of a factor: what a product of independent factors has as its mean."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from wbe.uncertainty.bounded import Beta, Empirical, Pert, Triangular, Uniform
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.normal_family import (
    CensoredInterval,
    LogitNormal,
    Lognormal,
    TruncatedNormal,
)

Floats = NDArray[np.float64]

_FARTHEST = 37.0  # scores beyond have a probability of 0 in floating point
_LEAST = 0.06  # of the exponent of the integrand of a mean: 9 sds then reach to `_FARTHEST`


@functools.lru_cache(maxsize=4_096)
def power_mean(shape: Distribution, power: float) -> float:
    """Return E[(X / median)^power].

    Parameters
    ----------
    shape : Distribution
        Positive.
    power : float

    Returns
    -------
    float
        NaN where it is infinite, as E[1 / X] is for a density that is above 0 at 0, or where the
        power is within 6 % of the first one for which it is.

    Notes
    -----
    Closed forms of lognormal and beta on [0, high], else E = int (F^-1(Phi(z)) / median)^p dPhi(z).
    """
    left = 1 + min(power, 0.0) / _index_at_zero(shape)
    if left < _LEAST:
        return math.nan
    if isinstance(shape, Lognormal):
        return math.exp((power * shape.log_sd) ** 2 / 2)
    if power == 1:
        return shape.mean / shape.median
    beta = as_beta(shape)
    if beta is not None and beta.low == 0:
        log = betaln(beta.a + power, beta.b) - betaln(beta.a, beta.b)
        return math.exp(log + power * math.log(beta.high / beta.median))
    if isinstance(shape, TruncatedNormal) and shape.low == 0:
        return _mean_from_density(shape, power)
    # the integrand falls as exp(-left z^2 / 2), or has its peak at power * sd
    reach = min(_FARTHEST, 9.0 / math.sqrt(left) + abs(power) * _tail_sd(shape))
    a_unit = 20 if isinstance(shape, LogitNormal) else 200  # without kinks few nodes are exact
    z = np.linspace(-reach, reach, 2 * math.ceil(a_unit * reach) + 1)
    log_weight = -(z**2) / 2
    value = np.exp(power * log_values(shape, z) + log_weight)
    return float(value.sum() / np.exp(log_weight).sum())


def _mean_from_density(shape: TruncatedNormal, power: float) -> float:
    """Return the mean over u = x^(1 + power), where the density is finite down to 0.

    E[X^p] = int x^p f(x) dx = int f(u^(1 / (1 + p))) du / (1 + p), in panels between quantiles.
    """
    ends = np.concatenate([[0.0], shape.value(np.linspace(-6.0, 9.0, 31))])
    nodes, weights = np.polynomial.legendre.leggauss(24)

    def integral(q: float) -> float:
        edges = np.unique(ends ** (1 + q))
        half = np.diff(edges)[:, None] / 2
        x = (edges[:-1, None] + half * (1 + nodes)) ** (1 / (1 + q))
        density = np.exp(-(((x - shape.centre) / shape.sd) ** 2) / 2)
        return float((half * weights * density).sum() / (1 + q))

    return integral(power) / integral(0.0) / shape.median**power


def _tail_sd(shape: Distribution) -> float:
    if isinstance(shape, LogitNormal):
        return shape.logit_sd
    return shape.log_sd if isinstance(shape, CensoredInterval) else 0.0


def as_beta(shape: Distribution) -> Beta | None:
    """Return beta, PERT and uniform as a beta, None for others."""
    if isinstance(shape, Pert):
        return shape.as_beta
    if isinstance(shape, Uniform):
        return Beta(1.0, 1.0, shape.low, shape.high)
    return shape if isinstance(shape, Beta) else None


def _index_at_zero(shape: Distribution) -> float:
    """Return a where P(X <= x) falls as x^a towards 0; infinite where it falls faster."""
    if shape.support[0] > 0:
        return math.inf
    if isinstance(shape, (TruncatedNormal, Empirical)):
        return 1.0
    if isinstance(shape, Triangular):
        return 1.0 if shape.mode == 0 else 2.0
    beta = as_beta(shape)
    return math.inf if beta is None else beta.a


def log_values(shape: Distribution, scores: Floats) -> Floats:
    """Return ln(X / median) at standard normal scores, without the table of `log_error`."""
    if not shape.tabulated:
        return shape.log_error(scores)
    with np.errstate(divide="ignore"):
        return np.log(shape.value(scores) / shape.median)
