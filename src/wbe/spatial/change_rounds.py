"""Tiers of two rounds side by side, and whether their areas changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.schema import CENSORED
from wbe.spatial.area_changes import LEVEL, POWER, Changes, changed_areas
from wbe.spatial.county.points import KEPT_WITHIN_M, distance_m
from wbe.spatial.levels import COUNTY, shared_errors
from wbe.spatial.members import Series, all_series, members, rain
from wbe.spatial.shared import VISIT, Shared, Unknown, variance_of
from wbe.spatial.visit_scale import Visits

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

COLUMNS = (
    "area", "name", "drug", "quantity", "round_before", "round_after", "tier_before", "tier_after",
    "outcome", "reason", "ratio", "lower", "upper", "p", "detectable", "n_kept", "n_before",
    "n_after",
)  # fmt: skip


def tier_changes(
    values: xr.Dataset,
    drug: str | None = None,
    *,
    quantity: str = "pn_mass_load",
    before: str | None = None,
    after: str | None = None,
    tiers: pd.DataFrame | None = None,
    visits: Visits = "prior",
    level: float = LEVEL,
    power: float = POWER,
) -> pd.DataFrame:
    """Test which areas of a county changed between two rounds.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From `wbe.by_area`, of a county round.
    drug : str, optional
        Every drug where not given.
    quantity : str
        ``pn_mass_load``, ``pn_consumption`` or ``concentration``. Ratios of load and consumption
        are the same: the factor cancels.
    before, after : str, optional
        Rounds; every two consecutive ones where neither is given.
    tiers : DataFrame, optional
        From `wbe.rank`, for the columns of tiers; empty where not given.
    visits : str
        ``prior``, ``stated`` or ``learnt`` (see `wbe.spatial.changed_areas`).
    level, power : float [1]

    Returns
    -------
    DataFrame
        One row an area, drug and two rounds: ``area, name, drug, quantity, round_before,
        round_after, tier_before, tier_after, outcome, reason, ratio, lower, upper, p, detectable,
        n_kept, n_before, n_after`` (see `Changes`). ``attrs``: level, power, visits, and
        ``spread``, ``visit``, ``visit_seen`` by drug and rounds. Without rows for plants: their
        days are a series, for `wbe.trends`.

    Raises
    ------
    UsageError
        If a round, drug or quantity is not there, or one round is compared with itself.

    Notes
    -----
    A point is kept where both rounds have it with the same id, no more than 50 m apart where both
    places are known. Samples that stay out of the area's value (purposive, wet, without a route)
    stay out here. What both rounds share (the factor, a marker's load in the area, one
    laboratory) cancels; what each round has of its own enters with the spread that the error model
    states, the visit first. The probability of any false alarm is that of one drug and two rounds.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> rounds = [f"{folder}/lab/2018{q}_channels_synthetic.csv" for q in ("Q1", "Q2")]
    >>> samples = wbe.read(rounds)
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> marker = {"cotinine": "0.6 mg/day/inhabitant"}
    >>> values = wbe.by_area(wbe.estimate(located, draws=500, markers=marker))
    >>> wbe.spatial.tier_changes(values, "methamphetamine")["outcome"].value_counts().to_dict()
    {'not_distinguishable': 7, 'insufficient': 6}
    """
    import pandas as pd

    rounds = _rounds(values, before, after)
    chosen = [x for x in all_series(values) if x.quantity == quantity and drug in (None, x.drug)]
    if drug is not None and not chosen:
        raise UsageError(f"no {quantity} of {drug!r} among the area values")
    records: list[dict[str, Any]] = []
    about: dict[str, dict[str, float]] = {}
    s, held, wet, place = rows.extract(values), _held(tiers), rain(values), _places(values)
    for series in chosen if values.attrs["design"] == COUNTY else ():
        here = {r: _points(s, wet, place, series, r) for pair in rounds for r in pair}
        for one, other in rounds:
            pair = _Compared(values, s, here[one], here[other])
            found = pair.test(visits, level, power)
            about[f"{series.drug}|{one}|{other}"] = pair.about(found)
            records += _records(values, series, (one, other), found, pair, held)
    table = pd.DataFrame(records, columns=list(COLUMNS))
    table.attrs = {"level": level, "power": power, "visits": visits, "about": about}
    return table


def _rounds(values: xr.Dataset, before: str | None, after: str | None) -> list[tuple[str, str]]:
    known = values["round"].values.astype(str).tolist()
    if before is None and after is None:
        return list(pairwise(known))
    if before not in known or after not in known or before == after:
        raise UsageError(f"name two rounds, of {', '.join(known)}; not {before!r} and {after!r}")
    return [(str(before), str(after))]


@dataclass(frozen=True)
class _Round:
    """The points behind the areas' values in a round: a value or a limit each, and a place.

    `shared` holds what all points of an area carry, by area.
    """

    shared: dict[str, tuple[Shared, ...]]
    area: NDArray[np.str_]
    site: NDArray[np.str_]
    value: Floats
    below: NDArray[np.bool_]
    place: Floats


def _places(values: xr.Dataset) -> Floats:
    """Return longitude and latitude of every sample, (2, sample) [degree]; NaN where unknown."""
    if "lon" in values and "lat" in values:
        return np.stack([values[c].values.astype(float) for c in ("lon", "lat")])
    return np.full((2, values.sizes["sample"]), np.nan)


def _points(s: rows.Samples, wet: Floats, place: Floats, series: Series, round_: str) -> _Round:
    """Return the points of a round: mean logs of their samples, non-detects at their limit."""
    found, _ = members(s, series.level, series.analyte, round_, wet)
    if not found:
        text = np.empty(0, dtype=str)
        nothing = np.empty((2, 0))
        return _Round({}, text, text, np.empty(0), np.empty(0, dtype=bool), nothing)
    i, j = (np.concatenate([getattr(m, name) for m in found]) for name in ("i", "j"))
    whole = rows.product(s, series.level.base, i, j, "limit")
    log, below = whole.log_central, np.isin(s.status[i, j], CENSORED).astype(np.float64)
    ends = np.cumsum([len(m.i) for m in found]).tolist()
    parts = [(m, slice(end - len(m.i), end)) for m, end in zip(found, ends, strict=True)]
    first = np.concatenate([m.i[m.first] for m in found])
    with np.errstate(invalid="ignore"):
        return _Round(
            {m.area: shared_errors(whole, at, m) for m, at in parts},
            np.concatenate([np.full(m.n_sites, m.area) for m in found]),
            s.site[first],
            np.exp(np.concatenate([m.by_site(log[at]) for m, at in parts])),
            np.concatenate([m.by_site(below[at]) for m, at in parts]) > 0,
            place[:, first],
        )


class _Compared:
    """Two rounds of one drug: kept points, and what the rounds do not share."""

    def __init__(self, values: xr.Dataset, s: rows.Samples, before: _Round, after: _Round):
        self.areas = values["area"].values.astype(str).tolist()
        self.before, self.after = before, after
        self.at = _kept(before, after)
        sizes = np.array([self._own_error(s, a) for a in self.areas]).reshape(-1, 2)
        self.visit, self.known = sizes.T
        self.n = [
            np.array([int((np.isfinite(r.value) & (r.area == a)).sum()) for a in self.areas])
            for r in (before, after)
        ]

    def _own_error(self, s: rows.Samples, area: str) -> tuple[float, float]:
        """Return log-sds of one round's share of what the two do not share: visit, the rest."""
        pair = [r.shared[area] for r in (self.before, self.after) if area in r.shared]
        if len(pair) < 2:
            return 0.0, 0.0
        coefficients: dict[Unknown, float] = {}
        for sign, carried in zip((-1.0, 1.0), pair, strict=True):
            for e in carried:
                coefficients[e.unknown] = coefficients.get(e.unknown, 0.0) + sign * e.coefficient
        left = [Shared(u, c) for u, c in coefficients.items() if abs(c) > 1e-12]
        visit = variance_of([e for e in left if e.unknown.variable == VISIT], s.model.correlations)
        rest = max(variance_of(left, s.model.correlations) - visit, 0.0)
        return float(np.sqrt(visit / 2)), float(np.sqrt(rest / 2))

    def test(self, visits: Visits, level: float, power: float) -> Changes:
        """Test the areas of both rounds."""
        i, j = self.at
        return changed_areas(
            self.before.value[i], self.after.value[j], self.before.area[i], areas=self.areas,
            visit=self.visit, known=self.known, below_before=self.before.below[i],
            below_after=self.after.below[j], n_before=self.n[0], n_after=self.n[1], visits=visits,
            level=level, power=power,
        )  # fmt: skip

    def about(self, found: Changes) -> dict[str, float]:
        """Return spreads of points and visits, stated and seen."""
        stated = self.visit[self.visit > 0]
        visit = float(np.median(stated)) if len(stated) else 0.0
        return {"spread": found.spread, "visit": visit, "visit_seen": found.visit_seen}


