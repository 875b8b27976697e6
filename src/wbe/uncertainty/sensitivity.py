"""Which of several independent inputs the variance of an output comes from.

Pick-freeze: the output is drawn with all inputs from one set of streams (A), with all from another
(B), and for each input with that input from B and the rest from A (AB), or with that input held at
its median. Everything is summed block by block; only sums of groups of draws are kept, and the
groups give the Monte Carlo error of each index (jackknife).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty.streams import BLOCK, Correlation, Stream, blocks
from wbe.uncertainty.swaps import Held, Swapped

Floats = NDArray[np.float64]

Output = Callable[[Stream, int], Floats]
"""Takes streams and the number of a block, and returns the draws of one output, (BLOCK,)."""

LEAST = 1_000
"""Draws below which no index is given: their errors would rest on too few groups."""

_GROUP = 100  # draws of a group of the jackknife; divides BLOCK

_ROUNDING = 1e-20
"""Total index of an input that enters and cancels: differences of its draws are rounding."""

_CONSTANT = 1e-12  # sd of an output that does not vary, over its size

_ONE_GROUP = 0.5
"""Part of the variance from one group of draws above which too few draws tell of it."""


@dataclass(frozen=True)
class Indices:
    """Parts of the variance by input.

    Attributes
    ----------
    values : ndarray (3, input)
        Share 1 - Var(held) / Var, first-order and total Sobol index [1].
    errors : ndarray (3, input)
        Their Monte Carlo standard errors [1].
    variance : float
        Of the output [unit of the output, squared]; 0 where it does not vary, and then all
        indices are 0.
    """

    values: Floats
    errors: Floats
    variance: float


def pick_freeze(
    output: Output,
    inputs: Sequence[Collection[str]],
    draws: int,
    seed: int,
    correlations: tuple[Correlation, ...] = (),
    floor: float = 0.0,
) -> Indices:
    """Return the variance shares of the inputs of an output by keyed draws.

    Parameters
    ----------
    output : callable
        Takes a `Stream` and the number of a block and returns one block of draws, (BLOCK,).
    inputs : sequence of collection of str
        Names of the variables of each input; correlated variables belong to one input.
    draws : int
        Draws of each set of streams, at least `LEAST`; the output is drawn (2 + 2 inputs) times.
    seed : int
        A: the streams of the seed; B: its first replica.
    correlations : tuple of Correlation
    floor : float
        Size of output from which rounding is judged where the output itself is smaller; 1 for
        logs.

    Returns
    -------
    Indices

    Raises
    ------
    UsageError
        If there are too few draws, or the output is unknown (NaN).
    PrecisionError
        If the output is infinite, or varies in too few of the draws to tell why.

    Notes
    -----
    With a, b, ab and h the centred draws and V the variance of a and b together:
    first = mean(b (ab - a)) / V (Saltelli et al. 2010), total = mean((a - ab)^2) / 2 V (Jansen
    1999), share = 1 - var(h) / var(a). For an additive output the three agree; total exceeds first
    where inputs interact; the share depends on the median at which an input is held and can be
    negative. An input whose exchange moves the output by rounding alone has 0 exactly.

    References
    ----------
    Saltelli et al. 2010, 10.1016/j.cpc.2009.09.018
    Jansen 1999, 10.1016/S0010-4655(98)00154-4
    """
    if draws < LEAST:
        raise UsageError(f"draws = {draws}: a budget needs at least {LEAST:,}")
    size = float(np.mean(_drawn(output, Stream(seed, correlations), 0)))
    sums = _Sums(len(inputs))
    for block, span in blocks(draws):
        used = slice(0, span.stop - span.start)
        a = _drawn(output, Stream(seed, correlations), block)[used] - size
        b = _drawn(output, Stream(seed, correlations, replica=1), block)[used] - size
        sums.start(a, b)
        for i, names in enumerate(inputs):
            ab = _drawn(output, Swapped(seed, correlations, names), block)[used] - size
            held = _drawn(output, Held(seed, correlations, names), block)[used] - size
            sums.add(i, a, b, ab, held)
    return sums.indices(_CONSTANT * max(abs(size), floor))


def normal_scores(
    output: Output, draws: int, seed: int, correlations: tuple[Correlation, ...] = ()
) -> Output:
    """Return an output's place in its own distribution, as a standard normal score.

    For outputs whose tails are too heavy for a variance, as Student's t of few points. Monotone:
    the order of two values is kept. Of an output that is normal the scores have its indices.

    Parameters
    ----------
    output : callable
    draws : int
        Draws that make the distribution, kept together (8 bytes each).
    seed : int
    correlations : tuple of Correlation

    Returns
    -------
    callable
        Standard normal scores; values beyond all draws have the score of the outermost one.
    """
    drawn = np.empty(draws)
    for block, span in blocks(draws):
        values = _drawn(output, Stream(seed, correlations), block)
        drawn[span] = values[: span.stop - span.start]
    known, counts = np.unique(drawn, return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2) / draws)

    def scored(stream: Stream, block: int) -> Floats:
        return np.interp(output(stream, block), known, scores)

    return scored


def _drawn(output: Output, stream: Stream, block: int) -> Floats:
    values = np.asarray(output(stream, block), dtype=float)
    if values.shape != (BLOCK,):
        raise UsageError(f"an output is one number a draw, ({BLOCK},); it gave {values.shape}")
    if np.isnan(values).any():
        raise UsageError("nothing is known of this output in some or all draws: it has no budget")
    if np.isinf(values).any():
        raise PrecisionError("the output has infinite draws, so that its variance has no shares")
    return values


class _Sums:
    """Sums over groups of draws from which all indices and their errors follow."""

    def __init__(self, inputs: int):
        self._common: list[Floats] = []
        self._own: list[list[Floats]] = [[] for _ in range(inputs)]

    def start(self, a: Floats, b: Floats) -> None:
        """Add a block of A and B."""
        self._common.append(_by_group(np.ones_like(a), a, a**2, b, b**2))

    def add(self, i: int, a: Floats, b: Floats, ab: Floats, held: Floats) -> None:
        """Add a block of an input."""
        self._own[i].append(_by_group(b * (ab - a), (a - ab) ** 2, held, held**2))

    def indices(self, smallest: float) -> Indices:
        """Return the indices; all 0 where the sd of the output is below `smallest`."""
        common = np.concatenate(self._common, axis=-1)
        nothing = np.zeros((3, len(self._own)))
        variance = float(_variance(common.sum(axis=-1)))
        if variance <= smallest**2:
            return Indices(nothing, nothing, 0.0)
        if any(squares.max() >= _ONE_GROUP * squares.sum() for squares in common[[2, 4]]):
            raise PrecisionError(
                "the output differs in too few draws to tell why: use more draws, or ask about "
                "something less certain"
            )
        if not self._own:
            return Indices(nothing, nothing, variance)
        own = np.array([np.concatenate(o, axis=-1) for o in self._own])
        whole, each = common.sum(axis=-1), own.sum(axis=-1)
        found = _estimates(whole, each)
        left = _estimates(whole[:, None] - common, each[..., None] - own)
        groups = common.shape[-1]
        apart = left - left.mean(axis=-1, keepdims=True)
        errors = np.sqrt((groups - 1) / groups * (apart**2).sum(axis=-1))
        moves = found[2] > _ROUNDING
        return Indices(np.where(moves, found, 0.0), np.where(moves, errors, 0.0), variance)


def _by_group(*values: Floats) -> Floats:
    """Return the sums of groups of draws, shape (value, group)."""
    stacked = np.stack(values)
    return np.asarray(np.add.reduceat(stacked, np.arange(0, stacked.shape[1], _GROUP), axis=1))


def _variance(common: Floats) -> Floats:
    """Return the variance of A and B together from their sums."""
    n, a, a2, b, b2 = common
    return np.asarray((a2 + b2) / (2 * n) - ((a + b) / (2 * n)) ** 2)


def _estimates(common: Floats, own: Floats) -> Floats:
    """Return share, first and total, (3, input, ...), from sums (5, ...), (input, 4, ...)."""
    n, a, a2, _, _ = common
    crossed, apart, held, held2 = np.moveaxis(own, 1, 0)
    variance = _variance(common)
    of_a = a2 / n - (a / n) ** 2
    share = 1 - (held2 / n - (held / n) ** 2) / of_a
    return np.stack([share, crossed / n / variance, apart / n / (2 * variance)])
