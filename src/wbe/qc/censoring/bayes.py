"""Bayesian lognormal for few results, by quadrature: no chains, the same number every time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from wbe.errors import TooFewDetectsError, UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.edge_terms import edge_terms
from wbe.qc.censoring.families import LOGNORMAL, Reduced, reduced
from wbe.qc.censoring.likelihood import natural
from wbe.qc.censoring.quantities import Quantity

_SHAPES, _LOCATIONS = 121, 161
_REACH = 6.0  # standard deviations, of the prior of the shape
_WIDE = 9.0  # standard deviations, of the location
_NEGLIGIBLE = 1e-14
_MODE_STEPS = 60


@dataclass(frozen=True)
class Prior:
    """Weak prior of the log scale, the same in every unit.

    The location has a flat prior. The sd of the logs, sigma, is lognormal with this median and this
    sd of its log.

    Attributes
    ----------
    median : float
        Of sigma [1].
    log_sd : float
        Of ln(sigma) [1].

    Examples
    --------
    >>> from wbe.qc.censoring import Prior
    >>> Prior(median=0.7, log_sd=0.5).median
    0.7
    """

    median: float = 0.7
    log_sd: float = 0.5

    def __post_init__(self) -> None:
        if not (self.median > 0 and self.log_sd > 0):
            raise UsageError("median and log_sd of the prior must be positive")

    @property
    def words(self) -> str:
        """The prior in one line, for tables and records."""
        return (
            f"flat in the mean of the logs; sd of the logs lognormal with median {self.median:g}, "
            f"sd of its log {self.log_sd:g}"
        )


WEAK = Prior()
"""Central 95 % of sigma: 0.26 to 1.9, a geometric sd of 1.3 to 6.5."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Posterior of the two parameters of a lognormal on a grid.

    Attributes
    ----------
    shape : ndarray (s,) [1]
        Grid of ln(sigma).
    weight : ndarray (s,) [1]
        Posterior probability of each.
    location : ndarray (s, m) [1]
        Grid of mu at each shape.
    density : ndarray (s, m) [1]
        Density of mu given the shape.
    cdf : ndarray (s, m) [1]
        Its distribution function.
    prior : Prior
    n, n_below : int
        Results, and those below a limit.
    """

    shape: Floats
    weight: Floats
    location: Floats
    density: Floats
    cdf: Floats
    prior: Prior
    n: int
    n_below: int

    def value(self, quantity: Quantity) -> float:
        """Return the posterior median of a quantity [unit of the data; 1]."""
        return self.quantile(quantity, 0.5)

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return the central credible interval of a quantity [unit of the data; 1]."""
        tail = (1 - require_level(level)) / 2
        return self.quantile(quantity, tail), self.quantile(quantity, 1 - tail)

    def quantile(self, quantity: Quantity, probability: float) -> float:
        """Return a posterior quantile of a quantity.

        Parameters
        ----------
        quantity : Quantity
        probability : float [1]
            Between 0 and 1.

        Returns
        -------
        float [unit of the data; 1]

        Notes
        -----
        At each shape a quantity rises with the location, so the posterior probability that it lies
        below a value is the sum over shapes of ``weight F(location at which it has the value)``.
        """
        from scipy.optimize import brentq

        reach = LOGNORMAL.value(quantity, self.location, self.shape[:, None])
        low, high = float(reach.min()), float(reach.max())
        root = brentq(
            lambda v: self._below(quantity, v) - probability, low, high, xtol=1e-12, rtol=1e-12
        )
        return natural(quantity, float(root))

    def _below(self, quantity: Quantity, value: float) -> float:
        at = LOGNORMAL.locate(quantity, np.array(value), self.shape)
        return float(self.weight @ _interpolated(at, self.location, self.cdf, self.density))


