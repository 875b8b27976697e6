"""How often a sampler must sample, and how small a catchment may be.

Error of a 24-hour composite as a statement about the load of that same day, from the number of
pulses that carry the drug, their duration, the interval between aliquots and the sampling mode.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.options import require_choice
from wbe.trends.design.answers import (
    Answer,
    Floats,
    Table,
    above_zero,
    at_least_zero,
    no_slip,
)
from wbe.trends.design.pulses import (
    EVEN,
    FLOW,
    GAUSSIAN,
    MODES,
    VOLUME,
    Catchment,
    DayPattern,
    phase_variance,
)

LONGEST: Final = 180
"""Longest interval that is tabulated [min]."""


@dataclass(frozen=True)
class Sampler:
    """A sampler and the pulses that it meets.

    Attributes
    ----------
    duration : float
        Of a pulse where it is sampled [min]; longer after a longer sewer.
    mass_cv : float
        CV of the mass of drug in a pulse [1].
    shape : str
        ``gaussian`` or ``rectangle``.
    mode : str
        ``time`` (equal aliquots at equal times), ``flow`` (in proportion to flow at equal times)
        or ``volume`` (equal aliquots at equal volumes of water).
    pattern : DayPattern
        Flow and pulses over the day.

    Raises
    ------
    UsageError
        If a number is out of range or a word unknown.

    Examples
    --------
    >>> from wbe.trends.design import Sampler
    >>> Sampler(duration=4.0, mode="time").shape
    'gaussian'
    """

    duration: float
    mass_cv: float = 1.0
    shape: str = GAUSSIAN
    mode: str = FLOW
    pattern: DayPattern = EVEN

    def __post_init__(self) -> None:
        above_zero(duration=self.duration)
        at_least_zero(mass_cv=self.mass_cv)
        no_slip(mass_cv=self.mass_cv)
        require_choice("mode", self.mode, MODES)
        phase_variance(1.0, self.duration, self.shape)  # refuses an unknown shape

    def moments(self, interval: ArrayLike) -> tuple[Floats, float]:
        """Return variance of a pulse's seen over its true mass, and the mean of that ratio [1].

        Parameters
        ----------
        interval : array_like (row,)
            Time between aliquots [min]; for ``volume`` its mean over the day.
        """
        delta = np.atleast_1d(np.asarray(interval, dtype=float))
        flow, share = self.pattern.flow_at(), self.pattern.share_at()
        if self.mode == VOLUME:
            seen = phase_variance(delta[:, None] / flow, self.duration, self.shape)
            return seen @ share, 1.0
        seen = phase_variance(delta, self.duration, self.shape)
        if self.mode == FLOW:
            return seen, 1.0
        mean = float(share @ (1 / flow))
        return np.asarray(share @ flow**-2.0 * (1 + seen) - mean**2), mean


@dataclass(frozen=True)
class SamplerError(Table):
    """How far a composite lies from the day's load.

    Attributes
    ----------
    interval : ndarray (row,)
        Time between aliquots [min].
    cv : ndarray (row,)
        Random relative error of the composite [1].
    bias : ndarray (row,)
        Relative bias of the mode [1]; 0 but for equal aliquots at equal times.
    error : ndarray (row,)
        Both together, sqrt(cv^2 + bias^2) [1].
    unseen : ndarray (row,)
        Least share of the pulses that no aliquot meets [1].
    load_cv : float
        By how much the day's true load varies because its pulses are few [1]. No error of the
        sampler: it is part of what days differ by.
    """

    interval: Floats
    cv: Floats
    bias: Floats
    error: Floats
    unseen: Floats
    load_cv: float

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return interval [min], error and its two parts, and the share of pulses not met."""
        return {
            "interval_min": self.interval, "error": self.error, "cv": self.cv, "bias": self.bias,
            "unseen": self.unseen,
        }  # fmt: skip


