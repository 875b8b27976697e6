"""Where the draws of area values come from: one drug, several as an index, or the county model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.spatial import levels
from wbe.spatial.levels import Members, compile_areas, log_draws_of
from wbe.spatial.members import Series, factor_of
from wbe.spatial.tallies import LogDraws, common_of, valued_members
from wbe.uncertainty import BLOCK, Stream, blocks

Floats = NDArray[np.float64]


class Draws(Protocol):
    """Draws of the values of areas, by round."""

    @property
    def n(self) -> int:
        """Number of draws; 0 for none."""

    def areas(self, round_: str) -> list[str]:
        """Return the areas that can have a value with an interval."""

    def log(self, areas: Sequence[str], round_: str, censored: rows.Censored = "fit") -> LogDraws:
        """Return what draws the logs of areas' values."""

    def bound(self, area: str, round_: str, censored: rows.Censored) -> float:
        """Return an area's central value with its non-detects at zero or at their limit."""

    def shift(self, reference: str) -> Floats | None:
        """Return the log shift that all areas of a round carry alike, one a draw."""


@dataclass(frozen=True)
class DrugDraws:
    """Draws of one drug and quantity.

    Attributes
    ----------
    values : Dataset
        From `wbe.by_area`.
    samples : Samples
    series : Series
    stream : Stream
    together : str
        Where not empty, the name under which drugs share the error of an area's points.
    """

    values: xr.Dataset
    samples: rows.Samples
    series: Series
    stream: Stream
    together: str = ""
    _held: dict[str, dict[str, Members]] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Number of draws; 0 for none."""
        return int(self.values.attrs["draws"])

    def members(self, round_: str) -> dict[str, Members]:
        """Return the samples behind each area, by area."""
        if round_ not in self._held:
            found = valued_members(self.values, self.samples, self.series, round_)
            if self.together:
                found = [replace(m, label=f"{m.area}|{round_}|{self.together}") for m in found]
            self._held[round_] = {m.area: m for m in found}
        return self._held[round_]

    def areas(self, round_: str) -> list[str]:
        """Return the areas that can have a value with an interval."""
        return list(self.members(round_))

    def log(self, areas: Sequence[str], round_: str, censored: rows.Censored = "fit") -> LogDraws:
        """Return what draws the logs of areas' values."""
        own = [self.members(round_)[a] for a in areas]
        models = compile_areas(self.samples, self.series.level, own, censored)

        def drawn(block: int) -> Floats:
            factor = factor_of(self.series, self.stream, block)
            return np.asarray(log_draws_of(models, self.stream, block) + factor)

        return drawn

    def bound(self, area: str, round_: str, censored: rows.Censored) -> float:
        """Return an area's central value with its non-detects at zero or at their limit."""
        m = self.members(round_)[area]
        with np.errstate(divide="ignore"):
            central = levels.central(self.samples, self.series.level, m, censored)
        return central * self.series.factor

    def shift(self, reference: str) -> Floats | None:
        """Return the log shift that all areas of a round carry alike, one a draw."""
        out = np.zeros(self.n)
        common = common_of(self.values, self.samples, self.series, reference) if self.n else None
        if common is not None:
            for block, span in blocks(self.n):
                out[span] = common.shift(self.stream, block)[: span.stop - span.start]
        return out


