"""Draws of area values, counted: how often in which tier and at which rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.spatial import levels
from wbe.spatial.levels import AreaModel, Level, Members, compile_areas, log_draws_of
from wbe.spatial.members import Series, factor_of, members, rain
from wbe.spatial.schemes import classify
from wbe.spatial.shared import Shared, Unknown
from wbe.uncertainty import BLOCK, Stream, blocks

Floats = NDArray[np.float64]


def reference_values(values: xr.Dataset, s: rows.Samples, series: Series, round_: str) -> Floats:
    """Return the values that may set breaks, as printed; NaN for areas that can have no tier."""
    here = values.sel(quantity=series.quantity, drug=series.drug, round=round_)
    usable = {m.area for m in valued_members(values, s, series, round_)}
    keep = [
        area in usable and not barred(str(flags))
        for area, flags in zip(here["area"].values.astype(str), here["flags"].values, strict=True)
    ]
    return np.where(keep, here["value"].values, np.nan)


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


def common_shift(
    values: xr.Dataset, s: rows.Samples, series: Series, reference: str, stream: Stream
) -> Floats:
    """Return the log shift that all areas of the reference round carry alike, one a draw."""
    n = values.attrs["draws"]
    out = np.zeros(n)
    common = common_of(values, s, series, reference) if n else None
    if common is not None:
        for block, span in blocks(n):
            out[span] = common.shift(stream, block)[: span.stop - span.start]
    return out


NO_TIER = {"insufficient_data", "population_missing", "above_range_left_out"}
"""Flags of an area that can have no tier."""


def barred(flags: str) -> bool:
    """Return whether an area's flags leave it without a tier."""
    return bool(NO_TIER & set(flags.split(";")))


def _draws(models: list[AreaModel], series: Series, stream: Stream, block: int) -> Floats:
    """Return one block of log values, shape (area, BLOCK)."""
    factor = factor_of(series, stream, block)
    return log_draws_of(models, stream, block) + factor


@dataclass
class Counts:
    """What the blocks add up to: tiers, ranks, and the spread of each area around the common."""

    tiers: NDArray[np.int64]
    ranks: NDArray[np.int64]
    total: Floats
    squares: Floats
    n: int = 0


def count(
    values: xr.Dataset,
    s: rows.Samples,
    series: Series,
    own: list[Members],
    breaks: Floats,
    shift: Floats | None,
    n_labels: int,
    stream: Stream,
) -> Counts:
    """Return how often each area falls into each tier and each rank over all draws."""
    k, n = len(own), values.attrs["draws"]
    out = Counts(
        np.zeros((k, n_labels), dtype=np.int64),
        np.zeros((k, k), dtype=np.int64),
        np.zeros(k),
        np.zeros(k),
    )
    models = compile_areas(s, series.level, own)
    for block, span in blocks(n):
        x = _draws(models, series, stream, block)[:, : span.stop - span.start]
        if len(breaks):
            moved = x if shift is None else x - shift[span]
            with np.errstate(over="ignore"):
                tier = classify(np.exp(moved), breaks)
            for label in range(n_labels):
                out.tiers[:, label] += (tier == label).sum(axis=1)
        # ties cannot happen between continuous draws; a stable sort settles equal constants
        order = np.argsort(-x.T.copy(), axis=1, kind="stable")
        cells = (order * k + np.arange(k)).ravel()
        out.ranks += np.bincount(cells, minlength=k * k).reshape(k, k)
        out.n += x.shape[1]
        if shift is not None:
            apart = x - x.mean(axis=0)
            out.total += apart.sum(axis=1)
            out.squares += (apart**2).sum(axis=1)
    return out


def bound(s: rows.Samples, series: Series, m: Members, which: rows.Censored) -> float:
    """Return an area's central value with its non-detects at zero or at their limit."""
    with np.errstate(divide="ignore"):
        return levels.central(s, series.level, m, which) * series.factor


def least_probability(
    s: rows.Samples,
    series: Series,
    m: Members,
    tier: int,
    breaks: Floats,
    n: int,
    stream: Stream,
    shift: Floats | None,
) -> float:
    """Return the smaller probability of a tier over the two bounds of a value without a fit."""
    shares = [1.0]
    bounds: tuple[rows.Censored, ...] = ("zero", "limit")
    for which in bounds:
        if np.isnan(bound(s, series, m, which)):
            continue
        model, hits = compile_areas(s, series.level, [m], which), 0
        for block, span in blocks(n):
            x = _draws(model, series, stream, block)[0, : span.stop - span.start]
            x = x if shift is None else x - shift[span]
            # a level that is zero by assumption has log -inf and no spread: the lowest tier
            found = classify(np.exp(np.where(np.isnan(x), -np.inf, x)), breaks)
            hits += int((found == tier).sum())
        shares.append(hits / n)
    return min(shares)
