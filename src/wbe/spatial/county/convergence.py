"""Whether chains agree (split R-hat) and how many independent draws they are worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RHAT, ESS = 1.02, 400.0
"""Split R-hat above which, and effective sample size below which, draws are not converged."""


def split_rhat(x: Floats) -> Floats:
    """Return split R-hat: each chain halved, the spread of all against that within [1].

    Parameters
    ----------
    x : ndarray (draw, chain, ...)

    Returns
    -------
    ndarray (...)
        1 where a quantity never moves.

    Notes
    -----
    sqrt(((n - 1)/n W + B/n) / W) with n draws a half chain, W the mean of the halves' variances
    and B/n the variance of their means.
    """
    half = len(x) // 2
    halves = np.concatenate([x[:half], x[half : 2 * half]], axis=1)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    between = halves.mean(axis=0).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sqrt((half - 1) / half + between / within)
    return np.where(within > 0, ratio, 1.0)


def effective_size(x: Floats) -> Floats:
    """Return the effective sample size of all chains together [1].

    Parameters
    ----------
    x : ndarray (draw, chain, ...)

    Returns
    -------
    ndarray (...)

    Notes
    -----
    n m / (1 + 2 sum rho_t), autocorrelations of the chains combined, cut by Geyer's rule: pairs of
    lags are added while their sum is positive, and never rises.

    References
    ----------
    Geyer (1992), doi:10.1214/ss/1177011137.
    """
    n, m = x.shape[:2]
    centred = x - x.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, 2 * n, axis=0)[:n].mean(axis=1) / n
    within = covariance[0] * n / (n - 1)
    between = x.mean(axis=0).var(axis=0, ddof=1) if m > 1 else 0.0
    total = covariance[0] + between
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1 - (within - covariance * n / (n - 1)) / total
    rho[0] = 1.0
    pairs = rho[0 : 2 * (n // 2) : 2] + rho[1 : 2 * (n // 2) : 2]
    positive = np.minimum.accumulate(pairs > 0, axis=0)
    summed = np.where(positive, np.minimum.accumulate(pairs, axis=0), 0.0).sum(axis=0)
    size = n * m / np.maximum(2 * summed - 1, 1 / np.log10(max(n * m, 11)))
    return np.asarray(np.where(total > 0, size, float(n * m)))
