"""The header of a table: where it stands, and what each column holds.

Two-level headers (a group such as ``水样（ng/L）`` over its analytes) and a row of units under the
names are folded into one row of columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache

from wbe import names
from wbe.errors import UnitError
from wbe.io.programme import programme_words
from wbe.io.tables import Sheet
from wbe.io.text import Refused
from wbe.io.words import load, plain, squeezed, word_set
from wbe.units import normalise

SEARCHED_ROWS = 40
IDENTITY = ("sample_id", "site", "town", "area", "date", "start", "end", "round", "matrix", "lab")
"""Fields that say which sample a row is about; merged cells are filled down in these only."""
VALUE_FIELDS = ("concentration", "load", "pn_load")

_INSIDE = r"[^()（）\[\]【】]*"
_BRACKET = re.compile(
    rf"(?P<base>.*?)\s*[(（\[【](?P<inner>{_INSIDE}(?:\([^()]*\))?{_INSIDE})[)）\]】]"
)
_SEPARATOR = re.compile(r"[\s_,，:]+")
_LIMIT_BEHIND = re.compile(
    r"(?P<base>.+?)[\s_-]*"
    r"(?P<limit>lod|loq|mdl|检出限|定量限|detection limit|quantification limit)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes
    ----------
    index : int
        Position, from 0.
    text : str
        Header as written; of a two-level header the lower one.
    kind : str
        ``field``, ``analyte``, ``limit``, ``personal``, ``unknown`` or ``blank``.
    id : str
        Our name of the field or the analyte.
    unit : str
        Unit in the header, as written.
    matrix : str
        Of a column under a group header: ``liquid``, ``soil`` or ``sediment``.
    limit : str
        For ``limit``: ``lod`` or ``loq``.
    """

    index: int
    text: str
    kind: str = "unknown"
    id: str = ""
    unit: str = ""
    matrix: str = ""
    limit: str = ""


@dataclass
class Header:
    """Where the header stands and what it says.

    Attributes
    ----------
    row : int
        Index of its (first) row in the sheet.
    depth : int
        Number of rows it takes.
    columns : list of Column
    titles : dict of str to (str, int)
        Field to (value, row) from ``key: value`` cells above the header.
    title_texts : list of str
        Every text above the header.
    width : int or None
        Number of columns that stand in the file, where a layout added further ones behind them;
        None where it added none.
    """

    row: int
    depth: int
    columns: list[Column]
    titles: dict[str, tuple[str, int]] = field(default_factory=dict)
    title_texts: list[str] = field(default_factory=list)
    width: int | None = None

    @cached_property
    def identity(self) -> list[Column]:
        """Columns that say which sample a row is about, and its running number."""
        return [c for c in self.columns if c.id in (*IDENTITY, "serial_no")]

    def has(self, *fields: str) -> bool:
        """Whether all of these fields have a column."""
        known = {c.id for c in self.columns if c.kind == "field"}
        return set(fields) <= known

    def column(self, field_id: str) -> Column | None:
        """The first column of a field."""
        return next((c for c in self.columns if c.kind == "field" and c.id == field_id), None)

    @property
    def analytes(self) -> list[Column]:
        """Columns of results in a wide table."""
        return [c for c in self.columns if c.kind == "analyte"]


@cache
def _aliases(table: str) -> dict[str, str]:
    return {names.key(k): v for k, v in load("headers")[table].items()}


@lru_cache(maxsize=4096)
def classify(text: str) -> Column:
    """What a header cell means, whatever its position.

    Parameters
    ----------
    text : str
        Header as written.

    Returns
    -------
    Column
        With index -1.
    """
    shown = plain(text)
    column = Column(-1, text.strip())
    if not shown:
        return replace(column, kind="blank")
    base, inner = split_unit(shown)
    if _is_personal(shown) or _is_personal(base):
        return replace(column, kind="personal")
    found = _field(base) if inner and _is_unit(inner) else ""
    if found:
        return replace(column, kind="field", id=found, unit=inner)
    found = _field(shown)
    if found:
        return replace(column, kind="field", id=found)
    found = _field(base) if inner else ""
    if found and found not in VALUE_FIELDS:
        return replace(column, kind="field", id=found, unit=inner)
    return _analyte_column(column, shown, base, inner)


