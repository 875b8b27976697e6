"""Distributions of one factor, each a function of one standard normal score.

Everything random in `wbe` starts as a standard normal score z: a distribution says which value
belongs to a score, X = F^-1(Phi(z)). One kind of stream then serves all distributions, correlated
factors are correlated scores (a Gaussian copula), and both engines use the same functions.

A published value enters with its *median* at the published central value: see `published`.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]

SCORES = np.linspace(-8.5, 8.5, 17_409)
"""Scores at which a distribution without a fast formula is tabulated (1,024 a unit).

Straight lines between them are off by up to h^2 / 8 times the curvature of ln X, which for a beta
that begins at 0 tends to 1 / a: 1.2e-7 / a, below 1e-6 for a above 0.12.
"""

SMALLEST = math.log(np.finfo(float).tiny)
"""Log error of a value that is 0 in floating point, or rounds below the end of its support."""

_NODES = np.linspace(-9.0, 9.0, 3_601)
_WEIGHTS = np.exp(-(_NODES**2) / 2)
_WEIGHTS /= _WEIGHTS.sum()


@dataclass(frozen=True)
class Distribution:
    """Base of all distributions; immutable and hashable.

    Subclasses give `value` and `cdf`. `kind` is the name in tables.
    """

    kind: ClassVar[str] = ""
    tabulated: ClassVar[bool] = False
    """Whether draws interpolate a table of `value` because it is slow (see `SCORES`)."""

    def value(self, z: ArrayLike) -> Floats:
        """Return the value that belongs to standard normal scores, F^-1(Phi(z))."""
        raise NotImplementedError

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function."""
        raise NotImplementedError

    def scaled(self, by: float) -> Distribution:
        """Return the distribution of `by` times the variable.

        Raises
        ------
        UsageError
            If `by` is not positive, or the family is not closed under scaling.
        """
        raise NotImplementedError

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value; infinite where there is none."""
        return 0.0, math.inf

    @property
    def positive(self) -> bool:
        """Whether all values are above 0, so that the factor has a logarithm."""
        low, _ = self.support
        return low > 0 or (low == 0 and not self.has_mass_at_zero)

    @property
    def has_mass_at_zero(self) -> bool:
        """Whether 0 itself has a probability."""
        return bool(self.cdf(0.0) > 0)

    @property
    def median(self) -> float:
        """Median [unit of the variable]."""
        return float(self.value(0.0))

    @property
    def mean(self) -> float:
        """Mean [unit of the variable]; integrated over the scores where no formula is given."""
        return float(self.value(_NODES) @ _WEIGHTS)

    def with_median(self, median: float) -> Distribution:
        """Return the distribution scaled to another median."""
        if not (self.median > 0 and median > 0):
            raise UsageError(f"{self} has its median at {self.median}: only positive ones move")
        return self.scaled(median / self.median)

    def log_error(self, z: Floats) -> Floats:
        """Return ln(X / median) at standard normal scores; what a product adds on the log scale.

        Raises
        ------
        UsageError
            If values of 0 or below are possible: such a factor has no logarithm.
        """
        _require_positive(self)
        if self.tabulated:
            return _interpolated(np.asarray(z, dtype=float), *_log_table(self))
        return _log_ratio(self, z)

    def log_moments(self, power: float = 1.0) -> tuple[float, float]:
        """Return mean and variance of power * ln(X / median) [1]."""
        error = power * self.log_error(_NODES)
        mean = float(error @ _WEIGHTS)
        return mean, float((error - mean) ** 2 @ _WEIGHTS)

    def parameters(self) -> dict[str, Any]:
        """Return kind and parameters, for tables and records."""
        return {"kind": self.kind, **{f.name: getattr(self, f.name) for f in fields(self)}}


@functools.lru_cache(maxsize=64)
def _log_table(distribution: Distribution) -> tuple[Floats, Floats]:
    """Return the log errors at `SCORES` and the slopes behind them."""
    table = _log_ratio(distribution, SCORES)
    return table, np.append(np.diff(table) / np.diff(SCORES), 0.0)


def _interpolated(z: Floats, table: Floats, slopes: Floats) -> Floats:
    """Return `np.interp(z, SCORES, table)`, bit for bit: no search where the steps are even."""
    z = np.clip(z, SCORES[0], SCORES[-1])
    k = ((z - SCORES[0]) / (SCORES[1] - SCORES[0])).astype(np.intp)
    k -= SCORES.take(k) > z  # the difference is rounded
    return np.asarray(slopes.take(k) * (z - SCORES.take(k)) + table.take(k))


def _log_ratio(distribution: Distribution, z: Floats) -> Floats:
    ratio = np.maximum(distribution.value(z) / distribution.median, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(ratio), SMALLEST))


def require(holds: bool, distribution: Distribution, what: str) -> None:
    """Raise `UsageError` with what the parameters of a distribution need, unless it holds."""
    if not holds:
        raise UsageError(f"{distribution}: needs {what}")


def _require_positive(distribution: Distribution) -> None:
    if not distribution.positive:
        raise UsageError(
            f"{distribution} allows values of 0 or below and has no logarithm; truncate it above "
            "0, or calculate with a function of draws"
        )


def factor(by: float) -> float:
    """Return a scale, checked to be positive."""
    if not by > 0:
        raise UsageError(f"a distribution is scaled by a positive number, not by {by}")
    return by
