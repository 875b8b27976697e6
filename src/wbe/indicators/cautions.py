"""What must be said with every comparison of wastewater and statistics, as ids with sentences.

The sentences stand in ``texts.csv`` under ``indicators.caution.<id>``. An agreement of two series
that are not independent confirms neither of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe import names
from wbe.errors import UsageError

SMALL: Final = 5
"""Counts below this are small cells: unstable, and not published."""
CAUTIONS: Final = (
    "effort", "circular_sites", "circular_sweeps", "targeted", "mixed_units",
    "definition_changed", "windows_differ", "small_cells", "regression_to_mean",
    "several_lags", "several_indicators", "uncertainty_not_carried",
)  # fmt: skip
"""In the order in which they are printed. ``effort`` goes with every result."""


def in_order(found: Iterable[str]) -> tuple[str, ...]:
    """Return cautions in their order, ``effort`` always among them.

    Raises
    ------
    UsageError
        If one is not a word of `CAUTIONS`.

    Examples
    --------
    >>> in_order(["targeted"])
    ('effort', 'targeted')
    """
    asked = {"effort", *found}
    if unknown := sorted(asked - set(CAUTIONS)):
        raise UsageError(f"{unknown[0]!r} is no caution: {', '.join(CAUTIONS)}")
    return tuple(c for c in CAUTIONS if c in asked)


def caution_text(caution: str, language: str = "en") -> str:
    """Return the sentence of a caution.

    Parameters
    ----------
    caution : str
        A word of `CAUTIONS`.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If either is none.

    Examples
    --------
    >>> caution_text("mixed_units", "zh")
    '“人次”与“人”不是同一口径：同一人可多次计入人次。'
    """
    if caution not in CAUTIONS or language not in names.LANGUAGES:
        raise UsageError(f"there is no caution {caution!r} in language {language!r}")
    return names.text(f"indicators.caution.{caution}", language)


def cautions_of(
    *,
    counts: ArrayLike = (),
    units: Sequence[str] = (),
    definitions: Sequence[str] = (),
    days: ArrayLike = (),
    groups: Sequence[str] = (),
    sites_by_suspicion: bool = False,
    sweeps_by_tier: bool = False,
    chosen_high: bool = False,
) -> tuple[str, ...]:
    """Return the cautions that a set of counts calls for.

    Parameters
    ----------
    counts : array_like (n,) [1]
        NaN unknown.
    units : sequence of str
        ``persons``, ``person_times``, ``cases``; more than one is a mixture.
    definitions : sequence of str
        Versions of the definition; "" unstated.
    days : array_like [days]
        Lengths of the windows, of the counts and of the samples beside them.
    groups : sequence of str
        Groups that the counts were confined to; "" is everybody.
    sites_by_suspicion : bool
        Sites were placed where suspicion was. Their samples have no part in an agreement; that
        they exist says how places were chosen.
    sweeps_by_tier : bool
        Searches were sent to where the water was high.
    chosen_high : bool
        The areas were chosen because one of the values was high.

    Returns
    -------
    tuple of str
        Words of `CAUTIONS`, ``effort`` always first.

    Raises
    ------
    UsageError
        If a unit is unknown, or a count or length is negative.

    Examples
    --------
    >>> from wbe import indicators
    >>> indicators.cautions_of(counts=[3, 40], units=["persons"], chosen_high=True)
    ('effort', 'small_cells', 'regression_to_mean')
    """
    k, windows = np.asarray(counts, dtype=float), np.asarray(days, dtype=float)
    lengths = windows[np.isfinite(windows)]
    found = {
        "circular_sites": sites_by_suspicion,
        "circular_sweeps": sweeps_by_tier,
        "targeted": any(groups),
        "mixed_units": len(set(units) - {""}) > 1,
        "definition_changed": len(set(definitions)) > 1,
        # months differ by three days, years by one: no two windows of a kind by a tenth
        "windows_differ": bool(len(lengths)) and bool(lengths.max() > 1.11 * lengths.min()),
        "small_cells": bool((k[np.isfinite(k)] < SMALL).any()),
        "regression_to_mean": chosen_high,
    }
    return in_order(name for name, holds in found.items() if holds)


def mask_of(by_suspicion: ArrayLike | None, n: int) -> NDArray[np.bool_]:
    """Return which areas rest on sites placed by suspicion, shape (n,); none where not told.

    Raises
    ------
    UsageError
        If there is not one value an area.
    """
    if by_suspicion is None:
        return np.zeros(n, dtype=bool)
    found = np.asarray(by_suspicion, dtype=bool)
    if found.shape != (n,):
        raise UsageError(f"by_suspicion has shape {found.shape} for {n} areas")
    return found


def kept_areas(
    areas: Sequence[str], left: dict[str, NDArray[np.bool_]]
) -> tuple[NDArray[np.intp], tuple[tuple[str, str], ...]]:
    """Return positions of the areas that take part, and (area, reason) of those left out.

    Parameters
    ----------
    areas : sequence of str (n,)
    left : dict of str to ndarray (n,) of bool
        Reason to the areas that it leaves out; the first reason counts.

    Raises
    ------
    UsageError
        If an area is named twice.
    """
    if len(set(areas)) != len(areas):
        raise UsageError("an area is named twice: give one value an area")
    why = [next((r for r, where in left.items() if where[i]), "") for i in range(len(areas))]
    kept = np.array([i for i, reason in enumerate(why) if not reason], dtype=np.intp)
    return kept, tuple((str(a), r) for a, r in zip(areas, why, strict=True) if r)
