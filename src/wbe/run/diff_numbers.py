"""What two runs say differently of their areas, from the tables of tiers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

#: Round, drug and area.
Place = tuple[str, str, str]
Row = Mapping[str, str]
#: Columns of a row that a reader sees first, and those that make a difference of their own.
MAIN: Final = ("value", "tier", "rank")
BASIS: Final = ("quantity", "unit")


@dataclass(frozen=True)
class Moved:
    """One area, round and drug of which the runs say different things.

    Attributes
    ----------
    round, drug, area, name : str
    before, after : mapping of str to str
        The rows of tiers.csv; empty where one run has no such row.
    fields : tuple of str
        Columns that differ, in the order of the table.
    """

    round: str
    drug: str
    area: str
    name: str
    before: Row
    after: Row
    fields: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Value of the second run over that of the first [1].

        NaN where one has none, or they are different quantities.
        """
        old, new = number(self.before.get("value")), number(self.after.get("value"))
        same = all(self.before.get(c) == self.after.get(c) for c in BASIS)
        return new / old if same and old > 0 and new > 0 else math.nan

    @property
    def size(self) -> float:
        """Size of the change of the value: absolute log ratio; infinite if one run has none."""
        if "value" not in self.fields:
            return 0.0
        return math.inf if math.isnan(self.ratio) else abs(math.log(self.ratio))

    @property
    def is_main(self) -> bool:
        """Whether value, tier or rank differ, not only an interval, a probability or a remark."""
        return any(name in self.fields for name in MAIN)


def number(text: str | None) -> float:
    """Return a cell of the table as a number, NaN where it is empty."""
    return float(text) if text else math.nan


def moved(a: Iterable[Row], b: Iterable[Row]) -> list[Moved]:
    """Return the areas of which two tables of tiers say different things, largest change first.

    Parameters
    ----------
    a, b : iterable of mapping
        Rows of tiers.csv as text.

    Returns
    -------
    list of Moved
        By the size of the change of the value; of equal sizes those with another tier, then those
        with another rank, come first, then by round, drug and area.
    """
    before, after = _by_place(a), _by_place(b)
    # Whole rounds, drugs and areas of one run alone are told by name, see `only`.
    there = [set(column) for rows in (before, after) for column in zip(*rows, strict=True)]
    both = [one & other for one, other in zip(there[:3], there[3:], strict=False)]
    found = (
        _compared(place, before.get(place, {}), after.get(place, {}))
        for place in {*before, *after}
        if all(part in known for part, known in zip(place, both, strict=False))
    )
    return sorted((one for one in found if one.fields), key=_order)


def only(a: Iterable[Row], b: Iterable[Row], column: str) -> tuple[list[str], list[str]]:
    """Return what stands in one column of the first table alone, and of the second alone."""
    before, after = ({row[column] for row in rows} for rows in (a, b))
    return sorted(before - after), sorted(after - before)


def _by_place(rows: Iterable[Row]) -> dict[Place, Row]:
    return {(row["round"], row["drug"], row["area"]): row for row in rows}


def _compared(place: Place, before: Row, after: Row) -> Moved:
    columns = dict.fromkeys((*before, *after))
    fields = tuple(c for c in columns if (before.get(c) or "") != (after.get(c) or ""))
    name = after.get("name") or before.get("name") or place[2]
    return Moved(*place, name, before, after, fields)


def _order(one: Moved) -> tuple[float, bool, bool, Place]:
    place = (one.round, one.drug, one.area)
    return -one.size, "tier" not in one.fields, "rank" not in one.fields, place
