"""From rows to samples: ids, contradictions, duplicates.

A sample is one collected portion of one matrix. Rows that say different things about it are an
error; rows that say the same thing twice count once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.agreement import Stated, note_conflict, written
from wbe.io.rows import Body

# sample-level fields on which the rows of one sample must agree
AGREEING = (
    "site", "area", "role", "mode", "time", "duration", "round", "visit", "lab", "flow",
    "flow_rsd", "population", "population_rsd", "population_basis", "population_date", "lon",
    "lat", "crs", "rain_24h_mm", "rain_72h_mm", "domestic_share", "cigarettes", "phase",
    "preservation", "storage_temp", "analysed_date", "province", "city", "county", "type",
    "weekday",
)  # fmt: skip
_VALUES = ("value", "lod", "loq", "rsd", "status", "recovery", "duplicate_rpd")
_NOT_MEASURED = "not_measured"


@dataclass
class Joined:
    """Rows and results of all tables of a read.

    Attributes
    ----------
    rows : pandas.DataFrame
        Sample-level fields, one row for each row of a table, and ``file, sheet, line, source``.
    results : pandas.DataFrame
        ``row`` (index into `rows`), ``analyte, quantity, matrix, value, lod, loq, status, line,
        column``.
    findings : Findings
    bodies : list of (int, Body)
        Each table's cells, after the number of its first row in `rows`: what was written where.
    rejected_rows : set of int
        Rows of which something was rejected here.
    """

    rows: pd.DataFrame
    results: pd.DataFrame
    findings: Findings
    bodies: list[tuple[int, Body]] = field(default_factory=list)
    rejected_rows: set[int] = field(default_factory=set)

    def note(self, rule: str, row: int, **more: Any) -> None:
        """Add a finding about a row."""
        place = self.rows.iloc[row]
        self.findings.add(
            rule, file=place["file"], sheet=place["sheet"], line=int(place["line"]), **more
        )
        if self.findings.last_is_error:
            self.rejected_rows.add(row)


def collapse(joined: Joined) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One record a sample, and one record for each sample and analyte.

    Parameters
    ----------
    joined : Joined
        Its findings receive what is noticed.

    Returns
    -------
    samples : pandas.DataFrame
        Indexed by sample id.
    results : pandas.DataFrame
        With ``sample``; at most one record for each sample and analyte.
    """
    _settle_not_taken(joined)
    _drop_empty_blocks(joined)
    units = _units(joined)
    joined.results["sample"] = units["sample"].to_numpy()[
        units.index.get_indexer(
            pd.MultiIndex.from_arrays([joined.results["row"], joined.results["matrix"]])
        )
    ]
    samples, refused = _samples(joined, units)
    results = _join_duplicates(joined)
    rejected = results["sample"].isin(refused) & (results["status"] != _NOT_MEASURED)
    results.loc[rejected, "status"] = "rejected"
    results.loc[results["status"] == "rejected", "value"] = np.nan
    return samples, results.reset_index(drop=True)


def _settle_not_taken(joined: Joined) -> None:
    """Where one cell says that the sample was not taken, its blank neighbours are missing too."""
    results = joined.results
    keys = [results["row"], results["matrix"]]
    absent = results["not_taken"].groupby(keys).transform("any")
    results.loc[absent & (results["status"] == _NOT_MEASURED), "status"] = "missing"


def _drop_empty_blocks(joined: Joined) -> None:
    """A row of two matrices with results of one makes one sample."""
    results = joined.results
    measured = results["status"] != _NOT_MEASURED
    block = measured.groupby([results["row"], results["matrix"]]).transform("any")
    row = measured.groupby(results["row"]).transform("any")
    empty = row & ~block
    for number, matrix in sorted(set(zip(results["row"][empty], results["matrix"][empty],
                                         strict=True))):  # fmt: skip
        joined.note("nothing_measured", int(number), site=joined.rows["site"].iloc[int(number)],
                    matrix=matrix or "wwtp_influent")  # fmt: skip
    joined.results = results[~empty].reset_index(drop=True)


