"""XLS workbooks of Excel 95 to 2003 (BIFF5, BIFF8), read record by record.

Own code, because one pass gives values, number formats, error cells, formulas that were never
calculated, and what is hidden, and because every length and offset can be checked. Macros and
charts are never looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from wbe.io.containers import biff
from wbe.io.containers.biff import Record, Texts, codec_of, records, rk_number
from wbe.io.containers.grid import Budget, Grid
from wbe.io.containers.ole import CompoundFile
from wbe.io.shown import as_text, number_text, shape_of
from wbe.io.text import Refused

_BIFF5, _BIFF8 = 0x500, 0x600
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
           0x24: "#NUM!", 0x2A: "#N/A"}  # fmt: skip
_CALCULATE_ON_LOAD = 2
_OTHER_PROGRAMS = {"WordDocument": "Word document", "PowerPoint Document": "PowerPoint document",
                   "VisioDocument": "Visio document", "CONTENTS": "Works document"}  # fmt: skip


@dataclass
class Globals:
    """What the sheets of a workbook share.

    Attributes
    ----------
    codec : str
        Of texts that are bytes; "" in BIFF8.
    epoch_1904 : bool
    strings : list of str
    shapes : list of str
        What each style makes of a number.
    sheets : list of (str, int, bool)
        Name, offset and whether it is hidden, of each sheet of cells.
    budget : Budget
    """

    codec: str = ""
    epoch_1904: bool = False
    strings: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    sheets: list[tuple[str, int, bool]] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)


def read_xls(data: bytes) -> tuple[list[Grid], bool]:
    """The sheets of a workbook, and whether its date serials count from 1904.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    (list of Grid, bool)

    Raises
    ------
    Refused
        ``archive_damaged``, ``encrypted``, ``format_not_supported``, ``sheet_too_large`` or
        ``cell_too_long``.
    """
    stream = _stream(CompoundFile(data))
    book = _globals(stream)
    grids = [_SheetReader(book, name, hidden).read(stream, at) for name, at, hidden in book.sheets]
    return grids, book.epoch_1904


def _stream(file: CompoundFile) -> bytes:
    names = file.names()
    for name in ("Workbook", "Book"):
        if name in names:
            return file.read(name)
    if "EncryptedPackage" in names:
        raise Refused("encrypted")
    found = next((kind for name, kind in _OTHER_PROGRAMS.items() if name in names), "OLE")
    raise Refused("format_not_supported", found=found)


def _version(record: Record) -> int:
    version = int(record.numbers("<H")[0])
    if version not in (_BIFF5, _BIFF8):
        raise Refused("archive_damaged", reason=f"version {version:#x}")
    return version


def _globals(stream: bytes) -> Globals:
    book = Globals()
    codes: dict[int, str] = {}
    formats: list[int] = []
    listed: list[Record] = []
    for record in records(stream, 0):
        if record.kind == biff.BOF:
            book.codec = "cp1252" if _version(record) == _BIFF5 else ""
        elif record.kind == biff.FILEPASS:
            raise Refused("encrypted")
        elif record.kind == biff.CODEPAGE and book.codec:
            book.codec = codec_of(record.numbers("<H")[0])
        elif record.kind == biff.DATEMODE:
            book.epoch_1904 = record.numbers("<H")[0] == 1
        elif record.kind == biff.FORMAT:
            number = record.numbers("<H")[0]
            codes[number] = Texts(record, 2, book.codec).text("B" if book.codec else "H")
        elif record.kind == biff.XF:
            formats.append(record.numbers("<H", 2)[0])
        elif record.kind == biff.BOUNDSHEET:
            listed.append(record)
        elif record.kind == biff.SST:
            book.strings = _strings(record, book.budget)
    book.sheets = _sheets(listed, book.codec)
    book.shapes = [shape_of(codes.get(number, ""), number) for number in formats]
    return book


def _sheets(listed: list[Record], codec: str) -> list[tuple[str, int, bool]]:
    sheets = []
    for record in listed:
        at, state, kind = record.numbers("<IBB")
        if kind == 0:  # others are charts and macros
            sheets.append((Texts(record, 6, codec).text("B"), at, bool(state & 3)))
    return sheets


def _strings(record: Record, budget: Budget) -> list[str]:
    count = record.numbers("<II")[1]
    reader = Texts(record, 8)
    strings: list[str] = []
    while len(strings) < count and reader.more:
        strings.append(reader.text("H"))
        budget.take_text(len(strings[-1]))
    return strings


class _SheetReader:
    """The records of one sheet."""

    def __init__(self, book: Globals, name: str, hidden: bool):
        self.book = book
        self.grid = Grid(name, book.budget, hidden)
        self.waiting: tuple[int, int] | None = None  # a formula whose text comes in a later record
        self.readers = {
            biff.ROW: self._row, biff.COLINFO: self._columns, biff.MERGEDCELLS: self._merged,
            biff.NUMBER: self._number, biff.RK: self._rk, biff.MULRK: self._several,
            biff.LABELSST: self._shared, biff.LABEL: self._label, biff.RSTRING: self._label,
            biff.BOOLERR: self._truth, biff.FORMULA: self._formula, biff.STRING: self._result,
        }  # fmt: skip

    def read(self, stream: bytes, at: int) -> Grid:
        for record in records(stream, at):
            if record.kind == biff.BOF:
                _version(record)
            elif record.kind in self.readers:
                self.readers[record.kind](record)
        return self.grid

    def _put(self, row: int, column: int, style: int, value: float) -> None:
        if not math.isfinite(value):
            raise Refused("archive_damaged", reason="a number that is none")
        shapes = self.book.shapes
        shape = shapes[style] if style < len(shapes) else ""
        text = number_text(value, shape, self.book.epoch_1904) if shape else as_text(value)
        self.grid.put(row, column, text)

    def _number(self, record: Record) -> None:
        self._put(*record.numbers("<3Hd"))

    def _rk(self, record: Record) -> None:
        row, column, style, raw = record.numbers("<3HI")
        self._put(row, column, style, rk_number(raw))

    def _several(self, record: Record) -> None:
        row, first = record.numbers("<HH")
        for index in range((len(record.data) - 6) // 6):
            style, raw = record.numbers("<HI", 4 + 6 * index)
            self._put(row, first + index, style, rk_number(raw))

    def _shared(self, record: Record) -> None:
        row, column, _, index = record.numbers("<3HI")
        if index >= len(self.book.strings):
            raise Refused("archive_damaged", reason="a text is missing")
        self.grid.put(row, column, self.book.strings[index])

    def _label(self, record: Record) -> None:
        row, column, _ = record.numbers("<3H")
        self._text(row, column, Texts(record, 6, self.book.codec).text("H"))

    def _text(self, row: int, column: int, text: str) -> None:
        self.book.budget.take_text(len(text))
        self.grid.put(row, column, text)

    def _truth(self, record: Record) -> None:
        row, column, _, value, is_error = record.numbers("<3HBB")
        self._truth_or_error(row, column, value, is_error)

    def _truth_or_error(self, row: int, column: int, value: int, is_error: bool) -> None:
        if is_error:
            self.grid.spoil(row, column, "excel_error_value", _ERRORS.get(value, f"#{value}"))
        else:
            self.grid.put(row, column, as_text(bool(value)))

    def _formula(self, record: Record) -> None:
        row, column, style, value = record.numbers("<3Hd")
        kind, content, mark, flags = record.numbers("<BxB3xHH", 6)
        # writers that cannot calculate store a zero or nothing and leave it to the program
        empty = kind == 3 if mark == 0xFFFF else value == 0
        if empty and flags & _CALCULATE_ON_LOAD:
            self.grid.spoil(row, column, "formula_not_calculated", "=")
        elif mark != 0xFFFF:
            self._put(row, column, style, value)
        elif kind == 0:
            self.waiting = (row, column)
        elif kind in (1, 2):
            self._truth_or_error(row, column, content, kind == 2)

    def _result(self, record: Record) -> None:
        if self.waiting is not None:
            text = Texts(record, 0, self.book.codec).text("H")
            self._text(*self.waiting, text)
            self.waiting = None

    def _row(self, record: Record) -> None:
        row, *_, flags = record.numbers("<7H")
        if flags & 0x20:
            self.grid.hidden_rows.add(row)

    def _columns(self, record: Record) -> None:
        first, last, _, _, flags = record.numbers("<5H")
        if flags & 1:
            self.grid.hidden_columns.append((first, last))

    def _merged(self, record: Record) -> None:
        for index in range(record.numbers("<H")[0]):
            top, bottom, left, right = record.numbers("<4H", 2 + 8 * index)
            self.grid.merged.append((top, left, bottom, right))
