"""Waters TargetLynx, XML (QuanData): ``.../SAMPLELISTDATA/SAMPLE/COMPOUND/PEAK@analconc``.

Verified in a public file (``quandata.xml`` in the tests of p2m2tools of INRAE) and in several
programs that read such files: the elements; ``SAMPLE@name``, ``@type`` (``Analyte``, ``Standard``,
``Blank``), ``@createdate``, ``@createtime``, ``@userdilutionfac``; ``COMPOUND@name``, ``@type``
(``ISTD``), ``@stdconc``; ``PEAK@analconc``, ``@area``, ``@foundrt``, ``@ionratio``,
``@concdevperc``; ``ISPEAK@area``; numbers with ten decimals, ``0.0000000000`` for missing. The
format names no unit. The file comes in one line, so a finding's line tells little: it names
sample and compound instead.

Entities, document types and references to other files are refused before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wbe.io.containers.safe_xml import parse
from wbe.io.instruments.export import Export, Peak, columns_of, long_peaks, note_header
from wbe.io.instruments.vocabulary import load
from wbe.io.tables import Sheet
from wbe.io.text import Refused

NAME = "targetlynx-xml"
_COLUMNS = "targetlynx"
_PATH = ["QUANDATASET", "GROUPDATA", "GROUP", "SAMPLELISTDATA", "SAMPLE", "COMPOUND"]
_PEAKS = ([*_PATH, "PEAK"], [*_PATH, "PEAK", "ISPEAK"])


def is_quandata(data: bytes) -> bool:
    """Whether the first bytes are those of a QuanData file."""
    head = data[:4096].replace(b"\x00", b"")
    return b"<QUANDATASET" in head and head.lstrip(b"\xef\xbb\xbf\xfe\xff \r\n\t").startswith(b"<")


def sheet_of(data: bytes, file: str) -> Sheet:
    """The peaks of a QuanData file as a table whose headers are ``element@attribute``.

    Parameters
    ----------
    data : bytes
    file : str
        Name for findings.

    Returns
    -------
    Sheet

    Raises
    ------
    Refused
        ``export_xml_refused``, ``export_xml_damaged`` or ``archive_too_large``.
    """
    peaks = _Peaks()
    try:
        parse(peaks.lines_of(data), "XML", peaks.opened, peaks.closed)
    except Refused as refused:
        if refused.rule == "xml_unsafe":
            raise Refused("export_xml_refused") from None
        if refused.rule == "archive_damaged":
            raise Refused("export_xml_damaged", line=peaks.line, **refused.details) from None
        raise
    return Sheet(file, rows=peaks.rows, lines=peaks.lines)


class _Peaks:
    """Collects one row for each ``PEAK`` of a compound of a sample."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = [_titles()]
        self.lines: list[int] = [1]
        self.line = 1
        self._path: list[str] = []
        self._held: dict[str, str] = {}

    def lines_of(self, data: bytes) -> Iterator[bytes]:
        """The document line by line, so that every element knows its own."""
        for self.line, piece in enumerate(data.splitlines(keepends=True), start=1):
            yield piece

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """Remember the attributes of sample, compound and peak."""
        self._path.append(name)
        if self._path == _PATH[:-1]:
            self._held = {}
        elif self._path == _PATH:
            self._held = {k: v for k, v in self._held.items() if k.startswith("SAMPLE@")}
        elif self._path not in _PEAKS:
            return
        self._held.update({f"{name}@{key}": text for key, text in attributes.items()})

    def closed(self, name: str) -> None:
        """Write the row of a peak."""
        if self._path == _PEAKS[0]:
            self.rows.append([self._held.get(title, "").strip() for title in self.rows[0]])
            self.lines.append(self.line)
        self._path.pop()


def _titles() -> list[str]:
    return [names[0] for names in load()["columns"][_COLUMNS].values()]


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """0 for a table made by `sheet_of`; None for any other."""
    return 0 if rows and list(rows[0]) == _titles() else None


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export."""
    export = Export(NAME, sheets, "PEAK@analconc", "COMPOUND@name")
    columns = columns_of(_COLUMNS, sheets[0].rows[0])
    note_header(export, 0, 0, columns)
    long_peaks(export, 0, 0, range(1, len(sheets[0].rows)), columns)
    export.peaks = [_without_zeros(peak) for peak in export.peaks]
    return export


def _without_zeros(peak: Peak) -> Peak:
    """The format has no blank: a number that is nothing but zeros is none."""
    names = ("concentration", "expected", "area", "ion_ratio", "istd_area", "dilution", "accuracy",
             "retention_time")  # fmt: skip
    empty = {name: "" for name in names if _is_zero(getattr(peak, name))}
    if _is_zero(peak.expected):  # the deviation from an amount that is not stated says nothing
        empty["accuracy"] = ""
    return replace(peak, **empty)  # type: ignore[arg-type]


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
