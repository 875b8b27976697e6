"""Raw tables: delimiters, line numbers, cell addresses, headers."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.header import classify, find_header, known_words
from wbe.io.tables import Sheet, column_letters, parse_delimited
from wbe.io.text import Refused


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"),
                                                 (702, "AAA")])  # fmt: skip
def test_letters_of_columns(column: int, letters: str) -> None:
    assert column_letters(column) == letters


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_whose_header_is_known(delimiter: str) -> None:
    text = delimiter.join(["site", "date", "a,b;c", "METH (ng/L)"]).replace("a,b;c", "note")
    sheet = parse_delimited(f"{text}\n1{delimiter}2\n", "x.csv", known_words)
    assert sheet.delimiter == delimiter
    assert len(sheet.rows[0]) == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_a_person_does(end: str) -> None:
    text = end.join(["site,note", "", "a,1", '"b', 'c",2', ",", "d,3"])
    sheet = parse_delimited(text, "x.csv", known_words)
    assert sheet.lines == [1, 3, 4, 7]
    assert [row[-1] for row in sheet.rows] == ["note", "1", "2", "3"]


def test_an_open_quote_is_named_where_it_begins() -> None:
    with pytest.raises(Refused) as caught:
        parse_delimited('site,note\na,1\nb,"open\nc,3\n', "x.csv", known_words)
    assert (caught.value.rule, caught.value.line) == ("quote_not_closed", 3)


@given(st.lists(st.lists(st.text(alphabet='ab"\n\r,;\t x', max_size=5), min_size=2, max_size=3),
                min_size=1, max_size=6))  # fmt: skip
def test_lines_point_at_the_rows(rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["site", "note"], *rows])
    text = buffer.getvalue()
    sheet = parse_delimited(text, "x.csv", known_words)
    kept = [row for row in rows if any(c and not c.isspace() for c in row)]
    assert sheet.rows[1:] == kept
    physical = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row, line in zip(sheet.rows, sheet.lines, strict=True):
        first = row[0].replace("\r\n", "\n").replace("\r", "\n").split("\n")[0]
        assert physical[line - 1].startswith('"' + first.replace('"', '""'))


@pytest.mark.parametrize(
    ("text", "kind", "id", "unit"),
    [
        ("流量（万立方米/天）", "field", "flow", "万立方米/天"),
        ("flow (m3/d)", "field", "flow", "m3/d"),
        ("平行样相对偏差(%)", "field", "duplicate_rpd", "%"),
        ("所在地（区/县）", "field", "county", ""),
        ("METH (ng/L)", "analyte", "methamphetamine", "ng/L"),
        ("benzoylecgonine ng L-1", "analyte", "benzoylecgonine", "ng L-1"),
        ("methamphetamine_ng_L", "analyte", "methamphetamine", "ng/L"),
        ("COD(ng/L)", "analyte", "codeine", "ng/L"),
        ("COD (mg/L)", "analyte", "chemical oxygen demand", "mg/L"),
        ("甲基苯丙胺检出限(ng/L)", "limit", "methamphetamine", "ng/L"),
        ("姓名", "personal", "", ""), ("联系电话", "personal", "", ""),
        ("Person name", "personal", "", ""), ("ID number", "personal", "", ""),
        ("name", "field", "name", ""), ("colour", "unknown", "", ""), (" ", "blank", "", ""),
    ],
)  # fmt: skip
def test_header_cells(text: str, kind: str, id: str, unit: str) -> None:
    column = classify(text)
    assert (column.kind, column.id, column.unit) == (kind, id, unit)


def test_title_lines_above_the_header() -> None:
    titles = [["2023年监测结果"], ["监测轮次：第四季度", "检测单位:示例"]]
    rows = [*titles, ["采样点位", "检测项目", "检测结果"]]
    header = find_header(Sheet("x.csv", rows=rows, lines=[1, 2, 3]))
    assert (header.row, header.depth) == (2, 1)
    assert header.titles == {"round": ("第四季度", 1), "lab": ("示例", 1)}


def test_a_table_without_known_words_is_refused() -> None:
    with pytest.raises(Refused):
        find_header(Sheet("x.csv", rows=[["1", "2"], ["3", "4"]], lines=[1, 2]))
