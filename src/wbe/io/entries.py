"""Cells of results, from a long or a wide table, in one long form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wbe import names
from wbe.io import suggestions
from wbe.io.columns import Figures, Texts, same, small
from wbe.io.header import Column, cod_of_unit
from wbe.io.rows import Body, Noticed
from wbe.io.words import plain, squeezed
from wbe.schema import QUANTITIES


@dataclass
class Limits:
    """Limits that stand in columns of their own, one cell for each entry.

    Attributes
    ----------
    columns : list of Column
    column : ndarray of int (entry,)
        Which of them; -1 where the result has none.
    figures : Figures
        The cells.
    """

    columns: list[Column]
    column: np.ndarray
    figures: Figures


@dataclass
class Entries:
    """Cells of results in long form.

    Attributes
    ----------
    body : Body
        The table they stand in.
    row : ndarray of int (entry,)
        Row of the table.
    columns : list of Column
        Columns of results.
    column : ndarray of int (entry,)
        Which of them the cell stands in.
    figures : Figures
        The cells.
    units, analytes, groups : list of str
        Distinct units as written, our names of analytes, and matrices of group headers (``liquid``,
        ``soil``, ``sediment`` or "").
    unit, analyte, group : ndarray of int (entry,)
        Which of them.
    quantity : str
        ``concentration``, ``load`` or ``pn_load``.
    limits : dict of str to Limits
        ``lod`` and ``loq`` beside the value.
    long : bool
        Whether a blank is an error (long table) or "not measured" (wide table).
    """

    body: Body
    row: np.ndarray
    columns: list[Column]
    column: np.ndarray
    figures: Figures
    units: list[str]
    unit: np.ndarray
    analytes: list[str]
    analyte: np.ndarray
    groups: list[str]
    group: np.ndarray
    quantity: str
    limits: dict[str, Limits]
    long: bool

    def __len__(self) -> int:
        return len(self.row)

    def parts(self, size: int) -> Iterator[tuple[slice, Entries]]:
        """Consecutive parts of at most `size` entries, and where they stand."""
        for first in range(0, len(self), size):
            here = slice(first, min(first + size, len(self)))
            limits = {
                name: Limits(beside.columns, beside.column[here],
                             beside.figures.part(here.start, here.stop))
                for name, beside in self.limits.items()
            }  # fmt: skip
            yield here, replace(
                self, row=self.row[here], column=self.column[here], unit=self.unit[here],
                figures=self.figures.part(here.start, here.stop), analyte=self.analyte[here],
                group=self.group[here], limits=limits,
            )  # fmt: skip

    def note(self, rule: str, entries: np.ndarray, **words: Any) -> None:
        """Add a finding about each of some results, at its cell.

        Parameters
        ----------
        rule : str
        entries : ndarray of int
        **words
            Texts that all of them share, or a pair of codes (one for each) and texts.
        """
        self._note(rule, entries, self.columns, self.column[entries], self.figures, words)

    def note_limit(self, rule: str, entries: np.ndarray, limit: str, **words: Any) -> None:
        """Add a finding about a limit beside each of some results, at the limit's cell."""
        beside = self.limits[limit]
        self._note(rule, entries, beside.columns, beside.column[entries], beside.figures, words)

    def _note(
        self, rule: str, entries: np.ndarray, columns: list[Column], which: np.ndarray,
        figures: Figures, words: dict[str, Any],
    ) -> None:  # fmt: skip
        for number in np.unique(which):
            here = which == number
            some = entries[here]
            of_these = {
                key: (np.asarray(word[0])[here], word[1]) if isinstance(word, tuple) else word
                for key, word in words.items()
            }
            given = {"analyte": (self.analyte[some], self.analytes), "value": figures.texts(some)}
            self.body.note_rows(rule, self.row[some], columns[number], **{**given, **of_these})


def long_entries(body: Body, quantity: str) -> Entries:
    """Entries of a long table: one for each row with a known analyte.

    Parameters
    ----------
    body : Body
    quantity : str
        ``concentration``, ``load`` or ``pn_load``: the column to read.

    Returns
    -------
    Entries
    """
    value, analyte = body.header.column(quantity), body.header.column("analyte")
    assert value is not None and analyte is not None
    units, unit = _long_units(body, value, quantity)
    analytes, which = _analytes(body, analyte)
    _settle_oxygen_demand(body, analyte, analytes, which, units, unit)
    known = which >= 0
    limits = {}
    for limit in ("lod", "loq"):
        column = body.header.column(limit)
        if column is not None:
            figures = body.figures[column.index].only(known)
            limits[limit] = Limits([column], same(0, len(figures)), figures)
    count = int(known.sum())
    if count == len(known):
        row = np.arange(count, dtype=np.int32)
    else:
        row, unit, which = np.flatnonzero(known).astype(np.int32), unit[known], which[known]
    return Entries(
        body=body, row=row, columns=[value], column=same(0, count),
        figures=body.figures[value.index].only(known), units=units, unit=unit, analytes=analytes,
        analyte=which, groups=[""], group=same(0, count), quantity=quantity, limits=limits,
        long=True,
    )  # fmt: skip