def _analyte_column(column: Column, shown: str, base: str, inner: str) -> Column:
    analyte = names.resolve("analyte", shown)
    if analyte:
        return replace(column, kind="analyte", id=analyte)
    limited = _LIMIT_BEHIND.fullmatch(base) or _LIMIT_BEHIND.fullmatch(shown)
    if limited:
        analyte = names.resolve("analyte", limited["base"])
        if analyte:
            limit = "loq" if re.search("loq|定量|quantif", limited["limit"], re.I) else "lod"
            return replace(column, kind="limit", id=analyte, limit=limit, unit=inner)
    analyte = names.resolve("analyte", base) if inner else None
    if analyte and _is_unit(inner):
        if analyte == "codeine" and squeezed(base) == "cod":
            analyte = cod_of_unit(inner)
        return replace(column, kind="analyte", id=analyte, unit=inner)
    return column


def cod_of_unit(unit: str) -> str:
    """COD is codeine in ng/L and chemical oxygen demand in mg/L."""
    from wbe.units import scale

    try:
        return "chemical oxygen demand" if scale(unit, "ng/L") >= 1e6 else "codeine"
    except UnitError:
        return "codeine"


def split_unit(text: str) -> tuple[str, str]:
    """``流量（万立方米/天）`` to name and unit; the unit is "" where there is none."""
    found = _BRACKET.fullmatch(text)
    if found:
        return found["base"].strip(), found["inner"].strip()
    for mark in _SEPARATOR.finditer(text):
        base, inner = text[: mark.start()].strip(), text[mark.end() :].strip()
        if base and _is_unit(inner):
            return base, inner
        if base and _is_unit(inner.replace("_", "/")):
            return base, inner.replace("_", "/")
    return text, ""


@lru_cache(maxsize=2048)
def _is_unit(text: str) -> bool:
    try:
        normalise(text)
    except UnitError:
        return text.strip() in ("%", "％", "‰")
    return True


def _field(text: str) -> str:
    return _aliases("columns").get(names.key(text)) or names.resolve("field", text) or ""


@cache
def _personal() -> tuple[frozenset[str], tuple[str, ...]]:
    words = load("words")["personal"]
    return frozenset(map(names.key, words["headers"])), tuple(words["contains"])


def _is_personal(text: str) -> bool:
    listed, contained = _personal()
    compact = names.key(text)
    return compact in listed or any(word in compact for word in contained)


def known_words(rows: Sequence[Sequence[str]]) -> int:
    """The most header words known in any one of the rows."""
    return max((_known(row) for row in rows[:SEARCHED_ROWS]), default=0)


def _known(row: Sequence[str]) -> int:
    kinds = [classify(cell).kind for cell in row if len(cell) < 200 and not _is_number(cell)]
    found = sum(kind in ("field", "analyte", "limit", "personal") for kind in kinds)
    return max(found, indicator_words(row), programme_words(row))


def _is_number(cell: str) -> bool:
    """Most cells of a table are numbers, and no number is a header."""
    return cell.replace(".", "", 1).isdigit()


def indicator_words(row: Sequence[str]) -> int:
    """How many words of statistics by area and period a header row holds."""
    words = load("words")["indicators"]
    cells = [plain(cell).casefold() for cell in row if cell and not _is_number(cell)]
    own = sum(any(word in cell for word in words["contains"]) for cell in cells)
    if not own:
        return 0
    keys = {squeezed(split_unit(cell)[0]) for cell in cells if cell}
    areas = bool(keys & word_set("words", "indicators", "area"))
    periods = bool(keys & word_set("words", "indicators", "period"))
    return own + areas + periods if areas or periods else 0


