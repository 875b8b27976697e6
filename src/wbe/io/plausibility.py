"""What no single cell can show: results, flows, people and names that do not fit together.

Called once for all samples of a read. Nothing is changed or left out: every finding is a flag that
says what looks wrong, by how much, and what would explain it. Thresholds: ``thresholds.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from wbe.io.results import SOLIDS


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


@dataclass(frozen=True)
class Origin:
    """A table that results were read from.

    Attributes
    ----------
    file : int
        Index into ``attrs["files"]``.
    sheet : str
        Name of the sheet; "" in a text file.
    letters : mapping of (str, str) to str
        Analyte and solid matrix ("" for liquids) to the letters of the column with its results;
        empty in a text file. The analyte "" is any that is not listed.
    """

    file: int
    sheet: str = ""
    letters: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def column_of(self, analyte: str, matrix: str) -> str:
        """Letters of the column that holds a result; "" where it has no address."""
        solid = matrix if matrix in SOLIDS else ""
        keys = ((analyte, solid), (analyte, ""), ("", ""))
        return next((self.letters[key] for key in keys if key in self.letters), "")


def places_of(
    samples: xr.Dataset, origins: Sequence[Origin] = (), origin: np.ndarray | None = None
) -> Place:
    """Places of samples and results from ``source_file`` and ``source_line``.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    origins : sequence of Origin
        Tables that were read, where more than the file is known of them.
    origin : ndarray of int (sample, analyte), optional
        Number of each result's table in `origins`; -1 for none.

    Returns
    -------
    callable
        The `place` of `note_plausibility`; a sample stands where the first of its results does.
    """
    files, lines = samples["source_file"].values, samples["source_line"].values
    ids, sites = samples["sample"].values, samples["site"].values
    analytes, matrices = samples["analyte"].values, samples["matrix"].values
    names = [str(file["name"]) for file in samples.attrs.get("files", [])]

    def place(row: int, column: int | None = None) -> Mapping[str, Any]:
        where: dict[str, Any] = {"sample_id": str(ids[row]), "site": str(sites[row])}
        of_result = column is not None
        if column is None:
            read = np.flatnonzero(files[row] >= 0)
            column = int(read[np.argmin(lines[row][read])]) if len(read) else None
        if column is None or not 0 <= files[row, column] < len(names):
            return where
        line = int(lines[row, column])
        where |= {"file": names[files[row, column]], "line": line if line >= 0 else None}
        if origin is not None and 0 <= origin[row, column] < len(origins):
            table = origins[origin[row, column]]
            letters = table.column_of(str(analytes[column]), str(matrices[row]))
            known = of_result and letters and line >= 0
            where |= {"sheet": table.sheet, "cell": f"{letters}{line}" if known else ""}
        return where

    return place
