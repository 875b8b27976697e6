"""Limits in another unit than their values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import (
    Floats,
    Groups,
    Ints,
    Place,
    group_median,
    nearest_factor,
    note_file,
    shown_factor,
    shown_ratio,
)
from wbe.io.plausibility.slips import log_factors
from wbe.io.plausibility.units import Slips
from wbe.schema import QUANTITIES, limits_of
from wbe.thresholds import number


def note_limits(
    samples: xr.Dataset, groups: Groups, slips: Mapping[str, Slips], findings: Findings,
    place: Place,
) -> None:  # fmt: skip
    """Note limits a factor of units from the others, and limits that no value fits.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    slips : mapping of str to Slips
        What was found in each quantity: a limit that shares the slip of its value is right.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.
    """
    analytes = samples["analyte"].values.tolist()
    for quantity, unit in QUANTITIES.items():
        if quantity not in samples:
            continue
        for column, analyte in enumerate(analytes):
            block = _Block(samples, quantity, column, slips[quantity])
            told = _note_unlike_others(block, groups, analyte, unit, findings, place)
            _note_unlike_values(block, analyte, told, findings, place)


class _Block:
    """Limits of one analyte, on the log scale, with the values beside them.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    quantity : str
    column : int
        Position of the analyte.
    slips : Slips
    """

    def __init__(self, samples: xr.Dataset, quantity: str, column: int, slips: Slips):
        self.column = column
        unknown = np.full(samples.sizes["sample"], np.nan)
        lod, loq = (
            samples[name].values[:, column] if name in samples else unknown
            for name in limits_of(quantity)
        )
        lowest = np.where(lod > 0, lod, loq)
        rows = np.flatnonzero(lowest > 0)
        single = [row for row, of in slips.results if of == column]
        self.rows: Ints = rows[~np.isin(rows, single)]
        self.logs: Floats = np.log(lowest[self.rows])
        self.file: Ints = samples["source_file"].values[self.rows, column].astype(np.int64) + 1
        values = samples[quantity].values[self.rows, column]
        with np.errstate(invalid="ignore", divide="ignore"):
            self.ratio: Floats = np.where(values > 0, np.log(values), np.nan) - self.logs
        for (file, of), factor in slips.shift.items():
            if of == column:  # the file as a whole is off, its limits with it
                self.logs[self.file == file + 1] -= factor


def _note_unlike_others(
    block: _Block, groups: Groups, analyte: str, unit: str, findings: Findings, place: Place
) -> set[int]:
    """Limits a factor of units from the usual limit of the analyte; returns their files."""
    if len(block.rows) <= number("slip_least"):
        return set()
    kind = groups.kind[groups.site[block.rows]]
    usual = group_median(block.logs, kind, int(kind.max()) + 1)[kind]
    off = block.logs - usual
    told: set[int] = set()
    if np.abs(off).max() < log_factors().min() - number("limit_tolerance"):
        return told
    factor = nearest_factor(off, log_factors())
    strange = np.abs(off - factor) <= number("limit_tolerance")
    pairs = zip(block.file[strange].tolist(), factor[strange].tolist(), strict=True)
    for code, size in sorted(set(pairs)):
        here = strange & (block.file == code) & (factor == size)
        first = int(np.flatnonzero(here)[0])
        ratio = shown_ratio(float(np.median(off[here])))
        note_file(findings, "limits_unlike_others", place, int(block.rows[first]), block.column,
                  analyte=analyte, count=int(here.sum()), usual=f"{np.exp(usual[first]):.3g}",
                  unit=unit, ratio=ratio, factor=shown_factor(size))  # fmt: skip
        told.add(code)
    return told


def _note_unlike_values(
    block: _Block, analyte: str, told: set[int], findings: Findings, place: Place
) -> None:
    """Files whose values lie far below their limits, or further above than any method reaches."""
    known = np.isfinite(block.ratio)
    for code in sorted(set(block.file[known].tolist()) - told):
        here = known & (block.file == code)
        middle = float(np.median(block.ratio[here]))
        apart = not np.log(number("limit_ratio_low")) < middle < np.log(number("limit_ratio_high"))
        if here.sum() >= number("slip_least") and apart:
            first = int(block.rows[np.flatnonzero(here)[0]])
            note_file(findings, "limits_unlike_values", place, first, block.column,
                      analyte=analyte, count=int(here.sum()),
                      ratio=shown_ratio(middle))  # fmt: skip
