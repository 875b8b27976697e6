"""Change points: sudden lasting shifts of the level, once there are enough rounds.

Autocorrelation makes series wander as if their level had shifted. The errors of the model are
therefore autocorrelated, and a shift must be worth more than a penalty that holds the rate of false
alarms for any autocorrelation up to a stated one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored
from wbe.trends.continuous_ar1 import whitener
from wbe.trends.mixtures import Mixture
from wbe.trends.series import FEWEST_ROUNDS, LogSeries, log_series, typical_gap
from wbe.trends.timed import TimeUnit
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_SEGMENT = 3
"""Fewest rounds of a level: one or two are an outlier, not a level."""
MOST = 4
"""Most change points sought."""
SERIES = 999
"""Series without change that set the penalty, for each autocorrelation."""
AUTOCORRELATIONS = (0.0, 0.3, 0.6)
"""Autocorrelations over one typical gap at which the rate of false alarms is held."""
_RHO = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75])


@dataclass(frozen=True)
class ChangePoint:
    """One shift of the level.

    Attributes
    ----------
    after, before : float [days]
        The shift lies after this time, and not after this one: two neighbouring rounds.
    earliest, latest : float [days]
        Where it may lie as well, with probability `level`, given that there is one.
    ratio, lower, upper : float
        Level after over level before, and its interval [1], given that there is a shift.
    """

    after: float
    before: float
    earliest: float
    latest: float
    ratio: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class ChangePoints:
    """Change points of a series.

    Attributes
    ----------
    points : tuple of ChangePoint
        In order of time; empty where no shift is worth the penalty.
    starts : tuple of float [days]
        First time of each level.
    levels : tuple of float [unit of the values]
        Level of each segment: exp of the generalised mean of ln y.
    p_value : float [1]
        Of "no change": share of series without change, at the least favourable autocorrelation,
        whose best shifts are worth as much a shift.
    penalty : float [1]
        What each shift must improve -2 ln L by.
    false_alarms : float [1]
        Rate of series without change in which one is found, for autocorrelations up to the largest
        of `autocorrelations`; set by simulation.
    autocorrelations : tuple of float [1]
        Where the rate was held.
    rho, gap : float
        Autocorrelation of the chosen model [1] over one typical gap [days].
    level : float [1]
        Probability of intervals.
    n, n_rounds, n_missing : int
        Results, rounds, and results left out as NaN.
    simulated, seed : int
        Series behind the penalty, for each autocorrelation.
    testable : bool
        False with too few rounds.
    reason : str
        Why not.
    """

    points: tuple[ChangePoint, ...]
    starts: tuple[float, ...]
    levels: tuple[float, ...]
    p_value: float
    penalty: float
    false_alarms: float
    autocorrelations: tuple[float, ...]
    rho: float
    gap: float
    level: float
    n: int
    n_rounds: int
    simulated: int
    seed: int
    testable: bool
    reason: str
    n_missing: int = 0


def find_change_points(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    rounds: ArrayLike | None = None,
    false_alarms: float = 0.05,
    level: float = 0.95,
    seed: int = 1,
    unit: TimeUnit = "year",
) -> ChangePoints:
    """Find sudden lasting shifts of the level.

    Parameters
    ----------
    times : array_like (n,)
        Dates as `wbe.trends.trend` takes them, or numbers in `unit`; in any order, each once.
    values : array_like (n,) [any one unit]
        Positive values of one site or area; NaN is left out. Non-detects are refused.
    rounds : array_like (n,), optional of labels
        The round of each result; by default told from the gaps. Where rounds hold several results
        their geometric means are used.
    false_alarms : float [1]
        Largest share of series without change in which one is found.
    level : float [1]
        Probability of intervals.
    seed : int
        Of the series that set the penalty.
    unit : {"day", "year"}
        Of times that are numbers, as in `wbe.trends.trend`; dates need none.

    Returns
    -------
    ChangePoints
        With ``testable=False`` and a reason if there are fewer than `FEWEST_ROUNDS` rounds.

    Raises
    ------
    UsageError
        If a result lies below a limit, a time occurs twice, a value is not positive, all values
        are equal, or `false_alarms` does not lie between 0 and 1.

    Notes
    -----
    ln y = level of the segment + e, corr(e_i, e_j) = ``rho^(|t_i - t_j| / gap)`` within a segment,
    errors of different segments independent. For each rho, dynamic programming gives the
    segmentation of least residual sum of squares for each number k of shifts, exactly; over rho,

        ``C(k) = min of n ln(RSS / n) + ln |R|``,

    and the k of least C(k) + k * penalty is chosen (segments of at least `MIN_SEGMENT` rounds, at
    most `MOST` shifts). The penalty is the (1 - false_alarms) quantile of max over k of
    (C(0) - C(k)) / k over simulated series without change on the same dates, at the least
    favourable of `AUTOCORRELATIONS`. A steady trend is read as a staircase: see
    `loglinear_trend` and `smooth_trend` first.

    References
    ----------
    Chakar 2017, 10.3150/15-BEJ782; Killick 2012, 10.1080/01621459.2012.737745

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import find_change_points
    >>> dates = np.datetime64("2021-01-15") + 30 * np.arange(30)
    >>> scatter = np.exp(0.2 * np.sin(np.arange(30) ** 2.0))
    >>> loads = np.where(np.arange(30) < 18, 40, 16) * scatter  # synthetic
    >>> found = find_change_points(dates, loads)
    >>> [(str(np.datetime64(int(p.before), "D")), round(p.ratio, 1)) for p in found.points]
    [('2022-07-09', 0.4)]
    """
    require_level(level)
    if not 0 < false_alarms < 1:
        raise UsageError(f"false_alarms = {false_alarms}: a rate lies between 0 and 1")
    days, y, series = _round_means(times, values, rounds, unit)
    if len(days) < FEWEST_ROUNDS:
        return _refused(series, len(days), false_alarms, level, seed)
    if np.ptp(y) == 0:
        raise UsageError("all values are equal: there is no scatter to judge by")
    gap = typical_gap(days)
    relative = tuple((np.diff(days) / gap).tolist())
    worth = _null_worth(relative, seed)
    rate = np.quantile(worth, 1 - false_alarms, axis=1, method="higher")
    penalty = float(rate.max())
    criterion, ends, rho = _segmentations(y[None], np.array(relative))
    cost = criterion[0] + penalty * np.arange(criterion.shape[1])
    k = int(np.argmin(cost))
    gain = float(((criterion[0, :1] - criterion[0, 1:]) / np.arange(1, criterion.shape[1])).max())
    p = float(((worth >= gain).sum(axis=1) + 1).max() / (worth.shape[1] + 1))
    cuts = ends[0][k]
    chosen_rho = float(rho[0, k])
    points, levels = _described(days, y, cuts, chosen_rho, gap, level)
    return ChangePoints(
        points, tuple(float(days[c]) for c in (0, *cuts)), levels, p, penalty, false_alarms,
        AUTOCORRELATIONS, chosen_rho, gap, level, len(series), len(days), SERIES, seed, True, "",
        series.n_missing,
    )  # fmt: skip


def _round_means(
    times: ArrayLike, values: ArrayLike | Censored, rounds: ArrayLike | None, unit: TimeUnit
) -> tuple[Floats, Floats, LogSeries]:
    why = "levels are means of logs; see loglinear_trend"
    series = log_series(times, values, why, unit, leave_out_missing=True)
    return (*series.by_round(rounds), series)


def _refused(
    series: LogSeries, n_rounds: int, false_alarms: float, level: float, seed: int
) -> ChangePoints:
    nan = float("nan")
    reason = f"{n_rounds} rounds; change points are sought from {FEWEST_ROUNDS}"
    return ChangePoints(
        (), (), (), nan, nan, false_alarms, AUTOCORRELATIONS, nan, nan, level, len(series),
        n_rounds, 0, seed, False, reason, series.n_missing,
    )  # fmt: skip


def _costs(y: Floats, gaps: Floats, rho: float) -> tuple[Floats, Floats]:
    """Return residual sums of squares of all segments, and log variances of innovations.

    Parameters
    ----------
    y : ndarray (m, n)
        Series.
    gaps : ndarray (n - 1,)
        In typical gaps.
    rho : float

    Returns
    -------
    cost : ndarray (n, n + 1, m)
        Of the segment from a to before b; infinite where it is shorter than `MIN_SEGMENT`.
    log_variance : ndarray (n,)
        ln(1 - phi_i^2), 0 for the first.
    """
    n = y.shape[1]
    days = np.concatenate([[0.0], np.cumsum(gaps)])
    phi, sd = (a[0] for a in whitener(days, np.array([rho]), 1.0))
    w = (y.T[1:] - phi[1:, None] * y.T[:-1]) / sd[1:, None]  # (n - 1, m)
    g = (1 - phi[1:]) / sd[1:]
    zero = np.zeros((1, y.shape[0]))
    ww, gw = (np.concatenate([zero, np.cumsum(a, axis=0)]) for a in (w**2, g[:, None] * w))
    gg = np.concatenate([[0.0], np.cumsum(g**2)])
    cost = np.full((n, n + 1, y.shape[0]), np.inf)
    for a in range(n - MIN_SEGMENT + 1):
        b = np.arange(a + MIN_SEGMENT, n + 1)
        square = ww[b - 1] - ww[a] + y.T[a] ** 2
        cross = gw[b - 1] - gw[a] + y.T[a]
        cost[a, b] = square - cross**2 / (gg[b - 1] - gg[a] + 1.0)[:, None]
    return np.maximum(cost, 0.0), 2 * np.log(sd)


def _programme(cost: Floats) -> tuple[Floats, list[Ints]]:
    """Return least sums for 0, 1, ... shifts (k, m), and where the last segment then begins.

    Exact dynamic programming over segment ends (segment neighbourhood).
    """
    n = cost.shape[0]
    most = min(MOST, n // MIN_SEGMENT - 1)
    best = cost[0]  # (n + 1, m)
    sums, last = [best[n]], []
    for _ in range(most):
        whole = best[:n, None] + cost  # (start of the last segment, end, m)
        start = np.argmin(whole, axis=0)
        best = np.take_along_axis(whole, start[None], axis=0)[0]
        sums.append(best[n])
        last.append(start)
    return np.array(sums), last


def _segmentations(y: Floats, gaps: Floats) -> tuple[Floats, list[list[tuple[int, ...]]], Floats]:
    """Return C(k) (m, k), the cuts of each, and the rho (m, k) at which each is reached."""
    m, n = y.shape
    y = y - y.mean(axis=1, keepdims=True)
    most = min(MOST, n // MIN_SEGMENT - 1) + 1
    least, at = np.full((m, most), np.inf), np.zeros((m, most))
    cuts: list[list[tuple[int, ...]]] = [[()] * most for _ in range(m)]
    for rho in _RHO:
        cost, log_variance = _costs(y, gaps, float(rho))
        sums, last = _programme(cost)
        for k in range(most):
            ends = _traced(last, k, n, m)
            fresh = log_variance[ends].sum(axis=1) if k else 0.0  # segments begin anew
            c = n * np.log(np.maximum(sums[k], 1e-12) / n) + log_variance.sum() - fresh
            better = np.flatnonzero(c < least[:, k])
            least[better, k], at[better, k] = c[better], rho
            for i in better if m == 1 else ():
                cuts[i][k] = tuple(int(e) for e in ends[i])
    return least, cuts, at


def _traced(last: list[Ints], k: int, n: int, m: int) -> Ints:
    """Return the first position of segments 2, ..., k + 1 of each series, shape (m, k)."""
    out = np.zeros((m, k), dtype=np.int64)
    end = np.full(m, n)
    for j in range(k - 1, -1, -1):
        end = last[j][end, np.arange(m)]
        out[:, j] = end
    return out


@lru_cache(maxsize=32)
def _null_worth(gaps: tuple[float, ...], seed: int) -> Floats:
    """Return max over k of (C(0) - C(k)) / k of series without change (autocorrelation, series)."""
    steps, n = np.array(gaps), len(gaps) + 1
    random = Stream(seed).at("trends.change_points", "no change", 0)
    white = random.standard_normal((SERIES, n))
    out = np.empty((len(AUTOCORRELATIONS), SERIES))
    for row, rho in enumerate(AUTOCORRELATIONS):
        phi, sd = (a[0] for a in whitener(np.append(0.0, np.cumsum(steps)), np.array([rho]), 1.0))
        series = white.copy()
        for i in range(1, n):
            series[:, i] = phi[i] * series[:, i - 1] + sd[i] * white[:, i]
        for part in np.array_split(np.arange(SERIES), max(1, SERIES * n * n // 400_000)):
            c = _segmentations(series[part], steps)[0]
            out[row, part] = ((c[:, :1] - c[:, 1:]) / np.arange(1, c.shape[1])).max(axis=1)
    return out


def _described(
    days: Floats, y: Floats, cuts: tuple[int, ...], rho: float, gap: float, level: float
) -> tuple[tuple[ChangePoint, ...], tuple[float, ...]]:
    """Return the shifts with their intervals, and the levels of segments."""
    edges = (0, *cuts, len(days))
    cost, log_variance = _costs(y[None] - y.mean(), np.diff(days) / gap, rho)
    rss = sum(float(cost[a, b, 0]) for a, b in pairwise(edges))
    df = len(days) - len(edges) + 1
    points = []
    for j in range(1, len(edges) - 1):
        a, b = edges[j - 1], edges[j + 1]
        place = np.arange(a + MIN_SEGMENT, b - MIN_SEGMENT + 1)
        local = cost[a, place, 0] + cost[place, b, 0]
        rest = rss - float(cost[a, edges[j], 0] + cost[edges[j], b, 0])
        log = -len(days) / 2 * np.log(local + rest) + log_variance[place] / 2
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        sum_ = np.cumsum(weight)
        early = place[int(np.searchsorted(sum_, (1 - level) / 2))]
        late = place[min(int(np.searchsorted(sum_, (1 + level) / 2)), len(place) - 1)]
        shift = _shift(days, y, a, b, place, rho, gap, (local + rest) / df, weight, df)
        low, high = shift.interval(level)
        mean = _mean(days, y, edges[j], b, rho, gap)[0] - _mean(days, y, a, edges[j], rho, gap)[0]
        points.append(
            ChangePoint(
                float(days[edges[j] - 1]), float(days[edges[j]]), float(days[early - 1]),
                float(days[late]), *(float(np.exp(v)) for v in (mean, low, high)),
            )
        )  # fmt: skip
    levels = tuple(float(np.exp(_mean(days, y, a, b, rho, gap)[0])) for a, b in pairwise(edges))
    return tuple(points), levels


def _mean(days: Floats, y: Floats, a: int, b: int, rho: float, gap: float) -> tuple[float, float]:
    """Return the generalised mean of a segment and its variance relative to that of errors."""
    phi, sd = (v[0] for v in whitener(days[a:b], np.array([rho]), gap))
    previous = np.append(0.0, y[a : b - 1])
    w, g = (y[a:b] - phi * previous) / sd, (1 - phi) / sd
    return float(g @ w / (g @ g)), float(1 / (g @ g))


def _shift(
    days: Floats, y: Floats, a: int, b: int, place: Ints, rho: float, gap: float, variance: Floats,
    weight: Floats, df: int,
) -> Mixture:  # fmt: skip
    """Return what is known of the log ratio of levels, over the places of the shift."""
    found = [
        (_mean(days, y, int(c), b, rho, gap), _mean(days, y, a, int(c), rho, gap)) for c in place
    ]
    at = np.array([after[0] - before[0] for after, before in found])
    relative = np.array([after[1] + before[1] for after, before in found])
    return Mixture(weight, at, np.sqrt(variance * relative), df)
