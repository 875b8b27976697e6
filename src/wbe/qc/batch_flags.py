"""Judgements of a batch on its results: flags that travel with them, findings, and a summary.

Nothing is deleted and no value changes; a campaign may ask that what fails is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from wbe import schema
from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.options import require_choice
from wbe.qc import batch
from wbe.qc.acceptance import Limits, records
from wbe.qc.flags import CRITERIA, FAILED, add_flags, rejected

Bools = NDArray[np.bool_]

ON_FAIL = ("flag", "reject")
STATED = ("recovery", "duplicate_rpd", "istd_area", "ion_ratio", "retention_time")
"""Variables (sample, analyte) by which a result speaks of its own quality."""

#: What makes a judgement one: a row that vouches for two batches is judged in both.
_ONCE = ("criterion", "file", "sheet", "line", "analyte", "sample", "written")


def results_of(samples: xr.Dataset) -> pd.DataFrame:
    """Return the measured results of samples as records, numbered by batch.

    Parameters
    ----------
    samples : Dataset (sample, analyte)

    Returns
    -------
    pandas.DataFrame
        Columns of `wbe.qc.batch.RECORDS`, ``group``, and ``row``, ``column``: where each stands.
    """
    status = samples["status"].values.astype(str)
    measured = np.isin(status, ("quantified", *schema.CENSORED, "above_range"))
    row, column = np.nonzero(measured)

    def of(name: str, default: Any) -> Any:
        return samples[name].values[row, column] if name in samples else default

    solid = np.isfinite(of("content", np.full(len(row), np.nan)))
    for limit in ("content_lod", "content_loq"):
        solid |= np.isfinite(of(limit, np.full(len(row), np.nan)))
    files = samples.attrs.get("files", [])
    number = samples["source_file"].values[row, column]
    ids = samples["sample"].values[row].astype(str)
    analytes = samples["analyte"].values[column].astype(str)
    names, sheets = np.full((2, len(row)), "", dtype=object)
    for i, file in enumerate(files):
        here = np.flatnonzero(number == i)
        names[here] = str(file["name"])
        if "sheets" in file:
            sheets[here] = file["sheets"].of(ids[here], analytes[here])
    found = batch.complete(pd.DataFrame({
        "kind": "sample",
        "sample_id": ids,
        "analyte": analytes,
        "value": np.where(solid, of("content", np.nan), of("concentration", np.nan)),
        "unit": np.where(solid, schema.QUANTITIES["content"], schema.QUANTITIES["concentration"]),
        "status": status[row, column],
        "lod": np.where(solid, of("content_lod", np.nan), of("lod", np.nan)),
        "loq": np.where(solid, of("content_loq", np.nan), of("loq", np.nan)),
        "recovery": of("recovery", np.nan),
        "rpd": of("duplicate_rpd", np.nan),
        "istd_area": of("istd_area", np.nan),
        "ion_ratio": of("ion_ratio", np.nan),
        "rt": of("retention_time", np.nan),
        "batch": of("batch", ""),
        "lab": samples["lab"].values[row].astype(str) if "lab" in samples.coords else "",
        "file": names,
        "sheet": sheets,
        "line": samples["source_line"].values[row, column].astype(int),
    }))  # fmt: skip
    return batch.grouped(found.assign(row=row, column=column))


def assess(
    samples: xr.Dataset, quality_rows: pd.DataFrame, limits: Limits, on_fail: str = "flag"
) -> xr.Dataset:
    """Judge the batches of samples and let the judgements travel with the results.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    quality_rows : pandas.DataFrame
        Quality-control records, columns of `wbe.qc.batch.RECORDS`.
    limits : mapping of str to Limit
        From `wbe.qc.load_limits`.
    on_fail : str
        ``flag``, or ``reject``: a result with a measured failure has status ``rejected`` and no
        value.

    Returns
    -------
    Dataset (sample, analyte)
        With ``qc_flags``; ``spike_recovery`` and ``spike_recovery_u`` [1] where spikes were
        measured; ``attrs["quality"]`` with the limits and how many judgements each criterion
        made; and the findings, each at its row.

    Raises
    ------
    UsageError
        If the samples were assessed before, or `on_fail` is neither of the two.

    Examples
    --------
    >>> import wbe
    >>> from wbe.io.quality import quality_records
    >>> from wbe.findings import Findings
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_channels_synthetic.csv")
    >>> records = quality_records(samples, Findings())
    >>> judged = wbe.qc.assess(samples, records, wbe.qc.load_limits())
    >>> sorted(set(judged["qc_flags"].values.ravel().tolist()))[:3]
    ['qc_missing']
    """
    require_choice("on_fail", on_fail, ON_FAIL)
    if "quality" in samples.attrs:
        raise UsageError("the quality of these samples was assessed already")
    rows = batch.complete(quality_rows)
    reported = len(rows) > 0 or any(name in samples for name in STATED)
    # a large table without quality control is not searched for it
    results = results_of(samples if reported else samples.isel(sample=slice(0)))
    verdicts = batch.judge(rows, results, limits)
    found = Findings()
    found.extend(samples.attrs.get("findings") or Findings())
    poor = verdicts[~verdicts["ok"].astype(bool)]
    for_whom = reached(poor, results)
    note_failures(found, poor, for_whom, limits, on_fail)
    flags = flagged_cells(poor, for_whom, results, samples["status"].shape)
    out = with_spikes(add_flags(samples, flags), rows, results)
    out = out.assign_attrs(
        findings=found,
        quality={
            "limits": records(limits), "on_fail": on_fail,
            "criteria": summary(verdicts, limits), "repeatability": repeatabilities(verdicts),
        },
    )  # fmt: skip
    return rejected(out) if on_fail == "reject" else out


def reached(poor: pd.DataFrame, results: pd.DataFrame) -> list[np.ndarray]:
    """Return which results each judgement is about: positions in `results`.

    A contaminated blank says nothing about a result in which nothing was found.
    """
    by_batch = results.groupby(["group", "analyte"]).indices
    by_group = results.groupby("group").indices
    cells = pd.MultiIndex.from_frame(results[["sample_id", "analyte"]])
    own = cells.get_indexer(pd.MultiIndex.from_frame(poor[["sample", "analyte"]]))
    valued = results["status"].isin(("quantified", "above_range")).to_numpy()
    nothing = np.zeros(0, dtype=np.intp)
    found: list[np.ndarray] = []
    columns = (poor[name] for name in ("scope", "criterion", "group", "analyte"))
    for position, (scope, criterion, group, analyte) in enumerate(zip(*columns, strict=True)):
        if scope == "batch":
            at = by_batch.get((group, analyte), nothing) if analyte else by_group[group]
        else:
            at = own[[position]] if scope == "sample" and own[position] >= 0 else nothing
        at = np.asarray(at)
        found.append(at[valued[at]] if criterion == "blank" else at)
    return found


def flagged_cells(
    poor: pd.DataFrame,
    for_whom: list[np.ndarray],
    results: pd.DataFrame,
    shape: tuple[int, ...],
) -> dict[str, Bools]:
    """Return which cells (sample, analyte) each flag marks."""
    row, column = results["row"].to_numpy(), results["column"].to_numpy()
    found: dict[str, Bools] = {}
    for criterion, at in zip(poor["criterion"], for_whom, strict=True):
        cells = found.setdefault(flag_of(criterion), np.zeros(shape, dtype=bool))
        cells[row[at], column[at]] = True
    return found


def flag_of(criterion: str) -> str:
    """Return the flag of a criterion; a standard that is off makes its calibration a poor one."""
    rule = CRITERIA[criterion][0]
    return {"standard_off": "calibration_poor", "control_chart_outside": "check_outside"}.get(
        rule, rule
    )


def note_failures(
    findings: Findings,
    poor: pd.DataFrame,
    for_whom: list[np.ndarray],
    limits: Limits,
    on_fail: str = "flag",
) -> None:
    """Add a finding for each row that failed, with its place; one row in two batches once."""
    count: dict[tuple[Any, ...], int] = {}
    for v, at in zip(poor.to_dict("records"), for_whom, strict=True):
        count[_key(v)] = count.get(_key(v), 0) + len(at)
    for v in poor.drop_duplicates(list(_ONCE)).to_dict("records"):
        rule = CRITERIA[v["criterion"]][0]
        rejects = on_fail == "reject" and rule in FAILED and v["scope"] != "row"
        words: dict[str, Any] = {"count": count[_key(v)], **_words(v, limits)}
        place = {name: v[name] for name in ("file", "sheet", "analyte")}
        findings.add(
            rule, **place, line=v["line"] if v["line"] >= 0 else None, sample_id=v["sample"],
            value="" if v["criterion"] == "frequency" else v["written"],
            severity="error" if rejects else "", **words,
        )  # fmt: skip


def _key(v: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(v[name] for name in _ONCE)


def _words(v: Mapping[Any, Any], limits: Limits) -> dict[str, str]:
    """What the message of a finding says about the value and its limits."""
    criterion, value = v["criterion"], float(v["value"])
    if criterion == "frequency":
        kind, found, needed, n = v["written"].split()
        return {"kind": {"check": "control"}.get(kind, kind), "found": found, "needed": needed,
                "samples": n}  # fmt: skip
    if criterion == "blank":
        return {"measured": f"{100 / value:.3g} %", "limit": f"1/{limits['loq_to_blank'].text}"}
    names = {"measured": value, "limit": v["high"], "low": v["low"], "high": v["high"]}
    return {name: _shown(criterion, float(x)) for name, x in names.items()}


def _shown(criterion: str, x: float) -> str:
    if criterion == "retention":
        return f"{x:.3g} min"
    return f"{x:.5g}" if criterion in ("calibration", "control_chart") else f"{100 * x:.3g} %"


def summary(verdicts: pd.DataFrame, limits: Limits) -> list[dict[str, Any]]:
    """Return how many judgements each criterion made; names no sample, site or file.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        From `wbe.qc.batch.judge`.
    limits : mapping of str to Limit

    Returns
    -------
    list of dict
        criterion, judged, outside, limits, source, verified; a criterion without judgement is
        listed too, so that what was not reported can be seen.
    """
    once = verdicts.drop_duplicates(list(_ONCE))
    rows = []
    for criterion, (_, keys) in CRITERIA.items():
        own = once[once["criterion"] == criterion]
        used = [limits[key] for key in keys]
        rows.append(
            {
                "criterion": criterion,
                "judged": len(own),
                "outside": int((~own["ok"].astype(bool)).sum()),
                "limits": [limit.text for limit in used],
                "source": "; ".join(dict.fromkeys(limit.source for limit in used)),
                "verified": "; ".join(dict.fromkeys(limit.verified for limit in used)),
            }
        )
    return rows


def repeatabilities(verdicts: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the relative standard deviation of one result by analyte, from the duplicates.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        From `wbe.qc.batch.judge`.

    Returns
    -------
    dict of str to dict
        Analyte to ``rsd`` [1] and ``pairs``; it can be given as ``concentration_rsd``.
    """
    from wbe.qc.quality import pooled_rsd

    own = verdicts[verdicts["criterion"] == "duplicate"]
    own = own.drop_duplicates(list(_ONCE))
    return {
        str(analyte): {"rsd": pooled_rsd(pairs["value"].astype(float)), "pairs": len(pairs)}
        for analyte, pairs in own.groupby("analyte", sort=True)
    }


