"""ODM tables as laboratory tables: the long tables, the sites and the areas behind them.

Nothing is decided here about results: measures and samples are joined to rows of a long table with
our words in it, and the reader of laboratory tables does the rest. What it notices is put back to
the table, line and column where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.findings import Finding, Findings
from wbe.io.header import Column, Header
from wbe.io.odm.files import read_tables
from wbe.io.odm.measures import Flow, Measure, measures_of
from wbe.io.odm.samples import Portions, portions_of
from wbe.io.odm.samples_out import known_flags
from wbe.io.odm.table import Raw, raw_table
from wbe.io.odm.words import PREFIX, READ, words
from wbe.io.read import read_sources
from wbe.io.sources import Source, Table
from wbe.io.tables import Sheet

if TYPE_CHECKING:
    import xarray as xr

LAYOUT: Final = "phes-odm"
_QUANTITIES: Final = ("concentration", "load", "pn_load")
_VALUE: Final = "value"
_OF_RESULTS: Final = (
    "analyte", *_QUANTITIES, "unit", "lod", "loq", "status", "rsd", "recovery", "duplicate_rpd",
    "method", "replicate", "source_file", "source_line",
)  # fmt: skip
#: Whatever ends so is a percentage, with or without a sign.
_PERCENT: Final = "_percent"


@dataclass
class Opened:
    """Tables of ODM, and the laboratory tables made from them.

    Attributes
    ----------
    raws : dict of str to Raw
        Those that can be read.
    source : Source
        With one table a quantity; without any if nothing could be read.
    portions : Portions or None
    flows : dict of str to Flow
    """

    raws: dict[str, Raw]
    source: Source
    portions: Portions | None = None
    flows: dict[str, Flow] = field(default_factory=dict)

    def placed(self, finding: Finding) -> Finding:
        """A finding about a made table, at the place in the file that it is about."""
        measures = self.raws.get("measures")
        of_ours = measures is not None and finding.file == measures.sheet.file
        if measures is None or not of_ours or finding.sheet != measures.sheet.name:
            return finding
        row = _row_of(measures, finding.line)
        sample = "" if row is None else measures.text(row, "sampleID")
        if finding.column == _FLOW_COLUMN and sample in self.flows:
            return _at(finding, measures, self.flows[sample].row, _VALUE)
        if finding.column in measures.at or finding.column in measures.others:
            return _at(finding, measures, row, finding.column)
        if self.portions is None or finding.column not in _columns(self.portions.raw):
            return finding
        there = self.portions.row.get(sample)
        return _at(finding, self.portions.raw, there, finding.column)


_FLOW_COLUMN: Final = "floRate"


def _columns(raw: Raw) -> set[str]:
    return {*raw.at, *raw.others}


def _row_of(raw: Raw, line: int | None) -> int | None:
    return None if line is None else raw.row_at.get(line)


def _at(finding: Finding, raw: Raw, row: int | None, column: str) -> Finding:
    at = raw.at.get(column, raw.others.get(column))
    if row is None:
        row = raw.header
    cell = raw.sheet.address(row, at) if at is not None else ""
    return replace(finding, file=raw.sheet.file, sheet=raw.sheet.name, line=raw.line(row),
                   column=column, cell=cell)  # fmt: skip


def open_odm(
    path: Path, shown: str, findings: Findings, encoding: str | None = None
) -> Opened:  # fmt: skip
    """Open a folder or a workbook of ODM tables.

    Parameters
    ----------
    path : Path
    shown : str
        Beginning of the names of a folder's files in findings; of a workbook its name.
    findings : Findings
        Receives what is noticed.
    encoding : str or None
        Codec of text files.

    Returns
    -------
    Opened
    """
    sheets, records = read_tables(path, shown, findings, encoding)
    raws: dict[str, Raw] = {}
    for name in READ:
        if name in sheets:
            raw = raw_table(name, sheets[name], findings)
            raws |= {} if raw is None else {name: raw}
        elif name in ("samples", "measures") and not _refused(findings, path, shown, name):
            findings.add("odm_table_missing", file=shown or path.name, value=name)
    name = raws["measures"].sheet.file if "measures" in raws else shown or path.name
    opened = Opened(raws, Source(path, name, _record(records, name)))
    opened.source.place = opened.placed
    if {"samples", "measures"} <= raws.keys():
        _make_tables(opened, findings)
    return opened


def samples_of(opened: Opened, findings: Findings) -> xr.Dataset:
    """Samples of opened tables; what is noticed is put where it stands.

    Parameters
    ----------
    opened : Opened
    findings : Findings
        Those of opening the tables; receives the others and becomes ``attrs["findings"]``.

    Returns
    -------
    Dataset (sample, analyte)
    """
    return read_sources([opened.source], findings)


def _refused(findings: Findings, path: Path, shown: str, name: str) -> bool:
    """Whether a file of a table was there and has been refused by name."""
    files = {f"{shown}{name}{suffix}" for suffix in (".csv", ".tsv", ".txt")}
    return any(f.file in files or (not path.is_dir() and f.file == shown) for f in findings.errors)


def _record(records: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """The file with the results, and all others that were opened beside it."""
    own = next((dict(r) for r in records if r["name"] == name), {})
    blank = {"name": name, "sha256": "", "encoding": ""}
    others = [dict(r) for r in records if r["name"] != name]
    return {**blank, **own, "layout": LAYOUT, **({"tables": others} if others else {})}


def _make_tables(opened: Opened, findings: Findings) -> None:
    raws = opened.raws
    opened.portions = portions_of(raws["samples"], raws.get("sampleRelationships"), findings)
    flags = _flags(raws.get("qualityReports"), raws["measures"], findings)
    restated = measures_of(raws["measures"], opened.portions, flags, findings)
    opened.flows = restated.flows
    _note_sites(opened, findings)
    for quantity in _QUANTITIES:
        chosen = [m for m in restated.measures if m.quantity == quantity]
        if chosen:
            opened.source.tables.append(_Long(opened, chosen, quantity).table())


def _flags(raw: Raw | None, measures: Raw, findings: Findings) -> dict[str, set[str]]:
    """Quality flags by id of a measure; those that others set are named, for they are not judged.

    Parameters
    ----------
    raw : Raw or None
        The table qualityReports.
    """
    found: dict[str, set[str]] = {}
    counts: dict[str, tuple[int, int]] = {}
    status = {
        measures.text(row, "measureRepID"): measures.text(row, "wbe:status")
        for row in measures.rows()
    }
    status.pop("", None)
    for row in raw.rows() if raw is not None else ():
        assert raw is not None  # no rows without a table
        flag, measure = raw.text(row, "qualityFlag"), raw.text(row, "measureRepID")
        if measure and measure not in status:
            raw.note(findings, "odm_measure_unknown", row, "measureRepID")
        elif measure:
            found.setdefault(measure, set()).add(flag)
        ours = raw.text(row, "wbe:rule") or flag in ("noConcern", "")
        told = status.get(measure) or (measure in status and flag in known_flags())
        if not ours and not (told and flag in words("quality")):
            first, count = counts.get(flag, (row, 0))
            counts[flag] = first, count + 1
    for flag, (row, count) in counts.items():
        assert raw is not None
        raw.note(findings, "odm_quality_flagged", row, "qualityFlag", value=flag, count=count)
    return found


def _note_sites(opened: Opened, findings: Findings) -> None:
    """Sites of samples that the table of sites does not have."""
    sites, portions = opened.raws.get("sites"), opened.portions
    if sites is None or portions is None:
        return
    known = {sites.text(row, "siteID") for row in sites.rows()}
    named: set[str] = set()
    for row in portions.row.values():
        site = portions.raw.text(row, "siteID")
        if site and site not in known | named:
            named.add(site)
            portions.raw.note(findings, "odm_site_unknown", row, "siteID", site=site)


class _Long:
    """Makes the long table of the measures of one quantity."""

    def __init__(self, opened: Opened, measures: list[Measure], quantity: str):
        assert opened.portions is not None  # no measures without samples
        self.raw, self.portions, self.quantity = opened.raws["measures"], opened.portions, quantity
        self.measures, self.flows = measures, opened.flows
        self.about = {m.sample: self.portions.about(m.sample) for m in measures}
        self.analysed = _analysed(measures)
        self.columns: list[Column] = []
        self.get: list[Callable[[Measure], tuple[str, str]]] = []

    def table(self) -> Table:
        self._of_samples()
        self._of_flows()
        self._of_results()
        header = Header(0, 1, self.columns)
        sheet = Sheet(self.raw.sheet.file, self.raw.sheet.name,
                      epoch_1904=self.raw.sheet.epoch_1904)  # fmt: skip
        sheet.rows = [[column.text for column in self.columns]]
        sheet.lines = [self.raw.line(self.raw.header)]
        for number, measure in enumerate(self.measures, start=1):
            cells = [get(measure) for get in self.get]
            sheet.rows.append([text for text, _ in cells])
            sheet.lines.append(self.raw.line(measure.row))
            sheet.written |= {
                (number, at): written for at, (text, written) in enumerate(cells)
                if text != written
            }  # fmt: skip
        return Table(sheet, header, "long", LAYOUT)

    def _add(self, text: str, name: str, get: Callable[[Measure], tuple[str, str]],
             unit: str = "") -> None:  # fmt: skip
        kind = "field" if name else "unknown"
        self.columns.append(Column(len(self.columns), text, kind, name, unit))
        self.get.append(get)

    def _of_samples(self) -> None:
        fields = self.portions.raw.fields
        for name, head in fields.items():
            if name != "sample_id":
                unit = "%" if head.endswith(_PERCENT) else ""
                self._add(head, name, self._said(name), unit)
        self._add("sampleID", "sample_id", lambda m: (m.cells["sample_id"], m.sample))
        for head in self.portions.raw.kept:
            self._add(_without_prefix(head), "", self._said(head))
        if self.analysed:
            self._add("aDateEnd", "analysed_date", lambda m: (self.analysed[m.sample],) * 2)

    def _said(self, name: str) -> Callable[[Measure], tuple[str, str]]:
        return lambda m: self.about[m.sample].get(name, ("", ""))

    def _of_flows(self) -> None:
        if not self.flows:
            return
        portion = self.portions.portion

        def flow(m: Measure) -> Flow:
            return self.flows.get(m.sample) or self.flows.get(portion(m.sample)) or Flow(0, "", "")

        self._add(_FLOW_COLUMN, "flow", lambda m: (flow(m).value,) * 2)
        self._add("unit of floRate", "flow_unit", lambda m: (flow(m).unit,) * 2)

    def _of_results(self) -> None:
        """Columns that any row fills; the value first, as the reader expects."""
        filled = {name for m in self.measures for name, text in m.cells.items() if text}
        needed = {"analyte", self.quantity, "unit"}
        heads = {**self.raw.fields, "status": "wbe:status"}
        for name in _OF_RESULTS:
            if name not in filled | needed:
                continue
            head = _VALUE if name in _QUANTITIES else heads.get(name, name)
            second = name in _QUANTITIES and name != self.quantity
            unit = "%" if head.endswith(_PERCENT) else ""
            if not (second and name == "concentration"):
                self._add(head, name, self._cell(name), unit)
        taken = {column.text for column in self.columns}
        several = [] if self.analysed or not self.raw.holds("aDateEnd") else ["aDateEnd"]
        for head in [*self.raw.kept, *several]:
            shown = _without_prefix(head)
            self._add(f"measures.{shown}" if shown in taken else shown, "", self._kept(head))

    @staticmethod
    def _cell(name: str) -> Callable[[Measure], tuple[str, str]]:
        def get(m: Measure) -> tuple[str, str]:
            text = m.cells.get(name, "")
            return text, m.written.get(name, text)

        return get

    def _kept(self, head: str) -> Callable[[Measure], tuple[str, str]]:
        return lambda m: (self.raw.text(m.row, head),) * 2


def _without_prefix(head: str) -> str:
    """Header of a column that was given our prefix because its own name was taken."""
    return head.removeprefix(PREFIX)


def _analysed(measures: Iterable[Measure]) -> dict[str, str]:
    """Day of analysis of each sample; empty where measures of one sample have several."""
    found: dict[str, str] = {}
    for measure in measures:
        day = measure.cells.pop("analysed_date", "")
        if found.setdefault(measure.sample, day) != day:
            return {}
    return found if any(found.values()) else {}
