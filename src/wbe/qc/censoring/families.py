"""Lognormal and gamma distribution of results with limits: likelihood, quantities, inverses.

Each family has two parameters: a location (mean of the logs; log of the mean) and a shape (log of
the sd of the logs; log of the gamma shape). Each quantity is a rising function of the location,
with a closed inverse, which is what profile likelihood and quadrature need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import (
    expit,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    gammaln,
    log_expit,
    log_ndtr,
    ndtri,
    ndtri_exp,
)

from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.quantities import Quantity


@dataclass(frozen=True, eq=False)
class Reduced:
    """What a likelihood needs of a sample: sums over detects, ranges of non-detects with counts.

    Attributes
    ----------
    n_detected : int
    mean_log, square_log : float
        Mean of ln(detect) and sum of squares about it.
    mean : float
        Mean of the detects [unit of the data].
    low, high, count : ndarray (m,)
        Distinct ranges of non-detects [unit of the data], and how often each occurs.
    """

    n_detected: int
    mean_log: float
    square_log: float
    mean: float
    low: Floats
    high: Floats
    count: Floats


def reduced(data: Censored) -> Reduced:
    """Return what a likelihood needs of a sample with at least one detect."""
    logs = np.log(data.values)
    pairs = np.stack([data.low[data.below], data.high[data.below]], axis=1)
    distinct, count = np.unique(pairs, axis=0, return_counts=True)
    return Reduced(
        len(logs),
        float(logs.mean()),
        float(((logs - logs.mean()) ** 2).sum()),
        float(data.values.mean()),
        distinct[:, 0],
        distinct[:, 1],
        count.astype(float),
    )


class Family(Protocol):
    """What profile likelihood and quadrature ask of a distribution."""

    name: str

    def loss(self, data: Reduced, location: Floats, shape: Floats) -> Floats:
        """Return minus the log likelihood of the values, same shape as the parameters."""

    def value(self, quantity: Quantity, location: Floats, shape: Floats) -> Floats:
        """Return the log of a quantity (logit of an exceedance)."""

    def locate(self, quantity: Quantity, value: Floats, shape: Floats) -> Floats:
        """Return the location at which a quantity has a value (log, or logit)."""


def log_between(low: Floats, high: Floats) -> Floats:
    """Return ln(Phi(high) - Phi(low)) without loss in either tail; low may be -inf."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    log_b = log_ndtr(b)
    with np.errstate(divide="ignore"):  # a range without width has the log probability -inf
        return np.asarray(log_b + np.log1p(-np.exp(log_ndtr(a) - log_b)))


class Lognormal:
    """Lognormal: location mu, the mean of ln(x); shape ln(sigma), sigma the sd of ln(x)."""

    name = "lognormal"

    def loss(self, data: Reduced, location: Floats, shape: Floats) -> Floats:
        """Return minus the log likelihood, without the terms that hold no parameter.

        sum over detects of (ln x - mu)^2 / (2 sigma^2) + ln sigma, minus sum over non-detects of
        ln(Phi((ln high - mu) / sigma) - Phi((ln low - mu) / sigma)).
        """
        mu, log_sd = np.broadcast_arrays(location, shape)
        sd = np.exp(log_sd)
        squares = data.square_log + data.n_detected * (mu - data.mean_log) ** 2
        out = squares / (2 * sd**2) + data.n_detected * log_sd
        with np.errstate(divide="ignore"):
            low, high = np.log(data.low), np.log(data.high)
        inside = log_between(
            (low - mu[..., None]) / sd[..., None], (high - mu[..., None]) / sd[..., None]
        )
        return np.asarray(out - inside @ data.count)

    def value(self, quantity: Quantity, location: Floats, shape: Floats) -> Floats:
        """Return the log of a quantity (logit of an exceedance)."""
        if quantity.kind == "exceedance":
            z = (location - np.log(quantity.at)) / np.exp(shape)
            return np.asarray(log_ndtr(z) - log_ndtr(-z))
        return location + self._above_location(quantity, shape)

    def locate(self, quantity: Quantity, value: Floats, shape: Floats) -> Floats:
        """Return the location at which a quantity has a value (log, or logit)."""
        if quantity.kind == "exceedance":
            z = np.where(value < 0, ndtri_exp(log_expit(value)), -ndtri_exp(log_expit(-value)))
            return np.asarray(np.log(quantity.at) + np.exp(shape) * z)
        return value - self._above_location(quantity, shape)

    def shape_slope(self, quantity: Quantity, sd: float) -> float:
        """Return how fast the log of an amount rises with ln(sigma), the location held."""
        if quantity.kind == "percentile":
            return float(ndtri(quantity.at) * sd)
        rise = sd**2 / -np.expm1(-(sd**2)) if quantity.kind == "sd" else 0.0
        return float(sd**2 + rise)

    def _above_location(self, quantity: Quantity, shape: Floats) -> Floats:
        sd = np.exp(shape)
        if quantity.kind == "percentile":
            return np.asarray(ndtri(quantity.at) * sd)
        variance = sd**2
        if quantity.kind == "mean":
            return np.asarray(variance / 2)
        # ln(exp(v) - 1) = v + ln(1 - exp(-v)), which does not overflow
        return np.asarray(variance / 2 + (variance + np.log(-np.expm1(-variance))) / 2)


