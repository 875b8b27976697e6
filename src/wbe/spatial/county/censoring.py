"""Samples below their limits: drawn anew in every sweep, and kept from holding their town fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

from wbe.spatial.county.design import Design
from wbe.spatial.county.elimination import FLOOR

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TINY = 1e-150
SHIFTS = ("town", "town", "town", "visit")
"""What is moved in a sweep with the non-detects integrated out, in this order."""


@dataclass(frozen=True)
class Below:
    """Censored samples: which, and between what.

    Attributes
    ----------
    where : ndarray (n, chain) of bool
    upper, lower : ndarray (n, chain)
        Log limits; `lower` is -inf where nothing is known.
    towns, visits : ndarray (town, n), (round * town, n)
        Indicators of the samples of each.
    """

    where: Flags
    upper: Floats
    lower: Floats
    towns: Floats
    visits: Floats

    @property
    def any(self) -> bool:
        """Whether there are non-detects."""
        return bool(self.where.any())


def points_drawn(
    design: Design, residual: Floats, pair: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the points' effects, and the log-sd that is left to each sample about its mean.

    Parameters
    ----------
    design : Design
    residual : ndarray (n, chain)
        z less its fitted value.
    pair : ndarray (2, chain)
        (sigma_w, sigma_eps).
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray (n, chain)
        The effect of each sample's point, drawn from N(m r / (m + sigma_eps^2 / sigma_w^2), ...),
        r its mean residual; 0 for points with one sample, whose effect stays integrated out.
    """
    m = design.counts[:, None]
    square_w, square_e = np.maximum(pair**2, _TINY)
    precision = 1 / square_w + m / square_e
    mean = (design.point_sum @ residual) / square_e / precision
    w = mean + rng.standard_normal(mean.shape) / np.sqrt(precision)
    repeated = (m > 1)[design.point]
    sd = np.maximum(np.sqrt(np.where(repeated, square_e, square_w + square_e)), FLOOR)
    return np.where(repeated, w[design.point], 0.0), sd


def log_likelihood(z: Floats, below: Below, mean: Floats, sd: Floats) -> Floats:
    """Return the log density of each sample, of a non-detect the log probability of its range.

    Parameters
    ----------
    z : ndarray (n, chain)
    below : Below
    mean, sd : ndarray (n, chain)

    Returns
    -------
    ndarray (n, chain)
        Up to a constant that does not depend on `mean`.
    """
    out = -0.5 * ((z - mean) / sd) ** 2
    at = below.where
    top = log_ndtr((below.upper[at] - mean[at]) / sd[at])
    bottom = log_ndtr((below.lower[at] - mean[at]) / sd[at])
    out[at] = top + np.log1p(-np.exp(np.minimum(bottom - top, -1e-15)))
    return out


def shifted(
    z: Floats,
    local: Floats,
    pair: Floats,
    df: float,
    below: Below,
    design: Design,
    mean: Floats,
    sd: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Move towns and visits with their non-detects and mixture weights integrated out.

    Imputed values hold a town that is mostly below its limits where it was: they are drawn near
    it, and it is then drawn near them. Here u_a, and then v_ar, take Metropolis steps on the
    censored likelihood itself, u_a under its t distribution.

    Parameters
    ----------
    z : ndarray (n, chain)
    local : ndarray (q, town, chain)
        Towns' unknowns.
    pair : ndarray (2, chain)
        (tau, omega).
    df : float
        Degrees of freedom of the towns.
    below : Below
    design : Design
    mean, sd : ndarray (n, chain)
        Of the samples, given their points.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray
        New `local` and `mean`.
    """
    log_now = log_likelihood(z, below, mean, sd)
    local, tau, omega = local.copy(), *np.maximum(pair, _TINY)
    for name in SHIFTS:
        is_town = name == "town"
        rows = slice(0, 1) if is_town else slice(1, 1 + design.n_rounds)
        belongs = below.towns if is_town else below.visits
        step = (sd.max(axis=0) + tau * is_town) * np.exp(rng.uniform(-1.5, 1.0, len(tau)))
        old = local[rows].reshape(len(belongs), -1)
        new = old + step * rng.standard_normal(old.shape)
        moved = mean + belongs.T @ (new - old)
        log_new = log_likelihood(z, below, moved, sd)
        log_ratio = belongs @ (log_new - log_now)
        if is_town:
            log_ratio -= (
                (df + 1) / 2 * (np.log1p((new / tau) ** 2 / df) - np.log1p((old / tau) ** 2 / df))
            )
        else:
            log_ratio -= 0.5 * ((new / omega) ** 2 - (old / omega) ** 2)
        take = np.log(1 - rng.random(old.shape)) < log_ratio
        local[rows] = np.where(take, new, old).reshape(local[rows].shape)
        taken = (belongs.T @ take.astype(float)) > 0
        mean, log_now = np.where(taken, moved, mean), np.where(taken, log_new, log_now)
    return local, mean


def truncated_normal(
    mean: Floats, sd: Floats, lower: Floats, upper: Floats, rng: np.random.Generator
) -> Floats:
    """Return normal draws between two bounds, exact far out in the lower tail.

    Parameters
    ----------
    mean, sd, lower, upper : ndarray (k,)
        `lower` may be -inf.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (k,)

    Notes
    -----
    x = mean + sd F^-1(F(a) + u (F(b) - F(a))), in logs.
    """
    sd = np.maximum(sd, _TINY)
    top = log_ndtr((upper - mean) / sd)
    share = np.exp(np.minimum(log_ndtr((lower - mean) / sd) - top, 0.0))
    u = share + (1 - share) * (1.0 - rng.random(mean.shape))  # in (0, 1]
    x = mean + sd * ndtri_exp(top + np.log(u))
    return np.asarray(np.clip(x, lower, upper))
