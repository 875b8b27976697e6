"""How far the loads of a finished campaign could be off for what happens in the sewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import Scenario, rows, sensitivity_band
from wbe.errors import UsageError
from wbe.recipes.estimation import UNITS, cells

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES = ("mass_load", "pn_mass_load")


def sewer_band(
    result: xr.Dataset, analyte: str, scenarios: Sequence[Scenario], *, quantity: str
) -> pd.DataFrame:
    """Return the sensitivity band of each load of a residue; the loads stay as they are.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, or the ``estimates.nc`` of a run.
    analyte : str
        Residue, as `wbe.names` writes it.
    scenarios : sequence of Scenario
        Assumptions about the sewers, such as `wbe.backcalc.published_scenarios`.
    quantity : str
        ``mass_load`` [mg/day] or ``pn_mass_load`` [mg/day/1000 inhabitants].

    Returns
    -------
    DataFrame
        A row a sample in which the residue was found: ``sample_id, site, round, analyte, quantity,
        unit, load, lower, upper, open_below, open_above``. ``attrs``: ``scenarios`` (their names)
        and ``convention``: a band is of assumptions, and no interval of a stated probability.

    Raises
    ------
    UsageError
        If the quantity is another, the samples do not hold the residue, or there is no scenario.

    Notes
    -----
    See `wbe.backcalc.sensitivity_band`. A parent that was not found, or lies below its limit,
    leaves the bands of its scenarios open. Sites are for internal use.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019; McCall 2016, 10.1021/acs.est.6b04200

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> sewer = wbe.backcalc.GammaResidence(3.0)
    >>> cases = wbe.backcalc.published_scenarios("morphine", sewer, reactors=["bulk"])
    >>> band = wbe.recipes.sewer_band(result, "morphine", cases, quantity="pn_mass_load")
    >>> band[["load", "lower", "upper"]].head(2).round(2)
       load  lower  upper
    0  2.95   2.95   3.11
    1  6.91   6.91   7.29
    """
    import pandas as pd

    if quantity not in QUANTITIES:
        raise UsageError(f"quantity = {quantity!r} is none of {', '.join(QUANTITIES)}")
    s = rows.extract(result)
    load = _loads(s, analyte, quantity)
    if load is None:
        raise UsageError(f"the samples hold no {analyte}")
    i = np.flatnonzero(np.isfinite(load))
    band = sensitivity_band(load[i], scenarios, parent_load=_parents(s, scenarios, quantity, i))
    about = {"sample_id": s.sample[i], "site": s.site[i], "round": s.round[i]}
    kind = {"analyte": analyte, "quantity": quantity, "unit": UNITS[quantity]}
    table = pd.concat([pd.DataFrame(about).assign(**kind), band.to_frame()], axis=1)
    table.attrs.update(scenarios=list(band.names), convention=band.convention)
    return table


def _loads(s: rows.Samples, analyte: str, quantity: str) -> NDArray[np.float64] | None:
    """Return the central load of each sample, NaN where it was not found; None without a column."""
    if s.column(analyte) < 0:
        return None
    out = np.full(len(s.sample), np.nan)
    i, j = cells(s, quantity)
    here = (j == s.column(analyte)) & (s.status[i, j] == "quantified")
    out[i[here]] = np.exp(rows.product(s, quantity, i[here], j[here], "limit").log_central)
    return out


def _parents(
    s: rows.Samples, scenarios: Sequence[Scenario], quantity: str, i: rows.Ints
) -> NDArray[np.float64] | None:
    """Return the loads of what forms the residue; NaN where it was not found."""
    parents = {one.formed_by.parent for one in scenarios if one.formed_by}
    if len(parents) > 1:
        raise UsageError(f"one parent a band: not {', '.join(sorted(parents))}")
    if not parents:
        return None
    load = _loads(s, parents.pop(), quantity)
    return np.full(len(i), np.nan) if load is None else load[i]


__all__ = ["QUANTITIES", "sewer_band"]
