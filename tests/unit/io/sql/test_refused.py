"""What cannot be read out of a database, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sql_tables import lab_file, store

import wbe
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.store.database import Store

READ = wbe.io.read_sql


def test_a_missing_table_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    file = store(tmp_path / "lab.sqlite", "samples", [["a"], ["1"]])
    with pytest.raises(UsageError, match="no table 'sample'; it holds samples"):
        READ(file, "sample")


def test_a_mistake_in_a_query_is_told_as_the_database_tells_it(tmp_path: Path) -> None:
    file = store(tmp_path / "lab.sqlite", "samples", [["a"], ["1"]])
    with pytest.raises(UsageError, match="no such column: b"):
        READ(file, "SELECT b FROM samples")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no.sqlite", "no such file"), ("sqlite://", "address"), ("sqlite:///:memory:", "address"),
        ("mysql://u:geheim@h/lab", "mysql"), ("postgresql+asyncpg://u:geheim@h/lab", "asyncpg"),
        ("postgresql://u:geheim@h", "address"), ("postgresql://u:geheim@h:x/lab", "address"),
        ("oracle+x://geheim", "oracle"), ("://geheim", "address"),
        # addresses cut short or in libpq's own words are no names of files
        ("u:geheim@h", "address"), ("postgresql:/u:geheim@h", "address"),
        ("host=h user=u password=geheim dbname=lab", "address"),
        ("postgresql:///user=u password=geheim", "address"),
        ("postgresql:///postgresql://u:geheim@h/lab", "address"),
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        READ(url, "samples")
    assert "geheim" not in str(caught.value) and caught.value.__cause__ is None


def test_a_file_that_is_no_database_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "lab.sqlite"
    file.write_text("sample_id,site\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no SQLite database"):
        READ(file, "samples")


def test_personal_columns_refuse_the_table_as_they_refuse_a_file(tmp_path: Path) -> None:
    file = lab_file(tmp_path, {"姓名": "张三"})
    with pytest.raises(FindingsError) as caught:
        READ(file, "samples")
    assert "personal_data" in {f.rule for f in caught.value.findings}
    assert "张三" not in caught.value.findings.to_json()


def test_a_table_of_sites_is_no_laboratory_table(tmp_path: Path) -> None:
    file = store(tmp_path / "lab.sqlite", "sites", [["site", "lon", "lat"], ["A", "1", "2"]])
    found: Findings = READ(file, "sites", errors="reject").attrs["findings"]
    assert [f.rule for f in found.errors] == ["not_a_lab_table"]


MISSING = """
import sys
sys.modules["sqlalchemy"] = None
import wbe
try:
    wbe.io.read_sql("lab.sqlite", "samples")
except wbe.errors.UsageError as error:
    print(error)
"""


def test_without_the_extra_the_message_names_it() -> None:
    done = subprocess.run([sys.executable, "-c", MISSING], capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert "pip install 'wbe-drugs[sql]'" in done.stdout


@pytest.mark.parametrize("use", [
    lambda url: wbe.io.read_sql(url, "samples"),
    lambda url: wbe.io.write_sql(pd.DataFrame({"a": [1]}), url, "samples"),
    Store.of,
])  # fmt: skip
def test_without_the_driver_of_postgresql_the_message_names_the_extra(
    use: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as raised:
        use("postgresql://lab:s3cret@localhost/lab")
    assert "pip install 'wbe-drugs[sql]'" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_file_needs_no_driver_of_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    wbe.io.write_sql(pd.DataFrame({"a": [1]}), tmp_path / "lab.sqlite", "numbers")
    assert (tmp_path / "lab.sqlite").stat().st_size > 0


def test_nothing_loads_sqlalchemy_before_a_database_is_asked_for() -> None:
    code = "import sys, wbe; wbe.io.read_sql, wbe.io.write_sql; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"
