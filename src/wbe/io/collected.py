"""All tables of one read, joined to samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from wbe import schema
from wbe.findings import Findings
from wbe.io.collapse import Joined, collapse
from wbe.io.columns import Texts
from wbe.io.euda import loads as euda
from wbe.io.euda import releases as euda_releases
from wbe.io.gather import extract
from wbe.io.outcomes import CODE
from wbe.io.plausibility.places import Origin, Sheets
from wbe.io.results import KINDS, Results, joined_results
from wbe.io.results_table import (
    check_needed,
    columns_of_results,
    long_results,
    note_unstated,
    unknown_columns,
    wide_results,
)
from wbe.io.rows import Body
from wbe.io.samples import read_rows
from wbe.io.sources import Table
from wbe.io.text import UNREADABLE, Refused

LAYOUTS = ("long", "wide", "town_blocks", "euda")
"""Forms of tables that hold samples."""
_NO_SAMPLES = {"indicators": "indicators_table", "statcan": "published_means_table"}


class Collected:
    """Statements and results of all tables of one read."""

    def __init__(self, findings: Findings):
        self.findings = findings
        self.statements: list[pd.DataFrame] = []
        self.results: list[Results] = []
        self.bodies: list[tuple[int, int, Body]] = []
        self.extras: list[dict[str, Texts]] = []
        self.euda: list[euda.Loads] = []
        self.origins: list[Origin] = []
        self.rows = self.count = 0

    def add(self, table: Table, file: int, layout: str) -> None:
        """Read one table of a file, which is named by its number."""
        source = len(self.origins)
        self.origins.append(Origin.of(table, file))
        if layout != "auto" and table.form != layout:
            raise Refused("layout_mismatch", wanted=layout, found=table.form)
        if table.form == "euda":
            self.euda.append(euda.read_loads(table, source, self.findings))
            return
        if table.form in _NO_SAMPLES:
            raise Refused(_NO_SAMPLES[table.form], line=table.sheet.lines[table.header.row])
        if table.form not in LAYOUTS:
            raise Refused("not_a_lab_table", found=table.form)
        check_needed(table, self.findings)
        by_row, results = columns_of_results(table.header, table.form)
        noted = Findings()
        try:
            body = extract(table.sheet, table.header, noted, results=results, by_row=by_row)
        except Refused as refused:
            if refused.rule not in UNREADABLE:  # what was noticed of a damaged text is void
                self.findings.extend(noted)
            raise
        self.findings.extend(noted)
        body.findings = self.findings
        self._add_body(body, table.form, source)

    def _add_body(self, body: Body, form: str, source: int) -> None:
        statements = read_rows(body)
        statements["file"], statements["sheet"] = body.sheet.file, body.sheet.name
        statements["source"] = source
        results = (
            long_results(body, statements) if form == "long" else wide_results(body, statements)
        )
        note_unstated(body, statements, results)
        self.extras.append(unknown_columns(body, form))
        body.figures, body.texts_by_row = {}, {}  # what later findings quote, the results keep
        results.row = results.row + self.rows if self.rows else results.row
        self.bodies.append((self.rows, self.count, body))
        self.statements.append(statements)
        self.results.append(results)
        self.rows += len(body.lines)
        self.count += len(body)
        self.findings.rows += body.seen
        self.findings.accepted += len(body.lines) + len(body.quality_control)

    def dataset(self, files: list[dict[str, Any]]) -> tuple[xr.Dataset, np.ndarray]:
        """Join everything that was read.

        Parameters
        ----------
        files : list of dict
            ``attrs["files"]``.

        Returns
        -------
        samples : Dataset (sample, analyte)
        origin : ndarray of int (sample, analyte)
            Number of each result's table in `origins`; -1 for none.
        """
        controls = [record for _, _, body in self.bodies for record in body.quality_control]
        parts = [self._joined()] if self.rows else []
        weeks = euda_releases.merged(self.euda, self.findings) if self.euda else None
        parts += [] if weeks is None else [(weeks.samples, weeks.results, {})]
        self.bodies, self.statements, self.extras = [], [], []  # their memory is needed now
        if not parts:
            dataset = schema.empty(self.findings, files)
        else:
            samples, results, extras = parts.pop() if len(parts) == 1 else _concatenated(parts)
            dataset = schema.assemble(
                samples, results, findings=self.findings, files=files,
                qc_rows=pd.DataFrame(controls), extras=extras, consume=True,
            )  # fmt: skip
        if weeks is not None:
            dataset.attrs["published_means"] = weeks.means
        origin = dataset["source_file"].values
        ids, analytes = dataset["sample"].values, dataset["analyte"].values
        for number in sorted({of.file for of in self.origins if of.sheet}):
            sheets = [of.sheet if of.file == number else "" for of in self.origins]
            dataset.attrs["files"][number]["sheets"] = Sheets(ids, analytes, origin, sheets)
        file_of = np.array([of.file for of in self.origins] + [-1], dtype=origin.dtype)
        if (file_of[:-1] != np.arange(len(self.origins))).any():  # else the numbers are the same
            dataset["source_file"] = dataset["source_file"].copy(data=file_of[origin])
        return dataset, origin

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
        # rejected from the start, such as the vials of a sample without an enrichment
        joined.rejected[joined.results.row[joined.results.status == CODE["rejected"]]] = True
        _drop_nameless(joined)
        samples, results, sample = collapse(joined)
        self.findings.accepted -= int(joined.rejected.sum())
        numbers = schema.numbering(len(self.origins))
        source = joined.statements["source"].to_numpy(numbers)[joined.statement[results.row]]
        extras = _extra_series(self.extras, bodies, results, sample, samples.index)
        line = joined.line if len(joined.line) == len(results) else joined.line[results.row]
        records = _by_quantity(results, sample, samples.index, source, line)
        return _our_names(samples), records, extras


_Part = tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.Series]]


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames one under the other; texts of a column that one of them lacks are ""."""
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    if len(filled) == 1:
        return filled[0]
    stacked = pd.concat(filled, ignore_index=True)
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
    analytes = pd.Index(results.analytes)
    records: dict[str, Any] = {
        "sample": pd.Categorical.from_codes(sample, categories=ids),
        "analyte": pd.Categorical.from_codes(results.analyte, categories=analytes),
        "status": pd.Categorical.from_codes(results.status, categories=pd.Index(schema.STATUSES)),
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
