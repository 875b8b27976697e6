"""The spread of an excretion fraction: logit-normal, with its median at the published value.

A fraction lives between 0 and 1 and its published value is quoted as *the* number, so a run with
draws must have its median where a run without draws has its value. The logit-normal does both:
``E = expit(logit(E0) + s z)`` with standard normal ``z`` has the median ``E0`` for any spread
``s``. A PERT or beta with the same mean has not: 3.59 becomes 3.65 for benzoylecgonine.
"""

from __future__ import annotations

import math
from typing import Final

from wbe.errors import UsageError

_Z95: Final = 1.959963984540054  # 97.5 % point of the standard normal


def logit_sd_from_sd(excretion: float, sd: float) -> float:
    """Return the spread on the logit scale that belongs to a standard deviation.

    Parameters
    ----------
    excretion : float
        Central value [1], between 0 and 1.
    sd : float
        Standard deviation of the fraction [1].

    Returns
    -------
    float
        Standard deviation of ``logit(E)`` [1].

    Notes
    -----
    First-order (delta method): ``s = sd / (E (1 - E))``. Good while ``sd`` is small beside both
    ``E`` and ``1 - E``.

    Raises
    ------
    UsageError
        `excretion` is not between 0 and 1, or `sd` is not positive.

    Examples
    --------
    >>> round(logit_sd_from_sd(0.292, 0.26 * 0.292), 4)
    0.3672
    """
    _check(excretion)
    if not sd > 0:
        raise UsageError(f"a standard deviation must be positive, but is {sd}")
    return sd / (excretion * (1 - excretion))


def logit_sd_from_range(low: float, high: float) -> float:
    """Return the spread on the logit scale of a range taken as a 95 % interval.

    Parameters
    ----------
    low, high : float
        Ends of the range [1], ``0 < low < high < 1``. The central value need not lie in the
        middle: the range gives the width only, the median stays at the published value.

    Returns
    -------
    float
        Standard deviation of ``logit(E)`` [1].

    Raises
    ------
    UsageError
        The ends are out of order or out of bounds.

    Examples
    --------
    >>> round(logit_sd_from_range(0.37, 0.54), 4)
    0.1767
    """
    _check(low)
    _check(high)
    if not low < high:
        raise UsageError(f"a range must have its lower end first, but is {low} to {high}")
    return (_logit(high) - _logit(low)) / (2 * _Z95)


def dose_log_sd(low: float, high: float) -> float:
    """Return the sd of the log of a dose whose range is taken as +-1.96 sd.

    Parameters
    ----------
    low, high : float
        Ends of the range [mg/dose], ``0 < low < high``.

    Examples
    --------
    >>> round(dose_log_sd(9.49, 94.9), 4)
    0.5874
    """
    return math.log(high / low) / (2 * 1.96)


def _logit(fraction: float) -> float:
    return math.log(fraction / (1 - fraction))


def _check(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise UsageError(f"a fraction with a spread lies between 0 and 1, but is {fraction}")
