"""Windows of statistics: what span of days a period names."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from wbe.io.dates import read_round

_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_TO = r"(?:-|–|—|~|～|至|到|/|\.\.|to)"
_MONTHS = re.compile(rf"{_YEAR}年(?P<first>[0-9]{{1,2}})月?{_TO}(?P<last>[0-9]{{1,2}})月(?:份)?")
_ISO_MONTHS = re.compile(
    rf"{_YEAR}-(?P<first>[0-9]{{2}})(?:/|\.\.|to|至|~)(?P<year2>(?:19|20)[0-9]{{2}})-(?P<last>[0-9]{{2}})"
)
_DAY = r"((?:19|20)[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
_DAYS = re.compile(rf"{_DAY}(?:/|\.\.|to|至|到|~|-|–|—){_DAY}")


@dataclass(frozen=True)
class Window:
    """A span of days.

    Attributes
    ----------
    label : str
        ``2018``, ``2018Q1``, ``2018-01/2018-08`` or two days.
    start, end : date
        First and last day, both of the window.
    """

    label: str
    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Length [days]."""
        return (self.end - self.start).days + 1


@lru_cache(maxsize=2048)
def read_window(text: str) -> Window | None:
    """Return the window that a text names; None if it names none, or not which year.

    Parameters
    ----------
    text : str
        ``2018年1-8月``, ``2018-01/2018-08``, ``2018-01-01/2018-08-31``, ``2018``, ``2018Q1``,
        ``2018年上半年``, ``2018-05``.

    Returns
    -------
    Window or None
        First and last day.

    Examples
    --------
    >>> read_window("2018年1-8月").days, read_window("今年来")
    (243, None)
    """
    shown = "".join(unicodedata.normalize("NFKC", text).split())
    found = _MONTHS.fullmatch(shown)
    if found:
        year = int(found["year"])
        return _of_months(year, int(found["first"]), year, int(found["last"]))
    found = _ISO_MONTHS.fullmatch(shown)
    if found:
        return _of_months(
            int(found["year"]), int(found["first"]), int(found["year2"]), int(found["last"])
        )
    found = _DAYS.fullmatch(shown)
    if found:
        return _of_days([int(part) for part in found.groups()])
    return _of_round(read_round(shown))


def _of_round(label: str) -> Window | None:
    if not label:
        return None
    year, rest = int(label[:4]), label[4:]
    first, last = {"": (1, 12), "H1": (1, 6), "H2": (7, 12)}.get(rest, (0, 0))
    if rest.startswith("Q"):
        last = 3 * int(rest[1:])
        first = last - 2
    elif rest.startswith("-"):
        first = last = int(rest[1:])
    made = _of_months(year, first, year, last)
    return None if made is None else Window(label, made.start, made.end)


def _of_months(year: int, first: int, year2: int, last: int) -> Window | None:
    if not (1 <= first <= 12 and 1 <= last <= 12 and (year, first) <= (year2, last)):
        return None
    end = dt.date(year2, last, calendar.monthrange(year2, last)[1])
    return Window(f"{year}-{first:02d}/{year2}-{last:02d}", dt.date(year, first, 1), end)


def _of_days(parts: list[int]) -> Window | None:
    try:
        start, end = dt.date(*parts[:3]), dt.date(*parts[3:])
    except ValueError:
        return None
    if end < start:
        return None
    return Window(f"{start.isoformat()}/{end.isoformat()}", start, end)
