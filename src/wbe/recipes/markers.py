"""Per-capita loads of markers: stated by the user or calibrated on the campaign's influents."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from wbe import factors, names
from wbe.backcalc import error_terms, marker_load, rows
from wbe.backcalc.combining import mean_covariance
from wbe.backcalc.measured import measured
from wbe.backcalc.population import CONJUGATED, FORMS, MADE_FROM, UNSTATED
from wbe.errors import UsageError
from wbe.uncertainty import Product, few_degrees, log_sd

MIN_SITES = 3
"""Influents that a calibration needs: below this the spread between areas is unknown."""

_CALIBRATED = "calibrated on this campaign's influents"


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
            raise UsageError(names.both("markers.unknown", name=name, near=near or "-"))
        if isinstance(stated, Mapping) and stated.get("calibrate"):
            if key == "water":
                raise UsageError(names.both("markers.water"))
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
    between sites is drawn once per area.

    With S^2 the variance of the log between n sites, k = (t / 1.96)^2 for the few sites (t: 97.5 %
    quantile of Student's t with n - 1 degrees) and v what errors of analysis, sampling, flow and
    population add to S^2 by the error model: between^2 = max(0, k S^2 - v), se^2 = k S^2 / n. An
    estimate for one more site, with errors of its own like theirs, then has Student's prediction
    interval. The bias of a laboratory that all sites share is not in S^2; it stands in what the
    marker is divided by.

    Raises
    ------
    UsageError
        If fewer than `MIN_SITES` influents have marker, flow and population.
    """
    column = s.column(marker)
    i = _influents(s, column)
    sites, at = np.unique(s.site[i], return_inverse=True)
    n = len(sites)
    if n < MIN_SITES:
        raise UsageError(names.both("markers.few", marker=marker, least=MIN_SITES, n=n))
    log_loads = np.log(marker_load.bare(s.amount[i, column], s.flow[i], s.population[i]))
    of_sites = np.bincount(at, log_loads) / np.bincount(at)
    few = few_degrees(n - 1) ** 2
    seen = few * float(np.var(of_sites, ddof=1))
    return {
        "value": math.exp(float(of_sites.mean())),
        "se": math.sqrt(seen / n),
        "between": math.sqrt(max(0.0, seen - _explained(s, i, column, at))),
        "n": n,
        "source": _CALIBRATED,
        "form": "as measured",
        "derived_from": _origin(s.basis[i]),
    }


def recalibrated(result: xr.Dataset) -> xr.Dataset:
    """Return a part of a result whose calibrated marker loads are those of its own influents.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        Samples of a result of `wbe.estimate`, each once.

    Returns
    -------
    Dataset
        Without the loads that fewer than `MIN_SITES` of its influents would give; stated loads
        stay.
    """
    s = rows.extract(result)
    loads: dict[str, Any] = {}
    for name, about in s.markers.items():
        if about["source"] != _CALIBRATED:
            loads[name] = about
        elif len(set(s.site[_influents(s, s.column(name))])) >= MIN_SITES:
            loads[name] = calibrate(s, name)
    return result.assign_attrs(markers=json.dumps(loads))


def _influents(s: rows.Samples, column: int) -> rows.Ints:
    """Return the samples that can calibrate a marker, in the order of their names."""
    if column < 0:
        return np.empty(0, dtype=np.intp)
    usable = (s.matrix == "wwtp_influent") & (s.flow > 0) & (s.population > 0)
    usable &= (s.amount[:, column] > 0) & (s.kind[:, column] == "concentration")
    order = np.argsort(s.sample, kind="stable")  # sums in one order, whatever that of the files
    return order[usable[order]]


def _explained(s: rows.Samples, i: rows.Ints, column: int, at: rows.Ints) -> float:
    """Return what errors of measurement add to the variance of the log between sites [1].

    Not those of visits: they were judged for drugs, and need not touch what everybody excretes.
    """
    j = np.full(len(i), column)
    terms = (
        *(term for term in measured(s, i, j) if term.name != "visit"),
        *error_terms.terms(s, "flow", i, j, rsd=s.flow_rsd[i]),
        *error_terms.terms(s, "population", i, j, rsd=s.population_rsd[i], divides=True),
    )
    days, n = np.bincount(at), len(set(at.tolist()))

    def variance(some: rows.Ints, weight: np.ndarray) -> float:
        weighted = tuple(replace(t, size=t.size * len(some) * weight) for t in terms)
        one = Product(np.zeros(len(i)), weighted, None, s.model.correlations)
        return float(mean_covariance((one,), some)[0, 0])

    of_sites = sum(variance(np.flatnonzero(at == k), 1.0 / days[at]) for k in range(n))
    return (of_sites - n * variance(np.arange(len(i)), 1.0 / (n * days[at]))) / (n - 1)


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
        raise UsageError(names.both("markers.shape", marker=marker, given=given))
    form, origin = given.get("form", ""), str(given.get("derived_from", ""))
    if form and (form not in FORMS or marker not in CONJUGATED):
        known = {"forms": " / ".join(FORMS), "markers": ", ".join(CONJUGATED)}
        raise UsageError(names.both("markers.form", marker=marker, form=form, **known))
    factors.made_from(origin)
    unit = "L/day/inhabitant" if marker == "water" else "mg/day/inhabitant"
    return {
        "value": _quantity(marker, given["value"], unit),
        "se": 0.0,
        "between": _between(s, marker, given.get("rsd")),
        "n": 0,
        "source": "stated by the user",
        "form": form or (UNSTATED if marker in CONJUGATED else ""),
        "derived_from": origin,
    }


def _quantity(marker: str, text: Any, unit: str) -> float:
    from wbe.units import convert, normalise

    number, _, written = str(text).strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not written or not (math.isfinite(value) and value > 0):
        raise UsageError(names.both("markers.number", marker=marker, text=text, unit=unit))
    return float(convert(value, normalise(written), unit))


def _between(s: rows.Samples, marker: str, rsd: float | None) -> float:
    if rsd is not None:
        return log_sd(float(rsd), "rsd")
    if marker == "water":
        return s.model.spread("water_between", {})
    table = factors.markers()
    known = table.loc[table["marker"] == marker, "rsd_between_sites"].dropna()
    if known.empty:
        raise UsageError(names.both("markers.spread", marker=marker))
    return log_sd(float(known.max()), "rsd")  # the cautious one of the published spreads


__all__ = ["MIN_SITES", "calibrate", "recalibrated", "with_markers"]
