"""Telephone and identity numbers inside cells: the file is refused and nothing of them is kept.

Laboratories number samples with long runs of digits, many of which begin with a date. A number is
taken for personal only where it has the form of one and stands free: not inside a longer run, not
behind a letter or hyphen, and not as the whole cell of a column of ids or of numbers.
"""

from __future__ import annotations

import datetime as dt
import re

from wbe.findings import Findings
from wbe.io.agreement import spans
from wbe.io.blocks import Block, from_rows
from wbe.io.header import VALUE_FIELDS, Column, Header
from wbe.io.quantities import QUANTITIES
from wbe.io.tables import Sheet, column_letters
from wbe.io.words import plain

_SHORTEST = 11
_FREE = r"(?<![0-9A-Za-z_#-])(?<![0-9]\.)"
_END = r"(?![0-9A-Za-z_])(?!\.[0-9])"
_MOBILE = re.compile(
    rf"{_FREE}(?:(?:tel|phone|mobile|mob)[-.: ]{{0,2}})?(?:(?:\+|00)86[- ]?)?"
    rf"1[3-9][0-9](?P<gap>[- ]?)[0-9]{{4}}(?P=gap)[0-9]{{4}}{_END}",
    re.IGNORECASE,
)
_IDENTITY = re.compile(rf"{_FREE}[1-9][0-9]{{5}}(?P<born>[0-9]{{8}})[0-9]{{3}}[0-9Xx]{_END}")
_RUN = re.compile(r"\d{6}|\d{3}[- ]?\d{4}[- ]?\d{4}")  # quick to look for; \d is full width too
_BARE = re.compile(r"[0-9-]+")
_IDS = ("sample_id", "serial_no", "visit", "lab", "replicate")
_NUMBERS = (*VALUE_FIELDS, *QUANTITIES, "lod", "loq")
# ids that embed a date embed the day of sampling; nobody measured wastewater for drugs before 2005
_FIRST_SAMPLING = 2005


def note_personal_cells(sheet: Sheet, header: Header, findings: Findings) -> bool:
    """Name each column, and the lines, in which a telephone or identity number stands.

    Columns whose header already says that they are personal are left to `wbe.io.sources`.

    Parameters
    ----------
    sheet : Sheet
        Rows that are not in memory are left to `PersonalCells`.
    header : Header
    findings : Findings
        Receives one ``personal_data_in_cell`` a column; its value stays empty.

    Returns
    -------
    bool
        Whether there was any.
    """
    cells = PersonalCells(header)
    width = max(map(len, sheet.rows), default=0)
    cells.look(from_rows(sheet.rows, sheet.lines, width))
    return cells.note(sheet, findings)


class PersonalCells:
    """Remembers where telephone and identity numbers stand, not what they are.

    Parameters
    ----------
    header : Header
    """

    def __init__(self, header: Header):
        self._header = header
        self._known = {column.index for column in header.columns if column.kind == "personal"}
        self._found: dict[int, list[int]] = {}

    def look(self, block: Block) -> None:
        """Look through some rows."""
        for index, (_, texts) in enumerate(block.columns):
            if index in self._known:
                continue
            column = _column(self._header, index)
            personal = [len(t) >= _SHORTEST and _is_personal(t, column) for t in texts]
            if any(personal):
                lines = block.lines[block.where(index, personal)]
                self._found.setdefault(index, []).extend(lines.tolist())

    def note(self, sheet: Sheet, findings: Findings) -> bool:
        """Add one finding a column; returns whether there was any."""
        for index, lines in sorted(self._found.items()):
            column, letters = _column(self._header, index), column_letters(index)
            findings.add(
                "personal_data_in_cell", file=sheet.file, sheet=sheet.name, line=lines[0],
                column=(column.text if column else "") or letters,
                cell=f"{letters}{lines[0]}" if sheet.spreadsheet else "", lines=spans(lines),
            )  # fmt: skip
        return bool(self._found)


def _column(header: Header, index: int) -> Column | None:
    return header.columns[index] if index < len(header.columns) else None


def _is_personal(text: str, column: Column | None) -> bool:
    if not _RUN.search(text):
        return False
    shown = plain(text)
    bare = _BARE.fullmatch(shown) is not None
    ids = bare and column is not None and column.id in _IDS
    if _holds_identity(shown, _FIRST_SAMPLING if ids else 2101):
        return True
    numbers = bare and column is not None and (
        column.kind in ("analyte", "limit") or column.id in _NUMBERS
    )  # fmt: skip
    return not ids and not numbers and _MOBILE.search(shown) is not None


def _holds_identity(shown: str, before: int) -> bool:
    """Whether an 18-character number holds a date of birth from 1850 to the year `before`."""
    for found in _IDENTITY.finditer(shown):
        year, month, day = (int(found["born"][a:b]) for a, b in ((0, 4), (4, 6), (6, 8)))
        try:
            dt.date(year, month, day)
        except ValueError:
            continue
        if 1850 <= year < before:
            return True
    return False
