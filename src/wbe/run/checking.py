"""``wbe check``: every finding of tables, sites, areas and campaigns, and the exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import FindingsError, NothingUsableError, UsageError, WbeError
from wbe.findings import Findings
from wbe.run import config as configs
from wbe.run import instrument, problems, verdict
from wbe.run.config import Config
from wbe.run.files import is_ours
from wbe.run.problems import Problem
from wbe.run.words import both

if TYPE_CHECKING:
    from wbe.io.instruments import Options
    from wbe.io.layout.files import Layouts

LAYOUT_SUFFIX = ".layout.toml"
#: What the reader of lab tables says of files that are none, and right all the same.
OTHER_TABLES = (
    "not_a_lab_table", "indicators_table", "published_means_table", "sidecar_apart",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Files that are checked together, since they name each other's sites and areas."""

    files: tuple[Path, ...]
    sites: Path | None
    areas: Path | None
    told: Options
    config: Config | None = None
    catchments: Path | None = None


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Parameters
    ----------
    parts : tuple of (Findings, bool)
        Of every campaign, and of all other files together: the findings, and whether a result
        is left to compute with.
    """

    parts: tuple[tuple[Findings, bool], ...]

    @property
    def findings(self) -> Findings:
        """All findings."""
        found = Findings()
        for part, _ in self.parts:
            found.extend(part)
        return found

    def code(self, *, strict: bool = False) -> int:
        """The exit code, as a run of the same campaigns would end."""
        codes = [verdict.code(found, usable=usable, strict=strict) for found, usable in self.parts]
        return verdict.joined(codes)


def check(
    paths: Sequence[Path],
    *,
    sites: Path | None = None,
    areas: Path | None = None,
    encoding: str | None = None,
    annotate: Path | None = None,
    lang: str = "en",
    layout: str = "auto",
    told: Options | None = None,
) -> Checked:
    """Check files, folders of files and campaigns; nothing is written but the annotation.

    Parameters
    ----------
    paths : sequence of Path
        Lab tables, sites, areas, indicators, campaign.toml, or folders of them.
    sites, areas : Path, optional
        Further files to check along.
    encoding : str, optional
        Encoding of the tables; found out where not given.
    annotate : Path, optional
        Workbook to write: the tables with every finding at its cell.
    lang : str
        Language of the annotation: ``en`` or ``zh``.
    layout : str
        Layout of the laboratory tables: a name or a file, which is checked first. Campaigns have
        their own.
    told : Options, optional
        How the vials of instruments' exports relate to samples; of a campaign it replaces what the
        configuration says.

    Raises
    ------
    UsageError
        If a path does not exist, a folder holds nothing to check, or the annotation would
        replace an input.
    EnvironmentFault
        If the annotation cannot be written.
    """
    for path in [*paths, *filter(None, (sites, areas))]:
        if not path.exists():
            raise UsageError(both("usage.absent", path=repr(str(path))))
    parts: list[tuple[Findings, bool]] = []
    tables: list[Path] = []
    told = told or instrument.options()
    if layout.endswith(".toml") and (wrong := _layout_findings(Path(layout))):
        return Checked(((wrong, False),))
    for group in _groups(paths, sites, areas, told):
        if isinstance(group, Findings):
            parts.append((group, not group.errors))
            continue
        parts.append(_examined(group, encoding, layout))
        beside = instrument.sidecars(group.files, group.told)
        inside = [f for path in group.files for f in (_tables(path) if path.is_dir() else [path])]
        tables += [*inside, *beside, *filter(None, [group.sites])]
    checked = Checked(tuple(parts))
    if annotate is not None:
        from wbe.run.annotation import write

        write(tables, checked.findings, annotate, encoding, lang)
    return checked


def _layout_findings(path: Path) -> Findings:
    """What is wrong with a layout file."""
    from wbe.io.layout.files import examine

    return examine(path)[1]


def _examined(group: Group, encoding: str | None, layout: str) -> tuple[Findings, bool]:
    """Findings of files that belong together, and whether a result is left."""
    from wbe.io.check import examine
    from wbe.spatial.positions import note_positions

    # a campaign judges its batches by its own limits, when it is rehearsed
    judged = group.config is None
    layouts = _layouts(group, layout)
    try:
        read = examine(
            group.files, group.sites, group.areas, encoding=encoding, quality=judged,
            layouts=layouts, told=group.told, catchments=group.catchments,
        )  # fmt: skip
    except UsageError as error:
        if group.config is None:
            raise
        return _campaign_error(problems.RULE, group.config, error), False
    # datums are the business of wbe.spatial, which wbe.io does not know
    note_positions(read.sites, read.areas, read.findings, used=read.sampled.values(), unplaced=True)
    found = read.findings.sorted()
    if group.config is None:
        return found, _holds_results(group, found, encoding, layouts)
    rehearsed, usable = rehearse(group.config, encoding)
    if group.config.data.database is not None and rehearsed.rows:
        # its rows stand in no file, and so were not among those examined
        found.rows, found.accepted = rehearsed.rows, rehearsed.accepted
    known = {finding.rule for finding in found}
    found.extend(iter(rehearsed.select(lambda finding: finding.rule not in known)))
    return found, usable


def _layouts(group: Group, layout: str) -> Layouts:
    from wbe.io.layout.files import layouts_of, of_campaign

    if group.config is None:
        return layouts_of(layout)
    return of_campaign(group.config.data.layout, group.config.data.layouts)


def rehearse(config: Config, encoding: str | None = None) -> tuple[Findings, bool]:
    """Compute a campaign without draws: what only the data can tell about its configuration.

    Returns
    -------
    tuple of Findings and bool
        The findings of the run, what does not fit the data among them, and whether a result is
        left.
    """
    from wbe.run import campaign

    without_draws = replace(config, estimate=replace(config.estimate, draws=0))
    try:
        return campaign.compute(without_draws, encoding=encoding).findings, True
    except FindingsError as error:
        return error.findings, False
    except NothingUsableError as error:
        return _campaign_error("nothing_usable", config, error), False
    except UsageError as error:
        return _campaign_error(problems.RULE, config, error), True


def _campaign_error(rule: str, config: Config, error: WbeError) -> Findings:
    """One finding about the whole campaign, at the key that the message starts with."""
    message = error.args[0]
    named = re.match(r"\[(\w+)\] (\w+)", message)
    key = ".".join(named.groups()) if named else ""
    file = config.folder / config.name
    lines = problems.key_lines(file.read_text(encoding="utf-8-sig")) if key else {}
    found = Findings()
    problems.note(found, rule, config.name, Problem(key, lines.get(key), message, ""))
    return found


def _holds_results(group: Group, found: Findings, encoding: str | None, layouts: Layouts) -> bool:
    """Tell whether lab tables among the files hold a result; of others, whether a row is right."""
    from wbe.io.geo.files import is_geographic
    from wbe.io.read import read
    from wbe.io.sources import shown_names
    from wbe.run.reading import USABLE

    tables = [path for path in group.files if not is_geographic(path)]
    if tables:
        samples = read(
            tables, layout=layouts, errors="reject", encoding=encoding, **asdict(group.told)
        )
        noticed = samples.attrs["findings"]
        others = {finding.file for finding in noticed if finding.rule in OTHER_TABLES}
        if set(shown_names(tables)) - others:
            return bool(samples["status"].isin(USABLE).any())
    return found.accepted > 0


def _campaign(path: Path) -> Path | None:
    """The configuration that a path means, if it means one."""
    if path.is_dir():
        path = path / configs.FILE_NAME
    is_config = path.suffix.lower() == ".toml" and not path.name.endswith(LAYOUT_SUFFIX)
    return path if is_config and path.is_file() else None


def _groups(
    paths: Sequence[Path], sites: Path | None, areas: Path | None, told: Options
) -> Iterator[Group | Findings]:
    """Each campaign's files apart, or what its configuration gets wrong; all others together."""
    from wbe.io.odm.words import is_odm

    tables: dict[Path, None] = {}
    for path in paths:
        if path.name.endswith(LAYOUT_SUFFIX):
            yield _layout_findings(path)
            continue
        file = _campaign(path)
        if file is None:
            whole = not path.is_dir() or is_odm(path)
            tables |= dict.fromkeys([path] if whole else _tables(path))
            continue
        config, wrong = configs.examine(file)
        if config is None:
            yield problems.findings_of(file.name, wrong)
            continue
        data = config.data
        data = replace(
            data,
            sites=sites or data.sites,
            areas=areas or data.areas,
            **{name: value for name, value in asdict(told).items() if value},
        )
        files = (*data.samples, *filter(None, [data.indicators]))
        config = replace(config, data=data)
        yield Group(
            files, data.sites, data.areas, instrument.of_campaign(data), config, data.catchments
        )
    if tables:
        yield Group(tuple(tables), sites, areas, told)


def _tables(folder: Path) -> list[Path]:
    """Every table in a folder and below, sorted.

    Results of runs, hidden files and a folder's own README are left out.

    Raises
    ------
    UsageError
        If there is none.
    """
    from wbe.io.check import is_table

    found = sorted(
        f
        for f in folder.rglob("*")
        if is_table(f) and f.stem.casefold() != "readme" and not is_ours(f, folder)
    )
    if not found:
        raise UsageError(both("usage.no_table", folder=repr(str(folder)), name=configs.FILE_NAME))
    return found
