"""Who is above whom: probabilities of ranks and of the top k, and tables of ranks and pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from wbe.errors import MissingFactorError, UsageError
from wbe.spatial.drawn import Draws, draws_of
from wbe.spatial.order_pairs import (
    MOST_AREAS,
    Multiplicity,
    Pairs,
    apart_together,
    distinguishable_pairs,
    usable_draws,
)
from wbe.spatial.series_draws import series_draws, with_posterior
from wbe.spatial.tallies import count

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def rank_probabilities(draws: ArrayLike) -> Floats:
    """Return the probability of every rank.

    Parameters
    ----------
    draws : array_like (draw, area) [any one unit]
        Values or their logs. Higher values have better ranks; equal ones the order of the areas.

    Returns
    -------
    ndarray (area, rank) [1]
        Ranks from 1, the highest.

    Raises
    ------
    UsageError
        If the draws are no table, or one of them is missing.

    Examples
    --------
    >>> rank_probabilities([[1.0, 2.0], [3.0, 1.0], [1.0, 4.0], [0.0, 1.0]]).tolist()
    [[0.25, 0.75], [0.75, 0.25]]
    """
    x = usable_draws(draws)
    n_draws, n = x.shape
    counted = count(lambda block: x.T[:, _block(block)], n, n_draws, np.empty(0), 0)
    return np.asarray(counted.ranks / n_draws)


def top_probabilities(draws: ArrayLike, k: int) -> Floats:
    """Return the probability of each area to be among the k highest.

    Parameters
    ----------
    draws : array_like (draw, area) [any one unit]
    k : int

    Returns
    -------
    ndarray (area,) [1]
        They add up to k.

    Raises
    ------
    UsageError
        If `k` does not lie between 1 and the number of areas, or the draws are no table.

    Examples
    --------
    >>> top_probabilities([[1.0, 2.0], [3.0, 1.0], [1.0, 4.0], [0.0, 1.0]], 1).tolist()
    [0.25, 0.75]
    """
    p = rank_probabilities(draws)
    if not 1 <= k <= len(p):
        raise UsageError(f"top {k} of {len(p)} areas: k lies between 1 and the number of areas")
    return np.asarray(p[:, :k].sum(axis=1))


def _block(block: int) -> slice:
    from wbe.uncertainty import BLOCK

    return slice(block * BLOCK, (block + 1) * BLOCK)


def area_draws(
    values: xr.Dataset,
    drug: str,
    round: str,
    *,
    quantity: str = "pn_mass_load",
    scheme: Literal["plain", "model"] = "plain",
) -> tuple[list[str], Floats]:
    """Return the areas of a round that have a value, and the draws of its log.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, with draws.
    drug, round : str
    quantity : str
    scheme : str
        ``plain``: every town by itself; ``model``: the county model.

    Returns
    -------
    tuple of list of str and ndarray (draw, area) [log of the quantity's unit]

    Raises
    ------
    MissingFactorError, UsageError
        If there are no such values, or no draws.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> areas_there, draws = wbe.spatial.area_draws(values, "methamphetamine", "2018Q1")
    >>> len(areas_there), draws.shape
    (13, (500, 13))
    """
    return _of_round(values, _behind(values, drug, quantity, scheme), drug, round, quantity)


def _behind(
    values: xr.Dataset, drug: str, quantity: str, scheme: Literal["plain", "model"]
) -> Draws:
    """Return what draws the values of a drug, in any round."""
    made = series_draws(values, quantity)
    if drug not in made:
        raise MissingFactorError(f"no {quantity} of {drug!r} among the area values")
    if not values.attrs["draws"]:
        raise UsageError("the values have no draws: nothing is known of their order")
    return made[drug] if scheme == "plain" else with_posterior(values, drug, quantity, made[drug])


def _of_round(
    values: xr.Dataset, draws: Draws, drug: str, round: str, quantity: str
) -> tuple[list[str], Floats]:
    """Return the areas of a round that have a value, and the draws of its log."""
    if round not in values["round"].values.astype(str):
        raise UsageError(f"no round {round!r} among the area values")
    here = values["value"].sel(quantity=quantity, drug=drug, round=round)
    known = set(here["area"].values[np.isfinite(here.values)].astype(str).tolist())
    areas = [a for a in draws.areas(round) if a in known]
    return areas, draws_of(draws, areas, round)


def rank_table(
    values: xr.Dataset,
    drug: str,
    round: str,
    *,
    quantity: str = "pn_mass_load",
    scheme: Literal["plain", "model"] = "plain",
    top: tuple[int, ...] = (1, 3),
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what can be said of the order of areas: top k, ranks left open, pairs.

    Parameters
    ----------
    values, drug, round, quantity, scheme
        As of `area_draws`.
    top : tuple of int
        Sizes of the top; those above the number of areas are left out.
    level : float [1]
        With which all statements on pairs hold together.

    Returns
    -------
    DataFrame
        One row an area: ``area, name, round, drug, quantity, p_top_<k>, rank_lower, rank_upper,
        n_higher, n_lower``: ranks that stay open for all areas together, and how many areas surely
        lie above and below. ``attrs``: level, multiplicity.

    Raises
    ------
    MissingFactorError, UsageError
        As `area_draws`, `rank_probabilities` and `top_probabilities`.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> table = wbe.spatial.rank_table(values, "methamphetamine", "2018Q1")
    >>> table[["area", "p_top_1", "rank_lower", "rank_upper"]].head(2)
       area  p_top_1  rank_lower  rank_upper
    0  EX01      0.0          11          13
    1  EX02      0.0           1           9
    """
    draws = _behind(values, drug, quantity, scheme)
    return _rank_table(values, draws, drug, round, quantity, top, level)


def rank_tables(
    values: xr.Dataset,
    drug: str,
    *,
    quantity: str = "pn_mass_load",
    scheme: Literal["plain", "model"] = "plain",
    top: tuple[int, ...] = (1, 3),
    level: float = 0.95,
) -> list[pd.DataFrame]:
    """Return what `rank_table` says of each round; the county model is fitted once.

    Parameters as of `rank_table`.
    """
    draws = _behind(values, drug, quantity, scheme)
    rounds = values["round"].values.astype(str).tolist()
    return [_rank_table(values, draws, drug, r, quantity, top, level) for r in rounds]


def _rank_table(
    values: xr.Dataset,
    draws: Draws,
    drug: str,
    round: str,
    quantity: str,
    top: tuple[int, ...],
    level: float,
) -> pd.DataFrame:
    import pandas as pd

    areas, x = _of_round(values, draws, drug, round, quantity)
    names = values["name"].sel(area=areas).values.astype(str).tolist()
    about = {"round": round, "drug": drug, "quantity": quantity}
    table = pd.DataFrame({"area": areas, "name": names}).assign(**about)
    if not areas:
        return table
    p = rank_probabilities(x)
    for k in (k for k in top if k <= len(areas)):
        table[f"p_top_{k}"] = p[:, :k].sum(axis=1)
    apart = apart_together(x, level)
    higher, lower = apart.sum(axis=0), apart.sum(axis=1)
    table = table.assign(
        rank_lower=1 + higher, rank_upper=len(apart) - lower, n_higher=higher, n_lower=lower
    )
    table.attrs = {"level": level, "multiplicity": "simultaneous"}
    return table


def pair_table(
    values: xr.Dataset,
    drug: str,
    round: str,
    *,
    quantity: str = "pn_mass_load",
    scheme: Literal["plain", "model"] = "plain",
    level: float = 0.95,
    multiplicity: Multiplicity = "simultaneous",
) -> pd.DataFrame:
    """Return every pair of areas, with the probability of its order.

    Parameters
    ----------
    values, drug, round, quantity, scheme
        As of `area_draws`.
    level : float [1]
    multiplicity : str
        ``simultaneous`` or ``none``.

    Returns
    -------
    DataFrame
        ``area, other, ratio, p_higher, distinguishable``: the ratio of the medians, `area` the
        one more probably higher.

    Raises
    ------
    MissingFactorError, UsageError
        As `area_draws` and `distinguishable_pairs`.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> table = wbe.spatial.pair_table(values, "methamphetamine", "2018Q1")
    >>> table[["area", "other", "ratio", "distinguishable"]].head(2).round(2)
       area other  ratio  distinguishable
    0  EX02  EX01  21.57             True
    1  EX02  EX03   3.66             True
    """
    import pandas as pd

    areas, x = area_draws(values, drug, round, quantity=quantity, scheme=scheme)
    if len(areas) < 2:
        return pd.DataFrame(columns=["area", "other", "ratio", "p_higher", "distinguishable"])
    found = distinguishable_pairs(x, level=level, multiplicity=multiplicity)
    centre = np.median(x, axis=0)
    a, b = np.triu_indices(len(areas), 1)
    swap = found.higher[a, b] < 0.5
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    order = np.lexsort((b, a, -found.higher[a, b]))
    a, b = a[order], b[order]
    return pd.DataFrame(
        {
            "area": [areas[i] for i in a], "other": [areas[i] for i in b],
            "ratio": np.exp(centre[a] - centre[b]), "p_higher": found.higher[a, b],
            "distinguishable": found.distinguishable[a, b],
        }
    )  # fmt: skip


__all__ = [
    "MOST_AREAS",
    "Multiplicity",
    "Pairs",
    "area_draws",
    "distinguishable_pairs",
    "pair_table",
    "rank_probabilities",
    "rank_table",
    "rank_tables",
    "top_probabilities",
]
