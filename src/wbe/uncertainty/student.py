"""Quantiles of Student's t of a mean of few points, plus a normal and a logit-normal part.

The distribution function is an average of normal ones, taken by quadrature: no draws, and the same
distribution as the draws that later steps regenerate.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from wbe.uncertainty.monte_carlo import INTERVAL
from wbe.uncertainty.normal_family import LogitNormal

Floats = NDArray[np.float64]

Z95: Final = 1.959963984540054
"""97.5 % point of the standard normal: a central 95 % interval is 2 Z95 sd wide."""


def _normalised(nodes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    return nodes, weights / weights.sum()


_FEW = _normalised(*np.polynomial.hermite_e.hermegauss(81))
"""Gauss-Hermite nodes: exact to 1e-4 where the rest smooths by a fifth of the logit-normal's sd."""


def log_fraction(z: Floats, centre: float, signed_sd: float) -> Floats:
    """Return the log error of a logit-normal fraction, with the sign of its logit sd.

    Parameters
    ----------
    z : ndarray, any shape
        Standard normal scores [1].
    centre : float
        Central fraction [1], between 0 and 1.
    signed_sd : float
        Logit sd [1]; negative where the fraction divides.

    Returns
    -------
    ndarray, shape of `z`
        ln of the fraction over its central value [1].

    Raises
    ------
    UsageError
        If the centre does not lie between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import uncertainty
    >>> z = np.array([-1.0, 0.0, 1.0])
    >>> uncertainty.log_fraction(z, centre=0.29, signed_sd=-0.37).round(3).tolist()
    [0.276, -0.0, -0.248]
    """
    return np.asarray(
        np.copysign(1.0, signed_sd) * LogitNormal(centre, abs(signed_sd)).log_error(z)
    )


_LARGEST_LOG: Final = float(np.log(np.finfo(np.float64).max))

_U = np.linspace(-7.0, 7.0, 281)
"""Grid of a distribution function: asinh of the value in units of half its scale."""


def few_degrees(df: float) -> float:
    """Return by how much few degrees of freedom widen a spread: the 97.5 % point of t over z.

    A normal error with the wider spread has the 95 % interval of Student's t.

    Parameters
    ----------
    df : float [1]
        Degrees of freedom behind the spread.

    Returns
    -------
    float
        A factor of 1 or more [1].

    Examples
    --------
    >>> round(few_degrees(4), 3)
    1.417
    """
    return float(stdtrit(df, 0.975)) / Z95


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
    df : ndarray (row,) [1]
        Degrees of freedom, at least 1.
    sd : ndarray (row,)
        Of an independent normal [1].
    factor : tuple of float, optional [1]
        Centre and signed logit sd of a logit-normal factor.
    probabilities : tuple of float [1]
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

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import uncertainty
    >>> few = uncertainty.student_quantiles(np.array([0.2]), np.array([3.0]), np.array([0.1]))
    >>> few.round(3).tolist()
    [[-0.661, 0.0, 0.661]]
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
    return log_fraction(scores, *factor)


def _factor_nodes(factor: tuple[float, float] | None) -> tuple[Floats, Floats]:
    if factor is None or factor[1] == 0:
        return np.zeros(1), np.ones(1)
    return log_fraction(_FEW[0], *factor), _FEW[1]


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


def natural(log: Floats) -> Floats:
    """Return exp of logs; infinite above the range of numbers, which tails of few points leave.

    Parameters
    ----------
    log : ndarray, any shape [1]

    Returns
    -------
    ndarray, shape of `log`
        exp of the logs [unit of the variable].

    Examples
    --------
    >>> natural(np.array([0.0, 800.0])).tolist()
    [1.0, inf]
    """
    if not (beyond := log > _LARGEST_LOG).any():
        return np.exp(log)
    return np.where(beyond, np.inf, np.exp(np.minimum(log, _LARGEST_LOG)))


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

    Examples
    --------
    >>> from wbe import uncertainty
    >>> round(uncertainty.half_variance_shift(0.25, 4), 3)
    0.051
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
