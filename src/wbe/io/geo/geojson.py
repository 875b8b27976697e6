"""GeoJSON under limits: bounded size and depth, no NaN, rings that are closed.

Whatever is not plainly a collection of features with geometries is refused; nothing is repaired.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wbe.io.text import Refused, decode
from wbe.thresholds import number

if TYPE_CHECKING:
    import geopandas as gpd

_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WGS84: Final = "EPSG:4326"
_RINGS: Final = {"Polygon": 1, "MultiPolygon": 2}  # levels of lists above a ring


def read_geojson(data: bytes, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Features of a GeoJSON file, in the system that it states.

    Parameters
    ----------
    data : bytes
    encoding : str or None
        Codec instead of the usual ladder.

    Returns
    -------
    GeoDataFrame
        One row a feature, its properties as columns. ``attrs["unreadable"]``: row to the reason
        why it has no geometry although the file gives one.

    Raises
    ------
    Refused
        If the file is too large or too deep, no JSON, holds NaN or an infinite number, or is no
        FeatureCollection with features.
    """
    import geopandas as gpd

    limit = number("json_megabytes")
    if len(data) > limit * 1e6:
        raise Refused("areas_file_too_large", what=f"{len(data) / 1e6:.0f} MB > {limit:g} MB")
    text = decode(data, encoding).text
    content = parsed(text)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise Refused("not_an_areas_file", reason="it is no FeatureCollection with features")
    records, shapes, unreadable = [], [], {}
    for row, feature in enumerate(features):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        records.append(dict(properties) if isinstance(properties, dict) else {})
        shape, reason = _shape(feature)
        shapes.append(shape)
        if reason:
            unreadable[row] = reason
    frame = gpd.GeoDataFrame(pd.DataFrame(records, index=range(len(shapes))), geometry=shapes)
    frame = frame.set_crs(_stated_crs(content))
    frame.attrs["unreadable"] = unreadable
    return frame


def parsed(text: str) -> Any:
    """JSON of bounded depth, in which every number is finite and no key stands twice.

    Parameters
    ----------
    text : str

    Raises
    ------
    Refused
        ``not_an_areas_file`` with the line where it can be told, or ``areas_file_too_large``.
    """
    deep, limit = depth(text.encode("utf-8", "surrogatepass")), number("json_depth")
    if deep > limit:
        raise Refused("areas_file_too_large", what=f"{deep} levels of nesting > {limit:g}")
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise Refused("not_an_areas_file", line=error.lineno, reason="it is no JSON") from None
    except (ValueError, RecursionError) as error:
        raise Refused("not_an_areas_file", reason=str(error)[:80]) from None


def depth(data: bytes) -> int:
    """Deepest nesting of brackets and braces outside of texts, before anything is parsed.

    Examples
    --------
    >>> depth(b'{"a": [[1, 2], "[[["]}')
    3
    """
    signs = np.frombuffer(_TEXT.sub(b"", data), dtype=np.uint8)
    step = np.isin(signs, (0x5B, 0x7B)).astype(np.int8)
    step -= np.isin(signs, (0x5D, 0x7D)).astype(np.int8)
    return int(np.cumsum(step, dtype=np.int64).max(initial=0))


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one of two values under one key would be lost without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in one object")
    return found


def _shape(feature: Any) -> tuple[Any, str]:
    """Geometry of a feature, or None and why it cannot be read ("" where there is none)."""
    import shapely
    from shapely.geometry import shape

    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return None, ""
    try:
        made = shape(geometry)
        closed = all(_closed(ring) for ring in _rings(geometry))
        finite = bool(np.isfinite(shapely.get_coordinates(made)).all())
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError,
            IndexError):  # fmt: skip
        return None, "its coordinates cannot be read"
    if not closed:
        return None, "a ring is not closed"
    return (made, "") if finite else (None, "a coordinate is not finite")


def _rings(geometry: dict[str, Any]) -> list[Any]:
    """Rings of a polygon or of several; none of other geometries."""
    level = _RINGS.get(geometry["type"], 0)
    if not level:
        return []
    parts = geometry["coordinates"] if level == 2 else [geometry["coordinates"]]
    return [ring for part in parts for ring in part]


def _closed(ring: Any) -> bool:
    """Whether a ring ends where it begins: one that does not may have lost its end."""
    return not ring or bool(ring[0] == ring[-1])


def _stated_crs(content: dict[str, Any]) -> str:
    """The old ``crs`` member where there is one; GeoJSON is WGS 84 otherwise."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    member = content.get("crs")
    if member is None:
        return _WGS84
    properties = member.get("properties") if isinstance(member, dict) else None
    stated = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(stated, str):
        raise Refused("not_an_areas_file", reason="its member crs names no system")
    try:
        return str(CRS.from_user_input(stated).to_string())
    except CRSError:
        raise Refused("not_an_areas_file", reason=f"unknown crs {stated[:60]!r}",
                      reason_zh=f"未知坐标系 {stated[:60]!r}") from None  # fmt: skip