def bayes_lognormal(data: Censored, prior: Prior = WEAK) -> Posterior:
    """Return the posterior of a lognormal for results with limits.

    Parameters
    ----------
    data : Censored
        A result between LOD and LOQ enters with the probability of that range.
    prior : Prior
        Kept in the result.

    Returns
    -------
    Posterior
        Read quantities by `Posterior.value` (their posterior medians: the posterior mean of a
        lognormal mean does not exist under a flat prior) and `Posterior.interval`.

    Raises
    ------
    TooFewDetectsError
        Without a detect: limits alone leave the location without a lower end.

    Notes
    -----
    The posterior is the product of the likelihood of `fit_likelihood`, flat in mu, and a normal
    density of ln(sigma). At each of 121 values of ln(sigma) the location, whose likelihood is
    log-concave, is integrated on a grid about its mode whose steps widen outward; the trapezoid
    rule is exact to about 1e-8 for such smooth, quickly falling functions.

    References
    ----------
    Huynh et al. 2016, 10.1093/annhyg/mev049

    Examples
    --------
    >>> from wbe.qc.censoring import MEAN, bayes_lognormal, censored
    >>> x = censored([1, 1, 1, 1, 3, 7], [True, True, True, True, False, False])
    >>> fit = bayes_lognormal(x)
    >>> round(fit.value(MEAN), 3), [round(v, 3) for v in fit.interval(MEAN)]
    (1.906, [0.518, 21.276])
    """
    if not data.n_detected:
        raise TooFewDetectsError("no detect: limits alone leave a distribution without a lower end")
    small = reduced(data)
    centre, reach = math.log(prior.median), _REACH * prior.log_sd
    # the first pass finds where the posterior is, the second resolves it
    rough = _on_grid(small, np.linspace(centre - reach, centre + reach, _SHAPES), prior)
    held = rough.shape[rough.weight > _NEGLIGIBLE * rough.weight.max()]
    apart = rough.shape[1] - rough.shape[0]
    shape = np.linspace(held[0] - apart, held[-1] + apart, _SHAPES)
    return replace(_on_grid(small, shape, prior), n=data.n, n_below=data.n_below)


def _on_grid(data: Reduced, shape: Floats, prior: Prior) -> Posterior:
    location, step = _locations(data, shape)
    loss = LOGNORMAL.loss(data, location, shape[:, None])
    least = loss.min(axis=1, keepdims=True)
    density = np.exp(least - loss)
    per_step = density * step
    bend = np.gradient(per_step, axis=1)  # corrects the trapezoids inside the range
    panels = (per_step[:, 1:] + per_step[:, :-1]) / 2 + (bend[:, :-1] - bend[:, 1:]) / 12
    area = panels.sum(axis=1, keepdims=True)
    cdf = np.concatenate([np.zeros_like(area), np.cumsum(panels, axis=1)], axis=1) / area
    score = (shape - math.log(prior.median)) / prior.log_sd
    log_weight = (np.log(area) - least)[:, 0] - score**2 / 2
    weight = np.exp(log_weight - log_weight.max())
    return Posterior(shape, weight / weight.sum(), location, density / area, cdf, prior, 0, 0)


def _locations(data: Reduced, shape: Floats) -> tuple[Floats, Floats]:
    """Return a grid of locations at each shape, (s, m), and what a step of it weighs.

    ``mu = mode + width sinh(t)``: fine where the likelihood is high, and as wide as the detects
    alone would allow, which is the widest that it can be.
    """
    sd = np.exp(shape)
    mode, width = _mode(data, sd)
    farthest = np.arcsinh(_WIDE * sd / math.sqrt(data.n_detected) / width)[:, None]
    t = np.linspace(-1, 1, _LOCATIONS) * farthest
    location = mode[:, None] + width[:, None] * np.sinh(t)
    return location, width[:, None] * np.cosh(t) * (2 * farthest / (_LOCATIONS - 1))


def _mode(data: Reduced, sd: Floats) -> tuple[Floats, Floats]:
    """Return the most likely location at each sd of the logs, and its width (curvature^-1/2)."""
    mu = np.full_like(sd, data.mean_log)
    for _ in range(_MODE_STEPS):
        slope, bend = _location_derivatives(data, mu, sd)
        step = np.clip(-slope / bend, -3 * sd, 3 * sd)
        mu = mu + step
        if np.abs(step / sd).max() < 1e-8:
            break
    return mu, 1 / np.sqrt(_location_derivatives(data, mu, sd)[1])


def _location_derivatives(data: Reduced, mu: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Return the first and second derivative of the loss by mu, each (s,)."""
    with np.errstate(divide="ignore"):
        ends = [(np.log(x) - mu[:, None]) / sd[:, None] for x in (data.low, data.high)]
    edges = edge_terms(*ends)
    slope = data.n_detected * (mu - data.mean_log) / sd**2 - edges.slope @ data.count / sd
    return slope, (data.n_detected + edges.bend @ data.count) / sd**2


def _interpolated(at: Floats, x: Floats, y: Floats, slope: Floats) -> Floats:
    """Return y at one place in each row of x, by cubic Hermite interpolation; 0 or 1 outside."""
    rows = np.arange(len(x))
    k = np.clip((x <= at[:, None]).sum(axis=1) - 1, 0, x.shape[1] - 2)
    h = x[rows, k + 1] - x[rows, k]
    u = np.clip((at - x[rows, k]) / h, 0.0, 1.0)
    one, two = y[rows, k], y[rows, k + 1]
    d1, d2 = slope[rows, k] * h, slope[rows, k + 1] * h
    inside = one + u * (d1 + u * (3 * (two - one) - 2 * d1 - d2 + u * (d1 + d2 - 2 * (two - one))))
    return np.clip(inside, 0.0, 1.0)
