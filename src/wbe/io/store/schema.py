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
    """Tell whether a database is a store; False where it can become one.

    Raises
    ------
    UsageError
        If it is something else, or a store of another version.
    """
    look = inspect(connection)
    held = {*look.get_table_names(), *look.get_view_names()}
    if tables.about.name in held:
        found = {key: value for key, value in connection.execute(select(tables.about))}
        if found.get("kind") != tables.KIND:
            raise UsageError(names.both("store.foreign", name=name, table=tables.about.name))
        if found.get("schema") != str(tables.SCHEMA):
            given = found.get("schema", "?")
            raise UsageError(
                names.both("store.version", name=name, found=given, known=tables.SCHEMA)
            )
        return True
    is_server = connection.dialect.name == POSTGRES
    taken = sorted(held & tables.NAMES if is_server else held)
    if taken:
        raise UsageError(names.both("store.foreign", name=name, table=taken[0]))
    return False


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
    tables.metadata.create_all(connection, checkfirst=False)
    for view, query in tables.VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {view} AS {query}")
        if is_server:
            said = _described(tables.LAYERS.get(view, "For each campaign and round the latest run"))
            quoted = said.replace("'", "''")
            connection.execute(text(f"COMMENT ON VIEW {view} IS '{quoted}'"))
    connection.execute(tables.about.insert(), _about_rows())
    if not is_server:
        geopackage.begin(connection)
        for layer, said in tables.LAYERS.items():
            geopackage.register(connection, layer, "geom", _described(said))


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
