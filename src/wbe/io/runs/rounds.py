"""When a round was: the days that its name stands for."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from wbe.io.dates import read_round

#: Months of a round, by the sign in its canonical name; none for a year.
_LENGTHS = {"Q": 3, "H": 6, "-": 1, "": 12}


class Span(NamedTuple):
    """First day of a round, and the first day after it."""

    start: dt.date
    end: dt.date


def span_of(label: str) -> Span | None:
    """Return the days that a round's name stands for; None where it names no time.

    Examples
    --------
    >>> span_of("2018Q4")
    Span(start=datetime.date(2018, 10, 1), end=datetime.date(2019, 1, 1))
    >>> span_of("all") is None
    True
    """
    name = read_round(label)
    if not name:
        return None
    sign, position = name[4:5], int(name[5:] or 1)
    long = _LENGTHS[sign]
    first = int(name[:4]) * 12 + (position - 1) * long
    return Span(_month(first), _month(first + long))


def _month(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


def in_order(labels: set[str]) -> list[str]:
    """Return rounds by their time; those that name none come last, in the order of their text.

    Examples
    --------
    >>> in_order({"2019-02", "2018Q4", "pilot"})
    ['2018Q4', '2019-02', 'pilot']
    """
    return sorted(labels, key=time_of)


def time_of(label: str) -> tuple[dt.date, dt.date, str]:
    """Return by what rounds are sorted: their days, then their text."""
    return (*(span_of(label) or Span(dt.date.max, dt.date.max)), label)


def months(label: str) -> int | None:
    """Return the length of a round [month]; None where it names no time.

    Examples
    --------
    >>> months("2018Q4"), months("2018-05"), months("pilot")
    (3, 1, None)
    """
    name = read_round(label)
    return _LENGTHS[name[4:5]] if name else None
