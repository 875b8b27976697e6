"""Results of a table: one value, its limits and its status for each cell, in our units.

Value and limits of a row share one unit and are converted in one operation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from wbe.errors import UnitError
from wbe.io import suggestions
from wbe.io.columns import Figures, Growing, Texts, same, small
from wbe.io.entries import Entries
from wbe.io.outcomes import CODE, Readings, Settled, limits_beside, settle
from wbe.io.quality_rows import rpd_factor
from wbe.io.quantities import read_shares
from wbe.io.words import plain
from wbe.schema import QUANTITIES
from wbe.units import convert, scale

SOLIDS = ("soil", "sediment")
_CHUNK = 200_000  # entries settled together: what is needed on the way stays small
KINDS = tuple(QUANTITIES)
"""Quantities, by their number in `Results.quantity`."""


@dataclass
class Results:
    """Results of one table or of several; arrays of one length.

    Attributes
    ----------
    row : ndarray of int (result,)
        Row of the table.
    value, lod, loq : ndarray (result,)
        In the unit of the quantity; NaN where there is none.
    status : ndarray of int (result,)
        Code of `wbe.io.outcomes.CODE`.
    quantity : ndarray of int (result,)
        Number in `KINDS`.
    analytes, matrices, columns : list of str
        Distinct names of analytes and of matrices ("" unstated), headers as written.
    analyte, matrix, column : ndarray of int (result,)
        Which of them.
    not_taken : ndarray of bool (result,)
        Whether the cell says that the sample was not taken.
    figures : Figures
        The cells as written.
    grouped : bool
        Whether the header groups analytes by matrix, so that a row may be about two samples.
    numbers : dict of str to ndarray (result,)
        What else is said about a result: ``rsd``, ``recovery``, ``duplicate_rpd`` [1], and
        further quantities.
    texts : dict of str to (ndarray of int (result,), list of str)
        ``replicate``, ``analysis_method``.
    """

    row: np.ndarray
    value: np.ndarray
    lod: np.ndarray
    loq: np.ndarray
    status: np.ndarray
    quantity: np.ndarray
    analytes: list[str]
    analyte: np.ndarray
    matrices: list[str]
    matrix: np.ndarray
    columns: list[str]
    column: np.ndarray
    not_taken: np.ndarray
    figures: Figures
    grouped: bool = False
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, tuple[np.ndarray, list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def only(self, keep: np.ndarray) -> Results:
        """The results for which `keep` is true."""
        if keep.all():
            return self
        arrays = {
            name: getattr(self, name)[keep]
            for name in ("row", "value", "lod", "loq", "status", "quantity", "analyte", "matrix",
                         "column", "not_taken")
        }  # fmt: skip
        return replace(
            self, **arrays, figures=self.figures.only(keep),
            numbers={name: values[keep] for name, values in self.numbers.items()},
            texts={name: (codes[keep], known) for name, (codes, known) in self.texts.items()},
        )  # fmt: skip


def read_entries(entries: Entries, rows: pd.DataFrame) -> Results:
    """Values, limits and status of every entry, in our units.

    Parameters
    ----------
    entries : Entries
        Its body's findings receive what is noticed.
    rows : pandas.DataFrame
        Sample-level fields of each statement, from `wbe.io.samples.read_rows`.

    Returns
    -------
    Results
        The quantity is ``content`` for solids.
    """
    count = len(entries)
    matrices, matrix = _matrices(entries, rows)
    quantity = same(KINDS.index(entries.quantity), count)
    solid = np.array([name in SOLIDS for name in matrices], dtype=bool)
    if entries.quantity == "concentration" and solid.any():
        quantity = np.where(solid[matrix], KINDS.index("content"), quantity).astype(np.int8)
    found = Settled(np.empty(count), np.empty(count), np.empty(count), np.empty(count, np.int8))
    not_taken = np.zeros(count, dtype=bool)
    units, unit = Texts(), Growing(np.int8)
    for here, part in entries.parts(_CHUNK):
        _settle_part(part, found.part(here), not_taken[here])
        unit.append(small(units.numbers(part.units)[part.unit]))
    entries.units, entries.unit = units.known, unit.array
    _convert(entries, quantity, found)
    return Results(
        row=entries.row, value=found.value, lod=found.lod, loq=found.loq, status=found.status,
        quantity=quantity, analytes=entries.analytes, analyte=entries.analyte, matrices=matrices,
        matrix=matrix, columns=[column.text for column in entries.columns], column=entries.column,
        not_taken=not_taken if not_taken.any() else np.broadcast_to(np.False_, count),
        figures=entries.figures, grouped=any(entries.groups),
    )  # fmt: skip


def _settle_part(part: Entries, found: Settled, not_taken: np.ndarray) -> None:
    """Decide some entries, in the unit of their row; fills `found` and `not_taken`."""
    read = Readings.of(part.figures)
    found.value[:] = part.figures.values
    found.value[read.entry] = read.values()
    _settle_units(part, read, found.value)
    found.lod[:], found.loq[:] = limits_beside(part, "lod"), limits_beside(part, "loq")
    settle(part, read, found)
    not_taken[read.of_kind("not_taken")] = True


def _matrices(entries: Entries, rows: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Matrix of each entry: the solid of its group header, else that of its row."""
    names = Texts()
    of_statement = names.numbers(rows["matrix"].tolist()).astype(np.int8)
    if len(names.known) == 1 and not any(group in SOLIDS for group in entries.groups):
        return names.known, same(0, len(entries))
    matrix = of_statement[entries.body.statement[entries.row]]
    for number, group in enumerate(entries.groups):
        if group in SOLIDS:
            matrix[entries.group == number] = names.numbers([group])[0]
    return names.known, matrix


