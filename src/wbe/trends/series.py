"""Series on real dates as the models of change take them: sorted, on the log scale, in rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.qc.censoring.data import Censored
from wbe.trends.timed import DAYS_PER_YEAR as DAYS_PER_YEAR
from wbe.trends.timed import TimeUnit, as_given, in_time_unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_ROUNDS = 12
"""Rounds from which a trend, a smooth or a shift is claimed: false claims were shown to be
controlled from here on (`wbe.trends.verdict`). With fewer, autocorrelation looks like change."""
ROUND_GAP = 10.0
"""A gap of more than this many typical gaps separates two rounds (see `round_labels`)."""


@dataclass(frozen=True, eq=False)
class LogSeries:
    """A series sorted by time, on the natural log scale.

    Attributes
    ----------
    days : ndarray (n,) [days]
        Strictly rising; from 1970-01-01 where dates were given.
    low, high : ndarray (n,) [1]
        ln of the ends of each result; equal for a detect, `low` -inf where nothing is known
        beneath the limit.
    order : ndarray (n,) of int
        Positions of the sorted results in what was given.
    n_missing : int
        Values left out because they were NaN.
    """

    days: Floats
    low: Floats
    high: Floats
    order: NDArray[np.intp]
    n_missing: int = 0

    @property
    def below(self) -> NDArray[np.bool_]:
        """Which results lie below a limit, shape (n,)."""
        return np.asarray(self.low < self.high)

    def __len__(self) -> int:
        return len(self.days)

    def labels(self, rounds: ArrayLike | None) -> Ints:
        """Return the round of each result as a number, shape (n,).

        Parameters
        ----------
        rounds : array_like (n,) or None
            Labels in the order in which results were given; None tells them from the gaps.

        Raises
        ------
        UsageError
            If there is not one label a result.
        """
        if rounds is None:
            return round_labels(self.days)
        given, n = np.asarray(rounds), len(self) + self.n_missing
        if given.shape != (n,):
            raise UsageError(f"{given.shape} labels of rounds for {n} results")
        return np.asarray(np.unique(given[self.order], return_inverse=True)[1])

    def by_round(self, rounds: ArrayLike | None) -> tuple[Floats, Floats]:
        """Return mean day and mean log of each round, sorted by day, shape (round,) each.

        Of detects only: the series must be without limits.
        """
        labels = self.labels(rounds)
        size = np.bincount(labels)
        days, logs = (np.bincount(labels, a) / size for a in (self.days, self.high))
        order = np.argsort(days, kind="stable")
        return days[order], logs[order]


def in_days(times: ArrayLike, unit: TimeUnit = "year") -> Floats:
    """Return times (n,) as days: from 1970-01-01 for dates; numbers are in `unit`.

    Examples
    --------
    >>> in_days([1.0, 2.0]).tolist(), in_days([1.0, 2.0], "day").tolist()
    ([365.25, 730.5], [1.0, 2.0])
    """
    numbers = in_time_unit(times, unit)
    dated = as_given(times).dtype.kind == "M"
    if dated and unit == "year":
        return in_time_unit(times, "day")  # whole days stay whole
    return numbers if unit == "day" else numbers * DAYS_PER_YEAR


def log_series(
    times: ArrayLike,
    values: ArrayLike | Censored,
    without_limits: str = "",
    unit: TimeUnit = "year",
    *,
    leave_out_missing: bool = False,
) -> LogSeries:
    """Return a series sorted by time, checked, as natural logs.

    Parameters
    ----------
    times : array_like (n,)
        As `in_days` takes them.
    values : array_like (n,) or Censored [any one unit]
    without_limits : str
        Where not empty, results below a limit are refused, and this is said as the reason.
    unit : {"day", "year"}
        Of times that are numbers.
    leave_out_missing : bool
        Whether NaN is left out, and counted, or refused.

    Returns
    -------
    LogSeries

    Raises
    ------
    UsageError
        If lengths differ, a time occurs twice, a value is not positive or not finite, or there is
        a non-detect and `without_limits` is given.
    """
    days = in_days(times, unit)
    low, high = positive_ends(values, leave_out_missing=leave_out_missing)
    if days.shape != low.shape:
        raise UsageError(f"{len(days)} times and {len(low)} values must be of one length")
    if without_limits and (low < high).any():
        raise UsageError(
            f"{int((low < high).sum())} of {len(low)} results lie below a limit: {without_limits}"
        )
    order = np.argsort(days, kind="stable")
    order = order[~np.isnan(high[order])]
    n_missing, days = len(days) - len(order), days[order]
    if (np.diff(days) == 0).any():
        raise UsageError(
            "a time occurs twice: collapse replicates to one value, and give each site its own "
            "series"
        )
    with np.errstate(divide="ignore"):
        return LogSeries(days, np.log(low[order]), np.log(high[order]), order, n_missing)


def ends(values: ArrayLike | Censored) -> tuple[Floats, Floats]:
    """Return lower and upper end of each result, equal for a value; NaN is left in.

    Raises
    ------
    UsageError
        If values are not one-dimensional, or one is infinite.
    """
    if isinstance(values, Censored):
        return values.low, values.high
    given = np.asarray(values, dtype=float)
    if given.ndim != 1 or np.isinf(given).any():
        raise UsageError("values must be one-dimensional and none infinite")
    return given, given


def positive_ends(
    values: ArrayLike | Censored, *, leave_out_missing: bool = False
) -> tuple[Floats, Floats]:
    """Return the `ends` of results, every one positive.

    Raises
    ------
    UsageError
        As `ends`, and naming the first positions of values that are not positive, or not known
        unless these are left out later.
    """
    low, high = ends(values)
    wrong = np.flatnonzero(~(high > 0) & ~(np.isnan(high) & leave_out_missing))
    if len(wrong):
        shown = ", ".join(map(str, wrong[:5])) + (", ..." if len(wrong) > 5 else "")
        raise UsageError(
            f"values must be positive and finite; at positions {shown} (from 0) they are not. "
            "Results below a limit are given as wbe.qc.censoring.censored(values, below), what was "
            "not measured is left out"
        )
    return low, high


def typical_gap(days: Floats) -> float:
    """Return the lower median of the gaps between neighbours [days]; `days` rise."""
    gaps = np.sort(np.diff(days))
    return float(gaps[(len(gaps) - 1) // 2])


def round_labels(days: Floats) -> Ints:
    """Return the round of each time, counted from 0; `days` rise strictly.

    A gap of more than `ROUND_GAP` typical gaps (the lower median) ends a round, unless such gaps
    make up less than half of the record: a programme that runs all the time and once paused is
    not two rounds, and each of its times counts.

    Parameters
    ----------
    days : ndarray (n,) [days]

    Returns
    -------
    ndarray (n,) of int

    Examples
    --------
    >>> import numpy as np
    >>> week = np.arange(7.0)
    >>> round_labels(np.concatenate([week, week + 90])).tolist()  # one week each quarter
    [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    >>> round_labels(np.array([0.0, 90.0, 181.0])).tolist()
    [0, 1, 2]
    """
    if len(days) < 3:
        return np.arange(len(days))
    gaps = np.diff(days)
    wide = gaps > ROUND_GAP * typical_gap(days)
    if gaps[wide].sum() < 0.5 * (days[-1] - days[0]):
        return np.arange(len(days))
    return np.concatenate([[0], np.cumsum(wide)])


def too_few(n_rounds: int) -> str:
    """Return the reason not to test so few rounds.

    Examples
    --------
    >>> too_few(7)
    '7 rounds; no trend can be told from fewer than 12'
    """
    return f"{n_rounds} rounds; no trend can be told from fewer than {FEWEST_ROUNDS}"


def percent(log_change: float) -> float:
    """Return a change of the natural log in per cent.

    Examples
    --------
    >>> import math
    >>> round(percent(math.log(0.5)), 12)
    -50.0
    """
    return float(100 * np.expm1(log_change))
