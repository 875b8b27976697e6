"""Distributions of sums of lognormal rows, many sums at a time.

The grids are those of `fft_means`: the masses of all rows on linear grids, and one batch of
transforms for their sums. The average of a lognormal distribution function F over a cell has a
closed form,

    int_0^x F(u) du = x Phi(z) - m Phi(z - s),    z = ln(x / c) / s,    m = c exp(s^2 / 2),

with median c, log-sd s and mean m. Every choice and number depends on the sum alone, never on its
neighbours in a batch.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from wbe.uncertainty import fft_means, fft_rows, tables
from wbe.uncertainty.grid_plan import EDGE_MASS
from wbe.uncertainty.log_grid import EDGE

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

MEMORY = 32 * 2**20
"""Bytes of a portion; no number depends on the portions."""

_LARGEST = 2**25
"""Bytes of the largest sum that is not left; not of a portion, which would decide for others."""

_MARKS = np.array([-EDGE, -1.96, -1.0, 0.0, 1.0, 1.96, EDGE])


@dataclass(frozen=True)
class Rows:
    """Rows of means with equally many of them.

    Attributes
    ----------
    scale, sd : ndarray (mean, row)
        Weighted medians [unit of the rows], and sds of the log [1]; positive.
    """

    scale: Floats
    sd: Floats

    @property
    def marks(self) -> Floats:
        """Values (mark, mean, row) at the scores `_MARKS`."""
        return np.asarray(self.scale * np.exp(self.sd * _MARKS[:, None, None]))

    def take(self, some: Ints) -> Rows:
        """Return the rows of some means."""
        return Rows(self.scale[some], self.sd[some])

    @property
    def means(self) -> Floats:
        """Mean of each row, (mean, row)."""
        return np.asarray(self.scale * np.exp(self.sd**2 / 2))


@dataclass(frozen=True)
class Tables:
    """Distribution functions of sums, as `tables.Table`.

    Attributes
    ----------
    start, step : ndarray (sum,)
        First point and distance of the points [unit of the rows].
    scores : ndarray (sum, point)
        Normal scores of the distribution function.
    low, high : ndarray (sum,) of int
        First and last point that is neither certain nor impossible to rounding.
    marks : ndarray (5, sum)
        Logs at the scores -6.5, -1.96, 0, 1.96 and 6.5.
    """

    start: Floats
    step: Floats
    scores: Floats
    low: Ints
    high: Ints
    marks: Floats

    def take(self, some: Ints) -> Tables:
        """Return some of the tables."""
        return Tables(
            self.start[some], self.step[some], self.scores[some], self.low[some], self.high[some],
            self.marks[:, some],
        )  # fmt: skip


def portions(rows: Ints, cost: int) -> Iterator[Ints]:
    """Return rows in portions of bounded memory, `cost` bytes each."""
    size = max(1, MEMORY // cost)
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def all_count(rows: Rows) -> Bools:
    """Return the sums in which each row counts, none is infinite, and not all are too narrow."""
    widths = rows.scale * rows.sd
    whole = np.sqrt((widths**2).sum(axis=1))
    wide = whole >= fft_means.NARROWEST * rows.scale.sum(axis=1)
    count = (widths > fft_means.NEGLIGIBLE * whole[:, None]).all(axis=1)
    return np.asarray(wide & count & np.isfinite(rows.marks).all(axis=(0, 2)))


def tabulated(rows: Rows, finer: float) -> Iterator[tuple[Ints, Tables]]:
    """Return the distributions of sums, with their positions: not of those that are left."""
    step, points, hats = grids(rows, finer)
    n = rows.scale.shape[1]
    kinds = {*zip(points.tolist(), hats.tolist(), strict=True)}
    for count, with_hats in sorted(kind for kind in kinds if kind[0]):
        alike = np.flatnonzero((points == count) & (hats == with_hats))
        for some in portions(alike, count * _cost(n)):
            yield _summed(rows.take(some), step[some], count, some, hats=with_hats)


def _cost(n: int) -> int:
    """Return bytes a point of a sum of n rows: their masses, and what is made of them."""
    return 8 * (n + 16)


def grids(rows: Rows, finer: float) -> tuple[Floats, Ints, Bools]:
    """Return step and number of points of each sum, 0 where it is left; and whether with hats.

    The choice of `fft_means`, for lognormal rows: their lower side is the narrower one.
    """
    low, _, below, middle, above, _, high = rows.marks
    narrow = np.maximum(middle - rows.marks[1], (high - low) * fft_means.LEAST_NARROW)
    sd = np.sqrt((((above - below) / 2) ** 2).sum(axis=1))
    n = narrow.shape[1]
    coarse, fine = fft_means.steps(sd * middle.sum(axis=1), (1 / narrow).sum(axis=1), n)
    coarse = np.minimum(coarse, narrow.min(axis=1) / fft_means.STEPS_A_PART)
    step = np.maximum(coarse, fine) / finer
    needed = (high - low).sum(axis=1) / step + 4 * n + 2 * fft_means.ENDS
    held = needed * _cost(n) <= _LARGEST
    points = np.exp2(np.ceil(np.log2(np.where(held, needed, 1.0))))
    return step, np.where(held, points, 0.0).astype(np.intp), coarse <= fine


def _summed(rows: Rows, step: Floats, points: int, of: Ints, *, hats: bool) -> tuple[Ints, Tables]:
    """Return tables of sums whose masses are clean, and which of `of` they are."""
    first, masses = lognormal_masses(rows, step)
    spectra = np.fft.rfft(masses[:, 0], points)
    room = np.empty_like(spectra)
    for k in range(1, masses.shape[1]):
        spectra *= np.fft.rfft(masses[:, k], points, out=room)
    if not hats:
        spectra /= _widening(points, masses.shape[1])
    total, begin = np.fft.irfft(spectra, points), first.sum(axis=1)
    clean = (total.min(axis=1) >= -fft_means.RINGING) & (fft_means.edge(total) < EDGE_MASS)
    found = step * (total * (begin[:, None] + np.arange(points))).sum(axis=1)
    fft_means.require_mean(rows.means.sum(axis=1)[clean], found[clean])
    scores = tables.rising_scores(np.cumsum(total, axis=1, out=total))
    return _marked(of, clean, (begin + 0.5) * step, step, scores)


def _marked(
    of: Ints, clean: Bools, start: Floats, step: Floats, scores: Floats
) -> tuple[Ints, Tables]:
    """Return the tables that reach beyond the scores of all marks, on values above 0."""
    inside = np.isfinite(scores)
    inside &= start[:, None] + step[:, None] * np.arange(scores.shape[1]) > 0
    low = inside.argmax(axis=1)
    high = scores.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    rows = np.arange(len(scores))
    reach = inside[rows, low] & (high - low > 4)
    reach &= (scores[rows, low + 1] < -EDGE) & (scores[rows, high - 1] > EDGE)
    held = np.flatnonzero(clean & reach)
    start, step, scores = start[held], step[held], scores[held]
    marks = fft_rows.crossings(scores, _MARKS[[0, 1, 3, 5, 6]], 4).T
    marks = np.log(start + step * marks)
    return of[held], Tables(start, step, scores, low[held], high[held], marks)


def lognormal_masses(rows: Rows, step: Floats) -> tuple[Ints, Floats]:
    """Return first points (sum, row) and hat masses (sum, row, point)."""
    shape, ends = rows.scale.shape, rows.marks
    steps = np.repeat(step, shape[1])
    first = np.floor(ends[0].ravel() / steps).astype(np.intp) - 1
    counts = np.ceil(ends[-1].ravel() / steps).astype(np.intp) + 2 - first
    of, place = ragged(counts)
    k = np.maximum(np.repeat(first, counts) + place, 0)
    average = _averages(k, steps, rows, counts)
    average[np.cumsum(counts) - 1] = 1.0  # behind the last cell
    masses = np.zeros((len(counts), int(counts.max())))
    masses[of, place] = differences(average, place)
    return first.reshape(shape), masses.reshape(*shape, -1)


def _averages(k: Ints, steps: Floats, rows: Rows, counts: Ints) -> Floats:
    """Return the average of distribution functions from k to k + 1 steps, so many k a row.

    Above the median from the integral of 1 - F, which is as small as the tail.
    """
    scale, sd, mean = (
        np.repeat(column, counts)
        for column in (rows.scale.ravel() / steps, rows.sd.ravel(), rows.means.ravel() / steps)
    )
    with np.errstate(divide="ignore"):
        z = np.log(k / scale) / sd
    side = np.where(z < 0, 1.0, -1.0)
    part = side * (k * ndtr(side * z) - mean * ndtr(side * (z - sd)))
    out = np.zeros(len(k))
    out[:-1] = np.diff(part) + (side[:-1] < 0)
    middle = np.flatnonzero(side[:-1] > side[1:])  # of cells with the median inside
    out[middle] += k[middle + 1] - mean[middle]
    return out


def differences(average: Floats, place: Ints) -> Floats:
    """Return what is added from one cell to the next of the same row, all rows in one array."""
    out = average.copy()
    out[1:] -= np.where(place[1:] > 0, average[:-1], 0.0)
    return out


def ragged(counts: Ints) -> tuple[Ints, Ints]:
    """Return row and place in the row of all elements, so many a row."""
    of = np.repeat(np.arange(len(counts)), counts)
    return of, np.arange(len(of)) - (np.cumsum(counts) - counts)[of]


@functools.lru_cache(maxsize=32)
def _widening(points: int, n: int) -> Floats:
    """Return the transform of n hats, but for one cell."""
    return np.asarray(np.sinc(np.arange(points // 2 + 1) / points) ** (2 * n - 1))
