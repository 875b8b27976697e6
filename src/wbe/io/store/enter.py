"""A run enters a store: all of its rows, or nothing where they are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, Column, Double, Integer, Table, func, insert, select, text

from wbe.io.store import tables
from wbe.io.store.content import CHANGES, ESTIMATES, FINDINGS, RANKS, Content, Row

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows sent together.
_CHUNK: Final = 5_000
_CHANCE, _TOP = "p_", "p_top_"


@dataclass(frozen=True)
class Entered:
    """What entering a run did.

    Attributes
    ----------
    run_id : str
    is_new : bool
        Whether the store did not hold the run before.
    rounds : tuple of str
        Rounds for which it has now become the current run of its campaign.
    replaced : tuple of str
        Numbers of the runs that were current for these rounds.
    """

    run_id: str
    is_new: bool
    rounds: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


def enter(connection: Connection, run: Content, now: str, *, again: bool = True) -> Entered:
    """Enter a run into a store whose tables are there.

    A run that is there and current stays as it is. One that another run has superseded since
    becomes current again, for it was computed last; none of its rows is written twice.

    Parameters
    ----------
    connection : Connection
        In the transaction that the store is locked by.
    run : Content
    now : str
        Time stamp of the entry.
    again : bool
        False leaves a run alone that is there, current or not: its results were found, not
        computed now.

    Returns
    -------
    Entered
    """
    there = _is_there(connection, run.run_id)
    if there and not again:
        return Entered(run.run_id, False)
    before = _current(connection, run.campaign)
    taken = tuple(label for label in run.rounds if before.get(label) != run.run_id)
    if there and not taken:
        return Entered(run.run_id, False)
    if not there:
        _write(connection, run)
    entry = _next(connection, tables.entries, "entry")
    _insert(connection, tables.entries, [{"entry": entry, "run_id": run.run_id, "entered": now}])
    replaced = {before[label] for label in taken if label in before}
    return Entered(run.run_id, not there, taken, tuple(sorted(replaced)))


def _is_there(connection: Connection, run_id: str) -> bool:
    query = select(tables.runs.c.run_id).where(tables.runs.c.run_id == run_id)
    return connection.execute(query).first() is not None


def _current(connection: Connection, campaign: str) -> dict[str, str]:
    """The current run of each round of a campaign."""
    query = text("SELECT round, run_id FROM current_rounds WHERE campaign = :campaign")
    found = connection.execute(query, {"campaign": campaign})
    return {label: run_id for label, run_id in found}


def _next(connection: Connection, table: Table, column: str) -> int:
    """The next number of a table; nobody else counts while the store is locked."""
    return int(connection.scalar(select(func.coalesce(func.max(table.c[column]), 0))) or 0) + 1


def _write(connection: Connection, run: Content) -> None:
    """Write every row of a run, what others refer to first."""
    own = {"run_id": run.run_id}
    _insert(connection, tables.runs, [_run_row(run)])
    _insert(connection, tables.rounds, ({**own, "round": label} for label in run.rounds))
    _insert(connection, tables.inputs, _input_rows(run))
    _insert(connection, tables.estimates, _numbered(run, ESTIMATES, tables.estimates))
    _insert(connection, tables.areas, _area_rows(connection, run))
    _write_tiers(connection, run)
    _insert(connection, tables.changes, _numbered(run, CHANGES, tables.changes))
    _insert(connection, tables.ranks, _numbered(run, RANKS, tables.ranks))
    _insert(connection, tables.tops, _tops(run))
    _insert(connection, tables.findings, _numbered(run, FINDINGS, tables.findings))


def _insert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        connection.execute(insert(table), chunk)


def _run_row(run: Content) -> dict[str, Any]:
    about, privacy = run.about, run.about["privacy"]
    return {
        "run_id": run.run_id, "campaign": run.campaign, "created": about["created"],
        "audience": privacy["audience"], "purpose": privacy["purpose"] or None,
        "approval": privacy["approval"] or None, "min_population": privacy["min_population"],
        "language": about["language"], "factor_set": about["factor_set"],
        "draws": about["draws"], "seed": str(about["seed"]),
        "wbe_version": about["versions"]["wbe"],
        "n_estimates": run.n_estimates, "n_tiers": len(run.tiers),
        "n_findings": sum(1 for _ in run.rows(FINDINGS)), "record": run.text,
    }  # fmt: skip


def _input_rows(run: Content) -> Iterator[dict[str, Any]]:
    for position, entry in enumerate(run.about["inputs"], start=1):
        yield {
            "run_id": run.run_id, "position": position, "kind": entry["kind"],
            "name": entry["name"], "sha256": entry["sha256"] or None, "bytes": entry["bytes"],
            "state": entry.get("state") or None, "reason": entry.get("reason") or None,
        }  # fmt: skip


def _numbered(run: Content, name: str, table: Table) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(typed(run.rows(name), table), start=1):
        yield {"run_id": run.run_id, "row": place, **row}


def _area_rows(connection: Connection, run: Content) -> list[dict[str, Any]]:
    """Areas of a run; an outline that the store has already is referred to."""
    known = _outlines(connection, run.geometries())
    named = {row["area"]: row["name"] for row in run.tiers}
    return [
        {"run_id": run.run_id, "area": area, "name": name or None, "geometry_id": known.get(area)}
        for area, name in named.items()
    ]


def _outlines(connection: Connection, outlines: Mapping[str, bytes]) -> dict[str, int]:
    """Number of each area's outline; those that no run had before are stored."""
    own = tables.geometries
    digests = {area: sha256(outlines[area]).hexdigest() for area in sorted(outlines)}
    found = connection.execute(select(own.c.sha256, own.c.geometry_id))
    numbers = {digest: number for digest, number in found}
    unknown = {d: outlines[area] for area, d in digests.items() if d not in numbers}
    new = dict(zip(unknown, count(_next(connection, own, "geometry_id")), strict=False))
    rows = ({"geometry_id": new[d], "sha256": d, "geom": wkb} for d, wkb in unknown.items())
    _insert(connection, own, rows)
    numbers |= new
    return {area: numbers[digest] for area, digest in digests.items()}


