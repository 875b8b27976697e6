"""``wbe convert --to phes-odm`` and ``--from phes-odm``: ODM-shaped tables, and what is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wbe.errors import FindingsError, Said, UsageError, in_language
from wbe.findings import Findings
from wbe.run.convert_places import lost_properties
from wbe.run.disk import faults
from wbe.run.words import both, say

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from wbe.io.odm.read import Opened

ODM: Final = "phes-odm"
_BESIDE: Final = ("sites", "polygons")


@dataclass
class Beside:
    """What is written beside samples.

    Attributes
    ----------
    sites, areas : GeoDataFrame or None
    lines : list of str
        What is not carried of them, for a person.
    refused : bool
        Whether a file that was named gave nothing that could be used.
    """

    sites: gpd.GeoDataFrame | None = None
    areas: gpd.GeoDataFrame | None = None
    lines: list[str] = field(default_factory=list)
    refused: bool = False


def is_given(source: Path, given: str) -> bool:
    """Whether the source is to be read as ODM tables: it is asked for, or a folder holds them."""
    from wbe.io.odm.words import is_odm

    return given == ODM or (given == "auto" and is_odm(source))


def check_beside(wanted: str, target: Path, sites: Path | None, areas: Path | None) -> None:
    """Refuse sites and areas that no table is written for, that are not there, or the target.

    Raises
    ------
    UsageError
    """
    given = [path for path in (sites, areas) if path is not None]
    if given and wanted != ODM:
        raise UsageError(both("usage.beside_odm", layout=ODM))
    for path in given:
        if not path.exists():
            raise UsageError(both("usage.absent", path=repr(str(path))))
        if target.exists() and target.samefile(path):
            raise UsageError(both("usage.converts_input", name=target.name))


def read(source: Path, encoding: str | None, found: Findings) -> tuple[Opened, xr.Dataset]:
    """Open ODM tables as laboratory tables.

    Parameters
    ----------
    source : Path
        A folder or a workbook.
    encoding : str or None
    found : Findings
        Receives what is noticed.

    Returns
    -------
    opened : Opened
        Its source has one long table a quantity.
    samples : Dataset (sample, analyte)
    """
    from wbe.io.odm.read import open_odm, samples_of

    opened = open_odm(source, "" if source.is_dir() else source.name, found, encoding)
    return opened, samples_of(opened, found)


def hint(source: Path, found: Findings, lang: str) -> list[str]:
    """Say how ODM tables are read, where those of a refused source go by ODM's names."""
    from wbe.io.odm.words import is_odm, table_of

    if is_odm(source.parent) and table_of(source.stem):
        return [say("convert.odm.hint", lang, source=source.parent)]
    if {"samples", "measures"} <= {table_of(finding.sheet) for finding in found}:
        return [say("convert.odm.hint", lang, source=source)]
    return []


def not_in_lab_table(opened: Opened, lang: str) -> list[str]:
    """What a laboratory table does not hold of ODM's, for a person."""
    rows = {name: len(list(raw.rows())) for name, raw in opened.raws.items() if name in _BESIDE}
    return [say("convert.odm.beside", lang, n=n, what=name) for name, n in rows.items() if n]


def beside(
    opened: Opened | None, sites: Path | None, areas: Path | None, found: Findings, lang: str
) -> Beside:
    """Sites and areas to write: those of the files that are named, else those of the source.

    Parameters
    ----------
    opened : Opened or None
        ODM tables that are the source, if they are.
    sites, areas : Path or None
        As `wbe.read_sites` and `wbe.read_areas` take them.
    found : Findings
        Receives what is noticed.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Beside
    """
    from wbe.io import read_areas, read_sites
    from wbe.io.odm.places import areas_of_polygons, sites_from

    result = Beside()
    if sites is not None:
        result.sites = _of_file(read_sites, sites, found, result, lang)
    elif opened is not None:
        result.sites = _noticed(lambda noticed: sites_from(opened, noticed), found, result, lang)
    if areas is not None:
        result.areas = _of_file(read_areas, areas, found, result, lang)
        if result.areas is not None and (lost := lost_properties(areas, result.areas)):
            result.lines.append(_columns([name for name, _ in lost], areas.name, lang))
    elif opened is not None:
        result.areas = _noticed(
            lambda noticed: areas_of_polygons(opened, noticed), found, result, lang
        )
        raw = opened.raws.get("polygons")
        if raw is not None and raw.kept:
            result.lines.append(_columns(raw.kept, raw.name, lang))
    return result


