"""Draws of area values, counted: how often in which tier and at which rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.spatial import levels
from wbe.spatial.levels import Level, Members, compile_areas
from wbe.spatial.members import Series, factor_of, members, rain
from wbe.spatial.schemes import classify
from wbe.spatial.shared import Shared, Unknown
from wbe.uncertainty import BLOCK, Stream, blocks

Floats = NDArray[np.float64]
LogDraws = Callable[[int], Floats]
"""Number of a block -> log values, (area, BLOCK)."""


def valued_members(
    values: xr.Dataset, s: rows.Samples, series: Series, round_: str
) -> list[Members]:
    """Return the samples behind each area that can have a value with an interval."""
    found, _ = members(s, series.level, series.analyte, round_, rain(values))
    return [m for m in found if _valued(m, series.level)]


def _valued(m: Members, level: Level) -> bool:
    """Return whether an area has enough points, or the populations that weigh its plants."""
    if level.design == levels.COUNTY:
        return m.n_sites >= levels.MIN_SITES
    return not np.isnan(m.weights).any()


@dataclass(frozen=True)
class Common:
    """What all areas of a round carry alike: a laboratory, a calibration, the factor.

    Attributes
    ----------
    series : Series
    carried : tuple of Shared
        Unknowns that every area has, with their mean coefficients.
    """

    series: Series
    carried: tuple[Shared, ...]

    def shift(self, stream: Stream, block: int) -> Floats:
        """Return one block of the log shift that all areas carry, shape (BLOCK,)."""
        central = np.log(self.series.factor)
        shift = np.asarray(factor_of(self.series, stream, block) - central)
        for unknown, coefficient in self.carried:
            shift = shift + coefficient * unknown.log_error(stream, block)
        return np.broadcast_to(shift, BLOCK)


def common_of(values: xr.Dataset, s: rows.Samples, series: Series, reference: str) -> Common | None:
    """Return what all areas of the reference round carry alike, None where none has a value.

    Only unknowns that every area has. An error of one area alone would blur the breaks of all
    others, and its own not at all.
    """
    models = compile_areas(s, series.level, valued_members(values, s, series, reference))
    if not models:
        return None
    carried = [{e.unknown: e.coefficient for e in m.shared} for m in models]
    everywhere = sorted(set.intersection(*(set(c) for c in carried)), key=Unknown.key)
    return Common(
        series, tuple(Shared(u, float(np.mean([c[u] for c in carried]))) for u in everywhere)
    )


NO_TIER = {"insufficient_data", "population_missing", "above_range_left_out", "index_incomplete"}
"""Flags of an area that can have no tier."""


def barred(flags: str) -> bool:
    """Return whether an area's flags leave it without a tier."""
    return bool(NO_TIER & set(flags.split(";")))


@dataclass
class Counts:
    """What the blocks add up to: tiers, ranks, and the spread of each area around the common."""

    tiers: NDArray[np.int64]
    ranks: NDArray[np.int64]
    total: Floats
    squares: Floats
    n: int = 0


def count(
    log: LogDraws,
    n_areas: int,
    n_draws: int,
    breaks: Floats,
    n_labels: int,
    shift: Floats | None = None,
) -> Counts:
    """Return how often each area falls into each tier and each rank over all draws.

    Parameters
    ----------
    log : callable
        Number of a block -> log values, (area, at least the draws used of the block).
    n_areas, n_draws : int
    breaks : ndarray (break,) or (break, draw)
        Rising, in the unit of the values; a column a draw where breaks are themselves uncertain.
    n_labels : int
    shift : ndarray (draw,), optional
        Log shift that moves values and breaks alike.

    Returns
    -------
    Counts
    """
    out = Counts(
        np.zeros((n_areas, n_labels), dtype=np.int64),
        np.zeros((n_areas, n_areas), dtype=np.int64),
        np.zeros(n_areas),
        np.zeros(n_areas),
    )
    for block, span in blocks(n_draws):
        x = log(block)[:, : span.stop - span.start]
        if len(breaks):
            tier = _tiers(x if shift is None else x - shift[span], breaks, span)
            for label in range(n_labels):
                out.tiers[:, label] += (tier == label).sum(axis=1)
        order = _falling(x.T)
        cells = (order * n_areas + np.arange(n_areas)).ravel()
        out.ranks += np.bincount(cells, minlength=n_areas**2).reshape(n_areas, n_areas)
        out.n += x.shape[1]
        if shift is not None:
            apart = x - x.mean(axis=0)
            out.total += apart.sum(axis=1)
            out.squares += (apart**2).sum(axis=1)
    return out


def _falling(x: Floats) -> NDArray[np.intp]:
    """Return the areas of each draw (draw, area), highest first; equal ones in their own order.

    Ties cannot happen between continuous draws, so that the faster sort, which does not keep the
    order of equal values, does for nearly all rows; equal constants are sorted again.
    """
    negative = np.negative(x, order="C")
    order = np.argsort(negative, axis=1)
    ordered = np.take_along_axis(negative, order, axis=1)
    tied = ~(ordered[:, :-1] < ordered[:, 1:]).all(axis=1)
    if tied.any():
        order[tied] = np.argsort(negative[tied], axis=1, kind="stable")
    return order


def _tiers(log: Floats, breaks: Floats, span: slice) -> NDArray[np.intp]:
    """Return the tier of each log value; breaks are fixed, or have a column a draw."""
    with np.errstate(over="ignore"):
        x = np.exp(log)
    if breaks.ndim == 1:
        return classify(x, breaks)
    return np.asarray((x[None] > breaks[:, None, span]).sum(axis=0))


def share_in_tier(
    log: LogDraws, n_draws: int, tier: int, breaks: Floats, shift: Floats | None = None
) -> float:
    """Return the share of draws of one area that lie in a tier; parameters as of `count`.

    A level that is zero by assumption has log -inf and no spread: the lowest tier.
    """
    hits = 0
    for block, span in blocks(n_draws):
        x = log(block)[:1, : span.stop - span.start]
        x = np.where(np.isnan(x), -np.inf, x)
        hits += int((_tiers(x if shift is None else x - shift[span], breaks, span) == tier).sum())
    return hits / n_draws
