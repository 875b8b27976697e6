"""From one laboratory layout to another: read, take apart, place, and compare with what was read.

The converted table is read back before it is kept. What reads differently was changed on the way,
and then nothing is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import schema
from wbe.errors import UsageError
from wbe.io.convert_entries import Entries, entries_of
from wbe.io.convert_grid import Grid, grid_of
from wbe.io.layout import Layout
from wbe.io.notation import is_typed
from wbe.io.sources import Source
from wbe.io.words import squeezed, word_set
from wbe.io.write import bare_text, safe_text

if TYPE_CHECKING:
    import xarray as xr

    from wbe.findings import Findings

DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
SUFFIXES: Final = (*DELIMITERS, ".xlsx", ".parquet")
FORMS: Final = ("long", "wide", "town_blocks")
#: Rows that are no samples, or whose cells stand under no column.
NOT_CARRIED: Final = (
    "subtotal_left_out", "remark_left_out", "repeated_header", "layout_row_left_out",
    "row_too_long", "row_too_short",
)  # fmt: skip
_TOLERANCE: Final = 1e-9
_COMPARED: Final = (
    "status", *schema.RESULT_NUMBERS, *schema.OPTIONAL_RESULT_NUMBERS, "site", "area", "time",
    "duration", "matrix", "mode", "round", "visit", "lab", "population_basis",
    "population_date", "role", "lon", "lat", "crs", *schema.SAMPLE_NUMBERS,
    *schema.OPTIONAL_SAMPLE_NUMBERS, *schema.OPTIONAL_SAMPLE_TEXTS,
)  # fmt: skip
#: Variable of the samples -> fields without which it may read differently.
_FROM: Final = {
    "concentration_rsd": ("rsd",), "time": ("date", "start"), "duration": ("end", "duration_h"),
    "rain_24h": ("rain_24h_mm",), "rain_72h": ("rain_72h_mm",), "lon": ("coordinates",),
    "lat": ("coordinates",), "crs": ("coordinates", "lon", "lat"),
    **{f"{quantity}_{limit}": (limit,) for quantity in ("content", "load", "pn_load")
       for limit in ("lod", "loq")},
}  # fmt: skip


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
        found.append(entries_of(table, lines))
    return found


def grids_of(tables: Sequence[Entries], target: str | Layout, suffix: str) -> list[Grid]:
    """Tables to write: of a workbook one a sheet, of a text file one in all.

    Parameters
    ----------
    tables : sequence of Entries
    target : str or Layout
        As in `wbe.io.convert_grid.grid_of`.
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
        for entry in table.items:
            entry.row += rows
        rows += 1 + max((e.row for e in table.items), default=rows) - rows
        whole.items += table.items
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
    """Numbers and the dashes of an empty cell are no formulas."""
    if is_typed(text) or squeezed(text) in word_set("words", "absent", "dash"):
        return text
    try:
        float(text)
    except ValueError:
        return safe_text(text)
    return text


def differences(before: xr.Dataset, after: xr.Dataset, lost: Iterable[str]) -> list[str]:
    """What reads differently after a conversion.

    Parameters
    ----------
    before, after : Dataset (sample, analyte)
        As read from the source and from what was written.
    lost : iterable of str
        What the target cannot carry, and is told.

    Returns
    -------
    list of str
        Names of variables, and of coordinates whose labels differ; empty if nothing does.
    """
    known = set(lost)
    before = _without(before, known, after)
    found = [
        name for name in ("sample", "analyte")
        if before[name].values.tolist() != _texts(after[name].values)
    ]  # fmt: skip
    if found:
        return found
    rejected = before["status"].values == "rejected"
    return [
        name for name in _COMPARED
        if not known & {name, *_FROM.get(name, ())} and not _equal(before, after, name, rejected)
    ]  # fmt: skip


def _without(before: xr.Dataset, lost: set[str], after: xr.Dataset) -> xr.Dataset:
    """What is left of the samples without the analytes that have no column."""
    analytes = before["analyte"].values
    kept = before.isel(analyte=~np.isin(analytes, list(lost)))
    nothing = (kept["status"] == "not_measured").all("analyte").values
    gone = nothing & ~np.isin(kept["sample"].values, after["sample"].values)
    return kept.isel(sample=~gone) if len(kept["analyte"]) < len(analytes) else kept


def _equal(before: xr.Dataset, after: xr.Dataset, name: str, rejected: np.ndarray) -> bool:
    if name not in before and name not in after:
        return True
    if name not in before or name not in after:
        stated = before[name] if name in before else after[name]
        return not _any_stated(stated.values)
    old, new = before[name].values, after[name].values
    if old.shape == rejected.shape:
        old, new = old[~rejected], new[~rejected]
    old, new = old.ravel(), new.ravel()
    if old.dtype.kind == "f":
        return bool(np.allclose(old, new, rtol=_TOLERANCE, atol=0.0, equal_nan=True))
    if old.dtype.kind == "M":
        return bool(np.array_equal(old, new, equal_nan=True))
    return bool(old.tolist() == (_texts(new) if new.dtype.kind in "UO" else new.tolist()))


def _texts(values: np.ndarray) -> list[str]:
    """Texts without the apostrophes that made them safe."""
    return [bare_text(str(value)) for value in values.ravel()]


def _any_stated(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return bool(np.isfinite(values).any())
    return any(str(value) for value in values.ravel())
