"""Spreadsheet files written byte by byte for the corpus: what no honest program would write too."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

HERE = Path(__file__).parent
HEADER = (
    "sample_id",
    "site",
    "date",
    "analyte",
    "concentration",
    "unit",
    "lod",
    "loq",
    "rsd",
    "flow",
    "flow_unit",
    "population",
    "population_basis",
    "population_date",
    "matrix",
    "mode",
)
FIRST = (
    "S1",
    "North",
    "2024-03-12",
    "METH",
    "120",
    "ng/L",
    "1",
    "3",
    "5%",
    "50000",
    "m3/d",
    "200000",
    "served",
    "2020-11-01",
    "wwtp_influent",
    "composite_24h",
)
SECOND = (
    "S2",
    "007",
    "2024-03-13 09:30",
    "METH",
    "35",
    "ng/L",
    "1",
    "3",
    "",
    "50000",
    "m3/d",
    "200000",
    "served",
    "2020-11-01",
    "wwtp_influent",
    "composite_24h",
)
VALUE = HEADER.index("concentration")
DATE = HEADER.index("date")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def table(**changes: str) -> list[list[str]]:
    """The header and two rows; `changes` are cells of the second."""
    second = [changes.get(name, cell) for name, cell in zip(HEADER, SECOND, strict=True)]
    return [list(HEADER), list(FIRST), second]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as comma-separated UTF-8."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def zipped(parts: Mapping[str, str | bytes], stored: Sequence[str] = ()) -> bytes:
    """An archive of these parts, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()


# XLSX


def letters(column: int) -> str:
    """Name of a column counted from 0, up to ZZ."""
    high, low = divmod(column, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)


def text_cell(row: int, column: int, text: str) -> str:
    """A cell that holds its text itself; a whole number is typed as one."""
    where = f"{letters(column)}{row + 1}"
    if text.isdecimal() and (text == "0" or not text.startswith("0")):
        return f'<c r="{where}"><v>{text}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(text)}</t></is></c>' if text else ""


def sheet_xml(
    rows: Sequence[Sequence[str]],
    cells: Mapping[tuple[int, int], str] | None = None,
    before: str = "",
    after: str = "",
    hidden: Sequence[int] = (),
) -> str:
    """A worksheet; `cells` replaces the XML of some of its cells."""
    cells = cells or {}
    lines = []
    for r, row in enumerate(rows):
        inner = "".join(cells.get((r, c), text_cell(r, c, text)) for c, text in enumerate(row))
        mark = ' hidden="1"' if r in hidden else ""
        lines.append(f'<row r="{r + 1}"{mark}>{inner}</row>')
    body = "".join(lines)
    return (
        f'{XML}<worksheet xmlns="{MAIN}">{before}<sheetData>{body}</sheetData>{after}</worksheet>'
    )


def xlsx_parts(
    sheets: Sequence[tuple[str, str, str]],
    settings: str = "",
    formats: Sequence[str] = (),
    extra: Mapping[str, str | bytes] | None = None,
    after: str = "",
) -> dict[str, str | bytes]:
    """Parts of a workbook from (name, state, XML) of its sheets; style 1, 2, ... are `formats`."""
    listed, related = [], []
    for number, (name, state, _) in enumerate(sheets, 1):
        mark = f' state="{state}"' if state else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}"{mark} r:id="r{number}"/>')
        related.append(
            f'<Relationship Id="r{number}" Type="{RELATIONS}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
    related.append(f'<Relationship Id="s" Type="{RELATIONS}/styles" Target="styles.xml"/>')
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="w" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{settings}'
        f"<sheets>{''.join(listed)}</sheets>{after}</workbook>",
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}">'
        f"{''.join(related)}</Relationships>",
        "xl/styles.xml": _styles(formats),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": xml for n, (_, _, xml) in enumerate(sheets, 1)}
    return parts | dict(extra or {})


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheet = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{sheet}</Types>'
    )


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{170 + i}" formatCode={quoteattr(code)}/>'
        for i, code in enumerate(formats)
    )
    styles = "".join(
        f'<xf numFmtId="{n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for n in (0, *range(170, 170 + len(formats)))
    )
    return (
        f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{codes}</numFmts>'
        "<fonts><font/></fonts><fills><fill/><fill/></fills><borders><border/></borders>"
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(formats) + 1}">{styles}</cellXfs></styleSheet>'
    )


