"""The one way out: whatever is published is written or copied here, behind the guard.

A run writes its publishable files with `write_set`; ``wbe publish`` copies them from a finished
run after comparing every checksum and searching every file for sites once more. Estimates by
sample and findings never pass.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wbe.errors import UsageError
from wbe.run import disk, folder, guard, indicators, leaks, notes, record, round_tables
from wbe.run import statement as answers
from wbe.run.beside_map import Symbols
from wbe.run.config import Privacy
from wbe.run.folder import RECORD, Place
from wbe.run.public_part import seen_by_public
from wbe.run.round_tables import RoundTables
from wbe.run.words import both, say

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.figure import Figure

    from wbe.io.tier_files import LayerStyle
    from wbe.report import Publication

TABLES = ("tiers.csv", "tiers.xlsx")
MAPS = ("map.png", "map.svg")
GEOPACKAGE, REPORT = "areas.gpkg", "report.html"
NO_MARKS = Symbols()
#: Of an internal run: the tiers as the public may see them. Not published under this name.
FOR_PUBLIC = "tiers.public.csv"
PUBLIC_PART = ".public"
STATISTICS = indicators.FILE
PUBLISHABLE = (*TABLES, *round_tables.FILES, GEOPACKAGE, *MAPS, REPORT, STATISTICS)


def write_set(
    target: Path,
    tiers: gpd.GeoDataFrame,
    about: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    marks: Symbols = NO_MARKS,
    *,
    tables: RoundTables = round_tables.NOTHING,
) -> list[str]:
    """Write tables, map, GeoPackage and report of guarded tiers.

    Parameters
    ----------
    target : Path
        Folder to write into.
    tiers : GeoDataFrame
        What `guard.guarded` returns, with the attrs of the run.
    about : mapping
        The run record so far.
    extra : mapping, optional
        Further fields of the page; an internal one may hold sites and findings.
    marks : Symbols
        Sampling points, streams and soil for an internal map.
    tables : RoundTables
        Changes between rounds and the order of areas, the guard applied.

    Returns
    -------
    list of str
        Names of the files written; no map and no GeoPackage where there is no geometry.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    from wbe import report
    from wbe.io.write import write_areas

    privacy = Privacy(**about["privacy"])
    written = [*TABLES, REPORT]
    report.write_tiers_csv(tiers, target / "tiers.csv")
    report.write_tiers_xlsx(tiers, target / "tiers.xlsx", about["language"])
    if has_geometry(tiers):
        write_areas(tiers, target / GEOPACKAGE, _style(tiers))
        if _can_be_drawn(tiers):
            _write_map(target, tiers, privacy, marks)
            written += MAPS
        written.append(GEOPACKAGE)
    written += tables.write(target)
    page = publication(target, tiers, about, changes=tables.changes, **(extra or {}))
    (target / REPORT).write_text(report.render(page), encoding="utf-8", newline="\n")
    return sorted(written)


def write_statistics(
    target: Path, statistics: indicators.Statistics | None, language: str
) -> dict[str, Any]:
    """Write the guarded statistics and return what the page shows of them."""
    if statistics is None:
        return {}
    from wbe import report

    report.write_tiers_csv(statistics.rows, target / STATISTICS)
    return {
        "statistics": statistics.rows.to_dict("records"),
        "statistics_said": statistics.sentences(language),
    }


def publication(
    target: Path, tiers: gpd.GeoDataFrame, about: Mapping[str, Any], **extra: Any
) -> Publication:
    """Collect what the page prints from guarded tiers and the run record."""
    from wbe import report
    from wbe.plot.outlines import outlines
    from wbe.report import Publication

    svg, png = target / "map.svg", target / "map.png"
    privacy = Privacy(**about["privacy"])
    internal = privacy.audience == "internal"
    about = about if internal else seen_by_public(about)
    language = about["language"]
    people = about.get("populations", {})
    return Publication(
        title=about["title"],
        tiers=tiers.drop(columns="geometry", errors="ignore"),
        meta=mapped_attrs(tiers),
        language=language,
        audience=privacy.audience,
        purpose=privacy.purpose if internal else "",
        approval=privacy.approval if internal else "",
        map_svg=svg.read_text(encoding="utf-8") if svg.is_file() else "",
        map_png=png.read_bytes() if png.is_file() else b"",
        figures=report.figures(
            tiers,
            mapped_attrs(tiers),
            language,
            title=about["title"],
            has_map=svg.is_file(),
            changes=extra.get("changes"),
        ),
        outlines=outlines(tiers),
        factors=list(about["factors"]),
        references=list(about["references"]),
        error_model=list(about["error_model"]),
        findings_summary=list(about["findings"]),
        quality=list(about.get("quality", {}).get("criteria", [])),
        run=record.for_page(about, internal=internal),
        notes=page_notes(tiers.attrs, privacy, language, has_map=svg.is_file()),
        warning="" if internal else warning(privacy, language),
        guard=answers.statement(tiers, people, privacy, language),
        **extra,
    )


