"""Writes the corpus group ``excel``: synthetic spreadsheets with what spreadsheets do to tables.

Run as a script from anywhere.
"""

from __future__ import annotations

import struct

from raw_files import (
    DATE,
    HEADER,
    MAIN,
    RELATIONS,
    VALUE,
    XML,
    Group,
    as_csv,
    compound,
    formula,
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
    wide,
    xls,
    xls_cells,
    xls_stream,
    xlsx,
    xlsx_parts,
    zipped,
)

AT = (2, VALUE)  # the cell that most cases are about
CELL = f"{letters(VALUE)}3"
CONCENTRATION = ("3", "concentration")
SERIAL = 45364.0 + 9.5 / 24  # 2024-03-13 09:30
SERIAL_1904 = SERIAL - 1462
EMPTY_TEXT = b"\x03\0\0\0\0\0\xff\xff"


def plain(group: Group) -> None:
    """The same table in every format."""
    rows = table()
    group.add("ok_plain.csv", as_csv(rows), "ok")
    same = {"equals": "ok_plain.csv"}
    group.add("ok_plain.xlsx", xlsx(rows), "ok", near="kind_differs_from_name", **same)
    group.add("ok_plain.xls", xls(rows), "ok", near="kind_differs_from_name", **same)
    group.add("ok_plain.ods", ods(rows), "ok", near="kind_differs_from_name", **same)
    group.add(
        "ok_with_macros.xlsm",
        zipped(
            xlsx_parts(
                [("Results", "", sheet_xml(rows))],
                extra={"xl/vbaProject.bin": b"never looked at"},
            )
        ),
        "ok",
        **same,
    )
    group.add("ok_shared_strings.xlsx", shared_strings(rows), "ok", **same)
    group.add("ok_shared_strings.xls", sst(rows), "ok", **same)
    group.add(
        "ok_old_code_page.xls",
        code_page(),
        "ok",
        near="encoding_invalid",
        equals="ok_chinese_site.csv",
    )
    group.add("ok_chinese_site.csv", as_csv(table(site="示例厂")), "ok")
    without = sheet_xml(rows).replace(' r="', ' x="')
    group.add(
        "ok_without_addresses.xlsx",
        zipped(xlsx_parts([("Results", "", dense(without))])),
        "ok",
        **same,
    )


def dense(xml: str) -> str:
    """Cells without addresses stand side by side, so a blank one must be there."""
    head, _, tail = xml.partition("<is><t>5%</t></is></c>")
    first = head + "<is><t>5%</t></is></c>" + tail
    return first.replace('<c x="J3"', '<c/><c x="J3"')


