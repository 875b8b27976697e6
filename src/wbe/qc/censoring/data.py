"""Results with limits: the one type that every censored method takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Censored:
    """Results with limits: each true value lies in [low, high].

    Attributes
    ----------
    low : ndarray (n,) [any one unit]
        The value of a detect. Of a non-detect 0 where nothing is known beneath its limit, or the
        LOD of a result between LOD and LOQ.
    high : ndarray (n,) [same unit]
        The value of a detect, the limit of a non-detect; always finite.

    Raises
    ------
    UsageError
        If there is no result, the arrays are not one-dimensional and of one length, a number is
        not finite, a `high` is not positive, or a `low` is negative or above its `high`.
    """

    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if low.ndim != 1 or low.shape != high.shape:
            raise UsageError(f"low {low.shape} and high {high.shape} must be (n,), one n")
        if not len(low):
            raise UsageError("no results: at least one value or limit is needed")
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise UsageError("values and limits must be finite; leave out what was not measured")
        if not (high > 0).all():
            raise UsageError(
                "values and limits must be positive; a zero is a non-detect below its limit"
            )
        if not ((low >= 0) & (low <= high)).all():
            raise UsageError("the lower end of a result must lie between 0 and its upper end")

    @property
    def detected(self) -> Mask:
        """Which results have a value, shape (n,)."""
        return np.asarray(self.low == self.high)

    @property
    def below(self) -> Mask:
        """Which results lie below a limit, shape (n,)."""
        return np.asarray(self.low < self.high)

    @property
    def n(self) -> int:
        """Number of results."""
        return len(self.low)

    @property
    def n_below(self) -> int:
        """Number of results below a limit."""
        return int(self.below.sum())

    @property
    def n_detected(self) -> int:
        """Number of results with a value."""
        return self.n - self.n_below

    @property
    def share_below(self) -> float:
        """Share of the results below a limit [1]."""
        return self.n_below / self.n

    @property
    def limits(self) -> Floats:
        """Distinct limits of the non-detects, rising, shape (k,)."""
        return np.unique(self.high[self.below])

    @property
    def values(self) -> Floats:
        """Values of the detects, in their order, shape (n_detected,)."""
        return self.high[self.detected]

    def take(self, index: NDArray[np.intp] | Mask) -> Censored:
        """Return the results at some positions, repeated where a position is."""
        return Censored(self.low[index], self.high[index])


def censored(values: ArrayLike, below: ArrayLike, *, lod: ArrayLike | None = None) -> Censored:
    """Return results with limits from the way laboratories write them.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        The result, or the limit that it lies below where `below` is true.
    below : array_like (n,) of bool
        True where the result is a non-detect.
    lod : array_like (n,) or float, optional [same unit]
        For non-detects that are known to lie **above** it (detected, not quantified: limit = LOQ).
        NaN where nothing is known beneath the limit; so is a limit equal to its LOD. Ignored for
        detects.

    Returns
    -------
    Censored

    Raises
    ------
    UsageError
        If the lengths differ, `below` is not of bool (or 0 and 1), a LOD lies above its limit or is
        negative, or as `Censored` says.

    Examples
    --------
    >>> from wbe.qc.censoring import censored
    >>> x = censored([5.0, 1.0, 3.0], [False, True, True], lod=[float("nan"), 1.0, 1.0])
    >>> x.low.tolist(), x.high.tolist()
    ([5.0, 0.0, 1.0], [5.0, 1.0, 3.0])
    >>> x.n_below, x.limits.tolist()
    (2, [1.0, 3.0])
    """
    high, mask = np.array(values, dtype=float), as_mask(below)
    if high.ndim != 1 or high.shape != mask.shape:
        raise UsageError(f"values {high.shape} and below {mask.shape} must be (n,), one n")
    if lod is None:
        return Censored(np.where(mask, 0.0, high), high)
    beneath = np.broadcast_to(np.asarray(lod, dtype=float), high.shape)
    if (mask & (beneath > high)).any():
        raise UsageError("a LOD lies above the limit of its result; are the two exchanged?")
    known = ~np.isnan(beneath) & (beneath < high)
    return Censored(np.where(mask, np.where(known, beneath, 0.0), high), high)


def as_mask(below: ArrayLike) -> Mask:
    """Return which results are non-detects, from bool or from 0 and 1.

    Raises
    ------
    UsageError
        If anything else is among them.
    """
    mask = np.asarray(below)
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise UsageError("below must be true or false for each result")
    return mask.astype(bool)
