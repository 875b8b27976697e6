"""How much larger the results of one group are: the probability that one exceeds another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from wbe.errors import UsageError
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.pairs import normal_bound, signs


@dataclass(frozen=True)
class Superiority:
    """How often a result of one group exceeds one of another.

    Attributes
    ----------
    probability : float
        Of a result of the first being larger, plus half that of a tie [1]; pairs whose order the
        limits hide count as ties. 0.5: no difference.
    lower, upper : float
        Interval of that probability.
    level : float
        Level of the interval [1].
    least, most : float
        The probability with all hidden pairs decided against the first, and for it: without an
        assumption nothing more is known.
    undecided : float
        Share of pairs whose order is hidden [1].
    n_first, n_second : int
    """

    probability: float
    lower: float
    upper: float
    level: float
    least: float
    most: float
    undecided: float
    n_first: int
    n_second: int


def superiority(first: Censored, second: Censored, *, level: float = 0.95) -> Superiority:
    """Return how often a result of one group exceeds one of another.

    Parameters
    ----------
    first, second : Censored [any one unit]
        A result between LOD and LOQ counts as below its LOQ.
    level : float
        Of the interval [1].

    Returns
    -------
    Superiority

    Raises
    ------
    UsageError
        If the level does not lie between 0 and 1.

    Notes
    -----
    theta = (pairs in which the first is larger + half of the others that do not go against it) /
    (m n): the Mann-Whitney statistic over m n. Its interval solves (theta^ - theta)^2 = z^2
    theta (1 - theta) [1 + k (1 - theta) / (2 - theta) + k theta / (1 + theta)] / (m n) with
    k = (m + n) / 2 - 1.

    References
    ----------
    Newcombe 2006, 10.1002/sim.2324

    Examples
    --------
    >>> from wbe.qc.censoring import censored, superiority
    >>> got = superiority(censored([4, 5], [0, 0]), censored([3, 4.5], [0, 1]))
    >>> got.probability, got.least, got.most
    (0.875, 0.75, 1.0)
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level}: the level of an interval lies between 0 and 1")
    a, b = _left(first), _left(second)
    order = signs(*a, *b)
    both = (a[0] == a[1])[:, None] & (b[0] == b[1])[None, :]
    hidden = float(((order == 0) & ~both).mean())
    theta = float((1 + order.astype(float)).mean() / 2)
    lower, upper = _newcombe(theta, first.n, second.n, normal_bound(level))
    return Superiority(
        theta, lower, upper, level, theta - hidden / 2, theta + hidden / 2, hidden, first.n,
        second.n,
    )  # fmt: skip


def _left(results: Censored) -> tuple[Floats, Floats]:
    """Return the ends of results of which only the upper limit counts."""
    return np.where(results.detected, results.low, 0.0), results.high


def _newcombe(theta: float, m: int, n: int, z: float) -> tuple[float, float]:
    k = (m + n) / 2 - 1

    def excess(t: float) -> float:
        spread = t * (1 - t) * (1 + k * (1 - t) / (2 - t) + k * t / (1 + t)) / (m * n)
        return (theta - t) ** 2 - z * z * spread

    inside = min(max(theta, 1e-12), 1 - 1e-12)  # at 0 and at 1 theta itself is a root
    lower = 0.0 if theta == 0 else float(brentq(excess, 0.0, inside, xtol=1e-14))
    upper = 1.0 if theta == 1 else float(brentq(excess, inside, 1.0, xtol=1e-14))
    return lower, upper
