"""Per-capita loads of markers: stated by the user or calibrated on the campaign's influents."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from wbe import factors, names
from wbe.backcalc import marker_load, rows
from wbe.backcalc.population import CONJUGATED, FORMS, MADE_FROM
from wbe.errors import UsageError
from wbe.uncertainty import log_sd

MIN_SITES = 3
"""Influents that a calibration needs: below this the spread between areas is unknown."""


def with_markers(result: xr.Dataset, markers: Mapping[str, Any]) -> xr.Dataset:
    """Return the result with each marker's per-capita load in ``attrs["markers"]``.

    Parameters
    ----------
    result : Dataset (sample, analyte)
    markers : mapping
        As in `wbe.estimate`.

    Returns
    -------
    Dataset
        ``attrs["markers"]`` holds JSON: name -> value [mg/day/inhabitant, water L/day/inhabitant],
        ``se`` of its log shared by all, ``between``: sd of its log between areas, ``n`` sites,
        ``source``, the ``form`` (free or total) of a marker that has two, and ``derived_from``:
        what may not confirm it.

    Raises
    ------
    UsageError
        If a marker is unknown, cannot be calibrated, or its spread between areas is not known.
    """
    s = rows.extract(result.assign_attrs(markers="{}"))
    loads = {}
    for name, stated in markers.items():
        key = name if name == "water" else names.resolve("analyte", name)
        if key is None:
            near = ", ".join(names.suggest("analyte", name))
            raise UsageError(f"[markers] {name!r} is no known marker; near it: {near}")
        if isinstance(stated, Mapping) and stated.get("calibrate"):
            if key == "water":
                raise UsageError(
                    "[markers] water cannot be calibrated; state it in L/day/inhabitant"
                )
            loads[key] = calibrate(s, key)
        else:
            loads[key] = _stated(s, key, stated)
    return result.assign_attrs(markers=json.dumps(loads))


def calibrate(s: rows.Samples, marker: str) -> dict[str, Any]:
    """Return a marker's per-capita load from influents with flow and population.

    Notes
    -----
    e_m = C_m Q 1e-3 / P for each influent, averaged over its dates on the log scale; the value is
    the geometric mean over sites, its standard error is shared by all samples, and the spread
    between sites, which still holds their measurement errors, is drawn once per area.

    Raises
    ------
    UsageError
        If fewer than `MIN_SITES` influents have marker, flow and population.
    """
    column = s.column(marker)
    usable = np.zeros(len(s.sample), dtype=bool)
    if column >= 0:
        usable = (
            (s.matrix == "wwtp_influent")
            & (s.flow > 0)
            & (s.population > 0)
            & (s.amount[:, column] > 0)
            & (s.kind[:, column] == "concentration")
        )
    sites = sorted(set(s.site[usable].tolist()))
    if len(sites) < MIN_SITES:
        raise UsageError(
            f"[markers] {marker} = {{ calibrate = true }} needs at least {MIN_SITES} influents "
            f"with {marker}, flow and population; there are {len(sites)}. State its load instead, "
            f'for example {marker} = "... mg/day/inhabitant".'
        )
    order = np.argsort(s.sample, kind="stable")
    log_loads = []
    for site in sites:
        at = order[(usable & (s.site == site))[order]]
        load = marker_load.bare(s.amount[at, column], s.flow[at], s.population[at])
        log_loads.append(float(np.log(load).mean()))
    between = float(np.std(log_loads, ddof=1))
    return {
        "value": math.exp(float(np.mean(log_loads))),
        "se": between / math.sqrt(len(sites)),
        "between": between,
        "n": len(sites),
        "source": "calibrated on this campaign's influents",
        "form": "as measured",
        "derived_from": _origin(s.basis[usable]),
    }


def _origin(basis: rows.Strings) -> str:
    """Return what a calibration was made from; populations of no stated basis may be any."""
    known = {"WBE", *(MADE_FROM[b] for b in set(basis.tolist()) & set(MADE_FROM))}
    if "" in basis:
        known |= set(MADE_FROM.values())
    return "+".join(sorted(known))


def _stated(s: rows.Samples, marker: str, stated: Any) -> dict[str, Any]:
    """Read ``"0.6 mg/day/inhabitant"`` or ``{value = "...", rsd = 0.3, form = "total"}``."""
    given = dict(stated) if isinstance(stated, Mapping) else {"value": stated}
    unknown = sorted(set(given) - {"value", "rsd", "form", "derived_from", "calibrate"})
    if unknown or "value" not in given:
        raise UsageError(
            f"[markers] {marker}: use a value with its unit, {{ calibrate = true }}, or "
            f"{{ value = ..., rsd = ..., form = ..., derived_from = ... }}; got {given}"
        )
    form, origin = given.get("form", ""), str(given.get("derived_from", ""))
    if form and (form not in FORMS or marker not in CONJUGATED):
        raise UsageError(
            f"[markers] {marker}: form = {form!r}; {' or '.join(FORMS)}, for "
            f"{', '.join(CONJUGATED)} alone"
        )
    factors.made_from(origin)
    unit = "L/day/inhabitant" if marker == "water" else "mg/day/inhabitant"
    return {
        "value": _quantity(marker, given["value"], unit),
        "se": 0.0,
        "between": _between(s, marker, given.get("rsd")),
        "n": 0,
        "source": "stated by the user",
        "form": form or ("unstated" if marker in CONJUGATED else ""),
        "derived_from": origin,
    }


def _quantity(marker: str, text: Any, unit: str) -> float:
    from wbe.units import convert, normalise

    number, _, written = str(text).strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        raise UsageError(f"[markers] {marker} = {text!r}: expected a number and {unit}") from None
    if not written or not (math.isfinite(value) and value > 0):
        raise UsageError(f"[markers] {marker} = {text!r}: expected a positive number with its unit")
    return float(convert(value, normalise(written), unit))


def _between(s: rows.Samples, marker: str, rsd: float | None) -> float:
    if rsd is not None:
        return log_sd(float(rsd), "rsd")
    if marker == "water":
        return s.model.spread("water_between", {})
    table = factors.markers()
    known = table.loc[table["marker"] == marker, "rsd_between_sites"].dropna()
    if known.empty:
        raise UsageError(
            f"[markers] {marker}: no spread between areas is known; state it as "
            f'{marker} = {{ value = "... mg/day/inhabitant", rsd = 0.3 }}'
        )
    return log_sd(float(known.max()), "rsd")  # the cautious one of the published spreads


__all__ = ["MIN_SITES", "calibrate", "with_markers"]
