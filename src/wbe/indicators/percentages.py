"""Changes in per cent with their base backed out, and what rounding leaves open."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbe.errors import UsageError
from wbe.indicators.exact import whole


@dataclass(frozen=True)
class Base:
    """The earlier count behind a later count and a change in per cent.

    Attributes
    ----------
    value : int
        The whole number nearest to count / (1 + change) among those possible.
    lower, upper : int
        Least and largest earlier count that the printed change allows.
    quotient : float [1]
        count / (1 + change), before it is made a whole number.
    half : float [%]
        How far the true change may lie from the printed one.
    """

    value: int
    lower: int
    upper: int
    quotient: float
    half: float

    @property
    def known(self) -> bool:
        """Whether only one earlier count is possible."""
        return self.lower == self.upper


def base_of(count: int, change: float, *, decimals: int = 0) -> Base:
    """Return the earlier count from a later one and its change.

    Parameters
    ----------
    count : int
        The later count.
    change : float [%]
        As printed: 22 for +22 %, -33.9 for a fall by 33.9 %.
    decimals : int
        Places to which the change was rounded, as printed: 0 for 22 %, 1 for -33.9 %.

    Returns
    -------
    Base

    Raises
    ------
    UsageError
        If no earlier count gives the printed change, as for 5 and +22 %, or where the change is
        -100 % (any earlier count is possible); if count or change are not possible.

    Notes
    -----
    A whole number b is possible if ``|100 (count / b - 1) - change|`` is at most half of the last
    printed place, whichever way halves were rounded. That assumes the two counts are about windows
    of the same length and one definition; it cannot show it.

    Examples
    --------
    >>> base_of(630, 22).value, base_of(513, 24).value
    (516, 414)
    >>> base_of(630, 22).lower, base_of(630, 22).upper
    (515, 518)
    """
    k = whole("count", count)
    half = 0.5 * 10.0**-decimals
    if not (math.isfinite(change) and change > -100):
        raise UsageError(f"change = {change} %: a base can be told from a change above -100 %")
    if k == 0:
        raise UsageError(f"no earlier count turns into 0 by a change of {change:+g} %")
    quotient = k / (1 + change / 100)
    slack = 1e-9 * quotient
    lower = max(1, math.ceil(k / (1 + (change + half) / 100) - slack))
    least = 1 + (change - half) / 100
    upper = math.floor(k / least + slack) if least > 0 else None
    if upper is None:
        raise UsageError(f"a change of {change:+g} % leaves every earlier count from {lower} on")
    if lower > upper:
        raise UsageError(
            f"no whole number gives {k} with {change:+g} %: {quotient:.2f} lies between "
            f"{math.floor(quotient)} and {math.ceil(quotient)}"
        )
    return Base(min(max(round(quotient), lower), upper), lower, upper, quotient, half)
