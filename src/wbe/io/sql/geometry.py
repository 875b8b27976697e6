"""Geometry of tables that are written to a database: PostGIS, or the layers of a GeoPackage.

Everything goes through the connection that writes the rows, so that geometry and rows are in one
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import UsageError
from wbe.io.geo import geopackage
from wbe.io.geo.geopackage import SRID
from wbe.io.sql.database import Database
from wbe.io.sql.values import GEOMETRY, Filled

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import Connection

#: Tables that speak of others; those of GDAL and of extensions need not be there.
_REGISTERS = ("gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents", "gpkg_contents")


def encoded(frame: Any, columns: Sequence[Filled], database: Database) -> list[Filled]:
    """Columns with their shapes as the database stores them.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
    columns : sequence of Filled
        Its columns.
    database : Database

    Returns
    -------
    list of Filled

    Raises
    ------
    UsageError
        If there are several columns of geometry, they are not in WGS 84, or the file is no
        GeoPackage.
    """
    shapes = [column for column in columns if column.kind == GEOMETRY]
    if not shapes:
        return list(columns)
    if len(shapes) > 1:
        raise UsageError(names.both("sql.geometry_twice"))
    _require_wgs84(frame)
    if database.file is not None and not database.is_geopackage:
        raise UsageError(names.both("sql.no_geopackage", name=database.name))
    store = _in_geopackage if database.file is not None else _in_postgis
    values = [None if shape is None else store(shape) for shape in shapes[0].values]
    stored = Filled(shapes[0].name, GEOMETRY, values)
    return [stored if column is shapes[0] else column for column in columns]


def _require_wgs84(frame: gpd.GeoDataFrame) -> None:
    crs = frame.crs
    if crs is None or crs.to_epsg() != SRID:
        found = "-" if crs is None else crs.to_string()[:60]
        raise UsageError(names.both("sql.not_wgs84", found=found))


def _in_geopackage(shape: Any) -> bytes:
    """Header with the extent of the shape, and ISO well-known binary."""
    import shapely

    wkb = shapely.to_wkb(shape, byte_order=1, flavor="iso")
    return geopackage.to_blob(wkb, shape.bounds, empty=shape.is_empty)


def _in_postgis(shape: Any) -> str:
    """Well-known binary with its system, as PostGIS prints it."""
    import shapely

    return str(shapely.to_wkb(shapely.set_srid(shape, SRID), hex=True, include_srid=True))


def column_type(database: Database) -> Any:
    """Type of SQLAlchemy for a column of geometry."""
    from sqlalchemy import LargeBinary
    from sqlalchemy.types import UserDefinedType

    class Geometry(UserDefinedType[str]):
        """A column of PostGIS in WGS 84."""

        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return f"geometry(Geometry,{SRID})"

    return Geometry() if database.file is None else LargeBinary()


def widen(connection: Connection, table: str, frame: gpd.GeoDataFrame) -> None:
    """Let the extent of a layer hold the new shapes too."""
    bounds = frame.total_bounds.tolist()
    if any(value != value for value in bounds):
        return
    left, low, right, high = bounds
    connection.exec_driver_sql(
        "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, ?1), ?1), "
        "min_y = min(coalesce(min_y, ?2), ?2), max_x = max(coalesce(max_x, ?3), ?3), "
        "max_y = max(coalesce(max_y, ?4), ?4) WHERE table_name = ?5",
        (left, low, right, high, table),
    )


def forget(connection: Connection, table: str) -> None:
    """Take a layer that is dropped out of the registers, with the index that GDAL made."""
    there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    quoted = connection.dialect.identifier_preparer.quote_identifier
    columns = []
    if "gpkg_geometry_columns" in there:
        found = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
        columns = list(connection.exec_driver_sql(found, (table,)).scalars())
    for index in (f"rtree_{table}_{column}" for column in columns):
        if index in there:
            connection.exec_driver_sql(f"DROP TABLE {quoted(index)}")
    for register_of in _REGISTERS:
        if register_of in there:
            connection.exec_driver_sql(f"DELETE FROM {register_of} WHERE table_name = ?", (table,))
