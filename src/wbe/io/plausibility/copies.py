"""Numbers that say too little: copied samples, one value again and again, mistaken names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from wbe.findings import Findings
from wbe.io.plausibility.groups import Floats, Groups, Ints, Place, first_of, note, note_file
from wbe.io.words import load
from wbe.schema import QUANTITIES
from wbe.thresholds import number

Flags = NDArray[np.bool_]
Marks = NDArray[np.uint64]

_SEED: Final = 20240229  # any: the fingerprints of a run are compared with each other only
_LOOKED_AT: Final = 50  # distinct values that tell how results are rounded
_DENSITY: Final = 0.8  # peak of a normal density with sd 0.5


def note_copies(samples: xr.Dataset, groups: Groups, findings: Findings, place: Place) -> None:
    """Note samples with the results of another, values that repeat, and analytes mistyped.

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
    for quantity in QUANTITIES:
        if quantity in samples:
            values = np.where(samples[quantity].values > 0, samples[quantity].values, 0.0)
            _note_samples(values, samples, groups, findings, place)
            _note_values(values, samples, QUANTITIES[quantity], findings, place)
    _note_lookalikes(samples, findings, place)


def fingerprints(values: Floats) -> Marks:
    """One number for the results of each sample; equal results give equal numbers.

    Parameters
    ----------
    values : ndarray (sample, analyte)
        0 where there is none.

    Returns
    -------
    ndarray (sample,) of uint64
        0 for a sample without results.
    """
    rng = np.random.default_rng(_SEED)
    odd: Marks = np.asarray(rng.integers(1, 2**62, (values.shape[1],), dtype=np.uint64))
    odd = odd * np.uint64(2) + np.uint64(1)
    bits = np.ascontiguousarray(values).view(np.uint64)
    total = np.zeros(len(values), dtype=np.uint64)
    for column in range(values.shape[1]):
        mixed = bits[:, column] * odd[column]
        total += mixed ^ (mixed >> np.uint64(31))
    return total


def _note_samples(
    values: Floats, samples: xr.Dataset, groups: Groups, findings: Findings, place: Place
) -> None:
    """Samples with exactly the results of an earlier one."""
    marks = pd.factorize(fingerprints(values))[0].astype(np.int64)
    found = (values > 0).sum(axis=1)
    when = samples["time"].values
    portion = pd.factorize(when)[0] * len(groups.names) + groups.site
    marks_there = marks * (int(portion.max()) + 1) + portion
    twins = _earlier(marks_there, (found > 0) & ~np.isnat(when))
    copies = _earlier(marks, found >= number("copy_analytes"))
    copies[twins >= 0] = -1
    for rule, earlier, least_digits in (
        ("sample_twice_suspected", twins, 3),
        ("sample_repeats_another", copies, number("copy_digits")),
    ):
        for row in np.flatnonzero(earlier >= 0).tolist():
            results = values[row][values[row] > 0].tolist()
            if sum(map(significant_digits, results)) >= least_digits:
                _note_pair(rule, row, int(earlier[row]), len(results), samples, findings, place)


def _earlier(code: Ints, looked_at: Flags) -> Ints:
    """The first sample with the same code, or -1 where there is none before."""
    earlier = np.full(len(code), -1, dtype=np.int64)
    rows = np.flatnonzero(looked_at)
    number_of, distinct = pd.factorize(code[rows])
    if len(distinct) < len(rows):
        first = first_of(number_of)[number_of]
        again = first != np.arange(len(rows))
        earlier[rows[again]] = rows[first[again]]
    return earlier


def _note_pair(
    rule: str, row: int, other: int, count: int, samples: xr.Dataset, findings: Findings,
    place: Place,
) -> None:  # fmt: skip
    ids = samples["sample"].values
    note(findings, rule, place, row, value=str(ids[row]), other=str(ids[other]), count=count,
         where=_shown(place(other, None)))  # fmt: skip


def _shown(where: Any) -> str:
    file, line = where.get("file", ""), where.get("line")
    return f"{file}:{line}" if line is not None else str(file)


