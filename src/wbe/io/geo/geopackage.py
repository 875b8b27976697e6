"""What makes a SQLite file a GeoPackage (OGC 12-128r19), in the transaction that writes its rows.

The registers of Annex C, and the blob of clause 2.1.3 in which a geometry is kept: a header, then
well-known binary. QGIS and GDAL open such a file directly.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wbe.io.write import GPKG_DATE

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: WGS 84, in degrees: longitude, latitude.
SRID: Final = 4326
#: "GPKG" in the header of the file, and version 1.4.
_APPLICATION, _VERSION = 0x47504B47, 10400
_WGS84: Final = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_SYSTEMS: Final = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined"),
    ("WGS 84 geodetic", SRID, "EPSG", SRID, _WGS84),
)
_REGISTERS: Final = (
    """CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE IF NOT EXISTS gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
)
_MAGIC, _HEADER = b"GP", "<2sBBi"
_LITTLE_ENDIAN, _WITH_ENVELOPE, _EMPTY = 0x01, 0x02, 0x10
#: Bytes of the envelope by its code: none, xy, xyz, xym, xyzm.
_ENVELOPES: Final = (0, 32, 48, 48, 64)
Bounds = tuple[float, float, float, float]


def begin(connection: Connection) -> None:
    """Make the registers that every GeoPackage has, where they are not there yet."""
    if connection.exec_driver_sql("PRAGMA application_id").scalar() == 0:
        connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")
        connection.exec_driver_sql(f"PRAGMA user_version = {_VERSION}")
    for statement in _REGISTERS:
        connection.exec_driver_sql(statement)
    insert = "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)"
    connection.exec_driver_sql(insert, list(_SYSTEMS))


def register(connection: Connection, layer: str, column: str, description: str = "") -> None:
    """Enter a table or view as a layer of WGS 84.

    Parameters
    ----------
    connection : Connection
        To a database that `begin` made a GeoPackage.
    layer, column : str
        The table or view, and its column of geometry.
    description : str
        What programs show beside the layer.
    """
    connection.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, "
        "srs_id) VALUES (?, 'features', ?, ?, ?, ?)",
        (layer, layer, description, GPKG_DATE, SRID),
    )
    connection.exec_driver_sql(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'GEOMETRY', ?, 0, 0)",
        (layer, column, SRID),
    )


def touch(connection: Connection, now: str) -> None:
    """Note when the layers changed; `now` is in UTC, as ``2024-01-01T00:00:00+00:00``."""
    changed = f"{now.removesuffix('+00:00')}.000Z"
    connection.exec_driver_sql("UPDATE gpkg_contents SET last_change = ?", (changed,))


def to_blob(wkb: bytes, bounds: Bounds | None = None, *, empty: bool = False) -> bytes:
    """GeoPackage's blob of a geometry in well-known binary.

    Parameters
    ----------
    wkb : bytes
        ISO well-known binary.
    bounds : tuple of float, optional
        Left, low, right, high: readers then need not look at every vertex.
    empty : bool
        Whether the geometry has no point at all.

    Examples
    --------
    >>> from wbe.io.geo.geopackage import to_blob, to_wkb
    >>> point = bytes.fromhex("0101000000000000000000F03F0000000000000040")
    >>> to_blob(point)[:2], to_wkb(to_blob(point, (1, 2, 1, 2))) == point
    (b'GP', True)
    """
    boxed = bounds is not None and not empty
    flags = _LITTLE_ENDIAN | (_WITH_ENVELOPE if boxed else 0) | (_EMPTY if empty else 0)
    header = struct.pack(_HEADER, _MAGIC, 0, flags, SRID)
    if bounds is not None and boxed:
        left, low, right, high = bounds
        header += struct.pack("<4d", left, right, low, high)
    return header + wkb


def to_wkb(blob: bytes) -> bytes:
    """Geometry in well-known binary of GeoPackage's blob.

    Raises
    ------
    ValueError
        If it is none.
    """
    code = blob[3] >> 1 & 7 if len(blob) > 8 else len(_ENVELOPES)
    if blob[:2] != _MAGIC or code >= len(_ENVELOPES):
        raise ValueError("no geometry of a GeoPackage")
    return blob[8 + _ENVELOPES[code] :]
