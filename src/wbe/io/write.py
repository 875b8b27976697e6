"""Files out: tidy tables and GeoPackage, the same bytes for the same content.

Nothing here depends on the clock, the locale or the order of a hash. Text that a spreadsheet would
take for a formula is written with an apostrophe before it; numbers are never touched.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.io.netcdf.files import write_netcdf as write_netcdf
from wbe.io.tier_files import STYLES, LayerStyle, style_table

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from wbe.findings import Findings

ESTIMATE_COLUMNS = (
    "sample_id", "site", "area", "round", "time", "matrix", "lab", "analyte", "drug", "quantity",
    "method", "unit", "value", "lower", "upper", "status", "factor_ids",
)  # fmt: skip
TIER_TEXTS = ("area", "name", "round", "drug", "quantity", "unit", "tier", "flags")
#: Digits kept of a float: more than any measurement has, fewer than where processors differ.
SIGNIFICANT = 12
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: GeoPackage stamps its last change; a fixed one keeps two runs the same.
GPKG_DATE = "2000-01-01T00:00:00.000Z"
GPKG_LAYER, GPKG_GEOMETRY = "tiers", "geom"


def safe_text(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("Plant A")
    ("'=1+1", 'Plant A')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def bare_text(text: str) -> str:
    """Take the apostrophe off that `safe_text` put on.

    Examples
    --------
    >>> bare_text("'=1+1"), bare_text("'s-Hertogenbosch")
    ('=1+1', "'s-Hertogenbosch")
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 with BOM and LF; missing values are empty.

    Parameters
    ----------
    frame : DataFrame
        Text, numbers, booleans and times; the index is left out.
    path : Path
        The file, replaced if it exists.
    """
    columns = [_texts(frame[name]) for name in frame.columns]
    # the BOM by hand: the codec that adds it by itself encodes row by row, in Python
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([safe_text(str(name)) for name in frame.columns])
        writer.writerows(zip(*columns, strict=True))


def write_estimates(table: pd.DataFrame, path: Path) -> None:
    """Write estimates.csv: the columns of the contract, in their order.

    Raises
    ------
    KeyError
        If a column of the contract is missing.
    """
    write_csv(table[list(ESTIMATE_COLUMNS)], path)


def write_findings(findings: Findings, path: Path, lang: str = "en") -> None:
    """Write findings.csv: every finding, sorted."""
    write_csv(findings.to_frame(lang), path)


def write_areas(
    tiers: gpd.GeoDataFrame, path: Path, style: LayerStyle | None = None, *,
    layer: str = GPKG_LAYER, promote: bool = True,
) -> None:  # fmt: skip
    """Write areas.gpkg: the tiers with their geometry, for QGIS.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry, EPSG:4326.
    path : Path
        The file, replaced if it exists.
    style : LayerStyle, optional
        How QGIS draws the layer when it is opened; from `wbe.plot.layer_style`.
    layer : str
        Name of the layer.
    promote : bool
        Whether polygons beside multi-part ones become such of one part, so that all are of one
        type.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import pyogrio

    path.unlink(missing_ok=True)
    with _gdal_option("OGR_CURRENT_DATE", GPKG_DATE):
        try:
            tiers.to_file(path, driver="GPKG", layer=layer, engine="pyogrio", index=False,
                          promote_to_multi=None if promote else False)  # fmt: skip
            if style is not None:
                found = style_table(layer, GPKG_GEOMETRY, style, GPKG_DATE)
                pyogrio.write_dataframe(found, path, driver="GPKG", layer=STYLES,
                                        layer_options={"FID": "id"})  # fmt: skip
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            why = str(error).rpartition("failed: ")[2]  # what stands before is the whole SQL
            raise OSError(f"{path.name} could not be written: {why}") from error


def read_tier_table(table: Path) -> pd.DataFrame:
    """Read tiers.csv back without geometry.

    Parameters
    ----------
    table : Path
        tiers.csv.

    Returns
    -------
    DataFrame
        Text as it was before `safe_text`; ``resolved`` boolean, other columns float.
    """
    import pandas as pd

    frame = pd.read_csv(table, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    for name in frame.columns:
        if name in TIER_TEXTS:
            frame[name] = [bare_text(value) for value in frame[name]]
        elif name != "resolved":
            frame[name] = pd.to_numeric(frame[name]).astype(float)
    frame["resolved"] = frame["resolved"] == "true"
    return frame


def read_tiers(table: Path, package: Path) -> gpd.GeoDataFrame:
    """Read the tiers of a finished run back.

    Parameters
    ----------
    table : Path
        tiers.csv.
    package : Path
        areas.gpkg; without it no area has a geometry.

    Returns
    -------
    GeoDataFrame
        The rows of tiers.csv, text as it was before `safe_text`, EPSG:4326.
    """
    import geopandas as gpd

    frame = read_tier_table(table)
    places = {}
    if package.is_file():
        stored = gpd.read_file(package, layer=GPKG_LAYER, engine="pyogrio")
        places = dict(zip(stored["area"], stored.geometry, strict=True))
    geometry = [places.get(area) for area in frame["area"]]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326")


def _texts(column: pd.Series) -> Iterable[str]:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return ["" if pd.isna(v) else str(bool(v)).lower() for v in column]
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(v) else v.isoformat(timespec="seconds") for v in column]
    if pd.api.types.is_numeric_dtype(column):
        pairs = zip(column.tolist(), column.isna().tolist(), strict=True)
        return ["" if missing else number_text(v) for v, missing in pairs]
    known: dict[str, str] = {}  # labels repeat: each is made safe once
    return [_known_cell(v, known) for v in column.tolist()]


def _known_cell(value: Any, known: dict[str, str]) -> str:
    if not isinstance(value, str):
        return _cell(value)
    if value not in known:
        known[value] = safe_text(value)
    return known[value]


def _cell(value: Any) -> str:
    """One cell of a column of mixed type."""
    import pandas as pd

    if isinstance(value, str):
        return safe_text(value)
    if value is None or pd.isna(value):
        return ""
    return number_text(value) if isinstance(value, int | float) else safe_text(str(value))


def number_text(value: float) -> str:
    """Write a number with at most 12 significant digits and no needless zeros.

    Examples
    --------
    >>> number_text(0.1 + 0.2), number_text(5.0), number_text(12)
    ('0.3', '5', '12')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f"{float(value):.{SIGNIFICANT}g}"


@contextmanager
def _gdal_option(name: str, value: str) -> Iterator[None]:
    import pyogrio

    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: value})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})
