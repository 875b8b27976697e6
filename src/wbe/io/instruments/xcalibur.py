"""Thermo Xcalibur, long: a sheet for each component, or one block after the other in a text file.

Verified in public code that reads such workbooks (p2m2tools of INRAE, whose tests hold files
``..._Long.XLS``): ``Component Name`` above the header with its value one row below; header
``Filename``, ``Sample Type``, ``Sample Name``, ``Sample ID``, ``Exp Amt``, ``Calc Amt``,
``Units``, ``%Diff``, ``Level``, ``Peak Status``, ``Area``, ``ISTD Area``, ``RT``,
``Dilution Factor``, ``Acq Date``. The header on the fourth row, statuses in words and blank tails
were met in practice. Recalled and not verified: the types ``Unknown Sample``, ``Std Bracket
Sample``, ``Blank Sample``, ``QC Sample``, and the words ``NF`` and ``NA`` for amounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from wbe.io.instruments.export import (
    Export,
    Peak,
    columns_of,
    first_row,
    long_peaks,
    note_header,
)
from wbe.io.instruments.vocabulary import has, word, words
from wbe.io.tables import Sheet

NAME = "xcalibur"


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the first header row; None if the rows are of another layout."""
    return first_row(rows, _is_header)


def _is_header(cells: Sequence[str]) -> bool:
    return has(cells, "filename", "sample type", "calc amt")


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export."""
    export = Export(NAME, sheets, "Calc Amt", "Component Name")
    for number, sheet in enumerate(sheets):
        starts = [i for i, cells in enumerate(sheet.rows) if _is_header(cells)]
        for start, end in pairwise([*starts, len(sheet.rows)]):
            _read_block(export, number, start, end)
    return export


def _read_block(export: Export, number: int, header: int, end: int) -> None:
    sheet = export.sheets[number]
    columns = columns_of(NAME, sheet.rows[header])
    note_header(export, number, header, columns)
    before = len(export.peaks)
    rows = range(header + 1, end)
    tail = next((i for i in rows if not sheet.cell(i, columns["filename"]).strip()), end)
    title = next((i for i in rows if has(sheet.rows[i][:1], "component name")), end)
    compound = _component(sheet, header) or sheet.name
    long_peaks(export, number, header, range(header + 1, min(tail, title)), columns,
               compound=compound)  # fmt: skip
    status = columns.get("status")
    if status is not None:
        found = (_with_status(sheet, peak, status) for peak in export.peaks[before:])
        export.peaks[before:] = list(found)


def _component(sheet: Sheet, header: int) -> str:
    """Name below (or beside, in files saved anew) the words ``Component Name``."""
    for row in range(header - 1, max(header - 8, -1), -1):
        for column, text in enumerate(sheet.rows[row]):
            if word(text) == "component name":
                below = sheet.cell(row + 1, column).strip() if row + 1 < header else ""
                return below or sheet.cell(row, column + 1).strip()
    return ""


def _with_status(sheet: Sheet, peak: Peak, status: int) -> Peak:
    """A peak whose status says that it was not found, where the amount leaves it open."""
    said = word(sheet.cell(peak.row, status))
    open_ = word(peak.concentration) in words("absent", "missing")
    return replace(peak, concentration="NF") if open_ and said == "not found" else peak
