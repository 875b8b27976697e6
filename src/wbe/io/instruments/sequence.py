"""The sequence of an export: its injections, what each is, and its factor to a sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from wbe.findings import Findings
from wbe.io.instruments.amounts import (
    UNKNOWN,
    Factor,
    factor_of,
    is_unsettled,
    states_dilution,
)
from wbe.io.instruments.export import Export, Peak
from wbe.io.instruments.kinds import file_key, is_standard, kind_of, plain_compound
from wbe.io.instruments.options import Options
from wbe.io.instruments.sidecar import KEYS, Line, Sidecar
from wbe.io.instruments.vocabulary import word
from wbe.names import resolve

_SHOWN = 3  # names given as examples


@dataclass
class Injection:
    """One run of the instrument.

    Attributes
    ----------
    peaks : list of Peak
        Of analytes.
    standards : list of Peak
        Of internal standards.
    line : Line or None
        Its row in the sidecar.
    kind : str
    named : bool
        Whether its name told the kind.
    factor : Factor
    unit_refused : bool
        Whether two statements about its unit contradict each other.
    """

    peaks: list[Peak] = field(default_factory=list)
    standards: list[Peak] = field(default_factory=list)
    line: Line | None = None
    kind: str = "sample"
    named: bool = False
    factor: Factor = UNKNOWN
    unit_refused: bool = False

    @property
    def any_peak(self) -> Peak:
        """A peak, for what all of them say alike."""
        return (self.peaks or self.standards)[0]

    @property
    def name(self) -> str:
        """Name of the sample, else of the file."""
        return self.any_peak.sample or file_key(self.any_peak.filename)


@dataclass
class Made:
    """A table in the making.

    Attributes
    ----------
    export, sidecar, options, findings
    injections : list of Injection
    """

    export: Export
    sidecar: Sidecar | None
    options: Options
    findings: Findings
    injections: list[Injection]

    def told_of(self, samples: list[Injection]) -> list[Injection]:
        """Those that the sidecar has a row about; all of them without a sidecar."""
        return [i for i in samples if self.sidecar is None or i.line is not None]

    def note_row(self, rule: str, injection: Injection, *names: str, **more: Any) -> None:
        """Add a finding about an injection at its row of the sidecar, else in the export.

        The place is the first of the columns named that the sidecar has.
        """
        if self.sidecar is None or injection.line is None:
            self.note(rule, injection.any_peak, sample_id=injection.name, **more)
            return
        place = self.sidecar.place(injection.line, *names)
        self.findings.add(rule, **place, sample_id=injection.name, **more)

    def note(self, rule: str, peak: Peak | None = None, **more: Any) -> None:
        """Add a finding about a peak, or about the file."""
        sheet = self.export.sheets[peak.sheet if peak else 0]
        place: dict[str, Any] = {"file": self.export.file}
        if peak is not None:
            place |= {"sheet": sheet.name, "line": sheet.lines[peak.row]}
        self.findings.add(rule, **place, **more)

    def note_cell(self, rule: str, peak: Peak, **more: Any) -> None:
        """Add a finding about the concentration of a peak."""
        sheet = self.export.sheets[peak.sheet]
        self.note(rule, peak, column=self.export.concentration, value=peak.written,
                  cell=sheet.address(peak.row, peak.column), sample_id=peak.sample,
                  analyte=resolve("analyte", plain_compound(peak.compound)) or peak.compound,
                  **more)  # fmt: skip


def injections_of(export: Export) -> list[Injection]:
    """Peaks of an export by injection, in the order of the file.

    Exports without raw files name the sample only: the n-th time that a compound comes for a
    sample belongs to its n-th injection.
    """
    found: dict[tuple[str, int], Injection] = {}
    met: Counter[tuple[str, str]] = Counter()
    for peak in export.peaks:
        name, number = file_key(peak.filename), 0
        if not name:
            name = "\n" + word(peak.sample)
            number = met[name, peak.compound]
            met[name, peak.compound] += 1
        injection = found.setdefault((name, number), Injection())
        standard = is_standard(peak.compound, peak.is_standard)
        (injection.standards if standard else injection.peaks).append(peak)
    return list(found.values())


def tell_kinds(made: Made) -> None:
    """What every injection is, with its row of the sidecar."""
    used = set()
    for injection in made.injections:
        peak = injection.any_peak
        injection.line = made.sidecar.find(peak) if made.sidecar else None
        injection.kind, injection.named = kind_of(peak.kind, peak.sample, peak.filename)
        if injection.line is not None:
            used.add(injection.line.row)
            if injection.line.kind:
                injection.kind, injection.named = injection.line.kind, False
    _note_kinds(made)
    _note_unused(made, used)


def _note_kinds(made: Made) -> None:
    """Flags for what was told by name, and for what was set apart."""
    named = [i for i in made.injections if i.named]
    if named:
        examples = _listed(f"{i.name} ({i.kind})" for i in named)
        made.note("sequence_kind_from_name", count=len(named), examples=examples)
    apart = Counter(i.kind for i in made.injections if i.kind != "sample")
    standards = len({p.compound for i in made.injections for p in i.standards})
    what = [f"{kind} {count}" for kind, count in sorted(apart.items())]
    if standards:
        what.append(f"internal standard {standards}")
    if what:
        made.note("sequence_apart", what=", ".join(what))


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_SHOWN]) + (", ..." if len(listed) > _SHOWN else "")


def _note_unused(made: Made, used: set[int]) -> None:
    """Rows of the sidecar about injections that the export does not hold."""
    if made.sidecar is None:
        return
    sheet = made.sidecar.sheet
    indexed = {*made.sidecar.by_file.values(), *made.sidecar.by_sample.values()}
    for position in sorted(indexed):
        row = made.sidecar.lines[position].row
        if row not in used:
            keys = (c for c in made.sidecar.header.columns if c.id in KEYS)
            column = next(c for c in keys if sheet.cell(row, c.index).strip())
            made.findings.add("sidecar_row_unused", **made.sidecar.cell(row, column))


def find_factors(made: Made, samples: list[Injection]) -> None:
    """Factor of every injection; for samples each reason why there is none is a finding."""
    for injection in made.injections:
        injection.factor = factor_of(injection.line, made.options, _applied(injection))
    if is_about_vials(made, samples):
        return
    for injection in samples:
        if made.sidecar is not None and injection.line is None:
            _note_without_row(made, made.sidecar, injection)
        elif injection.factor.rule and injection.factor.rule != "refused":
            _note_factor(made, injection)
        elif dilution := _applied(injection):
            made.note("dilution_in_export", injection.any_peak, sample_id=injection.name,
                      dilution=dilution)  # fmt: skip


def _applied(injection: Injection) -> str:
    """The dilution that the software is taken to have applied; "" for none."""
    return next(
        (p.dilution for p in injection.peaks or injection.standards
         if states_dilution(p) and not is_unsettled(p)), ""
    )  # fmt: skip


def _note_without_row(made: Made, sidecar: Sidecar, injection: Injection) -> None:
    peak = injection.any_peak
    made.note("injection_without_sidecar", peak, column=made.export.sample,
              value=peak.sample or peak.filename, sample_id=injection.name,
              sidecar=sidecar.sheet.file)  # fmt: skip


def _note_factor(made: Made, injection: Injection) -> None:
    """Why the factor of a sample is not known, at what its row says about it."""
    factor, line = injection.factor, injection.line
    columns: list[str] = [factor.field]
    if factor.field == "enrichment":
        volumes = ["sample_volume", "final_volume"]
        blank = [v for v in volumes if line is not None and v not in line.factors]
        columns = [*blank, "enrichment"] if len(blank) == 1 else ["enrichment", *volumes]
    made.note_row(factor.rule, injection, *columns, option=factor.field, first=factor.first,
                  second=factor.second)  # fmt: skip


def is_about_vials(made: Made, samples: list[Injection]) -> bool:
    """Whether nothing at all says how the samples were concentrated."""
    known = [i.factor.rule != "enrichment_missing" for i in samples]
    return made.sidecar is None and not any(known)


def sample_id(made: Made, injection: Injection) -> str:
    """Id of the sample: the sidecar's, else the name of the injection."""
    return stated(made, injection.line, "sample_id") or injection.name


def stated(made: Made, line: Line | None, name: str) -> str:
    """Text of the sidecar in a field."""
    if made.sidecar is None or line is None:
        return ""
    column = made.sidecar.header.column(name)
    return made.sidecar.sheet.cell(line.row, column.index).strip() if column is not None else ""


def text_under(made: Made, line: Line | None, header: str) -> str:
    """Text of the sidecar under a header that is no field of a laboratory table."""
    if made.sidecar is None or line is None:
        return ""
    column = next((c for c in made.sidecar.header.columns if word(c.text) == header), None)
    return made.sidecar.sheet.cell(line.row, column.index).strip() if column is not None else ""
