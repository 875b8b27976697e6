"""Check files without computing anything: every finding, in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.findings import Findings
from wbe.io.areas import SUFFIXES as AREA_SUFFIXES
from wbe.io.catchments import catchments_of, matched
from wbe.io.geo.files import is_geographic
from wbe.io.geo.sites import sites_or_areas
from wbe.io.indicators import indicators_of, note_unknown_areas
from wbe.io.instruments import Options, is_quandata, judge_options
from wbe.io.layout.files import Layout, Layouts, layouts_of
from wbe.io.odm.places import areas_of_polygons, sites_from
from wbe.io.odm.read import open_odm
from wbe.io.odm.words import is_odm
from wbe.io.places import note_unmatched, sites_of
from wbe.io.quality import assess_quality
from wbe.io.read import as_paths, read_sources
from wbe.io.sources import Source, open_source, printable, shown_names
from wbe.io.statcan import means_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SUFFIXES = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".geoparquet",
    ".nc", ".nc4", ".xml", *AREA_SUFFIXES,
)  # fmt: skip

_XML_HEAD = 4096  # bytes in which an export says what it is


def check(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]],
    *,
    sites: str | PathLike[str] | None = None,
    areas: str | PathLike[str] | None = None,
    encoding: str | None = None,
    quality: bool = True,
    layout: str | PathLike[str] | Layout | Layouts = "auto",
    sidecar: str | PathLike[str] | None = None,
    enrichment: float | None = None,
    dilution: float | None = None,
    unit: str = "",
) -> Findings:
    """Check laboratory tables, sites, areas and indicators; each is known by its header.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, or folders whose tables are checked.
    sites, areas : path, optional
        A sites table and a file of areas to check along, and against the laboratory tables.
    encoding : str, optional
        Codec of text files.
    quality : bool
        Whether to judge the laboratory's batches by the acceptance limits of the package.
    layout : str, path, Layout or Layouts
        ``auto``, a form of table, the name of a layout, or a layout file; of laboratory tables.
    sidecar, enrichment, dilution, unit
        Of exports of instruments, as in `wbe.read`.

    Returns
    -------
    Findings
        With the counts of rows seen and accepted.

    Raises
    ------
    UsageError
        If no path was given, or an argument cannot be used.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> wbe.check(f"{folder}/lab/2018Q1_plants_synthetic.csv", sites=f"{folder}/sites.csv")
    <Findings: 0 errors, 137 flags>
    """
    told = Options(Path(sidecar) if sidecar is not None else None, enrichment, dilution, unit)
    beside = [Path(path) if path is not None else None for path in (sites, areas)]
    examined = examine(
        as_paths(paths), *beside, encoding=encoding, quality=quality, layouts=layouts_of(layout),
        told=told,
    )  # fmt: skip
    return examined.findings.sorted()


@dataclass(frozen=True)
class Examined:
    """What a check read.

    Attributes
    ----------
    findings : Findings
        In the order of reading.
    sites, areas : GeoDataFrame or None
        The last table of each kind.
    sampled : dict of str to str
        Site to area ("" where none is stated) of the laboratory tables.
    """

    findings: Findings
    sites: gpd.GeoDataFrame | None
    areas: gpd.GeoDataFrame | None
    sampled: dict[str, str]


def examine(
    paths: Sequence[Path],
    sites: Path | None,
    areas: Path | None,
    *,
    encoding: str | None,
    quality: bool,
    layouts: Layouts,
    told: Options,
    catchments: Path | None = None,
) -> Examined:
    """Check as `check` does, and keep the tables for checks that need several of them."""
    findings = Findings()
    files = _files(list(paths))
    given = [path for path in (sites, areas, catchments) if path is not None]
    files += list(zip(given, shown_names(given), strict=True)) if given else []
    found_sites, found_areas, sites_file = None, None, ""
    laboratory: list[Source] = []
    statistics: list[pd.DataFrame] = []
    spread: list[pd.DataFrame] = []
    for path, name in _once(files):
        if is_odm(path):
            opened = open_odm(path, f"{name}/" if name else "", findings, encoding)
            laboratory.append(opened.source)
            found_areas = areas_of_polygons(opened, findings)
            if "sites" in opened.raws:
                found_sites = sites_from(opened, findings)
                sites_file = opened.raws["sites"].sheet.file
            continue
        if is_geographic(path):
            asked = sites is not None and path.resolve() == sites.resolve()
            place = sites_or_areas(path, name, findings, encoding, as_sites=asked)
            if isinstance(place, Source):
                found_sites, sites_file = sites_of(place, findings), name
            else:
                found_areas = place
            continue
        source = open_source(path, name, findings, encoding, layouts, told)
        if _is_catchments(source, path, catchments):
            table = catchments_of(source, findings)
            spread += [] if table is None else [table]
        elif _is_sites(source, path, sites):
            found_sites, sites_file = sites_of(source, findings), name
        elif any(table.form == "indicators" for table in source.tables):
            found = indicators_of(source, findings)
            statistics += [] if found is None else [found]
        elif any(table.form == "statcan" for table in source.tables):
            findings.add("published_means_table", file=name, severity="flag")
            means_of(source, findings)
        else:
            laboratory.append(source)
    judge_options(told, laboratory, findings)
    sampled = _read(laboratory, findings, quality, layouts.form)
    note_unmatched(findings, sampled, found_sites, found_areas, sites_file)
    known = None if found_areas is None else found_areas["area"].tolist()
    for table in spread if sampled else ():
        matched(table, sampled, known, findings)
    if found_areas is not None:
        for table in statistics:
            note_unknown_areas(table, [*found_areas["area"], *found_areas["name"]], findings)
    return Examined(findings, found_sites, found_areas, sampled)


def _read(sources: list[Source], findings: Findings, quality: bool, form: str) -> dict[str, str]:
    """Site to area of the laboratory tables; files of one folder are read as one."""
    folders: dict[Path, list[Source]] = {}
    for source in sources:
        folders.setdefault(source.path.resolve().parent, []).append(source)
    areas: dict[str, str] = {}
    for together in folders.values():
        samples = read_sources(together, findings, form)
        if quality:
            # only what this adds: the findings of reading stand in the list already
            judged = assess_quality(samples.assign_attrs(findings=Findings()))
            findings.extend(iter(judged.attrs["findings"]))
        sites = samples["site"].values.tolist()
        areas |= dict(zip(sites, samples["area"].values.tolist(), strict=True))
    return areas


def _is_catchments(source: Source, path: Path, catchments: Path | None) -> bool:
    if catchments is not None and path.resolve() == catchments.resolve():
        return True
    return any(table.form == "catchments" for table in source.tables)


def _is_sites(source: Source, path: Path, sites: Path | None) -> bool:
    if sites is not None and path.resolve() == sites.resolve():
        return True
    return any(table.form in ("sites", "euda_sites") for table in source.tables)


def is_table(path: Path) -> bool:
    """Whether a file of a folder is to be checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        Of XML only the export of an instrument: programs of maps leave notes in XML beside theirs.
    """
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    if path.suffix.lower() != ".xml":
        return True
    try:
        with path.open("rb") as file:
            return is_quandata(file.read(_XML_HEAD))
    except OSError:
        return True  # opening it says why


def _files(paths: list[Path]) -> list[tuple[Path, str]]:
    """Files of folders under their relative names, files by their own."""
    single = [path for path in paths if not path.is_dir()]
    found = list(zip(single, shown_names(single), strict=True))
    for folder in (path for path in paths if path.is_dir()):
        if is_odm(folder):  # one set of tables, not several laboratory tables
            found.append((folder, ""))
            continue
        inner = sorted(
            (f for f in folder.rglob("*") if is_table(f)),
            key=lambda f: f.relative_to(folder).as_posix(),
        )
        names = [printable(f.relative_to(folder).as_posix()) for f in inner]
        found += [(f, n) for f, n in zip(inner, names, strict=True) if not f"/{n}".count("/.")]
    return found


def _once(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    seen: dict[Path, tuple[Path, str]] = {}
    for path, name in files:
        seen.setdefault(path.resolve(), (path, name))
    return list(seen.values())
