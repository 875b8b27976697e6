"""Workbooks (XLSX, ECMA-376) of plain tables, written directly: small, typed, the same each time.

A general library spends most of its time on what such a table does not have, and stamps the
hour of writing into the file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CORE: Final = "application/vnd.openxmlformats-package.core-properties+xml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip archive can hold
_STAMP: Final = "2000-01-01T00:00:00Z"
# XML 1.0 knows no such characters, and a spreadsheet refuses the file.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A text like _x0041_ would be read as the character of that number.
_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN, _BOLD, _QUOTED = 0, 1, 2  # styles, in the order of `_STYLES`
_WIDEST: Final = 48  # [character]
_LONGEST: Final = 32767  # text that a cell can hold [character]

_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


class Sheet(NamedTuple):
    """One sheet: its name, heads, and rows of None, bool, int, finite float or text."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[bool | int | float | str | None]]


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
    texts: dict[str, int] = {}
    parts = {
        f"xl/worksheets/sheet{n}.xml": _sheet(sheet, texts, quoted)
        for n, sheet in enumerate(sheets, start=1)
    }
    parts = {**_frame([sheet.name for sheet in sheets]), **parts, "xl/styles.xml": _STYLES,
             "xl/sharedStrings.xml": _strings(texts)}  # fmt: skip
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr, entry.create_system = 0o600 << 16, 3
            archive.writestr(entry, content.encode("utf-8"))
    return written.getvalue()


def column_letters(number: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> [column_letters(n) for n in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _sheet(sheet: Sheet, texts: dict[str, int], quoted: tuple[str, ...]) -> str:
    letters = [column_letters(n) for n in range(1, len(sheet.heads) + 1)]
    widths = [0] * len(letters)
    lines = []
    for r, row in enumerate([sheet.heads, *sheet.rows], start=1):
        cells = []
        for c, value in enumerate(row):
            if value is None:
                continue
            inside, kind, shown = _value(value, texts)
            widths[c] = max(widths[c], shown)
            style = _BOLD if r == 1 else _PLAIN
            if kind == "s" and r > 1 and str(value).startswith(quoted):
                style = _QUOTED
            cells.append(f'<c r="{letters[c]}{r}" s="{style}" t="{kind}"><v>{inside}</v></c>')
        lines.append(f'<row r="{r}">{"".join(cells)}</row>')
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{min(width + 2, _WIDEST)}" customWidth="1"/>'
        for n, width in enumerate(widths, start=1)
    )
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}">'
        f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(lines)}</sheetData></worksheet>"
    )


def _value(value: bool | int | float | str, texts: dict[str, int]) -> tuple[object, str, int]:
    """Return what a cell holds, its type and how wide it shows; texts are kept once for all."""
    if isinstance(value, bool):
        return int(value), "b", 5
    if isinstance(value, int | float):
        return repr(value), "n", len(repr(value))
    text = _UNPRINTABLE.sub("", value)[:_LONGEST]
    # An ideograph is as wide as two letters.
    wide = 0 if text.isascii() else sum(char > "\u2e80" for char in text)
    return texts.setdefault(text, len(texts)), "s", len(text) + wide


def _strings(texts: dict[str, int]) -> str:
    # A reader turns a bare carriage return into a line feed.
    clean = (escape(_ESCAPED.sub("_x005F_", text), {"\r": "_x000D_"}) for text in texts)
    items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in clean)
    return f'{_HEAD}<sst xmlns="{_MAIN}" uniqueCount="{len(texts)}">{items}</sst>'


def _frame(names: Sequence[str]) -> dict[str, str]:
    """Return the parts that say what the workbook consists of."""
    numbers = range(1, len(names) + 1)
    sheets = [(f"worksheets/sheet{n}", "worksheet") for n in numbers]
    shared = [(part, part) for part in ("styles", "sharedStrings")]
    listed = "".join(f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPES}.{kind}+xml"/>'
                     for part, kind in [("workbook", "sheet.main"), *sheets, *shared])  # fmt: skip
    tabs = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
                   for n, name in zip(numbers, names, strict=True))  # fmt: skip
    inner = [(f"{_OFFICE}/{kind}", f"{part}.xml") for part, kind in [*sheets, *shared]]
    properties = f"{_PACKAGE}/relationships/metadata/core-properties"
    outer = [(f"{_OFFICE}/officeDocument", "xl/workbook.xml"), (properties, "docProps/core.xml")]
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}'
        f'<Override PartName="/docProps/core.xml" ContentType="{_CORE}"/></Types>'
    )
    core = (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>wbe</dc:creator>'
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_STAMP}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{_STAMP}</dcterms:modified>'
        "</cp:coreProperties>"
    )
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{tabs}</sheets></workbook>'
    return {
        "[Content_Types].xml": _HEAD + types,
        "_rels/.rels": _relations(outer),
        "docProps/core.xml": _HEAD + core,
        "xl/workbook.xml": _HEAD + book,
        "xl/_rels/workbook.xml.rels": _relations(inner),
    }


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
                    for n, (kind, target) in enumerate(targets, start=1))  # fmt: skip
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'
