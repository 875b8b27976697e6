"""Results with limits of many sites, each site (in one round) at a level of its own.

One lognormal for many sites puts the non-detects of a small plant where those of a large one lie.
Here every site has a level; what its own results leave open, the levels of the other sites fill in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.edge_terms import edge_terms
from wbe.qc.censoring.families import log_between

Ints = NDArray[np.intp]

BETWEEN, BETWEEN_LOG_SD = 0.5, 1.0
"""Weak prior of the log-sd between sites: median, and sd of its log (judgement: 0.07 to 3.6)."""

_STEPS = 60
_STEP = 1e-3  # of the numerical second derivatives, on log scales


@dataclass(frozen=True, eq=False)
class SiteLevels:
    """Lognormals of sites with one spread.

    Attributes
    ----------
    sites : tuple of str
        Names, sorted.
    mu : ndarray (site,) [1]
        Mean of ln(x) of each site.
    log_sd : float [1]
        ln of the sd of ln(x) within a site.
    covariance : ndarray (site, 2, 2) [1]
        Of (mu, log_sd) of each site: what its results leave open and what the other sites do.
    centre, between : float
        Mean and sd of the levels of sites [1].
    n, n_below : int
    """

    sites: tuple[str, ...]
    mu: Floats
    log_sd: float
    covariance: Floats
    centre: float
    between: float
    n: int
    n_below: int


def fit_site_levels(results: Censored, sites: NDArray[np.str_]) -> SiteLevels:
    """Fit a lognormal to the results of many sites: a level for each, one spread for all.

    Parameters
    ----------
    results : Censored (n,) [any one unit]
        Each result may have a limit of its own; a result between LOD and LOQ enters as that.
    sites : ndarray (n,) of str
        Which site each result comes from; a site in another round counts as another.

    Returns
    -------
    SiteLevels

    Raises
    ------
    UsageError
        If the lengths differ.
    TooFewDetectsError
        If there is no site with two different detects, so that nothing tells the spread, or the
        likelihood has no maximum.

    Notes
    -----
    ln x = mu_r + sigma e; mu_r ~ N(m, tau^2); ln tau ~ N(ln 0.5, 1). The levels are integrated out
    by Laplace's method, exact without limits; (m, ln tau, ln sigma) maximise what is left. The
    covariance of a site is the inverse curvature at its level, plus what the uncertainty of the
    three parameters moves it.

    References
    ----------
    Tierney and Kadane 1986, 10.1080/01621459.1986.10478240

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.qc.censoring import censored
    >>> x = censored([9, 11, 10, 1.1, 0.9, 1, 1], [False] * 5 + [True] * 2)
    >>> fit = fit_site_levels(x, np.array(list("aaabbbb")))
    >>> np.exp(fit.mu).round(1).tolist()  # drawn a little to each other
    [9.9, 0.9]
    """
    from scipy.optimize import minimize

    if len(sites) != results.n:
        raise UsageError(f"{results.n} results and {len(sites)} sites: one a result")
    data = _Sites.of(results, sites)
    if not (data.squares > 0).any():
        raise TooFewDetectsError("no site has two different detects: its spread cannot be told")
    at = np.array([data.start.mean(), math.log(BETWEEN), math.log(data.first_sd)])
    found = minimize(
        lambda p: _loss(p, data)[0],
        at,
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000, "initial_simplex": _simplex(at)},
    )
    if not found.success:
        raise TooFewDetectsError("the levels of sites have no maximum on these values")
    p = np.asarray(found.x, dtype=float)
    _, mu, curvature = _loss(p, data)
    return SiteLevels(
        data.names, mu, float(p[2]), _covariances(p, data, curvature), float(p[0]),
        math.exp(p[1]), results.n, results.n_below,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Sites:
    """What the likelihood needs: sums over detects of each site, log ranges of non-detects."""

    names: tuple[str, ...]
    count: Floats
    mean: Floats
    squares: Floats
    site: Ints
    low: Floats
    high: Floats
    start: Floats

    @classmethod
    def of(cls, results: Censored, sites: NDArray[np.str_]) -> _Sites:
        names, code = np.unique(sites, return_inverse=True)
        k, found = len(names), results.detected
        log = np.log(results.high)
        count = np.bincount(code[found], minlength=k).astype(float)
        total = np.bincount(code[found], log[found], minlength=k)
        mean = total / np.maximum(count, 1)
        squares = np.bincount(code[found], (log[found] - mean[code[found]]) ** 2, minlength=k)
        with np.errstate(divide="ignore"):
            low = np.log(results.low[~found])
        # a start for the levels: detects as they are, limits a little lower
        rough = np.where(found, log, log - 0.7)
        start = np.bincount(code, rough, minlength=k) / np.bincount(code, minlength=k)
        return cls(
            tuple(names.tolist()),
            count,
            mean,
            np.asarray(squares, dtype=float),
            code[~found],
            low,
            log[~found],
            start,
        )

    @property
    def first_sd(self) -> float:
        """Spread of the detects within sites, to begin with."""
        freedom = float(np.maximum(self.count - 1, 0).sum())
        return math.sqrt(float(self.squares.sum()) / max(freedom, 1.0)) + 1e-3


def _simplex(at: Floats) -> Floats:
    return np.vstack([at, at + 0.3 * np.eye(len(at))])


def _loss(p: Floats, data: _Sites) -> tuple[float, Floats, Floats]:
    """Return minus the log posterior without the levels, and the levels with their curvature."""
    centre, log_tau, log_sd = (float(v) for v in p)
    if abs(log_tau) > 12 or abs(log_sd) > 12:
        return math.inf, data.start, np.ones_like(data.start)
    sd, weight = math.exp(log_sd), math.exp(-2 * log_tau)
    mu = data.start.copy()
    curvature = np.ones_like(mu)
    for _ in range(_STEPS):
        slope, curvature = _slopes(mu, centre, weight, sd, data)
        step = np.clip(slope / curvature, -2.0, 2.0)
        mu = mu + step
        if np.abs(step).max() < 1e-10:
            break
    a, b = (data.low - mu[data.site]) / sd, (data.high - mu[data.site]) / sd
    squares = data.squares + data.count * (mu - data.mean) ** 2
    each = squares / (2 * sd**2) + data.count * log_sd + weight * (mu - centre) ** 2 / 2
    each = each + log_tau + np.log(curvature) / 2
    prior = ((log_tau - math.log(BETWEEN)) / BETWEEN_LOG_SD) ** 2 / 2
    value = float(each.sum()) - float(log_between(a, b).sum()) + prior
    return value, mu, curvature


def _slopes(
    mu: Floats, centre: float, weight: float, sd: float, data: _Sites
) -> tuple[Floats, Floats]:
    """Return the first derivative of each site's log posterior in its level, minus the second."""
    edges = edge_terms((data.low - mu[data.site]) / sd, (data.high - mu[data.site]) / sd)
    pull = np.bincount(data.site, edges.slope / sd, minlength=len(mu))
    bend = np.bincount(data.site, edges.bend / sd**2, minlength=len(mu))
    slope = data.count * (data.mean - mu) / sd**2 + pull - weight * (mu - centre)
    return slope, data.count / sd**2 + np.maximum(bend, 0.0) + weight


def _covariances(p: Floats, data: _Sites, curvature: Floats) -> Floats:
    """Return the covariance of (mu, ln sigma) of each site, shape (site, 2, 2)."""
    spread = np.linalg.inv(_hessian(p, data))
    if not (np.linalg.eigvalsh(spread) > 0).all():
        raise TooFewDetectsError("the levels of sites have no maximum on these values")
    moves = np.stack(
        [(_loss(p + d, data)[1] - _loss(p - d, data)[1]) / (2 * _STEP) for d in _STEP * np.eye(3)]
    )
    out = np.empty((len(curvature), 2, 2))
    out[:, 0, 0] = 1 / curvature + np.einsum("ar,ab,br->r", moves, spread, moves)
    out[:, 0, 1] = out[:, 1, 0] = spread[2] @ moves
    out[:, 1, 1] = spread[2, 2]
    return out


def _hessian(p: Floats, data: _Sites) -> Floats:
    steps = _STEP * np.eye(3)
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(i + 1):
            corners = [
                _loss(p + u * steps[i] + v * steps[j], data)[0] * u * v
                for u in (1, -1)
                for v in (1, -1)
            ]
            out[i, j] = out[j, i] = sum(corners) / (4 * _STEP**2)
    return out
