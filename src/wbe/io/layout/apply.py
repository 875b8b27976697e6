"""A layout put to a table: its columns get our names and its cells our notation.

What comes out is an ordinary sheet with an ordinary header, so that one reader reads everything;
lines, addresses and header texts stay those of the laboratory's file. A plan is made from the first
rows; each row is then restated by itself, given what was carried down to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wbe.findings import Findings
from wbe.io.header import Header
from wbe.io.layout.files import Layout
from wbe.io.layout.plan import Plan, plan_for
from wbe.io.tables import Sheet
from wbe.io.words import squeezed, word_set

#: What may be missing at the end of a short line without making the row doubtful.
_OPTIONAL = ("note", "method", "serial_no")


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
