"""What a cell of results amounts to: a value, a bound, or a reason why there is neither."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wbe import names
from wbe.errors import UnitError
from wbe.io.cells import Reading, read_result
from wbe.io.entries import Entries
from wbe.io.rows import Body
from wbe.units import normalise

_NO_VALUE = {"blank": "not_measured", "dash": "not_measured", "missing": "missing",
             "not_taken": "missing", "above": "above_range"}  # fmt: skip


def limits_beside(body: Body, entries: Entries, limit: str) -> np.ndarray:
    """Limits that stand in columns of their own.

    Parameters
    ----------
    body : Body
    entries : Entries
    limit : str
        ``lod`` or ``loq``.

    Returns
    -------
    ndarray (entry,)
        In the unit of the row; NaN where none is stated.
    """
    values = np.full(len(entries.text), math.nan)
    if limit not in entries.limits:
        return values
    columns, texts = entries.limits[limit]
    for i, (column, text) in enumerate(zip(columns, texts, strict=True)):
        if column is None or not text:
            continue
        reading = read_result(text)
        rule = reading.rule if reading.kind == "bad" else ""
        if reading.kind == "number":
            rule = "" if reading.value > 0 else "limit_not_positive"
            rule = "limit_unit_differs" if reading.unit and not rule else rule
            values[i] = reading.value if not rule else math.nan
        elif reading.kind == "nondetect" and not math.isnan(reading.value):
            values[i] = reading.value  # "<0.5" in a column of limits says 0.5
        elif reading.kind in ("nondetect", "above", "not_taken"):
            rule = "not_a_number"
        if not rule and _other_unit(column.unit, entries.unit[i]):
            rule = "limit_unit_differs"
        position = int(entries.row[i])
        if rule:
            body.note(rule, position, column, analyte=entries.analyte[i])
            values[i] = math.nan
    return values


def _other_unit(limit_unit: str, value_unit: str) -> bool:
    """Whether a limit's header states another unit than its value has."""
    if not limit_unit or not value_unit:
        return False
    try:
        return normalise(limit_unit) != normalise(value_unit)
    except UnitError:
        return limit_unit != value_unit


def settle(body: Body, entries: Entries, table: pd.DataFrame, read: list[Reading]) -> list[str]:
    """Decide value, limits and status of each entry, in the unit of its row.

    Parameters
    ----------
    body : Body
        Its findings receive what is noticed.
    entries : Entries
    table : pandas.DataFrame
        ``value, lod, loq``; changed in place.
    read : list of Reading
        What each cell says.

    Returns
    -------
    list of str
        Status of each entry.
    """
    status = [""] * len(read)
    value, lod, loq = (table[name].to_numpy(copy=True) for name in ("value", "lod", "loq"))
    stated = _stated_status(body, entries)
    for i, reading in enumerate(read):
        if reading.kind == "number" and value[i] > 0 and not reading.flags and not stated[i]:
            status[i] = "quantified"
            continue
        cell = _Cell(body, entries, i, reading)
        for flag in reading.flags:
            cell.note(flag, read_as=f"{reading.value:g}")
        outcome = _outcome(cell, stated[i], value[i], lod[i], loq[i])
        status[i], value[i], lod[i], loq[i] = outcome
    table["value"], table["lod"], table["loq"] = value, lod, loq
    for i in _note_order(body, entries, table, np.array(status, dtype=object)):
        status[i] = "rejected"
    return status


@dataclass
class _Cell:
    body: Body
    entries: Entries
    i: int
    reading: Reading

    def note(self, rule: str, **more: Any) -> None:
        position = int(self.entries.row[self.i])
        self.body.note(
            rule, position, self.entries.column[self.i], analyte=self.entries.analyte[self.i],
            **more,
        )  # fmt: skip

    @property
    def refused_before(self) -> bool:
        place = (int(self.entries.row[self.i]), self.entries.column[self.i].index)
        return place in self.body.broken


_Outcome = tuple[str, float, float, float]


