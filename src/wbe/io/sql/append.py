"""New rows beside those of a table: what is there already stays once, and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import UsageError

if TYPE_CHECKING:
    import sqlalchemy as sa

_STAGE = "wbe_new_rows"
_CHUNK = 5_000
_LONGEST = 60


def row_chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[dict[str, Any]]]:
    """Rows as parameters of a statement, some thousand at a time."""
    for first in range(0, len(rows), _CHUNK):
        yield [{f"c{i}": v for i, v in enumerate(row)} for row in rows[first : first + _CHUNK]]


def add(
    connection: sa.Connection,
    target: sa.Table,
    rows: Sequence[tuple[Any, ...]],
    key: Sequence[str],
) -> int:
    """Add the rows that a table does not hold yet.

    The rows go to a temporary table of the same types first, so that they are compared as the
    database would store them.

    Parameters
    ----------
    connection : Connection
        In the transaction that is to hold it all.
    target : Table
        With the columns of the rows, under the keys ``c0``, ``c1``, ...
    rows : sequence of tuple
    key : sequence of str
        Columns that say what a row is about; without any whole rows are compared.

    Returns
    -------
    int
        Number of rows added.

    Raises
    ------
    UsageError
        If a key stands in the table with other values.
    """
    if connection.dialect.name == "postgresql":  # nobody adds the same rows in between
        whole = connection.dialect.identifier_preparer.format_table(target)
        connection.exec_driver_sql(f"LOCK TABLE {whole} IN SHARE ROW EXCLUSIVE MODE")
    own = [column for column in target.columns if column.key.startswith("c")]
    stage = _staged(connection, target, own)
    for part in row_chunks(rows):
        connection.execute(stage.insert(), part)
    if key:
        _refuse_changed(connection, target, stage, own, key)
    counted = connection.execution_options(preserve_rowcount=True)
    added = counted.execute(_insert(target, stage, own, key)).rowcount
    stage.drop(connection)
    return added


def _staged(connection: sa.Connection, target: sa.Table, own: Sequence[sa.Column[Any]]) -> sa.Table:
    import sqlalchemy as sa

    quoted = connection.dialect.identifier_preparer
    listed, whole = ", ".join(map(quoted.format_column, own)), quoted.format_table(target)
    empty = f"SELECT {listed} FROM {whole} WHERE 1 = 0"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {_STAGE} AS {empty}")
    columns = [sa.Column(column.name, column.type, key=column.key) for column in own]
    return sa.Table(_STAGE, sa.MetaData(), *columns)


def _same_key(target: sa.Table, stage: sa.Table, key: Sequence[str]) -> sa.ColumnElement[bool]:
    import sqlalchemy as sa

    keys = [column.key for column in stage.columns if column.name in key]
    return sa.and_(*(target.c[name] == stage.c[name] for name in keys))


def _insert(
    target: sa.Table, stage: sa.Table, own: Sequence[sa.Column[Any]], key: Sequence[str]
) -> sa.Insert:
    import sqlalchemy as sa

    names_of = [column.key for column in own]
    new = sa.select(*stage.columns)
    if key:
        new = new.where(~sa.exists().where(_same_key(target, stage, key)))
        return target.insert().from_select(names_of, new)
    return target.insert().from_select(names_of, sa.except_(new, sa.select(*own)))


def _refuse_changed(
    connection: sa.Connection, target: sa.Table, stage: sa.Table,
    own: Sequence[sa.Column[Any]], key: Sequence[str],
) -> None:  # fmt: skip
    """Refuse rows whose key stands in the table with other values; the first of them is named."""
    import sqlalchemy as sa

    others = [column.key for column in own if column.name not in key]
    if not others:
        return
    keys = [target.c[column.key] for column in own if column.name in key]
    pairs = [side.c[name] for name in others for side in (target, stage)]
    differing = sa.or_(*(target.c[name].is_distinct_from(stage.c[name]) for name in others))
    changed = (
        sa.select(*(c.label(f"w{i}") for i, c in enumerate([*keys, *pairs])))
        .select_from(target.join(stage, _same_key(target, stage, key)))
        .where(differing).order_by(*keys).limit(1)
    )  # fmt: skip
    first = connection.execute(changed).first()
    if first is None:
        return
    values = list(first)
    beside = list(zip(others, values[len(keys) :: 2], values[len(keys) + 1 :: 2], strict=True))
    # none differs where Python tells less apart than the database, such as 1 and 2 as booleans
    column, there, new = next((pair for pair in beside if pair[1] != pair[2]), beside[0])
    about = ", ".join(f"{c.name} = {v}" for c, v in zip(keys, values, strict=False))
    words = {
        "key": about,
        "column": stage.c[column].name,
        "there": _shown(there),
        "new": _shown(new),
    }
    raise UsageError(names.both("sql.key_changed", table=repr(str(target.name)), **words))


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    text = "..." if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
