"""Exact quantiles of sums of independent logs, many at a time, by fast Fourier transform.

Y = s Z + sum_k C_k with Z standard normal and C_k the logs of shaped factors. The characteristic
function of the normal part is exact; that of a shaped factor is the transform of its masses
(`log_grid.hat_masses`).

*Smoothed* sums have an s that a grid can resolve. Their spectrum ends at about 7 / s: few points
suffice, and the widening by the hats is taken out, because the transform of hat masses is the
characteristic function times (sin(w h / 2) / (w h / 2))^2. All others get a grid of 65,536 points.

Every choice depends on the sum alone, never on its neighbours in a batch, and a transform gives the
same numbers whatever else is in its batch.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbe.errors import PrecisionError
from wbe.uncertainty.grid_plan import EDGE_MASS, Grid, planned
from wbe.uncertainty.log_grid import Law, LogFactor, hat_masses
from wbe.uncertainty.normal_family import Lognormal

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.intp]

NOTHING = {"edge_mass": 0.0, "step": 0.0}
"""Checks of what has a closed form."""

_MEMORY = 32 * 2**20
_AT_ONCE = 2**16
_EXTREME = 1e-6
_ENDS = 2


@dataclass(frozen=True)
class Sums:
    """Sums of a normal and the logs of shaped factors.

    Attributes
    ----------
    sets : sequence of tuple of Law
        Different sets of shaped factors, none of them constant.
    of : ndarray (sum,) of int
        Position of the set of each sum.
    sd : ndarray (sum,)
        Of the normal part [1].
    """

    sets: Sequence[tuple[Law, ...]]
    of: Ints
    sd: Floats


def solve(
    sums: Sums, at: tuple[float, ...], finer: float = 1.0, points: int | None = None
) -> tuple[Floats, dict[str, float]]:
    """Return quantiles of sums.

    Parameters
    ----------
    sums : Sums
    at : tuple of float
        Probabilities.
    finer : float
        Grids this many times finer than planned, a power of two: for tests of the accuracy.
    points : int, optional
        Points of all grids instead of the planned ones, at the same step: for tests.

    Returns
    -------
    ndarray (sum, probability)
        Quantiles of the log [1].
    dict of str to float
        The largest ``edge_mass`` and ``step``.

    Raises
    ------
    PrecisionError
        If a grid is too short or too coarse, or a probability too close to 0 or 1.
    """
    scores = ndtri(np.array(at))
    out = sums.sd[:, None] * scores
    parts = np.array([len(s) for s in sums.sets])[sums.of]
    for k in np.flatnonzero((parts == 1) & (sums.sd == 0)):
        out[k] = sums.sets[sums.of[k]][0].quantiles(scores)
    left = np.flatnonzero(parts > (sums.sd == 0))
    checks = NOTHING
    if len(left):
        require_inside(at)
    for part in _portions(left, _AT_ONCE):
        for rows, grid in planned(sums.sets, sums.of[part], sums.sd[part], finer, points):
            for some in _portions(part[rows], max(1, _MEMORY // (32 * grid.points))):
                few = Sums(sums.sets, sums.of[some], sums.sd[some])
                out[some], edge = _quantiles(few, grid, scores)
                checks = larger(checks, {"edge_mass": edge, "step": grid.step})
    return out, checks


def distribution(parts: tuple[Law, ...], sd: float, finer: float) -> tuple[float, float, Floats]:
    """Return the distribution function of one sum on its grid.

    Returns
    -------
    float, float
        First point of the log, and step [1].
    ndarray (point,)
    """
    sums = Sums([parts], np.zeros(1, dtype=np.intp), np.array([sd]))
    ((_, grid),) = planned(sums.sets, sums.of, sums.sd, finer, None)
    first, cdf, _ = _on_grid(sums, grid)
    return (int(first[0]) + 0.5) * grid.step, grid.step, cdf[0]


def larger(a: dict[str, float], b: dict[str, float]) -> dict[str, float]:
    """Return the larger of two numbers of the same name."""
    return {name: max(value, b[name]) for name, value in a.items()}


def _portions(rows: Ints, size: int) -> list[Ints]:
    """Return rows in portions of bounded memory; no number depends on the portions."""
    return [rows[k : k + size] for k in range(0, len(rows), size)]


def require_inside(at: tuple[float, ...]) -> None:
    """Refuse probabilities that a grid does not hold."""
    if not (min(at) >= _EXTREME and max(at) <= 1 - _EXTREME):
        raise PrecisionError(f"quantiles at {at}: a grid holds them between 1e-6 and 1 - 1e-6")


def _quantiles(sums: Sums, grid: Grid, scores: Floats) -> tuple[Floats, float]:
    first, cdf, edge = _on_grid(sums, grid)
    return read(first, cdf, grid, scores), edge


def read(first: Ints, cdf: Floats, grid: Grid, scores: Floats) -> Floats:
    """Return the logs (sum, quantile) at normal scores, of distribution functions on a grid."""
    place = crossings(cdf, scores, 4 if grid.smoothed else 2, scored=False)
    return np.asarray((first[:, None] + 0.5 + place) * grid.step)


def _on_grid(sums: Sums, grid: Grid) -> tuple[Ints, Floats, float]:
    """Return first points (sum,), distribution functions (sum, point), the largest edge mass."""
    first = np.empty(len(sums.of), dtype=np.intp)
    spectra = np.empty((len(sums.of), grid.points // 2 + 1), dtype=np.complex128)
    for rows, parts in _same_set(sums):
        first[rows] = grid.first(parts)
        if grid.smoothed:
            spectrum = _spectrum(parts, grid, grid.first(parts))
            spectra[rows] = smoothed(spectrum, sums.sd[rows], grid)
        else:
            for row in rows:
                spectra[row] = _spectrum(_with_normal(parts, float(sums.sd[row])), grid, first[row])
    return first, *inverted(spectra, grid)


def inverted(spectra: Complex, grid: Grid) -> tuple[Floats, float]:
    """Return distribution functions (sum, point), and the largest edge mass.

    Raises
    ------
    PrecisionError
        If a sum has probability at the ends of the grid.
    """
    masses = np.fft.irfft(spectra, grid.points, axis=1)
    ends = np.concatenate([masses[:, :_ENDS], masses[:, -_ENDS:]], axis=1)
    edge = float(np.abs(ends).sum(axis=1).max())
    if not edge < EDGE_MASS:
        raise PrecisionError(f"a probability of {edge:.2g} lies at the ends of the grid")
    return np.cumsum(masses, axis=1, out=masses), edge


def _same_set(sums: Sums) -> Iterator[tuple[Ints, tuple[Law, ...]]]:
    order = np.argsort(sums.of, kind="stable")
    cuts = np.flatnonzero(np.diff(sums.of[order])) + 1
    for rows in np.split(order, cuts):
        yield rows, sums.sets[sums.of[rows[0]]]


def smoothed(spectra: Complex, sd: Floats, grid: Grid) -> Complex:
    """Return spectra (sum, frequency) with the exact normal part, 0 beyond where it ends.

    Parameters
    ----------
    spectra : ndarray (frequency,) or (sum, frequency)
        Of the shaped factors.
    sd : ndarray (sum,)
        Of the normal parts [1].
    grid : Grid

    Returns
    -------
    ndarray (sum, frequency)
    """
    n = min(spectra.shape[-1], grid.points // 2 + 1)
    out = np.zeros((len(sd), grid.points // 2 + 1), dtype=np.complex128)
    normal = np.exp(sd[:, None] ** 2 * grid.minus_half_squared[:n])
    np.multiply(normal, spectra[..., :n], out=out[:, :n])
    return out


def _with_normal(parts: tuple[Law, ...], sd: float) -> tuple[Law, ...]:
    """Add a normal part that is too narrow for its own spectrum as one more set of masses."""
    normal = LogFactor(Lognormal(1.0, sd), 1.0)
    return parts if normal.constant else (*parts, normal)


def _spectrum(parts: tuple[Law, ...], grid: Grid, first: int) -> Complex:
    """Return the transform of the cell masses of the sum of shaped factors.

    Where smoothed: of cells around the points, with the hats taken out.
    """
    out = transform(parts[0], grid.fine, grid.fine_points)
    for part in parts[1:]:
        out = out * transform(part, grid.fine, grid.fine_points)
    # the phase as a fraction of a turn: exact in integers, where an angle would lose digits
    turns = (np.arange(len(out)) * int(first)) % grid.points
    return np.asarray(out * grid.turn[turns] * grid.hats(len(parts)))


def transform(part: Law, step: float, points: int) -> Complex:
    """Return the transform of the hat masses of one factor, wrapped around a grid."""
    start, masses = _masses(part, step)
    held = np.bincount((start + np.arange(len(masses))) % points, masses, points)
    return np.fft.rfft(held)


_masses = functools.lru_cache(maxsize=64)(hat_masses)


def crossings(values: Floats, goals: Floats, order: int, scored: bool = True) -> Floats:
    """Return where rising rows reach values, in points, by inverse interpolation.

    Parameters
    ----------
    values : ndarray (row, point)
        Normal scores of a distribution function, or the function itself.
    goals : ndarray (quantile,)
        Normal scores.
    order : int
        Points of the interpolation: 4 where it is smooth, else 2.
    scored : bool
        Whether `values` are scores.

    Returns
    -------
    ndarray (row, quantile)

    Notes
    -----
    Rounding leaves plateaus in the tails. A polynomial through one leads out of the cell in which a
    value is reached: there a straight line is taken.
    """
    rows, n = np.arange(len(values))[:, None], values.shape[1]
    out = np.empty((len(values), len(goals)))
    for j, goal in enumerate(goals.tolist()):
        wanted = goal if scored else ndtr(goal)
        if not ((values[:, 0] < wanted) & (values[:, -1] >= wanted)).all():
            raise PrecisionError(f"a grid ends before the quantile at the score {goal:.3g}")
        above = np.argmax(values >= wanted, axis=1)
        start = np.clip(above - order // 2, 0, n - order)
        window = values[rows, start[:, None] + np.arange(order)]
        scores = window if scored else ndtri(np.clip(window, 1e-300, 1 - 1e-16))
        found = start + _lagrange(scores, goal)
        outside = np.flatnonzero(~((found >= above - 1) & (found <= above)))
        last = (above - start)[outside]
        low, high = scores[outside, last - 1], scores[outside, last]
        found[outside] = above[outside] - (high - goal) / (high - low)
        out[:, j] = found
    return out


def _lagrange(x: Floats, goal: float) -> Floats:
    """Return the polynomial through (x[:, i], i) at `goal`, shape (row,): NaN for equal x."""
    n = x.shape[1]
    total = np.zeros(len(x))
    for i in range(1, n):
        weight = np.full(len(x), float(i))
        for j in range(n):
            if j != i:
                with np.errstate(divide="ignore", invalid="ignore"):
                    weight *= (goal - x[:, j]) / (x[:, i] - x[:, j])
        total += weight
    return total
