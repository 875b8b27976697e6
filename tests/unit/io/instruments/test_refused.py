"""What sidecar and options refuse costs only its own sample, and is counted as refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HEAD = ("Sample Name", "Sample Type", "Original Filename", "Component Name",
        "Calculated Concentration", "Concentration Units")  # fmt: skip
SIDECAR = "sample_name,site,{},final_volume (mL),unit\n"
Read = Callable[..., Any]


def _export(folder: Path, *names: str, unit: str = "", sidecar: str) -> Path:
    rows = [(name, "Unknown", f"{name}.d", compound, "10", unit)
            for name in names for compound in ("Cocaine", "MDMA")]  # fmt: skip
    path = folder / "batch.txt"
    path.write_text("".join("\t".join(row) + "\n" for row in (HEAD, *rows)), encoding="utf-8")
    path.with_name("batch.sidecar.csv").write_text(sidecar, encoding="utf-8")
    return path


def _used(samples: Any) -> set[str]:
    usable = (samples["status"] == "quantified").any("analyte")
    return set(samples["sample"].values[usable.values])


def test_no_result_that_a_sidecar_refuses_is_counted_as_accepted(
    read: Read, tmp_path: Path
) -> None:
    head = SIDECAR.format("sample_volume")  # without its unit
    path = _export(tmp_path, "a", "b", sidecar=head + "a,P,50,0.5,ng/mL\nb,P,50,0.5,ng/mL\n")
    samples, findings, _ = read(path)
    assert (findings.rows, findings.accepted) == (4, 0)
    assert set(np.unique(samples["status"])) == {"rejected"}


def test_replicates_of_a_refused_sample_are_all_counted_as_refused(
    read: Read, tmp_path: Path
) -> None:
    head = SIDECAR.replace("site", "sample_id,site").format("sample_volume (mL)")
    rows = "a,A,P,50,,ng/mL\nb,A,P,50,,ng/mL\nc,C,P,50,0.5,ng/mL\n"
    _, findings, _ = read(_export(tmp_path, "a", "b", "c", sidecar=head + rows))
    assert (findings.rows, findings.accepted) == (6, 2)


def test_a_row_that_the_sidecar_lacks_costs_its_own_sample_only(read: Read, tmp_path: Path) -> None:
    head = SIDECAR.format("sample_volume (mL)")
    samples, findings, _ = read(_export(tmp_path, "a", "b", sidecar=head + "a,P,50,0.5,ng/mL\n"))
    assert _used(samples) == {"a"}
    error = next(iter(findings.errors))
    assert [f.rule for f in findings.errors] == ["injection_without_sidecar"]
    assert (error.file, error.line, error.column, error.value, error.sample_id) == (
        "batch.txt", 4, "Sample Name", "b", "b",
    )  # fmt: skip
    assert "batch.sidecar.csv" in error.fix
    assert (findings.rows, findings.accepted) == (4, 2)


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ("b,P,50,,ng/mL", "enrichment_missing", "final_volume (mL)"),
        ("b,P,,0.5,ng/mL", "enrichment_missing", "sample_volume (mL)"),
        ("b,P,50,0.5,", "sample_unit_missing", "unit"),
    ],
)
def test_what_a_row_lacks_costs_its_own_sample_and_is_told_at_the_row(
    read: Read, tmp_path: Path, row: str, rule: str, column: str
) -> None:
    head = SIDECAR.format("sample_volume (mL)")
    path = _export(tmp_path, "a", "b", sidecar=f"{head}a,P,50,0.5,ng/mL\n{row}\n")
    samples, findings, _ = read(path)
    error = next(iter(findings.errors))
    assert [f.rule for f in findings.errors] == [rule]
    assert (error.file, error.line, error.column, error.sample_id) == (
        "batch.sidecar.csv", 3, column, "b",
    )  # fmt: skip
    assert _used(samples) == {"a"} and (findings.rows, findings.accepted) == (4, 2)
    assert set(samples["status"].sel(sample="b").values) == {"rejected"}


def test_a_unit_that_contradicts_costs_its_own_sample_only(read: Read, tmp_path: Path) -> None:
    head = SIDECAR.format("sample_volume (mL)")
    rows = "a,P,50,0.5,ng/mL\nb,P,50,0.5,ng/L\n"
    samples, findings, _ = read(_export(tmp_path, "a", "b", unit="ng/mL", sidecar=head + rows))
    assert [(f.rule, f.sample_id) for f in findings.errors] == [("export_unit_differs", "b")]
    assert _used(samples) == {"a"} and findings.accepted == 2


def test_a_sidecar_and_an_option_that_differ_refuse_the_sample(read: Read, tmp_path: Path) -> None:
    head = SIDECAR.format("sample_volume (mL)")
    path = _export(tmp_path, "a", "b", "c",
                   sidecar=head + "a,P,50,0.5,ng/mL\nb,P,100,0.5,ng/mL\nc,P,,,ng/mL\n")  # fmt: skip
    samples, findings, _ = read(path, enrichment=100)
    error = next(iter(findings.errors))
    assert [f.rule for f in findings.errors] == ["option_contradicts"]
    assert (error.file, error.line, error.sample_id) == ("batch.sidecar.csv", 3, "b")
    assert "100" in error.message and "200" in error.message and "enrichment" in error.message
    assert _used(samples) == {"a", "c"}


WIDE = ("Sample,,,Cocaine Results,MDMA Results,\n"
        "Name,Type,Dil.,Calc. Conc.,Calc. Conc.,Final Conc.\n{}")  # fmt: skip


@pytest.mark.parametrize("dilution", ["1", "1.0", "", " 1 "])
def test_undiluted_calculated_concentrations_are_used(
    read: Read, tmp_path: Path, dilution: str
) -> None:
    path = tmp_path / "w.csv"
    path.write_text(WIDE.format(f"a,Sample,{dilution},5,6,7\n"), encoding="utf-8")
    samples, findings, _ = read(path, enrichment=100, unit="ng/mL")
    assert not findings.errors
    assert samples["concentration"].sel(sample="a").to_series().to_dict() == {
        "MDMA": 70.0, "cocaine": 50.0,
    }  # fmt: skip


@pytest.mark.parametrize("dilution", ["10", "0", "1:10", "0.5"])
@pytest.mark.parametrize("kind", ["Sample", "Blank"])
def test_diluted_calculated_concentrations_are_refused_alone(
    read: Read, tmp_path: Path, dilution: str, kind: str
) -> None:
    path = tmp_path / "w.csv"
    rows = f"a,{kind},{dilution},5,6,7\nb,Sample,1,5,6,7\n"
    path.write_text(WIDE.format(rows), encoding="utf-8")
    samples, findings, _ = read(path, enrichment=100, unit="ng/mL")
    controls = samples.attrs["qc_rows"].query("sample_id == 'a'").set_index("analyte")
    assert controls["concentration"].to_dict() == {"cocaine": "", "MDMA": "0.07"}
    assert _used(samples) == ({"a", "b"} if kind == "Sample" else {"b"})
    told = [(f.rule, f.line, f.column, f.analyte) for f in findings.errors]
    assert told == [("dilution_unsettled", 3, "Calc. Conc.", "cocaine")] * (kind == "Sample")
