"""Which grid holds the distribution of a sum of logs: step, points, and what is refused.

Steps and numbers of points are powers of two, so that many sums share a few grids.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError
from wbe.uncertainty.log_grid import EDGE

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.intp]

EDGE_MASS = 1e-9
"""Largest probability allowed in the outer points of a grid."""

FINEST = 2**16
"""Points of the grid of a sum that no normal part smooths; four times as many for atoms alone."""

AIM = 1e-5
"""Error of a log quantile from the width of the steps that a plan aims at [1]."""

ALLOWED = 1e-4
"""Error beyond which a grid is refused [1]; half of what is promised."""

_MOST_SDS = 2**13 / 6
_STEPS_A_SD = 6.0
_LEAST_POINTS = 32


class Planned(Protocol):
    """What a plan asks about a part: see `log_grid.Law`."""

    @property
    def support(self) -> tuple[float, float]:
        """Quantiles with 4e-11 below and above."""

    @property
    def narrow(self) -> float:
        """Scale of the narrower side of the distribution, never 0."""

    @property
    def atoms(self) -> bool:
        """Whether single values have a probability of their own."""

    @property
    def uneven(self) -> bool:
        """Whether there are atoms, or poles of the density."""


@dataclass(frozen=True)
class Grid:
    """A grid of the logarithm.

    Attributes
    ----------
    step : float
        Between the points of the result [1].
    points : int
        Of the result, a power of two.
    finer : float
        Steps of the masses in one step of the result, a power of two; 1/2 where the normal part
        alone needs the finer grid.
    smoothed : bool
        Whether the spectrum ends before that of the grid.
    """

    step: float
    points: int
    finer: float
    smoothed: bool

    @property
    def fine(self) -> float:
        """Step of the masses [1]."""
        return self.step / self.finer

    @property
    def fine_points(self) -> int:
        """Points of the masses."""
        return round(self.points * self.finer)

    def first(self, parts: tuple[Planned, ...]) -> int:
        """Return the number of the first point: the grid is centred on the summed supports."""
        centre = sum(sum(p.support) for p in parts) / 2
        return math.floor(centre / self.step) - self.points // 2

    @property
    def minus_half_squared(self) -> Floats:
        """-w^2 / 2 at the frequencies w of the result."""
        return _minus_half_squared(self.step * self.points, self.points // 2 + 1)

    @property
    def turn(self) -> Complex:
        """exp(2 pi i k / points)."""
        return _turn(self.points)

    def hats(self, n: int) -> Floats:
        """Return what turns n transforms of hats into one of cells; 1 where not smoothed."""
        count = self.fine_points // 2 + 1
        return _hats(count, self.points, self.finer, n) if self.smoothed else np.ones(1)


@functools.lru_cache(maxsize=32)
def _minus_half_squared(length: float, n: int) -> Floats:
    return np.asarray(-((np.arange(n) * (2 * np.pi / length)) ** 2) / 2)


@functools.lru_cache(maxsize=8)
def _turn(points: int) -> Complex:
    return np.asarray(np.exp(2j * np.pi * (np.arange(points) / points)))


@functools.lru_cache(maxsize=32)
def _hats(count: int, points: int, finer: float, n: int) -> Floats:
    k = np.arange(count) / points
    return np.asarray(np.sinc(k) / np.sinc(k / finer) ** (2 * n))


def planned(
    sets: Sequence[tuple[Planned, ...]], of: Ints, sd: Floats, finer: float, points: int | None
) -> list[tuple[Ints, Grid]]:
    """Return grids, each with the positions of its sums.

    Parameters
    ----------
    sets : sequence of tuple of Law
        Shaped factors.
    of : ndarray (sum,) of int
        Set of each sum.
    sd : ndarray (sum,)
        Of the normal part [1].
    finer : float
        Grids this many times finer than planned.
    points : int or None
        Instead of the planned number.

    Returns
    -------
    list of tuple
        Positions and grid; a sum is on one grid.

    Raises
    ------
    PrecisionError
        If a grid does not span the summed supports or does not resolve the sums.

    Notes
    -----
    With the hats taken out, the variance is wrong by at most h^2 / 6 for each factor, and by less
    where its density is smooth over a step h. A variance wrong by v moves a quantile at 2 sds by at
    most v / s: where a factor has a single likely value, the normal part around it.
    """
    if not len(of):
        return []
    traits = np.array([_traits(s) for s in sets], dtype=float)[of]
    width = traits[:, 0] + 2 * EDGE * sd
    smoothed = width <= sd * _MOST_SDS
    placed = np.where(smoothed, sd, 1.0)  # any number where there is no plan with it
    step = _power_of_2(placed / _STEPS_A_SD, np.floor)
    step = np.where(smoothed, step, _power_of_2(width / traits[:, 5], np.ceil))
    count = np.maximum(_power_of_2(width / step, np.ceil), _LEAST_POINTS) * finer
    masses = _power_of_2(_allowed_step(traits, placed, AIM), np.floor)
    inner = np.where(smoothed, np.maximum(step / masses, 0.5), 1.0)
    step = step / finer
    if points is not None:
        count = np.full(len(of), float(points))
    _require_span(step * count, width)
    _require_resolved(step, step / inner, traits, sd, smoothed)
    return _grouped(step, count, inner, smoothed)


def _grouped(
    step: Floats, count: Floats, inner: Floats, smoothed: NDArray[np.bool_]
) -> list[tuple[Ints, Grid]]:
    keys = (smoothed.astype(float), inner, count, step)
    order = np.lexsort(keys)
    sorted_keys = np.array(keys)[:, order]
    cuts = np.flatnonzero((np.diff(sorted_keys, axis=1) != 0).any(axis=0)) + 1
    out = []
    for rows in np.split(order, cuts):
        k = rows[0]
        out.append((rows, Grid(float(step[k]), int(count[k]), float(inner[k]), bool(smoothed[k]))))
    return out


def _power_of_2(x: Floats, rounded: np.ufunc) -> Floats:
    return np.asarray(np.exp2(rounded(np.log2(x))))


def _traits(parts: tuple[Planned, ...]) -> tuple[float, ...]:
    """Return width, number, sum of 1 / narrow, whether uneven; step and points without a normal."""
    if not parts:  # a closed form: no row of such a set is asked for
        return 0.0, 1.0, 1.0, 0.0, 1.0, 1.0
    width = sum(p.support[1] - p.support[0] for p in parts)
    smooth = [p.narrow for p in parts if not p.atoms]
    poles = any(p.uneven and not p.atoms for p in parts)  # no other factor smooths them away
    smoothing = (min if poles else max)(smooth, default=0.0)
    limit = math.sqrt(8 * ALLOWED * smoothing) if smooth else ALLOWED / len(parts)
    points = FINEST if smooth else 4 * FINEST
    sharpness = sum(1 / p.narrow for p in parts)
    uneven = any(p.uneven for p in parts)
    return width, len(parts), sharpness, uneven, limit, points


def _allowed_step(traits: Floats, sd: Floats, error: float) -> Floats:
    """Return the step at which the hats move a quantile by `error`."""
    uneven = np.sqrt(6 * error * sd / traits[:, 1])
    even = np.cbrt(36 * error * sd / traits[:, 2])
    return np.where(traits[:, 3] > 0, uneven, np.maximum(uneven, even))


def _require_span(span: Floats, width: Floats) -> None:
    short = np.flatnonzero(span < width)
    if len(short):
        k = short[0]
        raise PrecisionError(
            f"a grid spans {span[k]:.4g} of the log and its factors {width[k]:.4g}: it would "
            "alias; use method = 'auto' or 'monte_carlo'"
        )


def _require_resolved(
    step: Floats, fine: Floats, traits: Floats, sd: Floats, smoothed: NDArray[np.bool_]
) -> None:
    """Raise where a step moves a quantile by more than `ALLOWED`."""
    limit = np.where(smoothed, sd / 3, traits[:, 4])
    inner = np.where(smoothed, _allowed_step(traits, sd, ALLOWED), np.inf)
    coarse = np.flatnonzero((step > limit) | (fine > inner))
    if len(coarse):
        k = coarse[0]
        raise PrecisionError(
            f"a grid has steps of {step[k]:.3g} and {fine[k]:.3g} of the log; its factors need "
            f"{limit[k]:.3g} and {inner[k]:.3g}: use method = 'auto' or 'monte_carlo'"
        )
