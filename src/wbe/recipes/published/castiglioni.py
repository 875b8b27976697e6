"""Castiglioni 2013: cocaine by benzoylecgonine, with the uncertainty of its five steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from wbe import backcalc
from wbe.factors import load_set
from wbe.options import require_choice
from wbe.recipes.published.inputs import sewage
from wbe.recipes.published.results import Page, day_rows, sheet
from wbe.recipes.published.steps import (
    castiglioni_errors,
    found_or_limit,
    root_of_squares,
    step_terms,
)
from wbe.uncertainty import ErrorModel, Product, propagate

if TYPE_CHECKING:
    import pandas as pd

CASTIGLIONI = Page(
    "castiglioni_2013",
    "load of benzoylecgonine times 3.59 per 1000 inhabitants; uncertainty of sampling, analysis, "
    "stability, back-calculation and population, independent of each other",
    ("Castiglioni2013",),
    "castiglioni2013",
)


def castiglioni_2013(
    samples: xr.Dataset,
    *,
    case: Literal["lowest", "highest"],
    errors: ErrorModel | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the cocaine of each day with the uncertainty that Castiglioni 2013 adds up.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, or `samples_of`. A stated ``concentration_rsd`` or ``population_rsd``
        stands in the place of the range of analysis and of population.
    case : str
        Which end of the paper's ranges holds, ``lowest`` or ``highest``; no default, because they
        differ more than twofold.
    errors : ErrorModel, optional
        `castiglioni_errors`, edited.
    draws, seed : int
        Of steps that are not lognormal; lognormal ones are exact.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a day, ``pn_consumption`` [mg/day/1000 inhabitants], and
        ``relative_uncertainty`` [1]: the root of the sum of squares, as in the paper.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample holds benzoylecgonine, `case` is unknown, or the table lacks a step.

    Notes
    -----
    C concentration, Q flow, P inhabitants, RSD_S ... RSD_P the five relative sds::

        L = C Q        X = L (M_cocaine / M_BE) / E = 3.59 L        Xp = 1000 X / P
        U^2 = RSD_S^2 + RSD_A^2 + RSD_ST^2 + RSD_BC^2 + RSD_P^2

    The interval takes each step as lognormal with its median at the value: the same to first
    order, and never below zero. The flow meter has no step of its own in what was read.

    References
    ----------
    Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> from wbe.recipes import published
    >>> day = published.samples_of(
    ...     {"benzoylecgonine": [500.0]}, flow=50_000, population=200_000, date=["2024-03-12"],
    ...     site="A", population_basis="served",
    ... )
    >>> low = published.castiglioni_2013(day, case="lowest")
    >>> low[["value", "lower", "upper", "relative_uncertainty"]].round(2).values.tolist()
    [[448.75, 261.06, 771.38, 0.28]]
    """
    require_choice("case", case, ("lowest", "highest"))
    row = load_set(CASTIGLIONI.factor_set).rows.iloc[0]
    one, amount, below = found_or_limit(sewage(samples), str(row["analyte"]))  # C
    load = backcalc.mass_load(amount, one["flow"])  # L = C Q
    cocaine = backcalc.consumption(load, row["molar_mass_ratio"], row["excretion"])  # X = 3.59 L
    per_capita = backcalc.per_1000(cocaine, one["population"])  # Xp = 1000 X / P
    steps = step_terms(one, errors or castiglioni_errors(), case)
    got = propagate(Product(np.log(per_capita.values), steps), draws=draws, seed=seed)
    about = {
        "analyte": row["analyte"], "drug": row["drug"], "quantity": "pn_consumption",
        "factor_ids": row.name,
    }  # fmt: skip
    value, lower = np.where(below, np.nan, per_capita), np.where(below, 0.0, got.lower)
    flags = np.where(below, "below_limit", "")
    table = day_rows(one, about, value, lower, got.upper, flags)
    table["relative_uncertainty"] = root_of_squares(steps)[table.index]  # U
    return sheet(CASTIGLIONI, [table])