@dataclass(frozen=True)
class SamplerPlan(Answer):
    """The interval that a given error needs, and the catchments that an interval allows.

    Attributes
    ----------
    interval : int or None
        Longest interval of whole minutes such that it and every shorter one keep the error [min];
        None where not even one minute does.
    error : float
        Relative error asked for [1].
    reason : str
        Why there is no answer; empty where there is one.
    catchment : Catchment
    sampler : Sampler
    population_needed : ndarray (row,)
        Least population of a catchment with which each interval of the table, and every shorter
        one, keeps the error [inhabitant]; infinite where the bias alone exceeds it.
    table : SamplerError
        1 minute to `LONGEST`.
    """

    interval: int | None
    error: float
    reason: str
    catchment: Catchment
    sampler: Sampler
    population_needed: Floats
    table: SamplerError

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return the table of `SamplerError`, and the population that each interval needs."""
        return {**self.table.columns(), "population_needed": self.population_needed}

    def summary(self) -> dict[str, object]:
        """Return the interval, the error it keeps, and what was assumed."""
        kept = None if self.interval is None else float(self.table.error[self.interval - 1])
        sampler = asdict(self.sampler)
        return {
            "interval_min": self.interval, "error": self.error, "error_kept": kept,
            "reason": self.reason, "pulses": self.catchment.pulses,
            "load_cv": self.table.load_cv, **asdict(self.catchment),
            **{("duration_min" if k == "duration" else k): v for k, v in sampler.items()},
        }  # fmt: skip


def sampling_error(interval: ArrayLike, pulses: float, sampler: Sampler) -> SamplerError:
    r"""Return the error of a 24-hour composite under the toilet-pulse model.

    Parameters
    ----------
    interval : array_like (row,)
        Time between aliquots [min], up to a day.
    pulses : float
        Expected pulses a day that carry the drug [1/day]; `Catchment.pulses`.
    sampler : Sampler

    Returns
    -------
    SamplerError

    Raises
    ------
    UsageError
        If a number is not positive.

    Notes
    -----
    Pulses arrive as a Poisson process with N expected a day, independent masses of CV :math:`c_m`
    and a seen share :math:`a K` each: K from its phase against the aliquots (`phase_variance` V,
    mean 1), a = mean flow over flow at its time for equal aliquots at equal times and 1 otherwise.
    Relative to the day's true load the composite has the bias :math:`E[a] - 1` and

    .. math:: CV^2 = \frac{1 + c_m^2}{N}\left(E[a^2 (1 + V)] - E[a]^2\right)

    which for a constant flow is :math:`(1 + c_m^2) V / N`. For equal volumes the interval at a time
    is the mean one over its flow, and V is averaged over the pulses.

    Limits of validity: from about 20 pulses a day (below, the error is too skewed for a CV to say
    much); aliquots taken in an instant, of exact volume, from a mixed flow; pulses independent of
    each other; nothing lost in the sewer.

    References
    ----------
    Ort et al. (2010) 10.1021/es100779n and 10.1021/es100778d (abstracts read: the number of pulses,
    the interval and the mode decide, intervals of 30 min and more are not representative). Ort and
    Gujer (2006) 10.2166/wst.2006.591 (abstract read: from 10 min on, errors of 40 % and more where
    pulses are few). The closed form is derived here, and checked by simulated pulses in the tests.

    Examples
    --------
    >>> sewer = Sampler(duration=4)
    >>> sampling_error([5, 10, 30], 160, sewer).error.round(2)
    array([0.07, 0.15, 0.31])
    """
    above_zero(pulses=pulses)
    delta = np.atleast_1d(np.asarray(interval, dtype=float))
    for value in (delta.min(), delta.max()):
        above_zero(interval=float(value))
    variance, mean = sampler.moments(delta)
    masses = (1 + sampler.mass_cv**2) / pulses
    cv = np.sqrt(masses * np.maximum(variance, 0))
    bias = np.full(delta.shape, mean - 1)
    unseen = np.maximum(0, 1 - sampler.duration / delta)
    return SamplerError(delta, cv, bias, np.hypot(cv, bias), unseen, math.sqrt(masses))


def plan_sampler(error: float, catchment: Catchment, sampler: Sampler) -> SamplerPlan:
    """Return the longest interval with a given error, and the catchment that each interval needs.

    Parameters
    ----------
    error : float
        Largest relative error of a composite [1], a standard deviation.
    catchment : Catchment
    sampler : Sampler

    Returns
    -------
    SamplerPlan
        With ``interval = None`` and a reason where not even aliquots every minute are enough.

    Raises
    ------
    UsageError
        As `sampling_error`.

    References
    ----------
    As `sampling_error`: 10.1021/es100779n.

    Examples
    --------
    >>> town = Catchment(population=20_000, users=2, pulses_per_user=4)
    >>> plan = plan_sampler(0.1, town, Sampler(duration=4))
    >>> plan.interval, plan.population_needed[10 - 1].round()
    (6, np.float64(45524.0))
    """
    above_zero(error=error)
    no_slip(error=error)
    minutes = np.arange(1, LONGEST + 1)
    table = sampling_error(minutes, catchment.pulses, sampler)
    over = np.flatnonzero(table.error > error)
    kept = int(over[0]) if len(over) else LONGEST
    needed = _needed(minutes.astype(float), error, sampler) / catchment.per_inhabitant
    reason = "" if kept else _why_not(error, table)
    return SamplerPlan(kept or None, error, reason, catchment, sampler, needed, table)


def _needed(minutes: Floats, error: float, sampler: Sampler) -> Floats:
    """Return the pulses from which every interval keeps the error, an envelope over shorter ones.

    With a constant shape an interval may be better than a shorter one by resonance.
    """
    variance, mean = sampler.moments(minutes)
    left = error**2 - (mean - 1) ** 2
    if left <= 0:
        return np.full(minutes.shape, np.inf)
    needed = (1 + sampler.mass_cv**2) * np.maximum(variance, 0) / left
    return np.asarray(np.maximum.accumulate(needed))


def _why_not(error: float, table: SamplerError) -> str:
    bias = float(table.bias[0])
    if abs(bias) > error:
        return f"equal aliquots at equal times are off by {bias:+.0%} whatever the interval"
    return f"with an aliquot every minute the error is still {table.error[0]:.0%}"
