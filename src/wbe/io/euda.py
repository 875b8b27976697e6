"""The EUDA / SCORE source table: seven daily loads a year, residue and place.

EUDA and SCORE, "Drugs in municipal wastewater in Europe: source data 2025"; re-use with
acknowledgement of both. A place is country and city: the site id changes between releases.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.sources import Table
from wbe.io.words import load

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"


def read_loads(
    table: Table, source: int, findings: Findings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
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
    samples : pandas.DataFrame
        Indexed by ``year|country|city|weekday``.
    results : pandas.DataFrame
        With ``pn_load`` [mg/day/1000 inhabitants] and ``status``; blank days have no result.
    means : pandas.DataFrame
        The published weekday, weekend and daily means, apart from the data.
    """
    layout = load("euda")
    wide = _frame(table)
    wide["analyte"] = _analytes(table, wide, findings)
    wide = wide[wide["analyte"] != ""].reset_index(drop=True)
    wide["site"] = wide["Country"].str.strip() + "|" + wide["City"].str.strip()
    long = _days(wide, layout["days"])
    long = long[long["text"] != ""].reset_index(drop=True)
    long["pn_load"] = _numbers(table, long, findings)
    long["status"] = np.where(long["pn_load"].isna(), "rejected", "quantified")
    zero = long["pn_load"] == 0
    long.loc[zero, "status"], long.loc[zero, "pn_load"] = "below_loq", np.nan
    _note_zeros(table, long[zero], findings)
    long = _without_repeats(table, long, findings)
    long["source_file"] = source
    findings.rows += len(wide)
    findings.accepted += len(wide) - long.loc[long["status"] == "rejected", "row"].nunique()
    means = wide[["Year", "analyte", "site", *layout["means"]]].copy()
    for name in layout["means"]:
        means[name] = pd.to_numeric(means[name].where(means[name] != "", None), errors="coerce")
    columns = ["sample", "analyte", "pn_load", "status", "source_file", "source_line"]
    return _samples(long), long[columns], means


def _frame(table: Table) -> pd.DataFrame:
    sheet, header = table.sheet, table.header
    columns = [text.strip() for text in sheet.rows[header.row]]
    body = range(header.row + 1, len(sheet.rows))
    cells = [(sheet.rows[r] + [""] * len(columns))[: len(columns)] for r in body]
    frame = pd.DataFrame(cells, columns=columns, dtype=object)
    frame["source_line"] = [sheet.lines[r] for r in body]
    return frame


def _analytes(table: Table, wide: pd.DataFrame, findings: Findings) -> pd.Series:
    """The residue that was measured: cocaine in the table is benzoylecgonine in the sewer."""
    residues = load("euda")["residues"]
    for name in sorted(set(wide["Metabolite"]) - set(residues)):
        rows = wide.index[wide["Metabolite"] == name]
        findings.add("analyte_unknown", file=table.sheet.file, column="Metabolite", value=name,
                     line=int(wide["source_line"][rows[0]]),
                     suggestions=", ".join(residues))  # fmt: skip
    for name in sorted(set(wide["Metabolite"]) & set(residues)):
        if residues[name] != name:
            findings.add("residue_of_drug", file=table.sheet.file, column="Metabolite", value=name,
                         analyte=residues[name])  # fmt: skip
    return wide["Metabolite"].map(residues).fillna("")


def _days(wide: pd.DataFrame, days: list[str]) -> pd.DataFrame:
    """Seven columns of days to rows, row after row."""
    n, k = len(wide), len(days)
    row = np.repeat(np.arange(n), k)
    long = pd.DataFrame({"row": row, "weekday": days * n})
    long["text"] = wide[days].to_numpy(dtype=object).ravel()
    long["text"] = long["text"].str.strip()
    for name in ("analyte", "site", "Year", "City", "Site ID", "source_line"):
        long[name] = wide[name].to_numpy()[row]
    long["sample"] = long["Year"] + "|" + long["site"] + "|" + long["weekday"]
    return long


def _numbers(table: Table, long: pd.DataFrame, findings: Findings) -> pd.Series:
    good = long["text"].str.fullmatch(_NUMBER)
    for i in np.flatnonzero(~good.to_numpy(dtype=bool)):
        record = long.iloc[i]
        findings.add("not_a_number", file=table.sheet.file, line=int(record["source_line"]),
                     column=record["weekday"], sample_id=record["sample"], site=record["site"],
                     analyte=record["analyte"], value=record["text"])  # fmt: skip
    return pd.to_numeric(long["text"].where(good, None)).astype(float)


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
