"""Cells of a table that nobody may work out from the others: complementary suppression.

A reader knows more than the cells that are printed: totals, sums over periods, areas that were
merged, rates over a known population. All of these are linear relations between cells. With x the
true cells, S the suppressed ones and A x = b the relations, what a reader can conclude about a
suppressed cell i is the interval

    [min z_i, max z_i]  over  A z = b,  z_j = x_j for j not in S,  low <= z <= high,

two linear programs. `protect` adds cells to S until the interval of every sensitive cell reaches
at least `share` of its value, and `least`, to either side. This is complementary cell suppression
with linear constraints (Fischetti and Salazar 2000, Journal of the American Statistical Association
95, 916-928), here by the linear relaxation of the choice, which need not be the smallest one.
`bounds` is the reader's side of the same statement and is how it is checked.

No integer reasoning: the guarantee is about intervals of real numbers. For sums over one or two
classifications of whole counts the ends of an interval are whole numbers themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMALL_COUNT = 5
"""Counts of persons from 1 to below this are not shown (a usual limit of statistical offices)."""

SHARE = 0.1
"""How far, as a share of its value, the interval of a suppressed cell reaches at least."""

_TINY = 1e-7
_PER_SIZE = 1.0  # a larger cell costs more to lose: its logarithm [cost per e-fold]


@dataclass(frozen=True)
class Sum:
    """One relation that readers know: a whole is the weighted sum of its parts.

    Parameters
    ----------
    whole : int
        Position of the cell of the whole.
    parts : tuple of int
        Positions of its parts.
    weights : tuple of float
        Of the parts; 1 for counts, shares of population for a mean. Empty: all 1.
    """

    whole: int
    parts: tuple[int, ...]
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Protected:
    """What must not be shown.

    Parameters
    ----------
    hidden : array (cell,) of bool
        Sensitive cells and those that protect them.
    sensitive : array (cell,) of bool
        Cells hidden for their own sake. Never published: it would tell the two kinds apart.
    exposed : tuple of int
        Sensitive cells that stay within a narrower interval whatever is hidden, because of the
        public limits alone.
    """

    hidden: Mask
    sensitive: Mask
    exposed: tuple[int, ...]


def sums_of(
    table: pd.DataFrame,
    column: str,
    wholes: Mapping[str, Sequence[str]],
    keys: Sequence[str],
    weights: Mapping[str, float] | None = None,
) -> list[Sum]:
    """Find the sums that hold between the rows of a table, for every combination of its keys.

    Totals over areas, years over quarters, and areas of a later list over those of an earlier one
    are all of this kind.

    Parameters
    ----------
    table : DataFrame (cell)
        One row a cell.
    column : str
        Whose values are wholes and parts: ``area`` or ``period``.
    wholes : mapping of str to sequence of str
        Whole to its parts. Parts without a row are taken for nothing, as a careful reader would.
    keys : sequence of str
        The other columns that tell cells apart.
    weights : mapping of str to float, optional
        Of the parts, for a weighted mean: the whole is their sum over the sum of weights.

    Returns
    -------
    list of Sum
        Positions count rows from 0.

    Raises
    ------
    UsageError
        If two rows of the table are the same cell.

    Examples
    --------
    >>> import pandas as pd
    >>> t = pd.DataFrame({"area": ["A", "B", "all"], "period": "2018Q1", "count": [3, 9, 12]})
    >>> sums_of(t, "area", {"all": ["A", "B"]}, ["period"])
    [Sum(whole=2, parts=(0, 1), weights=(1.0, 1.0))]
    """
    names = table[[column, *keys]].astype(str).itertuples(index=False, name=None)
    where: dict[tuple[str, ...], dict[str, int]] = {}
    for position, (name, *key) in enumerate(names):
        here = where.setdefault(tuple(key), {})
        if name in here:
            raise UsageError(f"{column} {name!r} stands twice in the table for {tuple(key)}")
        here[name] = position
    found = []
    for here in where.values():
        for whole, parts in wholes.items():
            held = [part for part in parts if part in here]
            if whole in here and held:
                own = _weights(held, weights)
                found.append(Sum(here[whole], tuple(here[part] for part in held), own))
    return found


def _weights(parts: Sequence[str], weights: Mapping[str, float] | None) -> tuple[float, ...]:
    if weights is None:
        return (1.0,) * len(parts)
    total = sum(weights[part] for part in parts)
    return tuple(weights[part] / total for part in parts)


def bounds(
    values: ArrayLike,
    hidden: ArrayLike,
    sums: Sequence[Sum],
    *,
    low: float = 0.0,
    high: float = np.inf,
) -> tuple[Floats, Floats]:
    """Work out what a reader can conclude about every hidden cell.

    Parameters
    ----------
    values : array_like (cell,)
        The true cells; NaN where there is none, which is known to readers.
    hidden : array_like (cell,) of bool
        Cells that are not shown.
    sums : sequence of Sum
        Relations that readers know.
    low, high : float
        Public limits of every cell: a count is not below 0.

    Returns
    -------
    tuple of array (cell,)
        Lower and upper end; the value itself where it is shown.
    """
    x = np.asarray(values, dtype=float)
    is_hidden = np.asarray(hidden, dtype=bool) & np.isfinite(x)
    lower, upper = x.copy(), x.copy()
    matrix = _matrix(sums, x)
    for cells in _groups(matrix, is_hidden):
        rows = matrix[:, cells]
        rows = rows[np.abs(rows).max(axis=1) > 0] if len(rows) else rows
        free = [(min(low - x[j], 0.0), max(high - x[j], 0.0)) for j in cells]
        for k, j in enumerate(cells):
            lower[j] = x[j] + _extreme(rows, free, k, +1)
            upper[j] = x[j] + _extreme(rows, free, k, -1)
    return lower, upper


def protect(
    values: ArrayLike,
    sensitive: ArrayLike,
    sums: Sequence[Sum],
    *,
    least: float = 0.0,
    share: float = SHARE,
    low: float = 0.0,
    high: float = np.inf,
) -> Protected:
    """Hide the sensitive cells and as many others as keep anyone from working them out.

    Parameters
    ----------
    values : array_like (cell,)
        The cells; NaN where there is none.
    sensitive : array_like (cell,) of float or bool
        When a cell becomes sensitive: cells of lower numbers are protected first, NaN never. What
        one stage hides stays hidden in the next, so that a higher limit, which only adds stages
        at the end, never reveals a cell. True and False stand for one stage and never.
    sums : sequence of Sum
        Relations that readers know.
    least : float
        Distance by which the interval must reach beyond the value at least, besides `share`;
        `SMALL_COUNT` for counts.
    share : float
        The same as a share of the value.
    low, high : float
        Public limits of every cell. No interval needs to reach beyond them.

    Returns
    -------
    Protected
        Every sensitive cell that is not in ``exposed`` has `bounds` that reach at least
        max(`share` |x|, `least`) above it, and as far below it as `low` allows.

    Examples
    --------
    >>> protect([3, 9, 40, 52], [True, False, False, False], [Sum(3, (0, 1, 2))],
    ...         least=5).hidden.tolist()
    [True, True, False, False]
    """
    x = np.asarray(values, dtype=float)
    stages = _stages(sensitive, len(x))
    own: Mask = np.isfinite(stages) & np.isfinite(x)
    hidden = np.zeros(len(x), dtype=bool)
    matrix = _matrix(sums, x)
    exposed = []
    for stage in np.unique(stages[own]):
        now = np.flatnonzero(own & (stages == stage))
        hidden[now] = True
        # Those of earlier stages keep their intervals: hiding more only widens them.
        for i in now:
            exposed += (
                [] if _cover(int(i), x, matrix, hidden, share, least, low, high) else [int(i)]
            )
    return Protected(hidden, own, tuple(exposed))


def small_counts(counts: ArrayLike, least: int = SMALL_COUNT) -> Mask:
    """Tell which counts are too small to be shown: 1 to below `least`. Zero says nobody.

    Examples
    --------
    >>> small_counts([0, 1, 4, 5, float("nan")]).tolist()
    [False, True, True, False, False]
    """
    x = np.asarray(counts, dtype=float)
    return np.asarray((x > 0) & (x < least))


def _stages(sensitive: ArrayLike, n: int) -> Floats:
    given = np.asarray(sensitive)
    if given.dtype == bool:
        given = np.where(given, 0.0, np.nan)
    if given.shape != (n,):
        raise UsageError(f"sensitive has the shape {given.shape}, not one number a cell ({n})")
    return np.asarray(given, dtype=float)


def _matrix(sums: Sequence[Sum], x: Floats) -> Floats:
    """Coefficients of the relations; a cell without a value takes no part in any."""
    matrix = np.zeros((len(sums), len(x)))
    for row, relation in zip(matrix, sums, strict=True):
        weights = relation.weights or (1.0,) * len(relation.parts)
        for part, weight in zip(relation.parts, weights, strict=True):
            row[part] += weight
        row[relation.whole] -= 1.0
    matrix[:, ~np.isfinite(x)] = 0.0
    return matrix


def _groups(matrix: Floats, member: Mask) -> list[list[int]]:
    """Cells that relations tie together, each group by itself: small programs instead of one."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    cells = np.flatnonzero(member)
    if not len(cells):
        return []
    used = np.abs(matrix[:, cells]) > 0
    _, label = connected_components(csr_matrix(used.T @ used), directed=False)
    return [cells[label == k].tolist() for k in np.unique(label)]


