"""Area values of the composite drug index: dose equivalents summed over drugs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.backcalc.drug_index import IndexWeights
from wbe.errors import MissingFactorError, UsageError
from wbe.spatial.drawn import IndexDraws, draws_of
from wbe.spatial.series_draws import INDEX, index_draws
from wbe.uncertainty import Stream

Floats = NDArray[np.float64]

_PART = "pn_consumption"
_ENDS = ("value", "lower", "upper")
_BOUNDS = ("bound_lower", "bound_upper")


def add_index(values: xr.Dataset, weights: IndexWeights) -> xr.Dataset:
    """Add the composite drug index to area values, as drug and quantity ``index``.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From `wbe.by_area` with ``pn_consumption`` among its quantities.
    weights : IndexWeights
        From `wbe.backcalc.weights_from`: what a dose of each drug is taken to be. There is no
        default.

    Returns
    -------
    Dataset
        With ``index`` [doses/day/1000 inhabitants] among ``quantity`` and ``drug``;
        ``attrs["index_weights"]`` holds drug -> dose [mg], source and choice. `wbe.rank` takes it
        with ``drug="index", quantity="index"``.

    Raises
    ------
    UsageError
        If there is no consumption among the values, or an index already.
    MissingFactorError
        If a weighted drug has none: a missing drug is not a zero.

    Notes
    -----
    I = sum_k X_k / d_k over area values X_k (geometric levels in a county round), in every draw.
    The points of an area are the same for every drug, so their error is drawn once for all drugs:
    the interval is at least as wide as that of independent drugs. Counts are the least over drugs;
    ``n_censored`` the most. An area without a value of a drug has the flag ``index_incomplete``.
    Weights are a choice and have no interval; `wbe.backcalc.weight_sensitivity` shows the ranks
    under others.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> weights = wbe.backcalc.weights_from(
    ...     {"methamphetamine": "methamphetamine|Zuccato2008", "MDMA": "MDMA|ACIC"}, "two drugs"
    ... )
    >>> wbe.spatial.add_index(values, weights)["drug"].values.tolist()[-1]
    'index'
    """
    _require(values, weights)
    doses = {
        drug: {"value": one.value, "source": one.source, "key": one.key}
        for drug, one in weights.doses.items()
    }
    attrs = {"index_weights": json.dumps(doses), "index_name": weights.name}
    out = _widened(values).assign_attrs(attrs)
    out.attrs["quantities"] = [*values.attrs["quantities"], INDEX]
    s = rows.extract(values)
    stream = Stream(values.attrs["seed"], s.model.correlations)
    draws = index_draws(out, s, stream)
    parts = values.sel(quantity=_PART, drug=list(weights.drugs))
    for r, round_ in enumerate(values["round"].values.astype(str).tolist()):
        found = _of_round(parts.isel(round=r), draws, round_)
        for name, column in found.items():
            out[name].loc[{"quantity": INDEX, "drug": INDEX, "round": round_}] = column
    return out


def _require(values: xr.Dataset, weights: IndexWeights) -> None:
    if _PART not in values.attrs["quantities"]:
        raise UsageError(f"an index adds consumption: name {_PART} in by_area(quantities=...)")
    if "index_weights" in values.attrs:
        raise UsageError("the values have an index already")
    known = values["value"].sel(quantity=_PART).notnull().any(("area", "round"))
    known |= values["bound_upper"].sel(quantity=_PART).notnull().any(("area", "round"))
    have = set(values["drug"].values[known.values].astype(str).tolist())
    if missing := [drug for drug in weights.drugs if drug not in have]:
        raise MissingFactorError(
            f"no consumption of {', '.join(missing)}, which the index counts; leave it out of the "
            "weights, or give its samples: a missing drug is not a zero"
        )


def _widened(values: xr.Dataset) -> xr.Dataset:
    """Return the values with empty cells for the index."""
    axes = {d: [*values[d].values.astype(str).tolist(), INDEX] for d in ("quantity", "drug")}
    parts = values[[n for n in values.data_vars if {"quantity", "drug"} <= set(values[n].dims)]]
    fill = {n: _empty_of(parts[n]) for n in parts.data_vars}
    wide = parts.reindex(axes, fill_value=fill)
    rest = values.drop_vars(list(parts.data_vars)).drop_vars(["quantity", "drug"])
    dims = ("quantity", "area", "round", "drug")
    wide = xr.Dataset({n: wide[n].transpose(*dims).copy() for n in parts.data_vars})
    return rest.merge(wide).assign_attrs(values.attrs)


def _empty_of(cells: xr.DataArray) -> Any:
    if cells.dtype.kind == "f":
        return np.nan
    return 0 if cells.dtype.kind in "iu" else ""


def _of_round(parts: xr.Dataset, draws: IndexDraws, round_: str) -> dict[str, NDArray[Any]]:
    """Return the columns of the index in a round, by area."""
    areas = parts["area"].values.astype(str).tolist()
    out: dict[str, NDArray[Any]] = {
        "n_sites": parts["n_sites"].min("drug").values,
        "n_samples": parts["n_samples"].min("drug").values,
        "n_censored": parts["n_censored"].max("drug").values,
    }
    for name in (*_ENDS, "mean", *_BOUNDS):
        total = parts[name].transpose("area", "drug").values @ draws.per_mg
        out[name] = total if name in ("value", *_BOUNDS) else np.full(len(areas), np.nan)
    whole = np.isfinite(out["value"])
    usable = set(draws.areas(round_))
    own = [a for a, ok in zip(areas, whole, strict=True) if ok and a in usable]
    if draws.n and own:
        at = [areas.index(a) for a in own]
        ends = np.exp(np.quantile(draws_of(draws, own, round_), (0.5, 0.025, 0.975), axis=0))
        for name, column in zip(_ENDS, ends, strict=True):
            out[name][at] = column
    open_ = ~whole & np.isfinite(out["bound_upper"])
    for name, end in (("lower", "bound_lower"), ("upper", "bound_upper")):
        out[name][open_] = out[end][open_]
    out["flags"] = _flags(parts, np.isfinite(out["bound_upper"]) | whole)
    return out


def _flags(parts: xr.Dataset, known: NDArray[np.bool_]) -> NDArray[Any]:
    """Return what the flags of the drugs say together, and where the index is incomplete."""
    by_area = parts["flags"].transpose("area", "drug").values
    out = []
    for cells, complete in zip(by_area, known, strict=True):
        marks = {mark for cell in cells for mark in str(cell).split(";") if mark}
        if marks and not complete:
            marks.add("index_incomplete")
        out.append(";".join(sorted(marks)))
    return np.array(out, dtype=object)
