"""Columns of a table that is written to a database: their types, values and names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sql_tables import TEXT, quoted, rows_of, some_rows, store

import wbe
from wbe.errors import UsageError

WRITE = wbe.io.write_sql


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
        WRITE(some_rows(value=column), tmp_path / "a.sqlite", "t")
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
        WRITE(some_rows(姓名=["张三", "李四"]), tmp_path / "a.sqlite", "t")
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
        WRITE(some_rows(), tmp_path / "a.sqlite", name)
