"""The rows of a table that hold samples, and how findings name their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from wbe.findings import Findings
from wbe.io.columns import Figures, Texts
from wbe.io.header import Column, Header
from wbe.io.tables import Sheet, column_letters
from wbe.io.words import plain

Noticed = dict[str, dict[int, dict[str, str]]]
"""Rule to the numbers of the distinct contents it is about, with the words of its template."""


@dataclass
class Body:
    """The rows of one sheet that hold samples, by column.

    Rows that say the same about their sample are read as one: a *statement*. In a long table of
    twenty analytes twenty rows make one statement; in a table of sites every row is its own.

    Attributes
    ----------
    sheet, header
        Where they came from.
    findings : Findings
        Receives what is noticed.
    cells : dict of int to list of str
        Column index to the text of every statement; merged cells are filled down.
    lines : ndarray of int (row,)
        Line of each row as a person sees it.
    statement : ndarray of int (row,)
        Which statement each row makes.
    texts_by_row : dict of int to Texts
        Columns that belong to a result, not to the sample: analyte, unit, unknown columns.
    figures : dict of int to Figures
        Columns of results and their limits.
    quality_control : list of dict
        Rows kept apart, as text, with ``kind``, ``file``, ``sheet`` and ``line``.
    seen : int
        Rows of data seen, those rejected or left out included.
    rejected : ndarray of bool (row,)
        Rows of which something was rejected.
    broken : set of (int, int)
        Row and column of cells already refused: they are blank and get no second finding.
    count : int
        Number of statements.
    written : dict of int to Texts
        Columns in which a layout restated cells: the texts as written, "" where unchanged.
    """

    sheet: Sheet
    header: Header
    findings: Findings
    cells: dict[int, list[str]] = field(default_factory=dict)
    lines: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    statement: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    texts_by_row: dict[int, Texts] = field(default_factory=dict)
    figures: dict[int, Figures] = field(default_factory=dict)
    quality_control: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    rejected: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    broken: set[tuple[int, int]] = field(default_factory=set)
    count: int = 0
    written: dict[int, Texts] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.count

    @cached_property
    def weights(self) -> np.ndarray:
        """Rows that make each statement: ndarray of int (statement,)."""
        return np.bincount(self.statement, minlength=len(self))

    @cached_property
    def first_lines(self) -> np.ndarray:
        """Line of the first row of each statement: ndarray of int (statement,)."""
        return self.lines[self._order[self._starts[:-1]]]

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self.statement, kind="stable")

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.weights)])

    def members(self, position: int) -> np.ndarray:
        """Rows that make a statement, in the order of the file."""
        return self._order[self._starts[position] : self._starts[position + 1]]

    def tally(self, chosen: Any) -> int:
        """Number of rows whose statement is marked."""
        return int(self.weights[np.asarray(chosen, dtype=bool)].sum())

    def address(self, row: int, column: Column) -> str:
        """Cell address such as ``C5``; empty in a text file."""
        letters = column_letters(column.index)
        return f"{letters}{self.lines[row]}" if self.sheet.spreadsheet else ""

    def texts(self, column: Column | None) -> list[str]:
        """Texts of a column of the sample; blanks where there is no such column."""
        return [""] * len(self) if column is None else self.cells[column.index]

    def field(self, field_id: str) -> list[str]:
        """Texts of a field's column."""
        return self.texts(self.header.column(field_id))

    def plain(self, field_id: str) -> list[str]:
        """Texts of a field's column with full-width characters and blanks made plain."""
        texts = self.field(field_id)
        known = {text: plain(text) for text in set(texts)}
        return [known[text] for text in texts]

    def of_results(self, field_id: str) -> Texts | None:
        """A field that belongs to a result: its text in every row."""
        column = self.header.column(field_id)
        return None if column is None else self.texts_by_row[column.index]

    def note(
        self, rule: str, position: int | None = None, column: Column | None = None, **more: Any
    ) -> None:
        """Add a finding about a statement and a column, for every row that makes it."""
        if position is None:
            note(self.findings, rule, self.sheet, None, column, **more)
            return
        value = more.pop("value", None)
        if value is None:
            value = self.cells[column.index][position] if column is not None else ""
        details = {**self._of_sample(position), **{k: str(v) for k, v in more.items()}}
        self.note_rows(rule, self.members(position), column, value=str(value), **details)

    def _of_sample(self, position: int) -> dict[str, str]:
        found = {}
        for name in ("sample_id", "site"):
            column = self.header.column(name)
            if column is not None:
                found[name] = self.cells[column.index][position]
        return found

    def coded(self, column: Column) -> tuple[np.ndarray, list[str]]:
        """A column as numbers of its distinct texts.

        Parameters
        ----------
        column : Column

        Returns
        -------
        codes : ndarray of int
            By row if the column belongs to the results, else by statement.
        known : list of str
        """
        by_row = self.texts_by_row.get(column.index)
        if by_row is not None:
            return by_row.codes, by_row.known
        distinct = Texts()
        return distinct.numbers(self.cells[column.index]), distinct.known

    def rows_of(self, chosen: np.ndarray, column: Column) -> int:
        """Number of rows whose cell of a column is marked, as `coded` numbers them."""
        return int(chosen.sum()) if column.index in self.texts_by_row else self.tally(chosen)

    def note_where(self, rule: str, chosen: np.ndarray, column: Column, **words: Any) -> None:
        """Add a finding about each marked cell of a column, as `coded` numbers them."""
        if not chosen.any():
            return
        by_row = column.index in self.texts_by_row
        codes, known = self.coded(column)
        rows = np.flatnonzero(chosen if by_row else chosen[self.statement])
        value = codes[rows] if by_row else codes[self.statement[rows]]
        self.note_rows(rule, rows, column, **{"value": (value, known), **words})

    def note_kinds(
        self, noticed: Noticed, codes: np.ndarray, column: Column, place: Column | None = None
    ) -> None:
        """Add findings about what was noticed for each distinct content of a column.

        Parameters
        ----------
        noticed : dict of str to dict of int to dict of str to str
            Rule to the numbers of the contents concerned, with the words of its template.
        codes : ndarray of int
            Number of the content of each row or statement, as `coded` has the column.
        column : Column
            Where the contents stand.
        place : Column, optional
            Where the findings stand, if in another column of the same level.
        """
        for rule, contents in noticed.items():
            marked = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
            marked[list(contents)] = True
            chosen = marked[codes]
            by_row = column.index in self.texts_by_row
            of_rows = codes if by_row else codes[self.statement]
            rows = np.flatnonzero(chosen if by_row else chosen[self.statement])
            words = {
                key: (of_rows[rows], [contents.get(i, {}).get(key, "") for i in range(len(marked))])
                for key in next(iter(contents.values()))
            }
            at = place or column
            written, known = self.coded(at)
            value = (written if by_row else written[self.statement])[rows]
            self.note_rows(rule, rows, at, **{"value": (value, known), **words})

    def note_rows(
        self, rule: str, rows: np.ndarray, column: Column | None = None, **words: Any
    ) -> None:
        """Add a finding about each of some rows.

        Parameters
        ----------
        rule : str
        rows : ndarray of int
        column : Column, optional
        **words
            Texts that all of them share, or a pair of codes (one for each row) and texts.
        """
        if not len(rows):
            return
        fixed = {"file": self.sheet.file, "sheet": self.sheet.name,
                 "column": column.text if column is not None else ""}  # fmt: skip
        varying: dict[str, tuple[Any, Sequence[str]]] = {}
        statement = self.statement[rows]
        for name in ("sample_id", "site"):
            place = self.header.column(name)
            if place is not None and name not in words:
                varying[name] = (statement, self.cells[place.index])
        if column is not None and column.index in self.written and "value" in words:
            words["value"] = self._as_written(words["value"], rows, self.written[column.index])
        for name, word in words.items():
            if isinstance(word, tuple):
                varying[name] = word
            else:
                fixed[name] = str(word)
        lines = self.lines[rows]
        if self.sheet.spreadsheet and column is not None:
            letters = column_letters(column.index)
            varying["cell"] = (np.arange(len(rows)), [f"{letters}{line}" for line in lines])
        if self.findings.add_many(rule, lines, fixed, varying):
            self.rejected[rows] = True

    @staticmethod
    def _as_written(value: Any, rows: np.ndarray, written: Texts) -> tuple[np.ndarray, list[str]]:
        """Texts of cells with those that a layout restated as the laboratory has them."""
        codes, known = value if isinstance(value, tuple) else (np.zeros(len(rows), int), [value])
        shown = Texts()
        each = [written[row] or known[code] for row, code in zip(rows, codes, strict=True)]
        return shown.numbers(each), shown.known

    def note_header(self, rule: str, rows: np.ndarray, column: Column, **more: Any) -> None:
        """Add one finding about a header that is to blame for these rows."""
        if not len(rows):
            return
        row = self.header.row + self.header.depth - 1
        note(self.findings, rule, self.sheet, row, column, value="", count=len(rows), **more)
        self.rejected[rows] = True


def note(
    findings: Findings,
    rule: str,
    sheet: Sheet,
    row: int | None = None,
    column: Column | None = None,
    **more: Any,
) -> None:
    """Add a finding about a row at the head of a sheet; the place is as a person sees it."""
    value = more.pop("value", None)
    if value is None:
        value = sheet.cell(row, column.index) if row is not None and column is not None else ""
    findings.add(
        rule,
        file=sheet.file,
        sheet=sheet.name,
        line=None if row is None else sheet.lines[row],
        column=column.text if column is not None else "",
        cell=sheet.address(row, column.index) if row is not None and column is not None else "",
        value=value,
        **more,
    )
