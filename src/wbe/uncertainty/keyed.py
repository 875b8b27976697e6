"""Draws of rows that are read together: every factor keeps the stream of its own name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.below import draw_below
from wbe.uncertainty.product import Product, Term
from wbe.uncertainty.streams import BLOCK, Stream, blocks

Floats = NDArray[np.float64]


def log_draws(product: Product, stream: Stream, block: int) -> Floats:
    """Return one block of draws of the log value, shape (row, BLOCK)."""
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
    """Return all draws of all rows, shape (row, draw), on the natural scale. Materialises."""
    out = np.empty((len(product), draws))
    stream = Stream(seed, product.correlations)
    for block, span in blocks(draws):
        out[:, span] = log_draws(product, stream, block)[:, : span.stop - span.start]
    return np.exp(out, out=out)
