"""Results of a table: one value, its limits and its status for each cell, in our units.

Value and limits of a row share one unit and are converted in one operation.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from wbe.errors import UnitError
from wbe.io.cells import Reading, read_result
from wbe.io.entries import Entries
from wbe.io.outcomes import limits_beside, settle
from wbe.io.quantities import read_shares
from wbe.io.rows import Body
from wbe.schema import QUANTITIES
from wbe.units import convert, scale

SOLIDS = ("soil", "sediment")


def read_entries(body: Body, entries: Entries, rows: pd.DataFrame) -> pd.DataFrame:
    """Values, limits and status of every entry, in our units.

    Parameters
    ----------
    body : Body
        Its findings receive what is noticed.
    entries : Entries
    rows : pandas.DataFrame
        Sample-level fields, from `wbe.io.samples.read_rows`.

    Returns
    -------
    pandas.DataFrame
        ``row, analyte, quantity, matrix, value, lod, loq, status, line``; `quantity` is
        ``content`` for solids.
    """
    readings = {text: read_result(text) for text in set(entries.text)}
    read = [readings[text] for text in entries.text]
    table = pd.DataFrame({"row": entries.row, "analyte": entries.analyte})
    matrices = rows["matrix"].to_numpy(dtype=object)[entries.row]
    groups = np.array(entries.matrix, dtype=object)
    solid_group = np.isin(groups, SOLIDS)
    table["matrix"] = np.where(solid_group, groups, matrices)
    table["quantity"] = entries.quantity
    if entries.quantity == "concentration":
        table.loc[table["matrix"].isin(SOLIDS), "quantity"] = "content"
    units, factors = _units(entries, read)
    table["value"] = np.array([r.value for r in read]) * factors
    table["line"] = [body.sheet.lines[body.rows[i]] for i in entries.row]
    for limit in ("lod", "loq"):
        table[limit] = limits_beside(body, entries, limit)
    table["status"] = settle(body, entries, table, read)
    _convert(body, entries, table, units)
    return table


def _units(entries: Entries, read: list[Reading]) -> tuple[list[str], np.ndarray]:
    """Unit of each row, and the factor to it from a cell that states another of its own.

    The limits beside a value are in the unit of the row, not in the one a cell brings along.
    """
    units, factors = list(entries.unit), np.ones(len(read))
    for i, reading in enumerate(read):
        if not reading.unit:
            continue
        try:
            factors[i] = scale(reading.unit, units[i]) if units[i] else 1.0
            units[i] = units[i] or reading.unit
        except UnitError:
            units[i] = reading.unit  # refused with its own name when it is converted
    return units, factors


def _convert(body: Body, entries: Entries, table: pd.DataFrame, units: list[str]) -> None:
    """Value and limits to our unit, one call for each unit and quantity."""
    kinds = table["quantity"].tolist()
    groups: dict[tuple[str, str], list[int]] = {}
    for i, key in enumerate(zip(units, kinds, strict=True)):
        groups.setdefault(key, []).append(i)
    arrays = {name: table[name].to_numpy(copy=True) for name in ("value", "lod", "loq")}
    status = table["status"].to_numpy(dtype=object, copy=True)
    for (unit, quantity), members in groups.items():
        index = np.array(members)
        try:
            if not unit:
                raise UnitError("missing")
            converted = convert(
                arrays["value"][index], unit, QUANTITIES[quantity], arrays["lod"][index],
                arrays["loq"][index],
            )  # fmt: skip
        except UnitError as error:
            _refuse_unit(body, entries, index, unit, quantity, str(error), status)
            for array in arrays.values():
                array[index] = math.nan
            continue
        for name, values in zip(("value", "lod", "loq"), converted, strict=True):
            arrays[name][index] = values
    for name, values in arrays.items():
        table[name] = values
    table["status"] = status


def _refuse_unit(
    body: Body, entries: Entries, index: np.ndarray, unit: str, quantity: str, reason: str,
    status: np.ndarray,
) -> None:  # fmt: skip
    rule = _unit_rule(unit, quantity)
    beside = body.header.column("unit")
    stated = body.plain("unit")
    refused = [i for i in index if status[i] not in ("not_measured", "missing", "rejected")]
    status[refused] = "rejected"
    if not unit and beside is None:
        body.note_header("unit_missing", [int(entries.row[i]) for i in refused],
                         entries.column[refused[0] if refused else 0], field=quantity)  # fmt: skip
        return
    for i in refused:
        from_beside = beside is not None and stated[entries.row[i]] == unit
        place = beside if from_beside else entries.column[i]
        body.note(
            rule, int(entries.row[i]), place, analyte=entries.analyte[i], unit=unit, count=1,
            expected=QUANTITIES[quantity], field=quantity, reason=reason,
        )  # fmt: skip


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


def beside_values(body: Body, entries: Entries) -> dict[str, np.ndarray]:
    """What else a long row says about its value: relative sd, recovery, duplicates [1]."""
    found = {}
    for field, name in (
        ("rsd", "rsd"), ("recovery", "recovery"), ("duplicate_rpd", "duplicate_rpd"),
    ):  # fmt: skip
        if body.header.column(field) is not None:
            found[name] = read_shares(body, field)[entries.row]
    return found
