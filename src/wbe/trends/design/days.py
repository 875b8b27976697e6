"""How many days a mean over a year needs.

Loads of single days are lognormal. Their variation has a part that is real (weekday, season, and
a remainder with autocorrelation), which is gone once every day of the year is sampled, and a part
that is measurement, which shrinks with n but not with the share of the year. What all days share
(flow meter, population, laboratory, excretion) shrinks with nothing: the floor.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.trends.design.answers import (
    Answer,
    Floats,
    Ints,
    Table,
    above_zero,
    at_least_zero,
    counts,
    inside,
    log_sd,
    no_slip,
    t_and_normal,
    whole,
)
from wbe.trends.design.variation import (
    CONSECUTIVE,
    DESIGNS,
    RANDOM,
    STRATIFIED,
    VALID_CV,
    WEEK,
    WEEKS,
    DayVariation,
    candidates,
    freedom,
    real_error,
)


@dataclass(frozen=True)
class MeanError(Table):
    """How far the mean of some days lies from the mean of the period.

    Attributes
    ----------
    days : ndarray (row,) of int
        Days sampled.
    lower, upper : ndarray (row,)
        Ends of the central interval of estimate over truth, less 1 [1]: -0.17 and 0.20.
    sampling_cv : ndarray (row,)
        Relative standard error without the shared errors [1].
    floor : float
        `upper` of a mean over infinitely many days: shared errors alone [1].
    own_interval : bool
        Whether such days show their own spread. One run of days does not: its interval rests on
        the stated autocorrelation and season.
    level : float [1]
        Of the interval.
    design : str
        One of `DESIGNS`.
    """

    days: Ints
    lower: Floats
    upper: Floats
    sampling_cv: Floats
    floor: float
    own_interval: bool
    level: float
    design: str

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return days, relative ends of the interval and relative standard error."""
        return {
            "days": self.days, "lower": self.lower, "upper": self.upper,
            "sampling_cv": self.sampling_cv,
        }  # fmt: skip


@dataclass(frozen=True)
class DaysPlan(Answer):
    """The days that a mean with a given error needs.

    Attributes
    ----------
    days : int or None
        Fewest days whose interval stays within `error`; None where no number of days does.
    error : float
        Relative error asked for [1].
    textbook : int
        `textbook_days` for comparison: normal, without t, measurement or shared errors.
    reason : str
        Why there is no answer; empty where there is one.
    variation : DayVariation
    shared_cv : float
        Error that all days share [1].
    period : int
        Days in the period.
    table : MeanError
        Every number of days that the design allows.
    """

    days: int | None
    error: float
    textbook: int
    reason: str
    variation: DayVariation
    shared_cv: float
    period: int
    table: MeanError

    @property
    def rough(self) -> bool:
        """Whether daily results vary more than the method is valid for, a CV of about 1."""
        return self.variation.cv >= VALID_CV

    def summary(self) -> dict[str, object]:
        """Return days, the error they keep, the floor, and what was assumed."""
        kept = None
        if self.days is not None:
            kept = float(self.table.upper[self.table.days == self.days][0])
        return {
            "days": self.days, "error": self.error, "error_kept": kept,
            "floor": self.table.floor, "textbook_days": self.textbook, "reason": self.reason,
            "rough": self.rough, "own_interval": self.table.own_interval,
            "design": self.table.design, "level": self.table.level, "period": self.period,
            "shared_cv": self.shared_cv, **asdict(self.variation),
        }  # fmt: skip


