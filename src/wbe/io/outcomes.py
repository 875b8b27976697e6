"""What a cell of results amounts to: a value, a bound, or a reason why there is neither.

Every distinct text is read once; what follows from it for the cells that hold it is decided for
all of them together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wbe import names
from wbe.errors import UnitError
from wbe.io.cells import Reading, read_result
from wbe.io.columns import Figures
from wbe.io.entries import Entries, Limits
from wbe.schema import STATUSES
from wbe.units import normalise

CODE = {status: code for code, status in enumerate(STATUSES)}
"""Number of each status in arrays of results."""
_NO_VALUE = {"blank": "not_measured", "dash": "not_measured", "missing": "missing",
             "not_taken": "missing", "above": "above_range"}  # fmt: skip
_UNSETTLED = -1


@dataclass
class Readings:
    """What the cells of some entries say.

    Attributes
    ----------
    known : list of Reading
        One for each distinct text that is no plain number.
    entry, which : ndarray of int
        Entries with such a text, ascending, and which of `known` it is.
    """

    known: list[Reading]
    entry: np.ndarray
    which: np.ndarray

    @classmethod
    def of(cls, figures: Figures) -> Readings:
        """Read every distinct odd text of a column once."""
        known = [read_result(text) for text in figures.odd.known]
        return cls(known, *figures.odd_cells())

    def where(self, marked: list[bool]) -> np.ndarray:
        """Entries whose reading is marked."""
        if not any(marked):
            return np.zeros(0, dtype=np.int64)
        return self.entry[np.array(marked, dtype=bool)[self.which]]

    def of_kind(self, *kinds: str) -> np.ndarray:
        """Entries whose reading is of one of some kinds."""
        return self.where([reading.kind in kinds for reading in self.known])

    def values(self) -> np.ndarray:
        """ndarray: the value of each of `entry`."""
        return np.array([r.value for r in self.known] or [0.0])[self.which]


def limits_beside(entries: Entries, limit: str) -> np.ndarray:
    """Limits that stand in columns of their own.

    Parameters
    ----------
    entries : Entries
        Its body's findings receive what is noticed.
    limit : str
        ``lod`` or ``loq``.

    Returns
    -------
    ndarray (entry,)
        In the unit of the row; NaN where none is stated.
    """
    beside = entries.limits.get(limit)
    if beside is None:
        return np.full(len(entries), math.nan)
    read = Readings.of(beside.figures)
    values = beside.figures.values
    refused = np.zeros(len(entries), dtype=bool)
    if len(read.entry):
        rules = [_limit_rule(reading) for reading in read.known]
        good = np.array([r.value if not rule else math.nan
                         for r, rule in zip(read.known, rules, strict=True)])  # fmt: skip
        values[read.entry] = good[read.which]
        for rule in sorted(set(rules) - {""}):
            wrong = read.where([one == rule for one in rules])
            entries.note_limit(rule, wrong, limit)
            refused[wrong] = True
    zero = np.flatnonzero(values == 0)
    entries.note_limit("limit_not_positive", zero, limit)
    values[zero] = math.nan
    other = np.flatnonzero(_in_other_unit(entries, beside) & ~np.isnan(values) & ~refused)
    entries.note_limit("limit_unit_differs", other, limit)
    values[other] = math.nan
    return values


def _limit_rule(reading: Reading) -> str:
    """The rule that refuses a cell of limits; "" for a limit or a blank."""
    if reading.kind == "bad":
        return reading.rule
    if reading.kind == "number":
        if reading.value <= 0:
            return "limit_not_positive"
        return "limit_unit_differs" if reading.unit else ""
    stated = reading.kind == "nondetect" and not math.isnan(reading.value)  # "<0.5" says 0.5
    return (
        "not_a_number" if reading.kind in ("nondetect", "above", "not_taken") and not stated else ""
    )


def _in_other_unit(entries: Entries, beside: Limits) -> np.ndarray:
    """Whether a limit's header states another unit than its value has."""
    differs = np.array(
        [[_other_unit(c.unit, unit) for unit in entries.units] for c in beside.columns], dtype=bool
    )
    if not differs.any():
        return np.zeros(len(entries), dtype=bool)
    return differs[beside.column, entries.unit] & (beside.column >= 0)


def _other_unit(limit_unit: str, value_unit: str) -> bool:
    if not limit_unit or not value_unit:
        return False
    try:
        return normalise(limit_unit) != normalise(value_unit)
    except UnitError:
        return limit_unit != value_unit


