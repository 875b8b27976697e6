"""``wbe check --annotate``: the tables again, every finding at its cell."""

from __future__ import annotations

import datetime as dt
import os
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from wbe.errors import EnvironmentFault, UsageError
from wbe.run import annotation, annotation_copy, checking

LAB = "synthetic-2024Q1.csv"
HEAD = ("sample_id", "site", "date", "analyte", "concentration", "unit", "lod", "note")


@pytest.fixture
def lab(campaign: Path) -> Path:
    file = campaign / "lab" / LAB
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",19.8,", ',"1,9",', 1), encoding="utf-8")
    return file


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    """A workbook with a title over merged cells, dates, numbers, a width and two errors."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "it's"
    sheet["A1"] = "Synthetic results"
    sheet.merge_cells("A1:H1")
    sheet.append(HEAD)
    sheet.append(
        ("S1", "Plant", dt.datetime(2024, 3, 12), "methamphetamine", -12.5, "ng/L", 1, "=x")
    )
    sheet.append(("S2", "Plant", dt.datetime(2024, 3, 13), "ketamine", "<1", "ng/L", None, None))
    sheet.append(("S3", "Plant", dt.datetime(2024, 3, 14), "morphine", 7.25, "ng/L", 1, None))
    sheet.append(("S4", "Plant", dt.datetime(2024, 3, 15), "morphine", "=7+1", "ng/L", 1, None))
    sheet["H3"].data_type = "s"
    for row in range(3, 7):
        sheet.cell(row, 3).number_format = "dd/mm/yyyy"
    sheet.column_dimensions["B"].width = 31
    book.save(tmp_path / "typed.xlsx")
    return tmp_path / "typed.xlsx"


def made(paths: list[Path], folder: Path, **options: str) -> tuple[Path, list[Worksheet]]:
    out = folder / "annotated.xlsx"
    checking.check(paths, annotate=out, **options)
    return out, load_workbook(out).worksheets


def all_text(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode("utf-8") for name in archive.namelist())


def test_an_error_is_marked_and_explained_at_its_cell(lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "annotated.xlsx"
    found = checking.check([lab], annotate=out).findings
    assert [(f.rule, f.line) for f in found.errors] == [("comma_in_number", 2)]
    book = load_workbook(out)
    assert book.sheetnames == ["findings", "legend", LAB]
    sheet = book[LAB]
    cell = sheet["G2"]
    assert cell.value == "1,9" and sheet["G1"].value == "concentration"
    assert "E comma_in_number" in cell.comment.text
    assert cell.fill.start_color.rgb.endswith("F4B183")
    flagged = next(c for c in sheet["G"] if str(c.value).startswith("<"))
    assert flagged.fill.start_color.rgb.endswith("FFF2CC") and flagged.comment
    assert sheet["A2"].comment is None
    assert book["findings"].max_row == len(found) + 1


def test_marks_can_be_told_apart_without_colour(lab: Path, tmp_path: Path) -> None:
    _, (_, legend, sheet) = made([lab], tmp_path)
    wrong = sheet["G2"]
    flagged = next(c for c in sheet["G"] if str(c.value).startswith("<"))
    assert (wrong.border.left.style, wrong.font.bold) == ("thick", True)
    assert (flagged.border.left.style, bool(flagged.font.bold)) == ("mediumDashed", False)
    letters = sheet.cell(1, sheet.max_column)
    assert letters.value.startswith("marks")
    assert "E: G" in sheet.cell(2, sheet.max_column).value
    assert "F: G" in sheet.cell(flagged.row, sheet.max_column).value
    assert [legend.cell(row, 1).value for row in (2, 3)] == ["E", "F"]
    assert legend["A2"].border.left.style == "thick"


def test_every_finding_links_to_a_marked_cell(lab: Path, typed: Path, tmp_path: Path) -> None:
    out, (listing, *_) = made([lab, typed], tmp_path)
    book = load_workbook(out)
    links = 0
    for row in listing.iter_rows(min_row=2):
        link = row[0].hyperlink
        title, _, address = link.location.rpartition("!")
        cell = book[title[1:-1].replace("''", "'")][address]
        assert cell.fill.fill_type == "solid", link.location
        links += 1
    assert links == listing.max_row - 1 > 5
    assert listing["A2"].value.startswith("E ")  # errors first


def test_values_of_a_workbook_stay_what_they_are(typed: Path, tmp_path: Path) -> None:
    _, (_, _, sheet) = made([typed], tmp_path)
    assert sheet.title == "typed.xlsx it_s"
    assert [str(r) for r in sheet.merged_cells.ranges] == ["A1:H1"]
    assert sheet.column_dimensions["B"].width == 31
    assert sheet["C4"].value == dt.datetime(2024, 3, 13)
    assert sheet["C4"].number_format == "dd/mm/yyyy"
    assert (sheet["E3"].value, sheet["E3"].data_type) == (-12.5, "n")
    assert (sheet["E5"].value, sheet["E5"].data_type) == (7.25, "n")
    assert sheet["E4"].value == "<1" and sheet["H3"].data_type == "s"
    uncalculated = sheet["E6"]
    assert (uncalculated.value, uncalculated.data_type) == ("=7+1", "s")
    assert "formula_not_calculated" in uncalculated.comment.text
    assert sheet["E3"].border.left.style == "thick"


def test_file_and_row_findings_are_marked_at_header_and_row(tmp_path: Path) -> None:
    file = tmp_path / "lab.csv"
    rows = ["sample_id,site,date,analyte,concentration,unit", "S1,,2024-03-12,ketamine,5,ng/L",
            "S2,P,2024-03-12,ketaminee,5,ng/L"]  # fmt: skip
    file.write_text("\n".join(rows), encoding="utf-8")
    _, (_, _, sheet) = made([file], tmp_path)
    marked = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
    assert "site_missing" in marked["B2"]
    assert "analyte_unknown" in marked["D3"]
    assert "matrix_unstated" in marked["A1"]


def test_notes_speak_the_language_asked_for(lab: Path, tmp_path: Path) -> None:
    _, (listing, legend, sheet) = made([lab], tmp_path, lang="zh")
    heads = [cell.value for cell in listing[1]]
    assert heads[:8] == ["位置", "级别", "规则", "范围", "文件", "工作表", "行", "列"]
    assert all(re.search("[\u4e00-\u9fff]", head) for head in heads)
    assert [listing["B2"].value, listing["D2"].value] == ["错误", "单元格"]
    assert (listing.title, legend.title) == ("检查结果", "图例")
    assert "数字中的逗号有歧义" in sheet["G2"].comment.text
    assert any("数字中的逗号有歧义" in str(c.value) for c in listing[2])
    assert legend["B1"].value.startswith("wbe check 检查结果")


def test_text_never_becomes_a_formula(tmp_path: Path) -> None:
    nasty = ("=1+1", "+1", "-x", "@SUM(1)", "=cmd|' /C calc'!A0", "#N/A", "_x0041_", "\u202eevil")
    file = tmp_path / "=lab.csv"
    rows = [",".join(HEAD)]
    rows += [f'S{i},"{text}",2024-03-12,ketamine,{text!r},ng/L,1,"{text}"'
             for i, text in enumerate(nasty)]  # fmt: skip
    file.write_text("\n".join(rows), encoding="utf-8")
    out, sheets = made([file], tmp_path)
    formulas = [c.coordinate for s in sheets for row in s.iter_rows() for c in row
                if c.data_type in ("f", "e")]  # fmt: skip
    assert formulas == []
    assert "<f>" not in all_text(out)
    sites = [c.value for c in sheets[-1]["B"][1:]]
    assert sites == [*nasty[:6], "_x005F_x0041_", nasty[7]]
    assert sheets[-1]["B2"].quotePrefix and not sheets[-1]["A2"].quotePrefix


PEOPLE = ("440101199001011234", "13800138000", "Li Si", "Wang Wu", "Zhang San")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_values_of_persons_are_not_copied(tmp_path: Path, form: str) -> None:
    """Nor the free text and the titles of a file that names persons."""
    file = tmp_path / f"lab.{form}"
    rows = [["Contact: Zhang San 13800138000"], [*HEAD, "身份证号", "other"]]
    rows += [[f"S{i}", "Plant", "2024-03-12", "ketamine", "12.5", "ng/L", "1", "by Li Si",
              PEOPLE[0], "Wang Wu"] for i in range(3)]  # fmt: skip
    if form == "csv":
        file.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    else:
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(file)
    out, (_, _, sheet) = made([file], tmp_path)
    text = all_text(out)
    assert not [word for word in PEOPLE if word in text]
    assert sheet["A1"].value == sheet["H3"].value == sheet["I3"].value == sheet["J3"].value == "***"
    assert [sheet.cell(3, c).value for c in (2, 4, 5)] == ["Plant", "ketamine", "12.5"]
    assert sheet["I2"].value == "身份证号" and "personal_data" in sheet["I2"].comment.text


def test_a_table_nobody_knows_is_left_out_and_named(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("who,where\nLi Si,Home\n", encoding="utf-8")
    out, (_, legend) = made([file], tmp_path)
    assert "Li Si" not in all_text(out)
    assert any("people.csv: not copied" in str(c.value) for c in legend["B"])


def test_several_sheets_and_files(campaign: Path, typed: Path, tmp_path: Path) -> None:
    out, _ = made([campaign, typed], tmp_path)
    assert load_workbook(out).sheetnames == [
        "findings", "legend", LAB, "synthetic-2024Q2.csv", "sites.csv", "typed.xlsx it_s",
    ]  # fmt: skip


def test_long_tables_are_cut_and_say_so(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_copy, "ROWS", 5)
    _, (listing, legend, sheet) = made([lab], tmp_path)
    assert sheet.max_row == 5
    assert any(f"{LAB}: more than" in str(c.value) for c in legend["B"])
    links = [row[0].hyperlink is not None for row in listing.iter_rows(min_row=2)]
    assert any(links) and not all(links)


def test_notes_and_copies_are_bounded(
    lab: Path, campaign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation, "NOTES", 2)
    monkeypatch.setattr(annotation, "ALL_ROWS", 1)
    second = campaign / "lab" / "synthetic-2024Q2.csv"
    _, (listing, legend, sheet) = made([lab, second], tmp_path)
    notes = [c for row in sheet.iter_rows() for c in row if c.comment]
    assert len(notes) == 2 and sheet["G2"] in notes  # the error has one
    assert any("synthetic-2024Q2.csv: not copied" in str(c.value) for c in legend["B"])
    assert listing.max_row > 5


def test_equal_content_gives_equal_bytes(lab: Path, tmp_path: Path) -> None:
    found = checking.check([lab]).findings
    assert annotation.annotated([lab], found, None) == annotation.annotated([lab], found, None)


def test_an_input_is_never_replaced(lab: Path, tmp_path: Path) -> None:
    out, _ = made([lab], tmp_path)
    before = out.read_bytes()
    with pytest.raises(UsageError, match="is an input"):
        checking.check([lab, out], annotate=out)
    os.link(out, tmp_path / "other.xlsx")
    with pytest.raises(UsageError, match="is an input"):
        checking.check([lab, out], annotate=tmp_path / "other.xlsx")
    with pytest.raises(UsageError, match=r"\.xlsx"):
        checking.check([lab], annotate=lab)
    with pytest.raises(EnvironmentFault, match="No such file"):
        checking.check([lab], annotate=tmp_path / "nowhere" / "a.xlsx")
    assert out.read_bytes() == before


def test_a_failed_write_leaves_the_old_annotation(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _ = made([lab], tmp_path)
    before = out.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wbe.run.disk.sync", full)
    with pytest.raises(EnvironmentFault, match="No space"):
        checking.check([lab], annotate=out)
    assert out.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "annotated" in p.name] == [out.name]
