"""What a series says about its autocorrelation: weights of a grid of candidates.

Errors are autocorrelated in continuous time, corr = exp(-rate |t_i - t_j|), which on regular dates
is AR(1). Weights come from the restricted likelihood, so that intercept, seasons and slope are
allowed for: the usual estimate from residuals is too low by about (2 + 4 rho) / n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri

from wbe.qc.ranking import ranks
from wbe.trends.continuous_ar1 import fit
from wbe.trends.timed import Floats

Belief = Literal["weak", "none"]

CANDIDATE_RHO: Floats = np.r_[np.arange(18) * 0.05, 0.9, 0.93, 0.96, 0.98]
"""Candidate autocorrelations over one gap."""

SHORT, LONG = 12, 24
"""Up to SHORT values the prior is WEAK alone, from LONG on uniform, between them a mixture."""

WEAK = (2.0, 9.0)
"""Beta distribution of an autocorrelation believed to be weak: mean 0.18, 95 % below 0.39."""

SAME_GAP = 1.02
"""Mean and median gap within this factor count as one."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidate autocorrelations and what is believed of each.

    Attributes
    ----------
    rates : ndarray (k,) [1 per unit of time]
        Correlation over a gap g is exp(-rate g); infinite for none.
    weights : ndarray (k,)
        What is believed of each after the record; sum to 1.
    record : ndarray (k,)
        What the record alone says of each: the weights if nothing had been believed before.
    gap : float [unit of time]
        Mean gap, over which autocorrelation is stated.
    """

    rates: Floats
    weights: Floats
    record: Floats
    gap: float

    @property
    def rho(self) -> Floats:
        """Autocorrelation over the mean gap, shape (k,)."""
        return np.asarray(np.exp(-self.rates * self.gap))

    @property
    def mean(self) -> float:
        """Mean of the autocorrelation over the mean gap [1], by the record alone."""
        return float(self.record @ self.rho)

    def upper(self, probability: float) -> float:
        """Return what the autocorrelation is below with a probability, by the record alone."""
        rising = np.argsort(self.rho)
        at = int(np.searchsorted(np.cumsum(self.record[rising]), probability))
        return float(self.rho[rising][min(at, len(rising) - 1)])


def prior(n: int, belief: Belief = "weak") -> Floats:
    """Return the prior weights of `CANDIDATE_RHO` for a series of n values.

    Parameters
    ----------
    n : int
    belief : {"weak", "none"}
        ``weak``: a short series hardly tells its autocorrelation, so what is believed beforehand
        decides: `WEAK` up to `SHORT` values, uniform from `LONG` on, a mixture between.
        ``none``: uniform whatever n.

    Returns
    -------
    ndarray (k,)
        Sum to 1.
    """
    edges = np.r_[0.0, (CANDIDATE_RHO[1:] + CANDIDATE_RHO[:-1]) / 2, 1.0]
    weak, flat = np.diff(betainc(*WEAK, edges)), np.diff(edges)
    share = 1.0 if belief == "none" else min(max((n - SHORT) / (LONG - SHORT), 0.0), 1.0)
    return np.asarray((1 - share) * weak + share * flat)


def gaps(times: Floats) -> list[float]:
    """Return mean and median gap, or the mean alone where they are nearly the same."""
    between = np.diff(times)
    mean, median = float(between.mean()), float(np.median(between))
    return [mean] if max(mean, median) < SAME_GAP * min(mean, median) else [mean, median]


def normal_scores(values: Floats) -> Floats:
    """Return normal scores of ranks: whatever rises alike has the same autocorrelation."""
    return np.asarray(ndtri((ranks(values) - 0.375) / (len(values) + 0.25)))


def candidates(
    times: Floats, values: Floats, seasons: NDArray[np.intp], belief: Belief = "weak"
) -> Candidates:
    """Return the candidate autocorrelations of a series and their posterior weights.

    Parameters
    ----------
    times : ndarray (n,)
        Strictly rising.
    values : ndarray (n,)
        Only their ranks count. With seasons they should stand around the same middle in each.
    seasons : ndarray (n,)
        Codes of seasons, from 0; all 0 without.
    belief : {"weak", "none"}
        See `prior`.

    Returns
    -------
    Candidates
        Autocorrelation at the mean gap and, on irregular dates, at the median gap, each with half
        of the prior: dense dates with long pauses have two scales.

    Notes
    -----
    Restricted likelihood of Patterson and Thompson 1971, 10.1093/biomet/58.3.545, of the normal
    scores with intercepts of the seasons and a slope, times `prior`.
    """
    dummies = (seasons[:, None] == np.unique(seasons)).astype(float)
    scores = normal_scores(values)
    design = np.column_stack([dummies, (times - times.mean()) / np.ptp(times)])
    scales = gaps(times)
    with np.errstate(divide="ignore"):
        rates = np.concatenate([-np.log(CANDIDATE_RHO) / gap for gap in scales])
    reml = np.concatenate([fit(scores, design, times, gap, CANDIDATE_RHO).reml for gap in scales])
    likelihood = np.exp(reml - reml.max())

    def posterior(of: Belief) -> Floats:
        weights = likelihood * np.tile(prior(len(times), of), len(scales))
        return np.asarray(weights / weights.sum())

    return Candidates(rates, posterior(belief), posterior("none"), scales[0])


def known(times: Floats, autocorrelation: float) -> Candidates:
    """Return the one candidate of an autocorrelation that is known from elsewhere."""
    gap = float(np.diff(times).mean())
    with np.errstate(divide="ignore"):
        rate = -np.log(np.float64(autocorrelation)) / gap
    return Candidates(np.array([rate]), np.ones(1), np.ones(1), gap)
