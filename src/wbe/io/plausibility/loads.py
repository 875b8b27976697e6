"""Concentrations that are loads in truth, and loads that contradict their concentrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import (
    Floats,
    Groups,
    Place,
    group_median,
    note_file,
    shown_ratio,
)
from wbe.thresholds import number, numbers

MG_PER_DAY = 1e-3
"""ng/L times m^3/day, in mg/day."""
_SAME = 1e-9


def note_loads(samples: xr.Dataset, groups: Groups, findings: Findings, place: Place) -> None:
    """Note columns of concentrations that behave as loads, and loads that do not fit.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.
    """
    flow = samples["flow"].values
    with np.errstate(invalid="ignore"):
        factor = flow * MG_PER_DAY
        stated = {"load": factor, "pn_load": factor / samples["population"].values * 1000}
    known = np.flatnonzero(flow > 0)
    usual = group_median(flow[known], groups.site[known], len(groups.names))
    for column, analyte in enumerate(samples["analyte"].values.tolist()):
        values = samples["concentration"].values[:, column]
        for name, scale in stated.items():
            if name in samples:
                loads = samples[name].values[:, column]
                for rule, row, words in _contradictions(values, loads, scale):
                    line = place(row, column).get("line") if rule == "load_contradicts" else None
                    note_file(findings, rule, place, row, column, analyte=analyte, line=line,
                              **words)  # fmt: skip
        for row, words in _following(values, usual, groups):
            note_file(findings, "concentration_follows_flow", place, row, column, analyte=analyte,
                      **words)  # fmt: skip


def _contradictions(
    values: Floats, loads: Floats, scale: Floats
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Rule, first row and words: loads that repeat the concentrations, or are not their product."""
    rows = np.flatnonzero((values > 0) & (loads > 0))
    if not len(rows):
        return
    same = np.abs(loads[rows] / values[rows] - 1) <= _SAME
    if same.mean() > 0.5 and len(rows) >= number("slip_least"):
        yield "concentration_repeats_load", int(rows[0]), {"count": int(same.sum())}
        return
    with np.errstate(invalid="ignore"):
        off = np.log(loads[rows] / (values[rows] * scale[rows]))
        wrong = np.abs(off) > np.log1p(number("load_share"))
    if wrong.any():
        ratio = shown_ratio(float(np.median(off[wrong])))
        first = int(rows[np.flatnonzero(wrong)[0]])
        yield "load_contradicts", first, {"count": int(wrong.sum()), "ratio": ratio}


def _following(
    values: Floats, flow: Floats, groups: Groups
) -> Iterator[tuple[int, dict[str, Any]]]:
    """First row and words for each matrix whose sites have levels in proportion to their flows."""
    rows = np.flatnonzero((values > 0) & (flow[groups.site] > 0))
    sites = np.unique(groups.site[rows])
    if len(sites) < number("load_sites"):
        return
    level = group_median(np.log(values[rows]), groups.site[rows], len(flow))
    low, high = numbers("load_slope")
    for matrix in np.unique(groups.kind[sites]).tolist():
        here = sites[groups.kind[sites] == matrix]
        slope, z = following(level[here], np.log(flow[here]))
        if z > number("load_z") and low <= slope <= high:
            yield int(rows[0]), {"count": len(here), "slope": f"{slope:.2f}"}


def following(level: Floats, flow: Floats) -> tuple[float, float]:
    """How the level of sites follows their flow.

    Parameters
    ----------
    level, flow : ndarray (site,)
        Logarithms of the usual result and of the usual flow of each site.

    Returns
    -------
    slope : float
        Of log result on log flow; 1 for a load, 0 for a concentration.
    z : float
        Fisher's z of their correlation in units of its standard deviation; 0 for too few sites.
    """
    if len(level) < number("load_sites") or np.ptp(level) == 0 or np.ptp(flow) == 0:
        return 0.0, 0.0
    x, y = flow - flow.mean(), level - level.mean()
    r = float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) * np.sqrt(len(x) - 3)
    return float((x * y).sum() / (x * x).sum()), float(z)
