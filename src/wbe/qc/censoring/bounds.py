"""Bounds of a sample with limits: from every non-detect at zero to every one at its limit."""

from __future__ import annotations

import numpy as np

from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.quantities import Quantity


def bounds(data: Censored, quantity: Quantity) -> tuple[float, float]:
    """Return the least and the largest value of a quantity that the results allow.

    Parameters
    ----------
    data : Censored
        A result between LOD and LOQ is not put beneath its LOD.
    quantity : Quantity
        Percentiles are of type 7 (Hyndman and Fan), the sd has n - 1.

    Returns
    -------
    least, most : float [unit of the data; 1 for an exceedance]
        Both are reached by values that agree with all results. For the sd of one result NaN.

    Notes
    -----
    Mean, percentiles and exceedances rise with every value, so all-zero and all-limit bound them.
    The sd does not: it is least with all values as near to one common value as their ranges let
    them, and largest with each at the end that is farther from the mean.

    References
    ----------
    Hyndman & Fan 1996, 10.1080/00031305.1996.10473566

    Examples
    --------
    >>> from wbe.qc.censoring import MEAN, bounds, censored
    >>> bounds(censored([8.0, 4.0], [False, True]), MEAN)
    (4.0, 6.0)
    """
    if quantity.kind == "sd":
        return _sd_bounds(data.low, data.high)
    return _plain(data.low, quantity), _plain(data.high, quantity)


def _plain(values: Floats, quantity: Quantity) -> float:
    if quantity.kind == "mean":
        return float(values.mean())
    if quantity.kind == "percentile":
        return float(np.quantile(values, quantity.at))
    return float((values > quantity.at).mean())


def _sd_bounds(low: Floats, high: Floats) -> tuple[float, float]:
    if len(low) < 2:
        return float("nan"), float("nan")
    return _least_sd(low, high), _largest_sd(low, high)


def _least_sd(low: Floats, high: Floats) -> float:
    """Return the sd of values clipped to the centre c that is their own mean.

    ``mean(clip(c, low, high)) - c`` falls with c and is linear between the ends of the ranges.
    """
    ends = np.unique(np.concatenate([low, high]))
    excess = np.array([np.clip(c, low, high).mean() - c for c in ends])
    centre = np.interp(0.0, -excess, ends)
    return float(np.clip(centre, low, high).std(ddof=1))


def _largest_sd(low: Floats, high: Floats) -> float:
    """Return the largest sd with every value at an end of its range.

    The sd is convex in the values, so a corner is largest; there each range with its middle above
    the mean is at its upper end. All such corners are tried, n + 1 of them.
    """
    order = np.argsort(low + high, kind="stable")
    a, b = low[order], high[order]
    n = len(a)

    def cumulated(x: Floats) -> Floats:
        return np.concatenate([[0.0], np.cumsum(x)])

    centre = a.mean()  # sums about a value of the data's size lose fewer digits
    a, b = a - centre, b - centre
    total = cumulated(a) + cumulated(b)[-1] - cumulated(b)
    squares = cumulated(a**2) + cumulated(b**2)[-1] - cumulated(b**2)
    variance = (squares - total**2 / n) / (n - 1)
    return float(np.sqrt(max(float(variance.max()), 0.0)))
