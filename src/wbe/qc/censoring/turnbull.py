"""Turnbull's estimate of a distribution from intervals: the one without a shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError

Floats = NDArray[np.float64]

_STEPS = 5_000
_SETTLED, _USABLE = 1e-10, 1e-6
_TIE = 1e-6


def npmle(low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the distribution that makes intervals most likely, whatever its shape.

    Parameters
    ----------
    low, high : ndarray (n,) [any one unit]
        Ends of the interval of each value; equal where it is known; `low` may be -inf. An interval
        does not hold its upper end.

    Returns
    -------
    tuple of ndarray (m,)
        Lower ends, upper ends and masses [1] of the intervals that have mass, rising.

    Raises
    ------
    PrecisionError
        If the iteration does not settle.

    Notes
    -----
    Mass sits only where an interval's lower end is followed by an upper end, with no end between.
    Self-consistency: p_k = mean over i of a_ik p_k / sum_l a_il p_l, a_ik whether interval i
    holds k.

    References
    ----------
    Turnbull 1976, 10.1111/j.2517-6161.1976.tb01597.x

    Examples
    --------
    >>> import numpy as np
    >>> a, b, p = npmle(np.array([-np.inf, 1.0, 3.0]), np.array([2.0, 1.0, 3.0]))
    >>> b.tolist(), p.round(6).tolist()
    ([1.0, 3.0], [0.666667, 0.333333])
    """
    n, known = len(low), low == high
    ends = np.concatenate([high, low, high])
    # at one place: an open upper end, then lower ends, then the upper ends of known values
    kind = np.concatenate([np.where(known, -1, 0), np.full(n, 1), np.where(known, 2, -1)])
    which = np.tile(np.arange(n), 3)
    stays = kind >= 0
    ends, kind, which = ends[stays], kind[stays], which[stays]
    order = np.lexsort((kind, ends))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    is_low = kind == 1
    start, stop = np.empty(n, dtype=np.intp), np.empty(n, dtype=np.intp)
    start[which[is_low]], stop[which[~is_low]] = place[is_low], place[~is_low]
    sorted_low = is_low[order]
    inner = np.flatnonzero(sorted_low[:-1] & ~sorted_low[1:])
    holds = ((start[:, None] <= inner) & (stop[:, None] >= inner + 1)).astype(float)
    mass = _settled(holds)
    return ends[order][inner], ends[order][inner + 1], mass


def _settled(holds: Floats) -> Floats:
    m = holds.shape[1]
    mass, change = np.full(m, 1.0 / m), np.inf
    for _ in range(_STEPS):
        new = mass * (holds / (holds @ mass)[:, None]).mean(axis=0)
        change = float(np.abs(new - mass).max())
        mass = np.asarray(new)
        if change < _SETTLED:
            break
    if change <= _USABLE:  # masses that go to nothing go slowly
        return mass
    raise PrecisionError("the Turnbull estimate does not settle on these intervals")


def npmle_median(low: Floats, high: Floats, mass: Floats) -> tuple[float, float]:
    """Return the ends of the interval in which the median falls; equal where it is one value.

    Where exactly half of the mass lies at or below an interval, the median is between it and the
    next: the middles of their ends are returned, as for an even number of known values.
    """
    total = np.cumsum(mass)
    k = int(np.argmax(total >= 0.5 - _TIE))
    if abs(total[k] - 0.5) <= _TIE and k + 1 < len(mass):
        after = k + 1 + int(np.argmax(mass[k + 1 :] > _TIE))
        return float((low[k] + low[after]) / 2), float((high[k] + high[after]) / 2)
    return float(low[k]), float(high[k])
