"""Builders of small laboratory tables for the tests of this folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

COLUMNS = (
    "sample_id", "site", "date", "analyte", "concentration", "unit", "lod", "loq", "flow",
    "flow_unit", "population", "population_basis", "population_date", "matrix", "mode",
)  # fmt: skip
FIRST = {
    "sample_id": "S1", "site": "North", "date": "2024-03-12", "analyte": "METH",
    "concentration": "120", "unit": "ng/L", "lod": "1", "loq": "3", "flow": "50000",
    "flow_unit": "m3/d", "population": "200000", "population_basis": "served",
    "population_date": "2020-11-01", "matrix": "wwtp_influent", "mode": "composite_24h",
}  # fmt: skip


def row(**changes: str) -> dict[str, str]:
    """The first row with some cells changed; new names become new columns."""
    return {**FIRST, **changes}


def as_cells(rows: Sequence[dict[str, str]]) -> list[list[str]]:
    """Header and rows as lists of texts."""
    header = list(dict.fromkeys(name for record in rows for name in record))
    return [header, *([record.get(name, "") for name in header] for record in rows)]


def as_text(cells: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Delimited text with CRLF line ends."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(cells)
    return buffer.getvalue()


def write_csv(
    path: Path, rows: Sequence[dict[str, str]], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """Write rows as delimited text."""
    path.write_bytes(as_text(as_cells(rows), delimiter).encode(encoding))
    return path


def write_xlsx(path: Path, cells: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> Path:
    """Write cells as a workbook of one sheet."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for values in cells:
        sheet.append([None if value == "" else value for value in values])
    for area in merged:
        sheet.merge_cells(area)
    book.save(path)
    return path
