"""Maximum likelihood of results with limits: lognormal or gamma, profile-likelihood intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, ndtri

from wbe.errors import TooFewDetectsError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.families import GAMMA, LOGNORMAL, Family, Reduced, reduced
from wbe.qc.censoring.lognormal_newton import lognormal_maximum
from wbe.qc.censoring.quantities import MEAN, SD, Quantity

FAMILIES: dict[str, Family] = {"lognormal": LOGNORMAL, "gamma": GAMMA}
_FAR = 1e300
_NODES = np.linspace(-1.0, 1.0, 41)
_FINE = 0.02  # half the width of a grid whose parabola is exact to 1e-12
_MAX_GRIDS = 20
_LOGIT_EDGE = 700.0
_WIDEST = 60.0  # on the log or logit scale: farther than any interval that means something


@dataclass(frozen=True, eq=False)
class LikelihoodFit:
    """Distribution fitted by maximum likelihood.

    Attributes
    ----------
    family : Family
    location, shape : float [1]
        Lognormal: mean of ln(x), and ln of its sd. Gamma: ln(mean), and ln(k).
    loss : float [1]
        Minus the log likelihood at the maximum, without constants.
    data : Reduced
    n, n_below : int
        Results, and those below a limit.
    """

    family: Family
    location: float
    shape: float
    loss: float
    data: Reduced
    n: int
    n_below: int

    @property
    def mean(self) -> float:
        """Mean [unit of the data]."""
        return self.value(MEAN)

    @property
    def sd(self) -> float:
        """Standard deviation [unit of the data]."""
        return self.value(SD)

    def quantile(self, p: ArrayLike) -> Floats:
        """Return quantiles of the fitted distribution [unit of the data]."""
        shares = np.asarray(p, dtype=float)
        at = [self.value(Quantity("percentile", float(s))) for s in shares.ravel()]
        return np.reshape(at, shares.shape)

    def exceedance(self, threshold: float) -> float:
        """Return the probability of a value above a threshold [1]."""
        return self.value(Quantity("exceedance", threshold))

    def value(self, quantity: Quantity) -> float:
        """Return a quantity of the fitted distribution [unit of the data; 1]."""
        at = self.family.value(quantity, np.array(self.location), np.array(self.shape))
        return natural(quantity, float(at))

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return the profile-likelihood interval of a quantity.

        Parameters
        ----------
        quantity : Quantity
        level : float [1]

        Returns
        -------
        lower, upper : float [unit of the data; 1]
            0 or infinity where the likelihood sets no limit on that side.

        Notes
        -----
        All values whose best log likelihood lies less than ``chi2_1(level) / 2`` beneath the
        maximum. The shape is maximised out, the location follows from value and shape.

        References
        ----------
        Venzon & Moolgavkar 1988, 10.2307/2347496
        """
        drop = float(ndtri((1 + require_level(level)) / 2)) ** 2 / 2
        best = float(self.family.value(quantity, np.array(self.location), np.array(self.shape)))
        lower, upper = (self._end(quantity, best, sign, drop) for sign in (-1.0, 1.0))
        return natural(quantity, lower), natural(quantity, upper)

    def _end(self, quantity: Quantity, best: float, sign: float, drop: float) -> float:
        from scipy.optimize import brentq

        def excess(step: float) -> float:
            return self._profile(quantity, best + sign * step) - self.loss - drop

        if math.isinf(best):  # a probability beyond the range of numbers, 0 or 1
            best = math.copysign(_LOGIT_EDGE, best)
        if excess(0.0) >= 0:
            return best
        step = 0.25
        while excess(step) < 0:
            step *= 2
            if step > _WIDEST:
                return sign * math.inf
        inner = step / 2 if step > 0.25 else 0.0
        return best + sign * float(brentq(excess, inner, step, xtol=1e-10, rtol=1e-12))

    def _profile(self, quantity: Quantity, value: float) -> float:
        """Return the least loss at a value of a quantity, whatever the shape.

        The shape is sought on a grid that moves while its end is best and shrinks about its best
        node otherwise; a parabola through the last three nodes gives the least loss. It begins at
        the shape of the maximum, so that the loss depends on nothing that was asked before.
        """
        near, half = self.shape, 2.0
        for _ in range(_MAX_GRIDS):
            shape = near + half * _NODES
            with np.errstate(all="ignore"):  # nodes far out leave the range of numbers
                at = self.family.locate(quantity, np.array(value), shape)
                loss = np.nan_to_num(self.family.loss(self.data, at, shape), nan=_FAR, posinf=_FAR)
            k = int(np.argmin(loss))
            near = float(shape[k])
            if 0 < k < len(shape) - 1:
                if half < _FINE:
                    left, right = loss[k - 1] - loss[k], loss[k + 1] - loss[k]
                    bend = left + right
                    gain = (left - right) ** 2 / (8 * bend) if bend > 0 else 0.0
                    return float(loss[k] - gain)
                half *= 2 * (_NODES[1] - _NODES[0])
        return float(loss[k])


