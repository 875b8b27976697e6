"""A database by its address: a SQLite file, a GeoPackage, or PostgreSQL through psycopg 3.

The address may hold a password. Nothing that is raised, recorded or printed does: a database is
named by its file or its database alone, and what a driver says is searched for the password.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

SQLITE, POSTGRES = "sqlite", "postgresql"
_DRIVERS = {SQLITE: "pysqlite", POSTGRES: "psycopg"}
#: Seconds that a connection, or a lock on a SQLite file, is waited for.
_PATIENCE = 30
_SIGNATURE = b"SQLite format 3\x00"
_MASK = "***"
# Where libpq would look for more of an address in the name of a database.
_PARAMETERS = re.compile(r"=|://")
# An address of PostgreSQL without its beginning, or in libpq's own words: as the name of a file it
# would be shown, with the password in it.
_NO_FILE = re.compile(r":[^/\\]*@|\b(?:password|user|host|hostaddr|dbname)\s*=", re.IGNORECASE)
#: SQLite's codes of what the statement or the data did wrong; all others are the machine's.
_OF_THE_STATEMENT = frozenset({
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_RANGE,
})  # fmt: skip


@dataclass(frozen=True)
class Database:
    """A database and how it is called where people see it.

    Attributes
    ----------
    kind : str
        ``sqlite`` or ``postgresql``.
    name : str
        ``lab.sqlite``, ``postgresql database lab``: neither host nor user nor password.
    file : Path or None
        Of a SQLite database.
    url : sqlalchemy.URL or None
        Of any other. Never shown.
    secrets : tuple of str
        Passwords of the address.
    """

    kind: str
    name: str
    file: Path | None = None
    url: Any = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_geopackage(self) -> bool:
        """Whether the name of the file says that it is a GeoPackage."""
        return self.file is not None and self.file.suffix.lower() == ".gpkg"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Connect for one consistent look at the database that cannot change it.

        Raises
        ------
        UsageError
            If there is no such file, or it or a statement is refused.
        EnvironmentFault
            If the server or the disk says no.
        """
        self._require_file()
        options: dict[str, Any] = {}
        if self.kind == POSTGRES:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._told(reads=True):
            engine = self.engine("ro")
            with engine.connect().execution_options(**options) as connection:
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Connect for one transaction: all of it is kept, or nothing of it.

        A new file of which nothing is kept stays behind empty: to remove it could take it away
        from somebody who has begun to fill it.

        Raises
        ------
        UsageError
            If a statement is refused, or a constraint violated.
        EnvironmentFault
            If the server or the disk says no.
        """
        with self._told(), self.engine("rwc").begin() as connection:
            yield connection

    def _require_file(self) -> None:
        if self.file is None:
            return
        try:
            with self.file.open("rb") as file:
                begins = file.read(len(_SIGNATURE))
        except FileNotFoundError:
            raise UsageError(names.both("sql.no_file", name=self.name)) from None
        except OSError as error:
            raise EnvironmentFault(
                names.both("sql.unavailable", name=self.name, reason=error.strerror or error)
            ) from None
        if begins != _SIGNATURE:
            raise UsageError(names.both("sql.no_database", name=self.name))

    def engine(self, mode: str) -> Engine:
        """An engine of this database; `mode` is ``ro``, or ``rwc`` to write and to make it."""
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        if self.file is not None:
            return _sqlite_engine(self.file, mode)
        # Every statement is prepared: a prepared one cannot hold a second one behind a semicolon.
        given = {"prepare_threshold": 0, "application_name": "wbe"}
        if "connect_timeout" not in self.url.query:
            given["connect_timeout"] = _PATIENCE
        return create_engine(self.url, poolclass=NullPool, connect_args=given, hide_parameters=True)

    @contextlib.contextmanager
    def _told(self, *, reads: bool = False) -> Iterator[None]:
        """Turn errors of a driver into ours, without a trace of the address."""
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            yield
        except DBAPIError as error:
            raise self._fault(error, reads) from None
        except SQLAlchemyError as error:
            raise UsageError(
                names.both("sql.refused", name=self.name, reason=self.masked(str(error)))
            ) from None

    def _fault(self, error: DBAPIError, reads: bool) -> UsageError | EnvironmentFault:
        lines = self.masked(str(error.orig)).strip().splitlines()
        reason = "; ".join(line.strip() for line in lines[:2] if not line.startswith("LINE "))
        words = {"name": self.name, "reason": reason or type(error.orig).__name__}
        if _is_of_the_statement(error, reads):
            return UsageError(names.both("sql.refused", **words))
        return EnvironmentFault(names.both("sql.unavailable", **words))

    def masked(self, text: str) -> str:
        """Text without the passwords of the address."""
        for secret in self.secrets:
            text = text.replace(secret, _MASK)
        return text


def database_of(url: str | PathLike[str]) -> Database:
    """The database of an address.

    Parameters
    ----------
    url : str or path
        ``postgresql://...``, ``sqlite:///...``, or the path of a SQLite file or a GeoPackage.

    Returns
    -------
    Database

    Raises
    ------
    UsageError
        If it is no address of a database that can be used, or the extra ``sql`` is missing.
    """
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise UsageError(names.both("sql.missing")) from error
    text = fspath(url)
    if "://" not in text:
        return _of_file(text)
    try:
        found = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(names.both("sql.url")) from None
    backend = found.get_backend_name()
    kind = POSTGRES if backend == "postgres" else backend  # as libpq allows it
    driver = found.drivername.partition("+")[2]
    if driver not in ("", _DRIVERS.get(kind)) or kind not in _DRIVERS:
        raise UsageError(names.both("sql.kind", found=found.drivername))
    if kind == SQLITE:
        return _of_file(found.database or "")
    if not found.database or _PARAMETERS.search(found.database):
        raise UsageError(names.both("sql.url"))
    _require_driver()
    stated = (found.query.get(name, ()) for name in ("password", "sslpassword"))
    listed = ((one,) if isinstance(one, str) else one for one in stated)
    secrets = (found.password, *itertools.chain.from_iterable(listed))
    return Database(
        POSTGRES, f"{POSTGRES} database {found.database}",
        url=found.set(drivername=f"{POSTGRES}+{_DRIVERS[POSTGRES]}"),
        secrets=tuple(secret for secret in secrets if secret),
    )  # fmt: skip


def _require_driver() -> None:
    """Say that PostgreSQL needs the extra before anything is done that would be lost."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise UsageError(names.both("sql.missing")) from error


def _of_file(text: str) -> Database:
    if not text or text.startswith((":memory:", "file:")) or _NO_FILE.search(text):
        raise UsageError(names.both("sql.url"))
    file = Path(text)
    return Database(SQLITE, file.name, file=file)


def _sqlite_engine(file: Path, mode: str) -> Engine:
    """An engine whose transactions hold what defines tables too, and begin by locking."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    # A reader must be able to undo what a killed writer left behind; SQLite itself opens a file
    # that may not be written for reading only.
    reads = mode == "ro"
    address = f"{file.resolve().as_uri()}?mode={'rw' if reads else mode}"

    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)
        if reads:
            opened.execute("PRAGMA query_only = ON")
        return opened

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    begin = "BEGIN" if reads else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _is_of_the_statement(error: DBAPIError, reads: bool) -> bool:
    """Whether the statement or the data are at fault, and not the machine or the network."""
    from sqlalchemy.exc import OperationalError

    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return not isinstance(error, OperationalError)
    would_write = reads and code == sqlite3.SQLITE_READONLY
    return would_write or code & 0xFF in _OF_THE_STATEMENT
