"""The test of Mann and Kendall against simulated series with autocorrelation but no trend."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored
from wbe.qc.censoring.pairs import signs
from wbe.qc.ranking import FEWEST
from wbe.trends.ar1 import Belief, Candidates, candidates, known
from wbe.trends.continuous_ar1 import whitener
from wbe.trends.series import ends
from wbe.trends.timed import Floats, in_time_unit
from wbe.uncertainty.streams import Stream

Ints = NDArray[np.intp]
Signs = NDArray[np.int8]

NEGLIGIBLE = 1e-4
"""Candidates with less weight than this are not simulated."""


@dataclass(frozen=True)
class Ar1Test:
    """Result of the test of Mann and Kendall with an AR(1) bootstrap.

    Attributes
    ----------
    s : float [1]
        Pairs that surely rise less pairs that surely fall, within seasons where there are some.
    p : float [1]
        Two-sided.
    p_error : float [1]
        Standard error of p from the number of draws.
    critical : float [1]
        Largest ``|S|`` with a p-value of 1 - level or more: half width of the interval of a slope.
    autocorrelation : float [1]
        Between consecutive samples a mean gap apart, by the record alone (posterior mean), or as
        stated.
    autocorrelation_upper : float [1]
        It is below this with a probability of 90 %, by the record alone.
    n, n_below : int
    draws, seed : int
    level : float [1]
    convention : str
    """

    s: float
    p: float
    p_error: float
    critical: float
    autocorrelation: float
    autocorrelation_upper: float
    n: int
    n_below: int
    draws: int
    seed: int
    level: float
    convention: str


@dataclass(frozen=True, eq=False)
class Ranked:
    """Results in the order of time, with what is told of their order in size.

    Attributes
    ----------
    times : ndarray (n,)
        From the first, strictly rising.
    seasons : ndarray (n,) of int
        Codes from 0.
    signs : ndarray (n, n)
        1 where the first result is surely larger, -1 where smaller, 0 where it cannot be told.
    centred : ndarray (n,)
        Values (or limits) less the median of their season.
    n_below : int
    """

    times: Floats
    seasons: Ints
    signs: Signs
    centred: Floats
    n_below: int

    @property
    def places(self) -> list[Ints]:
        """Positions of each season."""
        return [np.flatnonzero(self.seasons == g) for g in range(int(self.seasons.max()) + 1)]

    @property
    def standing(self) -> Floats:
        """Share of its season that each result surely exceeds, less that which exceeds it."""
        same = self.seasons[:, None] == self.seasons
        return np.asarray((self.signs * same).sum(axis=1) / same.sum(axis=1))

    @property
    def dependent(self) -> Floats:
        """What the autocorrelation is told from: order alone, or with seasons what is left of them.

        The order within a season of a few years is too coarse: a trend would look like steps.
        """
        return self.standing if self.seasons.max() == 0 else self.centred

    @property
    def s(self) -> float:
        """S: pairs that surely rise less those that surely fall, within seasons."""
        return float(sum(np.tril(self.signs[np.ix_(at, at)]).sum(dtype=int) for at in self.places))

    @property
    def distinct(self) -> bool:
        """Whether every pair within a season is told."""
        told = sum(int(np.abs(self.signs[np.ix_(at, at)]).sum(dtype=int)) for at in self.places)
        return told == sum(len(at) * (len(at) - 1) for at in self.places)


def ranked(
    times: ArrayLike,
    values: ArrayLike | Censored,
    seasons: ArrayLike | None = None,
) -> Ranked:
    """Return results in the order of time, those that are NaN left out.

    Raises
    ------
    UsageError
        If lengths differ, a time is unknown or occurs twice, or a value is infinite.
    """
    # Days from the first are exact, so that shifted dates give the same to the last bit.
    t = in_time_unit(times, "day")
    low, high = ends(values)
    labels = np.zeros(len(t)) if seasons is None else np.asarray(seasons).astype(str)
    if not (len(t) == len(low) == len(labels)):
        raise UsageError(
            f"{len(t)} times, {len(low)} values and {len(labels)} seasons: one of each a result"
        )
    order = np.argsort(t, kind="stable")
    order = order[~np.isnan(low[order])]
    t, low, high = t[order], low[order], high[order]
    t = t - t[:1]
    if len(np.unique(t)) < len(t):
        raise UsageError(
            "a time occurs twice: collapse replicates, give each site its own series, or state "
            "the rounds"
        )
    codes = np.unique(labels[order], return_inverse=True)[1].astype(np.intp)
    middles = np.array([np.median(high[codes == g]) for g in range(codes.max(initial=-1) + 1)])
    below = int((low < high).sum())
    return Ranked(t, codes, signs(low, high, low, high), high - middles[codes], below)


def simulated(times: Floats, rate: float, draws: int, seed: int) -> Floats:
    """Return series with autocorrelation and no trend, shape (n, draws)."""
    gap = float(np.diff(times).mean())
    phi, sd = whitener(times, np.array([np.exp(-rate * gap)]), gap)
    out = Stream(seed).at("trend", "ar1_bootstrap", 0).standard_normal((len(times), draws))
    for i in range(1, len(times)):
        out[i] = phi[0, i] * out[i - 1] + sd[0, i] * out[i]
    return out


def s_of_columns(series: Floats) -> NDArray[np.int64]:
    """Return S of every column of untied values (n, draws), shape (draws,)."""
    n, rising = len(series), np.zeros(series.shape[1], dtype=np.int64)
    for lag in range(1, n):
        rising += (series[lag:] > series[:-lag]).sum(axis=0)
    return 2 * rising - n * (n - 1) // 2


def s_of_records(records: Ints, order: Signs) -> NDArray[np.int64]:
    """Return S of every column of positions in `order` (n, n): results with ties or limits."""
    out = np.zeros(records.shape[1], dtype=np.int64)
    for lag in range(1, len(records)):
        out += order[records[lag:], records[:-lag]].sum(axis=0, dtype=np.int64)
    return out


@functools.lru_cache(maxsize=512)
def untied_null(
    times: bytes, seasons: bytes, rate: float, draws: int, seed: int
) -> NDArray[np.int64]:
    """Return ``|S|`` of simulated series without ties, rising. Kept: many series share dates."""
    t, g = np.frombuffer(times), np.frombuffer(seasons, dtype=np.intp)
    series = simulated(t, rate, draws, seed)
    total = sum(s_of_columns(series[g == code]) for code in np.unique(g))
    return np.sort(np.abs(np.asarray(total)))


def null_of(data: Ranked, rate: float, draws: int, seed: int) -> NDArray[np.int64]:
    """Return ``|S|`` of simulated series, rising, shape (draws,).

    Ties and limits stay in the series: in each simulated one the results are dealt out again, the
    k-th smallest of a season to the time of the k-th smallest simulated value of that season.
    """
    if data.distinct:
        return untied_null(data.times.tobytes(), data.seasons.tobytes(), rate, draws, seed)
    series = simulated(data.times, rate, draws, seed)
    total = np.zeros(draws, dtype=np.int64)
    for at in data.places:
        smallest_first = at[np.argsort(data.standing[at], kind="stable")]
        rank = np.argsort(np.argsort(series[at], axis=0), axis=0)
        total += s_of_records(smallest_first[rank], data.signs)
    return np.sort(np.abs(total))


def against(data: Ranked, found: Candidates, level: float, draws: int, seed: int) -> Ar1Test:
    """Return the test of a series against candidates of its autocorrelation."""
    live = found.weights > NEGLIGIBLE
    weights = found.weights[live] / found.weights[live].sum()
    nulls = [null_of(data, float(rate), draws, seed) for rate in found.rates[live]]

    def beyond(s: Floats) -> Floats:
        """Return the share of simulated |S| at or beyond, averaged over candidates."""
        counts = [draws - np.searchsorted(null, s - 0.5) for null in nulls]
        return np.asarray(weights @ ((1 + np.array(counts)) / (1 + draws)))

    p = min(float(beyond(np.array([abs(data.s)]))[0]), 1.0)
    steps = np.arange(int(max(null[-1] for null in nulls)) + 2, dtype=float)
    critical = float(steps[beyond(steps) >= 1 - level].max())
    return Ar1Test(
        s=data.s,
        p=p,
        # The draws are shared by the candidates, so averaging over these does not reduce it.
        p_error=float(np.sqrt(p * (1 - p) / draws)),
        critical=critical,
        autocorrelation=found.mean,
        autocorrelation_upper=found.upper(0.9),
        n=len(data.times),
        n_below=data.n_below,
        draws=draws,
        seed=seed,
        level=level,
        convention="Mann-Kendall, AR(1) bootstrap"
        if len(data.places) == 1
        else "seasonal Kendall, AR(1) bootstrap",
    )


def ar1_bootstrap(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    seed: int,
    seasons: ArrayLike | None = None,
    autocorrelation: float | None = None,
    belief: Belief = "weak",
    level: float = 0.95,
    draws: int = 4_000,
) -> Ar1Test:
    """Test for a monotonic trend in a short, autocorrelated series on any dates.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
        All different. Irregular dates are taken as they are.
    values : array_like (n,) or Censored [any one unit]
        NaN is left out. Of results with limits, pairs count whose order is known.
    seed : int
        Of the simulated series.
    seasons : array_like (n,) of labels, optional
        Labels; only values of one season are compared, as in `seasonal_kendall`.
    autocorrelation : float, optional [1]
        Between consecutive samples at the mean gap, if it is known from a longer series of the
        same kind; estimated where not given. From 0 to below 1.
    belief : {"weak", "none"}
        What is believed of the autocorrelation before the record: that it is probably weak, the
        more so the shorter the record (`wbe.trends.ar1.prior`), or nothing, which finds less.
    level : float [1]
        1 - level is the size of the test that `critical` holds for.
    draws : int
        Simulated series for each candidate autocorrelation.

    Returns
    -------
    Ar1Test

    Raises
    ------
    UsageError
        If there are fewer than four values, a time occurs twice or is unknown, no pair of results
        can be told apart, or an option is out of its range.

    Notes
    -----
    p = sum_k w_k Pr(``|S*| >= |S|`` given rho_k): S of the series against S* of Gaussian series
    without trend on the same dates, correlated by rho_k ** (gap / mean gap), averaged over the
    posterior weights w_k of rho, not at one estimate of it. From 12 values autocorrelation can
    hardly be told; what is not known must not be left out. The weights rest on the restricted
    likelihood of the normal scores, which allows for the trend taken off, and on a prior of which
    `wbe.trends.ar1.prior` tells; negative values have none. Only order counts, so p is the same
    for any rising function of the values; with seasons it is the same for any offsets of theirs,
    and values should be logs if seasons multiply. Ties and limits stay as they are in simulated
    series. The prior was calibrated by simulation, which docs/trends.md shows.

    References
    ----------
    Mann 1945, 10.2307/1907187; Patterson and Thompson 1971, 10.1093/biomet/58.3.545

    Examples
    --------
    >>> result = ar1_bootstrap(range(12), [9, 8, 8.5, 7, 7.5, 6, 6.5, 5, 4, 4.5, 3, 2], seed=1)
    >>> result.s, result.p < 0.02, 0 < result.autocorrelation < 0.4
    (-58.0, True, True)
    """
    require_level(level)
    require_choice("belief", belief, ("weak", "none"))
    if draws < 100:
        raise UsageError(f"draws is {draws}; a p-value needs 100 at least")
    if autocorrelation is not None and not 0 <= autocorrelation < 1:
        raise UsageError(f"autocorrelation is {autocorrelation}; from 0 to below 1")
    data = ranked(times, values, seasons)
    if len(data.times) < FEWEST:
        raise UsageError(f"{len(data.times)} values; a test of trend needs at least {FEWEST}")
    if not any(data.signs[np.ix_(at, at)].any() for at in data.places):
        raise UsageError("no two results can be told apart: all are equal or below one limit")
    if autocorrelation is not None:
        return against(data, known(data.times, autocorrelation), level, draws, seed)
    found = candidates(data.times, data.dependent, data.seasons, belief)
    return against(data, found, level, draws, seed)
