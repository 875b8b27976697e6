"""What rows of one sample must agree on, and samples that say nothing of when."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_tables import as_cells, row, write_csv, write_xlsx

import wbe
from wbe.findings import Finding, Findings
from wbe.io.agreement import spans

ANALYTES = ("METH", "AMP", "MDMA", "cocaine", "BE", "morphine", "codeine", "ketamine", "EDDP",
            "cotinine", "methadone", "caffeine", "heroin")  # fmt: skip


def only(findings: Findings) -> Finding:
    (finding,) = findings
    return finding


def test_twelve_right_rows_are_not_accused_for_one_wrong(tmp_path: Path) -> None:
    rows = [row(analyte=a, flow="9.8", flow_unit="万m3/d") for a in ANALYTES[:12]]
    rows.insert(0, row(analyte="nicotine", flow="98", flow_unit="万m3/d"))
    samples = wbe.read(write_csv(tmp_path / "lab.csv", rows), errors="reject")
    finding = only(samples.attrs["findings"].errors)
    assert (finding.rule, finding.sample_id) == ("sample_conflict", "S1")
    assert (finding.line, finding.column, finding.value) == (2, "flow", "98")
    assert "on flow" in finding.message
    assert "9.8 (3-14); 98 (2)" in finding.message
    assert "流量" in finding.text("zh")[0]
    assert set(samples["status"].values.ravel()) == {"rejected"}
    assert samples.attrs["findings"].summary()["accepted"] == 0


def test_a_date_is_shown_as_written_with_its_cell(tmp_path: Path) -> None:
    rows = [row(), row(analyte="AMP"), row(analyte="MDMA", date="2024/3/13")]
    path = write_xlsx(tmp_path / "lab.xlsx", as_cells(rows))
    finding = only(wbe.read(path, errors="reject").attrs["findings"].errors)
    assert (finding.rule, finding.column, finding.value) == ("sample_conflict", "date", "2024/3/13")
    assert finding.cell.endswith("4")
    assert "2024-03-12 (2-3); 2024/3/13 (4)" in finding.message


def test_each_field_in_conflict_has_one_finding(tmp_path: Path) -> None:
    rows = [row(), row(analyte="AMP", flow="1", population="7"), row(analyte="MDMA", flow="2")]
    errors = wbe.read(write_csv(tmp_path / "lab.csv", rows), errors="reject").attrs["findings"]
    assert sorted(f.column for f in errors.errors) == ["flow", "population"]


def test_lines_of_two_files_are_named_with_their_file(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [row()])
    write_csv(tmp_path / "b.csv", [row(analyte="AMP", site="South")])
    samples = wbe.read([tmp_path / "a.csv", tmp_path / "b.csv"], errors="reject")
    finding = only(samples.attrs["findings"].errors)
    assert (finding.file, finding.column) == ("b.csv", "site")
    assert "North (a.csv:2); South (b.csv:2)" in finding.message


@pytest.mark.parametrize(
    ("lines", "shown"), [([3, 4, 5, 9], "3-5, 9"), ([2], "2"), ([9, 7, 9], "7, 9")]
)
def test_runs_of_lines_are_shortened(lines: list[int], shown: str) -> None:
    assert spans(lines) == shown


def test_an_undated_sample_is_rejected_beside_dated_ones(tmp_path: Path) -> None:
    rows = [row(), row(sample_id="S2", date=""), row(sample_id="S2", date="", analyte="AMP")]
    samples = wbe.read(write_csv(tmp_path / "lab.csv", rows), errors="reject")
    finding = only(samples.attrs["findings"].errors)
    assert (finding.rule, finding.scope) == ("sample_undated", "sample")
    assert (finding.sample_id, finding.line, finding.column) == ("S2", 3, "date")
    status = samples["status"].to_series()
    assert status["S1", "methamphetamine"] == "quantified"
    assert status["S2", "methamphetamine"] == status["S2", "amphetamine"] == "rejected"
    assert samples.attrs["findings"].summary()["accepted"] == 1


def test_check_names_an_undated_sample_too(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row(), row(sample_id="S2", date="")])
    assert [f.rule for f in wbe.check(path).errors] == ["sample_undated"]


def test_a_sample_dated_in_one_of_its_rows_is_dated(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row(), row(date="", analyte="AMP")])
    assert not wbe.read(path).attrs["findings"].errors


def test_without_any_date_all_samples_stay_and_one_flag_says_so(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row(date=""), row(sample_id="S2", date="")])
    samples = wbe.read(path)
    assert [f.rule for f in samples.attrs["findings"]].count("date_unstated") == 1
    assert set(samples["status"].values.ravel()) == {"quantified"}


@pytest.mark.parametrize("header", ["sample_id,site,date,analyte,concentration,lod\n"])
def test_a_unit_that_no_column_states_is_missed_once(tmp_path: Path, header: str) -> None:
    path = tmp_path / "lab.csv"
    lines = [f"S{i},North,2024-03-1{i},METH,{10 + i},1\n" for i in range(1, 6)]
    path.write_text(header + "".join(lines), encoding="utf-8")
    findings = wbe.read(path, errors="reject").attrs["findings"]
    finding = only(findings.errors)
    assert (finding.rule, finding.line, finding.column) == ("unit_missing", 1, "concentration")
    assert "(5 not used)" in finding.message
    assert findings.summary()["accepted"] == 0


def test_a_blank_unit_is_missed_in_the_column_of_units(tmp_path: Path) -> None:
    cells = as_cells([row(), row(sample_id="S2", unit="")])
    finding = only(
        wbe.read(write_xlsx(tmp_path / "lab.xlsx", cells), errors="reject").attrs["findings"].errors
    )
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[cells[0].index("unit")]
    assert (finding.column, finding.cell, finding.value) == ("unit", f"{letter}3", "")


def test_a_flow_without_any_unit_is_missed_once(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    lines = [f"S{i},North,2024-03-1{i},METH,{10 + i},ng/L,5000\n" for i in range(1, 4)]
    path.write_text(
        "sample_id,site,date,analyte,concentration,unit,flow\n" + "".join(lines), encoding="utf-8"
    )
    finding = only(wbe.read(path, errors="reject").attrs["findings"].errors)
    assert (finding.rule, finding.line, finding.column) == ("unit_missing", 1, "flow")


def test_a_table_of_text_named_xlsx(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row()]).rename(tmp_path / "lab.xlsx")
    samples = wbe.read(path)
    flag = next(f for f in samples.attrs["findings"] if f.rule == "not_a_workbook")
    assert (flag.severity, samples.sizes["sample"]) == ("flag", 1)
    assert "no workbook" in flag.message and "plain text" in flag.message