@dataclass
class Settled:
    """Values, limits and statuses of entries, in the unit of their row.

    Attributes
    ----------
    value, lod, loq : ndarray (entry,)
    status : ndarray of int (entry,)
        Code of the status, see `CODE`.
    """

    value: np.ndarray
    lod: np.ndarray
    loq: np.ndarray
    status: np.ndarray

    def part(self, here: slice) -> Settled:
        """Some of the entries; changing them changes these."""
        return Settled(self.value[here], self.lod[here], self.loq[here], self.status[here])


def settle(entries: Entries, read: Readings, found: Settled) -> None:
    """Decide value, limits and status of each entry.

    Parameters
    ----------
    entries : Entries
        Its body's findings receive what is noticed.
    read : Readings
        What each cell says.
    found : Settled
        Values and limits as stated; changed in place.
    """
    status = found.status
    status[:] = _UNSETTLED
    stated = _stated_status(entries)
    _note_flags(entries, read)
    broken = _broken(entries)
    status[broken] = CODE["rejected"]
    _refuse_bad(entries, read, status)
    _refuse_contradicting(entries, read, found, stated)
    below = (stated == CODE["below_lod"]) | (stated == CODE["below_loq"])
    _settle_nondetects(entries, read, found, stated, below & (status == _UNSETTLED))
    for word in ("missing", "not_measured", "rejected", "above_range"):
        status[(stated == CODE[word]) & (status == _UNSETTLED)] = CODE[word]
    _settle_absent(entries, read, found, stated)
    _settle_zeros(entries, found)
    status[status == _UNSETTLED] = CODE["quantified"]
    found.value[status != CODE["quantified"]] = math.nan
    _note_order(entries, found)


def _note_flags(entries: Entries, read: Readings) -> None:
    for flag in sorted({flag for reading in read.known for flag in reading.flags}):
        marked = [flag in reading.flags for reading in read.known]
        chosen = np.array(marked, dtype=bool)[read.which]
        words = [f"{reading.value:g}" for reading in read.known]
        entries.note(flag, read.entry[chosen], read_as=(read.which[chosen], words))


def _broken(entries: Entries) -> np.ndarray:
    """Entries whose cell was refused when the sheet was read."""
    if not entries.body.broken:
        return np.zeros(0, dtype=np.int64)
    indexes = np.array([column.index for column in entries.columns])[entries.column]
    places = zip(entries.row.tolist(), indexes.tolist(), strict=True)
    return np.flatnonzero([place in entries.body.broken for place in places])


def _refuse_bad(entries: Entries, read: Readings, status: np.ndarray) -> None:
    for rule in sorted({reading.rule for reading in read.known if reading.kind == "bad"}):
        bad = read.where([reading.rule == rule for reading in read.known])
        bad = bad[status[bad] == _UNSETTLED]
        entries.note(rule, bad)
        status[bad] = CODE["rejected"]


def _refuse_contradicting(
    entries: Entries, read: Readings, found: Settled, stated: np.ndarray
) -> None:
    """Numbers above the limit that they lie below, as their status says."""
    by_lod, by_loq = stated == CODE["below_lod"], stated == CODE["below_loq"]
    chosen = (by_lod | by_loq) & (found.status == _UNSETTLED)
    if not chosen.any():
        return
    chosen[read.where([reading.kind != "number" for reading in read.known])] = False
    limit = np.where(by_lod & ~np.isnan(found.lod), found.lod, found.loq)
    with np.errstate(invalid="ignore"):
        above = chosen & (found.value > limit) & ~_same(found.value, limit)
    entries.note("status_contradicts", np.flatnonzero(above))
    found.status[above] = CODE["rejected"]


def _settle_nondetects(
    entries: Entries, read: Readings, found: Settled, stated: np.ndarray, below: np.ndarray
) -> None:
    """A non-detect: at the limit in the cell, else at the limit beside it, else at none known."""
    nondetect = read.of_kind("nondetect")
    nondetect = nondetect[found.status[nondetect] == _UNSETTLED]
    chosen = below.copy()
    chosen[nondetect] = True
    if not chosen.any():
        return
    by_lod = stated == CODE["below_lod"]
    for limit in ("lod", "loq"):
        said = read.where([r.kind == "nondetect" and r.limit == limit for r in read.known])
        by_lod[said] = limit == "lod"
    without = np.zeros(len(entries), dtype=bool)
    without[read.of_kind("blank", "dash", "missing", "not_taken", "above", "bad")] = True
    at = np.flatnonzero(chosen)
    own = np.where(without[at], math.nan, found.value[at])
    _censor(entries, found, at, by_lod[at], own)


