"""Lab tables to one samples Dataset, with everything that was noticed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from wbe import schema
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io import euda, instruments
from wbe.io.collapse import Joined, collapse
from wbe.io.columns import Texts
from wbe.io.entries import long_entries, wide_entries
from wbe.io.gather import extract
from wbe.io.header import VALUE_FIELDS, Header
from wbe.io.layout import Layout, Layouts, layouts_of
from wbe.io.outcomes import CODE
from wbe.io.plausibility import note_plausibility, places_of
from wbe.io.quality_rows import column_field
from wbe.io.results import KINDS, Results, beside_values, joined_results, read_entries
from wbe.io.rows import Body, note
from wbe.io.samples import read_rows
from wbe.io.sources import Source, Table, open_source, shown_names
from wbe.io.text import Refused

LAYOUTS = ("long", "wide", "town_blocks", "euda")
_Paths = str | PathLike[str] | Sequence[str | PathLike[str]]

# fields that rows or results use, by form of table; the rest is kept as it is
_SAMPLE_FIELDS = frozenset({
    "sample_id", "site", "town", "area", "date", "start", "end", "flow", "flow_unit", "flow_rsd",
    "population", "population_basis", "population_date", "population_rsd", "matrix", "mode",
    "round", "visit", "lab", "replicate", "phase", "rain_24h_mm", "rain_72h_mm", "preservation",
    "storage_temp", "analysed_date", "note", "lon", "lat", "crs", "coordinates", "role", "type",
    "province", "city", "county", "domestic_share", "cigarettes", "serial_no", "weekday",
    "duration_h", "source_file", "source_sheet", "source_line",
})  # fmt: skip
_LONG_FIELDS = frozenset({
    "analyte", "concentration", "load", "pn_load", "unit", "lod", "loq", "rsd", "status",
    "recovery", "duplicate_rpd", "method", "weight_basis",
})  # fmt: skip
_RESULT_TEXTS = _LONG_FIELDS - {"concentration", "load", "pn_load", "lod", "loq"} | {
    "replicate", "serial_no",
}  # fmt: skip


def read(
    paths: _Paths, *, layout: str | PathLike[str] | Layout | Layouts = "auto",
    encoding: str | None = None, errors: str = "raise",
    sidecar: str | PathLike[str] | None = None, enrichment: float | None = None,
    dilution: float | None = None, unit: str = "",
) -> xr.Dataset:  # fmt: skip
    """Read lab tables and instrument exports.

    CSV, TSV, XLSX, XLS, ODS or Parquet; long or wide; English or Chinese.

    Parameters
    ----------
    paths : path or sequence of paths
        Files; several are read as one.
    layout : str, path, Layout or Layouts
        ``auto``; to insist on one of ``long``, ``wide``, ``town_blocks``, ``euda``, the name of a
        layout (``wbe convert --list``) or a layout file.
    encoding : str, optional
        Codec of text files, instead of BOM, UTF-8, GB18030 in turn.
    errors : str
        ``raise``, or ``reject``: what an error rejects has status ``rejected``.
    sidecar : path, optional
        Of an instrument export: what each injection was (see `wbe.io.instruments`).
    enrichment, dilution : float, optional
        Of an instrument export: sample over final volume, and dilution behind it, for every vial.
    unit : str
        Of an instrument export that states none: unit of its concentrations.

    Returns
    -------
    Dataset (sample, analyte)
        See `wbe.schema`. ``attrs["findings"]`` holds all findings.

    Raises
    ------
    FindingsError
        With ``errors="raise"``, if anything was rejected; carries all findings.
    UsageError
        If an argument is none of the words above.

    Examples
    --------
    >>> samples = wbe.read("lab.csv")  # doctest: +SKIP
    """
    if errors not in ("raise", "reject"):
        raise UsageError(f"errors must be 'raise' or 'reject', not {errors!r}")
    layouts = layouts_of(layout)
    listed = as_paths(paths)
    findings = Findings()
    instrument = instruments.Options(
        Path(sidecar) if sidecar is not None else None, enrichment, dilution, unit
    )
    sources = [
        open_source(path, name, findings, encoding, layouts, instrument)
        for path, name in zip(listed, shown_names(listed), strict=True)
    ]
    samples = read_sources(sources, findings, layouts.form)
    if errors == "raise" and findings.errors:
        raise FindingsError(findings)
    return samples


def as_paths(paths: _Paths) -> list[Path]:
    """One or several paths as a list.

    Raises
    ------
    UsageError
        If there is none.
    """
    several = [paths] if isinstance(paths, str | PathLike) else list(paths)
    if not several:
        raise UsageError("no file was given")
    return [Path(path) for path in several]


def read_sources(sources: Sequence[Source], findings: Findings, layout: str = "auto") -> xr.Dataset:
    """Samples of opened files.

    Parameters
    ----------
    sources : sequence of Source
    findings : Findings
        Receives what is noticed.
    layout : str
        As in `read`.

    Returns
    -------
    Dataset (sample, analyte)
    """
    collected = _Collected(findings)
    for number, source in enumerate(sources):
        for table in source.tables:
            try:
                collected.add(table, number, layout)
            except Refused as refused:
                if refused.rule != "columns_refused":
                    findings.add(refused.rule, file=source.name, sheet=table.sheet.name,
                                 line=refused.line, **refused.details)  # fmt: skip
    dataset = collected.dataset([source.record for source in sources])
    findings.extend(iter(schema.validate(dataset)))
    note_plausibility(dataset, findings, places_of(dataset))
    exports = [export for source in sources for export in source.exports]
    findings.become(instruments.finish(dataset, exports, findings))
    dataset.attrs["findings"] = findings
    return dataset


class _Collected:
    """Statements and results of all tables of one read."""

    def __init__(self, findings: Findings):
        self.findings = findings
        self.statements: list[pd.DataFrame] = []
        self.results: list[Results] = []
        self.bodies: list[tuple[int, int, Body]] = []
        self.extras: list[dict[str, Texts]] = []
        self.euda: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
        self.rows = self.count = 0

    def add(self, table: Table, source: int, layout: str) -> None:
        """Read one table."""
        if layout != "auto" and table.form != layout:
            raise Refused("layout_mismatch", wanted=layout, found=table.form)
        if table.form == "euda":
            self.euda.append(euda.read_loads(table, source, self.findings))
            return
        if table.form == "indicators":
            raise Refused("indicators_table", line=table.sheet.lines[table.header.row])
        if table.form not in LAYOUTS:
            raise Refused("not_a_lab_table", found=table.form)
        _check_needed(table, self.findings)
        by_row, results = _columns_of_results(table.header, table.form)
        body = extract(
            table.sheet, table.header, self.findings, results=results, by_row=by_row
        )
        self._add_body(body, table.form, source)

    def _add_body(self, body: Body, form: str, source: int) -> None:
        statements = read_rows(body)
        statements["file"], statements["sheet"] = body.sheet.file, body.sheet.name
        statements["source"] = source
        results = _long(body, statements) if form == "long" else _wide(body, statements)
        body.figures = {}  # what later findings quote, the results keep
        _note_unstated(body, statements, results)
        self.extras.append(_unknown_columns(body, form))
        results.row = results.row + self.rows if self.rows else results.row
        self.bodies.append((self.rows, self.count, body))
        self.statements.append(statements)
        self.results.append(results)
        self.rows += len(body.lines)
        self.count += len(body)
        self.findings.rows += body.seen
        self.findings.accepted += len(body.lines) + len(body.quality_control)

    def dataset(self, files: list[dict[str, Any]]) -> xr.Dataset:
        """Join everything that was read."""
        controls = [record for _, _, body in self.bodies for record in body.quality_control]
        parts = [self._joined()] if self.rows else []
        parts += [(samples, results, {}) for samples, results, _ in self.euda]
        self.bodies, self.statements, self.extras = [], [], []  # their memory is needed now
        if not parts:
            dataset = schema.empty(self.findings, files)
        else:
            samples, results, extras = parts.pop() if len(parts) == 1 else _concatenated(parts)
            dataset = schema.assemble(
                samples, results, findings=self.findings, files=files,
                qc_rows=pd.DataFrame(controls), extras=extras, consume=True,
            )  # fmt: skip
        means = [published for _, _, published in self.euda]
        if means:
            dataset.attrs["published_means"] = pd.concat(means, ignore_index=True)
        return dataset

    def _joined(self) -> _Part:
        bodies = self.bodies
        joined = Joined(
            statements=_stacked(self.statements),
            results=joined_results(self.results),
            statement=_end_to_end(
                [body.statement + first if first else body.statement for _, first, body in bodies]
            ),
            line=_end_to_end([body.lines for _, _, body in bodies]),
            findings=self.findings,
            bodies=bodies,
            rejected=_end_to_end([body.rejected for _, _, body in bodies]),
        )
        self.results = []
        _drop_nameless(joined)
        samples, results, sample = collapse(joined)
        self.findings.accepted -= int(joined.rejected.sum())
        source = joined.statements["source"].to_numpy(np.int16)[joined.statement[results.row]]
        extras = _extra_series(self.extras, bodies, results, sample, samples.index)
        line = joined.line if len(joined.line) == len(results) else joined.line[results.row]
        records = _by_quantity(results, sample, samples.index, source, line)
        return _our_names(samples), records, extras


_Part = tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.Series]]


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames one under the other; texts of a column that one of them lacks are ""."""
    if len(frames) == 1:
        return frames[0]
    stacked = pd.concat(frames, ignore_index=True)
    for name in stacked:
        if stacked[name].dtype.kind not in "fMbi":
            stacked[name] = stacked[name].astype(object).fillna("")
    return stacked