def shared_strings(rows: list[list[str]]) -> bytes:
    """Texts in the table of a workbook, one of them in two runs and with a reading."""
    texts = sorted({t for row in rows for t in row if t and not text_cell(0, 0, t).count("<v>")})
    cells = {
        (r, c): f'<c r="{letters(c)}{r + 1}" t="s"><v>{texts.index(t)}</v></c>'
        for r, row in enumerate(rows)
        for c, t in enumerate(row)
        if t in texts
    }
    runs = {"North": '<r><t>No</t></r><r><t>rth</t></r><rPh sb="0" eb="1"><t>reading</t></rPh>'}
    items = "".join(f"<si>{runs.get(t, f'<t>{t}</t>')}</si>" for t in texts)
    xml = f'{XML}<sst xmlns="{MAIN}" count="{len(cells)}" uniqueCount="{len(texts)}">{items}</sst>'
    parts = xlsx_parts(
        [("Results", "", sheet_xml(rows, cells))], extra={"xl/sharedStrings.xml": xml}
    )
    rels = str(parts["xl/_rels/workbook.xml.rels"])
    added = (
        f'<Relationship Id="t" Type="{RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    )
    parts["xl/_rels/workbook.xml.rels"] = rels.replace(
        "</Relationships>", added + "</Relationships>"
    )
    return zipped(parts)


def sst(rows: list[list[str]]) -> bytes:
    """Texts in the table of an old workbook, cut within a text and continued in narrow letters."""
    texts = sorted({t for row in rows for t in row if (t and not t.isdecimal()) or t == "007"})
    cells = {
        (r, c): record(0xFD, struct.pack("<3HI", r, c, 0, texts.index(t)))
        for r, row in enumerate(rows)
        for c, t in enumerate(row)
        if t in texts
    }
    head = struct.pack("<II", len(cells), len(texts))
    first, rest = texts[0], texts[1:]
    cut = struct.pack("<H", len(first)) + b"\x09\x02\0" + first[:1].encode("utf-16-le")
    tail = b"\0" + first[1:].encode("latin-1") + bytes(8)  # two runs of fonts behind it
    settings = record(0xFC, head + cut) + record(0x3C, tail + b"".join(wide(t) for t in rest))
    return xls(rows, cells, settings=settings)


def code_page() -> bytes:
    """A workbook of Excel 95, whose texts are bytes in a code page of China."""

    def text(r: int, c: int, t: str) -> bytes:
        raw = t.encode("gb18030")
        return record(0x204, struct.pack("<4H", r, c, 0, len(raw)) + raw)

    rows = table(site="示例厂")
    cells = {
        (r, c): text(r, c, t)
        for r, row in enumerate(rows)
        for c, t in enumerate(row)
        if t and not t.isdecimal()
    }
    begin = record(0x809, struct.pack("<4H", 0x500, 5, 0, 0))
    name = "结果".encode("gb18030")
    settings = record(0x42, struct.pack("<H", 936)) + record(0xE0, bytes(16))
    at = len(begin) + len(settings) + 4 + 7 + len(name) + 4
    listed = record(0x85, struct.pack("<IBBB", at, 0, 0, len(name)) + name)
    sheet = record(0x809, struct.pack("<4H", 0x500, 16, 0, 0)) + xls_cells(rows, cells)
    return compound({"Book": begin + settings + listed + record(0x0A) + sheet + record(0x0A)})


def broken_cells(group: Group) -> None:
    """Error cells and formulas, calculated or not."""
    rows = table(concentration="")
    for name, shown in (("div", "#DIV/0!"), ("na", "#N/A")):
        cell = f'<c r="{CELL}" t="e"><f>1/0</f><v>{shown}</v></c>'
        group.add(
            f"error_cell_{name}.xlsx",
            xlsx(rows, cells={AT: cell}),
            "error",
            ("excel_error_value", *CONCENTRATION, shown),
        )
    error = record(0x205, struct.pack("<3HBB", *AT, 0, 7, 1))
    group.add(
        "error_cell.xls",
        xls(rows, {AT: error}),
        "error",
        ("excel_error_value", *CONCENTRATION, "#DIV/0!"),
    )
    result = formula(*AT, b"\x02\0\x2a\0\0\0\xff\xff")
    group.add(
        "error_of_formula.xls",
        xls(rows, {AT: result}),
        "error",
        ("excel_error_value", *CONCENTRATION, "#N/A"),
    )
    cell = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )
    group.add(
        "error_cell.ods",
        ods(rows, cells={AT: cell}),
        "error",
        ("excel_error_value", *CONCENTRATION, "#DIV/0!"),
    )
    group.add(
        "ok_site_called_na.xlsx", xlsx(table(site="#N/A site")), "ok", near="excel_error_value"
    )
    not_calculated(group, rows)
    calculated(group, rows)


def not_calculated(group: Group, rows: list[list[str]]) -> None:
    """What writers leave that cannot calculate: nothing, an empty value, or a zero."""
    wanted = ("formula_not_calculated", *CONCENTRATION)
    for name, value in (("", ""), ("_empty_value", "<v></v>")):
        cell = f'<c r="{CELL}"><f>60*2</f>{value}</c>'
        group.add(
            f"formula_not_calculated{name}.xlsx",
            xlsx(rows, cells={AT: cell}),
            "error",
            (*wanted, "=60*2"),
        )
    zero = sheet_xml(rows, {AT: f'<c r="{CELL}"><f>60*2</f><v>0</v></c>'})
    load = '<calcPr calcId="124519" fullCalcOnLoad="1"/>'
    group.add(
        "formula_not_calculated_zero.xlsx",
        zipped(xlsx_parts([("Results", "", zero)], after=load)),
        "error",
        (*wanted, "=60*2"),
    )
    group.add(
        "flag_formula_zero.xlsx",
        zipped(xlsx_parts([("Results", "", zero)])),
        "flag",
        ("zero_below_lod", *CONCENTRATION, "0"),
        near="formula_not_calculated",
    )
    for name, result in (("zero", bytes(8)), ("nothing", EMPTY_TEXT)):
        group.add(
            f"formula_not_calculated_{name}.xls",
            xls(rows, {AT: formula(*AT, result, 2)}),
            "error",
            (*wanted, "="),
        )
    cell = '<table:table-cell table:formula="of:=60*2"/>'
    group.add(
        "formula_not_calculated.ods", ods(rows, cells={AT: cell}), "error", (*wanted, "of:=60*2")
    )


