"""The checked tables as a workbook, with every finding marked and explained at its cell.

Marks do not rely on colour: an error has a thick border and bold type, a flag a dashed border, and
the last column of each sheet says in letters which cells of the row are marked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import UsageError
from wbe.findings import COLUMNS, Finding, Findings
from wbe.io.workbook_out import clean, repeatable, width_of
from wbe.io.write import FORMULA_STARTS
from wbe.report.narrow import in_words
from wbe.report.views import heading
from wbe.run import disk, lock
from wbe.run.annotation_copy import MASK, ROWS, Original, originals
from wbe.run.folder import Place
from wbe.run.words import both, say

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

COLOURS: Final = {"error": "F4B183", "flag": "FFF2CC"}
BORDERS: Final = {"error": "thick", "flag": "mediumDashed"}
LETTERS: Final = {"error": "E", "flag": "F"}
LEGEND: Final = ("marks", "header", "notes", "values", "mask", "rows")
"""What the legend explains, in this order: ``annotate.legend.*`` of the words."""
NOTES: Final = 2_000
"""Notes at cells; a spreadsheet gets slow with more. The list of findings has them all."""
LISTED: Final = 100_000
"""Findings in the list."""
ALL_ROWS: Final = 100_000
"""Rows that are copied of all tables together."""
_NO_TITLE: Final = re.compile(r"[\[\]:*?/\\'\x00-\x1f\x7f]")
_LONGEST_NOTE: Final = 2_000
_WIDEST: Final = 40
LIST_WIDTHS: Final = (10, 9, 24, 9, 30, 14, 7, 20, 8, 18, 18, 16, 16, 70, 60)
"""Of the columns of the list of findings [character]."""
_Place = tuple[int, int]


def write(
    paths: Sequence[Path], found: Findings, target: Path, encoding: str | None, lang: str = "en"
) -> None:
    """Write the annotated workbook: all findings, a legend, then one sheet a table.

    Parameters
    ----------
    paths : sequence of Path
        Tables that were checked; others are left out.
    found : Findings
        What was noticed about them.
    target : Path
        The workbook, replaced whole if it exists.
    encoding : str or None
        As for the check.
    lang : str
        ``en`` or ``zh``: of messages and fixes.

    Raises
    ------
    UsageError
        If the target is one of the inputs or no workbook by its name.
    EnvironmentFault
        If the disk refuses.
    """
    _require_usable(target, paths)
    content = annotated(paths, found, encoding, lang)
    with lock.held(Place.at(target).lock, target), disk.replacing(target) as part:
        part.write_bytes(content)


def _require_usable(target: Path, paths: Sequence[Path]) -> None:
    if target.suffix.lower() != ".xlsx":
        raise UsageError(both("usage.annotation", name=target.name))
    same = (path.resolve() == target.resolve() for path in paths)
    linked = (target.exists() and path.exists() and path.samefile(target) for path in paths)
    if any(same) or any(linked):
        raise UsageError(both("usage.annotates_input", name=target.name))


def annotated(
    paths: Sequence[Path], found: Findings, encoding: str | None, lang: str = "en"
) -> bytes:
    """Return the annotated workbook; see `write`. Equal content gives equal bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = "wbe"
    listing, legend = book.worksheets[0], book.create_sheet(say("annotate.legend", lang))
    listing.title = say("annotate.findings", lang)
    ordered = [*found.errors.sorted(), *found.flags.sorted()]
    marker, remarks = _Marker(lang), []
    for path, name in _tables(paths):
        own = {i: f for i, f in enumerate(ordered) if _same_file(f.file, name)}
        tables = []
        if sum(sheet.max_row for sheet in book.worksheets[2:]) < ALL_ROWS:
            tables = list(originals(path, name, list(own.values()), encoding))
        if not tables:
            remarks.append(say("annotate.left_out", lang, file=name))
        for number, original in enumerate(tables):
            sheet = _copy(book, original)
            here = (original.sheet, "") if number == 0 else (original.sheet,)
            marker.mark(sheet, original, {i: f for i, f in own.items() if f.sheet in here})
            if original.cut:
                remarks.append(say("annotate.cut", lang, file=name, n=ROWS))
    _list(listing, ordered, marker.links, lang)
    _explain(legend, remarks, lang)
    raw = io.BytesIO()
    book.save(raw)
    return repeatable(raw.getvalue())


