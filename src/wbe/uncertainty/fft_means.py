"""Exact quantiles of a tree of sums and common factors, by fast Fourier transform.

Sums are made on a linear grid of the value, products on a grid of the logarithm. A distribution
passes from one to the other by its distribution function: its masses on the other grid are those of
hats (`log_grid.hat_masses`), which keep its mean.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError
from wbe.uncertainty import fft_rows, tables
from wbe.uncertainty.grid_plan import AIM, ALLOWED, EDGE_MASS
from wbe.uncertainty.log_grid import EDGE, Law, LogFactor, hat_masses
from wbe.uncertainty.normal_family import Lognormal
from wbe.uncertainty.tree import Node

Floats = NDArray[np.float64]
_Number = TypeVar("_Number", float, NDArray[np.float64])

MOST = 2**20
"""Largest number of points of a linear grid."""

RINGING = 1e-7
"""Negative mass from which on the hats stay in."""

NEGLIGIBLE = 1e-6
"""Share of a sum's sd below which a part counts as exact."""

NARROWEST = 1e-3
"""Relative sd of a sum below which an error of `AIM` of the value would show in its interval."""

LEAST_NARROW = 1e-4
"""Share of the support of a part below which no scale of it is believed."""

STEPS_A_PART = 4
"""Least number of steps in the scale of the narrowest part, where hats are taken out."""

ENDS = 2
"""Points at each end of a grid that must be empty."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """scale * exp(Y), on the linear grid.

    Attributes
    ----------
    law : LogFactor or tables.Table
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
        return max(min(sides), (self._marks[-1] - self._marks[0]) * LEAST_NARROW)

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
    require_rising(quantiles)
    return quantiles, checks


def require_rising(quantiles: Floats) -> None:
    """Refuse quantiles (..., probability) that are infinite, missing or fall."""
    wrong = ~np.isfinite(quantiles).all(axis=-1) | (quantiles[..., 1:] < quantiles[..., :-1]).any(
        axis=-1
    )
    if wrong.any():
        raise PrecisionError(f"the quantiles of a sum came out as {quantiles[wrong]}")


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
def tabulated(parts: tuple[Law, ...], sd: float, finer: float) -> tables.Table:
    """Return the table of a sum of logs."""
    start, step, cdf = fft_rows.distribution(parts, sd, finer)
    smooth = sd > 0 or not all(p.atoms for p in parts)
    return tables.made(start, step, cdf, linear=False, smooth=smooth)


def total(nodes: tuple[Node, ...], finer: float) -> tables.Table:
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
        ringing = masses.min() < -RINGING or not edge(masses) < EDGE_MASS
    if ringing:
        first, masses = _summed(parts, fine / finer, finer, hats=True)
    step = (fine if ringing else coarse) / finer
    if not edge(masses) < EDGE_MASS:
        raise PrecisionError(
            f"a sum has {edge(masses):.2g} of its probability at the ends of a grid"
        )
    start = fixed + (first + 0.5) * step
    found = fixed + step * float(masses @ (first + np.arange(len(masses))))
    require_mean(np.array([math.fsum(node.mean() for node in nodes)]), np.array([found]))
    return tables.made(start, step, np.cumsum(masses), linear=True, smooth=smooth)


def _uncertain(nodes: tuple[Node, ...]) -> list[bool]:
    """Return which nodes have a spread that counts beside that of the others.

    Raises
    ------
    PrecisionError
        If the sum is so narrow that a grid of it has no place between its points.
    """
    widths = [node.scale * node.relative_sd for node in nodes]
    whole = math.hypot(*widths)
    if whole < NARROWEST * math.fsum(node.scale for node in nodes):
        raise PrecisionError("a sum is known to less than a thousandth: too narrow for a grid")
    return [width > NEGLIGIBLE * whole for width in widths]


def require_mean(exact: Floats, found: Floats) -> None:
    """Hold the means of sums (sum,) against the sums of the means, which are exact."""
    wrong = np.isfinite(exact) & ~(np.abs(found - exact) <= ALLOWED * exact)
    for k in np.flatnonzero(wrong):
        raise PrecisionError(f"a sum has the mean {found[k]:.8g} on its grid; it is {exact[k]:.8g}")


def edge(masses: Floats) -> Floats:
    """Return the probability at both ends of grids (..., point); masses of ringing cancel."""
    ends = masses[..., :ENDS].sum(axis=-1), masses[..., -ENDS:].sum(axis=-1)
    return np.asarray(np.abs(ends[0]) + np.abs(ends[1]))


def _summed(parts: list[Scaled], step: float, finer: float, *, hats: bool) -> tuple[int, Floats]:
    """Return the number of the first point, and the masses of a sum."""
    points = _points(parts, step, finer)
    first = math.floor(sum(p.support[0] for p in parts) / step) - 2 * len(parts) - ENDS
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
    """Return the step of a grid without hats, 0 where it must have them, and of one with them."""
    sd = math.sqrt(math.fsum(p.sd**2 for p in parts))
    middle = fixed + math.fsum(math.sqrt(p.support[0] * p.support[1]) for p in parts)
    coarse, fine = steps(sd * middle, math.fsum(1 / p.narrow for p in parts), len(parts))
    if all(p.law.atoms for p in parts):  # the sum has steps, each to be found where it is
        fine = min(fine, AIM * middle)
    coarse = min(coarse, min(p.narrow for p in parts) / STEPS_A_PART)
    if any(p.uneven for p in parts) or coarse <= fine:
        coarse = 0.0
    return coarse, fine


def steps(spread: _Number, sharpness: _Number, n: int) -> tuple[_Number, _Number]:
    """Return the steps at which the hats of n parts move a quantile by `AIM`: taken out, left in.

    Parameters
    ----------
    spread : float or ndarray
        Sd of the sum times its middle [unit of the sum, squared].
    sharpness : float or ndarray
        Sum of 1 / narrow over the parts [1 / unit of the sum].
    n : int

    Returns
    -------
    float or ndarray
        Step d without hats [unit of the sum].
    float or ndarray
        With hats.

    Notes
    -----
    A hat adds a variance of at most d^2 / 4; taken out, it leaves less than d^3 / (36 narrow). A
    variance wrong by v moves a quantile of the sum at 2 sds by v / sd.
    """
    return (36 * AIM * spread / sharpness) ** (1 / 3), (4 * AIM * spread / n) ** 0.5


def _points(parts: list[Scaled], step: float, finer: float) -> int:
    width = math.fsum(p.support[1] - p.support[0] for p in parts)
    needed = width / step + 4 * len(parts) + 2 * ENDS
    if not needed <= MOST * finer:
        raise PrecisionError(
            f"a sum over {width:.3g} in steps of {step:.3g} needs {needed:.3g} points; a linear "
            f"grid has at most {MOST}: use method = 'auto' or 'monte_carlo'"
        )
    return 2 ** math.ceil(math.log2(needed))
