"""Linear models with autocorrelated errors of which some results lie below limits.

Data augmentation: the unknown logs are drawn from their distribution given the rest, between their
limits; given all logs the model is that of `wbe.trends.continuous_ar1`. Each sweep leaves a
mixture of t distributions over the correlation, and the mean of these is what is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

from wbe.trends.continuous_ar1 import GRID, whiten, whitener
from wbe.trends.series import LogSeries
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]

CHAINS = 24
BURN_IN = 60
SWEEPS = 120
THIN = 4
"""Every fourth sweep is kept: neighbours are alike, and each costs time later."""

COARSE: Floats = GRID[::2]
"""Correlations, coarser than without non-detects."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What does not change between sweeps: design, whitening and limits."""

    x: Floats  # (n, p)
    low: Floats  # (n, 1)
    high: Floats  # (n, 1)
    phi: Floats  # (g, n)
    sd: Floats  # (g, n)
    q: Floats  # (g, n, p)
    r_inverse: Floats  # (g, p, p)
    log_prior: Floats  # (g,) of rho, with all that does not depend on y

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return self.x.shape[0] - self.x.shape[1]


@dataclass(frozen=True, eq=False)
class Sweeps:
    """What each kept sweep of each chain leaves at each correlation.

    Attributes
    ----------
    weight : ndarray (m,)
        Sum 1.
    coefficients : ndarray (m, p)
    covariance : ndarray (m, p, p)
    rho : ndarray (m,)
    sd : ndarray (m,)
    """

    weight: Floats
    coefficients: Floats
    covariance: Floats
    rho: Floats
    sd: Floats


def setting(series: LogSeries, x: Floats, gap: float) -> Setting:
    """Return what sweeps need of a series, a design (n, p) and a typical gap [days]."""
    phi, sd = whitener(series.days, COARSE, gap)
    q, r = np.linalg.qr(whiten(x, phi, sd))
    log_det_r = np.log(np.abs(np.einsum("gii->gi", r))).sum(axis=1)
    prior = np.log1p(-COARSE) - np.log(sd).sum(axis=1) - log_det_r
    return Setting(
        x, series.low[:, None], series.high[:, None], phi, sd, q, np.linalg.inv(r), prior
    )


def sweep(series: LogSeries, x: Floats, gap: float, seed: int) -> Sweeps:
    """Draw the logs below limits many times and return what each time leaves.

    Parameters
    ----------
    series : LogSeries
    x : ndarray (n, p)
        Design, of full rank on the detects.
    gap : float [days]
        Gap over which errors are correlated by rho.
    seed : int

    References
    ----------
    Tanner 1987, 10.1080/01621459.1987.10478458
    """
    s = setting(series, x, gap)
    random = Stream(seed).at("trends.augmented", "sweeps", 0)
    y = np.where(series.below[:, None], s.high - random.exponential(1.0, (len(series), CHAINS)),
                 s.high)  # fmt: skip
    y = np.maximum(y, s.low)
    kept = []
    for k in range(BURN_IN + SWEEPS):
        projection, rss = _projected(s, y)
        weight = _weights(s, rss)
        if k >= BURN_IN and k % THIN == 0:
            kept.append((weight, projection, rss))
        y = _redrawn(s, y, projection, rss, weight, random)
    return _collected(s, kept)


def _projected(s: Setting, y: Floats) -> tuple[Floats, Floats]:
    """Return Q'y (g, p, chain) and the residual sum of squares (g, chain)."""
    yw = whiten(y, s.phi, s.sd)
    projection = s.q.transpose(0, 2, 1) @ yw
    rss = (yw**2).sum(axis=1) - (projection**2).sum(axis=1)
    return projection, np.maximum(rss, 1e-12)


def _weights(s: Setting, rss: Floats) -> Floats:
    log = s.log_prior[:, None] - s.df / 2 * np.log(rss)
    weight = np.exp(log - log.max(axis=0))
    return np.asarray(weight / weight.sum(axis=0))


def _redrawn(
    s: Setting,
    y: Floats,
    projection: Floats,
    rss: Floats,
    weight: Floats,
    random: np.random.Generator,
) -> Floats:
    """Draw rho, sd and coefficients of each chain, and then the logs below limits."""
    chains = np.arange(y.shape[1])
    k = (weight.cumsum(axis=0) < random.random(len(chains))).sum(axis=0).clip(max=len(COARSE) - 1)
    sigma = np.sqrt(rss[k, chains] / random.chisquare(s.df, len(chains)))
    score = projection[k, :, chains] + sigma[:, None] * random.standard_normal(
        (len(chains), s.x.shape[1])
    )
    mean = s.x @ np.einsum("cij,cj->ic", s.r_inverse[k], score)
    phi, variance = s.phi[k].T, s.sd[k].T ** 2
    e, below = y - mean, (s.low < s.high)[:, 0]
    for first in (0, 1):  # neighbours at once would not be draws from the joint distribution
        rows = np.flatnonzero(below)
        rows = rows[rows % 2 == first]
        if len(rows):
            at, sd = _given_neighbours(e, phi, variance, rows)
            low, high = s.low[rows] - mean[rows], s.high[rows] - mean[rows]
            e[rows] = _between(at, sigma * sd, low, high, random)
    return np.clip(mean + e, s.low, s.high)


def _given_neighbours(
    e: Floats, phi: Floats, variance: Floats, rows: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Return mean and relative sd of errors given the errors before and after them."""
    n = len(e)
    last = rows == n - 1
    after = np.minimum(rows + 1, n - 1)
    forward = np.where(last[:, None], 0.0, phi[after] / variance[after])
    precision = 1 / variance[rows] + forward * phi[after]
    pull = phi[rows] / variance[rows] * e[np.maximum(rows - 1, 0)] + forward * e[after]
    return pull / precision, 1 / np.sqrt(precision)


def _between(
    at: Floats, sd: Floats, low: Floats, high: Floats, random: np.random.Generator
) -> Floats:
    """Draw from normal distributions cut off outside [low, high], also far out in their tails."""
    a, b = (low - at) / sd, (high - at) / sd
    flip = a > 0  # in the upper tail 1 - Phi is exact where Phi is not
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    u = random.random(a.shape)
    with np.errstate(divide="ignore"):
        log_p = np.logaddexp(np.log1p(-u) + log_ndtr(a), np.log(u) + log_ndtr(b))
    z = ndtri_exp(np.minimum(log_p, -1e-300))
    return np.asarray(at + sd * np.where(flip, -z, z))


def _collected(s: Setting, kept: list[tuple[Floats, Floats, Floats]]) -> Sweeps:
    weight = np.stack([w for w, _, _ in kept])  # (sweep, g, chain)
    rss = np.stack([r for _, _, r in kept])
    projection = np.stack([p for _, p, _ in kept])  # (sweep, g, p, chain)
    coefficients = np.einsum("gij,sgjc->sgci", s.r_inverse, projection)
    scatter = s.r_inverse @ s.r_inverse.transpose(0, 2, 1)
    covariance = (rss / s.df)[..., None, None] * scatter[None, :, None]
    p = s.x.shape[1]
    rho = np.broadcast_to(COARSE[None, :, None], rss.shape)
    return Sweeps(
        weight.ravel() / weight.sum(), coefficients.reshape(-1, p),
        covariance.reshape(-1, p, p), rho.ravel(), np.sqrt(rss / s.df).ravel(),
    )  # fmt: skip
