"""ODS workbooks (OpenDocument), read once from their XML.

A cell's text is used for words and its stored value for numbers and dates, so that neither the
rounding of a format nor a locale enters. Repeated cells are counted before they are made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from wbe.io.containers.archive import Archive
from wbe.io.containers.grid import Budget, Grid
from wbe.io.containers.safe_xml import MAX_NAMES, Handlers, local, parse
from wbe.io.shown import PERCENT, as_text, number_text
from wbe.io.text import Refused

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DURATION = re.compile(r"P(?:([0-9]{1,7})D)?T([0-9]{1,7})H([0-9]{1,2})M([0-9]{1,2})(?:[.,]0*)?S")
_ERROR = re.compile(r"#[A-Z/0!?]+|#N/A|(?:Err|错误):[0-9]+")
_MAX_TAGS = 6_000_000  # its cells are longer to read than those of XLSX
_STORED = ("value", "date-value", "time-value", "boolean-value", "string-value")
_BLANKS = re.compile("[ \t\r\n]+")  # in XML they count as one; others have elements of their own
_HIDDEN = ("collapse", "filter")
# Remarks, drawings and remembered older versions of a sheet hold texts that are no cell's.
_ASIDE = frozenset({"annotation", "frame", "tracked-changes", "shapes", "forms", "dde-links",
                    "custom-shape", "rect", "line", "g", "ruby-text",
                    "content-validations"})  # fmt: skip


def read_ods(data: bytes) -> tuple[list[Grid], bool]:
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
        ``archive_damaged``, ``archive_too_large``, ``encrypted``, ``xml_unsafe``,
        ``sheet_too_large`` or ``cell_too_long``.
    """
    archive = Archive(data)
    _refuse_encrypted(archive)
    part = archive.find("content.xml")
    if not part:
        raise Refused("archive_damaged", reason="no content in it")
    if b"spreadsheet" not in archive.read(archive.find("mimetype"), 1000):
        raise Refused("format_not_supported", found="OpenDocument other than a spreadsheet")
    reader = _Reader()
    parse(archive.stream(part), part, reader.start, reader.end, reader.text, _MAX_TAGS)
    return reader.grids, reader.epoch_1904


def _refuse_encrypted(archive: Archive) -> None:
    name = archive.find("META-INF/manifest.xml")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "encryption-data":
            raise Refused("encrypted")

    if name:
        parse(archive.stream(name), name, start)


def _count(cell: dict[str, str], name: str) -> int:
    if name not in cell:
        return 1
    text = cell[name]
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


@dataclass
class _Row:
    """What a row holds while it is read: column, how often, and text or (rule, text)."""

    begins: int
    height: int
    hidden: bool
    filled: list[tuple[int, int, str]] = field(default_factory=list)
    spoiled: list[tuple[int, int, str, str]] = field(default_factory=list)

    def put_into(self, grid: Grid, width: int) -> None:
        """Set the cells of the row and of those that repeat it."""
        if not self.filled and not self.spoiled:
            return
        grid.reserve(self.begins, self.height, width)
        for row in range(self.begins, self.begins + self.height):
            if self.hidden:
                grid.hidden_rows.add(row)
            for column, repeated, text in self.filled:
                for place in range(column, column + repeated):
                    grid.put(row, place, text)
            for column, repeated, rule, text in self.spoiled:
                for place in range(column, column + repeated):
                    grid.spoil(row, place, rule, text)