def _tables(paths: Sequence[Path]) -> Iterable[tuple[Path, str]]:
    """Tables under the names that the findings carry."""
    from wbe.io.geo.files import is_geographic
    from wbe.io.sources import shown_names

    files = [path for path in dict.fromkeys(paths) if not is_geographic(path)]
    return zip(files, shown_names(files), strict=True)


def _same_file(one: str, other: str) -> bool:
    """Tell whether two names mean one file; the check may show more or fewer folders of it."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _copy(book: Workbook, original: Original) -> Worksheet:
    """One sheet with the cells of a table, each on its own line."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(_title(book, original))
    widths: dict[str, float] = {}
    for line, cells in original.rows.items():
        for column, value in enumerate(cells, start=1):
            if value is None or value == "":
                continue
            cell = _put(sheet, line, column, value)
            if (line, column) in original.formats:
                cell.number_format = original.formats[line, column]
            if original.first <= line <= original.header:
                cell.font = Font(bold=True)
            if line >= original.first:  # a title may run over its neighbours
                letter = get_column_letter(column)
                shown = width_of(value if isinstance(value, str | int | float) else str(value))
                widths[letter] = min(max(widths.get(letter, 8), shown + 2), _WIDEST)
    for letter, width in {**widths, **original.widths}.items():
        sheet.column_dimensions[letter].width = width
    for cells_ in original.merged:
        sheet.merge_cells(cells_)
    sheet.freeze_panes = f"A{original.header + 1}"
    return sheet


def _title(book: Workbook, original: Original) -> str:
    """A name for the sheet that no other has, of 31 characters at most."""
    file = original.file.rpartition("/")[2]
    title = _NO_TITLE.sub("_", clean(f"{file} {original.sheet}".strip()))[:28] or "table"
    taken = {sheet.title.casefold() for sheet in book.worksheets}
    return next(t for i in range(1000) if (t := f"{title}{i or ''}").casefold() not in taken)


def _put(sheet: Worksheet, line: int, column: int, value: Any) -> Cell:
    """Set a cell; a text stays one, also where it begins like a formula or an error."""
    cell = sheet.cell(line, column)
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith((*FORMULA_STARTS, "#"))
    else:
        cell.value = value
    return cell


class _Marker:
    """Marks the cells of findings, sheet after sheet.

    Attributes
    ----------
    links : dict of int to str
        Number of a finding to the place of its mark, ``'sheet'!G2``.
    """

    def __init__(self, lang: str):
        self._lang, self._room = lang, NOTES
        self.links: dict[int, str] = {}

    def mark(self, sheet: Worksheet, original: Original, found: dict[int, Finding]) -> None:
        """Mark every finding about one sheet at its cell, else its row, else the header."""
        places: dict[_Place, list[Finding]] = {}
        for number, finding in found.items():
            place = _place(finding, original)
            if place[0] in original.rows:
                places.setdefault(place, []).append(finding)
                title = sheet.title.replace("'", "''")
                self.links[number] = f"'{title}'!{_address(*place)}"
        merged = _anchors(sheet)
        by_line: dict[int, dict[str, list[str]]] = {}
        # errors get their notes first
        for place in sorted(places, key=lambda p: (_worst(places[p]), p)):
            severity = _worst(places[place])
            cell = sheet.cell(*merged.get(place, place))
            self._dress(cell, severity, places[place])
            letters = by_line.setdefault(place[0], {}).setdefault(LETTERS[severity], [])
            letters.append(_letter(place[1]))
        _letters(sheet, original, by_line, self._lang)

    def _dress(self, cell: Cell, severity: str, found: Sequence[Finding]) -> None:
        from openpyxl.comments import Comment
        from openpyxl.styles import Border, Font, PatternFill, Side

        side = Side(style=BORDERS[severity], color="000000")
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        cell.fill = PatternFill("solid", start_color=COLOURS[severity])
        if severity == "error":
            cell.font = Font(bold=True)
        if self._room > 0 and cell.comment is None:
            self._room -= 1
            lines = (
                f"{LETTERS[f.severity]} {f.rule}: {' '.join(f.text(self._lang))}" for f in found
            )
            text = clean("\n".join(lines))
            cell.comment = Comment(text[:_LONGEST_NOTE], "wbe", height=140, width=380)


