"""How many points a town needs so that its tier is the right one.

The model of a county round (docs/decisions/0005): the log of a town's value is the mean over its
points, and what the points of a visit share (crew, hours, rain) does not shrink with their number.
Nor does what a laboratory or a factor gives to every town. Both set a ceiling that only more
visits, or nothing, can raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.trends.design.answers import (
    MIN_POINTS,
    Answer,
    Floats,
    Ints,
    Table,
    at_least_zero,
    counts,
    inside,
    whole,
)
from wbe.trends.design.certainty import binomial, chances, chances_at_most, limits_of
from wbe.uncertainty import default_model

RESOLVED: Final = 0.95
"""Probability of a tier from which it counts as certain."""

TIER, RESOLVED_TIER = "tier", "resolved"
GOALS: Final = (TIER, RESOLVED_TIER)
"""The printed tier is the right one; and the map also calls it certain."""


@dataclass(frozen=True)
class TownSpread:
    """How samples of a town vary around its typical level, as sds of the log.

    Attributes
    ----------
    place_sd : float
        Between the points of a town; the same at every visit [1].
    sample_sd : float
        Between samples at one point: sampling, hour, analysis [1].
    visit_sd : float
        Of a visit, shared by its samples [1]; `default_visit_sd` is the error model's.
    shared_sd : float
        Of errors shared by all visits that move the town against the breaks [1]: laboratory,
        marker, excretion.

    Raises
    ------
    UsageError
        If a number is negative or nothing varies between points.

    Examples
    --------
    >>> from wbe.trends.design import TownSpread
    >>> TownSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4).shared_sd
    0.0
    """

    place_sd: float
    sample_sd: float
    visit_sd: float
    shared_sd: float = 0.0

    def __post_init__(self) -> None:
        at_least_zero(**vars(self))
        if self.place_sd + self.sample_sd == 0:
            raise UsageError("place_sd and sample_sd are both 0: points that never differ are one")

    def own(self, points: ArrayLike, visits: int) -> Floats:
        """Return the sd of a town's log from its points, which the points show [1]."""
        n = np.asarray(points, dtype=float)
        return np.asarray(np.sqrt((self.place_sd**2 + self.sample_sd**2 / visits) / n))

    def common(self, visits: int) -> float:
        """Return the sd of a town's log that its points share, whatever their number [1]."""
        return float(np.sqrt(self.visit_sd**2 / visits + self.shared_sd**2))


