"""Exact and drawn permutation distributions that models of change share."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.streams import Stream

Floats = NDArray[np.float64]

MOST_EXACT = 10_000
"""Arrangements up to which all are enumerated; beyond it `DRAWN` are drawn."""
DRAWN = 9_999
_TIE = 1e-12  # relative: arrangements that differ by rounding only are the same


def sign_flip_p(differences: Floats, seed: int) -> float:
    """Test that differences lie symmetrically about 0, by flipping their signs.

    Parameters
    ----------
    differences : ndarray (n,) [1]
        One a block.
    seed : int
        Used where there are more than `MOST_EXACT` arrangements.

    Returns
    -------
    float
        Two-sided p value; at least 2 / 2^n.

    Examples
    --------
    >>> import numpy as np
    >>> sign_flip_p(np.array([0.1, 0.3, 0.2, 0.4, 0.1, 0.2]), seed=1)
    0.03125
    """
    n = len(differences)
    exact = 2**n <= MOST_EXACT
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        random = Stream(seed).at("trends.exchange", "signs", 0)
        signs = 1.0 - 2.0 * random.integers(0, 2, (DRAWN, n))
    found = np.abs(signs @ differences)
    return share_as_far(found, abs(float(differences.sum())), exact)


def chosen(n: int, k: int, seed: int) -> tuple[NDArray[np.intp], bool]:
    """Return choices of k out of n, shape (arrangement, k), and whether these are all.

    The choices are all `n` over `k` of them, or `DRAWN` drawn at random.
    """
    if comb(n, k) <= MOST_EXACT:
        return np.array(list(combinations(range(n), k)), dtype=np.intp), True
    random = Stream(seed).at("trends.exchange", f"choices {n} {k}", 0)
    return np.argsort(random.random((DRAWN, n)), axis=1)[:, :k], False


def share_as_far(found: Floats, observed: float, exact: bool) -> float:
    """Return the share of arrangements whose statistic is at least as large as the observed one.

    Drawn arrangements leave out the observed one, which is added to both counts.
    """
    as_far = int((found >= observed - _TIE * max(1.0, abs(observed))).sum())
    return as_far / len(found) if exact else (as_far + 1) / (len(found) + 1)
