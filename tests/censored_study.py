"""Simulation of the estimators of results with limits, for tests and for docs/censored.md.

A case has a distribution, a number of results and an expected share below limits. Every result has
a limit of its own, lognormal about the level that gives this share. All numbers of a case come from
a seed of its own and samples are drawn one after the other, so that a case depends neither on other
cases nor on how many samples are taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincinv, ndtr

from wbe.errors import TooFewDetectsError
from wbe.qc.censoring import (
    MEAN,
    Censored,
    bayes_lognormal,
    choose,
    fit_likelihood,
    kaplan_meier,
    robust_ros,
)

Floats = NDArray[np.float64]

SIZES = (5, 10, 30, 100)
PERCENTS = (10, 20, 30, 40, 50, 60, 70, 80, 90)
DISTRIBUTIONS = ("lognormal 0.5", "lognormal 1", "gamma 1")
"""Lognormal with this sd of the logs; gamma with this shape, an exponential distribution."""

METHODS = ("auto", "ros", "mle", "km")
LIMIT_LOG_SD = 0.3
"""Of the limits of a load, as those of flow a head from day to day."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


@dataclass(frozen=True)
class Case:
    """What is simulated.

    Attributes
    ----------
    distribution : str
        One of `DISTRIBUTIONS`.
    n : int
        Results of a sample.
    percent : int
        Expected share of the results below their limits [%].
    limit_log_sd : float
        Sd of the logs of the limits; 0 gives one limit.
    """

    distribution: str
    n: int
    percent: int
    limit_log_sd: float = LIMIT_LOG_SD

    @property
    def parameter(self) -> float:
        """Sd of the logs, or shape of the gamma."""
        return float(self.distribution.split()[1])

    @property
    def gamma(self) -> bool:
        """Whether the distribution is a gamma."""
        return self.distribution.startswith("gamma")

    @property
    def truth(self) -> float:
        """Mean of the population [1]; the median of a lognormal and the scale of a gamma are 1."""
        return self.parameter if self.gamma else math.exp(self.parameter**2 / 2)

    @property
    def two_detects(self) -> float:
        """Probability of two detects or more [1], without which nothing is estimated."""
        q = self.percent / 100
        return 1 - q**self.n - self.n * (1 - q) * q ** (self.n - 1)

    def quantile(self, score: Floats) -> Floats:
        """Return the quantile at a normal score."""
        if self.gamma:
            return np.asarray(gammaincinv(self.parameter, ndtr(score)))
        return np.asarray(np.exp(self.parameter * score))

    def share_below(self, centre: float) -> float:
        """Return the share below limits whose logs have this mean."""
        limit = np.exp(centre + self.limit_log_sd * _NODES)
        if self.gamma:
            beneath = gammainc(self.parameter, limit)
        else:
            beneath = ndtr(np.log(limit) / self.parameter)
        return float(_WEIGHTS @ beneath / _WEIGHTS.sum())

    @property
    def centre(self) -> float:
        """Mean of the logs of the limits that gives the expected share."""
        wanted = self.percent / 100
        return float(brentq(lambda c: self.share_below(c) - wanted, -30.0, 30.0, xtol=1e-12))

    @property
    def seed(self) -> list[int]:
        """Seed of the case, from its own attributes only."""
        which = DISTRIBUTIONS.index(self.distribution)
        return [20_260_101, which, self.n, self.percent, round(1000 * self.limit_log_sd)]

    def samples(self, count: int) -> Iterator[Censored]:
        """Yield samples one after the other, the first ones the same whatever the count."""
        rng, centre = np.random.default_rng(self.seed), self.centre
        for _ in range(count):
            value = self.quantile(rng.standard_normal(self.n))
            limit = np.exp(centre + self.limit_log_sd * rng.standard_normal(self.n))
            found = value >= limit
            yield Censored(np.where(found, value, 0.0), np.where(found, value, limit))


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimated means of the samples of one case by one method, as multiples of the truth.

    Attributes
    ----------
    value : ndarray (samples,)
        NaN where the method refused.
    lower, upper : ndarray (at most samples,)
        95 % intervals of the first samples; NaN where refused or not asked.
    """

    value: Floats
    lower: Floats
    upper: Floats

    @property
    def answered(self) -> int:
        """Samples with an estimate."""
        return int(np.isfinite(self.value).sum())

    @property
    def refused(self) -> float:
        """Share of the samples without an estimate [1]."""
        return 1 - self.answered / len(self.value)

    @property
    def bias(self) -> float:
        """Mean of estimate over truth, minus 1."""
        return float(np.nanmean(self.value)) - 1 if self.answered else math.nan

    @property
    def median_bias(self) -> float:
        """Median of estimate over truth, minus 1; not moved by rare huge estimates."""
        return float(np.nanmedian(self.value)) - 1 if self.answered else math.nan

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, over the truth."""
        return float(np.sqrt(np.nanmean((self.value - 1) ** 2))) if self.answered else math.nan

    @property
    def rmse_log(self) -> float:
        """Root of the mean squared natural log of estimate over truth."""
        return float(np.sqrt(np.nanmean(np.log(self.value) ** 2))) if self.answered else math.nan

    @property
    def intervals(self) -> int:
        """Samples with an interval."""
        return int((~np.isnan(self.lower)).sum())

    @property
    def coverage(self) -> float:
        """Share of the intervals that hold the truth [1]."""
        held = (self.lower <= 1) & (self.upper >= 1)
        return float(held.sum() / self.intervals) if self.intervals else math.nan


