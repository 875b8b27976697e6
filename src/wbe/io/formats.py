"""Every format that is no delimited text: what a file is by its bytes, and its sheets as text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import PurePath

from wbe.findings import Findings
from wbe.io.containers.archive import archive_kind
from wbe.io.containers.grid import Grid
from wbe.io.tables import Sheet
from wbe.io.text import Refused, kind_of

_MHTML = re.compile(rb"mime-version:.{0,4000}?multipart/related", re.IGNORECASE | re.DOTALL)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# a sheet alone, without the container: Excel 2, 3 and 4
_BEFORE_1995 = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")

SUFFIXES = {
    "xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm", ".et"),
    "xls": (".xls", ".xlt", ".et"),
    "ods": (".ods", ".ots"),
    "parquet": (".parquet", ".pq"),
    "netcdf": (".nc", ".cdf"),
    "hdf5": (".nc", ".nc4"),
}
"""Formats read here, and how the names of their files end."""


def recognise(data: bytes) -> str:
    """What a file is, whatever its name says.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    str
        A key of `SUFFIXES`, ``text``, ``empty``, ``html``, ``xml``, ``mhtml``, or the short name of
        a format that is not read.

    Raises
    ------
    Refused
        ``archive_damaged`` or ``archive_too_large``, before anything is expanded.
    """
    kind = first_look(data)
    return archive_kind(data) if kind == "zip" else kind


def first_look(head: bytes) -> str:
    """What the beginning of a file says it is; an archive is a ``zip``, whatever it holds.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, or all of it.

    Returns
    -------
    str
        As `recognise`, or ``zip``.
    """
    kind = kind_of(head)
    if kind != "text":
        return kind
    if head.startswith(b"PARE"):
        return "parquet"
    if head.startswith(_BEFORE_1995):
        return "Excel before 1995"
    if head.startswith(_UTF16):
        shown = kind_of(head[:8192].decode("utf-16", errors="ignore").encode())
        return shown if shown in ("html", "xml") else kind
    return "mhtml" if _MHTML.match(head[:5000].lstrip()) else kind


def read_sheets(kind: str, data: bytes, file: str, findings: Findings) -> list[Sheet]:
    """The visible sheets that hold anything, as text.

    Hidden sheets are left out and named in a flag; hidden rows and columns are read and named in
    one.

    Parameters
    ----------
    kind : str
        From `recognise`.
    data : bytes
        Content of the file.
    file : str
        Its name for findings.
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    list of Sheet

    Raises
    ------
    Refused
        If the format is not read, or the file cannot be.
    """
    if kind == "empty":
        raise Refused("file_empty")
    if kind in ("html", "xml", "mhtml"):
        raise Refused("html_as_spreadsheet", found=kind.upper())
    if kind not in SUFFIXES:
        raise Refused("format_not_supported", found=kind)
    if not file.lower().endswith(SUFFIXES[kind]):
        suffix = PurePath(file).suffix or "no suffix"
        findings.add("kind_differs_from_name", file=file, found=kind.upper(), suffix=suffix)
    if kind == "parquet":
        from wbe.io.containers.parquet import read_parquet

        return [read_parquet(data, file)]
    if kind in ("netcdf", "hdf5"):
        from wbe.io.netcdf.table import read_sheet

        return [read_sheet(data, file, findings)]
    grids, epoch_1904 = _reader(kind)(data)
    shown = _shown(grids, file, findings)
    return [grid.sheet(file, epoch_1904) for grid in shown]


def _reader(kind: str) -> Callable[[bytes], tuple[list[Grid], bool]]:
    """Imported when needed: each brings a parser of its own."""
    if kind == "xlsx":
        from wbe.io.containers.workbook import read_xlsx as read
    elif kind == "xls":
        from wbe.io.containers.xls import read_xls as read
    else:
        from wbe.io.containers.ods import read_ods as read
    return read


def _shown(grids: list[Grid], file: str, findings: Findings) -> list[Grid]:
    filled = [grid for grid in grids if grid.filled]
    shown = [grid for grid in filled if not grid.hidden]
    if not filled:
        raise Refused("file_empty")
    for grid in filled:
        if grid.hidden:
            severity = "flag" if shown else "error"
            findings.add("sheet_hidden", file=file, sheet=grid.name, severity=severity)
            continue
        rows, columns = grid.hidden_places()
        if rows:
            findings.add("hidden_rows_read", file=file, sheet=grid.name, where=rows)
        if columns:
            findings.add("hidden_columns_read", file=file, sheet=grid.name, where=columns)
    return shown
