"""SCIEX OS and MultiQuant: tab-separated text, one row for each injection and component.

Verified in public code that reads such exports (an R application for drug monitoring, 2019): tab
text; ``Sample Name``, ``Sample Type``, ``IS``, ``Component Name``, ``IS Name``,
``Actual Concentration``, ``Area``, ``IS Area``, ``Retention Time``, ``Used``,
``Calculated Concentration``, ``Accuracy``; ``N/A`` for missing; type ``Quality Control``. The
types ``Unknown``, ``Standard``, ``Blank``, ``Double Blank``, ``Solvent`` stand in the test of an
open metabolomics program. Recalled and not verified: ``Original Filename``, ``Ion Ratio``,
``Component Type``, ``Dilution Factor``, units in their own column or behind the header.
"""

from __future__ import annotations

from collections.abc import Sequence

from wbe.io.instruments.export import (
    Export,
    columns_of,
    first_row,
    headed,
    long_peaks,
    note_header,
    split_unit,
)
from wbe.io.instruments.vocabulary import has
from wbe.io.tables import Sheet

NAME = "sciex"


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the header row; None if the rows are of another layout."""
    return first_row(rows, _is_header)


def _is_header(cells: Sequence[str]) -> bool:
    bare = [split_unit(cell)[0] for cell in cells if "oncentration" in cell] + list(cells)
    return has(bare, "sample name", "component name", "calculated concentration")


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export."""
    export = Export(NAME, sheets, "Calculated Concentration", "Component Name")
    for number, sheet, row in headed(sheets, header_of):
        columns = columns_of(NAME, sheet.rows[row])
        note_header(export, number, row, columns)
        unit = split_unit(sheet.cell(row, columns["concentration"]))[1]
        more = {"unit": unit} if unit else {}
        long_peaks(export, number, row, range(row + 1, len(sheet.rows)), columns, **more)
    return export
