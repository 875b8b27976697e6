"""Means with standard deviations that a few wild results do not move.

Estimators for results of many laboratories on one material, each under the name of its convention:
the constants differ between standards and programs in the third or fourth digit. All work on
numbers of any one unit; means and standard deviations come back in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.qc.robust_scale import MAD_FACTOR, checked, deviation, mad, niqr

Floats = NDArray[np.float64]

CLIP: Final = 1.5
"""Where algorithm A holds values, in standard deviations from the mean."""


@dataclass(frozen=True)
class Robust:
    """A robust mean and standard deviation.

    Attributes
    ----------
    mean, sd : float
        In the unit of the values. An sd of 0 says that the values do not spread, or that too many
        are identical; nothing may be divided by it.
    u : float
        Standard uncertainty of the mean, 1.25 sd / sqrt(n), in the unit of the values.
    n : int
        Results, or laboratories where each gave several.
    method, convention : str
        What was done, by whose constants.
    iterations : int
        Of algorithm A; 0 elsewhere.
    start : str
        What algorithm A began with: ``mad``, or ``niqr`` or ``sd`` where more than half of the
        values are identical and their MAD is 0.
    """

    mean: float
    sd: float
    u: float
    n: int
    method: str
    convention: str
    iterations: int = 0
    start: str = ""


class _Convention(NamedTuple):
    """Constants and stopping rule of one statement of algorithm A."""

    init: float
    scale: float
    tolerance: float
    mean_too: bool  # whether the mean must stand still as well as the sd
    before: bool  # whether the iterate before the last is returned


def _consistency(k: float) -> float:
    """Return the factor that makes the sd of values clipped at +-k that of a normal."""
    inside = 2 * float(ndtr(k)) - 1
    density = math.exp(-k * k / 2) / math.sqrt(2 * math.pi)
    return 1 / math.sqrt(inside + k * k * (1 - inside) - 2 * k * density)


CONVENTIONS: Final = {
    "iso13528": _Convention(1.483, 1.134, 1e-12, True, False),
    "metrology": _Convention(MAD_FACTOR, _consistency(CLIP), 2.0**-13, False, False),
    "mass": _Convention(MAD_FACTOR, _consistency(CLIP), 1e-6, True, True),
}
"""Statements of algorithm A: of ISO 13528, and of R's metRology::algA and MASS::hubers."""


def algorithm_a(
    values: ArrayLike, *, convention: str = "iso13528", tolerance: float | None = None
) -> Robust:
    """Return the robust mean and sd of ISO 13528 algorithm A (Huber's proposal 2).

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        At least 3, finite.
    convention : str
        ``iso13528``: the printed constants 1.483 and 1.134, iterated until nothing changes.
        ``metrology``: as metRology::algA of R, with exact constants and its early stop. ``mass``:
        as MASS::hubers. They differ by up to 0.3 % in the sd.
    tolerance : float, optional
        Change at which the iteration ends, relative to the sd [1]; that of the convention if not
        given.

    Returns
    -------
    Robust
        Where more than half of the values are identical the start is the nIQR, then the sd. If
        the iteration then shrinks to nothing, the mean is the median and the sd 0.

    Raises
    ------
    UsageError
        If there are fewer than 3 values, one is not finite, or the convention is unknown.

    Notes
    -----
    Begin with x* = median and s* = 1.483 median ``|x - x*|``. Repeat: hold every value within
    x* +- 1.5 s*; x* is the mean of these, s* = 1.134 times their standard deviation (n - 1). It
    resists up to about 25 % of wild values.

    References
    ----------
    ISO 13528:2015, C.3.1; doi:10.1039/AN9891401693; doi:10.1214/aoms/1177703732

    Examples
    --------
    >>> found = algorithm_a([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9])
    >>> round(found.mean, 4), round(found.sd, 4), round(found.u, 4)
    (5.3865, 1.146, 0.5414)
    """
    require_choice("convention", convention, CONVENTIONS)
    x, rule = checked(values, least=3), CONVENTIONS[convention]
    sd, start = _start(x, rule.init)
    mean, steps = float(np.median(x)), 0
    if sd > 0:
        limit = rule.tolerance if tolerance is None else tolerance
        mean, sd, steps = _iterated(x, mean, sd, rule, limit)
    u = 1.25 * sd / math.sqrt(len(x))
    return Robust(mean, sd, u, len(x), "algorithm_a", convention, steps, start)