def fit_likelihood(data: Censored, family: str = "lognormal") -> LikelihoodFit:
    """Fit a distribution to results with limits by maximum likelihood.

    Parameters
    ----------
    data : Censored
        A result between LOD and LOQ enters with the probability of that range.
    family : {"lognormal", "gamma"}

    Returns
    -------
    LikelihoodFit

    Raises
    ------
    UsageError
        If the family is not known.
    TooFewDetectsError
        With fewer than two different detects, or where the likelihood has no maximum.

    Notes
    -----
    ``ln L = sum over detects of ln f(x) + sum over non-detects of ln(F(high) - F(low))``. The
    lognormal mean is ``exp(mu + sigma^2 / 2)``, its sd ``mean sqrt(exp(sigma^2) - 1)``; both lean
    on the shape far beyond the data, and with few detects they can be far off.

    References
    ----------
    Antweiler & Taylor 2008, 10.1021/es071301c

    Examples
    --------
    >>> from wbe.qc.censoring import censored, fit_likelihood, MEAN
    >>> x = censored([1, 1, 3, 7, 10, 18], [True, True, False, False, False, False])
    >>> fit = fit_likelihood(x)
    >>> round(fit.mean, 3), [round(v, 2) for v in fit.interval(MEAN)]
    (9.972, [2.53, 12877.13])
    """
    require_choice("family", family, FAMILIES)
    distinct = len(np.unique(data.values))
    if distinct < 2:
        raise TooFewDetectsError(f"{distinct} different detects; a likelihood fit needs at least 2")
    small = reduced(data)
    location, shape = _lognormal(small) if family == "lognormal" else _gamma(small)
    loss = float(FAMILIES[family].loss(small, np.array(location), np.array(shape)))
    return LikelihoodFit(FAMILIES[family], location, shape, loss, small, data.n, data.n_below)


def natural(quantity: Quantity, value: float) -> float:
    """Return a quantity from its log (or logit)."""
    if quantity.kind == "exceedance":
        return float(expit(value))
    with np.errstate(over="ignore"):
        return float(np.exp(value))


def _lognormal(data: Reduced) -> tuple[float, float]:
    (mu, log_sd), _ = lognormal_maximum(data)
    return float(mu), float(log_sd)


def _gamma(data: Reduced) -> tuple[float, float]:
    """Return the maximum by simplex, begun at the moments that the detects suggest."""
    from scipy.optimize import minimize

    spread = max(data.square_log / data.n_detected, 1e-8)
    start = np.array([math.log(data.mean), -math.log(spread)])

    def loss(at: Floats) -> float:
        with np.errstate(all="ignore"):  # trials far out run out of the number range
            out = float(GAMMA.loss(data, at[0], at[1]))
        return out if math.isfinite(out) else _FAR

    tight = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 500, "maxfev": 1000}
    first = minimize(loss, start, method="Nelder-Mead", options=tight)
    # begun anew at its end, because a simplex can shrink short of the maximum
    found = minimize(loss, first.x, method="Nelder-Mead", options=tight)
    if not np.isfinite(found.x).all() or found.fun >= _FAR or abs(found.x).max() > 50:
        raise TooFewDetectsError("the censored gamma has no maximum on these values")
    return float(found.x[0]), float(found.x[1])
