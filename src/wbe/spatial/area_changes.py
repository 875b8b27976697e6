"""Did areas change between two rounds? A test on the points that both rounds sampled.

A list of tiers answers no such question: with five points a town, a third of the towns and more
change tier at the next round although nothing changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice, require_level
from wbe.qc.multiple import holm
from wbe.spatial.visit_scale import Scale, Visits, spread_seen, weights_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_KEPT = 3
"""Points sampled in both rounds below which an area is not compared."""

LEVEL, POWER = 0.05, 0.8
"""False alarms in the whole county [1], and chance to see the detectable change [1]."""

MIN_DF = 2
"""Degrees of freedom of the pooled spread below which nothing is tested."""

MOVED, NOT_DISTINGUISHABLE = "moved", "not_distinguishable"
NOT_COMPARABLE, INSUFFICIENT = "not_comparable", "insufficient"
OUTCOMES = (MOVED, NOT_DISTINGUISHABLE, NOT_COMPARABLE, INSUFFICIENT)


@dataclass(frozen=True)
class Changes:
    """What can be said of the change of each area between two rounds.

    Attributes
    ----------
    areas : tuple of str
    outcome : tuple of str
        One of `OUTCOMES` an area.
    reason : tuple of str
        Why an area was not tested: ``too_few_points`` (in a round), ``too_few_kept_points``,
        ``limits_differ`` (a limit of one round hides what the other measured), ``no_spread``;
        ``below_limits`` where all points lie below their limits in both rounds; else empty.
    n_kept : ndarray (area,) of int
        Points in both rounds with a known value or limit.
    n_open : ndarray (area,) of int
        Those of them of which at least one round lies above the higher limit of the two.
    ratio, lower, upper : ndarray (area,) [1]
        After over before, and its interval at 95 % for all tested areas together (Bonferroni). With
        non-detects both rounds are read at the higher limit, so that a ratio is nearer to 1 than
        the truth.
    p : ndarray (area,) [1]
        Adjusted for the number of areas tested (Holm); NaN where not tested.
    detectable : ndarray (area,) [1]
        Ratio (above 1) that would be found with 80 % probability; a fall to its inverse likewise.
        Infinite where all points lie below their limits.
    spread : float [1]
        Log-sd of the difference of two samples of one point, pooled over areas.
    visit_seen : float [1]
        Log-sd of visits that the areas' changes show by themselves, averaged over the prior; far
        above the stated one it says that the stated one is too small, or that many areas changed.
    level, power : float [1]
    """

    areas: tuple[str, ...]
    outcome: tuple[str, ...]
    reason: tuple[str, ...]
    n_kept: NDArray[np.intp]
    n_open: NDArray[np.intp]
    ratio: Floats
    lower: Floats
    upper: Floats
    p: Floats
    detectable: Floats
    spread: float
    visit_seen: float
    level: float
    power: float


def changed_areas(
    before: ArrayLike,
    after: ArrayLike,
    area: ArrayLike,
    *,
    areas: Sequence[str],
    visit: ArrayLike,
    below_before: ArrayLike | None = None,
    below_after: ArrayLike | None = None,
    n_before: ArrayLike | None = None,
    n_after: ArrayLike | None = None,
    known: ArrayLike = 0.0,
    visits: Visits = "prior",
    level: float = LEVEL,
    power: float = POWER,
) -> Changes:
    """Test which areas changed between two rounds, on points that both rounds sampled.

    Parameters
    ----------
    before, after : array_like (pair,) [any, positive]
        Value of a kept point in the earlier and the later round; its limit where it lies below.
        NaN: unknown.
    area : array_like (pair,) of str
        Area of each point.
    areas : sequence of str
        All areas, in the order of the result.
    visit : array_like [1]
        Stated log-sd omega of one visit, one or one an area: what the points of an area share in
        a round. It does not shrink with points. No default: the error model states it.
    below_before, below_after : array_like (pair,) of bool, optional
        Whether the value is a limit below which the point lies.
    n_before, n_after : array_like (area,) of int, optional
        Valid points of each area in each round, kept or not; the kept ones where not given.
    known : array_like [1]
        Log-sd of whatever else the points of an area share in one round alone, of known size
        (another laboratory); one or one an area.
    visits : str
        ``prior``: omega is uncertain, half-normal with the stated scale, as in the county model.
        ``stated``: it is known exactly. ``learnt``: the prior, and what the county's own changes
        say of it; finds little where many areas changed.
    level : float [1]
        Probability of any false alarm among all areas, at most.
    power : float [1]
        Of the detectable change.

    Returns
    -------
    Changes

    Raises
    ------
    UsageError
        If shapes, names or options do not fit, or a value is not positive.

    Notes
    -----
    With y the natural log of a point's value and L the higher of its two limits (none: minus
    infinity), d_j = max(y_after, L) - max(y_before, L) and D = mean of d_j over the m points of an
    area. Read at one limit, two rounds of an unchanged area remain exchangeable, so that a better
    laboratory makes no fall. t = D / sqrt(2 omega^2 + 2 known^2 + s^2 / m), with s^2 the variance
    of d within areas, pooled over points above their limits, and Satterthwaite's degrees of
    freedom nu (2 omega^2 + 2 known^2 + s^2/m)^2 / (s^2/m)^2 for nu of s^2. Its p is averaged over
    omega. Adjusted by Holm's step-down method, which holds for whatever the areas share, the one
    omega of a county too. Points of one area whose limits hide a measured value of the
    other round are left out.

    Under ``prior`` the probability of a false alarm is an average over counties whose omega
    follows the prior; that of a county whose omega is twice the stated one is larger. Areas are
    taken to have one spread of their points. Figures: docs/tiers.md.

    References
    ----------
    Holm 1979, 10.2307/4615733; Satterthwaite 1946, 10.2307/3002019

    Examples
    --------
    >>> now = [40.0, 55, 60, 48, 52, 5, 6, 4, 7, 5]
    >>> then = [4.0, 5, 6, 5, 5, 6, 5, 5, 6, 4]
    >>> towns = ["a"] * 5 + ["b"] * 5
    >>> changed_areas(then, now, towns, areas=["a", "b"], visit=0.4).outcome
    ('moved', 'not_distinguishable')
    """
    pairs = _Pairs.of(before, after, area, below_before, below_after, list(areas))
    k = len(areas)
    _require_options(visits, level, power)
    omega, fixed = _log_sd("visit", visit, k), _log_sd("known", known, k)
    counts = [
        pairs.kept if given is None else np.asarray(given, dtype=int)
        for given in (n_before, n_after)
    ]
    variance, df = pairs.pooled_variance()
    reason = _reasons(pairs, counts, df)
    tested = reason == ""
    n_tested = int(tested.sum())
    own, apart = variance / np.maximum(pairs.usable, 1), 2 * fixed**2
    seen = pairs.mean[tested], (own + apart)[tested], omega[tested]
    scale = Scale(own, apart, 2 * omega**2, df, weights_of(visits, *seen))
    p = np.where(tested, scale.p(pairs.mean), np.nan)
    adjusted = holm(p)
    critical, reach = scale.critical(level / max(n_tested, 1)), scale.reach(power)
    interval = critical if level == 0.05 else scale.critical(0.05 / max(n_tested, 1))
    open_share = np.divide(pairs.open, pairs.usable, out=np.zeros(k), where=pairs.usable > 0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        detectable = np.exp((critical + reach) / open_share)
    outcome = [_outcome(r, bool(a <= level)) for r, a in zip(reason, adjusted, strict=True)]
    ratio, lower, upper = (
        np.where(tested, np.exp(pairs.mean + e), np.nan) for e in (0.0, -interval, interval)
    )
    return Changes(
        areas=tuple(areas), outcome=tuple(outcome), reason=tuple(reason.tolist()),
        n_kept=pairs.kept, n_open=pairs.open, ratio=ratio, lower=lower, upper=upper, p=adjusted,
        detectable=_shown(detectable, reason), spread=float(np.sqrt(variance)),
        visit_seen=spread_seen(*seen), level=level, power=power,
    )  # fmt: skip


def _shown(detectable: Floats, reason: NDArray[np.str_]) -> Floats:
    """Return what is detectable where there was a test; nothing is, below limits in both rounds."""
    known = np.where(reason == "", detectable, np.nan)
    return np.where(reason == "below_limits", np.inf, known)


def _require_options(visits: str, level: float, power: float) -> None:
    require_choice("visits", visits, get_args(Visits))
    require_level(level)
    if not 0.5 <= power < 1:
        raise UsageError(f"power = {power} must lie between 0.5 and 1")


def _log_sd(name: str, given: ArrayLike, n: int) -> Floats:
    found = np.broadcast_to(np.asarray(given, dtype=float), n)
    if not (np.isfinite(found) & (found >= 0)).all():
        raise UsageError(f"{name} must be a log-sd of at least 0")
    return found


def _outcome(reason: str, moved: bool) -> str:
    if reason in ("too_few_points", "limits_differ", "no_spread"):
        return INSUFFICIENT
    if reason == "too_few_kept_points":
        return NOT_COMPARABLE
    return MOVED if moved else NOT_DISTINGUISHABLE


@dataclass(frozen=True)
class _Pairs:
    """Differences of kept points, read at the higher of their two limits, by area.

    `kept`, `usable`, `open` count points; `mean` is that of the usable differences, 0 for none.
    """

    kept: NDArray[np.intp]
    usable: NDArray[np.intp]
    open: NDArray[np.intp]
    mean: Floats
    squares: float
    df: int

    @classmethod
    def of(
        cls,
        before: ArrayLike,
        after: ArrayLike,
        area: ArrayLike,
        below_before: ArrayLike | None,
        below_after: ArrayLike | None,
        areas: list[str],
    ) -> _Pairs:
        """Read the points, and count what each area has of them."""
        values = np.array([before, after], dtype=float)
        low = np.zeros(values.shape, dtype=bool)
        for row, given in enumerate((below_before, below_after)):
            low[row] = False if given is None else np.asarray(given, dtype=bool)
        at = _positions(np.asarray(area, dtype=str), areas)
        if at.shape != values.shape[1:] or (values <= 0).any():
            raise UsageError("before, after and area must be of one length, and values positive")
        known = np.isfinite(values).all(axis=0)
        y, low, at = np.log(values[:, known]), low[:, known], at[known]
        floor = np.where(low, y, -np.inf).max(axis=0)
        hidden = (low.sum(axis=0) == 1) & (np.where(low, -np.inf, y).max(axis=0) <= floor)
        both = low.all(axis=0)
        d = np.maximum(y[1], floor) - np.maximum(y[0], floor)
        k, used = len(areas), ~hidden
        plain = used & ~low.any(axis=0)
        usable = np.bincount(at[used], minlength=k)
        total = np.bincount(at[used], d[used], k)
        n = np.bincount(at[plain], minlength=k)
        centre = np.divide(np.bincount(at[plain], d[plain], k), n, out=np.zeros(k), where=n > 0)
        return cls(
            np.bincount(at, minlength=k), usable, np.bincount(at[used & ~both], minlength=k),
            np.divide(total, usable, out=np.zeros(k), where=usable > 0),
            float(((d - centre[at])[plain] ** 2).sum()), int(np.maximum(n - 1, 0).sum()),
        )  # fmt: skip

    def pooled_variance(self) -> tuple[float, int]:
        """Return the variance of differences within areas, and its degrees of freedom."""
        return (self.squares / self.df if self.df else np.nan), self.df


def _positions(area: NDArray[np.str_], areas: list[str]) -> NDArray[np.intp]:
    where = {name: i for i, name in enumerate(areas)}
    if len(where) < len(areas) or (set(area.tolist()) - set(where)):
        raise UsageError("areas must hold every area of the points, each once")
    return np.array([where[a] for a in area.tolist()], dtype=np.intp)


def _reasons(pairs: _Pairs, counts: list[NDArray[np.intp]], df: int) -> NDArray[np.str_]:
    """Return why each area is not tested, the first that holds; empty where it is."""
    few = (counts[0] < MIN_KEPT) | (counts[1] < MIN_KEPT)
    return np.select(
        [
            few,
            pairs.kept < MIN_KEPT,
            pairs.usable < MIN_KEPT,
            pairs.open == 0,
            np.full(len(few), df < MIN_DF),
        ],
        ["too_few_points", "too_few_kept_points", "limits_differ", "below_limits", "no_spread"],
        "",
    )
