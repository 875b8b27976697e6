"""Exact marginals without draws, by fast Fourier transform: of products and of their means.

The logarithm of a product of independent factors is a sum, whose characteristic function is the
product of theirs. Lognormal factors together are one normal, with its characteristic function
known; shaped factors are put on a grid of the logarithm with their exact masses. One inverse
transform gives the distribution of a row, and quantiles are read from it to about 1e-5.

Public: `obstacle`, `solve`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty import fft_means, fft_rows, flat_means, sharing, variables
from wbe.uncertainty.fft_rows import Sums
from wbe.uncertainty.log_grid import LogFactor
from wbe.uncertainty.product import Function, Joint, Mean, Model, Product, Solved, Term
from wbe.uncertainty.summaries import require_finite

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def obstacle(model: Model) -> str:
    """Return why a model has no exact marginals here.

    Parameters
    ----------
    model : Product, Mean, Joint or Function

    Returns
    -------
    str
        Empty where `solve` can treat it.
    """
    if isinstance(model, (Joint, Function)):
        return "a function of several unknowns is a joint statement"
    if isinstance(model, Product):
        return variables.obstacle(model)
    return variables.obstacle(model.of) or sharing.obstacle(model)


def solve(model: Product | Mean, at: tuple[float, ...], finer: float = 1.0) -> Solved:
    """Return quantiles and means of a model without `obstacle`.

    Parameters
    ----------
    model : Product or Mean
    at : tuple of float
        Probabilities of the quantiles.
    finer : float
        Grids this many times finer than planned, a power of two: for tests of the accuracy.

    Returns
    -------
    Solved
        Quantiles (row, probability) in the unit of the central values, means (row,): NaN where
        nothing is known, means also where they are infinite. ``checks``: the largest ``edge_mass``
        (probability at the ends of a grid) and ``step`` (of a grid of the logarithm, 0 where all
        rows have a closed form).

    Raises
    ------
    PrecisionError
        If a grid cannot hold a distribution as exactly as is promised.

    Notes
    -----
    ln x = ln c + s Z + sum_k p_k ln(X_k / median_k), with s^2 the summed variances of the lognormal
    errors; E[x] = c exp(s^2 / 2) prod_k E[(X_k / median_k)^p_k]. Rows that differ by c alone are
    solved once.
    """
    with np.errstate(over="ignore"):  # infinite values are refused below
        if isinstance(model, Mean):
            solved = _solve_mean(model, at, finer)
        else:
            solved = _solve_product(model, at, finer)
    require_finite(solved.quantiles[:, -1], np.arange(len(solved.quantiles)))
    return solved


def _solve_mean(model: Mean, at: tuple[float, ...], finer: float) -> Solved:
    """Groups without children are rows of a product and solved together."""
    roots = sharing.roots(model)
    scale, mean = np.array([r.scale for r in roots]), np.array([r.mean() for r in roots])
    quantiles = np.full((len(roots), len(at)), np.nan)
    quantiles[scale == 0] = 0.0
    known = (scale != 0) & ~np.isnan(scale)
    sums = np.array([k for k, r in enumerate(roots) if r.children and known[k]], dtype=np.intp)
    quantiles[sums], left, checks = flat_means.solve([roots[k] for k in sums], at, finer)
    for k in sums[left]:
        quantiles[k], seen = fft_means.solve(roots[k], at, finer)
        checks = fft_rows.larger(checks, seen)
    single = np.array([k for k, r in enumerate(roots) if not r.children], dtype=np.intp)
    number: dict[tuple[LogFactor, ...], int] = {}
    of = np.array([number.setdefault(roots[k].factors, len(number)) for k in single], dtype=np.intp)
    sd = np.array([roots[k].sd for k in single])
    logs, seen = fft_rows.solve(Sums(list(number), of, sd), at, finer)
    quantiles[single] = scale[single, None] * np.exp(logs)
    return Solved(quantiles, mean, fft_rows.larger(checks, seen))


def _solve_product(product: Product, at: tuple[float, ...], finer: float) -> Solved:
    terms = variables.merged(product.terms)
    sd = variables.normal_sd(terms, product.correlations, len(product))
    sets, of = _sets([t for t in terms if t.shape is not None], len(product))
    first, back = _distinct(of, sd)
    logs, checks = fft_rows.solve(Sums(sets, of[first], sd[first]), at, finer)
    factor = np.array([math.prod(f.mean() for f in factors) for factors in sets])
    central = np.exp(product.log_central)
    quantiles = np.exp(product.log_central[:, None] + logs[back])
    return Solved(quantiles, central * np.exp(sd**2 / 2) * factor[of], checks)


def _distinct(of: Ints, sd: Floats) -> tuple[Ints, Ints]:
    """Return the first row of each distinct sum, and which distinct sum each row is."""
    order = np.lexsort((sd, of))
    new = np.ones(len(of), dtype=bool)
    new[1:] = (np.diff(of[order]) != 0) | (np.diff(sd[order]) != 0)
    back = np.empty(len(of), dtype=np.intp)
    back[order] = np.cumsum(new) - 1
    return order[new], back


def _sets(shaped: list[Term], n: int) -> tuple[list[tuple[LogFactor, ...]], Ints]:
    """Return the distinct sets of shaped factors, and which of them each row has."""
    codes = _codes(shaped, n)
    _, first = np.unique(codes, return_index=True)
    sets = []
    for row in first:
        parts = (LogFactor(t.shape, float(t.size[row])) for t in shaped if t.shape and t.size[row])
        sets.append(tuple(c for c in parts if not c.constant))
    return sets, codes


def _codes(shaped: list[Term], n: int) -> Ints:
    """Number the rows by their powers; a term costs no more than the rows that have it."""
    codes, used = np.zeros(n, dtype=np.intp), 1
    for term in shaped:
        live = np.flatnonzero(term.size)
        _, size = np.unique(term.size[live], return_inverse=True)
        _, pair = np.unique(codes[live] * len(live) + size, return_inverse=True)
        codes[live] = used + pair
        used += len(live)
    return np.unique(codes, return_inverse=True)[1]
