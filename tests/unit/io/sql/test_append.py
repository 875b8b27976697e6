"""Rows beside those of a table: the same row once, and none is changed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_tables import rows_of, some_rows, store

import wbe
from wbe.errors import UsageError

WRITE = wbe.io.write_sql


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
    WRITE(some_rows(), file, "t", key=["area"])
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
    frame = some_rows(area=["A", "A"])
    with pytest.raises(UsageError, match="two different rows of one key: area = A"):
        WRITE(frame, tmp_path / "a.sqlite", "t", key=["area"])
    same = some_rows(area=["A", "A"], n=[1, 1], value=[0.5, 0.5])
    assert WRITE(same, tmp_path / "a.sqlite", "t", key=["area"]).rows == 1


@pytest.mark.parametrize(("key", "words"), [(["no"], "do not have: no"), (["value"], "blank")])
def test_a_key_needs_its_columns_filled(key: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        WRITE(some_rows(), tmp_path / "a.sqlite", "t", key=key)


def test_rows_are_compared_as_the_database_stores_them(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area", "n"]], types="INTEGER")
    frame = pd.DataFrame({"area": ["7"], "n": ["5"]})  # kept as the numbers 7 and 5
    assert WRITE(frame, file, "t", if_exists="append", key=["area"]).added == 1
    assert WRITE(frame, file, "t", if_exists="append", key=["area"]).added == 0
    assert rows_of(file, "SELECT * FROM t") == [(7, 5)]


def test_columns_of_others_are_left_to_their_defaults(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area", "owner", "n", "value"], ["Z", "me", 1, 2]])
    WRITE(some_rows(), file, "t", if_exists="append", key=["area"])
    assert rows_of(file, "SELECT area, owner FROM t") == [("Z", "me"), ("A", None), ("B", None)]
    with pytest.raises(UsageError, match="no column more"):
        WRITE(some_rows(more=["1", "2"]), file, "t", if_exists="append")


def test_more_rows_than_one_statement_takes_are_all_written(tmp_path: Path) -> None:
    frame = pd.DataFrame({"k": np.arange(12_001), "v": np.arange(12_001) / 7})
    WRITE(frame[:100], tmp_path / "a.sqlite", "t", key=["k"])
    assert WRITE(frame, tmp_path / "a.sqlite", "t", if_exists="append", key=["k"]).added == 11_901
    stored = rows_of(tmp_path / "a.sqlite", "SELECT k, v FROM t ORDER BY k")
    assert stored == list(zip(frame["k"].tolist(), frame["v"].tolist(), strict=True))


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