def calculated(group: Group, rows: list[list[str]]) -> None:
    """Formulas with their values."""
    group.add("ok_formula.csv", as_csv(table(concentration="120")), "ok")
    same = {"near": "formula_not_calculated", "equals": "ok_formula.csv"}
    cell = f'<c r="{CELL}"><f>60*2</f><v>120</v></c>'
    group.add("ok_formula.xlsx", xlsx(rows, cells={AT: cell}), "ok", **same)
    made = formula(*AT, struct.pack("<d", 120), 2)
    group.add("ok_formula.xls", xls(rows, {AT: made}), "ok", **same)
    cell = (
        '<table:table-cell table:formula="of:=60*2" office:value-type="float" '
        'office:value="120"><text:p>120</text:p></table:table-cell>'
    )
    group.add("ok_formula.ods", ods(rows, cells={AT: cell}), "ok", **same)
    cell = f'<c r="{CELL}" t="str"><f>3&amp;5</f><v>35</v></c>'
    same["equals"] = "ok_plain.csv"
    group.add("ok_formula_text.xlsx", xlsx(rows, cells={AT: cell}), "ok", **same)
    made = formula(*AT, bytes(6) + b"\xff\xff") + record(0x207, wide("35"))
    group.add("ok_formula_text.xls", xls(rows, {AT: made}), "ok", **same)
    note = (2, HEADER.index("rsd"))
    cell = f'<c r="{letters(note[1])}3" t="str"><f>""</f><v></v></c>'
    group.add("ok_formula_empty_text.xlsx", xlsx(table(), cells={note: cell}), "ok", **same)
    made = formula(*note, EMPTY_TEXT)
    group.add("ok_formula_empty_text.xls", xls(table(), {note: made}), "ok", **same)


def dates_and_formats(group: Group) -> None:
    """Dates, percentages and zeros that only a format shows."""
    rows, at, where = table(date=""), (2, DATE), f"{letters(DATE)}3"
    formats = ["yyyy/m/d h:mm;@", "0.0%", "000"]
    same = {"equals": "ok_plain.csv", "near": "excel_serial_date"}
    percent, zeros = (1, HEADER.index("rsd")), (2, HEADER.index("site"))
    for epoch, serial in (("", SERIAL), ("_1904", SERIAL_1904)):
        cells = {
            at: f'<c r="{where}" s="1"><v>{serial!r}</v></c>',
            percent: f'<c r="{letters(percent[1])}2" s="2"><v>0.05</v></c>',
            zeros: f'<c r="{letters(zeros[1])}3" s="3"><v>7</v></c>',
        }
        setting = '<workbookPr date1904="1"/>' if epoch else ""
        group.add(
            f"ok_formats{epoch}.xlsx",
            zipped(xlsx_parts([("Results", "", sheet_xml(rows, cells))], setting, formats)),
            "ok",
            **same,
        )
        made = {
            at: number(*at, serial, 1),
            percent: number(*percent, 0.05, 2),
            zeros: number(*zeros, 7, 3),
        }
        mode = record(0x22, struct.pack("<H", 1 if epoch else 0))
        group.add(
            f"ok_formats{epoch}.xls", xls(rows, made, settings=mode, formats=formats), "ok", **same
        )
    plain_serial = sheet_xml(rows, {at: f'<c r="{where}"><v>{int(SERIAL_1904)}</v></c>'})
    group.add(
        "flag_serial_1904.xlsx",
        zipped(xlsx_parts([("Results", "", plain_serial)], '<workbookPr date1904="true"/>')),
        "flag",
        ("excel_serial_date", "3", "date", str(int(SERIAL_1904))),
    )
    cells_ods = {
        at: '<table:table-cell office:value-type="date" office:date-value="2024-03-13T09:30:00">'
        "<text:p>13.03.24 9:30</text:p></table:table-cell>",
        percent: '<table:table-cell office:value-type="percentage" office:value="0.05">'
        "<text:p>5,0 %</text:p></table:table-cell>",
        zeros: '<table:table-cell office:value-type="float" office:value="7"><text:p>007</text:p>'
        "</table:table-cell>",
    }
    group.add("ok_formats.ods", ods(rows, cells=cells_ods), "ok", **same)


