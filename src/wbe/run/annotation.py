"""The tables as a workbook, with every finding marked and explained at its cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.errors import UsageError
from wbe.findings import Finding, Findings
from wbe.run.folder import faults

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from wbe.io.sources import Table

COLOURS = {"error": "F4B183", "flag": "FFF2CC"}
LIST = "findings"
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
#: Files with such a finding are not copied, not even into the annotation.
PERSONAL = ("personal_data", "personal_data_in_cell")


def write(paths: Sequence[Path], found: Findings, target: Path, encoding: str | None) -> None:
    """Write the annotated workbook: a list of all findings, then one sheet a table.

    Parameters
    ----------
    paths : sequence of Path
        Tables that were checked; others are left out.
    found : Findings
        What was noticed about them.
    target : Path
        The workbook, replaced if it exists.
    encoding : str or None
        As for the check.

    Raises
    ------
    UsageError
        If the target is one of the inputs or no workbook by its name.
    EnvironmentFault
        If the disk refuses.
    """
    from openpyxl import Workbook

    if target.suffix.lower() != ".xlsx":
        raise UsageError(f"{target.name}: an annotation is written as .xlsx")
    if any(target.resolve() == path.resolve() for path in paths):
        raise UsageError(f"{target.name} is an input; choose another name for the annotation")
    book = Workbook()
    _list(book, found)
    refused = {f.file for f in found if f.rule in PERSONAL}
    for table in _tables(paths, encoding):
        if table.sheet.file not in refused:
            own = (f for f in found if _is_about(f, table))
            _mark(_copy(book, table), table, own)
    with faults(target):
        book.save(target)


def _tables(paths: Sequence[Path], encoding: str | None) -> Iterator[Table]:
    """Open the tables once more under the names that the findings carry."""
    from wbe.io.areas import SUFFIXES
    from wbe.io.sources import open_source, shown_names

    files = [path for path in paths if path.suffix.lower() not in SUFFIXES]
    for path, name in zip(files, shown_names(files), strict=True):
        yield from open_source(path, name, Findings(), encoding).tables


def _is_about(finding: Finding, table: Table) -> bool:
    """Tell whether a finding is about a table; the check may show more or fewer folders of it."""
    one, other = finding.file, table.sheet.file
    same = one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")
    return same and finding.sheet == table.sheet.name


def _list(book: Workbook, found: Findings) -> None:
    sheet = _active(book)
    sheet.title = LIST
    frame = found.to_frame()
    _fill(sheet, [list(frame.columns), *frame.astype(object).fillna("").values.tolist()])


def _copy(book: Workbook, table: Table) -> Worksheet:
    """One sheet with the cells as written, each on its own line."""
    file, name = table.sheet.file.rpartition("/")[2], table.sheet.name
    title = _NO_TITLE.sub("_", f"{file} {name}".strip())[:28] or "table"
    taken = {sheet.title.casefold() for sheet in book.worksheets}
    free = (t for i in range(1000) if (t := f"{title}{i or ''}").casefold() not in taken)
    sheet = book.create_sheet(next(free))
    rows: list[list[Any]] = [[] for _ in range(max(table.sheet.lines, default=0))]
    for line, cells in zip(table.sheet.lines, table.sheet.rows, strict=True):
        rows[line - 1] = list(cells)
    _fill(sheet, rows)
    return sheet


def _fill(sheet: Worksheet, rows: Iterable[Sequence[Any]]) -> None:
    """Write cells as text, so that nothing of the input becomes a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for number, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells, start=1):
            if (text := ILLEGAL_CHARACTERS_RE.sub("", str(value))) != "":
                cell = sheet.cell(number, column)
                cell.value = text[:32_767]  # the longest cell of a workbook
                cell.data_type = "s"


def _mark(sheet: Worksheet, table: Table, found: Iterable[Finding]) -> None:
    """Colour the cell of every finding and say in a note what is wrong."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    columns = {column.text: column.index + 1 for column in reversed(table.header.columns)}
    header = table.sheet.lines[table.header.row] if table.sheet.lines else 1
    notes: dict[tuple[int, int], list[Finding]] = {}
    for finding in found:
        place = (finding.line or header, columns.get(finding.column, 1))
        notes.setdefault(place, []).append(finding)
    for (line, column), findings in notes.items():
        worst = min(finding.severity for finding in findings)  # "error" before "flag"
        text = "\n".join(f"{f.rule}: {f.message} {f.fix}" for f in findings)
        cell = sheet.cell(line, column)
        cell.fill = PatternFill("solid", start_color=COLOURS[worst])
        cell.comment = Comment(text[:2000], "wbe", height=120, width=360)


def _active(book: Workbook) -> Worksheet:
    from openpyxl.worksheet.worksheet import Worksheet

    sheet = book.active
    if not isinstance(sheet, Worksheet):  # a new workbook has one
        sheet = book.create_sheet()
    return sheet
