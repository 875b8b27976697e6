"""What an instrument export says, whatever the vendor: one `Peak` for each injection and compound.

Everything is text as written, with the place where it stands; what it means is settled later
(`wbe.io.instruments.kinds`, `wbe.io.instruments.amounts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wbe.io.instruments.vocabulary import find_columns, word, words
from wbe.io.tables import Sheet

_POINT = re.compile(r"[+-]?[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
NUMBERS = ("concentration", "area", "istd_area", "ion_ratio", "retention_time", "accuracy", "r2",
           "expected", "dilution")  # fmt: skip


@dataclass(frozen=True)
class Peak:
    """One compound in one injection, as written; "" where the export does not say it.

    Attributes
    ----------
    sample, filename : str
        Name of the sample and of the raw file; at least one of the two.
    kind : str
        The vendor's word for the type of the injection.
    compound : str
    concentration, unit : str
        In the vial, before `wbe.io.instruments.amounts` turns it into one of the sample.
    written : str
        The concentration as it stands in the file, also where commas became points.
    area, istd, istd_area, ion_ratio, retention_time : str
        Area of the quantifier; name and area of the internal standard; first qualifier ratio;
        retention time [min].
    accuracy, r2, level, expected : str
        Accuracy [%]; coefficient of determination of the calibration; calibration level; the
        amount that was put in, in the unit of the concentration.
    dilution : str
        Dilution factor that the software was told.
    is_calculated : bool
        Whether the export leaves open if `dilution` is in `concentration`.
    acquired : str
        Time of the measurement (not of sampling).
    used : bool
        False where somebody excluded the peak.
    is_standard : bool or None
        Whether the compound is an internal standard; None where the export leaves it to the name.
    row, column : int
        Cell of the concentration in the sheet, from 0.
    sheet : int
        Number of the sheet in the file, from 0.
    """

    sample: str
    compound: str
    filename: str = ""
    kind: str = ""
    concentration: str = ""
    unit: str = ""
    written: str = ""
    area: str = ""
    istd: str = ""
    istd_area: str = ""
    ion_ratio: str = ""
    retention_time: str = ""
    accuracy: str = ""
    r2: str = ""
    level: str = ""
    expected: str = ""
    dilution: str = ""
    is_calculated: bool = False
    acquired: str = ""
    used: bool = True
    is_standard: bool | None = None
    row: int = 0
    column: int = 0
    sheet: int = 0


@dataclass
class Export:
    """One export file.

    Attributes
    ----------
    layout : str
        For example ``masshunter-wide``.
    sheets : list of Sheet
        The file as it stands.
    concentration : str
        Header of the concentrations as written; "" if the export holds none.
    wanted : str
        What that header is called in this layout.
    compound, sample : str
        Headers of the compounds and of the injections' names, for findings.
    header_row : int
        Row of the header in the first sheet that has one.
    peaks : list of Peak
    bad_rows : list of (str, int, int, dict)
        Rule, sheet, row and details of rows that cannot be read.
    decimal_comma : bool
        Whether numbers were written with decimal commas; they stand with points in `peaks`.
    """

    layout: str
    sheets: list[Sheet]
    wanted: str
    compound: str = "compound"
    sample: str = ""
    concentration: str = ""
    header_row: int = 0
    peaks: list[Peak] = field(default_factory=list)
    bad_rows: list[tuple[str, int, int, dict[str, object]]] = field(default_factory=list)
    decimal_comma: bool = False

    @property
    def file(self) -> str:
        """Name of the file for findings."""
        return self.sheets[0].file


def with_points(export: Export) -> Export:
    """Read decimal commas, where the export as a whole shows that it uses them.

    A retention time has decimals: a file in which some number has a decimal comma and none a
    decimal point was written on a machine that uses commas. Where both occur nothing is changed,
    and the cells are refused one by one.
    """
    texts = {getattr(peak, name) for peak in export.peaks for name in NUMBERS}
    commas = any(_COMMA.fullmatch(text) for text in texts)
    if not commas or any(_POINT.fullmatch(text) for text in texts):
        return export
    export.decimal_comma = True
    export.peaks = [_pointed(peak) for peak in export.peaks]
    return export


def _pointed(peak: Peak) -> Peak:
    changed = {
        name: text.replace(",", ".")
        for name in NUMBERS
        if _COMMA.fullmatch(text := getattr(peak, name))
    }
    return replace(peak, **changed) if changed else peak


class Row:
    """Cells of one row by field.

    Parameters
    ----------
    cells : sequence of str
    columns : mapping of str to int
        From `find_columns`.
    """

    def __init__(self, cells: Sequence[str], columns: Mapping[str, int]):
        self._cells, self._columns = cells, columns

    def __getitem__(self, name: str) -> str:
        index = self._columns.get(name)
        if index is None or index >= len(self._cells):
            return ""
        return self._cells[index].strip()


def peak_of(cells: Row, columns: Mapping[str, int], **more: object) -> Peak:
    """A peak from a row that holds one injection and one compound.

    Parameters
    ----------
    cells : Row
    columns : mapping of str to int
    **more
        Fields that do not stand in the row, and the place.
    """
    names = ("sample", "filename", "kind", "compound", "concentration", "unit", "area", "istd",
             "istd_area", "ion_ratio", "retention_time", "accuracy", "r2", "level", "expected",
             "dilution", "acquired")  # fmt: skip
    fields: dict[str, object] = {name: cells[name] for name in names}
    if "deviation" in columns and not fields["accuracy"]:
        fields["accuracy"] = accuracy_of(cells["deviation"])
    if cells["acquired_day"]:
        fields["acquired"] = f"{cells['acquired_day']} {cells['acquired']}".strip()
    fields["written"] = cells["concentration"]
    fields["used"] = _is_used(cells)
    fields["is_standard"] = _says_standard(cells)
    fields["column"] = columns.get("concentration", 0)
    fields["is_calculated"] = fields["column"] == columns.get("calculated")
    return Peak(**{**fields, **more})  # type: ignore[arg-type]


def accuracy_of(deviation: str) -> str:
    """Accuracy [%] of a deviation [%] as written; "" if it is no number.

    Examples
    --------
    >>> accuracy_of("-3.5"), accuracy_of("n/a")
    ('96.5', '')
    """
    text = deviation.replace(",", ".") if _COMMA.fullmatch(deviation) else deviation
    try:
        return f"{100 + float(text):.10g}"
    except ValueError:
        return ""


def _is_used(row: Row) -> bool:
    if word(row["excluded"]) in words("used", "excluded"):
        return False
    return word(row["used"]) not in words("used", "no")


def _says_standard(row: Row) -> bool | None:
    kind = word(row["compound_type"])
    if kind:
        return kind in ("istd", "is", "internal standard", "internal standards") or None
    return True if word(row["is_standard"]) in ("true", "yes") else None


def long_peaks(
    export: Export, number: int, header_row: int, rows: range, columns: Mapping[str, int],
    **more: object,
) -> None:  # fmt: skip
    """Append the peaks of consecutive rows that hold one injection and compound each.

    Parameters
    ----------
    export : Export
        Receives peaks, and the rows that are wider than their header.
    number : int
        Sheet.
    header_row : int
    rows : range
    columns : mapping of str to int
    **more
        Fields that do not stand in the rows, such as the compound of a block.
    """
    sheet = export.sheets[number]
    width = len(sheet.rows[header_row])
    for index in rows:
        cells = sheet.rows[index]
        if any(text.strip() for text in cells[width:]):
            details: dict[str, object] = {"found": len(cells), "expected": width}
            export.bad_rows.append(("row_too_long", number, index, details))
            continue
        row = Row(cells, columns)
        if not (row["sample"] or row["filename"]) or not (row["compound"] or more.get("compound")):
            continue
        export.peaks.append(peak_of(row, columns, row=index, sheet=number, **more))


def note_header(export: Export, sheet: int, row: int, columns: Mapping[str, int]) -> None:
    """Remember the first header, and what concentrations and injections are called there."""
    if export.concentration or "concentration" not in columns:
        return
    cells = Row(export.sheets[sheet].rows[row], columns)
    export.header_row = row
    export.concentration = cells["concentration"]
    export.sample = cells["sample"] or cells["filename"]


def first_row(
    rows: Sequence[Sequence[str]], is_header: Callable[[Sequence[str]], bool]
) -> int | None:
    """Index of the first row that is a header; None without one."""
    return next((index for index, cells in enumerate(rows) if is_header(cells)), None)


def headed(
    sheets: Sequence[Sheet], header_of: Callable[[Sequence[Sequence[str]]], int | None]
) -> Iterator[tuple[int, Sheet, int]]:
    """Number, sheet and row of the header of every sheet that has one."""
    for number, sheet in enumerate(sheets):
        row = header_of(sheet.rows)
        if row is not None:
            yield number, sheet, row


def columns_of(layout: str, cells: Sequence[str]) -> dict[str, int]:
    """Columns of a header row, with units in brackets taken off first.

    Parameters
    ----------
    layout : str
    cells : sequence of str

    Returns
    -------
    dict of str to int
    """
    return find_columns(layout, [split_unit(cell)[0] for cell in cells])


def split_unit(text: str) -> tuple[str, str]:
    """Header and the unit behind it in round or square brackets, if it is a concentration's.

    Examples
    --------
    >>> split_unit("Calculated Concentration (ng/mL)"), split_unit("1º Ratio (Actual)")
    (('Calculated Concentration', 'ng/mL'), ('1º Ratio (Actual)', ''))
    """
    found = re.fullmatch(r"\s*(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*", text)
    if found and is_concentration_unit(found[2]):
        return found[1], found[2].strip()
    return text.strip(), ""


def is_concentration_unit(text: str) -> bool:
    """Whether a text is a unit of mass or of substance per volume.

    Examples
    --------
    >>> [is_concentration_unit(text) for text in ("ng/mL", "uM", "S/N", "Height/Area")]
    [True, True, False, False]
    """
    from wbe.errors import UnitError
    from wbe.units import scale

    if re.fullmatch(r"\s*[munp]?M\s*", text):
        return True
    if "/" not in text and "·" not in text and "每" not in text:
        return False
    try:
        scale(text.strip(), "ng/L")
    except UnitError:
        return False
    return True