def _start(x: Floats, init: float) -> tuple[float, str]:
    sd = init * deviation(x)
    if sd > 0:
        return sd, "mad"
    return (niqr(x), "niqr") if niqr(x) > 0 else (float(x.std(ddof=1)), "sd")


def _iterated(
    x: Floats, mean: float, sd: float, rule: _Convention, tolerance: float
) -> tuple[float, float, int]:
    first, median = sd, mean
    for step in range(1, 20_001):
        held = np.clip(x, mean - CLIP * sd, mean + CLIP * sd)
        new, wide = float(held.mean()), rule.scale * float(held.std(ddof=1))
        if wide < 1e-9 * first:  # so many identical values that the others lose all weight
            return median, 0.0, step
        moved = max(abs(new - mean), abs(wide - sd)) if rule.mean_too else abs(wide - sd)
        done = moved <= tolerance * (sd if rule.before else wide)
        if done and rule.before:
            return mean, sd, step
        mean, sd = new, wide
        if done:
            return mean, sd, step
    return mean, sd, step


def q_method(values: ArrayLike, labs: Sequence[object] | None = None) -> float:
    """Return the robust sd between laboratories by the Q method of ISO 13528.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        Of at least 2 laboratories.
    labs : sequence (n,), optional
        Whose each value is, where laboratories gave several; each its own if not given.

    Returns
    -------
    float [unit of the values]
        Reproducibility sd of one result. 0 where all values are identical.

    Raises
    ------
    UsageError
        If there are fewer than 2 laboratories, or a value is not finite.

    Notes
    -----
    H1(d) is the share of pairs of results of different laboratories that differ by at most d, each
    pair of laboratories counted once. G1 joins the middles of its steps by straight lines from
    (0, 0). s* = G1^-1(1/4 + 3/4 H1(0)) / (sqrt(2) Phi^-1(5/8 + 3/8 H1(0))). Half of the
    laboratories may be wild, and many identical results leave it above zero.

    References
    ----------
    ISO 13528:2015, C.5.2; doi:10.1093/biomet/88.2.353

    Examples
    --------
    >>> round(q_method([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9]), 4)
    1.4147
    """
    x = checked(values, least=2)
    _, code, count = np.unique(_labs(x, labs), return_inverse=True, return_counts=True)
    i, j = np.triu_indices(len(x), 1)
    other = code[i] != code[j]
    if not other.any():
        raise UsageError("the Q method compares laboratories: give results of at least two")
    i, j = i[other], j[other]
    # Results stated to few digits: 12.3 - 12.2 is 5.1 - 5.0, though not in binary.
    size = float(np.abs(x).max()) or 1.0
    apart = np.round(np.abs(x[i] - x[j]) / size, 13)
    steps, at = np.unique(apart, return_inverse=True)
    share = np.bincount(at, weights=1 / (count[code[i]] * count[code[j]]))
    h = np.cumsum(share) / share.sum()
    zero = float(h[0]) if steps[0] == 0 else 0.0
    middles = (h + np.concatenate([[0.0], h[:-1]])) / 2
    up = steps > 0
    if not up.any():
        return 0.0
    g, d = np.append(0.0, middles[up]), np.append(0.0, steps[up] * size)
    found = float(np.interp(0.25 + 0.75 * zero, g, d))
    return found / (math.sqrt(2) * float(ndtri(0.625 + 0.375 * zero)))


