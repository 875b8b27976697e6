"""Quarterly rounds: points of a town visited once a quarter, or plants on some days of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.recipes.protocols.days import Dates, Days, NonDetects, Strings, days_of
from wbe.recipes.protocols.means import PeriodMean, Plan
from wbe.recipes.protocols.runs import runs
from wbe.recipes.protocols.tidy import Protocol, frame, one_week, table, without_interval
from wbe.spatial.levels import MIN_SITES

if TYPE_CHECKING:
    import pandas as pd

POINTS = Protocol(
    "quarterly_round",
    "one value a quarter and area: mean over its points of the mean over each point's samples; "
    "points count alike",
)
PLANTS = Protocol(
    "quarterly_plants",
    "one value a quarter: mean over the days sampled; plants of an area by population",
)


def quarterly_round(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    period: Literal["quarter", "round"] = "quarter",
    nondetects: NonDetects = "as_estimated",
) -> pd.DataFrame:
    """Return one value a quarter and area, over points that sample the area: a county's practice.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate` after `wbe.locate`, or `day_values` with `area`.
    quantity : str
        ``pn_mass_load``, or ``concentration`` where nothing gives a per-capita value.
    period : str
        ``quarter``: of the calendar, samples without a date by their round; ``round``: the round
        that the tables state.
    nondetects : str
        ``as_estimated``, ``zero`` or ``limit``.

    Returns
    -------
    DataFrame
        `COLUMNS`, statistic ``mean_over_points``. Flags: ``few_points`` below three points: no
        interval.

    Raises
    ------
    UsageError
        If `period` is unknown, or a sample has neither a date nor a round.

    Notes
    -----
    The points are taken as a sample of all the sewage of the area, without end: the interval is
    Student's t of the points' means (n - 1 degrees of freedom) and the errors that the points
    share, of the laboratory and of the visit. Points where nothing else than suspicion led to
    (``role`` other than routine) stay out, and so does all that is not sewage.

    This is the *plain mean* that programmes print. With few points and a long upper tail it
    exceeds what a typical sample shows: `wbe.by_area` gives the geometric level, and tiers belong
    to that one. Points that move between quarters make two quarters incomparable.

    The practice (several points a town, one visit a quarter, the mean over points) is that of
    county programmes in China as their reports describe it; no standard states the mean.

    References
    ----------
    Cochran 1977, Sampling Techniques, 3rd ed., chapter 2; Wu 2021, 10.1016/j.scitotenv.2021.149058

    Examples
    --------
    >>> from wbe.recipes import protocols
    >>> points = ["1", "2", "3", "4", "5"]
    >>> visit = protocols.day_values("2018-05-14", [20.0, 30.0, 25.0, 40.0, 35.0], site=points,
    ...                              area="T1")
    >>> protocols.quarterly_round(visit)[["period", "value", "lower", "upper"]].round(1).values[0]
    array(['2018Q2', 30.0, 21.6, 41.6], dtype=object)
    """
    require_choice("period", period, ("quarter", "round"))
    rows: list[dict[str, Any]] = []
    for days in days_of(data, quantity, nondetects):
        label = days.round if period == "round" else quarter_of(days)
        sizes = {name: {"points": np.inf} for name in set(label.tolist())}
        one = np.full(len(days), "points")
        plan = Plan(_required(label), one, days.site, sizes, of="points", least=MIN_SITES)
        rows += table(POINTS, "mean_over_points", days, plan, "points", _points)
    return frame(rows)


def quarterly_plants(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    nondetects: NonDetects = "as_estimated",
    by: Literal["site", "area"] = "site",
) -> pd.DataFrame:
    """Return one value a quarter for plants, over the days sampled in it.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate`, or `day_values`.
    quantity, nondetects
        As for `quarterly_round`.
    by : str
        ``area``: the plants of an area added up by population.

    Returns
    -------
    DataFrame
        `COLUMNS`, statistic ``daily_mean``. Flags: ``week_value``: all days lie within a week,
        which says nothing about the other twelve: no interval; ``days_in_a_row``: days stand in
        runs.

    Raises
    ------
    UsageError
        If a sample has no date.

    Notes
    -----
    The plant sees its whole catchment, so that only days are sampled: n of the N = 90 to 92 days
    of the quarter, taken as drawn at random. Days of one run vary less than the quarter does, so
    that where more of them stand in a row than chance explains
    (`wbe.recipes.protocols.runs.in_a_row`) the runs are the units: Student's t with runs - 1
    degrees of freedom, and no interval from fewer than three.

    References
    ----------
    Cochran 1977, Sampling Techniques, 3rd ed., chapter 2

    Examples
    --------
    >>> from wbe.recipes import protocols
    >>> dates = ["2024-01-09", "2024-02-03", "2024-03-20"]
    >>> got = protocols.quarterly_plants(protocols.day_values(dates, [10.0, 12.0, 14.0], site="A"))
    >>> got[["period", "n_days", "value"]].values.tolist()
    [['2024Q1', 3, 12.0]]
    """
    rows: list[dict[str, Any]] = []
    for days in days_of(data, quantity, nondetects):
        if np.isnat(days.date).any():
            raise UsageError("a sample without a date: the days of its quarter cannot be counted")
        label = quarter_of(days)
        sizes = {name: {"quarter": float(len(_days(name)))} for name in set(label.tolist())}
        one = np.full(len(days), "quarter")
        run = runs(days, label, one, _calendar)
        plan = Plan(label, one, days.date.astype(str), sizes, run=run)
        made = table(PLANTS, "daily_mean", days, plan, by, _nothing)
        rows += [without_interval(row, "week_value") if one_week(row) else row for row in made]
    return frame(rows)


def quarter_of(days: Days) -> Strings:
    """Return the quarter of each row, "2018Q2"; the round of a sample without a date."""
    return np.where(np.isnat(days.date), days.round, quarters(days.date))


def quarters(dates: Dates) -> Strings:
    """Return the calendar quarter of each date.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols.quarters import quarters
    >>> quarters(np.array(["2018-05-14"], dtype="datetime64[D]")).tolist()
    ['2018Q2']
    """
    month = dates.astype("datetime64[M]").astype(np.int64)
    year = np.char.mod("%d", 1970 + month // 12)
    return np.char.add(year, np.char.mod("Q%d", month % 12 // 3 + 1))


def _days(quarter: str) -> Dates:
    first = np.datetime64(f"{quarter[:4]}-{3 * int(quarter[-1]) - 2:02d}", "M")
    return np.arange(first, first + 3, dtype="datetime64[D]")


def _calendar(quarter: str) -> tuple[Dates, Strings]:
    dates = _days(quarter)
    return dates, np.full(len(dates), "quarter")


def _required(label: Strings) -> Strings:
    if (label == "").any():
        raise UsageError("a sample has neither a date nor a round: it belongs to no quarter")
    return label


def _points(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
    few = len(set(m.unit.tolist())) < MIN_SITES
    return "", {"few_points"} if few else set()


def _nothing(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
    return "", set()
