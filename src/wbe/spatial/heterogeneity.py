"""Whether the areas of a round can be told apart at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

TAU_THRESHOLD = 0.3
"""Log-sd between areas below which a map of tiers says nothing; judgement."""

REQUIRED = 0.9


def probability_distinguishable(log_values: ArrayLike, variances: ArrayLike) -> float:
    """Return Pr(sd between areas > 0.3 | data).

    Parameters
    ----------
    log_values : array_like (area,) [1]
        Natural logs of area values.
    variances : array_like (area,) [1]
        Variance of each log value, without the errors that all areas share.

    Returns
    -------
    float
        Probability; 0 for fewer than two areas.

    Notes
    -----
    y_a ~ N(mu, v_a + tau^2), mu flat, tau half-normal(1); mu integrated in closed form, tau on a
    grid.
    """
    y, v = np.asarray(log_values, dtype=float), np.asarray(variances, dtype=float)
    if len(y) < 2:
        return 0.0
    tau = (np.arange(2000) + 0.5) * 0.0025  # midpoints up to 5
    total = v[:, None] + tau**2
    precision = (1 / total).sum(axis=0)
    mu = (y[:, None] / total).sum(axis=0) / precision
    log_posterior = -(tau**2) / 2 - np.log(total).sum(axis=0) / 2 - np.log(precision) / 2
    log_posterior -= ((y[:, None] - mu) ** 2 / total).sum(axis=0) / 2
    weight = np.exp(log_posterior - log_posterior.max())
    return float(weight[tau > TAU_THRESHOLD].sum() / weight.sum())
