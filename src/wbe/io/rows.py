"""The rows of a table: which are samples, which are quality control, and which are neither.

Nothing is left out without a finding: sub-totals, remarks and repeated headers are named, blanks
and duplicates are kept apart, ragged rows are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from wbe.findings import Findings
from wbe.io.header import IDENTITY, Column, Header
from wbe.io.tables import Sheet
from wbe.io.text import Refused
from wbe.io.words import load, plain, squeezed, word_set

_OPTIONAL_KINDS = ("unknown", "blank")
_OPTIONAL_FIELDS = ("note", "method", "serial_no")


@dataclass
class Body:
    """The rows of one sheet that hold samples, by column.

    Attributes
    ----------
    sheet, header
        Where they came from.
    findings : Findings
        Receives what is noticed.
    rows : list of int
        Index of each row in the sheet.
    cells : dict of int to list of str
        Column index to the texts of these rows; merged cells are filled down.
    quality_control : list of dict
        Rows kept apart, as text, with ``kind``, ``file``, ``sheet`` and ``line``.
    seen : int
        Rows of data seen, those rejected or left out included.
    rejected : set of int
        Positions in `rows` of which something was rejected.
    broken : set of (int, int)
        Position and column of cells already refused: they are blank and get no second finding.
    """

    sheet: Sheet
    header: Header
    findings: Findings
    rows: list[int] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)
    quality_control: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    rejected: set[int] = field(default_factory=set)
    broken: set[tuple[int, int]] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.rows)

    def texts(self, column: Column | None) -> list[str]:
        """Texts of a column; blanks where there is no such column."""
        return [""] * len(self) if column is None else self.cells[column.index]

    def field(self, field_id: str) -> list[str]:
        """Texts of a field's column."""
        return self.texts(self.header.column(field_id))

    def plain(self, field_id: str) -> list[str]:
        """Texts of a field's column with full-width characters and blanks made plain."""
        texts = self.field(field_id)
        known = {text: plain(text) for text in set(texts)}
        return [known[text] for text in texts]

    def note(
        self, rule: str, position: int | None = None, column: Column | None = None, **more: Any
    ) -> None:
        """Add a finding about a row (its position in `rows`) and a column."""
        row = None if position is None else self.rows[position]
        note(self.findings, rule, self.sheet, row, column, **more)
        if position is not None and self.findings.last_is_error:
            self.rejected.add(position)

    def note_header(self, rule: str, positions: Sequence[int], column: Column, **more: Any) -> None:
        """Add one finding about a header that is to blame for these rows."""
        if not positions:
            return
        row = self.header.row + self.header.depth - 1
        note(self.findings, rule, self.sheet, row, column, value="", count=len(positions), **more)
        self.rejected.update(positions)


def note(
    findings: Findings,
    rule: str,
    sheet: Sheet,
    row: int | None = None,
    column: Column | None = None,
    **more: Any,
) -> None:
    """Add a finding about a row of a sheet; the place is written as a person sees it."""
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


