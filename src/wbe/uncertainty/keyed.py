"""Draws of rows that are read together: every factor keeps the stream of its own name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.below import draw_below
from wbe.uncertainty.product import Product, Term
from wbe.uncertainty.streams import BLOCK, Stream, blocks

Floats = NDArray[np.float64]


def log_draws(product: Product, stream: Stream, block: int) -> Floats:
    """Return one block of draws of the log value, shape (row, BLOCK).

    Parameters
    ----------
    product : Product (row,)
        Rows of log central value plus errors.
    stream : Stream
        Seed and purpose of the random numbers.
    block : int
        Number of the block, from 0 (see `blocks`).

    Returns
    -------
    ndarray (row, BLOCK) [1]
        Natural logs.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import BLOCK, Product, Stream, Term, log_draws
    >>> error = Term("flow", "site", np.array(["A"]), np.array([0.2]))
    >>> logs = log_draws(Product(np.log([100.0]), (error,)), Stream(seed=1), block=0)
    >>> logs.shape == (1, BLOCK)
    True
    """
    out = np.repeat(product.log_central[:, None], BLOCK, axis=1)
    if product.below is not None:
        out[product.below.rows] = draw_below(product.below, stream, block)
    for term in product.terms:
        add_term(out, term, stream, block)
    return out


def add_term(out: Floats, term: Term, stream: Stream, block: int) -> None:
    """Add one term's log error to `out` (row, BLOCK), in place."""
    live = np.flatnonzero(term.size)
    if not len(live):
        return
    labels, codes = np.unique(term.labels[live], return_inverse=True)
    errors = term.log_error(stream.scores(term.name, labels.tolist(), block))
    for row, code in zip(live, codes, strict=True):
        out[row] += term.size[row] * errors[code]


def draw(product: Product, draws: int, seed: int) -> Floats:
    """Return all draws of all rows, shape (row, draw), on the natural scale. Materialises.

    Parameters
    ----------
    product : Product (row,)
        Rows of log central value plus errors.
    draws : int
        Number of draws.
    seed : int
        Key of the random numbers: one seed gives one answer on every machine.

    Returns
    -------
    ndarray (row, draw)
        In the unit of the central values.

    Raises
    ------
    ValueError
        If `draws` is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term, draw
    >>> error = Term("flow", "site", np.array(["A", "B"]), np.array([0.2, 0.2]))
    >>> loads = draw(Product(np.log([100.0, 50.0]), (error,)), draws=1000, seed=1)
    >>> loads.shape, np.median(loads, axis=1).round(0).tolist()
    ((2, 1000), [100.0, 50.0])
    """
    out = np.empty((len(product), draws))
    stream = Stream(seed, product.correlations)
    for block, span in blocks(draws):
        out[:, span] = log_draws(product, stream, block)[:, : span.stop - span.start]
    return np.exp(out, out=out)
