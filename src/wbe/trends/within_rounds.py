"""Days of the week within rounds, taken off before rounds are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from wbe.errors import UsageError
from wbe.trends.series import LogSeries

Floats = NDArray[np.float64]

MIN_DF = 3
"""Fewest residual degrees of freedom from which scatter is judged."""


@dataclass(frozen=True)
class Term:
    """Effect of one term beside the trend, as a ratio.

    Attributes
    ----------
    name : str
        ``weekend``, ``day_2`` to ``day_7`` (against Monday), ``season_cos_1`` and so on.
    ratio, lower, upper : float
        exp of the coefficient and of the ends of its interval [1].
    """

    name: str
    ratio: float
    lower: float
    upper: float


def by_round(
    series: LogSeries, labels: NDArray[np.int64], columns: dict[str, Floats], level: float
) -> tuple[LogSeries, tuple[Term, ...]]:
    """Return the rounds' means of days and logs, and the terms fitted within rounds."""
    size = np.bincount(labels)

    def means(a: Floats) -> Floats:
        return np.asarray(np.bincount(labels, a) / size)

    y = series.high
    terms: tuple[Term, ...] = ()
    if columns:
        x = np.stack(list(columns.values()), axis=1)
        within = x - np.stack([means(c) for c in x.T], axis=1)[labels]
        y, terms = _adjusted(y, within, (y - means(y)[labels]), len(size), list(columns), level, x)
    days = means(series.days)
    order = np.argsort(days, kind="stable")
    logs = means(y)[order]
    return LogSeries(days[order], logs, logs, order), terms


def _adjusted(
    y: Floats, within: Floats, deviation: Floats, n_rounds: int, names: list[str], level: float,
    x: Floats,
) -> tuple[Floats, tuple[Term, ...]]:  # fmt: skip
    """Return y without the effects of days, and these, from least squares within rounds."""
    df = len(y) - n_rounds - len(names)
    if df < MIN_DF or np.linalg.matrix_rank(within) < len(names):
        raise UsageError(
            f"days within rounds cannot tell {', '.join(names)} apart: leave out terms for days"
        )
    scatter = np.linalg.inv(within.T @ within)
    effect = scatter @ within.T @ deviation
    variance = ((deviation - within @ effect) ** 2).sum() / df * np.diag(scatter)
    half = stdtrit(df, (1 + level) / 2) * np.sqrt(variance)
    terms = tuple(
        Term(n, *(float(v) for v in np.exp([e, e - h, e + h])))
        for n, e, h in zip(names, effect, half, strict=True)
    )
    return y - x @ effect, terms
