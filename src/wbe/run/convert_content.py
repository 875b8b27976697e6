"""A converted table as the bytes of a file: delimited text, a workbook, or Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wbe.errors import UsageError
from wbe.run.words import both

if TYPE_CHECKING:
    from wbe.io.convert.grid import Grid


def content(grids: Sequence[Grid], suffix: str) -> tuple[bytes, int]:
    """Bytes of the file, and how many cells were marked as text.

    Parameters
    ----------
    grids : sequence of Grid
        Of a workbook one a sheet, of any other file one.
    suffix : str
        Of the file.

    Returns
    -------
    bytes
    int

    Raises
    ------
    UsageError
        If Parquet cannot hold the table, or is not installed.
    """
    from wbe.io.convert.tables import DELIMITERS, delimited

    if suffix in DELIMITERS:
        return delimited(grids[0], DELIMITERS[suffix])
    return (_workbook(grids) if suffix == ".xlsx" else _parquet(grids[0])), 0


def _workbook(grids: Sequence[Grid]) -> bytes:
    from wbe.io.notation import typed_cell
    from wbe.io.workbook_out import Sheet, write
    from wbe.io.write import FORMULA_STARTS

    sheets = []
    for number, grid in enumerate(grids, start=1):
        rows = [
            [typed_cell(cell) if i in grid.numbers else cell or None for i, cell in enumerate(row)]
            for row in grid.rows
        ]
        below = [list(row) for row in grid.heads[1:]]
        name = grid.name or (f"table {number}" if len(grids) > 1 else "table")
        sheets.append(Sheet(name, grid.heads[0], [*below, *rows]))
    return write(sheets, FORMULA_STARTS)


def _parquet(grid: Grid) -> bytes:
    import io

    import pandas as pd

    heads = grid.heads[0]
    if len(set(heads)) < len(heads):
        raise UsageError(both("usage.parquet_columns"))
    frame = pd.DataFrame(grid.rows, columns=heads, dtype=object)
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except ImportError:
        raise UsageError(both("usage.parquet")) from None
    return buffer.getvalue()
