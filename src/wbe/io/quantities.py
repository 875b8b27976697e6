"""Columns of numbers that belong to the sample: flow, population, rain, shares."""

from __future__ import annotations

import math

import numpy as np

from wbe.errors import UnitError
from wbe.io import suggestions
from wbe.io.cells import Reading, read_quantity
from wbe.io.header import Column
from wbe.io.rows import Body, Noticed
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
    ndarray (statement,)
        In the field's unit; NaN where nothing was stated or the cell was refused.
    """
    unit, zero = QUANTITIES[name]
    column = body.header.column(name)
    if column is None:
        return np.full(len(body), math.nan)
    beside = body.header.column("flow_unit") if name == "flow" else None
    numbers: dict[tuple[str, str], int] = {}
    cells = zip(body.texts(column), body.texts(beside), strict=True)
    codes = np.array([numbers.setdefault(cell, len(numbers)) for cell in cells], dtype=int)
    known, without = np.full(len(numbers), math.nan), np.zeros(len(numbers), dtype=bool)
    noticed: Noticed = {}
    units: Noticed = {}
    for i, (text, unit_beside) in enumerate(numbers):
        reading = read_quantity(text)
        stated = reading.unit or unit_beside or column.unit
        rule = _refusal(reading, stated, unit, zero, name)
        for flag in reading.flags:
            noticed.setdefault(flag, {})[i] = {"read_as": f"{reading.value:g}"}
        if rule == "unit_missing" and beside is None:
            without[i] = True
        elif rule:
            near = ", ".join(suggestions.units(stated, unit)) if unit else ""
            words = {"unit": stated, "expected": unit, "field": name, "count": "1",
                     "nearest": near or "none"}  # fmt: skip
            (units if rule == "unit_missing" else noticed).setdefault(rule, {})[i] = words
        elif reading.kind == "number":
            known[i] = reading.value * _factor(stated, unit, name)
    body.note_kinds(noticed, codes, column)
    body.note_kinds(units, codes, column, beside)
    rows = np.flatnonzero(without[codes][body.statement])
    body.note_header("unit_missing", rows, column, field=name)
    return known[codes]


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
    ndarray
        Fractions [1], by row or by statement as `wbe.io.rows.Body.coded` has the column.
    """
    column = body.header.column(name)
    if column is None:
        return np.full(len(body), math.nan)
    codes, known = body.coded(column)
    percent_column = plain(column.unit) == "%" or "percent" in column.unit
    values, bare = np.full(len(known), math.nan), np.zeros(len(known), dtype=bool)
    noticed: Noticed = {}
    for i, text in enumerate(known):
        reading = read_quantity(text)
        for flag in reading.flags:
            noticed.setdefault(flag, {})[i] = {"read_as": f"{reading.value:g}"}
        if reading.kind == "bad" or (reading.unit and reading.unit != "%"):
            noticed.setdefault(reading.rule or "unit_unsuitable", {})[i] = {
                "unit": reading.unit, "expected": "%", "field": name,
            }  # fmt: skip
        elif reading.kind == "number" and reading.value < 0:
            noticed.setdefault("negative_value", {})[i] = {}
        elif reading.kind == "number":
            percent = percent_column or reading.unit == "%"
            values[i] = reading.value / 100 if percent else reading.value
            bare[i] = not percent
    body.note_kinds(noticed, codes, column)
    return _settle_percent(body, column, values, bare, codes)[codes]


def _settle_percent(
    body: Body, column: Column, values: np.ndarray, bare: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Numbers without a percent sign: fractions if none exceeds 2, percent if all do."""
    plainly = values[bare]
    if not len(plainly) or plainly.max() <= (1 if column.id == "domestic_share" else 2):
        return values
    chosen = bare[codes]
    if plainly[plainly > 0].min() > 2:
        body.note("read_as_percent", column=column, count=body.rows_of(chosen, column))
        return np.where(bare, values / 100, values)
    body.note_where("percent_or_fraction", chosen, column)
    return np.where(bare, math.nan, values)
