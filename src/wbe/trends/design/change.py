"""Which change between two rounds a design can tell from chance.

Paired points (the same sites in both rounds) lose what lies between places; what both rounds share
(excretion, laboratory, population) cancels in their ratio. What does not cancel and does not shrink
with points is each round's own visit, and a laboratory or method that changed in between. A change
between two rounds is a difference. It is no trend.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from wbe.errors import UsageError
from wbe.trends.design.answers import (
    MIN_POINTS,
    Answer,
    Floats,
    Ints,
    Table,
    above_zero,
    counts,
    inside,
    whole,
)
from wbe.trends.design.rounds import ChangeTest, RoundSpread, smallest


@dataclass(frozen=True)
class DetectableChange(Table):
    """The smallest true change that a comparison of two rounds finds.

    Attributes
    ----------
    points : ndarray (row,) of int
        Points an area in each round.
    ratio : ndarray (row,)
        Smallest rise that is found with the stated power, as a ratio [1]: 2 is a doubling. The
        smallest fall is its inverse.
    ratio_at_best : float
        The same for infinitely many points [1].
    textbook : ndarray (row,)
        The usual normal formula without t and visits, as a ratio [1].
    """

    points: Ints
    ratio: Floats
    ratio_at_best: float
    textbook: Floats

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return points, detectable rise and fall, and the textbook's rise."""
        return {
            "points": self.points, "rise": self.ratio, "fall": 1 / self.ratio,
            "textbook_rise": self.textbook,
        }  # fmt: skip


@dataclass(frozen=True)
class ChangePlan(Answer):
    """The points that a change between two rounds needs to be found.

    Attributes
    ----------
    points : int or None
        Fewest points an area in each round; None where no number is enough.
    ratio : float
        Change asked about [1]: 0.5 is a halving.
    reason : str
        Why there is no answer; empty where there is one.
    spread : RoundSpread
    paired : bool
    visits : int
        Visits of each round.
    areas : int
        Areas compared at once, over which the chance of any false alarm is held.
    power, alpha : float [1]
    table : DetectableChange
        3 points to the most that were asked about.
    """

    points: int | None
    ratio: float
    reason: str
    spread: RoundSpread
    paired: bool
    visits: int
    areas: int
    power: float
    alpha: float
    table: DetectableChange

    def summary(self) -> dict[str, object]:
        """Return points, what endless points would detect, and what was assumed."""
        best = self.table.ratio_at_best
        return {
            "points": self.points, "ratio": self.ratio, "rise_at_best": best,
            "fall_at_best": 1 / best, "reason": self.reason, "paired": self.paired,
            "visits": self.visits, "areas": self.areas, "power": self.power,
            "alpha": self.alpha, **asdict(self.spread),
        }  # fmt: skip


def detectable_change(
    points: ArrayLike,
    spread: RoundSpread,
    *,
    paired: bool = True,
    visits: int = 1,
    areas: int = 1,
    power: float = 0.8,
    alpha: float = 0.05,
) -> DetectableChange:
    r"""Return the smallest change between two rounds that is found with a given power.

    Parameters
    ----------
    points : array_like (row,) of int
        Points an area in each round; kept points where paired.
    spread : RoundSpread
    paired : bool
        Whether the points are the same sites in both rounds.
    visits : int
        Visits of each round.
    areas : int
        Areas that are compared at once: each is tested at ``1 - (1 - alpha) ** (1 / areas)``.
    power : float [1]
        Probability of finding the change.
    alpha : float [1]
        Probability of any false alarm, two-sided.

    Returns
    -------
    DetectableChange

    Raises
    ------
    UsageError
        If a number is out of range or there are fewer than `MIN_POINTS` points.

    Notes
    -----
    The mean log ratio D of n points has the variance :math:`s_n^2 + c^2` with
    :math:`s_n^2 = (2\sigma_\epsilon^2/R + \sigma_d^2 [+ 2\sigma_w^2])/n`, the bracket where not
    paired, and :math:`c^2 = 2\omega^2/R + \sigma_u^2`. A change is called where \|D\| exceeds the
    quantile of :math:`t_\nu\hat s_n + z c`, with n - 1 degrees of freedom paired and 2(n - 1) not.
    The power is averaged over the distribution of :math:`\hat s_n`, and solved for the true change.
    With c known as here the chance of a false alarm is at most alpha, and less where t has few
    degrees of freedom.

    Limits of validity: two rounds tell a difference, never a trend; the visit's sd is taken as
    known (the error model's is a judgement); points with results below a limit bring less.

    References
    ----------
    What few samples can say about trends: Humphries et al. (2016) 10.1021/acs.est.5b06126 (abstract
    read; DOI recalled). The formula (z_a + z_b) CV sqrt(2/n) of `textbook_change` is standard.

    Examples
    --------
    >>> spread = RoundSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)
    >>> detectable_change([5], spread).ratio.round(1)
    array([8.2])
    >>> detectable_change([5], spread, paired=False).ratio.round(1)
    array([12.8])
    """
    whole(1, visits=visits, areas=areas)
    inside(0, 1, power=power, alpha=alpha)
    if power <= alpha:
        raise UsageError(f"power = {power} is not above alpha = {alpha}: no test needed for that")
    n = counts(points, "points", MIN_POINTS)  # fewer are not compared
    each = _each(alpha, areas)
    own, common = spread.own(n, paired=paired, visits=visits), spread.common(visits)
    df = (1 if paired else 2) * (n - 1)
    found = [smallest(float(s), int(f), common, power, each) for s, f in zip(own, df, strict=True)]
    best = float(np.exp((ndtri(1 - each / 2) + ndtri(power)) * common))
    simple = textbook_change(own * np.sqrt(n / 2), n, power=power, alpha=alpha)
    return DetectableChange(n, np.exp(found), best, simple)


