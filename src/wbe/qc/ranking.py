"""Ranks, and Kendall's S with its variance and its p: with ties, and with limits."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

EXACT_UP_TO: Final = 100
"""Most pairs without ties for which Kendall's S is tested exactly."""
FEWEST: Final = 4
"""Fewest values with a p: of three, no order has a two-sided p below 1/3."""


def ranks(values: ArrayLike) -> Floats:
    """Return ranks from 1; equal values share the mean of theirs.

    Parameters
    ----------
    values : array_like (n,) [any one unit]

    Returns
    -------
    ndarray (n,) [1]

    Examples
    --------
    >>> ranks([10, 20, 20, 5]).tolist()
    [2.0, 3.5, 3.5, 1.0]
    """
    _, at, count = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[at])


def kendall_s(x: Floats, y: Floats) -> float:
    """Return S, concordant less discordant pairs of x (n,) and y (n,)."""
    first, second = np.triu_indices(len(y), 1)
    return float((np.sign(x[second] - x[first]) * np.sign(y[second] - y[first])).sum())


def untied_pairs(values: ArrayLike) -> float:
    """Return the number of pairs whose values differ."""
    n, t = len(np.asarray(values)), np.unique(np.asarray(values), return_counts=True)[1]
    return n * (n - 1) / 2 - float((t * (t - 1)).sum()) / 2


def variance_of_s(x: ArrayLike, y: ArrayLike) -> float:
    """Return the variance of S under independence, with ties in both.

    Parameters
    ----------
    x, y : array_like (n,)

    Returns
    -------
    float
        Exact given the ties. 0 where all x or all y are equal.

    Notes
    -----
    `permutation_variance` of the orders of x and y. It equals, with t the sizes of ties in y and u
    of those in x, [n(n-1)(2n+5) - sum t(t-1)(2t+5) - sum u(u-1)(2u+5)] / 18
    + sum t(t-1) sum u(u-1) / (2n(n-1))
    + sum t(t-1)(t-2) sum u(u-1)(u-2) / (9n(n-1)(n-2)), eq. 5.4 of Kendall (1975).

    Examples
    --------
    >>> round(variance_of_s(range(10), range(10)), 6)
    125.0
    """
    n = len(np.asarray(x))
    # An order of values has the row sums 2 rank - n - 1.
    sums = [((2 * ranks(v) - n - 1) ** 2).sum() for v in (x, y)]
    pairs = [2 * untied_pairs(v) for v in (x, y)]
    return _permuted(n, (float(sums[0]), pairs[0]), (float(sums[1]), pairs[1]))


def permutation_variance(a: Floats, b: Floats) -> float:
    """Return the variance of S over all permutations of one side.

    Parameters
    ----------
    a, b : ndarray (n, n)
        The order of each pair as far as it is known: 1, -1, and 0 for a tie or a pair of which a
        limit hides the order; antisymmetric.

    Returns
    -------
    float
        Of sum a_ij b_ij / 2.

    References
    ----------
    Daniels 1944, 10.1093/biomet/33.2.129
    """
    (a1, a2), (b1, b2) = ((float((m.sum(axis=1) ** 2).sum()), float((m**2).sum())) for m in (a, b))
    return _permuted(len(a), (a1, a2), (b1, b2))


def _permuted(n: int, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Variance from, of each side, the sums of squares of its row sums and of its entries."""
    if n < 2:
        return 0.0
    (a1, a2), (b1, b2) = a, b
    shared = 4 * (a1 - a2) * (b1 - b2) / (n * (n - 1) * (n - 2)) if n > 2 else 0.0
    return (shared + 2 * a2 * b2 / (n * (n - 1))) / 4


def normal_score(s: float, variance: float, *, continuity: bool = True) -> float:
    """Return z of S: sign(S) (|S| - 1) / sd, or S / sd without the correction; 0 if sd is 0."""
    if s == 0 or variance <= 0:
        return 0.0
    return math.copysign(max(abs(s) - (1 if continuity else 0), 0.0), s) / math.sqrt(variance)


def two_sided(z: float) -> float:
    """Return the two-sided p-value of a standard normal score."""
    return float(2 * ndtr(-abs(z)))


def exact_kendall_p(n: int, score: int) -> float:
    """Return the exact two-sided p of Kendall's S without ties.

    Parameters
    ----------
    n : int
        Pairs of values.
    score : int
        S, concordant less discordant pairs.

    Returns
    -------
    float [1]
        Twice the share of permutations of n with at most so many discordant pairs, at most 1.

    Examples
    --------
    >>> round(exact_kendall_p(5, 10), 6)  # 2 of 5! orders agree throughout
    0.016667
    """
    share = np.ones(1)
    for k in range(2, n + 1):  # the k-th value stands before 0 to k - 1 of the others
        share = np.convolve(share, np.full(k, 1 / k))
    apart = abs(score)
    most = (n * (n - 1) // 2 - apart) // 2  # discordant pairs of a score this high
    return min(1.0, 2 * float(share[: most + 1].sum()))
