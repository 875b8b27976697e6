"""Samples and results as ODM-shaped tables: samples, measures and quality reports.

Numbers are taken from the Dataset as decimals and multiplied by powers of ten only, so that a
result of the laboratory stands in the table digit by digit (15 digits are kept, as everywhere a
number is converted to text).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import names, schema
from wbe.io.notation import computed
from wbe.io.odm.words import (
    FLOW,
    FLOW_UNIT,
    NOT_REPORTED,
    PREFIX,
    UNITS,
    columns,
    free_header,
    odm_word,
    words,
)

if TYPE_CHECKING:
    import xarray as xr

#: Milligrams a litre in a nanogram a litre; the other quantities keep their unit.
_FACTORS: Final = {"concentration": Decimal("1e-6")}
_PERCENT: Final = Decimal(100)
#: Field -> variable of the Dataset, where the two differ.
_VARIABLES: Final = {
    "duration_h": "duration", "rain_24h_mm": "rain_24h", "rain_72h_mm": "rain_72h",
    "rsd": "concentration_rsd", "method": "analysis_method",
}  # fmt: skip
_RESULT: Final = ("rsd", "recovery", "duplicate_rpd", "method")
#: Which way a result was censored -> the quality flag that says so.
_FLAGS: Final = {"below_lod": "beLOD", "below_loq": "belowLOQ", "above_range": "oor"}
_SEVERITY: Final = {"error": "high", "flag": "low"}

#: What a table has no place for, as `wbe.io.OdmWritten.lost` names it.
REFUSED: Final = names.both("odm.lost.refused")
CONTROLS: Final = names.both("odm.lost.controls")
MEANS: Final = names.both("odm.lost.means")
WIDE_FINDINGS: Final = names.both("odm.lost.findings")


@dataclass
class Sheets:
    """Tables in the making: for each its header and its rows, as text.

    Attributes
    ----------
    tables : dict of str to list of list of str
        The first row of each is its header.
    lost : dict of str to int
        What has no place, and how many of it.
    """

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)

    def lose(self, what: str, count: int) -> None:
        """Note something that is not carried, if there is any."""
        if count:
            self.lost[what] = self.lost.get(what, 0) + count

    def put(self, name: str, cells: Mapping[str, list[str]]) -> None:
        """Add a table: ODM's mandatory columns, and whatever holds anything."""
        needed = {c.name for c in columns(name) if c.needed}
        heads = [head for head, texts in cells.items() if head in needed or any(texts)]
        rows = zip(*(cells[head] for head in heads), strict=True)
        self.tables[name] = [heads, *(list(row) for row in rows)]


def exact(value: float, factor: Decimal = Decimal(1)) -> str:
    """A number times a factor, in decimal; "" for NaN.

    Examples
    --------
    >>> exact(123.4, Decimal("1e-6")), exact(float("nan"))
    ('0.0001234', '')
    """
    return "" if math.isnan(value) else computed(Decimal(repr(float(value))) * factor)


def put_samples(samples: xr.Dataset, sheets: Sheets) -> None:
    """Add the tables samples, measures and qualityReports.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    sheets : Sheets
        Receives the tables, and what they have no place for.
    """
    sheets.put("samples", _sample_cells(samples))
    measured = _Measured(samples)
    cells = measured.cells()
    sheets.put("measures", cells)
    sheets.put("qualityReports", _quality_cells(samples, measured, sheets))
    refused = int((samples["status"].values == "rejected").sum())
    sheets.lose(REFUSED, refused)
    sheets.lose(CONTROLS, len(samples.attrs.get("qc_rows", ())))
    sheets.lose(MEANS, len(samples.attrs.get("published_means", ())))


# samples


def _sample_cells(samples: xr.Dataset) -> dict[str, list[str]]:
    count = samples.sizes["sample"]
    cells: dict[str, list[str]] = {c.name: [""] * count for c in columns("samples")}
    for column in columns("samples"):
        name = _VARIABLES.get(column.field, column.field)
        if name in samples and column.field not in ("matrix", "mode"):
            cells[column.name] = _texts(samples[name].values, column.name)
    cells["sampleID"] = _texts(samples["sample"].values)
    cells["saMaterial"] = [odm_word("matrix", text) for text in _texts(samples["matrix"].values)]
    modes, hours = _texts(samples["mode"].values), samples["duration"].values.tolist()
    cells["collType"] = [_collection(m, h) for m, h in zip(modes, hours, strict=True)]
    cells["collPer"] = [exact(h) or NOT_REPORTED for h in hours]
    cells["collNum"] = [NOT_REPORTED] * count
    spans = [_span(t, h) for t, h in zip(samples["time"].values, hours, strict=True)]
    cells["collDT"] = [day or NOT_REPORTED for day, _ in spans]
    cells["collDTStart"] = [day if end else "" for day, end in spans]
    cells["collDTEnd"] = [end for _, end in spans]
    return cells | _extras(samples)


