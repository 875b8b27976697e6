"""The mean of a year from days drawn at random in its strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.recipes.protocols.days import Dates, Days, NonDetects, Strings, days_of
from wbe.recipes.protocols.means import PeriodMean, Plan
from wbe.recipes.protocols.runs import runs
from wbe.recipes.protocols.tidy import (
    Notes,
    Protocol,
    frame,
    lost,
    one_week,
    table,
    without_interval,
)
from wbe.trends.weekdays import DayRule, iso_days, rule

if TYPE_CHECKING:
    import pandas as pd

SEASONS = ("DJF", "MAM", "JJA", "SON")
"""Meteorological seasons, by the first letters of their months; the year's own December."""

STRATA = ("season_week", "season", "week", "none")


def annual_mean(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    strata: Literal["season_week", "season", "week", "none"] = "season_week",
    days_rule: str | DayRule = "score",
    nondetects: NonDetects = "as_estimated",
    by: Literal["site", "area"] = "site",
) -> pd.DataFrame:
    """Return the mean of each year from days that were drawn at random in its strata.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate`, or `day_values`.
    quantity : str
        ``pn_mass_load``, ``pn_consumption`` ...
    strata : str
        ``season_week``: four seasons by weekday and weekend; ``season``; ``week``: weekday and
        weekend; ``none``. As the days were drawn, or coarser.
    days_rule : str or DayRule
        Which days are the weekend, one of `wbe.trends.weekdays.RULES`.
    nondetects : str
        ``as_estimated``, ``zero`` or ``limit``.
    by : str
        ``area``: the plants of an area added up by population.

    Returns
    -------
    DataFrame
        `COLUMNS`, statistic ``annual_mean``. Flags: ``stratum_empty``, strata in ``missing``: no
        value, because a stratum without a day is not in the mean; ``spread_unknown`` where a
        stratum has one day: no interval; ``season_not_sampled``: a season has no day and the
        strata do not ask for it: the value is that of the sampled part, without an interval;
        ``week_value``: all days lie within one week; ``days_in_a_row``: days stand in runs.
        With `by` = ``area`` each plant is asked for its strata and seasons.

    Raises
    ------
    UsageError
        If an option is unknown or a sample has no date.

    Notes
    -----
    The stratified mean of `wbe.trends.strata.stratified_mean`: strata weigh as many days as the
    calendar gives them (leap years too), with the finite population correction and
    Satterthwaite's degrees of freedom, and with the errors of the values. A flow meter's error or
    a population's is shared by all the days of the year and does not shrink with their number.

    Where more days stand in a row than chance explains (`wbe.recipes.protocols.runs.in_a_row`),
    as in programmes of whole weeks, the runs are the units: the variance is that between runs,
    within groups of strata that hold two or more of them and else over the whole year, and fewer
    than three runs have no interval.

    Days that were *not* drawn at random, a week in March above all, tell nothing of the rest of
    the year, and no formula mends that.

    References
    ----------
    Horvitz and Thompson 1952, 10.1080/01621459.1952.10483446; Cochran 1977, Sampling Techniques,
    3rd ed., chapter 5; Banta-Green 2016, 10.1016/j.scitotenv.2016.06.052 (56 days by season and
    day of the week)

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import protocols
    >>> dates = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")[::6]
    >>> days = protocols.day_values(dates, np.linspace(10.0, 20.0, len(dates)), site="A")
    >>> year = protocols.annual_mean(days)
    >>> year[["period", "n_days", "covers"]].values.tolist()
    [['2023', 61, 'days']]
    >>> bool(year["lower"].item() < year["value"].item() < year["upper"].item())
    True
    """
    require_choice("strata", strata, STRATA)
    chosen = rule(days_rule)
    protocol = Protocol("annual_mean", _words(strata, chosen))
    rows: list[dict[str, Any]] = []
    for days in days_of(data, quantity, nondetects):
        if np.isnat(days.date).any():
            raise UsageError("a sample without a date: the days of its year cannot be counted")
        year = days.date.astype("datetime64[Y]").astype(str)
        sizes = {y: strata_of_year(y, strata, chosen) for y in sorted(set(year.tolist()))}
        stratum = stratum_of(days.date, strata, chosen)
        run = runs(days, year, stratum, lambda y: _calendar(y, strata, chosen))
        plan = Plan(year, stratum, days.date.astype(str), sizes, run=run)
        notes = _notes(stratum)
        rows += [_honest(row) for row in table(protocol, "annual_mean", days, plan, by, notes)]
    return frame(rows)


def strata_of_year(year: str, strata: str, chosen: DayRule) -> dict[str, float]:
    """Return how many days of a year fall into each stratum.

    Parameters
    ----------
    year : str
    strata : str
        One of `STRATA`.
    chosen : DayRule

    Examples
    --------
    >>> from wbe.recipes.protocols.years import strata_of_year
    >>> from wbe.trends.weekdays import rule
    >>> strata_of_year("2024", "week", rule("score"))
    {'weekday': 157.0, 'weekend': 209.0}
    """
    names, count = np.unique(_calendar(year, strata, chosen)[1], return_counts=True)
    return dict(zip(names.tolist(), count.astype(float).tolist(), strict=True))


def _calendar(year: str, strata: str, chosen: DayRule) -> tuple[Dates, Strings]:
    """Return the days of a year and the stratum of each."""
    first = np.datetime64(year, "Y")
    dates = np.arange(first, first + 1, dtype="datetime64[D]")
    return dates, stratum_of(dates, strata, chosen)


def stratum_of(dates: Dates, strata: str, chosen: DayRule) -> Strings:
    """Return the stratum of each date: "JJA weekend", "JJA", "weekend" or "year".

    Parameters
    ----------
    dates : ndarray (n,) of datetime64[D]
    strata : str
        One of `STRATA`.
    chosen : DayRule

    Returns
    -------
    ndarray (n,) of str
    """
    week = np.where(chosen.is_weekend(iso_days(dates)), "weekend", "weekday")
    season = season_of(dates)
    both = np.char.add(np.char.add(season, " "), week)
    none = np.full(len(dates), "year")
    return {"season_week": both, "season": season, "week": week, "none": none}[strata]


def season_of(dates: Dates) -> Strings:
    """Return the meteorological season of each date, one of `SEASONS`."""
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.array(SEASONS)[month % 12 // 3]


def _words(strata: str, chosen: DayRule) -> str:
    by = {
        "season_week": "season and weekday or weekend", "season": "season",
        "week": "weekday or weekend", "none": "nothing: one stratum",
    }[strata]  # fmt: skip
    days = "" if "week" not in strata else f" (rule of days: {chosen.name})"
    return (
        f"one value a year: days drawn at random by {by}{days}; each stratum weighs the days it "
        "has; finite population correction, Satterthwaite"
    )


def _notes(stratum: Strings) -> Notes:
    def notes(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
        if m.empty:
            return ",".join(lost(m, days, stratum[m.rows], m.empty)), {"stratum_empty"}
        seasons = lost(m, days, season_of(days.date[m.rows]), SEASONS)
        return ",".join(seasons), {"season_not_sampled"} if seasons else set()

    return notes


def _honest(row: dict[str, Any]) -> dict[str, Any]:
    """Take the interval from a mean that days of one part of the year cannot give."""
    if one_week(row):
        return without_interval(row, "week_value")
    if "season_not_sampled" in row["flags"].split(";"):
        return without_interval(row, "season_not_sampled")
    return row
