"""Sites and polygons of ODM, read by the readers of sites and of areas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wbe.findings import Finding, Findings
from wbe.io.areas import areas_from
from wbe.io.header import Column, Header
from wbe.io.odm.keys import shared_ids
from wbe.io.odm.read import LAYOUT, Opened
from wbe.io.odm.systems import WGS84, epsg_of, in_degrees, system_of, to_wgs84
from wbe.io.odm.table import Raw
from wbe.io.odm.words import our_word, word_of
from wbe.io.places import sites_of
from wbe.io.sources import Source, Table
from wbe.io.tables import Sheet

if TYPE_CHECKING:
    import geopandas as gpd

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
    for number, row in enumerate(raw.rows(), start=1):
        cells = [restated.get(name, _plain(head))(raw, row) for name, head in heads]
        sheet.rows.append(cells)
        sheet.lines.append(raw.line(row))
        sheet.written |= {
            (number, at): raw.text(row, head) for at, (_, head) in enumerate(heads)
            if raw.text(row, head) not in ("", cells[at])
        }  # fmt: skip
    return Table(sheet, Header(0, 1, columns), "sites", LAYOUT)


def _plain(head: str) -> _Restate:
    return lambda raw, row: raw.text(row, head)


def _area(raw: Raw, row: int) -> str:
    return raw.text(row, "wbe:area") or raw.text(row, "polygonID")


def _crs(raw: Raw, row: int) -> str:
    stated = raw.text(row, "geoEPSG")
    code = epsg_of(stated)
    return f"EPSG:{code}" if code else stated or raw.text(row, "wbe:crs")


def _type(raw: Raw, row: int) -> str:
    """Kind of site, else the building that the sewage comes from, where ODM calls it so."""
    kind = raw.text(row, "siteType")
    return our_word("site_type", kind) if kind else word_of(
        "shed", raw.text(row, "sampleShed"))  # fmt: skip


def _at(finding: Finding, raw: Raw) -> Finding:
    """A finding with the cell of a workbook that it is about."""
    row = None if finding.line is None else raw.row_at.get(finding.line)
    if finding.rule == "crs_unknown" and row is not None and raw.text(row, "geoEPSG"):
        stated = raw.text(row, "geoEPSG")  # a code that nobody gave out is no fault of the degrees
        finding = replace(finding, column="geoEPSG", value=stated)
    at = raw.at.get(finding.column, raw.others.get(finding.column))
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
    rows = _own_rows(raw, findings)
    lines = {raw.text(row, "polygonID"): row for row in rows}
    noticed = Findings()
    frame = areas_from(lambda: _features(raw, rows, noticed), raw.sheet.file, noticed)

    def placed(finding: Finding) -> Finding:
        row = lines.get(finding.value)
        return finding if row is None else replace(finding, line=raw.line(row))

    findings.extend(Findings(map(placed, noticed), noticed.rows, noticed.accepted))
    return frame


def _own_rows(raw: Raw, findings: Findings) -> list[int]:
    """Rows of polygons whose id no other row has; the others are named, once each."""
    shared = shared_ids(raw, "polygonID", raw.rows())
    own = []
    for row in raw.rows():
        if row in shared.repeated:
            raw.note(findings, "odm_polygon_repeated", row, "polygonID")
            findings.accepted += 1
        elif row not in shared.clashing:
            own.append(row)
        elif row != shared.clashing[row][0]:
            raw.note(findings, "area_twice", row, "polygonID")
    findings.rows += len(shared.repeated) + len(shared.clashing)
    return own


def _features(raw: Raw, rows: list[int], findings: Findings) -> gpd.GeoDataFrame:
    """Outlines in WGS 84, each from the system that its row states."""
    import geopandas as gpd
    import shapely

    shapes = shapely.from_wkt([raw.text(row, "geoWKT") or None for row in rows],
                              on_invalid="ignore")  # fmt: skip
    unstated = [row for row, shape in zip(rows, shapes, strict=True)
                if not raw.text(row, "geoEPSG") and in_degrees(shape)]  # fmt: skip
    if unstated:  # metres are refused by the reader of areas
        raw.note(findings, "areas_crs_assumed", unstated[0], "geoEPSG")
    systems = {row: system_of(epsg_of(raw.text(row, "geoEPSG") or WGS84)) for row in rows}
    kept: list[int] = []
    moved: list[Any] = []
    unreadable: dict[int, str] = {}
    for row, shape in zip(rows, shapes, strict=True):
        there = None if None in (shape, systems[row]) else to_wgs84(shape, systems[row])
        if _is_misplaced(raw, row, systems[row], (shape, there), findings):
            continue
        if shape is None and raw.text(row, "geoWKT"):
            unreadable[len(kept)] = "it is no well-known text"
        kept.append(row)
        moved.append(there)
    texts = {ours: [raw.text(row, odm) for row in kept]
             for ours, odm in (("area", "polygonID"), ("name", "name"),
                               ("population", "polyPop"))}  # fmt: skip
    frame = gpd.GeoDataFrame(texts, geometry=moved, crs=f"EPSG:{WGS84}")
    frame.attrs["unreadable"] = unreadable
    return frame


def _is_misplaced(
    raw: Raw, row: int, system: Any, shapes: tuple[Any, Any], findings: Findings
) -> bool:
    """Whether nobody can say where an outline lies; it is refused, with the reason.

    A system in metres has no outlines of a few metres around its origin, nor any that end nowhere.
    """
    stated, there = shapes
    if system is None:
        raw.note(findings, "odm_epsg_unknown", row, "geoEPSG")
    elif system.is_projected and in_degrees(stated):
        raw.note(findings, "crs_contradicts", row, "geoEPSG", crs=raw.text(row, "geoEPSG"))
    elif there is not None and not there.is_empty and not all(map(math.isfinite, there.bounds)):
        raw.note(findings, "odm_outline_elsewhere", row, "geoEPSG")
    else:
        return False
    findings.rows += 1
    return True
