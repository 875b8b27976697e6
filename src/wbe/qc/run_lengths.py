"""How soon a control chart speaks: average run lengths by integral equation and by simulation.

A chart is chosen by two numbers: how many values pass before a false alarm while all is well, and
how many before an alarm once the level has shifted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from wbe.errors import UsageError
from wbe.qc.control_charts import require_cusum, require_ewma

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NODES = 80


@dataclass(frozen=True)
class RunLength:
    """Average number of values up to an alarm, by simulation.

    Attributes
    ----------
    mean : float
    se : float
        Monte Carlo standard error of the mean.
    runs : int
    seed : int
    cut : int
        Runs without an alarm within the length simulated, counted with that length.
    """

    mean: float
    se: float
    runs: int
    seed: int
    cut: int


def shewhart_arl(shift: float = 0.0, width: float = 3.0) -> float:
    """Return the average run length of a Shewhart chart with one rule, beyond `width`.

    Parameters
    ----------
    shift : float
        Of the level, in standard deviations [1].
    width : float
        Of the limits, in standard deviations [1].

    Returns
    -------
    float [1]
        Values up to and including the alarm.

    Notes
    -----
    1 / (Phi(-w + d) + Phi(-w - d)).

    References
    ----------
    ISO 7870-2:2013

    Examples
    --------
    >>> round(shewhart_arl(), 1), round(shewhart_arl(1.0), 1)
    (370.4, 43.9)
    """
    return 1 / float(ndtr(shift - width) + ndtr(-shift - width))


def cusum_arl(shift: float = 0.0, allowance: float = 0.5, decision: float = 5.0) -> float:
    """Return the average run length of a two-sided CUSUM that starts at zero.

    Parameters
    ----------
    shift : float
        Of the level, in standard deviations [1].
    allowance, decision : float
        As for `wbe.qc.cusum` [1].

    Returns
    -------
    float [1]
        Values up to and including the alarm.

    Raises
    ------
    UsageError
        If a setting is not possible.

    Notes
    -----
    Of one sum: L(u) = 1 + L(0) Phi(k - u - d) + ``int_0^h`` L(y) phi(y + k - u - d) dy, solved at
    Gauss-Legendre nodes; both together: 1 / L = 1 / L+ + 1 / L-.

    References
    ----------
    doi:10.1093/biomet/41.1-2.100; doi:10.1093/biomet/59.3.539

    Examples
    --------
    >>> round(cusum_arl()), round(cusum_arl(1.0), 1)
    (465, 10.4)
    """
    require_cusum(allowance, decision)
    both = sum(1 / _one_sum(side * shift, allowance, decision) for side in (1, -1))
    return 1 / both


def _one_sum(shift: float, allowance: float, decision: float) -> float:
    x, w = _nodes(decision / 2)
    y, w = (x + 1) * decision / 2, w * decision / 2
    at = np.append(0.0, y)  # the state zero, which has a probability of its own
    kernel = np.empty((len(at), len(at)))
    kernel[:, 0] = ndtr(allowance - at - shift)
    kernel[:, 1:] = w * _density(y + allowance - at[:, None] - shift)
    return float(np.linalg.solve(np.eye(len(at)) - kernel, np.ones(len(at)))[0])


def _nodes(half: float) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights that resolve a normal density on +-`half` sd."""
    return np.polynomial.legendre.leggauss(max(_NODES, math.ceil(4 * half)))


def ewma_arl(shift: float = 0.0, weight: float = 0.2, width: float = 2.86) -> float:
    """Return the average run length of an EWMA chart with the limits it has in the long run.

    Parameters
    ----------
    shift : float
        Of the level, in standard deviations [1].
    weight, width : float
        As for `wbe.qc.ewma` [1].

    Returns
    -------
    float [1]
        Values up to and including the alarm. The exact limits of `wbe.qc.ewma`, narrower at first,
        make it a little shorter.

    Raises
    ------
    UsageError
        If a setting is not possible.

    Notes
    -----
    L(u) = 1 + (1 / lambda) ``int_-H^H`` L(y) phi((y - (1 - lambda) u) / lambda - d) dy, H = L
    sqrt(lambda / (2 - lambda)), solved at Gauss-Legendre nodes.

    References
    ----------
    doi:10.1080/00401706.1987.10488274; doi:10.1080/00401706.1990.10484583

    Examples
    --------
    >>> round(ewma_arl(weight=0.1, width=2.814)), round(ewma_arl(1.0, 0.1, 2.814), 1)
    (500, 10.3)
    """
    require_ewma(weight, width)
    half = width * math.sqrt(weight / (2 - weight))
    x, w = _nodes(half / weight)
    y, w = x * half, w * half
    start = np.append(0.0, y)
    moved = (y - (1 - weight) * start[:, None]) / weight - shift
    kernel = np.zeros((len(start), len(start)))
    kernel[:, 1:] = w * _density(moved) / weight
    return float(np.linalg.solve(np.eye(len(start)) - kernel, np.ones(len(start)))[0])


def _density(x: Floats) -> Floats:
    return np.asarray(np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


def simulated_run_length(
    alarms: Callable[[Floats], Bools],
    *,
    shift: float = 0.0,
    runs: int = 2_000,
    longest: int = 4_000,
    seed: int,
) -> RunLength:
    """Return the average run length of any chart, on independent normal values.

    Parameters
    ----------
    alarms : callable
        Scores (run, point) -> where the chart signals, (run, point) of bool: a rule of
        `wbe.qc.RUN_RULES`, or several joined by ``|``.
    shift : float
        Of the level, in standard deviations, from the first value on [1].
    runs : int
        Series simulated.
    longest : int
        Values of a series.
    seed : int
        The same seed gives the same number.

    Returns
    -------
    RunLength

    Raises
    ------
    UsageError
        If runs or longest are below 1.

    Examples
    --------
    >>> from wbe.qc import RUN_RULES
    >>> found = simulated_run_length(RUN_RULES["one_beyond_3s"], shift=2.0, longest=200, seed=1)
    >>> abs(found.mean - shewhart_arl(2.0)) < 4 * found.se
    True
    """
    if runs < 1 or longest < 1:
        raise UsageError("give at least one run of at least one value")
    stream = np.random.default_rng([seed, 13528])
    lengths, done = np.full(runs, longest), np.zeros(runs, dtype=bool)
    for first in range(0, runs, 250):  # a block at a time: little memory
        block = slice(first, min(first + 250, runs))
        z = stream.standard_normal((block.stop - first, longest)) + shift
        signal = alarms(z)
        done[block] = signal.any(axis=1)
        lengths[block] = np.where(done[block], signal.argmax(axis=1) + 1, longest)
    se = float(lengths.std(ddof=1)) / math.sqrt(runs) if runs > 1 else math.nan
    return RunLength(float(lengths.mean()), se, runs, seed, int((~done).sum()))
