"""Samples from a database: the Dataset and the findings of a CSV file of the same rows."""

from __future__ import annotations

import csv
import hashlib
import io
import sqlite3
from pathlib import Path

import lab_tables
import pytest
from corpus import Case, load_cases, read_case
from effort import part
from sql_tables import differences, lab_file, quoted, rows_of, said, store

import wbe
from wbe.io.header import find_header, known_words
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


def test_findings_name_database_table_row_column_and_value(tmp_path: Path) -> None:
    file = lab_file(tmp_path, {"sample_id": "S2", "concentration": "1,250"}, {})
    found = READ(file, "samples", errors="reject").attrs["findings"]
    one = next(f for f in found if f.rule == "comma_in_number")
    assert (one.file, one.sheet, one.line) == ("lab.sqlite", "samples", 3)
    assert (one.column, one.cell, one.value) == ("concentration", "", "1,250")


def test_a_table_without_key_is_sorted_whatever_order_it_was_filled_in(tmp_path: Path) -> None:
    sums = set()
    for number, order in enumerate([("S1", "S2", "S3"), ("S3", "S1", "S2")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = lab_file(folder, *({"sample_id": name} for name in order))
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
    file = lab_file(tmp_path, {}, {"sample_id": "S2"})
    lines = READ(file, "SELECT * FROM samples ORDER BY sample_id DESC")["source_line"]
    assert lines.values.ravel().tolist() == [3, 2]


def test_the_record_holds_the_checksum_of_the_rows_as_csv(tmp_path: Path) -> None:
    file = lab_file(tmp_path, {"site": 'North, "old"'})
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
    file = lab_file(tmp_path, {})
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
