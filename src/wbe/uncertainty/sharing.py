"""How the rows of a mean share their unknowns: a tree of sums and common factors.

An unknown that all rows of a group share multiplies their sum. Where the sets of rows that share an
unknown are nested (samples in visits, visits in a site), a mean is a tree: a node is the product of
its own factors and the sum of its children, and different branches are independent.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty import plain_sharing, variables
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.log_grid import LogFactor
from wbe.uncertainty.product import Mean, Term
from wbe.uncertainty.tree import Node

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class _Unknown:
    """One random variable and the rows of a group that share it."""

    name: str
    label: str
    size: float
    shape: Distribution | None
    rows: frozenset[int]


class _NotNested(Exception):
    """The sharing has no tree; the text says why."""


def obstacle(mean: Mean) -> str:
    """Return why a mean has no tree.

    Parameters
    ----------
    mean : Mean

    Returns
    -------
    str
        Empty where it has one.
    """
    try:
        roots(mean)
    except _NotNested as error:
        return str(error)
    return ""


def roots(mean: Mean) -> list[Node]:
    """Return the tree of each group, sorted by group.

    Parameters
    ----------
    mean : Mean
        Of rows that are products of independent positive factors.

    Returns
    -------
    list of Node
    """
    terms = variables.merged(mean.of.terms)
    rho = {frozenset((c.a, c.b)): c.rho for c in mean.of.correlations}
    members = [rows for rows, _ in mean.members()]
    if not members:
        return []
    scales = _scales(mean, members)
    plain = plain_sharing.trees(terms, rho, members, scales)
    return [
        _tree(terms, rho, rows, scales[rows]) if node is None else node
        for rows, node in zip(members, plain, strict=True)
    ]


def _scales(mean: Mean, members: list[Ints]) -> Floats:
    """Return the weighted central value of each row."""
    raw = np.ones(len(mean.of)) if mean.weights is None else mean.weights
    whole = np.empty(len(raw))
    for rows in members:
        whole[rows] = math.fsum(raw[rows].tolist())
    return np.asarray(raw / whole * np.exp(mean.of.log_central))


def _tree(terms: list[Term], rho: dict[frozenset[str], float], rows: Ints, scale: Floats) -> Node:
    """Return the tree of any group, unknown by unknown."""
    unknowns = _unknowns(terms, rows)
    _require_separate(unknowns, rho)
    scales = dict(zip(rows.tolist(), scale.tolist(), strict=True))
    return _node(frozenset(scales), unknowns, scales, rho)


def _unknowns(terms: list[Term], rows: Ints) -> list[_Unknown]:
    """Return the variables of a group; each must enter all its rows alike."""
    uses: dict[tuple[str, str], list[tuple[float, Distribution | None, int]]] = {}
    for term in terms:
        for row, label, size in zip(
            rows.tolist(), term.labels[rows].tolist(), term.size[rows].tolist(), strict=True
        ):
            if size:
                uses.setdefault((term.name, label), []).append((size, term.shape, row))
    out = []
    for (name, label), users in uses.items():
        size, shape, _ = users[0]
        if any(u[:2] != (size, shape) for u in users):
            raise _NotNested(f"{name} enters rows that share it ({label!r}) with different sizes")
        out.append(_Unknown(name, label, size, shape, frozenset(u[2] for u in users)))
    return out


def _require_separate(unknowns: list[_Unknown], rho: dict[frozenset[str], float]) -> None:
    """Refuse correlated variables unless both are lognormal factors of the same rows."""
    for a, b in itertools.combinations(unknowns, 2):
        if a.label != b.label or not rho.get(frozenset((a.name, b.name))):
            continue
        if a.rows != b.rows or a.shape is not None or b.shape is not None:
            raise _NotNested(
                f"{a.name} and {b.name} are correlated and not lognormal factors alike"
            )


def _node(
    rows: frozenset[int],
    unknowns: list[_Unknown],
    scales: dict[int, float],
    rho: dict[frozenset[str], float],
) -> Node:
    own = [u for u in unknowns if u.rows == rows]
    sd, factors = _own_factors(own, rho)
    if len(rows) == 1:
        return Node(scales[next(iter(rows))], sd, factors)
    blocks = _blocks(rows, [u for u in unknowns if u.rows != rows])
    children = [_node(block, inside, scales, rho) for block, inside in blocks]
    total = math.fsum(c.scale for c in children)
    if all(c.constant for c in children):
        return Node(total, sd, factors)
    return Node(total, sd, factors, tuple(sorted(children, key=lambda c: c.order)))


def _own_factors(
    own: list[_Unknown], rho: dict[frozenset[str], float]
) -> tuple[float, tuple[LogFactor, ...]]:
    normal = [u for u in own if u.shape is None]
    parts = [u.size**2 for u in normal]
    for a, b in itertools.combinations(normal, 2):
        if a.label == b.label:
            parts.append(2 * rho.get(frozenset((a.name, b.name)), 0.0) * a.size * b.size)
    factors = [LogFactor(u.shape, u.size) for u in own if u.shape is not None]
    kept = sorted((f for f in factors if not f.constant), key=repr)
    return math.sqrt(max(math.fsum(parts), 0.0)), tuple(kept)


def _blocks(
    rows: frozenset[int], unknowns: list[_Unknown]
) -> list[tuple[frozenset[int], list[_Unknown]]]:
    """Split rows into the largest sets that share an unknown, each with all its unknowns."""
    blocks: list[tuple[frozenset[int], list[_Unknown]]] = []
    at: dict[int, int] = {}
    for unknown in sorted(unknowns, key=lambda u: -len(u.rows)):
        held = {at.get(row, -1) for row in unknown.rows}
        if held == {-1}:
            at.update(dict.fromkeys(unknown.rows, len(blocks)))
            blocks.append((unknown.rows, [unknown]))
        elif len(held) == 1:
            blocks[held.pop()][1].append(unknown)
        else:
            raise _NotNested(
                f"the rows that share {unknown.name} ({unknown.label!r}) are not nested"
            )
    return blocks + [(frozenset([row]), []) for row in sorted(rows) if row not in at]
