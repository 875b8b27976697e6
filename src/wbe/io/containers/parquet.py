"""Parquet tables: typed columns as the text that a person would type."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from typing import Any

from wbe.io.containers.archive import MAX_EXPANDED
from wbe.io.containers.grid import MAX_CELL, MAX_CELLS, MAX_CHARACTERS
from wbe.io.containers.parquet_pages import footer_length, read_pages
from wbe.io.shown import as_text
from wbe.io.tables import Sheet
from wbe.io.text import Refused

_BATCH = 16_384
_BATCH_BYTES = 50_000_000
_PAGE = 64_000_000
_FOOTER = 20_000_000
_COLUMNS = 16_384


def read_parquet(data: bytes, file: str) -> Sheet:
    """The one table of a Parquet file; its column names are line 1.

    A null is a blank cell, a NaN is the text ``nan``. Times with a zone are given in it, with their
    offset behind.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file : str
        Its name for findings.

    Returns
    -------
    Sheet

    Raises
    ------
    Refused
        ``parquet_not_installed``, ``encrypted``, ``archive_damaged``, ``archive_too_large``,
        ``sheet_too_large``, ``cell_too_long``, ``column_type_unsuitable`` or ``file_empty``.
    """
    opened = open_parquet(data)
    from pyarrow import ArrowException

    try:
        batch, plain = checked_size(opened.metadata, data)
        rows = [list(opened.schema_arrow.names)]
        texts = [_text_of(field.name, field.type) for field in opened.schema_arrow]
        rows += _rows(_as_dictionaries(data, opened.schema_arrow, plain), texts, batch)
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None
    if not rows[0]:
        raise Refused("file_empty")
    return Sheet(file, rows=rows, lines=list(range(1, len(rows) + 1)))


def open_parquet(data: bytes) -> Any:
    """Open a Parquet file in memory; nothing of its columns is read.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    pyarrow.parquet.ParquetFile

    Raises
    ------
    Refused
        ``parquet_not_installed``, ``archive_too_large`` or ``archive_damaged``.
    """
    if footer_length(data) > _FOOTER:
        raise Refused("archive_too_large", what="its footer is too long")
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise Refused("parquet_not_installed") from None
    try:
        return parquet.ParquetFile(io.BytesIO(data), thrift_string_size_limit=_FOOTER,
                                   thrift_container_size_limit=1_000_000)  # fmt: skip
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None


def checked_size(metadata: Any, data: bytes) -> tuple[int, set[str]]:
    """Refuse what would not fit into the memory.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    data : bytes
        Content of the file.

    Returns
    -------
    int
        Rows to read at a time.
    set of str
        Columns that cannot come as dictionaries.

    Raises
    ------
    Refused
        ``sheet_too_large`` or ``archive_too_large``.
    """
    if metadata.num_columns > _COLUMNS or metadata.num_rows * metadata.num_columns > MAX_CELLS:
        corner = f"row {metadata.num_rows:,}, column {metadata.num_columns:,}"
        raise Refused("sheet_too_large", cell=corner, limit=f"{MAX_CELLS:,}")
    expanded, batch, plain = 0, _BATCH, set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            begins = [column.data_page_offset]
            if column.has_dictionary_page and column.dictionary_page_offset:
                begins.append(column.dictionary_page_offset)
            pages = read_pages(data, min(begins), column.total_compressed_size)
            expanded += pages.expanded
            if expanded > MAX_EXPANDED:
                raise Refused("archive_too_large", what=f"{expanded / 1e6:.0f} MB expanded")
            if pages.largest > _PAGE:
                raise Refused("archive_too_large", what=f"a page of {pages.largest / 1e6:.0f} MB")
            if pages.deltas:
                plain.add(column.path_in_schema)
                batch = min(batch, max(1, _BATCH_BYTES // max(pages.largest, 1)))
    return batch, plain


def _as_dictionaries(data: bytes, schema: Any, plain: set[str]) -> Any:
    """The file opened so that a text repeated a million times is kept once."""
    from pyarrow import parquet, types

    named = [f.name for f in schema if f.name not in plain
             and (types.is_string(f.type) or types.is_large_string(f.type))]  # fmt: skip
    return parquet.ParquetFile(io.BytesIO(data), read_dictionary=named)


def _rows(opened: Any, texts: list[Callable[[Any], str]], batch: int) -> Iterator[list[str]]:
    length = 0
    for part in opened.iter_batches(batch_size=batch, use_threads=False):
        columns = [_column(part.column(index), text) for index, text in enumerate(texts)]
        length += sum(distinct for _, distinct in columns)
        if length > MAX_CHARACTERS:
            raise Refused("archive_too_large", what="too many characters")
        yield from (list(row) for row in zip(*(cells for cells, _ in columns), strict=True))


def _column(values: Any, text: Callable[[Any], str]) -> tuple[list[str], int]:
    """Texts of a part of a column, and the characters of the distinct ones."""
    import pyarrow

    if not pyarrow.types.is_dictionary(values.type):
        cells = ["" if value is None else text(value) for value in _python(values)]
        return cells, sum(map(len, cells))
    known = ["" if value is None else text(value) for value in _python(values.dictionary)]
    if any(len(word) > MAX_CELL for word in known):
        raise Refused("cell_too_long")
    cells = ["" if place is None else known[place] for place in values.indices.to_pylist()]
    return cells, sum(map(len, known))


def _python(values: Any) -> list[Any]:
    """Python values; nanoseconds are cut to microseconds, which `datetime` can hold."""
    import pyarrow

    if pyarrow.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = values.cast(pyarrow.timestamp("us", values.type.tz), safe=False)
    if pyarrow.types.is_time64(values.type) and values.type.unit == "ns":
        values = values.cast(pyarrow.time64("us"), safe=False)
    return list(values.to_pylist())


def _text_of(name: str, kind: Any) -> Callable[[Any], str]:
    """How values of a type become text.

    Raises
    ------
    Refused
        ``column_type_unsuitable``.
    """
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_float32(kind) or types.is_float16(kind):
        return _short_float
    if types.is_decimal(kind):
        return lambda value: f"{value:f}"
    if types.is_timestamp(kind) and kind.tz:
        return lambda value: str(value.isoformat(timespec="seconds"))
    simple = (types.is_null, types.is_boolean, types.is_integer, types.is_float64, types.is_string,
              types.is_large_string, types.is_string_view, types.is_date, types.is_timestamp,
              types.is_time)  # fmt: skip
    if any(test(kind) for test in simple):
        return as_text
    raise Refused("column_type_unsuitable", column=name, found=str(kind)[:80])


def _short_float(value: float) -> str:
    """A number of single precision with the digits that tell it apart in that precision."""
    import numpy as np

    if not math.isfinite(value):
        return repr(value)
    return as_text(float(str(np.float32(value))))
