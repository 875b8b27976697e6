"""Sites and areas: where samples are taken, and the places that results are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbe.area_names import nearest_areas
from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.io.consent import NEEDS_CONSENT, consent_of
from wbe.io.euda.places import keys_of
from wbe.io.gather import extract
from wbe.io.programme import columns_of
from wbe.io.quantities import read_quantities
from wbe.io.rows import Body
from wbe.io.samples import contained, read_coordinates, read_population_basis
from wbe.io.site_positions import note_far, refuse_impossible
from wbe.io.sources import Source, Table
from wbe.io.text import Refused
from wbe.io.words import plain
from wbe.spellings import alike, mangled, nearest, rounded

if TYPE_CHECKING:
    import geopandas as gpd

SITE_COLUMNS = (
    "site", "name", "area", "lon", "lat", "crs", "population", "population_basis",
    "population_date", "role", "type", "consent",
)  # fmt: skip
DEGREES = ("wgs84", "cgcs2000")
_USED = frozenset({*SITE_COLUMNS, "town", "coordinates", "note", "serial_no", "province", "city",
                   "county"})  # fmt: skip


def read_sites(path: str | PathLike[str], *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Read a table of sites; coordinates stay as written, with their datum beside them.

    Parameters
    ----------
    path : path
        CSV, TSV or XLSX; the EUDA table of sites is recognised. Or a GeoPackage, GeoParquet,
        GeoJSON or Shapefile of points with a property ``site``: without columns of coordinates
        the points are the positions.
    encoding : str, optional
        Codec of a text file.

    Returns
    -------
    GeoDataFrame
        ``site, name, area, lon, lat, crs, population, population_basis, population_date, role,
        type, consent, geometry``; its ``crs`` is EPSG:4326 only if every position is in WGS 84 or
        CGCS2000.
        ``attrs["findings"]`` holds all findings; rows with errors are left out. ``attrs["file"]``
        and ``attrs["lines"]`` (by site) say where each stands.

    Raises
    ------
    FindingsError
        If the file is refused or no row is left.

    Examples
    --------
    >>> import wbe
    >>> sites = wbe.read_sites("data/samples/example-county/sites.csv")
    >>> len(sites), sorted(set(sites["crs"]))
    (65, ['bd09', 'wgs84'])
    """
    from wbe.io.geo.sites import open_sites

    findings = Findings()
    source = open_sites(Path(path), Path(path).name, findings, encoding)
    sites = sites_of(source, findings)
    if sites is None or sites.empty:
        raise FindingsError(findings)
    return sites


def sites_of(source: Source, findings: Findings) -> gpd.GeoDataFrame | None:
    """Sites of an opened file; None if it holds none."""
    tables = [t for t in source.tables if t.form in ("sites", "euda_sites")]
    if not tables:
        tables = [t for t in source.tables if t.header.has("site")][:1]
    if not tables:
        if source.tables:
            findings.add("not_a_sites_table", file=source.name)
        return None
    parts = []
    for table in tables:
        try:
            parts.append(_sites(table, findings))
        except Refused as refused:
            if refused.rule != "columns_refused":
                findings.add(refused.rule, file=source.name, sheet=table.sheet.name,
                             line=refused.line, **refused.details)  # fmt: skip
    if not parts:
        return None
    return _as_frame(pd.concat(parts, ignore_index=True), source.name, findings)


def _sites(table: Table, findings: Findings) -> pd.DataFrame:
    if table.form == "euda_sites":
        return _euda_sites(table, findings)
    body = extract(table.sheet, table.header, findings, quality_control=False)
    _note_unknown(body)
    rows = _site_rows(body)
    findings.rows += body.seen
    kept = _settle_repeats(body, rows)
    findings.accepted += len(body) - int(body.rejected.sum())
    return kept


