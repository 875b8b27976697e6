"""Tiers for other programs: the style inside a GeoPackage, GeoJSON and GeoParquet.

Each writer gives the same bytes for the same table. None of them hides anything: hand them what a
run may publish (the tiers of a public run, or what `wbe publish` copies).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wbe import names
from wbe.errors import UsageError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Table in which QGIS keeps the styles of a GeoPackage's layers.
STYLES: Final = "layer_styles"
_WGS84: Final = "EPSG:4326"
# More digits than a place has (RFC 7946, 11.2: 6 decimals are 10 cm) or a value is worth.
_DECIMALS, _FIGURES = 7, 12


@dataclass(frozen=True)
class LayerStyle:
    """How QGIS draws a layer.

    Parameters
    ----------
    name : str
        At most 30 characters, which is what QGIS reserves for it.
    description : str
    qml : str
        QGIS's own description of the style; it reads this one.
    sld : str
        The same as OGC Styled Layer Descriptor 1.1.0, for other programs.

    Raises
    ------
    UsageError
        The name is empty or too long.

    Examples
    --------
    >>> from wbe.io.tier_files import LayerStyle
    >>> LayerStyle("tiers", "Tiers of methamphetamine", "<qgis/>", "<sld/>").name
    'tiers'
    """

    name: str
    description: str
    qml: str
    sld: str

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= 30:
            raise UsageError(f"the name of a style has 1 to 30 characters, not {len(self.name)}")


def style_table(layer: str, geometry_column: str, style: LayerStyle, stamp: str) -> pd.DataFrame:
    """Return the row of ``layer_styles`` by which QGIS finds a layer's default style.

    Parameters
    ----------
    layer, geometry_column : str
        As in ``gpkg_geometry_columns``; QGIS looks for both, and for an empty schema.
    style : LayerStyle
    stamp : str
        Time of the last change, ISO 8601.

    Returns
    -------
    DataFrame (1,)
        ``f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
        styleSLD, useAsDefault, description, owner, ui, update_time``.

    Examples
    --------
    >>> from wbe.io.tier_files import LayerStyle, style_table
    >>> style = LayerStyle("tiers", "Tiers of methamphetamine", "<qgis/>", "<sld/>")
    >>> style_table("tiers", "geom", style, "2026-01-01T00:00:00")["styleName"].tolist()
    ['tiers']
    """
    import pandas as pd

    row = {
        "f_table_catalog": "", "f_table_schema": "", "f_table_name": layer,
        "f_geometry_column": geometry_column, "styleName": style.name, "styleQML": style.qml,
        "styleSLD": style.sld, "useAsDefault": True, "description": style.description,
        "owner": "", "ui": "", "update_time": pd.Timestamp(stamp),
    }  # fmt: skip
    return pd.DataFrame([row])


def write_geojson(tiers: gpd.GeoDataFrame, path: Path) -> None:
    """Write tiers as GeoJSON (RFC 7946): WGS 84, outer rings counter-clockwise.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry in known coordinates.
    path : Path
        The file, replaced if it exists.

    Raises
    ------
    UsageError
        The coordinate system of the geometry is not known.
    OSError
        If the file cannot be written.

    Notes
    -----
    Coordinates have 7 decimals (1 cm), other numbers 12 significant digits. Missing values are
    null; an area without geometry is a Feature whose geometry is null.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd
    >>> from wbe.io.tier_files import write_geojson
    >>> place = gpd.points_from_xy([116.0], [23.0], crs="EPSG:4326")
    >>> tiers = gpd.GeoDataFrame({"area": ["A"], "tier": ["general"]}, geometry=place)
    >>> with TemporaryDirectory() as folder:
    ...     write_geojson(tiers, Path(folder, "tiers.geojson"))
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['tiers.geojson']
    """
    import pyogrio

    table = _in_wgs84(tiers)
    path.unlink(missing_ok=True)
    options = {"RFC7946": "YES", "WRITE_NAME": "NO", "COORDINATE_PRECISION": str(_DECIMALS),
               "SIGNIFICANT_FIGURES": str(_FIGURES)}  # fmt: skip
    try:
        table.to_file(path, driver="GeoJSON", engine="pyogrio", index=False,
                      layer_options=options)  # fmt: skip
    except pyogrio.errors.DataSourceError as error:
        raise OSError(f"{path.name} could not be written: {error}") from error


def write_geoparquet(tiers: gpd.GeoDataFrame, path: Path) -> None:
    """Write tiers as GeoParquet 1.1: WGS 84, geometry as WKB.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry in known coordinates.
    path : Path
        The file, replaced if it exists.

    Raises
    ------
    UsageError
        pyarrow is not installed, or the coordinate system of the geometry is not known.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd
    >>> from wbe.io.tier_files import write_geoparquet
    >>> place = gpd.points_from_xy([116.0], [23.0], crs="EPSG:4326")
    >>> tiers = gpd.GeoDataFrame({"area": ["A"], "tier": ["general"]}, geometry=place)
    >>> with TemporaryDirectory() as folder:
    ...     write_geoparquet(tiers, Path(folder, "tiers.parquet"))
    ...     gpd.read_parquet(Path(folder, "tiers.parquet"))["tier"].tolist()
    ['general']
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UsageError(names.both("geoparquet.missing")) from None
    table = _in_wgs84(tiers)
    table.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")


def _in_wgs84(tiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a plain copy in WGS 84: without attrs, which some formats would write out."""
    if tiers.crs is None:
        raise UsageError("the coordinate system of the areas is not known: set it with set_crs")
    table = tiers.copy(deep=False)
    table.attrs = {}
    return table if table.crs == _WGS84 else table.to_crs(_WGS84)
