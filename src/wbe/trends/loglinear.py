"""Log-linear trend: per cent a year, with weekday and season, on real dates.

ln y = b0 + b1 t + weekday + season + e, with errors autocorrelated in continuous time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored
from wbe.qc.censoring.lognormal_fit import MAX_CENSORED_SHARE, MIN_DETECTS
from wbe.trends import augmented, continuous_ar1, tobit, weekdays
from wbe.trends.mixtures import Mixture
from wbe.trends.series import (
    DAYS_PER_YEAR,
    FEWEST_ROUNDS,
    LogSeries,
    in_days,
    log_series,
    percent,
    too_few,
    typical_gap,
)
from wbe.trends.timed import TimeUnit, whole_days
from wbe.trends.within_rounds import MIN_DF, Term, by_round

Floats = NDArray[np.float64]

METHODS = ("integrated", "reml", "ml", "tobit")
MIN_FITTED = 5
"""Rounds from which a line is fitted; a trend is claimed from `FEWEST_ROUNDS`."""
MIN_SEASON_YEARS = 1.5
"""Shortest record [years] from which a season can be told from a trend."""
EACH_DAY = "each"
_Said = tuple[float, str, int, str, int, int, int, int, TimeUnit]


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of all coefficients: a mixture of multivariate t (m parts)."""

    weight: Floats
    coefficients: Floats
    covariance: Floats
    df: float

    def contrast(self, contrast: Floats) -> Mixture:
        """Return what is known of a contrast."""
        variance = np.einsum("i,mij,j->m", contrast, self.covariance, contrast)
        return Mixture(self.weight, self.coefficients @ contrast, np.sqrt(variance), self.df)


@dataclass(frozen=True)
class LogLinearTrend:
    """Log-linear trend.

    Attributes
    ----------
    percent_per_year : float
        100 (exp(slope) - 1) [%]; NaN, like all numbers that follow, where no line was fitted.
    lower, upper : float
        Ends of its interval [%].
    level : float [1]
        Probability of the interval.
    p_value : float [1]
        Two-sided; NaN where not `testable`.
    slope, slope_lower, slope_upper : float
        Change of the natural log a year [1/year].
    rho : float
        Correlation of the errors over one typical gap [1]; the posterior mean if integrated.
    gap : float
        Typical gap, the lower median [days].
    log_sd : float
        Standard deviation of the errors on the natural log scale [1].
    terms : tuple of Term
        Effects beside the trend.
    n, n_below, n_missing, n_rounds : int
        Results, those below a limit, those left out as NaN, and rounds.
    method : str
        One of `METHODS`.
    season, weekend : int, str
        The terms asked for.
    seed : int or None
        Where non-detects were drawn.
    testable : bool
        Whether the record can bear a statement on a trend. Slope and interval may be given where it
        cannot: they describe the rounds, and are no test.
    reason : str
        Why not.
    unit : str
        Of times that are numbers.
    """

    percent_per_year: float
    lower: float
    upper: float
    level: float
    p_value: float
    slope: float
    slope_lower: float
    slope_upper: float
    rho: float
    gap: float
    log_sd: float
    terms: tuple[Term, ...]
    n: int
    n_below: int
    n_missing: int
    n_rounds: int
    method: str
    season: int
    weekend: str
    seed: int | None
    testable: bool
    reason: str
    unit: TimeUnit
    _known: Known | None = field(default=None, repr=False, compare=False)
    _origin: float = field(default=0.0, repr=False, compare=False)

    @property
    def conclusion(self) -> str:
        """``rising``, ``falling``, ``no_trend_shown`` or ``not_testable``."""
        if not self.testable:
            return "not_testable"
        if self.p_value >= 1 - self.level:
            return "no_trend_shown"
        return "rising" if self.slope > 0 else "falling"

    def line(self, times: ArrayLike, level: float | None = None) -> tuple[Floats, Floats, Floats]:
        """Return the trend line and its pointwise interval.

        Parameters
        ----------
        times : array_like (k,)
            As the times of the fit.
        level : float, optional
            By default that of the fit.

        Returns
        -------
        value, lower, upper : ndarray (k,) [unit of the values]
            Median level at mid-season, on a weekday where the weekend is a term.

        Raises
        ------
        UsageError
            If no line was fitted.
        """
        if self._known is None:
            raise UsageError(f"there is no line: {self.reason}")
        level = require_level(self.level if level is None else level)
        years = (in_days(times, self.unit) - self._origin) / DAYS_PER_YEAR
        contrasts = np.zeros((len(years), self._known.coefficients.shape[1]))
        contrasts[:, 0], contrasts[:, 1] = 1.0, years
        probabilities = (0.5, (1 - level) / 2, (1 + level) / 2)
        found = [[self._known.contrast(c).quantile(p) for p in probabilities] for c in contrasts]
        value, lower, upper = np.exp(np.array(found).T)
        return value, lower, upper


