"""The corpus of bad, doubtful and good files: what each must end in, as data.

Each folder of ``data/bad`` is a group: its files, byte for byte, and ``cases.csv`` with one row an
expected finding. README.md of ``data`` describes the columns.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wbe.findings import Finding, Findings

BAD = Path(__file__).parent / "data" / "bad"
CASES = "cases.csv"
COLUMNS = (
    "file", "outcome", "reads", "rule", "severity", "line", "column", "value", "near_miss_of",
    "options",
)  # fmt: skip
OUTCOMES = ("error", "flag", "ok")
READS = (
    "lab", "sites", "areas", "config", "folder", "instrument", "layout", "quality", "indicators",
    "catchments", "area_list", "runs", "means", "odm",
)  # fmt: skip
#: Files that a case needs beside its own, such as the laboratory table of a configuration.
SUPPORT = "support"
#: A flag that most small tables draw and that no file is about.
COMMON = frozenset({"date_unstated"})
#: Options that speak to the runner and not to the reader.
_OURS = ("equals", "absent")
_NUMBERS = ("enrichment", "dilution")

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Case:
    """One file of the corpus.

    Attributes
    ----------
    group, file : str
        Folder in ``data/bad``; path in it.
    outcome : str
        ``error`` (something is refused), ``flag`` (all is used) or ``ok`` (no finding).
    reads : str
        How it is opened, a word of `READS`.
    expected : tuple of (rule, severity, line, column, value)
        Findings that it must draw.
    near_miss_of : frozenset of str
        Rules that it must not draw.
    options : dict of str to str
        As written; `reader_options` are those of the reader.
    """

    group: str
    file: str
    outcome: str
    reads: str
    expected: tuple[Row, ...]
    near_miss_of: frozenset[str]
    options: dict[str, str] = field(hash=False)

    @property
    def id(self) -> str:
        """``group/file``."""
        return f"{self.group}/{self.file}"

    @property
    def path(self) -> Path:
        """The file, or the folder of a folder case."""
        return BAD / self.group / self.file

    @property
    def rules(self) -> set[str]:
        """Rules that it must draw."""
        return {row[0] for row in self.expected}

    @property
    def twin(self) -> Path | None:
        """Another spelling of the same data."""
        name = self.options.get("equals")
        return None if name is None else BAD / self.group / name

    @property
    def reader_options(self) -> dict[str, Any]:
        """Options of the reader; the name of a file beside it becomes a path."""
        given = {k: v for k, v in self.options.items() if k not in _OURS}
        beside = {k: self.path.parent / v for k, v in given.items()}
        read = {k: beside[k] if beside[k].is_file() else v for k, v in given.items()}
        return {k: float(v) if k in _NUMBERS else v for k, v in read.items()}


def groups() -> list[Path]:
    """Folders of the corpus that hold a list of cases."""
    return sorted(path.parent for path in BAD.glob(f"*/{CASES}"))


def rows_of(group: Path) -> list[dict[str, str]]:
    """Rows of a group's ``cases.csv``, as text."""
    with (group / CASES).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ValueError(f"{group.name}/{CASES}: the columns are not {', '.join(COLUMNS)}")
    return rows


