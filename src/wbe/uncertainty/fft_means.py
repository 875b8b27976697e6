"""Exact quantiles of a tree of sums and common factors, by fast Fourier transform.

Sums are made on a linear grid of the value, products on a grid of the logarithm. A distribution
passes from one to the other by its distribution function: its masses on the other grid are those of
hats (`log_grid.hat_masses`), which keep its mean.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbe.errors import PrecisionError
from wbe.uncertainty import fft_rows
from wbe.uncertainty.grid_plan import AIM, ALLOWED, EDGE_MASS
from wbe.uncertainty.log_grid import EDGE, Law, LogFactor, hat_masses
from wbe.uncertainty.normal_family import Lognormal
from wbe.uncertainty.sharing import Node

Floats = NDArray[np.float64]

_MOST = 2**20
"""Largest number of points of a linear grid."""

_RINGING = 1e-7
"""Negative mass from which on the hats stay in."""

_NEGLIGIBLE = 1e-6
"""Share of a sum's sd below which a part counts as exact."""

_NARROWEST = 1e-3
"""Relative sd of a sum below which an error of `AIM` of the value would show in its interval."""

_INSIDE = 7.5
_ENDS = 2


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
        inside = ndtr(_cubic(self.scores, k, place - k))
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


@dataclass(frozen=True, eq=False)
class Scaled:
    """scale * exp(Y), on the linear grid.

    Attributes
    ----------
    law : LogFactor or Table
        Of Y.
    scale : float
        Positive.
    """

    law: Law
    scale: float

    @functools.cached_property
    def _marks(self) -> list[float]:
        return (self.scale * np.exp(_log_marks(self.law))).tolist()

    @property
    def support(self) -> tuple[float, float]:
        """Quantiles with 4e-11 below and above."""
        return self._marks[0], self._marks[-1]

    @property
    def narrow(self) -> float:
        """Scale of the narrower side, never 0."""
        sides = (self._marks[3] - self._marks[1], self._marks[5] - self._marks[3])
        return max(min(sides), (self._marks[-1] - self._marks[0]) * 1e-4)

    @property
    def sd(self) -> float:
        """Half the central 68 %: about one sd."""
        return (self._marks[4] - self._marks[2]) / 2

    @property
    def uneven(self) -> bool:
        """Whether there are atoms, or poles of the density."""
        return self.law.uneven

    def cdf(self, x: Floats) -> Floats:
        """Return the distribution function of the value."""
        least = self._marks[0] / 2
        return self.law.cdf(np.log(np.maximum(x, least) / self.scale))

    def knots(self) -> Floats:
        """Return where the distribution function is not smooth."""
        return self.scale * np.exp(self.law.knots())


@functools.lru_cache(maxsize=256)
def _log_marks(of: Law) -> Floats:
    return of.quantiles(np.array([-EDGE, -1.96, -1.0, 0.0, 1.0, 1.96, EDGE]))


def solve(root: Node, at: tuple[float, ...], finer: float = 1.0) -> tuple[Floats, dict[str, float]]:
    """Return quantiles of a tree with children.

    Parameters
    ----------
    root : Node
    at : tuple of float
        Probabilities.
    finer : float
        Grids this many times finer than planned.

    Returns
    -------
    ndarray (probability,)
        Quantiles in the unit of the scales.
    dict of str to float
        The largest ``edge_mass`` and ``step``.

    Raises
    ------
    PrecisionError
        If a grid cannot resolve both the narrowest and the widest part.
    """
    parts: tuple[Law, ...] = (*root.factors, total(root.children, finer))
    sums = fft_rows.Sums([parts], np.zeros(1, dtype=np.intp), np.array([root.sd]))
    logs, checks = fft_rows.solve(sums, at, finer)
    quantiles = np.exp(logs[0])
    if not (np.isfinite(quantiles).all() and (np.diff(quantiles) >= 0).all()):
        raise PrecisionError(f"the quantiles of a sum came out as {quantiles}")
    return quantiles, checks


def law(node: Node, finer: float) -> Law:
    """Return the distribution of ln(value / scale), of a node with children of ln(value)."""
    parts: tuple[Law, ...] = node.factors
    if node.children:
        parts = (*parts, total(node.children, finer))
    elif not parts:
        return LogFactor(Lognormal(1.0, node.sd), 1.0)
    if node.sd == 0 and len(parts) == 1:
        return parts[0]
    return tabulated(parts, node.sd, finer)


@functools.lru_cache(maxsize=256)
def tabulated(parts: tuple[Law, ...], sd: float, finer: float) -> Table:
    """Return the table of a sum of logs."""
    start, step, cdf = fft_rows.distribution(parts, sd, finer)
    smooth = sd > 0 or not all(p.atoms for p in parts)
    return _table(start, step, cdf, linear=False, smooth=smooth)


def _table(start: float, step: float, cdf: Floats, *, linear: bool, smooth: bool) -> Table:
    """Return a table of the part of a distribution function that is neither 0 nor 1."""
    scores = ndtri(np.clip(np.maximum.accumulate(cdf), 1e-300, 1 - 1e-16))
    inside = np.abs(scores) < _INSIDE
    if linear:
        inside &= start + step * np.arange(len(cdf)) > 0
    held = np.flatnonzero(inside)
    return Table(start + held[0] * step, step, scores[held], linear, smooth)


