"""Geometries of areas: which can be used, and which contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe.findings import Findings
from wbe.spellings import alike

if TYPE_CHECKING:
    import geopandas as gpd

_POLYGONS: Final = ("Polygon", "MultiPolygon")
_POINTS: Final = ("Point", "MultiPoint")
_OVERLAP: Final = 1e-6  # share of the smaller area below which a common border is drawn twice
_HALF_TURN: Final = 180.0


def checked(
    areas: gpd.GeoDataFrame, unreadable: Mapping[int, str], name: str, findings: Findings
) -> gpd.GeoDataFrame:
    """Leave out features without id or usable geometry; all of them are named.

    Parameters
    ----------
    areas : GeoDataFrame
        ``area`` and geometry in WGS 84, one row a feature.
    unreadable : mapping of int to str
        Row to the reason why its geometry could not be read.
    name : str
        Name of the file for findings.
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    GeoDataFrame
        Sorted by area; heights are dropped.
    """
    refused = set()
    twice = areas["area"].duplicated(keep=False) & (areas["area"] != "")
    for row, (area, shape) in enumerate(zip(areas["area"], areas.geometry, strict=True)):
        value = area or f"feature {row + 1}"
        before = len(findings)
        if not area:
            findings.add("area_missing", file=name, value=value)
        if twice[row]:
            findings.add("area_twice", file=name, value=value)
        _refuse_geometry(shape, unreadable.get(row, ""), value, name, findings)
        if len(findings) > before:
            refused.add(row)
    kept = areas[~areas.index.isin(refused)].sort_values("area", kind="stable")
    kept = _flat(kept.reset_index(drop=True), name, findings)
    _note_kinds(kept, name, findings)
    _note_dateline(kept, name, findings)
    _note_shared_ground(kept, name, findings)
    for area, known in alike(kept["area"].tolist()):
        findings.add("names_alike", file=name, value=area, other=known, field="area")
    return kept


def _refuse_geometry(
    shape: object, unreadable: str, value: str, name: str, findings: Findings
) -> None:
    """Add one error for a geometry that cannot be used."""
    from shapely.geometry.base import BaseGeometry
    from shapely.validation import explain_validity

    if unreadable:
        findings.add("geometry_invalid", file=name, value=value, reason=unreadable)
    elif not isinstance(shape, BaseGeometry) or shape.is_empty:
        findings.add("geometry_missing", file=name, value=value)
    elif shape.geom_type not in (*_POLYGONS, *_POINTS):
        findings.add("geometry_not_area", file=name, value=value, found=shape.geom_type)
    elif not shape.is_valid:
        findings.add("geometry_invalid", file=name, value=value, reason=explain_validity(shape))


def _flat(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> gpd.GeoDataFrame:
    import shapely

    high = areas.has_z.to_numpy()
    if not high.any():
        return areas
    findings.add("geometry_with_heights", file=name, count=int(high.sum()))
    return areas.set_geometry(shapely.force_2d(areas.geometry.to_numpy()), crs=areas.crs)


def _note_kinds(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    polygons = int(areas.geom_type.isin(_POLYGONS).sum())
    points = len(areas) - polygons
    if polygons and points:
        findings.add("geometry_types_mixed", file=name, points=points, polygons=polygons)


def _note_dateline(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    """Parts wider than half the globe; an area that is cut at 180 degrees has none."""
    import shapely

    parts, of_row = shapely.get_parts(areas.geometry.to_numpy(), return_index=True)
    bounds = shapely.bounds(parts)
    wide = bounds[:, 2] - bounds[:, 0]
    for part in np.flatnonzero(wide > _HALF_TURN).tolist():
        findings.add("geometry_crosses_dateline", file=name, degrees=f"{wide[part]:.0f}",
                     value=areas["area"].iloc[of_row[part]])  # fmt: skip


def _note_shared_ground(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    """Areas with one geometry, and areas that overlap."""
    surfaces = areas[areas.geom_type.isin(_POLYGONS)]
    shapes, names = surfaces.geometry.to_numpy(), surfaces["area"].tolist()
    first, second = surfaces.sindex.query(shapes, predicate="intersects")
    for i, j in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if i >= j:
            continue
        common = shapes[i].intersection(shapes[j]).area
        if shapes[i].equals(shapes[j]):
            findings.add("geometry_repeated", file=name, value=names[j], other=names[i])
        elif common > _OVERLAP * min(shapes[i].area, shapes[j].area):
            findings.add("areas_overlap", file=name, value=names[i], other=names[j])
