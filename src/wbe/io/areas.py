"""Areas from geographic files: features with an id, a name and a geometry in WGS 84."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbe import names
from wbe.findings import Findings
from wbe.io.cells import read_quantity
from wbe.io.header import classify
from wbe.io.text import Refused, decode, kind_of

if TYPE_CHECKING:
    import geopandas as gpd

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")
_OVERLAP = 1e-6  # share of the smaller area below which a common border is drawn twice


def areas_of(
    path: Path, name: str, findings: Findings, encoding: str | None = None
) -> gpd.GeoDataFrame | None:
    """Areas of a file; None if it is refused, with the reason among the findings.

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
    GeoDataFrame or None
    """
    try:
        frame = _open(path, name, findings, encoding)
        _refuse_personal(frame, name, findings)
        frame = _to_wgs84(frame, name, findings)
    except Refused as refused:
        if refused.rule != "columns_refused":
            findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        return None
    findings.rows += len(frame)
    areas = _checked(_columns(frame), name, findings)
    findings.accepted += len(areas)
    areas.attrs["findings"] = findings
    return areas


def _open(path: Path, name: str, findings: Findings, encoding: str | None) -> gpd.GeoDataFrame:
    if path.is_dir():
        raise Refused("is_directory")
    if not path.is_file():
        raise Refused("file_not_found")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused("not_an_areas_file", reason=f"{suffix or 'no suffix'} is no known format")
    data = path.read_bytes()
    if not data.strip():
        raise Refused("file_empty")
    if suffix in (".geojson", ".json"):
        return _geojson(data, name, findings, encoding)
    expected = b"SQLite format 3\x00" if suffix == ".gpkg" else b"\x00\x00\x27\x0a"
    if not data.startswith(expected):
        raise Refused("not_an_areas_file", reason=f"the bytes are no {suffix} but {kind_of(data)}")
    return _layer(path, encoding)


def _layer(path: Path, encoding: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from pyogrio.errors import DataSourceError, FeatureError, FieldError

    options = {}
    if path.suffix.lower() == ".shp":
        options["encoding"] = encoding or _table_encoding(path)
    try:
        frame = gpd.read_file(path, engine="pyogrio", **options)
    except (DataSourceError, FeatureError, FieldError, UnicodeDecodeError, ValueError) as error:
        raise Refused("not_an_areas_file", reason=type(error).__name__) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise Refused("not_an_areas_file", reason="it holds no geometry")
    return frame


def _table_encoding(path: Path) -> str:
    """Encoding of a Shapefile's table: what its .cpg says, else UTF-8, else GB18030."""
    stated = path.with_suffix(".cpg")
    if stated.is_file():
        return stated.read_text(encoding="ascii", errors="replace").strip() or "UTF-8"
    table = path.with_suffix(".dbf")
    if not table.is_file():
        return "UTF-8"
    data = table.read_bytes()
    body = data[int.from_bytes(data[8:10], "little") :]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _geojson(data: bytes, name: str, findings: Findings, encoding: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd

    content = _parsed(decode(data, encoding).text)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise Refused("not_an_areas_file", reason="it is no FeatureCollection with features")
    records, shapes = [], []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        records.append(dict(properties) if isinstance(properties, dict) else {})
        shapes.append(_shape(feature, number, name, findings))
    frame = gpd.GeoDataFrame(pd.DataFrame(records), geometry=shapes)
    return frame.set_crs(_stated_crs(content))


def _parsed(text: str) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise Refused("not_an_areas_file", line=error.lineno, reason="it is no JSON") from None
    except (ValueError, RecursionError) as error:
        raise Refused("not_an_areas_file", reason=str(error)[:80]) from None


def _shape(feature: Any, number: int, name: str, findings: Findings) -> Any:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return None
    try:
        return shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        findings.add("geometry_invalid", file=name, value=f"feature {number}",
                     reason=type(error).__name__)  # fmt: skip
        return None


def _stated_crs(content: dict[str, Any]) -> str:
    """The old ``crs`` member where there is one; GeoJSON is WGS 84 otherwise."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    member = content.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    stated = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(stated, str):
        return "EPSG:4326"
    try:
        return str(CRS.from_user_input(stated).to_string())
    except CRSError:
        raise Refused("not_an_areas_file", reason=f"unknown crs {stated[:60]!r}") from None


def _refuse_personal(frame: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    personal = [c for c in frame.columns if classify(str(c)).kind == "personal"]
    for column in personal:
        findings.add("personal_data", file=name, column=str(column))
    if personal:
        raise Refused("columns_refused")


def _to_wgs84(frame: gpd.GeoDataFrame, name: str, findings: Findings) -> gpd.GeoDataFrame:
    bounds = frame.total_bounds
    known = np.isfinite(bounds).all()
    degrees = known and bool((np.abs(bounds) <= (180, 90, 180, 90)).all())
    if frame.crs is None or (frame.crs.is_geographic and not degrees):
        if known and not degrees:
            raise Refused("areas_crs_missing")
        findings.add("areas_crs_assumed", file=name)
        return frame.set_crs("EPSG:4326", allow_override=True)
    return frame.to_crs("EPSG:4326")


def _columns(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Properties under our names: area, name, population."""
    import geopandas as gpd

    found: dict[str, str] = {}
    for column in frame.columns:
        field = names.resolve("field", str(column))
        if field in ("area", "name", "population") and field not in found:
            found[field] = str(column)
    texts = {
        key: _texts(frame[found[key]]) if key in found else [""] * len(frame)
        for key in ("area", "name", "population")
    }
    area = [a or n for a, n in zip(texts["area"], texts["name"], strict=True)]
    title = [n or a for a, n in zip(texts["area"], texts["name"], strict=True)]
    population = [_population(t) for t in texts["population"]]
    return gpd.GeoDataFrame(
        {"area": np.array(area, dtype=object), "name": np.array(title, dtype=object),
         "population": population},
        geometry=frame.geometry.to_numpy(), crs=frame.crs,
    )  # fmt: skip


def _texts(values: pd.Series) -> list[str]:
    texts = []
    for value in values.tolist():
        whole = isinstance(value, float) and value.is_integer()
        missing = value is None or (isinstance(value, float) and np.isnan(value))
        texts.append("" if missing else str(int(value) if whole else value).strip())
    return texts


def _population(text: str) -> float:
    reading = read_quantity(text)
    return reading.value if reading.kind == "number" and reading.value > 0 else float("nan")


def _checked(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> gpd.GeoDataFrame:
    """Leave out features without id or usable geometry; all of them are named."""
    from shapely.validation import explain_validity

    refused = set()
    twice = areas["area"].duplicated(keep=False) & (areas["area"] != "")
    for i, (area, shape) in enumerate(zip(areas["area"], areas.geometry, strict=True)):
        value = area or f"feature {i + 1}"
        before = len(findings)
        if not area:
            findings.add("area_missing", file=name, value=value)
        if twice[i]:
            findings.add("area_twice", file=name, value=value)
        if shape is None or shape.is_empty:
            findings.add("geometry_missing", file=name, value=value)
        elif not shape.is_valid:
            findings.add("geometry_invalid", file=name, value=value,
                         reason=explain_validity(shape))  # fmt: skip
        if len(findings) > before:
            refused.add(i)
    kept = areas[~areas.index.isin(refused)].sort_values("area", kind="stable")
    kept = kept.reset_index(drop=True)
    _note_overlaps(kept, name, findings)
    return kept


def _note_overlaps(areas: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    surfaces = areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])]
    shapes = surfaces.geometry.to_numpy()
    first, second = surfaces.sindex.query(shapes, predicate="intersects")
    for i, j in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if i < j:
            common = shapes[i].intersection(shapes[j]).area
            if common > _OVERLAP * min(shapes[i].area, shapes[j].area):
                findings.add("areas_overlap", file=name, value=surfaces["area"].iloc[i],
                             other=surfaces["area"].iloc[j])  # fmt: skip
