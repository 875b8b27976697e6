"""A reference set: where an area's value stands among values that somebody else published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.uncertainty import Stream, blocks

Floats = NDArray[np.float64]
Kind = Literal["sample", "census"]

MIN_REFERENCE = 10
"""Reference values below which no percentile is given; judgement."""


@dataclass(frozen=True)
class ReferenceSet:
    """Values with which areas are compared.

    Attributes
    ----------
    values : tuple of float [unit]
        At least `MIN_REFERENCE`, positive.
    quantity, unit, statistic : str
        What the values are; those of the areas must be the same.
    source : str
        Who measured them, where and when; printed with every percentile.
    kind : str
        ``sample``: places drawn from those that the set stands for, so that its percentiles are
        uncertain; ``census``: all of them.

    Examples
    --------
    >>> from wbe.spatial import ReferenceSet
    >>> published = ReferenceSet(
    ...     tuple(float(v) for v in range(1, 41)), "pn_mass_load", "mg/day/1000 inhabitants",
    ...     "arithmetic", source="forty plants, 2024",
    ... )
    >>> len(published.values), published.kind
    (40, 'sample')
    """

    values: tuple[float, ...]
    quantity: str
    unit: str
    statistic: str
    source: str
    kind: Kind = "sample"

    def __post_init__(self) -> None:
        x = np.asarray(self.values, dtype=float)
        if x.ndim != 1 or len(x) < MIN_REFERENCE or not (np.isfinite(x) & (x > 0)).all():
            raise UsageError(f"a reference set needs {MIN_REFERENCE} positive values or more")
        if not self.source.strip():
            raise UsageError("a reference set needs a source: whose values are they?")
        if self.kind not in get_args(Kind):
            raise UsageError(f"kind = {self.kind!r}; use one of {', '.join(get_args(Kind))}")
        object.__setattr__(self, "values", tuple(sorted(x.tolist())))

    @property
    def heights(self) -> Floats:
        """Central share of places below each value [1].

        k / (n + 1) for a sample, (k - 1/2) / n for a census.
        """
        k, n = np.arange(1, len(self.values) + 1), len(self.values)
        return np.asarray(k / (n + 1) if self.kind == "sample" else (k - 0.5) / n)

    def drawn_heights(self, n_draws: int, seed: int) -> Floats:
        """Return draws of the share below each value, (value, draw) [1].

        The shares below the ordered values of a sample are the order statistics of as many uniform
        numbers, whatever the distribution; of a census they are known.
        """
        n = len(self.values)
        if self.kind == "census":
            return np.repeat(self.heights[:, None], n_draws, axis=1)
        stream, out = Stream(seed), np.empty((n, n_draws))
        for block, span in blocks(n_draws):
            drawn = stream.at("reference_set", self.source, block)
            gaps = drawn.standard_exponential((span.stop - span.start, n + 1)).cumsum(axis=1).T
            out[:, span] = gaps[:-1] / gaps[-1]
        return out

    def quantiles(self, percentiles: Sequence[float], heights: Floats | None = None) -> Floats:
        """Return the values at percentiles, log-linear between the reference values [unit].

        Beyond the ends of the set: its ends.

        Parameters
        ----------
        percentiles : sequence of float
            Between 0 and 100, rising.
        heights : ndarray (value,) or (value, draw), optional
            The central ones if not given.

        Returns
        -------
        ndarray (percentile,) or (percentile, draw)
        """
        at = np.asarray(percentiles, dtype=float) / 100
        if not ((at > 0) & (at < 1)).all() or (np.diff(at) <= 0).any():
            raise UsageError(f"percentiles lie between 0 and 100 and rise, not {list(percentiles)}")
        log = np.log(self.values)
        given = self.heights if heights is None else heights
        if given.ndim == 1:
            return np.asarray(np.exp(np.interp(at, given, log)))
        return np.exp(np.stack([np.interp(at, column, log) for column in given.T], axis=1))

    def percentiles(self, values: ArrayLike, heights: Floats | None = None) -> Floats:
        """Return the percentiles of values among the set.

        Below the least value: half of its share; above the largest likewise.

        Parameters
        ----------
        values : array_like (area,) [unit]
        heights : ndarray (value,), optional

        Returns
        -------
        ndarray (area,), 0 to 100
        """
        given = self.heights if heights is None else heights
        with np.errstate(divide="ignore"):
            x = np.log(np.asarray(values, dtype=float))
        return self._shares(x[None], given[:, None])[0] * 100

    def _shares(self, log: Floats, heights: Floats) -> Floats:
        """Return the shares of places below values, (draw, area), by heights (value, draw)."""
        ends = np.log(self.values)
        at, first = np.unique(ends, return_index=True)
        height = np.add.reduceat(heights, first) / np.diff([*first, len(ends)])[:, None]
        above = np.clip(np.searchsorted(at, log), 1, len(at) - 1) if len(at) > 1 else None
        if above is None:
            share = np.broadcast_to(height[0][:, None], log.shape).copy()
        else:
            column = np.arange(len(log))[:, None]
            part = (log - at[above - 1]) / (at[above] - at[above - 1])
            low, high = height[above - 1, column], height[above, column]
            share = low + np.clip(part, 0, 1) * (high - low)
        share = np.where(log < at[0], heights[0][:, None] / 2, share)
        share = np.where(log > at[-1], (1 + heights[-1][:, None]) / 2, share)
        return np.where(np.isnan(log), np.nan, share)

    def percentile_intervals(self, log_draws: Floats, seed: int) -> Floats:
        """Return median and 95 % interval of areas' percentiles, (area, 3).

        Parameters
        ----------
        log_draws : ndarray (draw, area)
            Logs of areas' values [unit].
        seed : int
            Of the uncertainty of the set itself.
        """
        drawn = self._shares(log_draws, self.drawn_heights(len(log_draws), seed))
        return 100 * np.quantile(drawn, (0.5, 0.025, 0.975), axis=0).T

    def require_like(self, quantity: str, unit: str, statistic: str) -> None:
        """Refuse to compare different things.

        Raises
        ------
        UsageError
            If quantity, unit or statistic differ.
        """
        own, theirs = (self.quantity, self.unit, self.statistic), (quantity, unit, statistic)
        if own != theirs:
            raise UsageError(
                f"the reference set holds {' / '.join(own)}, the areas {' / '.join(theirs)}: "
                "percentiles need the same quantity, unit and statistic"
            )
