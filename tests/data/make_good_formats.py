"""Writes ``good/plain_long.csv`` in the other formats, by other people's writers.

Run as a script from anywhere; needs xlsxwriter, xlwt, odfpy and pyarrow, which the tests do not.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

GOOD = Path(__file__).parent / "good"
Cell = str | float | dt.date


def cells() -> list[list[Cell]]:
    """The table with numbers and dates as a spreadsheet program would hold them."""
    with (GOOD / "plain_long.csv").open(encoding="utf-8", newline="") as file:
        return [[_typed(text) for text in row] for row in csv.reader(file)]


def _typed(text: str) -> Cell:
    if text.isdecimal():
        return float(text)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text


def write_xlsx(rows: list[list[Cell]]) -> None:
    """By xlsxwriter, with shared texts."""
    import xlsxwriter

    book = xlsxwriter.Workbook(GOOD / "plain_long.xlsx")
    book.set_properties({"created": dt.datetime(2024, 1, 1)})
    sheet, day = book.add_worksheet("Results"), book.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, *([day] if isinstance(cell, dt.date) else []))
    book.close()


def write_xls(rows: list[list[Cell]]) -> None:
    """By xlwt."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet, day = book.add_sheet("Results"), xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, *([day] if isinstance(cell, dt.date) else []))
    book.save(str(GOOD / "plain_long.xls"))


def write_ods(rows: list[list[Cell]]) -> None:
    """By odfpy."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Results")
    for row in rows:
        line = TableRow()
        for cell in row:
            if isinstance(cell, float):
                made = TableCell(valuetype="float", value=repr(cell))
            elif isinstance(cell, dt.date):
                made = TableCell(valuetype="date", datevalue=cell.isoformat())
            else:
                made = TableCell(valuetype="string")
            made.addElement(P(text=str(cell)))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(str(GOOD / "plain_long.ods"))


def write_parquet(rows: list[list[Cell]]) -> None:
    """By pyarrow; a column of words and numbers is one of texts."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, list[Cell]] = {}
    for index, name in enumerate(rows[0]):
        values = [row[index] for row in rows[1:]]
        mixed = len({type(value) for value in values}) > 1
        columns[str(name)] = [_text(v) for v in values] if mixed else values
    parquet.write_table(pa.table(columns), GOOD / "plain_long.parquet")


def _text(cell: Cell) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) else str(cell)


def main() -> None:
    """Write all of them."""
    rows = cells()
    text = (GOOD / "plain_long.csv").read_text(encoding="utf-8")
    (GOOD / "plain_long.tsv").write_text(text.replace(",", "\t"), encoding="utf-8", newline="\n")
    for write in (write_xlsx, write_xls, write_ods, write_parquet):
        write(rows)


if __name__ == "__main__":
    main()
