"""Quantiles, means and their Monte Carlo errors; and the guard against too few draws."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError

Floats = NDArray[np.float64]

INTERVAL = (0.025, 0.5, 0.975)
Summary = tuple[Floats, Floats, Floats]
"""Quantiles at `around` (row, quantile), mean and largest value (row,)."""

LEAST_BEYOND = 10
"""Draws that must lie beyond an outer quantile."""


def summary(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return 2.5 %, 50 % and 97.5 % quantiles (linear interpolation) and mean of (row, draw).

    The input is sorted in place; rows with NaN give NaN.

    Parameters
    ----------
    values : ndarray (row, draw)
        Draws in any one unit.

    Returns
    -------
    lower, median, upper, mean : ndarray (row,)
        In the unit of the draws.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import uncertainty
    >>> [float(part[0]) for part in uncertainty.summary(np.arange(101.0)[None, :])]
    [2.5, 50.0, 97.5, 50.0]
    """
    values.sort(axis=1)  # first, so that the mean is summed in one order whatever the draw order
    quantiles = interpolated(values, INTERVAL)
    quantiles[np.isnan(values[:, -1])] = np.nan  # sort puts NaN last
    return quantiles[:, 0], quantiles[:, 1], quantiles[:, 2], values.mean(axis=1)


def ranks(draws: int, at: tuple[float, ...]) -> tuple[NDArray[np.intp], Floats]:
    """Return the lower order statistic of each quantile and the share of the next one.

    Hyndman and Fan's type 7: the quantile p of n sorted values stands at (n - 1) p.
    """
    place = np.asarray(at) * (draws - 1)
    low = np.minimum(place.astype(np.intp), max(draws - 2, 0))
    return low, place - low


def interpolated(values: Floats, at: tuple[float, ...]) -> Floats:
    """Return quantiles of sorted values (row, draw), shape (row, quantile)."""
    low, share = ranks(values.shape[1], at)
    high = np.minimum(low + 1, values.shape[1] - 1)
    return np.asarray(values[:, low] + share * (values[:, high] - values[:, low]))


def around(draws: int, at: tuple[float, ...]) -> tuple[float, ...]:
    """Return the probabilities whose quantiles give estimates and standard errors.

    First `at`, then one standard error of the empirical probability, sqrt(p (1 - p) / n), below
    and above each.
    """
    p = np.asarray(at)
    step = np.sqrt(p * (1 - p) / draws)
    return (*at, *np.maximum(p - step, 0.0).tolist(), *np.minimum(p + step, 1.0).tolist())


def order_statistics(
    draws: int, at: tuple[float, ...]
) -> tuple[NDArray[np.intp], Callable[[Floats, Floats], Summary]]:
    """Return the ranks that are needed, and what makes a summary of their values and the mean."""
    low, share = ranks(draws, around(draws, at))
    high = np.minimum(low + 1, draws - 1)
    wanted = np.unique(np.concatenate([low, high, [draws - 1]]))
    lower, upper = np.searchsorted(wanted, low), np.searchsorted(wanted, high)

    def interpolate(found: Floats, mean: Floats) -> Summary:
        below = found[:, lower]
        return below + share * (found[:, upper] - below), mean, found[:, -1]

    return wanted, interpolate


def split(quantiles: Floats) -> tuple[Floats, Floats]:
    """Return quantiles and their standard errors from the quantiles at `around`.

    Half the distance between the order statistics one standard error of the probability below and
    above: the density is never estimated.
    """
    k = quantiles.shape[-1] // 3
    return quantiles[..., :k], (quantiles[..., 2 * k :] - quantiles[..., k : 2 * k]) / 2


def require_draws(draws: int, at: tuple[float, ...]) -> None:
    """Raise unless enough draws lie beyond every quantile.

    Raises
    ------
    PrecisionError
        If fewer than `LEAST_BEYOND` draws are expected beyond one of them.
    """
    p = min(at, key=lambda q: min(q, 1 - q))
    beyond = draws * min(p, 1 - p)
    if beyond < LEAST_BEYOND * (1 - 1e-12):
        need = math.ceil(LEAST_BEYOND / min(p, 1 - p))
        raise PrecisionError(
            f"{draws} draws leave {beyond:.3g} beyond the quantile {p:g}, fewer than "
            f"{LEAST_BEYOND}: take at least {need} draws, or ask for a quantile nearer the middle"
        )


def require_finite(largest: Floats, rows: NDArray[np.intp]) -> None:
    """Raise if the largest draw of any row is infinite.

    Parameters
    ----------
    largest : ndarray (row,)
    rows : ndarray (row,) of int
        Their positions among all rows.

    Raises
    ------
    PrecisionError
        With the position of the row.
    """
    bad = np.flatnonzero(np.isposinf(largest))
    if len(bad):
        raise PrecisionError(
            f"row or group {int(rows[bad[0]])} (counted from 0) has infinite values: its value or "
            "its errors are too large"
        )


def checks(draws: int, quantiles: Floats, errors: Floats) -> dict[str, float]:
    """Return the number of effective draws and the largest relative standard error of a quantile.

    Draws are independent, so all are effective. Quantiles of 0 have no relative error.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(errors / quantiles)
    usable = relative[np.isfinite(relative)]
    largest = float(usable.max()) if usable.size else math.nan
    return {"effective_draws": float(draws), "standard_error": largest}
