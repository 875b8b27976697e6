"""Recovery of a matrix spike and its uncertainty, on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.uncertainty import default_model

Floats = NDArray[np.float64]


def spike_recovery(spiked: ArrayLike, unspiked: ArrayLike, added: ArrayLike) -> Floats:
    """Return the share of an added amount that was found again.

    Parameters
    ----------
    spiked, unspiked, added : array_like, any one shape [any one unit]
        Concentrations of the sample with and without the addition, and the concentration added.

    Returns
    -------
    ndarray, same shape [1]
        NaN where nothing was added.

    Notes
    -----
    R = (C_spiked - C_unspiked) / C_added.

    Examples
    --------
    >>> float(spike_recovery(145.0, 50.0, 100.0))
    0.95
    """
    c, c0, a = (np.asarray(v, dtype=float) for v in (spiked, unspiked, added))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(a > 0, (c - c0) / a, np.nan))


def spike_recovery_uncertainty(
    spiked: ArrayLike,
    unspiked: ArrayLike,
    added: ArrayLike,
    *,
    rsd: ArrayLike,
    added_rsd: ArrayLike = 0.0,
) -> Floats:
    """Return the standard uncertainty of a spike recovery.

    Parameters
    ----------
    spiked, unspiked, added : array_like, any one shape [any one unit]
        As in `spike_recovery`.
    rsd : array_like [1]
        Relative standard deviation of one measured concentration (repeatability).
    added_rsd : array_like [1]
        Relative standard uncertainty of the amount added.

    Returns
    -------
    ndarray, same shape [1]
        Standard uncertainty of R, absolute.

    Notes
    -----
    First order, the three independent: u(R)^2 = rsd^2 (C_spiked^2 + C_unspiked^2) / C_added^2 +
    (R added_rsd)^2.

    References
    ----------
    JCGM 100:2008, 5.1.2

    Examples
    --------
    >>> round(float(spike_recovery_uncertainty(145.0, 50.0, 100.0, rsd=0.1)), 4)
    0.1534
    """
    c, c0, a = (np.asarray(v, dtype=float) for v in (spiked, unspiked, added))
    r = spike_recovery(c, c0, a)
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = np.asarray(rsd, dtype=float) ** 2 * (c**2 + c0**2) / a**2
    return np.asarray(np.sqrt(measured + (r * np.asarray(added_rsd, dtype=float)) ** 2))


def repeatability() -> float:
    """Return the repeatability of the error model, as a relative standard deviation [1]."""
    return float(np.sqrt(np.expm1(default_model().spread("repeatability", {}) ** 2)))
