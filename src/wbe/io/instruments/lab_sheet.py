"""From an export and its sidecar to one long table for the ordinary reader.

Rows of unknowns become rows of results in the sample; standards, blanks and the rest of the
sequence are kept apart as text. Values are those of the vial until `wbe.io.instruments.amounts`
turns them into values of the sample; without what that needs there is no table.
"""

from __future__ import annotations

from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.header import Column, Header
from wbe.io.instruments.amounts import in_sample, is_below, is_unsettled
from wbe.io.instruments.export import Export, Peak
from wbe.io.instruments.kinds import plain_compound
from wbe.io.instruments.options import SIDECAR_SUFFIX, Options
from wbe.io.instruments.places import ExportSheet, Origin
from wbe.io.instruments.records import records_of
from wbe.io.instruments.sequence import (
    Injection,
    Made,
    find_factors,
    injections_of,
    is_about_vials,
    sample_id,
    tell_kinds,
)
from wbe.io.instruments.sidecar import Sidecar
from wbe.io.instruments.units_told import find_units, unit_of
from wbe.io.instruments.unused import options_used
from wbe.names import resolve
from wbe.units import scale

_PLACES = ("site", "town", "area")


def as_lab_sheets(
    export: Export, sidecar: Sidecar | None, options: Options, findings: Findings
) -> list[tuple[ExportSheet, Header]]:
    """Long tables of the results in the samples, one for each sheet of the export.

    Parameters
    ----------
    export : Export
    sidecar : Sidecar or None
    options : Options
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    list of (ExportSheet, Header)
        Empty where the values cannot be called concentrations of samples; the rows of the sequence
        stand in the first of them, which then has no rows of results.
    """
    made = Made(export, sidecar, options, findings, injections_of(export))
    _note_file(made)
    tell_kinds(made)
    samples = [i for i in made.injections if i.kind == "sample" and i.peaks]
    usable = bool(export.concentration) and find_units(made, samples)
    find_factors(made, samples)
    if usable and samples and is_about_vials(made, samples):
        count = sum(len(i.peaks) for i in samples)
        made.note("vial_concentration", count=count, samples=len(samples),
                  example=_example(export.file))  # fmt: skip
        usable = False
    tables = _tables(made, samples) if usable else []
    # what the ordinary reader does not see counts as seen and not as accepted
    seen = sum(len(sheet.rows) - 1 for sheet, _ in tables)
    findings.rows += sum(len(i.peaks) for i in samples) - seen
    if not tables:
        tables = [(ExportSheet(export.file), Header(0, 1, []))]
    tables[0][0].quality_control = records_of(made)
    tables[0][0].options_used = options_used(made, samples)
    return tables


def _example(file: str) -> str:
    return file.rsplit("/", 1)[-1].rsplit(".", 1)[0] + SIDECAR_SUFFIX


def _note_file(made: Made) -> None:
    export = made.export
    for rule, number, row, details in export.bad_rows:
        sheet = export.sheets[number]
        made.findings.add(rule, file=export.file, sheet=sheet.name, line=sheet.lines[row],
                          **details)  # type: ignore[arg-type]  # fmt: skip
    if export.decimal_comma:
        made.note("decimal_comma_export")
    if not export.concentration:
        made.note("export_without_concentration", wanted=export.wanted)


def _tables(made: Made, samples: list[Injection]) -> list[tuple[ExportSheet, Header]]:
    """One table for each sheet that holds peaks of usable samples."""
    usable = made.told_of(samples)
    header = _header(made, usable)
    replicates = _replicates(made, usable)
    by_sheet: dict[int, list[tuple[Injection, Peak]]] = {}
    for injection in usable:
        for peak in injection.peaks:
            by_sheet.setdefault(peak.sheet, []).append((injection, peak))
    tables = []
    for number, members in sorted(by_sheet.items()):
        sheet = _empty(made, number, header)
        for injection, peak in sorted(members, key=lambda m: m[1].row):
            _append(made, sheet, header, injection, peak, replicates.get(id(injection), ""))
        tables.append((sheet, header))
    _note_conversion(made, usable)
    return tables


def _note_conversion(made: Made, samples: list[Injection]) -> None:
    factors = [i.factor.value for i in samples for p in i.peaks if not _is_refused(made, i, p)]
    if factors:
        made.note("converted_from_vial", count=len(factors), low=f"{min(factors):g}",
                  high=f"{max(factors):g}")  # fmt: skip


def _is_refused(made: Made, injection: Injection, peak: Peak) -> bool:
    """Whether a result has no value in the sample; findings say why."""
    if injection.factor.rule or injection.unit_refused or is_unsettled(peak):
        return True
    return not unit_of(peak, injection.line, made.options)