@dataclass(frozen=True)
class Ratio:
    """Error of the automatic choice over that of the better of ROS and likelihood.

    Attributes
    ----------
    plain, log : float
        Of `Estimates.rmse`, and of `Estimates.rmse_log`; over the same samples.
    samples : int
        That all three answered.
    """

    plain: float
    log: float
    samples: int


Triple = tuple[float, float, float]
_NOTHING: Triple = (math.nan, math.nan, math.nan)


def regression(data: Censored) -> Triple:
    """Return the mean by robust ROS with its interval."""
    fit = robust_ros(data)
    return fit.mean, *fit.interval(MEAN)


def likelihood(data: Censored, *, interval: bool) -> Triple:
    """Return the mean by lognormal likelihood, with its profile interval if wanted."""
    try:
        fit = fit_likelihood(data)
    except TooFewDetectsError:
        return _NOTHING
    return (fit.mean, *fit.interval(MEAN)) if interval else (fit.mean, math.nan, math.nan)


def bayes(data: Censored) -> Triple:
    """Return the Bayesian mean with its interval."""
    fit = bayes_lognormal(data)
    return fit.value(MEAN), *fit.interval(MEAN)


def product_limit(data: Censored) -> Triple:
    """Return the Kaplan-Meier mean with its interval."""
    fit = kaplan_meier(data)
    return fit.mean, *fit.interval(MEAN)


def study(case: Case, answers: int, fits: int, profiles: int = 0) -> dict[str, Estimates]:
    """Simulate a case; samples with fewer than two detects count as refused by every method.

    Parameters
    ----------
    case : Case
    answers : int
        Expected number of samples with two detects; more are drawn where many have fewer.
    fits : int
        Bayesian fits, after which the automatic choice is not followed any farther.
    profiles : int
        Answers of the likelihood that are given a profile interval, the first ones.

    Returns
    -------
    dict of Estimates
        By method, those of `METHODS`; that of ``auto`` may hold fewer samples.
    """
    rows: dict[str, list[Triple]] = {name: [] for name in METHODS}
    told = fitted = 0
    for data in case.samples(math.ceil(answers / case.two_detects)):
        method = choose(data)[0]
        found = dict.fromkeys(METHODS, _NOTHING)
        if method != "bounds":
            found["ros"], found["km"] = regression(data), product_limit(data)
            found["mle"] = likelihood(data, interval=told < profiles)
            told += 1
        if method == "bayes":
            fitted += 1
        if fitted <= fits:
            found["auto"] = bayes(data) if method == "bayes" else found["ros"]
        else:
            del found["auto"]
        for name, triple in found.items():
            rows[name].append(triple)
    return {name: Estimates(*(np.array(r).T / case.truth)) for name, r in rows.items()}


def one_limit_mean(case: Case, answers: int) -> Estimates:
    """Return the Kaplan-Meier means of a case, for cases with one limit."""
    count = math.ceil(answers / case.two_detects)
    fits = [product_limit(d) if d.n_detected > 1 else _NOTHING for d in case.samples(count)]
    return Estimates(*(np.array(fits).T / case.truth))


def ratio(by: dict[str, Estimates]) -> Ratio:
    """Return how much larger the error of the automatic choice is than the better of two."""
    count = len(by["auto"].value)
    cut = {name: by[name].value[:count] for name in ("auto", "ros", "mle")}
    both = np.all([np.isfinite(v) for v in cut.values()], axis=0)
    same = {name: Estimates(v[both], v[:0], v[:0]) for name, v in cut.items()}
    plain, log = (
        getattr(same["auto"], kind) / min(getattr(same["ros"], kind), getattr(same["mle"], kind))
        for kind in ("rmse", "rmse_log")
    )
    return Ratio(plain, log, int(both.sum()))
