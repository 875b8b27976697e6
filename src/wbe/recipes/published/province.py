"""A Chinese provincial platform: plants, quarters, and the same quarter of the year before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import xarray as xr

from wbe.factors import load_set
from wbe.recipes.estimation import estimate
from wbe.recipes.protocols import quarterly_plants
from wbe.recipes.published.equations import from_loads
from wbe.recipes.published.inputs import placed, sewage
from wbe.recipes.published.means import from_means
from wbe.recipes.published.results import Page, sheet
from wbe.recipes.published.years import year_on_year

if TYPE_CHECKING:
    import pandas as pd

PROVINCE = Page(
    "provincial_platform",
    "load of a residue per 1000 inhabitants over its excreted fraction; mean over the days of a "
    "quarter; per cent change from the same quarter of the year before",
    ("SWChina2021",),
    "china",
)


def provincial_platform(
    samples: xr.Dataset,
    *,
    population: str = "as_given",
    markers: Mapping[str, Any] | None = None,
    by: Literal["site", "area"] = "site",
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return loads, consumption and year-on-year changes of plants by quarter.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, of two years where changes are wanted; located where `by` is ``area``.
    population : str
        ``as_given``: served, as the plants state; ``ammonium``, ``cotinine`` or ``combined``, with
        `markers`.
    markers : mapping, optional
        Per-capita loads, ``{"ammonium": "7 g/day/inhabitant"}``. There is no default: no Chinese
        number was found.
    by : str
        ``area``: the plants of a city added up by population.
    draws, seed : int

    Returns
    -------
    DataFrame
        `COLUMNS`: ``day`` and, of a quarter, ``daily_mean`` of ``pn_mass_load`` and
        ``pn_consumption`` [mg/day/1000 inhabitants], and ``year_on_year`` [%]. Flags as for
        `wbe.recipes.protocols.quarterly_plants`.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage or, by area, none has an area; a sample has no date, or a population
        has no marker.

    Notes
    -----
    C concentration [ng/L], Q flow [10^4 m3/day], P people or, from ammonium, P = N Q / m_N::

        M = 10 C Q [mg/day]        L = 1000 M / P        X = L MR / E
        quarter = mean of its days        year on year = 100 (X_y / X_(y-1) - 1) [%]

    Served and present population are different: a change per 1000 people may be one of people.
    Errors that both years share (excretion, the plant's meter and population) cancel in a change.

    References
    ----------
    Practice as provincial reports describe it; no standard of the calculation was found. Du 2020,
    10.1016/j.envint.2020.105645

    Examples
    --------
    >>> from wbe.recipes import published
    >>> day = published.samples_of(
    ...     {"methamphetamine": [200.0]}, flow=6.8, flow_unit="10^4 m^3/day", population=215_000,
    ...     date=["2024-03-12"], site="A", population_basis="served",
    ... )
    >>> table = published.provincial_platform(day)
    >>> table[["period", "quantity", "value"]].round(1).values.tolist()[:2]
    [['2024-03-12', 'pn_mass_load', 63.3], ['2024-03-12', 'pn_consumption', 153.2]]
    """
    chosen = load_set(PROVINCE.factor_set)
    raw = placed(sewage(samples), by)
    raw = raw.sel(analyte=raw["analyte"].isin([*chosen.rows["analyte"], *(markers or {})]))
    result = estimate(raw, chosen, draws, seed, population=population, markers=markers)
    parts = [part for _, row in chosen.rows.iterrows() for part in from_loads(result, row)]
    for quantity in ("pn_mass_load", "pn_consumption"):
        quarters = quarterly_plants(result, quantity, by=by)
        parts += [from_means(quarters), from_means(year_on_year(result, quarters, quantity, by))]
    return sheet(PROVINCE, parts)
