"""Several estimates of one unknown as one, on the log scale, with what they disagree by.

Estimates that share an error (the flow, the bottle) do not average it away, and how far estimates
differ beyond their stated errors is an error of its own, of one size for the whole campaign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.uncertainty import Correlation, Product, Term
from wbe.uncertainty.moments import related, unit_covariance

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

APART = 2.0
"""Largest over smallest estimate from which they are said to disagree [judgement]."""

DISAGREEMENT = "population_disagreement"

_ABSENT = 1e12  # variance of an estimate that is not there
_EXACT = 1e-12  # variance added to each, so that exact estimates can be weighed


@dataclass(frozen=True)
class Disagreement:
    """How far estimates of one unknown lie apart beyond their stated errors.

    Attributes
    ----------
    log_sd : float
        Sd of the log deviation of an estimate at a site [1]; one for all estimates and sites.
    q : float
        Sum over sites of the weighted squares about the site's own combination [1].
    degrees : int
        Comparisons behind it: estimates less one, summed over sites. `q` is about this number where
        the stated errors explain what is seen.
    sites : int
        Sites with two or more estimates.
    stated : bool
        Whether `log_sd` was stated by the user instead of estimated.
    """

    log_sd: float
    q: float
    degrees: int
    sites: int
    stated: bool


@dataclass(frozen=True)
class Combined:
    """Estimates of one unknown, and their combination.

    Attributes
    ----------
    names : tuple of str
        The estimates.
    log_values : ndarray (row, estimate) [1]
        Natural log of each; NaN where it is not there.
    weights : ndarray (row, estimate)
        Weights on the log scale [1]; they sum to 1 in a row that has an estimate.
    disagreement : Disagreement
    ratio : ndarray (row,)
        Largest over smallest estimate of the row [1]; NaN with fewer than two.
    apart : ndarray (row,) of bool
        Where `ratio` exceeds `APART`.
    product : Product
        The combination, with the errors of its parts and the disagreement.
    """

    names: tuple[str, ...]
    log_values: Floats
    weights: Floats
    disagreement: Disagreement
    ratio: Floats
    apart: Flags
    product: Product


def combine(
    parts: Mapping[str, Product], sites: Strings, *, log_sd: float | None = None
) -> Combined:
    """Combine estimates of one unknown, row by row, on the log scale.

    Parameters
    ----------
    parts : mapping of str to Product
        Estimates by name; the same rows in each, NaN where one says nothing.
    sites : ndarray (row,) of str
        Where a row belongs: an estimate's deviation is the same on all days of a site.
    log_sd : float, optional
        Sd of the disagreement [1], where it is known from elsewhere; else it is estimated.

    Returns
    -------
    Combined

    Raises
    ------
    UsageError
        If there is no estimate, their rows differ, or `log_sd` is negative or not finite.

    Notes
    -----
    ln P = sum(w_i ln P_i), w = V^-1 1 / (1' V^-1 1), with V the covariance of the log errors of the
    row plus tau^2 on its diagonal. An error that all share (the flow) changes no weight and stays
    whole. A weight below 0, which correlations between unlike errors could give, is taken as 0.

    ``tau^2 = max(0, sum_s (Q_s - (k_s - 1)) / sum_s (tr W - 1' W W 1 / 1' W 1))`` over sites s
    with k_s estimates: y their means over the days that have all of them, m the combination of
    these, W = V^-1 of them, Q = (y - m)' W (y - m). It is DerSimonian and Laird's estimate where
    errors are independent. Taken as known afterwards: with few `degrees` it is itself uncertain,
    and tau^2 = 0 does not show that the estimates agree.

    References
    ----------
    DerSimonian 1986, 10.1016/0197-2456(86)90046-2; O'Brien 2014, 10.1021/es403251g

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.backcalc import combine
    >>> from wbe.uncertainty import Product, Term
    >>> site = np.array(["a"])
    >>> flow = Term("flow", "site", site, np.array([0.1]))
    >>> cotinine = Term("cotinine", "site", site, np.array([0.3]))
    >>> ammonium = Term("ammonium", "site", site, np.array([0.3]))
    >>> got = combine({"cotinine": Product(np.log([90_000.0]), (flow, cotinine)),
    ...                "ammonium": Product(np.log([160_000.0]), (flow, ammonium))}, site)
    >>> round(float(np.exp(got.product.log_central[0]))), got.weights[0].round(2).tolist()
    (120000, [0.5, 0.5])
    """
    _require(parts, sites, log_sd)
    names = tuple(parts)
    values = np.column_stack([p.log_central for p in parts.values()])
    covariance = row_covariance(tuple(parts.values()))
    found = (
        Disagreement(float(log_sd), np.nan, 0, 0, True)
        if log_sd is not None
        else disagreement(parts, sites)
    )
    weights = _weights(covariance, np.isfinite(values), found.log_sd**2)
    spread = np.fmax.reduce(values, axis=1) - np.fmin.reduce(values, axis=1)  # NaN is no estimate
    ratio = np.where(np.isfinite(values).sum(axis=1) > 1, np.exp(spread), np.nan)
    product = _combination(parts, values, weights, sites, found.log_sd)
    return Combined(names, values, weights, found, ratio, ratio > APART, product)


def disagreement(parts: Mapping[str, Product], sites: Strings) -> Disagreement:
    """Estimate how far estimates lie apart beyond their stated errors; see `combine`."""
    products = tuple(parts.values())
    values = np.column_stack([p.log_central for p in products])
    q = excess = scale = 0.0
    degrees = n_sites = 0
    for site in np.unique(sites):
        rows, columns = _complete(np.isfinite(values), np.flatnonzero(sites == site))
        if len(columns) < 2:
            continue
        chosen = tuple(products[k] for k in columns)
        y = values[np.ix_(rows, columns)].mean(axis=0)
        one, two, three = _moments(y, mean_covariance(chosen, rows))
        q, excess, scale = q + one, excess + one - two, scale + three
        degrees, n_sites = degrees + two, n_sites + 1
    tau2 = max(0.0, excess / scale) if scale > 0 else 0.0
    return Disagreement(float(np.sqrt(tau2)), q if n_sites else np.nan, degrees, n_sites, False)


def row_covariance(parts: tuple[Product, ...]) -> Floats:
    """Return the covariance of the log errors of several products in each row.

    Returns
    -------
    ndarray (row, product, product) [1]
    """
    k, n = len(parts), len(parts[0])
    out = np.zeros((n, k, k))
    for a in range(k):
        for b in range(a, k):
            total = np.zeros(n)
            for one, two, unit in _related(parts[a], parts[b], parts[0].correlations):
                total += (one.labels == two.labels) * one.size * two.size * unit
            out[:, a, b] = out[:, b, a] = total
    return out


def mean_covariance(parts: tuple[Product, ...], rows: Ints) -> Floats:
    """Return the covariance of the mean log errors of several products over some rows.

    Returns
    -------
    ndarray (product, product) [1]
    """
    k = len(parts)
    taken = [replace(p, terms=tuple(t.take(rows) for t in p.terms), below=None,
                     log_central=p.log_central[rows]) for p in parts]  # fmt: skip
    out = np.zeros((k, k))
    for a in range(k):
        for b in range(a, k):
            pairs = _related(taken[a], taken[b], parts[0].correlations)
            out[a, b] = out[b, a] = sum(_shared(one, two) * unit for one, two, unit in pairs)
    return out


def _related(
    a: Product, b: Product, correlations: tuple[Correlation, ...]
) -> list[tuple[Term, Term, float]]:
    """Return the pairs of terms of two products that covary, with the covariance at size 1."""
    found = []
    for one in a.terms:
        for two in b.terms:
            rho = related(one.name, two.name, correlations)
            if rho and one.size.any() and two.size.any():
                found.append((one, two, unit_covariance(one.shape, two.shape, rho)))
    return found


def _shared(one: Term, two: Term) -> float:
    """Return the covariance of the means over rows of two terms, at unit covariance 1."""
    labels, codes = np.unique(np.concatenate([one.labels, two.labels]), return_inverse=True)
    n = len(one.labels)
    first = np.bincount(codes[:n], one.size, len(labels)) / n
    second = np.bincount(codes[n:], two.size, len(labels)) / n
    return float(first @ second)


def _complete(known: Flags, rows: Ints) -> tuple[Ints, Ints]:
    """Return the rows of a site that have one set of estimates, and the set: the most compared."""
    patterns, codes, counts = np.unique(
        known[rows], axis=0, return_inverse=True, return_counts=True
    )
    best = int(np.argmax((patterns.sum(axis=1) - 1) * counts))
    return rows[codes.ravel() == best], np.flatnonzero(patterns[best])


def _moments(y: Floats, covariance: Floats) -> tuple[float, int, float]:
    """Return Q, its degrees of freedom, and what a unit of tau^2 adds to its expectation."""
    w = np.linalg.inv(covariance + _EXACT * np.eye(len(y)))
    total = float(w.sum())
    residual = y - (w @ y).sum() / total
    scale = float(np.trace(w) - (w @ w).sum() / total)
    return float(residual @ w @ residual), len(y) - 1, scale


def _weights(covariance: Floats, known: Flags, tau2: float) -> Floats:
    n, k = known.shape
    both = known[:, :, None] & known[:, None, :]
    full = np.where(both, covariance, 0.0)
    full = full + np.where(known, tau2 + _EXACT, _ABSENT)[:, :, None] * np.eye(k)
    weights = np.linalg.solve(full, np.ones((n, k, 1)))[..., 0]
    weights = np.where(known, np.maximum(weights, 0.0), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))


def _combination(
    parts: Mapping[str, Product], values: Floats, weights: Floats, sites: Strings, log_sd: float
) -> Product:
    """Return the weighted sum of logs with every error to its power."""
    terms = [
        replace(term, size=term.size * weights[:, k])
        for k, part in enumerate(parts.values())
        for term in part.terms
    ]
    if log_sd:
        terms += [
            Term(DISAGREEMENT, "site", np.char.add(sites.astype(str), f"|{name}"),
                 log_sd * weights[:, k])
            for k, name in enumerate(parts)
        ]  # fmt: skip
    none = ~np.isfinite(values).any(axis=1)
    central = np.where(none, np.nan, (np.where(weights > 0, values, 0.0) * weights).sum(axis=1))
    first = next(iter(parts.values()))
    return Product(central, tuple(terms), None, first.correlations)


def _require(parts: Mapping[str, Product], sites: Strings, log_sd: float | None) -> None:
    if not parts:
        raise UsageError("there is no estimate to combine")
    if {len(p) for p in parts.values()} != {len(sites)}:
        raise UsageError("every estimate needs one row for each site given")
    if len({p.correlations for p in parts.values()}) > 1 or any(
        p.below is not None for p in parts.values()
    ):
        raise UsageError("estimates to combine are quantified and of one error model")
    if log_sd is not None and not (np.isfinite(log_sd) and log_sd >= 0):
        raise UsageError(f"log_sd = {log_sd}: the sd of a disagreement is 0 or positive")


__all__ = [
    "APART", "DISAGREEMENT", "Combined", "Disagreement", "combine", "disagreement",
    "mean_covariance", "row_covariance",
]  # fmt: skip
