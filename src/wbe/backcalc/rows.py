"""From a samples Dataset to the engine's rows: log central values and the errors they carry.

A row is one (sample, analyte), optionally through one pathway (residue -> drug). Everything here is
a pure function of the Dataset, so that any later step can regenerate the same draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import error_terms, population_rows
from wbe.backcalc.arrays import (
    AMOUNTS,
    METERED,
    SEWAGE,
    SOLIDS,
    Samples,
    extract,
    held,
    kinds,
    limits,
    ordered_rounds,
)
from wbe.backcalc.measured import marker_load, marker_reading, measured
from wbe.schema import CENSORED
from wbe.uncertainty import BelowLimit, LogitNormal, Product, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Strings = NDArray[np.str_]

Censored = Literal["fit", "limit", "zero", "substitute"]
"""What a non-detect stands for in a calculation."""


def has_flow(s: Samples) -> NDArray[np.bool_]:
    """Return which (sample, analyte) have a mass load."""
    metered = (s.kind == "concentration") & (s.flow > 0)[:, None]
    return (metered | (s.kind == "load")) & np.isin(s.matrix, METERED)[:, None]


def has_per_capita(s: Samples) -> NDArray[np.bool_]:
    """Return which (sample, analyte) have a per-capita load; worked out once."""
    if "per_capita" not in s.known:
        s.known["per_capita"] = _has_per_capita(s)
        s.known["per_capita"].flags.writeable = False
    return s.known["per_capita"]


def _has_per_capita(s: Samples) -> NDArray[np.bool_]:
    routed = (s.kind == "concentration") & (s.method != "none")[:, None]
    metered = (s.kind == "load") & (s.population > 0)[:, None]
    marker = s.analyte[None, :] == s.method[:, None]  # a marker cannot be normalised by itself
    both = s.method == population_rows.COMBINED
    marker |= np.isin(s.analyte, list(s.markers))[None, :] & both[:, None]
    sewage = s.is_sewage[:, None]
    return (routed | metered | (s.kind == "pn_load")) & sewage & ~marker


def nondetect_group(s: Samples, i: Ints, j: Ints) -> Strings:
    """Return the group whose fit a non-detect draws from: matrix, unit and analyte."""
    parts = zip(s.matrix[i], s.kind[i, j], s.analyte[j], strict=True)
    return np.array(["|".join(p) for p in parts], dtype=str)


def site_round(s: Samples, i: Ints) -> Strings:
    """Return the site and round that each row belongs to, as one label."""
    parts = zip(s.site[i].tolist(), s.round[i].tolist(), strict=True)
    return np.array(["|".join(p) for p in parts], dtype=str)


def load_offset(s: Samples, i: Ints, j: Ints) -> Floats:
    """Return ln(flow / population) of each row, NaN where it is no metered concentration.

    Added to the log of a concentration it gives that of a load a person, but for units.
    """
    metered = (s.kind[i, j] == "concentration") & (s.flow[i] > 0) & (s.population[i] > 0)
    metered &= np.isin(s.matrix[i], METERED)
    flow, people = (np.where(metered, v[i], np.nan) for v in (s.flow, s.population))
    return np.asarray(np.log(flow) - np.log(people))


def product(s: Samples, quantity: str, i: Ints, j: Ints, censored: Censored = "fit") -> Product:
    """Return the rows of a quantity as a product of errors.

    Parameters
    ----------
    s : Samples
    quantity : str
        ``concentration`` (or content), ``mass_load`` or ``pn_mass_load``.
    i, j : ndarray (row,) of int
        Sample and analyte of each row.
    censored : str
        ``fit``: draws from the fitted lognormal below the limit (NaN without a fit), or what the
        rule for non-detects substitutes where one was named; ``limit`` and ``zero``: the bounds;
        ``substitute``: the substitution.

    Returns
    -------
    Product
    """
    value, below = _amounts(s, i, j, censored)
    offset, terms = _ROUTES[quantity](s, i, j)
    with np.errstate(divide="ignore"):
        log_central = np.log(value) + offset
    if below is not None:
        below = below.shifted(offset[below.rows])
    return Product(log_central, tuple(terms), below, s.model.correlations)


def with_pathway(
    p: Product, factor_id: str, correction_factor: float, excretion: float, logit_sd: float
) -> Product:
    """Return the product carried on from residue to drug by one factor row.

    Consumption is load times the correction factor; the excretion fraction E has one draw per
    iteration, the same for every row of the factor.
    """
    n = len(p)
    shape = LogitNormal(excretion, logit_sd) if logit_sd else None
    label = np.full(n, factor_id, dtype=f"<U{max(1, len(factor_id))}")
    term = Term("excretion", "global", label, np.full(n, -1.0 if shape else 0.0), shape)
    shift = float(np.log(correction_factor))
    below = None if p.below is None else p.below.shifted(shift)
    return replace(p, log_central=p.log_central + shift, terms=(*p.terms, term), below=below)


def with_dose(p: Product, dose_id: str, dose: float, log_sd: float) -> Product:
    """Return the product divided by a dose [mg]; its error is one unknown for everybody."""
    name = np.full(len(p), dose_id, dtype=f"<U{max(1, len(dose_id))}")
    term = Term("dose", "global", name, np.full(len(p), -log_sd))
    return replace(p, log_central=p.log_central - np.log(dose), terms=(*p.terms, term))


def _amounts(s: Samples, i: Ints, j: Ints, censored: Censored) -> tuple[Floats, BelowLimit | None]:
    value, limit = s.amount[i, j].copy(), s.limit[i, j]
    low = np.isin(s.status[i, j], CENSORED)
    if censored == "zero":
        value[low] = 0.0
    elif censored == "limit":
        value[low] = limit[low]
    elif censored == "substitute" or s.rule != "censored":
        value[low] = s.substituted[i, j][low]
    else:
        groups = nondetect_group(s, i, j)
        fitted = low & np.isfinite(limit) & np.isin(groups, list(s.fits))
        value[low] = np.nan
        rows = np.flatnonzero(fitted)
        if len(rows):
            return value, _below(s, i, j, rows, groups)
    return value, None


def _below(s: Samples, i: Ints, j: Ints, rows: Ints, groups: Strings) -> BelowLimit:
    i, j, groups = i[rows], j[rows], groups[rows]
    sites = site_round(s, i)
    by_site = np.array(["sites" in s.fits[g] for g in groups.tolist()], dtype=bool)
    on_load = np.array([s.fits[g].get("on_load", False) for g in groups.tolist()], dtype=bool)
    offset = np.where(on_load, load_offset(s, i, j), 0.0)
    used = [f"{g}|{r}" if own else g for g, r, own in zip(groups, sites, by_site, strict=True)]
    found = dict(zip(used, zip(groups.tolist(), sites.tolist(), strict=True), strict=True))
    fits = {name: _lognormal(s.fits[g], r) for name, (g, r) in found.items()}
    with np.errstate(divide="ignore"):
        log_least = np.log(s.least[i, j]) + offset
    return BelowLimit(
        rows,
        error_terms.joined(s.sample[i], s.analyte[j]),
        np.log(s.limit[i, j]) + offset,
        np.array(used, dtype=str),
        fits,
        -offset,
        log_least if (log_least > -np.inf).any() else None,
    )


def _lognormal(fit: dict[str, Any], site: str) -> tuple[float, float, Floats]:
    """Return (mu, ln sd, Cholesky factor of their covariance) of a group, or of a site in it."""
    if "sites" not in fit:
        return fit["mu"], fit["log_sd"], np.linalg.cholesky(np.array(fit["covariance"]))
    mu, *covariance = fit["sites"][site]
    return mu, fit["site_log_sd"], np.linalg.cholesky(np.reshape(covariance, (2, 2)))


def _concentration(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    return np.zeros(len(i)), measured(s, i, j)


def _mass_load(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    from_flow = s.kind[i, j] == "concentration"
    offset = np.where(from_flow, np.log(np.where(from_flow, s.flow[i], 1.0)) + np.log(1e-3), 0.0)
    return offset, [*measured(s, i, j), *error_terms.terms(s, "flow", i, j, rsd=s.flow_rsd[i])]


def _pn_mass_load(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    kind, method = s.kind[i, j], s.method[i]
    by_flow = (method == "flow") | (kind != "concentration")
    offset = np.zeros(len(i))
    mass, _ = _mass_load(s, i, j)
    divided = by_flow & (kind != "pn_load")
    offset[divided] = (mass + np.log(1000.0) - np.log(s.population[i]))[divided]
    people = s.population_rsd[i]
    terms = [
        *measured(s, i, j),
        *error_terms.terms(s, "flow", i, j, rsd=s.flow_rsd[i], live=by_flow),
        *error_terms.terms(s, "population", i, j, rsd=people, live=by_flow, divides=True),
    ]
    both = ~by_flow & (method == population_rows.COMBINED)
    if both.any():
        people_of, errors = population_rows.divided_by_combined(s, i, both)
        offset[both] = (mass + np.log(1000.0))[both] - people_of[both]
        terms += [*error_terms.terms(s, "flow", i, j, rsd=s.flow_rsd[i], live=both), *errors]
    for marker in sorted(set(method[~by_flow & ~both]) - {"none", ""}):
        rows = ~by_flow & (method == marker)
        if marker == "water":
            offset[rows] = np.log(s.markers["water"]["value"]) + np.log(1e-3)
            terms += marker_load(s, i, marker, rows)
            continue
        column = s.column(marker)
        offset[rows] = (
            np.log(s.markers[marker]["value"]) + np.log(1000.0) - np.log(s.amount[i[rows], column])
        )
        terms += marker_reading(s, i, column, rows) + marker_load(s, i, marker, rows)
    return offset, terms


_ROUTES: dict[str, Callable[[Samples, Ints, Ints], tuple[Floats, list[Term]]]] = {
    "concentration": _concentration,
    "mass_load": _mass_load,
    "pn_mass_load": _pn_mass_load,
}

__all__ = [
    "AMOUNTS",
    "METERED",
    "SEWAGE",
    "SOLIDS",
    "Censored",
    "Samples",
    "extract",
    "has_flow",
    "has_per_capita",
    "held",
    "kinds",
    "limits",
    "load_offset",
    "nondetect_group",
    "ordered_rounds",
    "product",
    "site_round",
    "with_dose",
    "with_pathway",
]