def with_spikes(samples: xr.Dataset, rows: pd.DataFrame, results: pd.DataFrame) -> xr.Dataset:
    """Return samples with the mean recovery of the spikes of their batch and its uncertainty.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    rows, results : pandas.DataFrame
        As in `wbe.qc.batch.judge`.

    Returns
    -------
    Dataset (sample, analyte)
        ``spike_recovery`` and ``spike_recovery_u`` [1]. Of n spikes: their mean, and the larger
        of the mean of their uncertainties over sqrt(n) and, from three spikes on, of their
        standard deviation over sqrt(n). A spike whose sample holds an unknown amount below a limit
        counts with the middle of its two bounds.
    """
    found = batch.spikes(batch.in_groups(rows, results), results)
    if found.empty:
        return samples
    found = found.assign(middle=(found["low"] + found["high"]) / 2)
    by = found.groupby(["group", "analyte"])
    n = by["middle"].size()
    spread = np.where(n >= 3, by["middle"].std(ddof=1), 0.0)
    table = pd.DataFrame({"r": by["middle"].mean(), "u": np.fmax(by["u"].mean(), spread)})
    table["u"] /= np.sqrt(n)
    cells = table.reindex(pd.MultiIndex.from_frame(results[["group", "analyte"]]))
    new = {}
    for name, column in (("spike_recovery", "r"), ("spike_recovery_u", "u")):
        values = np.full(samples["status"].shape, np.nan)
        values[results["row"], results["column"]] = cells[column].to_numpy()
        new[name] = (("sample", "analyte"), values, {"units": "1"})
    return samples.assign(new)
