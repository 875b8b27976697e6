"""The table that every protocol gives: one row a place, period, residue or drug, and statistic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wbe.recipes.protocols.days import Dates, Days, Ints, Strings
from wbe.recipes.protocols.intervals import LEVEL, intervals
from wbe.recipes.protocols.means import PeriodMean, Plan, period_means

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "protocol",
    "place",
    "area",
    "period",
    "start",
    "end",
    "analyte",
    "drug",
    "quantity",
    "unit",
    "statistic",
    "value",
    "lower",
    "upper",
    "level",
    "covers",
    "n_sites",
    "n_days",
    "n_samples",
    "n_below",
    "bound_lower",
    "bound_upper",
    "missing",
    "flags",
    "nondetects",
    "factor_set",
    "factor_ids",
    "rule",
)
"""Columns of every table of a protocol, in order.

``place``: site, or area where sites were added up. ``value``: the mean. ``lower``, ``upper``: its
interval at ``level``; ``covers``: what it holds, ``errors`` (of the values), ``days`` (not
sampled), ``runs`` (the same, told by the runs of days that were) or ``points``, ``errors and
days``, or nothing where there is no interval. ``bound_lower``,
``bound_upper``: the mean with non-detects at zero and at their limit. ``missing``: days or strata
without a value, of an area as ``plant:day``. ``flags``: in any protocol ``all_below_limit``,
``bounds_only``, ``nondetects_at_zero`` (``_at_limit``, ``_imputed``, ``_substituted``),
``spread_unknown``, and
``plant_missing`` where plants of an area are added up and one that has values in other periods has
none in this one; ``days_in_a_row`` where days stand in runs though the protocol takes them as drawn
at random: runs are then its units, and fewer than three of them give no interval.
``rule``: the protocol's rule in words.
"""


@dataclass(frozen=True)
class Protocol:
    """A protocol as its tables name it.

    Attributes
    ----------
    name, rule : str
        Name, and rule in words.
    """

    name: str
    rule: str


Notes = Callable[[PeriodMean, Days], tuple[str, set[str]]]
"""What is missing from a mean, and its flags."""


def table(
    protocol: Protocol,
    statistic: str,
    days: Days,
    plan: Plan,
    by: str,
    notes: Notes,
    listed: Strings | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of one statistic of one residue or drug.

    Parameters
    ----------
    protocol : Protocol
    statistic : str
    days : Days
    plan : Plan
    by : str
        As for `wbe.recipes.protocols.means.period_means`.
    notes : callable
        Takes a mean and the days; returns what is missing and the flags of the protocol's own.
    listed : ndarray (row,) of str, optional
        Period in which each row is to be looked for; a place whose rows of a period all fall
        outside the rule then has a row without a value, with the flag ``no_day_in_rule``.

    Returns
    -------
    list of dict
        `COLUMNS`.
    """
    means = period_means(days, plan, by)
    ends = intervals(days, means)
    made = [
        _row(protocol, statistic, days, by, m, end.tolist(), plan.of, *notes(m, days))
        for m, end in zip(means, ends, strict=True)
    ]
    if listed is None:
        return made
    there = {(m.place, m.period) for m in means}
    place = days.site if by == "site" else days.area
    asked = {*zip(place.tolist(), listed.tolist(), strict=True)} - there
    if by != "site":
        asked = {(where, period) for where, period in asked if where}
    return made + [_blank(protocol, statistic, days, *key) for key in sorted(asked)]


def _row(
    protocol: Protocol,
    statistic: str,
    days: Days,
    by: str,
    m: PeriodMean,
    end: list[float],
    units: str,
    missing: str,
    flags: set[str],
) -> dict[str, Any]:
    lower, upper = end
    start, last = _span(days.date[m.rows])
    areas = sorted(set(days.area[m.rows].tolist()) - {""})
    return _same(protocol, statistic, days) | {
        "place": m.place,
        "area": m.place if by != "site" else ";".join(areas),
        "period": m.period,
        "start": start,
        "end": last,
        "value": m.value,
        "lower": lower,
        "upper": upper,
        "covers": "" if np.isnan(lower) else _covers(days, m, units),
        "n_sites": len(set(days.site[m.rows].tolist())),
        "n_days": n_days(days, m.rows),
        "n_samples": len(m.rows),
        "n_below": int(days.below[m.rows].sum()),
        "bound_lower": m.bound_lower,
        "bound_upper": m.bound_upper,
        "missing": missing,
        "flags": ";".join(sorted(flags | _common_flags(days, m) | _lost_plants(days, m, by))),
    }


