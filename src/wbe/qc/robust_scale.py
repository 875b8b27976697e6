"""Standard deviations that a few wild results do not move, without a mean.

Each under the name of its convention; all work on numbers of any one unit and return it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from wbe.errors import UsageError
from wbe.options import require_choice

Floats = NDArray[np.float64]

MAD_FACTOR: Final = 1.4826
NIQR_FACTOR: Final = 0.7413
QN_EXACT: Final = 1 / (math.sqrt(2) * float(ndtri(5 / 8)))
"""2.219144: the Qn of a normal distribution is then its standard deviation."""

_QN_SMALL: Final = (
    0.399356, 0.99365, 0.51321, 0.84401, 0.61220, 0.85877, 0.66993, 0.87344, 0.72014, 0.88906,
    0.75743,
)  # fmt: skip
_SN_SMALL: Final = (0.743, 1.851, 0.954, 1.351, 0.993, 1.198, 1.005, 1.131)


def mad(values: ArrayLike) -> float:
    """Return the scaled median absolute deviation, a robust sd.

    Parameters
    ----------
    values : array_like (n,) [any one unit]

    Returns
    -------
    float [unit of the values]
        0 where more than half of the values are identical.

    Raises
    ------
    UsageError
        Without a value, or if one is not finite.

    Notes
    -----
    MADe = 1.4826 median ``|x - median|`` (algorithm A of ISO 13528 begins with 1.483 times it).

    References
    ----------
    ISO 13528:2015, C.2.2

    Examples
    --------
    >>> round(mad([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9]), 5)
    1.03782
    """
    return MAD_FACTOR * deviation(checked(values))


def deviation(x: Floats) -> float:
    """Return the median absolute deviation from the median, not scaled."""
    return float(np.median(np.abs(x - np.median(x))))


def niqr(values: ArrayLike) -> float:
    """Return the normalised interquartile range, a robust sd.

    Parameters
    ----------
    values : array_like (n,) [any one unit]

    Returns
    -------
    float [unit of the values]

    Raises
    ------
    UsageError
        Without a value, or if one is not finite.

    Notes
    -----
    nIQR = 0.7413 (Q3 - Q1), the quartiles by linear interpolation (type 7 of Hyndman and Fan).

    References
    ----------
    ISO 13528:2015, C.2.3; doi:10.1080/00031305.1996.10473566

    Examples
    --------
    >>> round(niqr([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9]), 5)
    0.88956
    """
    low, high = np.quantile(checked(values), (0.25, 0.75))
    return NIQR_FACTOR * float(high - low)


def qn(values: ArrayLike, *, convention: str = "exact") -> float:
    """Return the robust sd Qn of Rousseeuw and Croux, corrected for small n.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        At least 2.
    convention : str
        ``exact``: the constant 2.219144... that makes Qn a normal's sd. ``robustbase``: as R's
        robustbase::Qn, with 2.21914 and the difference in single precision. ``iso13528``: the
        printed 2.2219.

    Returns
    -------
    float [unit of the values]

    Raises
    ------
    UsageError
        If there are fewer than 2 values, one is not finite, or the convention is unknown.

    Notes
    -----
    Qn = c b_n d, where d is the k-th smallest of all pairwise differences ``|x_i - x_j|``, k =
    h (h - 1) / 2, h = n // 2 + 1, and b_n corrects the bias of small samples. It resists up to
    half of the values being wild and needs no mean.

    References
    ----------
    doi:10.1080/01621459.1993.10476408; ISO 13528:2015, C.5.1

    Examples
    --------
    >>> round(qn([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9]), 5)
    1.33401
    """
    factors = {"exact": QN_EXACT, "robustbase": 2.21914, "iso13528": 2.2219}
    require_choice("convention", convention, factors)
    x = checked(values, least=2)
    n = len(x)
    half = n // 2 + 1
    apart = np.abs(x[:, None] - x)[np.triu_indices(n, 1)]
    kth = float(np.partition(apart, (half * (half - 1)) // 2 - 1)[half * (half - 1) // 2 - 1])
    if convention == "robustbase":
        kth = float(np.float32(kth))
    return factors[convention] * _qn_small(n) * kth


def _qn_small(n: int) -> float:
    if n <= 12:
        return _QN_SMALL[n - 2]
    if n % 2:
        return 1 / (1 + (1.60188 + (-2.1284 - 5.172 / n) / n) / n)
    return 1 / (1 + (3.67561 + (1.9654 + (6.987 - 77 / n) / n) / n) / n)


def sn(values: ArrayLike) -> float:
    """Return the robust sd Sn of Rousseeuw and Croux, corrected for small n.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        At least 2.

    Returns
    -------
    float [unit of the values]

    Raises
    ------
    UsageError
        If there are fewer than 2 values, or one is not finite.

    Notes
    -----
    Sn = 1.1926 c_n lomed_i himed_j ``|x_i - x_j|``: the high median of the distances from each
    value (to itself too), and of these the low median.

    References
    ----------
    doi:10.1080/01621459.1993.10476408

    Examples
    --------
    >>> round(sn([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9]), 5)
    1.00011
    """
    x = checked(values, least=2)
    n = len(x)
    high = np.sort(np.abs(x[:, None] - x), axis=1)[:, n // 2]
    low = float(np.sort(high)[(n + 1) // 2 - 1])
    small = _SN_SMALL[n - 2] if n <= 9 else (n / (n - 0.9) if n % 2 else 1.0)
    return 1.1926 * small * low


def checked(values: ArrayLike, least: int = 1) -> Floats:
    """Return values as a flat array, refused where one is not finite or there are too few."""
    x = np.asarray(values, dtype=float).ravel()
    if len(x) < least:
        raise UsageError(f"{len(x)} values; at least {least} are needed")
    if not np.isfinite(x).all():
        raise UsageError("a value is not finite; leave out what was not measured")
    return x
