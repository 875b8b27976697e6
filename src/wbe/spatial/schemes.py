"""Breaks between tiers: fixed, quantile, relative to the median, Fisher-Jenks, percentile, model.

A break b between two tiers is inclusive below: tier k holds b_(k-1) < value <= b_k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]

SCHEMES = ("fixed", "quantile", "relative", "fisher_jenks", "percentile", "model")
STATED = ("fixed", "percentile", "model")
"""Schemes whose breaks are stated, never found: none is official."""

AMONG_AREAS = ("quantile", "relative", "fisher_jenks")
"""Schemes whose breaks are positions among the areas, and share the areas' common errors."""

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
        raise UsageError(f"scheme = {scheme!r}; use one of {', '.join(SCHEMES)}")
    return scheme


def breaks_needed(scheme: str) -> str:
    """Say that a scheme needs stated breaks."""
    what = "as percentiles" if scheme == "percentile" else "in the quantity's unit"
    return f"scheme = {scheme} needs breaks {what}; none is official"


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
        The breaks themselves in the unit of the values (``fixed``, ``model``, ``percentile``), or
        multiples of the median (``relative``).

    Returns
    -------
    ndarray (n_tiers - 1,) [unit of values]
        Empty where the values cannot carry that many tiers: fewer different values than tiers.

    Raises
    ------
    UsageError
        If a scheme needs breaks and has none, or they are not strictly rising or the wrong number.

    Examples
    --------
    >>> from wbe.spatial import breaks_of
    >>> breaks_of([5, 7, 8, 30, 33, 90, 95], "fisher_jenks", 3).round(1).tolist()
    [15.5, 54.5]
    """
    x = np.asarray(values, dtype=float)
    x = np.sort(x[np.isfinite(x)])
    if require_scheme(scheme) in STATED:
        if given is None:
            raise UsageError(breaks_needed(scheme))
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
    Least sum of squared deviations from class means, exact, by dynamic programming over n sorted
    distinct values with their counts, O(n_tiers n log n).

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


class _Sums:
    """Running sums of sorted values with weights: position j stands before value j."""

    def __init__(self, y: Floats, w: Floats):
        parts = (w, w * y, w * y * y)
        self.weight, self.sum, self.square = (np.concatenate([[0.0], np.cumsum(v)]) for v in parts)

    def before(self) -> Floats:
        """Return the cost of all values before each position as one class; infinite for none."""
        return self._cost(self.weight, self.sum, self.square)

    def after(self) -> Floats:
        """Return the cost of all values from each position on; infinite for none."""
        return self._cost(*(v[-1] - v for v in (self.weight, self.sum, self.square)))

    def _cost(self, weight: Floats, total: Floats, square: Floats) -> Floats:
        mean_part = np.divide(total * total, weight, out=np.zeros_like(total), where=weight > 0)
        return np.where(weight > 0, np.maximum(square - mean_part, 0.0), np.inf)


def _optimal_starts(y: Floats, w: Floats, k: int) -> NDArray[np.intp]:
    """Return the first positions of classes 2..k of the optimal partition of sorted values."""
    if k == 1:
        return np.empty(0, dtype=np.intp)
    sums = _Sums(y, w)
    best, rest = sums.before(), sums.after()
    starts: list[NDArray[np.intp]] = []
    for c in range(2, k):
        best, start = _one_more_class(best, sums, c, rest if c == k - 1 else None)
        starts.append(start)
    out = [int(np.argmin(best + rest))]
    for start in reversed(starts):
        out.append(int(start[out[-1]]))
    return np.array(out[::-1], dtype=np.intp)


_SPLIT = 4
"""Parts of a gap: more look at the same starts again, fewer take more passes."""


def _one_more_class(
    best: Floats, sums: _Sums, c: int, rest: Floats | None
) -> tuple[Floats, NDArray[np.intp]]:
    """Return the least cost of c classes before each position, and where the last one starts.

    Parameters
    ----------
    best : ndarray (n + 1,)
        Least cost of c - 1 classes.
    sums : _Sums
    c : int
        At least 2.
    rest : ndarray (n + 1,) or None
        Cost of one class of all values from each position on, where the result is for nothing but
        the least sum with it: positions that cannot have that are left infinite.

    Notes
    -----
    The start rises with the position, so that those of two positions bound those between them
    (divide and conquer, O(n log n)). All positions of a step are solved at once. Left out is a
    gap between solved positions a < b with best(a) + rest(b), a lower bound of all sums inside,
    above the least sum found.
    """
    n = len(best) - 1
    cost, start = np.full(n + 1, np.inf), np.full(n + 1, n, dtype=np.intp)
    known = np.zeros(n + 1)  # lower bounds of the cost
    least, start[c - 1] = np.inf, c - 1
    gain = best - sums.square
    gaps, width = np.array([c - 1]), 1
    while width <= n - c + 1:
        width *= _SPLIT
    while width > 1:
        step = width // _SPLIT
        inside = gaps[:, None] + step * np.arange(1, _SPLIT)
        held = inside <= n
        j = inside[held]
        ends = np.broadcast_to(gaps[:, None], inside.shape)[held]
        low, high = start[ends], start[np.minimum(ends + width, n)]
        start[j], cost[j] = _least(gain, sums, j, low, high)
        known[j] = cost[j]
        gaps, width = np.concatenate([gaps, j]), step
        if rest is not None:
            least = min(least, float((cost[j] + rest[j]).min(initial=np.inf)))
            bound = known[gaps] + rest[np.minimum(gaps + width, n - 1)]
            gaps = gaps[bound <= least * (1 + 1e-9)]  # sums are rounded
    return cost, start


def _least(
    gain: Floats, sums: _Sums, j: NDArray[np.intp], low: NDArray[np.intp], high: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Floats]:
    """Return, for each position, the start of its last class in low..high and the cost with it.

    `gain` is what the classes before a start cost, less the squares of their values.
    """
    count = np.minimum(high, j - 1) - low + 1
    first = np.cumsum(count) - count
    i = np.arange(int(count.sum())) + np.repeat(low - first, count)
    cost = np.repeat(sums.sum[j], count)
    cost -= sums.sum.take(i)
    cost *= cost
    cost /= np.repeat(sums.weight[j], count) - sums.weight.take(i)
    np.subtract(gain.take(i), cost, out=cost)
    least = np.minimum.reduceat(cost, first)
    hits = np.flatnonzero(cost == np.repeat(least, count))
    return i[hits[np.searchsorted(hits, first)]], least + sums.square[j]


def classify(values: ArrayLike, breaks: ArrayLike) -> NDArray[np.intp]:
    """Return the tier number of each value, 0 the lowest; -1 for NaN.

    Parameters
    ----------
    values : array_like, any shape [any one unit]
    breaks : array_like (k - 1,) [any one unit]
        Rising.

    Returns
    -------
    ndarray of int, same shape

    Examples
    --------
    >>> from wbe.spatial import classify
    >>> classify([5.0, 20.0, 90.0], [20.0, 60.0]).tolist()
    [0, 0, 2]
    """
    x = np.asarray(values, dtype=float)
    out = np.searchsorted(np.asarray(breaks, dtype=float), x, side="left")
    return np.where(np.isnan(x), -1, out)
