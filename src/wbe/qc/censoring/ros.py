"""Robust regression on order statistics (ROS): detects are kept, non-detects read from a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from wbe.errors import TooFewDetectsError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored, Floats, Mask
from wbe.qc.censoring.families import LOGNORMAL, reduced
from wbe.qc.censoring.filled import Filled
from wbe.qc.censoring.lognormal_newton import lognormal_maximum
from wbe.qc.censoring.product_limit import Ordered, ordered
from wbe.qc.censoring.quantities import Quantity


@dataclass(frozen=True)
class RosRule:
    """What one convention of ROS does.

    Attributes
    ----------
    constant : float
        Plotting constant a of ``(r - a) / (m + 1 - 2 a)`` [1].
    single : bool
        Whether one limit beneath all detects takes ``(i - a) / (n + 1 - 2 a)`` of the whole sample.
    drop : bool
        Whether non-detects with a limit above the largest detect are left out of the results.
    capped : bool
        Whether a value read from the line is kept between the ends of its result.
    """

    constant: float = 0.0
    single: bool = False
    drop: bool = False
    capped: bool = False


ROS_CONVENTIONS: dict[str, RosRule] = {
    "capped": RosRule(capped=True),
    "helsel_cohn": RosRule(),
    "nada": RosRule(drop=True),
    "envstats": RosRule(constant=0.375, single=True),
    "epa": RosRule(single=True),
}
"""Named conventions: ``capped`` is the default of this package; ``nada`` is that of NADA 1.6,
``envstats`` that of EnvStats 3.1 and ``epa`` the same with constant 0, as EPA 2009 and Helsel."""


@dataclass(frozen=True, eq=False)
class Ros(Filled):
    """Robust ROS of one sample.

    Attributes
    ----------
    data : Censored
    filled : ndarray (n - n_dropped,) [unit of the data]
        Detects, and non-detects read from the line, in the order of the data.
    intercept, slope : float [1]
        Of ln(value) on the normal score; NaN where no line could be or had to be drawn.
    convention : str
        Key of `ROS_CONVENTIONS`.
    n_dropped : int
        Results that the convention left out.
    """

    data: Censored
    filled: Floats
    intercept: float
    slope: float
    convention: str
    n_dropped: int

    @property
    def n(self) -> int:
        """Number of results."""
        return self.data.n

    @property
    def n_below(self) -> int:
        """Number of results below a limit."""
        return self.data.n_below

    @property
    def mean_log(self) -> float:
        """Mean of the natural logs."""
        return float(np.log(self.filled).mean())

    @property
    def sd_log(self) -> float:
        """Standard deviation of the natural logs, with n - 1; NaN for one result."""
        return float(np.log(self.filled).std(ddof=1)) if len(self.filled) > 1 else float("nan")

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return the Cox-type interval of a quantity.

        Parameters
        ----------
        quantity : Quantity
        level : float [1]

        Returns
        -------
        lower, upper : float [unit of the data; 1]
            NaN where there is no line or only one detect.

        Notes
        -----
        ``ln(value) -+ t se``, t of (detects - 1) degrees of freedom and ``se^2 = g' C g``: C the
        covariance of the censored lognormal (inverse observed information at its maximum, mu in
        units of sigma), g the gradient of the log of the quantity, both with the slope of the line
        as sigma. Without non-detects this is Cox's interval of a lognormal mean as modified by
        Olsson. An exceedance probability has it on the scale of normal scores about that of the
        line, widened to hold the share itself. The tails of a lognormal are assumed for the
        interval, not for the value.

        References
        ----------
        Olsson 2005, 10.1080/10691898.2005.11910638
        """
        if not np.isfinite(self.slope) or self.data.n_detected < 2:
            return float("nan"), float("nan")
        t = float(stdtrit(self.data.n_detected - 1, (1 + require_level(level)) / 2))
        sigma = self.slope
        covariance = _covariance(self.data, sigma)
        if quantity.kind == "exceedance":
            z = (self.intercept - np.log(quantity.at)) / sigma
            gradient = np.array([1 / sigma, -z])
            half = t * float(np.sqrt(gradient @ covariance @ gradient))
            share = self.exceedance(quantity.at)
            return min(float(ndtr(z - half)), share), max(float(ndtr(z + half)), share)
        gradient = np.array([1.0, LOGNORMAL.shape_slope(quantity, sigma)])
        factor = float(np.exp(t * np.sqrt(gradient @ covariance @ gradient)))
        value = self.value(quantity)
        return value / factor, value * factor


