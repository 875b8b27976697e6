"""Rows of a database as the text that a person would type; their column names are line 1."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import UsageError
from wbe.io.containers.grid import MAX_CELL
from wbe.io.shown import as_text
from wbe.io.sql.database import Database
from wbe.io.sql.statements import Asked, asked
from wbe.io.tables import Sheet
from wbe.io.text import CONTROL, Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

#: Cells of one table or query, about 200 MB of references to texts.
MAX_CELLS = 24_000_000
#: Rows that are in memory beyond those of MAX_CELLS, before anything of them is looked at.
FETCHED = 2_000
_FIRST_LINE = 2  # the names of the columns are line 1


class _Sums:
    """A file that only adds up what is written to it."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, text: str) -> int:
        self.sha256.update(text.encode("utf-8", "surrogatepass"))
        return len(text)


def fetch(database: Database, table_or_query: str) -> tuple[Sheet, str]:
    """Rows of a table or a query in a stated order.

    They are fetched `FETCHED` at a time, from a server too: what has too many of them is refused
    when the first too many has come, however many would follow.

    A query that ends in ORDER BY keeps its order, and a table whose primary key is made of whole
    numbers has that of its key. All others are sorted by their texts, column after column, so that
    every database gives one order for the same rows.

    Parameters
    ----------
    database : Database
    table_or_query : str

    Returns
    -------
    sheet : Sheet
    sha256 : str
        Of the rows and their header as CSV: UTF-8, LF, quotes where needed.

    Raises
    ------
    UsageError
        If the table or query cannot be read, or has too many cells.
    EnvironmentFault
        If the server or the disk says no.
    Refused
        ``column_type_unsuitable``, ``not_text`` or ``cell_too_long``.
    """
    with database.reading() as connection:
        wanted = asked(connection, database, table_or_query)
        with _executed(connection, wanted) as result:
            header = list(map(str, result.keys()))
            rows = list(_texts(result, header, database))
    if not wanted.ordered:
        rows.sort()
    rows.insert(0, header)
    sheet = Sheet(database.name, wanted.sheet, rows, list(range(1, len(rows) + 1)))
    return sheet, checksum(rows)


def checksum(rows: Sequence[Sequence[str]]) -> str:
    """SHA-256 of rows of text as CSV."""
    sums = _Sums()
    csv.writer(sums, lineterminator="\n").writerows(rows)
    return sums.sha256.hexdigest()


def _executed(connection: Connection, wanted: Asked) -> CursorResult[Any]:
    """Rows that come as they are fetched: psycopg takes all of them at once unless told not to."""
    options: dict[str, Any] = {"stream_results": True}
    if not isinstance(wanted.statement, str):
        return connection.execute(wanted.statement, execution_options=options)
    # as it stands: a percent sign or a colon of the query is nobody's parameter
    options["no_parameters"] = True
    return connection.exec_driver_sql(wanted.statement, execution_options=options)


def _texts(
    result: CursorResult[Any], header: Sequence[str], database: Database
) -> Iterator[list[str]]:
    """Rows as texts; a text that repeats is in memory once."""
    known, first, most = _Known(), 0, MAX_CELLS // max(len(header), 1)
    for part in result.partitions(FETCHED):
        if first + len(part) > most:
            limit = f"{most:,}"
            raise UsageError(names.both("sql.too_large", name=database.name, limit=limit))
        columns = [
            _column(known, values, header, index, first + _FIRST_LINE)
            for index, values in enumerate(zip(*part, strict=True))
        ]
        yield from map(list, zip(*columns, strict=True))
        first += len(part)


class _Known(dict[str, str]):
    """Texts by themselves: each is looked at once."""

    def __missing__(self, text: str) -> str:
        if len(text) > MAX_CELL:
            raise Refused("cell_too_long")
        if CONTROL.search(text):
            raise Refused("not_text")
        return self.setdefault(text, text)


def _column(
    known: _Known, values: Sequence[Any], header: Sequence[str], index: int, line: int
) -> list[str]:
    """Texts of some rows of a column, of which the first stands on a line."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        texts = ["" if value is None else value for value in values]
    elif len(kinds) == 1 and kinds <= {int, float}:  # equal ones of one type have one text
        text = {value: text_of(value, header, index) for value in set(values)}
        texts = [text[value] for value in values]
    else:
        texts = [text_of(value, header, index) for value in values]
    try:
        return [known[text] for text in texts]
    except Refused as refused:
        at = next(i for i, text in enumerate(texts) if text not in known)
        raise Refused(refused.rule, line=line + at) from None


def text_of(value: Any, header: Sequence[str], index: int) -> str:
    """A value as a person would type it: the shortest number, a date in ISO form, NULL as blank.

    Parameters
    ----------
    value : object
        As the driver gives it.
    header : sequence of str
        Names of the columns.
    index : int
        Position of its own.

    Returns
    -------
    str

    Raises
    ------
    Refused
        ``column_type_unsuitable`` for bytes, lists and whatever else is no single value.
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool | int | float | dt.date | dt.time):
        return as_text(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise Refused("column_type_unsuitable", column=header[index], found=_kind(value))


def _kind(value: object) -> str:
    return "bytes" if isinstance(value, bytes | memoryview) else type(value).__name__
