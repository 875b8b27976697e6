"""GeoParquet in: features with their properties, in the coordinate system that the file states.

Limits of the reader of Parquet hold here too, and are checked before anything is expanded. Shapes
are read one by one, so that a damaged one is a finding of its feature.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wbe.io.containers.parquet import checked_size, open_parquet
from wbe.io.text import Refused

if TYPE_CHECKING:
    import geopandas as gpd

_KEY: Final = b"geo"
#: Longitude and latitude of WGS 84 in this order: what a file means that states no system.
_DEFAULT_CRS: Final = "OGC:CRS84"
_WGS84: Final = "EPSG:4326"


def is_geoparquet(data: bytes) -> bool:
    """Whether a Parquet file says which of its columns is a geometry.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    bool
        False also of a file that cannot be opened: another reader says why.
    """
    try:
        return _KEY in (open_parquet(data).metadata.metadata or {})
    except Refused:
        return False


def read_geoparquet(data: bytes) -> gpd.GeoDataFrame:
    """Features of a GeoParquet file.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    GeoDataFrame
        One row a feature, its other columns as properties. ``attrs["unreadable"]``: row to the
        reason why it has no geometry although the file gives one.

    Raises
    ------
    Refused
        ``parquet_not_installed``, ``archive_damaged``, ``archive_too_large``,
        ``sheet_too_large`` or ``not_an_areas_file``.

    References
    ----------
    GeoParquet 1.1, https://geoparquet.org/releases/v1.1.0/
    """
    import geopandas as gpd

    opened = open_parquet(data)
    from pyarrow import ArrowException

    column, about = _geometry(opened.metadata.metadata or {})
    try:
        checked_size(opened.metadata, data)
        table = opened.read(use_threads=False)
        if column not in table.column_names:
            raise Refused("not_an_areas_file", reason="its metadata geo cannot be read")
        stored = table.column(column).to_pylist()
        properties = table.drop_columns([column]).to_pandas()
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise Refused("archive_damaged", reason=type(error).__name__) from None
    shapes, unreadable = _shapes(stored)
    frame = gpd.GeoDataFrame(properties, geometry=shapes)
    crs = _crs(about)
    frame = frame if crs is None else frame.set_crs(crs)
    frame.attrs = {"unreadable": unreadable}
    return frame


def _geometry(metadata: dict[bytes, bytes]) -> tuple[str, dict[str, Any]]:
    """Name of the column with the shapes, and what the file says about it."""
    if _KEY not in metadata:
        raise Refused("not_an_areas_file", reason="it is Parquet without a geometry")
    try:
        said = json.loads(metadata[_KEY])
        column = said["primary_column"]
        about = said["columns"][column]
        encoding = about["encoding"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("not_an_areas_file", reason="its metadata geo cannot be read") from None
    if encoding != "WKB":
        shown = str(encoding)[:20]
        raise Refused("not_an_areas_file", reason=f"geometries are {shown}, not WKB",
                      reason_zh=f"几何图形为 {shown}，不是 WKB")  # fmt: skip
    return str(column), dict(about)


def _shapes(stored: list[Any]) -> tuple[list[Any], dict[int, str]]:
    import numpy as np
    import shapely

    shapes: list[Any] = []
    unreadable = {}
    for row, one in enumerate(stored):
        shape = None
        if one is not None:
            shape = shapely.from_wkb(one, on_invalid="ignore") if isinstance(one, bytes) else None
            if shape is None:
                unreadable[row] = "its coordinates cannot be read"
            elif not np.isfinite(shapely.get_coordinates(shape)).all():
                shape, unreadable[row] = None, "a coordinate is not finite"
        shapes.append(shape)
    return shapes, unreadable


def _crs(about: dict[str, Any]) -> Any:
    """The system of the column; without one WGS 84, and None where the file says unknown."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    stated = about.get("crs", _DEFAULT_CRS)
    if stated is None:
        return None
    try:
        crs = CRS.from_user_input(stated)
    except (CRSError, TypeError, ValueError):
        raise Refused("not_an_areas_file", reason="its crs cannot be read") from None
    return _WGS84 if crs == CRS.from_user_input(_DEFAULT_CRS) else crs
