"""A Dataset of samples as the rows of the contract's long table, from which it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from wbe import names, schema
from wbe.errors import UsageError
from wbe.io.results import SOLIDS

if TYPE_CHECKING:
    import xarray as xr

#: Which result a row of the table is about.
KEY: Final = ("sample_id", "analyte")
#: Coordinates and variables of a sample under the names of the table.
_TEXTS: Final = {
    name: name for name in (
        "site", "area", "matrix", "mode", "round", "visit", "lab", "population_basis",
        "population_date", "role", "weekday", "crs", *schema.OPTIONAL_SAMPLE_TEXTS,
    )
}  # fmt: skip
_NUMBERS: Final = {
    "duration": "duration_h", "lon": "lon", "lat": "lat", "flow": "flow", "flow_rsd": "flow_rsd",
    "population": "population", "population_rsd": "population_rsd", "rain_24h": "rain_24h_mm",
    "rain_72h": "rain_72h_mm", "domestic_share": "domestic_share", "cigarettes": "cigarettes",
}  # fmt: skip
_OF_RESULTS: Final = {
    "concentration_rsd": "rsd", "recovery": "recovery", "duplicate_rpd": "duplicate_rpd",
}  # fmt: skip
#: Quantities that share the column of concentrations, told apart by their unit.
_SHARED: Final = ("concentration", "content")
_ORDER: Final = (*_SHARED, "load", "pn_load")
#: Variables of results that every pair has.
_NO_STATEMENT: Final = ("status", "source_file", "source_line")


def samples_frame(samples: xr.Dataset) -> tuple[pd.DataFrame, list[str]]:
    """Rows of a long table, one a result.

    Pairs of a sample and an analyte that were not measured have a row only where something else is
    said of them, such as a limit, or where the sample or the analyte would be lost otherwise.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        As `wbe.read` returns it.

    Returns
    -------
    rows : DataFrame
        Columns of the contract's table that hold anything; units beside the values.
    lost : list of str
        What the Dataset holds and the rows do not.

    Raises
    ------
    SchemaError
        If it is no Dataset of samples.
    UsageError
        If it holds results that one table cannot: concentrations and, of other samples, loads.
    """
    schema.require(samples)
    samples = samples.compute()
    status = samples["status"].values.astype(str)
    row, column = np.nonzero(_stored(samples, status))
    found: dict[str, np.ndarray] = {
        "sample_id": samples["sample"].values.astype(object)[row],
        "date": samples["time"].values[row],
        "analyte": samples["analyte"].values.astype(object)[column],
    }
    found |= _of_samples(samples, row)
    found |= _values(samples, row, column)
    found["status"] = status[row, column].astype(object)
    found |= _of_results(samples, row, column)
    found |= _extras(samples, row, column)
    rows = pd.DataFrame({name: _blank_is_none(values) for name, values in found.items()})
    return rows, _lost(samples, status)


def _blank_is_none(values: np.ndarray) -> np.ndarray:
    """A text that says nothing is NULL in a database."""
    if values.dtype != object:
        return values
    texts = values.copy()
    texts[values == ""] = None
    return texts


def _stored(samples: xr.Dataset, status: np.ndarray) -> np.ndarray:
    """Which pairs get a row."""
    unmeasured = status == "not_measured"
    stored = ~unmeasured & (status != "rejected")
    for name, variable in samples.data_vars.items():
        if variable.dims == ("sample", "analyte") and name not in _NO_STATEMENT:
            stored |= unmeasured & _says_something(variable.values)
    for axis in (1, 0):
        alone = ~stored.any(axis=axis) & unmeasured.any(axis=axis)
        first = unmeasured.argmax(axis=axis)
        places = np.flatnonzero(alone)
        where = (places, first[places]) if axis else (first[places], places)
        stored[where] = True
    return stored


def _says_something(values: np.ndarray) -> np.ndarray:
    said: np.ndarray = values != "" if values.dtype.kind in "UO" else np.isfinite(values)
    return said


def _of_samples(samples: xr.Dataset, row: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for ours, name in _TEXTS.items():
        if ours in samples and (texts := samples[ours].values.astype(object)).any():
            found[name] = texts[row]
    for ours, name in _NUMBERS.items():
        if ours in samples and np.isfinite(samples[ours].values).any():
            found[name] = samples[ours].values.astype(float)[row]
    if "flow" in found:
        stated = np.isfinite(found["flow"])
        found["flow_unit"] = np.where(stated, "m3/d", "").astype(object)
    return found


def _values(samples: xr.Dataset, row: np.ndarray, column: np.ndarray) -> dict[str, np.ndarray]:
    """Value, unit and limits by the first quantity that there is, others beside it."""
    numbers = {
        name: samples[name].values[row, column]
        for quantity in schema.QUANTITIES
        for name in (quantity, *schema.limits_of(quantity)) if name in samples
    }  # fmt: skip
    there = {q: _stated(numbers, q) for q in _ORDER if q in samples}
    whole: list[str] = [q for q in there if there[q].any()] or ["concentration"]
    own = [q for q in whole if q in _SHARED] if whole[0] in _SHARED else whole[:1]
    solid = np.isin(samples["matrix"].values.astype(str)[row], SOLIDS)
    found = _first(numbers, {q: there[q] for q in own}, solid)
    stated = np.logical_or.reduce([there[q] for q in own])
    for quantity in (q for q in whole if q not in own):
        limits = (numbers.get(name) for name in schema.limits_of(quantity))
        limited = any(limit is not None and np.isfinite(limit).any() for limit in limits)
        if limited or (there[quantity] & ~stated).any():
            raise UsageError(names.both("sql.two_quantities", first=own[0], second=quantity))
        found[quantity] = numbers[quantity]
    return found


def _stated(numbers: dict[str, np.ndarray], quantity: str) -> np.ndarray:
    named = (quantity, *schema.limits_of(quantity))
    found: np.ndarray = np.logical_or.reduce(
        [np.isfinite(numbers[name]) for name in named if name in numbers]
    )
    return found


def _first(
    numbers: dict[str, np.ndarray], there: dict[str, np.ndarray], solid: np.ndarray
) -> dict[str, np.ndarray]:
    """The column of values with its unit and limits; of solids contents, per dry weight."""
    first = next(iter(there))
    header = "concentration" if first in _SHARED else first
    found = {name: np.full(len(solid), np.nan) for name in (header, "lod", "loq")}
    content = there.get("content", np.zeros(len(solid), dtype=bool))
    if first in _SHARED:  # a non-detect without a limit states neither of the two
        content = content | (solid & ~there.get("concentration", np.zeros_like(content)))
    unit = np.where(content, schema.QUANTITIES["content"], schema.QUANTITIES[header])
    for quantity, chosen in there.items():
        for name, ours in zip(found, (quantity, *schema.limits_of(quantity)), strict=True):
            if ours in numbers:
                found[name][chosen] = numbers[ours][chosen]
    found = {header: found[header], "unit": unit.astype(object), **found}
    if content.any():
        found["weight_basis"] = np.where(content, "dry", "").astype(object)
    return found


def _of_results(samples: xr.Dataset, row: np.ndarray, column: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for ours, name in _OF_RESULTS.items():
        if ours in samples and np.isfinite(samples[ours].values).any():
            found[name] = samples[ours].values[row, column]
    if "analysis_method" in samples:
        found["method"] = samples["analysis_method"].values.astype(object)[row, column]
    return found


def _extras(samples: xr.Dataset, row: np.ndarray, column: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of no known meaning, under the headers that they had."""
    found = {}
    for name, variable in samples.data_vars.items():
        if str(name).startswith("extra_"):
            texts = variable.values.astype(object)
            at = row if variable.dims == ("sample",) else (row, column)
            found[str(variable.attrs["long_name"])] = texts[at]
    return found


def _lost(samples: xr.Dataset, status: np.ndarray) -> list[str]:
    lost = []
    if rejected := int((status == "rejected").sum()):
        lost.append(f"{rejected} rejected results")
    if controls := len(samples.attrs.get("qc_rows", ())):
        lost.append(f"{controls} rows of quality control")
    if findings := len(samples.attrs.get("findings", ())):
        lost.append(f"{findings} findings")
    if "published_means" in samples.attrs:
        lost.append("the published means")
    known = {
        *_TEXTS, *_NUMBERS, *_OF_RESULTS, "sample", "analyte", "time", "status", "analysis_method",
        *schema.RESULT_NUMBERS, *schema.OPTIONAL_RESULT_NUMBERS,
    }  # fmt: skip
    others = [n for n in map(str, samples.variables) if n not in known]
    return [*lost, *(n for n in others if not n.startswith("extra_"))]
