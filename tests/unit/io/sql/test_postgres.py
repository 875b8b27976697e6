"""The same through PostgreSQL with PostGIS, which the tests start themselves; else skipped."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from postgres import PASSWORD
from sql_tables import differences, store

import wbe
from wbe.errors import EnvironmentFault, FindingsError, UsageError

WRITE, READ = wbe.io.write_sql, wbe.io.read_sql


@pytest.fixture
def run(postgres_url: str) -> Any:
    """A function that runs one statement and gives its rows."""
    import psycopg

    address = postgres_url.replace("+psycopg", "")

    def execute(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture
def lab(root: Path) -> Any:
    return wbe.read(root / "tests" / "data" / "good" / "a_wide_utf8.csv")


def test_samples_come_back_whole_and_as_from_sqlite(
    postgres_url: str, lab: Any, tmp_path: Path
) -> None:
    WRITE(lab, postgres_url, '样品 "1" %s')
    WRITE(lab, tmp_path / "lab.sqlite", "samples")
    again, other = READ(postgres_url, '样品 "1" %s'), READ(tmp_path / "lab.sqlite", "samples")
    assert differences(lab, again) == {}
    sums = [samples.attrs["files"][0]["sha256"] for samples in (again, other)]
    assert sums[0] == sums[1]
    record = again.attrs["files"][0]
    assert record["name"].startswith("postgresql database test_")
    assert record["encoding"] == "postgresql" and PASSWORD not in str(record)


def test_types_of_the_server_become_what_a_person_types(postgres_url: str, run: Any) -> None:
    run("""CREATE TABLE t (sample_id uuid, site varchar(20), start timestamp, analyte char(7),
        concentration numeric(12, 4), unit text, lod real, loq double precision, flow bigint,
        flow_unit text, day date, ok boolean, at timestamptz)""")
    run("""INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000001', 'North',
        '2024-03-01 09:30', 'cocaine', 12.5000, 'ng/L', 0.1, 0.3, 50000, 'm3/d', '2024-03-02',
        true, '2024-03-01T08:00:00+08')""")
    samples = READ(postgres_url, "t")
    one = samples.isel(sample=0).sel(analyte="cocaine")
    values = [one[name].item() for name in ("concentration", "lod", "loq", "flow")]
    assert values == [12.5, 0.1, 0.3, 50_000]
    assert str(one["time"].values) == "2024-03-01T09:30:00"
    texts = {v.attrs["long_name"]: v.values.item() for n, v in samples.data_vars.items()
             if str(n).startswith("extra_")}  # fmt: skip
    assert texts == {"day": "2024-03-02", "ok": "TRUE", "at": "2024-03-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bytea", "'a'"), ("jsonb", "'{}'"), ("text[]", "'{a}'"), ("interval", "'1 day'")],
)
def test_columns_of_other_types_refuse_the_table(
    kind: str, value: str, postgres_url: str, run: Any
) -> None:
    run(f"CREATE TABLE t (site text, odd {kind})")
    run(f"INSERT INTO t VALUES ('A', {value})")
    with pytest.raises(FindingsError) as caught:
        READ(postgres_url, "t")
    assert [f.rule for f in caught.value.findings] == ["column_type_unsuitable"]


def test_a_table_of_a_schema_and_a_view_are_found_by_name(
    postgres_url: str, lab: Any, run: Any
) -> None:
    run('CREATE SCHEMA "实验室"')
    WRITE(lab, postgres_url, "实验室.samples")
    run('CREATE VIEW recent AS SELECT * FROM "实验室".samples')
    assert differences(READ(postgres_url, "实验室.samples"), READ(postgres_url, "recent")) == {}
    with pytest.raises(UsageError, match="no table"):
        READ(postgres_url, "实验室.nothing")


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
        "SELECT nextval('s')", "SELECT * FROM t FOR UPDATE", "SELECT 1 AS a INTO u",
        "SELECT set_config('transaction_read_only', 'off', false) FROM (DELETE FROM t) AS g",
        "SELECT 1; DELETE FROM t", "SELECT 1; COMMIT; DELETE FROM t",
        "COPY t TO PROGRAM 'true'", "COMMIT", "DO $$BEGIN DELETE FROM t; END$$",
        # quotes that hide the second statement from whoever does not know them
        "SELECT $$a'b$$; DELETE FROM t --'",
        "SELECT $$a'b$$; COMMIT; DELETE FROM t --'",
        "SELECT E'\\' ' ; COMMIT; DELETE FROM t --'",
    ],
)  # fmt: skip
def test_no_query_changes_the_database(query: str, postgres_url: str, run: Any) -> None:
    run("CREATE TABLE t (a int)")
    run("INSERT INTO t VALUES (1)")
    run("CREATE SEQUENCE s")
    with pytest.raises(UsageError):
        READ(postgres_url, query)
    assert run("SELECT * FROM t") == [(1,)] and run("SELECT is_called FROM s") == [(False,)]
    assert run("SELECT to_regclass('u')::text") == [(None,)]


def test_a_percent_sign_of_a_query_is_no_parameter(postgres_url: str, lab: Any) -> None:
    WRITE(lab, postgres_url, "samples")
    query = "SELECT * FROM samples WHERE site LIKE '%东湖%' AND 7 % 4 = 3 AND ':a' <> '%s'"
    assert set(READ(postgres_url, query)["site"].values.tolist()) == {"东湖污水处理厂"}


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"area": ["A", "B"], "value": [0.5, None], "s": pd.to_datetime(
        ["2024-03-01 09:30", None]), "ok": [True, False]} | changes)  # fmt: skip


def test_a_key_is_added_once_and_never_changed(postgres_url: str, run: Any) -> None:
    name = 'a "b" %(c)s'
    for expected in (2, 0):
        written = WRITE(_frame(), postgres_url, name, if_exists="append", key=["area"])
        assert written.added == expected
    with pytest.raises(UsageError, match=r"area = B: value is - there and 1\.5 in the new row"):
        WRITE(_frame(value=[0.5, 1.5]), postgres_url, name, if_exists="append", key=["area"])
    assert run('SELECT area, value FROM "a ""b"" %(c)s" ORDER BY 1') == [("A", 0.5), ("B", None)]
    assert WRITE(_frame()[:1], postgres_url, name, if_exists="replace").added == 1
    assert run('SELECT count(*) FROM "a ""b"" %(c)s"') == [(1,)]


def test_rows_without_a_key_are_compared_whole(postgres_url: str, run: Any) -> None:
    for frame in (_frame(), _frame(), _frame(value=[0.25, None])):
        WRITE(frame, postgres_url, "t", if_exists="append")
    assert run("SELECT area, value FROM t ORDER BY 1, 2") == [("A", 0.25), ("A", 0.5), ("B", None)]


def test_rows_are_compared_as_the_server_rounds_them(postgres_url: str, run: Any) -> None:
    run("CREATE TABLE t (area text, value numeric(6, 2), owner text DEFAULT 'lab')")
    frame = pd.DataFrame({"area": ["A"], "value": [0.123456]})
    added = [WRITE(frame, postgres_url, "t", if_exists="append", key=["area"]).added
             for _ in range(2)]  # fmt: skip
    assert added == [1, 0]
    assert [(str(v), o) for v, o in run("SELECT value, owner FROM t")] == [("0.12", "lab")]


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("CHECK (value < 0)", "check constraint"), ("UNIQUE (ok)", "duplicate key"),
        ("REFERENCES known (area)", "foreign key"), ("NOT NULL", "not-null"),
    ],
)  # fmt: skip
def test_a_violated_constraint_is_told_and_nothing_is_written(
    constraint: str, words: str, postgres_url: str, run: Any
) -> None:
    run("CREATE TABLE known (area text PRIMARY KEY)")
    column = "value" if constraint == "NOT NULL" else "area"
    parts = {"area": "text", "value": "double precision", "s": "timestamp", "ok": "boolean"}
    if constraint.startswith(("CHECK", "UNIQUE")):
        listed = [*(f"{n} {t}" for n, t in parts.items()), constraint]
    else:
        listed = [f"{n} {t} {constraint if n == column else ''}" for n, t in parts.items()]
    run(f"CREATE TABLE t ({', '.join(listed)})")
    with pytest.raises(UsageError, match=f"{words}.*nothing was changed"):
        WRITE(_frame(ok=[True, True]), postgres_url, "t", if_exists="append")
    assert run("SELECT count(*) FROM t") == [(0,)]


def test_many_writers_at_once_write_every_row_once(postgres_url: str, run: Any) -> None:
    """The first of them makes the table; all others wait for it."""
    failed: list[BaseException] = []

    def work(number: int) -> None:
        rows = [f"r{i}" for i in range(number, number + 20)]
        try:
            WRITE(pd.DataFrame({"k": rows, "v": 1}), postgres_url, "t", if_exists="append",
                  key=["k"])  # fmt: skip
        except BaseException as error:  # a thread's own end is nobody's failure
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert run("SELECT count(*), count(DISTINCT k) FROM t") == [(27, 27)]


def test_names_that_the_server_would_cut_are_refused(postgres_url: str) -> None:
    with pytest.raises(UsageError, match="too long"):
        WRITE(_frame(), postgres_url, "样" * 22)
    with pytest.raises(UsageError, match="too long"):
        WRITE(_frame(**{"列" * 22: [1, 2]}), postgres_url, "t")


# Geometry


def test_areas_go_into_postgis_and_come_back(postgres_url: str, root: Path, run: Any) -> None:
    areas = wbe.read_areas(root / "data" / "samples" / "example-county" / "areas.geojson")
    for expected in (13, 0):
        written = WRITE(areas, postgres_url, "areas", if_exists="append", key=["area"])
        assert written.added == expected
    assert_geodataframe_equal(wbe.io.read_sql_areas(postgres_url, "areas"), areas)
    assert run("SELECT DISTINCT ST_SRID(geometry), ST_IsValid(geometry) FROM areas") == [
        (4326, True)
    ]
    moved = areas.set_geometry(areas.translate(0.1))
    with pytest.raises(UsageError, match="geometry is"):
        WRITE(moved, postgres_url, "areas", if_exists="append", key=["area"])


def test_areas_of_another_system_are_brought_to_wgs84(postgres_url: str, run: Any) -> None:
    run("CREATE TABLE a (area text, g geometry(Polygon, 32650))")
    run("INSERT INTO a SELECT 'A', ST_Transform(ST_MakeEnvelope(116, 39, 117, 40, 4326), 32650)")
    areas = wbe.io.read_sql_areas(postgres_url, "a")
    assert areas.crs == "EPSG:4326" and areas["area"].tolist() == ["A"]
    assert areas.total_bounds.round(6).tolist() == [116, 39, 117, 40]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [("area text", "no geometry"), ("area text, g geometry, h geometry", "several: g, h")],
)
def test_a_table_needs_one_column_of_geometry(
    columns: str, reason: str, postgres_url: str, run: Any
) -> None:
    run(f"CREATE TABLE a ({columns})")
    with pytest.raises(FindingsError, match=reason):
        wbe.io.read_sql_areas(postgres_url, "a")


def test_sites_are_read_from_a_query(postgres_url: str, run: Any) -> None:
    run("CREATE TABLE s (wwtp text, lon float, lat float, crs text, people int)")
    run("INSERT INTO s VALUES ('North', 113.25, 23.125, 'wgs84', 5000)")
    sites = wbe.io.read_sql_sites(postgres_url, "SELECT wwtp, lon, lat, crs, people FROM s")
    assert sites[["site", "lon", "lat", "population"]].values.tolist() == [
        ["North", 113.25, 23.125, 5000]
    ]


def test_tiers_are_stored_with_their_geometry(postgres_url: str, tmp_path: Path, run: Any) -> None:
    shapes = gpd.points_from_xy([1.0, 2.0], [1.0, 2.0]).buffer(0.3)
    tiers = gpd.GeoDataFrame(
        {"area": ["A", "B"], "round": "2024Q1", "drug": "cocaine", "quantity": "pn_mass_load",
         "tier": ["general", ""], "value": [1.5, None], "resolved": [True, False]},
        geometry=shapes, crs="EPSG:4326",
    )  # fmt: skip
    for url in (postgres_url, tmp_path / "lab.gpkg"):
        assert WRITE(tiers, url, "tiers").added == 2
        assert WRITE(tiers, url, "tiers", if_exists="append").added == 0
        with pytest.raises(UsageError, match="area = B, round = 2024Q1"):
            WRITE(tiers.assign(tier="severe")[1:], url, "tiers", if_exists="append")
    found = run("SELECT area, tier, resolved FROM tiers ORDER BY area")
    assert found == [("A", "general", True), ("B", "", False)]


# Secrets


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace(PASSWORD, "wrong-secret"),
        lambda url: url.rpartition("/")[0] + "/nowhere",
        lambda url: url.partition("127.0.0.1:")[0] + "127.0.0.1:1/lab",
        lambda url: url + "?sslmode=nonsense", lambda url: url + "?password=wrong-secret",
    ],
)  # fmt: skip
def test_no_password_is_told_when_the_server_says_no(change: Any, postgres_url: str) -> None:
    for call in (lambda u: READ(u, "t"), lambda u: WRITE(_frame(), u, "t")):
        with pytest.raises((EnvironmentFault, UsageError)) as caught:
            call(change(postgres_url))
        error: BaseException | None = caught.value
        while error is not None:
            said = f"{error!s} {error!r}"
            assert PASSWORD not in said and "wrong-secret" not in said
            error = error.__cause__
        assert caught.value.__suppress_context__


def test_a_password_may_come_from_the_file_of_the_user(
    postgres_url: str, lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"*:*:*:*:{PASSWORD}\n", encoding="utf-8")
    secrets.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secrets))
    url = postgres_url.replace(f":{PASSWORD}@", "@").replace("postgresql+psycopg", "postgresql")
    WRITE(lab, url, "samples")
    assert READ(url, "samples").sizes == lab.sizes


def test_findings_of_bad_rows_are_those_of_sqlite(postgres_url: str, tmp_path: Path) -> None:
    import lab_tables

    rows = [lab_tables.row(concentration="1,250"), lab_tables.row(sample_id="S2", analyte="metf"),
            lab_tables.row(sample_id="S3", flow="-5", date="03/04/2024")]  # fmt: skip
    cells = lab_tables.as_cells(rows)
    WRITE(pd.DataFrame(cells[1:], columns=cells[0]), postgres_url, "t")
    file = store(tmp_path / "lab.sqlite", "t", cells)
    found, other = (
        [{k: v for k, v in f.as_dict().items() if k != "file"} for f in
         READ(url, "t", errors="reject").attrs["findings"].sorted()]
        for url in (postgres_url, file)
    )  # fmt: skip
    assert found == other and len(found) >= 4
