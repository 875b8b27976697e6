"""Area values with and without what use does not explain, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.products import stacked
from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.uncertainty import Product, draw

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.intp]
Convention = Literal["explained_areas", "metabolite"]

CONVENTIONS: Final = ("explained_areas", "metabolite")
_TAILS: Final = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class Both:
    """All-source and use-only loads [mg/day/1000 inhabitants] side by side.

    Attributes
    ----------
    all_source, use_only : ndarray (area, 3)
        Lower end of the 95 % interval, median, upper end.
    bounded : ndarray (area,) of bool
        Where the metabolite is below its limit and use is not taken as the explanation: the
        use-only load is at most its `use_only` upper end, without median and lower end.
    rank_all, rank_use : ndarray (area,) of int
        1 is the highest median; bounded areas rank by their upper end.
    mean_all, mean_use : ndarray (3,)
        Of the areas, weighted; NaN where no area is left.
    n, n_use : int
        Areas in the two means.
    convention : str
    draws, seed : int
    """

    all_source: Floats
    use_only: Floats
    bounded: Flags
    rank_all: Ints
    rank_use: Ints
    mean_all: Floats
    mean_use: Floats
    n: int
    n_use: int
    convention: str
    draws: int
    seed: int


def side_by_side(
    parent: Product,
    metabolite: Product,
    ratio: Product,
    *,
    explained: Flags,
    below: Flags,
    weights: Floats,
    convention: Convention,
    draws: int,
    seed: int,
) -> Both:
    """Return what areas discharge, and what of it use explains.

    Parameters
    ----------
    parent, metabolite : Product (area,)
        Loads, such as of methamphetamine and amphetamine [mg/day/1000 inhabitants].
    ratio : Product (area,)
        Parent over metabolite by mass under use [1].
    explained : ndarray (area,) of bool
        Whether use alone explains the area: its all-source load is then its use-only load.
    below : ndarray (area,) of bool
        Where the metabolite is below its limit; its product then holds the limit.
    weights : ndarray (area,) [any]
        For the means: populations, or ones for the plain mean of towns.
    convention : str
        What `mean_use` is a mean of. ``explained_areas``: the areas that use explains, as Wu 2021
        published it. ``metabolite``: all areas, the others by their metabolite; bounded areas are
        left out.
    draws, seed : int

    Returns
    -------
    Both

    Raises
    ------
    UsageError
        If the convention is unknown or arrays do not match.

    Notes
    -----
    U = P where use explains the area, else U = min(P, X a_P / a_X). Use cannot exceed what was
    discharged.

    References
    ----------
    Wu 2021, 10.1016/j.scitotenv.2021.149058

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> both = backcalc.side_by_side(
    ...     backcalc.known([20.0, 200.0]), backcalc.known([2.0, 2.0]), backcalc.known([10.0, 10.0]),
    ...     explained=np.array([True, False]), below=np.array([False, False]),
    ...     weights=np.ones(2), convention="metabolite", draws=4000, seed=1,
    ... )
    >>> both.all_source[:, 1].round(1).tolist(), both.use_only[:, 1].round(1).tolist()
    ([20.0, 200.0], [20.0, 20.0])
    """
    require_choice("convention", convention, CONVENTIONS)
    fine, hidden = np.asarray(explained, dtype=bool), np.asarray(below, dtype=bool)
    weight = np.asarray(weights, dtype=float)
    n = len(parent)
    if any(a.shape != (n,) for a in (fine, hidden, weight)):
        raise UsageError("explained, below and weights need one entry an area")
    whole, left, scale = draw(stacked([parent, metabolite, ratio]), draws, seed).reshape(
        3, n, draws
    )
    use = np.where(fine[:, None], whole, np.minimum(whole, left * scale))
    bounded = hidden & ~fine
    counted = fine if convention == "explained_areas" else ~bounded
    interval = np.quantile(use, _TAILS, axis=1).T
    height = np.where(bounded, interval[:, 2], interval[:, 1])
    everywhere = np.quantile(whole, _TAILS, axis=1).T
    return Both(
        all_source=everywhere,
        use_only=np.where(bounded[:, None] & [True, True, False], np.nan, interval),
        bounded=bounded,
        rank_all=_ranks(everywhere[:, 1]),
        rank_use=_ranks(height),
        mean_all=_mean(whole, weight, np.ones(n, dtype=bool)),
        mean_use=_mean(use, weight, counted),
        n=n,
        n_use=int(counted.sum()),
        convention=convention,
        draws=draws,
        seed=seed,
    )


def _ranks(values: Floats) -> Ints:
    place = np.empty(len(values), dtype=np.intp)
    place[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return place


def _mean(values: Floats, weights: Floats, counted: Flags) -> Floats:
    if not counted.any():
        return np.full(3, np.nan)
    mean = weights[counted] @ values[counted] / weights[counted].sum()
    return np.asarray(np.quantile(mean, _TAILS))