def _of_file(
    reader: Callable[[Path], gpd.GeoDataFrame], path: Path, found: Findings, result: Beside,
    lang: str,
) -> gpd.GeoDataFrame | None:  # fmt: skip
    """Sites or areas of a file; None, and refused, where nothing of it can be used."""

    def read_file(noticed: Findings) -> gpd.GeoDataFrame | None:
        try:
            frame = reader(path)
        except FindingsError as error:
            noticed.extend(error.findings)
            result.refused = True
            return None
        noticed.extend(frame.attrs["findings"])
        return frame

    return _noticed(read_file, found, result, lang)


def _noticed(
    reader: Callable[[Findings], gpd.GeoDataFrame | None], found: Findings, result: Beside,
    lang: str,
) -> gpd.GeoDataFrame | None:  # fmt: skip
    """Read places, keep what is noticed, and say what of them is not carried."""
    noticed = Findings()
    frame = reader(noticed)
    found.extend(noticed)
    left_out = [f for f in noticed if f.rule == "column_left_out"]
    if left_out:
        result.lines.append(_columns([f.column for f in left_out], left_out[0].file, lang))
    if refused := noticed.rows - noticed.accepted:
        result.lines.append(say("convert.features", lang, n=refused))
    return frame


def _columns(names: list[str], file: str, lang: str) -> str:
    return say("convert.odm.columns", lang, file=file, what=", ".join(names))


def write(samples: xr.Dataset, places: Beside, target: Path, given: str, lang: str) -> list[str]:
    """Write samples as ODM-shaped tables, read them back, and keep them if they say the same.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    places : Beside
        Sites and areas to write along.
    target : Path
        A folder, or a file that ends in ``.xlsx``.
    given : str
        Layout of the source, for the last line.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of str
        What to tell a person: that nothing has been validated, what is not carried, what was
        written.

    Raises
    ------
    UsageError
        If the target cannot be written to, or the tables are read differently.
    EnvironmentFault
        If the disk refuses.
    """
    from wbe.io.odm.exchange import odm_tables, read_odm
    from wbe.io.odm.files import replacing, write_tables

    sheets = odm_tables(samples, places.sites, places.areas)
    with faults(target), replacing(target) as part:
        write_tables(sheets.tables, part, target.suffix)
        again = read_odm(part, errors="reject")
        changed = [
            *_changed(samples, again.samples),
            *_moved("site", places.sites, again.sites), *_moved("area", places.areas, again.areas),
        ]  # fmt: skip
        if changed:
            what = Said(", ".join(changed), "、".join(in_language(c, "zh") for c in changed))
            raise UsageError(both("convert.odm.changed", name=target.name, what=what))
    lines = [say("convert.lost", lang, n=n, what=in_language(what, lang))
             for what, n in sorted(sheets.lost.items())]  # fmt: skip
    rows = sum(len(table) - 1 for table in sheets.tables.values())
    words = {"path": target, "layout": ODM, "given": given}
    return [
        *places.lines, *lines, say("convert.odm.unvalidated", lang),
        say("convert.done", lang, n=rows, **words),
    ]  # fmt: skip


def _changed(before: xr.Dataset, after: xr.Dataset) -> Iterator[str]:
    """What is read differently: variables, and refused results that would count again."""
    from wbe.io.convert.compare import differences, no_longer_rejected
    from wbe.run.reading import USABLE

    yield from differences(before, after, ())
    for result in no_longer_rejected(before, after):
        if result.status in USABLE:
            yield both("convert.odm.counts_again", result=result)


def _moved(
    kind: str, before: gpd.GeoDataFrame | None, after: gpd.GeoDataFrame | None
) -> Iterator[str]:
    """Columns of sites or areas that are read differently; sites of samples may have been added."""
    if before is None:
        return
    ids = before[kind].tolist()
    if after is None or not set(ids) <= set(after[kind]):
        yield f"{kind}s"
        return
    again = after.set_index(kind).loc[ids].reset_index()
    for column in before.columns.drop("geometry"):
        if not before[column].reset_index(drop=True).equals(again[column]):
            yield f"{kind}.{column}"
    shapes = before.geometry.reset_index(drop=True), again.geometry
    if kind == "area" and not shapes[0].geom_equals(shapes[1]).all():
        yield "area.geometry"
