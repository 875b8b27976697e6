"""Where results stand: the file, sheet, column and cell that findings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from wbe.io.header import VALUE_FIELDS, Column
from wbe.io.plausibility.groups import Place
from wbe.io.results import SOLIDS
from wbe.io.sources import Table
from wbe.io.tables import column_letters


@dataclass(frozen=True)
class Heading:
    """A column as findings name it.

    Attributes
    ----------
    text : str
        Header as written.
    letters : str
        Of the column in a spreadsheet; "" in a text file.
    """

    text: str
    letters: str = ""


@dataclass(frozen=True)
class Origin:
    """A table that results were read from.

    Attributes
    ----------
    file : int
        Index into ``attrs["files"]``.
    sheet : str
        Name of the sheet; "" in a text file.
    results : mapping of (str, str) to Heading
        Analyte and solid matrix ("" for liquids) to the column with its results. The analyte "" is
        any that is not listed.
    fields : mapping of str to Heading
        Our name of a field to its column.
    """

    file: int
    sheet: str = ""
    results: Mapping[tuple[str, str], Heading] = field(default_factory=dict)
    fields: Mapping[str, Heading] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, file: int) -> Origin:
        """What findings name of a table of a file, which is given by its number."""

        def heading(column: Column) -> Heading:
            spreadsheet = table.sheet.spreadsheet
            return Heading(column.text, column_letters(column.index) if spreadsheet else "")

        # the first of several columns counts, as in `Header.column`
        columns = table.header.columns[::-1]
        fields = {c.id: heading(c) for c in columns if c.kind == "field"}
        results = {(c.id, c.matrix if c.matrix in SOLIDS else ""): heading(c)
                   for c in columns if c.kind == "analyte"}  # fmt: skip
        stated = [fields[name] for name in VALUE_FIELDS if name in fields]
        if stated and table.form == "long":
            results = {("", ""): stated[0]}
        return cls(file, table.sheet.name, results, fields)

    def column_of(self, analyte: str, matrix: str) -> Heading | None:
        """The column that holds a result; None where it is not known."""
        solid = matrix if matrix in SOLIDS else ""
        keys = ((analyte, solid), (analyte, ""), ("", ""))
        return next((self.results[key] for key in keys if key in self.results), None)


class Sheets:
    """Names of the sheets of a workbook that results were read from, by sample and analyte.

    Kept as ``sheets`` in the workbook's entry of ``attrs["files"]``: whatever becomes of the
    samples, their ids lead to the sheet. In a file it is written as the list of names.

    Parameters
    ----------
    samples, analytes : array-like of str
    table : ndarray of int (sample, analyte)
        Position in `names`; -1 for a result that was not read.
    names : sequence of str
        "" for a table of another file.
    """

    def __init__(
        self, samples: ArrayLike, analytes: ArrayLike, table: np.ndarray, names: Sequence[str]
    ):  # fmt: skip
        self._samples, self._analytes = _index(samples), _index(analytes)
        self._table, self._names = table, tuple(names)

    def of(self, samples: ArrayLike, analytes: ArrayLike) -> list[str]:
        """Name of the sheet of each pair of sample and analyte; "" where it has none."""
        rows, columns = (
            known.get_indexer(_index(asked))
            for known, asked in ((self._samples, samples), (self._analytes, analytes))
        )
        table = np.where((rows >= 0) & (columns >= 0), self._table[rows, columns], -1)
        return [self._names[number] if number >= 0 else "" for number in table.tolist()]

    def tolist(self) -> list[str]:
        """Names of the sheets."""
        return [name for name in self._names if name]

    def stated(self) -> tuple[list[str], list[str], list[list[int]], list[str]]:
        """Arguments that make the same places again, without results that have no sheet."""
        used = [number for number, name in enumerate(self._names) if name]
        named = np.isin(self._table, used)
        rows, columns = (np.flatnonzero(named.any(axis=axis)) for axis in (1, 0))
        table = np.where(named, np.searchsorted(used, self._table), -1)[rows][:, columns]
        ids, analytes = self._samples[rows].tolist(), self._analytes[columns].tolist()
        return ids, analytes, table.tolist(), self.tolist()


def _index(names: ArrayLike) -> pd.Index:
    return pd.Index(np.asarray(names).astype(object))


def places_of(
    samples: xr.Dataset, origins: Sequence[Origin] = (), origin: np.ndarray | None = None
) -> Place:
    """Places of samples and results from ``source_file`` and ``source_line``.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    origins : sequence of Origin
        Tables that were read, where more than the file is known of them.
    origin : ndarray of int (sample, analyte), optional
        Number of each result's table in `origins`; -1 for none.

    Returns
    -------
    callable
        The `place` of `note_plausibility`; a sample stands where the first of its results does. A
        field that has no column in that table goes by our name.
    """
    files, lines = samples["source_file"].values, samples["source_line"].values
    ids, sites = samples["sample"].values, samples["site"].values
    analytes, matrices = samples["analyte"].values, samples["matrix"].values
    names = [str(file["name"]) for file in samples.attrs.get("files", [])]

    def column_of(table: Origin, row: int, result: int | None, field: str) -> Heading | None:
        if field in table.fields or result is None:
            return table.fields.get(field)
        return table.column_of(str(analytes[result]), str(matrices[row]))

    def place(row: int, result: int | None = None, field: str = "") -> Mapping[str, Any]:
        where: dict[str, Any] = {"sample_id": str(ids[row]), "site": str(sites[row])}
        if field:
            where["column"] = field
        first = result
        if first is None:
            read = np.flatnonzero(files[row] >= 0)
            first = int(read[np.argmin(lines[row][read])]) if len(read) else None
        if first is None or not 0 <= files[row, first] < len(names):
            return where
        line = int(lines[row, first])
        where |= {"file": names[files[row, first]], "line": line if line >= 0 else None}
        if origin is not None and 0 <= origin[row, first] < len(origins):
            table = origins[origin[row, first]]
            where["sheet"] = table.sheet
            if heading := column_of(table, row, result, field):
                where["column"] = heading.text
                where["cell"] = f"{heading.letters}{line}" if heading.letters and line >= 0 else ""
        return where

    return place
