"""Breaks between tiers: fixed, quantile, relative to the median, Fisher-Jenks.

A break b between two tiers is inclusive below: tier k holds b_(k-1) < value <= b_k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]

SCHEMES = ("fixed", "quantile", "relative", "fisher_jenks")
RELATIVE_MULTIPLES = (1.5, 3.0)
"""Multiples of the median that `relative` uses for three tiers; a design choice, not official."""


def require_scheme(scheme: str) -> str:
    """Return the scheme's name.

    Raises
    ------
    UsageError
        If it is none of `SCHEMES`.
    """
    if scheme not in SCHEMES:
        more = " (model comes with a later version)" if scheme == "model" else ""
        raise UsageError(f"scheme = {scheme!r}; use one of {', '.join(SCHEMES)}{more}")
    return scheme


def breaks_of(
    values: ArrayLike, scheme: str, n_tiers: int, given: Sequence[float] | None = None
) -> Floats:
    """Return the breaks that a scheme puts between tiers.

    Parameters
    ----------
    values : array_like (area,) [any]
        Central values of the reference round; NaN are left out.
    scheme : str
        One of `SCHEMES`.
    n_tiers : int
        Number of tiers.
    given : sequence of float, optional
        The breaks themselves (``fixed``) or multiples of the median (``relative``).

    Returns
    -------
    ndarray (n_tiers - 1,) [unit of values]
        Empty where the values cannot carry that many tiers: fewer different values than tiers.

    Raises
    ------
    UsageError
        If a scheme needs breaks and has none, or they are not strictly rising or the wrong number.
    """
    x = np.asarray(values, dtype=float)
    x = np.sort(x[np.isfinite(x)])
    if require_scheme(scheme) == "fixed":
        if given is None:
            raise UsageError("scheme = fixed needs breaks in the quantity's unit; none is official")
        return _rising(given, n_tiers)
    multiples = None
    if scheme == "relative":
        multiples = _rising(RELATIVE_MULTIPLES if given is None else given, n_tiers)
    if len(np.unique(x)) < n_tiers:
        return np.empty(0)
    if multiples is not None:
        return np.asarray(np.median(x) * multiples)
    if scheme == "fisher_jenks" and len(x) and x[0] <= 0:
        x = x[x > 0]  # substituted zeros: below every break
        if len(np.unique(x)) < n_tiers:
            return np.empty(0)
    if scheme == "quantile":
        return _between(x, [len(x) * k / n_tiers for k in range(1, n_tiers)])
    return fisher_jenks_breaks(x, n_tiers)


def _between(x: Floats, positions: Sequence[float]) -> Floats:
    """Return breaks between the sorted values nearest to positions; empty if ties join them.

    A break on a value would leave that area undecided by construction.
    """
    values, counts = np.unique(x, return_counts=True)
    ends = np.cumsum(counts)[:-1]  # how many areas lie up to each gap between different values
    gaps = [int(np.argmin(np.abs(ends - p))) for p in positions]
    if len(set(gaps)) < len(gaps):
        return np.empty(0)
    low, high = values[gaps], values[np.array(gaps) + 1]
    return np.where(low > 0, np.sqrt(np.maximum(low, 0) * high), (low + high) / 2)


def _rising(given: Sequence[float], n_tiers: int) -> Floats:
    out = np.asarray(given, dtype=float)
    if out.shape != (n_tiers - 1,):
        raise UsageError(f"{n_tiers} tiers need {n_tiers - 1} breaks, not {list(given)}")
    if not np.isfinite(out).all() or (np.diff(out) <= 0).any() or (out <= 0).any():
        raise UsageError(f"breaks must be positive and strictly rising, not {list(given)}")
    return out


def fisher_jenks_breaks(values: ArrayLike, n_tiers: int) -> Floats:
    """Return Fisher-Jenks breaks on the log scale.

    Parameters
    ----------
    values : array_like (area,) [any]
        Positive values.
    n_tiers : int

    Returns
    -------
    ndarray (n_tiers - 1,) [unit of values]
        Geometric midpoints between neighbouring classes: a break on a value would leave that area
        undecided by construction.

    Raises
    ------
    UsageError
        If a value is not positive, or there are fewer different values than tiers.

    Notes
    -----
    Least sum of squared deviations from class means, exact, by dynamic programming over sorted
    distinct values with their counts.

    References
    ----------
    Fisher 1958, 10.1080/01621459.1958.10501479

    Examples
    --------
    >>> from wbe.spatial.schemes import fisher_jenks_breaks
    >>> [round(float(b)) for b in fisher_jenks_breaks([1, 1, 10, 10, 1000], 3)]
    [3, 100]
    """
    x = np.asarray(values, dtype=float)
    if not (x > 0).all():
        raise UsageError("Fisher-Jenks on the log scale needs positive values")
    y, counts = np.unique(np.log(x), return_counts=True)
    if len(y) < n_tiers:
        raise UsageError(f"{len(y)} different values cannot fill {n_tiers} tiers")
    starts = _optimal_starts(y - y.mean(), counts.astype(float), n_tiers)
    return np.asarray(np.exp((y[starts - 1] + y[starts]) / 2))


def _optimal_starts(y: Floats, w: Floats, k: int) -> NDArray[np.intp]:
    """Return the first positions of classes 2..k of the optimal partition."""
    n = len(y)
    cw, cs, cq = (np.concatenate([[0.0], np.cumsum(v)]) for v in (w, w * y, w * y * y))

    def cost(i: NDArray[np.intp], j: int) -> Floats:  # of the class y[i:j]
        weight, total = cw[j] - cw[i], cs[j] - cs[i]
        return np.maximum(cq[j] - cq[i] - total * total / weight, 0.0)

    best = np.array([np.inf] + [float(cost(np.array([0]), j)[0]) for j in range(1, n + 1)])
    came = np.zeros((k, n + 1), dtype=np.intp)
    for c in range(1, k):
        new = np.full(n + 1, np.inf)
        for j in range(c + 1, n + 1):
            i = np.arange(c, j)
            total = best[i] + cost(i, j)
            at = int(np.argmin(total))
            new[j], came[c, j] = total[at], i[at]
        best = new
    starts, j = [], n
    for c in range(k - 1, 0, -1):
        j = int(came[c, j])
        starts.append(j)
    return np.array(starts[::-1], dtype=np.intp)


def classify(values: ArrayLike, breaks: ArrayLike) -> NDArray[np.intp]:
    """Return the tier number of each value, 0 the lowest; -1 for NaN.

    Parameters
    ----------
    values : array_like, any shape
    breaks : array_like (k - 1,)
        Rising.

    Returns
    -------
    ndarray of int, same shape
    """
    x = np.asarray(values, dtype=float)
    out = np.searchsorted(np.asarray(breaks, dtype=float), x, side="left")
    return np.where(np.isnan(x), -1, out)
