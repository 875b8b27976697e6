"""``wbe convert``: one file in another layout, whole or not at all, and nothing lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wbe import names
from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.run import convert_euda, convert_odm, convert_places, verdict
from wbe.run.convert_content import content
from wbe.run.disk import replacing
from wbe.run.words import both, say

if TYPE_CHECKING:
    import xarray as xr

    from wbe.io.convert.compare import Unmarked
    from wbe.io.convert.entries import Entries
    from wbe.io.convert.grid import Grid
    from wbe.io.instruments import Options
    from wbe.io.layout.files import Layout
    from wbe.io.sources import Source

TIDY = "tidy"
BY_WORDS = ("long", "wide", "town_blocks", "euda", convert_odm.ODM)
#: Files that are written otherwise than a table, and what says how.
OTHER_KINDS = {
    ".nc": "usage.table_netcdf", ".gpkg": "usage.table_places", ".geojson": "usage.table_places",
}  # fmt: skip
WRITTEN_BY_NAME = ("long", "wide", convert_euda.EUDA, convert_odm.ODM)


@dataclass
class Converted:
    """What a conversion came to.

    Attributes
    ----------
    findings : Findings
        Of the source.
    code : int
        Exit code of the contract.
    written : bool
        Whether the target was written.
    lines : list of str
        What to tell a person, in the language asked for.
    """

    findings: Findings
    code: int
    written: bool = False
    lines: list[str] = field(default_factory=list)


@dataclass
class _Placed:
    """A table as it was written.

    Attributes
    ----------
    grids : list of Grid
    marked : int
        Cells that got an apostrophe.
    lost : dict of str to int
        What has no column, and how many cells of it.
    blank : list of Unmarked
        Rejected results without anything in their cells.
    changed : str
        What is read differently, in words.
    """

    grids: list[Grid]
    marked: int
    lost: dict[str, int]
    blank: list[Unmarked] = field(default_factory=list)
    changed: str = ""


def convert(
    source: Path,
    target: Path,
    *,
    given: str = "auto",
    wanted: str = TIDY,
    encoding: str | None = None,
    allow_rejected: bool = False,
    lang: str = "en",
    instrument: Options | None = None,
    country: str = "",
    sites: Path | None = None,
    areas: Path | None = None,
) -> Converted:
    """Write a laboratory file in another layout.

    Parameters
    ----------
    source, target : Path
        The suffix of the target says what kind of file it becomes.
    given, wanted : str
        Layouts: ``auto`` (source only), ``tidy``, ``wide``, ``euda``, ``phes-odm`` (folders, or
        workbooks), a name of ``wbe convert --list``, or the path of a layout file.
    encoding : str, optional
        Of the source.
    allow_rejected : bool
        Whether to write a table with errors; they stay in it as they are.
    lang : str
        ``en`` or ``zh``.
    instrument : Options, optional
        How the vials of an instrument's export relate to samples.
    country : str
        Of sites whose name does not say it; for ``euda`` only.
    sites, areas : Path, optional
        Files of them to write along; for ``phes-odm`` only. Without them those of ODM tables that
        are the source are written.

    Returns
    -------
    Converted

    Raises
    ------
    UsageError
        If the target is the source or of an unknown kind, a layout is unknown or cannot carry the
        table, or what was written reads differently.
    EnvironmentFault
        If the disk refuses.
    """
    from wbe.io.convert import tables as io_convert

    _check_source(source, given)
    if country and wanted != convert_euda.EUDA:
        raise UsageError(both("usage.country", layout=convert_euda.EUDA))
    convert_odm.check_beside(wanted, target, sites, areas)
    if convert_places.is_asked(source, target):
        _check_apart(source, target)
        found, code, written, lines = convert_places.write(
            source, target, encoding, lang, allow_rejected=allow_rejected
        )
        return Converted(found, code, written, lines)
    _check_known(given, ("auto", TIDY, *BY_WORDS, *_built_in()))
    aim, found = _target(wanted), Findings()
    _check_no_places(source, target)
    _check_target(source, target, aim)
    tables_of_odm, lines = None, []
    if convert_odm.is_given(source, given):
        tables_of_odm, samples = convert_odm.read(source, encoding, found)
        opened = tables_of_odm.source
        lines = convert_odm.not_in_lab_table(tables_of_odm, lang)
    else:
        opened, samples = _read(source, given, encoding, instrument, found)
    places = convert_odm.Beside()
    if aim == convert_odm.ODM:
        places = convert_odm.beside(tables_of_odm, sites, areas, found, lang)
    result = Converted(found, _code(samples, found))
    if not opened.tables or _refused(found) or places.refused:
        result.lines.append(say("convert.refused", lang, path=target))
        if tables_of_odm is None:
            result.lines += convert_odm.hint(source, found, lang)
        return result
    if found.errors and not allow_rejected:
        result.lines.append(say("convert.nothing", lang, path=target))
        return result
    if aim in (convert_euda.EUDA, convert_odm.ODM):
        given_as = opened.record["layout"]
        if aim == convert_odm.ODM:
            result.lines += convert_odm.write(samples, places, target, given_as, lang)
        else:
            result.lines += [
                *lines, *convert_euda.write(samples, target, country, given_as, lang)
            ]  # fmt: skip
        result.written = True
        return result
    tables = io_convert.tables_of(opened, found)
    with replacing(target) as part:
        done = _placed(tables, aim, part, target.suffix.lower(), samples)
        if done.changed:
            raise UsageError(f"{source.name}: {_name(aim)} {done.changed}; {_advice(aim, found)}")
    result.written = True
    result.lines += [*lines, *_told(done, tables, found, lang)]
    words = {"layout": _name(aim), "given": opened.record["layout"]}
    rows = sum(len(grid.rows) for grid in done.grids)
    result.lines.append(say("convert.done", lang, path=target, n=rows, **words))
    return result


def _read(
    source: Path, given: str, encoding: str | None, instrument: Options | None, found: Findings
) -> tuple[Source, xr.Dataset]:
    """Open and read a laboratory file; `found` receives what is noticed."""
    from wbe.io.instruments import Options, judge_options
    from wbe.io.layout.files import layouts_of
    from wbe.io.read import read_sources
    from wbe.io.sources import open_source

    layouts = layouts_of("long" if given == TIDY else given)
    opened = open_source(source, source.name, found, encoding, layouts, instrument)
    judge_options(instrument or Options(), [opened], found)
    return opened, read_sources([opened], found, layouts.form)


def _check_source(source: Path, given: str) -> None:
    if not source.exists():
        raise UsageError(both("usage.no_file", path=repr(str(source))))
    if source.is_dir() and not convert_odm.is_given(source, given):
        raise UsageError(both("usage.is_folder", path=source))


def _check_no_places(source: Path, target: Path) -> None:
    from wbe.io.geo.files import SUFFIXES, is_geographic

    if is_geographic(source):
        kinds = ", ".join(SUFFIXES)
        raise UsageError(both("usage.places", source=source.name, name=target.name, kinds=kinds))


def _check_target(source: Path, target: Path, aim: str | Layout) -> None:
    from wbe.io.convert.tables import SUFFIXES

    if aim == convert_odm.ODM:
        if target.exists() and target.samefile(source):
            raise UsageError(both("usage.converts_input", name=target.name))
        return
    if (suffix := target.suffix.lower()) not in SUFFIXES:
        kind = OTHER_KINDS.get(suffix, "usage.table_kind")
        raise UsageError(both(kind, name=target.name, suffixes=", ".join(SUFFIXES)))
    _check_apart(source, target)


def _check_apart(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        raise UsageError(both("usage.converts_input", name=target.name))
    if target.is_dir():
        raise UsageError(both("usage.is_folder", path=target))


def _target(wanted: str) -> str | Layout:
    """The word ``tidy``, ``wide``, ``euda`` or ``phes-odm``, or the layout to write.

    Raises
    ------
    UsageError
        If there is no such layout, or it can only be read.
    """
    from wbe.io.layout.files import layouts_of

    if wanted in (TIDY, *WRITTEN_BY_NAME):
        return TIDY if wanted == "long" else wanted
    if wanted in ("auto", *BY_WORDS):
        raise UsageError(both("usage.read_only", layout=wanted, choices=", ".join(_writable())))
    _check_known(wanted, _writable())
    chosen = layouts_of(wanted).chosen
    assert chosen is not None  # every other word is the name of a layout or refused
    return chosen


def _check_known(word: str, choices: Sequence[str]) -> None:
    """Refuse a word that names no layout, with all that do for this side of a conversion."""
    if word not in choices and not word.endswith(".toml"):
        listed = ", ".join(choices)
        raise UsageError(names.both("layout.unknown", value=repr(word), choices=listed))


def _writable() -> tuple[str, ...]:
    return (TIDY, "wide", convert_euda.EUDA, convert_odm.ODM, *_built_in())


def _built_in() -> tuple[str, ...]:
    from wbe.io.layout.files import built_in

    return tuple(layout.name for layout in built_in())


def _read_as(aim: str | Layout) -> str | Layout:
    return {TIDY: "long", "wide": "auto"}[aim] if isinstance(aim, str) else aim


def _name(aim: str | Layout) -> str:
    return aim if isinstance(aim, str) else aim.name


def _code(samples: xr.Dataset, found: Findings) -> int:
    from wbe.run.reading import USABLE

    return verdict.code(found, usable=bool(samples["status"].isin(USABLE).any()))


def _refused(found: Findings) -> bool:
    """Whether a table as a whole is refused: then none of its cells has a meaning to be carried."""
    return any(finding.scope == "file" for finding in found.errors)


def _placed(
    tables: Sequence[Entries], aim: str | Layout, part: Path, suffix: str, samples: xr.Dataset
) -> _Placed:
    """Write a table and read it back.

    Rejected results that the target would turn into accepted ones, such as one without a unit under
    a header with a unit, are left blank at a second attempt.
    """
    from wbe.io.convert.compare import no_longer_rejected
    from wbe.io.convert.tables import without

    done, again = _attempt(tables, aim, part, suffix)
    blank = no_longer_rejected(samples, again)
    if accepted := _accepted(blank):
        done, again = _attempt(without(tables, accepted), aim, part, suffix)
    done.changed = _changed(samples, again, done.lost)
    done.blank = blank
    return done


def _attempt(
    tables: Sequence[Entries], aim: str | Layout, part: Path, suffix: str
) -> tuple[_Placed, xr.Dataset]:
    from wbe.io.convert.tables import grids_of
    from wbe.io.read import read

    grids = grids_of(tables, aim, suffix)
    data, marked = content(grids, suffix)
    part.write_bytes(data)
    again = read([part], layout=_read_as(aim), errors="reject")
    return _Placed(grids, marked, _lost(grids)), again


def _accepted(results: Sequence[Unmarked]) -> list[Unmarked]:
    from wbe.run.reading import USABLE

    return [result for result in results if result.status in USABLE]


def _changed(before: xr.Dataset, after: xr.Dataset, lost: dict[str, int]) -> str:
    """What a conversion would change, in words; "" if nothing."""
    from wbe.io.convert.compare import differences, no_longer_rejected

    lacking = f"(it has no place for {', '.join(sorted(lost))}) " if lost else ""
    if accepted := _accepted(no_longer_rejected(before, after)):
        listed = "; ".join(map(str, accepted))
        return f"{lacking}would turn refused results into accepted ones: {listed}"
    changed = differences(before, after, lost)
    return f"{lacking}does not carry {', '.join(changed)} unchanged" if changed else ""


def _advice(aim: str | Layout, found: Findings) -> str:
    """What to do instead; never to choose the layout that was asked for."""
    ways = ["correct the errors that wbe check names in the file"] if found.errors else []
    ways += [f"choose another layout, for example {TIDY}"] if aim != TIDY else []
    return f"nothing was written; {' or '.join(ways)}" if ways else "nothing was written"


def _lost(grids: Sequence[Grid]) -> dict[str, int]:
    lost: dict[str, int] = {}
    for grid in grids:
        for what, count in grid.lost.items():
            lost[what] = lost.get(what, 0) + count
    return lost


def _told(done: _Placed, tables: Sequence[Entries], found: Findings, lang: str) -> list[str]:
    """One line for everything that the target does not hold."""
    from wbe.io.convert.tables import NOT_CARRIED

    lines = [
        say("convert.lost", lang, n=count, what=what) for what, count in sorted(done.lost.items())
    ]
    if done.marked:
        lines.append(say("convert.marked", lang, n=done.marked))
    if done.blank:
        what = "; ".join(map(str, done.blank))
        lines.append(say("convert.blank", lang, n=len(done.blank), what=what))
    for what, left_out in (("convert.rows", found.flags), ("convert.misplaced", found.errors)):
        if rows := [str(f.line) for f in left_out if f.rule in NOT_CARRIED]:
            lines.append(say(what, lang, n=len(rows), lines=", ".join(rows)))
    if any(f.rule == "sequence_apart" for f in found):
        lines.append(say("convert.injections", lang))
    skipped = [header for table in tables for header in table.skipped]
    if skipped:
        lines.append(say("convert.skipped", lang, what=", ".join(skipped)))
    titles = sum(table.titles for table in tables)
    if titles > 0:
        lines.append(say("convert.titles", lang, n=titles))
    return lines
