"""The month of Statistics Canada: the seven days from its second Monday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.recipes.protocols.days import Dates, Days, NonDetects, days_of
from wbe.recipes.protocols.means import PeriodMean, Plan
from wbe.recipes.protocols.tidy import Protocol, frame, lost, table
from wbe.trends.weekdays import MONDAY, iso_days

if TYPE_CHECKING:
    import pandas as pd

STATCAN = Protocol(
    "statcan_month",
    "one value a month: mean of the seven days from its second Monday; other days are left out",
)


def statcan_month(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    nondetects: NonDetects = "as_estimated",
    by: Literal["site", "area"] = "site",
) -> pd.DataFrame:
    """Return one value a month as the Canadian Wastewater Survey samples it.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate`, or `day_values`.
    quantity : str
        The survey publishes loads per capita, ``pn_mass_load``.
    nondetects : str
        ``as_estimated``, ``zero`` or ``limit``.
    by : str
        ``area``: the plants of a city added up by population.

    Returns
    -------
    DataFrame
        `COLUMNS`, statistic ``daily_mean``. Flags: ``week_value`` always, for a week stands for its
        month; ``incomplete_week`` with the dates in ``missing``; ``no_day_in_rule`` where a month
        has samples but none in its week.

    Raises
    ------
    UsageError
        If a sample has no date.

    Notes
    -----
    *Checked* in the survey's own description (record 5280): the reference period is the month,
    the collection period seven consecutive days from the second Monday; results are loads per
    capita and day. The pilot's methods paper (13-605-X, 26 August 2019) defines the load per capita
    as the mass that passed the sampled plants in the sample week over the population that
    contributes, one value a month and city: `by` = ``area``, since masses over populations are the
    population-weighted mean.

    *Not found*, and so choices of this library: what counts for a result below a limit, whether a
    missing day is left out of the mean (it is here), and whether laboratories analysed seven
    daily samples or one made of them.

    References
    ----------
    Statistics Canada, Canadian Wastewater Survey, record 5280, and Brennan 2019, catalogue
    13-605-X, Wastewater-based estimates of cannabis and drug use in Canada: analytical methods and
    supplementary information. Neither has a DOI.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import protocols
    >>> dates = np.arange("2019-03-01", "2019-04-01", dtype="datetime64[D]")
    >>> march = protocols.day_values(dates, np.arange(1.0, 32.0), site="A")
    >>> protocols.statcan_month(march)[["period", "start", "end", "value"]].values.tolist()
    [['2019-03', '2019-03-11', '2019-03-17', 14.0]]
    """
    rows = []
    for days in days_of(data, quantity, nondetects):
        if np.isnat(days.date).any():
            raise UsageError("a sample without a date belongs to no month")
        month = days.date.astype("datetime64[M]")
        first = second_monday(month)
        number = (days.date - first).astype(np.int64)
        listed = month.astype(str)
        period = np.where((number >= 0) & (number < 7), listed, "")
        sizes = {label: {"week": 7.0} for label in set(listed.tolist())}
        plan = Plan(period, np.full(len(days), "week"), days.date.astype(str), sizes)
        rows += table(STATCAN, "daily_mean", days, plan, by, _notes, listed)
    return frame(rows)


def second_monday(month: Dates) -> Dates:
    """Return the second Monday of each month.

    Parameters
    ----------
    month : ndarray, any shape, of datetime64[M]

    Returns
    -------
    ndarray, same shape, of datetime64[D]

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols.months import second_monday
    >>> second_monday(np.array(["2019-03", "2020-06"], dtype="datetime64[M]")).astype(str).tolist()
    ['2019-03-11', '2020-06-08']
    """
    first = month.astype("datetime64[D]")
    return np.asarray(first + (MONDAY - iso_days(first)) % 7 + 7)


def _notes(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
    start = second_monday(np.array(m.period, dtype="datetime64[M]"))
    gone = lost(m, days, days.date[m.rows].astype(str), (start + np.arange(7)).astype(str).tolist())
    return ",".join(gone), {"week_value"} | ({"incomplete_week"} if gone else set())