def mean_error(
    days: ArrayLike,
    variation: DayVariation,
    *,
    design: str = RANDOM,
    shared_cv: float = 0.0,
    level: float = 0.95,
    period: int = 365,
) -> MeanError:
    r"""Return the error of the mean of some days of a period.

    Parameters
    ----------
    days : array_like (row,) of int
        Days sampled [d]; multiples of 7 for ``weeks`` and ``stratified``.
    variation : DayVariation
        With its autocorrelation and season stated for ``weeks`` and ``consecutive``.
    design : str
        ``random``, ``stratified`` (as many days of each weekday, drawn at random), ``weeks``
        (whole weeks drawn at random) or ``consecutive`` (one run at a random date).
    shared_cv : float
        Error that all days have in common [1]: flow meter, population, laboratory, excretion.
        0 leaves it out: the answer is then about the choice of days alone.
    level : float [1]
        Probability of the interval.
    period : int
        Days in the period [d].

    Returns
    -------
    MeanError

    Raises
    ------
    UsageError
        If a number is out of range, more days are asked for than the period has, the design has
        no such number of days, or days in a row lack a stated autocorrelation or season.

    Notes
    -----
    With N days in the period, blocks of m days (1, or 7 for ``weeks``, or n for ``consecutive``),
    K = N / m and k = n / m, each part of the real variance contributes

    .. math:: V = c^2 \frac{K}{K-1} (a_m - a_N) \left(\frac1k - \frac1K\right)

    where :math:`a_m` is the variance of a mean of m days in a row over that of one day:
    :math:`(1+\rho)/((1-\rho)m) - 2\rho(1-\rho^m)/(m(1-\rho))^2` for an AR(1) process,
    :math:`(\sin(\pi m/N) / (m\sin(\pi/N)))^2` for a yearly wave, and 0 for a weekly pattern over
    whole weeks. For single days drawn at random this is :math:`c^2(1-\bar r)(1/n - 1/N)`: their
    autocorrelation does no harm. Measurement adds :math:`c_m^2(1+c^2)/n`. The interval of estimate
    over truth is :math:`\exp(\pm q)` with q the quantile of
    :math:`t\sqrt{\ln(1+V)} + z\sqrt{\ln(1+c_s^2)}`: means of lognormals as lognormals, Fenton's
    approximation. t has n - 1 degrees of freedom, n - 7 stratified, k - 1 in weeks; a single run of
    days has none and takes the normal quantile.

    Limits of validity: CV up to about 1. Below some 20 days at a CV above 0.7 an interval that is
    computed from the days' own sd covers 90 to 93 % instead of 95 %; the error of the mean is as
    stated. A trend within the period counts as season.

    References
    ----------
    Ort et al. (2014) 10.1111/add.12405; in a village of 7,160 (CV 0.76 of cocaine loads) annual
    means from one week had a relative error of about 60 %, and random days did better than days in
    a row (abstract read). Fenton (1960) 10.1109/TCOM.1960.1097606 (recalled).

    Examples
    --------
    >>> village = DayVariation(cv=498 / 652, season=0.0, autocorrelation=0.0)
    >>> week = mean_error([7], village, design="consecutive")
    >>> week.upper.round(2), week.own_interval
    (array([0.73]), False)
    >>> mean_error([56], village, design="stratified").upper.round(2)
    array([0.21])
    """
    require_choice("design", design, DESIGNS)
    at_least_zero(shared_cv=shared_cv)
    no_slip(shared_cv=shared_cv)
    inside(0, 1, level=level)
    n = _checked(days, design, period)
    variance = real_error(n, variation, design, period)
    variance += variation.measurement_cv**2 * (1 + variation.real) / n
    shared = float(log_sd(shared_cv))
    q = _quantile(np.sqrt(np.log1p(variance)), freedom(n, design), shared, (1 + level) / 2)
    floor = math.expm1(float(ndtri((1 + level) / 2)) * shared)
    own = design != CONSECUTIVE
    return MeanError(
        n, np.expm1(-q), np.expm1(q), np.sqrt(variance), floor, own, level, design
    )  # fmt: skip


