"""How much larger the results of one group are: the probability that one exceeds another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbe.options import require_level
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.pairs import normal_bound, signs


@dataclass(frozen=True)
class Superiority:
    """How often a result of one group exceeds one of another.

    Attributes
    ----------
    probability : float
        Of a result of the first being larger, plus half that of a tie [1], with the pairs whose
        order the limits hide counted as ties: the middle of `least` and `most`. 0.5: no
        difference. Where much is hidden it lies nearer to 0.5 than the truth.
    lower, upper : float [1]
        Interval of the probability that the results would have without limits: from the lower
        confidence limit of `least` to the upper one of `most`. However many results there are, it
        is no narrower than what the limits hide.
    level : float
        Level of the interval [1].
    least, most : float [1]
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
    theta = (pairs in which the first is larger + half of those that tie) / (m n): the Mann-Whitney
    statistic over m n. Confidence limits of it solve (theta^ - theta)^2 = z^2 theta (1 - theta)
    [1 + k (1 - theta) / (2 - theta) + k theta / (1 + theta)] / (m n) with k = (m + n) / 2 - 1. With
    hidden pairs theta is only known to lie between `least` and `most`; the lower limit is that of
    `least`, the upper that of `most`, each two-sided, so that the interval covers theta at least at
    its level whatever the hidden pairs are.

    References
    ----------
    Newcombe 2006, 10.1002/sim.2324; Imbens and Manski 2004, 10.1111/j.1468-0262.2004.00555.x

    Examples
    --------
    >>> from wbe.qc.censoring import censored, superiority
    >>> got = superiority(censored([4, 5], [0, 0]), censored([3, 4.5], [0, 1]))
    >>> got.probability, got.least, got.most
    (0.875, 0.75, 1.0)
    """
    z = normal_bound(require_level(level))
    a, b = _left(first), _left(second)
    order = signs(*a, *b)
    both = (a[0] == a[1])[:, None] & (b[0] == b[1])[None, :]
    hidden = int(((order == 0) & ~both).sum())
    sure = 2 * int((order > 0).sum()) + int(((order == 0) & both).sum())  # in half pairs
    least, theta, most = ((sure + k * hidden) / (2 * order.size) for k in range(3))
    lower = _newcombe(least, first.n, second.n, z)[0]
    upper = _newcombe(most, first.n, second.n, z)[1]
    return Superiority(
        theta, lower, upper, level, least, most, hidden / order.size, first.n, second.n
    )


def _left(results: Censored) -> tuple[Floats, Floats]:
    """Return the ends of results of which only the upper limit counts."""
    return np.where(results.detected, results.low, 0.0), results.high


def _newcombe(theta: float, m: int, n: int, z: float) -> tuple[float, float]:
    from scipy.optimize import brentq

    k = (m + n) / 2 - 1

    def excess(t: float) -> float:
        spread = t * (1 - t) * (1 + k * (1 - t) / (2 - t) + k * t / (1 + t)) / (m * n)
        return (theta - t) ** 2 - z * z * spread

    inside = min(max(theta, 1e-12), 1 - 1e-12)  # at 0 and at 1 theta itself is a root
    lower = 0.0 if theta == 0 else float(brentq(excess, 0.0, inside, xtol=1e-14))
    upper = 1.0 if theta == 1 else float(brentq(excess, inside, 1.0, xtol=1e-14))
    return lower, upper
