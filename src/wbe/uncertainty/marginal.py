"""Exact marginals: lognormal errors, one logit-normal factor, the t of a mean of few points.

A sum of independent normal logs is normal; with one logit-normal factor, or the Student's t of a
mean, its distribution function is an average of normal ones, taken by quadrature. No draws, no
Monte Carlo error, and the same distribution as the draws that later steps regenerate.
"""

from __future__ import annotations

import functools

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


_U = np.linspace(-7.0, 7.0, 281)
"""Grid of a distribution function: asinh of the value in units of half its scale."""


def student_quantiles(
    scale: Floats,
    df: Floats,
    sd: Floats,
    factor: tuple[float, float] | None = None,
    probabilities: tuple[float, ...] = INTERVAL,
) -> Floats:
    """Return quantiles of scale * t_df + sd * z, plus a log logit-normal factor.

    Parameters
    ----------
    scale : ndarray (row,)
        Of Student's t [1].
    df : ndarray (row,)
        Degrees of freedom, at least 1.
    sd : ndarray (row,)
        Of an independent normal [1].
    factor : tuple of float, optional
        Centre and signed logit sd of a logit-normal factor.
    probabilities : tuple of float
        Rising.

    Returns
    -------
    ndarray (row, probability)
        Quantiles of the log [1].

    Notes
    -----
    t_df = z / sqrt(w) with w = chi2_df / df: given w the sum is normal with variance
    scale^2 / w + sd^2. The average over sqrt(w) is a Gauss-Legendre quadrature; that over the
    factor a Gauss-Hermite one on the tabulated distribution function. exp of the sum has no
    mean: Student's t has no exponential moment.
    """
    out = np.zeros((len(scale), len(probabilities)))
    g, weights = _factor_nodes(factor)
    goal = ndtri(np.array(probabilities))
    for k, (b, nu, c) in enumerate(zip(scale, df, sd, strict=True)):
        unit = float(np.hypot(b, c)) / 2
        if unit == 0:
            out[k] = _factor_quantiles(factor, goal)
            continue
        z = _student_table(float(b) / unit, float(nu), float(c) / unit)
        out[k] = unit * np.sinh(np.interp(goal, z, _U))
        if len(g) > 1:
            low, high = out[k][[0, -1]]
            q = np.linspace(1.5 * low + g.min(), 1.5 * high + g.max(), 160)
            shifted = np.arcsinh((q[:, None] - g[None, :]) / unit)
            cdf = ndtr(np.interp(shifted, _U, z)) @ weights
            out[k] = np.interp(goal, ndtri(np.clip(cdf, 1e-12, 1 - 1e-12)), q)
    return out


def _factor_quantiles(factor: tuple[float, float] | None, scores: Floats) -> Floats:
    if factor is None or factor[1] == 0:
        return np.zeros(len(scores))
    if factor[1] < 0:  # a divisor falls as its score rises
        scores = -scores
    return logit_normal_log(scores, *factor)


def _factor_nodes(factor: tuple[float, float] | None) -> tuple[Floats, Floats]:
    if factor is None or factor[1] == 0:
        return np.zeros(1), np.ones(1)
    return logit_normal_log(_FEW[0], *factor), _FEW[1]


@functools.lru_cache(maxsize=1_024)
def _student_table(b: float, nu: float, c: float) -> Floats:
    """Return the normal score of the distribution function of b t_nu + c z at sinh(`_U`).

    Normal scores against asinh are nearly straight lines, so that few grid points suffice.
    """
    r, weights = _chi_nodes(nu)
    sd = np.sqrt(b**2 * nu / r**2 + c**2)
    half = np.sinh(_U[_U >= 0])
    tail = ndtr(-half[:, None] / sd) @ weights
    upper = -ndtri(np.maximum(tail, 1e-300))
    upper[0] = 0.0
    return np.concatenate([-upper[:0:-1], upper])


@functools.cache
def _chi_nodes(nu: float) -> tuple[Floats, Floats]:
    """Return nodes and weights for r = sqrt(chi2_nu), whose density is r^(nu-1) exp(-r^2/2).

    Over r, not r^2, the normal distribution function is smooth down to zero.
    """
    middle = np.sqrt(nu)
    low, high = max(0.0, middle - 8), middle + 8
    x, w = np.polynomial.legendre.leggauss(48)
    r = low + (high - low) * (x + 1) / 2
    log_density = (nu - 1) * np.log(r) - r**2 / 2
    return _normalised(r, w * np.exp(log_density - log_density.max()))


@functools.lru_cache(maxsize=4_096)
def half_variance_shift(variance: float, n: int) -> float:
    """Return the median of t s / sqrt(n) + sigma^2 / 2, less s^2 / 2.

    The log of the arithmetic mean of a lognormal is its mean log plus half its variance. Both are
    uncertain from n points, and together; the shift keeps the headline at its plug-in value.

    Parameters
    ----------
    variance : float
        s^2 of the logs [1].
    n : int
        Number of points, at least 2.

    Returns
    -------
    float [1]

    Notes
    -----
    sigma^2 = s^2 / w and t = z / sqrt(w) with w = chi2_(n-1) / (n - 1).
    """
    if not variance > 0:
        return 0.0
    r, weights = _chi_nodes(float(n - 1))
    half = variance * (n - 1) / r**2 / 2
    sd = np.sqrt(2 * half / n)
    low, high = -10 * float(np.sqrt(variance)), float(variance) * 1_000 + 10
    for _ in range(80):
        middle = (low + high) / 2
        if ndtr((middle - half) / sd) @ weights < 0.5:
            low = middle
        else:
            high = middle
    return (low + high) / 2 - variance / 2
