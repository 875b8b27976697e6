"""Results as tidy tables, and the references that they rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from wbe import factors as factor_tables
from wbe import schema
from wbe.backcalc import rows
from wbe.recipes.drugs import pathways
from wbe.recipes.estimation import UNITS

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "sample_id",
    "site",
    "area",
    "round",
    "time",
    "matrix",
    "lab",
    "analyte",
    "drug",
    "quantity",
    "method",
    "unit",
    "value",
    "lower",
    "upper",
    "status",
    "factor_ids",
)
"""Columns of estimates.csv, in order."""


def to_tidy(result: xr.Dataset) -> pd.DataFrame:
    """Return a result as one row per sample, analyte (or drug) and quantity.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``value`` is the median; ``lower`` and ``upper`` the 95 % interval. A non-detect
        has no value: its bounds run from 0 to what its limit allows. Cells that were not measured
        have no row; missing and above-range cells have one without a number.

    Raises
    ------
    KeyError
        If the Dataset is not a result of `wbe.estimate`.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> table = wbe.to_tidy(result)
    >>> found = table[table["analyte"].eq("methamphetamine") & table["quantity"].eq("pn_mass_load")]
    >>> found[["value", "lower", "upper"]].head(2).round(2)
         value  lower  upper
    46    2.43   1.34   4.39
    102  52.47  29.02  94.87
    """
    import pandas as pd

    result = result.compute()  # what is lazy, once
    s = rows.extract(result)
    about = _about_samples(result, s)
    parts = [_residues(result, s, about, q) for q in ("concentration", "mass_load", "pn_mass_load")]
    parts += [_drugs(result, s, about, q) for q in ("consumption", "pn_consumption", "pn_doses")]
    parts += [_residues(result, s, about, "index")]
    table = pd.concat(parts, ignore_index=True)
    order = {name: k for k, name in enumerate(UNITS)}
    table = table.assign(_q=table["quantity"].map(order))
    keys = ["sample_id", "analyte", "_q", "drug"]
    return table.sort_values(keys, kind="stable", ignore_index=True)[list(COLUMNS)]


def cite(result: xr.Dataset) -> list[str]:
    """Return the references really used by a result, one line each with its DOI.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.

    Returns
    -------
    list of str
        Sources of the factor rows and doses that gave a number, of the markers used, and of the
        error model.

    Raises
    ------
    KeyError
        If the Dataset is not a result of `wbe.estimate`.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> wbe.cite(result)[0][:24], len(wbe.cite(result))
    ('Castiglioni, S. et al (2', 9)
    """
    result = rows.held(result, ("consumption_upper", "pn_consumption"))
    keys = {str(c["source"]) for c in json.loads(result.attrs["error_model"])}
    for k, path in enumerate(pathways(result)):
        if path["gives"] == "consumption" and np.isfinite(result["consumption_upper"][:, k]).any():
            keys.add(path["source"])
        if path["gives"] == "consumption" and np.isfinite(result["pn_consumption"][:, k]).any():
            keys |= {path["source"], path["dose_source"]}
    used = set(result["method"].values.astype(str).tolist())
    table = factor_tables.markers()
    keys |= set(table.loc[table["marker"].isin(used), "source"].astype(str))
    known = factor_tables.references()
    return [factor_tables.format_reference(key) for key in sorted(keys & set(known))]


def _residues(
    result: xr.Dataset, s: rows.Samples, about: Mapping[str, np.ndarray], quantity: str
) -> pd.DataFrame:
    value, lower, upper = _numbers(result, quantity, s)
    wanted = np.isfinite(value) | np.isfinite(upper)
    if quantity == "concentration":
        wanted |= ~np.isin(s.status, ("not_measured", "")) & np.isin(
            s.kind, ("concentration", "content", "")
        )
    if quantity in ("mass_load", "pn_mass_load"):
        kinds = ("load",) if quantity == "mass_load" else ("pn_load",)
        wanted |= np.isin(s.kind, kinds) & ~np.isin(s.status, ("not_measured", ""))
        wanted |= _exists(s, quantity) & np.isin(s.status, schema.CENSORED)
    i, j = np.nonzero(wanted)
    unit = np.full(len(i), UNITS[quantity], dtype=object)
    name = np.full(len(i), quantity, dtype=object)
    if quantity == "concentration":
        unit[np.isin(s.matrix[i], rows.SOLIDS)] = UNITS["content"]
    method = s.method[i].astype(object)
    method[np.isin(name, ("concentration", "index"))] = "none"
    if quantity == "mass_load":
        method[:] = "flow"
    numbers = (value[i, j], lower[i, j], upper[i, j])
    return _frame(about, i, s.analyte[j], "", name, method, unit, numbers, s.status[i, j], "")


def _exists(s: rows.Samples, quantity: str) -> np.ndarray:
    return rows.has_flow(s) if quantity == "mass_load" else rows.has_per_capita(s)


def _numbers(result: xr.Dataset, quantity: str, s: rows.Samples) -> tuple[np.ndarray, ...]:
    if quantity == "concentration":
        central = np.where(np.isin(s.kind, ("concentration", "content")), s.amount, np.nan)
    else:
        central = result[quantity].values
    return central, result[f"{quantity}_lower"].values, result[f"{quantity}_upper"].values


def _drugs(
    result: xr.Dataset, s: rows.Samples, about: Mapping[str, np.ndarray], quantity: str
) -> pd.DataFrame:
    import pandas as pd

    base = "mass_load" if quantity == "consumption" else "pn_mass_load"
    exists = _exists(s, base) & np.isin(s.matrix, rows.SEWAGE)[:, None]
    parts = []
    for k, path in enumerate(pathways(result)):
        if path["gives"] != "consumption" or (quantity == "pn_doses" and path["dose"] is None):
            continue
        j = s.column(path["analyte"])
        numbers = [result[quantity + end].values[:, k] for end in ("", "_lower", "_upper")]
        wanted = np.isfinite(numbers[0]) | np.isfinite(numbers[2])
        wanted |= exists[:, j] & np.isin(s.status[:, j], schema.CENSORED)
        i = np.flatnonzero(wanted)
        ids = path["factor_id"]
        if quantity == "pn_doses" and path["dose_id"]:
            ids = f"{ids};{path['dose_id']}"
        method = s.method[i] if quantity != "consumption" else np.full(len(i), "flow")
        columns = (
            np.full(len(i), path["analyte"]),
            path["drug"],
            quantity,
            method,
            UNITS[quantity],
            [n[i] for n in numbers],
            s.status[i, j],
            ids,
        )
        parts.append(_frame(about, i, *columns))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _about_samples(result: xr.Dataset, s: rows.Samples) -> dict[str, np.ndarray]:
    """What the table says of each sample, (sample,) each."""
    import pandas as pd

    time = pd.Series(result["time"].values).dt.strftime("%Y-%m-%dT%H:%M").fillna("")
    columns = {
        "sample_id": s.sample, "site": s.site, "area": s.area, "round": s.round,
        "time": time.to_numpy(), "matrix": s.matrix, "lab": s.lab,
    }  # fmt: skip
    return {name: np.asarray(column, dtype=object) for name, column in columns.items()}


def _frame(
    about: Mapping[str, np.ndarray],
    i: np.ndarray,
    analyte: Any,
    drug: Any,
    quantity: Any,
    method: Any,
    unit: Any,
    numbers: Any,
    status: Any,
    factor_ids: Any,
) -> pd.DataFrame:
    import pandas as pd

    value, lower, upper = numbers
    return pd.DataFrame(
        {
            **{name: column[i] for name, column in about.items()},
            "analyte": analyte,
            "drug": drug,
            "quantity": quantity,
            "method": method,
            "unit": unit,
            "value": value,
            "lower": lower,
            "upper": upper,
            "status": status,
            "factor_ids": factor_ids,
        }
    )
