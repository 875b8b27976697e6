"""Distributions made from the normal one: on the log, the logit, the line, cut, of unknown sd."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr, ndtr, ndtri, ndtri_exp, stdtr, stdtrit

from wbe.errors import UsageError
from wbe.uncertainty.distribution import Distribution, Floats, factor, require


@dataclass(frozen=True)
class Lognormal(Distribution):
    """exp(ln median + log_sd z), median [unit of the variable], log_sd [1].

    Attributes
    ----------
    centre : float
        Median [unit of the variable].
    log_sd : float
        Standard deviation of the natural log [1].

    Examples
    --------
    >>> from wbe.uncertainty import Lognormal
    >>> Lognormal(centre=100.0, log_sd=0.2).value([-1.96, 0.0, 1.96]).round(1).tolist()
    [67.6, 100.0, 148.0]
    """

    kind: ClassVar[str] = "lognormal"
    centre: float = 1.0
    log_sd: float = 0.0

    def __post_init__(self) -> None:
        require(self.centre > 0 and self.log_sd >= 0, self, "centre > 0 and log_sd >= 0")

    def value(self, z: ArrayLike) -> Floats:
        """Return exp(ln centre + log_sd z)."""
        return np.asarray(self.centre * np.exp(self.log_sd * np.asarray(z)))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return Phi((ln x - ln centre) / log_sd)."""
        with np.errstate(divide="ignore"):
            distance = np.log(np.maximum(np.asarray(x, dtype=float), 0.0) / self.centre)
        return _below(distance, self.log_sd)

    def log_error(self, z: Floats) -> Floats:
        """Return log_sd z."""
        return np.asarray(self.log_sd * z)

    def scaled(self, by: float) -> Lognormal:
        """Return the lognormal with its median multiplied."""
        return replace(self, centre=self.centre * factor(by))

    @property
    def mean(self) -> float:
        """Mean, centre exp(log_sd^2 / 2)."""
        return self.centre * math.exp(self.log_sd**2 / 2)


