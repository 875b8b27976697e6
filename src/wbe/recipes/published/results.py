"""The table that every published recipe gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.factors import format_reference, load_set
from wbe.recipes.estimation import UNITS
from wbe.schema import CENSORED

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "protocol", "place", "period", "analyte", "drug", "quantity", "statistic", "value", "lower",
    "upper", "unit", "factor_set", "factor_ids", "flags", "rule",
)  # fmt: skip
"""Columns of every table, in order.

``period``: the day on which collection began, a week, month or quarter. ``value`` with its 95 %
interval ``lower`` and ``upper``; a day below its limit has no value and runs from 0 to what the
limit allows. ``factor_ids``: rows of the factor table that gave the number, empty for a load.
``rule``: what was done, in words. ``attrs``: ``references``, the paper with its DOI, and
``factor_note``, what of the protocol the factor set does not hold and what was not read.
"""


@dataclass(frozen=True)
class Page:
    """A protocol as its table names it.

    Attributes
    ----------
    name, rule : str
        Name, and rule in words.
    sources : tuple of str
        Keys of the bibliography.
    factor_set : str
        Named set; empty where loads alone are given.
    """

    name: str
    rule: str
    sources: tuple[str, ...]
    factor_set: str = ""


def of_samples(
    result: xr.Dataset, quantity: str, value: Any, analyte: str, drug: str = "", ids: str = ""
) -> pd.DataFrame:
    """Return one row a sample: the value of a recipe's equation, the interval of the result.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate` on the same samples.
    quantity : str
    value : DataArray (sample,)
        In the unit of the quantity.
    analyte, drug : str
    ids : str
        Factor id, and dose id behind a semicolon; empty for a load.
    """
    at = {"pathway": ids.partition(";")[0]} if ids else {"analyte": analyte}
    own, lower, upper = (result[quantity + end].sel(at).values for end in ("", "_lower", "_upper"))
    below = np.isin(result["status"].sel(analyte=analyte).values.astype(str), CENSORED)
    known = np.where(np.isfinite(own), np.asarray(value), np.nan)
    about = {"analyte": analyte, "drug": drug, "quantity": quantity, "factor_ids": ids}
    return day_rows(result, about, known, lower, upper, np.where(below, "below_limit", ""))


def day_rows(
    samples: xr.Dataset, about: dict[str, Any], value: Any, lower: Any, upper: Any, flags: Any
) -> pd.DataFrame:
    """Return one row a sample that has a value or a bound.

    Parameters
    ----------
    samples : Dataset (sample, ...)
    about : dict
        ``analyte``, ``drug``, ``quantity`` and ``factor_ids``.
    value, lower, upper, flags : array_like (sample,)
        Numbers in the unit of the quantity.
    """
    import pandas as pd

    days = samples["time"].values.astype("datetime64[D]")
    table = pd.DataFrame(
        {
            "place": samples["site"].values.astype(str),
            "period": np.where(np.isnat(days), "", days.astype(str)),
            **about, "statistic": "day", "value": value, "lower": lower, "upper": upper,
            "unit": UNITS[about["quantity"]], "flags": flags,
        }
    )  # fmt: skip
    return table[table["value"].notna() | table["upper"].notna()]


def sheet(page: Page, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the parts of a recipe as one table of `COLUMNS`, and any further column behind.

    Raises
    ------
    UsageError
        If no part has a row.
    """
    import pandas as pd

    kept = [part for part in parts if len(part)]
    if not kept:
        raise UsageError(
            f"the samples hold nothing that {page.name} speaks of: none of its residues with a "
            "flow and a population"
        )
    table = pd.concat(kept, ignore_index=True)
    table = table.assign(protocol=page.name, rule=page.rule, factor_set=page.factor_set)
    further = [name for name in table if name not in COLUMNS]
    table = table.sort_values(["place", "period"], kind="stable", ignore_index=True)
    table = table[[*COLUMNS, *further]]
    table.attrs["references"] = [format_reference(key) for key in page.sources]
    table.attrs["factor_note"] = load_set(page.factor_set).note if page.factor_set else ""
    return table