def hidden(group: Group) -> None:
    """Sheets, rows and columns that are not shown."""
    rows = table()
    shown, away = sheet_xml(rows), sheet_xml(table(sample_id="S9"))
    for state in ("hidden", "veryHidden"):
        group.add(
            f"flag_{state.lower()}_sheet.xlsx",
            zipped(xlsx_parts([("Results", "", shown), ("Old", state, away)])),
            "flag",
            "sheet_hidden",
            equals="ok_plain.csv",
        )
    sheets = [("Results", 0, xls_cells(rows)), ("Old", 1, xls_cells(table(sample_id="S9")))]
    group.add(
        "flag_hidden_sheet.xls",
        compound({"Workbook": xls_stream(sheets)}),
        "flag",
        "sheet_hidden",
        equals="ok_plain.csv",
    )
    tables = (ods_table(rows), ods_table(table(sample_id="S9"), name="Old", style="away"))
    group.add(
        "flag_hidden_sheet.ods",
        zipped(ods_parts(*tables)),
        "flag",
        "sheet_hidden",
        equals="ok_plain.csv",
    )
    group.add(
        "only_hidden_sheets.xlsx",
        zipped(xlsx_parts([("Empty", "", sheet_xml([])), ("Old", "hidden", away)])),
        "error",
        "sheet_hidden",
    )
    group.add(
        "ok_hidden_empty_sheet.xlsx",
        zipped(xlsx_parts([("Results", "", shown), ("Empty", "hidden", sheet_xml([]))])),
        "ok",
        near="sheet_hidden",
    )
    hidden_cells(group, rows)


def hidden_cells(group: Group, rows: list[list[str]]) -> None:
    """Hidden rows and columns."""
    same = {"equals": "ok_plain.csv"}
    group.add("flag_hidden_row.xlsx", xlsx(rows, hidden=[2]), "flag", "hidden_rows_read", **same)
    filtered = record(0x208, struct.pack("<7H", 2, 0, 9, 0, 0, 0, 0x20) + b"\0\0")
    made = xls_stream([("Results", 0, filtered + xls_cells(rows))])
    group.add(
        "flag_hidden_row.xls", compound({"Workbook": made}), "flag", "hidden_rows_read", **same
    )
    group.add("flag_hidden_row.ods", ods(rows, hidden=[2]), "flag", "hidden_rows_read", **same)
    column = '<cols><col min="3" max="4" hidden="1" width="0"/></cols>'
    group.add(
        "flag_hidden_column.xlsx", xlsx(rows, before=column), "flag", "hidden_columns_read", **same
    )
    info = record(0x7D, struct.pack("<5H", 2, 3, 0, 0, 1))
    made = xls_stream([("Results", 0, info + xls_cells(rows))])
    group.add(
        "flag_hidden_column.xls",
        compound({"Workbook": made}),
        "flag",
        "hidden_columns_read",
        **same,
    )
    columns = (
        '<table:table-column table:number-columns-repeated="2"/><table:table-column '
        'table:visibility="collapse"/>'
    )
    group.add(
        "flag_hidden_column.ods", ods(rows, columns=columns), "flag", "hidden_columns_read", **same
    )
    beyond = '<cols><col min="17" max="16384" hidden="1" width="0"/></cols>'
    group.add(
        "ok_hidden_beyond_the_table.xlsx",
        xlsx([*rows, [], []], before=beyond, hidden=[3, 4]),
        "ok",
        near="hidden_rows_read hidden_columns_read",
        **same,
    )


