"""``wbe check``: every finding of tables, sites, areas and campaigns, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from wbe.errors import UsageError
from wbe.findings import Finding, Findings
from wbe.run import config as configs
from wbe.run.files import is_ours
from wbe.run.words import say

CLEAN, CONFIG, PARTLY, NOTHING = 0, 2, 3, 4


@dataclass(frozen=True)
class Group:
    """Files that are checked together, since they name each other's sites and areas."""

    files: tuple[Path, ...]
    sites: Path | None
    areas: Path | None


def check(
    paths: Sequence[Path],
    *,
    sites: Path | None = None,
    areas: Path | None = None,
    encoding: str | None = None,
    annotate: Path | None = None,
) -> Findings:
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

    Raises
    ------
    UsageError
        If a path does not exist, or the annotation would replace an input.
    EnvironmentFault
        If the annotation cannot be written.
    """
    for path in [*paths, *filter(None, (sites, areas))]:
        if not path.exists():
            raise UsageError(f"there is no file or folder {str(path)!r}")
    found = Findings()
    groups = list(_groups(paths, sites, areas, found))
    if groups:
        from wbe.io.check import check as check_tables

        for group in groups:
            files, places = list(group.files), {"sites": group.sites, "areas": group.areas}
            found.extend(check_tables(files, **places, encoding=encoding))
    if annotate is not None:
        from wbe.run.annotation import write

        tables = [f for g in groups for f in (*g.files, *filter(None, [g.sites]))]
        write(tables, found, annotate, encoding)
    return found


def exit_code(found: Findings, *, strict: bool = False) -> int:
    """The contract's code: 0 clean, 2 configuration, 3 something rejected, 4 nothing accepted."""
    errors = found if strict else found.errors
    if not errors:
        return CLEAN
    if any(f.rule == configs.RULE for f in found.errors):
        return CONFIG
    return NOTHING if found.rows and not found.accepted else PARTLY


def report(found: Findings, lang: str = "en") -> str:
    """List findings by file, one line each: where, what, the value, and the remedy."""
    lines: list[str] = []
    for file, group in groupby(found.sorted(), key=lambda f: (f.file, f.sheet)):
        lines.append(" / ".join(filter(None, file)) or "-")
        lines += [f"  {_line(finding, lang)}" for finding in group]
    summary = found.summary()
    lines.append(say("check.summary", lang, **summary) if lines else say("check.clean", lang))
    return "\n".join(lines)


def _line(finding: Finding, lang: str) -> str:
    message, fix = finding.text(lang)
    where = [
        say("check.line", lang, line=finding.line) if finding.line else "",
        finding.cell,
        say("check.column", lang, column=finding.column) if finding.column else "",
    ]
    value = f" [{' '.join(finding.value.split())}]" if finding.value else ""
    place = ", ".join(filter(None, where))
    start = f"{say(f'check.{finding.severity}', lang)} {finding.rule}"
    return f"{start}{' (' + place + ')' if place else ''}: {message}{value} {fix}".rstrip()


def _campaign(path: Path) -> Path | None:
    """The configuration that a path means, if it means one."""
    if path.is_dir():
        path = path / configs.FILE_NAME
    return path if path.suffix.lower() == ".toml" and path.is_file() else None


def _groups(
    paths: Sequence[Path], sites: Path | None, areas: Path | None, found: Findings
) -> Iterator[Group]:
    """Group the files: each campaign's apart, all others together; note what configs get wrong."""
    tables: dict[Path, None] = {}
    for path in paths:
        file = _campaign(path)
        if file is None:
            tables |= dict.fromkeys(_tables(path) if path.is_dir() else [path])
            continue
        config, problems = configs.examine(file)
        found.extend(configs.findings_of(file.name, problems))
        if config is not None:
            data = config.data
            files = (*data.samples, *filter(None, [data.indicators]))
            yield Group(files, sites or data.sites, areas or data.areas)
    if tables:
        yield Group(tuple(tables), sites, areas)


def _tables(folder: Path) -> Iterable[Path]:
    """Every table in a folder and below, sorted; results of runs and hidden files are left out."""
    from wbe.io.check import SUFFIXES

    inner = (f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
    return sorted(f for f in inner if not is_ours(f, folder))
