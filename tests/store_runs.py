"""Finished runs for a store, and what a store must look like whatever happened to it."""

from __future__ import annotations

import csv
import io
import itertools
import os
import signal
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from wbe.io.seal import opened, sealed
from wbe.io.store import tables
from wbe.io.store.content import (
    CHANGES,
    ESTIMATES,
    FINDINGS,
    RANKS,
    RECORD,
    Content,
    content_of,
)
from wbe.io.store.database import Store
from wbe.io.store.read import tiers_of

Row = dict[str, str]
NOW = "2024-01-01T00:00:00+00:00"
#: Title of the campaign of `public_run` and `internal_run`.
TITLE = "Synthetic example: six towns"
ENTERED = (
    "estimates.csv", "tiers.csv", "findings.csv", "changes.csv", "ranks.csv", "areas.gpkg",
)  # fmt: skip
BY_RUN = (
    "rounds", "inputs", "estimates", "findings", "areas", "tier_rows", "changes", "ranks",
    "rank_probabilities",
)  # fmt: skip


def variant(
    source: Path, target: Path, edit: Callable[[str, Row], Row | None] | None = None, **changes: Any
) -> Path:
    """A copy of a finished run whose record states other things: to a store another run.

    Parameters
    ----------
    source, target : Path
    edit : callable, optional
        From the name of a table and one of its rows to what stands there instead; None: no row.
    **changes
        Keys of run.json.
    """
    target.mkdir(parents=True)
    about = opened((source / RECORD).read_bytes()) | changes
    for name in ENTERED:
        if name in about["outputs"]:
            data = (source / name).read_bytes()
            if edit is not None and name.endswith(".csv"):
                data = _edited(data, lambda row, name=name: edit(name, row))
            (target / name).write_bytes(data)
            about["outputs"] = {**about["outputs"], name: sha256(data).hexdigest()}
    (target / RECORD).write_text(sealed(about), encoding="utf-8", newline="\n")
    return target


def _edited(data: bytes, edit: Callable[[Row], Row | None]) -> bytes:
    table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    rows = [row for row in map(edit, table) if row is not None]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, table.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def contents(source: Path, base: Path, count: int) -> list[Content]:
    """Runs of as many campaigns, made out of one."""
    titles = [f"County {i:02} (synthetic)" for i in range(count)]
    return [content_of(variant(source, base / title, title=title)) for title in titles]


def whole(store: Store, connection: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table and view, geometry as WKB, in an order of their own."""
    from sqlalchemy import Table, select, text

    found: dict[str, list[tuple[Any, ...]]] = {}
    for name, table in tables.metadata.tables.items():
        assert isinstance(table, Table)
        ordered = select(table).order_by(*table.primary_key.columns)
        found[name] = [tuple(row) for row in connection.execute(ordered)]
    for name in tables.VIEWS:
        shown = connection.execute(text(f"SELECT * FROM {name}")).mappings()
        rows = [tuple((k, v) for k, v in row.items() if k != "geom") for row in shown]
        found[name] = sorted(rows, key=repr)
    return found


def asked(store: Store, query: str, **values: object) -> list[tuple[object, ...]]:
    """What a query of a store gives."""
    from sqlalchemy import text

    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def rows(path: Path) -> list[Row]:
    """Rows of a table of a run's folder, as they are written."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a store."""
    with store.reading() as connection:
        return whole(store, connection)


def unsound(
    store: Store, runs: list[Content], *, closely: bool = False
) -> tuple[list[str], list[str]]:
    """What is wrong with a store, and the numbers of the runs in it.

    Every table is counted; `closely` compares the tiers cell by cell.
    """
    from sqlalchemy import func, inspect, select

    known, wrong = {run.run_id: run for run in runs}, []
    if store.file is not None and not (store.file.exists() and store.file.stat().st_size):
        return [], []
    with store.reading() as connection:
        if not inspect(connection).has_table("runs"):
            return [], []
        held = list(connection.scalars(select(tables.runs.c.run_id)))
        for name in BY_RUN:
            own = tables.metadata.tables[name]
            count = select(own.c.run_id, func.count()).group_by(own.c.run_id)
            counted = {run_id: number for run_id, number in connection.execute(count)}
            expected = {run_id: _rows(known[run_id], name) for run_id in held}
            if counted != {run_id: number for run_id, number in expected.items() if number}:
                wrong.append(f"{name}: {counted}, not {expected}")
        for run_id in held if closely else ():
            if tiers_of(connection, run_id) != [dict(r) for r in known[run_id].rows("tiers.csv")]:
                wrong.append(f"tiers of {run_id} differ")
        entered = list(connection.scalars(select(tables.entries.c.run_id)))
        if sorted(entered) != sorted(held):
            wrong.append(f"entered {entered}, held {held}")
        if store.file is not None:
            wrong += _damage(connection)
    return wrong, held


def _rows(run: Content, name: str) -> int:
    ranked = list(run.rows(RANKS))
    tops = [key for row in ranked for key in row if key.startswith("p_top_")]
    counts = {
        "rounds": len(run.rounds), "inputs": len(run.about["inputs"]),
        "estimates": sum(1 for _ in run.rows(ESTIMATES)),
        "findings": sum(1 for _ in run.rows(FINDINGS)),
        "areas": len({row["area"] for row in run.tiers}), "tier_rows": len(run.tiers),
        "changes": sum(1 for _ in run.rows(CHANGES)), "ranks": len(ranked),
        "rank_probabilities": len(tops),
    }  # fmt: skip
    return counts[name]


def _damage(connection: Any) -> list[str]:
    """What SQLite itself says of the file."""
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [text for text in found if text != "ok"] + [str(tuple(row)) for row in broken]


def on_statements(act: Callable[[int], object]) -> Callable[[], None]:
    """Call something before every statement of this process with its number, from 1.

    The commit counts as one: it is the last of a transaction.

    Returns
    -------
    callable
        Ends it.
    """
    from sqlalchemy import Engine, event

    numbers = itertools.count(1)

    def count(*_: object) -> None:
        act(next(numbers))

    hooks = [(Engine, "before_cursor_execute", count), (Engine, "commit", count)]
    for hook in hooks:
        event.listen(*hook)

    def forget() -> None:
        for hook in hooks:
            event.remove(*hook)

    return forget


def at_statement(place: int, act: Callable[[], object]) -> Callable[[], None]:
    """Act before one statement, counted from 1."""
    return on_statements(lambda number: act() if number == place else None)


def statements(store: Store, run: Content) -> int:
    """How many statements entering a run would take, the commit included; nothing is entered."""
    from sqlalchemy import Engine, event

    receive, send = os.pipe()

    def work() -> None:
        passed = [0]
        on_statements(lambda number: passed.append(number))
        event.listen(Engine, "commit", lambda _: (os.write(send, b"%d" % passed[-1]), die()))
        store.enter(run, NOW)

    child = forked(work)
    os.close(send)
    with os.fdopen(receive) as pipe:
        said = pipe.read()
    assert ended(child) == -signal.SIGKILL
    return int(said)


def die() -> None:
    """What ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], object]) -> int:
    """Do something in a fork; return its process."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # a fork must never return into the tests of its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Exit code of a fork, or minus the signal that killed it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
