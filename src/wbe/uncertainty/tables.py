"""Distributions that were calculated on a grid, tabulated by the normal scores of their functions.

Scores are nearly straight where a distribution function is not: cubics through few points of them
tell it to 1e-8 and better, tails included.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbe.uncertainty import fft_rows
from wbe.uncertainty.log_grid import EDGE

Floats = NDArray[np.float64]

_LOWEST, _HIGHEST = ndtr([-7.5, 7.5]).tolist()
"""Of a distribution function in a table: rounding is felt beyond."""


@dataclass(frozen=True, eq=False)
class Table:
    """A distribution tabulated by the normal score of its distribution function.

    Attributes
    ----------
    start, step : float
        First point and distance of the points: of the log, or of the value where `linear`.
    scores : ndarray (point,)
        Rising.
    linear : bool
        Whether the points are values; the distribution is that of the log either way.
    smooth : bool
        Whether the distribution function has no steps.
    """

    start: float
    step: float
    scores: Floats
    linear: bool = False
    smooth: bool = True

    def cdf(self, y: Floats) -> Floats:
        """Return the distribution function of the log."""
        place = ((np.exp(y) if self.linear else y) - self.start) / self.step
        n = len(self.scores)
        k = np.clip(np.floor(place).astype(np.intp) - 1, 0, n - 4)
        inside = ndtr(cubic(self.scores, k, place - k))
        return np.where(place < 0, 0.0, np.where(place > n - 1, 1.0, inside))

    def quantiles(self, scores: Floats) -> Floats:
        """Return the logs at standard normal scores; at most the ends of the table.

        A bounded distribution may end before a score does.
        """
        place = np.interp(scores, self.scores, np.arange(len(self.scores)))
        inside = (scores > self.scores[1]) & (scores < self.scores[-2])
        order = 4 if self.smooth else 2
        place[inside] = fft_rows.crossings(self.scores[None, :], scores[inside], order)[0]
        return self._logs(place)

    def _logs(self, place: Floats) -> Floats:
        at = self.start + self.step * place
        return np.log(at) if self.linear else at

    @functools.cached_property
    def _marks(self) -> Floats:
        return self.quantiles(np.array([-EDGE, -1.96, 0.0, 1.96, EDGE]))

    @property
    def support(self) -> tuple[float, float]:
        """Quantiles with 4e-11 below and above."""
        return float(self._marks[0]), float(self._marks[-1])

    @property
    def narrow(self) -> float:
        """Scale of the narrower side."""
        low, high = self.support
        sides = np.diff(self._marks[1:4])
        return float(max(sides.min(), (high - low) / 64))

    @property
    def atoms(self) -> bool:
        """Whether single values have a probability of their own."""
        return not self.smooth

    @property
    def uneven(self) -> bool:
        """Whether there are atoms."""
        return not self.smooth

    def knots(self) -> Floats:
        """Return no place: the table is smooth."""
        return np.empty(0)


def made(start: float, step: float, cdf: Floats, *, linear: bool, smooth: bool) -> Table:
    """Return a table of the part of a distribution function that is neither 0 nor 1."""
    scores = rising_scores(cdf)
    inside = np.isfinite(scores)
    if linear:
        inside &= start + step * np.arange(len(cdf)) > 0
    held = np.flatnonzero(inside)
    return Table(start + held[0] * step, step, scores[held], linear, smooth)


def rising_scores(cdf: Floats) -> Floats:
    """Return normal scores of distribution functions (..., point), infinite beyond 7.5.

    Rounding lets a function fall now and then: its scores do not.
    """
    rising = np.maximum.accumulate(cdf, axis=-1)
    inside = (rising > _LOWEST) & (rising < _HIGHEST)
    out = np.where(rising < 0.5, -np.inf, np.inf)
    out[inside] = ndtri(rising[inside])
    return out


def cubic(values: Floats, k: NDArray[np.intp], place: Floats) -> Floats:
    """Return the cubic through values[k .. k + 3] at `place` from k, in points."""
    a, b, c, d = place, place - 1, place - 2, place - 3
    return np.asarray(
        -values[k] * b * c * d / 6
        + values[k + 1] * a * c * d / 2
        - values[k + 2] * a * b * d / 2
        + values[k + 3] * a * b * c / 6
    )
