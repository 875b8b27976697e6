"""Which samples stand behind an area's value, and for which drug and quantity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.schema import CENSORED
from wbe.spatial import levels
from wbe.spatial.levels import Level, Members
from wbe.uncertainty import Stream

WET_MM = 10.0
"""Rain in 24 h above which a visit leaves, unless normalised by flow or marker [mm]; judgement."""

ROUTINE = ("", "routine")


@dataclass(frozen=True)
class Series:
    """One drug and quantity of the area values.

    Attributes
    ----------
    drug, quantity, analyte : str
    level : Level
    path : dict or None
        Pathway from residue to drug for consumption; None for the residue itself.
    """

    drug: str
    quantity: str
    analyte: str
    level: Level
    path: dict[str, Any] | None

    @property
    def factor(self) -> float:
        """Central value over that of the residue [1]."""
        return 1.0 if self.path is None else float(self.path["correction_factor"])


def all_series(values: xr.Dataset) -> list[Series]:
    """Return every drug and quantity that has area values.

    Parameters
    ----------
    values : Dataset
        With ``quantities``, ``design`` and ``statistic`` in its attrs.

    Returns
    -------
    list of Series
        Sorted by drug.
    """
    out = []
    for path in labelled(values):
        for quantity in values.attrs["quantities"]:
            consumed = quantity == "pn_consumption"
            if consumed and path["gives"] != "consumption":
                continue
            base = "concentration" if quantity == "concentration" else "pn_mass_load"
            level = Level(values.attrs["design"], values.attrs["statistic"], base)
            used = path if consumed else None
            out.append(Series(path["drug"], quantity, path["analyte"], level, used))
    return out


def labelled(result: xr.Dataset) -> list[dict[str, Any]]:
    """Return one pathway a drug: the one whose residue stands for the drug.

    A residue whose drug is counted only net of other sources (morphine for heroin) stands for the
    drug only where both are the same substance.
    """
    out: dict[str, dict[str, Any]] = {}
    rank = {"consumption": 0, "load": 1, "net": 2}
    for path in json.loads(result.attrs["pathways"]):
        if path["gives"] not in rank or (
            path["gives"] == "net" and path["analyte"] != path["drug"]
        ):
            continue
        old = out.get(path["drug"])
        if old is None or rank[path["gives"]] < rank[old["gives"]]:
            out[path["drug"]] = path
    return [out[drug] for drug in sorted(out)]


def members(
    s: rows.Samples, level: Level, analyte: str, round_: str, wet_mm: NDArray[np.float64]
) -> tuple[list[Members], dict[str, set[str]]]:
    """Return the samples behind each area's value, and flags by area for those left out.

    Parameters
    ----------
    s : Samples
    level : Level
    analyte, round_ : str
    wet_mm : ndarray (sample,) [mm]
        Rain in the 24 hours before sampling; NaN unknown.

    Returns
    -------
    tuple
        Members in the order of area names; area -> flag ids.
    """
    j = s.column(analyte)
    known = np.isfinite(s.amount[:, j]) | np.isin(s.status[:, j], CENSORED)
    asked = (s.round == round_) & s.is_sewage & (s.area != "")
    routine = np.isin(s.role, ROUTINE)
    if level.base == "concentration":
        usable = asked & (s.kind[:, j] == "concentration") & (s.matrix == _main_matrix(s))
    else:
        usable = asked & rows.has_per_capita(s)[:, j]
    wet = (wet_mm > WET_MM) & ((s.method == "water") | (level.base == "concentration"))
    visited = np.isin(s.area, sorted(visited_areas(s)))
    left = {
        "purposive_left_out": usable & known & ~routine,
        "wet_left_out": usable & known & wet,
        "above_range_left_out": usable & routine & (s.status[:, j] == "above_range"),
        "no_per_capita_route": asked & known & routine & ~usable,
        "design_mixed": usable & known & (visited != (level.design == levels.COUNTY)),
    }
    flags: dict[str, set[str]] = {}
    for flag, where in left.items():
        for area in sorted(set(s.area[where].tolist())):
            flags.setdefault(area, set()).add(flag)
    use = usable & known & routine & ~wet
    return _by_area(s, np.flatnonzero(use), round_, analyte, j), flags


def visited_areas(s: rows.Samples) -> set[str]:
    """Return the areas whose sewage was sampled on visits (grab or open-channel samples)."""
    return set(s.area[(s.visit != "") & s.is_sewage].tolist()) - {""}


def _main_matrix(s: rows.Samples) -> str:
    counts = {m: len(set(s.site[s.matrix == m].tolist())) for m in rows.SEWAGE}
    return max(rows.SEWAGE, key=lambda m: counts[m])


def _by_area(
    s: rows.Samples, at: NDArray[np.intp], round_: str, analyte: str, j: int
) -> list[Members]:
    """Return samples area by area, in the order of site, time and name."""
    at = at[np.lexsort((s.sample[at], s.time[at], s.site[at], s.area[at]))]
    area, site, people = s.area[at], s.site[at], s.people[at]
    ends = [*np.flatnonzero(_begins(area)).tolist(), len(at)]
    found = []
    for one, end in pairwise(ends if len(at) else []):
        part = slice(one, end)
        codes = np.cumsum(_begins(site[part])) - 1
        weights = _weights(people[part], codes)
        name = str(area[one])
        label = f"{name}|{round_}|{analyte}"
        found.append(Members(name, label, at[part], np.full(end - one, j), codes, weights))
    return found


def _begins(labels: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return where a run of equal labels begins."""
    out = np.ones(len(labels), dtype=bool)
    out[1:] = labels[1:] != labels[:-1]
    return out


def _weights(people: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each site's share of the people, as each site's latest sample tells them."""
    n = int(codes[-1]) + 1
    if n == 1:
        return np.ones(1)
    population = np.array([latest(people[codes == k]) for k in range(n)])
    return np.asarray(population / population.sum())


def latest(values: NDArray[np.float64]) -> float:
    """Return the last known value, NaN if there is none."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def rain(values: xr.Dataset) -> NDArray[np.float64]:
    """Return the rain in the 24 hours before each sample [mm], NaN where unknown."""
    if "rain_24h" in values:
        return np.asarray(values["rain_24h"].values, dtype=float)
    return np.full(values.sizes["sample"], np.nan)


def factor_of(series: Series, stream: Stream, block: int) -> NDArray[np.float64] | float:
    """Return one block of the log factor from residue to drug; 0 for the residue itself."""
    if series.path is None:
        return 0.0
    return levels.factor_draws(series.path, stream, block)
