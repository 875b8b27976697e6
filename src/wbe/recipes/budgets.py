"""Which input moves the estimate of one sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import xarray as xr

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.recipes import estimation
from wbe.recipes.drugs import drug_product, pathways
from wbe.uncertainty.budgets import Budget, ScaleOption
from wbe.uncertainty.budgets import budget as budget_of
from wbe.uncertainty.product import Product


def budget(
    result: xr.Dataset,
    sample: str,
    name: str,
    *,
    quantity: str = "pn_mass_load",
    by: Literal["name", "level"] = "name",
    scale: ScaleOption = "auto",
    draws: int = 10_000,
    seed: int | None = None,
) -> Budget:
    """Return which input moves an estimate of one sample.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    sample : str
        Id of the sample.
    name : str
        The analyte, or for consumption and doses the drug or the factor row.
    quantity : str
        ``concentration``, ``mass_load``, ``pn_mass_load``, ``consumption``, ``pn_consumption`` or
        ``pn_doses``.
    by : str
        ``name``: flow, population, excretion ...; ``level``: laboratory, site, sample ...
    scale : str
        See `wbe.uncertainty.budget`. On the log scale, which ``auto`` takes, there is a
        closed form unless the sample lies below a limit.
    draws : int
        Where they are needed.
    seed : int, optional
        That of the result if not given.

    Returns
    -------
    Budget

    Raises
    ------
    UsageError
        If sample, name or quantity is not there, or the sample has no value but bounds.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> sample = str(result["sample"].values[0])
    >>> found = wbe.recipes.budget(result, sample, "methamphetamine")
    >>> found.to_frame()[["input", "share"]].head(2).round(2)
               input  share
    0     population   0.43
    1  repeatability   0.24
    """
    s = rows.extract(result)
    at = np.flatnonzero(s.sample == sample)
    if not len(at):
        raise UsageError(f"no sample {sample!r} in the result")
    made = _product(result, s, at[:1], name, quantity)
    if made.below is None and np.isnan(made.log_central[0]):
        raise UsageError(f"{quantity} of {name} in {sample} has no value, or bounds alone")
    start = int(result.attrs["seed"]) if seed is None else seed
    found = budget_of(made, by=by, scale=scale, draws=draws, seed=start)
    return replace(
        found, about={"kind": "sample", "quantity": quantity, "drug": name, "sample": sample}
    )


def _product(
    result: xr.Dataset, s: rows.Samples, i: rows.Ints, name: str, quantity: str
) -> Product:
    """Return the row of one sample and quantity."""
    if quantity in estimation.BY_ANALYTE:
        if s.column(name) < 0:
            raise UsageError(f"no analyte {name!r}; there are {', '.join(s.analyte.tolist())}")
        return _row(s, i, s.column(name), quantity, None)
    base = {**estimation.BY_PATHWAY, "pn_doses": "pn_mass_load"}.get(quantity)
    if base is None:
        raise UsageError(f"{quantity!r} has no draws; it has a formula, or is no quantity")
    path = _path(result, name)
    load = _row(s, i, s.column(path["analyte"]), base, path["analyte"])
    made = drug_product(load, quantity, path)
    if made is None:
        raise UsageError(f"the factor row {path['factor_id']} gives no {quantity}")
    return made


def _row(s: rows.Samples, i: rows.Ints, column: int, quantity: str, analyte: str | None) -> Product:
    there = estimation.cells(s, quantity, analyte)
    if not ((there[0] == i[0]) & (there[1] == column)).any():
        raise UsageError(f"{s.sample[i[0]]} has no {quantity} of {s.analyte[column]}")
    return rows.product(s, quantity, i, np.full(1, column))


def _path(result: xr.Dataset, name: str) -> dict[str, Any]:
    paths = pathways(result)
    found = [p for p in paths if name in (p["factor_id"], p["drug"])]
    if len(found) != 1:
        there = ", ".join(p["factor_id"] for p in found or paths)
        raise UsageError(f"{len(found)} factor rows of {name!r}; name one of {there}")
    return found[0]
