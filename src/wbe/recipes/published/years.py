"""Changes from the same quarter of the year before, what both years share taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from wbe.recipes.protocols.days import Days, Floats, Ints, days_of
from wbe.recipes.protocols.quarters import quarter_of, quarterly_plants
from wbe.uncertainty import Joint, Mean, Product, propagate

if TYPE_CHECKING:
    import pandas as pd


_NOTHING_FOUND = "all_below_limit"


def year_on_year(
    result: xr.Dataset, quarters: pd.DataFrame, quantity: str, by: Literal["site", "area"]
) -> pd.DataFrame:
    """Return the change of each quarter from that of the year before [%].

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    quarters : DataFrame
        Of `wbe.recipes.protocols.quarterly_plants`, for the same quantity and `by`.
    quantity : str
    by : str
        ``site`` or ``area``.

    Returns
    -------
    DataFrame
        The columns of `quarters`, statistic ``year_on_year``, unit ``%``. No interval where either
        quarter has none: its days do not tell the quarter. No value either where a quarter has no
        day above its limit: a change from what was not found is a change of limits.

    Notes
    -----
    ln(X_y / X_(y-1)) has the errors of the values, paired so that what both years share cancels,
    and Student's t of the days of either quarter, added in squares. The spread of days holds their
    own errors already, so that the interval is rather too wide than too narrow.
    """
    import pandas as pd

    parts = []
    for days in days_of(result, quantity):
        own = (quarters["analyte"] == days.analyte) & (quarters["factor_ids"] == days.factor_ids)
        parts += _changes(days, quarters[own], by)
    return pd.DataFrame(parts, columns=list(quarters.columns))


def _changes(days: Days, quarters: pd.DataFrame, by: Literal["site", "area"]) -> list[Any]:
    """Return the changes of one residue or drug, as rows of a table."""
    with np.errstate(divide="ignore"):
        bare = replace(days, product=Product(np.log(days.central)))
    spread = _by_quarter(quarterly_plants(bare, by=by))
    known = _by_quarter(quarters)
    found = []
    for (place, period), row in known.items():
        before = known.get((place, f"{int(period[:4]) - 1}{period[4:]}"))
        if before is None or not before["value"] > 0 or not row["value"] > 0:
            continue
        ratio = row["value"] / before["value"]
        halves = [_days_half(spread[place, r["period"]], r) for r in (before, row)]
        halves.append(_error_half(days, (place, before["period"], period), by))
        half = np.sqrt(np.sum(np.square(halves)))
        ends = (ratio, ratio * np.exp(-half), ratio * np.exp(half))
        change = dict(zip(("value", "lower", "upper"), _percent(*ends), strict=True))
        flags = {*row["flags"].split(";"), *before["flags"].split(";")} - {""}
        if _NOTHING_FOUND in flags:
            change = dict.fromkeys(change, np.nan)
        said = {"statistic": "year_on_year", "unit": "%", "flags": ";".join(sorted(flags))}
        found.append(row | change | said)
    return found


def _by_quarter(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    rows = table.to_dict("records")
    return {(str(r["place"]), str(r["period"])): {str(k): v for k, v in r.items()} for r in rows}


def _days_half(bare: dict[str, Any], row: dict[str, Any]) -> float:
    """Return half the width of a quarter's log interval for the days that were not sampled.

    A quarter that has an interval with the errors of its values and none without is a census of its
    days: none was left out.
    """
    if np.isnan(bare["upper"]):
        return 0.0 if np.isfinite(row["upper"]) else np.nan
    return float(np.log(bare["upper"] / bare["lower"]) / 2)


def _percent(*ratios: float) -> list[float]:
    return [100.0 * (ratio - 1.0) for ratio in ratios]


def _error_half(days: Days, asked: tuple[str, str, str], by: str) -> float:
    """Return half the width of the log ratio of two quarters of a place for errors of values."""
    place, *periods = asked
    where, quarter = days.site if by == "site" else days.area, quarter_of(days)
    rows = [np.flatnonzero((where == place) & (quarter == name)) for name in periods]
    at = np.concatenate(rows)
    if not days.draws or np.isnan(days.central[at]).any():
        return np.nan
    weights = np.concatenate([_weights(days, one, by) for one in rows])
    groups = np.repeat(["before", "now"], [len(one) for one in rows])
    means = Mean(days.product.take(at), groups, weights)
    ratio = Joint(means, lambda draws: draws[1] / draws[0])
    got = propagate(ratio, draws=days.draws, seed=days.seed, engine=days.engine)
    return float(np.log(got.upper[0] / got.lower[0]) / 2)


def _weights(days: Days, rows: Ints, by: str) -> Floats:
    """Return the weights of rows: days of a plant alike, plants by their population."""
    _, plant, count = np.unique(days.site[rows], return_inverse=True, return_counts=True)
    people = days.population[rows] if by == "area" else np.ones(len(rows))
    return np.asarray(people / count[plant])
