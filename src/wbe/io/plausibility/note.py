"""What no single cell can show: results, flows, people and names that do not fit together.

Called once for all samples of a read. Nothing is changed or left out: every finding is a flag that
says what looks wrong, by how much, and what would explain it. Thresholds: ``thresholds.csv``.
"""

from __future__ import annotations

import xarray as xr

from wbe.findings import Findings
from wbe.io.identifiers import note_identifiers
from wbe.io.plausibility.ceilings import note_ceilings
from wbe.io.plausibility.conflicts import note_conflicts
from wbe.io.plausibility.copies import note_copies
from wbe.io.plausibility.groups import Place, groups_of
from wbe.io.plausibility.limits import note_limits
from wbe.io.plausibility.loads import note_loads
from wbe.io.plausibility.units import note_units
from wbe.io.plausibility.water import note_water


def note_plausibility(samples: xr.Dataset, findings: Findings, place: Place) -> None:
    """Note what does not fit together in the samples of a read.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        See `wbe.schema`.
    findings : Findings
        Receives what is noticed.
    place : callable
        Where a sample or result stands, for example from
        `wbe.io.plausibility.places.places_of`.
    """
    if not samples.sizes["sample"] or not samples.sizes["analyte"]:
        return
    groups = groups_of(samples)
    slips = note_units(samples, groups, findings, place)
    note_limits(samples, groups, slips, findings, place)
    note_loads(samples, groups, findings, place)
    told = note_water(samples, groups, findings, place)
    note_ceilings(samples, groups, slips, told, findings, place)
    note_conflicts(samples, groups, told, findings, place)
    note_copies(samples, groups, findings, place)
    note_identifiers(samples, groups, findings, place)
