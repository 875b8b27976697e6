"""Rows of one sample that contradict each other, in the words and at the places of the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wbe.findings import Findings
from wbe.io.rows import Body

# columns in which a field of the samples may stand, the likeliest first
_COLUMNS = {
    "time": ("start", "date"),
    "duration": ("duration_h", "end", "date"),
    "round": ("round", "date"),
    "site": ("site", "area", "town"),
    "area": ("area", "town"),
    "lon": ("lon", "coordinates"),
    "lat": ("lat", "coordinates"),
    "role": ("role", "matrix"),
    "population_basis": ("population_basis", "population"),
}


@dataclass(frozen=True)
class Written:
    """What a file says at one place.

    Attributes
    ----------
    field : str
        Our name of its column; "" where the table has no such column.
    column, cell, text : str
        Header and cell as written; address in a spreadsheet.
    """

    field: str = ""
    column: str = ""
    cell: str = ""
    text: str = ""


def written(
    bodies: Sequence[tuple[int, int, Body]], row: int, statement: int, name: str
) -> Written:
    """The cell from which a field of a row was read.

    Parameters
    ----------
    bodies : sequence of (int, int, Body)
        Tables after the numbers of their first row and first statement, in ascending order.
    row, statement : int
        Numbers of the row and of its statement over all tables.
    name : str
        A field of the samples, for example ``time``.

    Returns
    -------
    Written
        The first column of the field that is not blank in this row; all "" without a column.
    """
    first_row, first, body = next(found for found in reversed(bodies) if found[0] <= row)
    found = Written()
    for field in _COLUMNS.get(name, (name,)):
        column = body.header.column(field)
        if column is None:
            continue
        own = body.written.get(column.index)  # where a layout restated the cell
        text = own[row - first_row] if own is not None else ""
        text = text or body.cells[column.index][statement - first]
        cell = body.address(row - first_row, column)
        place = Written(field, column.text, cell, text)
        if text:
            return place
        found = found if found.field else place
    return found


@dataclass(frozen=True)
class Stated:
    """One row's statement of a field.

    Attributes
    ----------
    place : Written
        Where and how it was written.
    value : object
        As read.
    file, sheet, line
        Where the row stands.
    """

    place: Written
    value: Any
    file: str
    sheet: str
    line: int

    @property
    def text(self) -> str:
        """As written; as read where a title line said it."""
        return self.place.text or str(self.value)


def note_conflict(findings: Findings, sample: str, name: str, stated: Sequence[Stated]) -> None:
    """Add one finding that names every value and its lines; it stands at the rarest value.

    Parameters
    ----------
    findings : Findings
    sample : str
        Id of the sample.
    name : str
        The field.
    stated : sequence of Stated
        Statements of the field, two values among them at least.
    """
    groups: dict[Any, list[Stated]] = {}
    for one in stated:
        groups.setdefault(one.value, []).append(one)
    ordered = sorted(groups.values(), key=lambda group: -len(group))  # stable: first line first
    odd = ordered[-1][0]
    single = len({(one.file, one.sheet) for one in stated}) == 1
    values = "; ".join(f"{group[0].text} ({_lines(group, single)})" for group in ordered)
    findings.add(
        "sample_conflict", file=odd.file, sheet=odd.sheet, line=odd.line, column=odd.place.column,
        cell=odd.place.cell, sample_id=sample, value=odd.text, values=values,
        field=odd.place.field or name,
    )  # fmt: skip


def _lines(group: Sequence[Stated], single: bool) -> str:
    if single:
        return spans(one.line for one in group)
    return ", ".join(f"{one.file}:{one.line}" for one in group)


def spans(lines: Iterable[int]) -> str:
    """Line numbers with runs shortened.

    Examples
    --------
    >>> spans([3, 4, 5, 9])
    '3-5, 9'
    """
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