class Gamma:
    """Gamma: location ln(mean), shape ln(k), scale = mean / k."""

    name = "gamma"

    def loss(self, data: Reduced, location: Floats, shape: Floats) -> Floats:
        """Return minus the log likelihood, without the terms that hold no parameter.

        sum over detects of ln Gamma(k) + k ln(theta) - k ln x + x / theta, minus sum over
        non-detects of ln(P(k, high / theta) - P(k, low / theta)), theta = mean / k.
        """
        log_mean, log_k = np.broadcast_arrays(location, shape)
        k, log_scale = np.exp(log_k), log_mean - log_k
        with np.errstate(over="ignore"):
            sums = gammaln(k) + k * (log_scale - data.mean_log) + data.mean * np.exp(-log_scale)
            rate = np.exp(-log_scale)[..., None]
            inside = _log_gamma_between(k[..., None], data.low * rate, data.high * rate)
        return np.asarray(data.n_detected * sums - inside @ data.count)

    def value(self, quantity: Quantity, location: Floats, shape: Floats) -> Floats:
        """Return the log of a quantity (logit of an exceedance)."""
        if quantity.kind == "exceedance":
            k = np.exp(shape)
            x = quantity.at * np.exp(shape - location)
            with np.errstate(divide="ignore"):
                return np.asarray(np.log(gammaincc(k, x)) - np.log(gammainc(k, x)))
        return location + self._above_location(quantity, shape)

    def locate(self, quantity: Quantity, value: Floats, shape: Floats) -> Floats:
        """Return the location at which a quantity has a value (log, or logit)."""
        if quantity.kind == "exceedance":
            x = gammainccinv(np.exp(shape), expit(value))
            return np.asarray(np.log(quantity.at) + shape - np.log(x))
        return value - self._above_location(quantity, shape)

    def _above_location(self, quantity: Quantity, shape: Floats) -> Floats:
        if quantity.kind == "mean":
            return np.zeros_like(shape)
        if quantity.kind == "sd":
            return np.asarray(-shape / 2)
        return np.asarray(np.log(gammaincinv(np.exp(shape), quantity.at)) - shape)


def _log_gamma_between(k: Floats, low: Floats, high: Floats) -> Floats:
    """Return ln(P(k, high) - P(k, low)), with P the regularised lower incomplete gamma."""
    upper = np.where(
        low > k, gammaincc(k, low) - gammaincc(k, high), gammainc(k, high) - gammainc(k, low)
    )
    # far below its mean P underflows; there it is its first term, x^k exp(-x) / Gamma(k + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = k * np.log(high) - high - gammaln(k + 1)
        return np.asarray(np.where(upper > 1e-290, np.log(upper), np.minimum(first, -600.0)))


LOGNORMAL = Lognormal()
GAMMA = Gamma()