def _kept(before: _Round, after: _Round) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of points that both rounds have in the same area and place."""
    there = {key: j for j, key in enumerate(zip(after.area, after.site, strict=True))}
    keys = list(zip(before.area, before.site, strict=True))
    i = np.array([k for k, key in enumerate(keys) if key in there], dtype=np.intp)
    j = np.array([there[keys[k]] for k in i], dtype=np.intp)
    apart = distance_m(*before.place[:, i], *after.place[:, j])
    near = ~(apart > KEPT_WITHIN_M)  # unknown places: the id alone tells
    return i[near], j[near]


Held = dict[tuple[str, str, str], str]


def _held(tiers: pd.DataFrame | None) -> Held:
    """Return (area, drug, round) -> tier."""
    if tiers is None:
        return {}
    columns = (tiers[c].astype(str) for c in ("area", "drug", "round", "tier"))
    return {(a, d, r): t for a, d, r, t in zip(*columns, strict=True)}


def _records(
    values: xr.Dataset,
    series: Series,
    rounds: tuple[str, str],
    found: Changes,
    pair: _Compared,
    held: Held,
) -> list[dict[str, Any]]:
    names = dict(zip(pair.areas, values["name"].values.astype(str).tolist(), strict=True))
    out = []
    for k, area in enumerate(pair.areas):
        tier = [held.get((area, series.drug, r), "") for r in rounds]
        out.append(
            {
                "area": area, "name": names[area], "drug": series.drug,
                "quantity": series.quantity, "round_before": rounds[0], "round_after": rounds[1],
                "tier_before": tier[0], "tier_after": tier[1],
                "outcome": found.outcome[k], "reason": found.reason[k],
                "ratio": found.ratio[k], "lower": found.lower[k], "upper": found.upper[k],
                "p": found.p[k], "detectable": found.detectable[k],
                "n_kept": int(found.n_kept[k]), "n_before": int(pair.n[0][k]),
                "n_after": int(pair.n[1][k]),
            }
        )  # fmt: skip
    return out
