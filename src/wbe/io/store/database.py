"""A store: a database that keeps the results of many runs, each whole or absent.

One transaction enters a run; whoever comes at the same time waits. What fails leaves the store as
it was.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe import names
from wbe.errors import EnvironmentFault, UsageError
from wbe.io.sql.database import SQLITE, Database, database_of
from wbe.io.store.content import Content

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from wbe.io.store.enter import Entered

#: What the name of a file must end in; one that ends otherwise is no store but a slip.
SUFFIXES: Final = (".gpkg", ".sqlite", ".db")
#: PostgreSQL's code of a lock that was not given in time.
_NOT_LOCKED: Final = "55P03"


@dataclass(frozen=True)
class Store:
    """A store by its address.

    Attributes
    ----------
    database : Database
    """

    database: Database

    @classmethod
    def of(cls, address: str | PathLike[str]) -> Store:
        """The store of an address: a path that ends in one of `SUFFIXES`, or a URL.

        Raises
        ------
        UsageError
            If it is no address of a store, or the extra ``sql`` is missing.
        """
        database = database_of(address)
        if database.file is not None:
            if database.file.suffix.lower() not in SUFFIXES:
                raise UsageError(names.both("store.suffix", name=database.name))
            if not database.file.absolute().parent.is_dir():
                raise UsageError(names.both("store.no_folder", folder=database.file.parent))
        return cls(database)

    @property
    def name(self) -> str:
        """What it is called where people see it."""
        return self.database.name

    @property
    def file(self) -> Path | None:
        """Its file; None for a server."""
        return self.database.file

    def require_usable(self) -> None:
        """Refuse a database that is not a store and cannot become one; change nothing.

        Raises
        ------
        UsageError
            If it is something else, or a store of a later version.
        EnvironmentFault
            If that cannot be found out now.
        """
        from wbe.io.store import schema as store_schema

        self._undo_what_was_cut_off()
        if self.file is not None and not (self.file.is_file() and self.file.stat().st_size):
            return
        with self.reading() as connection:
            store_schema.lacking(connection, self.name)

    def enter(self, run: Content, now: str, *, again: bool = True) -> Entered:
        """Enter a run in one transaction; tables that are not there are made in it too.

        Parameters
        ----------
        run : Content
            From `wbe.io.store.content.content_of`.
        now : str
            Time stamp of the entry, ISO 8601 in UTC.
        again : bool
            See `wbe.io.store.enter.enter`.

        Returns
        -------
        Entered

        Raises
        ------
        UsageError
            If the database is something else, or a store of a later version.
        EnvironmentFault
            If the database refuses; it is then as it was before.
        """
        from wbe.io.geo import geopackage
        from wbe.io.store import enter as store_enter
        from wbe.io.store import schema as store_schema

        with self.writing() as connection:
            store_schema.lock(connection)
            store_schema.prepare(connection, self.name)
            done = store_enter.enter(connection, run, now, again=again)
            if (done.is_new or done.rounds) and self.database.kind == SQLITE:
                geopackage.touch(connection, now)
        return done

    def run(self, run_id: str) -> tuple[str, list[dict[str, str]]] | None:
        """The record of a run and the rows of its tiers.csv; None where it is not here.

        Parameters
        ----------
        run_id : str

        Raises
        ------
        UsageError
            If the database is no store.
        EnvironmentFault
            If the database cannot be read.
        """
        from wbe.io.store import read as store_read
        from wbe.io.store import schema as store_schema

        with self.reading() as connection:
            if not store_schema.is_there(connection, self.name):
                return None
            record = store_read.record_of(connection, run_id)
            return None if record is None else (record, store_read.tiers_of(connection, run_id))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Connect for one consistent look that cannot change anything.

        Raises
        ------
        UsageError, EnvironmentFault
            As `Database.reading`.
        """
        self._undo_what_was_cut_off()
        with self.database.reading() as connection:
            yield connection

    def _undo_what_was_cut_off(self) -> None:
        """Let SQLite undo what a killed process left before anybody judges what the file is."""
        if self.file is not None and self.file.with_name(f"{self.file.name}-journal").exists():
            with self.writing():
                pass

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Connect for one transaction: all of it is kept, or nothing of it.

        Not `Database.writing`: here references are checked, and whatever a database refuses is
        a fault of the environment, for rows come from a run and not from a person.
        """
        from sqlalchemy import event
        from sqlalchemy.exc import DBAPIError

        engine = self.database.engine("rwc")
        if self.database.kind == SQLITE:
            event.listen(engine, "connect", _with_foreign_keys)
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._fault(error) from None

    def _fault(self, error: DBAPIError) -> UsageError | EnvironmentFault:
        """Our error for a driver's, without a trace of the address or of the data."""
        from sqlalchemy.exc import IntegrityError

        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            return UsageError(names.both("sql.no_database", name=self.name))
        if code == sqlite3.SQLITE_BUSY or getattr(error.orig, "sqlstate", "") == _NOT_LOCKED:
            return EnvironmentFault(names.both("store.busy", name=self.name))
        said = self.database.masked(str(error.orig)).strip().splitlines()
        reason = said[0] if said else type(error.orig).__name__
        key = "store.refused" if isinstance(error, IntegrityError) else "store.unavailable"
        return EnvironmentFault(names.both(key, name=self.name, reason=reason))


def _with_foreign_keys(connection: Any, record: object) -> None:
    """SQLite checks references only where it is asked to, outside of a transaction."""
    connection.execute("PRAGMA foreign_keys = ON")
