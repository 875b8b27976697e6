"""From a samples Dataset to the engine's rows: log central values and the errors they carry.

A row is one (sample, analyte), optionally through one pathway (residue -> drug). Everything here is
a pure function of the Dataset, so that any later step can regenerate the same draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.arrays import (
    AMOUNTS,
    METERED,
    SEWAGE,
    SOLIDS,
    Samples,
    extract,
    kinds,
    limits,
    ordered_rounds,
)
from wbe.schema import CENSORED
from wbe.uncertainty import ErrorModel
from wbe.uncertainty.engine import BelowLimit, Product, Term

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
    """Return which (sample, analyte) have a per-capita load."""
    routed = (s.kind == "concentration") & (s.method != "none")[:, None]
    metered = (s.kind == "load") & (s.population > 0)[:, None]
    marker = s.analyte[None, :] == s.method[:, None]  # a marker cannot be normalised by itself
    sewage = np.isin(s.matrix, SEWAGE)[:, None]
    return (routed | metered | (s.kind == "pn_load")) & sewage & ~marker


def nondetect_group(s: Samples, i: Ints, j: Ints) -> Strings:
    """Return the group whose fit a non-detect draws from: matrix, unit and analyte."""
    parts = zip(s.matrix[i], s.kind[i, j], s.analyte[j], strict=True)
    return np.array(["|".join(p) for p in parts], dtype=str)


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
        below = BelowLimit(
            below.rows, below.labels, below.log_limit, below.groups, below.fits, offset[below.rows]
        )
    return Product(log_central, tuple(terms), below)


def with_pathway(
    p: Product, factor_id: str, correction_factor: float, excretion: float, logit_sd: float
) -> Product:
    """Return the product carried on from residue to drug by one factor row.

    Consumption is load times the correction factor; the excretion fraction E has one draw per
    iteration, the same for every row of the factor.
    """
    n = len(p)
    term = Term(
        "excretion",
        "global",
        np.full(n, factor_id, dtype=f"<U{max(1, len(factor_id))}"),
        np.full(n, -logit_sd),
        np.full(n, excretion),
    )
    shift = float(np.log(correction_factor))
    below = p.below
    if below is not None:
        below = BelowLimit(
            below.rows,
            below.labels,
            below.log_limit,
            below.groups,
            below.fits,
            below.offset + shift,
        )
    return Product(p.log_central + shift, (*p.terms, term), below)


def with_dose(p: Product, dose_id: str, dose: float, log_sd: float) -> Product:
    """Return the product divided by a dose [mg]; its error is one unknown for everybody."""
    name = np.full(len(p), dose_id, dtype=f"<U{max(1, len(dose_id))}")
    term = Term("dose", "global", name, np.full(len(p), -log_sd))
    return Product(p.log_central - np.log(dose), (*p.terms, term), p.below)


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
    fits = {
        g: (f["mu"], f["log_sd"], np.linalg.cholesky(np.array(f["covariance"])))
        for g, f in s.fits.items()
        if g in set(groups[rows])
    }
    return BelowLimit(
        rows,
        _join(s.sample[i[rows]], s.analyte[j[rows]]),
        np.log(s.limit[i[rows], j[rows]]),
        groups[rows],
        fits,
        np.zeros(len(rows)),
    )


def _measured(s: Samples, i: Ints, j: Ints) -> list[Term]:
    """Errors of one measured value: analysis, sampling, visit."""
    n = len(i)
    bias = s.model.spread("analysis_bias", {})
    default = s.model.spread("repeatability", {})
    repeat = _stated(s.rsd[i, j], default)
    place = _by_value(s.model, "sampling", "mode", s.mode[i])
    visit = np.where(s.visit[i] != "", s.model.spread("visit", {}), 0.0)
    return [
        Term("analysis_bias", "lab", _with_analyte(s, "lab", i, j), np.full(n, bias)),
        Term("repeatability", "sample", _with_analyte(s, "sample", i, j), repeat),
        Term("sampling", "sample", s.sample[i], place),
        Term("visit", "area_visit", s.visit[i], visit),
    ]


def _concentration(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    return np.zeros(len(i)), _measured(s, i, j)


def _mass_load(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    from_flow = s.kind[i, j] == "concentration"
    offset = np.where(from_flow, np.log(np.where(from_flow, s.flow[i], 1.0)) + np.log(1e-3), 0.0)
    return offset, [*_measured(s, i, j), _flow(s, i)]


def _flow(s: Samples, i: Ints) -> Term:
    return Term("flow", "site", s.site[i], _stated(s.flow_rsd[i], s.model.spread("flow", {})))


def _population(s: Samples, i: Ints) -> Term:
    default = _by_value(s.model, "population", "population_basis", s.basis[i])
    return Term("population", "site", s.site[i], -_stated(s.population_rsd[i], default))


def _pn_mass_load(s: Samples, i: Ints, j: Ints) -> tuple[Floats, list[Term]]:
    kind, method = s.kind[i, j], s.method[i]
    by_flow = (method == "flow") | (kind != "concentration")
    offset = np.zeros(len(i))
    mass, _ = _mass_load(s, i, j)
    divided = by_flow & (kind != "pn_load")
    offset[divided] = (mass + np.log(1000.0) - np.log(s.population[i]))[divided]
    terms = [
        *_measured(s, i, j),
        _masked(_flow(s, i), by_flow),
        _masked(_population(s, i), by_flow),
    ]
    for marker in sorted(set(method[~by_flow]) - {"none", ""}):
        rows = ~by_flow & (method == marker)
        if marker == "water":
            offset[rows] = np.log(s.markers["water"]["value"]) + np.log(1e-3)
            terms += _marker_load(s, i, marker, rows)
            continue
        column = s.column(marker)
        offset[rows] = (
            np.log(s.markers[marker]["value"]) + np.log(1000.0) - np.log(s.amount[i[rows], column])
        )
        terms += _marker_reading(s, i, column, rows) + _marker_load(s, i, marker, rows)
    return offset, terms


def _marker_reading(s: Samples, i: Ints, column: int, rows: NDArray[np.bool_]) -> list[Term]:
    # Residue and marker come from the same bottle: sampling and visit are drawn once, with the
    # residue; only the analysis of the marker adds an error, with the opposite sign.
    bias, repeat, *_ = _measured(s, i, np.full(len(i), column))
    return [_masked(_negative(bias), rows), _masked(_negative(repeat), rows)]


def _marker_load(s: Samples, i: Ints, marker: str, rows: NDArray[np.bool_]) -> list[Term]:
    n, stated = len(i), s.markers[marker]
    name = np.full(n, marker)
    return [
        _masked(Term("marker_calibration", "global", name, np.full(n, stated["se"])), rows),
        _masked(
            Term("marker_between", "area", _join(s.area[i], name), np.full(n, stated["between"])),
            rows,
        ),
    ]


def _masked(term: Term, rows: NDArray[np.bool_]) -> Term:
    return Term(term.name, term.level, term.labels, np.where(rows, term.log_sd, 0.0), term.centre)


def _negative(term: Term) -> Term:
    return Term(term.name, term.level, term.labels, -term.log_sd, term.centre)


def _stated(rsd: Floats, default: Floats | float) -> Floats:
    return np.where(np.isnan(rsd), default, np.sqrt(np.log1p(np.nan_to_num(rsd) ** 2)))


def _by_value(model: ErrorModel, component: str, name: str, values: Strings) -> Floats:
    spreads = {v: model.spread(component, {name: str(v)}) for v in set(values.tolist())}
    return np.array([spreads[str(v)] for v in values], dtype=float)


def _with_analyte(s: Samples, name: str, i: Ints, j: Ints) -> Strings:
    """Return ``<lab or sample>|<analyte>`` of every row; written once an analyte, then kept."""
    values: Strings = getattr(s, name)
    if not len(i) or (j != j[0]).any():
        return _join(values[i], s.analyte[j])
    key = (name, int(j[0]))
    if key not in s.written:
        s.written[key] = _join(values, np.repeat(s.analyte[j[0]], len(values)))
    return s.written[key][i]


def _join(a: Strings, b: Strings) -> Strings:
    return np.array([f"{x}|{y}" for x, y in zip(a, b, strict=True)], dtype=str)


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
    "kinds",
    "limits",
    "nondetect_group",
    "ordered_rounds",
    "product",
    "with_dose",
    "with_pathway",
]