def _write_tiers(connection: Connection, run: Content) -> None:
    first = _next(connection, tables.tier_rows, "fid")
    own, numbers = {"run_id": run.run_id}, range(first, first + len(run.tiers))
    rows = zip(numbers, typed(run.tiers, tables.tier_rows), strict=True)
    _insert(connection, tables.tier_rows, ({"fid": fid, **own, **row} for fid, row in rows))
    chances = (_chances(fid, row) for fid, row in zip(numbers, run.tiers, strict=True))
    _insert(connection, tables.probabilities, chain.from_iterable(chances))


def _chances(fid: int, row: Row) -> Iterator[dict[str, Any]]:
    """Probabilities of a row of tiers.csv, the lowest tier first; None where it states none."""
    labels = [name.removeprefix(_CHANCE) for name in row if name.startswith(_CHANCE)]
    for position, label in enumerate(labels):
        written = row[_CHANCE + label]
        p = float(written) if written else None
        yield {"fid": fid, "position": position, "tier": label, "p": p}


def _tops(run: Content) -> Iterator[dict[str, Any]]:
    """Probabilities of ranks.csv: of each area, to be among the first k."""
    for place, row in enumerate(run.rows(RANKS), start=1):
        for name, written in row.items():
            if name.startswith(_TOP):
                p = float(written) if written else None
                top = int(name.removeprefix(_TOP))
                yield {"run_id": run.run_id, "row": place, "top": top, "p": p}


def typed(rows: Iterable[Row], table: Table) -> Iterator[dict[str, Any]]:
    """Cells of rows for the columns that a table has; an empty one is NULL where it may be."""
    # By column and once: a run has millions of cells.
    kinds = {column.name: _reader(column) for column in table.columns}
    for row in rows:
        yield {name: kinds[name](cell) for name, cell in row.items() if name in kinds}


def _reader(column: Column[Any]) -> Callable[[str], Any]:
    """What turns the text of a cell into the value of a column."""
    if isinstance(column.type, Boolean):
        return "true".__eq__
    read: Callable[[str], Any] = str
    if isinstance(column.type, (Double, Integer)):
        read = float if isinstance(column.type, Double) else int
    return (lambda written: read(written) if written else None) if column.nullable else read
