"""The tables of a store are made where there are none, and refused where they are others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, select, text

from wbe import names
from wbe.errors import EnvironmentFault, UsageError
from wbe.io.geo import geopackage
from wbe.io.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

POSTGRES: Final = "postgresql"
#: Any number will do, as long as nobody else's locks in the same database have it.
_LOCK: Final = 0x7762_6573
_PATIENCE: Final = "30s"
_DISCLAIMER: Final = "disclaimer.population_level"


def lock(connection: Connection) -> None:
    """Let nobody else write to a store until the transaction ends; SQLite did when it began."""
    if connection.dialect.name == POSTGRES:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def is_there(connection: Connection, name: str) -> bool:
    """Tell whether a database is a store that can be read; False where it can become one.

    Raises
    ------
    UsageError
        If it is something else, or a store of a later version.
    """
    return _version(connection, name, _held(connection)) > 0


def lacking(connection: Connection, name: str) -> frozenset[str]:
    """Tables and views that a database lacks to be a store of this version.

    Raises
    ------
    UsageError
        As `is_there`, and if something else stands under one of these names.
    """
    held = _held(connection)
    version = _version(connection, name, held)
    if version == 0:
        return tables.NAMES
    wanted = frozenset().union(*(new for since, new in tables.ADDED.items() if since > version))
    if taken := sorted(held & wanted):
        raise UsageError(names.both("store.foreign", name=name, table=taken[0]))
    return wanted


def prepare(connection: Connection, name: str) -> None:
    """Make a database a store of this version; what it holds stays as it is.

    Raises
    ------
    UsageError
        As `lacking`.
    EnvironmentFault
        If the server has no PostGIS and this user may not install it.
    """
    wanted = lacking(connection, name)
    if tables.about.name in wanted:
        create(connection, name)
    elif wanted:
        _make(connection, wanted)
        own = tables.about
        raised = own.update().where(own.c.key == "schema").values(value=str(tables.SCHEMA))
        connection.execute(raised)


def _held(connection: Connection) -> set[str]:
    """Names of all tables and views of a database."""
    look = inspect(connection)
    return {*look.get_table_names(), *look.get_view_names()}


def _version(connection: Connection, name: str, held: set[str]) -> int:
    """Version of a store; 0 of a database that can become one."""
    if tables.about.name in held:
        found = {key: value for key, value in connection.execute(select(tables.about))}
        if found.get("kind") != tables.KIND:
            raise UsageError(names.both("store.foreign", name=name, table=tables.about.name))
        given = found.get("schema", "?")
        known = {str(version): version for version in range(1, tables.SCHEMA + 1)}
        if given not in known:
            raise UsageError(
                names.both("store.version", name=name, found=given, known=tables.SCHEMA)
            )
        return known[given]
    is_server = connection.dialect.name == POSTGRES
    taken = sorted(held & tables.NAMES if is_server else held)
    if taken:
        raise UsageError(names.both("store.foreign", name=name, table=taken[0]))
    return 0


def create(connection: Connection, name: str) -> None:
    """Make every table and view of a store, and what makes it a GeoPackage.

    Raises
    ------
    EnvironmentFault
        If the server has no PostGIS and this user may not install it.
    """
    is_server = connection.dialect.name == POSTGRES
    if is_server:
        _require_postgis(connection, name)
    _make(connection, tables.NAMES)
    connection.execute(tables.about.insert(), _about_rows())
    if not is_server:
        geopackage.begin(connection)
        for layer, said in tables.LAYERS.items():
            geopackage.register(connection, layer, "geom", _described(said))


def _make(connection: Connection, wanted: frozenset[str]) -> None:
    """Make tables and views, what others refer to first."""
    made = [table for table in tables.metadata.sorted_tables if table.name in wanted]
    tables.metadata.create_all(connection, tables=made, checkfirst=False)
    for view, query in tables.VIEWS.items():
        if view not in wanted:
            continue
        connection.exec_driver_sql(f"CREATE VIEW {view} AS {query}")
        if connection.dialect.name == POSTGRES:
            said = _described(tables.LAYERS.get(view, "For each campaign and round the latest run"))
            quoted = said.replace("'", "''")
            connection.execute(text(f"COMMENT ON VIEW {view} IS '{quoted}'"))


def _about_rows() -> list[dict[str, str]]:
    said = {f"disclaimer_{lang}": names.text(_DISCLAIMER, lang) for lang in names.LANGUAGES}
    values = {"kind": tables.KIND, "schema": str(tables.SCHEMA), **said}
    return [{"key": key, "value": value} for key, value in values.items()]


def _described(what: str) -> str:
    """A description of a layer, with what every map says."""
    sentences = (names.text(_DISCLAIMER, lang) for lang in names.LANGUAGES)
    return f"{what}. {' '.join(sentences)}"


def _require_postgis(connection: Connection, name: str) -> None:
    query = "SELECT installed_version FROM pg_available_extensions WHERE name = 'postgis'"
    found = connection.exec_driver_sql(query).first()
    if found is not None and found[0]:
        return
    may = "SELECT usesuper FROM pg_user WHERE usename = current_user"
    if found is None or not connection.exec_driver_sql(may).scalar():
        raise EnvironmentFault(names.both("store.postgis", name=name))
    connection.exec_driver_sql("CREATE EXTENSION postgis")
