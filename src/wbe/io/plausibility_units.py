"""Findings about units of results: one result, one site or one file that is a factor off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility_groups import (
    Floats,
    Groups,
    Ints,
    Place,
    group_median,
    note,
    note_file,
    shown_factor,
    shown_ratio,
)
from wbe.io.plausibility_slips import file_shifts, result_slips, site_shifts
from wbe.schema import QUANTITIES
from wbe.thresholds import number

_Shifts = dict[tuple[int, float], list[tuple[str, float, int]]]


@dataclass
class Slips:
    """What was found in the results of one quantity.

    Attributes
    ----------
    files : dict of (file, log factor) to list of (analyte, log ratio, row)
        Files that are a factor off, and by which analytes that shows.
    sites : dict of (site, log factor) to list of (analyte, log ratio, row)
        Sites that are a factor off.
    assessed : dict of int to int
        Number of analytes by which each site could be compared.
    shift : dict of (file, analyte) to float
        Log factor that files are off, by the position of the analyte.
    results : set of (int, int)
        Rows and analytes of single slips.
    """

    files: _Shifts = field(default_factory=lambda: defaultdict(list))
    sites: _Shifts = field(default_factory=lambda: defaultdict(list))
    assessed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    shift: dict[tuple[int, int], float] = field(default_factory=dict)
    results: set[tuple[int, int]] = field(default_factory=set)


def note_units(samples: xr.Dataset, groups: Groups, findings: Findings, place: Place) -> Slips:
    """Note results, sites and files that lie a factor of units from the others.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note_plausibility`.

    Returns
    -------
    Slips
        Of the concentrations, for the checks that need to know.
    """
    found = {}
    for quantity in QUANTITIES:
        if quantity in samples:
            found[quantity] = _slips(samples, quantity, groups, findings, place)
            _note_files(found[quantity], findings, place)
            _note_sites(groups, found[quantity], findings, place)
    return found.get("concentration", Slips())


def _slips(
    samples: xr.Dataset, quantity: str, groups: Groups, findings: Findings, place: Place
) -> Slips:
    slips = Slips()
    values, files = samples[quantity].values, samples["source_file"].values
    for column, analyte in enumerate(samples["analyte"].values.tolist()):
        rows = np.flatnonzero(values[:, column] > 0)
        if len(rows) <= number("slip_least"):
            continue
        logs, site = np.log(values[rows, column]), groups.site[rows]
        file = files[rows, column].astype(np.int64) + 1
        for code, (ratio, factor) in file_shifts(logs, site, file).items():
            first = int(rows[file == code][0])
            slips.files[code, factor].append((analyte, ratio, first))
            slips.shift[code - 1, column] = factor
            logs[file == code] -= factor
        level = group_median(logs, site, len(groups.names))
        _compare_sites(slips, groups, analyte, rows, level, site)
        deviation, factor_of = result_slips(logs, site, level)
        for i in np.flatnonzero(factor_of).tolist():
            row = int(rows[i])
            slips.results.add((row, column))
            value = float(values[row, column])
            note(findings, "unit_slip_suspected", place, row, column, value=f"{value:g}",
                 analyte=analyte, unit=QUANTITIES[quantity], ratio=shown_ratio(deviation[i]),
                 median=f"{np.exp(logs[i] - deviation[i]):.3g}",
                 factor=shown_factor(factor_of[i]))  # fmt: skip
    return slips


def _compare_sites(
    slips: Slips, groups: Groups, analyte: str, rows: Ints, level: Floats, site: Ints
) -> None:
    few = np.bincount(site, minlength=len(level)) < number("slip_least")
    deviation, factor = site_shifts(np.where(few, np.nan, level), groups.kind)
    for code in np.flatnonzero(np.isfinite(deviation)).tolist():
        slips.assessed[code] += 1
        if factor[code]:
            first = int(rows[site == code][0])
            slips.sites[code, float(factor[code])].append((analyte, float(deviation[code]), first))


def _note_files(slips: Slips, findings: Findings, place: Place) -> None:
    for (_, factor), shown in sorted(slips.files.items()):
        analytes, ratios, rows = zip(*shown, strict=True)
        ratio = shown_ratio(float(np.median(ratios)))
        note_file(findings, "file_unit_suspected", place, rows[0], analyte=", ".join(analytes),
                  ratio=ratio, factor=shown_factor(factor))  # fmt: skip


def _note_sites(groups: Groups, slips: Slips, findings: Findings, place: Place) -> None:
    """A site is off if most of its analytes are: one alone may really be so high."""
    for (code, factor), shown in sorted(slips.sites.items()):
        if 2 * len(shown) < slips.assessed[code]:
            continue
        analytes, ratios, rows = zip(*shown, strict=True)
        name = str(groups.names[code])
        note_file(findings, "site_unit_suspected", place, rows[0], site=name, value=name,
                  analyte=", ".join(analytes), ratio=shown_ratio(float(np.median(ratios))),
                  factor=shown_factor(factor))  # fmt: skip