def _site_rows(body: Body, crs: str = "") -> pd.DataFrame:
    """One record a row, in the columns of a sites table."""
    rows = pd.DataFrame(index=range(len(body)))
    towns = body.plain("town")
    sites = body.plain("site")
    rows["site"] = [s if s.startswith(t) else t + s for s, t in zip(sites, towns, strict=True)]
    rows["name"] = [plain(t) or s for t, s in zip(body.field("name"), rows["site"], strict=True)]
    rows["area"] = [plain(a) or t for a, t in zip(body.field("area"), towns, strict=True)]
    refuse_impossible(body)
    read_coordinates(body, rows, crs)
    rows["population"] = read_quantities(body, "population")
    read_population_basis(body, rows)
    rows["population_date"] = body.plain("population_date")
    rows["role"] = _known_words(body, "role", "role")
    rows["type"] = _known_words(body, "type", "site_type")
    rows["consent"] = _consents(body, rows["type"].tolist())
    for name in ("population_basis", "population_date"):
        unstated = rows["population"].notna() & (rows[name] == "")
        if unstated.any():
            body.note(f"{name}_unstated", count=int(unstated.sum()))
    return rows


def _note_unknown(body: Body) -> None:
    for column in body.header.columns:
        known = column.kind == "field" and column.id in _USED
        if not known and column.kind != "blank":
            body.note("column_left_out", column=column)


def _known_words(body: Body, name: str, kind: str) -> list[str]:
    texts = body.plain(name)
    column = body.header.column(name)
    found = [contained(kind, t) if t else "" for t in texts]
    for position, (text, known) in enumerate(zip(texts, found, strict=True)):
        if text and not known:
            from wbe.names import ids

            body.note("word_unknown", position, column, field=name, choices=", ".join(ids(kind)))
    return found


def _consents(body: Body, types: list[str]) -> list[str]:
    """Records of consent; empty where there is none that can be read."""
    column, kind = body.header.column("consent"), body.header.column("type")
    found = []
    for position, (text, type_) in enumerate(zip(body.plain("consent"), types, strict=True)):
        is_read = consent_of(text) is not None
        if text and not is_read:
            body.note("consent_unreadable", position, column)
        elif type_ in NEEDS_CONSENT and not is_read:
            body.note("consent_missing", position, kind, kind=type_)
        found.append(text if is_read else "")
    return found


