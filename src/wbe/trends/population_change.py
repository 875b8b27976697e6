"""Change between two rounds: total, per capita and population side by side.

total = per capita x population, so the ratios multiply and their logs add. People who leave take
their drugs with them: a total that falls may be a town that emptied. Two rounds have a difference;
they have no trend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import MissingPopulationError, UsageError
from wbe.options import require_level
from wbe.trends.series import percent

Floats = NDArray[np.float64]

QUANTITIES = ("total", "per_capita", "population")
KIND = "difference between two rounds, not a trend"


@dataclass(frozen=True)
class Change:
    """Change of one quantity from one round to the next.

    Attributes
    ----------
    quantity : str
        ``total``, ``per_capita`` or ``population``.
    ratio, lower, upper : float
        After / before and its interval [1]; the interval is NaN where no draws were given.
    given : bool
        Whether it was given, or follows from the other two.
    """

    quantity: str
    ratio: float
    lower: float
    upper: float
    given: bool

    @property
    def percent(self) -> float:
        """Change [%]."""
        return percent(float(np.log(self.ratio)))


@dataclass(frozen=True)
class PopulationChange:
    """The three changes; their ratios obey total = per_capita x population.

    Attributes
    ----------
    total, per_capita, population : Change
    level : float [1]
        Probability of the intervals.
    kind : str
        `KIND`: what this is, and is not.
    share_of_people : float
        ln(population ratio) / ln(total ratio) [1]: the part of the total's change, on the log
        scale, that goes with people; NaN where the total did not change.
    draws : int
        Draws behind the intervals; 0 without.
    """

    total: Change
    per_capita: Change
    population: Change
    level: float
    kind: str
    share_of_people: float
    draws: int

    def __str__(self) -> str:
        rows = [f"{self.kind}", f"{'quantity':<12}{'change':>10}   {self.level:.0%} interval"]
        for change in (self.total, self.per_capita, self.population):
            span = "" if np.isnan(change.lower) else (
                f"{_signed(percent(np.log(change.lower)))} to "
                f"{_signed(percent(np.log(change.upper)))}"
            )  # fmt: skip
            rows.append(f"{change.quantity:<12}{_signed(change.percent):>10}   {span}".rstrip())
        return "\n".join(rows)


def changes_between_rounds(
    *,
    total: tuple[ArrayLike, ArrayLike] | None = None,
    per_capita: tuple[ArrayLike, ArrayLike] | None = None,
    population: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.95,
) -> PopulationChange:
    """Return the changes of total, per-capita and population between two rounds.

    Parameters
    ----------
    total : (before, after), each float or array_like (draw,) [any one unit of mass per time]
    per_capita : (before, after), likewise [any one unit of mass per time and person]
    population : (before, after), likewise [persons]
        Exactly two of the three; the third follows. Draws, where given, are paired: the same draw
        of both rounds and of both quantities shares its errors, so that what is common cancels.
    level : float [1]
        Probability of the intervals, which need draws.

    Returns
    -------
    PopulationChange
        With draws, `ratio` is the median of the draws, and the identity holds for each draw (for
        the medians only about).

    Raises
    ------
    MissingPopulationError
        If only a total or only a per-capita value is given.
    UsageError
        If all three or none are given, a value is not positive, or numbers of draws differ.

    Notes
    -----
    T2/T1 = (L2/L1) (P2/P1).

    References
    ----------
    Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> from wbe.trends import changes_between_rounds
    >>> change = changes_between_rounds(total=(800.0, 200.0), population=(1_000_000, 550_000))
    >>> print(change)
    difference between two rounds, not a trend
    quantity        change   95% interval
    total          -75.0 %
    per_capita     -54.5 %
    population     -45.0 %
    """
    require_level(level)
    given = {"total": total, "per_capita": per_capita, "population": population}
    logs = {name: _log_ratio(name, pair) for name, pair in given.items() if pair is not None}
    return _changes(logs, level)


def changes_from_percent(
    *,
    total: float | None = None,
    per_capita: float | None = None,
    population: float | None = None,
) -> PopulationChange:
    """Return the three changes from two of them in per cent, as reports state them.

    Parameters
    ----------
    total, per_capita, population : float [%]
        Exactly two of the three, above -100.

    Returns
    -------
    PopulationChange
        Without intervals.

    Raises
    ------
    MissingPopulationError
        If only the total's or only the per-capita change is given.
    UsageError
        If all three or none are given, or a change is -100 % or less.

    References
    ----------
    Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> from wbe.trends import changes_from_percent
    >>> change = changes_from_percent(population=-45, total=-75)
    >>> round(change.per_capita.percent, 1)
    -54.5
    """
    given = {"total": total, "per_capita": per_capita, "population": population}
    logs = {}
    for name, value in given.items():
        if value is None:
            continue
        if not (np.isfinite(value) and value > -100):
            raise UsageError(f"{name} = {value} %: a change lies above -100 %")
        logs[name] = np.log1p(np.array([float(value)]) / 100)
    return _changes(logs, 0.95)


def _log_ratio(name: str, pair: tuple[ArrayLike, ArrayLike]) -> Floats:
    if len(pair) != 2:
        raise UsageError(f"{name}: give (before, after)")
    before, after = (np.atleast_1d(np.asarray(v, dtype=float)) for v in pair)
    if before.ndim != 1 or after.ndim != 1 or len({len(before), len(after)} - {1}) > 1:
        raise UsageError(f"{name}: before and after are numbers, or draws of one number")
    if not all((np.isfinite(v) & (v > 0)).all() for v in (before, after)):
        raise UsageError(
            f"{name} must be positive and known in both rounds; with non-detects give the bounds, "
            "one after the other"
        )
    return np.asarray(np.log(after) - np.log(before))


def _changes(logs: dict[str, Floats], level: float) -> PopulationChange:
    if len(logs) == 1 and "population" not in logs:
        raise MissingPopulationError(
            f"{next(iter(logs))} alone cannot be told from people moving: give the population of "
            "both rounds"
        )
    if len(logs) != 2:
        raise UsageError(f"{len(logs)} quantities given: two of {', '.join(QUANTITIES)} are needed")
    asked = set(logs)
    if len({len(v) for v in logs.values()} - {1}) > 1:
        raise UsageError("numbers of draws differ: pair the draws of the two quantities")
    if "total" not in logs:
        logs["total"] = logs["per_capita"] + logs["population"]
    elif "per_capita" not in logs:
        logs["per_capita"] = logs["total"] - logs["population"]
    else:
        logs["population"] = logs["total"] - logs["per_capita"]
    made = {name: _change(name, logs[name], name in asked, level) for name in QUANTITIES}
    whole = float(np.log(made["total"].ratio))
    share = float(np.log(made["population"].ratio)) / whole if abs(whole) > 1e-12 else float("nan")
    draws = max(len(v) for v in logs.values())
    return PopulationChange(
        made["total"], made["per_capita"], made["population"], level, KIND, share,
        draws if draws > 1 else 0,
    )  # fmt: skip


def _change(name: str, log: Floats, given: bool, level: float) -> Change:
    low = high = float("nan")
    if len(log) > 1:
        low, high = np.quantile(log, [(1 - level) / 2, (1 + level) / 2])
    at, low, high = (float(np.exp(v)) for v in (np.median(log), low, high))
    return Change(name, at, low, high, given)


def _signed(value: float) -> str:
    return f"{value:+.1f} %"
