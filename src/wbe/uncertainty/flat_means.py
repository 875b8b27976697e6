"""Quantiles of many means at once: rows with a lognormal error each, times what they share.

One batch of transforms makes the sums (`lognormal_sums`), one multiplies them by what their rows
share, on the grids of `fft_rows`. Whatever is not so plain (rows with shaped errors or without any,
sums of sums, masses that ring, shared errors too small for a grid) is left to `fft_means`. What is
left, and every number, depends on the mean alone, never on its neighbours in a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbe.uncertainty import fft_means, fft_rows, lognormal_sums, tables
from wbe.uncertainty.grid_plan import Grid, Planned, planned
from wbe.uncertainty.log_grid import CELLS, CELLS_A_SIDE, GAUSS, LogFactor
from wbe.uncertainty.lognormal_sums import Rows, Tables
from wbe.uncertainty.tree import Node

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.intp]

_AT_A_ROW = 2**9
"""Bytes of a row before its masses are known."""


@dataclass(frozen=True)
class _Sum:
    """What a plan of a grid asks about the log of a sum.

    Attributes
    ----------
    support : tuple of float
        Logs with 4e-11 below and above.
    narrow : float
        Scale of the narrower side of the log.
    """

    support: tuple[float, float]
    narrow: float
    atoms: bool = False
    uneven: bool = False


def solve(
    roots: list[Node], at: tuple[float, ...], finer: float = 1.0
) -> tuple[Floats, Ints, dict[str, float]]:
    """Return quantiles of the trees that are plain.

    Parameters
    ----------
    roots : list of Node
        With children, of known and positive scale.
    at : tuple of float
        Probabilities.
    finer : float
        Grids this many times finer than planned.

    Returns
    -------
    ndarray (root, probability)
        Quantiles in the unit of the scales; NaN for those that are left.
    ndarray of int
        Positions of those left to `fft_means`.
    dict of str to float
        The largest ``edge_mass`` and ``step``.

    Raises
    ------
    PrecisionError
        If a grid cannot resolve both the narrowest and the widest part.
    """
    out = np.full((len(roots), len(at)), np.nan)
    done = np.zeros(len(roots), dtype=bool)
    checks = fft_rows.NOTHING
    for of, rows in _alike(roots):
        for some, sums in lognormal_sums.tabulated(rows, finer):
            if not len(some):
                continue
            mine = of[some]
            found, solved, seen = _quantiles([roots[k] for k in mine], sums, at, finer)
            out[mine[solved]], done[mine[solved]] = found, True
            checks = fft_rows.larger(checks, seen)
    return out, np.flatnonzero(~done), checks


def _alike(roots: list[Node]) -> Iterator[tuple[Ints, Rows]]:
    """Return the plain trees with equally many rows, a bounded number at a time."""
    by: dict[int, list[int]] = {}
    for k, root in enumerate(roots):
        if root.sd > 0 and not any(c.children or c.factors for c in root.children):
            by.setdefault(len(root.children), []).append(k)
    for n, found in by.items():
        for of in lognormal_sums.portions(np.array(found), n * _AT_A_ROW):
            leaves = [[(c.scale, c.sd) for c in roots[k].children] for k in of]
            both = np.array(leaves, dtype=float)
            rows = Rows(both[:, :, 0].copy(), both[:, :, 1].copy())
            counts = np.flatnonzero(lognormal_sums.all_count(rows))
            yield of[counts], rows.take(counts)


def _quantiles(
    roots: list[Node], sums: Tables, at: tuple[float, ...], finer: float
) -> tuple[Floats, Ints, dict[str, float]]:
    """Return quantiles of what multiplies the sums, times the sums; of which; and the checks."""
    fft_rows.require_inside(at)
    scores, sd = ndtri(np.array(at)), np.array([r.sd for r in roots])
    sets: list[tuple[Planned, ...]] = [
        (*r.factors, s) for r, s in zip(roots, _sums(sums), strict=True)
    ]
    out = np.full((len(roots), len(at)), np.nan)
    checks = fft_rows.NOTHING
    for rows, grid in planned(sets, np.arange(len(sets)), sd, finer, None):
        if not grid.smoothed:
            continue
        for some in lognormal_sums.portions(rows, _cost(grid)):
            first = np.array([grid.first(sets[k]) for k in some], dtype=np.intp)
            spectra = _spectra([roots[k].factors for k in some], sums.take(some), grid, first)
            smooth = fft_rows.smoothed(spectra, sd[some], grid)
            cdf, edge = fft_rows.inverted(smooth, grid)
            out[some] = np.exp(fft_rows.read(first, cdf, grid, scores))
            checks = fft_rows.larger(checks, {"edge_mass": edge, "step": grid.step})
            fft_means.require_rising(out[some])
    solved = np.flatnonzero(~np.isnan(out[:, 0]))
    return out[solved], solved, checks


def _cost(grid: Grid) -> int:
    """Return bytes a sum: of numbers on the grid, and on the finer one of a table."""
    return 8 * (16 * max(grid.points, grid.fine_points) + 12 * 8 * CELLS)


def _sums(sums: Tables) -> list[_Sum]:
    low, below, middle, above, high = sums.marks
    narrow = np.maximum(np.minimum(middle - below, above - middle), (high - low) / 64)
    ends = zip(low.tolist(), high.tolist(), narrow.tolist(), strict=True)
    return [_Sum((a, b), c) for a, b, c in ends]


def _spectra(
    factors: list[tuple[LogFactor, ...]], sums: Tables, grid: Grid, first: Ints
) -> Complex:
    """Return transforms (sum, frequency) of the logs of sums and of the shaped factors."""
    out = np.fft.rfft(_table_masses(sums, grid.fine, grid.fine_points), axis=1)
    alike: dict[tuple[LogFactor, ...], list[int]] = {}
    for k, parts in enumerate(factors):
        alike.setdefault(parts, []).append(k)
    for parts, rows in alike.items():
        shared = grid.hats(len(parts) + 1).astype(np.complex128)
        for part in parts:
            shared *= fft_rows.transform(part, grid.fine, grid.fine_points)
        out[rows] *= shared
    turns = (np.arange(out.shape[1]) * first[:, None]) % grid.points
    out *= grid.turn[turns]
    return out


def _table_masses(sums: Tables, step: float, points: int) -> Floats:
    """Return hat masses (sum, point) of the logs of sums, wrapped around the grid.

    As `log_grid.hat_masses`: on finer grids where a sum is narrow, split once more.
    """
    low, high = sums.marks[0], sums.marks[-1]
    narrow = np.array([s.narrow for s in _sums(sums)])
    want = np.minimum(narrow / CELLS_A_SIDE, (high - low) / CELLS)
    finer = np.exp2(np.maximum(0.0, np.ceil(np.log2(step / want)))).astype(np.intp)
    begin = np.floor(low * finer / step).astype(np.intp) - 1
    counts = np.ceil(high * finer / step).astype(np.intp) + 2 - begin
    of, place = lognormal_sums.ragged(counts)
    k, split = np.repeat(begin, counts) + place, np.repeat(finer, counts)
    average = _averages(sums, counts, (k + 0.5) * (step / split), GAUSS * step / finer)
    average[np.cumsum(counts) - 1] = 1.0  # behind the last cell
    masses = lognormal_sums.differences(average, place)
    coarse = k // split
    part = masses * ((k - coarse * split) / split)
    at, size = of * points, len(counts) * points
    out = np.bincount(at + coarse % points, masses - part, size)
    out += np.bincount(at + (coarse + 1) % points, part, size)
    return np.asarray(out.reshape(len(counts), points))


def _averages(sums: Tables, counts: Ints, middle: Floats, gauss: Floats) -> Floats:
    """Return the average of distribution functions of the log over cells, so many a sum.

    From two Gauss points, at a distance `gauss` from the middle of a cell.
    """
    start, low, high, first, lower, upper = (
        np.repeat(column, counts)
        for column in (
            sums.start / sums.step, sums.low, sums.high,
            np.arange(len(counts)) * sums.scores.shape[1],
            np.exp(-gauss) / sums.step, np.exp(gauss) / sums.step,
        )
    )  # fmt: skip
    value, out = np.exp(middle), np.zeros(len(middle))
    for factor in (lower, upper):
        place = value * factor - start
        k = np.clip(place.astype(np.intp) - 1, low, high - 3)
        inside = ndtr(tables.cubic(sums.scores.ravel(), first + k, place - k))
        out += np.where(place < low, 0.0, np.where(place > high, 1.0, inside))
    return out / 2
