"""One ODM table as it stands in a file: its header, its cells by name, what is refused of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from wbe.findings import Findings
from wbe.io.header import Column, Header, classify
from wbe.io.odm.words import Column as Known
from wbe.io.odm.words import columns, folded, is_missing
from wbe.io.personal import note_personal_cells
from wbe.io.tables import Sheet
from wbe.io.write import bare_text

_SEARCHED: Final = 10  # a template may have a title above its header
_IDS: Final = ("measureRepID", "qualityReportID", "measureSetRepID", "sampleRelationshipsID")


@dataclass
class Raw:
    """A table of ODM.

    Attributes
    ----------
    name : str
        As ODM calls it.
    sheet : Sheet
    at : dict of str to int
        Known column, in ODM's spelling, to its position.
    others : dict of str to int
        Columns that ODM or a laboratory added, under their header.
    header : int
        Index of the header's row.
    """

    name: str
    sheet: Sheet
    at: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    header: int = 0

    def rows(self) -> Iterator[int]:
        """Indexes of the rows that hold anything."""
        for row in range(self.header + 1, len(self.sheet.rows)):
            if any(cell.strip() for cell in self.sheet.rows[row]):
                yield row

    def written(self, row: int, column: str) -> str:
        """A cell as it stands; "" where the table has no such column."""
        at = self.at.get(column, self.others.get(column))
        return "" if at is None else bare_text(self.sheet.cell(row, at).strip())

    def text(self, row: int, column: str) -> str:
        """A cell, or "" where it says that nothing is stated."""
        found = self.written(row, column)
        return "" if is_missing(found) else found

    def said(self, row: int) -> tuple[str, ...]:
        """All that a row says; how far blank cells are written out makes no difference."""
        cells = [cell.strip() for cell in self.sheet.rows[row]]
        while cells and not cells[-1]:
            cells.pop()
        return tuple(cells)

    def line(self, row: int) -> int:
        """Line of a row as a person sees it."""
        return self.sheet.lines[row]

    def holds(self, column: str) -> bool:
        """Whether any cell of a column states anything."""
        return any(self.text(row, column) for row in self.rows())

    @cached_property
    def fields(self) -> dict[str, str]:
        """Our field of every column that has one and holds anything -> its header."""
        return {
            c.field: c.name for c in columns(self.name)
            if c.field not in ("", "-", "personal") and c.name in self.at and self.holds(c.name)
        }  # fmt: skip

    @cached_property
    def row_at(self) -> dict[int, int]:
        """Line as a person sees it -> index of the row that begins there."""
        return {line: row for row, line in enumerate(self.sheet.lines)}

    @cached_property
    def kept(self) -> list[str]:
        """Columns without a meaning here that hold anything: they are kept as they are."""
        known = [c.name for c in columns(self.name) if not c.field and c.name in self.at]
        return [name for name in (*known, *self.others) if self.holds(name)]

    def note(
        self, findings: Findings, rule: str, row: int | None = None, column: str = "", **more: Any
    ) -> None:
        """Add a finding about a cell, a row, or the table."""
        if row is not None and column and "value" not in more:
            more["value"] = self.written(row, column)
        at = self.at.get(column, self.others.get(column))
        address = self.sheet.address(row, at) if row is not None and at is not None else ""
        findings.add(rule, file=self.sheet.file, sheet=self.sheet.name, column=column,
                     line=None if row is None else self.line(row), cell=address,
                     **more)  # fmt: skip


def raw_table(name: str, sheet: Sheet, findings: Findings) -> Raw | None:
    """Find the columns of a table; None if it cannot be read.

    Parameters
    ----------
    name : str
        As ODM calls it.
    sheet : Sheet
    findings : Findings
        Receives columns that are missing, twice there, or about persons.

    Returns
    -------
    Raw or None
    """
    raw = Raw(name, sheet)
    known = {folded(c.name): c for c in columns(name)}
    raw.header = _header_row(sheet, set(known))
    personal, twice = [], []
    heads = [bare_text(cell.strip()) for cell in sheet.rows[raw.header]]
    own = {c.name for c in known.values() if c.name.casefold() in map(str.casefold, heads)}
    for at, text in enumerate(heads):
        column = known.get(folded(text))
        if column is not None and column.name in own and column.name.casefold() != text.casefold():
            column = None  # beside siteID, site_ID is a column of the laboratory
        if column is not None and column.name in raw.at:
            twice.append(column.name)
        elif column is not None:
            raw.at[column.name] = at
        elif classify(text).kind == "personal":
            personal.append(text)
        elif text:
            raw.others.setdefault(text, at)
    for text in personal:
        findings.add("personal_data", file=sheet.file, sheet=sheet.name, column=text,
                     line=sheet.lines[raw.header])  # fmt: skip
    for text in twice:
        raw.note(findings, "column_twice", raw.header, text, first=text, value=text)
    _leave_out_people(raw, list(known.values()), findings)
    missing = _note_missing(raw, list(known.values()), findings)
    refused = _holds_people(raw, findings)
    return None if personal or twice or missing or refused else raw


def _header_row(sheet: Sheet, known: set[str]) -> int:
    def score(row: int) -> int:
        return sum(folded(cell.strip()) in known for cell in sheet.rows[row])

    return max(range(min(_SEARCHED, len(sheet.rows))), key=score)


def _leave_out_people(raw: Raw, known: list[Known], findings: Findings) -> None:
    """Columns that lead to a person lose their cells before anything else looks at them."""
    for column in known:
        at = raw.at.get(column.name)
        if column.field != "personal" or at is None:
            continue
        if raw.holds(column.name):
            raw.note(findings, "odm_person_left_out", raw.header, column.name, value="")
        for row in raw.rows():
            if at < len(raw.sheet.rows[row]):
                raw.sheet.rows[row][at] = ""


def _note_missing(raw: Raw, known: list[Known], findings: Findings) -> bool:
    """Columns that are not there; whether the table cannot be read without one."""
    refused = False
    for column in known:
        if column.name in raw.at or not column.needed:
            continue
        rule = "column_missing" if column.needed == "read" else "odm_column_absent"
        raw.note(findings, rule, raw.header, field=column.name)
        refused |= column.needed == "read"
    return refused


def _holds_people(raw: Raw, findings: Findings) -> bool:
    """Telephone and identity numbers in any cell refuse the table, as in every other file."""
    fields = {name: c.field for c in columns(raw.name) for name in (c.name,)}
    of = {at: (name, fields.get(name, "")) for name, at in (raw.at | raw.others).items()}
    width = max(map(len, raw.sheet.rows))
    made = [Column(at, *_as_column(*of.get(at, ("", "")))) for at in range(width)]
    return note_personal_cells(raw.sheet, Header(raw.header, 1, made), findings)


def _as_column(name: str, ours: str) -> tuple[str, str, str]:
    """Header, kind and field of a column, as the search for personal numbers knows them."""
    ids = name in _IDS or name.startswith("sampleID")
    return name, "field" if name else "blank", "sample_id" if ids else ours