def _outcome(cell: _Cell, stated: str, value: float, lod: float, loq: float) -> _Outcome:
    """Status, value, limit of detection, limit of quantification."""
    kind = cell.reading.kind
    nan = math.nan
    if cell.refused_before:
        return "rejected", nan, lod, loq
    if kind == "bad":
        cell.note(cell.reading.rule)
        return "rejected", nan, lod, loq
    if kind == "nondetect" or stated in ("below_lod", "below_loq"):
        return _censored(cell, stated, value, lod, loq)
    if stated in ("missing", "not_measured", "rejected", "above_range"):
        return stated, nan, lod, loq
    if kind == "blank" and (cell.entries.long or stated == "quantified"):
        cell.note("value_blank")
        return "rejected", nan, lod, loq
    if kind in _NO_VALUE:
        return _NO_VALUE[kind], nan, lod, loq
    if value == 0:
        return _zero(cell, lod, loq)
    return "quantified", value, lod, loq


def _zero(cell: _Cell, lod: float, loq: float) -> _Outcome:
    if not math.isnan(lod):
        cell.note("zero_below_lod")
        return "below_lod", math.nan, lod, loq
    if not math.isnan(loq):
        cell.note("zero_below_loq")
        return "below_loq", math.nan, lod, loq
    cell.note("zero_limit_unknown")
    return "below_loq", math.nan, lod, loq


def _censored(cell: _Cell, stated: str, value: float, lod: float, loq: float) -> _Outcome:
    """A non-detect: at the limit in the cell, else at the limit beside it, else at none known."""
    limit = cell.reading.limit or ("lod" if stated == "below_lod" else "loq")
    own = value if cell.reading.kind in ("nondetect", "number") and value > 0 else math.nan
    beside = lod if limit == "lod" else loq
    if not math.isnan(own) and limit == "loq" and _same(own, lod):
        limit, beside = "lod", lod
    if not math.isnan(own):
        if not math.isnan(beside) and not _same(own, beside):
            cell.note("limit_differs", beside=f"{beside:g}", used=f"{own:g}")
        lod, loq = (own, loq) if limit == "lod" else (lod, own)
        if lod > loq:  # the limit beside belongs to another run than the one in the cell
            lod, loq = (lod, math.nan) if limit == "lod" else (math.nan, loq)
    elif math.isnan(beside) and limit == "lod" and not math.isnan(loq):
        limit = "loq"  # not found, and only the higher limit is stated
    known = lod if limit == "lod" else loq
    if math.isnan(known):
        cell.note("limit_missing")
        return f"below_{limit}", math.nan, lod, loq
    cell.note("read_as_nondetect", limit=f"{known:g}", status=f"below_{limit}")
    return f"below_{limit}", math.nan, lod, loq


def _same(a: float, b: float) -> bool:
    return bool(abs(a - b) <= 1e-9 * max(abs(a), abs(b)))


def _stated_status(body: Body, entries: Entries) -> list[str]:
    column = body.header.column("status")
    if column is None or not entries.long:
        return [""] * len(entries.text)
    texts = body.texts(column)
    known = {text: names.resolve("status", text) if text else "" for text in set(texts)}
    for position in entries.row.tolist():
        if known[texts[position]] is None:
            body.note("status_unknown", position, column, choices=", ".join(names.ids("status")))
    return [known[texts[position]] or "" for position in entries.row.tolist()]


def _note_order(body: Body, entries: Entries, table: pd.DataFrame, status: np.ndarray) -> list[int]:
    """Numbers below their limits; returns where the limits themselves contradict each other."""
    lod, loq, value = (table[name].to_numpy() for name in ("lod", "loq", "value"))
    number = status == "quantified"
    with np.errstate(invalid="ignore"):
        crossed, under_lod = lod > loq, number & (value < lod)
        under_loq = number & (value < loq) & ~under_lod
    for rule, mask in (("lod_above_loq", crossed), ("value_below_lod", under_lod),
                       ("value_below_loq", under_loq)):  # fmt: skip
        for i in np.flatnonzero(mask):
            more = {"lod": f"{lod[i]:g}", "loq": f"{loq[i]:g}"}
            body.note(rule, int(entries.row[i]), entries.column[i], analyte=entries.analyte[i],
                      **more)  # fmt: skip
    return [int(i) for i in np.flatnonzero(crossed)]
