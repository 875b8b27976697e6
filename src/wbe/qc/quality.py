"""Measures of analytical quality on arrays: duplicates, blanks, calibration, ions.

All work on numbers with stated units and know nothing about tables or batches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]


def relative_percent_difference(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the relative percent difference of two results of one sample, as a fraction.

    Parameters
    ----------
    first, second : array_like, any one shape [any one unit]
        Not negative.

    Returns
    -------
    ndarray, same shape [1]
        Between 0 and 2; NaN where both are zero or one is unknown.

    Raises
    ------
    UsageError
        If a value is negative.

    Notes
    -----
    RPD = ``|a - b| / ((a + b) / 2)``. The relative deviation of two parallel results that Chinese
    tables print (相对偏差) is ``|a - b| / (a + b)``, half of it.

    Examples
    --------
    >>> float(relative_percent_difference(90.0, 110.0))
    0.2
    """
    a, b = (np.asarray(x, dtype=float) for x in (first, second))
    if (a < 0).any() or (b < 0).any():
        raise UsageError("results of a duplicate are not negative")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(a - b) / ((a + b) / 2))


def pooled_rsd(differences: ArrayLike) -> float:
    """Return the relative standard deviation of one result, from differences of duplicates.

    Parameters
    ----------
    differences : array_like (pair,) [1]
        Relative differences ``(a - b) / mean`` or their magnitude; NaN is left out.

    Returns
    -------
    float [1]
        NaN without a pair. It holds for the repeatability of one result and can be given to an
        estimate as ``concentration_rsd``.

    Notes
    -----
    rsd = sqrt(sum d_i^2 / (2 n)), n pairs, n degrees of freedom: the difference of two independent
    results has twice the variance of one.

    Examples
    --------
    >>> round(pooled_rsd([0.2, -0.1]), 6)
    0.111803
    """
    d = np.asarray(differences, dtype=float)
    d = d[np.isfinite(d)]
    return float(np.sqrt((d**2).sum() / (2 * len(d)))) if len(d) else float("nan")


def relative_deviation(found: ArrayLike, expected: ArrayLike) -> Floats:
    """Return how far values lie from what is expected of them: of standards and check samples.

    Parameters
    ----------
    found, expected : array_like, any one shape [any one unit]
        Back-calculated or measured, and nominal values; an expected value that is not positive
        gives NaN.

    Returns
    -------
    ndarray, same shape [1]
        found / expected - 1.

    Examples
    --------
    >>> relative_deviation([9.0, 55.0], [10.0, 50.0]).round(6).tolist()
    [-0.1, 0.1]
    """
    x, nominal = (np.asarray(v, dtype=float) for v in (found, expected))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(nominal > 0, x / nominal - 1, np.nan))


def calibration_r2(nominal: ArrayLike, found: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the coefficient of determination between nominal and back-calculated values.

    Parameters
    ----------
    nominal, found : array_like (standard,) [any one unit]
        Pairs with an unknown value are left out.
    weights : array_like (standard,), optional [any]
        Weights of the fit; ``1 / nominal`` where not given, as calibrations over decades are
        usually weighted.

    Returns
    -------
    float [1]
        NaN with fewer than three pairs or without spread.

    Notes
    -----
    R2 = S_xy^2 / (S_xx S_yy) with weighted sums about the weighted means. For a straight line it
    equals the R2 of response on amount, since back-calculated amounts are linear in the response.

    Examples
    --------
    >>> round(calibration_r2([1, 2, 3], [1, 2, 4], [1, 1, 1]), 6)
    0.964286
    """
    x, y = (np.asarray(v, dtype=float) for v in (nominal, found))
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / x if weights is None else np.asarray(weights, dtype=float)
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(w) & (w > 0)
    x, y, w = x[known], y[known], w[known]
    if len(x) < 3:
        return float("nan")
    dx, dy = x - np.average(x, weights=w), y - np.average(y, weights=w)
    spread = float((w * dx**2).sum() * (w * dy**2).sum())
    return float((w * dx * dy).sum() ** 2 / spread) if spread > 0 else float("nan")


def relative_to_median(areas: ArrayLike) -> Floats:
    """Return areas of one internal standard relative to the median of their batch.

    Parameters
    ----------
    areas : array_like (injection,) [any one unit]
        An injection without the standard is NaN; zero is an area, of a failed injection.

    Returns
    -------
    ndarray (injection,) [1]
        NaN where fewer than three areas are known or their median is zero.

    Examples
    --------
    >>> relative_to_median([80.0, 100.0, 120.0]).tolist()
    [0.8, 1.0, 1.2]
    """
    x = np.asarray(areas, dtype=float)
    known = x[np.isfinite(x)]
    middle = float(np.median(known)) if len(known) >= 3 else 0.0
    return x / middle if middle > 0 else np.full(x.shape, np.nan)


def loq_to_blank(blank: ArrayLike, loq: ArrayLike) -> Floats:
    """Return how many times the limit of quantification exceeds a blank.

    Parameters
    ----------
    blank, loq : array_like, any one shape [any one unit]
        A blank in which nothing was found is zero.

    Returns
    -------
    ndarray, same shape [1]
        Infinite for a blank of zero.

    Examples
    --------
    >>> loq_to_blank([0.5, 0.0], 3.0).tolist()
    [6.0, inf]
    """
    b, limit = (np.asarray(v, dtype=float) for v in (blank, loq))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(limit / b)
