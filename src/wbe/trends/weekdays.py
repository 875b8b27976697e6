"""The days of a week that each programme calls weekday and weekend, in one place.

Days are numbered as in ISO 8601: Monday 1 ... Sunday 7, the 24 hours that *start* on that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(1, 8)
ALL = tuple(range(1, 8))


@dataclass(frozen=True)
class DayRule:
    """Which days of the week are weekdays and which the weekend.

    Attributes
    ----------
    name : str
        Name of the rule.
    weekday, weekend : tuple of int
        ISO numbers of the days, Monday 1 ... Sunday 7. Together they are the whole week.
    source : str
        Who uses it, and how that is known.
    """

    name: str
    weekday: tuple[int, ...]
    weekend: tuple[int, ...]
    source: str

    def __post_init__(self) -> None:
        if sorted((*self.weekday, *self.weekend)) != list(ALL):
            raise UsageError(f"the rule {self.name!r} does not name each day of the week once")

    def is_weekend(self, iso_day: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which days belong to the weekend, shape of `iso_day`."""
        return np.isin(iso_day, self.weekend)


_RULES = (
    DayRule(
        "score",
        (TUESDAY, WEDNESDAY, THURSDAY),
        (FRIDAY, SATURDAY, SUNDAY, MONDAY),
        "EUDA and SCORE: weekday Tuesday to Thursday, weekend Friday to Monday; checked on the "
        "published means of every year but 2021",
    ),
    DayRule(
        "euda_2021",
        (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY),
        (SATURDAY, SUNDAY, MONDAY),
        "the 2021 rows of the EUDA source data, which are documented otherwise; found by "
        "recalculation",
    ),
    DayRule(
        "saturday_sunday",
        (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY),
        (SATURDAY, SUNDAY),
        "calendar: the days without work",
    ),
    DayRule(
        "friday_sunday",
        (MONDAY, TUESDAY, WEDNESDAY, THURSDAY),
        (FRIDAY, SATURDAY, SUNDAY),
        "calendar: Friday counted with the weekend",
    ),
)

RULES = MappingProxyType({rule.name: rule for rule in _RULES})
"""Named rules."""


def rule(name: str | DayRule) -> DayRule:
    """Return a rule by its name; a rule of one's own is returned as it is.

    Parameters
    ----------
    name : str or DayRule
        One of `RULES`.

    Raises
    ------
    UsageError
        If the name is not known; the message lists the rules.

    Examples
    --------
    >>> from wbe.trends import weekdays
    >>> weekdays.rule("score").weekend
    (5, 6, 7, 1)
    """
    if isinstance(name, DayRule):
        return name
    if name not in RULES:
        raise UsageError(f"no rule of days is called {name!r}; use one of {', '.join(RULES)}")
    return RULES[name]


def iso_days(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the day of the week on which each time falls.

    Parameters
    ----------
    dates : ndarray, any shape, of datetime64
        Start of collection.

    Returns
    -------
    ndarray, same shape, of int
        Monday 1 ... Sunday 7; 0 where the time is not known (NaT).

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import weekdays
    >>> weekdays.iso_days(np.array(["2024-03-13", "NaT"], dtype="datetime64[D]")).tolist()
    [3, 0]
    """
    days = np.asarray(dates).astype("datetime64[D]")
    number = (days.astype(np.int64) + 3) % 7 + 1  # 1970-01-01 was a Thursday
    return np.where(np.isnat(days), 0, number)
