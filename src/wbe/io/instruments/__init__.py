"""Exports of LC-MS/MS software: found by their headers, read, and turned into laboratory tables.

One module a layout. Each has `NAME`, `header_of` (the row by which the layout is known) and
`read`. What they say is an `Export`; with a sidecar table or options it becomes a long table
(`as_lab_sheets`) that the ordinary reader takes, with findings at the places of a person's files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.findings import Findings
from wbe.io.header import Header, classify
from wbe.io.instruments import (
    masshunter_compounds,
    masshunter_report,
    masshunter_wide,
    masslynx,
    sciex,
    targetlynx,
    tracefinder,
    xcalibur,
)
from wbe.io.instruments.export import Export, Peak, with_points
from wbe.io.instruments.lab_sheet import as_lab_sheets
from wbe.io.instruments.options import SIDECAR_SUFFIX, Options
from wbe.io.instruments.places import ExportSheet, relocate
from wbe.io.instruments.sidecar import Sidecar, is_sidecar, read_sidecar
from wbe.io.instruments.targetlynx import is_quandata
from wbe.io.instruments.targetlynx import sheet_of as quandata_sheet
from wbe.io.instruments.unused import judge_options
from wbe.io.tables import Sheet
from wbe.io.text import Refused

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "LAYOUTS", "SIDECAR_SUFFIX", "Export", "ExportSheet", "Layout", "Options", "Peak", "Sidecar",
    "as_lab_sheets", "finish", "is_quandata", "is_sidecar", "judge_options", "marks", "open_export",
    "quandata_sheet", "read_sidecar", "recognise",
]  # fmt: skip

_SEARCHED_ROWS = 40


@dataclass(frozen=True)
class Layout:
    """How one program writes its exports.

    Attributes
    ----------
    name : str
        ``instrument:<name>`` is the layout in the run record.
    header_of : callable
        Rows to the index of the row by which the layout is known, or None.
    reader : callable
        Sheets to an `Export`.
    """

    name: str
    header_of: Callable[[Sequence[Sequence[str]]], int | None]
    reader: Callable[[list[Sheet]], Export]

    def read(self, sheets: list[Sheet]) -> Export:
        """Read the sheets of a file.

        Parameters
        ----------
        sheets : list of Sheet

        Returns
        -------
        Export
            Numbers with points.

        Raises
        ------
        Refused
            If the file is of this program, but not a report that can be read.
        """
        return with_points(self.reader(sheets))


LAYOUTS: tuple[Layout, ...] = tuple(
    Layout(module.NAME, module.header_of, module.read)
    for module in (
        masshunter_wide, masshunter_compounds, masshunter_report, masslynx, targetlynx, sciex,
        xcalibur, tracefinder,
    )
)  # fmt: skip
"""Layouts in the order in which they are tried; no file fits two."""


def recognise(sheets: Sequence[Sheet]) -> Layout | None:
    """The layout of a file.

    Parameters
    ----------
    sheets : sequence of Sheet

    Returns
    -------
    Layout or None
        None for a file that is no instrument export.
    """
    for layout in LAYOUTS:
        if any(layout.header_of(sheet.rows[:_SEARCHED_ROWS]) is not None for sheet in sheets):
            return layout
    return None


def marks(rows: Sequence[Sequence[str]]) -> int:
    """How well rows look like an export: filled cells of the header; 0 for none.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of a file, split by one of several delimiters.

    Returns
    -------
    int
    """
    head = rows[:_SEARCHED_ROWS]
    found = (layout.header_of(head) for layout in LAYOUTS)
    return max((sum(bool(c.strip()) for c in head[i]) for i in found if i is not None), default=0)


def open_export(
    layout: Layout, sheets: list[Sheet], path: Path, options: Options, findings: Findings,
    encoding: str | None = None,
) -> list[tuple[ExportSheet, Header]]:  # fmt: skip
    """Long tables of an export, with what its sidecar says.

    Parameters
    ----------
    layout : Layout
        From `recognise`.
    sheets : list of Sheet
        The file as it stands.
    path : Path
        Where it lies: its sidecar may lie beside it.
    options : Options
    findings : Findings
        Receives what is noticed.
    encoding : str, optional
        Codec of the sidecar.

    Returns
    -------
    list of (ExportSheet, Header)
        Tables without columns hold no results, only rows of quality control.

    Raises
    ------
    Refused
        If the export, or a sidecar that was named, cannot be used.
    """
    export = layout.read(sheets)
    if not export.peaks and not export.bad_rows:
        raise Refused("no_data_rows", line=sheets[0].lines[0])
    if _names_persons(export, findings):
        return []
    _note_skipped(layout, sheets, findings)
    beside = options.sidecar_of(path)
    sidecar = None
    if beside is not None:
        sidecar = read_sidecar(beside, beside.name, findings, encoding)
        if sidecar is None:
            return []
    return as_lab_sheets(export, sidecar, options, findings)


def _names_persons(export: Export, findings: Findings) -> bool:
    """Columns of personal data that hold anything refuse the export; programs offer empty ones."""
    found = False
    for sheet in export.sheets:
        header = sheet.rows[export.header_row] if export.header_row < len(sheet.rows) else []
        for index, text in enumerate(header):
            if classify(text).kind != "personal" or not _is_filled(sheet, export.header_row, index):
                continue
            findings.add(
                "personal_data", file=sheet.file, sheet=sheet.name, column=text.strip(),
                line=sheet.lines[export.header_row],
                cell=sheet.address(export.header_row, index),
            )  # fmt: skip
            found = True
    return found


def _is_filled(sheet: Sheet, header_row: int, column: int) -> bool:
    return any(sheet.cell(row, column).strip() for row in range(header_row + 1, len(sheet.rows)))


def _note_skipped(layout: Layout, sheets: Sequence[Sheet], findings: Findings) -> None:
    for sheet in sheets:
        if layout.header_of(sheet.rows[:_SEARCHED_ROWS]) is None:
            findings.add("sheet_skipped", file=sheet.file, sheet=sheet.name)


def finish(samples: xr.Dataset, exports: Sequence[ExportSheet], findings: Findings) -> Findings:
    """What a read needs at its end: rows of the sequence, and findings at their places.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        ``attrs["qc_rows"]`` receives the rows of the sequences.
    exports : sequence of ExportSheet
        ``exports`` of every source of the read.
    findings : Findings
        Of the read.

    Returns
    -------
    Findings
        To be used instead; also in ``attrs["findings"]``. The same object where there is no export.
    """
    import pandas as pd

    if not exports:
        return findings
    rows = [row for sheet in exports for row in sheet.quality_control]
    known = samples.attrs.get("qc_rows")
    parts = [part for part in (known, pd.DataFrame(rows)) if part is not None and len(part)]
    samples.attrs["qc_rows"] = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    told = samples.attrs["findings"] = relocate(findings, exports)
    return told
