"""Errors of a measured value and of a marker's per-capita load, as every route carries them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import error_terms
from wbe.backcalc.arrays import Samples
from wbe.uncertainty import Term

Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


def measured(s: Samples, i: Ints, j: Ints, live: Flags | None = None) -> list[Term]:
    """Return the errors of one measured value: analysis, sampling, visit.

    Parameters
    ----------
    s : Samples
    i, j : ndarray (row,) of int
        Sample and analyte of each row.
    live : ndarray (row,) of bool, optional
        Rows that carry the errors; all where not given.
    """
    visited = s.visit[i] != ""
    return [
        *_analysis(s, i, j, live=live),
        *error_terms.terms(s, "sampling", i, j, live=live),
        *error_terms.terms(s, "visit", i, j, live=visited if live is None else visited & live),
    ]


def marker_reading(s: Samples, i: Ints, column: int, live: Flags) -> list[Term]:
    """Return the errors that a marker of the same bottle adds where it divides.

    Sampling and visit are drawn once, with the residue; only the analysis of the marker adds an
    error, with the opposite sign.
    """
    return _analysis(s, i, np.full(len(i), column), live=live, divides=True)


def marker_load(
    s: Samples, i: Ints, marker: str, live: Flags, *, divides: bool = False
) -> list[Term]:
    """Return the errors of a marker's per-capita load: calibration, and between areas.

    Parameters
    ----------
    s : Samples
    i : ndarray (row,) of int
        Sample of each row.
    marker : str
        A marker of the campaign, or ``water``.
    live : ndarray (row,) of bool
        Rows that use it.
    divides : bool
        Whether the load divides, as in a population.
    """
    stated, name = s.markers[marker], np.full(len(i), marker)
    level = s.model.level("water_between" if marker == "water" else "marker_between")
    shared = error_terms.of_item(s, level, i, marker)
    sign = -1.0 if divides else 1.0
    return [
        Term("marker_calibration", "global", name, np.where(live, sign * stated["se"], 0.0)),
        Term("marker_between", level, shared, np.where(live, sign * stated["between"], 0.0)),
    ]


def _analysis(
    s: Samples, i: Ints, j: Ints, live: Flags | None = None, divides: bool = False
) -> list[Term]:
    return [
        *error_terms.terms(s, "analysis_bias", i, j, live=live, divides=divides),
        *error_terms.terms(s, "repeatability", i, j, rsd=s.rsd[i, j], live=live, divides=divides),
    ]


__all__ = ["marker_load", "marker_reading", "measured"]
