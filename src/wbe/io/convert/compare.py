"""Whether a converted table says the same as its source: the read-back, compared.

Accepted results must come out equal, all that is said of their samples included. Rejected ones are
compared by being rejected again: what they are worth is nothing, and nothing else may be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import schema
from wbe.io.write import bare_text

if TYPE_CHECKING:
    import xarray as xr

#: Numbers are equal to one part in this many: texts are multiplied in decimal, read in binary.
_TOLERANCE: Final = 1e-9
_COMPARED: Final = (
    "status", *schema.RESULT_NUMBERS, *schema.OPTIONAL_RESULT_NUMBERS, "site", "area", "time",
    "duration", "matrix", "mode", "round", "visit", "lab", "population_basis",
    "population_date", "role", "lon", "lat", "crs", *schema.SAMPLE_NUMBERS,
    *schema.OPTIONAL_SAMPLE_NUMBERS, *schema.OPTIONAL_SAMPLE_TEXTS,
)  # fmt: skip
#: Variable of the samples -> fields without which it may read differently.
_FROM: Final = {
    "concentration_rsd": ("rsd",), "time": ("date", "start"), "duration": ("end", "duration_h"),
    "rain_24h": ("rain_24h_mm",), "rain_72h": ("rain_72h_mm",), "lon": ("coordinates",),
    "lat": ("coordinates",), "crs": ("coordinates", "lon", "lat"),
    **{f"{quantity}_{limit}": (limit,) for quantity in ("content", "load", "pn_load")
       for limit in ("lod", "loq")},
}  # fmt: skip
#: What is said about a number -> the number, without which it says nothing.
_ABOUT: Final = {"population_basis": "population", "population_date": "population", "crs": "lon"}


@dataclass(frozen=True)
class Unmarked:
    """A rejected result that a target does not let appear as one.

    Attributes
    ----------
    sample, analyte : str
    line : int
        In the source.
    rules : tuple of str
        Of the errors in this line.
    status : str
        That is read from the target.
    """

    sample: str
    analyte: str
    line: int
    rules: tuple[str, ...]
    status: str

    def __str__(self) -> str:
        """For a person: ``S2 cocaine (line 3, unit_missing)``."""
        return f"{self.sample} {self.analyte} ({', '.join([f'line {self.line}', *self.rules])})"


def differences(before: xr.Dataset, after: xr.Dataset, lost: Iterable[str]) -> list[str]:
    """What reads differently after a conversion.

    Parameters
    ----------
    before, after : Dataset (sample, analyte)
        As read from the source and from what was written.
    lost : iterable of str
        What the target cannot carry, and is told.

    Returns
    -------
    list of str
        Names of variables, and of coordinates whose labels differ; empty if nothing does.
    """
    known = set(lost)
    before = _without(before, known, after)
    after = _without_refused(before, after)
    found = [
        name for name in ("sample", "analyte")
        if before[name].values.tolist() != _texts(after[name].values)
    ]  # fmt: skip
    if found:
        return found
    return [
        name for name in _COMPARED
        if not known & {name, *_FROM.get(name, ())} and not _equal(before, after, name)
    ]  # fmt: skip


def no_longer_rejected(before: xr.Dataset, after: xr.Dataset) -> list[Unmarked]:
    """Results that were rejected and are read as something else after a conversion.

    Parameters
    ----------
    before, after : Dataset (sample, analyte)
        As in `differences`.

    Returns
    -------
    list of Unmarked
    """
    rules: dict[int | None, dict[str, None]] = {}
    for finding in before.attrs["findings"].errors:
        rules.setdefault(finding.line, {})[finding.rule] = None
    samples, analytes = _texts(after["sample"].values), after["analyte"].values.tolist()
    found = []
    for i, j in np.argwhere(before["status"].values == "rejected").tolist():
        sample, analyte = str(before["sample"].values[i]), str(before["analyte"].values[j])
        if sample not in samples or analyte not in analytes:
            continue  # told as not carried, or a difference
        status = str(after["status"].values[samples.index(sample), analytes.index(analyte)])
        if status != "rejected":
            line = int(before["source_line"].values[i, j])
            found.append(Unmarked(sample, analyte, line, tuple(rules.get(line, ())), status))
    return found


def _without_refused(before: xr.Dataset, after: xr.Dataset) -> xr.Dataset:
    """What was written without samples and analytes that only refused rows of the source name.

    A row whose analyte is not known leaves no sample behind; in a wide table it is a sample of
    which nothing is measured. Of a source without errors everything must be there again.
    """
    if not before.attrs["findings"].errors:
        return after
    nothing = after["status"].isin(("not_measured", "rejected"))
    for name, other in (("sample", "analyte"), ("analyte", "sample")):
        added = ~np.isin(_texts(after[name].values), before[name].values)
        after = after.isel({name: ~(added & nothing.all(other).values)})
        nothing = after["status"].isin(("not_measured", "rejected"))
    return after


def _without(before: xr.Dataset, lost: set[str], after: xr.Dataset) -> xr.Dataset:
    """What is left of the samples without the analytes that have no column."""
    analytes = before["analyte"].values
    kept = before.isel(analyte=~np.isin(analytes, list(lost)))
    nothing = (kept["status"] == "not_measured").all("analyte").values
    gone = nothing & ~np.isin(kept["sample"].values, after["sample"].values)
    return kept.isel(sample=~gone) if len(kept["analyte"]) < len(analytes) else kept


def _equal(before: xr.Dataset, after: xr.Dataset, name: str) -> bool:
    if name not in before and name not in after:
        return True
    if name not in before or name not in after:
        stated = before[name] if name in before else after[name]
        return not _any_stated(stated.values)
    counts = _counts(before, name)
    old, new = before[name].values[counts], after[name].values[counts]
    if old.dtype.kind == "f":
        return bool(np.allclose(old, new, rtol=_TOLERANCE, atol=0.0, equal_nan=True))
    if old.dtype.kind == "M":
        return bool(np.array_equal(old, new, equal_nan=True))
    return bool(old.tolist() == (_texts(new) if new.dtype.kind in "UO" else new.tolist()))


def _counts(before: xr.Dataset, name: str) -> np.ndarray:
    """Where a variable says anything: not in a rejected result, nor beside a number without value.

    What becomes of rejected results is the business of `no_longer_rejected`.
    """
    accepted = before["status"].values != "rejected"
    if before[name].dims == before["status"].dims:
        return accepted
    if (number := _ABOUT.get(name)) in before:
        return np.isfinite(before[number].values)
    return np.ones(before[name].shape, dtype=bool)


def _texts(values: np.ndarray) -> list[str]:
    """Texts without the apostrophes that made them safe."""
    return [bare_text(str(value)) for value in values.ravel()]


def _any_stated(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return bool(np.isfinite(values).any())
    return any(str(value) for value in values.ravel())
