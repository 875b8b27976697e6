"""Sites from geographic files: their properties are a table, and their points its positions."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import names
from wbe.findings import Findings
from wbe.io.areas import areas_of, features_of, refuse_personal, to_wgs84
from wbe.io.coordinates import read_datum
from wbe.io.geo.files import is_geographic
from wbe.io.layout.files import layouts_of
from wbe.io.opening import bytes_of
from wbe.io.shown import as_text
from wbe.io.sources import Source, open_source, source_of_sheet
from wbe.io.tables import Sheet
from wbe.io.text import Refused

if TYPE_CHECKING:
    import geopandas as gpd

_POINTS: Final = ("Point",)
#: Degrees by which a point may differ from the columns beside it: a tenth of a metre.
_SAME_PLACE: Final = 1e-6


def open_sites(path: Path, name: str, findings: Findings, encoding: str | None = None) -> Source:
    """Open a table of sites, whether it is a table or a geographic file.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives what is noticed.
    encoding : str or None

    Returns
    -------
    Source
        Without tables if the file was refused.
    """
    if not is_geographic(path):
        return open_source(path, name, findings, encoding)
    try:
        return source_of_features(features_of(path, name, findings, encoding), path, name, findings)
    except Refused as refused:
        if refused.rule != "columns_refused":
            findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        return Source(path, name)


def sites_or_areas(
    path: Path, name: str, findings: Findings, encoding: str | None, *, as_sites: bool = False
) -> Source | gpd.GeoDataFrame | None:
    """Open a geographic file as what it holds: a table of sites, or areas.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives what is noticed.
    encoding : str or None
    as_sites : bool
        Whether somebody said that it holds sites.

    Returns
    -------
    Source, GeoDataFrame or None
        Sites, areas, or nothing that can be used.
    """
    if not as_sites:
        try:
            as_sites = holds_sites(features_of(path, name, Findings(), encoding))
        except Refused:
            as_sites = False  # the reader of areas says why
    if as_sites:
        return open_sites(path, name, findings, encoding)
    return areas_of(path, name, findings, encoding)


def holds_sites(frame: gpd.GeoDataFrame) -> bool:
    """Whether features are sites: points, or nothing, that have a property ``site``.

    Parameters
    ----------
    frame : GeoDataFrame

    Returns
    -------
    bool
    """
    named = any(names.resolve("field", str(c)) == "site" for c in frame.columns)
    return named and bool(frame.geom_type.dropna().isin(_POINTS).all())


def source_of_features(
    frame: gpd.GeoDataFrame, path: Path, name: str, findings: Findings
) -> Source:
    """Features as the table that a reader of sites knows; line 2 is the first feature.

    Parameters
    ----------
    frame : GeoDataFrame
        From `wbe.io.areas.features_of`.
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives ``site_point_differs``.

    Returns
    -------
    Source

    Raises
    ------
    Refused
        If a property is of persons, or the coordinate system contradicts the numbers.
    """
    refuse_personal(frame, name, findings)
    columns = [c for c in frame.columns if c != frame.geometry.name]
    cells = {str(c): [_text(v) for v in frame[c].tolist()] for c in columns}
    fields = {names.resolve("field", header): header for header in cells}
    points = to_wgs84(frame, name, findings).geometry
    places = [None if p is None or p.is_empty else (p.x, p.y) for p in points]
    if {"lon", "lat"} & fields.keys() or "coordinates" in fields:
        _note_moved(cells, fields, places, name, findings)
    else:
        cells["lon"] = ["" if p is None else repr(p[0]) for p in places]
        cells["lat"] = ["" if p is None else repr(p[1]) for p in places]
        cells["crs"] = ["" if p is None else "wgs84" for p in places]
    rows = [list(cells), *(list(row) for row in zip(*cells.values(), strict=True))]
    sheet = Sheet(name, rows=rows, lines=list(range(1, len(rows) + 1)))
    record = {"sha256": hashlib.sha256(bytes_of(path)).hexdigest(), "encoding": path.suffix[1:]}
    return source_of_sheet(sheet, record, findings, layouts_of("auto"))


def _text(value: object) -> str:
    return "" if value is None or value != value else as_text(value)


def _note_moved(
    cells: dict[str, list[str]],
    fields: dict[str | None, str],
    places: list[tuple[float, float] | None],
    name: str,
    findings: Findings,
) -> None:
    """Points that lie elsewhere than the columns beside them say."""
    from wbe.io.places import DEGREES

    if not {"lon", "lat", "crs", "site"} <= fields.keys():
        return
    shown = zip(*(cells[fields[key]] for key in ("lon", "lat", "crs", "site")), strict=True)
    for row, (place, (lon, lat, crs, site)) in enumerate(zip(places, shown, strict=True)):
        if place is None or read_datum(crs) not in DEGREES:
            continue
        try:
            apart = np.hypot(place[0] - float(lon), place[1] - float(lat))
        except ValueError:
            continue  # the reader of sites says what is wrong with the text
        if apart > _SAME_PLACE:
            findings.add("site_point_differs", file=name, line=row + 2, column=fields["lon"],
                         site=site, value=f"{lon}, {lat}")  # fmt: skip
