"""Waters MassLynx and TargetLynx, text: ``Quantify Compound Summary Report``, a block a compound.

Verified in public code that reads such reports and in the files of its tests (p2m2tools of INRAE):
the title, ``Printed ...``, ``Compound N:  <name>``, a header whose first cell is empty, tabs;
``Name``, ``Type`` (``Analyte``, ``Standard``, ``Blank``, ``QC``), ``Std. Conc``, ``RT``, ``Area``,
``IS Area``, ``Conc.`` or a column named by its unit, ``%Dev``, ``1º Ratio (Actual)``,
``Coeff. Of Determination``, ``Acq.Date``, ``Acq.Time``; a blank where no peak was found. The other
report of the same program, ``Quantify Sample Summary Report``, is named and refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wbe.io.instruments.export import (
    Export,
    columns_of,
    first_row,
    is_concentration_unit,
    long_peaks,
    note_header,
    split_unit,
)
from wbe.io.instruments.vocabulary import word
from wbe.io.tables import Sheet
from wbe.io.text import Refused

NAME = "masslynx"
_TITLES = ("quantify compound summary report", "quantify sample summary report")
_COMPOUND = re.compile(r"\s*Compound\s+[0-9]+\s*:\s*(.*?)\s*")


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the first header row, or of the title; None if the rows are of another layout."""
    title = first_row(rows, lambda cells: bool(cells) and word(cells[0]) in _TITLES)
    if title is None:
        return None
    header = first_row(rows, _is_header)
    return title if header is None else header


def _is_header(cells: Sequence[str]) -> bool:
    named = {word(cell) for cell in cells}
    return bool(cells) and not cells[0].strip() and {"name", "area"} <= named


def read(sheets: list[Sheet]) -> Export:
    """Peaks of a report.

    Raises
    ------
    Refused
        ``export_other_report`` for the report by sample.
    """
    export = Export(NAME, sheets, "Conc.")
    sheet = sheets[0]
    if any(cells and word(cells[0]) == _TITLES[1] for cells in sheet.rows[:10]):
        raise Refused("export_other_report", line=sheet.lines[0],
                      found="Quantify Sample Summary Report",
                      wanted="Quantify Compound Summary Report")  # fmt: skip
    compound, header = "", None
    columns: dict[str, int] = {}
    unit = ""
    for index, cells in enumerate(sheet.rows):
        title = _COMPOUND.fullmatch(cells[0]) if cells else None
        if title and not any(text.strip() for text in cells[1:]):
            compound, header = title[1], None
        elif compound and header is None and _is_header(cells):
            header = index
            columns, unit = _columns(cells)
            note_header(export, 0, index, columns)
        elif compound and header is not None:
            long_peaks(export, 0, header, range(index, index + 1), columns, compound=compound,
                       unit=unit)  # fmt: skip
    return export


def _columns(cells: Sequence[str]) -> tuple[dict[str, int], str]:
    """Columns of a header, and the unit by which its concentrations are named."""
    columns = columns_of(NAME, cells)
    named = [i for i, cell in enumerate(cells) if is_concentration_unit(cell)]
    if named:
        columns["concentration"] = named[0]
        return columns, cells[named[0]].strip()
    where = columns.get("concentration")
    return columns, "" if where is None else split_unit(cells[where])[1]
