"""Judging a laboratory batch: what its quality-control rows say against the acceptance limits.

A batch is what came in one file and, where the table says so, of one batch and one laboratory. A
quality-control row that names no batch or laboratory vouches for all batches of its file.

Every judgement is a row of one table (`VERDICTS`); what was not judged, because a value or a limit
is not known, has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from wbe.qc import quality
from wbe.qc.acceptance import Limits
from wbe.qc.control_charts import control_chart
from wbe.qc.recovery import repeatability, spike_recovery, spike_recovery_uncertainty

RECORDS = {
    "kind": "", "sample_id": "", "parent": "", "analyte": "", "value": np.nan, "unit": "",
    "status": "", "lod": np.nan, "loq": np.nan, "expected": np.nan, "recovery": np.nan,
    "rpd": np.nan, "area": np.nan, "istd": "", "istd_area": np.nan, "ion_ratio": np.nan,
    "rt": np.nan, "r2": np.nan, "batch": "", "lab": "", "file": "", "sheet": "", "line": -1,
    "written": "",
}  # fmt: skip
"""Columns of a table of quality-control records, and what stands where nothing is known.

``value, lod, loq, expected`` [`unit`]; ``recovery, rpd, ion_ratio, r2`` [1]; ``area, istd_area``
[any one]; ``rt`` [min]. ``expected`` is the nominal value of a standard or check sample and the
amount added of a spike. Results of samples have the same columns."""

BLANKS = ("blank", "field_blank", "trip_blank", "method_blank", "solvent_blank")
KINDS = (*BLANKS, "duplicate", "spike", "standard", "qc_check", "istd", "sample")
"""Kinds of records; ``sample`` is what an instrument says beside the value of a sample."""

VERDICTS = (
    "criterion", "scope", "group", "analyte", "sample", "value", "low", "high", "ok", "file",
    "sheet", "line", "written",
)  # fmt: skip
"""Columns of judgements. `scope`: ``sample`` (the result of `sample`), ``batch`` (all results of
the analyte in the batch) or ``row`` (nobody but the row itself)."""

_SLACK = 1e-9  # a value at its limit stays there whatever the binary digits of both


def complete(records: pd.DataFrame) -> pd.DataFrame:
    """Return records with every column of `RECORDS`, in their order.

    Parameters
    ----------
    records : pandas.DataFrame
        Any of the columns.

    Returns
    -------
    pandas.DataFrame
    """
    index = range(len(records))
    kinds = {str: object, float: float, int: int}
    columns = {
        name: pd.Series(
            records[name].to_numpy() if name in records else nothing, index,
            dtype=kinds[type(nothing)],
        )
        for name, nothing in RECORDS.items()
    }  # fmt: skip
    return pd.DataFrame(columns, index=index)


def judge(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Judge every batch by every criterion that its rows allow.

    Parameters
    ----------
    records : pandas.DataFrame
        Quality-control records, columns of `RECORDS`.
    results : pandas.DataFrame
        Results of samples with the same columns (``sample_id``, ``analyte``, ``value``, ...) and
        ``group``, the number of their batch, from `grouped`.
    limits : mapping of str to Limit
        From `wbe.qc.load_limits`.

    Returns
    -------
    pandas.DataFrame
        Columns of `VERDICTS`, sorted by criterion, file and line.
    """
    rows = in_groups(records, results)
    parts = [part for check in _CHECKS for part in check(rows, results, limits) if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(VERDICTS))
    found = pd.concat(parts, ignore_index=True)[list(VERDICTS)]
    keys = ["criterion", "file", "sheet", "line", "analyte", "sample", "group"]
    return found.sort_values(keys, kind="stable").reset_index(drop=True)


def grouped(results: pd.DataFrame) -> pd.DataFrame:
    """Return results with the number of their batch in ``group``.

    Parameters
    ----------
    results : pandas.DataFrame
        Columns of `RECORDS`.

    Returns
    -------
    pandas.DataFrame
    """
    keys = results[["file", "batch", "lab"]].astype(str)
    return results.assign(group=keys.groupby(["file", "batch", "lab"], sort=True).ngroup())


