"""Before and after a measure, with areas for comparison: ratio of ratios.

Areas are the units: days of one area are not independent trials of a measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from wbe.errors import UsageError
from wbe.options import require_level
from wbe.qc.censoring.data import Censored
from wbe.trends.exchange import chosen, share_as_far
from wbe.trends.series import DAYS_PER_YEAR, in_days, log_series, positive_ends
from wbe.trends.timed import TimeUnit

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MIN_COMPARISON = 2
MIN_SLOPE = 3
"""Times before from which the slopes of areas are compared: two leave no scatter about a line."""
ASSUMPTION = (
    "Holds if, without the measure, the treated areas would have changed by the same ratio as the "
    "comparison areas. What happened before can contradict this; it cannot prove it."
)
_WITHOUT_LIMITS = (
    "a mean of logs needs values; summarise each area and period first (wbe.qc.censoring)"
)


@dataclass(frozen=True)
class Contrast:
    """Treated against comparison areas in one quantity per area.

    Attributes
    ----------
    ratio, lower, upper : float
        exp of the difference of group means, and its t interval [1].
    p_value : float [1]
        Of the pooled two-sample t test, two-sided.
    p_permutation : float [1]
        Share of assignments of the treatment to areas that differ as much, two-sided.
    smallest_p : float [1]
        The smallest `p_permutation` possible with so few areas.
    df : int
        Degrees of freedom, areas - 2.
    """

    ratio: float
    lower: float
    upper: float
    p_value: float
    p_permutation: float
    smallest_p: float
    df: int


@dataclass(frozen=True)
class BeforeAfter:
    """Effect of a measure by before and after with comparison areas.

    Attributes
    ----------
    effect : Contrast
        Ratio of ratios: (after / before, treated) / (after / before, comparison) [1].
    treated_ratio, comparison_ratio : float
        Geometric mean over areas of after / before [1].
    placebo : Contrast or None
        The same from the time before alone, cut in two at `placebo_date`: should be about 1.
    parallel : Contrast or None
        Ratio of yearly changes, treated over comparison, before the measure: should be about 1.
    placebo_date : float
        [days] from 1970-01-01 where dates were given, from 0 for numbers; NaN without a placebo.
    level : float [1]
        Probability of the intervals.
    areas : tuple of (str, bool, float) [1]
        Area, whether treated, its after / before.
    left_out : tuple of str
        Areas without values in both periods.
    rounds_before, rounds_after : int
        Times at which every compared area has a result: only these enter.
    rounds_left_out : int
        Times of the compared areas at which at least one of them has none.
    n : int
        Results used.
    assumption : str
        What the effect rests on.
    concern : str
        What in the time before contradicts it, or why that could not be checked; may be empty.
    seed : int
        Of drawn permutations, where there are too many to enumerate.
    """

    effect: Contrast
    treated_ratio: float
    comparison_ratio: float
    placebo: Contrast | None
    parallel: Contrast | None
    placebo_date: float
    level: float
    areas: tuple[tuple[str, bool, float], ...]
    left_out: tuple[str, ...]
    rounds_before: int
    rounds_after: int
    rounds_left_out: int
    n: int
    assumption: str
    concern: str
    seed: int

    @property
    def conclusion(self) -> str:
        """``lower_than_expected``, ``higher_than_expected``, ``no_effect_shown``, or a doubt.

        Where an effect is seen, ``in_doubt`` if the time before speaks against the comparison, and
        ``unchecked`` if it allows neither check.
        """
        if self.effect.p_value >= 1 - self.level:
            return "no_effect_shown"
        if self.placebo is None and self.parallel is None:
            return "unchecked"
        if any(c is not None and c.p_value < 1 - self.level for c in (self.placebo, self.parallel)):
            return "in_doubt"
        return "lower_than_expected" if self.effect.ratio < 1 else "higher_than_expected"


def before_after_ratio(
    areas: ArrayLike,
    times: ArrayLike,
    values: ArrayLike | Censored,
    treated: ArrayLike,
    since: np.datetime64 | float,
    *,
    placebo_since: np.datetime64 | float | None = None,
    level: float = 0.95,
    seed: int = 1,
    unit: TimeUnit = "year",
) -> BeforeAfter:
    """Compare the change of treated areas with that of comparison areas.

    Parameters
    ----------
    areas : array_like (n,) of str
        Area (or site, or catchment) of each result.
    times : array_like (n,)
        ``datetime64``, or numbers in `unit`; each once an area. Areas sampled in one round need one
        time for it, such as the first day of its week.
    values : array_like (n,) [any one unit]
        Positive values. Non-detects are refused.
    treated : array_like of str
        The areas with the measure. All others are for comparison.
    since : datetime64 or float
        When it began, as `times`: results from this time on are "after".
    placebo_since : datetime64 or float, optional
        A time within the time before, when nothing was done; by default the middle of the times
        before that all areas share.
    level : float [1]
        Probability of the intervals.
    seed : int
        Of drawn permutations, with more than 10,000 assignments.
    unit : {"day", "year"}
        Of times that are numbers, as in `wbe.trends.trend`; dates need none.

    Returns
    -------
    BeforeAfter

    Raises
    ------
    UsageError
        If a treated area is unknown, there is no treated or fewer than `MIN_COMPARISON` comparison
        areas with values before and after, these areas share no time before or none after, a
        result lies below a limit, a time occurs twice in an area, or a value is not positive.

    Notes
    -----
    Each area gives one D = mean(ln y, after) - mean(ln y, before); effect = mean D of the treated
    minus mean D of the others; its interval is that of the pooled two-sample t with a - 2 degrees
    of freedom over a areas, which holds also for a single treated area if areas vary alike. The
    permutation test reassigns the treatment to all sets of as many areas. Shocks that all areas
    share cancel, since only times enter that all areas have: of areas that fall alike, one that
    missed the last rounds would seem not to fall. Parallel trends: the least-squares slope of ln y
    of each area before, compared likewise.

    References
    ----------
    Conley 2011, 10.1162/REST_a_00049; Bertrand 2004, 10.1162/003355304772839588

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.trends import before_after_ratio
    >>> towns, quarters = 8, 10  # synthetic: towns 0 and 1 fall by 40 % from quarter 6 on
    >>> area = np.repeat([f"town {k}" for k in range(towns)], quarters)
    >>> when = np.tile(91.0 * np.arange(quarters), towns)
    >>> level = np.repeat(np.linspace(20, 90, towns), quarters)
    >>> scatter = np.exp(0.1 * np.sin(np.arange(towns * quarters) ** 2.0))
    >>> fell = np.isin(area, ["town 0", "town 1"]) & (when >= 6 * 91)
    >>> loads = level * scatter * np.where(fell, 0.6, 1.0)
    >>> found = before_after_ratio(area, when, loads, ["town 0", "town 1"], 6 * 91.0, unit="day")
    >>> print(f"{found.effect.ratio:.2f} ({found.effect.lower:.2f} to {found.effect.upper:.2f})")
    0.59 (0.55 to 0.63)
    >>> found.conclusion, found.concern
    ('lower_than_expected', '')
    """
    require_level(level)
    area, days, logs = _columns(areas, times, values, unit)
    named = sorted(set(np.asarray(treated).astype(str).ravel().tolist()))
    unknown = [name for name in named if name not in area]
    if unknown:
        raise UsageError(f"no results of the treated areas {', '.join(unknown)}")
    start = float(in_days(np.array([since]), unit)[0])
    names, lost = _seen_in_both(area, days, start)
    is_treated = np.isin(names, named)
    _require_groups(is_treated)
    when, table, n_lost = _common(names, area, days, logs)
    after = when >= start
    _require_rounds(after, names, area, n_lost)
    change = table[:, after].mean(axis=1) - table[:, ~after].mean(axis=1)
    before, earlier = when[~after], table[:, ~after]
    cut, concern = _placebo_date(before, start, placebo_since, unit)
    placebo = None if concern else _contrast(
        earlier[:, before >= cut].mean(axis=1) - earlier[:, before < cut].mean(axis=1),
        is_treated, level, seed,
    )  # fmt: skip
    parallel = _parallel(before, earlier, is_treated, level, seed)
    return BeforeAfter(
        _contrast(change, is_treated, level, seed), float(np.exp(change[is_treated].mean())),
        float(np.exp(change[~is_treated].mean())), placebo, parallel, cut, level,
        tuple((str(n), bool(t), float(np.exp(c)))
              for n, t, c in zip(names, is_treated, change, strict=True)),
        lost, len(before), int(after.sum()), n_lost, table.size, ASSUMPTION,
        concern or _concern(placebo, parallel, level), seed,
    )  # fmt: skip


def _columns(
    areas: ArrayLike, times: ArrayLike, values: ArrayLike | Censored, unit: TimeUnit
) -> tuple[NDArray[np.str_], Floats, Floats]:
    """Return area, days and logs of all results, checked area by area."""
    area, days = np.asarray(areas).astype(str), in_days(times, unit)
    low, high = positive_ends(values)
    if not area.shape == days.shape == high.shape:
        raise UsageError("areas, times and values must be of one length")
    for name in np.unique(area):
        here = area == name
        log_series(days[here], Censored(low[here], high[here]), _WITHOUT_LIMITS, "day")
    return area, days, np.log(high)


def _seen_in_both(
    area: NDArray[np.str_], days: Floats, start: float
) -> tuple[NDArray[np.str_], tuple[str, ...]]:
    """Return the areas with values in both periods, and the others, each sorted."""
    after = days >= start
    both = np.intersect1d(area[after], area[~after])
    return both, tuple(np.setdiff1d(area, both).tolist())


def _common(
    names: NDArray[np.str_], area: NDArray[np.str_], days: Floats, logs: Floats
) -> tuple[Floats, Floats, int]:
    """Return the times that all named areas have, logs (area, time), and how many others lack."""
    kept = np.isin(area, names)
    when, column = np.unique(days[kept], return_inverse=True)
    table = np.full((len(names), len(when)), np.nan)
    table[np.searchsorted(names, area[kept]), column] = logs[kept]
    shared = ~np.isnan(table).any(axis=0)
    return when[shared], table[:, shared], int((~shared).sum())


def _require_rounds(
    after: Mask, names: NDArray[np.str_], area: NDArray[np.str_], n_lost: int
) -> None:
    """Refuse areas that share no time before, or none after: nothing shared would cancel."""
    n_after = int(after.sum())
    n_before = len(after) - n_after
    if n_before and n_after:
        return
    seen = [int((area == name).sum()) for name in names]
    raise UsageError(
        f"the {len(names)} areas share {n_before} times before and {n_after} after ({n_lost} are "
        "not shared), and change over other times is not comparable: give areas of one round one "
        f"time, or leave out areas, such as {names[int(np.argmin(seen))]} with {min(seen)} results"
    )


def _require_groups(is_treated: Mask) -> None:
    n_treated, n_other = int(is_treated.sum()), int((~is_treated).sum())
    if not n_treated:
        raise UsageError("no treated area has values both before and after")
    if n_other < MIN_COMPARISON:
        raise UsageError(
            f"{n_other} comparison areas have values before and after; without at least "
            f"{MIN_COMPARISON} the usual change of areas is not known"
        )


def _contrast(value: Floats, is_treated: Mask, level: float, seed: int) -> Contrast:
    """Compare the groups in one number per area."""
    a, b = value[is_treated], value[~is_treated]
    df = len(value) - 2
    pooled = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / df
    se = float(np.sqrt(pooled * (1 / len(a) + 1 / len(b))))
    effect = float(a.mean() - b.mean())
    half = float(stdtrit(df, (1 + level) / 2)) * se
    p = float(2 * stdtr(df, -abs(effect) / se)) if se > 0 else float(effect == 0)
    sets, exact = chosen(len(value), len(a), seed)
    inside = value[sets].sum(axis=1)
    found = np.abs(inside / len(a) - (value.sum() - inside) / len(b))
    ratio, lower, upper = (float(v) for v in np.exp([effect, effect - half, effect + half]))
    smallest = (1 + (exact and len(a) == len(b))) / (len(sets) + (not exact))
    return Contrast(ratio, lower, upper, p, share_as_far(found, abs(effect), exact), smallest, df)


def _placebo_date(
    before: Floats, start: float, since: np.datetime64 | float | None, unit: TimeUnit
) -> tuple[float, str]:
    """Return when nothing began within the time before, and why that cannot be checked, if so."""
    if since is None and len(before) < 2:
        return float("nan"), "one time before the measure: no placebo check is possible"
    if since is None:
        return float(before[len(before) // 2]), ""
    cut = float(in_days(np.array([since]), unit)[0])
    if not before[0] < cut < start:
        raise UsageError("placebo_since must lie within the time before the measure")
    if cut > before[-1]:
        return float("nan"), "no shared time between the placebo date and the measure"
    return cut, ""


def _parallel(
    before: Floats, logs: Floats, is_treated: Mask, level: float, seed: int
) -> Contrast | None:
    """Compare yearly slopes before; None with fewer than `MIN_SLOPE` times."""
    if len(before) < MIN_SLOPE:
        return None
    t = (before - before.mean()) / DAYS_PER_YEAR
    return _contrast(logs @ t / (t @ t), is_treated, level, seed)


def _concern(placebo: Contrast | None, parallel: Contrast | None, level: float) -> str:
    said = []
    if placebo is not None and placebo.p_value < 1 - level:
        said.append(
            f"the placebo date shows an effect (ratio {placebo.ratio:.2f}, p {placebo.p_value:.3f})"
        )
    if parallel is not None and parallel.p_value < 1 - level:
        said.append(
            "treated and comparison areas already changed at different rates before (ratio a year "
            f"{parallel.ratio:.2f}, p {parallel.p_value:.3f})"
        )
    if parallel is None:
        said.append(f"fewer than {MIN_SLOPE} shared times before: parallel trends not checked")
    return "; ".join(said)
