"""Samples, sites and areas from a database, by the way that those of files take."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.areas import areas_from, read_layer
from wbe.io.layout.files import Layout, Layouts, layouts_of
from wbe.io.places import sites_of
from wbe.io.read import read_sources
from wbe.io.sources import Source, source_of_sheet
from wbe.io.sql.database import Database, database_of
from wbe.io.sql.rows import fetch
from wbe.io.sql.statements import clause, known_table, no_table
from wbe.io.text import Refused

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from sqlalchemy import Connection, Inspector, Select

    from wbe.io.sql.statements import Table


_LISTED = ("f_geometry_column", "f_table_schema", "f_table_name")


def read_sql(
    url: str | PathLike[str],
    table_or_query: str,
    *,
    layout: str | PathLike[str] | Layout | Layouts = "auto",
    errors: str = "raise",
) -> xr.Dataset:
    """Read samples from a table or a query of a database.

    The rows become the text that a person would type (NULL is a blank, a number the shortest text
    of the same number, a date in ISO form) and are then read like those of a CSV file: the same
    layouts, units, checks and findings. In findings ``sheet`` is the table (``query`` of a query)
    and ``line`` the number of the row, the header counted as line 1.

    Parameters
    ----------
    url : str or path
        ``postgresql://user:password@host/database``, ``sqlite:///lab.sqlite``, or the path of a
        SQLite file or a GeoPackage. A password may be left to ``~/.pgpass``; it stands in no
        message and no record.
    table_or_query : str
        Name of a table or view, ``schema.table`` where its schema is not the usual one; or a
        single SELECT. Nothing is ever changed. Rows come in the order of the query's ORDER BY, or
        of a table's primary key of whole numbers; all others are sorted by their texts.
    layout : str, path, Layout or Layouts
        As in `wbe.read`.
    errors : str
        As in `wbe.read`.

    Returns
    -------
    Dataset (sample, analyte)
        See `wbe.schema`. ``attrs["files"]`` names the database with the SHA-256 of its rows as
        CSV.

    Raises
    ------
    FindingsError
        With ``errors="raise"``, if anything was rejected; carries all findings.
    UsageError
        If an argument cannot be used, there is no such table, it has more than 24 million cells,
        or the extra ``sql`` is missing.
    EnvironmentFault
        If the server or the disk says no.

    Examples
    --------
    >>> import wbe, tempfile
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stored = wbe.io.write_sql(samples, f"{folder}/lab.sqlite", "samples")
    ...     again = wbe.io.read_sql(f"{folder}/lab.sqlite", "samples")
    >>> stored.added, dict(again.sizes), again.attrs["files"][0]["name"]
    (169, {'sample': 13, 'analyte': 13}, 'lab.sqlite')
    """
    if errors not in ("raise", "reject"):
        raise UsageError(f"errors must be 'raise' or 'reject', not {errors!r}")
    layouts = layouts_of(layout)
    findings = Findings()
    source = open_sql(database_of(url), table_or_query, findings, layouts)
    samples = read_sources([source], findings, layouts.form)
    if errors == "raise" and findings.errors:
        raise FindingsError(findings)
    return samples


def read_sql_sites(url: str | PathLike[str], table_or_query: str) -> gpd.GeoDataFrame:
    """Read a table of sites from a database; coordinates stay as written.

    Parameters
    ----------
    url : str or path
        As in `read_sql`.
    table_or_query : str
        As in `read_sql`.

    Returns
    -------
    GeoDataFrame
        As `wbe.read_sites` gives it.

    Raises
    ------
    FindingsError
        If the table is refused or no row is left.
    UsageError
        If there is no such table, or the extra ``sql`` is missing.
    EnvironmentFault
        If the server or the disk says no.

    Examples
    --------
    >>> import wbe, tempfile
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site": ["North", "South"], "population": [80_000, 120_000],
    ...                       "population_basis": "served", "population_date": "2020-11-01"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stored = wbe.io.write_sql(sites, f"{folder}/lab.sqlite", "sites")
    ...     read = wbe.io.read_sql_sites(f"{folder}/lab.sqlite", "sites")
    >>> read[["site", "population"]].values.tolist()
    [['North', 80000.0], ['South', 120000.0]]
    """
    findings = Findings()
    source = open_sql(database_of(url), table_or_query, findings, layouts_of("auto"))
    sites = sites_of(source, findings)
    if sites is None or sites.empty:
        raise FindingsError(findings)
    return sites


def read_sql_areas(url: str | PathLike[str], table: str) -> gpd.GeoDataFrame:
    """Read areas from a table or view of PostGIS, or from a layer of a GeoPackage.

    Parameters
    ----------
    url : str or path
        As in `read_sql`.
    table : str
        Table or view of PostGIS with one column of geometry, which is listed in
        ``geometry_columns``; layer of a GeoPackage.

    Returns
    -------
    GeoDataFrame
        As `wbe.read_areas` gives it: ``area, name, population, geometry`` in EPSG:4326.

    Raises
    ------
    FindingsError
        If the table is refused or no feature is left.
    UsageError
        If there is no such table, or the extra ``sql`` is missing.
    EnvironmentFault
        If the server or the disk says no.

    Examples
    --------
    >>> import wbe, tempfile
    >>> areas = wbe.read_areas("data/samples/example-county/areas.geojson")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stored = wbe.io.write_sql(areas, f"{folder}/lab.gpkg", "areas")
    ...     again = wbe.io.read_sql_areas(f"{folder}/lab.gpkg", "areas")
    >>> again.drop(columns="geometry").equals(areas.drop(columns="geometry"))
    True
    """
    findings = Findings()
    database = database_of(url)
    areas = areas_from(lambda: _features(database, table), database.name, findings)
    if areas is None or areas.empty:
        raise FindingsError(findings)
    return areas


def open_sql(
    database: Database, table_or_query: str, findings: Findings, layouts: Layouts
) -> Source:
    """Open a table or a query as `wbe.io.sources.open_source` opens a file.

    Parameters
    ----------
    database : Database
    table_or_query : str
    findings : Findings
        Receives what is noticed.
    layouts : Layouts

    Returns
    -------
    Source
        Without tables if the rows were refused.
    """
    record = {"sha256": "", "encoding": database.kind}
    try:
        sheet, record["sha256"] = fetch(database, table_or_query)
    except Refused as refused:
        findings.add(refused.rule, file=database.name, line=refused.line, **refused.details)
        return Source(Path(database.name), database.name, {"name": database.name, **record})
    return source_of_sheet(sheet, {**record, "table": sheet.name}, findings, layouts)


def _features(database: Database, table: str) -> gpd.GeoDataFrame:
    """Features of a table, in the system that the database states."""
    from sqlalchemy import inspect

    with database.reading() as connection:
        inspector = inspect(connection)
        found = known_table(inspector, table)
        if found is None:
            raise UsageError(no_table(database, inspector, table))
        if database.file is None:
            return _of_postgis(connection, inspector, found)
    if not database.is_geopackage:
        raise Refused("not_an_areas_file", reason="it is no GeoPackage (.gpkg)")
    return read_layer(database.file, layer=table)


def _of_postgis(connection: Connection, inspector: Inspector, table: Table) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from pyproj.exceptions import CRSError
    from sqlalchemy import literal_column, select

    columns = _geometry_columns(connection, table.schema or inspector.default_schema_name, table)
    if not columns:
        raise Refused("not_an_areas_file", reason="it holds no geometry")
    if len(columns) > 1:
        raise Refused("not_an_areas_file", reason=f"it has several: {', '.join(columns)}",
                      reason_zh=f"有多个几何列：{'、'.join(columns)}")  # fmt: skip
    chosen: Select[Any] = select(literal_column("*")).select_from(clause(table))
    try:
        return gpd.read_postgis(chosen, connection, geom_col=columns[0])
    except CRSError as error:
        raise Refused("not_an_areas_file", reason=type(error).__name__) from None


def _geometry_columns(connection: Connection, schema: str | None, table: Table) -> list[str]:
    """Columns of geometry of a table or view, as PostGIS lists them."""
    from sqlalchemy import column, select
    from sqlalchemy import table as of_name

    listed = of_name("geometry_columns", *map(column, _LISTED))
    chosen = select(listed.c.f_geometry_column).where(
        listed.c.f_table_schema == schema, listed.c.f_table_name == table.name
    )
    return sorted(connection.scalars(chosen))
