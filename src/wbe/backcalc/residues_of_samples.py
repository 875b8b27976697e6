"""From the samples of a campaign to what each residue says about a drug."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import xarray as xr

from wbe.backcalc import rows
from wbe.backcalc.residues import Evidence, evidence
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.table import excretion_rows
from wbe.options import require_choice
from wbe.schema import CENSORED

HAS = {"mass_load": rows.has_flow, "pn_mass_load": rows.has_per_capita}


def evidence_of_samples(
    result: xr.Dataset,
    factor_id: str,
    *,
    quantity: Literal["mass_load", "pn_mass_load"],
    net_of: str = "",
) -> Evidence:
    """Return what a residue says about a drug in every sample of a result.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        Of `wbe.estimate`: its error model says who shares which error.
    factor_id : str
        Row of the factor table, see `wbe.backcalc.evidence`.
    quantity : str
        ``mass_load`` [mg/day] or ``pn_mass_load`` [mg/day/1000 inhabitants].
    net_of : str
        What was subtracted from the results before.

    Returns
    -------
    Evidence (sample,)
        Limits where the residue was below its limit; NaN where it has no such load.

    Raises
    ------
    MissingFactorError
        If the table has no such row.
    UsageError
        If the samples do not hold the residue, or the quantity is another.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=0)
    >>> found = wbe.backcalc.evidence_of_samples(
    ...     result, "methamphetamine|METH|Zuccato2008", quantity="mass_load"
    ... )
    >>> found.factor.source, len(found.below), int(found.below.sum())
    ('Zuccato2008', 13, 0)
    """
    require_choice("quantity", quantity, HAS)
    if factor_id not in excretion_rows():
        raise MissingFactorError(f"no factor {factor_id!r} in the factor table")
    s, analyte = rows.extract(result), excretion_rows()[factor_id].analyte
    column = s.column(analyte)
    if column < 0:
        raise UsageError(f"the samples hold no {analyte}")
    i = np.arange(len(s.sample))
    j = np.full(len(i), column)
    load = rows.product(s, quantity, i, j, "limit")
    has = HAS[quantity](s)[:, column]
    load = replace(load, log_central=np.where(has, load.log_central, np.nan))
    below = np.isin(s.status[:, column], CENSORED)
    return evidence(load, factor_id, below=below, net_of=net_of)
