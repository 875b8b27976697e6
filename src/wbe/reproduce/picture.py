"""Pictures of ours against theirs: SVG without a drawing library, small however many the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIDE: Final = 300
"""Length of an axis [px]."""
STRIP: Final = 220
"""Length of the axis of a strip [px]."""
MARKS: Final = 3
"""Ticks of a logarithmic axis, at least, where there are so many rounded numbers."""
DIGITS: Final = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
"""First digits of its ticks, coarse to fine."""
TICKS: Final = 4
"""Ticks of an axis that is not logarithmic, at least."""


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands [px], its text, and the exponent of a power of ten."""

    at: float
    text: str
    raised: str = ""


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
    missing : int
        Rows without a place, because ours or the published value is missing.
    not_positive : int
        Rows with both values, but without a place on a logarithmic axis: one is zero or less.
    """

    agreeing: str
    other: str
    ticks: tuple[Tick, ...]
    logarithmic: bool
    missing: int
    not_positive: int


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
        _path(place[fits]), _path(place[~fits]), ticks, logarithmic, int((~known).sum()),
        int((known & ~shown).sum()),
    )  # fmt: skip


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
    return tuple(Tick(SIDE * (e - low) / (high - low), *_power(e)) for e in list(exponents)[::by])


def _power(exponent: int) -> tuple[str, str]:
    """Return a power of ten in full while that is short, else ten and the exponent."""
    plain = f"{10.0**exponent:g}"
    return ("10", str(exponent).replace("-", "−")) if "e" in plain else (plain, "")


def _steps(low: float, high: float) -> tuple[Tick, ...]:
    marks = _multiples(low, high)
    return tuple(Tick(SIDE * (m - low) / (high - low), f"{m:g}") for m in marks)


def _multiples(low: float, high: float) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten between two numbers."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(s * power for s in (1, 2, 5) if s * power <= rough)
    first = math.ceil(low / step)
    return [float(f"{k * step:.12g}") for k in range(first, math.floor(high / step) + 1)]


@dataclass(frozen=True)
class Strip:
    """Results of several choices on one axis, each in a line of its own.

    Attributes
    ----------
    points : tuple of float
        Where each result stands [px]; NaN where there is none.
    standing : tuple of float
        Both ends of where the conclusion stands [px].
    published : float
        Where the published number stands [px].
    ticks : tuple of Tick
    """

    points: tuple[float, ...]
    standing: tuple[float, float]
    published: float
    ticks: tuple[Tick, ...]


def strip(results: Floats, published: float, holds: Mapping[str, Any]) -> Strip:
    """Return the picture of a claim.

    Parameters
    ----------
    results : ndarray (choice,)
        NaN where there is none; zero and less have no place either.
    published : float
        Positive, in the same unit.
    holds : mapping
        Where the conclusion stands, as in `wbe.reproduce.claims.Claim`.

    Returns
    -------
    Strip
        Logarithmic: factors multiply.
    """
    [(rule, limit)] = holds.items()
    limits = np.atleast_1d(np.asarray(limit, dtype=float))
    results = np.where(results > 0, results, np.nan)
    known = np.concatenate([results[np.isfinite(results)], [published], limits])
    low, high = float(np.log10(known.min())), float(np.log10(known.max()))
    margin = max(0.06 * (high - low), 0.03)
    low, high = low - margin, high + margin

    def place(values: Floats) -> Floats:
        out: Floats = np.round(STRIP * (np.log10(values) - low) / (high - low), 1)
        return out

    ends = place(limits).tolist()
    inside = {"above": (ends[0], float(STRIP)), "below": (0.0, ends[0])}.get(
        rule, (ends[0], ends[-1])
    )
    marks = np.array(plain_ticks(10**low, 10**high))
    ticks = tuple(Tick(at, f"{m:g}") for at, m in zip(place(marks).tolist(), marks, strict=True))
    [published_at] = place(np.array([published])).tolist()
    return Strip(tuple(place(results).tolist()), inside, published_at, ticks)


def plain_ticks(low: float, high: float) -> list[float]:
    """Return rounded numbers between two positive ones, for a logarithmic axis.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    list of float
        The coarsest that are `MARKS` at least; multiples of a step where the ends are near.

    Examples
    --------
    >>> plain_ticks(0.4, 60), plain_ticks(6, 30), plain_ticks(0.98, 1.22)
    ([1.0, 3.0, 10.0, 30.0], [7.0, 10.0, 15.0, 20.0, 30.0], [1.0, 1.05, 1.1, 1.15, 1.2])
    """
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in DIGITS:
        marks = [float(f"{d}e{e}") for e in exponents for d in digits]
        inside = [mark for mark in marks if low <= mark <= high]
        if len(inside) >= MARKS:
            return inside
    return _multiples(low, high)


def keys_shown(keys: Sequence[str], most: int = 6, language: str = "en") -> str:
    """Return the first of several keys, and how many more there are, parted as in a language.

    Examples
    --------
    >>> keys_shown(["a", "b", "c"], most=2)
    'a, b, +1'
    """
    more = [f"+{len(keys) - most}"] if len(keys) > most else []
    return ("、" if language == "zh" else ", ").join([*keys[:most], *more])
