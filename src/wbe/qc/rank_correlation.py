"""How far two rankings agree: Spearman's rho and Kendall's tau-b, with their intervals."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.agreement import PERMUTED_UP_TO, Agreement, undefined
from wbe.qc.ranking import (
    EXACT_UP_TO,
    exact_kendall_p,
    kendall_s,
    normal_score,
    ranks,
    two_sided,
    untied_pairs,
    variance_of_s,
)

Floats = NDArray[np.float64]


def spearman(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> Agreement:
    """Return Spearman's rank correlation with its interval.

    Parameters
    ----------
    x, y : array_like (n,) [any units]
        Pairs in which either is NaN are left out. Equal values share the mean of their ranks.
    level : float [1]
        Probability of the interval.

    Returns
    -------
    Agreement
        Not testable with fewer than 4 pairs, or where all values of one side are equal.

    Raises
    ------
    UsageError
        If the lengths differ, or the level is not possible.

    Notes
    -----
    rho is Pearson's correlation of the ranks. p from t = rho sqrt((n - 2) / (1 - rho^2)) on n - 2
    degrees of freedom; up to 8 pairs exact, from all permutations. Interval: tanh(atanh(rho) +-
    z sqrt((1 + rho^2 / 2) / (n - 3))) after Bonett and Wright. Values below a limit have no rank:
    for them there is the censored tau of `wbe.qc.censoring`.

    References
    ----------
    doi:10.2307/1412159; doi:10.1007/BF02294183

    Examples
    --------
    >>> iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    >>> tv = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    >>> found = spearman(iq, tv)
    >>> round(found.value, 6), round(found.p, 4)
    (-0.175758, 0.6272)
    """
    a, b = _pairs(x, y)
    require_level(level)
    n, method = len(a), "spearman"
    convention = f"bonett_wright, {'exact' if n <= PERMUTED_UP_TO else 't'} p"
    if why := _untestable(a, b):
        return undefined(level, n, method, convention, why)
    first, second = ranks(a), ranks(b)
    first, second = first - first.mean(), second - second.mean()
    value = float(first @ second / math.sqrt((first @ first) * (second @ second)))
    value = min(max(value, -1.0), 1.0)
    p = _permuted(first, second) if n <= PERMUTED_UP_TO else _t_tail(value, n)
    low, high = _fisher(value, (1 + value * value / 2) / (n - 3), level)
    return Agreement(value, low, high, level, p, n, method, convention)


def _permuted(first: Floats, second: Floats) -> float:
    """Share of all orders of one side whose correlation is at least as far from 0."""
    orders = np.array(list(permutations(range(len(second)))))
    sums = np.abs(second[orders] @ first)
    return float((sums >= abs(first @ second) - 1e-9).mean())


def _t_tail(value: float, n: int) -> float:
    rest = 1 - value * value
    return 0.0 if rest <= 0 else 2 * float(stdtr(n - 2, -abs(value) * math.sqrt((n - 2) / rest)))


def kendall(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> Agreement:
    """Return Kendall's tau-b with its interval.

    Parameters
    ----------
    x, y : array_like (n,) [any units]
        Pairs in which either is NaN are left out.
    level : float [1]
        Probability of the interval.

    Returns
    -------
    Agreement
        Not testable with fewer than 5 pairs, or where all values of one side are equal.

    Raises
    ------
    UsageError
        If the lengths differ, or the level is not possible.

    Notes
    -----
    tau_b = S / sqrt((n0 - tx)(n0 - ty)), S concordant less discordant pairs, n0 = n (n - 1) / 2, tx
    and ty the pairs tied in x and in y. Without ties and up to 100 pairs p is exact, from the
    number of permutations; else normal, with the variance of S under ties. Interval: Fisher's z
    with the variance 0.437 / (n - 4) of Fieller, Hartley and Pearson.

    References
    ----------
    doi:10.1093/biomet/33.3.239; doi:10.1093/biomet/44.3-4.470

    Examples
    --------
    >>> round(kendall([1, 2, 3, 4, 5], [1, 3, 2, 4, 5]).value, 6)
    0.8
    """
    a, b = _pairs(x, y)
    require_level(level)
    n, method = len(a), "kendall_tau_b"
    if why := _untestable(a, b, least=5):
        return undefined(level, n, method, "fieller", why)
    score = kendall_s(a, b)
    free_a, free_b = untied_pairs(a), untied_pairs(b)
    value = min(max(score / math.sqrt(free_a * free_b), -1.0), 1.0)
    exact = n <= EXACT_UP_TO and free_a == free_b == n * (n - 1) / 2
    z = normal_score(score, variance_of_s(a, b), continuity=False)
    p = exact_kendall_p(n, round(score)) if exact else two_sided(z)
    low, high = _fisher(value, 0.437 / (n - 4), level)
    how = "fieller, exact p" if exact else "fieller, normal p"
    return Agreement(value, low, high, level, p, n, method, how)


def _pairs(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    a, b = (np.asarray(v, dtype=float).ravel() for v in (x, y))
    if len(a) != len(b):
        raise UsageError(f"{len(a)} values against {len(b)}; give pairs")
    known = ~(np.isnan(a) | np.isnan(b))
    return a[known], b[known]


def _untestable(a: Floats, b: Floats, least: int = 4) -> str:
    if len(a) < least:
        return f"{len(a)} pairs; at least {least} are needed"
    return "all values of one side are equal" if min(np.ptp(a), np.ptp(b)) == 0 else ""


def _fisher(value: float, variance: float, level: float) -> tuple[float, float]:
    if abs(value) > 1 - 1e-12:
        return math.nan, math.nan
    half = float(ndtri((1 + level) / 2)) * math.sqrt(variance)
    return math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)
