"""Findings about units of results: one result, one site or one file that is a factor off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import (
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
from wbe.io.plausibility.slips import file_shifts, result_slips, site_shifts
from wbe.schema import QUANTITIES
from wbe.thresholds import number

_Shifts = dict[tuple[int, float], list[tuple[int, float, int]]]


@dataclass
class Slips:
    """What was found in the results of one quantity.

    Attributes
    ----------
    files : dict of (file, log factor) to list of (position of the analyte, log ratio, row)
        Files that are a factor off, and by which analytes that shows.
    sites : dict of (site, log factor) to list of (position of the analyte, log ratio, row)
        Sites at which some analyte is a factor off.
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

    @property
    def sites_off(self) -> _Shifts:
        """Sites with most of their analytes off: one alone may really be so high."""
        return {
            key: shown for key, shown in sorted(self.sites.items())
            if 2 * len(shown) >= self.assessed[key[0]]
        }  # fmt: skip

    @cached_property
    def _results_of_sites(self) -> set[tuple[int, int]]:
        return {
            (site, column) for (site, _), shown in self.sites_off.items() for column, _, _ in shown
        }

    def tells(self, row: int, column: int, file: int, site: int) -> bool:
        """Whether a finding about a result, its file or its site speaks of a result."""
        return (
            (row, column) in self.results
            or (file, column) in self.shift
            or (site, column) in self._results_of_sites
        )


def note_units(
    samples: xr.Dataset, groups: Groups, findings: Findings, place: Place
) -> dict[str, Slips]:
    """Note results, sites and files that lie a factor of units from the others.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.

    Returns
    -------
    dict of str to Slips
        By quantity, for the checks that need to know.
    """
    found = {}
    analytes = samples["analyte"].values.tolist()
    for quantity in QUANTITIES:
        if quantity in samples:
            found[quantity] = _slips(samples, quantity, groups, findings, place)
            _note_files(found[quantity], analytes, findings, place)
            _note_sites(found[quantity], analytes, groups, findings, place)
    return found


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
            slips.files[code, factor].append((column, ratio, first))
            slips.shift[code - 1, column] = factor
            logs[file == code] -= factor
        level = group_median(logs, site, len(groups.names))
        _compare_sites(slips, groups, column, rows, level, site)
        deviation, factor_of = result_slips(logs, site, level)
        for i in np.flatnonzero(factor_of).tolist():
            row = int(rows[i])
            slips.results.add((row, column))
            value = float(values[row, column])
            note(findings, "unit_slip_suspected", place, row, column, column=quantity,
                 value=f"{value:g}",
                 analyte=analyte, unit=QUANTITIES[quantity], ratio=shown_ratio(deviation[i]),
                 median=f"{np.exp(logs[i] - deviation[i]):.3g}",
                 factor=shown_factor(factor_of[i]))  # fmt: skip
    return slips


def _compare_sites(
    slips: Slips, groups: Groups, column: int, rows: Ints, level: Floats, site: Ints
) -> None:
    few = np.bincount(site, minlength=len(level)) < number("slip_least")
    deviation, factor = site_shifts(np.where(few, np.nan, level), groups.kind)
    for code in np.flatnonzero(np.isfinite(deviation)).tolist():
        slips.assessed[code] += 1
        if factor[code]:
            first = int(rows[site == code][0])
            slips.sites[code, float(factor[code])].append((column, float(deviation[code]), first))


def _note_files(slips: Slips, analytes: list[str], findings: Findings, place: Place) -> None:
    for (_, factor), shown in sorted(slips.files.items()):
        _note_shift("file_unit_suspected", shown, factor, analytes, findings, place)


def _note_sites(
    slips: Slips, analytes: list[str], groups: Groups, findings: Findings, place: Place
) -> None:
    for (code, factor), shown in slips.sites_off.items():
        name = str(groups.names[code])
        _note_shift("site_unit_suspected", shown, factor, analytes, findings, place, site=name,
                    value=name)  # fmt: skip


def _note_shift(
    rule: str, shown: list[tuple[int, float, int]], factor: float, analytes: list[str],
    findings: Findings, place: Place, **more: str,
) -> None:  # fmt: skip
    """One finding about all analytes of a file or site that are off by one factor."""
    columns, ratios, rows = zip(*shown, strict=True)
    note_file(findings, rule, place, rows[0], columns[0],
              analyte=", ".join(analytes[column] for column in columns),
              ratio=shown_ratio(float(np.median(ratios))), factor=shown_factor(factor),
              **more)  # fmt: skip
