"""Files out: tidy tables, NetCDF and GeoPackage, the same bytes for the same content.

Nothing here depends on the clock, the locale or the order of a hash. Text that a spreadsheet would
take for a formula is written with an apostrophe before it; numbers are never touched.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.io.tier_files import STYLES, LayerStyle, style_table

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr

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


def write_areas(tiers: gpd.GeoDataFrame, path: Path, style: LayerStyle | None = None) -> None:
    """Write areas.gpkg: the tiers with their geometry, for QGIS.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry, EPSG:4326.
    path : Path
        The file, replaced if it exists.
    style : LayerStyle, optional
        How QGIS draws the layer when it is opened; from `wbe.plot.layer_style`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import pyogrio

    path.unlink(missing_ok=True)
    with _gdal_option("OGR_CURRENT_DATE", GPKG_DATE):
        try:
            tiers.to_file(path, driver="GPKG", layer=GPKG_LAYER, engine="pyogrio", index=False)
            if style is not None:
                found = style_table(GPKG_LAYER, GPKG_GEOMETRY, style, GPKG_DATE)
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


def write_netcdf(result: xr.Dataset, path: Path) -> None:
    """Write estimates.nc: the Dataset with its units, CF point layout, NetCDF-3.

    Parameters
    ----------
    result : Dataset
        What :func:`wbe.estimate` returns. Attributes that NetCDF does not know are written as
        JSON; booleans as bytes, whole numbers as 32 bits, times as seconds since 1970.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from xarray.backends import ScipyDataStore

    data = _portable(result)
    # Made in memory: scipy would write a file in hundreds of small pieces. Not by `to_netcdf`: it
    # loads dask's cluster client, where there is one, only to ask for its scheduler.
    whole = io.BytesIO()
    store = ScipyDataStore(whole, mode="w", format="NETCDF3_64BIT")
    data.dump_to_store(store, encoding=_time_encoding(data))
    store.close()
    path.write_bytes(whole.getbuffer())


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


def _portable(result: xr.Dataset) -> xr.Dataset:
    """Copy a Dataset into what NetCDF-3 can hold, with CF names."""
    import xarray as xr

    coords = {n: _variable(v.variable) for n, v in result.coords.items()}
    values = {n: _variable(v.variable) for n, v in result.data_vars.items()}
    data = xr.Dataset(values, coords)
    _name_places(data)
    data.attrs = {"Conventions": "CF-1.11", "featureType": "point", **_attrs(result.attrs)}
    return data


def _variable(variable: xr.Variable) -> tuple[tuple[Any, ...], np.ndarray, dict[str, Any]]:
    import numpy as np

    values = np.asarray(variable.values)
    if values.dtype.kind == "b":
        values = values.astype("int8")
    elif values.dtype.kind in "iu" and values.dtype.itemsize > 4:
        values = _narrow(values)
    elif values.dtype.kind in "OUST":
        values = np.array([_cell_text(v) for v in values.ravel()], dtype=object)
        values = values.reshape(variable.shape)
    return variable.dims, values, _attrs(variable.attrs)


def _narrow(values: np.ndarray) -> np.ndarray:
    """Whole numbers to 32 bits, or to float where they do not fit."""
    import numpy as np

    limits = np.iinfo("int32")
    fits = not values.size or (values.min() >= limits.min and values.max() <= limits.max)
    return values.astype("int32" if fits else "float64")


def _cell_text(value: object) -> str:
    """Text of a label; NetCDF-3 has no missing text, so missing is empty."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _attrs(attrs: dict[Any, Any]) -> dict[str, Any]:
    """Attributes as text and numbers; anything else as sorted JSON."""
    kept: dict[str, Any] = {}
    for name, value in attrs.items():
        if isinstance(value, str | float) or (
            isinstance(value, int) and not isinstance(value, bool)
        ):
            kept[str(name)] = value
        elif value is not None:
            kept[str(name)] = _json(value)
    return kept


def _json(value: Any) -> str:
    """One text for one value; Findings and tables know how to become JSON."""
    if hasattr(value, "to_json"):
        return str(value.to_json())
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_as_plain)


def _as_plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _name_places(data: xr.Dataset) -> None:
    """Standard names of CF's point layout."""
    known = {
        "time": {"standard_name": "time", "axis": "T"},
        "lon": {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
        "lat": {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
    }
    for name, attrs in known.items():
        if name in data.variables:
            data[name].attrs |= attrs


def _time_encoding(data: xr.Dataset) -> dict[str, dict[str, Any]]:
    times = (n for n, v in data.variables.items() if v.dtype.kind == "M")
    encoding = {"units": "seconds since 1970-01-01", "dtype": "float64", "_FillValue": math.nan}
    return {str(name): {**encoding} for name in times}
