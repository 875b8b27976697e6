"""Tables into a database: in one transaction, whole or not at all, the same row once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import UsageError
from wbe.io.geo import geopackage
from wbe.io.header import classify
from wbe.io.sql import geometry
from wbe.io.sql.append import add, row_chunks
from wbe.io.sql.database import POSTGRES, SQLITE, Database, database_of
from wbe.io.sql.statements import Table, header_of, known_table
from wbe.io.sql.values import GEOMETRY, Filled, check_name, columns_of, types_of
from wbe.io.write import ESTIMATE_COLUMNS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import sqlalchemy as sa
    import xarray as xr

IF_EXISTS = ("fail", "replace", "append")
#: What a row of a table of ours is about, by the columns that the table has.
_KEYS = (
    (frozenset(ESTIMATE_COLUMNS), ("sample_id", "analyte", "drug", "quantity", "method")),
    (frozenset({"area", "round", "drug", "quantity", "tier"}),
     ("area", "round", "drug", "quantity")),
)  # fmt: skip
_RESERVED = ("sqlite_", "gpkg_", "rtree_")
_ROW_NUMBER = "fid"  # every layer of a GeoPackage has one


@dataclass(frozen=True)
class SqlWritten:
    """What a call of `write_sql` did.

    Attributes
    ----------
    rows : int
        Rows that the data make; rows that are the same are one.
    added : int
        Those of them that were not in the table yet.
    lost : tuple of str
        What the data hold and the table does not.
    """

    rows: int
    added: int
    lost: tuple[str, ...] = ()


def write_sql(
    data: xr.Dataset | pd.DataFrame | gpd.GeoDataFrame,
    url: str | PathLike[str],
    table: str,
    *,
    if_exists: str = "fail",
    key: Sequence[str] | None = None,
) -> SqlWritten:
    """Write samples, estimates, tiers or another table to a database.

    Everything happens in one transaction: after an error the database is as it was.

    Parameters
    ----------
    data : Dataset (sample, analyte), DataFrame or GeoDataFrame
        Samples become the rows of the contract's long table, which `read_sql` reads again; of
        estimates write ``wbe.to_tidy(result)``. Geometry in WGS 84 goes to PostGIS or to a
        GeoPackage.
    url : str or path
        As in `read_sql`. A SQLite file or GeoPackage that does not exist is made.
    table : str
        Name of the table, ``schema.table`` where its schema is not the usual one. Any letters.
    if_exists : str
        ``fail``; ``replace`` the table; or ``append``: a row whose key and values are in the table
        already is not written again, and one whose key has other values there is an error.
    key : sequence of str, optional
        Columns that say what a row is about; a new table gets them as its primary key. Default:
        sample and analyte of samples; sample, analyte, drug, quantity and method of estimates;
        area, round, drug and quantity of tiers. A table of anything else has none: its whole rows
        are compared.

    Returns
    -------
    SqlWritten
        Number of rows, and what could not be stored.

    Raises
    ------
    UsageError
        If the table exists (``fail``), a key has two values, a column has no type or holds
        personal data, a constraint of the database is violated, or the extra ``sql`` is missing.
        Nothing was written.
    EnvironmentFault
        If the server or the disk says no. Nothing was written.

    Examples
    --------
    >>> import wbe, tempfile
    >>> import pandas as pd
    >>> monthly = pd.DataFrame({"area": ["A", "B"], "month": ["2024-03"] * 2, "cases": [4, 7]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/lab.sqlite"
    ...     first = wbe.io.write_sql(monthly, file, "cases", key=["area", "month"])
    ...     again = wbe.io.write_sql(monthly, file, "cases", if_exists="append",
    ...                              key=["area", "month"])
    >>> first.added, again.added
    (2, 0)
    """
    if if_exists not in IF_EXISTS:
        raise UsageError(f"if_exists must be one of {', '.join(IF_EXISTS)}, not {if_exists!r}")
    database = database_of(url)
    _check_table(table, database)
    frame, usual, lost = _frame_of(data)
    _refuse_personal(frame)
    columns = geometry.encoded(frame, columns_of(frame, database.kind), database)
    chosen = tuple(usual if key is None else key)
    rows = _distinct(columns, chosen, whole=if_exists == "append")
    with database.writing() as connection:
        target, fresh = _prepared(connection, database, table, columns, chosen, if_exists)
        if fresh:
            added = _inserted(connection, target, rows)
        else:
            added = add(connection, target, rows, chosen)
        if database.is_geopackage and any(column.kind == GEOMETRY for column in columns):
            geometry.widen(connection, target.name, frame)
    return SqlWritten(len(rows), added, tuple(lost))


def _frame_of(data: Any) -> tuple[pd.DataFrame, Sequence[str], list[str]]:
    """The table of what is given, its usual key, and what it loses."""
    import pandas as pd
    import xarray as xr

    from wbe.io.sql.samples import KEY, samples_frame

    if isinstance(data, pd.DataFrame):
        header = set(map(str, data.columns))
        return data, next((key for known, key in _KEYS if known <= header), ()), []
    if not isinstance(data, xr.Dataset):
        raise UsageError(names.both("sql.no_table_given", found=type(data).__name__))
    if "pathway" in data.dims:
        raise UsageError(names.both("sql.result"))
    frame, lost = samples_frame(data)
    return frame, KEY, lost


def _check_table(table: str, database: Database) -> None:
    check_name(table, database.kind)
    if database.kind == SQLITE and table.casefold().startswith(_RESERVED):
        raise UsageError(names.both("sql.name_unsuitable", column=repr(table)))


def _refuse_personal(frame: pd.DataFrame) -> None:
    personal = [str(c) for c in frame.columns if classify(str(c)).kind == "personal"]
    if personal:
        raise UsageError(names.both("sql.personal", columns=", ".join(personal)))


def _distinct(
    columns: Sequence[Filled], key: Sequence[str], *, whole: bool
) -> list[tuple[Any, ...]]:
    """Rows, each once: by its key, or without one as a whole where `whole` asks for it.

    Raises
    ------
    UsageError
        If the key names no column, is blank in a row, or has two rows that differ.
    """
    rows = list(zip(*(column.values for column in columns), strict=True))
    header = [column.name for column in columns]
    if absent := [name for name in key if name not in header]:
        raise UsageError(names.both("sql.key_absent", columns=", ".join(absent)))
    if not key:
        return list(dict.fromkeys(rows)) if whole else rows
    places = [header.index(name) for name in key]
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in rows:
        own = tuple(row[place] for place in places)
        if None in own:
            blank = ", ".join(n for n, value in zip(key, own, strict=True) if value is None)
            raise UsageError(names.both("sql.key_blank", columns=blank))
        if found.setdefault(own, row) != row:
            raise UsageError(names.both("sql.key_twice", key=key_words(key, own)))
    return list(found.values())


def key_words(key: Sequence[str], values: Sequence[Any]) -> str:
    """A key as words: ``sample_id = S1, analyte = cocaine``."""
    return ", ".join(f"{name} = {value}" for name, value in zip(key, values, strict=True))


def _prepared(
    connection: sa.Connection, database: Database, table: str, columns: Sequence[Filled],
    key: Sequence[str], if_exists: str,
) -> tuple[sa.Table, bool]:  # fmt: skip
    """The table to write to, and whether it is a new one."""
    from sqlalchemy import inspect

    _begin(connection, database, table)
    inspector = inspect(connection)
    known = known_table(inspector, table)
    target = _table(database, known or _new_name(inspector, table), columns, key)
    if known is not None and if_exists == "append":
        there = header_of(connection, known)
        if absent := [column.name for column in columns if column.name not in there]:
            words = {"table": repr(table), "columns": ", ".join(absent)}
            raise UsageError(names.both("sql.columns_absent", **words))
        return target, False
    if known is not None and if_exists == "fail":
        raise UsageError(names.both("sql.exists", name=database.name, table=repr(table)))
    if known is not None:
        if database.file is not None:
            geometry.forget(connection, known.name)
        target.drop(connection)
    target.create(connection)
    shape = [column.name for column in columns if column.kind == GEOMETRY]
    if shape and database.is_geopackage:
        geopackage.register(connection, target.name, shape[0])
    return target, True


def _begin(connection: sa.Connection, database: Database, table: str) -> None:
    if database.kind == POSTGRES:  # two first writers would both find no table
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        connection.exec_driver_sql(lock, (f"wbe write {table}",))
    if database.is_geopackage:
        geopackage.begin(connection)


def _new_name(inspector: sa.Inspector, table: str) -> Table:
    schema, _, name = table.partition(".")
    return Table(name, schema) if name and schema in inspector.get_schema_names() else Table(table)


def _table(
    database: Database, table: Table, columns: Sequence[Filled], key: Sequence[str]
) -> sa.Table:
    """The table with the columns that are written; ``c0``, ``c1``, ... in our own statements."""
    import sqlalchemy as sa
    from sqlalchemy.sql import quoted_name

    types = types_of(columns)
    made = [
        sa.Column(
            quoted_name(column.name, quote=True),
            types[column.name] if column.name in types else geometry.column_type(database),
            key=f"c{number}", nullable=column.name not in key,
        )
        for number, column in enumerate(columns)
    ]  # fmt: skip
    keys = [column.key for column in made if column.name in key]
    options: dict[str, Any] = {}
    constraints: list[sa.UniqueConstraint | sa.PrimaryKeyConstraint]
    if database.is_geopackage and any(column.kind == GEOMETRY for column in columns):
        made.insert(0, sa.Column(_ROW_NUMBER, sa.Integer(), primary_key=True))
        options["sqlite_autoincrement"] = True
        constraints = [sa.UniqueConstraint(*keys)] if keys else []
    else:
        constraints = [sa.PrimaryKeyConstraint(*keys)] if keys else []
    schema = None if table.schema is None else quoted_name(table.schema, quote=True)
    name = quoted_name(table.name, quote=True)
    return sa.Table(name, sa.MetaData(), *made, *constraints, schema=schema, **options)


def _inserted(connection: sa.Connection, target: sa.Table, rows: Sequence[tuple[Any, ...]]) -> int:
    for part in row_chunks(rows):
        connection.execute(target.insert(), part)
    return len(rows)
