"""What a layout will do to a table: our meanings under its header, and how cells are rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from wbe.errors import UnitError
from wbe.io.header import SEARCHED_ROWS, Column, Header, group_of, header_at, split_unit
from wbe.io.layout.check import RESULT_FIELDS
from wbe.io.layout.files import Layout, header_key, row_of, spellings
from wbe.io.notation import in_order, in_points
from wbe.io.tables import Sheet
from wbe.io.text import Refused
from wbe.io.words import plain, squeezed
from wbe.units import normalise

NUMBER_FIELDS = frozenset({
    *RESULT_FIELDS, "flow", "flow_rsd", "population", "population_rsd", "rain_24h_mm",
    "rain_72h_mm", "domestic_share", "cigarettes", "duration_h", "lon", "lat", "storage_temp",
}) - {"status"}  # fmt: skip
DATE_FIELDS = frozenset({"date", "start", "end", "population_date", "analysed_date"})


@dataclass(frozen=True)
class Plan:
    """What is done to the rows of one table.

    Attributes
    ----------
    layout : Layout
    header : Header
        With our meanings under the laboratory's texts, constants behind the last column.
    width : int
        Number of columns that stand in the file.
    kinds : tuple of str
        For each of these ``result``, ``number``, ``date``, ``text`` or ``skip``.
    fill : tuple of int
        Columns to fill down, the outermost first.
    constants : tuple of str
        Texts behind every row.
    spreadsheet : bool
        Whether numbers are typed, so that their decimal mark is a point whatever the layout says.
    """

    layout: Layout
    header: Header
    width: int
    kinds: tuple[str, ...]
    fill: tuple[int, ...]
    constants: tuple[str, ...]
    spreadsheet: bool

    def rewrite(self, column: int, text: str) -> tuple[str, str]:
        """One cell in our notation, and the rule that refuses it or "".

        Depends on nothing but the text and the column, so that each distinct text needs it once.
        """
        kind = self.kinds[column] if column < self.width else "text"
        if kind == "skip":
            return "", ""
        if not text or text.isspace():
            return text, ""
        layout = self.layout
        if kind == "date":
            return in_order(text, layout.date_order), ""
        if kind == "result" and (limit := _word(layout.nondetect, text)):
            return f"<{limit.upper()}", ""
        if kind in ("result", "number"):
            if not (layout.decimal == "," or layout.thousands):
                return text, ""
            return in_points(text, layout.decimal or ".", layout.thousands, self.spreadsheet)
        return _word(layout.words, text) or text, ""

    def leaves_out(self, cells: Sequence[str]) -> bool:
        """Whether the layout skips a row: its first text begins with one of the words."""
        first = next((cell for cell in cells if cell and not cell.isspace()), "")
        return bool(first) and plain(first).startswith(_plain_words(self.layout.skip_rows))


def plan_for(layout: Layout, sheet: Sheet) -> Plan:
    """Plan what is done to a table, from its first rows.

    Parameters
    ----------
    layout : Layout
    sheet : Sheet
        With at least the rows in which a header is looked for.

    Returns
    -------
    Plan

    Raises
    ------
    Refused
        ``layout_not_fitting``, ``layout_constant_twice`` or ``layout_unit_differs``.
    """
    fit = row_of(layout, sheet.rows[:SEARCHED_ROWS], sheet.name)
    if fit is None:
        raise Refused("layout_not_fitting", layout=layout.name, missing=", ".join(layout.needed))
    general = header_at(sheet, fit.row, layout.header_rows)
    line = sheet.lines[fit.row]
    groups = _groups(sheet, general)
    columns = [_meant(layout, column, groups[column.index], line) for column in general.columns]
    _check_constants(layout, columns, line)
    width = len(columns)
    kinds = tuple(_kind(layout, column) for column in columns)
    constants = [
        Column(width + i, name, "field", name) for i, name in enumerate(layout.constants)
    ]  # fmt: skip
    header = replace(general, columns=[*columns, *constants], width=width)
    return Plan(layout, header, width, kinds, _fill_columns(layout, columns),
                tuple(layout.constants.values()), sheet.spreadsheet)  # fmt: skip


def _groups(sheet: Sheet, header: Header) -> list[str]:
    """Text of the upper header above every column, carried to the right; "" of a single row."""
    if header.depth == 1:
        return [""] * len(header.columns)
    above, groups = "", []
    for column in header.columns:
        upper = sheet.cell(header.row, column.index).strip()
        below = sheet.cell(header.row + 1, column.index).strip()
        above = upper or above
        groups.append(above if below and below == column.text else "")
    return groups


def _meant(layout: Layout, column: Column, group: str, line: int) -> Column:
    """A column with the layout's meaning; what the layout leaves open keeps the general one."""
    if column.kind == "personal" or not column.text.strip():
        return column
    own = spellings(column.text)
    meaning = layout.meaning([*(f"{group} > {text}" for text in own if group), *own])
    if meaning is None:
        return column
    matrix, of_group = _of_group(layout, group)
    unit = _unit_of(column.text) or of_group
    if meaning.unit and unit and not _same_unit(meaning.unit, unit):
        raise Refused("layout_unit_differs", line=line, layout=layout.name, column=column.text,
                      unit=unit, expected=meaning.unit)  # fmt: skip
    unit = unit or meaning.unit or (column.unit if column.kind != "unknown" else "")
    matrix = column.matrix or (matrix if meaning.kind == "analyte" else "")
    return replace(meaning, index=column.index, text=column.text, matrix=matrix,
                   unit="" if meaning.kind == "blank" else unit or column.unit)  # fmt: skip


