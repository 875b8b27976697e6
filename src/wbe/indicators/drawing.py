"""Ranks, orders and posterior counts, for many draws at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wbe.qc.agreement import PERMUTED_UP_TO
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]
Orders = NDArray[np.intp]

DRAWN: Final = 9_999
"""Random orders where there are more than 8 areas; the order found is one more."""
_CELLS: Final = 4_000_000


def orders(n: int, seed: int, label: str) -> tuple[Orders, bool]:
    """Return orders of n areas, shape (order, n), and whether these are all.

    Up to 8 areas all of them; else `DRAWN` drawn from the stream of the label.
    """
    if n <= PERMUTED_UP_TO:
        return np.array(list(permutations(range(n))), dtype=np.intp), True
    random = Stream(seed).at("indicators.orders", f"{label} {n}", 0)
    return np.argsort(random.random((DRAWN, n)), axis=1), False


def row_ranks(values: Floats) -> Floats:
    """Return the ranks within each row, shape (row, n); equal values share their mean rank.

    Examples
    --------
    >>> row_ranks(np.array([[5.0, 1.0, 5.0]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    order = np.argsort(values, axis=1, kind="stable")
    sorted_ = np.take_along_axis(values, order, axis=1)
    first = np.ones(values.shape, dtype=bool)
    first[:, 1:] = sorted_[:, 1:] != sorted_[:, :-1]
    last = np.ones(values.shape, dtype=bool)
    last[:, :-1] = first[:, 1:]
    n = values.shape[1]
    at = np.arange(n)
    low = np.maximum.accumulate(np.where(first, at, 0), axis=1)
    high = np.minimum.accumulate(np.where(last, at, n)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (low + high) / 2 + 1, axis=1)
    return ranks


def chunks(rows: int, width: int) -> Iterator[slice]:
    """Yield slices of rows whose cells fit in memory together."""
    size = max(1, _CELLS // max(1, width))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def count_draws(
    counts: Floats, dispersion: float, draws: int, seed: int, labels: list[str]
) -> Floats:
    """Return draws of the expectation behind each count, shape (draw, n).

    Parameters
    ----------
    counts : ndarray (n,)
    dispersion : float
        Variance over mean of counts, at least 1.
    draws, seed : int
    labels : list of str (n,)
        Name of each count; one count's draws do not depend on the others.

    Returns
    -------
    ndarray (draw, n)
        phi Gamma(k / phi + 1/2): for phi = 1 the posterior under Jeffreys' prior.
    """
    out = np.empty((draws, len(counts)))
    stream = Stream(seed)
    for i, (count, label) in enumerate(zip(counts, labels, strict=True)):
        random = stream.at("indicators.counts", label, 0)
        out[:, i] = dispersion * random.standard_gamma(count / dispersion + 0.5, draws)
    return out
