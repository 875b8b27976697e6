"""Positions that cannot be, or that stand far from all others of a table of sites.

What needs areas and datums is found where sites meet areas, in `wbe.spatial.positions`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from wbe.io.coordinates import in_metres, projected_systems, read_angle, read_datum
from wbe.io.header import Column
from wbe.io.rows import Body
from wbe.io.words import plain
from wbe.thresholds import number

_EARTH_KM: Final = 6371.0
_MINUTES: Final = re.compile(r"-?\d{1,3}\.(\d\d)(\d\d)\d*")


def refuse_impossible(body: Body) -> None:
    """Refuse positions that cannot be meant as they stand, and blank their cells.

    Parameters
    ----------
    body : Body
        Rows of a table of sites or of a laboratory with columns ``lon`` and ``lat``; changed in
        place, so that reading the coordinates finds nothing more to say about them.
    """
    lon, lat = body.header.column("lon"), body.header.column("lat")
    if lon is None or lat is None:
        return
    systems = body.plain("crs")
    for position, (east, north) in enumerate(zip(body.texts(lon), body.texts(lat), strict=True)):
        x, y = read_angle(east), read_angle(north)
        if x is None or y is None or not (east and north):
            continue
        rule, words = _impossible(x[0], y[0], read_datum(systems[position]) or "")
        if rule:
            at = lon if rule != "crs_contradicts" else body.header.column("crs") or lon
            body.note(rule, position, at, **words)
            _blank(body, position, lon, lat)
    _note_minutes(body, lon, lat)


def _impossible(x: float, y: float, crs: str) -> tuple[str, dict[str, str]]:
    """Rule that refuses a pair of numbers, with the words of its message."""
    if x == 0 and y == 0:
        return "coordinates_zero", {}
    if crs.startswith("EPSG:"):
        projected = is_projected(crs)
        if projected is None:
            return "crs_unknown", {}
        degrees = abs(x) <= 180 and abs(y) <= 180
        return ("crs_contradicts", {"crs": crs}) if projected and degrees else ("", {})
    if in_metres(x, y):
        return "coordinates_projected", {"nearest": " / ".join(projected_systems(x, y))}
    if abs(y) > 90 >= abs(x) and abs(y) <= 180:
        return "coordinates_swapped", {"lon": f"{x:.10g}", "lat": f"{y:.10g}"}
    return "", {}


@cache
def is_projected(crs: str) -> bool | None:
    """Whether an EPSG code is a system in metres; None if there is no such code."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return bool(CRS.from_user_input(crs).is_projected)
    except CRSError:
        return None


def _blank(body: Body, position: int, *columns: Column) -> None:
    for column in columns:
        body.cells[column.index][position] = ""


def _note_minutes(body: Body, lon: Column, lat: Column) -> None:
    """One flag where all decimals of a table could be minutes and seconds."""
    texts = dict.fromkeys(plain(t) for column in (lon, lat) for t in body.texts(column) if t)
    pairs = [_MINUTES.fullmatch(text) for text in texts]
    if len(texts) < number("minutes_numbers") or not all(pairs):
        return
    if all(int(part) < 60 for pair in pairs if pair for part in pair.groups()):
        body.note("minutes_suspected", column=lon, count=len(texts))


def note_far(body: Body, rows: pd.DataFrame) -> None:
    """Note sites that lie far from the middle of all others.

    Parameters
    ----------
    body : Body
    rows : pandas.DataFrame
        ``site, lon, lat, crs`` of the rows that are kept, indexed by their position in `body`.
    """
    degrees = rows["lon"].notna() & ~rows["crs"].str.startswith("EPSG:")
    placed = rows[degrees]
    if len(placed) < number("site_least"):
        return
    lon, lat = placed["lon"].to_numpy(float), placed["lat"].to_numpy(float)
    distance = kilometres(lon, lat, float(np.median(lon)), float(np.median(lat)))
    usual = float(np.median(distance))
    if usual > number("far_programme_km"):
        return
    limit = max(number("far_km"), number("far_spreads") * usual)
    column = body.header.column("lon") or body.header.column("coordinates")
    for i in np.flatnonzero(distance > limit).tolist():
        times = f"{distance[i] / usual:.3g}" if usual else "∞"
        site = str(placed["site"].iloc[i])
        body.note("site_far_away", int(placed.index[i]), column, site=site, value=site,
                  distance=f"{distance[i]:.0f}", times=times)  # fmt: skip


def kilometres(lon: np.ndarray, lat: np.ndarray, to_lon: float, to_lat: float) -> np.ndarray:
    """Great-circle distances to one point.

    Parameters
    ----------
    lon, lat : ndarray (n,) [degree]
    to_lon, to_lat : float [degree]

    Returns
    -------
    ndarray (n,) [km]

    Examples
    --------
    >>> kilometres(np.array([0.0]), np.array([1.0]), 0.0, 0.0).round(1)
    array([111.2])
    """
    x, y, a, b = (np.radians(v) for v in (lon, lat, to_lon, to_lat))
    half = np.sin((y - b) / 2) ** 2 + np.cos(y) * np.cos(b) * np.sin((x - a) / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(half)), dtype=float)
