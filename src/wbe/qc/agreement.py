"""How far two raters agree: kappa on declared categories, and the form of every such result.

Where a measure is not defined (both raters gave one and the same category throughout) the result
says so and why, instead of a number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from wbe.errors import UsageError
from wbe.options import require_choice, require_level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERMUTED_UP_TO: Final = 8
"""Most pairs that are tested by all permutations."""
WEIGHTS: Final = ("unweighted", "linear", "quadratic")


@dataclass(frozen=True)
class Agreement:
    """A measure of agreement with its interval.

    Attributes
    ----------
    value : float [1]
        Between -1 and 1; NaN where it is not defined (`testable` false, see `reason`).
    lower, upper : float [1]
        Ends of the interval; NaN where `value` is, and at perfect agreement, whose large-sample
        error of 0 says nothing about so many pairs.
    level : float [1]
        Probability of the interval.
    p : float [1]
        Two-sided p value of no agreement beyond chance, no correlation; NaN where not defined.
    n : int
        Pairs.
    method : str
        ``kappa_linear``, ``spearman``, ``kendall_tau_b`` ...
    convention : str
        How interval and p value were made.
    testable : bool
    reason : str
    """

    value: float
    lower: float
    upper: float
    level: float
    p: float
    n: int
    method: str
    convention: str
    testable: bool = True
    reason: str = ""


def contingency(a: ArrayLike, b: ArrayLike, categories: Sequence[object]) -> Ints:
    """Count how often two raters gave each pair of categories.

    Parameters
    ----------
    a, b : array_like (n,) of labels
        What each rater said.
    categories : sequence (c,)
        All categories that could be said, in their order, whether they were or not.

    Returns
    -------
    ndarray (c, c) of int
        Rows of `a`, columns of `b`.

    Raises
    ------
    UsageError
        If the lengths differ, a category is declared twice, or one was said but not declared.

    Examples
    --------
    >>> contingency(["low", "high"], ["low", "low"], ["low", "mid", "high"]).tolist()
    [[1, 0, 0], [0, 0, 0], [1, 0, 0]]
    """
    said = [np.asarray(x, dtype=object).ravel().tolist() for x in (a, b)]
    if len(said[0]) != len(said[1]):
        raise UsageError(f"{len(said[0])} ratings against {len(said[1])}; give pairs")
    place = {category: k for k, category in enumerate(categories)}
    if len(place) != len(categories):
        raise UsageError("a category is declared twice")
    if unknown := [x for x in (*said[0], *said[1]) if x not in place]:
        there = ", ".join(map(str, categories))
        raise UsageError(f"{unknown[0]!r} is not among the declared categories: {there}")
    table = np.zeros((len(place), len(place)), dtype=np.int64)
    np.add.at(table, tuple([place[x] for x in side] for side in said), 1)
    return table


def kappa(
    a: ArrayLike,
    b: ArrayLike,
    categories: Sequence[object],
    *,
    weights: str = "linear",
    level: float = 0.95,
) -> Agreement:
    """Return Cohen's kappa of two raters, weighted by distance on the declared categories.

    Parameters
    ----------
    a, b : array_like (n,) of labels
        What each rater said: tiers of the same towns by two methods.
    categories : sequence (c,)
        Every category that could be said, in order. One that nobody used still sets distances.
    weights : str
        ``unweighted``: nominal categories. ``linear`` or ``quadratic``: what a disagreement costs
        grows with the distance, or with its square.
    level : float [1]
        Probability of the interval.

    Returns
    -------
    Agreement
        Not testable (value NaN) without pairs, or where both raters gave one category throughout:
        0 / 0. With few pairs the value is given, but is not testable where even the most telling
        order of the same ratings would not be significant.

    Raises
    ------
    UsageError
        As `contingency`, or if weights or level are not possible.

    Notes
    -----
    kappa = (Po - Pe) / (1 - Pe) with weights w_ij = 1 - ``|i - j|`` / (c - 1), its square for the
    distance, or 1 on the diagonal alone; Po observed, Pe from the margins. The interval is kappa
    +- z se with the large-sample standard error of Fleiss, Cohen and Everitt, cut at -1 and 1; p
    with their standard error under chance; up to 8 pairs exact, from all permutations. Below about
    20 pairs the interval is too narrow.

    References
    ----------
    doi:10.1037/h0026256; doi:10.1037/h0028106

    Examples
    --------
    >>> found = kappa([0, 0, 2, 2, 0, 2], [0, 2, 2, 2, 0, 0], [0, 1, 2])
    >>> round(found.value, 4), found.n
    (0.3333, 6)
    >>> kappa([1, 1], [1, 1], [0, 1]).reason
    'both raters gave one category throughout'
    """
    return kappa_of_table(contingency(a, b, categories), weights=weights, level=level)


def kappa_of_table(table: ArrayLike, *, weights: str = "linear", level: float = 0.95) -> Agreement:
    """Return Cohen's kappa of a table of counts; see `kappa`.

    Parameters
    ----------
    table : array_like (c, c) of int
        Every declared category has its row and column, empty or not.
    weights : str
    level : float [1]

    Returns
    -------
    Agreement

    Raises
    ------
    UsageError
        If the table is not square, has a negative or broken count, or weights or level are not
        possible.

    References
    ----------
    doi:10.1037/h0026256; doi:10.1037/h0028106

    Examples
    --------
    >>> table = [[44, 7, 14], [5, 20, 5], [1, 3, 6]]
    >>> round(kappa_of_table(table).value, 6)
    0.4
    """
    counts, w = np.asarray(table, dtype=float), _weights(table, weights)
    require_level(level)
    if (counts < 0).any() or (counts != np.round(counts)).any():
        raise UsageError("a table of agreement holds whole counts, none negative")
    n = int(counts.sum())
    method, convention = f"kappa_{weights}", "fleiss_cohen_everitt"
    if n == 0:
        return undefined(level, 0, method, convention, "there is no pair")
    p = counts / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float((w * p).sum()), float(row @ w @ column)
    if 1 - chance < 1e-12:
        why = "both raters gave one category throughout"
        return undefined(level, n, method, convention, why)
    value = (seen - chance) / (1 - chance)
    se, under_chance = _kappa_errors(p, w, seen, chance, n)
    tail = 2 * float(ndtr(-abs(value) / under_chance)) if under_chance > 0 else math.nan
    if n <= PERMUTED_UP_TO:
        convention += ", exact p"
        tail, least = _permuted(counts.astype(np.int64), w, chance)
        if least > 1 - level:
            why = (
                f"no order of {n} pairs has a p below {least:.2f}: agreement by chance is possible"
            )
            nan = math.nan
            return Agreement(value, nan, nan, level, tail, n, method, convention, False, why)
    z = float(ndtri((1 + level) / 2))
    low, high = max(value - z * se, -1.0), min(value + z * se, 1.0)
    if se < 1e-9:
        low = high = math.nan
    return Agreement(value, low, high, level, tail, n, method, convention)


def _permuted(counts: Ints, w: Floats, chance: float) -> tuple[float, float]:
    """Return the share of all orders of one side as far from chance, and the least there can be."""
    a, b = (np.repeat(index, counts.ravel()) for index in np.indices(counts.shape).reshape(2, -1))
    orders = np.array(list(permutations(range(len(b)))))
    apart = np.abs(w[a, b[orders]].mean(axis=1) - chance)
    seen = abs(float(w[a, b].mean()) - chance)
    return float((apart >= seen - 1e-12).mean()), float((apart >= apart.max() - 1e-12).mean())


def _weights(table: ArrayLike, weights: str) -> Floats:
    require_choice("weights", weights, WEIGHTS)
    shape = np.shape(table)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
        raise UsageError(f"a table of agreement is square with 2 categories or more, not {shape}")
    at = np.arange(shape[0])
    apart = np.abs(at[:, None] - at) / (shape[0] - 1)
    if weights == "unweighted":
        return np.asarray((apart == 0).astype(float))
    return np.asarray(1 - (apart if weights == "linear" else apart**2))


def _kappa_errors(p: Floats, w: Floats, seen: float, chance: float, n: int) -> tuple[float, float]:
    """Return the standard error of kappa, and that under chance agreement."""
    row, column = p.sum(axis=1), p.sum(axis=0)
    both = (w @ column)[:, None] + (row @ w)[None, :]
    whole = seen * chance - 2 * chance + seen
    square = (p * (w * (1 - chance) - both * (1 - seen)) ** 2).sum() - whole**2
    null = (np.outer(row, column) * (w - both) ** 2).sum() - chance**2
    scale = math.sqrt(n)
    return (
        math.sqrt(max(float(square), 0.0)) / ((1 - chance) ** 2 * scale),
        math.sqrt(max(float(null), 0.0)) / ((1 - chance) * scale),
    )


def undefined(level: float, n: int, method: str, convention: str, why: str) -> Agreement:
    """Return what is said where a measure is not defined."""
    nan = math.nan
    return Agreement(nan, nan, nan, level, nan, n, method, convention, False, why)
