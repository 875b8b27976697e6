"""Geographic files of places: areas, sites and tiers as GeoPackage, GeoParquet and GeoJSON.

One writer for all three, which writes the columns of their kind and refuses any other: what a run
keeps to itself does not slip into a file for others. The same table gives the same bytes.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import FindingsError, UsageError
from wbe.io.tier_files import write_geoparquet

if TYPE_CHECKING:
    import geopandas as gpd

SUFFIXES: Final = (".gpkg", ".parquet", ".geoparquet", ".geojson")
AREA_COLUMNS: Final = ("area", "name", "population")
TIER_NUMBERS: Final = ("value", "lower", "upper", "rank", "rank_lower", "rank_upper", "n_sites",
                       "n_samples", "n_censored")  # fmt: skip
_WGS84: Final = "EPSG:4326"


def write_places(frame: gpd.GeoDataFrame, path: str | PathLike[str]) -> None:
    """Write areas, sites or tiers to a geographic file.

    Parameters
    ----------
    frame : GeoDataFrame
        From `wbe.read_areas`, `wbe.read_sites`, `wbe.rank` or `wbe.io.read_tiers`, in WGS 84. A
        site whose position is in another datum has no geometry in the file, only its columns.
    path : path
        ``.gpkg``, ``.parquet`` (GeoParquet 1.1), ``.geoparquet`` or ``.geojson``; replaced if it
        exists.

    Raises
    ------
    UsageError
        If the frame is none of the three, has a column that its kind does not have, is not in
        WGS 84, the suffix is another, or GeoParquet is asked for without the extra ``parquet``.
    OSError
        If the file cannot be written.

    Notes
    -----
    What a frame holds in its ``attrs`` is not written: findings, and of tiers the breaks and
    labels, which stand in run.json.

    Examples
    --------
    >>> import tempfile, wbe
    >>> from pathlib import Path
    >>> areas = wbe.read_areas("data/samples/example-county/areas.geojson")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wbe.io.write_places(areas, Path(folder) / "areas.parquet")
    ...     again = wbe.read_areas(Path(folder) / "areas.parquet")
    >>> again.equals(areas)
    True
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{target.name}: places are written as {', '.join(SUFFIXES)}")
    write_as(frame, target, target.suffix)


def write_as(frame: gpd.GeoDataFrame, target: Path, suffix: str) -> None:
    """Write places as `write_places` does, in the format of a suffix whatever the file is called.

    Parameters
    ----------
    frame : GeoDataFrame
    target : Path
    suffix : str
        One of `SUFFIXES`.
    """
    kind = kind_of_places(frame)
    _require_columns(frame, kind)
    out = _in_wgs84(frame, kind)
    if suffix.lower() == ".gpkg":
        from wbe.io.write import write_areas

        named = target.with_suffix(".gpkg")  # GDAL warns of any other name
        write_areas(out, named, layer=kind, promote=False)
        named.replace(target)
    elif suffix.lower() == ".geojson":
        target.write_bytes(_geojson(out))
    else:
        write_geoparquet(out, target)


def read_tiers(path: str | PathLike[str]) -> gpd.GeoDataFrame:
    """Read tiers back from a geographic file, such as the ``areas.gpkg`` of a run.

    Parameters
    ----------
    path : path
        ``.gpkg``, ``.parquet``, ``.geoparquet`` or ``.geojson``.

    Returns
    -------
    GeoDataFrame
        The columns of tiers.csv in EPSG:4326: texts, ``resolved`` as truth values, numbers.

    Raises
    ------
    FindingsError
        If the file cannot be read, or holds no tiers.

    Examples
    --------
    >>> import tempfile, wbe
    >>> from pathlib import Path
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> places = wbe.read_sites(f"{folder}/sites.csv"), wbe.read_areas(f"{folder}/areas.geojson")
    >>> values = wbe.by_area(wbe.estimate(wbe.locate(samples, *places), draws=200))
    >>> tiers = wbe.rank(values, "methamphetamine")
    >>> with tempfile.TemporaryDirectory() as target:
    ...     wbe.io.write_places(tiers, Path(target) / "synthetic.gpkg")
    ...     again = wbe.io.read_tiers(Path(target) / "synthetic.gpkg")
    >>> again["tier"].equals(tiers["tier"])
    True
    """
    from wbe.findings import Findings
    from wbe.io.areas import features_of
    from wbe.io.text import Refused

    findings, file = Findings(), Path(path)
    try:
        frame = features_of(file, file.name, findings, None)
        if kind_or_none(frame) != "tiers":
            raise Refused("not_an_areas_file", reason="it holds no tiers of a run")
    except Refused as refused:
        findings.add(refused.rule, file=file.name, line=refused.line, **refused.details)
        raise FindingsError(findings) from None
    return _typed(frame)


