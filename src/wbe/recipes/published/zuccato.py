"""Zuccato 2008: community drug use from the residues in a day's sewage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from wbe.factors import load_set
from wbe.recipes.estimation import estimate
from wbe.recipes.published.equations import four_equations
from wbe.recipes.published.inputs import sewage
from wbe.recipes.published.morphine import net_heroin
from wbe.recipes.published.results import Page, sheet

if TYPE_CHECKING:
    import pandas as pd

ZUCCATO = Page(
    "zuccato_2008",
    "load of a residue, times molar mass ratio over excreted fraction, per 1000 inhabitants, over "
    "a typical dose; heroin from morphine net of medicines",
    ("Zuccato2008",),
    "zuccato2008",
)


def zuccato_2008(
    samples: xr.Dataset,
    *,
    medical_morphine: str | None = None,
    medical_source: str = "",
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return loads, drug used and doses of each day by the equations of Zuccato 2008.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, or `samples_of`.
    medical_morphine : str, optional
        Load of morphine that medicines explain, ``"2.1 mg/day/1000 inhabitants"``. Without it
        morphine stays a load: no heroin is made from what medicines may have left.
    medical_source : str
        Who says so; needed with `medical_morphine`.
    draws, seed : int
        Of the intervals; 0 draws: values alone.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``pn_mass_load``, ``pn_consumption`` [mg/day/1000 inhabitants], ``pn_doses``;
        heroin without doses. A day of which medicines explain more than 70 % of the morphine has
        an upper bound of heroin and the flag ``not_identifiable``.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage, none holds a residue of the set, or a source is missing.
    UnitError
        If `medical_morphine` carries no unit, or one of another dimension.

    Notes
    -----
    C concentration, Q flow, P inhabitants, E excreted molar fraction, MR = M_drug / M_residue,
    d dose::

        L = C Q        Lp = 1000 L / P        X = Lp MR / E        N = X / d

    Cocaine is X = 2.33 Lp of benzoylecgonine; heroin X = 3.08 (Lp - medicines) of morphine. The
    factors are recalled, not read in the paper. Intervals are those of the library's error model.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe.recipes import published
    >>> day = published.samples_of(
    ...     {"benzoylecgonine": [500.0]}, flow=50_000, population=200_000, date=["2024-03-12"],
    ...     site="A", population_basis="served",
    ... )
    >>> published.zuccato_2008(day)[["quantity", "value"]].round(2).values.tolist()
    [['pn_mass_load', 125.0], ['pn_consumption', 291.24], ['pn_doses', 2.91]]
    """
    chosen = load_set(ZUCCATO.factor_set)
    result = estimate(sewage(samples), chosen, draws, seed)
    parts = [part for _, row in chosen.rows.iterrows() for part in four_equations(result, row)]
    if medical_morphine is not None:
        row = chosen.row("heroin|MOR|Zuccato2008")
        parts += net_heroin(result, row, medical_morphine, medical_source)
    return sheet(ZUCCATO, parts)
