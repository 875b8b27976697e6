"""Tables into a database: lossless, whole or not at all, the same row once."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import lab_tables
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_tables import differences, quoted, rows_of, store

import wbe
from wbe.errors import EnvironmentFault, UsageError
from wbe.io.sql.database import database_of

WRITE, READ = wbe.io.write_sql, wbe.io.read_sql
#: A result of a table stands in that table.
PLACED = ("source_file", "source_line")


def _samples(folder: Path, *rows: dict[str, str]) -> xr.Dataset:
    return wbe.read(lab_tables.write_csv(folder / "lab.csv", rows), errors="reject")


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"area": ["A", "B"], "n": [1, 2], "value": [0.5, np.nan]} | changes)


# Round trips

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
NUMBER = st.floats(0.001, 1e6).map(repr)
MAYBE = st.one_of(st.just(""), NUMBER)
ROW = st.fixed_dictionaries({
    "site": st.sampled_from(["North", "东厂", "it's 100%"]),
    "date": st.sampled_from(["2024-03-12", "2024-03-12 09:30", "2023-12-31 23:59:30", ""]),
    "analyte": st.sampled_from(["METH", "cocaine", "甲基苯丙胺", "MDMA"]),
    "concentration": st.one_of(NUMBER, st.sampled_from(["<LOD", "ND", "", "<2", "1,250", ">900"])),
    "unit": st.sampled_from(["ng/L", "ug/L"]),
    "lod": st.sampled_from(["", "0.5"]), "loq": st.sampled_from(["", "1.5"]),
    "status": st.sampled_from(["", "", "missing", "not_measured"]),
    "rsd": st.one_of(st.just(""), st.floats(0.01, 0.9).map(repr)),
    "flow": MAYBE, "flow_unit": st.sampled_from(["m3/d", "ML/d"]),
    "population": MAYBE, "matrix": st.sampled_from(["wwtp_influent", "soil", "", "surface_water"]),
    "mode": st.sampled_from(["", "grab", "composite_24h"]), "lab": TEXT,
    "round": st.sampled_from(["", "2024Q1", "spring"]), "note": st.one_of(st.just(""), TEXT),
    "rain_24h_mm": st.one_of(st.just(""), st.floats(0, 90).map(repr)),
    "lon": st.sampled_from(["", "113.25"]), "lat": st.sampled_from(["", "23.1"]),
    "crs": st.sampled_from(["", "gcj02"]), "colour": TEXT,
})  # fmt: skip


@settings(max_examples=25)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    _assert_read_again(tmp_path_factory.mktemp("sql"), rows)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_whatever_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    _assert_read_again(tmp_path_factory.mktemp("sql"), rows)


def _assert_read_again(folder: Path, rows: list[dict[str, str]]) -> None:
    numbered = [{"sample_id": f"S{i}"} | row for i, row in enumerate(rows)]
    samples = _samples(folder, *numbered)
    errors = {f.rule for f in samples.attrs["findings"].errors}
    written = WRITE(samples, folder / "lab.sqlite", "samples")
    kept = samples["status"] != "rejected"
    samples = samples.sel(sample=kept.any("analyte"), analyte=kept.any("sample"))
    assert written.rows == written.added
    again = READ(folder / "lab.sqlite", "samples", errors="reject") if written.rows else None
    if again is not None and "rejected" not in samples["status"].values:
        assert {f.rule for f in again.attrs["findings"].errors} <= errors
        assert _without_blank(differences(samples, again)) == {}


def _without_blank(found: dict[str, Any]) -> dict[str, Any]:
    """A column of which the rejected samples alone had a cell is no column any more."""
    return {
        name: pair for name, pair in found.items()
        if pair[1] is not None or not _is_blank(pair[0])
    }  # fmt: skip


def _is_blank(values: np.ndarray) -> bool:
    return not (values != "").any() if values.dtype.kind in "UO" else bool(np.isnan(values).all())


@pytest.mark.parametrize("file", ["a_wide_gb18030.csv", "a_wide_utf8.csv"])
def test_a_table_met_in_practice_comes_back_whole(file: str, root: Path, tmp_path: Path) -> None:
    samples = wbe.read(root / "tests" / "data" / "good" / file)
    written = WRITE(samples, tmp_path / "lab.sqlite", "样品")
    again = READ(tmp_path / "lab.sqlite", "样品")
    assert differences(samples, again) == {}
    assert written.lost == (f"{len(samples.attrs['findings'])} findings", *PLACED)


def test_every_quantity_comes_back_with_its_limits(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path,
        lab_tables.row(load="6", recovery="0.9", method="GC", duplicate_rpd="0.1"),
        lab_tables.row(sample_id="S2", analyte="cocaine", concentration="<LOD", load=""),
        lab_tables.row(sample_id="S3", matrix="soil", unit="ng/g", mode="grab", flow="", load=""),
    )
    assert samples["content"].sel(sample="S3", analyte="methamphetamine").item() == 120
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    again = READ(tmp_path / "lab.sqlite", "samples")
    assert differences(samples, again) == {}
    assert "weight_basis_unstated" not in {f.rule for f in again.attrs["findings"]}


@pytest.mark.parametrize(("name", "unit"), [("load", "mg/day"), ("pn_load", "mg/day/1000人")])
def test_a_table_of_loads_alone_comes_back(name: str, unit: str, tmp_path: Path) -> None:
    row = lab_tables.row()
    del row["concentration"]
    samples = _samples(tmp_path, row | {name: "7.5", "unit": unit})
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    again = READ(tmp_path / "lab.sqlite", "samples")
    assert again[name].item() == 7.5 and differences(samples, again) == {}


def test_concentrations_and_loads_of_other_results_need_two_tables(tmp_path: Path) -> None:
    row = lab_tables.row(sample_id="S2")
    del row["concentration"]
    loads = tmp_path / "loads.csv"
    lab_tables.write_csv(loads, [row | {"load": "7.5", "unit": "mg/day"}])
    first = lab_tables.write_csv(tmp_path / "lab.csv", [lab_tables.row()])
    samples = wbe.read([first, loads])
    with pytest.raises(UsageError, match="two tables"):
        WRITE(samples, tmp_path / "lab.sqlite", "samples")
    assert not (tmp_path / "lab.sqlite").exists()


def test_samples_and_analytes_that_were_never_measured_are_kept(tmp_path: Path) -> None:
    blank = {"concentration": "", "status": "not_measured"}
    samples = _samples(
        tmp_path,
        lab_tables.row(),
        lab_tables.row(sample_id="S2", lod="", loq="", **blank),
        lab_tables.row(analyte="cocaine", lod="", loq="", **blank),
        lab_tables.row(sample_id="S3", **blank),  # its limits are stated
    )
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    assert differences(samples, READ(tmp_path / "lab.sqlite", "samples")) == {}


def test_what_is_lost_is_listed(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path, lab_tables.row(), lab_tables.row(sample_id="S2", concentration="1,250"),
        lab_tables.row(sample_id="S3-FB"),
    )  # fmt: skip
    found = len(samples.attrs["findings"])
    written = WRITE(samples.assign(mine=("sample", [1.0, 2.0])), tmp_path / "a.sqlite", "samples")
    assert written.lost == (
        "1 rejected results", "1 rows of quality control", f"{found} findings", *PLACED,
        "mine",
    )  # fmt: skip
    assert rows_of(tmp_path / "a.sqlite", "SELECT sample_id FROM samples") == [("S1",)]


def test_estimates_go_as_their_table_and_are_found_by_their_key(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path, lab_tables.row(), lab_tables.row(analyte="benzoylecgonine"),
        lab_tables.row(analyte="MDMA", concentration="<LOD"),
    )  # fmt: skip
    result = wbe.estimate(samples, draws=200)
    with pytest.raises(UsageError, match="to_tidy"):
        WRITE(result, tmp_path / "lab.sqlite", "estimates")
    table = wbe.to_tidy(result)
    assert WRITE(table, tmp_path / "lab.sqlite", "estimates").added == len(table)
    again = WRITE(table, tmp_path / "lab.sqlite", "estimates", if_exists="append")
    assert (again.rows, again.added) == (len(table), 0)
    values = [v for (v,) in rows_of(tmp_path / "lab.sqlite", "SELECT value FROM estimates")]
    assert values == [None if np.isnan(v) else v for v in table["value"]]


# Values of any table


def test_columns_have_the_types_of_their_values(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "t": ["a", None], "n": [1, 2], "x": [0.1, np.nan], "b": [True, False],
        "d": [dt.date(2024, 3, 1), None], "s": pd.to_datetime(["2024-03-01 09:30", None]),
        "z": pd.to_datetime(["2024-03-01 09:30", None]).tz_localize("Asia/Shanghai"),
        "m": [Decimal("0.10"), None], "c": pd.Categorical(["u", "v"]),
        "i": pd.array([1, None], dtype="Int64"), "e": [None, None],
    })  # fmt: skip
    WRITE(frame, tmp_path / "a.sqlite", "t")
    assert rows_of(tmp_path / "a.sqlite", "SELECT * FROM t") == [
        ("a", 1, 0.1, 1, "2024-03-01", "2024-03-01 09:30:00", "2024-03-01T09:30:00+08:00", "0.10",
         "u", 1, None),
        (None, 2, None, 0, None, None, None, None, "v", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([1, "a"], "holds int, str"), ([{"a": 1}, None], "holds dict"),
        ([2**63, 0], "9223372036"),
        (["a\x00", "b"], "cannot be stored"),
        (pd.Series(["\ud800", "b"], dtype=object), "cannot be stored"),
        ([b"a", b"b"], "holds bytes"),
        (pd.to_datetime(["2024-03-01T00:00:00.000000001"] * 2), "cannot be stored"),
    ],
)  # fmt: skip
def test_values_that_would_change_are_refused(column: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        WRITE(_frame(value=column), tmp_path / "a.sqlite", "t")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(), pd.DataFrame({1: ["a"]}), pd.DataFrame({" ": ["a"]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({"a": [1], "A": [2]}),
        pd.DataFrame({"a\x00": [1]}),
    ],
)  # fmt: skip
def test_columns_need_names_of_their_own(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name"):
        WRITE(frame, tmp_path / "a.sqlite", "t")


@pytest.mark.parametrize("data", [[1, 2], {"a": 1}, "a", None])
def test_only_tables_are_written(data: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can be written"):
        WRITE(data, tmp_path / "a.sqlite", "t")


def test_personal_columns_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="姓名") as caught:
        WRITE(_frame(姓名=["张三", "李四"]), tmp_path / "a.sqlite", "t")
    assert "张三" not in str(caught.value) and list(tmp_path.iterdir()) == []


@given(TEXT, TEXT)
@settings(max_examples=40)
def test_any_name_is_a_name_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, table: str, column: str
) -> None:
    file = tmp_path_factory.mktemp("sql") / "a.sqlite"
    name = f"t{table}'; DROP TABLE x; --\""
    frame = pd.DataFrame({"k": ["1"], f"c {column})%s:a": [2], f"c_{column})%s:a": [3]})
    store(file, "x", [["a"], ["1"]])
    for _ in range(2):
        WRITE(frame, file, name, if_exists="append", key=["k"])
    assert rows_of(file, f"SELECT * FROM {quoted(name)}") == [("1", 2, 3)]
    assert rows_of(file, "SELECT * FROM x") == [("1",)]


@pytest.mark.parametrize("name", ["", " ", "sqlite_master", "gpkg_contents", "rtree_x"])
def test_names_that_a_database_keeps_for_itself_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        WRITE(_frame(), tmp_path / "a.sqlite", name)


# What is there already


def test_a_table_that_exists_is_left_alone(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area"], ["Z"]])
    with pytest.raises(UsageError, match="already holds a table 't'"):
        WRITE(_frame(), file, "t")
    assert rows_of(file, "SELECT * FROM t") == [("Z",)]
    with pytest.raises(UsageError, match="if_exists"):
        WRITE(_frame(), file, "t", if_exists="overwrite")


def test_replace_takes_the_place_of_the_table(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["other"], ["Z"]])
    assert WRITE(_frame(), file, "t", if_exists="replace").added == 2
    assert rows_of(file, "SELECT * FROM t") == [("A", 1, 0.5), ("B", 2, None)]


def test_a_replacement_that_fails_leaves_the_table(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area"], ["Z"]])
    connection = sqlite3.connect(file)
    connection.execute("CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT 1; END")
    connection.close()
    before = file.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wbe.io.sql.write._inserted", _broken)
        with pytest.raises(RuntimeError):
            WRITE(_frame(), file, "t", if_exists="replace")
    assert file.read_bytes() == before and rows_of(file, "SELECT * FROM t") == [("Z",)]


def _broken(*_: Any) -> int:
    raise RuntimeError


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("xy"),
                          st.sampled_from([None, 1.5, 2.5])), max_size=8))  # fmt: skip
@settings(max_examples=50)
def test_rows_without_a_key_are_added_once_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, float | None]]
) -> None:
    file = tmp_path_factory.mktemp("sql") / "a.sqlite"
    for part in (rows[:4], rows[2:], rows):
        frame = pd.DataFrame(part, columns=["a", "b", "c"]).astype({"c": float})
        WRITE(frame.astype({"a": object, "b": object}), file, "t", if_exists="append")
    found = rows_of(file, "SELECT * FROM t")
    assert len(found) == len(set(found)) and set(found) == set(rows)


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from([None, 1.5, 2.5])),
                min_size=1, max_size=8))  # fmt: skip
@settings(max_examples=60)
def test_a_key_never_changes_its_value(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float | None]]
) -> None:
    """Row by row into the table, against a dict."""
    file = tmp_path_factory.mktemp("sql") / "a.sqlite"
    known: dict[str, float | None] = {}
    for area, value in rows:
        frame = pd.DataFrame({"area": [area], "value": [value]}).astype({"value": float})
        if known.get(area, value) == value:
            added = WRITE(frame, file, "t", if_exists="append", key=["area"]).added
            assert added == (area not in known)
            known[area] = value
        else:
            with pytest.raises(UsageError, match=f"area = {area}: value is"):
                WRITE(frame, file, "t", if_exists="append", key=["area"])
        assert dict(rows_of(file, "SELECT area, value FROM t")) == known


def test_one_changed_row_keeps_all_others_out(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    WRITE(_frame(), file, "t", key=["area"])
    before = file.read_bytes()
    changed = pd.DataFrame({"area": ["Z", "B"], "n": [9, 2], "value": [1.0, 0.25]})
    with pytest.raises(UsageError) as caught:
        WRITE(changed, file, "t", if_exists="append", key=["area"])
    assert str(caught.value) == (
        "table 't' holds other values for area = B: value is - there and 0.25 in the new row; "
        "nothing was written"
    )
    assert "未写入" in caught.value.args[0].zh and file.read_bytes() == before


def test_the_data_may_not_contradict_themselves(tmp_path: Path) -> None:
    frame = _frame(area=["A", "A"])
    with pytest.raises(UsageError, match="two different rows of one key: area = A"):
        WRITE(frame, tmp_path / "a.sqlite", "t", key=["area"])
    same = _frame(area=["A", "A"], n=[1, 1], value=[0.5, 0.5])
    assert WRITE(same, tmp_path / "a.sqlite", "t", key=["area"]).rows == 1


@pytest.mark.parametrize(("key", "words"), [(["no"], "do not have: no"), (["value"], "blank")])
def test_a_key_needs_its_columns_filled(key: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        WRITE(_frame(), tmp_path / "a.sqlite", "t", key=key)


def test_rows_are_compared_as_the_database_stores_them(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area", "n"]], types="INTEGER")
    frame = pd.DataFrame({"area": ["7"], "n": ["5"]})  # kept as the numbers 7 and 5
    assert WRITE(frame, file, "t", if_exists="append", key=["area"]).added == 1
    assert WRITE(frame, file, "t", if_exists="append", key=["area"]).added == 0
    assert rows_of(file, "SELECT * FROM t") == [(7, 5)]


def test_columns_of_others_are_left_to_their_defaults(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area", "owner", "n", "value"], ["Z", "me", 1, 2]])
    WRITE(_frame(), file, "t", if_exists="append", key=["area"])
    assert rows_of(file, "SELECT area, owner FROM t") == [("Z", "me"), ("A", None), ("B", None)]
    with pytest.raises(UsageError, match="no column more"):
        WRITE(_frame(more=["1", "2"]), file, "t", if_exists="append")


def test_a_violated_constraint_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE t (area TEXT, n INTEGER CHECK (n < 2), value REAL)")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match=r"CHECK constraint failed: n < 2.*nothing was changed"):
        WRITE(_frame(), file, "t", if_exists="append")
    assert rows_of(file, "SELECT count(*) FROM t") == [(0,)]


def test_a_database_that_somebody_else_holds_is_an_environment_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area"], ["Z"]])
    monkeypatch.setattr("wbe.io.sql.database._PATIENCE", 0)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(EnvironmentFault, match="locked"):
        WRITE(_frame(), file, "u")
    holder.close()


def test_a_folder_that_is_not_there_is_an_environment_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="unable to open"):
        WRITE(_frame(), tmp_path / "no" / "a.sqlite", "t")


def test_more_rows_than_one_statement_takes_are_all_written(tmp_path: Path) -> None:
    frame = pd.DataFrame({"k": np.arange(12_001), "v": np.arange(12_001) / 7})
    WRITE(frame[:100], tmp_path / "a.sqlite", "t", key=["k"])
    assert WRITE(frame, tmp_path / "a.sqlite", "t", if_exists="append", key=["k"]).added == 11_901
    stored = rows_of(tmp_path / "a.sqlite", "SELECT k, v FROM t ORDER BY k")
    assert stored == list(zip(frame["k"].tolist(), frame["v"].tolist(), strict=True))


WRITER = """
import sys
import pandas as pd
import wbe
frame = pd.DataFrame({"k": range(60_000), "v": "x" * 200})
print("ready", flush=True)
wbe.io.write_sql(frame, sys.argv[1], "t", if_exists="append", key=["k"])
"""


def test_a_killed_writer_leaves_all_rows_or_none(tmp_path: Path) -> None:
    """Killed while pages are being written: the journal undoes them, and the next call adds all."""
    file = tmp_path / "a.sqlite"
    WRITE(pd.DataFrame({"k": [0], "v": ["x" * 200]}), file, "t", key=["k"])
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"ready\n"
    small, until = file.stat().st_size, time.monotonic() + 60
    while file.stat().st_size == small and child.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    child.kill()
    child.wait()
    child.stdout.close()
    with database_of(file).reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() in (1, 60_000)
    frame = pd.DataFrame({"k": range(60_000), "v": "x" * 200})
    WRITE(frame, file, "t", if_exists="append", key=["k"])
    assert rows_of(file, "SELECT count(*), count(DISTINCT k) FROM t") == [(60_000, 60_000)]
    assert rows_of(file, "PRAGMA integrity_check") == [("ok",)]


def test_values_that_only_the_database_tells_apart_are_another_value(tmp_path: Path) -> None:
    file = tmp_path / "lab.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (k TEXT, ok BOOLEAN)")
        connection.execute("INSERT INTO t VALUES ('a', 2)")
        connection.commit()
    frame = pd.DataFrame({"k": ["a"], "ok": [True]})
    with pytest.raises(UsageError, match="k = a: ok is"):
        WRITE(frame, file, "t", if_exists="append", key=["k"])
    assert rows_of(file, "SELECT ok FROM t") == [(2,)]


@pytest.mark.parametrize("address", ["u:geheim@h", "dbname=lab password=geheim"])
def test_an_address_that_is_no_file_makes_none(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        WRITE(pd.DataFrame({"k": ["a"]}), address, "t")
    assert "geheim" not in str(caught.value) and list(tmp_path.iterdir()) == []
