"""From rows to samples: ids, contradictions, duplicates.

A sample is one collected portion of one matrix. Rows that say different things about it are an
error; rows that say the same thing twice count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.agreement import Stated, note_conflict, written
from wbe.io.columns import Figures
from wbe.io.duplicates import any_repeated, join_duplicates
from wbe.io.outcomes import CODE
from wbe.io.results import KINDS, Results
from wbe.io.rows import Body

# sample-level fields on which the rows of one sample must agree
AGREEING = (
    "site", "area", "role", "mode", "time", "duration", "round", "visit", "lab", "flow",
    "flow_rsd", "population", "population_rsd", "population_basis", "population_date", "lon",
    "lat", "crs", "rain_24h_mm", "rain_72h_mm", "domestic_share", "cigarettes", "phase",
    "preservation", "storage_temp", "analysed_date", "province", "city", "county", "type",
    "weekday",
)  # fmt: skip
UNSTATED_MATRIX = "wwtp_influent"


@dataclass
class Joined:
    """Statements, rows and results of all tables of a read.

    Attributes
    ----------
    statements : pandas.DataFrame
        Sample-level fields of each distinct statement (see `wbe.io.rows.Body`).
    results : Results
        With ``row`` counted over all tables.
    statement, line : ndarray of int (row,)
        Statement that each row makes, and its line.
    findings : Findings
    bodies : list of (int, int, Body)
        Tables after the numbers of their first row and of their first statement.
    rejected : ndarray of bool (row,)
        Rows of which something was rejected.
    """

    statements: pd.DataFrame
    results: Results
    statement: np.ndarray
    line: np.ndarray
    findings: Findings
    bodies: list[tuple[int, int, Body]]
    rejected: np.ndarray

    def note(self, rule: str, row: int, **more: Any) -> None:
        """Add a finding about a row."""
        sheet = self.body_of(row).sheet
        self.findings.add(rule, file=sheet.file, sheet=sheet.name, line=int(self.line[row]), **more)
        if self.findings.last_is_error:
            self.rejected[row] = True

    def body_of(self, row: int) -> Body:
        """The table of a row."""
        return next(body for first, _, body in reversed(self.bodies) if first <= row)

    def rows_of(self, statements: Sequence[int] | np.ndarray) -> np.ndarray:
        """Rows that make any of some statements."""
        marked = np.zeros(len(self.statements), dtype=bool)
        marked[np.asarray(statements, dtype=int)] = True
        return np.flatnonzero(marked[self.statement])


@dataclass
class _Portions:
    """Pairs of a statement and a matrix: each is (part of) one sample.

    Attributes
    ----------
    statement, matrix : ndarray of int (portion,)
        Statement, and number of the matrix in ``results.matrices``.
    sample : ndarray of int (portion,)
        Number of the sample in `ids`.
    ids : ndarray of str (sample,)
    of_result : ndarray of int (result,)
        Number of each result's sample.
    """

    statement: np.ndarray
    matrix: np.ndarray
    sample: np.ndarray
    ids: np.ndarray
    of_result: np.ndarray


def collapse(joined: Joined) -> tuple[pd.DataFrame, Results, np.ndarray]:
    """One record a sample, and one record for each sample and analyte.

    Parameters
    ----------
    joined : Joined
        Its findings receive what is noticed.

    Returns
    -------
    samples : pandas.DataFrame
        Indexed by sample id.
    results : Results
        At most one record for each sample and analyte.
    sample : ndarray of int (result,)
        Position of each result's sample in `samples`.
    """
    _settle_not_taken(joined.results)
    _drop_empty_blocks(joined)
    portions = _portions(joined)
    sample = portions.of_result
    repeated = any_repeated(joined.results, sample, len(portions.ids))
    if not repeated:  # what is written in the cells will not be asked again
        joined.results.figures = Figures()
    samples, refused = _samples(joined, portions)
    results = joined.results
    if repeated:
        results, sample = join_duplicates(joined, sample, portions.ids)
    rejected = refused[sample] & (results.status != CODE["not_measured"])
    results.status[rejected] = CODE["rejected"]
    refused_at = results.status == CODE["rejected"]
    results.value[refused_at] = np.nan
    for name in set(results.numbers) & set(KINDS):
        results.numbers[name][refused_at] = np.nan
    return samples, results, sample


def _settle_not_taken(results: Results) -> None:
    """Where one cell says that the sample was not taken, its blank neighbours are missing too."""
    if not results.not_taken.any():
        return
    portion = results.row.astype(np.int64) * len(results.matrices) + results.matrix
    absent = np.isin(portion, portion[results.not_taken])
    results.status[absent & (results.status == CODE["not_measured"])] = CODE["missing"]


def _drop_empty_blocks(joined: Joined) -> None:
    """A row of two matrices with results of one makes one sample."""
    results = joined.results
    if not results.grouped:
        return
    several = len(results.matrices)
    block = results.row.astype(np.int64) * several + results.matrix
    measured = results.status != CODE["not_measured"]
    in_block = np.zeros(len(joined.line) * several, dtype=bool)
    in_block[block[measured]] = True
    in_row = np.asarray(in_block.reshape(-1, several).any(axis=1))
    empty = in_row[results.row] & ~in_block[block]
    for number in np.unique(block[empty]).tolist():
        row, matrix = divmod(number, several)
        site = joined.statements["site"].iloc[joined.statement[row]]
        joined.note("nothing_measured", row, site=site,
                    matrix=results.matrices[matrix] or UNSTATED_MATRIX)  # fmt: skip
    joined.results = results.only(~empty)


def _portions(joined: Joined) -> _Portions:
    """Sample of every statement and matrix; its id is built where the table has none."""
    results = joined.results
    several = max(1, len(results.matrices))
    count = len(joined.statements) * several
    key = _of_rows(joined.statement, results.row)
    if several > 1:
        key = key.astype(np.min_scalar_type(-count)) * several + results.matrix
    present = np.zeros(count, dtype=bool)
    present[key] = True
    found = np.flatnonzero(present)
    statement, matrix = np.divmod(found, several)
    ids, built, split = _ids(joined, statement, matrix)
    sample, distinct = pd.factorize(ids)
    sample = sample.astype(np.int32)
    _note_built(joined, statement[built], ids[built])
    for portion in np.flatnonzero(split)[~pd.Series(ids[split]).duplicated().to_numpy()]:
        row = int(np.argmax(joined.statement == statement[portion]))
        joined.note("sample_split", row, sample_id=str(ids[portion]))
    of_key = np.full(count, -1, dtype=np.int32)
    of_key[found] = sample
    return _Portions(statement, matrix, sample, distinct, of_key[key])


def _of_rows(values: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Values of some rows, ascending; the values themselves if these are all of them."""
    return values if len(row) == len(values) and row[-1] == len(row) - 1 else values[row]


