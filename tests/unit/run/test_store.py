"""A store of many runs: what it holds, what is current in it, and what it refuses."""

from __future__ import annotations

import csv
import re
import shutil
import sqlite3
import warnings
from pathlib import Path

import postgres
import pytest
from store_runs import NOW, Row, dump, statements, unsound, variant

from wbe import names
from wbe.errors import EnvironmentFault, UsageError
from wbe.findings import COLUMNS as FINDING_COLUMNS
from wbe.io.store.content import content_of
from wbe.io.store.database import Store
from wbe.io.write import ESTIMATE_COLUMNS, bare_text

sqlalchemy = pytest.importorskip("sqlalchemy")

from wbe.io.store import tables  # noqa: E402

TITLE = "Synthetic example: six towns"


@pytest.fixture(scope="module")
def run(public_run) -> Path:
    return public_run[0]


@pytest.fixture
def package(tmp_path: Path) -> Store:
    return Store.of(tmp_path / "results.gpkg")


@pytest.fixture(params=["geopackage", "postgis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store that does not exist yet."""
    if request.param == "postgis":
        return Store.of(request.getfixturevalue("postgres_url"))
    return Store.of(tmp_path / "results.gpkg")


def asked(store: Store, query: str, **values: object) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sqlalchemy.text(query), values)]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cell(text: str, column: str) -> object:
    """A cell as a database should hold it."""
    if text == "" or column in ("value", "lower", "upper", "line"):
        return float(text) if text else None
    return bare_text(text)


def test_the_tables_have_the_columns_of_the_files(run: Path) -> None:
    assert tuple(tables.estimates.columns.keys()) == ("run_id", "row", *ESTIMATE_COLUMNS)
    assert tuple(tables.findings.columns.keys()) == ("run_id", "row", *FINDING_COLUMNS)
    held = {*tables.tier_rows.columns.keys(), *tables.areas.columns.keys()}
    assert {c for c in rows(run / "tiers.csv")[0] if not c.startswith("p_")} <= held


def test_every_cell_of_a_run_is_there(store: Store, run: Path) -> None:
    content = content_of(run)
    store.enter(content, NOW)
    names_ = ", ".join(ESTIMATE_COLUMNS)
    found = asked(store, f"SELECT {names_} FROM estimates ORDER BY row")
    expected = [tuple(cell(r[c], c) for c in ESTIMATE_COLUMNS) for r in rows(run / "estimates.csv")]
    assert found == expected and len(found) > 400
    noticed = asked(store, "SELECT rule, line, sample_id, message FROM findings ORDER BY row")
    columns = ("rule", "line", "sample_id", "message")
    assert noticed == [tuple(cell(r[c], c) for c in columns) for r in rows(run / "findings.csv")]
    about, tiers = store.run(content.run_id) or ("", [])
    assert about == (run / "run.json").read_text(encoding="utf-8")
    assert tiers == rows(run / "tiers.csv")
    held = asked(store, "SELECT kind, name, sha256 FROM inputs ORDER BY position")
    assert held == [(i["kind"], i["name"], i["sha256"]) for i in content.about["inputs"]]
    assert unsound(store, [content], closely=True) == ([], [content.run_id])


def test_probabilities_that_a_run_does_not_state_come_back_empty(
    package: Store, run: Path, tmp_path: Path
) -> None:
    def without_draws(name: str, row: Row) -> Row:
        return {key: "" if key.startswith("p_") else cell for key, cell in row.items()}

    content = content_of(variant(run, tmp_path / "b", without_draws))
    package.enter(content, NOW)
    _, tiers = package.run(content.run_id) or ("", [])
    expected = rows(tmp_path / "b" / "tiers.csv")
    assert [list(row.items()) for row in tiers] == [list(row.items()) for row in expected]


def test_texts_are_stored_without_what_guards_spreadsheets(
    package: Store, run: Path, tmp_path: Path
) -> None:
    def guarded(name: str, row: Row) -> Row:
        return {**row, "name": "'=North"} if name == "tiers.csv" else {**row, "sample_id": "'=1+1"}

    content = content_of(variant(run, tmp_path / "b", guarded))
    package.enter(content, NOW)
    assert asked(package, "SELECT DISTINCT name FROM areas") == [("=North",)]
    for table in ("estimates", "findings"):
        assert asked(package, f"SELECT DISTINCT sample_id FROM {table}") == [("=1+1",)]
    assert (package.run(content.run_id) or ("", []))[1] == rows(tmp_path / "b" / "tiers.csv")


def test_both_databases_hold_the_same(
    run: Path, internal_run: Path, package: Store, postgres_url: str
) -> None:
    server = Store.of(postgres_url)
    for folder in (run, internal_run, run):
        content = content_of(folder)
        assert package.enter(content, NOW) == server.enter(content, NOW)
    ours, theirs = dump(package), dump(server)
    assert ours.keys() == theirs.keys() and len(ours["estimates"]) > 800
    for name, held in ours.items():
        assert held == theirs[name], name
    query = """SELECT area, drug, value, lower, upper, tier, p_tier FROM current_tiers
               WHERE round = '2024Q2' AND tier IS NOT NULL ORDER BY value DESC"""
    assert asked(package, query) == asked(server, query) != []


