"""What is said about users: the ends of an interval with two figures, and no central value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.assumptions import Assumed
from wbe.backcalc.prevalence_habits import Use

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class UserInterval:
    """How many take a drug: the ends of an interval, and what they rest on. No central value.

    Attributes
    ----------
    drug, period, of : str
        Users of what, in which period, as a share or number of whom.
    unit : str
        ``1`` (share) or ``persons``.
    lower, upper : ndarray (row,) [1, or persons]
        Interval; NaN where it is withheld or nothing is known.
    level : float [1]
        Probability of the interval.
    above : dict of float to ndarray (row,)
        Threshold [unit] -> probability that the truth exceeds it.
    labels : tuple of str
        What the rows are: groups of a mean; empty for rows of a product.
    withheld : str
        Why there is no interval; empty where there is one.
    no_spread : tuple of str
        Assumptions without a stated spread: the interval is too narrow by theirs.
    use : DailyUse or PeriodUse
        What a user takes.
    more : tuple of Assumed
        What else is assumed: the age share.
    factor_set, method : str
    draws, seed : int
        Of Monte Carlo; 0 draws where the interval is exact.
    """

    drug: str
    period: str
    of: str
    unit: str
    lower: Floats
    upper: Floats
    level: float
    above: dict[float, Floats]
    labels: tuple[str, ...]
    withheld: str
    no_spread: tuple[str, ...]
    use: Use
    more: tuple[Assumed, ...]
    factor_set: str
    method: str
    draws: int
    seed: int

    def rounded(self) -> list[tuple[float, float]]:
        """Return the intervals with two figures, rounded outward; empty where there is none."""
        return [outward(a, b) for a, b in zip(self.lower, self.upper, strict=True)]

    def statements(self) -> list[str]:
        """Return one line a row: an order of magnitude, or why there is none."""
        names = [f"{label}: " for label in self.labels] or [""] * len(self.lower)
        rows = zip(names, self.lower, self.upper, strict=True)
        return [name + self._said(a, b) for name, a, b in rows]

    def _said(self, lower: float, upper: float) -> str:
        about = f"{self.drug}, users {self.period}, {self.of}"
        if self.withheld:
            return f"{about}: not stated: {self.withheld}"
        if not math.isfinite(lower) or not math.isfinite(upper):
            return f"{about}: not stated: no consumption is known"
        if not upper > lower:
            return f"{about}: not stated: no spread is stated, and a count alone is none"
        low, high = outward(lower, upper)
        said = f"{about}: order of magnitude {self._number(low)} to {self._number(high)}"
        said += f" ({self.level:.0%} interval, a factor of {upper / lower:.2g})"
        if self.no_spread:
            said += f"; too narrow: no spread stated for {', '.join(self.no_spread)}"
        if self.unit == "1" and upper > 1:
            said += "; more than everybody: the assumptions do not fit the load"
        return said

    def _number(self, value: float) -> str:
        return f"{100 * value:.2g} %" if self.unit == "1" else _plain(value)

    def __str__(self) -> str:
        lines = [*self.statements(), f"factor set: {self.factor_set}"]
        return "\n".join([*lines, *self.use.lines, *(f"assumed: {one}" for one in self.more)])


def outward(lower: float, upper: float) -> tuple[float, float]:
    """Return an interval with two figures: its lower end rounded down, its upper end up.

    Examples
    --------
    >>> outward(1234.0, 56_710.0)
    (1200.0, 57000.0)
    """
    return _figures(lower, math.floor), _figures(upper, math.ceil)


def _figures(value: float, towards: Any) -> float:
    if not math.isfinite(value) or value <= 0:
        return value
    power = math.floor(math.log10(value)) - 1
    scale = 10.0 ** abs(power)
    parts = value / scale if power >= 0 else value * scale
    # a value that has two figures already stays, whatever its last bit
    whole = round(parts) if math.isclose(parts, round(parts), rel_tol=1e-12) else towards(parts)
    return float(whole * scale if power >= 0 else whole / scale)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
