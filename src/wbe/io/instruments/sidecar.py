"""The sidecar: a table that says what the vials of a sequence hold.

One row an injection (``filename``) or a sample (``sample_name``); ``enrichment``, or
``sample_volume`` and ``final_volume``; ``dilution``; and any column of a laboratory table (site,
date, flow, ...), which then holds for all results of that injection. ``kind`` says what an
injection is where the software does not, ``<analyte> LOD (ng/L)`` gives limits in the sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from wbe import names
from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.cells import read_quantity
from wbe.io.header import Column, Header, split_unit
from wbe.io.instruments.export import Peak
from wbe.io.instruments.kinds import KINDS, file_key
from wbe.io.instruments.vocabulary import load, word
from wbe.io.tables import Sheet
from wbe.io.words import plain
from wbe.units import scale

KEYS = ("filename", "sample_name")
FACTORS = {"enrichment": "", "dilution": "", "sample_volume": "mL", "final_volume": "mL"}
"""Columns that turn vials into samples, and their units."""
OWN = (*KEYS, *FACTORS, "injection_kind", "unit")
LIMITS = ("lod", "loq")
PARENT = "parent"
"""Header of the sample that a spike or duplicate was made from."""
AGREE = 0.01  # volumes and enrichment are rounded by hand; more than 1 % apart they contradict


def is_sidecar(header: Header) -> bool:
    """Whether a table names injections and holds no results of its own."""
    results = header.analytes or any(
        header.has(name) for name in ("analyte", "concentration", "load", "pn_load")
    )
    return any(header.has(name) for name in KEYS) and not results


@dataclass(frozen=True)
class Line:
    """One row of a sidecar.

    Attributes
    ----------
    row : int
        Index in the sheet.
    factors : dict of str to float
        What it states of `FACTORS`, in their units.
    refused : bool
        Whether one of them cannot be read, so that the sample cannot be either.
    kind : str
        One of `wbe.io.instruments.kinds.KINDS`, or "".
    unit : str
        Of the concentrations in the vial.
    limits : dict of (str, str) to float
        Analyte ("" for all) and ``lod`` or ``loq`` to the limit in the sample [ng/L].
    """

    row: int
    factors: dict[str, float]
    refused: bool = False
    kind: str = ""
    unit: str = ""
    limits: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass
class Sidecar:
    """A sidecar table.

    Attributes
    ----------
    sheet, header
    lines : list of Line
    by_file, by_sample : dict of str to int
        Position in `lines` for a raw file and for a name of a sample.
    """

    sheet: Sheet
    header: Header
    lines: list[Line] = field(default_factory=list)
    by_file: dict[str, int] = field(default_factory=dict)
    by_sample: dict[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> list[Column]:
        """Columns that belong to a laboratory table."""
        return [c for c in self.header.columns
                if c.id not in (*OWN, *LIMITS) and c.kind not in ("blank", "limit")
                and word(c.text) != PARENT]  # fmt: skip

    def place(self, line: Line, *names: str) -> dict[str, Any]:
        """Where a row stands for a finding, at the first of some columns that it has."""
        found = (self.header.column(name) for name in names)
        return self.cell(line.row, next((column for column in found if column is not None), None))

    def cell(self, row: int, column: Column | None) -> dict[str, Any]:
        """Where a cell stands for a finding; without a column the row."""
        place: dict[str, Any] = {
            "file": self.sheet.file, "sheet": self.sheet.name, "line": self.sheet.lines[row],
        }  # fmt: skip
        if column is None:
            return place
        return place | {
            "column": column.text, "cell": self.sheet.address(row, column.index),
            "value": self.sheet.cell(row, column.index).strip(),
        }  # fmt: skip

    def find(self, peak: Peak) -> Line | None:
        """The row about an injection: by its file, else by its sample."""
        position = self.by_file.get(file_key(peak.filename)) if peak.filename else None
        if position is None:
            position = self.by_sample.get(word(peak.sample))
        return None if position is None else self.lines[position]


def read_sidecar(path: Path, name: str, findings: Findings, encoding: str | None) -> Sidecar | None:
    """Read a sidecar.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
    encoding : str or None

    Returns
    -------
    Sidecar or None
        None if the file cannot be used; findings say why.
    """
    from wbe.io.sources import open_source  # sources opens exports, and they open their sidecar

    noticed = Findings()
    source = open_source(path, name, noticed, encoding)
    findings.extend(f for f in noticed if f.rule not in ("sidecar_apart", "header_not_found"))
    table = next(iter(source.sidecars), None)
    if table is None:
        if not noticed.errors or "header_not_found" in {f.rule for f in noticed}:
            findings.add("sidecar_without_key", file=name)
        return None
    table.sheet.load()
    sidecar = Sidecar(table.sheet, table.header)
    if _note_misspelt(sidecar, findings):
        return None
    _read_lines(sidecar, findings)
    return sidecar


def _note_misspelt(sidecar: Sidecar, findings: Findings) -> bool:
    """Columns nearly named like a factor: left out they would change every result unseen."""
    misspelt = False
    for column in sidecar.header.columns:
        name = names.key(split_unit(plain(column.text))[0])
        near = get_close_matches(name, [names.key(f) for f in FACTORS], n=1, cutoff=0.75)
        if column.kind == "unknown" and near:
            meant = next(f for f in FACTORS if names.key(f) == near[0])
            _note(sidecar, findings, "sidecar_column_unclear", sidecar.header.row, column,
                  nearest=meant)  # fmt: skip
            misspelt = True
    return misspelt


def _read_lines(sidecar: Sidecar, findings: Findings) -> None:
    sheet, header = sidecar.sheet, sidecar.header
    for row in range(header.row + header.depth, len(sheet.rows)):
        if any(text.strip() for text in sheet.rows[row]):
            sidecar.lines.append(_line(sidecar, row, findings))
            _index(sidecar, len(sidecar.lines) - 1, findings)


def _line(sidecar: Sidecar, row: int, findings: Findings) -> Line:
    factors: dict[str, float] = {}
    refused = False
    for name, unit in FACTORS.items():
        column = sidecar.header.column(name)
        if column is None or not plain(sidecar.sheet.cell(row, column.index)):
            continue
        value = _number(sidecar, row, column, unit, findings)
        refused |= math.isnan(value)
        factors[name] = value
    kind = _kind(sidecar, row, findings)
    limits = _limits(sidecar, row, findings)
    return Line(row, factors, refused, kind, _text(sidecar, row, "unit"), limits)


def _limits(sidecar: Sidecar, row: int, findings: Findings) -> dict[tuple[str, str], float]:
    """Limits of a row; what cannot be read has its finding and is left out."""
    found = {}
    for column in sidecar.header.columns:
        general = column.kind == "field" and column.id in LIMITS
        if not (general or column.kind == "limit"):
            continue
        if plain(sidecar.sheet.cell(row, column.index)):
            value = _number(sidecar, row, column, "ng/L", findings)
            key = ("", column.id) if general else (column.id, column.limit)
            if not math.isnan(value):
                found[key] = value
    return found


def _number(sidecar: Sidecar, row: int, column: Column, unit: str, findings: Findings) -> float:
    """A positive number in `unit`; NaN with a finding where there is none."""
    reading = read_quantity(sidecar.sheet.cell(row, column.index).strip())
    stated = reading.unit or plain(column.unit)
    rule, factor = "", 1.0
    if reading.kind != "number":
        rule = reading.rule or "not_a_number"
    elif reading.value <= 0:
        rule = "quantity_not_positive" if reading.value == 0 else "negative_value"
    elif unit and not stated:
        rule = "unit_missing"
    elif stated and stated not in ("1", "x"):
        try:
            factor = scale(stated, unit or "1")
        except UnitError:
            rule = "unit_unsuitable"
    if rule:
        name = column.limit or column.id
        _note(sidecar, findings, rule, row, column, unit=stated, expected=unit or "1", field=name,
              count=1)  # fmt: skip
        return math.nan
    return reading.value * factor


def _kind(sidecar: Sidecar, row: int, findings: Findings) -> str:
    column = sidecar.header.column("injection_kind")
    text = plain(sidecar.sheet.cell(row, column.index)) if column else ""
    if not text or column is None:
        return ""
    known = {word(t): kind for kind, texts in load()["kinds"].items() for t in (kind, *texts)}
    if word(text) not in known:
        _note(sidecar, findings, "word_unknown", row, column, field=column.id,
              choices=", ".join(KINDS))  # fmt: skip
    return known.get(word(text), "")


def _index(sidecar: Sidecar, position: int, findings: Findings) -> None:
    """Enter a row under its keys; a second row for one key is named."""
    line = sidecar.lines[position]
    texts = {name: _text(sidecar, line.row, name) for name in KEYS}
    if not any(texts.values()):
        column = next(c for c in sidecar.header.columns if c.id in KEYS)
        _note(sidecar, findings, "sidecar_row_nameless", line.row, column)
        return
    key = file_key(texts["filename"]) if texts["filename"] else word(texts["sample_name"])
    index = sidecar.by_file if texts["filename"] else sidecar.by_sample
    if key not in index:
        index[key] = position
        return
    first = sidecar.lines[index[key]]
    same = sidecar.sheet.rows[first.row] == sidecar.sheet.rows[line.row]
    name = next(name for name in KEYS if texts[name])
    _note(sidecar, findings, "sidecar_row_twice", line.row, sidecar.header.column(name),
          first=sidecar.sheet.lines[first.row], severity="flag" if same else "error")  # fmt: skip
    if not same:
        sidecar.lines[index[key]] = replace(first, refused=True)


def _text(sidecar: Sidecar, row: int, name: str) -> str:
    column = sidecar.header.column(name)
    return plain(sidecar.sheet.cell(row, column.index)) if column is not None else ""


def _note(
    sidecar: Sidecar, findings: Findings, rule: str, row: int, column: Column | None,
    **more: Any,
) -> None:  # fmt: skip
    findings.add(rule, **sidecar.cell(row, column), **more)
