"""The Australian programme: mass and doses a day and 1000 people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from wbe.factors import load_set
from wbe.recipes.estimation import estimate
from wbe.recipes.published.equations import four_equations
from wbe.recipes.published.inputs import sewage
from wbe.recipes.published.results import Page, sheet

if TYPE_CHECKING:
    import pandas as pd

AUSTRALIA = Page(
    "australian_doses",
    "load of a residue per 1000 people, over its excreted fraction, over the programme's dose; MDA "
    "and ketamine as excreted load alone",
    ("ACIC",),
    "acic",
)


def australian_doses(samples: xr.Dataset, *, draws: int = 10_000, seed: int = 1) -> pd.DataFrame:
    """Return mass and doses a day and 1000 people, as the Australian reports state them.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, or `samples_of`.
    draws, seed : int
        Of the intervals; 0 draws: values alone.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``pn_mass_load``, ``pn_consumption`` [mg/day/1000 inhabitants], ``pn_doses``
        [doses/day/1000 inhabitants]. MDA and ketamine have the load alone.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage, or none holds a residue of the set.

    Notes
    -----
    C concentration, Q flow, P people of all ages, E excreted molar fraction, MR = M_drug /
    M_residue, d the programme's dose::

        L = C Q        Lp = 1000 L / P        X = Lp MR / E        N = X / d

    *Read*: ketamine is given as excreted load, without a dose (press text of report 13).
    *Recalled, not read*: every factor and dose. The rows for MDMA, heroin and cannabis are those
    of others, standing in (`wbe.factors.load_set("acic")`). What the programme does with results
    below a limit was not found: here they have bounds and no value.

    References
    ----------
    Australian Criminal Intelligence Commission, National Wastewater Drug Monitoring Program
    reports. They have no DOI.

    Examples
    --------
    >>> from wbe.recipes import published
    >>> day = published.samples_of(
    ...     {"methamphetamine": [600.0]}, flow=50_000, population=200_000, date=["2024-04-09"],
    ...     site="A", population_basis="resident",
    ... )
    >>> published.australian_doses(day)[["quantity", "value"]].round(2).values.tolist()
    [['pn_mass_load', 150.0], ['pn_consumption', 384.62], ['pn_doses', 12.82]]
    """
    chosen = load_set(AUSTRALIA.factor_set)
    result = estimate(sewage(samples), chosen, draws, seed)
    parts = [part for _, row in chosen.rows.iterrows() for part in four_equations(result, row)]
    return sheet(AUSTRALIA, parts)
