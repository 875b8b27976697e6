"""XLSX and XLSM workbooks, read once from their XML: values, and what stands behind them.

One pass gives the value of a cell, its number format, and whether it is an error or a formula that
was never calculated; fast readers give all but the first as blank. Macros, links to other
workbooks, charts and pictures are never looked at.
"""

from __future__ import annotations

import posixpath
import re

from wbe.io.containers.archive import Archive
from wbe.io.containers.grid import Budget, Grid
from wbe.io.containers.safe_xml import Handlers, attribute, local, parse
from wbe.io.shown import as_text, number_text, shape_of
from wbe.io.text import Refused

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_REMEMBERED = 50_000
_TRUE = ("1", "true")


class Workbook:
    """What the sheets of a workbook share.

    Parameters
    ----------
    archive : Archive

    Attributes
    ----------
    epoch_1904 : bool
        Whether date serials count from 1904.
    recalculates : bool
        Whether the writer left all formulas to be calculated on opening.
    listed : list of (str, str, bool)
        Name, part and whether it is hidden, of each sheet of cells.
    strings : list of str
    shapes : list of str
        What each style makes of a number.

    Raises
    ------
    Refused
        ``archive_damaged`` and whatever `Archive` and `parse` raise.
    """

    def __init__(self, archive: Archive):
        self.archive, self.budget = archive, Budget()
        self.epoch_1904 = self.recalculates = False
        self.listed: list[tuple[str, str, bool]] = []
        main = _main_part(archive)
        targets = _targets(archive, main)
        self._read_main(main, targets)
        parts = {kind: part for kind, part in targets.values()}
        self.strings = _Strings(archive, parts.get("sharedStrings", ""), self.budget).texts
        self.shapes = _shapes(archive, parts.get("styles", ""))

    def _read_main(self, main: str, targets: dict[str, tuple[str, str]]) -> None:
        def start(name: str, attributes: dict[str, str]) -> None:
            tag = local(name)
            if tag == "workbookPr":
                self.epoch_1904 = attributes.get("date1904", "").lower() in _TRUE
            elif tag == "calcPr":
                self.recalculates = attributes.get("fullCalcOnLoad", "").lower() in _TRUE
            elif tag == "sheet":
                kind, part = targets.get(attribute(attributes, "id"), ("", ""))
                if kind == "worksheet":
                    hidden = attributes.get("state", "visible") != "visible"
                    self.listed.append((attributes.get("name", ""), part, hidden))
                elif not kind:
                    raise Refused("archive_damaged", reason="a sheet is missing")

        parse(self.archive.stream(main), main, start)

    def grids(self) -> list[Grid]:
        """All sheets of cells, read one after the other.

        Raises
        ------
        Refused
            As the class, and ``sheet_too_large``, ``cell_too_long``.
        """
        return [_SheetReader(self, *entry).read() for entry in self.listed]


def read_xlsx(data: bytes) -> tuple[list[Grid], bool]:
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
    book = Workbook(Archive(data))
    return book.grids(), book.epoch_1904


def _main_part(archive: Archive) -> str:
    for kind, part in _targets(archive, "").values():
        if kind == "officeDocument" and part:
            return part
    part = archive.find("xl/workbook.xml")
    if not part:
        raise Refused("archive_damaged", reason="no workbook in it")
    return part


