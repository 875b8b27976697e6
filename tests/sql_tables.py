"""Tables for tests of databases, and what two reads of the same samples may differ in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lab_tables
import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import strategies as st

from wbe.findings import Finding, Findings

#: Where a result stands is another place in another table.
PLACES = frozenset({"source_file", "source_line"})
#: Words of any script, without blanks and control characters.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def store(
    file: Path, table: str, cells: Sequence[Sequence[Any]], types: str = "TEXT"
) -> Path:  # fmt: skip
    """Make a table of a header and rows."""
    header = ", ".join(f"{quoted(name)} {types}" for name in cells[0])
    marks = ", ".join("?" * len(cells[0]))
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f"CREATE TABLE {quoted(table)} ({header})")
        connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({marks})", cells[1:])
    connection.close()
    return file


def lab_file(folder: Path, *changed: dict[str, Any]) -> Path:
    """A SQLite file with the table ``samples``: a row for each dict of what it has differently."""
    rows = [{**lab_tables.row(), "concentration": 120.5, "flow": 50_000} | c for c in changed]
    header = list(dict.fromkeys(name for record in rows for name in record))
    cells = [header, *([record.get(name) for name in header] for record in rows)]
    return store(folder / "lab.sqlite", "samples", cells, types="")


def some_rows(**changes: Any) -> pd.DataFrame:
    """A table of two rows, one cell of which is blank; `changes` are other columns."""
    return pd.DataFrame({"area": ["A", "B"], "n": [1, 2], "value": [0.5, np.nan]} | changes)


def rows_of(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query gives, without the package."""
    connection = sqlite3.connect(file)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def said(findings: Findings) -> set[tuple[Any, ...]]:
    """Findings without the name of the sheet, which a text file does not have."""
    return {_without_sheet(finding) for finding in findings}


def _without_sheet(finding: Finding) -> tuple[Any, ...]:
    return tuple(value for name, value in finding.as_dict().items() if name != "sheet")


def differences(one: xr.Dataset, other: xr.Dataset) -> dict[str, Any]:
    """Variables in which two Datasets of samples differ."""
    if dict(one.sizes) != dict(other.sizes):
        return {"sizes": (dict(one.sizes), dict(other.sizes))}
    named = {str(n) for n in (*one.variables, *other.variables)} - PLACES
    return {name: _pair(one, other, name) for name in sorted(named) if not _same(one, other, name)}


def _pair(one: xr.Dataset, other: xr.Dataset, name: str) -> tuple[Any, Any]:
    return tuple(d[name].values if name in d.variables else None for d in (one, other))


def _same(one: xr.Dataset, other: xr.Dataset, name: str) -> bool:
    if name not in one.variables or name not in other.variables:
        return False
    a, b = one[name].values, other[name].values
    if a.dtype.kind in "UO":
        return bool((a.astype(str) == b.astype(str)).all())
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fM")
