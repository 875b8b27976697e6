"""Do sites lie where their table says? Datums, exchanged axes, minutes read as decimals.

A site that states its area and lies outside it has a wrong position or a wrong area. Which of the
usual mistakes would put it inside is told; nothing is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe.findings import Findings
from wbe.spatial.datum import sites_to_wgs84
from wbe.spatial.placement import (
    covers,
    kilometres_outside,
    note_unplaced,
    other_datums,
    placement_of,
)
from wbe.thresholds import number

if TYPE_CHECKING:
    import geopandas as gpd

_SHOWN: Final = 12  # areas named in one message
_POLYGONS: Final = ["Polygon", "MultiPolygon"]


def note_positions(
    sites: gpd.GeoDataFrame | None,
    areas: gpd.GeoDataFrame | None,
    findings: Findings,
    *,
    used: Iterable[str] = (),
    unplaced: bool = False,
) -> None:
    """Note sites outside their stated area, with what would put them inside; areas without sites.

    Parameters
    ----------
    sites : GeoDataFrame or None
        From `wbe.read_sites`.
    areas : GeoDataFrame or None
        From `wbe.read_areas`, in WGS 84.
    findings : Findings
        Receives what is noticed.
    used : iterable of str
        Areas that laboratory tables name.
    unplaced : bool
        Whether to note sites that lie in no area and state none; `locate` does so itself for the
        sites that have samples.
    """
    if sites is None or areas is None or not len(sites) or not len(areas):
        return
    shapes = areas[areas.geom_type.isin(_POLYGONS)]
    known = dict(zip(shapes["area"].astype(str), shapes.geometry, strict=True))
    held = set(used)
    for site in _Site.each(sites):
        around = site.around(shapes)
        held.update([site.area] if site.area else around)
        if site.area in known and site.placed:
            _note_outside(site, known[site.area], around, findings)
        elif unplaced and site.placed and not site.area and known:
            found = placement_of(site.written, site.crs, shapes)
            held.update(found.candidates)
            note_unplaced(site.name, found, areas["area"].tolist(), findings, **site.place)
    empty = sorted(set(areas["area"].astype(str)) - held)
    if empty:
        values = ", ".join(empty[:_SHOWN]) + (", …" if len(empty) > _SHOWN else "")
        findings.add("areas_without_sites", file=str(areas.attrs.get("file", "")),
                     count=len(empty), values=values)  # fmt: skip


class _Site:
    """One row of a sites table.

    Parameters
    ----------
    name, area, crs : str
        As the table states.
    written, true : tuple of float
        Longitude and latitude as written, and in WGS 84.
    place : dict
        Where the row stands, for findings.
    """

    def __init__(
        self, name: str, area: str, crs: str, written: tuple[float, float],
        true: tuple[float, float], place: dict[str, Any],
    ):  # fmt: skip
        self.name, self.area, self.crs = name, area, crs
        self.written, self.true, self.place = written, true, place
        self.placed = bool(np.isfinite(true).all())

    @classmethod
    def each(cls, sites: gpd.GeoDataFrame) -> Iterator[_Site]:
        """Rows of a sites table, in its order."""
        if "lon" not in sites or "lat" not in sites:
            return
        file, lines = str(sites.attrs.get("file", "")), sites.attrs.get("lines", {})
        true = zip(*sites_to_wgs84(sites), strict=True)
        written = zip(sites["lon"].to_numpy(float), sites["lat"].to_numpy(float), strict=True)
        area = _texts(sites, "area")
        for name, of, crs, here, there in zip(
            sites["site"].astype(str), area, _texts(sites, "crs"), written, true, strict=True
        ):
            place = {"file": file, "line": lines.get(name), "site": name}
            yield cls(name, of, crs, here, there, place)

    def around(self, shapes: gpd.GeoDataFrame) -> list[str]:
        """Areas whose polygon covers the site."""
        if not self.placed or not len(shapes):
            return []
        import shapely

        found = shapes.sindex.query(shapely.Point(self.true), predicate="covered_by")
        return sorted(shapes["area"].iloc[found].astype(str).tolist())


def _texts(sites: gpd.GeoDataFrame, name: str) -> list[str]:
    return sites[name].fillna("").astype(str).tolist() if name in sites else [""] * len(sites)


def _note_outside(site: _Site, shape: Any, around: list[str], findings: Findings) -> None:
    """One finding for a site outside its area: the most likely mistake that explains it."""
    import shapely

    point = shapely.Point(site.true)
    if shape.covers(point):
        return
    away = kilometres_outside(shape, point)
    words = {"value": site.name, "area": site.area, "distance": f"{away:.3g}", **site.place}
    datums = [d for d in other_datums(site.written, site.crs) if covers(shape, d[1])]
    if datums and away <= number("datum_km"):
        likely = " / ".join(name for name, _ in datums)
        findings.add("site_datum_suspected", column="crs", crs=site.crs or "unknown",
                     likely=likely, **words)  # fmt: skip
    elif covers(shape, site.written[::-1]):
        findings.add("site_axes_suspected", **words)
    elif covers(shape, tuple(map(from_minutes, site.written))):
        findings.add("site_minutes_suspected", **words)
    else:
        findings.add("site_outside_its_area", nearest=", ".join(around) or "none", **words)


def from_minutes(angle: float) -> float:
    """Degrees from an angle whose decimals are minutes and seconds; NaN if they cannot be.

    Examples
    --------
    >>> from_minutes(116.0412)
    116.07
    """
    size = abs(angle)
    whole = float(np.floor(size))
    minutes, seconds = divmod(round((size - whole) * 10_000, 4), 100)
    if minutes >= 60 or seconds >= 60:
        return float("nan")
    return float(np.sign(angle)) * (whole + minutes / 60 + seconds / 3600)
