"""The Gaussian part of the county model, integrated out and drawn: one elimination a batch.

Matrices are small and many: their rows and columns are the first two axes, the batch (town, chain)
the last ones, so that each step of the factorisation is one operation over the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.spatial.county.design import Design

Floats = NDArray[np.float64]


FLOOR = 1e-3
"""Smallest log-sd of a sample that is told from none [1]."""


@dataclass(frozen=True)
class Statistics:
    """What the posterior needs of the log loads.

    Attributes
    ----------
    cross : ndarray (stratum, d, town, chain)
        Cross products of the columns with z.
    squares : ndarray (stratum, chain)
        Sums of squares of z.
    """

    cross: Floats
    squares: Floats


@dataclass(frozen=True)
class Eliminated:
    """Factors of the posterior of the location unknowns given scales.

    Attributes
    ----------
    log_density : ndarray (chain,)
        Log marginal density of z given the scales, up to a constant.
    local : ndarray (d + 1, q, town, chain)
        Columns of the Cholesky factor that belong to towns; the last row is that of z.
    top : ndarray (p + 1, p, chain)
        The rest.
    scale : ndarray (q, town, chain)
        Prior sds of the local unknowns.
    """

    log_density: Floats
    local: Floats
    top: Floats
    scale: Floats


def statistics_of(design: Design, z: Floats) -> Statistics:
    """Return the statistics of log loads z, shape (n, chain)."""
    shape = (len(design.multiplicity), -1, design.n_towns, z.shape[1])
    cross = (design.project @ z).reshape(shape)
    means = (design.point_sum @ z) ** 2 / np.maximum(design.counts, 1)[:, None]
    squares = [means[design.counts == m].sum(axis=0) for m in design.multiplicity if m]
    if design.points_repeat and (design.multiplicity == 0).any():
        squares.append(np.maximum((z**2).sum(axis=0) - np.sum(squares, axis=0), 0.0))
    return Statistics(cross, np.stack(squares))


def variances(design: Design, sigma_point: Floats, sigma_sample: Floats) -> Floats:
    """Return the eigenvalue sigma_eps^2 + m sigma_w^2 of each stratum, shape (stratum, chain).

    Not below `FLOOR`^2: points that agree to the last digit would leave no finite precision.
    """
    found = sigma_sample**2 + design.multiplicity[:, None] * sigma_point**2
    return np.asarray(np.maximum(found, FLOOR**2))


def eliminate(design: Design, s: Statistics, noise: Floats, scale: Floats) -> Eliminated:
    """Integrate the location unknowns out.

    Parameters
    ----------
    design : Design
    s : Statistics
    noise : ndarray (stratum, chain)
        From `variances`.
    scale : ndarray (q, town, chain)
        Prior sds of the towns' unknowns: tau / sqrt(lambda_a), omega, 1 for known errors.

    Returns
    -------
    Eliminated

    Notes
    -----
    With x in units of its prior sd, the posterior precision is I + S D' N^-1 D S, which stays well
    conditioned where a scale is zero. Towns meet only in the county's columns: their blocks are
    eliminated first, side by side.
    """
    q, p = design.n_local, design.n_top
    precision = 1.0 / noise
    gram = np.tensordot(design.gram, precision, axes=(0, 0))  # (d, d, town, chain)
    full = np.empty((q + p, design.n_towns, noise.shape[1]))
    full[:q], full[q:] = scale, design.top_sd[:, None, None]
    gram *= full[:, None]
    gram *= full[None, :]
    cross = np.einsum("cdak,ck->dak", s.cross, precision) * full
    matrix = np.concatenate([gram, cross[None]], axis=0)  # rows: columns of D, then z
    for j in range(q):
        matrix[j, j] += 1.0
    local = _factor(matrix, q)
    rest = matrix[q:, q:].sum(axis=2) - _products(local[q:])
    for j in range(p):
        rest[j, j] += 1.0
    top = _factor(rest, p)
    residual = (s.squares * precision).sum(axis=0)
    residual = residual - (local[-1] ** 2).sum(axis=(0, 1)) - (top[-1] ** 2).sum(axis=0)
    determinant = sum(np.log(local[j, j]).sum(axis=0) for j in range(q))
    determinant = determinant + sum(np.log(top[j, j]) for j in range(p))
    log_density = -0.5 * (design.ranks @ np.log(noise) + residual) - determinant
    return Eliminated(np.asarray(log_density), local, top, scale)


def _products(rows: Floats) -> Floats:
    """Return the products of rows (i, q, town, chain) with all but the last, (i, i - 1, chain)."""
    flat = rows.reshape(len(rows), -1, rows.shape[-1]).transpose(2, 0, 1)
    return np.asarray((flat @ flat[:, :-1].transpose(0, 2, 1)).transpose(1, 2, 0))


def _factor(matrix: Floats, columns: int) -> Floats:
    """Return the first columns of the Cholesky factor; rows beyond a square matrix are carried."""
    out = np.zeros((matrix.shape[0], columns, *matrix.shape[2:]))
    for j in range(columns):
        column = matrix[j:, j]
        if j:
            column = column - (out[j:, :j] * out[j, :j]).sum(axis=1)
        out[j:, j] = column / np.sqrt(column[0])
    return out


def draw_location(design: Design, e: Eliminated, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the location unknowns given the scales.

    Parameters
    ----------
    design : Design
    e : Eliminated
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray
        Local (q, town, chain) and county's (p, chain) unknowns, in their own units.
    """
    q, p = design.n_local, design.n_top
    top = _solve_back(e.top, e.top[-1] + rng.standard_normal(e.top[-1].shape), p)
    carried = (e.local[q:-1] * top[:, None, None, :]).sum(axis=0)
    right = e.local[-1] - carried + rng.standard_normal(e.local[-1].shape)
    return _solve_back(e.local, right, q) * e.scale, top * design.top_sd[:, None]


def _solve_back(factor: Floats, right: Floats, columns: int) -> Floats:
    """Solve L' x = right with the first rows of a factor."""
    out = np.empty_like(right)
    for j in reversed(range(columns)):
        value = right[j]
        if j + 1 < columns:
            value = value - (factor[j + 1 : columns, j] * out[j + 1 :]).sum(axis=0)
        out[j] = value / factor[j, j]
    return out


def fitted(design: Design, local: Floats, top: Floats) -> Floats:
    """Return D x of every sample, shape (n, chain)."""
    q = design.n_local
    out = design.columns[:, q:] @ top
    for j in range(q):
        out += design.columns[:, j, None] * local[j][design.town]
    return np.asarray(out)
