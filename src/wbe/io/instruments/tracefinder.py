"""Thermo TraceFinder: one row for each injection, compound and peak of the compound.

Verified in public code that reads such exports (MS_Reader of MetaToul; scripts of several
laboratories): ``Compound``, ``Filename``, ``Sample Type`` (``Unknown``, ``Cal Std``, ``QC Std``,
``QC Check``, ``Matrix Blank``), ``Peak Label`` (``T1`` is the quantifier), ``Type``
(``Target Compound``, ``Internal Standard``), ``Calculated Amt``, ``Theoretical Amt``, ``%Diff``,
``Area``, ``ISTD Response``, ``Actual RT``, ``Final Units``, ``Excluded``; ``N/F`` for a peak that
was not found; workbooks with a sheet a compound. Recalled and not verified: ``Ion Ratio``,
``Dilution Factor``, the label of an export without further peaks.
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
)
from wbe.io.instruments.vocabulary import has, word
from wbe.io.tables import Sheet

NAME = "tracefinder"
_QUANTIFIER = ("", "t1", "quan", "quan peak")


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the header row; None if the rows are of another layout."""
    return first_row(rows, lambda cells: has(cells, "compound", "filename", "calculated amt"))


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export; confirming peaks are left out."""
    export = Export(NAME, sheets, "Calculated Amt", "Compound")
    for number, sheet, row in headed(sheets, header_of):
        columns = columns_of(NAME, sheet.rows[row])
        note_header(export, number, row, columns)
        label = columns.get("label")
        before = len(export.peaks)
        long_peaks(export, number, row, range(row + 1, len(sheet.rows)), columns)
        if label is not None:
            export.peaks[before:] = [
                peak for peak in export.peaks[before:]
                if word(sheet.cell(peak.row, label)) in _QUANTIFIER
            ]  # fmt: skip
    return export