def loglinear_trend(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    weekend: str | weekdays.DayRule = "",
    season: int = 0,
    method: str = "integrated",
    rounds: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 1,
    unit: TimeUnit = "year",
) -> LogLinearTrend:
    """Fit a log-linear trend with autocorrelated errors.

    Parameters
    ----------
    times : array_like (n,)
        Dates as `wbe.trends.trend` takes them, or numbers in `unit`; in any order, each once.
    values : array_like (n,) or Censored [any one unit]
        Positive values of one site or area, NaN is left out; results below limits as `Censored`.
    weekend : str or DayRule
        A rule of `wbe.trends.weekdays` adds one term for the weekend, ``each`` one a day; both need
        dates. By default none.
    season : int
        Number of harmonics of the year; by default none.
    method : str
        ``integrated`` (default): averaged over the unknown autocorrelation, with the interval that
        holds in short series; takes non-detects. ``reml``, ``ml``: generalised least squares at
        the one estimated autocorrelation, t interval; too narrow in short series (see
        docs/trend-models.md). ``tobit``: censored maximum likelihood with *independent* errors,
        t interval.
    rounds : array_like (n,), optional of labels
        The round of each result; by default told from the gaps (`wbe.trends.series.round_labels`).
    level : float [1]
        Probability of the interval.
    seed : int
        Of the draws of non-detects; used by ``integrated`` only.
    unit : {"day", "year"}
        Of times that are numbers, as in `wbe.trends.trend`; dates need none.

    Returns
    -------
    LogLinearTrend
        Where a round holds several results (a week each quarter), the trend is that of the rounds'
        geometric means, since days of one week share more than their dates tell; terms for days of
        the week are then fitted within rounds, and `rho` is between rounds.
        With ``testable=False`` and a reason if there are fewer than `FEWEST_ROUNDS` rounds, as in
        `wbe.trends.trend`; slope, interval and line are given from `MIN_FITTED` rounds on. Without
        numbers if there are fewer than these, fewer than `MIN_DF` residual degrees of freedom, too
        few detects (fewer than 5, or more than 80 % below a limit), or non-detects within rounds
        of several results. Of two rounds there is a difference, no trend: see
        `changes_between_rounds`.

    Raises
    ------
    UsageError
        If an option is unknown, the record is too short for a season, terms cannot be told apart,
        a time occurs twice, a value is not positive, or ``reml`` or ``ml`` meets a non-detect.

    Notes
    -----
    ln y_i = b0 + b1 t_i + terms + e_i, corr(e_i, e_j) = ``rho^(|t_i - t_j| / gap)``. With b and ln
    sd flat and the prior of rho proportional to 1 - rho on [0, 0.95],

        p(b1 | y) = sum over rho of w(rho) t_{n-p}(b1; b1(rho), se(rho)),
        ``w(rho) prop. to (1 - rho) |R|^-1/2 |X'R^-1X|^-1/2 RSS^-(n-p)/2``,

    the restricted likelihood. Of rho negative values are not considered.

    References
    ----------
    Harville 1974, 10.1093/biomet/61.2.383; Tanner 1987, 10.1080/01621459.1987.10478458;
    Tobin 1958, 10.2307/1907382

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import loglinear_trend
    >>> dates = np.datetime64("2022-01-15") + 30 * np.arange(24)
    >>> scatter = np.tile([1.1, 0.95, 1.0, 0.9, 1.06, 0.99], 4)
    >>> loads = 80 * 0.8 ** (np.arange(24) * 30 / 365.25) * scatter  # synthetic: -20 % a year
    >>> trend = loglinear_trend(dates, loads)
    >>> print(f"{trend.percent_per_year:.0f} % a year ({trend.lower:.0f} to {trend.upper:.0f})")
    -21 % a year (-25 to -16)
    >>> trend.conclusion
    'falling'
    >>> loglinear_trend(dates[:2], loads[:2]).conclusion
    'not_testable'
    """
    require_choice("method", method, METHODS)
    require_level(level)
    without = (
        f"method {method!r} has no place for them; use 'integrated', or 'tobit' for independent "
        "errors" if method in ("reml", "ml") else ""
    )  # fmt: skip
    series = log_series(times, values, without, unit, leave_out_missing=True)
    labels = series.labels(rounds)
    n_rounds = len(np.unique(labels))
    asked = weekend if isinstance(weekend, str) else weekend.name
    counts = (len(series), int(series.below.sum()), series.n_missing, n_rounds)
    said = (level, method, season, asked, *counts, unit)
    reason = _not_fitted(series, n_rounds)
    if reason:
        return _refused(reason, said)
    columns = _day_columns(series, times, weekend) if weekend else {}
    if n_rounds < len(series):
        series, terms = by_round(series, labels, columns, level)
        columns = {}
    else:
        terms = ()
    origin = float(series.days.mean())
    x, names = _design(series, columns, season, origin)
    if len(series) - x.shape[1] < MIN_DF:
        return _refused(
            f"{len(series)} values for {x.shape[1]} terms leave too few to judge by", said
        )
    gap = typical_gap(series.days)
    known, rho, log_sd, used = _fitted(series, x, gap, method, seed)
    return _result(known, names, terms, rho, gap, log_sd, used, said, origin)


