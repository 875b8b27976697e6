"""A layout put to a table: its columns get our names and its cells our notation.

What comes out is an ordinary sheet with an ordinary header, so that one reader reads everything;
lines, addresses and header texts stay those of the laboratory's file. A plan is made from the first
rows; each row is then restated by itself, given what was carried down to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.header import SEARCHED_ROWS, Column, Header, group_of, header_at, split_unit
from wbe.io.layout import Layout, header_key, row_of, spellings
from wbe.io.layout_check import RESULT_FIELDS
from wbe.io.notation import in_order, in_points
from wbe.io.tables import Sheet
from wbe.io.text import Refused
from wbe.io.words import plain, squeezed, word_set
from wbe.units import normalise

NUMBER_FIELDS = frozenset({
    *RESULT_FIELDS, "flow", "flow_rsd", "population", "population_rsd", "rain_24h_mm",
    "rain_72h_mm", "domestic_share", "cigarettes", "duration_h", "lon", "lat", "storage_temp",
}) - {"status"}  # fmt: skip
DATE_FIELDS = frozenset({"date", "start", "end", "population_date", "analysed_date"})
#: What may be missing at the end of a short line without making the row doubtful.
_OPTIONAL = ("note", "method", "serial_no")


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


@dataclass
class Carried:
    """What passes from one block of rows to the next.

    Attributes
    ----------
    above : dict of int to str
        The text last seen in each column that is filled down.
    filled : dict of int to int
        How many cells of a column took the text above.
    """

    above: dict[int, str] = field(default_factory=dict)
    filled: dict[int, int] = field(default_factory=dict)


@dataclass
class Restated:
    """Rows in our notation.

    Attributes
    ----------
    rows : list of list of str
        One for each row given; a row that was left out is empty.
    left_out : list of int
        Positions of rows that the layout skips.
    refused : dict of (int, int) to (str, str)
        Position and column to rule and text of a cell that has no one meaning; it is blank.
    written : dict of (int, int) to str
        Position and column to the text as written, of every cell that changed.
    lines : list of int
        Line of each row, where known.
    """

    rows: list[list[str]] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    refused: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    written: dict[tuple[int, int], str] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Restating:
    """What a layout makes of the rows of one table, all at once or block by block.

    Attributes
    ----------
    plan : Plan
    findings : Findings
        Receives rows left out and cells filled down.
    """

    plan: Plan
    findings: Findings

    def __call__(
        self, sheet: Sheet, parts: Iterable[tuple[list[list[str]], list[int]]]
    ) -> Iterator[Restated]:
        """Restate rows and their lines part by part; what was filled down is told at the end."""
        carried, layout = Carried(), self.plan.layout.name
        place: dict[str, Any] = {"file": sheet.file, "sheet": sheet.name}
        for rows, lines in parts:
            done = restate(self.plan, rows, carried)
            done.lines = lines
            for position in done.left_out:
                self.findings.add("layout_row_left_out", layout=layout, line=lines[position],
                                  **place)  # fmt: skip
            yield done
        for column, count in carried.filled.items():
            self.findings.add("layout_filled_down", count=count,
                              column=self.plan.header.columns[column].text, **place)  # fmt: skip

    def all_of(self, sheet: Sheet) -> None:
        """Restate the rows of a sheet that is in memory as a whole; changes it."""
        first = self.plan.header.row + self.plan.header.depth
        for done in self(sheet, [(sheet.rows[first:], sheet.lines[first:])]):
            sheet.rows = [*sheet.rows[:first], *done.rows]
            refused = {(first + row, at): told for (row, at), told in done.refused.items()}
            sheet.broken = sheet.broken | refused
            sheet.written = {(first + row, at): text for (row, at), text in done.written.items()}


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


def restate(plan: Plan, rows: Sequence[Sequence[str]], carried: Carried) -> Restated:
    """Rows under the header in our notation, block by block.

    Parameters
    ----------
    plan : Plan
    rows : sequence of sequences of str
        Some rows of the table, in its order.
    carried : Carried
        From the block before; changed for the next one.

    Returns
    -------
    Restated
    """
    done = Restated()
    for position, row in enumerate(rows):
        cells = list(row)
        if plan.leaves_out(cells):
            done.left_out.append(position)
            cells = []
        elif any(cell and not cell.isspace() for cell in cells):
            _rewrite(plan, cells, position, done)
            _fill(plan, cells, carried)
            cells = _extended(plan, cells)
        done.rows.append(cells)
    return done


def apply(layout: Layout, sheet: Sheet, findings: Findings) -> tuple[Sheet, Header]:
    """A sheet in our notation, with its header; the rows of a large file follow in its blocks.

    Parameters
    ----------
    layout : Layout
    sheet : Sheet
        As it stands in the file; not changed.
    findings : Findings
        Receives rows left out and cells filled down.

    Returns
    -------
    sheet : Sheet
        With the same lines and addresses.
    header : Header

    Raises
    ------
    Refused
        As `plan_for`.
    """
    plan = plan_for(layout, sheet)
    if sheet.more is None:
        restated = replace(sheet)
        Restating(plan, findings).all_of(restated)
        return restated, plan.header
    head = replace(sheet, more=None)
    Restating(plan, Findings()).all_of(head)  # told when all rows are read
    restated = replace(sheet, rows=head.rows, restating=Restating(plan, findings))
    return restated, plan.header


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


def _rewrite(plan: Plan, cells: list[str], position: int, done: Restated) -> None:
    for column, text in enumerate(cells[: plan.width]):
        new, rule = plan.rewrite(column, text)
        if rule:
            done.refused[position, column] = (rule, text)
            new = ""
        if new != text:
            done.written[position, column] = text
            cells[column] = new


def _fill(plan: Plan, cells: list[str], carried: Carried) -> None:
    """Blank cells take the text above; a new text in an outer column ends what is inside it."""
    totals = word_set("words", "subtotal", "exact")
    if any(c < len(cells) and squeezed(cells[c]) in totals for c in plan.fill):
        return
    for order, column in enumerate(plan.fill):
        if column >= len(cells):
            continue
        text = cells[column].strip()
        if text:
            if carried.above.get(column) != text:
                for inner in plan.fill[order + 1 :]:
                    carried.above.pop(inner, None)
            carried.above[column] = text
        elif carried.above.get(column):
            cells[column] = carried.above[column]
            carried.filled[column] = carried.filled.get(column, 0) + 1


def _extended(plan: Plan, cells: list[str]) -> list[str]:
    """A row with the constants behind its last column; a ragged row stays one.

    Parameters
    ----------
    plan : Plan
    cells : list of str
    """
    lacking = plan.header.columns[len(cells) : plan.width]
    needed = [c for c in lacking if c.kind not in ("unknown", "blank") and c.id not in _OPTIONAL]
    if not plan.constants or (needed and not plan.spreadsheet):
        return cells
    cells = cells + [""] * len(lacking)
    return [*cells[: plan.width], *plan.constants, *cells[plan.width :]]


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
