"""Many tests at once: p-values adjusted for their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def holm(p: ArrayLike) -> Floats:
    """Return p-values adjusted for their number by the step-down method of Holm.

    Parameters
    ----------
    p : array_like (k,) [1]
        NaN (not tested) stays NaN and does not count.

    Returns
    -------
    ndarray (k,) [1]

    Notes
    -----
    The i-th smallest of k becomes max over j <= i of min(1, (k - j + 1) p_(j)).

    References
    ----------
    Holm 1979, 10.2307/4615733

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    out = np.array(p, dtype=float)
    known = np.flatnonzero(np.isfinite(out))
    order = known[np.argsort(out[known], kind="stable")]
    steps = np.minimum(1.0, out[order] * np.arange(len(order), 0, -1))
    out[order] = np.maximum.accumulate(steps)
    return out


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Return p-values adjusted for the false discovery rate, step up.

    Parameters
    ----------
    p : array_like (k,) [1]
        NaN (not tested) stays NaN and does not count.

    Returns
    -------
    ndarray (k,) [1]

    Notes
    -----
    The i-th smallest of k becomes min over j >= i of min(1, k p_(j) / j). Holds for independent
    and for positively dependent tests.

    References
    ----------
    Benjamini and Hochberg 1995, 10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    out = np.array(p, dtype=float)
    known = np.flatnonzero(np.isfinite(out))
    order = known[np.argsort(out[known], kind="stable")]
    steps = np.minimum(1.0, out[order] * len(order) / np.arange(1, len(order) + 1))
    out[order] = np.minimum.accumulate(steps[::-1])[::-1]
    return out
