"""Rules of the reader on tables that say one thing each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from lab_tables import as_cells, row, write_csv, write_xlsx

import wbe
from wbe.errors import FindingsError, UsageError


def rules(samples: xr.Dataset) -> list[str]:
    return sorted(f.rule for f in samples.attrs["findings"])


def read(tmp_path: Path, *rows: dict[str, str], **options: str) -> xr.Dataset:
    return wbe.read(write_csv(tmp_path / "lab.csv", rows), **options)


def test_a_complete_table_draws_no_finding(tmp_path: Path) -> None:
    samples = read(tmp_path, row(), row(analyte="AMP", concentration="35"))
    assert rules(samples) == []
    assert samples.attrs["findings"].summary()["accepted"] == 2
    assert samples["concentration"].values.tolist() == [[35, 120]]
    assert samples["flow"].attrs == {"units": "m^3/day"}
    assert samples["concentration"].attrs == {"units": "ng/L"}


def test_a_site_called_na_is_a_site(tmp_path: Path) -> None:
    assert read(tmp_path, row(site="NA"))["site"].values.tolist() == ["NA"]


def test_value_and_limits_are_converted_together(tmp_path: Path) -> None:
    samples = read(tmp_path, row(unit="ug/L", concentration="0.12", lod="0.001", loq="0.003"))
    found = [samples[name].item() for name in ("concentration", "lod", "loq")]
    assert found == pytest.approx([120, 1, 3])


def test_a_unit_in_the_cell_does_not_move_the_limits_beside_it(tmp_path: Path) -> None:
    samples = read(tmp_path, row(concentration="0.12 ug/L"))
    found = [samples[name].item() for name in ("concentration", "lod", "loq")]
    assert found == pytest.approx([120, 1, 3])


@pytest.mark.parametrize(
    ("cell", "lod", "loq", "expected"),
    [
        ("<3", "", "", ("below_loq", np.nan, 3)), ("<3", "3", "", ("below_lod", 3, np.nan)),
        ("<3", "1", "3", ("below_loq", 1, 3)), ("ND", "1", "3", ("below_lod", 1, 3)),
        ("ND", "", "3", ("below_loq", np.nan, 3)), ("ND", "", "", ("below_lod", np.nan, np.nan)),
        ("<LOQ", "1", "3", ("below_loq", 1, 3)), ("<LOQ", "1", "", ("below_loq", 1, np.nan)),
        ("0.5L", "", "", ("below_lod", 0.5, np.nan)), ("0", "1", "3", ("below_lod", 1, 3)),
        ("0", "", "3", ("below_loq", np.nan, 3)), ("0", "", "", ("below_loq", np.nan, np.nan)),
    ],
)  # fmt: skip
def test_limits_of_non_detects(
    tmp_path: Path, cell: str, lod: str, loq: str, expected: tuple[str, float, float]
) -> None:
    samples = read(tmp_path, row(concentration=cell, lod=lod, loq=loq))
    assert samples["status"].item() == expected[0]
    assert np.isnan(samples["concentration"].item())
    np.testing.assert_array_equal([samples["lod"].item(), samples["loq"].item()], expected[1:])
    unknown = np.isnan(samples["lod" if expected[0] == "below_lod" else "loq"].item())
    assert unknown == bool({"limit_missing", "zero_limit_unknown"} & set(rules(samples)))


def test_a_status_column_decides(tmp_path: Path) -> None:
    samples = read(
        tmp_path, row(status="quantified"), row(analyte="AMP", concentration="1", status="<LOD"),
        row(analyte="MDMA", concentration="", status="not measured"),
    )  # fmt: skip
    assert samples["status"].values.tolist() == [["not_measured", "below_lod", "quantified"]]
    assert samples["lod"].sel(analyte="amphetamine").item() == 1


def test_cod_is_codeine_or_oxygen_by_its_unit(tmp_path: Path) -> None:
    oxygen = row(analyte="COD", concentration="310", unit="mg/L", sample_id="S2")
    samples = read(tmp_path, row(analyte="COD", concentration="30"), oxygen)
    assert samples["analyte"].values.tolist() == ["chemical oxygen demand", "codeine"]
    assert samples["concentration"].sel(sample="S1", analyte="codeine").item() == 30


def test_exact_duplicates_count_once_and_replicates_are_averaged(tmp_path: Path) -> None:
    samples = read(tmp_path, row(), row())
    assert (rules(samples), samples["concentration"].item()) == (["duplicate_row"], 120)
    samples = read(tmp_path, row(replicate="1"), row(replicate="2", concentration="130"))
    assert (rules(samples), samples["concentration"].item()) == (["replicates_averaged"], 125)
    samples = read(tmp_path, row(replicate="1"), row(replicate="2", concentration="<3"))
    assert samples["concentration"].item() == 120
    samples = read(tmp_path, row(replicate="1", concentration="ND", lod="2"),
                   row(replicate="2", concentration="ND", lod="1"))  # fmt: skip
    assert (samples["status"].item(), samples["lod"].item()) == ("below_lod", 2)


def test_conflicting_duplicates_reject_the_result_only(tmp_path: Path) -> None:
    samples = read(
        tmp_path, row(), row(concentration="140"), row(analyte="AMP", concentration="9"),
        errors="reject",
    )  # fmt: skip
    assert samples["status"].values.tolist() == [["quantified", "rejected"]]


def test_a_contradiction_rejects_the_sample(tmp_path: Path) -> None:
    samples = read(
        tmp_path, row(), row(analyte="AMP", date="2024-03-13"), row(sample_id="S2"),
        errors="reject",
    )  # fmt: skip
    assert samples["status"].sel(sample="S1").values.tolist() == ["rejected", "rejected"]
    assert samples["status"].sel(sample="S2").values.tolist() == ["not_measured", "quantified"]


def test_ids_are_built_where_there_are_none(tmp_path: Path) -> None:
    rows = [row(site="东湖"), row(site="东湖", date="2024-03-13 09:00")]
    for record in rows:
        del record["sample_id"]
    samples = read(tmp_path, *rows)
    assert samples["sample"].values.tolist() == [
        "东湖|2024-03-12|wwtp_influent", "东湖|2024-03-13T09:00|wwtp_influent",
    ]  # fmt: skip
    assert rules(samples) == ["sample_id_built"]


def test_one_id_of_two_matrices_makes_two_samples(tmp_path: Path) -> None:
    samples = read(
        tmp_path, row(matrix="surface_water"), row(matrix="soil", unit="ng/g", concentration="5"),
        errors="reject",
    )  # fmt: skip
    assert samples["sample"].values.tolist() == ["S1|soil", "S1|surface_water"]
    assert samples["content"].sel(sample="S1|soil").item() == 5
    assert rules(samples).count("sample_split") == 2


def test_two_laboratories_of_one_sample_stay_apart(tmp_path: Path) -> None:
    samples = read(tmp_path, row(lab="L1"), row(lab="L2", concentration="100"))
    assert samples["sample"].values.tolist() == ["S1|L1", "S1|L2"]
    assert samples["concentration"].values.ravel().tolist() == [120, 100]


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("rsd", ["5", "12"], [0.05, 0.12]), ("rsd", ["0.05", "0.12"], [0.05, 0.12]),
        ("rsd (%)", ["0.5", "12"], [0.005, 0.12]), ("rsd", ["5%", "0.12"], [0.05, 0.12]),
    ],
)  # fmt: skip
def test_relative_standard_deviations(
    tmp_path: Path, header: str, cells: list[str], expected: list[float]
) -> None:
    rows = [row(**{header: cells[0]}), row(sample_id="S2", **{header: cells[1]})]
    samples = read(tmp_path, *rows)
    np.testing.assert_allclose(samples["concentration_rsd"].values.ravel(), expected)


def test_recovery_is_kept_and_values_are_not_corrected(tmp_path: Path) -> None:
    samples = read(tmp_path, row(recovery="80%"))
    assert (samples["recovery"].item(), samples["concentration"].item()) == (0.8, 120)


@pytest.mark.parametrize(("name", "unit"), [("load", "mg/day"), ("pn_load", wbe.units.PN_UNIT)])
def test_tables_of_loads(tmp_path: Path, name: str, unit: str) -> None:
    record = row(**{name: "12.5"})
    for absent in ("concentration", "unit", "lod", "loq"):
        del record[absent]
    samples = read(tmp_path, record, {**record, "analyte": "AMP", name: "<2.4"})
    assert samples[name].attrs == {"units": unit}
    np.testing.assert_array_equal(samples[name].values, [[np.nan, 12.5]])
    assert samples["status"].values.tolist() == [["below_loq", "quantified"]]
    assert samples[f"{name}_loq"].values[0, 0] == 2.4


def test_start_and_end_give_the_duration(tmp_path: Path) -> None:
    record = row(start="2024-03-12 09:00", end="2024-03-13 09:00", mode="")
    del record["date"]
    samples = read(tmp_path, record)
    assert (samples["duration"].item(), samples["mode"].item()) == (24, "composite_24h")
    assert rules(samples) == ["mode_inferred"]


def test_unknown_columns_are_kept_under_their_header(tmp_path: Path) -> None:
    samples = read(tmp_path, row(zeta="a", Alpha="x"), row(analyte="AMP", zeta="a", Alpha="y"))
    assert samples["extra_1"].attrs["long_name"] == "Alpha"
    assert samples["extra_1"].values.tolist() == [["y", "x"]]
    assert samples["extra_2"].values.tolist() == ["a"]
    assert rules(samples) == ["column_unknown", "column_unknown"]


def test_a_wide_table_with_limits_and_a_row_of_units(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        "sample_id,site,date,flow,METH,METH LOD,AMP\n,,,m3/d,ng/L,ng/L,ug/L\n"
        "S1,North,2024-03-12,50000,ND,2,0.02\nS2,North,2024-03-13,50000,,2,\n",
        encoding="utf-8",
    )  # fmt: skip
    samples = wbe.read(path)
    assert samples["concentration"].sel(sample="S1").values.tolist()[0] == pytest.approx(20)
    assert samples["status"].values.tolist() == [
        ["quantified", "below_lod"], ["not_measured", "not_measured"],
    ]  # fmt: skip
    assert samples["lod"].sel(sample="S1", analyte="methamphetamine").item() == 2


def test_several_files_name_each_finding_by_its_file(tmp_path: Path) -> None:
    for folder, cell in (("a", "~1"), ("b", "~2")):
        (tmp_path / folder).mkdir()
        write_csv(tmp_path / folder / "lab.csv", [row(sample_id=folder, concentration=cell)])
    samples = wbe.read([tmp_path / "a" / "lab.csv", tmp_path / "b" / "lab.csv"], errors="reject")
    found = {(f.file, f.value) for f in samples.attrs["findings"].errors}
    assert found == {("a/lab.csv", "~1"), ("b/lab.csv", "~2")}


def test_arguments_are_checked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row()])
    with pytest.raises(UsageError, match="errors"):
        wbe.read(path, errors="ignore")
    with pytest.raises(UsageError, match="layout"):
        wbe.read(path, layout="sideways")
    with pytest.raises(UsageError, match="encoding"):
        wbe.read(path, encoding="no-such-codec")
    with pytest.raises(UsageError, match="no file"):
        wbe.read([])
    with pytest.raises(FindingsError, match="layout"):
        wbe.read(path, layout="wide")


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row(site="Zürich")], encoding="cp1252")
    assert "encoding_doubtful" in rules(wbe.read(path))
    assert wbe.read(path, encoding="cp1252")["site"].values.tolist() == ["Zürich"]


def test_a_better_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_bytes("編號,甲基苯丙胺(ng/L),苯丙胺(ng/L)\n1,5,6\n".encode("big5"))
    with pytest.raises(FindingsError, match="--encoding big5") as caught:
        wbe.read(path)
    assert [f.rule for f in caught.value.findings] == ["encoding_wrong"]


def test_people_are_refused_before_anything_else_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("姓名,身份证号,结果\n张三,110101,阳性\n", encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        wbe.read(path)
    assert [f.rule for f in caught.value.findings] == ["personal_data", "personal_data"]
    assert "张三" not in caught.value.findings.to_json()


@pytest.mark.slow
def test_reading_does_not_depend_on_time_zone_or_locale(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row(date="2024-03-31 02:30"), row(analyte="AMP")])
    code = (
        "import sys, wbe; s = wbe.read(sys.argv[1], errors='reject');"
        "print(s.attrs['findings'].to_json(), s['time'].values)"
    )
    outputs = set()
    for zone, seed in (("Asia/Shanghai", "1"), ("America/New_York", "2")):
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code, str(path)],
            env=environment, capture_output=True, check=True,
        )  # fmt: skip
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_a_sheet_of_a_workbook_is_named(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "lab.xlsx", as_cells([row(), row(analyte="AMP", unit="blobs")]))
    samples = wbe.read(path, errors="reject")
    (error,) = samples.attrs["findings"].errors
    assert (error.sheet, error.line, error.cell) == ("Sheet", 3, "F3")
