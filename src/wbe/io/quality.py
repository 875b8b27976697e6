"""Quality of laboratory batches: what tables say of it, judged, and sent along with the results.

The rows that a read kept apart are typed by `wbe.io.quality_rows`; columns about the batch and the
injection, which stand beside the results, are read here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from wbe import qc
from wbe.findings import Findings
from wbe.io.cells import read_quantity
from wbe.io.quality_rows import column_field, quality_records
from wbe.io.words import load, plain, squeezed

_CELLS = ("sample", "analyte")


def assess_quality(
    samples: xr.Dataset,
    limits: str | Path | qc.Limits | None = None,
    *,
    on_fail: str = "flag",
    recovery_corrected: bool | None = None,
) -> xr.Dataset:
    """Judge the laboratory batches of samples; the judgements travel with the results.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`.
    limits : path or mapping of str to Limit, optional
        A TOML file that replaces acceptance limits, or limits from `wbe.qc.load_limits`.
    on_fail : str
        ``flag``, or ``reject`` results with a measured failure.
    recovery_corrected : bool, optional
        Whether results were corrected for recovery, where the table does not say it.

    Returns
    -------
    Dataset (sample, analyte)
        With ``qc_flags``: ids joined by ``;``; and more findings. See `wbe.qc.assess`.

    Raises
    ------
    UsageError
        If the samples were assessed before, or an option is unknown.
    ConfigError
        If the limits cannot be used; names the key.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_channels_synthetic.csv")
    >>> judged = wbe.io.assess_quality(samples)
    >>> judged["qc_flags"].sizes == samples["status"].sizes
    True
    """
    used = qc.load_limits(limits) if limits is None or isinstance(limits, str | Path) else limits
    findings = Findings()
    findings.extend(samples.attrs.get("findings") or Findings())
    records = quality_records(samples, findings)
    known = with_columns(samples, findings, recovery_corrected)
    judged = qc.assess(known.assign_attrs(findings=findings), records, used, on_fail)
    return qc.flag_unstated(judged)


def with_columns(
    samples: xr.Dataset, findings: Findings, recovery_corrected: bool | None = None
) -> xr.Dataset:
    """Return samples with what their own rows say about batch, recovery and injection.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        Columns that the reader does not use stand in it as text, with their header.
    findings : Findings
        Receives what cannot be read.
    recovery_corrected : bool, optional
        Where the table does not say it.

    Returns
    -------
    Dataset (sample, analyte)
        ``batch`` and ``recovery_statement`` (``corrected``, ``uncorrected`` or ""); ``istd_area``
        [any one], ``ion_ratio`` [1] and ``retention_time`` [min] where stated.
    """
    new: dict[str, Any] = {"batch": (_CELLS, _column_texts(samples, "batch"))}
    new["recovery_statement"] = (_CELLS, _statements(samples, findings, recovery_corrected))
    for field, name in (("istd_area", "istd_area"), ("ion_ratio", "ion_ratio"),
                        ("rt", "retention_time")):  # fmt: skip
        texts = _column_texts(samples, field)
        if (texts != "").any():
            new[name] = (_CELLS, _parsed(texts, samples, findings))
    return samples.assign(new)


def _statements(
    samples: xr.Dataset, findings: Findings, recovery_corrected: bool | None
) -> np.ndarray:
    texts = _column_texts(samples, "recovery_corrected")
    words = load("quality")["corrected"]
    meaning = {squeezed(w): "corrected" for w in words["yes"]}
    meaning |= {squeezed(w): "uncorrected" for w in words["no"]}
    unstated = {None: "", True: "corrected", False: "uncorrected"}[recovery_corrected]
    if not (texts != "").any():
        return np.full(texts.shape, unstated, dtype="<U11")
    known = {t: meaning.get(squeezed(t), "") if t else unstated for t in set(texts.ravel())}
    unknown = [t for t, said in known.items() if t and not said]
    for text in sorted(unknown):
        row, column = np.argwhere(texts == text)[0]
        findings.add("recovery_statement_unknown", value=str(text),
                     count=int((texts == text).sum()), **_place(samples, row, column))  # fmt: skip
    return np.array([known[t] for t in texts.ravel()], dtype="<U11").reshape(texts.shape)


def _parsed(texts: np.ndarray, samples: xr.Dataset, findings: Findings) -> np.ndarray:
    values = np.full(texts.shape, np.nan)
    for row, column in np.argwhere(texts != ""):
        reading = read_quantity(str(texts[row, column]))
        if reading.kind == "number" and reading.value >= 0:
            values[row, column] = reading.value
        elif reading.kind in ("bad", "number"):
            findings.add("qc_value_unreadable", value=str(texts[row, column]),
                         **_place(samples, row, column))  # fmt: skip
    return values


def _place(samples: xr.Dataset, row: int, column: int) -> dict[str, Any]:
    number = int(samples["source_file"].values[row, column])
    files = samples.attrs.get("files", [])
    line = int(samples["source_line"].values[row, column])
    sample, analyte = str(samples["sample"].values[row]), str(samples["analyte"].values[column])
    file = files[number] if 0 <= number < len(files) else {}
    return {
        "file": str(file.get("name", "")),
        "sheet": file["sheets"].of([sample], [analyte])[0] if "sheets" in file else "",
        "line": line if line >= 0 else None,
        "sample_id": sample,
        "analyte": analyte,
    }


def _column_texts(samples: xr.Dataset, field: str) -> np.ndarray:
    """Texts (sample, analyte) of a column, by its name or among those that the reader kept."""
    variables = samples.variables  # a Dataset takes as long to give one of many as to copy all
    for name in samples.data_vars:
        header = str(variables[name].attrs.get("long_name", ""))
        if field in (name, column_field(header)) and variables[name].dtype.kind in "OUS":
            wide = samples[name].broadcast_like(samples["status"]).transpose(*_CELLS)
            codes, known = pd.factorize(wide.values.ravel().astype(object))
            texts = np.array([plain(str(text)) for text in known], dtype=np.str_)
            return texts[codes].reshape(wide.shape) if len(known) else wide.values.astype(str)
    return np.full(samples["status"].shape, "", dtype="<U1")
