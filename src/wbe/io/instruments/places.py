"""Where the cells of a made table stand in the files a person has.

An export and its sidecar become one long table for the ordinary reader. What the reader notices
there is told at the place in the export or in the sidecar, with the text that stands there, and a
cell of the sidecar that was repeated for every compound is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from wbe.findings import RULES, Finding, Findings
from wbe.io.tables import Sheet


@dataclass(frozen=True)
class Origin:
    """A cell of a file.

    Attributes
    ----------
    file, sheet : str
    line : int or None
    column, cell : str
        Header, and address in a spreadsheet.
    text : str
        As written.
    """

    file: str
    sheet: str
    line: int | None
    column: str
    cell: str
    text: str


@dataclass
class ExportSheet(Sheet):
    """A long table made from an export.

    Attributes
    ----------
    origins : dict of (int, int) to Origin
        Row and column of cells that stand elsewhere, or otherwise, in a person's files.
    quality_control : list of dict
        Rows of the sequence as text, for ``attrs["qc_rows"]``.
    options_used : frozenset of str
        Fields of `wbe.io.instruments.Options` on which a sample of the export depended.
    """

    origins: dict[tuple[int, int], Origin] = field(default_factory=dict)
    quality_control: list[dict[str, Any]] = field(default_factory=list)
    options_used: frozenset[str] = frozenset()

    def address(self, row: int, column: int) -> str:
        """Address of the cell in the export; "" for what stands in no spreadsheet."""
        origin = self.origins.get((row, column))
        return origin.cell if origin is not None else ""


_Key = tuple[str, str, int | None, str, str]


def relocate(findings: Findings, sheets: Iterable[ExportSheet]) -> Findings:
    """Findings about made tables at the places of a person's files.

    Parameters
    ----------
    findings : Findings
        All findings of a read.
    sheets : iterable of ExportSheet
        The made tables.

    Returns
    -------
    Findings
        The same findings and counts; a finding that was moved to a place where it already stands
        is left out.
    """
    places: dict[_Key, Origin] = {}
    for sheet in sheets:
        for (row, column), origin in sheet.origins.items():
            line = None if row == 0 else sheet.lines[row]
            text = "" if row == 0 else sheet.cell(row, column).strip()
            key = (sheet.file, sheet.name, line, sheet.rows[0][column], text)
            places.setdefault(key, origin)
    moved = Findings(_moved(findings, places), findings.rows, findings.accepted)
    return moved


def _moved(findings: Iterable[Finding], places: dict[_Key, Origin]) -> Iterator[Finding]:
    seen: set[Finding] = set()
    for finding in findings:
        key = (finding.file, finding.sheet, finding.line, finding.column, finding.value)
        origin = places.get(key) if finding.column else None
        if origin is None:
            yield finding
            continue
        told = _at(finding, origin)
        if told.file == finding.file:
            yield told
        elif told not in seen:
            seen.add(told)
            yield told


def _at(finding: Finding, origin: Origin) -> Finding:
    """A finding at another place, its words filled in anew."""
    place = {"file": origin.file, "sheet": origin.sheet, "column": origin.column,
             "cell": origin.cell, "value": origin.text}  # fmt: skip
    words = {**dict(finding.details), **place, "line": str(origin.line)}
    rule = RULES[finding.rule]
    return replace(
        finding, **place, line=origin.line, message=rule.message.format(**words),
        fix=rule.fix.format(**words), details=tuple(words.items()),
    )  # fmt: skip