def _targets(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Relationship id to the kind and the part it points to, within the archive only."""
    folder, base = posixpath.split(part)
    name = archive.find(posixpath.join(folder, "_rels", f"{base}.rels"))
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, archive.find(target.lstrip("/")))

    if name:
        parse(archive.stream(name), name, start)
    return found


def _shapes(archive: Archive, part: str) -> list[str]:
    codes: dict[int, str] = {}
    shapes: list[str] = []
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = local(name)
        if tag == "numFmt" and inside != "dxfs":
            codes[_integer(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside = tag
        elif tag == "xf" and inside == "cellXfs":
            number = _integer(attributes.get("numFmtId"))
            shapes.append(shape_of(codes.get(number, ""), number))

    if part:
        parse(archive.stream(part), part, start)
    return shapes


def _integer(text: str | None, default: int = 0) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else default


def _unescaped(text: str) -> str:
    """``_x000D_`` stands for the character of that code."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


class _Strings(Handlers):
    """The table of shared texts; the runs of a formatted text are joined, readings left out."""

    def __init__(self, archive: Archive, part: str, budget: Budget):
        super().__init__()
        self.texts: list[str] = []
        self._budget = budget
        self._pieces: list[str] = []
        self._length = 0
        self._pronounced = self._wanted = False
        self.starts = {"si": self._item, "t": self._run, "rPh": self._reading}
        self.ends = {"si": self._finish, "t": self._stop, "rPh": self._read_on}
        if part:
            parse(archive.stream(part), part, self.start, self.end, self.text)

    def text(self, text: str) -> None:
        if self._wanted:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > 1 << 20:
                self._budget.take_text(self._length)

    def _item(self, attributes: dict[str, str]) -> None:
        self._pieces.clear()
        self._length = 0

    def _run(self, attributes: dict[str, str]) -> None:
        self._wanted = not self._pronounced

    def _stop(self) -> None:
        self._wanted = False

    def _reading(self, attributes: dict[str, str]) -> None:
        self._pronounced = True

    def _read_on(self) -> None:
        self._pronounced = False

    def _finish(self) -> None:
        text = _unescaped("".join(self._pieces))
        self._budget.take_text(len(text))
        self.texts.append(text)


class _SheetReader(Handlers):
    """Handlers of one sheet's XML."""

    def __init__(self, book: Workbook, name: str, part: str, hidden: bool):
        super().__init__()
        if not part:
            raise Refused("archive_damaged", reason=f"sheet {name} is missing")
        self.book, self.part = book, part
        self.grid = Grid(name, book.budget, hidden)
        self.row = self.column = -1
        self.row_text = ""
        self.cell: dict[str, str] | None = None
        self.formula: list[str] | None = None
        self.value: list[str] | None = None
        self.into: list[str] | None = None
        self.length = 0
        self.reading = False  # inside of how a text is pronounced
        self.columns: dict[str, int] = {}
        self.known: dict[tuple[str, str], str] = {}
        self.starts = {"c": self._cell, "v": self._value, "is": self._rich, "f": self._formula,
                       "t": self._run, "rPh": self._reading, "row": self._line, "col": self._column,
                       "mergeCell": self._merge}  # fmt: skip
        self.ends = {"c": self._close, "v": self._stop, "is": self._stop, "f": self._stop,
                     "t": self._stop, "rPh": self._read_on}  # fmt: skip

    def read(self) -> Grid:
        archive = self.book.archive
        parse(archive.stream(self.part), self.part, self.start, self.end, self.text)
        return self.grid

    def text(self, text: str) -> None:
        if self.into is not None:
            self.into.append(text)
            self.length += len(text)
            if self.length > 1 << 20:
                self.book.budget.take_text(self.length)

    def _line(self, attributes: dict[str, str]) -> None:
        self.row = _integer(attributes.get("r"), self.row + 2) - 1
        self.column, self.row_text = -1, str(self.row + 1)
        if attributes.get("hidden", "").lower() in _TRUE:
            self.grid.hidden_rows.add(self.row)

    def _column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden", "").lower() in _TRUE:
            first, last = _integer(attributes.get("min"), 1), _integer(attributes.get("max"), 1)
            self.grid.hidden_columns.append((first - 1, last - 1))

    def _merge(self, attributes: dict[str, str]) -> None:
        found = _RANGE.fullmatch(attributes.get("ref", ""))
        if found:
            self.grid.merged.append((int(found[2]) - 1, column_number(found[1]),
                                     int(found[4]) - 1, column_number(found[3])))  # fmt: skip

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
        else:
            letters = reference[: -len(self.row_text)]
            if letters in self.columns and reference.endswith(self.row_text):
                self.column = self.columns[letters]
            else:
                self._place(reference)
        self.cell, self.formula, self.value, self.length = attributes, None, None, 0

    def _place(self, reference: str) -> None:
        """An address seen for the first time, or in another row than it stands in."""
        found = _REFERENCE.fullmatch(reference)
        if not found:
            raise Refused("archive_damaged", reason=f"cell address {reference[:20]}")
        self.column = self.columns.setdefault(found[1], column_number(found[1]))
        self.row, self.row_text = int(found[2]) - 1, found[2]

    def _value(self, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self.into = self.value = []

    def _rich(self, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self.value = []

    def _formula(self, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self.into = self.formula = []

    def _run(self, attributes: dict[str, str]) -> None:
        if not self.reading:
            self.into = self.value

    def _reading(self, attributes: dict[str, str]) -> None:
        self.reading = True

    def _read_on(self) -> None:
        self.reading = False

    def _stop(self) -> None:
        self.into = None

    def _close(self) -> None:
        if self.cell is not None:
            self._finish(self.cell)
            self.cell = self.value = None

    def _finish(self, cell: dict[str, str]) -> None:
        kind = cell.get("t", "n")
        text = "".join(self.value) if self.value else ""
        if text and kind == "n" and self.formula is None:
            known = self.known.get((text, cell.get("s", "0")))
            if known is not None:
                self.grid.put(self.row, self.column, known)
                return
        if self.formula is not None and self._uncalculated(kind, text):
            shown = "=" + "".join(self.formula)
            self.grid.spoil(self.row, self.column, "formula_not_calculated", shown)
        elif kind == "e":
            self.grid.spoil(self.row, self.column, "excel_error_value", text)
        elif text:
            self.grid.put(self.row, self.column, self._shown(kind, text, cell.get("s", "0")))

    def _uncalculated(self, kind: str, text: str) -> bool:
        """No value; or the zero of a writer that leaves calculating to the program."""
        if kind == "n" and text == "0":
            return self.book.recalculates
        return not text and not (kind in ("str", "inlineStr") and self.value is not None)

    def _shown(self, kind: str, text: str, style: str) -> str:
        if kind == "s":
            return self._shared(text)
        if kind == "b":
            return "TRUE" if text.strip().lower() in _TRUE else "FALSE"
        if kind in ("str", "inlineStr"):
            self.book.budget.take_text(len(text))
            return _unescaped(text)
        if kind == "d":
            return text.removesuffix("T00:00:00").replace("T", " ")
        known = self.known.get((text, style))
        if known is None:
            if len(self.known) > _REMEMBERED:
                self.known.clear()
            known = self.known[text, style] = self._number(text.strip(), _integer(style))
        return known

    def _shared(self, text: str) -> str:
        index = _integer(text.strip(), -1)
        if not 0 <= index < len(self.book.strings):
            raise Refused("archive_damaged", reason="a text is missing")
        return self.book.strings[index]

    def _number(self, text: str, style: int) -> str:
        """The number as shown; what is no number stays as written, for the reader of cells."""
        if not _NUMBER.fullmatch(text):
            return text
        value = float(text)
        if value in (float("inf"), float("-inf")):
            return text
        shapes = self.book.shapes
        shape = shapes[style] if style < len(shapes) else ""
        return number_text(value, shape, self.book.epoch_1904) if shape else as_text(value)


def column_number(letters: str) -> int:
    """Position from 0 of a column by its letters: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
