"""From the values of days to one mean for each site (or area) and period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wbe.errors import MissingPopulationError
from wbe.options import require_choice
from wbe.recipes.protocols.days import Days, Flags, Floats, Ints, Strings
from wbe.trends.strata import LEAST_CLUSTERS, StratifiedMean, stratified_mean


@dataclass(frozen=True, eq=False)
class Plan:
    """Which rows belong to which period, and how they are averaged in it.

    Attributes
    ----------
    period : ndarray (row,) of str
        Empty: to none.
    stratum : ndarray (row,) of str
        Stratum within the period.
    unit : ndarray (row,) of str
        What is sampled: a day, or a point. Rows of one unit are averaged first.
    sizes : dict of str to dict of str to float
        Period -> stratum -> units that it has, whether sampled or not; infinite without end.
    of : str
        What the units are: ``days`` or ``points``.
    least : int
        Units below which their spread tells nothing.
    run : ndarray (row,) of str, optional
        The run of days that a row belongs to; empty where the days of its site and period were
        drawn one by one.
    """

    period: Strings
    stratum: Strings
    unit: Strings
    sizes: dict[str, dict[str, float]]
    of: str = "days"
    least: int = 2
    run: Strings | None = None


@dataclass(frozen=True, eq=False)
class PeriodMean:
    """The mean of one site or area in one period, without the errors of its values.

    Attributes
    ----------
    place, period : str
    rows : ndarray (k,) of int
        Rows of the `Days` behind it.
    weights : ndarray (k,)
        Of each row, summing to 1 where no stratum is empty [1].
    unit : ndarray (k,) of int
        The unit of each row.
    sampled : ndarray (k,)
        Share of the units of the row's stratum that was sampled [1].
    value : float
        NaN where a stratum is empty or a value is known by bounds alone.
    bound_lower, bound_upper : float
        With non-detects at zero and at their limit; NaN where a limit is not known.
    relative_error : float
        Standard error for the units that were not sampled, over the mean [1]; 0 where all were,
        NaN where it cannot be told.
    df : float
        Its degrees of freedom.
    empty, single : tuple of str
        Strata without a unit, and strata of which one unit of several is known.
    alike : bool
        Whether all units known are equal though others were not sampled: no spread to tell.
    runs : int
        Runs of the site that has fewest, where days were sampled in runs; 0 where none was.
    """

    place: str
    period: str
    rows: Ints
    weights: Floats
    unit: Ints
    sampled: Floats
    value: float
    bound_lower: float
    bound_upper: float
    relative_error: float
    df: float
    empty: tuple[str, ...]
    single: tuple[str, ...]
    alike: bool
    runs: int


def period_means(days: Days, plan: Plan, by: str = "site") -> list[PeriodMean]:
    """Return the mean of each place and period, sorted by both.

    Parameters
    ----------
    days : Days
    plan : Plan
    by : str
        ``site``; ``area``: the population-weighted mean over the sites of an area, which are plants
        with catchments of their own; ``points``: one mean over all units of an area, whichever
        site they come from.

    Raises
    ------
    UsageError
        If `by` is none of these.
    MissingPopulationError
        If several sites of an area are to be weighted and a population is not known.

    Notes
    -----
    Site by site the stratified mean of `wbe.trends.strata`. Sites of an area are added up by
    population. Their standard errors are added linearly, as if wholly correlated, because the
    plants of a city are sampled on the same days.
    """
    require_choice("by", by, ("site", "area", "points"))
    return [
        _mean(days, plan, place, period, rows, by)
        for place, period, rows in _groups(days, plan, by)
    ]


def _groups(days: Days, plan: Plan, by: str) -> Iterator[tuple[str, str, Ints]]:
    place = days.site if by == "site" else days.area
    used = np.flatnonzero((plan.period != "") & ((place != "") | (by == "site")))
    if not len(used):
        return
    names, codes = np.unique(
        np.stack([place[used], plan.period[used]]), axis=1, return_inverse=True
    )
    codes = codes.ravel()
    cuts = np.cumsum(np.bincount(codes))[:-1]
    parts = np.split(used[np.argsort(codes, kind="stable")], cuts)
    for (where, period), rows in zip(names.T.tolist(), parts, strict=True):
        yield where, period, rows


@dataclass(frozen=True, eq=False)
class _Part:
    """One site of a mean: its rows, their units and strata, its weight and its own mean."""

    at: Ints
    unit: Ints
    stratum: Ints
    share: float
    found: list[StratifiedMean]
    runs: int

    @property
    def weights(self) -> Floats:
        return self.share * self.found[0].weights[self.unit] / np.bincount(self.unit)[self.unit]

    def units_of(self, strata: int) -> Ints:
        """Return the number of units in each stratum."""
        return np.bincount(self.stratum[_first(self.unit)], minlength=strata)


def _mean(days: Days, plan: Plan, place: str, period: str, rows: Ints, by: str) -> PeriodMean:
    sizes = plan.sizes[period]
    site, people = np.zeros(len(rows), dtype=np.intp), np.ones(1)
    if by == "area":
        site, people = _sites(days, rows, place, period)
    parts = [_part(days, plan, rows, np.flatnonzero(site == k), p) for k, p in enumerate(people)]
    value, low, high = np.sum([[p.share * m.mean for m in p.found] for p in parts], axis=0)
    error = sum(p.share * p.found[0].standard_error for p in parts)
    count = np.array([p.units_of(len(sizes)) for p in parts])
    single = ((count == 1) & (np.array([*sizes.values()]) > 1)).any(axis=0)
    first = np.cumsum([0, *(int(p.unit.max()) + 1 for p in parts)])
    runs = min((p.runs for p in parts if p.runs), default=0)
    enough = runs == 0 or runs >= LEAST_CLUSTERS
    return PeriodMean(
        place,
        period,
        np.concatenate([rows[p.at] for p in parts]),
        np.concatenate([p.weights for p in parts]),
        np.concatenate([p.unit + start for p, start in zip(parts, first[:-1], strict=True)]),
        np.concatenate([p.found[0].sampled[p.stratum] for p in parts]),
        float(value),
        float(low),
        float(high),
        _relative(error, float(value)) if first[-1] >= plan.least or error == 0 else np.nan,
        min(p.found[0].df for p in parts),
        _names(sizes, (count == 0).any(axis=0)),
        _names(sizes, single),
        bool(np.isfinite(value) and np.isnan(error) and not single.any() and enough),
        runs,
    )


def _part(days: Days, plan: Plan, rows: Ints, at: Ints, share: float) -> _Part:
    sizes = plan.sizes[plan.period[rows[0]]]
    position = {name: k for k, name in enumerate(sizes)}
    own = rows[at]
    unit = np.unique(plan.unit[own], return_inverse=True)[1]
    stratum = np.array([position[name] for name in plan.stratum[own].tolist()], dtype=np.intp)
    run = None
    if plan.run is not None and (plan.run[own] != "").any():
        run = np.unique(plan.run[own], return_inverse=True)[1]
    found = _of_site(days, own, unit, stratum, np.array([*sizes.values()]), run)
    return _Part(at, unit, stratum, float(share), found, 0 if run is None else int(run.max()) + 1)


def _of_site(
    days: Days, rows: Ints, unit: Ints, stratum: Ints, sizes: Floats, run: Ints | None
) -> list[StratifiedMean]:
    """Return the mean over units: as it is, and with non-detects at zero and at their limit."""
    first, count = _first(unit), np.bincount(unit)
    versions = (days.central, days.zero, days.limit) if days.below[rows].any() else (days.central,)
    cluster = None if run is None else run[first]
    found = [
        stratified_mean(np.bincount(unit, y[rows]) / count, stratum[first], sizes, cluster)
        for y in versions
    ]
    return found if len(found) == 3 else found * 3


def _first(codes: Ints) -> Ints:
    """Return the position at which each code first stands."""
    return np.unique(codes, return_index=True)[1]


def _names(strata: dict[str, float], where: Flags) -> tuple[str, ...]:
    return tuple(name for name, hit in zip(strata, where, strict=True) if hit)


def _relative(error: float, mean: float) -> float:
    if error == 0:
        return 0.0
    return error / mean if mean > 0 else np.nan


def _sites(days: Days, rows: Ints, place: str, period: str) -> tuple[Ints, Floats]:
    """Return the number of each row's site, and the sites' shares of the population."""
    names, site = np.unique(days.site[rows], return_inverse=True)
    if len(names) == 1:
        return site, np.ones(1)
    known = np.isfinite(days.population[rows])
    count = np.bincount(site[known], minlength=len(names))
    if (count == 0).any():
        raise MissingPopulationError(
            f"{place}, {period}: the population of {names[np.argmin(count)]} is not known; without "
            "it the sites of an area cannot be added up"
        )
    people = np.bincount(site[known], days.population[rows][known]) / count
    return site, people / people.sum()
