"""Telephone and identity numbers in cells refuse the file; numbers of samples do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import wbe
from wbe.findings import Findings

HEADER = "sample_id,site,date,analyte,concentration,unit,lab,note\n"


def table(folder: Path, *, sample: str = "S1", lab: str = "Lab", note: str = "") -> Path:
    path = folder / "lab.csv"
    row = f"{sample},North,2024-03-12,METH,120,ng/L,{lab},{note}\n"
    path.write_text(HEADER + row, encoding="utf-8")
    return path


def personal(findings: Findings) -> list[tuple[str, int | None, str]]:
    return [(f.column, f.line, f.value) for f in findings if f.rule == "personal_data_in_cell"]


@pytest.mark.parametrize(
    "note",
    [
        "13812345678", "送样人13812345678", "张三 138 1234 5678", "１３８１２３４５６７８",
        "call +86 13812345678", "tel:13812345678", "tel13812345678", "138-1234-5678 (office)",
        "11010119900307123X", "ID 110101199003071234", "身份证110101199003071234。",
    ],
)  # fmt: skip
def test_a_personal_number_refuses_the_file(tmp_path: Path, note: str) -> None:
    samples = wbe.read(table(tmp_path, note=note), errors="reject")
    findings = samples.attrs["findings"]
    assert personal(findings) == [("note", 2, "")]
    assert samples.sizes["sample"] == 0
    digits = [run for run in note.replace("X", " ").split() if run.isdigit() and len(run) > 10]
    assert not any(run in findings.to_json(lang=lang) for run in digits for lang in ("en", "zh"))


@pytest.mark.parametrize(
    "text",
    [
        "1803120010012", "EX-18031200101", "EX-18031200101-2", "18031200101A",
        "123456789013812345678", "110101209913071234", "440123201813120001", "2018031213812345678",
        "0.13812345678", "116.13812345678", "lot 12345678901", "2024-03-12 08:00:00",
    ],
)  # fmt: skip
def test_other_runs_of_digits_are_no_personal_numbers(tmp_path: Path, text: str) -> None:
    for where in ("sample", "lab", "note"):
        path = table(tmp_path, **{where: text})
        assert personal(wbe.read(path, errors="reject").attrs["findings"]) == []


@pytest.mark.parametrize("sample", ["18031200101", "440123201803120001", "13912345678"])
def test_ids_that_begin_with_a_date_of_sampling_stay(tmp_path: Path, sample: str) -> None:
    samples = wbe.read(table(tmp_path, sample=sample), errors="reject")
    assert samples["sample"].values.tolist() == [sample]


def test_an_adult_is_no_sample(tmp_path: Path) -> None:
    findings = wbe.check(table(tmp_path, sample="110101199003071234"))
    assert personal(findings) == [("sample_id", 2, "")]


def test_lines_and_columns_are_named_once_each(tmp_path: Path) -> None:
    rows = [f"S{i},North,2024-03-1{i},METH,1,ng/L,13812345678 A,1391234567{i}\n" for i in range(3)]
    path = tmp_path / "lab.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    findings = wbe.check(path)
    assert personal(findings) == [("lab", 2, ""), ("note", 2, "")]
    assert all("(lines 2-4)" in f.message for f in findings if f.rule == "personal_data_in_cell")


def test_a_line_above_the_header_counts_too(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_text("联系人 13812345678\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert personal(wbe.check(path)) == [("sample_id", 1, "")]