def _unit_of(text: str) -> str:
    """Unit that a header states; "" if it states none."""
    unit = split_unit(plain(text))[1]
    return unit if unit and _canonical(unit) else ""


def _of_group(layout: Layout, group: str) -> tuple[str, str]:
    """Kind of matrix and unit that an upper header states."""
    base, unit = split_unit(plain(group))
    known = group_of(_word(layout.words, base) or base)
    return known[0] if known else "", unit if unit and _canonical(unit) else ""


@lru_cache(maxsize=512)
def _canonical(unit: str) -> str:
    try:
        return normalise(unit)
    except UnitError:
        return ""


def _same_unit(first: str, second: str) -> bool:
    return first == second or _canonical(first) == _canonical(second)


def _check_constants(layout: Layout, columns: Sequence[Column], line: int) -> None:
    stated = {c.id: c.text for c in columns if c.kind == "field"}
    for name in layout.constants:
        if name in stated:
            raise Refused("layout_constant_twice", line=line, layout=layout.name, field=name,
                          column=stated[name])  # fmt: skip


def _kind(layout: Layout, column: Column) -> str:
    if column.kind == "blank":
        known = {header_key(h) for h, c in layout.columns.items() if c.kind == "blank"}
        named = column.text and {header_key(s) for s in spellings(column.text)} & known
        return "skip" if named else "text"
    if column.kind in ("analyte", "limit") or column.id in ("concentration", "load", "pn_load"):
        return "result"
    if column.kind != "field":
        return "text"
    if column.id in ("lod", "loq"):
        return "result"
    if column.id in NUMBER_FIELDS:
        return "number"
    return "date" if column.id in DATE_FIELDS else "text"


def _fill_columns(layout: Layout, columns: Sequence[Column]) -> tuple[int, ...]:
    where = {header_key(s): c.index for c in reversed(columns) for s in spellings(c.text) if s}
    keys = (header_key(header.rpartition(" > ")[2]) for header in layout.fill_down)
    return tuple(where[key] for key in keys if key in where)


@lru_cache(maxsize=64)
def _plain_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain(word) for word in words)


def _word(words: Mapping[str, str], text: str) -> str:
    """What a layout's word stands for; "" if it is none."""
    if not words:
        return ""
    return _squeezed_words(tuple(words.items())).get(squeezed(text), "")


@lru_cache(maxsize=64)
def _squeezed_words(words: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {squeezed(word): ours for word, ours in words}
