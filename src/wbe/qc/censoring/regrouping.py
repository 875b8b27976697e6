"""Exact p of a rank test: every way to part the scores into groups of the same sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_REGROUPINGS = 20_000
"""Regroupings up to which p is exact: 8 against 8 results have 12 870, 9 against 9 have 48 620."""
_ROUNDING = 1e-9


def regroupings(sizes: Sequence[int]) -> int:
    """Return in how many ways results can be parted into groups of these sizes: n! / prod n_j!."""
    return math.prod(math.comb(sum(sizes[k:]), size) for k, size in enumerate(sizes))


def exact_p(scores: Floats, codes: Ints) -> tuple[float, float]:
    """Return the exact p of a difference between groups, and the smallest that there could be.

    Parameters
    ----------
    scores : ndarray (n,)
        Of the results, adding up to 0.
    codes : ndarray (n,) of int
        Group of each result, 0 to k - 1, none of them empty.

    Returns
    -------
    p, smallest : float [1]
        Share of all regroupings whose statistic is at least that of these groups, and at least the
        largest of any.

    Notes
    -----
    The statistic is sum over groups of U_j^2 / n_j, U_j the scores of the group added up: with the
    permutation variance chi-squared is a multiple of it, with two groups it is a multiple of U_1^2.
    """
    sizes = np.bincount(codes)
    found = (np.bincount(codes, scores) ** 2 / sizes).sum()
    order = np.argsort(sizes, kind="stable")  # the last two groups are parted fastest
    every = _sums(scores, sizes[order].tolist()) ** 2 @ (1 / sizes[order])
    slack = _ROUNDING * float(every.max())
    return float((every >= found - slack).mean()), float((every >= every.max() - slack).mean())


def _sums(scores: Floats, sizes: list[int]) -> Floats:
    """Return what the scores of each group add up to in every regrouping, shape (ways, groups)."""
    chosen = np.array(list(combinations(range(len(scores)), sizes[0])))
    first = scores[chosen].sum(axis=1)
    if len(sizes) == 2:
        return np.column_stack([first, scores.sum() - first])
    rest = [_sums(np.delete(scores, some), sizes[1:]) for some in chosen]
    return np.column_stack([np.repeat(first, len(rest[0])), np.concatenate(rest)])
