"""The four equations that papers share, one line each, on the samples of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from wbe import backcalc
from wbe.recipes.published.results import of_samples

if TYPE_CHECKING:
    import pandas as pd


def four_equations(result: xr.Dataset, row: Any) -> list[pd.DataFrame]:
    """Return loads, and consumption and doses where the factor row gives them.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    row : Series
        A row of the factor set, named by its factor id.

    Returns
    -------
    list of DataFrame
        ``pn_mass_load``; of a row that gives consumption ``pn_consumption``, and ``pn_doses``
        where it names a dose. None where the samples do not hold the residue.
    """
    residue, factor_id = str(row["analyte"]), str(row.name)
    if residue not in result["analyte"]:
        return []
    concentration = result["concentration"].sel(analyte=residue)  # C [ng/L]
    load = backcalc.mass_load(concentration, result["flow"])  # L = C Q [mg/day]
    per_capita = backcalc.per_1000(load, result["population"])  # Lp = 1000 L / P
    parts = [of_samples(result, "pn_mass_load", per_capita, residue)]
    if row["gives"] != "consumption":
        return parts
    mass_ratio, excreted = row["molar_mass_ratio"], row["excretion"]  # MR, E [1]
    used = backcalc.pn_consumption(per_capita, mass_ratio, excreted)  # X = Lp MR / E
    parts.append(of_samples(result, "pn_consumption", used, residue, row["drug"], factor_id))
    if row["dose_id"]:
        doses = backcalc.pn_doses(used, f"{row['dose']} mg/dose")  # N = X / d
        ids = f"{factor_id};{row['dose_id']}"
        parts.append(of_samples(result, "pn_doses", doses, residue, row["drug"], ids))
    return parts


def from_loads(result: xr.Dataset, row: Any) -> list[pd.DataFrame]:
    """Return the loads of each day as the result has them, and consumption from them.

    For populations that a marker tells, of which `four_equations` knows nothing.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    row : Series
        A row of the factor set, named by its factor id.

    Returns
    -------
    list of DataFrame
        ``pn_mass_load`` and, of a row that gives it, ``pn_consumption``.
    """
    residue, factor_id = str(row["analyte"]), str(row.name)
    if residue not in result["analyte"]:
        return []
    per_capita = result["pn_mass_load"].sel(analyte=residue)  # L
    parts = [of_samples(result, "pn_mass_load", per_capita, residue)]
    if row["gives"] == "consumption":
        used = backcalc.pn_consumption(per_capita, row["molar_mass_ratio"], row["excretion"])
        parts.append(of_samples(result, "pn_consumption", used, residue, row["drug"], factor_id))
    return parts
