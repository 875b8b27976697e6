"""Writes the files of the corpus group ``file_types`` that are not what their names say.

Run as a script from anywhere; needs pyarrow. Rows of files that it does not write stay as they are.
"""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import io

from raw_files import (
    HEADER,
    Group,
    as_csv,
    compound,
    ods,
    ods_parts,
    table,
    xls,
    xlsx,
    zipped,
)

HTML = "<html><body><table><tr><td>sample_id</td><td>site</td></tr></table></body></html>"
DIFFERS = "kind_differs_from_name"


def other_names(group: Group) -> None:
    """Tables of one kind under the name of another."""
    rows = table()
    group.add("ok_plain.csv", as_csv(rows), "ok")
    same = {"equals": "ok_plain.csv"}
    group.add("flag_xlsx_named.xls", xlsx(rows), "flag", DIFFERS, **same)
    group.add("flag_xls_named.xlsx", xls(rows), "flag", DIFFERS, **same)
    group.add("flag_xlsx_named.csv", xlsx(rows), "flag", DIFFERS, **same)
    group.add("flag_ods_named.xlsx", ods(rows), "flag", DIFFERS, **same)
    group.add("ok_xls_of_wps.et", xls(rows), "ok", near=DIFFERS, **same)
    group.add("flag_csv_named.xls", as_csv(rows), "flag", "not_a_workbook", **same)
    tabs = as_csv(rows).replace(b",", b"\t")
    group.add("flag_tsv_named.xls", tabs, "flag", "not_a_workbook", **same)
    group.add("ok_tsv_named.txt", tabs, "ok", near="not_a_workbook", **same)


def web_pages(group: Group) -> None:
    """What systems export as .xls."""
    mail = (
        "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"
        'Content-Type: multipart/related; boundary="----=_NextPart"\r\n\r\n'
        f"------=_NextPart\r\nContent-Type: text/html\r\n\r\n{HTML}\r\n------=_NextPart--\r\n"
    )
    group.add("web_archive.xls", mail.encode(), "error", "html_as_spreadsheet")
    group.add("web_page_utf16.xls", HTML.encode("utf-16"), "error", "html_as_spreadsheet")
    xml = (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    )
    group.add("xml_of_2003.xls", xml.encode(), "error", "html_as_spreadsheet")
    note = [[*HEADER, "note"], [*table()[1], "MIME-Version: 1.0"], [*table()[2], "<b>bold</b>"]]
    group.add("ok_words_of_web_pages.csv", as_csv(note), "ok", near="html_as_spreadsheet")


def not_read(group: Group) -> None:
    """Formats that are no table, and tables that are not read."""
    rows = table()
    wanted = ("error", "format_not_supported")
    group.add("word_document.xls", compound({"WordDocument": bytes(4096)}), *wanted)
    group.add("other_container.xls", compound({"Anything": bytes(4096)}), *wanted)
    group.add("before_1995.xls", b"\x09\x04\x06\x00\x00\x00\x10\x00\x00\x00" + bytes(50), *wanted)
    group.add("binary_workbook.xlsb", zipped({"xl/workbook.bin": bytes(10)}), *wanted)
    group.add("zipped_table.zip", zipped({"lab.csv": as_csv(rows)}), *wanted)
    group.add("zipped_table.csv.gz", gzip.compress(as_csv(rows), mtime=0), *wanted)
    group.add("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(20), *wanted)
    letter = ods_parts("", kind="text")
    group.add("letter.ods", zipped(letter, stored=["mimetype"]), *wanted)
    group.add(
        "no_workbook_within.xlsx",
        zipped({"other/workbook.xml": "<x/>"}),
        "error",
        "archive_damaged",
    )
    group.add(
        "old_binary.xls", (group.folder / "old_binary.xls").read_bytes(), "error", "archive_damaged"
    )
    group.add(
        "column_store.parquet",
        (group.folder / "column_store.parquet").read_bytes(),
        "error",
        "archive_damaged",
    )
    group.add(
        "open_document.ods",
        (group.folder / "open_document.ods").read_bytes(),
        "error",
        "file_empty",
    )


def parquet(group: Group) -> None:
    """Typed columns."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    def written(columns: dict[str, object]) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        return buffer.getvalue()

    rows = table()
    texts = {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    typed = texts | {
        "date": pa.array(
            [dt.datetime(2024, 3, 12), dt.datetime(2024, 3, 13, 9, 30)], pa.timestamp("ns")
        ),
        "concentration": pa.array([120.0, 35.0]),
        "site": pa.array(texts["site"]).dictionary_encode(),
        "lod": pa.array([decimal.Decimal("1.00")] * 2),
        "loq": pa.array([3, 3], pa.int8()),
        "flow": pa.array([50000, 50000], pa.float32()),
        "rsd": pa.array(["5%", None]),
        "population_date": pa.array([dt.date(2020, 11, 1)] * 2),
    }
    near = f"column_type_unsuitable not_finite {DIFFERS}"
    group.add("ok_typed.parquet", written(typed), "ok", near=near, equals="ok_plain.csv")
    group.add("flag_parquet_named.csv", written(typed), "flag", DIFFERS, equals="ok_plain.csv")
    zoned = pa.array(
        [dt.datetime(2024, 3, 12), dt.datetime(2024, 3, 13, 1, 30)],
        pa.timestamp("us", "Asia/Shanghai"),
    )
    group.add(
        "flag_zone.parquet",
        written(texts | {"date": zoned}),
        "flag",
        ("time_zone_not_applied", "2", "date", "2024-03-12T08:00:00+08:00"),
        ("time_zone_not_applied", "3", "date", "2024-03-13T09:30:00+08:00"),
    )
    nan = texts | {"concentration": pa.array([120.0, float("nan")])}
    group.add("nan.parquet", written(nan), "error", ("not_finite", "3", "concentration", "nan"))
    null = texts | {"concentration": pa.array([120.0, None])}
    group.add(
        "null.parquet",
        written(null),
        "error",
        ("value_blank", "3", "concentration"),
        near="not_finite",
    )
    group.add(
        "list_column.parquet",
        written(texts | {"lod": [[1.0], [1.0]]}),
        "error",
        ("column_type_unsuitable", "", "lod"),
    )
    group.add(
        "bytes_column.parquet",
        written(texts | {"lod": [b"1", b"1"]}),
        "error",
        ("column_type_unsuitable", "", "lod"),
    )


def main() -> None:
    """Write the group."""
    group = Group("file_types")
    for part in (other_names, web_pages, not_read, parquet):
        part(group)
    group.close()


if __name__ == "__main__":
    main()
