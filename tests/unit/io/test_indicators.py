"""Tables of statistics: long and wide, English and Chinese, and what cells say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import wbe
from wbe.errors import FindingsError
from wbe.io.indicators import COLUMNS, read_window
from wbe.io.indicators.figures import read_against, read_change, read_count, read_share
from wbe.io.indicators.records import SMALL

HEAD = "area,period,indicator,value,unit,change,against,basis,definition,source\n"
ROW = "North,2018-01/2018-08,found,630,person-times,+22%,year on year,event,v1,synthetic\n"


def read(tmp_path: Path, text: str, **options: str) -> pd.DataFrame:
    file = tmp_path / "indicators.csv"
    file.write_text(text, encoding="utf-8")
    return wbe.read_indicators(file, **options)


def test_a_long_table(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + ROW)
    assert tuple(table.columns) == COLUMNS
    row = table.iloc[0]
    assert (row["value"], row["unit"], row["change"], row["places"]) == (630, "person_times", 22, 0)
    assert (row["against"], row["basis"], row["days"]) == ("same_period_last_year", "event", 243)
    assert (row["start"], row["end"]) == (pd.Timestamp("2018-01-01"), pd.Timestamp("2018-08-31"))
    assert not table.attrs["findings"]


def test_the_reference_table_of_practice(reference_data: Path) -> None:
    file = reference_data / "domain" / "china_samples" / "D_enforcement_utf8.csv"
    with pytest.raises(FindingsError) as caught:
        wbe.read_indicators(file)
    wrong = [(f.rule, f.line, f.value) for f in caught.value.findings.errors]
    assert wrong == [("indicator_share_invalid", 4, "96.7%/98.96%")]
    table = wbe.read_indicators(file, errors="reject")
    first = table[table["area"] == "惠来县"].set_index("indicator")
    told = ["value", "unit", "change"]
    assert first.loc["查处吸毒人员", told].tolist() == [630, "person_times", 22]
    assert first.loc["收戒吸毒人员", told].tolist() == [513, "persons", 24]
    assert first.loc["新滋生吸毒人员", "change"] == -33.9
    assert first.loc["社戒社康执行率", ["value", "bound"]].tolist() == [97, "at_least"]
    last = table[table["area"].str.startswith("龙华区")].set_index("indicator")
    assert last.loc["新滋生吸毒人员", "against"] == "2016"


@pytest.mark.parametrize("encoding", ["utf8", "utf8sig", "gb18030", "utf16"])
def test_every_encoding_reads_alike(root: Path, encoding: str) -> None:
    good = root / "tests" / "data" / "good"
    one = wbe.read_indicators(good / f"d_indicators_{encoding}.csv")
    pd.testing.assert_frame_equal(one, wbe.read_indicators(good / "d_indicators_utf8.csv"))
    assert one["value"].tolist() == [120]


def test_a_workbook_reads_as_its_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (HEAD + ROW).splitlines():
        book.active.append([int(c) if c.isdigit() else c for c in line.split(",")])
    book.save(tmp_path / "indicators.xlsx")
    one = wbe.read_indicators(tmp_path / "indicators.xlsx")
    pd.testing.assert_frame_equal(one, read(tmp_path, HEAD + ROW))


def test_a_cell_of_a_workbook_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["area", "period", "indicator", "value", "unit"])
    book.active.append(["North", "2018", "found", 12.5, "persons"])
    book.save(tmp_path / "indicators.xlsx")
    with pytest.raises(FindingsError) as caught:
        wbe.read_indicators(tmp_path / "indicators.xlsx")
    (found,) = caught.value.findings.errors
    assert (found.rule, found.cell, found.value) == ("indicator_count_invalid", "D2", "12.5")


def test_a_total_is_left_out(tmp_path: Path) -> None:
    head, tail = "地区,统计期,查处（人次）,收戒（人）\n", "合计,2018Q1,70,30\n"
    text = head + "甲镇,2018Q1,30,10\n乙镇,2018Q1,40,20\n" + tail
    table = read(tmp_path, text)
    assert sorted(set(table["area"])) == ["乙镇", "甲镇"] and len(table) == 4
    assert "subtotal_left_out" in {f.rule for f in table.attrs["findings"]}


def test_merged_areas_are_filled_down(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (["地区", "统计期", "指标", "数值", "单位"], ["甲镇", "2018Q1", "查处", 30, "人次"],
                 [None, "2018Q1", "收戒", 10, "人"]):  # fmt: skip
        book.active.append(line)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "indicators.xlsx")
    table = wbe.read_indicators(tmp_path / "indicators.xlsx")
    assert table["area"].tolist() == ["甲镇", "甲镇"]


@pytest.mark.parametrize("column", ["身份证号", "手机号", "phone", "住址", "home address"])
def test_columns_of_persons_refuse_the_file_and_keep_nothing(tmp_path: Path, column: str) -> None:
    text = f"area,period,indicator,value,unit,{column}\nNorth,2018,found,1,persons,SECRET\n"
    with pytest.raises(FindingsError) as caught:
        read(tmp_path, text, errors="reject")
    assert "personal_data" in {f.rule for f in caught.value.findings}
    assert "SECRET" not in caught.value.findings.to_json()


def test_a_number_of_a_person_in_a_note_refuses_the_file(tmp_path: Path) -> None:
    text = "area,period,indicator,value,unit,note\nNorth,2018,found,9,persons,tel 13812345678\n"
    with pytest.raises(FindingsError) as caught:
        read(tmp_path, text, errors="reject")
    assert [f.rule for f in caught.value.findings] == ["personal_data_in_cell"]
    assert "13812345678" not in caught.value.findings.to_json()


@pytest.mark.parametrize("column", ["site", "village", "村", "采样点", "lon", "经度"])
def test_columns_about_less_than_an_area_refuse_the_file(tmp_path: Path, column: str) -> None:
    text = f"area,period,indicator,value,unit,{column}\nNorth,2018,found,30,persons,8\n"
    with pytest.raises(FindingsError) as caught:
        read(tmp_path, text, errors="reject")
    assert [f.rule for f in caught.value.findings] == ["indicator_not_by_area"]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2018年1-8月", "2018-01-01", "2018-08-31"),
        ("２０１８年１月至８月", "2018-01-01", "2018-08-31"),
        ("2018-01/2018-08", "2018-01-01", "2018-08-31"),
        ("2018-11 to 2019-02", "2018-11-01", "2019-02-28"),
        ("2018-01-15/2018-03-14", "2018-01-15", "2018-03-14"),
        ("2018年上半年", "2018-01-01", "2018-06-30"),
        ("2018H2", "2018-07-01", "2018-12-31"),
        ("2018年第三季度", "2018-07-01", "2018-09-30"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2018", "2018-01-01", "2018-12-31"),
    ],
)
def test_windows(text: str, start: str, end: str) -> None:
    found = read_window(text)
    assert found is not None
    assert (found.start, found.end) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@pytest.mark.parametrize(
    "text", ["今年来", "1-8月", "第三季度", "2018年8-1月", "2018-13/2018-14", "last year", "",
             "2018-02-30/2018-03-01", "2019-01-01/2018-01-01"],
)  # fmt: skip
def test_what_is_no_window_is_not_guessed(text: str) -> None:
    assert read_window(text) is None


@pytest.mark.parametrize(
    ("text", "value", "places", "against"),
    [("22%", 22, 0, ""), ("+22％", 22, 0, ""), ("上升22%", 22, 0, ""), ("下降33.9%", -33.9, 1, ""),
     ("−12%", -12, 0, ""), ("-93.40%（较2016年）", -93.4, 2, "2016"), ("up 5 %", 5, 0, "")],
)  # fmt: skip
def test_changes(text: str, value: float, places: int, against: str) -> None:
    found = read_change(text)
    assert (found.value, found.places, found.against) == (value, places, against)


@pytest.mark.parametrize(
    "text", ["22", "3‰", "-101%", "下降-5%", "22%及24%", "about 5%", "5%（去）"]
)
def test_what_is_no_change_is_refused(text: str) -> None:
    assert read_change(text).rule == "indicator_change_unreadable"


def test_counts_and_shares() -> None:
    assert (read_count("630人次").value, read_count("630人次").unit) == (630, "person_times")
    assert (read_count("2 350").value, read_count("2 350").flags) == (2350, ("blank_digit_groups",))
    assert (read_count("<5").bound, read_count("不足5").limit) == ("below", 5)
    assert read_count("1,250").rule == "comma_in_number"
    assert read_count("").blank and read_count("/").blank
    assert read_share("9/300").of == 300
    assert read_share("0.97").rule == "indicator_share_invalid"  # per cent, or a fraction?
    assert (read_share("0.97%").value, read_share("≥97%").bound) == (0.97, "at_least")
    assert read_share("12/9").rule == "indicator_share_invalid"
    assert read_against("环比") == "previous_period" and read_against("何时") == ""


def test_a_small_cell_is_the_same_number_everywhere() -> None:
    from wbe import indicators
    from wbe.spatial import disclosure

    assert SMALL == indicators.SMALL == disclosure.SMALL_COUNT
