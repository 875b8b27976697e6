"""In which area does a point lie? A few metres of digitising are no other area; ties stay ties.

A site whose table states its area is there. For the others the polygons decide, as far as they can:
a point within the tolerance of one area is counted to it, a point on the border of two, or of a
datum nobody knows that leaves two, is counted to none and told with its candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe.area_names import nearest_areas
from wbe.findings import Findings
from wbe.spatial.datum import in_china, to_wgs84
from wbe.thresholds import number

if TYPE_CHECKING:
    import geopandas as gpd

_KM_PER_DEGREE: Final = 111.2
_DATUMS: Final = ("wgs84", "gcj02", "bd09")
_UNKNOWN: Final = ("", "unknown")
INSIDE, NEAR, BETWEEN, BY_DATUM, OUTSIDE = "inside", "near", "between", "by_datum", "outside"


@dataclass(frozen=True)
class Placement:
    """Areas that a point may lie in.

    Attributes
    ----------
    how : str
        ``inside`` one area; ``near`` one, within the tolerance; ``between`` several; ``by_datum``:
        another one for each datum that its numbers may be in; ``outside`` all.
    candidates : tuple of str
        Areas, nearest first.
    metres : tuple of float
        Distance of the point to each [m]; 0 inside and on the border.
    """

    how: str
    candidates: tuple[str, ...] = ()
    metres: tuple[float, ...] = ()

    @property
    def area(self) -> str:
        """The area, "" where the polygons do not decide."""
        return self.candidates[0] if self.how in (INSIDE, NEAR) else ""


def placement_of(
    written: tuple[float, float],
    crs: str,
    areas: gpd.GeoDataFrame,
    *,
    tolerance: float | None = None,
) -> Placement:
    """Return the areas that a point may lie in.

    Parameters
    ----------
    written : tuple of float [degree]
        Longitude and latitude as written; metres for a projected `crs`.
    crs : str
        Datum, as `wbe.spatial.datum.to_wgs84` takes it. If it is ``unknown`` or unstated, each
        datum in use in China is tried there; an area that none of them contradicts with another
        area is the one.
    areas : GeoDataFrame
        ``area`` and polygons in WGS 84.
    tolerance : float, optional
        How far outside a point still counts to an area [m]; ``border_m`` of thresholds.csv if not
        given.

    Returns
    -------
    Placement
    """
    metres = number("border_m") if tolerance is None else tolerance
    lon, lat = to_wgs84([written[0]], [written[1]], crs)
    own = _around((float(lon[0]), float(lat[0])), areas, metres)
    if crs not in _UNKNOWN or not in_china(*written):
        return own
    others = [_around(place, areas, metres) for _, place in other_datums(written, crs)]
    found = {c: m for one in (*others[::-1], own) for c, m in _pairs(one)}
    if not found or (len(found) == 1 and own.candidates):
        return own
    ordered = sorted(found, key=lambda c: (found[c], c))
    return Placement(BY_DATUM, tuple(ordered), tuple(found[c] for c in ordered))


def _pairs(one: Placement) -> list[tuple[str, float]]:
    return list(zip(one.candidates, one.metres, strict=True))


def _around(place: tuple[float, float], areas: gpd.GeoDataFrame, tolerance: float) -> Placement:
    """Areas that hold a place in WGS 84, or lie within the tolerance of it [m]."""
    import shapely

    if not np.isfinite(place).all():
        return Placement(OUTSIDE)
    point = shapely.Point(place)
    reach = tolerance / (1000 * _KM_PER_DEGREE * max(np.cos(np.radians(place[1])), 0.01))
    held = areas.sindex.query(shapely.box(*point.buffer(reach).bounds), predicate="intersects")
    names, shapes = areas["area"].astype(str).to_numpy()[held], areas.geometry.to_numpy()[held]
    away = {n: 1000 * kilometres_outside(s, point) for n, s in zip(names, shapes, strict=True)}
    within = [n for n, s in zip(names, shapes, strict=True) if s.contains_properly(point)]
    if len(within) == 1:
        return Placement(INSIDE, (within[0],), (0.0,))
    near = sorted((m, n) for n, m in away.items() if m <= tolerance and (not within or m == 0))
    how = OUTSIDE if not near else BETWEEN if len(near) > 1 else NEAR if near[0][0] else INSIDE
    return Placement(how, tuple(n for _, n in near), tuple(m for m, _ in near))


def note_unplaced(
    name: str, found: Placement, areas: list[str], findings: Findings, **place: Any
) -> None:
    """Note a site without a stated area that is not simply inside one.

    Parameters
    ----------
    name : str
        Of the site.
    found : Placement
    areas : list of str
        Areas of the campaign, of which the nearest names are told for a site outside of all.
    findings : Findings
        Receives one finding, or none.
    **place
        Where the row stands: ``file``, ``line``, ``site``.
    """
    among = " / ".join(found.candidates)
    if found.how == NEAR:
        findings.add("site_near_area", value=name, area=found.area,
                     metres=f"{found.metres[0]:.1f}", **place)  # fmt: skip
    elif found.how == BETWEEN:
        findings.add("site_between_areas", value=name, candidates=among, **place)
    elif found.how == BY_DATUM:
        findings.add("site_area_by_datum", value=name, candidates=among,
                     kilometres=f"{number('datum_km'):g}", column="crs", **place)  # fmt: skip
    elif found.how == OUTSIDE:
        near = ", ".join(nearest_areas(name, areas)) or "none"
        findings.add("site_outside_areas", value=name, nearest=near, **place)


def covers(shape: Any, place: tuple[float, ...]) -> bool:
    """Tell whether an area holds a place; a place that is not finite lies nowhere."""
    import shapely

    return bool(np.isfinite(place).all() and shape.covers(shapely.Point(place)))


def kilometres_outside(shape: Any, point: Any) -> float:
    """Distance from a point to an area, both in degrees, on a plane through the point [km]."""
    from shapely.affinity import scale

    flat = np.cos(np.radians(point.y))
    near = scale(shape, xfact=flat, yfact=1, origin=(0, 0))
    return float(near.distance(scale(point, xfact=flat, yfact=1, origin=(0, 0)))) * _KM_PER_DEGREE


def other_datums(written: tuple[float, float], crs: str) -> list[tuple[str, tuple[float, float]]]:
    """Where a pair of numbers would lie if it were in another datum than it states.

    Parameters
    ----------
    written : tuple of float [degree]
        Longitude and latitude as written.
    crs : str
        Stated datum; CGCS2000 counts as WGS 84.

    Returns
    -------
    list of (str, (float, float))
        Datum, longitude and latitude in WGS 84 [degree].
    """
    stated = "wgs84" if crs in ("cgcs2000", "unknown", "") else crs
    found = []
    if not crs.startswith("EPSG:"):
        for datum in _DATUMS:
            if datum != stated:
                lon, lat = to_wgs84([written[0]], [written[1]], datum)
                found.append((datum, (float(lon[0]), float(lat[0]))))
    return found