def _settle_units(entries: Entries, read: Readings, value: np.ndarray) -> None:
    """Values of cells that state another unit of their own, in the unit of their row.

    The limits beside a value are in the unit of the row, not in the one a cell brings along.
    Changes `value`, and the unit of entries whose row states none or cannot be converted to.
    """
    with_unit = [bool(reading.unit) for reading in read.known]
    if not any(with_unit):
        return
    chosen = np.array(with_unit)[read.which]
    entry, which = read.entry[chosen], read.which[chosen]
    known = Texts()
    unit = known.numbers(entries.units)[entries.unit]
    for reading, row_unit in set(zip(which.tolist(), unit[entry].tolist(), strict=True)):
        here = entry[(which == reading) & (unit[entry] == row_unit)]
        own, stated = read.known[reading].unit, known.known[row_unit]
        try:
            value[here] *= scale(own, stated) if stated else 1.0
            own = stated or own
        except UnitError:
            pass  # refused under its own name when it is converted
        unit[here] = known.numbers([own])[0]
    entries.units, entries.unit = known.known, unit


def _convert(entries: Entries, quantity: np.ndarray, found: Settled) -> None:
    """Value and limits to our unit in one operation: one factor for each unit and quantity."""
    several = len(entries.units) * len(KINDS)
    pairs = entries.unit.astype(np.min_scalar_type(-several)) * len(KINDS) + quantity
    factors = np.full(several, math.nan)
    for pair in [p for p in range(several) if (pairs == p).any()]:
        unit, kind = entries.units[pair // len(KINDS)], KINDS[pair % len(KINDS)]
        try:
            if not unit:
                raise UnitError("missing")
            factors[pair] = scale(unit, QUANTITIES[kind])
        except UnitError as error:
            _refuse_unit(entries, np.flatnonzero(pairs == pair), unit, kind, str(error), found)
    for first in range(0, len(pairs), _CHUNK):
        part = slice(first, first + _CHUNK)
        factor = factors[pairs[part]]
        for values in (found.value, found.lod, found.loq):
            values[part] *= factor


def _refuse_unit(
    entries: Entries, index: np.ndarray, unit: str, quantity: str, reason: str, found: Settled
) -> None:
    body = entries.body
    absent = np.isin(found.status, [CODE[s] for s in ("not_measured", "missing", "rejected")])
    refused = index[~absent[index]]
    found.status[refused] = CODE["rejected"]
    if not len(refused):
        return
    beside = body.header.column("unit")
    if not unit and beside is None:
        column = entries.columns[entries.column[refused[0]]]
        body.note_header("unit_missing", entries.row[refused], column, field=quantity)
        return
    rule = _unit_rule(unit, quantity)
    near = ", ".join(suggestions.units(unit, QUANTITIES[quantity])) or "none"
    words = {"unit": unit, "count": "1", "expected": QUANTITIES[quantity], "field": quantity,
             "reason": reason, "nearest": near}  # fmt: skip
    stated = body.of_results("unit")
    if beside is None or stated is None:
        entries.note(rule, refused, **words)
        return
    codes = stated.codes[entries.row[refused]]
    from_beside = np.array([plain(text) == unit for text in stated.known], dtype=bool)[codes]
    here = refused[from_beside]
    body.note_rows(
        rule, entries.row[here], beside, value=(codes[from_beside], stated.known),
        analyte=(entries.analyte[here], entries.analytes), **words,
    )  # fmt: skip
    entries.note(rule, refused[~from_beside], **words)


def _unit_rule(unit: str, quantity: str) -> str:
    if not unit:
        return "unit_missing"
    other = {"concentration": "content", "content": "concentration"}.get(quantity)
    if other is not None:
        try:
            convert(1.0, unit, QUANTITIES[other])
        except UnitError:
            return "unit_unsuitable"
        return "solid_unit_for_liquid" if other == "content" else "liquid_unit_for_solid"
    return "unit_unsuitable"


def beside_values(entries: Entries) -> dict[str, np.ndarray]:
    """What else a long row says about its value: relative sd, recovery, duplicates [1]."""
    found = {}
    for name in ("rsd", "recovery", "duplicate_rpd"):
        column = entries.body.header.column(name)
        if column is not None:
            found[name] = read_shares(entries.body, name)[entries.row]
            if name == "duplicate_rpd":
                found[name] *= rpd_factor(column.text)
    return found


def joined_results(several: Sequence[Results]) -> Results:
    """Results of several tables, whose rows are counted over all of them, as one.

    Parameters
    ----------
    several : sequence of Results
        One at least.

    Returns
    -------
    Results
    """
    if len(several) == 1:
        return several[0]
    analytes, matrices, columns = Texts(), Texts(), Texts()
    arrays = {
        name: np.concatenate([getattr(one, name) for one in several])
        for name in ("row", "value", "lod", "loq", "status", "quantity", "not_taken")
    }
    return Results(
        **arrays,
        analyte=np.concatenate([analytes.numbers(one.analytes)[one.analyte] for one in several]),
        analytes=analytes.known,
        matrix=np.concatenate([matrices.numbers(one.matrices)[one.matrix] for one in several]),
        matrices=matrices.known,
        column=np.concatenate([columns.numbers(one.columns)[one.column] for one in several]),
        columns=columns.known,
        figures=Figures.joined([one.figures for one in several]),
        grouped=any(one.grouped for one in several),
        numbers=_joined_numbers(several),
        texts=_joined_texts(several),
    )


def _joined_numbers(several: Sequence[Results]) -> dict[str, np.ndarray]:
    names = dict.fromkeys(name for one in several for name in one.numbers)
    return {
        name: np.concatenate(
            [one.numbers.get(name, np.full(len(one), math.nan)) for one in several]
        )
        for name in names
    }


def _joined_texts(several: Sequence[Results]) -> dict[str, tuple[np.ndarray, list[str]]]:
    found = {}
    for name in dict.fromkeys(name for one in several for name in one.texts):
        joined = Texts()
        parts = []
        for one in several:
            codes, known = one.texts.get(name, (np.full(len(one), 0), [""]))
            parts.append(joined.numbers(known)[codes] if len(codes) else np.array([], dtype=int))
        found[name] = np.concatenate(parts).astype(np.int32), joined.known
    return found
