"""What a store refuses: impossible rows, changed folders, databases of something else."""

from __future__ import annotations

import shutil
from pathlib import Path

import postgres
import pytest
import sqlalchemy
from store_runs import NOW, Row, dump, unsound, variant

from wbe.errors import EnvironmentFault, UsageError
from wbe.io.store.content import content_of
from wbe.io.store.database import Store

BAD_ROWS = [
    ("UPDATE tier_probabilities SET p = 1.01", "between_0_and_1"),
    ("UPDATE tier_rows SET lower = value + 1 WHERE value IS NOT NULL", "tier_in_interval"),
    ("UPDATE estimates SET upper = value - 1 WHERE value IS NOT NULL", "estimate_in_interval"),
    ("UPDATE estimates SET status = 'guessed'", "estimate_status_known"),
    ("UPDATE runs SET audience = 'everybody'", "run_audience_known"),
    ("UPDATE findings SET run_id = 'nobody'", "(?i)foreign key"),
    ("DELETE FROM runs", "(?i)foreign key"),
    ("DELETE FROM areas", "(?i)foreign key"),
    ("UPDATE tier_rows SET area = 'east', drug = 'ketamine', round = '2024Q1'", "(?i)unique"),
    ("UPDATE changes SET ratio = upper + 1 WHERE upper IS NOT NULL", "change_in_interval"),
    ("UPDATE changes SET p = 2", "change_p_between_0_and_1"),
    ("UPDATE changes SET round_after = '1999'", "(?i)foreign key"),
    ("UPDATE ranks SET rank_lower = rank_upper + 1", "rank_in_interval"),
    ("UPDATE ranks SET area = 'east', round = '2024Q1'", "(?i)unique"),
    ("UPDATE rank_probabilities SET p = -0.1", "between_0_and_1"),
    ("INSERT INTO entries SELECT * FROM entries", "(?i)unique"),
]


def test_what_cannot_be_is_refused_by_the_database_itself(store: Store, run: Path) -> None:
    store.enter(content_of(run), NOW)
    before = dump(store)
    for statement, named in BAD_ROWS:
        with pytest.raises(EnvironmentFault, match=named), store.writing() as connection:
            connection.execute(sqlalchemy.text(statement))
    assert dump(store) == before


def test_a_run_with_one_impossible_row_leaves_nothing(
    store: Store, run: Path, tmp_path: Path
) -> None:
    def impossible(name: str, row: Row) -> Row:
        is_last = (row.get("area"), row.get("drug")) == ("west", "nicotine")
        return {**row, "p_severe": "1.5"} if name == "tiers.csv" and is_last else row

    bad = content_of(variant(run, tmp_path / "bad", impossible))
    with pytest.raises(EnvironmentFault, match=r"refuses a row .*between_0_and_1"):
        store.enter(bad, NOW)
    assert unsound(store, []) == ([], [])
    store.enter(content_of(run), NOW)
    before = dump(store)
    with pytest.raises(EnvironmentFault, match="refuses a row"):
        store.enter(bad, NOW)
    assert dump(store) == before


def test_a_folder_that_was_touched_or_is_no_run_is_refused(
    run: Path, tmp_path: Path, package: Store
) -> None:
    from wbe.run.publish import publish

    folder = variant(run, tmp_path / "run")
    (folder / "tiers.csv").write_bytes((folder / "tiers.csv").read_bytes() + b"\n")
    with pytest.raises(UsageError, match=r"tiers.csv is missing or not as the run wrote it"):
        content_of(folder)
    (folder / "run.json").write_bytes((folder / "run.json").read_bytes() + b" ")
    with pytest.raises(UsageError, match=r"run.json is missing or not"):
        content_of(folder)
    publish(run, tmp_path / "public")
    for other in (tmp_path / "public", tmp_path):
        with pytest.raises(UsageError, match="holds no finished run"):
            content_of(other)


def test_other_files_and_databases_are_left_alone(
    run: Path, tmp_path: Path, postgres_url: str
) -> None:
    areas = Path(shutil.copyfile(run / "areas.gpkg", tmp_path / "areas.gpkg"))
    table = Path(shutil.copyfile(run / "tiers.csv", tmp_path / "tiers.db"))
    for file, said in ((areas, "no store of results"), (table, "no SQLite database")):
        before = file.read_bytes()
        for act in (Store.require_usable, lambda store: store.enter(content_of(run), NOW)):
            with pytest.raises(UsageError, match=said):
                act(Store.of(file))
        assert file.read_bytes() == before
    store = Store.of(postgres_url)
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE samples (id integer)")
    store.require_usable()
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE runs (id integer)")
    with pytest.raises(UsageError, match="a table runs of something else"):
        store.require_usable()


def test_a_store_of_a_later_schema_is_refused(store: Store, run: Path) -> None:
    store.enter(content_of(run), NOW)
    with store.writing() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE store_about SET value = '3' WHERE key = 'schema'")
        )
    before = dump(store)
    for act in (Store.require_usable, lambda store: store.enter(content_of(run), NOW)):
        with pytest.raises(UsageError, match=r"schema 3, and this version of wbe knows 2"):
            act(store)
    assert dump(store) == before


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("results.csv", "ends in .gpkg, .sqlite or .db"),
        ("no/such/folder/results.gpkg", "there is no such folder"),
        ("sqlite://", "address of the database"),
        ("mysql://user:geheim@host/lab", "kind mysql"),
    ],
)
def test_addresses_that_are_none(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Store.of(address)
    assert "geheim" not in str(caught.value)


def test_a_server_without_postgis_says_who_can_help(
    postgres_server: postgres.Server, run: Path
) -> None:
    postgres_server.execute("CREATE DATABASE bare")
    postgres_server.execute("CREATE ROLE clerk LOGIN PASSWORD 'geheim'")
    postgres_server.execute("GRANT ALL ON SCHEMA public TO clerk", "bare")
    try:
        url = postgres_server.url("bare")
        clerk = url.replace(f"{postgres.USER}:{postgres.PASSWORD}", "clerk:geheim")
        with pytest.raises(EnvironmentFault, match="CREATE EXTENSION postgis") as caught:
            Store.of(clerk).enter(content_of(run), NOW)
        assert "geheim" not in str(caught.value)
        # Who may install it does, in the same transaction.
        assert Store.of(url).enter(content_of(run), NOW).is_new
    finally:
        postgres_server.execute("DROP DATABASE bare WITH (FORCE)")
        postgres_server.execute("DROP ROLE clerk")