def _not_fitted(series: LogSeries, n_rounds: int) -> str:
    """Return why no line is fitted; empty if one can be."""
    n, n_below = len(series), int(series.below.sum())
    if n_rounds < 2:
        return "one round: nothing is said of change"
    if n_rounds == 2:
        return "two rounds: there is a difference between them, not a trend"
    if n_rounds < MIN_FITTED:
        return f"{n_rounds} rounds; a line is fitted from {MIN_FITTED}"
    if n - n_below < MIN_DETECTS:
        return f"{n - n_below} results above their limit; a trend needs at least {MIN_DETECTS}"
    if n_below > MAX_CENSORED_SHARE * n:
        return f"{n_below} of {n} results lie below a limit: too many for a trend"
    if n_below and n_rounds < n:
        return (
            "results below limits within rounds of several results: summarise each round first "
            "(wbe.qc.censoring), and give one value a round"
        )
    return ""


def _design(
    series: LogSeries, days: dict[str, Floats], season: int, origin: float
) -> tuple[Floats, list[str]]:
    """Return the design matrix (n, p) and the names of its columns."""
    years = (series.days - origin) / DAYS_PER_YEAR
    columns, names = [np.ones_like(years), years, *days.values()], ["level", "slope", *days]
    if season < 0 or season != int(season):
        raise UsageError(f"season = {season}: the number of harmonics is 0, 1, 2, ...")
    if season and np.ptp(years) < MIN_SEASON_YEARS:
        raise UsageError(
            f"a record of {np.ptp(years):.1f} years cannot tell a season from a trend; it takes "
            f"{MIN_SEASON_YEARS}"
        )
    for k in range(1, season + 1):
        turn = 2 * np.pi * k * series.days / DAYS_PER_YEAR
        names += [f"season_cos_{k}", f"season_sin_{k}"]
        columns += [np.cos(turn), np.sin(turn)]
    x = np.stack(columns, axis=1)
    if np.linalg.matrix_rank(x[~series.below]) < x.shape[1]:
        raise UsageError(
            f"the detects cannot tell the terms {', '.join(names)} apart: leave out terms, or add "
            "dates"
        )
    return x, names


def _day_columns(
    series: LogSeries, times: ArrayLike, weekend: str | weekdays.DayRule
) -> dict[str, Floats]:
    days = weekdays.iso_days(whole_days(times, "times")[series.order])
    if weekend == EACH_DAY:
        return {f"day_{d}": (days == d).astype(float) for d in range(2, 8)}
    return {"weekend": weekdays.rule(weekend).is_weekend(days).astype(float)}


def _fitted(
    series: LogSeries, x: Floats, gap: float, method: str, seed: int
) -> tuple[Known, float, float, int | None]:
    """Return what is known of the coefficients, rho, the sd of errors, and the seed if used."""
    df = len(series) - x.shape[1]
    if method == "tobit":
        found = tobit.fit_tobit(series.low, series.high, x)
        known = Known(np.ones(1), found.coefficients[None], found.covariance[None], df)
        return known, 0.0, found.sd, None
    if method == "integrated" and series.below.any():
        s = augmented.sweep(series, x, gap, seed)
        known = Known(s.weight, s.coefficients, s.covariance, df)
        return known, float(s.weight @ s.rho), float(s.weight @ s.sd), seed
    if method == "integrated":
        fits = continuous_ar1.fit(series.high, x, series.days, gap)
        weight = fits.weights
    else:
        fits = continuous_ar1.best(series.high, x, series.days, gap, method)
        weight = np.ones(1)
    variance = fits.rss / df
    known = Known(weight, fits.coefficients, variance[:, None, None] * fits.scatter, df)
    return known, float(weight @ fits.rho), float(weight @ np.sqrt(variance)), None


def _result(
    known: Known, names: list[str], terms: tuple[Term, ...], rho: float, gap: float,
    log_sd: float, seed: int | None, said: _Said,
    origin: float,
) -> LogLinearTrend:  # fmt: skip
    level, method, season, weekend, n, n_below, n_missing, n_rounds, unit = said
    each = [known.contrast(row) for row in np.eye(len(names))]
    slope = each[1]
    low, high = slope.interval(level)
    terms += tuple(
        Term(name, *(float(np.exp(v)) for v in (m.median, *m.interval(level))))
        for name, m in zip(names[2:], each[2:], strict=True)
    )
    at = slope.median
    testable = n_rounds >= FEWEST_ROUNDS
    p = slope.p_value if testable else float("nan")
    reason = "" if testable else too_few(n_rounds)
    return LogLinearTrend(
        percent(at), percent(low), percent(high), level, p, at, low, high, rho, gap, log_sd, terms,
        n, n_below, n_missing, n_rounds, method, season, weekend, seed, testable, reason, unit,
        known, origin,
    )  # fmt: skip


def _refused(reason: str, said: _Said) -> LogLinearTrend:
    level, method, season, weekend, n, n_below, n_missing, n_rounds, unit = said
    nan = float("nan")
    return LogLinearTrend(
        nan, nan, nan, level, nan, nan, nan, nan, nan, nan, nan, (), n, n_below, n_missing,
        n_rounds, method, season, weekend, None, False, reason, unit,
    )  # fmt: skip
