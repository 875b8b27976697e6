"""SCORE and EUDA: the week of the European monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from wbe.factors import load_set
from wbe.recipes.estimation import estimate
from wbe.recipes.protocols import euda_week
from wbe.recipes.published.inputs import placed, sewage
from wbe.recipes.published.means import from_means
from wbe.recipes.published.results import Page, sheet

if TYPE_CHECKING:
    import pandas as pd

SCORE = Page(
    "score_week",
    "load of a residue per 1000 inhabitants, each of seven days; weekday mean Tue-Thu, weekend "
    "mean Fri-Mon, daily mean of all days with a sample; below the limit counts as zero",
    ("EUDA2025", "GonzalezMarino2020"),
    "euda",
)


def score_week(
    samples: xr.Dataset,
    *,
    by: Literal["site", "area"] = "site",
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the week of SCORE and EUDA from concentrations: loads of the six residues.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, or `samples_of`: seven 24-hour composites a plant.
    by : str
        ``area``: the plants of a city added up by population.
    draws, seed : int
        Of the intervals; 0 draws: values alone.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a week and statistic: ``weekday_mean``, ``weekend_mean``, ``daily_mean``
        [mg/day/1000 inhabitants]. Flags as for `wbe.recipes.protocols.euda_week`.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage, none holds one of the six residues or, by area, none has an area;
        or a day is not known.

    Notes
    -----
    C_t concentration, Q_t flow of day t, P inhabitants::

        L_t = C_t Q_t        Lp_t = 1000 L_t / P
        weekday = (Lp_Tue + Lp_Wed + Lp_Thu) / 3
        weekend = (Lp_Fri + Lp_Sat + Lp_Sun + Lp_Mon) / 4
        daily   = sum(Lp_t) / 7

    Loads of residues: nothing is corrected for excretion, and no factor of the set is used.

    References
    ----------
    EUDA and SCORE, Drugs in municipal wastewater in Europe: source data 2025;
    Gonzalez-Marino 2020, 10.1111/add.14767

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes import published
    >>> week = published.samples_of(
    ...     {"benzoylecgonine": [400.0, 400, 400, 500, 600, 600, 500]}, flow=50_000,
    ...     population=200_000, date=np.arange("2024-03-12", "2024-03-19", dtype="datetime64[D]"),
    ...     site="A", population_basis="served",
    ... )
    >>> published.score_week(week)[["statistic", "value"]].round(1).values.tolist()
    [['weekday_mean', 100.0], ['weekend_mean', 137.5], ['daily_mean', 121.4]]
    """
    chosen = load_set(SCORE.factor_set)
    raw = placed(sewage(samples), by)
    raw = raw.isel(analyte=np.flatnonzero(raw["analyte"].isin(list(chosen.rows["analyte"]))))
    result = estimate(raw, chosen, draws, seed)  # L_t = C_t Q_t, Lp_t = 1000 L_t / P
    return sheet(SCORE, [from_means(euda_week(result, by=by))])
