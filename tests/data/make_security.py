"""Writes the files of the corpus group ``security`` that attack the readers of archives and XML.

Run as a script from anywhere; needs pyarrow. The rows of files with personal data stay as they are.
"""

from __future__ import annotations

import io
import struct
import zipfile

from raw_files import (
    HEADER,
    Group,
    as_csv,
    compound,
    letters,
    number,
    ods,
    ods_cell,
    ods_parts,
    ods_table,
    record,
    sheet_xml,
    table,
    text_cell,
    xls,
    xls_cells,
    xls_stream,
    xlsx,
    xlsx_parts,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
SITE = (2, HEADER.index("site"))
WHERE = f"{letters(SITE[1])}3"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "&a;"}">' for n in range(10))
    + "]>"
)


def with_part(name: str, content: str | bytes) -> bytes:
    """The plain workbook with one part replaced or added."""
    return zipped(xlsx_parts([("Results", "", sheet_xml(table()))]) | {name: content})


def archives(group: Group) -> None:
    """Archives that grow, lie, or hold the same thing twice."""
    large = "archive_too_large"
    group.add("ok_plain.csv", as_csv(table()), "ok")
    group.add(
        "bomb_ratio.xlsx", with_part("xl/media/image1.bin", bytes(60_000_000)), "error", large
    )
    group.add("bomb_size_false.xlsx", smaller(with_part(SHEET, bytes(30_000_000))), "error", large)
    parts = xlsx_parts([("Results", "", sheet_xml(table()))])
    group.add(
        "bomb_entries.xlsx", zipped(parts | {f"{n:x}": b"" for n in range(10_001)}), "error", large
    )
    group.add("bomb_zip64.xlsx", zip64(), "error", large)
    group.add("entries_overlap.xlsx", overlapping(), "error", "archive_damaged")
    group.add("entry_twice.xlsx", twice(parts), "error", "archive_damaged")
    group.add(
        "entry_twice_other_case.xlsx",
        with_part("XL/Workbook.xml", "<x/>"),
        "error",
        "archive_damaged",
    )
    group.add(
        "two_directories.xlsx",
        xlsx(table(sample_id="S8")) + xlsx(table()),
        "error",
        "archive_damaged",
    )
    group.add("checksum_wrong.xlsx", flipped(), "error", "archive_damaged")
    names = {"../../outside.txt": "x", "/etc/outside": "x", "C:\\outside.txt": "x"}
    near = "archive_damaged archive_too_large"
    group.add(
        "ok_names_outside.xlsx", zipped(parts | names), "ok", near=near, equals="ok_plain.csv"
    )
    inner = zipped({"bomb": bytes(9_000_000)})
    group.add(
        "ok_archive_within.xlsx",
        with_part("xl/embeddings/inner.zip", inner),
        "ok",
        near=near,
        equals="ok_plain.csv",
    )
    group.add(
        "archive_of_archives.xlsx",
        zipped({"a.zip": zipped({"b.zip": inner})}),
        "error",
        "format_not_supported",
    )
    rels = str(parts["xl/_rels/workbook.xml.rels"])
    for name, old, new in (
        ("sheet_outside", "worksheets/sheet1.xml", "../../../../etc/passwd"),
        ("sheet_elsewhere", '.xml"/>', '.xml" TargetMode="External"/>'),
    ):
        changed = rels.replace(old, new, 1)
        group.add(
            f"{name}.xlsx",
            with_part("xl/_rels/workbook.xml.rels", changed),
            "error",
            "archive_damaged",
        )


def smaller(data: bytes) -> bytes:
    """The sheet says in both its headers that it expands to 1,000 bytes."""
    changed = bytearray(data)
    for mark, size, name in ((b"PK\3\4", 22, 30), (b"PK\1\2", 24, 46)):
        at = data.find(mark)
        while data[at + name : at + name + len(SHEET)] != SHEET.encode():
            at = data.find(mark, at + 4)
        struct.pack_into("<I", changed, at + size, 1000)
    return bytes(changed)