def _units(joined: Joined) -> pd.DataFrame:
    """Sample id of every (row, matrix); built where the table has none."""
    pairs = joined.results[["row", "matrix"]].drop_duplicates()
    rows = joined.rows.iloc[pairs["row"]].reset_index(drop=True)
    pairs = pairs.reset_index(drop=True)
    base = rows["sample_id"].astype(object)
    given = (base != "").to_numpy()
    matrix = pairs["matrix"].replace("", "wwtp_influent")
    when = np.where(rows["time"].notna(), _stamps(rows), rows["round"])
    built = rows["site"] + "|" + when + "|" + matrix
    several_matrices = matrix.groupby(base.to_numpy()).transform("nunique") > 1
    labs = rows["lab"].where(rows["lab"] != "")
    several_labs = (labs.groupby(base.to_numpy()).transform("nunique") > 1) & labs.notna()
    ids = base.where(~several_matrices, base + "|" + matrix)
    ids = ids.where(~several_labs, ids + "|" + rows["lab"])
    pairs["sample"] = np.where(given, ids, built)
    _note_ids(joined, pairs, given, (several_matrices | several_labs).to_numpy() & given)
    return pairs.set_index(["row", "matrix"])


def _stamps(rows: pd.DataFrame) -> np.ndarray:
    days = rows["time"].dt.strftime("%Y-%m-%d").fillna("")
    clocks = rows["time"].dt.strftime("T%H:%M").fillna("")
    return (days + clocks.where(rows["clock"], "")).to_numpy(dtype=object)


def _note_ids(joined: Joined, pairs: pd.DataFrame, given: np.ndarray, split: np.ndarray) -> None:
    """One flag a file for ids that were built, one a sample for ids that were split."""
    built = pairs[~given]
    files = joined.rows["file"].iloc[built["row"]]
    for file in sorted(set(files)):
        count = int((files == file).sum())
        example = built["sample"][(files == file).to_numpy()].iloc[0]
        joined.findings.add("sample_id_built", file=file, count=count, example=example)
    for row, sample in pairs.loc[split, ["row", "sample"]].drop_duplicates("sample").to_numpy():
        joined.note("sample_split", int(row), sample_id=str(sample))


