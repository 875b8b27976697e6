"""What a converted table may look like: tidy, wide, or the columns of a laboratory's layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from wbe import names
from wbe.errors import UnitError, UsageError
from wbe.io.convert.entries import (
    RESULT_FIELDS,
    SAMPLE_FIELDS,
    SOLIDS,
    SOURCE_FIELDS,
    Entries,
    Entry,
)
from wbe.io.header import VALUE_FIELDS, Column, classify, group_of, split_unit
from wbe.io.layout.files import Layout
from wbe.io.notation import is_unit, same_unit
from wbe.io.samples import contained
from wbe.io.words import plain
from wbe.units import scale

#: Fields whose words have a name in each language, and the kind of ``names.csv`` that lists them.
WORDS = {"matrix": "matrix", "mode": "mode", "population_basis": "basis"}


@dataclass
class Target:
    """Columns to fill.

    Attributes
    ----------
    columns : list of Column
        Header and meaning.
    groups : list of str
        Upper header of each column of a two-level header; empty of a single one.
    layout : Layout or None
        Of a laboratory; None for tidy and wide.
    lost : dict of str to int
        What finds no column, and how many cells of it.
    """

    columns: list[Column]
    groups: list[str] = field(default_factory=list)
    layout: Layout | None = None
    lost: dict[str, int] = field(default_factory=dict)

    def lose(self, what: str) -> None:
        """Count a cell that finds no column."""
        self.lost[what] = self.lost.get(what, 0) + 1


def _used(entries: Entries, name: str) -> bool:
    return any(name in e.sample for e in entries.items)


def _sample_columns(entries: Entries) -> Iterator[Column]:
    for name in SAMPLE_FIELDS:
        if _used(entries, name):
            unit = entries.units.get(name, "")
            yield Column(-1, f"{name} ({unit})" if unit else name, "field", name, unit)


def tidy(entries: Entries) -> list[Column]:
    """Columns of the contract's long table, those that hold anything."""
    sample = list(_sample_columns(entries))
    values = [n for n in VALUE_FIELDS if any(n in e.values for e in entries.items)]
    columns = [c for c in sample if c.id in ("sample_id", "site", "area", "date", "start", "end")]
    columns.append(Column(-1, "analyte", "field", "analyte"))
    for order, name in enumerate(values or ["concentration"]):
        unit = entries.units.get(name, "") if order else ""
        columns.append(Column(-1, f"{name} ({unit})" if unit else name, "field", name, unit))
        if not order:
            columns.append(Column(-1, "unit", "field", "unit"))
    for name in ("lod", "loq"):
        if any(name in e.limits for e in entries.items):
            columns.append(Column(-1, name, "field", name))
    stated = {n for e in entries.items for n in e.more}
    status = entries.wide and any(is_blank(e) for e in entries.items)
    for name in RESULT_FIELDS:
        if (name in stated and name not in entries.others) or (name == "status" and status):
            unit = entries.units.get(name, "")
            columns.append(Column(-1, f"{name} ({unit})" if unit else name, "field", name, unit))
    columns += [c for c in sample if c not in columns]
    places = [n for n in SOURCE_FIELDS if any(e.source.get(n) for e in entries.items)]
    columns += [Column(-1, name, "field", name) for name in places]
    return [*columns, *(Column(-1, text) for text in entries.others)]


def is_blank(entry: Entry) -> bool:
    """Whether nothing stands in any cell of a result."""
    return not any(entry.values.values())


def wide(entries: Entries) -> Target:
    """One column an analyte, with the first unit that is one; solids under their own header.

    A result whose analyte is not known has a column where its header means nothing else.
    """
    units: dict[tuple[str, str], str] = {}
    limits: dict[tuple[str, str], set[str]] = {}
    for entry in entries.items:
        key = (entry.analyte, _group(entry))
        if not units.get(key):
            units[key] = entry.unit if is_unit(entry.unit) else ""
        limits.setdefault(key, set()).update(entry.limits)
    two = len({group for _, group in units}) > 1
    target = Target(list(_sample_columns(entries)))
    target.groups = [""] * len(target.columns)
    for (analyte, group), unit in sorted(units.items(), key=lambda item: item[0][1] != ""):
        matrix = (group or "liquid") if two else ""
        text = f"{analyte} ({unit})" if unit else analyte
        own = [Column(-1, text, "analyte", analyte, unit, matrix)]
        for name in sorted(limits[analyte, group]) if not two else ():
            header = f"{analyte} {name} ({unit})" if unit else f"{analyte} {name}"
            own.append(Column(-1, header, "limit", analyte, unit, matrix, name))
        if analyte not in names.ids("analyte") and any(_means_something(c.text) for c in own):
            continue
        target.columns += own
        target.groups += [{"": "", "liquid": "water"}.get(matrix, matrix)] * len(own)
    target.columns += [Column(-1, text) for text in entries.others]
    target.groups += [""] * len(entries.others)
    return target


