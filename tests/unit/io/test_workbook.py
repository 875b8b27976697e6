"""Workbooks: what the fast reader hides, merged cells, damaged and oversized archives."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from lab_tables import as_cells, row, write_xlsx

import wbe
from wbe.findings import Findings
from wbe.io import formats
from wbe.io.containers import archive as archive_module
from wbe.io.containers.archive import archive_kind
from wbe.io.shown import as_text
from wbe.io.text import Refused


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"), (0.1, "0.1"), (45363.375, "45363.375"), (True, "TRUE"), (None, ""),
        (datetime(2024, 3, 12), "2024-03-12"), (datetime(2024, 3, 12, 9), "2024-03-12 09:00:00"),
        (date(2024, 3, 12), "2024-03-12"), ("NA", "NA"),
    ],
)  # fmt: skip
def test_cells_as_a_person_would_type_them(value: object, text: str) -> None:
    assert as_text(value) == text


def test_dates_formulas_and_error_cells(tmp_path: Path) -> None:
    header, first = as_cells([row()])
    rows = [dict(zip(header, first, strict=True)) | {"sample_id": f"S{i}"} for i in range(1, 4)]
    cells: list[list[object]] = [list(line) for line in as_cells(rows)]
    when, value = header.index("date"), header.index("concentration")
    cells[1][when], cells[1][value] = datetime(2024, 3, 12, 9), 120
    cells[2][value], cells[3][value] = "=60*2", "#DIV/0!"
    path = write_xlsx(tmp_path / "lab.xlsx", cells)
    _type_as_error(path, "E4")
    samples = wbe.read(path, errors="reject")
    errors = {(f.rule, f.line, f.column, f.cell, f.value) for f in samples.attrs["findings"].errors}
    assert errors == {
        ("formula_not_calculated", 3, "concentration", "E3", "=60*2"),
        ("excel_error_value", 4, "concentration", "E4", "#DIV/0!"),
    }
    assert samples["status"].values.ravel().tolist() == ["quantified", "rejected", "rejected"]
    assert str(samples["time"].values[0]) == "2024-03-12T09:00:00"


def _type_as_error(path: Path, address: str) -> None:
    from openpyxl import load_workbook

    book = load_workbook(path)
    book.active[address].data_type = "e"
    book.save(path)


def test_merged_cells_fill_identity_columns_only(tmp_path: Path) -> None:
    header, first = as_cells([row()])
    second = list(first)
    second[header.index("analyte")] = "AMP"
    columns = {"sample_id": "A", "site": "B", "date": "C", "concentration": "E"}
    for name in columns:
        second[header.index(name)] = ""
    merged = [f"{letter}2:{letter}3" for letter in columns.values()]
    path = write_xlsx(tmp_path / "lab.xlsx", [header, first, second], merged)
    samples = wbe.read(path, errors="reject")
    assert samples["sample"].values.tolist() == ["S1"]
    assert [(f.rule, f.cell) for f in samples.attrs["findings"].errors] == [("value_blank", "E3")]


def test_a_two_level_header_with_merged_cells(tmp_path: Path) -> None:
    cells = [
        ["示例县水样检测结果（合成）", "", "", "", "", ""],
        ["采样季度：2023年第三季度", "", "", "", "", ""],
        ["镇（场）", "采样点", "样品类别", "水样（ng/L）", "", "备注"],
        ["", "", "", "甲基苯丙胺", "苯丙胺", ""],
        ["示例镇", "1#", "明渠污水", 100, "<3", ""],
        ["", "2#", "明渠污水", 200, 5, ""],
    ]
    path = write_xlsx(tmp_path / "c.xlsx", cells, ["A1:F1", "D3:E3", "A5:A6"])
    samples = wbe.read(path)
    assert samples["site"].values.tolist() == ["示例镇1#", "示例镇2#"]
    assert samples["concentration"].sel(analyte="methamphetamine").values.tolist() == [100, 200]
    nondetect = [f for f in samples.attrs["findings"] if f.rule == "read_as_nondetect"]
    assert [(f.cell, f.column) for f in nondetect] == [("E5", "苯丙胺")]


def test_sheets_without_results_are_named(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for values in as_cells([row()]):
        book.active.append(values)
    book.create_sheet("notes").append(["nothing", "here"])
    book.save(tmp_path / "lab.xlsx")
    samples = wbe.read(tmp_path / "lab.xlsx")
    assert [(f.rule, f.sheet) for f in samples.attrs["findings"]] == [("sheet_skipped", "notes")]


def test_limits_of_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    def archive(size: int, entries: int = 1) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
            for number in range(entries):
                made.writestr(f"xl/{number}", b"0" * size)
        return buffer.getvalue()

    with pytest.raises(Refused) as caught:
        archive_kind(archive(20_000_000))
    assert caught.value.details["what"].startswith("compressed")
    monkeypatch.setattr(archive_module, "MAX_EXPANDED", 1000)
    with pytest.raises(Refused, match="archive_too_large"):
        archive_kind(archive(2000))
    monkeypatch.setattr(archive_module, "MAX_ENTRIES", 2)
    with pytest.raises(Refused) as caught:
        archive_kind(archive(1, entries=3))
    assert caught.value.details["what"] == "3 entries"


def test_every_cut_of_a_workbook_is_refused_or_read(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "lab.xlsx", as_cells([row()])).read_bytes()
    for cut in range(4, len(whole) - 1, 97):
        (tmp_path / "cut.xlsx").write_bytes(whole[:cut])
        with pytest.raises(wbe.errors.FindingsError) as caught:
            wbe.read(tmp_path / "cut.xlsx")
        assert {f.rule for f in caught.value.findings} == {"archive_damaged"}


@pytest.mark.slow
def test_flipped_bytes_never_break_the_reader(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "lab.xlsx", as_cells([row()])).read_bytes()
    for position in range(0, len(whole), 61):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        (tmp_path / "flipped.xlsx").write_bytes(bytes(changed))
        samples = wbe.read(tmp_path / "flipped.xlsx", errors="reject")
        assert samples.sizes["sample"] or samples.attrs["findings"].errors


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    data = write_xlsx(tmp_path / "lab.xlsx", []).read_bytes()
    with pytest.raises(Refused, match="file_empty"):
        formats.read_sheets("xlsx", data, "lab.xlsx", Findings())
