"""A picture of ours against theirs: SVG without a drawing library, small however many the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIDE: Final = 300
"""Length of an axis [px]."""
TICKS: Final = 4
"""Ticks of an axis that is not logarithmic, at least."""


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands [px], and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Scatter:
    """Published values across, ours upwards, on the same axis.

    Attributes
    ----------
    agreeing, other : str
        Paths of the points, each a stroke of no length.
    ticks : tuple of Tick
        Of both axes, from the lower left corner.
    logarithmic : bool
    left_out : int
        Rows without a place: not a number, or not positive on a logarithmic axis.
    """

    agreeing: str
    other: str
    ticks: tuple[Tick, ...]
    logarithmic: bool
    left_out: int


def scatter(ours: Floats, published: Floats, agree: NDArray[np.bool_]) -> Scatter | None:
    """Return the picture of a table.

    Parameters
    ----------
    ours, published : ndarray (row,)
        In the same unit.
    agree : ndarray (row,) of bool

    Returns
    -------
    Scatter or None
        None where fewer than two rows have a place.

    Notes
    -----
    Logarithmic where no more than a tenth of the rows is zero or negative. Points that fall on
    the same pixel are drawn once.
    """
    known = np.isfinite(ours) & np.isfinite(published)
    positive = known & (ours > 0) & (published > 0)
    logarithmic = bool(positive.sum() >= 0.9 * max(known.sum(), 1))
    shown = positive if logarithmic else known
    if shown.sum() < 2:
        return None
    change: Callable[[Floats], Floats] = np.log10 if logarithmic else np.asarray
    x, y = change(published[shown]), change(ours[shown])
    low, high = _ends(np.concatenate([x, y]), logarithmic)
    place = np.round(SIDE * (np.column_stack([x, y]) - low) / (high - low)).astype(int)
    fits = agree[shown]
    ticks = _decades(low, high) if logarithmic else _steps(low, high)
    return Scatter(
        _path(place[fits]), _path(place[~fits]), ticks, logarithmic, int(len(ours) - shown.sum())
    )


def _ends(values: Floats, logarithmic: bool) -> tuple[float, float]:
    """Return the ends of the axis: whole decades, or a margin of a twentieth."""
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        low, high = math.floor(low), math.ceil(high)
        return float(low), float(high if high > low else low + 1)
    margin = (high - low) / 20 or 1.0
    return low - margin, high + margin


def _path(points: NDArray[np.int_]) -> str:
    unique = sorted({(int(x), SIDE - int(y)) for x, y in points})
    return "".join(f"M{x} {y}h0" for x, y in unique)


def _decades(low: float, high: float) -> tuple[Tick, ...]:
    exponents = range(round(low), round(high) + 1)
    by = max(1, math.ceil(len(exponents) / 7))
    return tuple(
        Tick(SIDE * (e - low) / (high - low), f"{10.0**e:g}") for e in list(exponents)[::by]
    )


def _steps(low: float, high: float) -> tuple[Tick, ...]:
    """Return ticks at multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(s * power for s in (1, 2, 5) if s * power <= rough)
    first = math.ceil(low / step)
    marks = [k * step for k in range(first, math.floor(high / step) + 1)]
    return tuple(Tick(SIDE * (m - low) / (high - low), f"{m:g}") for m in marks)


def keys_shown(keys: Sequence[str], most: int = 6) -> str:
    """Return the first of several keys, and how many more there are.

    Examples
    --------
    >>> keys_shown(["a", "b", "c"], most=2)
    'a, b, +1'
    """
    more = len(keys) - most
    return ", ".join(keys[:most]) + (f", +{more}" if more > 0 else "")