def days_for_mean(
    error: float,
    variation: DayVariation,
    *,
    design: str = RANDOM,
    shared_cv: float = 0.0,
    level: float = 0.95,
    period: int = 365,
) -> DaysPlan:
    """Return the fewest days whose mean has a given relative error.

    Parameters
    ----------
    error : float
        Largest relative error of the mean [1]: the upper end of its interval less 1.
    variation : DayVariation
    design, shared_cv, level, period
        As in `mean_error`.

    Returns
    -------
    DaysPlan
        With ``days = None`` and a reason where no number of days of the period is enough: the
        shared errors alone are larger, or so is what is left with every day sampled.

    Raises
    ------
    UsageError
        As `mean_error`; if `error` is not positive.

    Notes
    -----
    The smallest n from which every larger n of the design keeps within the error too. The interval
    is the expected one: about half of all campaigns find a somewhat wider one.

    References
    ----------
    As `mean_error`: 10.1111/add.12405.

    Examples
    --------
    >>> plan = days_for_mean(0.2, DayVariation(cv=0.5))
    >>> plan.days, plan.textbook
    (29, 23)
    >>> plan = days_for_mean(0.2, DayVariation(cv=0.5), shared_cv=0.15)
    >>> plan.days is None, round(plan.table.floor, 2)
    (True, 0.34)
    """
    above_zero(error=error)
    no_slip(error=error)
    table = mean_error(
        candidates(design, period), variation, design=design, shared_cv=shared_cv, level=level,
        period=period,
    )  # fmt: skip
    failing = np.flatnonzero(table.upper > error)
    first = 0 if not len(failing) else int(failing[-1]) + 1
    days = int(table.days[first]) if first < len(table.days) else None
    simple = textbook_days(error, variation.cv, level=level, period=period)
    reason = "" if days is not None else _why_not(error, table)
    return DaysPlan(days, error, simple, reason, variation, shared_cv, period, table)


def textbook_days(error: float, cv: float, *, level: float = 0.95, period: int | None = 365) -> int:
    """Return the days of the usual normal formula, for comparison.

    Parameters
    ----------
    error : float
        Relative half-width [1].
    cv : float
        Of daily results [1].
    level : float [1]
    period : int or None
        Days in the period [d]; None for an endless one.

    Returns
    -------
    int

    Raises
    ------
    UsageError
        If a number is out of range.

    Notes
    -----
    n0 = (z cv / error)^2 and n = n0 / (1 + n0 / N), rounded up. It takes means as normal, the
    spread as known, every error as gone once all days are sampled, and knows no shared errors.

    References
    ----------
    Cochran (1977) Sampling Techniques, section 4.7; used for loads as in 10.1111/add.12405.

    Examples
    --------
    >>> textbook_days(0.2, 0.5, period=None), textbook_days(0.2, 0.5)
    (25, 23)
    """
    above_zero(error=error, cv=cv)
    no_slip(error=error, cv=cv)
    inside(0, 1, level=level)
    n = (float(ndtri((1 + level) / 2)) * cv / error) ** 2
    if period is not None:
        whole(1, period=period)
        n /= 1 + n / period
    return max(1, math.ceil(n - 1e-9))


def _checked(days: ArrayLike, design: str, period: int) -> Ints:
    """Return the numbers of days, where the design has such numbers."""
    n, allowed = counts(days, "days"), candidates(design, period)
    if wrong := sorted(set(n.tolist()) - set(allowed.tolist())):
        step = f"multiples of {WEEK} " if design in (STRATIFIED, WEEKS) else ""
        raise UsageError(
            f"{wrong[0]} days: {design} needs {step}from {allowed[0]} to {allowed[-1]}"
        )
    return n


def _quantile(scale: Floats, df: Ints, shared: float, at: float) -> Floats:
    out = np.asarray(float(ndtri(at)) * np.hypot(scale, shared))
    for k in np.flatnonzero(df):
        out[k] = t_and_normal(scale[k], int(df[k]), shared, at)[0]
    return out


def _why_not(error: float, table: MeanError) -> str:
    if table.floor >= error:
        return (
            f"errors that all days share are ±{table.floor:.0%} alone: no number of days gets below"
        )
    return f"with {table.days[-1]} days the error is still {table.upper[-1]:.0%}"
