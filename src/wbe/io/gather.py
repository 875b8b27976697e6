"""Which rows of a table are samples, which are quality control, and which are neither.

Nothing is left out without a finding: sub-totals, remarks and repeated headers are named, blanks
and duplicates are kept apart, ragged rows are refused.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from wbe.findings import Findings
from wbe.io.blocks import Block
from wbe.io.columns import Figures, Growing, Statements, Texts
from wbe.io.header import IDENTITY, Column, Header
from wbe.io.kinds import begins_remark, control_kind, is_subtotal
from wbe.io.personal import PersonalCells
from wbe.io.rows import Body, note
from wbe.io.tables import Sheet, column_letters
from wbe.io.text import Refused

_OPTIONAL_KINDS = ("unknown", "blank")
_OPTIONAL_FIELDS = ("note", "method", "serial_no")


def extract(
    sheet: Sheet,
    header: Header,
    findings: Findings,
    *,
    quality_control: bool = True,
    results: Collection[int] = (),
    by_row: Collection[int] = (),
) -> Body:
    """Rows of samples of a sheet.

    Parameters
    ----------
    sheet : Sheet
    header : Header
        Its header.
    findings : Findings
        Receives what is noticed.
    quality_control : bool
        Whether to set rows of blanks, duplicates and spikes apart (a sites table has none).
    results : collection of int
        Indexes of columns of results and limits.
    by_row : collection of int
        Indexes of further columns that say nothing about the sample. Without either every row is
        a statement of its own.

    Returns
    -------
    Body

    Raises
    ------
    Refused
        ``no_data_rows``; or ``columns_refused`` after findings about the columns themselves, or
        after findings of personal data.
    """
    _check_columns(sheet, header, findings)
    gathering = _Gathering(sheet, header, findings, quality_control, results, by_row)
    for block in sheet.blocks(header.row + header.depth, len(header.columns)):
        gathering.take(block)
    return gathering.body()


def _check_columns(sheet: Sheet, header: Header, findings: Findings) -> None:
    refused = False
    seen: dict[tuple[str, str, str, str], Column] = {}
    for column in header.columns:
        if column.kind not in ("field", "analyte", "limit"):
            continue
        key = (column.kind, column.id, column.matrix, column.limit)
        if key in seen:
            note(findings, "column_twice", sheet, header.row, column, first=seen[key].text)
            refused = True
        seen[key] = column
    if refused:
        raise Refused("columns_refused")


class _Gathering:
    """Takes the rows of a table block by block."""

    def __init__(
        self, sheet: Sheet, header: Header, findings: Findings, quality_control: bool,
        results: Collection[int], by_row: Collection[int],
    ):  # fmt: skip
        self.sheet, self.header, self.findings = sheet, header, findings
        self.apart = quality_control
        self.single = not results and not by_row
        expected = sheet.expected_rows()
        self.figures = {index: Figures(expected) for index in sorted(results)}
        self.by_row = {index: Texts(expected) for index in sorted(by_row)}
        self.sample = {c.index: Texts() for c in header.columns
                       if c.index not in self.figures and c.index not in self.by_row}  # fmt: skip
        identity = [i for i, index in enumerate(self.sample)
                    if header.columns[index].id == "sample_id"]  # fmt: skip
        self.statements = Statements(len(self.sample), identity[0] if identity else 0, expected)
        self.controls: list[dict[str, Any]] = []
        self.broken: set[tuple[int, int]] = set()
        self.rejected: list[int] = []
        self.personal = PersonalCells(header) if sheet.more is not None else None
        self.filled: dict[int, int] = {}
        self.town = ""
        self.written: dict[int, Texts] = {}
        self.lines = Growing(np.int32, expected)
        self.seen = self.kept = self.rows = 0

    def take(self, block: Block) -> None:
        """Sort the rows of a block out and take those that hold samples."""
        if self.personal is not None:
            self.personal.look(block)
        block.columns = [(codes, [t.strip() for t in texts]) for codes, texts in block.columns]
        block = self._without_others(block)
        self.seen += len(block)
        block = self._without_ragged(block)
        self.kept += len(block)
        self._fill_merged(block)
        if self.apart:
            block = self._without_controls(block)
        self._note_broken(block)
        self._store(block)

    def body(self) -> Body:
        """Everything that was taken.

        Raises
        ------
        Refused
            ``no_data_rows``, or ``columns_refused`` after findings of personal data.
        """
        if self.personal is not None and self.personal.note(self.sheet, self.findings):
            raise Refused("columns_refused")
        if not self.kept:
            raise Refused("no_data_rows", line=self.sheet.lines[self.header.row])
        for index, count in sorted(self.filled.items()):
            column = self.header.columns[index]
            note(self.findings, "merged_filled_down", self.sheet, None, column, count=count)
        rejected = np.zeros(self.rows, dtype=bool)
        lines = self.lines.array
        codes, statement = self.statements.finish()
        for texts in (*self.sample.values(), *self.by_row.values()):
            texts.close()
        cells = {
            index: [texts.known[i] for i in codes[:, at].tolist()]
            for at, (index, texts) in enumerate(self.sample.items())
        }
        body = Body(
            self.sheet, self.header, self.findings, cells, lines, statement, self.by_row,
            self.figures, self.controls, self.seen, rejected, self.broken, len(codes),
            self.written,
        )  # fmt: skip
        body.rejected[self.rejected] = True
        return body

    def _note(
        self, rule: str, block: Block, position: int, column: Column | None = None, **more: Any
    ) -> None:
        value = more.pop("value", None)
        if value is None:
            value = block.text_written(position, column.index) if column is not None else ""
        line = int(block.lines[position])
        self.findings.add(
            rule, file=self.sheet.file, sheet=self.sheet.name, line=line, value=value,
            column=column.text if column is not None else "",
            cell=self._address(column, line), **more,
        )  # fmt: skip

    def _address(self, column: Column | None, line: int) -> str:
        spreadsheet = self.sheet.spreadsheet and column is not None
        return f"{column_letters(column.index)}{line}" if spreadsheet and column else ""

    def _without_others(self, block: Block) -> Block:
        """Blank rows go; sub-totals, remarks and repeated headers are each named in a flag."""
        filled = np.zeros(len(block), dtype=np.int32)
        for codes, texts in block.columns:
            filled += np.array([bool(text) for text in texts], dtype=bool)[codes]
        keep = filled > 0
        for position in np.flatnonzero(keep & (filled <= 2)).tolist():
            if begins_remark(self._first_text(block, position)):
                self._note("remark_left_out", block, position)
                keep[position] = False
        for column in self.header.identity:
            marked = [is_subtotal(text) for text in block.columns[column.index][1]]
            for position in block.where(column.index, marked).tolist():
                if keep[position]:
                    self._note("subtotal_left_out", block, position, column)
                    keep[position] = False
        for position in self._repeated_headers(block):
            if keep[position]:
                self._note("repeated_header", block, position)
                keep[position] = False
        return self._only(block, keep)

    def _only(self, block: Block, keep: np.ndarray) -> Block:
        if keep.all():
            return block
        moved = np.cumsum(keep) - 1
        kept = block.only(keep)
        kept.cells = {int(moved[p]): n for p, n in block.cells.items() if keep[p]}
        kept.overfull = {int(moved[p]) for p in block.overfull if keep[p]}
        return kept

    @staticmethod
    def _first_text(block: Block, position: int) -> str:
        texts = (block.text(position, index) for index in range(len(block.columns)))
        return next(text for text in texts if text)

    def _repeated_headers(self, block: Block) -> list[int]:
        cells = [text.strip() for text in self.sheet.rows[self.header.row]]
        index = next(i for i, text in enumerate(cells) if text)
        likely = block.where(index, [text == cells[index] for text in block.columns[index][1]])
        width = min(len(cells), len(block.columns))
        return [
            int(p) for p in likely if all(block.text(int(p), i) == cells[i] for i in range(width))
        ]

    def _without_ragged(self, block: Block) -> Block:
        if not block.cells:
            return block
        keep = np.ones(len(block), dtype=bool)
        width = self.header.width or len(self.header.columns)
        added = len(self.header.columns) - width  # by a layout, to whole and to overfull rows
        for position, found in sorted(block.cells.items()):
            if position in block.overfull:
                self._note("row_too_long", block, position, found=found - added, expected=width)
                keep[position] = False
                continue
            absent = self.header.columns[found:]
            if not absent or self.sheet.spreadsheet:
                continue
            needed = any(
                c.kind not in _OPTIONAL_KINDS and c.id not in _OPTIONAL_FIELDS for c in absent
            )
            rule = "row_too_short" if needed else "row_short"
            self._note(rule, block, position, found=found, expected=width)
            keep[position] = not needed
        return self._only(block, keep)

    def _fill_merged(self, block: Block) -> None:
        """Merged cells arrive as a value and blanks: fill identity columns, never results."""
        for column in self.header.columns:
            if column.id not in IDENTITY or not (self.sheet.merged or column.id == "town"):
                continue
            codes, known = block.columns[column.index]
            texts = [known[i] for i in codes.tolist()]
            filled = self._fill_ranges(block, column, texts)
            if column.id == "town":
                for position, text in enumerate(texts):
                    filled += bool(self.town and not text)
                    texts[position] = self.town = text or self.town
            if filled:
                self.filled[column.index] = self.filled.get(column.index, 0) + filled
                distinct = Texts()
                block.columns[column.index] = (distinct.numbers(texts), distinct.known)

    def _fill_ranges(self, block: Block, column: Column, texts: list[str]) -> int:
        where = {row: position for position, row in enumerate(block.rows.tolist())}
        filled = 0
        for top, left, bottom, right in self.sheet.merged:
            if not left <= column.index <= right or bottom == top:
                continue
            value = self.sheet.cell(top, left).strip()
            for row in range(top + 1, bottom + 1):
                if row in where and not texts[where[row]]:
                    texts[where[row]] = value
                    filled += 1
        return filled

    def _without_controls(self, block: Block) -> Block:
        """Blanks, duplicates, spikes and controls leave the samples and are kept as text."""
        kinds: dict[int, tuple[str, Column]] = {}
        for column in self.header.columns:
            if column.id not in ("sample_id", "site", "matrix", "note"):
                continue
            codes, texts = block.columns[column.index]
            known = [control_kind(text, column.id) for text in texts]
            if any(known):
                for position in block.where(column.index, [bool(kind) for kind in known]).tolist():
                    kinds.setdefault(position, (known[codes[position]], column))
        keep = np.ones(len(block), dtype=bool)
        for position, (kind, column) in sorted(kinds.items()):
            self._note("quality_control_apart", block, position, column, kind=kind)
            self.controls.append(self._as_record(block, position, kind))
            keep[position] = False
        return self._only(block, keep)

    def _as_record(self, block: Block, position: int, kind: str) -> dict[str, Any]:
        record: dict[str, Any] = {
            "kind": kind, "file": self.sheet.file, "sheet": self.sheet.name,
            "line": int(block.lines[position]), "units": {}, "headers": {},
        }  # fmt: skip
        title = self.header.titles.get("unit", ("", 0))[0]
        for column in self.header.columns:
            own = column.id if column.kind == "field" else column.text
            name = own or f"column {column.index + 1}"
            record[name] = block.text(position, column.index)
            record["headers"][name] = column.text
            result = column.kind in ("analyte", "limit") or column.id == "concentration"
            if column.unit or (title and result):
                record["units"][name] = column.unit or title
        return record

    def _note_broken(self, block: Block) -> None:
        """Error cells and formulas never calculated, which a reader shows as blanks."""
        if not self.sheet.broken:
            return
        columns = {c.index: c for c in self.header.columns if c.kind != "blank"}
        where = {row: position for position, row in enumerate(block.rows.tolist())}
        for (row, index), (rule, text) in sorted(self.sheet.broken.items()):
            if row in where and index in columns:
                self._note(rule, block, where[row], columns[index], value=text)
                self.broken.add((self.rows + where[row], index))
                self.rejected.append(self.rows + where[row])

    def _store(self, block: Block) -> None:
        for index, figures in self.figures.items():
            figures.add(*block.columns[index])
        for index, texts in self.by_row.items():
            texts.add(*block.columns[index])
        self._keep_written(block)
        local = [block.columns[index] for index in self.sample]
        numbers = [texts.numbers(block.columns[i][1]) for i, texts in self.sample.items()]
        self.statements.take(local, numbers, len(block), single=self.single)
        self.lines.append(block.lines.astype(np.int32))
        self.rows += len(block)

    def _keep_written(self, block: Block) -> None:
        """The texts that a layout restated; "" for all rows of the blocks in which it had none."""
        for index in block.written.keys() - self.written.keys():
            texts = self.written[index] = Texts()
            texts.add(np.zeros(self.rows, dtype=np.int32), [""])
        for index, texts in self.written.items():
            texts.add(*block.written.get(index, (np.zeros(len(block), dtype=np.int32), [""])))
