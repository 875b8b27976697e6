"""Which way each sample goes to a per-capita value: its flow, a marker, water, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import names
from wbe.backcalc import APART, population_rows, rows
from wbe.backcalc.population import UNSTATED
from wbe.errors import UsageError
from wbe.findings import Findings

GIVEN = population_rows.GIVEN
COMBINED = population_rows.COMBINED

ROUTE_RULES = frozenset(
    {"marker_form_unstated", "no_route", "population_marker_missing", "populations_disagree"}
)
"""Findings of `with_method`: about all samples together, at no place of their own."""

Flags = NDArray[np.bool_]


def named_population(population: str, markers: Mapping[str, Any]) -> str:
    """Return the source of the population by its id.

    Parameters
    ----------
    population : str
        ``as_given``, ``combined``, ``water`` or a marker by any of its names.
    markers : mapping
        Those of the campaign.

    Raises
    ------
    UsageError
        If it is none of them, or its per-capita load is not among `markers`: there is no default.
    """
    if population == GIVEN:
        return population
    known = {m if m == "water" else names.resolve("analyte", m) for m in markers}
    if population == COMBINED:
        if not known:
            raise UsageError("population = 'combined' needs [markers]: it combines what they give")
        return population
    key = "water" if population == "water" else names.resolve("analyte", population)
    if key is None:
        raise UsageError(
            f"population = {population!r} is neither 'as_given' nor 'combined' nor a marker"
        )
    if key not in known:
        raise UsageError(
            f"population = {population!r} needs the load of one inhabitant in [markers]; there is "
            f"no default: {key} = {{ calibrate = true }}, or its value with the unit"
        )
    return key


def with_method(result: xr.Dataset) -> xr.Dataset:
    """Choose each sample's route to a per-capita value, and tell of samples that have none.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        With amounts and markers; ``attrs["population"]`` as in `wbe.estimate`.

    Returns
    -------
    Dataset
        With the coordinate ``method``: ``flow`` (with the stated population), a marker, ``water``,
        ``combined`` or ``none``; for ``combined`` with ``attrs["population_disagreement"]``.

    Notes
    -----
    A sample without the marker that gives the population gets none by its flow: two definitions of
    the population in one table would be compared as if they were one.
    """
    s = rows.extract(result)
    found = Findings()
    found.extend(result.attrs.get("findings") or Findings())
    sewage = np.isin(s.matrix, rows.SEWAGE)
    method = np.full(len(s.sample), "none", dtype="<U32")
    for name in reversed(list(s.markers)):  # the first named wins, so it is written last
        method[_usable(s, name, sewage)] = name
    stated = np.isin(s.kind, ("load", "pn_load", "")).all(axis=1) & (s.kind != "").any(axis=1)
    chosen = str(result.attrs.get("population", GIVEN))
    metered = sewage & (s.flow > 0)
    if chosen == GIVEN:
        method[metered & (s.population > 0)] = "flow"
    elif chosen == COMBINED:
        has, both = _combined(s, metered & ~stated, found)
        method[has] = COMBINED
        result = result.assign_attrs(population_disagreement=both.disagreement.log_sd)
    else:
        has = _usable(s, chosen, sewage)
        method[metered] = np.where(has, chosen, "none")[metered]
        method[has] = chosen
    method[sewage & stated] = "flow"
    measured = (np.isfinite(s.amount) & (s.kind == "concentration")).any(axis=1)
    for name, about in s.markers.items():
        if about["form"] == UNSTATED and s.column(name) >= 0:
            found.add("marker_form_unstated", marker=name)
    lost = (method == "none") & measured
    unmarked = lost & metered & (chosen not in (GIVEN, COMBINED))
    for matrix in rows.SEWAGE:
        here = s.matrix == matrix
        if n := int((here & unmarked).sum()):
            found.add("population_marker_missing", n=n, matrix=matrix, marker=chosen)
        if n := int((here & lost & ~unmarked).sum()):
            found.add("no_route", n=n, matrix=matrix)
    return result.assign_coords(method=("sample", method)).assign_attrs(findings=found)


def _usable(s: rows.Samples, name: str, sewage: Flags) -> Flags:
    """Return which samples have a marker whose load is known; all sewage has water."""
    if name == "water":
        return sewage
    if name not in s.markers:  # it could not be calibrated on these samples alone
        return np.zeros_like(sewage)
    column = s.column(name)
    return sewage & (s.amount[:, column] > 0) if column >= 0 else np.zeros_like(sewage)


def _combined(
    s: rows.Samples, metered: Flags, found: Findings
) -> tuple[Flags, population_rows.Combined]:
    """Return which samples have a combined population, and the combination; tell what differs."""
    i = np.flatnonzero(metered)
    both = population_rows.combined(s, i)
    has = np.zeros(len(metered), dtype=bool)
    has[i[np.isfinite(both.product.log_central)]] = True
    if both.apart.any():
        sites = s.site[i]
        found.add(
            "populations_disagree",
            n=len(set(sites[both.apart].tolist())),
            of=len(set(sites.tolist())),
            site=str(sites[np.nanargmax(both.ratio)]),
            ratio=f"{np.nanmax(both.ratio):.1f}",
            least=f"{APART:g}",
        )
    return has, both


__all__ = ["COMBINED", "GIVEN", "ROUTE_RULES", "named_population", "with_method"]
