"""Weights of several estimates of one quantity whose errors are shared in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty import Product
from wbe.uncertainty.moments import related, unit_covariance

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_RIDGE = 1e-10
"""Share of the mean variance added to the diagonal: estimates that no error of their own tells
apart get equal weights in the place of none."""


def covariances(estimates: Sequence[Product]) -> Floats:
    """Return the covariance of the log errors of the estimates in each row [1].

    Parameters
    ----------
    estimates : sequence of Product (row,)

    Returns
    -------
    ndarray (row, estimate, estimate)

    Notes
    -----
    Two terms count where they are one variable, or correlated ones, and have one label.
    """
    k = len(estimates)
    out = np.zeros((len(estimates[0]), k, k))
    for r in range(k):
        for s in range(r, k):
            out[:, r, s] = out[:, s, r] = _covariance(estimates[r], estimates[s])
    return out


def _covariance(a: Product, b: Product) -> Floats:
    total = np.zeros(len(a))
    for one in a.terms:
        for two in b.terms:
            rho = related(one.name, two.name, a.correlations)
            if rho:
                shared = (one.labels == two.labels) * one.size * two.size
                total += shared * unit_covariance(one.shape, two.shape, rho)
    return total


def least_variance(cov: Floats, used: Flags) -> Floats:
    """Return weights that sum to 1, are not below 0, and give the least variance of the sum.

    Parameters
    ----------
    cov : ndarray (row, estimate, estimate)
    used : ndarray (row, estimate) of bool

    Returns
    -------
    ndarray (row, estimate)
        0 for what is not used; all 0 where nothing is.

    Notes
    -----
    w = S^-1 1 / (1'S^-1 1) of the best subset whose weights are all 0 or above: a negative weight
    would let an estimate pull against itself.
    """
    best = np.full(len(used), np.inf)
    weights = np.zeros(used.shape)
    for subset in _subsets(used.shape[1]):
        part = cov[:, subset][:, :, subset] + _ridge(cov[:, subset][:, :, subset])
        solved = np.linalg.solve(part, np.ones((len(used), len(subset), 1)))[:, :, 0]
        total = solved.sum(axis=1)
        # among equal variances the larger subset, which comes first
        better = used[:, subset].all(axis=1) & (solved >= 0).all(axis=1) & (total > 0)
        with np.errstate(divide="ignore"):
            better &= 1.0 / total < best * (1.0 - 1e-9)
        best[better] = 1.0 / total[better]
        weights[better] = 0.0
        weights[np.ix_(np.flatnonzero(better), np.array(subset))] = (solved / total[:, None])[
            better
        ]
    return weights


def heterogeneity(y: Floats, cov: Floats, used: Flags) -> tuple[Floats, Floats]:
    """Return Cochran's Q for correlated estimates, and the trace of its matrix.

    Parameters
    ----------
    y : ndarray (row, estimate)
        Logs of the estimates.
    cov : ndarray (row, estimate, estimate)
    used : ndarray (row, estimate) of bool

    Returns
    -------
    q, trace : ndarray (row,)
        NaN where fewer than two estimates are used.

    Notes
    -----
    Q = y'Py with P = S^-1 - S^-1 1 1'S^-1 / (1'S^-1 1); what all estimates share has no part in
    it. Its mean is df + tau^2 trace(P) for a spread tau between estimates.

    References
    ----------
    Cochran 1954, 10.2307/3001666; DerSimonian 1986, 10.1016/0197-2456(86)90046-2
    """
    q, trace = np.full(len(y), np.nan), np.full(len(y), np.nan)
    for subset in _subsets(used.shape[1]):
        others = [k for k in range(used.shape[1]) if k not in subset]
        rows = used[:, subset].all(axis=1) & ~used[:, others].any(axis=1)
        if len(subset) < 2 or not rows.any():
            continue
        part = cov[rows][:, subset][:, :, subset]
        inverse = np.linalg.inv(part + _ridge(part))
        ones = inverse.sum(axis=2)
        matrix = inverse - ones[:, :, None] * ones[:, None, :] / ones.sum(axis=1)[:, None, None]
        apart = y[rows][:, subset] - y[rows][:, subset].mean(axis=1, keepdims=True)
        q[rows] = np.einsum("ni,nij,nj->n", apart, matrix, apart)
        trace[rows] = np.trace(matrix, axis1=1, axis2=2)
    return q, trace


def combined(estimates: Sequence[Product], weights: Floats, used: Flags) -> Product:
    """Return the weighted sum of the logs as one product: every error to the power of its weight.

    Parameters
    ----------
    estimates : sequence of Product (row,)
    weights : ndarray (row, estimate)
    used : ndarray (row, estimate) of bool

    Returns
    -------
    Product (row,)
        NaN where nothing is used.
    """
    logs = [np.where(used[:, k], p.log_central, 0.0) for k, p in enumerate(estimates)]
    total = np.asarray(sum(weights[:, k] * log for k, log in enumerate(logs)))
    terms = [
        replace(term, size=term.size * weights[:, k])
        for k, p in enumerate(estimates)
        for term in p.terms
    ]
    log_central = np.where(used.any(axis=1), total, np.nan)
    return Product(log_central, tuple(terms), correlations=estimates[0].correlations)


def _subsets(k: int) -> list[list[int]]:
    """Return the subsets of k estimates, the largest first."""
    sizes = range(k, 0, -1)
    return [list(c) for size in sizes for c in combinations(range(k), size)]


def _ridge(cov: Floats) -> Floats:
    k = cov.shape[1]
    mean = np.trace(cov, axis1=1, axis2=2) / k
    return np.where(mean > 0, _RIDGE * mean, 1.0)[:, None, None] * np.eye(k)
