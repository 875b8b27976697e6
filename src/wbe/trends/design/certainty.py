"""When a town of known level gets its tier, and when that tier is printed as certain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import gammaln, ndtr

from wbe.errors import UsageError
from wbe.trends.design.answers import (
    Floats,
    Ints,
    above_zero,
    chance_below,
    distribution,
    spread_nodes,
)


def limits_of(truth: float, breaks: Sequence[float]) -> Floats:
    """Return the breaks as logs over the truth, with infinity at both ends."""
    above_zero(truth=truth)
    held = np.asarray(breaks, dtype=float)
    if not (len(held) and (held > 0).all() and (np.diff(held) > 0).all() and held[-1] < np.inf):
        given = ", ".join(f"{b:g}" for b in held)
        raise UsageError(f"breaks = {given}: needs positive numbers that rise, such as 20, 60")
    if truth in held:
        raise UsageError(f"truth = {truth} lies on a break: either tier is right there")
    return np.concatenate([[-np.inf], np.log(held / truth), [np.inf]])


def chances(
    df: int, limits: Floats, own: float, common: float, at: float
) -> tuple[float, float, float]:
    """Return the chances of the right tier, of it as certain, and of a wrong one as certain."""
    sd = float(np.hypot(own, common))
    ratios, weights = spread_nodes(df)
    held = np.array([_certain(limits, distribution(r * own, df, common), at) for r in ratios])
    certain = weights @ np.diff(ndtr(held / sd), axis=2)[..., 0]
    tier = int(np.searchsorted(limits, 0.0)) - 1
    right = float(np.diff(ndtr(limits[tier : tier + 2] / sd))[0])
    return right, float(certain[tier]), float(certain.sum() - certain[tier])


def _certain(limits: Floats, quantiles: Floats, at: float) -> Floats:
    """Return for each tier the estimates with which it is certain, shape (tier, 2)."""
    reach = float(np.interp(at, *_table(quantiles)))
    out = []
    for low, high in pairwise(limits):
        if np.isfinite(low) and np.isfinite(high):
            half = _half_width((high - low) / 2, quantiles, at)
            middle = (low + high) / 2
            out.append((middle - half, middle + half))
        else:
            out.append((low + reach, high - reach))
    return np.asarray(out)


def _table(quantiles: Floats) -> tuple[Floats, Floats]:
    return chance_below(quantiles, quantiles), quantiles


def _half_width(half: float, quantiles: Floats, at: float) -> float:
    """Return how far from the middle of a tier an estimate may lie and be certain; 0 if nowhere."""
    away = np.linspace(0.0, half, 400)
    inside_ = chance_below(half - away, quantiles) - chance_below(-half - away, quantiles)
    return float(np.interp(-at, -inside_, away)) if inside_[0] >= at else 0.0


def chances_at_most(limits: Floats, sd: float, at: float) -> tuple[float, float]:
    """Return the chances of the right tier, and of it as certain, with endless points."""
    tier = int(np.searchsorted(limits, 0.0)) - 1
    if sd == 0:
        return 1.0, 1.0
    right = float(np.diff(ndtr(limits[tier : tier + 2] / sd))[0])
    quantiles = distribution(0.0, 1, sd)
    held = _certain(limits, quantiles, at)[tier]
    return right, float(np.diff(ndtr(held / sd))[0])


def binomial(n: Ints, counts: Ints, valid: float) -> Floats:
    """Return the probability of each count of valid points out of n, shape (n, count)."""
    tried, kept = np.broadcast_arrays(n[:, None], counts[None, :])
    if valid == 1:
        return np.asarray(tried == kept, dtype=float)
    lost = np.maximum(tried - kept, 0)
    log = gammaln(tried + 1) - gammaln(kept + 1) - gammaln(lost + 1)
    log = log + kept * np.log(valid) + lost * np.log1p(-valid)
    return np.asarray(np.where(kept <= tried, np.exp(log), 0.0))
