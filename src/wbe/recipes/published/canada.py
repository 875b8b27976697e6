"""Statistics Canada: one value a month from the week of its second Monday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import xarray as xr

from wbe.recipes.estimation import estimate
from wbe.recipes.protocols import statcan_month
from wbe.recipes.published.inputs import placed, sewage
from wbe.recipes.published.means import from_means
from wbe.recipes.published.results import Page, sheet

if TYPE_CHECKING:
    import pandas as pd

CANADA = Page(
    "canadian_month",
    "load of a residue per 1000 inhabitants, mean of the seven days from the second Monday of the "
    "month; plants of a city as mass over population",
    ("StatCan2019",),
)


def canadian_month(
    samples: xr.Dataset,
    *,
    by: Literal["site", "area"] = "area",
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the metabolite load per capita of each month, as Statistics Canada defines it.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read` and `wbe.locate`, or `samples_of` with `area`.
    by : str
        ``area``: a city, whose plants are added up; ``site``: each plant.
    draws, seed : int
        Of the intervals; 0 draws: values alone.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a month and residue, statistic ``daily_mean`` [mg/day/1000 inhabitants].
        Flags as for `wbe.recipes.protocols.statcan_month`.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage or, by area, none has an area; or a sample has no date.

    Notes
    -----
    C_jt concentration, Q_jt flow of plant j on day t of the week, P_j its inhabitants::

        L_jt = C_jt Q_jt        MLC = 1000 sum_jt(L_jt) / (7 sum_j P_j)

    *Read*: the week, and the load per capita as mass over the population that contributes.
    *Not found*: results below a limit and missing days; see `wbe.recipes.protocols.statcan_month`.

    References
    ----------
    Brennan 2019, Statistics Canada, catalogue 13-605-X; record 5280. Neither has a DOI.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import published
    >>> week = published.samples_of(
    ...     {"benzoylecgonine": [500.0] * 7}, flow=50_000, population=200_000, site="A",
    ...     date=np.arange("2019-03-11", "2019-03-18", dtype="datetime64[D]"), area="city",
    ...     population_basis="resident",
    ... )
    >>> published.canadian_month(week)[["place", "period", "value"]].round(6).values.tolist()
    [['city', '2019-03', 125.0]]
    """
    result = estimate(placed(sewage(samples), by), "euda", draws, seed)  # loads: no factor is used
    return sheet(CANADA, [from_means(statcan_month(result, by=by))])