def total(nodes: tuple[Node, ...], finer: float) -> Table:
    """Return the distribution of the log of a sum of independent nodes.

    Raises
    ------
    PrecisionError
        If no linear grid of at most 2^20 points resolves the narrowest part and holds the widest.

    Notes
    -----
    The transform of each child's hat masses is divided by (sin(w d / 2) / (w d / 2))^2 where the
    step d resolves it, which takes the width of the hats out. Where kinks leave something to ring,
    the hats stay in, on a grid so fine that their width does no harm.
    """
    uncertain = _uncertain(nodes)
    fixed = math.fsum(c.mean() for c, counts in zip(nodes, uncertain, strict=True) if not counts)
    parts = [
        Scaled(law(c, finer), 1.0 if c.children else c.scale)
        for c, counts in zip(nodes, uncertain, strict=True)
        if counts
    ]
    smooth = not all(p.law.atoms for p in parts)
    coarse, fine = _steps(parts, fixed)
    ringing = True
    if coarse > 0:
        first, masses = _summed(parts, coarse / finer, finer, hats=False)
        ringing = masses.min() < -_RINGING or not _edge(masses) < EDGE_MASS
    if ringing:
        first, masses = _summed(parts, fine / finer, finer, hats=True)
    step = (fine if ringing else coarse) / finer
    if not _edge(masses) < EDGE_MASS:
        raise PrecisionError(
            f"a sum has {_edge(masses):.2g} of its probability at the ends of a grid"
        )
    start = fixed + (first + 0.5) * step
    _require_mean(nodes, fixed + step * float(masses @ (first + np.arange(len(masses)))))
    return _table(start, step, np.cumsum(masses), linear=True, smooth=smooth)


def _uncertain(nodes: tuple[Node, ...]) -> list[bool]:
    """Return which nodes have a spread that counts beside that of the others.

    Raises
    ------
    PrecisionError
        If the sum is so narrow that a grid of it has no place between its points.
    """
    widths = [node.scale * node.relative_sd for node in nodes]
    whole = math.hypot(*widths)
    if whole < _NARROWEST * math.fsum(node.scale for node in nodes):
        raise PrecisionError("a sum is known to less than a thousandth: too narrow for a grid")
    return [width > _NEGLIGIBLE * whole for width in widths]


def _require_mean(nodes: tuple[Node, ...], found: float) -> None:
    """Hold the mean of a sum against the sum of the means, which is exact."""
    exact = math.fsum(node.mean() for node in nodes)
    if math.isfinite(exact) and not abs(found - exact) <= ALLOWED * exact:
        raise PrecisionError(f"a sum has the mean {found:.8g} on its grid; it is {exact:.8g}")


def _edge(masses: Floats) -> float:
    """Return the probability at both ends of a grid; signed masses of ringing cancel."""
    return float(abs(masses[:_ENDS].sum()) + abs(masses[-_ENDS:].sum()))


def _summed(parts: list[Scaled], step: float, finer: float, *, hats: bool) -> tuple[int, Floats]:
    """Return the number of the first point, and the masses of a sum."""
    points = _points(parts, step, finer)
    first = math.floor(sum(p.support[0] for p in parts) / step) - 2 * len(parts) - _ENDS
    k = np.arange(points // 2 + 1)
    spectrum, shift = np.ones(len(k), dtype=np.complex128), -first
    for part in parts:
        start, masses = hat_masses(part, step)
        spectrum *= np.fft.rfft(masses, points)
        shift += start
    spectrum *= np.exp(-2j * np.pi * ((k * shift) % points / points))
    if not hats:
        spectrum /= np.sinc(k / points) ** (2 * len(parts) - 1)
    return first, np.fft.irfft(spectrum, points)


def _steps(parts: list[Scaled], fixed: float) -> tuple[float, float]:
    """Return the step of a grid without hats, 0 where it must have them, and of one with them.

    A hat adds a variance of at most d^2 / 4; taken out, it leaves less than d^3 / (36 narrow). A
    variance wrong by v moves a quantile of the sum at 2 sds by v / sd.
    """
    sd = math.sqrt(math.fsum(p.sd**2 for p in parts))
    middle = fixed + math.fsum(math.sqrt(p.support[0] * p.support[1]) for p in parts)
    allowed = AIM * sd * middle
    fine = math.sqrt(4 * allowed / len(parts))
    if all(p.law.atoms for p in parts):  # the sum has steps, each to be found where it is
        fine = min(fine, AIM * middle)
    narrow = min(p.narrow for p in parts)
    coarse = (36 * allowed / math.fsum(1 / p.narrow for p in parts)) ** (1 / 3)
    coarse = min(coarse, narrow / 4)
    if any(p.uneven for p in parts) or coarse <= fine:
        coarse = 0.0
    return coarse, fine


def _points(parts: list[Scaled], step: float, finer: float) -> int:
    width = math.fsum(p.support[1] - p.support[0] for p in parts)
    needed = width / step + 4 * len(parts) + 2 * _ENDS
    if not needed <= _MOST * finer:
        raise PrecisionError(
            f"a sum over {width:.3g} in steps of {step:.3g} needs {needed:.3g} points; a linear "
            f"grid has at most {_MOST}: use method = 'auto' or 'monte_carlo'"
        )
    return 2 ** math.ceil(math.log2(needed))


def _cubic(values: Floats, k: NDArray[np.intp], place: Floats) -> Floats:
    """Return the cubic through values[k .. k + 3] at `place` from k, in points."""
    a, b, c, d = place, place - 1, place - 2, place - 3
    return np.asarray(
        -values[k] * b * c * d / 6
        + values[k + 1] * a * c * d / 2
        - values[k + 2] * a * b * d / 2
        + values[k + 3] * a * b * c / 6
    )
