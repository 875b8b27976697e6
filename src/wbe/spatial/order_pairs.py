"""Which pairs of areas can be told apart, and which ranks that leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]

Multiplicity = Literal["simultaneous", "none"]
"""``simultaneous``: all pairs together are right with the stated probability; ``none``: each."""

MOST_AREAS = 400
"""Areas up to which pairs are compared: their number grows with the square."""


@dataclass(frozen=True)
class Pairs:
    """Which pairs of areas can be told apart.

    Attributes
    ----------
    higher : ndarray (area, area) [1]
        Probability that the row's area lies above the column's; NaN on the diagonal.
    distinguishable : ndarray (area, area) of bool
        Whether the row's area surely lies above the column's.
    level : float [1]
        Probability with which all statements hold (``simultaneous``), or each one (``none``).
    multiplicity : str
    rank_lower, rank_upper : ndarray (area,) of int
        Ranks that these statements leave open, 1 highest: under ``simultaneous`` all of them hold
        together with probability `level`.
    """

    higher: Floats
    distinguishable: NDArray[np.bool_]
    level: float
    multiplicity: str

    @property
    def rank_lower(self) -> NDArray[np.intp]:
        """Best rank of each area that the statements leave open."""
        return np.asarray(1 + self.distinguishable.sum(axis=0))

    @property
    def rank_upper(self) -> NDArray[np.intp]:
        """Worst rank of each area that the statements leave open."""
        return np.asarray(len(self.higher) - self.distinguishable.sum(axis=1))


def distinguishable_pairs(
    draws: ArrayLike, *, level: float = 0.95, multiplicity: Multiplicity = "simultaneous"
) -> Pairs:
    """Tell which areas surely lie above which others.

    Parameters
    ----------
    draws : array_like (draw, area) [log]
        Joint draws of the logs of area values: errors that all share cancel.
    level : float [1]
    multiplicity : str
        ``simultaneous`` or ``none`` (see `Multiplicity`).

    Returns
    -------
    Pairs

    Raises
    ------
    UsageError
        If the options do not fit, or there are more than `MOST_AREAS` areas.

    Notes
    -----
    With d = log of a over b, its mean m and sd s over draws: told apart where the interval
    m +- c s leaves zero. ``none``: the share of draws above zero is at least (1 + level) / 2.
    ``simultaneous``: c is the `level` quantile, over draws, of the largest ``|d - m| / s`` of all
    pairs, so that all intervals hold together; ranks that stay open follow by counting.

    References
    ----------
    Besag 1995, 10.1214/ss/1177010123 (simultaneous bands from draws); Mogstad 2024,
    10.1093/restud/rdad006 (ranks from simultaneous pairs)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal([0, 0.1, 9], 1, (4000, 3))
    >>> found = distinguishable_pairs(x)
    >>> found.rank_lower.tolist(), found.rank_upper.tolist()
    ([2, 2, 1], [3, 3, 1])
    """
    x = usable_draws(draws)
    if multiplicity not in get_args(Multiplicity):
        raise UsageError(f"multiplicity = {multiplicity!r}: {', '.join(get_args(Multiplicity))}")
    _require_comparable(x, level)
    higher = _higher(x)
    if multiplicity == "none":
        apart = np.nan_to_num(higher) >= (1 + level) / 2
    else:
        apart = apart_together(x, level)
    return Pairs(higher, apart, level, multiplicity)


def apart_together(draws: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Return whether the row's area surely lies above the column's, all pairs together.

    Parameters
    ----------
    draws : array_like (draw, area) [log]
    level : float [1]

    Returns
    -------
    ndarray (area, area) of bool
        ``distinguishable`` of `distinguishable_pairs`, ``simultaneous``.

    Raises
    ------
    UsageError
        If the level lies outside 0 to 1, or there are more than `MOST_AREAS` areas.
    """
    x = usable_draws(draws)
    _require_comparable(x, level)
    mean, sd, worst = _standardised(x)
    critical = np.quantile(worst, level)
    upper = np.triu(np.ones((x.shape[1],) * 2, dtype=bool), 1)
    signs = np.zeros(upper.shape)
    signs[upper] = np.where(np.abs(mean) > critical * sd, np.sign(mean), 0.0)
    return np.asarray((signs - signs.T) > 0)


def _require_comparable(x: Floats, level: float) -> None:
    if not 0 < level < 1 or x.shape[1] > MOST_AREAS:
        raise UsageError(f"level lies between 0 and 1; at most {MOST_AREAS} areas are compared")


def usable_draws(draws: ArrayLike) -> Floats:
    """Return draws as an array (draw, area).

    Raises
    ------
    UsageError
        If the shape is another, or a draw is NaN.
    """
    x = np.asarray(draws, dtype=float)
    if x.ndim != 2 or not x.size or np.isnan(x).any():
        raise UsageError("draws must have the shape (draw, area), without NaN")
    return x


def _higher(x: Floats) -> Floats:
    """Return the share of draws in which the row's area lies above the column's."""
    n = x.shape[1]
    out = np.full((n, n), np.nan)
    for a in range(n - 1):
        own, others = x[:, [a]], x[:, a + 1 :]
        above = np.count_nonzero(own > others, axis=0) / len(x)
        equal = np.count_nonzero(own == others, axis=0) / len(x) / 2
        out[a, a + 1 :], out[a + 1 :, a] = above + equal, 1 - above - equal
    return out


def _standardised(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean and sd of every pair's difference, and each draw's largest |d - m| / s."""
    means, sds, worst = [], [], np.zeros(len(x))
    for a in range(x.shape[1] - 1):
        d = x[:, [a]] - x[:, a + 1 :]
        m = d.mean(axis=0)
        d -= m
        s = np.sqrt(np.square(d).mean(axis=0))
        means.append(m)
        sds.append(s)
        apart = np.abs(d, out=d)[:, s > 0]  # none varies: no pair is apart
        if apart.shape[1]:
            np.maximum(worst, (apart / s[s > 0]).max(axis=1), out=worst)
    if not means:
        return np.empty(0), np.empty(0), worst
    return np.concatenate(means), np.concatenate(sds), worst
