"""Whether the material of an interlaboratory round was the same for everybody, and stayed so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, fdtri

from wbe.errors import UsageError

ALLOWED: Final = 0.3
"""Largest share of sigma_pt that differences between bottles, or in time, may have."""


@dataclass(frozen=True)
class Homogeneity:
    """Whether bottles of one material differ.

    Attributes
    ----------
    mean : float
    between, within : float
        Standard deviation between bottles (0 where it does not show), and of one measurement; in
        the unit of the results.
    allowed : float
        0.3 sigma_pt.
    bottles : int
    homogeneous : bool
        Whether `between` is at most `allowed`.
    not_contradicted : bool
        Whether it is at most the limit that allows for the error of this check as well; a check
        with a poor method cannot show inhomogeneity, nor can it exclude it.
    sigma_pt : float
        Target that includes the differences: sqrt(sigma_pt^2 + between^2).
    """

    mean: float
    between: float
    within: float
    allowed: float
    bottles: int
    homogeneous: bool
    not_contradicted: bool
    sigma_pt: float


@dataclass(frozen=True)
class Stability:
    """Whether a material changed.

    Attributes
    ----------
    change : float
        Later mean less earlier mean, in the unit of the results.
    u : float
        Its standard uncertainty from the scatter of the measurements.
    allowed : float
        0.3 sigma_pt.
    stable : bool
        Whether the change is at most `allowed`.
    not_contradicted : bool
        Whether it is at most `allowed` and 2 u.
    """

    change: float
    u: float
    allowed: float
    stable: bool
    not_contradicted: bool


def homogeneity(pairs: ArrayLike, sigma_pt: float) -> Homogeneity:
    """Check from bottles measured twice whether all hold the same.

    Parameters
    ----------
    pairs : array_like (bottle, 2) [any one unit]
        Two independent measurements of each of at least 7 bottles (10 or more are usual), in
        random order under repeatability conditions.
    sigma_pt : float [the same unit]
        Target standard deviation of the round.

    Returns
    -------
    Homogeneity

    Raises
    ------
    UsageError
        If the array has another shape, a value is not finite, or `sigma_pt` is not above 0.

    Notes
    -----
    s_x sd of the bottles' means, s_w^2 = sum d^2 / (2 g) of the differences d, s_s^2 = max(0, s_x^2
    - s_w^2 / 2). Homogeneous: s_s <= 0.3 sigma_pt. Not contradicted: s_s^2 <= F1 (0.3 sigma_pt)^2
    + F2 s_w^2, F1 = chi^2_(0.95, g - 1) / (g - 1), F2 = (F_(0.95, g - 1, g) - 1) / 2.

    References
    ----------
    ISO 13528:2015, annex B; doi:10.1351/pac200678010145

    Examples
    --------
    >>> pairs = [[10.1, 9.9], [10.0, 10.2], [9.8, 10.0], [10.1, 10.1], [9.9, 10.0],
    ...          [10.2, 10.0], [10.0, 9.9]]
    >>> homogeneity(pairs, 2.0).homogeneous
    True
    """
    x = np.asarray(pairs, dtype=float)
    if x.ndim != 2 or x.shape[1] != 2 or len(x) < 7 or not np.isfinite(x).all():
        raise UsageError(f"give two finite results of each of 7 bottles or more, not {x.shape}")
    _require(sigma_pt)
    g = len(x)
    within = math.sqrt(float(((x[:, 0] - x[:, 1]) ** 2).sum()) / (2 * g))
    between = math.sqrt(max(0.0, float(x.mean(axis=1).var(ddof=1)) - within**2 / 2))
    allowed = ALLOWED * sigma_pt
    f1, f2 = homogeneity_factors(g)
    return Homogeneity(
        mean=float(x.mean()), between=between, within=within, allowed=allowed, bottles=g,
        homogeneous=between <= allowed,
        not_contradicted=between**2 <= f1 * allowed**2 + f2 * within**2,
        sigma_pt=math.hypot(sigma_pt, between),
    )  # fmt: skip


def homogeneity_factors(bottles: int) -> tuple[float, float]:
    """Return F1 and F2 of the limit that allows for the error of a homogeneity check.

    Parameters
    ----------
    bottles : int
        Each measured twice.

    References
    ----------
    doi:10.1351/pac200678010145

    Examples
    --------
    >>> tuple(round(f, 2) for f in homogeneity_factors(10))
    (1.88, 1.01)
    """
    free = bottles - 1
    f1 = float(chdtri(free, 0.05)) / free
    return f1, (float(fdtri(free, bottles, 0.95)) - 1) / 2


def stability(earlier: ArrayLike, later: ArrayLike, sigma_pt: float) -> Stability:
    """Check whether a material changed between dispatch and the end of a round.

    Parameters
    ----------
    earlier, later : array_like (measurement,) [any one unit]
        At least 2 each, by one laboratory and method.
    sigma_pt : float [the same unit]
        Target standard deviation of the round.

    Returns
    -------
    Stability

    Raises
    ------
    UsageError
        If there are fewer than 2 results of a time, one is not finite, or `sigma_pt` is not above
        0.

    Notes
    -----
    Stable: ``|mean2 - mean1|`` <= 0.3 sigma_pt; not contradicted: <= 0.3 sigma_pt + 2 sqrt(s1^2 /
    n1 + s2^2 / n2).

    References
    ----------
    ISO 13528:2015, annex B.5

    Examples
    --------
    >>> stability([10.0, 10.2], [9.9, 10.1], 2.0).stable
    True
    """
    sides = [np.asarray(x, dtype=float).ravel() for x in (earlier, later)]
    if min(map(len, sides)) < 2 or not all(np.isfinite(x).all() for x in sides):
        raise UsageError("give at least two finite results of each time")
    _require(sigma_pt)
    change = float(sides[1].mean() - sides[0].mean())
    u = math.sqrt(sum(float(x.var(ddof=1)) / len(x) for x in sides))
    allowed = ALLOWED * sigma_pt
    return Stability(change, u, allowed, abs(change) <= allowed, abs(change) <= allowed + 2 * u)


def _require(sigma_pt: float) -> None:
    if not (math.isfinite(sigma_pt) and sigma_pt > 0):
        raise UsageError(f"sigma_pt = {sigma_pt}; the check needs a target sd above 0")