def _long_units(body: Body, value: Column, quantity: str) -> tuple[list[str], np.ndarray]:
    """Unit of each row: its own column, the header, a title line; loads have theirs by name."""
    title = body.header.titles.get("unit", ("", 0))[0]
    fallback = value.unit or title or (QUANTITIES[quantity] if quantity != "concentration" else "")
    beside_concentration = quantity != "concentration" and body.header.column("concentration")
    stated = None if beside_concentration else body.of_results("unit")
    if stated is None:
        return [fallback], same(0, len(body.lines))
    distinct = Texts()  # a blank cell and the header, or two spellings, say one unit
    numbers = distinct.numbers([plain(unit) or fallback for unit in stated.known])
    return distinct.known, small(numbers)[stated.codes]


def _analytes(body: Body, column: Column) -> tuple[list[str], np.ndarray]:
    """Our names, and for each row which; -1 where there is none."""
    texts = body.texts_by_row[column.index]
    numbers, number = Texts(), np.full(max(1, len(texts.known)), -1, dtype=np.int32)
    noticed: Noticed = {}
    for i, text in enumerate(texts.known):
        found = names.resolve("analyte", text)
        if found:
            number[i] = numbers.numbers([found])[0]
            continue
        near = ", ".join(suggestions.analytes(text)) if text else ""
        rule = "analyte_unknown" if text else "analyte_missing"
        noticed.setdefault(rule, {})[i] = {"suggestions": near or "none"}
    body.note_kinds(noticed, texts.codes, column)
    return numbers.known, small(number[texts.codes])


def _settle_oxygen_demand(
    body: Body, column: Column, analytes: list[str], which: np.ndarray, units: list[str],
    unit: np.ndarray,
) -> None:  # fmt: skip
    """COD in mg/L is chemical oxygen demand, not codeine; changes `analytes` and `which`."""
    texts = body.texts_by_row[column.index]
    written = np.array([squeezed(text) == "cod" for text in texts.known], dtype=bool)
    if not written.any():
        return
    demand = np.array([cod_of_unit(text) != "codeine" for text in units], dtype=bool)
    chosen = written[texts.codes] & demand[unit]
    if chosen.any():
        if "chemical oxygen demand" not in analytes:
            analytes.append("chemical oxygen demand")
        which[chosen] = analytes.index("chemical oxygen demand")


def wide_entries(body: Body) -> Entries:
    """Entries of a wide table: one for each row and column of results.

    Parameters
    ----------
    body : Body

    Returns
    -------
    Entries
    """
    columns = body.header.analytes
    count, several = len(body.lines), len(columns)
    analytes, groups, units = Texts(), Texts(), Texts()
    analyte = analytes.numbers([c.id for c in columns])
    group = groups.numbers([c.matrix for c in columns])
    return Entries(
        body=body,
        row=np.tile(np.arange(count, dtype=np.int32), several),
        columns=columns,
        column=np.repeat(np.arange(several, dtype=np.int16), count),
        figures=Figures.joined([body.figures[c.index] for c in columns]),
        unit=np.concatenate([_column_units(body, c, units) for c in columns]),
        units=units.known,
        analytes=analytes.known,
        analyte=np.repeat(small(analyte), count),
        groups=groups.known,
        group=np.repeat(small(group), count),
        quantity="concentration",
        limits=_limits_beside(body, columns, count),
        long=False,
    )


def _column_units(body: Body, column: Column, units: Texts) -> np.ndarray:
    """Unit of a column in every row: its header, a column of units, or a title line."""
    title = body.header.titles.get("unit", ("", 0))[0]
    stated = body.of_results("unit")
    if column.unit or stated is None:
        return np.full(len(body.lines), units.numbers([column.unit or title])[0], dtype=np.int32)
    return units.numbers([text or title for text in stated.known])[stated.codes]


def _limits_beside(body: Body, columns: list[Column], count: int) -> dict[str, Limits]:
    beside = {(c.id, c.limit): c for c in body.header.columns if c.kind == "limit"}
    found = {}
    for limit in ("lod", "loq"):
        own = [beside.get((c.id, limit)) for c in columns]
        stated = [c for c in own if c is not None]
        if not stated:
            continue
        blank = Figures()
        blank.add(np.zeros(count, dtype=np.int32), [""])
        number = np.array([-1 if c is None else stated.index(c) for c in own], dtype=np.int16)
        figures = Figures.joined([blank if c is None else body.figures[c.index] for c in own])
        found[limit] = Limits(stated, np.repeat(number, count), figures)
    return found
