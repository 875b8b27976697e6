"""Which errors of a unit become one normal, and which keep a stream of their own.

Everything here is decided name by name, in the order of the names, and for each unit from its own
rows: a chunk is only looked at as a whole where that gives every unit what it would get alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.product import Ints

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

OWN, COMMON = "marginal own", "marginal common"
"""Variables of collapsed normals: of one row, and of all rows of a mean."""

_JOINED = "\x1e"  # neither occurs in labels read from tables
_NAMED = "\x1f"

Mixtures = dict[str, list[tuple[str, float]]]
Sizes = dict[int, float]  # row -> size


@dataclass(frozen=True)
class Factor:
    """A score that several rows may use, and what it does to the log value.

    Attributes
    ----------
    parts : tuple of (variable, label, coefficient)
        Independent streams whose weighted sum is the score.
    shape : Distribution or None
        None: the score itself, for a lognormal factor.
    """

    parts: tuple[tuple[str, str, float], ...]
    shape: Distribution | None = None


Use = tuple[Factor, float]  # a factor and the power to which it enters


@dataclass
class Column:
    """A term, or an independent part of one.

    Attributes
    ----------
    name : str
    shape : Distribution or None
    labels : list of str or None
        None where the row is exact.
    sizes : list of float
    """

    name: str
    shape: Distribution | None
    labels: list[str | None]
    sizes: list[float]

    def take(self, order: list[int]) -> Column:
        """Return some rows."""
        labels, sizes = [self.labels[i] for i in order], [self.sizes[i] for i in order]
        return Column(self.name, self.shape, labels, sizes)


def joined(columns: list[list[str]], n: int) -> list[str]:
    """Return the names of n rows or units as one each, from columns with "" where there is none."""
    if not columns:
        return [""] * n
    return [_JOINED.join(filter(None, names)) for names in zip(*columns, strict=True)]


class Collapsed:
    """What a chunk of units needs to be drawn.

    Parameters
    ----------
    ends : ndarray (unit,) of int
        End of each unit's rows.
    mixed : dict
        Correlated variables and their independent parts, see `streams.mixtures`.

    Attributes
    ----------
    variance, common_variance : ndarray (row,), (unit,)
        Of the collapsed normals.
    names, common_names : list of list of str
        Columns of the names of what was collapsed.
    uses, common : list of list of (Factor, power)
        What was not, by row and by unit.
    """

    def __init__(self, ends: Ints, mixed: Mixtures):
        rows = int(ends[-1]) if len(ends) else 0
        self.variance, self.common_variance = np.zeros(rows), np.zeros(len(ends))
        self.names: list[list[str]] = []
        self.common_names: list[list[str]] = []
        self.uses: list[list[Use]] = [[] for _ in range(rows)]
        self.common: list[list[Use]] = [[] for _ in ends]
        self._mixed = mixed
        self._rows = rows
        self._spans = list(itertools.pairwise([0, *ends.tolist()]))
        self._single = rows == len(ends)
        lengths = np.diff(ends, prepend=0)
        self._ends, self._unit = ends, np.repeat(np.arange(len(ends)), lengths)
        self._first = np.repeat(ends - lengths, lengths)

    def add(self, columns: list[Column]) -> None:
        """Add the errors, in the order of their names: first lognormal ones, then the others."""
        bent = [c for c in columns if c.shape is not None]
        kept = {name for c in bent for name, _ in self._parts(c.name)}
        for name, same in _by_name(c for c in columns if c.shape is None):
            if len(same) == 1 and name not in kept:
                self._plain(same[0])
            else:
                self._several(same, [c for c in bent if name in dict(self._parts(c.name))])
        for _, same in _by_name(bent):
            if len(same) == 1:
                self._bent(same[0])
            else:
                self._bent_several(same)

    def _parts(self, name: str) -> list[tuple[str, float]]:
        return self._mixed.get(name, [(name, 1.0)])

    def _plain(self, c: Column) -> None:
        """Add a lognormal error that nothing else in the chunk has to do with."""
        known = [label for label in c.labels if label is not None]
        if self._single or len(set(known)) == len(known):  # each row's own, whatever the unit
            names = ["" if label is None else f"{c.name}{_NAMED}{label}" for label in c.labels]
            self._collect(_Names(names, np.square(c.sizes)), None)
            return
        alike, apart = self._told(c)
        start = f"{c.name}{_NAMED}"
        rows, units = _Names.none(self._rows), _Names.none(len(self._spans))
        for row in np.flatnonzero(apart).tolist():
            rows.put(row, f"{start}{c.labels[row]}", c.sizes[row])
        for unit in np.flatnonzero(alike).tolist():
            row = self._spans[unit][0]
            units.put(unit, f"{start}{c.labels[row]}", c.sizes[row])
        alike[self._unit[apart]] = True
        for unit in np.flatnonzero(~alike).tolist():
            found = _sizes([c], *self._spans[unit])
            self._streams(unit, c.name, found, False, rows, units)
        self._collect(rows, units)

    def _told(self, c: Column) -> tuple[Bools, Bools]:
        """Return which units share the error alike, and which rows are in units that share none.

        What `_streams` says of each, for all units at once.
        """
        number = {label: k for k, label in enumerate(dict.fromkeys([None, *c.labels]))}
        codes, sizes = np.array(list(map(number.__getitem__, c.labels))), np.array(c.sizes)
        same = (codes == codes[self._first]) & (sizes == sizes[self._first])
        starts = self._first[self._ends - 1]
        alike = np.logical_and.reduceat(same, starts) & (self._ends - starts > 1)
        alike &= codes[starts] > 0
        if alike.all():
            return alike, np.zeros(len(codes), dtype=bool)
        keys = np.where(codes > 0, self._unit * len(number) + codes, -1 - np.arange(len(codes)))
        order = np.argsort(keys, kind="stable")
        again = order[1:][keys[order[1:]] == keys[order[:-1]]]
        shared = alike.copy()
        shared[self._unit[again]] = True
        return alike, ~shared[self._unit] & (codes > 0)

    def _several(self, same: list[Column], bent: list[Column]) -> None:
        """Add lognormal errors of one name; some may share the scores of a factor with a shape."""
        rows, units = _Names.none(self._rows), _Names.none(len(self._spans))
        for unit, (start, end) in enumerate(self._spans):
            keep = any(any(c.sizes[start:end]) for c in bent)
            found = _sizes(same, start, end)
            self._streams(unit, same[0].name, found, keep, rows, units)
        self._collect(rows, units)

    def _streams(
        self,
        unit: int,
        name: str,
        found: dict[str, Sizes],
        keep: bool,
        rows: _Names,
        units: _Names,
    ) -> None:
        """Say of each stream of a unit whether it is a row's own, everybody's, or neither."""
        start, end = self._spans[unit]
        for label in sorted(found):
            sizes = found[label]
            if len(sizes) == 1 and not keep:
                ((row, size),) = sizes.items()
                rows.put(row, f"{name}{_NAMED}{label}", size)
            elif not keep and _everywhere(sizes, end - start):
                units.put(unit, f"{name}{_NAMED}{label}", sizes[start])
            else:
                self._use(unit, Factor(((name, label, 1.0),)), sizes)

    def _collect(self, rows: _Names, units: _Names | None) -> None:
        self.names.append(rows.names)
        self.variance += rows.variance
        if units is not None:
            self.common_names.append(units.names)
            self.common_variance += units.variance

    def _bent(self, c: Column) -> None:
        """Add a factor that is not lognormal."""
        factors = {
            label: self._factor(c, label) for label in dict.fromkeys(c.labels) if label is not None
        }
        for unit, (start, end) in enumerate(self._spans):
            label = c.labels[start]
            if label is not None and end - start > 1 and _alike(c, start, end):
                self.common[unit].append((factors[label], c.sizes[start]))
                continue
            for row in range(start, end):
                label = c.labels[row]
                if label is not None:
                    self.uses[row].append((factors[label], c.sizes[row]))

    def _bent_several(self, same: list[Column]) -> None:
        """Add factors of one name: what stands above and below a line with one label cancels."""
        shapes = list(dict.fromkeys(c.shape for c in same))
        for unit, (start, end) in enumerate(self._spans):
            for shape in sorted(shapes, key=repr):
                alike = [c for c in same if c.shape == shape]
                found = _sizes(alike, start, end)
                for label in sorted(found):
                    self._use(unit, self._factor(alike[0], label), found[label])

    def _factor(self, c: Column, label: str) -> Factor:
        return Factor(tuple((name, label, k) for name, k in self._parts(c.name)), c.shape)

    def _use(self, unit: int, factor: Factor, sizes: Sizes) -> None:
        start, end = self._spans[unit]
        if end - start > 1 and _everywhere(sizes, end - start):
            self.common[unit].append((factor, sizes[start]))
            return
        for row, size in sizes.items():
            self.uses[row].append((factor, size))


class _Names:
    """Names and variances of what collapses into the normals of rows or units."""

    def __init__(self, names: list[str], variance: Floats | list[float]):
        self.names, self.variance = names, variance

    @classmethod
    def none(cls, n: int) -> _Names:
        """Return n without any."""
        return cls([""] * n, [0.0] * n)

    def put(self, i: int, name: str, size: float) -> None:
        """Add a stream to one of them."""
        self.names[i] = f"{self.names[i]}{_JOINED}{name}" if self.names[i] else name
        self.variance[i] += size * size


def _by_name(columns: Iterable[Column]) -> Iterator[tuple[str, list[Column]]]:
    for name, same in itertools.groupby(columns, key=lambda c: c.name):
        yield name, list(same)


def _sizes(columns: list[Column], start: int, end: int) -> dict[str, Sizes]:
    """Return label -> row -> size of the streams of some rows; sizes of 0 are left out."""
    found: dict[str, Sizes] = {}
    for c in columns:
        for row in range(start, end):
            label = c.labels[row]
            if label is not None:
                sizes = found.setdefault(label, {})
                sizes[row] = sizes.get(row, 0.0) + c.sizes[row]
    live = {label: {r: s for r, s in sizes.items() if s} for label, sizes in found.items()}
    return {label: sizes for label, sizes in live.items() if sizes}


def _alike(c: Column, start: int, end: int) -> bool:
    """Whether all rows of a unit have one label and one size."""
    n = end - start
    return (
        c.labels[start:end].count(c.labels[start]) == n
        and c.sizes[start:end].count(c.sizes[start]) == n
    )


def _everywhere(sizes: Sizes, rows: int) -> bool:
    """Whether all rows of a unit have the error, in the same size."""
    return len(sizes) == rows and len(set(sizes.values())) == 1
