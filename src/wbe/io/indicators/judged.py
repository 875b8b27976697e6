"""What only several statistics tell: repeats, impossible bases, definitions that change."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations

import numpy as np

from wbe.io.header import Column
from wbe.io.indicators.columns import Columns
from wbe.io.indicators.records import SMALL, Record
from wbe.io.rows import Body

_ALIKE_IN = ("area", "unit", "basis", "group", "definition")
_STATED = ("basis", "definition", "source")
_ALIKE = 1.11  # windows of one kind differ by less: months by a tenth, quarters and years less


def settled(records: list[Record], columns: Columns, body: Body) -> list[Record]:
    """Return the records that can be used; what is wrong or doubtful is noted in the body.

    Parameters
    ----------
    records : list of Record
    columns : Columns
    body : Body
    """
    kept = _once(records, columns, body)
    kept = [r for r in kept if not _base_impossible(r, columns, body)]
    for record in kept:
        if 0 < record.value < SMALL and record.unit != "%":
            body.note("indicator_small_cell", record.position, columns.roles["area"],
                      indicator=record.indicator, least=SMALL)  # fmt: skip
    _note_doubts(kept, columns, body)
    return kept


def _once(records: list[Record], columns: Columns, body: Body) -> list[Record]:
    """Two numbers of one statistic: which is right is not for a program to choose."""
    seen: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        seen[record.key].append(record)
    kept = []
    for same in seen.values():
        if len(same) == 1:
            kept.append(same[0])
            continue
        for record in same[1:]:
            line = int(body.first_lines[same[0].position])
            body.note("indicator_twice", record.position, columns.roles["area"],
                      indicator=record.indicator, period=record.period, first=line)  # fmt: skip
    return sorted(kept, key=lambda r: r.position)


def _base_impossible(record: Record, columns: Columns, body: Body) -> bool:
    """Whether no whole number becomes the count by the change, rounded as printed."""
    if record.unit == "%" or math.isnan(record.value) or math.isnan(record.change):
        return False
    half = 0.5 * 10.0**-record.places
    if record.value == 0 or record.change == -100:
        possible = record.value == 0 and record.change == -100
    else:
        low, high = (1 + (record.change + h) / 100 for h in (-half, half))
        least = math.ceil(record.value / high - 1e-9 * record.value)
        most = math.floor(record.value / low + 1e-9 * record.value) if low > 0 else math.inf
        possible = least <= most
    if not possible:
        column = columns.roles.get("change") or _change_column(record, columns)
        body.note("indicator_base_impossible", record.position, column,
                  count=f"{record.value:.0f}", change=f"{record.change:+g} %")  # fmt: skip
    return not possible


def _change_column(record: Record, columns: Columns) -> Column | None:
    changes = (s.change for s in columns.series if s.name == record.indicator)
    return next((change for change in changes if change is not None), None)


def _note_doubts(records: list[Record], columns: Columns, body: Body) -> None:
    unstated = [name for name in _STATED if any(not getattr(r, name) for r in records)]
    if unstated:
        body.note("indicator_unstated", fields=", ".join(unstated))
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.indicator].append(record)
    for name, same in sorted(by_name.items()):
        _note_one(name, same, columns, body)


def _note_one(name: str, same: list[Record], columns: Columns, body: Body) -> None:
    units = _several(r.unit for r in same if r.unit)
    if units:
        body.note("indicator_units_mixed", indicator=name, units=units)
    definitions = _several(r.definition or "-" for r in same)
    if definitions:
        body.note("indicator_definition_changed", indicator=name, definitions=definitions)
    days = np.array([r.days for r in same])
    if days.max() > _ALIKE * days.min():
        body.note("indicator_windows_differ", indicator=name,
                  periods=_several(r.period for r in same))  # fmt: skip
    _note_parts(name, same, columns, body)
    groups = sorted({r.group for r in same if r.group})
    if groups:
        body.note("indicator_targeted", indicator=name, groups=", ".join(groups))


def _note_parts(name: str, same: list[Record], columns: Columns, body: Body) -> None:
    """A count of two months cannot exceed that of the year."""
    for part, whole in permutations((r for r in same if r.unit != "%"), 2):
        alike = all(getattr(part, f) == getattr(whole, f) for f in _ALIKE_IN)
        inside = whole.start <= part.start and part.end <= whole.end
        if alike and inside and part.value > whole.value:
            body.note("indicator_part_exceeds_whole", part.position, columns.roles["area"],
                      indicator=name, part=part.period, whole=whole.period)  # fmt: skip


def _several(words: Iterable[str]) -> str:
    """All different words joined; "" where there is only one."""
    found = sorted(set(words))
    return ", ".join(found) if len(found) > 1 else ""
