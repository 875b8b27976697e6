"""A series as rounds: what `trend` tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.qc.censoring.data import Censored
from wbe.trends.series import ends, round_labels
from wbe.trends.timed import Floats, TimeUnit, in_time_unit

Scale = Literal["log", "linear"]
Rounds = ArrayLike | Literal["auto"] | None


@dataclass(frozen=True, eq=False)
class Record:
    """One result a round, in the order of time, on the scale of the slope.

    Attributes
    ----------
    times : ndarray (n,) [unit of time]
        Strictly rising; mean time of each round.
    low, high : ndarray (n,) [ln, or unit of the values]
        Ends of each result; equal for a value.
    seasons : ndarray (n,) of int
        Codes from 0.
    n, n_missing : int
        Values that the rounds were made of, and values left out.
    scale : str
    """

    times: Floats
    low: Floats
    high: Floats
    seasons: NDArray[np.intp]
    n: int
    n_missing: int
    scale: str

    @property
    def span(self) -> float:
        """From the first round to the last [unit of time]."""
        return float(np.ptp(self.times)) if len(self.times) else 0.0

    @property
    def n_below(self) -> int:
        """Number of rounds below a limit."""
        return int((self.low < self.high).sum())

    @property
    def results(self) -> Floats | Censored:
        """The results as tests take them: their order is all that counts there."""
        if not self.n_below:
            return self.high
        # Logs of limits may be negative or infinite: their places in order stand for them.
        levels = np.unique(np.concatenate([self.low, self.high]))
        # From 1, for `Censored` takes positive numbers.
        place = [1 + np.searchsorted(levels, x).astype(np.float64) for x in (self.low, self.high)]
        return Censored(*place)

    @property
    def told_apart(self) -> bool:
        """Whether the order of two rounds of one season, at least, is known."""
        same = self.seasons[:, None] == self.seasons
        above = (self.low[:, None] >= self.high) & ~(
            (self.low[:, None] == self.high) & self.value[:, None] & self.value
        )
        return bool((above & same).any())

    @property
    def value(self) -> NDArray[np.bool_]:
        """Which rounds have a value, shape (n,)."""
        return np.asarray(self.low == self.high)

    def over_span(self, slope: float | None) -> float | None:
        """Return a slope as the change over the whole record [%, or unit of the values]."""
        if slope is None:
            return None
        total = slope * self.span
        return float(100 * np.expm1(total)) if self.scale == "log" else total

    def words(self, change: float | None) -> str:
        """Return a change in words."""
        if change is None:
            return "no bound"
        return f"{change:+.0f} %" if self.scale == "log" else f"{change:+.3g}"


def record_of(
    times: ArrayLike,
    values: ArrayLike | Censored,
    rounds: Rounds,
    seasons: ArrayLike | None,
    scale: Scale,
    unit: TimeUnit,
) -> Record:
    """Return one result a round; see `wbe.trends.trend` for parameters and errors."""
    require_choice("scale", scale, ("log", "linear"))
    t, (low, high) = in_time_unit(times, unit), ends(values)
    if len(t) != len(low):
        raise UsageError(f"{len(t)} times for {len(low)} values; give one time a value")
    kept = np.argsort(t, kind="stable")
    kept = kept[~np.isnan(low[kept])]
    if scale == "log" and not (high[kept] > 0).all():
        raise UsageError(
            "a value is not positive: on the log scale results below a limit are given as "
            "wbe.qc.censoring.censored(values, below); or use scale='linear'"
        )
    with np.errstate(divide="ignore"):
        low, high = (np.log(x[kept]) if scale == "log" else x[kept] for x in (low, high))
    labels = labels_of(rounds, t[kept], kept, len(t))
    names = np.zeros(len(t)) if seasons is None else np.asarray(seasons).astype(str)
    if len(names) != len(t):
        raise UsageError(f"{len(names)} seasons for {len(t)} values; one each")
    codes = np.unique(names[kept], return_inverse=True)[1].astype(np.intp)
    at, low, high, codes = averaged(labels, t[kept], low, high, codes)
    return Record(at, low, high, codes, len(kept), len(t) - len(kept), scale)


def labels_of(
    rounds: Rounds, times: Floats, kept: NDArray[np.intp], given: int
) -> NDArray[np.intp]:
    """Return the code of the round of each kept value, in the order of time, from 0."""
    if rounds is None or isinstance(rounds, str):
        if rounds not in (None, "auto"):
            raise UsageError(f"rounds = {rounds!r}; use 'auto', None or one label a value")
        if len(np.unique(times)) < len(times):
            raise UsageError(
                "a time occurs twice: collapse replicates, give each site its own series, or "
                "state the rounds"
            )
        return round_labels(times) if rounds == "auto" else np.arange(len(times))
    names = np.asarray(rounds).astype(str)
    if len(names) != given:
        raise UsageError(f"{len(names)} rounds for {given} values; one each")
    return np.asarray(np.unique(names[kept], return_inverse=True)[1])


def averaged(
    labels: NDArray[np.intp],
    times: Floats,
    low: Floats,
    high: Floats,
    seasons: NDArray[np.intp],
) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
    """Return mean time, mean result and season of each round, in the order of time."""
    counts = np.bincount(labels)
    several = counts[labels] > 1
    if (several & (low < high)).any():
        raise UsageError(
            "a round of several results has some below limits: summarise each round first "
            "(wbe.qc.censoring), or rounds=None to take each result for itself"
        )

    def mean(x: Floats) -> Floats:
        # A single result is left as it is: a limit may be infinitely low.
        totals = np.bincount(labels, np.where(several, x, 0.0)) / counts
        totals[labels[~several]] = x[~several]
        return np.asarray(totals)

    season = np.full(len(counts), -1, dtype=np.intp)
    season[labels] = seasons
    if (season[labels] != seasons).any():
        raise UsageError("a round has two seasons; give each round one")
    at = mean(times)
    order = np.argsort(at, kind="stable")
    if len(np.unique(at)) < len(at):
        raise UsageError("two rounds have the same mean time: give each site its own series")
    return at[order], mean(low)[order], mean(high)[order], season[order]
