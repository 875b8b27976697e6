"""The third laboratory's workbook: an English crosstab of a year, a sheet for each plant."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from wbe.io.workbook_out import repeatable

from .constants import CITY_EN, LABS, PLANTS
from .files import limits

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from .model import City

OPERATION = ("Date", "Weekday", "WWTP", "Sampling mode", "Flow (m3/h)", "Population served",
             "Rain 24 h (mm)")  # fmt: skip
#: Heading of the results, lower row; the upper one says matrix and unit.
HEADINGS = {
    "methamphetamine": "METH", "amphetamine": "AMP", "MDMA": "MDMA", "ketamine": "KET",
    "norketamine": "NK", "morphine": "MOR", "codeine": "Codeine", "benzoylecgonine": "BE",
    "cotinine": "COT", "ammonium": "NH4-N",
}  # fmt: skip
GROUPS = (
    ("Wastewater (ng/L)", tuple(HEADINGS)[:8]),
    ("Wastewater (µg/L)", ("cotinine",)),
    ("Wastewater (mg/L)", ("ammonium",)),
)
SCALE = {"cotinine": 1e3, "ammonium": 1e6}
FIRST_ROW = 6


def crosstab(city: City, year: int) -> bytes:
    """Return the workbook of a year; the same content gives the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "synthetic"
    for p, plant in enumerate(PLANTS):
        if plant.lab == 2:
            _sheet(book, city, p, year)
    raw = io.BytesIO()
    book.save(raw)
    return repeatable(raw.getvalue())


def _sheet(book: Workbook, city: City, p: int, year: int) -> None:
    sheet = book.create_sheet(PLANTS[p].en)
    columns = [name for _, names in GROUPS for name in names]
    last = len(OPERATION) + len(columns) + 1
    _title(sheet, f"{CITY_EN}: daily influent results {year} (SYNTHETIC data)", last)
    sheet.cell(2, 1, f"Laboratory: {LABS[2]}")
    sheet.cell(2, 8, "Matrix: WWTP influent")
    _headings(sheet)
    days = [d for d, day in enumerate(city.days) if day.year == year and city.listed[p, d]]
    for number, d in enumerate(days, start=FIRST_ROW):
        for column, value in enumerate(_row(city, p, d, columns), start=1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, dt.datetime):
                cell.number_format = "yyyy-mm-dd"
    sheet.column_dimensions["A"].width = 12
    sheet.column_dimensions["D"].width = 16
    sheet.freeze_panes = f"B{FIRST_ROW}"


def _title(sheet: Worksheet, text: str, last: int) -> None:
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(1, 1, text)
    cell.font, cell.alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=last)


def _headings(sheet: Worksheet) -> None:
    """Two rows: what and in which unit over merged cells, below them the names."""
    from openpyxl.styles import Alignment, Font

    upper, lower = FIRST_ROW - 2, FIRST_ROW - 1
    column = 1
    for group, names in (("", OPERATION), *GROUPS, ("", ("Remarks",))):
        for offset, name in enumerate(names):
            cell = sheet.cell(lower, column + offset, HEADINGS.get(name, name))
            cell.font = Font(bold=True)
        if group:
            head = sheet.cell(upper, column, group)
            head.font, head.alignment = Font(bold=True), Alignment(horizontal="center")
        if group and len(names) > 1:
            sheet.merge_cells(start_row=upper, end_row=upper, start_column=column,
                              end_column=column + len(names) - 1)  # fmt: skip
        column += len(names)


def _row(city: City, p: int, d: int, columns: list[str]) -> list[Any]:
    day = city.days[d]
    operation = [
        dt.datetime.combine(day, dt.time()), f"{day:%a}", PLANTS[p].site, "24-h composite",
        float(f"{city.flow[p, d] / 24:.5g}"), int(city.population[p]), float(city.rain[d]),
    ]  # fmt: skip
    remark = "autosampler failure" if city.failed[p, d] else None
    return [*operation, *(_cell(city, p, d, name) for name in columns), remark]


def _cell(city: City, p: int, d: int, name: str) -> float | str:
    column, scale = city.analytes.index(name), SCALE.get(name, 1.0)
    status, (lod, loq) = city.status[p, d, column], limits(name)
    if not status:
        return "not sampled"
    if status == "quantified":
        return float(np.format_float_positional(city.reported[p, d, column] / scale, precision=4,
                                                fractional=False, trim="-"))  # fmt: skip
    return f"<{(loq if status == 'below_loq' else lod) / scale:g}"
