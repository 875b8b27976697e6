"""Where neighbouring areas are high or low together: local Moran and Getis-Ord, with uncertainty.

A hot spot is a statement about areas and their neighbours, never about a place inside one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.qc.multiple import benjamini_hochberg
from wbe.spatial.autocorrelation import (
    deviations,
    log_draws_of_areas,
    require_arrangements,
)
from wbe.spatial.neighbours import Neighbours

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

KINDS = ("high_high", "low_high", "low_low", "high_low")
"""An area and its neighbours, each above or below the mean."""

ALPHA = 0.05
_DRAWS = 500  # draws whose classes are counted; a share of 500 is known to 0.02


def local_moran(
    values: ArrayLike, neighbours: Neighbours, *, seed: int, permutations: int = 9_999
) -> pd.DataFrame:
    r"""Return local Moran's I of every area.

    Parameters
    ----------
    values : array_like (area,) [1]
        In the order of `neighbours.areas`; logs of loads.
    neighbours : Neighbours
        Areas without a neighbour are left out of the table.
    seed, permutations : int

    Returns
    -------
    DataFrame
        ``area, statistic, kind, p, p_adjusted``: the kind is one of `KINDS`; p is two-sided and
        conditional (the area keeps its value, all others are exchanged); p_adjusted controls the
        false discovery rate over the areas.

    Raises
    ------
    UsageError
        If values are missing, all equal, fewer than four, or not one an area, or there are no
        permutations.

    Notes
    -----
    .. math:: I_i = \frac{(n-1) z_i \sum_j w_{ij} z_j}{\sum_k z_k^2}

    The sum over areas is (n - 1) / n times S0 times the global I. Other programs divide by n where
    this has n - 1 (spdep with mlvar).

    References
    ----------
    Anselin 1995, 10.1111/j.1538-4632.1995.tb00338.x;
    Caldas de Castro and Singer 2006, 10.1111/j.0016-7363.2006.00682.x

    Examples
    --------
    >>> from wbe.spatial import local_moran, neighbours_from_pairs
    >>> line = neighbours_from_pairs("abcdef", zip("abcde", "bcdef"))
    >>> local_moran([1, 2, 2, 3, 9, 9], line, seed=1, permutations=999)[["area", "kind"]].tail(2)
      area       kind
    4    e  high_high
    5    f  high_high
    """
    z, near = deviations(values, neighbours)
    observed = _local(z, near.weights)
    p = _conditional_p(z, near.weights, seed, permutations)
    return _frame(near, observed, _kinds(z, near.weights), p)


def getis_ord(
    values: ArrayLike, neighbours: Neighbours, *, seed: int, permutations: int = 9_999
) -> pd.DataFrame:
    r"""Return Getis and Ord's G* of every area as a standard score.

    Parameters
    ----------
    values : array_like (area,) [any one unit]
        In the order of `neighbours.areas`.
    neighbours : Neighbours
        Areas without a neighbour are left out of the table.
    seed, permutations : int

    Returns
    -------
    DataFrame
        ``area, statistic, kind, p, p_adjusted``: kind is ``hot`` or ``cold``; p and p_adjusted as
        in `local_moran`. An area that neighbours all others has no score and no kind, and p = 1.

    Raises
    ------
    UsageError
        As `local_moran`.

    Notes
    -----
    .. math:: G_i^* = \frac{\sum_j w_{ij}^* x_j - \bar x W_i}
              {s \sqrt{(n \sum_j w_{ij}^{*2} - W_i^2) / (n - 1)}}, \quad W_i = \sum_j w_{ij}^*

    with the area itself among its neighbours at the weight of one of them, rows summing to 1, and
    s the standard deviation with divisor n. A score does not change under a x + b, a > 0, nor with
    the scale of a row. (esda 2.9 agrees for 0/1 weights; for row-standardised ones its variance is
    that of 0/1 weights.)

    References
    ----------
    Ord and Getis 1995, 10.1111/j.1538-4632.1995.tb00912.x

    Examples
    --------
    >>> from wbe.spatial import getis_ord, neighbours_from_pairs
    >>> line = neighbours_from_pairs("abcdef", zip("abcde", "bcdef"))
    >>> getis_ord([1, 2, 2, 3, 9, 9], line, seed=1, permutations=999)[["area", "kind"]].tail(2)
      area kind
    4    e  hot
    5    f  hot
    """
    z, near = deviations(values, neighbours)
    own = _with_self(near.weights)
    scores = _g_star(z, own)
    p = _conditional_p(z, own, seed, permutations)
    return _frame(near, scores, _sides(scores), p)


def hot_spots_of_areas(
    values: xr.Dataset,
    neighbours: Neighbours,
    drug: str,
    round_: str,
    *,
    quantity: str = "pn_mass_load",
    statistic: Callable[..., pd.DataFrame] = local_moran,
    permutations: int = 999,
) -> pd.DataFrame:
    """Return local statistics of the areas of a round, with how sure each kind is.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area` with draws.
    neighbours : Neighbours
        Areas without a value in the round are left out.
    drug, round_, quantity : str
    statistic : callable
        `local_moran` or `getis_ord`.
    permutations : int

    Returns
    -------
    DataFrame
        The statistic's columns for the central values; ``p_kind``, the share of draws in which the
        area is of the same kind; ``verdict``: the kind where p_adjusted is at most 0.05 and p_kind
        at least 0.95, else ``not_distinguishable``. The two say different things: that chance
        would seldom arrange these values so, and that the values are known well enough.

    Raises
    ------
    UsageError
        As the statistic; or if the drug has no such values.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> near = wbe.spatial.neighbours_by_border(areas)
    >>> table = wbe.spatial.hot_spots_of_areas(
    ...     values, near, "methamphetamine", "2018Q1", permutations=99
    ... )
    >>> table["verdict"].value_counts().to_dict()
    {'not_distinguishable': 13}
    """
    if statistic not in (local_moran, getis_ord):
        raise UsageError("statistic must be local_moran or getis_ord")
    areas, draws = log_draws_of_areas(values, neighbours, drug, round_, quantity)
    near = neighbours.among(areas)
    central = np.median(draws, axis=0)
    seed = int(values.attrs["seed"])
    table = statistic(central, near, seed=seed, permutations=permutations)
    keep = [i for i, area in enumerate(near.areas) if area not in near.alone]
    linked = near.among([near.areas[i] for i in keep])
    share = np.zeros(len(table))
    for one in draws[:_DRAWS, keep]:
        share += _kinds_of(one - one.mean(), linked.weights, statistic) == table["kind"]
    table["p_kind"] = share / min(_DRAWS, len(draws))
    sure = (table["p_adjusted"] <= ALPHA) & (table["p_kind"] >= 1 - ALPHA)
    table["verdict"] = np.where(sure, table["kind"], "not_distinguishable")
    return table


def _kinds_of(
    z: Floats, weights: Floats, statistic: Callable[..., pd.DataFrame]
) -> NDArray[np.str_]:
    if statistic is local_moran:
        return _kinds(z, weights)
    return _sides(_g_star(z, _with_self(weights)))


def _sides(scores: Floats) -> NDArray[np.str_]:
    sides = np.where(scores > 0, "hot", "cold")
    return np.where(np.isfinite(scores), sides, "")


def _local(z: Floats, w: Floats) -> Floats:
    return np.asarray((len(z) - 1) * z * (w @ z) / (z @ z))


def _kinds(z: Floats, w: Floats) -> NDArray[np.str_]:
    high, around = z > 0, w @ z > 0
    code = np.select([high & around, ~high & around, ~high & ~around], [0, 1, 2], 3)
    return np.array(KINDS)[code]


def _with_self(w: Floats) -> Floats:
    linked = (w > 0) | np.eye(len(w), dtype=bool)
    return np.asarray(linked / linked.sum(axis=1, keepdims=True))


def _g_star(z: Floats, w: Floats) -> Floats:
    n = len(z)
    square = (n * (w**2).sum(axis=1) - w.sum(axis=1) ** 2) / (n - 1)
    # An area that neighbours all others has no spread: there is no score.
    has = square > 1e-12
    score = np.full(n, np.nan)
    score[has] = (w @ z)[has] / (z.std() * np.sqrt(square[has]))
    return np.asarray(score)


def _conditional_p(z: Floats, w: Floats, seed: int, permutations: int) -> Floats:
    """Return two-sided conditional permutation p-values of every area's lag.

    Local Moran and G* rise with the lag of an area whose own value is fixed, so that the tail of
    the lag is the tail of both.
    """
    require_arrangements(permutations)
    p = np.empty(len(z))
    for i, arranged, observed in _arranged_lags(z, w, seed, permutations):
        slack = 1e-12 * max(1.0, abs(observed))
        above = np.count_nonzero(arranged >= observed - slack)
        below = np.count_nonzero(arranged <= observed + slack)
        p[i] = min(1.0, 2 * (1 + min(above, below)) / (1 + permutations))
    return p


def _arranged_lags(
    z: Floats, w: Floats, seed: int, permutations: int
) -> Iterator[tuple[int, Floats, float]]:
    n = len(z)
    rng = np.random.default_rng([seed, n, permutations])
    widest = int((w > 0).sum(axis=1).max())
    order = rng.permuted(np.tile(np.arange(n - 1), (permutations, 1)), axis=1)[:, :widest]
    for i in range(n):
        others, weights = np.delete(z, i), np.delete(w[i], i)
        linked = weights[weights > 0]
        arranged = others[order[:, : len(linked)]] @ linked + w[i, i] * z[i]
        yield i, arranged, float(w[i] @ z)


def _frame(near: Neighbours, statistic: Floats, kind: NDArray[np.str_], p: Floats) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "area": near.areas,
            "statistic": statistic,
            "kind": kind,
            "p": p,
            "p_adjusted": benjamini_hochberg(p),
        }
    )
