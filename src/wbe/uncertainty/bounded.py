"""Distributions between two ends."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betainccinv, betaincinv, ndtr

from wbe.uncertainty.distribution import Distribution, Floats, factor, require

ORDER = "low <= mode <= high and low < high"


class _Bounded(Distribution):
    """Between `low` and `high`, which are parameters."""

    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        """The two ends."""
        return self.low, self.high


@dataclass(frozen=True)
class Beta(_Bounded):
    """low + (high - low) B with B ~ Beta(a, b).

    Attributes
    ----------
    a, b : float
        Exponents [1].
    low, high : float
        Ends [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import Beta
    >>> round(Beta(a=8.0, b=2.0).mean, 3)
    0.8
    """

    kind: ClassVar[str] = "beta"
    tabulated: ClassVar[bool] = True
    a: float = 1.0
    b: float = 1.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        require(self.a > 0 and self.b > 0 and self.low < self.high, self, "a, b > 0; low < high")

    def value(self, z: ArrayLike) -> Floats:
        """Return the quantile, from the nearer tail."""
        score = np.asarray(z, dtype=float)
        lower = betaincinv(self.a, self.b, ndtr(score))
        share = np.where(score < 0, lower, betainccinv(self.a, self.b, ndtr(-score)))
        return np.asarray(self.low + (self.high - self.low) * share)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the regularised incomplete beta function."""
        share = (np.asarray(x, dtype=float) - self.low) / (self.high - self.low)
        return np.asarray(betainc(self.a, self.b, np.clip(share, 0.0, 1.0)))

    def scaled(self, by: float) -> Beta:
        """Return the beta with both ends multiplied."""
        return replace(self, low=self.low * factor(by), high=self.high * by)

    @property
    def mean(self) -> float:
        """Mean, low + (high - low) a / (a + b)."""
        return self.low + (self.high - self.low) * self.a / (self.a + self.b)


@dataclass(frozen=True)
class _Peaked(_Bounded):
    """Highest at `mode`, between `low` and `high`."""

    low: float = 0.0
    mode: float = 0.5
    high: float = 1.0

    def __post_init__(self) -> None:
        require(self.low <= self.mode <= self.high and self.low < self.high, self, ORDER)

    def scaled(self, by: float) -> Self:
        """Return all parameters multiplied."""
        k = factor(by)
        return replace(self, low=self.low * k, mode=self.mode * k, high=self.high * k)


@dataclass(frozen=True)
class Pert(_Peaked):
    """Beta on [low, high] with its mode at `mode` and a mean of (low + 4 mode + high) / 6.

    Attributes
    ----------
    low, mode, high : float
        Ends and most probable value [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import Pert
    >>> round(Pert(low=0.2, mode=0.3, high=0.6).mean, 3)
    0.333
    """

    kind: ClassVar[str] = "pert"
    tabulated: ClassVar[bool] = True

    @functools.cached_property
    def as_beta(self) -> Beta:
        """The same distribution by its exponents."""
        width = self.high - self.low
        a = 1 + 4 * (self.mode - self.low) / width
        b = 1 + 4 * (self.high - self.mode) / width
        return Beta(a, b, self.low, self.high)

    def value(self, z: ArrayLike) -> Floats:
        """Return the quantile of the beta."""
        return self.as_beta.value(z)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function of the beta."""
        return self.as_beta.cdf(x)

    @property
    def mean(self) -> float:
        """Mean, (low + 4 mode + high) / 6."""
        return (self.low + 4 * self.mode + self.high) / 6


@dataclass(frozen=True)
class Triangular(_Peaked):
    """Density rising from `low` to `mode` and falling to `high`.

    Attributes
    ----------
    low, mode, high : float
        Ends and most probable value [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import Triangular
    >>> round(float(Triangular(low=0.2, mode=0.3, high=0.6).value(0.0)), 3)
    0.355
    """

    kind: ClassVar[str] = "triangular"

    def value(self, z: ArrayLike) -> Floats:
        """Return the quantile, from the nearer end."""
        score = np.asarray(z, dtype=float)
        width, left, right = self._sides()
        share = ndtr(score)
        rising = self.low + np.sqrt(share * width * left)
        drop = np.sqrt(ndtr(-score) * width * right)
        # high - drop, written from the low end: (width^2 - drop^2) / (width + drop) above it
        raised = self.low + width * (left + share * right) / (width + drop)
        falling = np.where(score < 0, raised, self.high - drop)
        return np.where(share < left / width, rising, falling)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function."""
        at = np.clip(np.asarray(x, dtype=float), self.low, self.high)
        width, left, right = self._sides()
        with np.errstate(divide="ignore", invalid="ignore"):
            rising = (at - self.low) ** 2 / (width * left)
            falling = 1 - (self.high - at) ** 2 / (width * right)
        return np.where(at < self.mode, rising, np.where(at < self.high, falling, 1.0))

    def _sides(self) -> tuple[float, float, float]:
        return self.high - self.low, self.mode - self.low, self.high - self.mode

    @property
    def mean(self) -> float:
        """Mean, (low + mode + high) / 3."""
        return (self.low + self.mode + self.high) / 3


@dataclass(frozen=True)
class _Even(_Bounded):
    """Symmetrical between `low` and `high`."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        require(self.low < self.high, self, "low < high")

    def scaled(self, by: float) -> Self:
        """Return both ends multiplied."""
        return replace(self, low=self.low * factor(by), high=self.high * by)

    @property
    def mean(self) -> float:
        """Mean, the middle."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Uniform(_Even):
    """Every value between `low` and `high` alike.

    Attributes
    ----------
    low, high : float
        Ends [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import Uniform
    >>> round(Uniform(low=0.2, high=0.4).mean, 3)
    0.3
    """

    kind: ClassVar[str] = "uniform"

    def value(self, z: ArrayLike) -> Floats:
        """Return low + (high - low) Phi(z)."""
        return np.asarray(self.low + (self.high - self.low) * ndtr(np.asarray(z, dtype=float)))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the share of the width that lies below."""
        share = (np.asarray(x, dtype=float) - self.low) / (self.high - self.low)
        return np.asarray(np.clip(share, 0.0, 1.0))


@dataclass(frozen=True)
class Arcsine(_Even):
    """U-shaped: where a steady oscillation between `low` and `high` stands at an unknown time.

    Attributes
    ----------
    low, high : float
        Ends [unit of the variable].

    References
    ----------
    JCGM 101:2008, 6.4.6, 10.59161/JCGM101-2008

    Examples
    --------
    >>> from wbe.uncertainty import Arcsine
    >>> float(Arcsine(low=10.0, high=20.0).value(0.0).round(6))
    15.0
    """

    kind: ClassVar[str] = "arcsine"

    def value(self, z: ArrayLike) -> Floats:
        """Return low + (high - low) sin^2(pi Phi(z) / 2), from the nearer end."""
        score = np.asarray(z, dtype=float)
        step = (self.high - self.low) * np.sin(np.pi / 2 * ndtr(-np.abs(score))) ** 2
        return np.where(score < 0, self.low + step, self.high - step)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return 2 / pi arcsin(sqrt((x - low) / (high - low)))."""
        share = (np.asarray(x, dtype=float) - self.low) / (self.high - self.low)
        return np.asarray(2 / np.pi * np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))))


