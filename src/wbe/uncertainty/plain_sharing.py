"""Trees of all groups at once, where each error is either of the whole group or of one row.

That is what most means are: the days of a site share its flow meter and the fraction excreted, and
each has an error of its own. Groups that share otherwise are left to `sharing`, one by one; which
ones are depends on the group alone.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.log_grid import LogFactor
from wbe.uncertainty.product import Strings, Term
from wbe.uncertainty.tree import Node

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Groups:
    """Rows in the order of their groups.

    Attributes
    ----------
    rows : ndarray (row,) of int
        Position in the mean.
    starts : ndarray (group,) of int
        Place of the first row of each group.
    of : ndarray (row,) of int
        Group.
    """

    rows: Ints
    starts: Ints
    of: Ints

    def all(self, of_rows: Bools) -> Bools:
        """Return which groups have it in all rows."""
        return np.asarray(np.logical_and.reduceat(of_rows, self.starts))

    def any(self, of_rows: Bools) -> Bools:
        """Return which groups have it in some row."""
        return np.asarray(np.logical_or.reduceat(of_rows, self.starts))


@dataclass(frozen=True)
class _Use:
    """How a term enters the groups.

    Attributes
    ----------
    term : Term
    label : ndarray (group,) of str
        Of the first row.
    size : ndarray (group,)
        Where all rows share it, else 0.
    own : ndarray (row,)
        Size where no two rows of the group share it, else 0.
    present, shared, plain : ndarray (group,) of bool
        Whether it enters; whether one unknown enters all rows alike; whether it is absent, shared,
        or a lognormal error of each row.
    """

    term: Term
    label: Strings
    size: Floats
    own: Floats
    present: Bools
    shared: Bools
    plain: Bools


def trees(
    terms: list[Term], rho: dict[frozenset[str], float], members: list[Ints], scales: Floats
) -> list[Node | None]:
    """Return the tree of each group that is plain, None for others.

    Parameters
    ----------
    terms : list of Term
        Merged.
    rho : dict of frozenset of str to float
        Correlation of two variables where they have the same label.
    members : list of ndarray of int
        Rows of each group, at least one.
    scales : ndarray (row,)
        Weighted central values.

    Returns
    -------
    list of Node or None
    """
    counts = np.array([len(rows) for rows in members], dtype=np.intp)
    starts = np.cumsum(counts) - counts
    groups = _Groups(np.concatenate(members), starts, np.repeat(np.arange(len(counts)), counts))
    uses = [_use(term, groups) for term in terms]
    extra, separate = _covariances(uses, rho, len(counts))
    plain = separate & ~_twice(uses, len(counts))
    for use in uses:
        plain &= use.plain
    normal = [u for u in uses if u.term.shape is None]
    sd = _root_sums([*(u.size**2 for u in normal), *extra], len(counts))
    own = _root_sums([u.own**2 for u in normal], len(groups.rows))
    return _nodes(groups, plain, sd, own, scales[groups.rows], _factors(uses, len(counts)))


def _use(term: Term, groups: _Groups) -> _Use:
    size, labels = term.size[groups.rows], term.labels[groups.rows]
    used = size != 0
    present = groups.any(used)
    same = np.ones(len(size), dtype=bool)
    same[1:] = (labels[1:] == labels[:-1]) & (size[1:] == size[:-1])
    same[groups.starts] = True
    shared = groups.all(same & used)
    single = present & ~shared
    if term.shape is not None:
        single[:] = False
    elif single.any():
        single[_repeating(labels, used, groups)] = False
    first = groups.starts
    return _Use(
        term, labels[first], np.where(shared, size[first], 0.0),
        np.where(single[groups.of], size, 0.0), present, shared, ~present | shared | single,
    )  # fmt: skip


def _repeating(labels: Strings, used: Bools, groups: _Groups) -> Ints:
    """Return the groups in which two of the rows used have the same label."""
    _, code = np.unique(labels, return_inverse=True)
    key = np.sort(groups.of[used] * len(labels) + code[used])
    return np.asarray(key[1:][key[1:] == key[:-1]] // len(labels))


def _twice(uses: list[_Use], n: int) -> Bools:
    """Return which groups have two terms of the same name: rows of both may share an unknown."""
    out = np.zeros(n, dtype=bool)
    for a, b in itertools.combinations(uses, 2):
        if a.term.name == b.term.name:
            out |= a.present & b.present
    return out


def _covariances(
    uses: list[_Use], rho: dict[frozenset[str], float], n: int
) -> tuple[list[Floats], Bools]:
    """Return what correlated errors add to the variance of each group, and whether that is all."""
    out, separate = [], np.ones(n, dtype=bool)
    for a, b in itertools.combinations(uses, 2):
        r = rho.get(frozenset((a.term.name, b.term.name)))
        if not r:
            continue
        both = a.shared & b.shared
        if a.term.shape is None and b.term.shape is None:
            out.append(np.where(both & (a.label == b.label), 2 * r * a.size * b.size, 0.0))
            separate &= both | ~(a.present & b.present)
        else:
            separate &= ~(a.present & b.present)
    return out, separate


def _root_sums(parts: list[Floats], n: int) -> Floats:
    """Return roots of sums, exact sums: the order of the terms changes no bit."""
    if not parts:
        return np.zeros(n)
    sums = np.array([math.fsum(row) for row in np.stack(parts, axis=1).tolist()])
    return np.sqrt(np.maximum(sums, 0.0))


def _factors(uses: list[_Use], n: int) -> list[tuple[LogFactor, ...]]:
    """Return the shaped factors of each group that are not constant, in an order of their own."""
    out: list[list[LogFactor]] = [[] for _ in range(n)]
    for use in uses:
        shape = use.term.shape
        if shape is None:
            continue
        known: dict[float, LogFactor] = {}
        for k in np.flatnonzero(use.size).tolist():
            power = float(use.size[k])
            if power not in known:
                known[power] = LogFactor(shape, power)
            if not known[power].constant:
                out[k].append(known[power])
    return [tuple(sorted(f, key=repr)) if len(f) > 1 else tuple(f) for f in out]


def _nodes(
    groups: _Groups,
    plain: Bools,
    sd: Floats,
    own: Floats,
    scale: Floats,
    factors: list[tuple[LogFactor, ...]],
) -> list[Node | None]:
    """Return the trees; rows are sorted as `sharing` sorts them."""
    order = np.lexsort((own, scale, groups.of))
    rows = list(map(Node, scale[order].tolist(), own[order].tolist()))
    uncertain = groups.any((own != 0) & (scale != 0)).tolist()
    ends = np.append(groups.starts, len(rows)).tolist()
    out: list[Node | None] = []
    for k, (is_plain, mine) in enumerate(zip(plain.tolist(), sd.tolist(), strict=True)):
        if not is_plain:
            out.append(None)
            continue
        children = tuple(rows[ends[k] : ends[k + 1]])
        total = math.fsum(c.scale for c in children)
        out.append(Node(total, mine, factors[k], children if uncertain[k] else ()))
    return out
