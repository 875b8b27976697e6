"""Weekly pattern: weekend against weekday, and each day against its week.

Days of one week share the week's level and their errors are alike, so the week is the unit: every
number is made within weeks, and weeks are what intervals and tests count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored
from wbe.qc.multiple import holm
from wbe.trends.exchange import DRAWN, share_as_far, sign_flip_p
from wbe.trends.series import log_series, positive_ends
from wbe.trends.timed import whole_days
from wbe.trends.weekdays import DayRule, iso_days, rule
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS = 7
MIN_WEEKS = 3
"""Complete weeks from which a profile is tested at 0.95: weeks turned alike look as before, so that
k weeks show no p value below 7^(1 - k)."""
_WITHOUT_LIMITS = (
    "the ratio within a week needs a value on each day; compare the groups of days with a censored "
    "test instead (wbe.qc.censoring)"
)


@dataclass(frozen=True)
class WeekendRatio:
    """Level of the weekend over that of the weekdays of the same weeks.

    Attributes
    ----------
    site : str
        Empty where there is one series.
    rule : str
        Name of the rule of days.
    ratio, lower, upper : float
        Geometric mean over weeks of weekend / weekday, and its t interval [1]; the interval is
        NaN with fewer than 2 weeks.
    level : float [1]
        Probability of the interval.
    p_value : float [1]
        Two-sided, by flipping the sign of each week's log ratio; NaN where not `testable`.
    p_adjusted : float [1]
        Adjusted for the number of sites (Holm); equal to `p_value` for one series.
    n_weeks, n_left_out : int
        Weeks with both kinds of day, and weeks without.
    n : int
        Results used.
    seed : int
        Of drawn permutations, where there are too many to enumerate.
    testable : bool
        Whether there are enough weeks for a p value of 1 - `level`.
    reason : str
        Why not.
    """

    site: str
    rule: str
    ratio: float
    lower: float
    upper: float
    level: float
    p_value: float
    p_adjusted: float
    n_weeks: int
    n_left_out: int
    n: int
    seed: int
    testable: bool
    reason: str

    @property
    def conclusion(self) -> str:
        """``weekend_higher``, ``weekend_lower``, ``no_difference_shown`` or ``not_testable``."""
        if not self.testable:
            return "not_testable"
        if self.p_adjusted >= 1 - self.level + 1e-12:
            return "no_difference_shown"
        return "weekend_higher" if self.ratio > 1 else "weekend_lower"


@dataclass(frozen=True, eq=False)
class WeekdayProfile:
    """Level of each day of the week over that of its week.

    Attributes
    ----------
    ratio, lower, upper : ndarray (7,)
        Monday to Sunday: geometric mean over complete weeks of day / week, and its t interval [1].
    level : float [1]
        Probability of each interval.
    p_value : float [1]
        That all days are alike: days turned round within each week; NaN where not `testable`.
    n_weeks, n_left_out : int
        Weeks with all seven days, and others.
    draws, seed : int
        Of the turns.
    testable : bool
        Whether there are enough weeks.
    reason : str
        Why not.
    """

    ratio: Floats
    lower: Floats
    upper: Floats
    level: float
    p_value: float
    n_weeks: int
    n_left_out: int
    draws: int
    seed: int
    testable: bool
    reason: str


def weekend_ratio(
    dates: ArrayLike,
    values: ArrayLike | Censored,
    *,
    days: str | DayRule = "score",
    level: float = 0.95,
    seed: int = 1,
    site: str = "",
) -> WeekendRatio:
    """Compare the weekend with the weekdays of the same weeks.

    Parameters
    ----------
    dates : array_like (n,) of datetime64
        Day on which each 24-hour collection starts; in any order, each once.
    values : array_like (n,) [any one unit]
        Positive values of one site. Non-detects are refused.
    days : str or DayRule
        ``score`` (weekday Tuesday to Thursday, weekend Friday to Monday), ``euda_2021``,
        ``saturday_sunday``, ``friday_sunday``, or a rule of one's own: see `wbe.trends.weekdays`.
    level : float [1]
        Probability of the interval.
    seed : int
        Of drawn permutations, with more than 13 weeks.
    site : str
        A name, for the result.

    Returns
    -------
    WeekendRatio
        With ``testable=False`` where no p value of 1 - `level` could be found: fewer than 6 weeks
        at 0.95; all numbers are NaN where no week has both kinds of day.

    Raises
    ------
    UsageError
        If a result lies below a limit, a day occurs twice, a value
        is not positive, or `dates` are not dates.

    Notes
    -----
    A week is seven days counted from its first sample; the next begins with the first sample
    after them. Week i gives d_i = mean(ln y, weekend) - mean(ln y, weekdays); ratio = exp(mean d),
    interval = exp(mean d +- t_{k-1} s / sqrt k) over k weeks, each counting once. The p value is
    the share of the 2^k arrangements of signs whose sum is as large, whatever its sign.

    References
    ----------
    Ort 2014, 10.1111/add.12570

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import weekend_ratio
    >>> dates = np.datetime64("2024-03-06") + np.arange(42)  # synthetic; a Wednesday
    >>> scatter = np.resize([1.02, 0.97, 1.05, 0.99, 0.96], 42)
    >>> weekend = np.isin(np.arange(42) % 7, [2, 3, 4, 5])
    >>> found = weekend_ratio(dates, np.where(weekend, 60.0, 40.0) * scatter)
    >>> print(f"{found.ratio:.2f} ({found.lower:.2f} to {found.upper:.2f}), {found.conclusion}")
    1.50 (1.46 to 1.55), weekend_higher
    """
    require_level(level)
    chosen = rule(days)
    _, logs, weeks, iso = _weeks(dates, values)
    weekend = chosen.is_weekend(iso)
    with np.errstate(invalid="ignore"):
        each = _mean_by(weeks, logs, weekend) - _mean_by(weeks, logs, ~weekend)
    both = ~np.isnan(each)
    d = each[both]
    k = len(d)
    half = _half_width(d, level)
    needed = int(np.ceil(np.log2(2 / (1 - level)) - 1e-9))
    testable = k >= needed
    reason = "" if testable else (
        f"{k} weeks with weekday and weekend; a test at {1 - level:.3g} needs {needed}"
    )  # fmt: skip
    p = sign_flip_p(d, seed) if testable else float("nan")
    mean = float(d.mean()) if k else float("nan")
    return WeekendRatio(
        site, chosen.name, float(np.exp(mean)), float(np.exp(mean - half)),
        float(np.exp(mean + half)), level, p, p, k, len(each) - k, int(both[weeks].sum()), seed,
        testable, reason,
    )  # fmt: skip


def weekend_ratios(
    sites: ArrayLike,
    dates: ArrayLike,
    values: ArrayLike | Censored,
    *,
    days: str | DayRule = "score",
    level: float = 0.95,
    seed: int = 1,
) -> tuple[WeekendRatio, ...]:
    """Compare weekend and weekdays at each site.

    Parameters
    ----------
    sites : array_like (n,) of str
    dates, values, days, level, seed
        As `weekend_ratio`.

    Returns
    -------
    tuple of WeekendRatio
        By site, sorted; `p_adjusted` accounts for the number of testable sites (Holm). Intervals
        are for each site alone.

    Raises
    ------
    UsageError
        As `weekend_ratio`, for any of the sites.

    References
    ----------
    Ort 2014, 10.1111/add.12570

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import weekend_ratios
    >>> dates = np.tile(np.datetime64("2024-03-06") + np.arange(7), 2)  # synthetic
    >>> loads = [40, 42, 60, 66, 63, 61, 41, 20, 19, 21, 20, 22, 19, 20]
    >>> for found in weekend_ratios(["A"] * 7 + ["B"] * 7, dates, loads):
    ...     print(found.site, round(found.ratio, 2), found.conclusion)
    A 1.52 not_testable
    B 1.04 not_testable
    """
    named = np.asarray(sites).astype(str)
    when = np.asarray(dates)
    low, high = positive_ends(values)
    if not named.shape == when.shape == high.shape:
        raise UsageError("sites, dates and values must be of one length")
    found = [
        weekend_ratio(when[named == s], Censored(low[named == s], high[named == s]), days=days,
                      level=level, seed=seed, site=s)
        for s in sorted(set(named.tolist()))
    ]  # fmt: skip
    adjusted = holm(np.array([f.p_value for f in found]))
    return tuple(
        WeekendRatio(**{**vars(f), "p_adjusted": float(p)})
        for f, p in zip(found, adjusted, strict=True)
    )


def weekday_profile(
    dates: ArrayLike, values: ArrayLike | Censored, *, level: float = 0.95, seed: int = 1
) -> WeekdayProfile:
    """Return the level of each day of the week over its week, from complete weeks.

    Parameters
    ----------
    dates, values, level, seed
        As `weekend_ratio`. Only weeks with all seven days count: with days missing, "the week"
        would be another thing from week to week.

    Returns
    -------
    WeekdayProfile
        With ``testable=False`` with fewer than `MIN_WEEKS` complete weeks, or where k weeks show no
        p value of 1 - `level`: 7^(1 - k) is the smallest. Intervals are NaN with one week.

    Raises
    ------
    UsageError
        If no week is complete, or as `weekend_ratio`.

    Notes
    -----
    r_id = ln y_id - mean over the week's days; ratio_d = exp(mean over weeks of r_id), interval by
    t with k - 1 degrees of freedom. Test: sum over days of (mean r_d)^2 against its values when
    each week's seven values are turned round by a random number of days, which keeps neighbours
    neighbours.

    References
    ----------
    Ort 2014, 10.1111/add.12570

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import weekday_profile
    >>> dates = np.datetime64("2024-03-04") + np.arange(28)  # synthetic; a Monday
    >>> loads = np.tile([9.0, 10, 10, 10, 11, 14, 13], 4) * np.resize([1.0, 1.01, 0.99], 28)
    >>> profile = weekday_profile(dates, loads)
    >>> int(profile.ratio.argmax()), profile.p_value < 0.01  # Saturday
    (5, True)
    """
    require_level(level)
    _, logs, weeks, iso = _weeks(dates, values)
    size = np.bincount(weeks)
    complete = np.flatnonzero(size == DAYS)
    if not len(complete):
        raise UsageError("no week has all its seven days")
    table = np.full((len(size), DAYS), np.nan)
    table[weeks, iso - 1] = logs
    relative = table[complete] - table[complete].mean(axis=1, keepdims=True)
    k = len(relative)
    mean = relative.mean(axis=0)
    half = np.array([_half_width(column, level) for column in relative.T])
    needed = max(MIN_WEEKS, 1 + int(np.ceil(-np.log(1 - level) / np.log(DAYS) - 1e-9)))
    testable = k >= needed
    p = _turned(relative, seed) if testable else float("nan")
    reason = "" if testable else (
        f"complete weeks: {k}; a pattern that repeats is told from chance from {needed}"
    )  # fmt: skip
    return WeekdayProfile(
        np.exp(mean), np.exp(mean - half), np.exp(mean + half), level, p, k, len(size) - k, DRAWN,
        seed, testable, reason,
    )  # fmt: skip


def _weeks(dates: ArrayLike, values: ArrayLike | Censored) -> tuple[Floats, Floats, Ints, Ints]:
    """Return sorted days, logs, number of the week, and ISO day of the week."""
    whole = whole_days(dates, "dates")
    series = log_series(whole, values, _WITHOUT_LIMITS)
    return series.days, series.high, week_blocks(series.days), iso_days(whole[series.order])


def week_blocks(days: Floats) -> Ints:
    """Return the week of each day: seven days from its first sample; `days` rise strictly.

    Examples
    --------
    >>> import numpy as np
    >>> week_blocks(np.array([2.0, 3, 8, 9, 10, 40])).tolist()
    [0, 0, 0, 1, 1, 2]
    """
    out, first, week = np.zeros(len(days), dtype=np.int64), days[0], 0
    for i, day in enumerate(days):
        if day >= first + DAYS:
            first, week = day, week + 1
        out[i] = week
    return out


def _mean_by(weeks: Ints, logs: Floats, which: NDArray[np.bool_]) -> Floats:
    """Return each week's mean over the days asked for; NaN where it has none."""
    n = int(weeks.max()) + 1
    count = np.bincount(weeks[which], minlength=n)
    total = np.bincount(weeks[which], logs[which], minlength=n)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _half_width(d: Floats, level: float) -> float:
    """Return half the t interval of a mean; NaN for one value."""
    if len(d) < 2:
        return float("nan")
    return float(stdtrit(len(d) - 1, (1 + level) / 2) * d.std(ddof=1) / np.sqrt(len(d)))


def _turned(relative: Floats, seed: int) -> float:
    """Test that days are alike by turning each week (k, 7) round."""
    random = Stream(seed).at("trends.weekly", "turns", 0)
    observed = float((relative.mean(axis=0) ** 2).sum())
    found = np.zeros((DRAWN, DAYS))
    for week in relative:
        turn = random.integers(0, DAYS, DRAWN)
        found += week[(np.arange(DAYS) + turn[:, None]) % DAYS]
    return share_as_far(((found / len(relative)) ** 2).sum(axis=1), observed, exact=False)