@dataclass(frozen=True)
class IndexDraws:
    """Draws of dose equivalents summed over drugs, I = sum_k X_k / d_k.

    The points of an area are the same for every drug, so that their error is drawn once for all
    drugs: an index is at least as uncertain as its points.

    Attributes
    ----------
    parts : tuple of DrugDraws
        Consumption of each drug.
    per_mg : ndarray (drug,) [dose/mg]
    """

    parts: tuple[DrugDraws, ...]
    per_mg: Floats

    @property
    def n(self) -> int:
        """Number of draws; 0 for none."""
        return self.parts[0].n

    def areas(self, round_: str) -> list[str]:
        """Return the areas that can have a value of every drug."""
        others = [set(p.areas(round_)) for p in self.parts[1:]]
        return [a for a in self.parts[0].areas(round_) if all(a in o for o in others)]

    def log(self, areas: Sequence[str], round_: str, censored: rows.Censored = "fit") -> LogDraws:
        """Return what draws the logs of areas' values."""
        logs = [p.log(areas, round_, censored) for p in self.parts]

        def drawn(block: int) -> Floats:
            total = np.zeros((len(areas), BLOCK))
            for log, weight in zip(logs, self.per_mg, strict=True):
                total += np.exp(log(block)) * weight
            with np.errstate(divide="ignore"):
                return np.log(total)

        return drawn

    def bound(self, area: str, round_: str, censored: rows.Censored) -> float:
        """Return an area's central value with its non-detects at zero or at their limit."""
        ends = (p.bound(area, round_, censored) for p in self.parts)
        return float(sum(x * w for x, w in zip(ends, self.per_mg, strict=True)))

    def shift(self, reference: str) -> Floats | None:
        """Return the log shift that all areas carry alike: of each drug by its share, d ln I."""
        areas = self.areas(reference)
        by_drug = [[p.bound(a, reference, "substitute") for a in areas] for p in self.parts]
        parts = np.nan_to_num(np.array(by_drug)) * self.per_mg[:, None]
        total = parts.sum()
        if not total:
            return np.zeros(self.n)
        shifts = [p.shift(reference) for p in self.parts]
        return np.asarray(
            sum(
                w * x
                for w, x in zip(parts.sum(axis=1) / total, shifts, strict=True)
                if x is not None
            )
        )


@dataclass(frozen=True)
class PosteriorDraws:
    """Draws of the typical level of towns from the county model; bounds are those of the points.

    Attributes
    ----------
    plain : DrugDraws
    typical : ndarray (draw, round, town)
        ln theta.
    towns, rounds : tuple of str
    tau : ndarray (draw,)
        Log-sd between towns [1].
    flags : tuple of str
        What the model says of itself.
    """

    plain: DrugDraws
    typical: Floats
    towns: tuple[str, ...]
    rounds: tuple[str, ...]
    tau: Floats
    flags: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of draws."""
        return len(self.tau)

    def areas(self, round_: str) -> list[str]:
        """Return the areas that have enough points."""
        return [a for a in self.plain.areas(round_) if a in self.towns]

    def log(self, areas: Sequence[str], round_: str, censored: rows.Censored = "fit") -> LogDraws:
        """Return what draws the logs of areas' levels."""
        if censored != "fit":
            return self.plain.log(areas, round_, censored)
        at = [self.towns.index(a) for a in areas]
        x = self.typical[:, self.rounds.index(round_), :][:, at].T

        def drawn(block: int) -> Floats:
            return x[:, block * BLOCK : (block + 1) * BLOCK]

        return drawn

    def bound(self, area: str, round_: str, censored: rows.Censored) -> float:
        """Return an area's median point with its non-detects at zero or at their limit.

        A geometric mean with one zero is zero and bounds nothing; the median is the same level of
        a lognormal, and stays where fewer than half of the points are non-detects. A non-detect
        without a limit may be anything.
        """
        m, series = self.plain.members(round_)[area], self.plain.series
        p = rows.product(self.plain.samples, series.level.base, m.i, m.j, censored)
        log = m.by_site(p.log_central)
        return float(np.exp(np.median(np.where(np.isnan(log), np.inf, log))) * series.factor)

    def shift(self, reference: str) -> Floats | None:
        """Breaks of a model are numbers: nothing moves them."""
        return None


def draws_of(draws: Draws, areas: Sequence[str], round_: str) -> Floats:
    """Return all draws of the logs of areas' values, (draw, area)."""
    if not areas:
        return np.empty((draws.n, 0))
    log, out = draws.log(areas, round_), np.empty((draws.n, len(areas)))
    for block, span in blocks(draws.n):
        out[span] = log(block)[:, : span.stop - span.start].T
    return out
