"""Sites and polygons of ODM, read by the readers of sites and of areas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wbe.findings import Finding, Findings
from wbe.io.areas import areas_from
from wbe.io.header import Column, Header
from wbe.io.odm.read import LAYOUT, Opened
from wbe.io.odm.table import Raw
from wbe.io.odm.words import our_word, words
from wbe.io.places import sites_of
from wbe.io.sources import Source, Table
from wbe.io.tables import Sheet

if TYPE_CHECKING:
    import geopandas as gpd

_WGS84: Final = "4326"
_HALF_TURN: Final = 180.0
#: Our column -> how its cells are put in our words.
_Restate = Callable[[Raw, int], str]


def sites_from(opened: Opened, findings: Findings) -> gpd.GeoDataFrame | None:
    """Sites as `wbe.read_sites` gives them; None without a table of sites that can be read.

    Parameters
    ----------
    opened : Opened
    findings : Findings
        Receives what is noticed.
    """
    raw = opened.raws.get("sites")
    if raw is None:
        return None
    table = _sites_table(raw)
    noticed = Findings()
    frame = sites_of(Source(opened.source.path, raw.sheet.file, {}, [table]), noticed)
    findings.extend(Findings((_at(f, raw) for f in noticed), noticed.rows, noticed.accepted))
    return frame


def _sites_table(raw: Raw) -> Table:
    fields = dict(raw.fields)
    for name, head in (("area", "wbe:area"), ("crs", "wbe:crs")):
        if head in fields.values():
            fields[name] = head
    if raw.holds("sampleShed"):
        fields.setdefault("type", "sampleShed")
    restated = {"area": _area, "crs": _crs, "type": _type}
    heads = [*fields.items(), *(("", head) for head in raw.kept)]
    columns = [
        Column(i, head, "field" if name else "unknown", name)
        for i, (name, head) in enumerate(heads)
    ]  # fmt: skip
    sheet = Sheet(raw.sheet.file, raw.sheet.name, epoch_1904=raw.sheet.epoch_1904)
    sheet.rows, sheet.lines = [[head for _, head in heads]], [raw.line(raw.header)]
    for row in raw.rows():
        get = [restated.get(name, _plain(head)) for name, head in heads]
        sheet.rows.append([cell(raw, row) for cell in get])
        sheet.lines.append(raw.line(row))
    return Table(sheet, Header(0, 1, columns), "sites", LAYOUT)


def _plain(head: str) -> _Restate:
    return lambda raw, row: raw.text(row, head)


def _area(raw: Raw, row: int) -> str:
    return raw.text(row, "wbe:area") or raw.text(row, "polygonID")


def _crs(raw: Raw, row: int) -> str:
    stated = raw.text(row, "geoEPSG")
    if stated:
        return stated if not stated.isdigit() else f"EPSG:{stated}"
    return raw.text(row, "wbe:crs")


def _type(raw: Raw, row: int) -> str:
    """Kind of site, else the building that the sewage comes from, where ODM calls it so."""
    kind = raw.text(row, "siteType")
    return our_word("site_type", kind) if kind else words("shed").get(
        raw.text(row, "sampleShed"), "")  # fmt: skip


def _at(finding: Finding, raw: Raw) -> Finding:
    """A finding with the cell of a workbook that it is about."""
    at = raw.at.get(finding.column, raw.others.get(finding.column))
    row = None if finding.line is None else raw.row_at.get(finding.line)
    if at is None or row is None:
        return finding
    return replace(finding, cell=raw.sheet.address(row, at))


def areas_of_polygons(opened: Opened, findings: Findings) -> gpd.GeoDataFrame | None:
    """Areas as `wbe.read_areas` gives them; None without polygons that can be read.

    Parameters
    ----------
    opened : Opened
    findings : Findings
        Receives what is noticed.
    """
    raw = opened.raws.get("polygons")
    if raw is None:
        return None
    lines = {raw.text(row, "polygonID"): row for row in raw.rows()}
    noticed = Findings()
    frame = areas_from(lambda: _features(raw, noticed), raw.sheet.file, noticed)

    def placed(finding: Finding) -> Finding:
        row = lines.get(finding.value)
        return finding if row is None else replace(finding, line=raw.line(row))

    findings.extend(Findings(map(placed, noticed), noticed.rows, noticed.accepted))
    return frame


def _features(raw: Raw, findings: Findings) -> gpd.GeoDataFrame:
    """Outlines in WGS 84, each from the system that its row states."""
    import geopandas as gpd
    import shapely

    rows = list(raw.rows())
    shapes = shapely.from_wkt([raw.text(row, "geoWKT") or None for row in rows],
                              on_invalid="ignore")  # fmt: skip
    unstated = [row for row, shape in zip(rows, shapes, strict=True)
                if not raw.text(row, "geoEPSG") and _in_degrees(shape)]  # fmt: skip
    if unstated:  # metres are refused by the reader of areas
        raw.note(findings, "areas_crs_assumed", unstated[0], "geoEPSG")
    moved, unreadable = [], {}
    for number, (row, shape) in enumerate(zip(rows, shapes, strict=True)):
        code = raw.text(row, "geoEPSG") or _WGS84
        if shape is None and raw.text(row, "geoWKT"):
            unreadable[number] = "it is no well-known text"
        elif (to := _moved(shape, code)) is None and shape is not None:
            raw.note(findings, "odm_epsg_unknown", row, "geoEPSG")
            unreadable[number] = f"its system EPSG:{code} is not known"
        else:
            shape = to
        moved.append(shape)
    texts = {ours: [raw.text(row, odm) for row in rows]
             for ours, odm in (("area", "polygonID"), ("name", "name"),
                               ("population", "polyPop"))}  # fmt: skip
    frame = gpd.GeoDataFrame(texts, geometry=list(moved), crs=f"EPSG:{_WGS84}")
    frame.attrs["unreadable"] = unreadable
    return frame


def _in_degrees(shape: Any) -> bool:
    return shape is not None and max(map(abs, shape.bounds), default=math.inf) <= _HALF_TURN


def _moved(shape: object, code: str) -> object:
    """A geometry in WGS 84; None where its system is none."""
    import geopandas as gpd
    from pyproj.exceptions import CRSError

    if shape is None or code.removeprefix("EPSG:") == _WGS84:
        return shape
    try:
        known = gpd.GeoSeries([shape], crs=f"EPSG:{code.removeprefix('EPSG:')}")
    except CRSError:
        return None
    return known.to_crs(f"EPSG:{_WGS84}").iloc[0]
