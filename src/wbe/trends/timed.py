"""Series in the form that every test of trend takes: times, values, in order, none missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
TimeUnit = Literal["day", "year"]

DAYS_PER_YEAR = 365.25
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")


@dataclass(frozen=True, eq=False)
class Series:
    """Values at times, in the order of time, without missing ones.

    Attributes
    ----------
    times : ndarray (n,) [the unit of the caller]
        Never falls; equal times are allowed.
    values : ndarray (n,) [any one unit]
    order : ndarray (n,)
        Position of each value in what was given.
    n_missing : int
        Values left out because they were NaN. The times of the others stay as they are.
    """

    times: Floats
    values: Floats
    order: Ints
    n_missing: int

    @property
    def n(self) -> int:
        """Number of values."""
        return len(self.values)


def as_given(times: ArrayLike) -> NDArray[Any]:
    """Return times as an array: dates, ISO texts among them, as datetime64; else unchanged.

    Raises
    ------
    UsageError
        If times have a time zone: in UTC the day, and with it the weekday, would be another. If a
        text is no ISO date: years and months alone are none, for they may be labels.

    Examples
    --------
    >>> from datetime import date
    >>> as_given([date(2024, 3, 4)]).astype(str).tolist()
    ['2024-03-04T00:00:00.000000']
    >>> as_given(["2024-03-04", "2024-03-05 08:30"]).astype(str).tolist()
    ['2024-03-04T00:00:00', '2024-03-05T08:30:00']
    """
    given = np.asarray(times)
    if given.dtype.kind == "U" or (given.size and all(isinstance(one, str) for one in given.flat)):
        return _iso_dates(given.astype(str))
    if given.dtype.kind != "O":
        return given
    if any(getattr(one, "tzinfo", None) is not None for one in given.flat):
        raise UsageError("times have a time zone; give local times without one")
    return given.astype("datetime64[us]")


def _iso_dates(texts: NDArray[np.str_]) -> NDArray[Any]:
    for one in texts.flat:
        if not _ISO_DATE.fullmatch(one):
            raise UsageError(
                f"{one!r} is no date such as 2024-03-04 or 2024-03-04T08:30; positions are no times"
            )
    try:
        return texts.astype("datetime64[s]")
    except ValueError as error:
        raise UsageError(f"a time is no date of the calendar: {error}") from None


def whole_days(dates: ArrayLike, name: str) -> NDArray[np.datetime64]:
    """Return dates as days.

    Raises
    ------
    UsageError
        If they are numbers, under the `name` they were given by, or text that is no date.
    """
    given = as_given(dates)
    if given.dtype.kind != "M":
        raise UsageError(f"days of the week need dates (datetime64); {name} are {given.dtype}")
    return given.astype("datetime64[D]")


def in_time_unit(times: ArrayLike, unit: TimeUnit = "year") -> Floats:
    """Return times as numbers.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
        Numbers are taken to be in the unit already.
    unit : {"day", "year"}
        Unit of the numbers that dates become: days since 1970-01-01, or those over 365.25.

    Returns
    -------
    ndarray (n,) [unit]

    Raises
    ------
    UsageError
        If times are unknown (NaT, NaN), not one-dimensional, or text that is no date; positions
        are no times.

    Examples
    --------
    >>> import numpy as np
    >>> in_time_unit(np.array(["1970-01-02", "1970-01-31"], "datetime64[D]"), "day").tolist()
    [1.0, 30.0]
    """
    require_choice("unit", unit, ("day", "year"))
    given = as_given(times)
    if given.dtype.kind == "M":
        days = (given - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
        out = np.where(np.isnat(given), np.nan, days) / (1 if unit == "day" else DAYS_PER_YEAR)
    elif given.dtype.kind in "iuf":
        out = given.astype(float)
    else:
        raise UsageError(
            f"times are {given.dtype}; give dates (datetime64) or numbers: positions are no times"
        )
    if out.ndim != 1 or not np.isfinite(out).all():
        raise UsageError("times must be one-dimensional and all known; leave out what has no date")
    return np.asarray(out, dtype=float)


def as_series(times: ArrayLike, values: ArrayLike, unit: TimeUnit = "year") -> Series:
    """Return values in the order of their times, those that are NaN left out.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
    values : array_like (n,) [any one unit]
    unit : {"day", "year"}
        See `in_time_unit`.

    Returns
    -------
    Series

    Raises
    ------
    UsageError
        If the lengths differ, a value is infinite, or as `in_time_unit` says.

    Examples
    --------
    >>> s = as_series([3.0, 1.0, 2.0], [30.0, 10.0, float("nan")])
    >>> s.times.tolist(), s.values.tolist(), s.n_missing
    ([1.0, 3.0], [10.0, 30.0], 1)
    """
    t, y = in_time_unit(times, unit), np.asarray(values, dtype=float)
    if y.shape != t.shape:
        raise UsageError(f"{t.shape} times for {y.shape} values; give one time a value")
    if np.isinf(y).any():
        raise UsageError("a value is infinite; results above a range are not values")
    order = np.argsort(t, kind="stable")
    order = order[~np.isnan(y[order])]
    return Series(t[order], y[order], order, int(len(y) - len(order)))