def _texts(values: np.ndarray, column: str = "") -> list[str]:
    if values.dtype.kind == "f":
        factor = _PERCENT if column.endswith("_percent") else Decimal(1)
        return [exact(value, factor) for value in values.tolist()]
    return [str(value) for value in values.tolist()]


def _extras(samples: xr.Dataset) -> dict[str, list[str]]:
    """Columns of unknown meaning under their headers; a header that is taken gets the prefix."""
    found: dict[str, list[str]] = {}
    for name in sorted(str(n) for n in samples.data_vars if str(n).startswith("extra_")):
        variable = samples[name]
        if variable.dims == ("sample",):
            header = str(variable.attrs["long_name"])
            found[free_header("samples", header)] = [str(text) for text in variable.values.tolist()]
    return found


def _collection(mode: str, hours: float) -> str:
    """ODM's kind of collection, if it and the hours beside it are read as the same mode again."""
    if mode == "composite_24h" and hours == 24:
        return odm_word("mode", "composite")
    if mode in ("composite", "composite_24h"):
        return odm_word("mode", mode) if mode == "composite" and hours != 24 else f"{PREFIX}{mode}"
    return odm_word("mode", mode)


def _span(time: np.datetime64, hours: float) -> tuple[str, str]:
    """Begin and end of collection; no end where the hours are no whole number of seconds."""
    if np.isnat(time):
        return "", ""
    seconds = 0 if math.isnan(hours) else round(hours * 3600)
    end = _stamp(time + np.timedelta64(seconds, "s"), clock=True)
    return _stamp(time), end if seconds and seconds / 3600 == hours else ""


def _stamp(time: np.datetime64, *, clock: bool = False) -> str:
    text = str(time.astype("datetime64[s]"))
    return text if clock else text.removesuffix("T00:00:00")


# measures


class _Measured:
    """Rows of the table of measures, and their ids by sample and analyte."""

    def __init__(self, samples: xr.Dataset):
        self.samples = samples
        self.arrays = {str(name): variable.values for name, variable in samples.variables.items()}
        self.status = self.arrays["status"]
        self.files = [str(file["name"]) for file in samples.attrs.get("files", ())]
        self.ids: dict[tuple[str, str], str] = {}
        self.statuses: list[tuple[str, str, str]] = []
        self.rows: list[dict[str, str]] = []

    def cells(self) -> dict[str, list[str]]:
        """Cells of the table by column."""
        labels = _texts(self.samples["sample"].values)
        analytes = _texts(self.samples["analyte"].values)
        own = self._extras()
        for i, j in np.argwhere(self._written()).tolist():
            extras = {head: str(values[i, j]) for head, values in own.items()}
            for row in self._results(i, j, analytes[j]):
                self._add(labels[i], i, {**extras, **row})
                self.ids.setdefault((labels[i], analytes[j]), self.rows[-1]["measureRepID"])
            word = str(self.status[i, j])
            if word in _FLAGS:
                self.statuses.append((labels[i], self.ids[labels[i], analytes[j]], word))
        self._flows(labels)
        heads = [c.name for c in columns("measures")]
        heads += [head for head in own if head not in heads]
        return {head: [row.get(head, "") for row in self.rows] for head in heads}

    def _extras(self) -> dict[str, np.ndarray]:
        """Columns of unknown meaning by header; one that a column of ours has gets the prefix."""
        found = {}
        for name in sorted(n for n in self.arrays if n.startswith("extra_")):
            if self.arrays[name].shape == self.status.shape:
                text = str(self.samples[name].attrs["long_name"]).removeprefix("measures.")
                found[free_header("measures", text)] = self.arrays[name]
        return found

    def _written(self) -> np.ndarray:
        """Where a result has a row: whatever is stated, and one row of each sample and analyte.

        A sample of which nothing was measured, and an analyte that was measured nowhere, would
        otherwise not be there when the table is read.
        """
        mask = self.status != "not_measured"
        for name in (*schema.RESULT_NUMBERS, *schema.OPTIONAL_RESULT_NUMBERS):
            if name in self.arrays:
                mask = mask | np.isfinite(self.arrays[name])
        mask &= self.status != "rejected"
        if mask.size:
            mask[~mask.any(axis=1), 0] = True
            mask[0, ~mask.any(axis=0)] = True
        return mask

    def _results(self, i: int, j: int, analyte: str) -> Iterator[dict[str, str]]:
        """One row a quantity; limits and what else is said stand in the first."""
        stated = [q for q in schema.QUANTITIES if self._finite(q, i, j)]
        limited = [q for q in schema.QUANTITIES
                   if any(self._finite(limit, i, j) for limit in schema.limits_of(q))]  # fmt: skip
        solid = str(self.arrays["matrix"][i]) in ("soil", "sediment")
        main = (stated or limited or ["content" if solid else "concentration"])[0]
        for order, quantity in enumerate(stated or [main]):
            row = self._result(i, j, analyte, quantity)
            yield row if order else {**row, **self._beside(i, j, main)}

    def _finite(self, name: str, i: int, j: int) -> bool:
        return name in self.arrays and math.isfinite(self.arrays[name][i, j])

    def _number(self, name: str, i: int, j: int, factor: Decimal) -> str:
        return exact(self.arrays[name][i, j], factor) if name in self.arrays else ""

    def _result(self, i: int, j: int, analyte: str, quantity: str) -> dict[str, str]:
        factor = _FACTORS.get(quantity, Decimal(1))
        status = str(self.status[i, j])
        return {
            "measure": f"{PREFIX}{analyte}", "specimen": "sa", "aggregation": "sin",
            "value": self._number(quantity, i, j, factor) or NOT_REPORTED,
            "unit": UNITS[quantity], "aDateEnd": self._analysed(i),
            "wbe:status": "not_measured" if status == "rejected" else status,
        }  # fmt: skip

    def _beside(self, i: int, j: int, quantity: str) -> dict[str, str]:
        factor = _FACTORS.get(quantity, Decimal(1))
        limits = dict(zip(("wbe:lod", "wbe:loq"), schema.limits_of(quantity), strict=True))
        found = {head: self._number(name, i, j, factor) for head, name in limits.items()}
        for column in columns("measures"):
            name = _VARIABLES.get(column.field, column.field)
            if column.field in _RESULT and name in self.arrays:
                found[column.name] = _texts(self.arrays[name][i : i + 1, j], column.name)[0]
        return found | self._origin(i, j)

    def _origin(self, i: int, j: int) -> dict[str, str]:
        """Where the result stood before."""
        number, line = (int(self.arrays[f"source_{n}"][i, j]) for n in ("file", "line"))
        if not 0 <= number < len(self.files):
            return {}
        return {"wbe:source_file": self.files[number], "wbe:source_line": str(line)}

    def _analysed(self, i: int) -> str:
        days = self.arrays.get("analysed_date")
        return ("" if days is None else str(days[i])) or NOT_REPORTED

    def _flows(self, labels: list[str]) -> None:
        for i, flow in enumerate(self.arrays["flow"].tolist()):
            if math.isfinite(flow):
                row = {"measure": FLOW, "value": exact(flow), "unit": FLOW_UNIT,
                       "specimen": "sit", "aggregation": "sin",
                       "aDateEnd": self._analysed(i)}  # fmt: skip
                self._add(labels[i], i, row)

    def _add(self, label: str, i: int, row: dict[str, str]) -> None:
        site = str(self.arrays["site"][i])
        own = {"measureRepID": f"m{len(self.rows) + 1}", "sampleID": label, "siteID": site}
        self.rows.append({**own, **row})


