"""Workbooks (XLSX) of plain tables through openpyxl: typed, and the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip archive can hold
_STAMP: Final = b"2000-01-01T00:00:00Z"
_TIMES: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
# XML 1.0 knows no such characters, and a spreadsheet refuses the file.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A text like _x0041_ would be read as the character of that number.
_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_WIDEST: Final = 48  # [character]
_LONGEST: Final = 32_767  # text that a cell can hold [character]

Value = bool | int | float | str | None


class Sheet(NamedTuple):
    """One sheet: its name, heads, and rows of None, bool, int, finite float or text."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value]]


def write(sheets: Sequence[Sheet], quoted: tuple[str, ...] = ()) -> bytes:
    r"""Return a workbook; the header rows are bold and frozen.

    Parameters
    ----------
    sheets : sequence of Sheet
        In the order of the tabs; names without any of ``[]:*?/\`` and of 31 characters at most.
    quoted : tuple of str
        Beginnings of texts that a spreadsheet might calculate once a reader edits the cell; such
        a cell is marked as text.

    Returns
    -------
    bytes
        Texts are typed as text, never as formulas. Equal content gives equal bytes.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator = "wbe"
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet, quoted)
    raw = io.BytesIO()
    book.save(raw)
    return repeatable(raw.getvalue())


def _fill(target: WriteOnlyWorksheet, sheet: Sheet, quoted: tuple[str, ...]) -> None:
    from openpyxl.utils import get_column_letter

    rows = [[clean(v) if isinstance(v, str) else v for v in row] for row in sheet.rows]
    target.freeze_panes = "A2"
    for number, column in enumerate(zip(sheet.heads, *rows, strict=True), start=1):
        width = max(width_of(value) for value in column)
        target.column_dimensions[get_column_letter(number)].width = min(width + 2, _WIDEST)
    target.append([_text_cell(target, head, bold=True) for head in sheet.heads])
    for row in rows:
        target.append([_cell(target, value, quoted) for value in row])


def _cell(target: WriteOnlyWorksheet, value: Value, quoted: tuple[str, ...]) -> Any:
    if isinstance(value, str) and value.startswith((*quoted, "#")):  # "#N/A" is no text to openpyxl
        return _text_cell(target, value)
    return value


def _text_cell(target: WriteOnlyWorksheet, text: str, *, bold: bool = False) -> Any:
    """Return a cell typed as text: openpyxl takes a leading "=" for a formula otherwise."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(target)
    cell.value = text
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    else:
        cell.quotePrefix = True
    return cell


def clean(text: str) -> str:
    """Return a text as a workbook can hold it."""
    return _ESCAPED.sub("_x005F_", _UNPRINTABLE.sub("", text)[:_LONGEST])


def width_of(value: Value) -> int:
    """Return how wide a value shows [letter]; an ideograph is as wide as two."""
    if value is None:
        return 0
    text = str(value)
    return len(text) + (0 if text.isascii() else sum(char > "\u2e80" for char in text))


def repeatable(raw: bytes) -> bytes:
    """Return a workbook with the hour of writing replaced, in its entries and its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(out, "w") as new:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr, entry.create_system = 0o600 << 16, 3
            content = given.read(name)
            if name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>" + _STAMP + rb"\g<2>", content)
            new.writestr(entry, content)
    return out.getvalue()
