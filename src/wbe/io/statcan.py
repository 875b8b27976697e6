"""Monthly means of the Canadian Wastewater Survey, as Statistics Canada publishes them.

Tables 13-10-0871-01 (2022 to 2023) and 13-10-0820-01 (2019 to 2020). What they hold are means of
seven days with their intervals: estimates that are published, not samples. They are read for
comparison, and no run takes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.programme import columns_of
from wbe.io.sources import Source, Table, open_source
from wbe.io.words import load
from wbe.units import PN_UNIT

COLUMNS: Final = (
    "month", "place", "city", "province", "average", "analyte", "load", "lower", "upper",
    "standard_error", "imputation_rate", "symbol", "quality",
)  # fmt: skip
NUMBERS: Final = ("load", "lower", "upper", "standard_error", "imputation_rate")
WITHHELD: Final = ("unreliable", "suppressed", "not_available", "not_applicable")
"""Qualities of a mean that has no value."""
_KEY: Final = ("month", "place", "analyte")
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNIT: Final = re.compile(r"(\w+) per one (\w+) people per day", re.IGNORECASE)


def read_statcan(
    path: str | PathLike[str], *, encoding: str | None = None, errors: str = "raise"
) -> pd.DataFrame:
    """Read the monthly means of Statistics Canada's table of drugs in wastewater.

    Parameters
    ----------
    path : path
        ``13100871.csv``, the CSV of the whole table in English, out of its archive.
    encoding : str, optional
        Codec of the file, instead of BOM, UTF-8, Windows-1252 in turn.
    errors : str
        ``raise``, or ``reject``: rows with errors are left out.

    Returns
    -------
    pandas.DataFrame
        One row a month, place and residue, in the columns `COLUMNS`. ``load, lower, upper`` (of the
        95 % interval) and ``standard_error`` [mg/day/1000 inhabitants]; ``imputation_rate`` [%];
        ``symbol`` as published with the load and ``quality``, what it means: ``acceptable``,
        ``caution`` (E), ``preliminary``, ``revised``, and without a value ``unreliable`` (F),
        ``suppressed`` (x), ``not_available`` (..), ``not_applicable`` (...). ``average`` is true of
        the weighted average of all cities. ``attrs["findings"]`` holds all findings.

    Raises
    ------
    FindingsError
        If the file is refused or holds no such table; with ``errors="raise"`` if any row is wrong.
    UsageError
        If `errors` is another word.

    Notes
    -----
    Loads are published in milligrams per 1000 people and day, before 2022 in grams per million
    people and day: the same number. Conversions are exact, in decimal.

    References
    ----------
    Statistics Canada, table 13-10-0871-01, Drug metabolites in wastewater in select Canadian cities

    Examples
    --------
    >>> from wbe.io import read_statcan
    >>> means = read_statcan("data/samples/published/statcan/halifax-edmonton-excerpt.csv")
    >>> means[["month", "city", "analyte", "load", "quality"]].values.tolist()[1]
    ['2022-01', 'Halifax', 'benzoylecgonine', 1492.36, 'acceptable']
    """
    if errors not in ("raise", "reject"):
        raise UsageError(f"errors must be 'raise' or 'reject', not {errors!r}")
    findings = Findings()
    source = open_source(Path(path), Path(path).name, findings, encoding)
    means = means_of(source, findings)
    if means is None or means.empty or (errors == "raise" and findings.errors):
        raise FindingsError(findings)
    means.attrs |= {"findings": findings, "unit": PN_UNIT}
    return means


def means_of(source: Source, findings: Findings) -> pd.DataFrame | None:
    """Published means of an opened file; None if it holds none.

    Parameters
    ----------
    source : Source
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    pandas.DataFrame or None
    """
    tables = [table for table in source.tables if table.form == "statcan"]
    if not tables:
        for table in source.tables[:1]:
            findings.add("not_published_means", file=source.name, sheet=table.sheet.name,
                         found=table.form)  # fmt: skip
        return None
    return pd.concat([_means(table, findings) for table in tables], ignore_index=True)


def _means(table: Table, findings: Findings) -> pd.DataFrame:
    rows = _rows(table)
    _note_columns(table, findings)
    cells = [cell for row in rows if (cell := _Row(table, row, findings).cell()) is not None]
    findings.rows += len(rows)
    cells = _once_each(table.sheet.file, cells, findings)
    findings.accepted += len(cells)
    means = _one_row_each(cells)
    _note_intervals(table.sheet.file, means, findings)
    _note_symbols(table.sheet.file, means, findings)
    return means[list(COLUMNS)]


def _rows(table: Table) -> list[dict[str, str]]:
    sheet = table.sheet
    names = columns_of("statcan", sheet.rows[table.header.row])
    found = []
    for r in range(table.header.row + 1, len(sheet.rows)):
        cells = {name: sheet.cell(r, i).strip() for i, name in enumerate(names)}
        if any(cells.values()):
            found.append({**cells, "line": str(sheet.lines[r])})
    return found


def _note_columns(table: Table, findings: Findings) -> None:
    words = load("statcan")
    known = {*words["columns"], *words["unused"]}
    for name in columns_of("statcan", table.sheet.rows[table.header.row]):
        if name and name not in known:
            findings.add("column_left_out", file=table.sheet.file, sheet=table.sheet.name,
                         column=name, line=table.sheet.lines[table.header.row])  # fmt: skip


class _Row:
    """One number of the published table."""

    def __init__(self, table: Table, row: Mapping[str, str], findings: Findings):
        self.file, self.row, self.findings = table.sheet.file, row, findings
        self.words = load("statcan")
        self.wrong = False

    def note(self, rule: str, column: str, **more: str) -> None:
        """Refuse the row for one of its cells."""
        self.wrong = True
        self.findings.add(rule, file=self.file, line=int(self.row["line"]), column=column,
                          value=self.row[column], site=self.row["GEO"], **more)  # fmt: skip

    def known(self, column: str, table: str) -> str:
        """Our word for a cell."""
        words = self.words[table]
        if self.row[column] not in words:
            self.note("programme_word_unknown", column, choices="; ".join(filter(None, words)))
        return str(words.get(self.row[column], ""))

    def cell(self) -> dict[str, object] | None:
        """Month, place, residue, what the number is, and the number; None if it is refused."""
        row, measures = self.row, self.words["measures"]
        if not _MONTH.fullmatch(row["REF_DATE"]):
            self.note("date_unreadable", "REF_DATE")
        if not row["GEO"]:
            self.note("site_missing", "GEO")
        if row["Measure"] not in measures:
            self.note("analyte_unknown", "Measure", suggestions=", ".join(measures))
        kind = self.known("Characteristics", "characteristics")
        quality = self.known("STATUS", "symbols")
        scalar = self.known("SCALAR_FACTOR", "scalars")
        value = self.value(kind, quality, scalar)
        if self.wrong:
            return None
        return {
            "month": row["REF_DATE"], "place": row["GEO"], "analyte": measures[row["Measure"]],
            "kind": kind, "value": value, "symbol": row["STATUS"], "quality": quality,
            "line": int(row["line"]), "written": row["VALUE"],
        }  # fmt: skip

    def value(self, kind: str, quality: str, scalar: str) -> float:
        """The number in our unit; NaN where none is published."""
        text = self.row["VALUE"]
        if quality in WITHHELD:
            if text:
                self.note("status_contradicts", "VALUE", status=self.row["STATUS"])
            return np.nan
        if not _NUMBER.fullmatch(text):
            self.note("not_a_number", "VALUE")
            return np.nan
        factor = Decimal(1) if kind == "imputation_rate" else self.factor()
        return float(Decimal(text) * factor * Decimal(scalar or "1"))

    def factor(self) -> Decimal:
        """From the unit of the row to mg/day/1000 inhabitants."""
        masses, counts = self.words["masses"], self.words["counts"]
        for column in ("UOM", "Characteristics"):
            found = _UNIT.search(self.row[column])
            if found and found[1].casefold() in masses and found[2].casefold() in counts:
                return Decimal(masses[found[1].casefold()]) * Decimal(counts[found[2].casefold()])
        self.note("programme_word_unknown", "UOM",
                  choices="milligrams per one thousand people per day; "
                          "grams per one million people per day")  # fmt: skip
        return Decimal(1)


def _once_each(
    file: str, cells: Iterable[dict[str, object]], findings: Findings
) -> list[dict[str, object]]:
    """Numbers that are stated once; the same twice counts once, another is refused."""
    stated: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for cell in cells:
        stated.setdefault((*(cell[name] for name in _KEY), cell["kind"]), []).append(cell)
    kept = []
    for same in stated.values():
        first, *more = same
        texts = {(cell["written"], cell["symbol"]) for cell in same}
        for cell in more:
            findings.add("duplicate_row" if len(texts) == 1 else "duplicate_conflict", file=file,
                         line=int(str(cell["line"])), column="VALUE", value=str(cell["written"]),
                         analyte=str(cell["analyte"]), site=str(cell["place"]), count=len(same),
                         lines=", ".join(str(c["line"]) for c in same))  # fmt: skip
        kept += [first] if len(texts) == 1 else []
    return kept


def _one_row_each(cells: list[dict[str, object]]) -> pd.DataFrame:
    """One row a month, place and residue."""
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for cell in cells:
        row = rows.setdefault(
            tuple(cell[name] for name in _KEY), {name: cell[name] for name in (*_KEY, "line")}
        )
        row[str(cell["kind"])] = cell["value"]
        if cell["kind"] == "load":
            row |= {name: cell[name] for name in ("symbol", "quality", "line")}
    columns = [*_KEY, "line", *NUMBERS, "symbol", "quality"]
    means = pd.DataFrame(list(rows.values()), columns=columns)
    means[list(NUMBERS)] = means[list(NUMBERS)].astype(float)
    means[["symbol", "quality"]] = means[["symbol", "quality"]].fillna("")
    cities = means["place"].str.partition(", ") if len(means) else pd.DataFrame(columns=[0, 1, 2])
    means["average"] = means["place"] == load("statcan")["average"]
    means["city"] = cities[0].where(~means["average"], "")
    means["province"] = cities[2].where(~means["average"], "")
    return means.sort_values(list(_KEY), ignore_index=True, key=lambda c: c.str.casefold())


def _note_intervals(file: str, means: pd.DataFrame, findings: Findings) -> None:
    """Refuse means outside their interval: they lose their numbers."""
    outside = (means["load"] < means["lower"]) | (means["load"] > means["upper"])
    for _, row in means[outside].iterrows():
        findings.add("mean_outside_interval", file=file, line=int(row["line"]), column="VALUE",
                     site=row["place"], analyte=row["analyte"], value=f"{row['load']:g}",
                     lower=f"{row['lower']:g}", upper=f"{row['upper']:g}")  # fmt: skip
    means.loc[outside, list(NUMBERS)] = np.nan


def _note_symbols(file: str, means: pd.DataFrame, findings: Findings) -> None:
    caution = int((means["quality"] == "caution").sum())
    if caution:
        findings.add("means_with_caution", file=file, count=caution)
    withheld = means.loc[means["quality"].isin(WITHHELD), "symbol"].value_counts().sort_index()
    if len(withheld):
        symbols = ", ".join(f"{symbol}: {count}" for symbol, count in withheld.items())
        findings.add("means_withheld", file=file, count=int(withheld.sum()), symbols=symbols)
