"""What one user takes: on a day, or in a period by groups of users."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.assumptions import Assumed, uncertain
from wbe.errors import UsageError
from wbe.uncertainty import Beta, Distribution, Empirical, Function
from wbe.uncertainty.joint import of_inputs

Floats = NDArray[np.float64]

_SAID: Final = {1.0: "on a day", 30.4: "in a month", 365.0: "in a year"}


@dataclass(frozen=True)
class DailyUse:
    """A user's day: doses of one size.

    Attributes
    ----------
    dose : Assumed
        Pure free base in a dose [mg/dose].
    frequency : Assumed
        Doses on a day of use [dose/day].

    Examples
    --------
    >>> from wbe.backcalc import DailyUse, assumed, dose_row
    >>> frequency = assumed("frequency", "1.5 dose/day", low=0.8, high=3, source="survey")
    >>> DailyUse(dose_row("methamphetamine|Zuccato2008"), frequency).dose.value
    30.0
    """

    dose: Assumed
    frequency: Assumed

    def __post_init__(self) -> None:
        _require(self.dose, "dose")
        _require(self.frequency, "frequency")

    @property
    def assumptions(self) -> tuple[Assumed, ...]:
        """Everything that is assumed."""
        return self.dose, self.frequency

    @property
    def lines(self) -> tuple[str, ...]:
        """What is assumed, a line each."""
        return tuple(f"assumed: {one}" for one in self.assumptions)

    @property
    def no_spread(self) -> tuple[str, ...]:
        """What has no stated spread."""
        return uncertain(self.assumptions)

    @property
    def said(self) -> str:
        """The period, in words."""
        return _SAID[1.0]


@dataclass(frozen=True)
class UseGroup:
    """Users who take the drug as often as each other.

    Attributes
    ----------
    name : str
        Such as ``weekly``.
    share : float
        Share of all users of the period [1].
    days : Assumed
        Days with use in the period [day].
    amount : Assumed
        Pure free base of one user on a day of use [mg/day].

    Examples
    --------
    >>> from wbe.backcalc import UseGroup, assumed
    >>> weekly = UseGroup(
    ...     "weekly", 1.0, assumed("days", "4.3 day", source="survey"),
    ...     assumed("amount", "60 mg/day", source="survey"),
    ... )
    >>> weekly.days.value * weekly.amount.value
    258.0
    """

    name: str
    share: float
    days: Assumed
    amount: Assumed

    def __post_init__(self) -> None:
        _require(self.days, "days")
        _require(self.amount, "amount")
        if not 0 < self.share <= 1:
            raise UsageError(f"{self.name}: share is {self.share}; above 0, at most 1")


@dataclass(frozen=True)
class PeriodUse:
    """Users of a period, by groups of frequency, as a survey has them.

    Attributes
    ----------
    groups : tuple of UseGroup
        Their shares sum to 1.
    period : float
        Length of the period [day]: 30.4 for a month, 365 for a year.
    answers : float or None [1]
        Users who answered the survey behind the shares, divided by its design effect: the shares
        are then drawn from a Dirichlet distribution. None: the shares have no spread.

    Examples
    --------
    >>> from wbe.backcalc import PeriodUse, UseGroup, assumed
    >>> weekly = UseGroup(
    ...     "weekly", 1.0, assumed("days", "4.3 day", source="survey"),
    ...     assumed("amount", "60 mg/day", source="survey"),
    ... )
    >>> PeriodUse((weekly,), period=30.4, answers=None).period
    30.4
    """

    groups: tuple[UseGroup, ...]
    period: float
    answers: float | None

    def __post_init__(self) -> None:
        total = sum(group.share for group in self.groups)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise UsageError(f"the shares of the groups sum to {total:g}, not to 1")
        if len({group.name for group in self.groups}) < len(self.groups):
            raise UsageError("two groups have one name")
        if not self.period > 0 or (self.answers is not None and not self.answers > 0):
            raise UsageError("period and answers must be positive")
        late = [g.name for g in self.groups if g.days.value > self.period]
        if late:
            raise UsageError(f"{', '.join(late)}: more days of use than the period has")

    @property
    def assumptions(self) -> tuple[Assumed, ...]:
        """Everything that is assumed."""
        return tuple(one for g in self.groups for one in (g.days, g.amount))

    @property
    def lines(self) -> tuple[str, ...]:
        """What is assumed, a line each."""
        answers = "stated shares" if self.answers is None else f"{self.answers:g} answers"
        return tuple(
            f"assumed: {g.name}, {g.share:.0%} of users ({answers}): {g.days}; {g.amount}"
            for g in self.groups
        )

    @property
    def no_spread(self) -> tuple[str, ...]:
        """What has no stated spread."""
        fixed = self.answers is None and len(self.groups) > 1
        return (*uncertain(self.assumptions), *(("shares of groups",) if fixed else ()))

    @property
    def said(self) -> str:
        """The period, in words."""
        return _SAID.get(float(self.period), f"in {self.period:g} days")


Use = DailyUse | PeriodUse


def per_user(use: Use, draws: int, seed: int) -> tuple[Assumed, ...]:
    """Return what one user takes a day, as values that a consumption is divided by.

    Parameters
    ----------
    use : DailyUse or PeriodUse
    draws, seed : int
        Draws of the sum over groups, which has no form of its own.

    Returns
    -------
    tuple of Assumed
        Dose and frequency; or for groups one amount [mg/day], averaged over the period, with the
        distribution of its draws.

    Notes
    -----
    m = sum_g s_g t_g m_g / T. Days of use are cut at the length of the period.
    """
    if isinstance(use, DailyUse):
        return use.assumptions
    inputs = _inputs(use)
    source = "; ".join(sorted({one.source for one in use.assumptions}))
    if not inputs:
        central = float(_amount(use, {})[0])
        return (Assumed("amount", central, None, source, "", "groups of users"),)
    made = of_inputs(Function(lambda **x: _amount(use, x), inputs), draws, seed, 1)[0]
    shape = Empirical(tuple(made.tolist()))
    return (Assumed("amount", shape.median, shape, source, "", "groups of users"),)


def _inputs(use: PeriodUse) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    for one in use.assumptions:
        if one.shape is not None and found.setdefault(_name(one), one.shape) != one.shape:
            raise UsageError(f"two distributions have the key {one.key!r}; name them apart")
    if use.answers is not None:
        weights = [group.share * use.answers for group in use.groups]
        for k in range(len(weights) - 1):
            found[f"stick {k}"] = Beta(weights[k], sum(weights[k + 1 :]))
    return found


def _name(one: Assumed) -> str:
    return f"{one.name}|{one.key}"


def _amount(use: PeriodUse, drawn: Mapping[str, Floats]) -> Floats:
    """Return mg a day of one user, averaged over the period, shape (draw,) or (1,)."""
    total = np.zeros(1)
    for group, share in zip(use.groups, _shares(use, drawn), strict=True):
        days = np.minimum(_of(group.days, drawn), use.period)
        total = total + share * days * _of(group.amount, drawn)
    return total / use.period


def _of(one: Assumed, drawn: Mapping[str, Floats]) -> Floats:
    return drawn.get(_name(one), np.array([one.value]))


def _shares(use: PeriodUse, drawn: Mapping[str, Floats]) -> list[Floats]:
    """Return the shares of the groups; a Dirichlet is broken off a stick by betas."""
    if use.answers is None:
        return [np.array([group.share]) for group in use.groups]
    left, found = np.ones(1), []
    for k in range(len(use.groups) - 1):
        found.append(left * drawn[f"stick {k}"])
        left = left - found[-1]
    return [*found, left]


def _require(one: Assumed, name: str) -> None:
    if one.name != name:
        raise UsageError(f"{one.name} where {name} is needed")