def page_notes(
    tiers: Mapping[str, Any], privacy: Privacy, language: str, *, has_map: bool
) -> list[str]:
    """Sentences of the page about this run's guard, map and assumptions."""
    found = []
    if privacy.audience == "public" and privacy.min_population:
        found.append(say("note.guard", language, least=privacy.min_population))
    if not has_map:
        found.append(say("no_geometry", language))
    return found + notes.sentences(tiers, language)


def mapped_attrs(tiers: gpd.GeoDataFrame) -> dict[str, Any]:
    """Attrs about the mapped drug: its breaks as a list, the floor apart from them."""
    attrs = dict(tiers.attrs)
    breaks = attrs.get("breaks") or {}
    own = list(breaks.get(attrs["drug"], [])) if isinstance(breaks, Mapping) else list(breaks)
    floor = attrs.get("floor")
    attrs["breaks"] = own[1:] if floor is not None and own[:1] == [floor] else own
    return attrs


def has_geometry(tiers: gpd.GeoDataFrame) -> bool:
    """Tell whether any area has a place."""
    return "geometry" in tiers and bool((tiers.geometry.notna() & ~tiers.geometry.is_empty).any())


def publish(source: Path, target: Path) -> list[str]:
    """Copy the publishable set of a finished run to a folder.

    Parameters
    ----------
    source : Path
        Folder of the run. Of an internal run, tables, map and report are made again as public.
    target : Path
        A new or empty folder, or one that an earlier publication made.

    Returns
    -------
    list of str
        Names of the files in the publication.

    Raises
    ------
    UsageError
        If the run was changed since, a value that the guard hides stands in a table, a file
        holds a site or sample, or the target is not ours to replace.
    EnvironmentFault
        If the disk refuses.
    """
    about = record.read(source)
    if about.get("kind") != "run":
        raise UsageError(both("publish.twice", path=source))
    if changed := folder.changed_outputs(source):
        raise UsageError(both("usage.run_changed", path=source, names=", ".join(changed)))
    place = Place.at(target)
    _require_ours(place, source, target)
    with folder.locked(place):
        try:
            new = folder.start(place)
            with disk.faults(new, lambda: disk.written(source)):
                _fill(source, new, about)
                _require_clean(source, new, about)
                _require_same(source, about)
            folder.finish(place)
        finally:
            folder.discard(place)
    return sorted(f.name for f in place.out.iterdir() if f.is_file())


def public_privacy(about: Mapping[str, Any]) -> Privacy:
    """The guard of a publication: public whatever the run was, with the run's population."""
    return Privacy(min_population=int(about["privacy"]["min_population"]))


def read_tiers(run: Path, about: Mapping[str, Any], name: str = TABLES[0]) -> gpd.GeoDataFrame:
    """Read the tiers of a finished run back, with geometry where it has one."""
    from wbe.io.write import read_tiers as read_back

    tiers = read_back(run / name, run / GEOPACKAGE)
    tiers.attrs = {**about["tiers"], "breaks": about["breaks"]}
    return tiers


def _fill(source: Path, new: Path, about: dict[str, Any]) -> None:
    """Copy a public run's files, or make an internal run's again as public."""
    privacy = public_privacy(about)
    public = {**about, "privacy": dict(vars(privacy))}
    if about["privacy"]["audience"] == "public":
        for name in PUBLISHABLE:
            if name in about["outputs"]:
                shutil.copyfile(source / name, new / name)
    else:
        tiers = _guarded(source, about, privacy)
        tables = round_tables.read_tables(source, suffix=PUBLIC_PART)
        write_set(new, tiers, {**public, **about["public"]}, tables=tables)
    record.write({**record.reduced(public), "outputs": record.outputs(new)}, new)


