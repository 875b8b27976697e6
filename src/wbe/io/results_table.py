"""From the rows of one table to its results, and what the table leaves unstated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.columns import Texts
from wbe.io.entries import long_entries, wide_entries
from wbe.io.header import VALUE_FIELDS, Header
from wbe.io.outcomes import CODE
from wbe.io.quality_rows import column_field
from wbe.io.results import KINDS, Results, beside_values, read_entries
from wbe.io.rows import Body, note
from wbe.io.sources import Table
from wbe.io.text import Refused

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


def columns_of_results(header: Header, form: str) -> tuple[set[int], set[int]]:
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


def check_needed(table: Table, findings: Findings) -> None:
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


def long_results(body: Body, statements: pd.DataFrame) -> Results:
    """Results of a long table; a second quantity beside the first keeps its own variable."""
    stated = [name for name in VALUE_FIELDS if body.header.has(name)]
    entries = long_entries(body, stated[0])
    results = read_entries(entries, statements)
    for name in stated[1:]:
        other = long_entries(body, name)
        other.long, other.limits = False, {}
        values = read_entries(other, statements)
        stated_too = values.status == CODE["quantified"]
        alone = stated_too & (results.status != CODE["quantified"])
        other.note("second_quantity_unused", np.flatnonzero(alone), field=name, first=stated[0])
        results.numbers[name] = np.where(stated_too & ~alone, values.value, np.nan)
    results.numbers |= beside_values(entries)
    for name, field in (("replicate", "replicate"), ("analysis_method", "method")):
        texts = body.of_results(field)
        if texts is not None:
            results.texts[name] = (texts.codes[results.row], texts.known)
    _refuse_wet_weight(body, results)
    return results


def wide_results(body: Body, statements: pd.DataFrame) -> Results:
    """Results of a wide table."""
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


def note_unstated(body: Body, rows: pd.DataFrame, results: Results) -> None:
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


def unknown_columns(body: Body, form: str) -> dict[str, Texts]:
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