def in_groups(records: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return records with the batch for which they vouch: a row for each such batch.

    Parameters
    ----------
    records, results : pandas.DataFrame
        As in `judge`.

    Returns
    -------
    pandas.DataFrame
        Records of a file without samples make a batch of their own, numbered after the others.
    """
    known = results[["file", "batch", "lab", "group"]].drop_duplicates()
    keys = ["file", "batch", "lab"]
    next_ = int(known["group"].max()) + 1 if len(known) else 0
    parts = []
    for (file, batch, lab), rows in records.groupby(keys, sort=True):
        here = known[known["file"] == file]
        here = here[(here["batch"] == batch) | (batch == "")]
        here = here[(here["lab"] == lab) | (lab == "") | (here["lab"] == "")]
        groups = sorted(here["group"].tolist())
        if not groups:
            groups, next_ = [next_], next_ + 1
        parts += [rows.assign(group=group) for group in groups]
    return pd.concat(parts, ignore_index=True) if parts else records.assign(group=-1)


def spikes(records: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return the recoveries of the spikes of every batch.

    Parameters
    ----------
    records, results : pandas.DataFrame
        As in `judge`, records from `in_groups`.

    Returns
    -------
    pandas.DataFrame
        Spikes with ``low`` and ``high`` [1]: the recovery with the unspiked sample at its limit
        and at zero where nothing was quantified in it, else twice the same; and ``u``, the standard
        uncertainty [1].
    """
    found = records[records["kind"] == "spike"].copy()
    parent = _parents(found, results)
    censored = parent["status"].isin(("below_lod", "below_loq")).to_numpy()
    limit = np.where(parent["status"] == "below_lod", parent["lod"], parent["loq"])
    alike = (parent["unit"].to_numpy() == found["unit"].to_numpy()) & (found["unit"] != "")
    highest = np.where(censored, limit, parent["value"])
    lowest = np.where(censored, 0.0, parent["value"])
    r = repeatability()
    for name, unspiked in (("low", highest), ("high", lowest)):
        computed = spike_recovery(found["value"], unspiked, found["expected"])
        found[name] = np.where(alike, computed, np.nan)
    u = spike_recovery_uncertainty(found["value"], lowest, found["expected"], rsd=r)
    stated = found["recovery"].notna()
    for name in ("low", "high"):
        found[name] = found["recovery"].where(stated, found[name])
    found["u"] = np.where(stated, r * found["recovery"], u)
    return found[found["low"].notna() | found["high"].notna()]


def _parents(rows: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Results of the samples that rows are duplicates or spikes of, in the order of the rows."""
    columns = ["value", "unit", "status", "lod", "loq"]
    first = results.drop_duplicates(["sample_id", "analyte"]).set_index(["sample_id", "analyte"])
    wanted = pd.MultiIndex.from_frame(rows[["parent", "analyte"]])
    return first[columns].reindex(wanted).reset_index(drop=True).set_index(rows.index)


Values = float | str | np.ndarray | pd.Series
"""One for all rows, or one for each."""
_Verdicts = Iterator[pd.DataFrame]


def _verdicts(
    criterion: str,
    rows: pd.DataFrame,
    value: Values,
    low: Values,
    high: Values,
    *,
    scope: Values = "batch",
    sample: Values = "",
) -> pd.DataFrame:
    """Judgements of rows that have a value: within ``low`` and ``high``, both included."""
    columns = {
        name: rows[name] for name in ("group", "analyte", "file", "sheet", "line", "written")
    }
    judged = {"criterion": criterion, "scope": scope, "sample": sample, "low": low, "high": high,
              "value": value}  # fmt: skip
    table = pd.DataFrame({**columns, **judged}, index=rows.index)
    table = table[table["value"].notna()]
    above = table["value"] >= table["low"] * (1 - _SLACK)
    return table.assign(ok=above & (table["value"] <= table["high"] * (1 + _SLACK)))


def _blanks(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """LOQ / blank, its own limit else the lowest of the analyte's results in the batch."""
    rows = records[records["kind"].isin(BLANKS)]
    times = limits["loq_to_blank"].number
    keys = ["group", "analyte", "unit"]
    lowest = results.groupby(keys)["loq"].min().reindex(pd.MultiIndex.from_frame(rows[keys]))
    loq = np.where(rows["loq"].isna(), lowest, rows["loq"])
    ratio = np.where(np.isfinite(loq), quality.loq_to_blank(rows["value"], loq), np.nan)
    ratio = np.where(rows["status"] == "quantified", ratio, np.nan)
    ratio = np.where(rows["status"].isin(("below_lod", "below_loq")), np.inf, ratio)
    found = _verdicts("blank", rows, ratio, times, np.inf)
    # a blank lies below a third of the limit, not at it
    yield found.assign(ok=found["value"] > times * (1 + _SLACK))


def _duplicates(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """Relative percent difference to the sample, or as a row states it."""
    rows = records[records["kind"] == "duplicate"]
    parents = _parents(rows, results)
    both = (rows["status"] == "quantified") & (parents["status"] == "quantified")
    both &= rows["unit"] == parents["unit"]
    first, second = rows["value"].where(both), parents["value"].where(both)
    computed = quality.relative_percent_difference(first, second)
    value = np.where(rows["rpd"].isna(), computed, rows["rpd"])
    high = _duplicate_limits((first + second) / 2, np.fmin(rows["loq"], parents["loq"]), limits)
    yield _verdicts("duplicate", rows, value, 0.0, high, scope="sample", sample=rows["parent"])
    own = results[results["rpd"].notna()]
    high = _duplicate_limits(own["value"], own["loq"], limits)
    yield _verdicts("duplicate", own, own["rpd"], 0.0, high, scope="sample",
                    sample=own["sample_id"])  # fmt: skip


def _duplicate_limits(mean: ArrayLike, loq: ArrayLike, limits: Limits) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        near = np.asarray(mean) < limits["near_loq"].number * np.asarray(loq)
    wide, usual = (limits[key].number for key in ("duplicate_rpd_near_loq", "duplicate_rpd"))
    return np.where(near, wide, usual)


def _recoveries(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """Of spikes, for their batch, and those that stand in the row of a sample, for it alone."""
    low, high = (limits[f"recovery_{end}"].number for end in ("low", "high"))
    rows = spikes(records, results)
    # between its two bounds a recovery may be anything: the one that is nearer counts
    off = [np.fmax(low - rows[end], rows[end] - high) for end in ("low", "high")]
    value = np.where(off[0] <= off[1], rows["low"], rows["high"])
    yield _verdicts("recovery", rows, value, low, high, sample=rows["parent"])
    own = results[results["recovery"].notna()]
    yield _verdicts("recovery", own, own["recovery"], low, high, scope="sample",
                    sample=own["sample_id"])  # fmt: skip


def _injections(records: pd.DataFrame, results: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of quality control and of samples that state a measure."""
    parts = [part[part[name].notna()] for part in (records, results)]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else records.iloc[:0]


def _of_injections(criterion: str, rows: pd.DataFrame, value: Values, low: float,
                   high: float) -> pd.DataFrame:  # fmt: skip
    """Judgements of single injections: that of a sample is about its result, no other is."""
    own = rows["kind"] == "sample"
    return _verdicts(
        criterion, rows, value, low, high, scope=np.where(own, "sample", "row"),
        sample=rows["sample_id"].where(own, ""),
    )  # fmt: skip


def _internal_standards(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    low, high = (limits[f"istd_area_{end}"].number for end in ("low", "high"))
    own = records["kind"] == "istd"  # a row of the internal standard itself
    records = records.assign(istd_area=records["area"].where(own, records["istd_area"]))
    rows = _injections(records, results, "istd_area")
    # a solvent blank holds no internal standard
    rows = rows[rows["kind"] != "solvent_blank"]
    standard = rows["istd"].where(rows["istd"] != "", rows["analyte"])
    for _, group in rows.groupby([rows["group"], standard], sort=True):
        relative = quality.relative_to_median(group["istd_area"])
        yield _of_injections("internal_standard", group, relative, low, high)


def _calibrations(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """Coefficient of determination, stated or from the standards, and each standard's own."""
    standards = records[records["kind"] == "standard"]
    loqs = results.groupby("analyte")["loq"].min()
    usual, at_loq = (limits[f"calibration_deviation{e}"].number for e in ("", "_at_loq"))
    for (_, analyte), group in standards.groupby(["group", "analyte"], sort=True):
        stated = group["r2"].dropna()
        computed = quality.calibration_r2(group["expected"], group["value"])
        r2 = float(stated.min()) if len(stated) else computed
        at = int(np.argmin(group["r2"].fillna(np.inf))) if len(stated) else 0
        least = limits["calibration_r2"].number
        yield _verdicts("calibration", group.iloc[[at]], r2, least, 1.0)
        loq = loqs.get(analyte, np.nan)
        loq = loq if np.isfinite(loq) else group["expected"].min()
        off = np.abs(quality.relative_deviation(group["value"], group["expected"]))
        low_end = group["expected"] <= loq * (1 + _SLACK)
        yield _verdicts("standard", group, off, 0.0, np.where(low_end, at_loq, usual))


_LIKE_SAMPLES = ("sample", "duplicate", "spike", "qc_check")


def _against_standards(
    records: pd.DataFrame, results: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of samples and their like, and the mean of the standards of their batch."""
    rows = _injections(records, results, name)
    keys = ["group", "analyte"]
    means = rows[rows["kind"] == "standard"].groupby(keys)[name].mean()
    rows = rows[rows["kind"].isin(_LIKE_SAMPLES)]
    return rows, means.reindex(pd.MultiIndex.from_frame(rows[keys])).to_numpy(dtype=float)


def _ion_ratios(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    rows, mean = _against_standards(records, results, "ion_ratio")
    off = np.abs(quality.relative_deviation(rows["ion_ratio"], mean))
    yield _of_injections("ion_ratio", rows, off, 0.0, limits["ion_ratio_deviation"].number)


def _retention(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    rows, mean = _against_standards(records, results, "rt")
    shift = np.abs(rows["rt"] - mean)
    yield _of_injections("retention", rows, shift, 0.0, limits["retention_shift"].number)


def _checks(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """Check samples against their expected value, and on a chart where there are enough."""
    rows = records[records["kind"] == "qc_check"]
    rows = rows.assign(off=quality.relative_deviation(rows["value"], rows["expected"]))
    yield _verdicts("check", rows, rows["off"].abs(), 0.0, limits["check_bias"].number)
    once = rows[rows["off"].notna()].drop_duplicates(["file", "sheet", "line", "analyte"])
    for _, chart in once.groupby(["lab", "analyte"], sort=True):
        if len(chart) >= limits["control_chart_least"].number:
            z = np.abs(control_chart(chart["off"]))
            yield _verdicts("control_chart", chart, z, 0.0, limits["control_chart_action"].number)


_COUNTED = dict(blank=BLANKS, duplicate=("duplicate",), spike=("spike",), check=("qc_check",))
_STATED = {"duplicate": "rpd", "spike": "recovery"}
"""Kinds that count for the samples of a batch, and the columns by which samples state them."""


def _frequency(records: pd.DataFrame, results: pd.DataFrame, limits: Limits) -> _Verdicts:
    """Rows of each kind for the samples of a batch that reports any."""
    about = results.drop_duplicates("group").sort_values("group")
    table = _rows_of_each(records, results).reindex(about["group"], fill_value=0)
    reports = table.any(axis=1).to_numpy()
    about, counts = about[reports], table.to_numpy()[reports]
    n = results.groupby("group")["sample_id"].nunique()[about["group"]].to_numpy()
    share = np.array([limits[f"samples_a_{kind}"].number for kind in _COUNTED])
    needed = np.ceil(n[:, None] / share).astype(int)
    written = [
        f"{kind} {found} {least} {samples}"
        for of_kinds, of_needs, samples in zip(counts, needed, n, strict=True)
        for kind, found, least in zip(_COUNTED, of_kinds, of_needs, strict=True)
    ]
    row = about.iloc[np.repeat(np.arange(len(about)), len(_COUNTED))].reset_index(drop=True)
    row = row.assign(sheet="", line=-1, analyte="", written=written)
    value, low = (part.ravel().astype(float) for part in (counts, needed))
    yield _verdicts("frequency", row, value, low, np.inf)


def _rows_of_each(records: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """How many rows of the file are of a kind, by group; one of a wide table has many analytes.

    Samples that state a measure in their own row count with it.
    """
    name_of = {kind: name for name, kinds in _COUNTED.items() for kind in kinds}
    rows = records.assign(counted=records["kind"].map(name_of))
    rows = rows[rows["counted"].notna()]
    rows = rows.drop_duplicates(["group", "counted", "file", "sheet", "line"])
    found = rows.groupby(["group", "counted"]).size().unstack(fill_value=0)
    out = found.reindex(columns=list(_COUNTED), fill_value=0)
    for name, column in _STATED.items():
        stated = results[results[column].notna()].groupby("group")["sample_id"].nunique()
        out = out.reindex(out.index.union(stated.index), fill_value=0)
        out[name] = out[name].add(stated, fill_value=0).astype(int)
    return out


_Check = Callable[[pd.DataFrame, pd.DataFrame, Limits], _Verdicts]
_CHECKS: tuple[_Check, ...] = (
    _blanks, _duplicates, _recoveries, _internal_standards, _calibrations, _ion_ratios,
    _retention, _checks, _frequency,
)  # fmt: skip