def _ids(
    joined: Joined, statement: np.ndarray, matrix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Id of each portion; whether it was built; whether it was split."""
    base = _column(joined, "sample_id", statement)
    names = np.array([m or UNSTATED_MATRIX for m in joined.results.matrices] or [""], dtype=object)
    of_matrix = names[matrix]
    given = base != ""
    ids = base.copy()
    if not given.all():
        rows = joined.statements.iloc[statement[~given]]
        when = np.where(rows["time"].notna(), _stamps(rows), rows["round"])
        ids[~given] = rows["site"].to_numpy(object) + "|" + when + "|" + of_matrix[~given]
    by_matrix = given & _several(base, of_matrix)
    ids[by_matrix] = ids[by_matrix] + "|" + of_matrix[by_matrix]
    labs = _column(joined, "lab", statement)
    stated = np.array([lab or None for lab in labs], dtype=object)
    by_lab = given & (labs != "") & _several(base, stated)
    ids[by_lab] = ids[by_lab] + "|" + labs[by_lab]
    return ids, ~given, by_matrix | by_lab


def _column(joined: Joined, name: str, statement: np.ndarray) -> np.ndarray:
    if name not in joined.statements:
        return np.full(len(statement), "", dtype=object)
    return joined.statements[name].to_numpy(dtype=object)[statement]


def _several(base: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Whether rows of the same base have more than one of some values; None counts as none."""
    if len(set(values.tolist()) - {None}) < 2:
        return np.zeros(len(base), dtype=bool)
    return (pd.Series(values).groupby(base).transform("nunique") > 1).to_numpy()


def _stamps(rows: pd.DataFrame) -> np.ndarray:
    days = rows["time"].dt.strftime("%Y-%m-%d").fillna("")
    clocks = rows["time"].dt.strftime("T%H:%M").fillna("")
    return (days + clocks.where(rows["clock"], "")).to_numpy(dtype=object)


def _note_built(joined: Joined, statement: np.ndarray, ids: np.ndarray) -> None:
    """One flag a file for ids that were built."""
    files = joined.statements["file"].iloc[statement].to_numpy(dtype=object)
    for file in sorted(set(files)):
        of_file = files == file
        joined.findings.add("sample_id_built", file=file, example=ids[of_file][0],
                            count=len(joined.rows_of(statement[of_file])))  # fmt: skip


def _samples(joined: Joined, portions: _Portions) -> tuple[pd.DataFrame, np.ndarray]:
    """First statement of each field; a second, different one is a contradiction."""
    statements = joined.statements
    count = len(portions.ids)
    refused = np.zeros(count, dtype=bool)
    refused[portions.sample[statements["refused"].to_numpy(dtype=bool)[portions.statement]]] = True
    first = np.full(count, -1)
    first[portions.sample[::-1]] = portions.statement[::-1]
    again = np.bincount(portions.sample, minlength=count)[portions.sample] > 1
    found = {}
    for name in AGREEING:
        if name in statements:
            found[name] = _agreed(joined, portions, first, again, name, refused)
    ids = pd.Index(portions.ids, dtype=object)
    columns = {
        name: pd.Series(values, index=ids, dtype=object if values.dtype == object else None)
        for name, values in found.items()
    }
    table = pd.DataFrame(columns, copy=False)
    _refuse_undated(joined, table, portions, first, refused)
    matrices = [m or UNSTATED_MATRIX for m in joined.results.matrices] or [""]
    of_sample = np.zeros(count, dtype=int)
    of_sample[portions.sample[::-1]] = portions.matrix[::-1]
    table["matrix"] = pd.Series(np.array(matrices, object)[of_sample], index=ids, dtype=object)
    if "note" in statements:
        table["note"] = _joined_notes(joined, portions)
    return table, refused


def _agreed(
    joined: Joined, portions: _Portions, first: np.ndarray, again: np.ndarray, name: str,
    refused: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The first stated value of a field in each sample; later, different ones are noted."""
    column = joined.statements[name]
    values = column.to_numpy(dtype=object if column.dtype.kind not in "fM" else None)
    if not again.any():
        return values if _in_order(first, len(values)) else values[first]
    agreed = values[first]
    some = values[portions.statement[again]]
    sample = portions.sample[again]
    stated = pd.notna(some) if column.dtype.kind in "fM" else some != ""
    known = pd.Series(some[stated]).groupby(sample[stated], sort=True).first()
    agreed[known.index.to_numpy()] = known.to_numpy()
    differs = stated & (some != agreed[sample])
    for number in sorted(set(sample[differs].tolist()), key=lambda i: str(portions.ids[i])):
        of_it = portions.statement[again][(sample == number) & stated]
        _note_conflict(joined, str(portions.ids[number]), name, of_it)
        joined.rejected[joined.rows_of(portions.statement[portions.sample == number])] = True
        refused[number] = True
    return agreed


def _in_order(numbers: np.ndarray, count: int) -> bool:
    """Whether they are all numbers from 0 on."""
    return len(numbers) == count and bool((numbers == np.arange(count)).all())


def _note_conflict(joined: Joined, sample: str, name: str, statements: np.ndarray) -> None:
    """One finding for a sample and a field, at the value that fewest rows state."""
    stated = []
    for row in joined.rows_of(statements):
        statement = int(joined.statement[row])
        place = written(joined.bodies, int(row), statement, name)
        record = joined.statements.iloc[statement]
        stated.append(Stated(place, record[name], record["file"], record["sheet"],
                             int(joined.line[row])))  # fmt: skip
    note_conflict(joined.findings, sample, name, stated)


def _refuse_undated(
    joined: Joined, table: pd.DataFrame, portions: _Portions, first: np.ndarray,
    refused: np.ndarray,
) -> None:  # fmt: skip
    """A sample without date and round fits no round, unless no sample of the read has either."""
    undated = (table["time"].isna() & (table["round"] == "")).to_numpy()
    if undated.all():
        return
    for number in np.flatnonzero(undated & ~refused).tolist():
        rows = joined.rows_of(portions.statement[portions.sample == number])
        row = int(rows[0])
        place = written(joined.bodies, row, int(joined.statement[row]), "time")
        site = joined.statements["site"].iloc[first[number]]
        joined.note("sample_undated", row, sample_id=str(portions.ids[number]), site=site,
                    column=place.column, cell=place.cell)  # fmt: skip
        joined.rejected[rows] = True
        refused[number] = True


def _joined_notes(joined: Joined, portions: _Portions) -> list[str]:
    notes: list[dict[str, None]] = [{} for _ in portions.ids]
    texts = joined.statements["note"].to_numpy(dtype=object)[portions.statement]
    for number, text in zip(portions.sample.tolist(), texts.tolist(), strict=True):
        if text:
            notes[number][text] = None
    return ["; ".join(sorted(found)) for found in notes]