def _end_to_end(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _concatenated(parts: list[_Part]) -> _Part:
    samples = pd.concat([part[0] for part in parts])
    results = pd.concat([part[1].astype({"sample": object, "analyte": object, "status": object})
                         for part in parts], ignore_index=True)  # fmt: skip
    return samples, results, {name: series for part in parts for name, series in part[2].items()}


def _drop_nameless(joined: Joined) -> None:
    """Rows without sample and site can belong to nothing."""
    rows = joined.statements
    nameless = (rows["refused"] & (rows["sample_id"] == "") & (rows["site"] == "")).to_numpy()
    if nameless.any():
        joined.results = joined.results.only(~nameless[joined.statement[joined.results.row]])


def _columns_of_results(header: Header, form: str) -> tuple[set[int], set[int]]:
    """Columns that belong to results, not to samples: texts by row, and figures."""
    by_row, figures = set(), set()
    for column in header.columns:
        if form == "long":
            figure = column.kind == "field" and column.id in (*VALUE_FIELDS, "lod", "loq")
            own = column.kind != "field" or column.id in _RESULT_TEXTS
        else:
            figure = column.kind in ("analyte", "limit")
            own = column.kind != "field" or column.id in ("replicate", "unit", "serial_no")
        own = own or (column.kind == "field" and column.id not in _SAMPLE_FIELDS)
        if figure:
            figures.add(column.index)
        elif own:
            by_row.add(column.index)
    return by_row, figures


def _check_needed(table: Table, findings: Findings) -> None:
    """Columns without which a table cannot be read at all; all of them in one run."""
    header = table.header
    missing = []
    if table.form == "long":
        if not header.has("analyte"):
            missing.append("analyte")
        if not any(header.has(name) for name in VALUE_FIELDS):
            missing.append("concentration / load / pn_load")
    if not any(header.has(name) for name in ("site", "town", "area")):
        missing.append("site")
    for name in missing:
        note(findings, "column_missing", table.sheet, header.row, field=name)
    if missing:
        raise Refused("columns_refused")


def _long(body: Body, statements: pd.DataFrame) -> Results:
    """Results of a long table; a second quantity beside the first keeps its own variable."""
    stated = [name for name in VALUE_FIELDS if body.header.has(name)]
    entries = long_entries(body, stated[0])
    results = read_entries(entries, statements)
    for name in stated[1:]:
        other = long_entries(body, name)
        other.long, other.limits = False, {}
        values = read_entries(other, statements)
        quantified = values.status == CODE["quantified"]
        results.numbers[name] = np.where(quantified, values.value, np.nan)
    results.numbers |= beside_values(entries)
    for name, field in (("replicate", "replicate"), ("analysis_method", "method")):
        texts = body.of_results(field)
        if texts is not None:
            results.texts[name] = (texts.codes[results.row], texts.known)
    _refuse_wet_weight(body, results)
    return results


def _wide(body: Body, statements: pd.DataFrame) -> Results:
    results = read_entries(wide_entries(body), statements)
    texts = body.of_results("replicate")
    if texts is not None:
        results.texts["replicate"] = (texts.codes[results.row], texts.known)
    return results


def _refuse_wet_weight(body: Body, results: Results) -> None:
    """A content is per dry weight; without the water content a wet one cannot become that."""
    texts, column = body.of_results("weight_basis"), body.header.column("weight_basis")
    if texts is None:
        return
    wet = np.array([any(word in text.casefold() for word in ("wet", "fresh", "湿", "鲜"))
                    for text in texts.known], dtype=bool)  # fmt: skip
    codes = texts.codes[results.row]
    refused = np.flatnonzero(wet[codes] & (results.quantity == KINDS.index("content")))
    body.note_rows("wet_weight", results.row[refused], column, value=(codes[refused], texts.known),
                   analyte=(results.analyte[refused], results.analytes))  # fmt: skip
    results.status[refused] = CODE["rejected"]


def _note_unstated(body: Body, rows: pd.DataFrame, results: Results) -> None:
    """One flag a file and field; an influent is assumed for the matrix, nothing for the others."""
    if "" in (results.matrices[i] for i in np.unique(results.matrix)):
        body.note("matrix_unstated", count=body.tally(rows["matrix_text"] == ""))
    if (rows["mode"] == "").any():
        body.note("mode_unstated", count=body.tally(rows["mode"] == ""))
    populated = rows["population"].notna()
    for name in ("population_basis", "population_date"):
        unstated = populated & (rows[name] == "")
        if unstated.any():
            body.note(f"{name}_unstated", count=body.tally(unstated))
    if (rows["time"].isna() & ~rows["refused"]).any():
        body.note("date_unstated")
    solid = int((results.quantity == KINDS.index("content")).sum())
    if solid and body.header.column("weight_basis") is None:
        body.note("weight_basis_unstated", count=solid)


def _unknown_columns(body: Body, form: str) -> dict[str, Texts]:
    """Columns of no known meaning, kept as text under their headers."""
    used = _SAMPLE_FIELDS | _LONG_FIELDS if form == "long" else _SAMPLE_FIELDS | {"unit"}
    kept: dict[str, Texts] = {}
    for column in body.header.columns:
        if column.kind == "field" and column.id in used:
            continue
        if column.kind in ("analyte", "limit") and form != "long":
            continue
        texts = body.texts_by_row[column.index]
        if column.kind == "blank":
            if any(texts.known):
                body.note("column_without_name", column=column, position_=column.index + 1)
                kept[f"column {column.index + 1}"] = texts
            continue
        rule = "column_unused" if column.kind == "field" else "column_unknown"
        if not column_field(column.text):  # what a batch is judged by is no stranger
            body.note(rule, column=column)
        kept[column.text] = texts
    return kept


def _extra_series(
    extras: list[dict[str, Texts]], bodies: list[tuple[int, int, Body]], results: Results,
    sample: np.ndarray, ids: pd.Index,
) -> dict[str, pd.Series]:  # fmt: skip
    """By sample where one sample says one thing; else by result."""
    found: dict[str, pd.Series] = {}
    for header in dict.fromkeys(name for of_table in extras for name in of_table):
        joined = Texts()
        blank = joined.numbers([""])[0]
        parts = [
            joined.numbers(of_table[header].known)[of_table[header].codes]
            if header in of_table else np.full(len(body.lines), blank)
            for of_table, (_, _, body) in zip(extras, bodies, strict=True)
        ]  # fmt: skip
        codes = _end_to_end(parts)[results.row]
        known = np.array(joined.known, dtype=object)
        stated = codes != blank
        first = np.full(len(ids), blank)
        first[sample[stated][::-1]] = codes[stated][::-1]
        if (first[sample][stated] == codes[stated]).all():
            found[header] = pd.Series(known[first], index=ids)
        else:
            found[header] = pd.Series(known[codes])
    return found


def _by_quantity(
    results: Results, sample: np.ndarray, ids: pd.Index, source: np.ndarray, line: np.ndarray
) -> pd.DataFrame:
    """Tidy records for `wbe.schema.assemble`: values and limits under their quantity's names."""
    records: dict[str, Any] = {
        "sample": pd.Categorical.from_codes(sample, categories=ids),
        "analyte": pd.Categorical.from_codes(results.analyte, categories=results.analytes),
        "status": pd.Categorical.from_codes(results.status, categories=list(schema.STATUSES)),
        "source_file": source,
        "source_line": line,
    }
    for number, quantity in enumerate(KINDS):
        of_it = results.quantity == number
        beside = results.numbers.get(quantity)
        if not of_it.any() and beside is None:
            continue
        lod, loq = schema.limits_of(quantity)
        other = np.nan if beside is None else beside
        records[quantity] = _where(of_it, results.value, other)
        records[lod], records[loq] = _where(of_it, results.lod), _where(of_it, results.loq)
    for name, ours in (("rsd", "concentration_rsd"), ("recovery", "recovery"),
                       ("duplicate_rpd", "duplicate_rpd")):  # fmt: skip
        if name in results.numbers:
            records[ours] = results.numbers[name]
    if "analysis_method" in results.texts:
        codes, known = results.texts["analysis_method"]
        records["analysis_method"] = np.array(known, dtype=object)[codes]
    return pd.DataFrame(records, copy=False)


def _where(chosen: np.ndarray, values: np.ndarray, other: Any = np.nan) -> np.ndarray:
    return values if chosen.all() else np.where(chosen, values, other)


def _our_names(samples: pd.DataFrame) -> pd.DataFrame:
    return samples.rename(columns={"rain_24h_mm": "rain_24h", "rain_72h_mm": "rain_72h"})
