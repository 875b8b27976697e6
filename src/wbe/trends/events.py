"""Holidays and events: their effect as a ratio against the same days of the week nearby.

The dates are the caller's: no calendar of holidays is built in, since the Chinese one is set anew
each year and moves working days about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored
from wbe.trends.exchange import MOST_EXACT, share_as_far
from wbe.trends.series import log_series
from wbe.trends.timed import whole_days
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS = 7
PLACEBOS = 1_999


@dataclass(frozen=True)
class EventEffect:
    """Level on event days over that of matched days.

    Attributes
    ----------
    ratio : float
        Geometric mean over events of event / matched days [1].
    lower, upper : float
        Its interval from placebo dates [1]; NaN where not `testable`.
    level : float [1]
        Probability of the interval.
    p_value : float [1]
        Share of placebo effects that are as large, two-sided; NaN where not `testable`.
    ratios : tuple of float
        Of each event [1].
    events : tuple of str
        First day of each event, with its number of days used: ``2024-02-10 (8)``.
    left_out : tuple of str
        Event days without a sample, or without matched days.
    n_days, n_matched : int
        Event days used, and days that served as matched ones.
    n_places : int
        Fewest places at which an event could have lain instead.
    reach : int
        Weeks to either side in which matched days were sought.
    seed : int
        Of the placebo dates.
    testable : bool
        Whether there are enough places for a p value of 1 - `level`.
    reason : str
        Why not.
    """

    ratio: float
    lower: float
    upper: float
    level: float
    p_value: float
    ratios: tuple[float, ...]
    events: tuple[str, ...]
    left_out: tuple[str, ...]
    n_days: int
    n_matched: int
    n_places: int
    reach: int
    seed: int
    testable: bool
    reason: str


def event_effect(
    dates: ArrayLike,
    values: ArrayLike | Censored,
    event_dates: ArrayLike,
    *,
    exclude: ArrayLike = (),
    reach: int = 4,
    level: float = 0.95,
    seed: int = 1,
) -> EventEffect:
    """Compare event days with the same days of the week in the weeks around.

    Parameters
    ----------
    dates : array_like (n,) of datetime64
        Day on which each 24-hour collection starts; in any order, each once.
    values : array_like (n,) [any one unit]
        Positive values of one site or area. Non-detects are refused.
    event_dates : array_like of datetime64
        All days of the holidays or events. Days that follow one another are one event.
    exclude : array_like of datetime64
        Days that are neither: other holidays, working days moved to a weekend, days of rain.
    reach : int
        Matched days are sought within this many weeks to either side.
    level : float [1]
        Probability of the interval.
    seed : int
        Of the placebo dates.

    Returns
    -------
    EventEffect
        With ``testable=False`` where the record has too few other places for the events: fewer
        than 2 / (1 - level) - 1, 39 at 0.95, counted over all events together.

    Raises
    ------
    UsageError
        If no event day has a sample and matched days, a result lies below a limit, a day occurs
        twice, a value is not positive, or dates are not dates.

    Notes
    -----
    Day t of event k has the log ratio d_t = ln y_t - mean of ln y over days of the same day of the
    week within `reach` weeks, event and excluded days left out; the event's is the mean over its
    days, and the effect the mean over events, each counting once. The same is computed with every
    event moved, whole, to another place that begins on the same day of the week and touches no
    event: in all ways, or in random ones where there are more than `MOST_EXACT`. These placebo
    effects carry the autocorrelation and the weekly pattern of the record. p = (1 + number as
    large) / (1 + number); interval: effect minus those placebo effects that the share
    (1 - level) / 2 exceeds. It holds if the record outside the events shows how the record would
    have moved within them.

    References
    ----------
    Bertrand 2004, 10.1162/003355304772839588

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import event_effect
    >>> dates = np.datetime64("2024-01-01") + np.arange(366)  # synthetic
    >>> scatter = np.exp(0.15 * np.sin(np.arange(366.0) ** 2))
    >>> holiday = np.datetime64("2024-05-01") + np.arange(5)  # given by the caller
    >>> loads = 30 * scatter * np.where(np.isin(dates, holiday), 1.6, 1.0)
    >>> found = event_effect(dates, loads, holiday)
    >>> print(f"{found.ratio:.2f} ({found.lower:.2f} to {found.upper:.2f}), p {found.p_value:.3f}")
    1.57 (1.42 to 1.76), p 0.019
    """
    require_level(level)
    if reach < 1:
        raise UsageError(f"reach = {reach}: matched days lie at least one week away")
    whole = _as_days(dates, "dates")
    series = log_series(whole, values, "a matched comparison needs a value on each day")
    first = int(series.days[0])
    grid = np.full(int(series.days[-1]) - first + 1, np.nan)
    grid[(series.days - first).astype(int)] = series.high
    events = np.unique(_as_days(event_dates, "event_dates").astype(np.int64)) - first
    shut = np.zeros(len(grid), dtype=bool)
    for days in (events, _as_days(exclude, "exclude").astype(np.int64) - first):
        shut[days[(days >= 0) & (days < len(grid))]] = True
    excess, matched = _excess(grid, shut, reach)
    blocks = np.split(events, np.flatnonzero(np.diff(events) > 1) + 1) if len(events) else []
    return _effect(excess, matched, shut, blocks, first, (level, reach, seed))


def _as_days(dates: ArrayLike, name: str) -> NDArray[np.datetime64]:
    """Return dates as days; none of them, and text, are taken too: lists of holidays are short."""
    given = np.asarray(dates)
    if not given.size or given.dtype.kind == "U":
        given = given.astype("datetime64[D]")
    return whole_days(given, name)


def _excess(grid: Floats, shut: NDArray[np.bool_], reach: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return each day's log ratio to its matched days, and which days may be matched.

    A matched day of an ordinary day is found as for an event day; the day itself is not among
    them.
    """
    free = ~shut & ~np.isnan(grid)
    open_values = np.where(free, grid, 0.0)
    total, count = np.zeros(len(grid)), np.zeros(len(grid))
    for k in [k for k in range(-reach, reach + 1) if k]:
        here = np.arange(max(0, -k * DAYS), min(len(grid), len(grid) - k * DAYS))
        total[here] += open_values[here + k * DAYS]
        count[here] += free[here + k * DAYS]
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, grid - total / np.maximum(count, 1), np.nan), free


