"""A layout of a programme's form put to a table: headers become the programme's, numbers ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wbe.io.header import SEARCHED_ROWS, Header, header_at
from wbe.io.layout.files import Layout, row_of, spellings
from wbe.io.notation import in_points
from wbe.io.tables import Sheet
from wbe.io.words import load

_BELOW: Final = "0"
"""How EUDA writes a load below a limit, whichever limit it is."""


def in_programme_words(layout: Layout, sheet: Sheet) -> tuple[Sheet, Header]:
    """A sheet under the headers of EUDA's table, and its header.

    Parameters
    ----------
    layout : Layout
        With a form, that fits the sheet.
    sheet : Sheet
        As it stands in the file; not changed but for being read as a whole.

    Returns
    -------
    sheet : Sheet
        With the same lines; ``written`` keeps the headers as they stood.
    header : Header
    """
    sheet.load()
    fit = row_of(layout, sheet.rows[:SEARCHED_ROWS], sheet.name)
    assert fit is not None  # the layout was chosen because it fits
    row = sheet.rows[fit.row]
    meanings = [layout.meaning(spellings(text)) for text in row]
    words = [
        text if meaning is None else ("" if meaning.kind == "blank" else meaning.id)
        for text, meaning in zip(row, meanings, strict=True)
    ]
    numbers = [i for i, word in enumerate(words) if word in _numbers()]
    rows, unclear = [*sheet.rows[: fit.row], words], dict(sheet.broken)
    for r in range(fit.row + 1, len(sheet.rows)):
        cells, refused = _restated(layout, sheet.rows[r], numbers)
        rows.append(cells)
        unclear |= {(r, i): (rule, cells[i]) for i, rule in refused.items()}
    written = {(fit.row, i): text for i, text in enumerate(row) if text != words[i]}
    named = replace(sheet, rows=rows, written=written, broken=unclear)
    return named, header_at(named, fit.row, 1)


def _numbers() -> list[str]:
    words = load("euda")
    return [*words["days"], *words["means"]]


def _restated(
    layout: Layout, cells: list[str], numbers: list[int]
) -> tuple[list[str], dict[int, str]]:
    """A row with decimal points, and by which rule a number is refused that does not follow them.

    Such a number stays as it is: 1.250 may be 1250 where the decimal mark is a comma.
    """
    row, refused = list(cells), {}
    for i in numbers:
        text = row[i].strip() if i < len(row) else ""
        if text in layout.nondetect:
            row[i] = _BELOW
        elif text and layout.decimal:
            row[i], rule = in_points(text, layout.decimal, layout.thousands)
            if rule:
                refused[i] = rule
    return row, refused
