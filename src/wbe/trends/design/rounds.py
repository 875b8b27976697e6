"""How two rounds of one area differ by chance, and the test of their ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from wbe.errors import UsageError
from wbe.trends.design.answers import Floats, at_least_zero, spread_nodes, t_and_normal


@dataclass(frozen=True)
class RoundSpread:
    """How samples of an area vary within and between rounds, as sds of the log.

    Attributes
    ----------
    place_sd : float
        Between the points of an area; the same in both rounds [1].
    sample_sd : float
        Between samples at one point in one round [1].
    visit_sd : float
        Of a visit, shared by its samples [1]; `wbe.trends.design.default_visit_sd`. 0 for
        plants, which nobody visits.
    own_change_sd : float
        By how much the true changes of an area's points differ from each other [1].
    uncancelled_sd : float
        Of one error of the ratio of rounds that does not cancel [1]: another laboratory, another
        flow meter.

    Raises
    ------
    UsageError
        If a number is negative, or samples do not vary at all.

    Examples
    --------
    >>> from wbe.trends.design import RoundSpread
    >>> RoundSpread(place_sd=0.5, sample_sd=0.4, visit_sd=0.2).own_change_sd
    0.0
    """

    place_sd: float
    sample_sd: float
    visit_sd: float
    own_change_sd: float = 0.0
    uncancelled_sd: float = 0.0

    def __post_init__(self) -> None:
        at_least_zero(**vars(self))
        if self.sample_sd + self.own_change_sd == 0:
            raise UsageError("sample_sd and own_change_sd are both 0: every change would be seen")

    def own(self, points: ArrayLike, *, paired: bool, visits: int) -> Floats:
        """Return the sd of the log ratio from points, which the points show [1]."""
        variance = 2 * self.sample_sd**2 / visits + self.own_change_sd**2
        if not paired:
            variance += 2 * self.place_sd**2
        return np.asarray(np.sqrt(variance / np.asarray(points, dtype=float)))

    def common(self, visits: int) -> float:
        """Return the sd of the log ratio that does not shrink with points [1]."""
        return float(np.sqrt(2 * self.visit_sd**2 / visits + self.uncancelled_sd**2))


class ChangeTest:
    """The test of one area's ratio of two rounds, whose limits are found once.

    Parameters
    ----------
    own : float
        Sd of the log ratio from points, estimated with `df` degrees of freedom [1].
    df : int
    common : float
        Sd of the log ratio that is known and does not shrink [1].
    alpha : float
        Probability of a false alarm, two-sided.
    """

    def __init__(self, own: float, df: int, common: float, alpha: float):
        ratios, self.weights = spread_nodes(df)
        self.limits = t_and_normal(ratios * own, df, common, 1 - alpha / 2)
        self.sd = float(np.hypot(own, common))

    def power(self, log_ratio: float) -> float:
        """Return the probability of a change being called at a true log ratio [1]."""
        above = ndtr((log_ratio - self.limits) / self.sd)
        below = ndtr((-log_ratio - self.limits) / self.sd)
        return float(self.weights @ (above + below))


def smallest(own: float, df: int, common: float, power: float, alpha: float) -> float:
    """Return the log ratio [1] that a `ChangeTest` finds with the given power."""
    from scipy.optimize import brentq

    test = ChangeTest(own, df, common, alpha)
    high = float(test.limits.max()) + 10 * test.sd
    return float(brentq(lambda x: test.power(x) - power, 0.0, high, xtol=1e-10))