def robust_ros(data: Censored, convention: str = "capped") -> Ros:
    """Return the robust ROS of results with limits, one or many limits.

    Parameters
    ----------
    data : Censored
        A result between LOD and LOQ is read as "< LOQ"; its LOD is used by ``capped`` only, to
        keep the value that is read from the line above it.
    convention : str
        Key of `ROS_CONVENTIONS`.

    Returns
    -------
    Ros

    Raises
    ------
    UsageError
        If the convention is not known.
    TooFewDetectsError
        If there are non-detects and fewer than two different detects: no line can be drawn.

    Notes
    -----
    With limits ``L_1 < ... < L_k`` and ``F(L_j-)`` of `ordered`, the detects in ``[L_j, L_j+1)``
    have the plotting positions ``F(L_j-) + (F(L_j+1-) - F(L_j-)) (r - a) / (A_j + 1 - 2 a)``, r
    their rank among these A_j; the C_j non-detects of L_j have ``F(L_j-) (r - a) / (C_j + 1 - 2
    a)``. Least squares of ln(detect) on the normal score of its position give the line;
    non-detects are read from it. A line may pass above a limit: without ``capped`` a non-detect
    then enters means with more than its limit.

    References
    ----------
    Helsel & Cohn 1988, 10.1029/WR024i012p01997

    Examples
    --------
    >>> from wbe.qc.censoring import censored, robust_ros
    >>> x = censored([1, 1, 3, 7, 10, 18], [True, True, False, False, False, False])
    >>> round(robust_ros(x).mean, 6)
    6.61543
    """
    rule = ros_rule(convention)
    distinct = len(np.unique(data.values))
    if data.n_below and distinct < 2:
        raise TooFewDetectsError(
            f"{distinct} different detects; a line through them needs at least 2"
        )
    order = ordered(data.high, data.detected)
    intercept, slope, filled = _filled(order, data.low[order.places], rule)
    value = np.empty(data.n)
    value[order.places] = filled
    kept = ~np.isnan(value)
    dropped = int((~kept).sum())
    return Ros(data, value[kept], float(intercept), float(slope), convention, dropped)


def ros_rule(convention: str) -> RosRule:
    """Return the rule of a named convention.

    Raises
    ------
    UsageError
        If it is not known.
    """
    require_choice("convention", convention, ROS_CONVENTIONS)
    return ROS_CONVENTIONS[convention]


def _covariance(data: Censored, sigma: float) -> Floats:
    """Return the covariance of (mu, ln sigma) at its maximum, mu in units of the line's slope."""
    (_, log_sd), covariance = lognormal_maximum(reduced(data))
    scale = np.array([sigma / np.exp(log_sd), 1.0])
    return np.asarray(covariance * np.outer(scale, scale))


def _filled(order: Ordered, low: Floats, rule: RosRule) -> tuple[Floats, Floats, Floats]:
    score = ndtri(_positions(order, rule))
    log_value = np.log(order.values)
    intercept, slope = _line(score, log_value, order.detected)
    fitted = np.exp(intercept[..., None] + slope[..., None] * score)
    if rule.capped:
        fitted = np.clip(fitted, low, order.values)
    if rule.drop:
        fitted = np.where(order.beneath[..., :-1] < 1, fitted, np.nan)
    return intercept, slope, np.where(order.detected, order.values, fitted)


def _positions(order: Ordered, rule: RosRule) -> Floats:
    """Return plotting positions in (0, 1) of results in order."""
    found, value, a = order.detected, order.values, rule.constant
    i = np.arange(value.shape[-1])
    new = np.ones(value.shape, dtype=bool)
    new[..., 1:] = (found[..., 1:] != found[..., :-1]) | (
        ~found[..., 1:] & (value[..., 1:] != value[..., :-1])
    )
    start = np.maximum.accumulate(np.where(new, i, 0), axis=-1)
    last = np.ones_like(new)
    last[..., :-1] = new[..., 1:]
    stop = np.minimum.accumulate(np.where(last, i + 1, len(i))[..., ::-1], axis=-1)[..., ::-1]
    beneath = np.take_along_axis(order.beneath, start, axis=-1)
    above = np.take_along_axis(order.beneath, stop, axis=-1)
    low, high = np.where(found, beneath, 0.0), np.where(found, above, beneath)
    position = low + (high - low) * (i - start + 1 - a) / (stop - start + 1 - 2 * a)
    if rule.single:
        whole = (i + 1 - a) / (len(i) + 1 - 2 * a)
        position = np.where(_one_limit_beneath(new, found)[..., None], whole, position)
    return np.asarray(position)


def _one_limit_beneath(new: Mask, found: Mask) -> Mask:
    """Return which samples have one limit only, no detect beneath it."""
    below_runs = (new & ~found).sum(axis=-1)
    return np.asarray((below_runs == 1) & ~found[..., 0])


def _line(score: Floats, log_value: Floats, found: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    count = found.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z0 = np.where(found, score, 0.0).sum(axis=-1) / count
        y0 = np.where(found, log_value, 0.0).sum(axis=-1) / count
        dz = np.where(found, score - z0[..., None], 0.0)
        dy = np.where(found, log_value - y0[..., None], 0.0)
        slope = (dz * dy).sum(axis=-1) / (dz**2).sum(axis=-1)
    slope = np.where(np.abs(dy).max(axis=-1) > 0, slope, np.nan)
    return np.asarray(y0 - slope * z0), np.asarray(slope)
