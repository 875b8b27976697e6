"""Agilent MassHunter Quant, sectioned report: batch, sequence table, and a section a compound.

Verified in public code that reads such reports (Bika LIMS, with an example in its docstrings):
``Batch Info`` first; ``Sequence Table`` with ``Data File``, ``Sample Name``, ``Level``,
``Sample Type``; ``Quantitation Results``, then for each compound ``Target Compound,<name>`` and
``Data File``, ``Compound``, ``ISTD``, ``Resp``, ``ISTD Resp``, ``Resp Ratio``, ``Final Conc``,
``Exp Conc``, ``Accuracy``; every line filled up with commas. The report names no unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wbe.io.instruments.export import Export, Row, columns_of, long_peaks, note_header
from wbe.io.instruments.kinds import file_key
from wbe.io.instruments.masshunter import settled
from wbe.io.instruments.vocabulary import word
from wbe.io.tables import Sheet

NAME = "masshunter-report"
_COLUMNS = "masshunter"


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the first line; None if the rows are of another layout."""
    if not rows or not rows[0] or word(rows[0][0]) != "batch info":
        return None
    firsts = {word(cells[0]) for cells in rows if cells}
    known = {"sequence table", "quantitation results", "quantification results", "target compound"}
    return 0 if firsts & known else None


@dataclass
class _State:
    """Where in the report the reading stands."""

    part: str = ""
    compound: str = ""
    header: int | None = None
    columns: dict[str, int] = field(default_factory=dict)
    sequence: dict[str, dict[str, str]] = field(default_factory=dict)


def read(sheets: list[Sheet]) -> Export:
    """Peaks of a report."""
    export = Export(NAME, sheets, "Final Conc")
    state = _State()
    for index, cells in enumerate(sheets[0].rows):
        first = word(cells[0]) if cells else ""
        if first in ("sequence table", "quantitation results", "quantification results"):
            state.part, state.header = first, None
        elif first == "target compound":
            state.part, state.compound, state.header = first, cells[1].strip(), None
        elif first == "data file":
            state.header, state.columns = index, settled(columns_of(_COLUMNS, cells))
            if state.part == "target compound":
                note_header(export, 0, index, state.columns)
        elif state.header is not None and first:
            _take(export, state, index, cells)
    return export


def _take(export: Export, state: _State, index: int, cells: Sequence[str]) -> None:
    """A line of the sequence table, or of a compound's results."""
    assert state.header is not None
    row = Row(cells, state.columns)
    if state.part == "sequence table":
        names = ("sample", "kind", "level", "acquired", "dilution")
        state.sequence[file_key(row["filename"])] = {n: row[n] for n in names if row[n]}
    elif state.part == "target compound":
        known = state.sequence.get(file_key(row["filename"]), {})
        long_peaks(export, 0, state.header, range(index, index + 1), state.columns,
                   **{**known, "compound": state.compound})  # fmt: skip