def extract(
    sheet: Sheet, header: Header, findings: Findings, *, quality_control: bool = True
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

    Returns
    -------
    Body

    Raises
    ------
    Refused
        ``no_data_rows``; or ``columns_refused`` after findings about the columns themselves.
    """
    _check_columns(sheet, header, findings)
    body = Body(sheet, header, findings)
    first = header.row + header.depth
    filled = [r for r in range(first, len(sheet.rows)) if any(t.strip() for t in sheet.rows[r])]
    kept = [r for r in filled if not _is_no_row(sheet, header, r, findings)]
    body.seen = len(kept)
    kept = [r for r in kept if not _is_ragged(sheet, header, r, findings)]
    if not kept:
        raise Refused("no_data_rows", line=sheet.lines[header.row])
    body.rows = kept
    body.cells = {c.index: [sheet.cell(r, c.index).strip() for r in kept] for c in header.columns}
    _fill_merged(body)
    if quality_control:
        _set_quality_control_apart(body)
    _note_broken(body)
    return body


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


def _is_no_row(sheet: Sheet, header: Header, row: int, findings: Findings) -> bool:
    """Sub-totals, remarks and repeated headers; each is named in a flag."""
    cells = sheet.rows[row]
    first = next(text for text in cells if text.strip())
    if _begins_remark(first) and sum(bool(t.strip()) for t in cells) <= 2:
        note(findings, "remark_left_out", sheet, row)
        return True
    for column in header.identity:
        if _is_subtotal(sheet.cell(row, column.index)):
            note(findings, "subtotal_left_out", sheet, row, column)
            return True
    if cells == sheet.rows[header.row]:
        note(findings, "repeated_header", sheet, row)
        return True
    return False


@lru_cache(maxsize=65536)
def _is_subtotal(text: str) -> bool:
    return len(text) < 20 and squeezed(text) in word_set("words", "subtotal", "exact")


@lru_cache(maxsize=65536)
def _begins_remark(text: str) -> bool:
    shown = plain(text).casefold()
    return shown.startswith(tuple(load("words")["subtotal"]["begins"])) or (
        ":" in shown and not shown[0].isdigit() and len(shown) > 4
    )


def _is_ragged(sheet: Sheet, header: Header, row: int, findings: Findings) -> bool:
    width, cells = len(header.columns), sheet.rows[row]
    if any(text.strip() for text in cells[width:]):
        note(findings, "row_too_long", sheet, row, found=len(cells), expected=width)
        return True
    absent = header.columns[len(cells) :]
    if not absent or sheet.spreadsheet:
        return False
    needed = [c for c in absent if c.kind not in _OPTIONAL_KINDS and c.id not in _OPTIONAL_FIELDS]
    rule = "row_too_short" if needed else "row_short"
    note(findings, rule, sheet, row, found=len(cells), expected=width)
    return bool(needed)


def _fill_merged(body: Body) -> None:
    """Merged cells arrive as a value and blanks: fill identity columns, never results."""
    where = {row: position for position, row in enumerate(body.rows)}
    for column in body.header.columns:
        if column.id not in IDENTITY:
            continue
        texts = body.cells[column.index]
        filled = _fill_ranges(body, column, where)
        if column.id == "town":
            last = ""
            for position, text in enumerate(texts):
                filled += bool(last and not text)
                texts[position] = last = text or last
        if filled:
            body.note("merged_filled_down", column=column, count=filled)


def _fill_ranges(body: Body, column: Column, where: dict[int, int]) -> int:
    filled = 0
    for top, left, bottom, right in body.sheet.merged:
        if not left <= column.index <= right or bottom == top:
            continue
        value = body.sheet.cell(top, left).strip()
        for row in range(top + 1, bottom + 1):
            if row in where and not body.cells[column.index][where[row]]:
                body.cells[column.index][where[row]] = value
                filled += 1
    return filled


def _set_quality_control_apart(body: Body) -> None:
    """Blanks, duplicates, spikes and controls leave the samples and are kept as text."""
    kinds: dict[int, tuple[str, Column]] = {}
    for column in body.header.columns:
        if column.id not in ("sample_id", "site", "matrix", "note"):
            continue
        known = {t: _control_kind(t, column.id) for t in set(body.cells[column.index])}
        for position, text in enumerate(body.cells[column.index]):
            if known[text]:
                kinds.setdefault(position, (known[text], column))
    for position, (kind, column) in sorted(kinds.items()):
        body.note("quality_control_apart", position, column, kind=kind)
        body.quality_control.append(_as_record(body, position, kind))
    if kinds:
        keep = [i for i in range(len(body)) if i not in kinds]
        body.rows = [body.rows[i] for i in keep]
        body.cells = {c: [texts[i] for i in keep] for c, texts in body.cells.items()}


def _control_kind(text: str, field_id: str) -> str:
    """``blank``, ``duplicate``, ``spike``, ``control``, or "" for an ordinary sample."""
    if not text:
        return ""
    words = load("words")["quality_control"]
    whole = squeezed(plain(text))
    compact = whole.rstrip("0123456789#-_ ")
    for kind in ("blank", "duplicate", "spike", "control"):
        if compact in word_set("words", "quality_control", f"exact_{kind}"):
            return kind
        if field_id == "note":
            if compact in word_set("words", "quality_control", kind):
                return kind
        elif any(word in whole for word in words[kind]):
            return kind
    return ""


def _as_record(body: Body, position: int, kind: str) -> dict[str, Any]:
    record = {
        "kind": kind,
        "file": body.sheet.file,
        "sheet": body.sheet.name,
        "line": body.sheet.lines[body.rows[position]],
    }
    for column in body.header.columns:
        name = column.id if column.kind == "field" else column.text
        record[name or f"column {column.index + 1}"] = body.cells[column.index][position]
    return record


def _note_broken(body: Body) -> None:
    """Error cells and formulas never calculated, which a reader shows as blanks."""
    columns = {c.index: c for c in body.header.columns if c.kind != "blank"}
    where = {row: position for position, row in enumerate(body.rows)}
    for (row, index), (rule, text) in sorted(body.sheet.broken.items()):
        if row in where and index in columns:
            body.note(rule, where[row], columns[index], value=text)
            body.broken.add((where[row], index))
