"""Correction of results for their recovery: at most once, and only where it was not done.

A result is divided by its recovery only where the laboratory says that it did not correct it: an
isotope labelled internal standard that was added before extraction has corrected it already.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import schema
from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.qc.acceptance import Limits, load_limits
from wbe.qc.flags import add_flags
from wbe.qc.recovery import repeatability

Floats = NDArray[np.float64]

MARK = "recovery_correction"
"""Attribute of samples that went through the correction; a second one is refused."""
APPLIED = "recovery_applied"


def correct_recovery(samples: xr.Dataset, limits: Limits | None = None) -> xr.Dataset:
    """Divide results by their recovery where the laboratory says that it did not do so.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.io.assess_quality`, which says by ``recovery_statement`` (``corrected``,
        ``uncorrected`` or "") what is known of each result, and gives the recovery of its batch's
        spikes as ``spike_recovery`` beside the one that its own row states (``recovery``).
    limits : mapping of str to Limit, optional
        For the recoveries by which a result is divided at all.

    Returns
    -------
    Dataset (sample, analyte)
        Value and both limits of detection divided in one operation; ``recovery_applied`` [1] says
        by what, NaN where nothing was done; ``concentration_rsd`` holds the uncertainty of the
        recovery too.

    Raises
    ------
    UsageError
        If these samples were corrected before.

    Notes
    -----
    C' = C / R, LOD' = LOD / R, LOQ' = LOQ / R; rsd'^2 = rsd^2 + (u(R) / R)^2. Where a row states
    no relative standard deviation, rsd is the repeatability of the error model. A recovery that is
    stated without its uncertainty is one measurement: u(R) / R is that repeatability. The error of
    a recovery that many results share is treated as one of its own for each of them; what they
    share beyond it is the laboratory's bias in the error model.

    References
    ----------
    JCGM 100:2008, 5.1.6

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_channels_synthetic.csv")
    >>> judged = wbe.io.assess_quality(samples, recovery_corrected=False)
    >>> corrected = wbe.qc.correct_recovery(judged)
    >>> drug = {"sample": "EX-18-1-T01-2", "analyte": "methamphetamine"}
    >>> [round(float(s["concentration"].sel(drug)), 1) for s in (samples, corrected)]
    [24.8, 26.7]
    >>> float(corrected["recovery_applied"].sel(drug))
    0.93
    """
    if MARK in samples.attrs:
        raise UsageError("these samples were corrected for recovery already; it is done once")
    if "recovery_statement" not in samples:
        return samples
    known = limits if limits is not None else load_limits()
    recovery, spread = _recoveries(samples)
    wanted = (samples["recovery_statement"].values == "uncorrected") & _measured(samples)
    low, high = (known[f"recovery_correction_{end}"].number for end in ("low", "high"))
    with np.errstate(invalid="ignore"):
        usable = (recovery >= low * (1 - 1e-9)) & (recovery <= high * (1 + 1e-9))
    findings = Findings()
    findings.extend(samples.attrs.get("findings") or Findings())
    done, left = wanted & usable, wanted & ~usable
    _note(samples, findings, done, "recovery_applied")
    ends = {end: known[f"recovery_correction_{end}"].text for end in ("low", "high")}
    _note(samples, findings, left, "recovery_not_applied", **ends)
    out = _divided(samples, done, recovery, spread) if done.any() else samples
    out = add_flags(out, {"recovery_applied": done, "recovery_not_applied": left})
    return out.assign_attrs({MARK: int(done.sum()), "findings": findings})


def flag_unstated(samples: xr.Dataset) -> xr.Dataset:
    """Flag results whose recovery is known and of which nobody says whether it was applied.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        As for `correct_recovery`, before it.

    Returns
    -------
    Dataset (sample, analyte)
        ``qc_flags`` with ``recovery_correction_unstated``, and one finding a file and analyte;
        no value changes.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_channels_synthetic.csv")
    >>> judged = wbe.io.assess_quality(samples)
    >>> flagged = judged["qc_flags"].str.contains("recovery_correction_unstated")
    >>> bool(flagged.any())
    True
    """
    recovery, _ = _recoveries(samples)
    silent = samples["recovery_statement"].values == ""
    where = silent & _measured(samples) & np.isfinite(recovery)
    if not where.any():
        return samples
    findings = Findings()
    findings.extend(samples.attrs.get("findings") or Findings())
    _note(samples, findings, where, "recovery_correction_unstated")
    out = add_flags(samples, {"recovery_correction_unstated": where})
    return out.assign_attrs(findings=findings)


def _measured(samples: xr.Dataset) -> NDArray[np.bool_]:
    return np.isin(samples["status"].values.astype(str), ("quantified", *schema.CENSORED))


def _recoveries(samples: xr.Dataset) -> tuple[Floats, Floats]:
    """Recovery of each result and its relative uncertainty: its row's own, else its batch's."""
    nothing = np.full(samples["status"].shape, np.nan)
    own = samples["recovery"].values if "recovery" in samples else nothing
    batch = samples["spike_recovery"].values if "spike_recovery" in samples else nothing
    spread = samples["spike_recovery_u"].values if "spike_recovery_u" in samples else nothing
    stated = np.isfinite(own)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(stated, repeatability(), spread / batch)
    return np.where(stated, own, batch), relative


def _divided(
    samples: xr.Dataset, done: NDArray[np.bool_], recovery: Floats, spread: Floats
) -> xr.Dataset:
    by = np.where(done, recovery, 1.0)
    cells = ("sample", "analyte")
    new = {}
    for quantity in schema.QUANTITIES:
        for name in (quantity, *schema.limits_of(quantity)):
            if name in samples:
                new[name] = (cells, samples[name].values / by, samples[name].attrs)
    rsd = samples["concentration_rsd"].values
    total = np.hypot(np.where(np.isnan(rsd), repeatability(), rsd), spread)
    new["concentration_rsd"] = (cells, np.where(done, total, rsd), {"units": "1"})
    new[APPLIED] = (cells, np.where(done, recovery, np.nan), {"units": "1"})
    return samples.assign(new)


def _note(
    samples: xr.Dataset, findings: Findings, where: NDArray[np.bool_], rule: str, **words: Any
) -> None:
    """One finding a file and analyte."""
    files = samples["source_file"].values
    listed = samples.attrs.get("files", [])
    for number in sorted(set(files[where].tolist())):
        for column in np.flatnonzero((where & (files == number)).any(axis=0)):
            count = int((where & (files == number))[:, column].sum())
            findings.add(rule, file=listed[number]["name"] if 0 <= number < len(listed) else "",
                         analyte=str(samples["analyte"].values[column]), count=count,
                         **words)  # fmt: skip
