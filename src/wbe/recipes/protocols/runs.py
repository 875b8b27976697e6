"""Days sampled in a row: whole weeks are not as many days drawn at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wbe.recipes.protocols.days import Dates, Days, Strings

BEYOND_CHANCE = 4.0
"""Standard deviations that the number of neighbouring days must lie above chance."""

NEARLY_ALL = 0.9
"""Share of a period's days above which the few days left open are taken one by one."""

GAP = 2
"""Days from one sample to the next within a run: a single lost day does not part it."""

Calendar = Callable[[str], tuple[Dates, Strings]]
"""Takes a period; returns all its days and the stratum of each."""


def runs(days: Days, period: Strings, stratum: Strings, calendar: Calendar) -> Strings:
    """Return the run of each row whose site was sampled in runs in that period.

    Parameters
    ----------
    days : Days
        All with dates.
    period, stratum : ndarray (row,) of str
    calendar : callable
        Takes a period; returns all its days and the stratum of each.

    Returns
    -------
    ndarray (row,) of str
        First day of the run; empty where the days of a site and period look drawn at random.
    """
    out = np.full(len(days), "", dtype="<U10")
    keys, code = np.unique(np.stack([days.site, period]), axis=1, return_inverse=True)
    for k, label in enumerate(keys[1].tolist()):
        at = np.flatnonzero(code.ravel() == k)
        if in_a_row(days.date[at], stratum[at], *calendar(label)):
            out[at] = run_starts(days.date[at]).astype(str)
    return out


def in_a_row(dates: Dates, stratum: Strings, calendar: Dates, of_day: Strings) -> bool:
    """Return whether more neighbouring days were sampled than chance explains.

    Parameters
    ----------
    dates : ndarray (row,) of datetime64[D]
        Sampled days; a day may come twice.
    stratum : ndarray (row,) of str
    calendar : ndarray (day,) of datetime64[D]
        All days of the period, in order.
    of_day : ndarray (day,) of str
        The stratum of each.

    Notes
    -----
    With p_d = n_h / N_h the chance of day d to be drawn, the number of days sampled together with
    their next day has about the mean sum p_d p_(d+1) and the variance
    sum p_d p_(d+1) (1 - p_d) (1 - p_(d+1)); of one stratum these are the large-sample moments of
    the number of runs. Days are in a row where it exceeds the mean by `BEYOND_CHANCE` standard
    deviations, and one.

    References
    ----------
    Wald and Wolfowitz 1940, Annals of Mathematical Statistics 11, 147-162

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols.runs import in_a_row
    >>> quarter = np.arange("2024-01-01", "2024-04-01", dtype="datetime64[D]")
    >>> one = np.full(91, "quarter")
    >>> weeks = np.r_[7:14, 49:56]
    >>> in_a_row(quarter[weeks], one[weeks], quarter, one)
    True
    >>> in_a_row(quarter[::7], one[::7], quarter, one)
    False
    """
    sampled, first = np.unique(dates, return_index=True)
    if len(sampled) > NEARLY_ALL * len(calendar):
        return False
    names, of = np.unique(of_day, return_inverse=True)
    count = np.array([np.count_nonzero(stratum[first] == name) for name in names])
    p = (count / np.bincount(of))[of]
    both = p[:-1] * p[1:]
    sd = np.sqrt(np.sum(both * (1 - p[:-1]) * (1 - p[1:])))
    pairs = np.count_nonzero(np.diff(sampled) == np.timedelta64(1, "D"))
    return bool(pairs > max(both.sum() + BEYOND_CHANCE * sd, 1))


def run_starts(dates: Dates) -> Dates:
    """Return the first day of the run that each day belongs to.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols.runs import run_starts
    >>> days = np.array(["2024-03-08", "2024-03-01", "2024-03-03"], dtype="datetime64[D]")
    >>> run_starts(days).astype(str).tolist()
    ['2024-03-08', '2024-03-01', '2024-03-01']
    """
    sampled, at = np.unique(dates, return_inverse=True)
    new = np.diff(sampled, prepend=sampled[0] - 2 * GAP) > np.timedelta64(GAP, "D")
    return np.asarray(sampled[new][np.cumsum(new) - 1][at])