def _settle_repeats(body: Body, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without a site, and sites with two rows; positions shared by two sites are flagged."""
    column = body.header.column("site")
    refused = set(np.flatnonzero(body.rejected).tolist())
    for position in np.flatnonzero((rows["site"] == "").to_numpy()):
        body.note("site_missing", int(position), column)
        refused.add(int(position))
    for _, group in rows[rows["site"] != ""].groupby("site", sort=True):
        if len(group) < 2:
            continue
        same = len(group.drop_duplicates()) == 1
        for position in group.index[1:]:
            rule = "site_repeated" if same else "site_twice"
            body.note(rule, int(position), column, site=group["site"].iloc[0])
        refused |= set(group.index[1:] if same else group.index)
        if not same:
            body.rejected[group.index] = True
    kept = rows[~rows.index.isin(refused)]
    placed = kept[kept["lon"].notna()]
    for _, group in placed.groupby(["lon", "lat", "crs"], sort=True):
        for position in group.index[1:]:
            body.note("coordinates_shared", int(position), column,
                      site=kept["site"][position], other=group["site"].iloc[0])  # fmt: skip
    note_far(body, kept)
    _note_names(body, kept)
    return kept.assign(line=body.first_lines[kept.index])


def _note_names(body: Body, kept: pd.DataFrame) -> None:
    """Names that a spreadsheet has changed, and names that are nearly those of another site."""
    column = body.header.column("site")
    names, positions = kept["site"].tolist(), kept.index.tolist()
    for one in mangled(names):
        body.note(one.rule, positions[one.position], column, site=names[one.position],
                  field="site", nearest=" / ".join(one.candidates) or "none")  # fmt: skip
    if cut := rounded(names):
        body.note("id_digits_lost", column=column, field="site", value=cut[0], count=len(cut))
    for name, known in alike(names):
        body.note("names_alike", positions[names.index(name)], column, site=name, field="site",
                  other=known)  # fmt: skip


def _euda_sites(table: Table, findings: Findings) -> pd.DataFrame:
    """The EUDA table: a place is country and city, as in the table of loads."""
    sheet, header = table.sheet, table.header
    named = columns_of("euda_sites", sheet.rows[header.row])
    ours = {"City": "site", "Latitude": "lat", "Longitude": "lon", "Population": "population"}
    header.columns = [
        replace(c, kind="field" if name in ours else "unknown", id=ours.get(name, ""))
        for c, name in zip(header.columns, named, strict=True)
    ]
    body = extract(sheet, header, findings, quality_control=False)
    country, city = (body.cells[named.index(name)] for name in ("Country", "City"))
    lines = body.lines.tolist()
    body.cells[named.index("City")] = keys_of(country, city, lines, sheet.file, findings)
    rows = _site_rows(body, crs="wgs84")
    rows["name"], rows["area"] = city, rows["site"]
    rows["type"] = "wwtp"
    findings.rows += body.seen
    kept = _settle_repeats(body, rows)
    findings.accepted += len(body) - int(body.rejected.sum())
    return kept


def _as_frame(rows: pd.DataFrame, file: str, findings: Findings) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    rows = rows.sort_values("site", kind="stable").reset_index(drop=True)
    points = np.full(len(rows), None, dtype=object)
    placed = rows["lon"].notna().to_numpy()
    points[placed] = shapely.points(rows["lon"][placed], rows["lat"][placed])
    degrees = bool(placed.any()) and rows["crs"][placed].isin(DEGREES).all()
    table = {name: rows[name].to_numpy() for name in SITE_COLUMNS}
    frame = gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326" if degrees else None)
    frame.attrs["findings"], frame.attrs["file"] = findings, file
    frame.attrs["lines"] = dict(zip(rows["site"], rows["line"].tolist(), strict=True))
    return frame


def read_areas(path: str | PathLike[str], *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Read areas from GeoJSON, GeoPackage, GeoParquet or Shapefile, brought to WGS 84.

    Parameters
    ----------
    path : path
    encoding : str, optional
        Codec of a Shapefile's table or of a GeoJSON text.

    Returns
    -------
    GeoDataFrame
        ``area, name, population, geometry`` in EPSG:4326. ``attrs["findings"]`` holds all
        findings; features with errors are left out.

    Raises
    ------
    FindingsError
        If the file is refused or no feature is left.

    Examples
    --------
    >>> import wbe
    >>> areas = wbe.read_areas("data/samples/example-county/areas.geojson")
    >>> len(areas), areas.crs.to_string(), areas.columns.tolist()
    (13, 'EPSG:4326', ['area', 'name', 'population', 'geometry'])
    """
    from wbe.io.areas import areas_of

    findings = Findings()
    areas = areas_of(Path(path), Path(path).name, findings, encoding)
    if areas is None or areas.empty:
        raise FindingsError(findings)
    return areas


def note_unmatched(
    findings: Findings, sampled: Mapping[str, str], sites: Any, areas: Any, file: str
) -> None:
    """Sites and areas that one table names and the other does not.

    Parameters
    ----------
    findings : Findings
        Receives what is noticed.
    sampled : mapping of str to str
        Site to area ("" where none is stated) of the laboratory tables.
    sites, areas : GeoDataFrame or None
        The area that the sites table states comes before that of the laboratory table.
    file : str
        Name of the sites file for findings.
    """
    used = dict(sampled)
    if sites is not None:
        known = dict(zip(sites["site"], sites["area"], strict=True))
        alone, unused = sorted(set(sampled) - set(known)), sorted(set(known) - set(sampled))
        for site in alone if sampled else ():
            findings.add("site_not_in_sites", site=site, value=site,
                         nearest=_or_none(nearest(site, unused)))  # fmt: skip
        for site in unused if sampled else ():
            findings.add("site_without_samples", file=file, site=site, value=site,
                         line=sites.attrs.get("lines", {}).get(site),
                         nearest=_or_none(nearest(site, alone)))  # fmt: skip
        used |= {site: area for site, area in known.items() if area}
    if areas is not None:
        for area in sorted(set(used.values()) - {""} - set(areas["area"])):
            findings.add("area_not_in_areas", value=area,
                         nearest=_or_none(nearest_areas(area, areas["area"].tolist())))  # fmt: skip


def _or_none(names: list[str]) -> str:
    return ", ".join(names) or "none"
