"""Flags on results: which criterion sets which, what they are beside each result, what rejects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import schema

Bools = NDArray[np.bool_]

FLAGS = "qc_flags"
"""Variable (sample, analyte) of flag ids, joined by ``;``."""
#: criterion -> (flag and rule, limits that it is judged by)
CRITERIA = {
    "blank": ("blank_contaminated", ("loq_to_blank",)),
    "duplicate": ("duplicate_poor", ("duplicate_rpd", "duplicate_rpd_near_loq")),
    "recovery": ("recovery_outside", ("recovery_low", "recovery_high")),
    "internal_standard": ("istd_outside", ("istd_area_low", "istd_area_high")),
    "calibration": ("calibration_poor", ("calibration_r2",)),
    "standard": ("standard_off", ("calibration_deviation", "calibration_deviation_at_loq")),
    "ion_ratio": ("ion_ratio_outside", ("ion_ratio_deviation",)),
    "retention": ("retention_shifted", ("retention_shift",)),
    "check": ("check_outside", ("check_bias",)),
    "control_chart": ("control_chart_outside", ("control_chart_action",)),
    "frequency": ("qc_missing", ("samples_a_blank", "samples_a_duplicate", "samples_a_spike",
                                 "samples_a_check")),
}  # fmt: skip
"""Every criterion with its flag, which is also the rule of its findings, and its limits."""
FAILED = tuple(flag for flag, _ in CRITERIA.values() if flag != "qc_missing")
"""Flags of a measured failure; the others say what was not reported or what was done."""


def add_flags(samples: xr.Dataset, flags: Mapping[str, Bools]) -> xr.Dataset:
    """Return samples whose ``qc_flags`` hold these flags beside those that they held.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    flags : mapping of str to ndarray (sample, analyte) of bool

    Returns
    -------
    Dataset (sample, analyte)
        Each cell sorted, without repeats.
    """
    shape = samples["status"].shape
    if not flags and FLAGS not in samples:
        return samples.assign({FLAGS: (("sample", "analyte"), np.full(shape, "", dtype="<U1"))})
    before = samples[FLAGS].values.astype(str) if FLAGS in samples else np.full(shape, "")
    texts = before.astype(object)
    changed = np.zeros(shape, dtype=bool)
    for flag in sorted(flags):
        where = flags[flag]
        texts[where] = [f"{text};{flag}" for text in texts[where]]
        changed |= where
    texts[changed] = [";".join(sorted(set(t.split(";")) - {""})) for t in texts[changed]]
    width = max((len(t) for t in texts.ravel()), default=1)
    return samples.assign({FLAGS: (("sample", "analyte"), texts.astype(f"<U{max(1, width)}"))})


def failed(samples: xr.Dataset) -> Bools:
    """Return which results have a measured failure.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        Assessed or not; without ``qc_flags`` nothing failed.

    Returns
    -------
    ndarray (sample, analyte) of bool

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> int(wbe.qc.failed(samples).sum())
    0
    """
    if FLAGS not in samples:
        return np.zeros((samples.sizes["sample"], samples.sizes["analyte"]), dtype=bool)
    texts = samples[FLAGS].values.astype(str)
    bad = {text: not set(text.split(";")).isdisjoint(FAILED) for text in np.unique(texts)}
    marks = np.array([bad[text] for text in texts.ravel()], dtype=bool)
    return marks.reshape(texts.shape)


def rejected(samples: xr.Dataset) -> xr.Dataset:
    """Return samples in which every result with a measured failure is rejected."""
    marks = failed(samples)
    status = np.where(marks, "rejected", samples["status"].values.astype(str))
    new: dict[str, Any] = {"status": (("sample", "analyte"), status)}
    for name in schema.QUANTITIES:
        if name in samples:
            values = np.where(marks, np.nan, samples[name].values)
            new[name] = (("sample", "analyte"), values, samples[name].attrs)
    return samples.assign(new)
