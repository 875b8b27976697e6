"""Results back to a table: tidy, wide, or in the layout of a laboratory.

A target is a list of columns, each with its header and its meaning. Texts are placed, not computed;
only where a column has one unit and a result another is the number in the text multiplied, in
decimal, so that 1.86 ug/L becomes 1860 ng/L and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from wbe import names
from wbe.io.cells import read_quantity, read_result
from wbe.io.convert.entries import RESULT_FIELDS, SOURCE_FIELDS, Entries, Entry
from wbe.io.convert.targets import (
    WORDS,
    Target,
    factor_between,
    fits,
    is_blank,
    of_layout,
    tidy,
    wide,
)
from wbe.io.header import VALUE_FIELDS, Column
from wbe.io.layout.files import Layout
from wbe.io.layout.plan import NUMBER_FIELDS
from wbe.io.notation import computed, in_commas
from wbe.io.quality_rows import rpd_factor
from wbe.io.quantities import QUANTITIES
from wbe.io.words import plain

LONG = ("tidy", "long")
#: What is lost of a result that no column of a wide table could be named for.
NAMELESS = "results without an analyte"
_NUMBER = re.compile(r"(?<![0-9.eE])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
#: A status that a table without a column for it writes into the cell: ``{}`` is the number.
_AS_CELL = {"below_lod": "<LOD({})", "below_loq": "<LOQ({})", "above_range": ">{}"}
_AS_WORD = {"below_lod": "<LOD", "below_loq": "<LOQ", "missing": "NA", "not_measured": ""}


@dataclass
class Grid:
    """A table to be written.

    Attributes
    ----------
    name : str
        Of the sheet.
    heads : list of list of str
        One header row, or two.
    rows : list of list of str
    numbers : set of int
        Columns whose plain numbers are numbers in a workbook.
    lost : dict of str to int
        What could not be placed, and how many cells of it.
    """

    name: str
    heads: list[list[str]]
    rows: list[list[str]]
    numbers: set[int] = field(default_factory=set)
    lost: dict[str, int] = field(default_factory=dict)


def grid_of(entries: Entries, target: str | Layout) -> Grid:
    """The table of some results.

    Parameters
    ----------
    entries : Entries
    target : str or Layout
        ``tidy`` (or ``long``), ``wide``, or a layout that names every column it can carry.

    Returns
    -------
    Grid

    Raises
    ------
    UsageError
        If the layout cannot be written, or holds one constant and the results another.
    """
    if isinstance(target, Layout):
        aim = of_layout(target, entries)
        long = any(c.id == "analyte" for c in aim.columns) or "analyte" in target.constants
    else:
        long = target in LONG
        aim = Target(tidy(entries)) if long else wide(entries)
    rows = list(_long_rows(entries, aim)) if long else list(_wide_rows(entries, aim))
    _note_unplaced(entries, aim, long)
    heads = [[c.text for c in aim.columns]]
    if any(aim.groups):
        heads = _two_heads(aim)
    numbers = {
        i for i, c in enumerate(aim.columns)
        if c.kind in ("analyte", "limit") or c.id in NUMBER_FIELDS
    }  # fmt: skip
    if aim.layout is not None and aim.layout.decimal == ",":
        rows = [
            [in_commas(c) if i in numbers else c for i, c in enumerate(row)] for row in rows
        ]  # fmt: skip
    return Grid(entries.sheet, heads, rows, numbers, aim.lost)


def _two_heads(target: Target) -> list[list[str]]:
    """Upper and lower header: a column without a group stands in the upper one."""
    upper, lower, before = [], [], ""
    for column, group in zip(target.columns, target.groups, strict=True):
        upper.append((group if group != before else "") if group else column.text)
        lower.append(column.text if group else "")
        before = group
    return [upper, lower]


def _long_rows(entries: Entries, target: Target) -> Iterator[list[str]]:
    for entry in entries.items:
        yield [_cell(target, entries, entry, column) for column in target.columns]


def _cell(target: Target, entries: Entries, entry: Entry, column: Column) -> str:
    """What a column of a long table says about a result."""
    name = column.id
    if column.kind != "field":
        return entry.more.get(column.text, "")
    has_unit = any(c.id == "unit" for c in target.columns)
    if name in VALUE_FIELDS or name in ("lod", "loq"):
        main = next(iter(entry.values))
        text = entry.values.get(name, "") if name in VALUE_FIELDS else entry.limits.get(name, "")
        if name in VALUE_FIELDS and name == main and not any(
            c.id == "status" for c in target.columns
        ):  # fmt: skip
            text = _with_status(target, entry, text)
            if not any(c.id in ("lod", "loq") for c in target.columns):
                text = _with_limit(entry, text)
        if name in VALUE_FIELDS and name != main:
            return text
        if has_unit and not column.unit:
            return text
        return _in_unit(text, entry.unit, _unit_for(target, column))
    if name == "unit":
        return entry.unit
    if name in SOURCE_FIELDS:
        return entry.source.get(name, "")
    if name == "analyte":
        return _shown(target, "analyte", entry.analyte)
    if name == "status":
        own = entry.more.get(name, "")
        return own or ("not_measured" if entries.wide and is_blank(entry) else "")
    if name in RESULT_FIELDS:
        return _stated(entries, entry, column, entry.more.get(name, ""))
    return _sample_cell(target, entries, entry, column)


def _unit_for(target: Target, column: Column) -> str:
    """Unit of a column of results: its own, that of the value beside it, the layout's."""
    if column.unit:
        return column.unit
    beside = next((c.unit for c in target.columns if c.id in VALUE_FIELDS and c.unit), "")
    return beside or (target.layout.constants.get("unit", "") if target.layout else "")


