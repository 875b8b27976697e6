"""Columns of numbers that belong to the sample: flow, population, rain, shares."""

from __future__ import annotations

import math

import numpy as np

from wbe.errors import UnitError
from wbe.io.cells import Reading, read_quantity
from wbe.io.header import Column
from wbe.io.rows import Body
from wbe.io.words import plain
from wbe.units import scale

# field -> (our unit, whether zero is possible)
QUANTITIES = {
    "flow": ("m^3/day", False),
    "population": ("inhabitant", False),
    "rain_24h_mm": ("mm", True),
    "rain_72h_mm": ("mm", True),
    "cigarettes": ("", True),
    "duration_h": ("hour", False),
}


def read_quantities(body: Body, name: str) -> np.ndarray:
    """Numbers of one column in our unit. The unit stands in the cell, its column, or the header.

    Parameters
    ----------
    body : Body
    name : str
        A field of `QUANTITIES`.

    Returns
    -------
    ndarray (row,)
        In the field's unit; NaN where nothing was stated or the cell was refused.
    """
    unit, zero = QUANTITIES[name]
    column = body.header.column(name)
    values = np.full(len(body), math.nan)
    if column is None:
        return values
    units = body.field("flow_unit") if name == "flow" else [""] * len(body)
    beside = body.header.column("flow_unit") if name == "flow" else None
    without: list[int] = []
    for position, text in enumerate(body.texts(column)):
        reading = read_quantity(text)
        stated = reading.unit or units[position] or column.unit
        rule = _refusal(reading, stated, unit, zero, name)
        for flag in reading.flags:
            body.note(flag, position, column, read_as=f"{reading.value:g}")
        if rule == "unit_missing" and beside is None:
            without.append(position)
        elif rule:
            place = beside if beside and rule == "unit_missing" else column
            body.note(rule, position, place, unit=stated, expected=unit, field=name, count=1)
        elif reading.kind == "number":
            values[position] = reading.value * _factor(stated, unit, name)
    body.note_header("unit_missing", without, column, field=name)
    return values


def _refusal(reading: Reading, stated: str, unit: str, zero: bool, name: str) -> str:
    if reading.kind == "bad":
        return reading.rule
    if reading.kind != "number":
        return ""
    if reading.value < 0:
        return "negative_value"
    if reading.value == 0 and not zero:
        return "quantity_not_positive"
    if unit and not stated and name == "flow":
        return "unit_missing"
    try:
        _factor(stated, unit, name)
    except UnitError:
        return "unit_unsuitable"
    return ""


def _factor(stated: str, unit: str, name: str) -> float:
    """Factor to our unit; a column whose name says the unit needs none beside it."""
    if not unit or not stated:
        return 1.0
    if name == "population" and stated in ("万", "千", "百万"):
        stated += "人"
    return scale(stated, unit)


def read_shares(body: Body, name: str) -> np.ndarray:
    """Fractions from percent or fraction; a column must be one or the other throughout.

    Parameters
    ----------
    body : Body
    name : str
        Field, for example ``rsd``, ``recovery`` or ``domestic_share``.

    Returns
    -------
    ndarray (row,)
        Fractions [1].
    """
    column = body.header.column(name)
    values = np.full(len(body), math.nan)
    if column is None:
        return values
    bare = []
    for position, text in enumerate(body.texts(column)):
        reading = read_quantity(text)
        for flag in reading.flags:
            body.note(flag, position, column, read_as=f"{reading.value:g}")
        if reading.kind == "bad" or (reading.unit and reading.unit != "%"):
            body.note(reading.rule or "unit_unsuitable", position, column, unit=reading.unit,
                      expected="%", field=name)  # fmt: skip
        elif reading.kind == "number" and reading.value < 0:
            body.note("negative_value", position, column)
        elif reading.kind == "number":
            percent = "%" in (reading.unit, plain(column.unit)) or "percent" in column.unit
            values[position] = reading.value / 100 if percent else reading.value
            if not percent:
                bare.append(position)
    return _settle_percent(body, column, values, bare)


def _settle_percent(body: Body, column: Column, values: np.ndarray, bare: list[int]) -> np.ndarray:
    """Numbers without a percent sign: fractions if none exceeds 2, percent if all do."""
    plainly = values[bare]
    if not len(plainly) or plainly.max() <= (1 if column.id == "domestic_share" else 2):
        return values
    if plainly[plainly > 0].min() > 2:
        body.note("read_as_percent", column=column, count=len(bare))
        values[bare] /= 100
        return values
    for position in bare:
        body.note("percent_or_fraction", position, column)
        values[position] = math.nan
    return values
