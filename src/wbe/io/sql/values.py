"""Columns of a table as a database holds them: their types, and one plain value a cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbe import names
from wbe.errors import UsageError
from wbe.io.shown import as_text
from wbe.io.sql.database import POSTGRES

if TYPE_CHECKING:
    import geopandas as gpd

GEOMETRY = "geometry"
_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BYTES_OF_A_NAME = 63  # PostgreSQL cuts what is longer


@dataclass(frozen=True)
class Filled:
    """A column to write.

    Attributes
    ----------
    name : str
    kind : str
        ``number``, ``integer``, ``boolean``, ``text``, ``time``, ``zoned``, ``date``, ``decimal``
        or ``geometry``.
    values : list
        One a row; None where there is none.
    """

    name: str
    kind: str
    values: list[Any]


def columns_of(frame: pd.DataFrame, database_kind: str) -> list[Filled]:
    """Columns of a table with their kinds.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Its index is left out.
    database_kind : str
        ``sqlite`` or ``postgresql``.

    Returns
    -------
    list of Filled

    Raises
    ------
    UsageError
        If names of columns are no texts or not distinct, or a column holds what has no type.
    """
    header = list(frame.columns)
    if not header or not all(isinstance(name, str) and name for name in header):
        raise UsageError(names.both("sql.names"))
    folded = [name.casefold() for name in header]
    if twice := sorted({n for n, key in zip(header, folded, strict=True) if folded.count(key) > 1}):
        raise UsageError(names.both("sql.columns_twice", columns=", ".join(twice)))
    for name in header:
        check_name(name, database_kind)
    return [_filled(name, frame[name], database_kind) for name in header]


def check_name(name: str, database_kind: str) -> None:
    """Refuse a name that a database would cut or not take.

    Raises
    ------
    UsageError
    """
    long = database_kind == POSTGRES and len(name.encode("utf-8")) > _BYTES_OF_A_NAME
    if long or not name.strip() or "\x00" in name:
        raise UsageError(names.both("sql.name_unsuitable", column=repr(name)))


def _filled(name: str, column: pd.Series, database_kind: str) -> Filled:
    kind = _kind(name, column)
    made = _MADE[kind](column)
    if database_kind != POSTGRES and kind in _AS_TEXT:
        return Filled(name, "text", [None if v is None else _AS_TEXT[kind](v) for v in made])
    return Filled(name, kind, made)


def _kind(name: str, column: pd.Series) -> str:
    types = pd.api.types
    dtype = column.dtype
    if dtype.name == "geometry":
        return GEOMETRY
    for kind, is_kind in (
        ("boolean", types.is_bool_dtype), ("integer", types.is_integer_dtype),
        ("number", types.is_float_dtype),
    ):  # fmt: skip
        if is_kind(dtype):
            return kind
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "zoned"
    if types.is_datetime64_dtype(dtype):
        return "time"
    return _kind_of_objects(name, column)


def _kind_of_objects(name: str, column: pd.Series) -> str:
    """Kind of a column of Python's objects, which must be of one kind."""
    values = [v for v, gone in zip(column.tolist(), _missing(column), strict=True) if not gone]
    types = {type(value): value for value in values}
    kinds = {_of_object(value) for value in types.values()} or {"text"}
    if kinds == {"number", "integer"}:
        return "number"
    if kinds == {"time"} and any(value.tzinfo is not None for value in values):
        return "zoned"
    if len(kinds) > 1 or "" in kinds:
        found = ", ".join(sorted(kind.__name__ for kind in types)[:3])
        raise UsageError(names.both("sql.column_mixed", column=name, found=found))
    return kinds.pop()


def _of_object(value: Any) -> str:
    known: tuple[tuple[str, Any], ...] = (
        ("text", str), ("boolean", bool | np.bool_), ("integer", int | np.integer),
        ("number", float | np.floating), ("decimal", Decimal), ("time", dt.datetime),
        ("date", dt.date),
    )  # fmt: skip
    return next((kind for kind, types in known if isinstance(value, types)), "")


def _missing(column: pd.Series) -> list[bool]:
    found: list[bool] = column.isna().tolist()
    return found


def _each(convert: Callable[[Any], Any]) -> Callable[[pd.Series], list[Any]]:
    def made(column: pd.Series) -> list[Any]:
        pairs = zip(column.tolist(), _missing(column), strict=True)
        return [None if gone else convert(value) for value, gone in pairs]

    return made


def _integer(value: Any) -> int:
    if abs(int(value)) > _LARGEST:
        raise UsageError(names.both("sql.value_unsuitable", value=str(value)))
    return int(value)


def _text(value: str) -> str:
    """A text that every database can hold: no NUL, no half of a surrogate pair."""
    if _UNSTORABLE.search(value):
        raise UsageError(names.both("sql.value_unsuitable", value=ascii(value)[:60]))
    return value


def _moment(value: Any) -> dt.datetime:
    """A time to the microsecond, which is what databases keep."""
    stamp = pd.Timestamp(value)
    if stamp.nanosecond:
        raise UsageError(names.both("sql.value_unsuitable", value=stamp.isoformat()))
    return stamp.to_pydatetime()


def _shapes(column: gpd.GeoSeries) -> list[Any]:
    return list(column.array)


_MADE: dict[str, Callable[[pd.Series], list[Any]]] = {
    "boolean": _each(bool),
    "integer": _each(_integer),
    "number": _each(float),
    "text": _each(_text),
    "decimal": _each(lambda value: value),
    "date": _each(lambda value: value),
    "time": _each(_moment),
    "zoned": _each(_moment),
    GEOMETRY: _shapes,
}
#: SQLite knows neither times nor decimal numbers.
_AS_TEXT: dict[str, Callable[[Any], str]] = {
    "decimal": lambda value: f"{value:f}",
    "date": as_text,
    "time": as_text,
    "zoned": lambda value: value.isoformat(),
}


def types_of(columns: Sequence[Filled]) -> dict[str, Any]:
    """Types of SQLAlchemy by name of the column; of geometry none."""
    from sqlalchemy import types

    known: dict[str, Any] = {
        "boolean": types.Boolean(), "integer": types.BigInteger(), "number": types.Double(),
        "text": types.Text(), "decimal": types.Numeric(), "date": types.Date(),
        "time": types.DateTime(), "zoned": types.DateTime(timezone=True),
    }  # fmt: skip
    return {column.name: known[column.kind] for column in columns if column.kind != GEOMETRY}
