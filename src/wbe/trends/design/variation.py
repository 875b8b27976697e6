"""How loads vary from day to day, and what that does to the mean of some days of a year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.trends.design.answers import (
    Floats,
    Ints,
    above_zero,
    at_least_zero,
    inside,
    no_slip,
    whole,
)

WEEK: Final = 7
RANDOM, STRATIFIED, WEEKS, CONSECUTIVE = "random", "stratified", "weeks", "consecutive"
DESIGNS: Final = (RANDOM, STRATIFIED, WEEKS, CONSECUTIVE)
"""Days drawn at random; the same number at random of each weekday; whole weeks drawn at random;
one run of days."""

DECISIVE: Final = ("autocorrelation", "season")
"""What decides how much days in a row tell about the others: to be stated for `WEEKS` and
`CONSECUTIVE`. Days drawn one by one are harmed by neither."""

VALID_CV: Final = 1.0
"""CV of daily results up to which `wbe.trends.design.mean_error` is valid, about."""


@dataclass(frozen=True)
class DayVariation:
    """How results of single days vary around the mean of the period.

    Attributes
    ----------
    cv : float
        Coefficient of variation of daily results as they are measured [1].
    measurement_cv : float
        The part of `cv` that is sampling and repeatability of one day's result [1].
    weekday : float
        Share of the real variance that a fixed weekly pattern explains [1].
    season : float or None
        Share of the real variance that a yearly wave explains [1]. None: nobody stated it; designs
        with days in a row then have no answer. 0 is a statement.
    autocorrelation : float or None
        Correlation of the remainder from one day to the next [1]. None as for `season`.

    Raises
    ------
    UsageError
        If a number is out of its range or was probably meant in per cent, the measurement alone
        varies more than the results do, or the shares exceed 1.

    Examples
    --------
    >>> from wbe.trends.design import DayVariation
    >>> DayVariation(cv=0.5, measurement_cv=0.1, weekday=0.1, season=0.0, autocorrelation=0.3).cv
    0.5
    """

    cv: float
    measurement_cv: float = 0.0
    weekday: float = 0.0
    season: float | None = None
    autocorrelation: float | None = None

    def __post_init__(self) -> None:
        season = self.season or 0.0
        above_zero(cv=self.cv)
        no_slip(cv=self.cv)
        at_least_zero(measurement_cv=self.measurement_cv, weekday=self.weekday, season=season)
        inside(-1, 1, autocorrelation=self.autocorrelation or 0.0)
        if self.measurement_cv > self.cv:
            raise UsageError(
                f"measurement_cv = {self.measurement_cv} exceeds cv = {self.cv}, of which it is a "
                "part: the daily results hold it already"
            )
        if self.weekday + season > 1:
            raise UsageError(
                f"weekday + season = {self.weekday + season:g}: shares of one variance, "
                "together at most 1"
            )

    @property
    def real(self) -> float:
        """Squared CV of the true daily loads [1]."""
        squared = self.measurement_cv**2
        return (self.cv**2 - squared) / (1 + squared)


def unstated(v: DayVariation, design: str) -> tuple[str, ...]:
    """Return what decides the answer of a design and was not stated; names of `DayVariation`.

    Parameters
    ----------
    v : DayVariation
    design : str

    Examples
    --------
    >>> unstated(DayVariation(cv=0.5, season=0.0), "weeks")
    ('autocorrelation',)
    >>> unstated(DayVariation(cv=0.5), "random")
    ()
    """
    if design not in (WEEKS, CONSECUTIVE):
        return ()
    return tuple(name for name in DECISIVE if getattr(v, name) is None)


def candidates(design: str, period: int) -> Ints:
    """Return every number of days that a design allows.

    Parameters
    ----------
    design : str
        One of `DESIGNS`.
    period : int
        Days in the period [d].

    Returns
    -------
    ndarray (row,) of int
        Rising. Two days, weeks, or days of each weekday at least where they are to show their
        own spread.

    Raises
    ------
    UsageError
        If the design is unknown, or the period too short for it.
    """
    require_choice("design", design, DESIGNS)
    whole({RANDOM: 2, CONSECUTIVE: 1}.get(design, 2 * WEEK), period=period)
    if design in (STRATIFIED, WEEKS):
        return np.arange(2 * WEEK, period + 1, WEEK)
    return np.arange(2 if design == RANDOM else 1, period + 1)


def real_error(n: Ints, v: DayVariation, design: str, period: int) -> Floats:
    """Return the squared relative error of the mean of n days from real variation.

    Parameters
    ----------
    n : ndarray (row,) of int
        Days, of those that `candidates` allows [d].
    v : DayVariation
    design : str
    period : int
        Days in the period [d].

    Returns
    -------
    ndarray (row,)
        Squared, relative to the mean [1]; equations in `wbe.trends.design.mean_error`.

    Raises
    ------
    UsageError
        If the days are in a row, and autocorrelation or season were not stated.
    """
    if missing := unstated(v, design):
        raise UsageError(
            f"design = {design!r}: state {' and '.join(missing)}, on which days in a row depend; "
            "0 is a statement too"
        )
    season = v.season or 0.0
    m = {WEEKS: np.full(n.shape, WEEK), CONSECUTIVE: n}.get(design, np.ones_like(n))
    rest = 1 - v.weekday - season
    parts = rest * _between(_ar1, m, n, period, v.autocorrelation or 0.0)
    parts += season * _between(_wave, m, n, period, float(period))
    if design == RANDOM:
        parts += v.weekday * (1 / n - 1 / period) * period / (period - 1)
    elif design == CONSECUTIVE:  # days beyond whole weeks, as if drawn from a week's seven
        over = n % WEEK
        parts += v.weekday * over * (WEEK - over) / (WEEK - 1) / n**2
    return np.asarray(v.real * parts)


def _between(
    kind: Callable[[Ints, float], Floats], m: Ints, n: Ints, period: int, parameter: float
) -> Floats:
    """Return the variance of a mean of n / m random blocks, over that of a single day."""
    blocks = period / m
    all_of_it = float(kind(np.array([period]), parameter)[0])
    spread = np.divide(blocks, blocks - 1, out=np.zeros(m.shape), where=blocks > 1)
    return np.asarray(spread * (kind(m, parameter) - all_of_it) * (m / n - m / period))


def _ar1(m: Ints, rho: float) -> Floats:
    """Return the variance of a mean of m days in a row over that of one day."""
    gone = 2 * rho * (1 - rho ** m.astype(float)) / (m * (1 - rho)) ** 2
    return np.asarray((1 + rho) / ((1 - rho) * m) - gone)


def _wave(m: Ints, period: float) -> Floats:
    """Return the same for a wave of one turn a period, at a random phase."""
    return np.asarray((np.sin(np.pi * m / period) / (m * np.sin(np.pi / period))) ** 2)


def freedom(n: Ints, design: str) -> Ints:
    """Return the degrees of freedom with which days show their spread; 0 where they do not."""
    lost = {RANDOM: n - 1, STRATIFIED: n - WEEK, WEEKS: n // WEEK - 1}
    return np.asarray(lost.get(design, np.zeros_like(n)))