def _guarded(source: Path, about: Mapping[str, Any], privacy: Privacy) -> gpd.GeoDataFrame:
    """What an internal run kept for the public, behind the guard once more.

    Its own tiers will not do: ranks, breaks and probabilities were found with every area among
    them, and would tell about the hidden ones.
    """
    if not (source / FOR_PUBLIC).is_file():
        raise UsageError(both("publish.earlier", path=source, name=FOR_PUBLIC))
    tiers = read_tiers(source, about, FOR_PUBLIC)
    tiers.attrs = {**about["public"]["tiers"], "breaks": about["public"]["breaks"]}
    out = guard.guarded(tiers, about["populations"], privacy, about["withheld"])
    has_areas = any(i["kind"] == "areas" for i in about["inputs"])
    return out if has_areas else guard.coarsened(out)


def write_for_public(target: Path, tiers: gpd.GeoDataFrame) -> None:
    """Keep the tiers that a publication of an internal run may show."""
    from wbe import report

    report.write_tiers_csv(tiers, target / FOR_PUBLIC)


def _require_ours(place: Place, source: Path, typed: Path) -> None:
    """Refuse the run itself, and to replace what an earlier publication did not make."""
    if place.out.is_relative_to(source.resolve()):
        raise UsageError(both("publish.inside", path=typed, run=source))
    folder.require_usable(place, [source / RECORD], typed=typed, choose="DIR")
    has_record = (place.out / RECORD).is_file()
    if has_record and record.read(place.out).get("kind") != "publication":
        raise UsageError(both("publish.over_run", path=typed))


def _require_clean(source: Path, new: Path, about: Mapping[str, Any]) -> None:
    """The second look: no hidden value in a table, no site or sample in any file."""
    privacy = public_privacy(about)
    refused = about.get("withheld", ())
    shown = guard.revealed(read_tiers(new, about), about["populations"], privacy, refused)
    if shown:
        raise UsageError(both("publish.revealed", names=", ".join(shown)))
    if found := leaks.leaks(new, leaks.secrets(source)):
        listed = "".join(f"\n  {line}" for line in found[:20])
        raise UsageError(both("publish.leaks", listed=listed))


def _require_same(source: Path, about: Mapping[str, Any]) -> None:
    """Refuse a publication that a new run may have mixed with its own files meanwhile."""
    if record.read(source) != about or folder.changed_outputs(source):
        raise UsageError(both("publish.meanwhile", path=source))


def _can_be_drawn(tiers: gpd.GeoDataFrame) -> bool:
    """Tell whether an area of the mapped drug and round has a place."""
    attrs = tiers.attrs
    rows = tiers[(tiers["drug"] == attrs["drug"]) & (tiers["round"] == attrs["round"])]
    return has_geometry(rows)


def _style(tiers: gpd.GeoDataFrame) -> LayerStyle | None:
    """How QGIS draws the GeoPackage: the mapped drug and round in the map's colours."""
    from wbe import plot

    if not _can_be_drawn(tiers):
        return None
    mapped = tiers.copy()
    mapped.attrs = mapped_attrs(tiers)
    return plot.layer_style(mapped, language=str(tiers.attrs["language"]))


def _write_map(target: Path, tiers: gpd.GeoDataFrame, privacy: Privacy, marks: Symbols) -> None:
    """Draw the map twice; marks stand on an internal one only, which says for what it is."""
    from wbe import plot

    mapped = tiers.copy()
    mapped.attrs = mapped_attrs(tiers)
    language = str(tiers.attrs["language"])
    shown = marks if privacy.audience == "internal" else NO_MARKS
    title = " ".join(filter(None, (str(tiers.attrs["title"]), warning(privacy, language))))
    axes = plot.tier_map(mapped, language=language, title=title, sites=shown.sites,
                         purposive=shown.streams, legacy=shown.soil)  # fmt: skip
    for name in MAPS:
        plot.save_map(cast("Figure", axes.figure), target / name)


def warning(privacy: Privacy, language: str) -> str:
    """What every page of an internal run, or of a run without a guard, must say; else nothing."""
    if privacy.audience == "internal":
        return say("internal", language, purpose=privacy.purpose, approval=privacy.approval)
    return "" if privacy.min_population else say("guard_off", language)
