"""What printed digits leave open: half a unit of each, carried through an equation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]

MOST: Final = 8
"""Rounded inputs that one equation may have: every further one doubles the corners."""


def number(printed: str) -> float:
    """Return a printed number; of ``<1.12`` its limit, NaN of an empty cell.

    Parameters
    ----------
    printed : str
        Thousands may be parted by commas, as in ``1,246,288``.

    Returns
    -------
    float

    Raises
    ------
    UsageError
        If the text is no number.

    Examples
    --------
    >>> number("<1.12"), number("1,246,288"), number("1.8E+02")
    (1.12, 1246288.0, 180.0)
    """
    digits = _digits(printed)
    if digits in ("", "NA"):
        return math.nan
    try:
        return float(Decimal(digits))
    except InvalidOperation:
        raise UsageError(f"{printed!r} is not a number") from None


def half_unit(printed: str) -> float:
    """Return half a unit of the last printed digit.

    Parameters
    ----------
    printed : str

    Returns
    -------
    float
        In the unit of the number; NaN of an empty cell.

    Raises
    ------
    UsageError
        If the text is no number.

    Examples
    --------
    >>> half_unit("12.0"), half_unit("12"), half_unit("1.8E+02")
    (0.05, 0.5, 5.0)
    """
    if math.isnan(number(printed)):
        return math.nan
    exponent = Decimal(_digits(printed)).as_tuple().exponent
    return 0.5 * 10.0 ** int(exponent)


def halves(printed: Sequence[str], stated: str | float) -> Floats:
    """Return half of what each of several numbers was rounded to.

    Parameters
    ----------
    printed : sequence of str
    stated : str or float
        ``printed``: the last digit as it stands; a number: half of a step that all share, where
        final zeros were lost or the step is no power of ten.

    Raises
    ------
    UsageError
        If `stated` is another text.
    """
    if isinstance(stated, int | float):
        return np.full(len(printed), float(stated))
    if stated != "printed":
        raise UsageError(f'{stated!r}: write "printed", or half of the step as a number')
    return np.array([half_unit(text) for text in printed])


def _digits(printed: str) -> str:
    return printed.strip().lstrip("<").replace(",", "").strip()


def enclosure(
    function: Callable[[Mapping[str, Floats]], Floats],
    values: Mapping[str, Floats],
    halves: Mapping[str, Floats],
    together: Sequence[Sequence[str]] = (),
) -> tuple[Floats, Floats]:
    """Return the least and the greatest result that the rounding of the inputs allows.

    Parameters
    ----------
    function : callable
        From the arguments by name, each an array (row,), to one result a row.
    values : mapping of str to ndarray (row,)
        Arguments as printed.
    halves : mapping of str to ndarray (row,)
        Half a unit of the last digit of each rounded argument; those not named are exact.
    together : sequence of sequence of str
        Groups of arguments moved as one, to spare corners. Right only where the function rises
        (or falls) with all of a group.

    Returns
    -------
    tuple of ndarray (row,)
        Lower and upper ends, the result of the printed values among them.

    Raises
    ------
    UsageError
        If a group names an argument that is not rounded, or there are more than `MOST` groups.

    Notes
    -----
    Each input is known to lie within half a unit of what is printed. A function that is monotone
    in each argument, whatever the others are, takes its extremes at corners of the box of inputs:
    2^k evaluations for k groups. Loads, consumptions, doses and means are monotone.

    References
    ----------
    Moore, Kearfott and Cloud 2009, Introduction to Interval Analysis (SIAM), chapter 5

    Examples
    --------
    >>> import numpy as np
    >>> def ratio(x):
    ...     return x["load"] / x["excretion"]
    >>> printed = {"load": np.array([5.18]), "excretion": np.array([0.43])}
    >>> low, high = enclosure(ratio, printed, {"load": np.array([0.005])})
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([12.035], [12.058])
    """
    groups = _groups(halves, together)
    corners = [function(values)]
    for signs in itertools.product((-1.0, 1.0), repeat=len(groups)):
        moved = dict(values)
        for sign, group in zip(signs, groups, strict=True):
            for name in group:
                moved[name] = values[name] + sign * halves[name]
        corners.append(function(moved))
    return np.minimum.reduce(corners), np.maximum.reduce(corners)


def _groups(
    halves: Mapping[str, Floats], together: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """Return the groups of arguments that move as one; an argument in none moves alone."""
    named = [name for group in together for name in group]
    if unknown := sorted(set(named) - set(halves)):
        raise UsageError(f"not rounded, and so not to be moved: {', '.join(unknown)}")
    groups = [tuple(group) for group in together]
    groups += [(name,) for name in halves if name not in named]
    if len(groups) > MOST:
        raise UsageError(f"{len(groups)} rounded inputs; at most {MOST} can move on their own")
    return groups