def _sample_cell(target: Target, entries: Entries, entry: Entry, column: Column) -> str:
    name = column.id
    text = entry.sample.get(name, "")
    if name == "town":
        text = entry.sample.get("area", "")
    if not text and name == "date":
        text = entry.sample.get("start", "")
    if name in WORDS:
        return _shown(target, WORDS[name], text)
    if name == "flow":
        beside = any(c.id == "flow_unit" for c in target.columns)
        if beside and not column.unit:
            return text
        return _in_unit(text, entry.sample.get("flow_unit", ""), column.unit)
    if name == "flow_unit" and not entry.sample.get("flow"):
        return ""
    return _stated(entries, entry, column, text) if name in NUMBER_FIELDS else text


def _stated(entries: Entries, entry: Entry, column: Column, text: str) -> str:
    """A number of a field whose header may state a unit; without one it has ours."""
    ours = QUANTITIES.get(column.id, ("", False))[0]
    given, wanted = entries.units.get(column.id, "") or ours, column.unit or ours
    if column.id == "duplicate_rpd" and entries.rpd != (theirs := rpd_factor(column.text)):
        text = rescale(text, Decimal(entries.rpd) / Decimal(theirs)) or text
    if given == "%" != wanted and _PLAIN.fullmatch(text):
        return f"{text}%"
    return _in_unit(text, given, wanted)


def _shown(target: Target, kind: str, text: str) -> str:
    """Our word in the language of the layout, where it leads back to itself."""
    if target.layout is None or target.layout.language != "zh" or text not in names.ids(kind):
        return text
    shown = names.display(kind, text, "zh")
    return shown if names.resolve(kind, shown) == text else text


def _wide_rows(entries: Entries, target: Target) -> Iterator[list[str]]:
    """One row a portion of sewage; a second result of one analyte begins a second row."""
    groups: dict[tuple[object, ...], list[Entry]] = {}
    places: set[tuple[object, ...]] = set()
    for entry in entries.items:
        key: tuple[object, ...] = _portion(entries, entry)
        again = 0
        while (key, again, entry.analyte) in places:
            again += 1
        places.add((key, again, entry.analyte))
        groups.setdefault((key, again), []).append(entry)
    for members in groups.values():
        yield _wide_row(entries, target, members)


def _portion(entries: Entries, entry: Entry) -> tuple[object, ...]:
    """What the results of one row share: the row itself, or all that is said of the sample."""
    said = tuple(sorted((k, v) for k, v in entry.sample.items() if k != "note"))
    control = entry.sample.get("note", "") if not entries.wide else ""
    return (entry.row, said) if entries.wide else (said, control)


def _wide_row(entries: Entries, target: Target, members: Sequence[Entry]) -> list[str]:
    first = members[0]
    by_analyte = {e.analyte: e for e in members}
    cells = []
    for column in target.columns:
        entry = by_analyte.get(column.id)
        if column.kind == "analyte":
            right = entry is not None and fits(column, entry)
            cells.append(_wide_cell(target, entry, column) if entry and right else "")
        elif column.kind == "limit":
            text = entry.limits.get(column.limit, "") if entry and fits(column, entry) else ""
            cells.append(_in_unit(text, entry.unit if entry else "", column.unit))
        elif column.kind == "field":
            cells.append(_sample_cell(target, entries, first, column))
        else:
            cells.append(_other(target, column.text, members))
    return cells


def _other(target: Target, header: str, members: Sequence[Entry]) -> str:
    """A column of unknown meaning, where all results of the row agree on it."""
    texts = {e.more.get(header, "") for e in members}
    if len(texts) > 1:
        target.lose(header)
        return ""
    return texts.pop()


