"""Slope of Sen, and of Akritas, Theil and Sen where there are limits, for any half width of S."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wbe.trends.timed import Floats


def slope_ends(times: Floats, low: Floats, high: Floats, seasons: NDArray[np.intp]) -> Floats:
    """Return both ends of the slope of every pair within a season, rising, shape (2 x pair,).

    The slope of a pair lies between (low_j - high_i) / (t_j - t_i) and
    (high_j - low_i) / (t_j - t_i); the two are equal for two detects.
    """
    first, second = np.triu_indices(len(times), 1)
    pairs = (seasons[first] == seasons[second]) & (times[first] < times[second])
    i, j = first[pairs], second[pairs]
    run = times[j] - times[i]
    return np.sort(np.concatenate([(low[j] - high[i]) / run, (high[j] - low[i]) / run]))


def middle(ends: Floats) -> float | None:
    """Return the median of the ends: the slope whose S is 0; None where it is open."""
    if not len(ends):
        return None
    pair = ends[len(ends) // 2 - 1 : len(ends) // 2 + 1]
    return float(pair.mean()) if np.isfinite(pair).all() else None


def inverted(ends: Floats, critical: float) -> tuple[float | None, float | None]:
    """Return the slopes b between which ``|S(b)| <= critical``; None where there is no bound.

    S(b), of y - b t, is the number of pairs surely above b less those surely below: with N pairs,
    N less the number of ends below b.
    """
    pairs = len(ends) // 2
    first = math.ceil(pairs - critical - 1e-9)
    last = math.floor(pairs + critical + 1e-9) + 1
    lower = float(ends[first - 1]) if first >= 1 else -math.inf
    upper = float(ends[last - 1]) if last <= len(ends) else math.inf
    return (lower if math.isfinite(lower) else None, upper if math.isfinite(upper) else None)
