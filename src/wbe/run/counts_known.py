"""What a reader of counts by area and window can work out: totals, and what lies between windows.

Each such number becomes a cell of its own, so that a small one is protected although nobody
prints it.
"""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from wbe.spatial.disclosure import Sum

WHOLE = "\x1fall"
"""Area of a total; no name of a file can be that."""
_CELL = ("indicator", "unit", "definition", "basis")
_DAY = dt.timedelta(days=1)
_COLUMNS = ("area", "value", "at")
_Key = tuple[str, ...]
# a window, or one window less another that lies inside it: then four days
_Window = tuple[dt.date, ...]
_Relation = tuple[_Window, _Window, _Window]


class _Cell(NamedTuple):
    """A number that a reader knows or can work out."""

    area: str
    key: _Key
    window: _Window
    value: float
    at: int


def with_known(counts: pd.DataFrame) -> tuple[pd.DataFrame, list[Sum]]:
    """Return the cells that a reader knows or can work out, and how they hang together.

    Parameters
    ----------
    counts : DataFrame (cell)
        ``area, indicator, unit, definition, basis, start, end, value``, one row a printed cell.

    Returns
    -------
    tuple of DataFrame and list of Sum
        ``area``, ``value`` and ``at``: the position in `counts`, -1 for a cell that is not printed;
        and the sums between the rows.
    """
    import pandas as pd

    from wbe.spatial.disclosure import Sum

    rows: list[_Cell] = []
    relations: list[tuple[str, _Key, _Relation]] = []
    for (area, key), printed in _printed(counts).items():
        values, found = _closed({window: value for window, (value, _) in printed.items()})
        for window, value in values.items():
            at = printed[window][1] if window in printed else -1
            rows.append(_Cell(area, key, window, value, at))
        relations += [(area, key, relation) for relation in found]
    parts: dict[tuple[_Key, _Window], list[int]] = {}
    for i, cell in enumerate(rows):
        parts.setdefault((cell.key, cell.window), []).append(i)
    where = {(c.area, c.key, c.window): i for i, c in enumerate(rows)}
    sums = [
        Sum(where[area, key, whole], (where[area, key, one], where[area, key, other]))
        for area, key, (whole, one, other) in relations
    ]
    for (key, window), own in parts.items():  # totals, which readers know from elsewhere
        sums.append(Sum(len(rows), tuple(own)))
        rows.append(_Cell(WHOLE, key, window, sum(rows[i].value for i in own), -1))
    frame = pd.DataFrame({name: [getattr(c, name) for c in rows] for name in _COLUMNS})
    return frame, sums


def _printed(counts: pd.DataFrame) -> dict[tuple[str, _Key], dict[_Window, tuple[float, int]]]:
    """Value and position of the printed cells, by area and kind of count, then by window."""
    found: dict[tuple[str, _Key], dict[_Window, tuple[float, int]]] = {}
    columns = [counts[name].tolist() for name in ("area", *_CELL, "start", "end", "value")]
    for at, (area, *key, start, end, value) in enumerate(zip(*columns, strict=True)):
        own = found.setdefault((str(area), tuple(map(str, key))), {})
        own[start.date(), end.date()] = (float(value), at)
    return dict(sorted(found.items()))


def _closed(printed: dict[_Window, float]) -> tuple[dict[_Window, float], list[_Relation]]:
    """Add, until nothing is new, what a window is less another that begins or ends with it.

    What is left and right of a window inside another is one number too, which leads no further.
    """
    values = dict(printed)
    found: set[_Relation] = set()
    while True:
        new: dict[_Window, float] = {}
        for a, b in permutations([w for w in values if len(w) == 2], 2):
            if not (a[0] <= b[0] and b[1] <= a[1]):
                continue
            rest: _Window = (a[0], b[0], b[1], a[1])
            if a[0] == b[0]:
                rest = (b[1] + _DAY, a[1])
            elif a[1] == b[1]:
                rest = (a[0], b[0] - _DAY)
            found.add((a, b, rest))
            if rest not in values:
                # printed windows that overlap otherwise may contradict each other
                new[rest] = max(values[a] - values[b], 0.0)
        if not new:
            return values, sorted(found)
        values |= new