def _wide_cell(target: Target, entry: Entry, column: Column) -> str:
    text = _with_status(target, entry, entry.values.get("concentration", ""))
    if not _limit_column(target, entry):
        text = _with_limit(entry, text)
    if target.layout is None and not column.unit and entry.unit and text and not _own_unit(text):
        return f"{text} {entry.unit}"  # no result of the column has a unit that its header can say
    return _in_unit(text, entry.unit, column.unit)


def _with_status(target: Target, entry: Entry, text: str) -> str:
    """The status of a result in its cell, for a table that has no column of it."""
    stated = names.resolve("status", entry.more.get("status", "")) or ""
    if not stated or stated == "quantified":
        return text
    if stated in _AS_CELL and _PLAIN.fullmatch(text) and float(text) > 0:
        return _AS_CELL[stated].format(text)
    if stated in ("below_lod", "below_loq") and any(c.isdigit() for c in text):
        return text
    if stated in _AS_WORD and (stated != "not_measured" or entry.values):
        return _AS_WORD[stated]
    target.lose("status")
    return text


def _limit_column(target: Target, entry: Entry) -> bool:
    return any(c.kind == "limit" and c.id == entry.analyte for c in target.columns)


def _with_limit(entry: Entry, text: str) -> str:
    """A non-detect with the limit it lies below, for a table that has no column of limits."""
    limit = _limit_in_cell(entry, text)
    return f"<{limit.upper()}({entry.limits[limit]})" if limit else text


def _limit_in_cell(entry: Entry, text: str) -> str:
    reading = read_result(text)
    if reading.kind != "nondetect" or not math.isnan(reading.value):
        return ""
    stated = [n for n in (reading.limit, "loq") if _PLAIN.fullmatch(entry.limits.get(n, ""))]
    return stated[0] if stated else ""


def _own_unit(text: str) -> bool:
    """Whether a cell states its unit itself, which then counts wherever it stands."""
    return bool(read_result(text).unit or read_quantity(text).unit)


def _in_unit(text: str, given: str, wanted: str) -> str:
    """A cell whose number has the unit of its column."""
    if not text or not wanted or not given or given == wanted or _own_unit(text):
        return text
    factor = factor_between(given, wanted)
    if factor == 1:
        return text
    rescaled = None if factor is None else rescale(text, factor)
    if rescaled is not None:
        return rescaled
    if _NUMBER.search(text) is None:
        return text  # a word has no unit
    return f"{text} {given}"


def rescale(text: str, factor: Decimal) -> str | None:
    """The one number in a text multiplied; None where there is not just one plain number.

    Examples
    --------
    >>> rescale("<1.86", Decimal(1000)), rescale("1-2", Decimal(10))
    ('<1860', None)
    """
    found = _NUMBER.findall(plain(text))
    if len(found) != 1:
        return None
    shown = computed(Decimal(found[0]) * factor)
    return _NUMBER.sub(shown, plain(text), count=1)


# what found no place


def _note_unplaced(entries: Entries, target: Target, long: bool) -> None:
    """Count every stated text that no column of the target carries."""
    placed = {c.id for c in target.columns if c.kind == "field"}
    headers = {c.text for c in target.columns}
    constants = set(target.layout.constants) if target.layout else set()
    for entry in entries.items:
        for what in _texts_of(entry, long):
            if not _has_place(what, placed | constants, headers, target, entry):
                of_analyte = what == "concentration" and not long
                target.lose((entry.analyte or NAMELESS) if of_analyte else what)


def _texts_of(entry: Entry, long: bool) -> Iterable[str]:
    values = [name for name, text in entry.values.items() if text]
    found = [*values, *entry.sample, *entry.more]
    return found + [name for name in entry.limits if entry.limits[name]]


def _has_place(
    what: str, placed: set[str], headers: set[str], target: Target, entry: Entry
) -> bool:
    if what in placed or what in headers or what == "status":
        return True
    if what == "area":
        return "town" in placed or entry.sample.get("site") == entry.sample.get("area")
    if what == "site":
        return entry.sample.get("site") == entry.sample.get("area") and "town" in placed
    if what == "start":
        return "date" in placed
    if what == "flow_unit":
        return any(c.id == "flow" and c.unit for c in target.columns)
    if what == "concentration":
        return any(c.kind == "analyte" and c.id == entry.analyte for c in target.columns)
    if what in ("lod", "loq"):
        text = _with_status(target, entry, next(iter(entry.values.values()), ""))
        if not placed & {"lod", "loq"} and _limit_in_cell(entry, text) == what:
            return True
        return any(
            c.kind == "limit" and c.id == entry.analyte and c.limit == what for c in target.columns
        )
    return False
