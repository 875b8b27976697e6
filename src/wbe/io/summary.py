"""What one wants to see first of samples, results, area values and tiers: a short table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbe.errors import SchemaError
from wbe.schema.variables import CENSORED, QUANTITIES

if TYPE_CHECKING:
    import xarray as xr

#: Quantities of a result that are summarised beside those of its samples.
ESTIMATED = ("pn_mass_load", "pn_consumption")
OF_AREAS = ("value", "lower", "upper", "n_sites", "n_samples", "n_censored", "flags")
OF_TIERS = ("round", "drug", "rank", "name", "tier", "p", "value", "lower", "upper", "unit",
            "resolved", "flags")  # fmt: skip


def summary(data: xr.Dataset | pd.DataFrame) -> pd.DataFrame:
    """Return a short table of what samples, results, area values or tiers hold.

    A Dataset shows its structure when it is typed in a notebook, and tiers have twenty columns;
    this shows the numbers.

    Parameters
    ----------
    data : Dataset or DataFrame
        From :func:`wbe.read`, :func:`wbe.estimate`, :func:`wbe.by_area` or :func:`wbe.rank`.

    Returns
    -------
    DataFrame
        Of samples one row a quantity and analyte: number of results, how many are quantified and
        below a limit, median and range of the quantified ones [unit of the row]. Of a result
        the same for per-capita loads and consumption. Of area values one row an area, drug and
        round with its interval. Of tiers one row an area in the order of ranks, with the
        probability of its tier [1].

    Raises
    ------
    SchemaError
        If it is none of them.

    Examples
    --------
    >>> import wbe
    >>> tiers = pd.DataFrame({
    ...     "round": ["2024Q1"], "drug": ["cocaine"], "area": ["a"], "name": ["A"], "rank": [1.0],
    ...     "tier": ["severe"], "p_severe": [0.97], "value": [80.0], "lower": [60.0],
    ...     "upper": [107.0], "unit": ["mg/day/1000 inhabitants"], "resolved": [True],
    ...     "flags": [""]})
    >>> wbe.io.summary(tiers)[["name", "tier", "p", "value"]].values.tolist()
    [['A', 'severe', 0.97, 80.0]]
    """
    if isinstance(data, pd.DataFrame):
        return _tiers(data)
    if {"quantity", "area", "round", "drug"} <= set(data.dims):
        return _areas(data)
    if {"sample", "analyte"} <= set(data.dims) and "status" in data:
        rows = [*_measured(data), *_estimated(data)]
        return pd.DataFrame(rows).astype({"n_below_limit": "Int64"})
    raise SchemaError("summary needs samples, a result of estimate, area values or tiers")


def _measured(data: xr.Dataset) -> Iterator[dict[str, Any]]:
    """One row for each quantity in which an analyte was measured or has a limit."""
    status = data["status"].values.astype(str)
    for quantity, unit in QUANTITIES.items():
        if quantity not in data:
            continue
        value = data[quantity].values
        start = "" if quantity == "concentration" else f"{quantity}_"
        stated = ~np.isnan(value)
        for limit in (f"{start}lod", f"{start}loq"):
            stated |= ~np.isnan(data[limit].values) if limit in data else False
        for i, analyte in enumerate(data["analyte"].values.tolist()):
            here = stated[:, i]
            if here.any():
                kinds = status[here, i]
                shown = value[here, i][kinds == "quantified"]
                below = int(np.isin(kinds, CENSORED).sum())
                yield {"quantity": quantity, "of": analyte, "n": int(here.sum()),
                       "n_below_limit": below, **_range(shown), "unit": unit}  # fmt: skip


def _estimated(data: xr.Dataset) -> Iterator[dict[str, Any]]:
    """One row a per-capita quantity and analyte, or drug."""
    for quantity in (name for name in ESTIMATED if name in data):
        _, dim = data[quantity].dims
        labels = data["drug" if dim == "pathway" else dim].values.tolist()
        for i, label in enumerate(labels):
            value = data[quantity].values[:, i]
            value = value[~np.isnan(value)]
            if len(value):
                yield {"quantity": quantity, "of": label, "n": len(value), "n_below_limit": None,
                       **_range(value), "unit": data[quantity].attrs["units"]}  # fmt: skip


def _range(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """How many values there are, their median, and the least and the largest."""
    if not len(values):
        return {"n_values": 0, "median": np.nan, "lowest": np.nan, "highest": np.nan}
    return {
        "n_values": len(values), "median": float(np.median(values)),
        "lowest": float(values.min()), "highest": float(values.max()),
    }  # fmt: skip


def _areas(data: xr.Dataset) -> pd.DataFrame:
    """One row a quantity, drug, round and area that has samples."""
    frame = data[[name for name in OF_AREAS if name in data]].to_dataframe()
    frame = frame[frame["n_samples"] > 0].reset_index()
    order = ["quantity", "drug", "round", "area"]
    kept = [*order, *(name for name in OF_AREAS if name in data)]
    return frame[kept].sort_values(order, ignore_index=True)


def _tiers(data: pd.DataFrame) -> pd.DataFrame:
    """One row an area, highest rank first; the probability is that of its own tier."""
    if not {"tier", "rank", "drug", "round"} <= set(data.columns):
        raise SchemaError("summary needs tiers: a table with tier, rank, drug and round")
    chances = [row.get(f"p_{row['tier']}", np.nan) for row in data.to_dict("records")]
    table = pd.DataFrame(data).assign(p=chances)
    table = table.sort_values(["round", "drug", "rank", "name"], ignore_index=True)
    return table[[name for name in OF_TIERS if name in table]]
