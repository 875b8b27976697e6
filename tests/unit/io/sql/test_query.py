"""A query of a database: one statement, and only to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sql_tables import rows_of, store

import wbe
from wbe.errors import UsageError
from wbe.io.sql.database import database_of
from wbe.io.sql.rows import fetch
from wbe.io.sql.statements import bare_statement, is_ordered

READ = wbe.io.read_sql


@pytest.mark.parametrize(
    "query",
    [
        "  -- note; DELETE\nSELECT a FROM t", "WITH q AS (SELECT a FROM t) SELECT * FROM q",
        'SELECT a AS "a;b" FROM t;', "select/* ; */a from t ;  \n", "SELECT 'it''s; so' AS a",
        "SELECT a AS [it's] FROM t", "SELECT a AS `a;b` FROM t", "/*'*/ SELECT a FROM t --'",
    ],
)  # fmt: skip
def test_one_select_is_accepted_whatever_stands_in_its_quotes(query: str, tmp_path: Path) -> None:
    file = store(tmp_path / "lab.sqlite", "t", [["a"], ["1"]])
    sheet, _ = fetch(database_of(file), query)
    assert sheet.name == "query" and len(sheet.rows) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DELETE FROM t", "only SELECT"), ("UPDATE t SET a = 1", "only SELECT"),
        ("DROP TABLE t", "only SELECT"), ("PRAGMA user_version = 5", "only SELECT"),
        ("VACUUM INTO 'x'", "only SELECT"), ("INSERT INTO t SELECT 1", "only SELECT"),
        ("-- SELECT\nDELETE FROM t", "only SELECT"), ("ATTACH 'x' AS y", "only SELECT"),
        ("COPY t TO PROGRAM 'true'", "only SELECT"), ("selection x", "only SELECT"),
        ("SELECT 1; DELETE FROM t", "one statement"),
        ("SELECT 'a'; COMMIT; DELETE FROM t", "one statement"),
        ("SELECT $a$'$a$; DELETE FROM t; --'", "refuses"),
        ("WITH q AS (SELECT 1) DELETE FROM t", "refuses"),
        ("WITH q AS (SELECT 1) INSERT INTO t SELECT 2 RETURNING a", "refuses"),
        ("SELECT 'open", "refuses"), ('SELECT "open', "refuses"),
        ("SELECT a INTO u FROM t", "INTO"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_nothing_is_changed(
    query: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = store(tmp_path / "lab.sqlite", "t", [["a"], ["1"]])
    before = file.read_bytes()
    with pytest.raises(UsageError, match=words):
        READ(file, query)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_the_file_is_opened_for_reading_only(tmp_path: Path) -> None:
    file = store(tmp_path / "lab.sqlite", "t", [["a"], ["1"]])
    with pytest.raises(UsageError, match="readonly"), database_of(file).reading() as connection:
        connection.exec_driver_sql("DELETE FROM t")
    assert rows_of(file, "SELECT a FROM t") == [("1",)]


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT a FROM t", False), ("SELECT a FROM t ORDER  BY a", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
        ("SELECT 'order by' FROM t", False), ("SELECT a FROM t\norder\nby a LIMIT 3", True),
    ],
)  # fmt: skip
def test_only_an_order_of_the_whole_query_counts(query: str, ordered: bool) -> None:
    assert is_ordered(bare_statement(query)) is ordered
