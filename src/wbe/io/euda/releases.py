"""Several releases of EUDA's table read together: each week counts once, as last published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wbe.findings import Findings
from wbe.io.euda.loads import Loads
from wbe.io.euda.places import note_apart

_WEEK = ["week", "analyte"]


@dataclass(frozen=True)
class Merged:
    """What all tables of one read say.

    Attributes
    ----------
    samples, results, means : pandas.DataFrame
        As in `wbe.io.euda.loads.Loads`.
    """

    samples: pd.DataFrame
    results: pd.DataFrame
    means: pd.DataFrame


def merged(tables: Sequence[Loads], findings: Findings) -> Merged:
    """Join tables of one or several releases.

    A week is a year, place and residue. Where two tables hold it, all seven days are those of the
    later release; of two tables of one release the first counts, and what they contradict is
    refused.

    Parameters
    ----------
    tables : sequence of Loads
        In the order in which they were given.
    findings : Findings
        Receives what differs between the releases.

    Returns
    -------
    Merged
    """
    if len(tables) == 1:
        return Merged(tables[0].samples, tables[0].results, tables[0].means)
    order = sorted(range(len(tables)), key=lambda i: (-tables[i].release, i))
    taken: list[Loads] = []
    contradicted: set[tuple[str, str]] = set()
    for i in order:
        taken.append(_without_known(tables[i], taken, contradicted, findings))
    note_apart({site for t in taken for site in t.samples["site"]}, findings)
    samples = pd.concat([t.samples for t in taken])
    means = pd.concat([t.means for t in taken], ignore_index=True)
    return Merged(
        samples[~samples.index.duplicated()],
        _refused(pd.concat([t.results for t in taken], ignore_index=True), contradicted),
        means.drop_duplicates(["Year", "site", "analyte"], ignore_index=True),
    )


def _refused(results: pd.DataFrame, pairs: set[tuple[str, str]]) -> pd.DataFrame:
    """Results of which two tables of one release say different things have no value."""
    if pairs:
        at = [pair in pairs for pair in zip(results["sample"], results["analyte"], strict=True)]
        results.loc[at, "status"], results.loc[at, "pn_load"] = "rejected", np.nan
    return results


def _without_known(
    table: Loads, later: list[Loads], contradicted: set[tuple[str, str]], findings: Findings
) -> Loads:
    """Weeks of a table that no table taken before it holds; what differs is told."""
    results = _with_weeks(table.results)
    for other in later:
        theirs = _with_weeks(other.results)
        held = pd.MultiIndex.from_frame(theirs[_WEEK])
        again = pd.MultiIndex.from_frame(results[_WEEK]).isin(held)
        if again.any():
            _note_site_ids(table, other, findings)
            contradicted |= _compare(table, results[again], other, theirs, findings)
        results = results[~again]
    kept = results.drop(columns="week").reset_index(drop=True)
    return replace(
        table, results=kept, samples=table.samples[table.samples.index.isin(kept["sample"])]
    )


def _with_weeks(results: pd.DataFrame) -> pd.DataFrame:
    return results.assign(week=results["sample"].str.rpartition("|")[0])


def _compare(
    table: Loads, again: pd.DataFrame, other: Loads, theirs: pd.DataFrame, findings: Findings
) -> set[tuple[str, str]]:
    """Tell week by week which days two tables give otherwise; days refused for it."""
    weeks = again.merge(theirs[_WEEK].drop_duplicates(), on=_WEEK)
    both = weeks.merge(theirs, on=["sample", "analyte"], how="outer", suffixes=("", "_other"))
    both["week"] = both["week"].fillna(both["week_other"])
    both = both.merge(weeks[_WEEK].drop_duplicates(), on=_WEEK)
    both["ours"], both["others"] = _shown(both, ""), _shown(both, "_other")
    differs = both[both["ours"] != both["others"]]
    count, differing = (len(part[_WEEK].drop_duplicates()) for part in (weeks, differs))
    same_release = table.release == other.release
    if same_release:  # what is contradicted is refused, and taken from neither
        count, differing = count - differing, 0
    if count:
        findings.add("release_overlap", file=table.file, count=count, other=other.file,
                     differing=differing, release=other.release)  # fmt: skip
    if same_release:
        return _note_contradictions(table, other, differs, findings)
    for _, days in differs.groupby(_WEEK, sort=True):
        _note_week(table, other, days, findings)
    return set()


def _note_week(table: Loads, other: Loads, days: pd.DataFrame, findings: Findings) -> None:
    first = days.iloc[0]
    shown = "; ".join(
        f"{sample.rpartition('|')[2]} {ours} / {others}"
        for sample, ours, others in zip(days["sample"], days["ours"], days["others"], strict=True)
    )
    findings.add("release_values_differ", file=table.file, value=shown, line=_line(days),
                 analyte=first["analyte"], sample_id=first["week"],
                 site=first["week"].partition("|")[2], other=other.file)  # fmt: skip


def _note_contradictions(
    table: Loads, other: Loads, differs: pd.DataFrame, findings: Findings
) -> set[tuple[str, str]]:
    for i in range(len(differs)):
        day = differs.iloc[i : i + 1]
        findings.add("duplicate_conflict", file=table.file, line=_line(day),
                     sample_id=day["sample"].iloc[0], analyte=day["analyte"].iloc[0],
                     column=day["sample"].iloc[0].rpartition("|")[2],
                     value=day["ours"].iloc[0], lines=other.file)  # fmt: skip
    return set(zip(differs["sample"], differs["analyte"], strict=True))


def _line(days: pd.DataFrame) -> int | None:
    """Line of the file where it holds any of the days."""
    lines = days["source_line"].dropna()
    return int(lines.iloc[0]) if len(lines) else None


def _shown(both: pd.DataFrame, suffix: str) -> pd.Series:
    """A day as a person would write it: its load, 0 below the limit, - without a sample."""
    status = both[f"status{suffix}"].fillna("-")
    numbers = both[f"pn_load{suffix}"].map("{:.15g}".format)
    text = np.where(status == "quantified", numbers, np.where(status == "below_loq", "0", "-"))
    return pd.Series(np.where(status == "rejected", "refused", text), index=both.index)


def _note_site_ids(table: Loads, other: Loads, findings: Findings) -> None:
    """Places whose id is another one in the other table."""
    theirs = other.samples["site_id"].rename("site_id_other")
    both = table.samples[["site", "site_id"]].join(theirs)
    stated = (both[["site_id", "site_id_other"]].fillna("") != "").all(axis=1)
    moved = both[stated & (both["site_id"] != both["site_id_other"])].drop_duplicates("site")
    if len(moved):
        first = moved.sort_values("site").iloc[0]
        shown = f"{first['site']}: {first['site_id']} / {first['site_id_other']}"
        findings.add("site_id_changed", file=table.file, count=len(moved), first=shown,
                     other=other.file, site=first["site"], value=first["site_id"])  # fmt: skip
