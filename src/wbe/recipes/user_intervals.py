"""From a result to the interval of prevalence, by site and round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from wbe.backcalc import Assumed, DailyUse, PeriodUse, UserInterval, prevalence, rows
from wbe.errors import MissingFactorError, UsageError
from wbe.factors import FactorSet
from wbe.recipes.drugs import drug_product, pathways
from wbe.recipes.estimation import cells
from wbe.uncertainty import Mean, Product


def users(
    result: xr.Dataset,
    drug: str,
    use: DailyUse | PeriodUse,
    age_share: Assumed,
    *,
    of: str,
    thresholds: Sequence[float] = (),
    level: float = 0.95,
) -> UserInterval:
    """Return the interval of the share of people who take a drug, by site and round.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, with draws.
    drug : str
    use : DailyUse or PeriodUse
    age_share : Assumed
    of : str
        The age group, in words: what `age_share` is the share of.
    thresholds : sequence of float
        Shares [1] for which the probability of more is wanted.
    level : float [1]

    Returns
    -------
    UserInterval
        One row a site and round, the mean of its samples, with the errors of the result. Withheld
        for a drug that the result has as a load only, or net of other sources.

    Raises
    ------
    MissingFactorError
        If the result has no residue of the drug.
    UsageError
        If the result has no draws.

    Notes
    -----
    See `wbe.backcalc.prevalence`. Sites are for internal use; for the public bring them to areas.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> dose, assumed = wbe.backcalc.dose_row, wbe.backcalc.assumed
    >>> use = wbe.backcalc.DailyUse(
    ...     dose("methamphetamine|Zuccato2008"),
    ...     assumed("frequency", "1.5 dose/day", low=0.8, high=3, source="survey"),
    ... )
    >>> share = assumed("age_share", 0.72, sd=0.01, source="census 2020")
    >>> found = wbe.recipes.users(
    ...     result, "methamphetamine", use, share, of="inhabitants aged 15-64"
    ... )
    >>> found.statements()[0].rpartition(": ")[2]
    'order of magnitude 0.004 % to 0.076 % (95% interval, a factor of 19)'
    """
    if result.attrs["draws"] == 0:
        raise UsageError("an interval of users needs draws; run wbe.estimate with draws")
    chosen = _as_set(result)
    paths = [p for p in pathways(result) if p["drug"] == drug and p["gives"] != "subtract"]
    if not paths:
        there = ", ".join(sorted({p["drug"] for p in pathways(result)}))
        raise MissingFactorError(f"the result has no residue of {drug!r}; it has {there}")
    first = min(paths, key=lambda p: p["gives"] != "consumption")
    s = rows.extract(result)
    i, j = cells(s, "pn_mass_load", first["analyte"])
    load = rows.product(s, "pn_mass_load", i, j)
    used = drug_product(load, "pn_consumption", first) or Product(np.full(len(i), np.nan))
    return prevalence(
        Mean(used, rows.site_round(s, i)), use, age_share, drug=drug, of=of,
        factors=chosen, thresholds=thresholds, level=level, draws=result.attrs["draws"],
        seed=result.attrs["seed"],
    )  # fmt: skip


def _as_set(result: xr.Dataset) -> FactorSet:
    """Return the factors of a result, whichever file they came from."""
    import pandas as pd

    table = pd.DataFrame(pathways(result), columns=["factor_id", "drug", "analyte", "gives"])
    return FactorSet(result.attrs["factor_set"], "", "", table.set_index("factor_id"))
