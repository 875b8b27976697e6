"""Lab tables to one samples Dataset, with everything that was noticed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from wbe import schema
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io import euda
from wbe.io.cells import read_result
from wbe.io.collapse import Joined, collapse
from wbe.io.entries import long_entries, wide_entries
from wbe.io.header import VALUE_FIELDS
from wbe.io.results import beside_values, read_entries
from wbe.io.rows import Body, extract, note
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
    "duration_h",
})  # fmt: skip
_LONG_FIELDS = frozenset({
    "analyte", "concentration", "load", "pn_load", "unit", "lod", "loq", "rsd", "status",
    "recovery", "duplicate_rpd", "method", "weight_basis",
})  # fmt: skip


def read(
    paths: _Paths, *, layout: str = "auto", encoding: str | None = None, errors: str = "raise"
) -> xr.Dataset:
    """Read lab tables: CSV, TSV or XLSX, long or wide, English or Chinese.

    Parameters
    ----------
    paths : path or sequence of paths
        Files; several are read as one.
    layout : str
        ``auto``, or one of ``long``, ``wide``, ``town_blocks``, ``euda`` to insist on.
    encoding : str, optional
        Codec of text files, instead of BOM, UTF-8, GB18030 in turn.
    errors : str
        ``raise``, or ``reject``: what an error rejects has status ``rejected``.

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
    if layout not in ("auto", *LAYOUTS):
        raise UsageError(f"unknown layout {layout!r}: use auto, {', '.join(LAYOUTS)}")
    listed = as_paths(paths)
    findings = Findings()
    sources = [
        open_source(path, name, findings, encoding)
        for path, name in zip(listed, shown_names(listed), strict=True)
    ]
    samples = read_sources(sources, findings, layout)
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
    return dataset


class _Collected:
    """Rows and results of all tables of one read."""

    def __init__(self, findings: Findings):
        self.findings = findings
        self.rows: list[pd.DataFrame] = []
        self.results: list[pd.DataFrame] = []
        self.extras: list[pd.DataFrame] = []
        self.quality_control: list[dict[str, Any]] = []
        self.euda: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
        self.bodies: list[tuple[int, Body]] = []
        self.bad_rows: set[int] = set()
        self.count = 0

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
        body = extract(table.sheet, table.header, self.findings)
        self._add_body(body, table.form, source)

    def _add_body(self, body: Body, form: str, source: int) -> None:
        rows = read_rows(body)
        rows["file"], rows["sheet"], rows["source"] = body.sheet.file, body.sheet.name, source
        rows["line"] = [body.sheet.lines[r] for r in body.rows]
        results = _long(body, rows) if form == "long" else _wide(body, rows)
        results["row"] += self.count
        results["source"] = source
        _note_unstated(body, rows, results)
        extras = _unknown_columns(body, form)
        extras.index += self.count
        self.bodies.append((self.count, body))
        self.rows.append(rows)
        self.results.append(results)
        self.extras.append(extras)
        self.quality_control += body.quality_control
        self.bad_rows |= {self.count + position for position in body.rejected}
        self.count += len(rows)
        self.findings.rows += body.seen
        self.findings.accepted += len(rows) + len(body.quality_control)

    def dataset(self, files: list[dict[str, Any]]) -> xr.Dataset:
        """Join everything that was read."""
        samples, results, extras = self._joined()
        means = []
        for euda_samples, euda_results, published in self.euda:
            samples = pd.concat([samples, euda_samples])
            results = pd.concat([results, euda_results], ignore_index=True)
            means.append(published)
        if samples.empty:
            dataset = schema.empty(self.findings, files)
        else:
            dataset = schema.assemble(
                samples, results, findings=self.findings, files=files,
                qc_rows=pd.DataFrame(self.quality_control), extras=extras,
            )  # fmt: skip
        if means:
            dataset.attrs["published_means"] = pd.concat(means, ignore_index=True)
        return dataset

    def _joined(self) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.Series]]:
        if not self.rows:
            nothing: dict[str, list[str]] = {"sample": [], "analyte": [], "status": []}
            return pd.DataFrame(), pd.DataFrame(nothing, dtype=object), {}
        rows = pd.concat(self.rows, ignore_index=True)
        results = pd.concat(self.results, ignore_index=True)
        nameless = rows["refused"] & (rows["sample_id"] == "") & (rows["site"] == "")
        results = results[~results["row"].isin(rows.index[nameless])].reset_index(drop=True)
        joined = Joined(rows, results, self.findings, self.bodies)
        samples, collapsed = collapse(joined)
        self.findings.accepted -= len(self.bad_rows | joined.rejected_rows)
        records = _by_quantity(collapsed)
        extras = _extra_series(pd.concat(self.extras), collapsed, samples)
        return _our_names(samples), records, extras


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


def _long(body: Body, rows: pd.DataFrame) -> pd.DataFrame:
    """Results of a long table; a second quantity beside the first keeps its own variable."""
    stated = [name for name in VALUE_FIELDS if body.header.has(name)]
    entries = long_entries(body, stated[0])
    results = read_entries(body, entries, rows)
    for name in stated[1:]:
        other = long_entries(body, name)
        other.long, other.limits = False, {}
        values = read_entries(body, other, rows)
        results[name] = values["value"].where(values["status"] == "quantified")
    for name, shares in beside_values(body, entries).items():
        results[name] = shares
    for name, source in (("replicate", "replicate"), ("analysis_method", "method")):
        texts = np.array(body.field(source), dtype=object)
        if source == "replicate" or body.header.has(source):
            results[name] = texts[entries.row] if len(body) else texts
    _refuse_wet_weight(body, entries.row, results)
    return _described(results, entries.text, entries.column)