def _censor(
    entries: Entries, found: Settled, at: np.ndarray, by_lod: np.ndarray, own: np.ndarray
) -> None:
    """Limits and status of non-detects `at`, whose cells state the limits `own` or none."""
    lod, loq = found.lod[at], found.loq[at]
    with np.errstate(invalid="ignore"):
        states = own > 0
        by_lod = by_lod | (states & ~by_lod & _same(own, lod))
        beside = np.where(by_lod, lod, loq)
        differs = states & ~np.isnan(beside) & ~_same(own, beside)
    entries.note("limit_differs", at[differs], beside=_figures(beside[differs]),
                 used=_figures(own[differs]))  # fmt: skip
    lod[states & by_lod], loq[states & ~by_lod] = own[states & by_lod], own[states & ~by_lod]
    with np.errstate(invalid="ignore"):
        crossed = states & (lod > loq)  # the limit beside belongs to another run
    loq[crossed & by_lod], lod[crossed & ~by_lod] = math.nan, math.nan
    higher = ~states & by_lod & np.isnan(lod) & ~np.isnan(loq)
    by_lod = by_lod & ~higher  # not found, and only the higher limit is stated
    known = np.where(by_lod, lod, loq)
    code = np.where(by_lod, CODE["below_lod"], CODE["below_loq"])
    found.lod[at], found.loq[at], found.status[at] = lod, loq, code
    without = np.isnan(known)
    entries.note("limit_missing", at[without])
    entries.note(
        "read_as_nondetect", at[~without], limit=_figures(known[~without]),
        status=(by_lod[~without].astype(np.int8), ["below_loq", "below_lod"]),
    )  # fmt: skip


def _figures(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Numbers as texts: for each which, and the texts."""
    distinct, which = np.unique(values, return_inverse=True)
    return which.astype(np.min_scalar_type(len(distinct))), [f"{value:g}" for value in distinct]


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b) <= 1e-9 * np.maximum(np.abs(a), np.abs(b))


def _settle_absent(entries: Entries, read: Readings, found: Settled, stated: np.ndarray) -> None:
    """Cells that hold no number: blank, a dash, ``NA``, not taken, above the range."""
    status = found.status
    blank = read.of_kind("blank")
    blank = blank[status[blank] == _UNSETTLED]
    if not entries.long:
        blank = blank[stated[blank] == CODE["quantified"]]
    entries.note("value_blank", blank)
    status[blank] = CODE["rejected"]
    for kind, word in _NO_VALUE.items():
        here = read.of_kind(kind)
        status[here[status[here] == _UNSETTLED]] = CODE[word]


def _settle_zeros(entries: Entries, found: Settled) -> None:
    zero = (found.value == 0) & (found.status == _UNSETTLED)
    if not zero.any():
        return
    with_lod = ~np.isnan(found.lod)
    with_loq = ~with_lod & ~np.isnan(found.loq)
    for rule, chosen, word in (
        ("zero_below_lod", zero & with_lod, "below_lod"),
        ("zero_below_loq", zero & with_loq, "below_loq"),
        ("zero_limit_unknown", zero & ~with_lod & ~with_loq, "below_loq"),
    ):
        entries.note(rule, np.flatnonzero(chosen))
        found.status[chosen] = CODE[word]


def _stated_status(entries: Entries) -> np.ndarray:
    """Code of the status that a long table states for each entry; -1 where it states none."""
    texts = entries.body.of_results("status") if entries.long else None
    column = entries.body.header.column("status")
    if texts is None or column is None:
        return np.full(len(entries), _UNSETTLED, dtype=np.int8)
    known = [names.resolve("status", text) if text else "" for text in texts.known]
    codes = texts.codes[entries.row]
    unknown = np.array([status is None for status in known], dtype=bool)[codes]
    entries.body.note_rows(
        "status_unknown", entries.row[unknown], column, choices=", ".join(names.ids("status")),
        value=(codes[unknown], texts.known),
    )  # fmt: skip
    numbers = np.array([CODE.get(status or "", _UNSETTLED) for status in known], dtype=np.int8)
    return numbers[codes]


def _note_order(entries: Entries, found: Settled) -> None:
    """Numbers below their limits are flagged; limits that contradict each other are refused."""
    value, lod, loq = found.value, found.lod, found.loq
    with np.errstate(invalid="ignore"):
        crossed, under_lod = lod > loq, value < lod
        under_loq = (value < loq) & ~under_lod
    for rule, mask in (("lod_above_loq", crossed), ("value_below_lod", under_lod),
                       ("value_below_loq", under_loq)):  # fmt: skip
        at = np.flatnonzero(mask)
        entries.note(rule, at, lod=_figures(lod[at]), loq=_figures(loq[at]))
    found.status[crossed] = CODE["rejected"]
