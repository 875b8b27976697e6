"""Seasonal Kendall tests: trends within seasons, added up over seasons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

from wbe.errors import UsageError
from wbe.options import require_choice, require_level
from wbe.qc.ranking import kendall_s, normal_score, two_sided, untied_pairs, variance_of_s
from wbe.trends.sen import SenSlope, order_interval, pairwise_slopes
from wbe.trends.timed import Floats, Series, TimeUnit, as_given, as_series

Between = Literal["independent", "covariance"]


@dataclass(frozen=True)
class Season:
    """One season of a seasonal test.

    Attributes
    ----------
    name : str
    n : int
    s, variance : float [1]
        S and its variance under independence.
    tau : float or None [1]
        S / (n (n - 1) / 2); None with fewer than two values.
    denominator : float [1]
        sqrt(pairs untied in time x pairs untied in value), of tau-b.
    slope, intercept : float or None [unit of the values per unit of time, unit of the values]
        Slope of Sen and Conover's intercept within the season.
    """

    name: str
    n: int
    s: float
    variance: float
    tau: float | None
    denominator: float
    slope: float | None
    intercept: float | None


@dataclass(frozen=True)
class SeasonalKendall:
    """Result of a seasonal Kendall test.

    Attributes
    ----------
    s, variance : float [1]
        Sums over seasons; with ``between="covariance"`` the variance has twice the covariances.
    z, p : float or None [1]
        None where there are too few values.
    tau : float or None [1]
        Mean of the tau of the seasons, weighted by their n, as EnvStats has it.
    tau_b : float or None [1]
        S over the sum of the denominators of tau-b, as the R package Kendall has it.
    heterogeneity : float or None [1]
        Chi-square: do the seasons differ in their trends? None with fewer than two seasons.
    heterogeneity_df : int
    heterogeneity_p : float or None [1]
    seasons : tuple of Season
    n, n_missing : int
    convention : str
    testable : bool
    reason : str
    """

    s: float
    variance: float
    z: float | None
    p: float | None
    tau: float | None
    tau_b: float | None
    heterogeneity: float | None
    heterogeneity_df: int
    heterogeneity_p: float | None
    seasons: tuple[Season, ...]
    n: int
    n_missing: int
    convention: str
    testable: bool
    reason: str


def split(
    times: ArrayLike, values: ArrayLike, seasons: ArrayLike, unit: TimeUnit
) -> tuple[Series, NDArray[np.str_], list[NDArray[np.intp]]]:
    """Return the series, the names of its seasons in order, and the positions of each."""
    series, labels = as_series(times, values, unit), np.asarray(seasons).astype(str)
    if labels.shape != np.shape(values):
        raise UsageError(f"{labels.shape} seasons for {np.shape(values)} values; one each")
    labels = labels[series.order]
    names = np.unique(labels)
    return series, names, [np.flatnonzero(labels == name) for name in names]


def season_of(name: str, times: Floats, values: Floats) -> Season:
    """Return S, its variance and the slope of Sen of one season."""
    n, s = len(values), kendall_s(times, values)
    slopes = pairwise_slopes(times, values)
    slope = float(np.median(slopes)) if len(slopes) else None
    return Season(
        name=name,
        n=n,
        s=s,
        variance=variance_of_s(times, values),
        tau=s / (n * (n - 1) / 2) if n > 1 else None,
        denominator=math.sqrt(untied_pairs(times) * untied_pairs(values)),
        slope=slope,
        intercept=None if slope is None else float(np.median(values) - slope * np.median(times)),
    )


def table_by_year(years: Floats, values: Floats, positions: list[NDArray[np.intp]]) -> Floats:
    """Return values by year and season, NaN where there is none, shape (year, season)."""
    known, row = np.unique(years, return_inverse=True)
    out = np.full((len(known), len(positions)), np.nan)
    for k, at in enumerate(positions):
        if len(np.unique(row[at])) < len(at):
            raise UsageError(
                "a season has two values in one year; covariance needs one, such as their median"
            )
        out[row[at], k] = values[at]
    return out


def covariance_of_seasons(table: Floats) -> Floats:
    """Return the covariances of the S of seasons, estimated from the ranks.

    Parameters
    ----------
    table : ndarray (year, season)
        NaN where there is no value.

    Returns
    -------
    ndarray (season, season)
        The diagonal is not the variance of `variance_of_s` where there are ties; use that.

    Notes
    -----
    cov(S_g, S_h) = [K_gh + 4 sum_i R_ig R_ih - n (n_g + 1)(n_h + 1)] / 3 with
    K_gh = sum over i < j of sign((x_jg - x_ig)(x_jh - x_ih)) and
    R_ig = [n_g + 1 + sum_j sign(x_ig - x_jg)] / 2, (n_g + 1) / 2 where missing: eqs. 6 to 8 of
    Hirsch and Slack 1984, 10.1029/WR020i006p00727.
    """
    n = len(table)
    signs = np.nan_to_num(np.sign(table[:, None, :] - table[None, :, :]))
    counts = (~np.isnan(table)).sum(axis=0)
    ranks = (counts + 1 + signs.sum(axis=1)) / 2
    k = np.einsum("ijg,ijh->gh", signs, signs) / 2
    products = n * np.outer(counts + 1, counts + 1)
    return np.asarray((k + 4 * ranks.T @ ranks - products) / 3)


def heterogeneity(seasons: list[Season]) -> tuple[float | None, int, float | None]:
    """Return chi-square, degrees of freedom and p of the differences of trend between seasons.

    sum z_g^2 - m mean(z)^2 with z_g = S_g / sd(S_g), of m seasons with a variance, no continuity
    correction (van Belle and Hughes 1984, 10.1029/WR020i001p00127).
    """
    z = np.array([g.s / math.sqrt(g.variance) for g in seasons if g.variance > 0])
    if len(z) < 2:
        return None, 0, None
    chi2 = float(((z - z.mean()) ** 2).sum())
    return chi2, len(z) - 1, float(chdtrc(len(z) - 1, chi2))


def seasonal_kendall(
    times: ArrayLike,
    values: ArrayLike,
    seasons: ArrayLike,
    *,
    between: Between = "independent",
    continuity: bool = True,
    unit: TimeUnit = "year",
) -> SeasonalKendall:
    """Test for a trend that all seasons have in common.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
        With ``between="covariance"`` numbers must be whole years (the cycle), so that it can be
        told which values belong together; of dates the calendar year is used.
    values : array_like (n,) [any one unit]
        NaN is left out, never filled.
    seasons : array_like (n,) of labels
        Label of the season of each value: month, quarter.
    between : {"independent", "covariance"}
        Whether the S of different seasons are taken as independent [1]_, or their covariance is
        estimated [2]_, which allows for autocorrelation within a year and needs about ten years.
    continuity : bool
        Take 1 from ``|S|``. EnvStats and pymannkendall do, the R package Kendall does not.
    unit : {"day", "year"}
        Unit of time of the slopes where times are dates.

    Returns
    -------
    SeasonalKendall
        With ``testable=False`` where no season has two values of different times.

    Raises
    ------
    UsageError
        If the lengths differ, a time is unknown, or, with covariance, a season has two values in
        one year.

    Notes
    -----
    S = sum_g S_g, Var S = sum_g Var S_g (+ 2 sum_{g<h} cov(S_g, S_h)). The R package Kendall adds
    variances and denominators rounded to single precision, so its digits end at 1e-7.

    References
    ----------
    .. [1] Hirsch, R. M., Slack, J. R., Smith, R. A. (1982). Techniques of trend analysis for
       monthly water quality data. Water Resour. Res. 18, 107-121.
       10.1029/WR018i001p00107
    .. [2] Hirsch, R. M., Slack, J. R. (1984). A nonparametric trend test for seasonal data with
       serial dependence. Water Resour. Res. 20, 727-732. 10.1029/WR020i006p00727

    Examples
    --------
    >>> years, quarters = [2020, 2020, 2021, 2021, 2022, 2022], ["Q1", "Q3"] * 3
    >>> result = seasonal_kendall(years, [5.0, 9.0, 4.0, 8.0, 3.0, 7.0], quarters)
    >>> result.s, result.tau, round(result.p, 4), result.heterogeneity
    (-6.0, -1.0, 0.0648, 0.0)
    """
    require_choice("between", between, ("independent", "covariance"))
    series, names, positions = split(times, values, seasons, unit)
    each = [
        season_of(str(name), series.times[at], series.values[at])
        for name, at in zip(names, positions, strict=True)
    ]
    s, variance = sum(g.s for g in each), sum(g.variance for g in each)
    if between == "covariance":
        table = table_by_year(calendar_years(times)[series.order], series.values, positions)
        covariance = covariance_of_seasons(table)
        variance += float(covariance.sum() - np.trace(covariance))
    testable = variance > 0
    z = normal_score(s, variance, continuity=continuity) if testable else None
    pooled, counted = sum(g.denominator for g in each), [g for g in each if g.tau is not None]
    chi2, df, chi2_p = heterogeneity(each)
    return SeasonalKendall(
        s=float(s),
        variance=float(variance),
        z=z,
        p=None if z is None else two_sided(z),
        tau=sum((g.tau or 0.0) * g.n for g in counted) / sum(g.n for g in counted)
        if counted
        else None,
        tau_b=s / pooled if pooled > 0 else None,
        heterogeneity=chi2,
        heterogeneity_df=df,
        heterogeneity_p=chi2_p,
        seasons=tuple(each),
        n=series.n,
        n_missing=series.n_missing,
        convention=f"seasons {between}, normal, "
        + ("continuity-corrected" if continuity else "no continuity correction"),
        testable=testable,
        reason="" if testable else "S has no variance: too few values, or all of a season equal",
    )


def calendar_years(times: ArrayLike) -> Floats:
    """Return the calendar year of dates; numbers as they are."""
    given = as_given(times)
    if given.dtype.kind == "M":
        return given.astype("datetime64[Y]").astype(float) + 1970
    return given.astype(float)


def seasonal_sen_slope(
    times: ArrayLike,
    values: ArrayLike,
    seasons: ArrayLike,
    *,
    level: float = 0.95,
    variance: float | None = None,
    unit: TimeUnit = "year",
) -> SenSlope:
    """Return the seasonal slope of Sen: the median of all slopes within seasons.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
    values : array_like (n,) [any one unit]
    seasons : array_like (n,) of labels
        Label of the season of each value.
    level : float [1]
        Of the interval, between 0 and 1.
    variance : float, optional [1]
        Of S for the interval; that of independent values and seasons where not given.
    unit : {"day", "year"}
        Unit of time of the slope where times are dates.

    Returns
    -------
    SenSlope
        Interval by Gilbert's order statistics over all slopes within seasons. The intercept is the
        median of the intercepts of the seasons, each with its own slope, as EnvStats has it.

    Raises
    ------
    UsageError
        If `level` is not between 0 and 1, the lengths differ, or a time is unknown.

    References
    ----------
    Hirsch, Slack and Smith 1982, 10.1029/WR018i001p00107.

    Examples
    --------
    >>> years, quarters = [2020, 2020, 2021, 2021, 2022, 2022], ["Q1", "Q3"] * 3
    >>> seasonal_sen_slope(years, [5.0, 9.0, 4.0, 8.0, 3.0, 7.0], quarters).slope
    -1.0
    """
    require_level(level)
    series, names, positions = split(times, values, seasons, unit)
    at_times = [(series.times[at], series.values[at]) for at in positions]
    each = [season_of(str(n), t, y) for n, (t, y) in zip(names, at_times, strict=True)]
    slopes = np.sort(np.concatenate([pairwise_slopes(t, y) for t, y in at_times]))
    spread = sum(g.variance for g in each) if variance is None else variance
    lower, upper = order_interval(slopes, float(ndtri((1 + level) / 2)) * math.sqrt(spread))
    intercepts = [g.intercept for g in each if g.intercept is not None]
    return SenSlope(
        slope=float(np.median(slopes)) if len(slopes) else None,
        lower=lower,
        upper=upper,
        level=level,
        intercept=float(np.median(intercepts)) if intercepts else None,
        n=series.n,
        n_pairs=len(slopes),
        n_missing=series.n_missing,
        convention="Gilbert's order statistics within seasons, median intercept of the seasons",
    )
