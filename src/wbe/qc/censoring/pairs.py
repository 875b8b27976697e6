"""Which of two results is the larger, where limits leave it told: what rank methods rest on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Signs = NDArray[np.int8]


def signs(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Signs:
    """Return which of two sets of results are surely larger, pair by pair.

    Parameters
    ----------
    low, high : ndarray (n,) [any one unit]
        Ends of the results; equal for a detect.
    other_low, other_high : ndarray (m,) [same unit]

    Returns
    -------
    ndarray (n, m)
        1 where the first is surely larger, -1 where the other is, 0 where they are equal or it
        cannot be told. A non-detect lies below its limit: "< 5" is smaller than a detect of 5.
    """
    tie = (low == high)[:, None] & (other_low == other_high)[None, :]
    tie &= low[:, None] == other_low[None, :]
    larger = (low[:, None] >= other_high[None, :]) & ~tie
    smaller = (high[:, None] <= other_low[None, :]) & ~tie
    return larger.astype(np.int8) - smaller.astype(np.int8)


def chi_squared_p(statistic: float, df: int) -> float:
    """Return the upper tail of the chi-squared distribution [1]."""
    return float(chdtrc(df, statistic))


def normal_bound(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval of that level."""
    return float(ndtri(0.5 + level / 2))
