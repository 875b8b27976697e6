"""From one laboratory layout to another: read, take apart, place, and compare with what was read.

The converted table is read back before it is kept. What reads differently was changed on the way,
and then nothing is written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wbe.errors import UsageError
from wbe.io.convert.compare import Unmarked
from wbe.io.convert.entries import Entries, Entry, entries_of
from wbe.io.convert.grid import Grid, grid_of
from wbe.io.euda.long import as_long
from wbe.io.layout.files import Layout
from wbe.io.notation import is_typed
from wbe.io.sources import Source
from wbe.io.words import squeezed, word_set
from wbe.io.write import safe_text

if TYPE_CHECKING:
    from wbe.findings import Findings

DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
SUFFIXES: Final = (*DELIMITERS, ".xlsx", ".parquet")
FORMS: Final = ("long", "wide", "town_blocks", "euda")
#: Rows that are no samples, or whose cells stand under no column.
NOT_CARRIED: Final = (
    "subtotal_left_out", "remark_left_out", "repeated_header", "layout_row_left_out",
    "row_too_long", "row_too_short",
)  # fmt: skip
_PERCENT: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)? ?%")


def tables_of(source: Source, findings: Findings) -> list[Entries]:
    """Results of every table of a file.

    Parameters
    ----------
    source : Source
        As it was opened.
    findings : Findings
        Of the read: which rows are no samples.

    Returns
    -------
    list of Entries

    Raises
    ------
    UsageError
        If a table is of a form that is not converted.
    """
    found = []
    for table in source.tables:
        if table.form not in FORMS:
            raise UsageError(
                f"{source.name}: tables of the form {table.form} are not converted; "
                f"known are {', '.join(FORMS)} and every layout of wbe convert --list"
            )
        lines = {
            f.line for f in findings
            if f.rule in NOT_CARRIED and f.sheet == table.sheet.name and f.line is not None
        }  # fmt: skip
        table, skipped = as_long(table) if table.form == "euda" else (table, [])
        found.append(entries_of(table, lines))
        found[-1].skipped += skipped
    return found


def without(tables: Sequence[Entries], gone: Collection[Unmarked]) -> list[Entries]:
    """Tables in which some results are blank: of what is wrong with them nothing would be seen.

    Parameters
    ----------
    tables : sequence of Entries
        Not changed.
    gone : collection of Unmarked

    Returns
    -------
    list of Entries
    """
    places: set[tuple[str | int, str]] = set()
    for result in gone:
        places |= {(result.sample, result.analyte), (result.line, result.analyte)}

    def kept(entry: Entry) -> Entry:
        # lines of two sheets have one number; a sample may contradict itself in several lines
        place = entry.sample.get("sample_id") or entry.line
        return _blank(entry) if (place, entry.analyte) in places else entry

    return [replace(table, items=[kept(entry) for entry in table.items]) for table in tables]


def _blank(entry: Entry) -> Entry:
    more = {name: text for name, text in entry.more.items() if name != "status"}
    return replace(entry, values=dict.fromkeys(entry.values, ""), limits={}, more=more)


def grids_of(tables: Sequence[Entries], target: str | Layout, suffix: str) -> list[Grid]:
    """Tables to write: of a workbook one a sheet, of a text file one in all.

    Parameters
    ----------
    tables : sequence of Entries
    target : str or Layout
        As in `wbe.io.convert.grid.grid_of`.
    suffix : str
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.parquet``.

    Returns
    -------
    list of Grid
    """
    together = list(tables) if suffix == ".xlsx" else [_joined(tables)]
    grids = [grid_of(entries, target) for entries in together]
    if suffix == ".parquet" and any(len(grid.heads) > 1 for grid in grids):
        raise UsageError("a table with two header rows is not written as Parquet; use .xlsx")
    return grids


def _joined(tables: Sequence[Entries]) -> Entries:
    if len(tables) == 1:
        return tables[0]
    first = tables[0]
    whole = Entries(first.file, "", wide=any(t.wide for t in tables))
    rows = 0
    for table in tables:
        clash = [n for n, u in table.units.items() if whole.units.get(n, u) != u]
        if clash:
            raise UsageError(
                f"the sheets of {first.file} have {clash[0]} in different units and do not fit "
                "one text table; write a workbook (.xlsx)"
            )
        whole.units |= table.units
        whole.others += [name for name in table.others if name not in whole.others]
        moved = [replace(entry, row=entry.row + rows) for entry in table.items]
        rows = 1 + max((entry.row for entry in moved), default=rows)
        whole.items += moved
        whole.titles += table.titles
        whole.skipped += table.skipped
        if table.rpd != first.rpd:
            raise UsageError(
                f"the sheets of {first.file} mean different deviations of duplicates and do not "
                "fit one text table; write a workbook (.xlsx)"
            )
        whole.rpd = first.rpd
    return whole


def delimited(grid: Grid, delimiter: str) -> tuple[bytes, int]:
    """A table as text, and the number of cells that got an apostrophe.

    Parameters
    ----------
    grid : Grid
    delimiter : str

    Returns
    -------
    bytes
        UTF-8 with a byte-order mark, LF.
    int
        Texts that a spreadsheet would take for a formula.
    """
    marked = 0
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    for row in [*grid.heads, *grid.rows]:
        safe = [_safe(cell) for cell in row]
        marked += sum(a != b for a, b in zip(safe, row, strict=True))
        writer.writerow(safe)
    return buffer.getvalue().encode("utf-8-sig"), marked


def _safe(text: str) -> str:
    """Numbers, also of percent, and the dashes of an empty cell are no formulas."""
    if squeezed(text) in word_set("words", "absent", "dash"):
        return text
    if is_typed(text) or _PERCENT.fullmatch(text):
        return text
    try:
        float(text)
    except ValueError:
        return safe_text(text)
    return text