@dataclass(frozen=True)
class LogitNormal(Distribution):
    """A fraction with logit(X) = logit(centre) + logit_sd z: its median is `centre`, in (0, 1).

    Attributes
    ----------
    centre : float
        Median [1].
    logit_sd : float
        Standard deviation of the logit [1].

    Examples
    --------
    >>> from wbe.uncertainty import LogitNormal
    >>> LogitNormal(centre=0.29, logit_sd=0.37).value([-1.96, 0.0, 1.96]).round(2).tolist()
    [0.17, 0.29, 0.46]
    """

    kind: ClassVar[str] = "logit_normal"
    centre: float = 0.5
    logit_sd: float = 0.0

    def __post_init__(self) -> None:
        require(0 < self.centre < 1 and self.logit_sd >= 0, self, "0 < centre < 1, logit_sd >= 0")

    def value(self, z: ArrayLike) -> Floats:
        """Return expit(logit(centre) + logit_sd z)."""
        middle = math.log(self.centre / (1 - self.centre))
        return np.asarray(expit(middle + self.logit_sd * np.asarray(z)))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return Phi((logit x - logit centre) / logit_sd)."""
        share = np.clip(np.asarray(x, dtype=float), 0.0, 1.0)
        with np.errstate(divide="ignore"):
            odds = np.log(share) - np.log1p(-share)
        distance = np.asarray(odds - math.log(self.centre / (1 - self.centre)))
        return _below(distance, self.logit_sd)

    def log_error(self, z: Floats) -> Floats:
        """Return ln(X / centre) = -ln(1 + (1 - centre) (exp(-logit_sd z) - 1)), 0 at z = 0."""
        return np.asarray(
            -np.log1p((1 - self.centre) * np.expm1(-self.logit_sd * np.asarray(z, dtype=float)))
        )

    def scaled(self, by: float) -> LogitNormal:
        """Refuse: a fraction times a number is no fraction; give the centre its value instead."""
        if by == 1:
            return self
        raise UsageError("a logit-normal fraction cannot be scaled; its median is its centre")

    @property
    def support(self) -> tuple[float, float]:
        """0 and 1."""
        return 0.0, 1.0


@dataclass(frozen=True)
class Normal(Distribution):
    """Normal; not positive, so no factor of a product of positive factors.

    Attributes
    ----------
    centre, sd : float
        Mean and standard deviation [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import Normal
    >>> Normal(centre=7.0, sd=0.5).value([-1.0, 0.0, 1.0]).tolist()
    [6.5, 7.0, 7.5]
    """

    kind: ClassVar[str] = "normal"
    centre: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        require(self.sd >= 0, self, "sd >= 0")

    def value(self, z: ArrayLike) -> Floats:
        """Return centre + sd z."""
        return np.asarray(self.centre + self.sd * np.asarray(z))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return Phi((x - centre) / sd)."""
        return _below(np.asarray(x, dtype=float) - self.centre, self.sd)

    def scaled(self, by: float) -> Normal:
        """Return the normal with centre and sd multiplied."""
        return replace(self, centre=self.centre * factor(by), sd=self.sd * by)

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def mean(self) -> float:
        """Mean, which is the centre."""
        return self.centre


@dataclass(frozen=True)
class StudentT(Distribution):
    """centre + scale t: a value whose standard uncertainty `scale` has few degrees of freedom `df`.

    Its sd is scale sqrt(df / (df - 2)), larger than what was stated, and infinite up to df = 2; it
    has no mean up to df = 1.

    Attributes
    ----------
    centre, scale : float
        Middle and standard uncertainty [unit of the variable].
    df : float
        Degrees of freedom [1].

    References
    ----------
    JCGM 101:2008, 6.4.9, 10.59161/JCGM101-2008

    Examples
    --------
    >>> from wbe.uncertainty import StudentT
    >>> StudentT(centre=100.0, scale=5.0, df=4.0).value([-1.96, 0.0, 1.96]).round(1).tolist()
    [86.1, 100.0, 113.9]
    """

    kind: ClassVar[str] = "student_t"
    tabulated: ClassVar[bool] = True
    centre: float = 0.0
    scale: float = 1.0
    df: float = 1.0

    def __post_init__(self) -> None:
        require(self.scale > 0 and self.df > 0, self, "scale > 0 and df > 0")

    def value(self, z: ArrayLike) -> Floats:
        """Return centre + scale t, with t of the probability that z has, from the nearer tail."""
        score = np.asarray(z, dtype=float)
        t = np.sign(score) * -stdtrit(self.df, ndtr(-np.abs(score)))
        return np.asarray(self.centre + self.scale * t)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function of t at (x - centre) / scale."""
        return np.asarray(stdtr(self.df, (np.asarray(x, dtype=float) - self.centre) / self.scale))

    def scaled(self, by: float) -> StudentT:
        """Return centre and scale multiplied."""
        return replace(self, centre=self.centre * factor(by), scale=self.scale * by)

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def mean(self) -> float:
        """Mean, which is the centre; NaN up to df = 1."""
        return self.centre if self.df > 1 else math.nan


@dataclass(frozen=True)
class TruncatedNormal(Distribution):
    """Normal(centre, sd) given that it lies between `low` and `high`.

    `centre` is the mode of the untruncated normal, not the median of the truncated one: use
    `with_median` or `published` where the median is to be the published value.

    Attributes
    ----------
    centre, sd : float
        Of the normal before it was cut [unit of the variable].
    low, high : float
        Ends [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import TruncatedNormal
    >>> round(float(TruncatedNormal(centre=0.1, sd=0.1, low=0.0).value(0.0)), 3)
    0.12
    """

    kind: ClassVar[str] = "truncated_normal"
    centre: float = 1.0
    sd: float = 0.1
    low: float = 0.0
    high: float = math.inf

    def __post_init__(self) -> None:
        require(self.sd > 0 and self.low < self.high, self, "sd > 0 and low < high")

    def _ends(self) -> tuple[float, float]:
        return (self.low - self.centre) / self.sd, (self.high - self.centre) / self.sd

    def value(self, z: ArrayLike) -> Floats:
        """Return the quantile, from the nearer tail so that no digits are lost."""
        score = between(np.asarray(z, dtype=float), *self._ends())
        return np.clip(self.centre + self.sd * score, self.low, self.high)  # rounding

    def cdf(self, x: ArrayLike) -> Floats:
        """Return (Phi(s) - Phi(a)) / (Phi(b) - Phi(a))."""
        score = (np.clip(np.asarray(x, dtype=float), self.low, self.high) - self.centre) / self.sd
        return share_between(score, *self._ends())

    def scaled(self, by: float) -> TruncatedNormal:
        """Return all parameters multiplied."""
        k = factor(by)
        return TruncatedNormal(self.centre * k, self.sd * k, self.low * k, self.high * k)

    @property
    def support(self) -> tuple[float, float]:
        """The two bounds."""
        return self.low, self.high


@dataclass(frozen=True)
class CensoredInterval(Distribution):
    """A lognormal known only to lie between `low` and `high`: a value below or between limits.

    Attributes
    ----------
    centre : float
        Median of the whole lognormal [unit of the variable].
    log_sd : float
        Standard deviation of its natural log [1].
    low, high : float
        What the value is known to lie between [unit of the variable].

    Examples
    --------
    >>> from wbe.uncertainty import CensoredInterval
    >>> below = CensoredInterval(centre=5.0, log_sd=0.7, high=3.0)
    >>> below.support, round(float(below.value(0.0)), 2)
    ((0.0, 3.0), 2.17)
    """

    kind: ClassVar[str] = "censored_interval"
    centre: float = 1.0
    log_sd: float = 1.0
    low: float = 0.0
    high: float = math.inf

    def __post_init__(self) -> None:
        ordered = 0 <= self.low < self.high
        require(self.centre > 0 and self.log_sd > 0 and ordered, self, "0 <= low < high")

    def _ends(self) -> tuple[float, float]:
        low = math.log(self.low) - math.log(self.centre) if self.low else -math.inf
        high = math.log(self.high / self.centre) if math.isfinite(self.high) else math.inf
        return low / self.log_sd, high / self.log_sd

    def value(self, z: ArrayLike) -> Floats:
        """Return the quantile of the truncated lognormal."""
        score = between(np.asarray(z, dtype=float), *self._ends())
        return np.clip(self.centre * np.exp(self.log_sd * score), self.low, self.high)  # rounding

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function of the truncated lognormal."""
        at = np.clip(np.asarray(x, dtype=float), self.low, self.high)
        with np.errstate(divide="ignore"):
            score = np.log(at / self.centre) / self.log_sd
        return share_between(score, *self._ends())

    def scaled(self, by: float) -> CensoredInterval:
        """Return centre and limits multiplied."""
        k = factor(by)
        return replace(self, centre=self.centre * k, low=self.low * k, high=self.high * k)

    @property
    def support(self) -> tuple[float, float]:
        """The two limits."""
        return self.low, self.high


def _below(distance: Floats, sd: float) -> Floats:
    """Return Phi(distance / sd); without a spread the step at a distance of 0."""
    if sd == 0:
        return np.where(distance >= 0, 1.0, 0.0)
    return np.asarray(ndtr(distance / sd))


def between(z: Floats, low: float, high: float) -> Floats:
    """Return the standard normal score given that it lies between two scores.

    Everything is computed in the tail where the interval lies, in logs where it lies far out.
    """
    if low > 0 or (math.isinf(high) and low > -1):
        return np.asarray(-between(-z, -high, -low))
    share = ndtr(z)
    if high > -8:
        bottom = ndtr(low)
        lower = ndtri(bottom + share * (ndtr(high) - bottom))
        if high <= 8:  # symmetric enough: nothing is lost at the upper end below 8 sd
            top = ndtr(-high)
            upper = -ndtri(top + ndtr(-z) * (ndtr(-low) - top))
            return np.where(lower > 0, upper, lower)
        return np.where(z > 0, -ndtri(ndtr(-z) * ndtr(-low)), lower)
    top, bottom = log_ndtr(high), log_ndtr(low)
    room = -math.expm1(bottom - top)  # 1 - Phi(low) / Phi(high)
    part = np.where(z < 0, math.exp(bottom - top) + share * room, 1 - ndtr(-z) * room)
    return np.asarray(ndtri_exp(top + np.log(part)))


def share_between(score: Floats, low: float, high: float) -> Floats:
    """Return the distribution function of a standard normal between two scores."""
    if low > 0:
        return np.asarray(1 - share_between(-score, -high, -low))
    if high > -8:
        bottom = ndtr(low)
        return np.asarray(np.clip((ndtr(score) - bottom) / (ndtr(high) - bottom), 0.0, 1.0))
    top, bottom = log_ndtr(high), log_ndtr(low)
    with np.errstate(invalid="ignore"):
        part = np.exp(log_ndtr(score) - top) - math.exp(bottom - top)
    return np.asarray(np.clip(part / -math.expm1(bottom - top), 0.0, 1.0))
