"""Good files of each kind, from one synthetic table."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

Table = list[list[str]]

ENGLISH = (
    "sample_id", "site", "date", "analyte", "concentration", "unit", "lod", "loq", "flow",
    "flow_unit", "population", "population_basis", "population_date", "matrix", "mode",
)  # fmt: skip
CHINESE = (
    "样品编号", "采样点位", "采样日期", "检测项目", "检测结果", "单位", "检出限", "定量限", "流量",
    "流量单位", "人口", "人口口径", "人口统计日期", "样品类型", "采样方式",
)  # fmt: skip
#: Header as written -> our name.
KNOWN = dict(zip(ENGLISH, ENGLISH, strict=True)) | dict(zip(CHINESE, ENGLISH, strict=True))
_ENGLISH_WORDS = ("ng/L", "m3/d", "served", "wwtp_influent", "composite_24h", "METH", "AMP")
_CHINESE_WORDS = (
    "纳克/升", "立方米/日", "服务人口", "污水处理厂进水", "24小时混合样", "甲基苯丙胺", "苯丙胺",
)  # fmt: skip


def table(rng: random.Random, *, chinese: bool = False) -> Table:
    """A synthetic long table of six samples; every cell is plain."""
    unit, flow_unit, basis, matrix, mode, meth, amp = _CHINESE_WORDS if chinese else _ENGLISH_WORDS
    rows = [list(CHINESE if chinese else ENGLISH)]
    for i in range(6):
        value = rng.choice(("120", "35.5", "1250", "88", "0410", "7.25e2", "63.0", "<3", "ND"))
        rows.append([
            f"S{i + 1}", f"Site {'ABC'[i % 3]}", f"2024-0{1 + i // 2}-{10 + i}",
            meth if i % 2 else amp, value, unit, "1", "3", str(40_000 + 1_000 * (i % 3)),
            flow_unit, "200000", basis, "2020-11-01", matrix, mode,
        ])  # fmt: skip
    return rows


def delimited(rows: Table, delimiter: str, encoding: str, mark: bytes = b"") -> bytes:
    """Delimited text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return mark + text.getvalue().encode(encoding)


def xlsx(rows: Table) -> bytes:
    """A workbook of one sheet, its plain numbers as numbers."""
    body = "".join(f"<row>{''.join(map(_xlsx_cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return _archive({
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Results" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData>'
        "</worksheet>",
    })  # fmt: skip


def _xlsx_cell(text: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,8}(\.[0-9]{1,4})?", text):
        return f"<c><v>{text}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{_xml(text)}</t></is></c>'


def ods(rows: Table) -> bytes:
    """An OpenDocument sheet, its cells as text."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    cells = [
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{_xml(text)}</text:p>'
            "</table:table-cell>"
            for text in row
        )
        for row in rows
    ]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return _archive({
        "mimetype": kind,
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>",
        "content.xml": f'<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Results">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>",
    })  # fmt: skip


def parquet(rows: Table) -> bytes:
    """A Parquet file of text columns; short rows are filled with blanks."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    width = max(map(len, rows))
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = [pa.array([row[i] for row in filled[1:]], pa.string()) for i in range(width)]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=filled[0]), sink)
    return sink.getvalue()


def _archive(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            kept = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, kept)
    return buffer.getvalue()


def _xml(text: str) -> str:
    return escape(possible_in_xml(text))


def possible_in_xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)


@dataclass(frozen=True)
class Kind:
    """How a table becomes a file.

    Attributes
    ----------
    suffix : str
    write : callable
        Rows to bytes.
    delimiter : str
        Of text; "" for a spreadsheet, whose rows the oracle takes from the table itself.
    chinese : bool
        Whether header and words are Chinese.
    """

    suffix: str
    write: Callable[[Table], bytes]
    delimiter: str = ""
    chinese: bool = False


KINDS: dict[str, Kind] = {
    "csv": Kind(".csv", lambda rows: delimited(rows, ",", "utf-8"), ","),
    "tsv": Kind(".tsv", lambda rows: delimited(rows, "\t", "utf-8"), "\t"),
    "semicolon": Kind(".csv", lambda rows: delimited(rows, ";", "utf-8", b"\xef\xbb\xbf"), ";"),
    "gb18030": Kind(".csv", lambda rows: delimited(rows, ",", "gb18030"), ",", chinese=True),
    "utf-16": Kind(".csv", lambda rows: delimited(rows, ",", "utf-16-le", b"\xff\xfe"), ",", True),
    "xlsx": Kind(".xlsx", xlsx),
    "ods": Kind(".ods", ods, chinese=True),
    "parquet": Kind(".parquet", parquet),
}
