"""tiers.csv and tiers.xlsx: typed, safe to open in a spreadsheet, the same on every run."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from wbe.report import write_tiers_csv, write_tiers_xlsx

FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "=cmd|' /C calc'!A0"]


@pytest.fixture
def tiers(made_up: Any) -> Any:
    return made_up.county("zh")


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_csv_has_bom_line_feeds_and_the_columns_without_geometry(
    tiers: Any, tmp_path: Path
) -> None:
    write_tiers_csv(tiers, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r" not in raw
    head, *rows = read(tmp_path / "t.csv")
    assert head == [c for c in tiers.columns if c != "geometry"]
    assert len(rows) == len(tiers)


def test_csv_values_come_back_at_six_figures(tiers: Any, tmp_path: Path) -> None:
    write_tiers_csv(tiers, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", encoding="utf-8-sig")
    np.testing.assert_allclose(back["value"], tiers["value"], rtol=5e-6)
    assert back["resolved"].tolist() == tiers["resolved"].tolist()
    cells = {c for row in read(tmp_path / "t.csv") for c in row}
    assert {"true", "false"} <= cells
    assert not {"True", "nan", "NaN", "None", "<NA>"} & cells


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_every_kind_of_missing_is_an_empty_cell(missing: Any, tmp_path: Path) -> None:
    table = pd.DataFrame({"a": pd.Series([missing, "x"], dtype=object)})
    write_tiers_csv(table, tmp_path / "t.csv")
    assert read(tmp_path / "t.csv")[1] == [""]


def test_text_never_starts_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame({"name": FORMULAS, "value": [-1.5] * len(FORMULAS)})
    write_tiers_csv(table, tmp_path / "t.csv")
    rows = read(tmp_path / "t.csv")[1:]
    assert [name for name, _ in rows] == ["'" + f.replace("\r", "\n") for f in FORMULAS]
    assert {value for _, value in rows} == {"-1.5"}


def test_xlsx_cells_are_typed_and_no_text_is_a_formula(tiers: Any, tmp_path: Path) -> None:
    names = [*FORMULAS, "#N/A", "bad\x08\x00", "true", "12", ""]
    tiers["name"] = names[: len(tiers)]
    write_tiers_xlsx(tiers, tmp_path / "t.xlsx", "zh")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    found = [sheet.cell(r, columns["name"]) for r in range(2, len(tiers) + 2)]
    assert {c.data_type for c in found if c.value is not None} == {"s"}
    assert [c.value for c in found[:5]] == ["=1+1", "+1", "-1", "@x", "\t=1"]
    assert found[9].value == "bad"
    assert {sheet.cell(2, columns[c]).data_type for c in ("value", "rank", "n_sites")} == {"n"}
    assert sheet.cell(2, columns["resolved"]).data_type == "b"
    assert sheet.cell(2, columns["value"]).value == pytest.approx(tiers["value"][0], rel=5e-6)
    assert sheet.cell(6, columns["value"]).value is None  # the area without data
    assert sheet.freeze_panes == "A2"


def test_xlsx_explains_ids_in_the_language(tiers: Any, tmp_path: Path) -> None:
    write_tiers_xlsx(tiers, tmp_path / "t.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["等级", "名称"]
    rows = {row[1]: row[2] for row in book["名称"].iter_rows(min_row=2, values_only=True)}
    assert rows["severe"] == "严重"
    assert rows["methamphetamine"] == "甲基苯丙胺"
    assert rows["n_censored"] == "未检出"
    assert rows["suppressed"] and rows["p_severe"] == "P 严重"


def test_files_repeat_byte_for_byte_at_another_time(
    tiers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiers_xlsx(tiers, tmp_path / "a.xlsx", "en")
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(1_900_000_000))
    time.sleep(1.1)  # core.xml holds whole seconds
    write_tiers_xlsx(tiers, tmp_path / "b.xlsx", "en")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_workbook_is_read_alike_by_another_reader(tiers: Any, tmp_path: Path) -> None:
    import python_calamine

    tiers.loc[:2, "name"] = ["a & b < c", ' "x" ', "_x0041_"]
    write_tiers_xlsx(tiers, tmp_path / "t.xlsx", "en")
    book = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "t.xlsx"))
    assert book.sheet_names == ["tiers", "names"]
    head, *rows = book.get_sheet_by_name("tiers").to_python()
    assert head == [c for c in tiers.columns if c != "geometry"]
    assert [row[1] for row in rows[:3]] == ["a & b < c", ' "x" ', "_x0041_"]
    found = [float(row[head.index("value")] or "nan") for row in rows]
    np.testing.assert_allclose(found, tiers["value"], rtol=5e-6)
    assert [row[head.index("resolved")] for row in rows] == tiers["resolved"].tolist()


def test_xlsx_heads_are_bold_and_texts_like_formulas_are_marked(tmp_path: Path) -> None:
    table = pd.DataFrame({"name": ["=1+1", "plain"], "tier": "", "drug": "", "quantity": "",
                          "flags": "", "value": [np.inf, -1.5]})  # fmt: skip
    write_tiers_xlsx(table, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert all(cell.font.b for cell in sheet[1]) and not sheet["A2"].font.b
    assert [sheet[c].quotePrefix for c in ("A2", "A3")] == [True, False]
    assert (sheet["F2"].value, sheet["F3"].value) == ("inf", -1.5)
    assert 4 < sheet.column_dimensions["A"].width < 12