def test_the_same_run_again_changes_no_byte(package: Store, run: Path) -> None:
    content = content_of(run)
    package.enter(content, NOW)
    before = package.file.read_bytes()
    again = package.enter(content, "2030-01-01T00:00:00+00:00")
    assert not again.is_new and not again.rounds and package.file.read_bytes() == before


def test_another_time_stamp_or_picture_is_the_same_run_another_result_is_not(
    run: Path, tmp_path: Path
) -> None:
    content = content_of(run)
    later = variant(run, tmp_path / "later", created="2031-01-01T00:00:00+00:00")
    drawn = variant(run, tmp_path / "drawn", outputs={**content.about["outputs"], "map.png": "0"})
    assert content_of(later).run_id == content_of(drawn).run_id == content.run_id

    def higher(name: str, row: Row) -> Row:
        return {**row, "value": "1.25"} if name == "estimates.csv" and row["value"] else row

    changed = [
        variant(run, tmp_path / "seed", seed=9),
        variant(run, tmp_path / "version", versions={**content.about["versions"], "wbe": "9"}),
        variant(run, tmp_path / "result", higher),
        variant(run, tmp_path / "data", inputs=content.about["inputs"][:-1]),
    ]
    numbers = {content_of(folder).run_id for folder in changed}
    assert len(numbers) == 4 and content.run_id not in numbers


def test_the_latest_run_of_a_round_is_current_and_the_others_are_history(
    store: Store, run: Path, tmp_path: Path
) -> None:
    first, second = content_of(run), content_of(variant(run, tmp_path / "b", seed=2))

    def of_q2(name: str, row: Row) -> Row | None:
        return row if row.get("round", "2024Q2") == "2024Q2" else None

    third = content_of(variant(run, tmp_path / "c", of_q2, seed=3))
    other = content_of(variant(run, tmp_path / "d", title="Another county (synthetic)"))
    done = [store.enter(content, NOW) for content in (first, other, second, third)]
    both = ("2024Q1", "2024Q2")
    assert [d.rounds for d in done] == [both, both, both, ("2024Q2",)]
    assert [d.replaced for d in done] == [(), (), (first.run_id,), (second.run_id,)]
    query = "SELECT DISTINCT campaign, round, run_id FROM {} ORDER BY campaign, round"
    current = [
        ("Another county (synthetic)", "2024Q1", other.run_id),
        ("Another county (synthetic)", "2024Q2", other.run_id),
        (TITLE, "2024Q1", second.run_id),
        (TITLE, "2024Q2", third.run_id),
    ]
    assert asked(store, query.format("current_tiers")) == current
    assert asked(store, query.format("current_estimates")) == current
    assert asked(store, "SELECT count(DISTINCT run_id) FROM estimates") == [(4,)]
    # Computed again as at first: nothing is written twice, and the first is current again.
    again = store.enter(first, NOW)
    assert not again.is_new and again.replaced == tuple(sorted((second.run_id, third.run_id)))
    now = asked(store, query.format("current_tiers"))[2:]
    assert now == [(TITLE, label, first.run_id) for label in both]
    assert asked(store, "SELECT count(*) FROM runs") == [(4,)]
    # Found to stand, not computed: what superseded it stays current.
    assert not store.enter(second, NOW, again=False).rounds
    assert asked(store, query.format("current_tiers"))[2:] == now


def test_whole_numbers_of_any_size_are_kept(store: Store, run: Path, tmp_path: Path) -> None:
    (first, *others) = content_of(run).about["inputs"]
    inputs = [{**first, "bytes": 2**40}, *others]
    large = content_of(variant(run, tmp_path / "b", seed=10**30, inputs=inputs))
    store.enter(large, NOW)
    assert asked(store, "SELECT seed FROM runs") == [(str(10**30),)]
    assert asked(store, "SELECT max(bytes) FROM inputs") == [(2**40,)]


