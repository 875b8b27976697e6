"""Mixtures of Student's t: what is known of a coefficient while a nuisance parameter is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of scaled and shifted t distributions with one number of degrees of freedom.

    Attributes
    ----------
    weight, at, scale : ndarray (m,)
        Weights (sum 1), centres and scales (> 0) of the parts.
    df : float
        Degrees of freedom.
    """

    weight: Floats
    at: Floats
    scale: Floats
    df: float

    def cdf(self, x: float) -> float:
        """Return the probability of a value of at most `x`."""
        return float(self.weight @ stdtr(self.df, (x - self.at) / self.scale))

    def quantile(self, p: float) -> float:
        """Return the value that is not exceeded with probability `p`."""
        from scipy.optimize import brentq

        each = self.at + self.scale * stdtrit(self.df, p)
        low, high = float(each.min()), float(each.max())
        if high - low <= 1e-14 * max(abs(low), abs(high)):
            return low
        width = 1e-9 * (high - low)  # the ends are quantiles of single parts, exact but rounded
        return float(
            brentq(lambda x: self.cdf(x) - p, low - width, high + width, xtol=1e-13, rtol=1e-13)
        )

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval of probability `level`."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    @property
    def median(self) -> float:
        """Median."""
        return self.quantile(0.5)

    @property
    def p_value(self) -> float:
        """Twice the smaller of the probabilities beneath and above 0."""
        beneath = self.cdf(0.0)
        return 2 * min(beneath, 1 - beneath)
