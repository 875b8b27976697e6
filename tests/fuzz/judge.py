"""A reading compared with what the oracle says of the same file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fuzz.oracle import CONCENTRATION, FLOW, Line, Said, day, factor_of, folded, said
from fuzz.seeds import KNOWN

_BELOW = ("below_lod", "below_loq")


class Reading:
    """What the package made of a file, by line.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    findings : iterable of Finding
    """

    def __init__(self, samples: Any, findings: Any):
        self.samples = samples
        listed = list(findings)
        self.noted = {f.line for f in listed if f.line is not None}
        self.errors = {f.line for f in listed if f.severity == "error"}
        # a column that the oracle does not know may be any of them
        self.columns = {(f.line, KNOWN.get(folded(f.column), "")) for f in listed}
        self.refused = any(f.scope == "file" and f.severity == "error" for f in listed)
        # about a column as a whole: at the header, or at no line
        self.general = any(f.column and f.scope == "file" for f in listed) or any(
            f.severity == "error" and f.line is None for f in listed
        )
        self.entries = dict(self._entries())

    def noted_about(self, line: Line, lines: list[Line]) -> bool:
        """Whether a finding stands at a line, at another row of its sample, or at a column."""
        own = {other.line for other in lines if _key(other)[0] == _key(line)[0]}
        return self.general or bool(self.noted & {line.line, *own})

    def _entries(self) -> Iterator[tuple[int, tuple[int, int]]]:
        lines, files = (self.samples[n].values for n in ("source_line", "source_file"))
        for i, j in zip(*np.nonzero(files >= 0), strict=True):
            yield int(lines[i, j]), (int(i), int(j))

    def noted_of(self, line: Line, *names: str) -> bool:
        """Whether a finding at a line is about one of these columns, or may be."""
        about = {(line.line, name) for name in (*names, "")}
        return self.general or line.line in self.errors or bool(self.columns & about)

    def number(self, name: str, at: tuple[int, int]) -> float:
        """A number of a result, or of its sample."""
        values = self.samples[name].values
        return float(values[at] if values.ndim == 2 else values[at[0]])


def complaints(lines: list[Line], reading: Reading) -> list[str]:
    """Everything that was read otherwise than it stands, in silence."""
    by_line = {line.line: line for line in lines}
    found = []
    for number, at in reading.entries.items():
        line = by_line.get(number)
        if line is None or not line.cells:
            found.append(f"line {number}: a result where there is no row")
        else:
            found += [f"line {number}: {text}" for text in _of_result(line, at, reading, lines)]
            found += [f"line {number}: {text}" for text in _of_sample(line, at, reading, lines)]
    if not reading.refused:
        found += [f"line {line.line}: lost" for line in lines if _lost(line, lines, reading)]
    return found


def _of_result(
    line: Line, at: tuple[int, int], reading: Reading, lines: list[Line]
) -> Iterator[str]:
    status = str(reading.samples["status"].values[at])
    # a word of the header that the oracle does not know may be one that the package does
    noted = reading.noted_about(line, lines) or not _stated(line, "unit")
    if not _stated(line, "concentration"):
        return
    written = said(line.cells.get("concentration", ""))
    factor = factor_of(line.cells.get("unit", ""), CONCENTRATION)
    known = written.kind == "number" and not math.isnan(factor)
    if status == "quantified":
        value = reading.number("concentration", at)
        if known and not _same(value, written.value * factor):
            yield f"{written.value * factor:g} became {value:g}"
        if written.kind in ("below", "nothing"):
            yield f"{written.kind} became {value:g}"
        if not known and not noted:
            yield f"{line.cells.get('concentration')!r} in silence became {value:g}"
    elif status in _BELOW:
        yield from _of_limit(written, factor, at, reading, noted)
    elif status != "rejected" and written.kind == "number":
        yield f"{written.value:g} became {status}"
    if status == "rejected" and not noted:
        yield "rejected in silence"
    yield from _of_limits_beside(line, factor, at, reading)


def _of_limit(
    written: Said, factor: float, at: tuple[int, int], reading: Reading, noted: bool
) -> Iterator[str]:
    if written.kind == "number" and written.value != 0:
        yield f"{written.value:g} became a non-detect"
    if written.kind == "unclear" and not noted:
        yield "a non-detect in silence"
    limit = written.value * factor
    held = [reading.number(name, at) for name in ("lod", "loq")]
    if written.kind == "below" and not math.isnan(limit) and not any(_same(limit, h) for h in held):
        yield f"below {limit:g} became below {held}"


def _of_limits_beside(
    line: Line, factor: float, at: tuple[int, int], reading: Reading
) -> Iterator[str]:
    if reading.noted_of(line, "concentration", "unit", "lod", "loq") or not _stated(line, "unit"):
        return
    for name in ("lod", "loq"):
        written, held = said(line.cells.get(name, "")), reading.number(name, at)
        if written.kind != "number" or math.isnan(factor):
            continue
        if not _same(held, written.value * factor):
            yield f"{name} {written.value * factor:g} became {held:g}"


def _of_sample(
    line: Line, at: tuple[int, int], reading: Reading, lines: list[Line]
) -> Iterator[str]:
    """Flow, population and day; only of a sample with one row, where nothing is noted of them."""
    if sum(_key(other)[0] == _key(line)[0] for other in lines) > 1:
        return
    unit = factor_of(line.cells.get("flow_unit", ""), FLOW)
    for name, factor in (("flow", unit), ("population", 1.0)):
        if not _stated(line, name, "flow_unit") or reading.noted_of(line, name, "flow_unit"):
            continue
        written, held = said(line.cells.get(name, "")), reading.number(name, at)
        if written.kind == "number" and not math.isnan(factor):
            if not _same(held, written.value * factor):
                yield f"{name} {written.value * factor:g} became {held:g}"
        elif written.kind != "number" and not math.isnan(held):
            yield f"{name} {line.cells.get(name)!r} in silence became {held:g}"
    if not _stated(line, "date") or reading.noted_of(line, "date"):
        return
    written_day = day(line.cells.get("date", ""))
    held_day = str(reading.samples["time"].values[at[0]])[:10]
    if written_day and held_day != written_day:
        yield f"day {written_day} became {held_day}"


def _stated(line: Line, *names: str) -> bool:
    """Whether these columns stand under a header that the oracle knows."""
    return set(names) <= set(line.cells)


def _lost(line: Line, lines: list[Line], reading: Reading) -> bool:
    """Whether a plain result is nowhere, and nothing says why."""
    if line.line in reading.entries or reading.noted_about(line, lines):
        return False
    alike = sum(_key(other) == _key(line) for other in lines)
    plain = said(line.cells.get("concentration", "")).kind == "number"
    return plain and alike == 1


def _key(line: Line) -> tuple[str, str]:
    return folded(line.cells.get("sample_id", "")), folded(line.cells.get("analyte", ""))


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or (math.isnan(a) and math.isnan(b))