def hampel(values: ArrayLike, sd: float) -> float:
    """Return Hampel's robust mean for a known sd, by the finite algorithm of ISO 13528.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        One of each laboratory: its mean where it gave several.
    sd : float [unit of the values]
        Robust sd, from `q_method`; above 0.

    Returns
    -------
    float [unit of the values]

    Raises
    ------
    UsageError
        Without a value, if one is not finite, or the sd is not above 0.

    Notes
    -----
    The solution of sum psi((x_i - x*) / sd) = 0 nearest the median, where psi(q) = q up to 1.5,
    1.5 up to 3, falls to 0 at 4.5, and is 0 beyond: results 4.5 sd away do not count at all. The
    sum is made of straight lines between x_i +- 1.5, 3 and 4.5 sd, so that its zeros are exact.

    References
    ----------
    ISO 13528:2015, C.5.3.3

    Examples
    --------
    >>> round(hampel([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9], 1.4147), 4)
    5.4132
    """
    x = checked(values)
    if not (math.isfinite(sd) and sd > 0):
        raise UsageError(f"the sd of Hampel's mean is {sd}; it must be above 0")
    knots = np.array([-4.5, -3.0, -1.5, 1.5, 3.0, 4.5]) * sd
    nodes = np.unique((x[:, None] + knots).ravel())
    total = _psi((x[:, None] - nodes) / sd).sum(axis=0)
    total[np.abs(total) < 1e-13 * len(x)] = 0.0
    middle = float(np.median(x))
    zeros = _zeros(nodes, total, middle)
    away = np.abs(zeros - middle)
    nearest = zeros[away <= away.min() + 1e-12 * sd]
    return float(nearest[0]) if np.ptp(nearest) <= 1e-9 * sd else middle


def _psi(q: Floats) -> Floats:
    size = np.abs(q)
    held = np.where(size <= 3.0, np.minimum(size, 1.5), np.maximum(4.5 - size, 0.0))
    return np.asarray(np.sign(q) * held)


def _zeros(nodes: Floats, total: Floats, middle: float) -> Floats:
    """Zeros of the line through (node, total); of a stretch at zero, the point nearest `middle`."""
    a, b, left, right = nodes[:-1], nodes[1:], total[:-1], total[1:]
    cross = left * right < 0
    crossing = a[cross] + (b - a)[cross] * left[cross] / (left - right)[cross]
    flat = (left == 0) & (right == 0)
    return np.concatenate([crossing, nodes[total == 0], np.clip(middle, a[flat], b[flat])])


def q_hampel(values: ArrayLike, labs: Sequence[object] | None = None) -> Robust:
    """Return the robust sd of the Q method and Hampel's mean with it.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
    labs : sequence (n,), optional
        Whose each value is, where laboratories gave several.

    Returns
    -------
    Robust
        Where the sd is 0 the mean is the median.

    Raises
    ------
    UsageError
        As `q_method`.

    Notes
    -----
    See `q_method` and `hampel`. For few laboratories or many wild ones the first choice: it
    resists up to half, and has no iteration to stop.

    References
    ----------
    ISO 13528:2015, C.5.4

    Examples
    --------
    >>> found = q_hampel([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9])
    >>> round(found.mean, 4), round(found.sd, 4)
    (5.4132, 1.4147)
    """
    x = checked(values, least=2)
    sd = q_method(x, labs)
    _, code, count = np.unique(_labs(x, labs), return_inverse=True, return_counts=True)
    means = np.bincount(code, weights=x) / count
    mean = hampel(means, sd) if sd > 0 else float(np.median(means))
    n = len(means)
    return Robust(mean, sd, 1.25 * sd / math.sqrt(n), n, "q_hampel", "iso13528")


def median_mad(values: ArrayLike) -> Robust:
    """Return the median and the scaled median absolute deviation as a robust mean and sd.

    Parameters
    ----------
    values : array_like (n,) [any one unit]

    Returns
    -------
    Robust

    Raises
    ------
    UsageError
        Without a value, or if one is not finite.

    References
    ----------
    ISO 13528:2015, C.2.2

    Examples
    --------
    >>> median_mad([1.0, 2.0, 3.0]).mean
    2.0
    """
    x = checked(values)
    sd = mad(x)
    return Robust(float(np.median(x)), sd, 1.25 * sd / math.sqrt(len(x)), len(x),
                  "median_mad", "iso13528")  # fmt: skip


ROBUST_METHODS: Final[dict[str, Callable[[ArrayLike], Robust]]] = {
    "algorithm_a": algorithm_a, "q_hampel": q_hampel, "median_mad": median_mad,
}  # fmt: skip
"""Robust means with their sd, by name."""


def _labs(x: Floats, labs: Sequence[object] | None) -> NDArray[np.str_]:
    if labs is None:
        return np.arange(len(x)).astype(str)
    names = np.array([str(lab) for lab in labs])
    if len(names) != len(x):
        raise UsageError(f"{len(x)} values but {len(names)} laboratories; give one for each")
    return names
