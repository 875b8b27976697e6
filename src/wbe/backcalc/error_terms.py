"""Errors of the calculation's rows, as the error model states them: size, shape, who shares them.

The level of a component says which label its unknown has; rows with the same label share it. Some
unknowns belong to something besides: an analytical bias to a laboratory *and* an analyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.arrays import Samples
from wbe.errors import ConfigError, UsageError
from wbe.uncertainty import Distribution, ErrorModel, Lognormal, Term, default_model
from wbe.uncertainty.model import ELSEWHERE, Component, Problem, read_table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

COORDINATES = {
    "mode": "mode", "population_basis": "basis", "matrix": "matrix", "analyte": "analyte",
}  # fmt: skip
"""What `when` may ask for -> attribute of `Samples`.

No name of a place or a laboratory is among them: the table stands in what is published.
"""

ITEMS = {
    "analysis_bias": "analyte",
    "repeatability": "analyte",
    "marker_calibration": "marker",
    "marker_between": "marker",
    "water_between": "marker",
    "excretion": "factor row",
    "dose": "dose row",
}
"""Components whose unknown belongs to one of these as well as to their level."""

ONE_FOR_ALL = ("excretion", "dose", "marker_calibration")
"""Components that are one unknown for everybody, because one published number is used for all."""

OF_THE_CAMPAIGN = (*ONE_FOR_ALL, "marker_between", "water_between")
"""Components that are read once for the campaign: lognormal, and without `when`."""

_WHO = {
    "lab": "lab", "area": "area", "area_visit": "visit", "site": "site", "sample": "sample",
}  # fmt: skip


def terms(
    s: Samples,
    component: str,
    i: Ints,
    j: Ints,
    *,
    rsd: Floats | None = None,
    live: Flags | None = None,
    divides: bool = False,
) -> list[Term]:
    """Return the errors of one component: one term for lognormals, one for each other shape.

    Parameters
    ----------
    s : Samples
    component : str
    i, j : ndarray (row,) of int
        Sample and analyte of each row.
    rsd : ndarray (row,), optional
        Relative sds that the data state instead of the model's [1]; NaN where they do not.
    live : ndarray (row,) of bool, optional
        Rows that carry the error; all where not given.
    divides : bool
        Whether the factor divides.

    Returns
    -------
    list of Term

    Raises
    ------
    UsageError
        If no row of the component fits a sample, or a stated rsd cannot describe its distribution.
    """
    level = s.model.level(component)
    labels = labels_of(s, level, i, j if ITEMS.get(component) == "analyte" else None)
    size, shaped = _sizes(s.model.of(component), _fitting(s, component, i, j), rsd, live)
    sign = -1.0 if divides else 1.0
    found = []
    if size.any() or not shaped:
        found.append(Term(component, level, labels, sign * size))
    for shape, rows in shaped.items():
        found.append(Term(component, level, labels, np.where(rows, sign, 0.0), shape))
    return found


def labels_of(s: Samples, level: str, i: Ints, j: Ints | None = None) -> Strings:
    """Return who shares an unknown of a level, for each row.

    Parameters
    ----------
    s : Samples
    level : str
        A level of the error model. A sample without a visit or a date shares with no other;
        samples without a laboratory or an area count as one laboratory and one area.
    i : ndarray (row,) of int
        Samples.
    j : ndarray (row,) of int, optional
        Analytes, where the unknown belongs to an analyte as well.

    Returns
    -------
    ndarray (row,) of str
    """
    if j is None:
        return _who(s, level)[i]
    if not len(i) or (j != j[0]).any():
        return joined(_who(s, level)[i], s.analyte[j])
    key = (level, int(j[0]))  # written once an analyte, then kept
    if key not in s.written:
        who = _who(s, level)
        s.written[key] = joined(who, np.repeat(s.analyte[j[0]], len(who)))
    return s.written[key][i]


def of_item(s: Samples, level: str, i: Ints, item: str) -> Strings:
    """Return who shares an unknown of a level and of one thing more: a marker."""
    name = np.full(len(i), item)
    return name if level == "global" else joined(_who(s, level)[i], name)


def joined(a: Strings, b: Strings) -> Strings:
    """Return ``a|b`` of every row."""
    return np.array([f"{x}|{y}" for x, y in zip(a, b, strict=True)], dtype=str)


def _who(s: Samples, level: str) -> Strings:
    """Return the label of a level for every sample."""
    if level in ("area_visit", "site_day", "global"):
        key = (level, -1)
        if key not in s.written:
            s.written[key] = _made(s, level)
        return s.written[key]
    labels: Strings = getattr(s, _WHO[level])
    return labels


def _made(s: Samples, level: str) -> Strings:
    if level == "global":
        return np.full(len(s.sample), "all")
    own = np.char.add("|", s.sample)  # a name that no visit and no day has
    if level == "area_visit":
        return np.where(s.visit != "", s.visit, own)
    day = s.time.astype("datetime64[s]").astype("datetime64[D]").astype(str)
    known = s.time != np.iinfo(np.int64).min
    return np.where(known, joined(s.site, day), own)


def _fitting(s: Samples, component: str, i: Ints, j: Ints) -> Ints:
    """Return for each row the number of the first row of the component that holds for it."""
    stated = s.model.of(component)
    if stated and not stated[0].when:
        return np.zeros(len(i), dtype=np.intp)
    which = np.full(len(i), -1)
    for k, row in enumerate(stated):
        hit = which < 0
        if row.when:
            hit &= _coordinate(s, row.coordinate, i, j) == row.when.partition("=")[2]
        which[hit] = k
    lost = np.flatnonzero(which < 0)
    if len(lost):
        asked = {row.coordinate: "" for row in s.model.of(component)}
        at = slice(lost[0], lost[0] + 1)
        s.model.row(component, {n: str(_coordinate(s, n, i[at], j[at])[0]) for n in asked})
    return which


def _coordinate(s: Samples, name: str, i: Ints, j: Ints) -> Strings:
    values: Strings = getattr(s, COORDINATES[name])
    return values[j if name == "analyte" else i]


def _sizes(
    rows: tuple[Component, ...], which: Ints, rsd: Floats | None, live: Flags | None
) -> tuple[Floats, dict[Distribution, Flags]]:
    """Return log-sds of the lognormal rows, and who carries each other shape."""
    size, shaped = np.zeros(len(which)), dict[Distribution, Flags]()
    stated = np.zeros(len(which), dtype=bool) if rsd is None else ~np.isnan(rsd)
    for k in range(len(rows)):
        here = which == k if live is None else (which == k) & live
        if not here.any():
            continue
        if rows[k].distribution == "lognormal":
            size[here] = rows[k].log_sd
            if rsd is not None:
                size[here & stated] = np.sqrt(np.log1p(rsd[here & stated] ** 2))
            continue
        groups = [(None, here & ~stated)]
        if rsd is not None:
            groups += [(x, here & (rsd == x)) for x in np.unique(rsd[here & stated]).tolist()]
        for value, at in groups:
            shape = rows[k].error(value) if at.any() else None
            if shape is not None and not isinstance(shape, Lognormal):  # that is: not exact
                shaped[shape] = shaped[shape] | at if shape in shaped else at
    return size, shaped


def problems(model: ErrorModel) -> Iterator[Problem]:
    """Yield what an edited error model says that no draw would keep.

    Parameters
    ----------
    model : ErrorModel
    """
    known = {c.component: c for c in default_model().components}
    for row in model.components:
        if row.component not in known:
            there = ", ".join(known)
            yield Problem(row, "component", f"no error is called {row.component!r}; it has {there}")
            continue
        yield from _changes(row, known[row.component])
    if lost := sorted(set(known) - {c.component for c in model.components}):
        why = f"the error model lacks {', '.join(lost)}; a spread of 0 removes one"
        yield Problem(model.components[-1] if model.components else None, "component", why)
    yield from model.problems()
    for pair in model.correlations:
        items = {ITEMS.get(name, "") for name in (pair.a, pair.b)}
        if "water_between" in (pair.a, pair.b) or items & {"factor row", "dose row"}:
            why = f"{pair.a} and {pair.b} never have one label; nothing would be correlated"
            yield Problem(pair, "partner", why)
        elif len(items) > 1:
            why = f"{pair.a} and {pair.b} never have one label: one of them is drawn by analyte"
            yield Problem(pair, "partner", why)


def _changes(row: Component, default: Component) -> Iterator[Problem]:
    """Yield what cannot be edited in a row."""
    name = row.component
    if row.term != default.term:
        why = f"{name} belongs to {default.term} and cannot be moved to {row.term!r}"
        yield Problem(row, "term", why)
    if name in ONE_FOR_ALL and row.level != default.level:
        why = f"{name} is one number for everybody: its level is {default.level}, not {row.level}"
        yield Problem(row, "level", why)
    if (default.measure in ELSEWHERE or not row.is_stated) and row.measure != default.measure:
        why = f"the size of {name} is stated by {default.measure}, not by {row.measure}"
        yield Problem(row, "measure", why)
    if name in OF_THE_CAMPAIGN and row.distribution != default.distribution:
        why = f"{name} is {default.distribution} and cannot be {row.distribution}"
        yield Problem(row, "distribution", why)
    if row.when and name in OF_THE_CAMPAIGN:
        yield Problem(row, "when", f"{name} is one number for the campaign; leave when empty")
    elif row.when and ("=" not in row.when or row.coordinate not in COORDINATES):
        why = f"{name}: when is {row.when!r}; write one of {', '.join(COORDINATES)}, = and a value"
        yield Problem(row, "when", why)


def require_usable(model: ErrorModel) -> None:
    """Check that an edited error model says only what the calculation keeps.

    Raises
    ------
    UsageError
        With the first problem.
    """
    for problem in problems(model):
        raise UsageError(f"error model, column {problem.column}: {problem.message}")


def read_error_model(path: str | Path) -> ErrorModel:
    """Read an edited error model and check it.

    Parameters
    ----------
    path : str or Path
        CSV of the columns of `ErrorModel.to_csv`.

    Raises
    ------
    ConfigError
        With file, line and column of the first row that cannot be used.
    """
    file = Path(path)
    model, lines = read_table(file)
    for problem in problems(model):
        line = None if problem.row is None else lines.get(problem.row)
        raise ConfigError(problem.message, file.name, problem.column, line)
    return model


__all__ = [
    "COORDINATES", "ITEMS", "joined", "labels_of", "of_item", "problems", "read_error_model",
    "require_usable", "terms",
]  # fmt: skip
