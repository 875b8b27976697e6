"""``wbe check --annotate``: the tables again, every finding at its cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from wbe.errors import EnvironmentFault, UsageError
from wbe.run import checking


@pytest.fixture
def lab(campaign: Path) -> Path:
    file = campaign / "lab" / "synthetic-2024Q1.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",19.8,", ',"1,9",', 1), encoding="utf-8")
    return file


def test_an_error_is_coloured_and_explained_at_its_cell(lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "annotated.xlsx"
    found = checking.check([lab], annotate=out).findings
    assert [(f.rule, f.line) for f in found.errors] == [("comma_in_number", 2)]
    book = load_workbook(out)
    assert book.sheetnames == ["findings", "synthetic-2024Q1.csv"]
    sheet = book["synthetic-2024Q1.csv"]
    cell = sheet["G2"]
    assert cell.value == "1,9" and sheet["G1"].value == "concentration"
    assert "comma_in_number" in cell.comment.text
    assert cell.fill.start_color.rgb.endswith("F4B183")
    flagged = next(c for c in sheet["G"] if str(c.value).startswith("<"))
    assert flagged.fill.start_color.rgb.endswith("FFF2CC") and flagged.comment
    assert sheet["A2"].comment is None
    assert book["findings"].max_row == len(found) + 1


def test_cells_stay_text_and_never_become_formulas(lab: Path, tmp_path: Path) -> None:
    text = lab.read_text(encoding="utf-8").replace(",synthetic", ",=1+1", 1)
    lab.write_text(text, encoding="utf-8")
    checking.check([lab], annotate=tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx")["synthetic-2024Q1.csv"]
    cell = next(c for row in sheet.iter_rows() for c in row if c.value == "=1+1")
    assert cell.data_type == "s"


def test_personal_data_are_not_copied(lab: Path, tmp_path: Path) -> None:
    head, *rest = lab.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},身份证号", *(f"{line},440101199001011234" for line in rest)]
    lab.write_text("\n".join(lines), encoding="utf-8")
    found = checking.check([lab], annotate=tmp_path / "a.xlsx").findings
    assert any(f.rule == "personal_data" for f in found.errors)
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["findings"]
    assert not any("440101" in str(c.value) for row in book["findings"].iter_rows() for c in row)


def test_a_whole_campaign_is_annotated_with_its_sites(campaign: Path, tmp_path: Path) -> None:
    checking.check([campaign], annotate=tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx").sheetnames == [
        "findings", "synthetic-2024Q1.csv", "synthetic-2024Q2.csv", "sites.csv",
    ]  # fmt: skip


def test_an_input_is_never_replaced(lab: Path, tmp_path: Path) -> None:
    checking.check([lab], annotate=tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match="is an input"):
        checking.check([lab, tmp_path / "a.xlsx"], annotate=tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match=r"\.xlsx"):
        checking.check([lab], annotate=lab)
    with pytest.raises(EnvironmentFault, match="No such file"):
        checking.check([lab], annotate=tmp_path / "nowhere" / "a.xlsx")
