"""One mean over a week by plain numpy and many draws: nothing of the package is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.problem import AT, BIAS, DOSE, EXCRETED, MEDIAN_EXCRETED, SAMPLING, Floats, Week

BLOCK = 50_000


@dataclass(frozen=True)
class Reference:
    """Quantiles of a mean, and their standard errors."""

    quantiles: Floats
    errors: Floats

    def wrong(self, quantiles: Floats) -> Floats:
        """Return relative errors [1]."""
        return quantiles / self.quantiles - 1

    def standard_errors(self, quantiles: Floats) -> float:
        """Return how many standard errors away the farthest quantile is."""
        return float(np.abs((quantiles - self.quantiles) / self.errors).max())


def reference(week: Week, draws: int) -> Reference:
    """Draw one mean (the rows of `week` are its days) many times.

    The standard error is half the distance between the order statistics one standard error of the
    empirical probability below and above.
    """
    rng = np.random.Generator(np.random.SFC64(987_654_321))
    mean = np.concatenate([_block(week, rng) for _ in range(-(-draws // BLOCK))])
    mean.sort()
    p = np.array(AT)
    step = np.sqrt(p * (1 - p) / len(mean))
    low, high = (mean[((p + k * step) * (len(mean) - 1)).astype(int)] for k in (-1, 1))
    return Reference(np.interp(p * (len(mean) - 1), np.arange(len(mean)), mean), (high - low) / 2)


def _block(week: Week, rng: np.random.Generator) -> Floats:
    rows = np.empty((len(week), BLOCK))
    for row, central, repeatability in zip(rows, week.central, week.repeatability, strict=True):
        own = repeatability * rng.standard_normal(BLOCK) + SAMPLING * rng.standard_normal(BLOCK)
        row[:] = central * np.exp(own)
    shared = BIAS * rng.standard_normal(BLOCK) + week.flow[0] * rng.standard_normal(BLOCK)
    shared -= week.population[0] * rng.standard_normal(BLOCK) + DOSE * rng.standard_normal(BLOCK)
    return rows.mean(axis=0) * np.exp(shared) * MEDIAN_EXCRETED / rng.beta(*EXCRETED, BLOCK)
