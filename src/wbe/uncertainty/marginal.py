"""Exact marginals of products of lognormal errors and at most one logit-normal one.

A sum of independent normal logs is normal; with one logit-normal factor its distribution function
is an average of normal ones over that factor, taken by quadrature. No draws, no Monte Carlo error,
and the same distribution as the draws that later steps regenerate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wbe.errors import UsageError
from wbe.uncertainty.engine import INTERVAL, Product, Term, logit_normal_log

Floats = NDArray[np.float64]

_BISECTIONS = 40
_CHUNK = 500


def _normalised(nodes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    return nodes, weights / weights.sum()


_FEW = _normalised(*np.polynomial.hermite_e.hermegauss(81))
_GRID = np.linspace(-7, 7, 1401)
_MANY = _normalised(_GRID, np.exp(-(_GRID**2) / 2))
_SMOOTH = 0.2
"""Ratio of the normal sd to the logit sd from which few Gauss-Hermite nodes are exact to 1e-4."""

_PURE = 0.01
"""Ratio below which the logit-normal alone gives the quantiles to better than 1e-4."""


def exact_summary(product: Product) -> dict[str, Floats]:
    """Return median, mean and 95 % interval of every row.

    Parameters
    ----------
    product : Product
        Rows of lognormal terms and at most one logit-normal term; none below a limit.

    Returns
    -------
    dict of str to ndarray (row,)
        ``median``, ``mean``, ``lower``, ``upper``. The median is the central value where a
        logit-normal factor is absent, and where it is present the median of the product, which
        differs from the central value by less than its skewness.

    Raises
    ------
    UsageError
        If the product has censored rows or several logit-normal terms: those need draws.

    Notes
    -----
    P(ln x <= q) = E_z[Phi((q - g(z)) / sd)] with g the log of the logit-normal factor and sd the
    root sum of squares of the other log-sds; quantiles by bisection.
    """
    logit = [t for t in product.terms if t.centre is not None and t.log_sd.any()]
    if product.below is not None or len(logit) > 1:
        raise UsageError("censored rows and several logit-normal factors need draws")
    sd = log_sd_of(tuple(t for t in product.terms if t.centre is None), len(product))
    if not logit:
        q = product.log_central[:, None] + sd[:, None] * ndtri(np.array(INTERVAL))
        mean = np.exp(product.log_central + sd**2 / 2)
    else:
        q, mean = _with_logit(product.log_central, sd, logit[0])
    lower, median, upper = np.exp(q).T
    return {"median": median, "mean": mean, "lower": lower, "upper": upper}


def log_sd_of(terms: tuple[Term, ...], n: int) -> Floats:
    """Return the sd of the log of each row [1]; terms that are one variable add linearly."""
    variance = np.zeros(n)
    for k, a in enumerate(terms):
        variance += a.log_sd**2
        for b in terms[:k]:
            if a.name == b.name:
                variance += 2 * np.where(a.labels == b.labels, a.log_sd * b.log_sd, 0.0)
    return np.sqrt(np.maximum(variance, 0.0))


def _with_logit(log_central: Floats, sd: Floats, term: Term) -> tuple[Floats, Floats]:
    """Quantiles (row, 3) of the log and means; rows of equal spread are solved once."""
    assert term.centre is not None
    keys = np.column_stack([sd, term.centre, term.log_sd])
    distinct, back = np.unique(keys, axis=0, return_inverse=True)
    back = np.asarray(back).reshape(-1)
    shape, factor = np.empty((len(distinct), 3)), np.empty(len(distinct))
    for start in range(0, len(distinct), _CHUNK):
        part = slice(start, start + _CHUNK)
        shape[part], factor[part] = _solve(*distinct[part].T)
    q = log_central[:, None] + shape[back]
    return q, np.exp(log_central) * factor[back]


def _solve(sd: Floats, centre: Floats, signed: Floats) -> tuple[Floats, Floats]:
    """Return log quantiles (row, 3) and means of rows with a central value of 1."""
    ratio = sd / np.abs(signed)
    z = ndtri(np.array(INTERVAL))
    out = np.sort(_log_factor(z, centre, signed), axis=1)  # monotone in z, falling for a divisor
    mean = np.empty(len(sd))
    for rows, nodes in (
        (np.flatnonzero(ratio >= _SMOOTH), _FEW),
        (np.flatnonzero(ratio < _SMOOTH), _MANY),
    ):
        if not len(rows):
            continue
        g = _log_factor(nodes[0], centre[rows], signed[rows])
        mean[rows] = np.exp(sd[rows] ** 2 / 2) * (np.exp(g) @ nodes[1])
        mixed = ratio[rows] >= _PURE
        if mixed.any():
            out[rows[mixed]] = _bisect(sd[rows[mixed]], g[mixed], nodes[1])
    return out, mean


def _log_factor(z: Floats, centre: Floats, signed: Floats) -> Floats:
    pairs = zip(centre.tolist(), signed.tolist(), strict=True)
    return np.stack([logit_normal_log(z, c, s) for c, s in pairs])


def _bisect(sd: Floats, g: Floats, weights: Floats) -> Floats:
    spread = 8 * sd + np.abs(g).max(axis=1)
    low = np.repeat(-spread[:, None], len(INTERVAL), axis=1)
    high = -low
    goal = np.array(INTERVAL)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        inside = (middle[:, :, None] - g[:, None, :]) / sd[:, None, None]
        below = (ndtr(inside) @ weights) < goal
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
