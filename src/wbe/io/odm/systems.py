"""Coordinate systems as ODM states them: the numbers of ``geoEPSG``, however they are spelt."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from wbe import names

WGS84: Final = "4326"
#: Our datums that have a code.
EPSG: Final = {"wgs84": WGS84, "cgcs2000": "4490"}
_HALF_TURN: Final = 180.0
#: A number, as a spreadsheet shows it (4326.0), as GIS programs write it (EPSG:4326) or as a name
#: of the Open Geospatial Consortium.
_CODE: Final = re.compile(
    r"(?:EPSG *:{0,2} *|urn:ogc:def:crs:EPSG:[^:]*:|https?://www\.opengis\.net/def/crs/EPSG/[^/]*/)?"
    r"([0-9]{4,6})(?:[.,]0+)?",
    re.IGNORECASE,
)


def epsg_of(text: str) -> str:
    """Code of a coordinate system; "" for a text that states none.

    Parameters
    ----------
    text : str
        A cell of ``geoEPSG``, or the name of a datum that has a code.

    Examples
    --------
    >>> epsg_of("4326"), epsg_of("4326.0"), epsg_of("epsg:4490"), epsg_of("CGCS2000")
    ('4326', '4326', '4490', '4490')
    >>> epsg_of("4326.5"), epsg_of("4,326"), epsg_of("GCJ-02")
    ('', '', '')
    """
    if found := _CODE.fullmatch(text.strip()):
        return found[1]
    return EPSG.get(names.resolve("datum", text) or "", "")


def in_degrees(shape: Any) -> bool:
    """Whether all numbers of a geometry can be degrees."""
    return shape is not None and max(map(abs, shape.bounds), default=math.inf) <= _HALF_TURN


def system_of(code: str) -> Any:
    """System of positions on the ground with a code, as pyproj has it; None if there is none.

    Parameters
    ----------
    code : str
        As `epsg_of` gives it.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_epsg(int(code)) if code else None
    except CRSError:
        return None
    usable = found is not None and (found.is_geographic or found.is_projected)
    return found if usable else None


def to_wgs84(shape: Any, system: Any) -> Any:
    """A geometry in WGS 84, longitude first.

    Parameters
    ----------
    shape : shapely geometry
    system : pyproj.CRS
    """
    import geopandas as gpd

    return gpd.GeoSeries([shape], crs=system).to_crs(f"EPSG:{WGS84}").iloc[0]
