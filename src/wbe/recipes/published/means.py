"""Tables of `wbe.recipes.protocols` as those of a published recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.recipes.estimation import UNITS
from wbe.recipes.protocols.days import Days, day_values
from wbe.recipes.protocols.means import PeriodMean, Plan
from wbe.recipes.protocols.tidy import Protocol, frame
from wbe.recipes.protocols.tidy import table as table_of
from wbe.recipes.published.results import COLUMNS, Page
from wbe.uncertainty import Product

if TYPE_CHECKING:
    import pandas as pd

MIN_DAYS = 3
"""Days below which the spread between them tells nothing of their mean."""


def from_means(means: pd.DataFrame) -> pd.DataFrame:
    """Return a table of a mean by protocol with the columns of a published recipe."""
    return means[[name for name in COLUMNS if name in means]]


def mean_over_days(
    page: Page,
    samples: xr.Dataset,
    product: Product,
    value: NDArray[np.float64],
    bound: NDArray[np.bool_],
    about: dict[str, str],
) -> pd.DataFrame:
    """Return the mean of each plant over its days, taken as drawn from days without end.

    Parameters
    ----------
    page : Page
    samples : Dataset (sample, ...)
    product : Product (sample,)
        Values with their errors.
    value : ndarray (sample,) [unit of the quantity]
    bound : ndarray (sample,) of bool
        Days known by a bound alone: their plant has no mean, which they would make too high.
    about : dict
        ``analyte``, ``drug``, ``quantity`` and ``factor_ids``.

    Returns
    -------
    DataFrame
        `wbe.recipes.protocols.COLUMNS`, statistic ``mean_over_days``.
    """
    site = samples["site"].values.astype(str)
    usable = np.isfinite(value) & ~np.isin(site, site[bound])
    names, count = np.unique(site[usable], return_counts=True)
    at = np.flatnonzero(usable & np.isin(site, names[count >= MIN_DAYS]))
    date = samples["time"].values.astype("datetime64[D]")[at]
    days = day_values(
        date, value[at], site=site[at], draws=int(samples.attrs["draws"]),
        seed=int(samples.attrs["seed"]), errors=product.take(at).terms,
    )  # fmt: skip
    days = replace(
        days, analyte=about["analyte"], drug=about["drug"], factor_ids=about["factor_ids"],
        quantity=about["quantity"], unit=UNITS[about["quantity"]], factor_set=page.factor_set,
    )  # fmt: skip
    period = np.full(len(days), "all days")
    plan = Plan(
        period, period, date.astype(str), {"all days": {"all days": np.inf}}, least=MIN_DAYS
    )
    protocol = Protocol(page.name, page.rule)
    return frame(table_of(protocol, "mean_over_days", days, plan, "site", _nothing))


def _nothing(m: PeriodMean, days: Days) -> tuple[str, set[str]]:
    return "", set()
