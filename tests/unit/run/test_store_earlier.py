"""Stores of an earlier version: read as they are, and brought up to this one by the next run."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from store_runs import NOW, asked, dump, rows, unsound, variant

from wbe.errors import UsageError
from wbe.io.store import tables
from wbe.io.store.content import content_of
from wbe.io.store.database import Store

#: What the first version had: the tables and views that it made, in its own words.
FIRST = (
    "areas", "current_estimates", "current_rounds", "current_tiers", "entries", "estimates",
    "findings", "geometries", "inputs", "rounds", "runs", "store_about", "tier_probabilities",
    "tier_rows", "tiers",
)  # fmt: skip


def made_earlier(store: Store) -> Store:
    """Take from a store what the first version did not have."""
    with store.writing() as connection:
        look = inspect(connection)
        for view in set(look.get_view_names()) & set(tables.VIEWS) - set(FIRST):
            connection.exec_driver_sql(f"DROP VIEW {view}")
        for table in reversed(tables.metadata.sorted_tables):
            if table.name not in FIRST:
                connection.exec_driver_sql(f"DROP TABLE {table.name}")
        connection.exec_driver_sql("UPDATE store_about SET value = '1' WHERE key = 'schema'")
    return store


def held(store: Store) -> set[str]:
    with store.reading() as connection:
        look = inspect(connection)
        return {*look.get_table_names(), *look.get_view_names()} & tables.NAMES


def test_what_is_added_is_all_that_the_first_version_had_not() -> None:
    assert frozenset().union(*tables.ADDED.values()) == tables.NAMES - set(FIRST)
    assert max(tables.ADDED) == tables.SCHEMA


def test_a_store_of_the_first_version_is_read_and_stays_as_it_is(store: Store, run: Path) -> None:
    content = content_of(run)
    store.enter(content, NOW)
    made_earlier(store)
    store.require_usable()
    about, tiers = store.run(content.run_id) or ("", [])
    assert about == content.text and tiers == rows(run / "tiers.csv")
    assert held(store) == set(FIRST)
    assert asked(store, "SELECT value FROM store_about WHERE key = 'schema'") == [("1",)]


def test_the_next_run_brings_it_up_and_what_was_there_stays(
    store: Store, run: Path, tmp_path: Path
) -> None:
    first, second = content_of(run), content_of(variant(run, tmp_path / "b", seed=2))
    store.enter(first, NOW)
    before = dump(store)
    made_earlier(store)
    assert store.enter(second, NOW).is_new
    assert held(store) == tables.NAMES
    assert asked(store, "SELECT value FROM store_about WHERE key = 'schema'") == [("2",)]
    after = dump(store)
    for name in set(tables.metadata.tables) & set(FIRST) - {"store_about"}:
        assert set(before[name]) <= set(after[name]), name
    written = len(rows(run / "changes.csv"))
    query = "SELECT run_id, count(*) FROM changes GROUP BY run_id"
    assert asked(store, query) == [(second.run_id, written)]
    assert store.run(first.run_id) == (first.text, rows(run / "tiers.csv"))


def test_it_becomes_what_a_new_store_is(package: Store, run: Path, tmp_path: Path) -> None:
    fresh = Store.of(tmp_path / "fresh.gpkg")
    first, second = content_of(variant(run, tmp_path / "b", seed=2)), content_of(run)
    for store in (package, fresh):
        store.enter(first, NOW)
    made_earlier(package).enter(second, NOW)
    fresh.enter(second, NOW)
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    assert asked(package, query) == asked(fresh, query)
    assert unsound(fresh, [first, second])[0] == []


def test_a_table_of_others_under_a_new_name_is_left_alone(store: Store, run: Path) -> None:
    content = content_of(run)
    store.enter(content, NOW)
    made_earlier(store)
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE ranks (owner integer)")
        connection.execute(text("INSERT INTO ranks VALUES (7)"))
    for act in (Store.require_usable, lambda store: store.enter(content, NOW)):
        with pytest.raises(UsageError, match="a table ranks of something else"):
            act(store)
    assert asked(store, "SELECT owner FROM ranks") == [(7,)]
    assert (store.run(content.run_id) or ("",))[0] == content.text  # it can still be read
