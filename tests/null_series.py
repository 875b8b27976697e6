"""Synthetic series with and without trend, for the simulations of tests and of docs/trends.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.trends import hamed_rao, mann_kendall, trend

Floats = NDArray[np.float64]

LOG_SD = 0.5
SETS = 20
"""Sets of irregular dates in a condition."""


@dataclass(frozen=True)
class Shares:
    """Shares of series in which a trend was claimed, and in which none could be tested [1]."""

    claimed: float
    untestable: float
    plain: float
    hamed_rao: float


def regular(n: int) -> Floats:
    """Quarters, in years."""
    return np.arange(n) / 4


def irregular(n: int, rng: np.random.Generator, k: int) -> Floats:
    """Exponential gaps (even k), or two thirds of regular rounds kept at random (odd k), years."""
    if k % 2:
        return np.sort(rng.choice(n * 3 // 2, n, replace=False)) / 4.0
    return np.cumsum(rng.exponential(0.25, n) + 0.005)


def correlated(times: Floats, rho: float, series: int, rng: np.random.Generator) -> Floats:
    """Gaussian series of sd 1 with autocorrelation rho over the mean gap, shape (series, n)."""
    gap = np.diff(times) / np.diff(times).mean()
    phi = np.where(rho > 0, rho**gap, 0.0)
    out = rng.standard_normal((series, len(times)))
    for i, p in enumerate(phi, start=1):
        out[:, i] = p * out[:, i - 1] + np.sqrt(1 - p * p) * out[:, i]
    return out


def nulls(n: int, rho: float, kind: str, series: int, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Yield dates and series (one set, shape (series, n)) of lognormal loads without trend."""
    rng = np.random.default_rng([seed, n, int(1000 * rho), kind == "irregular"])
    sets = SETS if kind == "irregular" else 1
    for k in range(sets):
        t = irregular(n, rng, k) if kind == "irregular" else regular(n)
        yield t, np.exp(LOG_SD * correlated(t, rho, series // sets, rng))


def false_claims(
    n: int, rho: float, kind: str, series: int, seed: int, draws: int = 2_000, others: bool = False
) -> Shares:
    """Return how often a trend is claimed in series that have none."""
    answers, plain, corrected = [], [], []
    for t, loads in nulls(n, rho, kind, series, seed):
        for y in loads:
            answers.append(trend(t, y, seed=1, rounds=None, draws=draws).verdict)
            if others:
                plain.append(mann_kendall(t, y).p < 0.05)
                corrected.append((hamed_rao(t, y).p or 1.0) < 0.05)
    return shares(answers, plain, corrected)


def shares(answers: list[str], plain: list[bool], corrected: list[bool]) -> Shares:
    """Return the shares of claims."""
    given = np.array(answers)
    nan = float("nan")
    return Shares(
        float(np.isin(given, ["improved", "worse"]).mean()),
        float((given == "not testable").mean()),
        float(np.mean(plain)) if plain else nan,
        float(np.mean(corrected)) if corrected else nan,
    )


def halving(rounds: int, per_round: int, halves_in: float, series: int, seed: int) -> Iterator:
    """Yield times [years], loads and labels of quarterly rounds of days, falling exponentially.

    Independent days of log-sd 0.5; the level halves within `halves_in` rounds, from the first.
    """
    rng = np.random.default_rng([seed, rounds, per_round, int(10 * halves_in)])
    label = np.repeat(np.arange(rounds), per_round)
    t = label / 4 + np.tile(np.arange(per_round), rounds) / 365.25
    level = -np.log(2) * label / halves_in
    for _ in range(series):
        yield t, np.exp(level + LOG_SD * rng.standard_normal(len(t))), label


def found(
    rounds: int, per_round: int, halves_in: float, series: int, seed: int, draws: int = 2_000
) -> Shares:
    """Return how often a real halving is called improved (``claimed``)."""
    answers, plain, corrected = [], [], []
    for t, y, label in halving(rounds, per_round, halves_in, series, seed):
        answer = trend(t, y, rounds=label, seed=1, draws=draws)
        answers.append("no change" if answer.verdict == "worse" else answer.verdict)
        means = np.log(y).reshape(rounds, per_round).mean(axis=1)
        plain.append(mann_kendall(np.arange(rounds), means).p < 0.05)
        corrected.append((hamed_rao(np.arange(rounds), means).p or 1.0) < 0.05)
    return shares(answers, plain, corrected)
