"""Whether a samples Dataset contradicts itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.schema.variables import QUANTITIES, STATUSES, require


def validate(samples: xr.Dataset) -> Findings:
    """Check that a samples Dataset does not contradict itself.

    What its values say about the data is the subject of `wbe.io.plausibility.note`.

    Parameters
    ----------
    samples : Dataset (sample, analyte)

    Returns
    -------
    Findings
        Errors for what contradicts the schema.

    Raises
    ------
    SchemaError
        If the Dataset lacks the variables of every samples Dataset.

    Examples
    --------
    >>> from wbe import schema
    >>> schema.validate(schema.empty())
    <Findings: 0 errors, 0 flags>
    """
    require(samples)
    findings = Findings()
    _check_status(samples, findings)
    return findings


def _place(samples: xr.Dataset, row: int, column: int | None = None) -> dict[str, Any]:
    """File, line and labels of a sample or of one of its results."""
    files, lines = samples["source_file"].values[row], samples["source_line"].values[row]
    if column is None:
        known = np.flatnonzero(files >= 0)
        column = int(known[np.argmin(lines[known])]) if len(known) else None
    place: dict[str, Any] = {
        "sample_id": str(samples["sample"].values[row]),
        "site": str(samples["site"].values[row]),
    }
    if column is not None and files[column] >= 0:
        names = samples.attrs.get("files", [])
        place["file"] = names[files[column]]["name"] if files[column] < len(names) else ""
        place["line"] = int(lines[column]) if lines[column] >= 0 else None
    return place


def _check_status(samples: xr.Dataset, findings: Findings) -> None:
    status = samples["status"].values
    known = np.isin(status, STATUSES)
    valued = np.zeros(status.shape, dtype=bool)
    for name in QUANTITIES:
        if name in samples:
            values = samples[name].values
            valued |= np.isfinite(values)
            for row, column in np.argwhere(values < 0):
                findings.add("negative_value", value=f"{values[row, column]:g}",
                             analyte=str(samples["analyte"].values[column]),
                             **_place(samples, row, column))  # fmt: skip
    wrong = ~known | (valued != (status == "quantified"))
    for row, column in np.argwhere(wrong):
        findings.add("status_contradicts", value=str(status[row, column]),
                     analyte=str(samples["analyte"].values[column]),
                     **_place(samples, row, column))  # fmt: skip
