"""Which normals a row or a mean needs: few, and chosen by its own names and labels alone.

The quantiles of one row depend only on the law of that row. Independent lognormal errors that
nothing else shares are one normal whose variance is the sum of theirs; so are those that all rows
of a mean share alike. What lies between (a site among the areas of a mean) keeps its own stream.
A *unit* is a row of a `Product` or a group of a `Mean`: what is collapsed, and the names of the
streams, depend on nothing outside the unit, so that no neighbour and no chunk changes a number.

Collapsed draws are not the draws of `draw`, where every factor keeps its own stream because the
rows are read together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.below import Censored
from wbe.uncertainty.collapse import Collapsed, Column, Use, joined
from wbe.uncertainty.product import BelowLimit, Ints, Mean, Product
from wbe.uncertainty.streams import mixtures

Floats = NDArray[np.float64]


@dataclass
class Chunk:
    """Some units, ready to be drawn.

    Attributes
    ----------
    units : ndarray (unit,) of int
        Positions among all units; units with an unknown row are left out.
    rows : ndarray (row,) of int
        Positions in the product, in the canonical order of their unit.
    ends : ndarray (unit,) of int
        End of each unit's rows.
    base, sd, weight : ndarray (row,)
        Log central value, log-sd of the row's own normal, and weight.
    scale : ndarray (unit,)
        What a unit's weighted sum is multiplied by.
    keys : list of str
        Labels of the rows' own normals.
    uses : list of list of (Factor, power)
        What a row needs besides.
    common_sd, common_keys : ndarray (unit,), list of str
        Log-sd and label of the collapsed normal that all rows of a unit share.
    common : list of list of (Factor, power)
        What else all rows of a unit share alike.
    censored : ndarray (row,) of int
        Number of the row among the censored ones; -1 where it is none.
    below : BelowLimit or None
        The censored rows.
    """

    units: Ints
    rows: Ints
    ends: Ints
    base: Floats
    sd: Floats
    weight: Floats
    scale: Floats
    keys: list[str]
    uses: list[list[Use]]
    common_sd: Floats
    common_keys: list[str]
    common: list[list[Use]]
    censored: Ints
    below: BelowLimit | None

    def span(self, unit: int) -> tuple[int, int]:
        """Return start and end of a unit's rows."""
        return int(self.ends[unit - 1]) if unit else 0, int(self.ends[unit])

    def spans(self) -> list[tuple[int, int]]:
        """Return start and end of the rows of each unit."""
        return list(itertools.pairwise([0, *self.ends.tolist()]))


