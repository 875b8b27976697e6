"""Agilent MassHunter Quant, batch table: a row an injection, a block of columns a compound.

Verified in public files (tests of SENAITE, MSOrganiser and MiDAR, the last two of the SLING group):
two header rows; ``<compound> Results`` and ``<compound> Method`` only over the first column of
their block; ``Qualifier (173.0 -> 135.0) Results`` behind the compound it belongs to; ``(ISTD)``
or ``[ISTD]`` behind a standard's name; ``Name``, ``Data File``, ``Type`` (``Sample``, ``Cal``,
``QC``), ``Level``, ``Acq. Date-Time``, ``Exp. Conc.``, ``RT``, ``Resp.`` or ``Area``,
``Calc. Conc.``, ``Final Conc.``, ``Accuracy``, ``Ratio`` in any order; one or two columns without
a name that hold ``!``; quoted decimal commas and ``27.06.2022 11:01`` from German machines,
``26/11/2024 3:05 pm`` from Australian ones; a ``Quantitation Message`` whose cell ends in a line
break that is not quoted, so that the row goes on in the next line. Recalled and not verified: the
columns ``Units``, ``Dil.``, ``CF R2``, ``ISTD Resp.``, the types ``Blank``, ``CC``,
``DoubleBlank``, ``Matrix``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from wbe.io.instruments.export import Export, Row, columns_of, headed, note_header, peak_of
from wbe.io.instruments.masshunter import settled
from wbe.io.instruments.vocabulary import word
from wbe.io.tables import Sheet
from wbe.io.text import Refused

NAME = "masshunter-wide"
_COLUMNS = "masshunter"
_GROUP = re.compile(r"\s*(?P<base>.*?)\s+(?P<part>Results|Method)\s*", re.IGNORECASE)
_SAMPLE_FIELDS = ("sample", "filename", "kind", "level", "acquired", "dilution")
_PEAK_FIELDS = ("concentration", "calculated", "unit", "expected", "accuracy", "area", "istd_area",
                "retention_time", "r2")  # fmt: skip


@dataclass
class _Block:
    """Columns of one compound, and where its first qualifier's ratio stands."""

    compound: str
    columns: dict[str, int] = field(default_factory=dict)


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the upper header row; None if the rows are of another layout."""
    for index, cells in enumerate(rows[:-1]):
        named = [word(cell) for cell in cells if cell.strip()]
        if "sample" in named and any(_GROUP.fullmatch(cell) for cell in cells if len(cell) < 200):
            below = {word(cell) for cell in rows[index + 1]}
            if below & {"data file", "name"} and not {"compound method"} & set(named):
                return index
    return None


def read(sheets: list[Sheet]) -> Export:
    """Peaks of an export.

    Raises
    ------
    Refused
        ``export_block_twice`` if two blocks are those of one compound.
    """
    export = Export(NAME, sheets, "Final Conc.")
    for number, sheet, upper in headed(sheets, header_of):
        sample, blocks = _blocks(sheet, upper)
        for block in blocks:
            block.columns = {**sample, **settled(block.columns)}
            note_header(export, number, upper + 1, block.columns)
        for row, cells in _rows(export, number, upper + 2):
            _add(export, number, row, cells, blocks)
    return export


def _blocks(sheet: Sheet, upper: int) -> tuple[dict[str, int], list[_Block]]:
    """Columns of the sample, and those of every compound."""
    sample: dict[str, int] = {}
    blocks: list[_Block] = []
    group, begins = "", 0
    width = max(len(sheet.rows[upper]), len(sheet.rows[upper + 1]))
    for index in range(width + 1):
        title = sheet.cell(upper, index).strip()
        if index == width or title:
            _close(sheet, upper, (group, begins, index), sample, blocks)
            group, begins = title, index
    return sample, blocks


def _close(
    sheet: Sheet, upper: int, span: tuple[str, int, int], sample: dict[str, int],
    blocks: list[_Block],
) -> None:  # fmt: skip
    """Take the columns of one group: of the sample, a compound, or a qualifier."""
    group, begins, ends = span
    cells = [sheet.cell(upper + 1, i) for i in range(begins, ends)]
    found = {name: begins + i for name, i in columns_of(_COLUMNS, cells).items()}
    titled = _GROUP.fullmatch(group)
    if titled is None:
        sample.update({name: i for name, i in found.items() if name in _SAMPLE_FIELDS})
        return
    if word(titled["base"]).startswith("qualifier"):
        if blocks and "ion_ratio" in found:
            blocks[-1].columns.setdefault("ion_ratio", found["ion_ratio"])
        return
    compound = titled["base"]
    if not blocks or blocks[-1].compound != compound:
        if any(block.compound == compound for block in blocks):
            raise Refused("export_block_twice", line=sheet.lines[upper], compound=compound)
        blocks.append(_Block(compound))
    own = {name: i for name, i in found.items() if name in _PEAK_FIELDS}
    blocks[-1].columns.update(own)


def _rows(export: Export, number: int, first: int) -> list[tuple[int, list[str]]]:
    """Rows of injections; a row that a message's line break cut in two is whole again."""
    sheet = export.sheets[number]
    width = len(sheet.rows[first - 1])
    found: list[tuple[int, list[str]]] = []
    skip = False
    for index in range(first, len(sheet.rows)):
        if skip:
            skip = False
            continue
        cells = sheet.rows[index]
        after = sheet.rows[index + 1] if index + 1 < len(sheet.rows) else []
        if len(cells) < width and after and len(cells) + len(after) - 1 == width:
            cells, skip = [*cells[:-1], cells[-1] + after[0], *after[1:]], True
        if len(cells) < width and not sheet.spreadsheet:
            details: dict[str, object] = {"found": len(cells), "expected": width}
            export.bad_rows.append(("row_too_short", number, index, details))
        elif any(text.strip() for text in cells[width:]):
            details = {"found": len(cells), "expected": width}
            export.bad_rows.append(("row_too_long", number, index, details))
        else:
            found.append((index + 1 if skip else index, cells))
    return found


def _add(export: Export, number: int, row: int, cells: list[str], blocks: list[_Block]) -> None:
    for block in blocks:
        peak = peak_of(Row(cells, block.columns), block.columns, compound=block.compound, row=row,
                       sheet=number)  # fmt: skip
        if peak.sample or peak.filename:
            export.peaks.append(peak)
