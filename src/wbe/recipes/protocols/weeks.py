"""The week of EUDA and SCORE: seven days, means of weekdays, of the weekend and of all days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.recipes.protocols.days import Days, NonDetects, Strings, days_of
from wbe.recipes.protocols.means import PeriodMean, Plan
from wbe.recipes.protocols.tidy import Notes, Protocol, frame, lost, table
from wbe.trends.weekdays import ALL, DayRule, rule

if TYPE_CHECKING:
    import pandas as pd

EUDA = Protocol(
    "euda_week",
    "one week; weekday mean Tue-Thu, weekend mean Fri-Mon, daily mean of all days; over days with "
    "a sample",
)
EUDA_2021 = Protocol(
    "euda_week_2021",
    "one week; weekday mean Tue-Fri, weekend mean Sat-Mon, daily mean of all days; over days with "
    "a sample",
)

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLANTS = re.compile(r"\((?:[^)]*\d[^)]*|[IVX]+-[IVX]+)\)")


def euda_week(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    missing: Literal["sampled_days", "stratified"] = "sampled_days",
    starts: int | None = None,
    nondetects: NonDetects = "zero",
    by: Literal["site", "area"] = "site",
) -> pd.DataFrame:
    """Return the weekday, weekend and daily mean of each week, as EUDA and SCORE publish them.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate`, or `day_values`.
    quantity : str
        EUDA publishes ``pn_mass_load``: loads of residues, without excretion.
    missing : str
        The daily mean of a week with missing days: ``sampled_days``, as published, or
        ``stratified``: 3/7 of the weekday mean and 4/7 of the weekend mean, so that a missing
        Saturday does not make the week a weekday.
    starts : int, optional
        Day on which weeks start, Monday 1 ... Sunday 7. Not given: each site's week starts with
        its first sample of any residue of the result, and the next one with the first sample after
        seven days. Plain arrays hold one residue: state it where residues lack days.
    nondetects : str
        EUDA prints results below the LOQ as zero and averages the zeros. ``as_estimated`` takes
        the rule of the result instead.
    by : str
        ``area``: plants of an area added up by population, as for "City (n)". Each plant has
        seven days of its own; weeks that start less than seven days apart are one week of the
        area, named for the first of them.

    Returns
    -------
    DataFrame
        `COLUMNS`, with the statistics ``weekday_mean``, ``weekend_mean`` and ``daily_mean``. Flags:
        ``week_value`` always (a week has no interval for its year), ``incomplete_week`` with the
        days in ``missing`` (of an area as ``plant:Sat``), ``several_plants`` where the site's name
        has plants in brackets: their weights are not stated.

    Raises
    ------
    UsageError
        If an option is unknown, a day of the week is not known, or undated samples of a site and
        round hold one day of the week twice.

    Notes
    -----
    A complete week is a census of its days: its interval holds the errors of the values alone. Of
    an incomplete one it also holds Student's t for the missing days, as if they were missing by
    chance within weekdays and within the weekend (within the whole week for ``sampled_days``).

    What is checked: days of the week, missing days, zeros and plants in brackets stand in the
    notes on EUDA's source data; 3,268 of 3,269 complete weeks of single plants since 2016 agree
    within rounding, 2021 by `euda_week_2021`. Some 40 % of published daily means of incomplete
    weeks are not the mean of the printed days: more samples were used than are printed.

    References
    ----------
    EUDA and SCORE, Drugs in municipal wastewater in Europe: source data 2025;
    Gonzalez-Marino 2020, 10.1111/add.14767

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import protocols
    >>> dates = np.arange("2024-03-13", "2024-03-20", dtype="datetime64[D]")
    >>> values = [8.82, 12.87, 12.45, 28.11, 26.8, 10.5, 9.13]
    >>> week = protocols.euda_week(protocols.day_values(dates, values, site="Graz"))
    >>> week[["statistic", "value"]].round(3).values.tolist()
    [['weekday_mean', 10.273], ['weekend_mean', 19.465], ['daily_mean', 15.526]]
    """
    return _week(EUDA, "score", data, quantity, missing, starts, nondetects, by)


def euda_week_2021(
    data: xr.Dataset | Days,
    quantity: str = "pn_mass_load",
    *,
    missing: Literal["sampled_days", "stratified"] = "sampled_days",
    starts: int | None = None,
    nondetects: NonDetects = "zero",
    by: Literal["site", "area"] = "site",
) -> pd.DataFrame:
    """Return the means of each week as the 2021 rows of EUDA's source data have them.

    The weekday mean is that of Tuesday to *Friday*, the weekend mean that of Saturday to Monday.
    This is documented nowhere; every row of 2021 fits it exactly, and none the documented days.
    Use it to compare with published values of 2021, `euda_week` for everything else.

    Parameters
    ----------
    data, quantity, missing, starts, nondetects, by
        As for `euda_week`; ``stratified`` takes 4/7 of the weekday and 3/7 of the weekend mean.

    Returns
    -------
    DataFrame
        As from `euda_week`.

    Raises
    ------
    UsageError
        As `euda_week`.

    References
    ----------
    EUDA and SCORE, Drugs in municipal wastewater in Europe: source data 2025

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import protocols
    >>> dates = np.arange("2021-03-10", "2021-03-17", dtype="datetime64[D]")
    >>> days = protocols.day_values(dates, [2.0, 2.0, 6.0, 8.0, 8.0, 8.0, 2.0], site="A")
    >>> protocols.euda_week_2021(days)["value"].tolist()[:2]
    [3.0, 8.0]
    """
    return _week(EUDA_2021, "euda_2021", data, quantity, missing, starts, nondetects, by)


def several_plants(names: Strings) -> np.ndarray:
    """Return which names state several plants in brackets: "Berlin (4)", "Istanbul (II-VII)".

    EUDA: "the numbers or letters in brackets specify the plants". A word in brackets is a place.

    Parameters
    ----------
    names : ndarray (n,) of str

    Returns
    -------
    ndarray (n,) of bool

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols import several_plants
    >>> several_plants(np.array(["Berlin (4)", "Ruisbroek (Puurs)", "Istanbul I"])).tolist()
    [True, False, False]
    """
    return np.array([bool(_PLANTS.search(name)) for name in names.tolist()], dtype=bool)


def _week(
    protocol: Protocol,
    days_rule: str,
    data: xr.Dataset | Days,
    quantity: str,
    missing: str,
    starts: int | None,
    nondetects: NonDetects,
    by: str,
) -> pd.DataFrame:
    require_choice("missing", missing, ("sampled_days", "stratified"))
    chosen = rule(days_rule)
    rows = []
    every = list(days_of(data, quantity, nondetects))
    for days, period in zip(every, weeks_of(every, starts, by), strict=True):
        stated = _stated(protocol, chosen, missing, days.nondetects)
        weekend = chosen.is_weekend(days.weekday)
        for name, plan in _plans(days, period, weekend, chosen, missing).items():
            wanted = {"weekday_mean": chosen.weekday, "weekend_mean": chosen.weekend}.get(name, ALL)
            notes = _notes(wanted)
            rows += table(stated, name, days, plan, by, notes, period)
    return frame(rows)


def _stated(protocol: Protocol, chosen: DayRule, missing: str, nondetects: str) -> Protocol:
    """Return the protocol with what was chosen beside its rule of days."""
    text = protocol.rule
    if missing == "stratified":
        parts = (len(chosen.weekday), len(chosen.weekend))
        text += f"; daily mean: {parts[0]}/7 of the weekday and {parts[1]}/7 of the weekend mean"
    zero = nondetects == "zero"
    text += "; below the LOQ counts as zero" if zero else "; below a limit: see nondetects"
    return Protocol(protocol.name, text)


def _plans(
    days: Days, period: Strings, weekend: np.ndarray, chosen: DayRule, missing: str
) -> dict[str, Plan]:
    """Return the plan of each statistic."""
    unit = np.where(np.isnat(days.date), days.weekday.astype(str), days.date.astype(str))
    part = np.where(weekend, "weekend", "weekday")
    sizes = {"weekday": float(len(chosen.weekday)), "weekend": float(len(chosen.weekend))}

    def plan(where: Strings, stratum: Strings, of: dict[str, float]) -> Plan:
        return Plan(where, stratum, unit, {label: of for label in set(where.tolist()) - {""}})

    found = {
        f"{name}_mean": plan(np.where(part == name, period, ""), part, {name: sizes[name]})
        for name in sizes
    }
    if missing == "stratified":
        return found | {"daily_mean": plan(period, part, sizes)}
    return found | {"daily_mean": plan(period, np.full(len(days), "week"), {"week": 7.0})}


def _notes(wanted: tuple[int, ...]) -> Notes:
    def notes(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
        there = np.array(_NAMES)[days.weekday[m.rows] - 1]
        gone = lost(m, days, there, [_NAMES[day - 1] for day in sorted(wanted)])
        flags = {"week_value"} | ({"incomplete_week"} if gone else set())
        if several_plants(days.site[m.rows]).any():
            flags.add("several_plants")
        return ",".join(gone), flags

    return notes


def weeks_of(every: Sequence[Days], starts: int | None, by: str) -> list[Strings]:
    """Return the week of each row: its first day, or the round of samples without a date.

    Parameters
    ----------
    every : sequence of Days
        All residues or drugs of a result: a day that one of them lacks shifts no week of it.
    starts : int or None
        Day on which weeks start; None: with each site's first sample.
    by : str
        ``area``: weeks of an area's plants that start less than seven days apart have one name.

    Returns
    -------
    list of ndarray (row,) of str
        One for each of `every`.

    Raises
    ------
    UsageError
        If `starts` is no day, a day of the week is not known, or a day comes twice in the undated
        samples of a site and round.
    """
    if starts is not None and starts not in ALL:
        raise UsageError(f"starts = {starts!r}; Monday is 1 and Sunday 7")
    for days in every:
        if (days.weekday == 0).any():
            raise UsageError(
                "a sample has neither a date nor a day of the week: it fits in no week"
            )
        _require_once(days, np.isnat(days.date))
    if not every:
        return []
    date, site, area, label = (
        np.concatenate([getattr(days, name) for days in every])
        for name in ("date", "site", "area", "round")
    )
    at = np.flatnonzero(~np.isnat(date))
    number = date[at].astype(np.int64)
    if starts is not None:
        first = _fixed(number, starts)
    else:
        first = _from_first(number, site[at])
        if by == "area":
            first = _from_first(first, area[at])
    out = label.astype(f"<U{max(10, label.dtype.itemsize // 4)}")
    out[at] = first.astype("datetime64[D]").astype(str)
    return np.split(out, np.cumsum([len(days) for days in every])[:-1])


def _fixed(number: np.ndarray, starts: int) -> np.ndarray:
    return number - (number + 3 - (starts - 1)) % 7  # day 0 was a Thursday


def _from_first(number: np.ndarray, place: Strings) -> np.ndarray:
    """Return the first day of the seven that each day of a place belongs to."""
    first = np.empty_like(number)
    where, start = None, 0
    for k in np.lexsort((number, place)).tolist():
        if place[k] != where or number[k] >= start + 7:
            where, start = place[k], number[k]
        first[k] = start
    return first


def _require_once(days: Days, undated: np.ndarray) -> None:
    keys = [*zip(days.site[undated].tolist(), days.round[undated].tolist(),
                 days.weekday[undated].tolist(), strict=True)]  # fmt: skip
    if len(set(keys)) < len(keys):
        site, round_, day = next(k for k in keys if keys.count(k) > 1)
        raise UsageError(
            f"{site}, round {round_!r}, has two samples of {_NAMES[day - 1]} and no dates; state "
            "the dates, or a round for each week"
        )
