"""How much of a database is read at once: what is too large costs no more than that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lab_tables
import pytest
from sql_tables import lab_file, store

import wbe
from wbe.errors import UsageError
from wbe.io.sql import rows
from wbe.io.sql.database import database_of
from wbe.io.sql.rows import FETCHED

READ = wbe.io.read_sql
Counted = tuple[str, Callable[[int], str]]


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbe.io.sql.rows.MAX_CELLS", 30)
    file = lab_file(tmp_path, {}, {"sample_id": "S2"}, {"sample_id": "S3"})
    with pytest.raises(UsageError, match="more than 2 rows"):
        READ(file, "samples")


LARGE = """
import resource
import sys
import wbe
wbe.io.read_sql
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
samples = wbe.io.read_sql(sys.argv[1], "samples", errors="reject")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(samples.sizes["sample"], (after - before) // 1024)
"""


@pytest.mark.slow
def test_two_hundred_thousand_rows_need_less_than_half_a_gigabyte(tmp_path: Path) -> None:
    analytes = ("cocaine", "METH", "MDMA", "ketamine", "morphine", "codeine", "MDA", "EDDP")
    rows = [list(lab_tables.row(sample_id=f"S{n // 8:06d}", analyte=analytes[n % 8],
                                site=f"P{n // 8 % 300}", concentration=f"{n % 9973 + 1}").values())
            for n in range(200_000)]  # fmt: skip
    file = store(tmp_path / "lab.sqlite", "samples", [list(lab_tables.FIRST), *rows])
    done = subprocess.run([sys.executable, "-c", LARGE, str(file)], capture_output=True, text=True,
                          timeout=300, check=True)  # fmt: skip
    count, megabytes = map(int, done.stdout.split())
    assert count == 25_000 and megabytes < 500


#: Both fail at the row after `most`, and compute a row when it is fetched, not before.
COUNTED = {
    "sqlite": """WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000)
        SELECT CASE WHEN i > {most} THEN json('no json') ELSE i END AS a, i AS b FROM c""",
    "postgresql": "SELECT 1 / ({most} + 1 - i) AS a, i AS b FROM generate_series(1, 1000000) AS i",
}


@pytest.fixture(params=list(COUNTED))
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Counted:
    """A database, and a query of a million rows that fails when more than some are computed."""
    kind = request.param
    if kind == "sqlite":
        address = str(store(tmp_path / "lab.sqlite", "t", [["a"]]))
    else:
        address = request.getfixturevalue("postgres_url")
    return address, lambda most: COUNTED[kind].format(most=most)


def test_no_more_rows_are_computed_than_make_a_table_too_large(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, query = counted
    monkeypatch.setattr("wbe.io.sql.rows.MAX_CELLS", 2 * 5_000)
    most = 5_000 // FETCHED * FETCHED + FETCHED + 1  # the module sqlite3 is one row ahead
    with pytest.raises(UsageError, match="more than 5,000 rows"):
        READ(address, query(most))
    with pytest.raises(UsageError, match=r"refuses|division|JSON"):
        READ(address, query(5_000))  # the query does count


def test_rows_come_in_parts_and_all_of_them_come(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, query = counted
    parts: list[int] = []
    taken = rows._column

    def seen(known: Any, values: Any, header: Any, index: int, line: int) -> list[str]:
        parts.append(len(values))
        return taken(known, values, header, index, line)

    monkeypatch.setattr(rows, "_column", seen)
    sheet, _ = rows.fetch(database_of(address), f"{query(10**7)} LIMIT {2 * FETCHED + 1}")
    assert sorted(int(row[1]) for row in sheet.rows[1:]) == list(range(1, 2 * FETCHED + 2))
    assert parts == [FETCHED] * 4 + [1] * 2  # two columns


def test_a_table_of_just_as_many_rows_is_read_and_one_more_is_refused(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, query = counted
    monkeypatch.setattr("wbe.io.sql.rows.MAX_CELLS", 2 * 7)
    sheet, _ = rows.fetch(database_of(address), f"{query(10**7)} LIMIT 7")
    assert len(sheet.rows) == 8
    with pytest.raises(UsageError, match="more than 7 rows"):
        rows.fetch(database_of(address), f"{query(10**7)} LIMIT 8")
