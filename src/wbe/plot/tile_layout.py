"""Where the tiles of a schematic stand: in rows, as given, or near where the areas are.

All layouts are arrays in, arrays out, and give the same places for the same areas in any order of
rows only where the caller sorts them first.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

Places = tuple[NDArray[np.intp], NDArray[np.intp]]

_WIDE = 1.5
"""Columns by rows of a layout that follows no place; judgement: names are wider than high."""


def in_rows(n: int, columns: int | None = None) -> Places:
    """Return rows and columns of tiles set in reading order.

    Parameters
    ----------
    n : int
        Tiles, at least 1.
    columns : int, optional
        By default so many that the picture is about one and a half times as wide as high.

    Returns
    -------
    tuple of two ndarray (tile,) of int
        Row and column, from 0 at the upper left.

    Examples
    --------
    >>> [part.tolist() for part in in_rows(5, 3)]
    [[0, 0, 0, 1, 1], [0, 1, 2, 0, 1]]
    """
    wide = columns if columns is not None else math.ceil(math.sqrt(_WIDE * n))
    if n < 1 or wide < 1:
        raise UsageError(f"{n} tiles in {wide} columns: give at least one of either")
    at = np.arange(n, dtype=np.intp)
    return at // wide, at % wide


def given(row: ArrayLike, column: ArrayLike) -> Places:
    """Return a layout as given, moved to begin at 0.

    Parameters
    ----------
    row, column : array_like (tile,) of int
        Rows count downwards.

    Returns
    -------
    tuple of two ndarray (tile,) of int

    Raises
    ------
    UsageError
        A place is not a whole number, or two tiles have one place.
    """
    rows, columns = np.asarray(row, dtype=float), np.asarray(column, dtype=float)
    if rows.shape != columns.shape or rows.ndim != 1 or not len(rows):
        raise UsageError("a layout needs one row and one column for each area")
    places = np.stack([rows, columns])
    if not np.isfinite(places).all() or (places != np.round(places)).any():
        raise UsageError("rows and columns of a layout must be whole numbers")
    if np.unique(places, axis=1).shape[1] < len(rows):
        raise UsageError("two areas stand at one row and column of the layout")
    whole = (places - places.min(axis=1, keepdims=True)).astype(np.intp)
    return whole[0], whole[1]


def near(x: ArrayLike, y: ArrayLike) -> Places:
    """Return a grid in which areas stand about where they are.

    Parameters
    ----------
    x, y : array_like (tile,)
        Seats of the areas at one scale: longitudes times the cosine of the latitude, or metres.

    Returns
    -------
    tuple of two ndarray (tile,) of int
        Row (0 in the north) and column (0 in the west). Empty rows and columns are taken out.

    Raises
    ------
    UsageError
        A seat is not known.

    Notes
    -----
    The seats are scaled to a grid of the extent's own shape that has at least one and a half times
    as many cells as areas, and each is given a cell so that the sum of the squared distances is
    least (the assignment problem, solved exactly; Crouse 2016, 10.1109/TAES.2016.140952). Equal
    sums are broken by the order of the areas.
    """
    seats = np.stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    if seats.ndim != 2 or not seats.shape[1] or not np.isfinite(seats).all():
        raise UsageError("every area needs a seat for a layout by place")
    n = seats.shape[1]
    across, down = _shape(n, float(np.ptp(seats[0])), float(np.ptp(seats[1])))
    u = _scaled(seats[0], across)
    v = (down - 1) - _scaled(seats[1], down)
    cells = np.array([(r, c) for r in range(down) for c in range(across)], dtype=float)
    cost = (cells[None, :, 1] - u[:, None]) ** 2 + (cells[None, :, 0] - v[:, None]) ** 2
    # A first seat is served first where two solutions are equal.
    cost += 1e-9 * np.arange(n)[:, None] * np.arange(len(cells))[None, :] / (n * len(cells))
    from scipy.optimize import linear_sum_assignment

    _, chosen = linear_sum_assignment(cost)
    rows, columns = cells[chosen].astype(np.intp).T
    return _packed(rows), _packed(columns)


def _shape(n: int, width: float, height: float) -> tuple[int, int]:
    """Return columns and rows of a grid of an extent's shape, between 1:3 and 3:1."""
    ratio = min(max(width / height, 1 / 3), 3.0) if width > 0 and height > 0 else 1.0
    down = max(math.ceil(math.sqrt(1.5 * n / ratio)), 1)
    return max(math.ceil(1.5 * n / down), 1), down


def _scaled(values: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Return values on the scale of cells, 0 to the last one; in the middle where all are equal."""
    span = np.ptp(values)
    if span == 0:
        return np.full(len(values), (cells - 1) / 2)
    return np.asarray((values - values.min()) / span * (cells - 1))


def _packed(index: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return indices without gaps: empty rows and columns are taken out."""
    return np.unique(index, return_inverse=True)[1].astype(np.intp)
