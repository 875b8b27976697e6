"""A write to a database is whole or not at all, whoever or whatever comes between."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sql_tables import rows_of, some_rows, store

import wbe
from wbe.errors import EnvironmentFault, UsageError
from wbe.io.sql.database import database_of

WRITE = wbe.io.write_sql


def test_a_table_that_exists_is_left_alone(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area"], ["Z"]])
    with pytest.raises(UsageError, match="already holds a table 't'"):
        WRITE(some_rows(), file, "t")
    assert rows_of(file, "SELECT * FROM t") == [("Z",)]
    with pytest.raises(UsageError, match="if_exists"):
        WRITE(some_rows(), file, "t", if_exists="overwrite")


def test_replace_takes_the_place_of_the_table(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["other"], ["Z"]])
    assert WRITE(some_rows(), file, "t", if_exists="replace").added == 2
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
            WRITE(some_rows(), file, "t", if_exists="replace")
    assert file.read_bytes() == before and rows_of(file, "SELECT * FROM t") == [("Z",)]


def _broken(*_: Any) -> int:
    raise RuntimeError


def test_a_violated_constraint_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE t (area TEXT, n INTEGER CHECK (n < 2), value REAL)")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match=r"CHECK constraint failed: n < 2.*nothing was changed"):
        WRITE(some_rows(), file, "t", if_exists="append")
    assert rows_of(file, "SELECT count(*) FROM t") == [(0,)]


def test_a_database_that_somebody_else_holds_is_an_environment_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["area"], ["Z"]])
    monkeypatch.setattr("wbe.io.sql.database._PATIENCE", 0)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(EnvironmentFault, match="locked"):
        WRITE(some_rows(), file, "u")
    holder.close()


def test_a_folder_that_is_not_there_is_an_environment_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="unable to open"):
        WRITE(some_rows(), tmp_path / "no" / "a.sqlite", "t")


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


@pytest.mark.parametrize("address", ["u:geheim@h", "dbname=lab password=geheim"])
def test_an_address_that_is_no_file_makes_none(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        WRITE(pd.DataFrame({"k": ["a"]}), address, "t")
    assert "geheim" not in str(caught.value) and list(tmp_path.iterdir()) == []
