"""A EUDA table of loads as it stands: its columns by EUDA's names, its cells as text.

What is wrong with a row as a whole is told here, and the row left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from wbe.findings import Findings
from wbe.io.dates import FIRST_YEAR, LAST_YEAR
from wbe.io.euda.places import keys_of
from wbe.io.programme import columns_of, known_columns
from wbe.io.sources import Table
from wbe.io.tables import Sheet
from wbe.io.text import Refused
from wbe.io.words import load
from wbe.io.write import bare_text

_YEAR: Final = re.compile(r"[0-9]{4}")
_COMMA: Final = re.compile(r"[0-9]+,[0-9]+")
_NAME_YEAR: Final = re.compile(r"ww[a-z_-]*(20[0-9]{2})")


@dataclass(frozen=True)
class Wide:
    """One row a year, residue and place.

    Attributes
    ----------
    rows : pandas.DataFrame
        Columns by EUDA's names and those of unknown meaning, as text; ``site``, ``analyte``,
        ``row`` (index in the sheet) and ``source_line``.
    headers : dict of str to str
        Our column to its header as written.
    others : list of str
        Columns of unknown meaning.
    seen, left_out : int
        Rows of data, the refused ones included; rows that are right and not used.
    release : int
        Year of the release: that of the file's name, and not before the year after the last one.
    """

    rows: pd.DataFrame
    headers: dict[str, str]
    others: list[str]
    seen: int
    left_out: int
    release: int


def wide_of(table: Table, findings: Findings) -> Wide:
    """Read the rows of a table of form ``euda``.

    Parameters
    ----------
    table : Table
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    Wide

    Raises
    ------
    Refused
        If two columns mean the same.
    """
    sheet = table.sheet
    written = sheet.rows[table.header.row]
    columns = columns_of("euda", written)
    _refuse_repeats(sheet, table.header.row, columns, findings)
    frame, seen = _frame(sheet, table.header.row, columns, findings)
    others = [name for name in columns if name and name not in known_columns("euda")]
    for name in others:
        findings.add("column_unknown", file=sheet.file, sheet=sheet.name, column=name,
                     line=sheet.lines[table.header.row])  # fmt: skip
    frame = _with_points(frame, sheet, findings)
    frame = _usable(frame, sheet.file, findings)
    frame["site"] = keys_of(
        frame["Country"].tolist(), frame["City"].tolist(), frame["source_line"].tolist(),
        sheet.file, findings,
    )  # fmt: skip
    unused = frame["Metabolite"].isin(list(load("euda")["left_out"]))
    _note_left_out(frame.loc[unused, "Metabolite"], sheet.file, findings)
    frame = frame[~unused].reset_index(drop=True)
    frame["analyte"] = _analytes(frame, sheet.file, findings)
    frame = frame[frame["analyte"] != ""].reset_index(drop=True)
    headers = {
        name: sheet.written.get((table.header.row, i), written[i]).strip()
        for i, name in enumerate(columns)
    }
    release = release_of(sheet.file, frame["Year"])
    return Wide(frame, headers, others, seen, int(unused.sum()), release)


def release_of(file: str, years: Sequence[str] | pd.Series) -> int:
    """Year in which a table was released: a release holds the years before its own.

    Parameters
    ----------
    file : str
        Name of the file; ``ww2025-all-data.csv`` says it.
    years : sequence of str
        Years of its rows.

    Returns
    -------
    int
        0 of a table without rows.

    Examples
    --------
    >>> from wbe.io.euda.table import release_of
    >>> release_of("ww2025-all-data.csv", ["2023"]), release_of("loads.csv", ["2021", "2022"])
    (2025, 2023)
    """
    named = _NAME_YEAR.search(file.casefold())
    after = max((int(year) + 1 for year in years), default=0)
    return max(int(named[1]), after) if named and after else after


def _refuse_repeats(sheet: Sheet, row: int, columns: list[str], findings: Findings) -> None:
    repeated = [i for i, name in enumerate(columns) if name and name in columns[:i]]
    for i in repeated:
        findings.add("column_twice", file=sheet.file, sheet=sheet.name, line=sheet.lines[row],
                     column=sheet.rows[row][i].strip(), first=columns[i])  # fmt: skip
    if repeated:
        raise Refused("columns_refused")


def _frame(
    sheet: Sheet, header: int, columns: list[str], findings: Findings
) -> tuple[pd.DataFrame, int]:
    """Cells of the rows that have as many as the header, and how many rows there are."""
    width, rows, kept = len(columns), [], []
    filled = [r for r in range(header + 1, len(sheet.rows)) if any(map(str.strip, sheet.rows[r]))]
    for r in filled:
        cells = sheet.rows[r]
        beyond = [cell for cell in cells[width:] if cell.strip()]
        short = len(cells) < width and not sheet.spreadsheet
        if beyond or short:
            findings.add("row_too_long" if beyond else "row_too_short", file=sheet.file,
                         sheet=sheet.name, line=sheet.lines[r], found=len(cells),
                         expected=width)  # fmt: skip
            continue
        rows.append([_shown(sheet, r, i) for i in range(width)])
        kept.append(r)
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.loc[:, [bool(name) for name in columns]]
    for name in ("Year", "Metabolite", "Site ID", "Country", "City"):
        frame[name] = [bare_text(text.strip()) for text in frame[name]]
    frame["row"] = kept
    frame["source_line"] = [sheet.lines[r] for r in kept]
    return frame, len(filled)


def _shown(sheet: Sheet, row: int, column: int) -> str:
    """Text of a cell; of one that holds an error, or a formula without a value, what it shows."""
    _, text = sheet.broken.get((row, column), ("", sheet.cell(row, column)))
    return (text or "#") if (row, column) in sheet.broken else text


def _with_points(frame: pd.DataFrame, sheet: Sheet, findings: Findings) -> pd.DataFrame:
    """Decimal commas as points, where every number of the table can only be meant so.

    No number has a point, commas do not part the cells, and at least one comma is not followed by
    three digits, as those of groups are.
    """
    words = load("euda")
    names = [name for name in [*words["days"], *words["means"]] if name in frame]
    cells = frame[names].stack().str.strip() if len(frame) else pd.Series(dtype=object)
    commas = cells[cells.str.contains(",", regex=False)] if len(cells) else cells
    if commas.empty or sheet.delimiter == "," or cells.str.contains(".", regex=False).any():
        return frame
    after = commas.str.partition(",")[2].str.len()
    if not commas.map(_COMMA.fullmatch).all() or (after == 3).all():
        return frame
    findings.add("decimal_comma_read", file=sheet.file, sheet=sheet.name, count=len(commas))
    pointed = frame[names].apply(lambda column: column.str.replace(",", ".", regex=False))
    return frame.assign(**{name: pointed[name] for name in names})


def _usable(frame: pd.DataFrame, file: str, findings: Findings) -> pd.DataFrame:
    """Rows with a year and a place."""
    year = frame["Year"].map(_is_year).astype(bool)
    named = (frame["City"] != "") & (frame["Country"] != "")
    for line, text in zip(frame["source_line"][~year], frame["Year"][~year], strict=True):
        findings.add("date_out_of_range", file=file, line=line, column="Year", value=text,
                     first=FIRST_YEAR, last=LAST_YEAR)  # fmt: skip
    for line, city in zip(frame["source_line"][~named], frame["City"][~named], strict=True):
        findings.add("site_missing", file=file, line=line,
                     column="Country" if city else "City")  # fmt: skip
    return frame[year & named].reset_index(drop=True)


def _is_year(text: str) -> bool:
    return bool(_YEAR.fullmatch(text)) and FIRST_YEAR <= int(text) <= LAST_YEAR


def _note_left_out(residues: pd.Series, file: str, findings: Findings) -> None:
    """Residues whose values are not known to be loads."""
    for name, count in residues.value_counts().sort_index().items():
        findings.add("residue_left_out", file=file, column="Metabolite", value=str(name),
                     meaning=load("euda")["left_out"][name], count=int(count))  # fmt: skip


def _analytes(frame: pd.DataFrame, file: str, findings: Findings) -> pd.Series:
    """The residue that was measured: cocaine in the table is benzoylecgonine in the sewer."""
    residues = load("euda")["residues"]
    for name in sorted(set(frame["Metabolite"]) - set(residues)):
        rows = frame.index[frame["Metabolite"] == name]
        findings.add("analyte_unknown", file=file, column="Metabolite", value=name,
                     line=int(frame["source_line"][rows[0]]),
                     suggestions=", ".join(residues))  # fmt: skip
    for name in sorted(set(frame["Metabolite"]) & set(residues)):
        if residues[name] != name:
            findings.add("residue_of_drug", file=file, column="Metabolite", value=name,
                         analyte=residues[name])  # fmt: skip
    return frame["Metabolite"].map(residues).fillna("")
