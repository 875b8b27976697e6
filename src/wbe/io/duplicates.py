"""Several results of one sample and analyte: repeats, replicates, contradictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbe.io.outcomes import CODE
from wbe.io.results import Results

if TYPE_CHECKING:
    from wbe.io.collapse import Joined

_CHUNK = 1_000_000
_RANK = {CODE["below_loq"]: 0, CODE["below_lod"]: 1}


def join_duplicates(
    joined: Joined, sample: np.ndarray, ids: np.ndarray
) -> tuple[Results, np.ndarray]:
    """Exact repeats collapse, replicates are averaged, contradictions are rejected.

    Parameters
    ----------
    joined : Joined
        Its findings receive what is noticed.
    sample : ndarray of int (result,)
        Number of the sample of each result.
    ids : ndarray of str
        Sample ids by number.

    Returns
    -------
    results : Results
        One record for each sample and analyte.
    sample : ndarray of int
        Sample of each of them.
    """
    results = joined.results
    cell = sample.astype(np.int64) * max(1, len(results.analytes)) + results.analyte
    again = np.bincount(cell)[cell] > 1
    keep = np.ones(len(results), dtype=bool)
    doubled = np.flatnonzero(again)
    table = _table(results, doubled, cell)
    _keep_measured(table, keep)
    several = table[table["measured"] & (table.groupby("cell")["measured"].transform("sum") > 1)]
    if len(several):
        _settle(joined, several, keep, sample, ids)
    return results.only(keep), sample[keep]


def any_repeated(results: Results, sample: np.ndarray, samples: int) -> bool:
    """Whether a sample has two results of one analyte; in parts, to need little memory."""
    several = max(1, len(results.analytes))
    seen = np.zeros(samples * several, dtype=bool)
    for first in range(0, len(sample), _CHUNK):
        part = slice(first, first + _CHUNK)
        seen[sample[part].astype(np.int64) * several + results.analyte[part]] = True
    return int(seen.sum()) != len(sample)


def _table(results: Results, at: np.ndarray, cell: np.ndarray) -> pd.DataFrame:
    """Doubled results with everything on which an exact repeat agrees."""
    table = pd.DataFrame({"at": at, "cell": cell[at], "row": results.row[at]})
    for name in ("value", "lod", "loq", "status", "quantity"):
        table[name] = getattr(results, name)[at]
    for name, values in results.numbers.items():
        table[name] = values[at]
    codes, known = results.texts.get("replicate", (None, [""]))
    table["replicate"] = np.zeros(len(at), dtype=int) if codes is None else codes[at]
    table["unnumbered"] = np.array([not text for text in known], dtype=bool)[table["replicate"]]
    table["measured"] = table["status"] != CODE["not_measured"]
    return table


def _keep_measured(table: pd.DataFrame, keep: np.ndarray) -> None:
    """What was not measured gives way to what was; of several blanks one stays."""
    any_measured = table.groupby("cell")["measured"].transform("any")
    blank = table[~table["measured"]]
    keep[blank["at"].to_numpy()[any_measured[blank.index].to_numpy()]] = False
    only_blanks = blank[~any_measured[blank.index]]
    keep[only_blanks["at"].to_numpy()[only_blanks.duplicated("cell").to_numpy()]] = False


def _settle(
    joined: Joined, several: pd.DataFrame, keep: np.ndarray, sample: np.ndarray, ids: np.ndarray
) -> None:
    same = [name for name in several if name not in ("at", "row", "measured", "unnumbered")]
    by_cell = several.groupby("cell", sort=True)
    distinct = several.drop_duplicates(same).groupby("cell").size()
    exact = several["cell"].map(distinct) == 1
    numbered = ~by_cell["unnumbered"].transform("any")
    replicates = numbered & (
        by_cell["replicate"].transform("nunique") == by_cell["at"].transform("size")
    )
    for kind, chosen in (
        ("duplicate_row", exact),
        ("replicates_averaged", ~exact & replicates),
        ("duplicate_conflict", ~exact & ~replicates),
    ):
        group = several[chosen]
        if len(group):
            _note(joined, kind, group, sample, ids)
            keep[group["at"].to_numpy()[group.duplicated("cell").to_numpy()]] = False
    _average(joined.results, several[~exact & replicates])
    conflict = several[~exact & ~replicates]
    joined.results.status[conflict["at"].to_numpy()] = CODE["rejected"]
    joined.rejected[conflict["row"].to_numpy()] = True


def _note(
    joined: Joined, rule: str, group: pd.DataFrame, sample: np.ndarray, ids: np.ndarray
) -> None:
    """One finding for each sample and analyte, naming all of its lines."""
    results = joined.results
    for _, members in group.groupby("cell", sort=True)["at"]:
        at = members.to_numpy()
        rows = results.row[at]
        lines = ", ".join(f"{joined.body_of(r).sheet.file}:{joined.line[r]}" for r in rows.tolist())
        second = int(at[1])
        words = {"lines": lines, "sample_id": str(ids[sample[second]]),
                 "analyte": results.analytes[results.analyte[second]]}  # fmt: skip
        if rule == "duplicate_conflict":
            words |= {"column": results.columns[results.column[second]],
                      "value": results.figures.text(second)}  # fmt: skip
        else:
            words["count"] = str(len(at))
        joined.note(rule, int(rows[0] if rule == "replicates_averaged" else rows[1]), **words)


def _average(results: Results, group: pd.DataFrame) -> None:
    """Arithmetic mean of the quantified replicates; without one, the highest limit."""
    if not len(group):
        return
    group = group.sort_values(["cell", "at"])
    first = group.drop_duplicates("cell").set_index("cell")["at"]
    target = first.to_numpy()
    quantified = group[group["status"] == CODE["quantified"]].groupby("cell")
    for name in ("lod", "loq"):
        getattr(results, name)[target] = group.groupby("cell")[name].max()[first.index].to_numpy()
    rank = group["status"].map(_RANK).fillna(2)
    best = group.assign(rank=rank).sort_values(["cell", "rank"], kind="stable")
    statuses = best.drop_duplicates("cell").set_index("cell")["status"][first.index]
    means = quantified["value"].mean()
    with_value = first.index.isin(means.index)
    results.status[target] = np.where(with_value, CODE["quantified"], statuses.to_numpy())
    results.value[target] = means.reindex(first.index).to_numpy()
    for name, values in results.numbers.items():
        if name != "duplicate_rpd":  # said of one pair of analyses, not of their mean
            mean = quantified[name].mean().reindex(first.index)
            values[target[with_value]] = mean.to_numpy()[with_value]
