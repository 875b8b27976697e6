"""One shaped factor on a grid of the logarithm: its support and its exact masses.

The masses are those of linear ("hat") splitting: a value between two grid points is shared between
them so that its place is kept on average. With A_i the average of the distribution function over
the cell [i h, (i+1) h], the mass at i is A_i - A_(i-1). The mean is exact whatever the step, and
the variance grows by at most h^2 / 4 (by h^2 / 6 for a density that is smooth over a cell).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError
from wbe.uncertainty.bounded import Beta, Empirical, Triangular
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.power_means import as_beta, log_values, power_mean

Floats = NDArray[np.float64]

EDGE = 6.5
"""Score at which a factor is cut: beyond it lie 4e-11 at each end."""

_SCORES = np.array([-EDGE, -1.96, 0.0, 1.96, EDGE])
CELLS = 256
"""Least number of cells of a factor."""

CELLS_A_SIDE = 16
"""Least number of cells in the scale of the narrower side of a factor."""

GAUSS = 0.5 / math.sqrt(3.0)
"""Distance of the two Gauss points of a cell from its middle, in cells."""

_HALVINGS = 0.5 ** np.arange(1, 41)
_NO_SPREAD = 1e-10


class Gridded(Protocol):
    """What can be put on a grid."""

    @property
    def support(self) -> tuple[float, float]:
        """Quantiles with 4e-11 below and above."""

    @property
    def narrow(self) -> float:
        """Scale of the narrower side of the distribution, never 0."""

    def cdf(self, y: Floats, /) -> Floats:
        """Return the distribution function."""

    def knots(self) -> Floats:
        """Return where the distribution function is not smooth."""


class Law(Gridded, Protocol):
    """Distribution of the logarithm of a positive factor, or of a sum."""

    def __hash__(self) -> int:
        """Return a hash: masses are kept for those who ask again."""

    @property
    def atoms(self) -> bool:
        """Whether single values have a probability of their own."""

    @property
    def uneven(self) -> bool:
        """Whether there are atoms, or poles of the density."""

    def quantiles(self, scores: Floats) -> Floats:
        """Return the values at standard normal scores, rising with them."""


@dataclass(frozen=True)
class LogFactor:
    """The logarithm of one factor, power * ln(X / median).

    Attributes
    ----------
    shape : Distribution
        Positive.
    power : float
        Negative where the factor divides.
    """

    shape: Distribution
    power: float

    @functools.cached_property
    def _marks(self) -> tuple[float, ...]:
        """Quantiles at the scores -6.5, -1.96, 0, 1.96 and 6.5, rising."""
        return tuple(sorted(self.power * q for q in _log_marks(self.shape)))

    @property
    def support(self) -> tuple[float, float]:
        """Quantiles with 4e-11 below and above."""
        return self._marks[0], self._marks[-1]

    @property
    def narrow(self) -> float:
        """Scale of the narrower side of the distribution, never 0."""
        low, high = self.support
        sides = (self._marks[2] - self._marks[1], self._marks[3] - self._marks[2])
        return max(min(sides), (high - low) / 64)

    @property
    def half_width(self) -> float:
        """Half the central 95 %, in units of 1.96: about one sd."""
        return (self._marks[3] - self._marks[1]) / (2 * 1.96)

    @property
    def constant(self) -> bool:
        """Whether the spread is below 1e-10: then it changes no number."""
        low, high = self.support
        return high - low < _NO_SPREAD

    @property
    def atoms(self) -> bool:
        """Whether single values have a probability of their own."""
        values = self.shape.values if isinstance(self.shape, Empirical) else ()
        return len(set(values)) < len(values)

    @property
    def uneven(self) -> bool:
        """Whether there are atoms, or poles of the density."""
        beta = as_beta(self.shape)
        pole = beta is not None and (beta.b < 1 or (beta.a < 1 and beta.low > 0))
        return self.atoms or pole

    def cdf(self, y: Floats) -> Floats:
        """Return P(power * ln(X / median) <= y)."""
        with np.errstate(divide="ignore", over="ignore"):
            below = self.shape.cdf(self.shape.median * np.exp(y / self.power))
        return below if self.power > 0 else 1.0 - below

    def quantiles(self, scores: Floats) -> Floats:
        """Return the values at standard normal scores, rising with them."""
        signed = scores if self.power > 0 else -scores
        return np.asarray(self.power * log_values(self.shape, signed))

    def knots(self) -> Floats:
        """Return where the distribution function is not smooth."""
        x = _knots(self.shape)
        y = self.power * np.log(x[(x > 0) & np.isfinite(x)] / self.shape.median)
        return np.sort(y)

    def mean(self) -> float:
        """Return E[(X / median)^power]; NaN where it is infinite or within 6 % of being so."""
        return power_mean(self.shape, self.power)


def hat_masses(component: Gridded, step: float) -> tuple[int, Floats]:
    """Return the masses of a factor at the points k * step.

    Parameters
    ----------
    component : Gridded
    step : float
        Of the logarithm [1].

    Returns
    -------
    int
        k of the first mass.
    ndarray (k,)
        Masses, summing to 1.

    Notes
    -----
    A narrow factor is split on a grid finer by a power of two, whose masses are then split once
    more: a hat of the coarse grid is straight between points of the fine one, so nothing is lost.
    """
    low, high = component.support
    want = min(component.narrow / CELLS_A_SIDE, (high - low) / CELLS)
    finer = 2 ** max(0, math.ceil(math.log2(step / want)))
    fine = step / finer
    k = np.arange(math.floor(low / fine) - 1, math.ceil(high / fine) + 2)
    average = _cell_averages(component, k * fine)
    masses = np.diff(average, prepend=0.0, append=1.0)
    if finer == 1:
        return int(k[0]), np.asarray(masses)
    coarse = k // finer
    part = masses * ((k - coarse * finer) / finer)
    at = coarse - coarse[0]
    n = int(at[-1]) + 2
    split = np.bincount(at, masses - part, n) + np.bincount(at + 1, part, n)
    return int(coarse[0]), np.asarray(split, dtype=float)


def _cell_averages(component: Gridded, edges: Floats) -> Floats:
    """Return the average of the distribution function between neighbouring edges.

    Two Gauss points in each smooth piece: cells are cut where the function has a kink or a step.
    """
    knots = component.knots()
    knots = knots[(knots > edges[0]) & (knots < edges[-1])]
    points = np.union1d(edges, knots) if len(knots) else edges
    width = np.diff(points)
    middle = points[:-1] + width / 2
    nodes = np.concatenate([middle - GAUSS * width, middle + GAUSS * width])
    values = component.cdf(nodes).reshape(2, -1)
    integral = (values[0] + values[1]) * width / 2
    if len(knots):
        integral = np.add.reduceat(integral, np.searchsorted(points, edges[:-1]))
    return np.asarray(integral / np.diff(edges))


@functools.lru_cache(maxsize=4_096)
def _log_marks(shape: Distribution) -> tuple[float, ...]:
    marks = log_values(shape, _SCORES)
    if not np.isfinite(marks).all():
        raise PrecisionError(f"{shape}: its tails reach beyond the range of floating point")
    return tuple(marks.tolist())


def _knots(shape: Distribution) -> Floats:
    if isinstance(shape, Empirical):
        return np.unique(shape.values)
    if isinstance(shape, Triangular):
        return np.array([shape.low, shape.mode, shape.high])
    if isinstance(shape, Beta):  # towards an end the density may grow without bound
        width = (shape.high - shape.low) * _HALVINGS
        ends = [shape.low, shape.high]
        low = shape.low + width if shape.a < 2 and shape.low > 0 else width[:0]
        high = shape.high - width if shape.b < 2 else width[:0]
        return np.concatenate([ends, low, high])
    return np.array(shape.support)
