"""How large a mean difference between two visits is by chance, the visits' spread being uncertain.

A visit's error is shared by all points of an area and does not shrink with them. Its spread omega
is a judgement: the county model gives it a half-normal prior, and so does the test of changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]

Visits = Literal["prior", "stated", "learnt"]
"""``prior``: the spread of visits follows a half-normal distribution whose scale is the stated one,
as in the county model. ``stated``: it is exactly the stated one. ``learnt``: the prior, and what
the county's own changes say of it."""

_nodes, _weights = np.polynomial.legendre.leggauss(32)
RATIOS = 2.5 * (_nodes + 1)
"""Spreads of visits over the stated one, at which mixtures are summed: Gauss-Legendre on 0 to 5."""

_LOG_PRIOR = np.log(_weights) - RATIOS**2 / 2

_MOVERS, _MOVED_BY = 0.2, 2.0
"""For what changes say of visits: share of areas that may have moved, and the log-sd by which;
judgement."""

_STEPS, _TOLERANCE = 100, 1e-14
"""Most steps to a critical difference, and the relative change at which they end."""


@dataclass(frozen=True)
class Scale:
    """The distribution of a mean difference under no change: a mixture over spreads of visits.

    Attributes
    ----------
    own : ndarray (area,) [1]
        Estimated variance that shrinks with points.
    fixed, visit : ndarray (area,) [1]
        Variances that do not: of known size, and of visits as stated.
    df : int
        Degrees of freedom of `own`.
    weights : ndarray (ratio,) or None
        How likely each of `RATIOS` is; None: the stated spread is the true one.
    """

    own: Floats
    fixed: Floats
    visit: Floats
    df: int
    weights: Floats | None

    def _parts(self) -> tuple[Floats, Floats, Floats]:
        """Return standard deviation and degrees of freedom (area, ratio), and weights."""
        ratios, weights = (np.ones(1),) * 2 if self.weights is None else (RATIOS, self.weights)
        total = self.visit[:, None] * ratios**2 + (self.own + self.fixed)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            df = self.df * (total / self.own[:, None]) ** 2
        return np.sqrt(total), np.where(np.isfinite(df), df, 1e9), weights

    def p(self, difference: Floats) -> Floats:
        """Return the two-sided probability of a difference at least as large, (area,)."""
        return _tails(difference, *self._parts())

    def critical(self, p: float) -> Floats:
        """Return the difference with a two-sided probability `p`, (area,)."""
        sd, df, weights = self._parts()
        highest = (stdtrit(df, 1 - p / 2) * sd).max(axis=1)
        if len(weights) == 1:
            return np.asarray(highest)
        # areas of as many points have one distribution
        first: dict[bytes, int] = {}
        same = [first.setdefault(row.tobytes(), k) for k, row in enumerate(np.hstack([sd, df]))]
        found = np.zeros(len(sd))
        one = sorted(first.values())
        found[one] = _where_tails_are(p, highest[one], sd[one], df[one], weights)
        return np.asarray(found[same])

    def reach(self, power: float) -> Floats:
        """Return what a true change must exceed the critical one by to be found, (area,).

        The `power` quantile of the difference, which is symmetric: power is at least 1/2.
        """
        return self.critical(2 * (1 - power))


def _tails(difference: Floats, sd: Floats, df: Floats, weights: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = 2 * stdtr(df, -np.abs(difference)[:, None] / sd)
    return np.asarray(tail @ weights)


def _where_tails_are(p: float, high: Floats, sd: Floats, df: Floats, weights: Floats) -> Floats:
    """Return the difference at which tails are `p`, from 0 to `high`: false position (Illinois).

    The function whose zero is sought is the log of the tails over `p`, which falls; halving the
    value at an end that stays twice makes it move.
    """

    def excess(x: Floats) -> Floats:
        return np.asarray(np.log(_tails(x, sd, df, weights) / p))

    low = np.zeros(len(high))
    with np.errstate(divide="ignore", invalid="ignore"):
        f_low, f_high = excess(low), excess(high)
        live = (high > 0) & (f_high < 0) & (f_low > 0)
        x = high
        for _ in range(_STEPS):
            new = np.where(live, (low * f_high - high * f_low) / (f_high - f_low), high)
            moved, x = np.abs(new - x), new
            if not (moved > _TOLERANCE * x).any():
                break
            f = excess(x)
            beyond = f < 0
            # the end that stays loses half of its value
            f_low, f_high = np.where(beyond, f_low / 2, f), np.where(beyond, f, f_high / 2)
            low, high = np.where(beyond, low, x), np.where(beyond, x, high)
    return np.asarray(x)


def weights_of(visits: Visits, mean: Floats, own: Floats, omega: Floats) -> Floats | None:
    """Return how likely each ratio of the visits' spread to the stated one is; None: it is 1.

    Parameters
    ----------
    visits : str
    mean, own : ndarray (area,) [1]
        Mean log differences of tested areas, and their variances without visits.
    omega : ndarray (area,) [1]
        Stated log-sd of a visit.
    """
    scale = _typical(omega)
    if visits == "stated" or not scale:
        return None
    return _prior() if visits == "prior" else _posterior(mean, own, scale)


def spread_seen(mean: Floats, own: Floats, omega: Floats) -> float:
    """Return the posterior mean of the visits' spread [1]; NaN where nothing was tested.

    Parameters as of `weights_of`.
    """
    scale = _typical(omega)
    if not len(mean) or not scale:
        return float("nan")
    return float(scale * (RATIOS * _posterior(mean, own, scale)).sum())


def _typical(omega: Floats) -> float:
    return float(np.median(omega)) if len(omega) else 0.0


def _prior() -> Floats:
    weight = np.exp(_LOG_PRIOR)
    return np.asarray(weight / weight.sum())


def _posterior(mean: Floats, own: Floats, scale: float) -> Floats:
    """Return the posterior of the visits' spread at `RATIOS`.

    omega ~ half-normal(scale); D_a ~ (1 - e) N(0, V_a) + e N(0, V_a + 4), V_a = 2 omega^2 + own_a:
    areas that moved must not pass for a larger visit.
    """
    variance = 2 * (scale * RATIOS) ** 2 + own[:, None]

    def density(v: Floats) -> Floats:
        return np.asarray(np.exp(-(mean[:, None] ** 2) / (2 * v)) / np.sqrt(v))

    mixed = (1 - _MOVERS) * density(variance) + _MOVERS * density(variance + _MOVED_BY**2)
    log = np.log(mixed).sum(axis=0) + _LOG_PRIOR
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())
