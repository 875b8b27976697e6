"""Samples from a database: the Dataset and the findings of a CSV file of the same rows."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import sqlite3
import subprocess
import sys
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import lab_tables
import pytest
from corpus import Case, load_cases, read_case
from effort import part
from hypothesis import given
from hypothesis import strategies as st
from sql_tables import differences, quoted, rows_of, said, store

import wbe
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.header import find_header, known_words
from wbe.io.sql.database import database_of
from wbe.io.sql.rows import fetch, text_of
from wbe.io.sql.statements import bare_statement, is_ordered
from wbe.io.tables import Sheet, parse_delimited
from wbe.io.text import Refused, decode

READ = wbe.io.read_sql
#: Of the text and not of its rows: what a name, a byte or a line of a file says.
OF_TEXT = {"encoding_doubtful"}


def _sheet(case: Case) -> Sheet | None:
    """The rows of a case, if a table of a database can hold them as they stand."""
    if case.reads != "lab" or case.path.suffix.lower() != ".csv" or case.reader_options:
        return None
    if not case.path.is_file() or case.rules & OF_TEXT:
        return None
    try:
        sheet = parse_delimited(decode(case.path.read_bytes()).text, case.file, known_words)
        find_header(sheet)
    except Refused:
        return None
    header, lines = [text.casefold() for text in sheet.rows[0]], range(1, len(sheet.rows) + 1)
    whole = all(len(row) == len(header) for row in sheet.rows) and sheet.lines == list(lines)
    named = len(set(header)) == len(header) <= 500 and all(text.strip() for text in header)
    return sheet if whole and named else None


TABLES = [case for case in load_cases() if _sheet(case) is not None]
FIRST = list({(case.group, case.outcome): case for case in reversed(TABLES)}.values())


def _assert_same_findings(case: Case, folder: Path) -> None:
    sheet = _sheet(case)
    assert sheet is not None
    file = store(folder / case.path.name, "lab", sheet.rows)
    samples = READ(file, "SELECT * FROM lab ORDER BY rowid", errors="reject")
    findings, expected = read_case(case)
    assert said(samples.attrs["findings"]) == said(findings)
    assert {f.sheet for f in samples.attrs["findings"]} <= {"query", ""}
    assert differences(samples, expected) == {}


@pytest.mark.parametrize("case", FIRST, ids=lambda case: case.id)
def test_bad_rows_draw_the_findings_of_their_csv(case: Case, tmp_path: Path) -> None:
    _assert_same_findings(case, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", part(TABLES, 3), ids=lambda case: case.id)
def test_all_bad_rows_draw_the_findings_of_their_csv(case: Case, tmp_path: Path) -> None:
    _assert_same_findings(case, tmp_path)


def test_the_corpus_offers_hundreds_of_tables() -> None:
    assert len(TABLES) > 400 and len(FIRST) > 20


# Values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("", ""), ("NA", "NA"), (1, "1"), (1.0, "1"), (0.1, "0.1"), (1e-7, "1e-07"),
        (2.0**70, "1.1805916207174113e+21"), (True, "TRUE"), (float("nan"), "nan"),
        (Decimal("0.10"), "0.10"), (Decimal("1E+3"), "1000"), (Decimal("1e-9"), "0.000000001"),
        (dt.date(2024, 3, 1), "2024-03-01"), (dt.datetime(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 9, 30), "2024-03-01 09:30:00"), (dt.time(9, 30), "09:30:00"),
        (dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC), "2024-03-01T09:00:00+00:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)  # fmt: skip
def test_values_become_what_a_person_types(value: Any, text: str) -> None:
    assert text_of(value, ["a"], 0) == text


@given(st.one_of(st.floats(allow_nan=False), st.integers(), st.decimals(allow_nan=False)))
def test_the_text_of_a_number_is_the_same_number(value: Any) -> None:
    text = text_of(value, ["a"], 0)
    assert type(value)(text) == value


@pytest.mark.parametrize("value", [b"\x00", memoryview(b"a"), [1], {"a": 1}, dt.timedelta(1)])
def test_what_is_no_single_value_refuses_its_column(value: Any) -> None:
    with pytest.raises(Refused) as caught:
        text_of(value, ["a", "spectrum"], 1)
    assert caught.value.rule == "column_type_unsuitable"
    assert caught.value.details["column"] == "spectrum"


def _typed(folder: Path, *changed: dict[str, Any]) -> Path:
    rows = [{**lab_tables.row(), "concentration": 120.5, "flow": 50_000} | c for c in changed]
    header = list(dict.fromkeys(name for record in rows for name in record))
    cells = [header, *([record.get(name) for name in header] for record in rows)]
    return store(folder / "lab.sqlite", "samples", cells, types="")


def test_numbers_and_nulls_are_read_as_such(tmp_path: Path) -> None:
    file = _typed(tmp_path, {}, {"sample_id": "S2", "concentration": None, "status": "below_lod"})
    samples = READ(file, "samples", errors="reject")
    assert samples["concentration"].sel(sample="S1").item() == 120.5
    assert samples["flow"].values.tolist() == [50_000, 50_000]


def test_bytes_refuse_the_table(tmp_path: Path) -> None:
    file = _typed(tmp_path, {"lab": b"\x01\x02"})
    with pytest.raises(FindingsError) as caught:
        READ(file, "samples")
    assert [(f.rule, f.file) for f in caught.value.findings] == [
        ("column_type_unsuitable", "lab.sqlite")
    ]


@pytest.mark.parametrize(
    ("text", "rule"), [("a\x00b", "not_text"), ("a" * 1_000_001, "cell_too_long")]
)
def test_cells_that_no_table_has_are_named_by_their_row(
    text: str, rule: str, tmp_path: Path
) -> None:
    file = _typed(tmp_path, {}, {"sample_id": "S2", "lab": text})
    with pytest.raises(FindingsError) as caught:
        READ(file, "SELECT * FROM samples ORDER BY rowid")
    assert [(f.rule, f.line) for f in caught.value.findings] == [(rule, 3)]


# Names, order, record


def test_findings_name_database_table_row_column_and_value(tmp_path: Path) -> None:
    file = _typed(tmp_path, {"sample_id": "S2", "concentration": "1,250"}, {})
    found = READ(file, "samples", errors="reject").attrs["findings"]
    one = next(f for f in found if f.rule == "comma_in_number")
    assert (one.file, one.sheet, one.line) == ("lab.sqlite", "samples", 3)
    assert (one.column, one.cell, one.value) == ("concentration", "", "1,250")


def test_a_table_without_key_is_sorted_whatever_order_it_was_filled_in(tmp_path: Path) -> None:
    sums = set()
    for number, order in enumerate([("S1", "S2", "S3"), ("S3", "S1", "S2")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = _typed(folder, *({"sample_id": name} for name in order))
        samples = READ(file, "samples")
        assert samples["source_line"].values.ravel().tolist() == [2, 3, 4]
        sums.add(samples.attrs["files"][0]["sha256"])
    assert len(sums) == 1


def test_a_key_of_whole_numbers_orders_its_table(tmp_path: Path) -> None:
    file = tmp_path / "lab.sqlite"
    header = ", ".join(f"{quoted(n)} TEXT" for n in lab_tables.FIRST)
    connection = sqlite3.connect(file)
    connection.execute(f"CREATE TABLE t (no INTEGER PRIMARY KEY, {header})")
    for number, name in ((10, "S1"), (9, "S2")):
        values = [number, *lab_tables.row(sample_id=name).values()]
        connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(values))})", values)
    connection.commit()
    lines = READ(file, "t")["source_line"].values.ravel().tolist()
    assert lines == [3, 2]  # as text 10 would come before 9


def test_a_query_keeps_the_order_that_it_asks_for(tmp_path: Path) -> None:
    file = _typed(tmp_path, {}, {"sample_id": "S2"})
    lines = READ(file, "SELECT * FROM samples ORDER BY sample_id DESC")["source_line"]
    assert lines.values.ravel().tolist() == [3, 2]


def test_the_record_holds_the_checksum_of_the_rows_as_csv(tmp_path: Path) -> None:
    file = _typed(tmp_path, {"site": 'North, "old"'})
    record = READ(file, "samples").attrs["files"][0]
    text = io.StringIO(newline="")
    values = [str(v) for v in (lab_tables.row(site='North, "old"', concentration="120.5")).values()]
    csv.writer(text, lineterminator="\n").writerows([list(lab_tables.FIRST), values])
    sha256 = hashlib.sha256(text.getvalue().encode()).hexdigest()
    assert {k: record[k] for k in ("name", "table", "sha256", "encoding", "layout")} == {
        "name": "lab.sqlite", "table": "samples", "sha256": sha256, "encoding": "sqlite",
        "layout": "long",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_path_and_an_address_mean_the_same_file(form: str, tmp_path: Path) -> None:
    file = _typed(tmp_path, {})
    assert dict(READ(form.format(file), "samples").sizes) == {"sample": 1, "analyte": 1}


@pytest.mark.parametrize(
    "name", ['a"b', "样品表", "a.b", "select", "t; DROP TABLE x", "%s", "a b'"]
)
def test_any_name_of_a_table_is_a_name_and_nothing_else(name: str, tmp_path: Path) -> None:
    cells = lab_tables.as_cells([lab_tables.row()])
    file = store(tmp_path / "lab.sqlite", name, cells)
    store(file, "x", cells)
    samples = READ(file, name)
    assert samples.sizes["sample"] == 1
    assert {f.sheet for f in samples.attrs["findings"]} <= {name, ""}
    assert rows_of(file, "SELECT count(*) FROM x") == [(1,)]


# Layouts


def test_a_layout_maps_the_columns_of_a_database(root: Path, tmp_path: Path) -> None:
    layouts = root / "data" / "samples" / "layouts"
    text = decode((layouts / "nord_synthetic.csv").read_bytes()).text
    rows = list(csv.reader(text.splitlines()[1:], delimiter=";"))
    file = store(tmp_path / "lab.sqlite", "Ergebnisse", rows)
    layout = layouts / "nord.layout.toml"
    samples = READ(file, "SELECT * FROM Ergebnisse ORDER BY rowid", layout=layout)
    expected = wbe.read(layouts / "nord_synthetic.csv", layout=layout)
    assert differences(samples, expected) == {}
    assert samples.attrs["files"][0]["layout"] == expected.attrs["files"][0]["layout"]


LAYOUT = """title = "数据库的列名（合成）"
language = "zh"

