"""Cells of results, from a long or a wide table, in one long form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbe import names
from wbe.io.header import Column, cod_of_unit
from wbe.io.rows import Body
from wbe.io.words import plain, squeezed
from wbe.schema import QUANTITIES


@dataclass
class Entries:
    """Cells of results in long form; lists of one length.

    Attributes
    ----------
    row : ndarray of int
        Position in ``body.rows``.
    column : list of Column
        Column of the cell.
    text, unit, analyte : list of str
        Cell and unit as written; our name of the analyte.
    matrix : list of str
        ``liquid``, ``soil``, ``sediment`` from a group header, or "".
    quantity : str
        ``concentration``, ``load`` or ``pn_load``.
    limits : dict of str to (list of Column or None, list of str)
        ``lod`` and ``loq`` beside the value.
    long : bool
        Whether a blank is an error (long table) or "not measured" (wide table).
    """

    row: np.ndarray
    column: list[Column]
    text: list[str]
    unit: list[str]
    analyte: list[str]
    matrix: list[str]
    quantity: str
    limits: dict[str, tuple[list[Column | None], list[str]]]
    long: bool


def long_entries(body: Body, quantity: str) -> Entries:
    """Entries of a long table: one for each row with a known analyte."""
    value, analyte = body.header.column(quantity), body.header.column("analyte")
    assert value is not None and analyte is not None
    named = _analytes(body, analyte)
    known = [i for i, name in enumerate(named) if name]
    units = _long_units(body, value, quantity)
    limits: dict[str, tuple[list[Column | None], list[str]]] = {}
    for limit in ("lod", "loq"):
        column = body.header.column(limit)
        if column is not None:
            texts = body.texts(column)
            limits[limit] = ([column] * len(known), [texts[i] for i in known])
    texts = body.texts(value)
    return Entries(
        row=np.array(known, dtype=int),
        column=[value] * len(known),
        text=[texts[i] for i in known],
        unit=[units[i] for i in known],
        analyte=[_oxygen_demand(body, analyte, i, named[i], units[i]) for i in known],
        matrix=[""] * len(known),
        quantity=quantity,
        limits=limits,
        long=True,
    )


def _long_units(body: Body, value: Column, quantity: str) -> list[str]:
    """Unit of each row: its own column, the header, a title line; loads have theirs by name."""
    title = body.header.titles.get("unit", ("", 0))[0]
    fallback = value.unit or title or (QUANTITIES[quantity] if quantity != "concentration" else "")
    beside_concentration = quantity != "concentration" and body.header.column("concentration")
    stated = [""] * len(body) if beside_concentration else body.field("unit")
    return [plain(unit) or fallback for unit in stated]


def _oxygen_demand(body: Body, column: Column, position: int, analyte: str, unit: str) -> str:
    written = body.cells[column.index][position]
    return cod_of_unit(unit) if analyte == "codeine" and squeezed(written) == "cod" else analyte


def _analytes(body: Body, column: Column) -> list[str]:
    texts = body.texts(column)
    known = {text: names.resolve("analyte", text) or "" for text in set(texts)}
    for position, text in enumerate(texts):
        if not known[text]:
            near = ", ".join(names.suggest("analyte", text)) if text else ""
            rule = "analyte_unknown" if text else "analyte_missing"
            body.note(rule, position, column, suggestions=near or "none")
    return [known[text] for text in texts]


def wide_entries(body: Body) -> Entries:
    """Entries of a wide table: one for each row and column of results."""
    columns = body.header.analytes
    n = len(body)
    beside = {(c.id, c.limit): c for c in body.header.columns if c.kind == "limit"}
    title = body.header.titles.get("unit", ("", 0))[0]
    column_units = body.field("unit")
    entries = Entries(
        row=np.tile(np.arange(n), len(columns)),
        column=[c for c in columns for _ in range(n)],
        text=[t for c in columns for t in body.cells[c.index]],
        unit=[c.unit or u or title for c in columns for u in column_units],
        analyte=[c.id for c in columns for _ in range(n)],
        matrix=[c.matrix for c in columns for _ in range(n)],
        quantity="concentration",
        limits={},
        long=False,
    )
    for limit in ("lod", "loq"):
        found = [beside.get((c.id, limit)) for c in columns]
        if any(found):
            entries.limits[limit] = (
                [c for c in found for _ in range(n)],
                [t for c in found for t in body.texts(c)],
            )
    return entries
