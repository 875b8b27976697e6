"""Load against detection rate by area, in four parts that have no name but their position."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.indicators.cautions import SMALL, in_order, kept_areas, mask_of
from wbe.indicators.drawing import row_ranks
from wbe.indicators.exact import DAYS_PER_YEAR, exact_rate
from wbe.options import require_level

Floats = NDArray[np.float64]

QUADRANTS: Final = (
    "higher_load_higher_rate", "higher_load_lower_rate", "lower_load_higher_rate",
    "lower_load_lower_rate", "not_distinguishable",
)  # fmt: skip


@dataclass(frozen=True)
class Quadrants:
    """Areas by rank of their load and by detection rate.

    Attributes
    ----------
    areas : tuple of str
    load_rank, load_rank_lower, load_rank_upper : tuple of float [1]
        1 is the highest load; median and interval over the draws.
    rate, rate_lower, rate_upper : tuple of float [1 / (100,000 inhabitants year)]
        With exact Poisson intervals.
    quadrant : tuple of str
        A word of `QUADRANTS`. ``not_distinguishable`` where either interval holds its line.
    middle_rank : float [1]
        (n + 1) / 2.
    pooled_rate : float [1 / (100,000 inhabitants year)]
        All counts over all person-years.
    level : float [1]
    left_out : tuple of (str, str)
        Area and reason: ``sites_by_suspicion``, ``no_load``, ``no_count``, ``no_population``,
        ``small_cell``.
    cautions : tuple of str
    """

    areas: tuple[str, ...]
    load_rank: tuple[float, ...]
    load_rank_lower: tuple[float, ...]
    load_rank_upper: tuple[float, ...]
    rate: tuple[float, ...]
    rate_lower: tuple[float, ...]
    rate_upper: tuple[float, ...]
    quadrant: tuple[str, ...]
    middle_rank: float
    pooled_rate: float
    level: float
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]


def quadrants(
    areas: Sequence[str],
    load_draws: ArrayLike,
    counts: ArrayLike,
    population: ArrayLike,
    days: float,
    *,
    by_suspicion: ArrayLike | None = None,
    cautions: Iterable[str] = (),
    level: float = 0.95,
    small: int = SMALL,
) -> Quadrants:
    """Place areas by rank of load and by detection rate, both with their intervals.

    Parameters
    ----------
    areas : sequence of str (n,)
        Areas, never a site or a person.
    load_draws : array_like (draw, n) [mg/day/1000 inhabitants]
        An area with a NaN in its draws is left out.
    counts : array_like (n,) [1]
        Detections of one indicator in one window; NaN unknown.
    population : array_like (n,) [inhabitant]
    days : float [days]
        Length of the window.
    by_suspicion, cautions, level
        As in `agreement_of_ranks`.
    small : int
        Counts below it are left out: unstable, and not for publication. 0 leaves none out.

    Returns
    -------
    Quadrants

    Raises
    ------
    UsageError
        If shapes differ, an area is named twice, or fewer than 2 areas are left.

    Notes
    -----
    A high load beside a low rate has many explanations: fewer searches, another place of
    registration, dumping, a plant that serves the neighbours. The picture asks; it answers nothing
    about anybody's work.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import indicators
    >>> draws = np.array([90.0, 40.0, 20.0]) * np.linspace(0.95, 1.05, 11)[:, None]
    >>> found = indicators.quadrants(
    ...     ["north", "south", "west"], draws, [40, 8, 30], [100_000, 100_000, 50_000], days=243
    ... )
    >>> found.quadrant
    ('not_distinguishable', 'not_distinguishable', 'lower_load_higher_rate')
    """
    n = len(areas)
    require_level(level)
    draws, k, people = (np.asarray(v, dtype=float) for v in (load_draws, counts, population))
    suspected = mask_of(by_suspicion, n)
    if draws.ndim != 2 or draws.shape[1] != n or not k.shape == people.shape == (n,):
        raise UsageError(f"draws {draws.shape}, counts {k.shape}, people {people.shape}: {n} areas")
    kept, left_out = kept_areas(
        areas,
        {
            "sites_by_suspicion": suspected,
            "no_load": np.isnan(draws).any(axis=0),
            "no_count": np.isnan(k),
            "no_population": ~(people > 0),
            "small_cell": k < small,
        },
    )
    if len(kept) < 2:
        raise UsageError(f"{len(kept)} areas have load, count and population: 2 are needed")
    also = ["circular_sites"] * bool(suspected.any())
    also += ["small_cells"] * any(reason == "small_cell" for _, reason in left_out)
    rates = [exact_rate(int(k[i]), people[i], days, level=level) for i in kept]
    ranks = row_ranks(-draws[:, kept])
    tails = [0.5, (1 - level) / 2, (1 + level) / 2]
    mid, low, high = np.quantile(ranks, tails, axis=0)
    middle = (len(kept) + 1) / 2
    pooled = float(1e5 * k[kept].sum() / (people[kept].sum() * days / DAYS_PER_YEAR))
    where = tuple(
        _place(a, b, r.lower, r.upper, middle, pooled)
        for a, b, r in zip(low, high, rates, strict=True)
    )
    return Quadrants(
        tuple(str(areas[i]) for i in kept), tuple(mid.tolist()), tuple(low.tolist()),
        tuple(high.tolist()), tuple(r.value for r in rates), tuple(r.lower for r in rates),
        tuple(r.upper for r in rates), where, middle, pooled, level, left_out,
        in_order((*cautions, *also)),
    )  # fmt: skip


def _place(
    low: float, high: float, rate_low: float, rate_high: float, middle: float, pooled: float
) -> str:
    """Return the quadrant of two intervals; rank 1 is the highest load."""
    if low <= middle <= high or rate_low <= pooled <= rate_high:
        return "not_distinguishable"
    load = "higher" if high < middle else "lower"
    rate = "higher" if rate_low > pooled else "lower"
    return f"{load}_load_{rate}_rate"