class Plan:
    """A product or mean, cut into chunks and compiled a chunk at a time.

    Parameters
    ----------
    model : Product or Mean
    """

    def __init__(self, model: Product | Mean):
        self.product = model.of if isinstance(model, Mean) else model
        n = len(self.product)
        self._censored = Censored(self.product.below, n)
        self._mixtures = mixtures(self.product.correlations)
        self._weights = model.weights if isinstance(model, Mean) else None
        if isinstance(model, Mean):
            _, codes = np.unique(model.groups, return_inverse=True)
            self._order = np.argsort(codes, kind="stable")
            self._ends = np.cumsum(np.bincount(codes)) if n else np.empty(0, dtype=np.intp)
        else:
            self._order = np.arange(n)
            self._ends = np.arange(1, n + 1)

    def __len__(self) -> int:
        return len(self._ends)

    def chunks(self, cells: int, keep_rows: bool) -> Iterator[tuple[int, int]]:
        """Yield (first unit, end) of chunks that keep at most `cells` series of draws.

        A unit keeps one, and one for each of its rows if `keep_rows`. A chunk has at least one
        unit.
        """
        kept = np.arange(1, len(self) + 1) + (self._ends if keep_rows else 0)
        first, before = 0, 0
        while first < len(self):
            end = max(first + 1, int(np.searchsorted(kept, before + cells, side="right")))
            yield first, end
            first, before = end, int(kept[end - 1])

    def compiled(self, first: int, end: int) -> Chunk:
        """Return units `first` to `end`, ready to be drawn."""
        start = int(self._ends[first - 1]) if first else 0
        rows = self._order[start : self._ends[end - 1]]
        lengths = np.diff(self._ends[first:end], prepend=start)
        rows, lengths, units = self._known(rows, lengths, np.arange(first, end))
        columns = self._columns(rows)
        if len(rows) > len(units):
            order = self._canonical(rows, lengths, columns)
            if (np.diff(order) != 1).any():
                rows, columns = rows[order], [c.take(order.tolist()) for c in columns]
        return self._compiled(rows, units, np.cumsum(lengths), columns)

    def ordered(self, unit: int) -> Ints:
        """Return the rows of a unit in an order that does not depend on the order given."""
        start = int(self._ends[unit - 1]) if unit else 0
        rows = self._order[start : self._ends[unit]]
        return rows[self._canonical(rows, np.array([len(rows)]), self._columns(rows))]

    def _known(self, rows: Ints, lengths: Ints, units: Ints) -> tuple[Ints, Ints, Ints]:
        """Leave out units with a row of which nothing is known."""
        unknown = np.isnan(self.product.log_central[rows])
        unknown[self._censored.of(rows)[0]] = False
        if not unknown.any():
            return rows, lengths, units
        of = np.repeat(np.arange(len(units)), lengths)
        good = np.bincount(of[unknown], minlength=len(units)) == 0
        return rows[good[of]], lengths[good], units[good]

    def _columns(self, rows: Ints) -> list[Column]:
        """Return the terms of some rows by name; correlated lognormals as independent parts."""
        out = []
        for term in self.product.terms:
            size = term.size[rows]
            if not size.any():
                continue
            labels = _live(term.labels[rows], size)
            parts = [(term.name, 1.0)]
            if term.shape is None:
                parts = self._mixtures.get(term.name, parts)
            for name, coefficient in parts:
                out.append(Column(name, term.shape, labels, (size * coefficient).tolist()))
        return sorted(out, key=lambda c: c.name)

    def _canonical(self, rows: Ints, lengths: Ints, columns: list[Column]) -> Ints:
        """Return an order of the rows inside each unit that does not depend on the order given.

        Sums are then rounded alike. Rows that are equal in labels, value, weight and sizes are
        interchangeable.
        """
        weights = np.ones(len(rows)) if self._weights is None else self._weights[rows]
        # NaN of a censored row does not sort; what is drawn for it is told apart by `below`
        facts: list[list[Any]] = [[label or "" for label in c.labels] for c in columns]
        facts += [c.sizes for c in columns]
        facts += [np.nan_to_num(self.product.log_central[rows]).tolist(), weights.tolist()]
        known = list(zip(self._censored.keys(rows), *facts, strict=True))
        out: list[int] = []
        start = 0
        for length in lengths.tolist():
            out.extend(sorted(range(start, start + length), key=known.__getitem__))
            start += length
        return np.array(out, dtype=np.intp)

    def _compiled(self, rows: Ints, units: Ints, ends: Ints, columns: list[Column]) -> Chunk:
        base = self.product.log_central[rows].copy()
        position, below = self._censored.of(rows)
        base[position] = 0.0  # drawn
        censored = np.full(len(rows), -1, dtype=np.intp)
        censored[position] = np.arange(len(position))
        collapsed = Collapsed(ends, self._mixtures)
        collapsed.add(columns)
        weight, scale = self._weight(rows, ends)
        return Chunk(
            units,
            rows,
            ends,
            base,
            np.sqrt(collapsed.variance),
            weight,
            scale,
            joined(collapsed.names, len(rows)),
            collapsed.uses,
            np.sqrt(collapsed.common_variance),
            joined(collapsed.common_names, len(units)),
            collapsed.common,
            censored,
            below,
        )

    def _weight(self, rows: Ints, ends: Ints) -> tuple[Floats, Floats]:
        """Return the weights of rows and what their weighted sum is multiplied by."""
        lengths = np.diff(ends, prepend=0)
        if self._weights is None:
            return np.ones(len(rows)), 1.0 / lengths
        weights = self._weights[rows]
        sums = np.add.reduceat(weights, ends - lengths) if len(ends) else np.empty(0)
        return weights / np.repeat(sums, lengths), np.ones(len(ends))


def _live(labels: NDArray[np.str_], size: Floats) -> list[str | None]:
    """Return the labels, None where the row is exact."""
    out: list[str | None] = labels.tolist()
    for row in np.flatnonzero(size == 0).tolist():
        out[row] = None
    return out