def merged_and_sheets(group: Group) -> None:
    """Merged cells, several sheets, charts, and nothing at all."""
    rows = [*table()[:2], table(sample_id="", analyte="MDMA", site="", date="2024-03-12")[2]]
    filled = ("merged_filled_down", "", "sample_id", ""), ("merged_filled_down", "", "site", "")
    ranges = '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/></mergeCells>'
    group.add("flag_merged.xlsx", xlsx(rows, after=ranges), "flag", *filled)
    made = record(0xE5, struct.pack("<9H", 2, 1, 2, 0, 0, 1, 2, 1, 1))
    sheet = xls_stream([("Results", 0, xls_cells(rows) + made)])
    group.add(
        "flag_merged.xls", compound({"Workbook": sheet}), "flag", *filled, equals="flag_merged.xlsx"
    )
    spanned = ' table:number-rows-spanned="2" table:number-columns-spanned="1"'
    cells = {(1, c): ods_cell(rows[1][c], spanned) for c in (0, 1)}
    cells |= {(2, c): "<table:covered-table-cell/>" for c in (0, 1)}
    group.add("flag_merged.ods", ods(rows, cells=cells), "flag", *filled, equals="flag_merged.xlsx")
    title = [["Results of the laboratory", ""], *table()]
    wide_title = '<mergeCells><mergeCell ref="A1:P1"/></mergeCells>'
    group.add(
        "ok_merged_title.xlsx",
        xlsx(title, after=wide_title),
        "ok",
        near="merged_filled_down",
        equals="ok_plain.csv",
    )
    second = sheet_xml(table(sample_id="S4")[::2])
    group.add(
        "ok_two_sheets.xlsx",
        zipped(xlsx_parts([("A", "", sheet_xml(table()[:2])), ("B", "", second)])),
        "ok",
        near="sheet_skipped",
    )
    words = sheet_xml([["nothing", "here"], ["of", "use"]])
    group.add(
        "flag_sheet_without_table.xlsx",
        zipped(xlsx_parts([("Results", "", sheet_xml(table())), ("Notes", "", words)])),
        "flag",
        "sheet_skipped",
        equals="ok_plain.csv",
    )
    group.add(
        "ok_chart_sheet.xlsx", with_chart(), "ok", near="sheet_skipped", equals="ok_plain.csv"
    )
    group.add("empty.xlsx", xlsx([]), "error", "file_empty")
    group.add("empty.xls", xls([]), "error", "file_empty")
    group.add("empty.ods", ods([]), "error", "file_empty")


def with_chart() -> bytes:
    """A workbook with a sheet that is a chart."""
    parts = xlsx_parts([("Results", "", sheet_xml(table())), ("Chart", "", "")])
    rels = str(parts["xl/_rels/workbook.xml.rels"])
    rels = rels.replace(
        f'{RELATIONS}/worksheet" Target="worksheets/sheet2.xml"',
        f'{RELATIONS}/chartsheet" Target="chartsheets/sheet1.xml"',
    )
    del parts["xl/worksheets/sheet2.xml"]
    parts["xl/_rels/workbook.xml.rels"] = rels
    parts["xl/chartsheets/sheet1.xml"] = f'{XML}<chartsheet xmlns="{MAIN}"/>'
    return zipped(parts)


def passwords(group: Group) -> None:
    """Files under a password, and one whose cells are only protected from editing."""
    streams = {"EncryptionInfo": b"\4\0\4\0@\0\0\0<encryption/>", "EncryptedPackage": bytes(64)}
    group.add("encrypted.xlsx", compound(streams), "error", "encrypted")
    locked = record(0x2F, b"\1\0\1\0\1\0" + bytes(48))
    group.add("encrypted.xls", xls(table(), settings=locked), "error", "encrypted")
    parts = ods_parts(ods_table(table()))
    manifest = str(parts["META-INF/manifest.xml"]).replace(
        '"text/xml"/>', '"text/xml"><manifest:encryption-data/></manifest:file-entry>'
    )
    parts |= {"META-INF/manifest.xml": manifest, "content.xml": bytes(range(256))}
    group.add("encrypted.ods", zipped(parts, stored=["mimetype"]), "error", "encrypted")
    data = bytearray(xlsx(table()))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    group.add("encrypted_zip.xlsx", bytes(data), "error", "encrypted")
    guard = '<sheetProtection sheet="1" password="CC1A"/>'
    group.add(
        "ok_protected_from_editing.xlsx",
        xlsx(table(), after=guard),
        "ok",
        near="encrypted",
        equals="ok_plain.csv",
    )


def main() -> None:
    """Write the group."""
    group = Group("excel")
    for part in (plain, broken_cells, dates_and_formats, hidden, merged_and_sheets, passwords):
        part(group)
    group.close()


if __name__ == "__main__":
    main()
