"""Results above any ceiling: what no sample holds and no people excrete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import xarray as xr

from wbe import names
from wbe.findings import Findings
from wbe.io.plausibility.groups import Floats, Groups, Ints, Place, note, shown_ratio
from wbe.io.plausibility.loads import MG_PER_DAY
from wbe.io.plausibility.units import Slips
from wbe.schema import QUANTITIES
from wbe.thresholds import number, numbers

_OF_A_DAY: Final = ("composite_24h", "composite")
# what results are written per, by quantity
_WRITTEN: Final = {"concentration": "/L", "content": "/g"}
# factor to the units that it lies between; signs, so that they read the same in every language
_SLIPS: Final = {1000.0: (("ng", "µg"), ("µg", "mg")), 1e6: (("ng", "mg"),)}


def note_ceilings(
    samples: xr.Dataset, groups: Groups, slips: Mapping[str, Slips], told: Ints,
    findings: Findings, place: Place,
) -> None:  # fmt: skip
    """Note results, and loads per person, above their ceiling.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    slips : mapping of str to Slips
        What was found in each quantity: results that were told of are left out.
    told : ndarray of int
        Samples whose flow or population was told: nothing follows from their loads.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.
    """
    scales = _per_person(samples, told)
    files = samples["source_file"].values
    for quantity in QUANTITIES:
        if quantity not in samples:
            continue
        values, slipped = samples[quantity].values, slips[quantity]
        for column, analyte in enumerate(samples["analyte"].values.tolist()):
            above = _above(values[:, column], quantity, scales[quantity], ceilings(analyte))
            for rule, row, words in above:
                if not slipped.tells(row, column, int(files[row, column]), int(groups.site[row])):
                    note(findings, rule, place, row, column, column=quantity, analyte=analyte,
                         value=f"{values[row, column]:.10g}", **words)  # fmt: skip


def _above(
    values: Floats, quantity: str, scale: Floats, most: Mapping[str, float]
) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Rule, sample and words for each result of an analyte above a ceiling."""
    high = np.zeros(len(values), dtype=bool)
    if quantity in _WRITTEN and quantity in most:
        high = values > most[quantity]
        unit, per = QUANTITIES[quantity], _WRITTEN[quantity]
        for row in np.flatnonzero(high).tolist():
            words = _against(float(values[row]), most[quantity], per)
            yield "concentration_implausible", row, {"unit": unit, **words}
    loads = values * scale
    for row in np.flatnonzero((loads > most["pn_load"]) & ~high).tolist():
        words = _against(float(loads[row]), most["pn_load"])
        yield "load_implausible", row, {"load": f"{loads[row]:.0f}", **words}


def ceilings(analyte: str) -> dict[str, float]:
    """Most of an analyte that is taken to be possible, by quantity.

    In water it is the load of the ceiling in the least water of a person, times what a moment may
    exceed the day by: ``c = L / w * f``. All water that people's residues reach is their
    wastewater, diluted. Solids have a ceiling for residues only; a marker may be a main part of
    them.

    Parameters
    ----------
    analyte : str

    Returns
    -------
    dict of str to float
        ``pn_load`` [mg/day/1000 inhabitants], ``concentration`` [ng/L], ``content`` [ng/g].

    Examples
    --------
    >>> ceilings("methamphetamine")
    {'pn_load': 15000.0, 'concentration': 3000000.0, 'content': 1000000.0}
    """
    load = number("load_ceiling", analyte)
    of_water = load / number("litres_low") * 1000 * number("moment_factor")
    most = {"pn_load": load, "concentration": of_water}
    if analyte not in names.ids("method"):
        most["content"] = number("content_ceiling")
    return most


def _per_person(samples: xr.Dataset, told: Ints) -> dict[str, Floats]:
    """What each quantity of a sample is multiplied by to be in mg/day/1000 inhabitants.

    Unknown (NaN) where the flow or the population is doubtful, and for the concentration of a
    moment: times the flow of the day it is no load.
    """
    flow, people = samples["flow"].values, samples["population"].values.copy()
    people[told] = np.nan
    of_a_day = np.where(np.isin(samples["mode"].values, _OF_A_DAY), flow, np.nan)
    return {"concentration": of_a_day * MG_PER_DAY / people * 1000, "content": people * np.nan,
            "load": 1000 / people, "pn_load": np.ones(len(people))}  # fmt: skip


def _against(value: float, ceiling: float, per: str = "") -> dict[str, str]:
    """Words about a value above its ceiling: how far, and the slip that would explain it."""
    reason = "unknown"
    if fitting := [factor for factor in numbers("slip_factors") if value / factor <= ceiling]:
        pairs = [f"{one}{per} ↔ {other}{per}" for one, other in _SLIPS[min(fitting)]]
        reason = f"{', '.join(pairs)} ({min(fitting):.0f})"
    return {"ceiling": f"{ceiling:.10g}", "ratio": shown_ratio(float(np.log(value / ceiling))),
            "reason": reason}  # fmt: skip
