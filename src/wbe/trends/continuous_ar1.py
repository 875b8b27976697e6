"""Linear models whose errors are autocorrelated in continuous time: y = X b + e, on real dates.

corr(e_i, e_j) = rho ** (|t_i - t_j| / gap), the only stationary Markov correlation in continuous
time. `rho` is the correlation over one typical gap. Everything is computed for a whole grid of
rho at once, by whitening neighbours: (e_i - phi_i e_{i-1}) / sqrt(1 - phi_i^2) is white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.trends.mixtures import Mixture

Floats = NDArray[np.float64]

LARGEST = 0.95
"""Largest correlation over one typical gap that is considered: beyond it a series of a few dozen
values cannot tell correlated errors from a trend."""

GRID: Floats = np.linspace(0.0, LARGEST, 39)
"""Correlations at which the likelihood is evaluated."""


@dataclass(frozen=True, eq=False)
class Fits:
    """Generalised least squares at each of several correlations.

    Attributes
    ----------
    rho : ndarray (g,)
        Correlation over one typical gap [1].
    coefficients : ndarray (g, p)
    scatter : ndarray (g, p, p)
        (X' R^-1 X)^-1.
    rss : ndarray (g,)
        (y - X b)' R^-1 (y - X b).
    log_det : ndarray (g,)
        ln |R|.
    n : int
        Number of values.
    """

    rho: Floats
    coefficients: Floats
    scatter: Floats
    rss: Floats
    log_det: Floats
    n: int

    @property
    def df(self) -> int:
        """Residual degrees of freedom, n - p."""
        return self.n - self.coefficients.shape[1]

    @property
    def ml(self) -> Floats:
        """Log likelihood with the variance at its maximum, up to a constant, shape (g,)."""
        return np.asarray(-(self.n * np.log(self.rss) + self.log_det) / 2)

    @property
    def reml(self) -> Floats:
        """Restricted log likelihood, likewise, shape (g,)."""
        information = np.linalg.slogdet(self.scatter)[1]
        return np.asarray((information - self.log_det - self.df * np.log(self.rss)) / 2)

    @property
    def weights(self) -> Floats:
        """Posterior weight of each correlation, shape (g,).

        The restricted likelihood is the marginal likelihood of rho where coefficients and ln sd
        are flat (Harville 1974); the prior of rho is proportional to 1 - rho.
        """
        log = self.reml + np.log1p(-self.rho)
        weight = np.exp(log - log.max())
        return np.asarray(weight / weight.sum())

    def scales(self, contrast: Floats) -> tuple[Floats, Floats]:
        """Return value and standard error of a contrast at each correlation, shape (g,) each."""
        value = self.coefficients @ contrast
        variance = np.einsum("i,gij,j->g", contrast, self.scatter, contrast) * self.rss / self.df
        return value, np.sqrt(variance)

    def contrast(self, contrast: Floats) -> Mixture:
        """Return what is known of a contrast of the coefficients, averaged over rho."""
        value, scale = self.scales(contrast)
        return Mixture(self.weights, value, scale, self.df)


def whitener(days: Floats, rho: Floats, gap: float) -> tuple[Floats, Floats]:
    """Return correlation with the previous value and innovation sd, shape (g, n) each.

    Parameters
    ----------
    days : ndarray (n,) [days]
        Strictly rising.
    rho : ndarray (g,) [1]
    gap : float [days]
        Gap over which errors are correlated by rho.
    """
    with np.errstate(divide="ignore"):
        phi = np.exp(np.log(rho)[:, None] * (np.diff(days) / gap))
    phi = np.concatenate([np.zeros((len(rho), 1)), phi], axis=1)
    return phi, np.sqrt(-np.expm1(2 * np.log(np.maximum(phi, 1e-300))) * (phi > 0) + (phi == 0))


def whiten(columns: Floats, phi: Floats, sd: Floats) -> Floats:
    """Return columns (n, k) whitened at each correlation, shape (g, n, k)."""
    previous = np.concatenate([np.zeros_like(columns[:1]), columns[:-1]])
    return np.asarray((columns - phi[:, :, None] * previous) / sd[:, :, None])


def fit(y: Floats, x: Floats, days: Floats, gap: float, rho: Floats = GRID) -> Fits:
    """Fit y = X b + e at each correlation.

    Parameters
    ----------
    y : ndarray (n,)
    x : ndarray (n, p)
        Of full column rank, n > p.
    days : ndarray (n,) [days]
        Strictly rising.
    gap : float [days]
        Gap over which errors are correlated by rho.
    rho : ndarray (g,) [1]

    Returns
    -------
    Fits

    Raises
    ------
    UsageError
        If X is not of full rank, there are no more values than columns, or X explains y without
        any residual, so that there is no scatter to judge by.

    References
    ----------
    Harville 1974, 10.1093/biomet/61.2.383
    """
    if len(y) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise UsageError(
            f"{len(y)} values cannot tell {x.shape[1]} terms apart: leave out terms, or add dates"
        )
    phi, sd = whitener(days, rho, gap)
    xw, yw = whiten(x, phi, sd), whiten(y[:, None], phi, sd)
    q, r = np.linalg.qr(xw)
    coefficients = np.linalg.solve(r, q.transpose(0, 2, 1) @ yw)
    rss = ((yw - xw @ coefficients) ** 2).sum(axis=(1, 2))
    if not (rss > 1e-20 * max(1.0, float(y @ y))).all():
        raise UsageError("the values lie exactly on the model: there is no scatter to judge by")
    inverse = np.linalg.inv(r)
    scatter = inverse @ inverse.transpose(0, 2, 1)
    return Fits(rho, coefficients[..., 0], scatter, rss, 2 * np.log(sd).sum(axis=1), len(y))


def best(y: Floats, x: Floats, days: Floats, gap: float, criterion: str) -> Fits:
    """Return the fit at the correlation of the highest ``reml`` or ``ml``; g = 1.

    Parameters
    ----------
    y, x, days, gap
        As in `fit`.
    criterion : str
        ``reml`` or ``ml``.

    Raises
    ------
    UsageError
        As in `fit`.
    """
    from scipy.optimize import minimize_scalar

    found = getattr(fit(y, x, days, gap), criterion)
    k = int(np.argmax(found))
    low, high = GRID[max(k - 1, 0)], GRID[min(k + 1, len(GRID) - 1)]

    def loss(rho: float) -> float:
        return -float(getattr(fit(y, x, days, gap, np.array([rho])), criterion)[0])

    near = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    rho = float(near.x) if -near.fun > found[k] else float(GRID[k])
    return fit(y, x, days, gap, np.array([rho]))
