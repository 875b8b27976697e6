"""Geometry in a store: WKB in Python, GeoPackage's blob in SQLite, PostGIS's type in PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, func
from sqlalchemy.types import LargeBinary, TypeDecorator, TypeEngine, UserDefinedType

from wbe.io.geo.geopackage import SRID, to_blob, to_wkb


class _Blob(UserDefinedType[bytes]):
    """The column of a GeoPackage."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "GEOMETRY"

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda wkb: None if wkb is None else to_blob(wkb)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda blob: None if blob is None else to_wkb(blob)


class _PostGIS(UserDefinedType[bytes]):
    """The column of PostGIS."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return f"geometry(Geometry, {SRID})"

    def bind_expression(self, bindvalue: Any) -> Any:
        return func.ST_GeomFromWKB(bindvalue, SRID)

    def column_expression(self, column: Any) -> Any:
        return func.ST_AsBinary(column, type_=LargeBinary)


class Geometry(TypeDecorator[bytes]):
    """A geometry as WKB, whatever the database makes of it."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the database."""
        own = _PostGIS() if dialect.name == "postgresql" else _Blob()
        return dialect.type_descriptor(own)