def test_a_store_in_a_file_is_a_geopackage(package: Store, run: Path) -> None:
    import geopandas as gpd
    import pyogrio

    package.enter(content_of(run), NOW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a type of column that a GeoPackage does not know
        layers = [name for name, geometry in pyogrio.list_layers(package.file) if geometry]
    assert layers == ["current_tiers", "tiers"]
    shown = gpd.read_file(package.file, layer="current_tiers")
    drawn = gpd.read_file(run / "areas.gpkg", layer="tiers")
    assert shown.crs == drawn.crs and len(shown) == len(drawn) == 48
    keys = ["area", "round", "drug"]
    pair = [f.sort_values(keys, ignore_index=True).fillna({"flags": ""}) for f in (shown, drawn)]
    assert pair[0][[*keys, "flags"]].equals(pair[1][[*keys, "flags"]])
    assert pair[0].geometry.geom_equals_exact(pair[1].geometry, 0).all()
    with sqlite3.connect(package.file) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        said = file.execute("SELECT description, last_change FROM gpkg_contents").fetchall()
    for description, changed in said:
        assert changed == "2024-01-01T00:00:00.000Z"
        for lang in ("en", "zh"):
            assert names.text("disclaimer.population_level", lang) in description


def test_postgis_knows_the_reference_system_and_has_an_index(postgres_url: str, run: Path) -> None:
    store = Store.of(postgres_url)
    store.enter(content_of(run), NOW)
    held = asked(store, "SELECT f_table_name, srid FROM geometry_columns ORDER BY 1")
    assert held == [("current_tiers", 4326), ("geometries", 4326), ("tiers", 4326)]
    (index,) = asked(store, "SELECT indexdef FROM pg_indexes WHERE indexname = 'geometries_geom'")
    assert "USING gist" in str(index[0])
    found = asked(store, "SELECT DISTINCT area, ST_AsText(geom) FROM tiers WHERE area = 'east'")
    assert found == [("east", "POLYGON((0.1 0.05,0.15 0.05,0.15 0.1,0.1 0.1,0.1 0.05))")]
    (said,) = asked(store, "SELECT obj_description('current_tiers'::regclass)")
    assert names.text("disclaimer.population_level", "zh") in str(said[0])


def test_readers_from_outside_see_current_rows_of_public_runs_alone(
    postgres_server: postgres.Server, postgres_url: str, run: Path, internal_run: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The statements of the documentation do what it says of them."""
    import psycopg

    page = (Path(__file__).parents[3] / "docs/databases.md").read_text(encoding="utf-8")
    (statements_,) = re.findall(r"```text shown: for the administrator.*?\n(.*?)```", page, re.S)
    store = Store.of(postgres_url)
    other = content_of(variant(run, tmp_path / "b", title="Another county (synthetic)"))
    for content in (content_of(run), other, content_of(internal_run)):
        store.enter(content, NOW)
    assert asked(store, "SELECT DISTINCT audience FROM current_tiers ORDER BY 1") == [
        ("internal",), ("public",),
    ]  # fmt: skip
    address = postgres_url.replace("+psycopg", "")
    try:
        with psycopg.connect(address) as administrator:
            administrator.execute(statements_.encode())
        with psycopg.connect(address, autocommit=True) as reader:
            reader.execute("SET ROLE reader")
            shown = reader.execute("SELECT DISTINCT run_id, audience FROM public_tiers").fetchall()
            assert shown == [(other.run_id, "public")]
            for name in (*tables.metadata.tables, *tables.VIEWS):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(f"SELECT 1 FROM {name}".encode())
    finally:
        with store.writing() as connection:
            connection.exec_driver_sql("DROP OWNED BY reader")
        postgres_server.execute("DROP ROLE reader")


def test_outlines_are_stored_once(store: Store, run: Path, tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        store.enter(content_of(variant(run, tmp_path / str(seed), seed=seed)), NOW)
    assert asked(store, "SELECT count(*) FROM geometries") == [(6,)]
    assert asked(store, "SELECT count(*) FROM tiers WHERE geom IS NULL") == [(0,)]


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


def test_a_store_of_another_schema_is_refused(store: Store, run: Path) -> None:
    store.enter(content_of(run), NOW)
    with store.writing() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE store_about SET value = '2' WHERE key = 'schema'")
        )
    before = dump(store)
    for act in (Store.require_usable, lambda store: store.enter(content_of(run), NOW)):
        with pytest.raises(UsageError, match=r"schema 2, and this version of wbe knows 1"):
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


def test_statements_are_few_and_do_not_grow_with_the_rows(
    store: Store, run: Path, tmp_path: Path
) -> None:
    first = statements(store, content_of(run))
    store.enter(content_of(run), NOW)
    moved = content_of(variant(run, tmp_path / "b", seed=2))
    later = statements(store, moved)
    assert 10 < later < 30 < first < 80
    twice = variant(run, tmp_path / "c", seed=3, inputs=moved.about["inputs"] * 9)
    assert statements(store, content_of(twice)) == later


def test_two_stored_runs_differ_as_their_folders_do(
    package: Store, run: Path, internal_run: Path
) -> None:
    from wbe.run import diff

    folders = (run, internal_run)
    numbers = [Path(package.enter(content_of(f), NOW).run_id) for f in folders]
    for form in ("json", "csv"):
        stored = diff.listing(*numbers, form=form, store=str(package.file))
        assert stored == diff.listing(*folders, form=form)
    text = diff.listing(numbers[0], internal_run, store=str(package.file))
    assert f"({numbers[0]})" in text
    with pytest.raises(UsageError, match="holds no run nobody"):
        diff.listing(numbers[0], Path("nobody"), store=str(package.file))
