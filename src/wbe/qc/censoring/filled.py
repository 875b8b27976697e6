"""What is read from a sample with numbers in the place of its non-detects."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wbe.qc.censoring.data import Floats
from wbe.qc.censoring.quantities import Quantity


class Filled:
    """Base of samples of which each result kept has a number.

    Attributes
    ----------
    filled : ndarray (n,) [unit of the data]
    """

    filled: Floats

    @property
    def mean(self) -> float:
        """Mean [unit of the data]."""
        return float(self.filled.mean())

    @property
    def sd(self) -> float:
        """Standard deviation with n - 1 [unit of the data]; NaN for one result."""
        return float(self.filled.std(ddof=1)) if len(self.filled) > 1 else float("nan")

    def quantile(self, p: ArrayLike) -> Floats:
        """Return quantiles of the filled sample (type 7 of Hyndman and Fan) [unit of the data]."""
        return np.asarray(np.quantile(self.filled, np.asarray(p, dtype=float)))

    def exceedance(self, threshold: float) -> float:
        """Return the share above a threshold [1]."""
        return float((self.filled > threshold).mean())

    def value(self, quantity: Quantity) -> float:
        """Return a quantity [unit of the data; 1]."""
        if quantity.kind == "percentile":
            return float(self.quantile(quantity.at))
        if quantity.kind == "exceedance":
            return self.exceedance(quantity.at)
        return self.mean if quantity.kind == "mean" else self.sd
