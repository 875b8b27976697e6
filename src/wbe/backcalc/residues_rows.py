"""Rows of several products put into one, so that a function may read them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.uncertainty import Distribution, Product, Term

Strings = NDArray[np.str_]

NOBODY = ""
"""Label of rows that do not carry a term; their size is 0."""


def stacked(products: Sequence[Product]) -> Product:
    """Return the rows of all products one below the other; terms of one name stay one unknown.

    Parameters
    ----------
    products : sequence of Product
        Without censored rows, of one error model.

    Returns
    -------
    Product

    Raises
    ------
    UsageError
        If a product has rows below a limit, or their correlations differ.
    """
    if any(p.below is not None for p in products):
        raise UsageError("results below limits are bounds here: leave them out, or give the limit")
    models = {p.correlations for p in products if p.correlations}
    if len(models) > 1:
        raise UsageError("rows that are read together have one error model")
    total, terms, start = sum(len(p) for p in products), [], 0
    for product in products:
        rows = np.arange(start, start + len(product))
        terms += [_placed(term, rows, total) for term in product.terms]
        start += len(product)
    log_central = np.concatenate([p.log_central for p in products])
    return Product(log_central, tuple(terms), correlations=next(iter(models), ()))


def _placed(term: Term, rows: NDArray[np.intp], total: int) -> Term:
    labels = np.full(total, NOBODY, dtype=f"<U{max(1, term.labels.dtype.itemsize // 4)}")
    labels[rows] = term.labels
    size = np.zeros(total)
    size[rows] = term.size
    return replace(term, labels=labels, size=size)


def pure(
    name: str,
    value: float,
    labels: Strings,
    log_sd: float = 0.0,
    shape: Distribution | None = None,
    level: str = "site",
) -> Product:
    """Return one unknown as rows: what every row of a label reads is the same draw.

    Parameters
    ----------
    name : str
    value : float
        Central value, 0 or above [any]; 0 stays 0.
    labels : ndarray (row,) of str
    log_sd : float
        Of a lognormal [1]; not with a shape.
    shape : Distribution, optional
    level : str

    Returns
    -------
    Product
    """
    n = len(labels)
    size = np.full(n, log_sd if shape is None else 1.0)
    with np.errstate(divide="ignore"):
        log_central = np.full(n, np.log(value))
    return Product(log_central, (Term(name, level, labels, size, shape),))