def xlsx(rows: Sequence[Sequence[str]], **options: object) -> bytes:
    """A workbook of one sheet; options of `sheet_xml`."""
    return zipped(xlsx_parts([("Results", "", sheet_xml(rows, **options))]))  # type: ignore[arg-type]


# ODS


def ods_cell(text: str, more: str = "") -> str:
    """A cell of text, or of a whole number."""
    if not text:
        return f"<table:table-cell{more}/>"
    if text.isdecimal() and (text == "0" or not text.startswith("0")):
        kind = f'office:value-type="float" office:value="{text}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}{more}><text:p>{escape(text)}</text:p></table:table-cell>"


def ods_table(
    rows: Sequence[Sequence[str]],
    cells: Mapping[tuple[int, int], str] | None = None,
    name: str = "Results",
    style: str = "",
    columns: str = "",
    hidden: Sequence[int] = (),
    after: str = "",
) -> str:
    """A table; `cells` replaces the XML of some of its cells."""
    cells = cells or {}
    body = ""
    for r, row in enumerate(rows):
        inner = "".join(cells.get((r, c), ods_cell(text)) for c, text in enumerate(row))
        mark = ' table:visibility="filter"' if r in hidden else ""
        body += f"<table:table-row{mark}>{inner}</table:table-row>"
    mark = f' table:style-name="{style}"' if style else ""
    return f'<table:table table:name="{name}"{mark}>{columns}{body}{after}</table:table>'


def ods_parts(
    *tables: str, settings: str = "", kind: str = "spreadsheet"
) -> dict[str, str | bytes]:
    """Parts of an OpenDocument spreadsheet; a table of the style ``away`` is hidden."""
    spaces = " ".join(
        f'xmlns:{n}="{OFFICE.format(n)}"' for n in ("office", "table", "text", "style")
    )
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    mime = f"application/vnd.oasis.opendocument.{kind}"
    manifest = OFFICE.format("manifest")
    return {
        "mimetype": mime,
        "content.xml": f'{XML}<office:document-content {spaces} {calc} office:version="1.2">'
        '<office:automatic-styles><style:style style:name="away" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{settings}{''.join(tables)}</office:spreadsheet>"
        "</office:body></office:document-content>",
        "META-INF/manifest.xml": f'{XML}<manifest:manifest xmlns:manifest="{manifest}">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>",
    }


def ods(rows: Sequence[Sequence[str]], **options: object) -> bytes:
    """A spreadsheet of one table; options of `ods_table`."""
    return zipped(ods_parts(ods_table(rows, **options)), stored=["mimetype"])  # type: ignore[arg-type]


# XLS


def record(kind: int, data: bytes = b"") -> bytes:
    """One record of an XLS stream."""
    return struct.pack("<HH", kind, len(data)) + data


def wide(text: str, layout: str = "<H") -> bytes:
    """A text of two bytes a letter with its length."""
    return struct.pack(layout, len(text)) + b"\1" + text.encode("utf-16-le")


def label(row: int, column: int, text: str) -> bytes:
    """A cell of text."""
    return record(0x204, struct.pack("<3H", row, column, 0) + wide(text))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A cell of a number."""
    return record(0x203, struct.pack("<3Hd", row, column, style, value))


def formula(row: int, column: int, result: bytes, flags: int = 0) -> bytes:
    """A cell of the formula 60*2 with a stored result of eight bytes."""
    tokens = b"\x1e\x3c\x00\x1e\x02\x00\x05"
    head = struct.pack("<3H", row, column, 0) + result + struct.pack("<HI", flags, 0)
    return record(0x06, head + struct.pack("<H", len(tokens)) + tokens)


def xls_cells(
    rows: Sequence[Sequence[str]], cells: Mapping[tuple[int, int], bytes] | None = None
) -> bytes:
    """Records of a sheet's cells; `cells` replaces those of some."""
    cells = cells or {}
    found = b""
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            typed = text.isdecimal() and (text == "0" or not text.startswith("0"))
            made = number(r, c, float(text)) if typed else label(r, c, text) if text else b""
            found += cells.get((r, c), made)
    return found


