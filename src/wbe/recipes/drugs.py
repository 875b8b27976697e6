"""From residue to drug: the factor rows that a result uses, and loads carried on by them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from wbe.backcalc import rows
from wbe.factors import FactorSet
from wbe.uncertainty import Product


def pathways(result: xr.Dataset) -> list[dict[str, Any]]:
    """Return the pathways of a result (residue -> drug), in the order of the dimension.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.

    Returns
    -------
    list of dict
        Factor id, drug, analyte, and the numbers [1] that the result was made with.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> first = wbe.recipes.pathways(result)[0]
    >>> first["drug"], first["factor_id"]
    ('cocaine', 'cocaine|BE|Castiglioni2013')
    """
    return list(json.loads(result.attrs["pathways"]))


def with_pathways(result: xr.Dataset, chosen: FactorSet) -> xr.Dataset:
    """Add the pathways of a factor set whose residue the samples hold."""
    table = chosen.rows
    held = set(result["analyte"].values.astype(str))
    table = table[table["analyte"].isin(held)]
    records = [_pathway(str(factor_id), row) for factor_id, row in table.iterrows()]
    ids = [r["factor_id"] for r in records]
    return result.assign_coords(
        pathway=("pathway", np.array(ids, dtype=str)),
        drug=("pathway", np.array([r["drug"] for r in records], dtype=str)),
        pathway_analyte=("pathway", np.array([r["analyte"] for r in records], dtype=str)),
        gives=("pathway", np.array([r["gives"] for r in records], dtype=str)),
    ).assign_attrs(
        factor_set=chosen.name,
        factor_ids=ids,
        pathways=json.dumps(records, ensure_ascii=False),
    )


def _pathway(factor_id: str, row: Any) -> dict[str, Any]:
    numbers = ("correction_factor", "excretion", "logit_sd", "dose", "dose_log_sd")
    text = ("drug", "analyte", "gives", "source", "dose_id", "dose_source")
    record: dict[str, Any] = {"factor_id": factor_id}
    record |= {name: "" if row[name] != row[name] else str(row[name] or "") for name in text}
    for name in numbers:
        value = float(row[name])
        record[name] = None if np.isnan(value) else value
    return record


def drug_product(p: Product, quantity: str, path: dict[str, Any]) -> Product | None:
    """Return rows of a residue's load carried on to a drug, None where the path gives none."""
    if path["gives"] != "consumption" or (quantity == "pn_doses" and path["dose"] is None):
        return None
    used = rows.with_pathway(
        p, path["factor_id"], path["correction_factor"], path["excretion"], path["logit_sd"]
    )
    if quantity != "pn_doses":
        return used
    return rows.with_dose(used, path["dose_id"], path["dose"], path["dose_log_sd"])