def _header(made: Made, samples: list[Injection]) -> Header:
    """Columns of the table: ours, then those of the sidecar."""
    beside = made.sidecar.columns if made.sidecar is not None else []
    stated = {c.id for c in beside if c.kind == "field"}
    own = ["sample_id"] if "sample_id" not in stated else []
    if not stated & set(_PLACES):
        own.append("site")
        if samples:
            made.note("site_from_sample", count=len(samples))
    own += ["analyte", "concentration", "unit", "status"]
    if any(i.line is not None and i.line.limits for i in samples):
        own += ["lod", "loq"]
    if "replicate" not in stated:
        own.append("replicate")
    texts = {"analyte": made.export.compound, "concentration": made.export.concentration}
    columns = [Column(i, texts.get(name, name), "field", name) for i, name in enumerate(own)]
    for column in beside:
        if column.id not in own:
            columns.append(Column(len(columns), column.text, column.kind, column.id, column.unit))
    return Header(0, 1, columns)


def _replicates(made: Made, samples: list[Injection]) -> dict[int, str]:
    """Number of each injection of a sample that was injected more than once."""
    ids: dict[str, list[Injection]] = {}
    for injection in samples:
        ids.setdefault(sample_id(made, injection), []).append(injection)
    return {id(one): str(number)
            for several in ids.values() if len(several) > 1
            for number, one in enumerate(several, start=1)}  # fmt: skip


def _empty(made: Made, number: int, header: Header) -> ExportSheet:
    """A table with its header, whose line is that of the export's header."""
    whole = made.export.sheets[number]
    row = min(made.export.header_row, len(whole.lines) - 1)
    sheet = ExportSheet(whole.file, whole.name, [[c.text for c in header.columns]],
                        [whole.lines[row]])  # fmt: skip
    if made.sidecar is not None:
        beside = made.sidecar.sheet
        own = {c.text for c in made.sidecar.columns}
        for column in header.columns:
            if column.text in own and column.id not in ("analyte", "concentration"):
                place = Origin(beside.file, beside.name, None, column.text, "", "")
                sheet.origins[0, column.index] = place
    return sheet


def _append(
    made: Made, sheet: ExportSheet, header: Header, injection: Injection, peak: Peak,
    replicate: str,
) -> None:  # fmt: skip
    """One row of results, and where its cells stand."""
    row = len(sheet.rows)
    whole = made.export.sheets[peak.sheet]
    own = _cells(made, injection, peak) | {"replicate": replicate}
    beside = {c.id or c.text: c for c in made.sidecar.columns} if made.sidecar else {}
    cells = []
    for column in header.columns:
        source = beside.get(column.id or column.text)
        if source is None or made.sidecar is None or injection.line is None:
            cells.append(own.get(column.id, ""))
            continue
        there, at = made.sidecar.sheet, injection.line.row
        cells.append(there.cell(at, source.index).strip())
        sheet.origins[row, column.index] = Origin(
            there.file, there.name, there.lines[at], source.text,
            there.address(at, source.index), cells[-1],
        )  # fmt: skip
    sheet.rows.append(cells)
    sheet.lines.append(whole.lines[peak.row])
    _place_own(made, sheet, header, peak)


def _place_own(made: Made, sheet: ExportSheet, header: Header, peak: Peak) -> None:
    """Where concentration and compound of the last row stand in the export."""
    row, whole = len(sheet.rows) - 1, made.export.sheets[peak.sheet]
    index = {column.id: column.index for column in header.columns if column.kind == "field"}
    line, text = whole.lines[peak.row], peak.written
    if (peak.row, peak.column) in whole.broken:
        rule, text = whole.broken[peak.row, peak.column]
        sheet.broken[row, index["concentration"]] = rule, text
        sheet.rows[row][index["concentration"]] = text
    address = whole.address(peak.row, peak.column)
    for name, written, cell in (("concentration", text, address), ("analyte", peak.compound, "")):
        title = header.columns[index[name]].text
        sheet.origins[row, index[name]] = Origin(
            whole.file, whole.name, line, title, cell, written
        )  # fmt: skip


def _cells(made: Made, injection: Injection, peak: Peak) -> dict[str, str]:
    """What the export says about a result, in the fields of a laboratory table."""
    unit = unit_of(peak, injection.line, made.options)
    analyte = plain_compound(peak.compound)
    name = sample_id(made, injection)
    cells = {"sample_id": name, "site": name, "analyte": analyte, "unit": unit}
    if is_unsettled(peak):
        made.note_cell("dilution_unsettled", peak, dilution=peak.dilution)
    if _is_refused(made, injection, peak):
        return cells | {"status": "rejected"}
    if not peak.used:
        made.note_cell("peak_excluded", peak)
        return cells | {"status": "missing"}
    if is_below(peak):
        made.note_cell("below_calibration", peak)
    limits = injection.line.limits if injection.line is not None else {}
    for limit in ("lod", "loq"):
        value = limits.get((resolve("analyte", analyte) or analyte, limit), limits.get(("", limit)))
        if value is not None:
            cells[limit] = repr(value * _from_ng_per_litre(unit))
    return cells | {"concentration": in_sample(peak, injection.factor.value)}


def _from_ng_per_litre(unit: str) -> float:
    try:
        return scale("ng/L", unit)
    except UnitError:
        return float("nan")
