"""Do areas with a higher load have more detections? Rank agreement, and how far it can be trusted.

Agreement in rank says that two series put areas in a similar order. Both can be wrong together:
searches follow the water, and sampling points follow the searches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.indicators.cautions import in_order, kept_areas, mask_of
from wbe.indicators.drawing import chunks, orders, row_ranks
from wbe.options import require_choice, require_level
from wbe.qc.agreement import Agreement, undefined
from wbe.qc.rank_correlation import kendall, spearman

Floats = NDArray[np.float64]

MEASURES: Final = ("spearman", "kendall")
LEAST_AREAS: Final = 5
"""With 4 areas the most telling order has p = 0.08."""
_OF: Final[dict[str, Callable[..., Agreement]]] = {"spearman": spearman, "kendall": kendall}


@dataclass(frozen=True)
class RankAgreement:
    """How far two rankings of areas agree.

    Attributes
    ----------
    measure : str
        ``spearman`` or ``kendall`` (tau-b).
    value, lower, upper : float [1]
        Between -1 and 1, with the interval of `wbe.qc.spearman` or `wbe.qc.kendall`; NaN where not
        `testable`.
    p : float [1]
        Share of the orders of areas in which the value is as far from 0; two-sided.
    exact : bool
        Whether all orders were tried.
    chance_lower, chance_upper : float [1]
        Ends of the central part of the values that areas in random order give.
    carried, carried_lower, carried_upper : float [1]
        Median and interval over the draws of the loads (and rates); NaN without draws.
    draws : int
    level : float [1]
        Probability of all intervals.
    areas : tuple of str
        Areas that took part.
    left_out : tuple of (str, str)
        Area and reason: ``sites_by_suspicion``, ``no_load``, ``no_rate``.
    without_one : tuple of float [1]
        The value with each of `areas` left out in turn.
    cautions : tuple of str
        See `wbe.indicators.caution_text`.
    testable : bool
    reason : str
    """

    measure: str
    value: float
    lower: float
    upper: float
    p: float
    exact: bool
    chance_lower: float
    chance_upper: float
    carried: float
    carried_lower: float
    carried_upper: float
    draws: int
    level: float
    areas: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    without_one: tuple[float, ...]
    cautions: tuple[str, ...]
    testable: bool = True
    reason: str = ""

    @property
    def n(self) -> int:
        """Areas that took part."""
        return len(self.areas)

    @property
    def most_telling(self) -> str:
        """The area without which the value changes most; "" where nothing is testable."""
        if not self.testable:
            return ""
        moved = np.abs(np.array(self.without_one) - self.value)
        return self.areas[int(np.nanargmax(moved))] if np.isfinite(moved).any() else ""

    @property
    def sign_holds(self) -> bool:
        """Whether the sign stays whichever single area is left out."""
        signs = np.sign([self.value, *self.without_one])
        return bool(self.testable and signs[0] != 0 and (signs == signs[0]).all())


def agreement_of_ranks(
    areas: Sequence[str],
    loads: ArrayLike,
    rates: ArrayLike,
    *,
    measure: str = "spearman",
    load_draws: ArrayLike | None = None,
    rate_draws: ArrayLike | None = None,
    by_suspicion: ArrayLike | None = None,
    cautions: Iterable[str] = (),
    level: float = 0.95,
    seed: int = 1,
) -> RankAgreement:
    """Return how far the ranks of areas by load and by detection rate agree.

    Parameters
    ----------
    areas : sequence of str (n,)
    loads : array_like (n,) [mg/day/1000 inhabitants]
        NaN where an area has none.
    rates : array_like (n,) [1 / (100,000 inhabitants year)]
        Rates, not counts: counts and loads of populous areas are both high.
    measure : str
        ``spearman`` or ``kendall``.
    load_draws, rate_draws : array_like (draw, n), optional [mg/day/1000 inhabitants]
        Draws of both, paired by row; one of them is enough. An area with a NaN is left out.
    by_suspicion : array_like (n,) of bool, optional
        Areas whose load rests on sites placed where suspicion was. They are left out: such a
        site was put where the detections were.
    cautions : iterable of str
        From `cautions_of`; they are carried along.
    level : float [1]
        Probability of the intervals.
    seed : int
        Of the random orders, where there are more than 8 areas.

    Returns
    -------
    RankAgreement
        Not testable with fewer than 5 areas, or where all values of one side are equal.

    Raises
    ------
    UsageError
        If shapes differ, an area is named twice, or an option is not possible.

    Notes
    -----
    p = share of orders of one side whose value is at least as far from 0; of 9,999 random orders
    and the one found, if there are more than 8 areas. `carried_*` are quantiles over draws of the
    value among these very areas. Draws of areas each estimated alone scatter more than the true
    loads, and so pull the carried value towards 0; draws from a model that shrinks do not.

    References
    ----------
    doi:10.2307/1412159; doi:10.1093/biomet/33.3.239; doi:10.1007/BF02294183

    Examples
    --------
    >>> found = agreement_of_ranks(list("abcde"), [1, 2, 3, 4, 5], [1, 2, 3, 5, 4])
    >>> round(found.value, 6), round(found.p, 4), found.sign_holds
    (0.9, 0.0833, True)
    """
    require_choice("measure", measure, MEASURES)
    require_level(level)
    x, y = (_sized(name, v, len(areas)) for name, v in (("loads", loads), ("rates", rates)))
    suspected = mask_of(by_suspicion, len(areas))
    drawn = [
        None if d is None else _sized(name, d, len(areas), 2)
        for name, d in (("load_draws", load_draws), ("rate_draws", rate_draws))
    ]
    no_load, no_rate = (
        np.isnan(v) if d is None else np.isnan(v) | np.isnan(d).any(axis=0)
        for v, d in zip((x, y), drawn, strict=True)
    )
    kept, left_out = kept_areas(
        areas, {"sites_by_suspicion": suspected, "no_load": no_load, "no_rate": no_rate}
    )
    drawn = [None if d is None else d[:, kept] for d in drawn]
    carried = drawn[0] is not None or drawn[1] is not None
    also = [] if carried else ["uncertainty_not_carried"]
    if suspected.any():
        also.append("circular_sites")
    said = in_order((*cautions, *also))
    names = tuple(str(areas[i]) for i in kept)
    return _agreement(x[kept], y[kept], measure, drawn, names, left_out, said, level, seed)


def _agreement(
    x: Floats, y: Floats, measure: str, drawn: list[Floats | None], areas: tuple[str, ...],
    left_out: tuple[tuple[str, str], ...], cautions: tuple[str, ...], level: float, seed: int,
) -> RankAgreement:  # fmt: skip
    found = _OF[measure](x, y, level=level) if len(x) >= LEAST_AREAS else undefined(
        level, len(x), measure, "", f"{len(x)} areas: at least {LEAST_AREAS} are needed"
    )  # fmt: skip
    nan = math.nan
    empty = RankAgreement(
        measure, found.value, found.lower, found.upper, nan, False, nan, nan, nan, nan, nan, 0,
        level, areas, left_out, (), cautions, found.testable, found.reason,
    )  # fmt: skip
    if not found.testable:
        return empty
    chance, every = by_chance(x, y, measure, seed)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(chance, tails).tolist()
    without = [_value_without(x, y, i, measure) for i in range(len(x))]
    made = replace(
        empty, p=share_as_far(chance, found.value, every), exact=every,
        chance_lower=low, chance_upper=high, without_one=tuple(without),
    )  # fmt: skip
    rows = {len(d) for d in drawn if d is not None}
    if not rows:
        return made
    if len(rows) > 1:
        raise UsageError("load_draws and rate_draws differ in number: pair them")
    n = rows.pop()
    sides = [
        np.broadcast_to(v, (n, len(v))) if d is None else d
        for v, d in zip((x, y), drawn, strict=True)
    ]
    values = rowwise(sides[0], sides[1], measure)
    if np.isnan(values).all():
        return made
    low, mid, high = np.nanquantile(values, [tails[0], 0.5, tails[1]]).tolist()
    return replace(made, carried=mid, carried_lower=low, carried_upper=high, draws=n)


def by_chance(x: Floats, y: Floats, measure: str, seed: int) -> tuple[Floats, bool]:
    """Return the values of a measure over orders of one side, and whether these are all."""
    made, every = orders(len(x), seed, "areas")
    found = [
        rowwise(np.broadcast_to(x, (part.stop - part.start, len(x))), y[made[part]], measure)
        for part in chunks(len(made), len(x) ** 2)
    ]
    return np.concatenate(found), every


def share_as_far(found: Floats, observed: float, every: bool) -> float:
    """Return the share of orders whose value is at least as far from 0 as the observed one.

    Random orders leave out the observed one, which is added to both counts.
    """
    as_far = int((np.abs(found) >= abs(observed) - 1e-12).sum())
    return as_far / len(found) if every else (as_far + 1) / (len(found) + 1)


def rowwise(x: Floats, y: Floats, measure: str) -> Floats:
    """Return the measure of each row of two tables (row, n), NaN where a row is constant."""
    if measure == "spearman":
        return _correlation(row_ranks(x), row_ranks(y))
    return np.concatenate([_tau(x[part], y[part]) for part in chunks(len(x), x.shape[1] ** 2)])


def _correlation(a: Floats, b: Floats) -> Floats:
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(size > 0, (a * b).sum(axis=1) / size, np.nan))


def _tau(x: Floats, y: Floats) -> Floats:
    i, j = np.triu_indices(x.shape[1], 1)
    a, b = (np.sign(v[:, i] - v[:, j]) for v in (x, y))
    size = np.sqrt((a != 0).sum(axis=1) * (b != 0).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(size > 0, (a * b).sum(axis=1) / size, np.nan))


def _value_without(x: Floats, y: Floats, i: int, measure: str) -> float:
    rest = np.arange(len(x)) != i
    return float(rowwise(x[None, rest], y[None, rest], measure)[0])


def _sized(name: str, values: ArrayLike, n: int, dims: int = 1) -> Floats:
    found = np.asarray(values, dtype=float)
    if found.ndim != dims or found.shape[-1] != n:
        raise UsageError(f"{name} has shape {found.shape} for {n} areas")
    return found
