"""Rows of quality control as typed records: blanks, duplicates, spikes, standards, checks.

Value, limits and expected value of a row are converted in one operation. What cannot be read is a
finding and judges nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from wbe import names
from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.cells import read_quantity, read_result
from wbe.io.header import Column, classify, split_unit
from wbe.io.words import load, plain, squeezed, word_set
from wbe.qc.batch import BLANKS, complete
from wbe.schema import QUANTITIES
from wbe.units import convert, scale

NUMBERS = ("area", "istd_area", "ion_ratio", "rt", "r2")
_TEXTS = ("site", "sample_id", "matrix", "note")
_AMOUNTS = ("value", "lod", "loq", "expected")


def quality_records(samples: xr.Dataset, findings: Findings) -> pd.DataFrame:
    """Return the quality-control rows of samples as typed records.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        ``attrs["qc_rows"]`` holds the rows as they were written.
    findings : Findings
        Receives what cannot be read.

    Returns
    -------
    pandas.DataFrame
        Columns of `wbe.qc.batch.RECORDS`; a row of a wide table makes one for each analyte.
    """
    rows = samples.attrs.get("qc_rows")
    found: list[dict[str, Any]] = []
    for record in [] if rows is None else rows.to_dict("records"):
        row = _Row(record, findings)
        if row.kind == "standard" and squeezed(row.cells.get("used", "")) in ("no", "false"):
            continue  # the laboratory left it out of its calibration
        parent = _parent(row, samples) if row.kind in ("duplicate", "spike") else ""
        named = row.cells.get("parent", "") if row.kind == "sample" else ""
        for entry in row.entries():
            own = {"sample_id": named} if named else {}
            found.append({**entry, **own, "parent": parent})
    return complete(pd.DataFrame(found))


class _Row:
    """One row of quality control: texts under our fields or under the headers as written."""

    def __init__(self, record: dict[str, Any], findings: Findings):
        self.findings = findings
        self.units: dict[str, str] = _mapping(record.pop("units", None))
        self.headers: dict[str, str] = _mapping(record.pop("headers", None))
        self.line = int(record.pop("line", -1))
        self.cells = {str(name): _text(value) for name, value in record.items()}
        self.kind = _kind(self.cells)
        self.extra = {column_field(name): name for name in self.cells if column_field(name)}

    def note(self, rule: str, column: str = "", **words: str) -> None:
        """Add a finding about a cell of the row."""
        self.findings.add(
            rule, file=self.cells["file"], sheet=self.cells.get("sheet", ""), line=self.line,
            sample_id=self.cells.get("sample_id", ""), site=self.cells.get("site", ""),
            column=self.headers.get(column, column), value=self.cells.get(column, ""), **words,
        )  # fmt: skip

    def entries(self) -> Iterator[dict[str, Any]]:
        """Records of the row, without its parent."""
        common = {
            "kind": self.kind, "line": self.line, "sample_id": self.cells.get("sample_id", ""),
            "file": self.cells["file"], "sheet": self.cells.get("sheet", ""),
            "lab": plain(self.cells.get("lab", "")), "batch": plain(self._said("batch")),
            "istd": self._said("istd"), **self._numbers(),
        }  # fmt: skip
        for analyte, column, unit, limits in self._results():
            yield {**common, "analyte": analyte, **self._amounts(column, unit, limits)}

    def _results(self) -> Iterator[tuple[str, str, str, dict[str, str]]]:
        """Analyte, column of the result, its unit, and columns of its limits."""
        if "analyte" in self.cells:
            written = self.cells["analyte"]
            analyte = names.resolve("analyte", written) or ""
            if not analyte and self.kind != "istd":
                self.note("qc_analyte_unknown", "analyte")
                return
            unit = self.cells.get("unit") or self.units.get("concentration", "")
            limits: dict[str, str] = {n: n for n in ("lod", "loq") if n in self.cells}
            yield analyte or written, "concentration", unit, limits
            return
        columns = {name: classify(name) for name in self.cells}
        for name, column in columns.items():
            if column.kind == "analyte":
                limits = {c.limit: n for n, c in columns.items() if _limits(c, column)}
                unit = column.unit or self.units.get(name) or self.cells.get("unit", "")
                yield column.id, name, unit, limits

    def _said(self, name: str) -> str:
        return self.cells.get(self.extra.get(name, name), "")

    def _numbers(self) -> dict[str, float]:
        """Areas, ratios, times, shares: what needs no unit of concentration."""
        found = {name: self._number(name) for name in NUMBERS}
        if "r" in self.extra:
            found["r2"] = np.fmin(found["r2"], self._number("r") ** 2)
        name = self.extra.get("rt", "rt")
        unit = self.units.get(name) or split_unit(plain(name))[1] or "min"
        found["rt"] *= scale(unit, "min") if not math.isnan(found["rt"]) else 1.0
        found["recovery"] = self._share("recovery")
        header = self.headers.get("duplicate_rpd", "")
        found["rpd"] = self._share("duplicate_rpd") * rpd_factor(header)
        return found

    def _number(self, name: str) -> float:
        column = self.extra.get(name, name)
        text = self.cells.get(column, "")
        if squeezed(text) in word_set("quality", "absent", "no_peak"):
            return math.nan
        reading = read_quantity(text)
        if reading.kind == "bad" or reading.value < 0:
            self.note("qc_value_unreadable", column)
            return math.nan
        return reading.value if reading.kind == "number" else math.nan

    def _share(self, name: str) -> float:
        """A percentage or a fraction; a difference of 1.5 without a sign may be either."""
        reading = read_quantity(self.cells.get(name, ""))
        if reading.kind in ("blank", "dash", "missing"):
            return math.nan
        percent = "%" in (reading.unit, plain(self.units.get(name, "")))
        unclear = name == "duplicate_rpd" and not percent and 0 < reading.value <= 2
        if reading.kind == "bad" or reading.value < 0 or unclear:
            self.note("qc_value_unreadable", name)
            return math.nan
        return reading.value / 100 if percent or reading.value > 2 else reading.value

    def _amounts(self, column: str, unit: str, limits: dict[str, str]) -> dict[str, Any]:
        """Value, limits and expected value in our unit, converted in one operation."""
        reading = read_result(self.cells.get(column, ""))
        status = {"number": "quantified", "above": "above_range"}.get(reading.kind, "")
        found: dict[str, Any] = dict.fromkeys(_AMOUNTS, math.nan)
        for name, other in limits.items():
            found[name] = self._number(other)
        found["expected"] = self._number("expected")
        if reading.kind == "blank" and self._is_clean():
            status = "below_lod"
        if reading.kind == "nondetect":
            status = f"below_{reading.limit}"
            if not math.isnan(reading.value):
                found[reading.limit] = reading.value
        elif reading.kind == "number":
            found["value"] = reading.value
        elif reading.kind == "bad":
            self.note("qc_value_unreadable", column)
        shown = self.cells.get(column, "") or self.cells.get("duplicate_rpd", "") or self.cells.get(
            "recovery", "")  # fmt: skip
        return {**self._converted(found, reading.unit or unit, column), "status": status,
                "written": shown}  # fmt: skip

    def _is_clean(self) -> bool:
        """Whether this is a blank with an internal standard, hence injected, and without a peak."""
        peak = read_quantity(self.cells.get("vial_concentration", "")).kind == "number"
        numbers = [self._number(name) for name in ("area", "istd_area")]
        injected = math.isnan(numbers[0]) and numbers[1] > 0
        return self.kind in BLANKS and injected and not peak

    def _converted(self, amounts: dict[str, Any], unit: str, column: str) -> dict[str, Any]:
        """In ng/L or ng/g; a standard without a unit keeps its own, as its expected value does."""
        values = [amounts[name] for name in _AMOUNTS]
        if all(math.isnan(v) for v in values):
            return {**amounts, "unit": ""}
        for ours in (QUANTITIES["concentration"], QUANTITIES["content"]):
            try:
                converted = convert(values[0], unit, ours, *values[1:]) if unit else None
            except UnitError:
                continue
            if converted is not None:
                return {**dict(zip(_AMOUNTS, map(float, converted), strict=True)), "unit": ours}
        if not unit and not math.isnan(amounts["expected"]) and self.kind in (
            "standard", "qc_check",
        ):  # fmt: skip
            return {**amounts, "unit": ""}
        self.note("qc_unit_unusable", column, unit=unit)
        return {**dict.fromkeys(_AMOUNTS, math.nan), "unit": ""}


def rpd_factor(header: str) -> float:
    """Return what a stated deviation of duplicates is multiplied by to be an RPD.

    相对偏差 is |a - b| / (a + b), half of the relative percent difference.

    Examples
    --------
    >>> rpd_factor("平行样相对偏差(%)"), rpd_factor("RPD (%)")
    (2.0, 1.0)
    """
    return 2.0 if "相对偏差" in header else 1.0


def _parent(row: _Row, samples: xr.Dataset) -> str:
    """The sample of a duplicate or spike: as stated, else by id or site without what they add."""
    ids = [str(i) for i in samples["sample"].values]
    stated = row.cells.get(row.extra.get("parent", ""), "")
    for base in filter(None, (stated, _without_mark(row.cells.get("sample_id", "")))):
        own = [i for i in ids if i == base or i.startswith(f"{base}|")]
        if len(own) == 1:
            return own[0]
    site = _without_mark(row.cells.get("site", ""))
    own = [i for i, s in zip(ids, samples["site"].values.astype(str), strict=True) if s == site]
    if not stated and not row.cells.get("sample_id") and len(own) == 1:
        return own[0]
    if not any(row.cells.get(name) for name in ("recovery", "duplicate_rpd")):
        row.note("qc_parent_unknown", "sample_id")
    return ""


def _without_mark(text: str) -> str:
    return re.sub(_behind(), "", plain(text)) or plain(text)


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(load("quality")["parent"]["behind"], re.IGNORECASE)


def _kind(cells: dict[str, str]) -> str:
    """Kind of a row by its word, and finer by what its cells say."""
    written = squeezed(cells.get("kind", ""))
    kind = str(load("quality")["kinds"].get(written, written))
    texts = [squeezed(plain(cells.get(name, ""))) for name in _TEXTS]
    codes = {part for text in texts for part in re.split(r"[^a-z]+", text)}
    for entry in load("quality")["words"]:
        said = any(word in text for word in entry["contains"] for text in texts)
        if entry["of"] == kind and (said or codes & set(entry["codes"])):
            return str(entry["kind"])
    return kind


@cache
def _aliases() -> dict[str, str]:
    return {names.key(k): str(v) for k, v in load("quality")["columns"].items()}


@cache
def column_field(header: str) -> str:
    """What a header says about an injection or batch; "" for others."""
    if not header:
        return ""
    shown = plain(header)
    own = _aliases()
    return own.get(names.key(shown)) or own.get(names.key(split_unit(shown)[0]), "")


def _limits(column: Column, of: Column) -> bool:
    return column.kind == "limit" and column.id == of.id


def _mapping(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A cell as text; numbers that a reader has read already, too, and nothing for NaN."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or value != value else repr(float(str(value)))
