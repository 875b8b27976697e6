"""The slope of Sen: the median of the slopes between all pairs, over real times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from wbe.options import require_choice, require_level
from wbe.qc.ranking import variance_of_s
from wbe.trends.timed import Floats, TimeUnit, as_series

Intercept = Literal["conover", "residuals"]


@dataclass(frozen=True)
class SenSlope:
    """Slope of Sen with its interval.

    Attributes
    ----------
    slope : float or None [unit of the values per unit of time]
        None where no two values have different times.
    lower, upper : float or None [same]
        None where the interval would reach beyond the slopes of the sample.
    level : float [1]
        Of the interval, 0.95 for 95 %.
    intercept : float or None [unit of the values]
        At time 0 of the unit of time.
    n, n_pairs, n_missing : int
        Values, pairs of different times, values left out.
    convention : str
        Of interval and intercept.
    """

    slope: float | None
    lower: float | None
    upper: float | None
    level: float
    intercept: float | None
    n: int
    n_pairs: int
    n_missing: int
    convention: str


def pairwise_slopes(times: Floats, values: Floats) -> Floats:
    """Return the slopes between all pairs of different times, rising, shape (pair,)."""
    first, second = np.triu_indices(len(values), 1)
    apart = times[second] != times[first]
    first, second = first[apart], second[apart]
    slopes = (values[second] - values[first]) / (times[second] - times[first])
    return np.sort(np.asarray(slopes, dtype=float))


def order_interval(slopes: Floats, half_width: float) -> tuple[float | None, float | None]:
    """Return the interval of Gilbert between two order statistics of the slopes.

    Parameters
    ----------
    slopes : ndarray (N,)
        Rising.
    half_width : float
        C, the value that ``|S|`` does not exceed at the level wanted: z times the standard
        deviation of S, or a quantile of simulated S.

    Returns
    -------
    lower, upper : float or None
        Slopes number (N - C) / 2 and (N + C) / 2 + 1, counted from 1, between neighbours by a
        straight line. None where such a number lies outside 1 to N.
    """
    n, ranks = len(slopes), np.arange(1, len(slopes) + 1)
    low, high = (n - half_width) / 2, (n + half_width) / 2 + 1
    lower = float(np.interp(low, ranks, slopes)) if low >= 1 else None
    upper = float(np.interp(high, ranks, slopes)) if high <= n else None
    return lower, upper


def intercept_of(times: Floats, values: Floats, slope: float, convention: Intercept) -> float:
    """Return the intercept: median(y) - slope median(t) of Conover, or median(y - slope t)."""
    if convention == "conover":
        return float(np.median(values) - slope * np.median(times))
    return float(np.median(values - slope * times))


def sen_slope(
    times: ArrayLike,
    values: ArrayLike,
    *,
    level: float = 0.95,
    intercept: Intercept = "conover",
    variance: float | None = None,
    unit: TimeUnit = "year",
) -> SenSlope:
    """Return the slope of Sen, by real times, and Gilbert's interval.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
    values : array_like (n,) [any one unit]
        NaN is left out.
    level : float [1]
        Level of the interval, between 0 and 1.
    intercept : {"conover", "residuals"}
        ``median(y) - slope median(t)``, which EnvStats and pymannkendall use, or the median of
        ``y - slope t``.
    variance : float, optional [1]
        Variance of S for the interval; that of independent values where not given.
    unit : {"day", "year"}
        Unit of time of the slope where times are dates.

    Returns
    -------
    SenSlope
        Without a slope where fewer than two times differ.

    Raises
    ------
    UsageError
        If `level` is not between 0 and 1, an option is unknown, the lengths differ, or a time is
        unknown.

    Notes
    -----
    The median of (y_j - y_i) / (t_j - t_i) over pairs with t_j > t_i [1]_. Interval: with
    C = z sqrt(Var S), the slopes number (N - C)/2 and (N + C)/2 + 1 of N (Gilbert 1987, p. 218),
    between neighbours by a straight line. Positions in place of times give another slope wherever
    dates are irregular.

    References
    ----------
    .. [1] Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau.
       J. Am. Stat. Assoc. 63, 1379-1389. 10.1080/01621459.1968.10480934

    Examples
    --------
    >>> result = sen_slope([0, 1, 2, 3, 10, 11, 12, 13], [0, 2, 4, 6, 20, 22, 24, 26.5])
    >>> result.slope, round(result.lower, 4)
    (2.0, 2.0)
    """
    require_level(level)
    require_choice("intercept", intercept, ("conover", "residuals"))
    series = as_series(times, values, unit)
    slopes = pairwise_slopes(series.times, series.values)
    spread = variance_of_s(series.times, series.values) if variance is None else variance
    slope = float(np.median(slopes)) if len(slopes) else None
    half_width = float(ndtri((1 + level) / 2)) * math.sqrt(spread)
    lower, upper = order_interval(slopes, half_width)
    return SenSlope(
        slope=slope,
        lower=lower,
        upper=upper,
        level=level,
        intercept=None
        if slope is None
        else intercept_of(series.times, series.values, slope, intercept),
        n=series.n,
        n_pairs=len(slopes),
        n_missing=series.n_missing,
        convention=f"Gilbert's order statistics, intercept by {intercept}",
    )
