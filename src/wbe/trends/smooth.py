"""Smooth trend: a penalised spline of ln y with autocorrelated errors, and when it changed.

Smoothness and autocorrelation explain the same wiggles. The curve and its bands are averaged over
the joint restricted likelihood of both; the slope is judged at the most likely smoothness, averaged
over autocorrelation only, since slopes of the roughest curves that cannot be excluded would drown
every change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored
from wbe.trends.continuous_ar1 import GRID, whiten, whitener
from wbe.trends.series import DAYS_PER_YEAR, FEWEST_ROUNDS, log_series, typical_gap
from wbe.trends.timed import TimeUnit
from wbe.uncertainty.streams import Stream

if TYPE_CHECKING:
    from scipy.interpolate import BSpline

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_SEGMENTS = 20
POINTS = 101
"""Points of the curve, evenly spread from the first time to the last."""
DRAWS = 2_000
_SMOOTHNESS = np.linspace(-5.0, 5.0, 21)
"""log10 of the penalty, relative to the information of the data."""
_RHO = GRID[::3]


@dataclass(frozen=True, eq=False)
class SmoothTrend:
    """Smooth trend with its bands.

    Attributes
    ----------
    days : ndarray (k,) [days]
        Points of the curve: from 1970-01-01 where dates were given, from 0 for numbers.
    value : ndarray (k,) [unit of the values]
        exp of the posterior mean of the smooth: a median level.
    lower, upper : ndarray (k,) [same unit]
        Pointwise interval: holds at any one point.
    band_lower, band_upper : ndarray (k,) [same unit]
        Simultaneous band: holds at all points together.
    rate : ndarray (k,) [%/year]
        Local change, 100 (exp(slope) - 1).
    rate_lower, rate_upper : ndarray (k,) [%/year]
        Its simultaneous band.
    rising, falling : ndarray (k,) of bool
        Where the simultaneous band of the slope lies above, or beneath, 0.
    level : float [1]
        Probability of intervals and bands.
    effective_df : float [1]
        Effective degrees of freedom of the smooth, averaged; 2 is a straight line.
    rho : float
        Correlation of errors over one typical gap, averaged [1].
    gap : float
        Typical gap [days].
    n, n_rounds, n_missing : int
        Results, rounds, and results left out as NaN.
    draws, seed : int
        Of the bands.
    testable : bool
        False with too few rounds; arrays are empty then.
    reason : str
        Why not.
    """

    days: Floats
    value: Floats
    lower: Floats
    upper: Floats
    band_lower: Floats
    band_upper: Floats
    rate: Floats
    rate_lower: Floats
    rate_upper: Floats
    rising: Mask
    falling: Mask
    level: float
    effective_df: float
    rho: float
    gap: float
    n: int
    n_rounds: int
    draws: int
    seed: int
    testable: bool
    reason: str
    n_missing: int = 0

    @property
    def periods(self) -> tuple[tuple[str, float, float], ...]:
        """Periods of significant change: (``rising`` or ``falling``, first day, last day)."""
        found = []
        for name, mask in (("rising", self.rising), ("falling", self.falling)):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
            found += [
                (name, float(self.days[a]), float(self.days[b - 1]))
                for a, b in zip(edges[::2], edges[1::2], strict=True)
            ]
        return tuple(sorted(found, key=lambda period: period[1]))


def smooth_trend(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    rounds: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 1,
    unit: TimeUnit = "year",
) -> SmoothTrend:
    """Fit a smooth trend and tell when it changed significantly.

    Parameters
    ----------
    times : array_like (n,)
        Dates as `wbe.trends.trend` takes them, or numbers in `unit`; in any order, each once.
    values : array_like (n,) [any one unit]
        Positive values of one site or area; NaN is left out. Non-detects are refused.
    rounds : array_like (n,), optional of labels
        The round of each result; by default told from the gaps. Where rounds hold several results
        their geometric means are smoothed.
    level : float [1]
        Probability of intervals and bands.
    seed : int
        Of the draws behind the bands.
    unit : {"day", "year"}
        Of times that are numbers, as in `wbe.trends.trend`; dates need none.

    Returns
    -------
    SmoothTrend
        With ``testable=False`` and a reason if there are fewer than `FEWEST_ROUNDS` rounds.

    Raises
    ------
    UsageError
        If a result lies below a limit (`loglinear_trend` takes those), a time occurs twice, a
        value is not positive, or all values are equal.

    Notes
    -----
    ln y = B a + e: cubic B-splines, a penalty lambda a'D'D a on second differences (a normal prior
    of the curve's bending), e autocorrelated as in `loglinear_trend`. With d = 2 unpenalised
    directions,

        ``p(lambda, rho | y) prop. to (1 - rho) |R|^-1/2 |lambda D'D|_+^1/2``
        ``|B'R^-1B + lambda D'D|^-1/2 Q^-(n-d)/2``,  Q = y'R^-1y - y'R^-1B a,

    the restricted likelihood, ln lambda flat over ten decades. Curves are drawn from the mixture of
    multivariate t distributions with n - d degrees of freedom; a simultaneous band is a multiple
    of the pointwise sd that holds `level` of the drawn curves whole. Slopes are drawn at the lambda
    of highest restricted likelihood. A sudden step is smoothed over: see `change_points`.

    References
    ----------
    Eilers 1996, 10.1214/ss/1038425655; Wood 2011, 10.1111/j.1467-9868.2010.00749.x;
    Simpson 2018, 10.3389/fevo.2018.00149

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import smooth_trend
    >>> week = np.arange(60)
    >>> scatter = np.resize([0.1, -0.08, 0.03, -0.12, 0.07, 0.02, -0.04], 60)
    >>> loads = 50 * np.exp(np.where(week < 30, 0.0, (week - 30) / 30) + scatter)  # synthetic
    >>> smooth = smooth_trend(np.datetime64("2023-01-04") + 7 * week, loads)
    >>> [name for name, first, last in smooth.periods]
    ['rising']
    """
    require_level(level)
    why = "a smooth has no place for them; see loglinear_trend"
    series = log_series(times, values, why, unit, leave_out_missing=True)
    n = len(series)
    days, logs = series.by_round(rounds)
    n_rounds = len(days)
    if n_rounds < FEWEST_ROUNDS:
        reason = f"{n_rounds} rounds; a smooth trend is fitted from {FEWEST_ROUNDS}"
        found = _refused(reason, level, n, n_rounds, seed)
        return replace(found, n_missing=series.n_missing)
    if np.ptp(logs) == 0:
        raise UsageError("all values are equal: there is no scatter to judge by")
    found = _summary(days, _posterior(days, logs), level, n, seed)
    return replace(found, n_missing=series.n_missing)


@dataclass(frozen=True, eq=False)
class _Posterior:
    """Mixture over (lambda, rho): m parts of k coefficients."""

    weight: Floats  # (m,)
    at_one_smoothness: Floats  # (m,): weights of rho alone, at the most likely lambda
    coefficients: Floats  # (m, k)
    factor: Floats  # (m, k, k): factor @ z has the covariance of the coefficients
    rho: Floats  # (m,)
    effective_df: Floats  # (m,)
    df: int
    spline: BSpline


def _knots(first: float, last: float, n: int) -> Floats:
    """Return evenly spaced knots of a cubic spline, three beyond either end."""
    segments = int(np.clip(n // 3, 4, MAX_SEGMENTS))
    step = (last - first) / segments
    return np.asarray(first + step * np.arange(-3.0, segments + 4), dtype=float)


def _posterior(days: Floats, logs: Floats) -> _Posterior:
    from scipy.interpolate import BSpline

    y = logs - logs.mean()
    knots = _knots(days[0], days[-1], len(days))
    basis = BSpline.design_matrix(np.clip(days, knots[3], knots[-4]), knots, 3).toarray()
    k = basis.shape[1]
    difference = np.diff(np.eye(k), 2, axis=0)
    penalty = difference.T @ difference
    gap = typical_gap(days)
    phi, sd = whitener(days, _RHO, gap)
    bw, yw = whiten(basis, phi, sd), whiten(y[:, None], phi, sd)
    information = bw.transpose(0, 2, 1) @ bw  # (r, k, k)
    score = (bw.transpose(0, 2, 1) @ yw)[..., 0]  # (r, k)
    scale = np.trace(information[0]) / np.trace(penalty)
    smoothness = scale * 10.0**_SMOOTHNESS
    whole = information[:, None] + smoothness[:, None, None] * penalty  # (r, l, k, k)
    inverse = np.linalg.inv(whole)
    at = np.einsum("rlij,rj->rli", inverse, score)
    left = (yw**2).sum(axis=(1, 2))[:, None] - np.einsum("rlk,rk->rl", at, score)
    df = len(days) - 2
    log = (
        -df / 2 * np.log(np.maximum(left, 1e-12))
        - np.log(sd).sum(axis=1)[:, None]
        + (k - 2) / 2 * np.log(smoothness)
        - np.linalg.slogdet(whole)[1] / 2
        + np.log1p(-_RHO)[:, None]
    )
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    chosen = np.argmax(weight.sum(axis=0))
    one = np.where(np.arange(weight.shape[1]) == chosen, weight, 0.0)
    factor = np.linalg.cholesky((inverse + inverse.swapaxes(-1, -2)) / 2)
    edf = np.einsum("rlij,rji->rl", inverse, information)
    spread = np.sqrt(np.maximum(left, 1e-12) / df)[..., None, None]
    at_level = at + logs.mean()  # the basis sums to 1 everywhere
    return _Posterior(
        weight.ravel(), (one / one.sum()).ravel(), at_level.reshape(-1, k),
        (factor * spread).reshape(-1, k, k),
        np.repeat(_RHO, len(smoothness)), edf.ravel(), df, BSpline(knots, np.eye(k), 3),
    )  # fmt: skip


def _summary(times: Floats, p: _Posterior, level: float, n: int, seed: int) -> SmoothTrend:
    days = np.linspace(times[0], times[-1], POINTS)
    basis, slope = p.spline(days), p.spline(days, 1) * DAYS_PER_YEAR
    value = basis @ (p.weight @ p.coefficients)
    rate = slope @ (p.at_one_smoothness @ p.coefficients)
    curves = _draw(p, p.weight, seed) @ basis.T
    rates = _draw(p, p.at_one_smoothness, seed) @ slope.T
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    half, rate_half = _simultaneous(curves, value, level), _simultaneous(rates, rate, level)
    return SmoothTrend(
        days, np.exp(value), np.exp(low), np.exp(high), np.exp(value - half), np.exp(value + half),
        _percent(rate), _percent(rate - rate_half), _percent(rate + rate_half),
        rate - rate_half > 0, rate + rate_half < 0, level, float(p.weight @ p.effective_df),
        float(p.weight @ p.rho), typical_gap(times), n, len(times), DRAWS, seed, True, "",
    )  # fmt: skip


def _draw(p: _Posterior, weight: Floats, seed: int) -> Floats:
    """Return drawn coefficients, shape (DRAWS, k)."""
    random = Stream(seed).at("trends.smooth", "curves", 0)
    part = np.searchsorted(np.cumsum(weight), random.random(DRAWS)).clip(max=len(weight) - 1)
    z = random.standard_normal((DRAWS, p.coefficients.shape[1]))
    stretch = np.sqrt(p.df / random.chisquare(p.df, DRAWS))
    moved = np.empty_like(z)
    for m in np.unique(part):
        rows = part == m
        moved[rows] = z[rows] @ p.factor[m].T
    return p.coefficients[part] + stretch[:, None] * moved


def _simultaneous(curves: Floats, centre: Floats, level: float) -> Floats:
    """Return the half width of a band that holds `level` of the curves whole."""
    sd = np.sqrt(((curves - centre) ** 2).mean(axis=0))
    furthest = (np.abs(curves - centre) / sd).max(axis=1)
    return np.asarray(np.quantile(furthest, level) * sd)


def _percent(rate: Floats) -> Floats:
    return np.asarray(100 * np.expm1(np.clip(rate, -700, 700)))


def _refused(reason: str, level: float, n: int, n_rounds: int, seed: int) -> SmoothTrend:
    none, nothing, nan = np.empty(0), np.empty(0, dtype=bool), float("nan")
    return SmoothTrend(
        none, none, none, none, none, none, none, none, none, nothing, nothing, level, nan, nan,
        nan, n, n_rounds, 0, seed, False, reason,
    )  # fmt: skip
