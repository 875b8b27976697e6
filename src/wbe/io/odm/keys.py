"""Rows that share an id which ODM calls unique: the same said again, or something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wbe.io.odm.table import Raw


@dataclass(frozen=True)
class Shared:
    """Rows whose id stands in other rows too; an id belongs to one of the two only.

    Attributes
    ----------
    repeated : set of int
        Rows that say word for word what an earlier row of their id says.
    clashing : dict of int to tuple of int
        Rows of an id under which different things are said, the first among them, with all rows
        of that id.
    """

    repeated: set[int] = field(default_factory=set)
    clashing: dict[int, tuple[int, ...]] = field(default_factory=dict)


def shared_ids(raw: Raw, column: str, rows: Iterable[int]) -> Shared:
    """Find the rows of a table that share an id.

    Parameters
    ----------
    raw : Raw
    column : str
        The column of ids; rows without one share nothing.
    rows : iterable of int
        Indexes of the rows to look at, in their order.

    Returns
    -------
    Shared
    """
    by_id: dict[str, list[int]] = {}
    for row in rows:
        if named := raw.text(row, column):
            by_id.setdefault(named, []).append(row)
    found = Shared()
    for of_one in by_id.values():
        if len({raw.said(row) for row in of_one}) == 1:
            found.repeated.update(of_one[1:])
        else:
            found.clashing.update(dict.fromkeys(of_one, tuple(of_one)))
    return found