def _wide(body: Body, rows: pd.DataFrame) -> pd.DataFrame:
    entries = wide_entries(body)
    results = read_entries(body, entries, rows)
    replicate = np.array(body.field("replicate"), dtype=object)
    results["replicate"] = replicate[entries.row] if len(body) else replicate
    return _described(results, entries.text, entries.column)


def _described(results: pd.DataFrame, texts: list[str], columns: Iterable[Any]) -> pd.DataFrame:
    results["text"] = texts
    results["column"] = [column.text for column in columns]
    results["not_taken"] = [read_result(text).kind == "not_taken" for text in texts]
    return results


def _refuse_wet_weight(body: Body, row: np.ndarray, results: pd.DataFrame) -> None:
    """A content is per dry weight; without the water content a wet one cannot become that."""
    column = body.header.column("weight_basis")
    if column is None:
        return
    texts = body.texts(column)
    for i, position in enumerate(row.tolist()):
        wet = any(word in texts[position].casefold() for word in ("wet", "fresh", "湿", "鲜"))
        if wet and results["quantity"].iloc[i] == "content":
            body.note("wet_weight", position, column, analyte=results["analyte"].iloc[i])
            results.loc[i, "status"] = "rejected"


def _note_unstated(body: Body, rows: pd.DataFrame, results: pd.DataFrame) -> None:
    """One flag a file and field; an influent is assumed for the matrix, nothing for the others."""
    if (results["matrix"] == "").any():
        body.note("matrix_unstated", count=int((rows["matrix_text"] == "").sum()))
    if (rows["mode"] == "").any():
        body.note("mode_unstated", count=int((rows["mode"] == "").sum()))
    populated = rows["population"].notna()
    for name in ("population_basis", "population_date"):
        unstated = populated & (rows[name] == "")
        if unstated.any():
            body.note(f"{name}_unstated", count=int(unstated.sum()))
    if (rows["time"].isna() & ~rows["refused"]).any():
        body.note("date_unstated")
    solid = results["quantity"] == "content"
    if solid.any() and body.header.column("weight_basis") is None:
        body.note("weight_basis_unstated", count=int(solid.sum()))


def _unknown_columns(body: Body, form: str) -> pd.DataFrame:
    """Columns of no known meaning, kept as text under their headers."""
    used = _SAMPLE_FIELDS | _LONG_FIELDS if form == "long" else _SAMPLE_FIELDS | {"unit"}
    kept: dict[str, list[str]] = {}
    for column in body.header.columns:
        if column.kind == "field" and column.id in used:
            continue
        if column.kind in ("analyte", "limit") and form != "long":
            continue
        texts = body.texts(column)
        if column.kind == "blank":
            if any(texts):
                body.note("column_without_name", column=column, position_=column.index + 1)
                kept[f"column {column.index + 1}"] = texts
            continue
        rule = "column_unused" if column.kind == "field" else "column_unknown"
        body.note(rule, column=column)
        kept[column.text] = texts
    return pd.DataFrame(kept, index=range(len(body)), dtype=object)


def _extra_series(
    extras: pd.DataFrame, results: pd.DataFrame, samples: pd.DataFrame
) -> dict[str, pd.Series]:
    """By sample where one sample says one thing; else by result."""
    found: dict[str, pd.Series] = {}
    owners = results.drop_duplicates(["row", "sample"])
    for header in extras:
        texts = extras[header].fillna("")
        by_row = texts.loc[owners["row"]].to_numpy()
        told = pd.Series(by_row, index=owners["sample"].to_numpy())
        stated = told[told != ""]
        if (stated.groupby(level=0).nunique() <= 1).all():
            once = stated[~stated.index.duplicated()]
            found[str(header)] = once.reindex(samples.index).fillna("")
        else:
            values = texts.loc[results["row"]].to_numpy()
            found[str(header)] = pd.Series(values, index=results.index)
    return found


def _by_quantity(results: pd.DataFrame) -> pd.DataFrame:
    """``value, lod, loq`` under the names of their quantity."""
    records = results[["sample", "analyte", "status"]].copy()
    records["source_file"], records["source_line"] = results["source"], results["line"]
    for quantity in schema.QUANTITIES:
        of_it = results["quantity"] == quantity
        lod, loq = schema.limits_of(quantity)
        beside = results.get(quantity, np.nan)
        records[quantity] = results["value"].where(of_it, beside)
        records[lod], records[loq] = results["lod"].where(of_it), results["loq"].where(of_it)
    for name, ours in (("rsd", "concentration_rsd"), ("recovery", "recovery"),
                       ("duplicate_rpd", "duplicate_rpd")):  # fmt: skip
        if name in results:
            records[ours] = results[name]
    if "analysis_method" in results:
        records["analysis_method"] = results["analysis_method"].fillna("")
    return records


def _our_names(samples: pd.DataFrame) -> pd.DataFrame:
    return samples.rename(columns={"rain_24h_mm": "rain_24h", "rain_72h_mm": "rain_72h"})
