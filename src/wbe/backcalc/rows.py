"""From a samples Dataset to the engine's rows: log central values and the errors they carry.

A row is one (sample, analyte), optionally through one pathway (residue -> drug). Everything here is
a pure function of the Dataset, so that any later step can regenerate the same draws.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.schema import CENSORED
from wbe.uncertainty import ErrorModel
from wbe.uncertainty.engine import BelowLimit, Product, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Strings = NDArray[np.str_]

SEWAGE = ("wwtp_influent", "open_channel")
"""Matrices whose residues come from the people upstream; the others give no per-capita value."""

METERED = (*SEWAGE, "wwtp_effluent")
"""Matrices in which concentration times flow is the load of a pipe."""

SOLIDS = ("soil", "sediment")

Censored = Literal["fit", "limit", "zero", "substitute"]
"""What a non-detect stands for in a calculation."""

AMOUNTS = ("concentration", "content", "load", "pn_load")
"""What a cell of the lab table can state, in the order in which it is looked for."""


@dataclass(frozen=True)
class Samples:
    """The samples Dataset as plain arrays, extracted once.

    Attributes
    ----------
    sample, site, area, visit, lab, mode, matrix, round, basis, method, role : (sample,) of str
    analyte : ndarray (analyte,) of str
    flow, population, flow_rsd, population_rsd : ndarray (sample,) [m^3/day, inhabitant, 1, 1]
    amount, limit, substituted, rsd : ndarray (sample, analyte) [unit of `kind`; rsd 1]
    kind, status : ndarray (sample, analyte) of str
    time : ndarray (sample,) of int
        Start of collection [s since 1970]; the smallest integer where unknown.
    rule : str
        Rule for non-detects.
    markers : dict
        Marker -> value [mg/day/inhabitant], standard error and between-area spread of its log.
    model : ErrorModel
    fits : dict
        Group -> fitted censored lognormal.
    """

    sample: Strings
    site: Strings
    area: Strings
    visit: Strings
    lab: Strings
    mode: Strings
    matrix: Strings
    round: Strings
    basis: Strings
    method: Strings
    role: Strings
    analyte: Strings
    flow: Floats
    population: Floats
    flow_rsd: Floats
    population_rsd: Floats
    amount: Floats
    limit: Floats
    substituted: Floats
    rsd: Floats
    kind: Strings
    status: Strings
    time: NDArray[np.int64]
    rule: str
    markers: dict[str, dict[str, Any]]
    model: ErrorModel
    fits: dict[str, dict[str, Any]]

    def column(self, analyte: str) -> int:
        """Return the position of an analyte, -1 if the samples do not hold it."""
        found = np.flatnonzero(self.analyte == analyte)
        return int(found[0]) if len(found) else -1


def kinds(samples: xr.Dataset) -> Strings:
    """Return what each cell states: one of `AMOUNTS`, or "" where the cell holds nothing.

    A non-detect has no value to tell by: its limits do, then the sample's other cells, then the
    matrix.

    Parameters
    ----------
    samples : Dataset (sample, analyte)

    Returns
    -------
    ndarray (sample, analyte) of str
    """
    out = np.full((samples.sizes["sample"], samples.sizes["analyte"]), "", dtype="<U13")
    for name in reversed([a for a in AMOUNTS if a in samples]):
        stated = np.isfinite(samples[name].values)
        for which in ("lod", "loq"):
            stated |= np.isfinite(limits(samples, name, which))
        out[stated] = name
    status = samples["status"].values.astype(str)
    open_ = (out == "") & ~np.isin(status, ("not_measured", ""))
    whole = np.array([_first(row) for row in out], dtype="<U13")
    solid = np.isin(samples["matrix"].values.astype(str), SOLIDS)
    loads = [a for a in ("pn_load", "load") if a in samples]
    liquid = loads[0] if loads and not np.isfinite(samples["concentration"]).any() else AMOUNTS[0]
    whole[whole == ""] = np.where(solid, "content", liquid)[whole == ""]
    return np.where(open_, whole[:, None], out)


def limits(samples: xr.Dataset, kind: str, which: str) -> Floats:
    """Return the ``lod`` or ``loq`` that belongs to a kind of amount, NaN where none is stated.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    kind : str
        One of `AMOUNTS`.
    which : str
        ``lod`` or ``loq``.

    Returns
    -------
    ndarray (sample, analyte) [unit of the amount]
    """
    name = which if kind == "concentration" else f"{kind}_{which}"
    if name in samples:
        return np.asarray(samples[name].values, dtype=float)
    return np.full((samples.sizes["sample"], samples.sizes["analyte"]), np.nan)


def _first(row: Strings) -> str:
    return next((str(cell) for cell in row if cell), "")


def extract(result: xr.Dataset) -> Samples:
    """Return the arrays of a result Dataset (`wbe.estimate`)."""
    n, m = result.sizes["sample"], result.sizes["analyte"]

    def text(name: str) -> Strings:
        if name not in result:
            return np.full(n, "", dtype="<U1")
        return result[name].values.astype(str)

    def number(name: str, shape: tuple[int, ...]) -> Floats:
        if name not in result:
            return np.full(shape, np.nan)
        return result[name].values.astype(float)

    return Samples(
        **{name: text(name) for name in ("sample", "site", "visit", "lab", "mode", "matrix")},
        # an area Dataset holds area and round as dimensions and the samples' own beside them
        area=text("sample_area" if "sample_area" in result else "area"),
        round=text("sample_round" if "sample_round" in result else "round"),
        role=text("role"),
        basis=text("population_basis"),
        method=text("method"),
        analyte=result["analyte"].values.astype(str),
        flow=number("flow", (n,)),
        population=number("population", (n,)),
        flow_rsd=number("flow_rsd", (n,)),
        population_rsd=number("population_rsd", (n,)),
        amount=number("amount", (n, m)),
        limit=number("limit", (n, m)),
        substituted=number("substituted", (n, m)),
        rsd=number("concentration_rsd", (n, m)),
        kind=result["kind"].values.astype(str) if "kind" in result else kinds(result),
        status=result["status"].values.astype(str),
        time=_seconds(result, n),
        rule=str(result.attrs["nondetects"]),
        markers=json.loads(result.attrs["markers"]),
        model=ErrorModel.from_json(result.attrs["error_model"]),
        fits=json.loads(result.attrs["nondetect_fits"]),
    )


def _seconds(result: xr.Dataset, n: int) -> NDArray[np.int64]:
    if "time" not in result:
        return np.full(n, np.iinfo(np.int64).min)
    return np.asarray(result["time"].values.astype("datetime64[s]").astype(np.int64))


def ordered_rounds(s: Samples) -> list[str]:
    """Return the rounds by their earliest sample, by name where a round has no date.

    Names are compared with their numbers as numbers: R2 comes before R10.
    """
    unknown = np.iinfo(np.int64).min
    first = {}
    for label in sorted(set(s.round.tolist())):
        times = s.time[(s.round == label) & (s.time != unknown)]
        first[label] = int(times.min()) if len(times) else unknown
    if unknown in first.values():
        return sorted(first, key=_natural)
    return sorted(first, key=lambda label: (first[label], _natural(label)))


def _natural(label: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", label)
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts]


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
        Term("analysis_bias", "lab", _join(s.lab[i], s.analyte[j]), np.full(n, bias)),
        Term("repeatability", "sample", _join(s.sample[i], s.analyte[j]), repeat),
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


def _join(a: Strings, b: Strings) -> Strings:
    return np.array([f"{x}|{y}" for x, y in zip(a, b, strict=True)], dtype=str)


_ROUTES: dict[str, Callable[[Samples, Ints, Ints], tuple[Floats, list[Term]]]] = {
    "concentration": _concentration,
    "mass_load": _mass_load,
    "pn_mass_load": _pn_mass_load,
}