class _Reader(Handlers):
    """Handlers of the content: styles first, then tables, rows and cells."""

    def __init__(self) -> None:
        super().__init__()
        self.grids: list[Grid] = []
        self.epoch_1904 = False
        self._budget = Budget()
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._aside = 0  # depth within something that is no part of the table
        self._open = False  # a table is being read
        self._at = self._column = 0
        self._row = _Row(0, 1, False)
        self._cell: dict[str, str] | None = None
        self._pieces: list[str] = []
        self._length = self._paragraphs = 0
        self._in_paragraph = False
        self._short: dict[str, str] = {}
        self.starts = {
            "style": self._named, "table-properties": self._shown, "null-date": self._epoch,
            "table": self._table, "table-column": self._columns, "table-row": self._line,
            "table-cell": self._begin, "covered-table-cell": self._begin, "p": self._paragraph,
            "s": self._blanks, "tab": self._tab, "line-break": self._break,
        }  # fmt: skip
        self.ends = {
            "table": self._close_table, "table-row": self._close_row, "p": self._stop,
            "table-cell": self._close, "covered-table-cell": self._close_covered,
        }  # fmt: skip
        self.starts |= dict.fromkeys(_ASIDE, self._leave)
        self.ends |= dict.fromkeys(_ASIDE, self._return)

    def text(self, text: str) -> None:
        """Text of a paragraph in a cell."""
        if self._in_paragraph and not self._aside:
            self._pieces.append(text if text.isalnum() else _BLANKS.sub(" ", text))
            self._length += len(text)
            if self._length > 1 << 20:
                self._budget.take_text(self._length)

    def _attributes(self, given: dict[str, str]) -> dict[str, str]:
        """Attributes by their local names; those of extensions behind a ``calc:``."""
        short = self._short
        for name in given:
            if name not in short:
                short[name] = ("calc:" if "calc" in name.rpartition("}")[0] else "") + local(name)
                if len(short) > MAX_NAMES:
                    raise Refused("archive_too_large", what="its XML has too many attributes")
        return {short[name]: value for name, value in given.items()}

    def _leave(self, attributes: dict[str, str]) -> None:
        self._aside += 1

    def _return(self) -> None:
        self._aside -= 1

    def _named(self, given: dict[str, str]) -> None:
        self._style = self._attributes(given).get("name", "")

    def _shown(self, given: dict[str, str]) -> None:
        if self._attributes(given).get("display") == "false":
            self._hidden_styles.add(self._style)

    def _epoch(self, given: dict[str, str]) -> None:
        self.epoch_1904 = self._attributes(given).get("date-value", "").startswith("1904")

    def _table(self, given: dict[str, str]) -> None:
        if self._aside:
            return
        if self._open:
            raise Refused("archive_damaged", reason="a table within a table")
        table = self._attributes(given)
        hidden = table.get("style-name", "") in self._hidden_styles
        self.grids.append(Grid(table.get("name", ""), self._budget, hidden))
        self._open, self._at, self._column = True, 0, 0

    def _close_table(self) -> None:
        if not self._aside:
            self._open = False

    def _columns(self, given: dict[str, str]) -> None:
        if self._aside or not self._open:
            return
        column = self._attributes(given)
        repeated = _count(column, "number-columns-repeated")
        if column.get("visibility") in _HIDDEN:
            self.grids[-1].hidden_columns.append((self._column, self._column + repeated - 1))
        self._column += repeated

    def _line(self, given: dict[str, str]) -> None:
        if not self._aside:
            row = self._attributes(given)
            height = _count(row, "number-rows-repeated")
            self._row = _Row(self._at, height, row.get("visibility") in _HIDDEN)
            self._column = 0

    def _close_row(self) -> None:
        if not self._aside and self._open:
            self._row.put_into(self.grids[-1], self._column)
            self._at += self._row.height

    def _begin(self, given: dict[str, str]) -> None:
        if not self._aside and self._open:
            self._cell = self._attributes(given)
            self._pieces, self._length, self._paragraphs = [], 0, 0

    def _paragraph(self, attributes: dict[str, str]) -> None:
        if self._cell is not None and not self._aside:
            if self._paragraphs:
                self._pieces.append("\n")
            self._paragraphs += 1
            self._in_paragraph = True

    def _stop(self) -> None:
        if not self._aside:
            self._in_paragraph = False

    def _blanks(self, given: dict[str, str]) -> None:
        if self._in_paragraph and not self._aside:
            count = _count(self._attributes(given), "c")
            self._budget.take_text(count)
            self._pieces.append(" " * count)

    def _tab(self, attributes: dict[str, str]) -> None:
        if self._in_paragraph and not self._aside:
            self._pieces.append("\t")

    def _break(self, attributes: dict[str, str]) -> None:
        if self._in_paragraph and not self._aside:
            self._pieces.append("\n")

    def _close(self) -> None:
        cell = self._cell
        if cell is not None and not self._aside:
            repeated = _count(cell, "number-columns-repeated")
            if cell:
                self._read(cell, repeated)
            self._column += repeated
            self._cell = None

    def _close_covered(self) -> None:
        if self._cell is not None and not self._aside:
            self._column += _count(self._cell, "number-columns-repeated")
            self._cell = None

    def _read(self, cell: dict[str, str], repeated: int) -> None:
        written = "".join(self._pieces)
        rule = _broken(cell, written)
        if rule:
            shown = written if rule == "excel_error_value" else cell["formula"]
            self._row.spoiled.append((self._column, repeated, rule, shown))
            return
        text = _value(cell, written)
        if text:
            self._budget.take_text(len(text))
            self._row.filled.append((self._column, repeated, text))
        if "number-rows-spanned" in cell or "number-columns-spanned" in cell:
            self._merge(_count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned"))

    def _merge(self, down: int, across: int) -> None:
        if down > 1 or across > 1:
            top, left = self._row.begins, self._column
            self.grids[-1].merged.append((top, left, top + down - 1, left + across - 1))


def _broken(cell: dict[str, str], written: str) -> str:
    """The rule of a cell without a value: an error, or a formula that was never calculated."""
    if cell.get("calc:value-type") == "error":
        return "excel_error_value"
    if "formula" not in cell:
        return ""
    if _ERROR.fullmatch(written):
        return "excel_error_value"
    stored = written or any(name in cell for name in _STORED)
    return "" if stored or cell.get("value-type") == "string" else "formula_not_calculated"


def _value(cell: dict[str, str], written: str) -> str:
    kind = cell.get("value-type", "")
    if kind in ("float", "percentage", "currency"):
        return _number(cell.get("value", ""), kind, written)
    if kind == "date":
        stored = cell.get("date-value", "")
        return stored.removesuffix("T00:00:00").replace("T", " ") or written
    if kind == "time":
        return _time(cell.get("time-value", "")) or written
    if kind == "boolean":
        return cell.get("boolean-value", "").upper() or written
    return cell.get("string-value") or written


@lru_cache(maxsize=65536)
def _number(stored: str, kind: str, written: str) -> str:
    if not _NUMBER.fullmatch(stored):
        return stored or written
    value = float(stored)
    if value in (float("inf"), float("-inf")):
        return stored
    if kind == "percentage":
        return number_text(value, PERCENT)
    text = as_text(value)
    zeros = re.fullmatch("0[0-9]+", written)  # a format such as 0000
    return written if zeros and written.lstrip("0") in (text, "") else text


def _time(stored: str) -> str:
    """``PT09H30M00S`` as 09:30:00."""
    found = _DURATION.fullmatch(stored)
    if not found:
        return stored
    hours = int(found[1] or 0) * 24 + int(found[2])
    return f"{hours:02d}:{int(found[3]):02d}:{int(found[4]):02d}"