def points_for_change(
    ratio: float,
    spread: RoundSpread,
    *,
    paired: bool = True,
    visits: int = 1,
    areas: int = 1,
    power: float = 0.8,
    alpha: float = 0.05,
    most: int = 30,
) -> ChangePlan:
    """Return the fewest points an area with which a change between two rounds is found.

    Parameters
    ----------
    ratio : float
        True change [1], other than 1: 0.5 is a halving, as easy to find as a doubling.
    spread, paired, visits, areas, power, alpha
        As in `detectable_change`.
    most : int
        Most points to think about.

    Returns
    -------
    ChangePlan
        With ``points = None`` and a reason where visits leave a larger change undetected, or
        `most` points do.

    Raises
    ------
    UsageError
        As `detectable_change`; if the ratio is 1.

    References
    ----------
    As `detectable_change`: 10.1021/acs.est.5b06126.

    Examples
    --------
    >>> spread = RoundSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.0)
    >>> points_for_change(0.5, spread).points
    14
    >>> print(points_for_change(0.5, RoundSpread(0.8, 0.6, visit_sd=0.4)).reason)
    any number of points finds a ratio of 4.9 at best: visits and what changed do not shrink
    """
    above_zero(ratio=ratio)
    if ratio == 1:
        raise UsageError("ratio = 1: no change, which no number of points finds")
    whole(MIN_POINTS, most=most)
    table = detectable_change(
        np.arange(MIN_POINTS, most + 1), spread, paired=paired, visits=visits, areas=areas,
        power=power, alpha=alpha,
    )  # fmt: skip
    size = max(ratio, 1 / ratio)
    enough = table.points[table.ratio <= size]
    points = int(enough[0]) if len(enough) else None
    reason = "" if points is not None else _why_not(size, most, table)
    return ChangePlan(
        points, ratio, reason, spread, paired, visits, areas, power, alpha, table
    )  # fmt: skip


def power_of_change(
    ratio: float,
    points: int,
    spread: RoundSpread,
    *,
    paired: bool = True,
    visits: int = 1,
    areas: int = 1,
    alpha: float = 0.05,
) -> float:
    """Return the probability that a true change between two rounds is found.

    Parameters
    ----------
    ratio : float
        True change [1]: 0.5 is a halving.
    points, spread, paired, visits, areas, alpha
        As in `detectable_change`; one number of points.

    Returns
    -------
    float [1]
        At a ratio of 1 this is the chance of a false alarm in one area.

    Raises
    ------
    UsageError
        As `detectable_change`.

    References
    ----------
    As `detectable_change`: 10.1021/acs.est.5b06126.

    Examples
    --------
    >>> spread = RoundSpread(place_sd=0.8, sample_sd=0.6, visit_sd=0.4)
    >>> round(power_of_change(0.5, 5, spread), 2)
    0.13
    """
    above_zero(ratio=ratio)
    whole(MIN_POINTS, points=points)
    whole(1, visits=visits, areas=areas)
    inside(0, 1, alpha=alpha)
    own = float(spread.own(points, paired=paired, visits=visits))
    df = (1 if paired else 2) * (points - 1)
    test = ChangeTest(own, df, spread.common(visits), _each(alpha, areas))
    return test.power(float(np.log(ratio)))


def textbook_change(
    log_sd: ArrayLike, points: ArrayLike, *, power: float = 0.8, alpha: float = 0.05
) -> Floats:
    """Return the detectable change of the usual formula, for comparison.

    Parameters
    ----------
    log_sd : array_like
        Of a single result [1]; the CV where it is small.
    points : array_like [1]
        Results in each round.
    power, alpha : float [1]

    Returns
    -------
    ndarray
        exp((z_a + z_b) sd sqrt(2 / n)), as a ratio [1]: normal, two-sided, nothing shared.

    Raises
    ------
    UsageError
        If power or alpha is out of range.

    References
    ----------
    Cohen (1988) Statistical Power Analysis; for loads as in 10.1021/acs.est.5b06126.

    Examples
    --------
    >>> textbook_change(1.0, [5, 50]).round(1)
    array([5.9, 1.8])
    """
    inside(0, 1, power=power, alpha=alpha)
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    spread = np.asarray(log_sd, dtype=float) * np.sqrt(2 / np.asarray(points, dtype=float))
    return np.asarray(np.exp(z * spread))


def _each(alpha: float, areas: int) -> float:
    """Return the size of one test of several that hold the chance of any false alarm at alpha."""
    return float(-np.expm1(np.log1p(-alpha) / areas))


def _why_not(size: float, most: int, table: DetectableChange) -> str:
    best = table.ratio_at_best
    if best >= size:
        return (
            f"any number of points finds a ratio of {best:.1f} at best: visits and what changed do "
            "not shrink"
        )
    return f"{most} points find a ratio of {table.ratio[-1]:.2g}"