def find_header(sheet: Sheet) -> Header:
    """Find and read the header of a sheet.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    Header

    Raises
    ------
    Refused
        ``header_not_found`` if no row names two known columns.
    """
    scores = [_known(row) for row in sheet.rows[:SEARCHED_ROWS]]
    if not scores or max(scores) < 2:
        raise Refused("header_not_found")
    # a header repeated below in full is no reason to take the rows between for a title
    enough = max(2, 0.8 * max(scores))
    return header_at(sheet, next(i for i, score in enumerate(scores) if score >= enough))


def header_at(sheet: Sheet, row: int, depth: int | None = None) -> Header:
    """Read the header that stands in a known row.

    Parameters
    ----------
    sheet : Sheet
    row : int
        Index of the row, the upper or the lower one of two.
    depth : int, optional
        Number of rows of the header; without it two rows are told from one by their words.

    Returns
    -------
    Header
    """
    columns = [replace(classify(text), index=i) for i, text in enumerate(sheet.rows[row])]
    header = Header(row, 1, columns)
    if depth == 2:
        header = _two_level(sheet, row)
    elif depth is None and row > 0 and _is_group_row(sheet, row - 1, row):
        header = _two_level(sheet, row - 1)
    elif row + 1 < len(sheet.rows):
        if depth is None and _is_group_row(sheet, row, row + 1):
            header = _two_level(sheet, row)
        elif _is_unit_row(sheet, header):
            header = _with_units(sheet, header)
    _read_titles(sheet, header)
    return header


def group_of(text: str) -> tuple[str, str] | None:
    """Kind of matrix and unit of a group header such as ``土壤（ng/g）``."""
    base, unit = split_unit(plain(text))
    matrix = load("headers")["groups"].get(squeezed(base)) or names.resolve("matrix", base)
    if not matrix or _field(plain(text)):
        return None
    solid = matrix if matrix in ("soil", "sediment") else "liquid"
    return solid, unit


def _is_group_row(sheet: Sheet, upper: int, lower: int) -> bool:
    """Whether the upper row groups the analytes of the lower one."""
    groups = [i for i, text in enumerate(sheet.rows[upper]) if text.strip() and group_of(text)]
    if not groups:
        return False
    below = [c for c in map(classify, sheet.rows[lower]) if c.kind != "blank"]
    return bool(below) and all(c.kind in ("analyte", "field", "limit") for c in below) and any(
        c.kind == "analyte" for c in below
    )  # fmt: skip


def _two_level(sheet: Sheet, row: int) -> Header:
    upper, lower = sheet.rows[row], sheet.rows[row + 1]
    columns = []
    matrix, unit = "", ""
    for index in range(max(len(upper), len(lower))):
        above, below = sheet.cell(row, index), sheet.cell(row + 1, index)
        if above.strip():
            matrix, unit = group_of(above) or ("", "")
        if not below.strip():
            column = replace(classify(above), index=index)
        else:
            column = replace(classify(below), index=index)
            if column.kind == "analyte":
                column = replace(column, matrix=matrix, unit=column.unit or unit)
        columns.append(column)
    return Header(row, 2, columns)


def _is_unit_row(sheet: Sheet, header: Header) -> bool:
    """Whether the row under the header holds nothing but units, one of them of a result."""
    below = sheet.rows[header.row + 1]
    cells = [(i, text.strip()) for i, text in enumerate(below) if text.strip()]
    if not all(_is_unit(text) and not text[0].isdigit() for _, text in cells):
        return False
    measured = {c.index for c in header.columns if c.kind == "analyte" or c.id == "flow"}
    return any(i in measured for i, _ in cells)


def _with_units(sheet: Sheet, header: Header) -> Header:
    columns = [
        replace(c, unit=c.unit or sheet.cell(header.row + 1, c.index).strip())
        for c in header.columns
    ]
    return Header(header.row, 2, columns)


def _read_titles(sheet: Sheet, header: Header) -> None:
    for row in range(header.row):
        for cell in sheet.rows[row]:
            shown = plain(cell)
            if not shown:
                continue
            header.title_texts.append(shown)
            key, mark, value = shown.partition(":")
            known = _aliases("titles").get(names.key(key)) if mark else None
            if known and value.strip() and known not in header.titles:
                header.titles[known] = (value.strip(), row)
