"""What is asked of a database: a table in a stated order, or one query that only reads.

That a query is one statement, and changes nothing, is the database's to enforce: it alone knows its
quotes. `wbe.io.sql.database` connects so that it does. Here only the first word is looked at, which
keeps away what a transaction that only reads still allows, such as COPY ... TO PROGRAM.
"""

from __future__ import annotations

import difflib
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import UsageError
from wbe.io.sql.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector, Select

#: Name of the sheet in findings of a query, which has no name.
QUERY = "query"
_SHOWN = 12
_LONGEST = 60
_READS = re.compile(r"\s*(select|with)\b\s*\S", re.IGNORECASE)
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)
_OPAQUE = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|'(?:[^']|'')*'|"(?:[^"]|"")*\"""", re.DOTALL
)


@dataclass(frozen=True)
class Table:
    """A table or view of a database.

    Attributes
    ----------
    name : str
    schema : str or None
        Of PostgreSQL; None for the usual one.
    """

    name: str
    schema: str | None = None


@dataclass(frozen=True)
class Asked:
    """What to fetch.

    Attributes
    ----------
    statement : object
        A selectable of SQLAlchemy, or the text of a query.
    sheet : str
        Name in findings.
    ordered : bool
        Whether the database gives the rows in an order of their own.
    """

    statement: Any
    sheet: str
    ordered: bool


def asked(connection: Connection, database: Database, text: str) -> Asked:
    """Make a statement of the name of a table, or check a query.

    Parameters
    ----------
    connection : Connection
    database : Database
    text : str
        Name of a table or view, with its schema where it is not the usual one; or a query.

    Returns
    -------
    Asked

    Raises
    ------
    UsageError
        If there is no such table, or the query begins with another word than SELECT or WITH.
    """
    from sqlalchemy import inspect, literal_column, select

    inspector = inspect(connection)
    table = known_table(inspector, text)
    if table is not None:
        key = _whole_key(inspector, table)
        chosen: Select[Any] = select(literal_column("*")).select_from(clause(table))
        return Asked(chosen.order_by(*map(column_of, key)), text, bool(key))
    bare = bare_statement(text)
    if _READS.match(bare):
        return Asked(text, QUERY, is_ordered(bare))
    if len(text.split()) > 1:
        shown = repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
        raise UsageError(names.both("sql.not_select", name=database.name, table=shown))
    raise UsageError(no_table(database, inspector, text))


def clause(table: Table) -> Any:
    """A table as SQLAlchemy names it, whatever stands in its name."""
    from sqlalchemy import table as of_name
    from sqlalchemy.sql import quoted_name

    schema = None if table.schema is None else quoted_name(table.schema, quote=True)
    return of_name(quoted_name(table.name, quote=True), schema=schema)


def column_of(name: str) -> Any:
    """A column as SQLAlchemy names it, whatever stands in its name."""
    from sqlalchemy import column
    from sqlalchemy.sql import quoted_name

    return column(quoted_name(name, quote=True))


def header_of(connection: Connection, table: Table) -> list[str]:
    """Names of the columns of a table or view, as it stands now."""
    from sqlalchemy import false, literal_column, select

    nothing: Select[Any] = select(literal_column("*")).select_from(clause(table)).where(false())
    return list(connection.execute(nothing).keys())


def known_table(inspector: Inspector, text: str) -> Table | None:
    """The table or view of a name; None if there is none.

    A name that exists as it stands comes before its reading as ``schema.table``.
    """
    if text and inspector.has_table(text):
        return Table(text)
    schema, _, name = text.partition(".")
    if schema and name and schema in inspector.get_schema_names():
        return Table(name, schema) if inspector.has_table(name, schema=schema) else None
    return None


def bare_statement(query: str) -> str:
    """A query without its comments, and with nothing inside of its quotes.

    Examples
    --------
    >>> bare_statement("/* ours */ SELECT 'a;b' FROM t")
    "  SELECT '' FROM t"
    """
    return _OPAQUE.sub(lambda found: " " if found["comment"] else "''", query)


def is_ordered(bare: str) -> bool:
    """Whether a query says in which order its rows come: ORDER BY outside of all brackets.

    Examples
    --------
    >>> is_ordered("SELECT a FROM t ORDER BY a"), is_ordered("SELECT a FROM (SELECT ORDER BY a)")
    (True, False)
    """
    depth, outside = 0, []
    for letter in bare:
        depth += (letter == "(") - (letter == ")")
        outside.append(letter if depth == 0 else " ")
    return _ORDERED.search("".join(outside)) is not None


def _whole_key(inspector: Inspector, table: Table) -> list[str]:
    """Columns of a primary key of whole numbers, which sort alike in every database."""
    from sqlalchemy import Integer
    from sqlalchemy.exc import SAWarning

    key = inspector.get_pk_constraint(table.name, schema=table.schema)
    columns: list[str] = key["constrained_columns"] if key else []
    if not columns:
        return []
    with warnings.catch_warnings():  # types of extensions, such as geometry, are no key of ours
        warnings.simplefilter("ignore", SAWarning)
        known = inspector.get_columns(table.name, schema=table.schema)
    types = {column["name"]: column["type"] for column in known}
    return columns if all(isinstance(types[name], Integer) for name in columns) else []


def no_table(database: Database, inspector: Inspector, text: str) -> str:
    """Say that there is no such table, and which there are."""
    there = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
    near = difflib.get_close_matches(text, there, n=3)
    listed = near or there[:_SHOWN]
    more = ", ..." if not near and len(there) > _SHOWN else ""
    words = (", ".join(listed) or "-") + more
    return names.both("sql.no_table", name=database.name, table=repr(text), there=words)