@dataclass(frozen=True)
class Empirical(Distribution):
    """Observed values, with straight lines between them.

    The quantile function passes through the k-th of n sorted values at (k - 1) / (n - 1) (Hyndman
    and Fan 1996, type 7). Nothing lies outside the observed range: few values give short tails.

    Attributes
    ----------
    values : tuple of float
        What was measured [unit of the variable].

    References
    ----------
    Hyndman 1996, 10.1080/00031305.1996.10473566

    Examples
    --------
    >>> from wbe.uncertainty import Empirical
    >>> Empirical(values=(0.31, 0.35, 0.42, 0.50)).support
    (0.31, 0.5)
    """

    kind: ClassVar[str] = "empirical"
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(float(v) for v in self.values))
        require(len(ordered) > 1 and ordered[0] < ordered[-1], self, "two different values")
        require(all(math.isfinite(v) for v in ordered), self, "finite values")
        object.__setattr__(self, "values", ordered)

    def value(self, z: ArrayLike) -> Floats:
        """Return the interpolated order statistic."""
        at = np.linspace(0.0, 1.0, len(self.values))
        return np.asarray(np.interp(ndtr(np.asarray(z, dtype=float)), at, self.values))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the interpolated rank; at a repeated value the upper end of its step."""
        values = np.array(self.values)
        at = np.linspace(0.0, 1.0, len(values))
        distinct, last = np.unique(values[::-1], return_index=True)
        upper = at[len(values) - 1 - last]
        first = at[np.searchsorted(values, distinct)]
        goal = np.asarray(x, dtype=float)
        k = np.clip(np.searchsorted(distinct, goal, side="right") - 1, 0, len(distinct) - 2)
        share = np.clip((goal - distinct[k]) / (distinct[k + 1] - distinct[k]), 0.0, 1.0)
        inside = upper[k] + share * (first[k + 1] - upper[k])
        return np.where(goal < distinct[0], 0.0, np.where(goal >= distinct[-1], 1.0, inside))

    def scaled(self, by: float) -> Empirical:
        """Return all values multiplied."""
        return Empirical(tuple(v * factor(by) for v in self.values))

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest value."""
        return self.values[0], self.values[-1]