def zip64() -> bytes:
    """An entry whose size needs the long form, and says a terabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in xlsx_parts([("Results", "", sheet_xml(table()))]).items():
            archive.writestr(zipfile.ZipInfo(name), content)
        entry = archive.infolist()[-1]
        entry.file_size = 1 << 40
    return buffer.getvalue()


def overlapping() -> bytes:
    """Two entries of one directory that share their bytes."""
    parts = xlsx_parts([("Results", "", sheet_xml(table()))])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        first = archive.infolist()[0]
        again = zipfile.ZipInfo("xl/again.xml")
        again.header_offset, again.CRC = first.header_offset, first.CRC
        again.file_size = again.compress_size = first.file_size
        archive.filelist.append(again)
    return buffer.getvalue()


def twice(parts: dict[str, str | bytes]) -> bytes:
    """Two sheets of one name: one program shows the first, another the second."""
    other = SHEET.replace("sheet1", "sheet2")
    data = zipped({**parts, other: sheet_xml(table(sample_id="S8"))})
    return data.replace(other.encode(), SHEET.encode())


def flipped() -> bytes:
    """One letter of a stored sheet is another than when its checksum was made."""
    parts = xlsx_parts([("Results", "", sheet_xml(table()))])
    data = zipped(parts, stored=[SHEET])
    return data.replace(b"<v>120</v>", b"<v>720</v>", 1)


def xml(group: Group) -> None:
    """Entities, document types, depth and length."""
    whole = sheet_xml(table())
    cell = f'<c r="{WHERE}" t="inlineStr"><is><t>&a9;</t></is></c>'
    laughing = sheet_xml(table(), {SITE: cell}).replace("<worksheet", f"{LAUGHS}<worksheet", 1)
    outside = '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'
    fetched = sheet_xml(table(), {SITE: cell}).replace("<worksheet", f"{outside}<worksheet", 1)
    bare = xlsx_parts([("Results", "", whole)])["xl/styles.xml"]
    typed = str(bare).replace("<styleSheet", '<!DOCTYPE x SYSTEM "x.dtd"><styleSheet', 1)
    group.add("entities.xlsx", with_part(SHEET, laughing), "error", "xml_unsafe")
    group.add("entity_outside.xlsx", with_part(SHEET, fetched), "error", "xml_unsafe")
    group.add("document_type.xlsx", with_part("xl/styles.xml", typed), "error", "xml_unsafe")
    content = ods_parts(ods_table(table()))
    laughing = str(content["content.xml"]).replace("<office:doc", f"{LAUGHS}<office:doc", 1)
    group.add("entities.ods", zipped(content | {"content.xml": laughing}), "error", "xml_unsafe")
    manifest = str(content["META-INF/manifest.xml"])
    manifest = manifest.replace("<manifest:manifest", f"{outside}<manifest:manifest", 1)
    group.add(
        "entity_in_manifest.ods",
        zipped(content | {"META-INF/manifest.xml": manifest}),
        "error",
        "xml_unsafe",
    )
    named = f'<c r="{WHERE}" t="inlineStr"><is><t>&#48;0&#x37;</t></is></c>'
    group.add(
        "ok_character_numbers.xlsx",
        xlsx(table(), cells={SITE: named}),
        "ok",
        near="xml_unsafe",
        equals="ok_plain.csv",
    )
    group.add(
        "ok_sixteen_bits.xlsx",
        with_part(SHEET, whole.replace("UTF-8", "UTF-16", 1).encode("utf-16")),
        "ok",
        near="archive_damaged",
        equals="ok_plain.csv",
    )
    group.add(
        "encoding_unknown.xlsx",
        with_part(SHEET, whole.replace("UTF-8", "x-none", 1)),
        "error",
        "archive_damaged",
    )
    deep = whole.replace("<sheetData>", "<a>" * 100_000 + "<sheetData>", 1)
    group.add("nested_deeply.xlsx", with_part(SHEET, deep), "error", "archive_too_large")
    long = f"<!--{'x' * 9_000_000}-->"
    group.add(
        "comment_without_end.xlsx",
        with_part(SHEET, whole.replace("<sheetData>", f"{long}<sheetData>", 1)),
        "error",
        "archive_too_large",
    )
    text = text_cell(*SITE, "x" * 2_000_000)
    group.add(
        "cell_of_two_megabytes.xlsx", xlsx(table(), cells={SITE: text}), "error", "cell_too_long"
    )
    text = text_cell(*SITE, "007").replace("</c>", "</c>" + text_cell(*SITE, "008"))
    group.add("cell_twice.xlsx", xlsx(table(), cells={SITE: text}), "error", "archive_damaged")


def far_cells(group: Group) -> None:
    """Sheets that would fill the memory with blanks, and those that only look so."""
    far = ("sheet_too_large",)
    end = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    whole = sheet_xml(table())
    group.add("far_cell.xlsx", with_part(SHEET, whole.replace("</sheetData>", end)), "error", *far)
    styled = end.replace("<v>1</v>", "")
    group.add(
        "ok_far_format.xlsx",
        with_part(SHEET, whole.replace("</sheetData>", styled)),
        "ok",
        near="sheet_too_large",
        equals="ok_plain.csv",
    )
    size = '<dimension ref="A1:XFD1048576"/>'
    group.add(
        "ok_far_dimension.xlsx",
        xlsx(table(), before=size),
        "ok",
        near="sheet_too_large",
        equals="ok_plain.csv",
    )
    beyond = end.replace("XFD1048576", "ZZZ9999999")
    group.add(
        "cell_beyond_the_sheet.xlsx",
        with_part(SHEET, whole.replace("</sheetData>", beyond)),
        "error",
        "archive_damaged",
    )
    group.add("far_cell.xls", xls(table(), {SITE: number(65_535, 255, 1)}), "error", *far)
    blank = '<table:table-row table:number-rows-repeated="{}"><table:table-cell/></table:table-row>'
    last = f"<table:table-row>{ods_cell('x')}</table:table-row>"
    group.add("far_cell.ods", ods(table(), after=blank.format(1_000_000) + last), "error", *far)
    group.add(
        "ok_far_blanks.ods",
        ods(table(), after=blank.format(1_048_573)),
        "ok",
        near="sheet_too_large",
        equals="ok_plain.csv",
    )
    many = ods_cell("x", ' table:number-columns-repeated="999999999"')
    group.add("cells_repeated.ods", ods(table(), cells={SITE: many}), "error", "archive_damaged")
    rows = last.replace(
        "<table:table-row>", '<table:table-row table:number-rows-repeated="999999999">'
    )
    group.add("rows_repeated.ods", ods(table(), after=rows), "error", "archive_damaged")
    ranges = '<mergeCell ref="A1:P3"/>' * 50_000
    group.add(
        "merged_over_and_over.xlsx",
        xlsx(table(), after=f"<mergeCells>{ranges}</mergeCells>"),
        "error",
        "archive_damaged",
    )


def old_workbooks(group: Group) -> None:
    """XLS files whose chains run in circles or whose lengths are false."""
    rows = table()
    whole = compound({"Workbook": xls_stream([("Results", 0, xls_cells(rows))])})
    table_at = 512 + 512 * struct.unpack_from("<I", whole, 76)[0]

    def changed(at: int, layout: str, value: int) -> bytes:
        data = bytearray(whole)
        struct.pack_into(layout, data, at, value)
        return bytes(data)

    damaged = "archive_damaged"
    group.add("chain_in_a_circle.xls", changed(table_at + 4, "<I", 0), "error", damaged)
    group.add("chain_out_of_the_file.xls", changed(table_at + 4, "<I", 90_000), "error", damaged)
    circle = bytearray(changed(68, "<I", 0))
    struct.pack_into("<128I", circle, 512, *[0xFFFFFFFF] * 127, 0)
    group.add("list_in_a_circle.xls", bytes(circle), "error", damaged)
    group.add(
        "table_twice.xls",
        changed(80, "<I", struct.unpack_from("<I", whole, 76)[0]),
        "error",
        damaged,
    )
    group.add("sector_of_gigabytes.xls", changed(30, "<H", 31), "error", damaged)
    group.add("cut_short.xls", whole[:1500], "error", damaged)
    stream = bytearray(xls_stream([("Results", 0, xls_cells(rows))]))
    at = stream.find(struct.pack("<H", 0x85))
    struct.pack_into("<I", stream, at + 4, 0xFFFFFF)
    group.add("sheet_beyond_the_file.xls", compound({"Workbook": bytes(stream)}), "error", damaged)
    counted = record(0xFC, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF))
    group.add(
        "ok_count_of_texts_false.xls",
        xls(rows, settings=counted),
        "ok",
        near=damaged,
        equals="ok_plain.csv",
    )
    cell = record(0xFD, struct.pack("<3HI", *SITE, 0, 7))
    group.add("text_missing.xls", xls(rows, {SITE: cell}), "error", damaged)


def parquet(group: Group) -> None:
    """Columns that are small on disk and large in memory."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    def written(columns: dict[str, object], **options: object) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer, compression="zstd", **options)
        return buffer.getvalue()

    rows = table()
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    whole = written(columns)
    group.add("ok_plain.parquet", whole, "ok", near="archive_damaged", equals="ok_plain.csv")
    group.add(
        "bomb_rows.parquet",
        written({"site": pa.nulls(6_000_000, pa.int8())}),
        "error",
        "sheet_too_large",
    )
    group.add(
        "bomb_page.parquet",
        written({"site": ["x" * 80_000_000]}, use_dictionary=False),
        "error",
        "archive_too_large",
    )
    group.add(
        "cell_of_two_megabytes.parquet",
        written({"site": ["x" * 2_000_000] * 1000, "note": ["y"] * 1000}),
        "error",
        "cell_too_long",
    )
    column = pq.ParquetFile(io.BytesIO(whole)).metadata.row_group(0).column(0)
    first = min(column.dictionary_page_offset, column.data_page_offset)
    group.add(
        "page_header_false.parquet",
        whole[:first] + b"\xff" * 8 + whole[first + 8 :],
        "error",
        "archive_damaged",
    )
    group.add("cut_short.parquet", whole[:-20], "error", "archive_damaged")


def main() -> None:
    """Write the group."""
    group = Group("security")
    for part in (archives, xml, far_cells, old_workbooks, parquet):
        part(group)
    group.close()


if __name__ == "__main__":
    main()