def _means_something(header: str) -> bool:
    return not header or classify(header).kind != "unknown"


def _group(entry: Entry) -> str:
    matrix = contained("matrix", entry.sample.get("matrix", ""))
    return matrix if matrix in SOLIDS else ""


def of_layout(layout: Layout, entries: Entries) -> Target:
    """The columns of a layout by which it is known, and those that hold anything.

    Raises
    ------
    UsageError
        If the layout is known by headers that it gives no meaning, or says of all rows what is not
        true of all.
    """
    if layout.form:
        raise UsageError(f"the layout {layout.name} is read, not written; use {layout.form}")
    if layout.match and set(layout.match) - set(layout.columns):
        missing = ", ".join(sorted(set(layout.match) - set(layout.columns)))
        raise UsageError(
            f"the layout {layout.name} gives {missing} no meaning: it cannot be written"
        )
    columns, groups = [], []
    for header, column in layout.columns.items():
        upper, mark, lower = header.rpartition(" > ")
        unit = column.unit or split_unit(plain(lower))[1]
        if mark and not column.unit:
            unit = unit or split_unit(plain(upper))[1]
        matrix = _matrix_of(upper) if mark else ""
        columns.append(replace(column, text=lower if mark else header, unit=unit, matrix=matrix))
        groups.append(upper)
    _check_constants(layout, entries)
    kept = [i for i, column in enumerate(columns) if _is_wanted(layout, column, groups[i], entries)]
    return Target([columns[i] for i in kept], [groups[i] for i in kept], layout)


def _is_wanted(layout: Layout, column: Column, group: str, entries: Entries) -> bool:
    """Whether a layout's column is written: the layout is known by it, or it holds something."""
    header = f"{group} > {column.text}" if group else column.text
    if header in layout.needed:
        return True
    name = column.id
    if column.kind in ("analyte", "limit"):
        of_it = [e for e in entries.items if e.analyte == name and fits(column, e)]
        is_analyte = column.kind == "analyte"
        return bool(of_it) if is_analyte else any(column.limit in e.limits for e in of_it)
    if name in VALUE_FIELDS:
        return any(name in e.values for e in entries.items)
    if name in ("lod", "loq"):
        return any(name in e.limits for e in entries.items)
    if name in ("analyte", "unit", "status"):
        return name != "status" or entries.wide or any(name in e.more for e in entries.items)
    beside = {"town": "area", "date": "start"}.get(name, name)
    return any(
        e.sample.get(name) or e.sample.get(beside) or e.more.get(name) for e in entries.items
    )


def _matrix_of(group: str) -> str:
    found = group_of(group)
    return found[0] if found else ""


def _check_constants(layout: Layout, entries: Entries) -> None:
    """What the layout says of all rows must be true of all rows."""
    for name, text in layout.constants.items():
        kind = WORDS.get(name)
        for entry in entries.items:
            own = entry.unit if name == "unit" else entry.sample.get(name, "")
            same = own == text or (
                kind is not None and names.resolve(kind, own) == names.resolve(kind, text)
            )
            if name == "analyte":
                same = entry.analyte == names.resolve("analyte", text)
            if name == "unit":
                same = factor_between(own, text) is not None
            if not same:
                raise UsageError(
                    f"the layout {layout.name} holds {name} = {text} only, and line {entry.line} "
                    f"of {entries.file} says {own or 'nothing'}"
                )


def fits(column: Column, entry: Entry) -> bool:
    """Whether a column of a group holds results of this kind of sample."""
    return not column.matrix or column.matrix == (_group(entry) or "liquid")


def factor_between(given: str, wanted: str) -> Decimal | None:
    """Factor from one unit to another; None where there is none."""
    try:
        if same_unit(given, wanted):
            return Decimal(1)
        return Decimal(repr(scale(given, wanted)))
    except UnitError:
        return None
