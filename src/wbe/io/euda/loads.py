"""The EUDA / SCORE source table: seven daily loads a year, residue and place.

EUDA and SCORE, "Drugs in municipal wastewater in Europe: source data 2025"; re-use with
acknowledgement of both. A place is country and city: the site id changes between releases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.euda.places import note_apart
from wbe.io.euda.table import Wide, wide_of
from wbe.io.programme import columns_of
from wbe.io.sources import Table
from wbe.io.words import load

_UNCLEAR = "decimal_mark_unclear"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Loads:
    """What one table says.

    Attributes
    ----------
    samples : pandas.DataFrame
        Indexed by ``year|country|city|weekday``.
    results : pandas.DataFrame
        With ``pn_load`` [mg/day/1000 inhabitants] and ``status``; blank days have no result.
    means : pandas.DataFrame
        The published weekday, weekend and daily means, apart from the data, with the columns of
        unknown meaning.
    file : str
        Its name.
    release : int
        Year of the release, as far as file and years tell.
    """

    samples: pd.DataFrame
    results: pd.DataFrame
    means: pd.DataFrame
    file: str
    release: int


def read_loads(table: Table, source: int, findings: Findings) -> Loads:
    """Each day of the week as one sample.

    Parameters
    ----------
    table : Table
        A table of form ``euda``.
    source : int
        Index of the file in ``attrs["files"]``.
    findings : Findings
        Receives what is noticed; zeros are summed up, one flag for each analyte.

    Returns
    -------
    Loads

    Raises
    ------
    Refused
        If two columns mean the same.
    """
    layout = load("euda")
    wide = wide_of(table, findings)
    long = _days(wide.rows, layout["days"])
    long = long[~long["text"].isin(layout["no_sample"])].reset_index(drop=True)
    long["pn_load"] = _numbers(table, wide, long, findings)
    long["status"] = np.where(long["pn_load"].isna(), "rejected", "quantified")
    zero = long["pn_load"] == 0
    long.loc[zero, "status"], long.loc[zero, "pn_load"] = "below_loq", np.nan
    _note_zeros(table, long[zero], findings)
    long = _without_repeats(table, long, findings)
    long["source_file"] = source
    findings.rows += wide.seen
    findings.accepted += (
        wide.left_out + len(wide.rows) - long.loc[long["status"] == "rejected", "row"].nunique()
    )
    note_apart(wide.rows["site"], findings, table.sheet.file)
    columns = ["sample", "analyte", "pn_load", "status", "source_file", "source_line"]
    return Loads(_samples(long), long[columns], _means(wide), table.sheet.file, wide.release)


def _means(wide: Wide) -> pd.DataFrame:
    names = [name for name in load("euda")["means"] if name in wide.rows]
    means = wide.rows[["Year", "analyte", "site", *names, *wide.others]].copy()
    for name in names:
        text = means[name].str.strip() if len(means) else means[name]
        means[name] = pd.to_numeric(text.where(text != "", None), errors="coerce")
    return means


def _days(wide: pd.DataFrame, days: list[str]) -> pd.DataFrame:
    """Seven columns of days to rows, row after row."""
    n, k = len(wide), len(days)
    row = np.repeat(np.arange(n), k)
    long = pd.DataFrame({"row": row, "weekday": days * n})
    long["text"] = wide[days].to_numpy(dtype=object).ravel()
    long["text"] = long["text"].astype(str).str.strip()
    for name in ("analyte", "site", "Year", "City", "Site ID", "source_line"):
        long[name] = wide[name].to_numpy()[row]
    long["sample"] = long["Year"] + "|" + long["site"] + "|" + long["weekday"]
    return long


def _numbers(table: Table, wide: Wide, long: pd.DataFrame, findings: Findings) -> pd.Series:
    marked = _unlike_layout(table, wide, long)
    good = long["text"].str.fullmatch(_NUMBER).astype(bool) & ~marked
    for i in np.flatnonzero(~good.to_numpy(dtype=bool)):
        record = long.iloc[i]
        negative = record["text"].startswith("-") and record["text"][1:].replace(".", "").isdigit()
        rule = "negative_value" if negative else "not_a_number"
        findings.add(_UNCLEAR if marked[i] else rule, file=table.sheet.file,
                     line=int(record["source_line"]),
                     column=wide.headers[record["weekday"]], sample_id=record["sample"],
                     site=record["site"], analyte=record["analyte"],
                     value=record["text"])  # fmt: skip
    return pd.to_numeric(long["text"].where(good, None)).astype(float)


def _unlike_layout(table: Table, wide: Wide, long: pd.DataFrame) -> np.ndarray:
    """Which cells do not follow the decimal marks that a layout states."""
    unclear = {at for at, (rule, _) in table.sheet.broken.items() if rule == _UNCLEAR}
    if not unclear:
        return np.zeros(len(long), dtype=bool)
    names = columns_of("euda", table.sheet.rows[table.header.row])
    column = {name: i for i, name in enumerate(names)}
    rows = wide.rows["row"].to_numpy()[long["row"].to_numpy()]
    places = zip(rows, long["weekday"].map(column), strict=True)
    return np.array([place in unclear for place in places])


def _note_zeros(table: Table, zeros: pd.DataFrame, findings: Findings) -> None:
    for analyte, count in zeros["analyte"].value_counts().sort_index().items():
        findings.add("zeros_below_unstated_loq", file=table.sheet.file, analyte=str(analyte),
                     count=int(count))  # fmt: skip
    findings.add("date_unstated", file=table.sheet.file)


def _without_repeats(table: Table, long: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """A place, year and residue stated twice: the same counts once, another is refused."""
    keys = ["sample", "analyte"]
    again = long.duplicated(keys)
    if not again.any():
        return long
    differing = long.groupby(keys)["text"].transform("nunique") > 1
    for i in np.flatnonzero((again & ~differing).to_numpy()):
        record = long.iloc[i]
        findings.add("duplicate_row", file=table.sheet.file, line=int(record["source_line"]),
                     sample_id=record["sample"], analyte=record["analyte"], count=2,
                     lines=str(record["source_line"]))  # fmt: skip
    for i in np.flatnonzero((again & differing).to_numpy()):
        record = long.iloc[i]
        findings.add("duplicate_conflict", file=table.sheet.file, column=record["weekday"],
                     line=int(record["source_line"]), sample_id=record["sample"],
                     analyte=record["analyte"], value=record["text"],
                     lines=str(record["source_line"]))  # fmt: skip
    long.loc[differing, "status"] = "rejected"
    long.loc[differing, "pn_load"] = np.nan
    return long[~again].reset_index(drop=True)


def _samples(long: pd.DataFrame) -> pd.DataFrame:
    first = long.drop_duplicates("sample").set_index("sample")
    ids = long.groupby("sample")["Site ID"].first()
    return pd.DataFrame(
        {
            "site": first["site"],
            "area": "",
            "time": pd.Series(pd.NaT, index=first.index, dtype="datetime64[s]"),
            "round": first["Year"],
            "weekday": first["weekday"],
            "site_id": ids.reindex(first.index),
            "matrix": "wwtp_influent",
            "mode": "composite_24h",
            "duration": 24.0,
        }
    )
