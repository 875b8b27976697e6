"""The toilet-pulse model: what a sampler sees of short pulses that carry a drug.

A drug reaches the plant in pulses, one for each visit to a toilet by somebody who took it. A
sampler takes an aliquot every few minutes and meets some pulses several times, others never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.trends.design.answers import Floats, above_zero, at_least_zero, inside

DAY: Final = 1440
"""Minutes in a day."""

GAUSSIAN, RECTANGLE = "gaussian", "rectangle"
SHAPES: Final = (GAUSSIAN, RECTANGLE)
"""Concentration of a pulse over time: dispersed as in a sewer (its duration is four sd, which 95 %
of its mass passes in), or constant over its duration."""

TIME, FLOW, VOLUME = "time", "flow", "volume"
MODES: Final = (TIME, FLOW, VOLUME)
"""Equal aliquots at equal times; aliquots in proportion to flow at equal times; equal aliquots
whenever equal volumes of water have passed."""

_PER_DAY = np.arange(DAY) / DAY


@dataclass(frozen=True)
class DayPattern:
    """How flow and pulses move over the day, each a wave around its mean.

    Attributes
    ----------
    flow : float
        Relative amplitude of the flow [1], below 1.
    pulses : float
        Relative amplitude of the number of pulses [1], below 1.
    lag_h : float [hour]
        Hours by which pulses peak after the flow.

    Raises
    ------
    UsageError
        If an amplitude is not below 1.

    Examples
    --------
    >>> from wbe.trends.design import DayPattern
    >>> DayPattern(flow=0.3, pulses=0.5, lag_h=1.0).lag_h
    1.0
    """

    flow: float = 0.0
    pulses: float = 0.0
    lag_h: float = 0.0

    def __post_init__(self) -> None:
        at_least_zero(flow=self.flow, pulses=self.pulses)
        inside(-1, 1, flow=self.flow, pulses=self.pulses)
        inside(-24, 24, lag_h=self.lag_h)

    def flow_at(self) -> Floats:
        """Return the flow over its mean at every minute of the day, shape (1440,)."""
        return np.asarray(1 + self.flow * np.cos(2 * np.pi * _PER_DAY))

    def share_at(self) -> Floats:
        """Return the share of the day's pulses in every minute, shape (1440,)."""
        phase = 2 * np.pi * (_PER_DAY - self.lag_h / 24)
        return np.asarray((1 + self.pulses * np.cos(phase)) / DAY)


EVEN: Final = DayPattern()
"""Constant flow, and pulses at any hour alike."""


@dataclass(frozen=True)
class Catchment:
    """How many pulses a day carry a drug.

    Attributes
    ----------
    population : float
        People in the catchment [inhabitant].
    users : float
        People who take the drug on a day [1/1000 inhabitants].
    pulses_per_user : float
        Visits to the toilet with which one of them excretes it [1/day].

    Raises
    ------
    UsageError
        If a number is not positive, or more people take the drug than there are.

    References
    ----------
    That the number of pulses decides: Ort et al. (2010) 10.1021/es100778d (abstract read).

    Examples
    --------
    >>> Catchment(population=20_000, users=2, pulses_per_user=4).pulses
    160.0
    """

    population: float
    users: float
    pulses_per_user: float

    def __post_init__(self) -> None:
        above_zero(**vars(self))
        if self.users > 1000:
            raise UsageError(f"users = {self.users}: there are 1000 in 1000 inhabitants")

    @property
    def per_inhabitant(self) -> float:
        """Pulses with the drug [1/day/inhabitant]."""
        return self.users / 1000 * self.pulses_per_user

    @property
    def pulses(self) -> float:
        """Pulses with the drug [1/day]."""
        return self.population * self.per_inhabitant


def phase_variance(interval: ArrayLike, duration: float, shape: str = GAUSSIAN) -> Floats:
    r"""Return the squared relative error with which a sampler sees one pulse.

    Parameters
    ----------
    interval : array_like
        Time between aliquots [min].
    duration : float
        Of a pulse where it is sampled [min].
    shape : str
        ``gaussian`` or ``rectangle``.

    Returns
    -------
    ndarray
        Variance of seen over true mass [1].

    Raises
    ------
    UsageError
        If the shape is unknown, or the duration is not above 0.

    Notes
    -----
    Aliquots every :math:`\Delta` of a pulse g of unit mass at a random phase see
    :math:`\Delta\sum_k g(k\Delta - u)`, whose mean is 1 and whose variance by Poisson's summation
    is :math:`2\sum_{j\ge1} |\hat g(j/\Delta)|^2`. For a rectangle of r = duration / interval that
    is :math:`\phi(1-\phi)/r^2` with :math:`\phi` the fraction part of r: 0 where whole numbers of
    aliquots fit, so that no plan should rest on it. A Gaussian of sd :math:`\sigma` has
    :math:`2\sum_j \exp(-(2\pi j\sigma/\Delta)^2)`.

    Examples
    --------
    >>> phase_variance([4, 10], 1, "rectangle"), phase_variance([1, 10], 4).round(3)
    (array([3., 9.]), array([0.   , 1.821]))
    """
    require_choice("shape", shape, SHAPES)
    above_zero(duration=duration)
    delta = np.asarray(interval, dtype=float)
    if shape == RECTANGLE:
        r = duration / delta
        part = r - np.floor(r)
        return np.asarray(part * (1 - part) / r**2)
    return _gaussian(duration / 4 / delta)


def _gaussian(sd: Floats) -> Floats:
    """Return the phase variance of a Gaussian of an sd in intervals, by the shorter of two sums.

    The sum over frequencies is short for wide pulses; that over aliquots, the pulse's
    autocorrelation at whole intervals, for narrow ones.
    """
    j = np.arange(1, 12).reshape(-1, *(1,) * sd.ndim)
    wide = 2 * np.exp(-((2 * np.pi * j * sd) ** 2)).sum(axis=0)
    near = np.exp(-(j**2) / (4 * sd**2)).sum(axis=0)
    narrow = (1 + 2 * near) / (2 * np.sqrt(np.pi) * sd) - 1
    return np.asarray(np.where(sd > 0.28, wide, narrow))