def _place(finding: Finding, original: Original) -> _Place:
    """Line and column, from 1, at which a finding is shown."""
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    line = finding.line or original.header
    if re.fullmatch("[A-Z]{1,3}[1-9][0-9]*", finding.cell):
        return line, column_index_from_string(coordinate_from_string(finding.cell)[0])
    return line, original.columns.get(finding.column.strip(), 1)


def _worst(found: Sequence[Finding]) -> str:
    return min(finding.severity for finding in found)  # "error" before "flag"


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))


def _address(line: int, column: int) -> str:
    return f"{_letter(column)}{line}"


def _anchors(sheet: Worksheet) -> dict[_Place, _Place]:
    """Cells of merged ranges to the one that shows."""
    found: dict[_Place, _Place] = {}
    for area in sheet.merged_cells.ranges:
        first = (area.min_row, area.min_col)
        found |= {(line, column): first for line, column in area.cells}
    return found


def _letters(
    sheet: Worksheet, original: Original, by_line: dict[int, dict[str, list[str]]], lang: str
) -> None:
    """Name the marked cells of each row behind its end, for print and for every eye."""
    from openpyxl.styles import Font

    behind = original.width + 1
    head = _put(sheet, original.header, behind, say("annotate.marks", lang))
    head.font = Font(bold=True)
    sheet.column_dimensions[_letter(behind)].width = 16
    for line, marks in by_line.items():
        texts = [f"{letter}: {', '.join(marks[letter])}" for letter in "EF" if letter in marks]
        before = f"{head.value} " if line == original.header else ""
        _put(sheet, line, behind, before + "; ".join(texts)).font = Font(bold="E" in marks)


def _list(sheet: Worksheet, found: Sequence[Finding], links: dict[int, str], lang: str) -> None:
    """All findings, each with a link to its mark."""
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    heads = (say("annotate.link", lang), *(heading(name, lang) for name in COLUMNS))
    for column, name in enumerate(heads, start=1):
        _put(sheet, 1, column, name).font = Font(bold=True)
    for number, finding in enumerate(found[:LISTED]):
        line, values = number + 2, in_words(finding.as_dict(lang), ("severity", "scope"), lang)
        cell = _put(sheet, line, 1, LETTERS[finding.severity])
        if number in links:
            cell.value = f"{LETTERS[finding.severity]} {links[number].rpartition('!')[2]}"
            cell.hyperlink = Hyperlink(ref=f"A{line}", location=links[number])
            cell.font = Font(underline="single", color="0B3D91", bold=finding.severity == "error")
        for column, name in enumerate(COLUMNS, start=2):
            if values[name] not in (None, ""):
                _put(sheet, line, column, values[name])
    for column, width in enumerate(LIST_WIDTHS, start=1):
        sheet.column_dimensions[_letter(column)].width = width
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{_letter(len(COLUMNS) + 1)}{min(len(found), LISTED) + 1}"


def _explain(sheet: Worksheet, remarks: Sequence[str], lang: str) -> None:
    """What the marks mean, and what was left out."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 8, 110
    _put(sheet, 1, 2, say("annotate.title", lang)).font = Font(bold=True, size=14)
    for line, severity in enumerate(LETTERS, start=2):
        side = Side(style=BORDERS[severity], color="000000")
        cell = _put(sheet, line, 1, LETTERS[severity])
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        cell.fill = PatternFill("solid", start_color=COLOURS[severity])
        cell.font = Font(bold=severity == "error")
        _put(sheet, line, 2, say(f"annotate.{severity}", lang))
    general = [say(f"annotate.legend.{key}", lang, notes=NOTES, rows=ROWS, mask=MASK)
               for key in LEGEND]  # fmt: skip
    for line, text in enumerate([*general, *remarks], start=5):
        _put(sheet, line, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