@dataclass(frozen=True)
class TierChances(Table):
    """What becomes of a town of known level.

    Attributes
    ----------
    points : ndarray (row,) of int
        Points visited.
    right : ndarray (row,)
        Probability that the printed tier is the right one [1].
    resolved : ndarray (row,)
        Probability that the right tier is printed as certain [1].
    misled : ndarray (row,)
        Probability that a wrong tier is printed as certain [1].
    none : ndarray (row,)
        Probability of fewer than `MIN_POINTS` valid points: no tier [1].
    right_at_most, resolved_at_most : float
        Limits of `right` and `resolved` for infinitely many points [1].
    tier : int
        The right tier, from 0 for the lowest.
    """

    points: Ints
    right: Floats
    resolved: Floats
    misled: Floats
    none: Floats
    right_at_most: float
    resolved_at_most: float
    tier: int

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return points and the four probabilities."""
        return {
            "points": self.points, "right": self.right, "resolved": self.resolved,
            "misled": self.misled, "none": self.none,
        }  # fmt: skip


@dataclass(frozen=True)
class PointsPlan(Answer):
    """The points that the right tier needs.

    Attributes
    ----------
    points : int or None
        Fewest points a town; None where no number is enough.
    chance : float
        Probability asked for [1].
    goal : str
        One of `GOALS`.
    ceiling : float
        The probability with infinitely many points [1].
    reason : str
        Why there is no answer; empty where there is one.
    truth : float
        The town's level, in the unit of the breaks.
    breaks : tuple of float [unit of the loads]
    spread : TownSpread
    visits : int
    valid : float
        Probability that a point gives a valid sample [1].
    table : TierChances
        3 points to the most that were asked about.
    """

    points: int | None
    chance: float
    goal: str
    ceiling: float
    reason: str
    truth: float
    breaks: tuple[float, ...]
    spread: TownSpread
    visits: int
    valid: float
    table: TierChances

    def summary(self) -> dict[str, object]:
        """Return points, the chance they give, its ceiling, and what was assumed."""
        kept = None
        if self.points is not None:
            chances = self.table.right if self.goal == TIER else self.table.resolved
            kept = float(chances[self.table.points == self.points][0])
        return {
            "points": self.points, "chance": self.chance, "chance_kept": kept,
            "ceiling": self.ceiling, "reason": self.reason, "goal": self.goal,
            "truth": self.truth, "breaks": list(self.breaks), "tier": self.table.tier,
            "visits": self.visits, "valid": self.valid, **asdict(self.spread),
        }  # fmt: skip


def default_visit_sd() -> float:
    """Return the error model's log-sd of a visit [1]; a judgement, not a measurement.

    Returns
    -------
    float
        Standard deviation of the natural log [1].

    Examples
    --------
    >>> default_visit_sd()
    0.4
    """
    return default_model().spread("visit", {})


def tier_chances(
    points: ArrayLike,
    truth: float,
    breaks: Sequence[float],
    spread: TownSpread,
    *,
    visits: int = 1,
    valid: float = 1.0,
    resolved_at: float = RESOLVED,
) -> TierChances:
    r"""Return how likely a town of known level gets its right tier.

    Parameters
    ----------
    points : array_like (row,) of int
        Points visited.
    truth : float
        The town's level [unit of the breaks], such as mg/day/1000 inhabitants.
    breaks : sequence of float
        Limits between the tiers, rising, the floor among them where there is one [same unit];
        they are fixed numbers, not found from the same round.
    spread : TownSpread
    visits : int
        Visits to the same points.
    valid : float
        Probability that a point gives a valid sample at its visits [1].
    resolved_at : float [1]
        Probability from which a tier counts as certain.

    Returns
    -------
    TierChances

    Raises
    ------
    UsageError
        If breaks do not rise or are not positive, the truth lies on a break, or a number is out of
        range.

    Notes
    -----
    With n points and R visits the estimate of the log level is normal around it with variance

    .. math:: \sigma^2 = (\sigma_w^2 + \sigma_\epsilon^2/R)/n + \omega^2/R + \sigma_s^2

    so that the chance of the right tier (b, B] is
    :math:`\Phi(\ln(B/\theta)/\sigma) - \Phi(\ln(b/\theta)/\sigma)`. A tier is certain where the
    distribution that is printed, :math:`t_{n-1}s` plus a normal with the shared part, has enough of
    itself in the tier; the chance of that is averaged over s (Gauss-Legendre over its
    distribution). Lost points are binomial.

    Limits of validity: towns are estimated each on its own, as the package does it; the visit's
    sd is known; the town sits where it is stated to (a town near a break has no good chance
    whatever is done).

    References
    ----------
    Which errors shrink with samples and which are shared: Castiglioni et al. (2013)
    10.1021/es302722f (abstract read).

    Examples
    --------
    >>> spread = TownSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)
    >>> five = tier_chances([5], 30.0, [20, 60], spread)
    >>> five.tier, five.right.round(2), round(five.right_at_most, 2)
    (1, array([0.63]), 0.8)
    """
    limits = limits_of(truth, breaks)
    whole(1, visits=visits)
    inside(0, 1, resolved_at=resolved_at)
    if not 0 < valid <= 1:
        raise UsageError(f"valid = {valid}: needs a probability above 0 and at most 1")
    n = counts(points, "points", MIN_POINTS)  # fewer never get a tier
    kept = np.unique(n) if valid == 1 else np.arange(MIN_POINTS, n.max() + 1)
    own, common = spread.own(kept, visits), spread.common(visits)
    by_count = np.array(
        [
            chances(int(k) - 1, limits, float(s), common, resolved_at)
            for k, s in zip(kept, own, strict=True)
        ]
    )
    weights = binomial(n, kept, valid)
    right, resolved, misled = (weights @ by_count).T
    top = chances_at_most(limits, common, resolved_at)
    none = np.clip(1 - weights.sum(axis=1), 0, 1)
    tier = int(np.searchsorted(limits, 0.0)) - 1
    return TierChances(n, right, resolved, misled, none, *top, tier)


def points_for_tier(
    chance: float,
    truth: float,
    breaks: Sequence[float],
    spread: TownSpread,
    *,
    goal: str = TIER,
    visits: int = 1,
    valid: float = 1.0,
    most: int = 30,
) -> PointsPlan:
    """Return the fewest points a town for a given chance of the right tier.

    Parameters
    ----------
    chance : float
        Probability asked for [1].
    truth : float
        As in `tier_chances`.
    breaks : sequence of float
        As in `tier_chances`.
    spread : TownSpread
        As in `tier_chances`.
    goal : str
        ``tier``: the printed tier is right; ``resolved``: it is also printed as certain.
    visits : int
        As in `tier_chances`.
    valid : float
        As in `tier_chances`.
    most : int
        Most points to think about.

    Returns
    -------
    PointsPlan
        With ``points = None`` and a reason where the ceiling is below the chance, or `most` is.

    Raises
    ------
    UsageError
        As `tier_chances`.

    References
    ----------
    As `tier_chances`: 10.1021/es302722f.

    Examples
    --------
    >>> spread = TownSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)
    >>> points_for_tier(0.9, 120.0, [20, 60], spread).points
    8
    >>> print(points_for_tier(0.9, 30.0, [20, 60], spread).reason)
    with any number of points the chance stays below 80%: visits and shared errors do not shrink
    """
    inside(0, 1, chance=chance)
    require_choice("goal", goal, GOALS)
    whole(MIN_POINTS, most=most)
    table = tier_chances(
        np.arange(MIN_POINTS, most + 1), truth, breaks, spread, visits=visits, valid=valid
    )
    reached = table.right if goal == TIER else table.resolved
    ceiling = table.right_at_most if goal == TIER else table.resolved_at_most
    enough = table.points[reached >= chance]
    found = int(enough[0]) if len(enough) else None
    reason = "" if found is not None else _why_not(chance, ceiling, most, float(reached[-1]))
    return PointsPlan(
        found, chance, goal, ceiling, reason, float(truth), tuple(map(float, breaks)), spread,
        visits, valid, table,
    )  # fmt: skip


def _why_not(chance: float, ceiling: float, most: int, reached: float) -> str:
    if ceiling < chance:
        return (
            f"with any number of points the chance stays below {ceiling:.0%}: visits and shared "
            "errors do not shrink"
        )
    return f"{most} points reach {reached:.0%}"