def _samples(joined: Joined, units: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    """First statement of each field; a second, different one is a contradiction."""
    row = units.index.get_level_values("row").to_numpy()
    rows = joined.rows.iloc[row].reset_index(drop=True)
    sample = units["sample"].to_numpy()
    refused = set(sample[rows["refused"].to_numpy(dtype=bool)])
    found: dict[str, pd.Series] = {}
    for name in AGREEING:
        if name not in rows:
            continue
        values = rows[name]
        if values.dtype.kind not in "fM":
            values = values.where(values != "")
        first = values.groupby(sample, sort=True).first()
        found[name] = first
        differs = (values.notna() & (values.to_numpy() != first.loc[sample].to_numpy())).to_numpy()
        for key in sorted(set(sample[differs])):
            of_it = row[(sample == key) & values.notna().to_numpy()]
            _note_conflict(joined, str(key), name, of_it)
            joined.rejected_rows.update(row[sample == key].tolist())
            refused.add(key)
    _refuse_undated(joined, found, row, sample, refused)
    table = pd.DataFrame(found)
    matrix = pd.Series(units.index.get_level_values("matrix"), index=sample)
    table["matrix"] = matrix[~matrix.index.duplicated()].replace("", "wwtp_influent")
    table["note"] = _joined_notes(rows["note"].to_numpy(), sample).reindex(table.index)
    for name in table.columns:
        if table[name].dtype.kind not in "fM":
            table[name] = table[name].astype(object).where(table[name].notna(), "")
    return table, refused


def _note_conflict(joined: Joined, sample: str, name: str, rows: np.ndarray) -> None:
    """One finding for a sample and a field, at the value that fewest rows state."""
    stated = [
        Stated(written(joined.bodies, int(row), name), joined.rows.iloc[row], name)
        for row in sorted(set(rows.tolist()))
    ]
    note_conflict(joined.findings, sample, stated)


def _refuse_undated(
    joined: Joined, found: dict[str, pd.Series], row: np.ndarray, sample: np.ndarray,
    refused: set[str],
) -> None:  # fmt: skip
    """A sample without date and round fits no round, unless no sample of the read has either."""
    undated = found["time"].isna() & found["round"].isna()
    if undated.all():
        return
    for key in undated.index[undated]:
        if key in refused:
            continue
        rows = row[sample == key]
        place = written(joined.bodies, int(rows[0]), "time")
        joined.note("sample_undated", int(rows[0]), sample_id=str(key), column=place.column,
                    site=joined.rows["site"].iloc[rows[0]], cell=place.cell)  # fmt: skip
        joined.rejected_rows.update(rows.tolist())
        refused.add(key)


def _joined_notes(notes: np.ndarray, sample: np.ndarray) -> pd.Series:
    found: dict[str, dict[str, None]] = {}
    for key, text in zip(sample, notes, strict=True):
        if text:
            found.setdefault(key, {})[text] = None
    return pd.Series({key: "; ".join(sorted(texts)) for key, texts in found.items()}, dtype=object)


def _join_duplicates(joined: Joined) -> pd.DataFrame:
    """Exact repeats collapse, replicates are averaged, contradictions are rejected."""
    results = joined.results
    keys = ["sample", "analyte"]
    twice = results.duplicated(keys, keep=False)
    if not twice.any():
        return results
    kept = [results[~twice]]
    for _, group in results[twice].groupby(keys, sort=True):
        kept.append(_one(joined, group))
    return pd.concat(kept, ignore_index=True)


def _one(joined: Joined, group: pd.DataFrame) -> pd.DataFrame:
    measured = group[group["status"] != _NOT_MEASURED]
    if len(measured) <= 1:
        return measured if len(measured) else group.iloc[:1]
    place = {"sample_id": measured["sample"].iloc[0], "analyte": measured["analyte"].iloc[0]}
    rows = [int(r) for r in measured["row"]]
    lines = ", ".join(f"{joined.rows['file'].iloc[r]}:{joined.rows['line'].iloc[r]}" for r in rows)
    present = [name for name in _VALUES if name in measured]
    same = len(measured[[*present, "replicate", "quantity"]].drop_duplicates()) == 1
    if same:
        joined.note("duplicate_row", rows[1], count=len(rows), lines=lines, **place)
        return measured.iloc[:1]
    replicates = measured["replicate"]
    if (replicates != "").all() and replicates.nunique() == len(measured):
        joined.note("replicates_averaged", rows[0], count=len(rows), lines=lines, **place)
        return _averaged(measured)
    joined.note("duplicate_conflict", rows[1], lines=lines, column=measured["column"].iloc[1],
                value=measured["text"].iloc[1], **place)  # fmt: skip
    joined.rejected_rows.update(rows)
    return measured.iloc[:1].assign(status="rejected", value=np.nan)


def _averaged(measured: pd.DataFrame) -> pd.DataFrame:
    """Arithmetic mean of the quantified replicates; without one, the highest limit."""
    quantified = measured[measured["status"] == "quantified"]
    limits = {name: measured[name].max() for name in ("lod", "loq")}
    if len(quantified):
        first = quantified.iloc[:1]
        means = {n: quantified[n].mean() for n in ("value", "rsd", "recovery") if n in measured}
        return first.assign(**limits, **means)
    order = {"below_loq": 0, "below_lod": 1}
    ranked = measured.assign(_rank=measured["status"].map(order).fillna(2))
    first = ranked.sort_values("_rank", kind="stable").iloc[:1]
    return first.drop(columns="_rank").assign(**limits)
