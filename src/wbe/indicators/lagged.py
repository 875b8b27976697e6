"""Wastewater of one round against the counts of a later one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.indicators.cautions import in_order, kept_areas, mask_of
from wbe.indicators.drawing import orders
from wbe.indicators.rank_agreement import LEAST_AREAS, MEASURES, rowwise, share_as_far
from wbe.options import require_level

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lag:
    """Agreement at one lag.

    Attributes
    ----------
    lag : int
        Rounds by which the counts are later.
    pairs : int
        Pairs of rounds; the value is the mean of theirs.
    value, carried_lower, carried_upper : float [1]
        Between -1 and 1; the interval is over the draws of the loads, NaN without.
    chance_lower, chance_upper : float [1]
        Central part of the values that areas in random order give.
    p, p_adjusted : float [1]
        Two-sided, of this lag alone, and with regard to all lags tried.
    """

    lag: int
    pairs: int
    value: float
    carried_lower: float
    carried_upper: float
    chance_lower: float
    chance_upper: float
    p: float
    p_adjusted: float


@dataclass(frozen=True)
class LaggedAgreement:
    """Agreement at several lags.

    Attributes
    ----------
    measure : str
    lags : tuple of Lag
        Empty where not `testable`.
    level : float [1]
    areas : tuple of str
    left_out : tuple of (str, str)
    cautions : tuple of str
    testable : bool
    reason : str
    """

    measure: str
    lags: tuple[Lag, ...]
    level: float
    areas: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    testable: bool = True
    reason: str = ""


def agreement_with_lags(
    areas: Sequence[str],
    loads: ArrayLike,
    rates: ArrayLike,
    *,
    lags: Sequence[int] = (0, 1),
    measure: str = "spearman",
    load_draws: ArrayLike | None = None,
    by_suspicion: ArrayLike | None = None,
    cautions: Iterable[str] = (),
    level: float = 0.95,
    seed: int = 1,
) -> LaggedAgreement:
    """Return how far loads of round k agree with detection rates of round k + lag.

    Parameters
    ----------
    areas : sequence of str (n,)
    loads : array_like (round, n) [mg/day/1000 inhabitants]
    rates : array_like (round, n) [1 / (100,000 inhabitants year)]
        Of the same rounds, and of later ones if there are more.
    lags : sequence of int
        Each is tried; a negative one sets counts before the sample, which nothing in the water
        can have caused.
    measure : str
        ``spearman`` or ``kendall``.
    load_draws : array_like (draw, round, n), optional [mg/day/1000 inhabitants]
    by_suspicion, cautions, level, seed
        As in `agreement_of_ranks`.

    Returns
    -------
    LaggedAgreement
        Areas with a gap in any round are left out. Not testable with fewer than 5 areas.

    Raises
    ------
    UsageError
        If shapes differ, a lag leaves no pair of rounds or is given twice, or an option is not
        possible.

    Notes
    -----
    The value of a lag is the mean over pairs of rounds of the measure over areas. Whole histories
    of areas are permuted, the same at all lags, so that what an area's rounds have in common stays;
    `p_adjusted` compares with the largest value over all lags (Westfall and Young), which holds the
    chance of any false lag at its level. The best of several lags is no finding by itself.

    References
    ----------
    Westfall & Young 1993, Resampling-based multiple testing

    Examples
    --------
    >>> from wbe import indicators
    >>> loads = [[60.0, 40.0, 90.0, 20.0, 75.0], [55.0, 45.0, 85.0, 25.0, 70.0]]
    >>> rates = [[5.0, 4.0, 9.0, 2.0, 6.0], [6.0, 3.0, 8.0, 2.0, 7.0]]
    >>> found = indicators.agreement_with_lags(["a", "b", "c", "d", "e"], loads, rates)
    >>> [(lag.lag, round(lag.value, 2)) for lag in found.lags]
    [(0, 1.0), (1, 1.0)]
    """
    if measure not in MEASURES or not lags or len(set(lags)) != len(lags):
        raise UsageError(f"measure = {measure!r}, lags = {list(lags)}: give each lag once")
    require_level(level)
    x, y = np.asarray(loads, dtype=float), np.asarray(rates, dtype=float)
    if x.ndim != 2 or y.ndim != 2 or not x.shape[1] == y.shape[1] == len(areas):
        raise UsageError(f"loads {x.shape} and rates {y.shape} are no (round, area)")
    suspected = mask_of(by_suspicion, len(areas))
    kept, left_out = kept_areas(
        areas,
        {
            "sites_by_suspicion": suspected,
            "no_load": np.isnan(x).any(axis=0),
            "no_rate": np.isnan(y).any(axis=0),
        },
    )
    also = ["several_lags"] * (len(lags) > 1) + ["circular_sites"] * bool(suspected.any())
    said = in_order((*cautions, *also, *(["uncertainty_not_carried"] * (load_draws is None))))
    names = tuple(str(areas[i]) for i in kept)
    if len(kept) < LEAST_AREAS:
        why = f"{len(kept)} areas without a gap: at least {LEAST_AREAS} are needed"
        return LaggedAgreement(measure, (), level, names, left_out, said, False, why)
    x, y = x[:, kept], y[:, kept]
    drawn = None if load_draws is None else _drawn(load_draws, len(areas), x.shape[0])[..., kept]
    made = _lags(x, y, lags, measure, drawn, level, seed)
    if any(math.isnan(lag.value) for lag in made):
        why = "all loads or all rates of a round are equal"
        return LaggedAgreement(measure, (), level, names, left_out, said, False, why)
    return LaggedAgreement(measure, made, level, names, left_out, said)


def _drawn(load_draws: ArrayLike, n: int, rounds: int) -> Floats:
    found = np.asarray(load_draws, dtype=float)
    if found.ndim != 3 or found.shape[1:] != (rounds, n):
        raise UsageError(f"load_draws {found.shape} are no (draw, {rounds}, {n})")
    return found


def _pairs(x: Floats, y: Floats, lag: int) -> list[tuple[int, int]]:
    found = [(k, k + lag) for k in range(len(x)) if 0 <= k + lag < len(y)]
    if not found:
        raise UsageError(f"lag = {lag} leaves no pair of {len(x)} and {len(y)} rounds")
    return found


def _lags(
    x: Floats, y: Floats, lags: Sequence[int], measure: str, drawn: Floats | None, level: float,
    seed: int,
) -> tuple[Lag, ...]:  # fmt: skip
    pairs = [_pairs(x, y, lag) for lag in lags]
    made, every = orders(x.shape[1], seed, "areas")
    values = [_mean(x[None], y[None], p, measure)[0] for p in pairs]
    chance = np.array([_mean(x[None], y[:, made].swapaxes(0, 1), p, measure) for p in pairs])
    largest = np.abs(chance).max(axis=0)
    tails = [(1 - level) / 2, (1 + level) / 2]
    out = []
    for i, lag in enumerate(lags):
        low, high = np.quantile(chance[i], tails).tolist()
        carried = [math.nan, math.nan]
        if drawn is not None:
            carried = np.nanquantile(_mean(drawn, y[None], pairs[i], measure), tails).tolist()
        value = float(values[i])
        p, adjusted = (share_as_far(c, value, every) for c in (chance[i], largest))
        out.append(Lag(lag, len(pairs[i]), value, carried[0], carried[1], low, high, p, adjusted))
    return tuple(out)


def _mean(x: Floats, y: Floats, pairs: list[tuple[int, int]], measure: str) -> Floats:
    """Return the mean over pairs of rounds, shape (row,); x and y are (row or 1, round, n)."""
    rows = max(len(x), len(y))
    shape = (rows, x.shape[-1])
    found = [
        rowwise(np.broadcast_to(x[:, k], shape), np.broadcast_to(y[:, m], shape), measure)
        for k, m in pairs
    ]
    return np.asarray(np.mean(found, axis=0))
