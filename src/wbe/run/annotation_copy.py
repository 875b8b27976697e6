"""What a person sees of a checked table, for the annotated copy: cells, where the header stands.

Read apart from the check: it shows the file as it is, also where the reader refused it, and never
holds more than `ROWS` rows of a table. Values of persons are left out here, before anything is
written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.findings import Finding, Findings

if TYPE_CHECKING:
    from openpyxl import Workbook

    from wbe.io.header import Header
    from wbe.io.tables import Sheet

ROWS: Final = 20_000
"""Rows of one table that are copied; findings further down stand in the list only."""
CHARACTERS: Final = 20_000_000
"""Characters of a text file that are read for the copy."""
LARGEST: Final = 20_000_000
"""Bytes of a workbook that is copied with its types and widths; larger ones are copied as text."""
PERSONAL: Final = ("personal_data", "personal_data_in_cell")
MASK: Final = "***"
"""What stands in the place of a value that may be a person's."""

Cells = list[Any]


@dataclass
class Original:
    """One table as it stands in its file.

    Attributes
    ----------
    file, sheet : str
        As findings name them.
    first, header : int
        First and last line of the header, from 1.
    rows : dict of int to list
        Line to its cells: text, or of a workbook the values as typed.
    columns : dict of str to int
        Header as written to the number of its column, from 1; the first of equal ones.
    formats, widths, merged
        Of a workbook: number formats by (line, column), column widths by letter, merged ranges.
    masked : set of int
        Columns, from 1, that hold or may hold personal data: blanked but for the header.
    cut : bool
        Whether rows were left out.
    """

    file: str
    sheet: str
    first: int
    header: int
    rows: dict[int, Cells]
    columns: dict[str, int]
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    widths: dict[str, float] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    masked: set[int] = field(default_factory=set)
    cut: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return max((len(cells) for cells in self.rows.values()), default=0)


def originals(
    path: Path, name: str, found: Sequence[Finding], encoding: str | None
) -> Iterator[Original]:
    """Yield the tables of a file that have a known header.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file for findings.
    found : sequence of Finding
        What was noticed about the file.
    encoding : str or None
        As for the check.

    Yields
    ------
    Original
        Without personal data. A sheet without a header is left out: nobody knows what it holds.
    """
    from wbe.io.header import find_header
    from wbe.io.text import Refused

    try:
        sheets, book = _read(path, name, encoding)
    except (Refused, OSError):
        return  # the findings say why
    for sheet in sheets:
        try:
            header = find_header(sheet)
        except Refused:
            continue
        original = _original(sheet, header)
        if book is not None and sheet.name in book.sheetnames:
            _type(original, book, sheet)
        _mask(original, header, [f for f in found if f.rule in PERSONAL])
        yield original


def _read(path: Path, name: str, encoding: str | None) -> tuple[list[Sheet], Workbook | None]:
    """Sheets as text, and the workbook itself where it is one and not too large."""
    from wbe.io.formats import read_sheets, recognise

    data = path.read_bytes()
    kind = recognise(data)
    if kind == "text":
        return [_text_sheet(path, data, name, encoding)], None
    sheets = read_sheets(kind, data, name, Findings())
    return sheets, _workbook(data) if kind == "xlsx" and len(data) <= LARGEST else None


def _text_sheet(path: Path, data: bytes, name: str, encoding: str | None) -> Sheet:
    """The beginning of a text file; a quotation mark left open ends the copy, not the command."""
    from wbe.io.header import known_words
    from wbe.io.tables import Sheet, parse_delimited
    from wbe.io.text import decode

    codec = decode(data, encoding).encoding
    with path.open(encoding=codec, newline="") as file:
        text = file.read(CHARACTERS)
    delimiter = parse_delimited(_head(text), name, known_words).delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    sheet, begins = Sheet(name, delimiter=delimiter), 1
    for row in reader:
        if any(cell and not cell.isspace() for cell in row):
            sheet.rows.append(row)
            sheet.lines.append(begins)
        begins = reader.line_num + 1
        if len(sheet.rows) > ROWS:
            break
    return sheet


def _head(text: str) -> str:
    """The first lines, in which the delimiter shows."""
    return "".join(text[:200_000].splitlines(keepends=True)[:60])


def _workbook(data: bytes) -> Workbook | None:
    """The workbook with the values last calculated; None where it cannot be opened as one."""
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(data), data_only=True)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError):
        return None  # our own reader is the more patient one: its text is copied instead


def _original(sheet: Sheet, header: Header) -> Original:
    lines = sheet.lines[:ROWS]
    rows = {line: list(cells) for line, cells in zip(lines, sheet.rows, strict=False)}
    for (row, column), (_, text) in sheet.broken.items():  # what stands there has no value
        if row < len(lines) and column < len(rows[lines[row]]):
            rows[lines[row]][column] = text
    last = min(header.row + header.depth, len(lines)) - 1
    columns = {c.text.strip(): c.index + 1 for c in reversed(header.columns)}
    return Original(sheet.file, sheet.name, sheet.lines[header.row], sheet.lines[last], rows,
                    columns, cut=len(sheet.lines) > ROWS)  # fmt: skip


def _type(original: Original, book: Workbook, sheet: Sheet) -> None:
    """Put the values as typed in the place of their text; what was not calculated stays text."""
    source = book[sheet.name]
    for line, cells in original.rows.items():
        for column, text in enumerate(cells, start=1):
            given = source.cell(line, column)
            if given.value is not None and text != "":
                cells[column - 1] = given.value
                if given.number_format != "General":
                    original.formats[line, column] = given.number_format
    original.widths = {k: d.width for k, d in source.column_dimensions.items() if d.customWidth}
    original.merged = [str(r) for r in source.merged_cells.ranges if r.max_row <= ROWS]


def _mask(original: Original, header: Header, personal: Sequence[Finding]) -> None:
    """Blank personal columns; in a file that holds any, free text and title lines as well."""
    named = {finding.column for finding in personal if finding.sheet == original.sheet}
    for column in header.columns:
        free = column.kind not in ("field", "analyte", "limit") or column.id == "note"
        if column.kind == "personal" or column.text in named or (personal and free):
            original.masked.add(column.index + 1)
    if not personal and not original.masked:
        return
    original.masked |= set(range(len(header.columns) + 1, original.width + 1))
    for line, cells in original.rows.items():
        above, below = line < original.first, line > original.header
        for position, value in enumerate(cells):
            if value != "" and (above or (below and position + 1 in original.masked)):
                cells[position] = MASK
