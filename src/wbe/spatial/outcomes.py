"""The tiers table while it is being filled: plain columns of equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.spatial.schemes import classify
from wbe.spatial.tallies import Counts, barred
from wbe.units import PN_UNIT

Floats = NDArray[np.float64]
Table = dict[str, NDArray[Any]]
"""Column name -> values; a DataFrame is made of them once, at the end."""

NUMBERS = ("value", "lower", "upper", "n_sites", "n_samples", "n_censored")
"""What a row takes over from the area values, beside its flags."""

UNITS = {
    "pn_mass_load": PN_UNIT,
    "pn_consumption": PN_UNIT,
    "concentration": "ng/L",
    "index": "doses/day/1000 inhabitants",
}


@dataclass(frozen=True)
class AreaColumns:
    """Area values of one drug and quantity as plain arrays, taken out of the Dataset once.

    Attributes
    ----------
    area, name : ndarray (area,) of str
    rounds : list of str
    columns : dict of str to ndarray (area, round)
        `NUMBERS` and ``flags``.
    """

    area: NDArray[Any]
    name: NDArray[Any]
    rounds: list[str]
    columns: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, values: xr.Dataset, quantity: str) -> dict[str, AreaColumns]:
        """Return the columns of a quantity, by drug.

        Parameters
        ----------
        values : Dataset (quantity, area, round, drug)
        quantity : str
        """
        order = ("drug", "area", "round")
        at = values.get_index("quantity").get_loc(quantity)
        arrays = {
            name: values[name].isel(quantity=at).transpose(*order).values
            for name in (*NUMBERS, "flags")
        }
        area, name = (values[n].values.astype(object) for n in ("area", "name"))
        rounds = values["round"].values.astype(str).tolist()
        return {
            drug: cls(area, name, rounds, {n: x[k] for n, x in arrays.items()})
            for k, drug in enumerate(values["drug"].values.astype(str).tolist())
        }

    def at(self, round_: str) -> dict[str, NDArray[Any]]:
        """Return the columns of a round, (area,) each."""
        k = self.rounds.index(round_)
        return {name: x[:, k] for name, x in self.columns.items()}


def stack(tables: list[Table]) -> Table:
    """Return tables of the same columns below each other."""
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


def blank(
    here: AreaColumns,
    drug: str,
    quantity: str,
    round_: str,
    labels: Sequence[str],
    flag: str = "",
) -> Table:
    """Return the rows of one drug and round, one an area, with nothing known yet."""
    n = len(here.area)

    def same(text: str) -> NDArray[Any]:
        return np.full(n, text, dtype=object)

    def unknown(names: Sequence[str]) -> Table:
        return {name: np.full(n, np.nan) for name in names}

    t: Table = {
        "area": here.area,
        "name": here.name,
        "round": same(round_),
        "drug": same(drug),
        "quantity": same(quantity),
        "unit": same(UNITS[quantity]),
    }
    t |= unknown(("value", "lower", "upper"))
    t["tier"] = same("")
    t |= unknown([f"p_{label}" for label in labels])
    t["resolved"] = np.zeros(n, dtype=bool)
    t |= unknown(("rank", "rank_lower", "rank_upper"))
    t |= {name: np.zeros(n, dtype=int) for name in ("n_sites", "n_samples", "n_censored")}
    t["flags"] = same(flag)
    return t


def ranks(t: Table) -> Floats:
    """Return 1 for the highest value; equal values share the better rank."""
    few = np.array(["insufficient_data" in flags for flags in t["flags"]], dtype=bool)
    x = np.where(few, np.nan, t["value"])
    higher = (x[None, :] > x[:, None]).sum(axis=1)
    return np.where(np.isnan(x), np.nan, 1.0 + higher)


def add_probabilities(
    t: Table, position: list[int], counted: Counts, labels: Sequence[str], tiered: bool
) -> None:
    """Write rank intervals, and where there are breaks the share of draws in each tier."""
    cumulated = counted.ranks.cumsum(axis=1) / counted.n
    t["rank_lower"][position] = 1 + (cumulated < 0.025).sum(axis=1)
    t["rank_upper"][position] = 1 + (cumulated < 0.975).sum(axis=1)
    if tiered:
        for k, label in enumerate(labels):
            t[f"p_{label}"][position] = counted.tiers[:, k] / counted.n


def add_tiers(t: Table, labels: Sequence[str], breaks: Floats) -> None:
    """Write the tier of each central value, unless the area can have none."""
    for i, k in enumerate(classify(t["value"], breaks)):
        t["tier"][i] = labels[k] if k >= 0 and not barred(str(t["flags"][i])) else ""


def flag_rows(t: Table, where: NDArray[np.bool_], flag: str) -> None:
    """Add a flag to the rows `where` holds."""
    for i in np.flatnonzero(where):
        t["flags"][i] = ";".join(sorted({*filter(None, t["flags"][i].split(";")), flag}))
