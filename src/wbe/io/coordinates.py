"""Coordinates: decimal degrees, or degrees, minutes and seconds, in either order.

The order of a pair is told by hemisphere letters, or by ranges that cannot be confused (China lies
at 3-54 degrees north and 73-136 degrees east). A pair that either order fits is refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from wbe import names
from wbe.io.words import plain

_MARKS = str.maketrans(
    {"º": "°", "度": "°", "′": "'", "’": "'", "‘": "'", "分": "'", "`": "'", "″": '"', "”": '"',
     "“": '"', "秒": '"', "−": "-", "，": ",", "；": ";", "、": ","}
)  # fmt: skip
_HEMISPHERES = {
    "N": ("lat", 1), "S": ("lat", -1), "E": ("lon", 1), "W": ("lon", -1),
    "北纬": ("lat", 1), "南纬": ("lat", -1), "东经": ("lon", 1), "西经": ("lon", -1),
    "北": ("lat", 1), "南": ("lat", -1), "东": ("lon", 1), "西": ("lon", -1),
}  # fmt: skip
_LETTER = "N|S|E|W|北纬|南纬|东经|西经|北|南|东|西"
_NUM = r"[0-9]+(?:\.[0-9]+)?"
_ANGLE = re.compile(
    rf"(?P<before>{_LETTER})?\s*:?\s*(?P<sign>[+-])?(?P<deg>{_NUM})\s*"
    rf"(?:°\s*(?:(?P<min>{_NUM})\s*'\s*(?:(?P<sec>{_NUM})\s*(?:\"|'')?)?)?)?\s*(?P<after>{_LETTER})?",
    re.IGNORECASE,
)
CHINA_LAT = (3.0, 54.0)
CHINA_LON = (73.0, 136.0)
METRES = 10_000.0
"""Number from which on a coordinate is no mistyped degree."""


@dataclass(frozen=True)
class Position:
    """A pair of coordinates.

    Attributes
    ----------
    lon, lat : float
        Degrees, as written, in the datum stated beside them.
    rule : str
        Rule that refuses the text; "" if it was read.
    """

    lon: float = math.nan
    lat: float = math.nan
    rule: str = ""


@lru_cache(maxsize=8192)
def read_angle(text: str) -> tuple[float, str] | None:
    """One angle in degrees and what it is: ``lon``, ``lat``, or "" where no letter says so."""
    found = _ANGLE.fullmatch(plain(text).translate(_MARKS))
    if not found or (found["before"] and found["after"]):
        return None
    minutes, seconds = float(found["min"] or 0), float(found["sec"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    degrees = float(found["deg"]) + minutes / 60 + seconds / 3600
    letter = (found["before"] or found["after"] or "").upper()
    axis, sign = _HEMISPHERES.get(letter, ("", 1))
    if found["sign"] == "-":
        if letter:
            return None
        sign = -1
    return sign * degrees, axis


@lru_cache(maxsize=8192)
def read_pair(text: str) -> Position:
    """Longitude and latitude from one cell.

    Parameters
    ----------
    text : str
        For example ``N22°55′48″ E116°04′12″`` or ``116.0712,22.9301``.

    Returns
    -------
    Position
    """
    shown = plain(text).translate(_MARKS)
    parts = [part for part in re.split(r"\s*[,;/]\s*", shown) if part]
    if len(parts) != 2:
        parts = _split_at_blank(shown)
    angles = [read_angle(part) for part in parts]
    if len(angles) != 2 or angles[0] is None or angles[1] is None:
        return Position(rule="coordinate_unreadable")
    return _ordered(angles[0], angles[1])


def _split_at_blank(shown: str) -> list[str]:
    """Two angles parted by a blank; angles may hold blanks themselves."""
    blanks = [found.start() for found in re.finditer(" ", shown)]
    for position in blanks:
        halves = [shown[:position], shown[position + 1 :]]
        if all(read_angle(half) for half in halves):
            return halves
    return []


def _ordered(first: tuple[float, str], second: tuple[float, str]) -> Position:
    (a, axis_a), (b, axis_b) = first, second
    if axis_a and axis_a == axis_b:
        return Position(rule="coordinate_unreadable")
    if "lat" in (axis_a,) or "lon" in (axis_b,):
        return _checked(b, a)
    if "lon" in (axis_a,) or "lat" in (axis_b,):
        return _checked(a, b)
    if a == 0 and b == 0:
        return Position(rule="coordinates_zero")
    if in_metres(a, b):
        return Position(rule="coordinates_projected")
    lon_first, lat_first = _in_china(a, b), _in_china(b, a)
    if lon_first == lat_first:
        return Position(rule="coordinate_ambiguous")
    return _checked(a, b) if lon_first else _checked(b, a)


def _in_china(lon: float, lat: float) -> bool:
    return CHINA_LON[0] <= lon <= CHINA_LON[1] and CHINA_LAT[0] <= lat <= CHINA_LAT[1]


def in_metres(x: float, y: float) -> bool:
    """Whether a pair of numbers can only be metres of a projected system."""
    return max(abs(x), abs(y)) >= METRES


def projected_systems(x: float, y: float) -> list[str]:
    """Projected systems that a pair of metres may be in, from the size of its numbers.

    Parameters
    ----------
    x, y : float
        Easting and northing, in either order.

    Returns
    -------
    list of str
        EPSG codes where the numbers tell one, else kinds of system; never chosen silently.

    Examples
    --------
    >>> projected_systems(38_512_345, 2_543_210)
    ['EPSG:4526']
    >>> projected_systems(512_345, 2_543_210)
    ['Gauss-Krüger or UTM, zone unknown']
    >>> projected_systems(12_945_678, 2_634_567)
    ['EPSG:3857']
    """
    east, north = max(abs(x), abs(y)), min(abs(x), abs(y))
    if east > 1e6 and x != y and abs(y) > abs(x) and abs(x) < 1e6:
        east, north = abs(x), abs(y)  # an easting without a zone is the smaller number
    zone, within = divmod(east, 1e6)
    found = []
    if 8.1e6 <= east <= 15.2e6 and north <= 7.2e6:  # longitudes 73-136 in Web Mercator
        found.append("EPSG:3857")
    if 1e5 <= within <= 9e5 and 25 <= zone <= 45:
        found.append(f"EPSG:{4513 + int(zone) - 25}")
    elif 1e5 <= within <= 9e5 and 13 <= zone <= 23:
        found.append(f"EPSG:{4491 + int(zone) - 13}")
    return found or ["Gauss-Krüger or UTM, zone unknown"]


def _checked(lon: float, lat: float) -> Position:
    if abs(lon) > 180 or abs(lat) > 90:
        return Position(rule="coordinate_out_of_range")
    return Position(lon, lat)


def read_datum(text: str) -> str | None:
    """``百度坐标`` to ``bd09``; ``epsg:4490`` to ``EPSG:4490``; None if unknown."""
    shown = plain(text)
    if not shown:
        return ""
    head, _, code = shown.upper().replace(" ", "").partition("EPSG:")
    if not head and code.isdigit():
        return {"4326": "wgs84", "4490": "cgcs2000"}.get(code, f"EPSG:{code}")
    return names.resolve("datum", shown)