def _blank(
    protocol: Protocol, statistic: str, days: Days, place: str, period: str
) -> dict[str, Any]:
    """Return the row of a place that has samples in a period, none of them where the rule asks."""
    numbers = ("value", "lower", "upper", "bound_lower", "bound_upper")
    counts = ("n_sites", "n_days", "n_samples", "n_below")
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | dict.fromkeys(numbers, np.nan)
    return row | dict.fromkeys(counts, 0) | _same(protocol, statistic, days) | {
        "place": place, "period": period, "flags": "no_day_in_rule",
    }  # fmt: skip


def _same(protocol: Protocol, statistic: str, days: Days) -> dict[str, Any]:
    """Return what all rows of one statistic of one residue or drug have alike."""
    own = ("analyte", "drug", "quantity", "unit", "nondetects", "factor_set", "factor_ids")
    return {name: getattr(days, name) for name in own} | {
        "protocol": protocol.name, "rule": protocol.rule, "statistic": statistic, "level": LEVEL,
    }  # fmt: skip


def without_interval(row: dict[str, Any], flag: str) -> dict[str, Any]:
    """Return a row with its interval taken away, and the flag that says why."""
    flags = ";".join(sorted({*filter(None, row["flags"].split(";")), flag}))
    return row | {"lower": np.nan, "upper": np.nan, "covers": "", "flags": flags}


def _covers(days: Days, m: PeriodMean, units: str) -> str:
    errors = any(t.size[m.rows].any() for t in days.product.terms)
    errors |= bool(np.isnan(days.product.log_central[m.rows]).any())
    what = "runs" if m.runs else units
    return " and ".join(
        word for word, there in (("errors", errors), (what, m.relative_error > 0)) if there
    )


def _common_flags(days: Days, m: PeriodMean) -> set[str]:
    below, rule = days.below[m.rows], days.nondetects
    unknown = bool(below.any() and np.isnan(days.central[m.rows]).any())
    how = {"zero": "nondetects_at_zero", "limit": "nondetects_at_limit"}
    how["censored"] = "nondetects_imputed"
    flags = {
        "all_below_limit": below.all(),
        "bounds_only": unknown,
        how.get(rule, "nondetects_substituted"): below.any() and not unknown,
        "spread_unknown": bool(m.single) or m.alike,
        "days_in_a_row": m.runs > 0,
    }
    return {name for name, there in flags.items() if there}


def _lost_plants(days: Days, m: PeriodMean, by: str) -> set[str]:
    """Return a flag where not all plants of an area are in its mean: those left weigh for all."""
    if by != "area" or set(days.site[m.rows]) == set(days.site[days.area == m.place]):
        return set()
    return {"plant_missing"}


def lost(m: PeriodMean, days: Days, there: Strings, wanted: Sequence[str]) -> list[str]:
    """Return what a mean lacks: "Sat"; of the plants of an area "plant:Sat", plant by plant.

    Parameters
    ----------
    m : PeriodMean
    days : Days
    there : ndarray (k,) of str
        Day or stratum of each row of the mean.
    wanted : sequence of str
        Days or strata that each plant should have.
    """
    site = days.site[m.rows]
    plants = sorted(set(site.tolist()))
    found = {*zip(site.tolist(), there.tolist(), strict=True)}
    return [
        name if plants == [m.place] else f"{plant}:{name}"
        for plant in plants
        for name in wanted
        if (plant, name) not in found
    ]


def n_days(days: Days, rows: Ints) -> int:
    """Return how many days the rows come from; by day of the week where dates are not known."""
    date = days.date[rows]
    dated = ~np.isnat(date)
    others = {
        *zip(days.round[rows][~dated].tolist(), days.weekday[rows][~dated].tolist(), strict=True)
    }
    return len(np.unique(date[dated])) + len(others)


def _span(dates: Dates) -> tuple[str, str]:
    known = dates[~np.isnat(dates)]
    return (str(known.min()), str(known.max())) if len(known) else ("", "")


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table, sorted by residue, drug, place, period; statistics stay in order."""
    import pandas as pd

    made = pd.DataFrame(list(rows), columns=list(COLUMNS))
    keys = ["analyte", "factor_ids", "place", "period"]
    return made.sort_values(keys, kind="stable", ignore_index=True)


def one_week(row: dict[str, Any]) -> bool:
    """Return whether all days of a row lie within seven."""
    if not row["start"]:
        return False
    return bool(np.datetime64(row["end"]) - np.datetime64(row["start"]) < np.timedelta64(7, "D"))
