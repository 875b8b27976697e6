"""Statements that contradict each other: flows and populations of one day, of two files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import (
    NO_DAY,
    Floats,
    Groups,
    Ints,
    Place,
    codes_of,
    group_median,
    note,
    shown_ratio,
)
from wbe.thresholds import number

_MOMENTARY = ("grab", "passive")
_SHOWN = 4  # values named in one message


def note_conflicts(
    samples: xr.Dataset, groups: Groups, told: Ints, findings: Findings, place: Place
) -> None:
    """Note flows and populations that two samples of one site and day, or two files, state apart.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    told : ndarray of int
        Samples whose flow or population was told already.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.
    """
    basis, _ = codes_of(samples["population_basis"].values)
    steady = ~np.isin(samples["mode"].values, _MOMENTARY)
    flow = np.where(steady, samples["flow"].values, np.nan)
    people = samples["population"].values.copy()
    flow[told] = people[told] = np.nan
    shared = _shared_days(groups)
    _note_apart("flow_conflict", flow, shared, samples, findings, place)
    of_basis = np.where(shared < 0, -1, shared * (int(basis.max()) + 1) + basis)
    apart = _note_apart("population_conflict", people, of_basis, samples, findings, place)
    people[np.isin(groups.site, groups.site[apart])] = np.nan
    of_basis = groups.site * (int(basis.max()) + 1) + basis
    _note_jumps(people, of_basis, groups, findings, place)
    _note_constant_flow(flow, groups, findings, place)


def _shared_days(groups: Groups) -> Ints:
    """A code for every site and day with several samples; -1 for all other samples."""
    code = np.full(len(groups.site), -1, dtype=np.int64)
    rows = np.flatnonzero(groups.day != NO_DAY)
    if len(rows):
        day = groups.day[rows] - groups.day[rows].min()
        pair, distinct = pd.factorize(groups.site[rows] * (int(day.max()) + 1) + day)
        if len(distinct) < len(rows):
            several = np.bincount(pair)[pair] > 1
            code[rows[several]] = pair[several]
    return code


def _range(values: Floats, code: Ints) -> tuple[Floats, Floats, Ints]:
    """Lowest and highest value and count of each group; negative codes belong to none."""
    used = np.isfinite(values) & (code >= 0)
    n = int(code.max()) + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, code[used], values[used])
    np.maximum.at(high, code[used], values[used])
    return low, high, np.bincount(code[used], minlength=n)


def _note_apart(
    rule: str, values: Floats, code: Ints, samples: xr.Dataset, findings: Findings, place: Place
) -> Ints:
    """One finding for each group whose values differ, at its rarest; returns those samples."""
    if not (np.isfinite(values) & (code >= 0)).any():
        return np.zeros(0, np.int64)
    low, high, count = _range(values, code)
    with np.errstate(invalid="ignore"):
        apart = (count > 1) & (high > low * (1 + number("conflict_share")))
    told = []
    ids = samples["sample"].values
    members = np.flatnonzero(apart[np.maximum(code, 0)] & (code >= 0) & np.isfinite(values))
    for group in np.unique(code[members]).tolist():
        rows = members[code[members] == group]
        shown = values[rows]
        rarity = np.array([(shown == value).sum() for value in shown])
        row = int(rows[np.flatnonzero(rarity == rarity.min())[-1]])
        stated = [f"{v:.10g} ({i})" for v, i in zip(shown, ids[rows], strict=True)]
        more = ["…"] if len(stated) > _SHOWN else []
        note(findings, rule, place, row, column=rule.partition("_")[0],
             value=f"{values[row]:.10g}", values="; ".join(stated[:_SHOWN] + more),
             day=str(samples["time"].values[row])[:10])  # fmt: skip
        told += rows.tolist()
    return np.array(told, dtype=np.int64)


def _note_jumps(
    people: Floats, code: Ints, groups: Groups, findings: Findings, place: Place
) -> None:
    """Sites whose population is another in another file."""
    rows = np.flatnonzero((people > 0) & (groups.file >= 0))
    if not len(rows) or len(np.unique(groups.file[rows])) < 2:
        return
    width = int(groups.file.max()) + 1
    blocks, inverse = np.unique(code[rows] * width + groups.file[rows], return_inverse=True)
    level = group_median(people[rows], inverse, len(blocks))
    site = blocks // width
    low, high, count = _range(level, site)
    with np.errstate(invalid="ignore"):
        jump = (count > 1) & (high > low * number("population_jump"))
    for group in np.flatnonzero(jump).tolist():
        levels = {int(np.argmin(np.where(site == group, level, np.inf))),
                  int(np.argmax(np.where(site == group, level, -np.inf)))}  # fmt: skip
        # the file that comes later is the one to look at
        one, other = sorted(levels, key=lambda block: int(blocks[block] % width))
        here, there = (int(rows[np.flatnonzero(inverse == block)[0]]) for block in (other, one))
        note(findings, "population_jumps", place, here, column="population",
             value=f"{level[other]:.10g}", other=f"{level[one]:.10g}",
             other_file=str(place(there, None).get("file", "")),
             ratio=shown_ratio(float(np.log(level[other] / level[one]))))  # fmt: skip


def _note_constant_flow(flow: Floats, groups: Groups, findings: Findings, place: Place) -> None:
    """Sites with the same flow on every day."""
    rows = np.flatnonzero((flow > 0) & (groups.day != NO_DAY))
    if not len(rows):
        return
    low, high, _ = _range(flow[rows], groups.site[rows])
    for site in np.flatnonzero(low == high).tolist():
        here = rows[groups.site[rows] == site]
        days = len(np.unique(groups.day[here]))
        if days >= number("constant_days"):
            row = int(here[0])
            note(findings, "flow_constant", place, row, column="flow", value=f"{flow[row]:.10g}",
                 count=days)  # fmt: skip
