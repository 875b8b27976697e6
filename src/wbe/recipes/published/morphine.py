"""Heroin from the morphine that medicines do not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from wbe import backcalc, units
from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.factors.table import excretion_rows
from wbe.recipes.published.results import day_rows
from wbe.units import PN_UNIT

if TYPE_CHECKING:
    import pandas as pd

LARGEST_SHARE = 0.7
"""Share of the morphine above which what medicines leave is the small difference of two numbers."""


def net_heroin(result: xr.Dataset, row: Any, licit: str, source: str) -> list[pd.DataFrame]:
    """Return the heroin of each day in which morphine was quantified.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    row : Series
        Row of the factor set for heroin by morphine, named by its factor id.
    licit : str [mg/day/1000 inhabitants]
        Load of morphine that medicines explain.
    source : str
        Who says so.

    Returns
    -------
    list of DataFrame
        None where no day has morphine. Where medicines explain more than `LARGEST_SHARE` of it, or
        more than was measured, the day has an upper bound, no value, and ``not_identifiable``.

    Raises
    ------
    UsageError
        If the source is missing, the result has no draws, or the amount is not positive.
    UnitError
        If the amount has no unit or another one.
    """
    if not result.attrs["draws"]:
        raise UsageError("heroin net of medicines is a difference: it needs draws")
    s = rows.extract(result)
    column = s.column("morphine")
    if column < 0:
        return []
    found = np.isfinite(s.amount[:, column]) & rows.has_per_capita(s)[:, column]
    at = np.flatnonzero(found)
    morphine = rows.product(s, "pn_mass_load", at, np.full(len(at), column))
    amount = backcalc.known(np.full(len(at), units.magnitude(licit, PN_UNIT)))
    net = backcalc.heroin_from_morphine(
        morphine, [backcalc.Part("medicines", amount, source)], excretion_rows()[str(row.name)],
        six_mam="not_measured", largest_share=LARGEST_SHARE,
        draws=int(result.attrs["draws"]), seed=int(result.attrs["seed"]),
    )  # fmt: skip
    about = {
        "analyte": "morphine", "drug": "heroin", "quantity": "pn_consumption",
        "factor_ids": str(row.name),
    }  # fmt: skip
    told = net.identifiable
    lower, upper = np.where(told, net.lower, 0.0), np.where(told, net.upper, net.bound)
    flags = np.where(told, "net_of_medicines", "net_of_medicines;not_identifiable")
    return [day_rows(result.isel(sample=at), about, net.median, lower, upper, flags)]