def _extreme(rows: Floats, free: list[tuple[float, float]], k: int, sign: int) -> float:
    """Least (+1) or largest (-1) change of cell k that all relations allow."""
    from scipy.optimize import linprog

    objective = np.zeros(len(free))
    objective[k] = sign
    equal: dict[str, Any] = {}
    if len(rows):
        equal = {"A_eq": rows, "b_eq": np.zeros(len(rows))}
    solved = linprog(objective, bounds=free, method="highs", **equal)
    if solved.status == 3:  # unbounded
        return -sign * np.inf
    return float(sign * solved.fun)


def _cover(
    i: int,
    x: Floats,
    matrix: Floats,
    hidden: Mask,
    share: float,
    least: float,
    low: float,
    high: float,
) -> bool:
    """Hide further cells, in place, until cell i can lie as far off as it must."""
    wanted = max(share * abs(x[i]), least)
    covered = True
    for sign, room in ((+1, high - x[i]), (-1, x[i] - low)):
        distance = min(wanted, room)
        if distance <= 0:
            continue
        chosen = _cheapest(i, sign * distance, x, matrix, hidden, low, high)
        if chosen is None:
            covered = False
            hidden |= _tied(i, matrix)
        else:
            hidden[chosen] = True
    return covered


def _cheapest(
    i: int, shift: float, x: Floats, matrix: Floats, hidden: Mask, low: float, high: float
) -> NDArray[np.intp] | None:
    """Cells to hide so that z_i = x_i + shift fits all relations, at the least cost.

    minimise  sum c_j (up_j + down_j)  over  A (up - down) = 0,  up_i - down_i = shift,
    0 <= up_j <= high - x_j,  0 <= down_j <= x_j - low.
    """
    from scipy.optimize import linprog

    cells = np.flatnonzero(_tied(i, matrix) & np.isfinite(x))
    k, n = int(np.flatnonzero(cells == i)[0]), len(cells)
    rows = matrix[:, cells]
    rows = rows[np.abs(rows).max(axis=1) > 0] if len(rows) else rows
    # The position in the table decides between equals, so that a choice is always the same.
    cost = 1.0 + _PER_SIZE * np.log1p(np.abs(x[cells])) + 1e-4 * np.arange(n) / n
    cost = np.where(hidden[cells], 0.0, cost)
    moved = np.zeros((1, 2 * n))
    moved[0, k], moved[0, n + k] = 1.0, -1.0
    solved = linprog(
        np.concatenate([cost, cost]),
        A_eq=np.vstack([np.hstack([rows, -rows]), moved]),
        b_eq=np.concatenate([np.zeros(len(rows)), [shift]]),
        bounds=[(0, max(high - v, 0.0)) for v in x[cells]]
        + [(0, max(v - low, 0.0)) for v in x[cells]],
        method="highs",
    )
    if solved.status != 0:
        return None
    change = np.abs(solved.x[:n] - solved.x[n:])
    return cells[change > _TINY * abs(shift)]


def _tied(i: int, matrix: Floats) -> Mask:
    """Cells that relations tie to cell i, directly or through others; itself among them."""
    found = np.zeros(matrix.shape[1], dtype=bool)
    found[i] = True
    while True:
        rows = (np.abs(matrix[:, found]) > 0).any(axis=1)
        grown = found | (np.abs(matrix[rows]) > 0).any(axis=0)
        if (grown == found).all():
            return found
        found = grown