def significant_digits(value: float) -> int:
    """Digits of a number that carry information: 120 has two, 0.0450 has two.

    Examples
    --------
    >>> significant_digits(120.0), significant_digits(12.05)
    (2, 4)
    """
    digits = f"{value:.10e}".partition("e")[0].replace(".", "").strip("0")
    return max(1, len(digits))


def _note_values(
    values: Floats, samples: xr.Dataset, unit: str, findings: Findings, place: Place
) -> None:
    """Values of one analyte that occur more often than rounding explains."""
    least = number("repeat_least")
    for column, analyte in enumerate(samples["analyte"].values.tolist()):
        results = values[:, column]
        results = results[results > 0]
        if len(results) < least:
            continue
        distinct, count = np.unique(results, return_counts=True)
        often = count >= least
        step = resolution(distinct[:: max(1, len(distinct) // _LOOKED_AT)].tolist())
        for value, times in zip(distinct[often].tolist(), count[often].tolist(), strict=True):
            chance = repeat_chance(times, len(results) * step(value))
            if chance * len(distinct) < number("repeat_chance"):
                row = int(np.flatnonzero(values[:, column] == value)[0])
                note_file(findings, "value_repeated", place, row, column, analyte=analyte,
                          unit=unit, value=f"{value:.10g}", count=times,
                          total=len(results))  # fmt: skip


def resolution(values: Sequence[float]) -> Callable[[float], float]:
    """How finely results are rounded, from some of them.

    Parameters
    ----------
    values : sequence of float
        Positive.

    Returns
    -------
    callable
        Value to the relative distance to its neighbour: that of the most digits or of the most
        decimals in use, whichever is wider.

    Examples
    --------
    >>> step = resolution([120.0, 1.25, 13.1])
    >>> step(120.0), step(1.0)
    (0.008333333333333333, 0.01)
    """
    digits = max(map(significant_digits, values))
    decimals = max(len(f"{value:.10g}".partition(".")[2]) for value in values)

    def step(value: float) -> float:
        exponent = math.floor(math.log10(value))
        return float(max(10.0 ** (exponent + 1 - digits), 10.0**-decimals) / value)

    return step


def repeat_chance(times: int, spaces: float) -> float:
    """Upper bound of the chance that so many results round to one value.

    Parameters
    ----------
    times : int
        Results with this value.
    spaces : float
        Number of all results times the relative distance between neighbouring values.

    Returns
    -------
    float
        Chernoff's bound for results with a log-sd of 0.5 whose peak lies at the value.
    """
    expected = spaces * _DENSITY
    if times <= expected:
        return 1.0
    return math.exp(min(0.0, times - expected + times * math.log(expected / times)))


def _note_lookalikes(samples: xr.Dataset, findings: Findings, place: Place) -> None:
    """An analyte that stands in a few samples, just where a similar one of all others is absent."""
    analytes = samples["analyte"].values.tolist()
    absent = samples["status"].values == "not_measured"
    for one, other in load("lookalikes")["pairs"]:
        if one in analytes and other in analytes:
            for rare, usual in ((one, other), (other, one)):
                columns = analytes.index(rare), analytes.index(usual)
                for row in mistyped(~absent[:, columns[0]], ~absent[:, columns[1]]).tolist():
                    note(findings, "analyte_lookalike", place, row, columns[0], column="analyte",
                         analyte=rare, value=rare, suggestions=usual)  # fmt: skip


def mistyped(rare: Flags, usual: Flags) -> Ints:
    """Samples in which a rare analyte stands where the usual one is missing.

    Parameters
    ----------
    rare, usual : ndarray (sample,) of bool
        Whether each of the two was measured.

    Returns
    -------
    ndarray of int
        All samples with the rare one, if they are few and none has both; else none.
    """
    programme = rare | usual
    few = rare.sum() <= max(1, number("lookalike_share") * programme.sum())
    if programme.sum() < number("lookalike_least") or not few or (rare & usual).any():
        return np.zeros(0, np.int64)
    return np.flatnonzero(rare)
