"""Our value of each row of a table, with what the rounding of its inputs allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe import units
from wbe.errors import ConfigError
from wbe.factors import Factor, load_set
from wbe.factors.table import excretion_rows
from wbe.reproduce import rounding
from wbe.reproduce.methods import METHODS, Method, names
from wbe.reproduce.rows import Row
from wbe.reproduce.study import FILE, Study, StudyTable

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

FACTORS: Final = ("excretion", "molar_mass_ratio")


@dataclass(frozen=True)
class Computed:
    """Values of a table's rows.

    Attributes
    ----------
    value, lower, upper : ndarray (row,)
        Ours, and the ends that the rounding of the inputs allows.
    """

    value: Floats
    lower: Floats
    upper: Floats

    def take(self, at: NDArray[np.intp]) -> Computed:
        """Return some rows."""
        return Computed(self.value[at], self.lower[at], self.upper[at])


def computed(study: Study, table: StudyTable, rows: Sequence[Row]) -> Computed:
    """Compute every row of a table by the method it names.

    Parameters
    ----------
    study : Study
    table : StudyTable
    rows : sequence of dict

    Returns
    -------
    Computed

    Raises
    ------
    ConfigError
        If the method is unknown, or an argument or label is missing or cannot be read.
    """
    method = _method(study, table)
    values = {
        name: argument(study, table, rows, name, stated)
        for name, stated in (table.arguments or {}).items()
    }
    halves = {
        name: _half_widths(study, table, rows, name, stated)
        for name, stated in (table.rounded or {}).items()
    }
    labels = {name: _label(rows, stated) for name, stated in (table.labels or {}).items()}

    def run(x: Mapping[str, Floats]) -> Floats:
        out = method.compute(x, labels) * table.scale
        return np.log10(out) if table.log10 else out

    return _enclosed(run, values, halves, table.together)


def _enclosed(
    run: Callable[[Mapping[str, Floats]], Floats],
    values: Mapping[str, Floats],
    halves: Mapping[str, Floats],
    together: Sequence[Sequence[str]],
) -> Computed:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = run(values)
        low, high = rounding.enclosure(run, values, halves, together)
    return Computed(value, low, high)


def _method(study: Study, table: StudyTable) -> Method:
    shown, key = f"{study.key}/{FILE}", f"table {table.name!r}: method"
    if table.method not in METHODS:
        raise ConfigError(f"{table.method!r} is none of {names()}", shown, key)
    method = METHODS[table.method]
    stated = {**(table.arguments or {}), **(table.labels or {})}
    if missing := [name for name in (*method.arguments, *method.labels) if name not in stated]:
        text = f"{table.method} needs {', '.join(missing)}"
        raise ConfigError(text, shown, f"table {table.name!r}: arguments")
    return method


def argument(
    study: Study, table: StudyTable, rows: Sequence[Row], name: str, stated: Any
) -> Floats:
    """Return one argument of every row, in the unit of the method.

    Parameters
    ----------
    study : Study
    table : StudyTable
    rows : sequence of dict
    name : str
    stated : str, number or mapping
        As in `StudyTable.arguments`.

    Raises
    ------
    ConfigError
        If a column is missing, or a mapping is neither a conversion nor a factor.

    Notes
    -----
    ``column`` with ``over``, a factor row, is a published consumption over the correction factor
    that made it: the load behind it.
    """
    if isinstance(stated, int | float):
        return np.full(len(rows), float(stated))
    if isinstance(stated, str):
        return _column(study, table, rows, stated)
    if "constant" in stated:
        return np.full(len(rows), _constant(study, str(stated["constant"])))
    if "factor" in stated:
        return _factor(study, rows, str(stated["factor"]), str(stated["drug"]))
    if "over" in stated:
        made = {name: value for name, value in stated.items() if name != "over"}
        consumed = argument(study, table, rows, name, made if "from" in made else made["column"])
        return consumed / factor_row(str(stated["over"]), f"{study.key}/{FILE}").correction_factor
    if {"column", "from", "to"} <= set(stated):
        by = units.scale(stated["from"], stated["to"])
        return _column(study, table, rows, stated["column"]) * by
    text = f"{stated} is neither a column with units nor a factor"
    raise ConfigError(text, f"{study.key}/{FILE}", f"table {table.name!r}: {name}")


def factor_row(factor_id: str, shown: str) -> Factor:
    """Return a row of the factor tables.

    Raises
    ------
    ConfigError
        If there is none of this id.
    """
    rows = excretion_rows()
    if factor_id not in rows:
        raise ConfigError(f"{factor_id!r} is no row of the factor tables", shown, "rows")
    return rows[factor_id]


def _column(study: Study, table: StudyTable, rows: Sequence[Row], column: str) -> Floats:
    if rows and column not in rows[0]:
        text = f"table {table.name!r} reads a column that is missing: {column}"
        raise ConfigError(text, f"{study.key}/{table.inputs}", column)
    return np.array([rounding.number(row[column]) for row in rows])


def _factor(study: Study, rows: Sequence[Row], what: str, column: str) -> Floats:
    """Return a factor of each row's drug and residue, from the set that the study names."""
    if what not in FACTORS:
        raise ConfigError(f"{what!r} is none of {', '.join(FACTORS)}", f"{study.key}/{FILE}")
    table = load_set(study.factor_set).rows
    by_id = {str(index): float(row[what]) for index, row in table.iterrows()}
    found = []
    for row in rows:
        own = [value for index, value in by_id.items() if index.startswith(f"{row[column]}|")]
        if len(own) != 1:
            text = f"the set {study.factor_set!r} has {len(own)} factors for {row[column]!r}"
            raise ConfigError(text, f"{study.key}/{FILE}", "factor_set")
        found.append(own[0])
    return np.array(found)


def _constant(study: Study, name: str) -> float:
    """Return a number that the study states with its source."""
    for constant in study.constants:
        if constant["name"] == name:
            return float(constant["value"])
    raise ConfigError(f"no [[constant]] is named {name!r}", f"{study.key}/{FILE}", "constant")


def _half_widths(
    study: Study, table: StudyTable, rows: Sequence[Row], name: str, stated: str | float
) -> Floats:
    """Return half of what one argument was rounded to, in the unit of the method."""
    source = (table.arguments or {}).get(name)
    column = source if isinstance(source, str) else (source or {}).get("column")
    if column is None:
        text = "only a column can be rounded"
        raise ConfigError(text, f"{study.key}/{FILE}", f"table {table.name!r}: rounded.{name}")
    half = rounding.halves([row[column] for row in rows], stated)
    if isinstance(source, Mapping):
        half = half * units.scale(source["from"], source["to"])
    return half


def _label(rows: Sequence[Row], stated: str | Sequence[str]) -> Strings:
    columns = [stated] if isinstance(stated, str) else list(stated)
    return np.array(["|".join(row[name] for name in columns) for row in rows], dtype=str)