def _cases_of(group: Path) -> Iterator[Case]:
    by_file: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(group):
        by_file.setdefault(row["file"], []).append(row)
    for name, rows in by_file.items():
        outcomes, reads = ({row[key] for row in rows} for key in ("outcome", "reads"))
        if len(outcomes) > 1 or len(reads) > 1:
            raise ValueError(f"{group.name}/{name}: its rows disagree on outcome or reads")
        options = "; ".join(row["options"] for row in rows if row["options"])
        yield Case(
            group.name, name, outcomes.pop(), reads.pop(),
            tuple((r["rule"], r["severity"], r["line"], r["column"], r["value"])
                  for r in rows if r["rule"]),
            frozenset(word for r in rows for word in r["near_miss_of"].split()),
            dict(part.strip().split("=", 1) for part in options.split(";") if part.strip()),
        )  # fmt: skip


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case of the corpus, by group and in the order of its list."""
    return tuple(case for group in groups() for case in _cases_of(group))


def as_row(finding: Finding) -> Row:
    """What a list of cases says about a finding."""
    line = "" if finding.line is None else str(finding.line)
    return finding.rule, finding.severity, line, finding.column, finding.value


def without_many(found: set[Row], case: Case) -> set[Row]:
    """Findings with those of a rule that is expected in any number of columns made one."""
    many = {row[0]: row for row in case.expected if row[2:4] == ("", "*")}
    return {many.get(row[0], row) for row in found}


def read_case(case: Case) -> tuple[Findings, Any]:
    """Open a case as its list says; return all findings, and the samples of a laboratory table."""
    return _READERS[case.reads](case.path, case.reader_options)


def _lab(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    import wbe

    samples = wbe.read(path, errors="reject", **options)
    return samples.attrs["findings"], samples


def _sites(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.geo.sites import open_sites
    from wbe.io.places import sites_of

    findings = Findings()
    sites_of(open_sites(path, path.name, findings, options.get("encoding")), findings)
    return findings, None


def _areas(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.areas import areas_of

    findings = Findings()
    areas_of(path, path.name, findings, options.get("encoding"))
    return findings, None


def _indicators(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.indicators import indicators_of
    from wbe.io.sources import open_source

    findings = Findings()
    indicators_of(open_source(path, path.name, findings, options.get("encoding")), findings)
    return findings, None


def _catchments(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.catchments import catchments_of
    from wbe.io.sources import open_source

    findings = Findings()
    catchments_of(open_source(path, path.name, findings, options.get("encoding")), findings)
    return findings, None


def _area_list(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.area_list import area_list_of, note_edition
    from wbe.io.areas import areas_of

    findings = Findings()
    units = area_list_of(path, path.name, findings)
    if units is not None and "areas" in options:
        beside = options["areas"]
        areas = areas_of(beside, beside.name, Findings())
        assert areas is not None
        note_edition(areas["area"], findings, edition=options["edition"],
                     within=options["within"], units=units, file=beside.name)  # fmt: skip
    return findings, None


def _runs(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    """A folder of finished runs, joined; one folder of it may be none."""
    from wbe.io import read_runs

    return read_runs(path / "*", errors="reject").findings, None


def _means(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    """A table of published monthly means: no samples."""
    from wbe.io.sources import open_source
    from wbe.io.statcan import means_of

    findings = Findings()
    means_of(open_source(path, path.name, findings, options.get("encoding")), findings)
    return findings, None


def _odm(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    """A folder of ODM tables, its sites and polygons too."""
    from wbe.io import read_odm

    samples = read_odm(path, errors="reject", **options).samples
    return samples.attrs["findings"], samples


def _config(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.run import config, problems

    return problems.findings_of(path.name, config.examine(path)[1]), None


def _folder(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.run import checking

    return checking.check([path], **options).findings, None


def _quality(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    """A laboratory table whose batch is judged and corrected, as a run does."""
    import wbe
    from wbe.io import assess_quality
    from wbe.qc import correct_recovery

    samples = correct_recovery(assess_quality(wbe.read(path, errors="reject"), **options))
    return samples.attrs["findings"], samples


def _layout(path: Path, options: dict[str, Any]) -> tuple[Findings, Any]:
    from wbe.io.layout import files as layout

    return layout.examine(path)[1], None


_READERS: dict[str, Callable[[Path, dict[str, Any]], tuple[Findings, Any]]] = {
    "lab": _lab,
    "quality": _quality,
    "instrument": _lab,
    "sites": _sites,
    "areas": _areas,
    "indicators": _indicators,
    "catchments": _catchments,
    "area_list": _area_list,
    "runs": _runs,
    "means": _means,
    "odm": _odm,
    "config": _config,
    "folder": _folder,
    "layout": _layout,
}