def kind_or_none(frame: gpd.GeoDataFrame) -> str:
    """``tiers``, ``sites`` or ``areas`` by the columns of a frame; "" for none of them."""
    columns = set(frame.columns)
    if {"area", "round", "drug", "tier"} <= columns:
        return "tiers"
    if "site" in columns:
        return "sites"
    return "areas" if "area" in columns else ""


def kind_of_places(frame: gpd.GeoDataFrame) -> str:
    """``tiers``, ``sites`` or ``areas`` by the columns of a frame.

    Raises
    ------
    UsageError
        If it is none of them, or has no geometry.
    """
    kind = kind_or_none(frame) if "geometry" in getattr(frame, "columns", ()) else ""
    if not kind:
        raise UsageError("a table of areas, sites or tiers with its geometry is needed")
    return kind


def _require_columns(frame: gpd.GeoDataFrame, kind: str) -> None:
    from wbe.io.places import SITE_COLUMNS
    from wbe.io.write import TIER_TEXTS

    known = {"areas": AREA_COLUMNS, "sites": SITE_COLUMNS,
             "tiers": (*TIER_TEXTS, *TIER_NUMBERS, "resolved")}[kind]  # fmt: skip
    others = [str(c) for c in frame.columns if c not in (*known, "geometry")
              and not (kind == "tiers" and str(c).startswith("p_"))]  # fmt: skip
    if others:
        raise UsageError(
            f"a table of {kind} has no column {', '.join(others)}: drop what is not to be written"
        )


def _in_wgs84(frame: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Geometries in WGS 84; of a site in a datum of its own none."""
    from wbe.io.places import DEGREES

    out = frame.copy()
    if kind == "sites":
        shapes = out.geometry.where(out["crs"].isin(DEGREES).to_numpy())
        return out.set_geometry(shapes.set_crs(_WGS84, allow_override=True))
    if out.crs is None or out.crs.to_epsg() != 4326:
        raise UsageError("places are written in WGS 84: call frame.to_crs('EPSG:4326') first")
    return out


def _geojson(frame: gpd.GeoDataFrame) -> bytes:
    """One feature a line; every digit kept, where `wbe.io.tier_files` rounds for a map."""
    from shapely.geometry import mapping

    columns = [c for c in frame.columns if c != "geometry"]
    values = zip(*(frame[c].tolist() for c in columns), strict=True)
    lines = []
    for row, shape in zip(values, frame.geometry, strict=True):
        properties = {c: _plain(v) for c, v in zip(columns, row, strict=True)}
        made = None if shape is None or shape.is_empty else mapping(shape)
        feature = {"type": "Feature", "properties": properties, "geometry": made}
        lines.append(json.dumps(feature, ensure_ascii=False, allow_nan=False))
    body = ",\n".join(lines)
    text = f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n'
    return text.encode("utf-8")


def _plain(value: Any) -> Any:
    """A cell for JSON, which knows no NaN."""
    return None if value is None or value != value else value


def _typed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns of tiers in their types, whatever the format made of empty ones."""
    import geopandas as gpd
    import pandas as pd

    from wbe.io.write import TIER_TEXTS

    geometry = frame.geometry.set_crs(frame.crs or _WGS84).to_crs(_WGS84)
    out = {}
    for name in (c for c in frame.columns if c != frame.geometry.name):
        column = frame[name]
        if name in TIER_TEXTS:
            out[name] = pd.Series(["" if v is None or v != v else str(v) for v in column.tolist()])
        elif name == "resolved":
            out[name] = column.astype(bool)
        elif pd.api.types.is_numeric_dtype(column):
            out[name] = column
        else:  # a column of nulls has no type in some formats
            out[name] = pd.to_numeric(column).astype(float)
    return gpd.GeoDataFrame(out, geometry=geometry.array, crs=_WGS84)


def is_geographic(path: Path) -> bool:
    """Whether a file holds places with shapes: by its name, and of Parquet by its content."""
    from wbe.io.areas import PARQUET
    from wbe.io.areas import SUFFIXES as OF_AREAS
    from wbe.io.geo.geoparquet import is_geoparquet

    suffix = path.suffix.lower()
    if suffix not in PARQUET:
        return suffix in OF_AREAS
    try:
        return suffix == ".geoparquet" or is_geoparquet(path.read_bytes())
    except OSError:
        return False  # opening it says why
