"""Raw tables: cells as text, with the line and the cell address that a person sees.

Everything is text first and is cast later, so that a site called ``NA`` stays a site and a finding
can show the value as written.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbe.io.blocks import (
    FIELD_LIMIT,
    Block,
    RowSplitter,
    from_rows,
    from_text,
    split_leniently,
    split_pieces,
)
from wbe.io.stream import LargeText
from wbe.io.text import Refused

if TYPE_CHECKING:
    from wbe.io.layout.apply import Restating

DELIMITERS = (",", "\t", ";", "|")
_HEAD_ROWS = 60
LARGE_HEAD = 200


@dataclass
class Sheet:
    """One table as it stands in a file.

    Attributes
    ----------
    file, name : str
        Name of the file for findings; name of the sheet ("" in a text file).
    rows : list of list of str
        Cells as written; blank lines of a text file are left out.
    lines : list of int
        For each row the line at which it begins, counted from 1 as a person does.
    spreadsheet : bool
        Whether cells have addresses.
    merged : list of (int, int, int, int)
        First row, first column, last row, last column of merged ranges, counted from 0.
    broken : dict
        (row, column) to the rule and the text of a cell that holds no value: an error value, or a
        formula that was never calculated.
    epoch_1904 : bool
        Whether date serials count from 1904.
    more : LargeText or None
        The file, if `rows` are only its first rows.
    written : dict of (int, int) to str
        Row and column of cells that a layout restated to the text as written; of a large file they
        are in the blocks.
    restating : Restating or None
        What a layout makes of the rows of a large file.
    """

    file: str
    name: str = ""
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    spreadsheet: bool = False
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    broken: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    epoch_1904: bool = False
    delimiter: str = ""
    more: LargeText | None = None
    written: dict[tuple[int, int], str] = field(default_factory=dict)
    restating: Restating | None = None

    def load(self) -> None:
        """Take all rows into memory, for tables that are read as a whole."""
        if self.more is not None:
            whole = io.StringIO(self.more.text(), newline="")
            self.rows, self.lines = RowSplitter(whole, self.delimiter).take()
            self.more = None
            if self.restating is not None:
                self.restating.all_of(self)

    def expected_rows(self) -> int:
        """Number of rows, as far as the first ones of a large file tell."""
        if self.more is None:
            return len(self.rows)
        head = sum(len(text.encode()) + 1 for cells in self.rows for text in cells)
        return int(1.05 * self.more.path.stat().st_size * len(self.rows) / max(1, head))

    def blocks(self, first: int, width: int) -> Iterator[Block]:
        """Rows from index `first` on, by column; a header of `width` columns stands above them."""
        if first >= len(self.rows):
            return
        if self.more is None:
            written = {(row - first, column): text for (row, column), text in self.written.items()}
            yield from_rows(self.rows[first:], self.lines[first:], width, first, written)
        elif self.restating is None:
            yield from from_text(self.more.pieces(self.lines[first]), self.delimiter, width)
        else:
            yield from self._restated(self.restating, self.more, first, width)

    def _restated(
        self, restating: Restating, more: LargeText, first: int, width: int
    ) -> Iterator[Block]:
        """Rows of a large file as a layout has them; `broken` holds the cells of one block."""
        for done in restating(self, split_pieces(more.pieces(self.lines[first]), self.delimiter)):
            self.broken = {(first + row, column): told
                           for (row, column), told in done.refused.items()}  # fmt: skip
            yield from_rows(done.rows, done.lines, width, first, done.written)
            first += len(done.rows)

    def address(self, row: int, column: int) -> str:
        """Cell address such as ``C5``; empty in a text file."""
        return f"{column_letters(column)}{self.lines[row]}" if self.spreadsheet else ""

    def cell(self, row: int, column: int) -> str:
        """Text of a cell; "" beyond the end of a short row."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""


def column_letters(column: int) -> str:
    """Spreadsheet name of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def parse_delimited(text: str, file: str, score: Callable[[Sequence[Sequence[str]]], int]) -> Sheet:
    """Split delimited text into cells; the delimiter is the one whose header is known best.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name for findings.
    score : callable
        Number of known header words in rows of cells; decides between delimiters.

    Returns
    -------
    Sheet

    Raises
    ------
    Refused
        ``quote_not_closed``, ``cell_too_long``, or ``no_rows``.
    """
    delimiter = _delimiter(text, score)
    rows, lines = RowSplitter(io.StringIO(text, newline=""), delimiter).take()
    if not rows:
        raise Refused("file_empty")
    return Sheet(file, rows=rows, lines=lines, delimiter=delimiter)


def begin_large(
    file: LargeText, name: str, score: Callable[[Sequence[Sequence[str]]], int]
) -> Sheet:
    """The first rows of a large file as a sheet that reads the rest on demand.

    Parameters
    ----------
    file : LargeText
    name, score
        As in `parse_delimited`.

    Returns
    -------
    Sheet
        With at least the rows in which a header is looked for.
    """
    head = file.head()
    delimiter = _delimiter(head, score)
    sheet = Sheet(name, delimiter=delimiter, more=file)
    for rows, lines in split_pieces(file.pieces(), delimiter, LARGE_HEAD):
        sheet.rows += rows
        sheet.lines += lines
        if len(sheet.rows) >= LARGE_HEAD:
            break
    if not sheet.rows:
        raise Refused("file_empty")
    return sheet


def _delimiter(text: str, score: Callable[[Sequence[Sequence[str]]], int]) -> str:
    head = _head(text)
    best, best_score = DELIMITERS[0], -1
    for delimiter in DELIMITERS:
        rows = split_leniently(head, delimiter)
        if not any(len(row) > 1 for row in rows):
            continue
        found = score(rows)
        if found > best_score:
            best, best_score = delimiter, found
    return best


def _head(text: str) -> str:
    """The first lines, cut at a line end so that no cell is cut."""
    position = 0
    for _ in range(_HEAD_ROWS):
        found = text.find("\n", position)
        if found < 0:
            return text[:FIELD_LIMIT]
        position = found + 1
    return text[: min(position, FIELD_LIMIT)]
