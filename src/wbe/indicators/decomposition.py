"""Changes of detections, divided into less use and less detection.

d ln(detections) = d ln(load) + d ln(detections per load). The load stands for use, so the second
part is how much was found for as much use. A part has a direction only where its interval leaves
zero out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri

from wbe import names
from wbe.errors import UsageError
from wbe.indicators.drawing import count_draws
from wbe.indicators.exact import whole
from wbe.options import require_choice, require_level
from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]
Pair = tuple[ArrayLike, ArrayLike]

COUNTS = ("poisson", "overdispersed", "exact")
ANSWERS = ("both", "load_only", "per_load_only", "opposed", "not_established")


@dataclass(frozen=True)
class StatedRatio:
    """After over before as a report states it, with the ends of its interval.

    Attributes
    ----------
    value, lower, upper : float [1]
        0.80, 0.55 and 1.15 for -20 % (-45 to +15 %). Read as lognormal with the median `value` and
        the width of the interval on the log scale.
    level : float [1]
        Probability of the interval.

    Examples
    --------
    >>> from wbe.indicators import StatedRatio
    >>> StatedRatio(value=0.80, lower=0.55, upper=1.15).level
    0.95
    """

    value: float
    lower: float
    upper: float
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.lower <= self.value <= self.upper < math.inf:
            raise UsageError(f"{self.lower}, {self.value}, {self.upper}: give ratios in order")
        require_level(self.level)

    def draws(self, n: int, seed: int, label: str) -> Floats:
        """Return draws of its log, shape (n,)."""
        spread = math.log(self.upper / self.lower) / (2 * float(ndtri((1 + self.level) / 2)))
        random = Stream(seed).at("indicators.stated", label, 0)
        return np.asarray(math.log(self.value) + spread * random.standard_normal(n))


@dataclass(frozen=True)
class Part:
    """One part of the decomposition.

    Attributes
    ----------
    ratio, lower, upper : float [1]
        After / before and its interval; the interval is NaN where no uncertainty was given.
    """

    ratio: float
    lower: float
    upper: float

    @property
    def percent(self) -> float:
        """Change [%]."""
        return 100 * (self.ratio - 1)

    @property
    def direction(self) -> str:
        """``up``, ``down``, or ``not_established`` where the interval holds 1 or is not known."""
        return "up" if self.lower > 1 else "down" if self.upper < 1 else "not_established"


@dataclass(frozen=True)
class Decomposition:
    """The change of detections in its parts: detections = load x per_load.

    Attributes
    ----------
    detections, load, per_load : Part
        The ratios multiply.
    population, load_per_person : Part or None
        load = population x load_per_person, where populations were given.
    level : float [1]
        Probability of the intervals.
    counts : str
        How the uncertainty of counts was made, a word of `COUNTS`.
    dispersion : float [1]
        Variance over mean of counts.
    answer : str
        A word of `ANSWERS`: which of load and detections per load have an established direction.
    """

    detections: Part
    load: Part
    per_load: Part
    population: Part | None
    load_per_person: Part | None
    level: float
    counts: str
    dispersion: float
    answer: str

    def sentence(self, language: str = "en") -> str:
        """Say what changed, and what the data do not tell.

        Parameters
        ----------
        language : str
            ``en`` or ``zh``.

        Returns
        -------
        str

        Raises
        ------
        UsageError
            If the language is neither.
        """
        require_choice("language", language, names.LANGUAGES)
        parts = {
            "detections": self.detections, "load": self.load, "per_load": self.per_load,
        }  # fmt: skip
        said = {k: _in_words(v, self.level, language) for k, v in parts.items()}
        first = names.text("indicators.decomposition", language, **said)
        directions = {
            k: names.text(f"indicators.direction.{v.direction}", language) for k, v in parts.items()
        }
        text = names.text(f"indicators.answer.{self.answer}", language, **directions)
        gap = "" if language == "zh" else " "
        if self.population is None or self.load_per_person is None:
            return first + gap + text
        side = names.text(
            "indicators.per_person", language,
            population=_in_words(self.population, self.level, language),
            load_per_person=_in_words(self.load_per_person, self.level, language),
        )  # fmt: skip
        return gap.join((first, side, text))


def decompose(
    detections: tuple[int, int],
    load: Pair | StatedRatio,
    *,
    days: tuple[float, float] = (1.0, 1.0),
    population: Pair | None = None,
    counts: str = "poisson",
    dispersion: float | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 1,
) -> Decomposition:
    """Divide a change of detections into that of the load and that of detections per load.

    Parameters
    ----------
    detections : (int, int)
        Before and after, of one indicator, unit and definition.
    load : (before, after), each float or array_like (draw,) [mg/day]; or StatedRatio
        Total load of the same area, not per head: detections are a total too. Draws are paired, so
        that what both rounds share cancels. Plain numbers leave the direction open, as their
        uncertainty is not known.
    days : (float, float) [days]
        Lengths of the two windows of the detections. Equal ones, as by default, cancel.
    population : (before, after), each float or array_like (draw,) [inhabitant], optional
        Shows total and per head side by side.
    counts : str
        ``poisson``: people are found independently. ``overdispersed``: one operation finds many;
        needs `dispersion`. ``exact``: the counts are what they are and nothing is said about the
        rate behind them.
    dispersion : float, optional [1]
        Variance over mean, at least 1 (`dispersion_of_counts`).
    level : float [1]
        Probability of the intervals.
    draws, seed : int
        Of the counts and of stated ratios, where the loads bring no draws of their own.

    Returns
    -------
    Decomposition

    Raises
    ------
    UsageError
        If a count is broken, both are 0 or `counts` is ``exact`` and one is 0, a load, a
        population or a window is not positive, numbers of draws differ, or an option is not
        possible.

    Notes
    -----
    ln(D2/D1) = ln(L2/L1) + ln((D2/L2)/(D1/L1)); with a population ln(L2/L1) = ln(P2/P1) +
    ln((L2/P2)/(L1/P1)). The expectation of a count k is phi Gamma(k/phi + 1/2), so the interval of
    D2/D1 is that of a ratio of Gamma variables, a Beta quantile; the load is independent of it.
    Valid while a user leaves the same load and the sewage of the same people is sampled: a change
    of purity, dose, dumping or catchment looks like a change of use. Detections per load is no
    measure of anybody's work.

    Examples
    --------
    >>> found = decompose((516, 630), StatedRatio(0.80, 0.55, 1.15))
    >>> round(found.per_load.ratio, 2), found.load.direction, found.per_load.direction
    (1.53, 'not_established', 'up')
    """
    phi = _dispersion(counts, dispersion)
    require_level(level)
    before, after = (whole("detections", d) for d in detections)
    if before + after == 0 or (counts == "exact" and before * after == 0):
        raise UsageError(f"{before} and {after} detections have no ratio")
    log_load, uncertain = _log_load(load, draws, seed)
    n = len(log_load) if uncertain else draws
    log_found = _log_found((before, after), days, phi, counts, n, seed)
    found = _found_part((before, after), days, phi, counts, level, log_found)
    loaded = _part(log_load, level)
    if isinstance(load, StatedRatio):
        stated = load.level == level  # another level's ends follow from its draws
        low, high = (load.lower, load.upper) if stated else (loaded.lower, loaded.upper)
        loaded = Part(load.value, low, high)
    nothing = np.zeros(1)
    each = log_found - log_load if uncertain else nothing
    per_load = _part(each, level, found.ratio / loaded.ratio)
    people, per_head = _side_by_side(population, log_load, level, loaded.ratio)
    return Decomposition(
        found, loaded, per_load, people, per_head, level, counts, phi,
        _answer(loaded.direction, per_load.direction),
    )  # fmt: skip


def dispersion_of_counts(counts: ArrayLike, exposure: ArrayLike | None = None) -> float:
    """Return how many times counts scatter as widely as independent events would.

    Parameters
    ----------
    counts : array_like (n,) [1]
        Of n windows without a real change, at least 3.
    exposure : array_like (n,), optional [any one unit]
        Their lengths, or person-days.

    Returns
    -------
    float [1]
        Pearson's sum((k - e)^2 / e) / (n - 1), at least 1.

    Raises
    ------
    UsageError
        If there are fewer than 3, all are 0, or a count or exposure is not possible.

    Examples
    --------
    >>> dispersion_of_counts([4, 5, 6])
    1.0
    >>> round(dispersion_of_counts([3, 121, 5, 2]), 1)
    105.7
    """
    k = np.array([whole("counts", c) for c in np.asarray(counts, dtype=float).ravel()], float)
    t = np.ones(len(k)) if exposure is None else np.asarray(exposure, dtype=float).ravel()
    if len(k) < 3 or k.sum() == 0 or len(t) != len(k) or not (t > 0).all():
        raise UsageError("give 3 counts or more, not all 0, each with a positive exposure")
    expected = k.sum() * t / t.sum()
    return max(1.0, float(((k - expected) ** 2 / expected).sum() / (len(k) - 1)))


def _dispersion(counts: str, dispersion: float | None) -> float:
    require_choice("counts", counts, COUNTS)
    if (counts == "overdispersed") != (dispersion is not None):
        raise UsageError("counts = 'overdispersed' needs dispersion, and nothing else takes it")
    phi = 1.0 if dispersion is None else float(dispersion)
    if not 1 <= phi < math.inf:
        raise UsageError(f"dispersion = {phi} must be 1 or more")
    return phi


def _log_load(load: Pair | StatedRatio, draws: int, seed: int) -> tuple[Floats, bool]:
    if isinstance(load, StatedRatio):
        return load.draws(draws, seed, "load"), True
    log = _log_ratio("load", load)
    return log, len(log) > 1


def _log_ratio(name: str, pair: Pair) -> Floats:
    before, after = (np.atleast_1d(np.asarray(v, dtype=float)) for v in pair)
    if before.ndim != 1 or after.ndim != 1 or len({len(before), len(after)} - {1}) > 1:
        raise UsageError(f"{name}: before and after are numbers, or draws of one number")
    if not all((np.isfinite(v) & (v > 0)).all() for v in (before, after)):
        raise UsageError(f"{name} must be positive and known, before and after")
    return np.asarray(np.log(after) - np.log(before))


def _log_found(
    counts: tuple[int, int], days: tuple[float, float], phi: float, kind: str, n: int, seed: int
) -> Floats:
    if not all(0 < d < math.inf for d in days):
        raise UsageError(f"days = {days}: windows have a length")
    shift = math.log(days[0] / days[1])
    if kind == "exact":
        return np.full(n, math.log(counts[1] / counts[0]) + shift)
    drawn = count_draws(np.array(counts, float), phi, n, seed, ["before", "after"])
    return np.asarray(np.log(drawn[:, 1]) - np.log(drawn[:, 0]) + shift)


def _found_part(
    counts: tuple[int, int], days: tuple[float, float], phi: float, kind: str, level: float,
    log_found: Floats,
) -> Part:  # fmt: skip
    """The part of detections, whose interval needs no draws."""
    scale = days[0] / days[1]
    central = (
        scale * counts[1] / counts[0]
        if min(counts) > 0
        else float(np.exp(np.median(log_found)))  # nothing was found in one window
    )
    if kind == "exact":
        return Part(central, central, central)
    shapes = [c / phi + 0.5 for c in counts]
    ends = [betaincinv(shapes[1], shapes[0], (1 + s * level) / 2) for s in (-1, 1)]
    low, high = (float(scale * q / (1 - q)) for q in ends)
    return Part(central, low, high)


def _part(log: Floats, level: float, ratio: float | None = None) -> Part:
    low = high = math.nan
    if len(log) > 1:
        low, high = np.exp(np.quantile(log, [(1 - level) / 2, (1 + level) / 2])).tolist()
    return Part(float(np.exp(np.median(log))) if ratio is None else ratio, low, high)


def _side_by_side(
    population: Pair | None, log_load: Floats, level: float, load: float
) -> tuple[Part | None, Part | None]:
    if population is None:
        return None, None
    log = _log_ratio("population", population)
    if len({len(log), len(log_load)} - {1}) > 1:
        raise UsageError("numbers of draws of load and population differ")
    people = _part(log, level)
    per_head = log_load - log if len(log_load) > 1 else np.zeros(1)
    return people, _part(per_head, level, load / people.ratio)


def _answer(load: str, per_load: str) -> str:
    settled = (load != "not_established", per_load != "not_established")
    if settled == (True, True):
        return "both" if load == per_load else "opposed"
    return {(True, False): "load_only", (False, True): "per_load_only"}.get(
        settled, "not_established"
    )


def _in_words(part: Part, level: float, language: str) -> str:
    """Return ``-20 % (95 %: -45 to +15 %)``."""
    if math.isnan(part.lower):
        return names.text("indicators.change", language, change=_signed(part.ratio))
    return names.text(
        "indicators.change.interval", language, change=_signed(part.ratio),
        level=f"{100 * level:g}", lower=_signed(part.lower), upper=_signed(part.upper),
    )  # fmt: skip


def _signed(ratio: float) -> str:
    percent = round(100 * (ratio - 1))
    return f"{percent:+d} %".replace("-", "−") if percent else "0 %"
