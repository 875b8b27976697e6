"""XLSX workbooks: values by calamine, and by openpyxl what calamine reads as blank.

An error cell and a formula that was never calculated both come out of the fast reader as an empty
cell, which in a wide table would pass for "not measured". A look into the sheet's XML says whether
a workbook can hold such cells at all; only then the slow reader is asked where they are.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

from wbe.io.tables import Sheet
from wbe.io.text import Refused

MAX_ENTRIES = 10_000
MAX_EXPANDED = 500_000_000
MAX_RATIO = 100
_RATIO_FROM = 10_000_000

_SUSPECT = re.compile(rb"<(?:\w+:)?f[ >/]|\bt=[\"']e[\"']")
_DATE_1904 = re.compile(rb"date1904\s*=\s*[\"'](1|true)[\"']", re.IGNORECASE)


def read_workbook(data: bytes, file: str) -> list[Sheet]:
    """All sheets of an XLSX workbook that hold anything.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file : str
        Its name for findings.

    Returns
    -------
    list of Sheet

    Raises
    ------
    Refused
        ``archive_damaged``, ``archive_too_large``, ``format_not_supported`` or ``file_empty``.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    suspect, epoch_1904 = _inspect(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            _sheet(book.get_sheet_by_name(name), name, file, epoch_1904)
            for name in book.sheet_names
        ]
    except (CalamineError, ValueError, zipfile.BadZipFile) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None
    if suspect:
        _note_broken(data, sheets)
    filled = [s for s in sheets if s.broken or any(any(row) for row in s.rows)]
    if not filled:
        raise Refused("file_empty")
    return filled


def archive_kind(data: bytes) -> str:
    """What a ZIP archive is: ``xlsx``, ``xlsb``, ``ods`` or ``zip``.

    Raises
    ------
    Refused
        ``archive_damaged`` or ``archive_too_large``, before anything is expanded.
    """
    entries = _entries(data)
    names = {entry.filename for entry in entries}
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.endswith("workbook.xml") for name in names):
        return "xlsx"
    return "ods" if {"content.xml", "mimetype"} <= names else "zip"


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None
    expanded = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive_too_large", what=f"{len(entries)} entries")
    if expanded > MAX_EXPANDED:
        raise Refused("archive_too_large", what=f"{expanded / 1e6:.0f} MB expanded")
    if expanded > _RATIO_FROM and expanded / packed > MAX_RATIO:
        raise Refused("archive_too_large", what=f"compressed {expanded / packed:.0f} to 1")
    return entries


def _inspect(data: bytes) -> tuple[bool, bool]:
    """Whether any sheet can hold a formula or an error value, and the date epoch."""
    suspect = epoch_1904 = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.filename.startswith("xl/worksheets/"):
                    suspect |= bool(_SUSPECT.search(archive.read(entry)))
                elif entry.filename == "xl/workbook.xml":
                    epoch_1904 = bool(_DATE_1904.search(archive.read(entry)))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None
    except (NotImplementedError, RuntimeError):
        raise Refused("archive_damaged", reason="encrypted") from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise Refused("archive_damaged", reason="zlib") from None
    return suspect, epoch_1904


def _sheet(sheet: Any, name: str, file: str, epoch_1904: bool) -> Sheet:
    values = sheet.to_python(skip_empty_area=False)
    rows = [[as_text(value) for value in row] for row in values]
    merged = [(a, b, c, d) for (a, b), (c, d) in (sheet.merged_cell_ranges or [])]
    return Sheet(
        file,
        name,
        rows,
        lines=list(range(1, len(rows) + 1)),
        spreadsheet=True,
        merged=merged,
        epoch_1904=epoch_1904,
    )


def as_text(value: Any) -> str:
    """A cell's value as a person would type it; dates in ISO form."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _note_broken(data: bytes, sheets: list[Sheet]) -> None:
    """Fill ``broken`` by comparing each cell's formula with its stored value."""
    import openpyxl

    formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    for sheet in sheets:
        if sheet.name not in formulas.sheetnames:
            continue
        values = stored[sheet.name]
        for row in formulas[sheet.name].iter_rows():
            for cell in row:
                where = (cell.row - 1, cell.column - 1)
                kept = values.cell(cell.row, cell.column)
                if cell.data_type == "f" and kept.value is None:
                    sheet.broken[where] = ("formula_not_calculated", str(cell.value))
                elif "e" in (cell.data_type, kept.data_type):
                    sheet.broken[where] = ("excel_error_value", str(kept.value))
