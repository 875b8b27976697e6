"""What no single cell can show: results, flows, people and names that do not fit together.

Called once for all samples of a read. Nothing is changed or left out: every finding is a flag that
says what looks wrong, by how much, and what would explain it. Thresholds: ``thresholds.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.identifiers import note_identifiers
from wbe.io.plausibility_conflicts import note_conflicts
from wbe.io.plausibility_copies import note_copies
from wbe.io.plausibility_groups import Place, groups_of
from wbe.io.plausibility_limits import note_limits
from wbe.io.plausibility_loads import note_loads
from wbe.io.plausibility_units import note_units
from wbe.io.plausibility_water import note_water


def note_plausibility(samples: xr.Dataset, findings: Findings, place: Place) -> None:
    """Note what does not fit together in the samples of a read.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        See `wbe.schema`.
    findings : Findings
        Receives what is noticed.
    place : callable
        ``place(row, column)`` returns where a result stands, ``place(row, None)`` where a sample
        does: a mapping of arguments of `Findings.add` (``file``, ``sheet``, ``line``,
        ``sample_id``, ``site``), for example from `places_of`.
    """
    if not samples.sizes["sample"] or not samples.sizes["analyte"]:
        return
    groups = groups_of(samples)
    slips = note_units(samples, groups, findings, place)
    note_limits(samples, groups, slips, findings, place)
    note_loads(samples, groups, findings, place)
    told = note_water(samples, groups, findings, place)
    note_conflicts(samples, groups, told, findings, place)
    note_copies(samples, groups, findings, place)
    note_identifiers(samples, groups, findings, place)


def places_of(samples: xr.Dataset) -> Place:
    """Places of samples and results from ``source_file`` and ``source_line``.

    Parameters
    ----------
    samples : Dataset (sample, analyte)

    Returns
    -------
    callable
        The `place` of `note_plausibility`; a sample stands where the first of its results does.
    """
    files, lines = samples["source_file"].values, samples["source_line"].values
    ids, sites = samples["sample"].values, samples["site"].values
    names = [str(file["name"]) for file in samples.attrs.get("files", [])]

    def place(row: int, column: int | None = None) -> Mapping[str, Any]:
        where: dict[str, Any] = {"sample_id": str(ids[row]), "site": str(sites[row])}
        if column is None:
            known = np.flatnonzero(files[row] >= 0)
            column = int(known[np.argmin(lines[row][known])]) if len(known) else None
        if column is not None and 0 <= files[row, column] < len(names):
            where["file"] = names[files[row, column]]
            where["line"] = int(lines[row, column]) if lines[row, column] >= 0 else None
        return where

    return place
