"""A run out of a store: its record, and tiers.csv as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from wbe.io.store import tables
from wbe.io.write import number_text, safe_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = dict[str, str]
#: Columns of tiers.csv before and after the probabilities.
_BEFORE: Final = (
    "area", "name", "round", "drug", "quantity", "unit", "value", "lower", "upper", "tier",
)  # fmt: skip
_AFTER: Final = (
    "resolved", "rank", "rank_lower", "rank_upper", "n_sites", "n_samples", "n_censored", "flags",
)  # fmt: skip


def record_of(connection: Connection, run_id: str) -> str | None:
    """The run.json of a run, whole; None where the store does not hold it."""
    query = select(tables.runs.c.record).where(tables.runs.c.run_id == run_id)
    return connection.scalar(query)


def tiers_of(connection: Connection, run_id: str) -> list[Row]:
    """Rows of tiers.csv of a run, as text and in its order.

    Every cell is the one of the file; the columns ``p_...`` stand where they stood.
    """
    own, areas = tables.tier_rows, tables.areas
    query = (
        select(own, areas.c.name)
        .join(areas, (areas.c.run_id == own.c.run_id) & (areas.c.area == own.c.area))
        .where(own.c.run_id == run_id)
        .order_by(own.c.fid)
    )
    chances = _chances(connection, run_id)
    labels = list(dict.fromkeys(label for held in chances.values() for label in held))
    found = connection.execute(query).mappings()
    return [dict(_cells(row, labels, chances.get(row["fid"], {}))) for row in found]


def _chances(connection: Connection, run_id: str) -> dict[int, dict[str, float | None]]:
    """Probabilities by row, the lowest tier first."""
    own, rows = tables.probabilities, tables.tier_rows
    query = (
        select(own.c.fid, own.c.tier, own.c.p)
        .join(rows, rows.c.fid == own.c.fid)
        .where(rows.c.run_id == run_id)
        .order_by(own.c.fid, own.c.position)
    )
    found: dict[int, dict[str, float | None]] = {}
    for fid, tier, p in connection.execute(query):
        found.setdefault(fid, {})[tier] = p
    return found


def _cells(
    row: Mapping[Any, Any], labels: list[str], chances: Mapping[str, float | None]
) -> Iterator[tuple[str, str]]:
    for name in _BEFORE:
        yield name, _text(row[name])
    for label in labels:
        yield f"p_{label}", _text(chances.get(label))
    for name in _AFTER:
        yield name, _text(row[name])


def _text(value: Any) -> str:
    """A cell as the file has it."""
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else number_text(value)
