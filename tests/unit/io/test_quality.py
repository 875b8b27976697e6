"""Quality-control rows and columns as laboratories write them, and what a batch ends in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lab_tables import as_cells, row, write_csv, write_xlsx

import wbe
from wbe import qc
from wbe.findings import Findings
from wbe.io import assess_quality
from wbe.io.quality_rows import column_field, quality_records, rpd_factor

BLANK = {"sample_id": "FB-1", "site": "现场空白", "flow": "", "flow_unit": "", "population": ""}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Any]:
    """Reader of a table of two samples with further rows."""

    def read_rows(*more: dict[str, str], **columns: str) -> Any:
        first = row(**columns)
        second = row(sample_id="S2", site="South", concentration="60", **columns)
        return wbe.read(write_csv(tmp_path / "lab.csv", [first, second, *more]), errors="reject")

    return read_rows


def control(**cells: str) -> dict[str, str]:
    return {**row(), **BLANK, **cells}


def records(samples: Any) -> tuple[pd.DataFrame, list[str]]:
    findings = Findings()
    found = quality_records(samples, findings)
    return found, [f.rule for f in findings]


def test_a_blank_becomes_a_record(read: Callable[..., Any]) -> None:
    found, rules = records(read(control(concentration="0.4")))
    [entry] = found.to_dict("records")
    assert (entry["kind"], entry["analyte"]) == ("field_blank", "methamphetamine")
    assert (entry["value"], entry["lod"], entry["loq"], entry["unit"]) == (0.4, 1, 3, "ng/L")
    assert (entry["file"], entry["line"], entry["written"]) == ("lab.csv", 4, "0.4")
    assert rules == []


def test_value_and_limits_of_a_row_are_converted_together(read: Callable[..., Any]) -> None:
    more = control(concentration="0.4", unit="ug/L", lod="0.001", loq="0.003")
    [entry] = records(read(more))[0].to_dict("records")
    assert (entry["value"], entry["lod"], entry["loq"]) == pytest.approx((400, 1, 3))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({"site": "现场空白"}, "field_blank"),
        ({"site": "全程序空白"}, "field_blank"),
        ({"site": "运输空白"}, "trip_blank"),
        ({"site": "实验室空白"}, "method_blank"),
        ({"site": "溶剂空白"}, "solvent_blank"),
        ({"site": "空白"}, "blank"),
        ({"site": "空白", "sample_id": "MB-02"}, "method_blank"),
        ({"site": "North 平行样"}, "duplicate"),
        ({"site": "North", "note": "平行"}, "duplicate"),
        ({"site": "North 加标"}, "spike"),
        ({"site": "质控样"}, "qc_check"),
        ({"site": "质控 标准曲线"}, "standard"),
    ],
)
def test_kinds_by_words(read: Callable[..., Any], words: dict[str, str], kind: str) -> None:
    more = control(**{"sample_id": "X-1", "site": "X", "note": "", **words})
    assert records(read(more))[0]["kind"].tolist() == [kind]


@pytest.mark.parametrize(
    ("text", "status", "loq"),
    [("ND", "below_lod", 3), ("<2", "below_loq", 2), ("未检出", "below_lod", 3), ("/", "", 3)],
)
def test_what_was_not_found(read: Callable[..., Any], text: str, status: str, loq: float) -> None:
    [entry] = records(read(control(concentration=text)))[0].to_dict("records")
    assert (entry["status"], entry["loq"]) == (status, loq)
    assert np.isnan(entry["value"])


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"concentration": "1.2*"}, "qc_value_unreadable"),
        ({"concentration": "1,250"}, "qc_value_unreadable"),
        ({"unit": ""}, "qc_unit_unusable"),
        ({"unit": "mg/day"}, "qc_unit_unusable"),
        ({"analyte": "XYZZY"}, "qc_analyte_unknown"),
        ({"site": "Elsewhere 平行样", "sample_id": "X9-P"}, "qc_parent_unknown"),
    ],
)
def test_what_cannot_be_read_is_a_finding_and_judges_nothing(
    read: Callable[..., Any], cells: dict[str, str], rule: str
) -> None:
    samples = read(control(**{"concentration": "2", **cells}))
    assert records(samples)[1] == [rule]
    judged = assess_quality(samples)
    assert not qc.failed(judged).any()
    [finding] = [f for f in judged.attrs["findings"] if f.rule == rule]
    assert (finding.file, finding.line, finding.severity) == ("lab.csv", 4, "flag")


@pytest.mark.parametrize(
    ("words", "parent"),
    [
        ({"sample_id": "S1-P"}, "S1"),
        ({"sample_id": "S1平行样"}, "S1"),
        ({"sample_id": "S2-DUP2"}, "S2"),
        ({"sample_id": "S2_d"}, "S2"),
        ({"sample_id": "X", "parent": "S2"}, "S2"),
        ({"sample_id": "", "site": "South 平行样"}, "S2"),
        ({"sample_id": "S11-P"}, ""),
    ],
)
def test_the_sample_of_a_duplicate(
    read: Callable[..., Any], words: dict[str, str], parent: str
) -> None:
    more = control(**{"site": "North", "matrix": "wwtp_influent", "note": "平行", **words})
    found, rules = records(read(more))
    assert found["parent"].tolist() == [parent]
    assert ("qc_parent_unknown" in rules) == (parent == "")


def test_a_wide_row_makes_a_record_for_each_analyte(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        "site,date,METH(ng/L),METH LOQ(ng/L),AMP(ug/L)\nNorth,2024-03-12,120,3,0.05\n"
        "现场空白,2024-03-12,2,3,0.004\n", encoding="utf-8",
    )  # fmt: skip
    found = records(wbe.read(path, errors="reject"))[0].set_index("analyte")
    assert found["value"].to_dict() == pytest.approx({"methamphetamine": 2, "amphetamine": 4})
    assert found["loq"]["methamphetamine"] == 3
    assert set(found["kind"]) == {"field_blank"}


def test_headers_in_two_languages_mean_one_field() -> None:
    for field, headers in {
        "istd_area": ("ISTD area", "istd_area", "内标峰面积"),
        "rt": ("Retention time (min)", "RT", "保留时间(min)"),
        "ion_ratio": ("ion ratio", "离子丰度比"),
        "expected": ("Expected concentration", "加标量(ng/L)", "理论值"),
        "recovery_corrected": ("recovery corrected", "recovery_corrected", "是否回收率校正"),
        "batch": ("batch", "分析批次"),
        "": ("note", "flow", "batch size"),
    }.items():
        assert {column_field(header) for header in headers} == {field}


def test_a_chinese_relative_deviation_is_half_of_an_rpd() -> None:
    # |90 - 110| / (90 + 110) = 10 %, where the RPD is 20 %
    assert 0.10 * rpd_factor("平行样相对偏差(%)") == pytest.approx(
        float(qc.relative_percent_difference(90, 110))
    )
    assert rpd_factor("RPD") == 1


def test_a_correlation_coefficient_is_squared(read: Callable[..., Any]) -> None:
    standard = {"site": "质控 标准曲线", "sample_id": "STD", "expected": "100"}
    more = control(**standard, concentration="100", **{"相关系数": "0.994"})
    assert records(read(more))[0]["r2"].tolist() == pytest.approx([0.994**2])
    assert "calibration_poor" in {f.rule for f in assess_quality(read(more)).attrs["findings"]}


def test_times_are_in_minutes_whatever_the_header_says(read: Callable[..., Any]) -> None:
    more = control(concentration="ND", **{"RT (s)": "306"})
    assert records(read(more))[0]["rt"].tolist() == pytest.approx([5.1])


def test_an_injected_blank_without_a_peak_is_clean(read: Callable[..., Any]) -> None:
    samples = read()
    injected = {"kind": "blank", "file": "lab.csv", "line": 9, "analyte": "METH", "unit": "ng/mL",
                "concentration": "", "area": "N/F", "istd_area": "102000"}  # fmt: skip
    rows = [injected, {**injected, "istd_area": "", "line": 10}]
    found, rules = records(samples.assign_attrs(qc_rows=pd.DataFrame(rows)))
    assert found["status"].tolist() == ["below_lod", ""]
    assert rules == []


def test_a_standard_that_the_laboratory_left_out_is_left_out(read: Callable[..., Any]) -> None:
    rows = pd.DataFrame([{"kind": "standard", "file": "lab.csv", "line": 9, "analyte": "METH",
                          "concentration": "50", "expected": "100", "used": "no"}])  # fmt: skip
    assert records(read().assign_attrs(qc_rows=rows))[0].empty


# Columns beside the results


def test_columns_about_the_injection_stand_with_the_results(read: Callable[..., Any]) -> None:
    samples = assess_quality(read(**{"内标峰面积": "1000", "RT (min)": "5.1", "batch": "B7"}))
    assert samples["istd_area"].values.ravel().tolist() == [1000, 1000]
    assert samples["retention_time"].values.ravel().tolist() == [5.1, 5.1]
    assert set(samples["batch"].values.ravel()) == {"B7"}


@pytest.mark.parametrize(
    ("word", "statement"),
    [("yes", "corrected"), ("是", "corrected"), ("No", "uncorrected"), ("未校正", "uncorrected"),
     ("partly", "")],
)  # fmt: skip
def test_whether_results_were_corrected(
    read: Callable[..., Any], word: str, statement: str
) -> None:
    samples = assess_quality(read(recovery_corrected=word, recovery="90%"))
    assert set(samples["recovery_statement"].values.ravel()) == {statement}
    rules = {f.rule for f in samples.attrs["findings"]}
    assert ("recovery_statement_unknown" in rules) == (statement == "")


@pytest.mark.parametrize(
    ("option", "statement"), [(None, ""), (True, "corrected"), (False, "uncorrected")]
)
def test_the_campaign_says_it_where_the_table_does_not(
    read: Callable[..., Any], option: bool | None, statement: str
) -> None:
    samples = assess_quality(read(recovery="90%"), recovery_corrected=option)
    assert set(samples["recovery_statement"].values.ravel()) == {statement}
    stated = assess_quality(
        read(recovery="90%", recovery_corrected="yes"), recovery_corrected=option
    )
    assert set(stated["recovery_statement"].values.ravel()) == {"corrected"}


def test_only_a_run_s_word_changes_a_value(read: Callable[..., Any]) -> None:
    def value(option: bool | None) -> float:
        judged = assess_quality(read(recovery="80%"), recovery_corrected=option)
        return float(qc.correct_recovery(judged)["concentration"].sel(sample="S1").item())

    assert value(None) == value(True) == 120
    assert value(False) == pytest.approx(150)


def test_limits_come_from_a_file(read: Callable[..., Any], tmp_path: Path) -> None:
    own = tmp_path / "limits.toml"
    own.write_text('[recovery_low]\nvalue = 60\nunit = "%"\n', encoding="utf-8")
    samples = read(recovery="65%")
    assert qc.failed(assess_quality(samples)).all()
    assert not qc.failed(assess_quality(samples, own)).any()


def test_check_judges_a_batch_and_reading_does_not(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    samples = read(control(concentration="2"))
    rule = "blank_contaminated"
    assert rule not in {f.rule for f in samples.attrs["findings"]}
    assert [f.line for f in wbe.check(tmp_path / "lab.csv") if f.rule == rule] == [4]
    assert rule not in {f.rule for f in wbe.check(tmp_path / "lab.csv", quality=False)}


@pytest.mark.parametrize("order", ["0123", "1230", "2301", "3012", "3210"])
def test_the_order_of_rows_does_not_matter(tmp_path: Path, order: str) -> None:
    rows = [row(recovery="60%"), row(sample_id="S2", site="South", recovery="90%"),
            control(concentration="2"), control(sample_id="QC-1", site="质控样")]  # fmt: skip
    path = write_csv(tmp_path / "lab.csv", [rows[int(i)] for i in order])
    judged = assess_quality(wbe.read(path, errors="reject"))
    flags = str(judged["qc_flags"].sel(sample="S1", analyte="methamphetamine").item())
    assert flags == "blank_contaminated;qc_missing;recovery_correction_unstated;recovery_outside"


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_findings_about_the_columns_of_a_workbook_name_its_sheet(
    tmp_path: Path, order: slice
) -> None:
    rows = [row(recovery_corrected="yes"), row(sample_id="S2", recovery_corrected="who knows")]
    path = write_xlsx(tmp_path / "lab.xlsx", as_cells(rows))
    samples = assess_quality(wbe.read(path).isel(sample=order))
    [finding] = [f for f in samples.attrs["findings"] if f.rule == "recovery_statement_unknown"]
    assert (finding.file, finding.sheet, finding.line) == ("lab.xlsx", "Sheet", 3)


def test_a_failure_of_a_result_in_a_workbook_names_its_sheet(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "lab.xlsx", as_cells([row(recovery="20%")]))
    found = assess_quality(wbe.read(path)).attrs["findings"]
    places = {(f.sheet, f.line) for f in found if f.rule == "recovery_outside"}
    assert places == {("Sheet", 2)}
