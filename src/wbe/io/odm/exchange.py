"""PHES-ODM-shaped tables in and out.

Samples, measures, sites, polygons and quality reports in the shape of the Public Health
Environmental Surveillance Open Data Model, version 2 (docs/phes-odm.md has the mapping). ODM has no
illicit-drug measures: what it has no id for carries the prefix ``wbe:``, and no table written here
has been validated by its tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wbe import names
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.odm.about import put_about
from wbe.io.odm.files import replacing, write_tables
from wbe.io.odm.places import areas_of_polygons, sites_from
from wbe.io.odm.places_out import put_places
from wbe.io.odm.read import open_odm, samples_of
from wbe.io.odm.samples_out import Sheets, put_samples

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr


@dataclass(frozen=True)
class OdmWritten:
    """What was written.

    Attributes
    ----------
    path : Path
        The folder or the workbook.
    rows : dict of str to int
        Table to its number of rows.
    lost : dict of str to int
        What the tables have no place for, and how many of it; empty if everything is carried.

    Examples
    --------
    >>> import tempfile, wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = wbe.io.write_odm(samples, f"{folder}/odm")
    >>> written.rows["samples"], written.rows["measures"]
    (13, 182)
    """

    path: Path
    rows: dict[str, int]
    lost: dict[str, int]


class Odm(NamedTuple):
    """What ODM tables hold.

    Attributes
    ----------
    samples : Dataset (sample, analyte)
        As `wbe.read` returns it; ``attrs["findings"]`` holds the findings of all tables.
    sites, areas : GeoDataFrame or None
        As `wbe.read_sites` and `wbe.read_areas` return them; None without such a table.

    Examples
    --------
    >>> import wbe
    >>> wbe.io.Odm._fields
    ('samples', 'sites', 'areas')
    """

    samples: xr.Dataset
    sites: gpd.GeoDataFrame | None
    areas: gpd.GeoDataFrame | None


def odm_tables(
    samples: xr.Dataset, sites: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
) -> Sheets:  # fmt: skip
    """Tables to write, as text, and what they have no place for.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    sites, areas : GeoDataFrame, optional

    Returns
    -------
    Sheets
    """
    sheets = Sheets()
    put_places(samples, sites, areas, sheets)
    put_samples(samples, sheets)
    put_about(sheets, [str(file["name"]) for file in samples.attrs.get("files", ())])
    return sheets


def write_odm(
    samples: xr.Dataset,
    target: str | PathLike[str],
    *,
    sites: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
) -> OdmWritten:
    """Write ODM-shaped tables to a folder (a CSV a table) or a workbook (a sheet a table).

    Concentrations are written in mg/L (``mgL``), flows in m^3/day (``m3D``), both of ODM's own
    units; contents [ng/g], loads [mg/day] and population-normalised loads
    [mg/day/1000 inhabitants] in namespaced ones. Numbers are converted in decimal.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        As `wbe.read` returns it.
    target : path
        A folder, which may hold an older set of such tables and nothing else; or a file that ends
        in ``.xlsx``. It is written whole or not at all.
    sites, areas : GeoDataFrame, optional
        As `wbe.read_sites` and `wbe.read_areas` return them.

    Returns
    -------
    OdmWritten

    Raises
    ------
    UsageError
        If the target cannot be such a place, or an outline is too long for a cell.
    OSError
        If the disk refuses; what stood there is still in its place.

    Examples
    --------
    >>> import tempfile, wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lost = wbe.io.write_odm(samples, f"{folder}/odm").lost
    ...     again = wbe.io.read_odm(f"{folder}/odm").samples
    >>> lost
    {'findings about no one sample': 6}
    >>> bool((again["concentration"] == samples["concentration"]).sum() > 0)
    True
    """
    path = Path(target)
    sheets = odm_tables(samples, sites, areas)
    with replacing(path) as part:
        write_tables(sheets.tables, part, path.suffix)
    rows = {name: len(table) - 1 for name, table in sheets.tables.items()}
    return OdmWritten(path, rows, dict(sheets.lost))


def read_odm(
    path: str | PathLike[str], *, encoding: str | None = None, errors: str = "raise"
) -> Odm:
    """Read ODM tables: a folder of CSV files, or a workbook with a sheet a table.

    Measures of substances that are known here become results; every other part is named with its
    count and left out. Tables and columns about persons are not read.

    Parameters
    ----------
    path : path
        Tables are known by the names that ODM gives them (``samples.csv``, ``measures.csv``, ...).
    encoding : str, optional
        Codec of text files, instead of BOM, UTF-8, GB18030 in turn.
    errors : str
        ``raise``, or ``reject``: what an error rejects has status ``rejected``.

    Returns
    -------
    Odm
        Concentrations [ng/L], contents [ng/g], flows [m^3/day] as `wbe.read` gives them.

    Raises
    ------
    FindingsError
        With ``errors="raise"``, if anything was rejected; carries all findings.
    UsageError
        If an argument is none of the words above.

    Examples
    --------
    >>> import tempfile, wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites("data/samples/example-county/sites.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = wbe.io.write_odm(samples, f"{folder}/odm.xlsx", sites=sites)
    ...     found = wbe.io.read_odm(f"{folder}/odm.xlsx")
    >>> dict(found.samples.sizes), len(found.sites), found.areas
    ({'sample': 13, 'analyte': 13}, 65, None)
    """
    if errors not in ("raise", "reject"):
        raise UsageError(names.both("odm.errors_word", found=repr(errors)))
    findings = Findings()
    place = Path(path)
    opened = open_odm(place, "" if place.is_dir() else place.name, findings, encoding)
    sites, areas = sites_from(opened, findings), areas_of_polygons(opened, findings)
    samples = samples_of(opened, findings)
    if errors == "raise" and findings.errors:
        raise FindingsError(findings)
    for frame in (sites, areas):
        if frame is not None:
            frame.attrs["findings"] = findings
    return Odm(samples, sites, areas)