# quality reports


def _quality_cells(
    samples: xr.Dataset, measured: _Measured, sheets: Sheets
) -> dict[str, list[str]]:
    """Non-detects by ODM's flags, then every finding about a sample."""
    rows = [
        {"measureRepID": id_, "sampleID": label, "qualityFlag": _FLAGS[word]}
        for label, id_, word in measured.statuses
    ]  # fmt: skip
    labels, by_line = set(_texts(samples["sample"].values)), _samples_by_line(samples)
    findings = list(samples.attrs.get("findings", ()))
    of = [f.sample_id if f.sample_id in labels else by_line.get((f.file, f.line), "")
          for f in findings]  # fmt: skip
    rows += [
        {
            "measureRepID": measured.ids.get((sample, finding.analyte), ""),
            "sampleID": sample, "qualityFlag": "qf1",
            "severity": _SEVERITY[finding.severity], "notes": finding.message,
            "wbe:rule": finding.rule, "wbe:column": finding.column,
        }
        for finding, sample in zip(findings, of, strict=True) if sample
    ]  # fmt: skip
    sheets.lose(WIDE_FINDINGS, of.count(""))
    for number, row in enumerate(rows, start=1):
        row["qualityReportID"] = f"q{number}"
    heads = [c.name for c in columns("qualityReports")]
    return {head: [row.get(head, "") for row in rows] for head in heads}


def _samples_by_line(samples: xr.Dataset) -> dict[tuple[str, int | None], str]:
    """The one sample that a line of a file is about, where there is just one."""
    files = [str(file["name"]) for file in samples.attrs.get("files", ())]
    number, line = samples["source_file"].values, samples["source_line"].values
    found: dict[tuple[str, int | None], set[str]] = {}
    for i, label in enumerate(_texts(samples["sample"].values)):
        for of, at in {*zip(number[i].tolist(), line[i].tolist(), strict=True)}:
            if 0 <= of < len(files):
                found.setdefault((files[of], at), set()).add(label)
    return {place: min(labels) for place, labels in found.items() if len(labels) == 1}


def known_flags() -> dict[str, str]:
    """ODM's quality flags that say that a result lies below a limit -> our status."""
    return {odm: ours for odm, ours in words("quality").items() if ours != "above_range"}
