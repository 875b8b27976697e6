"""The sidecar: what it says reaches the samples, and what is wrong in it is told there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wbe.io import instruments

SAMPLES = Path(__file__).resolve().parents[4] / "data" / "samples" / "instruments"
HEAD = "Sample Name\tSample Type\tOriginal Filename\tComponent Name\tCalculated Concentration\n"


def _write(folder: Path, *rows: str, sidecar: str = "", name: str = "batch.txt") -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(row.replace(" ", "\t") + "\n" for row in rows), encoding="utf-8")
    if sidecar:
        path.with_name("batch.sidecar.csv").write_text(sidecar, encoding="utf-8")
    return path


def test_the_sidecar_beside_the_export_is_found(read: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "sciex.txt", tmp_path / "run7.txt")
    shutil.copy(SAMPLES / "sidecar.csv", tmp_path / "run7.sidecar.csv")
    samples, findings, source = read(tmp_path / "run7.txt")
    assert not findings.errors and samples.sizes["sample"] == 5
    assert source.record["sidecar"]["name"] == "run7.sidecar.csv"
    assert len(source.record["sidecar"]["sha256"]) == 64


def test_another_files_sidecar_is_not(read: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "sciex.txt", tmp_path / "run7.txt")
    shutil.copy(SAMPLES / "sidecar.csv", tmp_path / "run8.sidecar.csv")
    _, findings, source = read(tmp_path / "run7.txt")
    assert {f.rule for f in findings.errors} >= {"export_unit_missing"}
    assert "sidecar" not in source.record


def test_a_sidecar_can_be_a_workbook(read: Callable[..., Any], tmp_path: Path) -> None:
    frame = pd.read_csv(SAMPLES / "sidecar.csv", dtype=str, keep_default_na=False)
    frame.to_excel(tmp_path / "what.xlsx", index=False)
    samples, findings, _ = read(SAMPLES / "sciex.txt", sidecar=tmp_path / "what.xlsx")
    plain, _, _ = read(SAMPLES / "sciex.txt", sidecar=SAMPLES / "sidecar.csv")
    assert not findings.errors
    np.testing.assert_array_equal(samples["concentration"].values, plain["concentration"].values)


def test_a_named_sidecar_that_is_not_there_is_an_error(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    _, findings, _ = read(SAMPLES / "sciex.txt", sidecar=tmp_path / "none.csv")
    assert [(f.rule, f.file) for f in findings.errors] == [("file_not_found", "none.csv")]


def test_raw_files_are_matched_before_names(read: Callable[..., Any], tmp_path: Path) -> None:
    path = _write(
        tmp_path, "a Unknown x1.wiff2 Cocaine 10", "a Unknown x2.wiff2 Cocaine 30",
        sidecar="filename,sample_name,sample_id,site,enrichment,unit\n"
                "X1.wiff,,first,P,100,ng/mL\n,a,second,P,10,ng/mL\n",
    )  # fmt: skip
    samples, _, _ = read(path)
    assert samples["concentration"].sel(analyte="cocaine").to_series().to_dict() == {
        "first": 100.0, "second": 3000.0,
    }  # fmt: skip


def test_injections_of_one_sample_are_replicates(read: Callable[..., Any], tmp_path: Path) -> None:
    path = _write(
        tmp_path, "a1 Unknown x1 Cocaine 10", "a2 Unknown x2 Cocaine 30",
        "b Unknown x3 Cocaine 7", "b Unknown x4 Cocaine 7",
        sidecar="sample_name,sample_id,site,enrichment,unit\n"
                "a1,A,P,100,ng/mL\na2,A,P,100,ng/mL\nb,B,P,100,ng/mL\n",
    )  # fmt: skip
    samples, findings, _ = read(path)
    assert samples["concentration"].sel(analyte="cocaine").to_series().to_dict() == {
        "A": 200.0, "B": 70.0,
    }  # fmt: skip
    assert not findings.errors


def test_the_second_value_of_one_injection_is_no_replicate(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    path = _write(tmp_path, "a Unknown x1 Cocaine 10", "a Unknown x1 Cocaine 30")
    _, findings, _ = read(path, enrichment=100, unit="ng/mL")
    assert "duplicate_conflict" in {f.rule for f in findings.errors}


def test_findings_about_the_sidecar_stand_in_the_sidecar_and_once(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [f"a Unknown x1 {name} 10" for name in ("Cocaine", "MDMA", "MDA", "Ketamine")]
    path = _write(
        tmp_path, *rows,
        sidecar="sample_name,site,date,flow (m3/d),enrichment,unit\n\n"
                'a,P,12.3.24,"4,100",100,ng/mL\n',
    )  # fmt: skip
    _, findings, _ = read(path)
    told = [(f.rule, f.file, f.line, f.column, f.value) for f in findings.errors]
    assert sorted(told) == [
        ("comma_in_number", "batch.sidecar.csv", 3, "flow (m3/d)", "4,100"),
        ("date_ambiguous", "batch.sidecar.csv", 3, "date", "12.3.24"),
    ]
    assert all("batch.sidecar.csv" not in f.file or f.line == 3 for f in findings)


def test_findings_about_values_stand_in_the_export_as_written(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    path = _write(
        tmp_path, "a Unknown x1 Cocaine 1,5", "a Unknown x1 MDMA 2.5", "a Unknown x1 Mdxa 3",
        "a Unknown x1 Ketamine 0.005",
        sidecar="sample_name,site,enrichment,unit,LOD (ng/L),LOQ (ng/L)\na,P,10,ng/mL,1,3\n",
    )  # fmt: skip
    samples, findings, _ = read(path)
    told = {(f.rule, f.line, f.column, f.value) for f in findings if f.line}
    assert ("comma_in_number", 2, "Calculated Concentration", "1,5") in told
    assert ("analyte_unknown", 4, "Component Name", "Mdxa") in told
    assert ("value_below_lod", 5, "Calculated Concentration", "0.005") in told
    assert samples["lod"].sel(analyte="MDMA").item() == pytest.approx(1.0, rel=1e-12)
    assert samples["loq"].sel(analyte="MDMA").item() == pytest.approx(3.0, rel=1e-12)


def test_the_limits_of_a_substance_count_before_those_of_all(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    path = _write(
        tmp_path, "a Unknown x1 Cocaine 1", "a Unknown x1 MDMA 1",
        sidecar="sample_name,site,enrichment,unit,LOD (ng/L),METH LOD (ng/L),Cocaine LOD (ug/L)\n"
                "a,P,1,ng/mL,2,9,0.005\n",
    )  # fmt: skip
    samples, _, _ = read(path)
    assert samples["lod"].sel(sample="a").to_series().to_dict() == {"MDMA": 2.0, "cocaine": 5.0}


def test_a_spike_is_no_sample_and_names_its_parent(read: Callable[..., Any]) -> None:
    samples, _, _ = read(SAMPLES / "sciex.txt", sidecar=SAMPLES / "sidecar.csv")
    spikes = samples.attrs["qc_rows"].query("kind == 'spike'")
    assert set(spikes["parent"]) == {"S-A1"} and "WW-A1_spike" not in samples["sample"].values
    meth = spikes[spikes["analyte"] == "methamphetamine"].iloc[0]
    assert float(meth["concentration"]) == pytest.approx(0.761)  # ng/mL in the sample
    assert meth["vial_concentration"] == "76.1000"


def test_the_sequence_is_in_the_measure_of_samples_where_all_were_treated_alike(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    rows = ("a Unknown x1 Cocaine 10", "b Blank x2 Cocaine 0.5", "c Standard x3 Cocaine 20")
    samples, _, _ = read(_write(tmp_path, *rows), enrichment=100, unit="ng/mL")
    found = samples.attrs["qc_rows"].set_index("kind")["concentration"].to_dict()
    assert {k: float(v) for k, v in found.items()} == {
        "sample": 0.1, "blank": 0.005, "standard": 0.2,
    }  # fmt: skip
    two = "sample_name,site,enrichment,unit\na,P,100,ng/mL\nd,P,50,ng/mL\n"
    path = _write(tmp_path, *rows, "d Unknown x4 Cocaine 10", sidecar=two)
    found = read(path)[0].attrs["qc_rows"].query("sample_name != 'd'").set_index("kind")
    assert found["concentration"].to_dict() == {"sample": "0.1", "blank": "", "standard": "20"}


def test_without_enrichment_nothing_is_called_sewage(read: Callable[..., Any]) -> None:
    samples, findings, source = read(SAMPLES / "xcalibur.csv")
    errors = [f for f in findings.errors if f.rule == "vial_concentration"]
    assert len(errors) == 1 and samples.sizes["sample"] == 0 and not source.tables
    for word in ("sidecar", "enrichment", "dilution", "sample_volume", "final_volume",
                 "xcalibur.sidecar.csv"):  # fmt: skip
        assert word in errors[0].fix
    message, fix = errors[0].text("zh")
    assert "进样瓶" in message and "xcalibur.sidecar.csv" in fix
    assert len(samples.attrs["qc_rows"]) == 17 * 6  # the sequence is kept all the same


@pytest.mark.parametrize("name", ["enrichment", "sample_volume (mL)", "site"])
def test_columns_that_only_a_sidecar_has_do_not_make_results(
    read: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "left.csv"
    path.write_text(f"sample_name,date,{name}\na,2024-03-12,5\n", encoding="utf-8")
    samples, findings, source = read(path)
    assert [f.rule for f in findings] == ["sidecar_apart"]
    assert source.sidecars and not source.tables and samples.sizes["sample"] == 0


def test_personal_data_in_a_sidecar_refuse_the_export(
    read: Callable[..., Any], tmp_path: Path
) -> None:
    path = _write(tmp_path, "a Unknown x1 Cocaine 10",
                  sidecar="sample_name,site,enrichment,姓名\na,P,100,张三\n")  # fmt: skip
    samples, findings, _ = read(path)
    assert [f.rule for f in findings.errors] == ["personal_data"]
    assert samples.sizes["sample"] == 0 and "张三" not in findings.to_json()


def test_a_read_without_exports_is_left_alone(read: Callable[..., Any]) -> None:
    lab = SAMPLES.parents[2] / "tests" / "data" / "good" / "plain_long.csv"
    samples, findings, source = read(lab)
    assert not source.exports and instruments.finish(samples, [], findings) is findings
