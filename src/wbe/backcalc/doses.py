"""From consumption to what people compare it with: salts, street mass, masses of a year.

What is assumed on the way (doses, purity, shares of age) is an `Assumed` value of
`wbe.backcalc.assumptions`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.assumptions import Assumed
from wbe.errors import UsageError
from wbe.uncertainty import Lognormal, Mean, Product, Propagated, Term, propagate
from wbe.units import PN_UNIT, quantities

Floats = NDArray[np.float64]


def divided(consumption: Product | Mean, by: Iterable[Assumed]) -> Product | Mean:
    """Return rows of consumption over assumed values; each is one unknown for all rows.

    Parameters
    ----------
    consumption : Product or Mean
        Rows on the natural scale, with the errors they carry.
    by : iterable of Assumed

    Returns
    -------
    same kind as the input
        Ratios of rows keep their interval: what all rows are divided by cancels.

    Notes
    -----
    ln(X / v) = ln X - ln v; the log error of v has its median at 0.
    """
    if isinstance(consumption, Mean):
        return replace(consumption, of=_divided(consumption.of, by))
    return _divided(consumption, by)


def times(consumption: Product | Mean, by: float) -> Product | Mean:
    """Return rows times a number that is exact, such as 1/1000."""
    if isinstance(consumption, Mean):
        return replace(consumption, of=_times(consumption.of, by))
    return _times(consumption, by)


def _times(rows: Product, by: float) -> Product:
    shift = math.log(by)
    below = None if rows.below is None else rows.below.shifted(shift)
    return replace(rows, log_central=rows.log_central + shift, below=below)


def _divided(rows: Product, by: Iterable[Assumed]) -> Product:
    for one in by:
        rows = _times(rows, 1 / one.value)
        rows = replace(rows, terms=(*rows.terms, _term(one, len(rows))))
    return rows


def _term(one: Assumed, n: int) -> Term:
    labels = np.full(n, one.key, dtype=f"<U{max(1, len(one.key))}")
    if isinstance(one.shape, Lognormal):
        return Term(one.name, "global", labels, np.full(n, -one.shape.log_sd))
    size = 0.0 if one.shape is None else -1.0
    return Term(one.name, "global", labels, np.full(n, size), one.shape)


def rows_of(consumption: Product | Mean | ArrayLike) -> Product | Mean:
    """Return consumption as rows; plain numbers become rows without errors of their own."""
    if isinstance(consumption, (Product, Mean)):
        return consumption
    values = np.atleast_1d(np.asarray(consumption, dtype=float))
    if values.ndim != 1 or (values < 0).any():
        raise UsageError("consumption is one number or a row of them, none negative")
    with np.errstate(divide="ignore"):
        return Product(np.where(values > 0, np.log(values), np.nan))


def street_mass(
    consumption: Product | Mean | ArrayLike,
    purity: Assumed,
    *,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int,
) -> Propagated:
    """Return the mass of street drug that holds a consumption of pure drug.

    Parameters
    ----------
    consumption : Product, Mean or array_like (row,) [any unit of mass of pure free base]
    purity : Assumed
        Share of pure free base in the street drug, with its date; no default.
    level : float [1]
        Probability of the interval.
    draws, seed : int
        For rows that have no exact form.

    Returns
    -------
    Propagated
        Quantiles (1 - level) / 2, 1/2 and (1 + level) / 2 of street mass [unit of `consumption`].

    Raises
    ------
    UsageError
        If `purity` is another assumption.

    Notes
    -----
    S = M / purity. A purity of seized drug is of what was seized, by mass or by seizure as its
    source says, of salt or of base: convert a salt by `base_mass`.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe.backcalc import assumed
    >>> purity = assumed("purity", 0.8, low=0.6, high=0.92, date="2024-05", source="seizures")
    >>> street_mass([100.0], purity, seed=1).quantiles.round(1).tolist()
    [[109.0, 125.0, 169.2]]
    """
    if purity.name != "purity":
        raise UsageError(f"a street mass is a consumption over a purity, not over {purity.name}")
    at = ((1 - level) / 2, 0.5, (1 + level) / 2)
    return propagate(divided(rows_of(consumption), [purity]), draws=draws, seed=seed, at=at)


@quantities(consumption="mg/day", days="day", returns="kg")
def annual_mass(consumption: Any, days: Any) -> Any:
    """Mass consumed in a number of days.

    Parameters
    ----------
    consumption : DataArray, Quantity or str, any shape [mg/day]
        Mean of those days. The mean of one week is no mean of a year: see `recipes.protocols`.
    days : same, broadcastable [day]
        365 or 366 for a year: stated, because both are met.

    Returns
    -------
    same kind as the input [kg]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    m = M t 1e-6.

    References
    ----------
    Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> round(float(annual_mass("2.6 kg/day", "365 day").magnitude), 9)
    949.0
    """
    return consumption * days * 1e-6


@quantities(value=PN_UNIT, age_share="1", returns=PN_UNIT)
def per_1000_of_age(value: Any, age_share: Any) -> Any:
    """Load or consumption per 1000 people of an age group, if nobody else takes the drug.

    Parameters
    ----------
    value : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
        Per 1000 people of all ages.
    age_share : same, broadcastable [1]
        Share of the age group, such as 15 to 64, in the population that `value` is about.

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants], of the age group: say so beside it

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    Lp / a. Older papers count 15 to 64, the weeks of SCORE all ages: the two differ by 1.4 to 1.6
    times.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> round(float(per_1000_of_age("157 mg/day/1000 inhabitants", 0.72).magnitude), 1)
    218.1
    """
    return value / age_share
