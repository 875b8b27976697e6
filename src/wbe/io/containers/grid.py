"""Cells of a spreadsheet on their way to a `Sheet`: bounded, each with one value.

A sheet becomes a full rectangle of texts, so a single cell far off could fill the memory: the
rectangle is bounded before it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wbe.io.tables import Sheet, column_letters
from wbe.io.text import Refused

MAX_CELLS = 3_000_000
MAX_CHARACTERS = 50_000_000
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_CELL = 1_000_000


@dataclass
class Budget:
    """What all sheets of one workbook may hold together.

    Attributes
    ----------
    cells, characters : int
        Cells of the rectangles, and characters of distinct texts, that are left.
    """

    cells: int = MAX_CELLS
    characters: int = MAX_CHARACTERS

    def take_cells(self, count: int, sheet: str, corner: str) -> None:
        """Count cells of a finished sheet.

        Raises
        ------
        Refused
            ``sheet_too_large``.
        """
        self.cells -= count
        if self.cells < 0:
            raise Refused("sheet_too_large", sheet=sheet, cell=corner, limit=f"{MAX_CELLS:,}")

    def take_text(self, length: int) -> None:
        """Count the characters of a text.

        Raises
        ------
        Refused
            ``cell_too_long`` or ``archive_too_large``.
        """
        if length > MAX_CELL:
            raise Refused("cell_too_long")
        self.characters -= length
        if self.characters < 0:
            what = f"more than {MAX_CHARACTERS / 1e6:.0f} million characters"
            raise Refused("archive_too_large", what=what)


@dataclass
class Grid:
    """One sheet while it is read.

    Attributes
    ----------
    name : str
    budget : Budget
    hidden : bool
        Whether the program hides the sheet.
    rows : dict of int to list of str
        Texts of the rows that hold any.
    merged, broken
        See `Sheet`.
    hidden_rows : set of int
    hidden_columns : list of (int, int)
        First and last of each range.
    """

    name: str
    budget: Budget
    hidden: bool = False
    rows: dict[int, list[str]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    broken: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    _slots: int = 0
    _row: int | None = None
    _cells: list[str] = field(default_factory=list)

    def put(self, row: int, column: int, text: str) -> None:
        """Set a cell, counted from 0.

        Raises
        ------
        Refused
            ``archive_damaged`` (no such place, or a second value), ``sheet_too_large``.
        """
        if not text:
            return
        cells = self._cells if row == self._row else self._open(row)
        gap = column - len(cells)
        if gap < 0:
            if cells[column]:
                raise Refused("archive_damaged", reason=f"two values in {address(row, column)}")
            cells[column] = text
            return
        if column >= MAX_COLUMNS:
            self._check(row, column)
        self._slots += gap + 1
        if gap:
            cells.extend([""] * gap)
        cells.append(text)

    def _open(self, row: int) -> list[str]:
        """The cells of a row, which cannot be more than `MAX_COLUMNS`."""
        self._check(row, 0)
        if self._slots > self.budget.cells:
            self.budget.take_cells(self._slots, self.name, address(row, 0))
        self._row, self._cells = row, self.rows.setdefault(row, [])
        return self._cells

    def reserve(self, row: int, height: int, width: int) -> None:
        """Make sure that a block of repeated rows can be set at all.

        Raises
        ------
        Refused
            ``archive_damaged`` or ``sheet_too_large``.
        """
        if height > 1:
            self._check(row + height - 1, 0)
            if self._slots + height > self.budget.cells:
                self.budget.take_cells(self._slots + height, self.name, address(row, width))

    def spoil(self, row: int, column: int, rule: str, text: str) -> None:
        """Note a cell that holds no value: an error, or a formula that was never calculated."""
        self._check(row, column)
        self.broken[row, column] = (rule, text[:200])
        if len(self.broken) > self.budget.cells:
            self.budget.take_cells(len(self.broken), self.name, address(row, column))

    def _check(self, row: int, column: int) -> None:
        if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
            raise Refused("archive_damaged", reason=f"no cell {row + 1}, {column + 1}")

    @property
    def filled(self) -> bool:
        """Whether any cell holds something."""
        return bool(self.rows or self.broken)

    def sheet(self, file: str, epoch_1904: bool = False) -> Sheet:
        """The finished sheet: a rectangle of texts from A1 on.

        Raises
        ------
        Refused
            ``sheet_too_large`` or ``archive_damaged``.
        """
        height = 1 + max((r for r in (*self.rows, *(r for r, _ in self.broken))), default=-1)
        width = max([len(cells) for cells in self.rows.values()]
                    + [column + 1 for _, column in self.broken] + [0])  # fmt: skip
        corner = address(height - 1, width - 1) if height else "A1"
        self.budget.take_cells(height * width, self.name, corner)
        rows = []
        for row in range(height):
            cells = self.rows.pop(row, [])
            cells.extend([""] * (width - len(cells)))
            rows.append(cells)
        return Sheet(file, self.name, rows, lines=list(range(1, height + 1)), spreadsheet=True,
                     merged=self._clipped(height, width), broken=self.broken,
                     epoch_1904=epoch_1904)  # fmt: skip

    def _clipped(self, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """Merged ranges within the sheet; they cannot overlap, so their cells are bounded."""
        kept = []
        for top, left, bottom, right in self.merged:
            bottom, right = min(bottom, height - 1), min(right, width - 1)
            if 0 <= top <= bottom and 0 <= left <= right:
                kept.append((top, left, bottom, right))
        if sum((b - t + 1) * (r - c + 1) for t, c, b, r in kept) > height * width:
            raise Refused("archive_damaged", reason="merged cells overlap")
        return kept

    def hidden_places(self) -> tuple[str, str]:
        """Rows and columns that hold something and are not shown: ``3, 5-8`` and ``D``."""
        rows = sorted(row for row in self.hidden_rows if row in self.rows)
        width = max((len(cells) for cells in self.rows.values()), default=0)
        columns = sorted({
            column
            for first, last in self.hidden_columns
            for column in range(max(first, 0), min(last, width - 1) + 1)
            if any(len(cells) > column and cells[column] for cells in self.rows.values())
        })  # fmt: skip
        return _spans(rows, lambda row: str(row + 1)), _spans(columns, column_letters)


def address(row: int, column: int) -> str:
    """Address such as ``C5`` of a cell counted from 0."""
    return f"{column_letters(column)}{row + 1}"


def _spans(places: list[int], named: Callable[[int], str]) -> str:
    spans: list[list[int]] = []
    for place in places:
        if spans and place == spans[-1][1] + 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    shown = [named(a) if a == b else f"{named(a)}-{named(b)}" for a, b in spans[:20]]
    return ", ".join(shown) + (", ..." if len(spans) > 20 else "")
