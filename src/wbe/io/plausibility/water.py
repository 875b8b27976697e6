"""Water and people: litres per person, flows and populations a factor of units off the usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import (
    MEDIAN_VARIANCE,
    Floats,
    Groups,
    Ints,
    Place,
    group_median,
    nearest_factor,
    note,
    shown_ratio,
    spread,
)
from wbe.thresholds import number, numbers

# factor to the units that it lies between; signs, so that they read the same in every language
_FLOW_UNITS: Final = {
    24.0: "m³/h ↔ m³/day (24)", 86.4: "L/s ↔ m³/day (86.4)", 1000.0: "L ↔ m³ (1000)",
    10_000.0: "万m³ ↔ m³ (10000)",
}  # fmt: skip
_PEOPLE_UNITS: Final = {1000.0: "千人 ↔ 人 (1000)", 10_000.0: "万人 ↔ 人 (10000)"}


@dataclass(frozen=True)
class Unusual:
    """How far flows or populations lie from those of their site.

    Attributes
    ----------
    deviation, factor : ndarray (sample,)
        Log ratio to the median of the site (NaN without one); log factor of the likely slip, 0
        where none is.
    units : dict of float to str
        Factor to the units that it lies between.
    """

    deviation: Floats
    factor: Floats
    units: dict[float, str]

    def cause(self, row: int) -> str:
        """Units whose exchange explains a sample; "" where none does."""
        if not self.factor[row]:
            return ""
        return self.units[round(float(np.exp(abs(self.factor[row]))), 6)]


def note_water(samples: xr.Dataset, groups: Groups, findings: Findings, place: Place) -> Ints:
    """Note litres per person outside their range, and slips of the units of flow and population.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.

    Returns
    -------
    ndarray of int
        Samples whose flow or population was told: one mistake needs one finding.
    """
    flow, people = samples["flow"].values, samples["population"].values
    water = flow_slips(flow, groups)
    inhabitants = population_slips(people, groups)
    told = _note_litres(flow, people, (water, inhabitants), findings, place)
    for rule, values, unusual in (
        ("flow_slip_suspected", flow, water),
        ("population_slip_suspected", people, inhabitants),
    ):
        for row in np.flatnonzero(unusual.factor).tolist():
            if row not in told:
                note(findings, rule, place, row, column=rule.partition("_")[0],
                     value=f"{values[row]:.10g}", ratio=shown_ratio(unusual.deviation[row]),
                     reason=unusual.cause(row))  # fmt: skip
    slipped = np.flatnonzero((water.factor != 0) | (inhabitants.factor != 0))
    return np.union1d(slipped, np.array(sorted(told), dtype=np.int64))


def flow_slips(flow: Floats, groups: Groups) -> Unusual:
    """Flows that lie a factor of units from the median of their site.

    Parameters
    ----------
    flow : ndarray (sample,) [m^3/day]
    groups : Groups

    Returns
    -------
    Unusual
    """
    deviation, others = _deviation(flow, groups)
    factor = np.zeros(len(flow))
    kind = groups.kind[groups.site]
    for matrix in np.unique(kind).tolist():
        rows = np.flatnonzero((kind == matrix) & (others >= number("slip_least")))
        sd = spread(deviation[rows], number("flow_log_sd"))
        limit = number("slip_z") * sd * np.sqrt(1 + MEDIAN_VARIANCE / others[rows])
        far = rows[np.abs(deviation[rows]) >= limit]
        nearest = nearest_factor(deviation[far], np.log(numbers("flow_factors")))
        near = np.abs(deviation[far] - nearest) <= number("flow_reach") * sd
        factor[far[near]] = nearest[near]
    return Unusual(deviation, factor, _FLOW_UNITS)


def population_slips(people: Floats, groups: Groups) -> Unusual:
    """Populations that lie a factor of units from the median of their site.

    Parameters
    ----------
    people : ndarray (sample,) [inhabitant]
    groups : Groups

    Returns
    -------
    Unusual
    """
    deviation, others = _deviation(people, groups)
    logs = np.log(numbers("population_factors"))
    with np.errstate(invalid="ignore"):
        far = np.abs(deviation) >= logs.min() - number("population_reach")
    rows = np.flatnonzero(far & (others >= 2))
    factor = np.zeros(len(people))
    nearest = nearest_factor(deviation[rows], logs)
    near = np.abs(deviation[rows] - nearest) <= number("population_reach")
    factor[rows[near]] = nearest[near]
    return Unusual(deviation, factor, _PEOPLE_UNITS)


def _deviation(values: Floats, groups: Groups) -> tuple[Floats, Ints]:
    """Log ratio of each sample to the median of its site, and how many others that rests on."""
    rows = np.flatnonzero(values > 0)
    n = len(groups.names)
    logs, site = np.log(values[rows]), groups.site[rows]
    deviation, others = np.full(len(values), np.nan), np.zeros(len(values), np.int64)
    deviation[rows] = logs - group_median(logs, site, n)[site]
    others[rows] = np.bincount(site, minlength=n)[site] - 1
    return deviation, others


def _note_litres(
    flow: Floats, people: Floats, unusual: tuple[Unusual, Unusual], findings: Findings, place: Place
) -> set[int]:
    """Litres per person outside their range, with the likely cause; returns their samples."""
    low, high = number("litres_low"), number("litres_high")
    with np.errstate(invalid="ignore", divide="ignore"):
        litres = flow / people * 1000
        outside = (litres < low) | (litres > high)
    rows = np.flatnonzero(outside).tolist()
    for row in rows:
        causes = [cause for cause in (one.cause(row) for one in unusual) if cause]
        if not causes and all(_usual(one, row) for one in unusual):
            causes = _candidates(float(litres[row]))
        note(findings, "flow_per_person_unusual", place, row, column="flow",
             litres=f"{litres[row]:.3g}", flow=f"{flow[row]:.10g}", people=f"{people[row]:.10g}",
             low=f"{low:g}", high=f"{high:g}", reason=" / ".join(causes) or "unknown")  # fmt: skip
    return set(rows)


def _usual(unusual: Unusual, row: int) -> bool:
    """Whether a sample is like the others of its site, or there are none."""
    return not abs(unusual.deviation[row]) > np.log(2)


def _candidates(litres: float) -> list[str]:
    """Exchanges of units that would bring all samples of a site to a usual amount of water."""
    low, high = numbers("litres_usual")
    tried = [*((f, u) for f, u in _FLOW_UNITS.items()), *((f, u) for f, u in _PEOPLE_UNITS.items())]
    return [u for f, u in tried if low <= litres * f <= high or low <= litres / f <= high]
