"""Areas from geographic files: features with an id, a name and a geometry in WGS 84."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbe import names
from wbe.chinese import in_chinese
from wbe.findings import Findings
from wbe.io.cells import read_quantity
from wbe.io.geo.area_geometry import checked
from wbe.io.geo.geojson import read_geojson
from wbe.io.geo.geoparquet import read_geoparquet
from wbe.io.header import classify
from wbe.io.opening import bytes_of
from wbe.io.text import Refused, kind_of

if TYPE_CHECKING:
    import geopandas as gpd

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")
PARQUET = (".parquet", ".geoparquet")
_PROPERTIES_OF_TIERS = frozenset({"area", "round", "drug", "tier"})


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
    return areas_from(lambda: features_of(path, name, findings, encoding), name, findings)


def areas_from(
    opened: Callable[[], gpd.GeoDataFrame], name: str, findings: Findings
) -> gpd.GeoDataFrame | None:
    """Areas of features from wherever they come; None if they are refused, with the reason.

    Parameters
    ----------
    opened : callable
        Gives the features with their properties, or raises `Refused`.
    name : str
        Name for findings.
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    GeoDataFrame or None
    """
    try:
        frame = opened()
        if set(frame.columns) >= _PROPERTIES_OF_TIERS:
            raise Refused("areas_file_of_tiers")
        refuse_personal(frame, name, findings)
        frame = to_wgs84(frame, name, findings)
    except Refused as refused:
        if refused.rule != "columns_refused":
            findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        return None
    findings.rows += len(frame)
    unreadable = frame.attrs.get("unreadable", {})
    areas = checked(_columns(frame), unreadable, name, findings)
    findings.accepted += len(areas)
    areas.attrs = {"findings": findings, "file": name}
    return areas


def features_of(
    path: Path, name: str, findings: Findings, encoding: str | None
) -> gpd.GeoDataFrame:
    """Features of a geographic file with their properties, in the system that it states.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives which layer was chosen.
    encoding : str or None

    Returns
    -------
    GeoDataFrame

    Raises
    ------
    Refused
        If the file is none of areas, or damaged.
    """
    data = bytes_of(path)
    suffix = path.suffix.lower()
    if suffix not in (*SUFFIXES, *PARQUET):
        raise Refused("not_an_areas_file", reason=f"{suffix or 'no suffix'} is no known format",
                      reason_zh=f"不支持的格式：{suffix or '无扩展名'}")  # fmt: skip
    if not data.strip():
        raise Refused("file_empty")
    if suffix in (".geojson", ".json"):
        return read_geojson(data, encoding)
    if suffix in PARQUET and data.startswith(b"PAR1"):
        return read_geoparquet(data)
    expected = b"SQLite format 3\x00" if suffix == ".gpkg" else b"\x00\x00\x27\x0a"
    if not data.startswith(expected):
        kind = kind_of(data)
        raise Refused("not_an_areas_file", reason=f"its content is no {suffix} but {kind}",
                      reason_zh=f"内容不是 {suffix}，而是 {in_chinese('found', kind)}")  # fmt: skip
    return _layer(path, name, findings, encoding)


def _layer(path: Path, name: str, findings: Findings, encoding: str | None) -> gpd.GeoDataFrame:
    options: dict[str, str] = {}
    if path.suffix.lower() == ".shp":
        options["encoding"] = encoding or _table_encoding(path)
        for part, what in ((".shx", "index"), (".dbf", "table")):
            if not _beside(path, part).is_file():
                raise Refused("not_an_areas_file", reason=f"its {what} ({part}) is missing")
    with _refusing():
        if path.suffix.lower() == ".gpkg":
            options["layer"] = _chosen_layer(path, name, findings)
        return read_layer(path, **options)


def read_layer(path: Path, **options: str) -> gpd.GeoDataFrame:
    """Features of one layer of a geographic file.

    Parameters
    ----------
    path : Path
    **options
        ``layer``, ``encoding``: as pyogrio takes them.

    Raises
    ------
    Refused
        ``not_an_areas_file``.
    """
    import geopandas as gpd

    with _refusing():
        frame = gpd.read_file(path, engine="pyogrio", **options)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise Refused("not_an_areas_file", reason="it holds no geometry")
    return frame


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn GDAL's no into a refusal of the file."""
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

    try:
        yield
    except (DataSourceError, DataLayerError, FeatureError, FieldError, ValueError) as error:
        raise Refused("not_an_areas_file", reason=type(error).__name__) from None


def _beside(path: Path, suffix: str) -> Path:
    """Another file of a Shapefile, whose suffix may be in capitals."""
    capitals = path.with_suffix(suffix.upper())
    return capitals if capitals.is_file() else path.with_suffix(suffix)


def _chosen_layer(path: Path, name: str, findings: Findings) -> str:
    """The layer that holds areas; several are no choice of a program."""
    import pyogrio

    layers = [str(layer) for layer, kind in pyogrio.list_layers(path) if kind is not None]
    if not layers:
        raise Refused("not_an_areas_file", reason="it holds no geometry")
    fields = {layer: pyogrio.read_info(path, layer=layer)["fields"] for layer in layers}
    named = [
        layer for layer in layers
        if any(names.resolve("field", str(f)) in ("area", "name") for f in fields[layer])
    ]  # fmt: skip
    if len(named) > 1:
        raise Refused("layers_ambiguous", values=", ".join(named))
    chosen = (named or layers)[0]
    if len(layers) > 1:
        others = ", ".join(layer for layer in layers if layer != chosen)
        findings.add("layer_chosen", file=name, value=chosen, count=len(layers), others=others)
    return chosen


def _table_encoding(path: Path) -> str:
    """Encoding of a Shapefile's table: what its .cpg says, else UTF-8, else GB18030."""
    stated = _beside(path, ".cpg")
    if stated.is_file():
        return stated.read_text(encoding="ascii", errors="replace").strip() or "UTF-8"
    table = _beside(path, ".dbf")
    if not table.is_file():
        return "UTF-8"
    data = table.read_bytes()
    body = data[int.from_bytes(data[8:10], "little") :]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def refuse_personal(frame: gpd.GeoDataFrame, name: str, findings: Findings) -> None:
    """Refuse features with properties of persons.

    Raises
    ------
    Refused
        ``columns_refused``, with a finding for each of them.
    """
    personal = [c for c in frame.columns if classify(str(c)).kind == "personal"]
    for column in personal:
        findings.add("personal_data", file=name, column=str(column))
    if personal:
        raise Refused("columns_refused")


def to_wgs84(frame: gpd.GeoDataFrame, name: str, findings: Findings) -> gpd.GeoDataFrame:
    """Bring features to WGS 84; what they state and what their numbers can be must agree."""
    bounds, crs = frame.total_bounds, frame.crs
    if not np.isfinite(bounds).all():  # no geometry at all, which is said of each feature
        return frame.set_crs("EPSG:4326", allow_override=True)
    largest = np.abs(bounds)
    degrees = bool((largest <= (180, 90, 180, 90)).all())
    if crs is not None and crs.is_projected:
        if degrees:
            raise Refused("areas_crs_contradicts", crs=crs.to_string()[:60])
        moved = frame.to_crs("EPSG:4326")
        if not np.isfinite(moved.total_bounds).all():
            raise Refused("areas_crs_contradicts", crs=crs.to_string()[:60])
        return moved
    if not degrees:
        swapped = bool((largest <= (90, 180, 90, 180)).all())
        raise Refused("areas_axes_swapped" if swapped else "areas_crs_missing")
    if crs is None:
        findings.add("areas_crs_assumed", file=name)
        return frame.set_crs("EPSG:4326")
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
