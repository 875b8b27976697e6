"""Chinese map datums: GCJ-02 (AMap, Tencent) and BD-09 (Baidu) to and from WGS84.

CGCS2000 equals WGS84 within a metre for this purpose. The forward shift is the published
obfuscation polynomial; its inverse is found by iteration, because no closed form exists. Outside
China no map is shifted, and neither is a coordinate here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import Transformer

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

_AXIS = 6378245.0  # semi-major axis [m] of the Krasovsky 1940 ellipsoid
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0
_TOLERANCE = 1e-9  # degrees, about 0.1 mm

CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of the box in which coordinates are shifted [degree].

The box of the published polynomial. It holds more than China: a GCJ-02 coordinate of a neighbouring
country is no case that occurs, since maps there are not shifted."""

SAME_AS_WGS84 = ("wgs84", "cgcs2000")
SHIFTED = ("gcj02", "bd09")


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """Return coordinates in WGS84; those outside China are not shifted.

    Parameters
    ----------
    lon, lat : array_like (n,) [degree]
    crs : str
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``unknown`` (taken as written; the caller
        flags it) or an EPSG code such as ``EPSG:32650``.

    Returns
    -------
    tuple of ndarray (n,) [degree]
        Longitude and latitude.

    Raises
    ------
    UsageError
        If the datum is not known.

    Examples
    --------
    >>> from wbe.spatial.datum import to_wgs84
    >>> lon, lat = to_wgs84([116.30178], [23.03577], "bd09")
    >>> round(float(lon[0]), 4), round(float(lat[0]), 4)
    (116.2908, 23.0322)
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    name = crs.lower()
    if name in (*SAME_AS_WGS84, "unknown", ""):
        return x, y
    if name == "gcj02":
        return _inverse(_gcj02_from_wgs84, x, y)
    if name == "bd09":
        return _inverse(_bd09_from_wgs84, x, y)
    if name.startswith("epsg:"):
        return _reproject(x, y, crs.upper())
    raise UsageError(
        f"datum {crs!r} is not known; use wgs84, cgcs2000, gcj02, bd09, unknown or EPSG:<code>"
    )


def sites_to_wgs84(sites: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the places of a sites table in WGS84, each row from the datum that it states.

    Parameters
    ----------
    sites : DataFrame
        Columns ``lon``, ``lat`` [degree] and, where stated, ``crs``.

    Returns
    -------
    tuple of ndarray (site,) [degree]
        Longitude and latitude; NaN where a site has none.

    Raises
    ------
    UsageError
        If a datum is not known.
    """
    lon, lat = sites["lon"].to_numpy(dtype=float), sites["lat"].to_numpy(dtype=float)
    crs = np.full(len(lon), "", dtype=object)
    if "crs" in sites:
        crs = sites["crs"].fillna("").astype(str).to_numpy()
    out_lon, out_lat = lon.copy(), lat.copy()
    for datum in sorted(set(crs.tolist())):
        here = crs == datum
        out_lon[here], out_lat[here] = to_wgs84(lon[here], lat[here], datum)
    return out_lon, out_lat


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """Return WGS84 coordinates in ``gcj02`` or ``bd09``; as they are outside China.

    Parameters
    ----------
    lon, lat : array_like (n,) [degree]
    crs : str

    Returns
    -------
    tuple of ndarray (n,) [degree]

    Raises
    ------
    UsageError
        If the datum is another one.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if crs in SAME_AS_WGS84:
        return x, y
    if crs == "gcj02":
        return _forward(_gcj02_from_wgs84, x, y)
    if crs == "bd09":
        return _forward(_bd09_from_wgs84, x, y)
    raise UsageError(f"datum {crs!r} is not one of wgs84, cgcs2000, gcj02, bd09")


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Tell which places lie where maps of China are shifted (see `CHINA`).

    Parameters
    ----------
    lon, lat : array_like (n,) [degree]

    Returns
    -------
    ndarray (n,) of bool

    Examples
    --------
    >>> in_china([116.3, 2.35], [23.0, 48.86])
    array([ True, False])
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    west, south, east, north = CHINA
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _forward(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    moved = in_china(lon, lat)
    x, y = shift(lon, lat)
    return np.where(moved, x, lon), np.where(moved, y, lat)


def _inverse(shift: Shift, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the place whose shifted one is (x, y); itself where that place is not shifted."""
    lon, lat = x.copy(), y.copy()
    for _ in range(30):
        shifted_lon, shifted_lat = shift(lon, lat)
        d_lon, d_lat = shifted_lon - x, shifted_lat - y
        lon, lat = lon - d_lon, lat - d_lat
        worst = np.nanmax(np.abs([d_lon, d_lat]), initial=0.0)
        if worst < _TOLERANCE:
            break
    moved = in_china(lon, lat)
    return np.where(moved, lon, x), np.where(moved, lat, y)


def _gcj02_from_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    d_lat += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    d_lon += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    phi = np.radians(lat)
    w = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    metres_lat = _AXIS * (1 - _ECCENTRICITY2) / w**1.5
    metres_lon = _AXIS / np.sqrt(w) * np.cos(phi)
    return lon + np.degrees(d_lon / metres_lon), lat + np.degrees(d_lat / metres_lat)


def _bd09_from_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = _gcj02_from_wgs84(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _reproject(x: Floats, y: Floats, crs: str) -> tuple[Floats, Floats]:
    lon, lat = _transformer(crs).transform(x, y)
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


@cache  # a sites table asks for one system, point by point
def _transformer(crs: str) -> Transformer:
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise UsageError(f"datum {crs!r}: {error}") from error