def _effect(
    excess: Floats, free: NDArray[np.bool_], shut: NDArray[np.bool_], blocks: list[Ints],
    first: int, asked: tuple[float, int, int],
) -> EventEffect:  # fmt: skip
    level, reach, seed = asked
    inside = [b[(b >= 0) & (b < len(excess))] for b in blocks]
    used = [b[~np.isnan(excess[b])] for b in inside]
    lost = sorted({int(d) for b in blocks for d in b} - {int(d) for b in used for d in b})
    used = [b for b in used if len(b)]
    if not used:
        raise UsageError("no event day has both a sample and matched days of the same day of week")
    each = np.array([excess[b].mean() for b in used])
    places = [_places(excess, shut, b) for b in used]
    fewest = min(len(p) for p in places)
    ways = float(np.sum([np.log(len(p)) for p in places])) if fewest else -np.inf
    needed = int(np.ceil(2 / (1 - level) - 1e-9)) - 1
    testable = bool(ways >= np.log(needed) - 1e-12)
    mean, low, high, p = float(each.mean()), float("nan"), float("nan"), float("nan")
    if testable:
        placebo = _placebos(excess, used, places, seed)
        p = share_as_far(np.abs(placebo), abs(mean), exact=False)
        cut = max(int((len(placebo) + 1) * (1 - level) / 2 + 1e-9), 1)  # so many lie outside
        placebo = np.sort(placebo)
        low, high = mean - float(placebo[-cut]), mean - float(placebo[cut - 1])
    reason = "" if testable else (
        f"{fewest} other places in the record for an event: placebo dates need {needed} "
        "arrangements"
    )  # fmt: skip
    return EventEffect(
        float(np.exp(mean)), float(np.exp(low)), float(np.exp(high)), level, p,
        tuple(float(v) for v in np.exp(each)),
        tuple(f"{_date(b[0], first)} ({len(b)})" for b in used),
        tuple(_date(d, first) for d in lost), sum(len(b) for b in used),
        _matched(free, used, reach), fewest, reach, seed, testable, reason,
    )  # fmt: skip


def _date(day: int, first: int) -> str:
    return str(np.datetime64(int(day) + first, "D"))


def _matched(free: NDArray[np.bool_], used: list[Ints], reach: int) -> int:
    steps = DAYS * np.array([k for k in range(-reach, reach + 1) if k])
    near = np.unique(np.concatenate([(b[:, None] + steps).ravel() for b in used]))
    near = near[(near >= 0) & (near < len(free))]
    return int(free[near].sum())


def _places(excess: Floats, shut: NDArray[np.bool_], block: Ints) -> Ints:
    """Return shifts by whole weeks at which all days of an event have values and are ordinary."""
    most = len(excess) // DAYS + 1
    shifts = DAYS * np.arange(-most, most + 1)
    days = block + shifts[:, None]
    inside = ((days >= 0) & (days < len(excess))).all(axis=1)
    shifts, days = shifts[inside], days[inside]
    fits = ~(shut[days] | np.isnan(excess[days])).any(axis=1)
    return np.asarray(shifts[fits])


def _placebos(excess: Floats, used: list[Ints], places: list[Ints], seed: int) -> Floats:
    """Return the effect at other places: in all ways, or in random ones where these are many.

    Few ways drawn many times over would pass for many, and their p for a small one.
    """
    each = [
        excess[b + shifts[:, None]].mean(axis=1) for b, shifts in zip(used, places, strict=True)
    ]
    if math.prod(len(values) for values in each) <= MOST_EXACT:
        total = np.zeros(1)
        for values in each:
            total = np.add.outer(total, values).ravel()
        return np.asarray(total / len(each))
    random = Stream(seed).at("trends.events", "placebo dates", 0)
    drawn = [values[random.integers(0, len(values), PLACEBOS)] for values in each]
    return np.asarray(np.mean(drawn, axis=0))
