"""What the page shows of statistics beside loads: one row an area, intervals in one cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wbe import names
from wbe.plot import words


def rows(statistics: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return the rows of ``indicators.csv`` with fewer columns.

    Parameters
    ----------
    statistics : iterable of mapping
        Columns of ``indicators.csv``.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    list of dict
        Name, what was counted and when, count, rate and load with their intervals, remarks. A
        suppressed row says so and has no number.
    """
    return [_row(row, language) for row in statistics]


def _row(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    unit = names.text(f"indicators.unit.{row['unit']}", language)
    return {
        "name": words.label_of(row["name"], row["area"]),
        "indicator": f"{words.clean(row['indicator'])} ({unit})",
        "period": str(row["period"]),
        "round": words.round_name(row["round"], language),
        "count": "" if row["count"] != row["count"] else f"{row['count']:.0f}",
        "rate": _interval(row, "rate"),
        "load": _interval(row, "load"),
        "flags": names.display("flag", row["flags"], language) if row["flags"] else "",
    }


def _interval(row: Mapping[str, Any], name: str) -> str:
    value, low, high = (row[name], row[f"{name}_lower"], row[f"{name}_upper"])
    if value != value:
        return ""
    if low != low:
        return words.number(value)
    return f"{words.number(value)} ({words.number(low)} – {words.number(high)})"
