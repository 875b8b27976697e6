"""The samples Dataset as plain arrays, extracted once for all rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.uncertainty import ErrorModel

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

SEWAGE = ("wwtp_influent", "open_channel")
"""Matrices whose residues come from the people upstream; the others give no per-capita value."""

METERED = (*SEWAGE, "wwtp_effluent")
"""Matrices in which concentration times flow is the load of a pipe."""

SOLIDS = ("soil", "sediment")

AMOUNTS = ("concentration", "content", "load", "pn_load")
"""What a cell of the lab table can state, in the order in which it is looked for."""

LABELS = (
    "site", "visit", "lab", "mode", "matrix", "area", "round", "sample_area", "sample_round",
    "role", "population_basis", "method", "time",
)  # fmt: skip
NUMBERS = ("flow", "population", "share", "flow_rsd", "population_rsd", "concentration_rsd")
READ = (*LABELS, *NUMBERS, "amount", "limit", "least", "substituted", "kind", "status")
"""Every variable of a result that the rows are made of."""


@dataclass(frozen=True)
class Samples:
    """The samples Dataset as plain arrays, extracted once.

    Attributes
    ----------
    sample, site, area, visit, lab, mode, matrix, round, basis, method, role : (sample,) of str
    analyte : ndarray (analyte,) of str
    flow, population, flow_rsd, population_rsd : ndarray (sample,) [m^3/day, inhabitant, 1, 1]
    amount, limit, least, substituted, rsd : ndarray (sample, analyte) [unit of `kind`; rsd 1]
        A non-detect lies between `least`, which is 0 unless it was seen above a LOD, and `limit`.
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
    disagreement : float
        Sd of the log deviation of one estimate of a population at a site [1], where several are
        combined.
    share : ndarray (sample,) [1] or None
        Part of a plant's people that live in the area of the row, where its catchment is spread
        over areas (`wbe.spatial.spread_over_areas`).
    written : dict
        Labels already written out (see `wbe.backcalc.error_terms`).
    known : dict
        What rows have, already worked out (see `wbe.backcalc.rows`); do not change the arrays.
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
    least: Floats
    substituted: Floats
    rsd: Floats
    kind: Strings
    status: Strings
    time: NDArray[np.int64]
    rule: str
    markers: dict[str, dict[str, Any]]
    model: ErrorModel
    fits: dict[str, dict[str, Any]]
    disagreement: float = 0.0
    share: Floats | None = None
    written: dict[tuple[str, int], Strings] = field(default_factory=dict, repr=False)
    known: dict[str, NDArray[np.bool_]] = field(default_factory=dict, init=False, repr=False)

    @property
    def people(self) -> Floats:
        """Inhabitants of the row's area who live in its catchment, (sample,) [inhabitant]."""
        return self.population if self.share is None else self.population * self.share

    @cached_property
    def is_sewage(self) -> NDArray[np.bool_]:
        """Whether a sample is of the sewage of people upstream, (sample,)."""
        return np.isin(self.matrix, SEWAGE)

    def column(self, analyte: str) -> int:
        """Return the position of an analyte, -1 if the samples do not hold it."""
        found = np.flatnonzero(self.analyte == analyte)
        return int(found[0]) if len(found) else -1


def kinds(samples: xr.Dataset, unstated: str | None = None) -> Strings:
    """Return what each cell states: one of `AMOUNTS`, or "" where the cell holds nothing.

    A non-detect has no value to tell by: its limits do, then the sample's other cells, then the
    matrix.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    unstated : str, optional
        `unstated_kind` of the campaign, where these are some of its samples.

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
    liquid = unstated_kind(samples) if unstated is None else unstated
    whole[whole == ""] = np.where(solid, "content", liquid)[whole == ""]
    return np.where(open_, whole[:, None], out)


def unstated_kind(samples: xr.Dataset) -> str:
    """Return what the liquid samples of a campaign state where nothing of their own tells it.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        Of the whole campaign: one concentration anywhere decides.
    """
    loads = [a for a in ("pn_load", "load") if a in samples]
    return loads[0] if loads and not np.isfinite(samples["concentration"]).any() else AMOUNTS[0]


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


def held(data: xr.Dataset, names: Iterable[str]) -> xr.Dataset:
    """Return the Dataset with some variables in memory, all loaded in one computation.

    Parameters
    ----------
    data : Dataset
    names : iterable of str
        Variables that are needed; those that are missing, or in memory, stay as they are.
    """
    lazy = {
        name: data.variables[name]
        for name in names
        if name in data.variables and data.variables[name].chunks is not None
    }
    return data.assign(xr.Dataset(lazy).compute().variables) if lazy else data


def extract(result: xr.Dataset) -> Samples:
    """Return the arrays of a result Dataset (`wbe.estimate`); loads those that are lazy."""
    result = held(result, READ)
    n, m = result.sizes["sample"], result.sizes["analyte"]

    def text(name: str) -> Strings:
        if name not in result:
            return np.full(n, "", dtype="<U1")
        return result[name].values.astype(str)

    def number(name: str, shape: tuple[int, ...]) -> Floats:
        if name not in result:
            return np.full(shape, np.nan)
        return result[name].values.astype(float)

    plain = ("sample", "site", "visit", "lab", "mode", "matrix")
    sample, site, visit, lab, mode, matrix = (text(name) for name in plain)
    return Samples(
        sample=sample,
        site=site,
        visit=visit,
        lab=lab,
        mode=mode,
        matrix=matrix,
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
        least=number("least", (n, m)),
        substituted=number("substituted", (n, m)),
        rsd=number("concentration_rsd", (n, m)),
        kind=result["kind"].values.astype(str) if "kind" in result else kinds(result),
        status=result["status"].values.astype(str),
        time=_seconds(result, n),
        rule=str(result.attrs["nondetects"]),
        markers=json.loads(result.attrs["markers"]),
        model=ErrorModel.from_json(result.attrs["error_model"]),
        fits=json.loads(result.attrs["nondetect_fits"]),
        disagreement=float(result.attrs.get("population_disagreement", 0.0)),
        share=number("share", (n,)) if "share" in result else None,
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
