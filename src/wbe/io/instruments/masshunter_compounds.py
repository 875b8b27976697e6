"""Agilent MassHunter Quant, compound table: a row a compound, a block of columns an injection.

Verified in a public file (tests of MSOrganiser of the SLING group): ``Compound Method`` over the
columns of the compound (``Name``, ``Precursor Ion``, ...), then for each injection its name over
the first column of ``Name``, ``Data File``, ``Type``, ``Acq. Date-Time`` and once more over
``RT``, ``Area``. Recalled and not verified: ``Final Conc.``, ``Exp. Conc.``, ``Level``, ``Units``
in such a table; they are read where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wbe.io.instruments.export import Export, Row, columns_of, headed, note_header, peak_of
from wbe.io.instruments.masshunter import settled
from wbe.io.instruments.vocabulary import word
from wbe.io.tables import Sheet

NAME = "masshunter-compounds"
_COLUMNS = "masshunter"
_OF_COMPOUND = ("unit", "r2")


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the upper header row; None if the rows are of another layout."""
    for index, cells in enumerate(rows[:-1]):
        if cells and "compound method" in {word(cell) for cell in cells}:
            below = [word(cell) for cell in rows[index + 1]]
            if "name" in below and below.count("data file") >= 1:
                return index
    return None


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export."""
    export = Export(NAME, sheets, "Final Conc.")
    for number, sheet, upper in headed(sheets, header_of):
        own, injections = _blocks(sheet, upper)
        for columns in injections:
            note_header(export, number, upper + 1, columns)
        width = len(sheet.rows[upper + 1])
        for row in range(upper + 2, len(sheet.rows)):
            cells = sheet.rows[row]
            if len(cells) != width and not sheet.spreadsheet:
                rule = "row_too_short" if len(cells) < width else "row_too_long"
                details: dict[str, object] = {"found": len(cells), "expected": width}
                export.bad_rows.append((rule, number, row, details))
                continue
            _add(export, number, row, own, injections)
    return export


def _blocks(sheet: Sheet, upper: int) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Columns of the compound, and those of every injection.

    The columns of all injections are the same, so the next one begins where a header comes again.
    """
    cells = [word(cell) for cell in sheet.rows[upper + 1]]
    titles = [i for i, cell in enumerate(sheet.rows[upper]) if cell.strip()]
    first = next((i for i in titles if i > cells.index("name")), len(cells))
    own = columns_of(_COLUMNS, sheet.rows[upper + 1][:first])
    starts = [first]
    seen: set[str] = set()
    for index in range(first, len(cells)):
        if cells[index] in seen:
            starts.append(index)
            seen.clear()
        seen.add(cells[index])
    injections = []
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        found = columns_of(_COLUMNS, sheet.rows[upper + 1][start:end])
        injections.append(settled({name: start + i for name, i in found.items()}))
    return own, injections


def _add(
    export: Export, number: int, row: int, own: dict[str, int], injections: list[dict[str, int]]
) -> None:
    cells = export.sheets[number].rows[row]
    compound = Row(cells, own)
    name = compound["sample"]  # its header is Name, like that of the sample
    if not name:
        return
    shared = {field: compound[field] for field in _OF_COMPOUND if compound[field]}
    for columns in injections:
        peak = peak_of(Row(cells, columns), columns, compound=name, row=row, sheet=number)
        if peak.sample or peak.filename:
            export.peaks.append(replace(peak, **shared))  # type: ignore[arg-type]