def xls_stream(
    sheets: Sequence[tuple[str, int, bytes]], settings: bytes = b"", formats: Sequence[str] = ()
) -> bytes:
    """The stream of a workbook from (name, state, records) of its sheets."""
    begin = record(0x809, struct.pack("<4HII", 0x600, 5, 0, 0, 0, 0))
    styles = record(0xE0, bytes(20))
    for index, code in enumerate(formats):
        styles += record(0x41E, struct.pack("<H", 170 + index) + wide(code))
        styles += record(0xE0, struct.pack("<HH", 0, 170 + index) + bytes(16))
    listed = [wide(name, "<B") for name, _, _ in sheets]
    at = len(begin) + len(settings) + len(styles) + 4 + sum(10 + len(name) for name in listed)
    places, bodies = b"", b""
    for name, (_, state, cells) in zip(listed, sheets, strict=True):
        places += record(0x85, struct.pack("<IBB", at + len(bodies), state, 0) + name)
        bodies += record(0x809, struct.pack("<4HII", 0x600, 16, 0, 0, 0, 0)) + cells + record(0x0A)
    return begin + settings + styles + places + record(0x0A) + bodies


def compound(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file with these streams in its root."""
    sectors, table, entries = [], [], []
    for name, content in streams.items():
        content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
        count = len(content) // 512
        entries.append((name, 2, len(table), len(content)))
        sectors.append(content)
        table += [*range(len(table) + 1, len(table) + count), 0xFFFFFFFE]
    entries.insert(0, ("Root Entry", 5, 0xFFFFFFFE, 0))
    directory = b"".join(_entry(i, len(entries), *entry) for i, entry in enumerate(entries))
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    first = len(table)
    table += [*range(first + 1, first + len(directory) // 512), 0xFFFFFFFE]
    sectors.append(directory)
    lists = -(-(len(table) + 1) // 127)
    places = list(range(len(table), len(table) + lists))
    table += [0xFFFFFFFD] * lists
    table += [0xFFFFFFFF] * (lists * 128 - len(table))
    sectors.append(struct.pack(f"<{len(table)}I", *table))
    head = struct.pack(
        "<8s16s6H10I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(16),
        62,
        3,
        0xFFFE,
        9,
        6,
        0,
        0,
        0,
        lists,
        first,
        0,
        4096,
        0xFFFFFFFE,
        0,
        0xFFFFFFFE,
        0,
    )
    places += [0xFFFFFFFF] * (109 - len(places))
    return head + struct.pack("<109I", *places) + b"".join(sectors)


def _entry(index: int, count: int, name: str, kind: int, begin: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    right = index + 1 if 0 < index < count - 1 else 0xFFFFFFFF
    child = 1 if not index and count > 1 else 0xFFFFFFFF
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBB3I", len(raw), kind, 1, 0xFFFFFFFF, right, child)
        + bytes(36)
        + struct.pack("<IQ", begin, size)
    )


def xls(
    rows: Sequence[Sequence[str]],
    cells: Mapping[tuple[int, int], bytes] | None = None,
    **options: object,
) -> bytes:
    """A workbook of one sheet; options of `xls_stream`."""
    return compound({"Workbook": xls_stream([("Results", 0, xls_cells(rows, cells))], **options)})  # type: ignore[arg-type]


# Lists of cases


class Group:
    """A folder of the corpus while it is written."""

    def __init__(self, name: str):
        self.folder = HERE / "bad" / name
        self.rows: list[dict[str, str]] = []

    def add(
        self,
        file: str,
        content: bytes,
        outcome: str,
        *found: str | tuple[str, ...],
        near: str = "",
        equals: str = "",
        reads: str = "lab",
        severity: str = "",
    ) -> None:
        """Write a file and what it must end in: rules, or (rule, line, column, value)."""
        (self.folder / file).write_bytes(content)
        for index, one in enumerate(found or ("",)):
            rule, line, column, value = ((one,) if isinstance(one, str) else one) + ("",) * (
                3 if isinstance(one, str) else 4 - len(one)
            )
            graded = severity or ("" if not rule else "flag" if outcome == "flag" else "error")
            self.rows.append(
                {
                    "file": file,
                    "outcome": outcome,
                    "reads": reads,
                    "rule": rule,
                    "severity": graded,
                    "line": line,
                    "column": column,
                    "value": value,
                    "near_miss_of": near if not index else "",
                    "options": f"equals={equals}" if equals and not index else "",
                }
            )

    def close(self) -> None:
        """Write the list, keeping the rows of files that another hand made."""
        path = self.folder / "cases.csv"
        old = list(csv.DictReader(path.open(encoding="utf-8", newline=""))) if path.exists() else []
        made = {row["file"] for row in self.rows}
        rows = [row for row in old if row["file"] not in made] + self.rows
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