[columns]
"编码" = "样品编号"
"哪里" = "采样点位"
"哪天" = "采样日期"
"什么" = "检测项目"
"多少 ng/L" = "浓度 (ng/L)"
"进水" = "流量 (m3/d)"
"内部号" = "skip"
"""


def test_chinese_columns_are_mapped_as_those_of_a_spreadsheet(tmp_path: Path) -> None:
    layout = tmp_path / "db.layout.toml"
    layout.write_text(LAYOUT, encoding="utf-8")
    header = ["编码", "哪里", "哪天", "什么", "多少 ng/L", "进水", "内部号"]
    rows = [["A1", "东厂", "2024-03-01", "甲基苯丙胺", 12.5, 50000, 7],
            ["A2", "西厂", "2024-03-02", "甲基苯丙胺", "1,250", 20000, 8]]  # fmt: skip
    file = store(tmp_path / "实验室.sqlite", "检测结果", [header, *rows], types="")
    samples = READ(file, "检测结果", layout=layout, errors="reject")
    result = samples.sel(sample="A1", analyte="methamphetamine")
    assert (result["concentration"].item(), result["flow"].item()) == (12.5, 50_000)
    one = next(f for f in samples.attrs["findings"] if f.severity == "error")
    assert (one.file, one.sheet, one.line, one.column) == (
        "实验室.sqlite", "检测结果", 3, "多少 ng/L",
    )  # fmt: skip


# Only one statement, and only to read


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


# What cannot be read


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


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbe.io.sql.rows.MAX_CELLS", 30)
    file = _typed(tmp_path, {}, {"sample_id": "S2"})
    with pytest.raises(UsageError, match="more than 2 rows"):
        READ(file, "samples")


def test_personal_columns_refuse_the_table_as_they_refuse_a_file(tmp_path: Path) -> None:
    file = _typed(tmp_path, {"姓名": "张三"})
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


def test_nothing_loads_sqlalchemy_before_a_database_is_asked_for() -> None:
    code = "import sys, wbe; wbe.io.read_sql, wbe.io.write_sql; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"


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
