"""One row of the error model: an error, its distribution, its size, and who shares it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from wbe.errors import UsageError
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.normal_family import Lognormal
from wbe.uncertainty.published import KINDS, published

LEVELS = ("global", "lab", "area", "area_visit", "site", "site_day", "sample")
"""Who shares one unknown, from everybody to one sample."""

SHARED_BY_AREA = ("global", "lab", "area", "area_visit")
"""Levels whose errors do not shrink with the number of points of an area."""

SIZES = ("rsd", "gsd", "log_sd")
"""Measures whose number stands in `Component.spread`."""

ELSEWHERE = ("calibrated", "factor")
"""Measures whose size comes with a marker calibration or a row of the factor table."""

MEASURES = (*SIZES, "range", "values", *ELSEWHERE)

BY_SD = ("lognormal", "truncated_normal", "triangular", "uniform")
"""Kinds that a relative sd alone describes: those whose spread a stated rsd can replace."""

TAKES = {
    "lognormal": (*SIZES, "range"),
    "truncated_normal": ("rsd", "range"),
    "triangular": ("rsd", "range"),
    "uniform": ("rsd", "range"),
    "pert": ("range",),
    "beta": ("rsd",),
    "empirical": ("values",),
    "censored_interval": ("rsd",),
}
"""Positive distributions, and by which measures each is described."""

_MAY_ADD = {
    ("beta", "rsd"): ("low", "high"),
    ("censored_interval", "rsd"): ("low", "high"),
    ("lognormal", "range"): ("coverage",),
    ("truncated_normal", "range"): ("coverage",),
    ("triangular", "range"): ("mode",),
    ("pert", "range"): ("mode",),
}
"""What (distribution, measure) takes besides what it needs."""

_COLUMNS = ("spread", "low", "mode", "high", "coverage", "values")


@dataclass(frozen=True)
class Component:
    """One row of the error model. All numbers are relative to the central value, which is 1.

    Attributes
    ----------
    component : str
        Name of the error; the first part of its random stream's name.
    level : str
        One of `LEVELS`: who shares one and the same unknown.
    term : str
        The term of the equation that carries it (concentration, flow, population, ...).
    when : str
        ``""`` or ``"coordinate=value"``: the samples it holds for. The first row that fits counts.
    distribution : str
        One of `TAKES`, with its median at the central value; ``logit_normal`` for fractions of
        factor rows.
    measure : str
        What states the size: ``rsd``, ``gsd`` or ``log_sd`` (sd of the natural log) in `spread`;
        ``range``: `low` and `high`; ``values``: `values`; ``calibrated`` and ``factor``: it comes
        with the marker calibration or the factor row.
    spread : float or None
        Size [1]; 0 leaves the factor exact.
    source, verified, note : str
        Who said so and how far it was checked.
    low, mode, high : float or None
        Range and most likely value [1], 0.8 and 1.3 for instance. `mode` is the central value where
        it is not stated. Beside an rsd: the ends of a beta, the limits of a censored interval.
    coverage : float or None
        Probability inside the range of a distribution without ends [1]; 0.95 where not stated.
    values : tuple of float
        Observed values [1], of an empirical distribution.
    """

    component: str
    level: str
    term: str
    when: str
    distribution: str
    measure: str
    spread: float | None
    source: str
    verified: str
    note: str
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    coverage: float | None = None
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for column, message in problems(self):
            raise ComponentError(f"{self.component}: {message}", column)

    @property
    def is_stated(self) -> bool:
        """Whether the row itself states the size of the error."""
        return self.measure not in ELSEWHERE

    @property
    def coordinate(self) -> str:
        """The coordinate that `when` asks for; empty where the row holds for all samples."""
        return self.when.partition("=")[0]

    @property
    def log_sd(self) -> float:
        """Standard deviation of the natural logarithm [1]; NaN where it is stated elsewhere."""
        if not self.is_stated or (self.spread is None and self.measure in SIZES):
            return math.nan
        made = self.error()
        if isinstance(made, Lognormal):
            return made.log_sd
        return math.sqrt(made.log_moments()[1])

    def error(self, rsd: float | None = None) -> Distribution:
        """Return the distribution of the error, with its median at 1.

        Parameters
        ----------
        rsd : float, optional
            Relative sd that a row of data states instead [1].

        Raises
        ------
        UsageError
            If the size is stated elsewhere, or an rsd cannot describe the distribution.
        """
        return _error(self, rsd)


class ComponentError(UsageError):
    """A row of the error model that cannot be used.

    Parameters
    ----------
    message : str
        What is wrong and how to mend it.
    column : str
        Where.
    """

    def __init__(self, message: str, column: str = ""):
        super().__init__(message)
        self.column = column


def problems(c: Component) -> Iterator[tuple[str, str]]:
    """Yield (column, message) of what makes a row unusable; the first is what to mend first."""
    if c.level not in LEVELS:
        yield "level", f"level {c.level!r} is none of {', '.join(LEVELS)}"
    if c.measure not in MEASURES:
        yield "measure", f"measure {c.measure!r} is none of {', '.join(MEASURES)}"
        return
    if c.spread is not None and not (math.isfinite(c.spread) and c.spread >= 0):
        yield "spread", f"spread {c.spread} must be finite and >= 0"
    for column in ("low", "mode", "high", "coverage"):
        if not math.isfinite(getattr(c, column) or 0.0):
            yield column, f"{column} {getattr(c, column)} must be finite"
    if c.measure == "gsd" and c.spread is not None and c.spread < 1:
        yield "spread", f"a geometric sd is at least 1, not {c.spread}"
    found = list(_elsewhere(c) if not c.is_stated else _shape(c))
    yield from found
    if not found and c.is_stated:
        yield from _distribution(c)


def _elsewhere(c: Component) -> Iterator[tuple[str, str]]:
    for column in _COLUMNS:
        if getattr(c, column) not in (None, ()):
            yield column, f"its size comes with the {c.measure} number; leave {column} empty"


def _shape(c: Component) -> Iterator[tuple[str, str]]:
    """Yield what does not fit together: kind, measure, and the numbers that the measure needs."""
    if c.distribution not in TAKES:
        known = c.distribution in KINDS
        why = "is not for errors relative to a central value of 1" if known else "is none of them"
        yield "distribution", f"{c.distribution!r} {why}; there are {', '.join(TAKES)}"
        return
    if c.measure not in TAKES[c.distribution]:
        takes = " or ".join(TAKES[c.distribution])
        yield "measure", f"a {c.distribution} error is stated by {takes}, not by {c.measure}"
        return
    needed = {"range": ("low", "high"), "values": ("values",)}.get(c.measure, ("spread",))
    allowed = (*needed, *_MAY_ADD.get((c.distribution, c.measure), ()))
    for column in _COLUMNS:
        stated = getattr(c, column) not in (None, ())
        if column in needed and not stated:
            yield column, f"a {c.distribution} error stated by {c.measure} needs {column}"
        elif stated and column not in allowed:
            yield column, f"a {c.distribution} error stated by {c.measure} has no {column}"


def _distribution(c: Component) -> Iterator[tuple[str, str]]:
    try:
        made = _error(c, None)
    except UsageError as error:
        yield c.measure if c.measure == "values" else "distribution", str(error)
        return
    if not made.positive:
        why = f"a {c.distribution} error of this size {_reaching(made)}: state a narrower one"
        yield "distribution", f"{why}, or lognormal"


def _reaching(made: Distribution) -> str:
    return f"reaches down to {made.support[0]:.3g}, and factors are above 0"


@lru_cache(maxsize=4_096)
def _error(c: Component, rsd: float | None) -> Distribution:
    if not c.is_stated:
        raise UsageError(f"{c.component}: its size comes with the {c.measure} number")
    if rsd is not None:
        return _replaced(c, rsd)
    if c.measure in SIZES and c.distribution == "lognormal":
        assert c.spread is not None
        return Lognormal(1.0, log_sd(c.spread, c.measure))
    if c.spread == 0:
        return Lognormal(1.0, 0.0)
    coverage = 0.95 if c.coverage is None else c.coverage
    return published(
        c.distribution, 1.0, sd=c.spread, low=c.low, mode=c.mode, high=c.high,
        values=c.values, coverage=coverage,
    )  # fmt: skip


def _replaced(c: Component, rsd: float) -> Distribution:
    if c.distribution not in BY_SD:
        raise UsageError(
            f"{c.component}: a stated rsd of {rsd:g} cannot replace the spread of a "
            f"{c.distribution} error, which an rsd alone does not describe; use one of "
            f"{', '.join(BY_SD)}, or leave the stated rsd out"
        )
    if rsd == 0:
        return Lognormal(1.0, 0.0)
    made = published(c.distribution, 1.0, sd=rsd)
    if not made.positive:
        raise UsageError(
            f"{c.component}: a {c.distribution} error with a stated rsd of {rsd:g} "
            f"{_reaching(made)}: use lognormal or truncated_normal"
        )
    return made


def log_sd(spread: float, measure: str) -> float:
    """Return the sd of the natural log of a median-1 lognormal factor [1].

    ``rsd``: sigma = sqrt(ln(1 + rsd^2)); ``gsd``: sigma = ln(gsd); ``log_sd``: as it is.

    Parameters
    ----------
    spread : float
        [1]
    measure : str
        ``rsd``, ``gsd`` or ``log_sd``: what the spread is.

    Returns
    -------
    float
        Standard deviation of the natural log [1].

    Raises
    ------
    UsageError
        If the measure is none of these.

    Examples
    --------
    >>> from wbe import uncertainty
    >>> round(uncertainty.log_sd(0.20, "rsd"), 4), round(uncertainty.log_sd(1.5, "gsd"), 4)
    (0.198, 0.4055)
    """
    if measure == "rsd":
        return math.sqrt(math.log1p(spread * spread))
    if measure == "gsd":
        return math.log(spread)
    if measure == "log_sd":
        return spread
    raise UsageError(f"a spread of measure {measure!r} has no size of its own")
