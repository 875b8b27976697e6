"""Counts as proportions and rates, with exact intervals."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv, gammaincinv

from wbe.errors import MissingPopulationError, UsageError
from wbe.options import require_level

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Estimate:
    """A number made from a count, with its interval.

    Attributes
    ----------
    value, lower, upper : float [unit of the function that made it]
    level : float [1]
        Probability of the interval, which is at least that.
    method : str
        ``clopper_pearson`` or ``garwood``.
    """

    value: float
    lower: float
    upper: float
    level: float
    method: str


def exact_proportion(count: int, of: int, *, level: float = 0.95) -> Estimate:
    """Return a proportion with its exact interval.

    Parameters
    ----------
    count : int
        How many of them.
    of : int
        Out of how many, at least 1.
    level : float [1]
        Least probability of the interval.

    Returns
    -------
    Estimate [1]

    Raises
    ------
    UsageError
        If a count is broken or negative, `of` is 0 or less than `count`, or the level is not
        possible.

    Notes
    -----
    Clopper and Pearson: lower = Beta(alpha/2; k, n - k + 1), 0 for k = 0; upper =
    Beta(1 - alpha/2; k + 1, n - k), 1 for k = n. It holds for independent trials: people tested
    because they were suspected are none, and of them the proportion says nothing about others.

    References
    ----------
    Clopper & Pearson 1934, 10.1093/biomet/26.4.404

    Examples
    --------
    >>> found = exact_proportion(9, 300)
    >>> round(found.value, 4), round(found.lower, 4), round(found.upper, 4)
    (0.03, 0.0138, 0.0562)
    """
    k, n = whole("count", count), whole("of", of)
    require_level(level)
    if not 0 <= k <= n or n == 0:
        raise UsageError(f"{k} of {n} is no proportion")
    tail = (1 - level) / 2
    lower = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    upper = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Estimate(k / n, lower, upper, level, "clopper_pearson")


def exact_rate(count: int, population: float, days: float, *, level: float = 0.95) -> Estimate:
    """Return events per 100,000 persons and year with their exact Poisson interval.

    Parameters
    ----------
    count : int
        Events (persons, person-times or cases).
    population : float [inhabitant]
        Of the area, with the basis and date that the counts have.
    days : float [days]
        Length of the window.
    level : float [1]
        Least probability of the interval.

    Returns
    -------
    Estimate [1 / (100,000 inhabitants year)]

    Raises
    ------
    MissingPopulationError
        If the population is missing.
    UsageError
        If the count is broken or negative, population or days are not positive, or the level is
        not possible.

    Notes
    -----
    rate = 1e5 k / (P t), t in years of 365.25 days. Garwood: Gamma quantiles, lower at alpha/2 of
    shape k (0 for k = 0), upper at 1 - alpha/2 of shape k + 1. It holds for independent events;
    one operation that finds 121 people is one event (`dispersion_of_counts`).

    References
    ----------
    Garwood 1936, 10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> found = exact_rate(630, 1_040_779, 365.25)
    >>> round(found.value, 1), round(found.lower, 1), round(found.upper, 1)
    (60.5, 55.9, 65.4)
    """
    k = whole("count", count)
    require_level(level)
    if not population == population:
        raise MissingPopulationError("a rate needs the population of the area")
    if not (0 < population < float("inf") and 0 < days < float("inf")):
        raise UsageError(f"population = {population} and days = {days} must be positive")
    scale = 1e5 / (float(population) * days / DAYS_PER_YEAR)
    tail = (1 - level) / 2
    lower = float(gammaincinv(k, tail)) if k else 0.0
    upper = float(gammaincinv(k + 1, 1 - tail))
    return Estimate(k * scale, lower * scale, upper * scale, level, "garwood")


def whole(name: str, value: float) -> int:
    """Return a count as an integer.

    Raises
    ------
    UsageError
        If it is broken, negative or not finite.
    """
    if not (value == value and 0 <= value < float("inf") and float(value).is_integer()):
        raise UsageError(f"{name} = {value} is no count")
    return int(value)
