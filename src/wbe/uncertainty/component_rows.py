"""Rows of the error model's table: cells into an error, or into a correlation of two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from wbe.errors import UsageError
from wbe.uncertainty.component import Component, ComponentError
from wbe.uncertainty.streams import Correlation

REQUIRED = tuple(f.name for f in fields(Component) if f.default is MISSING)
OPTIONAL = tuple(f.name for f in fields(Component) if f.default is not MISSING)
PARTNER = "partner"
"""Column of the second of two correlated errors."""

COLUMNS = (*REQUIRED, *OPTIONAL, PARTNER)
_NUMBERS = ("spread", "low", "mode", "high", "coverage")


def row_of(record: Mapping[str, Any]) -> Component | Correlation:
    """Make a row from what stands in a table; blank cells are empty, None or NaN."""
    if None in record:  # csv.DictReader's key of cells beyond the header
        raise ComponentError("a row has more cells than the header; quote texts with commas")
    given = {str(k).strip(): _blank_to_none(v) for k, v in record.items()}
    if missing := [n for n in REQUIRED if n not in given]:
        raise ComponentError(
            f"error model row {dict(record)} lacks {', '.join(missing)}", missing[0]
        )
    if unknown := sorted(set(given) - set(COLUMNS)):
        there = ", ".join(COLUMNS)
        raise ComponentError(f"unknown column {unknown[0]!r}; there are {there}", unknown[0])
    name = str(given["component"] or "")
    values: dict[str, Any] = {n: str(v or "") for n, v in given.items() if n not in _NUMBERS}
    values |= {n: _number(name, n, given.get(n)) for n in _NUMBERS}
    values["values"] = _values(name, given.get("values"))
    if values["measure"] == "correlation":
        return _correlation(values)
    if values.pop(PARTNER, ""):
        raise ComponentError(f"{name}: a partner stands in rows of measure correlation", PARTNER)
    return Component(**values)


def _correlation(v: Mapping[str, Any]) -> Correlation:
    name = v["component"]
    if not v.get(PARTNER):
        raise ComponentError(f"{name}: a correlation needs the other component", PARTNER)
    if v["spread"] is None:
        raise ComponentError(f"{name}: a correlation needs its coefficient", "spread")
    for column in ("when", "distribution", "low", "mode", "high", "coverage", "values"):
        if v[column]:
            raise ComponentError(f"{name}: a correlation has no {column}; leave it empty", column)
    try:
        return Correlation(name, v[PARTNER], v["spread"], v["source"], v["verified"], v["note"])
    except UsageError as error:
        raise ComponentError(str(error), "spread") from None


def _blank_to_none(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _number(name: str, column: str, value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise ComponentError(f"{name}: {column} {value!r} is not a number", column) from None


def _values(name: str, value: Any) -> tuple[float, ...]:
    """Return numbers from a list, or from a text that parts them by blanks or semicolons."""
    if value is None:
        return ()
    parts = value.replace(";", " ").split() if isinstance(value, str) else list(value)
    return tuple(x for x in (_number(name, "values", part) for part in parts) if x is not None)
